//! What became of a case.

use std::time::Duration;

use rogatory_proto::rogatory::{
    billing::v1::{Invoice, Quote},
    disclosure::v1::{AuthorityApproval, Decision, Grant, Production},
    intake::v1::LegalRequest,
    rulebook::v1::Finding,
    verification::v1::{Compromise, Reliance, Verification},
};

/// What became of a case, as the services tell it.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Name of the case.
    pub name: String,
    /// What it is, in a line.
    pub title: String,
    /// The agency's own prose.
    pub letter: String,
    /// The request as it stood before the correction, where there was one.
    pub before_correction: Option<LegalRequest>,
    /// Fields that the correction replaced.
    pub corrected_fields: Vec<String>,
    /// The request at the end; absent when it could not be filed.
    pub request: Option<LegalRequest>,
    /// The verification, where one was opened.
    pub verification: Option<Verification>,
    /// The decision, where one was proposed.
    pub decision: Option<Decision>,
    /// The quotes, one for each contact.
    pub quotes: Vec<Quote>,
    /// What the data platform asked and was told, in order.
    pub asked: Vec<Answered>,
    /// What left.
    pub production: Option<Production>,
    /// What a competent authority approved, and what became of it.
    pub authorised: Option<Authorised>,
    /// What turned out afterwards, where the case says so.
    pub burned: Option<Burned>,
    /// The grant as it stood at the end; read only where something turned out afterwards.
    pub grant: Option<Grant>,
    /// The invoices.
    pub invoices: Vec<Invoice>,
    /// What people tried and were not let do.
    pub attempts: Vec<Attempt>,
    /// What was expected, and what was found.
    pub checks: Vec<Check>,
    /// Why the play broke off; absent when it came to its end.
    pub fault: Option<String>,
    /// How long it took.
    pub elapsed: Duration,
}

impl Report {
    /// Whether everything came out as the case expects.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.fault.is_none() && self.checks.iter().all(Check::holds)
    }
}

/// A record for which the data platform asked whether it may leave.
#[derive(Debug, Clone, Default)]
pub struct Answered {
    /// Name of the file.
    pub file_name: String,
    /// Key of the data element.
    pub element: String,
    /// Key of the target.
    pub target_id: String,
    /// The answer.
    pub permitted: bool,
    /// Why.
    pub findings: Vec<Finding>,
}

/// What a competent authority approved of what was held, and what became of it beside the rest.
#[derive(Debug, Clone, Default)]
pub struct Authorised {
    /// The approval.
    pub approval: AuthorityApproval,
    /// What was decided anew.
    pub decision: Decision,
    /// What the data platform asked and was told, in order.
    pub asked: Vec<Answered>,
    /// What left then.
    pub production: Option<Production>,
}

/// A mailbox or an agency that was in the hands of others, and what had left in reliance on it.
#[derive(Debug, Clone, Default)]
pub struct Burned {
    /// The report, once the sweep was done.
    pub compromise: Compromise,
    /// What had left, with the users concerned.
    pub productions: Vec<Reliance>,
}

/// Something that a person tried and was not let do.
#[derive(Debug, Clone, Default)]
pub struct Attempt {
    /// Who.
    pub who: String,
    /// What.
    pub what: String,
    /// The reason of the refusal: `SECOND_PERSON_NEEDED`.
    pub reason: String,
    /// What the service said.
    pub message: String,
}

/// One expectation with what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Check {
    /// What was looked at.
    pub subject: String,
    /// What the case expects.
    pub expected: String,
    /// What was found.
    pub found: String,
}

impl Check {
    /// Whether what was found is what was expected.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.expected == self.found
    }
}
