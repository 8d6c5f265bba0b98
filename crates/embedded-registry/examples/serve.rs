//! Serves a registry in the foreground: `cargo run --example serve -p embedded-registry -- DIRECTORY [ADDRESS]`.
//!
//! Prints where it listens, and stops when it is interrupted.

use embedded_registry::{Config, Registry};

#[tokio::main]
#[expect(clippy::print_stdout, reason = "an example may talk")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments.next().ok_or("which directory?")?;
    let mut config = Config::new(directory);
    if let Some(address) = arguments.next() {
        config.listen = address.parse()?;
    }
    let registry = Registry::start(config).await?;
    println!("{}", registry.address());
    tokio::signal::ctrl_c().await?;
    registry.stop().await;
    Ok(())
}
