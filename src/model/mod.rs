//! The valid, immutable scenario: what must survive, where it lives, what can go wrong, which
//! copies exist and how people recover.
//!
//! A [`Scenario`] is only made by `spec` after every reference is resolved and every rule of the
//! language holds; nothing changes it afterwards. All tables are sorted by name, so the order of a
//! file's tables changes nothing.

mod assets;
mod beta;
mod calendar;
mod change;
mod compute;
mod copies;
mod delay;
mod failures;
mod fit;
mod network;
mod places;
mod plans;
mod residual;
mod services;
mod uncertain;

pub use assets::{AssetIndex, AssetSet};
pub use calendar::Calendar;
pub use change::Change;
pub use compute::{Instance, Pool, Site};
pub use copies::{AsyncLag, Copy, CopyKind, Edge, Schedule, Upstream, WhenShort};
pub use delay::{Delay, Factor, Law, normal_quantile};
pub use failures::{Failure, FailureKind, Member, Occurrence, Rate, Repair, Taints, Target};
pub use fit::{FittedPlan, FittedStep, fit_failback, fit_plan};
pub use network::Side;
pub use places::{Account, Burst, DataSet, External, Link, Place, Role};
pub use plans::{Commit, GraphNode, Phase, Plan, Step, StepGraph, Volume, Work};
pub use services::{
    Explore, ExploreAxis, MonthlyItem, Need, Objective, Objectives, PlanPolicy, Runbook, Service, Strategy, Tier,
    TierService, YearlyObjective,
};
pub use uncertain::Timing;

use crate::id::{
    AccountId, CopyId, DataId, DrillId, ExternalId, FailureId, LinkId, PlaceId, PlanId, PoolId, RoleId, ServiceId,
    StepId, StrategyId, Table, TierId,
};
use crate::units::{Money, SECONDS_PER_YEAR, Seconds};

/// A test of a plan that is carried out on a schedule and costs money.
#[derive(Clone, Debug)]
pub struct Drill {
    /// Name in the file.
    pub name: String,
    /// The plan that is drilled.
    pub plan: PlanId,
    /// From one to the next.
    pub every: Seconds,
    /// How long users have no service; `None`: they notice nothing.
    pub interrupts: Option<Delay>,
    /// What one drill costs, in the scenario's currency; `None` is unknown.
    pub price_per_drill: Option<Money>,
    /// Where the figures come from, if the file says it.
    pub source: Option<String>,
}

impl Drill {
    /// Drills in a year that users feel; zero if they notice nothing.
    #[must_use]
    pub fn felt_per_year(&self) -> f64 {
        let felt = self.interrupts.is_some() && !self.every.is_zero();
        if felt { SECONDS_PER_YEAR / self.every.seconds() } else { 0.0 }
    }
}

/// The tables of a scenario.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// One line that names the system.
    pub title: String,
    /// Currency of every price, such as `USD`.
    pub currency: String,
    /// First 16 hexadecimal digits of the SHA-256 of the resolved scenario; it does not depend on
    /// layout, comments or the order of tables.
    pub hash: String,
    /// The tier that `check` and `runbook` look at; `None`: the file names none.
    pub chosen: Option<TierId>,
    /// What multiplies the fixed part of every step that occupies a role, drawn once per incident; `None`: nothing.
    pub stress: Option<Factor>,
    /// Regions and what is in them.
    pub places: Table<PlaceId, Place>,
    /// Links between regions.
    pub links: Table<LinkId, Link>,
    /// Data sets.
    pub data: Table<DataId, DataSet>,
    /// What stands outside.
    pub externals: Table<ExternalId, External>,
    /// Credential domains.
    pub accounts: Table<AccountId, Account>,
    /// People.
    pub roles: Table<RoleId, Role>,
    /// Compute pools.
    pub compute: Table<PoolId, Pool>,
    /// Copies of data.
    pub copies: Table<CopyId, Copy>,
    /// Kinds of failure.
    pub failures: Table<FailureId, Failure>,
    /// Services.
    pub services: Table<ServiceId, Service>,
    /// Strategies.
    pub strategies: Table<StrategyId, Strategy>,
    /// Tiers.
    pub tiers: Table<TierId, Tier>,
    /// Plans.
    pub plans: Table<PlanId, Plan>,
    /// Steps.
    pub steps: Table<StepId, Step>,
    /// Drills.
    pub drills: Table<DrillId, Drill>,
    /// What runbooks say beyond the plans.
    pub runbook: Runbook,
    /// The design space of `explore`; `None`: there is nothing to vary.
    pub explore: Option<Explore>,
    /// Objectives of the application as a whole.
    pub objectives: Objectives,
}

/// A valid scenario. Reads like [`Parts`]; cannot be changed.
#[derive(Clone, Debug)]
pub struct Scenario(Parts);

impl Scenario {
    /// Seals validated tables.
    #[must_use]
    pub(crate) fn seal(parts: Parts) -> Self {
        Self(parts)
    }

    /// Whether `place` is `within`, or is it.
    #[must_use]
    pub fn is_within(&self, place: PlaceId, within: PlaceId) -> bool {
        let mut at = Some(place);
        while let Some(p) = at {
            if p == within {
                return true;
            }
            at = self.places[p].parent;
        }
        false
    }

    /// What multiplies the fixed part of a step: the stress of people if it is one of theirs; `None`: nothing.
    #[must_use]
    pub fn stress_of(&self, step: &Step) -> Option<&Factor> {
        self.stress.as_ref().filter(|_| step.role.is_some() && step.takes.is_some())
    }

    /// The link between the regions of two places; `None` if they are in one region or none is declared.
    #[must_use]
    pub fn link_between(&self, a: PlaceId, b: PlaceId) -> Option<LinkId> {
        let (a, b) = (self.places[a].region, self.places[b].region);
        (a != b).then(|| self.links.iter().find(|(_, link)| link.joins(a, b)).map(|(id, _)| id)).flatten()
    }

    /// The place where a copy's site stands.
    #[must_use]
    pub fn site_place(&self, site: Site) -> PlaceId {
        match site {
            Site::Place(place) => place,
            Site::Instance(pool, n) => self.compute[pool].instances[n as usize].place,
        }
    }
}

impl std::ops::Deref for Scenario {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}
