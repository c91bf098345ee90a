//! The objects of a PDF, found by going over it once.

use std::{collections::BTreeMap, ops::Range};

use memchr::memmem;

use super::{
    super::limits::{Budget, Unreadable},
    filters,
    value::{Dict, Lexer, Value, is_space, readable},
};

/// An indirect object.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) value: Value,
    /// Where its stream lies in the file, if it has one.
    pub(super) stream: Option<Range<usize>>,
    /// Which of all definitions it is: an update defines an object once more.
    definition: usize,
}

/// Something that may be a signature: a dictionary as it stood in one of the states of the document.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) dict: Dict,
    number: u32,
    definition: usize,
    /// Where the object lies in the file; none when it is packed in a stream, where no signature may be.
    pub(super) within: Option<Range<usize>>,
}

/// A PDF.
pub(in super::super) struct Pdf<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) objects: BTreeMap<u32, Object>,
    /// In the order in which they stand.
    pub(super) candidates: Vec<Candidate>,
    definitions: usize,
    /// The catalogue that was written last.
    pub(super) catalogue: Option<u32>,
    /// Whether its texts and streams are encrypted.
    pub(in super::super) encrypted: bool,
}

impl<'a> Pdf<'a> {
    /// Finds the objects of a document.
    pub(in super::super) fn read(bytes: &'a [u8], budget: &mut Budget) -> Result<Self, Unreadable> {
        let mut pdf = Self {
            bytes,
            objects: BTreeMap::new(),
            candidates: Vec::new(),
            definitions: 0,
            catalogue: None,
            encrypted: false,
        };
        let (mut at, mut streams_end) = (0, true);
        // `obj` is found in `endobj` too, which no number goes before.
        while let Some(found) = bytes.get(at..).and_then(|rest| memmem::find(rest, b"obj")) {
            let keyword = at + found;
            at = keyword + 3;
            let Some((number, start)) = number_before(bytes, keyword) else { continue };
            budget.object()?;
            let mut lexer = Lexer::new(bytes, at);
            let Some(value) = readable(lexer.value(budget))? else { continue };
            at = lexer.at;
            let mut stream = None;
            if let Value::Dict(dict) = &value {
                stream = stream_after(bytes, lexer, dict, &mut streams_end, budget)?;
                at = stream.as_ref().map_or(at, |stream| stream.end);
            }
            pdf.add(number, value, stream, Some(&(start..at)), budget)?;
        }
        pdf.encrypted |= trailers_encrypt(bytes, budget)?;
        Ok(pdf)
    }

    fn add(
        &mut self,
        number: u32,
        value: Value,
        stream: Option<Range<usize>>,
        within: Option<&Range<usize>>,
        budget: &mut Budget,
    ) -> Result<(), Unreadable> {
        self.definitions += 1;
        let object = Object { value, stream, definition: self.definitions };
        self.look_for_candidates(&object.value, number, within);
        let mut packed = None;
        if let Value::Dict(dict) = &object.value {
            let named = dict.get(&b"Type"[..]).and_then(Value::as_name);
            match (named, &object.stream) {
                (Some(b"Catalog"), _) => self.catalogue = Some(number),
                (Some(b"XRef"), Some(_)) => self.encrypted |= dict.contains_key(&b"Encrypt"[..]),
                (Some(b"ObjStm"), Some(stream)) => {
                    let raw = self.bytes.get(stream.clone()).unwrap_or_default();
                    let content = filters::decode(dict, raw, budget)?;
                    let first = dict.get(&b"First"[..]).and_then(Value::as_size);
                    packed = content.zip(first);
                }
                _ => {}
            }
        }
        self.objects.insert(number, object);
        if let Some((content, first)) = packed {
            self.unpack(&content, first, budget)?;
        }
        Ok(())
    }

    /// The objects packed in a stream (ISO 32000-2 §7.5.7): pairs of number and place, then the objects.
    fn unpack(&mut self, content: &[u8], first: usize, budget: &mut Budget) -> Result<(), Unreadable> {
        let head = content.get(..first).unwrap_or(content);
        let mut index = Lexer::new(head, 0);
        loop {
            let pair = (readable(index.value(budget))?, readable(index.value(budget))?);
            let (Some(number), Some(place)) = pair else { return Ok(()) };
            let (Some(number), Some(place)) = (number.as_size(), place.as_size()) else { return Ok(()) };
            let Ok(number) = u32::try_from(number) else { continue };
            budget.object()?;
            let value = Lexer::new(content, first.saturating_add(place)).value(budget);
            // A stream cannot be packed in another, so that this goes no deeper.
            if let Some(value) = readable(value)? {
                self.add(number, value, None, None, budget)?;
            }
        }
    }

    fn look_for_candidates(&mut self, value: &Value, number: u32, within: Option<&Range<usize>>) {
        match value {
            Value::Dict(dict) => {
                let named = |key: &[u8]| dict.get(key).and_then(Value::as_name);
                let signature = matches!(named(b"Type"), Some(b"Sig" | b"DocTimeStamp"))
                    || dict.contains_key(&b"ByteRange"[..])
                    || (dict.contains_key(&b"Contents"[..]) && dict.contains_key(&b"SubFilter"[..]));
                let field = named(b"FT") == Some(b"Sig") && dict.contains_key(&b"V"[..]);
                if signature || field {
                    let (dict, definition, within) = (dict.clone(), self.definitions, within.cloned());
                    self.candidates.push(Candidate { dict, number, definition, within });
                }
                dict.values().for_each(|value| self.look_for_candidates(value, number, within));
            }
            Value::Array(values) => values.iter().for_each(|value| self.look_for_candidates(value, number, within)),
            _ => {}
        }
    }

    /// Whether no later definition took its place.
    pub(super) fn stands(&self, candidate: &Candidate) -> bool {
        self.objects.get(&candidate.number).is_some_and(|object| object.definition == candidate.definition)
    }

    /// What a value stands for: itself, or the object that it refers to.
    pub(super) fn value<'b>(&'b self, value: &'b Value) -> &'b Value {
        match value {
            // A reference to a reference is not allowed, and not followed.
            Value::Reference(number) => self.objects.get(number).map_or(&Value::Null, |object| &object.value),
            other => other,
        }
    }

    /// What a dictionary holds under a key.
    pub(super) fn get<'b>(&'b self, dict: &'b Dict, key: &[u8]) -> Option<&'b Value> {
        dict.get(key).map(|value| self.value(value))
    }

    /// What the stream of an object holds.
    pub(super) fn stream(&self, number: u32, budget: &mut Budget) -> Result<Option<Vec<u8>>, Unreadable> {
        let Some(Object { value: Value::Dict(dict), stream: Some(stream), .. }) = self.objects.get(&number) else {
            return Ok(None);
        };
        filters::decode(dict, self.bytes.get(stream.clone()).unwrap_or_default(), budget)
    }
}

/// The number of the object whose `obj` stands at `keyword`, and where it begins: `12 0 obj`.
fn number_before(bytes: &[u8], keyword: usize) -> Option<(u32, usize)> {
    // Ten digits, five of the generation, and what little space stands between.
    let head = bytes.get(keyword.saturating_sub(24)..keyword)?;
    let spaced = |head: &[u8]| head.iter().rev().take_while(|byte| is_space(**byte)).count();
    let digits = |head: &[u8]| head.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (generation, between) = {
        let trimmed = head.get(..head.len() - spaced(head))?;
        (digits(trimmed), trimmed)
    };
    let number = between.get(..between.len() - generation)?;
    let space = spaced(number);
    let number = number.get(..number.len() - space)?;
    let length = digits(number);
    if generation == 0 || space == 0 || length == 0 {
        return None;
    }
    let text = str::from_utf8(number.get(number.len() - length..)?).ok()?;
    let start = keyword - head.len() + number.len() - length;
    Some((text.parse().ok()?, start))
}

/// The stream that follows a dictionary: by its length if that leads to its end, or else to the next `endstream`.
fn stream_after(
    bytes: &[u8],
    mut lexer: Lexer<'_>,
    dict: &Dict,
    streams_end: &mut bool,
    budget: &mut Budget,
) -> Result<Option<Range<usize>>, Unreadable> {
    lexer.skip_space();
    budget.work(16)?;
    let Some(after) = bytes.get(lexer.at..).and_then(|rest| rest.strip_prefix(b"stream")) else { return Ok(None) };
    let after = after.strip_prefix(b"\r\n").or_else(|| after.strip_prefix(b"\n")).unwrap_or(after);
    let start = bytes.len() - after.len();
    if let Some(length) = dict.get(&b"Length"[..]).and_then(Value::as_size)
        && let Some(rest) = after.get(length..)
    {
        let space = rest.iter().take(4).take_while(|byte| is_space(**byte)).count();
        if rest.get(space..).is_some_and(|rest| rest.starts_with(b"endstream")) {
            return Ok(Some(start..start + length));
        }
    }
    // Once there is no end any more, there is none for any that follows.
    if !*streams_end {
        return Ok(None);
    }
    let length = memmem::find(after, b"endstream");
    budget.work(length.unwrap_or(after.len()))?;
    *streams_end = length.is_some();
    Ok(length.map(|length| start..start + length))
}

/// Whether a trailer says that the document is encrypted (ISO 32000-2 §7.5.5).
fn trailers_encrypt(bytes: &[u8], budget: &mut Budget) -> Result<bool, Unreadable> {
    for found in memmem::find_iter(bytes, b"trailer") {
        budget.object()?;
        if let Some(Value::Dict(dict)) = readable(Lexer::new(bytes, found + 7).value(budget))?
            && dict.contains_key(&b"Encrypt"[..])
        {
            return Ok(true);
        }
    }
    Ok(false)
}
