//! Typed ids and resource names.
//!
//! Every resource of the suite has an id that is a UUIDv7 behind a short prefix of its kind (`req_0190…`), and a
//! resource name that is its collection and that id (`requests/req_0190…`). There is one type per kind, so that no
//! bare UUID or string crosses a function and a verification can never be passed where a request is meant.
//!
//! UUIDv7 starts with the milliseconds of its making: ids of one kind sort in the order in which they were made, which
//! keeps inserts at the end of an index and lets a list page by id.

mod error;
mod kinds;
mod macros;

pub use error::NameError;
pub use kinds::{
    AgencyId, AuditId, CompromiseId, DecisionId, DocumentId, EnquiryId, EventId, EvidenceId, GrantId, GuideRevisionId,
    InvoiceId, LetterId, PlanId, PolicyRevisionId, ProductionId, QuoteId, RequestId, ScheduleRevisionId, StepId,
    VerificationId, WorkId,
};
