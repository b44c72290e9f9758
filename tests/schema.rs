//! The JSON Schema of scenarios: it takes whatever the reader takes, and refuses what an editor can
//! know to be wrong.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs;
use std::path::PathBuf;

use jsonschema::Validator;
use serde_json::{Value, json};

#[path = "invalid/copies.rs"]
mod copies;
#[path = "invalid/failures.rs"]
mod failures;
#[path = "invalid/keys.rs"]
mod keys;
#[path = "invalid/plans.rs"]
mod plans;
#[path = "invalid/quantities.rs"]
mod quantities;
#[path = "invalid/services.rs"]
mod services;

const GOOD: &str = include_str!("invalid/good.toml");

/// As in `tests/invalid.rs`: name, codes of the reader, replacements that make the fault.
type Case = (&'static str, &'static [&'static str], &'static [(&'static str, &'static str)]);

/// Faults that can be seen without knowing the names of the file or the sense of its numbers.
const SEEN: [&str; 10] = [
    "ambiguous-unit",
    "bad-quantity",
    "exclusive-keys",
    "key-of-other-kind",
    "missing-unit",
    "misplaced-key",
    "unknown-key",
    "unknown-unit",
    "unknown-word",
    "wrong-type",
];

fn validator() -> Validator {
    jsonschema::draft202012::new(&drplan::spec::schema()).expect("a schema")
}

/// TOML as editors hand it to a schema: dates are texts.
fn json_of(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => json!(text),
        toml::Value::Integer(number) => json!(number),
        toml::Value::Float(number) => json!(number),
        toml::Value::Boolean(value) => json!(value),
        toml::Value::Datetime(date) => json!(date.to_string()),
        toml::Value::Array(values) => values.into_iter().map(json_of).collect(),
        toml::Value::Table(table) => Value::Object(table.into_iter().map(|(k, v)| (k, json_of(v))).collect()),
    }
}

fn faults(schema: &Validator, text: &str) -> Vec<String> {
    match text.parse() {
        Ok(table) => {
            let value = json_of(toml::Value::Table(table));
            schema.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect()
        }
        // A number that fits no machine: an editor's reader stops there too.
        Err(error) => vec![error.to_string()],
    }
}

fn shipped() -> Vec<PathBuf> {
    let folders = ["scenarios", "templates/scenario"];
    let files = folders.iter().flat_map(|folder| fs::read_dir(folder).expect("a folder"));
    let paths: Vec<PathBuf> = files.map(|entry| entry.expect("an entry").path()).collect();
    paths.into_iter().filter(|path| path.extension().is_some_and(|e| e == "toml")).collect()
}

#[test]
fn it_is_a_schema_of_the_draft_that_it_names() {
    let schema = drplan::spec::schema();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert!(jsonschema::meta::is_valid(&schema));
}

#[test]
fn every_shipped_scenario_is_valid() {
    let schema = validator();
    let files = shipped();
    assert!(files.len() >= 12, "{files:?}");
    for path in files {
        let found = faults(&schema, &fs::read_to_string(&path).expect("text"));
        assert!(found.is_empty(), "{}: {found:#?}", path.display());
    }
    assert_eq!(faults(&schema, GOOD), Vec::<String>::new());
}

/// Every case with such a fault is refused; whatever the reader takes with advice alone is not.
fn check(group: &str, cases: &[Case]) {
    let schema = validator();
    for (name, codes, patch) in cases {
        let mut text = GOOD.to_owned();
        for (from, to) in *patch {
            text = text.replacen(from, to, 1);
        }
        let found = faults(&schema, &text);
        if codes.iter().any(|code| SEEN.contains(code)) {
            assert!(!found.is_empty(), "{group}, {name}: not seen");
        } else if drplan::spec::load(&text).is_ok() {
            assert!(found.is_empty(), "{group}, {name}: {found:#?}");
        }
    }
}

/// Pairs of a definition and the reader of the same quantity.
#[test]
fn patterns_take_what_the_reader_takes() {
    use drplan::spec::quantity::{data_rate, duration, frequency, share, size};
    type Reader = fn(&str) -> bool;
    let groups: [(&str, Reader, &[&str]); 5] = [
        (
            "duration",
            |t| duration(t).is_ok(),
            &[
                "15m",
                "1h 30m",
                "1h30m",
                " 7.6 h ",
                "PT15M",
                "10y",
                "2 weeks",
                "1e3s",
                "250ms",
                "5 µs",
                "1d 02:30:00",
                "0s",
                "90 seconds",
                "15",
                "1M",
                "m",
                "-5m",
                "1,5h",
                "",
                "five minutes",
                "15x",
                "3 months",
            ],
        ),
        (
            "size",
            |t| size(t).is_ok(),
            &["600 GB", "1 TiB", "0 B", "1.5kB", "7 KB", "500 Gb", "500 G", "12", "3 Gbit", "1 XB", "-1 GB"],
        ),
        (
            "data_rate",
            |t| data_rate(t).is_ok(),
            &["2 Gbps", "2 Gbit/s", "100 MB/s", "20 GB/day", "1.5 GiB/h", "3 MBps", "1 Gb/s", "100 MB", "1 GB/M", "9"],
        ),
        (
            "frequency",
            |t| frequency(t).is_ok(),
            &["0.05 / year", "2/month", "1 / day", "3 per year", "1", "1 / m", "0 / year"],
        ),
        ("share", |t| share(t).is_ok(), &["5%", "99.95 %", "0%", "0.5", "5", "five%"]),
    ];
    for (name, accepts, texts) in groups {
        let whole = drplan::spec::schema();
        let one = json!({ "$ref": format!("#/$defs/{name}"), "$defs": whole["$defs"] });
        let schema = jsonschema::draft202012::new(&one).expect("a schema");
        for text in texts {
            assert_eq!(schema.is_valid(&json!(text)), accepts(text), "{name} {text:?}");
        }
    }
}

/// What completion shows: every key with its meaning, its default and the words that it takes.
#[test]
fn keys_carry_what_editors_show() {
    let schema = drplan::spec::schema();
    let copy = &schema["$defs"]["copies"]["properties"];
    assert_eq!(copy["when_short"]["enum"], json!(["stop", "continue"]));
    assert_eq!(copy["when_short"]["default"], "stop");
    let kinds = ["primary", "async", "log", "backup", "soft-delete", "derived"];
    assert_eq!(copy["kind"]["enum"], json!(kinds));
    let about = copy["keep"]["description"].as_str().expect("a text");
    assert_eq!(about, "how long it is kept; takes duration; required");
    for (name, entry) in schema["$defs"].as_object().expect("definitions") {
        for (key, shape) in entry.get("properties").and_then(Value::as_object).into_iter().flatten() {
            assert!(shape["description"].is_string(), "{name}.{key}");
        }
    }
}
