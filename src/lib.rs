//! drplan: a disaster-recovery strategy planner and RTO/RPO simulator.
//!
//! The stages, each of which reads only what the ones before it made:
//!
//! | stage | from → to |
//! |---|---|
//! | [`spec`] | the text of a scenario → findings, or the valid, immutable [`model::Scenario`] |
//! | [`sim`] | the scenario → tallies of simulated incidents |
//! | [`bound`] | the scenario → best case, worst case and mean in closed form |
//! | [`cost`] | the scenario → the items of a month, of an incident |
//! | [`assess`] | tallies, bounds and costs → one serialisable [`assess::Assessment`] with its verdict |
//! | [`report`] | the assessment → table, JSON, CSV, Markdown, charts, a page, runbooks |
//! | [`cli`] | arguments → the stages above → exit code |
//!
//! Below them: [`units`], [`id`], [`diag`] (findings) and [`stats`] (estimates with their intervals).
//!
//! ```
//! use drplan::sim::{CampaignSettings, Filter, run_incidents};
//!
//! let text = include_str!("../templates/scenario/warm-standby.toml");
//! let loaded = drplan::spec::load(text).expect("a valid scenario");
//! let settings = CampaignSettings { trials: 1_000, seed: 1, threads: 1, truncate: false };
//! let filter = Filter::default();
//! let tallies = run_incidents(&loaded.scenario, &settings, &filter);
//! let assessment = drplan::assess::assess(&loaded.scenario, &tallies, &filter);
//! let p95 = assessment.tiers[0].incidents[0].recovery_time.estimate.p95.expect("1,000 incidents resolve it");
//! assert!(p95.low <= p95.point, "seconds, with a 95% interval");
//! ```

pub mod assess;
pub mod bound;
pub mod cli;
pub mod cost;
pub mod diag;
pub mod id;
pub mod model;
pub mod report;
pub mod sim;
pub mod spec;
pub mod stats;
pub mod units;
