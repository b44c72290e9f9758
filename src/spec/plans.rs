//! Steps, plans and the graphs that their lists of steps say.

use super::document::{Node, Raw};
use super::keys::{PLANS, STEPS};
use super::names::{Sort, join, quote};
use super::read::{Entry, Reader, Show};
use super::values::{Listed, filled};
use super::{codes, delays, graph, limits, values};
use crate::diag::{Diagnostic, Path};
use crate::id::{CopyId, DataId, ExternalId, Id, StepId, Table};
use crate::model::{Commit, GraphNode, Phase, Plan, Step, StepGraph, Volume, WhenShort, Work};
use crate::units::Probability;

/// Reads steps, then plans.
pub(super) fn read(cx: &mut Reader<'_>) {
    read_steps(cx);
    read_plans(cx);
}

impl Show for Volume {}

fn moves(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<Volume> {
    volume(cx, node, path, &[Sort::Data, Sort::Copy])
}

fn replays(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<Volume> {
    volume(cx, node, path, &[Sort::Data, Sort::External])
}

/// `"from"`, a name, or a size; what begins with a digit and is no name is a size.
fn volume(cx: &mut Reader<'_>, node: &Node, path: &Path, sorts: &[Sort]) -> Option<Volume> {
    let Some(text) = node.text() else {
        return values::size(cx, node, path).map(Volume::Fixed);
    };
    if text == "from" {
        return Some(Volume::From);
    }
    let numeric = text.trim_start().starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'));
    if numeric && cx.names.find(&Sort::ALL, text).is_none() {
        return values::size(cx, node, path).map(Volume::Fixed);
    }
    let (sort, n) = cx.refer(sorts, node, path)?;
    Some(match sort {
        Sort::Data => Volume::Data(DataId::from_index(n)),
        Sort::Copy => Volume::Copy(CopyId::from_index(n)),
        _ => Volume::External(ExternalId::from_index(n)),
    })
}

/// One pool or a list of them.
fn starts(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<Listed<crate::id::PoolId>> {
    if node.text().is_some() {
        values::pool(cx, node, path).map(|pool| Listed(vec![pool]))
    } else {
        values::pools(cx, node, path)
    }
}

fn read_steps(cx: &mut Reader<'_>) {
    let mut rows = Vec::new();
    for name in cx.all_names(Sort::Step) {
        let Some(mut entry) = cx.entry(Sort::Step, &name, &STEPS) else {
            cx.broken = true;
            continue;
        };
        let phases: Vec<&'static str> = Phase::ALL.iter().map(|p| p.word()).collect();
        let word = entry.word(cx, "phase", &phases);
        let phase = Phase::ALL.into_iter().find(|p| Some(p.word()) == word);
        if phase.is_none() {
            cx.broken = true;
        }
        let takes = entry.get(cx, "takes", delays::delay);
        let work = read_work(cx, &mut entry);
        let list = entry.get(cx, "starts", starts);
        let starts = filled(cx, list, &entry.at("starts"), "leave the key out if the step starts nothing");
        if starts.is_empty() && entry.has("starts") {
            // Which pools plans find cold depends on it.
            cx.broken = true;
        }
        // With one of the keys of a transfer, it is a transfer that does not say of what.
        if !["takes", "moves", "replays"].iter().chain(&OF_WORK).any(|k| entry.has(k)) {
            let message = format!("step {} takes no time: it has none of `takes`, `moves`, `replays`", quote(&name));
            cx.push(
                Diagnostic::error(codes::STEP_WITHOUT_TIME, entry.path.clone(), message)
                    .on_key()
                    .help("write `takes = \"0s\"` if it really takes none"),
            );
        }
        if starts.is_empty() && entry.has("memory") {
            let message = "`memory` means nothing without `starts`";
            cx.push(Diagnostic::error(codes::USELESS_KEY, entry.at("memory"), message).on_key());
        }
        let mut text = |cx: &mut Reader<'_>, key| entry.get(cx, key, values::text).map(|t| t.0);
        let (title, run, check) = (text(cx, "title"), text(cx, "run"), text(cx, "check"));
        let (expect, if_fails) = (text(cx, "expect"), text(cx, "if_fails"));
        let (rollback, source) = (text(cx, "rollback"), text(cx, "source"));
        rows.push(Step {
            name,
            title,
            phase: phase.unwrap_or(Phase::Decide),
            takes,
            work,
            role: entry.get(cx, "role", values::role),
            starts,
            fails: read_fails(cx, &mut entry),
            retries: entry.get(cx, "retries", values::retries).unwrap_or_default(),
            memory: entry.get(cx, "memory", values::size),
            shared: entry.get(cx, "shared", values::boolean).unwrap_or_default(),
            background: entry.get(cx, "background", values::boolean).unwrap_or_default(),
            run,
            check,
            expect,
            if_fails,
            rollback,
            source,
        });
    }
    cx.parts.steps = Table::new(rows);
}

fn read_fails(cx: &mut Reader<'_>, entry: &mut Entry<'_>) -> Probability {
    let always = "every attempt fails: no plan with this step could ever succeed";
    let fails = values::not_always(cx, entry, "fails", always);
    if !entry.has("fails") && entry.has("retries") {
        let message = "a step that never fails is never tried again";
        let advice = Diagnostic::advice(codes::USELESS_KEY, entry.at("retries"), message);
        cx.push(advice.on_key().help("say how often an attempt fails, such as `fails = \"5%\"`"));
    }
    fails
}

/// Keys that say how something is moved or replayed.
const OF_WORK: [&str; 3] = ["rate", "streams", "over"];

fn read_work(cx: &mut Reader<'_>, entry: &mut Entry<'_>) -> Option<Work> {
    let moved = entry.get(cx, "moves", moves);
    let replayed = entry.get(cx, "replays", replays);
    if !entry.has("moves") && !entry.has("replays") {
        let given: Vec<&str> = OF_WORK.iter().copied().filter(|key| entry.has(key)).collect();
        if let Some((first, others)) = given.split_first() {
            let quoted: Vec<String> = given.iter().map(|key| quote(key)).collect();
            let all = join(&quoted.iter().map(String::as_str).collect::<Vec<_>>(), "and");
            let mean = if others.is_empty() { "means" } else { "mean" };
            let message = format!("{all} {mean} nothing without `moves` or `replays`");
            let fault = Diagnostic::error(codes::USELESS_KEY, entry.at(first), message).on_key();
            cx.push(others.iter().fold(fault, |fault, key| fault.also_key(entry.at(key), "")));
        }
        return None;
    }
    let rate = entry.get(cx, "rate", values::pace);
    let streams = entry.get(cx, "streams", values::streams).unwrap_or(1);
    let over = entry.get(cx, "over", values::link);
    let replays = replayed.is_some();
    Some(Work { volume: replayed.or(moved)?, replays, rate, streams, over })
}

fn read_plans(cx: &mut Reader<'_>) {
    let mut rows = Vec::new();
    for name in cx.all_names(Sort::Plan) {
        match read_plan(cx, name) {
            Some(row) => rows.push(row),
            None => cx.broken = true,
        }
    }
    cx.parts.plans = Table::new(rows);
}

/// A list of steps that only shows itself as written; its graph is built with `after` beside it.
struct Shape;

impl Show for Shape {}

fn shape(_: &mut Reader<'_>, _: &Node, _: &Path) -> Option<Shape> {
    Some(Shape)
}

fn read_plan(cx: &mut Reader<'_>, name: String) -> Option<Plan> {
    let mut entry = cx.entry(Sort::Plan, &name, &PLANS)?;
    let causes = entry.get(cx, "for", values::failures);
    let causes = filled(cx, causes, &entry.at("for"), "a plan is for at least one failure");
    let from = entry.get(cx, "from", values::copies);
    let from = filled(cx, from, &entry.at("from"), "leave the key out to recover from the primary");
    let into = entry.get(cx, "into", values::pools);
    let into =
        entry.has("into").then(|| filled(cx, into, &entry.at("into"), "leave the key out for what the strategy runs"));
    let steps = read_graph(cx, &mut entry, "steps");
    let failback = read_graph(cx, &mut entry, "failback");
    let when_short = match entry.word(cx, "when_short", &["stop", "continue"]) {
        Some("continue") => Some(WhenShort::Continue),
        Some(_) => Some(WhenShort::Stop),
        None => None,
    };
    Some(Plan {
        title: entry.get(cx, "title", values::text).map(|t| t.0),
        causes,
        from,
        into,
        commit: read_commit(cx, &mut entry, steps.as_ref()),
        steps: steps.unwrap_or_default(),
        failback: failback.unwrap_or_default(),
        after_down: entry.get(cx, "after_down", values::duration),
        salvage: entry.get(cx, "salvage", values::boolean).unwrap_or_default(),
        when_short,
        points: entry.get(cx, "points", values::points).unwrap_or(1),
        preflight: entry.get(cx, "preflight", values::texts).map(|l| l.0).unwrap_or_default(),
        source: entry.get(cx, "source", values::text).map(|t| t.0),
        name,
    })
}

fn read_commit(cx: &mut Reader<'_>, entry: &mut Entry<'_>, steps: Option<&StepGraph>) -> Commit {
    let Some(text) = entry.get(cx, "commit", values::text) else { return Commit::FirstRedirect };
    if text.0 == "end" {
        return Commit::End;
    }
    let at = entry.at("commit");
    let Some((_, n)) = cx.refer_name(&[Sort::Step], &text.0, &at) else { return Commit::End };
    let step = StepId::from_index(n);
    if steps.is_some_and(|graph| !graph.nodes.iter().any(|node| node.step == step)) {
        let message = format!("the plan does not list the step {}", quote(&text.0));
        cx.push(Diagnostic::error(codes::STEP_NOT_IN_PLAN, at, message).also(entry.at("steps"), "its steps"));
    }
    Commit::Step(step)
}

/// A step of a plan while its graph is built, with the place in the file.
struct Listing {
    nodes: Vec<(StepId, Path, Vec<usize>)>,
    whole: bool,
}

/// Reads a list of steps; `None` if there is none or it has a fault, which breaks the scenario.
fn read_graph<'d>(cx: &mut Reader<'d>, entry: &mut Entry<'d>, key: &'static str) -> Option<StepGraph> {
    entry.get(cx, key, shape)?;
    let (node, path) = entry.node(key)?;
    let mut listing = Listing { nodes: Vec::new(), whole: true };
    match &node.raw {
        Raw::List(nodes) => {
            if nodes.is_empty() && key == "steps" {
                cx.push(Diagnostic::error(codes::EMPTY_LIST, path, "this list is empty: a plan has at least one step"));
                return None;
            }
            sequence(cx, nodes, &path, &[], &mut listing);
        }
        _ => {
            cx.wrong_type(node, &path, "a list of steps");
            listing.whole = false;
        }
    }
    if key == "steps" {
        add_after(cx, entry, &mut listing);
    }
    if !listing.whole {
        cx.broken = true;
        return None;
    }
    sort(cx, &listing)
}

/// Adds steps one after another; returns the positions that what follows waits for.
fn sequence(cx: &mut Reader<'_>, nodes: &[Node], path: &Path, before: &[usize], listing: &mut Listing) -> Vec<usize> {
    let mut last = before.to_vec();
    for (n, node) in nodes.iter().enumerate() {
        let at = path.index(n);
        last = match &node.raw {
            Raw::List(inner) => side_by_side(cx, inner, &at, &last, listing),
            _ => one(cx, node, &at, &last, listing),
        };
    }
    last
}

fn side_by_side(
    cx: &mut Reader<'_>,
    nodes: &[Node],
    path: &Path,
    before: &[usize],
    listing: &mut Listing,
) -> Vec<usize> {
    if nodes.is_empty() {
        cx.push(Diagnostic::error(codes::EMPTY_LIST, path.clone(), "this list is empty: nothing runs side by side"));
        listing.whole = false;
    }
    let mut ends = Vec::new();
    for (n, node) in nodes.iter().enumerate() {
        let at = path.index(n);
        ends.extend(match &node.raw {
            Raw::List(inner) => sequence(cx, inner, &at, before, listing),
            _ => one(cx, node, &at, before, listing),
        });
    }
    ends.sort_unstable();
    ends.dedup();
    ends
}

fn one(cx: &mut Reader<'_>, node: &Node, path: &Path, before: &[usize], listing: &mut Listing) -> Vec<usize> {
    if listing.nodes.len() >= limits::STEPS {
        if listing.whole {
            cx.error(codes::LIMIT_STEPS, path, format!("a plan may have {} steps", limits::STEPS));
        }
        listing.whole = false;
        return before.to_vec();
    }
    let Some(step) = values::step(cx, node, path) else {
        listing.whole = false;
        return before.to_vec();
    };
    if let Some((_, first, _)) = listing.nodes.iter().find(|(other, _, _)| *other == step) {
        let message = format!("the plan lists the step {} twice", node.canonical());
        let fault =
            Diagnostic::error(codes::STEP_TWICE, path.clone(), message).also(first.clone(), "here it is already");
        cx.push(fault.help("declare a second step that is `like` the first"));
        listing.whole = false;
        return before.to_vec();
    }
    listing.nodes.push((step, path.clone(), before.to_vec()));
    vec![listing.nodes.len() - 1]
}

/// Adds what `after` says to the graph.
fn add_after<'d>(cx: &mut Reader<'d>, entry: &mut Entry<'d>, listing: &mut Listing) {
    if entry.get(cx, "after", shape).is_none() {
        return;
    }
    let Some((node, path)) = entry.node("after") else { return };
    let Some(items) = node.items() else {
        return cx.wrong_type(node, &path, "a table step = list of steps");
    };
    for item in items {
        let at = path.key(&item.key);
        let step = cx.refer_name(&[Sort::Step], &item.key, &at).map(|(_, n)| StepId::from_index(n));
        let waits = values::steps(cx, &item.node, &at);
        let (Some(step), Some(Listed(waits))) = (step, waits) else {
            listing.whole = false;
            continue;
        };
        let position = |cx: &mut Reader<'_>, step: StepId, at: Path, on_key: bool| {
            let hit = listing.nodes.iter().position(|(other, _, _)| *other == step);
            if hit.is_none() && listing.whole {
                let name = cx.parts.steps.get(step).map(|s| quote(&s.name)).unwrap_or_default();
                let fault =
                    Diagnostic::error(codes::STEP_NOT_IN_PLAN, at, format!("the plan does not list the step {name}"));
                cx.push(if on_key { fault.on_key() } else { fault });
            }
            hit
        };
        let own = position(cx, step, at.clone(), true);
        let all: Vec<Option<usize>> =
            waits.iter().enumerate().map(|(n, wait)| position(cx, *wait, at.index(n), false)).collect();
        let (Some(own), Some(all)) = (own, all.into_iter().collect::<Option<Vec<_>>>()) else {
            listing.whole = false;
            continue;
        };
        listing.nodes[own].2.extend(all);
    }
}

/// The nodes in an order that their dependencies allow, as listed wherever that is possible.
fn sort(cx: &mut Reader<'_>, listing: &Listing) -> Option<StepGraph> {
    let next: Vec<Vec<usize>> = listing.nodes.iter().map(|(_, _, after)| after.clone()).collect();
    if let Some(circle) = graph::cycle(&next) {
        let names: Vec<String> = listing
            .nodes
            .iter()
            .map(|(s, _, _)| cx.parts.steps.get(*s).map(|s| s.name.clone()).unwrap_or_default())
            .collect();
        let message = format!("steps wait for one another: {}", graph::describe(&circle, &names));
        cx.push(
            Diagnostic::error(codes::STEP_CYCLE, listing.nodes[circle[0]].1.clone(), message).label("waits for itself"),
        );
        cx.broken = true;
        return None;
    }
    let mut place: Vec<Option<u32>> = vec![None; next.len()];
    let mut nodes = Vec::with_capacity(next.len());
    while nodes.len() < next.len() {
        let n = (0..next.len()).find(|n| place[*n].is_none() && next[*n].iter().all(|m| place[*m].is_some()))?;
        let mut after: Vec<u32> = next[n].iter().filter_map(|m| place[*m]).collect();
        after.sort_unstable();
        after.dedup();
        place[n] = u32::try_from(nodes.len()).ok();
        nodes.push(GraphNode { step: listing.nodes[n].0, after });
    }
    Some(StepGraph { nodes })
}
