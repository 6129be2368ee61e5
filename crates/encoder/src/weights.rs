//! The model's constants, from the files that ONNX Runtime reads too: packed once, except for the table of
//! words, of which a text needs a few rows.

use std::cell::RefCell;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use crate::fault::Fault;
use crate::memory::{Aligned, Slab};
use crate::onnx::{FLOAT, INT8, Place, Tensor, tensors};
use crate::product::Linear;
use crate::{HEAD, HIDDEN, INNER, LANES, LAYERS, TOKENS};

/// Largest weight: see `lanes::avx2`.
const LIMIT: u8 = 64;

/// Scale and shift of a normalisation.
pub(crate) struct NormWeights {
    pub factors: Vec<f32>,
    pub terms: Vec<f32>,
}

/// One layer.
pub(crate) struct Layer {
    /// Queries (scaled for powers of two), keys, values.
    pub parts: Linear,
    pub joined: Linear,
    pub joined_norm: NormWeights,
    pub wide: Linear,
    pub narrow: Linear,
    pub narrow_norm: NormWeights,
}

/// The packed model. Read by any number of threads.
pub struct Weights {
    file: File,
    words_at: u64,
    pub(crate) word_scales: Vec<f32>,
    pub(crate) places: Vec<f32>,
    pub(crate) first_norm: NormWeights,
    pub(crate) layers: Vec<Layer>,
}

impl Weights {
    /// From the bytes of `model.onnx` and the open `model.onnx.data`.
    pub fn read(graph: &[u8], file: File) -> Result<Self, Fault> {
        let source = Source {
            tensors: tensors(graph)?,
            file,
            matrix: RefCell::default(),
            slab: Slab::new(LAYERS * (HIDDEN * HIDDEN * 4 + HIDDEN * INNER * 2)),
        };
        let scales = source.find("embeddings.word_embeddings.scale", "")?;
        let words = usize::try_from(scales.dimensions[0]).map_err(|_| Fault::Graph)?;
        let word_scales = source.floats("embeddings.word_embeddings.scale", "", words, 1)?;
        let words_at = source.there("embeddings.word_embeddings", words, HIDDEN)?;
        let places = source.floats("embeddings.places", "", TOKENS, HIDDEN)?;
        let first_norm = source.norm("embeddings.LayerNorm", "")?;
        let layers = (0..LAYERS)
            .map(|layer| source.layer(layer))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            file: source.file,
            words_at,
            word_scales,
            places,
            first_norm,
            layers,
        })
    }

    /// How many words there are.
    pub fn words(&self) -> usize {
        self.word_scales.len()
    }

    pub(crate) fn word(&self, id: usize, row: &mut [u8; HIDDEN]) -> Result<(), Fault> {
        Ok(self
            .file
            .read_exact_at(row, self.words_at + (id * HIDDEN) as u64)?)
    }
}

struct Source<'a> {
    tensors: Vec<Tensor<'a>>,
    file: File,
    /// One matrix after the other.
    matrix: RefCell<Vec<u8>>,
    /// For the packed weights of all products.
    slab: Arc<Slab>,
}

impl Source<'_> {
    fn find(&self, what: &'static str, prefix: &str) -> Result<&Tensor<'_>, Fault> {
        self.tensors
            .iter()
            .find(|tensor| tensor.name.strip_prefix(prefix.as_bytes()) == Some(what.as_bytes()))
            .ok_or(Fault::Tensor(what))
    }

    /// The bytes of a constant of so many elements, in place of what `into` holds.
    fn bytes(
        &self,
        what: &'static str,
        prefix: &str,
        kind: u64,
        length: usize,
        into: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        let tensor = self.find(what, prefix)?;
        let width = if kind == INT8 { 1 } else { 4 };
        let counted = tensor
            .dimensions
            .iter()
            .try_fold(1u64, |all, &one| all.checked_mul(one));
        let size = length.checked_mul(width).ok_or(Fault::Graph)?;
        if tensor.kind != kind || counted != Some(length as u64) {
            return Err(Fault::Tensor(what));
        }
        match tensor.place {
            Place::Here(raw) if raw.len() == size => {
                into.clear();
                into.extend_from_slice(raw);
                Ok(())
            }
            Place::There {
                offset,
                length: bytes,
            } if bytes == size as u64 => {
                // Not more than the file has: a graph that says so must not cost the memory.
                let held = self.file.metadata()?.len();
                if offset.checked_add(bytes).is_none_or(|end| end > held) {
                    return Err(Fault::Tensor(what));
                }
                into.resize(size, 0);
                Ok(self.file.read_exact_at(into, offset)?)
            }
            _ => Err(Fault::Tensor(what)),
        }
    }

    fn floats(
        &self,
        what: &'static str,
        prefix: &str,
        rows: usize,
        columns: usize,
    ) -> Result<Vec<f32>, Fault> {
        let length = rows.checked_mul(columns).ok_or(Fault::Graph)?;
        let mut bytes = Vec::new();
        self.bytes(what, prefix, FLOAT, length, &mut bytes)?;
        let (numbers, _) = bytes.as_chunks::<4>();
        Ok(numbers
            .iter()
            .map(|&four| f32::from_le_bytes(four))
            .collect())
    }

    /// Where the rows of a table are in the data file, all of them within it.
    fn there(&self, what: &'static str, rows: usize, columns: usize) -> Result<u64, Fault> {
        let tensor = self.find(what, "")?;
        let size = self.file.metadata()?.len();
        let length = (rows as u64).checked_mul(columns as u64);
        match tensor.place {
            Place::There {
                offset,
                length: bytes,
            } if tensor.kind == INT8
                && tensor.dimensions == [rows as u64, columns as u64, 1]
                && Some(bytes) == length
                && offset.checked_add(bytes).is_some_and(|end| end <= size) =>
            {
                Ok(offset)
            }
            _ => Err(Fault::Tensor(what)),
        }
    }

    fn norm(&self, name: &'static str, prefix: &str) -> Result<NormWeights, Fault> {
        let prefix = format!("{prefix}{name}");
        Ok(NormWeights {
            factors: self.floats(".weight", &prefix, HIDDEN, 1)?,
            terms: self.floats(".bias", &prefix, HIDDEN, 1)?,
        })
    }

    fn layer(&self, layer: usize) -> Result<Layer, Fault> {
        let prefix = format!("encoder.layer.{layer}.");
        // exp(x / √d) = 2^(x · log₂e / √d): the factor goes into the queries.
        let query = std::f32::consts::LOG2_E / (HEAD as f32).sqrt();
        let mut parts = self.empty(HIDDEN, HIDDEN * 3);
        self.pack(
            &mut parts,
            (0, HIDDEN),
            "attention.self.query",
            &prefix,
            query,
        )?;
        self.pack(
            &mut parts,
            (HIDDEN, HIDDEN),
            "attention.self.key",
            &prefix,
            1.0,
        )?;
        self.pack(
            &mut parts,
            (HIDDEN * 2, HIDDEN),
            "attention.self.value",
            &prefix,
            1.0,
        )?;
        Ok(Layer {
            parts,
            joined: self.linear("attention.output.dense", &prefix, HIDDEN, HIDDEN)?,
            joined_norm: self.norm("attention.output.LayerNorm", &prefix)?,
            wide: self.linear("intermediate.dense", &prefix, HIDDEN, INNER)?,
            narrow: self.linear("output.dense", &prefix, INNER, HIDDEN)?,
            narrow_norm: self.norm("output.LayerNorm", &prefix)?,
        })
    }

    fn empty(&self, inputs: usize, outputs: usize) -> Linear {
        Linear {
            inputs,
            outputs,
            weights: self.slab.take(inputs * outputs),
            scales: Aligned::zeros(outputs),
            biases: Aligned::zeros(outputs),
            columns: Aligned::zeros(outputs),
        }
    }

    fn linear(
        &self,
        name: &'static str,
        prefix: &str,
        inputs: usize,
        outputs: usize,
    ) -> Result<Linear, Fault> {
        let mut linear = self.empty(inputs, outputs);
        self.pack(&mut linear, (0, outputs), name, prefix, 1.0)?;
        Ok(linear)
    }

    /// Puts a matrix (one row an input) into the `columns` columns from `first`, its results times `factor`.
    fn pack(
        &self,
        into: &mut Linear,
        (first, columns): (usize, usize),
        name: &'static str,
        prefix: &str,
        factor: f32,
    ) -> Result<(), Fault> {
        let prefix = format!("{prefix}{name}");
        let inputs = into.inputs;
        let matrix = &mut *self.matrix.borrow_mut();
        self.bytes(".weight", &prefix, INT8, inputs * columns, matrix)?;
        // Moved up by the limit, what is inside of −64 … 64 is inside of 0 … 128.
        let moved = |&weight: &u8| weight.wrapping_add(LIMIT);
        if matrix.iter().map(moved).fold(0, u8::max) > LIMIT * 2 {
            return Err(Fault::Weight);
        }
        let scales = self.floats(".scale", &prefix, columns, 1)?;
        let biases = self.floats(".bias", &prefix, columns, 1)?;
        for column in 0..columns {
            into.scales[first + column] = scales[column] * factor;
            into.biases[first + column] = biases[column] * factor;
        }
        let sums = &mut into.columns[first..first + columns];
        for row in matrix.chunks_exact(columns) {
            for (sum, &weight) in sums.iter_mut().zip(row) {
                *sum += i32::from(weight.cast_signed());
            }
        }
        let start = first * inputs;
        let packed = &mut into.weights[start..start + inputs * columns];
        let (lines, _) = packed.as_chunks_mut::<{ LANES * 4 }>();
        for (index, line) in lines.iter_mut().enumerate() {
            let (strip, quad) = (index / (inputs / 4), index % (inputs / 4));
            let at = |input: usize| -> &[u8; LANES] {
                let from = (quad * 4 + input) * columns + strip * LANES;
                matrix[from..].first_chunk().expect("a strip of a row")
            };
            turn([at(0), at(1), at(2), at(3)], line);
        }
        Ok(())
    }
}

/// Four rows of sixteen become sixteen groups of four.
#[cfg(target_arch = "x86_64")]
fn turn(rows: [&[u8; LANES]; 4], line: &mut [i8; LANES * 4]) {
    use std::arch::x86_64::*;
    // SAFETY: each row holds sixteen bytes and the line sixty-four; every such processor has SSE2.
    unsafe {
        let [a, b, c, d] = rows.map(|row| _mm_loadu_si128(row.as_ptr().cast()));
        let (low, high) = (_mm_unpacklo_epi8(a, b), _mm_unpackhi_epi8(a, b));
        let (low_rest, high_rest) = (_mm_unpacklo_epi8(c, d), _mm_unpackhi_epi8(c, d));
        let groups = [
            _mm_unpacklo_epi16(low, low_rest),
            _mm_unpackhi_epi16(low, low_rest),
            _mm_unpacklo_epi16(high, high_rest),
            _mm_unpackhi_epi16(high, high_rest),
        ];
        for (group, to) in groups.into_iter().zip(line.as_chunks_mut::<16>().0) {
            _mm_storeu_si128(to.as_mut_ptr().cast(), group);
        }
    }
}

/// Four rows of sixteen become sixteen groups of four.
#[cfg(not(target_arch = "x86_64"))]
fn turn(rows: [&[u8; LANES]; 4], line: &mut [i8; LANES * 4]) {
    for (lane, group) in line.as_chunks_mut::<4>().0.iter_mut().enumerate() {
        *group = rows.map(|row| row[lane].cast_signed());
    }
}
