//! Reading a fee schedule from its file, and every fault in it with the place where it stands.

use std::{collections::HashSet, ops::Range, str::FromStr};

use rogatory_rulebook::{
    AuthorityKind, Citation, Confirmation, Country, DataClass, Fault, InstrumentKind, MatterType, Source, Spanned,
};
use serde::Deserialize;

use super::{
    money::{Currency, Money},
    schedule::{Clause, Notice, Row, Schedule, Scope, Unit, Waiver},
};

/// The longest that a quote may wait for an answer, in days.
const LONGEST_VALIDITY_DAYS: u16 = 366;
/// The largest price of one unit, in minor units. With it the largest piece of work that can be recorded still fits.
const LARGEST_PRICE: i64 = 1_000_000_000_000;

type Text = Spanned<String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    document: Text,
    title: Text,
    quote_validity_days: Option<Spanned<u16>>,
    reserved: Spanned<ClauseEntry>,
    payment: Spanned<ClauseEntry>,
    #[serde(default)]
    notice: Vec<Spanned<NoticeEntry>>,
    #[serde(default)]
    waiver: Vec<Spanned<WaiverEntry>>,
    #[serde(default)]
    row: Vec<Spanned<RowEntry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClauseEntry {
    sentence: Text,
    #[serde(default)]
    citations: Vec<Spanned<CitationEntry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoticeEntry {
    code: Text,
    sentence: Text,
    #[serde(default)]
    citations: Vec<Spanned<CitationEntry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WaiverEntry {
    code: Text,
    #[serde(default)]
    emergency: bool,
    #[serde(default)]
    mutual_legal_assistance: bool,
    #[serde(default)]
    only: ScopeEntry,
    sentence: Text,
    #[serde(default)]
    citations: Vec<Spanned<CitationEntry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RowEntry {
    fee: Text,
    description: Text,
    unit: Unit,
    amount: Text,
    currency: Text,
    #[serde(default)]
    only: ScopeEntry,
    #[serde(default)]
    citations: Vec<Spanned<CitationEntry>>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ScopeEntry {
    authority_countries: Vec<Text>,
    authority_kinds: Vec<Text>,
    instrument_kinds: Vec<Text>,
    matter_types: Vec<Text>,
    data_classes: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CitationEntry {
    document: Text,
    section: Text,
    source: Text,
    /// Of the source: year, month or day.
    date: Option<Text>,
    status: Confirmation,
}

/// Reads and checks a schedule.
pub(super) fn read(text: &str) -> Result<Schedule, Vec<Fault>> {
    let source = Source::new(text);
    let file: File = source.read()?;
    let mut check = Check { source, faults: Vec::new() };
    let schedule = check.schedule(&file);
    match schedule {
        Some(schedule) if check.faults.is_empty() => Ok(schedule),
        _ => Err(check.faults),
    }
}

/// Collects faults while the file is turned into a schedule. A method answers `None` only when it has told a fault.
struct Check<'a> {
    source: Source<'a>,
    faults: Vec<Fault>,
}

impl Check<'_> {
    fn fault(&mut self, span: Range<usize>, path: impl Into<String>, description: impl Into<String>) {
        self.faults.push(self.source.fault(span, path, description));
    }

    fn schedule(&mut self, file: &File) -> Option<Schedule> {
        let document = self.filled(&file.document, "document");
        let title = self.filled(&file.title, "title");
        let validity_days = self.validity_days(file);
        let reserved = self.clause(&file.reserved.get_ref().sentence, &file.reserved.get_ref().citations, "reserved");
        let payment = self.clause(&file.payment.get_ref().sentence, &file.payment.get_ref().citations, "payment");
        let mut codes = HashSet::new();
        let notices = file.notice.iter().enumerate();
        let notices: Vec<_> = notices.filter_map(|(i, entry)| self.notice(i, entry.get_ref(), &mut codes)).collect();
        let waivers = file.waiver.iter().enumerate();
        let waivers: Vec<_> = waivers.filter_map(|(i, entry)| self.waiver(i, entry.get_ref(), &mut codes)).collect();
        let mut fees = HashSet::new();
        let rows = file.row.iter().enumerate();
        let rows: Vec<_> = rows.filter_map(|(i, entry)| self.row(i, entry.get_ref(), &mut fees)).collect();
        self.overlaps(file, &rows);
        Some(Schedule {
            document: document?,
            title: title?,
            validity_days,
            reserved: reserved?,
            payment: payment?,
            notices,
            waivers,
            rows: rows.into_iter().map(|(_, row)| row).collect(),
        })
    }

    fn validity_days(&mut self, file: &File) -> Option<u16> {
        match &file.quote_validity_days {
            Some(days) if (1..=LONGEST_VALIDITY_DAYS).contains(days.get_ref()) => Some(*days.get_ref()),
            Some(days) => {
                let wrong = format!("is not between 1 and {LONGEST_VALIDITY_DAYS} days");
                self.fault(days.span(), "quote_validity_days", wrong);
                None
            }
            None => {
                if let Some(row) = file.row.first() {
                    let missing = "is missing: a schedule with rows says how many days a quote can be answered";
                    self.fault(row.span(), "quote_validity_days", missing);
                }
                None
            }
        }
    }

    fn filled(&mut self, text: &Text, path: impl Into<String>) -> Option<String> {
        if text.get_ref().trim().is_empty() {
            self.fault(text.span(), path, "is empty");
            return None;
        }
        Some(text.get_ref().trim().to_owned())
    }

    fn clause(&mut self, sentence: &Text, citations: &[Spanned<CitationEntry>], path: &str) -> Option<Clause> {
        let text = self.filled(sentence, format!("{path}.sentence"));
        let citations = self.citations(citations, &sentence.span(), path, false);
        Some(Clause { sentence: text?, citations: citations? })
    }

    /// The citations of an element that begins at `place`. A fee is as good as the date at which it was read.
    fn citations(
        &mut self,
        entries: &[Spanned<CitationEntry>],
        place: &Range<usize>,
        path: &str,
        dated: bool,
    ) -> Option<Vec<Citation>> {
        if entries.is_empty() {
            self.fault(
                place.clone(),
                format!("{path}.citations"),
                "needs at least one citation: where does it say so?",
            );
            return None;
        }
        let before = self.faults.len();
        let mut citations = Vec::new();
        for (index, spanned) in entries.iter().enumerate() {
            let (path, entry) = (format!("{path}.citations[{index}]"), spanned.get_ref());
            let document = self.filled(&entry.document, format!("{path}.document"));
            let section = self.filled(&entry.section, format!("{path}.section"));
            let source = self.filled(&entry.source, format!("{path}.source"));
            match &entry.date {
                Some(date) if !is_date(date.get_ref()) => {
                    let wrong = "is not a date; write `2020`, `2020-01` or `2020-01-13`";
                    self.fault(date.span(), format!("{path}.date"), wrong);
                }
                None if dated => self.fault(spanned.span(), format!("{path}.date"), "is missing: a fee has a date"),
                Some(_) | None => {}
            }
            let (Some(document), Some(section), Some(source)) = (document, section, source) else { continue };
            let source = match &entry.date {
                Some(date) => format!("{source}, {}", date.get_ref()),
                None => source,
            };
            let confirmation = entry.status;
            citations.push(Citation { document, revision: None, section, confirmation, source: Some(source) });
        }
        (self.faults.len() == before).then_some(citations)
    }

    /// The code of a finding, which no other element of the file has.
    fn code(&mut self, code: &Text, path: String, seen: &mut HashSet<String>) -> Option<String> {
        let text = code.get_ref();
        let shaped = text.starts_with(|first: char| first.is_ascii_uppercase())
            && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
        if !shaped {
            self.fault(code.span(), path, "is not a code; write upper-case letters, digits and underscores");
            return None;
        }
        if !seen.insert(text.clone()) {
            self.fault(code.span(), path, format!("`{text}` stands twice"));
            return None;
        }
        Some(text.clone())
    }

    fn notice(&mut self, index: usize, entry: &NoticeEntry, codes: &mut HashSet<String>) -> Option<Notice> {
        let path = format!("notice[{index}]");
        let code = self.code(&entry.code, format!("{path}.code"), codes);
        let clause = self.clause(&entry.sentence, &entry.citations, &path);
        Some(Notice { code: code?, clause: clause? })
    }

    fn waiver(&mut self, index: usize, entry: &WaiverEntry, codes: &mut HashSet<String>) -> Option<Waiver> {
        let path = format!("waiver[{index}]");
        let code = self.code(&entry.code, format!("{path}.code"), codes);
        let WaiverEntry { emergency, mutual_legal_assistance, .. } = *entry;
        if !emergency && !mutual_legal_assistance {
            let wrong = "waives nothing; set `emergency` or `mutual_legal_assistance`";
            self.fault(entry.code.span(), path.clone(), wrong);
        }
        let scope = self.scope(&entry.only, &path);
        let clause = self.clause(&entry.sentence, &entry.citations, &path);
        Some(Waiver { code: code?, emergency, mutual_legal_assistance, scope, clause: clause? })
    }

    fn row(&mut self, index: usize, entry: &RowEntry, fees: &mut HashSet<String>) -> Option<(usize, Row)> {
        let path = format!("row[{index}]");
        let fee = self.fee(&entry.fee, &path, fees);
        let description = self.filled(&entry.description, format!("{path}.description"));
        let price = self.price(entry, &path);
        let scope = self.scope(&entry.only, &path);
        let citations = self.citations(&entry.citations, &entry.fee.span(), &path, true);
        let (unit, price) = (entry.unit, price?);
        Some((index, Row { fee: fee?, description: description?, unit, price, scope, citations: citations? }))
    }

    fn fee(&mut self, fee: &Text, path: &str, seen: &mut HashSet<String>) -> Option<String> {
        let (text, path) = (fee.get_ref(), format!("{path}.fee"));
        let shaped = (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if !shaped {
            self.fault(fee.span(), path, "is not a key; write at most 64 lower-case letters, digits and hyphens");
            return None;
        }
        if !seen.insert(text.clone()) {
            self.fault(fee.span(), path, format!("`{text}` stands twice; every fee has a key of its own"));
            return None;
        }
        Some(text.clone())
    }

    fn price(&mut self, entry: &RowEntry, path: &str) -> Option<Money> {
        let currency = match entry.currency.get_ref().parse::<Currency>() {
            Ok(currency) => currency,
            Err(unknown) => {
                let wrong = format!("`{}` is {unknown}", entry.currency.get_ref());
                self.fault(entry.currency.span(), format!("{path}.currency"), wrong);
                return None;
            }
        };
        let wrong = match Money::parse(entry.amount.get_ref(), currency) {
            Ok(price) if price.minor() <= LARGEST_PRICE => return Some(price),
            Ok(_) => format!("is more than {}", Money::of_minor(LARGEST_PRICE, currency)),
            Err(wrong) => wrong.to_string(),
        };
        self.fault(entry.amount.span(), format!("{path}.amount"), wrong);
        None
    }

    fn scope(&mut self, entry: &ScopeEntry, path: &str) -> Scope {
        let path = format!("{path}.only");
        Scope {
            authority_countries: self.words::<Country>(&entry.authority_countries, &path, "authority_countries"),
            authority_kinds: self.words::<AuthorityKind>(&entry.authority_kinds, &path, "authority_kinds"),
            instrument_kinds: self.words::<InstrumentKind>(&entry.instrument_kinds, &path, "instrument_kinds"),
            matter_types: self.words::<MatterType>(&entry.matter_types, &path, "matter_types"),
            data_classes: self.words::<DataClass>(&entry.data_classes, &path, "data_classes"),
        }
    }

    fn words<T: FromStr<Err: ToString> + PartialEq>(&mut self, words: &[Text], path: &str, list: &str) -> Vec<T> {
        let mut known: Vec<T> = Vec::new();
        for (index, word) in words.iter().enumerate() {
            let wrong = match word.get_ref().parse::<T>() {
                Ok(value) if known.contains(&value) => format!("`{}` stands twice", word.get_ref()),
                Ok(value) => {
                    known.push(value);
                    continue;
                }
                Err(unknown) => unknown.to_string(),
            };
            self.fault(word.span(), format!("{path}.{list}[{index}]"), wrong);
        }
        known
    }

    /// Two rows that one request would have to pay both of, where nobody can tell which one is meant.
    fn overlaps(&mut self, file: &File, rows: &[(usize, Row)]) {
        for (position, (index, row)) in rows.iter().enumerate() {
            for (_, earlier) in rows.iter().take(position).filter(|(_, earlier)| earlier.scope.meets(&row.scope)) {
                let Some(entry) = file.row.get(*index).map(Spanned::get_ref) else { continue };
                if earlier.price.currency() != row.price.currency() {
                    let wrong = format!(
                        "fee `{}` is in {}, and one request can owe both: an invoice has one currency",
                        earlier.fee,
                        earlier.price.currency()
                    );
                    self.fault(entry.currency.span(), format!("row[{index}].currency"), wrong);
                }
                // Work that is counted as it is done names its fee; what the facts decide must decide for one.
                let same = earlier.unit == row.unit && row.unit.is_known_beforehand();
                if same && earlier.scope.shares_data_with(&row.scope) {
                    let wrong = format!(
                        "overlaps with fee `{}`: one request would be charged both {}; narrow `only` of one of them",
                        earlier.fee,
                        row.unit.phrase()
                    );
                    self.fault(entry.fee.span(), format!("row[{index}]"), wrong);
                }
            }
        }
    }
}

/// Whether it is a year, a month or a day of the calendar.
fn is_date(text: &str) -> bool {
    let full = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        _ => text.to_owned(),
    };
    full.len() == 10 && chrono::NaiveDate::parse_from_str(&full, "%Y-%m-%d").is_ok()
}

#[cfg(test)]
mod tests;
