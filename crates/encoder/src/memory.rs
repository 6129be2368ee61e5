//! Memory whose rows begin with a cache line, and memory that several threads write.

/// Numbers for which every pattern of bits is one.
///
/// # Safety
/// Only for such.
pub unsafe trait Plain: Copy {}
// SAFETY: as the trait asks.
unsafe impl Plain for u8 {}
// SAFETY: as the trait asks.
unsafe impl Plain for i8 {}
// SAFETY: as the trait asks.
unsafe impl Plain for i16 {}
// SAFETY: as the trait asks.
unsafe impl Plain for i32 {}
// SAFETY: as the trait asks.
unsafe impl Plain for f32 {}

/// Numbers that begin with a cache line; zeros at first.
pub struct Aligned<T> {
    lines: Vec<[u128; 4]>,
    /// Of the first line, in sixteens of bytes: where a cache line begins.
    skipped: usize,
    length: usize,
    kind: std::marker::PhantomData<T>,
}

impl<T: Plain> Aligned<T> {
    pub fn zeros(length: usize) -> Self {
        let bytes = length * size_of::<T>();
        // As zero pages from the system, which are not written until they are used.
        let lines = vec![[0u128; 4]; bytes.div_ceil(64) + 1];
        let skipped = lines.as_ptr().cast::<u128>().align_offset(64);
        Self {
            lines,
            skipped,
            length,
            kind: std::marker::PhantomData,
        }
    }

    fn start(&self) -> *const T {
        // SAFETY: there is one line more than is used, and less than one is skipped.
        unsafe { self.lines.as_ptr().cast::<u128>().add(self.skipped).cast() }
    }
}

impl<T: Plain> std::ops::Deref for Aligned<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        // SAFETY: the lines hold so many, and any bits are a number.
        unsafe { std::slice::from_raw_parts(self.start(), self.length) }
    }
}

impl<T: Plain> std::ops::DerefMut for Aligned<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        let start = self.lines.as_mut_ptr().cast::<u128>();
        // SAFETY: as above.
        unsafe { std::slice::from_raw_parts_mut(start.add(self.skipped).cast(), self.length) }
    }
}

/// Numbers of which several threads write parts of their own.
pub struct Shared<T> {
    start: *mut T,
    length: usize,
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Shared<T> {}
// SAFETY: whoever reads or writes through it promises that nobody writes the same numbers meanwhile.
unsafe impl<T: Plain + Send> Send for Shared<T> {}
// SAFETY: as above.
unsafe impl<T: Plain + Send> Sync for Shared<T> {}

impl<T: Plain> Shared<T> {
    pub fn new(numbers: &mut [T]) -> Self {
        Self {
            start: numbers.as_mut_ptr(),
            length: numbers.len(),
        }
    }

    pub fn start(self) -> *mut T {
        self.start
    }

    pub fn length(self) -> usize {
        self.length
    }

    /// The numbers from `first` to `end`.
    ///
    /// # Panics
    /// When there are fewer.
    pub fn part(self, first: usize, end: usize) -> Self {
        assert!(first <= end && end <= self.length);
        Self {
            start: self.start.wrapping_add(first),
            length: end - first,
        }
    }

    /// # Safety
    /// They are still there, and nobody writes them as long as they are read.
    pub unsafe fn read<'a>(self) -> &'a [T] {
        // SAFETY: as the caller promises.
        unsafe { std::slice::from_raw_parts(self.start, self.length) }
    }

    /// # Safety
    /// They are still there, and nobody else reads or writes them as long as they are written.
    pub unsafe fn write<'a>(self) -> &'a mut [T] {
        // SAFETY: as the caller promises.
        unsafe { std::slice::from_raw_parts_mut(self.start, self.length) }
    }
}
