//! DER, element by element (ITU-T X.690 §10), over the bytes as they came.
//!
//! Certificates are parsed by `x509-cert`. What lies around them is read here: signatures are over bytes, and a parser
//! that gives back values would have to write the same bytes again to check one. Lengths that BER leaves open are
//! closed before, in [`super::ber`].

use super::limits::{Limits, Unreadable};

/// The bytes break DER.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotDer;

impl From<NotDer> for Unreadable {
    fn from(NotDer: NotDer) -> Self {
        Self::NotDer
    }
}

pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const OCTETS: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;
const CONSTRUCTED: u8 = 0x20;

/// The tag of a context-specific element that holds others.
pub(super) const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// One element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tlv<'a> {
    pub(super) tag: u8,
    /// Its content.
    pub(super) body: &'a [u8],
    /// All of it, tag and length included.
    pub(super) whole: &'a [u8],
}

/// The first element, and what follows it.
pub(super) fn first(bytes: &[u8]) -> Result<(Tlv<'_>, &[u8]), NotDer> {
    let (&[tag, length], rest) = bytes.split_first_chunk::<2>().ok_or(NotDer)?;
    if tag & 0x1f == 0x1f {
        // Tags of several bytes: no structure that is read here has one.
        return Err(NotDer);
    }
    let (length, rest) = match length {
        short @ 0..=0x7f => (usize::from(short), rest),
        // 0x80 is the indefinite length of BER.
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(length & 0x7f)).ok_or(NotDer)?;
            let value = digits.iter().fold(0_usize, |value, digit| (value << 8) | usize::from(*digit));
            if value < 0x80 || digits.first() == Some(&0) {
                return Err(NotDer);
            }
            (value, rest)
        }
        _ => return Err(NotDer),
    };
    let (body, after) = rest.split_at_checked(length).ok_or(NotDer)?;
    let whole = bytes.get(..bytes.len() - after.len()).ok_or(NotDer)?;
    Ok((Tlv { tag, body, whole }, after))
}

/// Refuses what has too many elements, is nested too deeply, or breaks DER at any depth. The content of octet strings
/// is not looked into.
pub(super) fn guard(bytes: &[u8], limits: &Limits) -> Result<(), Unreadable> {
    let mut open = vec![bytes];
    let mut left = limits.der_elements;
    while let Some(level) = open.last_mut() {
        if level.is_empty() {
            open.pop();
            continue;
        }
        left = left.checked_sub(1).ok_or(Unreadable::TooManyObjects)?;
        let (element, after) = first(level)?;
        *level = after;
        if element.tag & CONSTRUCTED != 0 {
            if open.len() > limits.depth {
                return Err(Unreadable::TooDeep);
            }
            open.push(element.body);
        }
    }
    Ok(())
}

/// Elements, one after the other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Elements<'a>(pub(super) &'a [u8]);

impl<'a> Elements<'a> {
    /// The next one, whatever it is.
    pub(super) fn any(&mut self) -> Result<Tlv<'a>, NotDer> {
        let (element, after) = first(self.0)?;
        self.0 = after;
        Ok(element)
    }

    /// The next one, which has to have this tag.
    pub(super) fn take(&mut self, tag: u8) -> Result<Tlv<'a>, NotDer> {
        let element = self.any()?;
        if element.tag == tag { Ok(element) } else { Err(NotDer) }
    }

    /// The next one, if it has this tag.
    pub(super) fn take_if(&mut self, tag: u8) -> Result<Option<Tlv<'a>>, NotDer> {
        if self.0.first() == Some(&tag) { self.any().map(Some) } else { Ok(None) }
    }

    /// The elements within the next one, which has to have this tag.
    pub(super) fn within(&mut self, tag: u8) -> Result<Self, NotDer> {
        self.take(tag).map(|element| Self(element.body))
    }

    /// Refuses anything that is left.
    pub(super) const fn end(self) -> Result<(), NotDer> {
        if self.0.is_empty() { Ok(()) } else { Err(NotDer) }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// An object identifier as text.
pub(super) fn oid(element: Tlv<'_>) -> Result<String, NotDer> {
    if element.tag != OID {
        return Err(NotDer);
    }
    x509_cert::der::asn1::ObjectIdentifier::from_bytes(element.body).map(|oid| oid.to_string()).map_err(|_| NotDer)
}

/// A whole number below 2^16 that is not negative.
pub(super) fn small(element: Tlv<'_>) -> Result<u16, NotDer> {
    match (element.tag, element.body) {
        (INTEGER, [low @ 0..=0x7f]) => Ok(u16::from(*low)),
        (INTEGER, [0, low @ 0x80..=0xff]) => Ok(u16::from(*low)),
        (INTEGER, [high @ 1..=0x7f, low]) => Ok(u16::from_be_bytes([*high, *low])),
        _ => Err(NotDer),
    }
}
