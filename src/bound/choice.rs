//! In which order a policy may try the plans of a service.
//!
//! A policy goes by what people can expect. Where the expectations of two plans are too near each other
//! for a closed form to tell them apart, either may come first, and the bounds hold for both.

use crate::model::{Delay, PlanPolicy};

use super::case::Setting;
use super::fate::{Amount, PlanInfo, PlanOption, Source};
use super::points::Points;
use super::span::{Span, TRUNCATED_TAIL};
use super::timeline::Search;

/// Most plans of a service whose every order is looked at, where a policy chooses.
const MOST_ORDERED: usize = 5;

/// Incidents over which an expectation is taken: in the n-th, everything takes as long as in a share of
/// (n + 1/2) ÷ `IMAGINED` of all.
const IMAGINED: u32 = 32;

/// How far such an expectation may be off, as a share: few incidents know little of a long tail.
const DOUBT: f64 = 0.05;

/// The orders in which a policy may try these options, as positions.
///
/// # Errors
/// How many there are, if they are too many.
pub(super) fn orders(
    search: &Search<'_>,
    policy: PlanPolicy,
    options: &[PlanOption],
) -> Result<Vec<Vec<usize>>, usize> {
    if policy == PlanPolicy::Order || options.len() < 2 {
        return Ok(vec![(0..options.len()).collect()]);
    }
    if options.len() > MOST_ORDERED {
        return Err(MOST_ORDERED);
    }
    let scores: Vec<Span> = options.iter().map(|option| score(search, policy, option)).collect();
    // Equals stay in the order of the file.
    let first = |a: usize, b: usize| {
        let (x, y) = (scores[a], scores[b]);
        x.hi < y.lo || (a < b && x.lo == x.hi && x == y)
    };
    let allowed = |order: &Vec<usize>| {
        let pairs = order.iter().enumerate().flat_map(|(n, a)| order[n + 1..].iter().map(move |b| (*a, *b)));
        pairs.into_iter().all(|(a, b)| !first(b, a))
    };
    Ok(permutations(options.len()).into_iter().filter(allowed).collect())
}

fn permutations(count: usize) -> Vec<Vec<usize>> {
    let mut all: Vec<Vec<usize>> = vec![vec![]];
    for item in 0..count {
        let longer = |order: &Vec<usize>| {
            let places = 0..=order.len();
            let with = |place| order[..place].iter().chain(&[item]).chain(&order[place..]).copied().collect();
            places.map(with).collect::<Vec<Vec<usize>>>()
        };
        all = all.iter().flat_map(longer).collect();
    }
    all
}

/// What people can expect of a plan: seconds until service, or of lost writes.
fn score(search: &Search<'_>, policy: PlanPolicy, option: &PlanOption) -> Span {
    let plan = &search.plans[option.plan];
    let mut total: Option<Span> = None;
    for source in &option.sources {
        let found = search.candidate(plan, source, 0);
        if let Some((points, _)) = found.points {
            let here = if policy == PlanPolicy::Fastest {
                time(search, plan, option, source, &points)
            } else {
                expected_age(&points)
            };
            total = Some(total.map_or(here, |total| total.or(here)));
        }
        if !found.may_miss {
            break;
        }
    }
    total.unwrap_or(Span::new(f64::INFINITY, f64::INFINITY))
}

fn expected_age(points: &Points) -> Span {
    let width = points.age.hi - points.age.lo;
    match points.mean_age {
        Some(mean) if width > 0.0 => Span::new(mean - DOUBT * width, mean + DOUBT * width),
        _ => points.age,
    }
}

/// The expected time of a plan: between its mean with the least and with the most that a point can hold.
fn time(search: &Search<'_>, plan: &PlanInfo<'_>, option: &PlanOption, source: &Source, points: &Points) -> Span {
    let mean = |most: bool| {
        let of = |n: u32| walk(search, plan, option, source, points, most, (f64::from(n) + 0.5) / f64::from(IMAGINED));
        (0..IMAGINED).map(of).sum::<f64>() / f64::from(IMAGINED)
    };
    let (lo, hi) = (mean(false), mean(true));
    Span::new(lo * (1.0 - DOUBT), hi * (1.0 + DOUBT))
}

/// When service is back if everything takes as long as in a share `u` of all incidents.
fn walk(
    search: &Search<'_>,
    plan: &PlanInfo<'_>,
    option: &PlanOption,
    source: &Source,
    points: &Points,
    most: bool,
    u: f64,
) -> f64 {
    let at = search.at;
    let pick = |span: Span| if most { span.hi } else { span.lo };
    let after_down = plan.row.after_down.map_or(0.0, |s| s.seconds());
    let known = at.row().detected.as_ref().map_or(0.0, |detected| quantile(at, detected, u));
    let begin = if plan.fitted.detects { after_down } else { known.max(after_down) };
    let mut finish: Vec<f64> = Vec::new();
    for (n, step) in plan.steps.iter().enumerate() {
        let ready = step.after.iter().fold(begin, |t, p| t.max(finish[*p]));
        let takes = step.row.takes.as_ref().map_or(0.0, |takes| quantile(at, takes, u));
        let takes = at.stress(step.row).map_or(takes, |stress| takes * quantile(at, stress, u));
        let pace = source.seconds_per_byte[n];
        let moved = match step.amount {
            Amount::Inflow(writes) => writes * (ready + pick(points.age)) * pace / (1.0 - writes * pace),
            amount => amount.volume(points).map_or(0.0, |(bytes, _)| pick(bytes) * pace),
        };
        let moved = if moved.is_nan() { 0.0 } else { moved };
        // The last attempt is taken to succeed.
        let attempts = (0..=step.row.retries.min(64)).map(|k| libm::pow(step.row.fails.value(), f64::from(k)));
        let own = (takes + moved) * attempts.sum::<f64>();
        finish.push(ready + if option.is_up[n] { 0.0 } else { own });
    }
    let of_service = plan.steps.iter().zip(&finish).filter(|(step, _)| !step.row.background);
    of_service.fold(begin, |t, (_, finish)| t.max(*finish))
}

fn quantile(at: &Setting<'_>, delay: &Delay, u: f64) -> f64 {
    let tail = if at.truncate { TRUNCATED_TAIL } else { 0.0 };
    delay.quantile(tail + (1.0 - 2.0 * tail) * u)
}
