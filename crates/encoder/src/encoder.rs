//! Texts in, vectors out. Several texts at once are only more rows of each product.

use std::sync::Arc;

use crate::attention::Room;
use crate::fault::Fault;
use crate::kernel::Kernel;
use crate::memory::Aligned;
use crate::product::{Codes, Linear, Target};
use crate::rows::Norm;
use crate::weights::{Layer, NormWeights, Weights};
use crate::{HIDDEN, INNER, LANES, TOKENS};

/// Rows that go through the wide part of a layer together: what lies between (0.5 MB) stays in the cache.
const BLOCK: usize = 64;

/// One thread's encoder: shared weights, and memory of its own.
pub struct Encoder {
    weights: Arc<Weights>,
    kernel: &'static Kernel,
    room: Rows,
}

/// Memory for the rows of one pass.
struct Rows {
    state: Aligned<f32>,
    /// Queries, keys and values in strips; later what is added to the state.
    parts: Aligned<f32>,
    attended: Aligned<f32>,
    codes: Aligned<u8>,
    scales: Vec<f32>,
    zeros: Vec<i32>,
    wide: Wide,
    attention: Room,
}

/// Memory for a block of rows between the wide product and the narrow one.
struct Wide {
    numbers: Aligned<f32>,
    codes: Aligned<u8>,
    scales: Vec<f32>,
    zeros: Vec<i32>,
}

impl Encoder {
    pub fn new(weights: Arc<Weights>, kernel: &'static Kernel) -> Self {
        let room = Rows {
            state: Aligned::zeros(TOKENS * HIDDEN),
            parts: Aligned::zeros(TOKENS * HIDDEN * 3),
            attended: Aligned::zeros(TOKENS * HIDDEN),
            codes: Aligned::zeros(TOKENS * HIDDEN),
            scales: vec![0.0; TOKENS],
            zeros: vec![0; TOKENS],
            wide: Wide {
                numbers: Aligned::zeros(BLOCK * INNER),
                codes: Aligned::zeros(BLOCK * INNER),
                scales: vec![0.0; BLOCK],
                zeros: vec![0; BLOCK],
            },
            attention: Room::new(),
        };
        Self {
            weights,
            kernel,
            room,
        }
    }

    pub fn kernel(&self) -> &'static Kernel {
        self.kernel
    }

    /// One vector a text. `ids` are those of all texts after each other, `lengths` says where each ends.
    pub fn encode(
        &mut self,
        ids: &[i32],
        lengths: &[u32],
        vectors: &mut [f32],
    ) -> Result<(), Fault> {
        if lengths.len().checked_mul(HIDDEN) != Some(vectors.len()) {
            return Err(Fault::Room);
        }
        let words = self.weights.words();
        let fits = |&length: &u32| (1..=TOKENS).contains(&(length as usize));
        let total: usize = lengths.iter().map(|&length| length as usize).sum();
        let known = |&id: &i32| usize::try_from(id).is_ok_and(|id| id < words);
        if total != ids.len() || !lengths.iter().all(fits) || !ids.iter().all(known) {
            return Err(Fault::Ids);
        }
        let (mut text, mut id) = (0, 0);
        while text < lengths.len() {
            let (first, mut rows) = (text, 0);
            while text < lengths.len() && rows + lengths[text] as usize <= TOKENS {
                rows += lengths[text] as usize;
                text += 1;
            }
            let vectors = &mut vectors[first * HIDDEN..text * HIDDEN];
            self.pass(&ids[id..id + rows], &lengths[first..text], vectors)?;
            id += rows;
        }
        Ok(())
    }

    fn pass(&mut self, ids: &[i32], lengths: &[u32], vectors: &mut [f32]) -> Result<(), Fault> {
        let (kernel, weights, room) = (self.kernel, &*self.weights, &mut self.room);
        let rows = ids.len();
        let state = &mut room.state[..rows * HIDDEN];
        let codes = &mut room.codes[..rows * HIDDEN];
        let (scales, zeros) = (&mut room.scales[..rows], &mut room.zeros[..rows]);
        let nothing = [0.0; HIDDEN];
        let mut id = 0;
        for &length in lengths {
            for place in 0..length as usize {
                let row = &mut state[id * HIDDEN..][..HIDDEN];
                let word = ids[id] as usize;
                let mut bytes = [0; HIDDEN];
                weights.word(word, &mut bytes)?;
                let bytes = bytes.map(u8::cast_signed);
                kernel.embed(
                    &bytes,
                    weights.word_scales[word],
                    &weights.places[place * HIDDEN..][..HIDDEN],
                    row,
                );
                kernel.normalise(row, &nothing, norm(&weights.first_norm));
                id += 1;
            }
        }
        quantise(kernel, state, HIDDEN, codes, scales, zeros);
        for layer in &weights.layers {
            let parts = &mut room.parts[..rows * HIDDEN * 3];
            let target = Target {
                numbers: parts,
                strip: rows * LANES,
                row: LANES,
            };
            kernel.product(
                Codes {
                    codes,
                    scales,
                    zeros,
                },
                &layer.parts,
                target,
            );
            let attended = &mut room.attended[..rows * HIDDEN];
            let mut first = 0;
            for &length in lengths {
                let length = length as usize;
                let own = &mut attended[first * HIDDEN..][..length * HIDDEN];
                kernel.attend(
                    &room.parts[..rows * HIDDEN * 3],
                    rows,
                    first,
                    &mut room.attention,
                    own,
                );
                first += length;
            }
            quantise(kernel, attended, HIDDEN, codes, scales, zeros);
            // What the attention gave is in the codes now.
            straight(
                kernel,
                Codes {
                    codes,
                    scales,
                    zeros,
                },
                &layer.joined,
                attended,
            );
            for (row, other) in state
                .chunks_exact_mut(HIDDEN)
                .zip(attended.chunks_exact(HIDDEN))
            {
                kernel.normalise(row, other, norm(&layer.joined_norm));
            }
            quantise(kernel, state, HIDDEN, codes, scales, zeros);
            for first in (0..rows).step_by(BLOCK) {
                let end = rows.min(first + BLOCK);
                let own = Codes {
                    codes: &codes[first * HIDDEN..end * HIDDEN],
                    scales: &scales[first..end],
                    zeros: &zeros[first..end],
                };
                let others = &mut attended[first * HIDDEN..end * HIDDEN];
                room.wide.pass(kernel, layer, own, others);
            }
            for (row, other) in state
                .chunks_exact_mut(HIDDEN)
                .zip(attended.chunks_exact(HIDDEN))
            {
                kernel.normalise(row, other, norm(&layer.narrow_norm));
            }
            quantise(kernel, state, HIDDEN, codes, scales, zeros);
        }
        let mut first = 0;
        for (&length, vector) in lengths.iter().zip(vectors.chunks_exact_mut(HIDDEN)) {
            let end = first + length as usize;
            kernel.pool(&state[first * HIDDEN..end * HIDDEN], vector);
            first = end;
        }
        Ok(())
    }
}

impl Wide {
    fn pass(&mut self, kernel: &Kernel, layer: &Layer, codes: Codes<'_>, to: &mut [f32]) {
        let rows = codes.scales.len();
        let numbers = &mut self.numbers[..rows * INNER];
        let target = Target {
            numbers,
            strip: LANES,
            row: INNER,
        };
        kernel.product_gelu(codes, &layer.wide, target);
        let numbers = &self.numbers[..rows * INNER];
        let codes = &mut self.codes[..rows * INNER];
        let (scales, zeros) = (&mut self.scales[..rows], &mut self.zeros[..rows]);
        quantise(kernel, numbers, INNER, codes, scales, zeros);
        straight(
            kernel,
            Codes {
                codes,
                scales,
                zeros,
            },
            &layer.narrow,
            to,
        );
    }
}

fn norm(weights: &NormWeights) -> Norm<'_> {
    Norm {
        factors: &weights.factors,
        terms: &weights.terms,
    }
}

/// A product whose rows follow each other.
fn straight(kernel: &Kernel, codes: Codes<'_>, linear: &Linear, to: &mut [f32]) {
    let target = Target {
        numbers: to,
        strip: LANES,
        row: linear.outputs,
    };
    kernel.product(codes, linear, target);
}

fn quantise(
    kernel: &Kernel,
    numbers: &[f32],
    width: usize,
    codes: &mut [u8],
    scales: &mut [f32],
    zeros: &mut [i32],
) {
    for (row, (numbers, codes)) in numbers
        .chunks_exact(width)
        .zip(codes.chunks_exact_mut(width))
        .enumerate()
    {
        (scales[row], zeros[row]) = kernel.quantise(numbers, codes);
    }
}
