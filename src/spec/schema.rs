//! JSON Schema of the language, for editors that complete and check a scenario while it is written.
//!
//! Made from the key tables that the readers and the reference use, so that none of them can know a
//! key that the others do not. It says less than the readers: that names are declared, that a plan
//! fits and that numbers make sense together is only known to `validate`.

use serde_json::{Map, Value, json};

use super::delays::{FORMS, OFF_BY};
use super::keys::{
    ALTERNATIVES, BURST, DRILLS, EXPLORE, EXTERNALS, Key, KeyTable, MONTHLY, OBJECTIVE, RUNBOOK, Standard, TABLES, TOP,
    YEARLY,
};
use super::limits;
use crate::model::FailureKind;

/// A decimal number, without sign or separators.
const NUMBER: &str = r"[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?";

/// Units of time with a fixed length.
const TIMES: &str = "(y|yrs?|years?|w|wks?|weeks?|d|days?|h|hrs?|hours?|m|mins?|minutes?|s|secs?|seconds?\
|ms|msecs?|millis?|milliseconds?|[uµμ]s|[uµμ]secs?|micros?|microseconds?|ns|nsecs?|nanos?|nanoseconds?)";

/// What a frequency or a data rate is counted over.
const PERIOD: &str = "(s|sec|second|min|minute|h|hour|d|day|w|week|month|y|year)";

/// Prefixes of bytes and bits: powers of 1000, then of 1024.
const PREFIX: &str = "([kKMGTPE]|[KMGTPE]i)?";

/// The schema of a scenario, draft 2020-12: every key of [`super::keys`] with what it takes, for editors.
/// What concerns several keys or names at once only [`super::load`] can judge.
#[must_use]
pub fn schema() -> Value {
    let mut defs = quantities();
    for table in TABLES.iter().filter(|t| !t.name.is_empty()) {
        defs.insert(def_name(table), entry(table));
    }
    let mut top = entry(&TOP);
    if let Some(top) = top.as_object_mut() {
        top.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
        top.insert("$id".into(), json!("urn:drplan:scenario:1"));
        top.insert("title".into(), json!("drplan scenario"));
        top.insert("$defs".into(), Value::Object(defs));
    }
    top
}

/// Name of an entry's definition: the table of `services.<name>.monthly.<item>` is `services.monthly`.
fn def_name(table: &KeyTable) -> String {
    table.name.split('.').filter(|part| !part.starts_with('<')).collect::<Vec<_>>().join(".")
}

fn reference(def: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{def}") })
}

/// An entry of a table, or the top of the file.
fn entry(table: &KeyTable) -> Value {
    let properties: Map<String, Value> =
        table.keys.iter().map(|key| (key.name.to_owned(), property(table, key))).collect();
    let required: Vec<&str> =
        table.keys.iter().filter(|k| k.standard == Standard::Required && k.only.is_empty()).map(|k| k.name).collect();
    let mut out = json!({
        "type": "object",
        "description": table.about,
        "additionalProperties": false,
        "properties": properties,
    });
    let mut rules = Vec::new();
    if table.like && !required.is_empty() {
        // What an entry does not give itself, it takes from the one that it is like.
        rules.push(json!({ "if": { "required": ["like"] }, "else": { "required": required } }));
    } else if !required.is_empty() {
        out["required"] = json!(required);
    }
    rules.extend(alternatives(table, &|key| key.only.is_empty()));
    rules.extend(kinds(table));
    if table.name == OBJECTIVE.name {
        rules.push(json!({ "anyOf": [{ "required": ["rto"] }, { "required": ["rpo"] }] }));
    }
    if !rules.is_empty() {
        out["allOf"] = json!(rules);
    }
    out
}

/// Keys of which an entry gives at most one, or exactly one where each stands in for the other.
fn alternatives(table: &KeyTable, concerned: &dyn Fn(&Key) -> bool) -> Vec<Value> {
    let mut rules = Vec::new();
    for group in ALTERNATIVES {
        let keys: Vec<&Key> = group.iter().filter_map(|side| table.get(side[0])).filter(|key| concerned(key)).collect();
        let [first, second] = keys.as_slice() else { continue };
        rules.push(json!({ "not": { "required": [first.name, second.name] } }));
        let stands_in = |key: &Key| matches!(key.standard, Standard::Absent(means) if means.ends_with(" says it"));
        if stands_in(first) && stands_in(second) {
            let mut one = vec![json!({ "required": [first.name] }), json!({ "required": [second.name] })];
            if table.like {
                one.push(json!({ "required": ["like"] }));
            }
            rules.push(json!({ "anyOf": one }));
        }
    }
    rules
}

/// What holds for entries of one kind alone: keys of other kinds are none of theirs.
fn kinds(table: &KeyTable) -> Vec<Value> {
    let Some(kind) = table.get("kind") else { return Vec::new() };
    let rule = |kind: &str| {
        let of_kind = |key: &&Key| key.only.contains(&kind);
        let strange = table.keys.iter().filter(|k| !k.only.is_empty() && !of_kind(k));
        let strange: Map<String, Value> = strange.map(|k| (k.name.to_owned(), json!(false))).collect();
        let required: Vec<&str> =
            table.keys.iter().filter(|k| of_kind(k) && k.standard == Standard::Required).map(|k| k.name).collect();
        let mut then = json!({ "properties": strange });
        let mut rules = alternatives(table, &|key| key.only.contains(&kind));
        if !required.is_empty() {
            rules.push(json!({ "if": { "required": ["like"] }, "else": { "required": required } }));
        }
        if !rules.is_empty() {
            then["allOf"] = json!(rules);
        }
        json!({ "if": { "properties": { "kind": { "const": kind } }, "required": ["kind"] }, "then": then })
    };
    kind.value.split(" | ").map(rule).collect()
}

/// A key: its type with what it means and what stands in for it.
fn property(table: &KeyTable, key: &Key) -> Value {
    let mut shape = shape(table, key);
    let needless = key.value == "table" || key.value.contains(" | ");
    let takes = if needless { String::new() } else { format!("; takes {}", key.value) };
    let (default, value) = match key.standard {
        Standard::Required => ("required".to_owned(), None),
        Standard::Absent(means) => (format!("without it: {means}"), None),
        Standard::Text(text, why) => (format!("default \"{text}\": {why}"), Some(json!(text))),
        Standard::Count(count, why) => (format!("default {count}: {why}"), Some(json!(count))),
        Standard::No => ("default false".to_owned(), Some(json!(false))),
        Standard::Computed(what) => (format!("without it: {what}"), None),
    };
    if let Some(shape) = shape.as_object_mut() {
        shape.insert("description".into(), json!(format!("{}{takes}; {default}", key.about)));
        if let Some(value) = value {
            shape.insert("default".into(), value);
        }
        if key.standard == Standard::Required && key.value.starts_with("list of") {
            shape.insert("minItems".into(), json!(1));
        }
    }
    shape
}

/// What a key takes. The words are those of the key tables; a test knows that each has a shape.
fn shape(table: &KeyTable, key: &Key) -> Value {
    if key.value.contains(" | ") {
        return json!({ "type": "string", "enum": key.value.split(" | ").collect::<Vec<_>>() });
    }
    let map = |of: Value| json!({ "type": "object", "additionalProperties": of });
    let whole = |most: u64| json!({ "type": "integer", "minimum": 1, "maximum": most });
    match key.value {
        "table" => catalogue(key.name),
        "1" => json!({ "type": "integer", "const": 1 }),
        "text" => reference("text"),
        "date" => json!({ "type": "string", "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])" }),
        "text such as \"USD\"" => json!({ "$ref": "#/$defs/text", "examples": ["USD", "EUR"] }),
        "five cron fields" => json!({ "$ref": "#/$defs/text", "examples": ["0 3 * * *", "30 1 * * SUN"] }),
        "IANA time zone" => json!({ "$ref": "#/$defs/text", "examples": ["UTC", "Europe/Berlin"] }),
        "duration" => reference("duration"),
        "duration or distribution" => reference("delay"),
        "size" => reference("size"),
        "data rate" => reference("data_rate"),
        "share" | "share above 0%" => reference("share"),
        "share per year" => reference("growth"),
        "frequency, { events, years } or { low, high }" => reference("rate"),
        "money" => reference("money"),
        "number" => json!({ "type": "number", "minimum": 0 }),
        "number of at least 1" => json!({ "type": "number", "minimum": 1 }),
        "count" if key.name == "retries" => json!({ "type": "integer", "minimum": 0, "maximum": limits::RETRIES }),
        "count" if key.name == "streams" => whole(limits::STREAMS),
        "count" if key.name == "points" => whole(limits::POINTS),
        "count" => whole(limits::MEMBERS),
        "true or false" => json!({ "type": "boolean" }),
        "{ p95 }, { sigma } or { low, high }" => reference("factor"),
        "{ rate, lasts, every }" => reference(&def_name(&BURST)),
        "objectives" => objectives(),
        "place, list, map or \"X/*\"" | "place, pool, list, map or \"X/*\"" => reference("places"),
        "name or list" | "name, list or \"X/*\"" | "compute or list of compute" => {
            json!({ "anyOf": [reference("name"), reference("names")] })
        }
        "two regions" => json!({ "$ref": "#/$defs/names", "minItems": 2, "maxItems": 2 }),
        "list of texts" => json!({ "type": "array", "items": reference("text") }),
        "list of failure kinds" => {
            let kinds: Vec<&str> = FailureKind::ALL.iter().map(|k| k.word()).collect();
            json!({ "type": "array", "uniqueItems": true, "items": { "type": "string", "enum": kinds } })
        }
        "list of steps" => reference("steps_list"),
        "table name = people" => map(whole(limits::PEOPLE)),
        "table name = text" => map(reference("text")),
        "table name = list of places in it" | "table name = list of strategies" | "table step = list of steps" => {
            map(reference("names"))
        }
        "table name = { count, each }" => map(reference(&def_name(&MONTHLY))),
        "table path = list of values" => json!({ "type": "object" }),
        value if value.starts_with("list of ") => reference("names"),
        _ => {
            debug_assert!(names_something(key.value), "no shape for {:?} of [{}]", key.value, table.name);
            reference("name")
        }
    }
}

/// Whether these words of a key table stand for the name of something, or for a text that may be one.
fn names_something(value: &str) -> bool {
    const THINGS: [&str; 15] = [
        "account",
        "copy, data set or external",
        "data set",
        "external",
        "link",
        "name of an entry of the same table",
        "place",
        "plan",
        "role",
        "service",
        "step or \"end\"",
        "strategy",
        "tier",
        "\"from\", data set, copy or size",
        "\"from\", data set, external or size",
    ];
    THINGS.contains(&value)
}

/// A table at the top: one entry per name, or the entry itself.
fn catalogue(name: &str) -> Value {
    match name {
        "explore" => reference(&def_name(&EXPLORE)),
        "runbook" => reference(&def_name(&RUNBOOK)),
        "externals" => {
            let one = json!({ "anyOf": [reference("name"), reference(&def_name(&EXTERNALS))] });
            json!({ "type": "object", "additionalProperties": one })
        }
        "drills" => json!({ "type": "object", "additionalProperties": reference(&def_name(&DRILLS)) }),
        table => json!({ "type": "object", "additionalProperties": reference(table) }),
    }
}

fn objectives() -> Value {
    json!({
        "type": "object",
        "properties": { "default": reference(&def_name(&OBJECTIVE)), "yearly": reference(&def_name(&YEARLY)) },
        "additionalProperties": reference(&def_name(&OBJECTIVE)),
    })
}

fn quantities() -> Map<String, Value> {
    let text = |pattern: String, examples: &[&str]| json!({ "type": "string", "pattern": format!("^ *({pattern}) *$"), "examples": examples });
    let frequency = text(format!("{NUMBER} */ *{PERIOD}"), &["0.1 / year", "2 / month"]);
    let mut names = json!({ "type": "array", "uniqueItems": true, "items": reference("name") });
    names["maxItems"] = json!(limits::ENTRIES);
    let instances = json!({ "type": "integer", "minimum": 1, "maximum": limits::MEMBERS });
    let all = json!({
        "text": { "type": "string", "pattern": r"\S" },
        "name": { "type": "string", "minLength": 1 },
        "names": names,
        "places": { "anyOf": [
            reference("name"),
            reference("names"),
            { "type": "object", "minProperties": 1, "additionalProperties": instances },
        ] },
        "steps_list": { "type": "array", "items": { "anyOf": [reference("name"), reference("steps_list")] } },
        "duration": text(
            // `1h 30m`, `1d 02:30:00`, and ISO 8601.
            format!("{NUMBER} *{TIMES}( *{NUMBER} *{TIMES})*( +[0-9:.]+)?|[0-9]+:[0-9:.]+|[Pp][0-9A-Za-z.]+"),
            &["90s", "15m", "1h 30m", "7d"],
        ),
        "size": text(format!("{NUMBER} *{PREFIX}B"), &["600 GB", "2 TiB"]),
        "data_rate": text(
            format!("{NUMBER} *({PREFIX}(B|bits?) */ *{PERIOD}|{PREFIX}(B|bits?)ps|[kKMGTPE]?bps)"),
            &["2 Gbps", "100 MB/s", "20 GB/day"],
        ),
        "share": text(format!("{NUMBER} *%"), &["5%", "99.95%"]),
        "growth": text(format!("{NUMBER} *% *(/ *)?(year)?"), &["20% / year"]),
        "frequency": frequency,
        "rate": { "anyOf": [
            reference("frequency"),
            form(&["events", "years"], |key| match key {
                "events" => json!({ "type": "integer", "minimum": 0 }),
                _ => json!({ "type": "number", "exclusiveMinimum": 0 }),
            }),
            form(&["low", "high"], |_| reference("frequency")),
            form(&["low", "point", "high"], |_| reference("frequency")),
        ] },
        "money": { "type": "number", "minimum": 0 },
        "delay": { "anyOf": delays() },
        "factor": { "anyOf": [
            form(&["p95"], |_| json!({ "type": "number", "minimum": 1 })),
            form(&["sigma"], |_| json!({ "type": "number", "minimum": 0 })),
            form(&["low", "high"], |_| json!({ "type": "number", "minimum": 0, "maximum": 2 })),
        ] },
    });
    match all {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// A table with exactly these keys.
fn form(keys: &[&str], value: impl Fn(&str) -> Value) -> Value {
    let properties: Map<String, Value> = keys.iter().map(|key| ((*key).to_owned(), value(key))).collect();
    json!({ "type": "object", "additionalProperties": false, "required": keys, "properties": properties })
}

/// A duration, or a distribution in one of its forms.
fn delays() -> Vec<Value> {
    let value = |key: &str| match key {
        "misses" => json!({ "type": "integer", "minimum": 1, "maximum": limits::MISSES }),
        "sigma" | "shape" => json!({ "type": "number", "minimum": 0 }),
        "samples" => {
            json!({ "type": "array", "minItems": 1, "maxItems": limits::SAMPLES, "items": reference("duration") })
        }
        _ => reference("duration"),
    };
    let known = |mut form: Value| {
        form["properties"][OFF_BY] = json!({ "type": "number", "exclusiveMinimum": 1, "maximum": limits::OFF_BY });
        form
    };
    std::iter::once(reference("duration")).chain(FORMS.iter().map(|(keys, _)| known(form(keys, value)))).collect()
}
