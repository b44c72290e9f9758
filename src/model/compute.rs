//! Pools of compute instances and the sites at which copies lie.

use super::Delay;
use crate::id::{AccountId, PlaceId, PoolId};
use crate::units::{Bytes, BytesPerSecond, Money};

/// One machine, pod or node of a pool.
#[derive(Clone, Debug)]
pub struct Instance {
    /// `pool/place`, or `pool/place#2` from the second at the same place.
    pub name: String,
    /// Where it runs.
    pub place: PlaceId,
}

/// A pool of instances that do the same work.
#[derive(Clone, Debug)]
pub struct Pool {
    /// Name in the file.
    pub name: String,
    /// A line for people, if there is one.
    pub title: Option<String>,
    /// Its instances, in the order of their names.
    pub instances: Vec<Instance>,
    /// How many must be there for service.
    pub enough: u32,
    /// The interruption that users feel when an instance is lost but enough are left; `None`: they feel nothing.
    pub takeover: Option<Delay>,
    /// Each instance serves a part of its own: service needs all, a plan reopens with `enough`.
    pub sharded: bool,
    /// Where a lost instance may be started again; `None`: nowhere but where it was.
    pub within: Option<PlaceId>,
    /// The account that holds it; `None`: no credential domain.
    pub account: Option<AccountId>,
    /// Price of one instance for an hour, in the scenario's currency; `None` is unknown.
    pub price_per_hour: Option<Money>,
    /// What one instance can hold in memory; `None` is not a limit.
    pub memory: Option<Bytes>,
    /// The most that it takes in during a restore, logical; `None` is not a limit.
    pub write_rate: Option<BytesPerSecond>,
}

/// Where a copy lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Site {
    /// At a place; at a region it is a regional service that outlives its zones.
    Place(PlaceId),
    /// On the disks of one instance of a pool.
    Instance(PoolId, u32),
}
