use std::ffi::CString;

use crate::fault::{Fault, Step};
use crate::landlock;
use crate::policy::{Policy, Program};
use crate::system;

/// Turns this process into the program. Returns only with the reason why it could not.
///
/// The filter comes last from outside: who started us opens that gate when it knows how to end this
/// process, and never after it has given up. It comes before the program, which cannot undo it.
pub fn become_program(policy: &Policy, supervisor: i32, filter: i32) -> Fault {
    match confine(policy, supervisor, filter) {
        Ok(fault) | Err(fault) => fault,
    }
}

fn confine(policy: &Policy, supervisor: i32, filter: i32) -> Result<Fault, Fault> {
    let at = |step: Step| move |errno: i32| Fault { step, errno };
    system::die_with(supervisor).map_err(at(Step::Session))?;
    system::new_session().map_err(at(Step::Session))?;
    system::set_umask(policy.umask);
    if let Some(folder) = &policy.folder {
        system::enter(folder).map_err(at(Step::Folder))?;
    }
    system::no_new_privileges().map_err(at(Step::Landlock))?;
    landlock::restrict(&policy.grants)?;

    let instructions =
        system::read_all(filter, policy.filter_bytes + 1).map_err(at(Step::Filter))?;
    if instructions.len() != policy.filter_bytes {
        return Err(at(Step::Filter)(0));
    }
    // Late: descriptors are still opened until here.
    for limit in &policy.limits {
        system::limit(limit.resource, limit.value).map_err(at(Step::Limit))?;
    }
    system::close_on_execute(&policy.kept).map_err(at(Step::Descriptors))?;
    let path = match &policy.program {
        // Not `execveat` without a path: the filter refuses that, to us as to the program.
        Some(Program::Descriptor(number)) => {
            CString::new(format!("/proc/self/fd/{number}")).map_err(|_| at(Step::Policy)(0))?
        }
        Some(Program::Path(path)) => path.clone(),
        None => return Err(at(Step::Policy)(0)),
    };
    system::restore_signals();
    system::install_filter(&instructions).map_err(at(Step::Filter))?;
    Ok(at(Step::Execute)(system::execute(
        &path,
        &policy.arguments,
        &policy.environment,
    )))
}
