//! What extended headers say of the tar member after them: PAX records, and GNU's long names.

use super::tar_members::SPARSE;

/// What extended headers say of a member.
#[derive(Debug, Default)]
pub(super) struct Extended {
    pub(super) name: Option<String>,
    pub(super) target: Option<String>,
    size: Option<u64>,
    sparse: bool,
    read: bool,
}

impl Extended {
    /// Whether there was no extended header.
    pub(super) fn is_empty(&self) -> bool {
        !self.read
    }

    /// Takes the data of a GNU long name.
    pub(super) fn set_name(&mut self, bytes: Vec<u8>) -> Result<(), String> {
        self.read = true;
        set(&mut self.name, "name", until_nul(bytes)?)
    }

    /// Takes the data of a GNU long link name.
    pub(super) fn set_target(&mut self, bytes: Vec<u8>) -> Result<(), String> {
        self.read = true;
        set(&mut self.target, "link target", until_nul(bytes)?)
    }

    /// Takes PAX records.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.read = true;
        for record in Records(bytes) {
            let (key, value) = record?;
            match key {
                b"path" => set(&mut self.name, "name", utf8(value.to_vec())?)?,
                b"linkpath" => set(&mut self.target, "link target", utf8(value.to_vec())?)?,
                b"size" => set(&mut self.size, "size", number(value)?)?,
                _ if key.starts_with(b"GNU.sparse.") => self.sparse = true,
                _ => {}
            }
        }
        Ok(())
    }

    /// Refuses PAX records for all members after them that would change what those are.
    pub(super) fn check_global(bytes: &[u8]) -> Result<(), String> {
        let mut own = Self::default();
        own.read(bytes)?;
        if own.sparse || own.name.is_some() || own.target.is_some() || own.size.is_some() {
            return Err(
                "a global PAX header says the same name, size or holes of every entry".to_owned(),
            );
        }
        Ok(())
    }

    /// The size of the member's data, which the plain header says as well unless it is too large for that.
    ///
    /// A reader that knows no PAX would otherwise take other bytes for the next header.
    pub(super) fn size(&self, header: u64) -> Result<u64, String> {
        match self.size {
            _ if self.sparse => Err(SPARSE.to_owned()),
            Some(size) if size != header && size <= LARGEST_PLAIN => Err(format!(
                "its size is {size} in its PAX record and {header} in its header"
            )),
            Some(size) => Ok(size),
            None => Ok(header),
        }
    }
}

fn set<T>(field: &mut Option<T>, what: &str, value: T) -> Result<(), String> {
    match field.replace(value) {
        Some(_) => Err(format!("the {what} is given twice")),
        None => Ok(()),
    }
}

fn until_nul(mut bytes: Vec<u8>) -> Result<String, String> {
    bytes.truncate(
        bytes
            .iter()
            .position(|byte| *byte == 0)
            .unwrap_or(bytes.len()),
    );
    utf8(bytes)
}

fn utf8(bytes: Vec<u8>) -> Result<String, String> {
    String::from_utf8(bytes).map_err(|_| "a name is not UTF-8".to_owned())
}

fn number(bytes: &[u8]) -> Result<u64, String> {
    let digits = !bytes.is_empty() && bytes.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(bytes).ok().filter(|_| digits);
    text.and_then(|text| text.parse().ok())
        .ok_or_else(|| "the PAX size is not a number".to_owned())
}

/// PAX records: `LENGTH KEY=VALUE\n`, where the length counts itself and values may hold any byte, newlines included.
struct Records<'a>(&'a [u8]);

impl<'a> Iterator for Records<'a> {
    type Item = Result<(&'a [u8], &'a [u8]), String>;

    fn next(&mut self) -> Option<Self::Item> {
        // Some writers pad the last record with zeros.
        if self.0.iter().all(|byte| *byte == 0) {
            return None;
        }
        let Some((key, value, rest)) = split_record(self.0) else {
            self.0 = &[];
            return Some(Err("a PAX record is malformed".to_owned()));
        };
        self.0 = rest;
        Some(Ok((key, value)))
    }
}

fn split_record(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = bytes.iter().position(|byte| *byte == b' ')?;
    let length = usize::try_from(number(&bytes[..space]).ok()?).ok()?;
    let (record, rest) = bytes.split_at_checked(length)?;
    let pair = record.get(space + 1..)?.strip_suffix(b"\n")?;
    let equals = pair.iter().position(|byte| *byte == b'=')?;
    Some((&pair[..equals], &pair[equals + 1..], rest))
}

/// The largest size that eleven octal digits can say.
const LARGEST_PLAIN: u64 = 0o777_7777_7777;
