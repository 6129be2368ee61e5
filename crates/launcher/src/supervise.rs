use std::os::fd::{AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

use crate::confine::become_program;
use crate::fault::{Fault, Step};
use crate::policy::Policy;
use crate::system;

/// How the program ended.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    Exit(i32),
    Signal(i32),
}

/// How long processes that cannot die yet, in a call to a broken disk, are waited for.
const LAST_PATIENCE: Duration = Duration::from_secs(5);

/// Starts the program, waits for its end, and ends all that it started. Reports on `status`, one line
/// each, after the `abi N` of `main`: `pid N`, then `exec` or `error STEP ERRNO`, then
/// `usage KILOBYTES MICROSECONDS` and `left N`.
/// When `status` is closed at its other side, whoever wanted this run is gone, and it ends.
pub fn run(policy: &Policy, filter: i32, status: i32) -> Result<End, Fault> {
    let at = |step: Step| move |errno: i32| Fault { step, errno };
    let supervise = at(Step::Supervise);
    system::hide_memory().map_err(supervise)?;
    system::adopt_orphans().map_err(supervise)?;
    let signals = system::collect_signals(&[
        system::SIGCHLD,
        system::SIGHUP,
        system::SIGINT,
        system::SIGPIPE,
        system::SIGTERM,
    ])
    .map_err(supervise)?;
    let (faults, faults_out) = system::pipe().map_err(supervise)?;
    let supervisor = system::own_pid();
    let program = system::split().map_err(supervise)?;
    if program == 0 {
        let fault = become_program(policy, supervisor, filter);
        system::write_all(faults_out.as_raw_fd(), &fault.to_bytes());
        std::process::exit(127);
    }
    drop(faults_out);
    // The program's input and output are its alone, and so is the gate.
    for descriptor in [0, 1, 2, filter] {
        system::close_descriptor(descriptor);
    }
    system::write_all(status, format!("pid {program}\n").as_bytes());

    let mut watched = Watched {
        program,
        signals,
        status,
        stop: false,
    };
    // Ends without bytes when the program has replaced the child.
    let fault = watched.wait_for_start(faults);
    if fault.is_none() && !watched.stop {
        system::write_all(status, b"exec\n");
    }
    let (end, usage) = watched.wait_for_end();
    let left = end_the_rest();
    if let Some(fault) = fault {
        return Err(fault);
    }
    let report = format!(
        "usage {} {}\nleft {left}\n",
        usage.max_rss_kilobytes,
        usage.cpu_micros()
    );
    system::write_all(status, report.as_bytes());
    Ok(end)
}

struct Watched {
    program: i32,
    signals: OwnedFd,
    status: i32,
    stop: bool,
}

impl Watched {
    fn wait_for_start(&mut self, faults: OwnedFd) -> Option<Fault> {
        loop {
            if self.turn(&[faults.as_raw_fd()]) {
                let number = std::os::fd::IntoRawFd::into_raw_fd(faults);
                let bytes = system::read_all(number, 16).unwrap_or_default();
                return Fault::from_bytes(&bytes);
            }
        }
    }

    fn wait_for_end(&mut self) -> (End, system::Usage) {
        loop {
            match system::ended_child() {
                Ok(Some(pid)) if pid == self.program => {
                    // Before it is taken off the list: until then its group's number is its own.
                    system::kill_group(self.program);
                    return match system::reap(pid) {
                        Ok((status, usage)) => (end_of(status), usage),
                        Err(_) => (End::Signal(system::SIGKILL), system::Usage::default()),
                    };
                }
                Ok(Some(orphan)) => drop(system::reap(orphan)),
                Ok(None) => drop(self.turn(&[])),
                Err(system::EINTR) => {}
                Err(_) => return (End::Signal(system::SIGKILL), system::Usage::default()),
            }
        }
    }

    /// Waits for anything to happen. Says whether one of `others` can be read.
    fn turn(&mut self, others: &[i32]) -> bool {
        let mut descriptors = vec![self.signals.as_raw_fd()];
        if !self.stop {
            descriptors.push(self.status);
        }
        let own = descriptors.len();
        descriptors.extend(others);
        let ready = system::wait_for(&descriptors, -1);
        let asked = system::drain_signals(&self.signals)
            .iter()
            .any(|signal| *signal != system::SIGCHLD && *signal != system::SIGPIPE);
        let abandoned = own == 2 && ready[1];
        if !self.stop && (asked || abandoned) {
            self.stop = true;
            system::kill_group(self.program);
            // Where it leads no group yet.
            system::kill_one(self.program);
        }
        ready[own..].contains(&true)
    }
}

/// Kills every process that the program left, and says how many there were. The group of the program
/// is dead already, and the filter lets nobody leave it; who could all the same is a child of ours.
fn end_the_rest() -> usize {
    let began = Instant::now();
    let mut left = 0;
    loop {
        match system::ended_child() {
            Ok(Some(pid)) => {
                left += usize::from(system::reap(pid).is_ok());
                continue;
            }
            Err(system::EINTR) => continue,
            Err(_) => return left,
            Ok(None) if began.elapsed() > LAST_PATIENCE => return left,
            Ok(None) => {}
        }
        for child in
            children(&std::fs::read_to_string("/proc/thread-self/children").unwrap_or_default())
        {
            system::kill_one(child);
        }
        system::wait_for(&[], 1);
    }
}

/// The numbers in a list of children of the kernel.
fn children(list: &str) -> Vec<i32> {
    list.split_ascii_whitespace()
        .filter_map(|number| number.parse().ok())
        .filter(|number| *number > 1)
        .collect()
}

/// Reads a wait status.
fn end_of(status: i32) -> End {
    match status & 0x7f {
        0 => End::Exit((status >> 8) & 0xff),
        signal => End::Signal(signal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_exits_from_signals() {
        assert_eq!(end_of(42 << 8), End::Exit(42));
        assert_eq!(end_of(9), End::Signal(9));
        assert_eq!(end_of(0x80 | 6), End::Signal(6));
    }

    #[test]
    fn reads_the_kernels_list_of_children() {
        assert_eq!(children("12 345 "), [12, 345]);
        assert_eq!(children("0 -1 1 x"), Vec::<i32>::new());
    }
}
