//! Runbooks: whole, in order, true to the simulation, inert.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use drplan::assess::{Assessment, PlanTimes, assess, plan_times, represent};
use drplan::id::TierId;
use drplan::model::{fit_failback, fit_plan};
use drplan::report::human;
use drplan::report::runbook::{Runbook, Runbooks, Stage, Templates};
use drplan::sim::{CampaignSettings, Filter, run_incidents};
use drplan::spec::Loaded;
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use serde_json::Value;

/// Enough that every p95 is resolved; nothing here depends on how well.
const TRIALS: u64 = 600;

/// The sections of a runbook in their order.
const SECTIONS: [&str; 15] = [
    "Purpose and scope",
    "Objectives",
    "Topology",
    "Roles",
    "Triggers",
    "Decision",
    "Preflight checks",
    "Steps",
    "Verification and reconciliation",
    "Messages",
    "Failback",
    "Afterwards",
    "Tests and confidence",
    "Assumptions",
    "",
];

/// Columns of tables that count things: the only bare numbers.
const COUNTS: [&str; 4] = ["Instances", "Line", "Steps", "Open"];

struct Made {
    loaded: Loaded,
    result: Assessment,
    runbooks: Runbooks,
    files: Vec<(String, String)>,
    times: Vec<(TierId, PlanTimes)>,
}

fn made(text: &str) -> Made {
    let loaded = drplan::spec::load(text).unwrap_or_else(|(found, _)| panic!("{:?}", found.all()));
    let scenario = &loaded.scenario;
    let settings = CampaignSettings { trials: TRIALS, seed: 1, threads: 2, truncate: false };
    let filter = Filter::default();
    let campaign = run_incidents(scenario, &settings, &filter);
    let mut result = assess(scenario, &campaign, &filter);
    represent(&mut result, scenario, &campaign, &filter);
    let tiers: Vec<(TierId, Vec<_>)> =
        scenario.tiers.ids().map(|tier| (tier, plan_times(scenario, tier, 1, TRIALS))).collect();
    let runbooks = Runbooks::new(&loaded, &result, &tiers).expect("a tier");
    let files = runbooks.render(&own()).expect("the program's own templates");
    let times = tiers.into_iter().flat_map(|(tier, all)| all.into_iter().map(move |times| (tier, times))).collect();
    Made { loaded, result, runbooks, files, times }
}

fn own() -> Templates {
    Templates::new(BTreeMap::new()).expect("the program's own templates")
}

fn scenarios() -> Vec<(String, String)> {
    let entries = fs::read_dir("scenarios").expect("the scenarios").map(|e| e.expect("an entry").path());
    let starters = fs::read_dir("templates/scenario").expect("the starters").map(|e| e.expect("an entry").path());
    let files = entries.chain(starters).filter(|path| path.extension().is_some_and(|e| e == "toml"));
    let mut all: Vec<_> = files.map(|p| (p.display().to_string(), fs::read_to_string(&p).expect("text"))).collect();
    all.sort();
    assert!(all.len() > 10, "the scenarios were not found");
    all
}

/// As code hosts read it.
fn parse(text: &str) -> Vec<Event<'_>> {
    let host = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_MATH
        | Options::ENABLE_GFM
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_WIKILINKS;
    Parser::new_ext(text, host).collect()
}

/// Headings of a level with the plain text of what follows each.
fn sections(text: &str, level: HeadingLevel) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut within = false;
    for event in parse(text) {
        match event {
            Event::Start(Tag::Heading { level: l, .. }) if l == level => {
                found.push(Default::default());
                within = true;
            }
            Event::End(TagEnd::Heading(l)) if l == level => within = false,
            Event::Text(text) | Event::Code(text) => {
                if let Some((heading, body)) = found.last_mut() {
                    if within { heading.push_str(&text) } else { body.push_str(&text) }
                }
            }
            _ => {}
        }
    }
    found
}

#[test]
fn every_runbook_of_every_scenario_is_whole() {
    for (name, text) in scenarios() {
        let made = made(&text);
        let index = &made.files[0];
        assert_eq!(index.0, "README.md");
        assert_eq!(todos(&index.1), made.runbooks.index.todos, "{name}");
        for (runbook, (file, text)) in made.runbooks.runbooks.iter().zip(&made.files[1..]) {
            let what = format!("{name}, {file}");
            assert_eq!(&runbook.file, file);
            let found = sections(text, HeadingLevel::H2);
            let headings: Vec<&str> = found.iter().map(|(heading, _)| heading.as_str()).collect();
            assert_eq!(headings, SECTIONS[..14], "{what}");
            for (heading, body) in &found {
                assert!(body.trim().len() > 10, "{what}: {heading} is empty");
            }
            assert_eq!(todos(text), runbook.todos, "{what}");
            assert!(text.contains(&format!("| {} places where the scenario says too little", runbook.todos)), "{what}");
            assert!(index.1.contains(&format!("]({file})")), "{what} is not in the list");
            let figures = text.replace("TODO(owner)", "");
            assert!(!figures.contains("NaN") && !figures.contains("inf ") && !figures.contains("None"), "{what}");
        }
        assert_eq!(made.files.len(), made.runbooks.runbooks.len() + 1);
    }
}

fn todos(text: &str) -> u64 {
    text.matches("TODO(owner)").count() as u64
}

/// A fitted plan's steps, each after all that it waits for; the failback likewise.
#[test]
fn every_step_comes_after_those_it_waits_for() {
    for (name, text) in scenarios() {
        let made = made(&text);
        for runbook in &made.runbooks.runbooks {
            let scenario = &made.loaded.scenario;
            let tier = scenario.tiers.rows().iter().find(|t| t.name == runbook.tier).unwrap();
            let row = tier.services.iter().find(|s| scenario.services[s.service].name == runbook.service).unwrap();
            let plan = row.plans.iter().find(|p| scenario.plans[**p].name == runbook.plan).unwrap();
            let fitted = fit_plan(scenario, row, *plan).unwrap();
            let named = |id| scenario.steps[id].name.clone();
            let steps: Vec<_> = fitted.steps.iter().map(|s| (named(s.step), s.after.clone())).collect();
            holds(&runbook.stages, &steps, &format!("{name}, {}", runbook.file));
            let back = fit_failback(scenario, row, &fitted).map(|back| back.steps).unwrap_or_default();
            let steps: Vec<_> = back.iter().map(|s| (named(s.step), s.after.clone())).collect();
            holds(&runbook.failback.stages, &steps, &format!("{name}, {}, failback", runbook.file));
        }
    }
}

fn holds(stages: &[Stage], wanted: &[(String, Vec<u32>)], what: &str) {
    let steps: Vec<_> = stages.iter().flat_map(|stage| &stage.steps).collect();
    let names = |of: &mut dyn Iterator<Item = String>| of.collect::<BTreeSet<String>>();
    assert_eq!(steps.len(), wanted.len(), "{what}");
    assert_eq!(
        names(&mut steps.iter().map(|s| s.name.clone())),
        names(&mut wanted.iter().map(|w| w.0.clone())),
        "{what}"
    );
    let mut before: BTreeSet<String> = BTreeSet::new();
    for stage in stages {
        for step in &stage.steps {
            assert!(step.after.iter().all(|n| before.contains(n)), "{what}: {} before what it waits for", step.name);
            let (_, after) = wanted.iter().find(|(name, _)| *name == step.name).unwrap();
            let waits = |n: &String| steps.iter().find(|s| s.number == *n).unwrap().name.clone();
            let expected = names(&mut after.iter().map(|n| wanted[*n as usize].0.clone()));
            assert_eq!(names(&mut step.after.iter().map(waits)), expected, "{what}: {}", step.name);
        }
        before.extend(stage.steps.iter().map(|s| s.number.clone()));
    }
}

/// Every step says when it is done, as the campaign has it; where the campaign never came to the plan, as
/// incidents have it in which the service has no other.
#[test]
fn finish_quantiles_are_those_of_the_simulation() {
    let (mut compared, mut alone, mut never) = (0, 0, 0);
    for (name, text) in scenarios() {
        let made = made(&text);
        let scenario = &made.loaded.scenario;
        for runbook in &made.runbooks.runbooks {
            let what = format!("{name}, {}", runbook.file);
            let tier = made.result.tiers.iter().find(|t| t.id == runbook.tier).unwrap();
            let several = tier.strategies.len() > 1;
            let said: Vec<_> = runbook.stages.iter().flat_map(|stage| &stage.steps).collect();
            for clock in &runbook.clocks {
                let level = several.then_some(&runbook.service);
                let incident =
                    tier.incidents.iter().find(|i| i.failure == clock.failure && i.service.as_ref() == level).unwrap();
                let times = made.times.iter().find(|t| {
                    scenario.tiers[t.0].name == runbook.tier
                        && scenario.failures[t.1.failure].name == clock.failure
                        && scenario.services[t.1.service].name == runbook.service
                        && scenario.plans[t.1.plan].name == runbook.plan
                });
                for step in &said {
                    let told = step.times.iter().find(|t| t.failure == clock.failure);
                    let Some((_, times)) = times else {
                        assert!(told.is_none(), "{what}: nothing is known of {}", step.name);
                        assert!(clock.sentence.contains("ended none of"), "{what}: {}", clock.sentence);
                        never += 1;
                        continue;
                    };
                    if times.alone {
                        assert!(clock.sentence.contains("had no other plan"), "{what}: {}", clock.sentence);
                        alone += 1;
                        continue;
                    }
                    let mine = |s: &&drplan::assess::StepAssessment| {
                        s.plan == runbook.plan && s.service == runbook.service && s.id == step.name
                    };
                    let wanted = incident.steps.iter().find(mine);
                    assert_eq!(told.is_some(), wanted.is_some(), "{what}, {}", step.name);
                    let (Some(told), Some(wanted)) = (told, wanted) else { continue };
                    let brief =
                        |v: Option<f64>| v.map_or_else(|| "unknown (too few incidents)".to_owned(), human::brief);
                    let (p50, p95) = (brief(wanted.p50), brief(wanted.p95));
                    let done = if p50 == p95 { p50 } else { format!("p50 {p50}, p95 {p95}") };
                    assert_eq!(told.done.as_deref(), Some(done.as_str()), "{what}, {}", step.name);
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 100 && alone > 10 && never > 0, "{compared}, {alone}, {never}: nothing was compared");
}

/// A plan that is never come to while those before it work has figures all the same: those of the service
/// without them. Hot standby fails over by itself; rebuilding it takes the decision, a machine, the
/// snapshot and the log.
#[test]
fn a_plan_that_others_are_tried_before_has_figures() {
    let made = made(&fs::read_to_string("scenarios/shop.toml").unwrap());
    let rebuild = made.runbooks.runbooks.iter().find(|r| r.tier == "mixed" && r.plan == "orders-rebuild").unwrap();
    let sentence = &rebuild.clocks[0].sentence;
    assert!(
        sentence.contains("The RTO is 1 h. This plan ended none of 600 incidents of region: orders-fail-over ends"),
        "{sentence}"
    );
    let steps: Vec<_> = rebuild.stages.iter().flat_map(|stage| &stage.steps).collect();
    assert!(steps.iter().all(|step| step.times.len() == 1), "{steps:?}");
    // The machine stands by in this tier.
    let idle: Vec<&str> = steps.iter().filter(|s| s.times[0].takes.is_none()).map(|s| s.name.as_str()).collect();
    assert_eq!(idle, ["start-db"]);
    assert_eq!(rebuild.clocks[0].charts.len(), 2, "a median and a p95 incident");
    assert_eq!(rebuild.decision.deadlines.rows.len(), 1);
}

/// Along the critical path each line begins when the one before it ends, from 0 to the recovery time.
#[test]
fn median_and_bad_incident_add_up_along_their_critical_path() {
    let mut charts = 0;
    for (name, text) in scenarios() {
        let made = made(&text);
        for (runbook, (file, text)) in made.runbooks.runbooks.iter().zip(&made.files[1..]) {
            for chart in runbook.clocks.iter().flat_map(|clock| &clock.charts) {
                let mut at = "0 s";
                for row in chart.rows.iter().filter(|row| row.critical) {
                    assert_eq!(row.begin, at, "{name}, {file}, {}: {}", chart.what, row.name);
                    at = &row.finish;
                }
                assert_eq!(at, chart.recovery_time, "{name}, {file}, {}", chart.what);
                assert!(chart.text.lines().all(|line| text.contains(line)), "{name}, {file}");
                charts += 1;
            }
        }
    }
    assert!(charts > 50, "{charts} charts: nothing was compared");
}

#[test]
fn no_bare_number_nothing_twice_no_dead_link() {
    for (name, text) in scenarios() {
        let made = made(&text);
        let files: BTreeSet<&str> = made.files.iter().map(|(file, _)| file.as_str()).collect();
        for (file, text) in &made.files {
            let what = format!("{name}, {file}");
            for (column, cell) in cells(text) {
                let bare = cell.parse::<f64>().is_ok();
                assert!(!bare || COUNTS.contains(&column.as_str()), "{what}: {cell} under {column} has no unit");
                assert!(!(cell.is_empty() && column.is_empty()), "{what}: a column without name");
            }
            let mut seen = BTreeSet::new();
            // Rows of tables and charts may be alike: one step under two failures, say.
            let says = |line: &&str| {
                line.len() > 60 && !["|", "- [ ] Begun", "- `"].iter().any(|start| line.starts_with(start))
            };
            for line in text.lines().filter(says).filter(|line| !["TODO(", "█", "░"].iter().any(|s| line.contains(s)))
            {
                assert!(seen.insert(line), "{what} says twice: {line}");
            }
            let anchors: BTreeSet<String> = [HeadingLevel::H2, HeadingLevel::H3]
                .into_iter()
                .flat_map(|level| sections(text, level))
                .map(|(heading, _)| heading.to_lowercase().replace(' ', "-"))
                .collect();
            for event in parse(text) {
                if let Event::Start(Tag::Link { dest_url, .. }) = event {
                    let known = match dest_url.strip_prefix('#') {
                        Some(anchor) => anchors.contains(anchor),
                        None => files.contains(&*dest_url) || dest_url.starts_with("https://"),
                    };
                    assert!(known, "{what}: {dest_url} leads nowhere");
                }
            }
        }
    }
}

/// The cells of all tables with their columns.
fn cells(text: &str) -> Vec<(String, String)> {
    let (mut columns, mut found) = (Vec::new(), Vec::new());
    let (mut head, mut cell, mut at) = (false, String::new(), 0);
    for event in parse(text) {
        match event {
            Event::Start(Tag::TableHead) => (head, columns) = (true, Vec::new()),
            Event::End(TagEnd::TableHead) => head = false,
            Event::Start(Tag::TableRow) => at = 0,
            Event::Start(Tag::TableCell) => cell.clear(),
            Event::End(TagEnd::TableCell) if head => columns.push(cell.clone()),
            Event::End(TagEnd::TableCell) => {
                found.push((columns[at].clone(), cell.trim().to_owned()));
                at += 1;
            }
            Event::Text(text) | Event::Code(text) => cell.push_str(&text),
            _ => {}
        }
    }
    found
}

#[test]
fn commands_stand_in_their_fences_as_the_file_says() {
    let made = made(&fs::read_to_string("scenarios/kafka.toml").unwrap());
    let (_, text) = made.files.iter().find(|(file, _)| file == "continuous--rebuild.md").expect("the plan");
    let mut commands = Vec::new();
    let mut within = false;
    for event in parse(text) {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => {
                within = &*language == "sh";
                if within {
                    commands.push(String::new());
                }
            }
            Event::End(TagEnd::CodeBlock) => within = false,
            Event::Text(text) if within => commands.last_mut().unwrap().push_str(&text),
            _ => {}
        }
    }
    // Steps 2 to 6 of the plan and the first one back, as scenarios/kafka.toml has them.
    assert_eq!(commands.len(), 6, "{commands:?}");
    assert_eq!(commands[0], "terraform apply -target=module.dr\n");
    assert_eq!(commands[1], "kafka-backup validate --path $REPO --backup-id $ID --deep\n");
}

const HOSTILE: [&str; 32] = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!-- x",
    "-->",
    "&lt;b&gt; &#60;b&#62;",
    "**bold** __bold__ *i* _i_ ~~s~~",
    "[x](javascript:alert(1)) ![x](x) [x][y] [x]: y",
    "| a | b |",
    "a | b \\| c \\",
    "`code` ``` ```` `",
    "```\nrm -rf /\n```",
    "~~~\nx\n~~~",
    "# heading",
    "- item",
    "1. item",
    "7) item",
    "> quote",
    "---",
    "===",
    "    code",
    "a\n\n# b\n\n- c\n\n| d |\n| - |",
    "a\r\nb\rc\td",
    "\u{1b}[31mred\u{7}\u{0}",
    "\u{202e}txt.exe\u{202c}\u{200b}\u{feff}",
    "=1+1 +1 @x",
    "../../etc/passwd",
    "${HOME} $(id) $x$ $$y$$",
    "{{ 7 * 7 }} {% raw %} {# x #}",
    "TODO(owner)",
    "https://x.example/?a=b www.x.example x@x.example",
    "[ ] [x] [^1] :smile: ^a^ ~b~",
    "\\",
];

/// Every text of the value replaced; names of files are not texts, and sheets keep their columns.
fn poisoned(value: &Value, text: &str, key: &str) -> Value {
    match value {
        Value::String(_) if key == "file" || key == "columns" => value.clone(),
        Value::String(_) => Value::String(text.to_owned()),
        Value::Array(all) => Value::Array(all.iter().map(|v| poisoned(v, text, key)).collect()),
        Value::Object(all) => Value::Object(all.iter().map(|(k, v)| (k.clone(), poisoned(v, text, k))).collect()),
        other => other.clone(),
    }
}

/// What a document is made of, without its words; links that readers see as addresses are words.
fn structure(text: &str) -> Vec<String> {
    let mut web = false;
    let mut found = Vec::new();
    for event in parse(text) {
        match event {
            Event::Start(Tag::Link { ref dest_url, .. }) if dest_url.starts_with("https://x.example") => web = true,
            Event::End(TagEnd::Link) if web => web = false,
            Event::Start(Tag::Heading { level, .. }) => found.push(format!("{level:?}")),
            Event::Text(_) | Event::Code(_) => {}
            Event::Html(html) => found.push(format!("html {html}")),
            other => found.push(format!("{other:?}")),
        }
    }
    found
}

#[test]
fn hostile_text_in_every_field_is_inert() {
    let made = made(&fs::read_to_string("scenarios/shop.toml").unwrap());
    let templates = own();
    let views: Vec<Value> =
        made.runbooks.runbooks.iter().take(12).map(|r: &Runbook| serde_json::to_value(r).unwrap()).collect();
    let index = serde_json::to_value(&made.runbooks.index).unwrap();
    let documents = views.iter().map(|view| ("plan.md", view)).chain([("index.md", &index)]);
    for (template, view) in documents {
        let render = |text: &str| templates.render(template, &poisoned(view, text, "")).unwrap();
        let plain = structure(&render("word"));
        assert!(plain.len() > 50);
        for text in HOSTILE {
            let document = render(text);
            let shown = |s: &[String]| s.join("\n");
            let found = structure(&document);
            assert!(found == plain, "{text:?} changes {template}:\n{}\n---\n{}", shown(&found), document);
            let unsafe_char =
                |c: char| (c.is_control() && c != '\n') || ('\u{200b}'..='\u{202e}').contains(&c) || c == '\u{feff}';
            assert!(!document.chars().any(unsafe_char), "{text:?} leaves a character that hides or moves");
        }
        let quiet = render("TODO(owner)");
        let fences = quiet.matches("\nTODO(owner)\n```").count();
        assert_eq!(quiet.matches("TODO(owner)").count(), render("word").matches("TODO(owner)").count() + fences);
    }
}

fn drplan(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_drplan"));
    command.args(args).stdin(Stdio::null()).output().expect("the program starts")
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("an exit code, not a signal")
}

/// Names and bytes of a folder.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"));
    entries.map(|e| (e.file_name().into_string().expect("UTF-8"), fs::read(e.path()).expect("a file"))).collect()
}

#[test]
fn twice_the_same_bytes_and_as_many_threads_as_you_like() {
    let outside = tempfile::tempdir().unwrap();
    let run = |name: &str, threads: &str| {
        let folder = outside.path().join(name);
        let to = folder.to_string_lossy();
        let args = ["runbook", "scenarios/shop.toml", "-o", &to, "--trials", "600", "--threads", threads, "-q"];
        let output = drplan(&args);
        assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
        assert!(output.stdout.is_empty() && output.stderr.is_empty());
        contents(&folder)
    };
    let first = run("a", "1");
    // The six plans of the tier that the file calls chosen, and their list.
    assert_eq!(first.len(), 7, "{:?}", first.keys());
    assert!(first.keys().all(|name| name == "README.md" || name.starts_with("mixed--")));
    assert!(run("a", "2") == first && run("b", "3") == first);
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 2, "nothing beside the folders");
}

#[test]
fn tiers_are_those_asked_for() {
    let outside = tempfile::tempdir().unwrap();
    let to = outside.path().join("x").to_string_lossy().into_owned();
    let base = ["runbook", "scenarios/kafka.toml", "-o", &to, "--trials", "400", "-q"];
    let wrong = drplan(&[base.as_slice(), &["--tier", "hourli"]].concat());
    assert_eq!(code(&wrong), 2);
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("did you mean hourly"));
    assert!(!Path::new(&to).exists(), "nothing is written");
    assert_eq!(code(&drplan(&[base.as_slice(), &["--tier", "hourly", "--tier", "replication"]].concat())), 0);
    let tiers: BTreeSet<String> = contents(Path::new(&to))
        .into_keys()
        .filter_map(|name| name.split_once("--").map(|(tier, _)| tier.to_owned()))
        .collect();
    assert_eq!(tiers, BTreeSet::from(["hourly".to_owned(), "replication".to_owned()]));
}

#[test]
fn templates_of_a_folder_replace_those_of_the_program() {
    let outside = tempfile::tempdir().unwrap();
    let (templates, to) = (outside.path().join("templates"), outside.path().join("out"));
    fs::create_dir(&templates).unwrap();
    fs::write(outside.path().join("secret.md"), "secret").unwrap();
    let run = |plan: &str| {
        fs::write(templates.join("plan.md"), plan).unwrap();
        let (to, templates) = (to.to_string_lossy(), templates.to_string_lossy());
        drplan(&["runbook", "scenarios/kafka.toml", "-o", &to, "--template", &templates, "--trials", "400", "-q"])
    };
    let hostile =
        ["{{ nothing }}", "{% include '../secret.md' %}", "{% set a = title ~ title %}", "{% for x in", "{{ stages }}"];
    for plan in hostile {
        let output = run(plan);
        assert_eq!(code(&output), 2, "{plan}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(String::from_utf8_lossy(&output.stderr).contains("plan.md"), "{plan}");
        assert!(!to.exists(), "{plan}: nothing is written");
    }
    let plan = "# {{ title }}\n\n{% for stage in stages %}{% for step in stage.steps %}\n{{ step.name }}\n{% endfor %}\n{% endfor %}\n";
    assert_eq!(code(&run(plan)), 0);
    let made = fs::read_to_string(to.join("continuous--undelete.md")).unwrap();
    assert_eq!(made, "# Restore the deleted topic\n\nfind\nrestore\noffsets\nresume\n");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(outside.path().join("secret.md"), templates.join("steps.md")).unwrap();
        assert_eq!(code(&run(plan)), 2, "a link may lead outside");
    }
}

/// Names that the language allows, as names of plans: each has a file of its own in the folder.
#[test]
fn names_of_plans_make_names_of_files_that_stay_in_the_folder() {
    let long = "x".repeat(10_000);
    let names = ["CON", "..", "$(id)", "${HOME}", "{{ 7 }}", "a|b`c", "<b>", "-rf", "README", "a b", "größe", &long];
    let quoted = |name: &str| toml_key(name);
    let list: Vec<String> = names.iter().map(|n| quoted(n)).collect();
    let mut text = format!(
        "title = \"x\"\n[places]\nhere = []\n[data]\nd = {{ size = \"1 GB\", writes = \"1 GB/day\" }}\n[copies]\n\
         db = {{ kind = \"primary\", at = \"here\" }}\n[failures]\nf = {{ kind = \"outage\", hits = \"here\", \
         rate = \"1 / year\", lasts = \"1h\", detected = \"1m\" }}\n[services]\ns = {{ data = \"d\", copies = [\"db\"], \
         plans = [{}] }}\n[strategies]\nt = {{}}\n[steps]\na = {{ phase = \"decide\", takes = \"1m\" }}\n[plans]\n",
        list.join(", ")
    );
    for name in &list {
        text.push_str(&format!("{name} = {{ for = [\"f\"], steps = [\"a\"] }}\n"));
    }
    let outside = tempfile::tempdir().unwrap();
    let file = outside.path().join("x.toml");
    fs::write(&file, text).unwrap();
    let to = outside.path().join("out");
    let output = drplan(&["runbook", &file.to_string_lossy(), "-o", &to.to_string_lossy(), "--trials", "400", "-q"]);
    assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
    let made = contents(&to);
    assert_eq!(made.len(), names.len() + 1, "{:?}", made.keys());
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    assert!(made.keys().all(|name| name.chars().all(plain) && name.len() < 140), "{:?}", made.keys());
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 2, "nothing beside the folder");
}

fn toml_key(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}
