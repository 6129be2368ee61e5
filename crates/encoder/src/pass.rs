//! The stages from ids to vectors. Each stage is work on rows, columns or heads that are nobody else's, so it is the
//! same bits whoever does which part.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use crate::attention::Room;
use crate::fault::Fault;
use crate::hands::Hands;
use crate::kernel::Kernel;
use crate::memory::{Aligned, Shared};
use crate::product::{Codes, Linear, STEP, Target};
use crate::rows::Norm;
use crate::weights::{Layer, NormWeights, Weights};
use crate::{HEADS, HIDDEN, INNER, LANES, LAYERS, TOKENS};

/// Rows that go through the wide part of a layer together: what lies between (0.5 MB) stays in the cache.
const BLOCK: usize = 64;
/// Rows that are taken together where the work is on rows.
const FEW: usize = 4;

/// Stages of a pass of this many rows.
pub const fn stages(rows: usize) -> usize {
    2 + LAYERS * (6 + 3 * rows.div_ceil(BLOCK))
}

/// Memory for the rows of one pass.
pub struct Memory {
    state: Aligned<f32>,
    /// Queries, keys and values in strips.
    parts: Aligned<f32>,
    /// What is added to the state.
    others: Aligned<f32>,
    codes: Aligned<u8>,
    scales: Vec<f32>,
    zeros: Vec<i32>,
    /// A block of rows between the wide product and the narrow one.
    wide: Aligned<f32>,
    wide_codes: Aligned<u8>,
    wide_scales: Vec<f32>,
    wide_zeros: Vec<i32>,
}

impl Memory {
    pub fn new() -> Self {
        Self {
            state: Aligned::zeros(TOKENS * HIDDEN),
            parts: Aligned::zeros(TOKENS * HIDDEN * 3),
            others: Aligned::zeros(TOKENS * HIDDEN),
            codes: Aligned::zeros(TOKENS * HIDDEN),
            scales: vec![0.0; TOKENS],
            zeros: vec![0; TOKENS],
            wide: Aligned::zeros(BLOCK * INNER),
            wide_codes: Aligned::zeros(BLOCK * INNER),
            wide_scales: vec![0.0; BLOCK],
            wide_zeros: vec![0; BLOCK],
        }
    }

    /// Where all of it is.
    fn places(&mut self) -> Places {
        Places {
            state: Shared::new(&mut self.state),
            parts: Shared::new(&mut self.parts),
            others: Shared::new(&mut self.others),
            codes: CodePlaces {
                width: HIDDEN,
                codes: Shared::new(&mut self.codes),
                scales: Shared::new(&mut self.scales),
                zeros: Shared::new(&mut self.zeros),
            },
            wide: Shared::new(&mut self.wide),
            wide_codes: CodePlaces {
                width: INNER,
                codes: Shared::new(&mut self.wide_codes),
                scales: Shared::new(&mut self.wide_scales),
                zeros: Shared::new(&mut self.wide_zeros),
            },
        }
    }
}

#[derive(Clone, Copy)]
struct Places {
    state: Shared<f32>,
    parts: Shared<f32>,
    others: Shared<f32>,
    codes: CodePlaces,
    wide: Shared<f32>,
    wide_codes: CodePlaces,
}

#[derive(Clone, Copy)]
struct CodePlaces {
    width: usize,
    codes: Shared<u8>,
    scales: Shared<f32>,
    zeros: Shared<i32>,
}

/// Texts on their way to vectors, as many as fit.
pub struct Pass {
    kernel: &'static Kernel,
    weights: Arc<Weights>,
    /// Of all texts after each other.
    ids: Vec<i32>,
    lengths: Vec<u32>,
    places: Places,
    vectors: Shared<f32>,
    fault: OnceLock<Fault>,
}

impl Pass {
    /// The caller has checked ids and lengths: no more than `TOKENS` ids, all of them words.
    ///
    /// # Safety
    /// Memory and vectors stay where they are, and nobody else touches them, until the last call of [`Pass::work`] has
    /// returned.
    pub unsafe fn new(
        kernel: &'static Kernel,
        weights: &Arc<Weights>,
        ids: &[i32],
        lengths: &[u32],
        memory: &mut Memory,
        vectors: &mut [f32],
    ) -> Self {
        assert!(ids.len() <= TOKENS && vectors.len() == lengths.len() * HIDDEN);
        Self {
            kernel,
            weights: Arc::clone(weights),
            ids: ids.to_vec(),
            lengths: lengths.to_vec(),
            places: memory.places(),
            vectors: Shared::new(vectors),
            fault: OnceLock::new(),
        }
    }

    pub fn rows(&self) -> usize {
        self.ids.len()
    }

    /// Takes part until the vectors are there.
    pub fn work<H: Hands>(&self, hands: &mut H, room: &mut Room) -> Result<(), Fault> {
        // SAFETY: `Hands` gives a part of a stage to one thread only, and begins a stage when the one before it is done;
        // what a part writes no other part of its stage reads or writes. Rows and columns are inside of the memory,
        // which the maker of the pass keeps.
        unsafe {
            self.begin(hands);
            for layer in &self.weights.layers {
                self.attention(layer, hands, room);
                self.perceptron(layer, hands);
            }
            self.pool(hands);
        }
        self.fault.get().map_or(Ok(()), |&fault| Err(fault))
    }

    unsafe fn begin<H: Hands>(&self, hands: &mut H) {
        let Self {
            kernel, weights, ..
        } = self;
        let Places { state, codes, .. } = self.places;
        let nothing = [0.0; HIDDEN];
        self.each_row(0..self.rows(), hands, |id| {
            let mut bytes = [0; HIDDEN];
            let word = self.ids[id] as usize;
            if let Err(fault) = weights.word(word, &mut bytes) {
                // The first one is told; the vectors are nobody's.
                let _ = self.fault.set(fault);
            }
            let place = self.place(id);
            // SAFETY: as in `work`, here and below.
            let row = unsafe { row(state, HIDDEN, id).write() };
            kernel.embed(
                &bytes.map(u8::cast_signed),
                weights.word_scales[word],
                &weights.places[place * HIDDEN..][..HIDDEN],
                row,
            );
            kernel.normalise(row, &nothing, norm(&weights.first_norm));
            // SAFETY: as above.
            unsafe { self.quantise(row, codes, id) };
        });
    }

    /// Queries, keys and values; what they give; and what is made of that.
    unsafe fn attention<H: Hands>(&self, layer: &Layer, hands: &mut H, room: &mut Room) {
        let (kernel, rows) = (self.kernel, self.rows());
        let Places {
            state,
            parts,
            others,
            codes,
            ..
        } = self.places;
        let parts = parts.part(0, rows * HIDDEN * 3);
        let target = Target {
            numbers: parts,
            strip: rows * LANES,
            row: LANES,
        };
        let all = 0..rows;
        each_strip(&layer.parts, hands, |strips| {
            // SAFETY: as in `work`, here and below.
            unsafe { kernel.product(codes.read(all.clone()), &layer.parts, target, strips) };
        });
        hands.share(self.lengths.len() * HEADS, |units| {
            let mut unit = units.start;
            while unit < units.end {
                let (text, head) = (unit / HEADS, unit % HEADS);
                let heads = head..HEADS.min(head + units.end - unit);
                unit += heads.len();
                let (first, length) = (self.first(text), self.lengths[text] as usize);
                let own = others.part(first * HIDDEN, (first + length) * HIDDEN);
                // SAFETY: as above.
                unsafe { kernel.attend(parts.read(), rows, first, room, own, heads) };
            }
        });
        self.each_row(all.clone(), hands, |id| {
            // SAFETY: as above.
            unsafe { self.quantise(row(others, HIDDEN, id).read(), codes, id) };
        });
        // What the attention gave is in the codes now.
        let target = straight(others, &layer.joined);
        each_strip(&layer.joined, hands, |strips| {
            // SAFETY: as above.
            unsafe { kernel.product(codes.read(all.clone()), &layer.joined, target, strips) };
        });
        self.each_row(all.clone(), hands, |id| {
            // SAFETY: as above.
            unsafe { self.join(state, others, &layer.joined_norm, id) };
        });
    }

    /// The wide product and the narrow one, block after block.
    unsafe fn perceptron<H: Hands>(&self, layer: &Layer, hands: &mut H) {
        let (kernel, rows) = (self.kernel, self.rows());
        let Places {
            state,
            others,
            codes,
            wide,
            wide_codes,
            ..
        } = self.places;
        for first in (0..rows).step_by(BLOCK) {
            let block = first..rows.min(first + BLOCK);
            let inner = 0..block.len();
            let target = straight(wide, &layer.wide);
            each_strip(&layer.wide, hands, |strips| {
                // SAFETY: as in `work`, here and below.
                let codes = unsafe { codes.read(block.clone()) };
                // SAFETY: as above.
                unsafe { kernel.product_gelu(codes, &layer.wide, target, strips) };
            });
            self.each_row(inner.clone(), hands, |id| {
                // SAFETY: as above.
                unsafe { self.quantise(row(wide, INNER, id).read(), wide_codes, id) };
            });
            let own = others.part(block.start * HIDDEN, block.end * HIDDEN);
            let target = straight(own, &layer.narrow);
            each_strip(&layer.narrow, hands, |strips| {
                // SAFETY: as above.
                let codes = unsafe { wide_codes.read(inner.clone()) };
                // SAFETY: as above.
                unsafe { kernel.product(codes, &layer.narrow, target, strips) };
            });
        }
        self.each_row(0..rows, hands, |id| {
            // SAFETY: as above.
            unsafe { self.join(state, others, &layer.narrow_norm, id) };
        });
    }

    unsafe fn pool<H: Hands>(&self, hands: &mut H) {
        hands.share(self.lengths.len(), |texts| {
            for text in texts {
                let first = self.first(text);
                let end = first + self.lengths[text] as usize;
                let rows = self.places.state.part(first * HIDDEN, end * HIDDEN);
                // SAFETY: as in `work`.
                let (rows, vector) =
                    unsafe { (rows.read(), row(self.vectors, HIDDEN, text).write()) };
                self.kernel.pool(rows, vector);
            }
        });
    }

    /// Adds a row to the state's, normalises the sum, and gives it codes.
    unsafe fn join(
        &self,
        state: Shared<f32>,
        others: Shared<f32>,
        weights: &NormWeights,
        id: usize,
    ) {
        // SAFETY: as in `work`.
        unsafe {
            let sum = row(state, HIDDEN, id).write();
            self.kernel
                .normalise(sum, row(others, HIDDEN, id).read(), norm(weights));
            self.quantise(sum, self.places.codes, id);
        }
    }

    unsafe fn quantise(&self, numbers: &[f32], to: CodePlaces, id: usize) {
        // SAFETY: as in `work`.
        unsafe {
            let (scale, zero) = self
                .kernel
                .quantise(numbers, row(to.codes, to.width, id).write());
            to.scales.part(id, id + 1).write()[0] = scale;
            to.zeros.part(id, id + 1).write()[0] = zero;
        }
    }

    fn each_row<H: Hands>(&self, rows: Range<usize>, hands: &mut H, mut work: impl FnMut(usize)) {
        hands.share(rows.len().div_ceil(FEW), |units| {
            for id in units.start * FEW..rows.len().min(units.end * FEW) {
                work(rows.start + id);
            }
        });
    }

    /// The first row of a text.
    fn first(&self, text: usize) -> usize {
        self.lengths[..text]
            .iter()
            .map(|&length| length as usize)
            .sum()
    }

    /// Place of a row in its text.
    fn place(&self, id: usize) -> usize {
        let mut place = id;
        for &length in &self.lengths {
            if place < length as usize {
                break;
            }
            place -= length as usize;
        }
        place
    }
}

impl CodePlaces {
    /// The codes of these rows.
    ///
    /// # Safety
    /// As [`Shared::read`].
    unsafe fn read<'a>(self, rows: Range<usize>) -> Codes<'a> {
        let Range { start, end } = rows;
        // SAFETY: as the caller promises.
        unsafe {
            Codes {
                codes: self.codes.part(start * self.width, end * self.width).read(),
                scales: self.scales.part(start, end).read(),
                zeros: self.zeros.part(start, end).read(),
            }
        }
    }
}

fn row<T: crate::memory::Plain>(numbers: Shared<T>, width: usize, row: usize) -> Shared<T> {
    numbers.part(row * width, (row + 1) * width)
}

fn each_strip<H: Hands>(linear: &Linear, hands: &mut H, mut work: impl FnMut(Range<usize>)) {
    hands.share(linear.outputs / LANES / STEP, |units| {
        work(units.start * STEP..units.end * STEP);
    });
}

/// A product whose rows follow each other.
fn straight(numbers: Shared<f32>, linear: &Linear) -> Target {
    Target {
        numbers,
        strip: LANES,
        row: linear.outputs,
    }
}

fn norm(weights: &NormWeights) -> Norm<'_> {
    Norm {
        factors: &weights.factors,
        terms: &weights.terms,
    }
}
