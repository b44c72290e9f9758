//! Reading entries key by key: types, defaults, unknown keys, and a note of every value.

use std::collections::{BTreeMap, BTreeSet};

use super::document::{Document, Item, Node, Raw};
use super::keys::{ALTERNATIVES, KeyTable, Standard};
use super::names::{Names, Sort, closest, one_of, quote};
use super::resolved::{Note, Origin};
use super::{codes, limits, stray};
use crate::diag::{Diagnostic, Diagnostics, Label, Path, Severity};
use crate::model::Parts;

/// All that readers share: the names, the findings, the notes and the rows made so far.
pub(super) struct Reader<'d> {
    pub(super) document: &'d Document,
    pub(super) names: Names,
    pub(super) found: Diagnostics,
    pub(super) notes: Vec<Note>,
    pub(super) parts: Parts,
    /// A reference or kind is unknown, so what depends on the whole cannot be judged.
    pub(super) broken: bool,
    /// Entries with a fault of their own: findings that follow from it are not worth printing.
    pub(super) faulty: BTreeSet<Path>,
    /// Keys that are read under another name than they stand under: an error of their values is none.
    guessed: BTreeSet<Path>,
    /// Names that are declared nowhere, each of its own sort unless that shares its namespace, and sorts of
    /// which nothing is declared, with no name: the finding about it.
    undeclared: BTreeMap<(Option<Sort>, String), usize>,
    /// Names that are declared nowhere, where they stand, and what was probably meant.
    pub(super) repairs: Vec<Repair>,
    /// The first price of the file, which then needs a currency.
    pub(super) price: Option<Path>,
    /// Instances, sites and members so far.
    assets: usize,
}

/// A name to read in place of another.
pub(super) struct Repair {
    pub(super) path: Path,
    pub(super) found: String,
    pub(super) meant: String,
}

/// How a value is shown in the listing (for people) and in the canonical form (exact).
pub(super) struct Shown {
    pub(super) human: String,
    pub(super) exact: String,
}

/// A value of a reader's own type that may know how to show itself; else its TOML is shown.
pub(super) trait Show {
    fn show(&self) -> Option<Shown> {
        None
    }
}

/// What reads a value of one type; faults go to the reader.
pub(super) type Parse<T> = fn(&mut Reader<'_>, &Node, &Path) -> Option<T>;

impl<'d> Reader<'d> {
    pub(super) fn new(document: &'d Document, names: Names, found: Diagnostics) -> Self {
        let broken = found.has_errors();
        Self {
            document,
            names,
            found,
            notes: Vec::new(),
            parts: Parts::default(),
            broken,
            faulty: BTreeSet::new(),
            guessed: BTreeSet::new(),
            undeclared: BTreeMap::new(),
            repairs: Vec::new(),
            price: None,
            assets: 0,
        }
    }

    /// Takes over what was put right before anything was read.
    pub(super) fn begin_with(&mut self, settled: stray::Settled) {
        settled.findings.into_iter().for_each(|finding| self.push(finding));
        self.guessed = settled.guessed;
    }

    pub(super) fn push(&mut self, diagnostic: Diagnostic) {
        if diagnostic.severity == Severity::Error {
            if diagnostic.labels.first().is_some_and(|label| self.is_guessed(&label.path)) {
                return;
            }
            self.mark_faulty(&diagnostic);
        }
        if self.found.all().len() >= limits::FINDINGS {
            self.broken = true;
            return;
        }
        // A fault in an entry that others are `like` is one fault.
        if !self.found.all().contains(&diagnostic) {
            self.found.push(diagnostic);
        }
    }

    fn mark_faulty(&mut self, diagnostic: &Diagnostic) {
        for label in &diagnostic.labels {
            self.faulty.insert(Path(label.path.0.iter().take(2).cloned().collect()));
        }
    }

    /// Whether a path leads to or into a key that is read under another name.
    fn is_guessed(&self, path: &Path) -> bool {
        !self.guessed.is_empty() && (2..=path.0.len()).any(|n| self.guessed.contains(&Path(path.0[..n].to_vec())))
    }

    /// Reports a name that is declared nowhere: once, wherever it stands.
    pub(super) fn push_undeclared(&mut self, sorts: &[Sort], name: &str, diagnostic: Diagnostic) {
        const MOST_SHOWN: usize = 4;
        // Where nothing is declared, that is the fault, whatever names are used.
        let nothing = self.names.are_empty(sorts);
        let sort = sorts.first().copied().filter(|sort| nothing || !sort.shares());
        let key = (sort, if nothing { String::new() } else { name.to_owned() });
        let Some(first) = self.undeclared.get(&key).copied() else {
            let before = self.found.all().len();
            self.push(diagnostic);
            if self.found.all().len() > before {
                self.undeclared.insert(key, before);
            }
            return;
        };
        self.mark_faulty(&diagnostic);
        let Some(label) = diagnostic.labels.into_iter().next() else { return };
        let told = &self.found.all()[first];
        let text =
            if told.message.contains(&quote(name)) { "here too".to_owned() } else { format!("nor {}", quote(name)) };
        // What a sibling says stands in one place only.
        if told.labels.len() < MOST_SHOWN && told.labels.iter().all(|other| other.path != label.path) {
            self.found.add_label(first, Label { text, ..label });
        }
    }

    /// Counts instances, sites or members; false, and a finding, if the file holds too many.
    pub(super) fn count_assets(&mut self, count: usize, path: &Path) -> bool {
        self.assets = self.assets.saturating_add(count);
        let fits = self.assets <= limits::ASSETS;
        if !fits {
            let message = "here the file has more instances, sites of copies and members of failures than allowed";
            let help = format!("{} are allowed together", limits::ASSETS);
            self.push(Diagnostic::error(codes::LIMIT_MEMBERS, path.clone(), message).help(help));
            self.broken = true;
            // Told once.
            self.assets = 0;
        }
        fits
    }

    pub(super) fn error(&mut self, code: &'static str, path: &Path, message: impl Into<String>) {
        self.push(Diagnostic::error(code, path.clone(), message));
    }

    pub(super) fn wrong_type(&mut self, node: &Node, path: &Path, wanted: &str) {
        let message = format!("this takes {wanted}, not {}", node.what());
        self.error(codes::WRONG_TYPE, path, message);
    }

    /// The id of a name that must be one of these sorts.
    pub(super) fn refer(&mut self, sorts: &[Sort], node: &Node, path: &Path) -> Option<(Sort, usize)> {
        let Some(name) = node.text() else {
            self.wrong_type(node, path, &format!("the name of {}", one_of(sorts.iter().map(|s| s.a()))));
            self.broken = true;
            return None;
        };
        self.refer_name(sorts, name, path)
    }

    pub(super) fn refer_name(&mut self, sorts: &[Sort], name: &str, path: &Path) -> Option<(Sort, usize)> {
        let hit = self.names.find(sorts, name);
        if hit.is_none() && self.names.are_unreadable(sorts) {
            self.broken = true;
        } else if hit.is_none() {
            let diagnostic = self.names.unknown(sorts, name, path.clone());
            if let Some(near) = self.names.near(sorts, name) {
                let meant = near.to_owned();
                self.repairs.push(Repair { path: path.clone(), found: name.to_owned(), meant });
            }
            self.push_undeclared(sorts, name, diagnostic);
            self.broken = true;
        }
        hit
    }

    /// The entry of this name, with what it takes from the entry it is `like`.
    pub(super) fn entry(&mut self, sort: Sort, name: &str, table: &'static KeyTable) -> Option<Entry<'d>> {
        let document: &'d Document = self.document;
        let top = document.root.item(sort.table())?;
        let item = top.node.item(name)?;
        let path = Path::keys(&[sort.table(), name]);
        Entry::new(self, table, &item.node, path, Some(&top.node))
    }

    /// Ids of all names of a table with the names, in order.
    pub(super) fn all_names(&self, sort: Sort) -> Vec<String> {
        self.names.all(sort).into_iter().map(|(name, _)| name).collect()
    }
}

/// A key that an entry has, given here or taken from a sibling.
struct Field<'d> {
    item: &'d Item,
    path: Path,
    like: Option<String>,
}

/// A table of the file that is read key by key.
pub(super) struct Entry<'d> {
    pub(super) path: Path,
    pub(super) table: &'static KeyTable,
    fields: Vec<Field<'d>>,
    source: Option<String>,
    kind: Option<&'static str>,
    /// It is `like` something that it cannot be like, so what it lacks is not known.
    torn: bool,
}

impl<'d> Entry<'d> {
    /// An entry at `path`; with `siblings` it may be `like` one of them. Unknown keys are reported.
    pub(super) fn new(
        cx: &mut Reader<'_>,
        table: &'static KeyTable,
        node: &'d Node,
        path: Path,
        siblings: Option<&'d Node>,
    ) -> Option<Self> {
        let Some(items) = node.items() else {
            cx.wrong_type(node, &path, "a table");
            cx.broken = true;
            return None;
        };
        let fields = items.iter().map(|item| Field { item, path: path.key(&item.key), like: None }).collect();
        let mut entry = Self { path, table, fields, source: None, kind: None, torn: false };
        entry.report_unknown(cx);
        if table.like {
            entry.take_from_sibling(cx, siblings);
        }
        entry.report_exclusive(cx);
        entry.source = entry.field("source").and_then(|f| f.item.node.text()).map(str::to_owned);
        Some(entry)
    }

    fn field(&self, key: &str) -> Option<&Field<'d>> {
        self.fields.iter().find(|f| f.item.key == key)
    }

    /// Whether the key is given, here or by the sibling.
    pub(super) fn has(&self, key: &str) -> bool {
        self.field(key).is_some()
    }

    /// The value and the place where it really stands.
    pub(super) fn node(&self, key: &str) -> Option<(&'d Node, Path)> {
        self.field(key).map(|f| (&f.item.node, f.path.clone()))
    }

    /// Where the key stands; the entry itself if it is not given.
    pub(super) fn at(&self, key: &str) -> Path {
        self.field(key).map_or_else(|| self.path.clone(), |f| f.path.clone())
    }

    fn report_unknown(&mut self, cx: &mut Reader<'_>) {
        let mut told = BTreeSet::new();
        for field in &self.fields {
            let key = field.item.key.as_str();
            if self.table.get(key).is_none() && !told.contains(key) {
                let stray = stray::judge(&cx.document.root, self.table, field.item, &self.path, None);
                told.extend(stray.with);
                cx.push(stray.finding);
            }
        }
    }

    fn take_from_sibling(&mut self, cx: &mut Reader<'_>, siblings: Option<&'d Node>) {
        let Some((node, path)) = self.node("like") else { return };
        self.torn = true;
        let Some(name) = node.text() else {
            cx.broken = true;
            return cx.wrong_type(node, &path, "the name of a sibling");
        };
        let Some(sibling) = siblings.and_then(|s| s.item(name)) else {
            let known = siblings.and_then(Node::items).unwrap_or_default().iter().map(|i| i.key.as_str());
            let table = self.table.name;
            let mut diagnostic =
                Diagnostic::error(codes::UNKNOWN_NAME, path, format!("there is no {} in `{table}`", quote(name)));
            if let Some(near) = closest(name, known) {
                diagnostic = diagnostic.help(format!("did you mean {}?", quote(near)));
            }
            let sorts: Vec<Sort> = Sort::ALL.into_iter().filter(|sort| sort.table() == table).collect();
            cx.push_undeclared(&sorts, name, diagnostic);
            cx.broken = true;
            return;
        };
        if sibling.node.items().is_none() {
            // Told where the sibling is read.
            cx.broken = true;
            return;
        }
        let sibling_path = Path(self.path.0[..self.path.0.len() - 1].to_vec()).key(name);
        if sibling.node.item("like").is_some() {
            let chain = if sibling_path == self.path {
                Diagnostic::error(codes::LIKE_CHAIN, path, format!("{} is `like` itself", quote(name)))
            } else {
                let message = format!("{} is itself `like` another entry", quote(name));
                Diagnostic::error(codes::LIKE_CHAIN, path, message)
                    .also(sibling_path.key("like"), "the next link of the chain")
            };
            cx.push(chain.help("an entry can be `like` one that stands by itself"));
            cx.broken = true;
            return;
        }
        let own_kind = self.node("kind").and_then(|(n, _)| n.text());
        let its_kind = sibling.node.item("kind").and_then(|i| i.node.text());
        if own_kind.is_some() && own_kind != its_kind {
            let message = format!("{} is of another kind", quote(name));
            cx.push(
                Diagnostic::error(codes::LIKE_OTHER_KIND, path, message).also(sibling_path.key("kind"), "its kind"),
            );
            cx.broken = true;
            return;
        }
        self.torn = false;
        let dropped = self.dropped_alternatives();
        for item in sibling.node.items().unwrap_or_default() {
            let key = item.key.as_str();
            let known = self.table.get(key).is_some();
            if known && key != "title" && !self.has(key) && !dropped.contains(key) {
                self.fields.push(Field { item, path: sibling_path.key(key), like: Some(name.to_owned()) });
            }
        }
    }

    /// Keys of a sibling that a key given here stands in for.
    fn dropped_alternatives(&self) -> BTreeSet<&'static str> {
        let mut dropped = BTreeSet::new();
        for group in ALTERNATIVES {
            for side in *group {
                if self.has(side[0]) {
                    dropped.extend(group.iter().filter(|other| *other != side).flat_map(|other| other.iter().copied()));
                }
            }
        }
        dropped
    }

    fn report_exclusive(&self, cx: &mut Reader<'_>) {
        for group in ALTERNATIVES {
            let given: Vec<&Field<'d>> = group.iter().filter_map(|side| self.field(side[0])).collect();
            if let [first, second, ..] = given.as_slice() {
                if self.table.get(group[0][0]).is_none() || self.table.get(group[1][0]).is_none() {
                    continue;
                }
                let message = format!("`{}` and `{}` exclude one another", first.item.key, second.item.key);
                cx.push(
                    Diagnostic::error(codes::EXCLUSIVE_KEYS, second.path.clone(), message)
                        .on_key()
                        .also_key(first.path.clone(), "also given"),
                );
            }
        }
    }

    /// Reads `kind`; keys that this kind does not have are reported.
    pub(super) fn kind(&mut self, cx: &mut Reader<'_>, kinds: &[&'static str]) -> Option<&'static str> {
        let kind = self.word(cx, "kind", kinds);
        let Some(kind) = kind else {
            cx.broken = true;
            return None;
        };
        self.kind = Some(kind);
        for field in &self.fields {
            let Some(key) = self.table.get(&field.item.key) else { continue };
            if !key.only.is_empty() && !key.only.contains(&kind) {
                let message = format!("`{}` is no key of {} {kind}", key.name, article(kind));
                let have = one_of(key.only.iter().copied());
                cx.push(
                    Diagnostic::error(codes::KEY_OF_OTHER_KIND, field.path.clone(), message)
                        .on_key()
                        .help(format!("it is one of kind {have}")),
                );
            }
        }
        Some(kind)
    }

    /// One of a key's words.
    pub(super) fn word(
        &mut self,
        cx: &mut Reader<'_>,
        key: &'static str,
        words: &[&'static str],
    ) -> Option<&'static str> {
        let path = self.at(key);
        let text = self.get(cx, key, super::values::text)?;
        let hit = words.iter().find(|w| **w == text.0).copied();
        if hit.is_none() {
            cx.push(unknown_word(&text.0, words, path));
        }
        hit
    }

    /// The value of a key, its default, or `None` with the fault reported if there is one.
    pub(super) fn get<T: Show>(&mut self, cx: &mut Reader<'_>, key: &'static str, parse: Parse<T>) -> Option<T> {
        if let Some(field) = self.field(key) {
            let (item, path) = (field.item, field.path.clone());
            let origin = match &field.like {
                Some(sibling) => Origin::Like { sibling: sibling.clone() },
                None => Origin::File { line: cx.document.line_of(&path).unwrap_or(1) },
            };
            let value = parse(cx, &item.node, &path)?;
            let shown = value.show().unwrap_or_else(|| {
                let exact = item.node.canonical();
                Shown { human: exact.clone(), exact }
            });
            cx.notes.push(Note::new(self.path.key(key), shown, origin, self.source.clone()));
            return Some(value);
        }
        let (node, why) = match self.table.get(key)?.standard {
            Standard::Required => {
                self.missing(cx, key);
                return None;
            }
            Standard::Absent(_) | Standard::Computed(_) => return None,
            Standard::Text(text, why) => (Node::made(Raw::Text(text.to_owned())), why),
            Standard::Count(count, why) => (Node::made(Raw::Integer(count.to_string())), why),
            Standard::No => (Node::made(Raw::Bool(false)), "it must be asked for"),
        };
        let value = parse(cx, &node, &self.path)?;
        let shown = value.show().unwrap_or_else(|| Shown { human: node.canonical(), exact: node.canonical() });
        let origin = Origin::Default { why: why.to_owned() };
        cx.notes.push(Note::new(self.path.key(key), shown, origin, None));
        Some(value)
    }

    /// Notes a default that depends on other keys.
    pub(super) fn note(&self, cx: &mut Reader<'_>, key: &str, value: String, why: &str) {
        let shown = Shown { human: value.clone(), exact: value };
        cx.notes.push(Note::new(self.path.key(key), shown, Origin::Default { why: why.to_owned() }, None));
    }

    /// Reports that a key is not there.
    pub(super) fn missing(&self, cx: &mut Reader<'_>, key: &str) {
        // What a sibling lacks is told there.
        if self.torn || self.has("like") {
            cx.faulty.insert(self.path.clone());
            return;
        }
        let entry = self.path.to_string();
        let entry = if entry.is_empty() { "the file".to_owned() } else { quote(&entry) };
        let mut diagnostic =
            Diagnostic::error(codes::MISSING_KEY, self.path.clone(), format!("{entry} needs the key `{key}`"))
                .on_key()
                .label(format!("without `{key}`"));
        if let Some(known) = self.table.get(key) {
            diagnostic = diagnostic.help(format!("`{key}`: {}; takes {}", known.about, known.value));
        }
        cx.push(diagnostic);
    }

    /// Reports a missing key unless one of these is given.
    pub(super) fn needs_one(&self, cx: &mut Reader<'_>, keys: [&str; 2]) {
        if !self.torn && !self.has("like") && !keys.iter().any(|k| self.has(k)) {
            let message = format!("{} needs the key `{}` or `{}`", quote(&self.path.to_string()), keys[0], keys[1]);
            cx.push(Diagnostic::error(codes::MISSING_KEY, self.path.clone(), message).on_key());
        }
    }
}

fn article(word: &str) -> &'static str {
    if word.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

/// A finding about a word that the key does not take.
pub(super) fn unknown_word(text: &str, words: &[&str], path: Path) -> Diagnostic {
    let list = words.iter().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", ");
    let diagnostic = Diagnostic::error(codes::UNKNOWN_WORD, path, format!("{} is not a word of this key", quote(text)))
        .help(format!("it takes {list}"));
    match closest(text, words.iter().copied()) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic,
    }
}
