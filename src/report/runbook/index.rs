//! The list of all runbooks: what is seen, and what to do then.

use super::build::provenance;
use super::subject::Setting;
use super::view::{Index, IndexEntry, IndexPlans, IndexTier, IndexTrigger, Link, Runbook, Todos};

/// Name of the file of the list.
pub(super) const FILE: &str = "README.md";

pub(super) fn index(settings: &[Setting<'_>], runbooks: &[Runbook]) -> Option<Index> {
    let first = settings.first()?;
    let mut todos = Todos::default();
    let words = &first.scenario.runbook;
    let owner = todos.say(words.owner.as_deref(), "");
    let reviewed = todos.say(words.reviewed.as_deref(), "");
    let tiers = settings.iter().map(|setting| tier(setting, runbooks, &mut todos)).collect();
    Some(Index {
        file: FILE,
        system: first.scenario.title.clone(),
        owner,
        reviewed,
        todos: todos.count(),
        provenance: provenance(first.result),
        several: settings.iter().any(Setting::several),
        tiers,
    })
}

fn tier(setting: &Setting<'_>, runbooks: &[Runbook], todos: &mut Todos) -> IndexTier {
    let scenario = setting.scenario;
    let mut triggers = Vec::new();
    for (id, failure) in scenario.failures.iter() {
        let concerned = setting.tier.services.iter().filter(|row| setting.incident(id, row.service).is_some());
        let plans: Vec<IndexPlans> = concerned
            .map(|row| IndexPlans {
                service: setting.several().then(|| scenario.services[row.service].name.clone()),
                links: setting.links_for(row, id).into_iter().map(|(_, link)| link.clone()).collect(),
            })
            .filter(|plans| !plans.links.is_empty())
            .collect();
        if plans.is_empty() && !setting.assessed.incidents.iter().any(|i| i.failure == failure.name) {
            continue;
        }
        let symptom = todos.say(failure.symptom.as_deref(), "");
        let ends = failure.kind.ends_by_itself();
        let failure = failure.title.clone().unwrap_or_else(|| failure.name.clone());
        triggers.push(IndexTrigger { failure, symptom, plans, ends });
    }
    let mine = runbooks.iter().filter(|r| r.tier == setting.tier.name).map(|runbook| IndexEntry {
        link: Link { text: runbook.title.clone(), file: runbook.file.clone() },
        service: runbook.service.clone(),
        steps: runbook.stages.iter().map(|stage| stage.steps.len() as u64).sum(),
        todos: runbook.todos,
    });
    IndexTier { tier: setting.tier.name.clone(), title: setting.tier.title.clone(), triggers, runbooks: mine.collect() }
}
