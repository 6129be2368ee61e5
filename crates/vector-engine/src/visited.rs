//! Which vectors a walk has seen.

/// A stamp for each vector: one look and one store for each link, and forgetting costs nothing but once
/// in 255 walks.
#[derive(Default)]
pub struct Visited {
    stamps: Vec<u8>,
    stamp: u8,
}

impl Visited {
    /// Forgets everything, and makes room for `vectors`.
    pub fn reset(&mut self, vectors: usize) {
        if self.stamps.len() < vectors {
            self.stamps.resize(vectors, self.stamp);
        }
        match self.stamp.checked_add(1) {
            Some(next) => self.stamp = next,
            None => {
                self.stamps.fill(0);
                self.stamp = 1;
            }
        }
    }

    /// True the first time. `id` is below the room made.
    #[inline]
    pub fn add(&mut self, id: u32) -> bool {
        let stamp = &mut self.stamps[id as usize];
        let first = *stamp != self.stamp;
        *stamp = self.stamp;
        first
    }

    /// Whether [`Visited::add`] has had it. `id` is below the room made.
    #[inline]
    pub fn has(&self, id: u32) -> bool {
        self.stamps[id as usize] == self.stamp
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgets_what_was_seen() {
        let mut visited = Visited::default();
        for round in 0..600 {
            visited.reset(200 + round % 3);
            assert!(!visited.has(199));
            assert!(visited.add(199));
            assert!(visited.has(199));
            assert!(visited.add(0));
            assert!(visited.add(1));
            assert!(!visited.add(199));
            assert!(!visited.add(1));
        }
    }
}
