//! Whether objectives are met, as far as the trials can tell.

use super::assessment::{Availability, IncidentObjective, ObjectiveResult, Objectives};
use super::lifetime::Lifetimes;
use crate::id::{FailureId, Id, ServiceId};
use crate::model::{Objective, Scenario, Tier, YearlyObjective};
use crate::sim::IncidentTally;
use crate::stats::{Proportion, Tally};

/// Milliseconds to seconds.
pub(super) const MS: f64 = 1e-3;

/// What three-valued answers add up to: one miss decides, then one doubt.
pub(super) fn all_met(answers: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    let mut open = false;
    for answer in answers {
        match answer {
            Some(false) => return Some(false),
            None => open = true,
            Some(true) => {}
        }
    }
    (!open).then_some(true)
}

/// The objective that incidents of `tally` are held against, with the chance of meeting it.
///
/// The application has one if the file gives one at its top, or if there is a single service, which
/// then is the application; otherwise see [`of_all_services`].
pub(super) fn of_incident(scenario: &Scenario, tally: &IncidentTally) -> Option<IncidentObjective> {
    let objective = match tally.service {
        Some(service) => scenario.services[service].objectives.of(tally.failure),
        None => of_application(scenario, tally.failure),
    }?;
    Some(judge(objective, tally))
}

fn of_application(scenario: &Scenario, failure: FailureId) -> Option<Objective> {
    let single =
        || (scenario.services.len() == 1).then(|| scenario.services[ServiceId::from_index(0)].objectives.of(failure));
    scenario.objectives.of(failure).or_else(|| single().flatten())
}

/// The application's objective where only its services have some: met if all of theirs are.
pub(super) fn of_all_services(tally: &IncidentTally, services: &[IncidentObjective]) -> Option<IncidentObjective> {
    let chance = services.iter().map(|o| o.chance).reduce(f64::max)?;
    let met = all_met(services.iter().map(|o| o.met));
    let share = |events| Proportion::new(events, tally.n);
    Some(IncidentObjective {
        rto: None,
        rpo: None,
        chance,
        met,
        rto_met: share(tally.rto_met),
        rpo_met: share(tally.rpo_met),
        both_met: share(tally.both_met),
        rto_margin: None,
        rpo_margin: None,
    })
}

fn judge(objective: Objective, tally: &IncidentTally) -> IncidentObjective {
    let chance = objective.chance.value();
    let share = |events| Proportion::new(events, tally.n);
    let (rto_met, rpo_met) = (share(tally.rto_met), share(tally.rpo_met));
    let met = all_met([
        objective.rto.map_or(Some(true), |_| rto_met.reaches(chance)),
        objective.rpo.map_or(Some(true), |_| rpo_met.reaches(chance)),
    ]);
    let margin = |limit: f64, tally: &Tally| tally.quantile(chance, MS).ok().map(|q| limit - q.point);
    let (rto, rpo) = (objective.rto.map(|t| t.seconds()), objective.rpo.map(|t| t.seconds()));
    IncidentObjective {
        rto,
        rpo,
        chance,
        met,
        rto_met,
        rpo_met,
        both_met: share(tally.both_met),
        rto_margin: rto.and_then(|limit| margin(limit, &tally.recovery_time)),
        rpo_margin: rpo.and_then(|limit| margin(limit, &tally.data_loss)),
    }
}

/// One objective of an incident as an entry of the list.
pub(super) fn entry(failure: &str, service: Option<&str>, objective: &IncidentObjective) -> ObjectiveResult {
    let asked = [(objective.rto, objective.rto_met), (objective.rpo, objective.rpo_met)];
    let worse = asked.iter().filter(|(limit, _)| limit.is_some()).filter_map(|(_, share)| share.point);
    ObjectiveResult {
        failure: Some(failure.to_owned()),
        service: service.map(str::to_owned),
        kind: "incident".into(),
        met: objective.met,
        value: worse.reduce(f64::min).or(objective.both_met.point),
        needed: objective.chance,
    }
}

/// Objectives under failures that do not touch the tier: met, for nothing happens. They are listed
/// so that all tiers are held against the same number of objectives.
pub(super) fn untouched(scenario: &Scenario, tier: &Tier, failures: &[FailureId]) -> Vec<ObjectiveResult> {
    let mut found = Vec::new();
    for failure in failures {
        let mut add = |service: Option<&str>, objective: Option<Objective>| {
            found.extend(objective.map(|o| ObjectiveResult {
                failure: Some(scenario.failures[*failure].name.clone()),
                service: service.map(str::to_owned),
                kind: "incident".into(),
                met: Some(true),
                value: Some(1.0),
                needed: o.chance.value(),
            }));
        };
        add(None, of_application(scenario, *failure));
        for row in tier.services.iter().filter(|_| tier.services.len() > 1) {
            let service = &scenario.services[row.service];
            add(Some(&service.name), service.objectives.of(*failure));
        }
    }
    found
}

/// The objectives of the year. Availability stays undecided here: a sum over incidents is an
/// approximation, and an approximation decides nothing.
///
/// # Arguments
/// `availability`: that approximation; `known`: the part of the bill that has prices.
pub(super) fn yearly(
    asked: YearlyObjective,
    availability: f64,
    per_month: Option<f64>,
    known: f64,
) -> Vec<ObjectiveResult> {
    let result = |kind: &'static str, met, value, needed| {
        let kind = kind.into();
        ObjectiveResult { failure: None, service: None, kind, met, value, needed }
    };
    let availability = asked.availability.map(|a| result("availability", None, Some(availability), a.value()));
    let money = asked.per_month.map(|limit| {
        let limit = limit.amount();
        // What is known already may be too much, whatever the rest costs.
        let met = per_month.map_or((known > limit).then_some(false), |sum| Some(sum <= limit));
        result("per_month", met, per_month, limit)
    });
    availability.into_iter().chain(money).collect()
}

/// Decides the objectives of availability by the intervals that lifetimes give.
pub(super) fn decide_availability(
    objectives: &mut Objectives,
    application: Option<&Availability>,
    lifetimes: &Lifetimes,
) {
    for entry in objectives.each.iter_mut().filter(|o| o.kind == "availability") {
        let own = entry.service.as_ref().and_then(|name| lifetimes.services.iter().find(|s| s.service == *name));
        // A single service is the application.
        let Some(known) = own.map_or(application, |own| own.availability.as_ref()) else { continue };
        entry.value = Some(known.point);
        entry.met = if known.low >= entry.needed { Some(true) } else { (known.high < entry.needed).then_some(false) };
    }
    *objectives = count(std::mem::take(&mut objectives.each));
}

/// Whether all objectives are met; `None`: none is missed, but some stay undecided, or there are none.
pub(super) fn met_by(objectives: &Objectives) -> Option<bool> {
    if objectives.each.is_empty() { None } else { all_met(objectives.each.iter().map(|o| o.met)) }
}

/// Counts a list of objectives.
pub(super) fn count(each: Vec<ObjectiveResult>) -> Objectives {
    let number = |met| each.iter().filter(|o| o.met == met).count() as u64;
    Objectives { met: number(Some(true)), missed: number(Some(false)), undecided: number(None), each }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Money;

    #[test]
    fn one_miss_decides_and_one_doubt_leaves_it_open() {
        assert_eq!(all_met([Some(true), Some(true)]), Some(true));
        assert_eq!(all_met([Some(true), None]), None);
        assert_eq!(all_met([None, Some(false), Some(true)]), Some(false));
    }

    /// Wilson of 960 in 1000 is [0.946, 0.970] by the formula: 95% is inside, 94% below, 98% above.
    #[test]
    fn a_chance_inside_the_interval_is_undecided() {
        let share = Proportion::new(960, 1000);
        assert_eq!(share.reaches(0.95), None);
        assert_eq!(share.reaches(0.94), Some(true));
        assert_eq!(share.reaches(0.98), Some(false));
    }

    #[test]
    fn a_month_that_is_too_dear_already_is_missed_though_a_price_is_missing() {
        let asked = YearlyObjective { availability: None, per_month: Money::new(100.0) };
        assert_eq!(yearly(asked, 1.0, None, 120.0)[0].met, Some(false));
        assert_eq!(yearly(asked, 1.0, None, 80.0)[0].met, None);
        assert_eq!(yearly(asked, 1.0, Some(80.0), 80.0)[0].met, Some(true));
    }
}
