//! Transfers that nothing limits, and links that cannot be used for them.

use std::collections::BTreeSet;

use super::Checks;
use crate::diag::Diagnostic;
use crate::id::{CopyId, LinkId, PlaceId, StepId};
use crate::model::{FittedPlan, TierService, Volume, Work, fit_plan};
use crate::spec::names::quote;
use crate::spec::{codes, limits};
use crate::units::{BytesPerSecond, SECONDS_PER_YEAR};

pub(super) fn check(checks: &mut Checks<'_>) {
    let scenario = checks.scenario;
    for step in scenario.steps.rows() {
        let Some(Work { over: Some(link), rate: None, .. }) = step.work else { continue };
        let row = &scenario.links[link];
        if row.bandwidth.is_none() {
            let message = format!("link {} has no bandwidth and step {} no rate", quote(&row.name), quote(&step.name));
            let fault = Diagnostic::error(codes::NO_BANDWIDTH, checks.at("steps", &step.name, "over"), message)
                .also_key(checks.at("links", &row.name, "bandwidth"), "without `bandwidth`")
                .help("give the link a `bandwidth`, or the step a `rate`");
            checks.push(fault);
        }
    }
    let (mut seen, mut slow) = (BTreeSet::new(), BTreeSet::new());
    for tier in scenario.tiers.rows() {
        for service in &tier.services {
            for plan in &service.plans {
                let Some(fitted) = fit_plan(scenario, service, *plan) else { continue };
                for step in fitted.steps.iter().map(|s| s.step) {
                    if !seen.contains(&step) && check_pace(checks, service, &fitted, step) {
                        seen.insert(step);
                    }
                    if !slow.contains(&step) && check_time(checks, &fitted, step) {
                        slow.insert(step);
                    }
                }
            }
        }
    }
}

/// The regions of where a plan leads: of its pools, or of the service's primary without any.
fn targets(checks: &Checks<'_>, service: &TierService, fitted: &FittedPlan) -> Vec<PlaceId> {
    let scenario = checks.scenario;
    let pools = fitted.into.iter().flat_map(|p| &scenario.compute[*p].instances).map(|i| i.place);
    let mut regions: Vec<PlaceId> = pools.map(|p| scenario.places[p].region).collect();
    if regions.is_empty() {
        let own = service.copies.iter().map(|c| &scenario.copies[*c]).filter(|c| c.kind.word() == "primary");
        regions = own.flat_map(|c| &c.sites).map(|s| scenario.places[scenario.site_place(*s)].region).collect();
    }
    regions
}

fn limited(checks: &Checks<'_>, service: &TierService, fitted: &FittedPlan, copy: CopyId) -> bool {
    let scenario = checks.scenario;
    let row = &scenario.copies[copy];
    if row.read_rate.is_some() || fitted.into.iter().any(|p| scenario.compute[*p].write_rate.is_some()) {
        return true;
    }
    let sources: Vec<PlaceId> = row.sites.iter().map(|s| scenario.site_place(*s)).collect();
    let fast = |link: LinkId| scenario.links[link].bandwidth.is_some();
    targets(checks, service, fitted)
        .iter()
        .any(|target| sources.iter().any(|source| scenario.link_between(*source, *target).is_some_and(fast)))
}

/// Reports a transfer that takes longer than anything is computed for; true if it did.
fn check_time(checks: &mut Checks<'_>, fitted: &FittedPlan, step: StepId) -> bool {
    let scenario = checks.scenario;
    let row = &scenario.steps[step];
    let Some(work) = &row.work else { return false };
    let of_copy = |copy: &CopyId| scenario.data[scenario.copies[*copy].data].size;
    let volume = match work.volume {
        Volume::From => fitted.from.iter().map(of_copy).reduce(|most, one| if one > most { one } else { most }),
        Volume::Copy(copy) => Some(of_copy(&copy)),
        Volume::Data(data) => Some(scenario.data[data].size),
        Volume::Fixed(bytes) => Some(bytes),
        Volume::External(_) => None,
    };
    let rate = work.rate.map(|rate| rate.bytes_per_second() * f64::from(work.streams));
    let (Some(volume), Some(rate)) = (volume, rate) else { return false };
    let years = volume.bytes() / rate * (1.0 + f64::from(row.retries)) / SECONDS_PER_YEAR;
    if years <= limits::TRANSFER_YEARS {
        return false;
    }
    let message = format!(
        "step {} may take more than {} years: {} at {}",
        quote(&row.name),
        limits::TRANSFER_YEARS,
        volume.human(),
        BytesPerSecond::new(rate).unwrap_or_default().human()
    );
    let fault = Diagnostic::error(codes::OUT_OF_RANGE, checks.at("steps", &row.name, "rate"), message);
    checks.push(if row.retries > 0 { fault.help("every retry takes as long again") } else { fault });
    true
}

/// Reports a transfer of no duration; true if it did.
fn check_pace(checks: &mut Checks<'_>, service: &TierService, fitted: &FittedPlan, step: StepId) -> bool {
    let scenario = checks.scenario;
    let row = &scenario.steps[step];
    let Some(work) = row.work.as_ref().filter(|w| w.rate.is_none() && w.over.is_none()) else { return false };
    let sources: Vec<CopyId> = match work.volume {
        Volume::Copy(copy) => vec![copy],
        _ => fitted.from.clone(),
    };
    let Some(free) = sources.iter().find(|c| !limited(checks, service, fitted, **c)) else { return false };
    let key = if work.replays { "replays" } else { "moves" };
    let message = format!(
        "nothing limits step {} of plan {} when it recovers from {}: it has no rate, and no link with a bandwidth lies between",
        quote(&row.name),
        quote(&scenario.plans[fitted.plan].name),
        quote(&scenario.copies[*free].name)
    );
    let fault = Diagnostic::error(codes::NO_PACE, checks.at("steps", &row.name, key), message)
        .help("give the step a `rate`, `over` a link, or declare the link between the regions with its `bandwidth`");
    checks.push(fault);
    true
}
