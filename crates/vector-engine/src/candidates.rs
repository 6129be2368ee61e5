//! The best candidates of a search.

/// The best candidates seen so far, at most `capacity`: larger keys first, equal keys by ascending id.
/// Kept sorted; inserting shifts, which for a few hundred entries is faster than a heap. Keys are exact
/// integers below 2^53, held as f64 as the portable engine holds them.
#[derive(Default)]
pub struct Candidates {
    entries: Vec<Candidate>,
    capacity: usize,
    /// No entry before this one is left to expand.
    next: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    pub key: f64,
    pub id: u32,
    expanded: bool,
}

impl Candidates {
    /// Empties the list and gives it another capacity. Allocates only to grow.
    pub fn reset(&mut self, capacity: usize) {
        self.entries.clear();
        self.entries.reserve(capacity + 1);
        self.capacity = capacity;
        self.next = 0;
    }

    pub fn entries(&self) -> &[Candidate] {
        &self.entries
    }

    /// A key below this cannot get in.
    #[inline]
    pub fn floor(&self) -> f64 {
        match self.entries.last() {
            Some(last) if self.entries.len() == self.capacity => last.key,
            _ => f64::NEG_INFINITY,
        }
    }

    /// Puts a candidate in its place, if it is among the best.
    #[inline]
    pub fn insert(&mut self, key: f64, id: u32) {
        let place = self
            .entries
            .partition_point(|entry| !before(key, id, entry.key, entry.id));
        if place >= self.capacity {
            return;
        }
        if self.entries.len() == self.capacity {
            self.entries.pop();
        }
        self.entries.insert(
            place,
            Candidate {
                key,
                id,
                expanded: false,
            },
        );
        self.next = self.next.min(place);
    }

    /// The best candidate that was not expanded yet, now marked.
    #[inline]
    pub fn expand_next(&mut self) -> Option<u32> {
        while let Some(entry) = self.entries.get_mut(self.next) {
            self.next += 1;
            if !entry.expanded {
                entry.expanded = true;
                return Some(entry.id);
            }
        }
        None
    }

    /// The candidate that would be expanded next, if the coming ones are all worse.
    #[inline]
    pub fn likely_next(&self) -> Option<u32> {
        self.entries
            .get(self.next..)?
            .iter()
            .find(|entry| !entry.expanded)
            .map(|entry| entry.id)
    }

    /// Keeps what `wanted` says, at most `most`.
    pub fn retain(&mut self, most: usize, mut wanted: impl FnMut(u32) -> bool) {
        let mut kept = 0;
        self.entries.retain(|entry| {
            let keep = kept < most && wanted(entry.id);
            kept += usize::from(keep);
            keep
        });
    }
}

/// The one order of candidates: larger key first, then smaller id.
#[inline]
pub fn before(key: f64, id: u32, other_key: f64, other_id: u32) -> bool {
    key > other_key || (key == other_key && id < other_id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    #[test]
    fn keeps_the_best_in_order() {
        let mut random = Random(7);
        for capacity in 1..12 {
            let mut list = Candidates::default();
            list.reset(capacity);
            let mut all: Vec<(f64, u32)> = Vec::new();
            for id in 0..40 {
                let key = f64::from(random.below(7)) - 3.0;
                list.insert(key, id);
                all.push((key, id));
            }
            all.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            all.truncate(capacity);
            let got: Vec<_> = list
                .entries()
                .iter()
                .map(|entry| (entry.key, entry.id))
                .collect();
            assert_eq!(got, all);
        }
    }

    #[test]
    fn expands_each_once_also_when_others_move_it() {
        let mut list = Candidates::default();
        list.reset(3);
        list.insert(5.0, 1);
        assert_eq!(list.expand_next(), Some(1));
        list.insert(9.0, 2);
        list.insert(1.0, 3);
        assert_eq!(list.expand_next(), Some(2));
        assert_eq!(list.expand_next(), Some(3));
        assert_eq!(list.expand_next(), None);
    }
}
