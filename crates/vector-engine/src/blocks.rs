//! Comparing sections with the digests of their blocks: docs/index-format.md section 2.3.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use crate::fault::Fault;
use crate::sha256::{Digest, Message, digest, digest_two};

/// One section in memory, and the digests of its blocks.
#[derive(Clone)]
pub struct SectionBlocks {
    pub id: u32,
    pub start: *const u8,
    pub length: usize,
    /// Bytes of a block; the last one may be shorter.
    pub block: usize,
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
        let first = block * self.block;
        let length = (self.length - first).min(self.block);
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
        if first + 1 < self.digests.len() {
            self.require_two(first, first + 1)
        } else {
            self.require_one(first)
        }
    }

    fn require_two(&self, a: usize, b: usize) -> Result<(), Fault> {
        let known = self.digests.len();
        if a < known && b < known && self.message(a).length == self.message(b).length {
            // SAFETY: both blocks are inside the section.
            let found = unsafe { digest_two([self.message(a), self.message(b)]) };
            for (block, digest) in [a, b].into_iter().zip(found) {
                if self.digests[block] != digest {
                    return Err(self.fault(block));
                }
            }
            return Ok(());
        }
        self.require_one(a).and_then(|()| self.require_one(b))
    }

    fn require_one(&self, block: usize) -> Result<(), Fault> {
        let expected = self.digests.get(block);
        // SAFETY: a block with a digest is inside the section.
        let found = expected.map(|_| unsafe { digest(self.message(block)) });
        if expected.is_none() || found.as_ref() != expected {
            return Err(self.fault(block));
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
    /// Rows of a block as a power of two, where blocks are made of whole rows: no division then.
    shift: Option<u32>,
    known: Vec<AtomicU64>,
    /// How many are known, and whether nothing is left to ask for.
    count: AtomicUsize,
    complete: AtomicBool,
}

impl LazyBlocks {
    /// `stride` is the length of a row, by which blocks are asked for.
    pub fn new(section: SectionBlocks, stride: usize) -> Self {
        let words = section.digests.len().div_ceil(64);
        let rows = section.block / stride.max(1);
        let whole = rows.is_power_of_two() && rows * stride == section.block;
        Self {
            section,
            stride,
            shift: whole.then(|| rows.trailing_zeros()),
            known: (0..words).map(|_| AtomicU64::new(0)).collect(),
            count: AtomicUsize::new(0),
            complete: AtomicBool::new(false),
        }
    }

    /// Whether a row may still have to be compared.
    #[inline]
    pub fn is_pending(&self) -> bool {
        !self.complete.load(Ordering::Relaxed)
    }

    /// Compares the blocks that rows lie in, those that were not before.
    ///
    /// # Errors
    /// [`Fault::Digest`], also for a row that the section lacks.
    #[inline]
    pub fn require_rows(&self, rows: &[u32]) -> Result<(), Fault> {
        if self.complete.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.require_new(rows)
    }

    fn require_new(&self, rows: &[u32]) -> Result<(), Fault> {
        let mut waiting = None;
        for &row in rows {
            let row = row as usize;
            if let Some(shift) = self.shift {
                self.require_soon(row >> shift, &mut waiting)?;
            } else {
                let first = row * self.stride;
                let last = (first + self.stride - 1).min(self.section.length.saturating_sub(1));
                for block in first / self.section.block..=last / self.section.block {
                    self.require_soon(block, &mut waiting)?;
                }
            }
        }
        if let Some(block) = waiting {
            self.section.require_one(block)?;
            self.learn(block);
        }
        Ok(())
    }

    /// Compares a block that is not known with the one that waits, or lets it wait: two at once take
    /// little longer than one.
    #[inline]
    fn require_soon(&self, block: usize, waiting: &mut Option<usize>) -> Result<(), Fault> {
        if self.is_known(block) || *waiting == Some(block) {
            return Ok(());
        }
        self.require_with(block, waiting)
    }

    #[cold]
    fn require_with(&self, block: usize, waiting: &mut Option<usize>) -> Result<(), Fault> {
        match waiting.take() {
            None => *waiting = Some(block),
            Some(other) => {
                self.section.require_two(other, block)?;
                self.learn(other);
                self.learn(block);
            }
        }
        Ok(())
    }

    /// Compares every block: before a scan of all rows.
    ///
    /// # Errors
    /// [`Fault::Digest`].
    pub fn require_all(&self) -> Result<(), Fault> {
        if !self.complete.load(Ordering::Relaxed) {
            require_all(vec![self.section.clone()])?;
            self.complete.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Compares what is left when that is little, so that a process that answers many queries asks no
    /// more.
    ///
    /// # Errors
    /// [`Fault::Digest`].
    #[inline]
    pub fn settle(&self) -> Result<(), Fault> {
        let blocks = self.section.digests.len();
        let left = blocks.saturating_sub(self.count.load(Ordering::Relaxed));
        if self.complete.load(Ordering::Relaxed) || left > blocks / 8 {
            return Ok(());
        }
        self.complete_rest()
    }

    #[cold]
    fn complete_rest(&self) -> Result<(), Fault> {
        for block in 0..self.section.digests.len() {
            if !self.is_known(block) {
                self.section.require_one(block)?;
                self.learn(block);
            }
        }
        self.complete.store(true, Ordering::Relaxed);
        Ok(())
    }

    #[inline]
    fn is_known(&self, block: usize) -> bool {
        self.known
            .get(block / 64)
            .is_some_and(|word| word.load(Ordering::Relaxed) >> (block % 64) & 1 == 1)
    }

    fn learn(&self, block: usize) {
        let bit = 1 << (block % 64);
        if self.known[block / 64].fetch_or(bit, Ordering::Relaxed) & bit == 0 {
            self.count.fetch_add(1, Ordering::Relaxed);
        }
    }
}
