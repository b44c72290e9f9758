//! Names: who has which, what looks alike, and what was probably meant.

use std::collections::{BTreeMap, BTreeSet};

use unicode_security::skeleton;

use super::document::{Document, Node, Raw};
use super::{codes, limits};
use crate::diag::{Diagnostic, Diagnostics, Path, Segment};

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sort {
    Place,
    Link,
    Data,
    External,
    Account,
    Compute,
    Copy,
    Role,
    Failure,
    Service,
    Strategy,
    Tier,
    Plan,
    Step,
    Drill,
}

impl Sort {
    pub(super) const ALL: [Self; 15] = [
        Self::Place,
        Self::Link,
        Self::Data,
        Self::External,
        Self::Account,
        Self::Compute,
        Self::Copy,
        Self::Role,
        Self::Failure,
        Self::Service,
        Self::Strategy,
        Self::Tier,
        Self::Plan,
        Self::Step,
        Self::Drill,
    ];

    /// The key at the top of the file.
    pub(super) fn table(self) -> &'static str {
        match self {
            Self::Place => "places",
            Self::Link => "links",
            Self::Data => "data",
            Self::External => "externals",
            Self::Account => "accounts",
            Self::Compute => "compute",
            Self::Copy => "copies",
            Self::Role => "roles",
            Self::Failure => "failures",
            Self::Service => "services",
            Self::Strategy => "strategies",
            Self::Tier => "tiers",
            Self::Plan => "plans",
            Self::Step => "steps",
            Self::Drill => "drills",
        }
    }

    /// For a sentence: "a place".
    pub(super) fn a(self) -> &'static str {
        match self {
            Self::Place => "a place",
            Self::Link => "a link",
            Self::Data => "a data set",
            Self::External => "an external",
            Self::Account => "an account",
            Self::Compute => "compute",
            Self::Copy => "a copy",
            Self::Role => "a role",
            Self::Failure => "a failure",
            Self::Service => "a service",
            Self::Strategy => "a strategy",
            Self::Tier => "a tier",
            Self::Plan => "a plan",
            Self::Step => "a step",
            Self::Drill => "a drill",
        }
    }

    /// Whether `hits`, `at` and `of` may name it, so that no two may share a name.
    pub(super) fn shares(self) -> bool {
        self <= Self::Copy
    }

    /// Names that the language itself uses where such a name may stand.
    fn reserved(self) -> &'static [&'static str] {
        match self {
            Self::Failure => &["default", "from", "yearly"],
            Self::Step => &["default", "from", "end"],
            Self::Plan => &["default", "from", "wait", "none"],
            _ => &["default", "from"],
        }
    }
}

/// All names of a file; an id is the position of the name in its table, in byte order.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    tables: BTreeMap<Sort, BTreeMap<String, (usize, Path)>>,
    /// Sorts whose table cannot be read, so that nobody knows what it declares.
    unreadable: BTreeSet<Sort>,
}

impl Names {
    /// Gathers the names of a file and reports those that cannot be.
    pub(super) fn gather(document: &Document, found: &mut Diagnostics) -> Self {
        let mut names = Self::default();
        for sort in Sort::ALL {
            let mut table = BTreeMap::new();
            if let Some(item) = document.root.item(sort.table()) {
                gather_table(sort, &item.node, &mut table);
                if !is_readable(sort, &item.node) {
                    names.unreadable.insert(sort);
                }
            }
            if table.len() > limits::ENTRIES {
                let message =
                    format!("`{}` has {} entries; {} are allowed", sort.table(), table.len(), limits::ENTRIES);
                found.push(Diagnostic::error(codes::LIMIT_ENTRIES, Path::keys(&[sort.table()]), message).on_key());
                table.clear();
            }
            for (n, (_, place)) in table.iter_mut().enumerate() {
                place.0 = n;
            }
            names.tables.insert(sort, table);
        }
        names.check(found);
        names
    }

    /// The names of one table, in the order of their ids.
    pub(super) fn all(&self, sort: Sort) -> Vec<(String, Path)> {
        self.tables.get(&sort).into_iter().flatten().map(|(name, (_, path))| (name.clone(), path.clone())).collect()
    }

    pub(super) fn len(&self, sort: Sort) -> usize {
        self.tables.get(&sort).map_or(0, BTreeMap::len)
    }

    pub(super) fn get(&self, sort: Sort, name: &str) -> Option<usize> {
        Some(self.tables.get(&sort)?.get(name)?.0)
    }

    /// Whether a name may be one of these sorts although it is not known.
    pub(super) fn are_unreadable(&self, sorts: &[Sort]) -> bool {
        sorts.iter().any(|sort| self.unreadable.contains(sort))
    }

    /// Whether nothing is declared of any of these sorts.
    pub(super) fn are_empty(&self, sorts: &[Sort]) -> bool {
        sorts.iter().all(|sort| self.len(*sort) == 0)
    }

    /// Which of these sorts the name stands for.
    pub(super) fn find(&self, sorts: &[Sort], name: &str) -> Option<(Sort, usize)> {
        sorts.iter().find_map(|sort| Some((*sort, self.get(*sort, name)?)))
    }

    /// A finding about a name that is none of these sorts.
    pub(super) fn unknown(&self, sorts: &[Sort], name: &str, path: Path) -> Diagnostic {
        let wanted = one_of(sorts.iter().map(|s| s.a()));
        if let Some((sort, _)) = self.find(&Sort::ALL, name)
            && self.near(sorts, name).is_none()
        {
            let message = format!("{} is {}; this takes {wanted}", quote(name), sort.a());
            return Diagnostic::error(codes::WRONG_REFERENCE, path, message).label(sort.a());
        }
        let bare = one_of(sorts.iter().map(|s| s.a().trim_start_matches("an ").trim_start_matches("a ")));
        let message = format!("there is no {bare} named {}", quote(name));
        let known = sorts.iter().filter_map(|s| self.tables.get(s)).flat_map(|t| t.keys().map(String::as_str));
        let mut diagnostic = Diagnostic::error(codes::UNKNOWN_NAME, path, message).label("not declared");
        diagnostic = match closest(name, known.clone()) {
            Some(near) => diagnostic.help(format!("did you mean {}?", quote(near))),
            None if sorts == [Sort::Account] && self.are_empty(sorts) => {
                diagnostic.help("none is declared: list them at the top of the file, `accounts = [...]`")
            }
            None if self.are_empty(sorts) => {
                let tables = one_of(sorts.iter().map(|s| s.table()));
                diagnostic.help(format!("none is declared: there is nothing in {tables}"))
            }
            None => diagnostic.help(declared(known)),
        };
        diagnostic
    }

    /// The declared name of these sorts that an undeclared one was probably meant to be.
    pub(super) fn near(&self, sorts: &[Sort], name: &str) -> Option<&str> {
        closest(name, sorts.iter().filter_map(|s| self.tables.get(s)).flat_map(|t| t.keys().map(String::as_str)))
    }

    fn check(&self, found: &mut Diagnostics) {
        let mut shared: BTreeMap<&str, (Sort, &Path)> = BTreeMap::new();
        let mut alike: BTreeMap<(Option<Sort>, String), (&str, &Path)> = BTreeMap::new();
        for (sort, table) in &self.tables {
            for (name, (_, path)) in table {
                check_name(*sort, name, path, found);
                if sort.shares()
                    && let Some((other, first)) = shared.insert(name, (*sort, path))
                {
                    let message = format!("{} is the name of {} and of {}", quote(name), other.a(), sort.a());
                    found.push(
                        Diagnostic::error(codes::DUPLICATE_NAME, path.clone(), message)
                            .on_key()
                            .also_key(first.clone(), format!("{} of that name", other.a()))
                            .help("places, links, data, externals, accounts, compute and copies share one namespace"),
                    );
                    continue;
                }
                let scope = (!sort.shares()).then_some(*sort);
                let looks = looks(name).map(|look| (scope, look));
                let known = looks.iter().find_map(|look| alike.get(look).copied());
                alike.extend(looks.into_iter().map(|look| (look, (name.as_str(), path))));
                if let Some((other, first)) = known {
                    let message = format!("{} and {} look alike", quote(other), quote(name));
                    found.push(
                        Diagnostic::error(codes::CONFUSABLE_NAME, path.clone(), message)
                            .on_key()
                            .also_key(first.clone(), "looks the same")
                            .help("names must differ in more than case, in more than `-` and `_`, and not by letters or digits that look the same"),
                    );
                }
            }
        }
    }
}

/// Whether all that a table declares can be seen.
fn is_readable(sort: Sort, node: &Node) -> bool {
    match &node.raw {
        Raw::Table(_) => sort != Sort::Account,
        Raw::List(nodes) => sort == Sort::Account && nodes.iter().all(|node| node.text().is_some()),
        _ => false,
    }
}

fn gather_table(sort: Sort, node: &Node, table: &mut BTreeMap<String, (usize, Path)>) {
    let top = Path::keys(&[sort.table()]);
    match &node.raw {
        Raw::Table(items) => {
            for item in items {
                table.insert(item.key.clone(), (0, top.key(&item.key)));
            }
            if sort == Sort::Place {
                for item in items {
                    let Raw::List(inner) = &item.node.raw else { continue };
                    for (n, node) in inner.iter().enumerate() {
                        let Some(name) = node.text() else { continue };
                        table.entry(name.to_owned()).or_insert_with(|| (0, top.key(&item.key).index(n)));
                    }
                }
            }
        }
        Raw::List(nodes) if sort == Sort::Account => {
            for (n, node) in nodes.iter().enumerate() {
                if let Some(name) = node.text() {
                    table.entry(name.to_owned()).or_insert((0, top.index(n)));
                }
            }
        }
        _ => {}
    }
}

fn check_name(sort: Sort, name: &str, path: &Path, found: &mut Diagnostics) {
    if name.trim().is_empty() {
        let message = format!("the name of {} is empty", sort.a());
        found.push(Diagnostic::error(codes::EMPTY_NAME, path.clone(), message).on_key());
    } else if sort.reserved().contains(&name) {
        let message = format!("{} cannot be the name of {}: the language uses the word itself", quote(name), sort.a());
        found.push(Diagnostic::error(codes::RESERVED_NAME, path.clone(), message).on_key());
    } else if name.contains(['/', '*', '#']) || name.trim() != name {
        let what = name.chars().find(|c| matches!(c, '/' | '*' | '#'));
        let what = what.map_or_else(|| "a space at its ends".to_owned(), |c| format!("the character `{c}`"));
        let message = format!("the name {} has {what}, which names cannot have", quote(name));
        found.push(
            Diagnostic::error(codes::BAD_NAME, path.clone(), message)
                .on_key()
                .help("`/`, `*` and `#` are for members (`pool/zone`, `region/*`); a name has no space at its ends"),
        );
    }
}

/// Whether a character is invisible (blank letters too), controls the terminal or turns the direction of writing.
pub(super) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{115f}' | '\u{1160}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Reports hidden characters in every key and text, which may have line ends and tabs, and tables
/// and lists that are too long for anything.
pub(super) fn check_shape(node: &Node, path: &Path, found: &mut Diagnostics) {
    if found.all().len() >= limits::FINDINGS {
        return;
    }
    match &node.raw {
        Raw::Text(text) => {
            if let Some(c) = text.chars().find(|c| is_hidden(*c) && !matches!(c, '\n' | '\t' | '\r')) {
                found.push(hidden("text", c, path));
            }
        }
        Raw::List(nodes) => {
            let samples = path.0.last() == Some(&Segment::Key("samples".to_owned()));
            let (most, code) =
                if samples { (limits::SAMPLES, codes::LIMIT_SAMPLES) } else { (limits::ITEMS, codes::LIMIT_ENTRIES) };
            if nodes.len() > most {
                let message = format!("this list has {} items; {most} are allowed", nodes.len());
                return found.push(Diagnostic::error(code, path.clone(), message));
            }
            for (n, node) in nodes.iter().enumerate() {
                check_shape(node, &path.index(n), found);
            }
        }
        Raw::Table(items) => {
            // Tables of entries are judged with the names that their lists add.
            if items.len() > limits::ENTRIES && path.0.len() != 1 {
                let message = format!("this table has {} keys; {} are allowed", items.len(), limits::ENTRIES);
                return found.push(Diagnostic::error(codes::LIMIT_ENTRIES, path.clone(), message).on_key());
            }
            for item in items {
                let path = path.key(&item.key);
                if let Some(c) = item.key.chars().find(|c| is_hidden(*c)) {
                    found.push(hidden("key", c, &path).on_key());
                }
                check_shape(&item.node, &path, found);
            }
        }
        _ => {}
    }
}

fn hidden(what: &str, c: char, path: &Path) -> Diagnostic {
    let message = format!("this {what} holds the invisible character U+{:04X}", u32::from(c));
    Diagnostic::error(codes::CONTROL_CHARACTER, path.clone(), message)
        .help("take it out: it can make a line read other than it is")
}

/// What a name looks like: two names are alike if they share one of these. As it stands (`I` as `l`, `0` as
/// `O`), in lower case, and with the letters of other scripts in upper case, where more of them are Latin ones.
///
/// # Source
/// Unicode Technical Standard 39, section 4, Confusable Detection.
fn looks(name: &str) -> [String; 3] {
    let shape = |text: &str| {
        // To the standard `m` looks like `rn`, which would part nobody's `modem` from `modern`.
        let parts: Vec<String> = text.split('m').map(|part| skeleton(part).collect()).collect();
        let dashes = parts.join("m").to_lowercase().replace('_', "-");
        dashes.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let foreign = |c: char| if c.is_ascii() { vec![c] } else { c.to_uppercase().collect() };
    [shape(name), shape(&name.to_lowercase()), shape(&name.chars().flat_map(foreign).collect::<String>())]
}

/// A name of the file for a sentence: in backticks, hidden characters made visible, not too long.
pub(super) fn quote(name: &str) -> String {
    const LONGEST: usize = 60;
    let shown: String = name.chars().take(LONGEST).collect();
    let cut = if name.chars().count() > LONGEST { "…" } else { "" };
    let escaped: String =
        shown.chars().map(|c| if is_hidden(c) { c.escape_unicode().to_string() } else { c.to_string() }).collect();
    format!("`{escaped}{cut}`")
}

/// "a, b or c".
pub(super) fn one_of<'a>(words: impl Iterator<Item = &'a str>) -> String {
    join(&words.collect::<Vec<_>>(), "or")
}

/// "a, b and c".
pub(super) fn join(words: &[&str], last: &str) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [head @ .., tail] => format!("{} {last} {tail}", head.join(", ")),
    }
}

/// The nearest of the known words, if near enough: an edit distance of at most a third of the
/// length, so that `us-east-1` is never offered for `eu-west-2`.
pub(super) fn closest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > 200 {
        return None;
    }
    known
        .filter(|k| *k != word)
        .map(|k| (strsim::damerau_levenshtein(&k.to_lowercase(), &word.to_lowercase()), k))
        .filter(|(distance, k)| *distance <= k.chars().count().max(word.chars().count()) / 3)
        .min()
        .map(|(_, k)| k)
}

fn declared<'a>(known: impl Iterator<Item = &'a str>) -> String {
    const MOST: usize = 12;
    let all: Vec<&str> = known.collect();
    let shown: Vec<String> = all.iter().take(MOST).map(|k| quote(k)).collect();
    let more = if all.len() > MOST { format!(" and {} more", all.len() - MOST) } else { String::new() };
    format!("declared: {}{more}", shown.join(", "))
}
