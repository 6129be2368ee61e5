//! Finds which file a call means, as the process that makes it sees the tree.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

const LINKS: usize = 40;

/// The target of a magic link such as `/proc/PID/fd/N`; not a path for a pipe or a socket.
pub fn read_magic(pid: u32, name: &str) -> Option<PathBuf> {
    std::fs::read_link(format!("/proc/{pid}/{name}")).ok()
}

/// Resolves links as far as the path exists and keeps the rest. `follow` is about the last part.
pub fn resolve(pid: u32, base: &Path, path: &[u8], follow: bool) -> PathBuf {
    let mut at = if path.first() == Some(&b'/') {
        PathBuf::from("/")
    } else {
        base.to_owned()
    };
    let mut todo = parts(path);
    let mut links = 0;
    while let Some(part) = todo.pop() {
        if part == ".." {
            at.pop();
            continue;
        }
        let next = at.join(own_folder(pid, &at, &part));
        let last = todo.is_empty();
        match std::fs::read_link(&next) {
            Ok(target) if (follow || !last) && links < LINKS => {
                links += 1;
                if at.starts_with("/proc") && !target.starts_with("/proc") {
                    // A magic link leads to the file itself, and its text need not be a path.
                    if target.is_absolute() {
                        at = target;
                        continue;
                    }
                    return target;
                }
                if target.is_absolute() {
                    at = PathBuf::from("/");
                }
                todo.extend(parts(target.as_os_str().as_bytes()));
            }
            _ => at = next,
        }
    }
    at
}

/// `/proc/self` would be this process.
fn own_folder(pid: u32, at: &Path, part: &OsStr) -> OsString {
    if at == Path::new("/proc") && (part == "self" || part == "thread-self") {
        return OsString::from(pid.to_string());
    }
    part.to_owned()
}

/// In reverse, so that the next one is at the end.
fn parts(path: &[u8]) -> Vec<OsString> {
    path.split(|&byte| byte == b'/')
        .filter(|part| !part.is_empty() && *part != b".")
        .map(|part| OsString::from_vec(part.to_vec()))
        .rev()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::resolve;
    use std::path::{Path, PathBuf};

    #[test]
    fn follows_links_and_keeps_what_is_not_there() {
        let folder = std::env::temp_dir().join(format!("resolve-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("inner")).unwrap();
        let real = std::fs::canonicalize(&folder).unwrap();
        std::os::unix::fs::symlink("inner", real.join("link")).unwrap();
        std::os::unix::fs::symlink("/nowhere/at/all", real.join("out")).unwrap();
        std::os::unix::fs::symlink("loop", real.join("loop")).unwrap();
        let pid = std::process::id();
        let case = |path: &str, follow| resolve(pid, &real, path.as_bytes(), follow);
        assert_eq!(case("link/new/../file", true), real.join("inner/file"));
        assert_eq!(case("out", true), PathBuf::from("/nowhere/at/all"));
        assert_eq!(case("out", false), real.join("out"));
        assert_eq!(case("loop", true), real.join("loop"));
        assert_eq!(case("../../../../../../../..", true), PathBuf::from("/"));
        assert_eq!(
            case("/proc/self/cwd/x", true),
            std::env::current_dir().unwrap().join("x")
        );
        assert_eq!(resolve(pid, Path::new("/"), b"", true), PathBuf::from("/"));
        std::fs::remove_dir_all(real).unwrap();
    }
}
