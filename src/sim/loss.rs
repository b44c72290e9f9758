//! What an incident loses: by the plan that ended it, beside service that goes on, and for the sake of
//! data that must agree.

use super::impact::Fate;
use super::incident::{Facts, Launch, Outcome, Site};
use super::program::FailureProgram;
use super::random::Uniform;
use super::{NEVER, unsent};
use crate::model::FailureKind;

/// Seconds and bytes lost by one service.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Loss {
    pub(super) before: f64,
    pub(super) after: f64,
    /// What data that must agree loses after the failure too, for it goes back to before it: nothing where
    /// only one of two sides is dropped.
    pub(super) undone: f64,
    pub(super) bytes: f64,
}

/// When a service whose own parts go on is over the interruption, and what it loses all the same.
pub(super) fn masked<U: Uniform>(site: &Site<'_>, facts: &Facts, draws: &U) -> (f64, Loss) {
    let before = unsent::age(&site.impact.unsent, draws, facts.occurrence);
    let loss = Loss { before, bytes: site.service.writes * before, ..Loss::default() };
    let Fate::Masked { takeovers, diverges } = &site.impact.fate else {
        return (facts.impact_time(), loss);
    };
    let serve = takeovers.iter().map(|draw| draw.get(draws, facts.occurrence)).fold(facts.impact_time(), f64::max);
    let after = if *diverges { facts.end } else { 0.0 };
    (serve, Loss { after, bytes: site.service.writes * (before + after), ..loss })
}

/// What is gone though the outage is over: writes that only destroyed places had.
pub(super) fn waited<U: Uniform>(site: &Site<'_>, facts: &Facts, draws: &U) -> Loss {
    let before = unsent::age(&site.impact.unsent_after, draws, facts.occurrence);
    Loss { before, bytes: site.service.writes * before, ..Loss::default() }
}

/// What a plan that brought the service back could not bring back.
pub(super) fn lost(program: &FailureProgram, site: &Site<'_>, facts: &Facts, launch: &Launch) -> Loss {
    let (plan, _, source) = site.plan(launch);
    let point = &launch.point;
    if source.merges {
        return Loss::default();
    }
    let felt = is_found_late(program.kind) && !point.keeps_after && !plan.salvage;
    let after = if felt { facts.moments.detect } else { 0.0 };
    let before_bytes = point.bytes.unwrap_or(site.service.writes * point.age);
    Loss { before: point.age, after, undone: after, bytes: before_bytes + site.service.writes * after }
}

/// Whether users work on with the damage until it is found: going back undoes good writes that came since.
fn is_found_late(kind: FailureKind) -> bool {
    matches!(kind, FailureKind::Deletion | FailureKind::Corruption)
}

/// Where data sets that must agree go back to, in milliseconds: their oldest common moment. If one of them
/// loses what came between the failure and its detection, all do.
pub(super) struct Common {
    oldest: u64,
    undone: u64,
}

impl Common {
    /// # Arguments
    /// `losses`: what each of them loses by itself, before the failure and after it.
    pub(super) fn new(kind: FailureKind, losses: impl Iterator<Item = (u64, u64)>) -> Self {
        let (oldest, after) = losses.fold((0, 0), |all, one| (all.0.max(one.0), all.1.max(one.1)));
        Self { oldest, undone: if is_found_late(kind) { after } else { 0 } }
    }

    /// What one of them loses then, before and after, if it is more than by itself.
    pub(super) fn takes(&self, before: u64, after: u64) -> Option<(u64, u64)> {
        let more = before < self.oldest || after < self.undone;
        more.then(|| (before.max(self.oldest), after.max(self.undone)))
    }
}

/// Bytes written in so many milliseconds of loss.
pub(super) fn bytes_of(data_loss: u64, writes: f64) -> u64 {
    if data_loss == NEVER { NEVER } else { (writes * (data_loss as f64 / 1000.0)).round() as u64 }
}

/// Data sets that must agree go back to their oldest common moment.
pub(super) fn agree(program: &FailureProgram, outcomes: &mut [Outcome], group: &[usize]) {
    let losses = group.iter().map(|n| (outcomes[*n].data_loss_before, outcomes[*n].data_loss_after));
    let common = Common::new(program.kind, losses);
    for n in group {
        let (service, outcome) = (&program.services[*n], &mut outcomes[*n]);
        let more = common.takes(outcome.data_loss_before, outcome.data_loss_after);
        let Some((before, after)) = more else { continue };
        (outcome.data_loss_before, outcome.data_loss_after) = (before, after);
        outcome.data_loss = before.saturating_add(after);
        outcome.data_loss_bytes = bytes_of(outcome.data_loss, service.writes);
        outcome.rpo_met = outcome.data_loss <= service.rpo && outcome.data_loss != NEVER;
    }
}
