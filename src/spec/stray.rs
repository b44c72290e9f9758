//! Keys and tables under a wrong name or in a wrong place. Each is one fault, and is read on as what it
//! was probably meant to be, so that nothing else has to be told that only follows from it.

use std::collections::BTreeSet;

use super::codes;
use super::document::{Document, Item, Node, Raw};
use super::keys::{self, ALTERNATIVES, KeyTable, Standard, TABLES, TOP};
use super::names::{closest, join, quote};
use super::other_words::{self, OtherKey};
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
    /// The value that a key beside it was meant to have instead of all these.
    instead: Option<(Path, Node)>,
    /// Keys beside it that the finding speaks of too.
    pub(super) with: Vec<String>,
}

impl Stray {
    fn new(finding: Diagnostic, to: Option<Path>) -> Self {
        Self { finding, to, instead: None, with: Vec::new() }
    }
}

/// Puts everything in its place whose place is clear.
pub(super) fn settle(document: &mut Document) -> Settled {
    let mut settled = Settled::default();
    for _ in 0..MOST_ROUNDS {
        let mut moved = false;
        for (from, stray) in gather(&document.root) {
            let entry = Path(from.0[..from.0.len() - 1].to_vec());
            if let Some((path, value)) = stray.instead {
                document.remove(&from);
                document.put(&path, value);
            } else if let Some(to) = stray.to.filter(|to| document.relocate(&from, to)) {
                if !entry.0.is_empty() && from.0.len() == to.0.len() {
                    settled.guessed.insert(to);
                }
            } else {
                continue;
            }
            stray.with.iter().for_each(|key| document.remove(&entry.key(key)));
            settled.findings.push(stray.finding);
            moved = true;
        }
        if !moved {
            break;
        }
    }
    settled
}

/// Everything that has a place, with where it stands. Tables that are within another come first: what they
/// hold is judged when they are where they belong.
fn gather(root: &Node) -> Vec<(Path, Stray)> {
    let mut found = Vec::new();
    for top in root.items().unwrap_or_default() {
        let entry = Path::keys(&[&top.key]);
        for item in top.node.items().unwrap_or_default() {
            if TOP.get(&item.key).is_some() && fell_in(root, &top.key, item) {
                let stray = Stray::new(fallen_from_top(item, &entry), Some(Path::keys(&[&item.key])));
                found.push((entry.key(&item.key), stray));
            }
        }
    }
    if !found.is_empty() {
        return found;
    }
    each_table(root, &mut |table, node, entry| {
        let items = node.items().unwrap_or_default();
        let kind = kind_of(root, node, entry);
        let mut told = BTreeSet::new();
        for item in items.iter().filter(|item| table.get(&item.key).is_none()) {
            let stray = judge(root, table, item, entry, kind);
            if !told.contains(&item.key) && (stray.to.is_some() || stray.instead.is_some()) {
                told.extend(stray.with.iter().cloned());
                found.push((entry.key(&item.key), stray));
            }
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
    let parent = node_at(root, &Path(segments.to_vec()));
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
    let other = other_words::of_key(table.name, key).filter(|_| item.node.items().is_none());
    if !at_top && other.is_none() && TOP.get(key).is_some() {
        return Stray::new(fallen_from_top(item, entry), to(Path::keys(&[key])));
    }
    let fault = |code| Diagnostic::error(code, entry.key(key), no_key(key, entry)).on_key();
    if let (Some(other), Some(node)) = (other, node_at(root, entry)) {
        return by_another_word(other, node, entry, key, to(entry.key(other.key)));
    }
    let near = nearest(table, key, kind)
        .or_else(|| other_words::of_table(key).filter(|_| at_top && item.node.items().is_some()));
    if let Some(near) = near {
        let beside = |other: &&str| node_at(root, entry).is_some_and(|node| node.item(other).is_some());
        let excluded = alternatives(near).iter().any(beside);
        let finding = fault(codes::UNKNOWN_KEY).help(format!("did you mean `{near}`?"));
        return Stray::new(finding, to(entry.key(near)).filter(|_| !excluded));
    }
    if let Some(home) = home(root, table, item, entry) {
        let finding = if at_top {
            fault(codes::MISPLACED_KEY).help(format!("it reads like an entry of [{home}]: write [{home}.{key}]"))
        } else {
            fallen(item, entry, format!("it belongs to [{home}]{FALLS}"))
        };
        return Stray::new(finding, to(Path::keys(&[home, key])));
    }
    let owner = TABLES.iter().find(|t| t.get(key).is_some() && !t.name.is_empty());
    if let Some(owner) = owner {
        return Stray::new(fault(codes::MISPLACED_KEY).help(format!("it is a key of [{}]", owner.name)), None);
    }
    let known = table.keys.iter().filter(|k| suits(k, table, kind)).map(|k| k.name).collect::<Vec<_>>().join(", ");
    Stray::new(fault(codes::UNKNOWN_KEY).help(format!("known here: {known}")), None)
}

/// A key of an entry that people also call by this word, alone or together with others.
fn by_another_word(other: &OtherKey, node: &Node, entry: &Path, key: &str, to: Option<Path>) -> Stray {
    let mut with = other.found(node);
    with.retain(|word| *word != key && other.form.is_some());
    let mut quoted = vec![quote(key)];
    quoted.extend(with.iter().map(|word| quote(word)));
    let quoted: Vec<&str> = quoted.iter().map(String::as_str).collect();
    let are = if with.is_empty() { "is no key" } else { "are no keys" };
    let message = format!("{} {are} of [{entry}]", join(&quoted, "and"));
    let value = other.form.and_then(|(_, rewrite)| rewrite(node));
    let help = match (other.form, &value) {
        (_, Some(value)) => format!("write `{} = {}`", other.key, value.canonical()),
        (Some((form, _)), None) => form.to_owned(),
        (None, None) => format!("did you mean `{}`?", other.key),
    };
    let finding = Diagnostic::error(codes::UNKNOWN_KEY, entry.key(key), message).on_key().help(help);
    let also = |finding: Diagnostic, word: &&str| finding.also_key(entry.key(word), "");
    Stray {
        finding: with.iter().fold(finding, also),
        to,
        instead: value.map(|value| (entry.key(other.key), value)),
        with: with.into_iter().map(str::to_owned).collect(),
    }
}

fn node_at<'a>(root: &'a Node, path: &Path) -> Option<&'a Node> {
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

/// Letters of a key that is recognised in a longer one.
const SHORTEST_PART: usize = 4;

/// The key of a table that a word was probably meant to be.
fn nearest(table: &'static KeyTable, word: &str, kind: Option<&str>) -> Option<&'static str> {
    let names = || table.keys.iter().filter(|k| suits(k, table, kind)).map(|k| k.name);
    // A key with something added to it.
    let part = |name: &&str| name.len() >= SHORTEST_PART && word.split(['-', '_']).any(|part| part == *name);
    closest(word, names()).or_else(|| names().find(part))
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
