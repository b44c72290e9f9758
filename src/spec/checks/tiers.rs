//! What every tier must have: one primary per data set, the upstream of every copy, and accounts
//! as soon as accounts can be taken.

use std::collections::BTreeSet;

use super::{Checks, names};
use crate::diag::{Diagnostic, Path};
use crate::id::{CopyId, DataId};
use crate::model::{CopyKind, FailureKind, Tier, TierService, Upstream};
use crate::spec::codes;
use crate::spec::names::quote;
use crate::units::Probability;

pub(super) fn check(checks: &mut Checks<'_>) {
    let scenario = checks.scenario;
    for tier in scenario.tiers.rows() {
        check_primaries(checks, tier);
        for service in &tier.services {
            for copy in &service.copies {
                check_upstream(checks, tier, service, *copy);
            }
        }
    }
    check_accounts(checks);
    check_chances(checks);
}

/// Trials show a chance up to a margin, never certainty: such an objective stays undecided for ever.
fn check_chances(checks: &mut Checks<'_>) {
    let scenario = checks.scenario;
    let own = scenario.services.rows().iter().map(|s| (Path::keys(&["services", &s.name]), &s.objectives));
    let all: Vec<_> = own.chain([(Path::default(), &scenario.objectives)]).collect();
    for (owner, objectives) in all {
        let by_failure = objectives.by_failure.iter().map(|(f, o)| (scenario.failures[*f].name.as_str(), o));
        for (name, objective) in objectives.default.iter().map(|o| ("default", o)).chain(by_failure) {
            if objective.chance == Probability::ALWAYS {
                let at = owner.key("objectives").key(name).key("chance");
                let message = "no number of trials can show that this is met with certainty";
                let advice = Diagnostic::advice(codes::CHANCE_CERTAIN, at, message);
                checks.push(advice.help("ask for a chance below 100%, such as \"99.9%\""));
            }
        }
    }
}

fn primaries(checks: &Checks<'_>, tier: &Tier, data: DataId) -> Vec<CopyId> {
    let is = |c: &CopyId| {
        let copy = &checks.scenario.copies[*c];
        copy.data == data && matches!(copy.kind, CopyKind::Primary { .. })
    };
    tier.copies.iter().copied().filter(is).collect()
}

fn check_primaries(checks: &mut Checks<'_>, tier: &Tier) {
    let scenario = checks.scenario;
    let held: BTreeSet<DataId> = tier.copies.iter().map(|c| scenario.copies[*c].data).collect();
    let kept = tier.services.iter().filter_map(|s| scenario.services[s.service].data);
    let needed: BTreeSet<DataId> = held.into_iter().chain(kept).collect();
    for data in needed {
        let name = &scenario.data[data].name;
        let keeper = tier.services.iter().find(|s| scenario.services[s.service].data == Some(data));
        let found = match primaries(checks, tier, data).as_slice() {
            [_] => continue,
            [] => {
                let at = keeper.map_or_else(
                    || Path::keys(&["data", name]),
                    |s| checks.at("strategies", &scenario.strategies[s.strategy].name, "copies"),
                );
                let message = format!("tier {} has no primary copy of {}", quote(&tier.name), quote(name));
                Diagnostic::error(codes::NO_PRIMARY, at, message)
                    .help("list exactly one copy of kind `primary`, in the service or in the strategy")
            }
            [first, second, ..] => {
                let lister = |copy: &CopyId| {
                    let name = &scenario.copies[*copy].name;
                    let service = tier.services.iter().find(|s| s.copies.contains(copy));
                    service.map_or_else(|| checks.copy_at(*copy, "kind"), |s| checks.listed_at(s, "copies", name))
                };
                let (a, b) = (&scenario.copies[*first].name, &scenario.copies[*second].name);
                let message = format!(
                    "tier {} has two primary copies of {}: {}",
                    quote(&tier.name),
                    quote(name),
                    names([a.as_str(), b].into_iter())
                );
                Diagnostic::error(codes::TWO_PRIMARIES, lister(second), message)
                    .also(lister(first), "the other")
                    .help("a synchronous copy is one primary in several places: `at = [\"x\", \"y\"], acks = 2`")
            }
        };
        checks.push(found);
    }
}

fn check_upstream(checks: &mut Checks<'_>, tier: &Tier, service: &TierService, copy: CopyId) {
    let scenario = checks.scenario;
    let row = &scenario.copies[copy];
    let at = checks.listed_at(service, "copies", &row.name);
    let tell = |what: String, key: &str| {
        Diagnostic::error(codes::COPY_NOT_IN_TIER, at.clone(), format!("tier {} lacks {what}", quote(&tier.name)))
            .also(checks.copy_at(copy, key), "it says so here")
            .help("list it too, in the service or in the strategy")
    };
    let fault = match row.of {
        Some(Upstream::Copy(of)) if !tier.copies.contains(&of) => {
            let of = &scenario.copies[of].name;
            Some(tell(format!("the copy {}, which {} is made from", quote(of), quote(&row.name)), "of"))
        }
        Some(Upstream::Data(data)) if primaries(checks, tier, data).is_empty() => {
            let of = &scenario.data[data].name;
            Some(tell(format!("a primary copy of {}, which {} is made from", quote(of), quote(&row.name)), "of"))
        }
        _ => None,
    };
    let base = match &row.kind {
        CopyKind::Log { bases, .. } if !bases.is_empty() && !bases.iter().any(|b| tier.copies.contains(b)) => {
            Some(tell(format!("every base of the log {}", quote(&row.name)), "bases"))
        }
        _ => None,
    };
    for found in fault.into_iter().chain(base) {
        checks.push(found);
    }
}

/// A copy without an account would be a vault that nobody asked for.
fn check_accounts(checks: &mut Checks<'_>) {
    let scenario = checks.scenario;
    let compromises = checks.failures(FailureKind::Compromise);
    let Some((_, first)) = compromises.first() else { return };
    let at = Path::keys(&["failures", &first.name]).key("kind");
    let mut found = Vec::new();
    for (_, copy) in scenario.copies.iter().filter(|(_, copy)| copy.account.is_none()) {
        let message = format!("copy {} names no account, so no attacker could ever reach it", quote(&copy.name));
        found.push(
            Diagnostic::error(codes::MISSING_ACCOUNT, Path::keys(&["copies", &copy.name]), message)
                .on_key()
                .label("without `account`")
                .also(at.clone(), "because of this compromise")
                .help(format!(
                    "declared accounts: {}",
                    names(scenario.accounts.rows().iter().map(|a| a.name.as_str()))
                )),
        );
    }
    for fault in found {
        checks.push(fault);
    }
}
