//! Edges between copies: links that cannot carry them, damage that they carry on, vaults that are
//! not locked.

use super::{Checks, names};
use crate::diag::Diagnostic;
use crate::id::{CopyId, LinkId, PlaceId};
use crate::model::{AsyncLag, Copy, CopyKind, FailureKind, Upstream};
use crate::spec::codes;
use crate::spec::names::quote;

/// Further copies that one finding underlines.
const MOST_SHOWN: usize = 3;

pub(super) fn check(checks: &mut Checks<'_>) {
    let scenario = checks.scenario;
    for (id, copy) in scenario.copies.iter() {
        if let CopyKind::Async { lag: AsyncLag::Over(link), .. } = copy.kind {
            check_link(checks, id, copy, link);
        }
        if let CopyKind::SoftDelete { .. } = copy.kind {
            check_bin(checks, id, copy);
        }
    }
    check_locks(checks);
    check_flows(checks);
    check_deletions(checks);
}

fn regions(checks: &Checks<'_>, copy: &Copy) -> Vec<PlaceId> {
    let place = |site| checks.scenario.places[checks.scenario.site_place(site)].region;
    copy.sites.iter().map(|site| place(*site)).collect()
}

/// The copy that this one is made from: of a data set, its primary.
pub(super) fn input<'a>(checks: &Checks<'a>, copy: &Copy) -> Option<(CopyId, &'a Copy)> {
    match copy.of? {
        Upstream::Copy(of) => Some((of, &checks.scenario.copies[of])),
        Upstream::Data(data) => {
            checks.scenario.copies.iter().find(|(_, c)| c.data == data && matches!(c.kind, CopyKind::Primary { .. }))
        }
        Upstream::External(_) => None,
    }
}

fn check_link(checks: &mut Checks<'_>, id: CopyId, copy: &Copy, link: LinkId) {
    let row = &checks.scenario.links[link];
    let at = checks.copy_at(id, "over");
    if row.bandwidth.is_none() {
        let fault = Diagnostic::error(
            codes::NO_BANDWIDTH,
            at.clone(),
            format!("link {} has no bandwidth, so the lag over it cannot be computed", quote(&row.name)),
        )
        .also_key(checks.at("links", &row.name, "bandwidth"), "without `bandwidth`")
        .help("give the link a `bandwidth`, or the copy a `lag`");
        checks.push(fault);
    }
    let Some((_, of)) = input(checks, copy) else { return };
    let joined = regions(checks, of).iter().any(|a| regions(checks, copy).iter().any(|b| row.joins(*a, *b)));
    if !joined {
        let ends = row.between.map(|p| checks.scenario.places[p].name.as_str());
        let fault = Diagnostic::error(
            codes::UNUSABLE_LINK,
            at,
            format!(
                "link {} joins {}, not the places of {} and {}",
                quote(&row.name),
                names(ends.into_iter()),
                quote(&of.name),
                quote(&copy.name)
            ),
        );
        checks.push(fault);
    }
}

/// Average flows on each link of a tier against its rate.
fn check_flows(checks: &mut Checks<'_>) {
    let scenario = checks.scenario;
    for tier in scenario.tiers.rows() {
        for (link, row) in scenario.links.iter() {
            let Some(bandwidth) = row.bandwidth else { continue };
            let on_link = |c: &&CopyId| matches!(scenario.copies[**c].kind, CopyKind::Async { lag: AsyncLag::Over(l), .. } if l == link);
            let flows: Vec<CopyId> = tier.copies.iter().filter(on_link).copied().collect();
            let physical = |c: &CopyId| {
                let copy = &scenario.copies[*c];
                scenario.data[copy.data].mean_writes().bytes_per_second() / copy.compression
            };
            let sum: f64 = flows.iter().map(physical).sum();
            let Some(first) = flows.first() else { continue };
            if sum >= bandwidth.bytes_per_second() {
                let writes = crate::units::BytesPerSecond::new(sum).unwrap_or_default();
                let message = format!(
                    "on average {} are written over link {}, which carries {}: the lag has no bound",
                    writes.human(),
                    quote(&row.name),
                    bandwidth.human()
                );
                let advice = Diagnostic::advice(codes::LAG_UNBOUNDED, checks.copy_at(*first, "over"), message)
                    .also(checks.at("links", &row.name, "bandwidth"), "what it carries")
                    .help("its data loss is reported as unbounded; more bandwidth or `compression` would bound it");
                checks.push(advice);
            }
        }
    }
}

/// A recycle bin behind replication holds nothing of a replicated drop.
fn check_bin(checks: &mut Checks<'_>, id: CopyId, copy: &Copy) {
    let Some((_, of)) = input(checks, copy) else { return };
    let CopyKind::SoftDelete { replicated: false, .. } = copy.kind else { return };
    if matches!(of.kind, CopyKind::Async { .. }) && !of.edge.skips.contains(&FailureKind::Deletion) {
        let message =
            format!("{} is the recycle bin of a replica: replicated deletions go around it", quote(&copy.name));
        let advice = Diagnostic::advice(codes::DELETION_REPLICATED, checks.copy_at(id, "of"), message)
            .also(checks.at("copies", &of.name, "kind"), "replication applies a drop for good")
            .help("make it of the primary, or say `replicated = true` if its system keeps what replication deletes");
        checks.push(advice);
    }
}

/// Plans that recover a deletion or corruption from a copy which the damage reaches.
fn check_deletions(checks: &mut Checks<'_>) {
    let scenario = checks.scenario;
    for plan in scenario.plans.rows() {
        for cause in &plan.causes {
            let failure = &scenario.failures[*cause];
            if !matches!(failure.kind, FailureKind::Deletion | FailureKind::Corruption) {
                continue;
            }
            for source in &plan.from {
                let copy = &scenario.copies[*source];
                let held = copy.edge.skips.contains(&failure.kind) || copy.edge.delay.is_some();
                if matches!(copy.kind, CopyKind::Async { .. }) && !held {
                    let message = format!(
                        "plan {} takes {} for {}, but a {} follows replication",
                        quote(&plan.name),
                        quote(&copy.name),
                        quote(&failure.name),
                        failure.kind.word()
                    );
                    let advice =
                        Diagnostic::advice(codes::DELETION_REPLICATED, checks.at("plans", &plan.name, "from"), message)
                            .also(checks.copy_at(*source, "kind"), "carries the damage on")
                            .help("redundancy is no recovery point: take a backup, a log or a `delay`");
                    checks.push(advice);
                }
            }
        }
    }
}

/// Isolated is not immutable: an account of its own keeps today's attacker out, a lock any. Told once
/// for each account.
fn check_locks(checks: &mut Checks<'_>) {
    let scenario = checks.scenario;
    let taken = checks.taken_accounts();
    if taken.is_empty() {
        return;
    }
    for (account, row) in scenario.accounts.iter().filter(|(account, _)| !taken.contains(account)) {
        let unlocked = |copy: &Copy| {
            let open = matches!(copy.kind, CopyKind::Backup { locked: None, .. } | CopyKind::Log { locked: None, .. });
            open && copy.account == Some(account)
        };
        let open: Vec<(CopyId, &Copy)> = scenario.copies.iter().filter(|(_, copy)| unlocked(copy)).collect();
        let [(first, _), others @ ..] = open.as_slice() else { continue };
        let all = names(open.iter().map(|(_, copy)| copy.name.as_str()));
        let are = if others.is_empty() { "is" } else { "are" };
        let message = format!("{all} {are} safe only as long as nobody takes the account {}", quote(&row.name));
        let mut advice = Diagnostic::advice(codes::NOT_LOCKED, checks.copy_at(*first, "account"), message)
            .help("isolated is not immutable: `locked = \"30d\"` says that nobody can delete it for so long");
        for (copy, _) in others.iter().take(MOST_SHOWN) {
            let at = checks.copy_at(*copy, "account");
            if advice.labels.iter().all(|label| label.path != at) {
                advice = advice.also(at, "not locked either");
            }
        }
        checks.push(advice);
    }
}
