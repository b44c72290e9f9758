//! What the incidents of a tier are made of: every step and every wait, over many incidents.

use std::ops::Range;

use rayon::prelude::*;

use super::NEVER;
use super::campaign::Simulator;
use super::tally::{CampaignSettings, Filter};
use super::timeline::{Act, Ending, TimeLine};
use crate::id::{FailureId, ServiceId, TierId};
use crate::model::Scenario;
use crate::stats::Tally;

/// A step or a wait, over the incidents that recover.
#[derive(Clone, Debug)]
pub struct ActTally {
    /// Whose plan it belongs to.
    pub service: ServiceId,
    /// What it is.
    pub act: Act,
    /// In how many of the incidents it took place.
    pub n: u64,
    /// How long it took whenever it ended as it should, milliseconds.
    pub takes: Tally,
    /// When it was over for good, milliseconds of the recovery clock.
    pub finish: Tally,
    /// In how many of the incidents it was on the critical path.
    pub critical: u64,
    /// What it took on the critical path over all incidents, milliseconds: the sum over all acts is
    /// the sum of all recovery times.
    pub on_path: u128,
}

/// Incidents taken apart.
#[derive(Clone, Debug, Default)]
pub struct Anatomy {
    /// How many recovered.
    pub recovered: u64,
    /// The sum of their recovery times, milliseconds.
    pub recovery_time: u128,
    /// Their steps and waits, in the order in which they were first met.
    pub acts: Vec<ActTally>,
}

impl Anatomy {
    fn record(&mut self, line: &TimeLine) {
        if line.outcome.recovery_time == NEVER {
            return;
        }
        self.recovered += 1;
        self.recovery_time += u128::from(line.outcome.recovery_time);
        let mut met: Vec<(usize, u64, bool)> = Vec::new();
        for entry in &line.lines {
            let at = self.of(entry.service, entry.act);
            let took = entry.finish - entry.begin;
            if entry.ending == Ending::Done {
                self.acts[at].takes.record(took);
            }
            if entry.critical {
                self.acts[at].on_path += u128::from(took);
            }
            match met.iter_mut().find(|(n, ..)| *n == at) {
                Some((_, finish, critical)) => {
                    *finish = (*finish).max(entry.finish);
                    *critical |= entry.critical;
                }
                None => met.push((at, entry.finish, entry.critical)),
            }
        }
        for (at, finish, critical) in met {
            let act = &mut self.acts[at];
            act.n += 1;
            act.finish.record(finish);
            act.critical += u64::from(critical);
        }
    }

    /// Position of an act, which is added if it is new.
    fn of(&mut self, service: ServiceId, act: Act) -> usize {
        let found = self.acts.iter().position(|row| row.service == service && row.act == act);
        found.unwrap_or_else(|| {
            let empty = Tally::new;
            self.acts.push(ActTally { service, act, n: 0, takes: empty(), finish: empty(), critical: 0, on_path: 0 });
            self.acts.len() - 1
        })
    }

    fn merge(&mut self, other: &Self) {
        self.recovered += other.recovered;
        self.recovery_time += other.recovery_time;
        for theirs in &other.acts {
            let at = self.of(theirs.service, theirs.act);
            let mine = &mut self.acts[at];
            mine.n += theirs.n;
            mine.takes.merge(&theirs.takes);
            mine.finish.merge(&theirs.finish);
            mine.critical += theirs.critical;
            mine.on_path += theirs.on_path;
        }
    }
}

/// Takes the first `settings.trials` incidents of a campaign apart: those of the application.
///
/// # Returns
/// The same for any number of threads; empty if the failure holds nothing of the tier.
#[must_use]
pub fn anatomy(
    scenario: &Scenario,
    tier: TierId,
    failure: FailureId,
    settings: &CampaignSettings,
    filter: &Filter,
) -> Anatomy {
    let simulator = Simulator::new(scenario, settings.seed, settings.truncate, filter);
    let part = |occurrences: Range<u64>| {
        let mut part = Anatomy::default();
        occurrences.filter_map(|n| simulator.time_line(tier, failure, None, n)).for_each(|line| part.record(&line));
        part
    };
    let parts = in_parts(settings, part);
    let mut whole = Anatomy::default();
    parts.iter().for_each(|part| whole.merge(part));
    whole
}

/// Does the work for ranges of incidents on as many threads as asked; the parts in their order.
pub(super) fn in_parts<T: Send>(settings: &CampaignSettings, work: impl Fn(Range<u64>) -> T + Sync + Send) -> Vec<T> {
    let count = (settings.threads.max(1) as u64).min(settings.trials.max(1));
    let ranges: Vec<Range<u64>> =
        (0..count).map(|n| settings.trials * n / count..settings.trials * (n + 1) / count).collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(settings.threads.max(1)).build();
    match pool {
        Ok(pool) if count > 1 => pool.install(|| ranges.into_par_iter().map(work).collect()),
        _ => ranges.into_iter().map(work).collect(),
    }
}
