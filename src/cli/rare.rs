//! `--precision` of what is rare: draws more of whatever the error of a long year's chance or of the time down
//! comes from, until it is small enough or the limit comes first.

use super::campaign::tally;
use super::interrupt;
use super::output::Screen;
use super::precision::Precision;
use crate::assess::{self, Sampled};
use crate::id::TierId;
use crate::model::Scenario;
use crate::report::human::percent;
use crate::sim::{CampaignResult, Filter, Overlaps, RunningCampaign, Tail, overlaps, overlaps_while};

/// Long incidents of a tier and failure at first: milliseconds.
const FIRST: u64 = 2_000;

/// Episodes of overlapping failures of a tier at first: likewise.
const FIRST_EPISODES: u64 = 1_000;

/// Most of them, and of long incidents: those that are long are kept, a hundred megabytes of them.
const MOST: u64 = 2_000_000;

/// What was found of rare things.
pub(super) struct Rare {
    /// By tier, in the order of the campaign's.
    pub(super) tails: Vec<Vec<Tail>>,
    pub(super) overlaps: Vec<Overlaps>,
    filter: Filter,
    seed: u64,
}

impl Rare {
    /// A first look.
    ///
    /// # Arguments
    /// `found`: what the campaign came to so far.
    pub(super) fn new(
        scenario: &Scenario,
        (campaign, found): (&RunningCampaign<'_>, &CampaignResult),
        filter: &Filter,
        seed: u64,
    ) -> Self {
        let mut tails = campaign.tails(found, assess::LONG_YEAR);
        for (tails, tier) in tails.iter_mut().zip(&found.tiers) {
            for tail in tails {
                let even = tail.even();
                campaign.extend_tail(tier.tier, tail, FIRST, even);
            }
        }
        Self { tails, overlaps: overlaps(scenario, seed, filter, FIRST_EPISODES), filter: filter.clone(), seed }
    }

    /// Draws more until the chance of a long year and the time down are known that well in every tier.
    ///
    /// # Arguments
    /// `found`: what the campaign came to so far. `limit`: incidents that it may have.
    pub(super) fn reach(
        mut self,
        scenario: &Scenario,
        (campaign, mut found): (&mut RunningCampaign<'_>, CampaignResult),
        (precision, limit): (Precision, u64),
        screen: &Screen,
    ) -> (CampaignResult, Self) {
        loop {
            let worst = assess::least_known(scenario, &found, (&self.tails, &self.overlaps));
            let worst = worst.filter(|worst| !precision.allows(worst.off));
            let Some(assess::LeastKnown { off, figure, tier, sampled, part }) = worst else { break };
            if interrupt::asked() {
                break;
            }
            let drawn = match sampled {
                Sampled::Incidents => campaign.trials(),
                Sampled::Tail(n, _) => self.tails[tier][n].n,
                Sampled::Overlaps => self.overlaps[tier].n,
                Sampled::Returns => found.tiers[tier].returns.iter().map(|one| one.n).max().unwrap_or(0),
            };
            let wanted = precision.next(drawn, off, part);
            // Incidents up to their limit may take an hour, for nothing if that is not enough; the others seconds.
            let (most, next) = if sampled == Sampled::Incidents { (limit, wanted) } else { (MOST, wanted.min(MOST)) };
            if next > most || next <= drawn {
                let known = percent(off);
                screen.note(&format!(
                    "sampling leaves {figure} known within {known}; better would take more than the limit of {most} incidents"
                ));
                break;
            }
            match sampled {
                Sampled::Incidents => {
                    tally(campaign, drawn..next, screen);
                    let followed = std::mem::replace(&mut found, campaign.result());
                    for (tier, before) in found.tiers.iter_mut().zip(followed.tiers) {
                        tier.returns = before.returns;
                    }
                }
                Sampled::Tail(n, parts) => {
                    campaign.extend_tail(found.tiers[tier].tier, &mut self.tails[tier][n], next - drawn, parts);
                }
                Sampled::Returns => found = campaign.result_with_returns(next),
                Sampled::Overlaps => self.more_overlaps(scenario, tier, found.tiers[tier].tier, next),
            }
        }
        (found, self)
    }

    fn more_overlaps(&mut self, scenario: &Scenario, position: usize, tier: TierId, episodes: u64) {
        let filter = Filter { tier: Some(tier), ..self.filter.clone() };
        let more = overlaps_while(scenario, self.seed, &filter, episodes, &|| !interrupt::asked());
        if let Some(more) = more.and_then(|mut more| more.pop()) {
            self.overlaps[position] = more;
        }
    }
}
