//! What there is, what the plan does not bring back, who acts, what people see.

use super::subject::Subject;
use super::view::{NotBroughtBack, Roles, Said, Sheet, Todos, Topology};
use super::words::{joined, places, spread_of};
use crate::assess::Observed;
use crate::id::{CopyId, PlaceId, PoolId};
use crate::model::{AsyncLag, Copy, CopyKind, Failure, FailureKind, Link, Need, Phase, Schedule, Upstream};
use crate::report::{cells, human};
use crate::stats::Proportion;

/// Members of a failure that are named; more are counted.
const NAMED: usize = 6;

pub(super) fn topology(subject: &Subject<'_>) -> Topology {
    let scenario = subject.scenario();
    let mut compute = Sheet::new(&["Compute", "State", "Instances", "At", "Enough for service"]);
    let row = subject.row;
    let pools = |pools: &'_ [PoolId], state: &str, sheet: &mut Sheet| {
        for id in pools {
            let pool = &scenario.compute[*id];
            let into = if subject.fitted.into.contains(id) && !row.runs.contains(id) {
                ", serves after this plan"
            } else {
                ""
            };
            let at = places(scenario, pool.instances.iter().map(|i| i.place));
            let enough = if pool.sharded { pool.instances.len() as u32 } else { pool.enough };
            let count = pool.instances.len();
            sheet.texts([
                pool.name.clone(),
                format!("{state}{into}"),
                count.to_string(),
                at,
                format!("{enough} of {count}"),
            ]);
        }
    };
    pools(&row.runs, "serves", &mut compute);
    pools(&row.standby, "standby: paid and ready", &mut compute);
    pools(&row.cold, "cold: off until a step starts it", &mut compute);
    let mut copies = Sheet::new(&["Copy", "Kind", "Holds", "At", "How it is made", "Kept", "Account"]);
    for id in &row.copies {
        copies.texts(copy_cells(subject, *id));
    }
    let services = &subject.setting.tier.services;
    let needs_this =
        |service: &crate::id::ServiceId| scenario.services[*service].needs.contains(&Need::Service(row.service));
    let needed_by = services.iter().map(|s| s.service).filter(needs_this).map(|s| scenario.services[s].name.clone());
    let needs = subject.service.needs.iter().map(|need| match need {
        Need::Service(id) => format!("service {}", scenario.services[*id].name),
        Need::External(id) => match scenario.externals[*id].place {
            Some(place) => format!("{}, outside, at {}", scenario.externals[*id].name, scenario.places[place].name),
            None => format!("{}, outside", scenario.externals[*id].name),
        },
    });
    Topology {
        compute: compute.trimmed(),
        copies: copies.trimmed(),
        links: links(subject),
        needs: needs.collect(),
        needed_by: needed_by.collect(),
    }
}

fn links(subject: &Subject<'_>) -> Sheet {
    let scenario = subject.scenario();
    let mut sheet = Sheet::new(&["Link", "Between", "Bandwidth", "Round trip"]);
    for link in links_of(subject) {
        sheet.texts([
            link.name.clone(),
            joined(link.between.iter().map(|p| scenario.places[*p].name.as_str())),
            link.bandwidth.map_or_else(|| "no limit".to_owned(), |b| b.human()),
            if link.rtt.is_zero() { String::new() } else { link.rtt.human() },
        ]);
    }
    sheet.trimmed()
}

/// The links that join two of the regions in which something of the service is.
pub(super) fn links_of<'a>(subject: &Subject<'a>) -> Vec<&'a Link> {
    let scenario = subject.scenario();
    let row = subject.row;
    let pools = row.runs.iter().chain(&row.standby).chain(&row.cold);
    let machines = pools.flat_map(|p| &scenario.compute[*p].instances).map(|i| i.place);
    let sites = row.copies.iter().flat_map(|c| &scenario.copies[*c].sites).map(|s| scenario.site_place(*s));
    let upstream =
        subject.service.data.and_then(|d| scenario.data[d].upstream).and_then(|e| scenario.externals[e].place);
    let regions: Vec<PlaceId> = machines.chain(sites).chain(upstream).map(|p| scenario.places[p].region).collect();
    scenario.links.rows().iter().filter(|link| link.between.iter().all(|end| regions.contains(end))).collect()
}

fn copy_cells(subject: &Subject<'_>, id: CopyId) -> [String; 7] {
    let scenario = subject.scenario();
    let copy = &scenario.copies[id];
    let made = how_it_is_made(subject, copy);
    let (keep, locked) = match &copy.kind {
        CopyKind::Backup { keep, locked, .. } | CopyKind::Log { keep, locked, .. } => (Some(*keep), *locked),
        CopyKind::SoftDelete { keep, .. } => (Some(*keep), None),
        _ => (None, None),
    };
    let kept = match (keep, locked) {
        (Some(keep), Some(locked)) => format!("{}, locked for {}", keep.human(), locked.human()),
        (Some(keep), None) => keep.human(),
        (None, _) => String::new(),
    };
    [
        copy.name.clone(),
        copy.kind.word().to_owned(),
        scenario.data[copy.data].name.clone(),
        places(scenario, copy.sites.iter().map(|s| scenario.site_place(*s))),
        made,
        kept,
        copy.account.map(|a| scenario.accounts[a].name.clone()).unwrap_or_default(),
    ]
}

fn how_it_is_made(subject: &Subject<'_>, copy: &Copy) -> String {
    let scenario = subject.scenario();
    let of = match copy.of {
        Some(Upstream::Copy(of)) => format!("of {}, ", scenario.copies[of].name),
        Some(Upstream::External(of)) => format!("of {}, ", scenario.externals[of].name),
        Some(Upstream::Data(of)) if of != copy.data => format!("of {}, ", scenario.data[of].name),
        Some(Upstream::Data(_)) | None => String::new(),
    };
    let acks = |acks: u32| format!("a write waits for {acks} of {} places", copy.sites.len());
    match &copy.kind {
        CopyKind::Primary { acks: n, .. } if copy.sites.len() > 1 => acks(*n),
        CopyKind::Primary { .. } => "takes the writes".to_owned(),
        CopyKind::Async { lag: AsyncLag::Law(lag), .. } => format!("{of}behind by {}", spread_of(lag)),
        CopyKind::Async { lag: AsyncLag::Over(link), .. } => {
            format!("{of}behind by what waits for link {}", scenario.links[*link].name)
        }
        CopyKind::Log { acks: Some(n), .. } => acks(*n),
        CopyKind::Log { lag, bases, .. } => {
            let behind =
                lag.as_ref().map_or_else(|| "at once".to_owned(), |lag| format!("behind by {}", spread_of(lag)));
            match bases.as_slice() {
                [] => format!("{of}{behind}"),
                bases => {
                    format!("{of}{behind}; onto {}", joined(bases.iter().map(|b| scenario.copies[*b].name.as_str())))
                }
            }
        }
        CopyKind::Backup { schedule, takes, travel, full_every, .. } => {
            let when = match schedule {
                Schedule::Every { interval, .. } => format!("every {}", interval.human()),
                Schedule::Cron { expression, timezone, .. } => format!("at cron {expression} ({timezone})"),
            };
            let travel = travel.as_ref().map_or_else(String::new, |t| format!(", travels {}", spread_of(t)));
            let full = full_every.map_or_else(String::new, |f| format!(", full every {}", f.human()));
            format!("{of}{when}, takes {}{travel}{full}", spread_of(takes))
        }
        CopyKind::SoftDelete { .. } => "holds what was deleted".to_owned(),
        CopyKind::Derived { lag: Some(lag) } => format!("{of}computed, behind by {}", spread_of(lag)),
        CopyKind::Derived { lag: None } => format!("{of}computed when it is needed"),
    }
}

pub(super) fn not_brought_back(subject: &Subject<'_>, todos: &mut Todos) -> NotBroughtBack {
    let scenario = subject.scenario();
    let mut writes = Sheet::new(&["Failure", "Writes lost p50", "p95", "Volume lost p50", "p95"]);
    let mut notes = Vec::new();
    let (mut after, mut nothing) = (Vec::new(), Vec::new());
    for (id, failure, incident) in subject.causes().filter(|_| subject.service.data.is_some()) {
        let times = subject.times(id);
        if times.is_some_and(|times| times.data_loss.mean() == Some(0.0)) {
            nothing.push(failure.name.as_str());
        } else if let Some(times) = times {
            let at = |spread: &Observed, p: f64, say: fn(f64) -> String| {
                spread.quantile(p).map_or_else(|| "too few incidents".to_owned(), |q| say(q.point))
            };
            let loss = |p| at(&times.data_loss, p, human::brief);
            let bytes = |p| at(&times.data_loss_bytes, p, human::bytes);
            writes.texts([failure.name.clone(), loss(0.5), loss(0.95), bytes(0.5), bytes(0.95)]);
        }
        let damage = matches!(failure.kind, FailureKind::Deletion | FailureKind::Corruption);
        if damage && !subject.plan.salvage && nothing.last() != Some(&failure.name.as_str()) {
            after.push(failure.name.as_str());
        }
        if incident.unrecoverable.events > 0 {
            let share = human::chance(&incident.unrecoverable);
            notes.push(format!("{share} of incidents of {} are brought back by no plan.", failure.name));
        }
    }
    if !nothing.is_empty() {
        notes.push(format!("No write is lost after {}.", joined(nothing.iter().copied())));
    }
    if !after.is_empty() {
        let which = joined(after.iter().copied());
        notes.push(format!(
            "Good writes made between the damage and its detection are given up too, and are counted above: {which}."
        ));
    }
    if let Some(data) = subject.service.data {
        let agreeing: Vec<&str> =
            scenario.data[data].consistent_with.iter().map(|d| scenario.data[*d].name.as_str()).collect();
        if !agreeing.is_empty() {
            notes.push(format!(
                "These data sets go back to the same moment, to agree: {}.",
                joined(agreeing.iter().copied())
            ));
        }
    }
    let not_copied = todos.list(&scenario.runbook.not_copied, "");
    NotBroughtBack { writes, notes, not_copied }
}

pub(super) fn roles(subject: &Subject<'_>, todos: &mut Todos) -> Roles {
    let scenario = subject.scenario();
    let step = |position: usize| &scenario.steps[subject.fitted.steps[position].step];
    let positions: Vec<usize> = subject.order.iter().map(|(p, _)| *p).collect();
    let decides: Vec<usize> = positions.iter().copied().filter(|p| subject.phase(*p) == Phase::Decide).collect();
    let mut names: Vec<&str> =
        decides.iter().filter_map(|p| step(*p).role).map(|r| scenario.roles[r].name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let declare = if !names.is_empty() {
        let steps: Vec<String> = decides.iter().map(|p| subject.named(*p)).collect();
        Said::Text(format!(
            "{}, in {} {}",
            joined(names.iter().copied()),
            if steps.len() == 1 { "step" } else { "steps" },
            steps.join(", ")
        ))
    } else if decides.is_empty() && subject.fitted.detects {
        Said::Text("nobody has to: the plan begins by itself when it detects the failure".to_owned())
    } else {
        todos.say(scenario.runbook.declares.as_deref(), "")
    };
    let mut people = Sheet::new(&["Role", "On call", "Steps"]);
    let all = subject.fitted.steps.iter().map(|s| s.step).chain(subject.back.iter().map(|n| n.step));
    let mut used: Vec<_> = all.filter_map(|s| scenario.steps[s].role).collect();
    used.sort_unstable();
    used.dedup();
    for role in used {
        let mine = positions.iter().filter(|p| step(**p).role == Some(role));
        let mut steps: Vec<String> = mine.map(|p| subject.number(*p).to_string()).collect();
        if subject.back.iter().any(|n| scenario.steps[n.step].role == Some(role)) {
            steps.push("failback".to_owned());
        }
        let count = scenario.roles[role].people;
        let count = if count == 1 { "1 person".to_owned() } else { format!("{count} people") };
        people.texts([scenario.roles[role].name.clone(), count, steps.join(", ")]);
    }
    Roles { declare, people }
}

pub(super) fn triggers(subject: &Subject<'_>, todos: &mut Todos) -> Sheet {
    let mut sheet = Sheet::new(&[
        "Failure",
        "What you see",
        "What is hit",
        "Noticed after p50",
        "p95",
        "Lasts p50",
        "p95",
        "How often",
    ]);
    for (_, failure, incident) in subject.causes() {
        let text = |text: String| Said::Text(text);
        let outage = failure.outage_time();
        let lasts = |p| outage.as_ref().map_or_else(String::new, |lasts| human::brief(lasts.quantile(p)));
        let title = failure.title.as_ref().map_or_else(String::new, |t| format!(": {t}"));
        let noticed = &incident.undetected.estimate;
        let never = Proportion::new(0, noticed.n);
        sheet.row([
            text(format!("{} ({}){title}", failure.name, failure.kind.word())),
            todos.say(failure.symptom.as_deref(), ""),
            text(hit(subject, failure)),
            text(cells::time_at(noticed, noticed.p50, 0.5, &never)),
            text(cells::time_at(noticed, noticed.p95, 0.95, &never)),
            text(lasts(0.5)),
            text(lasts(0.95)),
            text(human::per_year(incident.rate_per_year)),
        ]);
    }
    sheet.trimmed()
}

/// What a failure hits, in words.
fn hit(subject: &Subject<'_>, failure: &Failure) -> String {
    use crate::model::Target;
    let scenario = subject.scenario();
    let name = |target: &Target| match *target {
        Target::Place(id) => scenario.places[id].name.clone(),
        Target::Link(id) => format!("link {}", scenario.links[id].name),
        Target::Data(id) => scenario.data[id].name.clone(),
        Target::External(id) => scenario.externals[id].name.clone(),
        Target::Account(id) => format!("account {}", scenario.accounts[id].name),
        Target::Pool(id) => scenario.compute[id].name.clone(),
        Target::Instance(id, n) => scenario.compute[id].instances[n as usize].name.clone(),
        Target::Copy(id) => scenario.copies[id].name.clone(),
    };
    let mut names: Vec<String> = failure.members.iter().flat_map(|m| &m.targets).map(name).collect();
    names.dedup();
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let one = if failure.members.len() > 1 { "one of " } else { "" };
    let share = if failure.share < 1.0 { format!("{} of ", human::percent(failure.share)) } else { String::new() };
    format!("{share}{one}{}{more}", names.join(", "))
}
