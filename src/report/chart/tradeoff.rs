//! What a tier costs against how long users wait under one failure.

use super::axis::{TimeAxis, sane};
use super::scene::{Anchor, Ink, MARGIN, Mark, SIZE, Scene};
use super::{Chart, MOST_TIERS, Shape, font, left_out};
use crate::assess::{IncidentAssessment, TierAssessment};
use crate::report::cells::{ByFailure, mark};
use crate::report::human;

const WIDTH: f64 = 620.0;
const HEIGHT: f64 = 240.0;

/// Distance of the labels of two tiers.
const STEP: f64 = 18.0;

/// Widest name beside a point.
const NAMES: f64 = 170.0;

/// Room for those that never recover.
const SIDE: f64 = 50.0;

struct Point<'a> {
    tier: &'a TierAssessment,
    /// p95 of recovery time; `None`: beyond the recoverable.
    time: Option<f64>,
    cost: f64,
}

/// The p95 of recovery time, `None` where it falls on incidents that never recover; nothing at all
/// where too few trials resolve it.
fn p95(incident: &IncidentAssessment) -> Option<Option<f64>> {
    let estimate = &incident.recovery_time.estimate;
    let finite = estimate.n - incident.unrecoverable.events.min(estimate.n);
    match estimate.p95 {
        Some(p95) => Some(Some(sane(p95.point))),
        None if (finite as f64) < estimate.n as f64 * 0.95 => Some(None),
        None => None,
    }
}

/// The tiers that the failure concerns and whose bill is known; `None` if there are fewer than two.
#[must_use]
pub(in crate::report) fn tradeoff(incidents: &ByFailure<'_>, failure: &str) -> Option<Chart> {
    let mut points: Vec<Point<'_>> = Vec::new();
    let mut rto = None;
    let mut concerned = 0;
    for (tier, incident) in incidents.first_of(failure) {
        let Some(incident) = incident else { continue };
        concerned += 1;
        let cost = tier.cost.per_month.filter(|cost| cost.is_finite() && cost.abs() < 1e15);
        rto = rto.or(incident.objective.as_ref().and_then(|o| o.rto));
        if let (Some(cost), Some(time), true) = (cost, p95(incident), points.len() < MOST_TIERS) {
            points.push(Point { tier, time, cost: cost.max(0.0) });
        }
    }
    if points.len() < 2 {
        return None;
    }
    let title = format!("{failure}: cost per month against recovery time");
    let left_out = left_out(points.len(), concerned, "tiers");
    let said: Vec<String> = points.iter().map(say).collect();
    let words = vec![failure.to_owned(), "cost-against-recovery-time".to_owned()];
    let described = (words, title.clone(), said.join("; ") + ".");
    Some(Chart::new(described, |shape| {
        let mut scene = Scene::new(shape.width(WIDTH));
        let top = scene.heading(&title, "✓ meets all its objectives, ✗ misses some, ? open") + 20.0;
        let height = HEIGHT.max(points.len() as f64 * STEP + 20.0);
        draw(&mut scene, &points, rto, (top, top + height), shape);
        scene.height = top + height + 44.0;
        if shape == Shape::Narrow {
            list(&mut scene, &points);
        }
        if !left_out.is_empty() {
            let text = format!("{left_out}: their bill or their p95 is unknown, or they are too many");
            scene.height = scene.note((MARGIN, scene.height + 6.0), &text);
        }
        scene
    }))
}

/// What the numbers of a narrow chart stand for.
fn list(scene: &mut Scene, points: &[Point<'_>]) {
    for (n, point) in points.iter().enumerate() {
        let y = scene.height + 4.0;
        scene.styled((MARGIN + 16.0, y), Anchor::End, 24.0, &(n + 1).to_string(), (SIZE, true, Ink::Text));
        scene.text((MARGIN + 24.0, y), Anchor::Start, scene.width - 2.0 * MARGIN - 24.0, &name(point));
        scene.height += STEP;
    }
}

/// Mark and name of a tier.
fn name(point: &Point<'_>) -> String {
    format!("{} {}", mark(point.tier.objectives_met), point.tier.id)
}

fn say(point: &Point<'_>) -> String {
    let time = point.time.map_or_else(|| "never".to_owned(), human::brief);
    format!("{}: {} a month, {time}", point.tier.id, human::money(point.cost, &point.tier.cost.currency))
}

fn draw(scene: &mut Scene, points: &[Point<'_>], rto: Option<f64>, (top, bottom): (f64, f64), shape: Shape) {
    let currency = points.first().map_or("", |p| p.tier.cost.currency.as_str());
    let scale = MoneyScale::new(points.iter().map(|p| p.cost).fold(0.0, f64::max));
    let labels: Vec<String> = scale
        .ticks
        .iter()
        .map(|tick| if *tick > 0.0 { human::money(*tick, currency) } else { "0".to_owned() })
        .collect();
    let widest = labels.iter().map(|l| font::width(l, SIZE, false)).fold(0.0, f64::max);
    let label = |(n, point): (usize, &Point<'_>)| match shape {
        Shape::Wide => font::clipped(&name(point), SIZE, false, NAMES),
        Shape::Narrow => (n + 1).to_string(),
    };
    let names: Vec<String> = points.iter().enumerate().map(label).collect();
    let names_width = names.iter().map(|n| font::width(n, SIZE, false)).fold(0.0, f64::max);
    let nevers = points.iter().any(|p| p.time.is_none());
    let left = MARGIN + widest + 8.0;
    let end = scene.width - MARGIN - names_width - if shape == Shape::Wide { 40.0 } else { 34.0 };
    let right = end - if nevers { SIDE } else { 0.0 };
    let axis = TimeAxis::logarithmic(left + 12.0, right, points.iter().filter_map(|p| p.time).chain(rto));
    axis.draw(scene, top, bottom);
    let y = |cost: f64| bottom - 8.0 - (bottom - top - 16.0) * cost / scale.most;
    for (tick, label) in scale.ticks.iter().zip(&labels) {
        scene.line((left, y(*tick)), (end, y(*tick)), Ink::Grid, 1);
        scene.styled((left - 6.0, y(*tick)), Anchor::End, 200.0, label, (SIZE, false, Ink::Quiet));
    }
    let beyond = right + SIDE / 2.0 + 6.0;
    if nevers {
        scene.styled((beyond, bottom + 14.0), Anchor::Middle, SIDE, "never", (SIZE, false, Ink::Quiet));
    }
    scene.styled(
        ((left + right) / 2.0, bottom + 32.0),
        Anchor::Middle,
        scene.width,
        "recovery time, p95",
        (SIZE, false, Ink::Quiet),
    );
    if let Some(rto) = rto {
        limit(scene, &axis, rto, (top, bottom));
    }
    let places: Vec<(f64, f64)> = points.iter().map(|p| (p.time.map_or(beyond, |t| axis.x(t)), y(p.cost))).collect();
    let rows = apart(&places.iter().map(|(_, y)| *y).collect::<Vec<_>>(), top + 6.0, bottom - 6.0);
    let column = end + 28.0;
    for (((point, name), (x, at)), row) in points.iter().zip(&names).zip(&places).zip(rows) {
        scene.marks.push(Mark::Line {
            points: vec![(*x, *at), (end + 10.0, row), (column - 4.0, row)],
            ink: Ink::Plain,
            width: 1,
        });
        let (ink, filled) = match point.tier.objectives_met {
            Some(true) => (Ink::Good, true),
            Some(false) => (Ink::Bad, false),
            None => (Ink::Plain, true),
        };
        if !filled {
            scene.marks.push(Mark::Dot { x: *x, y: *at, r: 5.0, ink: Ink::Paper, filled: true });
        }
        scene.marks.push(Mark::Dot { x: *x, y: *at, r: 5.0, ink, filled });
        scene.text((column, row), Anchor::Start, NAMES, name);
    }
}

/// The objective as an upright line.
fn limit(scene: &mut Scene, axis: &TimeAxis, rto: f64, (top, bottom): (f64, f64)) {
    let x = axis.x(rto);
    scene.line((x, top - 4.0), (x, bottom), Ink::Text, 2);
    let label = format!("RTO {}", human::time(sane(rto)));
    let half = font::width(&label, SIZE, true) / 2.0;
    let at = (x.clamp(MARGIN + half, scene.width - MARGIN - half), top - 12.0);
    scene.styled(at, Anchor::Middle, scene.width, &label, (SIZE, true, Ink::Text));
}

/// Heights for labels near the wanted ones, a step apart, within both ends.
fn apart(wanted: &[f64], top: f64, bottom: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|a, b| wanted[*a].total_cmp(&wanted[*b]).then(a.cmp(b)));
    let mut rows = vec![0.0; wanted.len()];
    let mut next = top;
    for n in &order {
        rows[*n] = wanted[*n].max(next);
        next = rows[*n] + STEP;
    }
    let mut last = bottom;
    for n in order.iter().rev() {
        rows[*n] = rows[*n].min(last);
        last = rows[*n] - STEP;
    }
    rows
}

/// Money from zero, ticked in round amounts.
struct MoneyScale {
    most: f64,
    ticks: Vec<f64>,
}

impl MoneyScale {
    fn new(dearest: f64) -> Self {
        let dearest = if dearest > 0.0 { dearest } else { 1.0 };
        let power = 10f64.powf((dearest / 5.0).log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|s| s * power).into_iter().find(|s| dearest / s <= 5.0).unwrap_or(dearest);
        let count = (dearest / step).ceil().clamp(1.0, 12.0) as u32;
        Self { most: step * f64::from(count), ticks: (0..=count).map(|n| step * f64::from(n)).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_spread_within_their_ends() {
        let rows = apart(&[100.0, 101.0, 99.0, 290.0, 295.0], 6.0, 294.0);
        let mut sorted = rows.clone();
        sorted.sort_by(f64::total_cmp);
        assert!(sorted.windows(2).all(|w| w[1] - w[0] >= STEP - 1e-9), "{rows:?}");
        assert!(sorted.iter().all(|y| (6.0..=294.0).contains(y)), "{rows:?}");
        assert!(rows[2] < rows[0] && rows[0] < rows[1], "in the order of what they belong to");
    }

    #[test]
    fn money_is_ticked_in_round_amounts() {
        let scale = MoneyScale::new(4092.0);
        assert_eq!(scale.ticks, [0.0, 1000.0, 2000.0, 3000.0, 4000.0, 5000.0]);
        assert_eq!(MoneyScale::new(0.0).ticks.len(), 6);
    }
}
