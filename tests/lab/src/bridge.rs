//! A bridge of a daemon's own; `docker0` belongs to the machine's, and taking part in it would break that.

use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Command;

use crate::Error;
use crate::command::run;
use crate::place::in_path;

/// The kernel's routes.
const ROUTES: &str = "/proc/net/route";

/// A bridge, by whom it is for and its number among these.
#[derive(Debug)]
pub(crate) struct Bridge {
    owner: Owner,
    number: u8,
}

/// Who makes bridges; their networks are apart.
#[derive(Debug, Clone, Copy)]
enum Owner {
    Lab,
    Test,
}

impl Bridge {
    /// The bridge for the daemon of a folder, which is hardly ever that of another.
    pub(crate) fn of(folder: &Path) -> Self {
        let bytes = folder.as_os_str().as_encoded_bytes();
        let number = bytes.iter().fold(0, |number: u8, byte| {
            number.wrapping_mul(31).wrapping_add(*byte)
        });
        Self {
            owner: Owner::Lab,
            number,
        }
    }

    /// Creates a bridge that nobody else has.
    ///
    /// # Errors
    ///
    /// What `ip` says, such as where this user is not root.
    pub(crate) fn new() -> Result<Self, Error> {
        let bridges = (0..=u8::MAX).map(|number| Self {
            owner: Owner::Test,
            number,
        });
        for bridge in bridges.filter(|bridge| !bridge.exists()) {
            match bridge.create() {
                // Another process was quicker.
                Err(Error::Command { said, .. }) if said.contains("File exists") => {}
                created => return created.map(|()| bridge),
            }
        }
        Err(Error::Unfit(
            "no bridge is free; those called `idptest` are left over",
        ))
    }

    pub(crate) fn name(&self) -> String {
        let owner = match self.owner {
            Owner::Lab => "lab",
            Owner::Test => "test",
        };
        format!("idp{owner}{}", self.number)
    }

    pub(crate) fn exists(&self) -> bool {
        Path::new("/sys/class/net").join(self.name()).exists()
    }

    /// Creates it.
    ///
    /// # Errors
    ///
    /// What `ip` says, such as where it exists.
    pub(crate) fn create(&self) -> Result<(), Error> {
        let routes = fs::read_to_string(ROUTES).map_err(Error::file("read", Path::new(ROUTES)))?;
        let address = self.address(&routes).ok_or(Error::Unfit(
            "this machine has routes to all networks that a bridge could have",
        ))?;
        let (name, address) = (self.name(), format!("{address}/24"));
        run(&mut ip(&["link", "add", &name, "type", "bridge"]))?;
        let made = run(&mut ip(&["address", "add", &address, "dev", &name]))
            .and_then(|_| run(&mut ip(&["link", "set", &name, "up"])));
        if made.is_err() {
            self.delete();
        }
        made.map(drop)
    }

    /// Its own address, in a network that nothing which this machine reaches is a part of; the rest of a cloud's, or a
    /// container's, would be gone for as long as the bridge is there.
    fn address(&self, routes: &str) -> Option<Ipv4Addr> {
        let networks = match self.owner {
            Owner::Lab => [[172, 31], [172, 27], [10, 231], [192, 168]],
            Owner::Test => [[172, 30], [172, 26], [10, 230], [192, 168]],
        };
        let addresses = networks.map(|[a, b]| Ipv4Addr::new(a, b, self.number, 1));
        addresses
            .into_iter()
            .find(|address| !is_taken(*address, routes))
    }

    /// Takes it away; where it cannot be, it does not harm.
    pub(crate) fn delete(&self) {
        if self.exists() {
            let _ = run(&mut ip(&["link", "delete", &self.name()]));
        }
    }
}

/// Whether the network of 256 addresses around this one overlaps with one that has a route, the default route aside.
fn is_taken(address: Ipv4Addr, routes: &str) -> bool {
    let overlaps = |line: &str| {
        let mut columns = line.split_whitespace();
        let mut address_at = |column| {
            let digits = u32::from_str_radix(columns.nth(column)?, 16).ok()?;
            // The kernel writes them as they lie in memory.
            Some(u32::from_be_bytes(digits.to_ne_bytes()))
        };
        let (destination, mask) = (address_at(1)?, address_at(5)?);
        let common = mask & u32::from_be_bytes([255, 255, 255, 0]);
        Some(mask != 0 && (destination ^ u32::from(address)) & common == 0)
    };
    // The first line has the names of the columns.
    routes
        .lines()
        .skip(1)
        .any(|line| overlaps(line) == Some(true))
}

fn ip(arguments: &[&str]) -> Command {
    let program = in_path("ip", "").unwrap_or_else(|_| "ip".into());
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

#[cfg(test)]
mod tests {
    use super::{Bridge, Owner};

    const NAMES: &str =
        "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n";

    #[track_caller]
    fn check(routes: &[(&str, &str)], expected: Option<&str>) {
        let bridge = Bridge {
            owner: Owner::Lab,
            number: 16,
        };
        let lines = routes.iter().map(|(destination, mask)| {
            format!("eth0\t{destination}\t00000000\t0001\t0\t0\t0\t{mask}\t0\t0\t0\n")
        });
        let address = bridge.address(&format!("{NAMES}{}", lines.collect::<String>()));
        assert_eq!(address, expected.map(|it| it.parse().unwrap()));
    }

    #[test]
    fn a_bridge_takes_no_network_that_this_machine_has_a_route_to() {
        let default = ("00000000", "00000000");
        check(&[default], Some("172.31.16.1"));
        // 172.31.16.0/20, a cloud's own; 172.31.32.0/20, another of its subnets.
        check(&[default, ("00101FAC", "00F0FFFF")], Some("172.27.16.1"));
        check(&[default, ("00201FAC", "00F0FFFF")], Some("172.31.16.1"));
        // A single host in it, and all of 172.16.0.0/12.
        check(&[("01101FAC", "FFFFFFFF")], Some("172.27.16.1"));
        check(&[("000010AC", "0000F0FF")], Some("10.231.16.1"));
        let private = [("000010AC", "0000F0FF"), ("0000000A", "000000FF")];
        check(&private, Some("192.168.16.1"));
        check(&[private[0], private[1], ("0000A8C0", "0000FFFF")], None);
    }
}
