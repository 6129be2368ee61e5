use std::os::fd::{AsRawFd, OwnedFd};

use crate::fault::{Fault, Step};
use crate::policy::{Class, Grant, Place};
use crate::system;

/// `linux/landlock.h`.
const EXECUTE: u64 = 1 << 0;
const WRITE_FILE: u64 = 1 << 1;
const READ_FILE: u64 = 1 << 2;
const READ_DIR: u64 = 1 << 3;
const REMOVE_DIR: u64 = 1 << 4;
const REMOVE_FILE: u64 = 1 << 5;
const MAKE_DIR: u64 = 1 << 7;
const MAKE_REG: u64 = 1 << 8;
const MAKE_FIFO: u64 = 1 << 10;
const MAKE_SYM: u64 = 1 << 12;
const REFER: u64 = 1 << 13;
const TRUNCATE: u64 = 1 << 14;
const IOCTL_DEV: u64 = 1 << 15;
const NET_BIND_AND_CONNECT_TCP: u64 = 0b11;
const SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS: u64 = 0b11;

/// Below this a file can be emptied that cannot be written: no confinement worth the name.
pub const LEAST_ABI: i64 = 3;

/// What applies to a file that is no folder.
const FILE_RIGHTS: u64 = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV;

/// `struct landlock_ruleset_attr`; an older kernel takes its beginning.
#[repr(C)]
#[derive(Debug, PartialEq, Eq)]
pub struct Attributes {
    pub files: u64,
    pub network: u64,
    pub scoped: u64,
}

/// Everything that a kernel with this version can deny.
pub fn handled(abi: i64) -> Attributes {
    Attributes {
        files: match abi {
            ..=4 => (1 << 15) - 1,
            _ => (1 << 16) - 1,
        },
        network: if abi >= 4 {
            NET_BIND_AND_CONNECT_TCP
        } else {
            0
        },
        scoped: if abi >= 6 {
            SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS
        } else {
            0
        },
    }
}

/// How many bytes of [`Attributes`] a kernel with this version knows.
pub fn attributes_size(abi: i64) -> usize {
    match abi {
        ..=3 => 8,
        4 | 5 => 16,
        _ => 24,
    }
}

/// What a grant lets the program do. What can be written cannot be executed. Sockets and devices can be
/// made nowhere.
pub fn rights(class: Class, is_folder: bool) -> u64 {
    let all = match class {
        Class::Read => EXECUTE | READ_FILE | READ_DIR,
        Class::Write => {
            READ_FILE
                | READ_DIR
                | WRITE_FILE
                | TRUNCATE
                | REMOVE_DIR
                | REMOVE_FILE
                | MAKE_DIR
                | MAKE_REG
                | MAKE_FIFO
                | MAKE_SYM
                | REFER
        }
        Class::Device => READ_FILE | WRITE_FILE,
    };
    if is_folder { all } else { all & FILE_RIGHTS }
}

/// Confines this process, and all that it starts, to the grants. Nothing can lift that again.
pub fn restrict(grants: &[Grant]) -> Result<(), Fault> {
    let abi = system::landlock_version().map_err(|errno| fault(Step::Landlock, errno))?;
    if abi < LEAST_ABI {
        return Err(fault(Step::Landlock, 0));
    }
    let ruleset = system::landlock_ruleset(&handled(abi), attributes_size(abi))
        .map_err(|errno| fault(Step::Landlock, errno))?;
    for grant in grants {
        allow(&ruleset, grant).map_err(|errno| fault(Step::Grant, errno))?;
    }
    system::landlock_restrict(&ruleset).map_err(|errno| fault(Step::Landlock, errno))
}

fn allow(ruleset: &OwnedFd, Grant { class, at }: &Grant) -> Result<(), i32> {
    let opened;
    let descriptor = match at {
        Place::Descriptor(number) => *number,
        Place::Path(path) => match system::open_path(path) {
            Ok(owned) => {
                opened = owned;
                opened.as_raw_fd()
            }
            Err(system::ENOENT) => return Ok(()),
            Err(errno) => return Err(errno),
        },
    };
    let is_folder = system::is_folder(descriptor)?;
    system::landlock_allow(ruleset, descriptor, rights(*class, is_folder))
}

fn fault(step: Step, errno: i32) -> Fault {
    Fault { step, errno }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_grant_exceeds_what_the_oldest_kernel_taken_can_deny() {
        for class in [Class::Read, Class::Write, Class::Device] {
            for is_folder in [true, false] {
                assert_eq!(rights(class, is_folder) & !handled(LEAST_ABI).files, 0);
            }
        }
    }

    #[test]
    fn what_can_be_written_cannot_be_executed() {
        for is_folder in [true, false] {
            assert_eq!(rights(Class::Write, is_folder) & EXECUTE, 0);
            assert_eq!(rights(Class::Read, is_folder) & WRITE_FILE, 0);
        }
    }

    #[test]
    fn a_newer_kernel_denies_more() {
        assert_eq!(
            handled(3),
            Attributes {
                files: 0x7fff,
                network: 0,
                scoped: 0
            }
        );
        assert_eq!(
            handled(4),
            Attributes {
                files: 0x7fff,
                network: 3,
                scoped: 0
            }
        );
        assert_eq!(
            handled(5),
            Attributes {
                files: 0xffff,
                network: 3,
                scoped: 0
            }
        );
        assert_eq!(
            handled(99),
            Attributes {
                files: 0xffff,
                network: 3,
                scoped: 3
            }
        );
        assert_eq!([3, 4, 6].map(attributes_size), [8, 16, 24]);
    }
}
