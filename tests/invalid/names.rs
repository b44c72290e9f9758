//! Names and references.

use super::{Case, check};

#[test]
fn names() {
    check("names", NAMES);
}

#[test]
fn references() {
    check("references", REFERENCES);
}

const NAMES: &[Case] = &[
    (
        "a copy named as a place",
        &["duplicate-name"],
        &[
            ("mirror  = {", "lab  = {"),
            (r#"from = ["mirror"]"#, r#"from = ["lab"]"#),
            (r#"copies = ["mirror", "#, r#"copies = ["lab", "#),
        ],
    ),
    (
        "names that differ in case",
        &["confusable-name"],
        &[("[failures]\nnode ", "[failures]\nRegion = { like = \"region\" }\nnode ")],
    ),
    (
        "names that differ in a dash",
        &["confusable-name"],
        &[("[plans]\n", "[plans]\nbus_switch = { like = \"bus-switch\" }\n")],
    ),
    (
        "a Cyrillic letter",
        &["confusable-name"],
        &[("[failures]\nnode ", "[failures]\n\"n\u{43e}de\" = { like = \"node\" }\nnode ")],
    ),
    (
        "a digit in place of a letter",
        &["confusable-name"],
        &[("[failures]\nnode ", "[failures]\nn0de = { like = \"node\" }\nnode ")],
    ),
    (
        "an accent of its own and one that is part of the letter",
        &["confusable-name"],
        &[(
            "[failures]\nnode ",
            "[failures]\n\"caf\u{e9}\" = { like = \"node\" }\n\"cafe\u{301}\" = { like = \"node\" }\nnode ",
        )],
    ),
    (
        "a space that does not break",
        &["confusable-name"],
        &[(
            "[failures]\nnode ",
            "[failures]\n\"a b\" = { like = \"node\" }\n\"a\u{a0}b\" = { like = \"node\" }\nnode ",
        )],
    ),
    (
        "a blank letter",
        &["control-character"],
        &[("[failures]\nnode ", "[failures]\n\"no\u{2800}\" = { like = \"node\" }\nnode ")],
    ),
    (
        "reserved for recovery points",
        &["reserved-name"],
        &[("recover = {", "from = {"), (r#"["decide", "recover"]"#, r#"["decide", "from"]"#)],
    ),
    (
        "reserved for objectives",
        &["reserved-name"],
        &[("lost    = {", "default = {"), (r#""lost", "stolen""#, r#""default", "stolen""#)],
    ),
    (
        "a slash in a name",
        &["bad-name"],
        &[("lost    = {", "\"a/b\" = {"), (r#""lost", "stolen""#, r#""a/b", "stolen""#)],
    ),
    ("a name of nothing", &["empty-name"], &[("lost    = {", "\"\" = {"), (r#""lost", "stolen""#, r#""", "stolen""#)]),
    (
        "a control character in a name",
        &["control-character", "control-character"],
        &[("recover = {", "\"re\\u0007cover\" = {"), (r#"["decide", "recover"]"#, r#"["decide", "re\u0007cover"]"#)],
    ),
    ("a mark that turns the line around", &["control-character"], &[("Shop on two coasts", "Shop \u{202e}staoc owt")]),
    ("a control character in a text", &["control-character"], &[("Shop on two coasts", "Shop\\u001b[2J")]),
    ("an account listed twice", &["repeated-item"], &[(r#"["prod", "vault"]"#, r#"["prod", "vault", "prod"]"#)]),
    ("a copy listed twice", &["repeated-item"], &[(r#"["mirror", "archive"]"#, r#"["mirror", "archive", "mirror"]"#)]),
    ("like an entry that is not there", &["unknown-name"], &[(r#"like = "rebuild""#, r#"like = "rebuilt""#)]),
    (
        "like an entry that is like another",
        &["like-chain", "like-chain"],
        &[(
            r#"of = "main", at = "west", cron = "0 2 * * *", tz = "UTC", takes = "1h", full_every = "7d""#,
            r#"like = "hourly", of = "main", at = "west", cron = "0 2 * * *", tz = "UTC", takes = "1h", full_every = "7d""#,
        )],
    ),
    ("like itself", &["like-chain"], &[(r#"like = "rebuild""#, r#"like = "clean""#)]),
    (
        "like an entry of another kind",
        &["like-other-kind"],
        &[(r#"{ like = "nightly""#, r#"{ like = "standby", kind = "backup""#)],
    ),
];

const REFERENCES: &[Case] = &[
    ("misspelt copy", &["unknown-name"], &[(r#"copies = ["mirror", "archive"]"#, r#"copies = ["miror", "archive"]"#)]),
    ("unknown failure", &["unknown-name"], &[(r#"for = ["dropped"]"#, r#"for = ["meteor"]"#)]),
    ("unknown role", &["unknown-name"], &[(r#"high = "6m" }, role = "sre""#, r#"high = "6m" }, role = "dba""#)]),
    ("unknown account", &["unknown-name"], &[(r#"at = "east", account = "prod""#, r#"at = "east", account = "prd""#)]),
    ("unknown tier chosen", &["unknown-name"], &[(r#"chosen   = "warm""#, r#"chosen   = "hot""#)]),
    (
        "objective for an unknown failure",
        &["unknown-name"],
        &[("yearly = {", "fire = {"), (r#"availability = "99.9%""#, r#"rto = "1h", chance = "95%""#)],
    ),
    ("unknown instance", &["unknown-name"], &[(r#""db/*""#, r#""db/west-a""#)]),
    (
        "a copy that is misspelt where it is declared and shares its name with a strategy",
        &["unknown-name"],
        &[
            ("mirror  = {", "mirrored = {"),
            ("bus-twice = { service", "mirror = { service"),
            (r#""bus-twice""#, r#""mirror""#),
        ],
    ),
    ("nobody in any role", &["unknown-name"], &[("roles    = { sre = 2 }\n", "")]),
    ("a place for a copy", &["wrong-reference"], &[(r#"from = ["bin"]"#, r#"from = ["lab"]"#)]),
    ("a copy for a place", &["wrong-reference"], &[(r#"idp = "lab""#, r#"idp = "main""#)]),
    ("an outage of data", &["wrong-reference"], &[(r#"hits = "east""#, r#"hits = "orders""#)]),
    ("a deletion of a place", &["wrong-reference"], &[(r#"hits = "events""#, r#"hits = "east""#)]),
    ("a compromise of a place", &["wrong-reference"], &[(r#"hits = "prod""#, r#"hits = "east""#)]),
    ("members of data", &["wrong-reference"], &[(r#"hits = "events""#, r#"each = "east/*""#)]),
    ("members of a place without any", &["no-members"], &[(r#"each = "db/*""#, r#"each = "lab/*""#)]),
    (
        "unknown path to explore",
        &["unknown-name"],
        &[("[runbook]", "[explore]\nvary = { copies.weekly.every = [\"7d\"] }\n\n[runbook]")],
    ),
    (
        "values to explore of the wrong type",
        &["missing-unit", "out-of-range", "wrong-type"],
        &[(
            "[runbook]",
            "[explore]\nvary = { copies.archive.every = [\"12h\", 6, \"0s\", { mean = \"1h\" }] }\n\n[runbook]",
        )],
    ),
    (
        "a name to explore that is none",
        &["unknown-name"],
        &[("[runbook]", "[explore]\nvary = { copies.mirror.at = [\"lab\", \"wets\"] }\n\n[runbook]")],
    ),
    (
        "a distribution to explore without its shape",
        &["bad-distribution"],
        &[("[runbook]", "[explore]\nvary = { steps.decide.takes = [{ median = \"5m\" }, \"5m\"] }\n\n[runbook]")],
    ),
    (
        "values to explore beside what excludes them",
        &["exclusive-keys"],
        &[("[runbook]", "[explore]\nvary = { copies.nightly.every = [\"12h\"] }\n\n[runbook]")],
    ),
    (
        "unknown key to explore",
        &["unknown-key"],
        &[("[runbook]", "[explore]\nvary = { copies.archive.evry = [\"7d\"] }\n\n[runbook]")],
    ),
];
