//! What a walk over 100,000 rows reads, and whether reading less is faster: the engine's int8 codes against
//! 4-bit and 1-bit codes with correction, other orders of the rows, and other ways to ask for them. All
//! variants by turns in one process, in CPU time of one thread. What came out:
//! docs/decisions/0013-what-a-search-reads.md.
//!
//! ```text
//! cd crates && cargo run --profile engine -p clawkeep-vector-engine --example what_a_search_reads -- [set] [rows] [queries] [rounds]
//! ```
//!
//! The graph is kept in the folder for temporary files.

#[cfg(target_arch = "x86_64")]
mod data;
#[cfg(target_arch = "x86_64")]
mod index;
#[cfg(target_arch = "x86_64")]
mod measure;
#[cfg(target_arch = "x86_64")]
mod metrics;
#[cfg(target_arch = "x86_64")]
mod order;
#[cfg(target_arch = "x86_64")]
mod variants;
#[cfg(target_arch = "x86_64")]
mod walk;

#[cfg(target_arch = "x86_64")]
fn main() {
    let here = is_x86_feature_detected!("avx512vnni")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vpopcntdq");
    if here {
        measure::run();
    } else {
        println!("not measured: this processor has no AVX-512 with VNNI and VPOPCNTDQ");
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn main() {
    println!("not measured: the kernels of this experiment are for x86-64");
}
