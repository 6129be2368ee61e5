//! Confines one program with Landlock and a system call filter, without any privilege and without
//! namespaces, so that it works where bubblewrap cannot: inside a container.
//!
//! `clawkeep-launcher POLICY FILTER STATUS`: three numbers of open descriptors. On the last it tells the
//! kernel's Landlock version first, 0 where it has none. `--limits` is another order: `limited.rs`.

// Rust's own start would ignore SIGPIPE for the program too.
#![cfg_attr(not(test), no_main)]

mod confine;
mod fault;
mod landlock;
mod limited;
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
    let words: Vec<&CStr> = (1..usize::try_from(count).unwrap_or(0))
        // SAFETY: the kernel gives `count` pointers to texts that end with a NUL.
        .map(|index| unsafe { CStr::from_ptr(*arguments.add(index)) })
        .collect();
    if let [first, order @ ..] = words.as_slice()
        && *first == c"--limits"
    {
        return limited::become_program(order);
    }
    let texts: Vec<&str> = words
        .iter()
        .map(|word| word.to_str().unwrap_or(""))
        .collect();
    match texts[..] {
        [policy, filter, status] => {
            match [policy, filter, status].map(|text| text.parse::<i32>()) {
                [Ok(policy), Ok(filter), Ok(status)] => start(policy, filter, status),
                _ => NOT_RUN,
            }
        }
        _ => NOT_RUN,
    }
}

fn start(policy: i32, filter: i32, status: i32) -> c_int {
    let version = system::landlock_version().unwrap_or(0);
    system::write_all(status, format!("abi {version}\n").as_bytes());
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
