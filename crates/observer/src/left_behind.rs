//! Finds and ends what outlives the program.

use std::collections::HashMap;
use std::thread::sleep;
use std::time::Duration;

use crate::kernel::{our_pid, send_kill};

/// A process that is ending anyway is not left behind.
const GRACE: [u64; 5] = [1, 4, 10, 15, 20];

/// Descendants that still run once the grace is over.
pub fn find_left_behind() -> Vec<i32> {
    let mut found = descendants();
    for wait in GRACE {
        if found.is_empty() {
            break;
        }
        sleep(Duration::from_millis(wait));
        found = descendants();
    }
    found
}

/// Kills until nobody is left, since the killed may have started others meanwhile.
pub fn end_all() {
    for _ in 0..1000 {
        let found = descendants();
        if found.is_empty() {
            return;
        }
        for pid in found {
            send_kill(pid);
        }
        sleep(Duration::from_millis(1));
    }
}

fn descendants() -> Vec<i32> {
    let mut parents = HashMap::new();
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    for entry in entries.flatten() {
        let pid = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<i32>().ok());
        if let Some((pid, parent)) = pid.and_then(|pid| Some((pid, running_parent(pid)?))) {
            parents.insert(pid, parent);
        }
    }
    let us = our_pid();
    let ours = |mut pid: i32| {
        for _ in 0..parents.len() {
            match parents.get(&pid) {
                Some(&parent) if parent == us => return true,
                Some(&parent) => pid = parent,
                None => return false,
            }
        }
        false
    };
    parents.keys().copied().filter(|&pid| ours(pid)).collect()
}

/// `None` for one that has ended.
fn running_parent(pid: i32) -> Option<i32> {
    let line = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name may hold spaces and parentheses.
    let mut words = line.rsplit_once(')')?.1.split_ascii_whitespace();
    match words.next()? {
        "Z" | "X" => None,
        _ => words.next()?.parse().ok(),
    }
}
