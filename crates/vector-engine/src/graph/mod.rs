//! The neighbour graph as it lies in a segment: docs/index-format.md section 3.6.

pub mod build;
mod select;
pub mod walk;

use crate::blocks::LazyBlocks;
use crate::column::Column;
use crate::fault::Fault;

/// Links of a vector on each level above 0, and the most that a new vector chooses on any level.
pub const DEGREE: usize = 16;
/// Links of a vector on level 0.
pub const BASE_DEGREE: usize = 32;
/// Candidates that are looked at for the links of a new vector.
pub const EF_CONSTRUCTION: usize = 200;
/// Vectors that are inserted against the same frozen graph.
pub const LARGEST_BATCH: usize = 256;
/// Fills the places of a link row that hold no neighbour.
pub const NONE: u32 = u32::MAX;

/// A graph to walk. Nothing of it is trusted: each link and each start is checked where it is used.
#[derive(Clone, Copy)]
pub struct Graph<'a> {
    pub entry: u32,
    pub entry_level: usize,
    pub levels: Column<'a, u8>,
    pub upper_starts: Column<'a, u32>,
    pub base: Column<'a, u32>,
    pub upper: Column<'a, u32>,
    /// What compares base links with their digests when they are first used.
    pub checks: Option<&'a LazyBlocks>,
}

/// The links of one vector on one level, each checked to be a vector.
pub struct Links {
    pub ids: [u32; BASE_DEGREE],
    pub count: usize,
}

impl Graph<'_> {
    pub fn vectors(&self) -> usize {
        self.levels.len()
    }

    /// Reads the links of `id` on `level`, each once.
    ///
    /// # Errors
    /// [`Fault::Link`] for a link to no vector, [`Fault::Level`] when `id` has no such level.
    #[inline]
    pub fn links(&self, id: u32, level: usize) -> Result<Links, Fault> {
        let row = self.row(id, level)?;
        let vectors = self.vectors();
        let mut links = Links {
            ids: [0; BASE_DEGREE],
            count: 0,
        };
        for (place, link) in links.ids.iter_mut().zip(row.values()) {
            if link == NONE {
                break;
            }
            if link as usize >= vectors {
                return Err(Fault::Link {
                    link: link.into(),
                    vectors: vectors as u64,
                });
            }
            *place = link;
            links.count += 1;
        }
        Ok(links)
    }

    #[inline]
    fn row(&self, id: u32, level: usize) -> Result<Column<'_, u32>, Fault> {
        let fault = Fault::Level {
            vector: id.into(),
            level: level as u64,
        };
        let vector = id as usize;
        if level == 0 {
            return self
                .base
                .part(vector * BASE_DEGREE, BASE_DEGREE)
                .ok_or(fault);
        }
        let reaches = self
            .levels
            .get(vector)
            .is_some_and(|top| level <= usize::from(top));
        let first = self
            .upper_starts
            .get(vector)
            .filter(|_| reaches)
            .ok_or(fault)? as usize;
        let start = first
            .checked_add(level - 1)
            .and_then(|row| row.checked_mul(DEGREE));
        start
            .and_then(|start| self.upper.part(start, DEGREE))
            .ok_or(fault)
    }

    /// Asks for the base links of a vector before they are needed.
    #[inline]
    pub fn prefetch(&self, id: u32) {
        if let Some(row) = self.base.row(id as usize * BASE_DEGREE, BASE_DEGREE) {
            crate::kernel::prefetch(row);
            crate::kernel::prefetch(row.wrapping_add(BASE_DEGREE / 2));
        }
    }
}

/// The top level of a vector: leading zero bits of a hash of its id, by fours (docs/index-format.md
/// section 4; the hash is the finaliser of MurmurHash3).
pub fn level_of(id: u32) -> u8 {
    let mut hash = id.wrapping_add(0x9e37_79b9);
    hash = (hash ^ (hash >> 16)).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ (hash >> 13)).wrapping_mul(0xc2b2_ae35);
    ((hash ^ (hash >> 16)).leading_zeros() / 4) as u8
}
