//! How long points are kept against how long it takes until they are needed.
//!
//! What cannot work at all is an error; where only the tail of a distribution is beyond it is
//! advice, for then most incidents can be recovered.

use super::Checks;
use crate::diag::Diagnostic;
use crate::id::{CopyId, FailureId};
use crate::model::{Copy, CopyKind, Delay, Edge, Failure, FailureKind, Schedule, Taints};
use crate::spec::codes;
use crate::spec::names::quote;
use crate::units::Seconds;

pub(super) fn check(checks: &mut Checks<'_>) {
    let scenario = checks.scenario;
    for (id, copy) in scenario.copies.iter() {
        match &copy.kind {
            CopyKind::Backup { schedule, takes, travel, keep, .. } => {
                check_run(checks, id, copy, schedule, takes);
                check_interval(checks, id, copy, schedule, &[Some(takes), travel.as_ref()], *keep);
            }
            CopyKind::Log { bases, keep, .. } => {
                for base in bases {
                    check_base(checks, id, copy, *base, *keep);
                }
            }
            _ => {}
        }
    }
    check_detection(checks);
}

/// The time that 95% of draws do not exceed.
fn p95(delay: &Delay) -> f64 {
    delay.quantile(0.95)
}

fn human(seconds: f64) -> String {
    Seconds::new(seconds).unwrap_or_default().human()
}

fn schedule_key(schedule: &Schedule) -> &'static str {
    if matches!(schedule, Schedule::Every { .. }) { "every" } else { "cron" }
}

/// The shortest time from one start to the next.
fn shortest_gap(schedule: &Schedule) -> f64 {
    match schedule {
        Schedule::Every { interval, .. } => interval.seconds(),
        Schedule::Cron { starts, .. } => starts.gaps().fold(f64::INFINITY, f64::min),
    }
}

fn check_run(checks: &mut Checks<'_>, id: CopyId, copy: &Copy, schedule: &Schedule, takes: &Delay) {
    let gap = shortest_gap(schedule);
    let every = checks.copy_at(id, schedule_key(schedule));
    let at = checks.copy_at(id, "takes");
    let help = "a start during a run is skipped, so points are further apart than the schedule says";
    if takes.min() > schedule.longest_gap().seconds() {
        let message = format!(
            "{} runs for at least {}, longer than the {} to its next start",
            quote(&copy.name),
            human(takes.min()),
            human(gap)
        );
        checks.push(Diagnostic::error(codes::RUNS_OVER, at, message).also(every, "its schedule").help(help));
    } else if p95(takes) > gap {
        let message = format!(
            "{} may run for {}, longer than the {} to its next start",
            quote(&copy.name),
            human(p95(takes)),
            human(gap)
        );
        checks.push(Diagnostic::advice(codes::MAY_RUN_OVER, at, message).also(every, "its schedule").help(help));
    }
}

/// A point must outlive the time until the next one can be used.
fn check_interval(
    checks: &mut Checks<'_>,
    id: CopyId,
    copy: &Copy,
    schedule: &Schedule,
    until: &[Option<&Delay>],
    keep: Seconds,
) {
    let gap = schedule.longest_gap().seconds();
    let at = checks.copy_at(id, "keep");
    let every = checks.copy_at(id, schedule_key(schedule));
    let kept = keep.human();
    if keep.seconds() < gap {
        let message = format!(
            "{} is kept for {kept}, less than the {} to the next: between them there is none",
            quote(&copy.name),
            human(gap)
        );
        let help = format!("keep it for more than {}", human(gap));
        checks
            .push(Diagnostic::error(codes::KEPT_TOO_SHORT, at, message).also(every, "from one to the next").help(help));
        return;
    }
    let usable = gap + until.iter().flatten().map(|d| p95(d)).sum::<f64>();
    if keep.seconds() < usable {
        let message = format!(
            "{} is kept for {kept}, but the next one can take {} to be usable",
            quote(&copy.name),
            human(usable)
        );
        checks.push(Diagnostic::advice(codes::MAY_EXPIRE, at, message).also(every, "from one to the next"));
    }
}

/// A log must reach back to the newest point of its base.
fn check_base(checks: &mut Checks<'_>, id: CopyId, copy: &Copy, base: CopyId, keep: Seconds) {
    let row = &checks.scenario.copies[base];
    let (behind, key) = match &row.kind {
        CopyKind::Primary { lag: Some(lag), .. } => (p95(lag), "lag"),
        CopyKind::Async { lag: crate::model::AsyncLag::Law(lag), .. } => (p95(lag), "lag"),
        CopyKind::Backup { schedule, takes, travel, .. } => {
            let until = p95(takes) + travel.as_ref().map_or(0.0, p95);
            (schedule.longest_gap().seconds() + until, schedule_key(schedule))
        }
        _ => return,
    };
    if keep.seconds() < behind {
        let message = format!(
            "log {} is kept for {}, but its base {} can be {} behind: what lies between is lost",
            quote(&copy.name),
            keep.human(),
            quote(&row.name),
            human(behind)
        );
        let advice = Diagnostic::advice(codes::LOG_GAP, checks.copy_at(id, "keep"), message)
            .also(checks.copy_at(base, key), "so far behind")
            .help("keep the log longer than its base can lag");
        checks.push(advice);
    }
}

/// Points that are gone, or all tainted, when the damage is found.
fn check_detection(checks: &mut Checks<'_>) {
    let scenario = checks.scenario;
    let pairs =
        scenario.plans.rows().iter().flat_map(|plan| {
            plan.causes.iter().flat_map(move |cause| plan.from.iter().map(move |copy| (*cause, *copy)))
        });
    for (cause, copy) in pairs {
        let failure = &scenario.failures[cause];
        let Some(keep) = kept(&scenario.copies[copy]) else { continue };
        let Some(Found { least, tail, what, key }) = found(failure, &scenario.copies[copy].edge) else { continue };
        let (least_beyond, tail_beyond) = (keep.seconds() < least, keep.seconds() < tail);
        if !tail_beyond {
            continue;
        }
        let time = if least_beyond { least } else { tail };
        let can = if least_beyond { "takes at least" } else { "can take" };
        let message = format!(
            "{} is kept for {}, but it {can} {} until {what} ({})",
            quote(&scenario.copies[copy].name),
            keep.human(),
            human(time),
            quote(&failure.name)
        );
        let at = checks.copy_at(copy, "keep");
        let found = if least_beyond && is_last_resort(checks, cause, copy, least) {
            Diagnostic::error(codes::KEPT_TOO_SHORT, at, message).help("no clean point would ever be left")
        } else if least_beyond {
            let help = "it never helps against this; what else the plans of its tiers take may";
            Diagnostic::advice(codes::MAY_EXPIRE, at, message).help(help)
        } else {
            Diagnostic::advice(codes::MAY_EXPIRE, at, message).help("in 5% of incidents or more no clean point is left")
        };
        checks.push(found.also(checks.at("failures", &failure.name, key), "against this"));
    }
}

/// How long it takes until the damage of a failure is found, counted from the last clean moment.
struct Found {
    least: f64,
    tail: f64,
    what: &'static str,
    key: &'static str,
}

fn found(failure: &Failure, edge: &Edge) -> Option<Found> {
    let detected = failure.detected.as_ref();
    match (failure.kind, &failure.dwell) {
        // Of what an attacker wrote nothing passes such an edge: every point is clean.
        (FailureKind::Compromise, _) if edge.skips.contains(&FailureKind::Compromise) => None,
        (FailureKind::Deletion | FailureKind::Corruption, _) => {
            let detected = detected?;
            Some(Found { least: detected.min(), tail: p95(detected), what: "it is found", key: "detected" })
        }
        (FailureKind::Compromise, Some(dwell)) if failure.taints == Taints::Entry => {
            let (least, tail) = detected.map_or((0.0, 0.0), |d| (d.min(), p95(d)));
            let what = "the attacker is found after entry";
            Some(Found { least: dwell.min() + least, tail: p95(dwell) + tail, what, key: "dwell" })
        }
        _ => None,
    }
}

/// Whether some tier with this copy has nothing else to recover from when the damage is found.
fn is_last_resort(checks: &Checks<'_>, cause: FailureId, copy: CopyId, least: f64) -> bool {
    let scenario = checks.scenario;
    let kind = scenario.failures[cause].kind;
    let helps = |other: &CopyId| {
        let row = &scenario.copies[*other];
        match &row.kind {
            _ if row.data != scenario.copies[copy].data => false,
            CopyKind::SoftDelete { keep, .. } => kind == FailureKind::Deletion && keep.seconds() >= least,
            CopyKind::Log { keep, .. } | CopyKind::Backup { keep, .. } => keep.seconds() >= least,
            CopyKind::Async { .. } => row.edge.skips.contains(&kind) || row.edge.delay.is_some(),
            CopyKind::Derived { .. } => true,
            CopyKind::Primary { .. } => false,
        }
    };
    scenario.tiers.rows().iter().filter(|tier| tier.copies.contains(&copy)).any(|tier| {
        let plans = tier.services.iter().flat_map(|s| &s.plans).map(|plan| &scenario.plans[*plan]);
        let sources: Vec<CopyId> =
            plans.filter(|plan| plan.causes.contains(&cause)).flat_map(|plan| plan.from.iter().copied()).collect();
        let has = |c: &CopyId| tier.copies.contains(c);
        sources.contains(&copy) && !sources.iter().filter(|c| has(c)).any(helps)
    })
}

/// How long the points of a copy are kept.
fn kept(copy: &Copy) -> Option<Seconds> {
    match copy.kind {
        CopyKind::Log { keep, .. } | CopyKind::Backup { keep, .. } | CopyKind::SoftDelete { keep, .. } => Some(keep),
        _ => None,
    }
}
