//! An adversary that answers each question by itself and looks for the answers that hurt most.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

use drplan::sim::{Adversary, Key, Purpose, Uniform};

/// Where a search begins: a simple adversary, and which of the first last attempts fail, as bits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start {
    pub(crate) base: Adversary,
    pub(crate) fails: u32,
}

/// Answers by question; what was not thought of is answered as the start says.
pub(crate) struct Answers {
    start: Start,
    given: HashMap<Key, f64>,
    asked: Mutex<Asked>,
}

/// Questions of the last incident.
#[derive(Default)]
struct Asked {
    known: HashSet<Key>,
    /// In their order.
    list: Vec<(Key, Purpose)>,
    /// How many of them were about a last attempt.
    lasts: u32,
}

impl Answers {
    pub(crate) fn new(start: Start) -> Self {
        Self { start, given: HashMap::new(), asked: Mutex::default() }
    }
}

impl Uniform for Answers {
    fn uniform(&self, key: Key, occurrence: u64, purpose: Purpose) -> f64 {
        let mut asked = self.asked.lock().expect("no panic while it is held");
        if asked.list.len() < MOST_QUESTIONS && asked.known.insert(key) {
            asked.list.push((key, purpose));
        }
        let last = purpose == (Purpose::Attempt { last: true });
        let fails = last && asked.lasts < u32::BITS && self.start.fails >> asked.lasts & 1 == 1;
        asked.lasts += u32::from(last);
        let usual = || if fails { 0.0 } else { self.start.base.uniform(key, occurrence, purpose) };
        self.given.get(&key).copied().unwrap_or_else(usual)
    }
}

/// Questions of one incident that are thought about: hundreds of runs of a backup are asked about alike.
const MOST_QUESTIONS: usize = 100;

/// What answers there are to a question.
fn choices(purpose: Purpose) -> Vec<f64> {
    let even = |n: u32| (0..n).map(move |k| (f64::from(k) + 0.5) / f64::from(n));
    match purpose {
        Purpose::Chance | Purpose::Attempt { .. } => vec![0.0, 1.0],
        Purpose::Duration => [0.0, 1.0].into_iter().chain(even(6)).collect(),
        Purpose::Phase => [0.0, 1.0 - 1e-9].into_iter().chain(even(8)).collect(),
        Purpose::Member => even(8).collect(),
        Purpose::Moment => even(16).collect(),
    }
}

/// The search for the worst incident.
pub(crate) struct Search<'a> {
    /// How bad an incident is under these answers; negative where it does not count.
    pub(crate) evaluate: &'a dyn Fn(&Answers) -> f64,
    /// Bad enough.
    pub(crate) enough: f64,
    /// Incidents that may still be tried.
    pub(crate) left: u32,
}

impl Search<'_> {
    /// The worst found from a start, by changing one answer at a time.
    pub(crate) fn climb(&mut self, start: Start) -> f64 {
        let mut answers = Answers::new(start);
        let mut best = self.value(&mut answers);
        loop {
            let before = best;
            let mut at = 0;
            // Other answers may raise other questions: those are looked at too.
            while best < self.enough && self.left > 0 {
                let Some((key, purpose)) = answers.asked.get_mut().ok().and_then(|asked| asked.list.get(at).copied())
                else {
                    break;
                };
                best = self.improve(&mut answers, key, purpose, best);
                at += 1;
            }
            if best <= before || best >= self.enough || self.left == 0 {
                return best;
            }
        }
    }

    fn value(&mut self, answers: &mut Answers) -> f64 {
        if let Ok(asked) = answers.asked.get_mut() {
            *asked = Asked::default();
        }
        self.left = self.left.saturating_sub(1);
        (self.evaluate)(answers)
    }

    /// Tries the answers to one question and keeps the worst.
    fn improve(&mut self, answers: &mut Answers, key: Key, purpose: Purpose, mut best: f64) -> f64 {
        let mut kept = answers.given.get(&key).copied();
        let mut attempt = |answers: &mut Answers, u: f64, kept: &mut Option<f64>, best: &mut f64| {
            answers.given.insert(key, u);
            let value = self.value(answers);
            if value > *best {
                (*best, *kept) = (value, Some(u));
                return true;
            }
            false
        };
        for u in choices(purpose) {
            attempt(answers, u, &mut kept, &mut best);
        }
        if let (Some(mut u), Purpose::Duration | Purpose::Phase | Purpose::Moment) = (kept, purpose) {
            // The worst is often just before something turns: halve the step towards it.
            let mut step = 1.0 / 16.0;
            while step > 1e-7 && u > 0.0 && u < 1.0 - 1e-9 {
                let up = attempt(answers, (u + step).min(1.0 - 1e-9), &mut kept, &mut best);
                let moved = up || attempt(answers, (u - step).max(0.0), &mut kept, &mut best);
                u = kept.unwrap_or(u);
                if !moved {
                    step /= 2.0;
                }
            }
        }
        match kept {
            Some(u) => answers.given.insert(key, u),
            None => answers.given.remove(&key),
        };
        // The questions of the incident that is kept.
        self.value(answers).max(best)
    }
}
