//! AVX2 with fused products. Two products of bytes are added in 16 bits, which saturates above 32,767:
//! weights of at most 64 stay below it (255 · 64 · 2 = 32,640).

use std::arch::x86_64::*;

use super::Lanes;

#[derive(Clone, Copy)]
pub struct Avx2(__m256, __m256);

macro_rules! lanes {
    ($($(#[$comment:meta])* fn $name:ident($($argument:ident: $kind:ty),*) $(-> $result:ty)? $body:block)*) => {$(
        #[inline(always)]
        unsafe fn $name($($argument: $kind),*) $(-> $result)? {
            // SAFETY: the caller has the instructions and the room.
            unsafe { $body }
        }
    )*};
}

// SAFETY: reads and writes as much as is promised.
unsafe impl Lanes for Avx2 {
    type Sums = (__m256i, __m256i);
    type Weights = (__m256i, __m256i);
    // Eight sums, two weights, a code and what is between.
    const ROWS: usize = 4;
    const STRIPS: usize = 1;

    lanes! {
        fn splat(value: f32) -> Self { let all = _mm256_set1_ps(value); Self(all, all) }
        fn load(from: *const f32) -> Self {
            Self(_mm256_loadu_ps(from), _mm256_loadu_ps(from.add(8)))
        }
        fn store(self: Self, to: *mut f32) {
            _mm256_storeu_ps(to, self.0);
            _mm256_storeu_ps(to.add(8), self.1)
        }
        fn add(self: Self, other: Self) -> Self {
            Self(_mm256_add_ps(self.0, other.0), _mm256_add_ps(self.1, other.1))
        }
        fn subtract(self: Self, other: Self) -> Self {
            Self(_mm256_sub_ps(self.0, other.0), _mm256_sub_ps(self.1, other.1))
        }
        fn multiply(self: Self, other: Self) -> Self {
            Self(_mm256_mul_ps(self.0, other.0), _mm256_mul_ps(self.1, other.1))
        }
        fn divide(self: Self, other: Self) -> Self {
            Self(_mm256_div_ps(self.0, other.0), _mm256_div_ps(self.1, other.1))
        }
        fn fused(self: Self, factor: Self, term: Self) -> Self {
            Self(
                _mm256_fmadd_ps(self.0, factor.0, term.0),
                _mm256_fmadd_ps(self.1, factor.1, term.1),
            )
        }
        fn least(self: Self, other: Self) -> Self {
            Self(_mm256_min_ps(self.0, other.0), _mm256_min_ps(self.1, other.1))
        }
        fn most(self: Self, other: Self) -> Self {
            Self(_mm256_max_ps(self.0, other.0), _mm256_max_ps(self.1, other.1))
        }
        fn round(self: Self) -> Self {
            const NEAREST: i32 = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
            Self(_mm256_round_ps::<NEAREST>(self.0), _mm256_round_ps::<NEAREST>(self.1))
        }
        fn scale(self: Self, power: Self) -> Self {
            Self(scaled(self.0, power.0), scaled(self.1, power.1))
        }
        fn load_codes(from: *const i8) -> Self {
            let codes = _mm_loadu_si128(from.cast());
            Self(
                _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(codes)),
                _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_srli_si128::<8>(codes))),
            )
        }
        fn store_codes(self: Self, to: *mut u8) {
            let words = _mm256_packs_epi32(_mm256_cvtps_epi32(self.0), _mm256_cvtps_epi32(self.1));
            let words = _mm256_permute4x64_epi64::<0b1101_1000>(words);
            let codes = _mm_packus_epi16(
                _mm256_castsi256_si128(words),
                _mm256_extracti128_si256::<1>(words),
            );
            _mm_storeu_si128(to.cast(), codes)
        }
        fn store_pairs(low: Self, high: Self, to: *mut i16) {
            _mm256_storeu_si256(to.cast(), paired(low.0, high.0));
            _mm256_storeu_si256(to.add(16).cast(), paired(low.1, high.1))
        }
        fn no_sums() -> (__m256i, __m256i) { (_mm256_setzero_si256(), _mm256_setzero_si256()) }
        fn load_weights(from: *const i8) -> (__m256i, __m256i) {
            (_mm256_loadu_si256(from.cast()), _mm256_loadu_si256(from.add(32).cast()))
        }
        fn dot(sums: (__m256i, __m256i), codes: i32, weights: (__m256i, __m256i)) -> (__m256i, __m256i) {
            let codes = _mm256_set1_epi32(codes);
            let ones = _mm256_set1_epi16(1);
            let first = _mm256_madd_epi16(_mm256_maddubs_epi16(codes, weights.0), ones);
            let second = _mm256_madd_epi16(_mm256_maddubs_epi16(codes, weights.1), ones);
            (_mm256_add_epi32(sums.0, first), _mm256_add_epi32(sums.1, second))
        }
        fn corrected(sums: (__m256i, __m256i), zero: i32, columns: *const i32) -> Self {
            let zero = _mm256_set1_epi32(zero);
            let first = _mm256_mullo_epi32(zero, _mm256_loadu_si256(columns.cast()));
            let second = _mm256_mullo_epi32(zero, _mm256_loadu_si256(columns.add(8).cast()));
            Self(
                _mm256_cvtepi32_ps(_mm256_sub_epi32(sums.0, first)),
                _mm256_cvtepi32_ps(_mm256_sub_epi32(sums.1, second)),
            )
        }
        fn load_pairs(from: *const i16) -> (__m256i, __m256i) {
            (_mm256_loadu_si256(from.cast()), _mm256_loadu_si256(from.add(16).cast()))
        }
        fn dot_pairs(sums: (__m256i, __m256i), pair: i32, pairs: (__m256i, __m256i)) -> (__m256i, __m256i) {
            let pair = _mm256_set1_epi32(pair);
            (
                _mm256_add_epi32(sums.0, _mm256_madd_epi16(pair, pairs.0)),
                _mm256_add_epi32(sums.1, _mm256_madd_epi16(pair, pairs.1)),
            )
        }
        fn floats(sums: (__m256i, __m256i)) -> Self {
            Self(_mm256_cvtepi32_ps(sums.0), _mm256_cvtepi32_ps(sums.1))
        }
    }
}

#[inline(always)]
unsafe fn scaled(value: __m256, power: __m256) -> __m256 {
    // SAFETY: as above.
    unsafe {
        let biased = _mm256_add_epi32(_mm256_cvtps_epi32(power), _mm256_set1_epi32(127));
        _mm256_mul_ps(value, _mm256_castsi256_ps(_mm256_slli_epi32::<23>(biased)))
    }
}

#[inline(always)]
unsafe fn paired(low: __m256, high: __m256) -> __m256i {
    // SAFETY: as above.
    unsafe {
        let high = _mm256_slli_epi32::<16>(_mm256_cvtps_epi32(high));
        _mm256_blend_epi16::<0b1010_1010>(_mm256_cvtps_epi32(low), high)
    }
}
