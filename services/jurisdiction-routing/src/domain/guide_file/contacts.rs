//! The contacts of a guide file.

use std::{collections::HashSet, sync::Arc};

use rogatory_rulebook::Country;

use super::{
    Check,
    values::{NAME, SENTENCE, shown},
};
use crate::domain::{
    guide::{Contact, plain},
    guide_entries::{ContactEntry, List, Text},
};

impl Check<'_> {
    pub(super) fn contacts(&mut self, entries: &List<ContactEntry>) -> Vec<Arc<Contact>> {
        if entries.get_ref().is_empty() {
            self.fault(entries.span(), "contact", "there is no contact");
        }
        let mut contacts = Vec::new();
        let mut keys = HashSet::new();
        // Two contacts under one name would make it a matter of chance on which of them a Request was served.
        let mut names = HashSet::new();
        for (index, spanned) in entries.get_ref().iter().enumerate() {
            let (entry, path) = (spanned.get_ref(), format!("contact[{index}]"));
            let key = self.key(&entry.key, &format!("{path}.key"), &mut keys);
            let at = format!("{path}.legal_name");
            let legal_name = match entry.legal_name.as_ref().filter(|name| !name.get_ref().trim().is_empty()) {
                Some(name) => self.line(name, &at, NAME).map(|text| (name.span(), text)),
                None => {
                    let span = entry.legal_name.as_ref().map_or(spanned.span(), Text::span);
                    self.fault(span, at, format!("contact `{}` has no legal name", shown(&entry.key)));
                    None
                }
            };
            if let Some(key) = &key
                && !names.insert(plain(key))
            {
                self.fault(entry.key.span(), format!("{path}.key"), format!("`{key}` names another contact already"));
            }
            if let Some((span, name)) = &legal_name
                && !names.insert(plain(name))
            {
                self.fault(span.clone(), format!("{path}.legal_name"), format!("`{name}` names a contact already"));
            }
            let (incorporation, incorporation_source) = self.incorporation(entry, &path);
            let name_suggests = self.optional_country(entry.name_suggests.as_ref(), &format!("{path}.name_suggests"));
            // A contact with a fault is kept for the rows that name it, so that they do not get faults from it.
            contacts.push(Arc::new(Contact {
                key: entry.key.get_ref().clone(),
                legal_name: legal_name.map(|(_, name)| name).unwrap_or_default(),
                incorporation,
                incorporation_source,
                name_suggests,
            }));
        }
        contacts
    }

    /// A country of incorporation is a fact that somebody read somewhere.
    fn incorporation(&mut self, entry: &ContactEntry, path: &str) -> (Option<Country>, Option<String>) {
        let given = |text: &Option<Text>| text.clone().filter(|text| !text.get_ref().trim().is_empty());
        let (country, source) = (given(&entry.incorporation_country), given(&entry.incorporation_source));
        let (country_at, source_at) = (format!("{path}.incorporation_country"), format!("{path}.incorporation_source"));
        match (&country, &source) {
            (Some(country), None) => {
                let span = entry.incorporation_source.as_ref().map_or(country.span(), Text::span);
                self.fault(span, &source_at, "say who read the country of incorporation where and when");
            }
            (None, Some(source)) => {
                let span = entry.incorporation_country.as_ref().map_or(source.span(), Text::span);
                self.fault(span, &country_at, "there is a source and no country of incorporation");
            }
            _ => {}
        }
        let country = country.and_then(|country| self.country(&country, &country_at));
        let source = source.and_then(|source| self.line(&source, &source_at, SENTENCE));
        (country, source)
    }

    /// The contact of this key.
    pub(super) fn contact(&mut self, key: &Text, path: &str, contacts: &[Arc<Contact>]) -> Option<Arc<Contact>> {
        let found = contacts.iter().find(|contact| contact.key == *key.get_ref());
        if found.is_none() {
            self.fault(key.span(), path, format!("there is no contact `{}` in this file", shown(key)));
        }
        found.cloned()
    }
}
