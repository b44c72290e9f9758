//! Charts as they are laid out: no label is cut off or overlaps another, whatever is drawn.

#![allow(clippy::unwrap_used)]

use super::scene::{Anchor, Area, Mark, Scene};
use super::{Chart, charts, font};
use crate::assess::{Assessment, assess, represent};
use crate::sim::{CampaignSettings, Filter, run_incidents};

const SCENARIOS: [&str; 7] = [
    include_str!("../../../scenarios/kafka.toml"),
    include_str!("../../../scenarios/shop.toml"),
    include_str!("../../../scenarios/doris.toml"),
    include_str!("../../../scenarios/greptimedb.toml"),
    include_str!("../../../scenarios/greptimedb-regions.toml"),
    include_str!("../../../scenarios/materialize.toml"),
    include_str!("../../../templates/scenario/comparison.toml"),
];

fn assessed(text: &str) -> Assessment {
    let scenario = crate::spec::load(text).ok().unwrap().scenario;
    let settings = CampaignSettings { trials: 1000, seed: 1, threads: 2, truncate: false };
    let campaign = run_incidents(&scenario, &settings, &Filter::default());
    let mut result = assess(&scenario, &campaign, &Filter::default());
    represent(&mut result, &scenario, &campaign, &Filter::default());
    result
}

/// The room that a mark's text takes; `None` for a mark without text.
fn text_area(mark: &Mark) -> Option<(Area, &str)> {
    let Mark::Text { x, y, anchor, size, bold, text, .. } = mark else { return None };
    let (w, h) = (font::width(text, *size, *bold), size * 1.3);
    let x = match anchor {
        Anchor::Start => *x,
        Anchor::Middle => x - w / 2.0,
        Anchor::End => x - w,
    };
    Some((Area { x, y: y - h / 2.0, w, h }, text))
}

/// Text inside the chart, and no text on another.
fn is_readable(chart: &Chart) {
    for scene in [&chart.scene, &chart.narrow] {
        is_readable_in(chart, scene);
    }
    assert!(chart.narrow.width <= 336.0, "a phone of 360 pixels less the margins of the page");
}

fn is_readable_in(chart: &Chart, scene: &Scene) {
    let texts: Vec<_> = scene.marks.iter().filter_map(text_area).collect();
    assert!(!texts.is_empty(), "{}", chart.title);
    for (n, (area, text)) in texts.iter().enumerate() {
        let inside = area.x >= 0.0 && area.right() <= scene.width && area.y >= 0.0 && area.bottom() <= scene.height;
        assert!(inside, "{}: {text:?} is cut off: {area:?} in {}x{}", chart.title, scene.width, scene.height);
        for (other, other_text) in &texts[n + 1..] {
            let apart = area.right() <= other.x + 0.5
                || other.right() <= area.x + 0.5
                || area.bottom() <= other.y + 1.0
                || other.bottom() <= area.y + 1.0;
            assert!(apart, "{}: {text:?} {area:?} overlaps {other_text:?} {other:?}", chart.title);
        }
    }
    let points = scene.marks.iter().flat_map(|mark| match mark {
        Mark::Fill(a, _) | Mark::Frame(a, _) => vec![(a.x, a.y), (a.right(), a.bottom())],
        Mark::Line { points, .. } | Mark::Polygon(points, _) => points.clone(),
        Mark::Dot { x, y, r, .. } => vec![(x - r, y - r), (x + r, y + r)],
        Mark::Text { .. } => Vec::new(),
    });
    for (x, y) in points {
        let inside = (-0.5..=scene.width + 0.5).contains(&x) && (-0.5..=scene.height + 0.5).contains(&y);
        assert!(inside, "{}: a mark at {x}, {y}", chart.title);
    }
}

#[test]
fn no_label_is_cut_off_or_overlaps_another() {
    for text in SCENARIOS {
        let result = assessed(text);
        let charts = charts(&result);
        assert!(charts.len() > 8, "{}: {} charts", result.scenario.title, charts.len());
        charts.iter().for_each(is_readable);
    }
}

/// The same with names of any length and figures of any size, as a result file may claim them.
#[test]
fn hostile_names_and_figures_are_drawn_within_the_chart() {
    let mut result = assessed(SCENARIOS[1]);
    let names = [
        "<script>alert(1)</script>",
        "\u{202e}\u{7}",
        &"wide ".repeat(2000),
        "數據庫數據庫數據庫數據庫數據庫數據庫數據庫數據庫數據庫數據庫",
        "",
    ];
    for (n, tier) in result.tiers.iter_mut().enumerate() {
        tier.id = names[n % names.len()].to_owned();
        tier.cost.per_month = [Some(1e300), Some(-5.0), Some(0.0), None][n % 4];
        for item in &mut tier.cost.items {
            item.per_month = Some(1e300);
            item.item = names[n % names.len()].to_owned();
        }
        for incident in &mut tier.incidents {
            incident.failure = format!("{}{}", incident.failure, names[2]);
            let profile = &mut incident.distribution.recovery_time;
            profile.iter_mut().step_by(3).for_each(|v| *v = Some(1e300));
            profile.iter_mut().skip(1).step_by(3).for_each(|v| *v = Some(-1e300));
            if let Some(objective) = &mut incident.objective {
                objective.rto = Some(1e-300);
            }
            for line in incident.representative.iter_mut().flat_map(|r| [&mut r.median, &mut r.p95]).flatten() {
                line.recovery_time = 1e300;
                for step in &mut line.steps {
                    (step.begin, step.finish) = (1e300, -1e300);
                    step.id = names[n % names.len()].to_owned();
                }
            }
        }
    }
    let charts = charts(&result);
    assert!(charts.len() > 40);
    charts.iter().for_each(is_readable);
    for chart in charts.iter().step_by(7) {
        let svg = chart.svg("x").unwrap();
        assert!(!svg.contains("<script") && !svg.contains('\u{202e}') && !svg.contains('\u{7}'));
    }
}

#[test]
fn the_same_result_is_drawn_in_the_same_bytes() {
    let result = assessed(SCENARIOS[0]);
    let draw = || {
        let charts = charts(&result);
        (charts[0].svg("a").unwrap(), charts[2].svg("b").unwrap(), charts[0].png().unwrap())
    };
    let (first, second) = (draw(), draw());
    assert_eq!(first, second);
    assert!(first.2.starts_with(b"\x89PNG\r\n\x1a\n"));
    assert!(first.0.contains("<title id=\"a-t\">") && first.0.contains("<desc id=\"a-d\">"));
}
