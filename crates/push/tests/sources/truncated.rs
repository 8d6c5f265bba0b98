//! Archives that end early: an error or the whole image, never another one.

use crate::{check, open_bytes, summary, testdata};

/// Cuts an archive at the beginning of every block and at some odd places between.
fn cut_everywhere(name: &str) -> (usize, usize) {
    let bytes = std::fs::read(testdata(name)).expect("the archive is there");
    let whole = summary(&open_bytes(&bytes).expect("the archive is whole"));
    let (mut refused, mut accepted) = (0, 0);
    for block in (0..bytes.len()).step_by(512) {
        for odd in [0, 1, 100, 257, 511] {
            let Some(cut) = bytes.get(..block + odd) else {
                continue;
            };
            match open_bytes(cut) {
                Ok(contents) if check(&contents).is_ok() => {
                    assert_eq!(summary(&contents), whole, "{name} cut at {}", cut.len());
                    accepted += 1;
                }
                _ => refused += 1,
            }
        }
    }
    (refused, accepted)
}

#[test]
fn a_truncated_archive_is_refused_or_holds_the_whole_image() {
    for name in ["docker20-hello.tar", "podman-oci-archive-hello.tar"] {
        let (refused, accepted) = cut_everywhere(name);
        assert!(
            refused > accepted,
            "{name}: {refused} refused, {accepted} accepted"
        );
        assert!(accepted > 0, "{name}: padding at the end is not missed");
    }
}

#[test]
fn a_flipped_byte_in_a_header_or_document_never_makes_another_image() {
    let bytes = std::fs::read(testdata("podman-oci-archive-hello.tar")).unwrap();
    let whole = summary(&open_bytes(&bytes).unwrap());
    for position in (0..bytes.len()).step_by(37) {
        let mut flipped = bytes.clone();
        flipped[position] ^= 0x20;
        if let Ok(contents) = open_bytes(&flipped)
            && check(&contents).is_ok()
        {
            // `index.json` is all that no digest vouches for, and what it says beside digests is the name.
            let name = |text: &str| text.lines().skip(2).map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(
                name(&summary(&contents)),
                name(&whole),
                "flipped at {position}"
            );
        }
    }
}
