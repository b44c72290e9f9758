//! Where the time of an incident goes: figures that can be had by hand, sums, places in the file,
//! changes, and hostile names.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use drplan::assess::{self, Assessment, Explanation};
use drplan::id::{FailureId, TierId};
use drplan::report::terminal::{self, Layout, WIDTH};
use drplan::report::{explained_csv, explained_json, explanation, markdown};
use drplan::sim::{CampaignSettings, Filter, run_incidents};
use drplan::spec::{self, Loaded};

const SHOP: &str = r#"title = "Shop database"
roles = { sre = 1 }

[places]
here  = []
there = []

[links]
wan = { between = ["here", "there"], bandwidth = "1 Gbps" }

[data]
orders = { size = "200 GB", writes = "0 B/s" }

[copies]
db      = { kind = "primary", at = "here" }
nightly = { kind = "backup", of = "db", at = "there", every = "1d", takes = "1h", keep = "30d" }

[failures]
oops = { kind = "deletion", hits = "orders", rate = "0.5 / year", detected = "1h" }

[services]
shop = { data = "orders", copies = ["db"], plans = ["restore"] }

[strategies]
nightly = {}

[strategies.saved]
copies = ["nightly"]

[plans]
restore = { for = ["oops"], from = ["nightly"], steps = ["decide", ["warn", "stop"], "load", "switch"] }

[steps]
decide = { phase = "decide", takes = "15m" }
warn   = { phase = "decide", takes = "10m", role = "sre" }
stop   = { phase = "provision", takes = "10m", role = "sre" }
load   = { phase = "restore", moves = "from", rate = "100 MB/s" }
switch = { phase = "redirect", takes = { low = "0s", high = "10m" } }
"#;

fn settings(trials: u64, threads: usize) -> CampaignSettings {
    CampaignSettings { trials, seed: 1, threads, truncate: false }
}

fn load(text: &str) -> Loaded {
    spec::load(text).unwrap_or_else(|(found, document)| panic!("{}", document.render("test", &found, false)))
}

fn explain(
    loaded: &Loaded,
    tier: TierId,
    failure: FailureId,
    settings: &CampaignSettings,
) -> (Assessment, Explanation) {
    let filter = Filter { tier: Some(tier), failure: Some(failure), member: None };
    let campaign = run_incidents(&loaded.scenario, settings, &filter);
    let mut result = assess::assess(&loaded.scenario, &campaign, &filter);
    assess::represent(&mut result, &loaded.scenario, &campaign, &filter);
    let why = assess::explain(loaded, tier, failure, settings, &filter);
    (result, why)
}

fn named(loaded: &Loaded, tier: &str, failure: &str, trials: u64) -> (Assessment, Explanation) {
    let t = loaded.scenario.tiers.iter().find(|(_, t)| t.name == tier).expect(tier).0;
    let f = loaded.scenario.failures.iter().find(|(_, f)| f.name == failure).expect(failure).0;
    explain(loaded, t, f, &settings(trials, 1))
}

/// By hand: 1 h detection, 15 min, twice 10 min one after the other for one person, 200 GB at 100 MB/s
/// = 2000 s, and 0 to 10 min.
#[test]
fn parts_are_what_they_are_by_hand() {
    let loaded = load(SHOP);
    let (_, why) = named(&loaded, "saved", "oops", 4000);
    let names: Vec<&str> = why.parts.iter().map(|part| part.id.as_str()).collect();
    assert_eq!(names, ["detection", "people", "decide", "warn", "stop", "load", "switch"]);
    let exact = [3600.0, 600.0, 900.0, 600.0, 600.0, 2000.0];
    for (part, seconds) in why.parts.iter().zip(exact) {
        assert_eq!((part.takes.min, part.takes.max), (Some(seconds), Some(seconds)), "{}", part.id);
        assert_eq!(part.n, 4000, "{}", part.id);
    }
    for part in why.parts.iter().filter(|part| part.kind == "step" && part.id != "switch") {
        let form = &part.closed_form;
        assert_eq!(
            (form.best, form.mean, form.worst),
            (part.takes.min, part.takes.mean, part.takes.max),
            "{}",
            part.id
        );
    }
    let switch = &why.parts[6];
    assert_eq!((switch.closed_form.best, switch.closed_form.mean), (Some(0.0), Some(300.0)));
    assert_eq!(switch.closed_form.worst, Some(600.0));
    let load = &why.parts[5];
    assert_eq!(
        (load.formula.as_str(), load.bytes.map(|b| b.worst)),
        ("the recovery point ÷ min(rate, bandwidth of wan)", Some(Some(200e9)))
    );
    // Uniform between 0 and 10 min: five standard errors of its mean are 13.7 s.
    let mean = 3600.0 + 900.0 + 1200.0 + 2000.0 + 300.0;
    assert!((why.recovery_time.expect("all recover") - mean).abs() < 13.7, "{:?}", why.recovery_time);
}

#[test]
fn inputs_say_where_they_stand() {
    let loaded = load(SHOP);
    let (_, why) = named(&loaded, "saved", "oops", 100);
    let line = |start: &str| SHOP.lines().position(|line| line.starts_with(start)).map(|n| n + 1);
    let part = why.parts.iter().find(|part| part.id == "load").expect("a part");
    let rate = part.inputs.iter().find(|input| input.path == "steps.load.rate").expect("an input");
    assert_eq!((rate.value.as_deref(), rate.line, rate.from.as_ref()), (Some("100 MB/s"), line("load "), "file"));
    let link = part.inputs.iter().find(|input| input.path == "links.wan.bandwidth").expect("an input");
    assert_eq!((link.value.as_deref(), link.line), (Some("125 MB/s"), line("wan ")));
    let base = "base   = { phase = \"restore\", moves = \"from\", rate = \"100 MB/s\" }\nload   = { like = \"base\" }";
    let taken = SHOP.replace("load   = { phase = \"restore\", moves = \"from\", rate = \"100 MB/s\" }", base);
    let loaded = load(&taken);
    let (_, why) = named(&loaded, "saved", "oops", 100);
    let part = why.parts.iter().find(|part| part.id == "load").expect("a part");
    let rate = part.inputs.iter().find(|input| input.path == "steps.load.rate").expect("an input");
    let base = taken.lines().position(|line| line.starts_with("base ")).map(|n| n + 1);
    assert_eq!((rate.line, rate.from.as_ref(), rate.detail.as_deref()), (base, "like", Some("base")));
}

/// By hand: half of the hour, half of the 2000 s, the 10 min for which one of two people waits, half
/// of 15 min; the backup's interval is 1 d, whose half loses 6 h less on average.
#[test]
fn changes_save_what_they_save_by_hand() {
    let loaded = load(SHOP);
    let (_, why) = named(&loaded, "saved", "oops", 4000);
    let found: Vec<(String, f64)> = why
        .changes
        .iter()
        .map(|c| (format!("{} {}", c.change, c.input.path), c.saves.mean.expect("all recover")))
        .collect();
    let by_hand = [
        ("halve failures.oops.detected", 1800.0),
        ("double steps.load.rate", 400.0),
        ("add one to roles.sre", 600.0),
        ("halve steps.decide.takes", 450.0),
        ("halve steps.stop.takes", 300.0),
        ("halve steps.warn.takes", 300.0),
    ];
    for (name, seconds) in by_hand {
        let (_, saved) = found.iter().find(|(found, _)| found == name).unwrap_or_else(|| panic!("{name}: {found:#?}"));
        // At 200 MB/s the link of 1 Gbps = 125 MB/s sets the pace: 1600 s instead of 2000 s.
        assert!((saved - seconds).abs() < 1e-6, "{name}: {saved}");
    }
    assert!(found.windows(2).all(|pair| pair[0].1 >= pair[1].1), "{found:#?}");
    let interval = why.changes.iter().find(|c| c.input.path == "copies.nightly.every").expect("a change");
    let saved = interval.saves_loss;
    assert!(saved.low.unwrap() < 21_600.0 && saved.high.unwrap() > 21_600.0, "{saved:?}");
    assert!(!found.iter().any(|(name, _)| name.contains("wan")), "a link that is not the limit: {found:#?}");
}

/// A bad night is bad throughout: with a stress of 0.5 to 1.5, a step of 10 min of a person takes 5 to
/// 15 min, and one that nobody is busy with its own time.
#[test]
fn stress_is_part_of_the_formula() {
    let text = SHOP.replace("roles = { sre = 1 }", "roles = { sre = 1 }\nstress = { low = 0.5, high = 1.5 }");
    let loaded = load(&text);
    let (_, why) = named(&loaded, "saved", "oops", 500);
    let part = |id: &str| why.parts.iter().find(|part| part.id == id).expect("a part");
    let (stop, decide) = (part("stop"), part("decide"));
    assert_eq!((stop.formula.as_str(), decide.formula.as_str()), ("takes × stress", "takes"));
    assert_eq!((stop.closed_form.best, stop.closed_form.worst), (Some(300.0), Some(900.0)));
    assert!(stop.takes.min.is_some_and(|t| t < 310.0) && stop.takes.max.is_some_and(|t| t > 890.0), "{:?}", stop.takes);
    let input = stop.inputs.iter().find(|input| input.path == "stress").expect("an input");
    assert_eq!((input.line, input.from.as_ref()), (Some(3), "file"));
}

fn shipped() -> Vec<std::path::PathBuf> {
    let folders = ["scenarios", "templates/scenario"];
    let files = folders.iter().flat_map(|folder| std::fs::read_dir(folder).expect("a folder"));
    let paths = files.map(|entry| entry.expect("an entry").path());
    paths.filter(|path| path.extension().is_some_and(|ext| ext == "toml")).collect()
}

/// Every tier and failure of the shipped scenarios: the parts add up, the closed form of each holds,
/// the critical path of the median incident fills its recovery time, the page fits.
#[test]
fn every_shipped_incident_adds_up() {
    for path in shipped() {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let loaded = load(&std::fs::read_to_string(&path).expect("text"));
        let pairs: Vec<(TierId, FailureId)> = loaded
            .scenario
            .tiers
            .ids()
            .flat_map(|tier| loaded.scenario.failures.ids().map(move |failure| (tier, failure)))
            .collect();
        for (tier, failure) in pairs {
            let (result, why) = explain(&loaded, tier, failure, &settings(200, 2));
            let what = format!("{name}: {} under {}", why.failure, why.tier);
            adds_up(&what, &result, &why);
            let page = explanation(&result, &why, &name);
            let text = terminal::render(&page, Layout::default());
            let wide: Vec<&str> = text.lines().filter(|line| line.chars().count() > WIDTH).collect();
            assert!(wide.is_empty(), "{what}: {wide:#?}");
            assert!(!text.contains("NaN") && !text.contains("inf "), "{what}\n{text}");
        }
    }
}

fn adds_up(what: &str, result: &Assessment, why: &Explanation) {
    if let Some(mean) = why.recovery_time {
        let sum: f64 = why.parts.iter().map(|part| part.adds).sum();
        // Whole milliseconds, divided once each.
        assert!((sum - mean).abs() < 1e-6 * mean.max(1.0), "{what}: {sum} {mean}");
    }
    for part in &why.parts {
        let (form, takes) = (&part.closed_form, &part.takes);
        // Outcomes are rounded to milliseconds, twice where a part is a difference of two moments.
        let within = 0.0011;
        if let (Some(best), Some(least)) = (form.best, takes.min)
            && part.kind == "step"
        {
            assert!(best <= least + within, "{what}, {}: {best} {least}", part.id);
        }
        if let (Some(worst), Some(most)) = (form.worst, takes.max) {
            assert!(worst + within >= most, "{what}, {}: {worst} {most}", part.id);
        }
    }
    let first = result.tiers.first().and_then(|tier| tier.incidents.first());
    let Some(line) = first.and_then(|i| i.representative.as_ref()).and_then(|r| r.median.as_ref()) else { return };
    let steps = line.steps.iter().filter(|s| s.critical).map(|s| s.finish - s.begin);
    let waits = line.waits.iter().filter(|w| w.critical).map(|w| w.finish - w.begin);
    let sum: f64 = steps.chain(waits).sum();
    assert!((sum - line.recovery_time).abs() < 1e-6 * line.recovery_time.max(1.0), "{what}: {sum}");
}

#[test]
fn any_number_of_threads_explains_alike() {
    let loaded = load(SHOP);
    let tier = loaded.scenario.tiers.ids().last().expect("a tier");
    let failure = loaded.scenario.failures.ids().next().expect("a failure");
    let with = |threads| {
        let (result, why) = explain(&loaded, tier, failure, &settings(1000, threads));
        explained_json(&result, &why).expect("JSON")
    };
    assert_eq!(with(1), with(3));
}

/// Names that would be markup, cells, formulas or commands to a terminal. What moves a cursor is refused
/// in a scenario, but a file may be called so.
#[test]
fn hostile_names_are_inert() {
    let evil = "=1+1|`<b>x`[a](javascript:b)_~";
    let text =
        SHOP.replace("\"decide\", [", &format!("\"{evil}\", [")).replace("decide = {", &format!("\"{evil}\" = {{"));
    let text = text.replace("Shop database", "Shop | <script>database</script>");
    let loaded = load(&text);
    let (result, why) = named(&loaded, "saved", "oops", 100);
    let page = explanation(&result, &why, "a\u{1b}[31m.toml");
    let shown = terminal::render(&page, Layout::default());
    assert!(!shown.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{shown}");
    assert!(shown.contains("<b>"), "the name is there, as text");
    let md = markdown(&page);
    // The chart is in a fence longer than any run of backticks inside.
    let (before, rest) = md.split_once("```text\n").expect("a chart");
    let (_, after) = rest.split_once("\n```\n").expect("its end");
    for text in [before, after].map(|text| text.replace("\\]", "")) {
        assert!(!["<b>", "](java", "<script"].iter().any(|markup| text.contains(markup)), "{text}");
    }
    for row in md.lines().filter(|line| line.starts_with("| ")) {
        let cells = row.replace("\\|", "").matches('|').count();
        assert!((4..=10).contains(&cells), "{row}");
    }
    let csv = explained_csv(&why).expect("CSV");
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row of the header's width")).collect();
    let formulas: Vec<&str> = rows.iter().flat_map(|row| row.iter()).filter(|cell| cell.starts_with('=')).collect();
    assert!(formulas.is_empty() && rows.iter().any(|row| row[3] == format!("'{evil}")), "{formulas:?}");
}

#[test]
fn nothing_to_recover_is_said() {
    let loaded = load(SHOP);
    let (result, why) = named(&loaded, "nightly", "oops", 100);
    assert_eq!((why.recovered, why.recovery_time), (0, None));
    let text = terminal::render(&explanation(&result, &why, "shop.toml"), Layout::default());
    assert!(text.contains("None of 100 incidents recovers."), "{text}");
}
