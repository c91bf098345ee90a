//! Which addresses a peer's name stands for, and which of them take connections.

use std::{collections::BTreeSet, io, net::SocketAddr, sync::Arc, time::Duration};

use futures::future::join_all;
use tokio::{
    net::TcpStream,
    sync::{Notify, mpsc},
};
use tonic::transport::{ClientTlsConfig, Endpoint, channel::Change};

/// How often DNS is asked again, and how often while it has no answer or calls fail.
const RESOLVE: Duration = Duration::from_secs(5);
const RESOLVE_SOON: Duration = Duration::from_millis(100);
/// An address that has not taken a connection by then takes none.
const REACH: Duration = Duration::from_secs(1);

/// Those that take connections: a name may stand for an address of IPv6 on which nobody listens, or for a replica that
/// has gone. All of them when none does, so that calls are made and fail with the reason.
async fn reachable(found: BTreeSet<SocketAddr>) -> BTreeSet<SocketAddr> {
    let reach = |address: SocketAddr| async move {
        let reached = tokio::time::timeout(REACH, TcpStream::connect(address)).await;
        matches!(reached, Ok(Ok(_))).then_some(address)
    };
    let reached: BTreeSet<_> = join_all(found.iter().copied().map(reach)).await.into_iter().flatten().collect();
    if reached.is_empty() { found } else { reached }
}

/// Keeps a channel's addresses what DNS says they are.
pub(crate) struct Resolver {
    pub(crate) host: String,
    pub(crate) tls: ClientTlsConfig,
    pub(crate) changes: mpsc::Sender<Change<SocketAddr, Endpoint>>,
    /// Told when a call found nobody.
    pub(crate) nobody: Arc<Notify>,
    pub(crate) known: BTreeSet<SocketAddr>,
}

impl Resolver {
    /// Until the channel is gone.
    pub(crate) async fn follow<F>(mut self, lookup: impl Fn() -> F + Send)
    where
        F: Future<Output = io::Result<BTreeSet<SocketAddr>>> + Send + 'static,
    {
        let mut resolved = true;
        loop {
            let found = lookup().await;
            // Said once, not several times a second.
            if let (Err(error), true) = (&found, resolved) {
                tracing::warn!(host = self.host, %error, "the name of a peer cannot be resolved");
            }
            resolved = found.is_ok();
            // Without an answer what was known stays: a DNS server that is down must not cut connections that work.
            let changed = match found {
                Ok(found) => self.change(reachable(found).await).await,
                Err(_) => Ok(()),
            };
            if changed.is_err() {
                return;
            }
            let called_in_vain = async {
                tokio::time::sleep(RESOLVE_SOON).await;
                if !self.known.is_empty() {
                    self.nobody.notified().await;
                }
            };
            tokio::select! {
                () = self.changes.closed() => return,
                () = tokio::time::sleep(RESOLVE) => {}
                () = called_in_vain => {}
            }
        }
    }

    async fn change(&mut self, found: BTreeSet<SocketAddr>) -> Result<(), ()> {
        if found.is_empty() {
            return Ok(());
        }
        for gone in self.known.difference(&found) {
            self.changes.send(Change::Remove(*gone)).await.map_err(|_| ())?;
        }
        for new in found.difference(&self.known) {
            if let Some(endpoint) = self.endpoint(*new) {
                self.changes.send(Change::Insert(*new, endpoint)).await.map_err(|_| ())?;
            }
        }
        self.known = found;
        Ok(())
    }

    fn endpoint(&self, address: SocketAddr) -> Option<Endpoint> {
        let endpoint = Endpoint::from_shared(format!("https://{address}")).ok()?;
        let endpoint = endpoint
            .connect_timeout(Duration::from_secs(3))
            .tcp_nodelay(true)
            .http2_keep_alive_interval(Duration::from_secs(20))
            .keep_alive_timeout(Duration::from_secs(5))
            .keep_alive_while_idle(true);
        match endpoint.tls_config(self.tls.clone()) {
            Ok(endpoint) => Some(endpoint),
            Err(error) => {
                tracing::error!(%error, "the certificates for a peer cannot be used");
                None
            }
        }
    }
}
