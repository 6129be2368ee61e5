//! AVX-512 with VNNI: 64 products an instruction. Its left operand is unsigned, so rows are moved up by
//! 128 (one bit flipped) and the query's sum times 128 is taken off again. It does not saturate.

use std::arch::x86_64::*;

use super::{Base, Kernel, avx2, prefetch, scalar};
use crate::quantise::quantise;

pub static KERNEL: Kernel = Kernel {
    name: "avx512-vnni",
    gather,
    scan,
    rescore,
    encode,
};

/// Rows that are asked for before their turn. Measured on 100,000 rows of 384: see
/// docs/decisions/0011-native-engine.md.
const AHEAD: usize = 8;

#[target_feature(enable = "avx512f,avx512bw,avx512vnni,avx2")]
unsafe fn gather(base: Base, codes: *const i8, stride: usize, ids: &[u32], products: &mut [i32]) {
    let row = |index: usize| codes.wrapping_add(ids[index] as usize * stride);
    let ask = |from: usize, to: usize| {
        for index in from..to.min(ids.len()) {
            let start = row(index);
            for line in (0..stride).step_by(64) {
                prefetch(start.wrapping_add(line));
            }
        }
    };
    ask(0, AHEAD);
    let mut at = 0;
    while at + 4 <= ids.len() {
        ask(at + AHEAD, at + AHEAD + 4);
        let rows = [row(at), row(at + 1), row(at + 2), row(at + 3)];
        // SAFETY: the caller has checked the ids.
        let found = unsafe { four(base, rows, stride) };
        products[at..at + 4].copy_from_slice(&found);
        at += 4;
    }
    if at < ids.len() {
        let last = ids.len() - 1;
        let rows = [
            row(at),
            row(last.min(at + 1)),
            row(last.min(at + 2)),
            row(last),
        ];
        // SAFETY: as above; what is there twice is computed twice.
        let found = unsafe { four(base, rows, stride) };
        let left = ids.len() - at;
        products[at..].copy_from_slice(&found[..left]);
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni,avx2")]
unsafe fn scan(base: Base, rows: *const i8, stride: usize, products: &mut [i32]) {
    let last = products.len().saturating_sub(1);
    for (group, found) in products.chunks_mut(4).enumerate() {
        let row = |index: usize| rows.wrapping_add(last.min(group * 4 + index) * stride);
        // SAFETY: the caller has checked how many rows there are.
        let all = unsafe { four(base, [row(0), row(1), row(2), row(3)], stride) };
        found.copy_from_slice(&all[..found.len()]);
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni,avx2")]
unsafe fn four(base: Base, rows: [*const i8; 4], stride: usize) -> [i32; 4] {
    // SAFETY: base and rows hold `stride` codes each.
    unsafe {
        match stride {
            // The default model has 384 dimensions: unrolled, the query stays in registers.
            384 => lines::<6>(base, rows, 6),
            _ => lines::<0>(base, rows, stride / 64),
        }
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni,avx2")]
unsafe fn lines<const FIXED: usize>(base: Base, rows: [*const i8; 4], count: usize) -> [i32; 4] {
    let count = if FIXED == 0 { count } else { FIXED };
    // SAFETY: base and rows hold `count` times 64 codes.
    unsafe {
        let flip = _mm512_set1_epi8(-128);
        let mut sums = [_mm512_setzero_si512(); 4];
        for line in 0..count {
            let query = _mm512_loadu_si512(base.codes.add(line * 64).cast());
            for (sum, row) in sums.iter_mut().zip(rows) {
                let codes = _mm512_loadu_si512(row.add(line * 64).cast());
                *sum = _mm512_dpbusd_epi32(*sum, _mm512_xor_si512(codes, flip), query);
            }
        }
        let folded = sums.map(|sum| {
            _mm256_add_epi32(
                _mm512_castsi512_si256(sum),
                _mm512_extracti64x4_epi64::<1>(sum),
            )
        });
        let pairs = _mm256_hadd_epi32(
            _mm256_hadd_epi32(folded[0], folded[1]),
            _mm256_hadd_epi32(folded[2], folded[3]),
        );
        let sums = _mm_add_epi32(
            _mm256_castsi256_si128(pairs),
            _mm256_extracti128_si256::<1>(pairs),
        );
        let mut found = [0; 4];
        let sums = _mm_sub_epi32(sums, _mm_set1_epi32(base.sum * 128));
        _mm_storeu_si128(found.as_mut_ptr().cast(), sums);
        found
    }
}

/// Two rows share a register, each in its four lanes; four registers go side by side.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni,avx2,f16c,fma")]
unsafe fn rescore(
    query: *const f64,
    halves: *const u16,
    stride: usize,
    length: usize,
    ids: &[u32],
    scores: &mut [f64],
) {
    for (ids, scores) in ids.chunks(8).zip(scores.chunks_mut(8)) {
        // What is there once too few is computed twice.
        let last = ids.len() - 1;
        let row = |index: usize| halves.wrapping_add(ids[last.min(index)] as usize * stride);
        let found = if ids.len() > 4 {
            // SAFETY: the caller has checked the ids, and that a row is as long as the query.
            unsafe { pairs([0, 2, 4, 6].map(|at| [row(at), row(at + 1)]), query, length) }
        } else {
            // SAFETY: as above.
            let [a, b] = unsafe { pairs([0, 2].map(|at| [row(at), row(at + 1)]), query, length) };
            [a, b, a, b]
        };
        scores.copy_from_slice(&found.as_flattened()[..ids.len()]);
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni,avx2,f16c,fma")]
unsafe fn pairs<const N: usize>(
    rows: [[*const u16; 2]; N],
    query: *const f64,
    length: usize,
) -> [[f64; 2]; N] {
    let exponent = _mm_set1_epi16(0x7c00);
    let mut special = _mm_setzero_si128();
    let mut sums = [_mm512_setzero_pd(); N];
    for at in (0..length).step_by(4) {
        // SAFETY: the query has `length` values, a multiple of four.
        let values = _mm512_broadcast_f64x4(unsafe { _mm256_loadu_pd(query.add(at)) });
        for (sum, [first, second]) in sums.iter_mut().zip(rows) {
            // SAFETY: the rows have `length` values.
            let both = unsafe {
                let low = _mm_loadl_epi64(first.add(at).cast());
                _mm_unpacklo_epi64(low, _mm_loadl_epi64(second.add(at).cast()))
            };
            let bits = _mm_cmpeq_epi16(_mm_and_si128(both, exponent), exponent);
            special = _mm_or_si128(special, bits);
            let value = _mm512_cvtps_pd(_mm256_cvtph_ps(both));
            // A product of f32 and f16 is exact in f64: one rounding, as of a separate addition.
            *sum = _mm512_fmadd_pd(values, value, *sum);
        }
    }
    if _mm_testz_si128(special, special) == 0 {
        // What the instruction takes for infinite is finite in the format.
        // SAFETY: as above.
        return rows.map(|pair| pair.map(|row| unsafe { scalar::score(query, row, length) }));
    }
    sums.map(|sum| {
        let mut lanes = [0.0; 8];
        // SAFETY: the array has room for a register.
        unsafe { _mm512_storeu_pd(lanes.as_mut_ptr(), sum) };
        let [a, b, c, d, e, f, g, h] = lanes;
        [(a + b) + (c + d), (e + f) + (g + h)]
    })
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni,avx2,f16c,fma")]
unsafe fn encode(row: &[f32], halves: &mut [u16], codes: &mut [i8]) -> u32 {
    avx2::round(row, halves);
    quantise(halves, codes)
}
