//! `--limits LIMITS KEPT FILE NAME [ARG…]`: sets limits of its own and becomes a program. For a level
//! that confines by other means and cannot set limits itself.
//!
//! LIMITS is `RESOURCE:VALUE` after `RESOURCE:VALUE` with commas between, KEPT the numbers of the
//! descriptors from 3 up that the program keeps; `-` is none. The environment is passed on.

use std::ffi::{CStr, CString};

use crate::policy::Limit;
use crate::system;

/// As `env` and `nice` end when they cannot start a program.
pub const CANNOT_RUN: i32 = 126;
const WRONG_ORDER: i32 = 125;

#[derive(Debug, PartialEq, Eq)]
struct Order {
    limits: Vec<Limit>,
    kept: Vec<i32>,
    file: CString,
    /// The program's own name first.
    arguments: Vec<CString>,
}

/// Returns only when it failed, with the code to end with.
pub fn become_program(words: &[&CStr]) -> i32 {
    let Some(order) = parse(words) else {
        system::write_all(
            2,
            b"clawkeep-launcher: not an order that can be carried out\n",
        );
        return WRONG_ORDER;
    };
    let errno = start(&order);
    let file = order.file.to_string_lossy();
    let why = std::io::Error::from_raw_os_error(errno);
    system::write_all(2, format!("clawkeep-launcher: {file}: {why}\n").as_bytes());
    CANNOT_RUN
}

fn start(order: &Order) -> i32 {
    let prepared = system::close_on_execute(&order.kept).and_then(|()| {
        order
            .limits
            .iter()
            .try_for_each(|limit| system::limit(limit.resource, limit.value))
    });
    match prepared {
        Ok(()) => system::execute_as_it_is(&order.file, &order.arguments),
        Err(errno) => errno,
    }
}

fn parse(words: &[&CStr]) -> Option<Order> {
    let [limits, kept, file, arguments @ ..] = words else {
        return None;
    };
    if arguments.is_empty() {
        return None;
    }
    Some(Order {
        limits: list(limits, |text| {
            let (resource, value) = text.split_once(':')?;
            Some(Limit {
                resource: resource.parse().ok()?,
                value: value.parse().ok()?,
            })
        })?,
        kept: list(kept, |text| {
            text.parse().ok().filter(|descriptor| *descriptor > 2)
        })?,
        file: (*file).to_owned(),
        arguments: arguments.iter().map(|text| (*text).to_owned()).collect(),
    })
}

fn list<T>(word: &CStr, read: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    match word.to_str().ok()? {
        "-" => Some(Vec::new()),
        text => text.split(',').map(read).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_whole_order() {
        let order = parse(&[c"4:0,7:1024", c"100,101", c"/bin/x", c"a name", c"", c"-x"]);
        assert_eq!(
            order,
            Some(Order {
                limits: vec![
                    Limit {
                        resource: 4,
                        value: 0
                    },
                    Limit {
                        resource: 7,
                        value: 1024
                    }
                ],
                kept: vec![100, 101],
                file: c"/bin/x".to_owned(),
                arguments: vec![c"a name".to_owned(), c"".to_owned(), c"-x".to_owned()],
            })
        );
        let least = parse(&[c"-", c"-", c"f", c"n"]);
        assert!(least.is_some_and(|order| order.limits.is_empty() && order.kept.is_empty()));
    }

    #[test]
    fn refuses_anything_else() {
        for words in [
            [c"4", c"-", c"f", c"n"],
            [c"4:x", c"-", c"f", c"n"],
            [c"4:-1", c"-", c"f", c"n"],
            [c"", c"-", c"f", c"n"],
            [c"-", c"1", c"f", c"n"],
            [c"-", c"x", c"f", c"n"],
        ] {
            assert_eq!(parse(&words), None);
        }
        assert_eq!(parse(&[c"-", c"-", c"f"]), None);
    }
}
