//! Starts one program and tells what it tries: `clawkeep-observer PLAN JOURNAL FILE ARG0 [ARG…]`, where
//! PLAN and JOURNAL are descriptors. It confines nothing by itself. Calls that the plan answers with an
//! error are refused here, all others go on to whatever confines the program. When it is killed, the
//! watched calls fail.

mod address;
mod foreign_memory;
mod journal;
mod kernel;
mod left_behind;
mod plan;
mod resolve;
mod watch;

use std::ffi::{CString, OsString, c_int};
use std::fs::File;
use std::io::{Error, Read};
use std::os::fd::FromRawFd;
use std::os::unix::ffi::OsStringExt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::journal::{Entry, Journal};
use crate::left_behind::{end_all, find_left_behind};
use crate::plan::{Plan, read_plan};
use crate::resolve::read_magic;
use crate::watch::watch;

/// As a shell ends when a program cannot be run.
const CANNOT_RUN: c_int = 126;

struct Order {
    plan: c_int,
    journal: c_int,
    file: CString,
    argv: Vec<CString>,
}

fn main() {
    let Some(order) = read_order(std::env::args_os().skip(1).collect()) else {
        eprintln!(
            "usage: clawkeep-observer PLAN JOURNAL FILE ARG0 [ARG...] (it is started by clawkeep)"
        );
        std::process::exit(2);
    };
    // SAFETY: the caller gave these two descriptors to us alone.
    let (mut plan, out) = unsafe {
        (
            File::from_raw_fd(order.plan),
            File::from_raw_fd(order.journal),
        )
    };
    kernel::close_on_exec(order.journal);
    let mut text = String::new();
    let journal = Journal::new(out);
    let read = plan
        .read_to_string(&mut text)
        .map_err(|error| error.to_string());
    drop(plan);
    let (mut journal, why) = match read.and_then(|_| read_plan(&text)) {
        Err(why) => (journal, why),
        Ok(plan) => match observe(plan, &order, journal) {
            Err((journal, error)) => (journal, error.to_string()),
            Ok(()) => return,
        },
    };
    journal.fail(&why);
    std::process::exit(CANNOT_RUN);
}

fn read_order(words: Vec<OsString>) -> Option<Order> {
    let number = |index: usize| -> Option<c_int> { words.get(index)?.to_str()?.parse().ok() };
    let texts: Vec<CString> = words
        .iter()
        .skip(2)
        .map(|word| CString::new(word.clone().into_vec()).ok())
        .collect::<Option<_>>()?;
    let (file, argv) = texts.split_first()?;
    if argv.is_empty() {
        return None;
    }
    Some(Order {
        plan: number(0)?,
        journal: number(1)?,
        file: file.clone(),
        argv: argv.to_vec(),
    })
}

fn observe(plan: Plan, order: &Order, mut journal: Journal) -> Result<(), (Journal, Error)> {
    let [ours, theirs] = match kernel::guard_ourselves().and_then(|()| kernel::socket_pair()) {
        Ok(pair) => pair,
        Err(error) => return Err((journal, error)),
    };
    let us = kernel::our_pid();
    let program = match kernel::fork_process() {
        Ok(pid) => pid,
        Err(error) => return Err((journal, error)),
    };
    if program == 0 {
        let error = start_program(&plan, order, theirs, us);
        journal.fail(&format!("{}: {error}", order.file.to_string_lossy()));
        kernel::exit_now(CANNOT_RUN);
    }
    kernel::close_descriptor(theirs);
    kernel::release_streams();
    let journal = Arc::new(Mutex::new(journal));
    if let Ok(listener) = kernel::receive_descriptor(ours) {
        let journal = Arc::clone(&journal);
        std::thread::spawn(move || watch(listener, &plan, &journal));
    }
    let status = wait_for(program);
    let mut journal = journal.lock().unwrap_or_else(PoisonError::into_inner);
    for pid in find_left_behind() {
        let program =
            read_magic(pid.unsigned_abs(), "exe").map(|path| path.to_string_lossy().into_owned());
        journal.add(&Entry {
            kind: "left-behind",
            call: "exit",
            path: None,
            address: None,
            program,
        });
    }
    journal.finish();
    end_all();
    // As `wait(2)` lays it out.
    match status & 0x7f {
        0 => kernel::exit_now((status >> 8) & 0xff),
        signal => kernel::end_by_signal(signal),
    }
}

/// Returns only when it failed. The filter holds for the thread that asks for it, and sending a descriptor
/// is a watched call that nobody could answer yet: so another thread sends it.
fn start_program(plan: &Plan, order: &Order, through: c_int, parent: c_int) -> Error {
    let prepared = kernel::bind_child_to(parent).and_then(|()| {
        let (give, take) = std::sync::mpsc::channel();
        let sender = std::thread::spawn(move || {
            take.recv().map_or_else(
                |_| Err(Error::other("there is no filter")),
                |listener| kernel::send_descriptor(through, listener),
            )
        });
        let installed = kernel::install_filter(&plan.filter);
        if let Ok(listener) = installed {
            let _ = give.send(listener);
        }
        drop(give);
        let sent = sender
            .join()
            .unwrap_or_else(|_| Err(Error::other("the sender panicked")));
        installed.and(sent)
    });
    match prepared {
        Ok(()) => kernel::run_program(&order.file, &order.argv),
        Err(error) => error,
    }
}

fn wait_for(program: c_int) -> c_int {
    while let Some((pid, status)) = kernel::wait_any() {
        if pid == program {
            return status;
        }
    }
    CANNOT_RUN << 8
}
