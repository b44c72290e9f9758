//! Bills and what incidents cost, against sums by hand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use common::engine::{campaign, load};
use drplan::assess::assess;
use drplan::cost::monthly;
use drplan::id::{Id, TierId};
use drplan::sim::Filter;

/// Days of a month of 730 hours.
const MONTH_DAYS: f64 = 730.0 / 24.0;

/// 100 GB with 10 GB of writes a day, and this backup elsewhere: what it keeps (fulls, increments, older
/// increments) and what it moves in a month, in GB.
fn kept_and_moved(backup: &str) -> (f64, f64, f64, f64) {
    let text = format!(
        r#"
title = "Bill"
[places]
here = []
there = []
[data]
d = {{ size = "100 GB", writes = "10 GB/day" }}
[copies]
db = {{ kind = "primary", at = "here" }}
bk = {{ kind = "backup", of = "db", at = "there", takes = "1h", {backup} }}
[failures]
f = {{ kind = "outage", hits = "here", rate = "1 / year", lasts = "1h", detected = "1m" }}
[services]
s = {{ data = "d", copies = ["db", "bk"] }}
[strategies]
only = {{}}
"#
    );
    let bill = monthly(&load(&text), TierId::from_index(0));
    let of = |name: &str| bill.items.iter().filter(|i| i.item.starts_with(name)).map(|i| i.quantity).sum::<f64>();
    (of("storage: bk, fulls"), of("storage: bk, increments"), of("storage: bk, older"), of("transfer: bk"))
}

fn near(what: &str, got: f64, truth: f64) {
    // Sums of doubles.
    assert!((got - truth).abs() <= 1e-9 * truth.max(1.0), "{what}: {got} instead of {truth}");
}

/// Day 0 full, day 1 increment of a day's 10 GB, kept 2 days. A full stays until the increment on it goes, 3 of
/// every 2 days. Increments of even starts count all that is written while points are kept, 2 days of 10 GB, as
/// published sums do. Every 2 days a full and an increment are sent.
#[test]
fn a_full_and_one_increment() {
    let (fulls, increments, older, moved) = kept_and_moved(r#"every = "1d", full_every = "2d", keep = "2d""#);
    near("fulls", fulls, 100.0 * 3.0 / 2.0);
    near("increments", increments, 20.0);
    near("older", older, 0.0);
    near("moved", moved, MONTH_DAYS / 2.0 * 110.0);
}

/// Full at midnight, increment at 6 with a quarter of a day's writes, kept 7 days: the full 7.25 of every day.
#[test]
fn increments_hold_what_was_written_since_the_run_before() {
    let calendar = r#"cron = "0 0,6 * * *", tz = "UTC", full_every = "1d", keep = "7d""#;
    let (fulls, increments, older, moved) = kept_and_moved(calendar);
    near("fulls", fulls, 725.0);
    near("increments", increments, 2.5 * 7.0);
    near("older", older, 0.0);
    near("moved", moved, MONTH_DAYS * 102.5);
}

/// Home fails, on average 100 days after it was back, for 20 hours: found after 10 minutes; an instance there is
/// started (20 min), 100 GB come from far (100 MB/s: 1000 s) and users are sent there (10 min); when home is back
/// the data is moved back (1000 s) and users (5 min). So per incident 20 h − 10 min + 1000 s + 5 min of 10 $/h,
/// and 100 GB at 0.03 and at 0.04 $, as often as a year has gaps of 100 d: incidents alone do not know that home
/// fails no more while it is down. A zero price is one.
#[test]
fn incidents_pay_for_what_they_move_and_start() {
    let text = |link: &str| {
        format!(
            r#"
title = "Cold standby"
currency = "USD"
[places]
here = []
there = []
far = []
[links]
l = {{ between = ["here", "far"], bandwidth = "10 Gbps", per_gb = 0.02 }}
m = {{ between = ["there", "far"], bandwidth = "10 Gbps"{link} }}
k = {{ between = ["there", "here"], bandwidth = "10 Gbps", per_gb = 0.04 }}
[data]
d = {{ size = "100 GB", writes = "0.001 GB/day" }}
[compute]
p = {{ at = "here", per_hour = 1 }}
q = {{ at = "there", per_hour = 10 }}
[copies]
db = {{ kind = "primary", at = "here", per_gb_month = 0.1 }}
bk = {{ kind = "backup", of = "db", at = "far", every = "1d", takes = "1h", keep = "10d", per_gb_month = 0.01 }}
[failures]
f = {{ kind = "outage", hits = "here", gap = {{ mean = "100d" }}, lasts = "20h", detected = "10m" }}
[services]
s = {{ data = "d", copies = ["db", "bk"], runs = ["p"], cold = ["q"], plans = ["w"], downtime_per_hour = 1000, loss_per_hour = 0, unrecoverable_cost = 0 }}
[strategies]
only = {{}}
[plans]
w = {{ for = ["f"], from = ["bk"], into = ["q"], steps = ["st", "mv", "go"], failback = ["sync", "b"] }}
[steps]
st   = {{ phase = "provision", starts = "q", takes = "20m" }}
mv   = {{ phase = "restore", moves = "from", rate = "100 MB/s" }}
go   = {{ phase = "redirect", takes = "10m" }}
sync = {{ phase = "restore", moves = "d", rate = "100 MB/s" }}
b    = {{ phase = "redirect", takes = "5m" }}
"#
        )
    };
    let per_year = 365.0 / 100.0;
    let hours = (20.0 * 3600.0 - 600.0 + 1000.0 + 300.0) / 3600.0;
    let (compute, transfer) = (hours * 10.0, 100.0 * (0.03 + 0.04));
    let scenario = load(&text(", per_gb = 0.03"));
    let result = assess(&scenario, &campaign(&scenario, 1000, 1), &Filter::default());
    let tier = &result.tiers[0];
    let costs = &tier.rare_event.incident_costs;
    near("incidents", costs.per_year.expect("all priced"), per_year * (compute + transfer));
    // 10 min + 20 min + 1000 s + 10 min, and 5 min on the way home, of 1000 $/h each time.
    let losses = per_year * (600.0 + 1200.0 + 1000.0 + 600.0 + 300.0) / 3600.0 * 1000.0;
    let (total, _) = tier.expected_cost_per_year();
    let bill = tier.cost.per_month.expect("all priced") * 12.0;
    near("the year", total.expect("all priced"), bill + losses + per_year * (compute + transfer));
    // A link without a price leaves what crosses it unknown, and the year with it.
    let scenario = load(&text(""));
    let result = assess(&scenario, &campaign(&scenario, 1000, 1), &Filter::default());
    let costs = &result.tiers[0].rare_event.incident_costs;
    assert_eq!((costs.per_year, &costs.unknown[..]), (None, &["links.m.per_gb".to_owned()][..]));
    near("known", costs.known_per_year, per_year * (compute + 4.0));
    assert_eq!(result.tiers[0].expected_cost_per_year().0, None);
}

/// What nobody priced and what costs nothing is zero, not minus zero.
#[test]
fn nothing_known_is_plain_zero() {
    let text = r#"
title = "Free"
[places]
here = []
[data]
d = { size = "1 GB", writes = "1 GB/day" }
[copies]
db = { kind = "primary", at = "here" }
[failures]
f = { kind = "outage", hits = "here", rate = "1 / year", lasts = "1h", detected = "1m" }
[services]
s = { data = "d", copies = ["db"] }
[strategies]
only = {}
"#;
    let scenario = load(text);
    let result = assess(&scenario, &campaign(&scenario, 10, 1), &Filter::default());
    assert!(result.tiers[0].cost.known_per_month.is_sign_positive());
    assert_eq!(result.tiers[0].cost.known_per_month, 0.0);
}
