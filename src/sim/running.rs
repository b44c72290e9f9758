//! A campaign that grows: by ranges of occurrences, simulated here or kept in files.

use std::ops::Range;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::campaign::{FailureTally, Simulator, collect, run_range};
use super::lifetime::returns;
use super::tally::{CampaignResult, CampaignSettings, Filter, IncidentRecord, IncidentTally};
use crate::model::Scenario;
use crate::stats::{PairTally, Tally};

/// Incidents of every failure against every tier, as many as were added so far. Tallies are integers:
/// whatever was added in which order, the same occurrences give the same result.
pub struct RunningCampaign<'a> {
    simulator: Simulator<'a>,
    /// How it runs; `trials` is how many there are so far.
    settings: CampaignSettings,
    tallies: Vec<FailureTally>,
    filter: Filter,
}

/// One incident is followed home of so many that are simulated: it takes about as long as ten of those.
const TRIALS_PER_RETURN: u64 = 32;

/// More are followed only if a precision asks for it.
const MOST_RETURNS: u64 = 2_048;

/// What a range of occurrences came to, as files keep it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CampaignRecord {
    /// Incidents per tier and failure.
    trials: u64,
    failures: Vec<FailureRecord>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FailureRecord {
    /// By tier: the application, then, if there are several, its services; empty where the failure
    /// holds nothing of the tier.
    tiers: Vec<Vec<IncidentRecord>>,
    /// Differences between tiers in recovery time and data loss.
    pairs: Vec<(PairTally, PairTally)>,
}

impl<'a> RunningCampaign<'a> {
    /// No incidents yet.
    ///
    /// # Arguments
    /// `settings.trials` is not read: how many there are is up to what is added.
    #[must_use]
    pub fn new(scenario: &'a Scenario, settings: &CampaignSettings, filter: &Filter) -> Self {
        let simulator = Simulator::new(scenario, settings.seed, settings.truncate, filter);
        let tallies = (0..simulator.failures()).map(|n| FailureTally::new(&simulator, n)).collect();
        Self { simulator, settings: CampaignSettings { trials: 0, ..*settings }, tallies, filter: filter.clone() }
    }

    pub(super) fn simulator(&self) -> &Simulator<'a> {
        &self.simulator
    }

    /// Incidents per tier and failure so far.
    #[must_use]
    pub fn trials(&self) -> u64 {
        self.settings.trials
    }

    /// Simulates these occurrences of every failure, none of which may be in already.
    pub fn run(&mut self, occurrences: Range<u64>) {
        let threads = self.settings.threads.max(1) as u64;
        let count = occurrences.end - occurrences.start;
        if threads == 1 {
            for (failure, tally) in self.tallies.iter_mut().enumerate() {
                run_range(&self.simulator, failure, occurrences.clone(), tally);
            }
        } else {
            self.run_apart(occurrences, threads);
        }
        self.settings.trials += count;
    }

    /// The same on several threads.
    fn run_apart(&mut self, occurrences: Range<u64>, threads: u64) {
        let count = occurrences.end - occurrences.start;
        // Two ranges per thread even out failures that cost more than others.
        let ranges = (2 * threads).min(count.max(1));
        let bound = |n: u64| occurrences.start + (u128::from(count) * u128::from(n) / u128::from(ranges)) as u64;
        let tasks: Vec<(usize, Range<u64>)> = (0..self.tallies.len())
            .flat_map(|failure| (0..ranges).map(move |n| (failure, bound(n)..bound(n + 1))))
            .collect();
        let simulator = &self.simulator;
        let run = |(failure, part): &(usize, Range<u64>)| {
            let mut tally = FailureTally::new(simulator, *failure);
            run_range(simulator, *failure, part.clone(), &mut tally);
            (*failure, tally)
        };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.settings.threads).build();
        let parts: Vec<(usize, FailureTally)> = match pool {
            Ok(pool) => pool.install(|| tasks.par_iter().map(run).collect()),
            Err(_) => tasks.iter().map(run).collect(),
        };
        for (failure, part) in parts {
            self.tallies[failure].merge(&part);
        }
    }

    /// What there is so far, as files keep it.
    #[must_use]
    pub fn record(&self) -> CampaignRecord {
        let failures = self.tallies.iter().map(|tally| FailureRecord {
            tiers: tally.tiers.iter().map(|levels| levels.iter().map(IncidentRecord::from).collect()).collect(),
            pairs: tally.pairs.iter().map(|(_, _, time, loss)| (time.clone(), loss.clone())).collect(),
        });
        CampaignRecord { trials: self.settings.trials, failures: failures.collect() }
    }

    /// Adds what another run of this very scenario, seed and filter kept of other occurrences.
    ///
    /// # Returns
    /// How many bins of histograms were made room for: eight bytes each.
    ///
    /// # Errors
    /// A phrase that says what of it no such run has.
    pub fn absorb(&mut self, record: &CampaignRecord) -> Result<usize, String> {
        let same = |what: &str, found: usize, wanted: usize| {
            if found == wanted { Ok(()) } else { Err(format!("it has {found} {what} in place of {wanted}")) }
        };
        let mut room = 0;
        same("failures", record.failures.len(), self.tallies.len())?;
        for (mine, theirs) in self.tallies.iter_mut().zip(&record.failures) {
            same("tiers", theirs.tiers.len(), mine.tiers.len())?;
            same("pairs of tiers", theirs.pairs.len(), mine.pairs.len())?;
            for (mine, theirs) in mine.tiers.iter_mut().zip(&theirs.tiers) {
                same("tallies of a failure", theirs.len(), mine.len())?;
                for (mine, theirs) in mine.iter_mut().zip(theirs) {
                    theirs.check(record.trials, mine, self.simulator.plans())?;
                    room += mine.absorb(theirs);
                }
            }
            for ((_, _, time, loss), (their_time, their_loss)) in mine.pairs.iter_mut().zip(&theirs.pairs) {
                if their_time.count() != record.trials || their_loss.count() != record.trials {
                    return Err(format!("not all of its pairs are of {} incidents", record.trials));
                }
                time.merge(their_time);
                loss.merge(their_loss);
            }
        }
        self.settings.trials += record.trials;
        Ok(room)
    }

    /// What there is so far, with the way home of as many incidents as these need.
    #[must_use]
    pub fn whole_result(&self) -> CampaignResult {
        let count = (self.settings.trials / TRIALS_PER_RETURN).clamp(1, MOST_RETURNS);
        self.result_with_returns(count)
    }

    /// The same with the way home of so many incidents of each failure.
    #[must_use]
    pub fn result_with_returns(&self, count: u64) -> CampaignResult {
        let mut result = self.result();
        let found = returns(self.simulator.scenario(), &self.settings, &self.filter, count);
        for (tier, found) in result.tiers.iter_mut().zip(found) {
            tier.returns = found;
        }
        result
    }

    /// Recovery times so far, in milliseconds, with the position of their tier and what they are of: the application,
    /// and, if there are several, its services.
    pub fn recovery_times(&self) -> impl Iterator<Item = (usize, &IncidentTally, Tally)> + '_ {
        let each = self.tallies.iter().flat_map(|failure| failure.tiers.iter().enumerate());
        each.flat_map(|(tier, levels)| levels.iter().map(move |level| (tier, level))).map(|(tier, level)| {
            let mut times = level.recovery_time.clone();
            times.merge(level.both_times());
            (tier, level, times)
        })
    }

    /// What there is so far; nobody has looked at the way home.
    #[must_use]
    pub fn result(&self) -> CampaignResult {
        collect(&self.simulator, self.settings, self.tallies.clone())
    }
}

impl CampaignRecord {
    /// Incidents per tier and failure.
    #[must_use]
    pub fn trials(&self) -> u64 {
        self.trials
    }
}
