//! What is said of a Docker daemon that cannot be used: nothing of it can end in another exit code than 5.

use std::io;

use push::DaemonFailure;

use super::*;

/// The causes after the first, and the hint.
fn said(failure: DaemonFailure) -> String {
    let shown = shown(Error::Daemon {
        image: "app:1".to_owned(),
        source: failure,
    });
    let head = "error: cannot push to `r.io/team/app:1`\n  caused by: cannot read `app:1` from the Docker daemon\n";
    let rest = shown.strip_prefix(head).expect(&shown);
    let rest = rest.strip_suffix("[exit status: 5]").expect(&shown);
    rest.trim_end().to_owned()
}

#[test]
fn a_daemon_that_is_not_found() {
    insta::assert_snapshot!(said(DaemonFailure::Absent {
        looked: vec!["`unix:///a`".to_owned(), "`unix:///b`".to_owned()],
    }), @r"
      caused by: no daemon listens at `unix:///a`, `unix:///b`
    hint: start Docker, or say where it is with `DOCKER_HOST`; if a file is meant, check its path
    ");
    insta::assert_snapshot!(said(DaemonFailure::Denied {
        socket: "/var/run/docker.sock".into(),
    }), @r"
      caused by: no permission to use the socket `/var/run/docker.sock`
    hint: join the group that owns it, as with `sudo usermod -aG docker $USER`, and log in again; or use rootless Docker
    ");
    insta::assert_snapshot!(said(DaemonFailure::Unreachable {
        address: "tcp://build:2375".to_owned(),
        source: Box::new(io::Error::from_raw_os_error(111)),
    }), @r"
      caused by: `tcp://build:2375` does not answer
      caused by: Connection refused (os error 111)
    hint: check with `docker version` that the daemon is running there
    ");
    insta::assert_snapshot!(said(DaemonFailure::Unreachable {
        address: "ssh://me@build:2222".to_owned(),
        source: "`ssh` ended with exit status: 255: Host key verification failed.".into(),
    }), @r"
      caused by: `ssh://me@build:2222` does not answer
      caused by: `ssh` ended with exit status: 255: Host key verification failed.
    hint: see that `ssh ssh://me@build:2222 docker version` works, and asks nothing
    ");
    insta::assert_snapshot!(said(DaemonFailure::Configuration {
        what: "the Docker context `lab`".to_owned(),
        problem: "there is none of that name".to_owned(),
    }), @r"
      caused by: the Docker context `lab` cannot be used: there is none of that name
    hint: set `DOCKER_HOST`, as to unix:///var/run/docker.sock; `docker context ls` lists the contexts
    ");
}

#[test]
fn a_daemon_that_fails() {
    insta::assert_snapshot!(said(DaemonFailure::Refused {
        status: 500,
        message: "no \u{1b}[31mspace".to_owned(),
    }), @r"
      caused by: the daemon refused with status 500: no \u{1b}[31mspace
    hint: the daemon's log may say more; see whether `docker save` can export the image
    ");
    insta::assert_snapshot!(said(DaemonFailure::Answer {
        problem: "it is no JSON".to_owned(),
    }), @r"
      caused by: the daemon's answer cannot be understood: it is no JSON
    hint: check `DOCKER_HOST`: what answers there does not behave like a Docker daemon
    ");
    insta::assert_snapshot!(said(DaemonFailure::Cut {
        read: 4096,
        source: Box::new(io::Error::from(io::ErrorKind::UnexpectedEof)),
    }), @r"
      caused by: the export broke off after 4096 bytes
      caused by: unexpected end of file
    hint: see whether the daemon is still running, and try again
    ");
    insta::assert_snapshot!(said(DaemonFailure::GaveUp {
        read: 4096,
        message: "layer not found".to_owned(),
    }), @r"
      caused by: the daemon gave up the export after 4096 bytes: layer not found
    hint: the daemon's log may say more; see whether `docker save` can export the image
    ");
}
