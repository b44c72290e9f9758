//! Which places of a copy hold its newest state through the years. A place that comes back is as old as when
//! it went until the others fill it again; while none of those is there it is of no use. If everything newer
//! is destroyed, the newest that is left is the state from then on, and the rest is lost.

use crate::id::CopyId;
use crate::model::{AssetSet, CopyKind};
use crate::sim::impact::acks;
use crate::sim::program::Context;

use super::replicas::service_of;

/// What a place holds.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Holds {
    /// Everything.
    All,
    /// What was written until this moment.
    Until(f64),
    /// Nothing: it was destroyed.
    Nothing,
}

/// A copy in several places that writes wait for.
#[derive(Clone, Debug)]
struct Row {
    copy: CopyId,
    service: usize,
    /// Its first asset.
    first: usize,
    places: Vec<Holds>,
    /// Whether it is written to, and until when it was.
    writing: bool,
    written: f64,
    /// Seconds of writes before that which are gone if service goes on with what is left.
    owed: f64,
}

/// A place that cannot serve though it is there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stale {
    pub(super) asset: usize,
    /// Others hold more.
    pub(super) waits: bool,
    /// It holds nothing at all.
    pub(super) empty: bool,
}

/// All such copies of a tier.
#[derive(Clone, Debug)]
pub(super) struct Versions {
    rows: Vec<Row>,
    /// Places that are there and do not hold the newest state, where none does that is there.
    pub(super) stale: Vec<Stale>,
}

impl Versions {
    pub(super) fn new(ctx: &Context<'_>) -> Self {
        let row = |copy: &CopyId| {
            let (row, (acks, _)) = (&ctx.scenario.copies[*copy], acks(ctx, *copy)?);
            // What waits for a log is in the log.
            let holds = |log: &CopyId| matches!(&ctx.scenario.copies[*log].kind, CopyKind::Log { acks: Some(_), bases, .. } if bases.contains(copy));
            let several = row.sites.len() > 1 && acks > 0 && matches!(row.kind, CopyKind::Primary { .. });
            (several && !ctx.tier.copies.iter().any(holds)).then_some(Row {
                copy: *copy,
                service: service_of(ctx, *copy)?,
                first: ctx.assets.copy(*copy),
                places: vec![Holds::All; row.sites.len()],
                writing: true,
                written: 0.0,
                owed: 0.0,
            })
        };
        Self { rows: ctx.tier.copies.iter().filter_map(row).collect(), stale: Vec::new() }
    }

    /// All is well.
    pub(super) fn reset(&mut self) {
        for row in &mut self.rows {
            row.places.fill(Holds::All);
            (row.writing, row.written, row.owed) = (true, 0.0, 0.0);
        }
        self.stale.clear();
    }

    /// Whether a place does not hold all.
    pub(super) fn is_disturbed(&self) -> bool {
        self.rows.iter().any(|row| row.places.iter().any(|holds| *holds != Holds::All))
    }

    /// An event destroys what it takes.
    pub(super) fn destroy(&mut self, gone: &AssetSet) {
        for row in &mut self.rows {
            for (n, holds) in row.places.iter_mut().enumerate() {
                if gone.contains(row.first + n) {
                    *holds = Holds::Nothing;
                }
            }
        }
    }

    /// What is lost or back at this moment: places are filled from those that have all, and where those are
    /// destroyed the newest of the others are what there is.
    ///
    /// # Arguments
    /// `moved`: whether the data of a service is not there.
    ///
    /// # Returns
    /// Whether the newest of the others are what there is from now on.
    pub(super) fn look(&mut self, now: f64, taken: &AssetSet, moved: impl Fn(usize, CopyId) -> bool) -> bool {
        self.stale.clear();
        let mut taken_up = false;
        for row in &mut self.rows {
            if row.writing {
                row.written = now;
            }
            taken_up |= row.take_up();
            row.fill(taken);
            if !moved(row.service, row.copy) {
                row.find_stale(taken, &mut self.stale);
            }
        }
        taken_up
    }

    /// A service goes on with what is left at home.
    ///
    /// # Returns
    /// The seconds of writes that are gone, from before nothing was written any more.
    pub(super) fn settle(&mut self, service: usize) -> f64 {
        let rows = self.rows.iter_mut().filter(|row| row.service == service);
        rows.map(|row| std::mem::take(&mut row.owed)).fold(0.0, f64::max)
    }

    /// What happens until the next moment: writes leave places behind that are not there.
    pub(super) fn write(&mut self, now: f64, taken: &AssetSet, writes: impl Fn(usize, CopyId) -> bool) {
        for row in &mut self.rows {
            row.writing = writes(row.service, row.copy);
            if row.writing {
                row.leave_behind(now, taken);
            }
        }
    }

    /// A service has its data where it belongs: what is there has all of it.
    pub(super) fn restore(&mut self, taken: &AssetSet, service: usize) {
        for row in self.rows.iter_mut().filter(|row| row.service == service) {
            row.leave_behind(row.written, taken);
            row.owed = 0.0;
            for (n, holds) in row.places.iter_mut().enumerate() {
                if !taken.contains(row.first + n) {
                    *holds = Holds::All;
                }
            }
        }
    }
}

impl Row {
    /// Where no place has all, the newest that is left becomes the state.
    fn take_up(&mut self) -> bool {
        let moment = |holds: &Holds| if let Holds::Until(moment) = holds { Some(*moment) } else { None };
        let newest = self.places.iter().filter_map(moment).reduce(f64::max);
        let Some(newest) = newest.filter(|_| !self.places.contains(&Holds::All)) else { return false };
        for holds in self.places.iter_mut().filter(|holds| **holds == Holds::Until(newest)) {
            *holds = Holds::All;
        }
        self.owed = self.owed.max(self.written - newest);
        true
    }

    fn fill(&mut self, taken: &AssetSet) {
        let first = self.first;
        let there = |n: usize| !taken.contains(first + n);
        if self.places.iter().enumerate().any(|(n, holds)| *holds == Holds::All && there(n)) {
            self.places.iter_mut().enumerate().filter(|(n, _)| there(*n)).for_each(|(_, holds)| *holds = Holds::All);
        }
    }

    fn find_stale(&self, taken: &AssetSet, stale: &mut Vec<Stale>) {
        let waits = self.places.contains(&Holds::All);
        for (n, holds) in self.places.iter().enumerate() {
            let asset = self.first + n;
            if *holds != Holds::All && !taken.contains(asset) {
                stale.push(Stale { asset, waits, empty: *holds == Holds::Nothing });
            }
        }
    }

    fn leave_behind(&mut self, now: f64, taken: &AssetSet) {
        for (n, holds) in self.places.iter_mut().enumerate() {
            if *holds == Holds::All && taken.contains(self.first + n) {
                *holds = Holds::Until(now);
            }
        }
    }
}
