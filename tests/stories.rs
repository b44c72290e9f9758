//! Years with constant gaps and durations: every lifetime is the same story, told to the second by hand.
//! Failures come while services run elsewhere, while copies are cut off, while damage is not yet noticed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use common::engine::load;
use drplan::sim::{Filter, LifetimeSettings, run_lifetimes};

const HOUR: f64 = 3600.0;

/// 876 hours.
const YEARS: f64 = 0.1;

/// Home, a place far away, and a third that nothing happens to.
const PLACES: &str = r#"
title = "A story"
[places]
here = []
there = []
safe = []
[links]
line = { between = ["here", "there"], bandwidth = "1 Gbps" }
[data]
d = { size = "100 GB", writes = "24 GB/day" }
[compute]
p = { at = "here" }
q = { at = "there" }
[steps]
go = { phase = "redirect", takes = "1m" }
back = { phase = "redirect", takes = "2m" }
sync = { phase = "restore", takes = "5h" }
load = { phase = "restore", takes = "3h" }
"#;

/// What becomes of the service within the horizon: hours down, outages, hours of writes lost, in so many
/// incidents, and whether everything is lost.
#[derive(Debug, PartialEq)]
struct Ends {
    down: f64,
    outages: u64,
    lost: f64,
    losing: u64,
    gone: bool,
}

/// Hours with the resolution of a millisecond.
fn hours(milliseconds: f64) -> f64 {
    (milliseconds / 1000.0).round() / HOUR
}

fn ends(parts: &[&str]) -> Ends {
    told(&format!("{PLACES}{}", parts.concat()))
}

fn told(text: &str) -> Ends {
    let scenario = load(text);
    let settings = LifetimeSettings { years: YEARS, lifetimes: 8, first: 0, seed: 1, threads: 1 };
    let result = run_lifetimes(&scenario, &settings, &Filter::default());
    let tally = &result.tiers[0];
    let all = |mean: Option<f64>| mean.unwrap_or(0.0);
    assert!(tally.downtime_of_lifetime.standard_error().unwrap_or(0.0) == 0.0, "the stories differ");
    Ends {
        down: hours(all(tally.downtime_of_lifetime.mean())),
        outages: all(tally.outages_of_lifetime.mean()).round() as u64,
        lost: hours(all(tally.loss.mean()) * tally.loss.count() as f64 / 8.0),
        losing: tally.loss.count() / 8,
        gone: tally.unrecoverable == 8,
    }
}

/// A story without losses.
fn down(down: f64, outages: u64) -> Ends {
    Ends { down: (down * HOUR).round() / HOUR, outages, lost: 0.0, losing: 0, gone: false }
}

/// The service is on compute that fails over, its data where nothing happens.
const STATELESS: &str = r#"
[copies]
db = { kind = "primary", at = "safe" }
[services]
s = { data = "d", copies = ["db"], runs = ["p"], standby = ["q"], plans = ["over", "again"] }
[strategies]
t = {}
"#;

/// Here down from 480 to 580, the way there 1 min; there down from 490 to 990. At 580 home is good: the way
/// back of 2 min begins, or the plan of 1 min where there is one. Down 1 min, and from 490 until then.
#[test]
fn home_is_good_again_while_the_place_that_was_gone_to_is_lost() {
    let failures = r#"
[failures]
f = { kind = "outage", hits = "here", gap = "480h", lasts = "100h", detected = "0s" }
g = { kind = "outage", hits = "there", gap = "490h", lasts = "500h", detected = "0s" }
"#;
    let over = "[plans]\nover = { for = [\"f\"], into = [\"q\"], steps = [\"go\"], failback = [\"back\"] }\n";
    let unused = "again = { for = [\"f\"], into = [\"q\"], steps = [\"load\", \"go\"] }\n";
    let minute = 1.0 / 60.0;
    assert_eq!(ends(&[STATELESS, failures, over, unused]), down(minute + 90.0 + 2.0 * minute, 2));
    let home = "again = { for = [\"g\"], into = [\"p\"], steps = [\"go\"] }\n";
    assert_eq!(ends(&[STATELESS, failures, over, home]), down(minute + 90.0 + minute, 2));
}

/// Home is back at 580 and the way back takes 5 h 2 min; there is lost at 582 for 50 h. With a plan into home
/// for that: 1 min down for each. Without one the way back goes on, and service is back when it is done, at
/// 585 h 2 min.
#[test]
fn the_place_that_was_gone_to_is_lost_on_the_way_back() {
    let failures = r#"
[failures]
f = { kind = "outage", hits = "here", gap = "480h", lasts = "100h", detected = "0s" }
g = { kind = "outage", hits = "there", gap = "582h", lasts = "50h", detected = "0s" }
"#;
    let over = "[plans]\nover = { for = [\"f\"], into = [\"q\"], steps = [\"go\"], failback = [\"sync\", \"back\"] }\n";
    let minute = 1.0 / 60.0;
    let home = "again = { for = [\"g\"], into = [\"p\"], steps = [\"go\"] }\n";
    assert_eq!(ends(&[STATELESS, failures, over, home]), down(2.0 * minute, 2));
    let unused = "again = { for = [\"f\"], into = [\"q\"], steps = [\"load\", \"go\"] }\n";
    assert_eq!(ends(&[STATELESS, failures, over, unused]), down(minute + 3.0 + 2.0 * minute, 2));
}

/// A copy that is 5 s behind, to which the service fails over.
const FOLLOWED: &str = r#"
[copies]
db = { kind = "primary", at = "here" }
x = { kind = "async", of = "db", at = "there", lag = "5s" }
[services]
s = { data = "d", copies = ["db", "x"], runs = ["p"], standby = ["q"], plans = ["over"] }
[strategies]
t = {}
[plans]
over = { for = ["f"], from = ["x"], into = ["q"], steps = ["go"], failback = ["sync", "back"] }
"#;

fn outages(f: &str, g: &str) -> String {
    format!(
        "[failures]\nf = {{ kind = \"outage\", hits = \"here\", detected = \"0s\", {f} }}\n\
         g = {{ kind = \"outage\", hits = \"there\", detected = \"0s\", {g} }}\n"
    )
}

/// The copy's place is down from 470 to 485, home from 480 on: the copy holds the state of 470, 10 h and its
/// lag old, whether home comes back or is destroyed. Down from 480 to 485, 1 min, and 2 min on the way back.
#[test]
fn a_copy_that_was_cut_off_when_the_primary_was_lost_stays_as_old() {
    let minute = 1.0 / 60.0;
    for f in [r#"gap = "480h", lasts = "100h""#, r#"gap = "480h", lasts = "100h", destroyed = "100%""#] {
        let story = ends(&[FOLLOWED, &outages(f, r#"gap = "470h", lasts = "15h""#)]);
        let lost = (10.0 * HOUR + 5.0) / HOUR;
        assert_eq!(story, Ends { lost, losing: 1, ..down(5.0 + 3.0 * minute, 2) });
    }
}

/// Here down from 480 to 500, where the service waits, there from 485 to 490: nothing is written meanwhile, so the
/// copy has all when home is destroyed at 501. Service goes there within 1 min and is home 2 min after 511. Home is
/// down from 870 until the end: what stands still then does not in the next lifetime.
#[test]
fn a_lifetime_that_ends_in_an_outage_leaves_nothing_to_the_next() {
    let story = ends(&[r#"
[copies]
db = { kind = "primary", at = "here" }
far = { kind = "async", of = "db", at = "there", over = "line" }
[failures]
f = { kind = "outage", hits = "here", gap = "480h", lasts = "20h", detected = "0s" }
g = { kind = "outage", hits = "there", gap = "485h", lasts = "5h", detected = "0s" }
fire = { kind = "outage", hits = "here", gap = "501h", lasts = "10h", destroyed = "100%", detected = "0s" }
late = { kind = "outage", hits = "here", gap = "870h", lasts = "10h", detected = "0s" }
[services]
s = { data = "d", copies = ["db", "far"], runs = ["p"], standby = ["q"], plans = ["over"] }
[strategies]
t = {}
[plans]
over = { for = ["fire"], from = ["far"], into = ["q"], steps = ["go"], failback = ["back"] }
"#]);
    let minute = 1.0 / 60.0;
    assert_eq!(story, down(20.0 + 1.0 * minute + 2.0 * minute + 6.0, 4));
}

/// The copy that serves since 480 is destroyed at 484. Home, back at 490 or on the way of being used again
/// since 482, goes on with the state of 480: 4 h of writes are lost, and the 5 s of the lag.
#[test]
fn the_copy_that_serves_is_destroyed() {
    let gone = r#"gap = "484h", lasts = "20h", destroyed = "100%""#;
    let lost = (4.0 * HOUR + 5.0) / HOUR;
    let minute = 1.0 / 60.0;
    let waits = ends(&[FOLLOWED, &outages(r#"gap = "480h", lasts = "10h""#, gone)]);
    assert_eq!(waits, Ends { lost, losing: 2, ..down(minute + 6.0, 2) });
    let returns = ends(&[FOLLOWED, &outages(r#"gap = "480h", lasts = "2h""#, gone)]);
    assert_eq!(returns, Ends { lost, losing: 2, ..down(minute, 1) });
    // Home was destroyed too, and is not filled again yet: nothing is left.
    let nothing = ends(&[FOLLOWED, &outages(r#"gap = "480h", lasts = "2h", destroyed = "100%""#, gone)]);
    assert!(nothing.gone, "{nothing:?}");
}

/// Hourly backups, on the hour, of a place that is destroyed.
const BACKED_UP: &str = r#"
[copies]
db = { kind = "primary", at = "here" }
x = { kind = "backup", of = "db", at = "there", every = "1h", offset = "0s", takes = "0s", keep = "10d" }
[services]
s = { data = "d", copies = ["db", "x"], runs = ["p"], standby = ["q"], plans = ["over"] }
[strategies]
t = {}
[plans]
over = { for = ["f"], from = ["x"], into = ["q"], steps = ["go"], failback = ["back"] }
"#;

/// No backup is made into a place that is down from 470:30 to 485:30, nor over a link that is cut then: the
/// newest is that of 470. Home is destroyed at 480, or at 480:30.
#[test]
fn backups_that_could_not_be_made() {
    let place = outages(r#"gap = "480h", lasts = "100h", destroyed = "100%""#, r#"gap = "470h30m", lasts = "15h""#);
    let story = ends(&[BACKED_UP, &place]);
    assert_eq!((story.lost, story.losing), (10.0, 1), "{story:?}");
    let link = r#"
[failures]
f = { kind = "outage", hits = "here", gap = "480h30m", lasts = "100h", destroyed = "100%", detected = "0s" }
g = { kind = "partition", hits = "line", gap = "470h30m", lasts = "15h", detected = "0s" }
"#;
    let story = ends(&[BACKED_UP, link]);
    assert_eq!((story.lost, story.losing), (10.5, 1), "{story:?}");
}

/// A failover, then a deletion that is noticed after 2 h: daily backups of the lost primary end with the
/// failover. What is lost goes back to the last run before it.
#[test]
fn backups_end_with_the_failover() {
    for (failover, deletion, run) in
        [(490, 500, 480), (482, 500, 480), (490, 506, 480), (490, 510, 480), (482, 510, 480), (505, 510, 504)]
    {
        let text = format!(
            r#"
[copies]
db = {{ kind = "primary", at = "here" }}
x = {{ kind = "async", of = "db", at = "there", lag = "0s" }}
bk = {{ kind = "backup", of = "db", at = "safe", every = "1d", offset = "0s", takes = "0s", keep = "30d" }}
[failures]
f = {{ kind = "outage", hits = "here", gap = "{failover}h", lasts = "100h", detected = "0s" }}
del = {{ kind = "deletion", hits = "d", gap = "{deletion}h", detected = "2h" }}
[services]
s = {{ data = "d", copies = ["db", "x", "bk"], runs = ["p"], standby = ["q"], plans = ["over", "undo"] }}
[strategies]
t = {{}}
[plans]
over = {{ for = ["f"], from = ["x"], into = ["q"], steps = ["go"] }}
undo = {{ for = ["del"], from = ["bk"], into = ["q"], steps = ["load"] }}
"#
        );
        let story = ends(&[&text]);
        assert_eq!((story.lost, story.losing), (f64::from(deletion - run + 2), 1), "{failover} {deletion}: {story:?}");
    }
}

/// Damage that nobody has noticed yet and a place that is destroyed at 500, restored from daily backups.
/// Damage at 490, noticed at 510: what is restored is from 480, so that the damage is undone with it: 20 h.
/// Damage at 470, noticed at 510: 480 is restored and is bad, then 456: all from 456 to 510 is lost, 54 h,
/// though both incidents lose 480 to 500.
#[test]
fn nothing_is_lost_twice() {
    let story = |damage: u32, detected: u32| {
        ends(&[&format!(
            r#"
[copies]
db = {{ kind = "primary", at = "here" }}
bk = {{ kind = "backup", of = "db", at = "there", every = "1d", offset = "0s", takes = "0s", keep = "30d" }}
[failures]
rot = {{ kind = "corruption", hits = "d", gap = "{damage}h", detected = "{detected}h" }}
f = {{ kind = "outage", hits = "here", gap = "500h", lasts = "2h", destroyed = "100%", detected = "1h" }}
[services]
s = {{ data = "d", copies = ["db", "bk"], runs = ["p"], plans = ["undo"] }}
[strategies]
t = {{}}
[plans]
undo = {{ for = ["f", "rot"], from = ["bk"], steps = ["load"] }}
"#
        )])
    };
    // Home is there again at 502; the plan begins then, and takes 3 h.
    assert_eq!(story(490, 20), Ends { lost: 20.0, losing: 1, ..down(5.0, 1) });
    assert_eq!(story(470, 40), Ends { lost: 54.0, losing: 2, ..down(5.0 + 3.0, 2) });
}

/// Damage at 490 that the first step of the plan finds, 2 h after it: nobody suffers before that, and the restore
/// of 3 h is all that anybody feels. Lost are the writes since the last backup, at 480, until it is found.
#[test]
fn damage_that_a_plan_finds_is_felt_from_then_on() {
    let story = ends(&[r#"
[copies]
db = { kind = "primary", at = "here" }
bk = { kind = "backup", of = "db", at = "there", every = "1d", offset = "0s", takes = "0s", keep = "30d" }
[failures]
rot = { kind = "corruption", hits = "d", gap = "490h" }
[services]
s = { data = "d", copies = ["db", "bk"], runs = ["p"], plans = ["undo"] }
[strategies]
t = {}
[plans]
undo = { for = ["rot"], from = ["bk"], steps = ["see", "load"] }
[steps.see]
phase = "detect"
takes = "2h"
"#]);
    assert_eq!(story, Ends { lost: 12.0, losing: 1, ..down(3.0, 1) });
}

/// Corruption at 490 that is noticed at 510. A run of 480 is copied every day at 20:00, within 2 h: what was copied at
/// 500 is the run of 480, begun after the damage and clean. 10 h before and 20 h after are lost, and the restore takes
/// 3 h. With the copy's place down from 495 to 505 none was made: that of 476, which is of 456, loses 34 h.
#[test]
fn a_late_copy_of_a_clean_backup() {
    let story = |more: &str, plans: &str| {
        let text = r#"
[copies]
db = { kind = "primary", at = "here" }
bk = { kind = "backup", of = "db", at = "safe", every = "1d", offset = "0s", takes = "0s", keep = "30d" }
vault = { kind = "backup", of = "bk", at = "there", every = "1d", offset = "20h", takes = "2h", keep = "30d" }
[failures]
rot = { kind = "corruption", hits = "d", gap = "490h", detected = "20h" }
MORE
[services]
s = { data = "d", copies = ["db", "bk", "vault"], runs = ["p"], plans = ["undo"] }
[strategies]
t = {}
[plans]
undo = { for = ["rot"], from = ["vault"], steps = ["load"] }
"#;
        ends(&[&text.replace("MORE", more), plans])
    };
    assert_eq!(story("", ""), Ends { lost: 30.0, losing: 1, ..down(3.0, 1) });
    let flood = r#"flood = { kind = "outage", hits = "there", gap = "495h", lasts = "10h", detected = "0s" }"#;
    assert_eq!(story(flood, ""), Ends { lost: 54.0, losing: 1, ..down(3.0, 1) });
}

/// Deletions at 490, noticed at 502, and at 500, noticed at 510: the restore of 480 that is done at 505 undoes
/// both. Down from 490 to 505; the writes from 480 to 502 are lost.
#[test]
fn a_restore_undoes_what_came_after_its_point() {
    let story = ends(&[r#"
[copies]
db = { kind = "primary", at = "here" }
bk = { kind = "backup", of = "db", at = "there", every = "1d", offset = "0s", takes = "0s", keep = "30d" }
[failures]
one = { kind = "deletion", hits = "d", gap = "490h", detected = "12h" }
two = { kind = "deletion", hits = "d", gap = "500h", detected = "10h" }
[services]
s = { data = "d", copies = ["db", "bk"], runs = ["p"], plans = ["undo"] }
[strategies]
t = {}
[plans]
undo = { for = ["one", "two"], from = ["bk"], steps = ["load"] }
"#]);
    assert_eq!(story, Ends { lost: 22.0, losing: 1, ..down(15.0, 1) });
}

/// What follows the copy that serves goes on: a copy 1 min behind it, which is taken when the second place is
/// destroyed too, has lost 1 min and the 5 s that its way is longer. A copy of the lost primary has stopped
/// with it: all from 480 to 500 and its own 1 min are lost, of which 5 s were lost before.
#[test]
fn copies_of_the_new_primary_go_on() {
    let story = |of: &str| {
        ends(&[&format!(
            r#"
[copies]
db = {{ kind = "primary", at = "here" }}
x = {{ kind = "async", of = "db", at = "there", lag = "5s" }}
z = {{ kind = "async", of = "{of}", at = "safe", lag = "1m" }}
[compute.r]
at = "safe"
[failures]
f = {{ kind = "outage", hits = "here", gap = "480h", lasts = "900h", destroyed = "100%", detected = "0s" }}
g = {{ kind = "outage", hits = "there", gap = "500h", lasts = "900h", destroyed = "100%", detected = "0s" }}
[services]
s = {{ data = "d", copies = ["db", "x", "z"], runs = ["p"], standby = ["q", "r"], plans = ["over", "again"] }}
[strategies]
t = {{}}
[plans]
over = {{ for = ["f"], from = ["x"], into = ["q"], steps = ["go"] }}
again = {{ for = ["g"], from = ["z"], into = ["r"], steps = ["go"] }}
"#
        )])
    };
    let minute = 1.0 / 60.0;
    let lost = |seconds: f64| Ends { lost: seconds / HOUR, losing: 2, ..down(2.0 * minute, 2) };
    assert_eq!(story("x"), lost(5.0 + 65.0));
    assert_eq!(story("db"), lost(20.0 * HOUR + 60.0));
}

/// A log in a place that was destroyed from 482 to 483, beside daily backups: at 490 the log of 480 to 483 is
/// not there, so that only the base of 480 is. With a base after that, at 504, all of 510 can be had.
#[test]
fn a_log_that_was_destroyed_needs_a_base_from_after_that() {
    for (fire, lost) in [(490, 10.0), (510, 0.0)] {
        let story = ends(&[&format!(
            r#"
[copies]
db = {{ kind = "primary", at = "here" }}
bk = {{ kind = "backup", of = "db", at = "safe", every = "1d", offset = "0s", takes = "0s", keep = "30d" }}
w = {{ kind = "log", of = "db", at = "there", bases = ["bk"], lag = "0s", keep = "30d" }}
[failures]
flood = {{ kind = "outage", hits = "there", gap = "482h", lasts = "1h", destroyed = "100%", detected = "0s" }}
fire = {{ kind = "outage", hits = "here", gap = "{fire}h", lasts = "900h", destroyed = "100%", detected = "0s" }}
[services]
s = {{ data = "d", copies = ["db", "bk", "w"], runs = ["p"], standby = ["q"], plans = ["over"] }}
[strategies]
t = {{}}
[plans]
over = {{ for = ["fire"], from = ["w"], into = ["q"], steps = ["go"] }}
"#
        )]);
        assert_eq!(story.lost, lost, "{fire}: {story:?}");
    }
}

/// Data that is computed from something outside, which is down from 475 to 490; home is destroyed at 480. 100 GB
/// at 100 MB/s from 490 on: 10 h and 1000 s. Where it is lost in the middle of that, from 480 and 500 s for
/// 10 h, it begins anew.
#[test]
fn what_is_computed_from_an_input_waits_for_it() {
    for (gap, lasts, took) in [("475h", "15h", 10.0 * HOUR), ("1728500s", "10h", 10.0 * HOUR + 500.0)] {
        let story = ends(&[&format!(
            r#"
[externals]
feed = "safe"
[copies]
db = {{ kind = "primary", at = "here" }}
v = {{ kind = "derived", of = "feed" }}
[failures]
fire = {{ kind = "outage", hits = "here", gap = "480h", lasts = "900h", destroyed = "100%", detected = "0s" }}
hush = {{ kind = "outage", hits = "feed", gap = "{gap}", lasts = "{lasts}", detected = "0s" }}
[services]
s = {{ data = "d", copies = ["db", "v"], runs = ["p"], standby = ["q"], plans = ["over"] }}
[strategies]
t = {{}}
[plans]
over = {{ for = ["fire"], from = ["v"], into = ["q"], steps = ["fill"] }}
[steps.fill]
phase = "restore"
moves = "from"
rate = "100 MB/s"
"#
        )]);
        assert_eq!(story, down((took + 1000.0) / HOUR, 1), "{gap}");
    }
}

/// A place that is lost from day 1 to 31 while half of its data is deleted every two minutes, and nothing undoes
/// that: 21,600 deletions wait for the place, and are all given up in the moment in which it is there. Service is
/// down for the 30 days, and again from day 32 on; the rest goes on without the half.
#[test]
fn damage_by_the_thousands_waits_for_its_place() {
    let story = ends(&[r#"
[copies]
db = { kind = "primary", at = "here" }
[failures]
f = { kind = "outage", hits = "here", gap = "1d", lasts = "30d", detected = "0s" }
del = { kind = "deletion", hits = "d", gap = "2m", share = "50%", detected = "0s" }
[services]
s = { data = "d", copies = ["db"], runs = ["p"] }
[strategies]
t = {}
"#]);
    assert_eq!((story.down, story.gone), (30.0 * 24.0 + 876.0 - 32.0 * 24.0, true), "{story:?}");
}

/// Here is lost from 485 to 505 and the service goes to the copy that is 5 s behind, in 1 min. At 490 its data
/// is deleted: the plan for that says nothing of where it leads, and restores the backup of 480 in 3 h where the
/// service runs, without waiting for home; from 505 on it goes home, which takes 2 min of service. Of the ten
/// hours since the backup, 5 s were lost already.
#[test]
fn damage_is_mended_where_the_service_runs() {
    let parts = r#"
[copies]
db = { kind = "primary", at = "here" }
x = { kind = "async", of = "db", at = "there", lag = "5s" }
bk = { kind = "backup", of = "db", at = "safe", every = "1d", offset = "0s", takes = "0s", keep = "30d" }
[services]
s = { data = "d", copies = ["db", "x", "bk"], runs = ["p"], standby = ["q"], plans = ["over", "mend"] }
[strategies]
t = {}
[plans]
over = { for = ["f"], from = ["x"], into = ["q"], steps = ["go"], failback = ["sync", "back"] }
mend = { for = ["c"], from = ["bk"], steps = ["load"] }
[failures]
f = { kind = "outage", hits = "here", gap = "485h", lasts = "20h", detected = "0s" }
c = { kind = "deletion", hits = "d", gap = "490h", detected = "0s" }
"#;
    let minute = 1.0 / 60.0;
    let expected = Ends { lost: 10.0, losing: 2, ..down(minute + 3.0 + 2.0 * minute, 3) };
    assert_eq!(ends(&[parts]), expected);
}

/// Two data sets that agree, each with a backup at midnight, the last one at 480. One is deleted at 500.5 and both
/// go back to 480, 20.5 h; the other at 502.5, and both go back to 480 again: of those 22.5 h all but two are
/// lost already. Each restore takes half an hour.
#[test]
fn what_agrees_is_not_lost_twice_either() {
    for (first, second) in [("d", "e"), ("e", "d"), ("d", "d"), ("e", "e")] {
        let story = told(&format!(
            r#"
title = "Two that agree"
[places]
here = []
there = []
[data]
d = {{ size = "180 GB", writes = "1 GB/day" }}
e = {{ size = "180 GB", writes = "1 GB/day", consistent_with = ["d"] }}
[copies]
db = {{ kind = "primary", data = "d", at = "here" }}
eb = {{ kind = "primary", data = "e", at = "here" }}
bd = {{ kind = "backup", of = "db", at = "there", every = "24h", offset = "0s", takes = "0s", keep = "60d" }}
be = {{ kind = "backup", of = "eb", at = "there", every = "24h", offset = "0s", takes = "0s", keep = "60d" }}
[failures]
one = {{ kind = "deletion", hits = "{first}", gap = "500.5h", detected = "0s" }}
two = {{ kind = "deletion", hits = "{second}", gap = "502.5h", detected = "0s" }}
[services]
s = {{ data = "d", copies = ["db", "bd"], plans = ["p"] }}
v = {{ data = "e", copies = ["eb", "be"], plans = ["q"] }}
[strategies]
a = {{ service = "s" }}
b = {{ service = "v" }}
[tiers]
all = ["a", "b"]
[plans]
p = {{ for = ["one", "two"], from = ["bd"], steps = ["load"] }}
q = {{ for = ["one", "two"], from = ["be"], steps = ["load"] }}
[steps]
load = {{ phase = "restore", takes = "30m" }}
"#
        ));
        assert_eq!((story.lost, story.losing), (22.5, 2), "{first} {second}: {story:?}");
    }
}

/// Away from 480 on, home good again at 580, but the line is cut from 560 to 700: what was written there cannot
/// come home. So the outage of that place from 620 to 625 is felt, and the way back begins at 700.
#[test]
fn nobody_goes_home_across_a_cut() {
    let cut = "cut = { kind = \"partition\", hits = \"line\", detected = \"0s\", gap = \"560h\", lasts = \"140h\" }\n";
    let lost = outages(r#"gap = "480h", lasts = "100h""#, r#"gap = "620h", lasts = "5h""#);
    let minute = 1.0 / 60.0;
    let felt = Ends { lost: 5.0 / HOUR, losing: 1, ..down(minute + 5.0 + 2.0 * minute, 3) };
    assert_eq!(ends(&[FOLLOWED, &lost, cut]), felt);
    // Steps that move the data would have waited by themselves; these do not.
    let moving = FOLLOWED.replace("\"sync\", ", "");
    assert_eq!(ends(&[&moving, &lost, cut]), felt);
    // A cut in the middle of the way back, from 582 to 700, breaks it off.
    let later = cut.replace("560h", "582h").replace("140h", "118h");
    assert_eq!(ends(&[FOLLOWED, &lost, &later]), felt);
}

/// Both sides take writes of their own while the line is cut, from 480 to 580, but for the ten hours from 500 on in
/// which one of them is lost: 20 h and 70 h are dropped when they meet again.
#[test]
fn sides_write_apart_as_long_as_both_stand() {
    let both = FOLLOWED.replace("lag = \"5s\"", "lag = \"5s\", both_ways = true");
    let cut = "cut = { kind = \"partition\", hits = \"line\", detected = \"0s\", gap = \"480h\", lasts = \"100h\" }\n";
    let never = r#"gap = "9000h", lasts = "1h""#;
    let whole = ends(&[&both, &outages(never, never), cut]);
    assert_eq!((whole.lost, whole.losing), (100.0, 1));
    let parts = ends(&[&both, &outages(never, r#"gap = "500h", lasts = "10h""#), cut]);
    assert_eq!((parts.lost, parts.down), (90.0, 0.0));
    // Beyond the horizon of 876 h it counts too: where the cut begins.
    let late = cut.replace("480h", "800h");
    assert_eq!(ends(&[&both, &outages(never, never), &late]).lost, 100.0);
}

/// Three places of which two acknowledge, and a plan of 1 min that goes on with one.
fn forced(failures: &str, failback: &str) -> Ends {
    told(&format!(
        r#"
title = "A quorum that is forced"
[places]
one = []
two = []
three = []
[data]
d = {{ size = "100 GB", writes = "1 GB/day" }}
[copies]
db = {{ kind = "primary", at = ["one", "two", "three"], acks = 2 }}
[failures]
{failures}
[services]
s = {{ data = "d", copies = ["db"], plans = ["force"] }}
[strategies]
t = {{}}
[plans]
force = {{ for = ["f", "g"], steps = ["go"], when_short = "continue"{failback} }}
[steps]
go = {{ phase = "redirect", takes = "1m" }}
back = {{ phase = "redirect", takes = "2m" }}
"#
    ))
}

fn outage(name: &str, place: &str, gap: &str, rest: &str) -> String {
    format!("{name} = {{ kind = \"outage\", hits = \"{place}\", gap = \"{gap}\", detected = \"0s\", {rest} }}\n")
}

/// The last place of a quorum that a plan went on with is lost too, at 482: with what it alone had been given since
/// 481, and with all there is where nothing else is left.
#[test]
fn the_last_place_of_a_forced_quorum_is_lost() {
    let minute = 1.0 / 60.0;
    let gone = r#"lasts = "50h", destroyed = "100%""#;
    let all =
        outage("f", "one", "480h", gone) + &outage("g", "two", "481h", gone) + &outage("h", "three", "482h", gone);
    // What is lost for good is no outage that goes on: the minute of the plan, and then nothing more.
    assert_eq!(forced(&all, ""), Ends { gone: true, ..down(minute, 2) });
    // The second is there again at 490, as it was at 481. Until then nothing serves, from 482 on.
    let rest = outage("f", "one", "480h", gone)
        + &outage("g", "two", "481h", r#"lasts = "9h""#)
        + &outage("h", "three", "482h", r#"lasts = "10h", destroyed = "100%""#);
    let story = forced(&rest, "");
    assert_eq!((story.lost, story.losing, story.gone), (1.0, 1, false), "{story:?}");
}

/// Two places are back at 491: the way home of the plan, 2 min, is felt.
#[test]
fn a_forced_quorum_goes_home_as_its_plan_says() {
    let minute = 1.0 / 60.0;
    let both = outage("f", "one", "480h", r#"lasts = "10h""#) + &outage("g", "two", "481h", r#"lasts = "10h""#);
    assert_eq!(forced(&both, ""), down(minute, 1));
    assert_eq!(forced(&both, ", failback = [\"back\"]"), down(3.0 * minute, 2));
}

/// The place that was gone to is destroyed: that ends the years, and is one outage, not two.
#[test]
fn the_end_of_everything_is_one_outage() {
    let lost = outages(
        r#"gap = "480h", lasts = "100h", destroyed = "100%""#,
        r#"gap = "490h", lasts = "9h", destroyed = "100%""#,
    );
    let story = ends(&[FOLLOWED, &lost]);
    assert_eq!((story.outages, story.gone, story.down), (2, true, 1.0 / 60.0));
}

/// Data that is computed again from something outside: the place that could do it is cut off from there from 479 to
/// 482, and the home of the data is down from 480 on for longer. The decision, 10 min, waits for the cut; one that was
/// made before the cut begins, at 480.5, is not made again.
#[test]
fn what_is_computed_again_needs_what_it_is_computed_from() {
    let story = |begins: &str| {
        told(&format!(
            r#"
title = "Derived across a cut"
[places]
east = []
west = []
south = []
[links]
ew = {{ between = ["east", "west"], bandwidth = "8 Gbps" }}
es = {{ between = ["east", "south"], bandwidth = "8 Gbps" }}
ws = {{ between = ["west", "south"], bandwidth = "8 Gbps" }}
[externals]
feed = "south"
[data]
d = {{ size = "36 GB", writes = "1 MB/s", upstream = "feed" }}
[compute]
p = {{ at = "east" }}
q = {{ at = "west" }}
[copies]
db = {{ kind = "primary", at = "east" }}
view = {{ kind = "derived", of = "feed", data = "d" }}
[failures]
f = {{ kind = "outage", hits = "east", gap = "480h", lasts = "50h", detected = "0s" }}
cut = {{ kind = "partition", hits = ["es", "ws"], gap = "{begins}", lasts = "3h", detected = "0s" }}
[services]
s = {{ data = "d", copies = ["db", "view"], runs = ["p"], standby = ["q"], plans = ["again"] }}
[strategies]
t = {{}}
[plans]
again = {{ for = ["f"], from = ["view"], into = ["q"], steps = ["decide", "build"] }}
[steps]
decide = {{ phase = "decide", takes = "10m" }}
build = {{ phase = "restore", takes = "1h" }}
"#
        ))
        .down
    };
    let minutes = |n: f64| (n * 60.0).round() / HOUR;
    assert_eq!(story("9000h"), minutes(70.0));
    assert_eq!(story("479h"), minutes(120.0 + 70.0));
    assert_eq!(story("480.5h"), minutes(30.0 + 180.0 + 60.0));
}

/// Three places in a row, and copies of copies; the service fails over to the last one.
const CHAIN: &str = r#"
title = "A chain of copies"
[places]
east = []
west = []
south = []
[links]
first = { between = ["east", "west"] }
[data]
d = { size = "100 GB", writes = "1 GB/day" }
[compute]
app = { at = "east" }
alt = { at = "south" }
[services]
s = { data = "d", copies = ["db", "near", "far"], runs = ["app"], standby = ["alt"], plans = ["over"] }
[strategies]
one = {}
[steps]
go = { phase = "redirect", takes = "1m" }
load = { phase = "restore", moves = "from", rate = "100 MB/s" }
"#;

fn chained(copies: &str, failures: &str, plan: &str) -> Ends {
    let copies = format!("[copies]\ndb = {{ kind = \"primary\", at = \"east\" }}\n{copies}");
    told(&format!("{CHAIN}\n{copies}\n[failures]\n{failures}\n[plans]\n{plan}"))
}

/// The middle of the chain is lost from 400 to 420, or what leads to it cut: the copy behind it has nothing newer
/// than 400 when east is lost at 412. The lags of both edges come on top.
#[test]
fn a_copy_holds_no_more_than_what_it_is_made_from() {
    let copies = r#"
near = { kind = "async", of = "db", at = "west", lag = "5s" }
far = { kind = "async", of = "near", at = "south", lag = "5s" }
"#;
    let east = r#"e = { kind = "outage", hits = "east", gap = "412h", lasts = "100h", detected = "1m" }"#;
    let plan = r#"over = { for = ["e"], from = ["far"], into = ["alt"], steps = ["go"] }"#;
    for hit in [r#"kind = "outage", hits = "west""#, r#"kind = "partition", hits = "first""#] {
        let w = format!("w = {{ {hit}, gap = \"400h\", lasts = \"20h\", detected = \"1m\" }}");
        let told = chained(copies, &format!("{w}\n{east}"), plan);
        assert_eq!(told, Ends { lost: 12.0 + 10.0 / HOUR, losing: 1, ..down(2.0 / 60.0, 1) }, "{hit}");
    }
}

/// A daily backup of the copy in the middle. That is lost from 300 to 700: the last run is of 288. Or only what leads
/// to it is cut: runs go on, of the state of 300. East is lost at 412; 100 GB come back in 1,000 s.
#[test]
fn a_backup_of_a_copy_is_as_old_as_the_copy() {
    let copies = r#"
near = { kind = "async", of = "db", at = "west", lag = "5s" }
far = { kind = "backup", of = "near", at = "south", every = "1d", offset = "0h", takes = "20m", keep = "30d" }
"#;
    let east = r#"e = { kind = "outage", hits = "east", gap = "412h", lasts = "100h", detected = "1m" }"#;
    let plan = r#"over = { for = ["e"], from = ["far"], into = ["alt"], steps = ["load", "go"] }"#;
    for (hit, lost) in
        [(r#"kind = "outage", hits = "west""#, 412.0 - 288.0), (r#"kind = "partition", hits = "first""#, 412.0 - 300.0)]
    {
        let w = format!("w = {{ {hit}, gap = \"300h\", lasts = \"400h\", detected = \"1m\" }}");
        let told = chained(copies, &format!("{w}\n{east}"), plan);
        assert_eq!(told, Ends { lost: lost + 5.0 / HOUR, losing: 1, ..down(1_120.0 / HOUR, 1) }, "{hit}");
    }
}

/// Backups of backups: those in the middle are destroyed from 439 to 449, so that the run of 444 behind them finds
/// nothing; that of 432 has what the one of 426 took. The data is deleted at 450.
#[test]
fn a_backup_of_a_backup_needs_one_that_is_there() {
    let copies = r#"
near = { kind = "backup", of = "db", at = "west", every = "6h", offset = "0h", takes = "10m", keep = "30d" }
far = { kind = "backup", of = "near", at = "south", every = "12h", offset = "0h", takes = "20m", keep = "30d" }
"#;
    let failures = r#"
w = { kind = "outage", hits = "west", gap = "439h", lasts = "10h", detected = "1m", destroyed = "100%" }
e = { kind = "deletion", hits = "d", gap = "450h", detected = "0s" }
"#;
    let plan = r#"over = { for = ["e"], from = ["near", "far"], steps = ["load", "go"] }"#;
    let told = chained(copies, failures, plan);
    assert_eq!(told, Ends { lost: 450.0 - 426.0, losing: 1, ..down(1_060.0 / HOUR, 1) });
}

/// A log of nine days onto a daily base that is not made from 400 to 410: east, lost at 412, begins with the run of
/// 384 and replays 28 h of 1 GB a day at 10 MB/s, 117 s after the 1,000 s of the base. If the bases were destroyed, those
/// that come after 410 are too late: nothing is left, and that is known at once.
#[test]
fn a_log_begins_with_a_base_that_was_made() {
    let copies = r#"
near = { kind = "backup", of = "db", at = "west", every = "1d", offset = "0h", takes = "1h", keep = "30d" }
far = { kind = "log", of = "db", at = "south", lag = "10s", keep = "9d", bases = ["near"] }
"#;
    let east =
        r#"e = { kind = "outage", hits = "east", gap = "412h", lasts = "100h", detected = "1m", destroyed = "100%" }"#;
    let plan = r#"over = { for = ["e"], from = ["far"], into = ["alt"], steps = ["load", "again", "go"] }
[steps.again]
phase = "replay"
replays = "from"
rate = "10 MB/s""#;
    let w = r#"w = { kind = "outage", hits = "west", gap = "400h", lasts = "10h", detected = "1m" }"#;
    let told = chained(copies, &format!("{w}\n{east}"), plan);
    assert_eq!(told, Ends { lost: 10.0 / HOUR, losing: 1, ..down((60.0 + 1_000.0 + 116.655 + 60.0) / HOUR, 1) });
    let destroyed = w.replace("\"1m\"", "\"1m\", destroyed = \"100%\"");
    let told = chained(copies, &format!("{destroyed}\n{east}"), plan);
    assert_eq!(told, Ends { gone: true, ..down(0.0, 1) });
}
