//! Everything about every tier and failure.

use super::blocks::{Block, Grid};
use super::cells::{TIMES, UNKNOWN, by_mean, limits, lived_long_years, mark, money, provenance, value_at};
use super::{human, verdict};
use crate::assess::{
    Assessment, IncidentAssessment, Lifetimes, Measured, PairAssessment, StepAssessment, TierAssessment, WriteWait,
};
use crate::stats::{Difference, Estimate, Proportion, Quantile};

/// The page of `simulate`.
///
/// # Returns
/// Title, then per tier: cost, years if there were any, and per failure and service a heading, what ended its
/// incidents, and tables of what it comes to and of its steps; times with their units.
#[must_use]
pub fn details(result: &Assessment) -> Vec<Block> {
    let mut page = vec![Block::Heading(1, result.scenario.title.clone())];
    match &result.only {
        None => page.extend(verdict::verdict(result)),
        Some(only) => {
            let parts = [("tier", &only.tier), ("failure", &only.failure), ("member", &only.member)];
            let named = parts.into_iter().filter_map(|(what, name)| name.as_ref().map(|name| format!("{what} {name}")));
            page.push(Block::Text(format!("Only {}.", named.collect::<Vec<_>>().join(", "))));
        }
    }
    for tier in &result.tiers {
        page.extend(tier_blocks(tier));
    }
    if !result.paired.is_empty() {
        page.push(Block::Heading(2, "Differences on the same incidents, mean with 95% interval".to_owned()));
        page.push(Block::Table(pair_table(&result.paired)));
    }
    page.push(Block::Text(format!(
        "Quantiles run over all incidents, mean and max over those that recover. ± is the standard error of the mean. {}",
        provenance(result)
    )));
    page
}

fn tier_blocks(tier: &TierAssessment) -> Vec<Block> {
    let title = tier.title.as_ref().map_or_else(String::new, |t| format!(": {t}"));
    let mut blocks = vec![Block::Heading(2, format!("Tier {}{title}", tier.id))];
    let strategies: Vec<String> = tier.strategies.iter().map(|(s, by)| format!("{s} by {by}")).collect();
    let o = &tier.objectives;
    let mut lines = vec![
        format!("strategies: {}", strategies.join(", ")),
        match o.each.len() {
            0 => "objectives: none".to_owned(),
            all => format!("objectives: {} of {all} met, {} missed, {} undecided", o.met, o.missed, o.undecided),
        },
        yearly(tier),
    ];
    lines.extend(tier.write_waits.iter().map(write_wait));
    lines.extend(rare(tier));
    blocks.push(Block::List(lines));
    if let Some(lifetimes) = &tier.lifetimes {
        blocks.push(Block::Table(lifetime_table(tier, lifetimes)));
        blocks.push(Block::List(chances(lifetimes)));
    }
    blocks.push(Block::Table(cost_table(tier)));
    for incident in &tier.incidents {
        blocks.extend(incident_blocks(&tier.id, incident));
    }
    blocks
}

/// What a write waits for.
fn write_wait(wait: &WriteWait) -> String {
    let WriteWait { service, copy, from, acks, places, .. } = wait;
    let trip = wait.round_trip.map_or_else(
        || "a round trip that no link gives".to_owned(),
        |trip| if trip > 0.0 { human::time(trip) } else { "no round trip between regions".to_owned() },
    );
    format!("a write of {service} from {from} waits for {acks} of {places} places of {copy}: {trip}")
}

fn yearly(tier: &TierAssessment) -> String {
    let r = &tier.rare_event;
    let price = match r.penalty_per_year {
        Some(sum) => format!("expected losses {}", human::money(sum, &tier.cost.currency)),
        None => format!("expected losses unknown (no {})", r.unknown.join(", ")),
    };
    let costs = &r.incident_costs;
    let moved = match costs.per_year {
        Some(0.0) => String::new(),
        Some(sum) => format!(", data moved and compute started {}", human::money(sum, &tier.cost.currency)),
        None => format!(", data moved and compute started unknown (no {})", costs.unknown.join(", ")),
    };
    format!(
        "per year, as a sum over incidents: felt {} times, down {}, writes lost {}, {price}{moved}",
        human::number(r.interruptions_per_year),
        human::time(r.downtime_per_year),
        human::time(r.data_loss_per_year)
    )
}

/// What a precision that was asked for found of rare things.
fn rare(tier: &TierAssessment) -> Vec<String> {
    let year = &tier.rare_event;
    if let Some(reason) = &year.overlapping_withheld {
        return vec![format!("failures that overlap: not told, as {reason}")];
    }
    let Some(overlapping) = &year.overlapping else { return Vec::new() };
    let long = &year.year_over_an_hour;
    let added = format!("failures that overlap: add {} down a year", human::time(overlapping.downtime_per_year));
    let [point, low, high] = [long.point, long.low, long.high].map(human::percent);
    // Simulated years say it themselves.
    let lived = lived_long_years(tier).is_some();
    let chance = format!("; more than an hour down in a year: {point} [{low}, {high}]");
    let mut lines = vec![if lived { added } else { added + &chance }];
    lines.extend(
        by_mean(std::iter::once(tier)).map(|names| format!("in {} {names}", if lived { "it" } else { "both" })),
    );
    lines
}

/// Years as lifetimes have them.
pub(super) fn lifetime_table(tier: &TierAssessment, lifetimes: &Lifetimes) -> Grid {
    let mut grid = Grid::new(&["of a year", "mean", "±", "p50", "p95", "p99", "max"], 1);
    let currency = tier.cost.currency.as_str();
    let number = |value: f64| human::number(value);
    let price = |value: f64| human::money(value, currency);
    let mut row = |name: String, estimate: Option<&Estimate>, say: &dyn Fn(f64) -> String| {
        let Some(e) = estimate else { return };
        let cell = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), say);
        let at = |q: Option<Quantile>| cell(q.map(|q| q.point));
        grid.row([name, cell(e.mean), cell(e.standard_error), at(e.p50), at(e.p95), at(e.p99), cell(e.max)]);
    };
    row("outages".to_owned(), tier.outages_per_year.as_ref(), &number);
    row("time down".to_owned(), tier.downtime_per_year.as_ref(), &human::time);
    for service in &lifetimes.services {
        row(format!("time down, {}", service.service), Some(&service.downtime_per_year), &human::time);
    }
    row("writes lost".to_owned(), tier.data_loss_per_year.as_ref(), &human::time);
    row("penalties".to_owned(), tier.penalty_per_year.as_ref(), &price);
    row("bill and penalties".to_owned(), lifetimes.cost_per_year.as_ref(), &price);
    row("time exposed *".to_owned(), Some(&lifetimes.exposed_per_year), &human::time);
    row("one outage".to_owned(), Some(&lifetimes.outage_duration).filter(|e| e.n > 0), &human::time);
    grid
}

pub(super) fn chances(lifetimes: &Lifetimes) -> Vec<String> {
    let mut lines = vec![
        format!("more than an hour down in a year: {}", human::chance(&lifetimes.year_over_an_hour)),
        format!("something lost for good in a lifetime: {}", human::chance(&lifetimes.unrecoverable)),
    ];
    lines.push(
        "* exposed: with fewer copies than the tier has, or away from home; p50 to max are of lifetimes, averaged over their years"
            .to_owned(),
    );
    if let Some(reason) = &lifetimes.availability_reason {
        lines.push(format!("no availability: {reason}"));
    }
    if !lifetimes.unknown.is_empty() {
        lines.push(format!("penalties unknown: no {}", lifetimes.unknown.join(", ")));
    }
    lines
}

/// The bill of a month.
pub(super) fn cost_table(tier: &TierAssessment) -> Grid {
    let currency = &tier.cost.currency;
    let mut grid = Grid::new(&["cost of a month", "quantity", "unit", "unit price", "per month"], 1);
    for item in &tier.cost.items {
        let price = item.unit_price.map_or_else(|| UNKNOWN.to_owned(), |price| human::price(price, currency));
        grid.row([
            item.item.clone(),
            human::number(item.quantity),
            item.unit.clone(),
            price,
            money(item.per_month, currency),
        ]);
    }
    grid.row(["total".to_owned(), String::new(), String::new(), String::new(), money(tier.cost.per_month, currency)]);
    grid
}

/// One failure under one tier, for one service or the application.
pub(super) fn incident_blocks(tier: &str, incident: &IncidentAssessment) -> Vec<Block> {
    let who = incident.service.as_deref().unwrap_or("application");
    let title = incident.failure_title.as_ref().map_or_else(String::new, |t| format!(" · {t}"));
    let rate = human::per_year(incident.rate_per_year);
    let mut blocks =
        vec![Block::Heading(3, format!("{tier} · {} ({}, {rate}) · {who}{title}", incident.failure, incident.kind))];
    blocks.push(Block::List(facts(incident)));
    blocks.push(Block::Table(estimates(incident)));
    let reasons = bound_reasons(incident);
    if !reasons.is_empty() {
        blocks.push(Block::List(reasons));
    }
    if !incident.steps.is_empty() {
        blocks.push(Block::Table(step_table(&incident.steps)));
    }
    blocks
}

fn facts(incident: &IncidentAssessment) -> Vec<String> {
    let mut plans: Vec<(&String, f64)> = incident.plans.iter().map(|(plan, share)| (plan, *share)).collect();
    plans.sort_by(|a, b| b.1.total_cmp(&a.1));
    let plans: Vec<String> =
        plans.into_iter().map(|(plan, share)| format!("{plan} {}", human::percent(share))).collect();
    let interval = |p: &Proportion| match p.point {
        Some(_) if p.events > 0 && p.events < p.n => {
            format!("{} ({} to {})", human::chance(p), human::percent(p.low), human::percent(p.high))
        }
        _ => human::chance(p),
    };
    let mut lines = vec![
        format!("plans: {}", if plans.is_empty() { "none".to_owned() } else { plans.join(", ") }),
        format!("felt by users: {}", interval(&incident.interrupted)),
        format!("never recovers: {}", interval(&incident.unrecoverable)),
    ];
    if let Some(drawn) = incident.drawn_long {
        lines.push(format!(
            "p99 of recovery time: of {} incidents that were drawn long and weighed for it",
            human::number(drawn as f64)
        ));
    }
    if let Some(o) = &incident.objective {
        lines.push(format!(
            "{} {}; recovery in time {}, loss within {}, both {}",
            mark(o.met),
            limits(o),
            interval(&o.rto_met),
            interval(&o.rpo_met),
            interval(&o.both_met)
        ));
    }
    lines
}

/// A quantity, what it is called and how it is said.
type Row<'a> = (&'a str, &'a Measured, fn(f64) -> String);

fn estimates(incident: &IncidentAssessment) -> Grid {
    let header = ["", "mean", "±", "p50", "p95", "p99", "max", "worst case", "mean by formula"];
    let mut grid = Grid::new(&header, 1);
    let rows: [Row<'_>; 7] = [
        ("recovery time", &incident.recovery_time, human::brief),
        ("to full capacity", &incident.recovery_time_full, human::brief),
        ("undetected", &incident.undetected, human::brief),
        ("data loss", &incident.data_loss, human::brief),
        ("of it before", &incident.data_loss_before, human::brief),
        ("of it after", &incident.data_loss_after, human::brief),
        ("data lost", &incident.data_loss_bytes, human::bytes),
    ];
    let zero = |m: &Measured| m.estimate.max == Some(0.0) && incident.unrecoverable.events == 0;
    for (name, measured, say) in rows.into_iter().filter(|(name, m, _)| !(name.starts_with("of it") && zero(m))) {
        grid.row(estimate_row(name, measured, &incident.unrecoverable, say));
    }
    grid.without_empty_columns()
}

fn estimate_row(name: &str, measured: &Measured, lost: &Proportion, say: fn(f64) -> String) -> Vec<String> {
    let e = &measured.estimate;
    let mean = e.mean.map_or_else(|| "none recovers".to_owned(), say);
    let error = e.standard_error.filter(|error| *error > 0.0).map_or_else(String::new, say);
    let at = |q, p| value_at(e, q, p, lost, say);
    let bound = match (e.bound, &e.bound_reason) {
        (Some(bound), _) => say(bound),
        (None, Some(_)) => "no bound".to_owned(),
        (None, None) => String::new(),
    };
    vec![
        name.to_owned(),
        mean,
        error,
        at(e.p50, 0.50),
        at(e.p95, 0.95),
        at(e.p99, 0.99),
        e.max.map_or_else(String::new, say),
        bound,
        measured.closed_form.mean.map_or_else(String::new, say),
    ]
}

/// Why quantities have no worst case, or what it leaves out: one line per reason.
fn bound_reasons(incident: &IncidentAssessment) -> Vec<String> {
    let mut found: Vec<(bool, &str, Vec<&str>)> = Vec::new();
    for (name, of) in TIMES {
        let e = &of(incident).estimate;
        let Some(reason) = e.bound_reason.as_deref() else { continue };
        match found.iter_mut().find(|(bounded, r, _)| (*bounded, *r) == (e.bound.is_some(), reason)) {
            Some((_, _, names)) => names.push(name),
            None => found.push((e.bound.is_some(), reason, vec![name])),
        }
    }
    let line = |(bounded, reason, names): (bool, &str, Vec<&str>)| {
        let names = names.join(", ").replace("of it ", "data loss ").replace("to full", "time to full");
        let names = names.replace("undetected", "time undetected");
        if bounded { format!("worst case of {names}: {reason}") } else { format!("no worst case of {names}: {reason}") }
    };
    found.into_iter().map(line).collect()
}

/// When steps finish and how often they decide.
pub(super) fn step_table(steps: &[StepAssessment]) -> Grid {
    let mut grid =
        Grid::new(&["plan", "step", "phase", "incidents", "done: mean", "p50", "p95", "on the critical path"], 3);
    let say = |value: Option<f64>| value.map_or_else(|| "too few".to_owned(), human::time);
    for step in steps {
        grid.row([
            step.plan.clone(),
            step.id.clone(),
            step.phase.to_string(),
            human::number(step.n as f64),
            say(step.mean),
            say(step.p50),
            say(step.p95),
            human::percent(step.critical),
        ]);
    }
    grid
}

fn pair_table(pairs: &[PairAssessment]) -> Grid {
    let mut grid =
        Grid::new(&["tier", "minus", "failure", "recovery time", "data loss", "only tier recovers", "only other"], 3);
    let say = |d: &Difference| match (d.mean, d.low, d.high) {
        (Some(mean), Some(low), Some(high)) if low < high => {
            format!("{} ({} to {})", human::time(mean), human::time(low), human::time(high))
        }
        (Some(mean), ..) => human::time(mean),
        _ => "no common incident".to_owned(),
    };
    for pair in pairs {
        grid.row([
            pair.tier.clone(),
            pair.than.clone(),
            pair.failure.clone(),
            say(&pair.recovery_time),
            say(&pair.data_loss),
            human::number(pair.recovery_time.only_first as f64),
            human::number(pair.recovery_time.only_second as f64),
        ]);
    }
    grid
}
