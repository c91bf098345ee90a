//! What a rule file must be able to do to become a revision.

use crate::Fault;

/// The rules in a file, read and checked: a guide, a policy pack, an agency registry, a fee schedule, clocks.
pub trait Rules: Sized + Send + Sync + 'static {
    /// The collection in which revisions of this kind are named, for example `guideRevisions`.
    const KIND: &'static str;

    /// Reads and checks a file.
    ///
    /// # Errors
    /// Every fault that was found, each with the place where it stands.
    fn parse(text: &str) -> Result<Self, Vec<Fault>>;

    /// The key of the document that the file revises, for example `aliexpress.com`.
    fn document(&self) -> &str;

    /// The title of the document.
    fn title(&self) -> &str;
}
