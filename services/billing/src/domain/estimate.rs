//! What a request will cost, as far as its facts tell.

use chrono::{DateTime, Utc};
use rogatory_rulebook::{
    AuthorityKind, Citation, Country, DataClass, Effect, Finding, InstrumentKind, MatterType, Provenance, Published,
    Rules,
};
use serde::{Deserialize, Serialize};

use super::{
    money::Money,
    schedule::{Row, Schedule, Unit},
};

/// The facts on which the cost of a request depends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CostFacts {
    /// Key of the platform, which is the document of its schedule.
    pub platform: String,
    /// Country of the requesting authority.
    pub authority_country: Country,
    /// Kind of the requesting authority.
    pub authority_kind: AuthorityKind,
    /// The paper on which the request rests.
    pub instrument_kind: InstrumentKind,
    /// The kind of proceedings.
    pub matter_type: MatterType,
    /// Whether it is an emergency.
    pub emergency: bool,
    /// Whether it came through mutual legal assistance.
    pub mutual_legal_assistance: bool,
    /// Number of accounts asked about, 1 to 1,000.
    pub account_count: i32,
    /// Classes of the data asked for.
    pub data_classes: Vec<DataClass>,
    /// When it was received.
    pub receive_time: DateTime<Utc>,
}

/// What can be said of the cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The right to be reimbursed is reserved; no schedule says an amount.
    Reserved,
    /// The schedule gives a total.
    Priced,
    /// A rule of the schedule waives the cost.
    Waived,
}

/// One line of an estimate or an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Key of the row of the schedule.
    pub fee: String,
    /// What it is for.
    pub description: String,
    /// In what it is counted.
    pub unit: Unit,
    /// How many.
    pub quantity: i64,
    /// Price of one.
    pub unit_price: Money,
    /// Quantity times price.
    pub amount: Money,
    /// The rule that allows it.
    pub citations: Vec<Citation>,
    /// Resource names of the work that it bills; empty in an estimate.
    pub work_entries: Vec<String>,
}

/// An estimate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Estimate {
    /// What can be said.
    pub outcome: Outcome,
    /// The lines; empty when reserved.
    pub lines: Vec<Line>,
    /// The total; only of what is priced.
    pub total: Option<Money>,
    /// Why, with citations.
    pub findings: Vec<Finding>,
    /// The schedule that decided.
    pub provenance: Provenance,
}

/// An amount does not fit into 64 bits of the minor unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an amount is larger than this program counts")]
pub struct AmountTooLarge;

impl Line {
    /// So many units of a row.
    ///
    /// # Errors
    /// When the amount does not fit.
    pub(super) fn of(
        row: &Row,
        quantity: i64,
        work_entries: Vec<String>,
        schedule: &Published<Schedule>,
    ) -> Result<Self, AmountTooLarge> {
        Ok(Self {
            fee: row.fee.clone(),
            description: row.description.clone(),
            unit: row.unit,
            quantity,
            unit_price: row.price,
            amount: row.price.times(quantity).ok_or(AmountTooLarge)?,
            citations: row.citations(schedule.rules().title(), &schedule.revision().name),
            work_entries,
        })
    }
}

/// The sum of the lines, none of no lines.
///
/// # Errors
/// When it does not fit.
pub(super) fn sum(lines: &[Line]) -> Result<Option<Money>, AmountTooLarge> {
    let mut amounts = lines.iter().map(|line| line.amount);
    let Some(first) = amounts.next() else { return Ok(None) };
    amounts.try_fold(first, Money::plus).map(Some).ok_or(AmountTooLarge)
}

/// The program and the times of a decision.
#[derive(Debug, Clone, Copy)]
pub struct Occasion<'a> {
    /// Version of the program that decides.
    pub engine_version: &'a str,
    /// When it is decided.
    pub decide_time: DateTime<Utc>,
    /// The time whose rules are applied.
    pub rules_time: DateTime<Utc>,
}

/// Estimates the cost of the facts by a schedule.
///
/// A waiver goes before a price, and a price before the reservation. Work that is counted as it is done (time, pages) is
/// not in the total: a finding names its price.
///
/// # Errors
/// When an amount does not fit.
pub fn estimate(
    facts: &CostFacts,
    schedule: &Published<Schedule>,
    occasion: Occasion<'_>,
) -> Result<Estimate, AmountTooLarge> {
    let Occasion { engine_version, decide_time, rules_time } = occasion;
    let rules = schedule.rules();
    let rows: Vec<&Row> = rules.rows_for(facts).collect();
    let lines = rows.iter().filter_map(|row| Some((row, known_quantity(row.unit, facts)?)));
    let lines: Vec<Line> =
        lines.map(|(row, quantity)| Line::of(row, quantity, Vec::new(), schedule)).collect::<Result<_, _>>()?;
    let priced = rows.first().map(|row| Money::of_minor(0, row.price.currency()));

    let waivers = rules.waivers_for(facts);
    let (outcome, lines, total, mut findings) = match priced {
        _ if !waivers.is_empty() => (Outcome::Waived, lines, None, waivers),
        None => (Outcome::Reserved, Vec::new(), None, vec![rules.reserved()]),
        Some(nothing) => {
            let total = sum(&lines)?.unwrap_or(nothing);
            let findings = rows.iter().map(|row| row_finding(row, schedule)).collect();
            (Outcome::Priced, lines, Some(total), findings)
        }
    };
    findings.extend(rules.notices());
    let provenance = schedule.provenance(engine_version, decide_time, rules_time);
    Ok(Estimate { outcome, lines, total, findings, provenance })
}

/// How many units the facts say there are; none where only the work will tell.
fn known_quantity(unit: Unit, facts: &CostFacts) -> Option<i64> {
    match unit {
        Unit::Request => Some(1),
        Unit::Account => Some(i64::from(facts.account_count)),
        Unit::QuarterHour | Unit::Page => None,
    }
}

fn row_finding(row: &Row, schedule: &Published<Schedule>) -> Finding {
    let (code, suffix) = if row.unit.is_known_beforehand() {
        ("FEE_APPLIES", "")
    } else {
        ("FEE_BY_WORK", ", counted when the work is done and not part of the total")
    };
    let sentence = format!("{}: {} {}{suffix}.", row.description, row.price, row.unit.phrase());
    let citations = row.citations(schedule.rules().title(), &schedule.revision().name);
    // A row has at least one citation, its place in the schedule.
    Finding::technical(code, Effect::Permits, sentence).citing(citations)
}
