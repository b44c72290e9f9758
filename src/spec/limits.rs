//! How large a scenario may be: beyond these sizes work is refused before it starts.
//!
//! Every finding about one of them has a code that begins with `limit-`.

/// Bytes of a file: hundreds of times the largest scenario that a person would write.
pub const FILE_BYTES: usize = 8 << 20;

/// Entries of one table. Pairs of entries are compared in places, so this also bounds time.
pub const ENTRIES: usize = 1_000;

/// Instances of a pool, sites of a copy, or members of a failure.
pub const MEMBERS: u64 = 10_000;

/// Instances, sites and members of the whole file: every member has a set with a bit for every
/// instance and site.
pub const ASSETS: usize = 20_000;

/// Items of a list other than samples.
pub const ITEMS: usize = 10_000;

/// What the lists of all services of all tiers hold together.
pub const TIER_ITEMS: usize = 200_000;

/// Findings that are collected; a file with more has one fault over and over.
pub const FINDINGS: usize = 500;

/// Samples of an empirical distribution: a quantile of more tells nothing more.
pub const SAMPLES: usize = 100_000;

/// People of one role.
pub const PEOPLE: u64 = 10_000;

/// Streams of one transfer.
pub const STREAMS: u64 = 100_000;

/// Retries of one step: an incident may try all of them.
pub const RETRIES: u64 = 1_000;

/// Recovery points of one source that a plan tries.
pub const POINTS: u64 = 1_000;

/// Steps of one plan, far more than people carry out.
pub const STEPS: usize = 200;

/// By how much a duration may be off: with more, nothing is known of it.
pub const OFF_BY: f64 = 1_000.0;

/// Missed heartbeats until a failure counts as detected.
pub const MISSES: u64 = 1_000_000;

/// A bare number, such as a price: far beyond all money, and products with it stay finite.
pub const NUMBER: f64 = 1e15;

/// Years after which the growth of a data set must still leave it a size: those of a lifetime unless told
/// otherwise. After a century sizes are then finite numbers still.
pub const GROWN_YEARS: f64 = 10.0;

/// Years of one transfer with all its retries: what takes longer is a slip, and beyond 140,000 years incidents
/// count as never over.
pub const TRANSFER_YEARS: f64 = 1_000.0;
