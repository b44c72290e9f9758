//! The verdict in words: which tier to buy and why, or what stands in the way.

use super::blocks::Block;
use super::cells::{UNKNOWN, kept, mark, sum};
use super::human;
use crate::assess::{Assessment, ObjectiveResult, Obstacle, Outcome, TierAssessment};

/// At most so many tiers are named in one line; the table below has them all.
const NAMED: usize = 6;

/// The verdict: a sentence, then the reasons.
pub(super) fn verdict(result: &Assessment) -> Vec<Block> {
    let (headline, reasons) = match result.verdict.outcome {
        Outcome::Met => met(result),
        Outcome::Undecided => undecided(result),
        Outcome::Missed => missed(result),
        Outcome::NoObjectives => no_objectives(result),
    };
    let mut blocks = vec![Block::Text(headline)];
    if !reasons.is_empty() {
        blocks.push(Block::List(reasons));
    }
    blocks
}

fn tier<'a>(result: &'a Assessment, id: &str) -> Option<&'a TierAssessment> {
    result.tiers.iter().find(|t| t.id == id)
}

fn chosen(result: &Assessment) -> Option<&TierAssessment> {
    tier(result, result.verdict.tier.as_deref()?)
}

/// The bill of a month, as far as it is known.
fn bill(tier: &TierAssessment) -> String {
    match sum(tier.cost.per_month, tier.cost.known_per_month, &tier.cost.currency) {
        unknown if unknown == UNKNOWN => "bill unknown".to_owned(),
        known => known,
    }
}

fn a_month(tier: &TierAssessment) -> String {
    let bill = bill(tier);
    if tier.cost.per_month.is_some() { format!("{bill} a month") } else { bill }
}

/// Names with their bills, the first few of many.
fn with_bills(result: &Assessment, ids: &[String]) -> String {
    let mut names: Vec<String> =
        ids.iter().take(NAMED).filter_map(|id| tier(result, id)).map(|t| format!("{} ({})", t.id, bill(t))).collect();
    if ids.len() > NAMED {
        names.push(format!("{} more", ids.len() - NAMED));
    }
    names.join(", ")
}

/// Those that do as well as the chosen tier and cost no less: on the same bill to a reader, and on a higher one.
fn by_price(result: &Assessment, chosen: &TierAssessment) -> (Vec<String>, Vec<String>) {
    let same = |id: &String| tier(result, id).is_some_and(|t| bill(t) == bill(chosen));
    result.verdict.dearer.iter().cloned().partition(same)
}

fn met(result: &Assessment) -> (String, Vec<String>) {
    let verdict = &result.verdict;
    let mut reasons = Vec::new();
    let Some(tier) = chosen(result) else {
        let names = with_bills(result, &verdict.unpriced);
        let headline = format!(
            "These tiers meet every objective: {names}. Which is the cheapest cannot be told, because prices are missing."
        );
        return (headline, unknown_prices(result));
    };
    let count = tier.objectives.each.len();
    let alone = verdict.dearer.is_empty() && verdict.unpriced.is_empty() && verdict.risky.is_empty();
    let all = match count {
        1 => "the objective".to_owned(),
        2 => "both objectives".to_owned(),
        _ => format!("all {count} objectives"),
    };
    let headline = match (tier.cost.per_month, alone, verdict.unpriced_loss) {
        (None, ..) => {
            format!("Buy {}: the only tier that meets {all}. Its bill is unknown, because prices are missing.", tier.id)
        }
        (Some(_), true, _) => format!("Buy {}: the only tier that meets {all}, for {} a month.", tier.id, bill(tier)),
        (Some(_), false, true) => format!(
            "Buy {}: it meets {all} on the lowest bill, {} a month. It is not called the cheapest, because what it may lose for good has no price.",
            tier.id,
            bill(tier)
        ),
        (Some(_), false, false) => {
            format!("Buy {}: the cheapest tier that meets {all}, {} a month.", tier.id, bill(tier))
        }
    };
    if !verdict.risky.is_empty() {
        reasons.push(format!(
            "On a lower bill, these meet everything too, but may lose all at a price that the file does not give (unrecoverable_cost): {}.",
            with_bills(result, &verdict.risky)
        ));
    }
    if !verdict.dearer.is_empty() {
        let (same, more) = by_price(result, tier);
        if !same.is_empty() {
            reasons.push(format!("Meet everything as well, for the same: {}.", with_bills(result, &same)));
        }
        if !more.is_empty() {
            reasons.push(format!("Meet everything as well, for more: {}.", with_bills(result, &more)));
        }
    }
    if !verdict.unpriced.is_empty() {
        reasons.push(format!(
            "Meet everything as well, but prices are missing, so they may be cheaper: {}.",
            with_bills(result, &verdict.unpriced)
        ));
    }
    reasons.extend(not_enough(result, Some(false)));
    reasons.extend(not_enough(result, None));
    reasons.extend(losses(result, tier));
    (headline, reasons)
}

/// The tiers that fall short, and where: the cheapest first, as they are the temptation.
fn not_enough(result: &Assessment, answer: Option<bool>) -> Vec<String> {
    let mut short: Vec<&TierAssessment> = result.tiers.iter().filter(|t| t.objectives_met == answer).collect();
    short.sort_by(|a, b| {
        let sum = |t: &TierAssessment| t.cost.per_month.unwrap_or(f64::INFINITY);
        sum(a).total_cmp(&sum(b)).then_with(|| a.id.cmp(&b.id))
    });
    let more = short.len().saturating_sub(NAMED);
    let misses = |t: &&TierAssessment| {
        let missed = t.objectives.each.iter().filter(|o| o.met == answer);
        let share = |o: &ObjectiveResult| match o.value {
            Some(_) if o.kind == "incident" => format!("{} ({} of {})", name(o), kept(t, o), human::percent(o.needed)),
            _ => name(o),
        };
        let names = missed.map(share).collect::<Vec<_>>().join(", ");
        match answer {
            Some(_) => format!("Not enough: {} ({}) misses {names}.", t.id, bill(t)),
            None => format!("Not sure: {} ({}) leaves open {names}.", t.id, bill(t)),
        }
    };
    let mut lines: Vec<String> = short.iter().take(NAMED).map(misses).collect();
    match (more, answer) {
        (0, _) => {}
        (1, Some(_)) => lines.push("1 more tier falls short.".to_owned()),
        (_, Some(_)) => lines.push(format!("{more} more tiers fall short.")),
        (1, None) => lines.push("1 more tier leaves some objective open.".to_owned()),
        (_, None) => lines.push(format!("{more} more tiers leave some objective open.")),
    }
    lines
}

/// What the chosen tier may lose for good, and whether another costs less in all.
fn losses(result: &Assessment, tier: &TierAssessment) -> Vec<String> {
    let mut lines = Vec::new();
    if result.verdict.unpriced_loss {
        let mut fatal: Vec<String> = tier
            .incidents
            .iter()
            .filter(|i| i.unrecoverable.events > 0)
            .map(|i| format!("{} of {} incidents", human::chance(&i.unrecoverable), i.failure))
            .collect();
        fatal.dedup();
        lines.push(format!(
            "Caution: {} may lose everything ({}), and no unrecoverable_cost says what that is worth.",
            tier.id,
            fatal.join(", ")
        ));
    }
    if let Some(other) = result.verdict.lower_total.as_deref().and_then(|id| self::tier(result, id)) {
        let total = |t: &TierAssessment| super::cells::money(t.expected_cost_per_year().0, &t.cost.currency);
        lines.push(format!(
            "With expected downtime and loss counted, {} costs less: {} a year against {}.",
            other.id,
            total(other),
            total(tier)
        ));
    }
    lines
}

fn undecided(result: &Assessment) -> (String, Vec<String>) {
    let Some(tier) = chosen(result) else {
        let headline = format!(
            "No tier is shown to meet every objective. None is missed by: {}. Which is the cheapest cannot be told, because prices are missing.",
            with_bills(result, &result.verdict.unpriced)
        );
        return (headline, unknown_prices(result));
    };
    let looks_good = |o: &Obstacle| {
        o.objective.kind == "availability" && o.objective.value.is_some_and(|value| value >= o.objective.needed)
    };
    let headline = if tier.objectives.met > 0 && result.verdict.obstacles.iter().all(looks_good) {
        format!(
            "Buy {}: the {} tier that meets the {} objectives that incidents decide ({}). Open, but likely:",
            tier.id,
            if result.verdict.unpriced_loss { "lowest-priced" } else { "cheapest" },
            tier.objectives.met,
            a_month(tier)
        )
    } else {
        format!(
            "No tier is shown to meet every objective. {} ({}) misses none: {} of {} are met. Undecided:",
            tier.id,
            bill(tier),
            tier.objectives.met,
            tier.objectives.each.len()
        )
    };
    let mut reasons = obstacles(result, tier);
    if result.verdict.obstacles.iter().any(|o| o.objective.kind == "incident") {
        reasons.push("More --trials narrow the intervals.".to_owned());
    }
    if !result.verdict.dearer.is_empty() {
        let (same, more) = by_price(result, tier);
        if !same.is_empty() {
            reasons.push(format!("As good, for the same: {}.", with_bills(result, &same)));
        }
        if !more.is_empty() {
            reasons.push(format!("As good, for more: {}.", with_bills(result, &more)));
        }
    }
    reasons.extend(not_enough(result, Some(false)));
    reasons.extend(losses(result, tier));
    (headline, reasons)
}

fn missed(result: &Assessment) -> (String, Vec<String>) {
    let Some(tier) = chosen(result) else { return ("There is no tier to compare.".to_owned(), Vec::new()) };
    let headline = format!(
        "No tier meets every objective. {} ({}) comes closest: {} of {} met.",
        tier.id,
        bill(tier),
        tier.objectives.met,
        tier.objectives.each.len()
    );
    let mut reasons = obstacles(result, tier);
    let every = result.verdict.obstacles.iter().all(|o| !o.met_by.is_empty());
    if every && !reasons.is_empty() {
        reasons
            .push("Each of these is met by some tier: one that joins their strategies may meet everything.".to_owned());
    }
    reasons.extend(losses(result, tier));
    (headline, reasons)
}

fn no_objectives(result: &Assessment) -> (String, Vec<String>) {
    let headline = "No objectives are given, so no tier can be called good enough; compare the figures below.";
    let mut reasons = Vec::new();
    if let Some(tier) = chosen(result) {
        if tier.cost.per_month.is_some() {
            reasons.push(format!("Lowest bill: {} ({}).", tier.id, a_month(tier)));
        } else if result.tiers.len() > 1 {
            reasons.push("Which bill is the lowest cannot be told, because prices are missing.".to_owned());
        }
    }
    reasons.push(
        "Objectives go under [services.NAME.objectives]: default = { rto = \"4h\", rpo = \"1d\", chance = \"95%\" }."
            .to_owned(),
    );
    (headline.to_owned(), reasons)
}

fn unknown_prices(result: &Assessment) -> Vec<String> {
    let mut lines: Vec<String> = result
        .tiers
        .iter()
        .filter(|t| t.cost.per_month.is_none())
        .map(|t| format!("Price missing in {}: {}.", t.id, t.cost.unknown.join(", ")))
        .collect();
    if lines.len() > NAMED {
        let more = lines.len() - NAMED;
        lines.truncate(NAMED);
        let tiers = if more == 1 { "tier" } else { "tiers" };
        lines.push(format!("Prices are missing in {more} more {tiers}."));
    }
    lines
}

/// The short name of an objective.
pub(super) fn name(objective: &ObjectiveResult) -> String {
    let what = objective.failure.clone().unwrap_or_else(|| match objective.kind.as_ref() {
        "per_month" => "monthly bill".to_owned(),
        other => other.to_owned(),
    });
    match &objective.service {
        Some(service) if objective.failure.is_some() => format!("{what} ({service})"),
        _ => what,
    }
}

/// What is in the way of the chosen tier: the first few of many, as the tables have them all.
fn obstacles(result: &Assessment, tier: &TierAssessment) -> Vec<String> {
    let all = &result.verdict.obstacles;
    // One line less is no gain where it takes a line to say so.
    let shown = if all.len() > NAMED + 1 { NAMED } else { all.len() };
    let mut lines: Vec<String> = all.iter().take(shown).map(|o| obstacle(o, tier)).collect();
    if all.len() > shown {
        lines.push(format!("{} more objectives likewise: see the failures below.", all.len() - shown));
    }
    lines
}

/// What an objective reached and what it needs.
fn obstacle(obstacle: &Obstacle, tier: &TierAssessment) -> String {
    let objective = &obstacle.objective;
    let sum = |value: f64| human::money(value, &tier.cost.currency);
    let state = match (objective.kind.as_ref(), objective.value) {
        ("incident", Some(_)) => {
            format!("{} of incidents meet it, {} needed", kept(tier, objective), human::percent(objective.needed))
        }
        ("per_month", Some(value)) => format!("{} against {} at most", sum(value), sum(objective.needed)),
        ("per_month", None) => {
            format!("at most {}; the bill is unknown, because prices are missing", sum(objective.needed))
        }
        ("availability", Some(value)) if tier.availability.is_some() => {
            let value = human::percent_beside(value, objective.needed);
            format!("{value} of the time in service, {} needed", human::percent(objective.needed))
        }
        ("availability", _) => format!(
            "{} needed; incidents alone suggest about {}, and only simulated lifetimes decide",
            human::percent(objective.needed),
            human::percent(tier.rare_event.availability)
        ),
        _ => format!("{} needed", human::percent(objective.needed)),
    };
    let by = match obstacle.met_by.as_slice() {
        [] if objective.met == Some(false) => "; no tier meets it".to_owned(),
        [] => String::new(),
        some => format!("; met by {}", some.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ")),
    };
    format!("{} {}: {state}{by}.", mark(objective.met), name(objective))
}
