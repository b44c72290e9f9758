//! The bill of a month by kind of item, a row for each tier.

use super::scene::{Anchor, Area, HEADING, Ink, MARGIN, Mark, SIZE, Scene};
use super::{Chart, MOST_TIERS, font, left_out};
use crate::assess::{Assessment, TierAssessment};
use crate::report::cells::sum;
use crate::report::comparison::by_merit;
use crate::report::human;

const WIDTH: f64 = 720.0;
const ROW: f64 = 44.0;
const BAR: f64 = 20.0;

/// Kinds that are told apart; the least are summed up as the rest.
const MOST_KINDS: usize = 5;

/// Largest amount that is drawn: what a file claims beyond it is drawn as this.
const LARGEST: f64 = 1e15;

/// What stands before the first colon: `compute: web` is compute.
fn kind(item: &str) -> &str {
    item.split(':').next().unwrap_or(item).trim()
}

fn amount(value: Option<f64>) -> f64 {
    value.filter(|v| v.is_finite()).map_or(0.0, |v| v.clamp(0.0, LARGEST))
}

/// The kinds of all bills, the dearest first.
fn kinds<'a>(tiers: &[&'a TierAssessment]) -> Vec<&'a str> {
    let mut sums: Vec<(&str, f64)> = Vec::new();
    for item in tiers.iter().flat_map(|t| &t.cost.items) {
        let (name, paid) = (kind(&item.item), amount(item.per_month));
        match sums.iter_mut().find(|(known, _)| *known == name) {
            Some((_, sum)) => *sum += paid,
            None => sums.push((name, paid)),
        }
    }
    sums.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    sums.into_iter().filter(|(_, paid)| *paid > 0.0).take(MOST_KINDS).map(|(name, _)| name).collect()
}

/// What a tier pays for each of the kinds, then for all others.
fn parts(tier: &TierAssessment, kinds: &[&str]) -> Vec<f64> {
    let mut parts = vec![0.0; kinds.len() + 1];
    for item in &tier.cost.items {
        let at = kinds.iter().position(|known| *known == kind(&item.item)).unwrap_or(kinds.len());
        parts[at] += amount(item.per_month);
    }
    parts
}

/// The bills; `None` where nothing has a price.
#[must_use]
pub fn bill(result: &Assessment) -> Option<Chart> {
    let all = by_merit(result);
    let tiers = &all[..all.len().min(MOST_TIERS)];
    let kinds = kinds(tiers);
    let bills: Vec<Vec<f64>> = tiers.iter().map(|tier| parts(tier, &kinds)).collect();
    let dearest = bills.iter().map(|parts| parts.iter().sum::<f64>()).fold(0.0, f64::max);
    if dearest <= 0.0 {
        return None;
    }
    let rest = bills.iter().any(|parts| parts[kinds.len()] > 0.0);
    let totals: Vec<String> = tiers.iter().map(|tier| total(tier)).collect();
    let said = tiers.iter().zip(&bills).zip(&totals).map(|((tier, parts), total)| describe(tier, parts, &kinds, total));
    let title = "Cost per month by kind of item".to_owned();
    let described = (vec!["cost-by-item".to_owned()], title, said.collect::<Vec<_>>().join("; ") + ".");
    let more = left_out(tiers.len(), all.len(), "tiers");
    Some(Chart::new(described, |shape| {
        let mut scene = Scene::new(shape.width(WIDTH));
        let top = scene.heading("Cost per month by kind of item", "in the order of the comparison");
        let mut y = key(&mut scene, &kinds, rest, top);
        for ((tier, parts), total) in tiers.iter().zip(&bills).zip(&totals) {
            row(&mut scene, (tier, total), parts, dearest, y);
            y += ROW;
        }
        scene.height = y + 4.0;
        if !more.is_empty() {
            scene.height = scene.note((MARGIN, y + 8.0), &more);
        }
        scene
    }))
}

fn total(tier: &TierAssessment) -> String {
    let total = sum(tier.cost.per_month, tier.cost.known_per_month, &tier.cost.currency);
    font::clipped(&total, SIZE, true, super::NARROW / 2.0)
}

fn row(scene: &mut Scene, (tier, total): (&TierAssessment, &str), parts: &[f64], dearest: f64, y: f64) {
    let full = scene.width - 2.0 * MARGIN;
    let room = full - font::width(total, SIZE, true) - MARGIN;
    scene.text((MARGIN, y + 9.0), Anchor::Start, room, &tier.id);
    scene.styled((scene.width - MARGIN, y + 9.0), Anchor::End, full, total, (SIZE, true, Ink::Text));
    let mut x = MARGIN;
    for (n, paid) in parts.iter().enumerate().filter(|(_, paid)| **paid > 0.0) {
        let w = paid / dearest * full;
        let area = Area { x, y: y + 18.0, w: (w - 1.0).max(0.5), h: BAR };
        scene.fill(area, Ink::Part(n));
        scene.marks.push(Mark::Frame(area, Ink::Quiet));
        x += w;
    }
}

fn describe(tier: &TierAssessment, parts: &[f64], kinds: &[&str], total: &str) -> String {
    let names = kinds.iter().copied().chain(["other"]);
    let each: Vec<String> = names
        .zip(parts)
        .filter(|(_, paid)| **paid > 0.0)
        .map(|(name, paid)| format!("{name} {}", human::money(*paid, &tier.cost.currency)))
        .collect();
    format!("{}: {total} ({})", tier.id, each.join(", "))
}

/// The colours in the order of the bars; returns where the rows begin.
fn key(scene: &mut Scene, kinds: &[&str], rest: bool, top: f64) -> f64 {
    let (mut x, mut y) = (MARGIN, top + 6.0);
    let others = if rest { Some("other") } else { None };
    for (n, name) in kinds.iter().copied().chain(others).enumerate() {
        let name = font::clipped(name, SIZE, false, 200.0);
        let w = 24.0 + font::width(&name, SIZE, false) + 16.0;
        if x + w > scene.width && x > MARGIN {
            (x, y) = (MARGIN, y + 20.0);
        }
        let area = Area { x, y: y - 7.0, w: 18.0, h: 14.0 };
        scene.fill(area, Ink::Part(n));
        scene.marks.push(Mark::Frame(area, Ink::Quiet));
        scene.text((x + 24.0, y), Anchor::Start, 220.0, &name);
        x += w;
    }
    y + HEADING + 4.0
}
