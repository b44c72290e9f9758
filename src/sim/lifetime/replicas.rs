//! How far the copies of a tier follow through the years: a stream that is interrupted leaves its copy
//! as old as that, then catches up, or starts again with a full copy if the interruption was longer than
//! its window. What was destroyed is filled anew.

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
    /// Its sites, and what it is made from.
    sites: Assets,
    upstream: Assets,
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
    /// Since when nothing is written because its upstream is lost.
    paused: Option<f64>,
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
    /// Since when none arrives; from when to when none did.
    stopped: Option<f64>,
    gaps: Vec<Range<f64>>,
}

impl Archive {
    fn look(&mut self, now: f64, stopped: bool) {
        match (self.stopped, stopped) {
            (None, true) => self.stopped = Some(now),
            (Some(since), false) => {
                self.stopped = None;
                self.gaps.push(since..now);
            }
            _ => {}
        }
    }

    /// The gap in which a point of this moment would have been made.
    fn gap(&self, moment: f64) -> Option<f64> {
        let open = self.stopped.filter(|since| moment >= *since);
        open.or_else(|| self.gaps.iter().find(|gap| gap.contains(&moment)).map(|gap| gap.start))
    }
}

/// The assets of a copy or of something outside.
#[derive(Clone, Debug)]
struct Assets(Range<usize>);

impl Assets {
    fn of_copy(ctx: &Context<'_>, copy: CopyId) -> Self {
        let first = ctx.assets.copy(copy);
        Self(first..first + ctx.scenario.copies[copy].sites.len())
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
        let archive = |copy: &CopyId| Archive {
            copy: *copy,
            sites: Assets::of_copy(ctx, *copy),
            since: f64::NEG_INFINITY,
            link: way_to(ctx, *copy),
            keep: match &ctx.scenario.copies[*copy].kind {
                CopyKind::Backup { keep, .. } => keep.seconds(),
                _ => 0.0,
            },
            service: service_of(ctx, *copy),
            stopped: None,
            gaps: Vec::new(),
        };
        Self {
            rows: ctx.tier.copies.iter().filter_map(|copy| replica(ctx, *copy)).collect(),
            archives: ctx.tier.copies.iter().filter(keeps).map(archive).collect(),
            disturbed: false,
        }
    }

    /// A new lifetime.
    pub(super) fn reset(&mut self) {
        // A copy whose upstream is lost waits and still follows: that disturbs nothing.
        self.rows.iter_mut().for_each(|row| row.paused = None);
        if !self.disturbed {
            return;
        }
        self.disturbed = false;
        for row in &mut self.rows {
            (row.state, row.empty) = (State::Following, false);
        }
        for archive in &mut self.archives {
            (archive.since, archive.stopped) = (f64::NEG_INFINITY, None);
            archive.gaps.clear();
        }
    }

    /// Whether an event that takes so much may leave a copy behind once it is over.
    pub(super) fn may_interrupt(&self, taken: &AssetSet) -> bool {
        let lags = |row: &Replica| row.rate.is_finite() || row.window.is_finite();
        self.rows.iter().any(|row| lags(row) && row.sites.are_in(taken))
            || self.archives.iter().any(|archive| archive.keep > 0.0 && archive.sites.are_in(taken))
    }

    /// Nothing else is under way: what was is forgotten as soon as nothing hangs on it.
    pub(super) fn rest(&mut self, now: f64) {
        if !self.disturbed {
            return;
        }
        let mut disturbed = self.rows.iter().any(|row| row.state != State::Following || row.empty);
        for archive in &mut self.archives {
            let keep = archive.keep;
            archive.gaps.retain(|gap| now - gap.end < keep);
            disturbed |= archive.stopped.is_some() || !archive.gaps.is_empty() || archive.since > 0.0;
        }
        self.disturbed = disturbed;
    }

    /// The moment from which on a backup or a log keeps points, if it was destroyed before.
    pub(super) fn begins(&self, copy: CopyId) -> Option<f64> {
        let of = |archive: &&Archive| self.disturbed && archive.copy == copy && archive.since > 0.0;
        self.archives.iter().find(of).map(|archive| archive.since)
    }

    /// Whether there were times at which none of a copy's points was made.
    pub(super) fn has_gaps(&self, copy: CopyId) -> bool {
        let stopped = |archive: &Archive| archive.stopped.is_some() || !archive.gaps.is_empty();
        self.disturbed && self.archives.iter().any(|archive| archive.copy == copy && stopped(archive))
    }

    /// The moment since which none of a copy's points was made until after this one; `None`: it was made.
    pub(super) fn gap(&self, copy: CopyId, moment: f64) -> Option<f64> {
        if !self.disturbed {
            return None;
        }
        self.archives.iter().find(|archive| archive.copy == copy)?.gap(moment)
    }

    /// What holds at this moment, given all that is lost and the links that are cut. `writes` says whether a
    /// service writes where the stream of a copy begins, `moved` whether its data is elsewhere.
    pub(super) fn look(
        &mut self,
        now: f64,
        taken: &AssetSet,
        cut: impl Fn(LinkId) -> bool,
        writes: impl Fn(usize, CopyId) -> bool,
        moved: impl Fn(usize, CopyId) -> bool,
    ) {
        for row in &mut self.rows {
            row.pause(now, row.upstream.are_in(taken) || !writes(row.service, row.copy));
            let stopped = row.link.is_some_and(&cut) || row.sites.are_in(taken);
            // What was missed comes as soon as there is somebody to send it.
            let waits = row.state == State::Cut && row.paused.is_some();
            match (stopped || waits, row.state) {
                (true, State::Cut) | (false, State::Following | State::CatchingUp { .. } | State::Copying { .. }) => {}
                (true, _) => (row.held, row.state) = (row.moment(now), State::Cut),
                (false, State::Cut) => row.state = row.back(now),
            }
            self.disturbed |= row.state != State::Following;
        }
        for archive in self.archives.iter_mut().filter(|archive| archive.keep > 0.0) {
            let stopped = archive.link.is_some_and(&cut) || archive.sites.are_in(taken);
            archive.look(now, stopped || archive.service.is_some_and(|service| moved(service, archive.copy)));
            self.disturbed |= archive.stopped.is_some();
        }
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
        let Some(row) = self.rows.iter().find(|row| row.copy == copy) else { return Standing::Behind(0.0) };
        let now = row.paused.unwrap_or(now);
        let older = (origin - row.moment(now)).max(0.0);
        match row.state {
            State::Following => Standing::Behind(0.0),
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
fn replica(ctx: &Context<'_>, copy: CopyId) -> Option<Replica> {
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
        upstream: match of {
            Upstream::Copy(up) => Assets::of_copy(ctx, up),
            Upstream::External(external) => Assets(ctx.assets.external(external)..ctx.assets.external(external) + 1),
            Upstream::Data(_) => Assets(0..0),
        },
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
        empty: false,
    })
}
