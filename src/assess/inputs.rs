//! What the uncertainty of the inputs does to the figures of a year: rates that are given as events over
//! years, or as a range, are known to 95% only.

use serde::{Deserialize, Serialize};

use super::assessment::TierAssessment;
use super::yearly::{rare_event, rare_event_at};
use crate::id::FailureId;
use crate::model::{Occurrence, Scenario};
use crate::sim::{CampaignResult, TierTally};

/// A range of 95%.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Range {
    /// Low end.
    pub low: f64,
    /// High end.
    pub high: f64,
}

/// What the inputs leave open, apart from sampling, as sums over incidents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InputRanges {
    /// The failures whose rates are ranges.
    pub uncertain: Vec<String>,
    /// Share of the time in service.
    pub availability: Range,
    /// Seconds.
    pub downtime_per_year: Range,
    /// Seconds of writes.
    pub data_loss_per_year: Range,
    /// Money, as far as it has prices.
    pub known_penalty_per_year: Range,
    /// The same for one rate at a time, the one that moves the time down most first.
    #[serde(default)]
    pub each: Vec<RateRange>,
}

/// What one rate leaves open: figures at its low and its high end, the other rates as given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RateRange {
    /// The failure.
    pub failure: String,
    /// Events per year, of all members together.
    pub rate_per_year: Range,
    /// Seconds.
    pub downtime_per_year: Range,
    /// Seconds of writes.
    pub data_loss_per_year: Range,
    /// Money, as far as it has prices.
    pub known_penalty_per_year: Range,
}

/// Whether the order of the tiers by expected cost stands over the ranges of the inputs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ranking {
    /// Tiers by expected cost of a year, the lowest first.
    pub order: Vec<String>,
    /// Whether the lowest stays the lowest at either end of every range, one by one and all together.
    pub lowest_holds: bool,
    /// Whether the whole order stays.
    pub order_holds: bool,
}

/// Failures whose rate is a range, with its ends as factors of the rate.
fn uncertain(scenario: &Scenario) -> Vec<(FailureId, f64, f64)> {
    let ends = |(id, failure): (FailureId, &crate::model::Failure)| match failure.occurs {
        Occurrence::Rate(rate) if rate.low < rate.high && rate.point.per_year() > 0.0 => {
            let of = |end: crate::units::PerYear| end.per_year() / rate.point.per_year();
            Some((id, of(rate.low), of(rate.high)))
        }
        _ => None,
    };
    scenario.failures.iter().filter_map(ends).collect()
}

/// The ranges of a tier; `None` if every rate is given as exact.
///
/// # Formula
/// Each figure is linear in each rate. The deviations at the ends of the ranges, one rate at a time, add up
/// as those of independent errors do: the root of the sum of their squares.
pub(super) fn ranges(scenario: &Scenario, tier: &TierTally) -> Option<InputRanges> {
    let inputs: Vec<_> =
        uncertain(scenario).into_iter().filter(|(id, ..)| tier.incidents.iter().any(|i| i.failure == *id)).collect();
    if inputs.is_empty() {
        return None;
    }
    let at = |id: FailureId, factor: f64| {
        let sum = rare_event_at(scenario, tier, &|failure| if failure == id { factor } else { 1.0 });
        [sum.availability, sum.downtime_per_year, sum.data_loss_per_year, sum.known_penalty_per_year]
    };
    let point = rare_event(scenario, tier);
    let point = [point.availability, point.downtime_per_year, point.data_loss_per_year, point.known_penalty_per_year];
    let (mut below, mut above) = ([0.0_f64; 4], [0.0_f64; 4]);
    let mut each = Vec::new();
    for (id, low, high) in &inputs {
        let ends = [at(*id, *low), at(*id, *high)];
        let range = |n: usize| Range { low: ends[0][n], high: ends[1][n] };
        let tally = tier.incidents.iter().find(|i| i.failure == *id && i.service.is_none());
        let rate = tally.map_or(0.0, |tally| tally.rate_per_year);
        each.push(RateRange {
            failure: scenario.failures[*id].name.clone(),
            rate_per_year: Range { low: rate * low, high: rate * high },
            downtime_per_year: range(1),
            data_loss_per_year: range(2),
            known_penalty_per_year: range(3),
        });
        for end in ends {
            for n in 0..4 {
                let off = end[n] - point[n];
                let side = if off < 0.0 { &mut below[n] } else { &mut above[n] };
                *side += off * off;
            }
        }
    }
    let range = |n: usize| Range { low: point[n] - below[n].sqrt(), high: point[n] + above[n].sqrt() };
    let availability = range(0);
    let width = |range: &Range| range.high - range.low;
    each.sort_by(|a, b| width(&b.downtime_per_year).total_cmp(&width(&a.downtime_per_year)));
    Some(InputRanges {
        each,
        uncertain: inputs.iter().map(|(id, ..)| scenario.failures[*id].name.clone()).collect(),
        availability: Range { low: availability.low.max(0.0), high: availability.high.min(1.0) },
        downtime_per_year: range(1),
        data_loss_per_year: range(2),
        known_penalty_per_year: range(3),
    })
}

/// The ranking of tiers over the ranges; `None` if no rate is a range, or a price is missing.
pub(super) fn ranking(scenario: &Scenario, campaign: &CampaignResult, tiers: &[TierAssessment]) -> Option<Ranking> {
    let inputs = uncertain(scenario);
    if inputs.is_empty() || tiers.len() < 2 || tiers.iter().any(|tier| tier.expected_cost_per_year().0.is_none()) {
        return None;
    }
    let order = |factor: &dyn Fn(FailureId) -> f64| {
        let mut costs: Vec<(f64, &str)> = tiers
            .iter()
            .zip(&campaign.tiers)
            .map(|(tier, tally)| {
                let losses = rare_event_at(scenario, tally, factor).known_penalty_per_year;
                (tier.cost.known_per_month * 12.0 + losses, tier.id.as_str())
            })
            .collect();
        costs.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(b.1)));
        costs.into_iter().map(|(_, id)| id.to_owned()).collect::<Vec<_>>()
    };
    let usual = order(&|_| 1.0);
    let (mut lowest_holds, mut order_holds) = (true, true);
    let mut hold = |other: Vec<String>| {
        lowest_holds &= other[0] == usual[0];
        order_holds &= other == usual;
    };
    for (id, low, high) in &inputs {
        hold(order(&|failure| if failure == *id { *low } else { 1.0 }));
        hold(order(&|failure| if failure == *id { *high } else { 1.0 }));
    }
    let end = |high: bool| {
        order(&|failure| {
            let found = inputs.iter().find(|(id, ..)| *id == failure);
            found.map_or(1.0, |(_, low, up)| if high { *up } else { *low })
        })
    };
    hold(end(false));
    hold(end(true));
    Some(Ranking { order: usual, lowest_holds, order_holds })
}
