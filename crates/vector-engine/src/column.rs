//! Typed views of memory that others may change while it is looked at.

use std::marker::PhantomData;
use std::ptr;

/// Values of one section of a segment. Each value is read once, by itself, and is checked by whoever
/// uses it: a mapped file may hold something else at the next look.
#[derive(Debug)]
pub struct Column<'a, T> {
    start: *const T,
    length: usize,
    memory: PhantomData<&'a [T]>,
}

impl<T> Clone for Column<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Column<'_, T> {}

// SAFETY: a column only reads, and whoever made it promised readable memory for its lifetime.
unsafe impl<T: Sync> Sync for Column<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Send for Column<'_, T> {}

impl<'a, T: Copy> Column<'a, T> {
    pub fn of(values: &'a [T]) -> Self {
        Self {
            start: values.as_ptr(),
            length: values.len(),
            memory: PhantomData,
        }
    }

    /// # Safety
    /// `start` must be aligned, and `length` values from there on readable for `'a`. They may change.
    pub unsafe fn new(start: *const T, length: usize) -> Self {
        Self {
            start,
            length,
            memory: PhantomData,
        }
    }

    pub fn len(&self) -> usize {
        self.length
    }

    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The value at `index`, read once.
    #[inline]
    pub fn get(&self, index: usize) -> Option<T> {
        if index >= self.length {
            return None;
        }
        // SAFETY: inside the column, which is readable; volatile, so that the value that is checked is
        // the one that is used.
        Some(unsafe { ptr::read_volatile(self.start.add(index)) })
    }

    /// `count` values from `first` on, when they are all inside.
    #[inline]
    pub fn part(&self, first: usize, count: usize) -> Option<Self> {
        let start = self.row(first, count)?;
        Some(Self {
            start,
            length: count,
            memory: PhantomData,
        })
    }

    /// Each value in turn, read once.
    #[inline]
    pub fn values(&self) -> impl Iterator<Item = T> {
        (0..self.length).map(|index| {
            // SAFETY: as for `get`.
            unsafe { ptr::read_volatile(self.start.add(index)) }
        })
    }

    /// Where `count` values from `first` on lie, when they are all inside.
    #[inline]
    pub fn row(&self, first: usize, count: usize) -> Option<*const T> {
        let end = first.checked_add(count)?;
        if end > self.length {
            return None;
        }
        // SAFETY: inside the column, or just past its end for an empty row.
        Some(unsafe { self.start.add(first) })
    }
}
