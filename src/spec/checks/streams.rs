//! Streams that an interruption may break for good, and compute too small for what is started on it.

use super::copies::input;
use super::{Checks, names};
use crate::diag::Diagnostic;
use crate::id::{CopyId, LinkId, PlaceId, PoolId, StepId};
use crate::model::{AsyncLag, Copy, CopyKind, Delay, Failure, FailureKind, Target};
use crate::spec::codes;
use crate::spec::names::quote;
use crate::units::Seconds;

/// Chance below which an interruption that long is not worth a word: one in a thousand.
const RARE: f64 = 0.001;

pub(super) fn check(checks: &mut Checks<'_>) {
    let scenario = checks.scenario;
    for (id, copy) in scenario.copies.iter() {
        if let CopyKind::Async { window: Some(window), .. } = &copy.kind {
            for failure in scenario.failures.rows() {
                check_stream(checks, (id, copy), *window, failure);
            }
        }
    }
    for (id, _) in scenario.steps.iter() {
        check_memory(checks, id);
    }
}

/// The share of draws that are longer than `limit`: the distribution is only known by its quantiles.
fn share_above(delay: &Delay, limit: f64) -> f64 {
    if delay.max() <= limit {
        return 0.0;
    }
    let (mut low, mut high) = (0.0, 1.0);
    // Halved forty times: to a millionth of a millionth.
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        if delay.quantile(middle) > limit { high = middle } else { low = middle }
    }
    1.0 - 0.5 * (low + high)
}

fn check_stream(checks: &mut Checks<'_>, (id, copy): (CopyId, &Copy), window: Seconds, failure: &Failure) {
    let Some(lasts) = failure.outage_time() else { return };
    let chance = share_above(&lasts, window.seconds());
    if chance < RARE || !failure.members.iter().any(|m| m.targets.iter().any(|t| stops(checks, copy, failure.kind, *t)))
    {
        return;
    }
    let scenario = checks.scenario;
    let size = scenario.data[copy.data].size;
    let again = link_of(checks, copy).and_then(|link| scenario.links[link].bandwidth).and_then(|rate| size / rate);
    let takes = again.map_or_else(String::new, |time| format!(", which takes {} at the least", time.human()));
    let message = format!(
        "{} lasts longer than the `window` of {} in {:.1}% of its events: then {} needs a full copy of {}{takes}",
        quote(&failure.name),
        quote(&copy.name),
        chance * 100.0,
        quote(&copy.name),
        size.human(),
    );
    let at = checks.at("failures", &failure.name, "lasts");
    let advice = Diagnostic::advice(codes::STREAM_BREAKS, checks.copy_at(id, "window"), message)
        .also(at, "may last longer")
        .help("until the full copy is done this copy is behind, or not fit to take over; a longer `window` avoids it");
    checks.push(advice);
}

fn regions(checks: &Checks<'_>, copy: &Copy) -> Vec<PlaceId> {
    let scenario = checks.scenario;
    copy.sites.iter().map(|site| scenario.places[scenario.site_place(*site)].region).collect()
}

/// The link that carries a copy's stream.
fn link_of(checks: &Checks<'_>, copy: &Copy) -> Option<LinkId> {
    if let CopyKind::Async { lag: AsyncLag::Over(link), .. } = copy.kind {
        return Some(link);
    }
    let (_, of) = input(checks, copy)?;
    let (from, to) = (regions(checks, of), regions(checks, copy));
    from.iter().find_map(|a| to.iter().find_map(|b| checks.scenario.link_between(*a, *b)))
}

/// Whether a failure stops the stream while its upstream goes on: the link is cut, or the copy's own
/// place is away.
fn stops(checks: &Checks<'_>, copy: &Copy, kind: FailureKind, target: Target) -> bool {
    let scenario = checks.scenario;
    let Some((_, of)) = input(checks, copy) else { return false };
    match (kind, target) {
        (FailureKind::Partition, Target::Link(link)) => link_of(checks, copy) == Some(link),
        (FailureKind::Outage, Target::Place(place)) => {
            let within = |copy: &Copy| copy.sites.iter().all(|s| scenario.is_within(scenario.site_place(*s), place));
            within(copy) && !within(of)
        }
        _ => false,
    }
}

/// A step that loads more into memory than an instance that it starts can hold.
fn check_memory(checks: &mut Checks<'_>, id: StepId) {
    let scenario = checks.scenario;
    let step = &scenario.steps[id];
    let small: Vec<PoolId> = step.starts.iter().copied().filter(|pool| !step.fits(&scenario.compute[*pool])).collect();
    let (Some(first), Some(needed)) = (small.first(), step.memory) else { return };
    let there = scenario.compute[*first].memory.map_or_else(String::new, |size| size.human());
    let pools = names(small.iter().map(|pool| scenario.compute[*pool].name.as_str()));
    let message = format!(
        "step {} needs {} in memory, but an instance of {pools} has {there}: it would never come up",
        quote(&step.name),
        needed.human()
    );
    let advice = Diagnostic::advice(codes::TOO_LITTLE_MEMORY, checks.at("steps", &step.name, "memory"), message)
        .also(checks.at("compute", &scenario.compute[*first].name, "memory"), "too small")
        .help("plans with this step do not fit: choose larger instances");
    checks.push(advice);
}
