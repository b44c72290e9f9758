//! What a campaign of simulated incidents leaves behind.

use crate::id::{FailureId, PlanId, ServiceId, StepId, TierId};
use crate::stats::{PairTally, Tally};

/// How a campaign is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CampaignSettings {
    /// Incidents per failure.
    pub trials: u64,
    /// Seed.
    pub seed: u64,
    /// Threads.
    pub threads: usize,
    /// Every distribution is truncated to [p0.1, p99.9].
    pub truncate: bool,
}
/// Campaign.
#[derive(Clone, Debug)]
pub struct CampaignResult {
    /// Settings.
    pub settings: CampaignSettings,
    /// Tiers.
    pub tiers: Vec<TierTally>,
    /// Pairs.
    pub pairs: Vec<PairResult>,
}
/// Tier.
#[derive(Clone, Debug)]
pub struct TierTally {
    /// Tier.
    pub tier: TierId,
    /// Failures that concern the tier, sorted by failure.
    pub incidents: Vec<IncidentTally>,
}
/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlanLabel {
    /// Plan.
    Plan(PlanId),
    /// Wait.
    Wait,
    /// None.
    None,
}
/// Incidents.
#[derive(Clone, Debug)]
pub struct IncidentTally {
    /// Failure.
    pub failure: FailureId,
    /// `None`: application.
    pub service: Option<ServiceId>,
    /// Rate.
    pub rate_per_year: f64,
    /// Trials.
    pub n: u64,
    /// Interrupted.
    pub interrupted: u64,
    /// Unrecoverable.
    pub unrecoverable: u64,
    /// Met.
    pub rto_met: u64,
    /// Met.
    pub rpo_met: u64,
    /// Met.
    pub both_met: u64,
    /// Plans.
    pub plans: Vec<(PlanLabel, u64)>,
    /// ms.
    pub recovery_time: Tally,
    /// ms.
    pub recovery_time_full: Tally,
    /// ms.
    pub undetected: Tally,
    /// ms.
    pub data_loss: Tally,
    /// ms.
    pub data_loss_before: Tally,
    /// ms.
    pub data_loss_after: Tally,
    /// bytes.
    pub data_loss_bytes: Tally,
    /// Steps.
    pub steps: Vec<StepTally>,
}
/// Step.
#[derive(Clone, Debug)]
pub struct StepTally {
    /// Plan.
    pub plan: PlanId,
    /// Step.
    pub step: StepId,
    /// ms from t_impact.
    pub finish: Tally,
    /// How often critical.
    pub critical: u64,
}
/// Pair.
#[derive(Clone, Debug)]
pub struct PairResult {
    /// Tier.
    pub tier: TierId,
    /// Than.
    pub than: TierId,
    /// Failure.
    pub failure: FailureId,
    /// Recovery.
    pub recovery_time: PairTally,
    /// Loss.
    pub data_loss: PairTally,
}
/// Filter.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Tier.
    pub tier: Option<TierId>,
    /// Failure.
    pub failure: Option<FailureId>,
    /// Member.
    pub member: Option<u32>,
}
