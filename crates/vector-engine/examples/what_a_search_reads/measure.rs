//! Runs the variants by turns, and writes the tables.

use std::collections::HashSet;

use clawkeep_vector_engine::kernel::find;

use crate::data::{DIMENSIONS, Set, nearest};
use crate::index::Index;
use crate::variants::{Desk, Stores, VARIANTS};

/// Where speeds are compared: between the two measured points around it.
const RECALLS: [f64; 4] = [0.9, 0.95, 0.98, 0.99];

/// One variant at one size of the list.
#[derive(Clone, Default)]
struct Point {
    recall: f64,
    looked_at: usize,
    /// As many as a sieve lets through; else all.
    read: usize,
    /// CPU seconds of all queries, one value for each round.
    seconds: Vec<f64>,
}

impl Point {
    fn best(&self) -> f64 {
        self.seconds.iter().copied().fold(f64::INFINITY, f64::min)
    }
}

pub fn run() {
    let name = std::env::args().nth(1).unwrap_or("stress".to_owned());
    let given = |place: usize, otherwise: usize| {
        let word = std::env::args().nth(place);
        word.map_or(otherwise, |word| word.parse().expect("a whole number"))
    };
    let (rows, asked, rounds) = (given(2, 100_000), given(3, 500), given(4, 5));
    let kernel = find(Some("avx512-vnni")).expect("looked for");
    let Set {
        vectors,
        queries,
        efs,
    } = Set::of(&name, rows, asked);
    let rows = vectors.len() / DIMENSIONS;
    let stem = name.replace('/', "-");
    let kept = std::env::temp_dir().join(format!("what-a-search-reads-{stem}-{rows}-{asked}"));
    let (index, truth) = Index::open(kernel, &vectors, &queries, &kept);
    let first: HashSet<u32> = nearest(&vectors, &queries[..DIMENSIONS])
        .into_iter()
        .collect();
    assert!(
        truth[..10].iter().all(|id| first.contains(id)),
        "{} is of another set",
        kept.display()
    );
    let stores = Stores::of(kernel, index, &vectors);
    drop(vectors);
    let mut desk = Desk::new();
    let mut points = vec![vec![Point::default(); efs.len()]; VARIANTS.len()];
    for round in 0..rounds {
        for (place, &ef) in efs.iter().enumerate() {
            for turn in 0..VARIANTS.len() {
                // Nobody is always behind the same one.
                let variant = (turn * 7 + round) % VARIANTS.len();
                let search = VARIANTS[variant].1;
                let point = &mut points[variant][place];
                let mut right = 0;
                (desk.memory.looked_at, desk.memory.read) = (0, 0);
                let begun = thread_seconds();
                for (query, truth) in queries.chunks_exact(DIMENSIONS).zip(truth.chunks_exact(10)) {
                    let mut found = [u32::MAX; 10];
                    search(&stores, &mut desk, query, ef, &mut found);
                    right += found.iter().filter(|id| truth.contains(id)).count();
                }
                point.seconds.push(thread_seconds() - begun);
                point.recall = right as f64 / truth.len() as f64;
                point.looked_at = desk.memory.looked_at / asked;
                point.read = desk.memory.read / asked;
            }
        }
        eprintln!("round {} of {rounds}", round + 1);
    }
    println!("{name}: {rows} rows, {asked} queries, best of {rounds} rounds\n");
    report(&efs, &points, asked as f64);
}

fn report(efs: &[usize], points: &[Vec<Point>], asked: f64) {
    println!(
        "| | {} |",
        efs.iter()
            .map(|ef| format!("ef {ef}"))
            .collect::<Vec<_>>()
            .join(" | ")
    );
    println!("| --- |{}", " --- |".repeat(efs.len()));
    for ((name, _), points) in VARIANTS.iter().zip(points) {
        let cell = |point: &Point| {
            let speed = asked / point.best();
            let (looked_at, read) = (point.looked_at, point.read);
            let rows = if read < looked_at {
                format!("{read} of {looked_at}")
            } else {
                looked_at.to_string()
            };
            format!("{:.3}, {speed:.0} ({rows})", point.recall)
        };
        println!(
            "| {name} | {} |",
            points.iter().map(cell).collect::<Vec<_>>().join(" | ")
        );
    }
    println!(
        "\n| queries/s at recall@10 | {} |",
        RECALLS.map(|recall| format!("{recall}")).join(" | ")
    );
    println!("| --- |{}", " --- |".repeat(RECALLS.len()));
    let engine = RECALLS.map(|recall| speed_at(&points[0], recall, asked));
    for ((name, _), points) in VARIANTS.iter().zip(points) {
        let cells = RECALLS.iter().zip(engine).map(|(&recall, engine)| {
            match (speed_at(points, recall, asked), engine) {
                (Some(speed), Some(engine)) => format!("{speed:.0} ({:.2})", speed / engine),
                _ => "not reached".to_owned(),
            }
        });
        println!("| {name} | {} |", cells.collect::<Vec<_>>().join(" | "));
    }
}

/// Queries a second at a recall, on a straight line of logarithms between two points.
fn speed_at(points: &[Point], recall: f64, asked: f64) -> Option<f64> {
    points.windows(2).find_map(|pair| {
        let [a, b] = pair else { return None };
        let part = (recall - a.recall) / (b.recall - a.recall);
        let logarithm = a.best().ln() * (1.0 - part) + b.best().ln() * part;
        (0.0..=1.0).contains(&part).then(|| asked / logarithm.exp())
    })
}

/// CPU time of this thread: what others do on the machine, or a stop of the process, is not in it.
fn thread_seconds() -> f64 {
    #[repr(C)]
    struct Time {
        seconds: i64,
        nanoseconds: i64,
    }
    unsafe extern "C" {
        fn clock_gettime(clock: i32, time: *mut Time) -> i32;
    }
    const THREAD_CPU_TIME: i32 = 3;
    let mut time = Time {
        seconds: 0,
        nanoseconds: 0,
    };
    // SAFETY: the place is there to be written to.
    let failed = unsafe { clock_gettime(THREAD_CPU_TIME, &raw mut time) };
    assert_eq!(failed, 0, "Linux has a clock for each thread");
    time.seconds as f64 + time.nanoseconds as f64 / 1e9
}
