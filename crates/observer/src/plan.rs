//! What to watch, as the caller of this program wrote it down. One line each:
//!
//! ```text
//! filter HEX                            the seccomp program, as little-endian `struct sock_filter`
//! skip N                                so many programs start before the one that is watched
//! call NUMBER NAME KIND ERROR SHAPE…    ERROR 0 lets the call go on
//! ```

use std::collections::HashMap;

/// Where in its arguments a call names what it is about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A path; `folder` is the argument with the folder that it starts from, else the working folder.
    Path {
        folder: Option<usize>,
        path: usize,
        follow: bool,
    },
    /// A path and a `struct open_how` whose first word are its flags.
    OpenHow {
        folder: usize,
        path: usize,
        how: usize,
    },
    /// A path, and whether it is followed depends on a flag.
    Flagged {
        folder: usize,
        path: usize,
        flags: usize,
        mask: u64,
        follow_when_set: bool,
    },
    Descriptor(usize),
    Address {
        pointer: usize,
        length: usize,
    },
    /// `struct msghdr` with an address of its own.
    Message(usize),
    Family(usize),
}

pub struct Call {
    pub name: String,
    pub kind: String,
    pub error: i32,
    pub shapes: Vec<Shape>,
}

pub struct Plan {
    pub filter: Vec<u8>,
    pub skip: usize,
    pub calls: HashMap<i32, Call>,
}

/// Reads a plan; says which line is wrong.
pub fn read_plan(text: &str) -> Result<Plan, String> {
    let mut plan = Plan {
        filter: Vec::new(),
        skip: 0,
        calls: HashMap::new(),
    };
    for (index, line) in text.lines().enumerate() {
        read_line(&mut plan, line)
            .ok_or_else(|| format!("line {} of the plan: {line}", index + 1))?;
    }
    if plan.filter.is_empty() {
        return Err("the plan has no filter".to_owned());
    }
    Ok(plan)
}

fn read_line(plan: &mut Plan, line: &str) -> Option<()> {
    let words: Vec<&str> = line.split(' ').collect();
    match words.as_slice() {
        ["filter", hex] => plan.filter = read_hex(hex)?,
        ["skip", count] => plan.skip = count.parse().ok()?,
        ["call", number, name, kind, error, shapes @ ..] => {
            let call = Call {
                name: (*name).to_owned(),
                kind: (*kind).to_owned(),
                error: error.parse().ok()?,
                shapes: shapes
                    .iter()
                    .map(|shape| read_shape(shape))
                    .collect::<Option<_>>()?,
            };
            plan.calls.insert(number.parse().ok()?, call);
        }
        _ => return None,
    }
    Some(())
}

fn read_shape(text: &str) -> Option<Shape> {
    let parts: Vec<&str> = text.split(':').collect();
    let number = |index: usize| -> Option<usize> {
        parts
            .get(index)?
            .parse()
            .ok()
            .filter(|&argument| argument < 6)
    };
    let follow = || -> Option<bool> {
        match *parts.last()? {
            "follow" => Some(true),
            "itself" => Some(false),
            _ => None,
        }
    };
    Some(match *parts.first()? {
        "path" => Shape::Path {
            folder: None,
            path: number(1)?,
            follow: follow()?,
        },
        "at" => Shape::Path {
            folder: Some(number(1)?),
            path: number(2)?,
            follow: follow()?,
        },
        "how" => Shape::OpenHow {
            folder: number(1)?,
            path: number(2)?,
            how: number(3)?,
        },
        "flagged" => Shape::Flagged {
            folder: number(1)?,
            path: number(2)?,
            flags: number(3)?,
            mask: parts.get(4)?.parse().ok()?,
            follow_when_set: follow()?,
        },
        "descriptor" => Shape::Descriptor(number(1)?),
        "address" => Shape::Address {
            pointer: number(1)?,
            length: number(2)?,
        },
        "message" => Shape::Message(number(1)?),
        "family" => Shape::Family(number(1)?),
        _ => return None,
    })
}

fn read_hex(text: &str) -> Option<Vec<u8>> {
    if text.len() % 16 != 0 || !text.is_ascii() {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Shape, read_plan};

    #[test]
    fn reads_every_line() {
        let text = "filter 0600000000000000\nskip 1\ncall 257 openat write 0 at:0:1:follow\ncall 41 socket network 13 family:0";
        let plan = read_plan(text).unwrap();
        assert_eq!((plan.filter.len(), plan.skip), (8, 1));
        assert_eq!(plan.calls[&41].error, 13);
        assert!(
            plan.calls[&257].shapes
                == [Shape::Path {
                    folder: Some(0),
                    path: 1,
                    follow: true
                }]
        );
    }

    #[test]
    fn names_the_line_that_is_wrong() {
        for line in [
            "call x",
            "call 1 a b 0 at:0:9:follow",
            "filter 06",
            "filter zz",
            "else",
            "",
        ] {
            let message = read_plan(&format!("filter 0600000000000000\n{line}\n")).err();
            assert_eq!(message, Some(format!("line 2 of the plan: {line}")));
        }
        assert!(read_plan("skip 1").is_err());
    }
}
