//! One change of a design at a time, to see what it would be worth.

use super::{AsyncLag, CopyKind, Delay, Parts, Scenario, Schedule};
use crate::id::{CopyId, FailureId, LinkId, PlanId, PoolId, RoleId, ServiceId, StepId, TierId};
use crate::units::{BytesPerSecond, Probability, Seconds};

/// A change that somebody could make: what takes time takes half as long, what carries data carries
/// twice as much, what goes wrong goes wrong half as often, and there is one more to do the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// The failure is noticed in half the time.
    Detection(FailureId),
    /// The fixed part of a step takes half as long.
    StepTime(StepId),
    /// A step moves or replays twice as fast.
    StepRate(StepId),
    /// A step fails half as often.
    StepFails(StepId),
    /// There is one more of these people.
    People(RoleId),
    /// A plan is not begun before half the time.
    AfterDown(PlanId),
    /// Twice the bandwidth.
    Bandwidth(LinkId),
    /// A copy is read twice as fast.
    ReadRate(CopyId),
    /// A pool takes in twice as fast.
    WriteRate(PoolId),
    /// Another instance takes over in half the time.
    Takeover(PoolId),
    /// Service resumes in half the time after an outage.
    Resume(ServiceId),
    /// A copy is half as far behind.
    Lag(CopyId),
    /// A backup runs twice as often.
    Interval(CopyId),
    /// A backup travels half as long.
    Travel(CopyId),
}

impl Change {
    /// All that can be changed of what a tier has against a failure, in the order of their kinds.
    #[must_use]
    pub fn all(scenario: &Scenario, tier: TierId, failure: FailureId) -> Vec<Self> {
        let row = &scenario.tiers[tier];
        let mut plans: Vec<PlanId> = row.services.iter().flat_map(|s| s.plans.iter().copied()).collect();
        plans.retain(|plan| scenario.plans[*plan].causes.contains(&failure));
        let mut steps: Vec<StepId> =
            plans.iter().flat_map(|plan| scenario.plans[*plan].steps.nodes.iter().map(|node| node.step)).collect();
        steps.sort_unstable();
        let roles = steps.iter().filter_map(|step| scenario.steps[*step].role).map(Self::People);
        let pools = || row.services.iter().flat_map(|s| s.runs.iter().chain(&s.standby).chain(&s.cold)).copied();
        let mut all = vec![Self::Detection(failure)];
        all.extend(steps.iter().flat_map(|s| [Self::StepTime(*s), Self::StepRate(*s), Self::StepFails(*s)]));
        all.extend(roles);
        all.extend(plans.iter().map(|plan| Self::AfterDown(*plan)));
        all.extend(scenario.links.ids().map(Self::Bandwidth));
        all.extend(pools().flat_map(|pool| [Self::WriteRate(pool), Self::Takeover(pool)]));
        all.extend(row.services.iter().map(|s| Self::Resume(s.service)));
        let of_copy =
            |copy: &CopyId| [Self::ReadRate(*copy), Self::Lag(*copy), Self::Interval(*copy), Self::Travel(*copy)];
        all.extend(row.copies.iter().flat_map(of_copy));
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Where the changed value stands: table, entry and key of the scenario language.
    #[must_use]
    pub fn place<'a>(&self, scenario: &'a Scenario) -> (&'static str, &'a str, &'static str) {
        match *self {
            Self::Detection(id) => ("failures", &scenario.failures[id].name, "detected"),
            Self::StepTime(id) => ("steps", &scenario.steps[id].name, "takes"),
            Self::StepRate(id) => ("steps", &scenario.steps[id].name, "rate"),
            Self::StepFails(id) => ("steps", &scenario.steps[id].name, "fails"),
            Self::People(id) => ("roles", &scenario.roles[id].name, ""),
            Self::AfterDown(id) => ("plans", &scenario.plans[id].name, "after_down"),
            Self::Bandwidth(id) => ("links", &scenario.links[id].name, "bandwidth"),
            Self::ReadRate(id) => ("copies", &scenario.copies[id].name, "read_rate"),
            Self::WriteRate(id) => ("compute", &scenario.compute[id].name, "write_rate"),
            Self::Takeover(id) => ("compute", &scenario.compute[id].name, "takeover"),
            Self::Resume(id) => ("services", &scenario.services[id].name, "resume"),
            Self::Lag(id) => ("copies", &scenario.copies[id].name, "lag"),
            Self::Interval(id) => ("copies", &scenario.copies[id].name, "every"),
            Self::Travel(id) => ("copies", &scenario.copies[id].name, "travel"),
        }
    }

    /// What is done to the value.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::StepRate(_) | Self::Bandwidth(_) | Self::ReadRate(_) | Self::WriteRate(_) => "double",
            Self::People(_) => "add one to",
            _ => "halve",
        }
    }
}

impl Scenario {
    /// The scenario with one change; `None` if there is nothing to change. Its hash stays that of the
    /// original.
    #[must_use]
    pub fn changed(&self, change: Change) -> Option<Self> {
        let mut parts: Parts = (**self).clone();
        apply(&mut parts, change)?;
        Some(Self::seal(parts))
    }
}

impl Scenario {
    /// The scenario in which a service of a tier has this plan and no other, to see what a plan takes that
    /// others are tried before. Its hash stays that of the original.
    #[must_use]
    pub fn with_only(&self, tier: TierId, service: ServiceId, plan: PlanId) -> Self {
        let mut parts: Parts = (**self).clone();
        let services = parts.tiers.get_mut(tier).map(|row| row.services.iter_mut());
        if let Some(row) = services.and_then(|mut services| services.find(|s| s.service == service)) {
            row.plans = vec![plan];
        }
        Self::seal(parts)
    }
}

fn apply(parts: &mut Parts, change: Change) -> Option<()> {
    match change {
        Change::Detection(id) => parts.failures.edit(id, |row| halve(row.detected.as_mut()?)),
        Change::StepTime(id) => parts.steps.edit(id, |row| halve(row.takes.as_mut()?)),
        Change::StepRate(id) => parts.steps.edit(id, |row| double(row.work.as_mut()?.rate.as_mut()?)),
        Change::StepFails(id) => parts.steps.edit(id, |row| {
            row.fails = Probability::new(row.fails.value() / 2.0).filter(|half| *half != Probability::NEVER)?;
            Some(())
        }),
        Change::People(id) => parts.roles.edit(id, |row| {
            row.people = row.people.checked_add(1)?;
            Some(())
        }),
        Change::AfterDown(id) => parts.plans.edit(id, |row| halve_time(row.after_down.as_mut()?)),
        Change::Bandwidth(id) => parts.links.edit(id, |row| double(row.bandwidth.as_mut()?)),
        Change::ReadRate(id) => parts.copies.edit(id, |row| double(row.read_rate.as_mut()?)),
        Change::WriteRate(id) => parts.compute.edit(id, |row| double(row.write_rate.as_mut()?)),
        Change::Takeover(id) => parts.compute.edit(id, |row| halve(row.takeover.as_mut()?)),
        Change::Resume(id) => parts.services.edit(id, |row| halve(row.resume.as_mut()?)),
        Change::Lag(id) => parts.copies.edit(id, |row| match &mut row.kind {
            CopyKind::Async { lag: AsyncLag::Law(lag), .. } => halve(lag),
            CopyKind::Log { lag, .. } | CopyKind::Primary { lag, .. } => halve(lag.as_mut()?),
            _ => None,
        }),
        Change::Interval(id) => parts.copies.edit(id, |row| match &mut row.kind {
            CopyKind::Backup { schedule: Schedule::Every { interval, .. }, .. } => halve_time(interval),
            _ => None,
        }),
        Change::Travel(id) => parts.copies.edit(id, |row| match &mut row.kind {
            CopyKind::Backup { travel, .. } => halve(travel.as_mut()?),
            _ => None,
        }),
    }
}

fn double(rate: &mut BytesPerSecond) -> Option<()> {
    *rate = BytesPerSecond::new(rate.bytes_per_second() * 2.0)?;
    Some(())
}

fn halve_time(time: &mut Seconds) -> Option<()> {
    *time = Seconds::new(time.seconds() / 2.0).filter(|half| !half.is_zero())?;
    Some(())
}

/// Half of every draw; nothing to halve where it is zero.
fn halve(delay: &mut Delay) -> Option<()> {
    let half = delay.times(0.5);
    if delay.max() == 0.0 || half == *delay {
        return None;
    }
    *delay = half;
    Some(())
}
