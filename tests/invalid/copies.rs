//! Places, links, compute and copies.

use super::{Case, check};

#[test]
fn places() {
    check("places", PLACES);
}

#[test]
fn copies() {
    check("copies", COPIES);
}

const PLACES: &[Case] = &[
    ("a place in two places", &["place-twice"], &[("lab  = []", r#"lab  = ["west-a"]"#)]),
    ("a place within itself", &["place-cycle"], &[("lab  = []", "lab  = [\"den\"]\nden  = [\"lab\"]")]),
    ("a link to a zone", &["not-a-region"], &[(r#"between = ["east", "west"]"#, r#"between = ["east", "west-a"]"#)]),
    (
        "a link from a region to itself",
        &["not-a-region"],
        &[(r#"between = ["east", "west"]"#, r#"between = ["east", "east"]"#)],
    ),
    (
        "a link between three",
        &["wrong-type"],
        &[(r#"between = ["east", "west"]"#, r#"between = ["east", "west", "lab"]"#)],
    ),
    (
        "two links between two regions",
        &["link-twice"],
        &[("[externals]", "second = { between = [\"west\", \"east\"], bandwidth = \"1 Gbps\" }\n\n[externals]")],
    ),
    ("a link without bandwidth", &["no-bandwidth"], &[(r#"bandwidth = "1 Gbps""#, r#"bandwidth = "0 Gbps""#)]),
    ("a lag over a link of unknown bandwidth", &["no-bandwidth"], &[(r#"bandwidth = "1 Gbps", "#, "")]),
    (
        "a lag over a link that leads elsewhere",
        &["unusable-link"],
        &[(r#"between = ["east", "west"]"#, r#"between = ["east", "lab"]"#)],
    ),
    (
        "a burst longer than its period",
        &["burst-too-long"],
        &[(r#"lasts = "10m", every = "1d""#, r#"lasts = "10d", every = "1d""#)],
    ),
    ("more instances needed than there are", &["too-many-needed"], &[("enough = 2", "enough = 4")]),
    (
        "the same place twice in a list",
        &["repeated-item"],
        &[(r#"spare = { at = "west/*""#, r#"spare = { at = ["west-a", "west-a"]"#)],
    ),
    ("at no place", &["empty-list"], &[(r#"spare = { at = "west/*""#, "spare = { at = []")]),
];

const COPIES: &[Case] = &[
    (
        "a stream of a data set that a cut may outlast",
        &["stream-breaks"],
        &[
            (
                r#"of = "main", at = "west", over = "coast", account"#,
                r#"of = "orders", at = "west", over = "coast", window = "1h", account"#,
            ),
            (
                "[failures]\n",
                "[failures]\ncut = { kind = \"partition\", hits = \"coast\", rate = \"1 / year\", lasts = { mean = \"1h\" }, detected = \"1m\" }\n",
            ),
        ],
    ),
    (
        "a backup of which every run fails",
        &["out-of-range"],
        &[(r#"of = "queue", at = "west", every = "1d""#, r#"of = "queue", at = "west", fails = "100%", every = "1d""#)],
    ),
    (
        "full backups that are no multiple of all",
        &["uneven-fulls"],
        &[(
            r#"of = "queue", at = "west", every = "1d""#,
            r#"of = "queue", at = "west", full_every = "36h", every = "1d""#,
        )],
    ),
    (
        "full backups as often as the calendar allows",
        &["uneven-fulls"],
        &[(r#"full_every = "7d""#, r#"full_every = "30h""#)],
    ),
    (
        "a stream that a cut may outlast",
        &["stream-breaks"],
        &[
            (r#"over = "coast", account"#, r#"over = "coast", window = "1h", account"#),
            (
                "[failures]\n",
                "[failures]\ncut = { kind = \"partition\", hits = \"coast\", rate = \"1 / year\", lasts = { mean = \"1h\" }, detected = \"1m\" }\n",
            ),
        ],
    ),
    ("more acks than places", &["too-many-needed"], &[("acks = 2", "acks = 4")]),
    ("several places without acks", &["missing-acks"], &[("acks = 2, ", "")]),
    (
        "copies made from one another",
        &["copy-cycle"],
        &[
            (r#"of = "queue", at = "west", every"#, r#"of = "vaulted", at = "west", every"#),
            (
                "[failures]\n",
                "vaulted = { kind = \"backup\", of = \"archive\", at = \"lab\", every = \"1d\", takes = \"1h\", keep = \"90d\", account = \"vault\" }\n\n[failures]\n",
            ),
        ],
    ),
    ("a primary of which data", &["data-unclear"], &[(r#"kind = "primary", data = "events""#, r#"kind = "primary""#)]),
    (
        "a copy of other data than its upstream",
        &["data-unclear"],
        &[(r#"kind = "async", of = "queue""#, r#"kind = "async", data = "orders", of = "queue""#)],
    ),
    (
        "a backup of a recycle bin",
        &["bad-upstream"],
        &[(r#"of = "main", at = "west", over"#, r#"of = "bin", at = "west", over"#)],
    ),
    (
        "a backup of something outside",
        &["bad-upstream"],
        &[(r#"of = "queue", at = "west", every"#, r#"of = "idp", at = "west", every"#)],
    ),
    ("a log onto other data", &["bad-upstream"], &[(r#"bases = ["nightly"]"#, r#"bases = ["archive"]"#)]),
    (
        "locked for longer than kept",
        &["lock-too-long"],
        &[(
            r#"of = "queue", at = "west", every = "1d", takes = "1h", keep = "90d", locked = "90d""#,
            r#"of = "queue", at = "west", every = "1d", takes = "1h", keep = "30d", locked = "90d""#,
        )],
    ),
    (
        "an offset beyond the interval",
        &["out-of-range"],
        &[(r#"of = "queue", at = "west", every = "1d""#, r#"of = "queue", at = "west", every = "1d", offset = "25h""#)],
    ),
    (
        "an account missing beside a compromise",
        &["missing-account"],
        &[(r#"at = "east", account = "prod""#, r#"at = "east""#)],
    ),
    ("prices without a currency", &["missing-currency"], &[("currency = \"USD\"\n", "")]),
    (
        "a backup that runs over",
        &["runs-over"],
        &[(r#"every = "1h", takes = "10m""#, r#"every = "1h", takes = "70m""#)],
    ),
    (
        "a backup that may run over",
        &["may-run-over"],
        &[(r#"every = "1h", takes = "10m""#, r#"every = "1h", takes = { median = "10m", p95 = "70m" }"#)],
    ),
    (
        "a recycle bin of a replica",
        &["deletion-replicated"],
        &[
            (r#"of = "main", keep = "7d""#, r#"of = "standby", keep = "7d""#),
            (r#""nightly", "wal", "bin""#, r#""standby", "nightly", "wal", "bin""#),
        ],
    ),
    (
        "a deletion undone from a replica",
        &["deletion-replicated"],
        &[(r#"for = ["region"], from = ["mirror"]"#, r#"for = ["region", "lost"], from = ["mirror"]"#)],
    ),
    (
        "another account without a lock",
        &["not-locked"],
        &[(
            r#"of = "queue", at = "west", every = "1d", takes = "1h", keep = "90d", locked = "90d""#,
            r#"of = "queue", at = "west", every = "1d", takes = "1h", keep = "90d""#,
        )],
    ),
    (
        "a pair of which both must be written",
        &["pair-stops"],
        &[(r#"data = "events", at = "east""#, r#"data = "events", at = ["east-a", "east-b"], acks = 2"#)],
    ),
    (
        "a majority in one region",
        &["majority-in-one-place"],
        &[(r#"data = "events", at = "east""#, r#"data = "events", at = ["east-a", "east-b", "west-a"], acks = 2"#)],
    ),
    (
        "kept for less than the interval",
        &["kept-too-short"],
        &[(
            r#"of = "queue", at = "west", every = "1d", takes = "1h", keep = "90d", locked = "90d""#,
            r#"of = "queue", at = "west", every = "1d", takes = "1h", keep = "12h""#,
        )],
    ),
    (
        "kept for less than detection takes",
        &["kept-too-short"],
        &[(
            r#"hits = "events", rate = "0.2 / year", detected = "1h""#,
            r#"hits = "events", rate = "0.2 / year", detected = "100d""#,
        )],
    ),
    (
        "kept for less than detection takes, beside what is kept for longer",
        &["may-expire", "may-expire"],
        &[
            (r#"detected = { median = "2h", p95 = "1d" }"#, r#"detected = { low = "3d", high = "4d" }"#),
            (
                r#"like = "nightly", every = "1h", takes = "10m""#,
                r#"like = "nightly", every = "1h", takes = "10m", keep = "2d", locked = "2d", full_every = "1d""#,
            ),
            (r#"copies = ["standby", "hourly"], monthly"#, r#"copies = ["standby", "hourly", "nightly"], monthly"#),
        ],
    ),
    (
        "a cycle beside another fault",
        &["out-of-range", "copy-cycle"],
        &[
            (r#"archive = { kind = "backup", of = "queue""#, r#"archive = { kind = "backup", of = "mirror""#),
            (r#"mirror  = { kind = "async", of = "queue""#, r#"mirror  = { kind = "async", of = "archive""#),
            (r#"of = "main", keep = "7d", bypass = "1%""#, r#"of = "main", keep = "0s", bypass = "1%""#),
        ],
    ),
    (
        "kept for less than an attacker dwells",
        &["kept-too-short", "kept-too-short", "kept-too-short", "kept-too-short"],
        &[(r#"dwell = { median = "6d", p95 = "29d" }"#, r#"dwell = "120d""#)],
    ),
    (
        "writes at the rate of their link",
        &["lag-unbounded"],
        &[(r#"writes = "20 GB/day""#, r#"writes = "10800 GB/day""#)],
    ),
    (
        "a scope that takes every copy",
        &["takes-every-copy", "takes-every-copy"],
        &[(r#"hits = "east""#, r#"hits = ["east", "west"]"#)],
    ),
    (
        "a log that ends before its base",
        &["log-gap", "may-expire", "may-expire"],
        &[(r#"lag = "1m", keep = "90d", locked = "90d""#, r#"lag = "1m", keep = "2h", locked = "2h""#)],
    ),
];
