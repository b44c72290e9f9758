//! Streams of changes: what an interruption leaves of a copy, when it is fit again, what streams that go on
//! take of a link, and what places that are lost had alone. Everything is fixed here, so each figure is exact to the millisecond.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use common::engine::{Case, SEEDS, campaign, load, mean_holds, outcomes, tally};
use drplan::bound::bounds;
use drplan::id::{FailureId, Id, TierId};
use drplan::model::Scenario;
use drplan::sim::{Filter, LifetimeSettings, LifetimeTally, NEVER, run_lifetimes};

const HOUR: f64 = 3600.0;
const DAY: f64 = 86_400.0;

/// Years of a lifetime: until day 146, so that what happens first on day 100 happens once.
const YEARS: f64 = 0.4;

/// When the first thing happens.
const START: f64 = 100.0 * DAY;

/// How far the twin is behind when nothing is wrong.
const LAG: f64 = 2.0;

/// 100 GB, written at 10 MB/s, followed over a link of 100 MB/s by a twin that can be resumed within a day.
fn pair() -> Case {
    Case::new()
        .with("links", r#"wan = { between = ["here", "there"], bandwidth = "800 Mbps" }"#)
        .only("data", r#"d = { size = "100 GB", writes = "10 MB/s" }"#)
        .with("copies", r#"twin = { kind = "async", of = "db", at = "there", lag = "2s", window = "1d" }"#)
}

/// The only link is cut on day 100 for so long.
fn cut(lasts: f64) -> String {
    format!("cut = {{ kind = \"partition\", hits = \"wan\", gap = \"{START}s\", lasts = \"{lasts}s\" }}")
}

/// Home is lost for good so long after day 100, and people know at once.
fn fire(after: f64) -> String {
    let gap = START + after;
    format!(
        "fire = {{ kind = \"outage\", hits = \"here\", gap = \"{gap}s\", lasts = \"10d\", destroyed = \"100%\", detected = \"0s\" }}"
    )
}

fn live(text: &str) -> LifetimeTally {
    let settings = LifetimeSettings { years: YEARS, lifetimes: 1, first: 0, seed: 1, threads: 1 };
    run_lifetimes(&load(text), &settings, &Filter::default()).tiers.remove(0)
}

/// Seconds of writes that the fire costs after such a cut, from a twin that has so much to take back;
/// `None`: all is lost for good.
fn lost(cut_lasts: f64, fire_after: f64) -> Option<f64> {
    let text =
        pair().with("failures", cut(cut_lasts)).with("failures", fire(fire_after)).back("fire", "twin", r#"["go"]"#);
    let tally = live(&text.text());
    if tally.losses_for_good > 0 { None } else { tally.loss.mean().map(|ms| ms / 1e3) }
}

/// While the link is cut the twin is as old as the cut; within its window it is taken all the same.
#[test]
fn a_cut_leaves_the_twin_as_old_as_itself() {
    assert_eq!(lost(DAY, HOUR), Some(HOUR + LAG));
    // Beyond its window it is broken, but there is nothing else.
    assert_eq!(lost(3.0 * DAY, 2.0 * DAY), Some(2.0 * DAY + LAG));
}

/// One second inside the window: L = 86,399 s were missed, and each second brings r ÷ w = 10 of them, so
/// after 60 s it is L + 60 − 600 behind and after L ÷ 9 = 9599.9 s no more.
#[test]
fn a_second_inside_the_window_it_catches_up() {
    let cut = DAY - 1.0;
    assert_eq!(lost(cut, cut + 60.0), Some(cut + 60.0 - 600.0 + LAG));
    assert_eq!(lost(cut, cut + 9600.0), Some(LAG));
}

/// One second outside: 100 GB anew while 10 MB/s are written, at 100 MB/s: 100 GB ÷ 90 MB/s = 1111.1 s.
/// Until then it is as old as the cut.
#[test]
fn a_second_outside_the_window_it_is_copied_anew() {
    let cut = DAY + 1.0;
    assert_eq!(lost(cut, cut + 60.0), Some(cut + 60.0 + LAG));
    assert_eq!(lost(cut, cut + 1111.0), Some(cut + 1111.0 + LAG));
    assert_eq!(lost(cut, cut + 1112.0), Some(LAG));
}

/// A broken twin gives way to a backup in a third place, one that still catches up does not: 61 s and 86,461 s
/// after the last start of an hourly backup.
#[test]
fn a_broken_twin_is_the_last_choice() {
    let with_backup = |cut_lasts: f64| {
        let backup = r#"hourly = { kind = "backup", of = "db", at = "vault", every = "1h", offset = "0s", takes = "1s", keep = "7d" }"#;
        let text = pair()
            .with("places", "vault = []")
            .with("copies", backup)
            .with("failures", cut(cut_lasts))
            .with("failures", fire(cut_lasts + 60.0))
            .with("service", r#"plans = ["back"]"#)
            .with("strategy", r#"copies = ["twin", "hourly"]"#)
            .with("plans", r#"back = { for = ["fire"], from = ["twin", "hourly"], steps = ["go"] }"#)
            .text();
        live(&text).loss.mean().unwrap() / 1e3
    };
    assert_eq!(with_backup(DAY + 1.0), 61.0);
    assert_eq!(with_backup(DAY - 1.0), DAY - 1.0 + 60.0 - 600.0 + LAG);
}

/// Fewer copies than wanted: the cut, then L w ÷ (r − w) to catch up, or size ÷ (r − w) for a full copy.
#[test]
fn exposure_lasts_until_the_twin_follows_again() {
    for (cut_lasts, after) in [(DAY - 1.0, (DAY - 1.0) / 9.0), (DAY + 1.0, 1e11 / 9e7)] {
        let text = pair().with("failures", cut(cut_lasts)).with("strategy", r#"copies = ["twin"]"#).text();
        let exposed = live(&text).exposed.mean().unwrap();
        assert!((exposed / 1e3 - cut_lasts - after).abs() < 2e-3, "{exposed}");
    }
}

/// A twin whose place was destroyed is empty when the place is back a day later: it is of no use for the
/// 1111.1 s that a full copy takes.
#[test]
fn a_destroyed_twin_is_filled_before_it_is_of_use() {
    let flood = format!(
        "flood = {{ kind = \"outage\", hits = \"there\", gap = \"{START}s\", lasts = \"1d\", destroyed = \"100%\", detected = \"0s\" }}"
    );
    let after = |seconds: f64| {
        let text =
            pair().with("failures", &flood).with("failures", fire(DAY + seconds)).back("fire", "twin", r#"["go"]"#);
        live(&text.text())
    };
    assert_eq!(after(1111.0).losses_for_good, 1);
    let filled = after(1112.0);
    assert_eq!((filled.losses_for_good, filled.loss.mean()), (0, Some(LAG * 1e3)));
}

/// Backups that were destroyed are gone also when their place is back; the next run is there again.
#[test]
fn destroyed_backups_do_not_come_back() {
    let after = |seconds: f64| {
        let at = START + HOUR + seconds;
        let text = Case::new()
            .with("copies", r#"hourly = { kind = "backup", of = "db", at = "there", every = "1h", offset = "0s", takes = "1s", keep = "7d" }"#)
            .with("failures", format!("flood = {{ kind = \"outage\", hits = \"there\", gap = \"{START}s\", lasts = \"30m\", destroyed = \"100%\", detected = \"0s\" }}"))
            .with("failures", format!("drop = {{ kind = \"deletion\", hits = \"d\", gap = \"{at}s\", detected = \"0s\" }}"))
            .back("drop", "hourly", r#"["go"]"#);
        live(&text.text())
    };
    // Day 100 begins with a run; the place is back after half an hour, the next run starts after an hour.
    assert_eq!(after(-60.0).losses_for_good, 1);
    let next = after(60.0);
    assert_eq!((next.losses_for_good, next.loss.mean()), (0, Some(60e3)));
}

/// The first run after its place was destroyed is a full one. Fulls are due on days 0, 30, 60 and 90, increments
/// every day; the place is destroyed on day 100 and back a second before day 101. An hour after the run of day 105
/// that of day 101 and four days of increments are read: 104 GB at 100 MB/s, not 115 GB. Without the flood it is 115.
#[test]
fn a_chain_of_backups_begins_anew_where_it_was_destroyed() {
    let restored = |flood: &str| {
        let at = START + 5.0 * DAY + HOUR;
        let text = Case::new()
            .only("data", r#"d = { size = "100 GB", writes = "1 GB/day" }"#)
            .with("copies", r#"daily = { kind = "backup", of = "db", at = "there", every = "1d", offset = "0s", takes = "1s", full_every = "30d", keep = "60d" }"#)
            .with("failures", flood)
            .with("failures", format!("drop = {{ kind = \"deletion\", hits = \"d\", gap = \"{at}s\", detected = \"0s\" }}"))
            .with("steps", r#"read = { phase = "restore", moves = "from", rate = "100 MB/s" }"#)
            .back("drop", "daily", r#"["read"]"#);
        live(&text.text()).outage.mean()
    };
    let flood = format!(
        "flood = {{ kind = \"outage\", hits = \"there\", gap = \"{START}s\", lasts = \"{}s\", destroyed = \"100%\", detected = \"0s\" }}",
        DAY - 1.0
    );
    assert_eq!((restored(&flood), restored("")), (Some(1_040e3), Some(1_150e3)));
}

/// The way back to a home that was destroyed takes all of the data, 100 GB ÷ 50 MB/s = 2000 s; to one that
/// was not, what was written in the hour, 36 GB: 720 s.
#[test]
fn a_destroyed_home_takes_everything_back() {
    for (destroyed, resync) in [("100%", 2000.0), ("0%", 720.0)] {
        let text = pair()
            .with("failures", format!("site = {{ kind = \"outage\", hits = \"here\", gap = \"{START}s\", lasts = \"1h\", destroyed = \"{destroyed}\", detected = \"0s\" }}"))
            .with("steps", r#"resync = { phase = "restore", moves = "from", rate = "50 MB/s" }"#)
            .with("service", r#"plans = ["over"]"#)
            .with("strategy", r#"copies = ["twin"]"#)
            .with("plans", r#"over = { for = ["site"], from = ["twin"], steps = ["go"], failback = ["resync"] }"#)
            .text();
        assert_eq!(live(&text).exposed.mean(), Some((HOUR + resync) * 1e3), "{destroyed}");
    }
}

/// Two services on one link of 100 MB/s: the twin of `busy` follows at its average while 100 GB of `other`
/// come back.
fn beside(writes: &str, failure: &str) -> Scenario {
    load(&format!(
        r#"
title = "Beside a stream"
[places]
here  = []
there = []
[links]
wan = {{ between = ["here", "there"], bandwidth = "800 Mbps" }}
[data]
a = {{ size = "100 GB", writes = "{writes}" }}
b = {{ size = "100 GB", writes = "0 MB/s" }}
[compute]
p = {{ at = "here" }}
[copies]
main-a = {{ kind = "primary", data = "a", at = "here" }}
twin   = {{ kind = "async", of = "main-a", at = "there", lag = "1s", compression = 2.0 }}
main-b = {{ kind = "primary", data = "b", at = "here" }}
vault  = {{ kind = "backup", of = "main-b", at = "there", every = "1d", takes = "0s", keep = "9d" }}
keep   = {{ kind = "backup", of = "main-a", at = "there", every = "1d", takes = "0s", keep = "9d" }}
[failures]
{failure}
[services]
busy  = {{ data = "a", runs = ["p"], copies = ["main-a", "twin", "keep"], plans = ["back-a"] }}
other = {{ data = "b", runs = ["p"], copies = ["main-b", "vault"], plans = ["back-b"] }}
[strategies]
busy  = {{ service = "busy" }}
other = {{ service = "other" }}
[tiers]
both = ["busy", "other"]
[plans]
back-a = {{ for = ["drop"], from = ["keep"], steps = ["load"] }}
back-b = {{ for = ["drop"], from = ["vault"], steps = ["load"] }}
[steps]
load = {{ phase = "restore", moves = "from" }}
"#
    ))
}

fn restore_holds(scenario: &Scenario, seconds: f64) {
    let worst = outcomes(scenario, "drop", 20, 1).iter().map(|o| o.recovery_time).max().unwrap();
    assert_eq!(worst as f64 / 1e3, seconds);
    let bound = bounds(scenario, TierId::from_index(0), FailureId::from_index(0), None).recovery_time;
    assert_eq!((bound.best, bound.worst), (Some(seconds), Some(seconds)));
}

/// 40 MB/s are 20 MB/s when compressed: 100 GB ÷ 80 MB/s = 1250 s.
#[test]
fn a_stream_that_goes_on_slows_a_restore() {
    let drop = r#"drop = { kind = "deletion", hits = "b", rate = "1 / year", detected = "0s" }"#;
    restore_holds(&beside("40 MB/s", drop), 1250.0);
    restore_holds(&beside("0 MB/s", drop), 1000.0);
}

/// However much is written, a restore gets its fair part of the link: half. 160 MB/s are 80 compressed.
#[test]
fn a_restore_gets_its_fair_part_of_the_link() {
    let drop = r#"drop = { kind = "deletion", hits = "b", rate = "1 / year", detected = "0s" }"#;
    restore_holds(&beside("160 MB/s", drop), 2000.0);
}

/// Damage to half of a data set leaves half of its writes: 40 MB/s are 10 MB/s on the link, and 50 GB come
/// back at 90 MB/s.
#[test]
fn a_service_that_is_half_damaged_writes_on() {
    let drop = r#"drop = { kind = "deletion", hits = "a", share = "50%", rate = "1 / year", detected = "0s" }"#;
    let scenario = beside("40 MB/s", drop);
    let times: Vec<u64> = outcomes(&scenario, "drop", 20, 1).iter().map(|o| o.recovery_time).collect();
    assert!(times.iter().all(|t| *t == 555_556), "{times:?}");
}

/// A step that moves a copy by name reads that copy where it lies, not the one that the plan recovers
/// from: 100 GB over the link to it, 40 MB/s packed to a half, or at its own read rate of 10 MB/s.
#[test]
fn a_copy_moved_by_name_takes_its_own_way() {
    for (read_rate, seconds) in [("", 1_250.0), (r#", read_rate = "10 MB/s""#, 10_000.0)] {
        let dump = format!(
            r#"dump = {{ kind = "backup", of = "db", at = "far", every = "1d", takes = "0s", keep = "30d", compression = 2{read_rate} }}"#
        );
        let scenario = load(
            &Case::new()
                .with("places", "far = []")
                .with("links", r#"slow = { between = ["far", "there"], bandwidth = "40 MB/s" }"#)
                .with("compute", r#"spare = { at = "there" }"#)
                .with("copies", r#"twin = { kind = "async", of = "db", at = "there", lag = "0s" }"#)
                .with("copies", dump)
                .with("failures", fire(0.0))
                .with("service", r#"plans = ["back"]"#)
                .with("strategy", "copies = [\"twin\", \"dump\"]\nstandby = [\"spare\"]")
                .with("plans", r#"back = { for = ["fire"], from = ["twin"], into = ["spare"], steps = ["fetch"] }"#)
                .with("steps", r#"fetch = { phase = "restore", moves = "dump" }"#)
                .text(),
        );
        let exact = (seconds * 1e3) as u64;
        assert!(outcomes(&scenario, "fire", 20, 1).iter().all(|outcome| outcome.recovery_time == exact));
        let bound = bounds(&scenario, TierId::from_index(0), FailureId::from_index(0), None).recovery_time;
        assert_eq!((bound.best, bound.worst), (Some(seconds), Some(seconds)));
    }
}

/// A primary in three places of a region, in which compute goes on wherever there is something left.
fn places(primary: &str, failure: &str) -> Case {
    Case::new()
        .only("places", "here = [\"h1\", \"h2\", \"h3\"]\nthere = []")
        .only("copies", format!(r#"db = {{ kind = "primary", at = "here/*", {primary} }}"#))
        .with("compute", r#"pool = { at = "here" }"#)
        .with("service", r#"runs = ["pool"]"#)
        .with("failures", failure)
}

/// Some of the places are lost for three hours.
fn loses(places: &str, destroyed: &str) -> String {
    format!(
        "f = {{ kind = \"outage\", hits = {places}, rate = \"1 / year\", lasts = \"3h\", destroyed = \"{destroyed}\", detected = \"0s\" }}"
    )
}

const ONE: &str = r#""h1""#;
const TWO: &str = r#"["h1", "h2"]"#;

/// Seconds down and seconds of writes lost, the same in every incident, in the blocks and one by one, and
/// in the best and the worst case and the mean.
fn costs(case: &Case) -> (f64, f64) {
    let scenario = load(&case.text());
    let all = outcomes(&scenario, "f", 20, 1);
    let first = all[0];
    assert!(all.iter().all(|o| o == &first && !o.unrecoverable));
    let seconds = |ms: u64| ms as f64 / 1e3;
    let (down, lost) = (seconds(first.recovery_time), seconds(first.data_loss));
    let tallied = campaign(&scenario, 1_000, 1);
    let tallied = tally(&scenario, &tallied, "f", None);
    assert_eq!((tallied.data_loss.mean(), tallied.recovery_time.mean()), (Some(lost * 1e3), Some(down * 1e3)));
    // 10 GB a day.
    assert!((first.data_loss_bytes as f64 - lost * 1e10 / DAY).abs() <= 1.0);
    let bound = bounds(&scenario, TierId::from_index(0), FailureId::from_index(0), None);
    for (bound, value) in [(bound.recovery_time, down), (bound.data_loss, lost)] {
        assert_eq!((bound.best, bound.mean, bound.worst), (Some(value), Some(value), Some(value)));
    }
    (down, lost)
}

/// Losing fewer places than acknowledge a write loses nothing; losing as many or more, but not all, leaves
/// the state of ten seconds ago: service goes on with that, whether or not the places come back.
#[test]
fn service_that_goes_on_loses_what_only_lost_places_had() {
    for destroyed in ["0%", "100%"] {
        let lost = |acks: &str, hit: &str| costs(&places(&format!("{acks}, lag = \"10s\""), &loses(hit, destroyed)));
        assert_eq!(lost("acks = 1", ONE), (0.0, 10.0));
        assert_eq!(lost("acks = 1", TWO), (0.0, 10.0));
        assert_eq!(lost("acks = 2", ONE), (0.0, 0.0));
        assert_eq!(lost(r#"acks = 2, when_short = "continue""#, TWO), (0.0, 10.0));
        assert_eq!(lost(r#"acks = 3, when_short = "continue""#, TWO), (0.0, 0.0));
    }
}

/// Compute is lost too, and service waits three hours: everything is back but what was destroyed, and what is
/// left goes on by itself where that is enough to write.
#[test]
fn service_that_waits_loses_only_what_was_destroyed() {
    let primaries = [("acks = 1", ONE), (r#"acks = 2, when_short = "continue""#, TWO)];
    for (acks, hit) in primaries {
        let with = |destroyed: &str| {
            let case = places(&format!("{acks}, lag = \"10s\""), &loses(hit, destroyed));
            costs(&case.only("compute", r#"pool = { at = "h1" }"#))
        };
        assert_eq!((with("0%"), with("100%")), ((3.0 * HOUR, 0.0), (3.0 * HOUR, 10.0)));
    }
    // One place of two that a write waits for: nobody but people takes up the state of ten seconds ago.
    let stops = |destroyed: &str| {
        let case = places("acks = 2, lag = \"10s\"", &loses(TWO, destroyed));
        let all = outcomes(&load(&case.text()), "f", 20, 1);
        all.iter().map(|o| (o.recovery_time, o.data_loss)).max().unwrap()
    };
    assert_eq!(stops("0%"), ((3.0 * HOUR * 1e3) as u64, 0));
    assert_eq!(stops("100%").0, NEVER);
}

/// A lag between 0 s and 20 s: 10 s in the mean, with a deviation of 20 s ÷ √12.
#[test]
fn the_tail_is_as_long_as_the_lag() {
    let case = places(r#"acks = 1, lag = { low = "0s", high = "20s" }"#, &loses(ONE, "100%"));
    for seed in SEEDS {
        let scenario = load(&case.text());
        let result = campaign(&scenario, 40_000, seed);
        let loss = &tally(&scenario, &result, "f", None).data_loss;
        mean_holds("loss", loss, 1e-3, 10.0);
        let bound = bounds(&scenario, TierId::from_index(0), FailureId::from_index(0), None).data_loss;
        assert_eq!((bound.best, bound.mean, bound.worst), (Some(0.0), Some(10.0), Some(20.0)));
    }
}

/// Writes that wait for a log are in the log: two places of it lose nothing if both acknowledge a write,
/// and its own three seconds if one does and another is left.
#[test]
fn a_log_holds_what_its_primary_lost() {
    let with_log = |acks: u32| {
        let log = format!(
            r#"log = {{ kind = "log", of = "db", bases = ["db"], at = "here/*", acks = {acks}, lag = "3s", keep = "1d" }}"#
        );
        let case = places("acks = 1, lag = \"10s\"", &loses(ONE, "100%"));
        costs(&case.with("copies", log).with("strategy", r#"copies = ["log"]"#))
    };
    assert_eq!((with_log(2), with_log(1)), ((0.0, 0.0), (0.0, 3.0)));
}

/// A service that is down for something else loses its tail all the same: here for something outside that
/// is lost for the three hours too.
#[test]
fn a_tail_is_lost_though_service_waits_for_something_else() {
    let case = places("acks = 1, lag = \"10s\"", &loses(r#"["h1", "feed"]"#, "100%"))
        .with("externals", "feed = {}")
        .with("service", r#"needs = ["feed"]"#);
    assert_eq!(costs(&case), (3.0 * HOUR, 10.0));
}

/// One place of three is left on the side where the service runs: as after the loss of the others.
#[test]
fn a_side_is_judged_as_if_the_rest_were_lost() {
    let cut = |acks: &str| {
        let case = Case::new()
            .with("links", r#"wan = { between = ["here", "there"], bandwidth = "1 Gbps" }"#)
            .only("places", "here = [\"h1\", \"h2\"]\nthere = [\"t1\", \"t2\"]")
            .only("copies", format!(r#"db = {{ kind = "primary", at = ["h1", "t1", "t2"], {acks}, lag = "10s" }}"#))
            .with("compute", r#"pool = { at = "h1" }"#)
            .with("service", r#"runs = ["pool"]"#)
            .with(
                "failures",
                r#"f = { kind = "partition", hits = "wan", rate = "1 / year", lasts = "2h", detected = "0s" }"#,
            );
        costs(&case)
    };
    assert_eq!(cut(r#"acks = 2, when_short = "continue""#), (0.0, 10.0));
    assert_eq!(cut(r#"acks = 3, when_short = "continue""#), (0.0, 0.0));
    assert_eq!(cut("acks = 2"), (2.0 * HOUR, 0.0));
}

/// Two of three places are lost one after the other, an hour apart: the second leaves the state of ten
/// seconds ago if service goes on, and all if it waits for the first.
#[test]
fn the_last_loss_takes_the_tail() {
    let story = |primary: &str, destroyed: &str| {
        let fails = |place: &str, hour: u32| {
            format!(
                "f-{place} = {{ kind = \"outage\", hits = \"{place}\", gap = \"{hour}h\", lasts = \"10h\", destroyed = \"{destroyed}\", detected = \"0s\" }}"
            )
        };
        let text = places(primary, &fails("h1", 3000)).with("failures", fails("h2", 3001)).text();
        let tally = live(&text);
        assert_eq!(tally.losses_for_good, 0);
        (tally.downtime_of_lifetime.mean().unwrap() / 1e3, tally.loss.count(), tally.loss.mean())
    };
    let goes_on = r#"acks = 2, lag = "10s", when_short = "continue""#;
    assert_eq!(story(goes_on, "100%"), (0.0, 1, Some(1e4)));
    assert_eq!(story(goes_on, "0%"), (0.0, 1, Some(1e4)));
    // h1 is back nine hours after the loss of h2.
    let waits = story(r#"acks = 2, lag = "10s""#, "0%");
    assert_eq!((waits.0, waits.2.unwrap_or(0.0)), (9.0 * HOUR, 0.0));
}

/// Places of a primary go one after the other. The first is back, intact, after ten hours, and is as old as
/// when it went: it waits for those that have all, and if they are destroyed the rest is lost.
#[test]
fn a_place_that_comes_back_is_as_old_as_when_it_went() {
    let fails = |place: &str, hour: u32, destroyed: u32| {
        format!(
            "f-{place} = {{ kind = \"outage\", hits = \"{place}\", gap = \"{hour}h\", lasts = \"10h\", destroyed = \"{destroyed}%\", detected = \"0s\" }}\n"
        )
    };
    let story = |primary: &str, failures: &str| {
        let at = if failures.contains("h3") { r#"["h1", "h2", "h3"]"# } else { r#"["h1", "h2"]"# };
        let copy = format!(r#"db = {{ kind = "primary", at = {at}, {primary}, lag = "10s" }}"#);
        let tally = live(&places("", failures).only("copies", copy).text());
        assert_eq!(tally.losses_for_good, 0);
        let lost = tally.loss.mean().unwrap_or(0.0) * tally.loss.count() as f64;
        (tally.downtime_of_lifetime.mean().unwrap() / 1e3, lost / 1e3)
    };
    let (goes_on, hour) = (r#"acks = 2, when_short = "continue""#, HOUR);
    // The second is destroyed five hours later; the first is back five hours after that.
    let two = fails("h1", 3000, 0) + &fails("h2", 3005, 100);
    assert_eq!(story(goes_on, &two), (5.0 * hour, 5.0 * hour));
    // Where one acknowledges, the second had gone on without the last ten seconds of the first.
    assert_eq!(story("acks = 1", &two), (5.0 * hour, 5.0 * hour + 10.0));
    // It is back ten hours later and has all.
    let both = fails("h1", 3000, 0) + &fails("h2", 3005, 0);
    assert_eq!(story(goes_on, &both), (10.0 * hour, 0.0));
    // The first is empty, the second as of 3005 h (less the ten seconds that the third did not have), the
    // third took the hour after that with it: service is back with the second.
    let three = fails("h1", 3000, 100) + &fails("h2", 3005, 0) + &fails("h3", 3006, 100);
    assert_eq!(story(goes_on, &three), (9.0 * hour, hour + 10.0));
    // The first is back after ten hours and waits for the second, which went an hour after it, until that is
    // destroyed another ten hours later.
    let late = fails("h1", 3000, 0)
        + &fails("h2", 3001, 0).replace("10h", "40h")
        + &fails("h2", 3020, 100).replace("f-h2", "g").replace("10h", "40h");
    assert_eq!(story(goes_on, &late), (19.0 * hour, hour));
}

/// What is left of the primary is five hours old, and a twin two seconds: a plan takes the twin, at once, and
/// nothing else is lost.
#[test]
fn what_a_plan_brings_back_is_not_lost_with_the_places() {
    let fails = |place: &str, hour: u32, destroyed: u32| {
        format!(
            "f-{place} = {{ kind = \"outage\", hits = \"{place}\", gap = \"{hour}h\", lasts = \"10h\", destroyed = \"{destroyed}%\", detected = \"0s\" }}\n"
        )
    };
    let case = places("", &(fails("h1", 3000, 0) + &fails("h2", 3005, 100)))
        .only(
            "copies",
            r#"db = { kind = "primary", at = ["h1", "h2"], acks = 2, when_short = "continue", lag = "10s" }
twin = { kind = "async", of = "db", at = "there", lag = "2s" }"#,
        )
        .with("compute", r#"spare = { at = "there" }"#)
        .with("service", r#"plans = ["over"]"#)
        .with("strategy", "copies = [\"twin\"]\nstandby = [\"spare\"]")
        .with("plans", r#"over = { for = ["f-h1", "f-h2"], from = ["twin"], into = ["spare"], steps = ["go"] }"#);
    let tally = live(&case.text());
    assert_eq!((tally.losses_for_good, tally.loss.count(), tally.loss.mean()), (0, 1, Some(2e3)));
    assert_eq!(tally.downtime_of_lifetime.mean(), Some(0.0));
}
