//! BER with lengths left open, as programs that sign a stream write it (RFC 5652 lets them), made into DER.
//!
//! Only the lengths change. What a signature is over has to be DER anyway, and is copied as it is.

use std::borrow::Cow;

use super::{
    limits::{Limits, Unreadable},
    tlv::{self, NotDer, OCTETS},
};

const CONSTRUCTED: u8 = 0x20;
const OPEN: u8 = 0x80;

/// The same structure with definite lengths, and what follows it.
pub(super) fn definite<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Cow<'a, [u8]>, Unreadable> {
    if tlv::first(bytes).is_ok_and(|(element, _)| tlv::guard(element.whole, limits).is_ok()) {
        return Ok(Cow::Borrowed(bytes));
    }
    let mut closer = Closer { left: limits.der_elements };
    let mut rest = bytes;
    let mut der = closer.element(&mut rest, limits.depth)?;
    der.extend(rest);
    Ok(Cow::Owned(der))
}

struct Closer {
    /// Elements that may still come.
    left: usize,
}

impl Closer {
    /// The next element with a definite length.
    fn element(&mut self, rest: &mut &[u8], depth: usize) -> Result<Vec<u8>, Unreadable> {
        self.left = self.left.checked_sub(1).ok_or(Unreadable::TooManyObjects)?;
        let Some(&[tag, length]) = rest.first_chunk::<2>() else { return Err(Unreadable::NotDer) };
        if tag & CONSTRUCTED == 0 {
            let (element, after) = tlv::first(rest)?;
            *rest = after;
            return Ok(element.whole.to_vec());
        }
        let depth = depth.checked_sub(1).ok_or(Unreadable::TooDeep)?;
        let mut parts = Vec::new();
        if length == OPEN {
            let mut inner = rest.get(2..).ok_or(NotDer)?;
            loop {
                if let Some(after) = inner.strip_prefix(&[0, 0]) {
                    *rest = after;
                    break;
                }
                parts.push(self.element(&mut inner, depth)?);
            }
        } else {
            let (element, after) = tlv::first(rest)?;
            *rest = after;
            let mut inner = element.body;
            while !inner.is_empty() {
                parts.push(self.element(&mut inner, depth)?);
            }
        }
        if tag != OCTETS | CONSTRUCTED {
            return written(tag, &parts.concat());
        }
        // An octet string in pieces is one octet string.
        let pieces: Result<Vec<&[u8]>, NotDer> = parts
            .iter()
            .map(|piece| match tlv::first(piece)? {
                (piece, []) if piece.tag == OCTETS => Ok(piece.body),
                _ => Err(NotDer),
            })
            .collect();
        written(OCTETS, &pieces?.concat())
    }
}

fn written(tag: u8, body: &[u8]) -> Result<Vec<u8>, Unreadable> {
    let length = u32::try_from(body.len()).map_err(|_| Unreadable::TooLarge)?;
    let digits = length.to_be_bytes();
    let zeros = digits.iter().take_while(|digit| **digit == 0).count();
    let mut whole = vec![tag];
    match (length, digits.get(zeros..)) {
        (0..=0x7f, _) => whole.extend(digits.last()),
        (_, Some(digits)) => {
            whole.push(OPEN | u8::try_from(digits.len()).map_err(|_| Unreadable::NotDer)?);
            whole.extend(digits);
        }
        (_, None) => {}
    }
    whole.extend(body);
    Ok(whole)
}
