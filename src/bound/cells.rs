//! What all services of an incident share, looked at in parts: the detection, the dwell, the stress of people,
//! the end of the outage and where in their cycles backups stand.
//!
//! A later detection costs time and finds other recovery points, and an outage that ends sooner cuts
//! plans off: a range of moments would count together what no incident has together. So the range is
//! cut where that matters, by branch and bound (Land and Doig 1960, Econometrica 28:497): the bound of a
//! part holds for all in it, and a part is cut in two while it holds an end of some figure that no
//! incident at its corners comes near to.

use super::case::Setting;
use super::cycle::Stands;
use super::fate::PlanInfo;
use super::service::{Range, clock};
use super::span::Span;
use crate::model::{Copy, CopyKind, Delay, Law};
use crate::units::Seconds;

/// A part of what an incident can be: when it is detected, how long an attacker was there before, how bad
/// a night it is for people, when the outage ends, and where recovery points stand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell {
    pub(super) detect: Span,
    pub(super) dwell: Span,
    pub(super) stress: Span,
    pub(super) end: Option<Span>,
    pub(super) stands: Stands,
}

/// Most values of a list of samples that are looked at one by one.
const MOST_VALUES: usize = 16;

/// Most parts of an event that are looked at.
const MOST_PARTS: usize = 400;

/// How near incidents at the corners of a part must come to what holds for all of it: a share of the
/// figure.
const NEAR: f64 = 1e-3;

/// Parts narrower than this share of the range are not cut any more.
const FINEST: f64 = 1.0 / 4096.0;

impl Cell {
    /// All that an incident can be.
    pub(super) fn whole(at: &Setting<'_>, plans: &[Vec<PlanInfo<'_>>]) -> Self {
        let clock = clock(at, plans, None, 0);
        Self { detect: clock.detect, dwell: clock.dwell, stress: clock.stress, end: clock.end, stands: clock.stands }
    }

    /// The same, with a part for each value of a list of samples, for between them there is nothing, and
    /// for each of these places.
    pub(super) fn parts(at: &Setting<'_>, plans: &[Vec<PlanInfo<'_>>], stands: &[Stands]) -> Vec<Self> {
        let (whole, row) = (Self::whole(at, plans), at.row());
        // What is found by plans is not found when the failure says.
        let detected = row.detected.as_ref().filter(|_| !clock(at, plans, None, 0).detects_itself);
        // Between the samples of one of two parts of an outage there is something.
        let lasts = row.lasts.as_ref().filter(|_| row.outage().count() == 1);
        let stress = plans.iter().flatten().flat_map(|plan| &plan.steps).find_map(|step| step.stress);
        let delays = [detected, row.dwell.as_ref(), stress, lasts];
        let placed = |cell: &Self| stands.iter().map(|stands| Self { stands: *stands, ..*cell }).collect::<Vec<_>>();
        let mut cells: Vec<Self> = whole.until_all_expired(at).iter().flat_map(placed).collect();
        for n in whole.open() {
            let Some(Law::Empirical(samples)) = delays[n].map(Delay::law) else { continue };
            let mut values = samples.clone();
            values.dedup();
            if values.len() <= MOST_VALUES {
                let each =
                    |cell: &Self| values.iter().map(|v| cell.with(n, [Span::exactly(*v); 2])[0]).collect::<Vec<_>>();
                cells = cells.iter().flat_map(each).collect();
            }
        }
        cells
    }

    /// Cut where a detection or a dwell without upper limit has outlived all that is kept: from there on nothing
    /// changes any more, and up to there it can be cut further.
    fn until_all_expired(self, at: &Setting<'_>) -> Vec<Self> {
        let kept = |copy: &Copy| {
            let keep = match &copy.kind {
                CopyKind::Log { keep, .. } | CopyKind::Backup { keep, .. } | CopyKind::SoftDelete { keep, .. } => *keep,
                _ => Seconds::ZERO,
            };
            keep.seconds() + copy.edge.delay.map_or(0.0, Seconds::seconds)
        };
        let longest = at.scenario.copies.rows().iter().map(kept).fold(0.0, f64::max);
        let mut cells = vec![self];
        for n in [0, 1] {
            let range = self.ranges()[n];
            // A little later, so that nothing is kept at its end.
            let end = range.lo.max(0.0) + longest * 1.001;
            if range.hi.is_infinite() && longest > 0.0 {
                let spans = [Span::new(range.lo, end), Span { lo: end, ..range }];
                cells = cells.iter().flat_map(|cell| cell.with(n, spans)).collect();
            }
        }
        cells
    }

    /// With one of its ranges replaced by each of these.
    fn with(self, dimension: usize, spans: [Span; 2]) -> [Self; 2] {
        spans.map(|span| match dimension {
            0 => Self { detect: span, ..self },
            1 => Self { dwell: span, ..self },
            2 => Self { stress: span, ..self },
            _ => Self { end: Some(span), ..self },
        })
    }

    fn ranges(&self) -> [Span; 4] {
        [self.detect, self.dwell, self.stress, self.end.unwrap_or(Span::ZERO)]
    }

    /// Which of its ranges are more than a point, and can be cut.
    fn open(&self) -> impl Iterator<Item = usize> {
        let ranges = self.ranges();
        (0..4).filter(move |n| ranges[*n].lo < ranges[*n].hi && ranges[*n].hi.is_finite())
    }

    /// The corners: incidents of which nothing is left open here.
    fn corners(self) -> Vec<Self> {
        let ends = |span: Span| [Span::exactly(span.lo), Span::exactly(span.hi)];
        self.open().fold(vec![self], |cells, n| cells.iter().flat_map(|c| c.with(n, ends(c.ranges()[n]))).collect())
    }

    fn centre(self) -> Self {
        let middle = |span: Span| Span::exactly(span.lo.midpoint(span.hi));
        self.open().fold(self, |cell, n| cell.with(n, [middle(self.ranges()[n]); 2])[0])
    }

    /// Both halves along the widest of its ranges, as a share of the whole; nothing if it is narrow enough.
    fn halves(self, whole: &Self) -> Option<[Self; 2]> {
        let (mine, all) = (self.ranges(), whole.ranges());
        let width = |n: usize| (mine[n].hi - mine[n].lo) / (all[n].hi - all[n].lo);
        let widest = self.open().max_by(|a, b| width(*a).total_cmp(&width(*b)))?;
        (width(widest) > FINEST).then(|| self.with(widest, mine[widest].halves()))
    }
}

/// Whether all that `part` can come to, at the ends where it goes beyond all others, is near to what is
/// `reached`.
fn is_near(part: &Span, all: &Span, reached: Option<Span>) -> bool {
    let Some(reached) = reached else { return false };
    let off = |a: f64, b: f64| (a - b).abs() > NEAR * a.abs().max(0.1 * all.hi.abs());
    let high = part.hi >= all.hi && part.hi.is_finite() && off(part.hi, reached.hi);
    let low = part.lo <= all.lo && off(part.lo, reached.lo);
    !high && !low
}

/// A part with what incidents in it come to.
struct Part {
    cell: Cell,
    /// The part of the beginning that it was cut from.
    of: Cell,
    ranges: Vec<Range>,
}

impl Part {
    /// Whether it holds an end of some figure that none is known to be reached near.
    fn is_far(&self, all: &[Range], reached: &[Range]) -> bool {
        self.ranges.iter().zip(all).zip(reached).any(|((part, all), reached)| {
            let figures = part.figures().into_iter().zip(all.figures()).zip(reached.figures());
            figures.into_iter().any(|((part, all), reached)| match (part, all) {
                (Some(part), Some(all)) => !is_near(&part, &all, reached),
                _ => false,
            })
        })
    }
}

/// The ranges of an event, by parts.
///
/// # Arguments
/// `within`: the ranges of the application and of all services in a part.
pub(super) fn by_parts(start: Vec<Cell>, within: impl Fn(&Cell) -> Vec<Range>) -> Vec<Range> {
    let mut parts: Vec<Part> = start.into_iter().map(|cell| Part { cell, of: cell, ranges: within(&cell) }).collect();
    let mut looked_at = 0;
    let mut reached: Option<Vec<Range>> = None;
    for part in &parts {
        let corners = part.cell.corners();
        looked_at += if parts.len() == 1 { corners.len() } else { 0 };
        let known = if corners.len() == 1 { vec![part.ranges.clone()] } else { corners.iter().map(&within).collect() };
        reached = known.iter().fold(reached, |all, ranges| Some(joined(all, ranges)));
    }
    loop {
        let all = parts.iter().fold(None, |all, part| Some(joined(all, &part.ranges)));
        let (Some(all), Some(known)) = (all, &reached) else { return Vec::new() };
        let cut = |part: &Part| part.cell.halves(&part.of).filter(|_| part.is_far(&all, known));
        let halves: Vec<Option<[Cell; 2]>> = parts.iter().map(cut).collect();
        if looked_at >= MOST_PARTS || halves.iter().all(Option::is_none) {
            return all;
        }
        let mut next = Vec::new();
        for (part, halves) in parts.into_iter().zip(halves) {
            let Some(halves) = halves else {
                next.push(part);
                continue;
            };
            for cell in halves {
                reached = Some(joined(reached.take(), &within(&cell.centre())));
                next.push(Part { cell, of: part.of, ranges: within(&cell) });
                looked_at += 2;
            }
        }
        parts = next;
    }
}

fn joined(all: Option<Vec<Range>>, ranges: &[Range]) -> Vec<Range> {
    match all {
        None => ranges.to_vec(),
        Some(all) => ranges.iter().zip(all).map(|(part, all)| part.clone().joined(Some(all), None)).collect(),
    }
}
