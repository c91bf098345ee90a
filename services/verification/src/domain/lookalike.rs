//! Domains that are made to resemble a registered one: a letter more or less, letters of other scripts that look the same
//! (Unicode Technical Standard #39), Punycode, the registered name as a part of a longer one.
//!
//! A sender's domain is compared with a hundred thousand registered ones in less than a millisecond: [`Registered`] keeps
//! their labels as they are read, sorted by length, and passes over those made of other letters.

use std::collections::{BTreeMap, HashMap, HashSet};

use rapidfuzz::distance::osa;

use super::{
    domain_match::{imitated_labels, own_label},
    rules::Lookalike,
};

/// Whether `sender`, which is not `registered` nor below it, is made to resemble it.
#[must_use]
pub fn resembles(sender: &str, registered: &str, rule: &Lookalike) -> bool {
    let mut one = Registered::default();
    one.add(registered);
    one.resembled_by(sender, rule).is_some()
}

/// A label as it is read: decoded from Punycode, and in the shape that the eye takes in.
#[derive(Debug)]
struct Label {
    /// As a reader sees it, lower case.
    plain: Box<str>,
    /// With every letter replaced by the one that it looks like: `pоlice` and `p0lice` both as `police`.
    shape: Box<str>,
}

impl Label {
    fn of(label: &str) -> Self {
        // What is no Punycode although it begins so is left as it is written.
        let (plain, _) = idna::domain_to_unicode(label);
        let plain = plain.to_lowercase();
        let shape = unicode_security::skeleton(&plain).collect::<String>().to_lowercase();
        Self { plain: plain.into(), shape: shape.into() }
    }

    /// The forms in which it is compared.
    fn forms(&self) -> [&str; 2] {
        [&self.plain, &self.shape]
    }
}

/// A sender's label, ready to be compared with many.
struct Imitation {
    label: Label,
    compare: [osa::BatchComparator<char>; 2],
}

impl Imitation {
    fn of(label: &str) -> Self {
        let label = Label::of(label);
        let compare = label.forms().map(|form| osa::BatchComparator::new(form.chars()));
        Self { label, compare }
    }

    fn resembles(&self, known: &Label, rule: &Lookalike) -> bool {
        if self.label.shape == known.shape && self.label.plain != known.plain {
            return true;
        }
        let length = known.plain.chars().count();
        let edits = if length < rule.short_below { rule.edits_short } else { rule.edits };
        let near = |(mine, its): (&osa::BatchComparator<char>, &str)| {
            mine.distance_with_args(its.chars(), &osa::Args::default().score_cutoff(edits)).is_some()
        };
        length >= rule.shortest && self.compare.iter().zip(known.forms()).any(near)
    }
}

/// The registered domains, sorted so that the one which a sender's is made to resemble is found at once.
#[derive(Debug, Default)]
pub struct Registered {
    domains: Vec<Box<str>>,
    known: HashSet<Box<str>>,
    /// By the shape of the domain with its dots written as hyphens.
    dashed: HashMap<Box<str>, u32>,
    /// The labels that others imitate, each with its domain.
    labels: Vec<(Label, u32)>,
    /// The forms of the labels by their length: which letters are in each, and of which label it is.
    forms: BTreeMap<usize, Vec<(u64, u32)>>,
}

impl Registered {
    /// Adds a domain; one that is there already changes nothing.
    pub fn add(&mut self, domain: &str) {
        let (Ok(place), Ok(mut index)) = (u32::try_from(self.domains.len()), u32::try_from(self.labels.len())) else {
            return;
        };
        if !self.known.insert(domain.into()) {
            return;
        }
        self.domains.push(domain.into());
        self.dashed.entry(Label::of(&domain.replace('.', "-")).shape).or_insert(place);
        for label in imitated_labels(domain).map(Label::of) {
            for form in label.forms() {
                self.forms.entry(form.chars().count()).or_default().push((letters(form), index));
            }
            self.labels.push((label, place));
            index += 1;
        }
    }

    /// A registered domain which `sender`, that belongs to nobody, is made to resemble.
    #[must_use]
    pub fn resembled_by(&self, sender: &str, rule: &Lookalike) -> Option<&str> {
        // `fbi.gov.example.com`: the registered name as a part of a longer one.
        if let Some(part) = parts(sender).find_map(|part| self.known.get(part)) {
            return Some(part);
        }
        let imitation = Imitation::of(own_label(sender)?);
        // `fbi-gov.com`: the registered name with its dots written otherwise.
        let dashed = self.dashed.get(&imitation.label.shape).copied();
        let place = dashed.or_else(|| self.imitated(&imitation, rule))?;
        self.domains.get(place as usize).map(Box::as_ref)
    }

    fn imitated(&self, imitation: &Imitation, rule: &Lookalike) -> Option<u32> {
        let edits = rule.edits.max(rule.edits_short);
        for form in imitation.label.forms() {
            let (length, mine) = (form.chars().count(), letters(form));
            let near = self.forms.range(length.saturating_sub(edits)..=length + edits).flat_map(|(_, forms)| forms);
            // An edit takes one letter away and adds another at most.
            let close = near.filter(|(its, _)| (mine ^ its).count_ones() as usize <= 2 * edits);
            for (label, place) in close.filter_map(|(_, index)| self.labels.get(*index as usize)) {
                if imitation.resembles(label, rule) {
                    return Some(*place);
                }
            }
        }
        None
    }
}

/// Which letters are in a label, one bit for each of those that most labels are made of, the rest shared by all others.
fn letters(label: &str) -> u64 {
    let bit = |letter: char| match letter {
        'a'..='z' => letter as u32 - 'a' as u32,
        '0'..='9' => 26 + (letter as u32 - '0' as u32),
        other => 36 + other as u32 % 28,
    };
    label.chars().fold(0, |set, letter| set | 1_u64 << bit(letter))
}

/// Everything in a domain that may be a domain of its own with something after it: of `fbi.gov.example.com` also
/// `fbi.gov`, `gov.example`. A domain has 127 labels at most, and a registered one rarely more than five.
fn parts(domain: &str) -> impl Iterator<Item = &str> {
    const MOST_LABELS: usize = 8;
    let starts = std::iter::once(0).chain(domain.match_indices('.').map(|(dot, _)| dot + 1));
    starts.flat_map(move |start| {
        let rest = domain.get(start..).unwrap_or_default();
        rest.match_indices('.').take(MOST_LABELS).filter_map(move |(end, _)| rest.get(..end))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use proptest::prelude::*;

    use super::*;

    const RULE: Lookalike = Lookalike { shortest: 3, short_below: 6, edits_short: 1, edits: 2 };

    const ALIKE: [(&str, &str); 15] = [
        ("fb1.com", "fbi.gov"),
        ("fbi.com", "fbi.gov"),
        ("fbi-gov.com", "fbi.gov"),
        ("fbi.gov.example.com", "fbi.gov"),
        ("mail.fbi.gov.example.com", "fbi.gov"),
        ("bundespolizie.de", "bundespolizei.de"),
        ("bundespo1izei.de", "bundespolizei.de"),
        ("politie-nl.com", "politie.nl"),
        ("polítie.nl", "politie.nl"),
        // Cyrillic letters, as they are read and as they are sent.
        ("роlitie.nl", "politie.nl"),
        ("xn--litie-iyen.nl", "politie.nl"),
        // Two letters that look like one.
        ("rnet.example", "met.police.uk"),
        ("0m.nl", "om.nl"),
        ("gendarmerie.example", "gendarmerie.interieur.gouv.fr"),
        ("p0lice-sampleton.com", "police-sampleton.example"),
    ];

    #[test]
    fn lookalikes() {
        let mut registered = Registered::default();
        ALIKE.iter().for_each(|(_, known)| registered.add(known));
        for (sender, known) in ALIKE {
            assert!(resembles(sender, known, &RULE), "{sender} {known}");
            assert!(registered.resembled_by(sender, &RULE).is_some(), "{sender}");
        }
        for (sender, known) in [
            ("example.com", "fbi.gov"),
            ("on.nl", "om.nl"),
            ("om.com", "om.nl"),
            ("city-police.example", "police.gov.sg"),
        ] {
            assert!(!resembles(sender, known, &RULE), "{sender} {known}");
        }
    }

    proptest! {
        /// The sorting leaves nothing out that the distance to every label would find.
        #[test]
        fn nothing_is_left_out(
            known in proptest::collection::vec("[a-c0m1l]{1,7}(\\.[ab]{2})?\\.(com|nl|gov\\.uk)", 1..20),
            sender in "([a-c]{1,3}\\.)?[a-c0m1lо]{1,8}(\\.[ab]{2})?\\.(com|nl|gov\\.uk)",
        ) {
            let mut registered = Registered::default();
            known.iter().for_each(|domain| registered.add(domain));
            let label = Label::of(own_label(&sender).unwrap_or_default());
            let near = |known: &Label| {
                let length = known.plain.chars().count();
                let edits = if length < RULE.short_below { RULE.edits_short } else { RULE.edits };
                let forms = label.forms().into_iter().zip(known.forms());
                length >= RULE.shortest
                    && forms.into_iter().any(|(mine, its)| osa::distance(mine.chars(), its.chars()) <= edits)
            };
            let any = known.iter().any(|domain| imitated_labels(domain).map(Label::of).any(|known| near(&known)));
            prop_assert!(!any || registered.resembled_by(&sender, &RULE).is_some(), "{} {:?}", sender, known);
        }
    }
}
