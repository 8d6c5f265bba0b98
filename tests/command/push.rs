//! `push`, as far as it is decided before anything is read or sent.

use crate::harness::Place;

const APP: &str = "registry.example.com/app:1";

#[test]
fn a_detached_value_of_progress_is_named() {
    let shown = Place::new().run(&["push", "--progress", "plain", "x.tar"]);
    insta::assert_snapshot!(shown, @"
    ------- stderr -------
    error: the value of `--progress` is given with `=`

      tip: write `--progress=plain`; an image of that name is `docker-daemon:plain`

    Usage: cargo xtask push [OPTIONS] <SOURCE> [DESTINATION]

    For more information, try '--help'.
    [exit status: 2]
    ");
}

#[test]
fn a_file_of_such_a_name_is_a_file() {
    let place = Place::new();
    std::fs::write(place.work().join("plain"), "").unwrap();
    let shown = place.run(&["push", "--progress", "plain", "app:1"]);
    insta::assert_snapshot!(shown, @"
    ------- stderr -------
    error: cannot push to `app:1`
      caused by: no cluster is known: there is no kubeconfig at `<place>/home/.kube/config`
    hint: create one with `idpbuilder create`, name the registry as HOST/REPOSITORY, or push to the embedded one with `--embedded`
    [exit status: 5]
    ");
}

#[test]
fn without_a_host_the_registry_must_be_named() {
    let place = Place::new();
    insta::assert_snapshot!(place.run(&["push", "x.tar", "app:1"]), @"
    ------- stderr -------
    error: cannot push to `app:1`
      caused by: no cluster is known: there is no kubeconfig at `<place>/home/.kube/config`
    hint: create one with `idpbuilder create`, name the registry as HOST/REPOSITORY, or push to the embedded one with `--embedded`
    [exit status: 5]
    ");
    insta::assert_snapshot!(place.run(&["push", "x.tar"]), @"
    ------- stderr -------
    error: cannot push without a DESTINATION
      caused by: no cluster is known: there is no kubeconfig at `<place>/home/.kube/config`
    hint: create one with `idpbuilder create`, name the registry as HOST/REPOSITORY, or push to the embedded one with `--embedded`
    [exit status: 5]
    ");
}

#[test]
fn a_destination_that_is_none_is_said_to_be_so() {
    let place = Place::new();
    insta::assert_snapshot!(place.run(&["push", "x.tar", "registry.example.com/Team/App:1"]), @"
    ------- stderr -------
    error: cannot push
      caused by: `registry.example.com/Team/App:1` is not a reference
      caused by: the repository `Team/App` must be lower case
    hint: write `team/app`
    [exit status: 2]
    ");
    insta::assert_snapshot!(place.run(&["push", "x.tar", "registry.example.com/app:a b"]), @"
    ------- stderr -------
    error: cannot push
      caused by: `registry.example.com/app:a b` is not a reference
      caused by: `a b` is not a tag: letters, digits, `_`, `.` and `-`, at most 128, and neither `.` nor `-` first
    [exit status: 2]
    ");
}

#[test]
fn a_password_in_the_destination_is_not_repeated() {
    let shown = Place::new().run(&[
        "push",
        "x.tar",
        "https://me:s3cret@registry.example.com/app",
    ]);
    insta::assert_snapshot!(shown, @"
    ------- stderr -------
    error: DESTINATION holds a user name or a password
    hint: give them as `--username` and `--password-stdin`
    [exit status: 2]
    ");
}

#[test]
fn the_embedded_registry_takes_no_host() {
    let shown = Place::new().run(&["push", "--embedded", "x.tar", APP]);
    insta::assert_snapshot!(shown, @"
    ------- stderr -------
    error: `--embedded` pushes to the embedded registry, and DESTINATION names `registry.example.com`
    hint: leave out one of the two
    [exit status: 2]
    ");
}

#[test]
fn one_secret_is_enough() {
    let shown = Place::new().run(&[
        "push", "-u", "me", "-p", "pw", "--token", "pat", "x.tar", APP,
    ]);
    insta::assert_snapshot!(shown, @"
    ------- stderr -------
    error: the argument '--password <PASSWORD>' cannot be used with '--token <TOKEN>'

    Usage: cargo xtask push --username <NAME> --password <PASSWORD> <SOURCE> <DESTINATION>

    For more information, try '--help'.
    [exit status: 2]
    ");
}

#[test]
fn standard_input_is_read_once() {
    let place = Place::new();
    let shown = place.run(&["push", "-u", "me", "--password-stdin", "-", APP]);
    insta::assert_snapshot!(shown, @"
    ------- stderr -------
    error: the image and the password cannot both come from standard input
    hint: save the image to a file, or set `IDPBUILDER_REGISTRY_PASSWORD`
    [exit status: 2]
    ");
}

#[test]
fn an_empty_password_is_none() {
    let place = Place::new();
    let shown = place.run_fed(
        "\n",
        &["push", "-u", "me", "--password-stdin", "x.tar", APP],
    );
    insta::assert_snapshot!(shown, @"
    ------- stderr -------
    error: the password is empty
    hint: pipe it in with `--password-stdin`
    [exit status: 2]
    ");
}

#[test]
fn a_password_without_a_user_is_half_of_it() {
    let place = Place::new();
    let shown = place.run_fed("pw", &["push", "--password-stdin", "x.tar", APP]);
    insta::assert_snapshot!(shown, @"
    ------- stderr -------
    error: `--password-stdin` needs a user name
    hint: give `--username NAME` too
    [exit status: 2]
    ");
    let variables = [
        ("IDPBUILDER_REGISTRY", "registry.example.com"),
        ("IDPBUILDER_REGISTRY_PASSWORD", "s3cret"),
    ];
    insta::assert_snapshot!(place.run_with(&variables, &["push", "x.tar", APP]), @"
    ------- stderr -------
    error: `IDPBUILDER_REGISTRY_PASSWORD` is set without `IDPBUILDER_REGISTRY_USERNAME`
    hint: set `IDPBUILDER_REGISTRY_USERNAME` too
    [exit status: 2]
    ");
}

#[test]
fn a_variable_that_names_no_registry_is_said_to_be_so() {
    let variables = [("IDPBUILDER_REGISTRY_INSECURE", "http://localhost:5000")];
    let shown = Place::new().run_with(&variables, &["push", "x.tar", APP]);
    insta::assert_snapshot!(shown, @"
    ------- stderr -------
    error: `IDPBUILDER_REGISTRY_INSECURE` does not hold a HOST[:PORT]
    hint: set it like IDPBUILDER_REGISTRY_INSECURE=gitea.cnoe.localtest.me:8443
    [exit status: 2]
    ");
}

#[test]
fn values_of_options_are_checked() {
    let place = Place::new();
    for (option, value) in [
        ("--platform", "amd64"),
        ("--tag", "-x"),
        ("--jobs", "0"),
        ("--timeout", "0"),
        ("--resolve", "registry.example.com"),
        ("--trust-realm", "https://auth.example.com"),
        ("--compression", "lzma"),
    ] {
        let option = format!("{option}={value}");
        let shown = place.run(&["push", &option, "x.tar", APP]).to_string();
        assert!(shown.contains("error: invalid value"), "{shown}");
        assert!(shown.ends_with("[exit status: 2]"), "{shown}");
    }
}
