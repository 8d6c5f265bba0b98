//! Values of options that have a form of their own.

use std::net::IpAddr;
use std::time::Duration;

use push::registry::{ChunkSize, Resolve};

/// Why a value cannot be taken.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ValueError {
    /// Not of the form `HOST:PORT:ADDR`.
    #[error("it takes HOST:PORT:ADDR, such as registry.example.com:443:127.0.0.1")]
    Resolve,
    /// Not a number of seconds.
    #[error("it takes a whole number of seconds, from 1 on")]
    Seconds,
    /// Not a size.
    #[error("it takes a size such as 64MiB or 65536, `auto` or `none`")]
    ChunkSize,
}

/// `HOST:PORT:ADDR`; an IPv6 address may stand in brackets, and as the host it must.
pub(super) fn resolve(text: &str) -> Result<Resolve, ValueError> {
    parse_resolve(text).ok_or(ValueError::Resolve)
}

fn parse_resolve(text: &str) -> Option<Resolve> {
    let (host, rest) = match text.strip_prefix('[') {
        Some(bracketed) => bracketed.split_once("]:")?,
        None => text.split_once(':')?,
    };
    let (port, address) = rest.split_once(':')?;
    let address = address
        .strip_prefix('[')
        .and_then(|address| address.strip_suffix(']'))
        .unwrap_or(address);
    Some(Resolve {
        host: Some(host.to_ascii_lowercase()).filter(|host| !host.is_empty())?,
        port: port.parse().ok()?,
        address: address.parse::<IpAddr>().ok()?,
    })
}

/// A whole number of seconds that is not zero.
pub(super) fn seconds(text: &str) -> Result<Duration, ValueError> {
    match text.parse() {
        Ok(seconds @ 1..) => Ok(Duration::from_secs(seconds)),
        _ => Err(ValueError::Seconds),
    }
}

/// A size, or a word for how the size is found.
pub(super) fn chunk_size(text: &str) -> Result<ChunkSize, ValueError> {
    match text {
        "auto" => Ok(ChunkSize::Auto),
        "none" => Ok(ChunkSize::Whole),
        _ => bytes(text)
            .and_then(ChunkSize::bytes)
            .ok_or(ValueError::ChunkSize),
    }
}

/// A number of bytes, or of a unit: `K`, `KiB` and so on are of 1024, `kB` and so on are of 1000.
fn bytes(text: &str) -> Option<u64> {
    let end = text.find(|digit: char| !digit.is_ascii_digit());
    let (number, unit) = text.split_at(end.unwrap_or(text.len()));
    let unit: u64 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn resolves(text: &str, host: &str, port: u16, address: &str) {
        let expected = Resolve {
            host: host.to_owned(),
            port,
            address: address.parse().unwrap(),
        };
        assert_eq!(resolve(text), Ok(expected), "{text}");
    }

    #[test]
    fn a_host_is_connected_to_elsewhere() {
        resolves("r.io:443:127.0.0.1", "r.io", 443, "127.0.0.1");
        resolves("R.io:8443:::1", "r.io", 8443, "::1");
        resolves("r.io:443:[::1]", "r.io", 443, "::1");
        resolves("[fd00::1]:443:127.0.0.1", "fd00::1", 443, "127.0.0.1");
    }

    #[test]
    fn what_is_no_such_triple_is_refused() {
        for text in [
            "",
            "r.io",
            "r.io:443",
            "r.io:443:",
            ":443:127.0.0.1",
            "r.io:https:127.0.0.1",
            "r.io:443:elsewhere",
            "r.io:70000:127.0.0.1",
        ] {
            assert_eq!(resolve(text), Err(ValueError::Resolve), "{text}");
        }
    }

    #[test]
    fn no_time_at_all_is_no_timeout() {
        assert_eq!(seconds("5"), Ok(Duration::from_secs(5)));
        for text in ["0", "-1", "1.5", "1m", ""] {
            assert_eq!(seconds(text), Err(ValueError::Seconds), "{text}");
        }
    }

    #[test]
    fn a_chunk_has_a_size_with_or_without_a_unit() {
        let table = [
            ("auto", Some(ChunkSize::Auto)),
            ("none", Some(ChunkSize::Whole)),
            ("1", ChunkSize::bytes(1)),
            ("65536B", ChunkSize::bytes(65_536)),
            ("64MiB", ChunkSize::bytes(64 << 20)),
            ("64M", ChunkSize::bytes(64 << 20)),
            ("64mib", ChunkSize::bytes(64 << 20)),
            ("64MB", ChunkSize::bytes(64_000_000)),
            ("5K", ChunkSize::bytes(5 << 10)),
            ("5kB", ChunkSize::bytes(5_000)),
            ("1GiB", ChunkSize::bytes(1 << 30)),
        ];
        for (text, expected) in table {
            assert_eq!(chunk_size(text).ok(), expected, "{text}");
        }
        for text in [
            "",
            "0",
            "0MiB",
            "MiB",
            "-1",
            "1.5G",
            "1 MiB",
            "64X",
            "Auto",
            "99999999999G",
        ] {
            assert_eq!(chunk_size(text), Err(ValueError::ChunkSize), "{text}");
        }
    }
}
