//! What a try of a plan begins with: when, which steps are done, and what is known of recovery points.

use std::collections::BTreeMap;

use super::span::{Span, either};
use crate::id::{CopyId, PlanId, StepId};

/// A step that need not be begun again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Carried {
    pub(super) step: StepId,
    /// When it is done, if it does not fail.
    pub(super) finish: Span,
    /// When it fails, if it can and it is not known yet whether it does.
    pub(super) fails_at: Option<Span>,
    /// Whether it is sure that it is not begun again in a plan that has it.
    pub(super) sure: bool,
    /// Whether it was surely over when the last plan was struck off: what was not, a plan without it lets go.
    pub(super) over: bool,
}

impl Carried {
    /// Either of two ways to the same step.
    fn or(&self, other: &Self) -> Self {
        let finish = self.finish.or(other.finish);
        let fails_at = either(self.fails_at, other.fails_at);
        Self { finish, fails_at, sure: self.sure && other.sure, over: self.over && other.over, ..*self }
    }
}

/// How many points of each copy were struck off by which plan: a bad one stays bad in every plan. `None`:
/// any number.
pub(super) type Struck = Option<Vec<(Option<CopyId>, PlanId, u32)>>;

/// What a try begins with.
#[derive(Clone, Debug)]
pub(super) struct Incoming {
    pub(super) now: Span,
    pub(super) carried: Vec<Carried>,
    pub(super) struck: Struck,
    /// How many points copies have, by what was met so far: at least and at most, in the order of copies.
    pub(super) counts: Vec<(CopyId, u32, u32)>,
    /// When people know of it, by the tries so far; `unseen`: it may be that they do not yet.
    pub(super) seen: Option<Span>,
    pub(super) unseen: bool,
    /// Plans that were tried and failed, of those that may come again, by position.
    pub(super) failed: Vec<usize>,
    /// Of the tries so far, as in [`super::timeline::Endings`].
    pub(super) work: f64,
    pub(super) inflow: f64,
}

impl Incoming {
    /// The same at another moment.
    pub(super) fn at(&self, now: Span) -> Self {
        Self { now, ..self.clone() }
    }

    /// How many points of a copy were struck off that a plan passes over; `None`: any number. Without data
    /// there is no point that stays bad: each plan is checked by itself.
    fn struck(&self, copy: Option<CopyId>, plan: PlanId) -> Option<u32> {
        if copy.is_none() {
            return self.tried(copy, plan);
        }
        let struck = self.struck.as_ref()?;
        Some(struck.iter().filter(|(of, ..)| *of == copy).map(|(.., count)| *count).sum())
    }

    /// How many of them this plan has struck off itself; `None`: any number.
    fn tried(&self, copy: Option<CopyId>, plan: PlanId) -> Option<u32> {
        let struck = self.struck.as_ref()?;
        Some(struck.iter().find(|(of, by, _)| (*of, *by) == (copy, plan)).map_or(0, |(.., count)| *count))
    }

    /// How many points a copy has, at least and at most.
    pub(super) fn count(&self, copy: Option<CopyId>) -> (u32, u32) {
        let known = self.counts.iter().find(|(of, ..)| Some(*of) == copy);
        known.map_or((0, u32::MAX), |(_, least, most)| (*least, *most))
    }

    /// With the point after `skip` of a copy there, or not.
    pub(super) fn knowing(mut self, copy: Option<CopyId>, skip: u32, there: bool) -> Self {
        let Some(copy) = copy else { return self };
        let (least, most) = self.count(Some(copy));
        let known = if there { (copy, least.max(skip + 1), most) } else { (copy, least, most.min(skip)) };
        self.counts.retain(|(of, ..)| *of != copy);
        self.counts.push(known);
        self.counts.sort_unstable();
        self
    }

    /// One more point of a copy is struck off by this plan.
    pub(super) fn strike(&mut self, copy: Option<CopyId>, plan: PlanId) {
        let Some(struck) = &mut self.struck else { return };
        match struck.iter_mut().find(|(of, by, _)| (*of, *by) == (copy, plan)) {
            Some((.., count)) => *count += 1,
            None => {
                struck.push((copy, plan, 1));
                struck.sort_unstable();
            }
        }
    }
}

/// Ways into a try that are kept apart: by which steps are done, for one with fewer of them begins later,
/// and by what is known of recovery points.
#[derive(Clone, Debug, Default)]
pub(super) struct Ways(pub(super) Vec<Incoming>);

/// Most ways that are kept apart.
const MOST_WAYS: usize = 256;

impl Ways {
    pub(super) fn add(&mut self, way: Incoming) {
        let kind = |one: &Carried| (one.step, one.sure, one.over, one.fails_at.is_some());
        let alike = |a: &[Carried], b: &[Carried]| {
            a.len() == b.len() && a.iter().all(|one| b.iter().any(|other| kind(one) == kind(other)))
        };
        let full = self.0.len() >= MOST_WAYS;
        let same = |known: &Incoming| {
            let of = |way: &Incoming| (way.seen.is_some(), way.unseen);
            (&known.struck, &known.counts, &known.failed, of(known))
                == (&way.struck, &way.counts, &way.failed, of(&way))
                && alike(&known.carried, &way.carried)
        };
        match self.0.iter_mut().find(|known| full || same(known)) {
            Some(known) => *known = join(known, &way),
            None => self.0.push(way),
        }
    }

    /// Apart by how many points of a copy were struck off, fewest first, and how many of them by this plan;
    /// `None`: any number.
    pub(super) fn by_struck(self, copy: Option<CopyId>, plan: PlanId) -> BTreeMap<Option<(u32, u32)>, Self> {
        let mut apart: BTreeMap<Option<(u32, u32)>, Self> = BTreeMap::new();
        for way in self.0 {
            let struck = way.struck(copy, plan).zip(way.tried(copy, plan));
            apart.entry(struck).or_default().0.push(way);
        }
        apart
    }

    /// Those by which a plan takes this point of a copy next; what has struck off more of them stays. Where
    /// the number is not known, it may be this one or any other.
    pub(super) fn of(&mut self, copy: Option<CopyId>, plan: PlanId, skip: u32) -> Self {
        let now = |way: &Incoming| way.struck(copy, plan).is_none_or(|n| n <= skip);
        let (here, later) = std::mem::take(&mut self.0).into_iter().partition(now);
        self.0 = later;
        let here = Self(here);
        here.0.iter().filter(|way| way.struck.is_none()).for_each(|way| self.add(way.clone()));
        here
    }

    /// Takes out those on which a plan failed before.
    pub(super) fn that_failed(&mut self, plan: usize) -> Self {
        let (failed, others) = std::mem::take(&mut self.0).into_iter().partition(|way| way.failed.contains(&plan));
        self.0 = others;
        Self(failed)
    }

    pub(super) fn extend(&mut self, others: Self) {
        others.0.into_iter().for_each(|way| self.add(way));
    }
}

/// Either of two ways.
fn join(a: &Incoming, b: &Incoming) -> Incoming {
    let of = |all: &[Carried], step: StepId| all.iter().find(|one| one.step == step).copied();
    let mut carried = Vec::new();
    for one in a.carried.iter().chain(&b.carried) {
        if of(&carried, one.step).is_none() {
            carried.push(match (of(&a.carried, one.step), of(&b.carried, one.step)) {
                (Some(a), Some(b)) => a.or(&b),
                _ => Carried { sure: false, ..*one },
            });
        }
    }
    let struck = a.struck.clone().filter(|struck| b.struck.as_ref() == Some(struck));
    let mut counts = a.counts.clone();
    for (copy, least, most) in &mut counts {
        let (other_least, other_most) = b.count(Some(*copy));
        (*least, *most) = ((*least).min(other_least), (*most).max(other_most));
    }
    // What failed on one of them only may come again.
    let failed = a.failed.iter().copied().filter(|plan| b.failed.contains(plan)).collect();
    let (work, inflow) = (a.work.max(b.work), a.inflow.max(b.inflow));
    let (seen, unseen) = (either(a.seen, b.seen), a.unseen || b.unseen);
    Incoming { now: a.now.or(b.now), carried, struck, counts, failed, seen, unseen, work, inflow }
}
