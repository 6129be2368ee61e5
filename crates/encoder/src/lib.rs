//! all-MiniLM-L6-v2 from the files of `packages/model-minilm`: ids in, unit vectors out. A text's vector has
//! the same bytes whatever other texts, threads and instructions surround it; docs/decisions/0017-native-encoder.md says how.

mod aside;
mod attention;
pub mod encoder;
pub mod fault;
mod hands;
pub mod kernel;
mod lanes;
mod memory;
mod onnx;
mod pass;
mod product;
mod rows;
mod team;
pub mod weights;

/// Length of a vector.
pub const HIDDEN: usize = 384;
/// Longest text, special tokens included.
pub const TOKENS: usize = 256;
const INNER: usize = 1536;
const HEADS: usize = 12;
const HEAD: usize = HIDDEN / HEADS;
const LAYERS: usize = 6;
/// Added to a variance before its root.
const EPSILON: f32 = 1e-12;
/// Numbers that a kernel works on at once. A contract: sums are taken in so many lanes by every kernel.
const LANES: usize = 16;

#[cfg(test)]
mod tests;
