//! The text of a scenario as a tree that remembers where every key and value stands.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{codes, limits};
use crate::diag::{Diagnostic, Diagnostics, Part, Path, Segment};

/// A value of the file.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) raw: Raw,
    pub(super) span: Range<usize>,
}

/// What a value is. Numbers stay text until a reader checks their range.
#[derive(Clone, Debug)]
pub(super) enum Raw {
    Text(String),
    Integer(String),
    Float(String),
    Bool(bool),
    Date(String),
    List(Vec<Node>),
    Table(Vec<Item>),
}

/// A key with its value.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) key: String,
    pub(super) key_span: Range<usize>,
    pub(super) node: Node,
}

impl Node {
    /// A value that stands in no file: the default of a key.
    pub(super) fn made(raw: Raw) -> Self {
        Self { raw, span: 0..0 }
    }

    /// The items of a table, by key.
    pub(super) fn items(&self) -> Option<&[Item]> {
        match &self.raw {
            Raw::Table(items) => Some(items),
            _ => None,
        }
    }

    pub(super) fn item(&self, key: &str) -> Option<&Item> {
        let items = self.items()?;
        items.binary_search_by(|item| item.key.as_str().cmp(key)).ok().map(|n| &items[n])
    }

    pub(super) fn text(&self) -> Option<&str> {
        match &self.raw {
            Raw::Text(text) => Some(text),
            _ => None,
        }
    }

    /// What stands at a path below this node.
    fn at_mut(&mut self, path: &[Segment]) -> Option<&mut Self> {
        let Some((first, rest)) = path.split_first() else { return Some(self) };
        match (&mut self.raw, first) {
            (Raw::Table(items), Segment::Key(key)) => {
                let n = items.binary_search_by(|item| item.key.as_str().cmp(key)).ok()?;
                items[n].node.at_mut(rest)
            }
            (Raw::List(nodes), Segment::Index(n)) => nodes.get_mut(*n)?.at_mut(rest),
            _ => None,
        }
    }

    /// The text at a path below this node, if one stands there.
    pub(super) fn text_mut(&mut self, path: &[Segment]) -> Option<&mut String> {
        match &mut self.at_mut(path)?.raw {
            Raw::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Adds an item to a table: one that is not there, or a table whose items are not there. What cannot
    /// be added is given back.
    fn add(&mut self, item: Item) -> Option<Item> {
        let Raw::Table(items) = &mut self.raw else { return Some(item) };
        match items.binary_search_by(|other| other.key.cmp(&item.key)) {
            Err(n) => {
                items.insert(n, item);
                None
            }
            Ok(n) => {
                if items[n].node.items().is_none() {
                    return Some(item);
                }
                let Raw::Table(inner) = item.node.raw else { return Some(item) };
                for one in inner {
                    let Raw::Table(there) = &mut items[n].node.raw else { continue };
                    if let Err(at) = there.binary_search_by(|other| other.key.cmp(&one.key)) {
                        there.insert(at, one);
                    }
                }
                None
            }
        }
    }

    /// The items of the table that holds what a path leads to, and the key there.
    fn holder_mut<'a>(&mut self, path: &'a [Segment]) -> Option<(&mut Vec<Item>, &'a str)> {
        let [holder @ .., Segment::Key(key)] = path else { return None };
        match &mut self.at_mut(holder)?.raw {
            Raw::Table(items) => Some((items, key)),
            _ => None,
        }
    }

    /// What it is, for a sentence: "a number".
    pub(super) fn what(&self) -> &'static str {
        match self.raw {
            Raw::Text(_) => "a text",
            Raw::Integer(_) | Raw::Float(_) => "a bare number",
            Raw::Bool(_) => "true or false",
            Raw::Date(_) => "a date",
            Raw::List(_) => "a list",
            Raw::Table(_) => "a table",
        }
    }

    /// One line of TOML that says the same, keys sorted; for listings and for the hash.
    pub(super) fn canonical(&self) -> String {
        match &self.raw {
            Raw::Text(text) => format!("\"{}\"", text.escape_debug()),
            Raw::Integer(text) | Raw::Float(text) | Raw::Date(text) => text.clone(),
            Raw::Bool(value) => value.to_string(),
            Raw::List(nodes) => {
                format!("[{}]", nodes.iter().map(Self::canonical).collect::<Vec<_>>().join(", "))
            }
            Raw::Table(items) => {
                let one = |item: &Item| format!("{} = {}", key_text(&item.key), item.node.canonical());
                format!("{{ {} }}", items.iter().map(one).collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// A key as TOML writes it: quoted only where it must be.
fn key_text(key: &str) -> String {
    let bare = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if bare { key.to_owned() } else { format!("\"{}\"", key.escape_debug()) }
}

/// A scenario file: its text, and where in it each path stands.
#[derive(Clone, Debug)]
pub struct Document {
    pub(super) text: String,
    pub(super) root: Node,
    marks: Box<Marks>,
}

/// Places of the text.
#[derive(Clone, Debug, Default)]
struct Marks {
    /// Where each line begins.
    lines: Vec<usize>,
    /// Where TOML itself is broken; the path `[n]`, which no value can have, stands for the n-th.
    faults: Vec<Range<usize>>,
    /// Keys that are read elsewhere than they stand.
    relocated: BTreeMap<Path, Range<usize>>,
}

/// Dots of a key from which on `toml` does not read it.
const DEEPEST: usize = 79;

/// More faults of syntax than this are mostly echoes of the first.
const MOST_SYNTAX_FAULTS: usize = 10;

impl Document {
    /// A text of which nothing has been read.
    fn of_text(text: String) -> Self {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(n, _)| n + 1)).collect();
        let root = Node::made(Raw::Table(Vec::new()));
        Self { text, root, marks: Box::new(Marks { lines, ..Marks::default() }) }
    }

    /// Reads TOML. Faults of syntax go to `found`; the tree then holds what could be read.
    pub(super) fn parse(text: &str, found: &mut Diagnostics) -> Self {
        let mut document = Self::of_text(text.to_owned());
        if text.len() > limits::FILE_BYTES {
            found.push(Diagnostic::error(
                codes::LIMIT_FILE,
                Path::default(),
                format!("the file has {} bytes; a scenario may have {}", text.len(), limits::FILE_BYTES),
            ));
            return document;
        }
        let (table, errors) = DeTable::parse_recoverable(text);
        let mut last_line = None;
        for error in errors.iter().take(MOST_SYNTAX_FAULTS * 100) {
            // The parser goes on behind a fault, mostly to stumble over its echo in the next lines.
            let line = error.span().map(|span| document.line_at(span.start));
            let echo = last_line.zip(line).is_some_and(|(last, line)| (last..=last + 3).contains(&line));
            last_line = line.or(last_line);
            if !echo && found.all().len() < MOST_SYNTAX_FAULTS {
                document.fault(error.message(), error.span(), found);
            }
        }
        if errors.is_empty() {
            document.root = Node { span: table.span(), raw: convert_table(table.get_ref()) };
        }
        document
    }

    /// A document that is no text at all.
    pub(super) fn of_bytes(bytes: &[u8], found: &mut Diagnostics) -> Self {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let valid = std::str::from_utf8(bytes).map_or_else(|e| e.valid_up_to(), str::len);
        // The replacement character that stands for the bad bytes has three bytes.
        let bad = valid..(valid + 3).min(text.len());
        let fault = Diagnostic::error(codes::NOT_UTF8, Path::default().index(0), format!("byte {valid} is not UTF-8"));
        found.push(match bytes {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => fault.help("it begins as UTF-16 does: save it in UTF-8"),
            _ => fault.label("here the text ends").help("a scenario is a text file in UTF-8; save it in that encoding"),
        });
        let mut document = Self::of_text(text);
        document.marks.faults.push(bad);
        document
    }

    fn fault(&mut self, message: &str, span: Option<Range<usize>>, found: &mut Diagnostics) {
        let deep = message.contains("recurs");
        let at = span.as_ref().and_then(|span| self.text.get(span.start..)?.chars().next());
        let path = match span.or_else(|| self.many_dots().filter(|_| deep)) {
            Some(span) => {
                let span = self.clamp(span);
                self.marks.faults.push(span);
                Path::default().index(self.marks.faults.len() - 1)
            }
            None => Path::default(),
        };
        if deep {
            let fault = Diagnostic::error(codes::SYNTAX, path, "this is nested too deeply to be read");
            found.push(fault.help("no value of a scenario is more than six lists, tables or dotted keys deep"));
            return;
        }
        let mut lines = message.lines();
        let first = lines.next().unwrap_or("it cannot be read");
        let mut diagnostic = Diagnostic::error(codes::SYNTAX, path, format!("this is not TOML: {first}"));
        for line in lines {
            diagnostic = diagnostic.help(line);
        }
        if first.starts_with("invalid unquoted key") && at.is_some_and(char::is_alphabetic) {
            diagnostic = diagnostic.help("a name with other characters stands in quotes: `\"name\" = ...`");
        }
        found.push(diagnostic);
    }

    /// The first line with so many dots that it can be the key that the reader gave up on without
    /// saying where.
    fn many_dots(&self) -> Option<Range<usize>> {
        let mut start = 0;
        for line in self.text.split_inclusive('\n') {
            if line.bytes().filter(|b| *b == b'.').count() >= DEEPEST {
                return Some(self.clamp(start..start + line.trim_end().len()));
            }
            start += line.len();
        }
        None
    }

    /// Reads a key as if it stood elsewhere; the path where it stood still leads to it in the text. A
    /// table of the top is added to what is there. False: something else is there, and nothing is done.
    pub(super) fn relocate(&mut self, from: &Path, to: &Path) -> bool {
        let Some((items, key)) = self.root.holder_mut(&from.0) else { return false };
        let Ok(n) = items.binary_search_by(|item| item.key.as_str().cmp(key)) else { return false };
        let mut item = items.remove(n);
        let span = item.key_span.clone();
        let [head @ .., Segment::Key(name)] = to.0.as_slice() else { return false };
        let kept = std::mem::replace(&mut item.key, name.clone());
        if let [Segment::Key(table)] = head {
            // The catalogue that it belongs to may not be there yet.
            let made = Item { key: table.clone(), key_span: span.clone(), node: Node::made(Raw::Table(Vec::new())) };
            self.root.add(made);
        }
        let left = match self.root.at_mut(head) {
            Some(holder) => holder.add(item),
            None => Some(item),
        };
        if let Some(mut item) = left {
            item.key = kept;
            if let Some(holder) = from.0.split_last().and_then(|(_, holder)| self.root.at_mut(holder)) {
                holder.add(item);
            }
            return false;
        }
        self.marks.relocated.insert(from.clone(), span);
        true
    }

    /// Reads on as if a key were not there; its path still leads to it in the text.
    pub(super) fn remove(&mut self, path: &Path) {
        let Some((items, key)) = self.root.holder_mut(&path.0) else { return };
        if let Ok(n) = items.binary_search_by(|item| item.key.as_str().cmp(key)) {
            self.marks.relocated.insert(path.clone(), items.remove(n).key_span);
        }
    }

    /// Reads a key as if it had this value, whether it is there or not.
    pub(super) fn put(&mut self, path: &Path, value: Node) {
        let Some((items, key)) = self.root.holder_mut(&path.0) else { return };
        match items.binary_search_by(|item| item.key.as_str().cmp(key)) {
            Ok(n) => items[n].node = value,
            Err(n) => items.insert(n, Item { key: key.to_owned(), key_span: value.span.clone(), node: value }),
        }
    }

    /// A range within the text, on character boundaries.
    fn clamp(&self, span: Range<usize>) -> Range<usize> {
        let start = self.text.floor_char_boundary(span.start.min(self.text.len()));
        let end = self.text.ceil_char_boundary(span.end.clamp(start, self.text.len()));
        start..end
    }

    /// The bytes that a path stands for: of the nearest thing that is there if the path itself is
    /// not. `None`: the file as a whole.
    #[must_use]
    pub fn span(&self, path: &Path, part: Part) -> Option<Range<usize>> {
        if let [Segment::Index(n)] = path.0.as_slice() {
            return self.marks.faults.get(*n).cloned();
        }
        if let Some(span) = self.marks.relocated.get(path) {
            return Some(self.clamp(span.clone()));
        }
        let mut node = &self.root;
        let mut best = None;
        for (depth, segment) in path.0.iter().enumerate() {
            let last = depth + 1 == path.0.len();
            match (segment, &node.raw) {
                (Segment::Key(key), Raw::Table(_)) => {
                    let Some(item) = node.item(key) else { return best };
                    node = &item.node;
                    best = Some(if last && part == Part::Value { node.span.clone() } else { item.key_span.clone() });
                }
                (Segment::Index(n), Raw::List(nodes)) => {
                    let Some(inner) = nodes.get(*n) else { return best };
                    node = inner;
                    best = Some(node.span.clone());
                }
                _ => return best,
            }
        }
        best.map(|span| self.clamp(span))
    }

    /// The line, from 1, of the key or list entry that a path names; `None` if it is not there.
    #[must_use]
    pub fn line_of(&self, path: &Path) -> Option<usize> {
        self.span(path, Part::Key).map(|span| self.line_at(span.start))
    }

    /// The line, from 1, in which a byte stands.
    pub(super) fn line_at(&self, byte: usize) -> usize {
        self.marks.lines.partition_point(|start| *start <= byte)
    }

    /// Where a line, from 1, begins.
    pub(super) fn line_start(&self, line: usize) -> usize {
        self.marks.lines.get(line - 1).copied().unwrap_or(self.text.len())
    }

    /// The text of the file.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

fn convert(value: &Spanned<DeValue<'_>>) -> Node {
    let raw = match value.get_ref() {
        DeValue::String(text) => Raw::Text(text.to_string()),
        DeValue::Integer(integer) => Raw::Integer(
            i128::from_str_radix(integer.as_str(), integer.radix())
                .map_or_else(|_| integer.to_string(), |value| value.to_string()),
        ),
        DeValue::Float(float) => Raw::Float(float.as_str().to_owned()),
        DeValue::Boolean(value) => Raw::Bool(*value),
        DeValue::Datetime(date) => Raw::Date(date.to_string()),
        DeValue::Array(values) => Raw::List(values.iter().map(convert).collect()),
        DeValue::Table(table) => convert_table(table),
    };
    Node { raw, span: value.span() }
}

fn convert_table(table: &DeTable<'_>) -> Raw {
    let mut items: Vec<Item> = table
        .iter()
        .map(|(key, value)| Item { key: key.get_ref().to_string(), key_span: key.span(), node: convert(value) })
        .collect();
    // `toml` sorts by itself unless some crate of the build turns `preserve_order` on.
    items.sort_by(|a, b| a.key.cmp(&b.key));
    Raw::Table(items)
}
