//! `cargo xtask lab`: what it says, and that it stops what it has started and nothing else.

use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;

use lab::{Distribution, or_skip};
use serde_json::Value;

use crate::harness::Place;

/// Runs `lab` with a cache of its own; only that its programs are found is left to this machine.
fn run(place: &Place, cache: &Path, arguments: &[&str]) -> (bool, String) {
    let mut command = place.command(&[&["lab"], arguments].concat());
    let path = std::env::vars_os().find(|(name, _)| name == "PATH");
    command.envs(path).env("IDPBUILDER_LAB_CACHE", cache);
    let output = command.output().expect("the binary runs");
    let shown = [output.stdout, output.stderr].concat();
    let shown = String::from_utf8(shown).expect("its output is text");
    (output.status.success(), shown)
}

fn state(cache: &Path) -> Value {
    let text = std::fs::read(cache.join("run/state.json")).expect("what `up` has written");
    serde_json::from_slice(&text).expect("it is JSON")
}

/// Takes a lab down even where the test that brought it up has failed.
struct Down<'a>(&'a Place, &'a Path);

impl Drop for Down<'_> {
    fn drop(&mut self) {
        run(self.0, self.1, &["down"]);
    }
}

/// The address at the end of the one line that `up` has written.
#[track_caller]
fn address(shown: &str) -> SocketAddr {
    let (_, address) = shown.trim_end().rsplit_once("http://").expect(shown);
    address.parse().expect(shown)
}

#[test]
fn what_is_up_stays_what_has_died_returns_and_down_leaves_nothing() {
    if or_skip(Distribution::v2_8()).is_none() {
        return;
    }
    let place = Place::new();
    let cache = place.work().join("cache");
    let _down = Down(&place, &cache);
    let up = || run(&place, &cache, &["up", "distribution-2.8"]);

    let (success, first) = up();
    assert!(success && first.contains("  started in "), "{first}");
    let address = address(&first);
    assert!(TcpStream::connect(address).is_ok());

    let before = state(&cache);
    let (success, second) = up();
    assert!(success && second.contains("  runs already in "), "{second}");
    assert_eq!(state(&cache), before);
    let (_, status) = run(&place, &cache, &["status"]);
    let running = format!("running  http://{address}  ");
    assert!(status.contains(&running), "{status}");

    let pid = before["parts"]["distribution-2.8"]["process"]["pid"].to_string();
    let killed = Command::new("kill").args(["-KILL", &pid]).status();
    assert!(killed.expect("every Unix has it").success());
    while TcpStream::connect(address).is_ok() {}
    let (success, third) = up();
    assert!(success && third.contains("  started in "), "{third}");
    assert!(third.contains(&address.to_string()), "{third}");

    let (success, down) = run(&place, &cache, &["down"]);
    assert!(success, "{down}");
    assert_eq!(down, "distribution-2.8 stopped\n");
    assert!(TcpStream::connect(address).is_err());
    assert!(!cache.join("run").exists());
}

#[test]
fn status_says_how_to_get_what_is_missing() {
    let place = Place::new();
    let (success, shown) = run(&place, &place.work(), &["status"]);
    assert!(!success);
    for part in lab::Part::ALL {
        assert!(
            shown.lines().any(|line| line.starts_with(part.name())),
            "{shown}"
        );
    }
    let gitea = "gitea             -                missing  `cargo xtask lab up` builds gitea ";
    assert!(shown.contains(gitea), "{shown}");
    let end =
        "error: 7 of the lab's parts do not run\nhint: start them with `cargo xtask lab up`\n";
    assert!(shown.ends_with(end), "{shown}");
}

#[test]
fn there_may_be_nothing_to_take_down() {
    let place = Place::new();
    insta::assert_snapshot!(place.run(&["lab", "down"]), @"");
}

#[test]
fn parts_are_named() {
    let place = Place::new();
    insta::assert_snapshot!(place.run(&["lab", "up", "mysql"]), @r#"
    ------- stderr -------
    error: invalid value 'mysql' for '[PART]...'
      [possible values: distribution-2.8, distribution-3.1, gitea, ingress, etcd, kube-apiserver, docker, docker-28]

    For more information, try '--help'.
    [exit status: 2]
    "#);
}
