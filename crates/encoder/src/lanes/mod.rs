//! Sixteen numbers at once: the only thing that differs between kernels. Each function is one rounding (or
//! none), so that all implementations give the same bits.

#[cfg(target_arch = "x86_64")]
pub mod avx2;
#[cfg(target_arch = "x86_64")]
pub mod avx512;
pub mod scalar;

use crate::LANES;

/// Sixteen f32.
///
/// # Safety
/// Its functions may be called where its instructions are enabled, with room for sixteen elements (weights:
/// sixty-four) behind each pointer.
pub unsafe trait Lanes: Copy {
    /// Sixteen i32.
    type Sums: Copy;
    /// Four weights of a byte, or two numbers of two bytes, for each of sixteen outputs.
    type Weights: Copy;
    /// Rows and strips (of sixteen columns) of a product whose sums fit the registers.
    const ROWS: usize;
    const STRIPS: usize;

    unsafe fn splat(value: f32) -> Self;
    unsafe fn load(from: *const f32) -> Self;
    unsafe fn store(self, to: *mut f32);
    unsafe fn add(self, other: Self) -> Self;
    unsafe fn subtract(self, other: Self) -> Self;
    unsafe fn multiply(self, other: Self) -> Self;
    unsafe fn divide(self, other: Self) -> Self;
    /// `self · factor + term` with one rounding.
    unsafe fn fused(self, factor: Self, term: Self) -> Self;
    /// `self` where it is less, else `other`.
    unsafe fn least(self, other: Self) -> Self;
    /// `self` where it is greater, else `other`.
    unsafe fn most(self, other: Self) -> Self;
    /// The nearest whole number, halves to even.
    unsafe fn round(self) -> Self;
    /// `self · 2^power` for whole powers of −126 … 127 that lead to normal numbers.
    unsafe fn scale(self, power: Self) -> Self;
    unsafe fn load_codes(from: *const i8) -> Self;
    /// Whole numbers of 0 … 255.
    unsafe fn store_codes(self, to: *mut u8);

    /// Sixteen whole numbers of −32,768 … 32,767 beside sixteen others, as sixteen pairs.
    unsafe fn store_pairs(low: Self, high: Self, to: *mut i16);

    unsafe fn no_sums() -> Self::Sums;
    unsafe fn load_weights(from: *const i8) -> Self::Weights;
    /// Adds to each sum four products of the same four unsigned codes and weights of its own.
    unsafe fn dot(sums: Self::Sums, codes: i32, weights: Self::Weights) -> Self::Sums;
    /// `sums − zero · columns`, as f32.
    unsafe fn corrected(sums: Self::Sums, zero: i32, columns: *const i32) -> Self;
    unsafe fn load_pairs(from: *const i16) -> Self::Weights;
    /// Adds to each sum two products of the same pair of numbers and a pair of its own.
    unsafe fn dot_pairs(sums: Self::Sums, pair: i32, pairs: Self::Weights) -> Self::Sums;
    unsafe fn floats(sums: Self::Sums) -> Self;

    /// The sum of the lanes: eight and eight, four and four, two and two, one and one.
    #[inline(always)]
    unsafe fn fold(self) -> f32 {
        // SAFETY: as promised by the caller, here and below.
        let lanes = unsafe { self.lanes() };
        tree(lanes, |a, b| a + b)
    }
    #[inline(always)]
    unsafe fn fold_least(self) -> f32 {
        // SAFETY: as above.
        let lanes = unsafe { self.lanes() };
        tree(lanes, |a, b| if a < b { a } else { b })
    }
    #[inline(always)]
    unsafe fn fold_most(self) -> f32 {
        // SAFETY: as above.
        let lanes = unsafe { self.lanes() };
        tree(lanes, |a, b| if a > b { a } else { b })
    }
    #[inline(always)]
    unsafe fn lanes(self) -> [f32; LANES] {
        let mut lanes = [0.0; LANES];
        // SAFETY: as above.
        unsafe { self.store(lanes.as_mut_ptr()) };
        lanes
    }
}

#[inline(always)]
fn tree(mut lanes: [f32; LANES], join: impl Fn(f32, f32) -> f32) -> f32 {
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            lanes[lane] = join(lanes[lane], lanes[lane + half]);
        }
        half /= 2;
    }
    lanes[0]
}
