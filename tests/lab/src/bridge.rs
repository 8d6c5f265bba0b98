//! A bridge of a daemon's own; `docker0` belongs to the machine's, and taking part in it would break that.

use std::path::Path;
use std::process::Command;

use crate::Error;
use crate::command::run;
use crate::place::in_path;

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
        let network = match self.owner {
            Owner::Lab => "172.31",
            Owner::Test => "172.30",
        };
        let (name, address) = (self.name(), format!("{network}.{}.1/24", self.number));
        run(&mut ip(&["link", "add", &name, "type", "bridge"]))?;
        run(&mut ip(&["address", "add", &address, "dev", &name]))?;
        run(&mut ip(&["link", "set", &name, "up"]))?;
        Ok(())
    }

    /// Takes it away; where it cannot be, it does not harm.
    pub(crate) fn delete(&self) {
        if self.exists() {
            let _ = run(&mut ip(&["link", "delete", &self.name()]));
        }
    }
}

fn ip(arguments: &[&str]) -> Command {
    let program = in_path("ip", "").unwrap_or_else(|_| "ip".into());
    let mut command = Command::new(program);
    command.args(arguments);
    command
}
