//! The header of a message or of one of its parts: split into fields, counted, before any parser sees it.

use std::collections::BTreeSet;

use mail_parser::{Addr, Address, HeaderValue, parsers::MessageStream};
use memchr::memchr;

use super::settings::MessageSettings;
use crate::domain::message::{Alignment, MessageRefusal, ascii_domain};

/// Bytes of a field. The longest honest ones list recipients.
const LONGEST_FIELD: usize = 64 * 1024;
/// Bytes of a field that a parser interprets. Some of them take time with the square of the length.
const LONGEST_INTERPRETED: usize = 8 * 1024;
/// Bytes of a signature: it names the fields that it signs, each of which is looked for among all.
const LONGEST_SIGNATURE: usize = 4 * 1024;
/// Signatures of one kind. RFC 6376 §6.1 lets a verifier limit them; each costs a question and the work on a key.
const MOST_SIGNATURES: usize = 8;
/// Sets of ARC. RFC 8617 §4.2.1 allows 50; each costs a question and the work on two keys.
const MOST_SEALS: usize = 10;

/// Fields that a parser interprets, besides the signatures.
const INTERPRETED: &[&str] = &[
    "from",
    "content-type",
    "content-disposition",
    "content-transfer-encoding",
    "arc-authentication-results",
    "message-instance",
];
/// The fields with signatures, and how many of each are looked at.
const SIGNATURES: &[(&str, usize)] = &[
    ("dkim-signature", MOST_SIGNATURES),
    ("dkim2-signature", MOST_SIGNATURES),
    ("message-instance", MOST_SIGNATURES),
    ("arc-seal", MOST_SEALS),
    ("arc-message-signature", MOST_SEALS),
    ("arc-authentication-results", MOST_SEALS),
];

/// A field: its name, and its value up to and with the end of its last line.
#[derive(Debug, Clone, Copy)]
struct Field<'x> {
    name: &'x [u8],
    value: &'x [u8],
}

/// A header.
#[derive(Debug)]
pub(super) struct Header<'x> {
    fields: Vec<Field<'x>>,
    /// Where the body begins, in bytes from the beginning of the header.
    pub(super) body: usize,
}

/// Who a message says wrote it.
#[derive(Debug)]
pub(super) struct Author {
    pub(super) headers: u32,
    pub(super) domains: u32,
    pub(super) domain: Option<String>,
    pub(super) name_shows_other_domain: bool,
}

/// What to do with a line that is no field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// Refuse. Parsers disagree about such headers, and who signed what must not depend on the parser.
    Strict,
    /// Pass over it: nothing is believed on the word of this header.
    Lenient,
}

impl<'x> Header<'x> {
    /// The header of a whole message.
    pub(super) fn of_message(raw: &'x [u8], settings: &MessageSettings) -> Result<Self, MessageRefusal> {
        let header = Self::split(raw, settings, Reading::Strict)?;
        for (name, most) in SIGNATURES {
            if header.named(name).count() > *most {
                return Err(MessageRefusal::TooManySignatures);
            }
        }
        Ok(header)
    }

    /// The header of a part, or of a message within it.
    pub(super) fn of_part(raw: &'x [u8], settings: &MessageSettings) -> Result<Self, MessageRefusal> {
        Self::split(raw, settings, Reading::Lenient)
    }

    fn split(raw: &'x [u8], settings: &MessageSettings, reading: Reading) -> Result<Self, MessageRefusal> {
        let strict = reading == Reading::Strict;
        let mut fields = Vec::new();
        let mut at = 0;
        // Where the field began that is being read, and its name.
        let mut open: Option<(&'x [u8], usize)> = None;
        let mut close = |open: &mut Option<(&'x [u8], usize)>, end: usize| {
            if let Some((name, start)) = open.take() {
                let value = raw.get(start..end).unwrap_or_default();
                if value.len() > longest(name) {
                    return Err(MessageRefusal::HeaderTooLarge);
                }
                if fields.len() >= settings.max_headers {
                    return Err(MessageRefusal::TooManyHeaders);
                }
                fields.push(Field { name, value });
            }
            Ok(())
        };
        let body = loop {
            let rest = raw.get(at..).unwrap_or_default();
            let within = rest.get(..=settings.max_header_bytes.saturating_sub(at)).unwrap_or(rest);
            let Some(length) = memchr(b'\n', within) else {
                if within.len() < rest.len() {
                    return Err(MessageRefusal::HeaderTooLarge);
                }
                // The last line has no end: the library would pass over it.
                if strict && !rest.is_empty() {
                    return Err(MessageRefusal::HeaderMalformed);
                }
                close(&mut open, at)?;
                break raw.len();
            };
            let line = within.get(..length).unwrap_or_default();
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if strict && line.iter().any(|byte| matches!(byte, 0 | b'\r')) {
                return Err(MessageRefusal::HeaderMalformed);
            }
            let next = at + length + 1;
            match line.first() {
                None => {
                    close(&mut open, at)?;
                    break next;
                }
                Some(b' ' | b'\t') => {
                    if strict && open.is_none() {
                        return Err(MessageRefusal::HeaderMalformed);
                    }
                }
                Some(_) => {
                    close(&mut open, at)?;
                    match field_name(line) {
                        Some(name) => open = Some((name, at + colon(line) + 1)),
                        None if strict => return Err(MessageRefusal::HeaderMalformed),
                        None => {}
                    }
                }
            }
            at = next;
        };
        Ok(Self { fields, body })
    }

    fn named(&self, name: &str) -> impl Iterator<Item = &'x [u8]> {
        self.fields
            .iter()
            .filter(move |field| field.name.eq_ignore_ascii_case(name.as_bytes()))
            .map(|field| field.value)
    }

    /// The value of the first field of that name.
    pub(super) fn first(&self, name: &str) -> Option<&'x [u8]> {
        self.named(name).next()
    }

    /// Who the message says wrote it.
    pub(super) fn author(&self) -> Author {
        let mut headers = 0;
        let mut domains = BTreeSet::new();
        // One for all addresses that have none: they are not the same as those that do.
        let mut unreadable = false;
        let mut shown = BTreeSet::new();
        for value in self.named("from") {
            headers += 1;
            for mailbox in mailboxes(MessageStream::new(value).parse_address()) {
                if let Some(address) = &mailbox.address {
                    let domain = address.rsplit_once('@').and_then(|(_, domain)| ascii_domain(domain));
                    unreadable |= domain.is_none();
                    domains.extend(domain);
                }
                shown.extend(mailbox.name.as_deref().into_iter().flat_map(domains_shown));
            }
        }
        let count = domains.len() + usize::from(unreadable && !domains.is_empty());
        let domain = if headers == 1 && count == 1 { domains.pop_first() } else { None };
        let name_shows_other_domain = match &domain {
            Some(domain) => shown.iter().any(|shown| !Alignment::of(shown, domain).is_aligned()),
            None => !shown.is_empty(),
        };
        Author { headers, domains: u32::try_from(count).unwrap_or(u32::MAX), domain, name_shows_other_domain }
    }
}

/// Where the name of a field ends; the whole line when it has no colon.
fn colon(line: &[u8]) -> usize {
    line.iter().position(|byte| *byte == b':').unwrap_or(line.len())
}

/// The name of the field that this line begins. Spaces before the colon are of old mail (RFC 5322 §4.5), and of
/// forgers: some programs show such a field and others do not know it.
fn field_name(line: &[u8]) -> Option<&[u8]> {
    let name = line.get(..colon(line)).filter(|name| name.len() < line.len())?;
    let printable = name.iter().all(|byte| (33..=126).contains(byte));
    (!name.is_empty() && printable).then_some(name)
}

/// How long the value of a field may be.
fn longest(name: &[u8]) -> usize {
    let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
    if INTERPRETED.iter().any(|name| is(name)) {
        LONGEST_INTERPRETED
    } else if SIGNATURES.iter().any(|(name, _)| is(name)) {
        LONGEST_SIGNATURE
    } else {
        LONGEST_FIELD
    }
}

fn mailboxes<'x>(value: HeaderValue<'x>) -> Vec<Addr<'x>> {
    match value {
        HeaderValue::Address(Address::List(list)) => list,
        HeaderValue::Address(Address::Group(groups)) => groups.into_iter().flat_map(|group| group.addresses).collect(),
        _ => Vec::new(),
    }
}

/// The domains of what looks like addresses in the name that is shown of an author.
fn domains_shown(name: &str) -> impl Iterator<Item = String> {
    // What looks like one to a person: full-width forms are made ordinary by `ascii_domain`.
    let inside = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '.' | '。' | '．');
    name.split(['@', '＠', '﹫']).skip(1).filter_map(move |behind| {
        let end = behind.find(|letter| !inside(letter)).unwrap_or(behind.len());
        ascii_domain(behind.get(..end)?.trim_end_matches('.'))
    })
}
