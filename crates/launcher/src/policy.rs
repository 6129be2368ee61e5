use std::ffi::CString;

/// What the caller wants, as it came through the policy descriptor.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Policy {
    pub program: Option<Program>,
    /// The program's own name first.
    pub arguments: Vec<CString>,
    pub environment: Vec<CString>,
    pub folder: Option<CString>,
    pub grants: Vec<Grant>,
    pub limits: Vec<Limit>,
    pub umask: u32,
    /// Descriptors that the program keeps besides 0, 1 and 2.
    pub kept: Vec<i32>,
    /// Exact size of the system call filter, in bytes.
    pub filter_bytes: usize,
}

/// What is executed.
#[derive(Debug, PartialEq, Eq)]
pub enum Program {
    /// An open file: whoever renames or replaces its path changes nothing.
    Descriptor(i32),
    /// A script: its interpreter has to find it by name.
    Path(CString),
}

/// Something of the file system that the program may use.
#[derive(Debug, PartialEq, Eq)]
pub struct Grant {
    pub class: Class,
    pub at: Place,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Place {
    Descriptor(i32),
    /// Skipped where it does not exist.
    Path(CString),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Read and execute.
    Read,
    /// Read, write, make and remove; never execute.
    Write,
    /// Read and write, nothing else.
    Device,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Limit {
    pub resource: u32,
    pub value: u64,
}

const MAGIC: &[u8; 8] = b"CKLAUNCH";
const VERSION: u32 = 1;

/// Reads the whole policy: `CKLAUNCH`, version, size of the rest, then entries of tag (1 byte), size
/// (4 bytes) and payload, all little-endian. Says what is wrong with anything else.
pub fn parse(bytes: &[u8]) -> Result<Policy, &'static str> {
    let mut reader = Reader { rest: bytes };
    if reader.take(8)? != MAGIC {
        return Err("not a policy");
    }
    if reader.number()? != VERSION {
        return Err("another version");
    }
    if reader.number()? as usize != reader.rest.len() {
        return Err("cut short, or too long");
    }
    let mut policy = Policy::default();
    while !reader.rest.is_empty() {
        let tag = reader.take(1)?[0];
        let size = reader.number()? as usize;
        let payload = reader.take(size)?;
        add(&mut policy, tag, Reader { rest: payload })?;
    }
    if policy.program.is_none() || policy.arguments.is_empty() || policy.folder.is_none() {
        return Err("no program, name or folder");
    }
    if policy.filter_bytes == 0 || !policy.filter_bytes.is_multiple_of(8) {
        return Err("no filter");
    }
    Ok(policy)
}

fn add(policy: &mut Policy, tag: u8, mut payload: Reader) -> Result<(), &'static str> {
    match tag {
        1 => policy.program = Some(Program::Descriptor(payload.descriptor()?)),
        2 => policy.program = Some(Program::Path(payload.text()?)),
        3 => policy.arguments.push(payload.text()?),
        4 => policy.environment.push(payload.text()?),
        5 => policy.folder = Some(payload.text()?),
        6 | 7 => {
            let class = match payload.take(1)?[0] {
                1 => Class::Read,
                2 => Class::Write,
                3 => Class::Device,
                _ => return Err("unknown class"),
            };
            let at = if tag == 6 {
                Place::Descriptor(payload.descriptor()?)
            } else {
                Place::Path(payload.text()?)
            };
            policy.grants.push(Grant { class, at });
        }
        8 => policy.limits.push(Limit {
            resource: payload.number()?,
            value: payload.wide_number()?,
        }),
        9 => policy.umask = payload.number()?,
        10 => policy.kept.push(payload.descriptor()?),
        11 => policy.filter_bytes = payload.number()? as usize,
        _ => return Err("unknown tag"),
    }
    if payload.rest.is_empty() {
        Ok(())
    } else {
        Err("entry too long")
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, size: usize) -> Result<&'a [u8], &'static str> {
        let (taken, rest) = self.rest.split_at_checked(size).ok_or("cut short")?;
        self.rest = rest;
        Ok(taken)
    }

    fn number(&mut self) -> Result<u32, &'static str> {
        let bytes = self.take(4)?.try_into().map_err(|_| "cut short")?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn wide_number(&mut self) -> Result<u64, &'static str> {
        let bytes = self.take(8)?.try_into().map_err(|_| "cut short")?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn descriptor(&mut self) -> Result<i32, &'static str> {
        let number = i32::try_from(self.number()?).map_err(|_| "no descriptor")?;
        if number < 3 {
            return Err("no descriptor");
        }
        Ok(number)
    }

    fn text(&mut self) -> Result<CString, &'static str> {
        CString::new(std::mem::take(&mut self.rest)).map_err(|_| "a NUL in a text")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(tag: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![tag];
        bytes.extend((payload.len() as u32).to_le_bytes());
        bytes.extend(payload);
        bytes
    }

    fn whole(entries: &[Vec<u8>]) -> Vec<u8> {
        let body = entries.concat();
        let mut bytes = MAGIC.to_vec();
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend((body.len() as u32).to_le_bytes());
        bytes.extend(body);
        bytes
    }

    fn least() -> Vec<Vec<u8>> {
        vec![
            entry(1, &7u32.to_le_bytes()),
            entry(3, b"name"),
            entry(5, b"/tmp"),
            entry(11, &16u32.to_le_bytes()),
        ]
    }

    #[test]
    fn reads_every_kind_of_entry() {
        let mut entries = least();
        entries.push(entry(3, b"-x"));
        entries.push(entry(4, b"A=b"));
        entries.push(entry(6, &[2, 9, 0, 0, 0]));
        entries.push(entry(7, b"\x01/usr"));
        entries.push(entry(8, &[4, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0]));
        entries.push(entry(9, &0o77u32.to_le_bytes()));
        entries.push(entry(10, &11u32.to_le_bytes()));
        let policy = parse(&whole(&entries)).expect("it is whole");
        assert_eq!(policy.program, Some(Program::Descriptor(7)));
        assert_eq!(policy.arguments, [c"name".to_owned(), c"-x".to_owned()]);
        assert_eq!(policy.environment, [c"A=b".to_owned()]);
        assert_eq!(policy.folder, Some(c"/tmp".to_owned()));
        assert_eq!(policy.grants[0].class, Class::Write);
        assert_eq!(policy.grants[0].at, Place::Descriptor(9));
        assert_eq!(policy.grants[1].at, Place::Path(c"/usr".to_owned()));
        assert_eq!(
            policy.limits,
            [Limit {
                resource: 4,
                value: 5
            }]
        );
        assert_eq!((policy.umask, policy.kept), (0o77, vec![11]));
    }

    #[test]
    fn refuses_a_policy_that_is_cut_anywhere() {
        let bytes = whole(&least());
        assert!(parse(&bytes).is_ok());
        for size in 0..bytes.len() {
            assert!(parse(&bytes[..size]).is_err(), "{size}");
        }
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        for odd in [
            entry(99, b""),
            entry(3, b"a\0b"),
            entry(6, &[4, 9, 0, 0, 0]),
            entry(6, &[1, 2, 0, 0, 0]),
            entry(10, &[9, 0, 0, 0, 0]),
            entry(1, &u32::MAX.to_le_bytes()),
        ] {
            let mut entries = least();
            entries.push(odd);
            assert!(parse(&whole(&entries)).is_err());
        }
    }

    #[test]
    fn refuses_a_policy_without_a_program_name_folder_or_filter() {
        for missing in 0..4 {
            let mut entries = least();
            entries.remove(missing);
            assert!(parse(&whole(&entries)).is_err());
        }
    }
}
