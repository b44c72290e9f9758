//! What the language means: files against the model that they make.

use super::super::*;
use crate::diag::Severity;
use crate::id::{CopyId, Id};
use crate::model::{AsyncLag, Commit, CopyKind, Law, Schedule, Site, Target};

/// A scenario with every kind of copy and failure and nothing to remark on.
const WHOLE: &str = include_str!("whole.toml");

fn loaded(text: &str) -> Loaded {
    match load(text) {
        Ok(loaded) => loaded,
        Err((found, document)) => panic!("{}", document.render("test", &found, false)),
    }
}

fn patched(old: &str, new: &str) -> String {
    assert_eq!(WHOLE.matches(old).count(), 1, "{old}");
    WHOLE.replace(old, new)
}

/// The codes of all findings, errors first.
fn codes(text: &str) -> Vec<&'static str> {
    let found = match load(text) {
        Ok(loaded) => loaded.advice,
        Err((found, _)) => found,
    };
    let mut all: Vec<(Severity, &str)> = found.all().iter().map(|d| (d.severity, d.code)).collect();
    all.sort_unstable();
    all.into_iter().map(|(_, code)| code).collect()
}

#[test]
fn the_sample_has_no_finding() {
    assert_eq!(codes(WHOLE), Vec::<&str>::new());
}

#[test]
fn instances_are_named_by_place_with_a_number_from_the_second() {
    let scenario = loaded(WHOLE).scenario;
    let names = |n: usize| scenario.compute.rows()[n].instances.iter().map(|i| i.name.as_str()).collect::<Vec<_>>();
    assert_eq!(names(0), ["spare/s1", "spare/s1#2"]);
    assert_eq!(names(1), ["web/n1", "web/n2", "web/n3"]);
    assert_eq!(scenario.compute.rows()[0].enough, 2, "all by default");
}

#[test]
fn each_makes_a_member_per_part_and_hits_one() {
    let scenario = loaded(WHOLE).scenario;
    let failure = |name: &str| scenario.failures.rows().iter().find(|f| f.name == name).unwrap().clone();
    let zones: Vec<String> = failure("zone").members.iter().map(|m| m.name.clone()).collect();
    assert_eq!(zones, ["n1", "n2", "n3"]);
    assert_eq!(failure("site").members.len(), 1);
    assert!(matches!(failure("hack").members[0].targets[..], [Target::Account(_)]));
    // 3 events in 40 years: 0.075 a year, with the Garwood interval around it.
    let crate::model::Occurrence::Rate(rate) = failure("zone").occurs else { panic!("a rate") };
    assert!((rate.point.per_year() - 0.075).abs() < 1e-12 && rate.low < rate.point && rate.point < rate.high);
}

#[test]
fn like_takes_what_is_not_given_and_drops_the_alternative() {
    let scenario = loaded(WHOLE).scenario;
    let copy = |name: &str| scenario.copies.rows().iter().find(|c| c.name == name).unwrap().clone();
    let (CopyKind::Backup { schedule, keep, locked, .. }, CopyKind::Backup { schedule: nightly, .. }) =
        (copy("weekly").kind, copy("nightly").kind)
    else {
        panic!("backups")
    };
    assert!(matches!(schedule, Schedule::Every { interval, offset: None } if interval.seconds() == 7.0 * 86_400.0));
    assert!(
        matches!(nightly, Schedule::Cron { ref starts, .. } if starts.moments().len() == 365),
        "once a day of 2026"
    );
    assert_eq!((keep.seconds(), locked.unwrap().seconds()), (60.0 * 86_400.0, 60.0 * 86_400.0));
}

#[test]
fn data_and_sites_follow_from_the_upstream() {
    let scenario = loaded(WHOLE).scenario;
    for (name, data, sites) in [("replica", "orders", 1), ("bin", "orders", 3), ("again", "report", 0)] {
        let copy = scenario.copies.rows().iter().find(|c| c.name == name).unwrap();
        assert_eq!((scenario.data[copy.data].name.as_str(), copy.sites.len()), (data, sites), "{name}");
    }
    let on_disks = loaded(&patched(
        r#"data = "orders", at = ["n1", "n2", "n3"], acks = 2"#,
        r#"data = "orders", at = "web", acks = 2"#,
    ));
    let db = on_disks.scenario.copies.rows().iter().find(|c| c.name == "db").unwrap();
    assert!(db.sites.iter().all(|s| matches!(s, Site::Instance(..))) && db.sites.len() == 3);
}

#[test]
fn lists_of_service_and_strategy_join_and_the_strategy_comes_first() {
    let text = patched(
        "[tiers]",
        "[strategies.more]\nlike = \"rich\"\nplans = [\"rebuild\"]\n[tiers]\nmost = [\"more\", \"plain\"]",
    );
    let scenario = loaded(&text).scenario;
    let tier = |name: &str| scenario.tiers.rows().iter().find(|t| t.name == name).unwrap().clone();
    let shop = tier("gold").services.iter().find(|s| scenario.services[s.service].name == "shop").unwrap().clone();
    assert!(shop.cold.is_empty() && shop.standby.len() == 1, "what is paid is not also cold");
    let names = |tier: &str| {
        let tier = scenario.tiers.rows().iter().find(|t| t.name == tier).unwrap();
        let shop = tier.services.iter().find(|s| scenario.services[s.service].name == "shop").unwrap();
        shop.plans.iter().map(|p| scenario.plans[*p].name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(names("gold"), ["switch", "undelete", "rebuild"]);
    assert_eq!(names("most"), ["rebuild", "switch", "undelete"]);
}

#[test]
fn services_come_after_what_they_need() {
    let text = patched("needs  = [\"bank\"]", "needs  = [\"bank\", \"till\"]")
        .replace("[strategies]", "[services.till]\nneeds = [\"books\"]\n[strategies]\ntills = { service = \"till\" }");
    let text = text.replace("\"plain\"]", "\"plain\", \"tills\"]");
    let scenario = loaded(&text).scenario;
    for tier in scenario.tiers.rows() {
        let order: Vec<&str> = tier.services.iter().map(|s| scenario.services[s.service].name.as_str()).collect();
        assert_eq!(order, ["books", "till", "shop"]);
    }
}

#[test]
fn lists_of_steps_are_series_and_parallel_graphs() {
    let scenario = loaded(WHOLE).scenario;
    let graph = |text: &str| {
        let scenario = loaded(text).scenario;
        let plan = scenario.plans.rows().iter().find(|p| p.name == "rebuild").unwrap().clone();
        plan.steps.nodes.iter().map(|n| (scenario.steps[n.step].name.clone(), n.after.clone())).collect::<Vec<_>>()
    };
    let plain = |nodes: &[(&str, &[u32])]| nodes.iter().map(|(n, a)| ((*n).to_owned(), a.to_vec())).collect::<Vec<_>>();
    // decide, then cluster and look side by side, then load after both.
    let expected = plain(&[
        ("decide", &[]),
        ("cluster", &[0]),
        ("look", &[0]),
        ("load", &[1, 2]),
        ("check", &[3]),
        ("redirect", &[4]),
    ]);
    assert_eq!(graph(WHOLE), expected);
    // A list inside the inner list is a sequence again.
    let old = r#"["cluster", "look"], "load", "check", "redirect"]"#;
    let nested = graph(&patched(old, r#"["cluster", ["look", "check"]], "load", "redirect"]"#));
    let expected = plain(&[
        ("decide", &[]),
        ("cluster", &[0]),
        ("look", &[0]),
        ("check", &[2]),
        ("load", &[1, 3]),
        ("redirect", &[4]),
    ]);
    assert_eq!(nested, expected);
    // `after` moves a step behind what it waits for, and the rest stays as listed.
    let after = r#"["cluster", "look"], "load", "check", "redirect"], after = { cluster = ["look"] }"#;
    let expected = plain(&[
        ("decide", &[]),
        ("look", &[0]),
        ("cluster", &[0, 1]),
        ("load", &[1, 2]),
        ("check", &[3]),
        ("redirect", &[4]),
    ]);
    assert_eq!(graph(&patched(old, after)), expected);
    let rebuild = scenario.plans.rows().iter().find(|p| p.name == "rebuild").unwrap();
    assert!(matches!(rebuild.commit, Commit::Step(step) if scenario.steps[step].name == "load"));
    assert_eq!(rebuild.points, 3, "the default");
}

#[test]
fn distributions_keep_what_was_said_of_them() {
    let delay = |text: &str| {
        let scenario = loaded(&patched("lasts = { mean = \"2h\" }", &format!("lasts = {text}"))).scenario;
        scenario.failures.rows().iter().find(|f| f.name == "zone").unwrap().lasts.clone().unwrap()
    };
    let lognormal = delay(r#"{ median = "1h", p95 = "5h" }"#);
    // 18000 s is the p95 that the text gives.
    assert!((lognormal.quantile(0.5) - 3600.0).abs() < 1e-6 && (lognormal.quantile(0.95) - 18_000.0).abs() < 1e-6);
    assert_eq!(delay(r#"{ every = "2s", misses = 3 }"#).law(), &Law::Heartbeat { every: 2.0, misses: 3 });
    assert_eq!(delay(r#"{ samples = ["3s", "1s"] }"#).law(), &Law::Empirical(vec![1.0, 3.0]));
    assert_eq!(delay(r#"{ shape = 2, scale = "1m" }"#).law(), &Law::Weibull { shape: 2.0, scale: 60.0 });
}

#[test]
fn the_hash_depends_on_values_only() {
    let hash = |text: &str| loaded(text).scenario.hash.clone();
    let first = hash(WHOLE);
    assert_eq!(first.len(), 16);
    // Other notation, comments, defaults written out, what `like` takes written out, other order.
    for (old, new) in [
        ("takes = \"20m\"", "takes = \"1200s\""),
        ("bandwidth = \"1 Gbps\"", "bandwidth = \"125 MB/s\""),
        ("phase = \"verify\", takes = \"10m\"", "takes = \"10m\", phase = \"verify\", retries = 0"),
        ("weekly  = { like = \"nightly\"", "weekly = { like = \"nightly\", keep = \"60d\""),
        ("accounts = [\"prod\", \"vault\"]", "accounts = [\"vault\", \"prod\"]"),
    ] {
        assert_eq!(hash(&patched(old, new)), first, "{new}");
    }
    let (top, rest) = WHOLE.split_once("[drills]").unwrap();
    let (drills, runbook) = rest.split_once("[runbook]").unwrap();
    assert_eq!(hash(&format!("{top}[runbook]{runbook}\n[drills]{drills}")), first, "order of tables");
    for (old, new) in
        [("takes = \"20m\"", "takes = \"21m\""), ("retries = 2", "retries = 3"), ("per_gb = 0.02", "per_gb = 0.03")]
    {
        assert_ne!(hash(&patched(old, new)), first, "{new}");
    }
}

#[test]
fn the_listing_says_where_values_come_from() {
    let loaded = loaded(WHOLE);
    let entry = |path: &str| loaded.resolved.iter().find(|e| e.path.to_string() == path).unwrap();
    assert_eq!(entry("copies.weekly.keep").origin, Origin::Like { sibling: "nightly".to_owned() });
    assert!(matches!(&entry("copies.nightly.fails").origin, Origin::Default { why } if !why.is_empty()));
    let line = 1 + WHOLE.lines().position(|l| l.starts_with("redirect =")).unwrap();
    assert_eq!(entry("steps.redirect.takes").origin, Origin::File { line });
    assert_eq!(entry("links.wan.bandwidth").value, "125 MB/s");
    assert_eq!(loaded.document.line_of(&entry("steps.redirect.takes").path), Some(line));
}

#[test]
fn stress_is_listed_as_what_it_means() {
    let found = loaded(&format!("stress = {{ p95 = 2 }}\n{WHOLE}"));
    let entry = found.resolved.iter().find(|e| e.path.to_string() == "stress").unwrap();
    assert_eq!(entry.value, "lognormal: median 1, p95 2.00 (sigma 0.421)");
    assert_eq!(entry.origin, Origin::File { line: 1 });
    assert_ne!(found.scenario.hash, loaded(WHOLE).scenario.hash);
}

#[test]
fn lag_over_a_link_stays_in_the_model_even_if_it_has_no_bound() {
    let text = patched("writes = \"20 GB/day\"", "writes = \"2 Gbps\"");
    let loaded = loaded(&text);
    assert!(loaded.advice.all().iter().any(|d| d.code == "lag-unbounded"));
    let kinds = loaded.scenario.copies.rows().iter().map(|c| &c.kind);
    assert!(kinds.into_iter().any(|k| matches!(k, CopyKind::Async { lag: AsyncLag::Over(_), .. })));
}

#[test]
fn no_rows_are_out_of_the_order_of_their_names() {
    let scenario = loaded(WHOLE).scenario;
    let names: Vec<&str> = scenario.copies.rows().iter().map(|c| c.name.as_str()).collect();
    assert!(names.is_sorted());
    assert_eq!(scenario.copies[CopyId::from_index(0)].name, "again");
}

/// Each line: what to patch, and the advice that follows.
#[test]
fn traps_are_pointed_out() {
    for (old, new, code) in [
        ("acks = 2, account", "acks = 3, account", "pair-stops"),
        (r#"at = ["n1", "n2", "n3"], acks = 2"#, r#"at = ["n1", "n2", "s1"], acks = 2"#, "majority-in-one-place"),
        (r#"["nightly", "weekly", "bin", "wal"]"#, r#"["bin"]"#, "takes-every-copy"),
        (
            r#"keep = "60d", locked = "60d", account = "vault" }
weekly"#,
            r#"keep = "60d", account = "vault" }
weekly"#,
            "not-locked",
        ),
        (r#"from = ["bin", "wal"]"#, r#"from = ["bin", "wal", "replica"]"#, "deletion-replicated"),
        (r#"takes = "1h", keep"#, r#"takes = { median = "10h", p95 = "30h" }, keep"#, "may-run-over"),
        (r#"of = "db", keep = "7d""#, r#"of = "db", keep = "1d""#, "may-expire"),
        (r#"lag = "1m", keep = "60d", locked = "60d""#, r#"lag = "1m", keep = "12h", locked = "12h""#, "log-gap"),
        (r#"rate = "1 / year""#, r#"rate = "0 / year""#, "never-happens"),
        (r#"chance = "95%""#, r#"chance = "100%""#, "chance-certain"),
        (r#""oops", "rot", "hack"]"#, r#""oops", "hack"]"#, "no-plan"),
        (r#"plans  = ["switch", "undelete", "rebuild"]"#, r#"plans  = ["undelete", "rebuild"]"#, "unused"),
    ] {
        assert!(codes(&patched(old, new)).contains(&code), "{new}: {:?}", codes(&patched(old, new)));
    }
    // The recycle bin of a replica holds nothing of a replicated drop.
    let bin = patched(r#"kind = "soft-delete", of = "db""#, r#"kind = "soft-delete", of = "replica""#);
    assert!(
        codes(&bin.replace(r#""bin", "wal"] }"#, r#""bin", "wal", "replica"], standby = ["spare"] }"#))
            .contains(&"deletion-replicated")
    );
}
