//! Plans against the failures and tiers that they are for.

use std::collections::BTreeMap;

use super::{Checks, names};
use crate::diag::{Diagnostic, Path};
use crate::id::{CopyId, FailureId, PlanId};
use crate::model::{
    CopyKind, Failure, FailureKind, FittedPlan, GraphNode, Phase, Plan, Target, Tier, TierService, fit_plan,
};
use crate::spec::codes;
use crate::spec::names::quote;
use crate::units::Probability;

pub(super) fn check(checks: &mut Checks<'_>) {
    let scenario = checks.scenario;
    for (id, failure) in scenario.failures.iter() {
        check_detection(checks, id, failure);
    }
    for plan in scenario.plans.rows() {
        check_restore(checks, plan);
    }
    let mut listed: BTreeMap<PlanId, bool> = BTreeMap::new();
    for tier in scenario.tiers.rows() {
        for service in &tier.services {
            for plan in &service.plans {
                let fitted = fit_plan(scenario, service, *plan);
                *listed.entry(*plan).or_default() |= fitted.is_some();
                if let Some(fitted) = fitted {
                    check_cold(checks, tier, service, &fitted);
                }
            }
        }
    }
    for (plan, _) in listed.into_iter().filter(|(_, fits)| !fits) {
        let row = &scenario.plans[plan];
        let mut steps = row.steps.nodes.iter().map(|node| &scenario.steps[node.step]);
        if steps.any(|step| step.starts.iter().any(|pool| !step.fits(&scenario.compute[*pool]))) {
            // Told where the memory is too small.
            continue;
        }
        let message = format!(
            "plan {} fits in no tier: each that lists it lacks its copies, its compute or all its starting steps",
            quote(&row.name)
        );
        let advice = Diagnostic::advice(codes::PLAN_NEVER_FITS, Path::keys(&["plans", &row.name]), message).on_key();
        checks.push(advice);
    }
    check_damage(checks);
    check_repairers(checks);
}

/// Who repairs does nothing else: so all tiers live through the same years, whatever their plans are.
fn check_repairers(checks: &mut Checks<'_>) {
    let scenario = checks.scenario;
    for failure in scenario.failures.rows() {
        let Some(role) = failure.repair.as_ref().map(|repair| repair.role) else { continue };
        let mut steps = scenario.steps.rows().iter().filter(|step| step.role == Some(role));
        let Some(first) = steps.next() else { continue };
        let message = match steps.count() {
            0 => format!("{} does step {} too", quote(&scenario.roles[role].name), quote(&first.name)),
            more => {
                format!("{} does step {} too and {more} more", quote(&scenario.roles[role].name), quote(&first.name))
            }
        };
        let at = checks.at("failures", &failure.name, "repaired_by");
        let fault = Diagnostic::error(codes::REPAIRS_ONLY, at, message)
            .also(checks.at("steps", &first.name, "role"), "a step of a plan")
            .help("people who repair failures do nothing else: give them a role of their own");
        checks.push(fault);
    }
}

/// Failures that nobody detects, or so late that they are over; one finding for all plans of each.
fn check_detection(checks: &mut Checks<'_>, cause: FailureId, failure: &Failure) {
    let scenario = checks.scenario;
    let detects = |plan: &Plan| plan.steps.nodes.first().is_some_and(|n| scenario.steps[n.step].phase == Phase::Detect);
    let waiting: Vec<&Plan> =
        scenario.plans.rows().iter().filter(|plan| plan.causes.contains(&cause) && !detects(plan)).collect();
    let Some(first) = waiting.first() else { return };
    let all = names(waiting.iter().map(|plan| plan.name.as_str()));
    let plans = if waiting.len() == 1 { format!("plan {all}") } else { format!("plans {all}") };
    let Some(detected) = &failure.detected else {
        let message = format!("nobody detects {}: {plans} would never begin", quote(&failure.name));
        let fault = Diagnostic::error(codes::NO_DETECTION, checks.at("plans", &first.name, "for"), message)
            .also(Path::keys(&["failures", &failure.name, "detected"]), "without `detected`")
            .help("give the failure `detected`, or begin the plan with a step of phase `detect`");
        return checks.push(fault);
    };
    let Some(lasts) = failure.lasts.as_ref().filter(|_| failure.destroyed == Probability::NEVER) else { return };
    if detected.min() >= lasts.quantile(0.95) {
        let message = format!(
            "{} is mostly over before anyone notices it: {plans} would hardly ever begin",
            quote(&failure.name)
        );
        let advice = Diagnostic::advice(codes::NEVER_HELPS, checks.at("failures", &failure.name, "detected"), message)
            .also(checks.at("failures", &failure.name, "lasts"), "over by then")
            .help("`detected` counts from the failure, as `lasts` does");
        checks.push(advice);
    }
}

/// A plan from a backup or a log of which no step restores anything: it would be back in no time.
fn check_restore(checks: &mut Checks<'_>, plan: &Plan) {
    let scenario = checks.scenario;
    let kept = |copy: &CopyId| {
        let kind = &scenario.copies[*copy].kind;
        matches!(kind, CopyKind::Backup { .. } | CopyKind::Log { .. })
    };
    let restores = |node: &GraphNode| {
        let step = &scenario.steps[node.step];
        step.work.is_some() || matches!(step.phase, Phase::Restore | Phase::Replay)
    };
    let Some(copy) = plan.from.iter().find(|copy| kept(copy)) else { return };
    if plan.steps.nodes.iter().any(restores) {
        return;
    }
    let message = format!(
        "plan {} recovers from {}, but none of its steps restores anything: it would be there in no time",
        quote(&plan.name),
        quote(&scenario.copies[*copy].name)
    );
    let advice = Diagnostic::advice(codes::NOTHING_RESTORED, checks.at("plans", &plan.name, "steps"), message)
        .also(checks.at("plans", &plan.name, "from"), "from here")
        .help("add a step of phase `restore`, such as { phase = \"restore\", moves = \"from\", rate = \"100 MB/s\" }");
    checks.push(advice);
}

fn check_cold(checks: &mut Checks<'_>, tier: &Tier, service: &TierService, fitted: &FittedPlan) {
    let scenario = checks.scenario;
    for pool in fitted.into.iter().filter(|pool| service.cold.contains(pool)) {
        if fitted.steps.iter().any(|step| step.starts.contains(pool)) {
            continue;
        }
        let plan = &scenario.plans[fitted.plan];
        let name = &scenario.compute[*pool].name;
        let message = format!(
            "plan {} leads into {}, which is cold in tier {}, and no step starts it",
            quote(&plan.name),
            quote(name),
            quote(&tier.name)
        );
        let fault = Diagnostic::error(codes::COLD_NOT_STARTED, checks.at("plans", &plan.name, "into"), message)
            .also(checks.listed_at(service, "cold", name), "cold here")
            .help(format!("add a step with `starts = \"{name}\"`, or keep it in `standby`"));
        // One tier is enough to see it.
        let told = |d: &Diagnostic| d.code == codes::COLD_NOT_STARTED && d.labels.first() == fault.labels.first();
        if !checks.found.iter().any(told) {
            checks.push(fault);
        }
    }
}

/// Damage that does not end by itself and that no plan of a tier undoes.
fn check_damage(checks: &mut Checks<'_>) {
    let scenario = checks.scenario;
    for (id, failure) in scenario.failures.iter() {
        if failure.kind.ends_by_itself() {
            continue;
        }
        let without: Vec<&str> = scenario
            .tiers
            .rows()
            .iter()
            .filter(|t| feels(checks, t, id) && !has_plan(checks, t, id))
            .map(|t| t.name.as_str())
            .collect();
        if without.is_empty() {
            continue;
        }
        let message = format!(
            "nothing undoes {} in {}: every such incident is unrecoverable there",
            quote(&failure.name),
            names(without.into_iter())
        );
        let advice = Diagnostic::advice(codes::NO_PLAN, Path::keys(&["failures", &failure.name]), message)
            .on_key()
            .help("a plan undoes it if it is `for` it and the tier has one of the copies in its `from`");
        checks.push(advice);
    }
}

/// Whether a tier holds something that the failure hits.
fn feels(checks: &Checks<'_>, tier: &Tier, failure: FailureId) -> bool {
    let scenario = checks.scenario;
    let row = &scenario.failures[failure];
    row.members.iter().flat_map(|m| &m.targets).any(|target| match *target {
        Target::Data(data) => tier.copies.iter().any(|c| scenario.copies[*c].data == data),
        Target::Copy(copy) => tier.copies.contains(&copy),
        Target::Account(account) => tier.copies.iter().any(|c| scenario.copies[*c].account == Some(account)),
        _ => row.kind != FailureKind::Compromise,
    })
}

fn has_plan(checks: &Checks<'_>, tier: &Tier, failure: FailureId) -> bool {
    let scenario = checks.scenario;
    tier.services.iter().any(|service| {
        let fits = |plan: &&PlanId| {
            scenario.plans[**plan].causes.contains(&failure) && fit_plan(scenario, service, **plan).is_some()
        };
        service.plans.iter().any(|plan| fits(&plan))
    })
}
