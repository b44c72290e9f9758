//! `drplan explain`: every value with its origin, or where the time of an incident goes.

use super::args::{ExplainArgs, Format};
use super::campaign::{self, Names};
use super::output::{Screen, page, write};
use super::{Exit, Stop, input};
use crate::assess::Assessment;
use crate::model::Scenario;
use crate::report::{csv, explanation, inputs_of, json, resolved_csv, resolved_json, resolved_listing};
use crate::spec::Loaded;

pub(super) fn run(args: &ExplainArgs, screen: &Screen) -> Result<Exit, Stop> {
    let loaded = input::load(&args.file, screen)?;
    let text = match (&args.tier, &args.failure) {
        (Some(tier), Some(failure)) => incident(&loaded, args, tier, failure, screen)?,
        _ => listing(&loaded, args, screen)?,
    };
    write(&text, args.output.output.as_deref())
}

fn listing(loaded: &Loaded, args: &ExplainArgs, screen: &Screen) -> Result<String, Stop> {
    let (title, hash) = (&loaded.scenario.title, &loaded.scenario.hash);
    match args.output.format {
        Format::Table | Format::Md => Ok(page(&resolved_listing(title, hash, &loaded.resolved), &args.output, screen)),
        Format::Json => resolved_json(title, hash, &loaded.resolved).map_err(Stop::failed),
        Format::Csv => resolved_csv(&loaded.resolved).map_err(Stop::failed),
    }
}

fn incident(loaded: &Loaded, args: &ExplainArgs, tier: &str, failure: &str, screen: &Screen) -> Result<String, Stop> {
    let names = Names { tier: Some(tier), failure: Some(failure), member: args.member.as_deref() };
    let result = campaign::run(&loaded.scenario, &args.simulation, names, screen)?;
    match args.output.format {
        Format::Json => json(&result).map_err(Stop::failed),
        Format::Csv => csv(&result).map_err(Stop::failed),
        Format::Table | Format::Md => {
            let wanted = inputs(&loaded.scenario, &result, failure);
            let wanted: Vec<(&str, &str)> = wanted.iter().map(|(t, n)| (*t, n.as_str())).collect();
            Ok(page(&explanation(&result, &inputs_of(&loaded.resolved, &wanted)), &args.output, screen))
        }
    }
}

/// The entries of the file that an incident's figures rest on: the failure, the plans that ran with
/// their steps and sources, the data behind them.
fn inputs(scenario: &Scenario, result: &Assessment, failure: &str) -> Vec<(&'static str, String)> {
    let mut wanted = vec![("failures", failure.to_owned())];
    let tiers = scenario.tiers.iter().filter(|(_, t)| result.tiers.iter().any(|r| r.id == t.name));
    for (_, tier) in tiers {
        let ran = |name: &String| result.tiers.iter().flat_map(|t| &t.incidents).any(|i| i.plans.contains_key(name));
        for copy in &tier.copies {
            let copy = &scenario.copies[*copy];
            wanted.push(("copies", copy.name.clone()));
            wanted.push(("data", scenario.data[copy.data].name.clone()));
        }
        for service in &tier.services {
            for plan in service.plans.iter().map(|p| &scenario.plans[*p]).filter(|p| ran(&p.name)) {
                wanted.push(("plans", plan.name.clone()));
                wanted.extend(plan.steps.nodes.iter().map(|n| ("steps", scenario.steps[n.step].name.clone())));
                if plan.steps.nodes.iter().any(|n| scenario.steps[n.step].role.is_some()) {
                    wanted.push(("stress", String::new()));
                }
            }
        }
    }
    wanted.sort();
    wanted.dedup();
    wanted
}
