//! What to do: stages, steps, when each is done; and the way back.

use super::subject::{Subject, stages as order_of};
use super::timeline::charts;
use super::view::{Clock, Failback, Said, Sheet, Stage, Step, Todos, Verification};
use super::words::{joined, spread_of};
use crate::assess::{IncidentAssessment, Observed, StepAssessment};
use crate::id::PoolId;
use crate::model::{self, Failure, FailureKind, Phase, Upstream, Volume, Work};
use crate::report::human;

pub(super) fn stages(subject: &Subject<'_>, todos: &mut Todos) -> Vec<Stage> {
    let commit = subject.commit();
    let ran = subject.causes().any(|(id, _, _)| subject.times(id).is_some());
    let steps = subject.order.iter().map(|(position, stage)| {
        let fitted = &subject.fitted.steps[*position];
        let row = &subject.scenario().steps[fitted.step];
        let mut step = said(subject, row, &fitted.starts, todos);
        step.number = subject.number(*position).to_string();
        let beside = subject.order.iter().filter(|(other, s)| s == stage && other != position);
        step.beside = beside.map(|(other, _)| subject.number(*other).to_string()).collect();
        let mut after: Vec<usize> = fitted.after.iter().map(|p| subject.number(*p as usize)).collect();
        after.sort_unstable();
        step.after = after.iter().map(usize::to_string).collect();
        step.commits = commit == Some(*position);
        if !ran {
            step.notes.extend(takes(row));
        }
        (*stage, step)
    });
    grouped(steps)
}

fn grouped(steps: impl Iterator<Item = (u64, Step)>) -> Vec<Stage> {
    let mut stages: Vec<Stage> = Vec::new();
    for (number, step) in steps {
        match stages.last_mut() {
            Some(stage) if stage.number == number => {
                stage.parallel = true;
                stage.steps.push(step);
            }
            _ => stages.push(Stage { number, parallel: false, steps: vec![step] }),
        }
    }
    stages
}

/// What the scenario says of a step, and what it does not.
fn said(subject: &Subject<'_>, row: &model::Step, starts: &[PoolId], todos: &mut Todos) -> Step {
    let scenario = subject.scenario();
    // To notice and to decide changes nothing, and people need no command for it.
    let talk = matches!(row.phase, Phase::Detect | Phase::Decide);
    let who = match row.role {
        Some(role) => Said::Text(scenario.roles[role].name.clone()),
        None if row.phase == Phase::Detect => Said::Text("nobody: it is noticed by itself".to_owned()),
        None => todos.missing(""),
    };
    let run = match &row.run {
        None if talk => None,
        run => Some(todos.say(run.as_deref(), "command")),
    };
    let check = match (&row.check, &row.expect) {
        (None, Some(_)) => None,
        (check, _) => Some(todos.say(check.as_deref(), "")),
    };
    let if_fails = Some(todos.say(row.if_fails.as_deref(), ""));
    let rollback = match &row.rollback {
        None if talk => None,
        rollback => Some(todos.say(rollback.as_deref(), "")),
    };
    Step {
        number: String::new(),
        name: row.name.clone(),
        title: row.title.clone(),
        phase: row.phase.word(),
        who,
        after: Vec::new(),
        beside: Vec::new(),
        commits: false,
        background: row.background,
        notes: notes(subject, row, starts),
        run,
        check,
        expect: row.expect.clone().map(Said::Text),
        if_fails,
        rollback,
        same_as: None,
    }
}

fn notes(subject: &Subject<'_>, row: &model::Step, starts: &[PoolId]) -> Vec<String> {
    let scenario = subject.scenario();
    let mut notes = Vec::new();
    if !starts.is_empty() {
        let pools = joined(starts.iter().map(|p| scenario.compute[*p].name.as_str()));
        notes.push(format!("Starts {pools}; nothing to do if that is up already."));
    }
    if let Some(work) = &row.work {
        notes.push(moved(subject, work));
    }
    if row.fails.value() > 0.0 {
        let again = match row.retries {
            0 => "it is tried once".to_owned(),
            1 => "it is tried once more".to_owned(),
            n => format!("it is tried {n} times more"),
        };
        let then = if row.background {
            "then service stays below full capacity"
        } else if row.phase == Phase::Verify {
            "then take the next older recovery point"
        } else {
            "then go to the next plan"
        };
        notes.push(format!("Fails in {} of attempts: {again}, {then}.", human::percent(row.fails.value())));
    } else if row.retries > 0 {
        notes.push(format!("May be tried {} times more.", row.retries));
    }
    notes
}

/// What a step moves, and how fast at most.
fn moved(subject: &Subject<'_>, work: &Work) -> String {
    let scenario = subject.scenario();
    let whole = |bytes: crate::units::Bytes| bytes.human();
    let what = match work.volume {
        Volume::From if work.replays => "the log after the chosen recovery point".to_owned(),
        Volume::From => "the chosen recovery point".to_owned(),
        Volume::Data(id) => format!("all of {} ({})", scenario.data[id].name, whole(scenario.data[id].size)),
        Volume::Copy(id) => {
            let copy = &scenario.copies[id];
            format!("all of {} ({})", copy.name, whole(scenario.data[copy.data].size))
        }
        Volume::External(id) => format!("what {} sent since the recovery point", scenario.externals[id].name),
        Volume::Fixed(bytes) => whole(bytes),
    };
    let verb = if work.replays { "Replays" } else { "Moves" };
    let pace = match work.rate {
        Some(rate) if work.streams > 1 => format!(" at {} in each of {} streams, at most", rate.human(), work.streams),
        Some(rate) => format!(" at {}, at most", rate.human()),
        None => String::new(),
    };
    let over = work.over.map_or_else(String::new, |link| format!(", over link {}", scenario.links[link].name));
    format!("{verb} {what}{pace}{over}.")
}

/// How long a step takes by the scenario, where no simulated figure says it.
fn takes(row: &model::Step) -> Option<String> {
    let fixed = row.takes.as_ref().map(spread_of)?;
    let more = if row.work.is_some() { ", and the transfer" } else { "" };
    Some(format!("Takes {fixed}{more}."))
}

pub(super) fn clocks(subject: &Subject<'_>) -> Vec<Clock> {
    subject.causes().map(|(id, failure, incident)| clock(subject, id, failure, incident)).collect()
}

fn clock(subject: &Subject<'_>, id: crate::id::FailureId, failure: &Failure, incident: &IncidentAssessment) -> Clock {
    let share = incident.plans.get(&subject.plan.name).copied().unwrap_or(0.0);
    let start = if failure.kind == FailureKind::Corruption { "its detection" } else { "the failure" };
    let objective = incident.objective.as_ref().or(subject.setting.application(id).and_then(|i| i.objective.as_ref()));
    let rto = objective.and_then(|o| o.rto);
    let mut sheet =
        Sheet::new(&["Step", "Takes p50", "p95", "Done after p50", "p95", "Left of RTO at p95", "Critical path"]);
    let times = subject.times(id);
    for (position, _) in &subject.order {
        let name = &subject.scenario().steps[subject.fitted.steps[*position].step].name;
        let Some(step) = subject.assessed(incident, name) else { continue };
        let own = times.and_then(|t| t.steps.get(*position)).map(|(_, spread)| spread);
        let takes = [0.5, 0.95].map(|p| duration(subject, *position, own, p));
        sheet.texts(clock_cells(subject.number(*position), step, takes, rto));
    }
    let sentence = if sheet.rows.is_empty() {
        format!(
            "This plan ended none of {} incidents of {}.",
            human::number(incident.recovery_time.estimate.n as f64),
            failure.name
        )
    } else {
        let limit = rto.map_or_else(String::new, |rto| format!(" The RTO is {}.", human::time(rto)));
        format!(
            "The clock starts at {start}. The figures are of the {} of incidents of {} that this plan ended.{limit}",
            human::percent(share),
            failure.name
        )
    };
    let charts = charts(subject, incident);
    Clock { failure: failure.name.clone(), sentence, steps: sheet.trimmed(), charts }
}

/// How long a step takes by itself with this chance: exact where that is its `takes` alone, else from
/// the incidents that were looked at.
fn duration(subject: &Subject<'_>, position: usize, own: Option<&Observed>, p: f64) -> Option<f64> {
    let fitted = &subject.fitted.steps[position];
    let row = &subject.scenario().steps[fitted.step];
    let alone = row.work.is_none() && row.fails.value() == 0.0 && fitted.starts.is_empty();
    let plain = alone && subject.scenario().stress_of(row).is_none();
    match &row.takes {
        Some(takes) if plain => Some(takes.quantile(p)),
        _ => own.and_then(|spread| spread.quantile(p)).map(|q| q.point),
    }
}

fn clock_cells(number: usize, step: &StepAssessment, takes: [Option<f64>; 2], rto: Option<f64>) -> [String; 7] {
    let few = || "too few incidents".to_owned();
    let say = |value: Option<f64>| value.map_or_else(few, human::brief);
    let left = match (rto, step.p95) {
        (Some(rto), Some(p95)) if p95 <= rto => human::brief(rto - p95),
        (Some(rto), Some(p95)) => format!("over by {}", human::brief(p95 - rto)),
        _ => String::new(),
    };
    let critical = match step.critical {
        share if share >= 0.5 => format!("yes, {}", human::percent(share)),
        share if share > 0.0 => format!("no, {}", human::percent(share)),
        _ => "no".to_owned(),
    };
    [format!("{number} ({})", step.id), say(takes[0]), say(takes[1]), say(step.p50), say(step.p95), left, critical]
}

pub(super) fn verification(subject: &Subject<'_>, todos: &mut Todos) -> Verification {
    let verify = subject.order.iter().map(|(p, _)| *p).filter(|p| subject.phase(*p) == Phase::Verify);
    let verify: Vec<String> = verify.map(|p| subject.named(p)).collect();
    let missing = verify.is_empty().then(|| todos.missing("a step that verifies what was brought back"));
    let word = if verify.len() == 1 { "step" } else { "steps" };
    let steps = (!verify.is_empty()).then(|| format!("{word} {}", joined(verify.iter().map(String::as_str))));
    let mut reconcile = Vec::new();
    if let Some(data) = subject.service.data.filter(|_| subject.loses()).map(|id| &subject.scenario().data[id]) {
        match data.upstream {
            Some(upstream) => {
                let upstream = &subject.scenario().externals[upstream].name;
                reconcile.push(Said::Text(format!("Feed {} again from {upstream}, from that moment on.", data.name)));
            }
            None => {
                reconcile.push(todos.missing(&format!("how lost writes of {} are found and entered again", data.name)));
            }
        }
    }
    Verification { steps, missing, reconcile }
}

pub(super) fn failback(subject: &Subject<'_>, todos: &mut Todos) -> Failback {
    let scenario = subject.scenario();
    let back = &subject.back;
    let order = order_of(back);
    let number = |position: usize| order.iter().position(|(p, _)| *p == position).map_or(0, |n| n + 1);
    let mut steps = Vec::new();
    for (position, stage) in &order {
        let node = &back[*position];
        let row = &scenario.steps[node.step];
        let same = subject.fitted.steps.iter().position(|s| s.step == node.step);
        let mut step = match same {
            Some(same) => repeated(subject, row, same),
            None => said(subject, row, &node.starts, todos),
        };
        step.number = format!("F{}", number(*position));
        step.after = node.after.iter().map(|p| format!("F{}", number(*p as usize))).collect();
        let beside = order.iter().filter(|(other, s)| s == stage && other != position);
        step.beside = beside.map(|(other, _)| format!("F{}", number(*other))).collect();
        step.notes.extend(takes(row));
        steps.push((*stage, step));
    }
    let home = joined(subject.row.runs.iter().map(|p| scenario.compute[*p].name.as_str()));
    let sentence = if !subject.moves_service() {
        Said::Text("There is nothing to go back to: the service runs where it ran.".to_owned())
    } else if steps.is_empty() {
        let away = joined(subject.fitted.into.iter().map(|p| scenario.compute[*p].name.as_str()));
        todos.missing(&format!("how to go back from {away} to {home}"))
    } else {
        let again = back.iter().any(|n| scenario.steps[n.step].phase == Phase::Redirect);
        let again = if again { " The redirect interrupts users once more: choose a quiet hour." } else { "" };
        Said::Text(format!("Go back once {home} is whole again.{again}"))
    };
    Failback { sentence, stopped: stopped(subject), stages: grouped(steps.into_iter()), stop: stop(subject) }
}

/// A step that the plan proper has too: what is said there is not said again.
fn repeated(subject: &Subject<'_>, row: &model::Step, same: usize) -> Step {
    let scenario = subject.scenario();
    Step {
        number: String::new(),
        name: row.name.clone(),
        title: row.title.clone(),
        phase: row.phase.word(),
        who: Said::Text(row.role.map_or_else(|| "as there".to_owned(), |r| scenario.roles[r].name.clone())),
        after: Vec::new(),
        beside: Vec::new(),
        commits: false,
        background: row.background,
        notes: Vec::new(),
        run: None,
        check: None,
        expect: None,
        if_fails: None,
        rollback: None,
        same_as: Some(subject.named(same)),
    }
}

/// Copies that are made from what the service left behind.
fn stopped(subject: &Subject<'_>) -> Vec<String> {
    if !subject.moves_service() || subject.service.data.is_none() {
        return Vec::new();
    }
    let scenario = subject.scenario();
    let is_primary = |id| matches!(scenario.copies[id].kind, model::CopyKind::Primary { .. });
    let follows = |id: &&crate::id::CopyId| match scenario.copies[**id].of {
        Some(Upstream::Copy(of)) => is_primary(of),
        Some(Upstream::Data(_)) => true,
        Some(Upstream::External(_)) | None => false,
    };
    subject.row.copies.iter().filter(follows).map(|id| scenario.copies[*id].name.clone()).collect()
}

/// Cold pools that the plan started, with what an hour of them costs.
fn stop(subject: &Subject<'_>) -> Vec<String> {
    let scenario = subject.scenario();
    let mut pools: Vec<PoolId> = subject.fitted.steps.iter().flat_map(|s| s.starts.iter().copied()).collect();
    pools.sort_unstable();
    pools.dedup();
    let cold = pools.into_iter().filter(|p| subject.row.cold.contains(p));
    cold.map(|id| {
        let pool = &scenario.compute[id];
        let count = pool.instances.len() as f64;
        match pool.price_per_hour {
            Some(price) => {
                format!(
                    "{}: {} an hour while it runs",
                    pool.name,
                    human::money(price.amount() * count, &scenario.currency)
                )
            }
            None => format!("{}: what an hour of it costs is unknown", pool.name),
        }
    })
    .collect()
}
