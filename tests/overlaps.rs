//! Backups whose runs are still under way when the next is due, against closed forms derived here.
//!
//! From one true start to the next there are G = max(1, ⌈X ÷ I⌉) intervals I, X the run time: a renewal
//! process that is met long after it began. The failure falls into a stretch G of it. The start of that
//! stretch counts if its run is done, X ago; else the start before, another G older. By renewal reward the
//! mean loss is E[G²] ÷ 2 E[G] of age and E[G] × P(run under way) = E[G] × E[X] ÷ E[G] = E[X] for the rest.
//! At worst a stretch has gone by and the run of the next, as long, is about to be done: twice the longest
//! stretch. Held to the same measure as the other closed forms.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use common::engine::{Case, MS, load, mean_holds, on_each_seed};
use drplan::bound::bounds;
use drplan::id::{FailureId, Id, TierId};
use statrs::distribution::{ContinuousCDF, LogNormal};

const HOUR: f64 = 3600.0;

/// A site that is destroyed, and a plan that takes no time: what remains is the loss.
fn lost_site(schedule: &str) -> String {
    let site = r#"site = { kind = "outage", hits = "here", rate = "1 / year", lasts = "10d", destroyed = "100%", detected = "0s" }"#;
    let backup = format!(r#"often = {{ kind = "backup", of = "db", at = "there", {schedule}, keep = "900d" }}"#);
    Case::new().with("copies", backup).with("failures", site).back("site", "often", r#"["go"]"#).text()
}

/// The greatest loss that the closed form says is possible, seconds.
fn worst(text: &str) -> f64 {
    bounds(&load(text), TierId::from_index(0), FailureId::from_index(0), None).data_loss.worst.expect("a bound")
}

/// Every hour, X ~ U[0, H] hours, H whole: G is uniform on 1..=H, so E[G²] ÷ 2 E[G] = (2 H + 1) ÷ 6 and the
/// mean loss is (2 H + 1) ÷ 6 + H ÷ 2 hours; at worst 2 H.
#[test]
fn runs_of_any_length_up_to_many_intervals() {
    for hours in [2_u32, 6, 10, 20] {
        let h = f64::from(hours);
        let truth = ((2.0 * h + 1.0) / 6.0 + h / 2.0) * HOUR;
        let text = lost_site(&format!(r#"every = "1h", takes = {{ low = "0h", high = "{hours}h" }}"#));
        let bound = worst(&text);
        assert_eq!(bound, 2.0 * h * HOUR);
        on_each_seed(&text, 100_000, "site", |i| {
            mean_holds(&format!("{hours} h"), &i.data_loss, MS, truth);
            let most = i.data_loss.max().unwrap() as f64 * MS;
            // 90% of the bound: half of all runs would have to be within 5% of the longest for more.
            assert!(most <= bound && most > 0.9 * bound, "{most} of {bound}");
        });
    }
}

/// Every hour, lognormal with median 30 min and sigma 1.5, which has no longest: with S(k) = P(X > k hours),
/// E[G] = 1 + Σ S(k) and E[G²] = 1 + Σ (2 k + 1) S(k) over k ≥ 1; E[X] = e^(sigma² ÷ 2) ÷ 2 hours.
#[test]
fn runs_without_a_longest() {
    let law = LogNormal::new(0.5_f64.ln(), 1.5).unwrap();
    // At 100,000 h, 8 sigma out, nothing is left.
    let sum = |weight: fn(f64) -> f64| (1..100_000).map(|k| weight(f64::from(k)) * law.sf(f64::from(k))).sum::<f64>();
    let (mean, square) = (1.0 + sum(|_| 1.0), 1.0 + sum(|k| 2.0 * k + 1.0));
    let truth = (square / (2.0 * mean) + 0.5 * (1.5_f64 * 1.5 / 2.0).exp()) * HOUR;
    let text = lost_site(r#"every = "1h", takes = { median = "30m", sigma = 1.5 }"#);
    on_each_seed(&text, 1_000_000, "site", |i| mean_holds("loss", &i.data_loss, MS, truth));
}

/// At 0:00 and 6:00, 1 h or 7 h, each as likely: 0:00 always starts, 6:00 if the run of 0:00 took 1 h. At
/// midnight the newest point is of 6:00 or of 0:00 the day before, 21 h in the mean. Over the day, ∫ of the age:
/// both 1 h (1/4): 21.5 until 1:00, 24 until 7:00, 161.5 since, 207; 1 h and 7 h (1/4): 21.5 + 84 until 13:00 +
/// 137.5, 243; 7 h (1/2): 171.5 until 7:00 + 263.5, 435. Mean: (207/4 + 243/4 + 435/2) ÷ 24 = 13.75 h.
#[test]
fn a_calendar_with_gaps_of_two_lengths() {
    let text = lost_site(r#"cron = "0 0,6 * * *", tz = "UTC", takes = { samples = ["1h", "7h"] }"#);
    let bound = worst(&text);
    on_each_seed(&text, 100_000, "site", |i| {
        mean_holds("loss", &i.data_loss, MS, 13.75 * HOUR);
        assert!(i.data_loss.max().unwrap() as f64 * MS <= bound, "{bound}");
    });
}
