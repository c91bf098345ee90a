//! Who calls, and what a handler knows of the call beside its message.

use std::{
    fmt,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use http::HeaderValue;
use opentelemetry::trace::SpanContext;
pub use rogatory_proto::rogatory::access::v1::{Peer, Role};

use crate::failure::Failure;

/// The roles of a person, as a small set.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Roles(u32);

impl Roles {
    /// The set with `role` in it too. `UNSPECIFIED` is not a role and adds nothing.
    #[must_use]
    pub fn with(self, role: Role) -> Self {
        Self(self.0 | Self::bit(role))
    }

    /// Whether `role` is in the set.
    #[must_use]
    pub fn contains(self, role: Role) -> bool {
        self.0 & Self::bit(role) != 0
    }

    /// Whether the two sets share a role.
    #[must_use]
    pub fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether the set is empty.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Every role in the set, in the order of the schema.
    pub fn iter(self) -> impl Iterator<Item = Role> {
        (1..32).filter_map(|number| Role::try_from(number).ok()).filter(move |role| self.contains(*role))
    }

    fn bit(role: Role) -> u32 {
        match role as u32 {
            0 => 0,
            number => 1 << number,
        }
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        roles.into_iter().fold(Self::default(), Self::with)
    }
}

impl fmt::Debug for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(role_claim)).finish()
    }
}

/// The role as the `roles` claim of a token writes it: `data-platform`.
#[must_use]
pub fn role_claim(role: Role) -> String {
    role.as_str_name().trim_start_matches("ROLE_").to_ascii_lowercase().replace('_', "-")
}

/// The role that a claim names; `None` for a word that is no role of the suite.
#[must_use]
pub fn role_of_claim(claim: &str) -> Option<Role> {
    static BY_CLAIM: LazyLock<Vec<(String, Role)>> = LazyLock::new(|| {
        (1..32).filter_map(|number| Role::try_from(number).ok()).map(|role| (role_claim(role), role)).collect()
    });
    BY_CLAIM.iter().find(|(known, _)| known == claim).map(|(_, role)| *role)
}

/// The peer as its certificate names it: `intake`.
#[must_use]
pub fn peer_name(peer: Peer) -> &'static str {
    match peer {
        Peer::Unspecified => "unspecified",
        Peer::Intake => "intake",
    }
}

/// The peer that a certificate's name stands for; `None` for a name that is no peer of the suite.
#[must_use]
pub fn peer_of_name(name: &str) -> Option<Peer> {
    [Peer::Intake].into_iter().find(|peer| peer_name(*peer) == name)
}

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// A person or platform that showed a token.
    Person {
        /// The `sub` claim.
        subject: Arc<str>,
        /// The `roles` claim.
        roles: Roles,
    },
    /// A service of the suite that showed a client certificate.
    Peer(Peer),
    /// A worker of this service. Never made from anything that arrives over the wire.
    System(&'static str),
}

impl Caller {
    /// Who it is, as events and audit entries write it: `person:alice`, `peer:intake`, `system:docket`.
    #[must_use]
    pub fn actor(&self) -> String {
        match self {
            Self::Person { subject, .. } => format!("person:{subject}"),
            Self::Peer(peer) => format!("peer:{}", peer_name(*peer)),
            Self::System(worker) => format!("system:{worker}"),
        }
    }

    /// Whether the caller is a person with `role`. Peers and workers have no roles.
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        matches!(self, Self::Person { roles, .. } if roles.contains(role))
    }
}

/// Names one call from the first log line to the last, over every service that it touches.
#[derive(Clone, PartialEq, Eq)]
pub struct CorrelationId(HeaderValue);

impl CorrelationId {
    const LONGEST: usize = 64;

    /// A new one.
    #[must_use]
    pub fn generate() -> Self {
        // Random once per process, then counted: unique without asking the kernel for randomness on every call.
        static PROCESS: LazyLock<u64> = LazyLock::new(|| uuid::Uuid::new_v4().as_u64_pair().0);
        static COUNT: AtomicU64 = AtomicU64::new(1);
        let text = format!("{:016x}{:016x}", *PROCESS, COUNT.fetch_add(1, Ordering::Relaxed));
        Self(HeaderValue::from_maybe_shared(text.into_bytes()).unwrap_or(HeaderValue::from_static("none")))
    }

    /// The caller's, when it is short and of letters, digits and `-_.:` only, so that it can stand in any log.
    #[must_use]
    pub fn accept(value: &HeaderValue) -> Option<Self> {
        let bytes = value.as_bytes();
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(byte);
        (!bytes.is_empty() && bytes.len() <= Self::LONGEST && bytes.iter().all(plain)).then(|| Self(value.clone()))
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    /// As the value of the `x-request-id` header.
    #[must_use]
    pub fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl fmt::Display for CorrelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for CorrelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a handler knows of the call beside its message. Cheap to clone.
#[derive(Debug, Clone)]
pub struct CallContext {
    /// Who calls; already checked against the access list of the RPC.
    pub caller: Caller,
    /// Names the call in logs, events and errors.
    pub correlation_id: CorrelationId,
    /// When the answer must be there. Pass it on to peers by way of [`crate::peers::PeerChannel`].
    pub deadline: Instant,
    /// Path of the RPC: `/rogatory.intake.v1.RequestService/SubmitRequest`; for a worker, its name.
    pub method: &'static str,
    /// The time of the call. The only `now` that a handler uses, so that one call has one time.
    pub now: DateTime<Utc>,
    /// The trace that the caller is in, passed on to peers.
    pub(crate) trace: Option<SpanContext>,
}

impl CallContext {
    /// The context that the stack made for this call.
    ///
    /// # Errors
    /// [`Failure::Internal`] when the request did not come through the stack.
    pub fn of<T>(request: &tonic::Request<T>) -> Result<Self, Failure> {
        request.extensions().get::<Self>().cloned().ok_or_else(|| Failure::bug("request without a call context"))
    }

    /// The context of one piece of a worker's work, which must be done within `budget`.
    #[must_use]
    pub fn for_worker(worker: &'static str, now: DateTime<Utc>, budget: Duration) -> Self {
        Self {
            caller: Caller::System(worker),
            correlation_id: CorrelationId::generate(),
            deadline: Instant::now() + budget,
            method: worker,
            now,
            trace: None,
        }
    }

    /// Continues a correlation id that was stored earlier (the one of the call that left this work behind). An id
    /// that cannot stand in a header is replaced by a new one.
    #[must_use]
    pub fn correlated(mut self, correlation_id: &str) -> Self {
        if let Some(id) = HeaderValue::from_str(correlation_id).ok().and_then(|value| CorrelationId::accept(&value)) {
            self.correlation_id = id;
        }
        self
    }

    /// The trace that the call is in, as the W3C `traceparent` header; none when nobody traces it.
    #[must_use]
    pub fn traceparent(&self) -> Option<String> {
        let trace = self.trace.as_ref()?;
        Some(format!("00-{}-{}-{:02x}", trace.trace_id(), trace.span_id(), trace.trace_flags().to_u8()))
    }

    /// How long there is until the deadline.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_names_its_role_and_back() {
        assert_eq!(role_claim(Role::DataPlatform), "data-platform");
        assert_eq!(role_of_claim("data-platform"), Some(Role::DataPlatform));
        assert_eq!(role_of_claim("unspecified"), None);
        assert_eq!(role_of_claim("root"), None);
    }

    #[test]
    fn unspecified_is_in_no_set() {
        let roles = Roles::default().with(Role::Unspecified);
        assert!(roles.is_empty());
        assert!(!roles.contains(Role::Unspecified));
        assert!(Roles::from_iter([Role::Analyst, Role::Counsel]).contains(Role::Counsel));
    }

    #[test]
    fn a_correlation_id_that_could_break_a_log_is_not_taken() {
        for bad in ["", "two words", "a\"b", &"x".repeat(65)] {
            let taken = HeaderValue::from_str(bad).ok().and_then(|value| CorrelationId::accept(&value));
            assert!(taken.is_none(), "{bad:?}");
        }
        assert!(CorrelationId::accept(&HeaderValue::from_static("req-7.a:b_c")).is_some());
        assert_ne!(CorrelationId::generate(), CorrelationId::generate());
    }
}
