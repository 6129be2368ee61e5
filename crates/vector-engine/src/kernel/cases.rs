//! What every kernel must do: numbers are compared exactly, not nearly.

use super::{Base, Codes, Halves, Kernel, available};
use crate::column::Column;
use crate::half::from_half;
use crate::quantise::{quantise, round_to_halves};
use crate::testing::Random;

fn each(check: impl Fn(&'static Kernel)) {
    for kernel in available() {
        println!("kernel {}", kernel.name);
        check(kernel);
    }
}

fn base(codes: &[i8]) -> Base {
    Base {
        codes: codes.as_ptr(),
        sum: codes.iter().map(|&code| i32::from(code)).sum(),
    }
}

#[test]
fn products_are_exact_whatever_the_bytes_are() {
    each(|kernel| {
        let mut random = Random(3);
        for stride in [64, 128, 384, 448, 4096] {
            for rows in [1usize, 2, 3, 4, 5, 8, 31] {
                let bytes: Vec<i8> = (0..rows * stride)
                    .map(|_| (random.word() >> 24) as u8 as i8)
                    .collect();
                let query: Vec<i8> = (0..stride)
                    .map(|_| (random.word() >> 24) as u8 as i8)
                    .collect();
                let codes = Codes::new(Column::of(&bytes), stride, rows).expect("all rows");
                let expected: Vec<i32> = bytes
                    .chunks(stride)
                    .map(|row| {
                        row.iter()
                            .zip(&query)
                            .map(|(a, b)| i32::from(*a) * i32::from(*b))
                            .sum()
                    })
                    .collect();
                let mut found = vec![0; rows];
                // SAFETY: the query has as many codes as a row.
                unsafe { kernel.scan(base(&query), codes, 0, &mut found) };
                assert_eq!(found, expected);
                let ids: Vec<u32> = (0..rows as u32).rev().collect();
                // SAFETY: as above.
                unsafe { kernel.gather(base(&query), codes, &ids, &mut found) };
                found.reverse();
                assert_eq!(found, expected);
            }
        }
    });
}

#[test]
fn the_largest_products_do_not_saturate() {
    each(|kernel| {
        for (left, right) in [(-128, -128), (-128, 127), (127, -128), (127, 127)] {
            let bytes = vec![right; 4096 * 5];
            let codes = Codes::new(Column::of(&bytes), 4096, 5).expect("all rows");
            let mut found = [0; 5];
            // SAFETY: the query has as many codes as a row.
            unsafe { kernel.scan(base(&[left; 4096]), codes, 0, &mut found) };
            assert_eq!(found, [i32::from(left) * i32::from(right) * 4096; 5]);
        }
    });
}

#[test]
fn scores_are_sums_in_four_lanes_whatever_the_bits_are() {
    each(|kernel| {
        let mut random = Random(9);
        // With the mask no half has all bits of its exponent set, which has a way of its own.
        for (length, mask) in [4usize, 8, 60, 384, 1024]
            .into_iter()
            .flat_map(|length| [(length, 0xffff), (length, 0xbfff)])
        {
            let stride = length.next_multiple_of(32);
            let halves: Vec<u16> = (0..stride * 9)
                .map(|_| (random.word() >> 16) as u16 & mask)
                .collect();
            let query: Vec<f64> = (0..length)
                .map(|_| f64::from(random.unit() as f32))
                .collect();
            let rows = Halves::new(Column::of(&halves), stride, 9).expect("all rows");
            let all = [8, 0, 3, 3, 7, 1, 2, 5, 6, 4, 8, 0, 1];
            let ids = &all[..1 + length % all.len()];
            let mut scores = [0.0; 13];
            kernel.rescore(&query, rows, ids, &mut scores);
            for (id, score) in ids.iter().zip(scores) {
                let mut lanes = [0.0; 4];
                for (index, value) in query.iter().enumerate() {
                    let half = halves[*id as usize * stride + index];
                    lanes[index % 4] += value * f64::from(from_half(half));
                }
                assert_eq!(score, (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]));
            }
        }
    });
}

#[test]
fn rows_are_encoded_as_by_plain_loops() {
    each(|kernel| {
        let mut random = Random(31);
        for length in [1usize, 7, 8, 60, 384] {
            for scale in [1.0, 1e-4, 1e-7] {
                let row: Vec<f32> = (0..length)
                    .map(|_| ((random.unit() - 0.5) * scale) as f32)
                    .collect();
                let (mut halves, mut codes) = (vec![0; length], vec![0; length]);
                let weight = kernel.encode(&row, &mut halves, &mut codes);
                let (mut expected, mut expected_codes) = (vec![0; length], vec![0; length]);
                round_to_halves(&row, &mut expected);
                assert_eq!(weight, quantise(&expected, &mut expected_codes));
                assert_eq!((halves, codes), (expected, expected_codes));
            }
        }
    });
}

#[test]
#[should_panic]
fn a_row_that_is_not_there_is_no_row() {
    let bytes = [0; 128];
    let codes = Codes::new(Column::of(&bytes), 64, 2).expect("all rows");
    let kernel = available()[0];
    // SAFETY: the query has as many codes as a row.
    unsafe { kernel.gather(base(&[0; 64]), codes, &[2], &mut [0]) };
}
