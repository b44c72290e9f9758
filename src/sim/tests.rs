//! The engine against itself: three ways to simulate an incident must agree to the millisecond.

#![allow(clippy::unwrap_used)]

use super::campaign::{Setting, run_incidents};
use super::incident::{Scratch, simulate};
use super::program::FailureProgram;
use super::random::{Purpose, Random, Tables};
use super::{Act, CampaignSettings, Ending, Filter, Line, NEVER, Outcome, Simulator, TimeLine, Wait, representatives};
use crate::model::{AssetIndex, Scenario};

const SCENARIOS: [&str; 6] = [
    STRESS,
    SIDE_BY_SIDE,
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

/// Steps that fail side by side, each of which may be under way when the other does, and a next plan that
/// has them in another place or not at all.
const SIDE_BY_SIDE: &str = r#"
title = "One fails beside the other"
places = { here = [], there = [] }
[data]
d = { size = "50 GB", writes = "1 GB/day" }
[compute]
old = { at = "here" }
new = { at = "there" }
[copies]
db = { kind = "primary", at = "here" }
vault = { kind = "backup", of = "db", at = "there", every = "6h", takes = "10m", keep = "9d" }
[failures]
site = { kind = "outage", hits = "here", rate = "1 / year", lasts = { low = "1h", high = "9h" }, detected = "2m" }
[services]
s = { data = "d", runs = ["old"], copies = ["db"], plans = ["first", "second", "third"] }
[strategies]
only = { copies = ["vault"], cold = ["new"] }
[plans]
first  = { for = ["site"], from = ["vault"], into = ["new"], steps = ["judge", ["start", "order", "check"], "load", "switch"] }
second = { for = ["site"], from = ["vault"], into = ["new"], steps = ["ask", ["start", "judge"], "load", "check", "switch"] }
third  = { for = ["site"], from = ["vault"], into = ["new"], steps = ["ask", ["start", "order"], "load", "switch"], after_down = "1h" }
[steps]
judge  = { phase = "decide", takes = { median = "10m", p95 = "30m" } }
ask    = { phase = "decide", takes = { low = "1m", high = "30m" } }
start  = { phase = "provision", takes = { low = "1m", high = "30m" }, starts = "new", fails = "40%", retries = 1 }
order  = { phase = "provision", takes = { low = "1m", high = "40m" }, fails = "50%" }
check  = { phase = "verify", takes = { low = "1m", high = "20m" }, fails = "50%" }
load   = { phase = "restore", takes = "1m", moves = "from", rate = "100 MB/s" }
switch = { phase = "redirect", takes = "1m" }
"#;

/// Two services that one person recovers: steps wait for her.
const ONE_PERSON: &str = r#"
title = "One person for two"
roles = { dba = 1 }
places = { here = [], there = [] }
[data]
a = { size = "10 GB", writes = "1 GB/day" }
b = { size = "10 GB", writes = "1 GB/day" }
[copies]
a-main = { kind = "primary", data = "a", at = "here" }
b-main = { kind = "primary", data = "b", at = "here" }
a-far  = { kind = "async", of = "a-main", at = "there", lag = "5s" }
b-far  = { kind = "async", of = "b-main", at = "there", lag = "5s" }
[failures]
site = { kind = "outage", hits = "here", rate = "1 / year", lasts = { low = "10m", high = "9h" }, detected = "2m" }
[services]
one = { data = "a", copies = ["a-main", "a-far"], plans = ["promote-a", "promote-a2"] }
two = { data = "b", copies = ["b-main", "b-far"], plans = ["promote-b"] }
[strategies]
s-one = { service = "one" }
s-two = { service = "two" }
[tiers]
all = ["s-one", "s-two"]
[plans]
promote-a  = { for = ["site"], from = ["a-far"], steps = ["look", "fix-a", "switch"] }
promote-a2 = { for = ["site"], from = ["a-far"], steps = ["look", "force", "switch"], after_down = "30m" }
promote-b  = { for = ["site"], from = ["b-far"], steps = ["look", "fix-b", "switch"] }
[steps]
look   = { phase = "decide", takes = { low = "1m", high = "9m" }, role = "dba" }
fix-a  = { phase = "provision", takes = { low = "5m", high = "30m" }, role = "dba", fails = "30%" }
fix-b  = { phase = "verify", takes = { low = "5m", high = "30m" }, role = "dba", fails = "30%" }
force  = { phase = "provision", takes = "20m", role = "dba" }
switch = { phase = "redirect", takes = "1m" }
"#;

const OTHERS: [&str; 5] = [
    ONE_PERSON,
    include_str!("../../scenarios/doris.toml"),
    include_str!("../../scenarios/greptimedb.toml"),
    include_str!("../../scenarios/greptimedb-regions.toml"),
    include_str!("../../scenarios/materialize.toml"),
];

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
    for text in SCENARIOS.into_iter().chain(OTHERS) {
        let scenario = load(text);
        let (assets, tables) = (AssetIndex::new(&scenario), Tables::default());
        let setting = Setting { scenario: &scenario, assets: &assets, seed: 5, truncate: false, tables: &tables };
        for tier in scenario.tiers.ids() {
            for failure in scenario.failures.ids() {
                let compile = || FailureProgram::compile(&setting.context(tier, failure), None);
                let (Some(walked), Some(mut queued)) = (compile(), compile()) else { continue };
                queued.impacts.iter_mut().for_each(|impact| impact.contention.any = true);
                let (mut one, mut other) = (Scratch::default(), Scratch::default());
                for occurrence in 0..500 {
                    let destroyed = walked.destroyed.nth(&Random, occurrence, 0, Purpose::Chance);
                    let hit = (0..walked.slot_count).map(|slot| slot * 2 + usize::from(destroyed));
                    for at in hit.filter(|at| walked.impacts.get(*at).is_some_and(|impact| !impact.contention.any)) {
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

/// Side by side or one by one, an incident has the same outcome, for the application and every service.
#[test]
fn a_campaign_tallies_what_single_incidents_give() {
    for text in SCENARIOS.into_iter().chain(OTHERS) {
        let scenario = load(text);
        // More than one block, and not a whole number of blocks.
        let settings = CampaignSettings { trials: 1500, seed: 9, threads: 1, truncate: false };
        let result = run_incidents(&scenario, &settings, &Filter::default());
        let simulator = Simulator::new(&scenario, settings.seed, false, &Filter::default());
        for (tier, tally) in result.tiers.iter().flat_map(|tier| tier.incidents.iter().map(move |t| (tier.tier, t))) {
            let position =
                tally.service.map(|id| scenario.tiers[tier].services.iter().position(|s| s.service == id).unwrap());
            let mut sums = [0_u128; 6];
            let mut counts = [0_u64; 4];
            let mut plans = std::collections::BTreeMap::new();
            for n in 0..settings.trials {
                let (application, services) = simulator.incident(tier, tally.failure, n).unwrap();
                let outcome = position.map_or(application, |position| services[position]);
                let times = [outcome.recovery_time, outcome.recovery_time_full, outcome.undetected];
                let losses = [outcome.data_loss, outcome.data_loss_after, outcome.data_loss_bytes];
                for (sum, value) in sums.iter_mut().zip(times.into_iter().chain(losses)) {
                    *sum += if value == NEVER { 0 } else { u128::from(value) };
                }
                let flags = [outcome.unrecoverable, outcome.interrupted, outcome.rto_met, outcome.rpo_met];
                counts.iter_mut().zip(flags).for_each(|(count, flag)| *count += u64::from(flag));
                *plans.entry(outcome.plan).or_insert(0) += 1;
            }
            let times = [&tally.recovery_time, &tally.recovery_time_full, &tally.undetected];
            let losses = [&tally.data_loss, &tally.data_loss_after, &tally.data_loss_bytes];
            let tallied: Vec<u128> = times.into_iter().chain(losses).map(crate::stats::Tally::sum).collect();
            assert_eq!(tallied, sums, "{}", scenario.failures[tally.failure].name);
            assert_eq!([tally.unrecoverable, tally.interrupted, tally.rto_met, tally.rpo_met], counts);
            assert_eq!(tally.plans, plans.into_iter().collect::<Vec<_>>());
        }
    }
}

/// The path of every time line leads from the start of the clock to the end of the recovery, line after
/// line, to the millisecond; no step begins before what it waits for is done.
#[test]
fn the_critical_path_of_a_time_line_adds_up_to_the_recovery_time() {
    let (mut lines, mut several, mut failed, mut waited) = (0, 0, 0, 0);
    for text in SCENARIOS.into_iter().chain(OTHERS) {
        let scenario = load(text);
        let simulator = Simulator::new(&scenario, 3, false, &Filter::default());
        for (tier, row) in scenario.tiers.iter() {
            let levels: Vec<_> = std::iter::once(None).chain(row.services.iter().map(|s| Some(s.service))).collect();
            for (failure, service) in scenario.failures.ids().flat_map(|f| levels.iter().map(move |s| (f, *s))) {
                for occurrence in 0..60 {
                    let Some(line) = simulator.time_line(tier, failure, service, occurrence) else { continue };
                    if line.outcome.unrecoverable {
                        continue;
                    }
                    let at = format!("{} {} {occurrence}: {line:?}", row.name, scenario.failures[failure].name);
                    let mut path: Vec<_> = line.lines.iter().filter(|l| l.critical && l.begin < l.finish).collect();
                    path.sort_by_key(|l| l.begin);
                    let mut clock = 0;
                    for part in &path {
                        assert_eq!(part.begin, clock, "{at}");
                        clock = part.finish;
                    }
                    assert_eq!(clock, line.outcome.recovery_time, "{at}");
                    lines += 1;
                    several += usize::from(path.iter().any(|p| p.service != path[0].service));
                    failed += usize::from(line.lines.iter().any(|l| l.ending == Ending::Failed));
                    waited += usize::from(path.iter().any(|p| matches!(p.act, Act::Wait(Wait::People(_)))));
                    follows_its_plan(&scenario, tier, &line, &at);
                }
            }
        }
    }
    // Not vacuous: paths across services, plans that failed, people who were not free.
    assert!(lines > 10_000 && several > 100 && failed > 20 && waited > 20, "{lines} {several} {failed} {waited}");
}

/// Steps that ran to their end did so after all that they wait for, each once.
fn follows_its_plan(scenario: &Scenario, tier: crate::id::TierId, line: &TimeLine, at: &str) {
    let done = |service, step| {
        let is = |l: &&Line| l.service == service && matches!(l.act, Act::Step(_, s) if s == step);
        line.lines.iter().filter(is).filter(|l| l.ending == Ending::Done).max_by_key(|l| l.finish)
    };
    for entry in &line.lines {
        let Act::Step(plan, step) = entry.act else { continue };
        assert!(entry.begin <= entry.finish && entry.finish != NEVER, "{at}");
        let row = scenario.tiers[tier].services.iter().find(|s| s.service == entry.service).unwrap();
        let fitted = crate::model::fit_plan(scenario, row, plan).unwrap();
        let this = fitted.steps.iter().find(|s| s.step == step).unwrap();
        for before in &this.after {
            let before = fitted.steps[*before as usize].step;
            // One that takes no time, as what it starts is up, has no line.
            if let Some(before) = done(entry.service, before)
                && before.begin <= entry.begin
            {
                assert!(before.finish <= entry.begin, "{at}");
            }
        }
    }
}

/// The incident that stands for the median is one of the campaign, as near the median as can be.
#[test]
fn a_representative_incident_is_near_its_quantile() {
    let scenario = load(include_str!("../../scenarios/shop.toml"));
    let settings = CampaignSettings { trials: 4000, seed: 2, threads: 2, truncate: false };
    let campaign = run_incidents(&scenario, &settings, &Filter::default());
    let found = representatives(&scenario, &campaign, &Filter::default());
    let again = representatives(&scenario, &campaign, &Filter::default());
    assert_eq!(found, again);
    let mut near = 0;
    for (tier, representatives) in campaign.tiers.iter().zip(&found) {
        assert_eq!(tier.incidents.len(), representatives.len());
        for (tally, of) in tier.incidents.iter().zip(representatives) {
            for (p, line) in [(0.5, &of.median), (0.95, &of.p95)] {
                let quantile = tally.recovery_time.quantile(p, 1.0);
                let (Ok(quantile), Some(line)) = (quantile.as_ref(), line) else {
                    assert!(quantile.is_err() && line.is_none(), "{quantile:?} {line:?}");
                    continue;
                };
                let (low, high) = (quantile.low, quantile.high.unwrap());
                let time = line.outcome.recovery_time as f64;
                assert!(low * 0.99 <= time && time <= high * 1.01, "{time} not in {low}..{high}");
                near += 1;
            }
        }
    }
    assert!(near > 100);
}
