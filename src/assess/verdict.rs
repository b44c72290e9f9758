//! Which tier is the cheapest that meets everything, or what stands in the way.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::assessment::{ObjectiveResult, TierAssessment};

/// What the comparison comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// A tier meets every objective.
    Met,
    /// No tier is shown to meet every objective; at least one misses none.
    Undecided,
    /// Every tier misses an objective.
    Missed,
    /// There is nothing to be met.
    NoObjectives,
}

/// The answer to "which tier?".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// What it comes to.
    pub outcome: Outcome,
    /// Met, undecided: the one with the lowest bill among those without an unpriced risk of losing
    /// everything, or among all if each has that risk. Missed: the one that comes closest. `None`
    /// where no price allows to choose.
    pub tier: Option<String>,
    /// Whether even `tier` may lose everything at a price that the file does not give.
    pub unpriced_loss: bool,
    /// Others that do as well and cost as much or more, by bill.
    pub dearer: Vec<String>,
    /// Others that do as well; their bill is unknown.
    pub unpriced: Vec<String>,
    /// Others that do as well on a lower bill, with an unpriced risk of losing everything.
    pub risky: Vec<String>,
    /// The one of these whose bill and expected losses together are lowest, if that is not `tier`.
    pub lower_total: Option<String>,
    /// What `tier` misses, or what is undecided of it.
    pub obstacles: Vec<Obstacle>,
}

/// An objective in the way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Obstacle {
    /// The objective and what became of it.
    #[serde(flatten)]
    pub objective: ObjectiveResult,
    /// Tiers that meet it.
    pub met_by: Vec<String>,
}

/// Bill of a year plus expected losses; `None` if either is unknown.
fn total_per_year(tier: &TierAssessment) -> Option<f64> {
    tier.expected_cost_per_year().0
}

fn has_unpriced_loss(tier: &TierAssessment) -> bool {
    tier.rare_event.unknown.iter().any(|key| key.ends_with(".unrecoverable_cost"))
}

fn only_availability_is_open(tier: &TierAssessment) -> bool {
    let mut open = tier.objectives.each.iter().filter(|o| o.met.is_none());
    open.all(|o| o.kind == "availability" && o.value.is_some_and(|value| value >= o.needed))
}

/// Known before unknown, then the lower, then the name, so that the answer never depends on order.
fn by_bill(a: &TierAssessment, b: &TierAssessment) -> Ordering {
    let known = |t: &TierAssessment| t.cost.per_month.unwrap_or(f64::INFINITY);
    known(a).total_cmp(&known(b)).then_with(|| a.id.cmp(&b.id))
}

/// The verdict over tiers that are assessed; their order changes nothing.
#[must_use]
pub fn verdict(tiers: &[TierAssessment]) -> Verdict {
    if tiers.iter().all(|t| t.objectives.each.is_empty()) {
        return choose(Outcome::NoObjectives, tiers.iter().collect());
    }
    let which = |met| tiers.iter().filter(|t| t.objectives_met == met).collect::<Vec<_>>();
    let (met, open) = (which(Some(true)), which(None));
    if !met.is_empty() {
        return choose(Outcome::Met, met);
    }
    if !open.is_empty() {
        // Rather one of which only the availability is open, and that looks high enough.
        let near: Vec<&TierAssessment> = open.iter().copied().filter(|t| only_availability_is_open(t)).collect();
        let open = if near.is_empty() { open } else { near };
        let mut verdict = choose(Outcome::Undecided, open);
        verdict.obstacles = obstacles(tiers, verdict.tier.as_deref(), None);
        return verdict;
    }
    let closest = tiers.iter().min_by(|a, b| {
        let key = |t: &TierAssessment| (t.objectives.missed, t.objectives.undecided);
        key(a).cmp(&key(b)).then_with(|| by_bill(a, b))
    });
    let mut verdict = choose(Outcome::Missed, closest.into_iter().collect());
    verdict.tier = closest.map(|t| t.id.clone());
    verdict.obstacles = obstacles(tiers, verdict.tier.as_deref(), Some(false));
    verdict
}

fn choose(outcome: Outcome, mut fit: Vec<&TierAssessment>) -> Verdict {
    fit.sort_by(|a, b| by_bill(a, b));
    let id = |t: &&TierAssessment| t.id.clone();
    let single = fit.len() == 1;
    let priced: Vec<&TierAssessment> = fit.iter().copied().filter(|t| t.cost.per_month.is_some() || single).collect();
    let chosen = priced.iter().find(|t| !has_unpriced_loss(t)).or(priced.first()).copied();
    let others = |keep: &dyn Fn(&TierAssessment) -> bool| -> Vec<String> {
        fit.iter().filter(|t| chosen.is_none_or(|c| c.id != t.id) && keep(t)).map(id).collect()
    };
    let below = |t: &TierAssessment| chosen.is_some_and(|c| by_bill(t, c) == Ordering::Less);
    let least = fit.iter().filter(|t| total_per_year(t).is_some()).min_by(|a, b| {
        let total = |t: &TierAssessment| total_per_year(t).unwrap_or(f64::INFINITY);
        total(a).total_cmp(&total(b)).then_with(|| a.id.cmp(&b.id))
    });
    let lower_total = least.filter(|t| chosen.is_some_and(|c| c.id != t.id && total_per_year(c).is_some())).map(id);
    Verdict {
        outcome,
        tier: chosen.map(|t| t.id.clone()),
        unpriced_loss: chosen.is_some_and(has_unpriced_loss),
        dearer: others(&|t| t.cost.per_month.is_some() && !below(t)),
        unpriced: others(&|t| t.cost.per_month.is_none()),
        risky: others(&|t| t.cost.per_month.is_some() && below(t)),
        lower_total,
        obstacles: Vec::new(),
    }
}

/// What is in the way of `tier`: its objectives with this answer, and who meets them.
fn obstacles(tiers: &[TierAssessment], tier: Option<&str>, answer: Option<bool>) -> Vec<Obstacle> {
    let Some(tier) = tiers.iter().find(|t| Some(t.id.as_str()) == tier) else { return Vec::new() };
    let same = |a: &ObjectiveResult, b: &ObjectiveResult| {
        (&a.failure, &a.service, &a.kind) == (&b.failure, &b.service, &b.kind)
    };
    let wanted = tier.objectives.each.iter().filter(|o| o.met == answer);
    wanted
        .map(|objective| {
            let meets =
                |t: &&TierAssessment| t.objectives.each.iter().any(|o| same(o, objective) && o.met == Some(true));
            let met_by = tiers.iter().filter(meets).map(|t| t.id.clone()).collect();
            Obstacle { objective: objective.clone(), met_by }
        })
        .collect()
}
