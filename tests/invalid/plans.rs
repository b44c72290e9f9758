//! Plans and steps.

use super::{Case, check};

#[test]
fn plans() {
    check("plans", PLANS);
}

const PLANS: &[Case] = &[
    (
        "a plan from a backup that restores nothing",
        &["nothing-restored"],
        &[(
            r#"from = ["archive"], steps = ["decide", "load", "point"]"#,
            r#"from = ["archive"], steps = ["decide", "point"]"#,
        )],
    ),
    (
        "a copy that is replayed by name",
        &["wrong-reference"],
        &[(r#"replays = "from", rate = "50 MB/s""#, r#"replays = "wal", rate = "50 MB/s""#)],
    ),
    ("a review that is no date", &["wrong-type"], &[("[runbook]\n", "[runbook]\nreviewed = \"2026-13-31\"\n")]),
    (
        "a path in quotes",
        &["unknown-name"],
        &[("\n[steps]\n", "\n[explore]\nvary = { \"copies.wal.keep\" = [\"1d\", \"2d\"] }\n[steps]\n")],
    ),
    (
        "a step that always fails",
        &["out-of-range"],
        &[(r#"fails = "3%", retries = 2"#, r#"fails = "100%", retries = 2"#)],
    ),
    (
        "a recycle bin against an outage",
        &["never-helps"],
        &[(r#"for = ["dropped"], from = ["bin"]"#, r#"for = ["dropped", "region"], from = ["bin"]"#)],
    ),
    (
        "a recycle bin against corruption",
        &["never-helps"],
        &[(r#"for = ["dropped"], from = ["bin"]"#, r#"for = ["dropped", "broken"], from = ["bin"]"#)],
    ),
    (
        "a plan from the primary that is damaged",
        &["never-helps", "never-helps"],
        &[(
            r#"rewind   = { for = ["dropped", "broken"], from = ["wal", "hourly", "nightly"]"#,
            r#"rewind   = { for = ["dropped", "broken"]"#,
        )],
    ),
    (
        "a plan into what the failure takes",
        &["never-helps", "never-helps"],
        &[(
            r#"for = ["region"], from = ["wal", "hourly", "nightly"], into = ["spare"]"#,
            r#"for = ["region"], from = ["wal", "hourly", "nightly"], into = ["db"]"#,
        )],
    ),
    (
        "a plan from what the failure takes",
        &["never-helps"],
        &[(
            r#"mirror  = { kind = "async", of = "queue", at = "west""#,
            r#"mirror  = { kind = "async", of = "queue", at = "east-a""#,
        )],
    ),
    (
        "a step too large for what it starts",
        &["too-little-memory"],
        &[
            (r#"spare = { at = "west/*", enough = 1,"#, r#"spare = { at = "west/*", enough = 1, memory = "64 GB","#),
            (r#"starts = "spare", takes"#, r#"starts = "spare", memory = "128 GB", takes"#),
        ],
    ),
    (
        "memory of a step that starts nothing",
        &["useless-key"],
        &[(r#"phase = "verify""#, r#"phase = "verify", memory = "1 GB""#)],
    ),
    (
        "steps that wait for one another",
        &["step-cycle"],
        &[(r#"after = { load = ["start"] }"#, r#"after = { start = ["point"] }"#)],
    ),
    (
        "a step that waits for itself",
        &["step-cycle"],
        &[(r#"after = { load = ["start"] }"#, r#"after = { load = ["load"] }"#)],
    ),
    (
        "a step listed twice",
        &["step-twice"],
        &[(r#"["decide", "load", "replay", "check"]"#, r#"["decide", "load", "replay", "check", "load"]"#)],
    ),
    (
        "waiting for a step of another plan",
        &["step-not-in-plan"],
        &[(r#"after = { load = ["start"] }"#, r#"after = { load = ["recover"] }"#)],
    ),
    (
        "a point of no return in another plan",
        &["step-not-in-plan"],
        &[(r#"from = ["bin"]"#, r#"commit = "load", from = ["bin"]"#)],
    ),
    (
        "a step without time",
        &["step-without-time"],
        &[(r#"{ phase = "restore", takes = "1m" }"#, r#"{ phase = "restore" }"#)],
    ),
    (
        "a transfer that never ends",
        &["out-of-range"],
        &[(
            r#"moves = "from", rate = "100 MB/s", streams = 2"#,
            r#"moves = "from", rate = "1 B/s", fails = "5%", retries = 9"#,
        )],
    ),
    (
        "a transfer at no pace",
        &["no-pace"],
        &[
            (
                r#"from = ["archive"], steps = ["decide", "load", "point"]"#,
                r#"from = ["archive"], steps = ["decide", "pull", "point"]"#,
            ),
            ("[steps]\n", "[steps]\npull = { phase = \"restore\", moves = \"from\" }\n"),
            (r#"over = "coast""#, r#"lag = "5s""#),
            (r#"coast = { between = ["east", "west"]"#, r#"coast = { between = ["east", "lab"]"#),
        ],
    ),
    (
        "cold compute that no step starts",
        &["cold-not-started"],
        &[(r#"steps = ["decide", "start", "point"]"#, r#"steps = ["decide", "point"]"#)],
    ),
    (
        "a plan into compute that no tier has",
        &["unused", "plan-never-fits", "plan-never-fits", "plan-never-fits"],
        &[("cold   = [\"spare\"]\n", "")],
    ),
    (
        "a plan from copies that no tier has",
        &["unused", "plan-never-fits"],
        &[(r#"copies = ["standby", "hourly"], monthly"#, r#"copies = ["hourly"], monthly"#)],
    ),
    ("a plan that nobody lists", &["unused"], &[(r#""rewind", "rebuild", "clean"]"#, r#""rewind", "rebuild"]"#)]),
    ("retries of what never fails", &["useless-key"], &[(r#"fails = "3%", retries = 2"#, "retries = 2")]),
    ("an unknown step", &["unknown-name"], &[(r#"["decide", "recover"]"#, r#"["decide", "recoverr"]"#)]),
    ("no recovery point to try", &["out-of-range"], &[(r#"from = ["bin"]"#, r#"from = ["bin"], points = 0"#)]),
    ("a drill of every moment", &["out-of-range"], &[(r#"every = "30d""#, r#"every = "0s""#)]),
];
