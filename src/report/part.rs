//! A part of a run as a file: what was asked for, which share of it this is, and its tallies. A file is
//! anybody's: nothing in it is taken on trust.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::sim::{CampaignRecord, LifetimeRecord};

/// Bytes of a part: those of large scenarios with millions of incidents have some tens of megabytes.
pub const PART_BYTES: usize = 256 << 20;

/// Version of the form.
const PART_VERSION: u64 = 2;

/// A part of a run.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    drplan_part: u64,
    /// Version of the program.
    pub drplan: String,
    /// What was simulated.
    pub scenario: PartScenario,
    /// What was asked for.
    pub options: PartOptions,
    /// Which part this is, from 1 …
    pub shard: u64,
    /// … of how many.
    pub shards: u64,
    /// What its incidents came to.
    pub incidents: CampaignRecord,
    /// What its lifetimes came to, if there are any.
    pub lifetimes: Option<LifetimeRecord>,
    /// SHA-256 of all the rest as [`Self::json`] writes it, with nothing here.
    checksum: String,
}

/// The scenario of a part, so that parts alone are enough to join them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartScenario {
    /// Hash of its values.
    pub hash: String,
    /// The file.
    pub text: String,
}

/// The options of the whole run that change a byte of its result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartOptions {
    /// Seed of all draws.
    pub seed: u64,
    /// Incidents per tier and failure.
    pub trials: u64,
    /// Years of a lifetime.
    pub years: f64,
    /// Lifetimes; 0 for none.
    pub lifetimes: u64,
    /// The only tier; `None`: all, as for the next two.
    pub tier: Option<String>,
    /// The only failure.
    pub failure: Option<String>,
    /// The only member of it.
    pub member: Option<String>,
}

/// What tells a part from other files.
#[derive(Deserialize)]
struct Head {
    drplan_part: Option<u64>,
    drplan: Option<String>,
}

impl Part {
    /// A part of a run of this program.
    #[must_use]
    pub fn new(
        scenario: PartScenario,
        options: PartOptions,
        (shard, shards): (u64, u64),
        incidents: CampaignRecord,
        lifetimes: Option<LifetimeRecord>,
    ) -> Self {
        let drplan = env!("CARGO_PKG_VERSION").to_owned();
        let checksum = String::new();
        Self { drplan_part: PART_VERSION, drplan, scenario, options, shard, shards, incidents, lifetimes, checksum }
    }

    /// As JSON with a final line break.
    ///
    /// # Errors
    /// None for a part that this program made; the serialiser's own words otherwise.
    pub fn json(mut self) -> Result<String, String> {
        self.checksum = self.sum()?;
        serde_json::to_string(&self).map(|text| text + "\n").map_err(|e| e.to_string())
    }

    /// What the checksum should be, which is empty afterwards.
    fn sum(&mut self) -> Result<String, String> {
        self.checksum.clear();
        let text = serde_json::to_string(self).map_err(|e| e.to_string())?;
        Ok(Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Whether it is as it was written.
    ///
    /// # Errors
    /// A phrase for people.
    pub fn check(mut self) -> Result<(), String> {
        let written = std::mem::take(&mut self.checksum);
        if self.sum()? == written {
            Ok(())
        } else {
            Err("its checksum is of something else: it was changed, or lost something on its way".to_owned())
        }
    }

    /// Reads what [`Self::json`] wrote. Its tallies are consistent in themselves; whether they are those
    /// of its scenario shows when they are added up, and whether they are those that were written in [`Self::check`].
    ///
    /// # Arguments
    /// `bytes`: at most [`PART_BYTES`] of them.
    ///
    /// # Errors
    /// A phrase for people: no JSON, no part, another version.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let fault =
            |error: &dyn fmt::Display| format!("it is no part of a run, which `simulate --shard` writes: {error}");
        let head: Head = serde_json::from_slice(bytes).map_err(|error| fault(&error))?;
        match head.drplan_part {
            None => return Err(fault(&"drplan_part is missing")),
            Some(PART_VERSION) => {}
            Some(other) => return Err(format!("its drplan_part is {other}; this program reads {PART_VERSION}")),
        }
        let mine = env!("CARGO_PKG_VERSION");
        if let Some(theirs) = head.drplan.filter(|version| version != mine) {
            return Err(format!("it is of version {theirs} of drplan; this is {mine}"));
        }
        serde_json::from_slice(bytes).map_err(|error| fault(&error))
    }

    /// Why this is no part of the run that another part is of; `None` if it is.
    #[must_use]
    pub fn foreign(&self, other: &Self) -> Option<String> {
        let (mine, theirs) = (&self.options, &other.options);
        let name = |name: &Option<String>| name.clone().unwrap_or_else(|| "all".to_owned());
        let options = [
            ("scenario", self.scenario.hash.clone(), other.scenario.hash.clone()),
            ("number of parts", self.shards.to_string(), other.shards.to_string()),
            ("seed", mine.seed.to_string(), theirs.seed.to_string()),
            ("number of incidents", mine.trials.to_string(), theirs.trials.to_string()),
            ("number of lifetimes", mine.lifetimes.to_string(), theirs.lifetimes.to_string()),
            ("length of lifetimes in years", mine.years.to_string(), theirs.years.to_string()),
            ("tier", name(&mine.tier), name(&theirs.tier)),
            ("failure", name(&mine.failure), name(&theirs.failure)),
            ("member", name(&mine.member), name(&theirs.member)),
        ];
        let differs = options.into_iter().find(|(_, mine, theirs)| mine != theirs);
        if let Some((what, mine, theirs)) = differs {
            return Some(format!("its {what} is {mine} in place of {theirs}"));
        }
        // Of the same values, in another order perhaps; but the page of assumptions names lines.
        (self.scenario != other.scenario).then(|| "its scenario is written in another way".to_owned())
    }
}
