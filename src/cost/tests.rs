//! Bills of small systems, added up by hand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use super::*;
use crate::id::{CopyId, DataId, Id, LinkId, PlaceId, PlanId, ServiceId, StepId, StrategyId, Table};
use crate::model::{
    Commit, Copy, CopyKind, DataSet, Delay, Drill, Edge, GraphNode, Instance, Link, MonthlyItem, Objectives, Parts,
    Phase, Place, Plan, PlanPolicy, Pool, Schedule, Service, Site, Step, StepGraph, Strategy, TierService, Upstream,
    Volume, WhenShort, Work,
};
use crate::units::{Bytes, BytesPerSecond, Probability, Seconds};

const DAY: f64 = 86_400.0;
const HERE: u32 = 0;

fn seconds(value: f64) -> Seconds {
    Seconds::new(value).unwrap()
}

fn copy(name: &str, kind: CopyKind, of: Option<usize>, at: &[usize]) -> Copy {
    Copy {
        name: name.to_owned(),
        title: None,
        data: DataId::from_index(0),
        of: of.map(|n| Upstream::Copy(CopyId::from_index(n))),
        sites: at.iter().map(|n| Site::Place(PlaceId::from_index(*n))).collect(),
        kind,
        edge: Edge::default(),
        account: None,
        compression: 1.0,
        read_rate: None,
        price_per_gb_month: Money::new(0.023),
        source: None,
    }
}

fn primary(acks: u32) -> CopyKind {
    CopyKind::Primary { acks, when_short: WhenShort::Stop, lag: None }
}

fn backup(every: f64, takes: f64, keep: f64, full_every: Option<f64>) -> CopyKind {
    CopyKind::Backup {
        schedule: Schedule::Every { interval: seconds(every), offset: None },
        takes: Delay::constant(seconds(takes)),
        travel: None,
        full_every: full_every.map(seconds),
        fails: Probability::NEVER,
        keep: seconds(keep),
        locked: None,
    }
}

fn pool(name: &str, at: &[usize], price: Option<f64>, sharded: bool) -> Pool {
    let instance = |n: &usize| Instance { name: format!("{name}/{n}"), place: PlaceId::from_index(*n) };
    Pool {
        name: name.to_owned(),
        title: None,
        instances: at.iter().map(instance).collect(),
        enough: 1,
        takeover: None,
        sharded,
        within: None,
        account: None,
        price_per_hour: price.and_then(Money::new),
        write_rate: None,
        memory: None,
    }
}

fn step(name: &str, starts: &[usize], moves: bool) -> Step {
    let work = Work { volume: Volume::From, replays: false, rate: None, streams: 1, over: None };
    Step {
        name: name.to_owned(),
        title: None,
        phase: Phase::Restore,
        takes: None,
        work: moves.then_some(work),
        role: None,
        starts: starts.iter().map(|n| PoolId::from_index(*n)).collect(),
        fails: Probability::NEVER,
        retries: 0,
        memory: None,
        shared: false,
        background: false,
        run: None,
        check: None,
        expect: None,
        if_fails: None,
        rollback: None,
        source: None,
    }
}

fn of_tier(runs: &[usize], standby: &[usize], cold: &[usize], copies: &[usize]) -> TierService {
    let pools = |list: &[usize]| list.iter().map(|n| PoolId::from_index(*n)).collect();
    TierService {
        service: ServiceId::from_index(0),
        strategy: StrategyId::from_index(0),
        runs: pools(runs),
        standby: pools(standby),
        cold: pools(cold),
        copies: copies.iter().map(|n| CopyId::from_index(*n)).collect(),
        plans: vec![PlanId::from_index(0)],
        policy: PlanPolicy::Order,
        monthly: vec![],
    }
}

/// Two regions `here` (0) and `there` (1) joined by a link at 0.02 per GB, 10 GB of data with
/// 10 GB/day of writes, one service with one tier of `copies` and `pools` and a plan `rebuild` that
/// restores from the copies after the first into the last pool.
fn scenario(copies: Vec<Copy>, pools: Vec<Pool>, services: Vec<TierService>) -> Parts {
    let region = |n: u32| Place {
        name: if n == HERE { "here" } else { "there" }.to_owned(),
        parent: None,
        children: vec![],
        region: PlaceId::from_index(n as usize),
    };
    let link = Link {
        name: "wan".to_owned(),
        between: [PlaceId::from_index(0), PlaceId::from_index(1)],
        bandwidth: None,
        rtt: Seconds::ZERO,
        price_per_gb: Money::new(0.02),
    };
    let data = DataSet {
        name: "topics".to_owned(),
        title: None,
        size: Bytes::literal(10e9),
        writes: BytesPerSecond::literal(10e9 / DAY),
        burst: None,
        growth: 0.0,
        upstream: None,
        consistent_with: vec![],
    };
    let service = Service {
        name: "bus".to_owned(),
        title: None,
        data: Some(DataId::from_index(0)),
        needs: vec![],
        objectives: Objectives::default(),
        downtime_per_hour: None,
        loss_per_hour: None,
        unrecoverable_cost: None,
        resume: None,
        rebuild: None,
    };
    let node = |n: usize| GraphNode { step: StepId::from_index(n), after: vec![] };
    let plan = Plan {
        name: "rebuild".to_owned(),
        title: None,
        causes: vec![],
        from: (1..copies.len()).map(CopyId::from_index).collect(),
        into: pools.len().checked_sub(1).map(|n| vec![PoolId::from_index(n)]),
        steps: StepGraph { nodes: vec![node(0), node(1)] },
        failback: StepGraph::default(),
        after_down: None,
        commit: Commit::End,
        salvage: false,
        when_short: None,
        points: 3,
        preflight: vec![],
        source: None,
    };
    let start: Vec<usize> = pools.len().checked_sub(1).into_iter().collect();
    let copy_ids = (0..copies.len()).map(CopyId::from_index).collect();
    let strategy = Strategy { name: "s".to_owned(), title: None, service: ServiceId::from_index(0) };
    Parts {
        places: Table::new(vec![region(0), region(1)]),
        links: Table::new(vec![link]),
        data: Table::new(vec![data]),
        compute: Table::new(pools),
        copies: Table::new(copies),
        services: Table::new(vec![service]),
        strategies: Table::new(vec![strategy]),
        tiers: Table::new(vec![Tier { name: "t".to_owned(), title: None, services, copies: copy_ids }]),
        plans: Table::new(vec![plan]),
        steps: Table::new(vec![step("load", &[], true), step("start", &start, false)]),
        ..Parts::default()
    }
}

fn bill(parts: Parts) -> TierCost {
    monthly(&Scenario::seal(parts), TierId::from_index(0))
}

fn only_tier(copies: Vec<Copy>) -> Parts {
    let ids: Vec<usize> = (0..copies.len()).collect();
    scenario(copies, vec![], vec![of_tier(&[], &[], &[], &ids)])
}

#[track_caller]
fn assert_item(cost: &TierCost, item: &str, quantity: f64, per_month: Option<f64>) {
    let found = cost.items.iter().find(|i| i.item == item);
    let found = found.unwrap_or_else(|| panic!("no {item} in {:#?}", cost.items));
    // 1e-9: sums of doubles.
    assert!((found.quantity - quantity).abs() <= 1e-9 * quantity.max(1.0), "{item}: {found:?}");
    match (found.per_month, per_month) {
        (Some(a), Some(b)) => assert!((a - b).abs() <= 1e-9 * b.max(1.0), "{item}: {found:?}"),
        (a, b) => assert_eq!(a, b, "{item}"),
    }
}

/// The Kafka backup documentation's sum, 10 GB/day × 30 d × $0.023 = $6.90, and $1.73 (1.725) with 4x
/// compression, as daily fulls of 10 GB, as a log of 10 GB/day and as increments at even distances.
#[test]
fn thirty_days_of_ten_gigabytes_cost_six_dollars_ninety() {
    let log = CopyKind::Log {
        lag: None,
        bases: vec![],
        acks: None,
        when_short: WhenShort::Stop,
        keep: seconds(30.0 * DAY),
        locked: None,
    };
    let cases = [
        (backup(DAY, 3600.0, 30.0 * DAY, None), "storage: b", 1.0),
        (backup(DAY, 3600.0, 30.0 * DAY, Some(7.0 * DAY)), "storage: b, increments", 1.0),
        (backup(3600.0, 600.0, 30.0 * DAY, Some(DAY)), "storage: b, increments", 1.0),
        (log, "storage: b", 1.0),
    ];
    for (kind, item, part) in cases {
        let mut plain = copy("b", kind, Some(0), &[1]);
        let cost = bill(only_tier(vec![copy("a", primary(1), None, &[0]), plain.clone()]));
        assert_item(&cost, item, 300.0 * part, Some(6.90 * part));
        plain.compression = 4.0;
        let cost = bill(only_tier(vec![copy("a", primary(1), None, &[0]), plain]));
        assert_item(&cost, item, 75.0 * part, Some(1.725 * part));
    }
}

/// Fulls of 10 GB every 7 days, increments of 10 GB on the 6 days between, points kept 28 days. A full stays as
/// long as the last increment on it, 6 + 28 of every 7 days; the k-th increment 6 − k days longer than 28: 15 days
/// for all of a week. Beside that, all that is written in 28 days counts.
#[test]
fn a_chain_keeps_its_full_and_its_older_increments() {
    let kind = backup(DAY, 3600.0, 28.0 * DAY, Some(7.0 * DAY));
    let cost = bill(only_tier(vec![copy("a", primary(1), None, &[0]), copy("b", kind, Some(0), &[1])]));
    let price = 0.023;
    let (fulls, increments, older) = (10.0 * 34.0 / 7.0, 280.0, 10.0 * 15.0 / 7.0);
    assert_item(&cost, "storage: b, fulls", fulls, Some(fulls * price));
    assert_item(&cost, "storage: b, increments", increments, Some(increments * price));
    assert_item(&cost, "storage: b, older increments of kept chains", older, Some(older * price));
    // In 730 h ÷ 168 h weeks, each time a full and six increments.
    let moved = 730.0 / 168.0 * 70.0;
    assert_item(&cost, "transfer: b over wan", moved, Some(moved * 0.02));
}

/// A full every day of a daily backup is all full: 30 states of 10 GB, no increments.
#[test]
fn fulls_as_often_as_runs_leave_no_increments() {
    let kind = backup(DAY, 3600.0, 30.0 * DAY, Some(DAY));
    let cost = bill(only_tier(vec![copy("a", primary(1), None, &[0]), copy("b", kind, Some(0), &[1])]));
    assert_item(&cost, "storage: b", 300.0, Some(6.90));
    assert_item(&cost, "transfer: b over wan", 730.0 / 24.0 * 10.0, Some(730.0 / 24.0 * 0.2));
    assert!(!cost.items.iter().any(|i| i.item.contains("increments")), "{cost:?}");
}

/// Counts hour by hour what must be kept: every run is kept until the last increment on its full has expired,
/// or if it is the last one, until it has itself.
#[test]
fn the_chain_formula_agrees_with_an_hour_by_hour_count() {
    let (keep, cycle) = (28.0, 7);
    let (mut fulls, mut increments) = (0.0, 0.0);
    // Hourly moments over a whole number of weeks, taken mid-hour: no ties with the starts.
    let moments: Vec<f64> = (0..7 * 24 * 10).map(|h| 1000.0 * 7.0 + (f64::from(h) + 0.5) / 24.0).collect();
    for now in &moments {
        for day in (*now as i64 - 60)..=*now as i64 {
            let last = day.div_euclid(cycle) * cycle + cycle - 1;
            let needed_until = last as f64 + keep;
            match day.rem_euclid(cycle) {
                _ if needed_until < *now => {}
                0 => fulls += 10.0,
                _ => increments += 10.0,
            }
        }
    }
    let n = moments.len() as f64;
    assert!((fulls / n - 10.0 * 34.0 / 7.0).abs() < 1e-9);
    assert!((increments / n - (60.0 * 28.0 + 10.0 * 15.0) / 7.0).abs() < 1e-9);
}

/// A backup of 90 minutes every hour starts every second hour: 15 days ÷ 2 h = 180 kept states.
#[test]
fn skipped_starts_store_nothing() {
    let kind = backup(3600.0, 5400.0, 15.0 * DAY, None);
    let cost = bill(only_tier(vec![copy("a", primary(1), None, &[0]), copy("b", kind, Some(0), &[0])]));
    assert_item(&cost, "storage: b", 1800.0, Some(41.4));
    assert!(!cost.items.iter().any(|i| i.item.starts_with("transfer")), "same region: {cost:?}");
}

#[test]
fn a_decade_of_seconds_is_computed() {
    let kind = backup(1.0, 0.0, 3650.0 * DAY, None);
    let cost = bill(only_tier(vec![copy("a", primary(1), None, &[0]), copy("b", kind, Some(0), &[0])]));
    assert_item(&cost, "storage: b", 3650.0 * DAY * 10.0, Some(3650.0 * DAY * 10.0 * 0.023));
}

/// 2 instances × 730 h × 0.5 for the pool that runs, once though two services run it; the standby
/// pool without a price is unknown, the cold one costs nothing.
#[test]
fn compute_costs_by_instance_hour_and_once() {
    let pools = vec![pool("p", &[0, 0], Some(0.5), false), pool("q", &[1], None, false), pool("r", &[1], None, false)];
    let services = vec![of_tier(&[0], &[1], &[2], &[0]), of_tier(&[0], &[], &[], &[0])];
    let cost = bill(scenario(vec![copy("a", primary(1), None, &[0])], pools, services));
    assert_item(&cost, "compute: p", 1460.0, Some(730.0));
    assert_item(&cost, "compute: q", 730.0, None);
    assert_eq!(cost.items.len(), 3, "{cost:?}");
    assert_eq!(cost.per_month, None);
    assert_eq!(cost.unknown, ["compute: q"]);
}

/// Three brokers hold the data three times; six shards with two acks hold it twice.
#[test]
fn a_copy_on_machines_lies_as_often_as_it_is_held() {
    for (sharded, acks, times) in [(false, 2, 6.0), (true, 2, 2.0), (true, 1, 1.0)] {
        let pools = vec![pool("p", &[0; 6], Some(0.0), sharded)];
        let mut disks = copy("a", primary(acks), None, &[]);
        disks.sites = (0..6).map(|n| Site::Instance(PoolId::from_index(0), n)).collect();
        let cost = bill(scenario(vec![disks], pools, vec![of_tier(&[0], &[], &[], &[0])]));
        assert_item(&cost, "storage: a", 10.0 * times, Some(0.23 * times));
        assert_eq!(cost.per_month, Some(cost.items.iter().filter_map(|i| i.per_month).sum()));
    }
}

/// Replication moves 730 h of 10 GB/day once per receiving region; a missing link has no price.
#[test]
fn transfer_follows_the_writes_over_the_link() {
    let lag = crate::model::AsyncLag::Law(Delay::constant(seconds(5.0)));
    let kind = CopyKind::Async { lag, both_ways: false, merges: false, window: None };
    let mut mirror = copy("m", kind, Some(0), &[1, 1]);
    mirror.compression = 2.0;
    let month = 730.0 / 24.0 * 10.0;
    let parts = only_tier(vec![copy("a", primary(1), None, &[0]), mirror]);
    let cost = bill(parts.clone());
    assert_item(&cost, "transfer: m over wan", month / 2.0, Some(month / 2.0 * 0.02));
    assert_item(&cost, "storage: m", 10.0, Some(0.23));
    let cost = bill(Parts { links: Table::<LinkId, Link>::default(), ..parts });
    assert_item(&cost, "transfer: m from here to there", month / 2.0, None);
    assert_eq!(cost.unknown, ["transfer: m from here to there"]);
}

#[test]
fn what_keeps_nothing_of_its_own_has_no_line() {
    let derived = copy("d", CopyKind::Derived { lag: None }, Some(0), &[1]);
    let mut bin = copy(
        "e",
        CopyKind::SoftDelete { keep: seconds(DAY), bypass: Probability::NEVER, replicated: false },
        Some(0),
        &[0],
    );
    bin.price_per_gb_month = None;
    let cost = bill(only_tier(vec![copy("a", primary(1), None, &[0]), derived, bin.clone()]));
    assert_eq!(cost.items.len(), 1, "{cost:?}");
    // With a price: a day of 10 GB/day lies in it.
    bin.price_per_gb_month = Money::new(0.1);
    let cost = bill(only_tier(vec![copy("a", primary(1), None, &[0]), bin]));
    assert_item(&cost, "storage: e", 10.0, Some(1.0));
}

/// A year of 8760 h has 52.14 weeks: 4.345 drills of 7 days in a month. A shared licence is paid once.
#[test]
fn monthly_items_and_drills() {
    let item = |name: &str, each| MonthlyItem { name: name.to_owned(), count: 2.0, each };
    let mut first = of_tier(&[0], &[], &[], &[0, 1]);
    first.monthly = vec![item("Licence", Money::new(900.0)), item("Support", None)];
    let mut second = of_tier(&[0], &[], &[], &[0, 1]);
    second.monthly = vec![item("Licence", Money::new(900.0))];
    let copies = vec![copy("a", primary(1), None, &[0]), copy("b", backup(DAY, 60.0, DAY, None), Some(0), &[1])];
    let drill = |name: &str, plan: usize| Drill {
        interrupts: None,
        name: name.to_owned(),
        plan: PlanId::from_index(plan),
        every: seconds(7.0 * DAY),
        price_per_drill: Money::new(15.0),
        source: None,
    };
    let mut parts = scenario(copies, vec![pool("p", &[0], Some(1.0), false)], vec![first, second]);
    let mut stranger = parts.plans.rows()[0].clone();
    stranger.name = "stranger".to_owned();
    parts.plans = Table::new(vec![parts.plans.rows()[0].clone(), stranger]);
    parts.drills = Table::new(vec![drill("restore-test", 0), drill("never", 1)]);
    let cost = bill(parts);
    assert_item(&cost, "monthly: Licence", 2.0, Some(1800.0));
    assert_item(&cost, "drill: restore-test", 730.0 / 168.0, Some(730.0 / 168.0 * 15.0));
    assert_eq!(cost.unknown, ["monthly: Support"]);
    assert_eq!(cost.items.iter().filter(|i| i.item.contains("Licence") || i.item.contains("never")).count(), 1);
}

/// A restore of 10 GB, half of it hit, over the link, and 10 h of a cold instance at 2 per hour.
#[test]
fn an_incident_pays_for_what_it_moves_and_starts() {
    let copies = vec![copy("a", primary(1), None, &[0]), copy("b", backup(DAY, 60.0, DAY, None), Some(0), &[1])];
    let pools = vec![pool("p", &[0], Some(2.0), false)];
    let parts = scenario(copies, pools, vec![of_tier(&[], &[], &[0], &[0, 1])]);
    let sealed = Scenario::seal(parts);
    let (tier, service, plan) = (TierId::from_index(0), ServiceId::from_index(0), PlanId::from_index(0));
    let used =
        PlanUse { share: 0.5, serving: seconds(36_000.0), helping: seconds(36_000.0), returned: Bytes::default() };
    let cost = incident(&sealed, tier, service, plan, &used).unwrap();
    assert_eq!(cost.items[0].item, "transfer: load over wan");
    assert!((cost.items[0].quantity - 5.0).abs() < 1e-12);
    assert_eq!(cost.items[1].item, "compute: p");
    assert_eq!(cost.per_incident, Some(5.0 * 0.02 + 20.0));
    assert_eq!(incident(&sealed, tier, service, PlanId::from_index(7), &used), None);
}
