//! The shape of a segment as JavaScript hands it over.

use clawkeep_vector_engine::opened::{GraphShape, RowDigests, Section, Shape};

/// Numbers before the sections: file length, block size log2, dimensions, vectors, chunks, whether there
/// are owners, whether there is a graph, entry, level of the entry, upper rows, whether rows have digests.
const NUMBERS: usize = 11;
/// Codes, weights, halves, owners, levels, upper starts, base links, upper links, digests of rows of
/// codes, of rows of base links: offset, length and index of the first block digest of each; all zero
/// for one that is absent.
const SECTIONS: usize = 10;

/// None when the numbers are no shape. Whether they fit the file is for the engine to say.
pub fn read(numbers: &[f64], digests: &[u8]) -> Option<Shape> {
    if numbers.len() != NUMBERS + SECTIONS * 3 {
        return None;
    }
    let all: Vec<usize> = numbers
        .iter()
        .map(|&number| whole(number))
        .collect::<Option<_>>()?;
    let block_log2 = u32::try_from(all[1])
        .ok()
        .filter(|log2| (12..=20).contains(log2))?;
    let section = |index: usize| -> Option<Section> {
        let at = NUMBERS + index * 3;
        let (offset, length, first) = (all[at], all[at + 1], all[at + 2]);
        let blocks = length.div_ceil(1 << block_log2);
        let end = first.checked_add(blocks)?;
        let bytes = digests.get(first.checked_mul(32)?..end.checked_mul(32)?)?;
        let (digests, _) = bytes.as_chunks::<32>();
        Some(Section {
            offset,
            length,
            digests: digests.to_vec(),
        })
    };
    let owners = if all[5] == 1 { Some(section(3)?) } else { None };
    let graph = if all[6] == 1 {
        Some(GraphShape {
            entry: u32::try_from(all[7]).ok()?,
            entry_level: all[8],
            upper_rows: all[9],
            levels: section(4)?,
            upper_starts: section(5)?,
            base: section(6)?,
            upper: section(7)?,
            row_digests: if all[10] == 1 {
                Some(RowDigests {
                    codes: section(8)?,
                    base: section(9)?,
                })
            } else {
                None
            },
        })
    } else {
        None
    };
    Some(Shape {
        file_length: all[0] as u64,
        block_log2,
        dimensions: all[2],
        vectors: all[3],
        chunks: all[4],
        codes: section(0)?,
        weights: section(1)?,
        halves: section(2)?,
        owners,
        graph,
    })
}

fn whole(number: f64) -> Option<usize> {
    let whole = number.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(&number);
    whole.then_some(number as usize)
}
