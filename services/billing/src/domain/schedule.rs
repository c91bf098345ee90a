//! A fee schedule: what may be charged, for what, on which ground, and what is waived.

use rogatory_rulebook::{
    AuthorityKind, Citation, Country, DataClass, Effect, Fault, Finding, InstrumentKind, MatterType, Rules,
};
use serde::{Deserialize, Serialize};

use super::{estimate::CostFacts, money::Money, schedule_file};

/// A fee schedule, read and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    pub(super) document: String,
    pub(super) title: String,
    pub(super) validity_days: Option<u16>,
    pub(super) reserved: Clause,
    pub(super) payment: Clause,
    pub(super) notices: Vec<Notice>,
    pub(super) waivers: Vec<Waiver>,
    pub(super) rows: Vec<Row>,
}

/// A sentence and where its rule stands written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// A sentence that a lawyer can read.
    pub sentence: String,
    /// At least one.
    pub(super) citations: Vec<Citation>,
}

impl Clause {
    /// The clause as a finding.
    fn finding(&self, code: impl Into<std::borrow::Cow<'static, str>>, effect: Effect) -> Finding {
        // A clause without a citation does not pass the reading of its file.
        Finding::technical(code, effect, self.sentence.clone()).citing(self.citations.iter().cloned())
    }
}

/// What the schedule tells whoever reads an estimate or an invoice: that it is an example, or what it leaves to a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub(super) code: String,
    pub(super) clause: Clause,
}

/// A rule that waives the cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    pub(super) code: String,
    /// Whether it waives emergencies.
    pub(super) emergency: bool,
    /// Whether it waives what came through mutual legal assistance.
    pub(super) mutual_legal_assistance: bool,
    pub(super) scope: Scope,
    pub(super) clause: Clause,
}

/// One fee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its key, unique in the schedule.
    pub fee: String,
    /// What it is for.
    pub description: String,
    /// In what it is counted.
    pub unit: Unit,
    /// The price of one.
    pub price: Money,
    pub(super) scope: Scope,
    pub(super) citations: Vec<Citation>,
}

/// In what work is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Once for a request.
    Request,
    /// For each account.
    Account,
    /// For each quarter of an hour begun.
    QuarterHour,
    /// For each page.
    Page,
}

impl Unit {
    /// Whether the facts of a request say how many there are; of the others one knows when the work is done.
    #[must_use]
    pub const fn is_known_beforehand(self) -> bool {
        matches!(self, Self::Request | Self::Account)
    }

    /// How a sentence names it: `for each account`.
    #[must_use]
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::Request => "once for a request",
            Self::Account => "for each account",
            Self::QuarterHour => "for each quarter of an hour begun",
            Self::Page => "for each page",
        }
    }
}

/// The facts that a row or a waiver asks for. An empty list asks for nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    pub(super) authority_countries: Vec<Country>,
    pub(super) authority_kinds: Vec<AuthorityKind>,
    pub(super) instrument_kinds: Vec<InstrumentKind>,
    pub(super) matter_types: Vec<MatterType>,
    /// Met when the request asks for data of any of them.
    pub(super) data_classes: Vec<DataClass>,
}

fn admits<T: PartialEq>(asked: &[T], fact: &T) -> bool {
    asked.is_empty() || asked.contains(fact)
}

fn share<T: PartialEq>(one: &[T], other: &[T]) -> bool {
    one.is_empty() || other.is_empty() || one.iter().any(|value| other.contains(value))
}

impl Scope {
    /// Whether the facts are of this scope.
    #[must_use]
    pub fn holds(&self, facts: &CostFacts) -> bool {
        admits(&self.authority_countries, &facts.authority_country)
            && admits(&self.authority_kinds, &facts.authority_kind)
            && admits(&self.instrument_kinds, &facts.instrument_kind)
            && admits(&self.matter_types, &facts.matter_type)
            && (self.data_classes.is_empty()
                || facts.data_classes.iter().any(|class| self.data_classes.contains(class)))
    }

    /// Whether one request can be of both scopes. A request may ask for data of several classes, so that different
    /// classes do not keep two scopes apart.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        share(&self.authority_countries, &other.authority_countries)
            && share(&self.authority_kinds, &other.authority_kinds)
            && share(&self.instrument_kinds, &other.instrument_kinds)
            && share(&self.matter_types, &other.matter_types)
    }

    /// Whether both look at the same data: different classes are different things to pay for.
    #[must_use]
    pub(super) fn shares_data_with(&self, other: &Self) -> bool {
        share(&self.data_classes, &other.data_classes)
    }
}

impl Schedule {
    /// Days for which a quote can be answered; none where the schedule names no amount and nothing can be quoted.
    #[must_use]
    pub const fn validity_days(&self) -> Option<u16> {
        self.validity_days
    }

    /// The rows that apply to the facts, in the order of the file.
    pub fn rows_for(&self, facts: &CostFacts) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.scope.holds(facts))
    }

    /// The rules that waive the cost of the facts, each as a finding.
    #[must_use]
    pub fn waivers_for(&self, facts: &CostFacts) -> Vec<Finding> {
        let waives = |waiver: &&Waiver| {
            let condition = (waiver.emergency && facts.emergency)
                || (waiver.mutual_legal_assistance && facts.mutual_legal_assistance);
            condition && waiver.scope.holds(facts)
        };
        let finding = |waiver: &Waiver| waiver.clause.finding(waiver.code.clone(), Effect::Permits);
        self.waivers.iter().filter(waives).map(finding).collect()
    }

    /// That the right to be reimbursed is reserved.
    #[must_use]
    pub fn reserved(&self) -> Finding {
        self.reserved.finding("COST_RESERVED", Effect::Notes)
    }

    /// What every paper of this schedule says beside its amounts: its notices, and that payment holds up no answer.
    #[must_use]
    pub fn notices(&self) -> Vec<Finding> {
        let notice = |notice: &Notice| notice.clause.finding(notice.code.clone(), Effect::Notes);
        let mut findings: Vec<Finding> = self.notices.iter().map(notice).collect();
        findings.push(self.payment.finding("PAYMENT_HOLDS_UP_NOTHING", Effect::Notes));
        findings
    }
}

impl Row {
    /// Where the row stands in the revision that decides, and where its amount comes from.
    #[must_use]
    pub fn citations(&self, title: &str, revision: &str) -> Vec<Citation> {
        let confirmation = self.citations.iter().map(|citation| citation.confirmation).max();
        let own = Citation {
            document: title.to_owned(),
            revision: Some(revision.to_owned()),
            section: format!("fee `{}`", self.fee),
            // A row is no surer than the least sure of its sources.
            confirmation: confirmation.unwrap_or(rogatory_rulebook::Confirmation::Unconfirmed),
            source: None,
        };
        std::iter::once(own).chain(self.citations.iter().cloned()).collect()
    }
}

impl Rules for Schedule {
    const KIND: &'static str = "scheduleRevisions";

    fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        schedule_file::read(text)
    }

    fn document(&self) -> &str {
        &self.document
    }

    fn title(&self) -> &str {
        &self.title
    }
}
