//! Which of the places where the daemon may be has one: whoever answers first, in their order.

use std::io;

use super::address::Address;
use crate::DaemonFailure;

/// The first address where something listens.
pub(super) async fn reach(_: Vec<Address>) -> Result<Address, DaemonFailure> {
    Err(DaemonFailure::Absent { looked: Vec::new() })
}

/// What a failed connection means; none where there is just nothing.
fn refusal(_: &Address, _: io::Error) -> Option<DaemonFailure> {
    None
}

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
