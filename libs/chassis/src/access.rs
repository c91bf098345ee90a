//! Who may call what, read from the schema when the server starts.

use std::collections::HashMap;

use opentelemetry::KeyValue;
use prost_reflect::{DescriptorPool, MethodDescriptor, Value};
use rogatory_proto::rogatory::access::v1::{Access as AccessOption, Peer, Role};

use crate::caller::{Caller, Roles};

/// Services that the chassis mounts itself and that are not of this schema. Any caller with a valid credential may use
/// them: they tell what the server is and whether it is well, and read no data.
const FOREIGN: &[(&str, &str, Streams)] = &[
    ("grpc.health.v1.Health", "Check", Streams { client: false, server: false }),
    ("grpc.health.v1.Health", "Watch", Streams { client: false, server: true }),
    ("grpc.reflection.v1.ServerReflection", "ServerReflectionInfo", Streams { client: true, server: true }),
    ("grpc.reflection.v1alpha.ServerReflection", "ServerReflectionInfo", Streams { client: true, server: true }),
];

/// Who sends more than one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Streams {
    /// The caller does.
    pub client: bool,
    /// The server does.
    pub server: bool,
}

impl Streams {
    /// Whether anybody does.
    #[must_use]
    pub fn any(self) -> bool {
        self.client || self.server
    }
}

/// The callers that a method accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// Whoever shows a valid credential.
    Anyone,
    /// Those who hold one of the roles or are one of the peers.
    Listed {
        /// Roles of persons and platforms.
        roles: Roles,
        /// Services of the suite.
        peers: Vec<Peer>,
    },
}

impl Access {
    /// Whether `caller` is accepted. Workers do not come over the wire and are never listed.
    #[must_use]
    pub fn admits(&self, caller: &Caller) -> bool {
        match (self, caller) {
            (_, Caller::System(_)) => false,
            (Self::Anyone, _) => true,
            (Self::Listed { roles, .. }, Caller::Person { roles: held, .. }) => roles.intersects(*held),
            (Self::Listed { peers, .. }, Caller::Peer(peer)) => peers.contains(peer),
        }
    }
}

/// What the server knows of one of its methods before a call arrives.
#[derive(Debug)]
pub struct Method {
    /// `/rogatory.intake.v1.RequestService/SubmitRequest`.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
    /// Whether it changes something.
    pub mutates: bool,
    /// Who sends a stream.
    pub streams: Streams,
    /// Labels of its metrics, made once: system, service, method, and the code of a call that went well.
    pub(crate) labels: [KeyValue; 4],
}

impl Method {
    fn new(service: &str, name: &str, access: Access, mutates: bool, streams: Streams) -> &'static Self {
        // Methods live as long as the process: a call refers to its method without counting or copying.
        Box::leak(Box::new(Self {
            path: Box::leak(format!("/{service}/{name}").into_boxed_str()),
            access,
            mutates,
            streams,
            labels: labels(service, name, 0),
        }))
    }
}

pub(crate) fn labels(service: &str, name: &str, code: i64) -> [KeyValue; 4] {
    [
        KeyValue::new("rpc.system", "grpc"),
        KeyValue::new("rpc.service", service.to_owned()),
        KeyValue::new("rpc.method", name.to_owned()),
        KeyValue::new("rpc.grpc.status_code", code),
    ]
}

/// A schema that must not be served.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// A mounted service is not in the descriptors.
    #[error("service {0} is mounted but the descriptors do not have it")]
    UnknownService(String),
    /// A method says nothing of its callers.
    #[error("method {0} has no option (rogatory.access.v1.access): nobody has said who may call it")]
    NoOption(String),
    /// A method names nobody.
    #[error("method {0} lists no role and no peer: nobody could call it")]
    Nobody(String),
    /// A method lists a value that is no role or peer.
    #[error("method {0} lists a role or peer that the schema does not know")]
    UnknownCaller(String),
    /// The descriptors cannot be read.
    #[error("the descriptors cannot be read: {0}")]
    Descriptors(String),
}

/// Every method that a server answers, by path.
#[derive(Debug)]
pub struct Methods {
    by_path: HashMap<&'static str, &'static Method>,
}

impl Methods {
    /// Reads the access rules of the `mounted` services (full names) from `pool`.
    ///
    /// # Errors
    /// The first method that must not be served, by name.
    pub fn read<'a>(pool: &DescriptorPool, mounted: impl IntoIterator<Item = &'a str>) -> Result<Self, AccessError> {
        let mut by_path = HashMap::new();
        for name in mounted {
            if is_foreign(name) {
                continue;
            }
            let service = pool.get_service_by_name(name).ok_or_else(|| AccessError::UnknownService(name.to_owned()))?;
            for method in service.methods() {
                let option = option(&method)?;
                let access = access(&method, &option)?;
                let streams = Streams { client: method.is_client_streaming(), server: method.is_server_streaming() };
                let method = Method::new(name, method.name(), access, option.mutates, streams);
                by_path.insert(method.path, method);
            }
        }
        for (service, name, streams) in FOREIGN {
            let method = Method::new(service, name, Access::Anyone, false, *streams);
            by_path.insert(method.path, method);
        }
        Ok(Self { by_path })
    }

    /// The method at `path`, if the server has it.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&'static Method> {
        self.by_path.get(path).copied()
    }

    /// Every method, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &'static Method> {
        self.by_path.values().copied()
    }
}

/// The descriptors of the suite, with comments and options.
///
/// # Errors
/// [`AccessError::Descriptors`] when the embedded set is not one.
pub fn descriptors() -> Result<DescriptorPool, AccessError> {
    DescriptorPool::decode(rogatory_proto::DESCRIPTORS).map_err(|error| AccessError::Descriptors(error.to_string()))
}

/// Whether the chassis mounts the service itself.
pub(crate) fn is_foreign(service: &str) -> bool {
    FOREIGN.iter().any(|(foreign, ..)| *foreign == service)
}

fn path(method: &MethodDescriptor) -> String {
    format!("/{}/{}", method.parent_service().full_name(), method.name())
}

fn option(method: &MethodDescriptor) -> Result<AccessOption, AccessError> {
    let missing = || AccessError::NoOption(path(method));
    let extension = method.parent_pool().get_extension_by_name("rogatory.access.v1.access").ok_or_else(missing)?;
    let options = method.options();
    if !options.has_extension(&extension) {
        return Err(missing());
    }
    match options.get_extension(&extension).as_ref() {
        Value::Message(message) => {
            message.transcode_to::<AccessOption>().map_err(|error| AccessError::Descriptors(error.to_string()))
        }
        _ => Err(missing()),
    }
}

fn access(method: &MethodDescriptor, option: &AccessOption) -> Result<Access, AccessError> {
    let unknown = || AccessError::UnknownCaller(path(method));
    let mut roles = Roles::default();
    for role in &option.roles {
        match Role::try_from(*role) {
            Ok(Role::Unspecified) | Err(_) => return Err(unknown()),
            Ok(role) => roles = roles.with(role),
        }
    }
    let mut peers = Vec::new();
    for peer in &option.peers {
        match Peer::try_from(*peer) {
            Ok(Peer::Unspecified) | Err(_) => return Err(unknown()),
            Ok(peer) => peers.push(peer),
        }
    }
    if roles.is_empty() && peers.is_empty() {
        return Err(AccessError::Nobody(path(method)));
    }
    Ok(Access::Listed { roles, peers })
}
