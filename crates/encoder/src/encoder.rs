//! Texts in, vectors out. Several texts at once are only more rows of each product.

use std::sync::Arc;

use crate::attention::Room;
use crate::fault::Fault;
use crate::hands::Alone;
use crate::kernel::Kernel;
use crate::memory::Aligned;
use crate::pass::{Memory, Pass};
use crate::team::{Task, Team};
use crate::weights::Weights;
use crate::{HIDDEN, TOKENS};

/// One thread's encoder: shared weights, and memory of its own.
pub struct Encoder {
    /// First: its thread may still be at a text that nobody waits for, in the memory below.
    team: Option<Team>,
    /// Whether a second thread was asked for before, so that it is asked for once.
    has_team: bool,
    begun: Option<Arc<Task>>,
    /// Of the text that was begun and had to be done before somebody asked for it.
    done: Option<Result<(), Fault>>,
    weights: Arc<Weights>,
    kernel: &'static Kernel,
    memory: Box<Memory>,
    room: Room,
    /// Of the text that was begun.
    vector: Aligned<f32>,
}

impl Encoder {
    pub fn new(weights: Arc<Weights>, kernel: &'static Kernel) -> Self {
        Self {
            team: None,
            has_team: false,
            begun: None,
            done: None,
            weights,
            kernel,
            memory: Box::new(Memory::new()),
            room: Room::new(),
            vector: Aligned::zeros(HIDDEN),
        }
    }

    pub fn kernel(&self) -> &'static Kernel {
        self.kernel
    }

    /// One vector a text. `ids` are those of all texts after each other, `lengths` says where each ends.
    pub fn encode(
        &mut self,
        ids: &[i32],
        lengths: &[u32],
        vectors: &mut [f32],
    ) -> Result<(), Fault> {
        if lengths.len().checked_mul(HIDDEN) != Some(vectors.len()) {
            return Err(Fault::Room);
        }
        self.check(ids, lengths)?;
        // Its memory is needed now.
        if let Some(task) = self.begun.take() {
            self.done = Some(self.finish(&task));
        }
        let (mut text, mut id) = (0, 0);
        while text < lengths.len() {
            let (first, mut rows) = (text, 0);
            while text < lengths.len() && rows + lengths[text] as usize <= TOKENS {
                rows += lengths[text] as usize;
                text += 1;
            }
            let vectors = &mut vectors[first * HIDDEN..text * HIDDEN];
            // SAFETY: both are here until the pass is done, and nobody else has begun one.
            let pass = unsafe {
                Pass::new(
                    self.kernel,
                    &self.weights,
                    &ids[id..id + rows],
                    &lengths[first..text],
                    &mut self.memory,
                    vectors,
                )
            };
            pass.work(&mut Alone, &mut self.room)?;
            id += rows;
        }
        Ok(())
    }

    /// Begins a text on another thread, where there is a processor for one. [`Encoder::end`] gives the same bits as
    /// [`Encoder::encode`], which may be called meanwhile; a text that was begun before and not ended is forgotten.
    pub fn begin(&mut self, ids: &[i32]) -> Result<(), Fault> {
        let length = u32::try_from(ids.len()).map_err(|_| Fault::Ids)?;
        self.check(ids, &[length])?;
        if let Some(task) = self.begun.take() {
            let _ = self.finish(&task);
        }
        self.done = None;
        // SAFETY: memory and vector are kept until the task is finished, and in `drop` until the thread has ended.
        let pass = unsafe {
            Pass::new(
                self.kernel,
                &self.weights,
                ids,
                &[length],
                &mut self.memory,
                &mut self.vector,
            )
        };
        let task = Task::new(pass);
        if !self.has_team {
            self.has_team = true;
            self.team = Team::open();
        }
        if let Some(team) = &mut self.team {
            team.begin(&task);
        }
        self.begun = Some(task);
        Ok(())
    }

    /// The vector of the text that was begun; this thread takes part in what is left to do.
    pub fn end(&mut self, vector: &mut [f32]) -> Result<(), Fault> {
        if vector.len() != HIDDEN {
            return Err(Fault::Room);
        }
        match self.begun.take() {
            Some(task) => self.finish(&task)?,
            None => self.done.take().ok_or(Fault::Ids)??,
        }
        vector.copy_from_slice(&self.vector);
        Ok(())
    }

    fn check(&self, ids: &[i32], lengths: &[u32]) -> Result<(), Fault> {
        let words = self.weights.words();
        let fits = |&length: &u32| (1..=TOKENS).contains(&(length as usize));
        let total: usize = lengths.iter().map(|&length| length as usize).sum();
        let known = |&id: &i32| usize::try_from(id).is_ok_and(|id| id < words);
        if total != ids.len() || !lengths.iter().all(fits) || !ids.iter().all(known) {
            return Err(Fault::Ids);
        }
        Ok(())
    }

    fn finish(&mut self, task: &Task) -> Result<(), Fault> {
        // In a panic it is dropped, and so waited for: what the other thread still writes must be there.
        let team = self.team.take();
        let done = task.work(&mut self.room);
        if let Some(team) = &team {
            team.end();
        }
        self.team = team;
        done
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        // Before the memory that its thread works in.
        self.team = None;
    }
}
