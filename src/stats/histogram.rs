//! A histogram of integers with bins that widen with the value, for the hot loop.
//!
//! The layout is that of HDR histograms: values below 2048 have a bin of their own, each later
//! octave has 1024 bins, so no bin is wider than a thousandth of its values. Counting is a few
//! instructions: one value costs no more than drawing it. The crate hdrhistogram gives the same
//! bins; counting into it took three to four times as long, longer than the simulation of the
//! incident that was counted.

/// Bins of an octave, as a power of two.
const BITS: u32 = 10;

/// Bins of a page: an eighth of an octave.
const PAGE: usize = 128;

/// A page that holds nothing: its bins lie beyond all that are kept.
const EMPTY: u32 = u32::MAX;

/// Counts per bin. Bins come in pages, and only pages in which something was counted are kept: seconds and
/// months of the same tally leave nothing between them.
#[derive(Clone, Debug, Default)]
pub(super) struct Histogram {
    /// By page: its place among those that are kept, or [`EMPTY`].
    pages: Vec<u32>,
    /// Of the pages that are kept, in the order in which they were first counted into.
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
        let page = self.pages.get(at / PAGE).copied().unwrap_or(EMPTY);
        match self.counts.get_mut(page as usize * PAGE + at % PAGE) {
            Some(count) => *count += times,
            None => self.record_outside(at, times),
        }
    }

    #[cold]
    #[inline(never)]
    fn record_outside(&mut self, at: usize, times: u64) {
        self.page(at / PAGE)[at % PAGE] += times;
    }

    /// The counts of a page, which is kept from here on.
    fn page(&mut self, page: usize) -> &mut [u64] {
        if self.pages.len() <= page {
            self.pages.resize(page + 1, EMPTY);
        }
        if self.pages[page] == EMPTY {
            self.pages[page] = (self.counts.len() / PAGE) as u32;
            self.counts.resize(self.counts.len() + PAGE, 0);
        }
        &mut self.counts[self.pages[page] as usize * PAGE..][..PAGE]
    }

    /// Pages that are kept, ascending, with their counts.
    fn kept(&self) -> impl Iterator<Item = (usize, &[u64])> + '_ {
        let kept = self.pages.iter().enumerate().filter(|(_, place)| **place != EMPTY);
        kept.map(|(page, place)| (page, &self.counts[*place as usize * PAGE..][..PAGE]))
    }

    /// For how many bins there is room.
    pub(super) fn room(&self) -> usize {
        self.counts.len()
    }

    /// Adds all of another histogram.
    pub(super) fn merge(&mut self, other: &Self) {
        for (page, counts) in other.kept() {
            self.page(page).iter_mut().zip(counts).for_each(|(mine, theirs)| *mine += theirs);
        }
    }

    /// Bins that hold something, ascending: least and greatest value, and the count.
    pub(super) fn bins(&self) -> impl Iterator<Item = (u64, u64, u64)> + '_ {
        let bins = self.kept().flat_map(|(page, counts)| (page * PAGE..).zip(counts));
        bins.filter(|(_, count)| **count > 0).map(|(bin, count)| {
            let (low, high) = range(bin);
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
