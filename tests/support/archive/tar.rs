//! Tars, entry by entry, odd ones included.

/// A tar that is being written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tar(Vec<u8>);

impl Tar {
    /// An empty one.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A regular file.
    pub(crate) fn file(self, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref();
        self.header(name, b'0', "", bytes.len() as u64).data(bytes)
    }

    /// A directory.
    pub(crate) fn directory(self, name: &str) -> Self {
        self.header(name, b'5', "", 0)
    }

    /// A symbolic link.
    pub(crate) fn symbolic_link(self, name: &str, target: &str) -> Self {
        self.header(name, b'2', target, 0)
    }

    /// A hard link.
    pub(crate) fn hard_link(self, name: &str, target: &str) -> Self {
        self.header(name, b'1', target, 0)
    }

    /// A header alone, with whatever size it says.
    pub(crate) fn header(mut self, name: &str, kind: u8, target: &str, size: u64) -> Self {
        let mut header = [0; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[100..108].copy_from_slice(b"0000644\0");
        header[108..116].copy_from_slice(b"0000000\0");
        header[116..124].copy_from_slice(b"0000000\0");
        header[124..136].copy_from_slice(&number(size));
        header[136..148].copy_from_slice(b"00000000000\0");
        header[156] = kind;
        header[157..157 + target.len()].copy_from_slice(target.as_bytes());
        header[257..265].copy_from_slice(b"ustar\x0000");
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        self.0.extend_from_slice(&header);
        self
    }

    /// Data, padded to whole blocks.
    pub(crate) fn data(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    /// An extended header for the next entry: `x` and `g` for PAX, `L` and `K` for GNU's long names.
    pub(crate) fn extension(self, kind: u8, bytes: &[u8]) -> Self {
        self.header("extended", kind, "", bytes.len() as u64)
            .data(bytes)
    }

    /// The whole tar with the mark at its end.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.0.resize(self.0.len() + 1024, 0);
        self.0
    }

    /// What has been written, without a mark at the end.
    pub(crate) fn unfinished(self) -> Vec<u8> {
        self.0
    }
}

/// Eleven octal digits, or base 256 where they are too few.
fn number(size: u64) -> [u8; 12] {
    let mut field = [0; 12];
    if size < 1 << 33 {
        field.copy_from_slice(format!("{size:011o}\0").as_bytes());
    } else {
        field[0] = 0x80;
        field[4..].copy_from_slice(&size.to_be_bytes());
    }
    field
}

/// A PAX record.
pub(crate) fn pax(key: &str, value: &str) -> Vec<u8> {
    let rest = format!(" {key}={value}\n");
    let mut length = rest.len() + 1;
    while length.to_string().len() + rest.len() != length {
        length += 1;
    }
    format!("{length}{rest}").into_bytes()
}
