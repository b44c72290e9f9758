//! The page and its charts: complete, self-contained, the same every time, and deaf to what names and
//! result files try.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "common/random.rs"]
#[allow(dead_code, reason = "each test crate uses a part of it")]
mod random;

use std::collections::BTreeSet;
use std::sync::OnceLock;

use data_encoding::BASE64;
use drplan::assess::{Assessment, assess, assumptions, depend, represent};
use drplan::report::chart::charts;
use drplan::report::{json, page, read_result};
use drplan::sim::{CampaignSettings, Filter, run_incidents};
use random::Random;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The shop under 1000 incidents of each failure.
fn simulated(threads: usize) -> Assessment {
    let loaded = drplan::spec::load(include_str!("../scenarios/shop.toml")).expect("a valid scenario");
    let settings = CampaignSettings { trials: 1000, seed: 1, threads, truncate: false };
    let campaign = run_incidents(&loaded.scenario, &settings, &Filter::default());
    let mut result = assess(&loaded.scenario, &campaign, &Filter::default());
    represent(&mut result, &loaded.scenario, &campaign, &Filter::default());
    result.assumptions = assumptions(&loaded.resolved);
    depend(&mut result, &loaded.scenario, threads, &Filter::default());
    result
}

fn shop() -> &'static Assessment {
    static SHOP: OnceLock<Assessment> = OnceLock::new();
    SHOP.get_or_init(|| simulated(1))
}

fn shop_page() -> &'static str {
    static PAGE: OnceLock<String> = OnceLock::new();
    PAGE.get_or_init(|| page(shop()).expect("a page"))
}

/// What stands between two texts, for each occurrence of the first.
fn between<'a>(text: &'a str, from: &str, to: &str) -> Vec<&'a str> {
    text.split(from).skip(1).map(|rest| rest.split(to).next().unwrap()).collect()
}

fn embedded(page: &str) -> Value {
    let json = between(page, "<script type=\"application/json\" id=\"drplan-result\">", "</script>");
    assert_eq!(json.len(), 1);
    serde_json::from_str(json[0]).expect("JSON")
}

#[test]
fn the_page_says_the_verdict_first_and_leaves_nothing_out() {
    let text = shop_page();
    let sections = between(text, "<section id=\"", "\"");
    let failures = ["failure-1", "failure-2", "failure-3", "failure-4"];
    let wanted: Vec<&str> = ["verdict", "tiers", "costs"].into_iter().chain(failures).collect();
    assert_eq!(sections, [wanted, vec!["depends", "assumptions", "provenance"]].concat());
    let links: Vec<&str> = between(text, "<li><a href=\"#", "\"");
    assert_eq!(links, sections, "a link to every section");
    assert!(between(text, "<p class=\"headline\">", "</p>")[0].starts_with("Buy "));
    for tier in &shop().tiers {
        assert!(text.contains(&format!("<th scope=\"row\">{}</th>", tier.id)));
        for item in &tier.cost.items {
            assert!(text.contains(&item.item), "{}", item.item);
        }
    }
    for failure in ["zone", "region", "dropped", "bad-job"] {
        // No tier loses a write with a zone: there is nothing to draw.
        let loses = |tier: &drplan::assess::TierAssessment| {
            tier.incidents.iter().any(|i| i.failure == failure && i.data_loss.estimate.max != Some(0.0))
        };
        assert_eq!(shop().tiers.iter().any(loses), failure != "zone");
        for chart in [": recovery time</title>", ": data loss</title>", "cost per month against recovery time</title>"]
        {
            let found = between(text, "<title id=", "/title>").iter().any(|t| {
                let title = format!("{t}/title>");
                title.contains(failure) && title.ends_with(chart)
            });
            let nothing = failure == "zone" && chart == ": data loss</title>";
            assert_eq!(found, !nothing, "{failure} {chart}");
        }
        for which in ["median", "p95"] {
            assert!(text.contains(&format!(">The {which} incident of {failure}: ")), "{failure} {which}");
        }
    }
    let charts = text.matches("<svg").count();
    assert_eq!((text.matches("<title id=").count(), text.matches("<desc id=").count()), (charts, charts));
    let facts = between(text, "<dl>", "</dl>")[0];
    for fact in [&format!("drplan {}", env!("CARGO_PKG_VERSION")), &shop().scenario.hash, "1,000"] {
        assert!(facts.contains(fact), "{fact}");
    }
    assert!(text.contains("AWS us-east-1: 11 major events in 15 years"), "sources");
}

/// The tier of the verdict: what its year, its rates and the values of its plans are worth.
#[test]
fn the_page_says_what_the_result_depends_on_most() {
    let shop = shop();
    let tier = shop.verdict.tier.as_deref().expect("a tier");
    let tier = shop.tiers.iter().find(|t| t.id == tier).unwrap();
    let year = &tier.rare_event;
    let sum = |of: fn(&drplan::assess::FailureYear) -> f64| year.by_failure.iter().map(of).sum::<f64>();
    for (parts, whole) in [
        (sum(|f| f.downtime_per_year), year.downtime_per_year),
        (sum(|f| f.data_loss_per_year), year.data_loss_per_year),
        (sum(|f| f.known_penalty_per_year), year.known_penalty_per_year),
    ] {
        assert!((parts - whole).abs() <= 1e-9 * whole, "{parts} of {whole}");
    }
    let inputs = tier.inputs.as_ref().expect("the rate of region is a range");
    let region = &inputs.each[0];
    assert_eq!(region.failure, "region");
    assert!(region.downtime_per_year.low < year.downtime_per_year);
    assert!(region.downtime_per_year.high > year.downtime_per_year);
    let regional = tier.incidents.iter().find(|i| i.failure == "region" && i.service.is_none()).unwrap();
    let depends = regional.depends_on.as_ref().expect("it was looked for");
    let text = shop_page();
    // Half of a step of 12 min on the path of nearly every incident saves nearly 6 min.
    let bus = depends.changes.iter().find(|c| c.path == "steps.start-bus.takes").expect("the slowest step");
    let saved = bus.recovery_time.mean.unwrap();
    assert!((240.0..360.0).contains(&saved), "{saved}");
    let section = between(text, "<section id=\"depends\"", "</section>")[0];
    for said in ["Which failures: ", "Which rates", "Which values: ", "halve steps.start-bus.takes"] {
        assert!(section.contains(said), "{said}");
    }
    assert!(section.contains(&format!("<summary>The same of {}", "mixed")), "the tier that the file calls chosen");
}

/// Both drawings of a chart say the same; a style sheet hides one of them from everybody.
#[test]
fn every_chart_has_a_narrow_drawing() {
    let text = shop_page();
    let (wide, narrow) = (text.matches("<div class=\"wide\">").count(), text.matches("<div class=\"narrow\">").count());
    assert!(wide > 20 && wide == narrow && wide * 2 == text.matches("<svg").count());
    let style = between(text, "<style>", "</style>")[0];
    assert!(style.contains(".narrow { display: none; }") && style.contains(".wide { display: none; }"));
}

#[test]
fn nothing_is_loaded_and_nothing_runs() {
    let text = shop_page();
    let policy =
        between(text, "Content-Security-Policy\" content=\"", "\"")[0].replace("&#x27;", "'").replace("&#x2f;", "/");
    let style = between(text, "<style>", "</style>")[0];
    let hash = BASE64.encode(&Sha256::digest(style.as_bytes()));
    let wanted = format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'");
    assert_eq!(policy, wanted);
    assert_eq!(text.matches("<script").count(), 1, "the result alone, which is data");
    assert_eq!(text.matches("<style").count(), 1);
    let outside = text.split("<script").next().unwrap();
    for forbidden in [
        " src=",
        " srcset=",
        "url(",
        "@import",
        "<link",
        "<iframe",
        "<object",
        "<base",
        "<form",
        " style=\"",
        "javascript:",
        " on",
    ] {
        let found = outside.find(forbidden).map(|at| &outside[at..(at + 60).min(outside.len())]);
        let is_attribute = |text: &str| {
            text.trim_start()
                .split(['=', ' '])
                .next()
                .is_some_and(|name| name.len() > 2 && text.trim_start()[name.len()..].starts_with('='))
        };
        assert!(found.is_none_or(|text| forbidden == " on" && !is_attribute(text)), "{found:?}");
    }
    for address in between(outside, "href=\"", "\"") {
        assert!(address.starts_with('#') || address.starts_with("https://"), "{address}");
    }
    let elsewhere = outside.replace("http://www.w3.org/2000/svg", "");
    assert!(!elsewhere.contains("http:"), "no address but of sources");
}

#[test]
fn ids_are_unique_and_all_that_is_named_is_there() {
    let text = shop_page();
    let ids = between(text, " id=\"", "\"");
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), unique.len());
    for names in between(text, "aria-labelledby=\"", "\"") {
        assert!(names.split(' ').all(|name| unique.contains(name)), "{names}");
    }
    assert!(between(text, "href=\"#", "\"").iter().all(|name| unique.contains(name)));
}

#[test]
fn the_same_bytes_twice_and_on_any_number_of_threads() {
    assert_eq!(shop_page(), page(shop()).unwrap());
    assert_eq!(shop_page(), page(&simulated(3)).unwrap());
}

#[test]
fn a_result_read_back_gives_the_same_page() {
    let written = json(shop()).unwrap();
    let read = read_result(written.as_bytes()).expect("a result");
    assert_eq!(json(&read).unwrap(), written);
    assert_eq!(page(&read).unwrap(), shop_page());
    assert_eq!(embedded(shop_page()), serde_json::from_str::<Value>(&written).unwrap());
}

const HOSTILE: [&str; 30] = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    "</title></svg><svg onload=alert(1)>",
    "<!--",
    "]]>",
    "<![CDATA[x",
    "\" onmouseover=\"alert(1)",
    "' onfocus='alert(1)",
    "&lt;b&gt;",
    "&#0;",
    "{{ 7 * 7 }}",
    "{% include \"/etc/passwd\" %}",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "https://example.org/\"><script>alert(1)</script>",
    "../../etc/passwd",
    "=1+1",
    "a|b|c",
    "`rm -rf /`",
    "$(reboot)",
    "line\nbreak\r\n\tand tab",
    "\u{1b}[31mred\u{7}\u{0}",
    "\u{202e}desrever\u{2066}",
    "\u{2028}separator\u{2029}",
    "zero\u{200b}width\u{feff}",
    "",
    " ",
    "數據庫 🚒 ünïcödé",
    "\u{fffe}\u{ffff}",
];

/// Puts texts in the place of every text of a result, in turn; what is asked for names of tiers and
/// failures stays different.
fn poison(value: &mut Value, next: &mut usize, texts: &[String]) {
    match value {
        Value::String(text) => {
            *text = texts[*next % texts.len()].clone();
            *next += 1;
        }
        Value::Array(all) => all.iter_mut().for_each(|v| poison(v, next, texts)),
        // The verdict's kind is one of four words.
        Value::Object(all) => {
            all.iter_mut().filter(|(key, _)| *key != "outcome").for_each(|(_, v)| poison(v, next, texts));
        }
        _ => {}
    }
}

/// Whether a text has nothing that moves, hides or reverses other text, and no broken XML.
fn is_harmless(text: &str) -> Result<(), String> {
    let odd = text.chars().find(|c| {
        (c.is_control() && *c != '\n')
            || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
    });
    odd.map_or(Ok(()), |c| Err(format!("{c:?}")))
}

/// Whether tags of an SVG close what they open and texts hold no markup.
fn is_well_formed(svg: &str) -> Result<(), String> {
    let mut open = Vec::new();
    for part in svg.split('<').skip(1) {
        let (tag, text) = part.split_once('>').ok_or_else(|| format!("a tag without end: {part:.80}"))?;
        let entities = text.split('&').skip(1);
        for entity in entities {
            let name = entity.split(';').next().unwrap_or("");
            if !["lt", "gt", "amp", "quot", "apos", "#39"].contains(&name) {
                return Err(format!("an entity {name:.20}"));
            }
        }
        if let Some(name) = tag.strip_prefix('/') {
            if open.pop() != Some(name) {
                return Err(format!("</{name}> closes nothing"));
            }
        } else if !tag.ends_with('/') {
            open.push(tag.split(' ').next().unwrap_or(""));
        }
    }
    if open.is_empty() { Ok(()) } else { Err(format!("{open:?} stay open")) }
}

#[test]
fn hostile_texts_in_every_field_come_out_inert() {
    let mut texts: Vec<String> = HOSTILE.iter().map(|s| (*s).to_owned()).collect();
    texts.push("x".repeat(10_000));
    let clean = serde_json::to_value(shop()).unwrap();
    for start in [0, 7, 19] {
        let mut value = clean.clone();
        poison(&mut value, &mut { start }, &texts);
        let result = read_result(value.to_string().as_bytes()).expect("still a result");
        let page = page(&result).expect("a page");
        is_harmless(&page).unwrap();
        assert_eq!(embedded(&page), value, "the result is embedded as it is");
        assert_eq!(page.matches("<script").count(), 1);
        assert_eq!(page.matches("</script").count(), 1);
        assert_eq!(page.matches("</style").count(), 1);
        let tags: BTreeSet<&str> = page.split('<').skip(1).map(|t| t.split(['>', ' ', '\n']).next().unwrap()).collect();
        let known = "!DOCTYPE html head meta title /title style /style /head body a /a header h1 /h1 nav ul li /li /ul /nav \
            /header main section h2 /h2 h3 /h3 p /p div table thead tr th /th /tr /thead tbody td /td /tbody /table /div /section \
            details summary /summary /details figure /figure svg /svg desc /desc rect polyline polygon line circle text \
            /text dl dt /dt dd /dd /dl code /code script /script /main /body /html";
        let known: BTreeSet<&str> = known.split_whitespace().collect();
        assert!(tags.is_subset(&known), "{:?}", tags.difference(&known));
        for address in between(page.split("<script").next().unwrap(), "href=\"", "\"") {
            assert!(address.starts_with('#') || address.starts_with("https:"), "{address}");
        }
        for chart in charts(&result) {
            let svg = chart.svg("x").unwrap();
            is_harmless(&svg).unwrap();
            is_well_formed(&svg).unwrap_or_else(|fault| panic!("{fault}: {svg:.300}"));
        }
    }
}

/// The words of a Markdown document left out: what is left is how it is built.
fn structure(text: &str) -> Vec<String> {
    use pulldown_cmark::{Event, Options, Parser};
    let all = Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS);
    let built = all.filter_map(|event| match event {
        Event::Text(_) | Event::SoftBreak => None,
        Event::Start(tag) => Some(format!("<{:?}", std::mem::discriminant(&tag))),
        Event::End(tag) => Some(format!(">{:?}", std::mem::discriminant(&tag))),
        other => Some(format!("{other:?}")),
    });
    built.collect()
}

/// Tables for a terminal, in Markdown and as CSV, with each of the texts in every field in turn.
#[test]
fn hostile_texts_in_tables_come_out_inert() {
    use drplan::report::terminal::{self, Layout};
    use drplan::report::{comparison, csv, details, markdown};
    let mut small = serde_json::to_value(shop()).unwrap();
    // Two tiers say all that six do.
    small["tiers"].as_array_mut().unwrap().truncate(2);
    let with = |text: &str| {
        let mut value = small.clone();
        poison(&mut value, &mut 0, &[text.to_owned()]);
        read_result(value.to_string().as_bytes()).expect("still a result")
    };
    let plain = with("word");
    let built = [comparison(&plain), details(&plain)].map(|page| structure(&markdown(&page)));
    assert!(built.iter().all(|events| events.len() > 100));
    for text in HOSTILE.into_iter().chain(["1. item", "- item", "12) item", "＝1+1", "@SUM(1)", "\t=1", "===", "---"])
    {
        let result = with(text);
        for (n, page) in [comparison(&result), details(&result)].into_iter().enumerate() {
            is_harmless(&terminal::render(&page, Layout::default())).unwrap_or_else(|c| panic!("{text:?}: {c}"));
            let md = markdown(&page);
            is_harmless(&md).unwrap_or_else(|c| panic!("{text:?}: {c}"));
            // An empty name leaves cells and columns empty, which are then left out.
            if !text.trim().is_empty() {
                assert!(structure(&md) == built[n], "{text:?} changes what the document is:\n{md:.3000}");
            }
        }
        let table = csv(&result).expect("CSV");
        is_harmless(&table).unwrap_or_else(|c| panic!("{text:?}: {c}"));
        let mut reader = csv::Reader::from_reader(table.as_bytes());
        for row in reader.records() {
            for cell in &row.expect("as wide as the header") {
                let formula = cell.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
                assert!(!formula || cell.parse::<f64>().is_ok(), "{text:?} gives the cell {cell:?}");
            }
        }
    }
}

/// Every number of a result replaced by one that no simulation gives: refused, or drawn.
#[test]
fn hostile_figures_are_refused_or_drawn() {
    let numbers = [-1.0, 0.0, 1e308, -1e308, 1e-308, 0.5, 1e18, f64::MAX];
    let clean = serde_json::to_value(shop()).unwrap();
    let mut choices = Random::new(5);
    let mut drawn = 0;
    for _ in 0..12 {
        let mut value = clean.clone();
        disturb(&mut value, &mut choices, &numbers);
        if let Ok(result) = read_result(value.to_string().as_bytes()) {
            page(&result).expect("a page");
            drawn += 1;
        }
    }
    assert!(drawn >= 6, "{drawn} of 12 were still results");
}

/// Changes one in twenty numbers, and empties one in a hundred lists.
fn disturb(value: &mut Value, choices: &mut Random, numbers: &[f64]) {
    match value {
        Value::Number(number) if number.is_f64() && choices.chance(0.05) => {
            *value = (*choices.pick(numbers)).into();
        }
        Value::Array(all) if choices.chance(0.01) => all.clear(),
        Value::Array(all) => all.iter_mut().for_each(|v| disturb(v, choices, numbers)),
        Value::Object(all) => all.values_mut().for_each(|v| disturb(v, choices, numbers)),
        _ => {}
    }
}

#[test]
fn what_is_no_result_is_refused_with_a_reason() {
    let written = json(shop()).unwrap();
    let deep = "[".repeat(100_000);
    let cases: [(&[u8], &str); 9] = [
        (b"", "no result"),
        (b"\xff\xfe", "no result"),
        (b"{}", "schema_version is missing"),
        (b"[1, 2]", "no result"),
        (b"{\"schema_version\": 2}", "schema_version is 2"),
        (b"{\"schema_version\": 1}", "missing field"),
        (b"{\"schema_version\": 1e999}", "no result"),
        (deep.as_bytes(), "no result"),
        (&written.as_bytes()[..written.len() / 2], "no result"),
    ];
    for (bytes, reason) in cases {
        let fault = read_result(bytes).expect_err("no result");
        assert!(fault.contains(reason), "{fault}");
    }
    let long = written.replacen("Web shop", &"x".repeat(200_000), 1);
    assert!(read_result(long.as_bytes()).expect_err("too long").contains("a text of more than 128 KiB"));
    // A wrong type, in turn, for every field of the first tier and what is below it.
    let value: Value = serde_json::from_str(&written).unwrap();
    for key in value["tiers"][0].as_object().unwrap().keys() {
        for wrong in [serde_json::json!({"a": [1]}), serde_json::json!([[[]]]), serde_json::json!(true)] {
            let mut value = value.clone();
            value["tiers"][0][key] = wrong;
            // Refused with one line, or (an empty table, say) a result that can be drawn.
            match read_result(value.to_string().as_bytes()) {
                Err(fault) => assert!(!fault.contains('\n') && fault.len() < 300, "{key}: {fault}"),
                Ok(result) => drop(page(&result).expect("a page")),
            }
        }
    }
    let mut value = value;
    let mut small = value["tiers"][0].clone();
    small["incidents"] = Value::Array(Vec::new());
    value["tiers"] = Value::Array(vec![small; 1001]);
    assert!(read_result(value.to_string().as_bytes()).expect_err("too many").contains("1001 tiers"));
}
