//! An index in a file: its answers, and what becomes of them when the file changes underneath.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use clawkeep_vector_engine::fault::Fault;
use clawkeep_vector_engine::kernel::{available, find};
use clawkeep_vector_engine::memory::Wish;
use clawkeep_vector_engine::opened::{Opened, RowDigests, Shape};
use clawkeep_vector_engine::search::{Ask, Results};
use clawkeep_vector_engine::testing::{Random, Stored, add_row_digests, file_of, seal, stored};

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

/// Counts what this thread allocates.
struct Counting;

// SAFETY: hands everything on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: as promised to this function.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, start: *mut u8, layout: Layout) {
        // SAFETY: as promised to this function.
        unsafe { System.dealloc(start, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A file of its own for each test, gone with the test.
struct Kept(PathBuf);

impl Kept {
    fn new(bytes: &[u8]) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("clawkeep-engine-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, bytes).expect("a temporary file");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("its mode");
        Self(path)
    }

    fn read(&self) -> File {
        File::open(&self.0).expect("the file")
    }

    fn write(&self) -> File {
        OpenOptions::new()
            .write(true)
            .open(&self.0)
            .expect("the file")
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn open(kept: &Kept, shape: &Shape, wish: Wish) -> Result<Opened, Fault> {
    Opened::open(kept.read(), shape, find(None).expect("a kernel"), wish)
}

/// A file with a graph and owners whose rows are compared when they are first used.
fn lazy_file_of(rows: &Stored) -> (Vec<u8>, Shape) {
    let (mut bytes, mut shape) = file_of(rows, true, true);
    add_row_digests(&mut bytes, &mut shape);
    (bytes, shape)
}

fn query(rows: &Stored, row: usize) -> &[f32] {
    &rows.vectors[row * rows.dimensions..(row + 1) * rows.dimensions]
}

fn search(opened: &mut Opened, query: &[f32], k: usize) -> Result<Vec<(i32, f32)>, Fault> {
    search_with(opened, query, k, Ask::default())
}

fn search_with(
    opened: &mut Opened,
    query: &[f32],
    k: usize,
    ask: Ask<'_>,
) -> Result<Vec<(i32, f32)>, Fault> {
    let (mut ids, mut scores) = (vec![-1; k], vec![0.0; k]);
    let count = opened.search(query, ask, &mut ids, &mut scores)?;
    Ok(ids.into_iter().zip(scores).take(count).collect())
}

#[test]
fn every_kernel_and_both_kinds_of_memory_give_the_same() {
    let rows = stored(1200, 40);
    for (graph, owners) in [(false, false), (false, true), (true, false), (true, true)] {
        let (mut bytes, plain) = file_of(&rows, graph, owners);
        let mut lazy = plain.clone();
        add_row_digests(&mut bytes, &mut lazy);
        let plain = Shape {
            file_length: lazy.file_length.max(plain.file_length),
            ..plain
        };
        let kept = Kept::new(&bytes);
        let mut answers = Vec::new();
        for kernel in available() {
            for (wish, shape) in [
                (Wish::Copy, &plain),
                (Wish::MapIfOwn, &plain),
                (Wish::Copy, &lazy),
                (Wish::MapIfOwn, &lazy),
            ] {
                let mut opened = Opened::open(kept.read(), shape, kernel, wish).expect("sound");
                assert_eq!(
                    opened.is_mapped(),
                    wish != Wish::Copy && cfg!(target_os = "linux")
                );
                let found: Vec<_> = (0..1200)
                    .step_by(60)
                    .map(|row| search(&mut opened, query(&rows, row), 10).expect("an answer"))
                    .collect();
                for (hits, row) in found.iter().zip((0..1200).step_by(60)) {
                    let own = if owners { row / 2 } else { row };
                    assert_eq!(hits[0].0, own);
                    assert!(hits[0].1 > 0.999 && hits.len() == 10);
                }
                answers.push(found);
            }
        }
        assert!(answers.iter().all(|found| *found == answers[0]));
    }
}

#[test]
fn a_walk_finds_nearly_all_that_a_scan_finds() {
    let rows = stored(2000, 48);
    let (bytes, shape) = file_of(&rows, true, false);
    let (flat_bytes, flat_shape) = file_of(&rows, false, false);
    let (kept, flat) = (Kept::new(&bytes), Kept::new(&flat_bytes));
    let mut walked = open(&kept, &shape, Wish::MapIfOwn).expect("sound");
    let mut scanned = open(&flat, &flat_shape, Wish::MapIfOwn).expect("sound");
    let mut common = 0;
    for row in (0..2000).step_by(40) {
        let near = search(&mut walked, query(&rows, row), 10).expect("an answer");
        let exact = search(&mut scanned, query(&rows, row), 10).expect("an answer");
        common += near.iter().filter(|hit| exact.contains(hit)).count();
    }
    assert!(common >= 490, "{common} of 500");
}

#[test]
fn a_search_allocates_nothing_once_it_has_run() {
    let rows = stored(2000, 48);
    let (bytes, shape) = lazy_file_of(&rows);
    let kept = Kept::new(&bytes);
    let mut opened = open(&kept, &shape, Wish::MapIfOwn).expect("sound");
    let (mut ids, mut scores) = ([0; 10], [0.0; 10]);
    let half = vec![0x5555_5555; 1000 / 32 + 1];
    let asks = [
        Ask::default(),
        Ask {
            ef: Some(40),
            ..Ask::default()
        },
        Ask {
            filter: Some(&half),
            ..Ask::default()
        },
        Ask {
            deleted: Some(&half),
            ..Ask::default()
        },
    ];
    let mut all = |opened: &mut Opened| {
        for row in (0..2000).step_by(50) {
            for ask in asks {
                opened
                    .search(query(&rows, row), ask, &mut ids, &mut scores)
                    .expect("an answer");
            }
        }
    };
    all(&mut opened);
    let before = ALLOCATIONS.get();
    all(&mut opened);
    assert_eq!(ALLOCATIONS.get(), before);
}

#[test]
fn filters_and_deletes_leave_out_what_they_say() {
    let rows = stored(1500, 40);
    let (bytes, shape) = lazy_file_of(&rows);
    let kept = Kept::new(&bytes);
    let mut opened = open(&kept, &shape, Wish::MapIfOwn).expect("sound");
    let even = vec![0x5555_5555; 750 / 32 + 1];
    for row in (0..1500).step_by(100) {
        let only = Ask {
            filter: Some(&even),
            ..Ask::default()
        };
        let without = Ask {
            deleted: Some(&even),
            ..Ask::default()
        };
        let neither = Ask {
            filter: Some(&even),
            deleted: Some(&even),
            ..Ask::default()
        };
        let mut ask =
            |ask| search_with(&mut opened, query(&rows, row), 20, ask).expect("an answer");
        assert!(ask(only).iter().all(|(id, _)| id % 2 == 0) && ask(only).len() == 20);
        assert!(ask(without).iter().all(|(id, _)| id % 2 == 1) && ask(without).len() == 20);
        assert!(ask(neither).is_empty());
        let short = Ask {
            filter: Some(&[0b101]),
            ..Ask::default()
        };
        let mut ids: Vec<i32> = ask(short).iter().map(|hit| hit.0).collect();
        ids.sort_unstable();
        assert_eq!(ids, [0, 2]);
    }
}

#[test]
fn many_queries_on_several_threads_get_the_answers_of_one_by_one() {
    let rows = stored(1500, 40);
    let (mut bytes, mut shape) = file_of(&rows, true, false);
    add_row_digests(&mut bytes, &mut shape);
    let kept = Kept::new(&bytes);
    let mut opened = open(&kept, &shape, Wish::MapIfOwn).expect("sound");
    let queries = &rows.vectors[..100 * 40];
    for threads in [1, 2, 4] {
        let (mut ids, mut scores, mut counts) = (vec![-1; 500], vec![0.0; 500], vec![0; 100]);
        let results = Results {
            ids: &mut ids,
            scores: &mut scores,
            counts: &mut counts,
        };
        opened
            .search_many(queries, 5, Ask::default(), threads, results)
            .expect("answers");
        for (row, &count) in counts.iter().enumerate() {
            let alone = search(&mut opened, query(&rows, row), 5).expect("an answer");
            let place = row * 5..row * 5 + count as usize;
            let scores = scores[place.clone()].iter().copied();
            let found: Vec<_> = ids[place].iter().copied().zip(scores).collect();
            assert_eq!(found, alone);
        }
    }
}

#[test]
fn what_is_no_query_is_refused() {
    let rows = stored(100, 40);
    let (bytes, shape) = file_of(&rows, false, false);
    let kept = Kept::new(&bytes);
    let mut opened = open(&kept, &shape, Wish::MapIfOwn).expect("sound");
    assert_eq!(search(&mut opened, &[0.0; 40], 3), Err(Fault::Query));
    assert_eq!(search(&mut opened, &[f32::NAN; 40], 3), Err(Fault::Query));
    assert_eq!(
        search(&mut opened, &query(&rows, 1)[1..], 3),
        Err(Fault::Query)
    );
    assert_eq!(search(&mut opened, query(&rows, 1), 0), Ok(Vec::new()));
    assert_eq!(
        search(&mut opened, query(&rows, 1), 1000).map(|hits| hits.len()),
        Ok(100)
    );
}

#[test]
fn a_changed_byte_is_found_before_it_is_used() {
    let rows = stored(600, 40);
    let (bytes, shape) = lazy_file_of(&rows);
    let mut random = Random(5);
    for _ in 0..200 {
        let mut changed = bytes.clone();
        let at = 128 + random.below(bytes.len() as u32 - 128) as usize;
        changed[at] ^= 1 << random.below(8);
        let kept = Kept::new(&changed);
        let answers = |bytes: &Kept| -> Result<Vec<_>, Fault> {
            let mut opened = open(bytes, &shape, Wish::MapIfOwn)?;
            (0..600)
                .step_by(30)
                .map(|row| search(&mut opened, query(&rows, row), 5))
                .collect()
        };
        match answers(&kept) {
            Err(fault) => assert!(matches!(fault, Fault::Digest { .. }), "{fault:?}"),
            // Padding, or a rescoring row that no query needed.
            Ok(found) => assert_eq!(Ok(found), answers(&Kept::new(&bytes))),
        }
    }
}

#[test]
fn forged_sections_with_right_digests_give_a_fault_or_an_answer() {
    let rows = stored(500, 24);
    let (bytes, shape) = lazy_file_of(&rows);
    let mut random = Random(11);
    for round in 0..400 {
        let mut forged = bytes.clone();
        for _ in 0..=round % 40 {
            let at = (128 + random.below(bytes.len() as u32 - 132) as usize) & !3;
            let value = match random.below(5) {
                0 => u32::MAX,
                1 => 0x7fff_ffff,
                2 => random.below(600),
                _ => random.word(),
            };
            forged[at..at + 4].copy_from_slice(&value.to_le_bytes());
        }
        let mut shape = shape.clone();
        seal(&mut shape, &mut forged);
        let kept = Kept::new(&forged);
        let mut opened = open(&kept, &shape, Wish::MapIfOwn).expect("sound digests");
        for row in (0..500).step_by(100) {
            if let Ok(hits) = search(&mut opened, query(&rows, row), 8) {
                assert!(
                    hits.iter()
                        .all(|(id, score)| (0..250).contains(id) && score.is_finite())
                );
            }
            let mut scores = [0.0; 2];
            let _ = opened.scores_of(query(&rows, row), &[0, 249], &mut scores);
        }
    }
}

#[test]
fn a_shape_that_does_not_fit_is_refused() {
    let rows = stored(200, 40);
    let (bytes, shape) = lazy_file_of(&rows);
    let kept = Kept::new(&bytes);
    let refused = |change: &dyn Fn(&mut Shape)| {
        let mut shape = shape.clone();
        change(&mut shape);
        // What is not compared at once is when all rows are looked at.
        let opened = open(&kept, &shape, Wish::MapIfOwn);
        let asked = opened.and_then(|mut opened| search(&mut opened, query(&rows, 1), 100));
        asked.err()
    };
    let digests = |shape: &mut Shape, change: &dyn Fn(&mut RowDigests)| {
        let graph = shape.graph.as_mut().expect("a graph");
        change(graph.row_digests.as_mut().expect("digests of rows"));
    };
    let changes: [&dyn Fn(&mut Shape); 12] = [
        &|shape| digests(shape, &|rows| rows.codes.length -= 32),
        &|shape| digests(shape, &|rows| rows.base.length += 32),
        &|shape| {
            digests(shape, &|rows| {
                std::mem::swap(&mut rows.base, &mut rows.codes)
            })
        },
        &|shape| shape.vectors = 201,
        &|shape| shape.vectors = usize::MAX / 2,
        &|shape| shape.dimensions = 0,
        &|shape| shape.dimensions = 400,
        &|shape| shape.block_log2 = 40,
        &|shape| shape.codes.offset += 64,
        &|shape| shape.codes.offset = usize::MAX - 63,
        &|shape| shape.halves.length += 64,
        &|shape| shape.graph.as_mut().expect("a graph").entry = 200,
    ];
    for change in changes {
        let fault = refused(change);
        assert!(
            matches!(fault, Some(Fault::Section { .. } | Fault::Digest { .. })),
            "{fault:?}"
        );
    }
    assert_eq!(
        refused(&|shape| shape.file_length += 1),
        Some(Fault::Truncated)
    );
    assert_eq!(
        refused(&|shape| shape.file_length -= 1),
        Some(Fault::Changed)
    );
    assert_eq!(refused(&|_| ()), None);
}

#[test]
#[cfg(target_os = "linux")]
fn a_file_that_others_may_write_to_is_copied() {
    let rows = stored(100, 40);
    let (bytes, shape) = file_of(&rows, false, false);
    let kept = Kept::new(&bytes);
    for (mode, mapped) in [(0o600, true), (0o644, true), (0o664, false), (0o646, false)] {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(&kept.0, permissions).expect("its mode");
        let opened = open(&kept, &shape, Wish::MapIfOwn).expect("sound");
        assert_eq!(opened.is_mapped(), mapped, "{mode:o}");
    }
}

#[test]
fn a_copy_does_not_notice_what_becomes_of_the_file() {
    let rows = stored(800, 40);
    let (bytes, shape) = file_of(&rows, true, true);
    let kept = Kept::new(&bytes);
    let mut opened = open(&kept, &shape, Wish::Copy).expect("sound");
    let before = search(&mut opened, query(&rows, 7), 10);
    kept.write().set_len(100).expect("cut");
    assert_eq!(search(&mut opened, query(&rows, 7), 10), before);
}

#[test]
#[cfg(target_os = "linux")]
fn a_mapped_file_that_is_cut_short_gives_a_fault_and_no_crash() {
    let rows = stored(3000, 64);
    let (bytes, shape) = lazy_file_of(&rows);
    for keep in [
        0,
        1,
        4096,
        5000,
        100_000,
        200_000,
        // Digests of rows lie behind, and are not looked at again.
        shape.codes.offset as u64 + shape.codes.length as u64 / 2,
    ] {
        let kept = Kept::new(&bytes);
        let mut opened = open(&kept, &shape, Wish::MapIfOwn).expect("sound");
        let mut scanned = search(&mut opened, query(&rows, 7), 2900).expect("an answer");
        kept.write().set_len(keep).expect("cut");
        let mut faults = 0;
        for row in (0..3000).step_by(3) {
            // A search that needed no lost page may still answer until the next look at the file.
            match search(&mut opened, query(&rows, row), 5) {
                Ok(hits) => scanned.extend(hits),
                Err(fault) => {
                    assert_eq!(fault, Fault::Truncated);
                    faults += 1;
                }
            }
        }
        assert!(faults > 900, "{faults} faults at {keep}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_mapped_file_that_is_written_to_gives_a_fault_or_an_answer_and_no_crash() {
    let rows = stored(1500, 64);
    let (bytes, shape) = lazy_file_of(&rows);
    let kept = Kept::new(&bytes);
    let mut random = Random(21);
    let length = bytes.len() as u32;
    for _ in 0..20 {
        std::fs::write(&kept.0, &bytes).expect("whole again");
        let mut opened = open(&kept, &shape, Wish::MapIfOwn).expect("sound");
        let file = kept.write();
        let mut noticed = false;
        for round in 0u32.. {
            let at = 128 + random.below(length - 256);
            let junk = [random.word(), random.word(), u32::MAX]
                .map(u32::to_le_bytes)
                .concat();
            file.write_all_at(&junk, at.into()).expect("written");
            let row = (round * 37) as usize % 1500;
            match search(&mut opened, query(&rows, row), 5) {
                Ok(hits) => assert!(hits.iter().all(|(id, _)| (0..750).contains(id))),
                Err(Fault::Changed) => noticed = true,
                // Written to within one step of the clock, and compared after that.
                Err(Fault::Digest { .. }) => {}
                Err(other) => panic!("{other:?}"),
            }
            if noticed && round > 200 {
                break;
            }
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_file_that_changes_while_threads_search_it_gives_faults_and_no_crash() {
    let rows = stored(1500, 64);
    let (bytes, shape) = lazy_file_of(&rows);
    let kept = Kept::new(&bytes);
    let mut opened: Vec<Opened> = (0..4)
        .map(|_| open(&kept, &shape, Wish::MapIfOwn).expect("sound"))
        .collect();
    std::thread::scope(|scope| {
        for (index, opened) in opened.iter_mut().enumerate() {
            let rows = &rows;
            scope.spawn(move || {
                let mut faults = 0;
                for round in 0usize.. {
                    let row = (round * 41 + index * 300) % 1500;
                    faults += usize::from(search(opened, query(rows, row), 5).is_err());
                    if faults > 50 {
                        break;
                    }
                }
            });
        }
        scope.spawn(|| {
            let file = kept.write();
            let mut random = Random(8);
            for _ in 0..2000 {
                let at = 128 + random.below(bytes.len() as u32 - 256);
                file.write_all_at(&random.word().to_le_bytes(), at.into())
                    .expect("written");
            }
            for length in (0..10).rev() {
                file.set_len(length * 20_000).expect("cut");
            }
        });
    });
    let results: Vec<_> = opened
        .iter_mut()
        .map(|each| search(each, query(&rows, 1), 5))
        .collect();
    assert!(
        results
            .iter()
            .all(|result| *result == Err(Fault::Truncated))
    );
}

#[test]
fn a_row_that_no_query_needed_is_not_compared_and_one_that_is_needed_is() {
    let rows = stored(3000, 64);
    let (bytes, shape) = lazy_file_of(&rows);
    let mut used = Vec::new();
    for row in (0..3000).step_by(250) {
        let mut changed = bytes.clone();
        changed[shape.codes.offset + row * 64] ^= 1;
        let kept = Kept::new(&changed);
        let mut opened = open(&kept, &shape, Wish::MapIfOwn).expect("looked at later");
        let found = search_with(
            &mut opened,
            query(&rows, 7),
            5,
            Ask {
                ef: Some(10),
                ..Ask::default()
            },
        );
        used.push(found.is_err());
        // Its own row is always looked at, and a scan looks at all.
        let fault = Some(Fault::Digest {
            id: 0x0201,
            block: row as u64 / 2,
        });
        assert_eq!(search(&mut opened, query(&rows, row), 5).err(), fault);
        assert_eq!(search(&mut opened, query(&rows, 7), 2900).err(), fault);
    }
    assert!(used.contains(&false), "everything was looked at");
}
