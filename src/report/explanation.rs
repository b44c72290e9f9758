//! Where the time of an incident goes, and why; and the resolved scenario.

use super::blocks::{Block, Grid};
use super::cells::{TIMES, provenance, value_at};
use super::{details, human};
use crate::assess::{Assessment, IncidentAssessment, Measured};
use crate::diag::Segment;
use crate::spec::{Origin, ResolvedEntry};

/// The page of `explain` for what is left of an assessment after choosing a tier and a failure.
///
/// # Arguments
/// `inputs`: the values of the file that these figures rest on.
#[must_use]
pub fn explanation(result: &Assessment, inputs: &[&ResolvedEntry]) -> Vec<Block> {
    let mut page = vec![Block::Heading(1, result.scenario.title.clone())];
    for tier in &result.tiers {
        for incident in &tier.incidents {
            page.extend(details::incident_blocks(&tier.id, incident));
            page.extend(critical_path(incident));
            page.push(Block::Table(closed_forms(incident)));
        }
    }
    page.push(Block::List(FORMULAS.iter().map(|s| (*s).to_owned()).collect()));
    if !inputs.is_empty() {
        page.push(Block::Heading(2, "Inputs".to_owned()));
        page.push(Block::Table(listing(inputs.iter().copied())));
    }
    page.push(Block::Text(provenance(result)));
    page
}

/// How the figures come about, in the words of the model.
const FORMULAS: [&str; 4] = [
    "recovery time = service back − impact; the impact is the failure itself, or its detection for a corruption that nobody felt before",
    "a step takes its fixed time + volume ÷ min(rate × streams, its share of the link); it starts when the steps before it are done and its role is free",
    "data loss = failure − the newest usable recovery point, plus good writes from failure to detection where damage is logical and nothing is salvaged",
    "critical path: going back from the last step, whatever each step waited for longest",
];

/// The resolved scenario: every value, and where it comes from.
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

/// The steps that most often decide, in the order in which they finish.
fn critical_path(incident: &IncidentAssessment) -> Vec<Block> {
    let mut steps: Vec<_> = incident.steps.iter().filter(|s| s.critical >= 0.5).collect();
    if steps.is_empty() {
        return Vec::new();
    }
    steps.sort_by(|a, b| a.plan.cmp(&b.plan).then(a.mean.unwrap_or(0.0).total_cmp(&b.mean.unwrap_or(0.0))));
    let mut lines: Vec<String> = Vec::new();
    let mut plan = "";
    for step in steps {
        let share = format!("{} ({})", step.id, human::percent(step.critical));
        match lines.last_mut() {
            Some(line) if plan == step.plan => {
                line.push_str(" → ");
                line.push_str(&share);
            }
            _ => lines.push(format!("{} is mostly decided by: {share}", step.plan)),
        }
        plan = &step.plan;
    }
    vec![Block::List(lines)]
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

/// The values that belong to one of these entries, such as (`steps`, `restore`).
#[must_use]
pub fn inputs_of<'a>(entries: &'a [ResolvedEntry], wanted: &[(&str, &str)]) -> Vec<&'a ResolvedEntry> {
    let belongs = |entry: &&ResolvedEntry| match entry.path.0.as_slice() {
        [Segment::Key(key)] => wanted.contains(&(key.as_str(), "")),
        [Segment::Key(table), Segment::Key(name), ..] => wanted.iter().any(|(t, n)| t == table && n == name),
        _ => false,
    };
    entries.iter().filter(belongs).collect()
}
