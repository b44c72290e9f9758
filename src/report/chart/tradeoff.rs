//! What a tier costs against how long its worst failure keeps users waiting.

use super::axis::{TimeAxis, sane};
use super::scene::{Anchor, Ink, MARGIN, Mark, SIZE, Scene};
use super::{Chart, MOST_TIERS, font, left_out};
use crate::assess::{Assessment, TierAssessment};
use crate::report::cells::{mark, of_application};
use crate::report::comparison::by_merit;
use crate::report::human;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 300.0;

/// Distance of the labels of two tiers.
const STEP: f64 = 18.0;

/// Widest name beside a point.
const NAMES: f64 = 170.0;

/// Room for those that never recover.
const SIDE: f64 = 50.0;

struct Point<'a> {
    tier: &'a TierAssessment,
    /// p95 of recovery time under the failure where it is longest; `None`: beyond the recoverable.
    time: Option<f64>,
    cost: f64,
}

/// The longest p95 of recovery time over all failures of a tier, with its failure; `None` time where it
/// falls on incidents that never recover, nothing at all where too few trials resolve it.
fn worst(tier: &TierAssessment) -> Option<Option<f64>> {
    let mut worst = Some(0.0_f64);
    let mut any = false;
    for incident in of_application(tier) {
        let estimate = &incident.recovery_time.estimate;
        let finite = (estimate.n - incident.unrecoverable.events.min(estimate.n)) as f64;
        match estimate.p95 {
            Some(p95) => worst = worst.map(|w| w.max(sane(p95.point))),
            None if finite < estimate.n as f64 * 0.95 => worst = None,
            None => continue,
        }
        any = true;
    }
    any.then_some(worst)
}

/// The tiers whose bill is known; `None` if there are fewer than two of them.
#[must_use]
pub fn tradeoff(result: &Assessment) -> Option<Chart> {
    let mut points: Vec<Point<'_>> = by_merit(result)
        .into_iter()
        .filter_map(|tier| {
            let cost = tier.cost.per_month.filter(|cost| cost.is_finite() && cost.abs() < 1e15)?;
            Some(Point { tier, time: worst(tier)?, cost: cost.max(0.0) })
        })
        .collect();
    let all = points.len();
    points.truncate(MOST_TIERS);
    if points.len() < 2 {
        return None;
    }
    let title = "Cost per month against recovery time".to_owned();
    let mut scene = Scene::new(WIDTH);
    let below =
        "recovery time: p95 under the failure where it is longest; ✓ meets all objectives, ✗ misses some, ? open";
    let top = scene.heading(&title, below);
    let height = HEIGHT.max(points.len() as f64 * STEP + 20.0);
    draw(&mut scene, &points, (top + 8.0, top + 8.0 + height));
    scene.height = top + height + 54.0;
    let more = left_out(points.len(), result.tiers.len().max(all), "tiers");
    if !more.is_empty() {
        scene.height += 18.0;
        let y = scene.height - 12.0;
        let text = format!("{more}: their bill or their p95 is unknown, or they are too many");
        scene.styled((MARGIN, y), Anchor::Start, WIDTH - 2.0 * MARGIN, &text, (SIZE, false, Ink::Quiet));
    }
    let said: Vec<String> = points.iter().map(say).collect();
    Some(Chart {
        words: vec!["cost-against-recovery-time".to_owned()],
        title,
        description: said.join("; ") + ".",
        scene,
    })
}

fn say(point: &Point<'_>) -> String {
    let time = point.time.map_or_else(|| "never".to_owned(), human::brief);
    format!("{}: {} a month, {time}", point.tier.id, human::money(point.cost, &point.tier.cost.currency))
}

fn draw(scene: &mut Scene, points: &[Point<'_>], (top, bottom): (f64, f64)) {
    let currency = points.first().map_or("", |p| p.tier.cost.currency.as_str());
    let scale = MoneyScale::new(points.iter().map(|p| p.cost).fold(0.0, f64::max));
    let labels: Vec<String> = scale.ticks.iter().map(|tick| human::money(*tick, currency)).collect();
    let widest = labels.iter().map(|l| font::width(l, SIZE, false)).fold(0.0, f64::max);
    let names: Vec<String> = points
        .iter()
        .map(|p| font::clipped(&format!("{} {}", mark(p.tier.objectives_met), p.tier.id), SIZE, false, NAMES))
        .collect();
    let names_width = names.iter().map(|n| font::width(n, SIZE, false)).fold(0.0, f64::max);
    let nevers = points.iter().any(|p| p.time.is_none());
    let left = MARGIN + widest + 8.0;
    let end = WIDTH - MARGIN - names_width - 40.0;
    let right = end - if nevers { SIDE } else { 0.0 };
    let axis = TimeAxis::logarithmic(left + 12.0, right, points.iter().filter_map(|p| p.time));
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
        WIDTH,
        "recovery time, p95 of the worst failure",
        (SIZE, false, Ink::Quiet),
    );
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
