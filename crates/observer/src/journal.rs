//! Writes each thing that was tried when it is first seen, as one JSON object a line.

use std::collections::HashMap;
use std::fs::File;
use std::io::Write;

/// A program that tries ever new things must not fill memory; beyond this only `overflow` is told.
const DISTINCT: usize = 10_000;

pub struct Journal {
    out: File,
    seen: HashMap<String, (usize, u64)>,
    overflow: bool,
}

/// What one line says. Empty texts are left out.
pub struct Entry<'a> {
    pub kind: &'a str,
    pub call: &'a str,
    pub path: Option<String>,
    pub address: Option<String>,
    pub program: Option<String>,
}

impl Journal {
    pub fn new(out: File) -> Self {
        Self {
            out,
            seen: HashMap::new(),
            overflow: false,
        }
    }

    pub fn add(&mut self, entry: &Entry) {
        let mut body = format!(
            "\"kind\":{},\"call\":{}",
            quote(entry.kind),
            quote(entry.call)
        );
        for (name, value) in [
            ("path", &entry.path),
            ("address", &entry.address),
            ("program", &entry.program),
        ] {
            if let Some(value) = value {
                body.push_str(&format!(",\"{name}\":{}", quote(value)));
            }
        }
        if let Some((_, times)) = self.seen.get_mut(&body) {
            *times += 1;
            return;
        }
        if self.seen.len() == DISTINCT {
            self.overflow = true;
            return;
        }
        let index = self.seen.len();
        self.write(&format!("{{{body}}}\n"));
        self.seen.insert(body, (index, 1));
    }

    pub fn fail(&mut self, why: &str) {
        self.write(&format!("{{\"error\":{}}}\n", quote(why)));
    }

    /// Says how often each line was seen, and that nothing is missing.
    pub fn finish(&mut self) {
        let mut times = vec![0; self.seen.len()];
        for &(index, count) in self.seen.values() {
            times[index] = count;
        }
        let times: Vec<String> = times.iter().map(u64::to_string).collect();
        self.write(&format!(
            "{{\"end\":true,\"overflow\":{},\"times\":[{}]}}\n",
            self.overflow,
            times.join(",")
        ));
    }

    fn write(&mut self, line: &str) {
        // Nobody reads any more: the run has been given up, and so may we.
        let _ = self.out.write_all(line.as_bytes());
    }
}

fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => {
                quoted.push('\\');
                quoted.push(character);
            }
            control if control < ' ' || control == '\u{7f}' => {
                quoted.push_str(&format!("\\u{:04x}", control as u32));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn quotes_what_json_cannot_hold() {
        assert_eq!(quote("a\"b\\c\n\u{1b}é"), "\"a\\\"b\\\\c\\u000a\\u001bé\"");
    }
}
