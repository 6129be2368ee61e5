//! Attention of one text, head by head, in f32. Products are summed in the order of dimensions and of keys,
//! so neither the size of a tile nor the width of a register changes a bit.

#![expect(
    clippy::needless_range_loop,
    reason = "indices are of several arrays at once"
)]

use crate::lanes::Lanes;
use crate::memory::Aligned;
use crate::{HEAD, HEADS, HIDDEN, LANES, TOKENS};

/// Strips of a head.
const STRIPS: usize = HEAD / LANES;
/// Rows of scores at once.
const QUERIES: usize = 8;

/// Memory for the keys and scores of one head.
pub struct Room {
    /// Dimension by dimension, each for all keys.
    keys: Aligned<f32>,
    scores: Aligned<f32>,
}

impl Room {
    pub fn new() -> Self {
        Self {
            keys: Aligned::zeros(HEAD * TOKENS),
            scores: Aligned::zeros(QUERIES * TOKENS),
        }
    }
}

/// `parts` holds strips of sixteen columns, queries then keys then values, each strip `rows` rows long; the
/// text is rows `first … first + attended.len() / HIDDEN`. Queries come scaled, for powers of two.
///
/// # Panics
/// When the rows are not there, or the text is longer than `TOKENS`.
#[inline(always)]
pub unsafe fn attend<L: Lanes>(
    parts: &[f32],
    rows: usize,
    first: usize,
    room: &mut Room,
    attended: &mut [f32],
) {
    let count = attended.len() / HIDDEN;
    assert!(attended.len() == count * HIDDEN && (1..=TOKENS).contains(&count));
    assert!(first + count <= rows && parts.len() == rows * HIDDEN * 3);
    let padded = count.next_multiple_of(LANES);
    let part = |which: usize, head: usize| {
        let strip = which * HIDDEN / LANES + head * STRIPS;
        parts[strip * rows * LANES..]
            .as_ptr()
            .wrapping_add(first * LANES)
    };
    for head in 0..HEADS {
        let (queries, keys, values) = (part(0, head), part(1, head), part(2, head));
        let turned = room.keys.as_mut_ptr();
        let scores = room.scores.as_mut_ptr();
        // SAFETY: each part has `STRIPS` strips of `rows` rows, of which ours are `count` from `first`; the
        // room is for `TOKENS`, a multiple of the lanes.
        unsafe {
            for dimension in 0..HEAD {
                let column = keys.add(dimension / LANES * rows * LANES + dimension % LANES);
                let to = turned.add(dimension * padded);
                for key in 0..count {
                    *to.add(key) = *column.add(key * LANES);
                }
                for key in count..padded {
                    *to.add(key) = 0.0;
                }
            }
            let mut query = 0;
            while query < count {
                let left = (count - query).min(QUERIES);
                let mut row = 0;
                while row < left {
                    let at = queries.add((query + row) * LANES);
                    let to = scores.add(row * padded);
                    let step = (L::ROWS).min(left - row);
                    match step {
                        8 => score::<L, 8>(at, rows, turned, padded, to),
                        4.. => score::<L, 4>(at, rows, turned, padded, to),
                        2.. => score::<L, 2>(at, rows, turned, padded, to),
                        _ => score::<L, 1>(at, rows, turned, padded, to),
                    }
                    row += power_of_two(step);
                }
                let mut inverses = [0.0; QUERIES];
                for (row, inverse) in inverses[..left].iter_mut().enumerate() {
                    *inverse = 1.0 / soften::<L>(scores.add(row * padded), count);
                }
                let mut row = 0;
                while row < left {
                    // Two strips of values a row: as many sums as registers allow.
                    let most = if L::STRIPS == 3 { QUERIES } else { 2 };
                    let step = most.min(left - row);
                    let weights = scores.add(row * padded);
                    let to = attended
                        .as_mut_ptr()
                        .add((query + row) * HIDDEN + head * HEAD);
                    let scale = inverses.as_ptr().add(row);
                    match step {
                        8 => mix::<L, 8>(weights, padded, values, rows, count, scale, to),
                        4.. => mix::<L, 4>(weights, padded, values, rows, count, scale, to),
                        2.. => mix::<L, 2>(weights, padded, values, rows, count, scale, to),
                        _ => mix::<L, 1>(weights, padded, values, rows, count, scale, to),
                    }
                    row += power_of_two(step);
                }
                query += left;
            }
        }
    }
}

/// The rows that a step of the match above takes.
#[inline(always)]
fn power_of_two(step: usize) -> usize {
    1 << step.ilog2()
}

/// Scores of `R` queries with all keys.
#[inline(always)]
unsafe fn score<L: Lanes, const R: usize>(
    queries: *const f32,
    rows: usize,
    keys: *const f32,
    padded: usize,
    to: *mut f32,
) {
    // SAFETY: as the caller has checked.
    unsafe {
        let mut at = 0;
        while at < padded {
            let left = (padded - at) / LANES;
            if L::STRIPS == 3 && left >= 3 {
                score_tile::<L, R, 3>(queries, rows, keys.add(at), padded, to.add(at));
                at += 3 * LANES;
            } else {
                score_tile::<L, R, 1>(queries, rows, keys.add(at), padded, to.add(at));
                at += LANES;
            }
        }
    }
}

#[inline(always)]
unsafe fn score_tile<L: Lanes, const R: usize, const S: usize>(
    queries: *const f32,
    rows: usize,
    keys: *const f32,
    padded: usize,
    to: *mut f32,
) {
    // SAFETY: as above.
    unsafe {
        let mut sums = [[L::splat(0.0); S]; R];
        for dimension in 0..HEAD {
            let column = queries.add(dimension / LANES * rows * LANES + dimension % LANES);
            let from = keys.add(dimension * padded);
            let mut loaded = [L::load(from); S];
            for s in 1..S {
                loaded[s] = L::load(from.add(s * LANES));
            }
            for r in 0..R {
                let value = L::splat(*column.add(r * LANES));
                for s in 0..S {
                    sums[r][s] = value.fused(loaded[s], sums[r][s]);
                }
            }
        }
        for r in 0..R {
            for s in 0..S {
                sums[r][s].store(to.add(r * padded + s * LANES));
            }
        }
    }
}

/// `2^x` in powers of `x` for −½ … ½, off by less than 2.6e-6 of it.
const POWER: [f32; 5] = [
    0.999_999_3,
    0.693_121_8,
    0.240_247_44,
    0.055_917_86,
    0.009_570_097,
];

/// Powers below this are taken for it: smaller than any sum can hold beside the 1 of the highest score.
const LOWEST: f32 = -120.0;

/// Taken off the scores of keys that are not there.
static ABSENT: [f32; LANES * 2] = {
    let mut terms = [0.0; LANES * 2];
    let mut lane = LANES;
    while lane < LANES * 2 {
        terms[lane] = -1e30;
        lane += 1;
    }
    terms
};

/// Powers of two of what scores are below the highest of them; gives their sum.
#[inline(always)]
unsafe fn soften<L: Lanes>(scores: *mut f32, count: usize) -> f32 {
    // SAFETY: as above.
    unsafe {
        let vectors = count.div_ceil(LANES);
        let last = scores.add((vectors - 1) * LANES);
        let absent = L::load(ABSENT.as_ptr().add(vectors * LANES - count));
        L::load(last).add(absent).store(last);
        let mut most = L::load(scores);
        for vector in 1..vectors {
            most = L::load(scores.add(vector * LANES)).most(most);
        }
        let most = L::splat(most.fold_most());
        let mut sum = L::splat(0.0);
        for vector in 0..vectors {
            let at = scores.add(vector * LANES);
            let below = L::load(at).subtract(most).most(L::splat(LOWEST));
            let whole = below.round();
            let rest = below.subtract(whole);
            let mut series = L::splat(POWER[4]);
            for index in (0..4).rev() {
                series = series.fused(rest, L::splat(POWER[index]));
            }
            let power = series.scale(whole);
            power.store(at);
            sum = sum.add(power);
        }
        sum.fold()
    }
}

/// Values of all keys by the weights of `R` queries.
#[inline(always)]
unsafe fn mix<L: Lanes, const R: usize>(
    weights: *const f32,
    padded: usize,
    values: *const f32,
    rows: usize,
    count: usize,
    scales: *const f32,
    to: *mut f32,
) {
    // SAFETY: as above.
    unsafe {
        let mut sums = [[L::splat(0.0); STRIPS]; R];
        for key in 0..count {
            let mut loaded = [L::load(values.add(key * LANES)); STRIPS];
            for s in 1..STRIPS {
                loaded[s] = L::load(values.add((s * rows + key) * LANES));
            }
            for r in 0..R {
                let weight = L::splat(*weights.add(r * padded + key));
                for s in 0..STRIPS {
                    sums[r][s] = weight.fused(loaded[s], sums[r][s]);
                }
            }
        }
        for r in 0..R {
            let scale = L::splat(*scales.add(r));
            for s in 0..STRIPS {
                sums[r][s]
                    .multiply(scale)
                    .store(to.add(r * HIDDEN + s * LANES));
            }
        }
    }
}
