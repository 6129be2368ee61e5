//! Several threads on the same text: stage after stage, each thread takes the next part that nobody has.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{panicking, yield_now};

/// One of those that work on the same texts.
pub trait Hands {
    /// Calls `work` with parts of `0..units` that nobody else gets, and returns when all are done, whoever did
    /// them: what they wrote can be read then.
    fn share(&mut self, units: usize, work: impl FnMut(Range<usize>));
}

/// Nobody else works.
pub struct Alone;

impl Hands for Alone {
    #[inline(always)]
    fn share(&mut self, units: usize, mut work: impl FnMut(Range<usize>)) {
        work(0..units);
    }
}

/// What is taken and what is done of one stage. A line of its own in the cache.
#[derive(Default)]
#[repr(align(64))]
pub struct Stage {
    next: AtomicUsize,
    done: AtomicUsize,
}

/// One of several threads; each passes the same stages in the same order, whenever it comes.
pub struct Hand<'a> {
    stages: std::slice::Iter<'a, Stage>,
}

impl<'a> Hand<'a> {
    pub fn new(stages: &'a [Stage]) -> Self {
        Self {
            stages: stages.iter(),
        }
    }
}

/// Looks at a counter before the thread lets others run: about ten microseconds, longer than a part takes.
const LOOKS: u32 = 400;

impl Hands for Hand<'_> {
    fn share(&mut self, units: usize, mut work: impl FnMut(Range<usize>)) {
        let stage = self.stages.next().expect("fewer stages than a pass has");
        loop {
            let unit = stage.next.fetch_add(1, Ordering::Relaxed);
            if unit >= units {
                break;
            }
            let _counted = Counted(&stage.done);
            work(unit..unit + 1);
        }
        let mut looks = 0;
        loop {
            let done = stage.done.load(Ordering::Acquire);
            assert!(done < LOST, "another thread panicked at this text");
            if done >= units {
                break;
            }
            if looks < LOOKS {
                looks += 1;
                std::hint::spin_loop();
            } else {
                yield_now();
            }
        }
    }
}

/// Added for a part that was not done because of a panic: nobody waits for it, and nobody takes it for done.
const LOST: usize = 1 << 24;

struct Counted<'a>(&'a AtomicUsize);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        let many = if panicking() { LOST } else { 1 };
        self.0.fetch_add(many, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::{Alone, Hand, Hands, Stage};

    /// Adds 1 to each number of a row, stage after stage, and looks whether those before it were done.
    fn climb(hands: &mut impl Hands, numbers: &[AtomicUsize], stages: usize) {
        for stage in 0..stages {
            hands.share(numbers.len(), |units| {
                for number in &numbers[units] {
                    assert_eq!(number.fetch_add(1, Ordering::Relaxed), stage);
                }
            });
            for number in numbers {
                assert!(number.load(Ordering::Relaxed) > stage);
            }
        }
    }

    fn row() -> Vec<AtomicUsize> {
        (0..7).map(|_| AtomicUsize::new(0)).collect()
    }

    fn values(numbers: &[AtomicUsize]) -> Vec<usize> {
        numbers
            .iter()
            .map(|number| number.load(Ordering::Relaxed))
            .collect()
    }

    #[test]
    fn each_part_is_taken_once_and_no_stage_begins_before_the_last_is_done() {
        for _ in 0..200 {
            let (numbers, stages): (_, Vec<Stage>) =
                (row(), (0..50).map(|_| Stage::default()).collect());
            std::thread::scope(|scope| {
                for _ in 0..3 {
                    scope.spawn(|| climb(&mut Hand::new(&stages), &numbers, 50));
                }
            });
            assert_eq!(values(&numbers), [50; 7]);
            // Whoever comes when all is done has nothing to do.
            Hand::new(&stages).share(7, |_| panic!("taken twice"));
        }
        let numbers = row();
        climb(&mut Alone, &numbers, 3);
        assert_eq!(values(&numbers), [3; 7]);
    }

    #[test]
    fn a_part_that_panicked_is_not_taken_for_done() {
        let stages = [Stage::default()];
        let broken = std::thread::scope(|scope| {
            let one = scope.spawn(|| Hand::new(&stages).share(1, |_| panic!("on purpose")));
            one.join().is_err()
        });
        assert!(broken);
        let other = std::panic::catch_unwind(|| Hand::new(&stages).share(1, |_| {}));
        assert!(other.is_err());
    }
}
