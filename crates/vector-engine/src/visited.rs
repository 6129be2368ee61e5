//! Which vectors a walk has seen.

/// A bit for each vector: 12 kB for 100,000, so that it stays near. Forgetting clears only what was set.
#[derive(Default)]
pub struct Visited {
    words: Vec<u64>,
    touched: Vec<u32>,
}

impl Visited {
    /// Forgets everything, and makes room for `vectors`.
    pub fn reset(&mut self, vectors: usize) {
        for &word in &self.touched {
            self.words[word as usize] = 0;
        }
        self.touched.clear();
        if self.words.len() * 64 < vectors {
            self.words.resize(vectors.div_ceil(64), 0);
            // Never more than one entry for each word, so that a search never has to grow it.
            self.touched.reserve(self.words.len());
        }
    }

    /// True the first time. `id` is below the room made.
    #[inline]
    pub fn add(&mut self, id: u32) -> bool {
        let word = &mut self.words[id as usize / 64];
        let bit = 1 << (id % 64);
        if *word & bit != 0 {
            return false;
        }
        if *word == 0 {
            self.touched.push(id / 64);
        }
        *word |= bit;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgets_what_was_seen() {
        let mut visited = Visited::default();
        for _ in 0..3 {
            visited.reset(200);
            assert!(visited.add(199));
            assert!(visited.add(0));
            assert!(visited.add(1));
            assert!(!visited.add(199));
            assert!(!visited.add(1));
        }
    }
}
