//! The comparison: verdict, a row per tier, a small table per failure.

use std::collections::BTreeSet;

use super::blocks::{Block, Grid};
use super::cells::{
    ByFailure, NEVER, against, by_mean, kept, limits, lived_long_years, mark, of_application, provenance, sum, time_at,
};
use super::human;
use super::verdict;
use crate::assess::{
    Assessment, IncidentAssessment, IncidentObjective, InputRanges, ObjectiveResult, Range, TierAssessment,
};

/// The page of `compare`.
///
/// # Returns
/// Title, verdict, a table with a row per tier in the order of merit, notes, then a heading and a table per
/// failure; times with their units, money in the scenario's currency.
#[must_use]
pub fn comparison(result: &Assessment) -> Vec<Block> {
    let mut page = vec![Block::Heading(1, result.scenario.title.clone())];
    page.extend(verdict::verdict(result));
    let tiers = by_merit(result);
    page.push(Block::Heading(2, "Tiers".to_owned()));
    page.push(Block::Table(tier_table(&tiers)));
    page.extend(tier_notes(result, &tiers));
    let incidents = ByFailure::new(&tiers);
    for failure in failures(result) {
        page.extend(failure_blocks(&incidents, &failure));
    }
    page.push(Block::Text(format!("{} {}", legend(), provenance(result))));
    page
}

/// What the marks of the tables mean.
pub(super) fn legend() -> String {
    "p50: half of all incidents stay below. ✓ shown to be met, ✗ shown to be missed, ? neither; beside it what is left of the limit (+) or over it (-) at the objective's chance, or the share of incidents that meet it."
        .to_owned()
}

/// Those that meet everything first, then by what is missed; the lower bill first among equals.
pub(super) fn by_merit(result: &Assessment) -> Vec<&TierAssessment> {
    let mut tiers: Vec<&TierAssessment> = result.tiers.iter().collect();
    let bill = |t: &TierAssessment| t.cost.per_month.unwrap_or(f64::INFINITY);
    tiers.sort_by(|a, b| {
        let key = |t: &TierAssessment| (t.objectives.missed, t.objectives.undecided);
        key(a).cmp(&key(b)).then_with(|| bill(a).total_cmp(&bill(b))).then_with(|| a.id.cmp(&b.id))
    });
    tiers
}

pub(super) fn tier_table(tiers: &[&TierAssessment]) -> Grid {
    let header = [
        "tier",
        "objectives met",
        "worst failure",
        "availability",
        "lost for good",
        "cost per month",
        "expected cost per year",
    ];
    let mut grid = Grid::new(&header, 3);
    for tier in tiers {
        let (bill, losses) = (&tier.cost, &tier.rare_event);
        let (all, known) = tier.expected_cost_per_year();
        grid.row([
            tier.id.clone(),
            objectives_met(tier),
            worst_failure(tier),
            availability(tier),
            if losses.unrecoverable_per_year > 0.0 {
                human::per_year(losses.unrecoverable_per_year)
            } else {
                String::new()
            },
            sum(bill.per_month, bill.known_per_month, &bill.currency),
            sum(all, known, &bill.currency),
        ]);
    }
    grid.without_empty_columns()
}

fn objectives_met(tier: &TierAssessment) -> String {
    let o = &tier.objectives;
    if o.each.is_empty() {
        return String::new();
    }
    let open = if o.undecided > 0 { format!(", {} open", o.undecided) } else { String::new() };
    format!("{} {}/{}{open}", mark(tier.objectives_met), o.met, o.each.len())
}

/// The objective furthest below its chance, or the nearest to it where all are met.
fn worst_failure(tier: &TierAssessment) -> String {
    let gap = |o: &ObjectiveResult| o.value.unwrap_or(0.0) - o.needed;
    let of_incidents = tier.objectives.each.iter().filter(|o| o.kind == "incident");
    match of_incidents.min_by(|a, b| gap(a).total_cmp(&gap(b))) {
        Some(o) => format!("{} {}", verdict::name(o), kept(tier, o)),
        None => slowest(tier),
    }
}

/// Without objectives: the failure with the longest p95 of recovery time, never before any; where incidents are too
/// few for one, the mean stands for it in the order.
fn slowest(tier: &TierAssessment) -> String {
    let p95 = |i: &IncidentAssessment| {
        let estimate = &i.recovery_time.estimate;
        time_at(estimate, estimate.p95, 0.95, &i.unrecoverable)
    };
    let slow = |i: &IncidentAssessment| match i.recovery_time.estimate.p95 {
        Some(quantile) => quantile.point,
        None if p95(i) == NEVER => f64::INFINITY,
        None => i.recovery_time.estimate.mean.unwrap_or(0.0),
    };
    let worst = of_application(tier).into_iter().max_by(|a, b| slow(a).total_cmp(&slow(b)));
    worst.map_or_else(String::new, |i| format!("{} p95 {}", i.failure, p95(i)))
}

fn availability(tier: &TierAssessment) -> String {
    match &tier.availability {
        Some(a) => human::percent(a.point),
        None => format!("≈ {}", human::percent(tier.rare_event.availability)),
    }
}

pub(super) fn tier_notes(result: &Assessment, tiers: &[&TierAssessment]) -> Vec<Block> {
    let mut notes = Vec::new();
    if tiers.iter().any(|t| t.objectives.each.iter().any(|o| o.kind == "incident")) {
        notes.push("Worst failure: the share of its incidents that meet their objective.".to_owned());
    }
    let known = |lived: bool| tiers.iter().any(|t| t.availability.is_some() && t.lifetimes.is_some() == lived);
    if known(true) {
        notes.push(
            "Availability and expected cost (12 months and losses): from simulated lifetimes, with overlapping failures and the way back."
                .to_owned(),
        );
    }
    if known(false) {
        notes.push(
            "Availability: rate × mean over incidents with their way back, and what failures that overlap change, which were made to. No lifetimes were simulated."
                .to_owned(),
        );
    }
    notes.extend(cut_short(result, tiers));
    if tiers.iter().any(|t| t.availability.is_none()) {
        notes.push(
            "≈: summed as rate × mean over incidents with their way back, where lifetimes are none or too few: right while failures are rare and never overlap. An incident that is lost for good counts in no downtime there."
                .to_owned(),
        );
    }
    if tiers.iter().any(|t| t.rare_event.year_over_an_hour.high > 0.0) {
        notes.push(long_years(tiers));
    }
    let withheld =
        |t: &&TierAssessment| t.rare_event.overlapping_withheld.as_ref().map(|why| (t.id.clone(), why.clone()));
    notes.extend(
        tiers
            .iter()
            .filter_map(withheld)
            .map(|(id, why)| format!("What failures that overlap add to {id} is not told: {why}.")),
    );
    notes.extend(write_waits(tiers));
    let missing = |of: fn(&TierAssessment) -> &[String]| {
        let mut all: Vec<&str> = tiers.iter().flat_map(|t| of(t)).map(String::as_str).collect();
        all.sort_unstable();
        all.dedup();
        all.join(", ")
    };
    let (bills, losses) = (missing(|t| &t.cost.unknown), missing(|t| &t.rare_event.unknown));
    if !bills.is_empty() {
        notes.push(format!("?: prices missing in the bill: {bills}."));
    }
    if !losses.is_empty() {
        notes.push(format!("?: prices missing for losses: {losses}."));
    }
    let incidents = missing(|t| &t.rare_event.incident_costs.unknown);
    if !incidents.is_empty() {
        notes.push(format!("?: prices missing for what incidents move and start: {incidents}."));
    }
    notes.extend(input_notes(result, tiers));
    if notes.is_empty() { Vec::new() } else { vec![Block::List(notes)] }
}

/// Whose lifetimes ended before their time: what came after the loss is in no availability.
fn cut_short(result: &Assessment, tiers: &[&TierAssessment]) -> Option<String> {
    let whole = result.lifetimes? as f64 * result.years?;
    let ended = |t: &&&TierAssessment| {
        t.availability.is_some() && t.lifetimes.as_ref().is_some_and(|l| l.years_lived < whole * (1.0 - 1e-9))
    };
    let names: Vec<&str> = tiers.iter().filter(ended).map(|t| t.id.as_str()).collect();
    let names = names.join(", ");
    (!names.is_empty())
        .then(|| format!("A loss for good ends a lifetime: availability is that of the time before it for {names}."))
}

/// The chance of a long year, tier by tier.
fn long_years(tiers: &[&TierAssessment]) -> String {
    type Tiers<'a> = Vec<&'a TierAssessment>;
    let (lived, composed): (Tiers<'_>, Tiers<'_>) =
        tiers.iter().copied().partition(|tier| lived_long_years(tier).is_some());
    let each = tiers.iter().map(|tier| {
        let composed = tier.rare_event.year_over_an_hour;
        let lived = lived_long_years(tier).and_then(|seen| Some([seen.point?, seen.low, seen.high]));
        let chance = lived.unwrap_or([composed.point, composed.low, composed.high]);
        let [point, low, high] = chance.map(human::percent);
        let at_most = if high.starts_with('<') { high.clone() } else { format!("≤ {high}") };
        match chance {
            _ if low == high => format!("{} {point}", tier.id),
            // What was never seen is bounded, not impossible.
            [none, ..] if none <= 0.0 => format!("{} {at_most}", tier.id),
            [_, none, _] if none <= 0.0 => format!("{} {point} ({at_most})", tier.id),
            _ => format!("{} {point} ({low} to {high})", tier.id),
        }
    });
    let each = each.collect::<Vec<_>>().join(", ");
    let gaps: BTreeSet<&str> = lived.iter().flat_map(|t| &t.rare_event.by_mean).map(String::as_str).collect();
    let gaps = gaps.into_iter().collect::<Vec<_>>().join(", ");
    let why = if gaps.is_empty() { String::new() } else { format!(", for the `gap` of {gaps}") };
    let of_years = match composed.len() {
        _ if lived.is_empty() => String::new(),
        0 => format!(" Counted in simulated years{why}."),
        _ => {
            let names: Vec<&str> = lived.iter().map(|tier| tier.id.as_str()).collect();
            format!(" That of {} is counted in simulated years{why}.", names.join(", "))
        }
    };
    let by_mean = by_mean(composed.into_iter()).map_or_else(String::new, |names| format!(" In it {names}."));
    let lost = tiers.iter().any(|t| t.rare_event.unrecoverable_per_year > 0.0);
    let aside = if lost { ", what is lost for good aside" } else { "" };
    format!("Chance of more than an hour down in a year{aside}: {each}.{of_years}{by_mean}")
}

/// How long writes wait for other regions, tier by tier.
fn write_waits(tiers: &[&TierAssessment]) -> Option<String> {
    let longest = |tier: &&TierAssessment| {
        let waits = tier.write_waits.iter().filter_map(|wait| wait.round_trip);
        let longest = waits.reduce(f64::max).filter(|trip| *trip > 0.0)?;
        Some(format!("{} {}", tier.id, human::time(longest)))
    };
    let each: Vec<String> = tiers.iter().filter_map(longest).collect();
    (!each.is_empty()).then(|| format!("A write waits for acks from other regions: {}.", each.join(", ")))
}

/// Between which values the availability that is shown lies, as far as ranges of inputs are concerned: what they do
/// to single incidents, around it.
fn availability_over(tier: &TierAssessment, inputs: &InputRanges) -> (f64, f64) {
    let lived = tier.availability.map_or(0.0, |shown| shown.point - tier.rare_event.availability);
    let Range { low, high } = inputs.availability;
    ((low + lived).clamp(0.0, 1.0), (high + lived).clamp(0.0, 1.0))
}

fn how_often(rates: &str) -> String {
    format!("How often {rates} {}", if rates.contains(", ") { "happen" } else { "happens" })
}

fn time_of(times: &str) -> String {
    format!("{} of {times}", if times.contains(", ") { "time of each" } else { "time" })
}

/// What is known of the inputs only as a range, and what that leaves open.
fn input_notes(result: &Assessment, tiers: &[&TierAssessment]) -> Vec<String> {
    let mut notes = Vec::new();
    let known = tiers.iter().filter_map(|tier| tier.inputs.as_ref().map(|inputs| (tier, inputs)));
    let ranges: Vec<String> = known
        .clone()
        .filter_map(|(tier, inputs)| {
            let (low, high) = availability_over(tier, inputs);
            let (low, high) = (human::percent(low), human::percent(high));
            (low != high).then(|| format!("{} {low} to {high}", tier.id))
        })
        .collect();
    let missed = known.clone().filter(|(tier, inputs)| {
        let several = tier.strategies.len() > 1;
        let of_all = |one: &&ObjectiveResult| one.kind == "availability" && !(several && one.service.is_some());
        let mut asked = tier.objectives.each.iter().filter(of_all);
        asked.any(|one| one.met == Some(true) && availability_over(tier, inputs).0 < one.needed)
    });
    let missed: Vec<&str> = missed.map(|(tier, _)| tier.id.as_str()).collect();
    let named = |mut names: Vec<&'_ str>| {
        names.sort_unstable();
        names.dedup();
        (!names.is_empty()).then(|| names.join(", "))
    };
    let rates = named(known.clone().flat_map(|(_, inputs)| &inputs.uncertain).map(String::as_str).collect());
    let times = named(known.flat_map(|(_, inputs)| &inputs.durations).map(|one| one.path.as_str()).collect());
    let what = match (rates, times) {
        (Some(rates), Some(times)) => Some(format!("{} and the {}", how_often(&rates), time_of(&times))),
        (Some(rates), None) => Some(how_often(&rates)),
        (None, times) => times.map(|times| format!("The {}", time_of(&times))),
    };
    if let Some(what) = what {
        let change = if ranges.is_empty() {
            "changes no digit of the availability shown".to_owned()
        } else {
            format!("alone puts availability at: {}", ranges.join(", "))
        };
        notes.push(format!("{what} is known as a range only. That {change}."));
    }
    if !missed.is_empty() {
        notes.push(format!(
            "At the low end of that the objective for availability is missed by {}, which meets it as given.",
            missed.join(", ")
        ));
    }
    if let Some(ranking) = &result.ranking {
        let lowest = ranking.order.first().map_or("", String::as_str);
        notes.push(match (ranking.lowest_holds, ranking.order_holds) {
            (_, true) => "Over these ranges the order of tiers by expected cost holds.".to_owned(),
            (true, false) => {
                format!("Over these ranges {lowest} keeps the lowest expected cost; the order behind it changes.")
            }
            (false, false) => {
                format!("Over these ranges another tier than {lowest} may have the lowest expected cost.")
            }
        });
    }
    notes
}

/// All failures of all tiers by name.
pub(super) fn failures(result: &Assessment) -> Vec<String> {
    let names: BTreeSet<&str> = result.tiers.iter().flat_map(|t| &t.incidents).map(|i| i.failure.as_str()).collect();
    names.into_iter().map(str::to_owned).collect()
}

pub(super) fn failure_blocks(incidents: &ByFailure<'_>, failure: &str) -> Vec<Block> {
    let rows: Vec<(&TierAssessment, Option<&IncidentAssessment>)> = incidents.first_of(failure).collect();
    let Some(some) = rows.iter().find_map(|(_, i)| *i) else { return Vec::new() };
    let mut rates: Vec<f64> = rows.iter().filter_map(|(_, i)| i.map(|i| i.rate_per_year)).collect();
    rates.sort_by(f64::total_cmp);
    let rate = match (rates.first(), rates.last()) {
        (Some(low), Some(high)) if low < high => format!("{} to {}", human::number(*low), human::per_year(*high)),
        (Some(rate), _) => human::per_year(*rate),
        _ => String::new(),
    };
    let title = some.failure_title.as_ref().map_or_else(String::new, |t| format!(" · {t}"));
    let objective = rows.iter().find_map(|(_, i)| (*i)?.objective.as_ref());
    let limits = objective.map_or_else(|| "no objective".to_owned(), limits);
    let mut grid = Grid::new(
        &["tier", "recovery p50", "p95", "RTO margin", "loss p50", "p95", "RPO margin", "objectives", "lost for good"],
        1,
    );
    for (tier, incident) in &rows {
        match incident {
            Some(incident) => grid.row(failure_row(tier, incident)),
            None => grid.row([tier.id.clone(), "not concerned".to_owned()]),
        }
    }
    vec![
        Block::Heading(2, format!("{failure} ({}, {rate}){title}; {limits}", some.kind)),
        Block::Table(grid.without_empty_columns()),
    ]
}

fn failure_row(tier: &TierAssessment, incident: &IncidentAssessment) -> Vec<String> {
    let lost = &incident.unrecoverable;
    let (time, loss) = (&incident.recovery_time.estimate, &incident.data_loss.estimate);
    let objective = incident.objective.as_ref();
    let check = |of: &dyn Fn(&IncidentObjective) -> String| objective.map_or_else(String::new, of);
    vec![
        tier.id.clone(),
        time_at(time, time.p50, 0.50, lost),
        time_at(time, time.p95, 0.95, lost),
        check(&|o| against(o.rto, &o.rto_met, o, o.rto_margin)),
        time_at(loss, loss.p50, 0.50, lost),
        time_at(loss, loss.p95, 0.95, lost),
        check(&|o| against(o.rpo, &o.rpo_met, o, o.rpo_margin)),
        check(&|o| if o.rto.is_none() && o.rpo.is_none() { of_services(tier, incident, o) } else { String::new() }),
        if lost.events > 0 { human::chance(lost) } else { String::new() },
    ]
}

/// The application's mark where its services have the objectives, with those that are not met.
fn of_services(tier: &TierAssessment, incident: &IncidentAssessment, objective: &IncidentObjective) -> String {
    let short: Vec<String> = tier
        .objectives
        .each
        .iter()
        .filter(|o| o.failure.as_ref() == Some(&incident.failure) && o.met != Some(true))
        .map(|o| format!("{} {}", o.service.as_deref().unwrap_or("all"), kept(tier, o)))
        .collect();
    format!("{} {}", mark(objective.met), short.join(", ")).trim_end().to_owned()
}
