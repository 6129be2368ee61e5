//! Answers watched calls, one after the other, and notes what each was about.

use std::ffi::c_int;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::address::{describe, family_name};
use crate::foreign_memory::{read_bytes, read_text, read_word};
use crate::journal::{Entry, Journal};
use crate::kernel::{Notification, answer, next_notification, still_waits};
use crate::plan::{Call, Plan, Shape};
use crate::resolve::{read_magic, resolve};

const AT_FDCWD: i32 = -100;
/// `O_WRONLY`, `O_RDWR`, `O_CREAT`, `O_TRUNC`: the same on x86-64 and arm64.
const WRITING: u64 = 0o1 | 0o2 | 0o100 | 0o1000;
const O_NOFOLLOW: u64 = if cfg!(target_arch = "aarch64") {
    0o100_000
} else {
    0o400_000
};
/// Longest address: `struct sockaddr_storage`.
const ADDRESS_BYTES: u64 = 128;

/// Works until nobody is left who could make a watched call.
pub fn watch(listener: c_int, plan: &Plan, journal: &Arc<Mutex<Journal>>) {
    // The first program that starts is the watched one itself, or what confines it.
    let mut to_skip = plan.skip + 1;
    while let Some(seen) = next_notification(listener) {
        let Some(call) = plan.calls.get(&seen.number) else {
            answer(listener, seen.id, 0);
            continue;
        };
        let subjects: Vec<Subject> = if to_skip > 0 {
            Vec::new()
        } else {
            call.shapes
                .iter()
                .filter_map(|shape| subject(&seen, *shape))
                .collect()
        };
        if to_skip > 0 && call.kind == "process" {
            to_skip -= 1;
        }
        if still_waits(listener, seen.id) {
            let mut journal = journal.lock().unwrap_or_else(PoisonError::into_inner);
            note(&mut journal, &seen, call, subjects);
        }
        answer(listener, seen.id, call.error);
    }
}

enum Subject {
    Path(Option<PathBuf>),
    Address(Option<String>),
}

fn note(journal: &mut Journal, seen: &Notification, call: &Call, subjects: Vec<Subject>) {
    let program = read_magic(seen.pid, "exe").map(text);
    for subject in subjects {
        let (path, address) = match subject {
            Subject::Path(path) => (path, None),
            Subject::Address(address) => (None, address),
        };
        // A pipe or a socket under its name in /proc is no file, and what is absent was not started.
        if path
            .as_ref()
            .is_some_and(|path| !path.is_absolute() || (call.kind == "process" && !exists(path)))
        {
            continue;
        }
        journal.add(&Entry {
            kind: &call.kind,
            call: &call.name,
            path: path.map(text),
            address,
            program: program.clone(),
        });
    }
}

/// `None` when the call is not about anything that is watched.
fn subject(seen: &Notification, shape: Shape) -> Option<Subject> {
    let argument = |index: usize| seen.arguments[index];
    Some(match shape {
        Shape::Path {
            folder,
            path,
            follow,
        } => Subject::Path(named(seen, folder.map(argument), argument(path), follow)),
        Shape::OpenHow { folder, path, how } => {
            let flags = read_word(seen.pid, argument(how)).unwrap_or(WRITING);
            if flags & WRITING == 0 {
                return None;
            }
            let follow = flags & O_NOFOLLOW == 0;
            Subject::Path(named(seen, Some(argument(folder)), argument(path), follow))
        }
        Shape::Flagged {
            folder,
            path,
            flags,
            mask,
            follow_when_set,
        } => {
            let follow = (argument(flags) & mask != 0) == follow_when_set;
            Subject::Path(named(seen, Some(argument(folder)), argument(path), follow))
        }
        Shape::Descriptor(index) => Subject::Path(descriptor(seen.pid, argument(index) as i32)),
        Shape::Address { pointer, length } => {
            if argument(pointer) == 0 {
                return None;
            }
            Subject::Address(address(seen.pid, argument(pointer), argument(length)))
        }
        Shape::Message(index) => {
            let header = read_bytes(seen.pid, argument(index), 12)?;
            let pointer = u64::from_le_bytes(header[..8].try_into().ok()?);
            let length = u32::from_le_bytes(header[8..12].try_into().ok()?);
            if pointer == 0 {
                return None;
            }
            Subject::Address(address(seen.pid, pointer, length.into()))
        }
        Shape::Family(index) => Subject::Address(Some(family_name(argument(index)))),
    })
}

fn named(seen: &Notification, folder: Option<u64>, path: u64, follow: bool) -> Option<PathBuf> {
    let start = folder.map_or(AT_FDCWD, |folder| folder as i32);
    // A null path means the descriptor itself, as in utimensat.
    let path = if path == 0 {
        Vec::new()
    } else {
        read_text(seen.pid, path)?
    };
    if path.first() == Some(&b'/') {
        return Some(resolve(seen.pid, Path::new("/"), &path, follow));
    }
    let base = descriptor(seen.pid, start)?;
    if path.is_empty() {
        return Some(base);
    }
    Some(resolve(seen.pid, &base, &path, follow))
}

fn descriptor(pid: u32, number: i32) -> Option<PathBuf> {
    if number == AT_FDCWD {
        return read_magic(pid, "cwd");
    }
    read_magic(pid, &format!("fd/{number}"))
}

fn address(pid: u32, pointer: u64, length: u64) -> Option<String> {
    describe(&read_bytes(
        pid,
        pointer,
        length.min(ADDRESS_BYTES) as usize,
    )?)
}

/// A file that runs from memory has no path, and exists.
fn exists(path: &Path) -> bool {
    path.starts_with("/memfd:") || text(path.to_owned()).ends_with(" (deleted)") || path.exists()
}

fn text(path: PathBuf) -> String {
    path.to_string_lossy().into_owned()
}
