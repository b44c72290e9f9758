//! What one incident costs beyond the month's bill: moving data back, and compute that was cold.

use serde::Serialize;

use crate::id::{DataId, PlanId, ServiceId, TierId};
use crate::model::{Copy, FittedPlan, Scenario, Volume, fit_plan};
use crate::units::{BYTES_PER_GB, Money, Seconds};

use super::transfer::regions;

/// One line of an incident's bill.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct IncidentItem {
    /// What it is.
    pub item: String,
    /// How much of it, in `unit`.
    pub quantity: f64,
    /// `GB` or `instance-hour`.
    pub unit: String,
    /// Price of one unit in the scenario's currency; `None` is unknown.
    pub unit_price: Option<f64>,
    /// Quantity × unit price, in the scenario's currency; `None` is unknown.
    pub per_incident: Option<f64>,
}

/// What an incident costs.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct IncidentCost {
    /// The lines: transfers in the order of the steps, then compute.
    pub items: Vec<IncidentItem>,
    /// Their sum in the scenario's currency; `None` if the price of any line is unknown.
    pub per_incident: Option<f64>,
    /// Names of the lines whose price is unknown.
    pub unknown: Vec<String>,
}

/// What one use of a plan costs beyond the monthly bill, from its first source.
///
/// # Formula
/// - transfer: volume of each step that moves data between regions ÷ compression of the source, at
///   the link's price; a recovery point counts as the data set's size, increments and logs not
///   counted because their length differs between incidents;
/// - compute: instances of each cold pool that the plan starts × hours in use.
///
/// # Arguments
/// `share`: part of the data that the failure hits, in (0, 1]; `in_use`: how long the pools that the
/// plan starts are needed.
///
/// # Returns
/// `None` if the tier does not have the plan, or the plan does not fit there.
#[must_use]
pub fn incident(
    scenario: &Scenario,
    tier: TierId,
    service: ServiceId,
    plan: PlanId,
    share: f64,
    in_use: Seconds,
) -> Option<IncidentCost> {
    let of_tier = scenario.tiers[tier].services.iter().find(|s| s.service == service)?;
    let fitted = of_tier.plans.contains(&plan).then(|| fit_plan(scenario, of_tier, plan)).flatten()?;
    let mut items = transfers(scenario, &fitted, share);
    let mut started: Vec<_> = fitted.steps.iter().flat_map(|step| step.starts.iter().copied()).collect();
    started.sort_unstable();
    started.dedup();
    for pool in started.into_iter().filter(|pool| of_tier.cold.contains(pool)) {
        let pool = &scenario.compute[pool];
        let hours = pool.instances.len() as f64 * in_use.seconds() / 3600.0;
        items.push(line(format!("compute: {}", pool.name), hours, "instance-hour", pool.price_per_hour));
    }
    items.retain(|item| item.quantity > 0.0);
    let unknown: Vec<String> =
        items.iter().filter(|item| item.per_incident.is_none()).map(|item| item.item.clone()).collect();
    let per_incident = unknown.is_empty().then(|| items.iter().filter_map(|item| item.per_incident).sum());
    Some(IncidentCost { items, per_incident, unknown })
}

fn transfers(scenario: &Scenario, plan: &FittedPlan, share: f64) -> Vec<IncidentItem> {
    let Some(source) = plan.from.first().map(|copy| &scenario.copies[*copy]) else {
        return Vec::new();
    };
    let crossed = |source: &Copy| {
        let from = regions(scenario, source);
        let into = plan.into.iter().flat_map(|pool| &scenario.compute[*pool].instances);
        into.map(|instance| scenario.places[instance.place].region)
            .find(|region| !from.contains(region))
            .and_then(|to| from.iter().find_map(|from| scenario.link_between(*from, to)))
    };
    let mut items = Vec::new();
    for fitted in &plan.steps {
        let step = &scenario.steps[fitted.step];
        let Some(work) = &step.work else { continue };
        // A step that moves another copy by name reads that one, where it lies.
        let source = step.moved_copy().map_or(source, |copy| &scenario.copies[copy]);
        let Some(link) = work.over.or_else(|| crossed(source)).map(|link| &scenario.links[link]) else { continue };
        let size_of = |data: DataId| scenario.data[data].size.bytes() * share;
        let bytes = match work.volume {
            Volume::Fixed(bytes) => bytes.bytes(),
            Volume::Data(data) => size_of(data),
            Volume::Copy(copy) => size_of(scenario.copies[copy].data),
            Volume::From => size_of(source.data),
            // What came in from outside since the point is not known before the incident.
            Volume::External(_) => 0.0,
        };
        let gigabytes = bytes / source.compression / BYTES_PER_GB;
        items.push(line(format!("transfer: {} over {}", step.name, link.name), gigabytes, "GB", link.price_per_gb));
    }
    items
}

fn line(item: String, quantity: f64, unit: &str, price: Option<Money>) -> IncidentItem {
    let unit_price = price.map(Money::amount);
    IncidentItem { item, quantity, unit: unit.to_owned(), unit_price, per_incident: unit_price.map(|p| p * quantity) }
}
