//! How far a chain of copies can be behind, as a range.

use crate::id::{CopyId, LinkId};
use crate::model::{AsyncLag, CopyKind, Schedule, Upstream};

use super::case::Setting;
use super::fate::runs;
use super::formulas::BurstProfile;
use super::points::{Finder, Known, Runs};
use super::span::{Cause, Span};

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
}

impl Behind {
    pub(super) const NOTHING: Self = Self { age: Span::ZERO, mean_age: Some(0.0), bytes: None, may_miss: false };

    /// Along a chain times add up; bytes are known only for a single edge.
    pub(super) fn sum(parts: &[Self]) -> Self {
        match parts {
            [] => Self::NOTHING,
            [one] => *one,
            several => several.iter().fold(Self::NOTHING, |sum, part| Self {
                age: sum.age.plus(part.age),
                mean_age: sum.mean_age.zip(part.mean_age).map(|(a, b)| a + b),
                bytes: None,
                may_miss: sum.may_miss || part.may_miss,
            }),
        }
    }
}

/// What the copy itself adds to the chain.
pub(super) fn own_lag(at: &Setting<'_>, copy: CopyId) -> Option<Behind> {
    let law = |lag: &crate::model::Delay| Behind {
        age: at.span(lag, Cause::Copy(copy, "lag")),
        mean_age: (!at.truncate || lag.is_constant()).then(|| lag.mean()),
        bytes: None,
        may_miss: false,
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
    let mut next = Some(copy);
    for _ in 0..=at.scenario.copies.len() {
        let Some(here) = next else { break };
        let counts = whole || here != copy;
        if counts && let Some(Finder::Runs(runs)) = runs(at, here, None) {
            // Its runs know what they were made from. Two calendars that are both fixed go hand in hand, so
            // that the age of the one where the other begins is no mean over all its ages.
            let newest = of_newest(&runs);
            let mean_age = newest.mean_age.filter(|_| !(is_fixed(at, copy) && is_fixed(at, here)));
            parts.push(Behind { mean_age, ..newest });
            break;
        }
        if counts && (!at.is_primary(here) || at.has_log(here)) {
            parts.extend(own_lag(at, here));
        }
        next = match at.scenario.copies[here].of {
            Some(Upstream::Copy(up)) => Some(up),
            Some(Upstream::Data(data)) => at.primary_of(data),
            _ => None,
        };
    }
    Behind::sum(&parts)
}

/// The age of the newest run that can be used, whenever it is looked for.
fn of_newest(runs: &Runs) -> Behind {
    let known = Known { detect: 0.0, dwell: Span::ZERO, mean_dwell: Some(0.0), logical: false };
    let found = runs.find(&known, 0);
    let nothing = Behind { age: Span::new(0.0, f64::INFINITY), mean_age: None, bytes: None, may_miss: true };
    found.points.map_or(nothing, |points| Behind {
        age: points.age,
        mean_age: points.mean_age,
        bytes: None,
        may_miss: found.may_miss,
    })
}

/// Whether a backup starts at moments that are given, not at some phase.
fn is_fixed(at: &Setting<'_>, copy: CopyId) -> bool {
    match &at.scenario.copies[copy].kind {
        CopyKind::Backup { schedule: Schedule::Every { offset, .. }, .. } => offset.is_some(),
        CopyKind::Backup { schedule: Schedule::Cron { .. }, .. } => true,
        _ => false,
    }
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
        return Behind { age: open, mean_age: None, bytes: None, may_miss: false };
    }
    let most = profile.peak_backlog() + base.max(burst) * half;
    let mean_bytes = profile.mean_backlog() + data.mean_writes().bytes_per_second() * half;
    Behind {
        age: Span::new(half, half + profile.longest_lag()),
        mean_age: Some(half + profile.mean_lag()),
        bytes: Some((Span::new(base.min(burst) * half, most), mean_bytes)),
        may_miss: false,
    }
}
