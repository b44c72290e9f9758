//! One incident of one tier: from the failure to service, as the time line of the model has it.
//!
//! Times are seconds from the failure. The choice of plan, source and recovery point is here; how
//! long a plan takes is in [`super::walk`] where nothing waits, in [`super::contention`] where
//! links, people or other services' data are shared.

use super::impact::{Fate, Impact, PlanOption, ServiceImpact, SourceOption};
use super::loss::{Loss, agree, lost, masked, waited};
use super::point::{Moments, RecoveryPoint};
use super::program::{FailureProgram, PlanProgram, ServiceProgram};
use super::random::{Draw, Purpose, Uniform};
use super::recovery::Recovery;
use super::scheduler::Scheduler;
use super::{NEVER, contention, milliseconds, walk};
use crate::id::PlanId;
use crate::model::{FailureKind, Taints};

/// How service came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlanLabel {
    /// No plan was needed, or none could be carried out and nothing came back.
    None,
    /// The outage ended.
    Wait,
    /// This plan.
    Plan(PlanId),
}

/// What an incident did to a service or to the application, in whole milliseconds and bytes;
/// [`NEVER`] where it cannot be recovered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// From impact to first service.
    pub recovery_time: u64,
    /// From impact to full capacity.
    pub recovery_time_full: u64,
    /// From the failure to its detection.
    pub undetected: u64,
    /// Writes lost before the failure.
    pub data_loss_before: u64,
    /// Good writes lost between failure and detection.
    pub data_loss_after: u64,
    /// Both together.
    pub data_loss: u64,
    /// Logical bytes lost.
    pub data_loss_bytes: u64,
    /// How service came back.
    pub plan: PlanLabel,
    /// Users felt it: the recovery time is above zero. A plan that ran and took none of their time, as
    /// one that undoes a deletion beside running service, was not felt.
    pub interrupted: bool,
    /// Nothing brings it back.
    pub unrecoverable: bool,
    /// Within the objective for recovery time, or there is none.
    pub rto_met: bool,
    /// Within the objective for data loss, or there is none.
    pub rpo_met: bool,
}

impl Outcome {
    /// Nothing happened.
    pub const CALM: Self = Self {
        recovery_time: 0,
        recovery_time_full: 0,
        undetected: 0,
        data_loss_before: 0,
        data_loss_after: 0,
        data_loss: 0,
        data_loss_bytes: 0,
        plan: PlanLabel::None,
        interrupted: false,
        unrecoverable: false,
        rto_met: true,
        rpo_met: true,
    };

    /// The application's outcome: as bad as the worst of its services, lost bytes added up. The plan
    /// is that of the service that was back last.
    fn absorb(&mut self, service: &Self) {
        if service.recovery_time > self.recovery_time || self.plan == PlanLabel::None {
            self.plan = service.plan;
        }
        self.recovery_time = self.recovery_time.max(service.recovery_time);
        self.recovery_time_full = self.recovery_time_full.max(service.recovery_time_full);
        self.undetected = self.undetected.max(service.undetected);
        self.data_loss_before = self.data_loss_before.max(service.data_loss_before);
        self.data_loss_after = self.data_loss_after.max(service.data_loss_after);
        self.data_loss = self.data_loss.max(service.data_loss);
        self.data_loss_bytes = self.data_loss_bytes.saturating_add(service.data_loss_bytes);
        self.interrupted |= service.interrupted;
        self.unrecoverable |= service.unrecoverable;
        self.rto_met &= service.rto_met;
        self.rpo_met &= service.rpo_met;
    }
}

/// What is drawn once per incident.
pub(super) struct Facts {
    pub(super) occurrence: u64,
    pub(super) moments: Moments,
    /// When the outage ends; infinite for what does not end by itself.
    pub(super) end: f64,
    pub(super) corruption: bool,
    /// What multiplies the fixed part of stressed steps.
    pub(super) stress: f64,
}

impl Facts {
    /// When users begin to suffer.
    pub(super) fn impact_time(&self) -> f64 {
        if self.corruption { self.moments.detect } else { 0.0 }
    }
}

/// The plan under way: position of the option, of the source, the recovery point, the begin.
#[derive(Clone, Copy, Debug)]
pub(super) struct Launch {
    pub(super) option: usize,
    pub(super) source: usize,
    pub(super) point: RecoveryPoint,
    pub(super) begin: f64,
    /// After the outage, with what was destroyed.
    pub(super) after_outage: bool,
    /// How many plans were begun before in this incident.
    pub(super) round: u64,
    /// Years for which data sets have grown.
    pub(super) years: f64,
}

/// How a service's own recovery ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    pub(super) serve: f64,
    pub(super) full: f64,
    pub(super) label: PlanLabel,
    pub(super) launch: Option<Launch>,
}

impl Ended {
    pub(super) const UNRECOVERABLE: Self =
        Self { serve: f64::INFINITY, full: f64::INFINITY, label: PlanLabel::None, launch: None };
}

/// A service in an impact: what its recovery looks at.
#[derive(Clone, Copy)]
pub(super) struct Site<'a> {
    pub(super) service: &'a ServiceProgram,
    pub(super) impact: &'a ServiceImpact,
}

impl<'a> Site<'a> {
    pub(super) fn options(&self, after_outage: bool) -> &'a [PlanOption] {
        match &self.impact.fate {
            Fate::Down { options, after_outage: later, .. } => {
                if after_outage {
                    later
                } else {
                    options
                }
            }
            _ => &[],
        }
    }

    pub(super) fn plan(&self, launch: &Launch) -> (&'a PlanProgram, &'a PlanOption, &'a SourceOption) {
        let option = &self.options(launch.after_outage)[launch.option];
        (&self.service.plans[option.plan], option, &option.sources[launch.source])
    }

    /// Whether the end of the outage makes a plan needless: what is left of the data is there again.
    pub(super) fn comes_back(&self, facts: &Facts) -> bool {
        facts.end.is_finite() && !self.impact.data_lost
    }

    /// Service is back because the outage is over.
    pub(super) fn waited<U: Uniform>(&self, facts: &Facts, draws: &U, now: f64) -> Ended {
        let resume = self.service.resume.as_ref().map_or(0.0, |draw| draw.get(draws, facts.occurrence));
        let serve = (facts.end + resume).max(now);
        Ended { serve, full: serve, label: PlanLabel::Wait, launch: None }
    }

    /// Service is back because a plan is done.
    pub(super) fn served(&self, facts: &Facts, launch: Launch, serve: f64, full: f64) -> Ended {
        let (plan, option, _) = self.plan(&launch);
        let full = if option.short && !launch.after_outage { full.max(facts.end) } else { full };
        Ended { serve, full, label: PlanLabel::Plan(plan.plan), launch: Some(launch) }
    }

    /// No plan is left.
    pub(super) fn given_up<U: Uniform>(&self, facts: &Facts, draws: &U, now: f64) -> Ended {
        if self.comes_back(facts) { self.waited(facts, draws, now) } else { Ended::UNRECOVERABLE }
    }
}

/// Room to work in, kept from incident to incident.
#[derive(Default)]
pub(super) struct Scratch {
    pub(super) recoveries: Vec<Recovery>,
    pub(super) scheduler: Scheduler,
    /// What each service made of the incident, in the tier's order.
    pub(super) services: Vec<Outcome>,
    /// Finish of steps, milliseconds from impact, and whether on the critical path; by step slot.
    pub(super) steps: Vec<(u32, u64, bool)>,
    /// When each service was back and at full capacity, with all that it needs.
    pub(super) totals: Vec<(f64, f64)>,
    critical: Vec<bool>,
}

impl Scratch {
    /// Room that keeps every plan of so many services for one incident's time line.
    pub(super) fn traced(services: usize) -> Self {
        Self { recoveries: (0..services).map(|_| Recovery::traced()).collect(), ..Self::default() }
    }
}

/// Draws what is drawn once per incident.
pub(super) fn facts<U: Uniform>(program: &FailureProgram, draws: &U, occurrence: u64) -> Facts {
    let get = |draw: &Option<Draw>| draw.as_ref().map(|draw| draw.get(draws, occurrence));
    let moment = program
        .moment_key
        .map_or(0.0, |key| draws.uniform(key, occurrence, Purpose::Moment) * crate::units::SECONDS_PER_YEAR);
    let cutoff = match (get(&program.dwell), program.taints) {
        (Some(dwell), Taints::Entry) => -dwell,
        _ => 0.0,
    };
    let stress = get(&program.stress).unwrap_or(1.0);
    let detect = get(&program.detected).unwrap_or_else(|| own_detection(program, draws, occurrence, stress));
    let logical = !program.kind.ends_by_itself();
    let moments = Moments { moment, detect, cutoff, log_begins: f64::NEG_INFINITY, logical };
    let end = get(&program.lasts).unwrap_or(f64::INFINITY) + get(&program.repair_starts).unwrap_or(0.0);
    Facts { occurrence, moments, end, corruption: program.kind == FailureKind::Corruption, stress }
}

/// A failure without `detected` is known when the `detect` step of a plan says so.
fn own_detection<U: Uniform>(program: &FailureProgram, draws: &U, occurrence: u64, stress: f64) -> f64 {
    let Some((takes, stressed)) = detection(program) else { return 0.0 };
    takes.get(draws, occurrence) * if stressed { stress } else { 1.0 }
}

/// How long the first `detect` step takes that has a time, and whether a bad night prolongs it.
pub(super) fn detection(program: &FailureProgram) -> Option<(&Draw, bool)> {
    let plans = program.services.iter().flat_map(|service| &service.plans);
    let mut steps = plans.filter(|plan| plan.detects).filter_map(|plan| plan.steps.first());
    steps.find_map(|step| Some((step.takes.as_ref()?, step.stressed)))
}

/// Simulates one incident. The outcomes of the services are left in `scratch.services`.
pub(super) fn simulate<U: Uniform>(
    program: &FailureProgram,
    impact: &Impact,
    draws: &U,
    occurrence: u64,
    scratch: &mut Scratch,
) -> Outcome {
    let facts = facts(program, draws, occurrence);
    scratch.recoveries.resize_with(program.services.len(), Recovery::default);
    scratch.services.clear();
    scratch.steps.clear();
    let site = |n: usize| Site { service: &program.services[n], impact: &impact.services[n] };
    for n in 0..program.services.len() {
        scratch.recoveries[n].reset();
        if !impact.contention.any && matches!(impact.services[n].fate, Fate::Down { own: true, .. }) {
            let ended = walk::recover(&site(n), &facts, draws, &mut scratch.recoveries[n]);
            scratch.recoveries[n].ended = Some(ended);
        }
    }
    if impact.contention.any {
        contention::recover(program, impact, &facts, draws, &mut scratch.recoveries, &mut scratch.scheduler);
    }
    scratch.totals.clear();
    for n in 0..program.services.len() {
        let outcome = outcome(program, site(n), &facts, draws, scratch, n);
        scratch.services.push(outcome);
    }
    for group in &program.agreeing {
        agree(program, &mut scratch.services, group);
    }
    let mut application = Outcome::CALM;
    for service in &scratch.services {
        application.absorb(service);
    }
    if application.unrecoverable {
        application.recovery_time = NEVER;
    }
    if let Some((rto, rpo)) = program.limits {
        application.rto_met = application.recovery_time <= rto && !application.unrecoverable;
        application.rpo_met = application.data_loss <= rpo && application.data_loss != NEVER;
    }
    application
}

fn outcome<U: Uniform>(
    program: &FailureProgram,
    site: Site<'_>,
    facts: &Facts,
    draws: &U,
    scratch: &mut Scratch,
    n: usize,
) -> Outcome {
    let impact_time = facts.impact_time();
    let mut loss = Loss::default();
    let mut label = PlanLabel::None;
    let short = if site.impact.short && facts.end.is_finite() { facts.end } else { 0.0 };
    let (mut serve, mut full): (f64, f64);
    let mut detected = facts.moments.detect;
    match &site.impact.fate {
        Fate::Untouched => {
            (serve, full) = (impact_time, impact_time.max(short));
        }
        Fate::Masked { .. } => {
            (serve, loss) = masked(&site, facts, draws);
            full = serve.max(short);
        }
        Fate::Down { own, waits_for_outside, .. } => {
            let ended = if *own {
                loss = waited(&site, facts, draws);
                scratch.recoveries[n].ended.unwrap_or(Ended::UNRECOVERABLE)
            } else {
                (_, loss) = masked(&site, facts, draws);
                Ended { serve: impact_time, full: impact_time.max(short), label: PlanLabel::None, launch: None }
            };
            (serve, full, label) = (ended.serve, ended.full, ended.label);
            if *waits_for_outside {
                let waited = site.waited(facts, draws, 0.0);
                if waited.serve > serve {
                    (serve, label) = (waited.serve, PlanLabel::Wait);
                }
                full = full.max(waited.serve);
            }
            if let Some(launch) = ended.launch {
                loss = lost(program, &site, facts, &launch);
                let by_itself = record_steps(site, facts, &launch, scratch, n);
                detected = scratch.recoveries[n].seen.unwrap_or(by_itself).unwrap_or(detected);
            }
        }
    }
    for need in &site.service.needs {
        serve = serve.max(scratch.totals[*need].0);
        full = full.max(scratch.totals[*need].1);
    }
    scratch.totals.push((serve, full));
    finished(site.service, impact_time, (serve, full, detected), &loss, label)
}

fn finished(
    service: &ServiceProgram,
    impact_time: f64,
    (serve, full, detected): (f64, f64, f64),
    loss: &Loss,
    plan: PlanLabel,
) -> Outcome {
    let unrecoverable = serve.is_infinite();
    let never_if = |value: f64| if unrecoverable { NEVER } else { milliseconds(value) };
    let recovery_time = never_if(serve - impact_time);
    let data_loss_before = never_if(loss.before);
    let data_loss_after = never_if(loss.after);
    let data_loss = data_loss_before.saturating_add(data_loss_after);
    Outcome {
        recovery_time,
        recovery_time_full: never_if(full.max(serve) - impact_time),
        undetected: milliseconds(detected),
        data_loss_before,
        data_loss_after,
        data_loss,
        data_loss_bytes: if unrecoverable { NEVER } else { whole_bytes(loss.bytes) },
        plan,
        interrupted: recovery_time > 0,
        unrecoverable,
        rto_met: recovery_time <= service.rto && !unrecoverable,
        rpo_met: data_loss <= service.rpo && data_loss != NEVER,
    }
}

/// Bytes as a whole number; what is endless is [`NEVER`].
#[inline]
pub(super) fn whole_bytes(bytes: f64) -> u64 {
    // 2^61: a sum of a few such values still fits. Half up, through a signed integer, which processors
    // convert in one instruction.
    if bytes < 2_305_843_009_213_693_952.0 { (bytes + 0.5) as i64 as u64 } else { NEVER }
}

/// Leaves the finish of each step in the scratch; returns when the plan's own `detect` step was done.
fn record_steps(site: Site<'_>, facts: &Facts, launch: &Launch, scratch: &mut Scratch, n: usize) -> Option<f64> {
    let (plan, _, _) = site.plan(launch);
    let finish = &scratch.recoveries[n].finish;
    let impact_time = facts.impact_time();
    scratch.critical.clear();
    scratch.critical.resize(plan.steps.len(), plan.is_chain);
    if !plan.is_chain {
        plan.critical_path(|step| finish[step], |step| scratch.critical[step] = true);
    }
    let carried = &scratch.recoveries[n].carried;
    for (step, done) in finish.iter().enumerate() {
        let slot = (plan.first_slot + step) as u32;
        // What an earlier round did is not done again when this one comes to it.
        let before = carried.iter().find(|carried| carried.step == plan.steps[step].step);
        let done = before.map_or(*done, |carried| carried.at);
        scratch.steps.push((slot, milliseconds(done - impact_time), scratch.critical[step]));
    }
    plan.detects.then(|| finish[0])
}
