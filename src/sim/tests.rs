//! The engine against itself: three ways to simulate an incident must agree to the millisecond.

#![allow(clippy::unwrap_used)]

use super::campaign::{Setting, run_incidents};
use super::incident::{Scratch, simulate};
use super::program::FailureProgram;
use super::random::{Purpose, Random, Tables};
use super::{CampaignSettings, Filter, NEVER, Outcome, Simulator};
use crate::model::{AssetIndex, Scenario};

const SCENARIOS: [&str; 5] = [
    STRESS,
    include_str!("../../scenarios/kafka.toml"),
    include_str!("../../scenarios/shop.toml"),
    include_str!("../../templates/scenario/comparison.toml"),
    include_str!("../../templates/scenario/warm-standby.toml"),
];

/// People's steps, in a row and side by side, one that fails, under a factor that they share.
const STRESS: &str = r#"
title = "A bad night"
roles = { sre = 9 }
stress = { p95 = 2.5 }
places = { here = [], there = [] }
[data]
d = { size = "50 GB", writes = "1 GB/day" }
[copies]
db = { kind = "primary", at = "here" }
vault = { kind = "backup", of = "db", at = "there", every = "6h", takes = "10m", keep = "9d" }
[failures]
drop = { kind = "deletion", hits = "d", rate = "1 / year", detected = { mean = "5m" } }
rot = { kind = "corruption", hits = "d", rate = "1 / year" }
[services]
s = { data = "d", copies = ["db"], plans = ["quick", "slow"] }
[strategies]
only = { copies = ["vault"] }
[plans]
quick = { for = ["drop"], from = ["vault"], steps = ["judge", ["load", "call"], "check"] }
slow = { for = ["drop", "rot"], from = ["vault"], steps = ["see", "judge", "load", "check"] }
[steps]
see = { phase = "detect", takes = { mean = "20m" }, role = "sre" }
judge = { phase = "decide", takes = { median = "10m", p95 = "30m" }, role = "sre", fails = "10%" }
load = { phase = "restore", takes = "1m", moves = "from", rate = "100 MB/s" }
call = { phase = "restore", takes = { min = "1m", mode = "5m", max = "20m" }, role = "sre" }
check = { phase = "verify", takes = "5m", role = "sre", fails = "20%", retries = 1 }
"#;

fn load(text: &str) -> Scenario {
    crate::spec::load(text).map(|loaded| loaded.scenario).ok().unwrap()
}

/// Two finishes that agree up to the rounding of sums taken in another order.
fn alike(a: u64, b: u64) -> bool {
    a == b || (a != NEVER && b != NEVER && a.abs_diff(b) <= 1)
}

fn agree(a: &Outcome, b: &Outcome) -> bool {
    alike(a.recovery_time, b.recovery_time)
        && alike(a.recovery_time_full, b.recovery_time_full)
        && alike(a.data_loss, b.data_loss)
        && (a.plan, a.unrecoverable, a.undetected) == (b.plan, b.unrecoverable, b.undetected)
}

/// Where nothing has to wait, the queue of events comes to what the walk over the graph comes to.
#[test]
fn the_event_queue_agrees_with_the_walk_where_nothing_waits() {
    let mut compared = 0;
    for text in SCENARIOS {
        let scenario = load(text);
        let (assets, tables) = (AssetIndex::new(&scenario), Tables::default());
        let setting = Setting { scenario: &scenario, assets: &assets, seed: 5, truncate: false, tables: &tables };
        for tier in scenario.tiers.ids() {
            for failure in scenario.failures.ids() {
                let compile = || FailureProgram::compile(&setting.context(tier, failure), None);
                let (Some(walked), Some(mut queued)) = (compile(), compile()) else { continue };
                if walked.contended || walked.spreads.is_some() {
                    continue;
                }
                queued.contended = true;
                let (mut one, mut other) = (Scratch::default(), Scratch::default());
                for occurrence in 0..500 {
                    let destroyed = walked.destroyed.nth(&Random, occurrence, 0, Purpose::Chance);
                    for slot in 0..walked.slot_count {
                        let at = slot * 2 + usize::from(destroyed);
                        let a = simulate(&walked, &walked.impacts[at], &Random, occurrence, &mut one);
                        let b = simulate(&queued, &queued.impacts[at], &Random, occurrence, &mut other);
                        assert!(agree(&a, &b), "{} {}: {a:?} {b:?}", scenario.title, scenario.failures[failure].name);
                        compared += 1;
                    }
                }
            }
        }
    }
    assert!(compared > 10_000, "only {compared} incidents had nothing to wait for");
}

/// Side by side or one by one, an incident has the same outcome.
#[test]
fn a_campaign_tallies_what_single_incidents_give() {
    for text in SCENARIOS {
        let scenario = load(text);
        // More than one block, and not a whole number of blocks.
        let settings = CampaignSettings { trials: 1500, seed: 9, threads: 1, truncate: false };
        let result = run_incidents(&scenario, &settings, &Filter::default());
        let simulator = Simulator::new(&scenario, settings.seed, false, &Filter::default());
        for tier in &result.tiers {
            for tally in tier.incidents.iter().filter(|tally| tally.service.is_none()) {
                let incidents =
                    (0..settings.trials).map(|n| simulator.incident(tier.tier, tally.failure, n).unwrap().0);
                let mut sums = [0_u128; 4];
                let mut lost = 0;
                for outcome in incidents {
                    let values =
                        [outcome.recovery_time, outcome.recovery_time_full, outcome.data_loss, outcome.data_loss_bytes];
                    for (sum, value) in sums.iter_mut().zip(values) {
                        *sum += if value == NEVER { 0 } else { u128::from(value) };
                    }
                    lost += u64::from(outcome.unrecoverable);
                }
                let tallied =
                    [&tally.recovery_time, &tally.recovery_time_full, &tally.data_loss, &tally.data_loss_bytes];
                assert_eq!(tallied.map(crate::stats::Tally::sum), sums);
                assert_eq!(tally.unrecoverable, lost);
            }
        }
    }
}
