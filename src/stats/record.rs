//! Tallies as files keep them: whole numbers, and nothing that a tally could not have come to.

use serde::{Deserialize, Serialize};

use super::histogram::{self, Histogram};
use super::pair::PairTally;
use super::tally::{Extreme, LARGEST, Tally};

/// Outcomes of one tally: more than any run can have, and thousands of parts together fit 64 bits.
const MOST: u64 = 1 << 48;

/// A [`Tally`] as a file keeps it. What is read is consistent: every count, sum and extreme is one that
/// some outcomes have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "TallyFields")]
pub struct TallyRecord(TallyFields);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TallyFields {
    zeros: u64,
    infinite: u64,
    sum: u128,
    sum_of_squares: u128,
    /// Of the values above zero, and how many are equal to them; 0 without any.
    min: u64,
    max: u64,
    at_min: u64,
    at_max: u64,
    /// Number of the bin, and how many values are in it; ascending, none empty.
    bins: Vec<(u32, u64)>,
}

impl TryFrom<TallyFields> for TallyRecord {
    type Error = String;

    fn try_from(fields: TallyFields) -> Result<Self, String> {
        let wrong = |what: &str| Err(format!("a tally whose {what}"));
        if !fields.bins.is_sorted_by(|a, b| a.0 < b.0) || fields.bins.iter().any(|(_, count)| *count == 0) {
            return wrong("bins are not ascending or are empty");
        }
        let counts = fields.bins.iter().map(|(_, count)| *count).chain([fields.zeros, fields.infinite]);
        if counts.fold(0_u64, u64::saturating_add) > MOST {
            return wrong("outcomes are more than any run has");
        }
        let (Some((first, lowest)), Some((last, highest))) = (fields.bins.first(), fields.bins.last()) else {
            let none = [fields.min, fields.max, fields.at_min, fields.at_max].iter().all(|field| *field == 0);
            let empty = none && (fields.sum, fields.sum_of_squares) == (0, 0);
            return if empty { Ok(Self(fields)) } else { wrong("values are in no bin") };
        };
        if *last as usize > histogram::index(LARGEST) {
            return wrong("values are larger than any that is counted");
        }
        let ends = (histogram::index(fields.min), histogram::index(fields.max));
        if fields.min == 0 || fields.min > fields.max || ends != (*first as usize, *last as usize) {
            return wrong("least or greatest value is in another bin");
        }
        let most = match (first == last, fields.min == fields.max) {
            (_, true) => (fields.at_min == *lowest && fields.at_max == *lowest).then_some(*lowest),
            (true, false) => lowest.checked_sub(fields.at_max),
            (false, false) => (fields.at_max <= *highest).then_some(*lowest),
        };
        if fields.at_min == 0 || fields.at_max == 0 || most.is_none_or(|most| fields.at_min > most) {
            return wrong("least or greatest value is there more often than its bin holds");
        }
        // Saturating, as the sums of a tally are.
        let (mut low, mut high) = ((0_u128, 0_u128), (0_u128, 0_u128));
        for (bin, count) in &fields.bins {
            let (least, greatest) = histogram::range(*bin as usize);
            for (sums, value) in [(&mut low, least), (&mut high, greatest.min(LARGEST))] {
                let (value, count) = (u128::from(value), u128::from(*count));
                sums.0 = sums.0.saturating_add(value * count);
                sums.1 = sums.1.saturating_add((value * value).saturating_mul(count));
            }
        }
        if fields.sum < low.0 || fields.sum > high.0 || fields.sum_of_squares < low.1 || fields.sum_of_squares > high.1
        {
            return wrong("sums are not those of its bins");
        }
        Ok(Self(fields))
    }
}

impl TallyRecord {
    /// How many outcomes there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.zeros + self.0.infinite + self.0.bins.iter().map(|(_, count)| count).sum::<u64>()
    }
}

impl From<&Tally> for TallyRecord {
    fn from(tally: &Tally) -> Self {
        Self(TallyFields {
            zeros: tally.zeros,
            infinite: tally.infinite,
            sum: tally.sum,
            sum_of_squares: tally.sum_of_squares,
            min: tally.least.value,
            max: tally.greatest.value,
            at_min: tally.least.times,
            at_max: tally.greatest.times,
            bins: tally.histogram.bins().map(|(low, _, count)| (histogram::index(low) as u32, count)).collect(),
        })
    }
}

impl Tally {
    /// Adds all of a tally that was kept in a file.
    ///
    /// # Returns
    /// How many bins were made room for: eight bytes each.
    pub fn absorb(&mut self, record: &TallyRecord) -> usize {
        let fields = &record.0;
        let room = self.histogram.room();
        let mut histogram = Histogram::default();
        for (bin, count) in &fields.bins {
            histogram.record(histogram::range(*bin as usize).0, *count);
        }
        self.merge(&Self {
            zeros: fields.zeros,
            infinite: fields.infinite,
            above_zero: fields.bins.iter().map(|(_, count)| count).sum(),
            sum: fields.sum,
            sum_of_squares: fields.sum_of_squares,
            least: Extreme { value: fields.min, times: fields.at_min },
            greatest: Extreme { value: fields.max, times: fields.at_max },
            histogram,
        });
        self.histogram.room() - room
    }
}

/// What a file says of a [`PairTally`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PairFields {
    sum: i128,
    sum_of_squares: u128,
    both: u64,
    only_first: u64,
    only_second: u64,
    neither: u64,
}

impl TryFrom<PairFields> for PairTally {
    type Error = String;

    fn try_from(fields: PairFields) -> Result<Self, String> {
        let counts = [fields.both, fields.only_first, fields.only_second, fields.neither];
        if counts.into_iter().fold(0, u64::saturating_add) > MOST {
            return Err("differences of more trials than any run has".to_owned());
        }
        // (Σ d)² <= n Σ d², of Cauchy and Schwarz; and no sum without a difference.
        let size = fields.sum.unsigned_abs();
        let most = u128::from(fields.both).saturating_mul(fields.sum_of_squares);
        if size.saturating_mul(size) > most || (fields.both == 0 && fields.sum_of_squares != 0) {
            return Err("differences whose sums no trials have".to_owned());
        }
        let PairFields { sum, sum_of_squares, both, only_first, only_second, neither } = fields;
        Ok(Self { sum, sum_of_squares, both, only_first, only_second, neither })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn tally() -> Tally {
        let mut tally = Tally::new();
        [0, 0, 3, 17, 5_000_000, 5_000_001, 1 << 40, u64::MAX].into_iter().for_each(|v| tally.record(v));
        tally.record_infinite();
        tally
    }

    #[test]
    fn what_is_kept_and_read_again_is_the_same() {
        let text = serde_json::to_string(&TallyRecord::from(&tally())).unwrap();
        let record: TallyRecord = serde_json::from_str(&text).unwrap();
        let mut again = Tally::new();
        assert!(again.absorb(&record) > 0);
        assert_eq!((again, record.count()), (tally(), 9));
        let mut pair = PairTally::new();
        [(Some(3), Some(9)), (Some(1 << 57), Some(2)), (None, Some(1)), (None, None)]
            .into_iter()
            .for_each(|(a, b)| pair.record(a, b));
        let text = serde_json::to_string(&pair).unwrap();
        assert_eq!(serde_json::from_str::<PairTally>(&text).unwrap(), pair);
    }

    #[test]
    fn what_no_outcomes_come_to_is_refused() {
        let good = r#"{"zeros":1,"infinite":0,"sum":8,"sum_of_squares":34,"min":3,"max":5,"at_min":1,"at_max":1,"bins":[[3,1],[5,1]]}"#;
        assert!(serde_json::from_str::<TallyRecord>(good).is_ok());
        for (from, to, why) in [
            ("[[3,1],[5,1]]", "[[5,1],[3,1]]", "ascending"),
            ("[[3,1],[5,1]]", "[[3,1],[5,0]]", "empty"),
            ("[[3,1],[5,1]]", "[]", "no bin"),
            ("[5,1]", "[4294967295,1]", "larger"),
            ("[5,1]", "[5,18446744073709551615]", "more than any run"),
            ("\"zeros\":1", "\"zeros\":18446744073709551615", "more than any run"),
            ("\"min\":3", "\"min\":2", "another bin"),
            ("\"max\":5", "\"max\":6", "another bin"),
            ("\"at_min\":1", "\"at_min\":2", "more often"),
            ("\"at_max\":1", "\"at_max\":0", "more often"),
            ("\"at_max\":1", "\"at_max\":2", "more often"),
            ("\"sum\":8", "\"sum\":9", "sums"),
            ("\"sum_of_squares\":34", "\"sum_of_squares\":340282366920938463463374607431768211455", "sums"),
            ("\"zeros\":1", "\"zeros\":-1", "invalid"),
            ("\"zeros\":1", "\"zeros\":1,\"more\":1", "unknown field"),
        ] {
            let error = serde_json::from_str::<TallyRecord>(&good.replace(from, to)).unwrap_err().to_string();
            assert!(error.contains(why), "{to}: {error}");
        }
        for bad in [
            r#"{"sum":5,"sum_of_squares":1,"both":2,"only_first":0,"only_second":0,"neither":0}"#,
            r#"{"sum":0,"sum_of_squares":1,"both":0,"only_first":0,"only_second":0,"neither":0}"#,
            r#"{"sum":0,"sum_of_squares":0,"both":18446744073709551615,"only_first":1,"only_second":0,"neither":0}"#,
        ] {
            assert!(serde_json::from_str::<PairTally>(bad).is_err(), "{bad}");
        }
    }
}
