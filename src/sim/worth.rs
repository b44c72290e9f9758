//! What changes of a design are worth: the same incidents again, with one change at a time.

use rayon::prelude::*;

use super::blocks::in_blocks;
use super::campaign::Simulator;
use super::random::Random;
use super::tally::{CampaignSettings, Filter};
use super::{NEVER, anatomy};
use crate::id::{FailureId, TierId};
use crate::model::{Change, Scenario};
use crate::stats::{PairTally, Tally};

/// What a change did to the incidents of the application.
#[derive(Clone, Debug)]
pub struct Worth {
    /// The change.
    pub change: Change,
    /// Recovery times as they were minus those with the change, milliseconds.
    pub recovery_time: PairTally,
    /// Data losses likewise, milliseconds of writes.
    pub data_loss: PairTally,
    /// Recovery times with the change, milliseconds.
    pub recovery_time_then: Tally,
    /// Data losses with the change, milliseconds.
    pub data_loss_then: Tally,
}

/// What came of every incident: recovery time and data loss.
type Outcomes = Vec<(u64, u64)>;

/// Simulates the first `settings.trials` incidents of a campaign again for every change that can be
/// made. Draws are keyed by what they are for, so that a change moves nothing but its consequences.
///
/// # Returns
/// One entry per change that changes something, in the order of `changes`.
#[must_use]
pub fn worths(
    scenario: &Scenario,
    (tier, failure): (TierId, FailureId),
    changes: &[Change],
    settings: &CampaignSettings,
    filter: &Filter,
) -> Vec<Worth> {
    let simulator = Simulator::new(scenario, settings.seed, settings.truncate, filter);
    let parts = anatomy::in_parts(settings, |range| outcomes(&simulator, tier, failure, range));
    let now: Outcomes = parts.into_iter().flatten().collect();
    let one = |change: &Change| {
        let changed = scenario.changed(*change)?;
        Some(compare(*change, &now, &outcomes(&simulator.again(&changed, filter), tier, failure, 0..settings.trials)))
    };
    let pool = (settings.threads > 1).then(|| rayon::ThreadPoolBuilder::new().num_threads(settings.threads).build());
    match pool {
        Some(Ok(pool)) => pool.install(|| changes.par_iter().filter_map(one).collect()),
        _ => changes.iter().filter_map(one).collect(),
    }
}

fn outcomes(simulator: &Simulator<'_>, tier: TierId, failure: FailureId, range: std::ops::Range<u64>) -> Outcomes {
    let Some(mut blocks) = simulator.blocks(tier, failure) else { return Vec::new() };
    let mut all = Vec::new();
    for occurrences in in_blocks(range) {
        let (block, _) = blocks.run(&Random, occurrences);
        all.extend(block.recovery_time.iter().copied().zip(block.data_loss.iter().copied()));
    }
    all
}

fn compare(change: Change, now: &Outcomes, then: &Outcomes) -> Worth {
    let mut worth = Worth {
        change,
        recovery_time: PairTally::new(),
        data_loss: PairTally::new(),
        recovery_time_then: Tally::new(),
        data_loss_then: Tally::new(),
    };
    let finite = |value: u64| (value != NEVER).then_some(value);
    for (before, after) in now.iter().zip(then) {
        worth.recovery_time.record(finite(before.0), finite(after.0));
        worth.data_loss.record(finite(before.1), finite(after.1));
        for (tally, value) in [(&mut worth.recovery_time_then, after.0), (&mut worth.data_loss_then, after.1)] {
            match finite(value) {
                Some(value) => tally.record(value),
                None => tally.record_infinite(),
            }
        }
    }
    worth
}
