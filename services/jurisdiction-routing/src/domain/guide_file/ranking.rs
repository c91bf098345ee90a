//! How evidence of a residence ranks.

use rogatory_rulebook::{ResidenceEvidenceKind, Spanned};

use super::Check;
use crate::domain::{
    guide_entries::{ResidenceEntry, Text, TierEntry},
    residence::{Contradicted, Ranking, Several, Tier},
};

impl Check<'_> {
    pub(super) fn ranking(&mut self, spanned: &Spanned<ResidenceEntry>) -> Option<Ranking> {
        let entry = spanned.get_ref();
        let section = self.section(&entry.section, "residence.section");
        let confirmation = self.word(&entry.confirmation, "residence.confirmation");
        let mut seen: Vec<ResidenceEvidenceKind> = Vec::new();
        let mut tiers: Vec<Tier> = Vec::new();
        for (index, tier) in entry.tier.iter().enumerate() {
            let path = format!("residence.tier[{index}]");
            if tier.get_ref().kinds.get_ref().is_empty() {
                self.fault(tier.get_ref().kinds.span(), format!("{path}.kinds"), "names no kind of evidence");
            }
            let kinds = self.new_words(tier.get_ref().kinds.get_ref(), &format!("{path}.kinds"), &mut seen);
            let decides = tier.get_ref().decides.as_ref().is_none_or(|decides| *decides.get_ref());
            if decides && tiers.last().is_some_and(|stronger| !stronger.decides) {
                self.fault(tier.span(), &path, "stands below a tier that does not decide: the strongest goes first");
            }
            let (several, contradicted) = if decides { self.conflicts(tier, &path) } else { self.silent(tier, &path) };
            tiers.push(Tier { kinds, decides, several, contradicted });
        }
        if !tiers.iter().any(|tier| tier.decides) {
            self.fault(spanned.span(), "residence.tier", "no tier decides where a user resides");
        }
        let missing = ResidenceEvidenceKind::ALL.iter().filter(|kind| !seen.contains(kind));
        let missing: Vec<String> = missing.map(|kind| format!("`{kind}`")).collect();
        if !missing.is_empty() {
            let description = format!("each kind of evidence has a rank; in no tier: {}", missing.join(", "));
            self.fault(spanned.span(), "residence.tier", description);
        }
        Some(Ranking { section: section?, confirmation: confirmation?, tiers })
    }

    /// A tier that decides says what becomes of a conflict.
    fn conflicts(&mut self, tier: &Spanned<TierEntry>, path: &str) -> (Several, Contradicted) {
        let entry = tier.get_ref();
        let mut stated = |word: &Option<Text>, key: &str, known: &str| {
            if word.is_none() {
                self.fault(tier.span(), format!("{path}.{key}"), format!("a tier that decides says {known}"));
            }
        };
        stated(&entry.several, "several", "`several = \"legs\"` or `\"hold\"`");
        stated(&entry.contradicted, "contradicted", "`contradicted = \"note\"` or `\"hold\"`");
        let several = entry.several.as_ref().and_then(|word| self.choice(word, &format!("{path}.several")));
        let contradicted =
            entry.contradicted.as_ref().and_then(|word| self.choice(word, &format!("{path}.contradicted")));
        (several.unwrap_or(Several::Hold), contradicted.unwrap_or(Contradicted::Hold))
    }

    /// A tier that does not decide has no conflicts to speak of.
    fn silent(&mut self, tier: &Spanned<TierEntry>, path: &str) -> (Several, Contradicted) {
        let entry = tier.get_ref();
        for (word, key) in [(&entry.several, "several"), (&entry.contradicted, "contradicted")] {
            if let Some(word) = word {
                self.fault(word.span(), format!("{path}.{key}"), "means nothing for a tier that does not decide");
            }
        }
        (Several::Hold, Contradicted::Note)
    }
}
