//! AVX-512 with VNNI: 64 products an instruction. Its left operand is unsigned, so rows are moved up by
//! 128 (one bit flipped) and the query's sum times 128 is taken off again. It does not saturate.

use std::arch::x86_64::*;

use super::{Base, Kernel, avx2, prefetch};

pub static KERNEL: Kernel = Kernel {
    name: "avx512-vnni",
    gather,
    scan,
    rescore: avx2::rescore,
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
