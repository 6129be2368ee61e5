//! Keys from codes of 8, 4 and 1 bits, with AVX-512: what a row is read as while the graph is walked.
//!
//! Codes of few bits carry a factor: with levels s (odd whole numbers around 0) of a row o, the product of
//! o and a query is estimated as <s, query> / <s, o>, which has no bias when the error of s points anywhere
//! (Gao and Long, RaBitQ, SIGMOD 2024). The set has no axis of its own, so the random rotation that they
//! begin with is left out, and costs nothing here.

use std::arch::x86_64::*;

use clawkeep_vector_engine::graph::Graph;
use clawkeep_vector_engine::kernel::{Kernel, prefetch};
use clawkeep_vector_engine::visited::Visited;

use crate::data::DIMENSIONS;
use crate::index::{Index, Lines};
use crate::walk::{Metric, Near};

/// Size of one row of 1-bit codes with its factor: one cache line.
const ONE_BIT: usize = 64;
const ONE_BIT_CODES: usize = DIMENSIONS / 8;
const FOUR_BITS: usize = DIMENSIONS / 2;
/// Keys of estimates are in units of 2^-24.
const UNITS: f32 = 16_777_216.0;

/// A query in each of the codes.
pub struct Query {
    codes: Lines<i8>,
    halves: Vec<u16>,
    sum: i32,
    weight: u32,
    planes: [[u64; 8]; 4],
    plane_sum: i32,
    /// Half the distance of two levels of the planes.
    plane_unit: f32,
}

impl Query {
    pub fn new() -> Self {
        Self {
            codes: Lines::new(DIMENSIONS),
            halves: vec![0; DIMENSIONS],
            sum: 0,
            weight: 0,
            planes: [[0; 8]; 4],
            plane_sum: 0,
            plane_unit: 0.0,
        }
    }

    pub fn set(&mut self, kernel: &'static Kernel, query: &[f32]) {
        self.weight = kernel.encode(query, &mut self.halves, self.codes.all_mut());
        self.sum = self.codes.all().iter().map(|&code| i32::from(code)).sum();
    }

    /// Four bits for each value, as four planes of one bit.
    pub fn set_planes(&mut self, query: &[f32]) {
        // SAFETY: the features were looked for before anything was measured.
        unsafe { self.fill_planes(query) }
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512dq")]
    fn fill_planes(&mut self, query: &[f32]) {
        let mut largest = _mm512_setzero_ps();
        for part in query.as_chunks::<16>().0 {
            // SAFETY: sixteen values.
            let part = unsafe { _mm512_loadu_ps(part.as_ptr()) };
            largest = _mm512_max_ps(largest, _mm512_abs_ps(part));
        }
        let largest = _mm512_reduce_max_ps(largest);
        let (scale, middle) = (_mm512_set1_ps(7.5 / largest), _mm512_set1_ps(7.5));
        let mut total = _mm512_setzero_si512();
        for (at, part) in query.as_chunks::<16>().0.iter().enumerate() {
            // SAFETY: sixteen values.
            let part = unsafe { _mm512_loadu_ps(part.as_ptr()) };
            let level = _mm512_cvtps_epi32(_mm512_fmadd_ps(part, scale, middle));
            let level = _mm512_max_epi32(level, _mm512_setzero_si512());
            let level = _mm512_min_epi32(level, _mm512_set1_epi32(15));
            total = _mm512_add_epi32(total, level);
            for (bit, plane) in self.planes.iter_mut().enumerate() {
                let mask = _mm512_test_epi32_mask(level, _mm512_set1_epi32(1 << bit));
                let place = &mut plane[at / 4];
                *place = (*place & !(0xffff << (at % 4 * 16))) | u64::from(mask) << (at % 4 * 16);
            }
        }
        self.plane_sum = 2 * _mm512_reduce_add_epi32(total) - 15 * DIMENSIONS as i32;
        self.plane_unit = largest / 15.0;
    }
}

/// Codes that four rows at a time are multiplied with a query.
trait Code {
    /// Bytes from one row to the next.
    const STRIDE: usize;

    /// # Safety
    /// Rows must be readable, and the instructions there.
    unsafe fn four(query: &Query, rows: [*const u8; 4]) -> [i32; 4];
}

struct EightBits;
struct FourBits;
struct OneBit;

impl Code for EightBits {
    const STRIDE: usize = DIMENSIONS;

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni,avx512vpopcntdq,avx512vl,avx2")]
    unsafe fn four(query: &Query, rows: [*const u8; 4]) -> [i32; 4] {
        let flip = _mm512_set1_epi8(-128);
        let mut sums = [_mm512_setzero_si512(); 4];
        for line in 0..DIMENSIONS / 64 {
            // SAFETY: the query and each row have six lines.
            let values = unsafe { load(query.codes.all().as_ptr().cast(), line) };
            for (sum, row) in sums.iter_mut().zip(rows) {
                // SAFETY: as above.
                let codes = unsafe { load(row, line) };
                *sum = _mm512_dpbusd_epi32(*sum, _mm512_xor_si512(codes, flip), values);
            }
        }
        let folded = sums.map(|sum| {
            _mm256_add_epi32(
                _mm512_castsi512_si256(sum),
                _mm512_extracti64x4_epi64::<1>(sum),
            )
        });
        add_up(folded).map(|sum| sum - 128 * query.sum)
    }
}

impl Code for FourBits {
    const STRIDE: usize = FOUR_BITS;

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni,avx512vpopcntdq,avx512vl,avx2")]
    unsafe fn four(query: &Query, rows: [*const u8; 4]) -> [i32; 4] {
        let low = _mm512_set1_epi8(15);
        let mut sums = [_mm512_setzero_si512(); 4];
        for line in 0..FOUR_BITS / 64 {
            let start = query.codes.all().as_ptr().cast();
            // SAFETY: the query has six lines, and each row three.
            let (even, odd) = unsafe { (load(start, 2 * line), load(start, 2 * line + 1)) };
            for (sum, row) in sums.iter_mut().zip(rows) {
                // SAFETY: as above.
                let both = unsafe { load(row, line) };
                let high = _mm512_and_si512(_mm512_srli_epi16::<4>(both), low);
                *sum = _mm512_dpbusd_epi32(*sum, _mm512_and_si512(both, low), even);
                *sum = _mm512_dpbusd_epi32(*sum, high, odd);
            }
        }
        let folded = sums.map(|sum| {
            _mm256_add_epi32(
                _mm512_castsi512_si256(sum),
                _mm512_extracti64x4_epi64::<1>(sum),
            )
        });
        add_up(folded).map(|sum| 2 * sum - 15 * query.sum)
    }
}

impl Code for OneBit {
    const STRIDE: usize = ONE_BIT;

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni,avx512vpopcntdq,avx512vl,avx2")]
    unsafe fn four(query: &Query, rows: [*const u8; 4]) -> [i32; 4] {
        // SAFETY: a plane is 64 bytes.
        let planes = query
            .planes
            .each_ref()
            .map(|plane| unsafe { load(plane.as_ptr().cast(), 0) });
        let folded = rows.map(|row| {
            // SAFETY: six words are read of each row.
            let bits = unsafe { _mm512_maskz_loadu_epi64(0x3f, row.cast()) };
            let count = |plane| _mm512_popcnt_epi64(_mm512_and_si512(bits, plane));
            let ones = _mm512_popcnt_epi64(bits);
            let mut sum = _mm512_sub_epi64(ones, _mm512_slli_epi64::<4>(ones));
            sum = _mm512_add_epi64(sum, _mm512_slli_epi64::<1>(count(planes[0])));
            sum = _mm512_add_epi64(sum, _mm512_slli_epi64::<2>(count(planes[1])));
            sum = _mm512_add_epi64(sum, _mm512_slli_epi64::<3>(count(planes[2])));
            sum = _mm512_add_epi64(sum, _mm512_slli_epi64::<4>(count(planes[3])));
            _mm512_cvtepi64_epi32(sum)
        });
        add_up(folded).map(|sum| 2 * sum - query.plane_sum)
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn load(start: *const u8, line: usize) -> __m512i {
    // SAFETY: a promise of the caller.
    unsafe { _mm512_loadu_si512(start.add(line * 64).cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn add_up(sums: [__m256i; 4]) -> [i32; 4] {
    let pairs = _mm256_hadd_epi32(
        _mm256_hadd_epi32(sums[0], sums[1]),
        _mm256_hadd_epi32(sums[2], sums[3]),
    );
    let sums = _mm_add_epi32(
        _mm256_castsi256_si128(pairs),
        _mm256_extracti128_si256::<1>(pairs),
    );
    let mut found = [0; 4];
    // SAFETY: the array has room for a register.
    unsafe { _mm_storeu_si128(found.as_mut_ptr().cast(), sums) };
    found
}

/// Products of the query and `count` rows, which `row` says where they begin. `AHEAD` of them are asked for
/// before their turn.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni,avx512vpopcntdq,avx512vl,avx2")]
unsafe fn gather<C: Code, const AHEAD: usize>(
    query: &Query,
    row: impl Fn(usize) -> *const u8,
    count: usize,
) -> [i32; 32] {
    let ask = |from: usize, to: usize| {
        for index in from..to.min(count) {
            ask_row::<C>(row(index));
        }
    };
    let mut products = [0; 32];
    if AHEAD > 0 {
        ask(0, AHEAD);
    }
    for at in (0..count).step_by(4) {
        if AHEAD > 0 {
            ask(at + AHEAD, at + AHEAD + 4);
        }
        let last = count - 1;
        let rows = [at, at + 1, at + 2, at + 3].map(|index| row(index.min(last)));
        // SAFETY: promises of the caller.
        products[at..at + 4].copy_from_slice(&unsafe { C::four(query, rows) });
    }
    products
}

#[inline(always)]
fn ask_row<C: Code>(start: *const u8) {
    for line in (0..C::STRIDE).step_by(64) {
        prefetch(start.wrapping_add(line));
    }
}

/// Asks for all rows of `near`, then for the rows that `next` links to and that were not seen.
#[inline(always)]
fn ask_for_next<C: Code>(
    start: *const u8,
    graph: &Graph<'_>,
    visited: &Visited,
    next: u32,
    near: &Near,
) {
    let ask = |id: u32| ask_row::<C>(start.wrapping_add(id as usize * C::STRIDE));
    near.ids[..near.count].iter().for_each(|&id| ask(id));
    let links = graph.links(next, 0).expect("a sound graph");
    for &id in &links.ids[..links.count] {
        if !visited.has(id) {
            ask(id);
        }
    }
}

/// The engine's own: 384 bytes a row, and a weight. With `NEXT`, rows that are needed if the likely next
/// row is expanded are asked for too.
pub struct Int8<'a, const AHEAD: usize, const NEXT: bool> {
    pub index: &'a Index,
    pub query: &'a Query,
}

impl<const AHEAD: usize, const NEXT: bool> Metric for Int8<'_, AHEAD, NEXT> {
    #[inline(always)]
    fn keys(&self, near: &mut Near) {
        let codes = self.index.codes.all().as_ptr().cast::<u8>();
        let row = |at: usize| codes.wrapping_add(near.ids[at] as usize * EightBits::STRIDE);
        // SAFETY: ids are rows; the features were looked for.
        let products = unsafe { gather::<EightBits, AHEAD>(self.query, row, near.count) };
        for (at, product) in products[..near.count].iter().enumerate() {
            let weight = self.index.weights[near.ids[at] as usize];
            near.keys[at] = i64::from(*product) * i64::from(weight);
        }
    }

    #[inline(always)]
    fn ask_neighbours(&self, graph: &Graph<'_>, visited: &Visited, next: u32, near: &Near) {
        if NEXT {
            let codes = self.index.codes.all().as_ptr().cast();
            ask_for_next::<EightBits>(codes, graph, visited, next, near);
        }
    }
}

/// Rows of 4-bit codes: 192 bytes and a factor.
pub struct FourBitRows {
    codes: Lines<u8>,
    factors: Vec<f32>,
}

impl FourBitRows {
    /// Levels of the step, of a few, whose error points furthest away from the row.
    pub fn of(vectors: &[f32]) -> Self {
        let rows = vectors.len() / DIMENSIONS;
        let mut codes = Lines::new(rows * FOUR_BITS);
        let mut factors = Vec::with_capacity(rows);
        let stored = codes.all_mut().chunks_exact_mut(FOUR_BITS);
        for (row, stored) in vectors.chunks_exact(DIMENSIONS).zip(stored) {
            let largest = row
                .iter()
                .fold(0f32, |largest, value| largest.max(value.abs()));
            let level = |value: f32, step: f32| (value / step + 7.5).round().clamp(0.0, 15.0);
            let products = |step: f32| {
                row.iter().fold((0f32, 0f32), |(along, square), &value| {
                    let centred = 2.0 * level(value, step) - 15.0;
                    (along + centred * value, square + centred * centred)
                })
            };
            let steps = (4..=10).map(|tenths| largest * tenths as f32 / 75.0);
            let cosine = |step: &f32| {
                let (along, square) = products(*step);
                along / square.sqrt()
            };
            let step = steps
                .max_by(|a, b| cosine(a).total_cmp(&cosine(b)))
                .expect("seven");
            for (at, &value) in row.iter().enumerate() {
                let (line, place) = (at / 128, at % 128);
                stored[line * 64 + place % 64] |= (level(value, step) as u8) << (place / 64 * 4);
            }
            factors.push(1.0 / products(step).0);
        }
        Self { codes, factors }
    }
}

/// A walk over 4-bit codes.
pub struct Int4<'a> {
    pub rows: &'a FourBitRows,
    pub query: &'a Query,
}

impl Metric for Int4<'_> {
    #[inline(always)]
    fn keys(&self, near: &mut Near) {
        let codes = self.rows.codes.all().as_ptr();
        let row = |at: usize| codes.wrapping_add(near.ids[at] as usize * FourBits::STRIDE);
        // SAFETY: as for eight bits.
        let products = unsafe { gather::<FourBits, 16>(self.query, row, near.count) };
        for (at, product) in products[..near.count].iter().enumerate() {
            let factor = self.rows.factors[near.ids[at] as usize];
            near.keys[at] = (*product as f32 * factor * UNITS) as i64;
        }
    }
}

/// Rows of 1-bit codes with their factors: one cache line each.
pub struct OneBitRows {
    lines: Lines<u8>,
}

impl OneBitRows {
    pub fn of(vectors: &[f32]) -> Self {
        let mut lines = Lines::new(vectors.len() / DIMENSIONS * ONE_BIT);
        let stored = lines.all_mut().chunks_exact_mut(ONE_BIT);
        for (row, stored) in vectors.chunks_exact(DIMENSIONS).zip(stored) {
            for (at, &value) in row.iter().enumerate() {
                stored[at / 8] |= u8::from(value >= 0.0) << (at % 8);
            }
            let factor = 1.0 / row.iter().map(|value| value.abs()).sum::<f32>();
            stored[ONE_BIT_CODES..ONE_BIT_CODES + 4].copy_from_slice(&factor.to_le_bytes());
        }
        Self { lines }
    }

    fn row(&self, id: u32) -> &[u8; ONE_BIT] {
        &self.lines.all().as_chunks().0[id as usize]
    }
}

#[inline(always)]
fn factor_at(bytes: &[u8]) -> f32 {
    f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

/// A walk over 1-bit codes.
pub struct Bits<'a, const NEXT: bool> {
    pub rows: &'a OneBitRows,
    pub query: &'a Query,
}

impl<const NEXT: bool> Bits<'_, NEXT> {
    /// Estimates in units of the query's planes.
    #[inline(always)]
    fn estimates(&self, near: &Near) -> [f32; 32] {
        let lines = self.rows.lines.all().as_ptr();
        let row = |at: usize| lines.wrapping_add(near.ids[at] as usize * OneBit::STRIDE);
        // SAFETY: as for eight bits.
        let products = unsafe { gather::<OneBit, 32>(self.query, row, near.count) };
        let mut estimates = [0.0; 32];
        for (at, product) in products[..near.count].iter().enumerate() {
            let line = self.rows.row(near.ids[at]);
            estimates[at] = *product as f32 * factor_at(&line[ONE_BIT_CODES..]);
        }
        estimates
    }
}

impl<const NEXT: bool> Metric for Bits<'_, NEXT> {
    #[inline(always)]
    fn keys(&self, near: &mut Near) {
        let estimates = self.estimates(near);
        for (key, estimate) in near.keys.iter_mut().zip(&estimates[..near.count]) {
            *key = (estimate * UNITS) as i64;
        }
    }

    #[inline(always)]
    fn ask_neighbours(&self, graph: &Graph<'_>, visited: &Visited, next: u32, near: &Near) {
        if NEXT {
            ask_for_next::<OneBit>(self.rows.lines.all().as_ptr(), graph, visited, next, near);
        }
    }
}

/// The walk of the engine, but a row is read only when its 1-bit estimate and `margin` reach the worst of
/// the list.
pub struct Sieve<'a> {
    pub bits: Bits<'a, false>,
    pub exact: Int8<'a, 16, false>,
    pub margin: f32,
}

impl Metric for Sieve<'_> {
    #[inline(always)]
    fn keys(&self, near: &mut Near) {
        self.exact.keys(near);
    }

    #[inline(always)]
    fn neighbours(&self, _from: u32, floor: i64, near: &mut Near) {
        if floor > i64::MIN {
            let query = self.bits.query;
            // Keys of the exact walk are in units of 2^-60 times the weight of the query.
            let key_unit = query.weight as f32 * 2f32.powi(-60);
            let needed = (floor as f32 * key_unit - self.margin) / query.plane_unit;
            let estimates = self.bits.estimates(near);
            let mut count = 0;
            for (at, estimate) in estimates[..near.count].iter().enumerate() {
                near.ids[count] = near.ids[at];
                count += usize::from(*estimate > needed);
            }
            near.count = count;
        }
        if near.count > 0 {
            self.exact.keys(near);
        }
    }
}

/// For each row, the 1-bit codes of its neighbours side by side, then their factors.
pub struct NeighbourBits {
    blocks: Lines<u8>,
}

const BLOCK: usize = 32 * (ONE_BIT_CODES + 4);
const BLOCK_FACTORS: usize = 32 * ONE_BIT_CODES;

impl NeighbourBits {
    pub fn of(index: &Index, rows: &OneBitRows) -> Self {
        let mut blocks = Lines::new(index.rows() * BLOCK);
        for (row, block) in blocks.all_mut().chunks_exact_mut(BLOCK).enumerate() {
            let (codes, factors) = block.split_at_mut(BLOCK_FACTORS);
            let places = codes
                .chunks_exact_mut(ONE_BIT_CODES)
                .zip(factors.chunks_exact_mut(4));
            for ((code, factor), link) in places.zip(index.links(row)) {
                let line = rows.row(link);
                code.copy_from_slice(&line[..ONE_BIT_CODES]);
                factor.copy_from_slice(&line[ONE_BIT_CODES..ONE_BIT_CODES + 4]);
            }
        }
        Self { blocks }
    }
}

/// A walk over 1-bit codes that lie with the row that links to them.
pub struct Together<'a> {
    pub blocks: &'a NeighbourBits,
    pub bits: Bits<'a, false>,
}

impl Metric for Together<'_> {
    #[inline(always)]
    fn keys(&self, near: &mut Near) {
        self.bits.keys(near);
    }

    #[inline(always)]
    fn neighbours(&self, from: u32, _floor: i64, near: &mut Near) {
        let block = &self.blocks.blocks.all()[from as usize * BLOCK..][..BLOCK];
        let row = |at: usize| {
            block
                .as_ptr()
                .wrapping_add(usize::from(near.places[at]) * ONE_BIT_CODES)
        };
        // SAFETY: places are below 32, and the block is as long.
        let products = unsafe { gather::<OneBit, 0>(self.bits.query, row, near.count) };
        for (at, product) in products[..near.count].iter().enumerate() {
            let factor = factor_at(&block[BLOCK_FACTORS + 4 * usize::from(near.places[at])..]);
            near.keys[at] = (*product as f32 * factor * UNITS) as i64;
        }
    }

    #[inline(always)]
    fn ask_neighbours(&self, _graph: &Graph<'_>, _visited: &Visited, next: u32, _near: &Near) {
        let start = self
            .blocks
            .blocks
            .all()
            .as_ptr()
            .wrapping_add(next as usize * BLOCK);
        for line in (0..BLOCK).step_by(64) {
            prefetch(start.wrapping_add(line));
        }
    }
}
