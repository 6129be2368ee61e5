//! The vectors of a segment file, opened: what the addon holds for each index.

use std::fs::File;

use crate::blocks::{LazyBlocks, SectionBlocks, require_all};
use crate::column::Column;
use crate::fault::Fault;
use crate::graph::{BASE_DEGREE, DEGREE, Graph, NONE};
use crate::kernel::{Codes, Halves, Kernel};
use crate::memory::{Memory, Wish};
use crate::quantise::{code_stride, half_stride};
use crate::search::{Ask, Results, Searcher, Vectors, search_many};
use crate::sha256::Digest;

/// Where a section lies in the file, and the digests of its blocks (none: it is not compared).
#[derive(Clone)]
pub struct Section {
    pub offset: usize,
    pub length: usize,
    pub digests: Vec<Digest>,
}

/// What the headers of a segment say. All of it is held against the file and against itself.
#[derive(Clone)]
pub struct Shape {
    pub file_length: u64,
    pub block_log2: u32,
    pub dimensions: usize,
    pub vectors: usize,
    pub chunks: usize,
    pub codes: Section,
    pub weights: Section,
    pub halves: Section,
    pub owners: Option<Section>,
    pub graph: Option<GraphShape>,
}

#[derive(Clone)]
pub struct GraphShape {
    pub entry: u32,
    pub entry_level: usize,
    pub upper_rows: usize,
    pub levels: Section,
    pub upper_starts: Section,
    pub base: Section,
    pub upper: Section,
    /// Digests of rows, where the segment has them: then codes and base links are compared when they
    /// are first used.
    pub row_digests: Option<RowDigests>,
}

/// Where the digests of rows lie: docs/index-format.md section 3.6.
#[derive(Clone)]
pub struct RowDigests {
    pub codes: Section,
    pub base: Section,
}

/// Rows of codes, and of base links, that have one digest.
pub const ROWS_OF_CODES: usize = 2;
pub const ROWS_OF_LINKS: usize = 8;

/// What is compared with its digests when it is first used.
struct Checks {
    halves: LazyBlocks,
    codes: Option<LazyBlocks>,
    base: Option<LazyBlocks>,
}

/// An open index. Searches take it by turns; [`Opened::search_many`] uses several threads by itself.
pub struct Opened {
    // Before the memory, because they point into it and are dropped first.
    vectors: Vectors<'static>,
    searchers: Vec<Searcher>,
    _checks: Box<Checks>,
    memory: Memory,
}

impl Opened {
    /// Brings the sections into memory and compares them with their digests. The rescoring rows are
    /// compared when they are first used; so are codes and base links where rows have digests.
    ///
    /// # Errors
    /// [`Fault::Section`] for sections of another size than the shape needs, [`Fault::Digest`], and those
    /// of [`Memory::open`].
    pub fn open(
        file: File,
        shape: &Shape,
        kernel: &'static Kernel,
        wish: Wish,
    ) -> Result<Self, Fault> {
        let sections = shape.sections()?;
        if !(12..=20).contains(&shape.block_log2) {
            return Err(Fault::Section { id: 0x7fff });
        }
        let first = sections
            .iter()
            .map(|(_, section)| section.offset)
            .min()
            .unwrap_or(0);
        let end = sections
            .iter()
            .map(|(_, section)| section.offset + section.length)
            .max();
        let memory = Memory::open(file, shape.file_length, first, end.unwrap_or(0), wish)?;
        let block = 1 << shape.block_log2;
        let row_digests = shape
            .graph
            .as_ref()
            .and_then(|graph| graph.row_digests.as_ref());
        let mut kept = Vec::new();
        let mut checked = Vec::new();
        let mut lazy = Vec::new();
        for (id, section) in &sections {
            let mut blocks = blocks_of(*id, section, block, &memory)?;
            match *id {
                HALVES => lazy.push(blocks),
                CODES | BASE if row_digests.is_some() => lazy.push(blocks),
                CODE_DIGESTS | LINK_DIGESTS => {
                    // Compared as a copy, because the file may say something else later.
                    let copy = copy_of(&memory, section)?;
                    blocks.start = copy.as_ptr().cast();
                    kept.push(copy);
                    checked.push(blocks);
                }
                _ => checked.push(blocks),
            }
        }
        require_all(checked)?;
        memory.require_sound(true)?;
        let checks = Box::new(shape.checks(lazy, kept)?);
        let vectors = shape.vectors_in(&memory, kernel, &checks)?;
        Ok(Self {
            vectors,
            searchers: vec![Searcher::default()],
            _checks: checks,
            memory,
        })
    }

    pub fn kernel(&self) -> &'static Kernel {
        self.vectors.kernel
    }

    pub fn is_mapped(&self) -> bool {
        self.memory.is_mapped()
    }

    pub fn dimensions(&self) -> usize {
        self.vectors.dimensions
    }

    /// As [`Searcher::search`].
    ///
    /// # Errors
    /// Also when the file was cut short or written to meanwhile.
    ///
    /// # Panics
    /// As there.
    pub fn search(
        &mut self,
        query: &[f32],
        ask: Ask<'_>,
        ids: &mut [i32],
        scores: &mut [f32],
    ) -> Result<usize, Fault> {
        let found = self.searchers[0].search(&self.vectors, query, ask, ids, scores);
        self.believed(found)
    }

    /// As [`Searcher::scores_of`].
    ///
    /// # Errors
    /// As [`Opened::search`].
    ///
    /// # Panics
    /// As there.
    pub fn scores_of(
        &mut self,
        query: &[f32],
        chunks: &[u32],
        scores: &mut [f32],
    ) -> Result<(), Fault> {
        let done = self.searchers[0].scores_of(&self.vectors, query, chunks, scores);
        self.believed(done)
    }

    /// As [`search_many`], on `threads` threads.
    ///
    /// # Errors
    /// As [`Opened::search`].
    ///
    /// # Panics
    /// As there.
    pub fn search_many(
        &mut self,
        queries: &[f32],
        k: usize,
        ask: Ask<'_>,
        threads: usize,
        results: Results<'_>,
    ) -> Result<(), Fault> {
        let threads = threads.clamp(1, 64);
        if self.searchers.len() < threads {
            self.searchers.resize_with(threads, Searcher::default);
        }
        let searchers = &mut self.searchers[..threads];
        let done = search_many(&self.vectors, searchers, queries, k, ask, results);
        self.believed(done)
    }

    /// A file that is gone in part explains every other fault.
    fn believed<T>(&self, found: Result<T, Fault>) -> Result<T, Fault> {
        match self.memory.require_sound(found.is_err()) {
            Ok(()) => found,
            Err(fault) => Err(fault),
        }
    }
}

const CODES: u32 = 0x0201;
const HALVES: u32 = 0x0203;
const CODE_DIGESTS: u32 = 0x0205;
const BASE: u32 = 0x0213;
const LINK_DIGESTS: u32 = 0x0215;

impl Shape {
    /// Every section with its id, each of the length that the shape asks for.
    fn sections(&self) -> Result<Vec<(u32, &Section)>, Fault> {
        let (vectors, limit) = (self.vectors, u32::MAX as usize / 2);
        if self.dimensions == 0 || self.dimensions > 4096 || vectors > limit || self.chunks > limit
        {
            return Err(Fault::Section { id: 0x0200 });
        }
        if self.owners.is_none() && vectors > self.chunks {
            return Err(Fault::Section { id: 0x0204 });
        }
        let mut sections = vec![
            (CODES, &self.codes, code_stride(self.dimensions), vectors),
            (0x0202, &self.weights, 4, vectors),
            (HALVES, &self.halves, half_stride(self.dimensions), vectors),
        ];
        if let Some(owners) = &self.owners {
            sections.push((0x0204, owners, 4, vectors));
        }
        if let Some(graph) = &self.graph {
            if graph.entry as usize >= vectors || graph.entry_level > 8 {
                return Err(Fault::Section { id: 0x0210 });
            }
            sections.extend([
                (0x0211, &graph.levels, 1, vectors),
                (0x0212, &graph.upper_starts, 4, vectors),
                (BASE, &graph.base, BASE_DEGREE * 4, vectors),
                (0x0214, &graph.upper, DEGREE * 4, graph.upper_rows),
            ]);
            if let Some(RowDigests { codes, base }) = &graph.row_digests {
                sections.extend([
                    (CODE_DIGESTS, codes, 32, vectors.div_ceil(ROWS_OF_CODES)),
                    (LINK_DIGESTS, base, 32, vectors.div_ceil(ROWS_OF_LINKS)),
                ]);
            }
        }
        sections
            .into_iter()
            .map(|(id, section, stride, count)| {
                let fits = stride.checked_mul(count) == Some(section.length)
                    && section.offset.is_multiple_of(64)
                    && section.offset.checked_add(section.length).is_some();
                fits.then_some((id, section))
                    .ok_or(Fault::Section { id: id.into() })
            })
            .collect()
    }

    /// `lazy` are codes, halves and base links, those of them that are compared when they are used;
    /// `kept` are the digests of rows, in the order of their ids.
    fn checks(&self, lazy: Vec<SectionBlocks>, kept: Vec<Vec<Digest>>) -> Result<Checks, Fault> {
        let mut kept = kept.into_iter();
        let (mut halves, mut codes, mut base) = (None, None, None);
        for mut blocks in lazy {
            let (stride, rows, target) = match blocks.id {
                CODES => (code_stride(self.dimensions), ROWS_OF_CODES, &mut codes),
                BASE => (BASE_DEGREE * 4, ROWS_OF_LINKS, &mut base),
                _ => (half_stride(self.dimensions), 0, &mut halves),
            };
            if rows > 0 {
                let missing = Fault::Section {
                    id: blocks.id.into(),
                };
                blocks.digests = kept.next().ok_or(missing)?;
                blocks.block = rows * stride;
            }
            *target = Some(LazyBlocks::new(blocks, stride));
        }
        Ok(Checks {
            halves: halves.ok_or(Fault::Section { id: HALVES.into() })?,
            codes,
            base,
        })
    }

    fn vectors_in(
        &self,
        memory: &Memory,
        kernel: &'static Kernel,
        checks: &Checks,
    ) -> Result<Vectors<'static>, Fault> {
        // SAFETY: the box of the checks is kept as long as the vectors, and not moved out of.
        let checks: &'static Checks = unsafe { &*std::ptr::from_ref(checks) };
        let fault = Fault::Section { id: 0x0200 };
        let graph = match &self.graph {
            None => None,
            Some(graph) if graph.entry == NONE => None,
            Some(graph) => Some(Graph {
                entry: graph.entry,
                entry_level: graph.entry_level,
                levels: column(memory, &graph.levels)?,
                upper_starts: column(memory, &graph.upper_starts)?,
                base: column(memory, &graph.base)?,
                upper: column(memory, &graph.upper)?,
                checks: checks.base.as_ref(),
            }),
        };
        let codes = column(memory, &self.codes)?;
        let halves = column(memory, &self.halves)?;
        Ok(Vectors {
            kernel,
            dimensions: self.dimensions,
            chunks: self.chunks,
            codes: Codes::new(codes, code_stride(self.dimensions), self.vectors).ok_or(fault)?,
            weights: column(memory, &self.weights)?,
            halves: Halves::new(halves, half_stride(self.dimensions) / 2, self.vectors)
                .ok_or(fault)?,
            owners: self
                .owners
                .as_ref()
                .map(|owners| column(memory, owners))
                .transpose()?,
            graph,
            checks: Some(&checks.halves),
            code_checks: checks.codes.as_ref(),
        })
    }
}

fn column<T: Copy>(memory: &Memory, section: &Section) -> Result<Column<'static, T>, Fault> {
    let start = memory
        .at(section.offset, section.length)
        .ok_or(Fault::Section { id: 0 })?;
    // SAFETY: inside the memory, which is kept as long as the columns; sections are aligned to 64 bytes,
    // and so are both kinds of memory.
    Ok(unsafe { Column::new(start.cast(), section.length / size_of::<T>()) })
}

fn blocks_of(
    id: u32,
    section: &Section,
    block: usize,
    memory: &Memory,
) -> Result<SectionBlocks, Fault> {
    let fault = Fault::Section { id: id.into() };
    let start = memory.at(section.offset, section.length).ok_or(fault)?;
    if section.digests.len() != section.length.div_ceil(block) {
        return Err(fault);
    }
    let digests = section.digests.clone();
    Ok(SectionBlocks {
        id,
        start,
        length: section.length,
        block,
        digests,
    })
}

/// The digests that a section holds, each byte read once.
fn copy_of(memory: &Memory, section: &Section) -> Result<Vec<Digest>, Fault> {
    let digests: Column<'_, Digest> = column(memory, section)?;
    Ok(digests.values().collect())
}
