//! What comes after: what to learn, how the plan is practised, how sure its figures are, and what
//! they rest on.

use super::subject::Subject;
use super::topology::links_of;
use super::view::{Said, Sheet, Tests, Todos};
use crate::diag::{Path, Segment};
use crate::report::human;
use crate::spec::{Origin, ResolvedEntry};

/// Keys that name things, or whose text is printed where it is used: they are no figures.
const NO_FIGURES: [&str; 41] = [
    "account",
    "after",
    "at",
    "bases",
    "between",
    "check",
    "choose",
    "cold",
    "consistent_with",
    "copies",
    "data",
    "each",
    "expect",
    "failback",
    "for",
    "from",
    "hits",
    "if_fails",
    "into",
    "kind",
    "monthly",
    "moves",
    "needs",
    "objectives",
    "of",
    "phase",
    "plans",
    "preflight",
    "replays",
    "role",
    "rollback",
    "run",
    "runs",
    "source",
    "standby",
    "starts",
    "steps",
    "symptom",
    "title",
    "upstream",
    "within",
];

/// What a bare number of these keys counts; those whose name speaks of money are prices.
const UNITS: [(&str, &str); 6] = [
    ("acks", " places"),
    ("compression", " to 1"),
    ("enough", " instances"),
    ("points", " recovery points"),
    ("retries", " times"),
    ("streams", " at a time"),
];

pub(super) fn afterwards(subject: &Subject<'_>) -> Vec<String> {
    let steps = subject.fitted.steps.len();
    let mut all = vec![format!(
        "Write down when each of the {steps} steps began and was done, and give the scenario the measured durations (takes, rate)."
    )];
    if subject.service.data.is_some() {
        all.push(
            "Write down which recovery point was used and what was lost, and hold both against the objectives."
                .to_owned(),
        );
    }
    all.push(
        "Put right in the scenario what was missing or wrong in this runbook tonight, and set the date of the review."
            .to_owned(),
    );
    all
}

pub(super) fn tests(subject: &Subject<'_>, todos: &mut Todos) -> Tests {
    let scenario = subject.scenario();
    let mut drills = Sheet::new(&["Drill", "Due again", "Costs"]);
    for (_, drill) in scenario.drills.iter().filter(|(_, d)| d.plan == subject.id) {
        let costs = drill.price_per_drill.map_or_else(
            || "unknown".to_owned(),
            |price| match price.amount() {
                0.0 => "nothing".to_owned(),
                amount => format!("{} each", human::money(amount, &scenario.currency)),
            },
        );
        drills.texts([drill.name.clone(), format!("{} after the last", drill.every.human()), costs]);
    }
    let missing = drills.rows.is_empty().then(|| todos.missing("how often this plan is practised"));
    Tests { drills, missing, confidence: confidence(subject) }
}

fn confidence(subject: &Subject<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    for (_, failure, incident) in subject.causes() {
        let time = &incident.recovery_time;
        let form = &time.closed_form;
        let bound = match (form.best, form.worst) {
            (Some(best), Some(worst)) => {
                format!("by formula it is between {} and {}", human::time(best), human::time(worst))
            }
            (best, None) => {
                // That it takes no time at least says nothing.
                let best = best.filter(|best| *best > 0.0);
                let best =
                    best.map_or_else(String::new, |best| format!("by formula it is at least {}, ", human::time(best)));
                let why = time.estimate.bound_reason.as_deref().unwrap_or("there is no formula for it");
                format!("{best}without a worst case: {why}")
            }
            (None, Some(worst)) => format!("by formula it is at most {}", human::time(worst)),
        };
        let mean = match (time.estimate.mean, time.estimate.standard_error) {
            (Some(mean), Some(error)) => format!(
                "mean recovery time, whatever ends the incident, {} ± {} (95% interval, {} incidents)",
                human::time(mean),
                human::time(crate::stats::Z_95 * error),
                human::number(time.estimate.n as f64)
            ),
            _ => "no incident was recovered".to_owned(),
        };
        lines.push(format!("{}: {mean}; {bound}.", failure.name));
    }
    let entries = figures(subject);
    let with = entries.iter().filter(|entry| entry.source.is_some()).count();
    lines.push(format!("{with} of the {} values under Assumptions name a source.", entries.len()));
    lines
}

/// The figures of the file that the runbook rests on, without defaults.
fn figures<'a>(subject: &Subject<'a>) -> Vec<&'a ResolvedEntry> {
    let wanted = entries(subject);
    let belongs = |entry: &&ResolvedEntry| match entry.path.0.as_slice() {
        [Segment::Key(table), Segment::Key(name), ..] => wanted.iter().any(|(t, n)| t == table && n == name),
        _ => false,
    };
    let stated = |entry: &&ResolvedEntry| !matches!(entry.origin, Origin::Default { .. });
    let figure = |entry: &&ResolvedEntry| match entry.path.0.get(2) {
        Some(Segment::Key(key)) => !NO_FIGURES.contains(&key.as_str()),
        _ => true,
    };
    subject.setting.resolved.iter().filter(belongs).filter(stated).filter(figure).collect()
}

/// The entries of the file that the plan, its failures, its steps and its data stand in.
fn entries(subject: &Subject<'_>) -> Vec<(&'static str, String)> {
    let scenario = subject.scenario();
    let mut wanted = vec![("plans", subject.plan.name.clone()), ("services", subject.service.name.clone())];
    wanted.extend(subject.causes().map(|(_, failure, _)| ("failures", failure.name.clone())));
    let steps = subject.fitted.steps.iter().map(|s| s.step).chain(subject.back.iter().map(|n| n.step));
    wanted.extend(steps.map(|step| ("steps", scenario.steps[step].name.clone())));
    wanted.extend(subject.row.copies.iter().map(|copy| ("copies", scenario.copies[*copy].name.clone())));
    wanted.extend(subject.service.data.map(|data| ("data", scenario.data[data].name.clone())));
    let pools = subject.row.runs.iter().chain(&subject.fitted.into);
    wanted.extend(pools.map(|pool| ("compute", scenario.compute[*pool].name.clone())));
    wanted.extend(links_of(subject).into_iter().map(|link| ("links", link.name.clone())));
    wanted.sort();
    wanted.dedup();
    wanted
}

/// A figure with its unit.
fn figure(key: &str, value: &str, currency: &str) -> String {
    let last = key.rsplit('.').next().unwrap_or(key);
    let unit = UNITS.iter().find(|(name, _)| *name == last).map_or("", |(_, unit)| unit);
    let price = last.starts_with("per_") || last.ends_with("_per_hour") || last.ends_with("_cost");
    let said = match value.parse() {
        Ok(amount) if price => human::price(amount, currency),
        _ if value == "1" => format!("1{}", unit.trim_end_matches('s')),
        _ => format!("{}{unit}", value.trim_matches('"')),
    };
    if key.is_empty() { said } else { format!("{key} {said}") }
}

/// The figures of one entry of the scenario.
struct Row {
    entry: String,
    figures: Vec<String>,
    lines: Vec<usize>,
    source: Option<String>,
}

/// One row per entry: its figures, where they stand, where they come from.
pub(super) fn assumptions(subject: &Subject<'_>) -> Sheet {
    let mut rows: Vec<Row> = Vec::new();
    for value in figures(subject) {
        let (entry, key) = value.path.0.split_at(value.path.0.len().min(2));
        let (entry, key) = (Path(entry.to_vec()).to_string(), Path(key.to_vec()).to_string());
        if rows.last().is_none_or(|row| row.entry != entry) {
            rows.push(Row { entry, figures: Vec::new(), lines: Vec::new(), source: value.source.clone() });
        }
        let Some(row) = rows.last_mut() else { continue };
        match &value.origin {
            Origin::File { line } => row.lines.push(*line),
            Origin::Like { sibling } => {
                let from = format!("the rest as {sibling}");
                if !row.figures.contains(&from) {
                    row.figures.insert(0, from);
                }
            }
            Origin::Default { .. } => {}
        }
        row.figures.push(figure(&key, &value.value, &subject.scenario().currency));
    }
    let mut sheet = Sheet::new(&["Entry", "Figures", "Line", "Source"]);
    for mut row in rows {
        row.lines.sort_unstable();
        row.lines.dedup();
        let lines = match row.lines.as_slice() {
            [] => String::new(),
            [one] => one.to_string(),
            [first, .., last] => format!("{first} to {last}"),
        };
        let source = match row.source {
            Some(source) => Said::Source { source },
            None => Said::Text("none given".to_owned()),
        };
        sheet.row([Said::Text(row.entry), Said::Text(row.figures.join("; ")), Said::Text(lines), source]);
    }
    sheet.trimmed()
}
