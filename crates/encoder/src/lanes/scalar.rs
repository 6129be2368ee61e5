//! Plain Rust: for every machine, and what the others are held against. Without an instruction for it the
//! fused product is computed in software, which is slow.

use super::Lanes;
use crate::LANES;

#[derive(Clone, Copy)]
pub struct Scalar([f32; LANES]);

macro_rules! each {
    (|$lane:ident| $value:expr) => {{
        let mut result = [0.0f32; LANES];
        for $lane in 0..LANES {
            result[$lane] = $value;
        }
        Scalar(result)
    }};
}

// SAFETY: needs no instructions; reads and writes as much as is promised.
unsafe impl Lanes for Scalar {
    type Sums = [i32; LANES];
    type Weights = [i8; LANES * 4];
    const ROWS: usize = 2;
    const STRIPS: usize = 1;

    unsafe fn splat(value: f32) -> Self {
        Self([value; LANES])
    }
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: sixteen are there.
        Self(unsafe { from.cast::<[f32; LANES]>().read_unaligned() })
    }
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: as above.
        unsafe { to.cast::<[f32; LANES]>().write_unaligned(self.0) };
    }
    unsafe fn add(self, other: Self) -> Self {
        each!(|lane| self.0[lane] + other.0[lane])
    }
    unsafe fn subtract(self, other: Self) -> Self {
        each!(|lane| self.0[lane] - other.0[lane])
    }
    unsafe fn multiply(self, other: Self) -> Self {
        each!(|lane| self.0[lane] * other.0[lane])
    }
    unsafe fn divide(self, other: Self) -> Self {
        each!(|lane| self.0[lane] / other.0[lane])
    }
    unsafe fn fused(self, factor: Self, term: Self) -> Self {
        each!(|lane| self.0[lane].mul_add(factor.0[lane], term.0[lane]))
    }
    unsafe fn least(self, other: Self) -> Self {
        each!(|lane| if self.0[lane] < other.0[lane] {
            self.0[lane]
        } else {
            other.0[lane]
        })
    }
    unsafe fn most(self, other: Self) -> Self {
        each!(|lane| if self.0[lane] > other.0[lane] {
            self.0[lane]
        } else {
            other.0[lane]
        })
    }
    unsafe fn round(self) -> Self {
        each!(|lane| self.0[lane].round_ties_even())
    }
    unsafe fn scale(self, power: Self) -> Self {
        each!(|lane| self.0[lane] * f32::from_bits(((power.0[lane] as i32 + 127) as u32) << 23))
    }
    unsafe fn load_codes(from: *const i8) -> Self {
        // SAFETY: sixteen are there.
        let codes = unsafe { from.cast::<[i8; LANES]>().read_unaligned() };
        each!(|lane| f32::from(codes[lane]))
    }
    unsafe fn store_codes(self, to: *mut u8) {
        let codes = self.0.map(|value| value as u8);
        // SAFETY: sixteen have room.
        unsafe { to.cast::<[u8; LANES]>().write_unaligned(codes) };
    }
    unsafe fn store_pairs(low: Self, high: Self, to: *mut i16) {
        let mut pairs = [0i16; LANES * 2];
        for lane in 0..LANES {
            pairs[lane * 2] = low.0[lane].round_ties_even() as i16;
            pairs[lane * 2 + 1] = high.0[lane].round_ties_even() as i16;
        }
        // SAFETY: sixteen pairs have room.
        unsafe { to.cast::<[i16; LANES * 2]>().write_unaligned(pairs) };
    }
    unsafe fn no_sums() -> Self::Sums {
        [0; LANES]
    }
    unsafe fn load_weights(from: *const i8) -> Self::Weights {
        // SAFETY: sixty-four are there.
        unsafe { from.cast::<Self::Weights>().read_unaligned() }
    }
    unsafe fn dot(mut sums: Self::Sums, codes: i32, weights: Self::Weights) -> Self::Sums {
        let codes = codes.to_le_bytes();
        for (sum, weights) in sums.iter_mut().zip(weights.chunks_exact(4)) {
            for (&code, &weight) in codes.iter().zip(weights) {
                *sum += i32::from(code) * i32::from(weight);
            }
        }
        sums
    }
    unsafe fn corrected(sums: Self::Sums, zero: i32, columns: *const i32) -> Self {
        // SAFETY: sixteen are there.
        let columns = unsafe { columns.cast::<[i32; LANES]>().read_unaligned() };
        each!(|lane| (sums[lane] - zero * columns[lane]) as f32)
    }
    unsafe fn load_pairs(from: *const i16) -> Self::Weights {
        // SAFETY: sixty-four bytes are there.
        unsafe { from.cast::<Self::Weights>().read_unaligned() }
    }
    unsafe fn dot_pairs(mut sums: Self::Sums, pair: i32, pairs: Self::Weights) -> Self::Sums {
        let numbers = |four: [u8; 4]| {
            let [a, b, c, d] = four;
            [[a, b], [c, d]].map(|two| i32::from(i16::from_ne_bytes(two)))
        };
        let [first, second] = numbers(pair.to_ne_bytes());
        for (sum, own) in sums.iter_mut().zip(pairs.as_chunks::<4>().0) {
            let [low, high] = numbers(own.map(i8::cast_unsigned));
            *sum = sum.wrapping_add(first * low + second * high);
        }
        sums
    }
    unsafe fn floats(sums: Self::Sums) -> Self {
        each!(|lane| sums[lane] as f32)
    }
}
