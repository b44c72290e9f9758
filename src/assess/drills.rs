//! Drills that users feel: what they take in a year, and how that is distributed.

use super::composed::cell;
use crate::id::ServiceId;
use crate::model::{Delay, Need, Scenario};
use crate::sim::TierTally;

/// A drill of a plan of the tier that users feel.
pub(super) struct FeltDrill<'a> {
    pub(super) per_year: f64,
    pub(super) interrupts: &'a Delay,
    /// Services of the plan, and all that need one of them.
    pub(super) services: Vec<ServiceId>,
}

/// The drills of a tier that users feel.
pub(super) fn drills<'a>(scenario: &'a Scenario, tier: &TierTally) -> impl Iterator<Item = FeltDrill<'a>> {
    let rows = &scenario.tiers[tier.tier].services;
    scenario.drills.rows().iter().filter_map(|drill| {
        let drilled = rows.iter().filter(|row| row.plans.contains(&drill.plan));
        let mut services: Vec<ServiceId> = drilled.map(|row| row.service).collect();
        // Whoever needs one of them is interrupted too, and so on: no more rounds than services.
        for _ in 0..rows.len() {
            let down = |need: &Need| matches!(need, Need::Service(id) if services.contains(id));
            let also = rows.iter().map(|row| row.service).filter(|id| scenario.services[*id].needs.iter().any(down));
            let also: Vec<ServiceId> = also.filter(|id| !services.contains(id)).collect();
            services.extend(also);
        }
        let per_year = drill.felt_per_year();
        let interrupts = drill.interrupts.as_ref().filter(|_| per_year > 0.0 && !services.is_empty())?;
        Some(FeltDrill { per_year, interrupts, services })
    })
}

/// Seconds a year that drills interrupt a tier.
pub(super) fn downtime_of_drills(scenario: &Scenario, tier: &TierTally) -> f64 {
    drills(scenario, tier).map(|drill| drill.per_year * drill.interrupts.mean()).sum()
}

/// How the time that drills take in a year is distributed, in cells; the rest of the chance is beyond. `None`
/// without drills that users feel.
///
/// # Arguments
/// `cell`: where a time in seconds lies.
///
/// # Formula
/// The sum of k drills of one kind, k = ⌊n⌋ or ⌈n⌉ with mean n, the number in a year.
fn drills_of_year(
    scenario: &Scenario,
    tier: &TierTally,
    cell: impl Fn(f64) -> usize,
    cells: usize,
) -> Option<Vec<f64>> {
    let mut year: Option<Vec<f64>> = None;
    for drill in drills(scenario, tier) {
        let mut one = vec![0.0; cells + 1];
        for n in 0..DRAWS {
            let time = drill.interrupts.quantile((n as f64 + 0.5) / DRAWS as f64);
            if let Some(share) = one.get_mut(cell(time)) {
                *share += 1.0 / DRAWS as f64;
            }
        }
        let (whole, rest) = (drill.per_year.floor(), drill.per_year.fract());
        let fewer = power(&one, whole.min(1e9) as u64);
        let more = convolved(&fewer, &one);
        let sum: Vec<f64> = fewer.iter().zip(&more).map(|(fewer, more)| fewer * (1.0 - rest) + more * rest).collect();
        year = Some(match year {
            Some(others) => convolved(&others, &sum),
            None => sum,
        });
    }
    year
}

/// The same in cells of the hour, times rounded as told.
pub(super) fn drills_in_cells(
    scenario: &Scenario,
    tier: &TierTally,
    round: fn(f64) -> f64,
    cells: usize,
) -> Option<Vec<f64>> {
    drills_of_year(scenario, tier, |time| cell(time, round, cells), cells)
}

/// Of how many quantiles a distribution consists where it is put into cells.
const DRAWS: usize = 1000;

/// A distribution of sums, from those of the two terms; what is beyond the last cell is left out.
fn convolved(a: &[f64], b: &[f64]) -> Vec<f64> {
    let mut sums = vec![0.0; a.len()];
    for (n, share) in a.iter().enumerate().filter(|(_, share)| **share > 0.0) {
        sums[n..].iter_mut().zip(b).for_each(|(sum, other)| *sum += share * other);
    }
    sums
}

/// That of the sum of so many, by squaring.
pub(super) fn power(one: &[f64], mut count: u64) -> Vec<f64> {
    let mut product = vec![0.0; one.len()];
    product[0] = 1.0;
    let mut square = one.to_vec();
    while count > 0 {
        if count % 2 == 1 {
            product = convolved(&product, &square);
        }
        count /= 2;
        if count > 0 {
            square = convolved(&square, &square);
        }
    }
    product
}

/// The chance of more than the hour and the chances of each sum within, with what drills take beside.
pub(super) fn with_drills((chance, within): (f64, Vec<f64>), drills: &Option<Vec<f64>>) -> (f64, Vec<f64>) {
    let Some(drills) = drills else { return (chance, within) };
    // What drills leave of the hour, for each sum of the others.
    let mut kept = 0.0;
    let cumulative: Vec<f64> = drills.iter().map(|share| (kept += share, kept).1).collect();
    let exceeded = within.iter().zip(cumulative.iter().rev()).map(|(share, kept)| share * (1.0 - kept).max(0.0));
    ((chance + exceeded.sum::<f64>()).min(1.0), convolved(&within, drills))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three of a kind that take one cell or two, as likely each: 3 to 6 cells with chances 1, 3, 3, 1 of 8;
    /// of an hour of five cells the last is beyond, and with a cell of something else before it the last two.
    #[test]
    fn three_drills_of_one_cell_or_two() {
        let one = [0.0, 0.5, 0.5, 0.0, 0.0, 0.0];
        let year = power(&one, 3);
        assert_eq!(year, [0.0, 0.0, 0.0, 0.125, 0.375, 0.375]);
        let of_others = vec![0.5, 0.5, 0.0, 0.0, 0.0, 0.0];
        let (chance, within) = with_drills((0.0, of_others), &Some(year));
        assert_eq!(chance, 0.5 * 0.125 + 0.5 * 0.5);
        assert_eq!(within, [0.0, 0.0, 0.0, 0.0625, 0.25, 0.375]);
        assert_eq!(power(&one, 0), [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    }
}
