//! Single values of a guide file: texts, keys, countries, words.

use std::{collections::HashSet, str::FromStr};

use rogatory_rulebook::Country;
use serde::{
    Deserialize,
    de::{IntoDeserializer as _, value},
};

use super::Check;
use crate::domain::guide_entries::Text;

/// The most characters of a name, a title or a citation.
pub(super) const NAME: usize = 200;
/// The most characters of a sentence that an answer repeats.
pub(super) const SENTENCE: usize = 1_000;
/// The most characters of a section.
pub(super) const SECTION: usize = 50_000;
/// The most characters of a key.
const KEY: usize = 64;

impl Check<'_> {
    /// A text of one line that is not empty.
    pub(super) fn line(&mut self, text: &Text, path: &str, most: usize) -> Option<String> {
        self.text(text, path, most, |_| false)
    }

    /// A text of lines and paragraphs that is not empty.
    pub(super) fn passage(&mut self, text: &Text, path: &str) -> Option<String> {
        self.text(text, path, SECTION, |character| matches!(character, '\n' | '\r' | '\t'))
    }

    fn text(&mut self, text: &Text, path: &str, most: usize, allowed: impl Fn(char) -> bool) -> Option<String> {
        let value = text.get_ref();
        if value.trim().is_empty() {
            self.fault(text.span(), path, "is empty");
        } else if value.chars().count() > most {
            self.fault(text.span(), path, format!("has more than {most} characters"));
        } else if let Some(hidden) = value.chars().find(|character| is_hidden(*character) && !allowed(*character)) {
            let description = format!("has a character that a reader does not see, U+{:04X}", u32::from(hidden));
            self.fault(text.span(), path, description);
        } else {
            return Some(value.trim().to_owned());
        }
        None
    }

    /// A key that no other of its kind has.
    pub(super) fn key(&mut self, key: &Text, path: &str, taken: &mut HashSet<String>) -> Option<String> {
        let text = key.get_ref();
        let rest = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
        if !text.starts_with(|first: char| first.is_ascii_lowercase()) || !text.chars().all(rest) || text.len() > KEY {
            let description =
                format!("a key has 1 to {KEY} lower-case letters, digits and hyphens and starts with a letter");
            self.fault(key.span(), path, description);
            return None;
        }
        if !taken.insert(text.clone()) {
            self.fault(key.span(), path, format!("`{text}` stands twice"));
            return None;
        }
        Some(text.clone())
    }

    /// A code of a finding.
    pub(super) fn code(&mut self, code: &Text, path: &str) -> Option<String> {
        let text = code.get_ref();
        let rest = |letter: char| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_';
        if !text.starts_with(|first: char| first.is_ascii_uppercase()) || !text.chars().all(rest) || text.len() > KEY {
            let description =
                format!("a code has 1 to {KEY} upper-case letters, digits and underscores and starts with a letter");
            self.fault(code.span(), path, description);
            return None;
        }
        Some(text.clone())
    }

    /// A section of this file.
    pub(super) fn section(&mut self, key: &Text, path: &str) -> Option<String> {
        if !self.sections.contains(key.get_ref()) {
            self.fault(key.span(), path, format!("there is no section `{}` in this file", shown(key)));
            return None;
        }
        Some(key.get_ref().clone())
    }

    pub(super) fn country(&mut self, code: &Text, path: &str) -> Option<Country> {
        match code.get_ref().parse() {
            Ok(country) => Some(country),
            Err(unknown) => {
                self.fault(code.span(), path, format!("`{}` is {unknown}", shown(code)));
                None
            }
        }
    }

    /// A country that may be left out or empty.
    pub(super) fn optional_country(&mut self, code: Option<&Text>, path: &str) -> Option<Country> {
        let code = code.filter(|code| !code.get_ref().is_empty())?;
        self.country(code, path)
    }

    /// A word that is known.
    pub(super) fn word<T: FromStr<Err: ToString>>(&mut self, word: &Text, path: &str) -> Option<T> {
        word.get_ref().parse().map_err(|unknown: T::Err| self.fault(word.span(), path, unknown.to_string())).ok()
    }

    /// A word that is known and was not `seen` before.
    pub(super) fn new_word<T: FromStr<Err: ToString> + Copy + PartialEq>(
        &mut self,
        word: &Text,
        path: &str,
        seen: &mut Vec<T>,
    ) -> Option<T> {
        let value: T = self.word(word, path)?;
        if seen.contains(&value) {
            self.fault(word.span(), path, format!("`{}` stands twice, here or in another list", shown(word)));
            return None;
        }
        seen.push(value);
        Some(value)
    }

    pub(super) fn new_words<T: FromStr<Err: ToString> + Copy + PartialEq>(
        &mut self,
        words: &[Text],
        path: &str,
        seen: &mut Vec<T>,
    ) -> Vec<T> {
        let word = |(index, word)| self.new_word(word, &format!("{path}[{index}]"), seen);
        words.iter().enumerate().filter_map(word).collect()
    }

    /// One of the words of an enum of the domain.
    pub(super) fn choice<T: for<'de> Deserialize<'de>>(&mut self, word: &Text, path: &str) -> Option<T> {
        let read = T::deserialize(word.get_ref().as_str().into_deserializer());
        read.map_err(|unknown: value::Error| self.fault(word.span(), path, unknown.to_string())).ok()
    }
}

/// A value as a fault repeats it: not longer than a reader needs to find it.
pub(super) fn shown(text: &Text) -> String {
    const MOST: usize = 40;
    let mut shown: String = text.get_ref().chars().filter(|letter| !is_hidden(*letter)).take(MOST).collect();
    if text.get_ref().chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown
}

/// Characters that change what a reader sees and are not seen themselves: counsel signs off what the file shows.
fn is_hidden(character: char) -> bool {
    let steers_direction =
        matches!(character, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}');
    character.is_control() || steers_direction || matches!(character, '\u{2028}' | '\u{2029}' | '\u{FEFF}')
}
