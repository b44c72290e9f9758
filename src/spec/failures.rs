//! Failures: what they do, what they hit, how often.

use super::document::{Node, Raw};
use super::keys::FAILURES;
use super::names::{Sort, one_of, quote};
use super::read::{Entry, Reader, Show};
use super::{codes, delays, limits, values};
use crate::diag::{Diagnostic, Path};
use crate::id::{AccountId, CopyId, DataId, ExternalId, Id, LinkId, PlaceId, PoolId, Table};
use crate::model::{Delay, Failure, FailureKind, Member, Occurrence, Rate, Repair, Taints, Target};
use crate::units::{PerYear, Probability, Seconds};

const KINDS: &[&str] = &["outage", "partition", "deletion", "corruption", "compromise"];

/// Reads the failures.
pub(super) fn read(cx: &mut Reader<'_>) {
    let mut rows = Vec::new();
    for name in cx.all_names(Sort::Failure) {
        match read_one(cx, name) {
            Some(row) => rows.push(row),
            None => cx.broken = true,
        }
    }
    cx.parts.failures = Table::new(rows);
}

fn read_one(cx: &mut Reader<'_>, name: String) -> Option<Failure> {
    let mut entry = cx.entry(Sort::Failure, &name, &FAILURES)?;
    let word = entry.kind(cx, KINDS)?;
    let kind = FailureKind::ALL.into_iter().find(|k| k.word() == word)?;
    let (members, each) = read_members(cx, &mut entry, kind, &name)?;
    let zero = || Delay::constant(Seconds::ZERO);
    let lasts = kind.ends_by_itself().then(|| entry.get(cx, "lasts", delays::delay).unwrap_or_else(zero));
    let repair = if kind.ends_by_itself() { read_repair(cx, &mut entry) } else { None };
    let compromise = kind == FailureKind::Compromise;
    let dwell = compromise.then(|| entry.get(cx, "dwell", delays::delay).unwrap_or_else(zero));
    let taints = if compromise { entry.word(cx, "taints", &["entry", "strike"]) } else { None };
    let destroyed = if kind == FailureKind::Outage { entry.get(cx, "destroyed", values::share) } else { None };
    let logical = matches!(kind, FailureKind::Deletion | FailureKind::Corruption);
    let share = if logical { entry.get(cx, "share", values::part) } else { None };
    let spreads = entry.get(cx, "spreads", values::share);
    if entry.has("spreads") && members.len() < 2 {
        let message = "`spreads` means nothing with one member: there is nobody to spread to";
        cx.push(Diagnostic::error(codes::USELESS_KEY, entry.at("spreads"), message).on_key());
    }
    Some(Failure {
        title: entry.get(cx, "title", values::text).map(|t| t.0),
        kind,
        members,
        each,
        occurs: read_occurrence(cx, &mut entry),
        lasts,
        repair,
        detected: entry.get(cx, "detected", delays::delay),
        destroyed: destroyed.unwrap_or_default(),
        spreads: spreads.unwrap_or_default(),
        share: share.unwrap_or(Probability::ALWAYS).value(),
        dwell,
        taints: if taints == Some("strike") { Taints::Strike } else { Taints::Entry },
        symptom: entry.get(cx, "symptom", values::text).map(|t| t.0),
        source: entry.get(cx, "source", values::text).map(|t| t.0),
        name,
    })
}

fn read_repair(cx: &mut Reader<'_>, entry: &mut Entry<'_>) -> Option<Repair> {
    let starts = entry.get(cx, "repair_starts", delays::delay);
    if entry.has("repair_starts") && !entry.has("repaired_by") {
        let message = "`repair_starts` means nothing without `repaired_by`: nobody has to come";
        cx.push(Diagnostic::error(codes::USELESS_KEY, entry.at("repair_starts"), message).on_key());
    }
    entry.get(cx, "repaired_by", values::role).map(|role| Repair { role, starts })
}

fn read_occurrence(cx: &mut Reader<'_>, entry: &mut Entry<'_>) -> Occurrence {
    entry.needs_one(cx, ["rate", "gap"]);
    if let Some(gap) = entry.get(cx, "gap", delays::delay) {
        if gap.mean() == 0.0 {
            cx.error(codes::OUT_OF_RANGE, &entry.at("gap"), "without any time between them events would never end");
        }
        return Occurrence::Gap(gap);
    }
    let never = Rate { point: PerYear::ZERO, low: PerYear::ZERO, high: PerYear::ZERO };
    Occurrence::Rate(entry.get(cx, "rate", values::rate).unwrap_or(never))
}

/// What a list of `hits` or `each` names: every thing with its name.
struct Targets(Vec<(String, Target)>);

impl Show for Targets {}

/// The members of a failure, and whether they fail on their own.
fn read_members(
    cx: &mut Reader<'_>,
    entry: &mut Entry<'_>,
    kind: FailureKind,
    name: &str,
) -> Option<(Vec<Member>, bool)> {
    entry.needs_one(cx, ["hits", "each"]);
    let parse = match kind {
        FailureKind::Outage => outage_targets,
        FailureKind::Partition => partition_targets,
        FailureKind::Deletion | FailureKind::Corruption => data_targets,
        FailureKind::Compromise => account_targets,
    };
    let each = entry.has("each");
    let mut targets = entry.get(cx, if each { "each" } else { "hits" }, parse)?.0;
    if !cx.count_assets(targets.len(), &entry.at(if each { "each" } else { "hits" })) {
        return None;
    }
    // By name, so that the order of a list changes nothing.
    targets.sort();
    let before = targets.len();
    targets.dedup();
    if targets.len() < before {
        let key = if each { "each" } else { "hits" };
        cx.error(codes::REPEATED_ITEM, &entry.at(key), "this names the same thing twice");
    }
    if each {
        return Some((
            targets.into_iter().map(|(name, target)| Member { name, targets: vec![target] }).collect(),
            true,
        ));
    }
    let name = match targets.as_slice() {
        [(one, _)] => one.clone(),
        _ => name.to_owned(),
    };
    Some((vec![Member { name, targets: targets.into_iter().map(|(_, t)| t).collect() }], false))
}

fn outage_targets(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<Targets> {
    targets(cx, node, path, &[Sort::Place, Sort::Compute, Sort::External, Sort::Copy, Sort::Account])
}

fn partition_targets(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<Targets> {
    targets(cx, node, path, &[Sort::Link])
}

fn data_targets(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<Targets> {
    targets(cx, node, path, &[Sort::Data, Sort::Copy])
}

fn account_targets(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<Targets> {
    targets(cx, node, path, &[Sort::Account])
}

fn targets(cx: &mut Reader<'_>, node: &Node, path: &Path, sorts: &[Sort]) -> Option<Targets> {
    let mut found = Vec::new();
    let mut whole = true;
    match &node.raw {
        Raw::Text(text) => whole = add(cx, text, path, sorts, &mut found),
        Raw::List(nodes) => {
            for (n, node) in nodes.iter().enumerate().take_while(|(n, _)| *n <= limits::MEMBERS as usize) {
                let at = path.index(n);
                whole &= match node.text() {
                    Some(text) => add(cx, text, &at, sorts, &mut found),
                    None => {
                        cx.wrong_type(node, &at, "a name");
                        false
                    }
                };
            }
            if nodes.is_empty() {
                cx.push(Diagnostic::error(
                    codes::EMPTY_LIST,
                    path.clone(),
                    "this list is empty: the failure would hit nothing",
                ));
                whole = false;
            }
        }
        _ => {
            cx.wrong_type(node, path, "a name or a list of names");
            whole = false;
        }
    }
    if found.len() as u64 > limits::MEMBERS {
        cx.error(codes::LIMIT_MEMBERS, path, format!("{} members; {} are allowed", found.len(), limits::MEMBERS));
        whole = false;
    }
    if !whole {
        cx.broken = true;
    }
    whole.then_some(Targets(found))
}

fn add(cx: &mut Reader<'_>, text: &str, path: &Path, sorts: &[Sort], found: &mut Vec<(String, Target)>) -> bool {
    if let Some(name) = text.strip_suffix("/*") {
        return add_members(cx, name, path, sorts, found);
    }
    if let Some((pool, _)) = text.split_once('/') {
        return add_instance(cx, pool, text, path, sorts, found);
    }
    if cx.names.find(sorts, text).is_none() && cx.names.find(&Sort::ALL, text).is_some() {
        let fault = advise_kind(cx, text, cx.names.unknown(sorts, text, path.clone()));
        cx.push(fault);
        return false;
    }
    let Some((sort, n)) = cx.refer_name(sorts, text, path) else { return false };
    found.push((text.to_owned(), target(sort, n)));
    true
}

/// Which kind of failure would take what was named.
fn advise_kind(cx: &Reader<'_>, text: &str, fault: Diagnostic) -> Diagnostic {
    match cx.names.find(&Sort::ALL, text) {
        Some((Sort::Link, _)) => fault.help("a link fails by a `partition`"),
        Some((Sort::Data, _)) => fault.help("data fails by a `deletion` or `corruption`"),
        Some((Sort::Account, _)) => fault.help("an account fails by a `compromise` or an `outage`"),
        Some((Sort::Place | Sort::Compute | Sort::External, _)) => {
            fault.help("places, compute and externals fail by an `outage`")
        }
        _ => fault,
    }
}

fn target(sort: Sort, n: usize) -> Target {
    match sort {
        Sort::Place => Target::Place(PlaceId::from_index(n)),
        Sort::Link => Target::Link(LinkId::from_index(n)),
        Sort::Data => Target::Data(DataId::from_index(n)),
        Sort::External => Target::External(ExternalId::from_index(n)),
        Sort::Account => Target::Account(AccountId::from_index(n)),
        Sort::Compute => Target::Pool(PoolId::from_index(n)),
        _ => Target::Copy(CopyId::from_index(n)),
    }
}

fn add_members(
    cx: &mut Reader<'_>,
    name: &str,
    path: &Path,
    sorts: &[Sort],
    found: &mut Vec<(String, Target)>,
) -> bool {
    let with_members: Vec<Sort> = sorts.iter().copied().filter(|s| matches!(s, Sort::Place | Sort::Compute)).collect();
    if with_members.is_empty() {
        let allowed = one_of(sorts.iter().map(|s| s.a()));
        let message = format!(
            "{} names members of a place or of compute; this failure takes {allowed}",
            quote(&format!("{name}/*"))
        );
        cx.error(codes::WRONG_REFERENCE, path, message);
        return false;
    }
    let Some((sort, n)) = cx.refer_name(&with_members, name, path) else { return false };
    let before = found.len();
    if sort == Sort::Place {
        for child in cx.parts.places.get(PlaceId::from_index(n)).map(|p| p.children.clone()).unwrap_or_default() {
            found.push((cx.parts.places[child].name.clone(), Target::Place(child)));
        }
    } else if let Some(pool) = cx.parts.compute.get(PoolId::from_index(n)) {
        for (at, instance) in (0u32..).zip(&pool.instances) {
            found.push((instance.name.clone(), Target::Instance(PoolId::from_index(n), at)));
        }
    }
    if found.len() == before && !cx.broken {
        cx.error(codes::NO_MEMBERS, path, format!("{} has no members", quote(name)));
        return false;
    }
    true
}

fn add_instance(
    cx: &mut Reader<'_>,
    pool: &str,
    text: &str,
    path: &Path,
    sorts: &[Sort],
    found: &mut Vec<(String, Target)>,
) -> bool {
    if !sorts.contains(&Sort::Compute) {
        let allowed = one_of(sorts.iter().map(|s| s.a()));
        cx.error(
            codes::WRONG_REFERENCE,
            path,
            format!("{} names an instance; this failure takes {allowed}", quote(text)),
        );
        return false;
    }
    let Some((_, n)) = cx.refer_name(&[Sort::Compute], pool, path) else { return false };
    let id = PoolId::from_index(n);
    let Some(row) = cx.parts.compute.get(id) else { return false };
    let Some(at) = row.instances.iter().position(|i| i.name == text) else {
        let names: Vec<String> = row.instances.iter().take(8).map(|i| quote(&i.name)).collect();
        let fault =
            Diagnostic::error(codes::UNKNOWN_NAME, path.clone(), format!("there is no instance {}", quote(text)));
        cx.push(fault.help(format!("instances: {}", names.join(", "))));
        return false;
    };
    found.push((text.to_owned(), Target::Instance(id, u32::try_from(at).unwrap_or(u32::MAX))));
    true
}
