//! The vector engine: the same answers and the same bytes as the portable one in
//! `packages/vector-index`, from the instructions that the machine has. The contract of both is
//! docs/index-format.md.

pub mod blocks;
pub mod candidates;
pub mod column;
pub mod fault;
pub mod graph;
pub mod half;
pub mod kernel;
#[cfg(target_os = "linux")]
mod mapping;
pub mod memory;
pub mod opened;
pub mod quantise;
pub mod search;
pub mod sha256;
pub mod visited;

#[cfg(any(test, feature = "testing"))]
pub mod testing;
