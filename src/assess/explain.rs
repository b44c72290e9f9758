//! Where the time of an incident goes: its steps and waits with formula and inputs, the closed form
//! beside the simulation, and what changes would be worth.

use serde::Serialize;

use super::assessment::{ClosedForm, Word};
use super::formulas::{self, Formula};
use super::objective::MS;
use crate::bound::{Bound, PlanParts, StepParts, plan_parts};
use crate::diag::Path;
use crate::id::{FailureId, Id, ServiceId, TierId};
use crate::model::{Change, Scenario};
use crate::sim::{Act, ActTally, CampaignSettings, Filter, Wait, Worth, anatomy, worths};
use crate::spec::{Loaded, Origin, ResolvedEntry};
use crate::stats::{Difference, Tally};

/// Incidents that are taken apart, and simulated again for every change: the mean of a step is then
/// known to a hundredth of its spread, and a hundred changes take no longer than the campaign itself.
const LOOKED_AT: u64 = 10_000;

/// Where the time of a tier's incidents of one failure goes.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// The tier.
    pub tier: String,
    /// The failure.
    pub failure: String,
    /// How many incidents were taken apart, and simulated again for every change.
    pub incidents: u64,
    /// How many of them recover: all figures of parts are of these.
    pub recovered: u64,
    /// Their mean recovery time in seconds, which is the sum of what the parts add; `None` if none recovers.
    pub recovery_time: Option<f64>,
    /// Steps and waits, in the order of the plans.
    pub parts: Vec<Part>,
    /// Where the data loss comes from.
    pub loss: Vec<LossPart>,
    /// What changes would be worth, the one that saves most recovery time first; those that make no
    /// difference are left out.
    pub changes: Vec<ChangeWorth>,
}

/// A step or a wait.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Part {
    /// `step` or `wait`.
    pub kind: Word,
    /// Whose plan it belongs to.
    pub service: String,
    /// The plan; `None` for a wait.
    pub plan: Option<String>,
    /// The step, or what is waited for: `detection`, `after-down`, `outage-end`, `resume`, `takeover`,
    /// `people`, `data` or `needs`.
    pub id: String,
    /// The phase of a step; `None` for a wait.
    pub phase: Option<Word>,
    /// The role or service that is waited for; `None` for a step and for other waits.
    pub what: Option<String>,
    /// In how many incidents it took place.
    pub n: u64,
    /// What it takes by itself, seconds.
    pub takes: Spread,
    /// When it is over, seconds of the recovery clock.
    pub finish: Spread,
    /// Share of the incidents in which it was on the critical path.
    pub critical: f64,
    /// What it adds to the mean recovery time, seconds: zero off the critical path.
    pub adds: f64,
    /// What it takes by itself, from formulas: seconds.
    pub closed_form: ClosedForm,
    /// Why that has no greatest value; `None` if it has one.
    pub closed_form_reason: Option<String>,
    /// Logical bytes that it moves, from formulas; `None` if it moves nothing.
    pub bytes: Option<ClosedForm>,
    /// How long it takes, in keys of the scenario.
    pub formula: String,
    /// The values of these keys.
    pub inputs: Vec<Input>,
}

/// A distribution at a glance, in the unit of the field that holds it; `None` without any finite value, for a
/// quantile also where the values are too few.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Spread {
    /// Least.
    pub min: Option<f64>,
    /// Mean.
    pub mean: Option<f64>,
    /// Median.
    pub p50: Option<f64>,
    /// 95% are less.
    pub p95: Option<f64>,
    /// Greatest.
    pub max: Option<f64>,
}

/// A value that a figure rests on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Input {
    /// Its key.
    pub path: String,
    /// The value as people say it; `None` if the key is absent.
    pub value: Option<String>,
    /// `file`, `default`, `like` or `absent`.
    pub from: Word,
    /// The line where it stands, or where the entry stands that could say it.
    pub line: Option<usize>,
    /// Why a default stands in for it, or what entry it is taken from.
    pub detail: Option<String>,
}

/// How much a plan loses by recovering from one copy.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LossPart {
    /// The service.
    pub service: String,
    /// The plan; `None` for what is lost whatever the plan.
    pub plan: Option<String>,
    /// The copy; `None` for good writes after the failure.
    pub copy: Option<String>,
    /// The formula, in keys of the scenario.
    pub formula: String,
    /// The values of these keys.
    pub inputs: Vec<Input>,
}

/// What a change would be worth, on the same incidents.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ChangeWorth {
    /// What to do to the value: `halve`, `double` or `add one to`.
    pub change: Word,
    /// The value.
    pub input: Input,
    /// Recovery time saved, seconds: before minus after.
    pub saves: Difference,
    /// Data loss saved, seconds of writes.
    pub saves_loss: Difference,
    /// Recovery time with the change, seconds.
    pub recovery_time: Spread,
    /// Data loss with the change, seconds of writes.
    pub data_loss: Spread,
}

/// Explains a failure in a tier.
///
/// # Arguments
/// `settings`: those of the campaign; only its first incidents are looked at. `filter`: the member.
#[must_use]
pub fn explain(
    loaded: &Loaded,
    tier: TierId,
    failure: FailureId,
    settings: &CampaignSettings,
    filter: &Filter,
) -> Explanation {
    let scenario = &loaded.scenario;
    let settings = CampaignSettings { trials: settings.trials.min(LOOKED_AT), ..*settings };
    let whole = anatomy(scenario, tier, failure, &settings, filter);
    let plans = plan_parts(scenario, tier, failure);
    let worth = worths(scenario, (tier, failure), &Change::all(scenario, tier, failure), &settings, filter);
    let look = Look { loaded, tier, failure };
    let mut acts: Vec<&ActTally> = whole.acts.iter().collect();
    acts.sort_by_key(|act| look.rank(act));
    let mean = |sum: u128| (whole.recovered > 0).then(|| sum as f64 / whole.recovered as f64 * MS);
    Explanation {
        tier: scenario.tiers[tier].name.clone(),
        failure: scenario.failures[failure].name.clone(),
        incidents: settings.trials,
        recovered: whole.recovered,
        recovery_time: mean(whole.recovery_time),
        parts: acts.into_iter().map(|act| look.part(act, &plans, whole.recovered)).collect(),
        loss: look.loss(&plans),
        changes: look.changes(&worth),
    }
}

struct Look<'a> {
    loaded: &'a Loaded,
    tier: TierId,
    failure: FailureId,
}

impl Look<'_> {
    fn scenario(&self) -> &Scenario {
        &self.loaded.scenario
    }

    /// Order of an act: by service, then waits before a plan, the plans step by step, waits after.
    fn rank(&self, act: &ActTally) -> (usize, u32, usize, usize) {
        let row = &self.scenario().tiers[self.tier];
        let service = row.services.iter().position(|s| s.service == act.service).unwrap_or(usize::MAX);
        let (group, plan, step) = match act.act {
            Act::Wait(Wait::Detection) => (0, 0, 0),
            Act::Wait(Wait::AfterDown) => (1, 0, 0),
            Act::Wait(Wait::Data(other)) => (2, other.index(), 0),
            Act::Wait(Wait::People(role)) => (3, role.index(), 0),
            Act::Step(plan, step) => {
                let nodes = &self.scenario().plans[plan].steps.nodes;
                let of_service = row.services.get(service).map(|s| &s.plans);
                let position = of_service.and_then(|plans| plans.iter().position(|p| *p == plan));
                (4, position.unwrap_or(0), nodes.iter().position(|n| n.step == step).unwrap_or(0))
            }
            Act::Wait(Wait::OutageEnd) => (5, 0, 0),
            Act::Wait(Wait::Resume) => (6, 0, 0),
            Act::Wait(Wait::Takeover) => (7, 0, 0),
            Act::Wait(Wait::Needs(other)) => (8, other.index(), 0),
        };
        (service, group, plan, step)
    }

    fn part(&self, act: &ActTally, plans: &[PlanParts], recovered: u64) -> Part {
        let scenario = self.scenario();
        let told = self.told(act.service, act.act, plans);
        let whole = recovered.max(1) as f64;
        Part {
            service: scenario.services[act.service].name.clone(),
            n: act.n,
            takes: spread(&act.takes),
            finish: spread(&act.finish),
            critical: act.critical as f64 / whole,
            adds: act.on_path as f64 / whole * MS,
            inputs: self.inputs(&told.formula),
            formula: told.formula.text,
            kind: told.kind.into(),
            plan: told.plan,
            id: told.id,
            phase: told.phase.map(Word::from),
            what: told.what,
            closed_form: told.closed_form,
            closed_form_reason: told.reason,
            bytes: told.bytes,
        }
    }

    fn told(&self, service: ServiceId, act: Act, plans: &[PlanParts]) -> Told {
        match act {
            Act::Step(plan, step) => {
                let parts = plans.iter().find(|p| p.service == service && p.plan == plan);
                let sources = parts.map_or(&[][..], |p| &p.sources);
                let parts = parts.and_then(|p| p.steps.iter().find(|s| s.step == step));
                let row = &self.scenario().steps[step];
                let empty = StepParts { step, takes: Bound::default(), bytes: None, limits: Vec::new() };
                let parts = parts.unwrap_or(&empty);
                Told {
                    kind: "step",
                    plan: Some(self.scenario().plans[plan].name.clone()),
                    id: row.name.clone(),
                    phase: Some(row.phase.word()),
                    what: None,
                    formula: formulas::of_step(self.scenario(), self.failure, parts, sources),
                    closed_form: form(&parts.takes),
                    reason: parts.takes.reason.clone(),
                    bytes: parts.bytes.as_ref().map(form),
                }
            }
            Act::Wait(wait) => self.told_wait(service, wait),
        }
    }

    fn told_wait(&self, service: ServiceId, wait: Wait) -> Told {
        let scenario = self.scenario();
        let failure = &scenario.failures[self.failure];
        let name = |id: ServiceId| Some(scenario.services[id].name.clone());
        let (id, what, delay) = match wait {
            Wait::Detection => ("detection", None, failure.detected.as_ref()),
            Wait::AfterDown => ("after-down", None, None),
            Wait::OutageEnd => ("outage-end", None, None),
            Wait::Resume => ("resume", None, scenario.services[service].resume.as_ref()),
            Wait::Takeover => ("takeover", None, None),
            Wait::People(role) => ("people", Some(scenario.roles[role].name.clone()), None),
            Wait::Data(other) => ("data", name(other), None),
            Wait::Needs(other) => ("needs", name(other), None),
        };
        let closed_form = delay.map_or_else(ClosedForm::default, |delay| ClosedForm {
            best: Some(delay.min()),
            worst: Some(delay.max()).filter(|max| max.is_finite()),
            mean: Some(delay.mean()),
        });
        let open = delay.is_some_and(|delay| delay.max().is_infinite());
        let formula = formulas::of_wait(scenario, (self.tier, self.failure), service, wait);
        let reason = open.then(|| formula.paths.first().map(|path| format!("{path} has no upper bound"))).flatten();
        Told {
            kind: "wait",
            plan: None,
            id: id.to_owned(),
            phase: None,
            what,
            formula,
            closed_form,
            reason,
            bytes: None,
        }
    }

    fn inputs(&self, formula: &Formula) -> Vec<Input> {
        formula.paths.iter().map(|path| self.input(path)).collect()
    }

    /// A key with its value and where that stands.
    fn input(&self, path: &Path) -> Input {
        let entry = self.loaded.resolved.iter().find(|entry| entry.path == *path);
        let line = |path: &Path| self.loaded.document.line_of(path);
        let (from, line, detail) = match entry.map(|entry: &ResolvedEntry| &entry.origin) {
            Some(Origin::File { line }) => ("file", Some(*line), None),
            Some(Origin::Default { why }) => ("default", line(path), Some(why.clone())),
            Some(Origin::Like { sibling }) => {
                let mut at = path.clone();
                if let Some(crate::diag::Segment::Key(name)) = at.0.get_mut(1) {
                    name.clone_from(sibling);
                }
                ("like", line(&at), Some(sibling.clone()))
            }
            None => ("absent", line(path), None),
        };
        let value = entry.map(|entry| entry.value.clone());
        Input { path: path.to_string(), value, from: from.into(), line, detail }
    }

    fn loss(&self, plans: &[PlanParts]) -> Vec<LossPart> {
        let scenario = self.scenario();
        let mut all = Vec::new();
        for plan in plans {
            let service = &scenario.services[plan.service].name;
            for copy in &plan.sources {
                let formula = formulas::of_copy(scenario, *copy);
                all.push(LossPart {
                    service: service.clone(),
                    plan: Some(scenario.plans[plan.plan].name.clone()),
                    copy: Some(scenario.copies[*copy].name.clone()),
                    inputs: self.inputs(&formula),
                    formula: formula.text,
                });
            }
        }
        if let Some(formula) = formulas::of_later_writes(scenario, self.failure)
            && let Some(first) = plans.first()
        {
            all.push(LossPart {
                service: scenario.services[first.service].name.clone(),
                plan: None,
                copy: None,
                inputs: self.inputs(&formula),
                formula: formula.text,
            });
        }
        all
    }

    fn changes(&self, worth: &[Worth]) -> Vec<ChangeWorth> {
        let mut all: Vec<ChangeWorth> = worth.iter().map(|worth| self.change(worth)).collect();
        // What the incidents cannot tell from nothing is nothing.
        all.retain(|c| c.saves.shows_a_difference() || c.saves_loss.shows_a_difference());
        let saved = |difference: &Difference| difference.mean.unwrap_or(0.0);
        all.sort_by(|a, b| {
            saved(&b.saves).total_cmp(&saved(&a.saves)).then(saved(&b.saves_loss).total_cmp(&saved(&a.saves_loss)))
        });
        all
    }

    fn change(&self, worth: &Worth) -> ChangeWorth {
        let (table, entry, key) = worth.change.place(self.scenario());
        let path = Path::keys(&[table, entry]);
        let path = if key.is_empty() { path } else { path.key(key) };
        ChangeWorth {
            change: worth.change.word().into(),
            input: self.input(&path),
            saves: worth.recovery_time.difference(MS),
            saves_loss: worth.data_loss.difference(MS),
            recovery_time: spread(&worth.recovery_time_then),
            data_loss: spread(&worth.data_loss_then),
        }
    }
}

/// What an act is called, and what formulas say of it.
struct Told {
    kind: &'static str,
    plan: Option<String>,
    id: String,
    phase: Option<&'static str>,
    what: Option<String>,
    formula: Formula,
    closed_form: ClosedForm,
    reason: Option<String>,
    bytes: Option<ClosedForm>,
}

fn form(bound: &Bound) -> ClosedForm {
    ClosedForm { best: bound.best, worst: bound.worst, mean: bound.mean }
}

fn spread(tally: &Tally) -> Spread {
    let quantile = |p| tally.quantile(p, MS).ok().map(|q| q.point);
    Spread {
        min: tally.min().map(|v| v as f64 * MS),
        mean: tally.mean().map(|v| v * MS),
        p50: quantile(0.50),
        p95: quantile(0.95),
        max: tally.max().map(|v| v as f64 * MS),
    }
}
