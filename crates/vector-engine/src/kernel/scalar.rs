//! The loops in plain Rust: for every machine, and what the others are held against.

use super::{Base, Kernel};
use crate::half::from_half;
use crate::quantise::{quantise, round_to_halves};

pub static KERNEL: Kernel = Kernel {
    name: "scalar",
    gather,
    scan,
    rescore,
    encode,
};

unsafe fn gather(base: Base, codes: *const i8, stride: usize, ids: &[u32], products: &mut [i32]) {
    for (product, &id) in products.iter_mut().zip(ids) {
        // SAFETY: the caller has checked the id.
        *product = unsafe { dot(base.codes, codes.add(id as usize * stride), stride) };
    }
}

unsafe fn scan(base: Base, rows: *const i8, stride: usize, products: &mut [i32]) {
    for (row, product) in products.iter_mut().enumerate() {
        // SAFETY: the caller has checked how many rows there are.
        *product = unsafe { dot(base.codes, rows.add(row * stride), stride) };
    }
}

unsafe fn dot(a: *const i8, b: *const i8, length: usize) -> i32 {
    let mut sum = 0;
    for index in 0..length {
        // SAFETY: both rows hold `length` codes.
        sum += unsafe { i32::from(*a.add(index)) * i32::from(*b.add(index)) };
    }
    sum
}

unsafe fn rescore(
    query: *const f64,
    halves: *const u16,
    stride: usize,
    length: usize,
    ids: &[u32],
    scores: &mut [f64],
) {
    for (found, &id) in scores.iter_mut().zip(ids) {
        // SAFETY: the caller has checked the id, and that a row is as long as the query.
        *found = unsafe { score(query, halves.add(id as usize * stride), length) };
    }
}

/// Product of a query and one row of halves, in four lanes.
pub unsafe fn score(query: *const f64, row: *const u16, length: usize) -> f64 {
    let mut lanes = [0.0; 4];
    for index in 0..length {
        // SAFETY: both have `length` values.
        let (value, half) = unsafe { (*query.add(index), row.add(index).read_volatile()) };
        lanes[index & 3] += value * f64::from(from_half(half));
    }
    (lanes[0] + lanes[1]) + (lanes[2] + lanes[3])
}

unsafe fn encode(row: &[f32], halves: &mut [u16], codes: &mut [i8]) -> u32 {
    round_to_halves(row, halves);
    quantise(halves, codes)
}
