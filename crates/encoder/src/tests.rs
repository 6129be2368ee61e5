//! Each stage of each kernel against plain arithmetic.

use crate::kernel::available;
use crate::memory::{Aligned, Shared};
use crate::product::{Codes, Linear, Target};
use crate::rows::Norm;
use crate::{HIDDEN, INNER, LANES};

/// Numbers that no one chose, between −1 and 1.
fn numbers(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 8_388_608.0 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

/// Weights as they come: one row an input; and the same packed.
fn linear(inputs: usize, outputs: usize) -> (Vec<i8>, Linear) {
    let plain: Vec<i8> = numbers(inputs * outputs, 5)
        .iter()
        .map(|x| (x * 64.0).round() as i8)
        .collect();
    let mut linear = Linear {
        inputs,
        outputs,
        weights: Aligned::zeros(inputs * outputs),
        scales: Aligned::zeros(outputs),
        biases: Aligned::zeros(outputs),
        columns: Aligned::zeros(outputs),
    };
    for output in 0..outputs {
        linear.scales[output] = 0.001 + output as f32 * 1e-5;
        linear.biases[output] = output as f32 * 0.01 - 0.3;
        for input in 0..inputs {
            let weight = plain[input * outputs + output];
            let line = (output / LANES * (inputs / 4) + input / 4) * 64;
            linear.weights[line + output % LANES * 4 + input % 4] = weight;
            linear.columns[output] += i32::from(weight);
        }
    }
    (plain, linear)
}

#[test]
fn products_are_exact_for_any_number_of_rows() {
    let (inputs, outputs) = (128, 96);
    let (plain, linear) = linear(inputs, outputs);
    for rows in 0..20 {
        let codes: Vec<u8> = numbers(rows * inputs, 9)
            .iter()
            .map(|x| (x * 127.0 + 128.0) as u8)
            .collect();
        let scales: Vec<f32> = (0..rows).map(|row| 0.01 + row as f32 * 0.001).collect();
        let zeros: Vec<i32> = (0..rows).map(|row| row as i32 * 13 % 256).collect();
        for kernel in available() {
            let mut found = vec![0.0; rows * outputs];
            let target = Target {
                numbers: Shared::new(&mut found),
                strip: LANES,
                row: outputs,
            };
            let all = Codes {
                codes: &codes,
                scales: &scales,
                zeros: &zeros,
            };
            for strips in [3..6, 0..3] {
                // SAFETY: nobody else has the target; here and below.
                unsafe { kernel.product(all, &linear, target, strips) };
            }
            for (at, &value) in found.iter().enumerate() {
                let (row, output) = (at / outputs, at % outputs);
                let exact: i32 = (0..inputs)
                    .map(|input| {
                        let code = i32::from(codes[row * inputs + input]) - zeros[row];
                        code * i32::from(plain[input * outputs + output])
                    })
                    .sum();
                let scaled = exact as f32 * scales[row];
                assert_eq!(
                    value,
                    scaled.mul_add(linear.scales[output], linear.biases[output]),
                    "{}",
                    kernel.name
                );
            }
        }
    }
}

#[test]
fn the_largest_products_do_not_saturate() {
    let (_, mut linear) = linear(INNER, 48);
    linear.weights.fill(64);
    linear.columns.fill(64 * INNER as i32);
    linear.scales.fill(1.0);
    linear.biases.fill(0.0);
    let codes = vec![255; INNER];
    for kernel in available() {
        let mut found = [0.0; 48];
        let target = Target {
            numbers: Shared::new(&mut found),
            strip: LANES,
            row: 48,
        };
        let codes = Codes {
            codes: &codes,
            scales: &[1.0],
            zeros: &[0],
        };
        // SAFETY: as above.
        unsafe { kernel.product(codes, &linear, target, 0..3) };
        assert_eq!(found, [(255 * 64 * INNER) as f32; 48], "{}", kernel.name);
    }
}

/// `x · Φ(x)` by Simpson's rule over the density.
fn gelu(x: f64) -> f64 {
    let steps = 2000;
    let width = x / f64::from(steps);
    let density = |at: f64| (-at * at / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let inner: f64 = (1..steps)
        .map(|step| density(f64::from(step) * width) * if step % 2 == 1 { 4.0 } else { 2.0 })
        .sum();
    x * (0.5 + (density(0.0) + inner + density(x)) * width / 3.0)
}

#[test]
fn gelu_is_near_the_real_one() {
    let (_, mut linear) = linear(4, 48);
    linear.weights.fill(0);
    linear.columns.fill(0);
    for start in -24..24 {
        for column in 0..48 {
            linear.biases[column] = start as f32 * 0.5 + column as f32 / 96.0;
        }
        for kernel in available() {
            let mut found = [0.0; 48];
            let target = Target {
                numbers: Shared::new(&mut found),
                strip: LANES,
                row: 48,
            };
            let codes = Codes {
                codes: &[0; 4],
                scales: &[1.0],
                zeros: &[0],
            };
            // SAFETY: as above.
            unsafe { kernel.product_gelu(codes, &linear, target, 0..3) };
            for (column, &value) in found.iter().enumerate() {
                let x = f64::from(linear.biases[column]);
                let room = if x.abs() < 3.9 {
                    1.2e-5
                } else {
                    6e-5 * x.abs()
                };
                assert!(
                    (f64::from(value) - gelu(x)).abs() < room,
                    "{} at {x}",
                    kernel.name
                );
            }
        }
    }
}

#[test]
fn codes_are_off_by_at_most_half_a_step_and_one_of_the_zero() {
    for (seed, (low, high)) in [
        (-1.0, 1.0),
        (0.0, 8.0),
        (-3.0, 0.0),
        (2.0, 5.0),
        (-0.17, 6.0),
    ]
    .into_iter()
    .enumerate()
    {
        let row: Vec<f32> = numbers(INNER, seed as u32)
            .iter()
            .map(|x| low + (high - low) * (x + 1.0) / 2.0)
            .collect();
        for kernel in available() {
            let mut codes = vec![0; INNER];
            let (scale, zero) = kernel.quantise(&row, &mut codes);
            for (&code, &value) in codes.iter().zip(&row) {
                let back = (i32::from(code) - zero) as f32 * scale;
                assert!(
                    (back - value).abs() <= scale * 1.001,
                    "{} {value} {back}",
                    kernel.name
                );
            }
        }
    }
}

#[test]
fn a_row_of_zeros_and_one_without_sense_have_codes_too() {
    for kernel in available() {
        let mut codes = vec![7; HIDDEN];
        assert_eq!(kernel.quantise(&[0.0; HIDDEN], &mut codes), (0.0, 0));
        assert_eq!(codes, [0; HIDDEN]);
        for wild in [f32::NAN, f32::INFINITY, f32::MIN] {
            kernel.quantise(&[wild; HIDDEN], &mut codes);
        }
    }
}

#[test]
fn a_normalised_row_has_mean_zero_and_deviation_one() {
    let [state, other, terms] = [1, 2, 3].map(|seed| numbers(HIDDEN, seed));
    for kernel in available() {
        let mut found = state.clone();
        kernel.normalise(
            &mut found,
            &other,
            Norm {
                factors: &[1.0; HIDDEN],
                terms: &terms,
            },
        );
        let plain: Vec<f64> = found
            .iter()
            .zip(&terms)
            .map(|(x, term)| f64::from(x - term))
            .collect();
        let mean = plain.iter().sum::<f64>() / HIDDEN as f64;
        let variance = plain.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / HIDDEN as f64;
        assert!(
            mean.abs() < 1e-6 && (variance - 1.0).abs() < 1e-5,
            "{}",
            kernel.name
        );
    }
}

#[test]
fn attention_is_near_the_real_one() {
    use crate::attention::Room;
    use crate::{HEAD, HEADS};
    for (rows, first, count) in [(1, 0, 1), (20, 3, 17), (50, 0, 50)] {
        let parts: Vec<f32> = numbers(rows * HIDDEN * 3, 4)
            .iter()
            .map(|x| x * 3.0)
            .collect();
        let at = |which: usize, head: usize, row: usize, d: usize| {
            let strip = which * HIDDEN / LANES + head * 2 + d / LANES;
            f64::from(parts[(strip * rows + first + row) * LANES + d % LANES])
        };
        for kernel in available() {
            let mut found = vec![0.0; count * HIDDEN];
            let mut room = Room::new();
            for heads in [5..HEADS, 0..5] {
                let target = Shared::new(&mut found);
                // SAFETY: as above.
                unsafe { kernel.attend(&parts, rows, first, &mut room, target, heads) };
            }
            for head in 0..HEADS {
                for query in 0..count {
                    let weights: Vec<f64> = (0..count)
                        .map(|key| {
                            (0..HEAD)
                                .map(|d| at(0, head, query, d) * at(1, head, key, d))
                                .sum::<f64>()
                                .exp2()
                        })
                        .collect();
                    let sum: f64 = weights.iter().sum();
                    for d in 0..HEAD {
                        let expected: f64 = weights
                            .iter()
                            .enumerate()
                            .map(|(key, w)| w * at(2, head, key, d))
                            .sum();
                        let value = f64::from(found[query * HIDDEN + head * HEAD + d]);
                        // A thousandth of what values are apart.
                        assert!(
                            (value - expected / sum).abs() < 6e-3,
                            "{} {value}",
                            kernel.name
                        );
                    }
                }
            }
        }
    }
}
