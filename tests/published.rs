//! Every strategy that the systems' documents publish, held against what its scenario comes to; and the
//! main figures of every shipped scenario.
//!
//! `UPDATE_GOLDEN=1 cargo test --test published` writes the tables of `scenarios/README.md` and the
//! files of `tests/golden` instead of comparing them: read the difference before you commit it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use drplan::assess;
use drplan::model::Scenario;
use drplan::report::{escape, human};
use drplan::sim::{CampaignSettings, Filter, NEVER, Random, Simulator, run_incidents};
use drplan::spec::{self, quantity};
use drplan::stats::Quantile;
use serde::Deserialize;

/// Incidents per row: a share of 95% is then known to half a percentage point.
const INCIDENTS: u64 = 4000;

/// A figure agrees with a band if this share of all incidents is within it: what a reader takes a
/// published figure for.
const WITHIN: f64 = 0.95;

#[derive(Deserialize)]
struct Published {
    words: BTreeMap<String, [String; 2]>,
    system: Vec<System>,
}

#[derive(Deserialize)]
struct System {
    name: String,
    document: String,
    rows: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    strategy: String,
    case: String,
    scenario: String,
    tier: String,
    failure: String,
    member: Option<String>,
    service: Option<String>,
    #[serde(default)]
    patches: Vec<[String; 2]>,
    rpo: Option<String>,
    rpo_band: Option<Band>,
    rto: Option<String>,
    rto_band: Option<Band>,
    because: Option<String>,
}

/// A word of `[words]`, or least and greatest.
#[derive(Deserialize)]
#[serde(untagged)]
enum Band {
    Word(String),
    Ends([String; 2]),
}

fn published() -> Published {
    toml::from_str(include_str!("published.toml")).expect("the published figures")
}

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Whether files are to be written instead of compared.
fn updating() -> bool {
    std::env::var_os("UPDATE_GOLDEN").is_some()
}

/// Compares a file with what it should hold, or writes it.
fn golden(path: &Path, made: &str) {
    if updating() {
        fs::write(path, made).expect("a file");
        return;
    }
    let kept = fs::read_to_string(path).unwrap_or_default();
    let differs = kept.lines().zip(made.lines()).find(|(old, new)| old != new);
    let how = "run UPDATE_GOLDEN=1 cargo test --test published and read the difference";
    assert!(kept == made, "{}: {how}; first difference: {differs:#?}", path.display());
}

fn load(name: &str, patches: &[[String; 2]]) -> Scenario {
    let mut text = fs::read_to_string(project(&format!("scenarios/{name}.toml"))).expect("a scenario");
    for [from, to] in patches {
        assert!(text.contains(from.as_str()), "{name}: {from} is gone");
        text = text.replace(from.as_str(), to);
    }
    match spec::load(&text) {
        Ok(loaded) => loaded.scenario,
        Err((found, document)) => panic!("{}", document.render(name, &found, false)),
    }
}

/// Recovery times and data losses of a row's incidents, ascending; milliseconds.
fn simulate(row: &Row) -> (Vec<u64>, Vec<u64>) {
    let scenario = load(&row.scenario, &row.patches);
    let tier = scenario.tiers.iter().find(|(_, t)| t.name == row.tier).expect(&row.tier).0;
    let failure = scenario.failures.iter().find(|(_, f)| f.name == row.failure).expect(&row.failure).0;
    let filter = Filter { tier: Some(tier), failure: Some(failure), member: row.member.clone() };
    let services = &scenario.tiers[tier].services;
    let at = row
        .service
        .as_ref()
        .map(|name| services.iter().position(|s| scenario.services[s.service].name == *name).expect("a service"));
    let simulator = Simulator::new(&scenario, 1, false, &filter);
    let (mut times, mut losses) = (Vec::new(), Vec::new());
    simulator.incidents_by(&Random, tier, failure, 0..INCIDENTS, |whole, each| {
        let outcome = at.map_or(whole, |n| &each[n]);
        times.push(outcome.recovery_time);
        losses.push(outcome.data_loss);
    });
    assert_eq!(times.len() as u64, INCIDENTS, "{}: no member concerns the tier", row.id);
    times.sort_unstable();
    losses.sort_unstable();
    (times, losses)
}

fn say(milliseconds: u64) -> String {
    if milliseconds == NEVER { "never".to_owned() } else { human::brief(milliseconds as f64 / 1000.0) }
}

/// Median and p95 in words.
fn figures(sorted: &[u64]) -> String {
    let at = |share: f64| say(sorted[((sorted.len() as f64 * share).ceil() as usize).max(1) - 1]);
    let (median, p95) = (at(0.50), at(0.95));
    if median == p95 { median } else { format!("{median}, p95 {p95}") }
}

/// Whether enough incidents are within the band; `None` without one.
fn agrees(sorted: &[u64], band: Option<&Band>, words: &BTreeMap<String, [String; 2]>) -> Option<bool> {
    let [low, high] = match band? {
        Band::Word(word) => words.get(word).unwrap_or_else(|| panic!("{word} is not in [words]")),
        Band::Ends(ends) => ends,
    };
    let milliseconds = |text: &String| (quantity::duration(text).expect("a duration").seconds() * 1000.0) as u64;
    let (low, high) = (milliseconds(low), milliseconds(high));
    let within = sorted.iter().filter(|v| (low..=high).contains(*v)).count();
    Some(within as f64 >= WITHIN * sorted.len() as f64)
}

fn verdict(agrees: Option<bool>) -> &'static str {
    match agrees {
        Some(true) => "agrees",
        Some(false) => "**differs**",
        None => "",
    }
}

fn table(system: &System, words: &BTreeMap<String, [String; 2]>) -> String {
    let mut out = format!(
        "### {}\n\nPublished in {}.\n\n| row | strategy | what happens | published data loss | drplan | | published recovery | drplan | | differs because |\n|---|---|---|---|---|---|---|---|---|---|\n",
        system.name, system.document
    );
    for row in &system.rows {
        let (times, losses) = simulate(row);
        let loss = agrees(&losses, row.rpo_band.as_ref(), words);
        let time = agrees(&times, row.rto_band.as_ref(), words);
        let differs = loss == Some(false) || time == Some(false);
        let what = format!("{} {} {}", row.id, row.strategy, row.case);
        assert_eq!(differs, row.because.is_some(), "{what}: {} | {}", figures(&losses), figures(&times));
        let not = "not published".to_owned();
        let cells = [
            row.id.clone(),
            row.strategy.clone(),
            row.case.clone(),
            row.rpo.clone().unwrap_or_else(|| not.clone()),
            figures(&losses),
            verdict(loss).to_owned(),
            row.rto.clone().unwrap_or(not),
            figures(&times),
            verdict(time).to_owned(),
            row.because.clone().unwrap_or_default(),
        ];
        let cells: Vec<String> = cells.iter().map(|cell| escape_but_bold(cell)).collect();
        writeln!(out, "| {} |", cells.join(" | ")).expect("text");
    }
    out
}

/// Markdown, in which only the verdicts of this test are bold.
fn escape_but_bold(cell: &str) -> String {
    if cell == "**differs**" { cell.to_owned() } else { escape::markdown(cell) }
}

/// The files of the folder with the titles that they give themselves.
fn files() -> String {
    let mut out = String::from("| file | | tiers | failures |\n|---|---|---|---|\n");
    for path in scenarios() {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let scenario = load(&name, &[]);
        let list = |names: Vec<&String>| names.iter().map(|n| escape::markdown(n)).collect::<Vec<_>>().join(", ");
        let tiers = list(scenario.tiers.rows().iter().map(|t| &t.name).collect());
        let failures = list(scenario.failures.rows().iter().map(|f| &f.name).collect());
        let title = escape::markdown(&scenario.title);
        writeln!(out, "| [{name}.toml]({name}.toml) | {title} | {tiers} | {failures} |").expect("text");
    }
    out
}

fn scenarios() -> Vec<PathBuf> {
    let entries = fs::read_dir(project("scenarios")).expect("the folder").map(|e| e.expect("an entry").path());
    let mut paths: Vec<PathBuf> = entries.filter(|p| p.extension().is_some_and(|e| e == "toml")).collect();
    paths.sort();
    paths
}

const INTRODUCTION: &str = "\
# Scenarios

Each file reads from top to bottom: what is modelled, what is assumed, where the system's own text contradicts itself
and how that is read. Start with the one nearest to your system, change the assumptions, and run

```sh
drplan compare scenarios/kafka.toml
```

This page is written by `UPDATE_GOLDEN=1 cargo test --test published` from what the scenarios come to; nothing on it is
typed but the published words.

";

#[test]
fn published_figures_and_what_they_come_to() {
    let published = published();
    let mut page = format!("{INTRODUCTION}{}\n## Published figures against simulated ones\n\n", files());
    let words = published.words.iter().map(|(word, [low, high])| {
        if low == high { format!("\"{word}\" is exactly that") } else { format!("\"{word}\" is {low} to {high}") }
    });
    writeln!(
        page,
        "drplan's figures are the median and the 95th percentile of {INCIDENTS} incidents; one figure where they are alike. A\nfigure agrees if {:.0}% of all incidents are within what is published; of the words, {}.\nWhere no figure is published there is nothing to agree with.\n",
        WITHIN * 100.0,
        words.collect::<Vec<_>>().join(", ")
    )
    .expect("text");
    let tables: Vec<String> = published.system.iter().map(|system| table(system, &published.words)).collect();
    page.push_str(&tables.join("\n"));
    golden(&project("scenarios/README.md"), &page);
}

/// Every row of the four systems is there.
#[test]
fn no_strategy_is_left_out() {
    let mut found: Vec<String> = published().system.iter().flat_map(|s| s.rows.iter().map(|r| r.id.clone())).collect();
    found.sort();
    found.dedup();
    let greptime = ["G1a", "G1b", "G2", "G3a", "G3b", "G3c", "G3d", "G4"].map(str::to_owned);
    let numbered = |letter: char, count: u32| (1..=count).map(move |n| format!("{letter}{n}"));
    let mut all: Vec<String> =
        numbered('D', 4).chain(greptime).chain(numbered('K', 6)).chain(numbered('M', 5)).collect();
    all.sort();
    assert_eq!(found, all);
}

/// Incidents per tier and failure of a golden file.
const GOLDEN_INCIDENTS: u64 = 2000;

/// The main figures of a scenario: a line per tier, failure and service.
fn main_figures(scenario: &Scenario) -> String {
    let filter = Filter::default();
    let settings = CampaignSettings { trials: GOLDEN_INCIDENTS, seed: 1, threads: 2, truncate: false };
    let result = assess::assess(scenario, &run_incidents(scenario, &settings, &filter), &filter);
    let mut out = String::from(
        "tier,failure,service,recovery p50,recovery p95,loss p50,loss p95,never recovers,interrupted,met,plans\n",
    );
    for tier in &result.tiers {
        let bill = tier.cost.per_month.map_or_else(|| "unknown".to_owned(), |sum| format!("{sum:.2}"));
        writeln!(out, "{},,,,,,,,,,{bill} {} a month", tier.id, tier.cost.currency).expect("text");
        for incident in &tier.incidents {
            let (time, loss) = (&incident.recovery_time.estimate, &incident.data_loss.estimate);
            let lost = incident.unrecoverable.point.unwrap_or(0.0);
            let say = |q: Option<Quantile>, p: f64| match q {
                Some(q) => human::time(q.point),
                None if lost > 1.0 - p => "never".to_owned(),
                None => "too few".to_owned(),
            };
            let plans = incident.plans.iter().map(|(plan, share)| format!("{plan} {}", human::percent(*share)));
            let met = match incident.objective.as_ref().map(|o| o.met) {
                None => "",
                Some(Some(true)) => "yes",
                Some(Some(false)) => "no",
                Some(None) => "open",
            };
            let cells = [
                tier.id.clone(),
                incident.failure.clone(),
                incident.service.clone().unwrap_or_default(),
                say(time.p50, 0.50),
                say(time.p95, 0.95),
                say(loss.p50, 0.50),
                say(loss.p95, 0.95),
                human::percent(lost),
                human::percent(incident.interrupted.point.unwrap_or(0.0)),
                met.to_owned(),
                plans.collect::<Vec<_>>().join("; "),
            ];
            writeln!(out, "{}", cells.join(",")).expect("text");
        }
    }
    out
}

/// The main figures of every shipped scenario, as they were when somebody last read them.
#[test]
fn main_figures_are_those_that_were_read() {
    fs::create_dir_all(project("tests/golden")).expect("a folder");
    for path in scenarios() {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        golden(&project(&format!("tests/golden/{name}.csv")), &main_figures(&load(&name, &[])));
    }
}

/// What `validate` says of a scenario that falls into a trap of the systems' documents: the scenario, what
/// is changed in it, the code, and words of the message. Traps that need no words here are tests of their
/// scenarios.
const TRAPS: [(&str, &[[&str; 2]], &str, &str); 11] = [
    // "Synchronous" replication between two sites, and one of them is lost.
    ("greptimedb", &[], "pair-stops", "strict"),
    // Voters 2/2/1 by data centre, with four of five in one region.
    ("greptimedb-regions", &[], "majority-in-one-place", "meta-2"),
    // A log pruned before the objects that it led to are copied.
    ("greptimedb-regions", &[["keep = \"1h\"", "keep = \"1m\""]], "log-gap", "log-2"),
    // Eleven nines, five data centres: nothing undoes a dropped table.
    ("greptimedb-regions", &[], "no-plan", "dropped"),
    // An outage of a stream that outlasts its time to live.
    ("doris", &[], "stream-breaks", "ccr"),
    // A recycle bin at the target of replication.
    (
        "doris",
        &[
            ["kind = \"soft-delete\", of = \"main\"", "kind = \"soft-delete\", of = \"ccr\""],
            ["copies = [\"ccr\"]", "copies = [\"ccr\", \"bin\"]"],
            ["copies = [\"bin\"]", "copies = [\"snap\"]"],
        ],
        "deletion-replicated",
        "bin",
    ),
    // "Mirrors the source exactly", drops too.
    (
        "doris",
        &[["from = [\"snap\"], steps = [\"find\"", "from = [\"ccr\", \"snap\"], steps = [\"find\""]],
        "deletion-replicated",
        "ccr",
    ),
    // The recycle bin is lost with its cluster.
    ("doris", &[], "takes-every-copy", "bin"),
    // Isolated is not immutable.
    ("kafka", &[], "not-locked", "vault"),
    // Replication as a remedy for deletion and corruption.
    ("kafka", &[], "no-plan", "bad-data"),
    // A cluster too small for what it has to hydrate.
    ("materialize", &[["memory = \"384 GB\"", "memory = \"128 GB\""]], "too-little-memory", "compute-1"),
];

#[test]
fn validate_warns_of_traps() {
    for (name, patches, code, words) in TRAPS {
        let mut text = fs::read_to_string(project(&format!("scenarios/{name}.toml"))).expect("a scenario");
        for [from, to] in patches {
            assert!(text.contains(from), "{name}: {from} is gone");
            text = text.replace(from, to);
        }
        let Ok(loaded) = spec::load(&text) else { panic!("{name}: a valid scenario") };
        let said: Vec<(&str, &str)> = loaded.advice.all().iter().map(|d| (d.code, d.message.as_str())).collect();
        assert!(said.iter().any(|(c, m)| *c == code && m.contains(words)), "{name}, {code}: {said:#?}");
    }
}
