//! The kinds of resource, one type each.

use crate::macros::id;

id!(/// A request for user information.
    RequestId, "req", "requests");
id!(/// A document that was filed with a request.
    DocumentId, "doc", "documents");
id!(/// An enquiry that is no request.
    EnquiryId, "enq", "enquiries");
id!(/// A route plan.
    PlanId, "pln", "plans");
id!(/// The verification of a requester.
    VerificationId, "ver", "verifications");
id!(/// An agency in the registry.
    AgencyId, "agy", "agencies");
id!(/// A piece of evidence in a verification.
    EvidenceId, "evd", "evidence");
id!(/// A scope decision.
    DecisionId, "dec", "decisions");
id!(/// A grant to disclose.
    GrantId, "grt", "grants");
id!(/// A production of data under a grant.
    ProductionId, "prd", "productions");
id!(/// A quote of charges.
    QuoteId, "quo", "quotes");
id!(/// An entry of work that was done.
    WorkId, "wrk", "workEntries");
id!(/// An invoice.
    InvoiceId, "inv", "invoices");
id!(/// An event in a service's feed.
    EventId, "evt", "events");
id!(/// An entry in a service's audit ledger.
    AuditId, "aud", "auditEntries");
id!(/// A step on the docket.
    StepId, "stp", "steps");
id!(/// A letter that was written.
    LetterId, "ltr", "letters");
id!(/// A report that an agency or a mail domain was in the hands of others.
    CompromiseId, "cmp", "compromises");
id!(/// A revision of a guide.
    GuideRevisionId, "rev", "guideRevisions");
id!(/// A revision of a policy pack.
    PolicyRevisionId, "rev", "policyRevisions");
id!(/// A revision of a fee schedule.
    ScheduleRevisionId, "rev", "scheduleRevisions");
