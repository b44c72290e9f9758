//! The accounts of one lifetime of a tier: what was down when, by year, for the application and for
//! each service. Moments are whole milliseconds from the start.

use super::tally::LifetimeTally;
use crate::sim::loss::Loss;
use crate::sim::{NEVER, milliseconds};
use crate::units::SECONDS_PER_YEAR;

/// Milliseconds of a year.
pub(super) const YEAR: u64 = (SECONDS_PER_YEAR * 1000.0) as u64;

/// Seconds that are no more than what rounding leaves.
const ROUNDING: f64 = 1e-6;

/// The account of the application or of a service.
#[derive(Clone, Default)]
struct Line {
    /// Share of the users without service now.
    weight: f64,
    /// Since when that is so.
    since: u64,
    /// When the outage began.
    began: u64,
    /// Milliseconds down by year.
    down: Vec<u64>,
    /// Outages that began, by year.
    outages: Vec<u64>,
    /// Milliseconds of writes lost, by year of the failure.
    loss: Vec<u64>,
}

/// The loss of an incident so far.
struct Open {
    incident: u64,
    /// That of the service that loses most, milliseconds.
    most: u64,
    /// Where its length stands among [`Ledger::losses`].
    at: usize,
}

/// Something that loses data.
struct Incident {
    incident: u64,
    /// Seconds from the start.
    origin: f64,
    /// The year in which it began.
    year: usize,
    /// The part of the data that is hit.
    share: f64,
}

impl Incident {
    /// Milliseconds of loss as they count in a year.
    fn weighed(&self, loss: u64) -> u64 {
        if loss == NEVER || self.share == 1.0 { loss } else { (loss as f64 * self.share).round() as u64 }
    }
}

/// The loss of a service in an incident, milliseconds.
struct Part {
    incident: u64,
    service: usize,
    /// From before the incident.
    before: u64,
    /// From after it.
    after: u64,
    /// What it lost that was not lost before.
    whole: u64,
}

/// Times of which the writes are lost: apart from each other, in order.
#[derive(Clone, Default)]
struct Spans(Vec<(f64, f64)>);

impl Spans {
    /// Adds a span of seconds.
    ///
    /// # Returns
    /// How much of it was not there before.
    fn add(&mut self, from: f64, to: f64) -> f64 {
        if self.0.last().is_none_or(|last| last.1 < from) {
            self.0.push((from, to));
            return to - from;
        }
        let first = self.0.iter().rposition(|span| span.1 < from).map_or(0, |n| n + 1);
        let last = self.0[first..].iter().position(|span| span.0 > to).map_or(self.0.len(), |n| first + n);
        let known: f64 = self.0[first..last].iter().map(|span| span.1.min(to) - span.0.max(from)).sum();
        let joined = self.0[first..last].iter().fold((from, to), |all, span| (all.0.min(span.0), all.1.max(span.1)));
        self.0.splice(first..last, [joined]);
        (to - from - known).max(0.0)
    }

    /// What of a loss of so many seconds, of this span, is not lost before.
    fn fresh(&mut self, seconds: f64, from: f64, to: f64) -> f64 {
        if seconds <= 0.0 {
            return seconds;
        }
        let overlaps = self.0.last().is_some_and(|last| last.1 > from);
        let rest = if to > from { self.add(from, to) } else { 0.0 };
        if overlaps { rest } else { seconds }
    }
}

/// All accounts of a lifetime; the first line is the application, then the services if there are
/// several.
pub(super) struct Ledger {
    lines: Vec<Line>,
    years: usize,
    horizon: u64,
    touched: Vec<bool>,
    /// Lengths of outages of the application, milliseconds.
    pub(super) lengths: Vec<u64>,
    /// Milliseconds of writes lost by the application per incident that lost any.
    pub(super) losses: Vec<u64>,
    /// Losses of incidents of which not all services are done.
    open: Vec<Open>,
    /// What services lost in those, by incident and service.
    parts: Vec<Part>,
    /// By service: times of which all writes are lost.
    lost: Vec<Spans>,
    /// By service: all that must agree with it, itself among them; empty if nothing does.
    agreeing: Vec<Vec<usize>>,
    /// Milliseconds without all the copies that the tier wants.
    pub(super) exposed: u64,
    /// Services that lost everything, or a part of it, for good: the service, the year, the share.
    pub(super) gone: Vec<(usize, usize, f64)>,
    /// When everything was lost.
    pub(super) ended: Option<u64>,
    any: bool,
}

impl Ledger {
    /// # Arguments
    /// `groups`: services whose data must agree, as positions.
    pub(super) fn new(services: usize, years: f64, groups: &[Vec<usize>]) -> Self {
        let group = |n: usize| groups.iter().find(|group| group.contains(&n)).cloned().unwrap_or_default();
        let horizon = milliseconds(years * SECONDS_PER_YEAR);
        let count = (horizon.div_ceil(YEAR) as usize).max(1);
        let line = Line { down: vec![0; count], outages: vec![0; count], loss: vec![0; count], ..Line::default() };
        Self {
            lines: vec![line; if services > 1 { services + 1 } else { 1 }],
            years: count,
            horizon,
            touched: vec![false; count],
            lengths: Vec::new(),
            losses: Vec::new(),
            open: Vec::new(),
            parts: Vec::new(),
            lost: vec![Spans::default(); services],
            agreeing: (0..services).map(group).collect(),
            exposed: 0,
            gone: Vec::new(),
            ended: None,
            any: false,
        }
    }

    fn year(&self, at: u64) -> usize {
        ((at / YEAR) as usize).min(self.years - 1)
    }

    /// From now on this share of the users of a line is without service.
    pub(super) fn set(&mut self, line: usize, now: f64, weight: f64) {
        if self.lines[line].weight == weight {
            return;
        }
        let now = milliseconds(now).min(self.horizon);
        self.pass(line, now);
        let year = self.year(now);
        let row = &mut self.lines[line];
        if row.weight == 0.0 {
            row.began = now;
            row.outages[year] += 1;
            self.touched[year] = true;
            self.any = true;
        } else if weight == 0.0 && line == 0 {
            self.lengths.push(now - row.began);
        }
        row.weight = weight;
    }

    /// A line is without service from one moment to another, and was not before; seconds.
    pub(super) fn outage(&mut self, line: usize, (from, to): (f64, f64), weight: f64) {
        let (began, ended) = (milliseconds(from).min(self.horizon), milliseconds(to).min(self.horizon));
        let year = self.year(began);
        if self.lines[line].weight != 0.0 || weight != 1.0 || self.year(ended) != year {
            self.set(line, from, weight);
            return self.set(line, to, 0.0);
        }
        let row = &mut self.lines[line];
        (row.since, row.began) = (ended, began);
        row.outages[year] += 1;
        row.down[year] += ended - began;
        self.touched[year] = true;
        self.any = true;
        if line == 0 {
            self.lengths.push(ended - began);
        }
    }

    /// Counts the time until now.
    fn pass(&mut self, line: usize, now: u64) {
        let row = &mut self.lines[line];
        let mut from = std::mem::replace(&mut row.since, now);
        if row.weight == 0.0 {
            return;
        }
        while from < now {
            let year = ((from / YEAR) as usize).min(self.years - 1);
            let to = if year + 1 == self.years { now } else { now.min((year as u64 + 1) * YEAR) };
            let time = to - from;
            row.down[year] += if row.weight == 1.0 { time } else { (time as f64 * row.weight).round() as u64 };
            self.touched[year] = true;
            from = to;
        }
    }

    /// A service lost writes of so many seconds before and after an incident that began at `origin`; `share` of
    /// its data was hit. Those that must agree with it go back as far, and lose as much of what came after it.
    /// The application loses as much as the service that loses most.
    pub(super) fn lose(&mut self, service: usize, incident: u64, origin: f64, loss: &Loss, share: f64) {
        let Loss { before, after, .. } = self.not_lost_yet(service, origin, loss, share);
        let (before, whole) = (milliseconds(before), milliseconds(before + after));
        if whole == 0 {
            return;
        }
        let of = Incident { incident, origin, year: self.year(milliseconds(origin)), share };
        if self.agreeing[service].is_empty() {
            return self.add_loss(service, &of, whole, whole);
        }
        let (after, undone) = (milliseconds(loss.after), milliseconds(loss.undone));
        self.goes_back(service, &of, before, after);
        for n in 0..self.agreeing[service].len() {
            self.goes_back(self.agreeing[service][n], &of, before, undone);
        }
    }

    /// What of a loss was not lost in an incident before: nothing is lost twice.
    fn not_lost_yet(&mut self, service: usize, origin: f64, loss: &Loss, share: f64) -> Loss {
        let Loss { mut before, mut after, .. } = *loss;
        // Parts of the data may be different ones, and those that agree go back together.
        let counts = share >= 1.0 && self.agreeing[service].is_empty() && before.is_finite() && after.is_finite();
        if counts {
            let lost = &mut self.lost[service];
            before = lost.fresh(before, origin - before, origin);
            after = lost.fresh(after, origin, origin + after);
        }
        Loss { before, after, ..*loss }
    }

    /// A service of a group goes back at least so far, and loses at least so much that came after the incident.
    fn goes_back(&mut self, service: usize, of: &Incident, before: u64, after: u64) {
        let mine = |part: &Part| (part.incident, part.service) == (of.incident, service);
        let at = self.parts.iter().position(mine).unwrap_or(self.parts.len());
        if at == self.parts.len() {
            self.parts.push(Part { incident: of.incident, service, before: 0, after: 0, whole: 0 });
        }
        let known = &mut self.parts[at];
        let old = known.before.saturating_add(known.after);
        (known.before, known.after) = (known.before.max(before), known.after.max(after));
        let whole = known.before.saturating_add(known.after);
        let mut more = if whole == NEVER { NEVER } else { whole - old };
        if of.share >= 1.0 && more != NEVER && more > 0 {
            // What earlier incidents lost is not lost again.
            let (lost, seconds) = (&mut self.lost[service], |time: u64| time as f64 / 1000.0);
            let spans = [(of.origin - seconds(known.before), of.origin), (of.origin, of.origin + seconds(known.after))];
            let fresh: f64 =
                spans.into_iter().filter(|(from, to)| to > from).map(|(from, to)| lost.add(from, to)).sum();
            if fresh < seconds(more) - ROUNDING {
                more = milliseconds(fresh);
            }
        }
        known.whole = known.whole.saturating_add(more);
        let whole = known.whole;
        self.add_loss(service, of, more, whole);
    }

    /// Adds to the loss of a service, which then has lost `whole` in the incident.
    fn add_loss(&mut self, service: usize, of: &Incident, more: u64, whole: u64) {
        let weighed = of.weighed(more);
        if weighed == 0 {
            return;
        }
        self.touched[of.year] = true;
        self.any = true;
        if self.lines.len() > 1 {
            add(&mut self.lines[service + 1].loss[of.year], weighed);
        }
        let known = self.open.iter().position(|open| open.incident == of.incident).unwrap_or(self.open.len());
        if known == self.open.len() {
            self.open.push(Open { incident: of.incident, most: 0, at: self.losses.len() });
            self.losses.push(0);
        }
        let open = &mut self.open[known];
        let (before, now) = (of.weighed(open.most), of.weighed(whole.max(open.most)));
        open.most = open.most.max(whole);
        self.losses[open.at] = open.most;
        add(&mut self.lines[0].loss[of.year], if now == NEVER { NEVER } else { now - before });
    }

    /// A line that was in service loses it, and nothing brings it back: an outage that has no length.
    fn stops(&mut self, line: usize, year: usize) {
        if self.lines[line].weight == 0.0 {
            self.lines[line].outages[year] += 1;
        }
    }

    /// A service lost this share of its data for good; whether that ends the lifetime if it is all.
    pub(super) fn lose_all(&mut self, service: usize, now: f64, share: f64, ends: bool) {
        let now = milliseconds(now).min(self.horizon);
        self.gone.push((service, self.year(now), share));
        let year = self.year(now);
        self.touched[year] = true;
        self.any = true;
        if ends {
            self.stops(0, year);
            if self.lines.len() > 1 {
                self.stops(service + 1, year);
            }
        }
        if ends && share >= 1.0 && self.ended.is_none() {
            self.ended = Some(now);
        }
    }

    /// No incident is under way.
    pub(super) fn settled(&mut self) {
        self.open.clear();
        self.parts.clear();
    }

    /// Ends the lifetime and adds it to the tally.
    pub(super) fn close(&mut self, tally: &mut LifetimeTally) {
        let lived = self.ended.unwrap_or(self.horizon).min(self.horizon);
        let years = (lived.div_ceil(YEAR) as usize).clamp(1, self.years);
        let missing = self.horizon - lived;
        if !self.any {
            tally.calm(years as u64, lived, self.exposed);
            self.exposed = 0;
            return;
        }
        for line in 0..self.lines.len() {
            self.pass(line, lived);
            let row = &mut self.lines[line];
            if row.weight > 0.0 && line == 0 {
                self.lengths.push(lived - row.began);
            }
            let row = &self.lines[line];
            tally.lines[line].add(years, &self.touched, [&row.down, &row.outages, &row.loss], missing);
        }
        let whole = &self.lines[0];
        tally.add_whole(years, &whole.down, &whole.outages, &whole.loss);
        let sums = |line: usize, year: usize| {
            let row = &self.lines[if self.lines.len() > 1 { line + 1 } else { 0 }];
            (row.down[year], row.loss[year])
        };
        tally.add(years, &self.touched, sums, self.exposed, &self.gone, (lived, missing));
        tally.add_incidents(&self.lengths, &self.losses);
        self.reset();
    }

    /// Ends the lifetime: milliseconds that the application was down, and how often something was lost for
    /// good.
    pub(super) fn take(&mut self) -> (u64, usize) {
        self.pass(0, self.ended.unwrap_or(self.horizon).min(self.horizon));
        let sums = (self.lines[0].down.iter().sum(), self.gone.len());
        self.reset();
        sums
    }

    /// Ends the lifetime: milliseconds that each line was down.
    pub(super) fn take_lines(&mut self, down: &mut Vec<u64>) {
        down.clear();
        let end = self.ended.unwrap_or(self.horizon).min(self.horizon);
        for line in 0..self.lines.len() {
            self.pass(line, end);
            down.push(self.lines[line].down.iter().sum());
        }
        self.reset();
    }

    fn reset(&mut self) {
        for row in &mut self.lines {
            (row.weight, row.since, row.began) = (0.0, 0, 0);
            for year in (0..self.years).filter(|year| self.touched[*year]) {
                (row.down[year], row.outages[year], row.loss[year]) = (0, 0, 0);
            }
        }
        self.touched.fill(false);
        self.lengths.clear();
        self.losses.clear();
        self.settled();
        self.gone.clear();
        self.lost.iter_mut().for_each(|spans| spans.0.clear());
        (self.exposed, self.ended, self.any) = (0, None, false);
    }
}

/// Adds to a sum that stays [`NEVER`], a loss without bound, once it is.
fn add(sum: &mut u64, more: u64) {
    *sum = sum.saturating_add(more);
}
