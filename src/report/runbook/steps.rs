//! What to do: stages, steps, when each is done; and the way back.

use super::subject::{Subject, stages as order_of};
use super::timeline::charts;
use super::view::{Clock, Failback, Said, Stage, Step, StepTimes, Todos, Verification};
use super::words::{joined, spread_of};
use crate::assess::{IncidentAssessment, Observed};
use crate::bound::plan_parts;
use crate::id::{FailureId, PoolId, StepId};
use crate::model::{self, Failure, FailureKind, Phase, Upstream, Volume, Work};
use crate::report::human;

pub(super) fn stages(subject: &Subject<'_>, todos: &mut Todos) -> Vec<Stage> {
    let commit = subject.commit();
    let steps = subject.order.iter().map(|(position, stage)| {
        let fitted = &subject.fitted.steps[*position];
        let row = &subject.scenario().steps[fitted.step];
        let mut step = said(subject, row, &fitted.starts, todos);
        step.number = subject.number(*position).to_string();
        let beside = subject.order.iter().filter(|(other, s)| s == stage && other != position);
        step.beside = beside.map(|(other, _)| subject.number(*other).to_string()).collect();
        let mut after: Vec<usize> = fitted.after.iter().map(|p| subject.number(*p as usize)).collect();
        after.sort_unstable();
        step.after = after.iter().map(usize::to_string).collect();
        step.commits = commit == Some(*position);
        step.times = times(subject, *position);
        if step.times.is_empty() {
            step.notes.extend(takes(row));
            step.notes.extend(by_formula(subject, fitted.step));
        }
        (*stage, step)
    });
    grouped(steps)
}

fn grouped(steps: impl Iterator<Item = (u64, Step)>) -> Vec<Stage> {
    let mut stages: Vec<Stage> = Vec::new();
    for (number, step) in steps {
        match stages.last_mut() {
            Some(stage) if stage.number == number => {
                stage.parallel = true;
                stage.steps.push(step);
            }
            _ => stages.push(Stage { number, parallel: false, steps: vec![step] }),
        }
    }
    stages
}

/// What the scenario says of a step, and what it does not.
fn said(subject: &Subject<'_>, row: &model::Step, starts: &[PoolId], todos: &mut Todos) -> Step {
    let scenario = subject.scenario();
    // To notice and to decide changes nothing, and people need no command for it.
    let talk = matches!(row.phase, Phase::Detect | Phase::Decide);
    let who = match row.role {
        Some(role) => Some(scenario.roles[role].name.clone()),
        None if row.phase == Phase::Detect => Some("nobody, it is noticed by itself".to_owned()),
        None => scenario.runbook.on_call.clone(),
    };
    // To see that something worked, one of the two is enough.
    let seen = row.check.as_ref().or(row.expect.as_ref());
    let needed = [
        ("who", who.is_some()),
        ("command", talk || row.run.is_some()),
        ("check", seen.is_some()),
        ("what if it fails", row.if_fails.is_some()),
        ("rollback", talk || row.rollback.is_some()),
    ];
    let missing: Vec<&str> = needed.iter().filter(|(_, said)| !said).map(|(what, _)| *what).collect();
    let text = |text: &Option<String>| text.clone().map(Said::Text);
    Step {
        number: String::new(),
        name: row.name.clone(),
        title: row.title.clone(),
        phase: row.phase.word(),
        who: who.map(Said::Text),
        after: Vec::new(),
        beside: Vec::new(),
        commits: false,
        background: row.background,
        notes: notes(subject, row, starts),
        times: Vec::new(),
        missing: (!missing.is_empty()).then(|| todos.missing(&missing.join(", "))),
        run: text(&row.run),
        check: text(&row.check),
        expect: text(&row.expect),
        if_fails: text(&row.if_fails),
        rollback: text(&row.rollback),
        same_as: None,
    }
}

fn notes(subject: &Subject<'_>, row: &model::Step, starts: &[PoolId]) -> Vec<String> {
    let scenario = subject.scenario();
    let mut notes: Vec<String> = shared(subject, row).into_iter().collect();
    if !starts.is_empty() {
        let pools = joined(starts.iter().map(|p| scenario.compute[*p].name.as_str()));
        notes.push(format!("Starts {pools}; nothing to do if that is up already."));
    }
    if let Some(work) = &row.work {
        notes.push(moved(subject, work));
    }
    if row.fails.value() > 0.0 {
        let again = match row.retries {
            0 => "it is tried once".to_owned(),
            1 => "it is tried once more".to_owned(),
            n => format!("it is tried {n} times more"),
        };
        let then = if row.background {
            "then service stays below full capacity"
        } else if row.phase == Phase::Verify {
            "then take the next older recovery point"
        } else {
            "then go to the next plan"
        };
        notes.push(format!("Fails in {} of attempts: {again}, {then}.", human::percent(row.fails.value())));
    } else if row.retries > 0 {
        let again = if row.retries == 1 { "once more".to_owned() } else { format!("{} times more", row.retries) };
        notes.push(format!("May be tried {again}."));
    }
    notes
}

/// That a step is done once for several services, and which.
fn shared(subject: &Subject<'_>, row: &model::Step) -> Option<String> {
    let scenario = subject.scenario();
    let has = |service: &&model::TierService| {
        let plans = service
            .plans
            .iter()
            .filter(|plan| scenario.plans[**plan].causes.iter().any(|cause| subject.plan.causes.contains(cause)));
        let mut fitted = plans.filter_map(|plan| model::fit_plan(scenario, service, *plan));
        fitted.any(|plan| plan.steps.iter().any(|step| scenario.steps[step.step].name == row.name))
    };
    let others = subject.setting.tier.services.iter().filter(|s| s.service != subject.row.service).filter(has);
    let others: Vec<&str> = others.map(|s| scenario.services[s.service].name.as_str()).collect();
    (row.shared && !others.is_empty()).then(|| {
        format!(
            "Done once, together with {}: who comes to it while it is under way waits for it, who comes later goes on.",
            joined(others.into_iter())
        )
    })
}

/// What a step moves, and how fast at most.
fn moved(subject: &Subject<'_>, work: &Work) -> String {
    let scenario = subject.scenario();
    let whole = |bytes: crate::units::Bytes| bytes.human();
    let what = match work.volume {
        Volume::From if work.replays => "the log after the chosen recovery point".to_owned(),
        Volume::From => "the chosen recovery point".to_owned(),
        Volume::Data(id) => format!("all of {} ({})", scenario.data[id].name, whole(scenario.data[id].size)),
        Volume::Copy(id) => {
            let copy = &scenario.copies[id];
            format!("all of {} ({})", copy.name, whole(scenario.data[copy.data].size))
        }
        Volume::External(id) => format!("what {} sent since the recovery point", scenario.externals[id].name),
        Volume::Fixed(bytes) => whole(bytes),
    };
    let verb = if work.replays { "Replays" } else { "Moves" };
    let pace = match work.rate {
        Some(rate) if work.streams > 1 => format!(" at {} in each of {} streams, at most", rate.human(), work.streams),
        Some(rate) => format!(" at {}, at most", rate.human()),
        None => String::new(),
    };
    let over = work.over.map_or_else(String::new, |link| format!(", over link {}", scenario.links[link].name));
    format!("{verb} {what}{pace}{over}.")
}

/// How long a step takes by the scenario, where no simulated figure says it.
fn takes(row: &model::Step) -> Option<String> {
    let fixed = row.takes.as_ref().map(spread_of)?;
    let more = if row.work.is_some() { ", and the transfer" } else { "" };
    Some(format!("Takes {fixed}{more}."))
}

/// How long a transfer of the way back takes at its own rate: as there is no simulated figure of it.
fn at_least(subject: &Subject<'_>, row: &model::Step) -> Option<String> {
    let (work, scenario) = (row.work.as_ref()?, subject.scenario());
    let bytes = match work.volume {
        Volume::Data(id) => scenario.data[id].size,
        Volume::Copy(id) => scenario.data[scenario.copies[id].data].size,
        Volume::Fixed(bytes) => bytes,
        Volume::From | Volume::External(_) => return None,
    };
    let rate = work.rate.filter(|rate| rate.bytes_per_second() > 0.0)?.bytes_per_second();
    let seconds = bytes.bytes() / (rate * f64::from(work.streams));
    Some(format!("That takes at least {}, if all of it has to be moved.", human::time(seconds)))
}

/// What formulas say of a step that never ran.
fn by_formula(subject: &Subject<'_>, step: StepId) -> Option<String> {
    let found = subject.causes().find_map(|(id, _, _)| {
        let plans = plan_parts(subject.scenario(), subject.setting.tier_id, id);
        let mine = plans.into_iter().find(|p| p.service == subject.row.service && p.plan == subject.id)?;
        mine.steps.into_iter().find(|s| s.step == step).map(|s| s.takes)
    })?;
    match (found.best, found.worst) {
        (Some(best), Some(worst)) if best < worst => {
            Some(format!("By formula it takes between {} and {}.", human::time(best), human::time(worst)))
        }
        (Some(best), None) => Some(format!("By formula it takes at least {}.", human::time(best))),
        _ => None,
    }
}

pub(super) fn clocks(subject: &Subject<'_>) -> Vec<Clock> {
    subject.causes().map(|(id, failure, incident)| clock(subject, id, failure, incident)).collect()
}

/// The RTO of the service, or of the application, after a failure.
fn rto(subject: &Subject<'_>, id: FailureId, incident: &IncidentAssessment) -> Option<f64> {
    let objective = incident.objective.as_ref().or(subject.setting.application(id).and_then(|i| i.objective.as_ref()));
    objective.and_then(|o| o.rto)
}

fn clock(subject: &Subject<'_>, id: FailureId, failure: &Failure, incident: &IncidentAssessment) -> Clock {
    let n = incident.recovery_time.estimate.n;
    let share = incident.plans.get(&subject.plan.name).copied().unwrap_or(0.0);
    let ended = if share > 0.0 { human::percent(share) } else { "none".to_owned() };
    let limit = rto(subject, id, incident).map_or_else(String::new, |rto| format!(" The RTO is {}.", human::time(rto)));
    let since = since(failure);
    let times = subject.times(id);
    let sentence = match times {
        Some(times) if times.alone => format!(
            "The clock starts {since}.{limit} This plan ended {ended} of {} incidents of {}{}. The figures are \
             therefore of {} incidents in which the service had no other plan: what plans before it take comes on top.",
            human::number(n as f64),
            failure.name,
            instead(subject, incident),
            human::number(times.after_decision.n() as f64)
        ),
        Some(_) => format!(
            "The clock starts {since}.{limit} This plan ended {ended} of incidents of {}: the figures are of these.",
            failure.name
        ),
        None => format!(
            "This plan ended none of {} incidents of {}, {}.",
            human::number(n as f64),
            failure.name,
            why_never(failure, incident)
        ),
    };
    let charts = charts(subject, incident, times);
    Clock { failure: failure.name.clone(), sentence, charts }
}

/// From when the clock counts.
fn since(failure: &Failure) -> &'static str {
    if failure.kind == FailureKind::Corruption { "at its detection" } else { "at the failure" }
}

/// What ended most of the incidents that a plan did not.
fn instead(subject: &Subject<'_>, incident: &IncidentAssessment) -> String {
    let others = incident.plans.iter().filter(|(name, share)| **name != subject.plan.name && **share > 0.0);
    match others.max_by(|a, b| a.1.total_cmp(b.1)) {
        Some((name, share)) => match name.as_str() {
            "none" => format!(": {} need no plan", human::percent(*share)),
            "wait" => format!(": {} are over with the outage", human::percent(*share)),
            plan => format!(": {plan} ends {} of them", human::percent(*share)),
        },
        None => String::new(),
    }
}

/// Why a plan ends no incident, not even where the service has no other.
fn why_never(failure: &Failure, incident: &IncidentAssessment) -> &'static str {
    if incident.interrupted.events == 0 {
        "as none of them interrupts the service"
    } else if failure.kind.ends_by_itself() {
        "nor any in which the service had no other plan: the outage is over first, or takes with it what the plan needs"
    } else {
        "nor any in which the service had no other plan: what it recovers from, or recovers into, is lost as well"
    }
}

/// When a step is done after each failure, and how long it takes.
fn times(subject: &Subject<'_>, position: usize) -> Vec<StepTimes> {
    let name = &subject.scenario().steps[subject.fitted.steps[position].step].name;
    let one = |(id, failure, incident): (FailureId, &Failure, &IncidentAssessment)| {
        let times = subject.times(id)?;
        let (done, critical) = if times.alone {
            let finish = times.finish.get(position)?;
            let at = |p| finish.quantile(p).map(|q| q.point);
            let critical = *times.critical.get(position)? as f64 / finish.n().max(1) as f64;
            ((finish.n() > 0).then(|| [at(0.5), at(0.95)]), critical)
        } else {
            let step = subject.assessed(incident, name)?;
            (Some([step.p50, step.p95]), step.critical)
        };
        let own = times.steps.get(position).map(|(_, spread)| spread);
        // The RTO is for service, and service does not wait for what goes on behind it.
        let behind = subject.scenario().steps[subject.fitted.steps[position].step].background;
        let rto = rto(subject, id, incident).filter(|_| !behind);
        let left = rto.zip(done.and_then(|done| done[1])).map(|(rto, p95)| {
            if p95 <= rto {
                format!("{} before the RTO at p95", human::brief(rto - p95))
            } else {
                format!("{} over the RTO at p95", human::brief(p95 - rto))
            }
        });
        // Where what it starts may be up already, how long it takes is said of the other incidents.
        let idle = own.filter(|_| !subject.fitted.steps[position].starts.is_empty()).map_or(0.0, Observed::zeros);
        let idle = if idle < 1.0 { idle } else { 0.0 };
        Some(StepTimes {
            failure: failure.name.clone(),
            idle: (idle > 0.0).then(|| human::percent(idle)),
            takes: Some([0.5, 0.95].map(|p| duration(subject, position, own, idle + p * (1.0 - idle))))
                .filter(|takes| *takes != [Some(0.0); 2])
                .map(both),
            done: done.map(both),
            since: since(failure).replacen("at ", "after ", 1),
            left,
            critical: if done.is_some() { on_path(critical) } else { "The step was never begun.".to_owned() },
        })
    };
    subject.causes().filter_map(one).collect()
}

/// Median and p95; one value if they are the same to a reader.
fn both([p50, p95]: [Option<f64>; 2]) -> String {
    let say = |value: Option<f64>| value.map_or_else(|| "unknown (too few incidents)".to_owned(), human::brief);
    let (p50, p95) = (say(p50), say(p95));
    if p50 == p95 { p50 } else { format!("p50 {p50}, p95 {p95}") }
}

fn on_path(share: f64) -> String {
    match share {
        share if share > 0.9995 => "On the critical path.".to_owned(),
        share if share > 0.0 => format!("On the critical path in {} of incidents.", human::percent(share)),
        _ => "Beside the critical path.".to_owned(),
    }
}

/// How long a step takes by itself with this chance: exact where that is its `takes` alone, else from
/// the incidents that were looked at.
fn duration(subject: &Subject<'_>, position: usize, own: Option<&Observed>, p: f64) -> Option<f64> {
    let fitted = &subject.fitted.steps[position];
    let row = &subject.scenario().steps[fitted.step];
    let alone = row.work.is_none() && row.fails.value() == 0.0 && fitted.starts.is_empty();
    let plain = alone && subject.scenario().stress_of(row).is_none();
    match &row.takes {
        Some(takes) if plain => Some(takes.quantile(p)),
        _ => own.and_then(|spread| spread.quantile(p)).map(|q| q.point),
    }
}

pub(super) fn verification(subject: &Subject<'_>, todos: &mut Todos) -> Verification {
    let verify = subject.order.iter().map(|(p, _)| *p).filter(|p| subject.phase(*p) == Phase::Verify);
    let mut verify: Vec<usize> = verify.collect();
    // A step that verifies what was restored comes before users are back: what they see is checked last.
    verify.extend(last_checks(subject).into_iter().filter(|p| subject.phase(*p) != Phase::Verify));
    let verify: Vec<String> = verify.into_iter().map(|p| subject.named(p)).collect();
    let missing = verify.is_empty().then(|| todos.missing("a step that verifies what was brought back"));
    let word = if verify.len() == 1 { "step" } else { "steps" };
    let steps = (!verify.is_empty()).then(|| format!("{word} {}", joined(verify.iter().map(String::as_str))));
    let mut reconcile = Vec::new();
    if let Some(data) = subject.service.data.filter(|_| subject.loses()).map(|id| &subject.scenario().data[id]) {
        match data.upstream {
            Some(upstream) => {
                let upstream = &subject.scenario().externals[upstream].name;
                reconcile.push(Said::Text(format!("Feed {} again from {upstream}, from that moment on.", data.name)));
            }
            None => {
                let missing = format!("how lost writes of {} are found and entered again", data.name);
                reconcile.push(todos.say(subject.scenario().runbook.reconcile.as_deref(), &missing));
            }
        }
    }
    Verification { steps, missing, reconcile }
}

/// The steps of the last stage that say how they are checked.
fn last_checks(subject: &Subject<'_>) -> Vec<usize> {
    let step = |position: usize| &subject.scenario().steps[subject.fitted.steps[position].step];
    let waited_for = subject.order.iter().filter(|(position, _)| !step(*position).background);
    let last = waited_for.map(|(_, stage)| *stage).max();
    let checked = |position: &usize| {
        !step(*position).background && (step(*position).check.is_some() || step(*position).expect.is_some())
    };
    let positions = subject.order.iter().filter(|(_, stage)| Some(*stage) == last).map(|(position, _)| *position);
    positions.filter(checked).collect()
}

pub(super) fn failback(subject: &Subject<'_>, todos: &mut Todos) -> Failback {
    let scenario = subject.scenario();
    let back = &subject.back;
    let order = order_of(back);
    let number = |position: usize| order.iter().position(|(p, _)| *p == position).map_or(0, |n| n + 1);
    let mut steps = Vec::new();
    for (position, stage) in &order {
        let node = &back[*position];
        let row = &scenario.steps[node.step];
        let same = subject.fitted.steps.iter().position(|s| s.step == node.step);
        let mut step = match same {
            Some(same) => repeated(subject, row, same),
            None => said(subject, row, &node.starts, todos),
        };
        step.number = format!("F{}", number(*position));
        step.after = node.after.iter().map(|p| format!("F{}", number(*p as usize))).collect();
        let beside = order.iter().filter(|(other, s)| s == stage && other != position);
        step.beside = beside.map(|(other, _)| format!("F{}", number(*other))).collect();
        step.notes.extend(takes(row));
        step.notes.extend(at_least(subject, row));
        steps.push((*stage, step));
    }
    let home = joined(subject.row.runs.iter().map(|p| scenario.compute[*p].name.as_str()));
    let sentence = if !subject.moves_service() {
        Said::Text("There is nothing to go back to: the service runs where it ran.".to_owned())
    } else if steps.is_empty() {
        let away = joined(subject.fitted.into.iter().map(|p| scenario.compute[*p].name.as_str()));
        todos.missing(&format!("how to go back from {away} to {home}"))
    } else {
        let again = back.iter().any(|n| scenario.steps[n.step].phase == Phase::Redirect);
        let again = if again { " The redirect interrupts users once more: choose a quiet hour." } else { "" };
        let verb = if subject.row.runs.len() == 1 { "is" } else { "are" };
        Said::Text(format!("Go back once {home} {verb} whole again.{again}"))
    };
    Failback { sentence, stopped: stopped(subject), stages: grouped(steps.into_iter()), stop: stop(subject) }
}

/// A step that the plan proper has too: what is said there is not said again.
fn repeated(subject: &Subject<'_>, row: &model::Step, same: usize) -> Step {
    let scenario = subject.scenario();
    Step {
        number: String::new(),
        name: row.name.clone(),
        title: row.title.clone(),
        phase: row.phase.word(),
        who: row.role.map(|r| scenario.roles[r].name.clone()).or(scenario.runbook.on_call.clone()).map(Said::Text),
        after: Vec::new(),
        beside: Vec::new(),
        commits: false,
        background: row.background,
        notes: Vec::new(),
        times: Vec::new(),
        missing: None,
        run: None,
        check: None,
        expect: None,
        if_fails: None,
        rollback: None,
        same_as: Some(subject.named(same)),
    }
}

/// Copies that are made from what the service left behind.
fn stopped(subject: &Subject<'_>) -> Vec<String> {
    if !subject.moves_service() || subject.service.data.is_none() {
        return Vec::new();
    }
    let scenario = subject.scenario();
    let is_primary = |id| matches!(scenario.copies[id].kind, model::CopyKind::Primary { .. });
    let follows = |id: &&crate::id::CopyId| match scenario.copies[**id].of {
        // It is made when it is needed, and then of what there is.
        _ if matches!(scenario.copies[**id].kind, model::CopyKind::Derived { lag: None }) => false,
        Some(Upstream::Copy(of)) => is_primary(of),
        Some(Upstream::Data(_)) => true,
        Some(Upstream::External(_)) | None => false,
    };
    subject.row.copies.iter().filter(follows).map(|id| scenario.copies[*id].name.clone()).collect()
}

/// Cold pools that the plan started, with what an hour of them costs.
fn stop(subject: &Subject<'_>) -> Vec<String> {
    let scenario = subject.scenario();
    let mut pools: Vec<PoolId> = subject.fitted.steps.iter().flat_map(|s| s.starts.iter().copied()).collect();
    pools.sort_unstable();
    pools.dedup();
    let cold = pools.into_iter().filter(|p| subject.row.cold.contains(p));
    cold.map(|id| {
        let pool = &scenario.compute[id];
        let count = pool.instances.len() as f64;
        match pool.price_per_hour {
            Some(price) if price.amount() == 0.0 => pool.name.clone(),
            Some(price) => {
                format!("{}: it costs {} an hour", pool.name, human::money(price.amount() * count, &scenario.currency))
            }
            None => format!("{}: what an hour of it costs is unknown", pool.name),
        }
    })
    .collect()
}
