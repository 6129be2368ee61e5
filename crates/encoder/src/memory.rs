//! Memory whose rows begin with a cache line, and memory that several threads write.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

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
    start: *mut T,
    length: usize,
    /// Keeps the memory.
    _owner: Owner,
}

enum Owner {
    Lines(#[expect(dead_code, reason = "it is kept")] Vec<[u128; 4]>),
    Slab(#[expect(dead_code, reason = "it is kept")] Arc<Slab>),
}

// SAFETY: it is the only one that has these numbers.
unsafe impl<T: Plain + Send> Send for Aligned<T> {}
// SAFETY: as above.
unsafe impl<T: Plain + Sync> Sync for Aligned<T> {}

impl<T: Plain> Aligned<T> {
    pub fn zeros(length: usize) -> Self {
        let bytes = length * size_of::<T>();
        // As zero pages from the system, which are not written until they are used.
        let mut lines = vec![[0u128; 4]; bytes.div_ceil(LINE) + 1];
        let start = lines.as_mut_ptr().cast::<u8>();
        Self {
            // One line more than is used, and less than one is skipped.
            start: start.wrapping_add(start.align_offset(LINE)).cast(),
            length,
            _owner: Owner::Lines(lines),
        }
    }
}

impl<T: Plain> std::ops::Deref for Aligned<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        // SAFETY: the owner holds so many, and any bits are a number.
        unsafe { std::slice::from_raw_parts(self.start, self.length) }
    }
}

impl<T: Plain> std::ops::DerefMut for Aligned<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as above.
        unsafe { std::slice::from_raw_parts_mut(self.start, self.length) }
    }
}

const LINE: usize = 64;
/// What the largest common pages hold.
const PAGE: usize = 2 << 20;

/// Memory in pages that are as large as the system has them, from which parts are taken. What a text reads all of, each
/// time, is in five pages then instead of 2,600: after other programs had the processor, the search for where
/// a page lies takes as long as the reading.
pub struct Slab {
    start: *mut u8,
    layout: Layout,
    used: AtomicUsize,
}

// SAFETY: each part is given to one owner only.
unsafe impl Send for Slab {}
// SAFETY: as above.
unsafe impl Sync for Slab {}

impl Slab {
    /// Room for so many bytes.
    pub fn new(bytes: usize) -> Arc<Self> {
        let layout = Layout::from_size_align(bytes.max(1), PAGE).expect("no such memory");
        // SAFETY: the layout is not empty.
        let start = unsafe { alloc(layout) };
        if start.is_null() {
            handle_alloc_error(layout);
        }
        // Whole pages only: of the rest most would lie idle.
        large_pages(start, bytes / PAGE * PAGE);
        // SAFETY: so many were just given.
        unsafe { start.write_bytes(0, layout.size()) };
        Arc::new(Self {
            start,
            layout,
            used: AtomicUsize::new(0),
        })
    }

    /// The next part.
    ///
    /// # Panics
    /// When there is not enough left.
    pub fn take<T: Plain>(self: &Arc<Self>, length: usize) -> Aligned<T> {
        let bytes = (length * size_of::<T>()).next_multiple_of(LINE);
        let first = self.used.fetch_add(bytes, Ordering::Relaxed);
        assert!(first + bytes <= self.layout.size(), "no room in the slab");
        Aligned {
            start: self.start.wrapping_add(first).cast(),
            length,
            _owner: Owner::Slab(Arc::clone(self)),
        }
    }
}

impl Drop for Slab {
    fn drop(&mut self) {
        // SAFETY: given with this layout, and all owners of parts are gone.
        unsafe { dealloc(self.start, self.layout) };
    }
}

/// A wish: where it is not granted, reading takes longer.
fn large_pages(start: *mut u8, bytes: usize) {
    #[cfg(target_os = "linux")]
    if bytes > 0 {
        unsafe extern "C" {
            fn madvise(start: *mut u8, length: usize, advice: std::ffi::c_int) -> std::ffi::c_int;
        }
        const MADV_HUGEPAGE: std::ffi::c_int = 14;
        // SAFETY: the range is inside of what was given, and its contents stay.
        unsafe { madvise(start, bytes, MADV_HUGEPAGE) };
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (start, bytes);
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
