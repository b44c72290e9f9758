//! The result as one serialisable value: version 1 of the published JSON, which every renderer reads.
//!
//! Times are seconds, volumes bytes, money the scenario's currency. Fields are added, never renamed.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::composed::Composed;
use super::dependence::Dependence;
use super::downtime::Overlapping;
use super::inputs::{InputRanges, Ranking};
use super::lifetime::Lifetimes;
use super::representative::Representatives;
use super::verdict::Verdict;
use super::write_waits::WriteWait;
use crate::cost::CostItem;
use crate::stats::{Difference, Estimate, Proportion};

/// Version of the result's fields.
pub const SCHEMA_VERSION: u32 = 1;

/// A word of this program; read back from a file it is any text.
pub type Word = Cow<'static, str>;

/// Shares of incidents at which a [`Distribution`] is given: every hundredth, and finer at both ends.
pub(super) fn distribution_shares() -> Vec<f64> {
    let ends = [0.0, 0.001, 0.0025, 0.005];
    let middle = (1..100).map(|n| f64::from(n) / 100.0);
    ends.into_iter().chain(middle).chain([0.995, 0.9975, 0.999, 1.0]).collect()
}

/// What is known of a scenario's tiers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Assessment {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Version of this program.
    pub drplan: Word,
    /// What was assessed.
    pub scenario: ScenarioName,
    /// Seed of all draws.
    pub seed: u64,
    /// Incidents per tier and failure.
    pub trials: u64,
    /// Years per lifetime; absent without lifetimes.
    pub years: Option<f64>,
    /// Simulated lifetimes; absent without lifetimes.
    pub lifetimes: Option<u64>,
    /// The share of themselves within which figures were asked to be known; `None` if that was not asked.
    #[serde(default)]
    pub precision: Option<f64>,
    /// Whether somebody stopped the simulation: this is what was known by then.
    #[serde(default)]
    pub stopped: bool,
    /// What was left out; `None` if the scenario was assessed whole. The verdict speaks of the rest.
    pub only: Option<Only>,
    /// The answer: which tier, or what stands in the way.
    pub verdict: Verdict,
    /// Shares of incidents at which every [`Distribution`] is given, ascending.
    #[serde(default)]
    pub distribution_shares: Vec<f64>,
    /// One entry per tier, by id.
    pub tiers: Vec<TierAssessment>,
    /// The order of the tiers by expected cost, and whether it stands over the ranges of the inputs; `None`
    /// if every rate is given as exact, or a price is missing.
    #[serde(default)]
    pub ranking: Option<Ranking>,
    /// Differences between tiers on the same incidents, at the application's level.
    pub paired: Vec<PairAssessment>,
    /// Every value of the scenario, by path; empty where it was not asked for.
    #[serde(default)]
    pub assumptions: Vec<Assumption>,
}

/// A value that the figures rest on, and where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assumption {
    /// Its key, as if the entry had given it itself.
    pub path: String,
    /// The value for people.
    pub value: String,
    /// `line 12`, `default: ` and the reason, or `like ` and the other entry.
    pub from: String,
    /// What the file names as its source, if it does.
    pub source: Option<String>,
}

/// The part of a scenario that was assessed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Only {
    /// This tier; `None`: all, as for the others.
    pub tier: Option<String>,
    /// This failure.
    pub failure: Option<String>,
    /// This member of the failure.
    pub member: Option<String>,
}

/// What a scenario is called.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScenarioName {
    /// Its title.
    pub title: String,
    /// Hash of the resolved scenario.
    pub hash: String,
}

/// One tier.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TierAssessment {
    /// Name in the file.
    pub id: String,
    /// A line for people, if there is one.
    pub title: Option<String>,
    /// The strategy of every service.
    pub strategies: BTreeMap<String, String>,
    /// One entry per failure and service, and per failure for the application.
    pub incidents: Vec<IncidentAssessment>,
    /// What writes wait for, of copies that must have them in several places.
    #[serde(default)]
    pub write_waits: Vec<WriteWait>,
    /// Share of the time in service; needs lifetimes, or a precision that was asked for.
    pub availability: Option<Availability>,
    /// Needs lifetimes. As all figures per year: means per year that was lived; quantiles, least and greatest over
    /// the years that began, of which a loss for good may cut the last one of a lifetime short.
    pub outages_per_year: Option<Estimate>,
    /// Seconds; needs lifetimes.
    pub downtime_per_year: Option<Estimate>,
    /// Seconds of writes; needs lifetimes.
    pub data_loss_per_year: Option<Estimate>,
    /// Money; needs lifetimes.
    pub penalty_per_year: Option<Estimate>,
    /// What lifetimes say beyond that; `None` without lifetimes.
    #[serde(default)]
    pub lifetimes: Option<Lifetimes>,
    /// The yearly figures as far as incidents that never overlap tell them.
    pub rare_event: RareEvent,
    /// What uncertain inputs leave open of them; `None` if every rate is given as exact.
    #[serde(default)]
    pub inputs: Option<InputRanges>,
    /// The monthly bill.
    pub cost: Cost,
    /// Whether every objective is met; `None`: none is missed, but some stay undecided.
    pub objectives_met: Option<bool>,
    /// The objectives one by one.
    pub objectives: Objectives,
}

impl TierAssessment {
    /// A year in the scenario's currency: twelve bills, what incidents move and start, and the expected losses,
    /// from lifetimes if there are any;
    /// `None` if a price is missing. And the part of it that has prices.
    #[must_use]
    pub fn expected_cost_per_year(&self) -> (Option<f64>, f64) {
        let rare = &self.rare_event;
        let known = self.cost.known_per_month * 12.0 + rare.known_penalty_per_year + rare.incident_costs.known_per_year;
        let lived = self.lifetimes.as_ref().and_then(|l| l.cost_per_year.as_ref()).and_then(|cost| cost.mean);
        let losses = rare.penalty_per_year.zip(rare.incident_costs.per_year);
        let summed = self.cost.per_month.zip(losses).map(|(bill, (loss, moved))| bill * 12.0 + loss + moved);
        // Years in which nothing was lost do not say what the loss of everything would cost.
        match (lived, summed) {
            (Some(lived), Some(_)) => (Some(lived), lived),
            _ => (summed, self.lifetimes.as_ref().and_then(|l| l.known_cost_per_year).unwrap_or(known)),
        }
    }
}

/// Share of the time in service, in \[0, 1\], with its 95% interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Availability {
    /// The value.
    pub point: f64,
    /// Low end.
    pub low: f64,
    /// High end.
    pub high: f64,
    /// Standard error.
    pub standard_error: f64,
}

/// Yearly figures as Σ rate × mean per incident with its way home, and drills: right while failures are so rare that they never
/// overlap, an approximation otherwise.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RareEvent {
    /// Incidents per year that users feel.
    pub interruptions_per_year: f64,
    /// Seconds, with the way home after a failover and drills that interrupt; unrecoverable incidents are left
    /// out.
    pub downtime_per_year: f64,
    /// Seconds of it that drills take.
    #[serde(default)]
    pub downtime_of_drills_per_year: f64,
    /// 1 − downtime ÷ year, at least 0: a share of the time.
    pub availability: f64,
    /// Seconds of writes; unrecoverable incidents are left out.
    pub data_loss_per_year: f64,
    /// Unrecoverable incidents per year.
    pub unrecoverable_per_year: f64,
    /// Money for downtime, loss and the unrecoverable; `None` if a price is missing.
    pub penalty_per_year: Option<f64>,
    /// The part of it that has prices.
    pub known_penalty_per_year: f64,
    /// Prices that are missing.
    pub unknown: Vec<String>,
    /// What incidents cost beyond the bill and the penalties.
    #[serde(default)]
    pub incident_costs: IncidentCosts,
    /// The chance of more than an hour down in a year.
    #[serde(default)]
    pub year_over_an_hour: Composed,
    /// What failures that overlap add; `None` unless a precision was asked for, or where it is withheld.
    #[serde(default)]
    pub overlapping: Option<Overlapping>,
    /// Why what failures that overlap add is withheld.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overlapping_withheld: Option<String>,
    /// Failures with a `gap` that is not exponential: in the chance of a long year and in what overlaps add
    /// they count by its mean only, as if they came at a constant rate. The intervals hold what that may be off by
    /// in ten years from a start with everything new.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by_mean: Vec<String>,
    /// What each failure adds to the sums.
    #[serde(default)]
    pub by_failure: Vec<FailureYear>,
}

/// Money per year for data that plans move between regions and for compute that they start, there and back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IncidentCosts {
    /// All of it; `None` if a price is missing.
    pub per_year: Option<f64>,
    /// The part of it that has prices.
    pub known_per_year: f64,
    /// Prices that are missing.
    pub unknown: Vec<String>,
}

impl Default for IncidentCosts {
    /// Nothing is moved or started.
    fn default() -> Self {
        Self { per_year: Some(0.0), known_per_year: 0.0, unknown: Vec::new() }
    }
}

/// What one failure adds to the yearly figures of [`RareEvent`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FailureYear {
    /// The failure.
    pub failure: String,
    /// Seconds; unrecoverable incidents are left out.
    pub downtime_per_year: f64,
    /// Seconds of writes; unrecoverable incidents are left out.
    pub data_loss_per_year: f64,
    /// Money, as far as it has prices.
    pub known_penalty_per_year: f64,
}

/// The bill of a month.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Currency of all prices.
    pub currency: String,
    /// The total in that currency; `None` if a price is missing.
    pub per_month: Option<f64>,
    /// The part of it that has prices.
    pub known_per_month: f64,
    /// Items without a price.
    pub unknown: Vec<String>,
    /// The lines.
    pub items: Vec<CostItem>,
}

/// How many objectives a tier meets.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Objectives {
    /// Shown to be met.
    pub met: u64,
    /// Shown to be missed.
    pub missed: u64,
    /// Neither.
    pub undecided: u64,
    /// One entry per objective.
    pub each: Vec<ObjectiveResult>,
}

/// One objective and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ObjectiveResult {
    /// The failure; `None` for an objective of the year.
    pub failure: Option<String>,
    /// The service; `None` for the application.
    pub service: Option<String>,
    /// `incident`, `availability` or `per_month`.
    pub kind: Word,
    /// Whether it is met; `None` is undecided.
    pub met: Option<bool>,
    /// The chance reached, the availability as a share (that of [`RareEvent`]), or the money of a month; `None` if it
    /// is not known.
    pub value: Option<f64>,
    /// What was asked for, likewise.
    pub needed: f64,
}

/// What incidents of one failure do to a service or the application.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct IncidentAssessment {
    /// The failure.
    pub failure: String,
    /// Its title.
    pub failure_title: Option<String>,
    /// Its kind.
    pub kind: Word,
    /// The service; `None`: the application.
    pub service: Option<String>,
    /// Incidents per year.
    pub rate_per_year: f64,
    /// Share that users feel.
    pub interrupted: Proportion,
    /// Share of incidents by plan, `wait` and `none`.
    pub plans: BTreeMap<String, f64>,
    /// Seconds to first service.
    pub recovery_time: Measured,
    /// Incidents that were drawn long and weighed for it, of which the p99 of `recovery_time` is; absent where it is
    /// of plain ones, as all else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drawn_long: Option<u64>,
    /// Seconds to full capacity.
    pub recovery_time_full: Measured,
    /// Seconds from the failure to its detection.
    pub undetected: Measured,
    /// Seconds of writes lost.
    pub data_loss: Measured,
    /// Seconds of writes lost from before the failure.
    pub data_loss_before: Measured,
    /// Seconds of writes lost from after the failure.
    pub data_loss_after: Measured,
    /// Bytes lost.
    pub data_loss_bytes: Measured,
    /// Share that never recovers.
    pub unrecoverable: Proportion,
    /// The objective; `None` if the file sets none for it.
    pub objective: Option<IncidentObjective>,
    /// The steps of the plans that ran.
    pub steps: Vec<StepAssessment>,
    /// The whole distributions, for drawing.
    #[serde(default)]
    pub distribution: Distribution,
    /// Incidents that stand for many; absent where they were not looked for.
    pub representative: Option<Representatives>,
    /// The values that it depends on most; `None` for the reason beside it.
    #[serde(default)]
    pub depends_on: Option<Dependence>,
    /// Why they are not told.
    #[serde(default)]
    pub depends_on_reason: Option<Word>,
}

/// Distributions over all incidents: what is not exceeded by each of the assessment's
/// `distribution_shares`; `None` from where on incidents never recover.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Distribution {
    /// Seconds to first service.
    pub recovery_time: Vec<Option<f64>>,
    /// Seconds of writes lost.
    pub data_loss: Vec<Option<f64>>,
}

/// An estimate beside the closed form of the same quantity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// From the simulation.
    #[serde(flatten)]
    pub estimate: Estimate,
    /// From formulas.
    pub closed_form: ClosedForm,
}

/// What formulas say of a quantity; `None` where there is no such formula or no such bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClosedForm {
    /// Least possible.
    pub best: Option<f64>,
    /// Greatest possible.
    pub worst: Option<f64>,
    /// Mean.
    pub mean: Option<f64>,
}

/// An objective and the chance of meeting it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IncidentObjective {
    /// Longest recovery time in seconds; `None` if none is set, or if it is every service's own.
    pub rto: Option<f64>,
    /// Longest data loss in seconds; `None` likewise.
    pub rpo: Option<f64>,
    /// The chance with which each is to be met.
    pub chance: f64,
    /// Whether both are met; `None` is undecided.
    pub met: Option<bool>,
    /// Share of incidents within the RTO.
    pub rto_met: Proportion,
    /// Share of incidents within the RPO.
    pub rpo_met: Proportion,
    /// Share of incidents within both.
    pub both_met: Proportion,
    /// RTO minus the recovery time not exceeded with `chance`, seconds; negative is over. `None` without an RTO, or
    /// where that recovery time is not resolved or infinite.
    pub rto_margin: Option<f64>,
    /// RPO minus the data loss not exceeded with `chance`, seconds; `None` likewise.
    pub rpo_margin: Option<f64>,
}

/// One step of a plan, over the incidents in which it ran.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepAssessment {
    /// The service whose plan it is.
    pub service: String,
    /// The plan.
    pub plan: String,
    /// The step.
    pub id: String,
    /// Its phase.
    pub phase: Word,
    /// In how many incidents it ran to its end.
    pub n: u64,
    /// Mean finish in seconds of the recovery clock; `None` if it never finished.
    pub mean: Option<f64>,
    /// Median finish, seconds; `None` where so few cannot resolve it, as for the p95.
    pub p50: Option<f64>,
    /// 95% of finishes are earlier, seconds.
    pub p95: Option<f64>,
    /// Share of these incidents in which it was on the critical path.
    pub critical: f64,
}

/// Two tiers on the same incidents: `tier` minus `than`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairAssessment {
    /// The one.
    pub tier: String,
    /// The other.
    pub than: String,
    /// The failure.
    pub failure: String,
    /// Seconds.
    pub recovery_time: Difference,
    /// Seconds of writes.
    pub data_loss: Difference,
}
