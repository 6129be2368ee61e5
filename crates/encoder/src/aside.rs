//! Keeps a thread off the processor of another one. A kernel inside a virtual machine takes a processor that rests for one
//! that its host has taken away, and wakes a thread beside its waker: then both share one processor, and the other rests.

#[cfg(target_os = "linux")]
pub use linux::Aside;

#[cfg(target_os = "linux")]
mod linux {
    use std::ffi::{c_int, c_ulong};
    use std::os::unix::thread::JoinHandleExt;
    use std::thread::JoinHandle;

    /// Processors as bits: as many as the C library has by default.
    type Set = [u64; 16];

    unsafe extern "C" {
        fn sched_getcpu() -> c_int;
        fn sched_getaffinity(process: c_int, size: usize, set: *mut Set) -> c_int;
        fn pthread_setaffinity_np(thread: c_ulong, size: usize, set: *const Set) -> c_int;
    }

    /// Which processors a thread may use, and which of them it stays off.
    pub struct Aside {
        allowed: Set,
        avoided: c_int,
    }

    impl Aside {
        /// Those of the calling thread.
        pub fn new() -> Self {
            let mut allowed = [0; 16];
            // SAFETY: the set is as long as is said. When it fails the set stays empty, and nothing is avoided.
            unsafe { sched_getaffinity(0, size_of::<Set>(), &raw mut allowed) };
            Self {
                allowed,
                avoided: -1,
            }
        }

        /// Keeps the thread off the processor that the caller is on, when there is another one. It is a wish: whoever
        /// does not get it waits longer.
        pub fn keep_aside(&mut self, thread: &JoinHandle<()>) {
            // SAFETY: it takes nothing.
            let own = unsafe { sched_getcpu() };
            let Ok(place) = usize::try_from(own) else {
                return;
            };
            let mut others = self.allowed;
            if own == self.avoided || place / 64 >= others.len() {
                return;
            }
            others[place / 64] &= !(1 << (place % 64));
            if others.iter().any(|&bits| bits != 0) {
                self.avoided = own;
                // SAFETY: the thread has not been joined, and the set is as long as is said.
                unsafe {
                    pthread_setaffinity_np(
                        thread.as_pthread_t(),
                        size_of::<Set>(),
                        &raw const others,
                    )
                };
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
pub struct Aside;

#[cfg(not(target_os = "linux"))]
impl Aside {
    pub fn new() -> Self {
        Self
    }

    pub fn keep_aside(&mut self, _thread: &std::thread::JoinHandle<()>) {}
}
