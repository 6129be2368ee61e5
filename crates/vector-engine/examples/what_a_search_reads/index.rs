//! The index that every variant walks: built once by the engine, kept in a file for the next run.

use std::fs;
use std::path::Path;

use clawkeep_vector_engine::column::Column;
use clawkeep_vector_engine::graph::build::{GraphColumns, build_graph, upper_rows};
use clawkeep_vector_engine::graph::{BASE_DEGREE, DEGREE, Graph, NONE};
use clawkeep_vector_engine::kernel::{Codes, Halves, Kernel};
use clawkeep_vector_engine::quantise::{Columns, quantise_rows};

use crate::data::{DIMENSIONS, nearest};

/// Columns of one segment.
#[derive(Clone)]
pub struct Index {
    pub codes: Lines<i8>,
    pub weights: Vec<u32>,
    pub halves: Lines<u16>,
    pub levels: Vec<u8>,
    pub upper_starts: Vec<u32>,
    pub base: Lines<u32>,
    pub upper: Vec<u32>,
    pub entry: u32,
    pub entry_level: usize,
}

/// Values that begin with a cache line, as the sections of a segment do.
pub struct Lines<T> {
    values: Vec<T>,
    skipped: usize,
    length: usize,
}

impl<T: Copy + Default> Lines<T> {
    pub fn new(length: usize) -> Self {
        let values = vec![T::default(); length + 64];
        let skipped = values.as_ptr().align_offset(64);
        Self {
            values,
            skipped,
            length,
        }
    }

    pub fn all(&self) -> &[T] {
        &self.values[self.skipped..self.skipped + self.length]
    }

    pub fn all_mut(&mut self) -> &mut [T] {
        &mut self.values[self.skipped..self.skipped + self.length]
    }
}

impl<T: Copy + Default> Clone for Lines<T> {
    fn clone(&self) -> Self {
        let mut copy = Self::new(self.length);
        copy.all_mut().copy_from_slice(self.all());
        copy
    }
}

impl Index {
    /// Quantises the vectors, and builds the graph unless `kept` holds it. With the ten nearest rows of
    /// each query.
    pub fn open(
        kernel: &'static Kernel,
        vectors: &[f32],
        queries: &[f32],
        kept: &Path,
    ) -> (Self, Vec<u32>) {
        let rows = vectors.len() / DIMENSIONS;
        let mut index = Self {
            codes: Lines::new(rows * DIMENSIONS),
            weights: vec![0; rows],
            halves: Lines::new(rows * DIMENSIONS),
            levels: vec![0; rows],
            upper_starts: vec![0; rows],
            base: Lines::new(rows * BASE_DEGREE),
            upper: vec![0; upper_rows(rows as u32) * DEGREE],
            entry: 0,
            entry_level: 0,
        };
        let columns = Columns {
            codes: index.codes.all_mut(),
            weights: &mut index.weights,
            halves: index.halves.all_mut(),
        };
        quantise_rows(kernel, vectors, DIMENSIONS, 1, columns).expect("unit rows");
        // Also levels and starts, which the build writes.
        let lengths = [2, rows, rows, rows * BASE_DEGREE, index.upper.len()];
        let truth = queries.len() / DIMENSIONS * 10;
        if let Ok(bytes) = fs::read(kept)
            && bytes.len() == (lengths.iter().sum::<usize>() + truth) * 4
        {
            let mut words = bytes
                .as_chunks::<4>()
                .0
                .iter()
                .map(|&word| u32::from_le_bytes(word));
            let mut next = || words.next().expect("the length was compared");
            (index.entry, index.entry_level) = (next(), next() as usize);
            index.levels.fill_with(|| next() as u8);
            index.upper_starts.fill_with(&mut next);
            index.base.all_mut().fill_with(&mut next);
            index.upper.fill_with(&mut next);
            return (index, words.collect());
        }
        let codes = Codes::new(Column::of(index.codes.all()), DIMENSIONS, rows).expect("all rows");
        let columns = GraphColumns {
            levels: &mut index.levels,
            upper_starts: &mut index.upper_starts,
            base: index.base.all_mut(),
            upper: &mut index.upper,
        };
        let entry = build_graph(kernel, codes, &index.weights, 2, columns);
        (index.entry, index.entry_level) = (entry.id, entry.level);
        let truth = nearest(vectors, queries);
        let mut words = vec![index.entry, index.entry_level as u32];
        words.extend(index.levels.iter().map(|&level| u32::from(level)));
        words.extend(&index.upper_starts);
        words.extend(index.base.all());
        words.extend(&index.upper);
        words.extend(&truth);
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        if let Err(error) = fs::write(kept, bytes) {
            eprintln!("{} was not kept: {error}", kept.display());
        }
        (index, truth)
    }

    pub fn rows(&self) -> usize {
        self.weights.len()
    }

    pub fn graph(&self) -> Graph<'_> {
        Graph {
            entry: self.entry,
            entry_level: self.entry_level,
            levels: Column::of(&self.levels),
            upper_starts: Column::of(&self.upper_starts),
            base: Column::of(self.base.all()),
            upper: Column::of(&self.upper),
            checks: None,
        }
    }

    pub fn codes(&self) -> Codes<'_> {
        Codes::new(Column::of(self.codes.all()), DIMENSIONS, self.rows()).expect("all rows")
    }

    pub fn halves(&self) -> Halves<'_> {
        Halves::new(Column::of(self.halves.all()), DIMENSIONS, self.rows()).expect("all rows")
    }

    /// The base links of a row.
    pub fn links(&self, row: usize) -> impl Iterator<Item = u32> {
        let row = &self.base.all()[row * BASE_DEGREE..][..BASE_DEGREE];
        row.iter().copied().take_while(|&link| link != NONE)
    }

    /// The same index with row `order[i]` as row i.
    pub fn renumbered(&self, order: &[u32]) -> Self {
        let mut new_ids = vec![0; order.len()];
        for (new, &old) in order.iter().enumerate() {
            new_ids[old as usize] = new as u32;
        }
        let renamed = |link: u32| match link {
            NONE => NONE,
            link => new_ids[link as usize],
        };
        let mut index = self.clone();
        for (new, &old) in order.iter().enumerate() {
            let old = old as usize;
            copy_row(
                index.codes.all_mut(),
                new,
                self.codes.all(),
                old,
                DIMENSIONS,
            );
            copy_row(
                index.halves.all_mut(),
                new,
                self.halves.all(),
                old,
                DIMENSIONS,
            );
            copy_row(index.base.all_mut(), new, self.base.all(), old, BASE_DEGREE);
            index.weights[new] = self.weights[old];
            index.levels[new] = self.levels[old];
            index.upper_starts[new] = self.upper_starts[old];
        }
        let links = index.base.all_mut().iter_mut().chain(&mut index.upper);
        links.for_each(|link| *link = renamed(*link));
        index.entry = renamed(self.entry);
        index
    }
}

fn copy_row<T: Copy>(to: &mut [T], new: usize, from: &[T], old: usize, length: usize) {
    to[new * length..][..length].copy_from_slice(&from[old * length..][..length]);
}
