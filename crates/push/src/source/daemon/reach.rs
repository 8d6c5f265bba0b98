//! Which of the places where the daemon may be has one: whoever answers first, in their order.

use std::io;
use std::time::Duration;

use tokio::net::TcpStream;

use super::address::Address;
use crate::DaemonFailure;

/// The first address where something listens.
pub(super) async fn reach(addresses: Vec<Address>) -> Result<Address, DaemonFailure> {
    let looked = addresses
        .iter()
        .map(|address| format!("`{address}`"))
        .collect();
    let mut first_failure = None;
    for address in addresses {
        match knock(&address).await {
            Ok(()) => return Ok(address),
            Err(error) => {
                let failure = refusal(&address, error);
                first_failure = first_failure.or(failure);
            }
        }
    }
    Err(first_failure.unwrap_or(DaemonFailure::Absent { looked }))
}

/// Connects where that is quick to find out, and leaves the rest to the first request.
async fn knock(address: &Address) -> io::Result<()> {
    match address {
        #[cfg(unix)]
        Address::Socket(path) => tokio::net::UnixStream::connect(path).await.map(drop),
        #[cfg(not(unix))]
        Address::Socket(_) => Err(io::ErrorKind::Unsupported.into()),
        Address::Tcp(to) => {
            let connecting = TcpStream::connect((to.host.as_str(), to.port));
            tokio::time::timeout(PATIENCE, connecting).await?.map(drop)
        }
        Address::Tls(..) | Address::Ssh(_) => Ok(()),
    }
}

/// What a failed connection means; none where there is just nothing.
fn refusal(address: &Address, error: io::Error) -> Option<DaemonFailure> {
    match (address, error.kind()) {
        (Address::Socket(_), io::ErrorKind::NotFound) => None,
        (Address::Socket(path), io::ErrorKind::PermissionDenied) => Some(DaemonFailure::Denied {
            socket: path.clone(),
        }),
        _ => Some(DaemonFailure::Unreachable {
            address: address.to_string(),
            source: Box::new(error),
        }),
    }
}

/// How long a connection over TCP may take.
const PATIENCE: Duration = Duration::from_secs(10);

#[cfg(all(test, unix))]
mod tests {
    use std::path::Path;

    use super::*;

    fn socket(path: &Path) -> Address {
        Address::Socket(path.to_owned())
    }

    #[tokio::test]
    async fn the_first_that_listens_is_the_daemon() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        // A socket that nobody listens at any more, as a daemon leaves it that was killed.
        drop(std::os::unix::net::UnixListener::bind(at("dead")).unwrap());
        let _listener = std::os::unix::net::UnixListener::bind(at("alive")).unwrap();
        let looked = vec![
            socket(&at("none")),
            socket(&at("dead")),
            socket(&at("alive")),
        ];
        assert_eq!(reach(looked).await.unwrap(), socket(&at("alive")));
        let failure = reach(vec![socket(&at("none")), socket(&at("dead"))]).await;
        let said = failure.unwrap_err().to_string();
        assert_eq!(
            said,
            format!("`unix://{}` does not answer", at("dead").display())
        );
    }

    #[tokio::test]
    async fn where_nothing_is_all_places_are_named() {
        let failure = reach(vec![socket(Path::new("/no/1")), socket(Path::new("/no/2"))]).await;
        assert_eq!(
            failure.unwrap_err().to_string(),
            "no daemon listens at `unix:///no/1`, `unix:///no/2`"
        );
    }

    #[test]
    fn a_socket_of_others_is_named() {
        let address = socket(Path::new("/var/run/docker.sock"));
        let failure = refusal(&address, io::ErrorKind::PermissionDenied.into()).unwrap();
        assert_eq!(
            failure.to_string(),
            "no permission to use the socket `/var/run/docker.sock`"
        );
    }
}
