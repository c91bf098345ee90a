//! From the codes that a font draws to letters (ISO 32000-2 §9.10).

use std::collections::HashMap;

use super::{
    super::limits::{Budget, Unreadable},
    objects::Pdf,
    value::{Dict, Lexer, Value, readable},
};

/// The most codes for which a font may tell letters: there are not more of two bytes.
const MOST_CODES: usize = 65_536;

/// How the codes of one font are read.
#[derive(Debug, Default)]
pub(super) struct Font {
    /// Bytes of one code.
    width: usize,
    letters: HashMap<u32, String>,
    /// Whether a code that is not told is the letter of that number in Latin-1, as in most fonts of one byte.
    latin: bool,
}

impl Font {
    pub(super) fn read(pdf: &Pdf<'_>, dict: &Dict, budget: &mut Budget) -> Result<Self, Unreadable> {
        let composite = pdf.get(dict, b"Subtype").and_then(Value::as_name) == Some(b"Type0");
        let mut font = Self { width: if composite { 2 } else { 1 }, letters: HashMap::new(), latin: !composite };
        if let Some(Value::Reference(map)) = dict.get(&b"ToUnicode"[..]) {
            if let Some(map) = pdf.stream(*map, budget)? {
                font.read_map(&map, budget)?;
            }
        } else if let Some(Value::Dict(encoding)) = pdf.get(dict, b"Encoding") {
            font.read_differences(pdf, encoding);
        }
        Ok(font)
    }

    /// The letters that this text shows.
    pub(super) fn letters(&self, text: &[u8]) -> String {
        let mut letters = String::new();
        for code in text.chunks_exact(self.width.max(1)) {
            let code = code.iter().fold(0, |code, byte| code << 8 | u32::from(*byte));
            match self.letters.get(&code) {
                Some(told) => letters.push_str(told),
                None if self.latin => letters.extend(char::from_u32(code)),
                None => {}
            }
        }
        letters
    }

    /// A ToUnicode map (ISO 32000-2 §9.10.3).
    fn read_map(&mut self, map: &[u8], budget: &mut Budget) -> Result<(), Unreadable> {
        let mut lexer = Lexer::new(map, 0);
        let mut texts = Vec::new();
        while let Some(value) = readable(lexer.value(budget))? {
            match value {
                Value::Word(word) => {
                    match &*word {
                        b"endcodespacerange" => {
                            if let Some(Value::Text(code)) = texts.first() {
                                self.width = code.len().clamp(1, 4);
                            }
                        }
                        b"endbfchar" => self.characters(&texts),
                        b"endbfrange" => self.ranges(&texts),
                        _ => {}
                    }
                    texts.clear();
                }
                value @ (Value::Text(_) | Value::Array(_)) => texts.push(value),
                _ => {}
            }
        }
        Ok(())
    }

    fn characters(&mut self, texts: &[Value]) {
        for pair in texts.chunks_exact(2) {
            if let [Value::Text(code), Value::Text(letters)] = pair {
                self.tell(number(code), utf16(letters));
            }
        }
    }

    fn ranges(&mut self, texts: &[Value]) {
        for triple in texts.chunks_exact(3) {
            let [Value::Text(first), Value::Text(last), target] = triple else { continue };
            let (first, last) = (number(first), number(last));
            match target {
                Value::Array(each) => {
                    for (code, letters) in (first..=last).zip(each) {
                        self.tell(code, letters.as_text().map(utf16).unwrap_or_default());
                    }
                }
                Value::Text(letters) => {
                    // The last code unit counts up; what would be more than there are codes tells nothing.
                    for (step, code) in (first..=last).take(MOST_CODES).enumerate() {
                        let mut units = units(letters);
                        if let Some(unit) = units.last_mut() {
                            *unit = unit.wrapping_add(u16::try_from(step).unwrap_or(u16::MAX));
                        }
                        if !self.tell(code, String::from_utf16_lossy(&units)) {
                            break;
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// False when the font tells as much as it may.
    fn tell(&mut self, code: u32, letters: String) -> bool {
        let room = self.letters.len() < MOST_CODES;
        if room && letters.len() <= 64 {
            self.letters.insert(code, letters);
        }
        room
    }

    /// The names of glyphs by which a font of one byte differs from Latin-1 (ISO 32000-2 §9.6.5).
    fn read_differences(&mut self, pdf: &Pdf<'_>, encoding: &Dict) {
        let mut code = 0;
        for value in pdf.get(encoding, b"Differences").and_then(Value::as_array).into_iter().flatten() {
            match value {
                Value::Name(name) => {
                    if let Some(letter) = glyph(name) {
                        self.tell(code, letter.to_string());
                    }
                    code = code.saturating_add(1);
                }
                other => code = other.as_size().and_then(|code| u32::try_from(code).ok()).unwrap_or(code),
            }
        }
    }
}

/// The letter that a glyph is named after: `a`, `uni0061`. Digits and punctuation do not count, so that their names
/// need not be known.
fn glyph(name: &[u8]) -> Option<char> {
    let name = str::from_utf8(name).ok()?;
    let mut letters = name.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) => Some(letter),
        _ if name.len() == 7 => char::from_u32(u32::from_str_radix(name.strip_prefix("uni")?, 16).ok()?),
        _ => None,
    }
}

fn number(code: &[u8]) -> u32 {
    code.iter().take(4).fold(0, |number, byte| number << 8 | u32::from(*byte))
}

fn units(letters: &[u8]) -> Vec<u16> {
    letters
        .chunks_exact(2)
        .take(32)
        .map(|pair| pair.iter().fold(0, |unit, byte| unit << 8 | u16::from(*byte)))
        .collect()
}

fn utf16(letters: &[u8]) -> String {
    String::from_utf16_lossy(&units(letters))
}
