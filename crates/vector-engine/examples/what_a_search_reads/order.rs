//! Orders of rows by locality in the base graph.

use std::collections::VecDeque;

use crate::index::Index;

/// Breadth first from the entry, along the links.
pub fn breadth_first(index: &Index) -> Vec<u32> {
    let links: Vec<Vec<u32>> = (0..index.rows())
        .map(|row| index.links(row).collect())
        .collect();
    let starts = std::iter::once(index.entry).chain(0..index.rows() as u32);
    spread(&links, starts)
}

/// Reverse Cuthill and McKee: breadth first from rows of few neighbours, links taken both ways, rows of few
/// neighbours first, and the whole order turned round.
pub fn reverse_cuthill_mckee(index: &Index) -> Vec<u32> {
    let mut links: Vec<Vec<u32>> = (0..index.rows())
        .map(|row| index.links(row).collect())
        .collect();
    for row in 0..index.rows() {
        for link in index.links(row) {
            links[link as usize].push(row as u32);
        }
    }
    for row in &mut links {
        row.sort_unstable();
        row.dedup();
    }
    let degrees: Vec<usize> = links.iter().map(Vec::len).collect();
    for row in &mut links {
        row.sort_by_key(|&link| degrees[link as usize]);
    }
    let mut starts: Vec<u32> = (0..index.rows() as u32).collect();
    starts.sort_by_key(|&row| degrees[row as usize]);
    let mut order = spread(&links, starts.into_iter());
    order.reverse();
    order
}

fn spread(links: &[Vec<u32>], starts: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut seen = vec![false; links.len()];
    let mut order = Vec::with_capacity(links.len());
    for start in starts {
        let mut waiting = VecDeque::from([start]);
        while let Some(row) = waiting.pop_front() {
            if std::mem::replace(&mut seen[row as usize], true) {
                continue;
            }
            order.push(row);
            waiting.extend(
                links[row as usize]
                    .iter()
                    .filter(|&&link| !seen[link as usize]),
            );
        }
    }
    order
}
