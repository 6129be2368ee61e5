//! Attention of one text, head by head, over whole numbers of 16 bits: sums of their products are exact, so
//! neither the size of a tile nor the width of a register changes a bit. They are fine enough (one in 8,191 of
//! a head's largest) to lose nothing beside the codes of eight bits before and after.

#![expect(
    clippy::needless_range_loop,
    reason = "indices are of several arrays at once"
)]

use std::ops::Range;

use crate::lanes::Lanes;
use crate::memory::{Aligned, Shared};
use crate::{HEAD, HEADS, HIDDEN, LANES, TOKENS};

/// Rows of scores at once.
const QUERIES: usize = 8;
/// Numbers that go together as pairs, one with the sixteenth after it: dimensions of a head, and keys.
const GROUP: usize = LANES * 2;
const _: () = assert!(HEAD == GROUP && TOKENS.is_multiple_of(GROUP));

/// Largest number of a query or key: 32 products of two stay below 2³¹.
const LARGEST: f32 = 8191.0;
/// Largest number of a value: 256 products with a weight of at most `LARGEST` stay below 2³¹.
const LARGEST_VALUE: f32 = 1023.0;

/// Memory for what one head makes.
pub struct Room {
    /// Row by row, the pairs of its dimensions.
    queries: Aligned<i16>,
    /// For each sixteen keys the pairs of dimensions, each for all of them.
    keys: Aligned<i16>,
    /// For both halves of a row the pairs of keys, each for all dimensions of the half.
    values: Aligned<i16>,
    scores: Aligned<f32>,
    weights: Aligned<i16>,
}

impl Room {
    pub fn new() -> Self {
        Self {
            queries: Aligned::zeros(TOKENS * HEAD),
            keys: Aligned::zeros(TOKENS * HEAD),
            values: Aligned::zeros(TOKENS * HEAD),
            scores: Aligned::zeros(QUERIES * TOKENS),
            weights: Aligned::zeros(QUERIES * TOKENS),
        }
    }
}

/// One of the three parts of a head, in two strips.
#[derive(Clone, Copy)]
struct Part {
    strips: [*const f32; 2],
    count: usize,
}

/// Some heads of one text. `parts` holds strips of sixteen columns, queries then keys then values, each strip `rows`
/// rows long; the text is rows `first … first + attended.length() / HIDDEN`. Queries come scaled, for powers of two.
///
/// # Safety
/// Nobody else reads or writes the columns of these heads.
///
/// # Panics
/// When the rows are not there, or the text is longer than `TOKENS`.
#[inline(always)]
pub unsafe fn attend<L: Lanes>(
    parts: &[f32],
    rows: usize,
    first: usize,
    room: &mut Room,
    attended: Shared<f32>,
    heads: Range<usize>,
) {
    let count = attended.length() / HIDDEN;
    assert!(attended.length() == count * HIDDEN && (1..=TOKENS).contains(&count));
    assert!(heads.end <= HEADS);
    assert!(first + count <= rows && parts.len() == rows * HIDDEN * 3);
    let padded = count.next_multiple_of(GROUP);
    let part = |which: usize, head: usize| {
        let strip = which * HIDDEN / LANES + head * 2;
        let strips = [strip, strip + 1].map(|strip| {
            parts[strip * rows * LANES..]
                .as_ptr()
                .wrapping_add(first * LANES)
        });
        Part { strips, count }
    };
    let (queries, keys, values) = (
        room.queries.as_mut_ptr(),
        room.keys.as_mut_ptr(),
        room.values.as_mut_ptr(),
    );
    let (scores, weights) = (room.scores.as_mut_ptr(), room.weights.as_mut_ptr());
    for head in heads {
        // SAFETY: each part has two strips of `rows` rows, of which ours are `count` from `first`; the room is
        // for `TOKENS` keys, a multiple of the group, and for as many rows of scores as are taken at once.
        unsafe {
            // Keys first: they are turned by way of the queries' place.
            let key = whole::<L>(part(1, head), queries);
            turn(queries, count, padded, keys);
            let scale = (whole::<L>(part(0, head), queries) * key).max(LEAST);
            let scale = L::splat(scale);
            let value = pair_values::<L>(part(2, head), padded, values);
            let mut query = 0;
            while query < count {
                let left = (count - query).min(QUERIES);
                let mut row = 0;
                while row < left {
                    let from = queries.add((query + row) * HEAD);
                    let to = scores.add(row * padded);
                    let step = (L::ROWS).min(left - row);
                    match step {
                        8 => score::<L, 8>(from, keys, padded, to),
                        4.. => score::<L, 4>(from, keys, padded, to),
                        2.. => score::<L, 2>(from, keys, padded, to),
                        _ => score::<L, 1>(from, keys, padded, to),
                    }
                    row += power_of_two(step);
                }
                let mut inverses = [0.0; QUERIES];
                for (row, inverse) in inverses[..left].iter_mut().enumerate() {
                    let (from, to) = (scores.add(row * padded), weights.add(row * TOKENS));
                    *inverse = 1.0 / soften::<L>(from, scale, count, padded, to);
                }
                let mut row = 0;
                while row < left {
                    // Two strips of values a row: as many sums as registers allow.
                    let most = if L::STRIPS == 3 { QUERIES } else { 2 };
                    let step = most.min(left - row);
                    let from = weights.add(row * TOKENS);
                    let to = attended.start().add((query + row) * HIDDEN + head * HEAD);
                    let inverses = inverses.as_ptr().add(row);
                    match step {
                        8 => mix::<L, 8>(from, padded, values, value, inverses, to),
                        4.. => mix::<L, 4>(from, padded, values, value, inverses, to),
                        2.. => mix::<L, 2>(from, padded, values, value, inverses, to),
                        _ => mix::<L, 1>(from, padded, values, value, inverses, to),
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

/// Whole numbers of a part, row by row, of one scale, which it gives.
#[inline(always)]
unsafe fn whole<L: Lanes>(part: Part, to: *mut i16) -> f32 {
    // SAFETY: as the caller has checked.
    unsafe {
        let most = largest::<L>(part, 0)
            .most(largest::<L>(part, 1))
            .fold_most();
        let factor = L::splat(if most > 0.0 { LARGEST / most } else { 0.0 });
        for row in 0..part.count {
            let low = L::load(part.strips[0].add(row * LANES));
            let high = L::load(part.strips[1].add(row * LANES));
            let to = to.add(row * HEAD);
            L::store_pairs(low.multiply(factor), high.multiply(factor), to);
        }
        most / LARGEST
    }
}

/// The largest size in each column of a half.
#[inline(always)]
unsafe fn largest<L: Lanes>(part: Part, half: usize) -> L {
    // SAFETY: as above.
    unsafe {
        let (mut most, mut least) = (L::splat(0.0), L::splat(0.0));
        for row in 0..part.count {
            let value = L::load(part.strips[half].add(row * LANES));
            most = value.most(most);
            least = value.least(least);
        }
        most.most(L::splat(0.0).subtract(least))
    }
}

/// Pairs of dimensions of each row become those of each sixteen rows; rows that are not there are zeros.
#[inline(always)]
unsafe fn turn(rows: *const i16, count: usize, padded: usize, to: *mut i16) {
    let (rows, to) = (rows.cast::<u32>(), to.cast::<u32>());
    // SAFETY: as above; `to` begins with a cache line.
    unsafe {
        for first in (0..padded).step_by(LANES) {
            for pair in 0..LANES {
                for key in first..first + LANES {
                    let value = if key < count {
                        *rows.add(key * LANES + pair)
                    } else {
                        0
                    };
                    *to.add(first * LANES + pair * LANES + key - first) = value;
                }
            }
        }
    }
}

/// Pairs of keys for each dimension of a half, and the scales of the dimensions.
#[inline(always)]
unsafe fn pair_values<L: Lanes>(part: Part, padded: usize, to: *mut i16) -> [L; 2] {
    // SAFETY: as above.
    unsafe {
        let mut scales = [L::splat(0.0); 2];
        for half in 0..2 {
            // Without a value other than zero, any scale will do.
            let most = largest::<L>(part, half).most(L::splat(f32::MIN_POSITIVE));
            scales[half] = most.divide(L::splat(LARGEST_VALUE));
            let factor = L::splat(LARGEST_VALUE).divide(most);
            let mut to = to.add(half * padded * LANES);
            for group in (0..padded).step_by(GROUP) {
                for key in group..group + LANES {
                    let low = row::<L>(part, half, key).multiply(factor);
                    let high = row::<L>(part, half, key + LANES).multiply(factor);
                    L::store_pairs(low, high, to);
                    to = to.add(GROUP);
                }
            }
        }
        scales
    }
}

/// Half of a row; zeros for one that is not there.
#[inline(always)]
unsafe fn row<L: Lanes>(part: Part, half: usize, row: usize) -> L {
    // SAFETY: as above.
    unsafe {
        if row < part.count {
            L::load(part.strips[half].add(row * LANES))
        } else {
            L::splat(0.0)
        }
    }
}

/// Scores of `R` queries with all keys.
#[inline(always)]
unsafe fn score<L: Lanes, const R: usize>(
    queries: *const i16,
    keys: *const i16,
    padded: usize,
    to: *mut f32,
) {
    // SAFETY: as above.
    unsafe {
        let mut at = 0;
        while at < padded {
            let left = (padded - at) / LANES;
            if L::STRIPS == 3 && left >= 3 {
                score_tile::<L, R, 3>(queries, keys.add(at * HEAD), padded, to.add(at));
                at += 3 * LANES;
            } else {
                score_tile::<L, R, 1>(queries, keys.add(at * HEAD), padded, to.add(at));
                at += LANES;
            }
        }
    }
}

#[inline(always)]
unsafe fn score_tile<L: Lanes, const R: usize, const S: usize>(
    queries: *const i16,
    keys: *const i16,
    padded: usize,
    to: *mut f32,
) {
    let queries = queries.cast::<i32>();
    // SAFETY: as above.
    unsafe {
        let mut sums = [[L::no_sums(); S]; R];
        for pair in 0..LANES {
            let mut loaded = [L::load_pairs(keys.add(pair * GROUP)); S];
            for s in 1..S {
                loaded[s] = L::load_pairs(keys.add(s * LANES * HEAD + pair * GROUP));
            }
            for r in 0..R {
                let value = queries.add(r * LANES + pair).read_unaligned();
                for s in 0..S {
                    sums[r][s] = L::dot_pairs(sums[r][s], value, loaded[s]);
                }
            }
        }
        for r in 0..R {
            for s in 0..S {
                L::floats(sums[r][s]).store(to.add(r * padded + s * LANES));
            }
        }
    }
}

/// `2^x` in powers of `x` for −½ … ½, off by less than 2.6e-6 of it, times the largest weight.
const POWER: [f32; 5] = [
    0.999_999_3 * LARGEST,
    0.693_121_8 * LARGEST,
    0.240_247_44 * LARGEST,
    0.055_917_86 * LARGEST,
    0.009_570_097 * LARGEST,
];

/// Powers below this are taken for it: smaller than any sum can hold beside that of the highest score.
const LOWEST: f32 = -120.0;

/// Least scale of scores: with it, the score of a key that is not there is still below all others.
const LEAST: f32 = 1e-30;

/// Weights of keys as pairs: powers of two of what scores times `scale` are below the highest of them. Gives
/// their sum.
#[inline(always)]
unsafe fn soften<L: Lanes>(
    scores: *mut f32,
    scale: L,
    count: usize,
    padded: usize,
    to: *mut i16,
) -> f32 {
    // SAFETY: as above.
    unsafe {
        for absent in count..padded {
            *scores.add(absent) = f32::MIN;
        }
        let mut most = L::load(scores);
        for at in (LANES..padded).step_by(LANES) {
            most = L::load(scores.add(at)).most(most);
        }
        let most = L::splat(most.fold_most());
        let mut sum = L::splat(0.0);
        for group in (0..padded).step_by(GROUP) {
            let mut halves = [L::splat(0.0); 2];
            for half in 0..2 {
                let score = L::load(scores.add(group + half * LANES));
                let below = score.subtract(most).multiply(scale);
                let below = below.most(L::splat(LOWEST));
                let whole = below.round();
                let rest = below.subtract(whole);
                let mut series = L::splat(POWER[4]);
                for index in (0..4).rev() {
                    series = series.fused(rest, L::splat(POWER[index]));
                }
                halves[half] = series.scale(whole);
                sum = sum.add(halves[half]);
            }
            L::store_pairs(halves[0], halves[1], to.add(group));
        }
        sum.fold()
    }
}

/// Values of all keys by the weights of `R` queries.
#[inline(always)]
unsafe fn mix<L: Lanes, const R: usize>(
    weights: *const i16,
    padded: usize,
    values: *const i16,
    scales: [L; 2],
    inverses: *const f32,
    to: *mut f32,
) {
    // SAFETY: as above.
    unsafe {
        let mut sums = [[L::no_sums(); 2]; R];
        let mut pair = 0;
        // At least once: so the sums never are in memory.
        loop {
            let low = L::load_pairs(values.add(pair * GROUP));
            let high = L::load_pairs(values.add(padded * LANES + pair * GROUP));
            for r in 0..R {
                let weight = weights.add(r * TOKENS).cast::<i32>().add(pair);
                let weight = weight.read_unaligned();
                sums[r][0] = L::dot_pairs(sums[r][0], weight, low);
                sums[r][1] = L::dot_pairs(sums[r][1], weight, high);
            }
            pair += 1;
            if pair == padded / 2 {
                break;
            }
        }
        for r in 0..R {
            let inverse = L::splat(*inverses.add(r));
            for half in 0..2 {
                L::floats(sums[r][half])
                    .multiply(inverse.multiply(scales[half]))
                    .store(to.add(r * HIDDEN + half * LANES));
            }
        }
    }
}
