//! AVX2: codes widened to 16 bits, so that no sum saturates whatever the bytes are.

use std::arch::x86_64::*;

use super::{Base, Kernel};
use crate::half::REBIAS;

pub static KERNEL: Kernel = Kernel {
    name: "avx2",
    gather,
    scan,
    rescore,
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

/// Shared with the AVX-512 kernel: the four lanes of a score fill one register of AVX2. Four rows go
/// side by side, because each is a chain of additions.
#[target_feature(enable = "avx2")]
pub unsafe fn rescore(
    query: *const f64,
    halves: *const u16,
    stride: usize,
    length: usize,
    ids: &[u32],
    scores: &mut [f64],
) {
    let (groups, rest) = ids.as_chunks::<4>();
    let (group_scores, rest_scores) = scores.split_at_mut(groups.len() * 4);
    for (group, scores) in groups.iter().zip(group_scores.chunks_exact_mut(4)) {
        // SAFETY: the caller has checked the ids, and that a row is as long as the query.
        let found = unsafe {
            rows(
                query,
                group.map(|id| halves.add(id as usize * stride)),
                length,
            )
        };
        scores.copy_from_slice(&found);
    }
    for (id, score) in rest.iter().zip(rest_scores) {
        // SAFETY: as above.
        [*score] = unsafe { rows(query, [halves.add(*id as usize * stride)], length) };
    }
}

#[inline]
#[target_feature(enable = "avx2")]
unsafe fn rows<const N: usize>(
    query: *const f64,
    rows: [*const u16; N],
    length: usize,
) -> [f64; N] {
    let magnitude = _mm_set1_epi32(0x7fff);
    let sign = _mm_set1_epi32(0x8000);
    let rebias = _mm_set1_ps(REBIAS);
    let mut sums = [_mm256_setzero_pd(); N];
    for at in (0..length).step_by(4) {
        // SAFETY: the query has `length` values, a multiple of four.
        let values = unsafe { _mm256_loadu_pd(query.add(at)) };
        for (sum, row) in sums.iter_mut().zip(rows) {
            // SAFETY: the row has `length` values.
            let half = _mm_cvtepu16_epi32(unsafe { _mm_loadl_epi64(row.add(at).cast()) });
            let size = _mm_mul_ps(
                _mm_castsi128_ps(_mm_slli_epi32::<13>(_mm_and_si128(half, magnitude))),
                rebias,
            );
            let negative = _mm_castsi128_ps(_mm_slli_epi32::<16>(_mm_and_si128(half, sign)));
            let value = _mm256_cvtps_pd(_mm_or_ps(size, negative));
            // A product of f32 and f16 is exact in f64, so a fused addition would give the same.
            *sum = _mm256_add_pd(*sum, _mm256_mul_pd(values, value));
        }
    }
    sums.map(|sum| {
        let low = _mm256_castpd256_pd128(sum);
        let high = _mm256_extractf128_pd::<1>(sum);
        let low = _mm_cvtsd_f64(low) + _mm_cvtsd_f64(_mm_unpackhi_pd(low, low));
        let high = _mm_cvtsd_f64(high) + _mm_cvtsd_f64(_mm_unpackhi_pd(high, high));
        low + high
    })
}
