//! Whether steps may wait for each other, and the bound if they do: all of them one after the other.

use super::case::Setting;
use super::fate::{Fate, PlanInfo, PlanOption, ServiceCase};
use super::span::Span;
use super::timeline::{Clock, Endings};

/// A step that may run in an event.
struct Job {
    service: usize,
    plan: usize,
    step: usize,
    uses: Vec<usize>,
    role: Option<usize>,
}

fn options_of(case: &ServiceCase) -> impl Iterator<Item = &PlanOption> {
    let lists = match &case.fate {
        Fate::Down { own: true, options, after_outage, .. } => Some(options.iter().chain(after_outage)),
        _ => None,
    };
    lists.into_iter().flatten()
}

/// Whether any two steps that can run at the same time share a person, something with a limit, or data
/// that one of them waits for.
pub(super) fn contends(at: &Setting<'_>, cases: &[ServiceCase], plans: &[Vec<PlanInfo<'_>>]) -> bool {
    use crate::id::Id;
    let mut jobs = Vec::new();
    for (service, case) in cases.iter().enumerate() {
        for option in options_of(case) {
            if option.sources.iter().any(|source| source.gated) {
                return true;
            }
            for (step, info) in plans[service][option.plan].steps.iter().enumerate() {
                let mut uses: Vec<usize> = option.sources.iter().flat_map(|s| s.uses[step].clone()).collect();
                uses.sort_unstable();
                uses.dedup();
                let role = info.row.role.map(Id::index);
                jobs.push(Job { service, plan: option.plan, step, uses, role });
            }
        }
    }
    let people: Vec<u32> = at.scenario.roles.rows().iter().map(|role| role.people).collect();
    let mut waiting_for = vec![0_u32; people.len()];
    for (n, job) in jobs.iter().enumerate() {
        let mut beside = jobs.iter().enumerate().filter(|(m, other)| *m != n && at_once(plans, job, other));
        if beside.any(|(_, other)| other.uses.iter().any(|r| job.uses.contains(r))) {
            return true;
        }
        let rivals = jobs.iter().enumerate().filter(|(m, other)| *m != n && at_once(plans, job, other));
        if let Some(role) = job.role
            && rivals.into_iter().any(|(_, other)| other.role == Some(role))
        {
            waiting_for[role] += 1;
        }
    }
    waiting_for.iter().zip(&people).any(|(wanted, people)| wanted > people)
}

/// Whether two steps can run at the same time: of two services, unordered in one plan, or of two plans
/// of which the first may leave a step under way when another fails.
fn at_once(plans: &[Vec<PlanInfo<'_>>], a: &Job, b: &Job) -> bool {
    if a.service != b.service {
        // A shared step is done once for all services.
        let (first, second) = (&plans[a.service][a.plan].steps[a.step], &plans[b.service][b.plan].steps[b.step]);
        return !(first.row.shared && first.id == second.id);
    }
    let plans = &plans[a.service];
    if a.plan == b.plan {
        let steps = &plans[a.plan].steps;
        return !steps[a.step].waits_for[b.step] && !steps[b.step].waits_for[a.step] && a.step != b.step;
    }
    may_be_left(&plans[a.plan], a.step) || may_be_left(&plans[b.plan], b.step)
}

/// Whether a step may be under way when a step beside it fails, and goes on in the next plan.
fn may_be_left(plan: &PlanInfo<'_>, step: usize) -> bool {
    let steps = &plan.steps;
    let beside = |n: &usize| *n != step && !steps[step].waits_for[*n] && !steps[*n].waits_for[step];
    let fails = |n: usize| steps[n].row.fails.value() > 0.0 && !steps[n].row.background;
    !steps[step].of_point && (0..steps.len()).filter(beside).any(fails)
}

/// Raises the latest ends to what serialising allows: the last release, then the work of all services.
pub(super) fn serialise(clocks: &[Clock], cases: &[ServiceCase], plans: &[Vec<PlanInfo<'_>>], endings: &mut [Endings]) {
    let mut release = Span::ZERO;
    let mut resume = Span::ZERO;
    for ((case, clock), plans) in cases.iter().zip(clocks).zip(plans) {
        let Fate::Down { own: true, after_outage, .. } = &case.fate else { continue };
        for option in options_of(case) {
            let plan = &plans[option.plan];
            let after_down = plan.row.after_down.map_or(0.0, |s| s.seconds());
            release = release.max(Span::exactly(after_down));
            if !plan.fitted.detects && !clock.corruption {
                release = release.max(clock.detect);
            }
            let gated = option.sources.iter().any(|source| source.gated);
            if let (Some(end), true) = (clock.end, gated || !after_outage.is_empty()) {
                release = release.max(end.plus(clock.resume));
            }
        }
        resume = resume.max(clock.resume);
    }
    let work: f64 = endings.iter().map(|e| e.work).sum();
    let inflow: f64 = endings.iter().map(|e| e.inflow).sum();
    let why = endings.iter().filter_map(|e| e.full.and_then(|f| f.why)).next().or(release.why);
    let latest = if inflow < 1.0 { (release.hi + work) / (1.0 - inflow) + resume.hi } else { f64::INFINITY };
    for (n, ending) in endings.iter_mut().enumerate() {
        // A plan that would have been in time alone may be given up for the end of the outage.
        let down = matches!(cases[n].fate, Fate::Down { own: true, .. });
        if let (Some(end), true) = (clocks[n].end.filter(|_| clocks[n].comes_back), down)
            && end.lo < latest
        {
            ending.wait(&clocks[n], end.capped(Span::open(latest, latest, why)), Span::ZERO);
        }
        let raise = |span: Option<Span>| {
            span.map(|s| {
                if latest > s.hi { Span { hi: latest, why: why.filter(|_| latest.is_infinite()), ..s } } else { s }
            })
        };
        ending.serve = raise(ending.serve);
        ending.full = raise(ending.full);
        ending.detected = raise(ending.detected);
    }
}
