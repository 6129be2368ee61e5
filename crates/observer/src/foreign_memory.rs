//! Reads what the arguments of a stopped call point to.

use std::fs::File;
use std::os::unix::fs::FileExt;

const PATH_MAX: usize = 4096;
const PAGE: usize = 4096;

/// The bytes up to a NUL. `None` when they cannot be read: the program forbade it, or they are not there.
pub fn read_text(pid: u32, address: u64) -> Option<Vec<u8>> {
    let memory = File::open(format!("/proc/{pid}/mem")).ok()?;
    let mut text = Vec::new();
    let mut at = address;
    while text.len() < PATH_MAX {
        // A text may end right before a page that is not there.
        let room = PAGE - (at as usize % PAGE);
        let mut part = vec![0; room.min(PATH_MAX - text.len())];
        let count = memory
            .read_at(&mut part, at)
            .ok()
            .filter(|&count| count > 0)?;
        part.truncate(count);
        if let Some(end) = part.iter().position(|&byte| byte == 0) {
            text.extend_from_slice(&part[..end]);
            return Some(text);
        }
        text.extend_from_slice(&part);
        at += count as u64;
    }
    Some(text)
}

pub fn read_bytes(pid: u32, address: u64, length: usize) -> Option<Vec<u8>> {
    let memory = File::open(format!("/proc/{pid}/mem")).ok()?;
    let mut bytes = vec![0; length];
    memory.read_exact_at(&mut bytes, address).ok()?;
    Some(bytes)
}

pub fn read_word(pid: u32, address: u64) -> Option<u64> {
    read_bytes(pid, address, 8)?
        .try_into()
        .ok()
        .map(u64::from_le_bytes)
}
