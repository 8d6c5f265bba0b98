//! Measures what a registry costs a test: until its first answer, and fifty of them seeded side by side.
//!
//! `cargo run --release --example first_answer`, in the folder of this crate.

#![expect(clippy::print_stdout, reason = "this is what it is for")]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use registry_fixture::{Error, Registry};

const RUNS: usize = 101;
const SIDE_BY_SIDE: usize = 50;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut times = Vec::new();
    for _ in 0..RUNS {
        times.push(first_answer()?);
    }
    times.sort_unstable();
    let (median, slowest) = (times[RUNS / 2], times[RUNS - 1]);
    println!(
        "from embedded() to the first answer: median {median:.1?}, slowest of {RUNS} {slowest:.1?}"
    );

    let started = Instant::now();
    let seeding = (0..SIDE_BY_SIDE).map(|_| thread::spawn(seeded));
    let registries = seeding
        .collect::<Vec<_>>()
        .into_iter()
        .map(|running| running.join().expect("no seeding panics"));
    let registries: Vec<Registry> = registries.collect::<Result<_, Error>>()?;
    println!(
        "{} started and seeded side by side: {:.1?}",
        registries.len(),
        started.elapsed()
    );
    let started = Instant::now();
    drop(registries);
    println!("all of them removed: {:.1?}", started.elapsed());
    Ok(())
}

fn first_answer() -> Result<Duration, Box<dyn std::error::Error>> {
    let started = Instant::now();
    let registry = Registry::embedded().start()?;
    let mut stream = TcpStream::connect(registry.address())?;
    stream.write_all(b"GET /v2/ HTTP/1.1\r\nhost: x\r\n\r\n")?;
    let mut answer = [0; 15];
    stream.read_exact(&mut answer)?;
    let taken = started.elapsed();
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
    Ok(taken)
}

fn seeded() -> Result<Registry, Error> {
    let registry = Registry::embedded().start()?;
    registry.seed("../../testdata/docker20-hello.tar")?;
    Ok(registry)
}
