//! What a runbook says, as one serialisable value: every figure is text with its unit, nothing is
//! escaped yet.
//!
//! This is what templates are given, so that the names of fields are those of their variables. Lengths of time are as
//! [`human::brief`](crate::report::human::brief) says them (`1 h 12 min`), shares as
//! [`human::percent`](crate::report::human::percent) does, with their 95% interval where it is known
//! (`98.1% (97.9% to 98.3%)`); figures of incidents are of the simulated campaign, those of the scenario are the file's.

use serde::Serialize;

/// A thing that a runbook should say: what the scenario says of it, or what is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Said {
    /// The scenario says it.
    Text(String),
    /// It does not.
    Todo {
        /// What is missing.
        todo: String,
    },
    /// The scenario says that a figure comes from there.
    Source {
        /// Any text; addresses of the web in it become links.
        source: String,
    },
}

/// Hands out what is said and counts what is not.
#[derive(Debug, Default)]
pub(super) struct Todos(u64);

impl Todos {
    /// The text, or a mark that this is missing.
    pub(super) fn say(&mut self, text: Option<&str>, missing: &str) -> Said {
        match text {
            Some(text) => Said::Text(text.to_owned()),
            None => self.missing(missing),
        }
    }

    /// The texts, or one mark that they are missing.
    pub(super) fn list(&mut self, texts: &[String], missing: &str) -> Vec<Said> {
        match texts {
            [] => vec![self.missing(missing)],
            texts => texts.iter().cloned().map(Said::Text).collect(),
        }
    }

    pub(super) fn missing(&mut self, what: &str) -> Said {
        self.0 += 1;
        Said::Todo { todo: what.to_owned() }
    }

    pub(super) fn count(&self) -> u64 {
        self.0
    }
}

/// A word with the file that it leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link {
    /// What is read.
    pub text: String,
    /// Name of a file of the same folder.
    pub file: String,
}

/// A table: names of columns and rows of as many cells. A column that would be empty in every row is left out, but for
/// those of [`NotBroughtBack::writes`], [`Decision::deadlines`], [`Roles::people`] and [`Tests::drills`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sheet {
    /// Names of the columns, shape \[c\].
    pub columns: Vec<&'static str>,
    /// Cells, shape \[n, c\].
    pub rows: Vec<Vec<Said>>,
}

impl Sheet {
    pub(super) fn new(columns: &[&'static str]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new() }
    }

    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = Said>) {
        let mut cells: Vec<Said> = cells.into_iter().collect();
        cells.resize(self.columns.len(), Said::Text(String::new()));
        self.rows.push(cells);
    }

    pub(super) fn texts<T: Into<String>>(&mut self, cells: impl IntoIterator<Item = T>) {
        self.row(cells.into_iter().map(|cell| Said::Text(cell.into())));
    }

    /// Without the columns in which every cell is empty.
    pub(super) fn trimmed(mut self) -> Self {
        let empty = |cell: &Said| *cell == Said::Text(String::new());
        let keep: Vec<bool> = (0..self.columns.len()).map(|n| !self.rows.iter().all(|row| empty(&row[n]))).collect();
        let mut at = keep.iter();
        self.columns.retain(|_| at.next() == Some(&true));
        for row in &mut self.rows {
            let mut at = keep.iter();
            row.retain(|_| at.next() == Some(&true));
        }
        self
    }
}

/// What the figures rest on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Provenance {
    /// Hash of the resolved scenario, 16 hexadecimal digits.
    pub hash: String,
    /// Version of this program.
    pub drplan: String,
    /// Incidents per failure, with commas between thousands.
    pub trials: String,
    /// Seed of all draws.
    pub seed: String,
}

/// One runbook: a plan of a tier for a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Runbook {
    /// Name of its file, unique in the folder.
    pub file: String,
    /// The plan, for people: its name where the scenario gives no title.
    pub title: String,
    /// The system: the title of the scenario.
    pub system: String,
    /// The tier.
    pub tier: String,
    /// The tier, for people; absent if it has no title.
    pub tier_title: Option<String>,
    /// The service.
    pub service: String,
    /// The plan.
    pub plan: String,
    /// Who keeps it.
    pub owner: Said,
    /// When it was last read.
    pub reviewed: Said,
    /// How many things the scenario does not say: as many as there are [`Said::Todo`] in this value.
    pub todos: u64,
    /// What the figures rest on.
    pub provenance: Provenance,
    /// What it is for.
    pub purpose: Purpose,
    /// What it is held against, and how often that is met: one row per failure and level, which is the service or the
    /// application. Columns: failure, level, RTO and RPO with the share of incidents that must meet each, the shares
    /// that do, whether that is met.
    pub objectives: Sheet,
    /// What incidents come to, whatever brings the service back: one row per failure. Columns: failure, share that this
    /// plan ended, shares of what ended the others, recovery time at the median and p95 over all incidents, share
    /// that nothing brings back.
    pub outcomes: Sheet,
    /// What there is.
    pub topology: Topology,
    /// What the plan does not bring back.
    pub not_brought_back: NotBroughtBack,
    /// Who acts.
    pub roles: Roles,
    /// How people see each failure: one row per failure. Columns: failure and kind, symptom, what is hit, time to
    /// detection and duration of an outage at the median and p95 (of the scenario's laws), events per year.
    pub triggers: Sheet,
    /// Whether and when to carry it out.
    pub decision: Decision,
    /// Checks before it starts.
    pub preflight: Vec<Said>,
    /// What its commands and texts use, to be set before.
    pub variables: Vec<Variable>,
    /// What to do, in stages whose steps may run side by side; every step of the plan is in one of them.
    pub stages: Vec<Stage>,
    /// When steps are done, per failure.
    pub clocks: Vec<Clock>,
    /// How to see that service is back whole.
    pub verification: Verification,
    /// What to tell whom.
    pub messages: Vec<Said>,
    /// The way back.
    pub failback: Failback,
    /// What to do when it is over.
    pub afterwards: Vec<String>,
    /// How it is practised.
    pub tests: Tests,
    /// What the figures rest on, one row per entry of the scenario. Columns: entry, its values with units, lines of
    /// the file, source.
    pub assumptions: Sheet,
}

/// What a runbook is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Purpose {
    /// The pools that serve afterwards; empty if those that serve anyway do.
    pub into: Vec<String>,
    /// The failures.
    pub causes: Vec<String>,
    /// In no simulated incident could it bring the service back, not even where there was no other plan.
    pub useless: bool,
    /// What it covers.
    pub scope: Said,
    /// Failures with the runbooks that are for them.
    pub elsewhere: Vec<Elsewhere>,
    /// Failures that users feel and no plan of the tier is for, and that end by themselves.
    pub wait: Vec<String>,
    /// Such failures that do not end by themselves.
    pub nowhere: Vec<String>,
}

/// A name such as `$ID` that steps use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Variable {
    /// With the `$`.
    pub name: String,
    /// What it stands for.
    pub means: Said,
}

/// Failures for which there are other runbooks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Elsewhere {
    /// The failures.
    pub failures: Vec<String>,
    /// The service, if it is another one.
    pub service: Option<String>,
    /// The runbooks, in the order in which they are tried.
    pub links: Vec<Link>,
}

/// What there is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Topology {
    /// Pools of compute; without rows if the service runs none. Columns: pool, state, number of instances, places,
    /// how many of them are enough.
    pub compute: Sheet,
    /// Copies of its data; without rows if it keeps none. Columns: copy, kind, data set, places, how and how far behind
    /// it is made, how long its points are kept, account.
    pub copies: Sheet,
    /// Links between regions; without rows if there are none. Columns: link, regions, bandwidth in bytes per second,
    /// round trip.
    pub links: Sheet,
    /// What it cannot be up without.
    pub needs: Vec<String>,
    /// Who cannot be up without it.
    pub needed_by: Vec<String>,
}

/// What a plan does not bring back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotBroughtBack {
    /// Writes that are lost where this plan ended the incident, one row per failure; without rows if the service keeps
    /// nothing. Columns: failure, time of writes at the median and p95, volume likewise.
    pub writes: Sheet,
    /// What else is to be said about them.
    pub notes: Vec<String>,
    /// What is not copied anywhere.
    pub not_copied: Vec<Said>,
}

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Roles {
    /// Who may say that this plan is carried out.
    pub declare: Said,
    /// One row per role; without rows if no step names one. Columns: role, number of people, numbers of its steps.
    pub people: Sheet,
}

/// Whether and when to carry a plan out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// It begins by itself: a decision is only needed if it does not.
    pub by_itself: bool,
    /// How long the service must have been down before; absent if it need not.
    pub after_down: Option<String>,
    /// Latest moments at which it can be decided, one row per failure with an RTO. Columns: failure, RTO, time from
    /// decision to service at the objective's chance (a quantile of the simulated incidents), RTO less that time.
    pub deadlines: Sheet,
    /// Services that must be back as well, or whose data it is computed of, by runbooks of their own.
    pub together: Vec<String>,
    /// Whether waiting is better, one entry per failure that ends by itself.
    pub waiting: Vec<Waiting>,
    /// Failures that do not end by themselves.
    pub endless: Vec<String>,
    /// The step that is the point of no return; absent if there is none before the end.
    pub commit: Option<String>,
    /// Whether an outage can end before that, and the plan be given up.
    pub can_be_given_up: bool,
    /// From what to recover, best first.
    pub sources: Vec<String>,
    /// How many recovery points of a backup or log are tried, in words; absent if there is neither.
    pub points: Option<String>,
    /// Copies beside these that its steps move: without them it cannot be carried out.
    pub needs: Vec<String>,
    /// Whether service is elsewhere afterwards, and goes back.
    pub goes_back: bool,
    /// What is tried before it.
    pub before: Vec<Next>,
    /// What is next if the plan fails.
    pub next: Vec<Next>,
}

/// What is tried before a plan, or next if it fails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Next {
    /// After these failures.
    pub failures: Vec<String>,
    /// The runbooks, in the order in which they are tried; empty if there is no other.
    pub links: Vec<Link>,
    /// Whether they end by themselves.
    pub ends: bool,
    /// Whether they can destroy what they hit.
    pub destroys: bool,
}

/// Whether to wait for the end of an outage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// The failure.
    pub failure: String,
    /// What to do when, or what is missing to tell.
    pub answer: Said,
    /// How that comes about: the mean time that an outage still lasts against what the plan costs, as time down, with
    /// lost writes at `loss_per_hour` ÷ `downtime_per_hour`.
    pub because: Option<String>,
}

/// Steps that may run side by side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stage {
    /// From 1.
    pub number: u64,
    /// Whether it has several steps.
    pub parallel: bool,
    /// The steps.
    pub steps: Vec<Step>,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// From 1, in an order that the dependencies allow.
    pub number: String,
    /// Name in the file.
    pub name: String,
    /// A line for people, if there is one.
    pub title: Option<String>,
    /// What it is for.
    pub phase: &'static str,
    /// Who does it; absent if the scenario does not say.
    pub who: Option<Said>,
    /// Numbers of the steps that must be finished first.
    pub after: Vec<String>,
    /// Numbers of the steps that may be done at the same time.
    pub beside: Vec<String>,
    /// It is the point of no return.
    pub commits: bool,
    /// Service does not wait for it.
    pub background: bool,
    /// What it starts, what it moves and how often it is tried.
    pub notes: Vec<String>,
    /// How long it takes and when it is done, per failure.
    pub times: Vec<StepTimes>,
    /// What the scenario does not say of it; absent if it says all.
    pub missing: Option<Said>,
    /// Command; absent where nothing is run.
    pub run: Option<Said>,
    /// How to see that it worked.
    pub check: Option<Said>,
    /// What is seen then.
    pub expect: Option<Said>,
    /// What to do if it fails.
    pub if_fails: Option<Said>,
    /// How to undo it; absent where nothing is changed.
    pub rollback: Option<Said>,
    /// The step of the plan proper that is the same one; then all of that is said there.
    pub same_as: Option<String>,
}

/// How long a step takes and when it is done after one failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StepTimes {
    /// The failure.
    pub failure: String,
    /// The share of incidents in which there is nothing to do; absent if there always is, or never.
    pub idle: Option<String>,
    /// How long it takes by itself where there is something to do: median and p95, or one value if they are the same to
    /// a reader; absent if there never is.
    pub takes: Option<String>,
    /// When it is done on the clock: median and p95; absent if it was never begun.
    pub done: Option<String>,
    /// From when the clock counts.
    pub since: String,
    /// What is left of the RTO when the step is done, at its p95; absent without an RTO, and where service does not
    /// wait for the step.
    pub left: Option<String>,
    /// In what share of incidents it is on the critical path, as a sentence.
    pub critical: String,
}

/// When steps are done under one failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Clock {
    /// The failure.
    pub failure: String,
    /// What the figures of the steps are of.
    pub sentence: String,
    /// A median and a bad incident, where this plan ended them.
    pub charts: Vec<Chart>,
}

/// One incident from its start to service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Chart {
    /// Which one: `median` or `p95`.
    pub what: String,
    /// How long it took, from the start of the clock to service.
    pub recovery_time: String,
    /// What it lost, as time of writes.
    pub data_loss: String,
    /// What ran and what had to be waited for, by begin. Those on the critical path follow one another
    /// without a gap.
    pub rows: Vec<ChartRow>,
    /// The rows as lines of text, with a bar each.
    pub text: String,
}

/// A step or a wait of an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChartRow {
    /// What it was.
    pub name: String,
    /// From the start of the clock.
    pub begin: String,
    /// From the start of the clock.
    pub finish: String,
    /// From one to the other.
    pub takes: String,
    /// Whether it is on the critical path.
    pub critical: bool,
    /// Where it lies, as characters; bars of one chart have the same width.
    pub bar: String,
}

/// How to see that service is back whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// Numbers and names of the steps that verify, or of the last ones that say how to check them; absent if
    /// there are none.
    pub steps: Option<String>,
    /// That such steps are missing.
    pub missing: Option<Said>,
    /// What to do about lost writes; empty if none are lost.
    pub reconcile: Vec<Said>,
}

/// The way back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failback {
    /// What it is about.
    pub sentence: Said,
    /// Copies that stand still until then.
    pub stopped: Vec<String>,
    /// What to do, in order.
    pub stages: Vec<Stage>,
    /// When to stop which pools.
    pub stop: Vec<String>,
}

/// How a plan is practised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tests {
    /// One row per drill; without rows if there is none. Columns: drill, time between two, what one costs.
    pub drills: Sheet,
    /// What is missing if there is none.
    pub missing: Option<Said>,
    /// How sure the figures are: mean recovery time with its 95% interval and the best and worst case by formula, per
    /// failure; and how many values name a source.
    pub confidence: Vec<String>,
}

/// The list of all runbooks of a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Index {
    /// Name of its file.
    pub file: &'static str,
    /// The system.
    pub system: String,
    /// Who keeps it.
    pub owner: Said,
    /// When it was last read.
    pub reviewed: Said,
    /// How many things of this list the scenario does not say.
    pub todos: u64,
    /// What the figures rest on.
    pub provenance: Provenance,
    /// Whether there are several services: their runbooks are carried out side by side.
    pub several: bool,
    /// The tiers.
    pub tiers: Vec<IndexTier>,
}

/// A tier of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct IndexTier {
    /// The tier.
    pub tier: String,
    /// The tier, for people.
    pub title: Option<String>,
    /// What people see, and what to do then.
    pub triggers: Vec<IndexTrigger>,
    /// Its runbooks.
    pub runbooks: Vec<IndexEntry>,
}

/// A failure with what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct IndexTrigger {
    /// The failure.
    pub failure: String,
    /// How people see it.
    pub symptom: Said,
    /// Per service: its runbooks, in the order in which they are tried.
    pub plans: Vec<IndexPlans>,
    /// Whether it ends by itself.
    pub ends: bool,
}

/// The runbooks of a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct IndexPlans {
    /// The service; absent if there is only one.
    pub service: Option<String>,
    /// In the order in which they are tried; empty if it has none.
    pub links: Vec<Link>,
}

/// A runbook of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct IndexEntry {
    /// The runbook.
    pub link: Link,
    /// The service.
    pub service: String,
    /// How many steps it has.
    pub steps: u64,
    /// How many things the scenario does not say.
    pub todos: u64,
}
