//! DNS: where the registry's name leads.

use std::net::IpAddr;

use super::super::connect::Approach;
use super::{Verdict, Warning};

/// What is known of the addresses once there are any.
pub(super) fn verdict(approach: &Approach<'_>) -> Verdict {
    let host = approach.registry.host();
    let mut addresses = approach.addresses.0.clone();
    addresses.sort();
    addresses.dedup();
    let listed = listed(&addresses);
    if addresses.is_empty() {
        return Verdict::Passed(format!("`{host}` is left to the proxy"));
    }
    if host.parse::<IpAddr>().is_ok() {
        return Verdict::Passed(format!("{listed} needs none"));
    }
    let mut chosen = approach.options.resolve.iter();
    if chosen.any(|chosen| chosen.host == host && addresses.contains(&chosen.address)) {
        return Verdict::Passed(format!("`{host}` is {listed}, as `--resolve` says"));
    }
    let of_this_machine = host == LOCALTEST || host.ends_with(&format!(".{LOCALTEST}"));
    if of_this_machine && !approach.addresses.are_loopback() {
        return Verdict::Warned(Warning::Elsewhere {
            name: host.to_owned(),
            addresses: listed,
        });
    }
    Verdict::Passed(format!("`{host}` is {listed}"))
}

/// `127.0.0.1 and ::1`.
fn listed(addresses: &[IpAddr]) -> String {
    let addresses: Vec<_> = addresses.iter().map(IpAddr::to_string).collect();
    match &addresses[..] {
        [most @ .., last] if !most.is_empty() => format!("{} and {last}", most.join(", ")),
        few => few.concat(),
    }
}

/// Public DNS that leads everything below it to the machine that asks; idpbuilder's clusters are there.
const LOCALTEST: &str = "localtest.me";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_listed_as_people_do() {
        let table: [(&[&str], &str); 4] = [
            (&[], ""),
            (&["127.0.0.1"], "127.0.0.1"),
            (&["127.0.0.1", "::1"], "127.0.0.1 and ::1"),
            (
                &["10.0.0.1", "10.0.0.2", "::1"],
                "10.0.0.1, 10.0.0.2 and ::1",
            ),
        ];
        for (addresses, expected) in table {
            let addresses: Vec<IpAddr> = addresses.iter().map(|a| a.parse().unwrap()).collect();
            assert_eq!(listed(&addresses), expected);
        }
    }
}
