//! The calls to the kernel and the C library, each with its error number as a value.

use std::ffi::{CStr, CString, c_char, c_int, c_long, c_uint, c_ulong, c_void};
use std::fs::File;
use std::mem::ManuallyDrop;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use crate::landlock::Attributes;

pub const EINTR: i32 = 4;
pub const ENOENT: i32 = 2;
pub const ECHILD: i32 = 10;
pub const SIGHUP: i32 = 1;
pub const SIGINT: i32 = 2;
pub const SIGKILL: i32 = 9;
pub const SIGPIPE: i32 = 13;
pub const SIGTERM: i32 = 15;
pub const SIGCHLD: i32 = 17;
const HIGHEST_SIGNAL: i32 = 64;

const O_PATH: c_int = 0o10_000_000;
const O_CLOEXEC: c_int = 0o2_000_000;
const O_NONBLOCK: c_int = 0o4_000;
const F_SETFD: c_int = 2;
const FD_CLOEXEC: c_int = 1;
const RLIMIT_NOFILE: c_int = 7;

const PR_SET_PDEATHSIG: c_int = 1;
const PR_SET_DUMPABLE: c_int = 4;
const PR_SET_SECCOMP: c_int = 22;
const PR_SET_CHILD_SUBREAPER: c_int = 36;
const PR_SET_NO_NEW_PRIVS: c_int = 38;
const SECCOMP_MODE_FILTER: c_ulong = 2;

const CLOSE_RANGE_CLOEXEC: c_uint = 4;
const LANDLOCK_CREATE_RULESET_VERSION: c_uint = 1;
const LANDLOCK_RULE_PATH_BENEATH: c_int = 1;

/// The same numbers on every architecture that is younger than these calls.
const SYS_CLOSE_RANGE: c_long = 436;
const SYS_LANDLOCK_CREATE_RULESET: c_long = 444;
const SYS_LANDLOCK_ADD_RULE: c_long = 445;
const SYS_LANDLOCK_RESTRICT_SELF: c_long = 446;

const P_ALL: c_int = 0;
const WNOHANG: c_int = 1;
const WEXITED: c_int = 4;
const WNOWAIT: c_int = 0x0100_0000;
const SIG_SETMASK: c_int = 2;
const POLLIN: i16 = 1;

type SignalSet = [u64; 16];

/// The beginning of `siginfo_t` as `waitid` fills it, and room for the rest.
#[repr(C)]
#[derive(Default)]
struct SignalInformation {
    signal: c_int,
    errno: c_int,
    code: c_int,
    padding: c_int,
    pid: c_int,
    rest: [u32; 27],
}

/// `struct rusage` of 64-bit Linux.
#[repr(C)]
#[derive(Default)]
pub struct Usage {
    user_seconds: i64,
    user_micros: i64,
    system_seconds: i64,
    system_micros: i64,
    pub max_rss_kilobytes: i64,
    rest: [i64; 13],
}

impl Usage {
    pub fn cpu_micros(&self) -> i64 {
        (self.user_seconds + self.system_seconds) * 1_000_000
            + self.user_micros
            + self.system_micros
    }
}

#[repr(C)]
struct PollDescriptor {
    descriptor: c_int,
    events: i16,
    returned: i16,
}

#[repr(C)]
struct ResourceLimit {
    soft: u64,
    hard: u64,
}

#[repr(C, packed)]
struct PathBeneath {
    rights: u64,
    parent: c_int,
}

#[repr(C)]
struct FilterProgram {
    length: u16,
    instructions: *const c_void,
}

unsafe extern "C" {
    fn syscall(number: c_long, ...) -> c_long;
    fn prctl(option: c_int, ...) -> c_int;
    fn fork() -> c_int;
    fn getpid() -> c_int;
    fn getppid() -> c_int;
    fn setsid() -> c_int;
    fn umask(mask: c_uint) -> c_uint;
    fn chdir(path: *const c_char) -> c_int;
    fn open(path: *const c_char, flags: c_int, ...) -> c_int;
    fn fcntl(descriptor: c_int, command: c_int, ...) -> c_int;
    fn pipe2(ends: *mut c_int, flags: c_int) -> c_int;
    fn close(descriptor: c_int) -> c_int;
    fn getrlimit(resource: c_int, limit: *mut ResourceLimit) -> c_int;
    fn setrlimit(resource: c_int, limit: *const ResourceLimit) -> c_int;
    fn execve(
        path: *const c_char,
        arguments: *const *const c_char,
        environment: *const *const c_char,
    ) -> c_int;
    fn execv(path: *const c_char, arguments: *const *const c_char) -> c_int;
    fn waitid(
        kind: c_int,
        id: c_uint,
        information: *mut SignalInformation,
        options: c_int,
    ) -> c_int;
    fn wait4(pid: c_int, status: *mut c_int, options: c_int, usage: *mut Usage) -> c_int;
    fn kill(pid: c_int, signal: c_int) -> c_int;
    fn signal(signal: c_int, handler: usize) -> usize;
    fn sigprocmask(how: c_int, set: *const SignalSet, old: *mut SignalSet) -> c_int;
    fn signalfd(descriptor: c_int, set: *const SignalSet, flags: c_int) -> c_int;
    fn poll(descriptors: *mut PollDescriptor, count: c_ulong, timeout: c_int) -> c_int;
}

fn last_error() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

fn checked(result: c_int) -> Result<c_int, i32> {
    if result < 0 {
        Err(last_error())
    } else {
        Ok(result)
    }
}

fn checked_long(result: c_long) -> Result<c_long, i32> {
    if result < 0 {
        Err(last_error())
    } else {
        Ok(result)
    }
}

fn option(name: c_int, value: c_ulong) -> Result<(), i32> {
    let none: c_ulong = 0;
    // SAFETY: the options used here take numbers only.
    checked(unsafe { prctl(name, value, none, none, none) }).map(|_| ())
}

/// Reads a descriptor to its end, at most `most` bytes. Closes it.
pub fn read_all(descriptor: i32, most: usize) -> Result<Vec<u8>, i32> {
    use std::io::Read;
    // SAFETY: the caller names descriptors that it was started with, each once.
    let file = unsafe { File::from_raw_fd(descriptor) };
    let mut bytes = Vec::new();
    match file.take(most as u64).read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(error.raw_os_error().unwrap_or(0)),
    }
}

/// Writes everything, or gives up silently: nobody may be listening any more.
pub fn write_all(descriptor: i32, bytes: &[u8]) {
    use std::io::Write;
    // SAFETY: only borrowed; `ManuallyDrop` keeps it open.
    let mut file = ManuallyDrop::new(unsafe { File::from_raw_fd(descriptor) });
    let _ = file.write_all(bytes);
}

pub fn pipe() -> Result<(OwnedFd, OwnedFd), i32> {
    let mut ends = [0; 2];
    // SAFETY: room for two numbers; the kernel hands out two descriptors that nobody else owns.
    unsafe {
        checked(pipe2(ends.as_mut_ptr(), O_CLOEXEC))?;
        Ok((OwnedFd::from_raw_fd(ends[0]), OwnedFd::from_raw_fd(ends[1])))
    }
}

pub fn close_descriptor(descriptor: i32) {
    // SAFETY: closing a number is memory-safe; no owner of it is left in this process.
    unsafe { close(descriptor) };
}

pub fn open_path(path: &CStr) -> Result<OwnedFd, i32> {
    // SAFETY: the path ends with a NUL; the descriptor is new.
    unsafe { checked(open(path.as_ptr(), O_PATH | O_CLOEXEC)).map(|fd| OwnedFd::from_raw_fd(fd)) }
}

pub fn is_folder(descriptor: i32) -> Result<bool, i32> {
    // SAFETY: only borrowed; `ManuallyDrop` keeps it open.
    let file = ManuallyDrop::new(unsafe { File::from_raw_fd(descriptor) });
    match file.metadata() {
        Ok(metadata) => Ok(metadata.is_dir()),
        Err(error) => Err(error.raw_os_error().unwrap_or(0)),
    }
}

/// Makes every descriptor from 3 up close when the program starts, but the kept ones.
pub fn close_on_execute(kept: &[i32]) -> Result<(), i32> {
    let (first, last): (c_uint, c_uint) = (3, c_uint::MAX);
    // SAFETY: numbers only; nothing is closed before the program replaces this one.
    unsafe {
        // Before Linux 5.11 there is no such call: one by one, then.
        if syscall(SYS_CLOSE_RANGE, first, last, CLOSE_RANGE_CLOEXEC) < 0 {
            let mut most = ResourceLimit { soft: 0, hard: 0 };
            checked(getrlimit(RLIMIT_NOFILE, &raw mut most))?;
            for descriptor in 3..c_int::try_from(most.hard).unwrap_or(c_int::MAX) {
                fcntl(descriptor, F_SETFD, FD_CLOEXEC);
            }
        }
        for descriptor in kept {
            checked(fcntl(*descriptor, F_SETFD, 0))?;
        }
    }
    Ok(())
}

pub fn landlock_version() -> Result<i64, i32> {
    let none: *const c_void = std::ptr::null();
    let size: usize = 0;
    // SAFETY: with this flag the kernel wants no pointer.
    checked_long(unsafe {
        syscall(
            SYS_LANDLOCK_CREATE_RULESET,
            none,
            size,
            LANDLOCK_CREATE_RULESET_VERSION,
        )
    })
}

pub fn landlock_ruleset(attributes: &Attributes, size: usize) -> Result<OwnedFd, i32> {
    let flags: c_uint = 0;
    // SAFETY: the structure is at least `size` bytes long; the descriptor is new.
    unsafe {
        let made = syscall(
            SYS_LANDLOCK_CREATE_RULESET,
            &raw const *attributes,
            size,
            flags,
        );
        checked_long(made).map(|fd| OwnedFd::from_raw_fd(fd as c_int))
    }
}

pub fn landlock_allow(ruleset: &OwnedFd, parent: i32, rights: u64) -> Result<(), i32> {
    let rule = PathBeneath { rights, parent };
    let flags: c_uint = 0;
    // SAFETY: the structure is the one that this kind of rule takes.
    checked_long(unsafe {
        syscall(
            SYS_LANDLOCK_ADD_RULE,
            ruleset.as_raw_fd(),
            LANDLOCK_RULE_PATH_BENEATH,
            &raw const rule,
            flags,
        )
    })
    .map(|_| ())
}

pub fn landlock_restrict(ruleset: &OwnedFd) -> Result<(), i32> {
    let flags: c_uint = 0;
    // SAFETY: numbers only.
    checked_long(unsafe { syscall(SYS_LANDLOCK_RESTRICT_SELF, ruleset.as_raw_fd(), flags) })
        .map(|_| ())
}

/// Installs a classic BPF program: `struct sock_filter` after `struct sock_filter`, 8 bytes each.
pub fn install_filter(instructions: &[u8]) -> Result<(), i32> {
    let aligned: Vec<u64> = instructions
        .chunks_exact(8)
        .filter_map(|chunk| chunk.try_into().ok().map(u64::from_ne_bytes))
        .collect();
    let program = FilterProgram {
        length: u16::try_from(aligned.len()).map_err(|_| 0)?,
        instructions: aligned.as_ptr().cast(),
    };
    // SAFETY: the pointer leads to `length` instructions, which outlive the call.
    checked(unsafe { prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &raw const program) }).map(|_| ())
}

pub fn no_new_privileges() -> Result<(), i32> {
    option(PR_SET_NO_NEW_PRIVS, 1)
}

/// Orphans among all that this process starts become its own children.
pub fn adopt_orphans() -> Result<(), i32> {
    option(PR_SET_CHILD_SUBREAPER, 1)
}

/// Other processes of the same user can neither trace this one nor read its memory.
pub fn hide_memory() -> Result<(), i32> {
    option(PR_SET_DUMPABLE, 0)
}

/// This process dies with its parent, also when the parent is gone already.
pub fn die_with(parent: i32) -> Result<(), i32> {
    option(PR_SET_PDEATHSIG, SIGKILL as c_ulong)?;
    // SAFETY: no arguments.
    if unsafe { getppid() } == parent {
        Ok(())
    } else {
        Err(ECHILD)
    }
}

pub fn own_pid() -> i32 {
    // SAFETY: no arguments.
    unsafe { getpid() }
}

/// 0 in the child.
pub fn split() -> Result<i32, i32> {
    // SAFETY: this program has one thread.
    checked(unsafe { fork() })
}

pub fn new_session() -> Result<(), i32> {
    // SAFETY: no arguments.
    checked(unsafe { setsid() }).map(|_| ())
}

pub fn set_umask(mask: u32) {
    // SAFETY: a number; it cannot fail.
    unsafe { umask(mask) };
}

pub fn enter(folder: &CStr) -> Result<(), i32> {
    // SAFETY: the path ends with a NUL.
    checked(unsafe { chdir(folder.as_ptr()) }).map(|_| ())
}

/// Sets a bound, or keeps the lower one that holds already.
pub fn limit(resource: u32, value: u64) -> Result<(), i32> {
    let mut limit = ResourceLimit { soft: 0, hard: 0 };
    // SAFETY: the structure outlives both calls.
    unsafe {
        checked(getrlimit(resource as c_int, &raw mut limit))?;
        limit.hard = limit.hard.min(value);
        limit.soft = limit.hard;
        checked(setrlimit(resource as c_int, &raw const limit)).map(|_| ())
    }
}

/// Returns only when it failed.
pub fn execute(path: &CStr, arguments: &[CString], environment: &[CString]) -> i32 {
    let (arguments, environment) = (pointers(arguments), pointers(environment));
    // SAFETY: both lists end with a null pointer and outlive the call.
    unsafe { execve(path.as_ptr(), arguments.as_ptr(), environment.as_ptr()) };
    last_error()
}

/// The same, with this process's own environment.
pub fn execute_as_it_is(path: &CStr, arguments: &[CString]) -> i32 {
    let arguments = pointers(arguments);
    // SAFETY: the list ends with a null pointer and outlives the call.
    unsafe { execv(path.as_ptr(), arguments.as_ptr()) };
    last_error()
}

fn pointers(texts: &[CString]) -> Vec<*const c_char> {
    texts
        .iter()
        .map(|text| text.as_ptr())
        .chain([std::ptr::null()])
        .collect()
}

/// Signals arrive through the returned descriptor instead of interrupting.
pub fn collect_signals(signals: &[i32]) -> Result<OwnedFd, i32> {
    let mut set: SignalSet = [0; 16];
    for number in signals {
        set[0] |= 1 << (number - 1);
    }
    // SAFETY: the sets have the C library's size; the descriptor is new.
    unsafe {
        checked(sigprocmask(
            SIG_SETMASK,
            &raw const set,
            std::ptr::null_mut(),
        ))?;
        checked(signalfd(-1, &raw const set, O_CLOEXEC | O_NONBLOCK))
            .map(|fd| OwnedFd::from_raw_fd(fd))
    }
}

/// Signals as a program expects them at its start: nothing blocked, nothing ignored.
pub fn restore_signals() {
    let set: SignalSet = [0; 16];
    // SAFETY: the default handler is no code of ours; numbers that cannot be set fail harmlessly.
    unsafe {
        for number in 1..=HIGHEST_SIGNAL {
            signal(number, 0);
        }
        sigprocmask(SIG_SETMASK, &raw const set, std::ptr::null_mut());
    }
}

pub fn drain_signals(descriptor: &OwnedFd) -> Vec<i32> {
    const RECORD: usize = 128;
    use std::io::Read;
    // SAFETY: only borrowed; `ManuallyDrop` keeps it open.
    let mut file = ManuallyDrop::new(unsafe { File::from_raw_fd(descriptor.as_raw_fd()) });
    let mut record = [0; RECORD];
    let mut signals = Vec::new();
    while matches!(file.read(&mut record), Ok(RECORD)) {
        signals.push(i32::from_ne_bytes([
            record[0], record[1], record[2], record[3],
        ]));
    }
    signals
}

/// Waits until one of the descriptors can be read or has ended; `-1` waits for ever.
pub fn wait_for(descriptors: &[i32], milliseconds: i32) -> Vec<bool> {
    let mut polled: Vec<PollDescriptor> = descriptors
        .iter()
        .map(|descriptor| PollDescriptor {
            descriptor: *descriptor,
            events: POLLIN,
            returned: 0,
        })
        .collect();
    // SAFETY: the array has that many elements.
    unsafe { poll(polled.as_mut_ptr(), polled.len() as c_ulong, milliseconds) };
    polled.iter().map(|one| one.returned != 0).collect()
}

/// A child that has ended and still holds its number; `None` when there is none yet.
pub fn ended_child() -> Result<Option<i32>, i32> {
    let mut information = SignalInformation::default();
    // SAFETY: the structure has the kernel's size.
    let result = unsafe { waitid(P_ALL, 0, &raw mut information, WEXITED | WNOHANG | WNOWAIT) };
    checked(result)?;
    Ok((information.pid != 0).then_some(information.pid))
}

/// Takes a child that has ended off the list: its wait status, and what it and its children used.
pub fn reap(pid: i32) -> Result<(i32, Usage), i32> {
    let mut status = 0;
    let mut usage = Usage::default();
    // SAFETY: both outlive the call.
    checked(unsafe { wait4(pid, &raw mut status, 0, &raw mut usage) })?;
    Ok((status, usage))
}

pub fn kill_group(leader: i32) {
    // SAFETY: numbers only. The leader is held as a child, so its number is nobody else's.
    unsafe { kill(-leader, SIGKILL) };
}

pub fn kill_one(pid: i32) {
    // SAFETY: numbers only.
    unsafe { kill(pid, SIGKILL) };
}

/// Ends this process by a signal, as the program was.
pub fn die_of(number: i32) {
    let set: SignalSet = [0; 16];
    // SAFETY: as in `restore_signals`.
    unsafe {
        signal(number, 0);
        sigprocmask(SIG_SETMASK, &raw const set, std::ptr::null_mut());
        kill(getpid(), number);
    }
}
