//! Descend and collect: docs/index-format.md section 4.

use super::Graph;
use crate::blocks::LazyBlocks;
use crate::candidates::{Candidates, rank};
use crate::column::Column;
use crate::fault::Fault;
use crate::kernel::{Base, Codes, Kernel};
use crate::visited::Visited;

/// What keys are computed from. `base` must hold as many codes as a row of `codes`.
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    pub kernel: &'static Kernel,
    pub codes: Codes<'a>,
    pub weights: Column<'a, u32>,
    pub base: Base,
    /// What compares codes with their digests when they are first used.
    pub checks: Option<&'a LazyBlocks>,
}

impl Rows<'_> {
    /// Keys of rows, whose ids are checked by whoever gives them.
    #[inline]
    fn keys(
        &self,
        ids: &[u32],
        products: &mut [i32; 32],
        keys: &mut [i64; 32],
    ) -> Result<(), Fault> {
        if let Some(checks) = self.checks {
            checks.require_rows(ids)?;
        }
        // SAFETY: the base is as long as a row: a promise of the struct.
        unsafe { self.kernel.gather(self.base, self.codes, ids, products) };
        for ((key, product), &id) in keys.iter_mut().zip(products).zip(ids) {
            let weight = self.weights.get(id as usize).unwrap_or(0);
            *key = i64::from(*product) * i64::from(weight);
        }
        Ok(())
    }
}

/// Memory of a walk, kept for the next one.
#[derive(Default)]
pub struct Walker {
    pub found: Candidates,
    visited: Visited,
}

/// Where a walk on a level begins.
#[derive(Clone, Copy)]
pub struct Start {
    pub id: u32,
    pub key: i64,
}

/// Walks down from the entry to the best vector found on `level`.
///
/// # Errors
/// A [`Fault`] of the graph.
pub fn descend(rows: Rows<'_>, graph: &Graph<'_>, level: usize) -> Result<Start, Fault> {
    let vectors = graph.vectors();
    if graph.entry as usize >= vectors || rows.codes.rows() < vectors {
        return Err(Fault::Link {
            link: graph.entry.into(),
            vectors: vectors as u64,
        });
    }
    let (mut products, mut keys) = ([0; 32], [0; 32]);
    rows.keys(&[graph.entry], &mut products, &mut keys)?;
    let mut at = Start {
        id: graph.entry,
        key: keys[0],
    };
    for current in (level + 1..=graph.entry_level).rev() {
        loop {
            let links = graph.links(at.id, current)?;
            let ids = &links.ids[..links.count];
            rows.keys(ids, &mut products, &mut keys)?;
            let from = at.id;
            for (&id, &key) in ids.iter().zip(&keys) {
                if rank(key, id) > rank(at.key, at.id) {
                    at = Start { id, key };
                }
            }
            if at.id == from {
                break;
            }
        }
    }
    Ok(at)
}

impl Walker {
    /// Fills `found` with the best vectors of `level` that are reached from `start`.
    ///
    /// # Errors
    /// A [`Fault`] of the graph.
    pub fn collect(
        &mut self,
        rows: Rows<'_>,
        graph: &Graph<'_>,
        start: Start,
        level: usize,
        most: usize,
    ) -> Result<(), Fault> {
        let Self { found, visited } = self;
        found.reset(most);
        visited.reset(graph.vectors());
        visited.add(start.id);
        found.insert(start.key, start.id);
        let (mut products, mut keys) = ([0; 32], [0; 32]);
        while let Some(id) = found.expand_next() {
            if level == 0
                && let Some(checks) = graph.checks
                && checks.is_pending()
            {
                // The likely next one goes with it: two at once take little longer than one.
                let next = found.likely_next().unwrap_or(id);
                checks.require_rows(&[id, next])?;
            }
            let mut links = graph.links(id, level)?;
            let mut count = 0;
            for index in 0..links.count {
                // Written whether it is new or not: no branch to guess.
                let id = links.ids[index];
                links.ids[count] = id;
                count += usize::from(visited.add(id));
            }
            if level == 0
                && let Some(next) = found.likely_next()
            {
                graph.prefetch(next);
            }
            let ids = &links.ids[..count];
            rows.keys(ids, &mut products, &mut keys)?;
            for (&id, &key) in ids.iter().zip(&keys) {
                let leads = rank(key, id) > found.floor() && found.insert(key, id);
                if leads && level == 0 {
                    graph.prefetch(id);
                }
            }
        }
        Ok(())
    }
}
