//! Building the graph, in batches whose searches see it as it was before: docs/index-format.md section
//! 4. So the bytes depend on no thread, and the searches of a batch run at once.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Barrier, PoisonError, RwLock};

use super::select::{BuildRows, Link, select};
use super::walk::{Rows, Walker, descend};
use super::{BASE_DEGREE, DEGREE, EF_CONSTRUCTION, Graph, LARGEST_BATCH, NONE, level_of};
use crate::candidates::Candidate;
use crate::column::Column;
use crate::kernel::{Codes, Kernel};

/// The sections of a graph, to be filled. `base` and `upper` hold 32 and 16 ids for each row.
pub struct GraphColumns<'a> {
    pub levels: &'a mut [u8],
    pub upper_starts: &'a mut [u32],
    pub base: &'a mut [u32],
    pub upper: &'a mut [u32],
}

/// Where a graph is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub id: u32,
    pub level: usize,
}

/// Rows of upper links that a graph of so many vectors has.
pub fn upper_rows(vectors: u32) -> usize {
    (0..vectors).map(|id| usize::from(level_of(id))).sum()
}

/// Builds the graph over `codes` on `threads` threads.
///
/// # Panics
/// When a column has another length than the vectors need.
pub fn build_graph(
    kernel: &'static Kernel,
    codes: Codes<'_>,
    weights: &[u32],
    threads: usize,
    columns: GraphColumns<'_>,
) -> Entry {
    let vectors = codes.rows();
    let mut upper_count = 0;
    for (id, (level, start)) in columns
        .levels
        .iter_mut()
        .zip(&mut *columns.upper_starts)
        .enumerate()
    {
        *level = level_of(id as u32);
        *start = NONE;
        if *level > 0 {
            *start = upper_count as u32;
            upper_count += usize::from(*level);
        }
    }
    assert!(columns.levels.len() == vectors && columns.upper_starts.len() == vectors);
    assert!(weights.len() == vectors && columns.base.len() == vectors * BASE_DEGREE);
    assert!(columns.upper.len() == upper_count * DEGREE);
    columns.base.fill(NONE);
    columns.upper.fill(NONE);
    let (sums, squares) = sums_and_squares(codes);
    let rows = BuildRows {
        kernel,
        codes,
        weights,
        sums: &sums,
        squares: &squares,
    };
    let mut base_products = vec![0; columns.base.len()];
    let mut upper_products = vec![0; columns.upper.len()];
    let building = Building {
        rows,
        levels: columns.levels,
        upper_starts: columns.upper_starts,
        base: Shared::of(columns.base),
        base_products: Shared::of(&mut base_products),
        upper: Shared::of(columns.upper),
        upper_products: Shared::of(&mut upper_products),
    };
    building.run(threads.max(1))
}

fn sums_and_squares(codes: Codes<'_>) -> (Vec<i32>, Vec<i32>) {
    let row = |row: usize| {
        let start = codes.row(row).expect("a row of the build");
        // SAFETY: a row holds `stride` codes, which nobody writes during a build.
        unsafe { std::slice::from_raw_parts(start, codes.stride()) }
    };
    let sum = |id: usize| row(id).iter().map(|&code| i32::from(code)).sum();
    let square = |id: usize| {
        row(id)
            .iter()
            .map(|&code| i32::from(code) * i32::from(code))
            .sum()
    };
    (
        (0..codes.rows()).map(sum).collect(),
        (0..codes.rows()).map(square).collect(),
    )
}

/// A slice that threads write to, each to rows that no other touches in the same phase.
struct Shared<'a, T> {
    start: *mut T,
    length: usize,
    memory: PhantomData<&'a mut [T]>,
}

// SAFETY: what one thread writes no other one reads or writes before the next barrier.
unsafe impl<T: Send> Sync for Shared<'_, T> {}

impl<'a, T> Shared<'a, T> {
    fn of(values: &'a mut [T]) -> Self {
        Self {
            start: values.as_mut_ptr(),
            length: values.len(),
            memory: PhantomData,
        }
    }
}

impl<T: Copy> Shared<'_, T> {
    fn get(&self, index: usize) -> T {
        assert!(index < self.length);
        // SAFETY: inside; no other thread writes this row in this phase.
        unsafe { *self.start.add(index) }
    }

    fn set(&self, index: usize, value: T) {
        assert!(index < self.length);
        // SAFETY: inside; no other thread reads or writes this row in this phase.
        unsafe { *self.start.add(index) = value }
    }

    fn column(&self) -> Column<'_, T> {
        // SAFETY: readable as long as this is; each value is read once, and a row that is read in a phase
        // is not written in it.
        unsafe { Column::new(self.start, self.length) }
    }
}

struct Building<'a> {
    rows: BuildRows<'a>,
    levels: &'a [u8],
    upper_starts: &'a [u32],
    base: Shared<'a, u32>,
    base_products: Shared<'a, i32>,
    upper: Shared<'a, u32>,
    upper_products: Shared<'a, i32>,
}

/// A row of links.
struct Place<'a> {
    ids: &'a Shared<'a, u32>,
    products: &'a Shared<'a, i32>,
    start: usize,
    most: usize,
}

/// A vector of the batch asks `target` for a link on a level.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Ask {
    level: u8,
    target: u32,
    source: u32,
    product: i32,
}

/// Memory of one thread.
#[derive(Default)]
struct Desk {
    walker: Walker,
    candidates: Vec<Link>,
    chosen: Vec<Link>,
}

/// What the threads of a build share beside the graph.
struct Batch {
    first: usize,
    size: usize,
    entry: Option<Entry>,
    asks: Vec<Ask>,
    /// Where the asks of each row begin.
    runs: Vec<usize>,
}

impl Building<'_> {
    fn run(&self, threads: usize) -> Entry {
        let vectors = self.levels.len();
        let barrier = Barrier::new(threads);
        let (searches, rows) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let failed = AtomicBool::new(false);
        // Read by all within a phase, written by the leader between two barriers: nobody ever waits.
        let batch = RwLock::new(Batch {
            first: 0,
            size: usize::from(vectors > 0),
            entry: None,
            asks: Vec::new(),
            runs: Vec::new(),
        });
        let read = || batch.read().unwrap_or_else(PoisonError::into_inner);
        let write = || batch.write().unwrap_or_else(PoisonError::into_inner);
        // A panic must not leave the others waiting at a barrier for ever.
        let guarded = |run: &mut dyn FnMut()| {
            let ran = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run));
            failed.fetch_or(ran.is_err(), Ordering::Relaxed);
        };
        let work = |leads: bool| {
            let mut desk = Desk::default();
            while read().first < vectors {
                guarded(&mut || {
                    let batch = read();
                    while let Some(id) = next(&searches, batch.size) {
                        self.choose_links(&mut desk, (batch.first + id) as u32, &batch);
                    }
                });
                barrier.wait();
                if leads {
                    guarded(&mut || self.collect_asks(&mut write()));
                    rows.store(0, Ordering::Relaxed);
                }
                barrier.wait();
                guarded(&mut || {
                    let batch = read();
                    while let Some(run) = next(&rows, batch.runs.len()) {
                        let end = batch.runs.get(run + 1).copied().unwrap_or(batch.asks.len());
                        self.link_back(&mut desk, &batch.asks[batch.runs[run]..end]);
                    }
                });
                barrier.wait();
                if leads {
                    let mut batch = write();
                    self.move_entry(&mut batch);
                    batch.first += batch.size;
                    if failed.load(Ordering::Relaxed) {
                        batch.first = vectors;
                    }
                    batch.size = batch
                        .first
                        .clamp(1, LARGEST_BATCH)
                        .min(vectors - batch.first);
                    searches.store(0, Ordering::Relaxed);
                }
                barrier.wait();
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(|| work(false));
            }
            work(true);
        });
        assert!(!failed.into_inner(), "a thread of the build failed");
        read().entry.unwrap_or(Entry { id: NONE, level: 0 })
    }

    fn graph(&self, entry: Entry) -> Graph<'_> {
        Graph {
            entry: entry.id,
            entry_level: entry.level,
            levels: Column::of(self.levels),
            upper_starts: Column::of(self.upper_starts),
            base: self.base.column(),
            upper: self.upper.column(),
            checks: None,
        }
    }

    /// Gives a new vector its own links, from the frozen graph and the batch members before it.
    fn choose_links(&self, desk: &mut Desk, id: u32, batch: &Batch) {
        let top = usize::from(self.levels[id as usize]);
        let rows = Rows {
            kernel: self.rows.kernel,
            codes: self.rows.codes,
            weights: self.rows.column(),
            base: self.rows.base(id),
            checks: None,
        };
        let sound = "the graph of a build is sound";
        let mut start = batch.entry.map(|entry| {
            let graph = self.graph(entry);
            (
                graph,
                descend(rows, &graph, top.min(entry.level)).expect(sound),
            )
        });
        for level in (0..=top).rev() {
            desk.candidates.clear();
            if let Some((graph, from)) = &mut start
                && level <= graph.entry_level
            {
                desk.walker
                    .collect(rows, graph, *from, level, EF_CONSTRUCTION)
                    .expect(sound);
                let found = &desk.walker.found;
                if let Some(best) = found.best() {
                    from.id = best.id;
                    from.key = best.key;
                }
                desk.candidates
                    .extend(found.iter().map(|Candidate { key, id }| {
                        let product = (key / self.rows.weight(id)) as i32;
                        Link { key, id, product }
                    }));
            }
            self.add_batch(desk, id, batch, level);
            desk.candidates.sort_unstable_by(Link::order);
            let Desk {
                candidates, chosen, ..
            } = desk;
            select(self.rows, id, candidates, DEGREE, chosen);
            self.write(&self.place(id, level), chosen);
        }
    }

    fn add_batch(&self, desk: &mut Desk, id: u32, batch: &Batch, level: usize) {
        let mut ids = [0; LARGEST_BATCH];
        let mut count = 0;
        for other in batch.first as u32..id {
            if usize::from(self.levels[other as usize]) >= level {
                ids[count] = other;
                count += 1;
            }
        }
        let mut products = [0; LARGEST_BATCH];
        self.rows.products(id, &ids[..count], &mut products);
        desk.candidates.extend(
            ids[..count]
                .iter()
                .zip(products)
                .map(|(&id, product)| Link {
                    key: i64::from(product) * self.rows.weight(id),
                    id,
                    product,
                }),
        );
    }

    /// Who of the batch asks whom for a link back, the asks of a row together.
    fn collect_asks(&self, batch: &mut Batch) {
        batch.asks.clear();
        batch.runs.clear();
        for source in batch.first..batch.first + batch.size {
            for level in 0..=self.levels[source] {
                let place = self.place(source as u32, usize::from(level));
                for index in place.start..place.start + place.most {
                    let target = place.ids.get(index);
                    if target == NONE {
                        break;
                    }
                    let product = place.products.get(index);
                    batch.asks.push(Ask {
                        level,
                        target,
                        source: source as u32,
                        product,
                    });
                }
            }
        }
        batch.asks.sort_unstable();
        for (index, ask) in batch.asks.iter().enumerate() {
            let before = index.checked_sub(1).map(|before| batch.asks[before]);
            if before.is_none_or(|before| (before.level, before.target) != (ask.level, ask.target))
            {
                batch.runs.push(index);
            }
        }
    }

    /// Merges links back into a row; when they do not fit, the row is chosen anew from all of them.
    fn link_back(&self, desk: &mut Desk, asks: &[Ask]) {
        let Ask { level, target, .. } = asks[0];
        let place = self.place(target, usize::from(level));
        let Desk {
            candidates, chosen, ..
        } = desk;
        candidates.clear();
        for index in place.start..place.start + place.most {
            let id = place.ids.get(index);
            if id == NONE {
                break;
            }
            let product = place.products.get(index);
            candidates.push(Link {
                key: i64::from(product) * self.rows.weight(id),
                id,
                product,
            });
        }
        candidates.extend(asks.iter().map(|ask| Link {
            key: i64::from(ask.product) * self.rows.weight(ask.source),
            id: ask.source,
            product: ask.product,
        }));
        candidates.sort_unstable_by(Link::order);
        if candidates.len() > place.most {
            select(self.rows, target, candidates, place.most, chosen);
            self.write(&place, chosen);
        } else {
            self.write(&place, candidates);
        }
    }

    fn write(&self, place: &Place<'_>, links: &[Link]) {
        for offset in 0..place.most {
            let link = links.get(offset);
            place
                .ids
                .set(place.start + offset, link.map_or(NONE, |link| link.id));
            place
                .products
                .set(place.start + offset, link.map_or(0, |link| link.product));
        }
    }

    fn move_entry(&self, batch: &mut Batch) {
        for id in batch.first..batch.first + batch.size {
            let level = usize::from(self.levels[id]);
            if batch.entry.is_none_or(|entry| level > entry.level) {
                batch.entry = Some(Entry {
                    id: id as u32,
                    level,
                });
            }
        }
    }

    fn place(&self, id: u32, level: usize) -> Place<'_> {
        if level == 0 {
            let (ids, products) = (&self.base, &self.base_products);
            return Place {
                ids,
                products,
                start: id as usize * BASE_DEGREE,
                most: BASE_DEGREE,
            };
        }
        let row = self.upper_starts[id as usize] as usize + level - 1;
        let (ids, products) = (&self.upper, &self.upper_products);
        Place {
            ids,
            products,
            start: row * DEGREE,
            most: DEGREE,
        }
    }
}

fn next(counter: &AtomicUsize, limit: usize) -> Option<usize> {
    let index = counter.fetch_add(1, Ordering::Relaxed);
    (index < limit).then_some(index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::available;
    use crate::testing::{Stored, stored};

    type Sections = (Vec<u8>, Vec<u32>, Vec<u32>, Vec<u32>, Entry);

    fn build(rows: &Stored, kernel: &'static Kernel, threads: usize) -> Sections {
        let vectors = rows.weights.len();
        let mut levels = vec![0; vectors];
        let mut upper_starts = vec![0; vectors];
        let mut base = vec![0; vectors * BASE_DEGREE];
        let mut upper = vec![0; upper_rows(vectors as u32) * DEGREE];
        let columns = GraphColumns {
            levels: &mut levels,
            upper_starts: &mut upper_starts,
            base: &mut base,
            upper: &mut upper,
        };
        let stride = crate::quantise::code_stride(rows.dimensions);
        let codes = Codes::new(Column::of(&rows.codes), stride, vectors).expect("all rows");
        let entry = build_graph(kernel, codes, &rows.weights, threads, columns);
        (levels, upper_starts, base, upper, entry)
    }

    #[test]
    fn bytes_depend_on_no_kernel_and_no_thread() {
        let rows = stored(900, 40);
        let first = build(&rows, available()[0], 1);
        for kernel in available() {
            for threads in [1, 2, 4, 7] {
                assert!(
                    build(&rows, kernel, threads) == first,
                    "{} {threads}",
                    kernel.name
                );
            }
        }
    }

    #[test]
    fn a_graph_reaches_every_vector_from_its_entry() {
        let rows = stored(700, 24);
        let (levels, _, base, _, entry) = build(&rows, available()[0], 2);
        assert_eq!(
            usize::from(*levels.iter().max().expect("levels")),
            entry.level
        );
        let mut reached = vec![false; 700];
        let mut left = vec![entry.id];
        while let Some(id) = left.pop() {
            if !std::mem::replace(&mut reached[id as usize], true) {
                let start = id as usize * BASE_DEGREE;
                left.extend(
                    base[start..start + BASE_DEGREE]
                        .iter()
                        .filter(|&&link| link != NONE),
                );
            }
        }
        assert!(reached.iter().all(|&seen| seen));
    }

    #[test]
    fn no_vector_and_one_vector_have_no_links() {
        let kernel = available()[0];
        assert_eq!(
            build(&stored(0, 24), kernel, 2).4,
            Entry { id: NONE, level: 0 }
        );
        let one = build(&stored(1, 24), kernel, 2);
        assert_eq!(one.4.id, 0);
        assert!(one.2.iter().all(|&link| link == NONE));
    }
}
