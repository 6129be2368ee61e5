//! The part of the addon that is about texts. Weights are packed once a process, for all its threads.

use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use clawkeep_encoder::encoder::Encoder;
use clawkeep_encoder::fault::Fault;
use clawkeep_encoder::kernel::{available, find};
use clawkeep_encoder::weights::Weights;
use clawkeep_vector_engine::sha256::{Digest, Message, digest};

use crate::node_api::{Call, CallbackInfo, Env, Misuse, Value, answer};
use crate::{functions, own_file};

/// An open encoder, or none after `closeEncoder`.
type Handle = Option<Encoder>;

/// Raised with every change of the functions below: another one is not called.
const REVISION: f64 = 2.0;

functions! {
    /// () → the revision of these functions.
    pub fn revision(call) {
        call.give_number(REVISION)
    }

    /// () → names of the kernels that this machine runs, fastest first, with commas between.
    pub fn kernels(call) {
        let names: Vec<&str> = available().iter().map(|kernel| kernel.name).collect();
        call.give_text(&names.join(","))
    }

    /// (graph, descriptor of the weights, kernel?, fault) → handle, or nothing and a fault.
    pub fn open(call) {
        let kernel = find(call.text(2)?.as_deref()).ok_or(Misuse)?;
        let opened = own_file(call.whole(1)?)
            .map_err(|_| Fault::Read { errno: 9 })
            .and_then(|file| shared(call.slice(0).map_err(|Misuse| Fault::Graph)?, file));
        match opened {
            Ok(weights) => call.handle::<Handle>(Some(Encoder::new(weights, kernel))),
            Err(fault) => {
                tell(call, 3, fault)?;
                call.give_nothing()
            }
        }
    }

    /// (handle, ids, lengths, vectors, fault) → 0, or −1 and a fault.
    pub fn encode(call) {
        let encoder = held(call)?.as_mut().ok_or(Misuse)?;
        let encoded = encoder.encode(call.slice(1)?, call.slice(2)?, call.slice_mut(3)?);
        done_or_fault(call, 4, encoded)
    }

    /// (handle, ids, fault) → 0, or −1 and a fault. Begins one text on another thread.
    pub fn begin(call) {
        let encoder = held(call)?.as_mut().ok_or(Misuse)?;
        let begun = encoder.begin(call.slice(1)?);
        done_or_fault(call, 2, begun)
    }

    /// (handle, vector, fault) → 0, or −1 and a fault. Ends the text that was begun.
    pub fn end(call) {
        let encoder = held(call)?.as_mut().ok_or(Misuse)?;
        let ended = encoder.end(call.slice_mut(1)?);
        done_or_fault(call, 2, ended)
    }

    /// (handle): gives the memory back. Later calls with the handle are misuse.
    pub fn close(call) {
        drop(held(call)?.take());
        call.give_nothing()
    }
}

#[expect(
    clippy::mut_from_ref,
    reason = "the box belongs to JavaScript, not to the call"
)]
fn held(call: &Call) -> Result<&mut Handle, Misuse> {
    // SAFETY: only `open` makes these handles, and only they come here.
    unsafe { call.held::<Handle>(0) }
}

/// What tells one model from another: the graph, and the file of the weights.
#[derive(PartialEq, Eq)]
struct Source {
    graph: Digest,
    file: [i128; 6],
}

static PACKED: Mutex<Vec<(Source, Weak<Weights>)>> = Mutex::new(Vec::new());

/// The packed weights of a model. Whoever comes second waits for the first, and packs nothing.
fn shared(graph: &[u8], file: File) -> Result<Arc<Weights>, Fault> {
    let about = file.metadata()?;
    let times = [
        about.mtime(),
        about.mtime_nsec(),
        about.ctime(),
        about.ctime_nsec(),
    ];
    let [mtime, mtime_rest, ctime, ctime_rest] = times.map(i128::from);
    let message = Message {
        start: graph.as_ptr(),
        length: graph.len(),
    };
    let source = Source {
        // SAFETY: the message is the slice.
        graph: unsafe { digest(message) },
        file: [
            (i128::from(about.dev()) << 64) | i128::from(about.ino()),
            i128::from(about.len()),
            mtime,
            mtime_rest,
            ctime,
            ctime_rest,
        ],
    };
    let mut packed = PACKED.lock().unwrap_or_else(PoisonError::into_inner);
    packed.retain(|(_, weights)| weights.strong_count() > 0);
    if let Some(weights) = packed
        .iter()
        .find(|(other, _)| *other == source)
        .and_then(|(_, weights)| weights.upgrade())
    {
        return Ok(weights);
    }
    let weights = Arc::new(Weights::read(graph, file)?);
    packed.push((source, Arc::downgrade(&weights)));
    Ok(weights)
}

fn done_or_fault(call: &Call, index: usize, done: Result<(), Fault>) -> Result<Value, Misuse> {
    match done {
        Ok(()) => call.give_number(0.0),
        Err(fault) => {
            tell(call, index, fault)?;
            call.give_number(-1.0)
        }
    }
}

/// Writes a fault as two numbers: what, and one that says more.
fn tell(call: &Call, index: usize, fault: Fault) -> Result<(), Misuse> {
    let [code, more]: &mut [f64; 2] = call.slice_mut(index)?.try_into().map_err(|_| Misuse)?;
    let (what, rest) = match fault {
        Fault::Graph => (1, 0),
        Fault::Tensor(_) => (2, 0),
        Fault::Weight => (3, 0),
        Fault::Read { errno } => (4, errno),
        Fault::Ids => (5, 0),
        Fault::Room => (6, 0),
    };
    *code = f64::from(what);
    *more = f64::from(rest);
    Ok(())
}
