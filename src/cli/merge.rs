//! `drplan merge`: the parts of a run joined, to the same bytes as the run in one process.

use std::path::Path;

use super::args::{Format, MergeArgs};
use super::campaign::{self, MAX_TRIALS, Names};
use super::lifetimes::{self, MAX_LIFETIMES, MAX_YEARS};
use super::output::{Screen, refuse_unwritable};
use super::shard::{MAX_SHARDS, Shard};
use super::simulate::show;
use super::{Exit, Stop, input};
use crate::assess::add_lifetimes;
use crate::model::Scenario;
use crate::report::Part;
use crate::sim::{CampaignSettings, Filter, LifetimeResult, LifetimeSettings, RunningCampaign};
use crate::spec::{self, Loaded};

/// Bins of all histograms together: a gigabyte.
const MAX_BINS: usize = 1 << 27;

pub(super) fn run(args: &MergeArgs, screen: &Screen) -> Result<Exit, Stop> {
    refuse_unwritable(args.output.output.as_deref(), args.parts.iter())?;
    input::refuse_twice(&args.parts)?;
    let (path, others) = args.parts.split_first().ok_or_else(|| Stop::invalid("merge needs parts"))?;
    let first = input::load_part(path)?;
    let loaded = scenario_of(&first).map_err(|fault| faulty(path, &fault))?;
    let mut merging = Merging::new(&first, &loaded.scenario).map_err(|fault| faulty(path, &fault))?;
    merging.add(&first, path)?;
    // What is wrong with a part by itself is more of a help, and comes first.
    first.clone().check().map_err(|fault| faulty(path, &fault))?;
    for path in others {
        let part = input::load_part(path)?;
        if let Some(difference) = part.foreign(&first) {
            let one = input::name(&args.parts[0]);
            return Err(faulty(path, &format!("it is of another run than {one}: {difference}")));
        }
        merging.add(&part, path)?;
        part.check().map_err(|fault| faulty(path, &fault))?;
    }
    merging.check_complete()?;
    let lines = args.output.format.into();
    let mut result = campaign::finish(&loaded.scenario, &merging.campaign.whole_result(), &merging.filter, lines);
    if let Some(years) = &merging.years {
        add_lifetimes(&mut result, &loaded.scenario, years);
    }
    if args.output.format == Format::Json {
        let options = &first.options;
        let names = Names {
            tier: options.tier.as_deref(),
            failure: options.failure.as_deref(),
            member: options.member.as_deref(),
        };
        campaign::document(&mut result, &loaded, processors(), names, screen)?;
    }
    show(&result, &args.output, args.fail_on_miss, screen)
}

/// Threads for what is not limited by an option.
fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn faulty(path: &Path, fault: &str) -> Stop {
    Stop::invalid(format_args!("cannot merge {}: {fault}", input::name(path)))
}

/// The scenario that a part holds, which must be the one that it says.
fn scenario_of(part: &Part) -> Result<Loaded, String> {
    let loaded = spec::load_bytes(part.scenario.text.as_bytes())
        .map_err(|(found, _)| format!("its scenario has {} faults", found.all().len()))?;
    if loaded.scenario.hash != part.scenario.hash {
        return Err("its scenario is not the one that its hash names".to_owned());
    }
    Ok(loaded)
}

/// Parts that are joined one by one.
struct Merging<'a> {
    campaign: RunningCampaign<'a>,
    years: Option<LifetimeResult>,
    filter: Filter,
    trials: u64,
    lifetimes: u64,
    services: usize,
    /// By number of the part: the file that it came from.
    seen: Vec<Option<String>>,
    bins: usize,
}

impl<'a> Merging<'a> {
    /// Nothing yet of the run that a part is of.
    fn new(part: &Part, scenario: &'a Scenario) -> Result<Self, String> {
        let options = &part.options;
        let years = options.years;
        // A file without lifetimes has no length of any.
        let lives = if options.lifetimes == 0 { years == 0.0 } else { years > 0.0 && years <= MAX_YEARS };
        if !(1..=MAX_TRIALS).contains(&options.trials) || options.lifetimes > MAX_LIFETIMES || !lives {
            return Err("its options are beyond the limits of a run".to_owned());
        }
        if !(1..=MAX_SHARDS).contains(&part.shards) {
            return Err(format!("it is one of {} parts; there are 1 to {MAX_SHARDS}", part.shards));
        }
        let names = Names {
            tier: options.tier.as_deref(),
            failure: options.failure.as_deref(),
            member: options.member.as_deref(),
        };
        let filter = campaign::filter(scenario, names).map_err(|stop| stop.message)?;
        let threads = processors();
        let settings = CampaignSettings { trials: 0, seed: options.seed, threads, truncate: false };
        let lives = LifetimeSettings { years, lifetimes: options.lifetimes, first: 0, seed: options.seed, threads: 1 };
        Ok(Self {
            campaign: RunningCampaign::new(scenario, &settings, &filter),
            years: (options.lifetimes > 0).then(|| lifetimes::none(scenario, &lives, &filter)),
            filter,
            trials: options.trials,
            lifetimes: options.lifetimes,
            services: scenario.services.len(),
            seen: vec![None; part.shards as usize],
            bins: 0,
        })
    }

    fn add(&mut self, part: &Part, path: &Path) -> Result<(), Stop> {
        let shard = Shard { index: part.shard, of: part.shards };
        let missing = || faulty(path, &format!("there is no part {} of {}", shard.index, shard.of));
        let place = shard.index.checked_sub(1).and_then(|n| self.seen.get_mut(n as usize)).ok_or_else(missing)?;
        if let Some(first) = place.replace(input::name(path)) {
            return Err(faulty(path, &format!("it is part {} of {}, as {first} is", shard.index, shard.of)));
        }
        self.absorb(part, shard).map_err(|fault| faulty(path, &fault))
    }

    fn absorb(&mut self, part: &Part, shard: Shard) -> Result<(), String> {
        let whole = |what: &str, found: u64, range: std::ops::Range<u64>| {
            let wanted = range.end - range.start;
            let Shard { index, of } = shard;
            if found == wanted {
                Ok(())
            } else {
                Err(format!("part {index} of {of} has {wanted} {what}, it has {found}"))
            }
        };
        whole("incidents", part.incidents.trials(), shard.range(self.trials))?;
        self.bins += self.campaign.absorb(&part.incidents)?;
        let lived = part.lifetimes.as_ref().map_or(0, |record| record.lifetimes());
        whole("lifetimes", lived, shard.range(self.lifetimes))?;
        if let (Some(years), Some(record)) = (&mut self.years, &part.lifetimes) {
            self.bins += years.absorb(record, self.services)?;
        }
        if self.bins > MAX_BINS {
            return Err(format!("its outcomes are spread over more than {MAX_BINS} bins"));
        }
        Ok(())
    }

    fn check_complete(&self) -> Result<(), Stop> {
        let of = self.seen.len();
        let missing: Vec<String> =
            (1..=of).filter(|n| self.seen[n - 1].is_none()).map(|n| format!("{n}/{of}")).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let (shown, more) = missing.split_at(missing.len().min(MOST_NAMED));
        let more = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
        Err(Stop::invalid(format_args!("cannot merge: parts are missing: {}{more}", shown.join(", "))))
    }
}

/// Missing parts that are named one by one.
const MOST_NAMED: usize = 20;
