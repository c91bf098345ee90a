//! Serves a service: binds its ports, takes connections, and drains without dropping a call.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use hyper::server::conn::http2;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use rogatory_proto::rogatory::events::v1::event_service_server::EventServiceServer;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic_reflection::pb::{
    v1::server_reflection_server::ServerReflectionServer as ReflectionV1,
    v1alpha::server_reflection_server::ServerReflectionServer as ReflectionV1Alpha,
};
use tower::{Service as TowerService, ServiceExt as _};

use crate::{
    access::{AccessError, Methods, descriptors},
    clock::Clock,
    events::Events,
    health::Health,
    identity::{Identity, KeySetError},
    listener::{self, Arrival, TlsError},
    reflection::Reflection,
    service::Service,
    settings::{LimitSettings, ServerSettings},
    stack,
};

/// The most bytes of headers that a call may carry.
const MOST_HEADER_BYTES: u32 = 16 * 1024;
/// A connection that says nothing is asked after this time whether it is still there, and closed after the next.
const KEEPALIVE: Duration = Duration::from_secs(30);
/// How long the database may take to close, once every call has ended or was cut.
const CLOSING: Duration = Duration::from_secs(5);
/// Pause after the listener could not take a connection (out of file descriptors), so that it does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A server that cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The port cannot be had.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        error: io::Error,
    },
    /// The schema must not be served.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// TLS cannot be set up.
    #[error("server.tls: {0}")]
    Tls(#[from] TlsError),
    /// The issuer's keys cannot be read.
    #[error("server.identity: {0}")]
    Identity(#[from] KeySetError),
}

/// A server that has bound its ports and takes calls.
#[derive(Debug)]
pub struct Running {
    /// Address of the main port.
    pub address: SocketAddr,
    /// Address of the admin port.
    pub admin_address: SocketAddr,
    stop: CancellationToken,
    done: tokio::task::JoinHandle<()>,
}

impl Running {
    /// Waits until the server has drained. It drains when the token that it was started with is cancelled.
    pub async fn finished(self) {
        let _ = self.done.await;
    }

    /// Drains and waits for the end.
    pub async fn stop(self) {
        self.stop.cancel();
        self.finished().await;
    }
}

/// Binds the ports of `service` and serves until `stop`, then drains: health says NOT_SERVING, balancers get
/// `lame_duck` to turn away, connections are told to go, and calls in hand get `drain_timeout` to finish.
///
/// # Errors
/// When a port, the certificates, the key set or the schema keep it from starting.
pub async fn start(
    service: Service,
    settings: &ServerSettings,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) -> Result<Running, ServeError> {
    let Service { name, store, routes, mut mounted, workers } = service;
    let drain = CancellationToken::new();
    let (reporter, health) = tonic_health::server::health_reporter();

    let events = EventServiceServer::new(Events { store: store.clone(), drain: drain.clone() });
    let mut routes = routes.add_service(events).add_service(health.clone());
    mounted.push("rogatory.events.v1.EventService");
    let pool = descriptors()?;
    let methods = Arc::new(Methods::read(&pool, mounted.iter().copied())?);
    if settings.reflection {
        let listed = mounted.iter().copied().chain(["grpc.health.v1.Health"]).map(str::to_owned);
        let reflection = Reflection::new(pool, listed);
        routes =
            routes.add_service(ReflectionV1::new(reflection.clone())).add_service(ReflectionV1Alpha::new(reflection));
    }
    let identity = match &settings.identity {
        Some(identity) => Some(Identity::load(identity).await?),
        None => None,
    };
    let acceptor = settings.tls.as_ref().map(listener::acceptor).transpose()?;
    let parts = stack::Parts {
        methods,
        limits: settings.limits.clone(),
        identity: identity.clone(),
        clock,
        drain: drain.clone(),
    };
    let calls = stack::assemble(routes, parts);
    let admin = tonic::service::Routes::new(health).prepare();

    let (main_listener, address) = bind(settings.listen).await?;
    let (admin_listener, admin_address) = bind(settings.admin_listen).await?;

    let mut tasks = JoinSet::new();
    let mut health = Health::new(reporter, mounted, store.clone()).await;
    tasks.spawn({
        let (stop, drain) = (stop.clone(), drain.clone());
        async move { health.follow(stop, drain).await }
    });
    if let Some(identity) = identity {
        tasks.spawn(identity.follow(drain.clone()));
    }
    for worker in workers {
        tasks.spawn(worker.run(drain.clone()));
    }
    let limits = settings.limits.clone();
    let (lame_duck, patience) = (settings.lame_duck, settings.drain_timeout);
    let stopping = stop.clone();
    let done = tokio::spawn(async move {
        tracing::info!(service = name, %address, %admin_address, tls = acceptor.is_some(), "listening");
        let cut = CancellationToken::new();
        let until = Until { drain: drain.clone(), cut: cut.clone() };
        let main = take(main_listener, acceptor, calls, limits.clone(), until.clone());
        let admin = take(admin_listener, None, admin, limits, until);
        let ending = async {
            stopping.cancelled().await;
            tokio::time::sleep(lame_duck).await;
            drain.cancel();
        };
        let ((), main, admin) = tokio::join!(ending, main, admin);
        let finished = async {
            tokio::join!(main.shutdown(), admin.shutdown());
            while tasks.join_next().await.is_some() {}
        };
        if tokio::time::timeout(patience, finished).await.is_err() {
            tracing::warn!(service = name, "calls were still in hand when the time to drain was over");
            // They and the workers must let go of the database, or it would wait for them.
            cut.cancel();
            tasks.shutdown().await;
        }
        match tokio::time::timeout(CLOSING, store.close()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the database did not close cleanly"),
            Err(_) => tracing::warn!("the database did not close in time"),
        }
        tracing::info!(service = name, "stopped");
    });
    Ok(Running { address, admin_address, stop, done })
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), ServeError> {
    let failed = |error| ServeError::Listen { address, error };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

/// When connections end.
#[derive(Debug, Clone)]
struct Until {
    /// From now on none is taken, and those that are open end with their last call.
    drain: CancellationToken,
    /// Those that are still open end.
    cut: CancellationToken,
}

/// Takes connections until the drain; then gives back what watches those that are still open.
async fn take<S, B>(
    listener: TcpListener,
    acceptor: Option<TlsAcceptor>,
    calls: S,
    limits: LimitSettings,
    until: Until,
) -> GracefulShutdown
where
    S: TowerService<http::Request<Body>, Response = http::Response<B>, Error = std::convert::Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send + 'static,
    B: http_body::Body<Data = prost::bytes::Bytes> + Send + 'static,
    B::Error: Into<tower::BoxError>,
{
    let graceful = GracefulShutdown::new();
    loop {
        let Some(taken) = until.drain.run_until_cancelled(listener.accept()).await else { break };
        let stream = match taken {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let _ = stream.set_nodelay(true);
        let (acceptor, calls, limits) = (acceptor.clone(), calls.clone(), limits.clone());
        let (watcher, until) = (graceful.watcher(), until.clone());
        tokio::spawn(async move {
            // Who has not said anything by the drain has no call that could be dropped.
            let connection = async {
                match acceptor {
                    None => {
                        let greeted = until.drain.run_until_cancelled(listener::greet(&stream)).await;
                        if greeted.is_some_and(|greeted| greeted.is_ok()) {
                            converse(stream, Arrival::default(), calls, &limits, watcher).await;
                        }
                    }
                    Some(acceptor) => match until.drain.run_until_cancelled(listener::shake(&acceptor, stream)).await {
                        Some(Ok((stream, arrival))) => converse(stream, arrival, calls, &limits, watcher).await,
                        Some(Err(error)) => tracing::debug!(%error, "a handshake failed"),
                        None => {}
                    },
                }
            };
            until.cut.run_until_cancelled(connection).await;
        });
    }
    graceful
}

/// Serves one connection until its end.
async fn converse<I, S, B>(
    stream: I,
    arrival: Arrival,
    calls: S,
    limits: &LimitSettings,
    watcher: hyper_util::server::graceful::Watcher,
) where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: TowerService<http::Request<Body>, Response = http::Response<B>, Error = std::convert::Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send + 'static,
    B: http_body::Body<Data = prost::bytes::Bytes> + Send + 'static,
    B::Error: Into<tower::BoxError>,
{
    let calls = calls.map_request(move |request: http::Request<hyper::body::Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(arrival);
        request
    });
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.max_concurrent_streams)
        .max_header_list_size(MOST_HEADER_BYTES)
        .keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(KEEPALIVE)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(calls));
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "a connection ended with an error");
    }
}
