//! A small segment whose bytes and shape the fuzzer changes, with digests that fit again: what is left
//! to stop it are the checks at each use. `cargo +nightly fuzz run segment`, address sanitizer included.
#![no_main]

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::sync::{LazyLock, Mutex};

use clawkeep_vector_engine::kernel::available;
use clawkeep_vector_engine::memory::Wish;
use clawkeep_vector_engine::opened::{Opened, Shape};
use clawkeep_vector_engine::search::Ask;
use clawkeep_vector_engine::testing::{
    Stored, add_row_digests, file_of, seal, sections_of, stored,
};
use libfuzzer_sys::fuzz_target;

// The numbers that JavaScript hands over are read by the code of the addon.
#[path = "../../../engine/src/shape.rs"]
mod shape;

struct Ground {
    rows: Stored,
    files: [(Vec<u8>, Shape); 4],
    file: File,
}

static GROUND: LazyLock<Mutex<Ground>> = LazyLock::new(|| {
    let rows = stored(70, 8);
    let mut files = [(false, false), (false, true), (true, false), (true, true)]
        .map(|(graph, owners)| file_of(&rows, graph, owners));
    // One graph whose rows are compared when they are first used, and one whose rows are not.
    let [.., (bytes, shape)] = &mut files;
    add_row_digests(bytes, shape);
    let path = std::env::temp_dir().join(format!("clawkeep-fuzz-{}", std::process::id()));
    let mut options = OpenOptions::new();
    let file = options
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .open(&path);
    let file = file.expect("a temporary file");
    std::fs::remove_file(&path).expect("its name is not needed");
    Mutex::new(Ground { rows, files, file })
});

fuzz_target!(|data: &[u8]| {
    let Some((&[kind, how], rest)) = data.split_first_chunk::<2>() else {
        return;
    };
    if kind & 4 != 0 {
        return numbers(rest);
    }
    let ground = GROUND
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    let (whole, shape) = &ground.files[usize::from(kind & 3)];
    let (mut bytes, mut shape) = (whole.clone(), shape.clone());
    let (changes, _) = rest.as_chunks::<7>();
    for [place, low, high, value @ ..] in changes {
        let at = usize::from(u16::from_le_bytes([*low, *high])) * 4;
        let value = u32::from_le_bytes(*value);
        match place {
            0 => shape.vectors = value as usize,
            1 => shape.chunks = value as usize,
            2 => shape.dimensions = value as usize,
            3 => resize(&mut shape, at, value),
            4 => entry(&mut shape, value, at),
            _ => {
                let at = at % (bytes.len() - 4);
                bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
            }
        }
    }
    let inside = sections_of(&mut shape).iter().all(|section| {
        section
            .offset
            .checked_add(section.length)
            .is_some_and(|end| end <= bytes.len())
    });
    if inside {
        seal(&mut shape, &mut bytes);
    }
    ground.file.set_len(0).expect("empty");
    ground.file.write_all_at(&bytes, 0).expect("written");
    shape.file_length = bytes.len() as u64;
    let kernels = available();
    let kernel = kernels[usize::from(how >> 3) % kernels.len()];
    let wish = if how & 1 == 0 { Wish::Copy } else { Wish::Map };
    let file = ground.file.try_clone().expect("a descriptor");
    let Ok(mut opened) = Opened::open(file, &shape, kernel, wish) else {
        return;
    };
    if how & 2 != 0 {
        ground.file.set_len(u64::from(how) * 64).expect("cut");
    }
    let filter = [0x5555_5555; 3];
    let asks = [
        Ask::default(),
        Ask {
            ef: Some(8),
            ..Ask::default()
        },
        Ask {
            ef: Some(5),
            filter: Some(&filter),
            ..Ask::default()
        },
    ];
    for (row, ask) in [3, 40]
        .into_iter()
        .flat_map(|row| asks.map(|ask| (row, ask)))
    {
        let query = &ground.rows.vectors[row * 8..row * 8 + 8];
        let (mut ids, mut scores) = ([0; 6], [0.0; 6]);
        if let Ok(count) = opened.search(query, ask, &mut ids, &mut scores) {
            for (id, score) in ids.iter().zip(scores).take(count) {
                assert!((*id as usize) < shape.chunks && score.is_finite());
            }
        }
        let _ = opened.scores_of(query, &[0, 5, u32::MAX - 1], &mut scores[..3]);
    }
});

fn resize(shape: &mut Shape, which: usize, value: u32) {
    let mut sections = sections_of(shape);
    let index = which / 4 % sections.len();
    if which & 8 == 0 {
        sections[index].offset = value as usize;
    } else {
        sections[index].length = value as usize;
    }
}

fn entry(shape: &mut Shape, value: u32, level: usize) {
    if let Some(graph) = &mut shape.graph {
        graph.entry = value;
        graph.entry_level = level / 4;
    }
}

/// What is no shape is refused, and what is one is held against a file.
fn numbers(data: &[u8]) {
    let (numbers, digests) = data.split_at(data.len().min(41 * 4));
    let (words, _) = numbers.as_chunks::<4>();
    let numbers: Vec<f64> = words
        .iter()
        .map(|&word| f64::from(u32::from_le_bytes(word)))
        .collect();
    if let Some(shape) = shape::read(&numbers, digests) {
        let ground = GROUND
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        let file = ground.file.try_clone().expect("a descriptor");
        let _ = Opened::open(file, &shape, available()[0], Wish::Map);
    }
}
