//! The only error of app rooms, and the one place where it becomes a gRPC status.
//!
//! What the caller reads and what the operator needs are two texts. The caller gets a canonical code, one `ErrorInfo`
//! and a sentence without inner workings; the cause of an internal failure goes to the log, once, and nowhere else.

use std::{collections::HashMap, error::Error, fmt::Write as _, time::Duration};

use rogatory_proto::rogatory::rulebook::v1::Reason;
use rogatory_rulebook::RevisionUnusable;
use rogatory_store::revisions::RulesError;
use rogatory_store::{Retryable, StoreError};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::faults::FieldFaults;

/// The `domain` of every `ErrorInfo` of the suite.
pub const DOMAIN: &str = "rogatory";

/// The text of an internal failure: all that a caller ever learns.
const INTERNAL_TEXT: &str = "the server failed; its log has the cause under the correlation id";

/// What an error knows of itself beyond its text. Only for the log.
pub type Cause = Box<dyn Error + Send + Sync + 'static>;

/// Why a call failed. One variant for each value of `rogatory.rulebook.v1.Reason`.
#[derive(Debug)]
pub enum Failure {
    /// One or more fields are wrong; every one of them is named.
    Invalid(FieldFaults),
    /// A `request_id` was used before by the same caller for another body.
    RequestIdReused {
        /// Path of the RPC.
        method: String,
    },
    /// A page token or event cursor is not of this list, this filter or this service.
    TokenMismatch {
        /// The field that holds it: `page_token`, `cursor`.
        field: String,
    },
    /// Nothing has that name, or the caller may not know that it exists.
    NotFound {
        /// The resource name that was asked for.
        name: String,
    },
    /// Something with the same identity is there already.
    AlreadyExists {
        /// Its resource name.
        name: String,
    },
    /// The etag is not the current one.
    EtagMismatch {
        /// Resource name of what was to be changed.
        name: String,
    },
    /// The transaction lost against others several times.
    Contention,
    /// The state does not allow the change.
    StateForbids {
        /// Resource name of what was to be changed.
        name: String,
        /// The state that it is in, as the schema writes it without the prefix: `CLOSED`.
        state: String,
        /// What stands in the way, one by one; may be empty when the state alone says it.
        violations: Vec<Violation>,
    },
    /// Two different people are needed, neither of them the one who prepared it.
    SecondPersonNeeded {
        /// Resource name of what waits for the second person.
        name: String,
    },
    /// A rule file that the answer needs is not published.
    NoRevisionInForce {
        /// Key of the document.
        document: String,
    },
    /// The revision of a rule file that must decide cannot be used by this version of the program, or was altered.
    RevisionUnusable {
        /// Resource name of the revision.
        revision: String,
        /// Key of its document.
        document: String,
    },
    /// No credential, or one that is not valid.
    CredentialInvalid {
        /// `missing`, `expired`, `issuer`, …: a fixed word, never the credential.
        cause: &'static str,
    },
    /// The caller is not on the access list of the RPC.
    CallerNotListed {
        /// Path of the RPC.
        method: String,
    },
    /// A message or a list is larger than the server takes.
    TooLarge {
        /// The most that it takes, in bytes or elements.
        limit: u64,
    },
    /// The server has as many calls in hand as it takes.
    Overloaded,
    /// The answer would come after the caller's deadline.
    Deadline,
    /// The database or a peer does not answer.
    DependencyDown {
        /// `database`, or the name of the peer.
        dependency: String,
    },
    /// A fault of the server. The cause is logged and never sent.
    Internal(Cause),
    /// The server has no such RPC.
    NoSuchMethod {
        /// Path that was called.
        method: String,
    },
}

/// One thing that a state lacks before a change is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Stable code: `VERIFICATION_NOT_CONCLUDED`.
    pub code: String,
    /// Resource name of what it is about.
    pub subject: String,
    /// A sentence that says what to do.
    pub description: String,
}

impl Failure {
    /// A failure of the server with the error that caused it.
    pub fn internal(cause: impl Into<Cause>) -> Self {
        Self::Internal(cause.into())
    }

    /// A failure of the server that should be impossible. `what` is a fixed text for the log.
    #[must_use]
    pub fn bug(what: &'static str) -> Self {
        Self::Internal(what.into())
    }

    /// One wrong field. For more than one use [`FieldFaults`].
    pub fn field(field: impl Into<String>, description: impl Into<String>) -> Self {
        let mut faults = FieldFaults::default();
        faults.add(field, description);
        Self::Invalid(faults)
    }

    /// Nothing has that name.
    pub fn not_found(name: impl Into<String>) -> Self {
        Self::NotFound { name: name.into() }
    }

    /// The state does not allow the change, and says so by itself.
    pub fn state(name: impl Into<String>, state: impl Into<String>) -> Self {
        Self::StateForbids { name: name.into(), state: state.into(), violations: Vec::new() }
    }

    /// Its value in the schema.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match self {
            Self::Invalid(_) => Reason::FieldsInvalid,
            Self::RequestIdReused { .. } => Reason::RequestIdReused,
            Self::TokenMismatch { .. } => Reason::TokenMismatch,
            Self::NotFound { .. } => Reason::NotFound,
            Self::AlreadyExists { .. } => Reason::AlreadyExists,
            Self::EtagMismatch { .. } => Reason::EtagMismatch,
            Self::Contention => Reason::Contention,
            Self::StateForbids { .. } => Reason::StateForbids,
            Self::SecondPersonNeeded { .. } => Reason::SecondPersonNeeded,
            Self::NoRevisionInForce { .. } => Reason::NoRevisionInForce,
            Self::RevisionUnusable { .. } => Reason::RevisionUnusable,
            Self::CredentialInvalid { .. } => Reason::CredentialInvalid,
            Self::CallerNotListed { .. } => Reason::CallerNotListed,
            Self::TooLarge { .. } => Reason::TooLarge,
            Self::Overloaded => Reason::Overloaded,
            Self::Deadline => Reason::Deadline,
            Self::DependencyDown { .. } => Reason::DependencyDown,
            Self::Internal(_) => Reason::Internal,
            Self::NoSuchMethod { .. } => Reason::NoSuchMethod,
        }
    }

    /// Whether the same call may succeed when it is made again later, unchanged.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(
            self.reason(),
            Reason::Contention | Reason::Overloaded | Reason::Deadline | Reason::DependencyDown | Reason::Internal
        )
    }

    /// What an operator may read of it: reason, and the cause chain of an internal one. Not for a caller.
    #[must_use]
    pub fn for_operator(&self) -> String {
        match self {
            Self::Internal(cause) => format!("INTERNAL: {}", chain(cause.as_ref())),
            other => {
                let (_, text, _, facts) = other.parts();
                facts.iter().fold(format!("{}: {text}", reason_name(other.reason())), |mut line, (key, value)| {
                    let _ = write!(line, " {key}={value}");
                    line
                })
            }
        }
    }

    /// Code, text for the caller, details beside the `ErrorInfo`, and the metadata of the `ErrorInfo`: the one
    /// exhaustive match from failure to status.
    fn parts(&self) -> (Code, String, ErrorDetails, Vec<(&'static str, String)>) {
        let plain = ErrorDetails::new;
        let retry = |after| ErrorDetails::with_retry_info(Some(after));
        match self {
            Self::Invalid(faults) => {
                let mut text = match faults.iter().count() {
                    1 => "a field is not valid".to_owned(),
                    many => format!("{many} fields are not valid"),
                };
                let mut details = plain();
                for (field, description) in faults.iter() {
                    details.add_bad_request_violation(field, description);
                }
                if let Some((field, count)) = faults.further() {
                    let further = format!("and {count} further faults");
                    let _ = write!(text, ", {further}");
                    details.add_bad_request_violation(field, format!("{further}, from this field on"));
                }
                (Code::InvalidArgument, text, details, vec![("fields", faults.fields())])
            }
            Self::RequestIdReused { method } => (
                Code::InvalidArgument,
                "this request_id was used before with another body".to_owned(),
                ErrorDetails::with_bad_request_violation(
                    "request_id",
                    "was used before with another body; take a new one",
                ),
                vec![("method", method.clone())],
            ),
            Self::TokenMismatch { field } => (
                Code::InvalidArgument,
                format!("{field} is not of this list and filter"),
                ErrorDetails::with_bad_request_violation(
                    field.as_str(),
                    "is not of this list and filter; start without it",
                ),
                vec![("field", field.clone())],
            ),
            Self::NotFound { name } => {
                (Code::NotFound, format!("{name} was not found"), plain(), vec![("name", name.clone())])
            }
            Self::AlreadyExists { name } => {
                (Code::AlreadyExists, format!("{name} is there already"), plain(), vec![("name", name.clone())])
            }
            Self::EtagMismatch { name } => (
                Code::Aborted,
                format!("{name} has changed since it was read; read it again and decide again"),
                plain(),
                vec![("name", name.clone())],
            ),
            Self::Contention => (
                Code::Aborted,
                "too many changed the same at once; try again".to_owned(),
                retry(Duration::from_millis(100)),
                vec![],
            ),
            Self::StateForbids { name, state, violations } => {
                let mut details = plain();
                for violation in violations {
                    details.add_precondition_failure_violation(
                        violation.code.as_str(),
                        violation.subject.as_str(),
                        violation.description.as_str(),
                    );
                }
                if violations.is_empty() {
                    let allows = format!("{name} is {state}, which does not allow this");
                    details.add_precondition_failure_violation("STATE", name.as_str(), allows);
                }
                let facts = vec![("name", name.clone()), ("state", state.clone())];
                (Code::FailedPrecondition, format!("{name} is {state}, which does not allow this"), details, facts)
            }
            Self::SecondPersonNeeded { name } => (
                Code::FailedPrecondition,
                format!("{name} needs a second person, other than the one who prepared it"),
                ErrorDetails::with_precondition_failure_violation(
                    "SECOND_PERSON",
                    name.as_str(),
                    "another person than those who acted on it before must do this",
                ),
                vec![("name", name.clone())],
            ),
            Self::NoRevisionInForce { document } => (
                Code::FailedPrecondition,
                format!("no revision of {document} is in force"),
                ErrorDetails::with_precondition_failure_violation(
                    "REVISION",
                    document.as_str(),
                    "a revision of this document must be published first",
                ),
                vec![("document", document.clone())],
            ),
            Self::RevisionUnusable { revision, document } => (
                Code::FailedPrecondition,
                format!("{revision} of {document} must decide and cannot be used; the log of the server has the cause"),
                ErrorDetails::with_precondition_failure_violation(
                    "REVISION",
                    revision.as_str(),
                    "it was altered, or this version of the server cannot read it; an operator must look",
                ),
                vec![("revision", revision.clone()), ("document", document.clone())],
            ),
            Self::CredentialInvalid { cause } => (
                Code::Unauthenticated,
                format!("the credential is not valid: {cause}"),
                plain(),
                vec![("cause", (*cause).to_owned())],
            ),
            Self::CallerNotListed { method } => (
                Code::PermissionDenied,
                "the caller is not on the access list of this method".to_owned(),
                plain(),
                vec![("method", method.clone())],
            ),
            Self::TooLarge { limit } => (
                Code::ResourceExhausted,
                format!("larger than the {limit} that the server takes"),
                plain(),
                vec![("limit", limit.to_string())],
            ),
            Self::Overloaded => (
                Code::ResourceExhausted,
                "the server has as many calls in hand as it takes".to_owned(),
                retry(Duration::from_millis(250)),
                vec![],
            ),
            Self::Deadline => {
                (Code::DeadlineExceeded, "the answer would come after the deadline".to_owned(), plain(), vec![])
            }
            Self::DependencyDown { dependency } => (
                Code::Unavailable,
                format!("{dependency} does not answer"),
                retry(Duration::from_secs(1)),
                vec![("dependency", dependency.clone())],
            ),
            Self::Internal(_) => (Code::Internal, INTERNAL_TEXT.to_owned(), plain(), vec![]),
            Self::NoSuchMethod { method } => {
                (Code::Unimplemented, "there is no such method".to_owned(), plain(), vec![("method", method.clone())])
            }
        }
    }

    /// The status without a word in the log: for the stack, which writes its own line.
    pub(crate) fn status(&self) -> Status {
        let (code, text, mut details, facts) = self.parts();
        let metadata: HashMap<String, String> = facts.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        details.set_error_info(reason_name(self.reason()), DOMAIN, metadata);
        Status::with_error_details(code, text, details)
    }

    /// The status of an internal failure as the caller sees it, with the id under which the log has the cause.
    pub(crate) fn internal_status(correlation_id: &str) -> Status {
        let metadata = HashMap::from([("correlation_id".to_owned(), correlation_id.to_owned())]);
        let details = ErrorDetails::with_error_info(reason_name(Reason::Internal), DOMAIN, metadata);
        Status::with_error_details(Code::Internal, INTERNAL_TEXT, details)
    }
}

impl From<Failure> for Status {
    /// Logs the cause of an internal failure, once, in the span of the call that carries the correlation id.
    fn from(failure: Failure) -> Self {
        if let Failure::Internal(cause) = &failure {
            tracing::error!(cause = %chain(cause.as_ref()), "internal failure");
        }
        failure.status()
    }
}

impl From<FieldFaults> for Failure {
    fn from(faults: FieldFaults) -> Self {
        Self::Invalid(faults)
    }
}

impl From<RulesError> for Failure {
    fn from(error: RulesError) -> Self {
        match error {
            RulesError::Unusable(unusable) => unusable.into(),
            RulesError::Store(error) => error.into(),
        }
    }
}

impl From<RevisionUnusable> for Failure {
    /// Without the cause: it was logged when the revision was read, and may repeat what is in the file.
    fn from(unusable: RevisionUnusable) -> Self {
        Self::RevisionUnusable { revision: unusable.name, document: unusable.document }
    }
}

impl From<StoreError> for Failure {
    /// What the store says, without its inner workings. A violated key or reference that a use case did not expect is a
    /// fault of the server: one that expects it looks for it before it gives the error on.
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Contention => Self::Contention,
            StoreError::RequestIdReused { method } => Self::RequestIdReused { method: method.to_owned() },
            StoreError::TokenMismatch(_) => Self::TokenMismatch { field: "page_token".to_owned() },
            StoreError::Unavailable(what) => {
                tracing::warn!(what, "the database is not available");
                Self::DependencyDown { dependency: "database".to_owned() }
            }
            StoreError::UniqueViolation { .. }
            | StoreError::ForeignKeyViolation { .. }
            | StoreError::Corrupt(_)
            | StoreError::NotMigrated { .. }
            | StoreError::Newer { .. }
            | StoreError::Other(_) => Self::internal(error),
        }
    }
}

impl Retryable for Failure {
    fn is_contention(&self) -> bool {
        matches!(self, Self::Contention)
    }
}

/// The name of a reason as `ErrorInfo` carries it, without the prefix of the enum.
#[must_use]
pub fn reason_name(reason: Reason) -> &'static str {
    let name = reason.as_str_name();
    name.strip_prefix("REASON_").unwrap_or(name)
}

/// An error and everything below it, outermost first.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        let _ = write!(text, ": {source}");
        next = source.source();
    }
    text
}
