//! Comparing sections with the digests of their blocks: docs/index-format.md section 2.3.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::fault::Fault;
use crate::sha256::{Digest, Message, digest, digest_two};

/// One section in memory, and the digests of its blocks.
#[derive(Clone)]
pub struct SectionBlocks {
    pub id: u32,
    pub start: *const u8,
    pub length: usize,
    pub block_log2: u32,
    /// One digest for each block.
    pub digests: Vec<Digest>,
}

// SAFETY: it only reads the section, which whoever made it promised to be readable.
unsafe impl Sync for SectionBlocks {}
// SAFETY: as above.
unsafe impl Send for SectionBlocks {}

/// Work that is worth a thread of its own.
const THREAD_BYTES: usize = 1 << 20;

impl SectionBlocks {
    fn message(&self, block: usize) -> Message {
        let first = block << self.block_log2;
        let length = (self.length - first).min(1 << self.block_log2);
        Message {
            start: self.start.wrapping_add(first),
            length,
        }
    }

    fn fault(&self, block: usize) -> Fault {
        Fault::Digest {
            id: self.id.into(),
            block: block as u64,
        }
    }

    /// Compares the blocks from `first` on, two at once where they are of one length.
    fn require_pair(&self, first: usize) -> Result<(), Fault> {
        let (a, b) = (first, first + 1);
        if b < self.digests.len() && self.message(a).length == self.message(b).length {
            // SAFETY: both blocks are inside the section.
            let found = unsafe { digest_two([self.message(a), self.message(b)]) };
            for (block, digest) in [a, b].into_iter().zip(found) {
                if self.digests[block] != digest {
                    return Err(self.fault(block));
                }
            }
            return Ok(());
        }
        for block in a..self.digests.len().min(b + 1) {
            // SAFETY: the block is inside the section.
            if self.digests[block] != unsafe { digest(self.message(block)) } {
                return Err(self.fault(block));
            }
        }
        Ok(())
    }
}

/// Compares every block of the sections, on as many threads as the bytes are worth and the machine has.
///
/// # Errors
/// [`Fault::Digest`] for a block that is not what its digest says.
pub fn require_all(sections: &[SectionBlocks]) -> Result<(), Fault> {
    let bytes: usize = sections.iter().map(|section| section.length).sum();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = (bytes / THREAD_BYTES + 1).min(cores).min(8);
    let pairs: Vec<(&SectionBlocks, usize)> = sections
        .iter()
        .flat_map(|section| {
            (0..section.digests.len())
                .step_by(2)
                .map(move |pair| (section, pair))
        })
        .collect();
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some((section, pair)) = pairs.get(next.fetch_add(1, Ordering::Relaxed)) {
            section.require_pair(*pair)?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mine = work();
        others.into_iter().fold(mine, |so_far, other| {
            so_far.and(other.join().expect("hashing does not panic"))
        })
    })
}

/// A section whose blocks are compared when they are first used.
pub struct LazyBlocks {
    section: SectionBlocks,
    stride: usize,
    known: Vec<AtomicU64>,
}

impl LazyBlocks {
    pub fn new(section: SectionBlocks, stride: usize) -> Self {
        let words = section.digests.len().div_ceil(64);
        Self {
            section,
            stride,
            known: (0..words).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    /// Compares the blocks that a row lies in, unless that was done.
    ///
    /// # Errors
    /// [`Fault::Digest`].
    #[inline]
    pub fn require_row(&self, row: usize) -> Result<(), Fault> {
        let first = row * self.stride;
        let last = (first + self.stride - 1).min(self.section.length.saturating_sub(1));
        for block in first >> self.section.block_log2..=last >> self.section.block_log2 {
            let Some(word) = self.known.get(block / 64) else {
                return Err(Fault::Section {
                    id: self.section.id.into(),
                });
            };
            if word.load(Ordering::Relaxed) >> (block % 64) & 1 == 0 {
                self.require(block)?;
                word.fetch_or(1 << (block % 64), Ordering::Relaxed);
            }
        }
        Ok(())
    }

    #[cold]
    fn require(&self, block: usize) -> Result<(), Fault> {
        let expected = self.section.digests.get(block);
        // SAFETY: a block with a digest is inside the section.
        let found = expected.map(|_| unsafe { digest(self.section.message(block)) });
        if expected.is_none() || found.as_ref() != expected {
            return Err(self.section.fault(block));
        }
        Ok(())
    }
}
