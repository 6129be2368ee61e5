//! AVX-512 with VNNI: 64 products of bytes an instruction, without saturation.

use std::arch::x86_64::*;

use super::Lanes;

#[derive(Clone, Copy)]
pub struct Avx512(__m512);

macro_rules! lanes {
    ($($(#[$comment:meta])* fn $name:ident($($argument:ident: $kind:ty),*) $(-> $result:ty)? $body:block)*) => {$(
        #[inline(always)]
        unsafe fn $name($($argument: $kind),*) $(-> $result)? {
            // SAFETY: the caller has the instructions and the room.
            unsafe { $body }
        }
    )*};
}

/// Eight and eight, four and four, two and two, one and one.
macro_rules! folded {
    ($eight:ident, $four:ident, $lanes:expr) => {{
        let eight = $eight(
            _mm512_castps512_ps256($lanes),
            _mm512_extractf32x8_ps::<1>($lanes),
        );
        let four = $four(
            _mm256_castps256_ps128(eight),
            _mm256_extractf128_ps::<1>(eight),
        );
        let two = $four(four, _mm_movehl_ps(four, four));
        _mm_cvtss_f32($four(two, _mm_shuffle_ps::<1>(two, two)))
    }};
}

// SAFETY: reads and writes as much as is promised.
unsafe impl Lanes for Avx512 {
    type Sums = __m512i;
    type Weights = __m512i;
    // Twenty-four sums, three weights and a code: thirty-two registers.
    const ROWS: usize = 8;
    const STRIPS: usize = 3;

    lanes! {
        fn splat(value: f32) -> Self { Self(_mm512_set1_ps(value)) }
        fn load(from: *const f32) -> Self { Self(_mm512_loadu_ps(from)) }
        fn store(self: Self, to: *mut f32) { _mm512_storeu_ps(to, self.0) }
        fn add(self: Self, other: Self) -> Self { Self(_mm512_add_ps(self.0, other.0)) }
        fn subtract(self: Self, other: Self) -> Self { Self(_mm512_sub_ps(self.0, other.0)) }
        fn multiply(self: Self, other: Self) -> Self { Self(_mm512_mul_ps(self.0, other.0)) }
        fn divide(self: Self, other: Self) -> Self { Self(_mm512_div_ps(self.0, other.0)) }
        fn fused(self: Self, factor: Self, term: Self) -> Self {
            Self(_mm512_fmadd_ps(self.0, factor.0, term.0))
        }
        fn least(self: Self, other: Self) -> Self { Self(_mm512_min_ps(self.0, other.0)) }
        fn most(self: Self, other: Self) -> Self { Self(_mm512_max_ps(self.0, other.0)) }
        fn round(self: Self) -> Self {
            Self(_mm512_roundscale_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(self.0))
        }
        fn scale(self: Self, power: Self) -> Self { Self(_mm512_scalef_ps(self.0, power.0)) }
        fn load_codes(from: *const i8) -> Self {
            Self(_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(from.cast()))))
        }
        fn store_codes(self: Self, to: *mut u8) {
            _mm_storeu_si128(to.cast(), _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(self.0)))
        }
        fn store_pairs(low: Self, high: Self, to: *mut i16) {
            let high = _mm512_slli_epi32::<16>(_mm512_cvtps_epi32(high.0));
            let pairs = _mm512_mask_blend_epi16(0xaaaa_aaaa, _mm512_cvtps_epi32(low.0), high);
            _mm512_storeu_si512(to.cast(), pairs)
        }
        fn no_sums() -> __m512i { _mm512_setzero_si512() }
        fn load_weights(from: *const i8) -> __m512i { _mm512_loadu_si512(from.cast()) }
        fn dot(sums: __m512i, codes: i32, weights: __m512i) -> __m512i {
            _mm512_dpbusd_epi32(sums, _mm512_set1_epi32(codes), weights)
        }
        fn corrected(sums: __m512i, zero: i32, columns: *const i32) -> Self {
            let shift = _mm512_mullo_epi32(_mm512_set1_epi32(zero), _mm512_loadu_si512(columns.cast()));
            Self(_mm512_cvtepi32_ps(_mm512_sub_epi32(sums, shift)))
        }
        fn load_pairs(from: *const i16) -> __m512i { _mm512_loadu_si512(from.cast()) }
        fn dot_pairs(sums: __m512i, pair: i32, pairs: __m512i) -> __m512i {
            _mm512_dpwssd_epi32(sums, _mm512_set1_epi32(pair), pairs)
        }
        fn fold(self: Self) -> f32 { folded!(_mm256_add_ps, _mm_add_ps, self.0) }
        fn fold_least(self: Self) -> f32 { folded!(_mm256_min_ps, _mm_min_ps, self.0) }
        fn fold_most(self: Self) -> f32 { folded!(_mm256_max_ps, _mm_max_ps, self.0) }
        fn floats(sums: __m512i) -> Self { Self(_mm512_cvtepi32_ps(sums)) }
    }
}
