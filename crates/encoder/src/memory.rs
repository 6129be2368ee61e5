//! Memory whose rows begin with a cache line.

/// Sixty-four bytes that begin with a cache line.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([u8; 64]);

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
unsafe impl Plain for i32 {}
// SAFETY: as the trait asks.
unsafe impl Plain for f32 {}

/// Numbers that begin with a cache line; zeros at first.
pub struct Aligned<T> {
    lines: Vec<Line>,
    length: usize,
    kind: std::marker::PhantomData<T>,
}

impl<T: Plain> Aligned<T> {
    pub fn zeros(length: usize) -> Self {
        let bytes = length * size_of::<T>();
        Self {
            lines: vec![Line([0; 64]); bytes.div_ceil(64)],
            length,
            kind: std::marker::PhantomData,
        }
    }
}

impl<T: Plain> std::ops::Deref for Aligned<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        // SAFETY: the lines hold so many, and any bits are a number.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.length) }
    }
}

impl<T: Plain> std::ops::DerefMut for Aligned<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as above.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.length) }
    }
}
