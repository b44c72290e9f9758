//! What a tier costs: per month by item, and per incident. Every figure is quantity × unit price.
//!
//! A price that the file does not give stays unknown: its item is listed with its quantity, and the
//! total is unknown too, never a sum that counts the gap as zero. What is free is said with a price
//! of 0.

mod incident;
mod storage;
mod transfer;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::id::{PoolId, TierId};
use crate::model::{Scenario, Tier, fit_plan};
use crate::units::{HOURS_PER_MONTH, Money, SECONDS_PER_YEAR};

pub use incident::{IncidentCost, IncidentItem, PlanUse, incident};
pub use storage::{Stored, StoredPart, stored};
pub use transfer::{Traffic, traffic};

/// Seconds in the model's month of 730 hours.
pub const SECONDS_PER_MONTH: f64 = SECONDS_PER_YEAR / 12.0;

/// One line of a month's bill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CostItem {
    /// What it is: `compute: kafka`, `storage: nightly, fulls`.
    pub item: String,
    /// How much of it in a month, in `unit`.
    pub quantity: f64,
    /// Unit of the quantity: `instance-hour`, `GB-month`, `GB`, `item`, `drill`.
    pub unit: String,
    /// Price of one unit in the scenario's currency; `None` is unknown.
    pub unit_price: Option<f64>,
    /// Quantity × unit price, in the scenario's currency; `None` is unknown.
    pub per_month: Option<f64>,
}

impl CostItem {
    fn new(item: String, quantity: f64, unit: &str, price: Option<Money>) -> Self {
        let unit_price = price.map(Money::amount);
        Self { item, quantity, unit: unit.to_owned(), unit_price, per_month: unit_price.map(|p| p * quantity) }
    }
}

/// What a tier costs in a month.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TierCost {
    /// The lines: compute, storage, transfer, monthly items, drills; each group by name.
    pub items: Vec<CostItem>,
    /// Their sum in the scenario's currency; `None` if the price of any line is unknown.
    pub per_month: Option<f64>,
    /// Names of the lines whose price is unknown.
    pub unknown: Vec<String>,
}

/// What a tier costs in a month without incidents.
///
/// Pools and copies that several services share cost once. A line of quantity zero is left out, for
/// nothing of something costs nothing at any price. What `cold` compute, a soft delete without a
/// price and a copy derived only on demand cost is nothing until an incident comes.
///
/// # Formula
/// Σ quantity × unit price, with
/// - compute: instances × 730 h, of all pools that run or stand by;
/// - storage: mean stored bytes ÷ compression × copies of them, see [`stored`];
/// - transfer: bytes per month between regions ÷ compression, see [`traffic`];
/// - monthly items: count; drills of plans that the tier has: 730 h ÷ distance.
///
/// # Returns
/// Quantities per month of 730 hours and money in the scenario's currency.
#[must_use]
pub fn monthly(scenario: &Scenario, tier: TierId) -> TierCost {
    let tier = &scenario.tiers[tier];
    let mut items = compute_items(scenario, tier);
    items.extend(storage_items(scenario, tier));
    items.extend(transfer_items(scenario, tier));
    items.extend(monthly_items(tier));
    items.extend(drill_items(scenario, tier));
    items.retain(|item| item.quantity > 0.0);
    let unknown: Vec<String> =
        items.iter().filter(|item| item.per_month.is_none()).map(|item| item.item.clone()).collect();
    // Of nothing the sum of floating numbers is minus zero.
    let per_month = unknown.is_empty().then(|| items.iter().filter_map(|item| item.per_month).fold(0.0, |a, b| a + b));
    TierCost { items, per_month, unknown }
}

fn compute_items(scenario: &Scenario, tier: &Tier) -> Vec<CostItem> {
    let paid: BTreeSet<PoolId> = tier.services.iter().flat_map(|s| s.runs.iter().chain(&s.standby)).copied().collect();
    paid.into_iter()
        .map(|pool| {
            let pool = &scenario.compute[pool];
            let hours = pool.instances.len() as f64 * HOURS_PER_MONTH;
            CostItem::new(format!("compute: {}", pool.name), hours, "instance-hour", pool.price_per_hour)
        })
        .collect()
}

fn storage_items(scenario: &Scenario, tier: &Tier) -> Vec<CostItem> {
    let mut items = Vec::new();
    for copy in &tier.copies {
        let row = &scenario.copies[*copy];
        for Stored { part, bytes } in stored(scenario, *copy) {
            let name = match part.word() {
                "" => format!("storage: {}", row.name),
                word => format!("storage: {}, {word}", row.name),
            };
            items.push(CostItem::new(name, bytes.gigabytes(), "GB-month", row.price_per_gb_month));
        }
    }
    items
}

fn transfer_items(scenario: &Scenario, tier: &Tier) -> Vec<CostItem> {
    let mut items = Vec::new();
    for copy in &tier.copies {
        for Traffic { from, to, link, bytes_per_month } in traffic(scenario, &tier.copies, *copy) {
            let way = match link {
                Some(link) => format!("over {}", scenario.links[link].name),
                None => format!("from {} to {}", scenario.places[from].name, scenario.places[to].name),
            };
            let name = format!("transfer: {} {way}", scenario.copies[*copy].name);
            let price = link.and_then(|link| scenario.links[link].price_per_gb);
            items.push(CostItem::new(name, bytes_per_month.gigabytes(), "GB", price));
        }
    }
    items
}

/// Items with the same name, count and price in two services of a tier are one shared item.
fn monthly_items(tier: &Tier) -> Vec<CostItem> {
    let mut seen = Vec::new();
    for item in tier.services.iter().flat_map(|s| &s.monthly) {
        if !seen.contains(&item) {
            seen.push(item);
        }
    }
    seen.sort_by(|a, b| a.name.cmp(&b.name));
    seen.into_iter()
        .map(|item| CostItem::new(format!("monthly: {}", item.name), item.count, "item", item.each))
        .collect()
}

/// A drill of a plan that does not fit the tier cannot be held there and costs nothing.
fn drill_items(scenario: &Scenario, tier: &Tier) -> Vec<CostItem> {
    let held = |plan| tier.services.iter().any(|s| s.plans.contains(&plan) && fit_plan(scenario, s, plan).is_some());
    scenario
        .drills
        .rows()
        .iter()
        .filter(|drill| held(drill.plan) && !drill.every.is_zero())
        .map(|drill| {
            let times = SECONDS_PER_MONTH / drill.every.seconds();
            CostItem::new(format!("drill: {}", drill.name), times, "drill", drill.price_per_drill)
        })
        .collect()
}

#[cfg(test)]
mod tests;
