//! Compute pools, and the ways to say where something lies.

use super::document::{Node, Raw};
use super::keys::COMPUTE;
use super::names::{Sort, quote};
use super::read::{Reader, Show};
use super::{codes, delays, limits, values};
use crate::diag::{Diagnostic, Path};
use crate::id::{Id, PlaceId, PoolId, Table};
use crate::model::{Instance, Pool, Site};

/// Where something lies: sites in the order of their names, as often as there is one.
pub(super) struct At(pub(super) Vec<Site>);

impl Show for At {}

/// Reads the pools.
pub(super) fn read(cx: &mut Reader<'_>) {
    let mut rows: Vec<Pool> = Vec::new();
    for name in cx.all_names(Sort::Compute) {
        let Some(mut entry) = cx.entry(Sort::Compute, &name, &COMPUTE) else {
            cx.broken = true;
            continue;
        };
        let title = entry.get(cx, "title", values::text).map(|t| t.0);
        let _ = entry.get(cx, "source", values::text);
        let at = entry.get(cx, "at", at_places);
        if at.is_none() {
            cx.broken = true;
        }
        let sites = at.map(|a| a.0).unwrap_or_default();
        let fits = cx.count_assets(sites.len(), &entry.at("at"));
        let instances = if fits { instances(cx, &name, &sites) } else { Vec::new() };
        let there = u32::try_from(instances.len()).unwrap_or(u32::MAX);
        let enough = entry.get(cx, "enough", values::count);
        match enough {
            Some(enough) if enough > there && there > 0 => {
                let message = format!("{} needs {enough} instances but has {there}", quote(&name));
                let fault = Diagnostic::error(codes::TOO_MANY_NEEDED, entry.at("enough"), message)
                    .label(format!("at most {there}"))
                    .also(entry.at("at"), format!("{there} here"));
                cx.push(fault);
            }
            None if !entry.has("enough") => entry.note(cx, "enough", there.to_string(), "all instances"),
            _ => {}
        }
        rows.push(Pool {
            title,
            instances,
            enough: enough.unwrap_or(there),
            takeover: entry.get(cx, "takeover", delays::delay),
            sharded: entry.get(cx, "sharded", values::boolean).unwrap_or_default(),
            within: entry.get(cx, "within", values::place),
            account: entry.get(cx, "account", values::account),
            price_per_hour: entry.get(cx, "per_hour", values::money),
            write_rate: entry.get(cx, "write_rate", values::pace),
            memory: entry.get(cx, "memory", values::size),
            name,
        });
    }
    cx.parts.compute = Table::new(rows);
}

/// One instance per site; the second at one place is `#2`.
fn instances(cx: &Reader<'_>, pool: &str, sites: &[Site]) -> Vec<Instance> {
    let mut made: Vec<Instance> = Vec::with_capacity(sites.len());
    let mut before = 0;
    for (n, site) in sites.iter().enumerate() {
        let Site::Place(place) = *site else { continue };
        before = if n > 0 && sites[n - 1] == *site { before + 1 } else { 1 };
        let at = cx.parts.places.get(place).map_or("", |p| p.name.as_str());
        let name = if before == 1 { format!("{pool}/{at}") } else { format!("{pool}/{at}#{before}") };
        made.push(Instance { name, place });
    }
    made
}

/// Places only, as compute takes them.
fn at_places(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<At> {
    at(cx, node, path, &[Sort::Place])
}

/// Places or the disks of a pool, as copies take them.
pub(super) fn at_places_or_pools(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<At> {
    at(cx, node, path, &[Sort::Place, Sort::Compute])
}

fn at(cx: &mut Reader<'_>, node: &Node, path: &Path, sorts: &[Sort]) -> Option<At> {
    let mut sites = Vec::new();
    let whole = match &node.raw {
        Raw::Text(text) => add_sites(cx, text, 1, path, sorts, &mut sites),
        Raw::List(nodes) => add_list(cx, nodes, path, sorts, &mut sites),
        Raw::Table(items) => {
            let mut whole = true;
            for item in items {
                let at = path.key(&item.key);
                let count = values::count(cx, &item.node, &at);
                whole &= count.is_some_and(|count| add_sites(cx, &item.key, count, &at, sorts, &mut sites));
            }
            whole
        }
        _ => {
            cx.wrong_type(node, path, "a place, a list of places or a table place = count");
            false
        }
    };
    if whole && sites.is_empty() {
        cx.push(Diagnostic::error(codes::EMPTY_LIST, path.clone(), "this names no place"));
        return None;
    }
    sites.sort_unstable();
    whole.then_some(At(sites))
}

fn add_list(cx: &mut Reader<'_>, nodes: &[Node], path: &Path, sorts: &[Sort], sites: &mut Vec<Site>) -> bool {
    let mut whole = true;
    if nodes.len() > limits::ENTRIES {
        let message = format!("{} items; {} are allowed", nodes.len(), limits::ENTRIES);
        cx.error(codes::LIMIT_ENTRIES, path, message);
        return false;
    }
    for (n, node) in nodes.iter().enumerate() {
        let at = path.index(n);
        let Some(text) = node.text() else {
            cx.wrong_type(node, &at, "the name of a place");
            whole = false;
            continue;
        };
        if nodes[..n].iter().any(|other| other.text() == Some(text)) {
            cx.push(
                Diagnostic::error(codes::REPEATED_ITEM, at, format!("{} is already in the list", quote(text)))
                    .help(format!("a list means one in each; two at one place are {{ {text} = 2 }}")),
            );
            whole = false;
            continue;
        }
        whole &= add_sites(cx, text, 1, &at, sorts, sites);
    }
    whole
}

/// Adds `count` sites at what a text names: a place, a pool, or each member of `X/*`.
fn add_sites(cx: &mut Reader<'_>, text: &str, count: u32, path: &Path, sorts: &[Sort], sites: &mut Vec<Site>) -> bool {
    let (name, members) = text.strip_suffix("/*").map_or((text, false), |name| (name, true));
    let Some((sort, id)) = cx.refer_name(sorts, name, path) else { return false };
    let found: Vec<Site> = match (sort, members) {
        (Sort::Compute, _) => pool_sites(cx, PoolId::from_index(id)),
        (_, false) => vec![Site::Place(PlaceId::from_index(id))],
        (_, true) => {
            let place = cx.parts.places.get(PlaceId::from_index(id));
            place.map(|p| p.children.iter().map(|c| Site::Place(*c)).collect()).unwrap_or_default()
        }
    };
    if found.is_empty() {
        if !cx.broken {
            cx.error(codes::NO_MEMBERS, path, format!("{} has no members", quote(name)));
        }
        return false;
    }
    let total = sites.len() as u64 + found.len() as u64 * u64::from(count);
    if total > limits::MEMBERS {
        cx.error(codes::LIMIT_MEMBERS, path, format!("{total} of them; {} are allowed", limits::MEMBERS));
        return false;
    }
    for _ in 0..count {
        sites.extend_from_slice(&found);
    }
    true
}

fn pool_sites(cx: &Reader<'_>, pool: PoolId) -> Vec<Site> {
    let count = cx.parts.compute.get(pool).map_or(0, |row| row.instances.len());
    (0..count).filter_map(|n| u32::try_from(n).ok()).map(|n| Site::Instance(pool, n)).collect()
}
