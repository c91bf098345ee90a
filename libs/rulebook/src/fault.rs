//! Reading a rule file, and saying where it is wrong.

use std::{fmt, ops::Range};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// A fault in a rule file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Line in the file, counted from 1; 0 where the fault is not of one line.
    pub line: u32,
    /// Column in characters, counted from 1; 0 where the fault is not of one place.
    pub column: u32,
    /// Path of the element: `row[3].residence[0]`.
    pub path: String,
    /// What is wrong and how to mend it.
    pub description: String,
}

impl Fault {
    /// A fault that is not of one place: something is missing, or two things far apart contradict each other.
    pub fn of_file(path: impl Into<String>, description: impl Into<String>) -> Self {
        Self { line: 0, column: 0, path: path.into(), description: description.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "{}:{}: ", self.line, self.column)?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.description)
    }
}

/// The path as a person writes it: without the field that `Spanned` makes up to carry the value inside it.
fn element(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut text = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => text.push_str(&format!("[{index}]")),
            Segment::Map { key } | Segment::Enum { variant: key } if !key.starts_with("$__") => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(key);
            }
            Segment::Map { .. } | Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    text
}

/// The text of a rule file, which knows the line of every byte in it.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a>(&'a str);

impl<'a> Source<'a> {
    /// Around the whole text of the file.
    #[must_use]
    pub const fn new(text: &'a str) -> Self {
        Self(text)
    }

    /// Reads the file into `T`. Declare `T` with `deny_unknown_fields`, so that a misspelt key is a fault.
    ///
    /// # Errors
    /// One fault with line, column and path where the text is not TOML or not a `T`. TOML reading stops at the first.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Vec<Fault>> {
        let document = toml::Deserializer::parse(self.0).map_err(|error| vec![self.toml_fault(&error, "")])?;
        serde_path_to_error::deserialize(document)
            .map_err(|error| vec![self.toml_fault(error.inner(), &element(error.path()))])
    }

    /// A fault at a place of the file: take the span from a [`crate::Spanned`] value.
    pub fn fault(&self, span: Range<usize>, path: impl Into<String>, description: impl Into<String>) -> Fault {
        let (line, column) = self.position(span.start);
        Fault { line, column, path: path.into(), description: description.into() }
    }

    /// Line and column, counted from 1, of a byte in the text. A byte past the end is the end.
    #[must_use]
    pub fn position(&self, byte: usize) -> (u32, u32) {
        let mut end = byte.min(self.0.len());
        while !self.0.is_char_boundary(end) {
            end -= 1;
        }
        let before = self.0.get(..end).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
    }

    fn toml_fault(&self, error: &toml::de::Error, path: &str) -> Fault {
        match error.span() {
            Some(span) => self.fault(span, path, error.message()),
            None => Fault::of_file(path, error.message()),
        }
    }
}
