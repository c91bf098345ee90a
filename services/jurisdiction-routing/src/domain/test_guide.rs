//! The shipped guide, as an operator would change it.

use rogatory_rulebook::Country;

/// The text of a guide.
pub(crate) struct GuideText(String);

impl GuideText {
    /// As it ships.
    pub(crate) fn shipped() -> Self {
        Self(crate::SHIPPED_GUIDE.to_owned())
    }

    /// With a contact whose country of incorporation is confirmed.
    pub(crate) fn incorporated(self, contact: &str, place: &str) -> Self {
        assert!(place.parse::<Country>().is_ok(), "{place} is a country");
        let at = self.0.find(&format!("[[contact]]\nkey = \"{contact}\"")).unwrap_or_else(|| panic!("no {contact}"));
        let (before, after) = self.0.split_at(at);
        let after = after
            .replacen("incorporation_country = \"\"", &format!("incorporation_country = \"{place}\""), 1)
            .replacen("incorporation_source = \"\"", "incorporation_source = \"register of companies, for a test\"", 1);
        Self(before.to_owned() + &after)
    }

    /// With an addressee of European orders.
    pub(crate) fn addressee(self, contact: &str) -> Self {
        let empty = "role = \"eu-addressee\"\ncontact = \"\"";
        assert!(self.0.contains(empty), "the addressee is not named yet");
        Self(self.0.replace(empty, &format!("role = \"eu-addressee\"\ncontact = \"{contact}\"")))
    }

    /// The text.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}
