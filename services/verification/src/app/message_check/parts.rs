//! The MIME entities of a message, and its attachments.
//!
//! The library can split a message too, but it counts neither the parts nor how deep they lie, and looks for a boundary
//! that never comes once for each part. Here each byte is looked at once for each level above it, and the levels are
//! counted. The library reads the fields and decodes the content.

use std::ops::Range;

use mail_parser::{
    ContentType, HeaderValue,
    decoders::{base64::base64_decode, quoted_printable::quoted_printable_decode},
    parsers::MessageStream,
};
use memchr::{memchr, memmem};
use rogatory_rulebook::Digest;

use super::{Attached, header::Header, settings::MessageSettings};
use crate::domain::message::{Attachment, Media, MessageRefusal};

/// Characters of the longest boundary that is looked for. RFC 2046 §5.1.1 allows 70; some programs do not count.
const LONGEST_BOUNDARY: usize = 250;

/// What the entities of a message are.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) count: u32,
    pub(super) depth: u32,
    pub(super) attached: Vec<Attached>,
}

impl Parts {
    /// The entities of a message with this header.
    pub(super) fn of_message(
        raw: &[u8],
        header: &Header<'_>,
        settings: &MessageSettings,
    ) -> Result<Self, MessageRefusal> {
        let mut walk = Walk { raw, settings, count: 0, depth: 0, attached: Vec::new() };
        let body = header.body.min(raw.len())..raw.len();
        walk.entity(header, body, &Place { depth: 1, ..Place::default() })?;
        let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Ok(Self { count: narrow(walk.count), depth: narrow(walk.depth), attached: walk.attached })
    }
}

struct Walk<'x> {
    raw: &'x [u8],
    settings: &'x MessageSettings,
    count: usize,
    depth: usize,
    attached: Vec<Attached>,
}

/// Where an entity stands.
#[derive(Debug, Clone, Default)]
struct Place {
    depth: usize,
    /// In a `multipart/digest`, where what says nothing of its type is a message.
    in_digest: bool,
    /// Behind the first part of a `multipart/signed`: where that part stands.
    signs: Option<Range<usize>>,
}

/// What is done with an entity, by its type.
enum Form {
    Multipart {
        boundary: Vec<u8>,
        digest: bool,
        signed: bool,
    },
    Message,
    /// Whether it is shown as the text of the message.
    Leaf {
        text: bool,
    },
}

impl Walk<'_> {
    fn entity(&mut self, header: &Header<'_>, body: Range<usize>, place: &Place) -> Result<(), MessageRefusal> {
        self.count += 1;
        self.depth = self.depth.max(place.depth);
        if self.count > self.settings.max_parts {
            return Err(MessageRefusal::TooManyParts);
        }
        if place.depth > self.settings.max_depth {
            return Err(MessageRefusal::TooDeep);
        }
        match form(header, place.in_digest) {
            Form::Multipart { boundary, digest, signed } => {
                let children = self.between(&boundary, &body)?;
                if children.is_empty() {
                    // A boundary that never comes: all of it is one piece.
                    self.leaf(header, body, place, false);
                }
                for (index, child) in children.iter().enumerate() {
                    let signs = children.first().filter(|_| signed && index > 0).cloned();
                    self.whole(child.clone(), &Place { depth: place.depth + 1, in_digest: digest, signs })?;
                }
                Ok(())
            }
            Form::Message => self.whole(body, &Place { depth: place.depth + 1, ..Place::default() }),
            Form::Leaf { text } => {
                self.leaf(header, body, place, text);
                Ok(())
            }
        }
    }

    /// An entity with its header.
    fn whole(&mut self, range: Range<usize>, place: &Place) -> Result<(), MessageRefusal> {
        let header = Header::of_part(self.raw.get(range.clone()).unwrap_or_default(), self.settings)?;
        let body = (range.start + header.body).min(range.end)..range.end;
        self.entity(&header, body, place)
    }

    /// What stands between the lines with this boundary.
    fn between(&self, boundary: &[u8], body: &Range<usize>) -> Result<Vec<Range<usize>>, MessageRefusal> {
        let content = self.raw.get(body.clone()).unwrap_or_default();
        let delimiter = [b"--", boundary].concat();
        let mut found: Vec<Range<usize>> = Vec::new();
        let mut open = None;
        for start in memmem::find_iter(content, &delimiter) {
            // First, so that each line is looked at once, however often the boundary stands in it.
            if start.checked_sub(1).is_some_and(|before| content.get(before) != Some(&b'\n')) {
                continue;
            }
            let rest = content.get(start + delimiter.len()..).unwrap_or_default();
            let length = memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
            let closes = match rest.get(..length).unwrap_or_default().trim_ascii_end() {
                b"" => false,
                b"--" => true,
                _ => continue,
            };
            if let Some(begin) = open.take() {
                found.push(begin..self.without_line_end(begin, body.start + start));
            }
            if closes {
                return Ok(found);
            }
            if self.count + found.len() >= self.settings.max_parts {
                return Err(MessageRefusal::TooManyParts);
            }
            open = Some(body.start + start + delimiter.len() + length);
        }
        // The closing line is missing: the message was cut, or hopes to be read by a lenient program. So are we.
        found.extend(open.map(|begin| begin..body.end));
        Ok(found)
    }

    /// The end of line before a boundary belongs to the boundary (RFC 2046 §5.1.1).
    fn without_line_end(&self, begin: usize, end: usize) -> usize {
        let content = self.raw.get(begin..end).unwrap_or_default();
        let content = content.strip_suffix(b"\n").unwrap_or(content);
        begin + content.strip_suffix(b"\r").unwrap_or(content).len()
    }

    fn leaf(&mut self, header: &Header<'_>, body: Range<usize>, place: &Place, text: bool) {
        let content = self.raw.get(body).unwrap_or_default();
        let (bytes, damaged) = decoded(header, content);
        let media = Media::of(&bytes);
        // The text of the message is none; a document that calls itself text is one.
        if bytes.is_empty() || (text && media == Media::Other) {
            return;
        }
        let facts = Attachment { digest: Digest::of(&bytes), media, size: bytes.len() as u64, damaged };
        self.attached.push(Attached { facts, bytes, signs: place.signs.clone() });
    }
}

fn form(header: &Header<'_>, in_digest: bool) -> Form {
    let kind = header.first("content-type").and_then(content_type);
    let Some(kind) = kind else {
        return if in_digest { Form::Message } else { Form::Leaf { text: !is_attachment(header) } };
    };
    let subtype = kind.subtype().unwrap_or_default();
    let is = |name: &str| subtype.eq_ignore_ascii_case(name);
    if kind.ctype().eq_ignore_ascii_case("multipart") {
        let boundary = kind.attribute("boundary").unwrap_or_default();
        let in_a_line = !boundary.bytes().any(|byte| byte.is_ascii_control());
        if in_a_line && (1..=LONGEST_BOUNDARY).contains(&boundary.len()) {
            return Form::Multipart {
                boundary: boundary.as_bytes().to_vec(),
                digest: is("digest"),
                signed: is("signed"),
            };
        }
    }
    // RFC 2046 §5.2.1 allows no encoding of a message; what is encoded nevertheless is not opened.
    if kind.ctype().eq_ignore_ascii_case("message") && (is("rfc822") || is("global")) && encoding(header).is_none() {
        return Form::Message;
    }
    let named = kind.has_attribute("name");
    Form::Leaf { text: kind.ctype().eq_ignore_ascii_case("text") && !named && !is_attachment(header) }
}

fn content_type(value: &[u8]) -> Option<ContentType<'_>> {
    match MessageStream::new(value).parse_content_type() {
        HeaderValue::ContentType(kind) => Some(kind),
        _ => None,
    }
}

fn is_attachment(header: &Header<'_>) -> bool {
    header.first("content-disposition").and_then(content_type).is_some_and(|kind| kind.is_attachment())
}

/// An encoding that has to be undone.
#[derive(Debug, Clone, Copy)]
enum Encoding {
    Base64,
    QuotedPrintable,
}

fn encoding(header: &Header<'_>) -> Option<Encoding> {
    let value = header.first("content-transfer-encoding")?.trim_ascii();
    if value.eq_ignore_ascii_case(b"base64") {
        Some(Encoding::Base64)
    } else if value.eq_ignore_ascii_case(b"quoted-printable") {
        Some(Encoding::QuotedPrintable)
    } else {
        None
    }
}

/// The content of a part, and whether its encoding was broken: it is then as it came.
fn decoded(header: &Header<'_>, content: &[u8]) -> (Vec<u8>, bool) {
    let undone = match encoding(header) {
        Some(Encoding::Base64) => base64_decode(content),
        Some(Encoding::QuotedPrintable) => quoted_printable_decode(content),
        None => return (content.to_vec(), false),
    };
    match undone {
        Some(bytes) => (bytes, false),
        None => (content.to_vec(), true),
    }
}
