//! Durations that are known up to a factor only: where they stand, and the scenario with one of them longer
//! or shorter.

use super::change::edit;
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
    /// From a loss for good to service.
    Rebuild(ServiceId),
    /// How far a copy is behind.
    Lag(CopyId),
    /// How long a backup runs.
    Runs(CopyId),
    /// From the end of a run to where its copy is.
    Travel(CopyId),
}

impl Timing {
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
            Self::Rebuild(id) => ("services", &scenario.services[id].name, "rebuild"),
            Self::Lag(id) => copy(id, "lag"),
            Self::Runs(id) => copy(id, "takes"),
            Self::Travel(id) => copy(id, "travel"),
        }
    }

    /// Changes it; `None` if the scenario does not give it.
    fn edit(self, parts: &mut Parts, with: impl FnOnce(&mut Delay) -> Option<()>) -> Option<()> {
        match self {
            Self::Gap(id) => edit(&mut parts.failures, id, |row| match &mut row.occurs {
                Occurrence::Gap(gap) => with(gap),
                Occurrence::Rate(_) => None,
            }),
            Self::Lasts(id) => edit(&mut parts.failures, id, |row| row.lasts.as_mut().and_then(with)),
            Self::RepairStarts(id) => {
                edit(&mut parts.failures, id, |row| row.repair.as_mut()?.starts.as_mut().and_then(with))
            }
            Self::Detected(id) => edit(&mut parts.failures, id, |row| row.detected.as_mut().and_then(with)),
            Self::Dwell(id) => edit(&mut parts.failures, id, |row| row.dwell.as_mut().and_then(with)),
            Self::Takes(id) => edit(&mut parts.steps, id, |row| row.takes.as_mut().and_then(with)),
            Self::Takeover(id) => edit(&mut parts.compute, id, |row| row.takeover.as_mut().and_then(with)),
            Self::Resume(id) => edit(&mut parts.services, id, |row| row.resume.as_mut().and_then(with)),
            Self::Rebuild(id) => edit(&mut parts.services, id, |row| row.rebuild.as_mut().and_then(with)),
            Self::Lag(id) => edit(&mut parts.copies, id, |row| match &mut row.kind {
                CopyKind::Async { lag: AsyncLag::Law(lag), .. } => with(lag),
                CopyKind::Log { lag, .. } | CopyKind::Primary { lag, .. } | CopyKind::Derived { lag, .. } => {
                    lag.as_mut().and_then(with)
                }
                _ => None,
            }),
            Self::Runs(id) => edit(&mut parts.copies, id, |row| match &mut row.kind {
                CopyKind::Backup { takes, .. } => with(takes),
                _ => None,
            }),
            Self::Travel(id) => edit(&mut parts.copies, id, |row| match &mut row.kind {
                CopyKind::Backup { travel, .. } => travel.as_mut().and_then(with),
                _ => None,
            }),
        }
    }
}

impl Scenario {
    /// Durations that are known up to a factor, with it, in the order of their tables and entries.
    #[must_use]
    pub fn uncertain_timings(&self) -> Vec<(Timing, f64)> {
        let mut all: Vec<(Timing, f64)> = Vec::new();
        let mut add = |timing, delay: Option<&Delay>| all.extend(delay.map(|delay| (timing, delay.off_by())));
        for (id, row) in self.failures.iter() {
            if let Occurrence::Gap(gap) = &row.occurs {
                add(Timing::Gap(id), Some(gap));
            }
            add(Timing::Lasts(id), row.lasts.as_ref());
            add(Timing::RepairStarts(id), row.repair.as_ref().and_then(|repair| repair.starts.as_ref()));
            add(Timing::Detected(id), row.detected.as_ref());
            add(Timing::Dwell(id), row.dwell.as_ref());
        }
        self.steps.iter().for_each(|(id, row)| add(Timing::Takes(id), row.takes.as_ref()));
        self.compute.iter().for_each(|(id, row)| add(Timing::Takeover(id), row.takeover.as_ref()));
        for (id, row) in self.services.iter() {
            add(Timing::Resume(id), row.resume.as_ref());
            add(Timing::Rebuild(id), row.rebuild.as_ref());
        }
        for (id, row) in self.copies.iter() {
            match &row.kind {
                CopyKind::Async { lag: AsyncLag::Law(lag), .. } => add(Timing::Lag(id), Some(lag)),
                CopyKind::Log { lag, .. } | CopyKind::Primary { lag, .. } | CopyKind::Derived { lag, .. } => {
                    add(Timing::Lag(id), lag.as_ref());
                }
                CopyKind::Backup { takes, travel, .. } => {
                    add(Timing::Runs(id), Some(takes));
                    add(Timing::Travel(id), travel.as_ref());
                }
                _ => {}
            }
        }
        all.retain(|(_, factor)| *factor > 1.0);
        all
    }

    /// The scenario in which one duration is so many times as long; `None` if there is no such duration. Its
    /// hash stays that of the original.
    #[must_use]
    pub fn with_timing(&self, timing: Timing, times: f64) -> Option<Self> {
        let mut parts: Parts = (**self).clone();
        timing.edit(&mut parts, |delay| {
            *delay = delay.times(times);
            Some(())
        })?;
        Some(Self::seal(parts))
    }
}
