//! What one incident costs beyond the month's bill: moving data back, and compute that was cold.

use serde::Serialize;

use crate::id::{DataId, PlaceId, PlanId, PoolId, ServiceId, TierId};
use crate::model::{Copy, CopyKind, FittedPlan, Scenario, TierService, Volume, fit_failback, fit_plan};
use crate::units::{BYTES_PER_GB, Bytes, Money, Seconds};

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
    /// Where the file gives its price, or would.
    pub price: String,
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

/// How a plan is used: what its price turns on beside the plan itself.
#[derive(Clone, Copy, Debug)]
pub struct PlanUse {
    /// Part of the data that the failure hits, in (0, 1\].
    pub share: f64,
    /// How long the pools that serve afterwards are in use, from the begin of their start.
    pub serving: Seconds,
    /// How long other pools that the plan starts are in use.
    pub helping: Seconds,
    /// Logical bytes that go back home where the plan has a way back and a step of it moves what changed.
    pub returned: Bytes,
}

/// What one use of a plan costs beyond the monthly bill, from its first source, with its way back.
///
/// # Formula
/// - transfer: volume of each step that moves data between regions ÷ compression of what is read, at
///   the link's price, unknown where no link is declared; a recovery point counts as the data set's size,
///   increments and logs not counted because their length differs between incidents;
/// - compute: instances of each cold pool that the plan starts × hours in use.
///
/// # Returns
/// `None` if the tier does not have the plan, or the plan does not fit there.
#[must_use]
pub fn incident(
    scenario: &Scenario,
    tier: TierId,
    service: ServiceId,
    plan: PlanId,
    used: &PlanUse,
) -> Option<IncidentCost> {
    let of_tier = scenario.tiers[tier].services.iter().find(|s| s.service == service)?;
    let fitted = of_tier.plans.contains(&plan).then(|| fit_plan(scenario, of_tier, plan)).flatten()?;
    let source = fitted.from.first().map(|copy| &scenario.copies[*copy]);
    let primary = primary_regions(scenario, of_tier);
    let mut items = Vec::new();
    if let Some(source) = source {
        let from = regions(scenario, source);
        let size = scenario.data[source.data].size.bytes() * used.share;
        items = transfers(scenario, &fitted, source, &from, &primary, size, used.share);
    }
    if let (Some(back), Some(source)) = (fit_failback(scenario, of_tier, &fitted), source) {
        // What serves away from home is what goes back: the copy that lives by itself, or what was restored.
        let lives = matches!(source.kind, CopyKind::Primary { .. } | CopyKind::Async { .. });
        let from = if lives { regions(scenario, source) } else { pool_regions(scenario, &fitted.into) };
        items.extend(transfers(scenario, &back, source, &from, &primary, used.returned.bytes(), used.share));
    }
    let mut started: Vec<_> = fitted.steps.iter().flat_map(|step| step.starts.iter().copied()).collect();
    started.sort_unstable();
    started.dedup();
    for id in started.into_iter().filter(|pool| of_tier.cold.contains(pool)) {
        let pool = &scenario.compute[id];
        let time = if fitted.into.contains(&id) { used.serving } else { used.helping };
        let hours = pool.instances.len() as f64 * time.seconds() / 3600.0;
        let price = format!("compute.{}.per_hour", pool.name);
        items.push(line(format!("compute: {}", pool.name), hours, "instance-hour", price, pool.price_per_hour));
    }
    items.retain(|item| item.quantity > 0.0);
    let unknown: Vec<String> =
        items.iter().filter(|item| item.per_incident.is_none()).map(|item| item.item.clone()).collect();
    let known = items.iter().filter_map(|item| item.per_incident).fold(0.0, |sum, item| sum + item);
    Some(IncidentCost { per_incident: unknown.is_empty().then_some(known), items, unknown })
}

/// The regions of a service's primary.
fn primary_regions(scenario: &Scenario, service: &TierService) -> Vec<PlaceId> {
    let mut copies = service.copies.iter().map(|copy| &scenario.copies[*copy]);
    let primary = copies.find(|copy| matches!(copy.kind, CopyKind::Primary { .. }));
    primary.map_or_else(Vec::new, |copy| regions(scenario, copy))
}

/// The regions of the instances of these pools, in their order.
fn pool_regions(scenario: &Scenario, pools: &[PoolId]) -> Vec<PlaceId> {
    let instances = pools.iter().flat_map(|pool| &scenario.compute[*pool].instances);
    instances.map(|instance| scenario.places[instance.place].region).collect()
}

/// What the steps of a plan move between regions: from these, of what `source` holds; `moved` logical bytes
/// where a step moves the chosen point; to the pools that serve afterwards, else to `home`.
fn transfers(
    scenario: &Scenario,
    plan: &FittedPlan,
    source: &Copy,
    from: &[PlaceId],
    home: &[PlaceId],
    moved: f64,
    share: f64,
) -> Vec<IncidentItem> {
    let into = if plan.into.is_empty() { home.to_vec() } else { pool_regions(scenario, &plan.into) };
    let mut items = Vec::new();
    for fitted in &plan.steps {
        let step = &scenario.steps[fitted.step];
        let Some(work) = &step.work else { continue };
        // A step that moves another copy by name reads that one, where it lies.
        let named = step.moved_copy().map(|copy| &scenario.copies[copy]);
        let from = named.map_or_else(|| from.to_vec(), |copy| regions(scenario, copy));
        let Some((first, to)) = from.first().zip(into.iter().find(|region| !from.contains(region))) else { continue };
        let crossed = from.iter().find_map(|from| scenario.link_between(*from, *to));
        let size_of = |data: DataId| scenario.data[data].size.bytes() * share;
        let bytes = match work.volume {
            Volume::Fixed(bytes) => bytes.bytes(),
            Volume::Data(data) => size_of(data),
            Volume::Copy(copy) => size_of(scenario.copies[copy].data),
            Volume::From if work.replays => 0.0,
            Volume::From => moved,
            // What came in from outside since the point is not known before the incident.
            Volume::External(_) => 0.0,
        };
        let gigabytes = bytes / named.unwrap_or(source).compression / BYTES_PER_GB;
        let (way, price, per_gb) = match work.over.or(crossed).map(|link| &scenario.links[link]) {
            Some(link) => (format!("over {}", link.name), format!("links.{}.per_gb", link.name), link.price_per_gb),
            None => {
                let way = format!("from {} to {}", scenario.places[*first].name, scenario.places[*to].name);
                (way.clone(), format!("a link {way}"), None)
            }
        };
        items.push(line(format!("transfer: {} {way}", step.name), gigabytes, "GB", price, per_gb));
    }
    items
}

fn line(item: String, quantity: f64, unit: &str, price: String, amount: Option<Money>) -> IncidentItem {
    let unit_price = amount.map(Money::amount);
    let per_incident = unit_price.map(|p| p * quantity);
    IncidentItem { item, quantity, unit: unit.to_owned(), price, unit_price, per_incident }
}
