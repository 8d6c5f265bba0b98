//! Room on the disk for an export: it is known before the export starts, and never asked for in vain.

use push::{Error, Events};

use crate::fake::{FakeImage, FakeManifest};
use crate::pair::Pair;
use crate::{LAYERS, hello, multi};

/// More bytes than any disk has.
const TOO_MANY: u64 = 1 << 60;

/// The image of a classic store that says how large it is.
fn classic() -> FakeImage {
    FakeImage {
        layers: LAYERS.to_vec(),
        size: TOO_MANY,
        ..hello()
    }
}

/// The images of containerd's store, of which that of the daemon's own platform is too large.
fn containerds() -> FakeImage {
    let whole = multi(true);
    let [own, other] = <[FakeManifest; 2]>::try_from(whole.manifests).expect("two");
    let own = FakeManifest {
        content: TOO_MANY,
        ..own
    };
    FakeImage {
        layers: LAYERS.to_vec(),
        manifests: vec![own, other],
        ..multi(true)
    }
}

/// Whether the image is exported, and pushed; it is refused otherwise, for want of room.
async fn fits(image: FakeImage, platforms: &[&str]) -> bool {
    let pair = Pair::new(image).await;
    let mut operation = pair.operation("app:1");
    let platforms = platforms.iter().map(|it| it.parse().expect("a platform"));
    operation.options.platforms = platforms.collect();
    let fits = match operation.execute(&Events::ignored()).await {
        Ok(report) => report.failed.is_empty(),
        Err(error) => !is_of_room(&error),
    };
    assert_eq!(pair.exports(), usize::from(fits));
    fits
}

fn is_of_room(error: &Error) -> bool {
    let Error::Spool { source, .. } = error else {
        panic!("{error:?}");
    };
    let said = source.to_string();
    said.starts_with(&format!("at least {TOO_MANY} bytes are needed, and "))
}

#[tokio::test]
async fn an_image_that_is_too_large_is_not_exported() {
    assert!(!fits(classic(), &[]).await);
    assert!(!fits(containerds(), &[]).await);
    assert!(!fits(containerds(), &["linux/amd64"]).await);
    assert!(!fits(containerds(), &["linux/amd64", "linux/arm64"]).await);
}

/// A blob that several layers or platforms share is exported once, and counted by the daemon each time.
#[tokio::test]
async fn what_is_shared_is_not_asked_for_twice() {
    let [first, second, _] = LAYERS;
    let layers = vec![first, second, first];
    let image = FakeImage {
        layers: layers.clone(),
        ..classic()
    };
    assert!(fits(image, &[]).await);
    let image = FakeImage {
        layers,
        ..containerds()
    };
    assert!(fits(image, &[]).await);
}

#[tokio::test]
async fn what_is_not_exported_needs_no_room() {
    assert!(fits(containerds(), &["linux/arm64"]).await);
    let mut image = containerds();
    image.manifests[0].available = false;
    assert!(fits(image, &["linux/arm64"]).await);
    // Of another platform it is not known which layers it has, and how often.
    let mut image = multi(true);
    image.layers = LAYERS.to_vec();
    image.manifests[1].content = TOO_MANY;
    assert!(fits(image, &["linux/arm64"]).await);
}
