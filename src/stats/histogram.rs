//! A histogram of integers with bins that widen with the value, for the hot loop.
//!
//! The layout is that of HDR histograms: values below 2048 have a bin of their own, each later
//! octave has 1024 bins, so no bin is wider than a thousandth of its values. Counting is a few
//! instructions: one value costs no more than drawing it. The crate hdrhistogram gives the same
//! bins; counting into it took three to four times as long, longer than the simulation of the
//! incident that was counted.

/// Bins of an octave, as a power of two.
const BITS: u32 = 10;

/// Room is made for so many bins at once.
const PAGE: usize = 512;

/// Counts per bin, kept for the occupied range only.
#[derive(Clone, Debug, Default)]
pub(super) struct Histogram {
    first: usize,
    counts: Vec<u64>,
}

/// The bin of a value.
#[inline(always)]
pub(super) fn index(value: u64) -> usize {
    let shift = (u64::BITS - BITS - 1).saturating_sub(value.leading_zeros());
    (shift as usize) * (1 << BITS) + (value >> shift) as usize
}

/// Least and greatest value of a bin.
pub(super) fn range(index: usize) -> (u64, u64) {
    let half = 1_usize << BITS;
    if index < 2 * half {
        return (index as u64, index as u64);
    }
    let shift = (index / half - 1) as u32;
    let low = ((index % half + half) as u64) << shift;
    (low, low + ((1 << shift) - 1))
}

impl Histogram {
    /// Counts a value so many times.
    #[inline(always)]
    pub(super) fn record(&mut self, value: u64, times: u64) {
        let at = index(value);
        match self.counts.get_mut(at.wrapping_sub(self.first)) {
            Some(count) => *count += times,
            None => self.record_outside(at, times),
        }
    }

    #[cold]
    #[inline(never)]
    fn record_outside(&mut self, at: usize, times: u64) {
        // Half as much again on the side of the value: values that go ever further make room but rarely.
        let spare = self.counts.len() / 2;
        let (from, to) = if at < self.first { (at.saturating_sub(spare), at + 1) } else { (at, at + 1 + spare) };
        self.cover(from, to);
        self.counts[at - self.first] += times;
    }

    /// Makes room for the bins `from..to`.
    pub(super) fn cover(&mut self, from: usize, to: usize) {
        let (from, to) = if self.counts.is_empty() {
            (from, to)
        } else {
            (from.min(self.first), to.max(self.first + self.counts.len()))
        };
        let (from, to) = (from / PAGE * PAGE, to.div_ceil(PAGE) * PAGE);
        if (from, to) == (self.first, self.first + self.counts.len()) {
            return;
        }
        let mut counts = vec![0; to - from];
        if !self.counts.is_empty() {
            counts[self.first - from..][..self.counts.len()].copy_from_slice(&self.counts);
        }
        (self.first, self.counts) = (from, counts);
    }

    /// For how many bins there is room.
    pub(super) fn room(&self) -> usize {
        self.counts.len()
    }

    /// Adds all of another histogram.
    pub(super) fn merge(&mut self, other: &Self) {
        if other.counts.is_empty() {
            return;
        }
        self.cover(other.first, other.first + other.counts.len());
        for (mine, theirs) in self.counts[other.first - self.first..].iter_mut().zip(&other.counts) {
            *mine += theirs;
        }
    }

    /// Bins that hold something, ascending: least and greatest value, and the count.
    pub(super) fn bins(&self) -> impl Iterator<Item = (u64, u64, u64)> + '_ {
        self.counts.iter().enumerate().filter(|(_, count)| **count > 0).map(|(n, count)| {
            let (low, high) = range(self.first + n);
            (low, high, *count)
        })
    }
}

impl PartialEq for Histogram {
    /// Same counts, whatever room was made.
    fn eq(&self, other: &Self) -> bool {
        self.bins().eq(other.bins())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_lies_in_its_bin_and_no_bin_is_wider_than_a_thousandth() {
        for shift in 0..61 {
            for value in [1_u64 << shift, (1 << shift) + 1, (1 << shift) * 3 / 2, (1_u64 << shift).saturating_sub(1)] {
                let (low, high) = range(index(value));
                assert!(low <= value && value <= high, "{value} in {low}..={high}");
                assert!((high - low) * 1000 <= value, "{low}..={high}");
            }
        }
        assert_eq!((range(2047), range(2048)), ((2047, 2047), (2048, 2049)));
    }

    #[test]
    fn merging_is_counting_together() {
        let (mut a, mut b, mut both) = (Histogram::default(), Histogram::default(), Histogram::default());
        for value in [3_u64, 5_000_000, 17, 1 << 40, 2_000, 5_000_001] {
            both.record(value, 1);
            if value % 2 == 0 { &mut a } else { &mut b }.record(value, 1);
        }
        a.merge(&b);
        assert_eq!(a, both);
    }
}
