//! A bridge of a daemon's own; `docker0` belongs to the machine's, and taking part in it would break that.

use std::path::Path;
use std::process::Command;

use crate::Error;
use crate::command::run;
use crate::place::in_path;

/// A bridge, by its number.
#[derive(Debug)]
pub(crate) struct Bridge(u8);

impl Bridge {
    /// The bridge for the daemon of a folder, which is hardly ever that of another.
    pub(crate) fn of(folder: &Path) -> Self {
        let bytes = folder.as_os_str().as_encoded_bytes();
        Self(bytes.iter().fold(0, |number: u8, byte| {
            number.wrapping_mul(31).wrapping_add(*byte)
        }))
    }

    pub(crate) fn name(&self) -> String {
        format!("idplab{}", self.0)
    }

    pub(crate) fn exists(&self) -> bool {
        Path::new("/sys/class/net").join(self.name()).exists()
    }

    pub(crate) fn create(&self) -> Result<(), Error> {
        if self.exists() {
            return Ok(());
        }
        let (name, address) = (self.name(), format!("172.31.{}.1/24", self.0));
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
