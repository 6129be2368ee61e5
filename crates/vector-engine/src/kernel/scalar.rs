//! The loops in plain Rust: for every machine, and what the others are held against.

use super::{Base, Kernel};
use crate::half::from_half;

pub static KERNEL: Kernel = Kernel {
    name: "scalar",
    gather,
    scan,
    rescore,
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
    for (score, &id) in scores.iter_mut().zip(ids) {
        let mut lanes = [0.0; 4];
        for index in 0..length {
            // SAFETY: the caller has checked the id, and that a row is as long as the query.
            let (value, half) = unsafe {
                (
                    *query.add(index),
                    halves.add(id as usize * stride + index).read_volatile(),
                )
            };
            lanes[index & 3] += value * f64::from(from_half(half));
        }
        *score = (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
    }
}
