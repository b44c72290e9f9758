//! The top of the file, drills, runbook and the design space.

use super::document::{Item, Node, Raw};
use super::keys::{DRILLS, EXPLORE, RUNBOOK, TABLES, TOP};
use super::names::{Sort, closest, join, quote};
use super::read::{Entry, Reader, Show, Shown};
use super::{codes, delays, limits, services, values};
use crate::diag::{Diagnostic, Path, Segment};
use crate::id::{Id, PlanId, Table, TierId};
use crate::model::{Drill, Explore, ExploreAxis, Factor, Law, Runbook, normal_quantile};

/// Reads the keys at the top that are not tables of entries; false: the tables cannot be read.
pub(super) fn read_top(cx: &mut Reader<'_>) -> bool {
    let document = cx.document;
    let Some(mut entry) = Entry::new(cx, &TOP, &document.root, Path::default(), None) else { return false };
    if let Some(version) = entry.get(cx, "drplan", version).filter(|v| *v != 1) {
        let message = format!("version {version} of the language is not known");
        cx.push(Diagnostic::error(codes::VERSION, entry.at("drplan"), message).help("this program reads version 1"));
    }
    cx.parts.title = entry.get(cx, "title", values::text).map(|t| t.0).unwrap_or_default();
    if let Some(currency) = entry.get(cx, "currency", values::text) {
        cx.parts.currency = currency.0;
    }
    let mut needed = ["places", "failures", "services", "strategies"].to_vec();
    needed.retain(|key| !entry.has(key));
    cx.broken |= !needed.is_empty();
    match needed.as_slice() {
        [one] => entry.missing(cx, one),
        [] => {}
        several => {
            let all: Vec<String> = several.iter().map(|key| format!("`{key}`")).collect();
            let all = join(&all.iter().map(String::as_str).collect::<Vec<_>>(), "and");
            let fault =
                Diagnostic::error(codes::MISSING_KEY, Path::default(), format!("the file needs the tables {all}"));
            cx.push(fault.help("`drplan new` writes a scenario to begin with"));
        }
    }
    for sort in Sort::ALL.into_iter().filter(|s| *s != Sort::Account) {
        if let Some((node, path)) = entry.node(sort.table()) {
            match node.items() {
                None => {
                    let example = if sort == Sort::Role { ": `{ sre = 2 }`" } else { "" };
                    let example = match &node.raw {
                        Raw::List(_) => format!(", with a name for each entry: [{}.NAME]", sort.table()),
                        _ => example.to_owned(),
                    };
                    cx.wrong_type(node, &path, &format!("a table{example}"));
                    cx.broken = true;
                }
                Some([]) if matches!(sort, Sort::Place | Sort::Failure | Sort::Service | Sort::Strategy) => {
                    let message = format!("[{}] is empty: a scenario needs {} there", sort.table(), sort.a());
                    cx.push(Diagnostic::error(codes::EMPTY_LIST, path, message).on_key());
                    cx.broken = true;
                }
                Some(_) => {}
            }
        }
    }
    true
}

fn version(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<u32> {
    values::whole(cx, node, path, 0, u64::from(u32::MAX), codes::VERSION)
}

impl Show for Factor {
    fn show(&self) -> Option<Shown> {
        let delay = self.as_delay();
        let human = match delay.law() {
            Law::LogNormal { sigma, .. } => {
                format!("lognormal: median 1, p95 {:.2} (sigma {sigma:.3})", delay.quantile(0.95))
            }
            _ => format!("uniform: {} to {}", delay.min(), delay.max()),
        };
        Some(Shown { human, exact: delay.to_string() })
    }
}

/// A factor with median 1.
fn factor(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<Factor> {
    let Some(items) = node.items() else {
        cx.push(
            Diagnostic::error(codes::WRONG_TYPE, path.clone(), format!("this takes a table, not {}", node.what()))
                .help("people at least twice as slow in one incident of twenty is `{ p95 = 2 }`"),
        );
        return None;
    };
    let keys: Vec<&str> = items.iter().map(|i| i.key.as_str()).collect();
    if ![&["p95"][..], &["sigma"], &["high", "low"]].contains(&keys.as_slice()) {
        let fault = Diagnostic::error(codes::BAD_DISTRIBUTION, path.clone(), "this is no factor with median 1");
        cx.push(fault.help("a factor is { p95 }, { sigma } or { low, high }"));
        return None;
    }
    let values: Vec<Option<f64>> =
        items.iter().map(|item| values::number(cx, &item.node, &path.key(&item.key))).collect();
    let values: Vec<f64> = values.into_iter().collect::<Option<_>>()?;
    let made = match (keys.as_slice(), values.as_slice()) {
        (["p95"], [p95]) if *p95 < 1.0 => Err("needs a p95 of at least 1, its median"),
        (["p95"], [p95]) => Factor::lognormal(libm::log(*p95) / normal_quantile(0.95)),
        (["sigma"], [sigma]) => Factor::lognormal(*sigma),
        (_, [high, low]) => Factor::uniform(*low, *high),
        _ => return None,
    };
    made.map_err(|why| cx.error(codes::BAD_DISTRIBUTION, path, format!("this factor {why}"))).ok()
}

struct TierName(TierId);

impl Show for TierName {}

fn tier(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<TierName> {
    // With one service and no [tiers] each strategy is a tier of its name.
    let sort = if cx.names.len(Sort::Tier) == 0 { Sort::Strategy } else { Sort::Tier };
    cx.refer(&[sort], node, path).map(|(_, n)| TierName(TierId::from_index(n)))
}

/// Reads what refers to all the rest: the chosen tier, the application's objectives, drills,
/// runbook, design space; and the currency, now that all prices are known.
pub(super) fn read_rest(cx: &mut Reader<'_>) {
    let document = cx.document;
    let Some(mut top) = Entry::new(cx, &TOP, &document.root, Path::default(), None) else { return };
    cx.parts.stress = top.get(cx, "stress", factor);
    if cx.parts.stress.is_some() && !cx.broken && cx.parts.steps.rows().iter().all(|step| step.role.is_none()) {
        let message = "`stress` means nothing: no step has a `role`, so no step is done by people";
        cx.push(Diagnostic::error(codes::USELESS_KEY, top.at("stress"), message).on_key());
    }
    cx.parts.chosen = top.get(cx, "chosen", tier).map(|t| t.0);
    cx.parts.objectives = services::read_objectives(cx, &top);
    read_drills(cx);
    read_runbook(cx, &top);
    read_explore(cx, &top);
    // A currency that stands below the wrong header is reported there.
    let strayed =
        |d: &Diagnostic| d.labels.iter().any(|l| l.path.0.last() == Some(&Segment::Key("currency".to_owned())));
    if !top.has("currency") && !cx.found.all().iter().any(strayed) {
        if let Some(price) = cx.price.clone() {
            let fault = Diagnostic::error(codes::MISSING_CURRENCY, price, "a price without a currency");
            cx.push(fault.help("add `currency = \"USD\"`, or whatever the prices are in, at the top of the file"));
        } else {
            cx.parts.currency = "USD".to_owned();
            top.note(cx, "currency", "\"USD\"".to_owned(), "the file holds no price");
        }
    }
}

fn read_drills(cx: &mut Reader<'_>) {
    let mut rows = Vec::new();
    for name in cx.all_names(Sort::Drill) {
        let Some(mut entry) = cx.entry(Sort::Drill, &name, &DRILLS) else { continue };
        let _ = entry.get(cx, "title", values::text);
        let plan = entry.get(cx, "plan", values::plan);
        let every = entry.get(cx, "every", values::span).unwrap_or_default();
        let interrupts = entry.get(cx, "interrupts", delays::of_lifetimes);
        let price_per_drill = entry.get(cx, "per_drill", values::money);
        let source = entry.get(cx, "source", values::text).map(|t| t.0);
        let plan = plan.unwrap_or(PlanId::from_index(0));
        rows.push(Drill { name, plan, every, interrupts, price_per_drill, source });
    }
    cx.parts.drills = Table::new(rows);
}

/// A table of texts, by name.
fn named_texts(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<values::Listed<(String, String)>> {
    let Some(items) = node.items() else {
        cx.wrong_type(node, path, "a table: `{ NAME = \"what it stands for\" }`");
        return None;
    };
    if items.len() > limits::ENTRIES {
        cx.error(codes::LIMIT_ENTRIES, path, format!("{} names; {} are allowed", items.len(), limits::ENTRIES));
        return None;
    }
    let one = |item: &Item| Some((item.key.clone(), values::text(cx, &item.node, &path.key(&item.key))?.0));
    let all: Vec<Option<(String, String)>> = items.iter().map(one).collect();
    all.into_iter().collect::<Option<Vec<_>>>().map(values::Listed)
}

fn read_runbook<'d>(cx: &mut Reader<'d>, top: &Entry<'d>) {
    let Some((node, path)) = top.node("runbook") else { return };
    let Some(mut entry) = Entry::new(cx, &RUNBOOK, node, path, None) else { return };
    cx.parts.runbook = Runbook {
        owner: entry.get(cx, "owner", values::text).map(|t| t.0),
        reviewed: entry.get(cx, "reviewed", values::date).map(|t| t.0),
        scope: entry.get(cx, "scope", values::text).map(|t| t.0),
        not_copied: entry.get(cx, "not_copied", values::texts).map(|l| l.0).unwrap_or_default(),
        messages: entry.get(cx, "messages", values::texts).map(|l| l.0).unwrap_or_default(),
        on_call: entry.get(cx, "on_call", values::text).map(|t| t.0),
        declares: entry.get(cx, "declares", values::text).map(|t| t.0),
        preflight: entry.get(cx, "preflight", values::texts).map(|l| l.0).unwrap_or_default(),
        reconcile: entry.get(cx, "reconcile", values::text).map(|t| t.0),
        variables: entry.get(cx, "variables", named_texts).map(|l| l.0).unwrap_or_default(),
    };
}

struct Axes;

impl Show for Axes {}

fn axes(_: &mut Reader<'_>, _: &Node, _: &Path) -> Option<Axes> {
    Some(Axes)
}

fn read_explore<'d>(cx: &mut Reader<'d>, top: &Entry<'d>) {
    let Some((node, path)) = top.node("explore") else { return };
    let Some(mut entry) = Entry::new(cx, &EXPLORE, node, path, None) else { return };
    let optional = entry.get(cx, "optional", values::copies).map(|l| l.0).unwrap_or_default();
    let mut vary = Vec::new();
    let given = entry.get(cx, "vary", axes);
    if let Some((node, path)) = entry.node("vary").filter(|_| given.is_some()) {
        collect_axes(cx, node, &path, path.0.len(), &mut vary);
    }
    cx.parts.explore = Some(Explore { optional, vary });
}

/// Walks nested tables down to the lists of values.
fn collect_axes(cx: &mut Reader<'_>, node: &Node, path: &Path, skip: usize, vary: &mut Vec<ExploreAxis>) {
    match &node.raw {
        Raw::Table(items) => {
            for item in items {
                collect_axes(cx, &item.node, &path.key(&item.key), skip, vary);
            }
        }
        Raw::List(nodes) if path.0.len() > skip => {
            if nodes.is_empty() {
                cx.error(codes::EMPTY_LIST, path, "this list is empty: there is nothing to vary over");
            }
            let target = Path(path.0[skip..].to_vec());
            check_axis(cx, &target, path);
            let values =
                nodes.iter().map(|n| cx.document.text.get(n.span.clone()).unwrap_or_default().to_owned()).collect();
            vary.push(ExploreAxis { path: target.to_string(), values });
        }
        _ => cx.wrong_type(node, path, "a list of values under the path of a key, `copies.nightly.every = [...]`"),
    }
}

/// Whether the path of an axis names a key of an entry that is there.
fn check_axis(cx: &mut Reader<'_>, target: &Path, path: &Path) {
    let names: Vec<&str> = target
        .0
        .iter()
        .filter_map(|s| match s {
            Segment::Key(key) => Some(key.as_str()),
            Segment::Index(_) => None,
        })
        .collect();
    let (Some(table), Some(entry), Some(key)) = (names.first(), names.get(1), names.get(2)) else {
        let message = format!("{} is no path of a key", quote(&target.to_string()));
        let quoted = names.first().filter(|name| name.contains('.'));
        let help = quoted.map_or_else(
            || "a path is the table, the name and the key, such as `copies.nightly.every`".to_owned(),
            |bare| format!("leave out the quotes: {bare} = [...]"),
        );
        return cx.push(Diagnostic::error(codes::UNKNOWN_NAME, path.clone(), message).help(help));
    };
    let Some(keys) = TABLES.iter().find(|t| t.name == *table) else {
        return cx.error(codes::UNKNOWN_NAME, path, format!("{} is no table of the language", quote(table)));
    };
    let document = cx.document;
    let found = document.root.item(table).and_then(|t| t.node.item(entry));
    if found.is_none() {
        cx.error(codes::UNKNOWN_NAME, path, format!("there is no {} in [{table}]", quote(entry)));
    } else if keys.get(key).is_none() {
        let fault =
            Diagnostic::error(codes::UNKNOWN_KEY, path.clone(), format!("{} is no key of [{table}]", quote(key)));
        let near = closest(key, keys.keys.iter().map(|k| k.name));
        cx.push(match near {
            Some(near) => fault.help(format!("did you mean `{near}`?")),
            None => fault,
        });
    }
}
