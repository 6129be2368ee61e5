//! Why a search or an opening gave no answer.

/// What was wrong, with two numbers that say where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The query has another length, or is not a unit vector.
    Query,
    /// A link names a vector that is not there.
    Link { link: u64, vectors: u64 },
    /// A vector has no links on a level that a link to it was found on.
    Level { vector: u64, level: u64 },
    /// A vector belongs to a chunk that is not there.
    Owner { owner: u64, vector: u64 },
    /// A section does not lie inside the file, or has another size than the header says.
    Section { id: u64 },
    /// A block of a section does not match its digest.
    Digest { id: u64, block: u64 },
    /// The file became shorter while it was open.
    Truncated,
    /// The file was written to while it was open.
    Changed,
    /// The file cannot be read; the error number of the system.
    Read { errno: u64 },
}
