//! Keys, kinds and types.

use super::{Case, check};

#[test]
fn keys() {
    check("keys", KEYS);
}

#[test]
fn types() {
    check("types", TYPES);
}

const KEYS: &[Case] = &[
    ("unknown language version", &["version"], &[("drplan   = 1", "drplan   = 2")]),
    ("misspelt key", &["unknown-key"], &[("acks = 2,", "acks = 2, compresion = 4,")]),
    (
        "key of nothing",
        &["unknown-key"],
        &[(
            r#"owner = "platform""#,
            r#"owner = "platform"
colour = "blue""#,
        )],
    ),
    ("key at the top that nobody knows", &["unknown-key"], &[("drplan   = 1", "drplan   = 1\nregion = \"east\"")]),
    (
        "key of another kind of copy",
        &["key-of-other-kind"],
        &[(r#"kind = "soft-delete""#, r#"kind = "soft-delete", acks = 1"#)],
    ),
    ("key of another kind of failure", &["key-of-other-kind"], &[(r#"share = "5%""#, r#"share = "5%", lasts = "1h""#)]),
    ("key of another table", &["misplaced-key"], &[(r#"phase = "verify""#, r#"phase = "verify", per_hour = 3"#)]),
    (
        "keys of the top below a header",
        &["misplaced-key", "misplaced-key"],
        &[
            ("chosen   = \"warm\"\n", ""),
            ("currency = \"USD\"\n", ""),
            (r#"owner = "platform""#, "owner = \"platform\"\nchosen = \"warm\"\ncurrency = \"USD\""),
        ],
    ),
    (
        "an entry below the header of another",
        &["misplaced-key"],
        &[
            ("[failures]\n", "[copies.vault-copy]\nlike = \"archive\"\nlate = { like = \"archive\" }\n\n[failures]\n"),
            (r#"copies = ["archive"] }"#, r#"copies = ["archive", "vault-copy"] }"#),
        ],
    ),
    ("no kind", &["missing-key"], &[(r#"bin     = { kind = "soft-delete", of"#, "bin     = { of")]),
    ("no size", &["missing-key"], &[(r#"size = "200 GB", "#, "")]),
    ("no retention", &["missing-key"], &[(r#"keep = "7d", "#, "")]),
    ("outage without a duration", &["missing-key"], &[(r#"lasts = { mean = "1h" }, "#, "")]),
    ("compromise without a dwell time", &["missing-key"], &[(r#"dwell = { median = "6d", p95 = "29d" }, "#, "")]),
    ("neither rate nor gap", &["missing-key"], &[(r#"rate = "0.3 / year", "#, "")]),
    ("neither lag nor link", &["missing-key"], &[(r#"over = "coast", "#, "")]),
    ("objective without a chance", &["missing-key"], &[(r#", chance = "90%""#, "")]),
    ("rate and gap", &["exclusive-keys"], &[(r#"rate = "0.3 / year""#, r#"rate = "0.3 / year", gap = "1y""#)]),
    ("lag and link", &["exclusive-keys"], &[(r#"over = "coast""#, r#"over = "coast", lag = "5s""#)]),
    ("hits and each", &["exclusive-keys"], &[(r#"each = "db/*""#, r#"each = "db/*", hits = "db""#)]),
    ("moves and replays", &["exclusive-keys"], &[(r#"replays = "from""#, r#"replays = "from", moves = "from""#)]),
    (
        "rate of a step that moves nothing",
        &["useless-key"],
        &[(r#"phase = "verify""#, r#"phase = "verify", rate = "1 MB/s""#)],
    ),
    (
        "how well a drill's interruption is known",
        &["useless-key"],
        &[("per_drill = 15", r#"per_drill = 15, interrupts = { time = "5m", off_by = 2 }"#)],
    ),
    (
        "how well a rebuilding is known",
        &["useless-key"],
        &[("downtime_per_hour = 20_000", "downtime_per_hour = 20_000\nrebuild = { mean = \"7d\", off_by = 2 }")],
    ),
    ("merging without both ways", &["useless-key"], &[(r#"over = "coast""#, r#"over = "coast", merges = true"#)]),
    ("spreading among one", &["useless-key"], &[(r#"hits = "east""#, r#"hits = "east", spreads = "10%""#)]),
];

const TYPES: &[Case] = &[
    (
        "unknown kind of copy",
        &["unknown-word"],
        &[(r#"kind = "async", of = "queue""#, r#"kind = "asnc", of = "queue""#)],
    ),
    ("unknown kind of failure", &["unknown-word"], &[(r#"kind = "corruption""#, r#"kind = "bitrot""#)]),
    ("unknown phase", &["unknown-word"], &[(r#"phase = "verify""#, r#"phase = "verification""#)]),
    (
        "unknown policy",
        &["unknown-word"],
        &[(
            r#"service = "shop", copies = ["standby""#,
            r#"service = "shop", choose = "quickest", copies = ["standby""#,
        )],
    ),
    ("text for a list", &["wrong-type"], &[(r#"for = ["dropped"]"#, r#"for = "dropped""#)]),
    ("text for true", &["wrong-type"], &[(r#"over = "coast""#, r#"over = "coast", both_ways = "yes""#)]),
    ("number for a name", &["wrong-type"], &[(r#"of = "queue", at = "west", lag"#, r#"of = 7, at = "west", lag"#)]),
    (
        "text for a table",
        &["wrong-type"],
        &[
            (
                r#"[runbook]
owner = "platform""#,
                "",
            ),
            ("drplan   = 1", "drplan   = 1\nrunbook = \"platform\""),
        ],
    ),
    (
        "list for a table of entries",
        &["wrong-type"],
        &[
            (
                r#"[drills]
restore-test = { plan = "rewind", every = "30d", per_drill = 15 }"#,
                "",
            ),
            ("drplan   = 1", "drplan   = 1\ndrills = []"),
        ],
    ),
    ("text for the places in a place", &["wrong-type"], &[("lab  = []", r#"lab  = "west""#)]),
    ("half an instance", &["wrong-type"], &[("enough = 1", "enough = 0.5")]),
    ("no instance", &["out-of-range"], &[("enough = 1", "enough = 0")]),
    ("compression below one", &["out-of-range"], &[(r#"keep = "7d""#, r#"keep = "7d", compression = 0.25"#)]),
    ("no streams", &["out-of-range"], &[("streams = 2", "streams = 0")]),
    ("nobody in a role", &["out-of-range"], &[("sre = 2", "sre = 0")]),
    ("empty text", &["empty-name"], &[(r#""Shop on two coasts""#, r#""""#)]),
    ("plan for nothing", &["empty-list"], &[(r#"for = ["dropped"]"#, "for = []")]),
    (
        "plan without steps",
        &["empty-list"],
        &[(r#"from = ["bin"], steps = ["decide", "recover"]"#, r#"from = ["bin"], steps = []"#)],
    ),
    ("nothing side by side", &["empty-list"], &[(r#"["start", "check"], "load""#, r#"[], "load""#)]),
];
