//! Events that take every copy of a data set at once.

use std::collections::{BTreeMap, BTreeSet};

use super::{Checks, names};
use crate::diag::Diagnostic;
use crate::id::{CopyId, DataId};
use crate::model::{AssetIndex, AssetSet, Copy, CopyKind, Failure, FailureKind, Target, Tier, Upstream};
use crate::spec::codes;
use crate::spec::names::quote;

/// Copies looked at, over all failures, members and tiers: beyond it only time would be lost.
const MOST_WORK: usize = 20_000_000;

/// The copies of a data set that are taken, by which members, in which tiers.
#[derive(Default)]
struct Hits<'a> {
    copies: BTreeSet<CopyId>,
    members: BTreeSet<&'a str>,
    tiers: BTreeSet<&'a str>,
}

pub(super) fn check(checks: &mut Checks<'_>) {
    let scenario = checks.scenario;
    let index = AssetIndex::new(scenario);
    let copies: usize = scenario.tiers.rows().iter().map(|t| t.copies.len()).sum();
    let members: usize = scenario.failures.rows().iter().map(|f| f.members.len()).sum();
    if members.saturating_mul(copies.saturating_add(index.size())) > MOST_WORK {
        return;
    }
    for failure in scenario.failures.rows() {
        if !matches!(failure.kind, FailureKind::Outage | FailureKind::Compromise) {
            continue;
        }
        let mut hits: BTreeMap<DataId, Hits<'_>> = BTreeMap::new();
        for member in &failure.members {
            let taken = index.taken(scenario, failure.kind, &member.targets);
            for tier in scenario.tiers.rows() {
                for (data, copies) in all_taken(checks, tier, failure, &member.targets, &index, &taken) {
                    let entry = hits.entry(data).or_default();
                    entry.copies.extend(copies);
                    entry.members.insert(&member.name);
                    entry.tiers.insert(&tier.name);
                }
            }
        }
        for (data, hits) in hits {
            report(checks, failure, data, &hits);
        }
    }
}

/// Data sets of a tier of which nothing is left, with the copies that are taken.
fn all_taken(
    checks: &Checks<'_>,
    tier: &Tier,
    failure: &Failure,
    targets: &[Target],
    index: &AssetIndex,
    taken: &AssetSet,
) -> Vec<(DataId, Vec<CopyId>)> {
    let scenario = checks.scenario;
    let mut by_data: BTreeMap<DataId, Vec<CopyId>> = BTreeMap::new();
    let mut left: BTreeSet<DataId> = BTreeSet::new();
    // Copies that are only made when needed: they are left if what they are made from is.
    let mut made: Vec<(DataId, DataId)> = Vec::new();
    for id in &tier.copies {
        let copy = &scenario.copies[*id];
        by_data.entry(copy.data).or_default().push(*id);
        let lost = if copy.sites.is_empty() {
            match copy.of {
                Some(Upstream::External(external)) => taken.contains(index.external(external)),
                Some(Upstream::Data(input)) => {
                    made.push((copy.data, input));
                    true
                }
                Some(Upstream::Copy(input)) => {
                    made.push((copy.data, scenario.copies[input].data));
                    true
                }
                None => true,
            }
        } else if failure.kind == FailureKind::Compromise {
            in_account(copy, targets)
        } else {
            taken.count_in(index.copy(*id), copy.sites.len()) == copy.sites.len()
        };
        if !lost {
            left.insert(copy.data);
        }
    }
    // Each round adds a data set or is the last.
    while let Some((data, _)) = made.iter().find(|(data, input)| left.contains(input) && !left.contains(data)) {
        left.insert(*data);
    }
    by_data.into_iter().filter(|(data, _)| !left.contains(data)).collect()
}

/// Whether an attacker who holds these accounts can destroy a copy.
pub(super) fn in_account(copy: &Copy, targets: &[Target]) -> bool {
    let locked = matches!(copy.kind, CopyKind::Backup { locked: Some(_), .. } | CopyKind::Log { locked: Some(_), .. });
    !locked && targets.iter().any(|t| matches!(t, Target::Account(a) if copy.account == Some(*a)))
}

/// What they share: one thing, or each of several that fail on their own.
fn one_each(failure: &Failure, members: &BTreeSet<&str>) -> String {
    let all = names(members.iter().copied());
    if failure.each && members.len() > 1 { format!("one place in each of {all}") } else { all }
}

fn report(checks: &mut Checks<'_>, failure: &Failure, data: DataId, hits: &Hits<'_>) {
    let scenario = checks.scenario;
    let all = names(hits.copies.iter().map(|c| scenario.copies[*c].name.as_str()));
    let shared = one_each(failure, &hits.members);
    let why =
        if hits.copies.len() == 1 { format!("{all} is alone in {shared}") } else { format!("{all} share {shared}") };
    let message = format!(
        "{} takes every copy of {} in {}: {why}",
        quote(&failure.name),
        quote(&scenario.data[data].name),
        names(hits.tiers.iter().copied()),
    );
    let key = if failure.kind == FailureKind::Compromise { "account" } else { "at" };
    let mut advice = Diagnostic::advice(codes::TAKES_EVERY_COPY, checks.hits_at(failure), message);
    for copy in hits.copies.iter().take(4) {
        let at = checks.copy_at(*copy, key);
        if !advice.labels.iter().any(|l| l.path == at) {
            // A copy without the key lies where its entry says nothing: its name is underlined.
            let whole_entry = at.0.len() < 3;
            advice = if whole_entry { advice.also_key(at, "taken too") } else { advice.also(at, "taken too") };
        }
    }
    let help = if failure.kind == FailureKind::Compromise {
        "a copy in an account that is not taken, or `locked`, would be left"
    } else if failure.destroyed.value() > 0.0 {
        "where the data is destroyed nothing is left; a copy elsewhere would be"
    } else {
        "recovery waits for the outage to end; a copy elsewhere would not have to"
    };
    checks.push(advice.help(help));
}
