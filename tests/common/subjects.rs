//! Random scenarios with what every law looks at, made once for all laws of a test file.

use std::sync::LazyLock;

use drplan::id::{FailureId, TierId};
use drplan::model::Scenario;
use drplan::sim::Outcome;
use rayon::prelude::*;

use super::document::Document;
use super::engine::{all_outcomes, load};
use super::generator::{self, Reach};

/// Random scenarios per law.
pub(crate) const SCENARIOS: u64 = 1_000;

/// Occurrences looked at per tier and failure where each is compared by itself.
pub(crate) const OCCURRENCES: u64 = 12;

/// A random scenario and its first incidents.
pub(crate) struct Subject {
    pub(crate) seed: u64,
    pub(crate) document: Document,
    pub(crate) scenario: Scenario,
    /// The first [`OCCURRENCES`] of every failure in every tier.
    pub(crate) outcomes: Vec<(TierId, FailureId, Vec<Outcome>)>,
}

impl Subject {
    fn new(seed: u64, reach: Reach) -> Self {
        let document = generator::scenario(seed, reach);
        let scenario = load(&document.text());
        let outcomes = all_outcomes(&scenario, OCCURRENCES);
        Self { seed, document, scenario, outcomes }
    }
}

static EVERYTHING: LazyLock<Vec<Subject>> = LazyLock::new(|| subjects(Reach::Everything));
static MONOTONE: LazyLock<Vec<Subject>> = LazyLock::new(|| subjects(Reach::Monotone));

fn subjects(reach: Reach) -> Vec<Subject> {
    (0..SCENARIOS).into_par_iter().map(|seed| Subject::new(seed, reach)).collect()
}

/// What `of` makes of each random scenario of this reach, on all processors, in the order of the seeds.
pub(crate) fn each<T: Send>(reach: Reach, of: impl Fn(&Subject) -> T + Sync + Send) -> Vec<T> {
    let subjects = if reach == Reach::Everything { &EVERYTHING } else { &MONOTONE };
    subjects.par_iter().map(of).collect()
}
