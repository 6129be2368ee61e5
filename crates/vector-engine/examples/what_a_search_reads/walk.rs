//! The walk of the engine (`graph/walk.rs`), over keys of any kind.

use clawkeep_vector_engine::candidates::{Candidates, rank};
use clawkeep_vector_engine::graph::{BASE_DEGREE, Graph};
use clawkeep_vector_engine::visited::Visited;

/// Neighbours that are looked at together.
pub struct Near {
    pub ids: [u32; BASE_DEGREE],
    /// Where each stands in the row of links.
    pub places: [u8; BASE_DEGREE],
    pub keys: [i64; BASE_DEGREE],
    pub count: usize,
}

/// What keys are computed from, for one query. Larger keys are nearer.
pub trait Metric {
    /// Writes the keys of the first `near.count` ids.
    fn keys(&self, near: &mut Near);

    /// As `keys`, for new neighbours of `from`. May leave out those that do not get above `floor`.
    #[inline(always)]
    fn neighbours(&self, _from: u32, _floor: i64, near: &mut Near) {
        self.keys(near);
    }

    /// Asks for the links of a row that is likely to be expanded soon.
    #[inline(always)]
    fn ask_links(&self, graph: &Graph<'_>, id: u32) {
        graph.prefetch(id);
    }

    /// Asks for what the neighbours of the row that is likely next will need.
    #[inline(always)]
    fn ask_neighbours(&self, _graph: &Graph<'_>, _visited: &Visited, _next: u32, _near: &Near) {}
}

/// Memory of a walk, kept for the next one, and how many rows were looked at.
#[derive(Default)]
pub struct Memory {
    pub found: Candidates,
    pub visited: Visited,
    pub looked_at: usize,
    /// Without those that the metric left out.
    pub read: usize,
}

/// Fills `memory.found` with the `ef` best rows that are reached.
#[inline(always)]
pub fn walk(metric: &impl Metric, graph: &Graph<'_>, memory: &mut Memory, ef: usize) {
    let Memory {
        found,
        visited,
        looked_at,
        read,
    } = memory;
    let mut near = Near {
        ids: [graph.entry; BASE_DEGREE],
        places: [0; BASE_DEGREE],
        keys: [0; BASE_DEGREE],
        count: 1,
    };
    metric.keys(&mut near);
    let mut at = (near.keys[0], graph.entry);
    for level in (1..=graph.entry_level).rev() {
        loop {
            let links = graph.links(at.1, level).expect("a sound graph");
            (near.ids, near.count) = (links.ids, links.count);
            metric.keys(&mut near);
            *looked_at += near.count;
            *read += near.count;
            let from = at.1;
            for (&id, &key) in near.ids[..near.count].iter().zip(&near.keys) {
                if rank(key, id) > rank(at.0, at.1) {
                    at = (key, id);
                }
            }
            if at.1 == from {
                break;
            }
        }
    }
    found.reset(ef);
    visited.reset(graph.vectors());
    visited.add(at.1);
    found.insert(at.0, at.1);
    while let Some(from) = found.expand_next() {
        let links = graph.links(from, 0).expect("a sound graph");
        near.count = 0;
        for (place, &id) in links.ids[..links.count].iter().enumerate() {
            // Written whether it is new or not: no branch to guess.
            near.ids[near.count] = id;
            near.places[near.count] = place as u8;
            near.count += usize::from(visited.add(id));
        }
        *looked_at += near.count;
        if let Some(next) = found.likely_next() {
            metric.ask_links(graph, next);
            metric.ask_neighbours(graph, visited, next, &near);
        }
        let floor = match found.floor() {
            i128::MIN => i64::MIN,
            floor => (floor >> 33) as i64,
        };
        metric.neighbours(from, floor, &mut near);
        *read += near.count;
        for (&id, &key) in near.ids[..near.count].iter().zip(&near.keys) {
            let leads = rank(key, id) > found.floor() && found.insert(key, id);
            if leads {
                metric.ask_links(graph, id);
            }
        }
    }
}
