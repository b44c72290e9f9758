//! Every key of the language, once: its table, its type, what it means, what stands in for it.
//!
//! Readers take defaults from here, unknown keys are those that are not here, and the language
//! reference is written from here; so the three cannot drift apart.

mod actions;
mod things;

pub use actions::*;
pub use things::*;

use Standard::Absent;

/// What happens when a key is not given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Standard {
    /// It must be given.
    Required,
    /// It may be left out, which means this.
    Absent(&'static str),
    /// This text stands in for it, for this reason.
    Text(&'static str, &'static str),
    /// This whole number stands in for it, for this reason.
    Count(u32, &'static str),
    /// `false` stands in for it.
    No,
    /// Something that depends on other keys stands in for it.
    Computed(&'static str),
}

/// A key of a table.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// As written.
    pub name: &'static str,
    /// What may stand there.
    pub value: &'static str,
    /// What happens without it.
    pub standard: Standard,
    /// What it means.
    pub about: &'static str,
    /// Only entries of these kinds have it; empty: all.
    pub only: &'static [&'static str],
}

impl Key {
    const fn only(mut self, kinds: &'static [&'static str]) -> Self {
        self.only = kinds;
        self
    }
}

/// The keys of one kind of entry.
#[derive(Clone, Copy, Debug)]
pub struct KeyTable {
    /// Header: `copies.<name>`, empty for the top.
    pub name: &'static str,
    /// What an entry is.
    pub about: &'static str,
    /// Its keys.
    pub keys: &'static [Key],
    /// Whether an entry may be `like` another.
    pub like: bool,
}

impl KeyTable {
    /// The key of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|k| k.name == name)
    }
}

const fn key(name: &'static str, value: &'static str, standard: Standard, about: &'static str) -> Key {
    Key { name, value, standard, about, only: &[] }
}

const TITLE: Key = key("title", "text", Absent("the name is used"), "a line for people");
const SOURCE: Key = key("source", "text", Absent("no source is given"), "where the figures come from");
const LIKE: Key =
    key("like", "name of an entry of the same table", Absent("it stands alone"), "takes the keys that are not given");

/// All tables, in the order of the reference.
pub const TABLES: &[&KeyTable] = &[
    &TOP,
    &LINKS,
    &EXTERNALS,
    &DATA,
    &BURST,
    &COMPUTE,
    &COPIES,
    &FAILURES,
    &SERVICES,
    &STRATEGIES,
    &MONTHLY,
    &OBJECTIVE,
    &YEARLY,
    &PLANS,
    &STEPS,
    &DRILLS,
    &EXPLORE,
    &RUNBOOK,
];

/// Keys of which an entry has only one; giving one in an entry that is `like` another drops the
/// sibling's others, with what belongs to them.
pub const ALTERNATIVES: &[&[&[&str]]] = &[
    &[&["every", "offset"], &["cron", "tz"]],
    &[&["rate"], &["gap"]],
    &[&["hits"], &["each"]],
    &[&["lag"], &["over"]],
    &[&["moves"], &["replays"]],
];
