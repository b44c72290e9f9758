//! From a plan of a tier to what its runbook says.

use super::closing::{afterwards, assumptions, tests};
use super::decision::decision;
use super::steps::{clocks, failback, stages, verification};
use super::subject::Subject;
use super::topology::{not_brought_back, roles, topology, triggers};
use super::variables::variables;
use super::view::{Elsewhere, Provenance, Purpose, Runbook, Said, Sheet, Todos};
use super::words::chance;
use crate::assess::{Assessment, IncidentAssessment};
use crate::report::{cells, human};

pub(super) fn provenance(result: &Assessment) -> Provenance {
    Provenance {
        hash: result.scenario.hash.clone(),
        drplan: result.drplan.to_string(),
        trials: human::number(result.trials as f64),
        seed: result.seed.to_string(),
    }
}

pub(super) fn runbook(subject: &Subject<'_>, file: String) -> Runbook {
    let mut todos = Todos::default();
    let scenario = subject.scenario();
    let words = &scenario.runbook;
    let mut runbook = Runbook {
        file,
        title: subject.plan.title.clone().unwrap_or_else(|| subject.plan.name.clone()),
        system: scenario.title.clone(),
        tier: subject.setting.tier.name.clone(),
        tier_title: subject.setting.tier.title.clone(),
        service: subject.service.name.clone(),
        plan: subject.plan.name.clone(),
        owner: todos.say(words.owner.as_deref(), ""),
        reviewed: todos.say(words.reviewed.as_deref(), ""),
        todos: 0,
        provenance: provenance(subject.setting.result),
        purpose: purpose(subject, &mut todos),
        objectives: objectives(subject, &mut todos),
        outcomes: outcomes(subject),
        topology: topology(subject),
        not_brought_back: not_brought_back(subject, &mut todos),
        roles: roles(subject, &mut todos),
        triggers: triggers(subject, &mut todos),
        decision: decision(subject, &mut todos),
        preflight: preflight(subject, &mut todos),
        variables: variables(subject, &mut todos),
        stages: stages(subject, &mut todos),
        clocks: clocks(subject),
        verification: verification(subject, &mut todos),
        messages: todos.list(&words.messages, "what to tell whom, and when"),
        failback: failback(subject, &mut todos),
        afterwards: afterwards(subject),
        tests: tests(subject, &mut todos),
        assumptions: assumptions(subject),
    };
    runbook.todos = todos.count();
    runbook
}

/// Checks before any plan, then those of this one.
fn preflight(subject: &Subject<'_>, todos: &mut Todos) -> Vec<Said> {
    let all = [subject.scenario().runbook.preflight.as_slice(), &subject.plan.preflight].concat();
    todos.list(&all, "what to check before the first step")
}

fn purpose(subject: &Subject<'_>, todos: &mut Todos) -> Purpose {
    let scenario = subject.scenario();
    let (mut elsewhere, mut wait, mut nowhere): (Vec<Elsewhere>, Vec<String>, Vec<String>) = Default::default();
    let others = scenario.failures.iter().filter(|(id, _)| !subject.plan.causes.contains(id));
    for (id, failure) in others {
        let Some(incident) = subject.setting.incident(id, subject.row.service) else { continue };
        let mut found = false;
        let own = std::iter::once(subject.row);
        for row in own.chain(subject.setting.tier.services.iter().filter(|row| row.service != subject.row.service)) {
            let links: Vec<_> = subject.setting.links_for(row, id).into_iter().map(|(_, l)| l.clone()).collect();
            let service = (row.service != subject.row.service).then(|| scenario.services[row.service].name.clone());
            // Other services' plans say something here only where its own have nothing to say.
            if links.is_empty() || (service.is_some() && found) {
                continue;
            }
            found = true;
            match elsewhere.iter_mut().find(|other| other.service == service && other.links == links) {
                Some(same) => same.failures.push(failure.name.clone()),
                None => elsewhere.push(Elsewhere { failures: vec![failure.name.clone()], service, links }),
            }
        }
        if !found && incident.interrupted.events > 0 {
            let list = if failure.kind.ends_by_itself() { &mut wait } else { &mut nowhere };
            list.push(failure.name.clone());
        }
    }
    Purpose {
        into: subject.fitted.into.iter().map(|p| scenario.compute[*p].name.clone()).collect(),
        causes: subject.plan.causes.iter().map(|id| scenario.failures[*id].name.clone()).collect(),
        useless: {
            let felt = |(id, _, incident): (_, _, &IncidentAssessment)| {
                (incident.interrupted.events > 0).then(|| subject.times(id).is_some())
            };
            let helped: Vec<bool> = subject.causes().filter_map(felt).collect();
            !helped.is_empty() && !helped.contains(&true)
        },
        scope: todos.say(scenario.runbook.scope.as_deref(), ""),
        elsewhere,
        wait,
        nowhere,
    }
}

/// The objectives of the service and of the application under each failure, and how often they are met.
fn objectives(subject: &Subject<'_>, todos: &mut Todos) -> Sheet {
    let mut sheet = Sheet::new(&["Failure", "Of", "Asked", "Within RTO", "Within RPO", "Objective"]);
    for (id, failure, incident) in subject.causes() {
        let application = subject.setting.application(id).map(|i| (i, "the application"));
        let levels = [Some((incident, subject.service.name.as_str())), application];
        let before = sheet.rows.len();
        for (incident, level) in levels.into_iter().flatten() {
            objective(&mut sheet, &failure.name, level, incident);
        }
        if sheet.rows.len() == before {
            let missing = todos.missing("RTO, RPO and chance");
            sheet.row([Said::Text(failure.name.clone()), Said::Text(String::new()), missing]);
        }
    }
    sheet.trimmed()
}

fn objective(sheet: &mut Sheet, failure: &str, level: &str, incident: &IncidentAssessment) {
    let Some(asked) = incident.objective.as_ref().filter(|o| o.rto.is_some() || o.rpo.is_some()) else { return };
    let each = |limit: Option<f64>, share| if limit.is_some() { chance(share) } else { String::new() };
    let verdict = match asked.met {
        Some(true) => "✓ met",
        Some(false) => "✗ missed",
        None => "? undecided",
    };
    sheet.texts([
        failure.to_owned(),
        level.to_owned(),
        cells::limits(asked).trim_start_matches("objective: ").to_owned(),
        each(asked.rto, &asked.rto_met),
        each(asked.rpo, &asked.rpo_met),
        verdict.to_owned(),
    ]);
}

/// What incidents of each failure come to, whatever brings the service back.
fn outcomes(subject: &Subject<'_>) -> Sheet {
    let columns = ["Failure", "Ended by this plan", "Ended otherwise", "Recovery p50", "p95", "Never recovered"];
    let mut sheet = Sheet::new(&columns);
    for (_, failure, incident) in subject.causes() {
        let time = &incident.recovery_time.estimate;
        let at = |quantile, p| cells::time_at(time, quantile, p, &incident.unrecoverable);
        let share = |name: &String| incident.plans.get(name).copied().unwrap_or(0.0);
        let others = incident.plans.iter().filter(|(name, _)| **name != subject.plan.name && *name != "none");
        let mut others: Vec<(&str, f64)> = others.map(|(name, share)| (label(name), *share)).collect();
        // What nothing brings back has a column of its own.
        let lost = incident.unrecoverable.point.unwrap_or(0.0);
        others.push(("no plan was needed", share(&"none".to_owned()) - lost));
        // Half of one incident: what is left of the subtraction.
        others.retain(|(_, share)| *share > 0.5 / time.n.max(1) as f64);
        let others: Vec<String> =
            others.iter().map(|(name, share)| format!("{name} {}", human::percent(*share))).collect();
        sheet.texts([
            failure.name.clone(),
            human::percent(share(&subject.plan.name)),
            others.join(", "),
            at(time.p50, 0.5),
            at(time.p95, 0.95),
            human::chance(&incident.unrecoverable),
        ]);
    }
    sheet.trimmed()
}

/// What the share of incidents under this label did.
fn label(name: &str) -> &str {
    match name {
        "wait" => "end of the outage",
        plan => plan,
    }
}
