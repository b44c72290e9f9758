//! Values of `explore.vary`: each is read where it would stand, so that it is held to all that the key
//! it stands in for is held to.

use super::document::{Document, Item, Node, Raw};
use super::names::Names;
use super::read::Reader;
use crate::diag::{Diagnostic, Diagnostics, Label, Path, Segment, Severity};

/// Bytes of files read for it: beyond that only time would be lost. Some seconds; a scenario that a
/// person would write has thousands of values before.
const MOST_BYTES: usize = 100 << 20;

/// Faults of the values, each underlined in its list. For a file that has no fault itself.
pub(super) fn check(document: &Document, found: &mut Diagnostics) {
    let Some(vary) = document.root.item("explore").and_then(|e| e.node.item("vary")) else { return };
    let mut lists = Vec::new();
    gather(&vary.node, &Path::keys(&["explore", "vary"]), &mut lists);
    let values = lists.iter().flat_map(|(path, nodes)| nodes.iter().enumerate().map(move |(n, node)| (path, n, node)));
    let mut meant = document.clone();
    for (path, n, node) in values.take(MOST_BYTES / document.text.len().max(1)) {
        let target = &path.0[2..];
        let Some(old) = replace(&mut meant.root, target, Some(node.clone())) else { continue };
        if let Some(fault) = fault_of(&meant, target) {
            found.push(moved(fault, target, &path.index(n)));
        }
        replace(&mut meant.root, target, old);
    }
}

/// The lists of values below a table, each with its path.
fn gather<'a>(node: &'a Node, path: &Path, lists: &mut Vec<(Path, &'a [Node])>) {
    match &node.raw {
        Raw::Table(items) => items.iter().for_each(|item| gather(&item.node, &path.key(&item.key), lists)),
        Raw::List(nodes) => lists.push((path.clone(), nodes)),
        _ => {}
    }
}

/// Puts a value at a path, or takes it away, and gives back what stood there. `None`: there is no such
/// place, and nothing was done.
fn replace(root: &mut Node, path: &[Segment], value: Option<Node>) -> Option<Option<Node>> {
    let (Segment::Key(key), rest) = path.split_first()? else { return None };
    let Raw::Table(items) = &mut root.raw else { return None };
    let place = items.binary_search_by(|item| item.key.as_str().cmp(key));
    match (place, rest.is_empty()) {
        (Ok(n), false) => replace(&mut items[n].node, rest, value),
        (Err(_), false) => None,
        (Ok(n), true) => Some(Some(match value {
            Some(value) => std::mem::replace(&mut items[n].node, value),
            None => items.remove(n).node,
        })),
        (Err(n), true) => {
            if let Some(node) = value {
                items.insert(n, Item { key: key.clone(), key_span: node.span.clone(), node });
            }
            Some(None)
        }
    }
}

/// The first fault of a file, one of the value itself before one that follows from it.
fn fault_of(meant: &Document, target: &[Segment]) -> Option<Diagnostic> {
    let mut found = Diagnostics::default();
    let names = Names::gather(meant, &mut found);
    let mut cx = Reader::new(meant, names, found);
    super::read_all(&mut cx);
    let faults = || cx.found.all().iter().filter(|d| d.severity == Severity::Error);
    let own = faults().find(|d| d.labels.first().is_some_and(|label| label.path.0.starts_with(target)));
    own.or_else(|| faults().next()).cloned()
}

/// A fault as one of the list of values: what is within the value is underlined there.
fn moved(fault: Diagnostic, target: &[Segment], path: &Path) -> Diagnostic {
    let mut moved = Diagnostic::error(fault.code, path.clone(), fault.message);
    let within = |label: &Label| label.path.0.strip_prefix(target).map(<[Segment]>::to_vec);
    if let Some((label, rest)) = fault.labels.first().and_then(|label| Some((label, within(label)?))) {
        let mut at = path.clone();
        at.0.extend(rest);
        moved = Diagnostic::error(fault.code, at, moved.message).label(label.text.clone());
    }
    moved.help = fault.help;
    moved
}
