//! Durations that are known up to a factor only: where they stand, and the scenario with one of them longer
//! or shorter.

use super::{AsyncLag, CopyKind, Delay, Occurrence, Parts, Scenario};
use crate::id::{CopyId, FailureId, PoolId, ServiceId, StepId};

/// A duration of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing {
    /// From repair to the next event.
    Gap(FailureId),
    /// How long an outage or its repair lasts.
    Lasts(FailureId),
    /// From somebody being free to the begin of a repair.
    RepairStarts(FailureId),
    /// From the failure to its detection.
    Detected(FailureId),
    /// From an attacker's entry to the strike.
    Dwell(FailureId),
    /// The fixed part of a step.
    Takes(StepId),
    /// Until another instance has taken over.
    Takeover(PoolId),
    /// From the end of an outage to service.
    Resume(ServiceId),
    /// How far a copy is behind.
    Lag(CopyId),
    /// How long a backup runs.
    Runs(CopyId),
    /// From the end of a run to where its copy is.
    Travel(CopyId),
}

impl Timing {
    /// Those that incidents of a scenario may have, given or not, in the order of their tables and entries.
    fn all(parts: &Parts) -> Vec<Self> {
        let of_failure = |id| {
            [Self::Gap(id), Self::Lasts(id), Self::RepairStarts(id), Self::Detected(id), Self::Dwell(id)].into_iter()
        };
        let mut all: Vec<Self> = parts.failures.ids().flat_map(of_failure).collect();
        all.extend(parts.steps.ids().map(Self::Takes));
        all.extend(parts.compute.ids().map(Self::Takeover));
        all.extend(parts.services.ids().map(Self::Resume));
        all.extend(parts.copies.ids().flat_map(|id| [Self::Lag(id), Self::Runs(id), Self::Travel(id)]));
        all
    }

    /// Where it stands: table, entry and key of the scenario language.
    #[must_use]
    pub fn place<'a>(&self, scenario: &'a Scenario) -> (&'static str, &'a str, &'static str) {
        let failure = |id: FailureId, key| ("failures", scenario.failures[id].name.as_str(), key);
        let copy = |id: CopyId, key| ("copies", scenario.copies[id].name.as_str(), key);
        match *self {
            Self::Gap(id) => failure(id, "gap"),
            Self::Lasts(id) => failure(id, "lasts"),
            Self::RepairStarts(id) => failure(id, "repair_starts"),
            Self::Detected(id) => failure(id, "detected"),
            Self::Dwell(id) => failure(id, "dwell"),
            Self::Takes(id) => ("steps", &scenario.steps[id].name, "takes"),
            Self::Takeover(id) => ("compute", &scenario.compute[id].name, "takeover"),
            Self::Resume(id) => ("services", &scenario.services[id].name, "resume"),
            Self::Lag(id) => copy(id, "lag"),
            Self::Runs(id) => copy(id, "takes"),
            Self::Travel(id) => copy(id, "travel"),
        }
    }

    /// The duration itself; `None` if the scenario does not give it.
    fn of(self, parts: &mut Parts) -> Option<&mut Delay> {
        match self {
            Self::Gap(id) => match &mut parts.failures.get_mut(id)?.occurs {
                Occurrence::Gap(gap) => Some(gap),
                Occurrence::Rate(_) => None,
            },
            Self::Lasts(id) => parts.failures.get_mut(id)?.lasts.as_mut(),
            Self::RepairStarts(id) => parts.failures.get_mut(id)?.repair.as_mut()?.starts.as_mut(),
            Self::Detected(id) => parts.failures.get_mut(id)?.detected.as_mut(),
            Self::Dwell(id) => parts.failures.get_mut(id)?.dwell.as_mut(),
            Self::Takes(id) => parts.steps.get_mut(id)?.takes.as_mut(),
            Self::Takeover(id) => parts.compute.get_mut(id)?.takeover.as_mut(),
            Self::Resume(id) => parts.services.get_mut(id)?.resume.as_mut(),
            Self::Lag(id) => match &mut parts.copies.get_mut(id)?.kind {
                CopyKind::Async { lag: AsyncLag::Law(lag), .. } => Some(lag),
                CopyKind::Log { lag, .. } | CopyKind::Primary { lag, .. } | CopyKind::Derived { lag, .. } => {
                    lag.as_mut()
                }
                _ => None,
            },
            Self::Runs(id) => match &mut parts.copies.get_mut(id)?.kind {
                CopyKind::Backup { takes, .. } => Some(takes),
                _ => None,
            },
            Self::Travel(id) => match &mut parts.copies.get_mut(id)?.kind {
                CopyKind::Backup { travel, .. } => travel.as_mut(),
                _ => None,
            },
        }
    }
}

impl Scenario {
    /// Durations of incidents that are known up to a factor, with it, in the order of their tables and entries.
    #[must_use]
    pub fn uncertain_timings(&self) -> Vec<(Timing, f64)> {
        let mut parts: Parts = (**self).clone();
        let factor = |timing: Timing| Some((timing, timing.of(&mut parts)?.off_by()));
        Timing::all(self).into_iter().filter_map(factor).filter(|(_, factor)| *factor > 1.0).collect()
    }

    /// The scenario in which one duration is so many times as long; `None` if there is no such duration. Its
    /// hash stays that of the original.
    #[must_use]
    pub fn with_timing(&self, timing: Timing, times: f64) -> Option<Self> {
        let mut parts: Parts = (**self).clone();
        let delay = timing.of(&mut parts)?;
        *delay = delay.times(times);
        Some(Self::seal(parts))
    }
}
