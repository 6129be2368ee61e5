//! Comparing sections with the digests of their blocks: docs/index-format.md section 2.3.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

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
/// A helper that the system has not started by the time all is done is not waited for.
///
/// # Errors
/// [`Fault::Digest`] for a block that is not what its digest says.
pub fn require_all(sections: Vec<SectionBlocks>) -> Result<(), Fault> {
    let bytes: usize = sections.iter().map(|section| section.length).sum();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = (bytes / THREAD_BYTES + 1).min(cores).min(8);
    let pairs: Vec<(usize, usize)> = sections
        .iter()
        .enumerate()
        .flat_map(|(index, section)| {
            let pairs = (0..section.digests.len()).step_by(2);
            pairs.map(move |pair| (index, pair))
        })
        .collect();
    let job = Arc::new(Job {
        sections,
        pairs,
        next: AtomicUsize::new(0),
        done: Mutex::new((0, Ok(()))),
        finished: Condvar::new(),
    });
    for _ in 1..threads {
        let job = Arc::clone(&job);
        // Without a helper it takes longer.
        let _ = std::thread::Builder::new().spawn(move || job.work());
    }
    job.work();
    let mut done = job.done.lock().unwrap_or_else(PoisonError::into_inner);
    while done.0 < job.pairs.len() {
        done = job
            .finished
            .wait(done)
            .unwrap_or_else(PoisonError::into_inner);
    }
    done.1
}

/// Blocks to compare, shared by threads. The sections are looked at only for a pair that was taken, and
/// [`require_all`] returns only when all that were taken are done: so a helper that comes late finds none,
/// and it does not matter that the memory may be gone then.
struct Job {
    sections: Vec<SectionBlocks>,
    pairs: Vec<(usize, usize)>,
    next: AtomicUsize,
    done: Mutex<(usize, Result<(), Fault>)>,
    finished: Condvar,
}

/// Pairs that a thread takes at once.
const TAKEN: usize = 8;

impl Job {
    fn work(&self) {
        loop {
            let first = self.next.fetch_add(TAKEN, Ordering::Relaxed);
            let end = self.pairs.len().min(first.saturating_add(TAKEN));
            if first >= end {
                return;
            }
            let found = self.pairs[first..end]
                .iter()
                .try_for_each(|&(section, pair)| self.sections[section].require_pair(pair));
            let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
            done.0 += end - first;
            done.1 = done.1.and(found);
            if done.0 == self.pairs.len() {
                self.finished.notify_all();
            }
        }
    }
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
