//! Small pieces of text that several sections share.

use crate::id::PlaceId;
use crate::model::{Delay, Scenario};
use crate::report::human;
use crate::stats::Proportion;

/// Names with commas, and an `and` before the last.
pub(super) fn joined<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

/// Places by name, each once, with how often if more than once.
pub(super) fn places(scenario: &Scenario, at: impl Iterator<Item = PlaceId>) -> String {
    let mut found: Vec<(PlaceId, u64)> = Vec::new();
    for place in at {
        match found.iter_mut().find(|(p, _)| *p == place) {
            Some((_, count)) => *count += 1,
            None => found.push((place, 1)),
        }
    }
    let name = |(place, count): &(PlaceId, u64)| match count {
        1 => scenario.places[*place].name.clone(),
        count => format!("{} ({count})", scenario.places[*place].name),
    };
    found.iter().map(name).collect::<Vec<_>>().join(", ")
}

/// A duration's median and p95; one value if it is always the same.
pub(super) fn spread_of(delay: &Delay) -> String {
    if delay.is_constant() {
        return human::time(delay.mean());
    }
    format!("p50 {}, p95 {}", human::brief(delay.quantile(0.5)), human::brief(delay.quantile(0.95)))
}

/// A chance with its interval: `98.1% (97.9% to 98.3%)`; a bound where nothing, or all, was seen.
pub(super) fn chance(share: &Proportion) -> String {
    let said = human::chance(share);
    match share.point {
        Some(_) if share.events > 0 && share.events < share.n => {
            format!("{said} ({} to {})", human::percent(share.low), human::percent(share.high))
        }
        _ => said,
    }
}
