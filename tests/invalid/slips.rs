//! One slip of the pen is one fault: whatever key, header, name or value of the good file is spoilt, what
//! only follows from it is not told.

use std::ops::Range;

use drplan::diag::Severity;

use super::{Case, GOOD, check, findings};

#[test]
fn strays() {
    check("strays", STRAYS);
}

const STRAYS: &[Case] = &[
    ("a misspelt table", &["unknown-key"], &[("[steps]\n", "[step]\n")]),
    ("a misspelt table that a scenario must have", &["unknown-key"], &[("[failures]\n", "[failurs]\n")]),
    (
        "a misspelt table with a fault in it",
        &["unknown-key", "unknown-word"],
        &[
            ("[strategies]\n", "[stratgies]\n"),
            (
                r#"{ service = "bus", copies = ["archive"] }"#,
                r#"{ service = "bus", choose = "best", copies = ["archive"] }"#,
            ),
        ],
    ),
    (
        "a misspelt key in a misspelt table",
        &["unknown-key", "unknown-key"],
        &[("[steps]\n", "[setps]\n"), (r#"phase = "verify""#, r#"phse = "verify""#)],
    ),
    ("a table of which a part is misspelt", &["unknown-key"], &[("[services.bus]", "[service.bus]")]),
    ("a table by another name", &["unknown-key"], &[("[places]\n", "[regions]\n")]),
    ("a table below another", &["misplaced-key"], &[("[steps]\n", "[plans.steps]\n")]),
    (
        "what stands at the top below a header",
        &["misplaced-key", "misplaced-key"],
        &[
            ("accounts = [\"prod\", \"vault\"]\nroles    = { sre = 2 }\n", ""),
            ("lab  = []\n", "lab  = []\naccounts = [\"prod\", \"vault\"]\nroles    = { sre = 2 }\n"),
        ],
    ),
    (
        "an entry at the top",
        &["misplaced-key"],
        &[
            (
                r#"restore-test = { plan = "rewind", every = "30d", per_drill = 15 }"#,
                "[back]\nphase = \"restore\"\nmoves = \"orders\"\nrate = \"100 MB/s\"\n",
            ),
            ("back    = { phase = \"restore\", moves = \"orders\", rate = \"100 MB/s\" }\n", ""),
        ],
    ),
    ("a misspelt kind", &["unknown-key"], &[(r#"queue   = { kind = "primary""#, r#"queue   = { knd = "primary""#)]),
    (
        "a misspelt key whose value fits no better",
        &["unknown-key"],
        &[(r#"over = "coast", account"#, r#"ovr = "1 MB/s", account"#)],
    ),
    (
        "a misspelt key beside what excludes it",
        &["unknown-key"],
        &[(r#"hits = "east""#, r#"hits = "east", eahc = "east""#)],
    ),
    ("a name misspelt where it is declared", &["unknown-name"], &[("nightly = {", "nightyl = {")]),
    (
        "a name misspelt where it is needed",
        &["unknown-name"],
        &[
            (r#"from = ["wal", "hourly", "nightly"], steps"#, r#"from = ["wal", "hourly", "nigthly"], steps"#),
            (r#"from = ["wal", "hourly", "nightly"], into"#, r#"from = ["wal", "hourly", "nigthly"], into"#),
        ],
    ),
    ("objectives of a year, misspelt", &["unknown-name"], &[("yearly = {", "yeraly = {")]),
    ("accounts that are no list", &["wrong-type"], &[(r#"["prod", "vault"]"#, "2")]),
    ("no account at all", &["unknown-name"], &[(r#"["prod", "vault"]"#, "[]")]),
    ("accounts that are not there", &["unknown-name"], &[("accounts = [\"prod\", \"vault\"]\n", "")]),
    ("the two ends of a link", &["unknown-key"], &[(r#"between = ["east", "west"]"#, r#"from = "east", to = "west""#)]),
    ("one end of a link", &["unknown-key"], &[(r#"between = ["east", "west"]"#, r#"from = "east""#)]),
    (
        "the two ends of a link beside both",
        &["unknown-key"],
        &[(r#"between = ["east", "west"]"#, r#"between = ["east", "west"], from = "east", to = "west""#)],
    ),
    ("a key with more to it", &["unknown-key"], &[(r#"detected = "5m""#, r#"detected-after = "5m""#)]),
    ("a list of tables", &["wrong-type"], &[("[steps]\n", "[[steps]]\n")]),
    ("a link by other words", &["unknown-key"], &[(r#"rtt = "60ms""#, r#"latency = "60ms""#)]),
    (
        "instances that are counted",
        &["unknown-key"],
        &[(r#"at = "east/*", enough = 2"#, r#"at = "east", count = 3, enough = 2"#)],
    ),
    (
        "instances that are counted nowhere",
        &["unknown-key"],
        &[(r#"at = "west/*", enough = 1"#, r#"replicas = 2, enough = 1"#)],
    ),
    (
        "a copy in words of its own",
        &["unknown-key", "unknown-key", "unknown-key"],
        &[(
            r#"archive = { kind = "backup", of = "queue", at = "west", every = "1d", takes = "1h", keep = "90d""#,
            r#"archive = { type = "backup", of = "queue", at = "west", interval = "1d", takes = "1h", retention = "90d""#,
        )],
    ),
    (
        "an entry that others are like",
        &["wrong-type"],
        &[(
            r#"nightly = { kind = "backup", of = "main", at = "west", cron = "0 2 * * *", tz = "UTC", takes = "1h", full_every = "7d", keep = "90d", locked = "90d", account = "vault", per_gb_month = 0.02 }"#,
            r#"nightly = "02:00""#,
        )],
    ),
];

/// Words of the good file that stand before an equals sign: keys and names.
fn keys() -> Vec<Range<usize>> {
    let inside = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    let bytes = GOOD.as_bytes();
    let word = |(at, _): (usize, &str)| {
        let end = GOOD[..at].trim_end().len();
        (0..end).rev().take_while(|n| inside(bytes[*n])).last().map_or(end..end, |start| start..end)
    };
    GOOD.match_indices('=').map(word).collect()
}

/// The value that follows a key.
fn value_after(key: &Range<usize>) -> Range<usize> {
    let from = key.end + GOOD[key.end..].find('=').unwrap() + 2;
    let (mut deep, mut quoted) = (0, false);
    let ends = |b: u8| {
        quoted ^= b == b'"';
        let closes = matches!(b, b']' | b'}');
        let ends = !quoted && (b == b'\n' || deep == 0 && (closes || matches!(b, b',' | b' ')));
        if !quoted {
            deep += i32::from(matches!(b, b'[' | b'{')) - i32::from(closes);
        }
        ends
    };
    from..GOOD[from..].bytes().position(ends).map_or(GOOD.len(), |n| from + n)
}

/// The errors of the good file with one piece of it replaced, a line each.
fn errors_with(piece: &Range<usize>, with: &str) -> Vec<String> {
    let text = format!("{}{with}{}", &GOOD[..piece.start], &GOOD[piece.end..]);
    let (_, diagnostics, _) = findings(text.as_bytes());
    let all = diagnostics.all().iter().filter(|d| d.severity == Severity::Error);
    all.map(|d| format!("{}: {} {:?}", d.code, d.message, d.help)).collect()
}

/// A letter in the middle twice.
fn doubled(word: &str) -> String {
    let middle = word.len() / 2;
    format!("{}{}", &word[..=middle], &word[middle..])
}

fn line(at: usize) -> usize {
    GOOD[..at].matches('\n').count() + 1
}

#[test]
fn a_misspelt_key_or_name_is_one_fault() {
    // Names that nothing refers to are names all the same.
    let free = ["node", "Licence", "cold", "restore-test"];
    let mut wrong = Vec::new();
    for key in keys() {
        let word = &GOOD[key.clone()];
        let found = errors_with(&key, &doubled(word));
        if found.len() != usize::from(!free.contains(&word)) && !(word == "cold" && found.len() == 1) {
            wrong.push(format!("{word} in line {}: {found:#?}", line(key.start)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_misspelt_header_is_one_fault() {
    for (at, _) in GOOD.match_indices("\n[") {
        let end = at + 1 + GOOD[at + 1..].find([']', '.']).unwrap();
        let word = &GOOD[at + 2..end];
        for with in [doubled(word), word[..word.len() - 1].to_owned()] {
            let found = errors_with(&(at + 2..end), &with);
            assert_eq!(found.len(), 1, "{with}: {found:#?}");
            assert!(found[0].contains("did you mean `"), "{with}: {found:#?}");
        }
    }
}

#[test]
fn a_value_of_another_type_is_one_fault() {
    let mut wrong = Vec::new();
    for key in keys() {
        for with in ["true", "7", "\"\"", "[7]", "[]"] {
            let found = errors_with(&value_after(&key), with);
            if found.len() > 1 {
                wrong.push(format!("{} = {with} in line {}: {found:#?}", &GOOD[key.clone()], line(key.start)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The range of a key with its value, and of a comma beside it.
fn with_value(key: &Range<usize>) -> Range<usize> {
    let end = value_after(key).end;
    match GOOD[end..].trim_start_matches(' ').strip_prefix(',') {
        Some(rest) => key.start..GOOD.len() - rest.trim_start_matches(' ').len(),
        None => GOOD[..key.start].trim_end_matches([' ', ',']).len()..end,
    }
}

#[test]
fn a_key_that_is_left_out_is_one_fault() {
    let mut wrong = Vec::new();
    for key in keys() {
        let found = errors_with(&with_value(&key), "");
        // Each plan into compute that no step starts any more is one of its own.
        if found.len() > 1 && &GOOD[key.clone()] != "starts" {
            wrong.push(format!("{} in line {}: {found:#?}", &GOOD[key.clone()], line(key.start)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
