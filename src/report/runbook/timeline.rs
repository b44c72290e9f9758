//! A median and a bad incident as charts of text: what ran when, and what had to be waited for.

use super::subject::Subject;
use super::view::{Chart, ChartRow};
use crate::assess::{IncidentAssessment, IncidentTimeLine, PlanTimes, TimedWait};
use crate::report::human;

/// Columns of the bars: with names and times a line fits a terminal.
const WIDTH: usize = 32;

/// Characters of a name at most.
const NAME: usize = 28;

/// The charts of a failure: incidents near the median and near the p95 of those that this plan ended.
///
/// # Arguments
/// `times`: those in which the service had no other plan, where the campaign has too few.
pub(super) fn charts(subject: &Subject<'_>, incident: &IncidentAssessment, times: Option<&PlanTimes>) -> Vec<Chart> {
    let whole = incident.representative.as_ref();
    let alone = times.and_then(|times| times.representative.as_ref());
    let way = whole.and_then(|found| found.ways.iter().find(|way| *way.plans == [subject.plan.name.as_str()]));
    let lines = match (alone, way, whole) {
        (Some(found), ..) => [&found.median, &found.p95],
        (None, Some(way), _) => [&way.median, &way.p95],
        (None, None, Some(found)) => [&found.median, &found.p95],
        (None, None, None) => return Vec::new(),
    };
    let both = ["median", "p95"].into_iter().zip(lines).filter_map(|(what, line)| Some((what, line.as_ref()?)));
    both.filter(|(_, line)| line.plan == subject.plan.name).map(|(what, line)| chart(subject, what, line)).collect()
}

fn chart(subject: &Subject<'_>, what: &str, line: &IncidentTimeLine) -> Chart {
    let own = |service: &String| *service == subject.service.name;
    let steps = line.steps.iter().filter(|step| own(&step.service)).map(|step| {
        let position = subject.fitted.steps.iter().position(|s| subject.scenario().steps[s.step].name == step.id);
        let number = position.filter(|_| step.plan == subject.plan.name).map(|p| format!("{} ", subject.number(p)));
        let ending = match &*step.ending {
            "done" => "",
            "failed" => " (failed)",
            _ => " (given up)",
        };
        let name = format!("{}{}{ending}", number.unwrap_or_default(), step.id);
        (name, step.begin, step.finish, step.critical)
    });
    let waits = line.waits.iter().filter(|wait| own(&wait.service) && wait.finish > wait.begin);
    let waits = waits.map(|wait| (waited(wait), wait.begin, wait.finish, wait.critical));
    let mut rows: Vec<(String, f64, f64, bool)> = steps.chain(waits).collect();
    rows.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.2.total_cmp(&b.2)).then_with(|| a.0.cmp(&b.0)));
    let end = rows.iter().map(|row| row.2).fold(line.recovery_time, f64::max);
    let rows: Vec<ChartRow> = rows
        .into_iter()
        .map(|(name, begin, finish, critical)| ChartRow {
            bar: bar(begin / end, finish / end, critical),
            name,
            begin: human::time(begin),
            finish: human::time(finish),
            takes: human::time(finish - begin),
            critical,
        })
        .collect();
    let text = text(&rows);
    Chart {
        what: what.to_owned(),
        recovery_time: human::time(line.recovery_time),
        data_loss: human::brief(line.data_loss),
        rows,
        text,
    }
}

/// What could not be helped, in words.
fn waited(wait: &TimedWait) -> String {
    let what = wait.what.as_deref().unwrap_or_default();
    match &*wait.reason {
        "detection" => "not yet noticed".to_owned(),
        "after-down" => "not yet down long enough".to_owned(),
        "outage-end" => "waits for the outage's end".to_owned(),
        "resume" => "service resumes".to_owned(),
        "takeover" => "another instance takes over".to_owned(),
        "people" => format!("waits for {what}"),
        "data" => format!("waits for data of {what}"),
        _ => format!("waits for {what}"),
    }
}

/// A bar from one share of the width to another, at least one character.
fn bar(from: f64, to: f64, critical: bool) -> String {
    let at = |share: f64| if share.is_finite() { (share * WIDTH as f64).round() as usize } else { 0 };
    let begin = at(from).min(WIDTH - 1);
    let length = at(to).min(WIDTH).saturating_sub(begin).max(1);
    let mark = if critical { "█" } else { "░" };
    format!("{}{}{}", " ".repeat(begin), mark.repeat(length), " ".repeat(WIDTH - begin - length))
}

/// The rows as lines of a terminal.
fn text(rows: &[ChartRow]) -> String {
    let cut = |name: &str| match name.char_indices().nth(NAME) {
        Some(_) => name.chars().take(NAME - 1).chain(['…']).collect(),
        None => name.to_owned(),
    };
    let names: Vec<String> = rows.iter().map(|row| cut(&row.name)).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let line = |(row, name): (&ChartRow, &String)| {
        let room = " ".repeat(width - name.chars().count());
        // After days, minutes no longer show in the ends: how long it takes says it then.
        let when = if row.begin == row.finish {
            format!("{}, for {}", row.begin, row.takes)
        } else {
            format!("{} to {}", row.begin, row.finish)
        };
        format!("{name}{room} |{}| {when}", row.bar)
    };
    rows.iter().zip(&names).map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_whose_ends_read_the_same_says_how_long_it_takes() {
        let row = |name: &str, begin: &str, finish: &str| ChartRow {
            name: name.to_owned(),
            begin: begin.to_owned(),
            finish: finish.to_owned(),
            takes: "5 min".to_owned(),
            critical: true,
            bar: "█".to_owned(),
        };
        let rows = [row("1 find", "0 s", "1 d 1 h"), row("2 check", "1 d 1 h", "1 d 1 h")];
        assert_eq!(text(&rows), "1 find  |█| 0 s to 1 d 1 h\n2 check |█| 1 d 1 h, for 5 min");
    }

    #[test]
    fn every_bar_is_as_wide_as_the_others_and_seen() {
        for (from, to) in [(0.0, 1.0), (0.0, 0.0), (1.0, 1.0), (0.5, 0.75), (0.0, f64::NAN)] {
            let bar = bar(from, to, true);
            assert_eq!(bar.chars().count(), WIDTH, "{from} to {to}");
            assert!(bar.contains('█'), "{from} to {to}");
        }
    }
}
