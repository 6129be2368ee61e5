/// Why the program was not started: the step that failed and the kernel's error number, 0 where the
/// kernel was not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    pub step: Step,
    pub errno: i32,
}

/// The steps before the program runs. The numbers travel through a pipe; the names are what the
/// caller reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Step {
    Policy = 1,
    Supervise = 2,
    Session = 3,
    Limit = 4,
    Folder = 5,
    Landlock = 6,
    Grant = 7,
    Filter = 8,
    Descriptors = 9,
    Execute = 10,
}

const STEPS: [(Step, &str); 10] = [
    (Step::Policy, "policy"),
    (Step::Supervise, "supervise"),
    (Step::Session, "session"),
    (Step::Limit, "limit"),
    (Step::Folder, "folder"),
    (Step::Landlock, "landlock"),
    (Step::Grant, "grant"),
    (Step::Filter, "filter"),
    (Step::Descriptors, "descriptors"),
    (Step::Execute, "execute"),
];

impl Step {
    pub fn name(self) -> &'static str {
        STEPS
            .iter()
            .find(|(step, _)| *step == self)
            .map_or("?", |(_, name)| name)
    }
}

impl Fault {
    pub fn to_bytes(self) -> [u8; 5] {
        let [a, b, c, d] = self.errno.to_le_bytes();
        [self.step as u8, a, b, c, d]
    }

    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let [number, a, b, c, d] = *<&[u8; 5]>::try_from(bytes).ok()?;
        let (step, _) = *STEPS.iter().find(|(step, _)| *step as u8 == number)?;
        Some(Self {
            step,
            errno: i32::from_le_bytes([a, b, c, d]),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn travels_through_a_pipe_unchanged() {
        for (step, name) in STEPS {
            let fault = Fault { step, errno: 13 };
            assert_eq!(Fault::from_bytes(&fault.to_bytes()), Some(fault));
            assert_eq!(step.name(), name);
        }
        assert_eq!(Fault::from_bytes(&[99, 0, 0, 0, 0]), None);
        assert_eq!(Fault::from_bytes(&[1, 0]), None);
    }
}
