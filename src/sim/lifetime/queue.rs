//! Damage to the data of a service that waits: to be noticed, or for its turn.

use std::collections::VecDeque;

use super::unit::Hit;

/// What waits for a service. Thousands of them, where its place is lost for long, cost no more than a few.
#[derive(Default)]
pub(super) struct Queue {
    /// Those that users feel, in the order in which they were noticed.
    felt: VecDeque<Hit>,
    /// Those that nobody has noticed yet, the next one first.
    unnoticed: VecDeque<Hit>,
    /// Of those that are felt: parts of the users, and how many have each.
    weights: Vec<(f64, usize)>,
}

impl Queue {
    pub(super) const fn new() -> Self {
        Self { felt: VecDeque::new(), unnoticed: VecDeque::new(), weights: Vec::new() }
    }

    pub(super) fn push(&mut self, hit: Hit, now: f64) {
        if hit.felt <= now {
            self.feel(hit);
        } else {
            let at = self.unnoticed.partition_point(|other| other.felt <= hit.felt);
            self.unnoticed.insert(at, hit);
        }
    }

    fn feel(&mut self, hit: Hit) {
        match self.weights.iter_mut().find(|(weight, _)| *weight == hit.weight) {
            Some((_, count)) => *count += 1,
            None => self.weights.push((hit.weight, 1)),
        }
        self.felt.push_back(hit);
    }

    /// Time has come to this moment.
    pub(super) fn pass(&mut self, now: f64) {
        while self.unnoticed.front().is_some_and(|hit| hit.felt <= now) {
            if let Some(hit) = self.unnoticed.pop_front() {
                self.feel(hit);
            }
        }
    }

    /// The next one to be mended.
    pub(super) fn take(&mut self) -> Option<Hit> {
        let hit = self.felt.pop_front()?;
        self.weights.iter_mut().filter(|(weight, _)| *weight == hit.weight).for_each(|(_, count)| *count -= 1);
        Some(hit)
    }

    /// Keeps those that this is true of.
    pub(super) fn retain(&mut self, keep: impl Fn(&Hit) -> bool) {
        self.unnoticed.retain(&keep);
        self.weights.clear();
        for hit in std::mem::take(&mut self.felt).into_iter().filter(keep) {
            self.feel(hit);
        }
    }

    pub(super) fn clear(&mut self) {
        self.felt.clear();
        self.unnoticed.clear();
        self.weights.clear();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.felt.is_empty() && self.unnoticed.is_empty()
    }

    /// Whether something waits for its turn.
    pub(super) fn is_felt(&self) -> bool {
        !self.felt.is_empty()
    }

    /// The largest part of the users that something felt takes service from; 0 if nothing is.
    pub(super) fn weight(&self) -> f64 {
        self.weights.iter().filter(|(_, count)| *count > 0).map(|(weight, _)| *weight).fold(0.0, f64::max)
    }

    /// When the next one is noticed; infinite if none waits for that.
    pub(super) fn next(&self) -> f64 {
        self.unnoticed.front().map_or(f64::INFINITY, |hit| hit.felt)
    }
}
