//! Rows and files for tests: the same on every machine.

use crate::column::Column;
use crate::graph::build::{GraphColumns, build_graph, upper_rows};
use crate::graph::{BASE_DEGREE, DEGREE};
use crate::kernel::{Codes, find};
use crate::opened::{GraphShape, ROWS_OF_CODES, ROWS_OF_LINKS, RowDigests, Section, Shape};
use crate::quantise::{Columns, code_stride, half_stride, quantise_rows};
use crate::sha256::{Message, digest};

/// A small generator of our own.
pub struct Random(pub u32);

impl Random {
    pub fn word(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        self.0
    }

    pub fn unit(&mut self) -> f64 {
        f64::from(self.word()) / 4_294_967_296.0
    }

    pub fn below(&mut self, limit: u32) -> u32 {
        (self.word() >> 8) % limit
    }
}

/// A unit vector that depends on `seed` alone; every twenty seeds lie around one centre.
pub fn unit_row(seed: u32, dimensions: usize) -> Vec<f32> {
    let mut centre = Random((seed / 20).wrapping_mul(2_654_435_761) | 1);
    let mut around = Random(seed.wrapping_mul(40_503) | 1);
    let values: Vec<f64> = (0..dimensions)
        .map(|_| centre.unit() + centre.unit() - 1.0 + 0.6 * (around.unit() + around.unit() - 1.0))
        .collect();
    let length = values.iter().map(|value| value * value).sum::<f64>().sqrt();
    values.iter().map(|value| (value / length) as f32).collect()
}

/// Rows as a segment holds them.
pub struct Stored {
    pub dimensions: usize,
    pub vectors: Vec<f32>,
    pub codes: Vec<i8>,
    pub weights: Vec<u32>,
    pub halves: Vec<u16>,
}

/// Rows 0 to `rows`.
///
/// # Panics
/// Never: the rows are unit vectors.
pub fn stored(rows: u32, dimensions: usize) -> Stored {
    let vectors: Vec<f32> = (0..rows)
        .flat_map(|row| unit_row(row, dimensions))
        .collect();
    let count = rows as usize;
    let mut codes = vec![0; count * code_stride(dimensions)];
    let mut weights = vec![0; count];
    let mut halves = vec![0; count * half_stride(dimensions) / 2];
    let columns = Columns {
        codes: &mut codes,
        weights: &mut weights,
        halves: &mut halves,
    };
    quantise_rows(
        find(Some("scalar")).expect("plain loops"),
        &vectors,
        dimensions,
        1,
        columns,
    )
    .expect("unit rows");
    Stored {
        dimensions,
        vectors,
        codes,
        weights,
        halves,
    }
}

/// Bytes of the sections of `rows`, laid out as in a segment, and where they are. With `owners`, two rows
/// belong to each chunk.
///
/// # Panics
/// Never: the rows are all there.
pub fn file_of(rows: &Stored, with_graph: bool, with_owners: bool) -> (Vec<u8>, Shape) {
    let vectors = rows.weights.len();
    let stride = code_stride(rows.dimensions);
    let mut bytes = vec![0; 128];
    let code_bytes: Vec<u8> = rows.codes.iter().map(|code| code.cast_unsigned()).collect();
    let codes = append(&mut bytes, &code_bytes);
    let weights = append(&mut bytes, &words(&rows.weights));
    let halves: Vec<u8> = rows
        .halves
        .iter()
        .flat_map(|half| half.to_le_bytes())
        .collect();
    let halves = append(&mut bytes, &halves);
    let owners: Vec<u32> = (0..vectors as u32).map(|row| row / 2).collect();
    let owners = with_owners.then(|| append(&mut bytes, &words(&owners)));
    let graph = with_graph.then(|| {
        let mut levels = vec![0; vectors];
        let mut upper_starts = vec![0; vectors];
        let mut base = vec![0; vectors * BASE_DEGREE];
        let upper_rows = upper_rows(vectors as u32);
        let mut upper = vec![0; upper_rows * DEGREE];
        let columns = GraphColumns {
            levels: &mut levels,
            upper_starts: &mut upper_starts,
            base: &mut base,
            upper: &mut upper,
        };
        let codes = Codes::new(Column::of(&rows.codes), stride, vectors).expect("all rows");
        let kernel = find(None).expect("a kernel");
        let entry = build_graph(kernel, codes, &rows.weights, 1, columns);
        GraphShape {
            entry: entry.id,
            entry_level: entry.level,
            upper_rows,
            levels: append(&mut bytes, &levels),
            upper_starts: append(&mut bytes, &words(&upper_starts)),
            base: append(&mut bytes, &words(&base)),
            upper: append(&mut bytes, &words(&upper)),
            row_digests: None,
        }
    });
    let shape = Shape {
        file_length: bytes.len() as u64,
        block_log2: BLOCK_LOG2,
        dimensions: rows.dimensions,
        vectors,
        chunks: if with_owners {
            vectors.div_ceil(2)
        } else {
            vectors
        },
        codes,
        weights,
        halves,
        owners,
        graph,
    };
    (bytes, shape)
}

/// Appends digests of rows to a file with a graph, so that rows are compared when they are first used.
pub fn add_row_digests(bytes: &mut Vec<u8>, shape: &mut Shape) {
    let Some(graph) = &mut shape.graph else {
        return;
    };
    let of = |bytes: &[u8], section: &Section, block: usize| -> Vec<u8> {
        let section = &bytes[section.offset..section.offset + section.length];
        digests(section, block).concat()
    };
    let codes = of(
        bytes,
        &shape.codes,
        ROWS_OF_CODES * code_stride(shape.dimensions),
    );
    let base = of(bytes, &graph.base, ROWS_OF_LINKS * BASE_DEGREE * 4);
    graph.row_digests = Some(RowDigests {
        codes: append(bytes, &codes),
        base: append(bytes, &base),
    });
    shape.file_length = bytes.len() as u64;
}

/// Gives rows and sections the digests that belong to `bytes`, as a forger would.
pub fn seal(shape: &mut Shape, bytes: &mut [u8]) {
    if let Some((rows, base)) = shape
        .graph
        .as_ref()
        .and_then(|graph| Some((graph.row_digests.as_ref()?, &graph.base)))
    {
        let blocks = [
            (
                &shape.codes,
                ROWS_OF_CODES * code_stride(shape.dimensions),
                &rows.codes,
            ),
            (base, ROWS_OF_LINKS * BASE_DEGREE * 4, &rows.base),
        ];
        for (section, block, target) in blocks {
            let section = &bytes[section.offset..section.offset + section.length];
            let found = digests(section, block.max(1)).concat();
            let length = found.len().min(target.length);
            bytes[target.offset..target.offset + length].copy_from_slice(&found[..length]);
        }
    }
    for section in sections_of(shape) {
        section.digests = digests(
            &bytes[section.offset..section.offset + section.length],
            BLOCK,
        );
    }
}

/// Every section of a shape.
pub fn sections_of(shape: &mut Shape) -> Vec<&mut Section> {
    let mut sections = vec![&mut shape.codes, &mut shape.weights, &mut shape.halves];
    sections.extend(&mut shape.owners);
    if let Some(graph) = &mut shape.graph {
        sections.extend([
            &mut graph.levels,
            &mut graph.upper_starts,
            &mut graph.base,
            &mut graph.upper,
        ]);
        if let Some(rows) = &mut graph.row_digests {
            sections.extend([&mut rows.codes, &mut rows.base]);
        }
    }
    sections
}

const BLOCK_LOG2: u32 = 13;
const BLOCK: usize = 1 << BLOCK_LOG2;

fn append(bytes: &mut Vec<u8>, section: &[u8]) -> Section {
    let offset = bytes.len();
    bytes.extend(section);
    bytes.resize(bytes.len().next_multiple_of(64), 0);
    Section {
        offset,
        length: section.len(),
        digests: digests(section, BLOCK),
    }
}

fn digests(section: &[u8], block: usize) -> Vec<[u8; 32]> {
    let blocks = section.chunks(block);
    blocks
        .map(|block| {
            let message = Message {
                start: block.as_ptr(),
                length: block.len(),
            };
            // SAFETY: a slice is readable.
            unsafe { digest(message) }
        })
        .collect()
}

fn words(values: &[u32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}
