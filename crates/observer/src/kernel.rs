//! The calls to the kernel that the standard library does not have.

use std::ffi::{CString, c_char, c_int, c_long, c_uint, c_ulong, c_void};
use std::io::{Error, Result};

pub const SIGKILL: c_int = 9;
const PR_SET_PDEATHSIG: c_int = 1;
const PR_SET_DUMPABLE: c_int = 4;
const PR_SET_CHILD_SUBREAPER: c_int = 36;
const PR_SET_NO_NEW_PRIVS: c_int = 38;
const AF_UNIX: c_int = 1;
/// Stream and close-on-exec: neither end may reach the program.
const SOCK_STREAM: c_int = 1 | 0o2_000_000;
const SOL_SOCKET: c_int = 1;
const SCM_RIGHTS: c_int = 1;

/// `struct sock_filter`, kept as the bytes that the caller gave.
pub const FILTER_INSTRUCTION_BYTES: usize = 8;

#[cfg(target_arch = "x86_64")]
const SYS_SECCOMP: c_long = 317;
#[cfg(target_arch = "aarch64")]
const SYS_SECCOMP: c_long = 277;
const SET_MODE_FILTER: c_uint = 1;
const FLAG_NEW_LISTENER: c_uint = 1 << 3;
const FLAG_WAIT_KILLABLE: c_uint = 1 << 5;
/// `_IOWR('!', 0, struct seccomp_notif)` and its neighbours in `linux/seccomp.h`.
const NOTIF_RECV: c_ulong = 0xC050_2100;
const NOTIF_SEND: c_ulong = 0xC018_2101;
const NOTIF_ID_VALID: c_ulong = 0x4008_2102;
const RESPONSE_CONTINUE: u32 = 1;

/// `struct seccomp_notif`.
#[repr(C)]
#[derive(Default, Clone, Copy)]
pub struct Notification {
    pub id: u64,
    pub pid: u32,
    pub flags: u32,
    pub number: i32,
    pub architecture: u32,
    pub instruction: u64,
    pub arguments: [u64; 6],
}

#[repr(C)]
struct Response {
    id: u64,
    value: i64,
    error: i32,
    flags: u32,
}

#[repr(C)]
struct FilterProgram {
    length: u16,
    filter: *const c_void,
}

#[repr(C)]
struct IoVector {
    base: *mut c_void,
    length: usize,
}

#[repr(C)]
struct MessageHeader {
    name: *mut c_void,
    name_length: c_uint,
    vectors: *mut IoVector,
    vector_count: usize,
    control: *mut c_void,
    control_length: usize,
    flags: c_int,
}

/// One control message that carries one descriptor: `struct cmsghdr`, the descriptor, padding.
#[repr(C, align(8))]
struct DescriptorMessage {
    length: usize,
    level: c_int,
    kind: c_int,
    descriptor: c_int,
    padding: c_int,
}
/// `CMSG_LEN(sizeof(int))`.
const DESCRIPTOR_MESSAGE_LENGTH: usize = 20;

unsafe extern "C" {
    fn fork() -> c_int;
    fn prctl(option: c_int, ...) -> c_int;
    fn syscall(number: c_long, ...) -> c_long;
    fn ioctl(descriptor: c_int, request: c_ulong, ...) -> c_int;
    fn socketpair(domain: c_int, kind: c_int, protocol: c_int, pair: *mut c_int) -> c_int;
    fn sendmsg(descriptor: c_int, message: *const MessageHeader, flags: c_int) -> isize;
    fn recvmsg(descriptor: c_int, message: *mut MessageHeader, flags: c_int) -> isize;
    fn waitpid(pid: c_int, status: *mut c_int, options: c_int) -> c_int;
    fn kill(pid: c_int, signal: c_int) -> c_int;
    fn signal(signal: c_int, handler: usize) -> usize;
    fn getpid() -> c_int;
    fn getppid() -> c_int;
    fn fcntl(descriptor: c_int, command: c_int, ...) -> c_int;
    fn close(descriptor: c_int) -> c_int;
    fn dup2(from: c_int, to: c_int) -> c_int;
    fn open(path: *const c_char, flags: c_int, ...) -> c_int;
    fn execv(path: *const c_char, argv: *const *const c_char) -> c_int;
    fn _exit(status: c_int) -> !;
    fn setrlimit(resource: c_int, limit: *const [u64; 2]) -> c_int;
}

fn checked(value: c_int) -> Result<c_int> {
    if value < 0 {
        Err(Error::last_os_error())
    } else {
        Ok(value)
    }
}

/// The process inside must not be able to read or change this one through `/proc`, and what it leaves
/// behind becomes our child.
pub fn guard_ourselves() -> Result<()> {
    // SAFETY: these options take one number.
    unsafe {
        checked(prctl(PR_SET_DUMPABLE, 0 as c_ulong, 0, 0, 0))?;
        checked(prctl(PR_SET_CHILD_SUBREAPER, 1 as c_ulong, 0, 0, 0))?;
    }
    Ok(())
}

/// The child of a fork dies with its parent and gains no rights by starting a program.
pub fn bind_child_to(parent: c_int) -> Result<()> {
    // SAFETY: these options take one number.
    unsafe {
        checked(prctl(PR_SET_PDEATHSIG, SIGKILL as c_ulong, 0, 0, 0))?;
        if getppid() != parent {
            _exit(126);
        }
        checked(prctl(PR_SET_NO_NEW_PRIVS, 1 as c_ulong, 0, 0, 0))?;
    }
    Ok(())
}

/// Installs a filter for this process and its descendants and returns the listener for it.
pub fn install_filter(instructions: &[u8]) -> Result<c_int> {
    let program = FilterProgram {
        length: u16::try_from(instructions.len() / FILTER_INSTRUCTION_BYTES)
            .map_err(|_| Error::other("the filter is too long"))?,
        filter: instructions.as_ptr().cast(),
    };
    // A kernel before 5.19 does not know the second flag: a signal then interrupts a watched call.
    for flags in [FLAG_NEW_LISTENER | FLAG_WAIT_KILLABLE, FLAG_NEW_LISTENER] {
        // SAFETY: the program outlives the call, which copies it.
        let listener = unsafe { syscall(SYS_SECCOMP, SET_MODE_FILTER, flags, &raw const program) };
        if listener >= 0 {
            return Ok(listener as c_int);
        }
        if Error::last_os_error().raw_os_error() != Some(22) {
            break;
        }
    }
    Err(Error::last_os_error())
}

/// Waits for the next watched call. `None` when nobody is left who could make one.
pub fn next_notification(listener: c_int) -> Option<Notification> {
    loop {
        let mut notification = Notification::default();
        // SAFETY: the kernel fills a zeroed structure of the size that is in the request.
        if unsafe { ioctl(listener, NOTIF_RECV, &raw mut notification) } == 0 {
            return Some(notification);
        }
        match Error::last_os_error().raw_os_error() {
            // The caller died meanwhile, or we were interrupted.
            Some(2) if !hung_up(listener) => {}
            Some(4) => {}
            _ => return None,
        }
    }
}

fn hung_up(listener: c_int) -> bool {
    #[repr(C)]
    struct Poll {
        descriptor: c_int,
        events: i16,
        returned: i16,
    }
    unsafe extern "C" {
        fn poll(descriptors: *mut Poll, count: c_ulong, timeout: c_int) -> c_int;
    }
    let mut watched = Poll {
        descriptor: listener,
        events: 1,
        returned: 0,
    };
    // SAFETY: one structure is given and one is counted.
    unsafe { poll(&raw mut watched, 1, 0) };
    watched.returned & 0x10 != 0
}

/// False when the caller is gone, and its memory may be somebody else's.
pub fn still_waits(listener: c_int, id: u64) -> bool {
    // SAFETY: the request reads one number.
    unsafe { ioctl(listener, NOTIF_ID_VALID, &raw const id) == 0 }
}

/// Answers with an error, or with 0 lets the call go on to whatever confines the program.
pub fn answer(listener: c_int, id: u64, error: i32) {
    let flags = if error == 0 { RESPONSE_CONTINUE } else { 0 };
    let response = Response {
        id,
        value: 0,
        error: -error,
        flags,
    };
    // SAFETY: the kernel reads one structure. It fails when the caller is gone, which is no matter.
    unsafe { ioctl(listener, NOTIF_SEND, &raw const response) };
}

pub fn socket_pair() -> Result<[c_int; 2]> {
    let mut pair = [0; 2];
    // SAFETY: the kernel fills two descriptors.
    checked(unsafe { socketpair(AF_UNIX, SOCK_STREAM, 0, pair.as_mut_ptr()) })?;
    Ok(pair)
}

pub fn send_descriptor(through: c_int, descriptor: c_int) -> Result<()> {
    with_message(Some(descriptor), |message| {
        // SAFETY: every pointer in the message lives until the call returns.
        unsafe { sendmsg(through, message, 0) }
    })
    .map(|_| ())
}

pub fn receive_descriptor(through: c_int) -> Result<c_int> {
    with_message(None, |message| {
        // SAFETY: every pointer in the message lives until the call returns.
        unsafe { recvmsg(through, message, 0) }
    })
}

fn with_message(
    descriptor: Option<c_int>,
    call: impl FnOnce(*mut MessageHeader) -> isize,
) -> Result<c_int> {
    let mut byte = 1_u8;
    let mut vector = IoVector {
        base: (&raw mut byte).cast(),
        length: 1,
    };
    let mut control = DescriptorMessage {
        length: DESCRIPTOR_MESSAGE_LENGTH,
        level: SOL_SOCKET,
        kind: SCM_RIGHTS,
        descriptor: descriptor.unwrap_or(-1),
        padding: 0,
    };
    let mut message = MessageHeader {
        name: std::ptr::null_mut(),
        name_length: 0,
        vectors: &raw mut vector,
        vector_count: 1,
        control: (&raw mut control).cast(),
        control_length: size_of::<DescriptorMessage>(),
        flags: 0,
    };
    let count = call(&raw mut message);
    if count < 0 {
        return Err(Error::last_os_error());
    }
    if count == 0 || control.descriptor < 0 {
        return Err(Error::other(
            "the program ended before its filter was in place",
        ));
    }
    Ok(control.descriptor)
}

pub fn fork_process() -> Result<c_int> {
    // SAFETY: no other thread exists yet.
    checked(unsafe { fork() })
}

pub fn our_pid() -> c_int {
    // SAFETY: always succeeds.
    unsafe { getpid() }
}

/// Replaces this process. Returns only when it failed.
pub fn run_program(file: &CString, argv: &[CString]) -> Error {
    let mut pointers: Vec<*const c_char> = argv.iter().map(|element| element.as_ptr()).collect();
    pointers.push(std::ptr::null());
    // SAFETY: the list ends with a null pointer. Rust ignores SIGPIPE; the program must not inherit that.
    unsafe {
        signal(13, 0);
        execv(file.as_ptr(), pointers.as_ptr());
    }
    Error::last_os_error()
}

pub fn exit_now(status: c_int) -> ! {
    // SAFETY: ends the process.
    unsafe { _exit(status) }
}

/// Ends like the program did: by the same signal, or as the first process of a namespace, which no
/// signal ends, with 128 + number.
pub fn end_by_signal(number: c_int) -> ! {
    // SAFETY: only this process is meant. No second core file is wanted.
    unsafe {
        let none = [0, 0];
        setrlimit(4, &raw const none);
        signal(number, 0);
        kill(getpid(), number);
        _exit(128 + number)
    }
}

pub fn send_kill(pid: c_int) {
    // SAFETY: any number is valid; an absent process is an error that does not matter.
    unsafe { kill(pid, SIGKILL) };
}

/// Waits for any child. `None` when there is none.
pub fn wait_any() -> Option<(c_int, c_int)> {
    loop {
        let mut status = 0;
        // SAFETY: the kernel fills one number.
        let pid = unsafe { waitpid(-1, &raw mut status, 0) };
        if pid > 0 {
            return Some((pid, status));
        }
        if Error::last_os_error().raw_os_error() != Some(4) {
            return None;
        }
    }
}

pub fn close_descriptor(descriptor: c_int) {
    // SAFETY: nothing in this program uses it afterwards.
    unsafe { close(descriptor) };
}

/// Keeps a descriptor from the program.
pub fn close_on_exec(descriptor: c_int) {
    // SAFETY: `F_SETFD` with `FD_CLOEXEC` takes plain numbers.
    unsafe { fcntl(descriptor, 2, 1) };
}

/// Lets go of the program's standard streams, so that their readers see their end with the program.
pub fn release_streams() {
    // SAFETY: plain numbers and a constant path.
    unsafe {
        let nothing = open(c"/dev/null".as_ptr(), 2);
        for stream in 0..3 {
            if nothing >= 0 {
                dup2(nothing, stream);
            } else {
                close(stream);
            }
        }
        if nothing > 2 {
            close(nothing);
        }
    }
}
