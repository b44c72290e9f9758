//! Typed indices and the tables that they index: a place can never be looked up as a copy.

use std::marker::PhantomData;
use std::ops::Index;
use std::sync::Arc;

/// An index into one kind of table.
pub trait Id: Copy + Ord {
    /// The id of row `index`.
    fn from_index(index: usize) -> Self;
    /// The row that this id stands for.
    fn index(self) -> usize;
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);

        impl Id for $name {
            fn from_index(index: usize) -> Self {
                Self(u32::try_from(index).unwrap_or(u32::MAX))
            }
            fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

ids! {
    /// A region, zone or other place.
    PlaceId,
    /// A link between two regions.
    LinkId,
    /// Something outside that services need.
    ExternalId,
    /// A credential domain.
    AccountId,
    /// A group of people.
    RoleId,
    /// A data set.
    DataId,
    /// A compute pool.
    PoolId,
    /// A copy of a data set.
    CopyId,
    /// A kind of failure.
    FailureId,
    /// A service.
    ServiceId,
    /// A strategy of a service.
    StrategyId,
    /// A tier: one strategy for every service.
    TierId,
    /// A recovery plan.
    PlanId,
    /// A recovery step.
    StepId,
    /// A drill.
    DrillId,
}

/// Rows of one kind, in the order of their names, indexed by their own id type.
#[derive(Clone, Debug)]
pub struct Table<I, T> {
    // Shared, so that a scenario with one change is made without copying the rest.
    rows: Arc<[T]>,
    id: PhantomData<I>,
}

impl<I: Id, T> Table<I, T> {
    /// A table of these rows, shape \[n\]; row `i`, from 0, gets the id of index `i`.
    #[must_use]
    pub fn new(rows: Vec<T>) -> Self {
        Self { rows: rows.into(), id: PhantomData }
    }

    /// The rows with their ids, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (I, &T)> + ExactSizeIterator {
        self.rows.iter().enumerate().map(|(n, row)| (I::from_index(n), row))
    }

    /// The ids in order.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = I> + ExactSizeIterator + use<I, T> {
        (0..self.rows.len()).map(I::from_index)
    }

    /// The rows in order.
    #[must_use]
    pub fn rows(&self) -> &[T] {
        &self.rows
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The row of this id; `None` if the table is shorter.
    #[must_use]
    pub fn get(&self, id: I) -> Option<&T> {
        self.rows.get(id.index())
    }

    /// The same to be changed, in a table that is not part of a scenario yet.
    pub(crate) fn get_mut(&mut self, id: I) -> Option<&mut T>
    where
        T: Clone,
    {
        Arc::make_mut(&mut self.rows).get_mut(id.index())
    }

    /// Changes a row; `None` if there is nothing to change, and nothing is copied then.
    pub(crate) fn edit(&mut self, id: I, change: impl FnOnce(&mut T) -> Option<()>) -> Option<()>
    where
        T: Clone,
    {
        let mut row = self.get(id)?.clone();
        change(&mut row)?;
        *self.get_mut(id)? = row;
        Some(())
    }
}

impl<I, T> Default for Table<I, T> {
    fn default() -> Self {
        Self { rows: Arc::new([]), id: PhantomData }
    }
}

impl<I: Id, T> Index<I> for Table<I, T> {
    type Output = T;
    fn index(&self, id: I) -> &T {
        &self.rows[id.index()]
    }
}
