//! Takes connections: TCP, then TLS where it is configured, then says once per connection which peer it comes from.

use std::{io, sync::Arc, time::Duration};

use rustls::{RootCertStore, ServerConfig, server::WebPkiClientVerifier};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use x509_parser::{
    extensions::GeneralName,
    prelude::{FromDer as _, X509Certificate},
};

use crate::{
    caller::{Peer, peer_of_name},
    settings::TlsSettings,
};

/// A connection that has not finished its handshake by then is closed.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// What a connection tells of its other end. In the extensions of every request that came over it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Arrival {
    /// The service whose verified certificate the connection showed.
    pub(crate) peer: Option<Peer>,
}

/// TLS that cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{file}: {what}")]
    File {
        /// The file.
        file: String,
        /// What is wrong.
        what: String,
    },
    /// Certificate and key do not go together, or the like.
    #[error(transparent)]
    Config(#[from] rustls::Error),
    /// The client CA cannot be used.
    #[error("the client CA cannot be used: {0}")]
    ClientCa(String),
}

/// The server's side of TLS.
///
/// # Errors
/// When a file cannot be read or does not hold what it should.
pub(crate) fn acceptor(settings: &TlsSettings) -> Result<TlsAcceptor, TlsError> {
    let chain = certificates(&settings.cert_file)?;
    let key = PrivateKeyDer::from_pem_file(&settings.key_file).map_err(|error| file(&settings.key_file, &error))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    let builder = match &settings.client_ca_file {
        None => builder.with_no_client_auth(),
        Some(ca) => {
            let mut roots = RootCertStore::empty();
            for certificate in certificates(ca)? {
                roots.add(certificate)?;
            }
            // People come without a certificate and show a token; a certificate of another CA ends the handshake.
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                .allow_unauthenticated()
                .build()
                .map_err(|error| TlsError::ClientCa(error.to_string()))?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let mut config = builder.with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn certificates(path: &std::path::Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    CertificateDer::pem_file_iter(path).and_then(Iterator::collect).map_err(|error| file(path, &error))
}

fn file(path: &std::path::Path, what: &dyn std::fmt::Display) -> TlsError {
    TlsError::File { file: path.display().to_string(), what: what.to_string() }
}

/// Waits for the first byte of a connection without TLS; one that stays silent is closed like one that does not shake
/// hands.
pub(crate) async fn greet(stream: &TcpStream) -> io::Result<()> {
    tokio::time::timeout(HANDSHAKE, stream.peek(&mut [0])).await.map_err(|_| io::ErrorKind::TimedOut)?.map(|_| ())
}

/// Shakes hands and says which peer it is.
pub(crate) async fn shake(acceptor: &TlsAcceptor, stream: TcpStream) -> io::Result<(TlsStream<TcpStream>, Arrival)> {
    let stream =
        tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await.map_err(|_| io::ErrorKind::TimedOut)??;
    // The verifier has checked the chain; here only the name is read.
    let peer = stream.get_ref().1.peer_certificates().and_then(<[_]>::first).and_then(peer_of_certificate);
    Ok((stream, Arrival { peer }))
}

/// The peer that a certificate names: the first label of a DNS name (`intake.rogatory.svc`), or the last part of a
/// SPIFFE id (`spiffe://cluster/ns/rogatory/sa/intake`).
fn peer_of_certificate(certificate: &CertificateDer<'_>) -> Option<Peer> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    let names = certificate.subject_alternative_name().ok()??;
    names.value.general_names.iter().find_map(|name| match name {
        GeneralName::DNSName(name) => peer_of_name(name.split('.').next()?),
        GeneralName::URI(uri) => peer_of_name(uri.strip_prefix("spiffe://")?.rsplit('/').next()?),
        _ => None,
    })
}
