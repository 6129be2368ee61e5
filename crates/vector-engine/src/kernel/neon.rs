//! NEON, behind the same cases as the others. They passed in emulation (qemu-user); no machine of ours
//! with the instructions has run it yet, so its speed is not known.

use std::arch::aarch64::*;

use super::{Base, Kernel};
use crate::half::REBIAS;
use crate::quantise::{quantise, round_to_halves};

pub static KERNEL: Kernel = Kernel {
    name: "neon",
    gather,
    scan,
    rescore,
    encode,
};

#[target_feature(enable = "neon")]
unsafe fn gather(base: Base, codes: *const i8, stride: usize, ids: &[u32], products: &mut [i32]) {
    for (product, &id) in products.iter_mut().zip(ids) {
        // SAFETY: the caller has checked the id.
        *product = unsafe { dot(base.codes, codes.add(id as usize * stride), stride) };
    }
}

#[target_feature(enable = "neon")]
unsafe fn scan(base: Base, rows: *const i8, stride: usize, products: &mut [i32]) {
    for (row, product) in products.iter_mut().enumerate() {
        // SAFETY: the caller has checked how many rows there are.
        *product = unsafe { dot(base.codes, rows.add(row * stride), stride) };
    }
}

#[inline]
#[target_feature(enable = "neon")]
unsafe fn dot(a: *const i8, b: *const i8, length: usize) -> i32 {
    let mut sums = [vdupq_n_s32(0); 4];
    for at in (0..length).step_by(64) {
        for (part, sum) in sums.iter_mut().enumerate() {
            // SAFETY: both rows hold `length` codes, a multiple of 64.
            let (left, right) = unsafe {
                let at = at + part * 16;
                (vld1q_s8(a.add(at)), vld1q_s8(b.add(at)))
            };
            // A product fits 16 bits; the sum of a pair is taken in 32.
            *sum = vpadalq_s16(*sum, vmull_s8(vget_low_s8(left), vget_low_s8(right)));
            *sum = vpadalq_s16(*sum, vmull_high_s8(left, right));
        }
    }
    vaddvq_s32(vaddq_s32(
        vaddq_s32(sums[0], sums[1]),
        vaddq_s32(sums[2], sums[3]),
    ))
}

#[target_feature(enable = "neon")]
unsafe fn rescore(
    query: *const f64,
    halves: *const u16,
    stride: usize,
    length: usize,
    ids: &[u32],
    scores: &mut [f64],
) {
    let magnitude = vdupq_n_u32(0x7fff);
    let sign = vdupq_n_u32(0x8000);
    for (score, &id) in scores.iter_mut().zip(ids) {
        let (mut low, mut high) = (vdupq_n_f64(0.0), vdupq_n_f64(0.0));
        for at in (0..length).step_by(4) {
            // SAFETY: the caller has checked the id, and that a row is as long as the query, a multiple
            // of four.
            let (half, first, second) = unsafe {
                (
                    vmovl_u16(vld1_u16(halves.add(id as usize * stride + at))),
                    vld1q_f64(query.add(at)),
                    vld1q_f64(query.add(at + 2)),
                )
            };
            let size = vmulq_n_f32(
                vreinterpretq_f32_u32(vshlq_n_u32::<13>(vandq_u32(half, magnitude))),
                REBIAS,
            );
            let negative = vshlq_n_u32::<16>(vandq_u32(half, sign));
            let value = vreinterpretq_f32_u32(vorrq_u32(vreinterpretq_u32_f32(size), negative));
            low = vaddq_f64(low, vmulq_f64(first, vcvt_f64_f32(vget_low_f32(value))));
            high = vaddq_f64(high, vmulq_f64(second, vcvt_high_f64_f32(value)));
        }
        *score = (vgetq_lane_f64::<0>(low) + vgetq_lane_f64::<1>(low))
            + (vgetq_lane_f64::<0>(high) + vgetq_lane_f64::<1>(high));
    }
}

#[target_feature(enable = "neon")]
unsafe fn encode(row: &[f32], halves: &mut [u16], codes: &mut [i8]) -> u32 {
    round_to_halves(row, halves);
    quantise(halves, codes)
}
