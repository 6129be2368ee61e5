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
        fn no_sums() -> __m512i { _mm512_setzero_si512() }
        fn load_weights(from: *const i8) -> __m512i { _mm512_loadu_si512(from.cast()) }
        fn dot(sums: __m512i, codes: i32, weights: __m512i) -> __m512i {
            _mm512_dpbusd_epi32(sums, _mm512_set1_epi32(codes), weights)
        }
        fn corrected(sums: __m512i, zero: i32, columns: *const i32) -> Self {
            let shift = _mm512_mullo_epi32(_mm512_set1_epi32(zero), _mm512_loadu_si512(columns.cast()));
            Self(_mm512_cvtepi32_ps(_mm512_sub_epi32(sums, shift)))
        }
    }
}
