//! A second thread for one text. It begins at once, and whoever wants the vector takes part when there is nothing else to
//! do: what was begun is ready sooner, and never later than alone.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};

use crate::aside::Aside;
use crate::attention::Room;
use crate::fault::Fault;
use crate::hands::{Hand, Stage};
use crate::pass::{Pass, stages};

/// What the thread is told, and what it needs for itself: a stage is no deep call.
const STACK: usize = 256 * 1024;

/// A pass with the marks of those that work on it.
pub struct Task {
    pass: Pass,
    stages: Box<[Stage]>,
}

impl Task {
    pub fn new(pass: Pass) -> Arc<Self> {
        let stages = (0..stages(pass.rows())).map(|_| Stage::default()).collect();
        Arc::new(Self { pass, stages })
    }

    /// Takes part, and returns when the vectors are there, or when it is known why they are not.
    pub fn work(&self, room: &mut Room) -> Result<(), Fault> {
        self.pass.work(&mut Hand::new(&self.stages), room)
    }
}

#[derive(Default)]
struct Told {
    task: Option<Arc<Task>>,
    is_over: bool,
}

#[derive(Default)]
struct Call {
    told: Mutex<Told>,
    changed: Condvar,
}

impl Call {
    fn lock(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The second thread. It sleeps while there is no task.
pub struct Team {
    call: Arc<Call>,
    thread: Option<JoinHandle<()>>,
    aside: Aside,
}

impl Team {
    /// None where there is one processor only, or no thread to be had.
    pub fn open() -> Option<Self> {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        if processors < 2 {
            return None;
        }
        let call = Arc::new(Call::default());
        let own = Arc::clone(&call);
        let thread = Builder::new()
            .name("encoder".to_owned())
            .stack_size(STACK)
            .spawn(move || serve(&own))
            .ok()?;
        Some(Self {
            call,
            thread: Some(thread),
            aside: Aside::new(),
        })
    }

    pub fn begin(&mut self, task: &Arc<Task>) {
        if let Some(thread) = &self.thread {
            self.aside.keep_aside(thread);
        }
        self.call.lock().task = Some(Arc::clone(task));
        self.call.changed.notify_one();
    }

    /// Takes back what the thread has not begun.
    pub fn end(&self) {
        self.call.lock().task = None;
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        self.call.lock().is_over = true;
        self.call.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            // A panic of it was one of whoever waited for the vector.
            let _ = thread.join();
        }
    }
}

fn serve(call: &Call) {
    let mut room = Room::new();
    loop {
        let mut told = call.lock();
        let task = loop {
            if let Some(task) = told.task.take() {
                break task;
            }
            if told.is_over {
                return;
            }
            told = call
                .changed
                .wait(told)
                .unwrap_or_else(PoisonError::into_inner);
        };
        drop(told);
        // Whoever waits for the vector is told of a fault.
        let _ = task.work(&mut room);
    }
}
