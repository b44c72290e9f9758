//! What a tier's figures depend on most: each value that somebody could change, changed by itself, on
//! incidents of the campaign.

use serde::{Deserialize, Serialize};

use super::assessment::{Assessment, Word};
use super::objective::MS;
use crate::id::{FailureId, TierId};
use crate::model::{Change, Scenario};
use crate::sim::{CampaignSettings, Filter, Worth, worths};
use crate::stats::Difference;

/// Incidents that tell which changes matter: each value of a design is tried on them.
const TRIED_ON: u64 = 128;

/// Incidents that tell how much those matter: half an interval is then a sixteenth of the spread, and the
/// whole takes a tenth of a second or so.
const MEASURED_ON: u64 = 1024;

/// Changes of each kind, of recovery time and of data loss, that are measured.
const MOST: usize = 4;

/// Changes that are tried at most: more belong to a design that this page would not fit.
const MOST_TRIED: usize = 400;

/// Why a tier's incidents are without it that nobody asked about.
pub(super) const NOT_LOOKED_FOR: &str =
    "looked for of the tier of the verdict and of the chosen one, for the application: name a tier to ask about it";

/// Why a design has none.
const TOO_MANY: &str = "more values than are tried";

/// The values that the incidents of one failure depend on most.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dependence {
    /// Incidents on which each of the changes was measured.
    pub incidents: u64,
    /// Values that could be changed and were tried.
    pub tried: u64,
    /// Those that matter most, first for recovery time, then for data loss; what the incidents cannot
    /// tell from nothing is left out.
    pub changes: Vec<Influence>,
}

/// What one change would save, on the same incidents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Influence {
    /// What is done to the value: `halve`, `double` or `add one to`.
    pub change: Word,
    /// The key of the value.
    pub path: String,
    /// Recovery time saved, seconds: before minus after.
    pub recovery_time: Difference,
    /// Data loss saved, seconds of writes.
    pub data_loss: Difference,
}

/// Adds to an assessment what the tier of the verdict and the one that the file calls chosen depend on
/// most; the first tier where there is neither. The others are left out for what it costs, and say so: the first incidents of the campaign are simulated again for every change: a hundred or
/// so to find the changes that matter, a thousand to measure these.
///
/// # Arguments
/// `filter`: what `result` is limited to; `threads`: the result does not depend on it.
pub fn depend(result: &mut Assessment, scenario: &Scenario, threads: usize, filter: &Filter) {
    let settings = CampaignSettings { trials: result.trials, seed: result.seed, threads, truncate: false };
    let wanted = |id: TierId, name: &str| result.verdict.tier.as_deref() == Some(name) || scenario.chosen == Some(id);
    let mut tiers: Vec<TierId> =
        scenario.tiers.iter().filter(|(id, row)| wanted(*id, &row.name)).map(|(id, _)| id).collect();
    if tiers.is_empty() {
        tiers.extend(scenario.tiers.ids().find(|id| filter.tier.is_none_or(|only| only == *id)));
    }
    for tier in tiers {
        let name = &scenario.tiers[tier].name;
        let Some(assessed) = result.tiers.iter_mut().find(|t| t.id == *name) else { continue };
        for incident in assessed.incidents.iter_mut().filter(|i| i.service.is_none()) {
            let Some((failure, _)) = scenario.failures.iter().find(|(_, f)| f.name == incident.failure) else {
                continue;
            };
            let filter = Filter { tier: Some(tier), failure: Some(failure), ..filter.clone() };
            incident.depends_on = dependence(scenario, (tier, failure), &settings, &filter);
            incident.depends_on_reason = incident.depends_on.is_none().then(|| TOO_MANY.into());
        }
    }
}

/// `None` where there are more values than can be tried.
fn dependence(
    scenario: &Scenario,
    (tier, failure): (TierId, FailureId),
    settings: &CampaignSettings,
    filter: &Filter,
) -> Option<Dependence> {
    let changes = Change::all(scenario, tier, failure);
    if changes.len() > MOST_TRIED {
        return None;
    }
    let on = |trials: u64| CampaignSettings { trials: settings.trials.min(trials), ..*settings };
    let tried = worths(scenario, (tier, failure), &changes, &on(TRIED_ON), filter);
    let wanted = strongest(&tried);
    let mut measured = worths(scenario, (tier, failure), &wanted, &on(MEASURED_ON), filter);
    measured.sort_by(|a, b| {
        let saved = |w: &Worth| (saved(&w.recovery_time.difference(MS)), saved(&w.data_loss.difference(MS)));
        let ((a_time, a_loss), (b_time, b_loss)) = (saved(a), saved(b));
        b_time.total_cmp(&a_time).then(b_loss.total_cmp(&a_loss)).then(a.change.cmp(&b.change))
    });
    let one = |worth: &Worth| {
        let (table, entry, key) = worth.change.place(scenario);
        let path = crate::diag::Path::keys(&[table, entry]);
        let path = if key.is_empty() { path } else { path.key(key) };
        Influence {
            change: worth.change.word().into(),
            path: path.to_string(),
            recovery_time: worth.recovery_time.difference(MS),
            data_loss: worth.data_loss.difference(MS),
        }
    };
    let mut changes: Vec<Influence> = measured.iter().map(one).collect();
    changes.retain(|c| c.recovery_time.shows_a_difference() || c.data_loss.shows_a_difference());
    Some(Dependence { incidents: settings.trials.min(MEASURED_ON), tried: tried.len() as u64, changes })
}

/// The changes that save most recovery time, and those that save most data.
fn strongest(tried: &[Worth]) -> Vec<Change> {
    let first = |of: fn(&Worth) -> Difference| {
        let mut all: Vec<(f64, Change)> = tried.iter().map(|w| (saved(&of(w)), w.change)).collect();
        all.retain(|(saved, _)| *saved != 0.0);
        all.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        all.into_iter().take(MOST).map(|(_, change)| change).collect::<Vec<_>>()
    };
    let mut wanted = first(|w| w.recovery_time.difference(MS));
    wanted.extend(first(|w| w.data_loss.difference(MS)));
    wanted.sort_unstable();
    wanted.dedup();
    wanted
}

/// Seconds saved on average; one incident more that recovers at all is worth more than any time.
fn saved(difference: &Difference) -> f64 {
    let rescued = difference.only_second as f64 - difference.only_first as f64;
    if rescued == 0.0 { difference.mean.unwrap_or(0.0) } else { rescued * RESCUED }
}

/// Stands for the time that an incident without end takes: more than any that ends.
const RESCUED: f64 = 1e12;
