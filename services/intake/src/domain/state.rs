//! Where a request is in its life, and how it ended.

use rogatory_rulebook::words;

words! {
    /// Where a request is in its life.
    State, "state of a request" {
        /// Stored, not filed.
        Draft = "DRAFT",
        /// Filed.
        Received = "RECEIVED",
        /// Completeness and route are being established.
        Assessing = "ASSESSING",
        /// Something required is missing.
        Deficient = "DEFICIENT",
        /// Served on another contact than the appropriate one.
        Misdirected = "MISDIRECTED",
        /// The requester's identity is being established.
        Verifying = "VERIFYING",
        /// Scope is proposed and waits for approval.
        UnderReview = "UNDER_REVIEW",
        /// Waits for something named in the conditions.
        Held = "HELD",
        /// What may leave is approved.
        Approved = "APPROVED",
        /// Data has left, or a search found none.
        Produced = "PRODUCED",
        /// Ended, with an outcome.
        Closed = "CLOSED",
    }
}

words! {
    /// How a request ended.
    Outcome, "outcome of a request" {
        /// All that was asked was produced.
        CompliedInFull = "COMPLIED_IN_FULL",
        /// Part of what was asked was produced.
        CompliedInPart = "COMPLIED_IN_PART",
        /// The search found nothing.
        NoData = "NO_DATA",
        /// Rejected, with reasons.
        Rejected = "REJECTED",
        /// Withdrawn by the agency.
        Withdrawn = "WITHDRAWN",
        /// The same as another request.
        Duplicate = "DUPLICATE",
        /// The guide does not apply to this requester.
        OutOfScope = "OUT_OF_SCOPE",
        /// Sent to another channel.
        Redirected = "REDIRECTED",
    }
}

impl Outcome {
    /// The outcome as a sentence of a letter.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::CompliedInFull => "all that was asked for was produced.",
            Self::CompliedInPart => "part of what was asked for was produced.",
            Self::NoData => "the search found nothing to produce.",
            Self::Rejected => "the request was rejected.",
            Self::Withdrawn => "the request was withdrawn.",
            Self::Duplicate => "the request is the same as another one that is registered.",
            Self::OutOfScope => "the guide does not apply to the requester.",
            Self::Redirected => "the request belongs to another channel.",
        }
    }
}
