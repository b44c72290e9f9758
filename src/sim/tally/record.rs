//! Tallies of incidents as files keep them.

use serde::{Deserialize, Serialize};

use super::IncidentTally;
use crate::id::{Id, PlanId};
use crate::sim::incident::PlanLabel;
use crate::stats::{Tally, TallyRecord};

/// An [`IncidentTally`] without the names of what it is of.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::sim) struct IncidentRecord {
    n: u64,
    interrupted: u64,
    unrecoverable: u64,
    rto_met: u64,
    rpo_met: u64,
    both_met: u64,
    plans: Vec<(PlanRecord, u64)>,
    recovery_time: TallyRecord,
    recovery_time_full: TallyRecord,
    undetected: TallyRecord,
    data_loss: TallyRecord,
    data_loss_before: TallyRecord,
    data_loss_after: TallyRecord,
    data_loss_bytes: TallyRecord,
    /// Recovery times that count for both.
    both_times: TallyRecord,
    /// By step: when it was finished, and how often it was on the critical path.
    steps: Vec<(TallyRecord, u64)>,
}

/// How service came back; plans by their position among those of the scenario.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum PlanRecord {
    None,
    Wait,
    Plan(usize),
}

impl From<&IncidentTally> for IncidentRecord {
    fn from(tally: &IncidentTally) -> Self {
        let plan = |label: PlanLabel| match label {
            PlanLabel::None => PlanRecord::None,
            PlanLabel::Wait => PlanRecord::Wait,
            PlanLabel::Plan(id) => PlanRecord::Plan(id.index()),
        };
        Self {
            n: tally.n,
            interrupted: tally.interrupted,
            unrecoverable: tally.unrecoverable,
            rto_met: tally.rto_met,
            rpo_met: tally.rpo_met,
            both_met: tally.both_met,
            plans: tally.plans.iter().map(|(label, count)| (plan(*label), *count)).collect(),
            recovery_time: (&tally.recovery_time).into(),
            recovery_time_full: (&tally.recovery_time_full).into(),
            undetected: (&tally.undetected).into(),
            data_loss: (&tally.data_loss).into(),
            data_loss_before: (&tally.data_loss_before).into(),
            data_loss_after: (&tally.data_loss_after).into(),
            data_loss_bytes: (&tally.data_loss_bytes).into(),
            both_times: (&tally.both_times).into(),
            steps: tally.steps.iter().map(|step| ((&step.finish).into(), step.critical)).collect(),
        }
    }
}

impl IncidentRecord {
    /// Whether so many incidents of a scenario with so many plans can have come to it.
    ///
    /// # Errors
    /// A phrase that says what they cannot.
    pub(in crate::sim) fn check(&self, trials: u64, tally: &IncidentTally, plans: usize) -> Result<(), String> {
        let counts = [self.interrupted, self.unrecoverable, self.rto_met, self.rpo_met, self.both_met];
        let tallies =
            [&self.undetected, &self.data_loss, &self.data_loss_before, &self.data_loss_after, &self.data_loss_bytes];
        let both = self.both_times.count();
        let whole = self.n == trials
            && counts.iter().all(|count| *count <= trials)
            && tallies.iter().all(|tally| tally.count() == trials)
            && [&self.recovery_time, &self.recovery_time_full].iter().all(|t| t.count() + both == trials)
            && self.plans.iter().fold(0_u64, |sum, (_, count)| sum.saturating_add(*count)) == trials;
        if !whole {
            return Err(format!("not all of its tallies are of {trials} incidents"));
        }
        if self.plans.iter().any(|(plan, _)| matches!(plan, PlanRecord::Plan(n) if *n >= plans)) {
            return Err(format!("it knows more than the {plans} plans of its scenario"));
        }
        let steps = self.steps.iter().all(|(finish, critical)| finish.count() <= trials && *critical <= finish.count());
        if self.steps.len() != tally.steps.len() || !steps {
            return Err("its steps are not those of its scenario".to_owned());
        }
        Ok(())
    }
}

impl IncidentTally {
    /// Adds what was checked; returns how many bins were made room for.
    pub(in crate::sim) fn absorb(&mut self, record: &IncidentRecord) -> usize {
        self.n += record.n;
        self.interrupted += record.interrupted;
        self.unrecoverable += record.unrecoverable;
        self.rto_met += record.rto_met;
        self.rpo_met += record.rpo_met;
        self.both_met += record.both_met;
        for (plan, count) in &record.plans {
            let label = match plan {
                PlanRecord::None => PlanLabel::None,
                PlanRecord::Wait => PlanLabel::Wait,
                PlanRecord::Plan(n) => PlanLabel::Plan(PlanId::from_index(*n)),
            };
            self.count_plan(label, *count);
        }
        let pairs: [(&mut Tally, &TallyRecord); 8] = [
            (&mut self.recovery_time, &record.recovery_time),
            (&mut self.recovery_time_full, &record.recovery_time_full),
            (&mut self.undetected, &record.undetected),
            (&mut self.data_loss, &record.data_loss),
            (&mut self.data_loss_before, &record.data_loss_before),
            (&mut self.data_loss_after, &record.data_loss_after),
            (&mut self.data_loss_bytes, &record.data_loss_bytes),
            (&mut self.both_times, &record.both_times),
        ];
        let mut room: usize = pairs.into_iter().map(|(mine, theirs)| mine.absorb(theirs)).sum();
        for (mine, (finish, critical)) in self.steps.iter_mut().zip(&record.steps) {
            room += mine.finish.absorb(finish);
            mine.critical += critical;
        }
        room
    }
}
