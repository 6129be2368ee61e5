//! Searching the vectors of one segment: docs/index-format.md sections 3.5 and 4.

use crate::blocks::LazyBlocks;
use crate::candidates::rank;
use crate::column::Column;
use crate::fault::Fault;
use crate::graph::Graph;
use crate::graph::walk::{Rows, Walker, descend};
use crate::kernel::{Base, Codes, Halves, Kernel};
use crate::quantise::{code_stride, is_unit};

/// Candidates beyond `k` that are rescored, and the other constants of
/// `packages/vector-index/src/open-vector-index.ts`: both engines must use the same.
const RESCORING_MARGIN: usize = 16;
const DEFAULT_EF: usize = 64;
const WALK_LIMIT: f64 = 1.0 / 8.0;
/// Rows of an exact scan between two looks at the list.
const TILE: usize = 1024;

/// The vectors of one segment, as they lie in memory.
#[derive(Clone, Copy)]
pub struct Vectors<'a> {
    pub kernel: &'static Kernel,
    pub dimensions: usize,
    pub chunks: usize,
    pub codes: Codes<'a>,
    pub weights: Column<'a, u32>,
    pub halves: Halves<'a>,
    pub owners: Option<Column<'a, u32>>,
    pub graph: Option<Graph<'a>>,
    /// What compares the halves with their digests when they are first used.
    pub checks: Option<&'a LazyBlocks>,
    /// The same for the codes.
    pub code_checks: Option<&'a LazyBlocks>,
}

/// What narrows or widens one search.
#[derive(Clone, Copy, Default)]
pub struct Ask<'a> {
    /// Only these chunks.
    pub filter: Option<&'a [u32]>,
    /// Not these chunks.
    pub deleted: Option<&'a [u32]>,
    /// Size of the candidate list of a walk.
    pub ef: Option<usize>,
}

/// Memory of a search, kept for the next one: a search allocates nothing once it has run before.
#[derive(Default)]
pub struct Searcher {
    codes: Vec<i8>,
    halves: Vec<u16>,
    rescoring: Vec<f64>,
    sum: i32,
    walker: Walker,
    products: Vec<i32>,
    rows: Vec<u32>,
    scores: Vec<f64>,
    ranked: Vec<Hit>,
}

#[derive(Clone, Copy)]
struct Hit {
    score: f32,
    id: u32,
}

impl Searcher {
    /// Writes the nearest chunks, best first, and says how many: as many as `ids` has room for, if there
    /// are as many.
    ///
    /// # Errors
    /// [`Fault::Query`] for what is no query, else a fault of the segment.
    ///
    /// # Panics
    /// When `scores` has less room than `ids`.
    pub fn search(
        &mut self,
        vectors: &Vectors<'_>,
        query: &[f32],
        ask: Ask<'_>,
        ids: &mut [i32],
        scores: &mut [f32],
    ) -> Result<usize, Fault> {
        self.set_query(vectors, query)?;
        let rows = vectors.codes.rows();
        let mut wanted = ids.len();
        if wanted == 0 || rows == 0 {
            return Ok(0);
        }
        loop {
            let margin = match (ask.ef, vectors.graph) {
                (Some(ef), Some(_)) => ef.saturating_sub(wanted).min(RESCORING_MARGIN),
                _ => RESCORING_MARGIN,
            };
            let most = rows.min(wanted.saturating_add(margin));
            self.find(vectors, most, margin, ask)?;
            let found = &self.walker.found;
            let size = found.len();
            self.rows.clear();
            self.rows
                .extend(found.iter().take(most).map(|candidate| candidate.id));
            self.rank(vectors)?;
            let enough = self.ranked.len() >= ids.len();
            // Several vectors of one chunk may have taken the places of other chunks: look further.
            if enough || vectors.owners.is_none() || size < most || most == rows {
                break;
            }
            wanted *= 2;
        }
        let count = self.ranked.len().min(ids.len());
        for ((hit, id), score) in self.ranked.iter().zip(&mut *ids).zip(&mut scores[..count]) {
            *id = hit.id.cast_signed();
            *score = hit.score;
        }
        Ok(count)
    }

    /// Writes the score of each chunk, −1 for one without a vector.
    ///
    /// # Errors
    /// As [`Searcher::search`].
    pub fn scores_of(
        &mut self,
        vectors: &Vectors<'_>,
        query: &[f32],
        chunks: &[u32],
        scores: &mut [f32],
    ) -> Result<(), Fault> {
        self.set_query(vectors, query)?;
        for (&chunk, score) in chunks.iter().zip(scores) {
            *score = -1.0;
            for row in vectors.rows_of(chunk) {
                self.rows.clear();
                self.rows.push(row);
                self.rescore(vectors)?;
                *score = score.max(bounded(self.scores[0]));
            }
        }
        Ok(())
    }

    fn set_query(&mut self, vectors: &Vectors<'_>, query: &[f32]) -> Result<(), Fault> {
        if query.len() != vectors.dimensions || !is_unit(query) {
            return Err(Fault::Query);
        }
        self.halves.resize(query.len(), 0);
        self.codes.clear();
        self.codes.resize(code_stride(query.len()), 0);
        vectors
            .kernel
            .encode(query, &mut self.halves, &mut self.codes[..query.len()]);
        self.sum = self.codes.iter().map(|&code| i32::from(code)).sum();
        self.rescoring.clear();
        self.rescoring
            .extend(query.iter().map(|&value| f64::from(value)));
        self.rescoring.resize(query.len().next_multiple_of(4), 0.0);
        Ok(())
    }

    /// The best rows by key that may be returned, left in the list of the walker.
    fn find(
        &mut self,
        vectors: &Vectors<'_>,
        most: usize,
        margin: usize,
        ask: Ask<'_>,
    ) -> Result<(), Fault> {
        let narrowed = ask.filter.is_some() || ask.deleted.is_some();
        let rows = vectors.codes.rows();
        if let Some(graph) = &vectors.graph {
            let part = if narrowed {
                allowed_part(vectors.chunks, ask)
            } else {
                1.0
            };
            let wished = ask
                .ef
                .unwrap_or_else(|| DEFAULT_EF.max(2 * most.saturating_sub(margin)));
            let ef = (wished.max(most) as f64 / part).ceil();
            if ef <= rows as f64 * WALK_LIMIT {
                self.walk(vectors, graph, ef as usize)?;
                if narrowed {
                    self.keep(vectors, most, ask)?;
                }
                // Else a filter excludes the whole neighbourhood, or the graph is in pieces.
                if self.walker.found.len() >= most {
                    return Ok(());
                }
            }
        }
        self.scan(vectors, most, narrowed.then_some(ask))
    }

    fn walk(&mut self, vectors: &Vectors<'_>, graph: &Graph<'_>, ef: usize) -> Result<(), Fault> {
        let Vectors {
            kernel,
            codes,
            weights,
            ..
        } = *vectors;
        let rows = Rows {
            kernel,
            codes,
            weights,
            base: self.base(),
            checks: vectors.code_checks,
        };
        for checks in [vectors.code_checks, graph.checks].into_iter().flatten() {
            checks.settle()?;
        }
        let start = descend(rows, graph, 0)?;
        self.walker.collect(rows, graph, start, 0, ef)
    }

    fn keep(&mut self, vectors: &Vectors<'_>, most: usize, ask: Ask<'_>) -> Result<(), Fault> {
        let mut fault = None;
        self.walker
            .found
            .retain(most, |row| match vectors.owner(row) {
                Ok(owner) => allows(owner, ask),
                Err(error) => {
                    fault = Some(error);
                    false
                }
            });
        fault.map_or(Ok(()), Err)
    }

    /// Looks at every row.
    fn scan(
        &mut self,
        vectors: &Vectors<'_>,
        most: usize,
        ask: Option<Ask<'_>>,
    ) -> Result<(), Fault> {
        if let Some(checks) = vectors.code_checks {
            checks.require_all()?;
        }
        let base = self.base();
        let list = &mut self.walker.found;
        list.reset(most);
        if most == 0 {
            return Ok(());
        }
        let rows = vectors.codes.rows();
        self.products.resize(TILE, 0);
        for first in (0..rows).step_by(TILE) {
            let products = &mut self.products[..TILE.min(rows - first)];
            // SAFETY: the base is as long as a row: `set_query` made it so.
            unsafe { vectors.kernel.scan(base, vectors.codes, first, products) };
            // Rows come by ascending id, so a key equal to the worst of a full list cannot get in.
            let mut floor = list.floor();
            for (row, product) in (first..).zip(&*products) {
                let weight = vectors.weights.get(row).unwrap_or(0);
                let key = i64::from(*product) * i64::from(weight);
                let row = row as u32;
                if rank(key, row) > floor {
                    if let Some(ask) = ask
                        && !allows(vectors.owner(row)?, ask)
                    {
                        continue;
                    }
                    list.insert(key, row);
                    floor = list.floor();
                }
            }
        }
        Ok(())
    }

    /// Rescores the rows and ranks their chunks: a chunk has the score of its best row.
    fn rank(&mut self, vectors: &Vectors<'_>) -> Result<(), Fault> {
        self.rescore(vectors)?;
        self.ranked.clear();
        for (&row, &score) in self.rows.iter().zip(&self.scores) {
            self.ranked.push(Hit {
                score: bounded(score),
                id: vectors.owner(row)?,
            });
        }
        let best_first = |a: &Hit, b: &Hit| b.score.partial_cmp(&a.score).expect("finite");
        if vectors.owners.is_some() {
            self.ranked
                .sort_unstable_by(|a, b| a.id.cmp(&b.id).then(best_first(a, b)));
            self.ranked.dedup_by_key(|hit| hit.id);
        }
        self.ranked
            .sort_unstable_by(|a, b| best_first(a, b).then(a.id.cmp(&b.id)));
        Ok(())
    }

    fn rescore(&mut self, vectors: &Vectors<'_>) -> Result<(), Fault> {
        if let Some(checks) = vectors.checks {
            checks.require_rows(&self.rows)?;
        }
        self.scores.resize(self.rows.len(), 0.0);
        vectors.kernel.rescore(
            &self.rescoring,
            vectors.halves,
            &self.rows,
            &mut self.scores,
        );
        Ok(())
    }

    fn base(&self) -> Base {
        Base {
            codes: self.codes.as_ptr(),
            sum: self.sum,
        }
    }
}

impl Vectors<'_> {
    fn owner(&self, row: u32) -> Result<u32, Fault> {
        let Some(owners) = self.owners else {
            return Ok(row);
        };
        let owner = owners.get(row as usize).unwrap_or(u32::MAX);
        if owner as usize >= self.chunks {
            return Err(Fault::Owner {
                owner: owner.into(),
                vector: row.into(),
            });
        }
        Ok(owner)
    }

    /// The rows of a chunk: owners ascend, so they are consecutive.
    fn rows_of(&self, chunk: u32) -> std::ops::Range<u32> {
        let rows = self.codes.rows() as u32;
        match self.owners {
            None => chunk.min(rows)..chunk.saturating_add(1).min(rows),
            Some(owners) => {
                lower_bound(owners, chunk).min(rows)..lower_bound(owners, chunk + 1).min(rows)
            }
        }
    }
}

/// Rounding to halves moves the length of a row by about 1e-5.
fn bounded(score: f64) -> f32 {
    score.clamp(-1.0, 1.0) as f32
}

fn lower_bound(sorted: Column<'_, u32>, value: u32) -> u32 {
    let (mut low, mut high) = (0, sorted.len());
    while low < high {
        let middle = (low + high) / 2;
        if sorted.get(middle).unwrap_or(u32::MAX) < value {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low as u32
}

fn allows(chunk: u32, ask: Ask<'_>) -> bool {
    ask.filter.is_none_or(|set| has(set, chunk)) && !ask.deleted.is_some_and(|set| has(set, chunk))
}

fn has(set: &[u32], id: u32) -> bool {
    set.get(id as usize / 32)
        .is_some_and(|word| word >> (id % 32) & 1 == 1)
}

/// The part of all chunks that may be returned, as if filter and deletes were independent.
fn allowed_part(chunks: usize, ask: Ask<'_>) -> f64 {
    let part = |set: &[u32]| count(set, chunks) as f64 / chunks as f64;
    let filtered = ask.filter.map_or(1.0, part);
    let alive = ask.deleted.map_or(1.0, |set| 1.0 - part(set));
    (filtered * alive).max(1.0 / (chunks as f64 + 1.0))
}

fn count(set: &[u32], size: usize) -> u32 {
    let words = set.iter().take(size.div_ceil(32)).enumerate();
    words
        .map(|(index, word)| {
            let left = size - index * 32;
            let mask = if left < 32 { (1 << left) - 1 } else { u32::MAX };
            (word & mask).count_ones()
        })
        .sum()
}

/// Searches for each row of `queries` on `threads` threads. `ids` and `scores` hold `k` places for each,
/// `counts` one.
///
/// # Errors
/// The first fault that a thread met.
///
/// # Panics
/// When the arrays do not fit together.
pub fn search_many(
    vectors: &Vectors<'_>,
    searchers: &mut [Searcher],
    queries: &[f32],
    k: usize,
    ask: Ask<'_>,
    results: Results<'_>,
) -> Result<(), Fault> {
    let dimensions = vectors.dimensions;
    let count = queries.len() / dimensions;
    let part = count.div_ceil(searchers.len().max(1)).max(1);
    let places = (part * k).max(1);
    let parts = queries
        .chunks(part * dimensions)
        .zip(results.ids[..count * k].chunks_mut(places).chain(empty()))
        .zip(
            results.scores[..count * k]
                .chunks_mut(places)
                .chain(empty()),
        )
        .zip(results.counts[..count].chunks_mut(part))
        .zip(searchers);
    std::thread::scope(|scope| {
        let running: Vec<_> = parts
            .map(|((((queries, ids), scores), counts), searcher)| {
                let work = move || {
                    for (index, (query, found)) in
                        queries.chunks_exact(dimensions).zip(counts).enumerate()
                    {
                        let place = index * k..(index + 1) * k;
                        let (ids, scores) = (&mut ids[place.clone()], &mut scores[place]);
                        *found = searcher.search(vectors, query, ask, ids, scores)? as u32;
                    }
                    Ok(())
                };
                scope.spawn(work)
            })
            .collect();
        let mut ended = running.into_iter().map(|thread| thread.join());
        ended.try_for_each(|ended| ended.expect("a search does not panic"))
    })
}

/// Where the answers of [`search_many`] go.
pub struct Results<'a> {
    pub ids: &'a mut [i32],
    pub scores: &'a mut [f32],
    pub counts: &'a mut [u32],
}

/// Rows of no places, for k = 0.
fn empty<'a, T: 'a>() -> impl Iterator<Item = &'a mut [T]> {
    std::iter::repeat_with(<&mut [T]>::default)
}
