//! Closed forms and published figures that the engine must meet: |estimate − truth| < 4.5 standard
//! errors, with a standard error of at most 1% of the truth, on three fixed seeds. Each truth is
//! computed from its formula; the figure that a reader may know stands in the doc.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use common::engine::{Case, MS, SEEDS, campaign, load, mean_holds, on_each_seed, outcomes, share_holds, tally};
use drplan::stats::{Proportion, order_statistic_interval};

const HOUR: f64 = 3600.0;
const MINUTE: f64 = 60.0;

/// A site that is destroyed and detected at once; a plan that takes no time leaves only the loss.
const SITE: &str = r#"site = { kind = "outage", hits = "here", rate = "1 / year", lasts = "10d", destroyed = "100%", detected = "0s" }"#;

/// A deletion that is detected at once, undone from a mirror held back by a year: what remains is the time of the steps.
const DROP: &str = r#"drop = { kind = "deletion", hits = "d", rate = "1 / year", detected = "0s" }"#;

/// A source for a deletion whose recovery takes no time of its own.
const VAULT: &str = r#"vault = { kind = "backup", of = "db", at = "there", every = "1d", takes = "1s", keep = "30d" }"#;

/// A deletion undone by these steps, from a source that is always there.
fn steps_only(steps: &str, rows: &str) -> Case {
    Case::new().with("failures", DROP).with("copies", VAULT).back("drop", "vault", steps).with("steps", rows)
}

/// With an objective on the recovery time, whose share of incidents that meet it is the distribution
/// function at that point.
fn with_rto(case: Case, seconds: f64) -> Case {
    case.with("service", format!(r#"objectives = {{ default = {{ rto = "{seconds}s", chance = "50%" }} }}"#))
}

/// Oracle 1. A backup every I = 24 h that can be used P = 6 h after its start. The failure falls
/// uniformly between two arrivals, so the newest usable start is U[P, P + I] old: mean P + I/2 = 18 h,
/// standard deviation I/√12 = 6.928 h, p95 28.8 h, p99 29.76 h, never more than 30 h.
#[test]
fn oracle_01_periodic_backup() {
    let (interval, usable) = (24.0 * HOUR, 6.0 * HOUR);
    let case = |rpo: f64| {
        Case::new()
            .with(
                "copies",
                r#"nightly = { kind = "backup", of = "db", at = "there", every = "24h", takes = "6h", keep = "30d" }"#,
            )
            .with("failures", SITE)
            .back("site", "nightly", r#"["go"]"#)
            .with("service", format!(r#"objectives = {{ default = {{ rpo = "{rpo}s", chance = "50%" }} }}"#))
    };
    for p in [0.95, 0.99] {
        let quantile = usable + interval * p;
        on_each_seed(&case(quantile).text(), 40_000, "site", |i| {
            mean_holds("loss", &i.data_loss, MS, usable + interval / 2.0);
            share_holds("loss below its quantile", i.rpo_met, i.n, p);
            let deviation = i.data_loss.variance().unwrap().sqrt() * MS;
            // The sample deviation of n uniform draws has a relative error of √(0.2 / n): kurtosis 1.8.
            let truth = interval / 12f64.sqrt();
            assert!(
                (deviation / truth - 1.0).abs() < 4.5 * (0.2 / i.n as f64).sqrt(),
                "{deviation} instead of {truth}"
            );
            assert!(i.data_loss.max().unwrap() as f64 * MS <= usable + interval);
            assert!(i.data_loss.min().unwrap() as f64 * MS >= usable);
        });
    }
}

/// Oracle 2. A link of c = 100 MB/s, writes of b = 40 MB/s, and a burst of r = 250 MB/s for B = 600 s
/// in every E = 3600 s. The backlog rises at r − c to its peak (r − c) B = 90 GB and falls at c − b in
/// 1500 s: mean 90 GB × (600 + 1500) ÷ 2 ÷ 3600 = 26.25 GB, above half its peak for half of both
/// times: 1050 ÷ 3600 = 0.29167.
///
/// First in, first out: t seconds into the burst the loss is (r − c) t ÷ r, 360 s at its end; s
/// seconds after it, while backlog is left from the burst, s + (peak − c s) ÷ r, until
/// s = peak ÷ c = 900 s; then (peak − (c − b) s) ÷ b until 1500 s. The mean is the integral over the
/// three pieces, each a parabola, ÷ E.
#[test]
fn oracle_02_burst_over_a_link() {
    let (c, b, r, lasts, every) = (100e6, 40e6, 250e6, 600.0, 3600.0);
    let peak: f64 = (r - c) * lasts;
    let drained = peak / (c - b);
    let mean_bytes = peak * (lasts + drained) / 2.0 / every;
    // Each piece is linear in time: the mean of its ends times its length.
    let (at_end, turn) = (peak / r, peak / c);
    let mean_loss = (lasts * at_end / 2.0 + turn * (at_end + turn) / 2.0 + (drained - turn) * turn / 2.0) / every;
    let text = Case::new()
        .only(
            "data",
            r#"d = { size = "1 TB", writes = "40 MB/s", burst = { rate = "250 MB/s", lasts = "10m", every = "1h" } }"#,
        )
        .with("links", r#"wan = { between = ["here", "there"], bandwidth = "100 MB/s" }"#)
        .with("copies", r#"mirror = { kind = "async", of = "db", at = "there", over = "wan" }"#)
        .with("failures", SITE)
        .back("site", "mirror", r#"["go"]"#)
        .text();
    on_each_seed(&text, 60_000, "site", |i| {
        mean_holds("backlog", &i.data_loss_bytes, 1.0, mean_bytes);
        mean_holds("loss", &i.data_loss, MS, mean_loss);
        let (most_bytes, most_loss) = (i.data_loss_bytes.max().unwrap() as f64, i.data_loss.max().unwrap() as f64 * MS);
        // 60,000 points on 3600 s: the nearest to the peak is within a second of it, nearly surely.
        assert!(most_bytes <= peak && most_bytes > peak - (r - c), "peak {most_bytes}");
        assert!(most_loss <= turn && most_loss > turn - 1.0, "longest {most_loss}");
    });
    let scenario = load(&text);
    for seed in SEEDS {
        let all = outcomes(&scenario, "site", 60_000, seed);
        let above = all.iter().filter(|o| o.data_loss_bytes as f64 > peak / 2.0).count() as u64;
        share_holds("backlog above half its peak", above, all.len() as u64, (lasts + drained) / 2.0 / every);
    }
}

/// Oracle 5. Exponential steps one after another, means 10, 20, 30 min: mean Σm = 60, variance
/// Σm² = 1400 min², P(T > x) = Σ wᵢ exp(−x/mᵢ) with wᵢ = Π mᵢ ÷ (mᵢ − mⱼ): 0.0725084 at 120 min.
#[test]
fn oracle_05_chain_of_exponential_steps() {
    let means = [10.0, 20.0, 30.0];
    let x: f64 = 120.0;
    let above: f64 = means
        .iter()
        .map(|m| {
            let weight: f64 = means.iter().filter(|other| *other != m).map(|other| m / (m - other)).product();
            weight * (-x / m).exp()
        })
        .sum();
    let rows = "a = { phase = \"decide\", takes = { mean = \"10m\" } }\nb = { phase = \"decide\", takes = { mean = \"20m\" } }\nc = { phase = \"decide\", takes = { mean = \"30m\" } }";
    let text = with_rto(steps_only(r#"["a", "b", "c"]"#, rows), x * MINUTE).text();
    on_each_seed(&text, 160_000, "drop", |i| {
        mean_holds("recovery time", &i.recovery_time, MS, means.iter().sum::<f64>() * MINUTE);
        share_holds("longer than two hours", i.n - i.rto_met, i.n, above);
        let variance = i.recovery_time.variance().unwrap() * MS * MS / (MINUTE * MINUTE);
        let truth: f64 = means.iter().map(|m| m * m).sum();
        // Variance of a sample variance: (μ₄ − σ⁴) ÷ n, with μ₄ = 3σ⁴ + 6 Σ m⁴ for a sum of exponentials.
        let fourth: f64 = 3.0 * truth * truth + 6.0 * means.iter().map(|m: &f64| m.powi(4)).sum::<f64>();
        let error = ((fourth - truth * truth) / i.n as f64).sqrt();
        assert!(
            (variance - truth).abs() < 4.5 * error && error < 0.01 * truth,
            "{variance} instead of {truth} ± {error}"
        );
    });
}

/// Oracle 6. A lognormal step with median 60 and mean 120 min: sigma = √(2 ln 2) = 1.17741, quantile
/// at p = 60 exp(sigma z_p): p95 416.14, p99 928.35.
#[test]
fn oracle_06_lognormal_step() {
    let sigma = (2.0 * 2f64.ln()).sqrt();
    let rows = format!("a = {{ phase = \"decide\", takes = {{ median = \"60m\", sigma = {sigma} }} }}");
    // Standard normal quantiles as tables print them.
    for (p, z) in [(0.95, 1.644_853_626_951_472_7), (0.99, 2.326_347_874_040_840_8)] {
        let quantile = 60.0 * (sigma * z).exp();
        let text = with_rto(steps_only(r#"["a"]"#, &rows), quantile * MINUTE).text();
        on_each_seed(&text, 60_000, "drop", |i| {
            mean_holds("recovery time", &i.recovery_time, MS, 120.0 * MINUTE);
            share_holds("below its quantile", i.rto_met, i.n, p);
        });
    }
    assert!((60.0 * (sigma * 1.644_853_626_951_472_7).exp() - 416.14).abs() < 0.01);
    assert!((60.0 * (sigma * 2.326_347_874_040_840_8).exp() - 928.35).abs() < 0.01);
}

/// Oracle 7. Ten exponential restores of mean 1 h side by side: the last ends after
/// H₁₀ = Σ 1/k = 2.928968 h on average.
#[test]
fn oracle_07_ten_parallel_restores() {
    let names: Vec<String> = (0..10).map(|n| format!("r{n}")).collect();
    let rows: Vec<String> =
        names.iter().map(|n| format!("{n} = {{ phase = \"restore\", takes = {{ mean = \"1h\" }} }}")).collect();
    let text = steps_only(&format!("[{names:?}]"), &rows.join("\n")).text();
    let harmonic: f64 = (1..=10).map(|k| 1.0 / f64::from(k)).sum();
    on_each_seed(&text, 10_000, "drop", |i| mean_holds("the last", &i.recovery_time, MS, harmonic * HOUR));
}

/// Oracle 8. 10, 2 and 6 TB over one link of 1 TB/h: the link is busy for 18 h in any order. Max-min
/// fair: all three at 1/3 until the 2 TB are done at 6 h; two at 1/2 until the 6 TB are, 4 TB each
/// later, at 14 h; the last 4 TB alone until 18 h.
#[test]
fn oracle_08_restores_share_a_link() {
    let rows = ["ten", "two", "six"]
        .iter()
        .zip([10, 2, 6])
        .map(|(name, tb)| format!("{name} = {{ phase = \"restore\", moves = \"{tb} TB\", over = \"wan\" }}\n"));
    let text = steps_only(r#"[["ten", "two", "six"]]"#, &rows.collect::<String>())
        .with("links", r#"wan = { between = ["here", "there"], bandwidth = "1 TB/h" }"#)
        .text();
    let scenario = load(&text);
    for seed in SEEDS {
        let result = campaign(&scenario, 100, seed);
        let i = tally(&scenario, &result, "drop", None);
        assert_eq!((i.recovery_time.min(), i.recovery_time.max()), (Some(18 * 3_600_000), Some(18 * 3_600_000)));
        for (name, hours) in [("ten", 18), ("two", 6), ("six", 14)] {
            let step = i.steps.iter().find(|s| scenario.steps[s.step].name == name).unwrap();
            assert_eq!(step.finish.min(), Some(hours * 3_600_000), "{name}");
            assert_eq!(step.finish.max(), Some(hours * 3_600_000), "{name}");
        }
    }
}

/// Oracle 9. Restore D = 1 TB at 250 MB/s: 4000 s. Meanwhile w = 20 MB/s came in, 80 GB; replaying
/// at r = 100 MB/s while writes go on takes 80 GB ÷ (r − w) = 1000 s.
#[test]
fn oracle_09_restore_then_catch_up() {
    let (volume, moves, writes, replays) = (1e12, 250e6, 20e6, 100e6);
    let restored = volume / moves;
    let caught_up = restored + writes * restored / (replays - writes);
    let text = Case::new()
        .only("data", r#"d = { size = "1 TB", writes = "20 MB/s", upstream = "feed" }"#)
        .with("places", "outside = []")
        .with("externals", r#"feed = "outside""#)
        .with("copies", r#"mirror = { kind = "async", of = "db", at = "there", lag = "0s" }"#)
        .with("failures", SITE)
        .back("site", "mirror", r#"["load", "catch-up", "go"]"#)
        .with("steps", r#"load = { phase = "restore", moves = "from", rate = "250 MB/s" }"#)
        .with("steps", r#"catch-up = { phase = "replay", replays = "feed", rate = "100 MB/s" }"#)
        .text();
    on_each_seed(&text, 100, "site", |i| {
        assert_eq!(i.recovery_time.min(), Some((caught_up * 1000.0) as u64));
        assert_eq!(i.recovery_time.max(), Some((caught_up * 1000.0) as u64));
    });
}

/// Oracle 10. Heartbeats every i = 10 s, m = 3 misses: the failure falls uniformly between two beats,
/// so detection is U[(m − 1) i, m i], mean 25 s; 15 s of switching and half of a name's 60 s make 70 s.
#[test]
fn oracle_10_detection_by_heartbeat() {
    let (every, misses, switch, ttl) = (10.0, 3.0, 15.0, 60.0);
    let text = Case::new()
        .with("copies", r#"mirror = { kind = "async", of = "db", at = "there", lag = "0s" }"#)
        .with("failures", SITE.replace(r#", detected = "0s""#, ""))
        .back("site", "mirror", r#"["beat", "switch", "names"]"#)
        .with("steps", r#"beat = { phase = "detect", takes = { every = "10s", misses = 3 } }"#)
        .with("steps", r#"switch = { phase = "provision", takes = "15s" }"#)
        .with("steps", r#"names = { phase = "redirect", takes = { low = "0s", high = "60s" } }"#)
        .text();
    on_each_seed(&text, 20_000, "site", |i| {
        mean_holds("recovery time", &i.recovery_time, MS, every * (misses - 0.5) + switch + ttl / 2.0);
        let beat = i.steps.first().unwrap();
        assert!(beat.finish.min().unwrap() >= 20_000 && beat.finish.max().unwrap() <= 30_000);
        mean_holds("detection", &beat.finish, MS, every * (misses - 0.5));
    });
}

/// Oracle 12. Wilson's interval for 3 of 10,000 is [1.0203e-4, 8.8174e-4]; after 0 of 10,000 the
/// one-sided 95% bound is 1 − 0.05^(1/n) = 2.9953e-4; the p99 of 10,000 values lies between the
/// values of rank 9880 and 9920. The first is computed here from Wilson's quadratic
/// (p − π)² = z² π (1 − π) ÷ n by bisection, not from its solution.
#[test]
fn oracle_12_intervals() {
    let (n, events, z): (f64, f64, f64) = (10_000.0, 3.0, 1.959_963_984_540_054);
    let inside = |chance: f64| (events / n - chance).powi(2) <= z * z * chance * (1.0 - chance) / n;
    let edge = |mut inner: f64, mut outer: f64| {
        for _ in 0..200 {
            let middle = f64::midpoint(inner, outer);
            if inside(middle) { inner = middle } else { outer = middle }
        }
        inner
    };
    let found = Proportion::new(3, 10_000);
    assert!((found.low - edge(events / n, 0.0)).abs() < 1e-12 && (found.high - edge(events / n, 1.0)).abs() < 1e-12);
    assert!((found.low - 1.0203e-4).abs() < 1e-8 && (found.high - 8.8174e-4).abs() < 1e-8);
    assert!((Proportion::new(0, 10_000).high - (1.0 - 0.05f64.powf(1.0 / n))).abs() < 1e-12);
    let rank = order_statistic_interval(10_000, 0.99).unwrap();
    assert_eq!((rank.low, rank.high), (9880, 9920));
}

/// Oracle 13. Two designs whose only step is exponential with means 4 and 5, on the same uniforms:
/// the difference is exponential with mean 1 and deviation 1.0; unpaired it would be
/// √(4² + 5²) = 6.403.
#[test]
fn oracle_13_paired_comparison() {
    let with_mean = |hours: u32| {
        load(
            &steps_only(r#"["a"]"#, &format!("a = {{ phase = \"decide\", takes = {{ mean = \"{hours}h\" }} }}")).text(),
        )
    };
    let (four, five) = (with_mean(4), with_mean(5));
    for seed in SEEDS {
        let n = 60_000;
        let pairs: Vec<(f64, f64)> = outcomes(&four, "drop", n, seed)
            .iter()
            .zip(outcomes(&five, "drop", n, seed))
            .map(|(a, b)| (a.recovery_time as f64 * MS / HOUR, b.recovery_time as f64 * MS / HOUR))
            .collect();
        let moments = |values: Vec<f64>| {
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            (mean, (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (values.len() - 1) as f64).sqrt())
        };
        let (mean, deviation) = moments(pairs.iter().map(|(a, b)| b - a).collect());
        // Exponential: μ₄ = 9σ⁴, so a sample deviation has a relative error of √((9 − 1) ÷ 4n) = √(2 ÷ n).
        let error = (2.0 / n as f64).sqrt();
        assert!((mean - 1.0).abs() < 4.5 / (n as f64).sqrt(), "mean difference {mean}");
        assert!((deviation - 1.0).abs() < 4.5 * error, "deviation of the difference {deviation}");
        // Unpaired: the second design's incidents shifted by one.
        let shifted: Vec<f64> = pairs.iter().zip(pairs.iter().skip(1)).map(|((a, _), (_, b))| b - a).collect();
        let unpaired = (4f64.powi(2) + 5f64.powi(2)).sqrt();
        let (_, deviation) = moments(shifted);
        assert!(
            (deviation / unpaired - 1.0).abs() < 4.5 * error * 2f64.sqrt(),
            "unpaired {deviation} instead of {unpaired}"
        );
    }
}

/// Oracle 14. 1 TiB over 1 Gbit/s: 2⁴⁰ × 8 ÷ 10⁹ = 8796 s; 850 MB at 500 MB/s: 1.7 s.
#[test]
fn oracle_14_transfer_times() {
    let wan = r#"wan = { between = ["here", "there"], bandwidth = "1 Gbit/s" }"#;
    let over =
        steps_only(r#"["load"]"#, r#"load = { phase = "restore", moves = "1 TiB", over = "wan" }"#).with("links", wan);
    let local = steps_only(r#"["load"]"#, r#"load = { phase = "restore", moves = "850 MB", rate = "500 MB/s" }"#);
    for (case, truth) in [(over, 2f64.powi(40) * 8.0 / 1e9), (local, 850.0 / 500.0)] {
        on_each_seed(&case.text(), 10, "drop", |i| {
            assert_eq!(i.recovery_time.min(), Some((truth * 1000.0).round() as u64));
            assert_eq!(i.recovery_time.max(), i.recovery_time.min());
        });
    }
}

/// Oracle 15. Voters 2, 2 and 1 in three places, three of five needed: losing one place leaves at
/// least three, nobody notices; losing the two places of a region leaves one, everybody does.
#[test]
fn oracle_15_majority() {
    let text = Case::new()
        .only("places", "near = [\"p1\", \"p2\"]\nfar = [\"p3\"]\nhere = []")
        .with("compute", "voters = { at = { p1 = 2, p2 = 2, p3 = 1 }, enough = 3 }")
        .with("failures", r#"place = { kind = "outage", each = ["p1", "p2", "p3"], rate = "1 / year", lasts = "1h", detected = "0s" }"#)
        .with("failures", r#"region = { kind = "outage", hits = "near", rate = "1 / year", lasts = "1h", detected = "0s" }"#)
        .with("service", r#"runs = ["voters"]"#)
        .text();
    let scenario = load(&text);
    for seed in SEEDS {
        let result = campaign(&scenario, 1_000, seed);
        let place = tally(&scenario, &result, "place", None);
        assert_eq!((place.interrupted, place.recovery_time.max()), (0, Some(0)));
        let region = tally(&scenario, &result, "region", None);
        assert_eq!((region.interrupted, region.recovery_time.min()), (1_000, Some(3_600_000)));
    }
}
