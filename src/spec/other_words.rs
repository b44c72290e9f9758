//! Words that people use for tables and keys of the language and that are not spelt like them.

use super::document::{Item, Node, Raw};

/// Words, without the `s` of their plural, that people use for a table of the file and that are not spelt
/// like it.
const OTHER_NAMES: &[(&str, &str)] = &[
    ("region", "places"),
    ("zone", "places"),
    ("site", "places"),
    ("location", "places"),
    ("network", "links"),
    ("database", "data"),
    ("dataset", "data"),
    ("instance", "compute"),
    ("pool", "compute"),
    ("server", "compute"),
    ("backup", "copies"),
    ("copy", "copies"),
    ("replica", "copies"),
    ("event", "failures"),
    ("incident", "failures"),
    ("risk", "failures"),
    ("threat", "failures"),
    ("application", "services"),
    ("system", "services"),
    ("design", "strategies"),
    ("solution", "strategies"),
    ("level", "tiers"),
    ("procedure", "plans"),
    ("action", "steps"),
    ("task", "steps"),
    ("people", "roles"),
    ("team", "roles"),
];

/// What an entry says in words of its own, as the key takes it; nothing where that cannot be told.
type Rewrite = fn(&Node) -> Option<Node>;

/// Words for one key of a table.
pub(super) struct OtherKey {
    /// Header of the table.
    table: &'static str,
    words: &'static [&'static str],
    /// The key that is meant.
    pub(super) key: &'static str,
    /// How the key says it, where it takes another form than the words: in general, and of an entry.
    pub(super) form: Option<(&'static str, Rewrite)>,
}

const fn same(table: &'static str, words: &'static [&'static str], key: &'static str) -> OtherKey {
    OtherKey { table, words, key, form: None }
}

const OTHER_KEYS: &[OtherKey] = &[
    OtherKey {
        table: "links",
        words: &["from", "to", "a", "b"],
        key: "between",
        form: Some(("both regions stand in `between = [REGION, REGION]`", ends)),
    },
    same("links", &["regions", "ends", "endpoints", "joins", "connects"], "between"),
    same("links", &["speed", "throughput", "capacity"], "bandwidth"),
    same("links", &["latency", "ping"], "rtt"),
    OtherKey {
        table: "compute",
        words: &["count", "instances", "replicas", "nodes", "number", "size"],
        key: "at",
        form: Some(("instances are counted where they stand: `at = { PLACE = COUNT }`", counted)),
    },
    same("compute", &["place", "region", "zone", "where", "location"], "at"),
    same("compute", &["quorum", "min", "minimum"], "enough"),
    same("data", &["volume"], "size"),
    same("copies", &["type"], "kind"),
    same("copies", &["place", "region", "zone", "where", "location"], "at"),
    same("copies", &["retention", "retain", "ttl"], "keep"),
    same("copies", &["interval", "frequency"], "every"),
    same("copies", &["schedule"], "cron"),
    same("failures", &["type"], "kind"),
    same("failures", &["frequency"], "rate"),
    same("failures", &["duration"], "lasts"),
    same("failures", &["affects", "scope", "target"], "hits"),
    same("services", &["depends_on", "dependencies", "requires"], "needs"),
    same("plans", &["failures", "when"], "for"),
    same("plans", &["source", "sources"], "from"),
    same("plans", &["target"], "into"),
    same("steps", &["type"], "phase"),
    same("steps", &["duration", "time"], "takes"),
    same("steps", &["who", "owner", "team"], "role"),
    same("steps", &["command"], "run"),
];

/// The table of the file that people also call so.
pub(super) fn of_table(word: &str) -> Option<&'static str> {
    let lower = word.to_lowercase();
    let one = lower.strip_suffix('s').unwrap_or(&lower);
    OTHER_NAMES.iter().find(|(other, _)| *other == one).map(|(_, name)| *name)
}

/// The key of a table that people also call so.
pub(super) fn of_key(table: &str, word: &str) -> Option<&'static OtherKey> {
    OTHER_KEYS.iter().find(|other| other.table == table && other.words.contains(&word))
}

impl OtherKey {
    /// The words of it that an entry has.
    pub(super) fn found<'a>(&self, entry: &'a Node) -> Vec<&'a str> {
        let all = entry.items().unwrap_or_default().iter().map(|item| item.key.as_str());
        all.filter(|key| self.words.contains(key)).collect()
    }
}

/// `between = ["east", "west"]` of `from = "east", to = "west"`.
fn ends(entry: &Node) -> Option<Node> {
    let end =
        |keys: [&str; 2]| keys.into_iter().find_map(|key| entry.item(key)).filter(|item| item.node.text().is_some());
    let (first, second) = (end(["from", "a"])?, end(["to", "b"])?);
    if entry.item("between").is_some() {
        return None;
    }
    let span = first.node.span.clone();
    Some(Node { raw: Raw::List(vec![first.node.clone(), second.node.clone()]), span })
}

/// `at = { east = 3 }` of `at = "east", count = 3`.
fn counted(entry: &Node) -> Option<Node> {
    let at = &entry.item("at")?.node;
    let mut others = entry.items()?.iter().filter(|item| of_key("compute", &item.key).is_some());
    let count = others.find(|item| matches!(item.node.raw, Raw::Integer(_)))?;
    let key = at.text()?.to_owned();
    let item = Item { key, key_span: at.span.clone(), node: count.node.clone() };
    Some(Node { raw: Raw::Table(vec![item]), span: at.span.clone() })
}
