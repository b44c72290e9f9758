//! Each renderer on one hand-built result: what is printed, not what is computed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::BTreeMap;

use drplan::assess::{
    Assessment, Assumption, ClosedForm, Cost, Distribution, IncidentAssessment, IncidentObjective, IncidentTimeLine,
    Measured, ObjectiveResult, Objectives, Obstacle, Outcome, PairAssessment, RareEvent, Representatives, ScenarioName,
    StepAssessment, TierAssessment, TimedStep, TimedWait, verdict,
};
use drplan::cost::CostItem;
use drplan::report::terminal::{Layout, render};
use drplan::report::{comparison, csv, details, json, markdown};
use drplan::stats::{PairTally, Proportion, Tally};

const MS: f64 = 1e-3;

/// So wide that no sentence is broken.
const WIDE: Layout = Layout { width: 1000, color: false };

/// 1000 outcomes in seconds, spread evenly from `from` to `to`, and `lost` infinite ones beside them.
fn measured(from: u64, to: u64, lost: u64, scale: f64) -> Measured {
    let mut tally = Tally::new();
    let unit = (1.0 / scale) as u64;
    (0..1000 - lost).for_each(|n| tally.record((from + (to - from) * n / 1000) * unit));
    (0..lost).for_each(|_| tally.record_infinite());
    let closed_form = ClosedForm { best: Some(from as f64), worst: Some(to as f64), mean: None };
    Measured { estimate: tally.estimate(scale, Some(to as f64), None), closed_form }
}

const SHARES: [f64; 4] = [0.0, 0.5, 0.95, 1.0];

fn distribution(ends: (u64, u64), lost: u64) -> Vec<Option<f64>> {
    let at = |share: f64| ends.0 as f64 + (ends.1 - ends.0) as f64 * share;
    SHARES.map(|share| (share <= 1.0 - lost as f64 / 1000.0).then(|| at(share))).to_vec()
}

fn time_line() -> IncidentTimeLine {
    IncidentTimeLine {
        occurrence: 17,
        recovery_time: 1800.0,
        data_loss: 60.0,
        plan: "rebuild".into(),
        steps: vec![TimedStep {
            service: "shop".into(),
            plan: "rebuild".into(),
            id: "restore".into(),
            phase: "restore".into(),
            begin: 300.0,
            finish: 1800.0,
            critical: true,
            ending: "done".into(),
        }],
        waits: vec![TimedWait {
            service: "shop".into(),
            reason: "detection".into(),
            what: None,
            begin: 0.0,
            finish: 300.0,
            critical: true,
        }],
    }
}

fn incident(recovery: (u64, u64), loss: (u64, u64), lost: u64, met: Option<bool>) -> IncidentAssessment {
    let fine = Proportion::new(if met == Some(false) { 400 } else { 1000 - lost }, 1000);
    IncidentAssessment {
        failure: "region".into(),
        failure_title: Some("the whole region | all of it".into()),
        kind: "outage".into(),
        service: None,
        rate_per_year: 0.02,
        interrupted: Proportion::new(1000, 1000),
        plans: BTreeMap::from([("rebuild".to_owned(), 0.75), ("wait".to_owned(), 0.25)]),
        recovery_time: measured(recovery.0, recovery.1, lost, MS),
        drawn_long: None,
        recovery_time_full: measured(recovery.0, recovery.1, lost, MS),
        undetected: measured(300, 300, 0, MS),
        data_loss: measured(loss.0, loss.1, lost, MS),
        data_loss_before: measured(loss.0, loss.1, lost, MS),
        data_loss_after: measured(0, 0, lost, MS),
        data_loss_bytes: measured(loss.0 * 1000, loss.1 * 1000, lost, 1.0),
        unrecoverable: Proportion::new(lost, 1000),
        objective: Some(IncidentObjective {
            rto: Some(7200.0),
            rpo: Some(3600.0),
            chance: 0.95,
            met,
            rto_met: fine,
            rpo_met: fine,
            both_met: fine,
            rto_margin: Some(7200.0 - recovery.1 as f64),
            rpo_margin: Some(3600.0 - loss.1 as f64),
        }),
        steps: vec![StepAssessment {
            service: "shop".into(),
            plan: "rebuild".into(),
            id: "restore".into(),
            phase: "restore".into(),
            n: 750,
            mean: Some(1800.0),
            p50: Some(1700.0),
            p95: None,
            critical: 1.0,
        }],
        distribution: Distribution { recovery_time: distribution(recovery, lost), data_loss: distribution(loss, lost) },
        representative: Some(Representatives { median: Some(time_line()), p95: None, ways: Vec::new() }),
        depends_on: None,
        depends_on_reason: Some("not looked for".into()),
    }
}

fn tier(id: &str, per_month: Option<f64>, incident: IncidentAssessment) -> TierAssessment {
    let objective = incident.objective.clone().unwrap();
    let met = objective.met;
    let each = vec![ObjectiveResult {
        failure: Some("region".into()),
        service: None,
        kind: "incident".into(),
        met,
        value: objective.both_met.point,
        needed: 0.95,
    }];
    let lost = incident.unrecoverable.events > 0;
    let item = |name: &str, price: Option<f64>| CostItem {
        item: name.into(),
        quantity: 2190.0,
        unit: "instance-hour".into(),
        unit_price: price,
        per_month: price.map(|p| p * 2190.0),
    };
    TierAssessment {
        id: id.into(),
        title: Some(format!("Tier {id}")),
        strategies: BTreeMap::from([("shop".to_owned(), id.to_owned())]),
        incidents: vec![incident],
        write_waits: Vec::new(),
        lifetimes: None,
        availability: None,
        outages_per_year: None,
        downtime_per_year: None,
        data_loss_per_year: None,
        penalty_per_year: None,
        inputs: None,
        rare_event: RareEvent {
            year_over_an_hour: Default::default(),
            overlapping: None,
            overlapping_withheld: None,
            by_mean: Vec::new(),
            by_failure: Vec::new(),
            interruptions_per_year: 0.02,
            downtime_per_year: 90.0,
            downtime_of_drills_per_year: 0.0,
            availability: 1.0 - 90.0 / (8760.0 * 3600.0),
            data_loss_per_year: 36.0,
            unrecoverable_per_year: if lost { 0.0004 } else { 0.0 },
            penalty_per_year: (!lost).then_some(500.0),
            known_penalty_per_year: 500.0,
            unknown: if lost { vec!["shop.unrecoverable_cost".into()] } else { Vec::new() },
            incident_costs: Default::default(),
        },
        cost: Cost {
            currency: "USD".into(),
            per_month,
            known_per_month: per_month.unwrap_or(1240.0),
            unknown: if per_month.is_none() { vec!["compute: spare".into()] } else { Vec::new() },
            items: vec![item("compute: main", Some(0.5)), item("compute: spare", per_month.map(|_| 0.25))],
        },
        objectives_met: met,
        objectives: Objectives {
            met: u64::from(met == Some(true)),
            missed: u64::from(met == Some(false)),
            undecided: u64::from(met.is_none()),
            each,
        },
    }
}

/// Two tiers: one meets the objective, the other misses it, may lose everything and has an unknown bill.
fn result() -> Assessment {
    let mut pairs = PairTally::new();
    (0..1000_u64).for_each(|n| pairs.record(Some(n * 1000), Some(n * 900)));
    let miss = tier("frugal", None, incident((3600, 14_400), (600, 7200), 40, Some(false)));
    let good = tier("sturdy", Some(1642.5), incident((600, 3600), (5, 20), 0, Some(true)));
    let tiers = vec![miss, good];
    Assessment {
        schema_version: 1,
        drplan: "0.0.0".into(),
        scenario: ScenarioName { title: "Hand-built \u{1b}[31mresult".into(), hash: "0123456789abcdef".into() },
        seed: 7,
        trials: 1000,
        years: None,
        lifetimes: None,
        precision: None,
        stopped: false,
        only: None,
        verdict: verdict(&tiers),
        distribution_shares: SHARES.to_vec(),
        tiers,
        ranking: None,
        paired: vec![PairAssessment {
            tier: "frugal".into(),
            than: "sturdy".into(),
            failure: "region".into(),
            recovery_time: pairs.difference(MS),
            data_loss: pairs.difference(MS),
        }],
        assumptions: vec![Assumption {
            path: "failures.region.rate".into(),
            value: "0.02 / year".into(),
            from: "line 12".into(),
            source: Some("https://example.org/a?b=<c>".into()),
        }],
    }
}

#[test]
fn the_comparison_as_a_table() {
    insta::assert_snapshot!(render(&comparison(&result()), Layout::default()));
}

#[test]
fn the_comparison_as_markdown() {
    insta::assert_snapshot!(markdown(&comparison(&result())));
}

#[test]
fn the_details_as_a_table() {
    insta::assert_snapshot!(render(&details(&result()), Layout::default()));
}

#[test]
fn the_result_as_csv() {
    insta::assert_snapshot!(csv(&result()).unwrap());
}

#[test]
fn the_result_as_json() {
    insta::assert_snapshot!(json(&result()).unwrap());
}

#[test]
fn a_narrow_page_wraps_and_keeps_every_figure() {
    let flat = |text: &str| {
        let kept = |c: &char| !c.is_whitespace() && *c != '─';
        let mut letters: Vec<char> = text.chars().filter(kept).collect();
        letters.sort_unstable();
        letters
    };
    let result = result();
    let wide = render(&comparison(&result), WIDE);
    let page = render(&comparison(&result), Layout { width: 60, color: false });
    assert!(page.lines().all(|line| line.chars().count() <= 60), "{page}");
    let title = |text: &str| text.matches('=').count();
    let (mut a, mut b) = (flat(&wide), flat(&page));
    // A table that goes on below names its rows again, and is otherwise the same.
    let heads = |text: &str| text.lines().filter(|line| line.starts_with("tier  ")).count();
    let names: String = std::iter::once("tier").chain(result.tiers.iter().map(|tier| tier.id.as_str())).collect();
    a.extend((heads(&wide)..heads(&page)).flat_map(|_| flat(&names)));
    a.sort_unstable();
    a.retain(|c| *c != '=');
    b.retain(|c| *c != '=');
    assert_eq!(a, b);
    assert_eq!(title(&wide), title(&page));
}

/// What stands in the way is named with what it reaches and who does better.
#[test]
fn a_verdict_without_a_winner_names_the_obstacles() {
    let mut result = result();
    let missed = result.tiers[0].objectives.each[0].clone();
    result.tiers.truncate(1);
    result.verdict.outcome = Outcome::Missed;
    result.verdict.tier = Some("frugal".into());
    result.verdict.obstacles = vec![Obstacle { objective: missed, met_by: Vec::new() }];
    let text = render(&comparison(&result), WIDE);
    assert!(text.contains("No tier meets every objective. frugal ($1,240 + ?) comes closest: 0 of 1 met."), "{text}");
    assert!(text.contains("✗ region: 40% of incidents meet it, 95% needed; no tier meets it."), "{text}");
}

/// Sentences for the other outcomes: without objectives, and with nothing but unknown bills.
#[test]
fn verdicts_say_when_they_cannot_choose() {
    let mut free = result();
    free.verdict.outcome = Outcome::NoObjectives;
    assert!(render(&comparison(&free), WIDE).contains("No objectives are given"));
    let mut unpriced = result();
    unpriced.verdict.tier = None;
    unpriced.verdict.unpriced = vec!["frugal".into(), "sturdy".into()];
    let text = render(&comparison(&unpriced), WIDE);
    assert!(text.contains("Which is the cheapest cannot be told"), "{text}");
    assert!(text.contains("Price missing in frugal: compute: spare."), "{text}");
}

/// A tier by its bill, by how many of 1000 incidents are lost for good, and by its answer.
fn simple(id: &str, per_month: Option<f64>, lost: u64, met: Option<bool>) -> TierAssessment {
    tier(id, per_month, incident((600, 3600), (5, 20), lost, met))
}

#[test]
fn the_cheapest_that_meets_everything_wins_whatever_the_order() {
    let tiers = [
        simple("dear", Some(300.0), 0, Some(true)),
        simple("cheap", Some(200.0), 0, Some(true)),
        simple("mystery", None, 0, Some(true)),
        simple("poor", Some(100.0), 0, Some(false)),
    ];
    let forwards = verdict(&tiers);
    assert_eq!((forwards.outcome, forwards.tier.as_deref()), (Outcome::Met, Some("cheap")));
    assert_eq!((&forwards.dearer[..], &forwards.unpriced[..]), (&["dear".to_owned()][..], &["mystery".to_owned()][..]));
    let backwards: Vec<TierAssessment> = tiers.into_iter().rev().collect();
    assert_eq!(verdict(&backwards), forwards);
}

/// Nobody can call it cheap to lose everything at an unknown price.
#[test]
fn an_unpriced_risk_of_losing_everything_is_never_called_cheapest() {
    let safe = simple("safe", Some(300.0), 0, Some(true));
    let risky = simple("risky", Some(200.0), 40, Some(true));
    let both = verdict(&[risky.clone(), safe]);
    assert_eq!((both.tier.as_deref(), both.unpriced_loss), (Some("safe"), false));
    assert_eq!(both.risky, ["risky"]);
    let alone = verdict(&[risky.clone(), simple("risky-too", Some(250.0), 40, Some(true))]);
    assert_eq!((alone.tier.as_deref(), alone.unpriced_loss), (Some("risky"), true));
    let mut page = result();
    page.tiers = vec![risky, simple("risky-too", Some(250.0), 40, Some(true))];
    page.verdict = alone;
    let text = render(&comparison(&page), WIDE);
    assert!(text.contains("It is not called the cheapest") && !text.contains("the cheapest tier"), "{text}");
    assert!(text.contains("Caution: risky may lose everything (4% of region incidents)"), "{text}");
}

#[test]
fn without_a_tier_that_meets_everything_the_closest_is_named_with_what_it_lacks() {
    let open = verdict(&[simple("poor", Some(100.0), 0, Some(false)), simple("open", Some(300.0), 0, None)]);
    assert_eq!((open.outcome, open.tier.as_deref()), (Outcome::Undecided, Some("open")));
    assert_eq!(open.obstacles.len(), 1);
    let missed = verdict(&[simple("b", Some(200.0), 0, Some(false)), simple("a", Some(300.0), 0, Some(false))]);
    assert_eq!((missed.outcome, missed.tier.as_deref()), (Outcome::Missed, Some("b")));
    assert_eq!(missed.obstacles[0].met_by, Vec::<String>::new());
    assert_eq!(verdict(&[]).outcome, Outcome::NoObjectives);
}
