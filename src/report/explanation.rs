//! Where the time of an incident goes, and why; and the resolved scenario.

use super::blocks::{Bar, Bars, Block, Grid};
use super::cells::{TIMES, provenance, value_at};
use super::{details, human};
use crate::assess::{
    Assessment, ChangeWorth, Explanation, IncidentAssessment, IncidentTimeLine, Input, Measured, Part, Spread,
};
use crate::spec::{Origin, ResolvedEntry};
use crate::stats::Difference;

/// Changes that are shown of each kind.
const MOST_CHANGES: usize = 3;

/// The page of `explain` for one tier and one failure.
///
/// # Arguments
/// `result`: the assessment of just these. `file`: what the scenario's file is called.
///
/// # Returns
/// What it comes to, where the time goes (a row per step and wait; what they add sums up to the mean recovery
/// time), the incident nearest the median as bars, formulas with their inputs and lines of the file, closed form
/// beside simulation, and the changes that save most.
#[must_use]
pub fn explanation(result: &Assessment, why: &Explanation, file: &str) -> Vec<Block> {
    let mut page = vec![Block::Heading(1, result.scenario.title.clone())];
    for tier in &result.tiers {
        for incident in &tier.incidents {
            // What steps do is told in more detail below.
            let brief = IncidentAssessment { steps: Vec::new(), ..incident.clone() };
            page.extend(details::incident_blocks(&tier.id, &brief));
        }
    }
    page.extend(waterfall(why));
    if let Some(line) = median(result) {
        page.extend(chart(line));
    }
    page.extend(formulas(why, file));
    page.extend(losses(why, file));
    for incident in result.tiers.iter().flat_map(|tier| &tier.incidents) {
        let who = incident.service.as_deref().unwrap_or("application");
        page.push(Block::Heading(2, format!("Closed form beside the simulation: {who}")));
        page.push(Block::Table(closed_forms(incident)));
    }
    page.extend(changes(result, why, file));
    page.push(Block::Text(provenance(result)));
    page
}

/// The median incident of the application.
fn median(result: &Assessment) -> Option<&IncidentTimeLine> {
    let first = result.tiers.first()?.incidents.first()?;
    first.representative.as_ref()?.median.as_ref()
}

/// What a wait is called.
fn wait_name(reason: &str, what: Option<&str>) -> String {
    match (reason, what) {
        ("data", Some(what)) => format!("wait for data of {what}"),
        ("people" | "needs", Some(what)) => format!("wait for {what}"),
        ("outage-end", _) => "end of the outage".to_owned(),
        ("after-down", _) => "wait before the plan".to_owned(),
        (reason, _) => reason.to_owned(),
    }
}

/// What a part is called, with its service and its plan where others have one of its name.
fn name_of(part: &Part, why: &Explanation) -> String {
    let mut name = String::new();
    if why.parts.iter().any(|other| other.service != part.service) {
        name.push_str(&format!("{}: ", part.service));
    }
    match &part.plan {
        None => name.push_str(&wait_name(&part.id, part.what.as_deref())),
        Some(plan) => {
            let same = |p: &&Part| p.service == part.service && p.plan.is_some() && p.id == part.id;
            if why.parts.iter().filter(same).count() > 1 {
                name.push_str(&format!("{plan}: "));
            }
            name.push_str(&part.id);
        }
    }
    name
}

fn say(value: Option<f64>, none: &str) -> String {
    value.map_or_else(|| none.to_owned(), human::brief)
}

fn waterfall(why: &Explanation) -> Vec<Block> {
    let mut blocks = vec![Block::Heading(2, "Where the time goes".to_owned())];
    let Some(mean) = why.recovery_time else {
        blocks.push(Block::Text(format!("None of {} incidents recovers.", human::number(why.incidents as f64))));
        return blocks;
    };
    let lost = why.incidents - why.recovered;
    let of = if lost == 0 { String::new() } else { format!(" of {}", human::number(why.incidents as f64)) };
    blocks.push(Block::Text(format!(
        "Over {}{of} incidents that recover, in {} on average: in how many each part took place, unless in all; what it \
         takes by itself; when it is done; how often it is on the critical path; what it adds to the average. These \
         last figures sum up to it.",
        human::number(why.recovered as f64),
        human::time(mean)
    )));
    if why.parts.is_empty() {
        return blocks;
    }
    let header = ["part", "in", "takes: mean", "p50", "p95", "done: p50", "p95", "critical", "adds"];
    let mut grid = Grid::new(&header, 1);
    for part in &why.parts {
        grid.row([
            name_of(part, why),
            if part.n == why.recovered { String::new() } else { human::percent(part.n as f64 / why.recovered as f64) },
            say(part.takes.mean, ""),
            say(part.takes.p50, "too few"),
            say(part.takes.p95, "too few"),
            say(part.finish.p50, "too few"),
            say(part.finish.p95, "too few"),
            human::percent(part.critical),
            human::brief(part.adds),
        ]);
    }
    blocks.push(Block::Table(grid.without_empty_columns()));
    blocks
}

/// The time line of one incident as bars.
fn chart(line: &IncidentTimeLine) -> Vec<Block> {
    let mut bars: Vec<(f64, Bar)> = Vec::new();
    let several = line.steps.iter().map(|s| &s.service).chain(line.waits.iter().map(|w| &w.service));
    let mut services: Vec<&String> = several.collect();
    services.sort_unstable();
    services.dedup();
    let label = |service: &String, what: String| if services.len() > 1 { format!("{service}: {what}") } else { what };
    let bar = |label: String, begin: f64, finish: f64, full: bool| {
        let text = human::brief(finish - begin);
        (begin, Bar { label, begin, finish, full, text })
    };
    for wait in &line.waits {
        let label = label(&wait.service, wait_name(&wait.reason, wait.what.as_deref()));
        bars.push(bar(label, wait.begin, wait.finish, wait.critical));
    }
    for step in &line.steps {
        let ending = if step.ending == "done" { String::new() } else { format!(" ({})", step.ending) };
        bars.push(bar(label(&step.service, format!("{}{ending}", step.id)), step.begin, step.finish, step.critical));
    }
    if bars.is_empty() {
        return Vec::new();
    }
    bars.sort_by(|a, b| a.0.total_cmp(&b.0));
    let lines: Vec<Bar> = bars.into_iter().map(|(_, bar)| bar).collect();
    let until = lines.iter().map(|bar| bar.finish).fold(line.recovery_time, f64::max);
    vec![
        Block::Heading(2, format!("The incident nearest the median: {}", human::time(line.recovery_time))),
        Block::Bars(Bars { until, lines }),
        Block::Text("█ on the critical path, ░ beside it".to_owned()),
    ]
}

fn formulas(why: &Explanation, file: &str) -> Vec<Block> {
    if why.parts.is_empty() {
        return Vec::new();
    }
    let mut times =
        Grid::new(&["part", "formula: least", "mean", "greatest", "simulated: least", "mean", "greatest"], 1);
    let mut words = Grid::new(&["part", "phase", "takes", "with"], 4);
    let mut reasons: Vec<String> = Vec::new();
    for part in &why.parts {
        let (name, form) = (name_of(part, why), &part.closed_form);
        let none = if form.best.is_some() { "no bound" } else { "" };
        let mean = if form.best.is_some() { "no formula" } else { "" };
        times.row([
            name.clone(),
            say(form.best, ""),
            say(form.mean, mean),
            say(form.worst, none),
            say(part.takes.min, ""),
            say(part.takes.mean, ""),
            say(part.takes.max, ""),
        ]);
        if let Some(reason) = &part.closed_form_reason {
            reasons.push(format!("{name}: no greatest value, as {reason}"));
        }
        let phase = part.phase.as_deref().unwrap_or("wait").to_owned();
        words.row([name, phase, part.formula.clone(), inputs(&part.inputs, part_prefix(part), file)]);
    }
    let mut blocks =
        vec![Block::Heading(2, "What each part takes: closed form beside simulation".to_owned()), Block::Table(times)];
    if !reasons.is_empty() {
        reasons.dedup();
        blocks.push(Block::List(reasons));
    }
    blocks.push(Block::Heading(2, "Formulas and their inputs".to_owned()));
    blocks.push(Block::Text(
        "A part begins when those before it are done and its role is free; transfers at the same time share what \
         carries them."
            .to_owned(),
    ));
    blocks.push(Block::Table(words));
    blocks
}

/// The keys of a step's own entry are told without it.
fn part_prefix(part: &Part) -> Option<String> {
    part.plan.as_ref().map(|_| format!("steps.{}.", part.id))
}

fn inputs(inputs: &[Input], own: Option<String>, file: &str) -> String {
    let one = |input: &Input| {
        let key = own.as_ref().and_then(|own| input.path.strip_prefix(own.as_str())).unwrap_or(&input.path);
        let value = input.value.as_deref().unwrap_or("not given");
        format!("{key} = {value} ({})", place(input, file))
    };
    inputs.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// Where a value stands.
fn place(input: &Input, file: &str) -> String {
    let line = input.line.map_or_else(String::new, |line| format!("{file}:{line}"));
    match (input.from.as_ref(), &input.detail) {
        ("file", _) => line,
        ("like", Some(sibling)) => format!("{line}, like {sibling}"),
        ("default", Some(why)) => format!("default: {why}"),
        _ if line.is_empty() => "absent".to_owned(),
        _ => format!("absent at {line}"),
    }
}

fn losses(why: &Explanation, file: &str) -> Vec<Block> {
    if why.loss.is_empty() {
        return Vec::new();
    }
    let mut grid = Grid::new(&["recovered from", "by", "loses", "with"], 4);
    for part in &why.loss {
        grid.row([
            part.copy.clone().unwrap_or_else(|| "any copy".to_owned()),
            part.plan.clone().unwrap_or_default(),
            part.formula.clone(),
            inputs(&part.inputs, part.copy.as_ref().map(|copy| format!("copies.{copy}.")), file),
        ]);
    }
    vec![Block::Heading(2, "What is lost".to_owned()), Block::Table(grid.without_empty_columns())]
}

/// The changes that would save most recovery time, and those that would lose less.
fn changes(result: &Assessment, why: &Explanation, file: &str) -> Vec<Block> {
    let Some(incident) = result.tiers.first().and_then(|tier| tier.incidents.first()) else { return Vec::new() };
    let saves = |d: &Difference| d.low.is_some_and(|low| low > 0.0) || d.only_second > d.only_first;
    let faster: Vec<&ChangeWorth> = why.changes.iter().filter(|c| saves(&c.saves)).take(MOST_CHANGES).collect();
    let mut less: Vec<&ChangeWorth> = why.changes.iter().filter(|c| saves(&c.saves_loss)).collect();
    less.sort_by(|a, b| b.saves_loss.mean.unwrap_or(0.0).total_cmp(&a.saves_loss.mean.unwrap_or(0.0)));
    less.truncate(MOST_CHANGES);
    let tried = human::number(why.incidents as f64);
    let mut blocks = vec![Block::Heading(2, "What would shorten it most".to_owned())];
    if faster.is_empty() {
        let text =
            format!("No change of a single value shortens recovery by anything that {tried} incidents can tell.");
        blocks.push(Block::Text(text));
    } else {
        let text = format!(
            "Each value changed by itself, on the same {tried} incidents: what that saves on average, ± half of the 95% \
             interval. Savings of two changes do not add up."
        );
        blocks.push(Block::Text(text));
        let now = incident.recovery_time.estimate.p95.map(|q| q.point);
        blocks.push(Block::Table(savings(&faster, now, file, |c| (&c.saves, &c.recovery_time))));
    }
    if !less.is_empty() {
        blocks.push(Block::Heading(2, "What would lose less".to_owned()));
        let now = incident.data_loss.estimate.p95.map(|q| q.point);
        blocks.push(Block::Table(savings(&less, now, file, |c| (&c.saves_loss, &c.data_loss))));
    }
    blocks
}

fn savings(
    changes: &[&ChangeWorth],
    now: Option<f64>,
    file: &str,
    of: fn(&ChangeWorth) -> (&Difference, &Spread),
) -> Grid {
    let header = ["change", "now", "where", "saves", "±", "p95 now", "p95 then", "more recover"];
    let mut grid = Grid::new(&header, 3);
    for change in changes {
        let (saves, then) = of(change);
        let half = saves.low.zip(saves.high).map(|(low, high)| (high - low) / 2.0);
        let more = saves.only_second as f64 - saves.only_first as f64;
        grid.row([
            format!("{} {}", change.change, change.input.path),
            change.input.value.clone().unwrap_or_default(),
            place(&change.input, file),
            say(saves.mean, ""),
            half.map_or_else(String::new, human::brief),
            say(now, "never"),
            say(then.p95, "never"),
            if more == 0.0 { String::new() } else { human::number(more) },
        ]);
    }
    grid.without_empty_columns()
}

/// The resolved scenario: every value, and where it comes from.
///
/// # Returns
/// A title, a table with a row per value, and how many there are with the scenario's hash.
#[must_use]
pub fn resolved_listing(title: &str, hash: &str, entries: &[ResolvedEntry]) -> Vec<Block> {
    vec![
        Block::Heading(1, title.to_owned()),
        Block::Table(listing(entries.iter())),
        Block::Text(format!("{} values, scenario {hash}.", entries.len())),
    ]
}

fn listing<'a>(entries: impl Iterator<Item = &'a ResolvedEntry>) -> Grid {
    let mut grid = Grid::new(&["value", "is", "from"], 3);
    for entry in entries {
        let origin = match &entry.origin {
            Origin::File { line } => format!("line {line}"),
            Origin::Default { why } => format!("default: {why}"),
            Origin::Like { sibling } => format!("like {sibling}"),
        };
        grid.row([entry.path.to_string(), entry.value.clone(), origin]);
    }
    grid
}

/// The closed form beside the simulation.
fn closed_forms(incident: &IncidentAssessment) -> Grid {
    let header = ["formula | simulation", "least", "mean", "greatest", "| min", "mean", "p99", "max"];
    let mut grid = Grid::new(&header, 1);
    let say = |value: Option<f64>, none: &str| value.map_or_else(|| none.to_owned(), human::time);
    for (name, of) in TIMES {
        let Measured { estimate: e, closed_form: form } = of(incident);
        grid.row([
            name.to_owned(),
            say(form.best, "none"),
            say(form.mean, "no formula"),
            say(form.worst, "no bound"),
            say(e.min, ""),
            say(e.mean, ""),
            value_at(e, e.p99, 0.99, &incident.unrecoverable, human::time),
            say(e.max, ""),
        ]);
    }
    grid
}
