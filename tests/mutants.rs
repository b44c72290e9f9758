//! Mutants of good scenarios: whatever is done to a file, the program says what is wrong and where, or
//! reads it and carries out an incident of one failure in one tier; it never panics.
//!
//! A mutant is a scenario with one to three small changes: bytes flipped, dropped or doubled, lines
//! deleted, repeated or swapped, words exchanged for others of the same file, keys for other keys of
//! the language, numbers and quantities for hostile ones. Mutant `n` depends on nothing but `n`, so
//! every finding can be repeated.
//!
//! A few thousand run by default. A million are asked for so:
//!
//! ```text
//! DRPLAN_MUTANTS=1000000 cargo test --release --test mutants no_mutant -- --nocapture
//! ```
//!
//! It says how far it is; `DRPLAN_MUTANTS=300000..1000000` goes on from there, or is a part of the work for
//! another machine. `DRPLAN_MUTANT=n` runs mutant `n` alone and prints its text and its findings.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use drplan::diag::Diagnostics;
use drplan::model::Scenario;
use drplan::sim::{CampaignSettings, Filter, NEVER, Outcome, Simulator};
use drplan::spec::{self, Document};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};
use rayon::prelude::*;

/// Mutants of a plain `cargo test`: enough to find a common fault, few enough to wait for.
const DEFAULT_COUNT: u64 = 4_000;

/// Values that have broken readers before: no numbers, numbers at the ends of their types, units that
/// are ambiguous, texts that are markup, empty things.
const HOSTILE: &[&str] = &[
    "0",
    "-0",
    "-1",
    "1",
    "nan",
    "-nan",
    "inf",
    "-inf",
    "1e308",
    "1e999",
    "1e-320",
    "1e-400",
    "0.1",
    "4294967296",
    "9223372036854775807",
    "99999999999999999999999999",
    "0x7fffffffffffffff",
    "true",
    "2026-01-01",
    "\"\"",
    "\" \"",
    "\"0s\"",
    "\"1ns\"",
    "\"1M\"",
    "\"10y\"",
    "\"1e300y\"",
    "\"-1h\"",
    "\"P1M\"",
    "\"0 B\"",
    "\"500 Gb\"",
    "\"1 EB\"",
    "\"1e300 EB\"",
    "\"0 B/s\"",
    "\"1 B/year\"",
    "\"1e300 EB/s\"",
    "\"0%\"",
    "\"100%\"",
    "\"1e-300%\"",
    "\"0 / year\"",
    "\"1e300 / s\"",
    "\"* * * * *\"",
    "\"0 0 30 2 *\"",
    "\"from\"",
    "\"end\"",
    "\"default\"",
    "\"*\"",
    "\"/*\"",
    "\"\\u0000\"",
    "\"\\u202e\"",
    "\"\u{1f4a5}\"",
    "[]",
    "{}",
    "[[]]",
    "[{}]",
    "[[[]]]",
    "{ a = 1 }",
    "{ mean = \"1h\" }",
    "{ median = \"1s\", p95 = \"10y\" }",
    "{ shape = 1e-9, scale = \"1s\" }",
    "{ samples = [] }",
    "{ events = 0, years = 1e-300 }",
    "{ every = \"1s\", misses = 4294967295 }",
    "{ low = \"1s\", high = \"1s\" }",
    "\"\"\"\n\"\"\"",
    "''",
    "'\\'",
];

/// The scenarios that mutants are made of.
fn corpus() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = vec![root.join("tests/invalid/good.toml")];
    for folder in ["scenarios", "src/spec/tests"] {
        let entries = std::fs::read_dir(root.join(folder)).into_iter().flatten().flatten();
        files.extend(entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "toml")));
    }
    // The order of a folder differs from machine to machine; that of the mutants must not.
    files.sort();
    files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect()
}

/// The choices of one mutant.
struct Dice(Xoshiro256PlusPlus);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        (self.0.next_u64() % n.max(1) as u64) as usize
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }
}

/// Mutant `n`.
fn mutant(n: u64, corpus: &[String]) -> Vec<u8> {
    let mut dice = Dice(Xoshiro256PlusPlus::seed_from_u64(n));
    let mut text = corpus[dice.below(corpus.len())].clone().into_bytes();
    // Mostly one change: several at once mostly meet in an error of syntax.
    for _ in 0..=dice.below(3) * dice.below(2) {
        if text.is_empty() {
            break;
        }
        change(&mut text, &mut dice);
    }
    text
}

fn change(text: &mut Vec<u8>, dice: &mut Dice) {
    let at = dice.below(text.len());
    match dice.below(24) {
        0 => text[at] ^= 1 << dice.below(8),
        1 => text.insert(at, dice.below(256) as u8),
        2 => drop(text.remove(at)),
        3 => text.insert(at, b"[]{}=\",.\n#"[dice.below(10)]),
        4 => text.truncate(at),
        5 => {
            let end = (at + dice.below(40)).min(text.len());
            text.drain(at..end);
        }
        6..=8 => lines(text, dice),
        9..=11 => exchange(text, dice, value_at, |dice, _| dice.pick(HOSTILE).as_bytes().to_vec()),
        12..=14 => exchange(text, dice, value_at, |dice, all| all[dice.below(all.len())].clone()),
        15..=17 => exchange(text, dice, word_at, |dice, all| all[dice.below(all.len())].clone()),
        18..=20 => exchange(text, dice, word_at, |dice, _| {
            let table = spec::keys::TABLES[dice.below(spec::keys::TABLES.len())];
            table.keys[dice.below(table.keys.len())].name.as_bytes().to_vec()
        }),
        _ => digits(text, dice),
    }
}

/// Deletes, repeats or swaps lines.
fn lines(text: &mut Vec<u8>, dice: &mut Dice) {
    let mut all: Vec<Vec<u8>> = text.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
    let (one, other) = (dice.below(all.len()), dice.below(all.len()));
    match dice.below(4) {
        0 | 1 => drop(all.remove(one)),
        2 => all.insert(other, all[one].clone()),
        _ => all.swap(one, other),
    }
    *text = all.join(&b'\n');
}

/// Where the pieces stand that `find` knows, as ranges.
type Find = fn(&[u8], usize) -> Option<usize>;

/// A text in quotes or a bare number that begins here: its end.
fn value_at(text: &[u8], at: usize) -> Option<usize> {
    if text[at] == b'"' {
        return text[at + 1..].iter().position(|b| *b == b'"' || *b == b'\n').map(|n| at + n + 2);
    }
    let starts = text[at].is_ascii_digit() && at > 0 && matches!(text[at - 1], b' ' | b'[' | b'=');
    starts.then(|| at + text[at..].iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_')).count())
}

/// A bare word that begins here: its end.
fn word_at(text: &[u8], at: usize) -> Option<usize> {
    let inside = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    let starts = inside(text[at]) && (at == 0 || !inside(text[at - 1]));
    starts.then(|| at + text[at..].iter().take_while(|b| inside(**b)).count())
}

/// Puts another piece in the place of one piece.
fn exchange(text: &mut Vec<u8>, dice: &mut Dice, find: Find, with: impl Fn(&mut Dice, &[Vec<u8>]) -> Vec<u8>) {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        match find(text, at) {
            Some(end) => {
                found.push(at..end.min(text.len()));
                at = end.max(at + 1);
            }
            None => at += 1,
        }
    }
    if found.is_empty() {
        return;
    }
    let pieces: Vec<Vec<u8>> = found.iter().map(|range| text[range.clone()].to_vec()).collect();
    let range = found[dice.below(found.len())].clone();
    let new = with(dice, &pieces);
    text.splice(range, new);
}

/// Changes a digit, which mostly leaves a file that loads and is worth running.
fn digits(text: &mut [u8], dice: &mut Dice) {
    let all: Vec<usize> = (0..text.len()).filter(|at| text[*at].is_ascii_digit()).collect();
    if !all.is_empty() {
        text[all[dice.below(all.len())]] = b'0' + dice.below(10) as u8;
    }
}

/// Carries out one incident of a failure in a tier, which `n` chooses, and adds up the costs.
fn run(scenario: &Scenario, n: u64) -> Result<(), String> {
    let nth = |count: usize| (n / 7) as usize % count.max(1);
    let Some(tier) = scenario.tiers.ids().nth(nth(scenario.tiers.len())) else { return Ok(()) };
    let Some(failure) = scenario.failures.ids().nth(nth(scenario.failures.len())) else { return Ok(()) };
    let only = Filter { tier: Some(tier), failure: Some(failure), member: None };
    let simulator = Simulator::new(scenario, 1, n.is_multiple_of(2), &only);
    let _ = drplan::bound::bounds(scenario, tier, failure, None);
    if let Some((application, services)) = simulator.incident(tier, failure, n) {
        for outcome in std::iter::once(&application).chain(&services) {
            if let Some(fault) = contradiction(outcome) {
                return Err(format!("{}: {fault}: {outcome:?}", scenario.failures[failure].name));
            }
        }
    }
    let cost = drplan::cost::monthly(scenario, tier);
    if cost.per_month.is_some_and(|sum| !sum.is_finite()) {
        return Err("a cost that is no number".to_owned());
    }
    // The engine for many incidents takes other paths than the one for a single one.
    if n.is_multiple_of(16) {
        let settings = CampaignSettings { seed: 1, trials: 3, threads: 1, truncate: false };
        let _ = drplan::sim::run_incidents(scenario, &settings, &only);
    }
    Ok(())
}

/// What cannot be true of an incident, whatever the scenario says.
fn contradiction(outcome: &Outcome) -> Option<&'static str> {
    let loss = outcome.data_loss_before.saturating_add(outcome.data_loss_after);
    if outcome.unrecoverable && outcome.recovery_time != NEVER {
        Some("a recovery time of what never recovers")
    } else if outcome.recovery_time_full < outcome.recovery_time {
        Some("full capacity before service")
    } else if !outcome.unrecoverable && outcome.data_loss > loss {
        Some("more lost than before and after together")
    } else {
        None
    }
}

/// Reads a mutant and shows what was found; whether it loads, or what the program did wrong.
fn attempt(text: &[u8], n: u64) -> Result<bool, String> {
    match spec::load_bytes(text) {
        Ok(loaded) => {
            check_findings(&loaded.advice, &loaded.document)?;
            if loaded.advice.has_errors() {
                return Err("a valid scenario with errors".to_owned());
            }
            run(&loaded.scenario, n)?;
            Ok(true)
        }
        Err((found, document)) => {
            check_findings(&found, &document)?;
            if !found.has_errors() {
                return Err("refused without an error".to_owned());
            }
            Ok(false)
        }
    }
}

/// Every finding is documented, stands somewhere or is about the file as a whole, and can be shown.
fn check_findings(found: &Diagnostics, document: &Document) -> Result<(), String> {
    for diagnostic in found.all() {
        if !spec::CODES.iter().any(|(code, _)| *code == diagnostic.code) {
            return Err(format!("the code {} is not documented", diagnostic.code));
        }
        for label in &diagnostic.labels {
            match document.span(&label.path, label.part) {
                Some(span) if document.text().get(span.clone()).is_none() => {
                    return Err(format!("{}: {span:?} is not in the text", diagnostic.code));
                }
                None if !label.path.0.is_empty() => {
                    return Err(format!(
                        "{}: `{}` stands nowhere: {}",
                        diagnostic.code, label.path, diagnostic.message
                    ));
                }
                _ => {}
            }
        }
    }
    let shown = document.render("mutant.toml", found, false);
    match shown.chars().find(|c| c.is_control() && *c != '\n') {
        Some(c) => Err(format!("U+{:04X} is sent to the terminal", c as u32)),
        None => Ok(()),
    }
}

/// As `attempt`, a panic being one more thing to have done wrong.
fn survives(text: &[u8], n: u64) -> Result<bool, String> {
    catch_unwind(AssertUnwindSafe(|| attempt(text, n))).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().cloned();
        let said = said.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()));
        Err(format!("panic: {}", said.unwrap_or_default()))
    })
}

/// Mutants between two words on how far the run is.
const PIECE: u64 = 20_000;

/// Which mutants `DRPLAN_MUTANTS` asks for: so many, or a range of them.
fn asked() -> Range<u64> {
    let number = |text: &str| text.parse().expect("a number of mutants, or two with .. between them");
    match std::env::var("DRPLAN_MUTANTS") {
        Err(_) => 0..DEFAULT_COUNT,
        Ok(text) => match text.split_once("..") {
            Some((from, to)) => number(from)..number(to),
            None => 0..number(&text),
        },
    }
}

fn pieces(all: &Range<u64>) -> impl Iterator<Item = Range<u64>> {
    let end = all.end;
    (all.start..end).step_by(PIECE as usize).map(move |from| from..(from + PIECE).min(end))
}

#[test]
fn no_mutant_breaks_the_reader() {
    let corpus = corpus();
    if let Some(n) = std::env::var("DRPLAN_MUTANT").ok().and_then(|n| n.parse().ok()) {
        let text = mutant(n, &corpus);
        println!("{}", String::from_utf8_lossy(&text));
        let (found, document) = match spec::load_bytes(&text) {
            Ok(loaded) => (loaded.advice, loaded.document),
            Err(refused) => refused,
        };
        println!("{}", document.render("mutant.toml", &found, false));
        assert_eq!(attempt(&text, n).err(), None);
        return;
    }
    let all = asked();
    let loaded = AtomicUsize::new(0);
    let mut faults: Vec<(u64, String)> = Vec::new();
    let begun = Instant::now();
    for piece in pieces(&all) {
        let broken = piece.clone().into_par_iter().filter_map(|n| match survives(&mutant(n, &corpus), n) {
            Ok(ok) => {
                loaded.fetch_add(usize::from(ok), Ordering::Relaxed);
                None
            }
            Err(fault) => Some((n, fault)),
        });
        faults.extend(broken.collect::<Vec<_>>());
        println!("{} of {} after {:.0?}, {} faults", piece.end, all.end, begun.elapsed(), faults.len());
    }
    let count = all.end - all.start;
    let shown: Vec<String> = faults.iter().take(20).map(|(n, fault)| format!("DRPLAN_MUTANT={n}: {fault}")).collect();
    assert!(faults.is_empty(), "{} of {count} mutants:\n{}", faults.len(), shown.join("\n"));
    // Only a mixture of both exercises the checks of single values and those of the whole.
    let loaded = loaded.into_inner() as f64 / count as f64;
    println!("{count} mutants, {:.1}% of them valid", loaded * 100.0);
    assert!((0.02..0.6).contains(&loaded), "{loaded} of the mutants load");
}

#[test]
fn the_corpus_is_valid() {
    for text in corpus() {
        let loaded = spec::load(&text);
        assert!(loaded.is_ok(), "{}", loaded.err().map(|(d, doc)| doc.render("", &d, false)).unwrap_or_default());
    }
}
