//! Ranges of bytes: which part of a blob is asked for, and which part of an upload a chunk is.

use std::ops::Range;

use crate::error_code::Error;

/// The part of a blob of `size` bytes that a `Range` header asks for; `None` where the whole is to be sent.
///
/// Several ranges at once, other units and nonsense are answered with the whole blob, as RFC 9110 allows.
pub(crate) fn of_blob(header: Option<&str>, size: u64) -> Result<Option<Range<u64>>, Error> {
    let Some(range) = header.and_then(|header| header.strip_prefix("bytes=")) else {
        return Ok(None);
    };
    let Some((first, last)) = range.trim().split_once('-') else {
        return Ok(None);
    };
    let range = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) => first..last.saturating_add(1).min(size),
        (Ok(first), Err(_)) if last.is_empty() => first..size,
        (Err(_), Ok(suffix)) if first.is_empty() => size.saturating_sub(suffix)..size,
        _ => return Ok(None),
    };
    if range.is_empty() {
        return Err(Error::RangeOutside { size });
    }
    Ok(Some(range))
}

/// The part of an upload that a `Content-Range` header says its body is.
///
/// The specification writes `0-99`; clients also send `bytes 0-99/100` and `bytes=0-99`.
pub(crate) fn of_chunk(header: &str) -> Result<Range<u64>, Error> {
    let wrong = || Error::ContentRange(header.to_owned());
    let range = header
        .strip_prefix("bytes")
        .map_or(header, |rest| rest.trim_start_matches(['=', ' ']));
    let range = range.split_once('/').map_or(range, |(range, _)| range);
    let (first, last) = range.trim().split_once('-').ok_or_else(wrong)?;
    let first: u64 = first.parse().map_err(|_| wrong())?;
    let last: u64 = last.parse().map_err(|_| wrong())?;
    let end = last.checked_add(1).ok_or_else(wrong)?;
    if first < end {
        Ok(first..end)
    } else {
        Err(wrong())
    }
}

/// The `Range` header of an upload session that has `length` bytes: inclusive, and `0-0` where there are none yet.
pub(crate) fn received(length: u64) -> String {
    format!("0-{}", length.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_blob_is_what_the_header_asks_for() {
        let table: &[(&str, Option<Range<u64>>)] = &[
            ("bytes=0-0", Some(0..1)),
            ("bytes=2-4", Some(2..5)),
            ("bytes=2-", Some(2..10)),
            ("bytes=-3", Some(7..10)),
            ("bytes=-30", Some(0..10)),
            ("bytes=8-30", Some(8..10)),
            ("bytes=0-18446744073709551615", Some(0..10)),
            ("bytes=0-1,3-4", None),
            ("bytes=x-y", None),
            ("bytes=", None),
            ("bytes=-", None),
            ("lines=1-2", None),
        ];
        for (header, expected) in table {
            let range = of_blob(Some(header), 10).expect(header);
            assert_eq!(&range, expected, "{header}");
        }
        assert_eq!(of_blob(None, 10).unwrap(), None);
    }

    #[test]
    fn a_part_outside_of_the_blob_is_refused() {
        for header in ["bytes=10-", "bytes=10-12", "bytes=5-4", "bytes=-0"] {
            let refused = of_blob(Some(header), 10);
            assert!(
                matches!(refused, Err(Error::RangeOutside { size: 10 })),
                "{header}"
            );
        }
        assert!(of_blob(Some("bytes=0-"), 0).is_err());
    }

    #[test]
    fn a_chunk_says_where_it_belongs() {
        for header in ["5-9", "bytes 5-9/20", "bytes=5-9", "bytes 5-9/*"] {
            assert_eq!(of_chunk(header).expect(header), 5..10, "{header}");
        }
        for header in [
            "",
            "5",
            "9-5",
            "-5",
            "5-",
            "a-b",
            "0-18446744073709551615",
            "0--1",
        ] {
            assert!(of_chunk(header).is_err(), "{header}");
        }
    }

    #[test]
    fn a_session_says_the_last_byte_it_has() {
        assert_eq!(received(0), "0-0");
        assert_eq!(received(1), "0-0");
        assert_eq!(received(1024), "0-1023");
    }
}
