//! A scenario file as a value: tables of rows that a test can change, shuffle, rename and print.

use std::collections::BTreeMap;

use super::random::Random;

/// What stands to the right of a row's name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    /// As it is.
    Raw(String),
    /// An inline table.
    Keys(Vec<(String, String)>),
}

/// A scenario file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Document {
    /// Keys at the top.
    pub(crate) head: Vec<(String, String)>,
    /// Tables in the order of the file, each with its rows.
    pub(crate) tables: Vec<(String, Vec<(String, Cell)>)>,
}

impl Document {
    /// Adds a key at the top.
    pub(crate) fn top(&mut self, key: &str, value: impl Into<String>) {
        self.head.push((key.to_owned(), value.into()));
    }

    fn rows_mut(&mut self, table: &str) -> &mut Vec<(String, Cell)> {
        let at = self.tables.iter().position(|(name, _)| name == table).unwrap_or_else(|| {
            self.tables.push((table.to_owned(), Vec::new()));
            self.tables.len() - 1
        });
        &mut self.tables[at].1
    }

    /// Adds a row that is one value.
    pub(crate) fn raw(&mut self, table: &str, row: &str, value: impl Into<String>) {
        self.rows_mut(table).push((row.to_owned(), Cell::Raw(value.into())));
    }

    /// Adds a row that is an inline table; keys with an empty value are left out.
    pub(crate) fn row(&mut self, table: &str, row: &str, keys: &[(&str, String)]) {
        let keys = keys.iter().filter(|(_, v)| !v.is_empty()).map(|(k, v)| ((*k).to_owned(), v.clone())).collect();
        self.rows_mut(table).push((row.to_owned(), Cell::Keys(keys)));
    }

    /// The names of a table's rows.
    pub(crate) fn names(&self, table: &str) -> Vec<String> {
        self.tables
            .iter()
            .filter(|(t, _)| t == table)
            .flat_map(|(_, rows)| rows.iter().map(|(n, _)| n.clone()))
            .collect()
    }

    /// A value of a row.
    pub(crate) fn get(&self, table: &str, row: &str, key: &str) -> Option<&str> {
        let rows = &self.tables.iter().find(|(t, _)| t == table)?.1;
        match &rows.iter().find(|(name, _)| name == row)?.1 {
            Cell::Keys(keys) => keys.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str()),
            Cell::Raw(_) => None,
        }
    }

    /// Sets a value of a row that exists; an empty one takes the key out.
    pub(crate) fn set(&mut self, table: &str, row: &str, key: &str, value: &str) {
        let rows = self.rows_mut(table);
        let Some((_, Cell::Keys(keys))) = rows.iter_mut().find(|(name, _)| name == row) else {
            panic!("no row {table}.{row}");
        };
        keys.retain(|(k, _)| k != key);
        if !value.is_empty() {
            keys.push((key.to_owned(), value.to_owned()));
        }
    }

    /// The same content in another order of tables, rows and keys.
    pub(crate) fn shuffled(&self, random: &mut Random) -> Self {
        let mut copy = self.clone();
        random.shuffle(&mut copy.head);
        random.shuffle(&mut copy.tables);
        for (_, rows) in &mut copy.tables {
            random.shuffle(rows);
            for (_, cell) in rows {
                if let Cell::Keys(keys) = cell {
                    random.shuffle(keys);
                }
            }
        }
        copy
    }

    /// Every name that the file gives to something.
    pub(crate) fn all_names(&self) -> Vec<String> {
        const FIXED: [&str; 2] = ["drills", "runbook"];
        let mut names: Vec<String> = Vec::new();
        for (table, rows) in self.tables.iter().filter(|(t, _)| !FIXED.contains(&t.as_str())) {
            for (name, cell) in rows {
                names.push(name.clone());
                if let (Cell::Raw(value), "places") = (cell, table.as_str()) {
                    names.extend(tokens(value).into_iter().filter(|(_, is_name)| *is_name).map(|(t, _)| t));
                }
            }
        }
        for (_, value) in self.head.iter().filter(|(key, _)| key == "accounts" || key == "roles") {
            let quoted =
                tokens(value).into_iter().filter(|(t, is_name)| *is_name && t.starts_with(char::is_alphabetic));
            names.extend(quoted.map(|(t, _)| t));
        }
        names.sort();
        names.dedup();
        names
    }

    /// The same file with other names; every name must be a word of its own in the text.
    pub(crate) fn renamed(&self, new_name: impl Fn(&str) -> String) -> Self {
        let map: BTreeMap<String, String> = self.all_names().into_iter().map(|n| (n.clone(), new_name(&n))).collect();
        let text =
            |s: &str| -> String { tokens(s).into_iter().map(|(t, _)| map.get(&t).cloned().unwrap_or(t)).collect() };
        let mut copy = self.clone();
        for (_, value) in &mut copy.head {
            *value = text(value);
        }
        for (_, rows) in &mut copy.tables {
            for (name, cell) in rows {
                *name = text(name);
                match cell {
                    Cell::Raw(value) => *value = text(value),
                    // Keys are words of the language, or names (of failures in objectives).
                    Cell::Keys(keys) => keys.iter_mut().for_each(|(_, v)| *v = text(v)),
                }
            }
        }
        copy
    }

    /// As TOML.
    pub(crate) fn text(&self) -> String {
        let mut out = String::new();
        for (key, value) in &self.head {
            out.push_str(&format!("{key} = {value}\n"));
        }
        for (table, rows) in &self.tables {
            out.push_str(&format!("\n[{table}]\n"));
            for (name, cell) in rows {
                match cell {
                    Cell::Raw(value) => out.push_str(&format!("{name} = {value}\n")),
                    Cell::Keys(keys) => {
                        let inner: Vec<String> = keys.iter().map(|(k, v)| format!("{k} = {v}")).collect();
                        out.push_str(&format!("{name} = {{ {} }}\n", inner.join(", ")));
                    }
                }
            }
        }
        out
    }
}

/// Splits a text into words (letters, digits, `-`, `_`) and what lies between them.
fn tokens(text: &str) -> Vec<(String, bool)> {
    let mut out: Vec<(String, bool)> = Vec::new();
    for c in text.chars() {
        let word = c.is_alphanumeric() || c == '-' || c == '_';
        match out.last_mut() {
            Some((last, kind)) if *kind == word => last.push(c),
            _ => out.push((c.to_string(), word)),
        }
    }
    out
}
