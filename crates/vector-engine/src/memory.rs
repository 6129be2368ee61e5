//! The bytes of a segment file in memory: mapped where nobody else may write to the file, else copied.
//! docs/decisions/0010-mapped-segments.md says why.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::fs::{File, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::fault::Fault;
#[cfg(target_os = "linux")]
use crate::mapping::Mapping;

/// Between two looks at the size and time of a mapped file. A look is a system call, about as long as a
/// hundredth of a search.
const LOOK_EVERY: Duration = Duration::from_millis(1);
const ALIGNMENT: usize = 64;

/// How to bring a file into memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Mapped, if the file belongs to us or to root and nobody else may write to it.
    MapIfOwn,
    Copy,
    /// Mapped whoever may write to it: for tests and measurements.
    Map,
}

/// A range of a file, readable until it is dropped.
pub struct Memory {
    bytes: Bytes,
    /// Where the range begins in the file; a multiple of 64.
    first: usize,
    length: usize,
}

enum Bytes {
    #[cfg(target_os = "linux")]
    Mapped {
        mapping: Mapping,
        file: File,
        seen: Seen,
        looked: Mutex<Instant>,
    },
    Copied(Copied),
}

/// Memory of our own.
struct Copied {
    start: *mut u8,
    layout: Layout,
}

// SAFETY: the copied bytes are only read once they are made, and freed by whoever owns the memory.
unsafe impl Send for Memory {}
// SAFETY: as above.
unsafe impl Sync for Memory {}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Seen {
    size: u64,
    seconds: i64,
    nanoseconds: i64,
}

impl Seen {
    fn of(metadata: &Metadata) -> Self {
        Self {
            size: metadata.size(),
            seconds: metadata.mtime(),
            nanoseconds: metadata.mtime_nsec(),
        }
    }
}

impl Memory {
    /// Brings bytes `first` to `end` of a file of `size` bytes into memory. `first` is a multiple of 64.
    ///
    /// # Errors
    /// [`Fault::Truncated`] or [`Fault::Changed`] when the file has another size, [`Fault::Read`].
    pub fn open(
        file: File,
        size: u64,
        first: usize,
        end: usize,
        wish: Wish,
    ) -> Result<Self, Fault> {
        let metadata = file.metadata().map_err(|error| read_fault(&error))?;
        if metadata.size() != size {
            let shorter = metadata.size() < size;
            return Err(if shorter {
                Fault::Truncated
            } else {
                Fault::Changed
            });
        }
        if first > end || end as u64 > size || !first.is_multiple_of(ALIGNMENT) {
            return Err(Fault::Section { id: 0 });
        }
        let length = end - first;
        #[cfg(target_os = "linux")]
        if wish == Wish::Map || (wish == Wish::MapIfOwn && only_ours(&metadata)) {
            // No room in the table of mappings: copying works as well.
            if let Some(mapping) = Mapping::of(&file, end) {
                let (seen, looked) = (Seen::of(&metadata), Mutex::new(Instant::now()));
                let bytes = Bytes::Mapped {
                    mapping,
                    file,
                    seen,
                    looked,
                };
                return Ok(Self {
                    bytes,
                    first,
                    length,
                });
            }
        }
        let _ = wish;
        Ok(Self {
            bytes: Bytes::Copied(Copied::of(&file, first, length)?),
            first,
            length,
        })
    }

    pub fn is_mapped(&self) -> bool {
        match self.bytes {
            #[cfg(target_os = "linux")]
            Bytes::Mapped { .. } => true,
            Bytes::Copied(_) => false,
        }
    }

    /// Where `length` bytes from `offset` of the file on lie, when they are inside the range.
    pub fn at(&self, offset: usize, length: usize) -> Option<*const u8> {
        let from = offset.checked_sub(self.first)?;
        if from.checked_add(length)? > self.length {
            return None;
        }
        match &self.bytes {
            #[cfg(target_os = "linux")]
            Bytes::Mapped { mapping, .. } => Some(mapping.start().wrapping_add(offset)),
            Bytes::Copied(copied) => Some(copied.start.wrapping_add(from)),
        }
    }

    /// Whether what was read since the file was opened came from the file. To be asked after each use
    /// and before its result is believed.
    ///
    /// # Errors
    /// [`Fault::Truncated`] when pages were gone, [`Fault::Changed`] when the file was written to: looked
    /// for `now`, or else once in a while.
    pub fn require_sound(&self, now: bool) -> Result<(), Fault> {
        match &self.bytes {
            #[cfg(target_os = "linux")]
            Bytes::Mapped {
                mapping,
                file,
                seen,
                looked,
            } => {
                if mapping.lost_pages() {
                    return Err(Fault::Truncated);
                }
                let time = Instant::now();
                let mut looked = looked
                    .lock()
                    .unwrap_or_else(|poisoned| poisoned.into_inner());
                if !now && time.duration_since(*looked) < LOOK_EVERY {
                    return Ok(());
                }
                *looked = time;
                Mapping::keep_handler();
                let found = Seen::of(&file.metadata().map_err(|error| read_fault(&error))?);
                if found.size < seen.size {
                    return Err(Fault::Truncated);
                }
                if found == *seen {
                    Ok(())
                } else {
                    Err(Fault::Changed)
                }
            }
            Bytes::Copied(_) => Ok(()),
        }
    }
}

impl Copied {
    fn of(file: &File, first: usize, length: usize) -> Result<Self, Fault> {
        let no_memory = Fault::Read { errno: 12 };
        let layout = Layout::from_size_align(length, ALIGNMENT).map_err(|_| no_memory)?;
        if length == 0 {
            return Ok(Self {
                start: ALIGNMENT as *mut u8,
                layout,
            });
        }
        // SAFETY: the layout is not empty.
        let start = unsafe { alloc_zeroed(layout) };
        if start.is_null() {
            return Err(no_memory);
        }
        let copied = Self { start, layout };
        // SAFETY: just allocated, zeroed, and nobody else's.
        let target = unsafe { std::slice::from_raw_parts_mut(start, length) };
        match file.read_exact_at(target, first as u64) {
            Ok(()) => Ok(copied),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Err(Fault::Truncated),
            Err(error) => Err(read_fault(&error)),
        }
    }
}

impl Drop for Copied {
    fn drop(&mut self) {
        if self.layout.size() > 0 {
            // SAFETY: allocated with this layout, and nobody holds a pointer any more.
            unsafe { dealloc(self.start, self.layout) };
        }
    }
}

/// Whether nobody but us and root may write to the file. Access lists show in the bits of the group.
#[cfg(target_os = "linux")]
fn only_ours(metadata: &Metadata) -> bool {
    let owner = metadata.uid();
    metadata.mode() & 0o022 == 0 && (owner == 0 || owner == crate::mapping::effective_user())
}

fn read_fault(error: &std::io::Error) -> Fault {
    Fault::Read {
        errno: u64::from(error.raw_os_error().unwrap_or(5).unsigned_abs()),
    }
}
