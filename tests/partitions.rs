//! Partitions: who goes on, on which side, and what diverges.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use common::engine::{Case, load, outcomes};
use drplan::sim::{Filter, LifetimeSettings, run_lifetimes};

/// Every cut lasts so long, in milliseconds, and is noticed after a minute.
const CUT: u64 = 7_200_000;

/// Three regions, each joined to each; one place of the primary in each.
const TRIANGLE: &str = r#"near = { between = ["r1", "r2"], bandwidth = "1 Gbps" }
far-1 = { between = ["r1", "r3"], bandwidth = "1 Gbps" }
far-2 = { between = ["r2", "r3"], bandwidth = "1 Gbps" }"#;

fn cut(links: &str) -> String {
    format!(r#"cut = {{ kind = "partition", hits = {links}, rate = "1 / year", lasts = "2h", detected = "1m" }}"#)
}

/// Recovery time and data loss of the cut, in milliseconds: the same in every incident.
fn fixed(case: &Case) -> (u64, u64) {
    let all = outcomes(&load(&case.text()), "cut", 50, 1);
    assert!(all.iter().all(|o| !o.unrecoverable && o.recovery_time == all[0].recovery_time));
    assert!(all.iter().all(|o| o.data_loss == all[0].data_loss));
    (all[0].recovery_time, all[0].data_loss)
}

/// A primary in three joined regions, `acks` of them for a write, and instances of which one is enough.
fn triangle(places: &str, acks: &str, instances: &str, links: &str) -> Case {
    Case::new()
        .only("places", "r1 = [\"a\", \"b\"]\nr2 = [\"c\", \"x\"]\nr3 = [\"e\"]")
        .with("links", TRIANGLE)
        .with("compute", format!("pool = {{ at = {instances}, enough = 1, takeover = \"20s\" }}"))
        .only("copies", format!(r#"db = {{ kind = "primary", at = {places}, {acks} }}"#))
        .with("failures", cut(links))
        .with("service", r#"runs = ["pool"]"#)
}

const ALL: &str = r#"["near", "far-1", "far-2"]"#;
const OFF: &str = r#"["near", "far-1"]"#;
const ONE: &str = r#""near""#;

/// Two acknowledgements of three. All links cut: each region holds one place, nobody can write, and
/// service is back when the cut is over. Region 1 cut off: regions 2 and 3 hold two and go on after the
/// takeover; two disjoint sets of two do not fit into three, so nothing diverges. One link cut: region 1
/// still has its own place and that of region 3.
#[test]
fn a_side_writes_only_with_its_quorum() {
    let quorum = |links| fixed(&triangle(r#"["a", "c", "e"]"#, "acks = 2", r#"["a", "c", "e"]"#, links));
    assert_eq!(quorum(ALL), (CUT, 0));
    assert_eq!(quorum(OFF), (20_000, 0));
    assert_eq!(quorum(ONE), (20_000, 0));
    // Four places, three acknowledgements: region 1 has two of them, the rest two.
    let four = |links| fixed(&triangle(r#"["a", "b", "c", "e"]"#, "acks = 3", r#"["a", "c", "e"]"#, links));
    assert_eq!((four(ALL), four(OFF)), ((CUT, 0), (CUT, 0)));
    // Region 1 and the place that it shares with region 2 make three.
    assert_eq!(four(ONE), (20_000, 0));
}

/// Compute in one region only: the others have the quorum and nothing that could use it.
#[test]
fn a_quorum_without_compute_serves_nobody() {
    let home = |links| fixed(&triangle(r#"["a", "c", "e"]"#, "acks = 2", r#"["a"]"#, links));
    assert_eq!((home(ALL), home(OFF), home(ONE)), ((CUT, 0), (CUT, 0), (0, 0)));
}

/// Where one place is enough both sides write on, and what one of them took in two hours is lost. With
/// one link cut the third region is in reach of both, but acknowledges the writes of one: with `acks =
/// 1` each has a place of its own all the same.
#[test]
fn sides_that_both_write_diverge() {
    for links in [ALL, OFF, ONE] {
        let one = triangle(r#"["a", "c", "e"]"#, "acks = 1", r#"["a", "c", "e"]"#, links);
        assert_eq!(fixed(&one), (20_000, CUT), "{links}");
        let alone = triangle(r#"["a", "c"]"#, r#"acks = 2, when_short = "continue""#, r#"["a", "c"]"#, links);
        assert_eq!(fixed(&alone), (20_000, CUT), "{links}");
    }
}

/// Two regions over a third: a cut of either link parts them, though none joins them.
#[test]
fn a_chain_is_parted_by_any_of_its_links() {
    for link in ["one", "two"] {
        let chain = triangle(r#"["a", "e"]"#, "acks = 2", r#"["a"]"#, &format!("\"{link}\"")).only(
            "links",
            "one = { between = [\"r1\", \"r2\"], bandwidth = \"1 Gbps\" }\ntwo = { between = [\"r2\", \"r3\"], bandwidth = \"1 Gbps\" }",
        );
        assert_eq!(fixed(&chain), (CUT, 0), "{link}");
    }
    // A third region that no link joins is in reach of both, and with it region 1 has two places of three.
    let loose = triangle(r#"["a", "c", "e"]"#, "acks = 2", r#"["a"]"#, ONE)
        .only("links", r#"near = { between = ["r1", "r2"], bandwidth = "1 Gbps" }"#);
    assert_eq!(fixed(&loose), (0, 0));
}

/// Compute in region 2 with one place of three there, a standby in region 1 with the other two: cut off
/// it cannot write, but on the other side the primary is whole, as after the loss of region 2: a minute
/// until it is noticed, ten of the plan, and nothing lost. The same with the primary in one place and
/// compute on the other side.
#[test]
fn a_plan_may_lead_to_the_side_that_holds_the_primary() {
    let two = |places: &str, pool: &str, standby: &str| {
        Case::new()
            .only("places", "r1 = [\"a\", \"b\"]\nr2 = [\"c\", \"x\"]")
            .with("links", r#"near = { between = ["r1", "r2"], bandwidth = "1 Gbps" }"#)
            .with("compute", format!("pool = {{ at = \"{pool}\" }}\nspare = {{ at = \"{standby}\" }}"))
            .only("copies", format!(r#"db = {{ kind = "primary", at = {places} }}"#))
            .with("failures", cut(ONE))
            .with("plans", r#"over = { for = ["cut"], from = ["db"], into = ["spare"], steps = ["switch"] }"#)
            .with("steps", r#"switch = { phase = "redirect", takes = "10m" }"#)
            .with("service", "runs = [\"pool\"]\nplans = [\"over\"]")
            .with("strategy", r#"standby = ["spare"]"#)
    };
    let minutes = |n: u64| n * 60_000;
    assert_eq!(fixed(&two(r#"["a", "b", "c"], acks = 2"#, "c", "b")), (minutes(11), 0));
    assert_eq!(fixed(&two(r#""c""#, "a", "x")), (minutes(11), 0));
}

/// Down on both sides of a cut, and each has a plan: the first in the file, from region 1 where the
/// service ran, takes an hour; the other, from region 2, ten minutes. The hour loses nothing, for the
/// primary's own place is there; the other starts from a copy that is ten seconds behind. Each policy
/// takes its plan, though they are of different sides: 1 min + 1 h and nothing, 1 min + 10 min and 10 s.
#[test]
fn the_policy_chooses_among_the_plans_of_all_sides() {
    let chosen = |policy: &str| {
        let case = Case::new()
            .only("places", "r1 = [\"a\", \"b\"]\nr2 = [\"c\", \"x\"]")
            .with("links", r#"near = { between = ["r1", "r2"], bandwidth = "1 Gbps" }"#)
            .with("compute", "pool = { at = [\"a\", \"c\"], enough = 2 }\nleft = { at = \"b\" }\nright = { at = \"x\" }")
            .only("copies", "db = { kind = \"primary\", at = \"a\" }\nfollow = { kind = \"async\", of = \"db\", at = \"c\", lag = \"10s\" }")
            .with("failures", cut(ONE))
            .with("plans", r#"long = { for = ["cut"], from = ["db"], into = ["left"], steps = ["slow"] }
short = { for = ["cut"], from = ["follow"], into = ["right"], steps = ["quick"] }"#)
            .with("steps", r#"slow = { phase = "redirect", takes = "1h" }
quick = { phase = "redirect", takes = "10m" }"#)
            .with("service", "runs = [\"pool\"]\nplans = [\"long\", \"short\"]")
            .with("strategy", format!("copies = [\"follow\"]\nstandby = [\"left\", \"right\"]\n{policy}"));
        fixed(&case)
    };
    let minutes = |n: u64| n * 60_000;
    assert_eq!(chosen(""), (minutes(61), 0));
    assert_eq!(chosen(r#"choose = "least-loss""#), (minutes(61), 0));
    assert_eq!(chosen(r#"choose = "fastest""#), (minutes(11), 10_000));
}

/// What a service needs is in another region: the cut keeps it from there for its 2 h, whether it is something outside
/// or another service, in incidents and in years. In a year that is 2 h for each of the 8 cuts of 8760 h ÷ 1000 h.
#[test]
fn what_is_needed_beyond_the_cut_is_not_there() {
    let text = |services: &str| {
        format!(
            r#"
title = "Needs across a cut"
[places]
east = []
west = []
[links]
wan = {{ between = ["east", "west"], bandwidth = "1 Gbps" }}
[externals]
payments = "east"
[data]
d = {{ size = "1 GB", writes = "1 GB/day" }}
[compute]
web = {{ at = "west" }}
base = {{ at = "east" }}
[copies]
db = {{ kind = "primary", at = "east" }}
[failures]
cut = {{ kind = "partition", hits = "wan", gap = "998h", lasts = "2h", detected = "1m" }}
{services}
"#
        )
    };
    let outside = text("[services]\nfront = { needs = [\"payments\"], runs = [\"web\"] }\n[strategies]\na = {}");
    let service = text(
        "[services]\nstore = { data = \"d\", runs = [\"base\"], copies = [\"db\"] }\nfront = { needs = [\"store\"], runs = [\"web\"] }\n\
         [strategies]\na = { service = \"store\" }\nb = { service = \"front\" }\n[tiers]\nt = [\"a\", \"b\"]",
    );
    for (text, down) in
        [(&outside, true), (&service, true), (&service.replace("at = \"west\"", "at = \"east\""), false)]
    {
        let scenario = load(text);
        let time = if down { CUT } else { 0 };
        assert!(outcomes(&scenario, "cut", 20, 1).iter().all(|o| o.recovery_time == time && o.interrupted == down));
        let settings = LifetimeSettings { years: 1.0, lifetimes: 3, first: 0, seed: 1, threads: 1 };
        let years = run_lifetimes(&scenario, &settings, &Filter::default());
        assert_eq!(years.tiers[0].downtime_of_lifetime.mean(), Some(8.0 * time as f64));
    }
}
