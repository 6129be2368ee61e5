//! Choosing links: docs/index-format.md section 4.

use crate::column::Column;
use crate::kernel::{Base, Codes, Kernel};

/// Rows during a build: all in our own memory.
#[derive(Clone, Copy)]
pub struct BuildRows<'a> {
    pub kernel: &'static Kernel,
    pub codes: Codes<'a>,
    pub weights: &'a [u32],
    /// Sum of the codes of each row.
    pub sums: &'a [i32],
    /// Product of each row with itself.
    pub squares: &'a [i32],
}

impl<'a> BuildRows<'a> {
    /// A row as what others are multiplied with.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn base(&self, row: u32) -> Base {
        let codes = self.codes.row(row as usize).expect("a row of the build");
        Base {
            codes,
            sum: self.sums[row as usize],
        }
    }

    pub fn column(&self) -> Column<'a, u32> {
        Column::of(self.weights)
    }

    /// Products of `row` with the rows of `ids`.
    pub fn products(&self, row: u32, ids: &[u32], products: &mut [i32]) {
        // SAFETY: a row of the codes is as long as a row of the codes.
        unsafe {
            self.kernel
                .gather(self.base(row), self.codes, ids, products)
        };
    }

    pub fn weight(&self, row: u32) -> i64 {
        i64::from(self.weights[row as usize])
    }
}

/// A vector that may be linked to, with its product with the vector that links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    pub key: i64,
    pub id: u32,
    pub product: i32,
}

impl Link {
    /// Best first: larger keys, then smaller ids.
    pub fn order(&self, other: &Self) -> std::cmp::Ordering {
        other.key.cmp(&self.key).then(self.id.cmp(&other.id))
    }
}

/// Products are computed this many at a time: most candidates that are turned down are so by one of the
/// first links.
const STEP: usize = 4;

/// Chooses at most `most` of `candidates` (best first) as links of `owner`. Leaves them in `chosen`,
/// best first.
pub fn select(
    rows: BuildRows<'_>,
    owner: u32,
    candidates: &[Link],
    most: usize,
    chosen: &mut Vec<Link>,
) {
    chosen.clear();
    let mut taken = [0u32; 64];
    let mut refused = [0u64; 8];
    let owner_weight = rows.weight(owner);
    let mut seen = 0;
    for (index, candidate) in candidates.iter().enumerate() {
        if chosen.len() == most {
            break;
        }
        seen = index + 1;
        let taken_ids = &taken[..chosen.len()];
        if is_diverse(
            rows,
            candidate,
            i64::from(candidate.product) * owner_weight,
            taken_ids,
        ) {
            taken[chosen.len()] = candidate.id;
            chosen.push(*candidate);
        } else {
            refused[index / 64] |= 1 << (index % 64);
        }
    }
    let short = most - chosen.len();
    if short > 0 {
        let others = (0..seen).filter(|index| refused[index / 64] >> (index % 64) & 1 == 1);
        chosen.extend(others.take(short).map(|index| candidates[index]));
        chosen.sort_unstable_by(Link::order);
    }
}

fn is_diverse(rows: BuildRows<'_>, candidate: &Link, from_owner: i64, taken: &[u32]) -> bool {
    let weight = rows.weight(candidate.id);
    let own = i64::from(rows.squares[candidate.id as usize]) * weight;
    let mut products = [0; STEP];
    for part in taken.chunks(STEP) {
        rows.products(candidate.id, part, &mut products);
        for (&id, &product) in part.iter().zip(&products) {
            let other = rows.weight(id);
            let key = i64::from(product) * other;
            if key > from_owner || (key == own && other == weight) {
                return false;
            }
        }
    }
    true
}
