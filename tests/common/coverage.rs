//! What a scenario uses of the language: the measure of a generator.

use std::collections::{BTreeMap, BTreeSet};

use drplan::id::{LinkId, PlanId, RoleId};
use drplan::model::{
    AsyncLag, Commit, Copy, CopyKind, Delay, FailureKind, FittedPlan, PlanPolicy, Scenario, Schedule, Tier,
    TierService, WhenShort, fit_plan,
};

/// The features of one scenario, each named once.
pub(crate) fn features(scenario: &Scenario) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for tier in scenario.tiers.rows() {
        for id in &tier.copies {
            copy_features(scenario, &scenario.copies[*id], &mut found);
        }
        for service in &tier.services {
            service_features(scenario, service, &mut found);
        }
        if contends(scenario, tier) {
            found.insert("contention".to_owned());
        }
    }
    failure_features(scenario, &mut found);
    if scenario.services.rows().iter().any(|service| service.rebuild.is_some()) {
        found.insert("rebuild".to_owned());
    }
    if scenario.stress.is_some() {
        found.insert("stress".to_owned());
    }
    year_features(scenario, &mut found);
    found
}

/// In how many of these scenarios each feature occurs.
pub(crate) fn sum(scenarios: Vec<BTreeSet<String>>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for feature in scenarios.into_iter().flatten() {
        *counts.entry(feature).or_insert(0) += 1;
    }
    counts
}

fn copy_features(scenario: &Scenario, copy: &Copy, found: &mut BTreeSet<String>) {
    let mut add = |feature: &str, there: bool| {
        if there {
            found.insert(feature.to_owned());
        }
    };
    add(&format!("copy {}", copy.kind.word()), true);
    add("copy delayed", copy.edge.delay.is_some());
    add("copy skips", !copy.edge.skips.is_empty());
    match &copy.kind {
        CopyKind::Primary { acks, when_short, .. } => {
            add("primary quorum", *acks > 1);
            add("primary when_short continue", *when_short == WhenShort::Continue);
        }
        CopyKind::Async { lag, both_ways, merges, window } => {
            let burst = scenario.data[copy.data].burst.is_some();
            add("async over a link with a burst", burst && matches!(lag, AsyncLag::Over(_)));
            add("async with a lag", matches!(lag, AsyncLag::Law(_)));
            add("async both ways", *both_ways);
            add("async merges", *merges);
            add("async window", window.is_some());
        }
        CopyKind::Log { bases, acks, locked, .. } => {
            add("log with bases", !bases.is_empty());
            add("log without bases", bases.is_empty());
            add("log with acks", acks.is_some());
            add("log locked", locked.is_some());
        }
        CopyKind::Backup { schedule, full_every, fails, locked, travel, .. } => {
            add("backup every", matches!(schedule, Schedule::Every { .. }));
            add("backup cron", matches!(schedule, Schedule::Cron { .. }));
            add("backup full_every", full_every.is_some());
            add("backup fails", fails.value() > 0.0);
            add("backup locked", locked.is_some());
            add("backup travels", travel.is_some());
        }
        CopyKind::SoftDelete { bypass, replicated, .. } => {
            add("soft-delete bypass", bypass.value() > 0.0);
            add("soft-delete of what is replicated", *replicated);
        }
        CopyKind::Derived { .. } => {}
    }
}

/// What matters over years, and how well things are known.
fn year_features(scenario: &Scenario, found: &mut BTreeSet<String>) {
    let repairs = || scenario.failures.rows().iter().filter_map(|failure| failure.repair.as_ref());
    let off_by = |delay: &Option<Delay>| delay.as_ref().is_some_and(|delay| delay.off_by() > 1.0);
    for (feature, there) in [
        ("growth", scenario.data.rows().iter().any(|data| data.growth > 0.0)),
        ("drill that interrupts", scenario.drills.rows().iter().any(|drill| drill.interrupts.is_some())),
        ("failure repaired by people", repairs().next().is_some()),
        ("failure whose repair starts late", repairs().any(|repair| repair.starts.is_some())),
        ("failure of a length off by a factor", scenario.failures.rows().iter().any(|f| off_by(&f.lasts))),
        ("step off by a factor", scenario.steps.rows().iter().any(|step| off_by(&step.takes))),
    ] {
        if there {
            found.insert(feature.to_owned());
        }
    }
}

fn failure_features(scenario: &Scenario, found: &mut BTreeSet<String>) {
    for failure in scenario.failures.rows() {
        found.insert(format!("failure {}", failure.kind.word()));
        for (feature, there) in [
            ("failure each", failure.each),
            ("failure hits", !failure.each),
            ("failure destroys", failure.destroyed.value() > 0.0),
            ("failure spreads", failure.spreads.value() > 0.0),
            ("failure dwells", failure.dwell.is_some()),
            ("failure of a share", failure.share < 1.0),
        ] {
            if there {
                found.insert(feature.to_owned());
            }
        }
    }
}

fn service_features(scenario: &Scenario, service: &TierService, found: &mut BTreeSet<String>) {
    let mut add = |feature: &str, there: bool| {
        if there {
            found.insert(feature.to_owned());
        }
    };
    let policy = match service.policy {
        PlanPolicy::Order => "policy order",
        PlanPolicy::Fastest => "policy fastest",
        PlanPolicy::LeastLoss => "policy least-loss",
    };
    add(policy, true);
    let fitted: Vec<FittedPlan> = service.plans.iter().filter_map(|p| fit_plan(scenario, service, *p)).collect();
    for plan in &fitted {
        let row = &scenario.plans[plan.plan];
        add("policy after_down", row.after_down.is_some());
        add("policy commit at a step", matches!(row.commit, Commit::Step(_)));
        add("policy commit at the end", row.commit == Commit::End);
        add("policy salvage", row.salvage);
        add("policy when_short", row.when_short.is_some());
        let steps = || plan.steps.iter().map(|s| &scenario.steps[s.step]);
        add("retries", steps().any(|s| s.fails.value() > 0.0 && s.retries > 0));
        let another = plan.from.len() > 1 || row.points > 1 || has_successor(scenario, &fitted, plan.plan);
        add("fallback", another && steps().any(|s| s.fails.value() > 0.0));
    }
}

fn has_successor(scenario: &Scenario, fitted: &[FittedPlan], plan: PlanId) -> bool {
    let causes = &scenario.plans[plan].causes;
    fitted.iter().any(|f| f.plan != plan && scenario.plans[f.plan].causes.iter().any(|c| causes.contains(c)))
}

/// What a step occupies that others may want too.
#[derive(Default)]
struct Wants {
    links: Vec<LinkId>,
    role: Option<RoleId>,
}

fn wants(scenario: &Scenario, plan: &FittedPlan) -> Vec<Wants> {
    let place_of = |copy| scenario.copies[copy].sites.first().map(|s| scenario.site_place(*s));
    let into = plan.into.first().and_then(|p| scenario.compute[*p].instances.first()).map(|i| i.place);
    let steps = plan.steps.iter().map(|s| &scenario.steps[s.step]);
    steps
        .map(|step| {
            let between = || {
                let from = plan.from.iter().filter_map(|c| place_of(*c));
                from.filter_map(|f| into.and_then(|to| scenario.link_between(f, to))).collect()
            };
            let links = step.work.as_ref().map(|w| w.over.map_or_else(between, |l| vec![l])).unwrap_or_default();
            Wants { links, role: step.role }
        })
        .collect()
}

fn clash(scenario: &Scenario, a: &Wants, b: &Wants) -> bool {
    a.links.iter().any(|l| b.links.contains(l))
        || a.role.is_some_and(|r| b.role == Some(r) && scenario.roles[r].people < 2)
}

/// Whether two steps that may run at the same moment want the same link or the same single person:
/// two of one plan neither of which waits for the other, or two of different services that the same
/// failure sets to work.
fn contends(scenario: &Scenario, tier: &Tier) -> bool {
    let fitted: Vec<Vec<(FittedPlan, Vec<Wants>)>> = tier
        .services
        .iter()
        .map(|s| {
            s.plans.iter().filter_map(|p| fit_plan(scenario, s, *p)).map(|f| (f.clone(), wants(scenario, &f))).collect()
        })
        .collect();
    let within = fitted.iter().flatten().any(|(plan, wants)| {
        let before = ancestors(plan);
        (0..wants.len()).any(|b| (0..b).any(|a| !before[b].contains(&a) && clash(scenario, &wants[a], &wants[b])))
    });
    let causes = |plan: &FittedPlan| &scenario.plans[plan.plan].causes;
    let across = fitted.iter().enumerate().any(|(n, first)| {
        fitted[n + 1..].iter().flatten().any(|(p, w)| {
            first.iter().any(|(q, v)| {
                causes(p).iter().any(|c| causes(q).contains(c) && scenario.failures[*c].kind != FailureKind::Deletion)
                    && w.iter().any(|a| v.iter().any(|b| clash(scenario, a, b)))
            })
        })
    });
    within || across
}

fn ancestors(plan: &FittedPlan) -> Vec<BTreeSet<usize>> {
    let mut all: Vec<BTreeSet<usize>> = Vec::new();
    for step in &plan.steps {
        let mut mine = BTreeSet::new();
        for parent in &step.after {
            mine.insert(*parent as usize);
            mine.extend(all[*parent as usize].iter().copied());
        }
        all.push(mine);
    }
    all
}
