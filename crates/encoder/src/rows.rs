//! What is done to whole rows of `HIDDEN` or `INNER` numbers. Sums and extremes are taken in sixteen lanes
//! of four chains each, then folded as `Lanes` says.

use crate::lanes::Lanes;
use crate::{EPSILON, HIDDEN, LANES};

const VECTORS: usize = HIDDEN / LANES;

/// Scale and shift after a normalisation.
#[derive(Clone, Copy)]
pub struct Norm<'a> {
    pub factors: &'a [f32],
    pub terms: &'a [f32],
}

/// Codes of a row, and their scale and zero. A row of zeros has scale 0.
///
/// # Panics
/// When the lengths differ, or are no multiple of 64.
#[inline(always)]
pub unsafe fn quantise<L: Lanes>(numbers: &[f32], codes: &mut [u8]) -> (f32, i32) {
    assert!(numbers.len() == codes.len() && numbers.len().is_multiple_of(LANES * 4));
    let from = numbers.as_ptr();
    // SAFETY: the lengths were checked; the instructions are the caller's promise.
    unsafe {
        let mut least = [L::splat(0.0); 4];
        let mut most = [L::splat(0.0); 4];
        for at in (0..numbers.len()).step_by(LANES * 4) {
            for chain in 0..4 {
                let value = L::load(from.add(at + chain * LANES));
                least[chain] = value.least(least[chain]);
                most[chain] = value.most(most[chain]);
            }
        }
        let least = least[0]
            .least(least[1])
            .least(least[2].least(least[3]))
            .fold_least();
        let most = most[0]
            .most(most[1])
            .most(most[2].most(most[3]))
            .fold_most();
        let width = most - least;
        let (scale, factor) = if width > 0.0 {
            (width / 255.0, 255.0 / width)
        } else {
            (0.0, 0.0)
        };
        let zero = (-least * factor).round_ties_even();
        let (factor, shift) = (L::splat(factor), L::splat(zero));
        for at in (0..numbers.len()).step_by(LANES) {
            let code = L::load(from.add(at)).multiply(factor).round().add(shift);
            let code = code.least(L::splat(255.0)).most(L::splat(0.0));
            code.store_codes(codes.as_mut_ptr().add(at));
        }
        (scale, zero as i32)
    }
}

/// The sum of two rows, normalised.
///
/// # Panics
/// When a row is not `HIDDEN` long.
#[inline(always)]
pub unsafe fn normalise<L: Lanes>(state: &mut [f32], other: &[f32], norm: Norm<'_>) {
    let whole = [
        state.len(),
        other.len(),
        norm.factors.len(),
        norm.terms.len(),
    ];
    assert!(whole == [HIDDEN; 4]);
    // SAFETY: as above.
    unsafe {
        let mut row = [L::splat(0.0); VECTORS];
        for (index, value) in row.iter_mut().enumerate() {
            let at = index * LANES;
            *value = L::load(state.as_ptr().add(at)).add(L::load(other.as_ptr().add(at)));
        }
        spread::<L>(&mut row);
        for (index, value) in row.iter().enumerate() {
            let at = index * LANES;
            let factors = L::load(norm.factors.as_ptr().add(at));
            let terms = L::load(norm.terms.as_ptr().add(at));
            value
                .fused(factors, terms)
                .store(state.as_mut_ptr().add(at));
        }
    }
}

/// The row of a word: codes times scale, plus the row of its place.
///
/// # Panics
/// When a row is not `HIDDEN` long.
#[inline(always)]
pub unsafe fn embed<L: Lanes>(word: &[i8], scale: f32, place: &[f32], state: &mut [f32]) {
    assert!([word.len(), place.len(), state.len()] == [HIDDEN; 3]);
    // SAFETY: as above.
    unsafe {
        let scale = L::splat(scale);
        for at in (0..HIDDEN).step_by(LANES) {
            let value = L::load_codes(word.as_ptr().add(at)).multiply(scale);
            value
                .add(L::load(place.as_ptr().add(at)))
                .store(state.as_mut_ptr().add(at));
        }
    }
}

/// Mean of the rows, of length one.
///
/// # Panics
/// When the rows are not `HIDDEN` long each.
#[inline(always)]
pub unsafe fn pool<L: Lanes>(rows: &[f32], vector: &mut [f32]) {
    assert!(rows.len().is_multiple_of(HIDDEN) && vector.len() == HIDDEN);
    // SAFETY: as above.
    unsafe {
        let mut sums = [L::splat(0.0); VECTORS];
        for row in rows.chunks_exact(HIDDEN) {
            for (index, sum) in sums.iter_mut().enumerate() {
                *sum = sum.add(L::load(row.as_ptr().add(index * LANES)));
            }
        }
        let count = L::splat((rows.len() / HIDDEN) as f32);
        for sum in &mut sums {
            *sum = sum.divide(count);
        }
        let length = L::splat(squares::<L>(&sums).sqrt());
        for (index, sum) in sums.iter().enumerate() {
            sum.divide(length)
                .store(vector.as_mut_ptr().add(index * LANES));
        }
    }
}

/// Takes the mean off, and divides by the deviation.
#[inline(always)]
unsafe fn spread<L: Lanes>(row: &mut [L; VECTORS]) {
    // SAFETY: the caller has the instructions.
    unsafe {
        let mut chains = [L::splat(0.0); 4];
        for (index, value) in row.iter().enumerate() {
            chains[index % 4] = chains[index % 4].add(*value);
        }
        let sum = chains[0]
            .add(chains[1])
            .add(chains[2].add(chains[3]))
            .fold();
        let mean = L::splat(sum / HIDDEN as f32);
        for value in row.iter_mut() {
            *value = value.subtract(mean);
        }
        let deviation = (squares::<L>(row) / HIDDEN as f32 + EPSILON).sqrt();
        let factor = L::splat(1.0 / deviation);
        for value in row.iter_mut() {
            *value = value.multiply(factor);
        }
    }
}

#[inline(always)]
unsafe fn squares<L: Lanes>(row: &[L; VECTORS]) -> f32 {
    // SAFETY: as above.
    unsafe {
        let mut chains = [L::splat(0.0); 4];
        for (index, value) in row.iter().enumerate() {
            chains[index % 4] = value.fused(*value, chains[index % 4]);
        }
        chains[0]
            .add(chains[1])
            .add(chains[2].add(chains[3]))
            .fold()
    }
}
