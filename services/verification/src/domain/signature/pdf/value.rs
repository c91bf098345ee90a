//! Values and operators of a PDF, byte by byte (ISO 32000-2 §7.2, §7.3).

use std::collections::BTreeMap;

use super::super::limits::{Budget, Unreadable};

pub(super) type Dict = BTreeMap<Vec<u8>, Value>;

/// A value; or, among the instructions of a page, an operator.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Number(f64),
    Name(Vec<u8>),
    Text(Vec<u8>),
    Array(Vec<Self>),
    Dict(Dict),
    /// An indirect object, by its number.
    Reference(u32),
    /// A word that is none of these: `true`, `obj`, `Tj`.
    Word(Vec<u8>),
}

impl Value {
    pub(super) const fn as_dict(&self) -> Option<&Dict> {
        if let Self::Dict(dict) = self { Some(dict) } else { None }
    }

    pub(super) const fn as_array(&self) -> Option<&Vec<Self>> {
        if let Self::Array(array) = self { Some(array) } else { None }
    }

    pub(super) fn as_name(&self) -> Option<&[u8]> {
        if let Self::Name(name) = self { Some(name) } else { None }
    }

    pub(super) fn as_text(&self) -> Option<&[u8]> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// A whole number that is not negative.
    pub(super) fn as_size(&self) -> Option<usize> {
        match self {
            Self::Number(number) if (0.0..=4_294_967_295.0).contains(number) && number.fract() == 0.0 => {
                // The bounds above are those of a u32.
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "just checked")]
                Some(*number as usize)
            }
            _ => None,
        }
    }
}

/// Why no value could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Here is none: the end, or something that is not well-formed.
    Broken,
    /// A limit is reached.
    Limit(Unreadable),
}

impl From<Unreadable> for Fault {
    fn from(reason: Unreadable) -> Self {
        Self::Limit(reason)
    }
}

/// Nothing for what is broken, an error for a limit.
pub(super) fn readable<T>(read: Result<T, Fault>) -> Result<Option<T>, Unreadable> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(Fault::Broken) => Ok(None),
        Err(Fault::Limit(reason)) => Err(reason),
    }
}

pub(super) const fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 0x0c | b'\r' | b' ')
}

const fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

const fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// Reads one value after the other.
pub(super) struct Lexer<'a> {
    bytes: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Lexer<'a> {
    pub(super) const fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    pub(super) fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            if byte == b'%' {
                while self.peek().is_some_and(|byte| !matches!(byte, b'\n' | b'\r')) {
                    self.at += 1;
                }
            } else if is_space(byte) {
                self.at += 1;
            } else {
                break;
            }
        }
    }

    /// The next value. What it costs is taken from the budget whether it is well-formed or not.
    pub(super) fn value(&mut self, budget: &mut Budget) -> Result<Value, Fault> {
        let start = self.at;
        let depth = budget.limits.depth;
        let value = self.nested(budget, depth);
        budget.work(self.at - start)?;
        value
    }

    fn nested(&mut self, budget: &mut Budget, depth: usize) -> Result<Value, Fault> {
        self.skip_space();
        budget.value()?;
        match (self.next().ok_or(Fault::Broken)?, self.peek()) {
            (b'<', Some(b'<')) => {
                self.at += 1;
                self.dict(budget, inner(depth)?).map(Value::Dict)
            }
            (b'[', _) => self.array(budget, inner(depth)?).map(Value::Array),
            (b'(', _) => self.literal().map(Value::Text),
            (b'<', _) => self.hexadecimal().map(Value::Text),
            (b'/', _) => Ok(Value::Name(self.name())),
            (b'+' | b'-' | b'.' | b'0'..=b'9', _) => {
                self.at -= 1;
                Ok(self.number())
            }
            (first, _) if is_delimiter(first) => Err(Fault::Broken),
            _ => {
                self.at -= 1;
                let word = self.word();
                Ok(if word == b"null" { Value::Null } else { Value::Word(word.to_vec()) })
            }
        }
    }

    fn dict(&mut self, budget: &mut Budget, depth: usize) -> Result<Dict, Fault> {
        let mut dict = Dict::new();
        loop {
            self.skip_space();
            match self.next() {
                Some(b'>') if self.next() == Some(b'>') => return Ok(dict),
                Some(b'/') => {
                    let key = self.name();
                    let value = self.nested(budget, depth)?;
                    dict.insert(key, value);
                }
                _ => return Err(Fault::Broken),
            }
        }
    }

    fn array(&mut self, budget: &mut Budget, depth: usize) -> Result<Vec<Value>, Fault> {
        let mut array = Vec::new();
        loop {
            self.skip_space();
            if self.peek() == Some(b']') {
                self.at += 1;
                return Ok(array);
            }
            array.push(self.nested(budget, depth)?);
        }
    }

    fn literal(&mut self) -> Result<Vec<u8>, Fault> {
        let (mut text, mut open) = (Vec::new(), 1_usize);
        loop {
            match self.next().ok_or(Fault::Broken)? {
                b'(' => {
                    open += 1;
                    text.push(b'(');
                }
                b')' => {
                    open -= 1;
                    if open == 0 {
                        return Ok(text);
                    }
                    text.push(b')');
                }
                b'\\' => match self.next().ok_or(Fault::Broken)? {
                    b'n' => text.push(b'\n'),
                    b'r' => text.push(b'\r'),
                    b't' => text.push(b'\t'),
                    b'b' => text.push(8),
                    b'f' => text.push(12),
                    b'\r' if self.peek() == Some(b'\n') => self.at += 1,
                    b'\r' | b'\n' => {}
                    first @ b'0'..=b'7' => {
                        let mut code = first - b'0';
                        for _ in 0..2 {
                            let Some(more @ b'0'..=b'7') = self.peek() else { break };
                            code = code.wrapping_mul(8).wrapping_add(more - b'0');
                            self.at += 1;
                        }
                        text.push(code);
                    }
                    other => text.push(other),
                },
                other => text.push(other),
            }
        }
    }

    fn hexadecimal(&mut self) -> Result<Vec<u8>, Fault> {
        let (mut text, mut half) = (Vec::new(), None);
        loop {
            match self.next().ok_or(Fault::Broken)? {
                b'>' => {
                    text.extend(half.map(|high| high << 4));
                    return Ok(text);
                }
                byte if is_space(byte) => {}
                byte => {
                    let low = digit(byte).ok_or(Fault::Broken)?;
                    match half.take() {
                        Some(high) => text.push(high << 4 | low),
                        None => half = Some(low),
                    }
                }
            }
        }
    }

    fn name(&mut self) -> Vec<u8> {
        let raw = self.word();
        if !raw.contains(&b'#') {
            return raw.to_vec();
        }
        let (mut name, mut rest) = (Vec::with_capacity(raw.len()), raw);
        while let Some((first, after)) = rest.split_first() {
            let escaped = match (first, after) {
                (b'#', [high, low, after @ ..]) => {
                    digit(*high).zip(digit(*low)).map(|(high, low)| (high << 4 | low, after))
                }
                _ => None,
            };
            let (byte, after) = escaped.unwrap_or((*first, after));
            name.push(byte);
            rest = after;
        }
        name
    }

    /// A number, or with the number and the `R` that follow a reference.
    fn number(&mut self) -> Value {
        let word = self.word();
        let Some(number) =
            str::from_utf8(word).ok().and_then(|word| word.parse::<f64>().ok()).filter(|n| n.is_finite())
        else {
            return Value::Word(word.to_vec());
        };
        let whole =
            word.iter().all(u8::is_ascii_digit).then(|| str::from_utf8(word).ok()?.parse::<u32>().ok()).flatten();
        if let Some(target) = whole {
            let mut ahead = Self::new(self.bytes, self.at);
            ahead.skip_few();
            let generation = ahead.word();
            ahead.skip_few();
            if (1..=5).contains(&generation.len()) && generation.iter().all(u8::is_ascii_digit) && ahead.word() == b"R"
            {
                self.at = ahead.at;
                return Value::Reference(target);
            }
        }
        Value::Number(number)
    }

    /// The little space that stands between the parts of a reference.
    fn skip_few(&mut self) {
        for _ in 0..4 {
            if !self.peek().is_some_and(is_space) {
                break;
            }
            self.at += 1;
        }
    }

    fn word(&mut self) -> &'a [u8] {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        // No word of the format has so many letters; without an end the search for the next one would begin at each
        // again.
        let length = rest.iter().take(1024).take_while(|byte| !is_space(**byte) && !is_delimiter(**byte)).count();
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }
}

fn inner(depth: usize) -> Result<usize, Fault> {
    depth.checked_sub(1).ok_or(Fault::Limit(Unreadable::TooDeep))
}
