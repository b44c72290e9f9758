//! What every tier must have: one primary per data set, the upstream of every copy, and accounts
//! as soon as accounts can be taken.

use std::collections::{BTreeMap, BTreeSet};

use super::{Checks, names};
use crate::diag::{Diagnostic, Path};
use crate::id::{CopyId, DataId};
use crate::model::{Copy, CopyKind, FailureKind, Tier, TierService, Upstream};
use crate::spec::codes;
use crate::spec::names::quote;
use crate::units::Probability;

pub(super) fn check(checks: &mut Checks<'_>) {
    let scenario = checks.scenario;
    check_primaries(checks);
    for tier in scenario.tiers.rows() {
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
        if objectives.yearly.availability == Some(Probability::ALWAYS) {
            let at = owner.key("objectives").key("yearly").key("availability");
            let message = "no number of years can show that it is never down";
            let advice = Diagnostic::advice(codes::CHANCE_CERTAIN, at, message);
            checks.push(advice.help("ask for an availability below 100%, such as \"99.99%\""));
        }
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

/// Exactly one primary for every data set of a tier; one finding for all tiers that have none.
fn check_primaries(checks: &mut Checks<'_>) {
    let scenario = checks.scenario;
    let mut without: BTreeMap<DataId, Vec<&Tier>> = BTreeMap::new();
    for tier in scenario.tiers.rows() {
        let held = tier.copies.iter().map(|c| scenario.copies[*c].data);
        let kept = tier.services.iter().filter_map(|s| scenario.services[s.service].data);
        let needed: BTreeSet<DataId> = held.chain(kept).collect();
        for data in needed {
            match primaries(checks, tier, data).as_slice() {
                [_] => {}
                [] => without.entry(data).or_default().push(tier),
                [first, second, ..] => report_two(checks, tier, data, [*first, *second]),
            }
        }
    }
    for (data, tiers) in without {
        let name = &scenario.data[data].name;
        let keeper = tiers.iter().flat_map(|t| &t.services).find(|s| scenario.services[s.service].data == Some(data));
        let at = keeper.map_or_else(
            || Path::keys(&["data", name]),
            |s| checks.at("strategies", &scenario.strategies[s.strategy].name, "copies"),
        );
        let all = names(tiers.iter().map(|tier| tier.name.as_str()));
        let have = if tiers.len() == 1 { format!("tier {all} has") } else { format!("tiers {all} have") };
        let message = format!("{have} no primary copy of {}", quote(name));
        let fault = Diagnostic::error(codes::NO_PRIMARY, at, message)
            .help("list exactly one copy of kind `primary`, in the service or in the strategy");
        checks.push(fault);
    }
}

fn report_two(checks: &mut Checks<'_>, tier: &Tier, data: DataId, [first, second]: [CopyId; 2]) {
    let scenario = checks.scenario;
    let lister = |copy: CopyId| {
        let name = &scenario.copies[copy].name;
        let service = tier.services.iter().find(|s| s.copies.contains(&copy));
        service.map_or_else(|| checks.copy_at(copy, "kind"), |s| checks.listed_at(s, "copies", name))
    };
    let (a, b) = (&scenario.copies[first].name, &scenario.copies[second].name);
    let message = format!(
        "tier {} has two primary copies of {}: {}",
        quote(&tier.name),
        quote(&scenario.data[data].name),
        names([a.as_str(), b].into_iter())
    );
    let fault = Diagnostic::error(codes::TWO_PRIMARIES, lister(second), message)
        .also(lister(first), "the other")
        .help("a synchronous copy is one primary in several places: `at = [\"x\", \"y\"], acks = 2`");
    checks.push(fault);
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
    // A data set of the tier without any primary is one fault, whatever is made from it.
    let is_missed = |of: &Copy| {
        let primary = matches!(of.kind, CopyKind::Primary { .. });
        primary && of.data == row.data && primaries(checks, tier, of.data).is_empty()
    };
    let fault = match row.of {
        Some(Upstream::Copy(of)) if !tier.copies.contains(&of) && !is_missed(&scenario.copies[of]) => {
            let of = &scenario.copies[of].name;
            Some(tell(format!("the copy {}, which {} is made from", quote(of), quote(&row.name)), "of"))
        }
        Some(Upstream::Data(data)) if data != row.data && primaries(checks, tier, data).is_empty() => {
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

/// Copies that are underlined beside the first.
const MOST_SHOWN: usize = 3;

/// A copy without an account would be a vault that nobody asked for.
fn check_accounts(checks: &mut Checks<'_>) {
    let scenario = checks.scenario;
    let compromises = checks.failures(FailureKind::Compromise);
    let Some((_, first)) = compromises.first() else { return };
    let at = Path::keys(&["failures", &first.name]).key("kind");
    let without: Vec<&str> =
        scenario.copies.rows().iter().filter(|copy| copy.account.is_none()).map(|copy| copy.name.as_str()).collect();
    let Some((one, others)) = without.split_first() else { return };
    let message = if others.is_empty() {
        format!("copy {} names no account, so no attacker could ever reach it", quote(one))
    } else {
        let all = names(without.iter().copied());
        format!("copies {all} name no account, so no attacker could ever reach them")
    };
    let mut fault = Diagnostic::error(codes::MISSING_ACCOUNT, Path::keys(&["copies", one]), message)
        .on_key()
        .label("without `account`")
        .also(at, "because of this compromise")
        .help(format!("declared accounts: {}", names(scenario.accounts.rows().iter().map(|a| a.name.as_str()))));
    for other in others.iter().take(MOST_SHOWN) {
        fault = fault.also_key(Path::keys(&["copies", other]), "likewise");
    }
    checks.push(fault);
}
