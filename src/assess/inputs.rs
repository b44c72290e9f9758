//! What the uncertainty of the inputs does to the figures of a year: rates that are given as events over
//! years or as a range, and durations that are given with a factor by which they may be off.

use serde::{Deserialize, Serialize};

use super::assessment::TierAssessment;
use super::yearly::{as_given, rare_event_at};
use crate::id::FailureId;
use crate::model::{Occurrence, Scenario};
use crate::sim::{CampaignResult, CampaignSettings, Filter, IncidentTally, TierTally, run_incidents};

/// Incidents by which a longer duration is compared with a shorter one: on the same draws, so that far fewer
/// are needed than for the figures themselves.
const COMPARED_ON: u64 = 4_096;

/// All of those of one assessment; with many uncertain durations each is compared on fewer.
const COMPARED_IN_ALL: u64 = 4_000_000;

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
    /// And for one duration that is known up to a factor at a time, likewise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub durations: Vec<DurationRange>,
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

/// What one duration leaves open: figures with all of it shorter and longer, everything else as given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DurationRange {
    /// Where it stands: `table.entry.key`.
    pub path: String,
    /// The factor by which it may be off.
    pub factor: f64,
    /// Seconds.
    pub downtime_per_year: Range,
    /// Seconds of writes.
    pub data_loss_per_year: Range,
    /// Money, as far as it has prices.
    pub known_penalty_per_year: Range,
}

/// Availability, seconds down, seconds of writes lost and known money of a year.
type Figures = [f64; 4];

fn figures(sum: &super::RareEvent) -> Figures {
    [sum.availability, sum.downtime_per_year, sum.data_loss_per_year, sum.known_penalty_per_year]
}

/// A duration that is known up to a factor.
struct Uncertain {
    path: String,
    factor: f64,
    /// By tier: by how much the figures of a year differ at the short and at the long end.
    off: Vec<[Figures; 2]>,
}

/// A rate that is a range.
#[derive(Clone, Copy)]
struct UncertainRate {
    failure: FailureId,
    /// Low and high end, events per year of each member.
    ends: [f64; 2],
}

impl UncertainRate {
    /// Events per year of all members that concern a tier, at one end.
    fn of_all(&self, tally: &IncidentTally, end: usize) -> f64 {
        self.ends[end] * tally.members as f64
    }

    /// Events per year where this rate is at one end and others as given.
    fn at(&self, end: usize) -> impl Fn(&IncidentTally) -> f64 {
        let rate = *self;
        move |tally| if tally.failure == rate.failure { rate.of_all(tally, end) } else { tally.rate_per_year }
    }
}

/// What of a scenario is known as a range only, and what its durations do to the figures.
pub(super) struct Inputs {
    rates: Vec<UncertainRate>,
    durations: Vec<Uncertain>,
}

impl Inputs {
    /// Simulates some incidents of the campaign again, for either end of each uncertain duration.
    pub(super) fn new(scenario: &Scenario, campaign: &CampaignResult, filter: &Filter) -> Self {
        let timings = scenario.uncertain_timings();
        let mut inputs = Self { rates: uncertain(scenario), durations: Vec::new() };
        if timings.is_empty() {
            return inputs;
        }
        let lists = campaign.tiers.iter().map(|tier| tier.incidents.len() as u64).sum::<u64>().max(1);
        let share = COMPARED_IN_ALL / (2 * timings.len() as u64 + 1) / lists;
        let trials = share.clamp(1, COMPARED_ON).min(campaign.settings.trials);
        let settings = CampaignSettings { trials, ..campaign.settings };
        let years = |scenario: &Scenario| -> Vec<Figures> {
            let result = run_incidents(scenario, &settings, filter);
            result.tiers.iter().map(|tally| figures(&rare_event_at(scenario, tally, &as_given))).collect()
        };
        let usual = years(scenario);
        for (timing, factor) in timings {
            let end = |times: f64| scenario.with_timing(timing, times).map(|changed| years(&changed));
            let (Some(short), Some(long)) = (end(1.0 / factor), end(factor)) else { continue };
            let less = |then: &Figures, usual: &Figures| std::array::from_fn(|n| then[n] - usual[n]);
            let off = short.iter().zip(&long).zip(&usual).map(|((s, l), usual)| [less(s, usual), less(l, usual)]);
            let (table, entry, key) = timing.place(scenario);
            inputs.durations.push(Uncertain { path: format!("{table}.{entry}.{key}"), factor, off: off.collect() });
        }
        inputs
    }
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

/// Failures whose rate is a range: one that was never seen in years of watching too.
fn uncertain(scenario: &Scenario) -> Vec<UncertainRate> {
    let ends = |(failure, row): (FailureId, &crate::model::Failure)| match row.occurs {
        Occurrence::Rate(rate) if rate.low < rate.high => {
            Some(UncertainRate { failure, ends: [rate.low.per_year(), rate.high.per_year()] })
        }
        _ => None,
    };
    scenario.failures.iter().filter_map(ends).collect()
}

/// The ranges of a tier at this position; `None` if all that it meets is given as exact.
///
/// # Formula
/// Each figure is linear in each rate, and simulated at both ends of a duration. What either end multiplies it by, one
/// input at a time, joins as independent errors of factors do: the root of the sum of the squares of the logarithms. A
/// figure of zero has no factors; there the deviations join so. Availability goes by what is missing of it.
pub(super) fn ranges(
    scenario: &Scenario,
    (position, tier): (usize, &TierTally),
    inputs: &Inputs,
) -> Option<InputRanges> {
    let met = |id: FailureId| tier.incidents.iter().any(|i| i.failure == id);
    let rates: Vec<_> = inputs.rates.iter().filter(|rate| met(rate.failure)).collect();
    // What changes nothing of this tier is none of its inputs.
    let matters = |one: &&Uncertain| one.off[position].iter().flatten().any(|figure| *figure != 0.0);
    let durations: Vec<_> = inputs.durations.iter().filter(matters).collect();
    if rates.is_empty() && durations.is_empty() {
        return None;
    }
    let point = figures(&rare_event_at(scenario, tier, &as_given));
    let mut sides = Sides::default();
    let each = rates.into_iter().map(|rate| sides.rate(scenario, tier, rate, point)).collect::<Vec<_>>();
    let durations = durations.into_iter().map(|one| sides.duration(one, position, point)).collect::<Vec<_>>();
    let range = |n| sides.around(point[n], n);
    let availability = range(0);
    Some(InputRanges {
        uncertain: each.iter().map(|rate| rate.failure.clone()).collect(),
        availability: Range { low: availability.low.max(0.0), high: availability.high.min(1.0) },
        downtime_per_year: range(1),
        data_loss_per_year: range(2),
        known_penalty_per_year: range(3),
        each: widest_first(each, |rate| rate.downtime_per_year),
        durations: widest_first(durations, |duration| duration.downtime_per_year),
    })
}

fn widest_first<T>(mut list: Vec<T>, range: impl Fn(&T) -> Range) -> Vec<T> {
    let width = |row: &T| range(row).high - range(row).low;
    list.sort_by(|a, b| width(b).total_cmp(&width(a)));
    list
}

/// Squares of what is below and above each figure: of the logarithms of factors, and of deviations.
#[derive(Default)]
struct Sides {
    below: Side,
    above: Side,
}

#[derive(Default)]
struct Side {
    factors: Figures,
    deviations: Figures,
}

/// The figure of which factors are known, or of availability what is missing, when it is off by so much.
fn measured(n: usize, point: f64, off: f64) -> f64 {
    if n == 0 { 1.0 - point - off } else { point + off }
}

impl Sides {
    /// Adds the range of a rate.
    fn rate(&mut self, scenario: &Scenario, tier: &TierTally, rate: &UncertainRate, point: Figures) -> RateRange {
        let ends = [0, 1].map(|end| figures(&rare_event_at(scenario, tier, &rate.at(end))));
        self.add(ends.map(|end| std::array::from_fn(|n| end[n] - point[n])), point);
        let range = |n: usize| Range { low: ends[0][n], high: ends[1][n] };
        let tally = tier.incidents.iter().find(|i| i.failure == rate.failure && i.service.is_none());
        let of_all = |end| tally.map_or(0.0, |tally| rate.of_all(tally, end));
        RateRange {
            failure: scenario.failures[rate.failure].name.clone(),
            rate_per_year: Range { low: of_all(0), high: of_all(1) },
            downtime_per_year: range(1),
            data_loss_per_year: range(2),
            known_penalty_per_year: range(3),
        }
    }

    /// Adds the range of a duration.
    fn duration(&mut self, one: &Uncertain, position: usize, point: Figures) -> DurationRange {
        let [short, long] = one.off[position];
        self.add([short, long], point);
        let range = |n: usize| {
            let (a, b) = ((point[n] + short[n]).max(0.0), (point[n] + long[n]).max(0.0));
            Range { low: a.min(b), high: a.max(b) }
        };
        DurationRange {
            path: one.path.clone(),
            factor: one.factor,
            downtime_per_year: range(1),
            data_loss_per_year: range(2),
            known_penalty_per_year: range(3),
        }
    }

    fn add(&mut self, ends: [Figures; 2], point: Figures) {
        for off in ends {
            for (n, off) in off.into_iter().enumerate() {
                let side = if off < 0.0 { &mut self.below } else { &mut self.above };
                side.deviations[n] += off * off;
                let factor = measured(n, point[n], off).max(0.0) / measured(n, point[n], 0.0);
                side.factors[n] += if off == 0.0 { 0.0 } else { factor.ln().powi(2) };
            }
        }
    }

    fn around(&self, point: f64, n: usize) -> Range {
        let (from, Self { below, above }) = (measured(n, point, 0.0), self);
        if from <= 0.0 {
            let low = (point - below.deviations[n].sqrt()).max(0.0);
            return Range { low, high: point + above.deviations[n].sqrt() };
        }
        // Less of what is missing is above.
        let (fewer, more) = if n == 0 { (above, below) } else { (below, above) };
        let (least, most) = (from * (-fewer.factors[n].sqrt()).exp(), from * more.factors[n].sqrt().exp());
        if n == 0 { Range { low: 1.0 - most, high: 1.0 - least } } else { Range { low: least, high: most } }
    }
}

/// The ranking of tiers over the ranges; `None` if nothing is a range, or a price is missing.
pub(super) fn ranking(
    scenario: &Scenario,
    campaign: &CampaignResult,
    tiers: &[TierAssessment],
    inputs: &Inputs,
) -> Option<Ranking> {
    let Inputs { rates, durations } = inputs;
    let priced = tiers.iter().all(|tier| tier.expected_cost_per_year().0.is_some());
    if (rates.is_empty() && durations.is_empty()) || tiers.len() < 2 || !priced {
        return None;
    }
    // Tiers by cost, with the rate of each failure and what is added to the penalties of each tier.
    let order = |rate: &dyn Fn(&IncidentTally) -> f64, more: &dyn Fn(usize) -> f64| {
        let mut costs: Vec<(f64, &str)> = tiers
            .iter()
            .zip(&campaign.tiers)
            .enumerate()
            .map(|(n, (tier, tally))| {
                let year = rare_event_at(scenario, tally, rate);
                let losses = year.known_penalty_per_year + year.incident_costs.known_per_year + more(n);
                (tier.cost.known_per_month * 12.0 + losses, tier.id.as_str())
            })
            .collect();
        costs.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(b.1)));
        costs.into_iter().map(|(_, id)| id.to_owned()).collect::<Vec<_>>()
    };
    let usual = order(&as_given, &|_| 0.0);
    let (mut lowest_holds, mut order_holds) = (true, true);
    let mut hold = |other: Vec<String>| {
        lowest_holds &= other[0] == usual[0];
        order_holds &= other == usual;
    };
    for rate in rates {
        for end in 0..2 {
            hold(order(&rate.at(end), &|_| 0.0));
        }
    }
    for duration in durations {
        for end in 0..2 {
            hold(order(&as_given, &|n| duration.off[n][end][3]));
        }
    }
    for end in 0..2 {
        let rate = |tally: &IncidentTally| {
            let found = rates.iter().find(|rate| rate.failure == tally.failure);
            found.map_or(tally.rate_per_year, |rate| rate.of_all(tally, end))
        };
        hold(order(&rate, &|n| durations.iter().map(|duration| duration.off[n][end][3]).sum()));
    }
    Some(Ranking { order: usual, lowest_holds, order_holds })
}
