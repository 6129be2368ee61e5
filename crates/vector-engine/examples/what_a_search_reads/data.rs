//! The stress set of `benchmarks/src/synthetic`, with the same generator and seed. Logarithm, sine and
//! cosine of another C library may differ in the last bit, which few values keep after rounding to f32.

pub const DIMENSIONS: usize = 384;
const SEED: u32 = 20_261_121;

/// What fixes a set of vectors, beside the seed.
struct Clusters {
    name: &'static str,
    centres: usize,
    directions: usize,
    spread: f64,
    efs: [usize; 6],
}

/// The stress set, and one without clusters: all rows around one centre, most of each in 32 directions, so
/// that the nearest rows are hardly nearer than the next hundred.
const SETS: [Clusters; 2] = [
    Clusters {
        name: "stress",
        centres: 1500,
        directions: 48,
        spread: 0.7,
        efs: [12, 16, 24, 32, 48, 64],
    },
    Clusters {
        name: "one-cluster",
        centres: 1,
        directions: 32,
        spread: 2.0,
        efs: [48, 64, 96, 128, 200, 300],
    },
];

/// Rows to search, and queries that are none of them.
pub struct Set {
    pub vectors: Vec<f32>,
    pub queries: Vec<f32>,
    /// Sizes of the list of candidates that are worth measuring.
    pub efs: [usize; 6],
}

impl Set {
    /// The set of a name; else of a file of unit vectors, as f32 in the order of the machine: some of them,
    /// spread evenly, are the queries. All are rotated at random, because real vectors have axes.
    pub fn of(name: &str, rows: usize, queries: usize) -> Self {
        if let Some(clusters) = SETS.iter().find(|clusters| clusters.name == name) {
            return Self {
                vectors: clustered_vectors(clusters, rows, 0),
                queries: clustered_vectors(clusters, queries, 1),
                efs: clusters.efs,
            };
        }
        let bytes = std::fs::read(name).expect("stress, one-cluster, or a file of vectors");
        let values = bytes
            .as_chunks::<4>()
            .0
            .iter()
            .map(|&value| f32::from_ne_bytes(value));
        let values: Vec<f32> = values.collect();
        let values = rotated(&values);
        let every = values.len() / DIMENSIONS / queries;
        let mut set = Self {
            vectors: Vec::new(),
            queries: Vec::new(),
            efs: [10, 12, 16, 24, 32, 48],
        };
        for (index, row) in values.chunks_exact(DIMENSIONS).enumerate() {
            if index % every == 0 && set.queries.len() < queries * DIMENSIONS {
                set.queries.extend(row);
            } else if set.vectors.len() < rows * DIMENSIONS {
                set.vectors.extend(row);
            }
        }
        set
    }
}

/// The rows turned at random, all in the same way: by a matrix of normal values made orthogonal (Gram and
/// Schmidt).
fn rotated(values: &[f32]) -> Vec<f32> {
    let mut turn: Vec<Vec<f64>> = Vec::with_capacity(DIMENSIONS);
    let mut random = Random::new(SEED);
    for _ in 0..DIMENSIONS {
        let mut row = random.unit_rows(1);
        for other in &turn {
            let along: f64 = row.iter().zip(other).map(|(a, b)| a * b).sum();
            row.iter_mut()
                .zip(other)
                .for_each(|(value, part)| *value -= along * part);
        }
        normalise(&mut row);
        turn.push(row);
    }
    let turn: Vec<Vec<f32>> = turn
        .iter()
        .map(|row| row.iter().map(|&value| value as f32).collect())
        .collect();
    let turned = |row: &[f32]| {
        let mut turned: Vec<f32> = turn.iter().map(|axis| product(axis, row)).collect();
        let length = product(&turned, &turned).sqrt();
        turned.iter_mut().for_each(|value| *value /= length);
        turned
    };
    values.chunks_exact(DIMENSIONS).flat_map(turned).collect()
}

/// Mulberry32 (Tommy Ettinger, public domain), and Box and Muller's transform.
struct Random {
    state: u32,
    spare: Option<f64>,
}

impl Random {
    fn new(seed: u32) -> Self {
        Self {
            state: seed,
            spare: None,
        }
    }

    fn uniform(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x6d2b_79f5);
        let state = self.state;
        let mut mixed = (state ^ (state >> 15)).wrapping_mul(state | 1);
        mixed ^= mixed.wrapping_add((mixed ^ (mixed >> 7)).wrapping_mul(mixed | 61));
        f64::from(mixed ^ (mixed >> 14)) / 4_294_967_296.0
    }

    fn normal(&mut self) -> f64 {
        if let Some(value) = self.spare.take() {
            return value;
        }
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        let angle = 2.0 * std::f64::consts::PI * self.uniform();
        self.spare = Some(radius * angle.sin());
        radius * angle.cos()
    }

    fn unit_rows(&mut self, rows: usize) -> Vec<f64> {
        let mut values: Vec<f64> = (0..rows * DIMENSIONS).map(|_| self.normal()).collect();
        values.chunks_exact_mut(DIMENSIONS).for_each(normalise);
        values
    }
}

fn normalise(row: &mut [f64]) {
    let length = row.iter().map(|value| value * value).sum::<f64>().sqrt();
    row.iter_mut().for_each(|value| *value /= length);
}

/// Unit vectors, row after row: of stream 0 for the index, of stream 1 for the queries.
fn clustered_vectors(clusters: &Clusters, rows: usize, stream: u32) -> Vec<f32> {
    let mut fixed = Random::new(SEED);
    let centres = fixed.unit_rows(clusters.centres);
    let basis = fixed.unit_rows(clusters.directions);
    let mut random = Random::new(SEED + 7919 * (stream + 1));
    let scale = clusters.spread / (clusters.directions as f64).sqrt();
    let mut vectors = Vec::with_capacity(rows * DIMENSIONS);
    for _ in 0..rows {
        let start = (random.uniform() * clusters.centres as f64) as usize * DIMENSIONS;
        let mut row = centres[start..start + DIMENSIONS].to_vec();
        for direction in basis.chunks_exact(DIMENSIONS) {
            let weight = scale * random.normal();
            for (value, part) in row.iter_mut().zip(direction) {
                *value += weight * part;
            }
        }
        normalise(&mut row);
        vectors.extend(row.iter().map(|&value| value as f32));
    }
    vectors
}

/// The ten rows nearest to each query, by products of f32.
pub fn nearest(vectors: &[f32], queries: &[f32]) -> Vec<u32> {
    const TILE: usize = 64;
    let queries: Vec<&[f32]> = queries.chunks_exact(DIMENSIONS).collect();
    let mut best = vec![Vec::<(f32, u32)>::new(); queries.len()];
    for (tile, rows) in vectors.chunks(TILE * DIMENSIONS).enumerate() {
        for (query, best) in queries.iter().zip(&mut best) {
            for (index, row) in rows.chunks_exact(DIMENSIONS).enumerate() {
                let score = product(query, row);
                if best.len() < 10 || score > best[9].0 {
                    let place = best.partition_point(|other| other.0 >= score);
                    best.insert(place, (score, (tile * TILE + index) as u32));
                    best.truncate(10);
                }
            }
        }
    }
    best.iter().flatten().map(|&(_, id)| id).collect()
}

fn product(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0f32; 16];
    for (a, b) in a.as_chunks::<16>().0.iter().zip(b.as_chunks::<16>().0) {
        for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += a * b;
        }
    }
    lanes.iter().sum()
}
