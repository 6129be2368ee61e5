//! Reads a socket address for a person.

use std::net::{Ipv4Addr, Ipv6Addr};

/// `host:port`, `unix:PATH` (an abstract name starts with `@`), else the number of the family.
pub fn describe(bytes: &[u8]) -> Option<String> {
    let (family, rest) = bytes.split_first_chunk::<2>()?;
    let port = || {
        rest.first_chunk::<2>()
            .map(|port| u16::from_be_bytes(*port))
    };
    match u16::from_le_bytes(*family) {
        1 => Some(format!("unix:{}", unix_name(rest))),
        2 => {
            let host: [u8; 4] = rest.get(2..6)?.try_into().ok()?;
            Some(format!("{}:{}", Ipv4Addr::from(host), port()?))
        }
        10 => {
            let host: [u8; 16] = rest.get(6..22)?.try_into().ok()?;
            Some(format!("[{}]:{}", Ipv6Addr::from(host), port()?))
        }
        other => Some(family_name(other.into())),
    }
}

pub fn family_name(number: u64) -> String {
    match number {
        1 => "AF_UNIX".to_owned(),
        2 => "AF_INET".to_owned(),
        10 => "AF_INET6".to_owned(),
        16 => "AF_NETLINK".to_owned(),
        17 => "AF_PACKET".to_owned(),
        38 => "AF_ALG".to_owned(),
        40 => "AF_VSOCK".to_owned(),
        other => format!("AF_{other}"),
    }
}

fn unix_name(bytes: &[u8]) -> String {
    if let Some((0, name)) = bytes.split_first() {
        return format!("@{}", String::from_utf8_lossy(name));
    }
    let end = bytes
        .iter()
        .position(|&byte| byte == 0)
        .unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::describe;

    #[test]
    fn names_hosts_paths_and_families() {
        let case = |bytes: &[u8]| describe(bytes);
        assert_eq!(
            case(&[2, 0, 1, 187, 1, 2, 3, 4, 0]),
            Some("1.2.3.4:443".to_owned())
        );
        assert_eq!(
            case(b"\x01\x00/run/x\0rest"),
            Some("unix:/run/x".to_owned())
        );
        assert_eq!(case(b"\x01\x00\0name"), Some("unix:@name".to_owned()));
        assert_eq!(case(&[16, 0]), Some("AF_NETLINK".to_owned()));
        let mut six = vec![10, 0, 0, 53, 0, 0, 0, 0];
        six.extend([0; 15]);
        six.push(1);
        assert_eq!(case(&six), Some("[::1]:53".to_owned()));
        assert_eq!(case(&[2, 0, 1]), None);
        assert_eq!(case(&[]), None);
    }
}
