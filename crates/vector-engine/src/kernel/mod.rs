//! The inner loops, chosen once at run time. All give the same numbers for the same bytes: products of
//! codes are exact integers, scores are sums of exact products in a fixed order.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "aarch64")]
mod neon;
mod scalar;

use crate::column::Column;

/// A row of codes that others are multiplied with.
#[derive(Clone, Copy)]
pub struct Base {
    pub codes: *const i8,
    /// Sum of the codes. The unsigned operand of VNNI is a code plus 128, which this corrects.
    pub sum: i32,
}

type Gather = unsafe fn(Base, *const i8, usize, &[u32], &mut [i32]);
type Scan = unsafe fn(Base, *const i8, usize, &mut [i32]);
type Encode = unsafe fn(&[f32], &mut [u16], &mut [i8]) -> u32;
type Rescore = unsafe fn(*const f64, *const u16, usize, usize, &[u32], &mut [f64]);

/// One family of instructions.
pub struct Kernel {
    pub name: &'static str,
    gather: Gather,
    scan: Scan,
    rescore: Rescore,
    encode: Encode,
}

/// The codes of all rows.
#[derive(Clone, Copy)]
pub struct Codes<'a> {
    bytes: Column<'a, i8>,
    stride: usize,
    rows: usize,
}

impl<'a> Codes<'a> {
    /// `stride` is a multiple of 64, at least 64. None when the rows are not all there.
    pub fn new(bytes: Column<'a, i8>, stride: usize, rows: usize) -> Option<Self> {
        let sound = stride > 0
            && stride.is_multiple_of(64)
            && rows
                .checked_mul(stride)
                .is_some_and(|length| length <= bytes.len());
        sound.then_some(Self {
            bytes,
            stride,
            rows,
        })
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    pub fn stride(&self) -> usize {
        self.stride
    }

    fn start(&self) -> *const i8 {
        self.bytes.row(0, 0).unwrap_or(std::ptr::null())
    }

    /// Where a row begins.
    pub fn row(&self, row: usize) -> Option<*const i8> {
        if row >= self.rows {
            return None;
        }
        self.bytes.row(row * self.stride, self.stride)
    }

    /// Asks for the cache lines of a row before they are needed.
    #[inline]
    pub fn prefetch(&self, row: u32) {
        if let Some(start) = self.row(row as usize) {
            for line in (0..self.stride).step_by(64) {
                prefetch(start.wrapping_add(line));
            }
        }
    }
}

/// The halves of all rows.
#[derive(Clone, Copy)]
pub struct Halves<'a> {
    values: Column<'a, u16>,
    /// In values: half the stride of the section.
    stride: usize,
    rows: usize,
}

impl<'a> Halves<'a> {
    pub fn new(values: Column<'a, u16>, stride: usize, rows: usize) -> Option<Self> {
        let sound = stride > 0
            && rows
                .checked_mul(stride)
                .is_some_and(|end| end <= values.len());
        sound.then_some(Self {
            values,
            stride,
            rows,
        })
    }
}

impl Kernel {
    /// `products[i]` = product of `base` and row `ids[i]`.
    ///
    /// # Safety
    /// `base.codes` must hold as many codes as a row of `codes`.
    ///
    /// # Panics
    /// When an id is not a row, or `products` is shorter than `ids`.
    #[inline]
    pub unsafe fn gather(&self, base: Base, codes: Codes<'_>, ids: &[u32], products: &mut [i32]) {
        assert!(ids.iter().all(|&id| (id as usize) < codes.rows));
        let products = &mut products[..ids.len()];
        // SAFETY: the rows exist, the base is as long by promise, and the instructions do, because only
        // `available` hands out kernels.
        unsafe { (self.gather)(base, codes.start(), codes.stride, ids, products) }
    }

    /// `products[i]` = product of `base` and row `first + i`.
    ///
    /// # Safety
    /// As for [`Kernel::gather`].
    ///
    /// # Panics
    /// When the rows are not all there.
    pub unsafe fn scan(&self, base: Base, codes: Codes<'_>, first: usize, products: &mut [i32]) {
        assert!(first <= codes.rows && products.len() <= codes.rows - first);
        // SAFETY: as above.
        let start = unsafe { codes.start().add(first * codes.stride) };
        // SAFETY: as above.
        unsafe { (self.scan)(base, start, codes.stride, products) }
    }

    /// `scores[i]` = product of `query` and the halves of row `ids[i]`, in four lanes. The query is
    /// padded with zeros to a multiple of four.
    ///
    /// # Panics
    /// When an id is not a row, the query is longer than a row, or `scores` is shorter than `ids`.
    pub fn rescore(&self, query: &[f64], halves: Halves<'_>, ids: &[u32], scores: &mut [f64]) {
        assert!(query.len() <= halves.stride && query.len().is_multiple_of(4));
        assert!(ids.iter().all(|&id| (id as usize) < halves.rows));
        let start = halves.values.row(0, 0).unwrap_or(std::ptr::null());
        let scores = &mut scores[..ids.len()];
        // SAFETY: the rows exist and are as long as the query; the instructions exist.
        unsafe {
            (self.rescore)(
                query.as_ptr(),
                start,
                halves.stride,
                query.len(),
                ids,
                scores,
            )
        }
    }
}

impl Kernel {
    /// Halves and codes of a unit vector; gives its weight.
    ///
    /// # Panics
    /// When the three differ in length.
    pub fn encode(&self, row: &[f32], halves: &mut [u16], codes: &mut [i8]) -> u32 {
        assert!(row.len() == halves.len() && row.len() == codes.len());
        // SAFETY: the instructions exist, because only `available` hands out kernels.
        unsafe { (self.encode)(row, halves, codes) }
    }
}

/// Every kernel that this machine can run, fastest first.
pub fn available() -> Vec<&'static Kernel> {
    let mut kernels: Vec<&'static Kernel> = Vec::new();
    #[cfg(target_arch = "x86_64")]
    {
        let second = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("f16c")
            && is_x86_feature_detected!("fma");
        if second
            && is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vnni")
        {
            kernels.push(&avx512::KERNEL);
        }
        if second {
            kernels.push(&avx2::KERNEL);
        }
    }
    #[cfg(target_arch = "aarch64")]
    if std::arch::is_aarch64_feature_detected!("neon") {
        kernels.push(&neon::KERNEL);
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

/// Asks for a cache line.
#[inline]
pub fn prefetch<T>(address: *const T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch of any address is harmless.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(address.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}

#[cfg(test)]
mod cases;
