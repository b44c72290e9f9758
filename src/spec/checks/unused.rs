//! Entries that no tier uses, and failures that never happen.

use std::collections::BTreeSet;

use super::Checks;
use crate::diag::{Diagnostic, Path};
use crate::id::Id;
use crate::model::Occurrence;
use crate::spec::codes;
use crate::spec::names::quote;

pub(super) fn check(checks: &mut Checks<'_>) {
    let scenario = checks.scenario;
    let services = || scenario.tiers.rows().iter().flat_map(|t| &t.services);
    let copies: BTreeSet<usize> = scenario.tiers.rows().iter().flat_map(|t| &t.copies).map(|c| c.index()).collect();
    let optional: BTreeSet<usize> =
        scenario.explore.iter().flat_map(|e| &e.optional).map(|c| c.index()).chain(copies).collect();
    let pools: BTreeSet<usize> =
        services().flat_map(|s| s.runs.iter().chain(&s.standby).chain(&s.cold)).map(|p| p.index()).collect();
    let plans: BTreeSet<usize> = services().flat_map(|s| &s.plans).map(|p| p.index()).collect();
    let nodes = scenario.plans.rows().iter().flat_map(|p| p.steps.nodes.iter().chain(&p.failback.nodes));
    let steps: BTreeSet<usize> = nodes.map(|n| n.step.index()).collect();
    let strategies: BTreeSet<usize> = services().map(|s| s.strategy.index()).collect();

    let name = |rows: Vec<&str>, used: &BTreeSet<usize>, table: &'static str| -> Vec<(&'static str, String)> {
        let unused = rows.into_iter().enumerate().filter(|(n, _)| !used.contains(n));
        unused.map(|(_, name)| (table, name.to_owned())).collect()
    };
    let mut unused = name(scenario.copies.rows().iter().map(|r| r.name.as_str()).collect(), &optional, "copies");
    // A pool may only be there for the disks that copies lie on.
    let on_disks = scenario.copies.rows().iter().flat_map(|c| &c.sites).filter_map(|s| match s {
        crate::model::Site::Instance(pool, _) => Some(pool.index()),
        crate::model::Site::Place(_) => None,
    });
    let pools = pools.into_iter().chain(on_disks).collect();
    unused.extend(name(scenario.compute.rows().iter().map(|r| r.name.as_str()).collect(), &pools, "compute"));
    unused.extend(name(scenario.plans.rows().iter().map(|r| r.name.as_str()).collect(), &plans, "plans"));
    unused.extend(name(scenario.steps.rows().iter().map(|r| r.name.as_str()).collect(), &steps, "steps"));
    unused.extend(name(
        scenario.strategies.rows().iter().map(|r| r.name.as_str()).collect(),
        &strategies,
        "strategies",
    ));
    for (table, name) in unused {
        let user = if table == "steps" { "plan" } else { "tier" };
        let message = format!("no {user} uses {} of [{table}]", quote(&name));
        checks.push(Diagnostic::advice(codes::UNUSED, Path::keys(&[table, &name]), message).on_key());
    }
    for failure in scenario.failures.rows() {
        if failure.occurs.per_year() > 0.0 {
            continue;
        }
        let key = if matches!(failure.occurs, Occurrence::Gap(_)) { "gap" } else { "rate" };
        let (name, at) = (quote(&failure.name), checks.at("failures", &failure.name, key));
        checks.push(match failure.occurs {
            // It may happen all the same.
            Occurrence::Rate(rate) if rate.high.per_year() > 0.0 => {
                let message =
                    format!("{name} was never seen: it counts for nothing in a year but in the ranges of its inputs");
                Diagnostic::advice(codes::NEVER_SEEN, at, message)
                    .help("a rate from elsewhere says more, such as a published one or \"0.5 / year\"")
            }
            _ => Diagnostic::advice(codes::NEVER_HAPPENS, at, format!("{name} never happens: its rate is zero")),
        });
    }
}
