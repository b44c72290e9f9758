//! Which part of a run this process is to simulate.

use std::ops::Range;

use super::Stop;

/// Parts of a run: more than the tasks that schedulers take in one array by default.
pub(super) const MAX_SHARDS: u64 = 10_000;

/// Says how many parts there are where a scheduler tells its tasks only their number.
const COUNT: &str = "DRPLAN_SHARDS";

/// How a scheduler tells a task which one it is.
struct Scheduler {
    name: &'static str,
    index: &'static str,
    /// Number of the first task, and the variable that holds it where it may be another.
    first: (u64, &'static str),
    step: &'static str,
    count: &'static str,
    /// Number of the last task, where there is no count.
    last: &'static str,
}

/// From the manuals of sbatch, Kubernetes' Indexed Job, GNU parallel, AWS Batch' array jobs, qsub.
const SCHEDULERS: [Scheduler; 5] = [
    Scheduler {
        name: "Slurm",
        index: "SLURM_ARRAY_TASK_ID",
        first: (1, "SLURM_ARRAY_TASK_MIN"),
        step: "SLURM_ARRAY_TASK_STEP",
        count: "SLURM_ARRAY_TASK_COUNT",
        last: "",
    },
    Scheduler { name: "Kubernetes", index: "JOB_COMPLETION_INDEX", first: (0, ""), step: "", count: "", last: "" },
    Scheduler { name: "GNU parallel", index: "PARALLEL_SEQ", first: (1, ""), step: "", count: "", last: "" },
    Scheduler {
        name: "AWS Batch",
        index: "AWS_BATCH_JOB_ARRAY_INDEX",
        first: (0, ""),
        step: "",
        count: "AWS_BATCH_JOB_ARRAY_SIZE",
        last: "",
    },
    Scheduler {
        name: "Grid Engine",
        index: "SGE_TASK_ID",
        first: (1, "SGE_TASK_FIRST"),
        step: "SGE_TASK_STEPSIZE",
        count: "",
        last: "SGE_TASK_LAST",
    },
];

/// A part of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shard {
    /// From 1.
    pub(super) index: u64,
    pub(super) of: u64,
}

impl Shard {
    /// The part that a text, `3/10` or `auto`, and these variables name.
    pub(super) fn new(text: &str, variable: impl Fn(&str) -> Option<String>) -> Result<Self, Stop> {
        let shard = if text == "auto" { Self::of_scheduler(variable)? } else { Self::parse(text)? };
        if shard.of > MAX_SHARDS {
            return Err(Stop::refused(format_args!("{} parts are more than the limit of {MAX_SHARDS}", shard.of)));
        }
        if shard.index == 0 || shard.index > shard.of {
            let Self { index, of } = shard;
            return Err(Stop::invalid(format_args!("there is no part {index} of {of}: parts are numbered from 1")));
        }
        Ok(shard)
    }

    fn parse(text: &str) -> Result<Self, Stop> {
        let read = |(index, of): (&str, &str)| Some(Self { index: index.parse().ok()?, of: of.parse().ok()? });
        text.split_once('/').and_then(read).ok_or_else(|| {
            Stop::invalid(format_args!(
                "--shard takes a part and how many there are, such as 3/10, or auto; not {text}"
            ))
        })
    }

    fn of_scheduler(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Stop> {
        let set: Vec<&Scheduler> = SCHEDULERS.iter().filter(|s| is_task(s, &variable)).collect();
        let scheduler = match set.as_slice() {
            [one] => one,
            [] => {
                let known: Vec<&str> = SCHEDULERS.iter().map(|s| s.index).collect();
                return Err(Stop::invalid(format_args!("--shard auto finds none of {}", known.join(", "))));
            }
            [one, other, ..] => {
                return Err(Stop::invalid(format_args!(
                    "--shard auto finds the variables of both {} and {}: say --shard I/N",
                    one.name, other.name
                )));
            }
        };
        let number = |name: &str| -> Result<Option<u64>, Stop> {
            let Some(text) = variable(name).filter(|_| !name.is_empty()) else { return Ok(None) };
            let fault = || Stop::invalid(format_args!("{name} is {text}, not a number"));
            text.parse().map(Some).map_err(|_| fault())
        };
        let index = number(scheduler.index)?.unwrap_or_default();
        let told = number(COUNT)?;
        // Who says how many there are may submit a few of them again: then what the array begins with
        // says nothing.
        let array = |name: &str| if told.is_some() { Ok(None) } else { number(name) };
        let first = array(scheduler.first.1)?.unwrap_or(scheduler.first.0);
        let step = array(scheduler.step)?.unwrap_or(1).max(1);
        let position = |task: u64| task.saturating_sub(first) / step + 1;
        let count = match (told, number(scheduler.count)?, number(scheduler.last)?) {
            (Some(count), ..) | (None, Some(count), _) => count,
            (None, None, Some(last)) => position(last),
            (None, None, None) => {
                let name = scheduler.name;
                return Err(Stop::invalid(format_args!("{name} does not say how many parts there are: set {COUNT}")));
            }
        };
        let index = if index < first { 0 } else { position(index) };
        Ok(Self { index, of: count })
    }

    /// The share of `0..total` that this part is: together the parts are all of it, once.
    pub(super) fn range(self, total: u64) -> Range<u64> {
        let bound = |n: u64| (u128::from(total) * u128::from(n) / u128::from(self.of)) as u64;
        bound(self.index - 1)..bound(self.index)
    }
}

/// Grid Engine sets its number to `undefined` outside arrays.
fn is_task(scheduler: &Scheduler, variable: impl Fn(&str) -> Option<String>) -> bool {
    variable(scheduler.index).is_some_and(|value| !value.is_empty() && value != "undefined")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn auto(variables: &[(&str, &str)]) -> Result<(u64, u64), String> {
        let value = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        Shard::new("auto", value).map(|shard| (shard.index, shard.of)).map_err(|stop| stop.message)
    }

    #[test]
    fn schedulers_tell_their_tasks_which_they_are() {
        let slurm = [("SLURM_ARRAY_TASK_ID", "7"), ("SLURM_ARRAY_TASK_MIN", "3"), ("SLURM_ARRAY_TASK_COUNT", "4")];
        assert!(auto(&slurm).unwrap_err().contains("no part 5 of 4"));
        let mut steps = slurm.to_vec();
        steps.push(("SLURM_ARRAY_TASK_STEP", "2"));
        assert_eq!(auto(&steps), Ok((3, 4)));
        // The third of four, submitted again by itself.
        let again = [("SLURM_ARRAY_TASK_ID", "3"), ("SLURM_ARRAY_TASK_MIN", "3"), ("SLURM_ARRAY_TASK_COUNT", "1")];
        assert_eq!(auto(&again), Ok((1, 1)));
        assert_eq!(auto(&[again.as_slice(), &[("DRPLAN_SHARDS", "4")]].concat()), Ok((3, 4)));
        assert_eq!(auto(&[("JOB_COMPLETION_INDEX", "0"), ("DRPLAN_SHARDS", "3")]), Ok((1, 3)));
        assert_eq!(auto(&[("PARALLEL_SEQ", "3"), ("DRPLAN_SHARDS", "3")]), Ok((3, 3)));
        assert_eq!(auto(&[("AWS_BATCH_JOB_ARRAY_INDEX", "1"), ("AWS_BATCH_JOB_ARRAY_SIZE", "2")]), Ok((2, 2)));
        let grid = [("SGE_TASK_ID", "9"), ("SGE_TASK_FIRST", "5"), ("SGE_TASK_LAST", "11"), ("SGE_TASK_STEPSIZE", "2")];
        assert_eq!(auto(&grid), Ok((3, 4)));
        assert!(auto(&[("JOB_COMPLETION_INDEX", "0")]).unwrap_err().contains("DRPLAN_SHARDS"));
        assert!(auto(&[("SGE_TASK_ID", "undefined")]).unwrap_err().contains("none of"));
        assert!(auto(&[("PARALLEL_SEQ", "x"), ("DRPLAN_SHARDS", "3")]).unwrap_err().contains("PARALLEL_SEQ is x"));
        let both = [("PARALLEL_SEQ", "1"), ("JOB_COMPLETION_INDEX", "0"), ("DRPLAN_SHARDS", "3")];
        assert!(auto(&both).unwrap_err().contains("Kubernetes and GNU parallel"));
    }

    #[test]
    fn parts_are_all_of_it_once() {
        for (total, of) in [(10, 3), (2, 5), (100_000_000, 7), (0, 2), (1, 1)] {
            let mut next = 0;
            for index in 1..=of {
                let range = Shard { index, of }.range(total);
                assert_eq!(range.start, next);
                next = range.end;
            }
            assert_eq!(next, total);
        }
        for text in ["0/3", "4/3", "1/0", "3", "a/b", "-1/3", "1/10001", "1/99999999999999999999"] {
            assert!(Shard::new(text, |_| None).is_err(), "{text}");
        }
    }
}
