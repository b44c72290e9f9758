//! Max-min fair sharing of links and of what copies give and pools take.

use super::incident::Launch;
use super::route::Route;

/// A transfer under way.
#[derive(Clone, Copy)]
pub(super) struct Flow {
    pub(super) actor: usize,
    pub(super) launch: Launch,
    pub(super) step: usize,
    /// Logical bytes per stored byte.
    compression: f64,
    /// Stored bytes per second that the step itself can do.
    limit: f64,
}

impl Flow {
    pub(super) fn new(actor: usize, launch: Launch, step: usize, route: &Route) -> Self {
        Self { actor, launch, step, compression: route.compression, limit: route.own_limit / route.compression }
    }
}

/// Rates of all flows, logical bytes per second.
///
/// # Formula
/// Progressive filling: the stored bytes per second of all flows rise together; a flow stops at its
/// own limit or when something that it uses is full. Nobody can get more without someone with less
/// getting less.
///
/// # Source
/// Bertsekas, Gallager (1992), Data Networks, section 6.5.2.
pub(super) fn share<'a>(
    flows: &[Flow],
    route: impl Fn(&Flow) -> &'a Route,
    capacity: &[f64],
    rates: &mut Vec<f64>,
    stopped: &mut Vec<usize>,
) {
    rates.clear();
    rates.resize(flows.len(), f64::NAN);
    let mut level = 0.0;
    // Each round stops at least one flow.
    for _ in 0..flows.len() {
        let open = |n: usize| rates[n].is_nan();
        let used = |resource: usize, n: usize| {
            route(&flows[n])
                .shares
                .iter()
                .filter(|(r, _)| *r == resource)
                .map(|(_, w)| w * flows[n].compression)
                .sum::<f64>()
        };
        let mut stop = f64::INFINITY;
        for n in (0..flows.len()).filter(|n| open(*n)) {
            stop = stop.min(flows[n].limit);
            for (resource, _) in &route(&flows[n]).shares {
                stop = stop.min(full_at(&|m| used(*resource, m), &open, rates, capacity[*resource]));
            }
        }
        level = stop.max(level);
        stopped.clear();
        stopped.extend((0..flows.len()).filter(|n| open(*n)).filter(|n| {
            let full = |resource: usize| full_at(&|m| used(resource, m), &open, rates, capacity[resource]) <= level;
            flows[*n].limit <= level || route(&flows[*n]).shares.iter().any(|(r, _)| full(*r))
        }));
        for n in stopped.iter() {
            rates[*n] = level;
        }
        if rates.iter().all(|rate| !rate.is_nan()) {
            break;
        }
    }
    for (rate, flow) in rates.iter_mut().zip(flows) {
        *rate = if rate.is_nan() { f64::INFINITY } else { *rate * flow.compression };
    }
}

/// The level of all open flows at which a resource is full.
fn full_at(used: &dyn Fn(usize) -> f64, open: &dyn Fn(usize) -> bool, rates: &[f64], capacity: f64) -> f64 {
    let (mut left, mut weight) = (capacity, 0.0);
    for (n, rate) in rates.iter().enumerate() {
        if open(n) {
            weight += used(n);
        } else {
            left -= used(n) * rate;
        }
    }
    if weight > 0.0 { (left / weight).max(0.0) } else { f64::INFINITY }
}
