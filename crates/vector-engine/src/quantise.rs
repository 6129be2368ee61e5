//! Codes, weights and halves of rows: docs/index-format.md section 3.5.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::half::{from_half, to_half};
use crate::kernel::Kernel;

/// Weights are in units of 2^-30.
const FIXED_POINT: f64 = 1_073_741_824.0;
const LARGEST_CODE: f64 = 127.0;
/// How far from length 1 a row may be.
const UNIT_TOLERANCE: f64 = 1e-3;

/// Bytes of a row of codes.
pub fn code_stride(dimensions: usize) -> usize {
    dimensions.next_multiple_of(64)
}

/// Bytes of a row of halves.
pub fn half_stride(dimensions: usize) -> usize {
    (dimensions * 2).next_multiple_of(64)
}

/// Whether a row has length 1, near enough; no when it holds a value that is not finite.
pub fn is_unit(row: &[f32]) -> bool {
    let square = |value: &f32| f64::from(*value) * f64::from(*value);
    let (parts, rest) = row.as_chunks::<8>();
    // In lanes, because one sum would be a chain. How it is rounded decides nothing: lengths that differ
    // by a thousandth are refused, and rounding moves them by 1e-15.
    let mut lanes = [0.0; 8];
    for part in parts {
        for (lane, value) in lanes.iter_mut().zip(part) {
            *lane += square(value);
        }
    }
    let sum = lanes.iter().sum::<f64>() + rest.iter().map(square).sum::<f64>();
    (sum.sqrt() - 1.0).abs() <= UNIT_TOLERANCE
}

/// Rounds `row` to halves.
#[inline(always)]
pub fn round_to_halves(row: &[f32], halves: &mut [u16]) {
    for (half, &value) in halves.iter_mut().zip(row) {
        *half = to_half(value);
    }
}

/// Codes of a row of halves, with the weight of the row. Inlined, so that each kernel has it in its own
/// instructions.
#[inline(always)]
pub fn quantise(halves: &[u16], codes: &mut [i8]) -> u32 {
    let largest = halves
        .iter()
        .fold(0f32, |largest, &half| largest.max(from_half(half).abs()));
    let weight = (f64::from(largest) * FIXED_POINT / LARGEST_CODE)
        .ceil()
        .max(1.0);
    for (code, &half) in codes.iter_mut().zip(halves) {
        *code = floor(f64::from(from_half(half)) * FIXED_POINT / weight + 0.5);
    }
    weight as u32
}

/// The whole number below, as a code. By hand, because before SSE 4.1 `f64::floor` is a call.
#[inline(always)]
fn floor(value: f64) -> i8 {
    let toward_zero = value as i32;
    let below = toward_zero - i32::from(f64::from(toward_zero) > value);
    below.clamp(-LARGEST_CODE as i32, LARGEST_CODE as i32) as i8
}

/// The three columns that rows are stored as, to be filled; padding stays as it is.
pub struct Columns<'a> {
    pub codes: &'a mut [i8],
    pub weights: &'a mut [u32],
    pub halves: &'a mut [u16],
}

/// Fills the columns from `vectors`, in parts on `threads` threads.
///
/// # Errors
/// The first row that is not a unit vector.
///
/// # Panics
/// When a column is shorter than the rows need.
pub fn quantise_rows(
    kernel: &'static Kernel,
    vectors: &[f32],
    dimensions: usize,
    threads: usize,
    columns: Columns<'_>,
) -> Result<(), usize> {
    let rows = vectors.len() / dimensions;
    let (codes, halves) = (code_stride(dimensions), half_stride(dimensions) / 2);
    let part = rows.div_ceil(threads.max(1)).max(1);
    let wrong = AtomicUsize::new(usize::MAX);
    let wrong_row = &wrong;
    let vectors = vectors.chunks(part * dimensions);
    let parts = vectors
        .zip(columns.codes[..rows * codes].chunks_mut(part * codes))
        .zip(columns.weights[..rows].chunks_mut(part))
        .zip(columns.halves[..rows * halves].chunks_mut(part * halves))
        .enumerate();
    std::thread::scope(|scope| {
        for (index, (((vectors, code_rows), weights), half_rows)) in parts {
            let work = move || {
                let rows = vectors
                    .chunks_exact(dimensions)
                    .zip(code_rows.chunks_exact_mut(codes))
                    .zip(weights)
                    .zip(half_rows.chunks_exact_mut(halves));
                for (row, (((vector, code_row), weight), half_row)) in rows.enumerate() {
                    if !is_unit(vector) {
                        wrong_row.fetch_min(index * part + row, Ordering::Relaxed);
                        return;
                    }
                    let (half_row, code_row) =
                        (&mut half_row[..dimensions], &mut code_row[..dimensions]);
                    *weight = kernel.encode(vector, half_row, code_row);
                }
            };
            if rows <= part {
                work();
            } else {
                scope.spawn(work);
            }
        }
    });
    match wrong.into_inner() {
        usize::MAX => Ok(()),
        row => Err(row),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::available;

    #[test]
    fn the_largest_value_gets_the_largest_code() {
        let mut halves = [0; 2];
        round_to_halves(&[0.6, -0.8], &mut halves);
        let mut codes = [0; 2];
        let weight = quantise(&halves, &mut codes);
        assert_eq!(codes, [95, -127]);
        assert_eq!(
            weight,
            (0.799_804_687_5 * FIXED_POINT / 127.0).ceil() as u32
        );
    }

    #[test]
    fn rows_are_the_same_on_any_number_of_threads() {
        let vectors: Vec<f32> = (0..40)
            .flat_map(|row| crate::testing::unit_row(row, 70))
            .collect();
        let run = |threads| {
            let (mut codes, mut weights, mut halves) =
                (vec![0; 40 * 128], vec![0; 40], vec![0; 40 * 96]);
            let columns = Columns {
                codes: &mut codes,
                weights: &mut weights,
                halves: &mut halves,
            };
            quantise_rows(available()[0], &vectors, 70, threads, columns).expect("unit rows");
            (codes, weights, halves)
        };
        assert_eq!(run(1), run(3));
        assert_eq!(run(1), run(64));
    }

    #[test]
    fn the_first_row_of_another_length_is_named() {
        let mut vectors: Vec<f32> = (0..9)
            .flat_map(|row| crate::testing::unit_row(row, 8))
            .collect();
        vectors[5 * 8] = f32::NAN;
        vectors[7 * 8] = 9.0;
        let (mut codes, mut weights, mut halves) = (vec![0; 9 * 64], vec![0; 9], vec![0; 9 * 32]);
        let columns = Columns {
            codes: &mut codes,
            weights: &mut weights,
            halves: &mut halves,
        };
        assert_eq!(
            quantise_rows(available()[0], &vectors, 8, 2, columns),
            Err(5)
        );
    }
}
