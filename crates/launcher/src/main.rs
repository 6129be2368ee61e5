//! Confines one program with Landlock and a system call filter, without any privilege and without
//! namespaces, so that it works where bubblewrap cannot: inside a container.
//!
//! `clawkeep-launcher POLICY FILTER STATUS`: three numbers of open descriptors. `--abi` prints the
//! kernel's Landlock version and ends with 0, or with 1 where it has none.

// Rust's own start would ignore SIGPIPE for the program too.
#![cfg_attr(not(test), no_main)]

mod confine;
mod fault;
mod landlock;
mod policy;
mod supervise;
mod system;

use std::ffi::{CStr, c_char, c_int};

use fault::{Fault, Step};
use supervise::End;

/// Arguments and environment of one program, at most: what the kernel takes, and room for roots.
const MOST_POLICY_BYTES: usize = 16 * 1024 * 1024;
/// The program did not run; the reason is on the status descriptor.
const NOT_RUN: i32 = 127;

#[cfg_attr(not(test), unsafe(no_mangle))]
#[cfg_attr(test, allow(dead_code))]
extern "C" fn main(count: c_int, arguments: *const *const c_char) -> c_int {
    let texts: Vec<&str> = (1..usize::try_from(count).unwrap_or(0))
        // SAFETY: the kernel gives `count` pointers to texts that end with a NUL.
        .map(|index| unsafe { CStr::from_ptr(*arguments.add(index)) })
        .map(|text| text.to_str().unwrap_or(""))
        .collect();
    match texts[..] {
        ["--abi"] => print_version(),
        [policy, filter, status] => {
            match [policy, filter, status].map(|text| text.parse::<i32>()) {
                [Ok(policy), Ok(filter), Ok(status)] => start(policy, filter, status),
                _ => NOT_RUN,
            }
        }
        _ => NOT_RUN,
    }
}

fn print_version() -> c_int {
    match system::landlock_version() {
        Ok(version) => {
            system::write_all(1, format!("{version}\n").as_bytes());
            0
        }
        Err(_) => 1,
    }
}

fn start(policy: i32, filter: i32, status: i32) -> c_int {
    let read = system::read_all(policy, MOST_POLICY_BYTES)
        .ok()
        .and_then(|bytes| policy::parse(&bytes).ok());
    let ended = match read {
        Some(policy) => supervise::run(&policy, filter, status),
        None => Err(Fault {
            step: Step::Policy,
            errno: 0,
        }),
    };
    match ended {
        Ok(End::Exit(code)) => code,
        Ok(End::Signal(signal)) => {
            system::die_of(signal);
            128 + signal
        }
        Err(Fault { step, errno }) => {
            let line = format!("error {} {errno}\n", step.name());
            system::write_all(status, line.as_bytes());
            NOT_RUN
        }
    }
}
