//! Whether and when to carry a plan out: the deadline, the point of no return, and when waiting for
//! the end of an outage stops being the better choice.

use std::ops::Range;

use super::subject::Subject;
use super::view::{Decision, Next, Said, Sheet, Todos, Waiting};
use super::words::joined;
use crate::id::{DataId, Id, ServiceId};
use crate::model::{CopyKind, Delay, Failure, FailureKind, Need, Phase, Scenario, Tier, Upstream};
use crate::report::human;

/// Shares of outages that have ended between moments that are looked at, from the first to the last:
/// the remaining time of every law changes slowly against them.
const MOMENTS: usize = 1_000;

/// The share of outages beyond which no advice is given: too few inputs are known so well.
const LAST: f64 = 0.999;

pub(super) fn decision(subject: &Subject<'_>, todos: &mut Todos) -> Decision {
    let after_down = subject.plan.after_down.filter(|t| !t.is_zero()).map(|t| t.human());
    let by_itself = subject.fitted.detects;
    let latest = if by_itself { "Begin by hand at the latest" } else { "Decide at the latest" };
    let mut deadlines = Sheet::new(&["Failure", "RTO", "From decision to service", latest]);
    let mut waiting = Vec::new();
    let mut endless = Vec::new();
    for (id, failure, incident) in subject.causes() {
        let rto = incident.objective.as_ref().or(subject.setting.application(id).and_then(|i| i.objective.as_ref()));
        if let (Some(objective), Some(times)) = (rto, subject.times(id))
            && let (Some(rto), Some(takes)) = (objective.rto, times.after_decision.quantile(objective.chance))
        {
            let spare = rto - takes.point;
            let latest = if spare >= 0.0 {
                format!("{} after {}", human::brief(spare), clock_of(failure))
            } else {
                format!("too late at once, by {}", human::brief(-spare))
            };
            let takes = format!("{} in {} of incidents", human::brief(takes.point), human::percent(objective.chance));
            deadlines.texts([failure.name.clone(), human::time(rto), takes, latest]);
        }
        match failure.outage_time() {
            Some(lasts) => waiting.push(wait(subject, failure, &lasts, id, todos)),
            None => endless.push(failure.name.clone()),
        }
    }
    Decision {
        by_itself,
        after_down,
        deadlines,
        can_be_given_up: !waiting.is_empty(),
        waiting,
        endless,
        commit: subject.commit().map(|position| subject.named(position)),
        together: together(subject),
        sources: subject.fitted.from.iter().map(|c| subject.scenario().copies[*c].name.clone()).collect(),
        points: points(subject),
        needs: also_moved(subject),
        goes_back: subject.moves_service(),
        before: neighbours(subject, |own| 0..own),
        next: neighbours(subject, |own| own + 1..usize::MAX),
    }
}

/// The services that must be back too: those that it needs, and those that keep what its data is computed of.
fn together(subject: &Subject<'_>) -> Vec<String> {
    let scenario = subject.scenario();
    let needed = subject.service.needs.iter().filter_map(|need| match need {
        Need::Service(id) => Some(*id),
        Need::External(_) => None,
    });
    let computed_of = subject.fitted.from.iter().filter_map(|id| match scenario.copies[*id].of {
        Some(Upstream::Data(data)) if data != scenario.copies[*id].data => Some(data),
        _ => None,
    });
    let keeps = |data: DataId| {
        let rows = subject.setting.tier.services.iter().map(|row| row.service);
        rows.filter(move |service| scenario.services[*service].data == Some(data))
    };
    let mut all: Vec<ServiceId> = needed.chain(computed_of.flat_map(keeps)).collect();
    let mut seen = Vec::new();
    all.retain(|id| {
        *id != subject.row.service && !seen.contains(id) && {
            seen.push(*id);
            true
        }
    });
    all.into_iter().map(|id| scenario.services[id].name.clone()).collect()
}

/// Copies that its steps move by name, beside those that it recovers from.
fn also_moved(subject: &Subject<'_>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for id in subject.fitted.moved.iter().filter(|id| !subject.fitted.from.contains(id)) {
        let name = &subject.scenario().copies[*id].name;
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

/// What the clock starts at.
fn clock_of(failure: &Failure) -> &'static str {
    if failure.kind == FailureKind::Corruption { "its detection" } else { "the failure" }
}

/// How many recovery points are tried, where a source has several.
fn points(subject: &Subject<'_>) -> Option<String> {
    let copies = subject.fitted.from.iter().map(|id| &subject.scenario().copies[*id].kind);
    let several = copies.filter(|kind| matches!(kind, CopyKind::Backup { .. } | CopyKind::Log { .. })).count() > 0;
    several.then(|| match subject.plan.points {
        1 => "only the newest recovery point".to_owned(),
        n => format!("up to {n} recovery points, newest first"),
    })
}

/// The plans that are tried before or after this one, per failure.
///
/// # Arguments
/// `which`: of all plans in their order, given where this one is.
fn neighbours(subject: &Subject<'_>, which: impl Fn(usize) -> Range<usize>) -> Vec<Next> {
    let mut all: Vec<Next> = Vec::new();
    for (id, failure, _) in subject.causes() {
        let links = subject.setting.links_for(subject.row, id);
        // A plan of no use after this failure is not among them.
        let Some(own) = links.iter().position(|(plan, _)| *plan == subject.id) else { continue };
        let wanted = which(own);
        let chosen = links.iter().enumerate().filter(|(n, _)| wanted.contains(n)).map(|(_, (_, link))| (*link).clone());
        let (links, ends): (Vec<_>, _) = (chosen.collect(), failure.kind.ends_by_itself());
        let destroys = failure.destroyed.value() > 0.0;
        let same = |next: &&mut Next| next.links == links && (next.ends, next.destroys) == (ends, destroys);
        match all.iter_mut().find(same) {
            Some(next) => next.failures.push(failure.name.clone()),
            None => all.push(Next { failures: vec![failure.name.clone()], links, ends, destroys }),
        }
    }
    all
}

/// What carrying the plan out comes to, all as seconds of downtime.
struct Price {
    /// From the decision to service.
    failover: f64,
    /// Writes that it loses.
    loss: f64,
    /// Interruption on the way back.
    failback: f64,
}

impl Price {
    fn total(&self) -> f64 {
        self.failover + self.loss + self.failback
    }
}

/// When the expected rest of an outage exceeds the price.
#[derive(Clone, Copy, Debug, PartialEq)]
enum BreakEven {
    /// From the begin on.
    AtOnce,
    /// From this moment on, seconds after the failure.
    From(f64),
    /// Not in the first 99.9% of outages.
    Never,
}

fn wait(
    subject: &Subject<'_>,
    failure: &Failure,
    lasts: &Delay,
    id: crate::id::FailureId,
    todos: &mut Todos,
) -> Waiting {
    let name = failure.name.clone();
    let Some(price) = price(subject, id, todos) else {
        let felt = subject.setting.incident(id, subject.row.service).is_some_and(|i| i.interrupted.events > 0);
        let answer = if felt {
            "Wait: this plan ended none of the simulated incidents, its clock below says why."
        } else {
            "There is nothing to do: no simulated incident interrupted the service."
        };
        return Waiting { failure: name, answer: Said::Text(answer.to_owned()), because: None };
    };
    let price = match price {
        Ok(price) => price,
        Err(answer) => return Waiting { failure: name, answer, because: None },
    };
    let resume = subject.service.resume.as_ref().map_or(0.0, Delay::mean);
    let answer = match break_even(lasts, resume, price.total()) {
        BreakEven::AtOnce if subject.fitted.detects => {
            "Do not wait: it begins by itself as soon as the failure is noticed.".to_owned()
        }
        BreakEven::AtOnce => "Do not wait: begin as soon as the failure is confirmed.".to_owned(),
        BreakEven::From(t) => format!(
            "Wait until {} after the failure, then begin: from there on the outage is expected to last longer than this plan is worth.",
            human::time(t)
        ),
        BreakEven::Never => {
            "Wait: at every moment the outage is expected to end before this plan would pay.".to_owned()
        }
    };
    let parts = [
        (price.failover, "from the decision to service"),
        (price.loss, "for the writes that it loses"),
        (price.failback, "of interruption on the way back"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(t, _)| *t > 0.0).map(|(t, what)| format!("{} {what}", human::brief(*t))).collect();
    let mut because = format!(
        "An outage lasts {} on average. This plan costs {}: {}.",
        human::brief(lasts.mean() + resume),
        if parts.len() > 1 {
            format!("as much as {} of downtime", human::brief(price.total()))
        } else {
            "downtime".to_owned()
        },
        joined(parts.iter().map(String::as_str))
    );
    if failure.destroyed.value() > 0.0 {
        because.push_str(&format!(
            " In {} of outages the place is destroyed: once that is known, there is nothing to wait for.",
            human::percent(failure.destroyed.value())
        ));
    }
    Waiting { failure: name, answer: Said::Text(answer), because: Some(because) }
}

/// `None` if the plan ended no incident; an error says which price is missing.
fn price(subject: &Subject<'_>, id: crate::id::FailureId, todos: &mut Todos) -> Option<Result<Price, Said>> {
    let times = subject.times(id)?;
    let (failover, lost) = (times.after_decision.mean()?, times.data_loss.mean()?);
    let scenario = subject.scenario();
    let redirects = subject.back.iter().map(|n| &scenario.steps[n.step]);
    let redirects = redirects.filter(|s| s.phase == Phase::Redirect).filter_map(|s| s.takes.as_ref());
    let failback = redirects.map(Delay::mean).sum();
    if lost == 0.0 {
        return Some(Ok(Price { failover, loss: 0.0, failback }));
    }
    let (hour, mut unknown) = downtime_price(scenario, subject.setting.tier, subject.row.service);
    let loss = subject.service.loss_per_hour.map(|price| price.amount());
    if loss.is_none() {
        unknown.push(format!("services.{}.loss_per_hour", subject.service.name));
    }
    if !unknown.is_empty() {
        let keys = joined(unknown.iter().map(String::as_str));
        return Some(Err(todos.missing(&format!("when to stop waiting: {keys} must be given"))));
    }
    let loss = loss.unwrap_or_default() * lost;
    if hour == 0.0 && loss > 0.0 {
        let answer =
            "Downtime costs nothing and lost writes do, by the prices of the scenario: it never pays to fail over.";
        return Some(Err(Said::Text(answer.to_owned())));
    }
    let loss = if loss == 0.0 { 0.0 } else { loss / hour };
    Some(Ok(Price { failover, loss, failback }))
}

/// Price of an hour in which a service is down, with all that cannot be up without it, and the prices
/// that are missing.
fn downtime_price(scenario: &Scenario, tier: &Tier, service: ServiceId) -> (f64, Vec<String>) {
    let mut down = vec![service];
    // Services come after those that they need.
    for row in &tier.services {
        let needs = &scenario.services[row.service].needs;
        let needs_one = needs.iter().any(|need| matches!(need, Need::Service(id) if down.contains(id)));
        if needs_one && !down.contains(&row.service) {
            down.push(row.service);
        }
    }
    down.sort_unstable_by_key(|id| id.index());
    let missing = |id: &&ServiceId| scenario.services[**id].downtime_per_hour.is_none();
    let unknown =
        down.iter().filter(missing).map(|id| format!("services.{}.downtime_per_hour", scenario.services[*id].name));
    let known = down.iter().filter_map(|id| scenario.services[*id].downtime_per_hour).map(|price| price.amount());
    (known.sum(), unknown.collect())
}

/// The first moment at which what is left of an outage, with the time to resume, exceeds a price.
///
/// # Formula
/// min { t : E\[L − t | L > t\] + resume > price }, found on the quantiles of L and then by bisection.
fn break_even(lasts: &Delay, resume: f64, price: f64) -> BreakEven {
    let exceeds = |t: f64| lasts.residual_mean(t).is_some_and(|left| left + resume > price);
    if exceeds(0.0) {
        return BreakEven::AtOnce;
    }
    let moment = |n: usize| lasts.quantile(LAST * n as f64 / MOMENTS as f64);
    let Some(n) = (1..=MOMENTS).find(|n| exceeds(moment(*n))) else { return BreakEven::Never };
    let (mut before, mut after) = (if n == 1 { 0.0 } else { moment(n - 1) }, moment(n));
    // 60 halvings: below a nanosecond of any outage.
    for _ in 0..60 {
        let middle = f64::midpoint(before, after);
        if exceeds(middle) { after = middle } else { before = middle }
    }
    BreakEven::From(after)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;
    use crate::model::Law;

    fn delay(law: Law) -> Delay {
        Delay::new(law).unwrap()
    }

    #[test]
    fn an_outage_without_memory_is_left_at_once_or_never() {
        let hour = delay(Law::Exponential { mean: 3600.0 });
        assert_eq!(break_even(&hour, 0.0, 3599.0), BreakEven::AtOnce);
        assert_eq!(break_even(&hour, 0.0, 3601.0), BreakEven::Never);
        assert_eq!(break_even(&hour, 2.0, 3601.0), BreakEven::AtOnce, "what comes after the outage counts");
    }

    /// Of 9 outages of 10 min and 1 of 10 h the mean is 69 min; after 10 min what is left is 590 min.
    #[test]
    fn what_has_not_ended_early_lasts() {
        let mut samples = vec![600.0; 9];
        samples.push(36_000.0);
        let lasts = delay(Law::Empirical(samples));
        assert_eq!(break_even(&lasts, 0.0, 4000.0), BreakEven::AtOnce);
        let BreakEven::From(t) = break_even(&lasts, 0.0, 4200.0) else { panic!("waits for the short ones") };
        assert!((t - 600.0).abs() < 1e-6, "{t}");
        assert_eq!(break_even(&lasts, 0.0, 36_000.0), BreakEven::Never);
    }

    /// Weibull with shape 1/2 and scale λ: E[L − t | L > t] = 2 λ (1 + sqrt(t ÷ λ)), by integrating
    /// exp(−sqrt(x)). With λ = 100 s a price of 600 s is met where 1 + sqrt(t ÷ 100) = 3: at 400 s.
    #[test]
    fn the_moment_of_a_heavy_tail_is_exact() {
        let lasts = delay(Law::Weibull { shape: 0.5, scale: 100.0 });
        let BreakEven::From(t) = break_even(&lasts, 0.0, 600.0) else { panic!("grows without bound") };
        assert!((t - 400.0).abs() < 1e-3, "{t}");
    }
}
