//! Services, the strategies that protect them, and the tiers that architects compare.

use super::Delay;
use crate::id::{CopyId, DataId, ExternalId, FailureId, PlanId, PoolId, ServiceId, StrategyId};
use crate::units::{Money, Probability, Seconds};

/// What a service depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// Another service.
    Service(ServiceId),
    /// Something outside.
    External(ExternalId),
}

/// What recovery is held against.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Objective {
    /// Longest recovery time; `None`: any will do.
    pub rto: Option<Seconds>,
    /// Longest data loss, as seconds of writes; `None`: any will do.
    pub rpo: Option<Seconds>,
    /// The chance with which each is to be met.
    pub chance: Probability,
}

/// Yearly objectives.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct YearlyObjective {
    /// Least availability of a year, as a share of its time; `None`: any will do.
    pub availability: Option<Probability>,
    /// Highest cost of a month of 730 hours, in the scenario's currency; `None`: any will do.
    pub per_month: Option<Money>,
}

/// Objectives by failure.
#[derive(Clone, Debug, Default)]
pub struct Objectives {
    /// For failures without one of their own.
    pub default: Option<Objective>,
    /// For these failures, sorted by failure.
    pub by_failure: Vec<(FailureId, Objective)>,
    /// For the year.
    pub yearly: YearlyObjective,
}

impl Objectives {
    /// The objective for this failure: its own or the default; `None` if it has neither.
    #[must_use]
    pub fn of(&self, failure: FailureId) -> Option<Objective> {
        self.by_failure.iter().find(|(f, _)| *f == failure).map(|(_, o)| *o).or(self.default)
    }

    /// Whether no failure has one; those of the year aside.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.default.is_none() && self.by_failure.is_empty()
    }
}

/// What users see.
#[derive(Clone, Debug)]
pub struct Service {
    /// Name in the file.
    pub name: String,
    /// A line for people, if there is one.
    pub title: Option<String>,
    /// What it keeps; `None` for a stateless one.
    pub data: Option<DataId>,
    /// What it cannot be up without.
    pub needs: Vec<Need>,
    /// What it is held against.
    pub objectives: Objectives,
    /// Price of an hour of downtime, in the scenario's currency; `None` is unknown.
    pub downtime_per_hour: Option<Money>,
    /// Price of an hour of lost writes, in the scenario's currency; `None` is unknown.
    pub loss_per_hour: Option<Money>,
    /// Price of losing everything once, in the scenario's currency; `None` is unknown.
    pub unrecoverable_cost: Option<Money>,
    /// From the end of an outage to service, when no plan was needed; `None`: at once.
    pub resume: Option<Delay>,
    /// From a loss for good to service that was rebuilt from nothing; without it such a loss ends a lifetime.
    pub rebuild: Option<Delay>,
}

/// How a plan is chosen among those that fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanPolicy {
    /// The first in the service's order.
    Order,
    /// The one with the least expected recovery time.
    Fastest,
    /// The one with the least expected data loss.
    LeastLoss,
}

/// A cost that comes every month.
#[derive(Clone, Debug, PartialEq)]
pub struct MonthlyItem {
    /// What it is.
    pub name: String,
    /// How many, at least 0; need not be whole.
    pub count: f64,
    /// Price of one for a month, in the scenario's currency; `None` is unknown.
    pub each: Option<Money>,
}

/// One way to protect one service.
#[derive(Clone, Debug)]
pub struct Strategy {
    /// Name in the file.
    pub name: String,
    /// A line for people, if there is one.
    pub title: Option<String>,
    /// The service that it protects.
    pub service: ServiceId,
}

/// A service under the strategy of a tier: the lists of both joined.
#[derive(Clone, Debug)]
pub struct TierService {
    /// The service.
    pub service: ServiceId,
    /// The strategy.
    pub strategy: StrategyId,
    /// Pools that serve.
    pub runs: Vec<PoolId>,
    /// Pools that are paid and ready.
    pub standby: Vec<PoolId>,
    /// Pools that cost nothing until a step starts them.
    pub cold: Vec<PoolId>,
    /// Its copies, in the order of their ids.
    pub copies: Vec<CopyId>,
    /// Its plans, best first.
    pub plans: Vec<PlanId>,
    /// How a plan is chosen.
    pub policy: PlanPolicy,
    /// Monthly items.
    pub monthly: Vec<MonthlyItem>,
}

/// What architects compare: one strategy for every service.
#[derive(Clone, Debug)]
pub struct Tier {
    /// Name in the file.
    pub name: String,
    /// A line for people, if there is one.
    pub title: Option<String>,
    /// One entry per service, each after all services that it needs.
    pub services: Vec<TierService>,
    /// All copies, sorted and without repetition.
    pub copies: Vec<CopyId>,
}

/// What a runbook says beyond the plans; what is `None` or empty is a visible TODO there.
#[derive(Clone, Debug, Default)]
pub struct Runbook {
    /// Who keeps it.
    pub owner: Option<String>,
    /// When it was last read, as written in the file.
    pub reviewed: Option<String>,
    /// What it covers.
    pub scope: Option<String>,
    /// What is not copied anywhere.
    pub not_copied: Vec<String>,
    /// Messages to send.
    pub messages: Vec<String>,
    /// Who does the steps that name no role.
    pub on_call: Option<String>,
    /// Who may declare where no step of a plan decides.
    pub declares: Option<String>,
    /// Checks before any plan starts.
    pub preflight: Vec<String>,
    /// How lost writes are found and entered again.
    pub reconcile: Option<String>,
    /// What to set the variables to that steps use, by name.
    pub variables: Vec<(String, String)>,
}

/// A value that `explore` varies.
#[derive(Clone, Debug)]
pub struct ExploreAxis {
    /// Path of the value, `copies.nightly.every`.
    pub path: String,
    /// What it may be, as TOML values.
    pub values: Vec<String>,
}

/// The design space of `explore`.
#[derive(Clone, Debug, Default)]
pub struct Explore {
    /// Copies that may be in or out.
    pub optional: Vec<CopyId>,
    /// Values that vary.
    pub vary: Vec<ExploreAxis>,
}
