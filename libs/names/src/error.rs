//! What is said when a text is not the id or the name that was expected.

/// The most characters of a refused text that an error repeats.
const SHOWN: usize = 48;

/// A text is not an id or a resource name of the expected kind.
///
/// It repeats at most 48 characters of the text, with everything but printable ASCII replaced, so that it can stand in
/// a log line or in an answer whatever was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is not of the form `{expected}`")]
pub struct NameError {
    expected: &'static str,
    found: String,
}

impl NameError {
    pub(crate) fn new(expected: &'static str, text: &str) -> Self {
        let mut found: String =
            text.chars().take(SHOWN).map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' }).collect();
        if text.chars().nth(SHOWN).is_some() {
            found.push_str("...");
        }
        Self { expected, found }
    }

    /// The form that was expected, for example `requests/req_<32 hexadecimal digits>`.
    #[must_use]
    pub const fn expected(&self) -> &'static str {
        self.expected
    }
}
