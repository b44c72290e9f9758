//! The distribution of recovery time or data loss under one failure, a row for each tier.

use super::axis::{TimeAxis, sane};
use super::scene::{Anchor, Area, Ink, MARGIN, Mark, SIZE, Scene};
use super::{Chart, MOST_TIERS, Shape, font, left_out};
use crate::assess::{Assessment, IncidentAssessment, Measured, TierAssessment};
use crate::report::cells::{ByFailure, mark, time_at};
use crate::report::human;
use crate::stats::Proportion;

const WIDTH: f64 = 620.0;

/// Height of a row's bars, of the space below them, and of a line of text.
const BARS: f64 = 28.0;
const BELOW: f64 = 8.0;
const LINE: f64 = 17.0;

/// Width of a bar.
const BIN: f64 = 6.0;

/// Room for what has no place on a logarithmic axis.
const SIDE: f64 = 46.0;

/// What is distributed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Seconds to first service.
    RecoveryTime,
    /// Seconds of writes.
    DataLoss,
}

impl Quantity {
    /// Both.
    pub const ALL: [Self; 2] = [Self::RecoveryTime, Self::DataLoss];

    /// As people call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::RecoveryTime => "recovery time",
            Self::DataLoss => "data loss",
        }
    }

    fn limit_name(self) -> &'static str {
        match self {
            Self::RecoveryTime => "RTO",
            Self::DataLoss => "RPO",
        }
    }

    fn profile(self, incident: &IncidentAssessment) -> &[Option<f64>] {
        match self {
            Self::RecoveryTime => &incident.distribution.recovery_time,
            Self::DataLoss => &incident.distribution.data_loss,
        }
    }

    fn measured(self, incident: &IncidentAssessment) -> &Measured {
        match self {
            Self::RecoveryTime => &incident.recovery_time,
            Self::DataLoss => &incident.data_loss,
        }
    }

    /// The objective, and the share of incidents within it.
    fn limit(self, incident: &IncidentAssessment) -> Option<(f64, Proportion, f64)> {
        let objective = incident.objective.as_ref()?;
        match self {
            Self::RecoveryTime => Some((objective.rto?, objective.rto_met, objective.chance)),
            Self::DataLoss => Some((objective.rpo?, objective.rpo_met, objective.chance)),
        }
    }
}

/// Where the incidents of a tier lie: shares of all of them.
struct Shares {
    /// At nothing.
    zero: f64,
    /// Never over.
    never: f64,
    /// From, to, in seconds; the share of those in between.
    parts: Vec<(f64, f64, f64)>,
}

impl Shares {
    fn new(shares: &[f64], profile: &[Option<f64>]) -> Self {
        let mut found = Self { zero: 0.0, never: 0.0, parts: Vec::new() };
        let points: Vec<(f64, Option<f64>)> =
            shares.iter().map(|s| s.clamp(0.0, 1.0)).zip(profile.iter().map(|v| v.map(sane))).collect();
        for pair in points.windows(2) {
            let share = (pair[1].0 - pair[0].0).max(0.0);
            match (pair[0].1, pair[1].1) {
                (_, None) => found.never += share,
                (_, Some(0.0)) => found.zero += share,
                // From nothing to something: anywhere in between, so from the left end of the axis on.
                (from, Some(to)) => found.parts.push((from.filter(|f| *f < to).unwrap_or(to), to, share)),
            }
        }
        found
    }

    /// The share in each bar of the axis.
    fn bars(&self, axis: &TimeAxis, left: f64, count: usize) -> Vec<f64> {
        let mut bars = vec![0.0; count];
        for (from, to, share) in &self.parts {
            let (from, to) = ((axis.x(*from) - left) / BIN, (axis.x(*to) - left) / BIN);
            let last = count - 1;
            let (first_bar, last_bar) = ((from as usize).min(last), (to as usize).min(last));
            if first_bar == last_bar || to - from <= f64::EPSILON {
                bars[last_bar] += share;
                continue;
            }
            for (n, bar) in bars.iter_mut().enumerate().take(last_bar + 1).skip(first_bar) {
                let overlap = (to.min(n as f64 + 1.0) - from.max(n as f64)).max(0.0);
                *bar += share * overlap / (to - from);
            }
        }
        bars
    }
}

/// One row of the chart: tiers that the same becomes of.
struct Row<'a> {
    tiers: Vec<&'a TierAssessment>,
    incident: &'a IncidentAssessment,
    shares: Shares,
}

impl<'a> Row<'a> {
    fn is_of(&self, incident: &IncidentAssessment, quantity: Quantity) -> bool {
        let limit =
            |i: &IncidentAssessment| quantity.limit(i).map(|(limit, share, chance)| (limit, share.events, chance));
        quantity.profile(self.incident) == quantity.profile(incident) && limit(self.incident) == limit(incident)
    }

    /// The mark and the tiers.
    fn name(&self, quantity: Quantity) -> String {
        let limit = quantity.limit(self.incident);
        let met = limit.and_then(|(_, share, chance)| share.reaches(chance));
        let sign = if limit.is_some() { format!("{} ", mark(met)) } else { String::new() };
        format!("{sign}{}", self.tiers.iter().map(|t| t.id.as_str()).collect::<Vec<_>>().join(", "))
    }
}

/// Rows on their axis.
struct Field<'a> {
    quantity: Quantity,
    axis: &'a TimeAxis,
    left: f64,
    right: f64,
    /// Whether the figures stand below the name.
    below: bool,
    /// Height of a row's text.
    head: f64,
}

/// The distributions of all tiers under a failure; `None` if the failure concerns none of them, or
/// takes no time and no writes of any.
#[must_use]
pub(in crate::report) fn distribution(
    result: &Assessment,
    incidents: &ByFailure<'_>,
    failure: &str,
    quantity: Quantity,
) -> Option<Chart> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    let mut all = 0;
    for (tier, incident) in incidents.first_of(failure) {
        let Some(incident) = incident else { continue };
        all += 1;
        if all > MOST_TIERS {
            continue;
        }
        match rows.iter_mut().find(|row| row.is_of(incident, quantity)) {
            Some(row) => row.tiers.push(tier),
            None => {
                let shares = Shares::new(&result.distribution_shares, quantity.profile(incident));
                rows.push(Row { tiers: vec![tier], incident, shares });
            }
        }
    }
    // Where no tier is down, or loses anything, there is nothing to draw that a table does not say.
    let something = |row: &Row<'_>| row.shares.never > 0.0 || !row.shares.parts.is_empty();
    if !rows.iter().any(something) {
        return None;
    }
    let left_out = left_out(all.min(MOST_TIERS), all, "tiers");
    let first = rows.first()?;
    let limit = rows.iter().find_map(|row| quantity.limit(row.incident));
    let name = quantity.name();
    let title = format!("{failure} ({}): {name}", first.incident.kind);
    let below = match limit {
        Some((limit, _, chance)) => {
            let (limit, chance) = (human::time(sane(limit)), human::percent(chance));
            format!("objective {} {limit} in {chance} of incidents", quantity.limit_name())
        }
        None => "no objective for the application as a whole".to_owned(),
    };
    let description = rows.iter().map(|row| said(row, quantity)).collect::<Vec<_>>().join("; ");
    let words = vec![failure.to_owned(), name.replace(' ', "-")];
    let described = (words, title.clone(), format!("{below}. {description}."));
    Some(Chart::new(described, |shape| {
        let mut scene = Scene::new(shape.width(WIDTH));
        let top = scene.heading(&title, &below);
        let limit = limit.map(|(limit, ..)| limit);
        let bottom = draw_rows(&mut scene, &rows, (quantity, shape), limit, top);
        draw_key(&mut scene, bottom, &left_out, shape);
        scene
    }))
}

/// Draws rows and axis; returns where the axis' labels end.
fn draw_rows(
    scene: &mut Scene,
    rows: &[Row<'_>],
    (quantity, shape): (Quantity, Shape),
    limit: Option<f64>,
    top: f64,
) -> f64 {
    let zeros = rows.iter().any(|row| row.shares.zero > 0.0);
    let nevers = rows.iter().any(|row| row.shares.never > 0.0);
    let left = MARGIN + if zeros { SIDE } else { 6.0 };
    let right = scene.width - MARGIN - if nevers { SIDE } else { 6.0 };
    let ends = rows.iter().flat_map(|row| row.shares.parts.iter().flat_map(|(from, to, _)| [*from, *to]));
    let axis = TimeAxis::logarithmic(left, right, ends.chain(limit));
    // A line of its own for the label of the objective.
    let first = top + if limit.is_some() { 20.0 } else { 0.0 };
    // Names that do not fit beside their figures stand above them.
    let below = shape == Shape::Narrow || rows.iter().any(|row| !fits_beside(row, quantity, scene.width));
    let lines = |row: &Row<'_>| head_lines(row, quantity, scene.width).iter().map(Vec::len).sum();
    let lines = if below { rows.iter().map(lines).max().unwrap_or(1) } else { 1 };
    let field = Field { quantity, axis: &axis, left, right, below, head: 7.0 + LINE * lines as f64 };
    let height = field.head + BARS + BELOW;
    let bottom = first + height * rows.len() as f64;
    axis.draw(scene, first, bottom);
    if zeros {
        side(scene, MARGIN, "none", bottom);
    }
    if nevers {
        side(scene, right + 6.0, "never", bottom);
    }
    if let Some(limit) = limit {
        let x = axis.x(limit);
        scene.line((x, first - 4.0), (x, bottom), Ink::Text, 2);
        let label = format!("{} {}", quantity.limit_name(), human::time(sane(limit)));
        let half = font::width(&label, SIZE, true) / 2.0;
        let x = x.clamp(MARGIN + half, scene.width - MARGIN - half);
        scene.styled((x, first - 12.0), Anchor::Middle, scene.width, &label, (SIZE, true, Ink::Text));
    }
    let mut y = first;
    for row in rows {
        draw_row(scene, row, &field, y);
        y += height;
    }
    bottom + 24.0
}

/// The label of a column beside the axis.
fn side(scene: &mut Scene, x: f64, label: &str, bottom: f64) {
    scene.line((x, bottom), (x + SIDE - 10.0, bottom), Ink::Plain, 1);
    let at = (x + (SIDE - 10.0) / 2.0, bottom + 14.0);
    scene.styled(at, Anchor::Middle, SIDE, label, (SIZE, false, Ink::Quiet));
}

/// Lines of a row's name at most.
const NAME_LINES: usize = 3;

fn fits_beside(row: &Row<'_>, quantity: Quantity, width: f64) -> bool {
    let figures = font::width(&figures(row, quantity).join(BETWEEN), SIZE, false);
    // One tier with a long name is cut rather than given a second line.
    row.tiers.len() == 1 || font::width(&row.name(quantity), SIZE, true) + figures + 3.0 * MARGIN <= width
}

/// Name and figures of a row, each on as many lines as they need.
fn head_lines(row: &Row<'_>, quantity: Quantity, width: f64) -> [Vec<String>; 2] {
    let room = width - 2.0 * MARGIN;
    let name = font::wrapped(&row.name(quantity), SIZE, true, room, NAME_LINES);
    [name, font::joined(&figures(row, quantity), BETWEEN, SIZE, room)]
}

/// The name and the figures of a row.
fn draw_head(scene: &mut Scene, row: &Row<'_>, field: &Field<'_>, y: f64) {
    let width = scene.width;
    // White below the text, so that no line of the grid crosses it.
    scene.fill(Area { x: 0.0, y: y + 2.0, w: width, h: field.head - 4.0 }, Ink::Paper);
    let (bold, plain) = ((SIZE, true, Ink::Text), (SIZE, false, Ink::Text));
    let room = width - 2.0 * MARGIN;
    if field.below {
        let [names, figures] = head_lines(row, field.quantity, width);
        let lines = names.iter().map(|line| (line, bold)).chain(figures.iter().map(|line| (line, plain)));
        for (n, (line, look)) in lines.enumerate() {
            scene.styled((MARGIN, y + 12.0 + LINE * n as f64), Anchor::Start, room, line, look);
        }
    } else {
        let said = font::clipped(&figures(row, field.quantity).join(BETWEEN), SIZE, false, width * 0.75);
        let room = room - MARGIN - font::width(&said, SIZE, false);
        scene.styled((MARGIN, y + 12.0), Anchor::Start, room, &row.name(field.quantity), bold);
        scene.styled((width - MARGIN, y + 12.0), Anchor::End, width, &said, plain);
    }
}

fn draw_row(scene: &mut Scene, row: &Row<'_>, field: &Field<'_>, y: f64) {
    let Field { quantity, axis, left, right, .. } = *field;
    draw_head(scene, row, field, y);
    let limit = quantity.limit(row.incident);
    let base = y + field.head + BARS;
    let bars = row.shares.bars(axis, left, ((right - left) / BIN) as usize + 1);
    let highest = bars.iter().copied().fold(row.shares.zero.max(row.shares.never), f64::max);
    let tops: Vec<f64> =
        bars.iter().map(|share| if *share > 0.0 { (share / highest * BARS).max(1.0) } else { 0.0 }).collect();
    let within = |n: usize| limit.is_none_or(|(limit, ..)| left + (n as f64 + 0.5) * BIN <= axis.x(limit));
    let first_over = (0..tops.len()).find(|n| !within(*n)).unwrap_or(tops.len());
    skyline(scene, &tops[..first_over], (left, base), right, Ink::Good);
    skyline(scene, &tops[first_over..], (left + first_over as f64 * BIN, base), right, Ink::Bad);
    let mut aside = |x: f64, share: f64, ink: Ink| {
        if share > 0.0 {
            let h = (share / highest * BARS).max(1.0);
            scene.fill(Area { x, y: base - h, w: SIDE - 10.0, h }, ink);
        }
    };
    aside(MARGIN, row.shares.zero, Ink::Good);
    aside(right + 6.0, row.shares.never, Ink::Bad);
    scene.line((left, base), (right, base), Ink::Plain, 1);
    let estimate = &quantity.measured(row.incident).estimate;
    let marked = [(estimate.p50, true), (estimate.p95, false)];
    for (quantile, filled) in marked.into_iter().filter_map(|(q, filled)| Some((q?, filled))) {
        if quantile.point > 0.0 {
            scene.marks.push(Mark::Dot { x: axis.x(quantile.point), y: base, r: 4.0, ink: Ink::Text, filled });
        }
    }
}

/// Bars side by side as one shape, from their first to their last.
fn skyline(scene: &mut Scene, heights: &[f64], (left, base): (f64, f64), right: f64, ink: Ink) {
    let Some(first) = heights.iter().position(|h| *h > 0.0) else { return };
    let last = heights.iter().rposition(|h| *h > 0.0).unwrap_or(first);
    let at = |n: usize| (left + n as f64 * BIN).min(right);
    let mut corners = vec![(at(first), base)];
    for (n, h) in heights.iter().enumerate().take(last + 1).skip(first) {
        corners.extend([(at(n), base - h), (at(n + 1), base - h)]);
    }
    corners.push((at(last + 1), base));
    scene.marks.push(Mark::Polygon(corners, ink));
}

/// What stands between two figures.
const BETWEEN: &str = " · ";

/// `p50 34 min`, `p95 1 h 12 min`, `92.9% within`.
fn figures(row: &Row<'_>, quantity: Quantity) -> Vec<String> {
    let estimate = &quantity.measured(row.incident).estimate;
    let lost = &row.incident.unrecoverable;
    let mut parts = vec![
        format!("p50 {}", time_at(estimate, estimate.p50, 0.50, lost)),
        format!("p95 {}", time_at(estimate, estimate.p95, 0.95, lost)),
    ];
    if let Some((_, share, _)) = quantity.limit(row.incident) {
        parts.push(format!("{} within", human::chance(&share)));
    }
    parts
}

fn said(row: &Row<'_>, quantity: Quantity) -> String {
    let names: Vec<&str> = row.tiers.iter().map(|tier| tier.id.as_str()).collect();
    format!("{}: {}", names.join(", "), figures(row, quantity).join(BETWEEN))
}

/// What the marks mean.
fn draw_key(scene: &mut Scene, y: f64, left_out: &str, shape: Shape) {
    let middle = y + 12.0;
    let mut x = MARGIN + 6.0;
    for (label, filled) in [("p50", true), ("p95", false)] {
        scene.marks.push(Mark::Dot { x, y: middle, r: 4.0, ink: Ink::Text, filled });
        scene.styled((x + 9.0, middle), Anchor::Start, 60.0, label, (SIZE, false, Ink::Quiet));
        x += 20.0 + font::width(label, SIZE, false) + 10.0;
    }
    let rest = "bars: share of incidents, highest of each row at full height";
    let rest = if left_out.is_empty() { rest.to_owned() } else { format!("{rest}; {left_out}") };
    let at = if shape == Shape::Narrow { (MARGIN, middle + 18.0) } else { (x, middle) };
    scene.height = scene.note(at, &rest) - 2.0;
}
