//! The addon that `packages/vector-index` loads: arguments in, numbers out. What the functions take is
//! declared once more in `packages/vector-index/src/engine/addon.ts`, and what is about texts in
//! `packages/embedder/src/native/addon.ts`.

mod encoder;
mod node_api;
mod shape;

use std::fs::File;
use std::os::fd::BorrowedFd;

use clawkeep_vector_engine::column::Column;
use clawkeep_vector_engine::fault::Fault;
use clawkeep_vector_engine::graph::build::{GraphColumns, build_graph, upper_rows};
use clawkeep_vector_engine::kernel::{Codes, Kernel, available, find};
use clawkeep_vector_engine::memory::Wish;
use clawkeep_vector_engine::opened::Opened;
use clawkeep_vector_engine::quantise::{Columns, code_stride, quantise_rows};
use clawkeep_vector_engine::search::{Ask, Results};

use node_api::{Call, CallbackInfo, Env, Misuse, Value, answer, export};

/// An open index, or none after `close`.
type Handle = Option<Opened>;

/// Called by Node when it loads the addon.
///
/// # Safety
/// By Node, with what it gives.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn napi_register_module_v1(env: Env, exports: Value) -> Value {
    // SAFETY: as Node called us.
    unsafe {
        export(
            env,
            exports,
            &[
                (c"revision", revision),
                (c"kernels", kernels),
                (c"open", open),
                (c"close", close),
                (c"isMapped", is_mapped),
                (c"search", search),
                (c"searchMany", search_many),
                (c"scoresOf", scores_of),
                (c"quantise", quantise),
                (c"upperRows", count_upper_rows),
                (c"buildGraph", build),
                (c"encoderRevision", encoder::revision),
                (c"encoderKernels", encoder::kernels),
                (c"openEncoder", encoder::open),
                (c"encode", encoder::encode),
                (c"beginEncoding", encoder::begin),
                (c"endEncoding", encoder::end),
                (c"closeEncoder", encoder::close),
            ],
        );
    }
    exports
}

/// The version of Node-API that the addon was written for.
#[unsafe(no_mangle)]
pub extern "C" fn node_api_module_get_api_version_v1() -> i32 {
    8
}

macro_rules! functions {
    ($($(#[$comment:meta])* $visible:vis fn $name:ident($call:ident) $body:block)*) => {$(
        $(#[$comment])*
        $visible unsafe extern "C" fn $name(env: Env, info: CallbackInfo) -> Value {
            // SAFETY: as Node called us.
            unsafe { answer(env, info, |$call| $body) }
        }
    )*};
}

pub(crate) use functions;

/// Raised with every change of the functions below: another one is not called.
const REVISION: f64 = 3.0;

functions! {
    /// () → the revision of these functions.
    fn revision(call) {
        call.give_number(REVISION)
    }

    /// () → names of the kernels that this machine runs, fastest first, with commas between.
    fn kernels(call) {
        let names: Vec<&str> = available().iter().map(|kernel| kernel.name).collect();
        call.give_text(&names.join(","))
    }

    /// (descriptor, shape, block digests, kernel?, wish, fault) → handle, or nothing and a fault.
    fn open(call) {
        let shape = shape::read(call.slice(1)?, call.slice(2)?).ok_or(Misuse)?;
        let wish = match call.whole(4)? {
            0 => Wish::MapIfOwn,
            1 => Wish::Copy,
            2 => Wish::Map,
            _ => return Err(Misuse),
        };
        let opened = own_file(call.whole(0)?)
            .and_then(|file| Opened::open(file, &shape, kernel(call, 3)?, wish));
        match opened {
            Ok(opened) => call.handle::<Handle>(Some(opened)),
            Err(fault) => {
                tell(call, 5, fault)?;
                call.give_nothing()
            }
        }
    }

    /// (handle): gives the memory back. Later calls with the handle are misuse.
    fn close(call) {
        drop(held(call)?.take());
        call.give_nothing()
    }

    /// (handle) → 1 when the file is mapped, 0 when it was copied.
    fn is_mapped(call) {
        call.give_number(f64::from(u8::from(opened(call)?.is_mapped())))
    }

    /// (handle, query, ef or 0, filter?, deleted?, ids, scores, fault) → hits, or −1 and a fault.
    fn search(call) {
        let (ids, scores) = (call.slice_mut(5)?, call.slice_mut(6)?);
        if ids.len() != scores.len() {
            return Err(Misuse);
        }
        let found = opened(call)?.search(call.slice(1)?, ask(call, 2)?, ids, scores);
        count_or_fault(call, 7, found)
    }

    /// (handle, queries, k, ef or 0, filter?, deleted?, threads, ids, scores, counts, fault) → 0, or −1
    /// and a fault.
    fn search_many(call) {
        let (queries, k) = (call.slice(1)?, call.whole(2)?);
        let results =
            Results { ids: call.slice_mut(7)?, scores: call.slice_mut(8)?, counts: call.slice_mut(9)? };
        let opened = opened(call)?;
        let count = queries.len() / opened.dimensions();
        let places = count.checked_mul(k).ok_or(Misuse)?;
        let fits = queries.len() == count * opened.dimensions()
            && results.ids.len() == places
            && results.scores.len() == places
            && results.counts.len() == count;
        if !fits {
            return Err(Misuse);
        }
        let threads = call.whole(6)?;
        let done = opened.search_many(queries, k, ask(call, 3)?, threads, results);
        count_or_fault(call, 10, done.map(|()| 0))
    }

    /// (handle, query, chunks, scores, fault) → 0, or −1 and a fault.
    fn scores_of(call) {
        let (chunks, scores) = (call.slice(2)?, call.slice_mut(3)?);
        if chunks.len() != scores.len() {
            return Err(Misuse);
        }
        let done = opened(call)?.scores_of(call.slice(1)?, chunks, scores);
        count_or_fault(call, 4, done.map(|()| 0))
    }

    /// (vectors, dimensions, threads, codes, weights, halves, kernel?) → −1, or the first row that is not a unit
    /// vector.
    fn quantise(call) {
        let (vectors, dimensions) = (call.slice(0)?, call.whole(1)?);
        let columns =
            Columns { codes: call.slice_mut(3)?, weights: call.slice_mut(4)?, halves: call.slice_mut(5)? };
        if dimensions == 0 {
            return Err(Misuse);
        }
        let done = quantise_rows(kernel(call, 6).map_err(|_| Misuse)?, vectors, dimensions, threads(call, 2)?, columns);
        call.give_number(done.map_or_else(|row| row as f64, |()| -1.0))
    }

    /// (vectors) → rows of upper links that their graph has.
    fn count_upper_rows(call) {
        let vectors = u32::try_from(call.whole(0)?).map_err(|_| Misuse)?;
        call.give_number(upper_rows(vectors) as f64)
    }

    /// (codes, weights, dimensions, threads, kernel?, levels, upper starts, base, upper) → the entry.
    fn build(call) {
        let (codes, weights): (&[i8], &[u32]) = (call.slice(0)?, call.slice(1)?);
        let stride = code_stride(call.whole(2)?);
        let codes = Codes::new(Column::of(codes), stride, weights.len()).ok_or(Misuse)?;
        let columns = GraphColumns {
            levels: call.slice_mut(5)?,
            upper_starts: call.slice_mut(6)?,
            base: call.slice_mut(7)?,
            upper: call.slice_mut(8)?,
        };
        let kernel = kernel(call, 4).map_err(|_| Misuse)?;
        let entry = build_graph(kernel, codes, weights, threads(call, 3)?, columns);
        call.give_number(f64::from(entry.id))
    }
}

#[expect(
    clippy::mut_from_ref,
    reason = "the box belongs to JavaScript, not to the call"
)]
fn held(call: &Call) -> Result<&mut Handle, Misuse> {
    // SAFETY: only `open` makes handles.
    unsafe { call.held::<Handle>(0) }
}

fn opened(call: &Call) -> Result<&mut Opened, Misuse> {
    held(call)?.as_mut().ok_or(Misuse)
}

fn threads(call: &Call, index: usize) -> Result<usize, Misuse> {
    Ok(call.whole(index)?.clamp(1, 256))
}

/// The kernel of a name, or the fastest.
fn kernel(call: &Call, index: usize) -> Result<&'static Kernel, Fault> {
    let missing = Fault::Section { id: 0 };
    let name = call.text(index).map_err(|Misuse| missing)?;
    find(name.as_deref()).ok_or(missing)
}

fn ask(call: &Call, first: usize) -> Result<Ask<'_>, Misuse> {
    let ef = call.whole(first)?;
    Ok(Ask {
        ef: (ef > 0).then_some(ef),
        filter: call.slice_if_any(first + 1)?,
        deleted: call.slice_if_any(first + 2)?,
    })
}

/// A descriptor of our own for the same open file: the caller may close its own.
pub(crate) fn own_file(descriptor: usize) -> Result<File, Fault> {
    let bad = Fault::Read { errno: 9 };
    let descriptor = i32::try_from(descriptor).map_err(|_| bad)?;
    // SAFETY: not −1, and only borrowed to be doubled.
    let borrowed = unsafe { BorrowedFd::borrow_raw(descriptor) };
    borrowed
        .try_clone_to_owned()
        .map(File::from)
        .map_err(|_| bad)
}

fn count_or_fault(call: &Call, index: usize, found: Result<usize, Fault>) -> Result<Value, Misuse> {
    match found {
        Ok(count) => call.give_number(count as f64),
        Err(fault) => {
            tell(call, index, fault)?;
            call.give_number(-1.0)
        }
    }
}

/// Writes a fault as three numbers: what, and two that say where.
fn tell(call: &Call, index: usize, fault: Fault) -> Result<(), Misuse> {
    let [code, first, second]: &mut [f64; 3] =
        call.slice_mut(index)?.try_into().map_err(|_| Misuse)?;
    let (what, one, two) = match fault {
        Fault::Query => (1, 0, 0),
        Fault::Link { link, vectors } => (2, link, vectors),
        Fault::Level { vector, level } => (3, vector, level),
        Fault::Owner { owner, vector } => (4, owner, vector),
        Fault::Section { id } => (5, id, 0),
        Fault::Digest { id, block } => (6, id, block),
        Fault::Truncated => (7, 0, 0),
        Fault::Changed => (8, 0, 0),
        Fault::Read { errno } => (9, errno, 0),
    };
    *code = f64::from(what);
    *first = one as f64;
    *second = two as f64;
    Ok(())
}
