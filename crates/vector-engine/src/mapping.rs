//! A mapped file that may be cut short at any moment. Touching a page that is gone raises SIGBUS; the
//! handler puts a page of zeros there, remembers that, and lets the search run on. libwayland treats the
//! shared memory of its clients in the same way (`wl_shm_buffer_begin_access`).

use std::ffi::{c_int, c_long, c_void};
use std::fs::File;
use std::os::fd::AsRawFd;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Mutex, Once};

const PROT_READ: c_int = 1;
const MAP_SHARED: c_int = 1;
const MAP_PRIVATE: c_int = 2;
const MAP_FIXED: c_int = 0x10;
const MAP_ANONYMOUS: c_int = 0x20;
const SIGBUS: c_int = 7;
const SA_SIGINFO: c_int = 4;
const SA_ONSTACK: c_int = 0x0800_0000;
const SA_NODEFER: c_int = 0x4000_0000;
const SC_PAGESIZE: c_int = 30;
const SIG_DFL: usize = 0;
const SIG_IGN: usize = 1;

type Handler = unsafe extern "C" fn(c_int, *mut Information, *mut c_void);

/// The beginning of `siginfo_t`.
#[repr(C)]
struct Information {
    signal: c_int,
    errno: c_int,
    code: c_int,
    padding: c_int,
    address: usize,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct Action {
    handler: usize,
    mask: [u64; 16],
    flags: c_int,
    restorer: usize,
}

const NO_ACTION: Action = Action {
    handler: SIG_DFL,
    mask: [0; 16],
    flags: 0,
    restorer: 0,
};

unsafe extern "C" {
    fn mmap(
        at: *mut c_void,
        length: usize,
        protection: c_int,
        flags: c_int,
        file: c_int,
        offset: c_long,
    ) -> *mut c_void;
    fn munmap(at: *mut c_void, length: usize) -> c_int;
    fn sigaction(signal: c_int, action: *const Action, old: *mut Action) -> c_int;
    fn sysconf(name: c_int) -> c_long;
    fn geteuid() -> u32;
    fn __errno_location() -> *mut c_int;
}

/// The user whose rights this process has.
pub fn effective_user() -> u32 {
    // SAFETY: always succeeds.
    unsafe { geteuid() }
}

/// A place in the table that the handler looks through.
struct Slot {
    state: AtomicU8,
    start: AtomicUsize,
    end: AtomicUsize,
    lost_pages: AtomicBool,
}

const FREE: u8 = 0;
const TAKEN: u8 = 1;
const ACTIVE: u8 = 2;

/// Files mapped at once by one process; who wants more copies.
const MOST_MAPPINGS: usize = 256;

static SLOTS: [Slot; MOST_MAPPINGS] = [const {
    Slot {
        state: AtomicU8::new(FREE),
        start: AtomicUsize::new(0),
        end: AtomicUsize::new(0),
        lost_pages: AtomicBool::new(false),
    }
}; MOST_MAPPINGS];

static PAGE: AtomicUsize = AtomicUsize::new(4096);
static OLD_HANDLER: AtomicUsize = AtomicUsize::new(SIG_DFL);
static OLD_TAKES_INFORMATION: AtomicBool = AtomicBool::new(false);
static INSTALLING: Mutex<()> = Mutex::new(());

/// The first `length` bytes of a file, mapped for reading.
pub struct Mapping {
    start: *mut c_void,
    length: usize,
    slot: &'static Slot,
}

// SAFETY: the mapping is only read, and unmapped by whoever owns it.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// None when the system will not map it, or too much is mapped already.
    pub fn of(file: &File, length: usize) -> Option<Self> {
        if length == 0 {
            return None;
        }
        Self::keep_handler();
        let slot = SLOTS.iter().find(|slot| {
            slot.state
                .compare_exchange(FREE, TAKEN, Ordering::AcqRel, Ordering::Relaxed)
                .is_ok()
        })?;
        // SAFETY: a new mapping at a place that the system chooses.
        let start = unsafe {
            mmap(
                ptr::null_mut(),
                length,
                PROT_READ,
                MAP_SHARED,
                file.as_raw_fd(),
                0,
            )
        };
        if start as isize == -1 {
            slot.state.store(FREE, Ordering::Release);
            return None;
        }
        let page = PAGE.load(Ordering::Relaxed);
        slot.start.store(start as usize, Ordering::Relaxed);
        slot.end.store(
            start as usize + length.next_multiple_of(page),
            Ordering::Relaxed,
        );
        slot.lost_pages.store(false, Ordering::Relaxed);
        slot.state.store(ACTIVE, Ordering::Release);
        Some(Self {
            start,
            length,
            slot,
        })
    }

    pub fn start(&self) -> *const u8 {
        self.start.cast_const().cast()
    }

    /// Whether something that was read was not the file, but a page of zeros in its place.
    pub fn lost_pages(&self) -> bool {
        self.slot.lost_pages.load(Ordering::Acquire)
    }

    /// Installs the handler, also when something has taken its place meanwhile.
    pub fn keep_handler() {
        static PAGE_SIZE: Once = Once::new();
        PAGE_SIZE.call_once(|| {
            // SAFETY: always succeeds.
            let page = unsafe { sysconf(SC_PAGESIZE) };
            PAGE.store(usize::try_from(page).unwrap_or(4096), Ordering::Relaxed);
        });
        let _alone = INSTALLING
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        let mut old = NO_ACTION;
        // SAFETY: asks what is installed.
        unsafe { sigaction(SIGBUS, ptr::null(), &mut old) };
        let ours: Handler = replace_lost_page;
        if old.handler == ours as usize {
            return;
        }
        OLD_HANDLER.store(old.handler, Ordering::Relaxed);
        OLD_TAKES_INFORMATION.store(old.flags & SA_SIGINFO != 0, Ordering::Relaxed);
        let action = Action {
            handler: ours as usize,
            flags: SA_SIGINFO | SA_ONSTACK | SA_NODEFER,
            ..NO_ACTION
        };
        // SAFETY: the handler does only what a handler may do.
        unsafe { sigaction(SIGBUS, &action, ptr::null_mut()) };
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        self.slot.state.store(TAKEN, Ordering::Release);
        // SAFETY: our own mapping, and nobody holds a pointer into it any more.
        unsafe { munmap(self.start, self.length) };
        self.slot.state.store(FREE, Ordering::Release);
    }
}

/// Only atomic loads and stores and one system call: what a handler may do.
unsafe extern "C" fn replace_lost_page(
    signal: c_int,
    information: *mut Information,
    context: *mut c_void,
) {
    // SAFETY: the system gives the information of the fault.
    let address = unsafe { (*information).address };
    let slot = SLOTS.iter().find(|slot| {
        slot.state.load(Ordering::Acquire) == ACTIVE
            && slot.start.load(Ordering::Relaxed) <= address
            && address < slot.end.load(Ordering::Relaxed)
    });
    let Some(slot) = slot else {
        // SAFETY: as the system called us.
        return unsafe { as_before(signal, information, context) };
    };
    // SAFETY: each thread has its own error number.
    let errno = unsafe { __errno_location() };
    // SAFETY: as above.
    let kept = unsafe { *errno };
    let page = PAGE.load(Ordering::Relaxed);
    let first = address & !(page - 1);
    let length = slot.end.load(Ordering::Relaxed) - first;
    slot.lost_pages.store(true, Ordering::Release);
    // Everything from here on is gone too: one fault for all.
    // SAFETY: replaces pages of our own mapping, which only readers of ours look at.
    let zeros = unsafe {
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
        mmap(first as *mut c_void, length, PROT_READ, flags, -1, 0)
    };
    // SAFETY: as above.
    unsafe { *errno = kept };
    if zeros as isize == -1 {
        // SAFETY: as the system called us.
        unsafe { as_before(signal, information, context) };
    }
}

/// What would have happened without us.
unsafe fn as_before(signal: c_int, information: *mut Information, context: *mut c_void) {
    let handler = OLD_HANDLER.load(Ordering::Relaxed);
    if handler == SIG_DFL || handler == SIG_IGN {
        // SAFETY: the fault happens again, and ends the process as it would have.
        unsafe { sigaction(signal, &NO_ACTION, ptr::null_mut()) };
    } else if OLD_TAKES_INFORMATION.load(Ordering::Relaxed) {
        // SAFETY: installed by somebody as a handler of this kind.
        let handler: Handler = unsafe { std::mem::transmute(handler) };
        // SAFETY: with what the system gave.
        unsafe { handler(signal, information, context) };
    } else {
        // SAFETY: installed by somebody as a handler of the other kind.
        let handler: unsafe extern "C" fn(c_int) = unsafe { std::mem::transmute(handler) };
        // SAFETY: with what the system gave.
        unsafe { handler(signal) };
    }
}
