//! How long steps and waits take and what copies lose, in keys of the scenario.

use crate::bound::{Limit, StepParts};
use crate::diag::Path;
use crate::id::{CopyId, FailureId, ServiceId, TierId};
use crate::model::{AsyncLag, CopyKind, FailureKind, Scenario, Schedule, Step, Upstream, Volume, Work};
use crate::sim::Wait;

/// A formula with the keys that it rests on.
pub(super) struct Formula {
    pub(super) text: String,
    pub(super) paths: Vec<Path>,
}

impl Formula {
    fn new(text: impl Into<String>, paths: impl IntoIterator<Item = Path>) -> Self {
        Self { text: text.into(), paths: paths.into_iter().collect() }
    }
}

/// takes + volume ÷ pace, as far as the step has them.
pub(super) fn of_step(scenario: &Scenario, failure: FailureId, parts: &StepParts, sources: &[CopyId]) -> Formula {
    let row = &scenario.steps[parts.step];
    // A step that moves a copy by name reads that one.
    let moved = row.moved_copy();
    let sources = if moved.is_some() { moved.as_slice() } else { sources };
    let own = |key: &str| Path::keys(&["steps", &row.name, key]);
    let mut paths = Vec::new();
    let mut terms = Vec::new();
    if row.takes.is_some() {
        paths.push(own("takes"));
        let stressed = scenario.stress_of(row).is_some();
        terms.push(if stressed { "takes × stress" } else { "takes" }.to_owned());
        paths.extend(stressed.then(|| Path::keys(&["stress"])));
    }
    if let Some(work) = &row.work {
        let volume = volume(scenario, failure, row, work, &mut paths);
        let pace = pace(scenario, (row, work), &parts.limits, sources, &mut paths);
        terms.push(pace.map_or_else(|| volume.clone(), |pace| format!("{volume} ÷ {pace}")));
    }
    let mut text = terms.join(" + ");
    if row.fails.value() > 0.0 {
        paths.push(own("fails"));
        paths.push(own("retries"));
        if row.retries > 0 {
            text.push_str(", again up to `retries` times with the chance `fails`");
        }
    }
    if !row.starts.is_empty() {
        text.push_str("; 0 if what it starts is up");
    }
    if row.role.is_some() {
        paths.push(own("role"));
    }
    Formula { text, paths }
}

fn volume(scenario: &Scenario, failure: FailureId, row: &Step, work: &Work, paths: &mut Vec<Path>) -> String {
    let key = if work.replays { "replays" } else { "moves" };
    paths.push(Path::keys(&["steps", &row.name, key]));
    let fault = &scenario.failures[failure];
    let share = if fault.share < 1.0 && !matches!(work.volume, Volume::Fixed(_)) {
        paths.push(Path::keys(&["failures", &fault.name, "share"]));
        "share × "
    } else {
        ""
    };
    let mut size = |data: crate::id::DataId| {
        paths.push(Path::keys(&["data", &scenario.data[data].name, "size"]));
        format!("{share}size of {}", scenario.data[data].name)
    };
    match work.volume {
        Volume::From if work.replays => format!("{share}the log since its base"),
        Volume::From => format!("{share}the recovery point"),
        Volume::Data(data) => size(data),
        Volume::Copy(copy) => size(scenario.copies[copy].data),
        Volume::External(_) => format!("{share}what came in since the recovery point, and still comes in,"),
        Volume::Fixed(_) => key.to_owned(),
    }
}

fn pace(
    scenario: &Scenario,
    (row, work): (&Step, &Work),
    limits: &[Limit],
    sources: &[CopyId],
    paths: &mut Vec<Path>,
) -> Option<String> {
    let own = |key: &str| Path::keys(&["steps", &row.name, key]);
    let mut each = Vec::new();
    for limit in limits {
        each.push(match limit {
            Limit::Own => {
                paths.push(own("rate"));
                if work.streams > 1 {
                    paths.push(own("streams"));
                    "rate × streams".to_owned()
                } else {
                    "rate".to_owned()
                }
            }
            Limit::Link(link) => {
                let name = &scenario.links[*link].name;
                paths.push(Path::keys(&["links", name, "bandwidth"]));
                let packed = sources.iter().map(|copy| &scenario.copies[*copy]).filter(|copy| copy.compression != 1.0);
                let keys: Vec<Path> = packed.map(|copy| Path::keys(&["copies", &copy.name, "compression"])).collect();
                let times = if keys.is_empty() { "" } else { " × compression" };
                paths.extend(keys);
                format!("bandwidth of {name}{times}")
            }
            Limit::Read(copy) => {
                let name = &scenario.copies[*copy].name;
                paths.push(Path::keys(&["copies", name, "read_rate"]));
                format!("read rate of {name}")
            }
            Limit::Write(pool) => {
                let name = &scenario.compute[*pool].name;
                paths.push(Path::keys(&["compute", name, "write_rate"]));
                format!("write rate of {name}")
            }
        });
    }
    match each.len() {
        0 => None,
        1 => each.pop(),
        _ => Some(format!("min({})", each.join(", "))),
    }
}

pub(super) fn of_wait(
    scenario: &Scenario,
    (tier, failure): (TierId, FailureId),
    service: ServiceId,
    wait: Wait,
) -> Formula {
    let fault = &scenario.failures[failure].name;
    let row = &scenario.services[service].name;
    let here = scenario.tiers[tier].services.iter().find(|s| s.service == service);
    match wait {
        Wait::Detection => {
            Formula::new("from the failure to its detection", [Path::keys(&["failures", fault, "detected"])])
        }
        Wait::AfterDown => {
            let plans = here.map_or(&[][..], |s| &s.plans);
            let late = plans.iter().map(|p| &scenario.plans[*p]).filter(|p| p.after_down.is_some());
            let paths = late.map(|plan| Path::keys(&["plans", &plan.name, "after_down"]));
            Formula::new("until the service has been down for `after_down`", paths)
        }
        Wait::OutageEnd => Formula::new("until the outage is over", [Path::keys(&["failures", fault, "lasts"])]),
        Wait::Resume => Formula::new("from the outage's end to service", [Path::keys(&["services", row, "resume"])]),
        Wait::Takeover => {
            let pools = here.map_or(&[][..], |s| &s.runs);
            let paths = pools.iter().map(|p| &scenario.compute[*p]).filter(|p| p.takeover.is_some());
            let paths: Vec<Path> = paths.map(|pool| Path::keys(&["compute", &pool.name, "takeover"])).collect();
            Formula::new("until another instance has taken over", paths)
        }
        Wait::People(role) => {
            Formula::new("until somebody is free", [Path::keys(&["roles", &scenario.roles[role].name])])
        }
        Wait::Data(other) => Formula::new(format!("until the data of {} is back", scenario.services[other].name), []),
        Wait::Needs(other) => {
            let name = &scenario.services[other].name;
            Formula::new(format!("until {name} is back"), [Path::keys(&["services", row, "needs"])])
        }
    }
}

/// How far the newest point of a copy is behind the failure.
pub(super) fn of_copy(scenario: &Scenario, id: CopyId) -> Formula {
    let row = &scenario.copies[id];
    let own = |key: &str| Path::keys(&["copies", &row.name, key]);
    let mut formula = match &row.kind {
        CopyKind::Primary { lag, .. } => {
            let text = "0 while fewer than `acks` places are lost; beyond, the `lag` of what is left";
            Formula::new(text, [Some(own("acks")), lag.as_ref().map(|_| own("lag"))].into_iter().flatten())
        }
        CopyKind::Async { lag: AsyncLag::Law(_), .. } => Formula::new("lag at the failure", [own("lag")]),
        CopyKind::Async { lag: AsyncLag::Over(link), .. } => {
            let (data, link) = (&scenario.data[row.data].name, &scenario.links[*link].name);
            let paths = [
                Path::keys(&["data", data, "writes"]),
                Path::keys(&["data", data, "burst"]),
                Path::keys(&["links", link, "bandwidth"]),
                Path::keys(&["links", link, "rtt"]),
            ];
            Formula::new("writes that the link has not carried yet, as time, + rtt ÷ 2", paths)
        }
        CopyKind::Log { lag, .. } => {
            let text = if lag.is_some() { "lag at the failure" } else { "0: entries arrive at once" };
            Formula::new(text, [lag.as_ref().map(|_| own("lag")), Some(own("keep"))].into_iter().flatten())
        }
        CopyKind::Backup { schedule, takes: _, travel, fails, .. } => {
            let schedule = if matches!(schedule, Schedule::Every { .. }) { "every" } else { "cron" };
            let (arrives, travel) =
                if travel.is_some() { ("takes + travel", Some(own("travel"))) } else { ("takes", None) };
            let fails = (fails.value() > 0.0).then(|| own("fails"));
            let text = format!(
                "since the start of the newest run that has arrived: from {arrives} to {schedule} + {arrives}{}",
                if fails.is_some() { ", further back by every run that failed" } else { "" }
            );
            Formula::new(text, [Some(own(schedule)), Some(own("takes")), travel, fails].into_iter().flatten())
        }
        CopyKind::SoftDelete { .. } => {
            Formula::new("0 within `keep`, unless it was gone around", [own("keep"), own("bypass")])
        }
        CopyKind::Derived { .. } => Formula::new("that of what it is derived from", [own("of")]),
    };
    if let Some(Upstream::Copy(upstream)) = row.of
        && !matches!(scenario.copies[upstream].kind, CopyKind::Primary { .. })
        && !matches!(row.kind, CopyKind::Derived { .. })
    {
        formula.text.push_str(&format!(", + that of {}", scenario.copies[upstream].name));
        formula.paths.extend(of_copy(scenario, upstream).paths);
    }
    formula
}

/// Good writes between the failure and its detection, which damage that nobody sees at once costs.
pub(super) fn of_later_writes(scenario: &Scenario, failure: FailureId) -> Option<Formula> {
    let row = &scenario.failures[failure];
    let felt_late = matches!(row.kind, FailureKind::Deletion | FailureKind::Corruption);
    let text = "+ good writes from the failure to its detection, unless the copy keeps them or the plan salvages them";
    felt_late.then(|| Formula::new(text, [Path::keys(&["failures", &row.name, "detected"])]))
}
