//! Incidents that stand for many, in the words of the scenario: what ran when.

use serde::{Deserialize, Serialize};

use super::assessment::Word;
use crate::id::ServiceId;
use crate::model::Scenario;
use crate::sim::{self, Act, Ending, Line, Representative, TimeLine, Wait};

/// The incidents whose recovery times are nearest the median and nearest the p95; `None` where the
/// trials do not resolve the quantile, or where it falls on incidents that never recover.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Representatives {
    /// Nearest the median.
    pub median: Option<IncidentTimeLine>,
    /// Nearest the p95.
    pub p95: Option<IncidentTimeLine>,
    /// The same for each way in which incidents ended, the most frequent first: the six most frequent, and
    /// as many others as it takes to show every plan; empty where there is only one.
    #[serde(default)]
    pub ways: Vec<RepresentativeWay>,
}

/// Incidents that the same plans ended, and those that stand for them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RepresentativeWay {
    /// What brought the services back, in their order: plans, or `wait`.
    pub plans: Vec<String>,
    /// In how many of the incidents that were looked at.
    pub n: u64,
    /// How many were looked at.
    pub of: u64,
    /// Nearest the median of these incidents.
    pub median: Option<IncidentTimeLine>,
    /// Nearest their p95; `None` where they are too few to resolve it.
    pub p95: Option<IncidentTimeLine>,
}

/// One incident from its impact to service; seconds of the recovery clock.
///
/// The entries on the critical path, steps and waits together, follow one another without a gap from 0
/// to `recovery_time`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IncidentTimeLine {
    /// Which incident of the campaign it is, from 0.
    pub occurrence: u64,
    /// Seconds to first service.
    pub recovery_time: f64,
    /// Seconds of writes lost.
    pub data_loss: f64,
    /// How service came back: a plan, `wait` or `none`.
    pub plan: String,
    /// The steps that ran, service by service, by begin.
    pub steps: Vec<TimedStep>,
    /// When nothing could be done, likewise.
    pub waits: Vec<TimedWait>,
}

/// A step that ran.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimedStep {
    /// The service whose plan it is.
    pub service: String,
    /// The plan.
    pub plan: String,
    /// The step.
    pub id: String,
    /// Its phase.
    pub phase: Word,
    /// Seconds.
    pub begin: f64,
    /// Seconds.
    pub finish: f64,
    /// Whether it is on the critical path.
    pub critical: bool,
    /// `done`, `failed` (its last attempt) or `given-up` (its plan was struck off, or the outage was
    /// over first).
    pub ending: Word,
}

/// A wait.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimedWait {
    /// The service that waits.
    pub service: String,
    /// `detection`, `after-down`, `outage-end`, `resume`, `takeover`, `people`, `data` or `needs`.
    pub reason: Word,
    /// The role, or the other service, that it waits for.
    pub what: Option<String>,
    /// Seconds.
    pub begin: f64,
    /// Seconds.
    pub finish: f64,
    /// Whether it is on the critical path.
    pub critical: bool,
}

impl Representatives {
    pub(super) fn new(scenario: &Scenario, found: &Representative) -> Self {
        let name = |line: &Option<TimeLine>| line.as_ref().map(|line| IncidentTimeLine::new(scenario, line));
        let way = |way: &sim::RepresentativeWay| RepresentativeWay {
            plans: way.plans.iter().map(|plan| super::label(scenario, *plan)).collect(),
            n: way.n,
            of: way.of,
            median: name(&way.median),
            p95: name(&way.p95),
        };
        Self { median: name(&found.median), p95: name(&found.p95), ways: found.ways.iter().map(way).collect() }
    }
}

impl IncidentTimeLine {
    pub(super) fn new(scenario: &Scenario, line: &TimeLine) -> Self {
        let (mut steps, mut waits) = (Vec::new(), Vec::new());
        for entry in &line.lines {
            match entry.act {
                Act::Step(plan, step) => steps.push(TimedStep {
                    service: scenario.services[entry.service].name.clone(),
                    plan: scenario.plans[plan].name.clone(),
                    id: scenario.steps[step].name.clone(),
                    phase: scenario.steps[step].phase.word().into(),
                    begin: seconds(entry.begin),
                    finish: seconds(entry.finish),
                    critical: entry.critical,
                    ending: ending(entry.ending).into(),
                }),
                Act::Wait(wait) => waits.push(named_wait(scenario, entry, wait)),
            }
        }
        Self {
            occurrence: line.occurrence,
            recovery_time: seconds(line.outcome.recovery_time),
            data_loss: seconds(line.outcome.data_loss),
            plan: super::label(scenario, line.outcome.plan),
            steps,
            waits,
        }
    }
}

/// Exact to the millisecond: a division is rounded once, a product with 0.001 twice.
fn seconds(milliseconds: u64) -> f64 {
    milliseconds as f64 / 1000.0
}

fn ending(ending: Ending) -> &'static str {
    match ending {
        Ending::Done => "done",
        Ending::Failed => "failed",
        Ending::GivenUp => "given-up",
    }
}

fn named_wait(scenario: &Scenario, line: &Line, wait: Wait) -> TimedWait {
    let service = |id: ServiceId| Some(scenario.services[id].name.clone());
    let (reason, what) = match wait {
        Wait::Detection => ("detection", None),
        Wait::AfterDown => ("after-down", None),
        Wait::OutageEnd => ("outage-end", None),
        Wait::Resume => ("resume", None),
        Wait::Takeover => ("takeover", None),
        Wait::People(role) => ("people", Some(scenario.roles[role].name.clone())),
        Wait::Data(other) => ("data", service(other)),
        Wait::Needs(other) => ("needs", service(other)),
    };
    TimedWait {
        service: scenario.services[line.service].name.clone(),
        reason: reason.into(),
        what,
        begin: seconds(line.begin),
        finish: seconds(line.finish),
        critical: line.critical,
    }
}
