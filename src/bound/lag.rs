//! How far a chain of copies can be behind, as a range.

use std::borrow::Cow;

use crate::id::{CopyId, LinkId};
use crate::model::{AsyncLag, Calendar, CopyKind};

use super::case::Setting;
use super::fate::runs;
use super::formulas::BurstProfile;
use super::points::{Known, Runs};
use super::span::{Cause, Span};

/// Most starts of a copy of a backup that are looked at one by one.
const MOST_STARTS: u64 = 1 << 14;

/// Seconds by which an arrival and a start at the same moment may differ.
const TIE: f64 = 1e-3;

/// How far something is behind.
#[derive(Clone, Copy, Debug)]
pub(super) struct Behind {
    /// Seconds.
    pub(super) age: Span,
    pub(super) mean_age: Option<f64>,
    /// Logical bytes and their mean, where the write profile tells more than the average rate.
    pub(super) bytes: Option<(Span, f64)>,
    /// In some incidents there is nothing at all.
    pub(super) may_miss: bool,
    /// If what it holds are moments at even distances: these, and by how much one may come later than another.
    pub(super) steps: Option<(f64, f64)>,
}

impl Behind {
    pub(super) const NOTHING: Self =
        Self { age: Span::ZERO, mean_age: Some(0.0), bytes: None, may_miss: false, steps: None };

    /// Along a chain times add up; bytes are known only for a single edge.
    pub(super) fn sum(parts: &[Self]) -> Self {
        match parts {
            [] => Self::NOTHING,
            [one] => *one,
            several => several.iter().fold(Self::NOTHING, |sum, part| Self {
                age: sum.age.plus(part.age),
                mean_age: sum.mean_age.zip(part.mean_age).map(|(a, b)| a + b),
                may_miss: sum.may_miss || part.may_miss,
                ..Self::NOTHING
            }),
        }
    }
}

/// What the copy itself adds to the chain.
pub(super) fn own_lag(at: &Setting<'_>, copy: CopyId) -> Option<Behind> {
    let law = |lag: &crate::model::Delay| Behind {
        age: at.span(lag, Cause::Copy(copy, "lag")),
        mean_age: (!at.truncate || lag.is_constant()).then(|| lag.mean()),
        ..Behind::NOTHING
    };
    match &at.scenario.copies[copy].kind {
        CopyKind::Primary { lag, .. } | CopyKind::Derived { lag } | CopyKind::Log { lag, .. } => lag.as_ref().map(law),
        CopyKind::Async { lag: AsyncLag::Law(lag), .. } => Some(law(lag)),
        CopyKind::Async { lag: AsyncLag::Over(link), .. } => Some(backlog(at, copy, *link)),
        CopyKind::Backup { .. } | CopyKind::SoftDelete { .. } => None,
    }
}

/// The lags from the primary to a copy, the copy's own only if `whole`.
pub(super) fn chain(at: &Setting<'_>, copy: CopyId, whole: bool) -> Behind {
    let mut parts = Vec::new();
    for here in at.sources(copy) {
        let counts = whole || here != copy;
        if counts && let Some(runs) = runs(at, here) {
            // Its runs know what they were made from.
            let newest = of_newest(&runs);
            parts.push(match (calendar(at, copy), calendar(at, here)) {
                (Some(reads), Some(made)) if here != copy => {
                    // What lies between shifts the moment at which it is read.
                    let unknown = Behind { mean_age: None, ..newest };
                    if parts.is_empty() { hand_in_hand(&reads, &made, &runs, unknown) } else { unknown }
                }
                _ => newest,
            });
            break;
        }
        if counts && (!at.is_primary(here) || at.has_log(here)) {
            parts.extend(own_lag(at, here));
        }
    }
    Behind::sum(&parts)
}

/// The age of the newest run that can be used, whenever it is looked for.
fn of_newest(runs: &Runs) -> Behind {
    let known = Known { detect: 0.0, dwell: Span::ZERO, mean_dwell: Some(0.0), stands: [None; 2], logical: false };
    let found = runs.find(&known, 0);
    let nothing = Behind { age: Span::new(0.0, f64::INFINITY), mean_age: None, may_miss: true, ..Behind::NOTHING };
    found.points.map_or(nothing, |points| Behind {
        age: points.age,
        mean_age: points.mean_age,
        may_miss: found.may_miss,
        steps: runs.steps(),
        ..Behind::NOTHING
    })
}

/// The moments at which a backup starts, where they are given and no phase is drawn.
fn calendar<'a>(at: &Setting<'a>, copy: CopyId) -> Option<Cow<'a, Calendar>> {
    match &at.scenario.copies[copy].kind {
        CopyKind::Backup { schedule, .. } => schedule.calendar(),
        _ => None,
    }
}

/// The age of the newest run where a copy of it starts. Two calendars that are both given go hand in hand: of all
/// ages (`newest`) only those at these starts come up.
fn hand_in_hand(reads: &Calendar, made: &Calendar, runs: &Runs, newest: Behind) -> Behind {
    let starts = reads.turns_with(made).saturating_mul(reads.moments().len() as u64);
    if newest.may_miss || runs.gaps.may_skip() || starts > MOST_STARTS {
        return newest;
    }
    let ages = |usable_after: f64| {
        (0..starts as i64).map(move |n| reads.at(n) - made.at(made.last_by(reads.at(n) - usable_after)))
    };
    // What arrives at the very moment may count or not.
    let (soonest, latest) = (runs.usable_after.lo - TIE, runs.usable_after.hi + TIE);
    let (lo, hi) = (ages(soonest).fold(f64::INFINITY, f64::min), ages(latest).fold(0.0, f64::max));
    let all = Span::new(lo, hi).plus(runs.upstream.age);
    let age = Span { lo: newest.age.lo.max(all.lo), hi: newest.age.hi.min(all.hi), ..newest.age };
    let mean_age = runs.upstream.mean_age.filter(|_| lo == hi).map(|mean| lo + mean);
    Behind { age, mean_age, ..newest }
}

/// What a link leaves for a flow: its bandwidth less the average of the other flows of the tier, and
/// at least an equal part.
fn backlog(at: &Setting<'_>, copy: CopyId, link: LinkId) -> Behind {
    let scenario = at.scenario;
    let row = &scenario.copies[copy];
    let data = &scenario.data[row.data];
    let others: Vec<f64> = at
        .tier
        .copies
        .iter()
        .filter(|c| **c != copy)
        .map(|c| &scenario.copies[*c])
        .filter(|c| matches!(&c.kind, CopyKind::Async { lag: AsyncLag::Over(over), .. } if *over == link))
        .map(|c| scenario.data[c.data].mean_writes().bytes_per_second() / c.compression)
        .collect();
    let bandwidth = scenario.links[link].bandwidth.map_or(f64::INFINITY, |b| b.bytes_per_second());
    let left = (bandwidth - others.iter().sum::<f64>()).max(bandwidth / (others.len() + 1) as f64);
    let base = data.writes.bytes_per_second();
    let (burst, lasts, every) =
        data.burst.map_or((base, 0.0, 1.0), |b| (b.rate.bytes_per_second(), b.lasts.seconds(), b.every.seconds()));
    let profile = BurstProfile { base, burst, lasts, every, link: left * row.compression };
    let half = scenario.links[link].rtt.seconds() / 2.0;
    if !profile.is_stable() {
        let open = Span::open(half, f64::INFINITY, Some(Cause::Link(copy, link)));
        return Behind { age: open, mean_age: None, ..Behind::NOTHING };
    }
    let most = profile.peak_backlog() + base.max(burst) * half;
    let mean_bytes = profile.mean_backlog() + data.mean_writes().bytes_per_second() * half;
    Behind {
        age: Span::new(half, half + profile.longest_lag()),
        mean_age: Some(half + profile.mean_lag()),
        bytes: Some((Span::new(base.min(burst) * half, most), mean_bytes)),
        ..Behind::NOTHING
    }
}
