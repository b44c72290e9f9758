//! Keys and tables under a wrong name or in a wrong place. Each is one fault, and is read on as what it
//! was probably meant to be, so that nothing else has to be told that only follows from it.

use std::collections::BTreeSet;

use super::codes;
use super::document::{Document, Item, Node, Raw};
use super::keys::{self, ALTERNATIVES, KeyTable, OTHER_NAMES, Standard, TABLES, TOP};
use super::names::{closest, quote};
use crate::diag::{Diagnostic, Path, Segment};

/// Tables that hold entries with keys of their own.
const CATALOGUES: &[&KeyTable] = &[
    &keys::LINKS,
    &keys::EXTERNALS,
    &keys::DATA,
    &keys::COMPUTE,
    &keys::COPIES,
    &keys::FAILURES,
    &keys::SERVICES,
    &keys::STRATEGIES,
    &keys::PLANS,
    &keys::STEPS,
    &keys::DRILLS,
];

/// Tables that hold names: what stands there for a name may have fallen in from the top.
const OF_NAMES: &[&str] = &["places", "roles", "tiers"];

/// A table put right may show what is wrong within it, which may be a table again: no file is deeper.
const MOST_ROUNDS: usize = 4;

/// What was put right.
#[derive(Default)]
pub(super) struct Settled {
    /// One finding for each.
    pub(super) findings: Vec<Diagnostic>,
    /// Keys of entries that are read under another name: that a value does not fit there may only show
    /// that another was meant.
    pub(super) guessed: BTreeSet<Path>,
}

/// A key that the language does not have where it stands.
pub(super) struct Stray {
    pub(super) finding: Diagnostic,
    /// Where it was meant to stand, if that is clear and nothing stands there.
    to: Option<Path>,
}

/// Puts everything in its place whose place is clear.
pub(super) fn settle(document: &mut Document) -> Settled {
    let mut settled = Settled::default();
    for _ in 0..MOST_ROUNDS {
        let mut moved = false;
        for (from, finding, to) in gather(&document.root) {
            if document.relocate(&from, &to) {
                if from.0.len() > 1 && from.0.len() == to.0.len() {
                    settled.guessed.insert(to);
                }
                settled.findings.push(finding);
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    settled
}

/// Everything that has a place: where it stands, what to say, where it belongs. Tables that are within
/// another come first: what they hold is judged when they are where they belong.
fn gather(root: &Node) -> Vec<(Path, Diagnostic, Path)> {
    let mut found = Vec::new();
    for top in root.items().unwrap_or_default() {
        let entry = Path::keys(&[&top.key]);
        for item in top.node.items().unwrap_or_default() {
            if TOP.get(&item.key).is_some() && fell_in(root, &top.key, item) {
                found.push((entry.key(&item.key), fallen_from_top(item, &entry), Path::keys(&[&item.key])));
            }
        }
    }
    if !found.is_empty() {
        return found;
    }
    each_table(root, &mut |table, node, entry| {
        let items = node.items().unwrap_or_default();
        let kind = kind_of(root, node, entry);
        for item in items.iter().filter(|item| table.get(&item.key).is_none()) {
            let stray = judge(root, table, item, entry, kind);
            found.extend(stray.to.map(|to| (entry.key(&item.key), stray.finding, to)));
        }
    });
    found
}

/// Calls `visit` for every table of the file that has keys of the language.
fn each_table(root: &Node, visit: &mut impl FnMut(&'static KeyTable, &Node, &Path)) {
    visit(&TOP, root, &Path::default());
    for top in root.items().unwrap_or_default() {
        let path = Path::keys(&[&top.key]);
        match top.key.as_str() {
            "runbook" => visit(&keys::RUNBOOK, &top.node, &path),
            "explore" => visit(&keys::EXPLORE, &top.node, &path),
            "objectives" => each_objective(root, &top.node, &path, visit),
            name => {
                let Some(table) = CATALOGUES.iter().find(|t| t.name == name) else { continue };
                for item in top.node.items().unwrap_or_default() {
                    let entry = path.key(&item.key);
                    visit(table, &item.node, &entry);
                    for inner in item.node.items().unwrap_or_default() {
                        let at = entry.key(&inner.key);
                        match (name, inner.key.as_str()) {
                            ("data", "burst") => visit(&keys::BURST, &inner.node, &at),
                            ("services", "objectives") => each_objective(root, &inner.node, &at, visit),
                            ("services" | "strategies", "monthly") => {
                                for item in inner.node.items().unwrap_or_default() {
                                    visit(&keys::MONTHLY, &item.node, &at.key(&item.key));
                                }
                            }
                            _ => {}
                        }
                    }
                }
            }
        }
    }
}

fn each_objective(root: &Node, node: &Node, path: &Path, visit: &mut impl FnMut(&'static KeyTable, &Node, &Path)) {
    for item in node.items().unwrap_or_default() {
        let failure = root.item("failures").is_some_and(|failures| failures.node.item(&item.key).is_some());
        let table = if !failure && is_yearly(&item.key) { &keys::YEARLY } else { &keys::OBJECTIVE };
        visit(table, &item.node, &path.key(&item.key));
    }
}

/// Whether an objective that is for no failure is meant to be that of a year.
pub(super) fn is_yearly(name: &str) -> bool {
    name == "yearly" || closest(name, ["default", "yearly"].into_iter()) == Some("yearly")
}

/// The kind of an entry, its own or its sibling's, if it is one that keys depend on.
fn kind_of<'a>(root: &'a Node, entry: &'a Node, path: &Path) -> Option<&'a str> {
    let text = |node: &'a Node, key: &str| node.item(key).and_then(|item| item.node.text());
    text(entry, "kind").or_else(|| {
        let Some(Segment::Key(table)) = path.0.first() else { return None };
        text(&root.item(table)?.node.item(text(entry, "like")?)?.node, "kind")
    })
}

/// Whether a key of the top stands in a table where it can be no entry.
fn fell_in(root: &Node, table: &str, item: &Item) -> bool {
    let named = OF_NAMES.contains(&table);
    if !named && !CATALOGUES.iter().any(|t| t.name == table) || !vacant(root, &Path::keys(&[&item.key]), item) {
        return false;
    }
    if !of_the_top(&item.key, &item.node) {
        return false;
    }
    // Nothing is called so.
    if ["title", "currency", "chosen", "accounts"].contains(&item.key.as_str()) {
        return true;
    }
    let entry = CATALOGUES.iter().find(|t| t.name == table);
    let an_entry = match (table, &item.node.raw) {
        ("places" | "tiers", raw) => matches!(raw, Raw::List(_)),
        ("roles", raw) => matches!(raw, Raw::Integer(_)),
        (_, Raw::Table(items)) => entry.is_some_and(|table| items.iter().any(|i| table.get(&i.key).is_some())),
        _ => false,
    };
    !an_entry
}

/// Whether a value can be that of a key of the top.
fn of_the_top(key: &str, node: &Node) -> bool {
    match key {
        "title" | "currency" | "chosen" => node.text().is_some(),
        "accounts" => matches!(node.raw, Raw::List(_)),
        "drplan" => matches!(node.raw, Raw::Integer(_)),
        _ => node.items().is_some_and(|items| !items.is_empty()),
    }
}

/// Whether nothing stands at a place, or only what an item of the top can be added to.
fn vacant(root: &Node, path: &Path, item: &Item) -> bool {
    let [segments @ .., Segment::Key(last)] = path.0.as_slice() else { return false };
    let parent = segments.iter().try_fold(root, |node, segment| match segment {
        Segment::Key(key) => node.item(key).map(|item| &item.node),
        Segment::Index(_) => None,
    });
    let there = parent.and_then(|node| node.item(last));
    there.is_none_or(|there| segments.is_empty() && there.node.items().is_some() && item.node.items().is_some())
}

fn fallen(item: &Item, entry: &Path, help: String) -> Diagnostic {
    Diagnostic::error(codes::MISPLACED_KEY, entry.key(&item.key), no_key(&item.key, entry))
        .on_key()
        .label(format!("it fell into [{entry}]"))
        .help(help)
}

fn fallen_from_top(item: &Item, entry: &Path) -> Diagnostic {
    let or = if item.node.items().is_some() { format!(", or write [{}]", item.key) } else { String::new() };
    fallen(item, entry, format!("it belongs to the top of the file{FALLS}{or}"))
}

const FALLS: &str = ": a line below a [header] is in that table; move it above the header";

fn no_key(key: &str, entry: &Path) -> String {
    let place = if entry.0.is_empty() { "the top of the file".to_owned() } else { format!("[{entry}]") };
    format!("{} is no key of {place}", quote(key))
}

/// What to say of a key that a table does not have, and where it was meant to stand.
pub(super) fn judge(root: &Node, table: &'static KeyTable, item: &Item, entry: &Path, kind: Option<&str>) -> Stray {
    let key = item.key.as_str();
    let at_top = table.name.is_empty();
    let to = |path: Path| {
        let fits = !matches!(path.0.as_slice(), [Segment::Key(key)] if !of_the_top(key, &item.node));
        (fits && vacant(root, &path, item)).then_some(path)
    };
    if !at_top && TOP.get(key).is_some() {
        return Stray { finding: fallen_from_top(item, entry), to: to(Path::keys(&[key])) };
    }
    let fault = |code| Diagnostic::error(code, entry.key(key), no_key(key, entry)).on_key();
    let near = nearest(table, key, kind).or_else(|| other_name(key).filter(|_| at_top && item.node.items().is_some()));
    if let Some(near) = near {
        let beside = |other: &&str| root_items(root, entry).is_some_and(|node| node.item(other).is_some());
        let excluded = alternatives(near).iter().any(beside);
        let finding = fault(codes::UNKNOWN_KEY).help(format!("did you mean `{near}`?"));
        return Stray { finding, to: to(entry.key(near)).filter(|_| !excluded) };
    }
    if let Some(home) = home(root, table, item, entry) {
        let finding = if at_top {
            fault(codes::MISPLACED_KEY).help(format!("it reads like an entry of [{home}]: write [{home}.{key}]"))
        } else {
            fallen(item, entry, format!("it belongs to [{home}]{FALLS}"))
        };
        return Stray { finding, to: to(Path::keys(&[home, key])) };
    }
    let owner = TABLES.iter().find(|t| t.get(key).is_some() && !t.name.is_empty());
    if let Some(owner) = owner {
        return Stray {
            finding: fault(codes::MISPLACED_KEY).help(format!("it is a key of [{}]", owner.name)),
            to: None,
        };
    }
    let known = table.keys.iter().filter(|k| suits(k, table, kind)).map(|k| k.name).collect::<Vec<_>>().join(", ");
    Stray { finding: fault(codes::UNKNOWN_KEY).help(format!("known here: {known}")), to: None }
}

fn root_items<'a>(root: &'a Node, path: &Path) -> Option<&'a Node> {
    path.0.iter().try_fold(root, |node, segment| match segment {
        Segment::Key(key) => node.item(key).map(|item| &item.node),
        Segment::Index(_) => None,
    })
}

/// Whether entries of a kind have the key; a kind that is none has all.
fn suits(key: &keys::Key, table: &KeyTable, kind: Option<&str>) -> bool {
    let known = kind.filter(|kind| table.keys.iter().any(|k| k.only.contains(kind)));
    key.only.is_empty() || known.is_none_or(|kind| key.only.contains(&kind))
}

/// The key of a table that a word was probably meant to be.
fn nearest(table: &'static KeyTable, word: &str, kind: Option<&str>) -> Option<&'static str> {
    closest(word, table.keys.iter().filter(|k| suits(k, table, kind)).map(|k| k.name))
}

/// The table of the file that people also call so.
fn other_name(word: &str) -> Option<&'static str> {
    let lower = word.to_lowercase();
    let one = lower.strip_suffix('s').unwrap_or(&lower);
    OTHER_NAMES.iter().find(|(other, _)| *other == one).map(|(_, name)| *name)
}

/// Keys that cannot stand beside this one.
fn alternatives(key: &str) -> Vec<&'static str> {
    let groups = ALTERNATIVES.iter().filter(|group| group.iter().any(|side| side[0] == key));
    groups.flat_map(|group| group.iter().map(|side| side[0])).filter(|other| *other != key).collect()
}

/// The catalogue that an entry below the header of another entry, or at the top, belongs to.
fn home(root: &Node, table: &'static KeyTable, item: &Item, entry: &Path) -> Option<&'static str> {
    let items = item.node.items().filter(|items| !items.is_empty())?;
    let whole = |t: &&&'static KeyTable| {
        let kind = kind_of(root, &item.node, &Path::keys(&[t.name]));
        let needs = |k: &&keys::Key| k.standard == Standard::Required && (k.only.is_empty() || suits(k, t, kind));
        let known = items.iter().all(|i| t.get(&i.key).is_some());
        let like = item.node.item("like").and_then(|i| i.node.text());
        let stands = match like {
            Some(name) => root.item(t.name).is_some_and(|c| c.node.item(name).is_some()),
            None => t.keys.iter().filter(needs).all(|k| item.node.item(k.name).is_some()),
        };
        known && stands
    };
    let all: Vec<&str> = CATALOGUES.iter().filter(whole).map(|t| t.name).collect();
    let own = CATALOGUES.iter().find(|t| matches!(entry.0.first(), Some(Segment::Key(key)) if key == t.name));
    match (all.as_slice(), own) {
        (all, Some(own)) if all.contains(&own.name) => Some(own.name),
        ([one], _) => Some(one),
        // Broken as it is, it holds nothing but keys of its neighbours.
        (_, Some(own)) if own.name == table.name && items.iter().all(|i| own.get(&i.key).is_some()) => Some(own.name),
        _ => None,
    }
}
