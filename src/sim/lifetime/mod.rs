//! Lifetimes: years in which failures overlap, hit during recovery and while services run elsewhere.
//!
//! Members fail and come back on their own ([`events`]); a tier makes of it what its plans allow
//! ([`world`]), and a ledger keeps account by year. All tiers live through the same events.
//!
//! Lifetimes that are made to have overlapping failures are in [`episodes`], those of single incidents with
//! their way back in [`returns`]; how failures fall into years that do not come at a constant rate in
//! [`renewals`].
//!
//! Where the model leaves a choice open, it is made here:
//! - A further loss during a recovery changes nothing while the plan still has its source and its
//!   target; otherwise a plan is chosen anew among those for any failure that is there, at once: people
//!   are at it.
//! - Damage to data is mended where the service runs, home or elsewhere; it waits until the places for that
//!   are back. A plan that leads to what the service always runs on leads there.
//! - A service that runs elsewhere has its data there: streams and backups of the old primary end when it
//!   goes. If it is down there, it takes a plan for what is lost then; if none fits, it goes home as soon as
//!   home is good and its data can be reached, with its way back. Where its data is destroyed, home goes on
//!   with what it had. Copies and backups of what serves there go on.
//! - No backup is made into a place that is down, nor over a link that is cut. The first one after its place
//!   was destroyed is a full one. A log that was destroyed can be replayed onto what is newer than that.
//! - Nothing is lost twice: what an earlier incident lost does not count again. A restore from before some
//!   damage undoes it too, noticed or not.
//! - A stream that is interrupted leaves its copy as old as that. Then it catches up, or, after longer than
//!   its window, is copied anew; until that is done it is the last choice. While a service is down or away,
//!   nothing is written and time stands still for its streams.
//! - A place of a primary in several places that comes back is as old as when it went until another that has
//!   all fills it, at once. While all of those are lost, it waits for them; if they are destroyed, service goes
//!   on with the newest that is left, and loses the rest.
//! - A copy whose place was destroyed is filled anew once the place is back; of backups and logs only what
//!   comes from then on is there. A service that left a destroyed home takes all of its data back.
//! - After `rebuild`, what a service lost for good is there again, empty: nothing older can be restored.
//! - Data sets grow from the start of the lifetime on; what is written, and the bill, stay as they are.
//! - Going back begins as soon as home is good, and is broken off if it is lost again. Without a `failback`
//!   it takes no time.
//! - An incident that loses a part of the data for good (its `share`) does not end the lifetime.

mod alone;
mod away;
mod campaign;
mod crews;
mod drills;
mod episodes;
mod events;
mod foresight;
mod ledger;
mod meet;
mod outside;
mod parted;
mod past;
mod queue;
mod record;
mod recovery;
mod renewals;
mod replicas;
mod returns;
mod room;
mod situation;
mod tally;
mod unit;
mod versions;
mod world;

pub use campaign::{events_per_year, run_lifetimes, run_lifetimes_while};
pub use episodes::{Change, Overlaps, overlaps, overlaps_while};
pub use record::LifetimeRecord;
pub use renewals::{PerYear, Renewal, Renewals, renewals};
pub(super) use returns::returns;
pub use returns::{Longer, Returns};
pub use tally::{LifetimeResult, LifetimeSettings, LifetimeTally, LineTally, Wholes};
