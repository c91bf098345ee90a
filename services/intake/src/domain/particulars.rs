//! What an agency wrote, looked at as a whole: what is missing, what does not fit together, what stays when it is changed.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::request::{Essentials, MOST_LISTED, Particulars};

impl Particulars {
    /// What no filed request is without; none when some of it is missing.
    #[must_use]
    pub fn essentials(&self) -> Option<Essentials<'_>> {
        if self.targets.is_empty() {
            return None;
        }
        Some(Essentials {
            platform: self.platform.as_deref()?,
            agency_name: self.requester.agency_name.as_deref()?,
            authority_kind: self.requester.authority_kind?,
            country: self.requester.country?,
            instrument_kind: self.instrument.kind?,
            matter_type: self.matter_type?,
        })
    }

    /// Paths of the essentials that are missing, with what is wrong.
    #[must_use]
    pub fn missing_essentials(&self) -> Vec<(&'static str, &'static str)> {
        let country = "is required: a code of ISO 3166-1 (`HK`, `HKG`, `344`) or the English name (`Hong Kong`)";
        [
            (self.platform.is_none(), "platform", "is required"),
            (self.requester.agency_name.is_none(), "requester.agency_name", "is required"),
            (self.requester.authority_kind.is_none(), "requester.authority_kind", "is required"),
            (self.requester.country.is_none(), "requester.country", country),
            (self.instrument.kind.is_none(), "instrument.kind", "is required"),
            (self.matter_type.is_none(), "matter_type", "is required"),
            (self.targets.is_empty(), "targets", "needs at least one element"),
        ]
        .into_iter()
        .filter_map(|(missing, path, text)| missing.then_some((path, text)))
        .collect()
    }

    /// Whether the paper is dated after `receive_time`: a request cannot rest on what was not there when it came.
    #[must_use]
    pub fn rests_on_later_paper(&self, receive_time: DateTime<Utc>) -> bool {
        self.instrument.issue_time.is_some_and(|issued| issued > receive_time)
    }

    /// Keeps what the platform knew of each user of `before` who is still named under the same key. Of a user who is
    /// named otherwise nothing is known yet.
    pub fn keep_residence_evidence(&mut self, before: &Self) {
        for target in &mut self.targets {
            let same = before.targets.iter().find(|known| known.is_same_user(target));
            target.residence_evidence = same.map(|known| known.residence_evidence.clone()).unwrap_or_default();
        }
    }

    /// What does not fit together, as paths from the request with what is wrong: keys that stand twice, items about
    /// targets that are not there, and more to decide than one request may ask.
    #[must_use]
    pub fn inconsistencies(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        // An empty key was told as missing already.
        let keys = |keys: Vec<&String>, list: &str, key: &str, found: &mut Vec<(String, String)>| {
            let mut seen = BTreeSet::new();
            for (index, value) in keys.into_iter().enumerate() {
                if !value.is_empty() && !seen.insert(value) {
                    found.push((format!("{list}[{index}].{key}"), "stands twice".to_owned()));
                }
            }
        };
        keys(self.targets.iter().map(|target| &target.target_id).collect(), "targets", "target_id", &mut found);
        keys(self.items.iter().map(|item| &item.item_id).collect(), "items", "item_id", &mut found);

        let known: BTreeSet<&String> = self.targets.iter().map(|target| &target.target_id).collect();
        let mut asked = 0_usize;
        for (index, item) in self.items.iter().enumerate() {
            let mut seen = BTreeSet::new();
            for (at, target) in item.target_ids.iter().enumerate() {
                let path = || format!("items[{index}].target_ids[{at}]");
                if !known.contains(target) {
                    found.push((path(), "is not the key of a target of this request".to_owned()));
                } else if !seen.insert(target) {
                    found.push((path(), "stands twice".to_owned()));
                }
            }
            asked += if item.target_ids.is_empty() { self.targets.len() } else { item.target_ids.len() };
        }
        if asked > MOST_LISTED {
            let text = format!("ask for {asked} elements of targets together, at most {MOST_LISTED} are taken");
            found.push(("items".to_owned(), text));
        }
        found
    }
}
