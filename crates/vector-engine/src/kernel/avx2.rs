//! AVX2: codes widened to 16 bits, so that no sum saturates whatever the bytes are.

use std::arch::x86_64::*;

use super::{Base, Kernel, scalar};
use crate::quantise::{quantise, round_to_halves};

pub static KERNEL: Kernel = Kernel {
    name: "avx2",
    gather,
    scan,
    rescore,
    encode,
};

#[target_feature(enable = "avx2")]
unsafe fn gather(base: Base, codes: *const i8, stride: usize, ids: &[u32], products: &mut [i32]) {
    for (product, &id) in products.iter_mut().zip(ids) {
        // SAFETY: the caller has checked the id.
        *product = unsafe { dot(base.codes, codes.add(id as usize * stride), stride) };
    }
}

#[target_feature(enable = "avx2")]
unsafe fn scan(base: Base, rows: *const i8, stride: usize, products: &mut [i32]) {
    for (row, product) in products.iter_mut().enumerate() {
        // SAFETY: the caller has checked how many rows there are.
        *product = unsafe { dot(base.codes, rows.add(row * stride), stride) };
    }
}

#[inline]
#[target_feature(enable = "avx2")]
unsafe fn dot(a: *const i8, b: *const i8, length: usize) -> i32 {
    let mut sums = [_mm256_setzero_si256(); 4];
    for at in (0..length).step_by(64) {
        for (part, sum) in sums.iter_mut().enumerate() {
            // SAFETY: both rows hold `length` codes, a multiple of 64.
            let (left, right) = unsafe {
                let at = at + part * 16;
                (
                    _mm_loadu_si128(a.add(at).cast()),
                    _mm_loadu_si128(b.add(at).cast()),
                )
            };
            let products =
                _mm256_madd_epi16(_mm256_cvtepi8_epi16(left), _mm256_cvtepi8_epi16(right));
            *sum = _mm256_add_epi32(*sum, products);
        }
    }
    let sum = _mm256_add_epi32(
        _mm256_add_epi32(sums[0], sums[1]),
        _mm256_add_epi32(sums[2], sums[3]),
    );
    let half = _mm_add_epi32(
        _mm256_castsi256_si128(sum),
        _mm256_extracti128_si256::<1>(sum),
    );
    let pair = _mm_add_epi32(half, _mm_shuffle_epi32::<0b00_00_11_10>(half));
    _mm_cvtsi128_si32(_mm_add_epi32(pair, _mm_shuffle_epi32::<0b01>(pair)))
}

/// Four rows go side by side, because each is a chain of additions.
#[target_feature(enable = "avx2,f16c,fma")]
unsafe fn rescore(
    query: *const f64,
    halves: *const u16,
    stride: usize,
    length: usize,
    ids: &[u32],
    scores: &mut [f64],
) {
    // SAFETY: the caller has checked the ids, and that a row is as long as the query.
    let row = |id: u32| unsafe { halves.add(id as usize * stride) };
    let (groups, rest) = ids.as_chunks::<4>();
    let (group_scores, rest_scores) = scores.split_at_mut(groups.len() * 4);
    for (group, scores) in groups.iter().zip(group_scores.chunks_exact_mut(4)) {
        // SAFETY: as above.
        let found = unsafe { rows(query, group.map(row), length) };
        scores.copy_from_slice(&found);
    }
    for (id, score) in rest.iter().zip(rest_scores) {
        // SAFETY: as above.
        [*score] = unsafe { rows(query, [row(*id)], length) };
    }
}

#[inline]
#[target_feature(enable = "avx2,f16c,fma")]
unsafe fn rows<const N: usize>(
    query: *const f64,
    rows: [*const u16; N],
    length: usize,
) -> [f64; N] {
    let exponent = _mm_set1_epi16(0x7c00);
    let mut special = _mm_setzero_si128();
    let mut sums = [_mm256_setzero_pd(); N];
    for at in (0..length).step_by(4) {
        // SAFETY: the query has `length` values, a multiple of four.
        let values = unsafe { _mm256_loadu_pd(query.add(at)) };
        for (sum, row) in sums.iter_mut().zip(rows) {
            // SAFETY: the row has `length` values.
            let half = unsafe { _mm_loadl_epi64(row.add(at).cast()) };
            let bits = _mm_cmpeq_epi16(_mm_and_si128(half, exponent), exponent);
            special = _mm_or_si128(special, bits);
            let value = _mm256_cvtps_pd(_mm_cvtph_ps(half));
            // A product of f32 and f16 is exact in f64: one rounding, as of a separate addition.
            *sum = _mm256_fmadd_pd(values, value, *sum);
        }
    }
    if _mm_testz_si128(special, special) == 0 {
        // What the instruction takes for infinite is finite in the format.
        // SAFETY: as above.
        return rows.map(|row| unsafe { scalar::score(query, row, length) });
    }
    sums.map(|sum| {
        let low = _mm256_castpd256_pd128(sum);
        let high = _mm256_extractf128_pd::<1>(sum);
        let low = _mm_cvtsd_f64(low) + _mm_cvtsd_f64(_mm_unpackhi_pd(low, low));
        let high = _mm_cvtsd_f64(high) + _mm_cvtsd_f64(_mm_unpackhi_pd(high, high));
        low + high
    })
}

#[target_feature(enable = "avx2,f16c,fma")]
unsafe fn encode(row: &[f32], halves: &mut [u16], codes: &mut [i8]) -> u32 {
    round(row, halves);
    quantise(halves, codes)
}

/// The instruction rounds as `to_half` does, below its largest value.
#[inline]
#[target_feature(enable = "avx2,f16c,fma")]
pub fn round(row: &[f32], halves: &mut [u16]) {
    let ((parts, rest), (half_parts, half_rest)) =
        (row.as_chunks::<8>(), halves.as_chunks_mut::<8>());
    for (part, halves) in parts.iter().zip(half_parts) {
        // SAFETY: eight values are read, and eight halves written.
        unsafe {
            let values = _mm256_loadu_ps(part.as_ptr());
            let rounded = _mm256_cvtps_ph::<_MM_FROUND_TO_NEAREST_INT>(values);
            _mm_storeu_si128(halves.as_mut_ptr().cast(), rounded);
        }
    }
    round_to_halves(rest, half_rest);
}
