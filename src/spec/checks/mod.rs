//! Checks of the scenario as a whole, after every entry has been read on its own.

mod copies;
mod helpless;
mod plans;
mod quorums;
mod retention;
mod scopes;
mod streams;
mod tiers;
mod transfers;
mod unused;

use super::document::Document;
use crate::diag::{Diagnostic, Path};
use crate::id::{AccountId, CopyId, FailureId};
use crate::model::{Failure, FailureKind, Scenario, Target, TierService};

/// What checks see, and what they have found.
pub(super) struct Checks<'a> {
    pub(super) scenario: &'a Scenario,
    document: &'a Document,
    found: Vec<Diagnostic>,
}

/// All findings about the whole.
pub(super) fn check(scenario: &Scenario, document: &Document) -> Vec<Diagnostic> {
    let mut checks = Checks { scenario, document, found: Vec::new() };
    tiers::check(&mut checks);
    copies::check(&mut checks);
    quorums::check(&mut checks);
    retention::check(&mut checks);
    transfers::check(&mut checks);
    plans::check(&mut checks);
    scopes::check(&mut checks);
    helpless::check(&mut checks);
    streams::check(&mut checks);
    unused::check(&mut checks);
    checks.found
}

impl Checks<'_> {
    fn push(&mut self, diagnostic: Diagnostic) {
        if !self.found.contains(&diagnostic) {
            self.found.push(diagnostic);
        }
    }

    /// Where a key of an entry really stands: with the sibling if the entry takes it from there;
    /// the entry itself if it is not given.
    fn at(&self, table: &str, name: &str, key: &str) -> Path {
        let own = Path::keys(&[table, name]);
        let entry = |name: &str| self.document.root.item(table).and_then(|t| t.node.item(name)).map(|i| &i.node);
        let Some(node) = entry(name) else { return own };
        if node.item(key).is_some() {
            return own.key(key);
        }
        let sibling = node.item("like").and_then(|i| i.node.text());
        match sibling.filter(|s| entry(s).is_some_and(|n| n.item(key).is_some())) {
            Some(sibling) => Path::keys(&[table, sibling, key]),
            None => own,
        }
    }

    fn copy_at(&self, copy: CopyId, key: &str) -> Path {
        self.at("copies", &self.scenario.copies[copy].name, key)
    }

    /// Where `hits` or `each` of a failure stands.
    fn hits_at(&self, failure: &Failure) -> Path {
        self.at("failures", &failure.name, if failure.each { "each" } else { "hits" })
    }

    /// Where a list of a strategy or its service names something.
    fn listed_at(&self, service: &TierService, key: &str, name: &str) -> Path {
        let strategy = &self.scenario.strategies[service.strategy].name;
        let owner = &self.scenario.services[service.service].name;
        for (table, entry) in [("strategies", strategy), ("services", owner)] {
            let list = self.at(table, entry, key);
            let node = list.0.iter().try_fold(&self.document.root, |node, segment| match segment {
                crate::diag::Segment::Key(key) => node.item(key).map(|i| &i.node),
                crate::diag::Segment::Index(_) => None,
            });
            let Some(super::document::Raw::List(nodes)) = node.map(|n| &n.raw) else { continue };
            if let Some(n) = nodes.iter().position(|n| n.text() == Some(name)) {
                return list.index(n);
            }
        }
        Path::keys(&["strategies", strategy])
    }

    /// Failures of a kind with their ids.
    fn failures(&self, kind: FailureKind) -> Vec<(FailureId, &Failure)> {
        self.scenario.failures.iter().filter(|(_, f)| f.kind == kind).collect()
    }

    /// Accounts that some compromise takes.
    fn taken_accounts(&self) -> Vec<AccountId> {
        let members = self.scenario.failures.rows().iter().filter(|f| f.kind == FailureKind::Compromise);
        let targets = members.flat_map(|f| &f.members).flat_map(|m| &m.targets);
        targets.filter_map(|t| if let Target::Account(account) = t { Some(*account) } else { None }).collect()
    }
}

/// Names for a sentence, at most a handful.
fn names<'a>(all: impl Iterator<Item = &'a str>) -> String {
    const MOST: usize = 6;
    let all: Vec<&str> = all.collect();
    let mut shown: Vec<String> = all.iter().take(MOST).map(|name| super::names::quote(name)).collect();
    if all.len() > MOST {
        shown.push(format!("{} more", all.len() - MOST));
    }
    super::names::join(&shown.iter().map(String::as_str).collect::<Vec<_>>(), "and")
}
