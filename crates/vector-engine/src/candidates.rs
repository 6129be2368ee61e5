//! The best candidates of a search.

/// The best candidates seen so far, at most `capacity`: larger keys first, equal keys by ascending id.
/// Kept sorted; inserting shifts, which for a few hundred entries is faster than a heap.
#[derive(Default)]
pub struct Candidates {
    /// Key, inverted id and whether it was expanded, from the top bits down: one comparison orders all
    /// three, and ids are unique, so the last bit never decides.
    entries: Vec<i128>,
    capacity: usize,
    /// No entry before this one is left to expand.
    next: usize,
}

/// One candidate, as its list holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub key: i64,
    pub id: u32,
}

const EXPANDED: i128 = 1;

/// What orders candidates: larger is better.
#[inline]
pub fn rank(key: i64, id: u32) -> i128 {
    (i128::from(key) << 33) | (i128::from(!id) << 1)
}

#[inline]
fn candidate(entry: i128) -> Candidate {
    Candidate {
        key: (entry >> 33) as i64,
        id: !((entry >> 1) as u32),
    }
}

impl Candidates {
    /// Empties the list and gives it another capacity. Allocates only to grow.
    pub fn reset(&mut self, capacity: usize) {
        self.entries.clear();
        self.entries.reserve(capacity + 1);
        self.capacity = capacity;
        self.next = 0;
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub fn best(&self) -> Option<Candidate> {
        self.entries.first().map(|&entry| candidate(entry))
    }

    pub fn iter(&self) -> impl Iterator<Item = Candidate> {
        self.entries.iter().map(|&entry| candidate(entry))
    }

    /// What does not rank above this cannot get in.
    #[inline]
    pub fn floor(&self) -> i128 {
        match self.entries.last() {
            Some(&last) if self.entries.len() == self.capacity => last,
            _ => i128::MIN,
        }
    }

    /// Puts a candidate in its place, if it is among the best. True when it will be expanded next,
    /// unless a better one comes.
    #[inline]
    pub fn insert(&mut self, key: i64, id: u32) -> bool {
        let entry = rank(key, id);
        let place = self.entries.partition_point(|&other| other > entry);
        if place >= self.capacity {
            return false;
        }
        if self.entries.len() == self.capacity {
            self.entries.pop();
        }
        self.entries.insert(place, entry);
        let leads = place <= self.next;
        self.next = self.next.min(place);
        leads
    }

    /// The best candidate that was not expanded yet, now marked.
    #[inline]
    pub fn expand_next(&mut self) -> Option<u32> {
        while let Some(entry) = self.entries.get_mut(self.next) {
            self.next += 1;
            if *entry & EXPANDED == 0 {
                *entry |= EXPANDED;
                return Some(candidate(*entry).id);
            }
        }
        None
    }

    /// The candidate that would be expanded next, if the coming ones are all worse.
    #[inline]
    pub fn likely_next(&self) -> Option<u32> {
        let entries = self.entries.get(self.next..)?;
        let next = entries.iter().find(|&&entry| entry & EXPANDED == 0)?;
        Some(candidate(*next).id)
    }

    /// Keeps what `wanted` says, at most `most`.
    pub fn retain(&mut self, most: usize, mut wanted: impl FnMut(u32) -> bool) {
        let mut kept = 0;
        self.entries.retain(|&entry| {
            let keep = kept < most && wanted(candidate(entry).id);
            kept += usize::from(keep);
            keep
        });
    }
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
            let mut all: Vec<(i64, u32)> = Vec::new();
            for id in [0, u32::MAX].into_iter().chain(2..40) {
                let key = i64::from(random.below(7)) - 3;
                let admitted = rank(key, id) > list.floor();
                list.insert(key, id);
                assert_eq!(list.iter().any(|each| each.id == id), admitted);
                all.push((key, id));
            }
            all.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
            all.truncate(capacity);
            let got: Vec<_> = list.iter().map(|each| (each.key, each.id)).collect();
            assert_eq!(got, all);
        }
    }

    #[test]
    fn holds_the_largest_and_the_smallest_keys() {
        let mut list = Candidates::default();
        list.reset(4);
        for (key, id) in [(i64::MIN, 1), (i64::MAX, 2), (-1, 3), (0, 4)] {
            list.insert(key, id);
        }
        let keys: Vec<_> = list.iter().map(|each| each.key).collect();
        assert_eq!(keys, [i64::MAX, 0, -1, i64::MIN]);
    }

    #[test]
    fn expands_each_once_also_when_others_move_it() {
        let mut list = Candidates::default();
        list.reset(3);
        list.insert(5, 1);
        assert_eq!(list.expand_next(), Some(1));
        list.insert(9, 2);
        list.insert(1, 3);
        assert_eq!(list.likely_next(), Some(2));
        assert_eq!(list.expand_next(), Some(2));
        assert_eq!(list.expand_next(), Some(3));
        assert_eq!(list.expand_next(), None);
    }
}
