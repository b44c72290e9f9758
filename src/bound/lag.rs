//! How far a chain of copies can be behind, as a range.

use crate::id::{CopyId, LinkId};
use crate::model::{AsyncLag, CopyKind, Upstream};

use super::case::Setting;
use super::formulas::BurstProfile;
use super::span::{Cause, Span};

/// How far something is behind.
#[derive(Clone, Copy, Debug)]
pub(super) struct Behind {
    /// Seconds.
    pub(super) age: Span,
    pub(super) mean_age: Option<f64>,
    /// Logical bytes and their mean, where the write profile tells more than the average rate.
    pub(super) bytes: Option<(Span, f64)>,
}

impl Behind {
    pub(super) const NOTHING: Self = Self { age: Span::ZERO, mean_age: Some(0.0), bytes: None };

    /// Along a chain times add up; bytes are known only for a single edge.
    pub(super) fn sum(parts: &[Self]) -> Self {
        match parts {
            [] => Self::NOTHING,
            [one] => *one,
            several => several.iter().fold(Self::NOTHING, |sum, part| Self {
                age: sum.age.plus(part.age),
                mean_age: sum.mean_age.zip(part.mean_age).map(|(a, b)| a + b),
                bytes: None,
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
        if (whole || here != copy) && (!at.is_primary(here) || at.has_log(here)) {
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
        return Behind { age: open, mean_age: None, bytes: None };
    }
    let most = profile.peak_backlog() + base.max(burst) * half;
    let mean_bytes = profile.mean_backlog() + data.mean_writes().bytes_per_second() * half;
    Behind {
        age: Span::new(half, half + profile.longest_lag()),
        mean_age: Some(half + profile.mean_lag()),
        bytes: Some((Span::new(base.min(burst) * half, most), mean_bytes)),
    }
}
