//! Images of the local Docker daemon, as far as a daemon is not needed for them, or a pretended one will do.
#![cfg(unix)]

use crate::harness::Place;

#[test]
fn without_a_daemon_it_is_said_where_one_was_looked_for() {
    let place = Place::new();
    let variables = [("DOCKER_HOST", "unix:///nowhere/docker.sock")];
    let shown = place.run_with(&variables, &["push", "app:1", "localhost:1/app:1"]);
    insta::assert_snapshot!(shown, @r"
    ------- stderr -------
    error: cannot push to `localhost:1/app:1`
      caused by: cannot read `app:1` from the Docker daemon
      caused by: no daemon listens at `unix:///nowhere/docker.sock`
    hint: start Docker, or say where it is with `DOCKER_HOST`; if a file is meant, check its path
    [exit status: 5]
    ");
    let variables = [("DOCKER_CONTEXT", "lab")];
    let shown = place.run_with(&variables, &["inspect", "docker-daemon:app"]);
    insta::assert_snapshot!(shown, @r"
    ------- stderr -------
    error: cannot inspect `docker-daemon:app`
      caused by: cannot read `app` from the Docker daemon
      caused by: the Docker context `lab` cannot be used: there is none of that name
    hint: set `DOCKER_HOST`, as to unix:///var/run/docker.sock; `docker context ls` lists the contexts
    [exit status: 5]
    ");
}
