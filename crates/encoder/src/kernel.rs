//! The stages of the encoder for each family of instructions, chosen once at run time. All give the same
//! bits: see `lanes`.

use std::ops::Range;

use crate::attention::{Room, attend};
use crate::lanes::scalar::Scalar;
#[cfg(target_arch = "x86_64")]
use crate::lanes::{avx2::Avx2, avx512::Avx512};
use crate::memory::Shared;
use crate::product::{Codes, Linear, Target, product};
use crate::rows::{Norm, embed, normalise, pool, quantise};

type Attend = unsafe fn(&[f32], usize, usize, &mut Room, Shared<f32>, Range<usize>);

/// One family of instructions.
pub struct Kernel {
    pub name: &'static str,
    product: unsafe fn(Codes<'_>, &Linear, Target, Range<usize>),
    product_gelu: unsafe fn(Codes<'_>, &Linear, Target, Range<usize>),
    quantise: unsafe fn(&[f32], &mut [u8]) -> (f32, i32),
    normalise: unsafe fn(&mut [f32], &[f32], Norm<'_>),
    embed: unsafe fn(&[i8], f32, &[f32], &mut [f32]),
    attend: Attend,
    pool: unsafe fn(&[f32], &mut [f32]),
}

macro_rules! kernel {
    ($module:ident, $lanes:ty, $name:literal $(, $attribute:meta)*) => {
        mod $module {
            use super::*;

            pub static KERNEL: Kernel = Kernel {
                name: $name,
                product: plain,
                product_gelu: active,
                quantise: codes,
                normalise: normal,
                embed: word,
                attend: attention,
                pool: mean,
            };

            $(#[$attribute])*
            unsafe fn plain(codes: Codes<'_>, linear: &Linear, target: Target, strips: Range<usize>) {
                // SAFETY: only `available` hands out this kernel, where its instructions exist; here and below.
                unsafe { product::<$lanes, false>(codes, linear, target, strips) }
            }
            $(#[$attribute])*
            unsafe fn active(codes: Codes<'_>, linear: &Linear, target: Target, strips: Range<usize>) {
                // SAFETY: as above.
                unsafe { product::<$lanes, true>(codes, linear, target, strips) }
            }
            $(#[$attribute])*
            unsafe fn codes(numbers: &[f32], codes: &mut [u8]) -> (f32, i32) {
                // SAFETY: as above.
                unsafe { quantise::<$lanes>(numbers, codes) }
            }
            $(#[$attribute])*
            unsafe fn normal(state: &mut [f32], other: &[f32], norm: Norm<'_>) {
                // SAFETY: as above.
                unsafe { normalise::<$lanes>(state, other, norm) }
            }
            $(#[$attribute])*
            unsafe fn word(word: &[i8], scale: f32, place: &[f32], state: &mut [f32]) {
                // SAFETY: as above.
                unsafe { embed::<$lanes>(word, scale, place, state) }
            }
            $(#[$attribute])*
            unsafe fn attention(
                parts: &[f32],
                rows: usize,
                first: usize,
                room: &mut Room,
                attended: Shared<f32>,
                heads: Range<usize>,
            ) {
                // SAFETY: as above.
                unsafe { attend::<$lanes>(parts, rows, first, room, attended, heads) }
            }
            $(#[$attribute])*
            unsafe fn mean(rows: &[f32], vector: &mut [f32]) {
                // SAFETY: as above.
                unsafe { pool::<$lanes>(rows, vector) }
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
kernel!(
    avx512,
    Avx512,
    "avx512-vnni",
    target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vnni,avx2,fma")
);
#[cfg(target_arch = "x86_64")]
kernel!(avx2, Avx2, "avx2", target_feature(enable = "avx2,fma"));
kernel!(scalar, Scalar, "scalar");

/// Every kernel that this machine can run, fastest first.
pub fn available() -> Vec<&'static Kernel> {
    let mut kernels: Vec<&'static Kernel> = Vec::new();
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        if is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vnni")
        {
            kernels.push(&avx512::KERNEL);
        }
        kernels.push(&avx2::KERNEL);
    }
    kernels.push(&scalar::KERNEL);
    kernels
}

/// The kernel of a name, or the fastest one for no name.
pub fn find(name: Option<&str>) -> Option<&'static Kernel> {
    available()
        .into_iter()
        .find(|kernel| name.is_none_or(|name| name == kernel.name))
}

// Only `available` hands out kernels, so the instructions of each exist; the stages check all lengths.
impl Kernel {
    /// # Safety
    /// Nobody else reads or writes these strips of the target.
    pub(crate) unsafe fn product(
        &self,
        codes: Codes<'_>,
        linear: &Linear,
        target: Target,
        strips: Range<usize>,
    ) {
        // SAFETY: as above, here and below.
        unsafe { (self.product)(codes, linear, target, strips) }
    }

    /// # Safety
    /// Nobody else reads or writes these strips of the target.
    pub(crate) unsafe fn product_gelu(
        &self,
        codes: Codes<'_>,
        linear: &Linear,
        target: Target,
        strips: Range<usize>,
    ) {
        // SAFETY: as above.
        unsafe { (self.product_gelu)(codes, linear, target, strips) }
    }

    pub(crate) fn quantise(&self, numbers: &[f32], codes: &mut [u8]) -> (f32, i32) {
        // SAFETY: as above.
        unsafe { (self.quantise)(numbers, codes) }
    }

    pub(crate) fn normalise(&self, state: &mut [f32], other: &[f32], norm: Norm<'_>) {
        // SAFETY: as above.
        unsafe { (self.normalise)(state, other, norm) }
    }

    pub(crate) fn embed(&self, word: &[i8], scale: f32, place: &[f32], state: &mut [f32]) {
        // SAFETY: as above.
        unsafe { (self.embed)(word, scale, place, state) }
    }

    /// # Safety
    /// Nobody else reads or writes the columns of these heads.
    pub(crate) unsafe fn attend(
        &self,
        parts: &[f32],
        rows: usize,
        first: usize,
        room: &mut Room,
        attended: Shared<f32>,
        heads: Range<usize>,
    ) {
        // SAFETY: as above.
        unsafe { (self.attend)(parts, rows, first, room, attended, heads) }
    }

    pub(crate) fn pool(&self, rows: &[f32], vector: &mut [f32]) {
        // SAFETY: as above.
        unsafe { (self.pool)(rows, vector) }
    }
}
