//! The schema as the tests enumerate it: every RPC with its access option.

use std::sync::LazyLock;

use prost_reflect::{DescriptorPool, MethodDescriptor, ReflectMessage as _, Value};

/// An RPC of the suite.
#[derive(Debug, Clone)]
pub struct Method {
    /// `/rogatory.intake.v1.RequestService/SubmitRequest`.
    pub path: String,
    /// Roles that may call it, as a token writes them: `data-platform`.
    pub roles: Vec<String>,
    /// Peers that may call it: `intake`.
    pub peers: Vec<String>,
    /// Whether it changes something.
    pub mutates: bool,
    /// The descriptor.
    pub descriptor: MethodDescriptor,
}

/// The schema with its custom options.
///
/// # Panics
/// When the descriptors of the build cannot be read, which no test survives.
#[must_use]
pub fn pool() -> DescriptorPool {
    static POOL: LazyLock<DescriptorPool> =
        LazyLock::new(|| DescriptorPool::decode(rogatory_proto::DESCRIPTORS).expect("the descriptors of the build"));
    POOL.clone()
}

/// One RPC of the suite, by its path.
///
/// # Panics
/// When the schema has no such RPC: a fault of the test.
#[must_use]
pub fn method(path: &str) -> Method {
    methods().into_iter().find(|method| method.path == path).unwrap_or_else(|| panic!("no RPC {path}"))
}

/// Every RPC of the suite, in the order of the schema.
///
/// # Panics
/// When the schema lacks its own access extension.
#[must_use]
pub fn methods() -> Vec<Method> {
    static METHODS: LazyLock<Vec<Method>> = LazyLock::new(read_methods);
    METHODS.clone()
}

fn read_methods() -> Vec<Method> {
    let pool = pool();
    let extension = pool.get_extension_by_name("rogatory.access.v1.access").expect("the access option");
    let mut found = Vec::new();
    for service in pool.services().filter(|service| service.full_name().starts_with("rogatory.")) {
        for descriptor in service.methods() {
            let options = descriptor.options();
            let access = options.get_extension(&extension);
            let access = access.as_message().cloned();
            let names = |field: &str, prefix: &str| -> Vec<String> {
                let Some(access) = &access else { return Vec::new() };
                let list = access.get_field_by_name(field).map(|value| value.into_owned());
                let kind = access.descriptor().get_field_by_name(field).map(|field| field.kind());
                let (Some(Value::List(list)), Some(kind)) = (list, kind) else { return Vec::new() };
                let Some(names) = kind.as_enum().cloned() else { return Vec::new() };
                list.iter()
                    .filter_map(Value::as_enum_number)
                    .filter_map(|number| names.get_value(number))
                    .map(|value| value.name().trim_start_matches(prefix).to_lowercase().replace('_', "-"))
                    .collect()
            };
            found.push(Method {
                path: format!("/{}/{}", service.full_name(), descriptor.name()),
                roles: names("roles", "ROLE_"),
                peers: names("peers", "PEER_"),
                mutates: access
                    .as_ref()
                    .and_then(|access| access.get_field_by_name("mutates").and_then(|value| value.as_bool()))
                    .unwrap_or(false),
                descriptor,
            });
        }
    }
    found
}
