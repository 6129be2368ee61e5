//! Codes times weights: exact sums of integers, then scale, bias and what follows.

#![expect(
    clippy::needless_range_loop,
    reason = "indices are of several arrays at once"
)]

use std::ops::Range;

use crate::LANES;
use crate::lanes::Lanes;
use crate::memory::{Aligned, Shared};

/// Strips that go together: a part of a product is a multiple of it.
pub const STEP: usize = 3;

/// Weights of one product, packed: strips of sixteen outputs, in each four inputs of all sixteen after each
/// other.
pub struct Linear {
    pub inputs: usize,
    pub outputs: usize,
    pub weights: Aligned<i8>,
    pub scales: Aligned<f32>,
    pub biases: Aligned<f32>,
    /// Sum of each output's weights, with which the zeros of codes are taken off.
    pub columns: Aligned<i32>,
}

/// Rows of numbers as unsigned codes: `number ≈ (code − zero) · scale` with scale and zero of its own row.
/// Whatever shares a product with a row changes nothing in it.
#[derive(Clone, Copy)]
pub struct Codes<'a> {
    pub codes: &'a [u8],
    pub scales: &'a [f32],
    pub zeros: &'a [i32],
}

/// Where results go: column `c` of row `r` is at `c / 16 · strip + r · row + c % 16`.
#[derive(Clone, Copy)]
pub struct Target {
    pub numbers: Shared<f32>,
    pub strip: usize,
    pub row: usize,
}

/// All rows times the weights of these strips; with GELU after it or without.
///
/// # Safety
/// Nobody else reads or writes these columns of the target.
///
/// # Panics
/// When something is shorter than its use.
#[inline(always)]
pub unsafe fn product<L: Lanes, const GELU: bool>(
    codes: Codes<'_>,
    linear: &Linear,
    target: Target,
    wanted: Range<usize>,
) {
    let (rows, strips) = (codes.scales.len(), linear.outputs / LANES);
    assert!(codes.zeros.len() == rows && codes.codes.len() == rows * linear.inputs);
    assert!(linear.inputs >= 4 && linear.inputs.is_multiple_of(4));
    assert!(linear.outputs.is_multiple_of(LANES * STEP));
    assert!(wanted.end <= strips && wanted.start.is_multiple_of(STEP));
    assert!(wanted.end.is_multiple_of(STEP));
    assert!(linear.weights.len() == linear.inputs * linear.outputs);
    assert!(linear.scales.len() == linear.outputs);
    assert!(linear.biases.len() == linear.outputs && linear.columns.len() == linear.outputs);
    assert!(
        rows == 0
            || (strips - 1) * target.strip + (rows - 1) * target.row + LANES
                <= target.numbers.length()
    );
    let place = Placed {
        codes: codes.codes.as_ptr(),
        scales: codes.scales.as_ptr(),
        zeros: codes.zeros.as_ptr(),
        to: target.numbers.start(),
        strip: target.strip,
        row: target.row,
    };
    // SAFETY: all that tiles read and write was checked above; the instructions are the caller's promise.
    unsafe {
        for strip in wanted.step_by(L::STRIPS) {
            let mut row = 0;
            while row < rows {
                let left = rows - row;
                if L::STRIPS == 3 {
                    match left {
                        1 => tile::<L, 1, 3, GELU>(&place, linear, row, strip),
                        2 => tile::<L, 2, 3, GELU>(&place, linear, row, strip),
                        3 => tile::<L, 3, 3, GELU>(&place, linear, row, strip),
                        4 => tile::<L, 4, 3, GELU>(&place, linear, row, strip),
                        5 => tile::<L, 5, 3, GELU>(&place, linear, row, strip),
                        6 => tile::<L, 6, 3, GELU>(&place, linear, row, strip),
                        7 => tile::<L, 7, 3, GELU>(&place, linear, row, strip),
                        _ => tile::<L, 8, 3, GELU>(&place, linear, row, strip),
                    }
                } else if L::ROWS == 4 && left >= 4 {
                    tile::<L, 4, 1, GELU>(&place, linear, row, strip);
                } else if left >= 2 {
                    tile::<L, 2, 1, GELU>(&place, linear, row, strip);
                    row += 2;
                    continue;
                } else {
                    tile::<L, 1, 1, GELU>(&place, linear, row, strip);
                }
                row += L::ROWS;
            }
        }
    }
}

struct Placed {
    codes: *const u8,
    scales: *const f32,
    zeros: *const i32,
    to: *mut f32,
    strip: usize,
    row: usize,
}

#[inline(always)]
unsafe fn tile<L: Lanes, const R: usize, const S: usize, const GELU: bool>(
    place: &Placed,
    linear: &Linear,
    row: usize,
    strip: usize,
) {
    // SAFETY: as the caller has checked.
    unsafe {
        let depth = linear.inputs;
        let codes = place.codes.add(row * depth);
        let weights = linear.weights.as_ptr().add(strip * depth * LANES);
        let mut sums = [[L::no_sums(); S]; R];
        let mut quad = 0;
        // At least once, as was checked: so the sums never are in memory.
        loop {
            let mut loaded = [L::load_weights(weights.add(quad * 64)); S];
            for s in 1..S {
                loaded[s] = L::load_weights(weights.add(s * depth * LANES + quad * 64));
            }
            for r in 0..R {
                let four = codes
                    .add(r * depth + quad * 4)
                    .cast::<i32>()
                    .read_unaligned();
                for s in 0..S {
                    sums[r][s] = L::dot(sums[r][s], four, loaded[s]);
                }
            }
            quad += 1;
            if quad == depth / 4 {
                break;
            }
        }
        for s in 0..S {
            let column = (strip + s) * LANES;
            let scales = L::load(linear.scales.as_ptr().add(column));
            let biases = L::load(linear.biases.as_ptr().add(column));
            let columns = linear.columns.as_ptr().add(column);
            for r in 0..R {
                let exact = L::corrected(sums[r][s], *place.zeros.add(row + r), columns);
                let scaled = exact.multiply(L::splat(*place.scales.add(row + r)));
                let mut value = scaled.fused(scales, biases);
                if GELU {
                    value = gelu(value);
                }
                value.store(
                    place
                        .to
                        .add((strip + s) * place.strip + (row + r) * place.row),
                );
            }
        }
    }
}

/// Where the normal distribution is taken for 0 or 1.
const EDGE: f32 = 3.9;
/// `(Φ(x) − ½) / x` in powers of `x²`, to `EDGE`: fitted so that GELU is off by less than 1e-5 (5e-5 · |x|
/// beyond the edge), where a code is 0.01 to 0.1 wide.
const NORMAL: [f32; 9] = [
    0.398_915_26,
    -0.066_391_72,
    0.009_864_548,
    -0.001_130_121_1,
    9.835_909e-5,
    -6.257_045_2e-6,
    2.708_046_3e-7,
    -7.035_609e-9,
    8.200_184e-11,
];

/// `x · Φ(x)`.
#[inline(always)]
unsafe fn gelu<L: Lanes>(x: L) -> L {
    // SAFETY: the caller has the instructions.
    unsafe {
        let near = x.least(L::splat(EDGE)).most(L::splat(-EDGE));
        let square = near.multiply(near);
        let mut series = L::splat(NORMAL[8]);
        for index in (0..8).rev() {
            series = series.fused(square, L::splat(NORMAL[index]));
        }
        x.multiply(near.fused(series, L::splat(0.5)))
    }
}
