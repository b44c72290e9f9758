//! `--precision` of what is rare: draws more of whatever the error of a long year's chance, of the time down or of a
//! 99th percentile comes from, until it is small enough or the limit comes first.

use super::campaign::tally;
use super::interrupt;
use super::output::Screen;
use super::precision::{Drawn, Precision};
use crate::assess::{self, Known, Sampled};
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

/// What long incidents, episodes and ways home cost, measured in plain incidents.
const COST_OF_LONG: f64 = 3.0;
const COST_OF_EPISODE: f64 = 50.0;
const COST_OF_RETURN: f64 = 10.0;

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

    /// Draws more until the chance of a long year, the time down and the 99th percentiles that incidents drawn long
    /// tell are known that well in every tier.
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
        // The draws that years need tell percentiles too, most of the time.
        for look in [assess::years_known, assess::percentiles_known] {
            let mut given_up: Vec<(usize, &str)> = Vec::new();
            while !interrupt::asked() {
                let known = look(scenario, &found, (&self.tails, &self.overlaps)).into_iter();
                let open =
                    known.filter(|one| !precision.allows(one.off) && !given_up.contains(&(one.tier, one.figure)));
                let worst = open.reduce(|worst, one| if one.off > worst.off { one } else { worst });
                let Some(worst) = worst else { break };
                if !self.narrow(scenario, (campaign, &mut found), (precision, limit), &worst, screen) {
                    given_up.push((worst.tier, worst.figure));
                }
            }
        }
        (found, self)
    }

    /// Draws more of what a figure is sampled from; `false` if that has come to its limit.
    fn narrow(
        &mut self,
        scenario: &Scenario,
        (campaign, found): (&mut RunningCampaign<'_>, &mut CampaignResult),
        (precision, limit): (Precision, u64),
        known: &Known,
        screen: &Screen,
    ) -> bool {
        let (tier, mut grown) = (known.tier, false);
        let drawn: Vec<Drawn> = known.from.iter().map(|from| self.drawn(from, tier, (campaign, found))).collect();
        for (((sampled, _), before), next) in
            known.from.iter().zip(&drawn).zip(precision.beside(known.rounding).allot(known.off, &drawn))
        {
            // Incidents up to their limit may take an hour, for nothing if that is not enough; the others seconds.
            let next = if *sampled == Sampled::Incidents && next > limit { 0 } else { next };
            let next = if *sampled == Sampled::Incidents { next } else { next.min(MOST) };
            if next <= before.count {
                continue;
            }
            grown = true;
            match *sampled {
                Sampled::Incidents => {
                    tally(campaign, before.count..next, screen);
                    Self::renew(campaign, found);
                }
                Sampled::Tail(n, parts) => {
                    let tail = &mut self.tails[tier][n];
                    campaign.extend_tail(found.tiers[tier].tier, tail, next - before.count, parts);
                }
                Sampled::Returns => *found = campaign.result_with_returns(next),
                Sampled::Overlaps => self.more_overlaps(scenario, tier, found.tiers[tier].tier, next),
            }
        }
        if !grown {
            let worst = known.from.iter().max_by(|a, b| a.1.total_cmp(&b.1));
            let most = if worst.is_some_and(|(of, _)| *of == Sampled::Incidents) { limit } else { MOST };
            screen.note(&format!(
                "sampling leaves {} known within {}; better would take more than the limit of {most} incidents",
                known.figure,
                percent(known.off)
            ));
        }
        grown
    }

    /// How many were drawn of what a figure is sampled from, and what they cost.
    fn drawn(
        &self,
        (sampled, part): &(Sampled, f64),
        tier: usize,
        (campaign, found): (&RunningCampaign<'_>, &CampaignResult),
    ) -> Drawn {
        let incidents = found.tiers.iter().map(|tier| tier.incidents.len()).sum::<usize>() as f64;
        let (count, cost) = match sampled {
            Sampled::Incidents => (campaign.trials(), incidents),
            Sampled::Tail(n, _) => (self.tails[tier][*n].n, COST_OF_LONG),
            Sampled::Overlaps => (self.overlaps[tier].n, COST_OF_EPISODE),
            Sampled::Returns => {
                let followed = found.tiers[tier].returns.iter().map(|one| one.n).max();
                (followed.unwrap_or(0), COST_OF_RETURN * incidents)
            }
        };
        Drawn { count, part: *part, cost }
    }

    /// What the campaign came to by now; whoever was followed home stays followed.
    pub(super) fn renew(campaign: &RunningCampaign<'_>, found: &mut CampaignResult) {
        if campaign.trials() == found.settings.trials {
            return;
        }
        let followed = std::mem::replace(found, campaign.result());
        for (tier, before) in found.tiers.iter_mut().zip(followed.tiers) {
            tier.returns = before.returns;
        }
    }

    fn more_overlaps(&mut self, scenario: &Scenario, position: usize, tier: TierId, episodes: u64) {
        let filter = Filter { tier: Some(tier), ..self.filter.clone() };
        let more = overlaps_while(scenario, self.seed, &filter, episodes, &|| !interrupt::asked());
        if let Some(more) = more.and_then(|mut more| more.pop()) {
            self.overlaps[position] = more;
        }
    }
}
