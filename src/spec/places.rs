//! Places, links, externals, accounts, roles and data sets.

use std::collections::BTreeMap;

use super::document::{Node, Raw};
use super::keys::{BURST, DATA, EXTERNALS, LINKS};
use super::names::{Sort, quote};
use super::read::{Entry, Reader, Show, Shown};
use super::resolved::{Note, Origin};
use super::{codes, limits, quantity, values};
use crate::diag::{Diagnostic, Path};
use crate::id::{DataId, Id, PlaceId, Table};
use crate::model::{Account, Burst, DataSet, External, Link, Place, Role};
use crate::units::{Bytes, Probability};

/// Reads everything that stands for itself.
pub(super) fn read(cx: &mut Reader<'_>) {
    read_places(cx);
    read_externals(cx);
    read_links(cx);
    read_accounts(cx);
    read_roles(cx);
    read_data(cx);
}

/// Notes a value that no accessor reads.
fn note(cx: &mut Reader<'_>, path: &Path, value: String) {
    let origin = Origin::File { line: cx.document.line_of(path).unwrap_or(1) };
    cx.notes.push(Note::new(path.clone(), Shown { human: value.clone(), exact: value }, origin, None));
}

fn read_places(cx: &mut Reader<'_>) {
    let names = cx.all_names(Sort::Place);
    let mut parent: Vec<Option<(usize, Path)>> = vec![None; names.len()];
    let top = Path::keys(&["places"]);
    let document = cx.document;
    for item in document.root.item("places").and_then(|i| i.node.items()).unwrap_or_default() {
        let path = top.key(&item.key);
        let Raw::List(inner) = &item.node.raw else {
            cx.wrong_type(&item.node, &path, "the list of places in it, `[]` if there are none");
            cx.broken = true;
            continue;
        };
        let sorted = {
            let mut all: Vec<String> = inner.iter().map(Node::canonical).collect();
            all.sort_unstable();
            format!("[{}]", all.join(", "))
        };
        note(cx, &path, sorted);
        let Some(outer) = cx.names.get(Sort::Place, &item.key) else { continue };
        for (n, node) in inner.iter().enumerate() {
            let at = path.index(n);
            let Some((_, id)) = cx.refer(&[Sort::Place], node, &at) else { continue };
            if let Some((_, first)) = &parent[id] {
                let message = format!("{} is in two places", quote(&names[id]));
                cx.push(Diagnostic::error(codes::PLACE_TWICE, at, message).also(first.clone(), "here it is already"));
                cx.broken = true;
            } else {
                parent[id] = Some((outer, at));
            }
        }
    }
    if report_place_cycle(cx, &names, &parent) {
        return;
    }
    let region = |mut at: usize| {
        while let Some((outer, _)) = &parent[at] {
            at = *outer;
        }
        PlaceId::from_index(at)
    };
    let children = |of: usize| {
        let inside = parent.iter().enumerate().filter(|(_, p)| p.as_ref().is_some_and(|(outer, _)| *outer == of));
        inside.map(|(n, _)| PlaceId::from_index(n)).collect()
    };
    let rows = names.iter().enumerate().map(|(n, name)| Place {
        name: name.clone(),
        parent: parent[n].as_ref().map(|(outer, _)| PlaceId::from_index(*outer)),
        children: children(n),
        region: region(n),
    });
    cx.parts.places = Table::new(rows.collect());
}

/// Whether some place is within itself.
fn report_place_cycle(cx: &mut Reader<'_>, names: &[String], parent: &[Option<(usize, Path)>]) -> bool {
    let next: Vec<Vec<usize>> = parent.iter().map(|p| p.iter().map(|(outer, _)| *outer).collect()).collect();
    let Some(circle) = super::graph::cycle(&next) else { return false };
    let whole = super::graph::describe(&circle, names);
    let path = parent[circle[0]].as_ref().map_or_else(Path::default, |(_, path)| path.clone());
    cx.error(codes::PLACE_CYCLE, &path, format!("a place is within itself: {whole}"));
    cx.broken = true;
    true
}

fn read_externals(cx: &mut Reader<'_>) {
    let mut rows = Vec::new();
    let document = cx.document;
    for name in cx.all_names(Sort::External) {
        let path = Path::keys(&["externals", &name]);
        let node = document.root.item("externals").and_then(|i| i.node.item(&name)).map(|i| &i.node);
        let place = match node {
            Some(node) if node.text().is_some() => {
                note(cx, &path.key("at"), node.canonical());
                values::place(cx, node, &path)
            }
            Some(node) => Entry::new(cx, &EXTERNALS, node, path, None).and_then(|mut entry| {
                let _ = (entry.get(cx, "title", values::text), entry.get(cx, "source", values::text));
                entry.get(cx, "at", values::place)
            }),
            None => None,
        };
        rows.push(External { name, place });
    }
    cx.parts.externals = Table::new(rows);
}

fn read_links(cx: &mut Reader<'_>) {
    let mut rows: Vec<Link> = Vec::new();
    let mut seen: BTreeMap<[PlaceId; 2], Path> = BTreeMap::new();
    for name in cx.all_names(Sort::Link) {
        let Some(mut entry) = cx.entry(Sort::Link, &name, &LINKS) else {
            cx.broken = true;
            continue;
        };
        let _ = (entry.get(cx, "title", values::text), entry.get(cx, "source", values::text));
        let between = entry.get(cx, "between", regions);
        let bandwidth = entry.get(cx, "bandwidth", values::pace);
        let rtt = entry.get(cx, "rtt", values::duration).unwrap_or_default();
        let price_per_gb = entry.get(cx, "per_gb", values::money);
        let Some(Ends(between)) = between else {
            cx.broken = true;
            continue;
        };
        let mut key = between;
        key.sort_unstable();
        if let Some(first) = seen.insert(key, entry.at("between")) {
            let message = "there are two links between the same regions";
            cx.push(
                Diagnostic::error(codes::LINK_TWICE, entry.at("between"), message)
                    .also(first, "the other")
                    .help("add their bandwidths up in one link"),
            );
        }
        rows.push(Link { name, between, bandwidth, rtt, price_per_gb });
    }
    cx.parts.links = Table::new(rows);
}

/// The two ends of a link.
struct Ends([PlaceId; 2]);

impl Show for Ends {}

fn regions(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<Ends> {
    let Raw::List(nodes) = &node.raw else {
        cx.wrong_type(node, path, "a list of two regions");
        return None;
    };
    let [a, b] = nodes.as_slice() else {
        cx.error(codes::WRONG_TYPE, path, format!("a link joins two regions, not {}", nodes.len()));
        return None;
    };
    let (first, second) = (values::place(cx, a, &path.index(0)), values::place(cx, b, &path.index(1)));
    let (first, second) = (first?, second?);
    for (id, n) in [(first, 0), (second, 1)] {
        let place = cx.parts.places.get(id)?;
        if place.parent.is_some() {
            let region = cx.parts.places[place.region].name.clone();
            let message = format!("{} is no region", quote(&place.name));
            cx.push(Diagnostic::error(codes::NOT_A_REGION, path.index(n), message).help(format!(
                "a link joins regions: {} is in {}",
                nodes[n].canonical(),
                quote(&region)
            )));
            return None;
        }
    }
    if first == second {
        cx.error(codes::NOT_A_REGION, path, "this link joins a region with itself");
        return None;
    }
    Some(Ends([first, second]))
}

fn read_accounts(cx: &mut Reader<'_>) {
    let document = cx.document;
    if let Some(item) = document.root.item("accounts") {
        let path = Path::keys(&["accounts"]);
        match &item.node.raw {
            Raw::List(nodes) => {
                if nodes.len() > limits::ENTRIES {
                    let message = format!("{} accounts; {} are allowed", nodes.len(), limits::ENTRIES);
                    cx.error(codes::LIMIT_ENTRIES, &path, message);
                }
                for (n, node) in nodes.iter().take(limits::ENTRIES).enumerate() {
                    if node.text().is_none() {
                        cx.wrong_type(node, &path.index(n), "the name of an account");
                    } else if nodes[..n].iter().any(|other| other.text() == node.text()) {
                        let message = format!("{} is already in the list", node.canonical());
                        cx.error(codes::REPEATED_ITEM, &path.index(n), message);
                    }
                }
                let mut sorted: Vec<String> = nodes.iter().map(Node::canonical).collect();
                sorted.sort_unstable();
                note(cx, &path, format!("[{}]", sorted.join(", ")));
            }
            _ => cx.wrong_type(&item.node, &path, "a list of names"),
        }
    }
    let rows = cx.all_names(Sort::Account).into_iter().map(|name| Account { name }).collect();
    cx.parts.accounts = Table::new(rows);
}

fn read_roles(cx: &mut Reader<'_>) {
    let document = cx.document;
    let item = document.root.item("roles");
    let mut rows = Vec::new();
    for name in cx.all_names(Sort::Role) {
        let path = Path::keys(&["roles", &name]);
        let node = item.and_then(|i| i.node.item(&name)).map(|i| &i.node);
        let people = node.and_then(|node| {
            note(cx, &path, node.canonical());
            values::people(cx, node, &path)
        });
        rows.push(Role { name, people: people.unwrap_or(1) });
    }
    cx.parts.roles = Table::new(rows);
}

fn read_data(cx: &mut Reader<'_>) {
    let mut rows: Vec<DataSet> = Vec::new();
    for name in cx.all_names(Sort::Data) {
        let Some(mut entry) = cx.entry(Sort::Data, &name, &DATA) else {
            cx.broken = true;
            continue;
        };
        let title = entry.get(cx, "title", values::text).map(|t| t.0);
        let _ = entry.get(cx, "source", values::text);
        let size = entry.get(cx, "size", values::size).unwrap_or_default();
        rows.push(DataSet {
            title,
            size,
            writes: entry.get(cx, "writes", values::data_rate).unwrap_or_default(),
            burst: read_burst(cx, &entry),
            growth: read_growth(cx, &mut entry, size),
            upstream: entry.get(cx, "upstream", values::external),
            consistent_with: entry.get(cx, "consistent_with", values::data_sets).map(|l| l.0).unwrap_or_default(),
            name,
        });
    }
    if !cx.broken {
        join_consistent(cx, &mut rows);
    }
    cx.parts.data = Table::new(rows);
}

/// A share per year, `"20%"` or `"20% / year"`.
fn growth(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<f64> {
    let Some(text) = node.text() else {
        return values::share(cx, node, path).map(Probability::value);
    };
    let bare = text.trim();
    let bare = bare.strip_suffix("year").map_or(bare, |rest| rest.trim_end().strip_suffix('/').unwrap_or(bare)).trim();
    let number = bare.strip_suffix('%').and_then(|n| n.trim().parse::<f64>().ok());
    match number {
        Some(n) if n >= 0.0 && n.is_finite() => Some(n / 100.0),
        _ => {
            cx.push(
                Diagnostic::error(
                    codes::BAD_QUANTITY,
                    path.clone(),
                    format!("{} is not a growth per year", quote(text)),
                )
                .help("a growth is a share per year: \"20% / year\""),
            );
            None
        }
    }
}

/// Growth within what can be computed with: even a byte may not outgrow the largest size.
fn read_growth(cx: &mut Reader<'_>, entry: &mut Entry<'_>, size: Bytes) -> f64 {
    let growth = entry.get(cx, "growth", growth).unwrap_or_default();
    let after = size.bytes().max(1.0) * libm::pow(1.0 + growth, limits::GROWN_YEARS);
    if after <= quantity::MOST_BYTES {
        return growth;
    }
    let message = format!("growing so, this data set is beyond all sizes after {} years", limits::GROWN_YEARS);
    let most = libm::pow(quantity::MOST_BYTES / size.bytes().max(1.0), 1.0 / limits::GROWN_YEARS) - 1.0;
    cx.push(Diagnostic::error(codes::OUT_OF_RANGE, entry.at("growth"), message).help(format!(
        "{}; from {} it can grow by {:.0}% / year",
        quantity::MOST_BYTES_SAID,
        size.human(),
        (most * 100.0).floor()
    )));
    0.0
}

fn read_burst<'d>(cx: &mut Reader<'d>, entry: &Entry<'d>) -> Option<Burst> {
    let (node, at) = entry.node("burst")?;
    let mut burst = Entry::new(cx, &BURST, node, at.clone(), None)?;
    // Shown under the entry that has it, wherever `like` found it.
    burst.path = entry.path.key("burst");
    let rate = burst.get(cx, "rate", values::pace);
    let lasts = burst.get(cx, "lasts", values::span);
    let every = burst.get(cx, "every", values::span);
    let burst = Burst { rate: rate?, lasts: lasts?, every: every? };
    if burst.lasts > burst.every {
        cx.error(codes::BURST_TOO_LONG, &at.key("lasts"), "this burst lasts longer than the time to the next");
    }
    Some(burst)
}

/// Makes agreement symmetric, and of everything that is joined by a chain of it one group.
fn join_consistent(cx: &mut Reader<'_>, rows: &mut [DataSet]) {
    let mut group: Vec<usize> = (0..rows.len()).collect();
    for n in 0..rows.len() {
        for other in rows[n].consistent_with.clone() {
            if other.index() == n {
                let path = Path::keys(&["data", &rows[n].name, "consistent_with"]);
                cx.error(codes::REPEATED_ITEM, &path, "a data set always agrees with itself");
            }
            let (from, to) = (group[other.index()], group[n]);
            group.iter_mut().filter(|g| **g == from).for_each(|g| *g = to);
        }
    }
    for n in 0..rows.len() {
        let all = (0..rows.len()).filter(|m| *m != n && group[*m] == group[n]);
        rows[n].consistent_with = all.map(DataId::from_index).collect();
    }
}
