//! A proxy that connects every name to loopback: `*.localtest.me` does so by DNS, which a test must not depend on.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;

/// Runs until the test's process ends.
pub(crate) struct Proxy {
    address: SocketAddr,
}

impl Proxy {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                // A client that goes away has what it wanted.
                thread::spawn(move || drop(tunnel(&client)));
            }
        });
        Self { address }
    }

    /// As `HTTPS_PROXY` takes it.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

fn tunnel(client: &TcpStream) -> io::Result<()> {
    let mut reader = BufReader::new(client);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut line = String::from("more");
    while !line.trim_end().is_empty() {
        line.clear();
        reader.read_line(&mut line)?;
    }
    let port = first
        .split(' ')
        .nth(1)
        .and_then(|target| target.rsplit_once(':')?.1.parse::<u16>().ok())
        .ok_or_else(|| io::Error::other(format!("not `CONNECT HOST:PORT`: {first}")))?;
    let server = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    let mut writer = client;
    writer.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    let (answers, to_client) = (server.try_clone()?, client.try_clone()?);
    thread::spawn(move || drop(relay(&answers, &to_client)));
    io::copy(&mut reader, &mut &server)?;
    server.shutdown(Shutdown::Write)
}

fn relay(mut from: &TcpStream, mut to: &TcpStream) -> io::Result<()> {
    io::copy(&mut from, &mut to)?;
    to.shutdown(Shutdown::Write)
}
