//! What the result depends on most, as tables: failures, rates that are known as a range, values.

use std::collections::HashMap;

use super::blocks::Grid;
use super::cells::ByFailure;
use super::human;
use crate::assess::{
    Assessment, Dependence, IncidentAssessment, Influence, InputRanges, Range, RareEvent, TierAssessment,
};
use crate::stats::Difference;

/// Changes that are shown of each kind and failure.
const MOST_CHANGES: usize = 3;

/// A table with what it means.
pub(super) struct Told {
    pub(super) title: &'static str,
    pub(super) about: String,
    pub(super) grid: Grid,
}

/// The tiers of which it is known, with the tables of each; those of the verdict first.
pub(super) fn dependence(result: &Assessment) -> Vec<(&TierAssessment, Vec<Told>)> {
    let known = |tier: &&TierAssessment| tier.incidents.iter().any(|i| i.depends_on.is_some());
    let mut tiers: Vec<&TierAssessment> = result.tiers.iter().filter(known).collect();
    tiers.sort_by_key(|tier| result.verdict.tier.as_deref() != Some(&tier.id));
    let all = tiers.into_iter().map(|tier| {
        let mut tables = vec![years(tier)];
        tables.extend(tier.inputs.iter().flat_map(|inputs| [rates(tier, inputs), durations(tier, inputs)]));
        tables.push(changes(result, tier));
        tables.retain(|told| !told.grid.rows.is_empty());
        (tier, tables)
    });
    all.collect()
}

/// The failures of a tier, the one that adds most first: in money where it has prices.
fn by_weight(year: &RareEvent) -> Vec<&crate::assess::FailureYear> {
    let mut all: Vec<_> = year.by_failure.iter().collect();
    all.sort_by(|a, b| {
        let key = |f: &crate::assess::FailureYear| (f.known_penalty_per_year, f.downtime_per_year);
        let ((a_money, a_time), (b_money, b_time)) = (key(a), key(b));
        b_money.total_cmp(&a_money).then(b_time.total_cmp(&a_time)).then_with(|| a.failure.cmp(&b.failure))
    });
    all
}

fn years(tier: &TierAssessment) -> Told {
    let year = &tier.rare_event;
    let part = |part: f64, whole: f64, said: String| {
        if part > 0.0 && whole > 0.0 { format!("{said} ({})", percent(part / whole)) } else { "none".to_owned() }
    };
    let mut grid = Grid::new(&[&["failure", "how often"], &A_YEAR[..]].concat(), 1);
    let incidents = ByFailure::new(&[tier]);
    for row in by_weight(year) {
        let money = human::money(row.known_penalty_per_year, &tier.cost.currency);
        let losses = if priced(tier) {
            part(row.known_penalty_per_year, year.known_penalty_per_year, money)
        } else {
            String::new()
        };
        let rate = incidents.first_of(&row.failure).find_map(|(_, i)| i).map(|i| i.rate_per_year);
        grid.row([
            row.failure.clone(),
            rate.map_or_else(String::new, human::per_year),
            part(row.downtime_per_year, year.downtime_per_year, human::brief(row.downtime_per_year)),
            part(row.data_loss_per_year, year.data_loss_per_year, human::brief(row.data_loss_per_year)),
            losses,
        ]);
    }
    let about =
        "What each failure adds to an average year, and its share of the whole: how often it happens × what an \
                 incident comes to on average. Losses are downtime, lost writes and what is lost for good, as far as \
                 these have prices."
            .to_owned();
    Told { title: "Which failures", about, grid: grid.without_empty_columns() }
}

/// Whether anything that is lost has a price: without any, losses in money are unknown, not none.
fn priced(tier: &TierAssessment) -> bool {
    tier.rare_event.unknown.is_empty() || tier.rare_event.known_penalty_per_year > 0.0
}

/// A share without decimals: it weighs, it does not measure.
fn percent(share: f64) -> String {
    match share * 100.0 {
        p if p > 0.0 && p < 1.0 => "< 1%".to_owned(),
        p if p > 99.0 && p < 100.0 => "> 99%".to_owned(),
        p => format!("{p:.0}%"),
    }
}

fn span(range: &Range, say: &dyn Fn(f64) -> String) -> String {
    let (low, high) = (say(range.low), say(range.high));
    match range.high > 0.0 {
        true if low == high => low,
        true => format!("{low} to {high}"),
        false => "none".to_owned(),
    }
}

/// Figures of a year at both ends of an input.
fn at_the_ends(tier: &TierAssessment, [downtime, data_loss, penalty]: [&Range; 3]) -> [String; 3] {
    let money = |amount| human::money(amount, &tier.cost.currency);
    let losses = if priced(tier) { span(penalty, &money) } else { String::new() };
    [span(downtime, &human::brief), span(data_loss, &human::brief), losses]
}

const A_YEAR: [&str; 3] = ["downtime a year", "data loss a year", "losses a year"];

fn durations(tier: &TierAssessment, inputs: &InputRanges) -> Told {
    let mut grid = Grid::new(&[&["duration", "off by"], &A_YEAR[..]].concat(), 1);
    for one in &inputs.durations {
        let row = [one.path.clone(), format!("a factor of {}", human::number(one.factor))];
        let ends = [&one.downtime_per_year, &one.data_loss_per_year, &one.known_penalty_per_year];
        grid.row(row.into_iter().chain(at_the_ends(tier, ends)));
    }
    let about =
        "The whole year with all of a duration so many times shorter and longer, everything else as given.".to_owned();
    Told { title: "Which durations that are known up to a factor only", about, grid: grid.without_empty_columns() }
}

fn rates(tier: &TierAssessment, inputs: &InputRanges) -> Told {
    let mut grid = Grid::new(&[&["failure", "how often"], &A_YEAR[..]].concat(), 1);
    for one in &inputs.each {
        let (low, high) = (human::number(one.rate_per_year.low), human::per_year(one.rate_per_year.high));
        let ends = [&one.downtime_per_year, &one.data_loss_per_year, &one.known_penalty_per_year];
        grid.row([one.failure.clone(), format!("{low} to {high}")].into_iter().chain(at_the_ends(tier, ends)));
    }
    let about =
        "The whole year at either end of the range in which a rate lies with 95%, the other rates as given.".to_owned();
    Told { title: "Which rates that are known as a range only", about, grid: grid.without_empty_columns() }
}

fn changes(result: &Assessment, tier: &TierAssessment) -> Told {
    let mut grid = Grid::new(&["failure", "change", "recovery time", "data loss", "downtime a year"], 2);
    let values: HashMap<&str, &str> = result.assumptions.iter().map(|a| (a.path.as_str(), a.value.as_str())).collect();
    let (mut incidents, mut tried, mut silent) = (0, 0_u64, Vec::new());
    let incidents_of = ByFailure::new(&[tier]);
    for year in by_weight(&tier.rare_event) {
        let incident = incidents_of.first_of(&year.failure).find_map(|(_, i)| i);
        let Some((incident, depends)) = incident.and_then(|i| Some((i, i.depends_on.as_ref()?))) else { continue };
        incidents = incidents.max(depends.incidents);
        tried = depends.tried.saturating_add(tried);
        let shown = shown(depends);
        if shown.is_empty() {
            silent.push(incident.failure.as_str());
        }
        for change in shown {
            let now = values.get(change.path.as_str()).map_or_else(String::new, |value| format!(" (now {value})"));
            grid.row([
                incident.failure.clone(),
                format!("{} {}{now}", change.change, change.path),
                saves(&change.recovery_time),
                saves(&change.data_loss),
                of_year(incident, year.downtime_per_year, &change.recovery_time),
            ]);
        }
    }
    let mut about = format!(
        "{} changed one at a time, each on the same {} incidents of its failure. Shown is what saves most \
         recovery time and most data loss: the mean that an incident is shorter by, ± half of the 95% interval, and \
         what that is in an average year. Savings do not add up.",
        if tried == 1 { "1 value was".to_owned() } else { format!("{} values were", human::number(tried as f64)) },
        human::number(incidents as f64)
    );
    if !silent.is_empty() {
        about.push_str(&format!(" No single change makes a difference that shows after {}.", silent.join(", ")));
    }
    Told { title: "Which values", about, grid: grid.without_empty_columns() }
}

/// The changes that save most of either.
fn shown(depends: &Dependence) -> Vec<&Influence> {
    let helps = |d: &Difference| d.low.is_some_and(|low| low > 0.0) || d.only_second > d.only_first;
    let first = |of: fn(&Influence) -> &Difference| {
        let mut all: Vec<&Influence> = depends.changes.iter().filter(|c| helps(of(c))).collect();
        all.sort_by(|a, b| {
            let rescued = |c: &Influence| of(c).only_second.saturating_sub(of(c).only_first);
            let mean = |c: &Influence| of(c).mean.unwrap_or(0.0);
            rescued(b).cmp(&rescued(a)).then(mean(b).total_cmp(&mean(a)))
        });
        all.truncate(MOST_CHANGES);
        all
    };
    let mut all = first(|c| &c.recovery_time);
    for change in first(|c| &c.data_loss) {
        if !all.iter().any(|known| std::ptr::eq(*known, change)) {
            all.push(change);
        }
    }
    all
}

/// Half an interval; nothing where every incident saves the same.
fn plus_minus(half: f64) -> String {
    // Times are whole milliseconds, and means of them: less than that is rounding.
    if half < 0.000_05 { String::new() } else { format!(" ± {}", human::brief(half)) }
}

/// `6 min ± 4 s`, and the incidents that recover only with the change; nothing where nothing shows.
fn saves(saved: &Difference) -> String {
    let mut said = match (saved.mean, saved.low, saved.high) {
        (Some(mean), Some(low), Some(high)) if low > 0.0 => {
            format!("{}{}", human::brief(mean), plus_minus((high - low) / 2.0))
        }
        (Some(mean), Some(low), Some(high)) if high < 0.0 => {
            format!("{} longer{}", human::brief(-mean), plus_minus((high - low) / 2.0))
        }
        _ => String::new(),
    };
    if saved.only_second > saved.only_first {
        let comma = if said.is_empty() { "" } else { "; " };
        said.push_str(&format!("{comma}{} more recover", human::number((saved.only_second - saved.only_first) as f64)));
    }
    said
}

/// Downtime of a year that a change saves: its part of the mean times the year's.
fn of_year(incident: &IncidentAssessment, year: f64, saved: &Difference) -> String {
    let shows = saved.low.is_some_and(|low| low > 0.0);
    match (saved.mean, incident.recovery_time.estimate.mean) {
        (Some(saved), Some(mean)) if shows && mean > 0.0 => human::brief(year * saved / mean),
        _ => String::new(),
    }
}
