//! The result as CSV: a row per tier, failure and service; seconds, bytes and the scenario's money.

use csv::Writer;

use super::cells::Pick;
use super::escape::spreadsheet;
use crate::assess::{Assessment, Explanation, IncidentAssessment, Input, TierAssessment};
use crate::spec::{Origin, ResolvedEntry};
use crate::stats::{Proportion, Quantile};

/// The result as CSV with a header: a row per tier, failure and service, the application's with an empty service;
/// seconds, bytes, shares from 0 to 1, and money in the scenario's currency. A figure that is not known is an empty
/// cell.
///
/// # Errors
/// None: it writes into memory. A phrase if the writer reports one nevertheless.
pub fn csv(result: &Assessment) -> Result<String, String> {
    let mut writer = Writer::from_writer(Vec::new());
    let mut write = |row: &[String]| writer.write_record(row).map_err(|e| e.to_string());
    write(&header())?;
    for tier in &result.tiers {
        for incident in &tier.incidents {
            write(&row(result, tier, incident))?;
        }
    }
    let bytes = writer.into_inner().map_err(|e| e.to_string())?;
    String::from_utf8(bytes).map_err(|e| e.to_string())
}

/// The resolved scenario as CSV with a header: a row per value, with its origin and its line in the file.
///
/// # Errors
/// As [`csv()`].
pub fn resolved_csv(entries: &[ResolvedEntry]) -> Result<String, String> {
    let mut writer = Writer::from_writer(Vec::new());
    let mut write =
        |row: [&str; 5]| writer.write_record(row.map(|cell| spreadsheet(cell).into_owned())).map_err(|e| e.to_string());
    write(["path", "value", "from", "line", "source"])?;
    for entry in entries {
        let (from, line) = match &entry.origin {
            Origin::File { line } => ("file".to_owned(), line.to_string()),
            Origin::Default { why } => (format!("default: {why}"), String::new()),
            Origin::Like { sibling } => (format!("like {sibling}"), String::new()),
        };
        write([&entry.path.to_string(), &entry.value, &from, &line, entry.source.as_deref().unwrap_or("")])?;
    }
    let bytes = writer.into_inner().map_err(|e| e.to_string())?;
    String::from_utf8(bytes).map_err(|e| e.to_string())
}

/// Columns of an explanation.
const EXPLAINED: [&str; 25] = [
    "row",
    "service",
    "plan",
    "id",
    "phase",
    "what",
    "n",
    "takes_mean",
    "takes_p50",
    "takes_p95",
    "finish_mean",
    "finish_p50",
    "finish_p95",
    "critical",
    "adds",
    "best",
    "mean",
    "worst",
    "formula",
    "inputs",
    "saves_mean",
    "saves_low",
    "saves_high",
    "saves_loss_mean",
    "line",
];

/// An explanation as CSV with a header: a row per step or wait (`part`), per copy (`loss`) and per
/// change (`change`); seconds. A cell that has no sense in its row is empty.
///
/// # Errors
/// As [`csv()`].
pub fn explained_csv(why: &Explanation) -> Result<String, String> {
    let mut writer = Writer::from_writer(Vec::new());
    let mut write = |cells: [String; 25]| {
        writer.write_record(cells.map(|cell| spreadsheet(&cell).into_owned())).map_err(|e| e.to_string())
    };
    write(EXPLAINED.map(str::to_owned))?;
    let none = String::new;
    let given = |text: &Option<String>| text.clone().unwrap_or_default();
    for part in &why.parts {
        let (takes, finish, form) = (&part.takes, &part.finish, &part.closed_form);
        let figures = [takes.mean, takes.p50, takes.p95, finish.mean, finish.p50, finish.p95].map(number);
        let [a, b, c, d, e, f] = figures;
        let phase = part.phase.as_deref().unwrap_or("").to_owned();
        let [best, mean, worst] = [form.best, form.mean, form.worst].map(number);
        write([
            "part".to_owned(),
            part.service.clone(),
            given(&part.plan),
            part.id.clone(),
            phase,
            given(&part.what),
            part.n.to_string(),
            a,
            b,
            c,
            d,
            e,
            f,
            part.critical.to_string(),
            part.adds.to_string(),
            best,
            mean,
            worst,
            part.formula.clone(),
            joined(&part.inputs),
            none(),
            none(),
            none(),
            none(),
            none(),
        ])?;
    }
    for part in &why.loss {
        let mut cells: [String; 25] = std::array::from_fn(|_| none());
        (cells[0], cells[1], cells[2]) = ("loss".to_owned(), part.service.clone(), given(&part.plan));
        (cells[3], cells[18], cells[19]) = (given(&part.copy), part.formula.clone(), joined(&part.inputs));
        write(cells)?;
    }
    for change in &why.changes {
        let mut cells: [String; 25] = std::array::from_fn(|_| none());
        (cells[0], cells[3]) = ("change".to_owned(), change.input.path.clone());
        (cells[5], cells[19]) = (change.change.to_string(), joined(std::slice::from_ref(&change.input)));
        let saves = &change.saves;
        (cells[20], cells[21], cells[22]) = (number(saves.mean), number(saves.low), number(saves.high));
        cells[23] = number(change.saves_loss.mean);
        cells[24] = change.input.line.map_or_else(none, |line| line.to_string());
        write(cells)?;
    }
    let bytes = writer.into_inner().map_err(|e| e.to_string())?;
    String::from_utf8(bytes).map_err(|e| e.to_string())
}

fn joined(inputs: &[Input]) -> String {
    let one = |input: &Input| format!("{} = {}", input.path, input.value.as_deref().unwrap_or(""));
    inputs.iter().map(one).collect::<Vec<_>>().join("; ")
}

const QUANTITIES: [(&str, Pick); 7] = [
    ("recovery_time", |i| &i.recovery_time),
    ("recovery_time_full", |i| &i.recovery_time_full),
    ("undetected", |i| &i.undetected),
    ("data_loss", |i| &i.data_loss),
    ("data_loss_before", |i| &i.data_loss_before),
    ("data_loss_after", |i| &i.data_loss_after),
    ("data_loss_bytes", |i| &i.data_loss_bytes),
];

type PickShare = fn(&IncidentAssessment) -> Option<Proportion>;

const SHARES: [(&str, PickShare); 5] = [
    ("interrupted", |i| Some(i.interrupted)),
    ("unrecoverable", |i| Some(i.unrecoverable)),
    ("rto_met", |i| i.objective.as_ref().map(|o| o.rto_met)),
    ("rpo_met", |i| i.objective.as_ref().map(|o| o.rpo_met)),
    ("both_met", |i| i.objective.as_ref().map(|o| o.both_met)),
];

fn header() -> Vec<String> {
    let first = ["tier", "failure", "kind", "service", "rate_per_year", "n"];
    let mut names: Vec<String> = first.iter().map(|s| (*s).to_owned()).collect();
    for (name, _) in QUANTITIES {
        for part in ["mean", "standard_error", "min", "max", "p50", "p90", "p95", "p99", "bound"] {
            names.push(format!("{name}_{part}"));
        }
    }
    for (name, _) in SHARES {
        for part in ["point", "low", "high"] {
            names.push(format!("{name}_{part}"));
        }
    }
    let last = ["rto", "rpo", "chance", "met", "cost_per_month", "currency", "seed", "drplan", "scenario_hash"];
    names.extend(last.iter().map(|s| (*s).to_owned()));
    names
}

fn row(result: &Assessment, tier: &TierAssessment, incident: &IncidentAssessment) -> Vec<String> {
    let text = |s: &str| spreadsheet(s).into_owned();
    let mut cells = vec![
        text(&tier.id),
        text(&incident.failure),
        text(&incident.kind),
        text(incident.service.as_deref().unwrap_or("")),
        incident.rate_per_year.to_string(),
        incident.recovery_time.estimate.n.to_string(),
    ];
    for (_, of) in QUANTITIES {
        let e = &of(incident).estimate;
        let at = |q: Option<Quantile>| number(q.map(|q| q.point));
        cells.extend([number(e.mean), number(e.standard_error), number(e.min), number(e.max)]);
        cells.extend([at(e.p50), at(e.p90), at(e.p95), at(e.p99), number(e.bound)]);
    }
    for (_, of) in SHARES {
        let share = of(incident);
        cells.extend([
            number(share.and_then(|s| s.point)),
            number(share.map(|s| s.low)),
            number(share.map(|s| s.high)),
        ]);
    }
    let objective = incident.objective.as_ref();
    cells.extend([number(objective.and_then(|o| o.rto)), number(objective.and_then(|o| o.rpo))]);
    cells.push(number(objective.map(|o| o.chance)));
    cells.push(objective.and_then(|o| o.met).map_or_else(String::new, |met| met.to_string()));
    cells.extend([number(tier.cost.per_month), text(&tier.cost.currency), result.seed.to_string()]);
    cells.extend([text(&result.drplan), text(&result.scenario.hash)]);
    cells
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(String::new, |v| v.to_string())
}
