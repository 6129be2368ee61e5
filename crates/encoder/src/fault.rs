//! What can be wrong with a model or a text.

/// Why there is no encoder, or no vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The graph is no ONNX file, or its end is missing.
    Graph,
    /// The graph has no such constant, or one of another type, shape or place.
    Tensor(&'static str),
    /// A weight is outside of −64 … 64: two products would not fit the sums of AVX2.
    Weight,
    /// The weights could not be read.
    Read { errno: i32 },
    /// No ids, or more than the model takes, or one that is no word.
    Ids,
    /// There is no room for the vectors that were asked for.
    Room,
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Self::Read {
            errno: error.raw_os_error().unwrap_or(5),
        }
    }
}
