//! How far the copies of a tier follow through the years: a stream that is interrupted leaves its copy
//! as old as that, then catches up, or starts again with a full copy if the interruption was longer than
//! its window. What was destroyed is filled anew.
//!
//! Copies may be made from copies. Each edge of such a chain has its own interruptions, and a copy holds no more than
//! what it is made from does: a backup of a replica that is behind is as old as that, and of one that is lost none is
//! made.

use std::ops::Range;

use crate::id::{CopyId, LinkId};
use crate::model::{AssetSet, CopyKind, Upstream};
use crate::sim::program::Context;
use crate::sim::streams::{link_of, upstream_of, way_to};
use crate::units::SECONDS_PER_YEAR;

/// How a copy that is kept up to date by a stream stands.
#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    /// Behind by its lag and no more.
    Following,
    /// Its stream is interrupted.
    Cut,
    /// From this moment on it takes in what it missed, until that.
    CatchingUp { from: f64, until: f64 },
    /// A full copy is on its way until then.
    Copying { until: f64 },
}

/// A copy that is kept up to date by a stream.
#[derive(Clone, Debug)]
struct Replica {
    copy: CopyId,
    /// Its sites, and those of the first of the chain, which is written to.
    sites: Assets,
    origin: Assets,
    /// The copy that it is made from, the sites of it if it is between them, and its row if it has one.
    from: Option<CopyId>,
    source: Assets,
    up: Option<usize>,
    /// Position of the service that writes.
    service: usize,
    link: Option<LinkId>,
    /// Logical bytes per second: what the stream can carry, and what is written.
    rate: f64,
    writes: f64,
    size: f64,
    /// The part of its size that comes on top every year.
    growth: f64,
    /// Seconds of interruption after which it starts again.
    window: f64,
    state: State,
    /// The moment whose state it holds, unless it follows.
    held: f64,
    /// Since when nothing is written because what is written to is lost.
    paused: Option<f64>,
    /// What it is made from is what is written to: its service runs on that.
    led: bool,
    /// What it held is destroyed.
    empty: bool,
}

/// What a copy can be recovered from at a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Standing {
    /// As its lag says, older by so many seconds.
    Behind(f64),
    /// The same, but it must be copied anew: to be taken if nothing else is there.
    Broken(f64),
    /// It holds nothing.
    Empty,
}

/// A backup or a log: what keeps recovery points.
#[derive(Clone, Debug)]
struct Archive {
    copy: CopyId,
    sites: Assets,
    /// Points before this moment are gone.
    since: f64,
    /// How points get there, and how long they are kept: of backups only, as logs are replicas too.
    link: Option<LinkId>,
    keep: f64,
    /// Position of the service whose data it keeps.
    service: Option<usize>,
    /// The copy that it is made from, the sites of it if it is no primary, and where it stands.
    from: Option<CopyId>,
    source: Assets,
    up: Option<Up>,
    /// When none arrived.
    none: Gaps,
    /// When those that did were no newer than the begin of the gap.
    old: Gaps,
}

/// Where what a backup is made from stands.
#[derive(Clone, Copy, Debug)]
enum Up {
    Replica(usize),
    Archive(usize),
}

/// Times at which something was not as it should be.
#[derive(Clone, Debug, Default)]
struct Gaps {
    /// Since when it is so now.
    open: Option<f64>,
    past: Vec<Range<f64>>,
}

impl Gaps {
    fn look(&mut self, now: f64, is_so: bool) {
        match (self.open, is_so) {
            (None, true) => self.open = Some(now),
            (Some(since), false) => {
                self.open = None;
                self.past.push(since..now);
            }
            _ => {}
        }
    }

    /// The begin of the gap that a moment lies in.
    fn around(&self, moment: f64) -> Option<f64> {
        let open = self.open.filter(|since| moment >= *since);
        open.or_else(|| self.past.iter().find(|gap| gap.contains(&moment)).map(|gap| gap.start))
    }

    fn is_empty(&self) -> bool {
        self.open.is_none() && self.past.is_empty()
    }
}

/// What a point of some moment came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Made {
    /// It is there.
    Whole,
    /// It holds nothing newer than this moment.
    Old(f64),
    /// None was made since this moment.
    Not(f64),
}

/// The assets of a copy or of something outside.
#[derive(Clone, Debug)]
struct Assets(Range<usize>);

impl Assets {
    fn of_copy(ctx: &Context<'_>, copy: CopyId) -> Self {
        let first = ctx.assets.copy(copy);
        Self(first..first + ctx.scenario.copies[copy].sites.len())
    }

    /// Those of a copy that is made from another one and not written to.
    fn of_source(ctx: &Context<'_>, of: Option<Upstream>) -> Self {
        match of {
            Some(Upstream::Copy(up)) if upstream_of(ctx, up).is_some() => Self::of_copy(ctx, up),
            _ => Self(0..0),
        }
    }

    /// Those of what the first of a chain is.
    fn of_origin(ctx: &Context<'_>, of: Upstream) -> Self {
        match of {
            Upstream::Copy(up) => match upstream_of(ctx, up) {
                Some(further) => Self::of_origin(ctx, further),
                None => Self::of_copy(ctx, up),
            },
            Upstream::External(external) => Self(ctx.assets.external(external)..ctx.assets.external(external) + 1),
            Upstream::Data(_) => Self(0..0),
        }
    }

    /// Whether all of them are in a set.
    fn are_in(&self, set: &AssetSet) -> bool {
        !self.0.is_empty() && self.0.clone().all(|asset| set.contains(asset))
    }
}

/// All copies of a tier.
#[derive(Clone, Debug)]
pub(super) struct Replicas {
    rows: Vec<Replica>,
    /// Backups and logs.
    archives: Vec<Archive>,
    /// Whether anything is not as it usually is.
    pub(super) disturbed: bool,
}

impl Replicas {
    pub(super) fn new(ctx: &Context<'_>) -> Self {
        let keeps = |copy: &&CopyId| {
            matches!(ctx.scenario.copies[**copy].kind, CopyKind::Backup { .. } | CopyKind::Log { acks: None, .. })
        };
        // What others are made from comes before them.
        let depth = |copy: &CopyId| {
            std::iter::successors(Some(*copy), |copy| match upstream_of(ctx, *copy) {
                Some(Upstream::Copy(up)) => Some(up),
                _ => None,
            })
            .count()
        };
        let mut copies = ctx.tier.copies.clone();
        copies.sort_by_key(depth);
        let mut rows: Vec<Replica> = Vec::new();
        for copy in &copies {
            rows.extend(replica(ctx, *copy, &rows));
        }
        let mut archives: Vec<Archive> = Vec::new();
        for copy in copies.iter().filter(keeps) {
            let from = upstream_of(ctx, *copy);
            let of = |known: CopyId| from == Some(Upstream::Copy(known));
            let row = rows.iter().position(|row| of(row.copy)).map(Up::Replica);
            archives.push(Archive {
                copy: *copy,
                sites: Assets::of_copy(ctx, *copy),
                since: f64::NEG_INFINITY,
                link: way_to(ctx, *copy),
                keep: match &ctx.scenario.copies[*copy].kind {
                    CopyKind::Backup { keep, .. } => keep.seconds(),
                    _ => 0.0,
                },
                service: service_of(ctx, *copy),
                from: if let Some(Upstream::Copy(up)) = from { Some(up) } else { None },
                source: Assets::of_source(ctx, from),
                up: row.or_else(|| archives.iter().position(|archive| of(archive.copy)).map(Up::Archive)),
                none: Gaps::default(),
                old: Gaps::default(),
            });
        }
        Self { rows, archives, disturbed: false }
    }

    /// A new lifetime.
    pub(super) fn reset(&mut self) {
        // A copy whose upstream is lost waits and still follows: that disturbs nothing.
        self.rows.iter_mut().for_each(|row| (row.paused, row.led) = (None, false));
        if !self.disturbed {
            return;
        }
        self.disturbed = false;
        for row in &mut self.rows {
            (row.state, row.empty) = (State::Following, false);
        }
        for archive in &mut self.archives {
            (archive.since, archive.none, archive.old) = (f64::NEG_INFINITY, Gaps::default(), Gaps::default());
        }
    }

    /// Whether an event that takes so much may leave a copy behind once it is over.
    pub(super) fn may_interrupt(&self, taken: &AssetSet) -> bool {
        let lags = |row: &Replica| row.rate.is_finite() || row.window.is_finite();
        let taken = |sites: &Assets, source: &Assets| sites.are_in(taken) || source.are_in(taken);
        self.rows.iter().any(|row| lags(row) && taken(&row.sites, &row.source))
            || self.archives.iter().any(|archive| archive.keep > 0.0 && taken(&archive.sites, &archive.source))
    }

    /// Nothing else is under way: what was is forgotten as soon as nothing hangs on it.
    pub(super) fn rest(&mut self, now: f64) {
        if !self.disturbed {
            return;
        }
        let mut disturbed = self.rows.iter().any(|row| row.state != State::Following || row.empty);
        for archive in &mut self.archives {
            let keep = archive.keep;
            for gaps in [&mut archive.none, &mut archive.old] {
                gaps.past.retain(|gap| now - gap.end < keep);
                disturbed |= !gaps.is_empty();
            }
            disturbed |= archive.since > 0.0;
        }
        self.disturbed = disturbed;
    }

    /// The moment from which on a backup or a log keeps points, if it was destroyed before.
    pub(super) fn begins(&self, copy: CopyId) -> Option<f64> {
        let of = |archive: &&Archive| self.disturbed && archive.copy == copy && archive.since > 0.0;
        self.archives.iter().find(of).map(|archive| archive.since)
    }

    /// Whether there were times at which a copy's points were not made, or not of what was there.
    pub(super) fn has_gaps(&self, copy: CopyId) -> bool {
        let stopped = |archive: &Archive| !archive.none.is_empty() || !archive.old.is_empty();
        self.disturbed && self.archives.iter().any(|archive| archive.copy == copy && stopped(archive))
    }

    /// What a copy's point of this moment came to.
    pub(super) fn made(&self, copy: CopyId, moment: f64) -> Made {
        let archive = self.archives.iter().find(|archive| self.disturbed && archive.copy == copy);
        let Some(archive) = archive else { return Made::Whole };
        let none = archive.none.around(moment).map(Made::Not);
        none.or_else(|| archive.old.around(moment).map(Made::Old)).unwrap_or(Made::Whole)
    }

    /// What holds at this moment, given all that is lost and the links that are cut. `writes` says whether a
    /// service writes where the stream of a copy begins, `moved` whether its data is elsewhere, `leads` whether a copy
    /// is its primary now.
    pub(super) fn look(
        &mut self,
        now: f64,
        (taken, cut): (&AssetSet, impl Fn(LinkId) -> bool),
        writes: impl Fn(usize, CopyId) -> bool,
        moved: impl Fn(usize, CopyId) -> bool,
        leads: impl Fn(usize, CopyId) -> bool,
    ) {
        for n in 0..self.rows.len() {
            let row = &mut self.rows[n];
            row.led = row.from.is_some_and(|from| leads(row.service, from));
            let fed = self.between(n).map_or(now, |up| self.moment(up, now));
            let lost = self.origin(n).are_in(taken);
            let row = &mut self.rows[n];
            row.pause(now, lost || !writes(row.service, row.copy));
            let has_source = row.led || !row.source.are_in(taken);
            let stopped = row.link.is_some_and(&cut) || row.sites.are_in(taken) || !has_source;
            // What was missed comes as soon as there is somebody to send it.
            let waits = row.state == State::Cut && row.paused.is_some();
            match (stopped || waits, row.state) {
                (true, State::Cut) | (false, State::Following | State::CatchingUp { .. } | State::Copying { .. }) => {}
                (true, _) => (row.held, row.state) = (row.moment(now).min(fed), State::Cut),
                (false, State::Cut) => row.state = row.back(now),
            }
            self.disturbed |= row.state != State::Following;
        }
        for n in 0..self.archives.len() {
            let is_old = match self.archives[n].up {
                Some(Up::Replica(up)) => !self.follows(up),
                Some(Up::Archive(up)) => self.archives[up].none.open.or(self.archives[up].old.open).is_some(),
                None => false,
            };
            let archive = &mut self.archives[n];
            if archive.keep > 0.0 {
                let of = |what: &dyn Fn(usize, CopyId) -> bool, copy| archive.service.is_some_and(|n| what(n, copy));
                let led = archive.from.is_some_and(|from| of(&leads, from));
                let has_source = led || !archive.source.are_in(taken);
                let reached = !archive.link.is_some_and(&cut) && !archive.sites.are_in(taken);
                let moved = of(&moved, archive.copy);
                archive.none.look(now, !reached || !has_source || moved);
                archive.old.look(now, is_old && !led);
                self.disturbed |= archive.none.open.or(archive.old.open).is_some();
            }
        }
    }

    /// What a copy is made from, unless that is what is written to.
    fn between(&self, n: usize) -> Option<usize> {
        self.rows[n].up.filter(|_| !self.rows[n].led)
    }

    /// What is written to of a copy's chain.
    fn origin(&self, n: usize) -> &Assets {
        let row = &self.rows[n];
        match row.up {
            _ if row.led && !row.source.0.is_empty() => &row.source,
            Some(up) => self.origin(up),
            None => &row.origin,
        }
    }

    /// Whether a copy and all that it is made from follow.
    fn follows(&self, n: usize) -> bool {
        let row = &self.rows[n];
        row.state == State::Following && !row.empty && self.between(n).is_none_or(|up| self.follows(up))
    }

    /// The moment whose state a copy holds, apart from lags: no later than that of what it is made from.
    fn moment(&self, n: usize, now: f64) -> f64 {
        let row = &self.rows[n];
        let mine = row.moment(row.paused.unwrap_or(now));
        self.between(n).map_or(mine, |up| mine.min(self.moment(up, now)))
    }

    /// An event destroys what it takes.
    pub(super) fn destroy(&mut self, gone: &AssetSet) {
        for row in self.rows.iter_mut().filter(|row| row.sites.are_in(gone)) {
            (row.empty, self.disturbed) = (true, true);
        }
    }

    /// What was destroyed has its places back: of backups and logs only what comes from now on is there.
    pub(super) fn reopen(&mut self, now: f64, gone: &AssetSet) {
        for archive in self.archives.iter_mut().filter(|archive| archive.sites.are_in(gone)) {
            (archive.since, self.disturbed) = (now, true);
        }
    }

    /// A service was rebuilt from nothing: what was there before is of no use to it.
    pub(super) fn forget(&mut self, now: f64, is_of: impl Fn(CopyId) -> bool) {
        for archive in self.archives.iter_mut().filter(|archive| is_of(archive.copy)) {
            (archive.since, self.disturbed) = (now, true);
        }
    }

    /// A service is home again: where it was has all, and the streams begin anew.
    pub(super) fn come_home(&mut self, now: f64, service: usize) {
        for row in self.rows.iter_mut().filter(|row| row.service == service && !row.empty) {
            (row.paused, row.held) = (None, now);
            if row.state != State::Cut {
                row.state = State::Following;
            }
        }
    }

    /// Whether a backup or a log has lost its points of a moment.
    pub(super) fn is_gone(&self, copy: CopyId, moment: f64) -> bool {
        self.begins(copy).is_some_and(|begins| moment < begins)
    }

    /// What the points of a copy from before an event at `origin` are worth now.
    pub(super) fn standing(&self, copy: CopyId, origin: f64, now: f64) -> Standing {
        if !self.disturbed {
            return Standing::Behind(0.0);
        }
        let Some(n) = self.rows.iter().position(|row| row.copy == copy) else { return Standing::Behind(0.0) };
        let row = &self.rows[n];
        let older = (origin - self.moment(n, now)).max(0.0);
        let now = row.paused.unwrap_or(now);
        match row.state {
            _ if self.follows(n) => Standing::Behind(0.0),
            State::Following => Standing::Behind(older),
            _ if row.empty => Standing::Empty,
            State::Copying { .. } => Standing::Broken(older),
            State::Cut if now - row.held > row.window => Standing::Broken(older),
            State::Cut | State::CatchingUp { .. } => Standing::Behind(older),
        }
    }

    /// Whether all copies follow.
    pub(super) fn all_follow(&self) -> bool {
        !self.disturbed || self.rows.iter().all(|row| row.state == State::Following && !row.empty)
    }

    /// The next moment at which a copy follows again.
    pub(super) fn next(&self) -> f64 {
        if !self.disturbed {
            return f64::INFINITY;
        }
        let until = |row: &Replica| match row.state {
            State::CatchingUp { until, .. } | State::Copying { until } if row.paused.is_none() => until,
            _ => f64::INFINITY,
        };
        self.rows.iter().map(until).fold(f64::INFINITY, f64::min)
    }

    /// What is done by this moment.
    ///
    /// # Returns
    /// Whether a copy is fit again.
    pub(super) fn pass(&mut self, now: f64) -> bool {
        self.disturbed && self.rows.iter_mut().filter_map(|row| row.pass(now).then_some(())).count() > 0
    }
}

impl Replica {
    fn pass(&mut self, now: f64) -> bool {
        let done = match self.state {
            State::CatchingUp { until, .. } | State::Copying { until } => self.paused.is_none() && until <= now,
            State::Following | State::Cut => false,
        };
        if done {
            (self.state, self.empty) = (State::Following, false);
        }
        done
    }

    /// The moment whose state it holds, apart from its lag.
    ///
    /// # Formula
    /// While it catches up in the order of writing, every second brings rate ÷ writes seconds.
    fn moment(&self, now: f64) -> f64 {
        match self.state {
            State::Following => now,
            State::Cut | State::Copying { .. } => self.held,
            State::CatchingUp { from, .. } => (self.held + (now - from) * self.rate / self.writes).min(now),
        }
    }

    /// Nothing is written while its upstream is lost: time stands still.
    fn pause(&mut self, now: f64, pause: bool) {
        match (self.paused, pause) {
            (None, true) => self.paused = Some(now),
            (Some(since), false) => {
                let shift = now - since;
                self.paused = None;
                self.held += shift;
                match &mut self.state {
                    State::CatchingUp { from, until } => (*from, *until) = (*from + shift, *until + shift),
                    State::Copying { until } => *until += shift,
                    State::Following | State::Cut => {}
                }
            }
            _ => {}
        }
    }

    /// The stream is there again.
    ///
    /// # Formula
    /// What was missed for L takes L w ÷ (r − w) to catch up with, a full copy size ÷ (r − w), as writes
    /// at w go on.
    fn back(&self, now: f64) -> State {
        let missed = now - self.held;
        let gains = self.rate - self.writes;
        // Where nobody said how fast the stream is, it has caught up at once.
        if gains.is_infinite() && !self.empty && missed <= self.window {
            return State::Following;
        }
        let after = |bytes: f64| if gains > 0.0 { now + bytes / gains } else { f64::INFINITY };
        if self.empty || missed > self.window {
            State::Copying { until: after(self.size * libm::pow(1.0 + self.growth, now / SECONDS_PER_YEAR)) }
        } else {
            State::CatchingUp { from: now, until: after(missed * self.writes) }
        }
    }
}

/// Position of the service whose data a copy holds.
pub(super) fn service_of(ctx: &Context<'_>, copy: CopyId) -> Option<usize> {
    let (scenario, data) = (ctx.scenario, ctx.scenario.copies[copy].data);
    ctx.tier.services.iter().position(|row| scenario.services[row.service].data == Some(data))
}

/// A copy whose stream can be interrupted.
///
/// # Arguments
/// `known`: those that it may be made from.
fn replica(ctx: &Context<'_>, copy: CopyId, known: &[Replica]) -> Option<Replica> {
    let (scenario, row) = (ctx.scenario, &ctx.scenario.copies[copy]);
    let (Some(of), false) = (upstream_of(ctx, copy), row.sites.is_empty()) else { return None };
    let window = match &row.kind {
        CopyKind::Async { window, .. } => window.map_or(f64::INFINITY, |w| w.seconds()),
        CopyKind::Log { acks: None, keep, .. } => keep.seconds(),
        CopyKind::Derived { lag: Some(_) } => f64::INFINITY,
        _ => return None,
    };
    let link = link_of(ctx, copy);
    let bandwidth = link.and_then(|link| scenario.links[link].bandwidth);
    let data = &scenario.data[row.data];
    Some(Replica {
        copy,
        sites: Assets::of_copy(ctx, copy),
        origin: Assets::of_origin(ctx, of),
        from: if let Upstream::Copy(up) = of { Some(up) } else { None },
        source: Assets::of_source(ctx, Some(of)),
        up: known.iter().position(|row| of == Upstream::Copy(row.copy)),
        service: service_of(ctx, copy)?,
        link,
        rate: bandwidth.map_or(f64::INFINITY, |b| b.bytes_per_second() * row.compression),
        writes: data.mean_writes().bytes_per_second(),
        size: data.size.bytes(),
        growth: data.growth,
        window,
        state: State::Following,
        held: 0.0,
        paused: None,
        led: false,
        empty: false,
    })
}
