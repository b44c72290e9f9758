//! Failures that no tier feels, and plans for failures that leave nothing of what they recover from, or
//! recover into.

use std::collections::BTreeMap;

use super::scopes::in_account;
use super::{Checks, names};
use crate::diag::Diagnostic;
use crate::id::{CopyId, PlanId, PoolId};
use crate::model::{
    AssetIndex, AssetSet, Copy, CopyKind, Failure, FailureKind, FittedPlan, Member, Need, Target, TierService, fit_plan,
};
use crate::spec::codes;
use crate::spec::names::quote;

/// Assets looked at for all members together: beyond it only time would be lost.
const MOST_WORK: usize = 20_000_000;

/// Why a plan cannot help.
enum Obstacle {
    /// None of these copies gives anything back.
    From(Vec<CopyId>),
    /// This pool is gone.
    Into(PoolId),
}

/// What a failure strikes together, and what that takes.
struct Strike<'a> {
    failure: &'a Failure,
    member: &'a Member,
    taken: AssetSet,
}

pub(super) fn check(checks: &mut Checks<'_>) {
    let scenario = checks.scenario;
    let index = AssetIndex::new(scenario);
    let members: usize = scenario.failures.rows().iter().map(|f| f.members.len()).sum();
    if members.saturating_mul(index.size()) > MOST_WORK {
        return;
    }
    let mut fitted: BTreeMap<PlanId, Vec<(&TierService, FittedPlan)>> = BTreeMap::new();
    for service in scenario.tiers.rows().iter().flat_map(|tier| &tier.services) {
        for plan in &service.plans {
            fitted.entry(*plan).or_default().extend(fit_plan(scenario, service, *plan).map(|f| (service, f)));
        }
    }
    for (id, failure) in scenario.failures.iter().filter(|(_, f)| f.kind != FailureKind::Partition) {
        let strike = |member| Strike { failure, member, taken: index.taken(scenario, failure.kind, &member.targets) };
        let strikes: Vec<Strike<'_>> = failure.members.iter().map(strike).collect();
        if !strikes.iter().any(|strike| is_felt(checks, &index, strike)) {
            report_unfelt(checks, failure);
            continue;
        }
        for (plan, ways) in fitted.iter().filter(|(plan, _)| scenario.plans[**plan].causes.contains(&id)) {
            let pairs = || ways.iter().flat_map(|way| strikes.iter().map(move |strike| (way, strike)));
            let found: Option<Vec<Obstacle>> =
                pairs().map(|((service, plan), strike)| obstacle(checks, &index, service, plan, strike)).collect();
            if let Some(first) = found.into_iter().flatten().next() {
                report(checks, *plan, failure, &first);
            }
        }
    }
}

/// Whether any tier has something that is struck.
fn is_felt(checks: &Checks<'_>, index: &AssetIndex, strike: &Strike<'_>) -> bool {
    let scenario = checks.scenario;
    let taken = |first: usize, count: usize| strike.taken.count_in(first, count) > 0;
    let copies = || scenario.tiers.rows().iter().flat_map(|tier| &tier.copies).map(|c| (*c, &scenario.copies[*c]));
    let services = || scenario.tiers.rows().iter().flat_map(|tier| &tier.services);
    let hit = |(id, copy): (CopyId, &Copy)| {
        let named = |target: &Target| match *target {
            Target::Data(data) => copy.data == data,
            Target::Copy(other) => other == id,
            Target::Account(account) => copy.account == Some(account),
            _ => false,
        };
        taken(index.copy(id), copy.sites.len()) || strike.member.targets.iter().any(named)
    };
    let pools = |service: &TierService| {
        let all = service.runs.iter().chain(&service.standby).chain(&service.cold);
        all.into_iter().any(|pool| taken(index.pool(*pool), scenario.compute[*pool].instances.len()))
    };
    let needs = |service: &TierService| {
        let needs = &scenario.services[service.service].needs;
        needs.iter().any(|need| matches!(need, Need::External(external) if taken(index.external(*external), 1)))
    };
    copies().any(hit) || services().any(|service| pools(service) || needs(service))
}

fn report_unfelt(checks: &mut Checks<'_>, failure: &Failure) {
    let message = format!("no tier feels {}: nothing of any lies in what it hits", quote(&failure.name));
    let advice = Diagnostic::advice(codes::NEVER_HAPPENS, checks.hits_at(failure), message);
    checks.push(advice.help("name a place, pool, copy, external or data set that some tier has"));
}

/// What keeps a plan from helping, if anything does.
fn obstacle(
    checks: &Checks<'_>,
    index: &AssetIndex,
    service: &TierService,
    plan: &FittedPlan,
    strike: &Strike<'_>,
) -> Option<Obstacle> {
    let scenario = checks.scenario;
    let stateless = scenario.services[service.service].data.is_none();
    if !stateless && !plan.from.iter().any(|copy| gives(index, *copy, &scenario.copies[*copy], strike)) {
        return Some(Obstacle::From(plan.from.clone()));
    }
    let gone = |pool: &&PoolId| {
        let row = &scenario.compute[**pool];
        row.within.is_none() && strike.taken.count_in(index.pool(**pool), row.instances.len()) == row.instances.len()
    };
    plan.into.iter().find(gone).map(|pool| Obstacle::Into(*pool))
}

/// Whether a copy may have something to recover from.
fn gives(index: &AssetIndex, id: CopyId, copy: &Copy, strike: &Strike<'_>) -> bool {
    let (kind, targets) = (strike.failure.kind, &strike.member.targets);
    let bin = matches!(copy.kind, CopyKind::SoftDelete { .. });
    if matches!(copy.kind, CopyKind::Derived { .. }) {
        // It is made again from its input, wherever that is.
        return true;
    }
    match kind {
        FailureKind::Partition => true,
        FailureKind::Outage => {
            let sites = copy.sites.len();
            !bin && (sites == 0 || strike.taken.count_in(index.copy(id), sites) < sites)
        }
        FailureKind::Compromise => !bin && !in_account(copy, targets),
        FailureKind::Deletion | FailureKind::Corruption => {
            let damaged = targets.contains(&Target::Data(copy.data)) && matches!(copy.kind, CopyKind::Primary { .. });
            !damaged && (!bin || kind == FailureKind::Deletion)
        }
    }
}

fn report(checks: &mut Checks<'_>, plan: PlanId, failure: &Failure, why: &Obstacle) {
    let scenario = checks.scenario;
    let hits = checks.hits_at(failure);
    // Where nothing at all is left, that is told of the failure.
    let told = |d: &Diagnostic| d.code == codes::TAKES_EVERY_COPY && d.labels.first().is_some_and(|l| l.path == hits);
    if checks.found.iter().any(told) {
        return;
    }
    let row = &scenario.plans[plan];
    let (key, reason) = match why {
        Obstacle::Into(pool) => {
            ("into", format!("leads into {}, which is lost in it", quote(&scenario.compute[*pool].name)))
        }
        Obstacle::From(copies) => {
            let bins = copies.iter().all(|c| matches!(scenario.copies[*c].kind, CopyKind::SoftDelete { .. }));
            let all = names(copies.iter().map(|c| scenario.copies[*c].name.as_str()));
            let because = match failure.kind {
                _ if bins => "and a recycle bin undoes deletions only",
                FailureKind::Deletion | FailureKind::Corruption => "which is what is damaged",
                _ if copies.len() == 1 => "which is lost in it",
                _ => "which are all lost in it",
            };
            ("from", format!("takes {all}, {because}"))
        }
    };
    let message = format!("plan {} is for {} but {reason}", quote(&row.name), quote(&failure.name));
    let at = checks.at("plans", &row.name, key);
    let whole = at.0.len() < 3;
    let advice = Diagnostic::advice(codes::NEVER_HELPS, at, message)
        .also(hits, "this takes it")
        .help("lead it from a copy that is left into compute that is left, or take the failure out of its `for`");
    checks.push(if whole { advice.on_key() } else { advice });
}
