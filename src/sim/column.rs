//! One quantity of consecutive incidents. What nobody feels is often the same throughout a block: then it is filled
//! in once, and counted instead of searched for.

use std::ops::Deref;

/// The values, and whether all of them are known to be equal.
pub(super) struct Column<T> {
    values: Vec<T>,
    same: bool,
}

impl<T> Default for Column<T> {
    fn default() -> Self {
        Self { values: Vec::new(), same: false }
    }
}

impl<T> Deref for Column<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.values
    }
}

impl<T: Copy + PartialEq> Column<T> {
    /// Makes room for so many; where there are others, `value` stands in all places.
    pub(super) fn resize(&mut self, count: usize, value: T) {
        if self.values.len() != count {
            self.values.clear();
            self.values.resize(count, value);
            self.same = true;
        }
    }

    /// The value that all are known to have.
    pub(super) fn same(&self) -> Option<T> {
        self.values.first().copied().filter(|_| self.same)
    }

    /// The same value in all places.
    pub(super) fn fill(&mut self, value: T) {
        if self.same() != Some(value) {
            self.values.fill(value);
            self.same = true;
        }
    }

    /// All places, to be changed.
    pub(super) fn each(&mut self) -> &mut [T] {
        self.same = false;
        &mut self.values
    }

    /// Puts a value for each incident at its position.
    #[inline(always)]
    pub(super) fn put(&mut self, positions: &[usize], values: impl Iterator<Item = T>) {
        let whole = positions.len() == self.values.len();
        let list = self.each();
        if whole {
            // The whole block, in order.
            list.iter_mut().zip(values).for_each(|(entry, value)| *entry = value);
            return;
        }
        for (position, value) in positions.iter().zip(values) {
            list[*position] = value;
        }
    }

    /// Puts the same value at all these positions.
    pub(super) fn put_same(&mut self, positions: &[usize], value: T) {
        if positions.len() == self.values.len() {
            self.fill(value);
        } else if self.same() != Some(value) {
            self.put(positions, std::iter::repeat(value));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_knows_that_it_is_the_same_only_as_long_as_it_is() {
        let mut column = Column::default();
        column.resize(3, 0);
        assert_eq!(column.same(), Some(0));
        column.put(&[1], [5].into_iter());
        assert_eq!((column.same(), &*column), (None, &[0, 5, 0][..]));
        column.put_same(&[0, 1, 2], 7);
        assert_eq!((column.same(), &*column), (Some(7), &[7, 7, 7][..]));
        column.put_same(&[2], 7);
        assert_eq!(column.same(), Some(7));
        column.put_same(&[2], 8);
        assert_eq!((column.same(), &*column), (None, &[7, 7, 8][..]));
        column.resize(2, 1);
        assert_eq!((column.same(), &*column), (Some(1), &[1, 1][..]));
    }
}
