//! The packaged model by every kernel that this machine runs.

use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use clawkeep_encoder::encoder::Encoder;
use clawkeep_encoder::fault::Fault;
use clawkeep_encoder::kernel::{Kernel, available};
use clawkeep_encoder::weights::Weights;
use clawkeep_encoder::{HIDDEN, TOKENS};

fn files() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../packages/model-minilm/files")
}

fn graph() -> Vec<u8> {
    std::fs::read(files().join("model.onnx")).expect("the packaged graph")
}

fn data() -> File {
    File::open(files().join("model.onnx.data")).expect("the packaged weights")
}

static WEIGHTS: LazyLock<Arc<Weights>> =
    LazyLock::new(|| Arc::new(Weights::read(&graph(), data()).expect("the packaged model")));

/// Ids that no one chose: a text of each length.
fn text(length: usize) -> Vec<i32> {
    let mut state = length as u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as i32 % 29_000 + 1000
    };
    let mut ids: Vec<i32> = (0..length).map(|_| next()).collect();
    ids[0] = 101;
    if length > 1 {
        ids[length - 1] = 102;
    }
    ids
}

fn encode(kernel: &'static Kernel, texts: &[&[i32]]) -> Vec<Vec<u32>> {
    let mut encoder = Encoder::new(WEIGHTS.clone(), kernel);
    let lengths: Vec<u32> = texts.iter().map(|ids| ids.len() as u32).collect();
    let mut vectors = vec![0.0; texts.len() * HIDDEN];
    encoder
        .encode(&texts.concat(), &lengths, &mut vectors)
        .expect("vectors");
    vectors
        .chunks_exact(HIDDEN)
        .map(|row| row.iter().map(|value| value.to_bits()).collect())
        .collect()
}

#[test]
fn every_kernel_gives_the_same_bits() {
    let [fastest, others @ ..] = &available()[..] else {
        unreachable!("scalar is always there")
    };
    for length in [1, 2, 5, 15, 16, 17, 40, 65, 180, TOKENS] {
        let ids = text(length);
        let expected = encode(fastest, &[&ids]);
        for kernel in others {
            // Software computes its fused products one by one.
            if length < 20 || kernel.name != "scalar" {
                assert_eq!(
                    encode(kernel, &[&ids]),
                    expected,
                    "{} of {length}",
                    kernel.name
                );
            }
        }
    }
}

#[test]
fn company_and_order_change_nothing() {
    let kernel = available()[0];
    let texts: Vec<Vec<i32>> = [7, 1, 64, 100, 15, 256, 3, 33, 90].map(text).to_vec();
    let alone: Vec<Vec<u32>> = texts
        .iter()
        .flat_map(|ids| encode(kernel, &[ids]))
        .collect();
    let together: Vec<&[i32]> = texts.iter().map(Vec::as_slice).collect();
    assert_eq!(encode(kernel, &together), alone);
    let back: Vec<&[i32]> = together.iter().rev().copied().collect();
    assert_eq!(
        encode(kernel, &back),
        alone.iter().rev().cloned().collect::<Vec<_>>()
    );
}

#[test]
fn what_an_encoder_did_before_changes_nothing() {
    let mut encoder = Encoder::new(WEIGHTS.clone(), available()[0]);
    let (mut first, mut again) = (vec![0.0; HIDDEN], vec![0.0; HIDDEN]);
    encoder
        .encode(&text(31), &[31], &mut first)
        .expect("a vector");
    encoder
        .encode(&text(256), &[256], &mut again)
        .expect("a vector");
    encoder
        .encode(&text(31), &[31], &mut again)
        .expect("a vector");
    assert_eq!(first, again);
}

#[test]
fn threads_change_nothing() {
    let kernel = available()[0];
    let expected = encode(kernel, &[&text(50)]);
    let threads: Vec<_> = (0..4)
        .map(|_| std::thread::spawn(move || encode(kernel, &[&text(50)])))
        .collect();
    for thread in threads {
        assert_eq!(thread.join().expect("a thread"), expected);
    }
}

#[test]
fn vectors_have_length_one() {
    for length in [1, 9, 256] {
        let vector = encode(available()[0], &[&text(length)]).remove(0);
        let squares: f32 = vector
            .iter()
            .map(|&bits| f32::from_bits(bits).powi(2))
            .sum();
        assert!((squares - 1.0).abs() < 1e-5);
    }
}

#[test]
fn what_is_no_text_is_refused() {
    let mut encoder = Encoder::new(WEIGHTS.clone(), available()[0]);
    let mut one = vec![0.0; HIDDEN];
    let words = WEIGHTS.words() as i32;
    let long = text(TOKENS + 1);
    let cases: [(&[i32], &[u32]); 6] = [
        (&[], &[0]),
        (&[101, -1], &[2]),
        (&[101, words], &[2]),
        (&[101, 102], &[1]),
        (&[101, 102], &[3]),
        (&long, &[TOKENS as u32 + 1]),
    ];
    for (ids, lengths) in cases {
        assert_eq!(encoder.encode(ids, lengths, &mut one), Err(Fault::Ids));
    }
    assert_eq!(
        encoder.encode(&[101], &[1], &mut one[1..]),
        Err(Fault::Room)
    );
    assert_eq!(encoder.encode(&[], &[], &mut []), Ok(()));
}

#[test]
fn a_graph_cut_short_anywhere_is_refused() {
    let graph = graph();
    for length in (0..graph.len()).step_by(2999).chain([graph.len() - 1]) {
        assert!(Weights::read(&graph[..length], data()).is_err(), "{length}");
    }
}

#[test]
fn a_damaged_graph_is_refused_or_read_but_never_a_crash() {
    let mut graph = graph();
    for at in (0..graph.len()).step_by(1789) {
        let before = graph[at];
        graph[at] = before.wrapping_add(0x55);
        let _ = Weights::read(&graph, data());
        graph[at] = before;
    }
}

#[test]
fn weights_cut_short_or_out_of_range_are_refused() {
    let bytes = std::fs::read(files().join("model.onnx.data")).expect("the packaged weights");
    let path = std::env::temp_dir().join(format!("clawkeep-encoder-{}", std::process::id()));
    std::fs::write(&path, &bytes[..bytes.len() / 2]).expect("a file");
    assert!(Weights::read(&graph(), File::open(&path).expect("a file")).is_err());
    // Beyond what the sums of AVX2 hold.
    std::fs::write(&path, vec![127; bytes.len()]).expect("a file");
    let wild = Weights::read(&graph(), File::open(&path).expect("a file"));
    assert_eq!(wild.err(), Some(Fault::Weight));
    std::fs::remove_file(&path).expect("a file");
}
