//! One incident on a time line: what ran when, and what decided.

use super::axis::{TimeAxis, sane};
use super::scene::{Anchor, Area, HEADING, Ink, MARGIN, Mark, SIZE, Scene};
use super::{Chart, Shape, font, left_out};
use crate::assess::{IncidentAssessment, IncidentTimeLine, RepresentativeWay, TimedWait};
use crate::report::human;

const WIDTH: f64 = 640.0;
const ROW: f64 = 20.0;
const BAR: f64 = 12.0;

/// Widest column of names.
const NAMES: f64 = 210.0;

/// Lines that one chart shows at most: a longer one is read in the result itself.
const MOST_LINES: usize = 80;

/// The charts of incidents that ended in one way.
#[derive(Clone, Debug)]
pub struct WayCharts {
    /// The way and its share, in words; empty where there is only one.
    pub way: String,
    /// The median incident and the p95 one, those that there are.
    pub charts: Vec<Chart>,
}

/// A row of the chart.
struct Line<'a> {
    service: &'a str,
    label: String,
    begin: f64,
    finish: f64,
    critical: bool,
    is_wait: bool,
    ending: &'a str,
}

/// The median and the p95 incident under a failure, those that there are, for each way in which
/// incidents ended.
///
/// # Arguments
/// `who`: the tier that `incident` belongs to, or several of which the same is true.
#[must_use]
pub fn gantts(who: &str, incident: &IncidentAssessment) -> Vec<WayCharts> {
    let Some(found) = &incident.representative else { return Vec::new() };
    let pair = |way: Option<&RepresentativeWay>, lines: [&Option<IncidentTimeLine>; 2]| {
        let both = ["median", "p95"].into_iter().zip(lines);
        both.filter_map(|(which, line)| gantt((who, which, way), incident, line.as_ref()?)).collect::<Vec<_>>()
    };
    let all = if found.ways.is_empty() {
        vec![WayCharts { way: String::new(), charts: pair(None, [&found.median, &found.p95]) }]
    } else {
        let of_way = |way: &RepresentativeWay| {
            let way_words = format!("{} are ended by {}", share(incident, way), ended_by(way));
            WayCharts { way: way_words, charts: pair(Some(way), [&way.median, &way.p95]) }
        };
        found.ways.iter().map(of_way).collect()
    };
    all.into_iter().filter(|way| !way.charts.is_empty()).collect()
}

/// The share of incidents that end in a way: of a single service that of the whole campaign, as tables have it; of
/// several, whose plans only go together in the incidents that were looked at, that of these.
fn share(incident: &IncidentAssessment, way: &RepresentativeWay) -> String {
    let whole = match way.plans.as_slice() {
        [plan] if incident.service.is_some() => incident.plans.get(plan).copied(),
        _ => None,
    };
    human::percent(whole.unwrap_or(way.n as f64 / way.of.max(1) as f64))
}

/// What brought service back, in words.
fn ended_by(way: &RepresentativeWay) -> String {
    let name = |plan: &String| if plan == "wait" { "the end of the outage".to_owned() } else { plan.clone() };
    let mut names: Vec<String> = way.plans.iter().map(name).collect();
    names.dedup();
    names.join(" + ")
}

fn gantt(
    (who, which, way): (&str, &str, Option<&RepresentativeWay>),
    incident: &IncidentAssessment,
    line: &IncidentTimeLine,
) -> Option<Chart> {
    let lines = lines(line);
    // Users felt nothing.
    if lines.is_empty() {
        return None;
    }
    let by = way.map(ended_by);
    let ended = by.as_ref().map_or_else(String::new, |by| format!(" ended by {by}"));
    let title = format!("The {which} incident of {}{ended}: {who}", incident.failure);
    let share = way.map_or_else(String::new, |way| format!("; {} of incidents end this way", share(incident, way)));
    let below = format!(
        "service back after {}, {} of writes lost; incident {} of the campaign{share}",
        human::time(sane(line.recovery_time)),
        human::time(sane(line.data_loss)),
        line.occurrence
    );
    let rto = incident.objective.as_ref().and_then(|o| o.rto);
    let path: Vec<String> = lines
        .iter()
        .filter(|l| l.critical)
        .map(|l| format!("{} {}", l.label, human::time(sane(l.finish - l.begin))))
        .collect();
    let path = if path.is_empty() { "nothing".to_owned() } else { path.join(", then ") };
    let description = format!("{below}. Critical path: {path}.");
    let plans = way.map_or(&[][..], |way| &way.plans);
    let words = [incident.failure.as_str(), who].into_iter().chain(plans.iter().map(String::as_str)).chain([which]);
    let described = (words.map(str::to_owned).collect(), title.clone(), description);
    Some(Chart::new(described, |shape| {
        let mut scene = Scene::new(shape.width(WIDTH));
        let top = scene.heading(&title, &below);
        draw(&mut scene, line, &lines, rto, (top, shape));
        scene
    }))
}

/// Steps and waits together: services by name, the critical path in its order.
fn lines(line: &IncidentTimeLine) -> Vec<Line<'_>> {
    let steps = line.steps.iter().map(|step| Line {
        service: &step.service,
        label: step.id.clone(),
        begin: sane(step.begin),
        finish: sane(step.finish).max(sane(step.begin)),
        critical: step.critical,
        is_wait: false,
        ending: &step.ending,
    });
    let waits = line.waits.iter().map(|wait| Line {
        service: &wait.service,
        label: waiting(wait),
        begin: sane(wait.begin),
        finish: sane(wait.finish).max(sane(wait.begin)),
        critical: wait.critical,
        is_wait: true,
        ending: "done",
    });
    let mut all: Vec<Line<'_>> = steps.chain(waits).collect();
    all.sort_by(|a, b| {
        let key = |l: &Line<'_>| (l.begin, l.finish);
        a.service.cmp(b.service).then(key(a).0.total_cmp(&key(b).0)).then(key(a).1.total_cmp(&key(b).1))
    });
    all
}

/// A wait in words.
fn waiting(wait: &TimedWait) -> String {
    let what = wait.what.as_deref().unwrap_or("another");
    match wait.reason.as_ref() {
        "detection" => "until detected".to_owned(),
        "after-down" => "until it has lasted long enough".to_owned(),
        "outage-end" => "until the outage ends".to_owned(),
        "resume" => "until service resumes".to_owned(),
        "takeover" => "until another takes over".to_owned(),
        "people" => format!("for a free {what}"),
        "data" => format!("for the data of {what}"),
        "needs" => format!("for {what}"),
        other => format!("for {other}"),
    }
}

/// Rows on their axis.
struct Field {
    axis: TimeAxis,
    /// Width of the names beside the bars; `None` where names stand above them.
    names: Option<f64>,
    /// Height of a row.
    row: f64,
}

impl Field {
    fn new(scene: &Scene, shown: &[Line<'_>], figures: &[String], end: f64, shape: Shape) -> Self {
        if shape == Shape::Narrow {
            let axis = TimeAxis::linear(MARGIN + 8.0, scene.width - MARGIN - 8.0, end);
            return Self { axis, names: None, row: 2.0 * ROW - 2.0 };
        }
        let widest = |texts: &mut dyn Iterator<Item = (&str, bool)>| {
            texts
                .map(|(text, bold)| font::width(&text.chars().take(200).collect::<String>(), SIZE, bold))
                .fold(0.0, f64::max)
        };
        let names = widest(&mut shown.iter().map(|l| (l.label.as_str(), l.critical))).min(NAMES) + 14.0;
        let figures_width = widest(&mut figures.iter().map(|f| (f.as_str(), false)));
        let (left, right) = (MARGIN + names + 10.0, scene.width - MARGIN - figures_width - 10.0);
        Self { axis: TimeAxis::linear(left, right, end), names: Some(names), row: ROW }
    }
}

fn draw(
    scene: &mut Scene,
    incident: &IncidentTimeLine,
    lines: &[Line<'_>],
    rto: Option<f64>,
    (top, shape): (f64, Shape),
) {
    let shown = &lines[..lines.len().min(MOST_LINES)];
    let mut services: Vec<&str> = shown.iter().map(|l| l.service).collect();
    services.dedup();
    let several = services.len() > 1;
    let figures: Vec<String> = shown.iter().map(figure).collect();
    let end = shown.iter().map(|l| l.finish).fold(sane(incident.recovery_time), f64::max) * 1.02;
    let field = Field::new(scene, shown, &figures, end, shape);
    let visible = rto.filter(|rto| sane(*rto) <= end);
    let first = top + if visible.is_some() { 18.0 } else { 0.0 };
    let heads = if several { services.len() } else { 0 };
    let bottom = first + ROW * heads as f64 + field.row * shown.len() as f64 + 4.0;
    field.axis.draw(scene, first, bottom);
    let mut y = first;
    let mut service = None;
    for (line, figure) in shown.iter().zip(&figures) {
        if several && service != Some(line.service) {
            service = Some(line.service);
            let width = scene.width;
            scene.fill(Area { x: 0.0, y: y + 1.0, w: width, h: ROW - 2.0 }, Ink::Paper);
            let at = (MARGIN, y + ROW / 2.0);
            scene.styled(at, Anchor::Start, width - 2.0 * MARGIN, line.service, (SIZE, true, Ink::Quiet));
            y += ROW;
        }
        draw_line(scene, line, figure, &field, y);
        y += field.row;
    }
    if let Some(rto) = visible {
        let x = field.axis.x(rto);
        scene.line((x, first - 2.0), (x, bottom), Ink::Text, 2);
        let label = format!("RTO {}", human::time(sane(rto)));
        let half = font::width(&label, SIZE, true) / 2.0;
        let at = (x.clamp(MARGIN + half, scene.width - MARGIN - half), first - 10.0);
        scene.styled(at, Anchor::Middle, scene.width, &label, (SIZE, true, Ink::Text));
    }
    key(scene, bottom + 24.0, &left_out(shown.len(), lines.len(), "lines"));
}

/// How long it took, and how it ended if not well.
fn figure(line: &Line<'_>) -> String {
    let took = human::time(line.finish - line.begin);
    match line.ending {
        "failed" => format!("{took}, failed"),
        "given-up" => format!("{took}, given up"),
        _ => took,
    }
}

fn draw_line(scene: &mut Scene, line: &Line<'_>, figure: &str, field: &Field, y: f64) {
    let middle = y + ROW / 2.0;
    let indent = MARGIN + 10.0;
    let look = (SIZE, line.critical, if line.critical { Ink::Text } else { Ink::Quiet });
    let width = scene.width;
    let names = field.names.unwrap_or_else(|| {
        scene.fill(Area { x: 0.0, y: y + 1.0, w: width, h: ROW - 2.0 }, Ink::Paper);
        width - 2.0 * MARGIN - 18.0 - font::width(figure, SIZE, false)
    });
    scene.styled((indent, middle), Anchor::Start, names, &line.label, look);
    scene.text((width - MARGIN, middle), Anchor::End, width / 2.0, figure);
    let x = field.axis.x(line.begin);
    // Below the name on the lower half of the row, beside it on its only line.
    let middle = y + field.row - ROW / 2.0;
    let area = Area { x, y: middle - BAR / 2.0, w: (field.axis.x(line.finish) - x).max(2.0), h: BAR };
    let ink = if line.ending == "failed" { Ink::Bad } else { Ink::Good };
    draw_bar(scene, area, line.is_wait, line.critical, ink);
}

fn draw_bar(scene: &mut Scene, area: Area, is_wait: bool, critical: bool, ink: Ink) {
    match (is_wait, critical) {
        (true, critical) => {
            let (ink, width) = if critical { (ink, 3) } else { (Ink::Plain, 1) };
            let middle = area.y + area.h / 2.0;
            scene.line((area.x, middle), (area.right(), middle), ink, width);
            for x in [area.x, area.right()] {
                scene.line((x, area.y), (x, area.bottom()), ink, 1);
            }
        }
        (false, true) => scene.fill(area, ink),
        (false, false) => {
            scene.fill(area, Ink::Paper);
            scene.marks.push(Mark::Frame(area, ink));
        }
    }
}

/// What the bars mean.
fn key(scene: &mut Scene, y: f64, left_out: &str) {
    let (mut x, mut middle) = (MARGIN, y + 12.0);
    let kinds = [
        ("step on the critical path", false, true),
        ("step beside it", false, false),
        ("wait on the critical path", true, true),
        ("wait", true, false),
    ];
    for (label, is_wait, critical) in kinds {
        let w = 28.0 + font::width(label, SIZE, false);
        if x + w > scene.width - MARGIN && x > MARGIN {
            (x, middle) = (MARGIN, middle + 18.0);
        }
        let area = Area { x, y: middle - BAR / 2.0, w: 22.0, h: BAR };
        draw_bar(scene, area, is_wait, critical, Ink::Good);
        scene.styled((x + 28.0, middle), Anchor::Start, 200.0, label, (SIZE, false, Ink::Quiet));
        x += w + 12.0;
    }
    scene.height = middle + HEADING;
    if !left_out.is_empty() {
        scene.height = scene.note((MARGIN, middle + 18.0), left_out);
    }
}
