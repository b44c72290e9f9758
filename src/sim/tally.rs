//! What a campaign of simulated incidents leaves behind: integers that merge in any order.

use super::column::Column;
use super::incident::{Outcome, PlanLabel};
use super::lifetime::Returns;
use super::loss::{Common, bytes_of};
use crate::id::{FailureId, PlanId, ServiceId, StepId, TierId};
use crate::model::FailureKind;
use crate::stats::{PairTally, Tally};

mod record;

pub(super) use record::IncidentRecord;

/// How a campaign is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CampaignSettings {
    /// Incidents per failure and tier.
    pub trials: u64,
    /// Seed of all draws.
    pub seed: u64,
    /// Threads; the results do not depend on it.
    pub threads: usize,
    /// Every distribution is truncated to its [p0.1, p99.9], so that worst cases are finite.
    pub truncate: bool,
}

/// What of a scenario is simulated; all by default.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only this tier.
    pub tier: Option<TierId>,
    /// Only this failure.
    pub failure: Option<FailureId>,
    /// Only the member of this name.
    pub member: Option<String>,
}

/// Everything that was tallied.
#[derive(Clone, Debug)]
pub struct CampaignResult {
    /// How it was run.
    pub settings: CampaignSettings,
    /// One entry per tier, in the order of their ids.
    pub tiers: Vec<TierTally>,
    /// Differences between tiers on the same incidents.
    pub pairs: Vec<PairResult>,
}

/// The incidents of a tier.
#[derive(Clone, Debug)]
pub struct TierTally {
    /// The tier.
    pub tier: TierId,
    /// Failures that concern the tier in the order of their ids: for each the application, then, if
    /// there are several, its services.
    pub incidents: Vec<IncidentTally>,
    /// What going home adds to them, by failure; nothing where no plan has a way home that users feel, or
    /// before anybody has looked.
    pub returns: Vec<Returns>,
}

/// The incidents of a tier under one failure.
#[derive(Clone, Debug)]
pub struct IncidentTally {
    /// The failure.
    pub failure: FailureId,
    /// The service; `None` is the application.
    pub service: Option<ServiceId>,
    /// Members that concern the tier.
    pub members: u64,
    /// Events per year, of all members that concern the tier together.
    pub rate_per_year: f64,
    /// Incidents.
    pub n: u64,
    /// How many users felt.
    pub interrupted: u64,
    /// How many nothing brings back.
    pub unrecoverable: u64,
    /// How many kept the objective for recovery time.
    pub rto_met: u64,
    /// How many kept the objective for data loss.
    pub rpo_met: u64,
    /// How many kept both.
    pub both_met: u64,
    /// How service came back, in ascending order of label, and how often.
    pub plans: Vec<(PlanLabel, u64)>,
    /// Milliseconds.
    pub recovery_time: Tally,
    /// Milliseconds.
    pub recovery_time_full: Tally,
    /// Milliseconds.
    pub undetected: Tally,
    /// Milliseconds of writes.
    pub data_loss: Tally,
    /// Milliseconds of writes.
    pub data_loss_before: Tally,
    /// Milliseconds of writes.
    pub data_loss_after: Tally,
    /// Logical bytes.
    pub data_loss_bytes: Tally,
    /// Steps of the plans that brought service back; empty ones left out.
    pub steps: Vec<StepTally>,
    /// Recovery times of blocks whose first service is full capacity throughout: counted once, added
    /// to both when the campaign is over.
    both_times: Tally,
}

/// A step of a plan that brought service back.
#[derive(Clone, Debug)]
pub struct StepTally {
    /// The service whose plan it is.
    pub service: ServiceId,
    /// The plan.
    pub plan: PlanId,
    /// The step.
    pub step: StepId,
    /// When it was finished, milliseconds from impact.
    pub finish: Tally,
    /// How often it was on the critical path.
    pub critical: u64,
}

/// Two tiers on the same incidents, application by application.
#[derive(Clone, Debug)]
pub struct PairResult {
    /// This tier …
    pub tier: TierId,
    /// … less this one.
    pub than: TierId,
    /// Under this failure.
    pub failure: FailureId,
    /// Milliseconds.
    pub recovery_time: PairTally,
    /// Milliseconds.
    pub data_loss: PairTally,
}

impl IncidentTally {
    pub(super) fn new(failure: FailureId, service: Option<ServiceId>, members: u64, rate_per_year: f64) -> Self {
        Self {
            failure,
            service,
            members,
            rate_per_year,
            n: 0,
            interrupted: 0,
            unrecoverable: 0,
            rto_met: 0,
            rpo_met: 0,
            both_met: 0,
            plans: Vec::new(),
            recovery_time: Tally::new(),
            recovery_time_full: Tally::new(),
            undetected: Tally::new(),
            data_loss: Tally::new(),
            data_loss_before: Tally::new(),
            data_loss_after: Tally::new(),
            data_loss_bytes: Tally::new(),
            steps: Vec::new(),
            both_times: Tally::new(),
        }
    }

    /// Adds a block of outcomes, one quantity after the other.
    pub(super) fn record(&mut self, block: &Block) {
        let all = block.plan.len() as u64;
        let count = |flags: &Column<bool>| match flags.same() {
            Some(flag) => u64::from(flag) * all,
            None => flags.iter().filter(|flag| **flag).count() as u64,
        };
        self.n += all;
        self.interrupted += count(&block.interrupted);
        self.unrecoverable += count(&block.unrecoverable);
        self.rto_met += count(&block.rto_met);
        self.rpo_met += count(&block.rpo_met);
        self.both_met += match (block.rto_met.same(), block.rpo_met.same()) {
            (Some(true), _) => count(&block.rpo_met),
            (_, Some(true)) => count(&block.rto_met),
            _ => block.rto_met.iter().zip(block.rpo_met.iter()).filter(|(a, b)| **a && **b).count() as u64,
        };
        match block.plan.same() {
            Some(plan) => self.count_plan(plan, all),
            None => block.plan.chunk_by(|a, b| a == b).for_each(|run| self.count_plan(run[0], run.len() as u64)),
        }
        if *block.recovery_time == *block.recovery_time_full {
            tally_column(&mut self.both_times, &block.recovery_time);
        } else {
            tally_column(&mut self.recovery_time, &block.recovery_time);
            tally_column(&mut self.recovery_time_full, &block.recovery_time_full);
        }
        tally_column(&mut self.undetected, &block.undetected);
        tally_column(&mut self.data_loss, &block.data_loss);
        tally_column(&mut self.data_loss_before, &block.data_loss_before);
        tally_column(&mut self.data_loss_after, &block.data_loss_after);
        tally_column(&mut self.data_loss_bytes, &block.data_loss_bytes);
    }

    /// Recovery times that [`Self::close`] adds to both.
    pub(super) fn both_times(&self) -> &Tally {
        &self.both_times
    }

    /// The tally as others read it.
    pub(super) fn close(mut self) -> Self {
        let both = std::mem::take(&mut self.both_times);
        self.recovery_time.merge(&both);
        self.recovery_time_full.merge(&both);
        self.steps.retain(|step| step.finish.count() > 0);
        self
    }

    fn count_plan(&mut self, plan: PlanLabel, count: u64) {
        match self.plans.iter_mut().find(|(label, _)| *label == plan) {
            Some((_, n)) => *n += count,
            None => {
                self.plans.push((plan, count));
                self.plans.sort_unstable();
            }
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.n += other.n;
        self.interrupted += other.interrupted;
        self.unrecoverable += other.unrecoverable;
        self.rto_met += other.rto_met;
        self.rpo_met += other.rpo_met;
        self.both_met += other.both_met;
        for (plan, count) in &other.plans {
            self.count_plan(*plan, *count);
        }
        self.both_times.merge(&other.both_times);
        self.recovery_time.merge(&other.recovery_time);
        self.recovery_time_full.merge(&other.recovery_time_full);
        self.undetected.merge(&other.undetected);
        self.data_loss.merge(&other.data_loss);
        self.data_loss_before.merge(&other.data_loss_before);
        self.data_loss_after.merge(&other.data_loss_after);
        self.data_loss_bytes.merge(&other.data_loss_bytes);
        for (mine, theirs) in self.steps.iter_mut().zip(&other.steps) {
            mine.finish.merge(&theirs.finish);
            mine.critical += theirs.critical;
        }
    }
}

impl StepTally {
    #[inline]
    pub(super) fn add(&mut self, finish: u64) {
        match finish {
            super::NEVER => self.finish.record_infinite(),
            finish => self.finish.record(finish),
        }
    }
}

/// Outcomes of consecutive incidents, one list per quantity.
#[derive(Default)]
pub(super) struct Block {
    pub(super) recovery_time: Column<u64>,
    pub(super) recovery_time_full: Column<u64>,
    pub(super) undetected: Column<u64>,
    pub(super) data_loss: Column<u64>,
    pub(super) data_loss_before: Column<u64>,
    pub(super) data_loss_after: Column<u64>,
    pub(super) data_loss_bytes: Column<u64>,
    pub(super) plan: Column<PlanLabel>,
    pub(super) interrupted: Column<bool>,
    pub(super) unrecoverable: Column<bool>,
    pub(super) rto_met: Column<bool>,
    pub(super) rpo_met: Column<bool>,
}

impl Block {
    /// Makes room for so many outcomes.
    pub(super) fn resize(&mut self, count: usize) {
        for list in [
            &mut self.recovery_time,
            &mut self.recovery_time_full,
            &mut self.undetected,
            &mut self.data_loss,
            &mut self.data_loss_before,
            &mut self.data_loss_after,
            &mut self.data_loss_bytes,
        ] {
            list.resize(count, 0);
        }
        self.plan.resize(count, PlanLabel::None);
        for list in [&mut self.interrupted, &mut self.unrecoverable, &mut self.rto_met, &mut self.rpo_met] {
            list.resize(count, false);
        }
    }

    /// What follows from recovery time and data loss, at these positions.
    pub(super) fn derive(&mut self, positions: &[usize], rto: u64, rpo: u64) {
        let met = |data_loss: u64| data_loss <= rpo && data_loss != super::NEVER;
        if positions.len() < self.plan.len() {
            let (sums, times) = (self.data_loss.each(), &self.recovery_time);
            let (interrupted, rto_met, rpo_met) = (self.interrupted.each(), self.rto_met.each(), self.rpo_met.each());
            for n in positions.iter().copied() {
                sums[n] = self.data_loss_before[n].saturating_add(self.data_loss_after[n]);
                interrupted[n] = times[n] > 0;
                rto_met[n] = times[n] <= rto;
                rpo_met[n] = met(sums[n]);
            }
            return;
        }
        // The whole block, in order: quantity by quantity, several in one instruction.
        match (self.data_loss_before.same(), self.data_loss_after.same()) {
            (Some(before), Some(after)) => self.data_loss.fill(before.saturating_add(after)),
            _ => {
                let parts = self.data_loss_before.iter().zip(self.data_loss_after.iter());
                let sums = self.data_loss.each().iter_mut();
                sums.zip(parts).for_each(|(sum, (before, after))| *sum = before.saturating_add(*after));
            }
        }
        if let Some(time) = self.recovery_time.same() {
            self.interrupted.fill(time > 0);
            self.rto_met.fill(time <= rto);
        } else {
            let flags = self.interrupted.each().iter_mut().zip(self.rto_met.each());
            for ((interrupted, rto_met), time) in flags.zip(self.recovery_time.iter()) {
                (*interrupted, *rto_met) = (*time > 0, *time <= rto);
            }
        }
        if let Some(data_loss) = self.data_loss.same() {
            self.rpo_met.fill(met(data_loss));
        } else {
            let kept = self.rpo_met.each().iter_mut().zip(self.data_loss.iter());
            kept.for_each(|(kept, data_loss)| *kept = met(*data_loss));
        }
    }

    /// Data sets that must agree go back to their oldest common moment.
    ///
    /// # Arguments
    /// `services`: by service, average logical bytes per second and the objective for data loss.
    pub(super) fn agree(
        blocks: &mut [Self],
        group: &[usize],
        kind: FailureKind,
        services: impl Fn(usize) -> (f64, u64),
    ) {
        let Some(first) = group.first() else { return };
        for at in 0..blocks[*first].plan.len() {
            let losses = group.iter().map(|n| (blocks[*n].data_loss_before[at], blocks[*n].data_loss_after[at]));
            let common = Common::new(kind, losses);
            for n in group {
                let (block, (writes, rpo)) = (&mut blocks[*n], services(*n));
                let more = common.takes(block.data_loss_before[at], block.data_loss_after[at]);
                let Some((before, after)) = more else { continue };
                let data_loss = before.saturating_add(after);
                block.data_loss_before.each()[at] = before;
                block.data_loss_after.each()[at] = after;
                block.data_loss.each()[at] = data_loss;
                block.data_loss_bytes.each()[at] = bytes_of(data_loss, writes);
                block.rpo_met.each()[at] = data_loss <= rpo && data_loss != super::NEVER;
            }
        }
    }

    /// The application's outcomes: as bad as the worst of its services, lost bytes added up, held against
    /// its own objective if it has one. The plan is that of the service that was back last.
    pub(super) fn absorb(&mut self, services: &[Self], limits: Option<(u64, u64)>) {
        let worst = |list: &mut Column<u64>, of: fn(&Self) -> &Column<u64>| {
            if services.iter().all(|service| of(service).same().is_some()) {
                return list.fill(services.iter().filter_map(|service| of(service).same()).fold(0, u64::max));
            }
            let list = list.each();
            list.fill(0);
            for service in services {
                list.iter_mut().zip(of(service).iter()).for_each(|(worst, value)| *worst = (*worst).max(*value));
            }
        };
        worst(&mut self.recovery_time_full, |block| &block.recovery_time_full);
        worst(&mut self.undetected, |block| &block.undetected);
        worst(&mut self.data_loss_before, |block| &block.data_loss_before);
        worst(&mut self.data_loss_after, |block| &block.data_loss_after);
        worst(&mut self.data_loss, |block| &block.data_loss);
        let (bytes, times, plans) = (self.data_loss_bytes.each(), self.recovery_time.each(), self.plan.each());
        bytes.fill(0);
        times.fill(0);
        plans.fill(PlanLabel::None);
        for service in services {
            let lost = bytes.iter_mut().zip(service.data_loss_bytes.iter());
            lost.for_each(|(sum, bytes)| *sum = sum.saturating_add(*bytes));
            let times = times.iter_mut().zip(service.recovery_time.iter());
            for ((time, of_service), (plan, label)) in times.zip(plans.iter_mut().zip(service.plan.iter())) {
                if of_service > time || *plan == PlanLabel::None {
                    *plan = *label;
                }
                *time = (*time).max(*of_service);
            }
        }
        let flags = |list: &mut Column<bool>, start: bool, of: fn(&Self) -> &Column<bool>| {
            let list = list.each();
            list.fill(start);
            for service in services {
                list.iter_mut().zip(of(service).iter()).for_each(|(all, one)| {
                    if *one != start {
                        *all = *one
                    }
                });
            }
        };
        flags(&mut self.interrupted, false, |block| &block.interrupted);
        flags(&mut self.unrecoverable, false, |block| &block.unrecoverable);
        flags(&mut self.rto_met, true, |block| &block.rto_met);
        flags(&mut self.rpo_met, true, |block| &block.rpo_met);
        if let Some((rto, rpo)) = limits {
            let times = self.recovery_time.iter().zip(self.unrecoverable.iter());
            let kept = self.rto_met.each().iter_mut();
            kept.zip(times).for_each(|(met, (time, lost))| *met = *time <= rto && !lost);
            let met = |loss: u64| loss <= rpo && loss != super::NEVER;
            let kept = self.rpo_met.each().iter_mut().zip(self.data_loss.iter());
            kept.for_each(|(kept, loss)| *kept = met(*loss));
        }
    }

    /// Puts an outcome at its position.
    #[inline(always)]
    pub(super) fn set(&mut self, n: usize, outcome: &Outcome) {
        self.recovery_time.each()[n] = outcome.recovery_time;
        self.recovery_time_full.each()[n] = outcome.recovery_time_full;
        self.undetected.each()[n] = outcome.undetected;
        self.data_loss.each()[n] = outcome.data_loss;
        self.data_loss_before.each()[n] = outcome.data_loss_before;
        self.data_loss_after.each()[n] = outcome.data_loss_after;
        self.data_loss_bytes.each()[n] = outcome.data_loss_bytes;
        self.plan.each()[n] = outcome.plan;
        self.interrupted.each()[n] = outcome.interrupted;
        self.unrecoverable.each()[n] = outcome.unrecoverable;
        self.rto_met.each()[n] = outcome.rto_met;
        self.rpo_met.each()[n] = outcome.rpo_met;
    }
}

/// Adds one quantity of a block, which is counted where it is known to be the same throughout.
fn tally_column(tally: &mut Tally, column: &Column<u64>) {
    match column.same() {
        Some(value) if value != super::NEVER => tally.record_many(value, column.len() as u64),
        _ => self::tally(tally, column),
    }
}

/// Adds values. Those that are the same throughout are counted, not searched for.
pub(super) fn tally(tally: &mut Tally, values: &[u64]) {
    let Some(first) = values.first().copied() else { return };
    if first != super::NEVER && values.iter().all(|value| *value == first) {
        tally.record_many(first, values.len() as u64);
        return;
    }
    // Of all that is counted only what never ends has the highest bit: one pass of the widest instructions.
    if values.iter().fold(0, |all, value| all | value) >> 63 == 0 {
        tally.record_all(values);
        return;
    }
    for value in values {
        match *value {
            super::NEVER => tally.record_infinite(),
            value => tally.record(value),
        }
    }
}
