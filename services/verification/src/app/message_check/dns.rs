//! Whom to ask, and what was asked already.

use std::{
    borrow::Borrow,
    collections::HashMap,
    hash::Hash,
    net::SocketAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use mail_auth::{
    MessageAuthenticator, ResolverCache, Txt,
    hickory_resolver::{
        config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts},
        system_conf::read_system_conf,
    },
};

use super::settings::MessageSettings;

/// The system's resolver is not configured, or not in a way that can be used.
#[derive(Debug, thiserror::Error)]
#[error("the name servers of the system cannot be used: {0}; name them in the settings")]
pub struct NoResolver(String);

/// The resolver of these settings. It keeps what it was told for as long as the answers allow.
pub(super) fn resolver(settings: &MessageSettings) -> Result<MessageAuthenticator, NoResolver> {
    let told = |error: &dyn std::fmt::Display| NoResolver(error.to_string());
    let (config, mut options) = if settings.name_servers.is_empty() {
        read_system_conf().map_err(|error| told(&error))?
    } else {
        let servers = settings.name_servers.iter().copied().map(name_server).collect();
        (ResolverConfig::from_name_servers(servers), ResolverOpts::default())
    };
    // The machine's own table of hosts speaks for no mail domain.
    options.use_hosts_file = ResolveHosts::Never;
    options.cache_size = 8_192;
    // Time for a second try within the deadline of all.
    options.timeout = Duration::from_millis((settings.dns_deadline_ms / 2).max(1));
    options.attempts = 2;
    MessageAuthenticator::new(config, options).map_err(|error| told(&error))
}

fn name_server(address: SocketAddr) -> NameServerConfig {
    let (mut udp, mut tcp) = (ConnectionConfig::udp(), ConnectionConfig::tcp());
    udp.port = address.port();
    tcp.port = address.port();
    NameServerConfig::new(address.ip(), true, vec![udp, tcp])
}

/// The records that were read for one message: so that a record is asked for once, and can be looked at again.
#[derive(Default)]
pub(super) struct Answers(Mutex<HashMap<Box<str>, Txt>>);

impl ResolverCache<Box<str>, Txt> for Answers {
    fn get<Q>(&self, name: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    fn remove<Q>(&self, name: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name)
    }

    // The message is checked within seconds: no record grows stale meanwhile.
    fn insert(&self, name: Box<str>, value: Txt, _: Instant) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name, value);
    }
}
