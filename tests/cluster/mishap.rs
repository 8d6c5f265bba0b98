//! A relay with which a connection has a mishap once, and every later one goes well.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// What goes wrong, once.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mishap {
    /// The connection is cut when so many bytes have gone to the server on it.
    CutAfter(u64),
    /// The connection that a request with these words is made on is cut when its answer comes.
    AnswerLost(&'static str),
    /// The connection that a request with these words is made on is answered with a proxy's page.
    BadGateway(&'static str),
}

/// The relay; it runs until the test's process ends.
pub(crate) struct Relay {
    pub(crate) address: SocketAddr,
    happened: Arc<AtomicBool>,
}

impl Relay {
    pub(crate) fn before(server: SocketAddr, mishap: Mishap) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let happened = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&happened);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let told = Arc::clone(&told);
                // Connections that are cut are what this is for.
                thread::spawn(move || drop(relay(&client, server, mishap, &told)));
            }
        });
        Self { address, happened }
    }

    /// Whether the mishap has happened; a test of it shows nothing otherwise.
    pub(crate) fn happened(&self) -> bool {
        self.happened.load(Ordering::SeqCst)
    }
}

fn relay(
    client: &TcpStream,
    server: SocketAddr,
    mishap: Mishap,
    happened: &Arc<AtomicBool>,
) -> io::Result<()> {
    let server = TcpStream::connect(server)?;
    let (answers, to_client) = (server.try_clone()?, client.try_clone()?);
    let lost = Arc::new(AtomicBool::new(false));
    let its_lost = Arc::clone(&lost);
    thread::spawn(move || drop(answer(&answers, &to_client, &its_lost)));
    let (mut from, mut to, mut sent) = (client, &server, 0);
    let mut buffer = vec![0; 64 << 10];
    loop {
        let read = from.read(&mut buffer)?;
        if read == 0 {
            return server.shutdown(Shutdown::Write);
        }
        let bytes = &buffer[..read];
        sent += read as u64;
        let due = match mishap {
            Mishap::CutAfter(limit) => sent > limit,
            Mishap::AnswerLost(words) | Mishap::BadGateway(words) => holds(bytes, words),
        };
        if due && !happened.swap(true, Ordering::SeqCst) {
            match mishap {
                Mishap::CutAfter(_) => {
                    to.write_all(&bytes[..read / 2])?;
                    client.shutdown(Shutdown::Both)?;
                    return server.shutdown(Shutdown::Both);
                }
                Mishap::AnswerLost(_) => lost.store(true, Ordering::SeqCst),
                Mishap::BadGateway(_) => {
                    server.shutdown(Shutdown::Both)?;
                    from.write_all(BAD_GATEWAY.as_bytes())?;
                    return client.shutdown(Shutdown::Write);
                }
            }
        }
        to.write_all(bytes)?;
    }
}

/// Takes answers to the client, until one is to be lost.
fn answer(mut from: &TcpStream, mut to: &TcpStream, lost: &AtomicBool) -> io::Result<()> {
    let mut buffer = vec![0; 64 << 10];
    loop {
        let read = from.read(&mut buffer)?;
        if read == 0 || lost.load(Ordering::SeqCst) {
            return to.shutdown(Shutdown::Both);
        }
        to.write_all(&buffer[..read])?;
    }
}

fn holds(bytes: &[u8], words: &str) -> bool {
    bytes
        .windows(words.len())
        .any(|window| window == words.as_bytes())
}

const BAD_GATEWAY: &str = "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 54\r\n\
    Connection: close\r\n\r\n<html><body><h1>502 Bad Gateway</h1></body></html>\r\n\r\n";
