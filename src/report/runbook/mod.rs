//! Runbooks: the plan that is simulated, as people carry it out at night.
//!
//! From a scenario and its assessment comes one serialisable value per plan of a tier ([`Runbook`]) and
//! one that lists them all ([`Index`]); templates turn them into Markdown. What the scenario does not
//! say is a visible TODO, counted at the top.

mod build;
mod closing;
mod decision;
mod escape;
mod index;
mod steps;
mod subject;
mod template;
mod timeline;
mod topology;
mod variables;
mod view;
mod words;

pub use template::{TEMPLATE_BYTES, TEMPLATES, TemplateError, Templates};
pub use view::{
    Chart, ChartRow, Clock, Decision, Elsewhere, Failback, Index, IndexEntry, IndexPlans, IndexTier, IndexTrigger,
    Link, Next, NotBroughtBack, Provenance, Purpose, Roles, Runbook, Said, Sheet, Stage, Step, Tests, Topology,
    Variable, Verification, Waiting,
};

use std::collections::BTreeMap;

use super::FileNames;
use crate::assess::{Assessment, PlanTimes};
use crate::id::TierId;
use crate::spec::Loaded;
use subject::{Links, Setting, Subject};

/// The runbooks of some tiers and their list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runbooks {
    /// The list.
    pub index: Index,
    /// One per tier, service and plan, in this order.
    pub runbooks: Vec<Runbook>,
}

impl Runbooks {
    /// What the runbooks of these tiers say.
    ///
    /// # Arguments
    /// `result`: an assessment of this very scenario that holds the tiers; `tiers`: each with the times
    /// of its plans.
    ///
    /// # Returns
    /// `None` if none of the tiers is in the result.
    #[must_use]
    pub fn new(loaded: &Loaded, result: &Assessment, tiers: &[(TierId, Vec<PlanTimes>)]) -> Option<Self> {
        let scenario = &loaded.scenario;
        let mut names = FileNames::new(&[index::FILE]);
        let mut links: Links = BTreeMap::new();
        for (tier, _) in tiers {
            for row in &scenario.tiers[*tier].services {
                for plan in row.plans.iter().filter(|p| crate::model::fit_plan(scenario, row, **p).is_some()) {
                    let (tier_name, plan_row) = (scenario.tiers[*tier].name.as_str(), &scenario.plans[*plan]);
                    let service = scenario.services[row.service].name.as_str();
                    // A plan of several services has a runbook for each.
                    let shared = scenario.tiers[*tier].services.iter().filter(|s| s.plans.contains(plan)).count() > 1;
                    let words = [Some(tier_name), shared.then_some(service), Some(plan_row.name.as_str())];
                    let words: Vec<&str> = words.into_iter().flatten().collect();
                    let text = plan_row.title.clone().unwrap_or_else(|| plan_row.name.clone());
                    links.insert((*tier, row.service, *plan), Link { text, file: names.give(&words, "md") });
                }
            }
        }
        let settings: Vec<Setting<'_>> = tiers
            .iter()
            .filter_map(|(tier_id, times)| {
                let tier = &scenario.tiers[*tier_id];
                let assessed = result.tiers.iter().find(|t| t.id == tier.name)?;
                let (tier_id, resolved, links) = (*tier_id, loaded.resolved.as_slice(), &links);
                Some(Setting { scenario, resolved, result, tier_id, tier, assessed, times, links })
            })
            .collect();
        let runbooks: Vec<Runbook> = settings.iter().flat_map(runbooks_of).collect();
        let index = index::index(&settings, &runbooks)?;
        Some(Self { index, runbooks })
    }

    /// The files: name and text, the list first.
    ///
    /// # Errors
    /// What a template says that it must not, or why it cannot be carried out.
    pub fn render(&self, templates: &Templates) -> Result<Vec<(String, String)>, TemplateError> {
        let mut files = vec![(self.index.file.to_owned(), templates.render("index.md", &self.index)?)];
        for runbook in &self.runbooks {
            files.push((runbook.file.clone(), templates.render("plan.md", runbook)?));
        }
        Ok(files)
    }
}

fn runbooks_of(setting: &Setting<'_>) -> Vec<Runbook> {
    let mut all = Vec::new();
    for row in &setting.tier.services {
        for plan in &row.plans {
            let link = setting.links.get(&(setting.tier_id, row.service, *plan));
            if let (Some(subject), Some(link)) = (Subject::new(*setting, row, *plan), link) {
                all.push(build::runbook(&subject, link.file.clone()));
            }
        }
    }
    all
}
