//! One incident on a time line: what ran when, and what decided.

use super::axis::{TimeAxis, sane};
use super::scene::{Anchor, Area, HEADING, Ink, MARGIN, Mark, SIZE, Scene};
use super::{Chart, font, left_out};
use crate::assess::{IncidentAssessment, IncidentTimeLine, TimedWait};
use crate::report::human;

const WIDTH: f64 = 640.0;
const ROW: f64 = 20.0;
const BAR: f64 = 12.0;

/// Widest column of names.
const NAMES: f64 = 210.0;

/// Lines that one chart shows at most: a longer one is read in the result itself.
const MOST_LINES: usize = 80;

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

/// The median and the p95 incident under a failure, those that there are.
///
/// # Arguments
/// `who`: the tier that `incident` belongs to, or several of which the same is true.
#[must_use]
pub fn gantts(who: &str, incident: &IncidentAssessment) -> Vec<Chart> {
    let Some(representative) = &incident.representative else { return Vec::new() };
    let pair = [("median", &representative.median), ("p95", &representative.p95)];
    pair.into_iter().filter_map(|(which, line)| Some(gantt(who, incident, which, line.as_ref()?))).collect()
}

fn gantt(who: &str, incident: &IncidentAssessment, which: &str, line: &IncidentTimeLine) -> Chart {
    let lines = lines(line);
    let title = format!("The {which} incident of {}: {who}", incident.failure);
    let below = format!(
        "service back after {}, {} of writes lost; incident {} of the campaign",
        human::time(sane(line.recovery_time)),
        human::time(sane(line.data_loss)),
        line.occurrence
    );
    let mut scene = Scene::new(WIDTH);
    let top = scene.heading(&title, &below);
    let rto = incident.objective.as_ref().and_then(|o| o.rto);
    if lines.is_empty() {
        scene.styled((MARGIN, top + 8.0), Anchor::Start, WIDTH, "users felt nothing", (SIZE, false, Ink::Text));
        scene.height = top + 24.0;
    } else {
        draw(&mut scene, line, &lines, rto, top);
    }
    let path: Vec<String> = lines
        .iter()
        .filter(|l| l.critical)
        .map(|l| format!("{} {}", l.label, human::time(sane(l.finish - l.begin))))
        .collect();
    let description = if path.is_empty() {
        format!("{below}. Nothing had to be done.")
    } else {
        format!("{below}. Critical path: {}.", path.join(", then "))
    };
    let words = vec![incident.failure.clone(), who.to_owned(), which.to_owned()];
    Chart { words, title, description, scene }
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
        "takeover" => "until another instance takes over".to_owned(),
        "people" => format!("for a free {what}"),
        "data" => format!("for the data of {what}"),
        "needs" => format!("for {what}"),
        other => format!("for {other}"),
    }
}

fn draw(scene: &mut Scene, incident: &IncidentTimeLine, lines: &[Line<'_>], rto: Option<f64>, top: f64) {
    let shown = &lines[..lines.len().min(MOST_LINES)];
    let mut services: Vec<&str> = shown.iter().map(|l| l.service).collect();
    services.dedup();
    let several = services.len() > 1;
    let figures: Vec<String> = shown.iter().map(figure).collect();
    let widest = |texts: &mut dyn Iterator<Item = (&str, bool)>| {
        texts
            .map(|(text, bold)| font::width(&text.chars().take(200).collect::<String>(), SIZE, bold))
            .fold(0.0, f64::max)
    };
    let names = widest(&mut shown.iter().map(|l| (l.label.as_str(), l.critical))).min(NAMES) + 14.0;
    let figures_width = widest(&mut figures.iter().map(|f| (f.as_str(), false)));
    let (left, right) = (MARGIN + names + 10.0, WIDTH - MARGIN - figures_width - 10.0);
    let end = shown.iter().map(|l| l.finish).fold(sane(incident.recovery_time), f64::max);
    let axis = TimeAxis::linear(left, right, end * 1.02);
    let visible = rto.filter(|rto| sane(*rto) <= end * 1.02);
    let first = top + if visible.is_some() { 18.0 } else { 0.0 };
    let heads = if several { services.len() } else { 0 };
    let bottom = first + ROW * (shown.len() + heads) as f64 + 4.0;
    axis.draw(scene, first, bottom);
    let mut y = first;
    let mut service = None;
    for (line, figure) in shown.iter().zip(&figures) {
        if several && service != Some(line.service) {
            service = Some(line.service);
            scene.fill(Area { x: 0.0, y: y + 1.0, w: WIDTH, h: ROW - 2.0 }, Ink::Paper);
            let at = (MARGIN, y + ROW / 2.0);
            scene.styled(at, Anchor::Start, WIDTH - 2.0 * MARGIN, line.service, (SIZE, true, Ink::Quiet));
            y += ROW;
        }
        draw_line(scene, line, figure, &axis, (y, names));
        y += ROW;
    }
    if let Some(rto) = visible {
        let x = axis.x(rto);
        scene.line((x, first - 2.0), (x, bottom), Ink::Text, 2);
        let label = format!("RTO {}", human::time(sane(rto)));
        let half = font::width(&label, SIZE, true) / 2.0;
        let at = (x.clamp(MARGIN + half, WIDTH - MARGIN - half), first - 10.0);
        scene.styled(at, Anchor::Middle, WIDTH, &label, (SIZE, true, Ink::Text));
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

fn draw_line(scene: &mut Scene, line: &Line<'_>, figure: &str, axis: &TimeAxis, (y, names): (f64, f64)) {
    let middle = y + ROW / 2.0;
    let indent = MARGIN + 10.0;
    let ink = if line.critical { Ink::Text } else { Ink::Quiet };
    scene.styled((indent, middle), Anchor::Start, names, &line.label, (SIZE, line.critical, ink));
    scene.text((WIDTH - MARGIN, middle), Anchor::End, WIDTH / 3.0, figure);
    let x = axis.x(line.begin);
    let area = Area { x, y: middle - BAR / 2.0, w: (axis.x(line.finish) - x).max(2.0), h: BAR };
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
    let middle = y + 12.0;
    let mut x = MARGIN;
    let kinds = [
        ("step on the critical path", false, true),
        ("step beside it", false, false),
        ("wait on the critical path", true, true),
        ("wait", true, false),
    ];
    for (label, is_wait, critical) in kinds {
        let area = Area { x, y: middle - BAR / 2.0, w: 22.0, h: BAR };
        draw_bar(scene, area, is_wait, critical, Ink::Good);
        scene.styled((x + 28.0, middle), Anchor::Start, 200.0, label, (SIZE, false, Ink::Quiet));
        x += 28.0 + font::width(label, SIZE, false) + 12.0;
    }
    let bottom = if left_out.is_empty() { middle } else { middle + 18.0 };
    scene.styled((MARGIN, bottom), Anchor::Start, WIDTH, left_out, (SIZE, false, Ink::Quiet));
    scene.height = bottom + HEADING;
}
