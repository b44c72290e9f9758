//! How long a plan takes where nothing has to wait: a plain walk over its graph.

use super::impact::{PlanOption, SourceOption};
use super::incident::{Ended, Facts, Launch, Site};
use super::program::{Amount, CommitAt, PlanProgram};
use super::random::{Purpose, Uniform};
use super::recovery::{Recovery, RoundEnd};

/// How a walk over a plan ended.
pub(super) enum Walked {
    Done { serve: f64, full: f64 },
    Failed { step: usize, at: f64 },
}

/// A service's own recovery.
#[inline]
pub(super) fn recover<U: Uniform>(site: &Site<'_>, facts: &Facts, draws: &U, recovery: &mut Recovery) -> Ended {
    let mut now = 0.0;
    loop {
        let Some(launch) = recovery.next(site, facts, draws, now) else {
            return site.given_up(facts, draws, now);
        };
        if site.comes_back(facts) && facts.end <= launch.begin {
            return site.waited(facts, draws, now);
        }
        let (plan, option, source) = site.plan(&launch);
        let walked = walk(plan, option, source, &launch, facts, draws, recovery);
        let committed = match (plan.commit, &walked) {
            (CommitAt::Start(step), _) => recovery.begin[step],
            (CommitAt::End, Walked::Done { serve, .. }) => *serve,
            (CommitAt::End, Walked::Failed { .. }) => f64::INFINITY,
        };
        match walked {
            Walked::Done { serve, full } => {
                if site.comes_back(facts) && facts.end < committed {
                    recovery.note(launch, RoundEnd::GivenUp, facts.end);
                    return site.waited(facts, draws, now);
                }
                recovery.note(launch, RoundEnd::Served, serve);
                return site.served(facts, launch, serve, full);
            }
            Walked::Failed { step, at } => {
                if site.comes_back(facts) && facts.end < committed.min(at) {
                    recovery.note(launch, RoundEnd::GivenUp, facts.end);
                    return site.waited(facts, draws, now);
                }
                recovery.note(launch, RoundEnd::Struck(step), at);
                recovery.strike(plan, source.copy, step, at);
                now = at;
            }
        }
    }
}

/// Times of all steps: each begins when those it waits for are done.
pub(super) fn walk<U: Uniform>(
    plan: &PlanProgram,
    option: &PlanOption,
    source: &SourceOption,
    launch: &Launch,
    facts: &Facts,
    draws: &U,
    recovery: &mut Recovery,
) -> Walked {
    recovery.begin.clear();
    recovery.finish.clear();
    recovery.failing.clear();
    if !recovery.carried.is_empty() {
        let has = |id| plan.steps.iter().any(|step| step.step == id);
        recovery.carried.retain(|carried| !carried.under_way || has(carried.step));
    }
    let (mut serve, mut full) = (launch.begin, launch.begin);
    for (n, step) in plan.steps.iter().enumerate() {
        let ready = step.after.iter().fold(launch.begin, |t, p| t.max(recovery.finish[*p as usize]));
        recovery.begin.push(ready);
        let carried = recovery.carried.iter().find(|carried| carried.step == step.step);
        let done = if let Some(carried) = carried {
            if carried.fails {
                recovery.failing.push((n, carried.at.max(launch.begin)));
                f64::INFINITY
            } else {
                // Done before, but what comes after it still waits for what comes before it in this plan.
                carried.at.max(ready)
            }
        } else if option.is_up[n] || ready.is_infinite() {
            ready
        } else {
            match attempts(plan, n, source, launch, facts, draws, ready) {
                Ok(done) => done,
                Err(at) if step.background => at,
                Err(at) => {
                    recovery.failing.push((n, at));
                    f64::INFINITY
                }
            }
        };
        recovery.finish.push(done);
        full = full.max(done);
        if !step.background {
            serve = serve.max(done);
        }
    }
    // The first of them; the others are never known to fail, or in a later plan.
    let first = recovery.failing.iter().copied().reduce(|first, next| if next.1 < first.1 { next } else { first });
    match first {
        Some((step, at)) => Walked::Failed { step, at },
        None => Walked::Done { serve, full },
    }
}

/// When a step that begins at `ready` is done, or when its last attempt failed.
#[inline]
fn attempts<U: Uniform>(
    plan: &PlanProgram,
    n: usize,
    source: &SourceOption,
    launch: &Launch,
    facts: &Facts,
    draws: &U,
    ready: f64,
) -> Result<f64, f64> {
    let step = &plan.steps[n];
    let mut now = ready;
    for attempt in 0..=step.retries {
        let count = attempt_count(launch.round, attempt);
        now += step.fixed(draws, facts.occurrence, count, facts.stress);
        now += transfer(step.amount, launch, now, source.routes[n].seconds_per_byte);
        let last = attempt == step.retries;
        if !step.fails.nth(draws, facts.occurrence, count, Purpose::Attempt { last }) {
            return Ok(now);
        }
    }
    Err(now)
}

/// Numbers the attempts at a step over all rounds of an incident, so that each draws anew.
#[inline(always)]
pub(super) fn attempt_count(round: u64, attempt: u32) -> u64 {
    (round << 32) + u64::from(attempt)
}

/// Seconds of a transfer that begins at `now` and has what it uses to itself.
///
/// # Formula
/// volume ÷ rate; for what keeps coming in at `w` per second, the backlog since the recovery point
/// ÷ (rate − w).
fn transfer(amount: Amount, launch: &Launch, now: f64, seconds_per_byte: f64) -> f64 {
    match amount {
        Amount::Nothing => 0.0,
        Amount::Inflow(writes) => {
            let backlog = writes * (now + launch.point.age);
            backlog * seconds_per_byte / (1.0 - writes * seconds_per_byte)
        }
        _ => volume(amount, launch) * seconds_per_byte,
    }
}

/// Logical bytes that a step moves, where they do not grow while it runs.
pub(super) fn volume(amount: Amount, launch: &Launch) -> f64 {
    match amount {
        Amount::Nothing | Amount::Inflow(_) => 0.0,
        Amount::Point { replays: false } => launch.point.moves,
        Amount::Point { replays: true } => launch.point.replays,
        Amount::Bytes { first, growth } if growth == 0.0 || launch.years == 0.0 => first,
        Amount::Bytes { first, growth } => first * libm::pow(1.0 + growth, launch.years),
    }
}

/// Recovery time and data loss that a plan would come to, both in seconds; infinite where it does not
/// get there.
pub(super) fn expected<U: Uniform>(plan: &PlanProgram, option: &PlanOption, facts: &Facts, draws: &U) -> (f64, f64) {
    let found =
        option.sources.iter().enumerate().find_map(|(n, source)| {
            source.finder.find(draws, facts.occurrence, &facts.moments, 0).map(|point| (n, point))
        });
    let Some((source, point)) = found else { return (f64::INFINITY, f64::INFINITY) };
    let known = if plan.detects { 0.0 } else { facts.moments.detect };
    let begin = known.max(plan.after_down);
    let launch = Launch { option: 0, source, point, begin, after_outage: false, round: 0, years: 0.0 };
    let mut recovery = Recovery::default();
    match walk(plan, option, &option.sources[source], &launch, facts, draws, &mut recovery) {
        Walked::Done { serve, .. } => (serve, point.age),
        Walked::Failed { .. } => (f64::INFINITY, point.age),
    }
}
