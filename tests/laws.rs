//! Laws that hold for every scenario, over a thousand random ones and more.
//!
//! Per incident, on the same draws: more data never shortens a recovery and more bandwidth never
//! lengthens one (where the doc of the law says), a second synchronous copy changes nothing of a
//! corruption, order changes nothing, names change nothing but the draws, threads change nothing,
//! additions change no other draw, and no incident exceeds its bound.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

mod common;

use common::coverage;
use common::document::Document;
use common::engine::{Case, all_outcomes, load, outcomes};
use common::generator::{self, Reach};
use common::random::Random;
use common::subjects::{OCCURRENCES, SCENARIOS, Subject, each};
use drplan::model::Scenario;
use drplan::sim::{CampaignResult, CampaignSettings, Filter, Outcome, run_incidents};
use drplan::stats::Tally;

fn settings(trials: u64, threads: usize) -> CampaignSettings {
    CampaignSettings { trials, seed: 7, threads, truncate: false }
}

fn campaign(scenario: &Scenario, trials: u64, threads: usize) -> CampaignResult {
    run_incidents(scenario, &settings(trials, threads), &Filter::default())
}

/// Everything that a campaign found, as text: equal texts mean equal results.
///
/// A tally is shown by its sums, extremes and quantiles: how its histogram happens to be laid out in
/// memory is not a result.
fn shown(result: &CampaignResult) -> String {
    let mut out = String::new();
    for tier in &result.tiers {
        for i in &tier.incidents {
            let counts = (i.n, i.interrupted, i.unrecoverable, i.rto_met, i.rpo_met, i.both_met);
            out.push_str(&format!("{:?} {:?} {:?} {counts:?} {:?}", tier.tier, i.failure, i.service, i.plans));
            let losses = [&i.data_loss, &i.data_loss_before, &i.data_loss_after, &i.data_loss_bytes];
            for t in [&i.recovery_time, &i.recovery_time_full, &i.undetected].into_iter().chain(losses) {
                out.push_str(&tally_shown(t));
            }
            for s in &i.steps {
                out.push_str(&format!("{:?} {:?} {} {}", s.plan, s.step, s.critical, tally_shown(&s.finish)));
            }
        }
    }
    for p in &result.pairs {
        out.push_str(&format!("{p:?}"));
    }
    out
}

fn tally_shown(tally: &Tally) -> String {
    let quantiles = [0.5, 0.9, 0.95, 0.99].map(|p| tally.quantile(p, 1.0));
    format!(
        "{:?} {:?}",
        (tally.count(), tally.infinite(), tally.sum(), tally.min(), tally.max(), tally.variance()),
        quantiles
    )
}

/// Every generated file is valid, and the generator uses the whole language often enough: each kind
/// of copy and of failure and each policy in at least 5% of the files, contention, retries and
/// fallback in at least 20%.
#[test]
fn generator_covers_the_language() {
    let counts = coverage::sum(each(Reach::Everything, |subject| coverage::features(&subject.scenario)));
    let share = |feature: &str| *counts.get(feature).unwrap_or(&0) as f64 / SCENARIOS as f64;
    for feature in [
        "copy primary",
        "copy async",
        "copy log",
        "copy backup",
        "copy soft-delete",
        "copy derived",
        "primary quorum",
        "primary when_short continue",
        "async over a link with a burst",
        "async with a lag",
        "async both ways",
        "async merges",
        "async window",
        "copy delayed",
        "copy skips",
        "log with bases",
        "log without bases",
        "log with acks",
        "log locked",
        "backup every",
        "backup cron",
        "backup full_every",
        "backup fails",
        "backup locked",
        "backup travels",
        "soft-delete bypass",
        "soft-delete of what is replicated",
        "failure outage",
        "failure partition",
        "failure deletion",
        "failure corruption",
        "failure compromise",
        "failure each",
        "failure hits",
        "failure destroys",
        "failure spreads",
        "failure dwells",
        "failure of a share",
        "policy order",
        "policy fastest",
        "policy least-loss",
        "policy after_down",
        "policy commit at a step",
        "policy commit at the end",
        "policy salvage",
        "policy when_short",
        "stress",
        "rebuild",
        "growth",
        "drill that interrupts",
        "failure repaired by people",
        "failure whose repair starts late",
        "failure of a length off by a factor",
        "step off by a factor",
    ] {
        assert!(share(feature) >= 0.05, "{feature}: {:.1}%", share(feature) * 100.0);
    }
    for feature in ["contention", "retries", "fallback"] {
        assert!(share(feature) >= 0.20, "{feature}: {:.1}%", share(feature) * 100.0);
    }
}

/// What a comparison of two versions of a scenario found.
#[derive(Default, Debug)]
struct Compared {
    incidents: u64,
    shorter: u64,
    first: Option<String>,
}

impl Compared {
    fn plus(mut self, other: Self) -> Self {
        self.incidents += other.incidents;
        self.shorter += other.shorter;
        self.first = self.first.or(other.first);
        self
    }
}

/// Compares recoveries of incidents whose plan and recovery point are the same in both versions;
/// counts those that the second version, which should be slower, brings back sooner.
fn compare(quick: &Subject, slow: &Document, what: &str) -> Compared {
    let mut found = Compared::default();
    let slow = all_outcomes(&load(&slow.text()), OCCURRENCES);
    for ((tier, failure, before), (_, _, after)) in quick.outcomes.iter().zip(&slow) {
        for (n, (x, y)) in before.iter().zip(after).enumerate() {
            let fixed = |o: &Outcome| (o.plan, o.data_loss_before, o.data_loss_after, o.unrecoverable);
            if fixed(x) != fixed(y) || x.unrecoverable {
                continue;
            }
            found.incidents += 1;
            // One millisecond: outcomes are rounded to it, and sums of floating-point durations may
            // fall on either side of a half.
            if y.recovery_time + 1 < x.recovery_time {
                found.shorter += 1;
                let names = (&quick.scenario.tiers[*tier].name, &quick.scenario.failures[*failure].name);
                let told = || format!("{what}, {names:?}, incident {n}:\n{x:?}\n{y:?}\n{}", quick.document.text());
                found.first.get_or_insert_with(told);
            }
        }
    }
    found
}

/// The same for twice the data and for half the bandwidth, over all random scenarios of a reach.
fn compare_all(reach: Reach) -> [(&'static str, Compared); 2] {
    let found = each(reach, |subject| {
        let (more, less) = (with_more_data(&subject.document), with_less_bandwidth(&subject.document));
        (compare(subject, &more, "twice the data"), compare(subject, &less, "half the bandwidth"))
    });
    let none = (Compared::default(), Compared::default());
    let (data, link) = found.into_iter().fold(none, |(a, b), (c, d)| (a.plus(c), b.plus(d)));
    [("twice the data", data), ("half the bandwidth", link)]
}

/// The file with twice as much in every data set and fixed transfer.
fn with_more_data(document: &Document) -> Document {
    let mut more = document.clone();
    let double = |value: &str| {
        let number: f64 = value.trim_matches('"').trim_end_matches(" GB").parse().unwrap();
        format!("\"{} GB\"", number * 2.0)
    };
    for name in document.names("data") {
        let size = double(document.get("data", &name, "size").unwrap());
        more.set("data", &name, "size", &size);
    }
    for name in document.names("steps").iter().filter(|n| n.starts_with("index")) {
        let moves = double(document.get("steps", name, "moves").unwrap());
        more.set("steps", name, "moves", &moves);
    }
    more
}

/// The file with half the bandwidth on every link.
fn with_less_bandwidth(document: &Document) -> Document {
    let mut less = document.clone();
    for name in document.names("links") {
        let (number, unit) =
            document.get("links", &name, "bandwidth").unwrap().trim_matches('"').split_once(' ').unwrap();
        let number: f64 = number.parse().unwrap();
        less.set("links", &name, "bandwidth", &format!("\"{} {unit}\"", number / 2.0));
    }
    less
}

/// More data never shortens, more bandwidth never lengthens a recovery, where the plan, the recovery
/// point and the incident are the same, at most one thing is shared (a link, and then neither side of a
/// transfer has a limit of its own), people are not limited, and within side-by-side work no transfer
/// follows another.
///
/// Why one thing: a transfer that a slower link holds back leaves more of their common source to the
/// one beside it, which may be the longer one. Why the last: on one link shared max-min fairly, a
/// transfer that begins at a given moment ends no sooner if any transfer grows or the link shrinks, as
/// long as no transfer *begins later* because another one ended later. Blocks of side-by-side work, each
/// branch with at most one transfer, keep that true: the beginnings within a block are fixed from the
/// block's own begin.
///
/// The last condition cannot be left out, and little less would do: without it one shared link and
/// nobody to wait for are not enough, as [`more_data_can_shorten_a_recovery`] shows with the fewest
/// transfers that can break the law. It takes three: two are either side by side from one begin, or one
/// after the other with the link to themselves, and both are covered.
#[test]
fn more_data_or_less_bandwidth_never_shortens_a_recovery() {
    for (what, found) in compare_all(Reach::Monotone) {
        println!("{what}: {} comparable incidents", found.incidents);
        assert!(found.incidents > 10 * SCENARIOS, "{what}: only {} comparable incidents", found.incidents);
        assert_eq!(found.shorter, 0, "{}", found.first.unwrap_or_default());
    }
}

/// Elsewhere the law has exceptions, as any list schedule has (Graham 1969): people who are freed
/// later take their next step in another order, a transfer that begins later leaves the link to others
/// meanwhile, one that a slow link holds back leaves more of a common source. They are rare, about one
/// comparable incident in a thousand of those with half the bandwidth;
/// [`more_data_can_shorten_a_recovery`] explains one.
#[test]
fn exceptions_are_counted_where_work_queues() {
    for (what, found) in compare_all(Reach::Everything) {
        println!("{what}: {} of {} comparable incidents end sooner", found.shorter, found.incidents);
        assert!(found.incidents > 10 * SCENARIOS, "{what}: {} comparable incidents", found.incidents);
        assert!(
            found.shorter * 50 < found.incidents,
            "{what}: {} of {}\n{}",
            found.shorter,
            found.incidents,
            found.first.unwrap_or_default()
        );
    }
}

/// An exception explained. On a link of 100 MB/s, `slow` moves the data set at 10 MB/s and `next`
/// follows it with 20 GB; beside them `wide` moves 60 GB, and an hour of checks comes after it.
///
/// With 6 GB, `slow` ends at 600 s; `wide` had 90 MB/s until then, 54 GB, and shares the rest with
/// `next`: 6 GB at 50 MB/s, it ends at 720 s. With 7 GB, `slow` still runs while `wide` goes on at
/// 90 MB/s and ends at 60 GB ÷ 90 MB/s = 666.7 s. The hour of checks, and service, come 53.3 s sooner.
#[test]
fn more_data_can_shorten_a_recovery() {
    let recovery = |gigabytes: u32| {
        let text = Case::new()
            .only("data", format!(r#"d = {{ size = "{gigabytes} GB", writes = "1 GB/day" }}"#))
            .with("links", r#"wan = { between = ["here", "there"], bandwidth = "100 MB/s" }"#)
            .with(
                "copies",
                r#"vault = { kind = "backup", of = "db", at = "there", every = "1d", takes = "1s", keep = "30d" }"#,
            )
            .with("failures", r#"drop = { kind = "deletion", hits = "d", rate = "1 / year", detected = "0s" }"#)
            .back("drop", "vault", r#"[[["slow", "next"], ["wide", "checks"]]]"#)
            .with("steps", r#"slow = { phase = "restore", moves = "from", rate = "10 MB/s", over = "wan" }"#)
            .with("steps", r#"next = { phase = "restore", moves = "20 GB", over = "wan" }"#)
            .with("steps", r#"wide = { phase = "restore", moves = "60 GB", over = "wan" }"#)
            .with("steps", r#"checks = { phase = "verify", takes = "1h" }"#)
            .text();
        outcomes(&load(&text), "drop", 1, 1)[0].recovery_time
    };
    assert_eq!(recovery(6), 720_000 + 3_600_000);
    assert_eq!(recovery(7), 666_667 + 3_600_000);
}

/// A second synchronous copy, in a region of its own on a link that nothing else uses, changes nothing
/// of a corruption or a deletion: redundancy is not a recovery point.
#[test]
fn synchronous_copy_changes_nothing_of_a_corruption() {
    let looked_at: Vec<usize> = each(Reach::Everything, |subject| {
        let document = &subject.document;
        let mut more = document.clone();
        more.raw("places", "spot9", "[]");
        more.row(
            "links",
            "line9",
            &[("between", r#"["east1", "spot9"]"#.to_owned()), ("bandwidth", r#""5 Gbps""#.to_owned())],
        );
        let mut changed = false;
        for copy in document.names("copies").iter().filter(|n| n.starts_with("main")) {
            let at = document.get("copies", copy, "at").unwrap().to_owned();
            if at.contains("run") {
                continue; // on the disks of machines; their number is the number of places
            }
            let acks: u32 = document.get("copies", copy, "acks").map_or(1, |a| a.parse().unwrap());
            let sites = if at.starts_with('[') { at.trim_end_matches(']').to_owned() } else { format!("[{at}") };
            more.set("copies", copy, "at", &format!("{sites}, \"spot9\"]"));
            more.set("copies", copy, "acks", &(acks + 1).to_string());
            changed = true;
        }
        if !changed {
            return 0;
        }
        let mut incidents = 0;
        for ((_, failure, x), (_, _, y)) in subject.outcomes.iter().zip(&all_outcomes(&load(&more.text()), OCCURRENCES))
        {
            let name = &subject.scenario.failures[*failure].name;
            if name.starts_with("rot") || name.starts_with("drop") {
                assert_eq!(x, y, "{name}\n{}", document.text());
                incidents += x.len();
            }
        }
        incidents
    });
    let looked_at: usize = looked_at.iter().sum();
    assert!(looked_at > 10_000, "{looked_at}");
}

/// The order of tables, of rows in them and of keys in those changes no byte of the result, nor the
/// scenario's hash.
#[test]
fn order_of_tables_changes_no_byte() {
    each(Reach::Everything, |subject| {
        let other = subject.document.shuffled(&mut Random::new(subject.seed));
        let (a, b) = (&subject.scenario, &load(&other.text()));
        assert_eq!(a.hash, b.hash, "{}", other.text());
        assert_eq!(shown(&campaign(a, 20, 1)), shown(&campaign(b, 20, 1)), "{}", other.text());
    });
}

/// Names only choose the draws. With every name changed, each mean is another sample of the same
/// thing: of all differences ÷ their standard errors about 5% lie outside ±1.96, and none of some
/// tens of thousands outside ±6.
///
/// With one service the new names stand in another order. With several the order stays: among
/// services that are ready at the same moment the first in the list takes the free person, so another
/// order is another scenario.
#[test]
fn renaming_moves_results_only_within_their_intervals() {
    let (mut outside, mut compared, mut worst) = (0u32, 0u32, (0.0f64, String::new()));
    for (what, z) in each(Reach::Everything, renamed).into_iter().flatten() {
        compared += 1;
        outside += u32::from(z > 1.96);
        if z > worst.0 {
            worst = (z, what);
        }
    }
    println!("{compared} means compared, {outside} outside, worst {:.2}", worst.0);
    assert!(compared > 10 * SCENARIOS as u32, "{compared}");
    assert!(worst.0 < 6.0, "{} standard errors: {}", worst.0, worst.1);
    let share = f64::from(outside) / f64::from(compared);
    assert!(share < 0.07, "{outside} of {compared} outside their intervals");
}

/// The means of a scenario against those of the same under other names: what, and by how many
/// standard errors they differ.
fn renamed(subject: &Subject) -> Vec<(String, f64)> {
    let document = &subject.document;
    let keep_order = document.names("services").len() > 1;
    let new_name = |name: &str| {
        let turned: u64 = name.bytes().fold(subject.seed, |h, b| h.wrapping_mul(31).wrapping_add(u64::from(b)));
        if keep_order { format!("q-{name}") } else { format!("q{}-{name}", turned % 97) }
    };
    let same = |name: &str, other: &str| new_name(name) == other;
    let renamed = document.renamed(new_name);
    let (a, b) = (&subject.scenario, load(&renamed.text()));
    let (x, y) = (campaign(a, 60, 1), campaign(&b, 60, 1));
    let single = x.tiers[0].incidents.iter().all(|j| j.service.is_some());
    let mut all = Vec::new();
    for tier in &x.tiers {
        let other = y.tiers.iter().find(|t| same(&a.tiers[tier.tier].name, &b.tiers[t.tier].name)).unwrap();
        for i in tier.incidents.iter().filter(|i| i.service.is_none() || single) {
            let j = other.incidents.iter().find(|j| {
                same(&a.failures[i.failure].name, &b.failures[j.failure].name)
                    && match (i.service, j.service) {
                        (Some(s), Some(t)) => same(&a.services[s].name, &b.services[t].name),
                        (s, t) => s.is_none() && t.is_none(),
                    }
            });
            let j = j.unwrap_or_else(|| panic!("no such failure\n{}", renamed.text()));
            for (what, p, q) in [
                ("recovery", &i.recovery_time, &j.recovery_time),
                ("loss", &i.data_loss, &j.data_loss),
                ("full", &i.recovery_time_full, &j.recovery_time_full),
            ] {
                let told = || format!("{what} of {} in scenario {}", a.failures[i.failure].name, subject.seed);
                all.extend(standard_errors(p, q).map(|z| (told(), z)));
            }
        }
    }
    all
}

/// By how many standard errors two means differ, if both have enough outcomes to tell.
fn standard_errors(p: &Tally, q: &Tally) -> Option<f64> {
    let (m, n) = (p.mean()?, q.mean()?);
    let error = |t: &Tally| t.standard_error().unwrap_or(0.0);
    let error = error(p).hypot(error(q));
    let off = (m - n).abs();
    // Outcomes without any spread must agree to the rounding.
    let without = if off > 1.0 { f64::INFINITY } else { 0.0 };
    (p.finite().min(q.finite()) >= 20).then_some(if error > 0.0 { off / error } else { without })
}

/// The same seed gives the same bytes on 1, 2, 3 and 7 threads.
#[test]
fn threads_change_no_byte() {
    let mut texts: Vec<String> = (0..15).map(|seed| generator::scenario(seed, Reach::Everything).text()).collect();
    texts.push(std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/kafka.toml")).unwrap());
    for text in texts {
        let scenario = load(&text);
        let one = shown(&campaign(&scenario, 5_000, 1));
        for threads in [2, 3, 7] {
            assert!(one == shown(&campaign(&scenario, 5_000, threads)), "{threads} threads\n{text}");
        }
    }
}

/// A failure, a copy or a step more changes no other draw: every outcome of every other incident is
/// the same, though all ids after the new names have moved.
#[test]
fn additions_change_no_other_draw() {
    each(Reach::Everything, |subject| {
        let document = &subject.document;
        let mut more = document.clone();
        let outage = [
            ("kind", "\"outage\""),
            ("hits", "\"far1\""),
            ("rate", "\"1 / year\""),
            ("lasts", "\"1h\""),
            ("detected", "\"1m\""),
        ];
        more.row("failures", "aa1", &outage.map(|(k, v)| (k, v.to_owned())));
        more.row("steps", "aa2", &[("phase", "\"decide\"".to_owned()), ("takes", "\"0s\"".to_owned())]);
        let mut spare =
            vec![("kind", "\"backup\"".to_owned()), ("of", "\"main1\"".to_owned()), ("at", "\"far1\"".to_owned())];
        spare.extend([("every", "\"1d\""), ("takes", "\"1h\""), ("keep", "\"30d\"")].map(|(k, v)| (k, v.to_owned())));
        if document.get("copies", "main1", "account").is_some() {
            spare.push(("account", "\"vault1\"".to_owned()));
        }
        more.row("copies", "aa3", &spare);
        let copies = document.get("strategies", "rich1", "copies").unwrap().trim_start_matches('[').to_owned();
        let comma = if copies == "]" { "" } else { ", " };
        more.set("strategies", "rich1", "copies", &format!("[\"aa3\"{comma}{copies}"));
        for plan in document.names("plans") {
            let steps = document.get("plans", &plan, "steps").unwrap();
            // Behind a detecting step, which must stay the first.
            let steps = match steps.strip_prefix("[\"see").and_then(|rest| rest.split_once(", ")) {
                Some((see, rest)) => format!("[\"see{see}, \"aa2\", {rest}"),
                None => format!("[\"aa2\", {}", steps.trim_start_matches('[')),
            };
            more.set("plans", &plan, "steps", &steps);
        }
        let b = load(&more.text());
        let after = all_outcomes(&b, OCCURRENCES);
        for (tier, failure, x) in &subject.outcomes {
            let name = &subject.scenario.failures[*failure].name;
            let (_, _, y) = after.iter().find(|(t, f, _)| t == tier && b.failures[*f].name == *name).unwrap();
            assert_eq!(x, y, "{name}\n{}", document.text());
        }
    });
}
