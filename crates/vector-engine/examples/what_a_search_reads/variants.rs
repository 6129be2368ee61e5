//! The ways to search that are compared.

use clawkeep_vector_engine::candidates::Candidates;
use clawkeep_vector_engine::column::Column;
use clawkeep_vector_engine::kernel::{Base, Kernel};
use clawkeep_vector_engine::search::{Ask, Searcher, Vectors};

use crate::data::DIMENSIONS;
use crate::index::Index;
use crate::metrics::{
    Bits, FourBitRows, Int4, Int8, NeighbourBits, OneBitRows, Query, Sieve, Together,
};
use crate::order::{breadth_first, reverse_cuthill_mckee};
use crate::walk::{Memory, Metric, walk};

const K: usize = 10;
/// Rows that halves are read of, as in the engine.
const RESCORED: usize = K + 16;

/// Everything that is searched.
pub struct Stores {
    kernel: &'static Kernel,
    index: Index,
    by_breadth: Reordered,
    by_bandwidth: Reordered,
    four_bits: FourBitRows,
    one_bit: OneBitRows,
    together: NeighbourBits,
}

/// An index in another order, with 1-bit codes, and the ids that its rows had.
struct Reordered {
    index: Index,
    one_bit: OneBitRows,
    old: Vec<u32>,
}

impl Stores {
    pub fn of(kernel: &'static Kernel, index: Index, vectors: &[f32]) -> Self {
        let reordered = |old: Vec<u32>| {
            let rows = old
                .iter()
                .map(|&row| &vectors[row as usize * DIMENSIONS..][..DIMENSIONS]);
            Reordered {
                index: index.renumbered(&old),
                one_bit: OneBitRows::of(&rows.collect::<Vec<_>>().concat()),
                old,
            }
        };
        let one_bit = OneBitRows::of(vectors);
        Self {
            kernel,
            by_breadth: reordered(breadth_first(&index)),
            by_bandwidth: reordered(reverse_cuthill_mckee(&index)),
            four_bits: FourBitRows::of(vectors),
            together: NeighbourBits::of(&index, &one_bit),
            one_bit,
            index,
        }
    }
}

/// Memory of a search, kept for the next one.
pub struct Desk {
    pub memory: Memory,
    searcher: Searcher,
    query: Query,
    codes: Vec<i8>,
    halves: Vec<u16>,
    rescoring: Vec<f64>,
    second: Candidates,
    rows: Vec<u32>,
    products: Vec<i32>,
    scores: Vec<f64>,
    ranked: Vec<(f64, u32)>,
}

impl Desk {
    pub fn new() -> Self {
        Self {
            memory: Memory::default(),
            searcher: Searcher::default(),
            query: Query::new(),
            codes: vec![0; DIMENSIONS],
            halves: vec![0; DIMENSIONS],
            rescoring: vec![0.0; DIMENSIONS],
            second: Candidates::default(),
            rows: Vec::new(),
            products: Vec::new(),
            scores: vec![0.0; RESCORED],
            ranked: Vec::new(),
        }
    }
}

/// One way to search: writes the ten nearest rows.
pub type Search = fn(&Stores, &mut Desk, &[f32], usize, &mut [u32; K]);

/// All of them; the first is what the others are compared with.
pub const VARIANTS: [(&str, Search); 16] = [
    ("the engine itself", engine),
    (
        "int8, 8 rows ahead (the same, here)",
        |stores, desk, query, ef, found| {
            int8::<8, false>(stores, desk, query, ef, found);
        },
    ),
    ("int8, none asked for", |stores, desk, query, ef, found| {
        int8::<0, false>(stores, desk, query, ef, found);
    }),
    ("int8, 4 rows ahead", |stores, desk, query, ef, found| {
        int8::<4, false>(stores, desk, query, ef, found);
    }),
    ("int8, 16 rows ahead", |stores, desk, query, ef, found| {
        int8::<16, false>(stores, desk, query, ef, found);
    }),
    ("int8, 32 rows ahead", |stores, desk, query, ef, found| {
        int8::<32, false>(stores, desk, query, ef, found);
    }),
    (
        "int8, and the rows of the likely next",
        |stores, desk, query, ef, found| {
            int8::<0, true>(stores, desk, query, ef, found);
        },
    ),
    (
        "int8, order by breadth",
        |stores, desk, query, ef, found| {
            int8_in_order(stores, &stores.by_breadth, desk, query, ef, found);
        },
    ),
    (
        "int8, order of Cuthill and McKee",
        |stores, desk, query, ef, found| {
            int8_in_order(stores, &stores.by_bandwidth, desk, query, ef, found);
        },
    ),
    ("4 bits, int8, halves", |stores, desk, query, ef, found| {
        desk.query.set(stores.kernel, query);
        let metric = Int4 {
            rows: &stores.four_bits,
            query: &desk.query,
        };
        collect(&metric, &stores.index, &mut desk.memory, ef);
        finish(stores, &stores.index, desk, query, true, found);
    }),
    ("1 bit, int8, halves", |stores, desk, query, ef, found| {
        one_bit::<false>(
            stores,
            &stores.index,
            &stores.one_bit,
            desk,
            query,
            ef,
            found,
        );
    }),
    (
        "1 bit, and the rows of the likely next",
        |stores, desk, query, ef, found| {
            one_bit::<true>(
                stores,
                &stores.index,
                &stores.one_bit,
                desk,
                query,
                ef,
                found,
            );
        },
    ),
    (
        "1 bit, order of Cuthill and McKee",
        |stores, desk, query, ef, found| {
            let Reordered {
                index,
                one_bit: rows,
                old,
            } = &stores.by_bandwidth;
            one_bit::<true>(stores, index, rows, desk, query, ef, found);
            *found = found.map(|id| old[id as usize]);
        },
    ),
    ("1 bit, with the links", |stores, desk, query, ef, found| {
        desk.query.set_planes(query);
        let metric = Together {
            blocks: &stores.together,
            bits: Bits {
                rows: &stores.one_bit,
                query: &desk.query,
            },
        };
        collect(&metric, &stores.index, &mut desk.memory, ef);
        finish(stores, &stores.index, desk, query, true, found);
    }),
    (
        "1 bit as a sieve, int8",
        |stores, desk, query, ef, found| {
            sieve(stores, desk, query, ef, DEVIATION, found);
        },
    ),
    (
        "1 bit as a finer sieve, int8",
        |stores, desk, query, ef, found| {
            sieve(stores, desk, query, ef, DEVIATION / 2.0, found);
        },
    ),
];

/// Of a 1-bit estimate of the product of unit vectors: about .75 / √384.
const DEVIATION: f32 = 0.04;

fn engine(stores: &Stores, desk: &mut Desk, query: &[f32], ef: usize, found: &mut [u32; K]) {
    let Stores { kernel, index, .. } = stores;
    let vectors = Vectors {
        kernel,
        dimensions: DIMENSIONS,
        chunks: index.rows(),
        codes: index.codes(),
        weights: Column::of(&index.weights),
        halves: index.halves(),
        owners: None,
        graph: Some(index.graph()),
        checks: None,
        code_checks: None,
    };
    let ask = Ask {
        ef: Some(ef),
        ..Ask::default()
    };
    let (mut ids, mut scores) = ([0; K], [0.0; K]);
    let count = desk
        .searcher
        .search(&vectors, query, ask, &mut ids, &mut scores);
    assert_eq!(count, Ok(K));
    *found = ids.map(i32::cast_unsigned);
}

fn int8<const AHEAD: usize, const NEXT: bool>(
    stores: &Stores,
    desk: &mut Desk,
    query: &[f32],
    ef: usize,
    found: &mut [u32; K],
) {
    desk.query.set(stores.kernel, query);
    let metric = Int8::<AHEAD, NEXT> {
        index: &stores.index,
        query: &desk.query,
    };
    collect(&metric, &stores.index, &mut desk.memory, ef);
    finish(stores, &stores.index, desk, query, false, found);
}

fn int8_in_order(
    stores: &Stores,
    Reordered { index, old, .. }: &Reordered,
    desk: &mut Desk,
    query: &[f32],
    ef: usize,
    found: &mut [u32; K],
) {
    desk.query.set(stores.kernel, query);
    let metric = Int8::<8, false> {
        index,
        query: &desk.query,
    };
    collect(&metric, index, &mut desk.memory, ef);
    finish(stores, index, desk, query, false, found);
    *found = found.map(|id| old[id as usize]);
}

fn one_bit<const NEXT: bool>(
    stores: &Stores,
    index: &Index,
    rows: &OneBitRows,
    desk: &mut Desk,
    query: &[f32],
    ef: usize,
    found: &mut [u32; K],
) {
    desk.query.set_planes(query);
    let metric = Bits::<NEXT> {
        rows,
        query: &desk.query,
    };
    collect(&metric, index, &mut desk.memory, ef);
    finish(stores, index, desk, query, true, found);
}

fn sieve(
    stores: &Stores,
    desk: &mut Desk,
    query: &[f32],
    ef: usize,
    margin: f32,
    found: &mut [u32; K],
) {
    desk.query.set(stores.kernel, query);
    desk.query.set_planes(query);
    let (codes, index) = (&desk.query, &stores.index);
    let metric = Sieve {
        bits: Bits {
            rows: &stores.one_bit,
            query: codes,
        },
        exact: Int8 {
            index,
            query: codes,
        },
        margin,
    };
    collect(&metric, index, &mut desk.memory, ef);
    finish(stores, index, desk, query, false, found);
}

/// By itself, so that a profile names it.
#[inline(never)]
fn collect(metric: &impl Metric, index: &Index, memory: &mut Memory, ef: usize) {
    walk(metric, &index.graph(), memory, ef);
}

/// Ranks the list by int8 keys where it was made from estimates, and the best of it by halves.
#[inline(never)]
fn finish(
    stores: &Stores,
    index: &Index,
    desk: &mut Desk,
    query: &[f32],
    estimated: bool,
    found: &mut [u32; K],
) {
    desk.rows.clear();
    desk.rows
        .extend(desk.memory.found.iter().map(|each| each.id));
    if estimated {
        stores
            .kernel
            .encode(query, &mut desk.halves, &mut desk.codes);
        let base = Base {
            codes: desk.codes.as_ptr(),
            sum: desk.codes.iter().map(|&code| i32::from(code)).sum(),
        };
        desk.products.resize(desk.rows.len(), 0);
        // SAFETY: the query is as long as a row.
        unsafe {
            stores
                .kernel
                .gather(base, index.codes(), &desk.rows, &mut desk.products)
        };
        desk.second.reset(RESCORED);
        for (&row, &product) in desk.rows.iter().zip(&desk.products) {
            let key = i64::from(product) * i64::from(index.weights[row as usize]);
            desk.second.insert(key, row);
        }
        desk.rows.clear();
        desk.rows.extend(desk.second.iter().map(|each| each.id));
    }
    desk.rows.truncate(RESCORED);
    for (wide, &value) in desk.rescoring.iter_mut().zip(query) {
        *wide = f64::from(value);
    }
    let scores = &mut desk.scores[..desk.rows.len()];
    stores
        .kernel
        .rescore(&desk.rescoring, index.halves(), &desk.rows, scores);
    desk.ranked.clear();
    desk.ranked
        .extend(scores.iter().copied().zip(desk.rows.iter().copied()));
    desk.ranked
        .sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    for (place, &(_, id)) in found.iter_mut().zip(&desk.ranked) {
        *place = id;
    }
}
