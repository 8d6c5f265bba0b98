//! A test has Docker daemons for itself: they hold images, die when they are killed, and leave nothing.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::Path;

use lab::{Absent, Engine, Store, or_skip};

fn id(engine: &lab::RunningEngine) -> String {
    engine.docker(&["image", "inspect", "--format", "{{.Id}}", "app:1"])
}

/// What still knows a folder: the command lines of processes, and mounts.
fn traces(folder: &Path) -> Vec<String> {
    let folder = folder.to_str().expect("text");
    let processes = fs::read_dir("/proc").expect("Linux has it").flatten();
    let commands = processes.filter_map(|process| {
        let command = fs::read(process.path().join("cmdline")).ok()?;
        Some(String::from_utf8_lossy(&command).replace('\0', " "))
    });
    let mounts = fs::read_to_string("/proc/self/mounts").expect("Linux has it");
    let mounts = mounts.lines().map(str::to_owned);
    let mut traces: Vec<String> = commands.chain(mounts).collect();
    traces.retain(|trace| trace.contains(folder));
    traces
}

fn keeps_images_and_leaves_nothing(found: Result<Engine, Absent>, store: Option<Store>) {
    let Some(engine) = or_skip(found) else {
        return;
    };
    let of_the_machine = Path::new("/sys/class/net/docker0");
    let before = of_the_machine.exists();
    let running = engine.start();
    assert_eq!(of_the_machine.exists(), before);
    assert!(store.is_none_or(|store| store == running.store()));
    let files = tempfile::tempdir().expect("a temporary folder");
    for name in ["a", "b"] {
        fs::write(files.path().join(name), name).expect("a file");
    }
    running.build("app:1", files.path());
    let layers = ["image", "inspect", "--format", "{{len .RootFS.Layers}}"];
    assert_eq!(running.docker(&[&layers[..], &["app:1"]].concat()), "2");
    let built = id(&running);

    let bridge = r#"{{index .Options "com.docker.network.bridge.name"}}"#;
    let bridge = running.docker(&["network", "inspect", "--format", bridge, "bridge"]);
    let bridge = Path::new("/sys/class/net").join(bridge);
    assert!(bridge.exists() && bridge != of_the_machine);

    running.kill();
    assert_eq!(traces(running.folder()), Vec::<String>::new());
    running.restart();
    assert_eq!(id(&running), built);

    let folder = running.folder().to_owned();
    drop(running);
    assert_eq!(traces(&folder), Vec::<String>::new());
    assert!(!folder.exists());
    assert!(!bridge.exists());
    assert_eq!(of_the_machine.exists(), before);
}

#[test]
fn the_installed_docker_keeps_images_and_leaves_nothing() {
    keeps_images_and_leaves_nothing(Engine::installed(), None);
}

#[test]
fn docker_28_keeps_images_in_its_own_store_and_leaves_nothing() {
    let found = Engine::docker_28(Store::Classic);
    keeps_images_and_leaves_nothing(found, Some(Store::Classic));
}

#[test]
fn docker_28_keeps_images_in_containerds_store_and_leaves_nothing() {
    let found = Engine::docker_28(Store::Containerd);
    keeps_images_and_leaves_nothing(found, Some(Store::Containerd));
}
