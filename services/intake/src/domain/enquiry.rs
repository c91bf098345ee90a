//! Enquiries about the guide (§8), sorted and answered by ordered rules.

use chrono::{DateTime, Utc};
use rogatory_names::EnquiryId;
use rogatory_rulebook::{Citation, Confirmation, Effect, Fault, Finding, Source, Spanned};
use serde::{Deserialize, Serialize};

use super::opaque;

/// Defines an enum that rule files spell in snake case and columns and facts in the schema's words.
macro_rules! spelt {
    ($(#[$doc:meta])* $type:ident { $($(#[$value_doc:meta])* $value:ident = $file:literal, $word:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub enum $type {
            $($(#[$value_doc])* #[serde(rename = $file)] $value,)+
        }

        impl $type {
            /// Every value, in the order of the schema.
            pub const ALL: &'static [Self] = &[$(Self::$value),+];

            /// The schema's word, without the prefix.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$value => $word),+ }
            }
        }
    };
}

spelt! {
    /// What an enquiry is about.
    Subject {
        /// A general question about the guide.
        General = "general", "GENERAL";
        /// An attempt to serve papers on the enquiry address.
        ServiceAttempt = "service_attempt", "SERVICE_ATTEMPT";
        /// About a specific Request, User Information or Platform.
        SpecificRequest = "specific_request", "SPECIFIC_REQUEST";
        /// A suspected infringement of intellectual property rights.
        Ipr = "ipr", "IPR";
        /// Customer service.
        CustomerService = "customer_service", "CUSTOMER_SERVICE";
        /// Impertinent.
        Impertinent = "impertinent", "IMPERTINENT";
    }
}

spelt! {
    /// What becomes of an enquiry.
    EnquiryState {
        /// A person answers it.
        Open = "open", "OPEN";
        /// Sent elsewhere by rule.
        Redirected = "redirected", "REDIRECTED";
        /// Not answered.
        Unanswered = "unanswered", "UNANSWERED";
    }
}

/// An enquiry with what was made of it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Enquiry {
    /// Its id.
    pub id: EnquiryId,
    /// Who asks. Sensitive, as are subject line and text.
    pub sender: String,
    /// Subject line.
    pub subject_line: String,
    /// The text.
    pub body: String,
    /// What it is about.
    pub subject: Subject,
    /// What becomes of it.
    pub state: EnquiryState,
    /// Key of the rule that sorted it.
    pub rule: String,
    /// What is written back; empty when nothing is.
    pub answer: String,
    /// Why.
    pub findings: Vec<Finding>,
    /// Who sent it in.
    pub submitter: String,
    /// When it was received.
    pub create_time: DateTime<Utc>,
}

opaque!(Enquiry);

/// Where answers send people. The guide's own links are placeholders in the text that the rules were written from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    /// Where infringements of intellectual property rights are reported.
    pub ipr: Option<String>,
    /// The customer-service page.
    pub customer_service: Option<String>,
}

/// The rules, checked.
#[derive(Debug, Clone)]
pub struct EnquiryRules {
    title: String,
    confirmation: Confirmation,
    address: String,
    unset_link: String,
    rules: Vec<Rule>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    key: String,
    subject: Subject,
    state: EnquiryState,
    code: String,
    effect: Effect,
    sentence: String,
    sections: Vec<String>,
    phrases: Vec<String>,
    answer: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    title: String,
    confirmation: Confirmation,
    address: String,
    unset_link: String,
    rule: Vec<Spanned<Rule>>,
}

impl EnquiryRules {
    /// Reads the rules.
    ///
    /// # Errors
    /// Every fault with its line: a key twice, a rule that cites nothing or that never applies, a last rule that does not
    /// take what is left, an answer that does not fit the state.
    pub fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        let source = Source::new(text);
        let file: File = source.read()?;
        let mut faults = Vec::new();
        let last = file.rule.len().saturating_sub(1);
        for (index, spanned) in file.rule.iter().enumerate() {
            let rule = spanned.get_ref();
            let mut fault = |field: &str, text: &str| {
                faults.push(source.fault(spanned.span(), format!("rule[{index}].{field}"), text));
            };
            if file.rule.iter().take(index).any(|other| other.get_ref().key == rule.key) {
                fault("key", "stands twice");
            }
            if rule.sections.is_empty() {
                fault("sections", "names no section of the guide");
            }
            if rule.phrases.is_empty() != (index == last) {
                fault("phrases", "every rule but the last needs phrases, and the last takes what is left");
            }
            if rule.phrases.iter().any(|phrase| normal(phrase).trim().is_empty()) {
                fault("phrases", "has a phrase without a word");
            }
            if rule.answer.is_empty() != (rule.state == EnquiryState::Unanswered) {
                fault("answer", "an unanswered enquiry has no answer, and every other has one");
            }
        }
        if file.rule.is_empty() {
            faults.push(Fault::of_file("rule", "there is no rule"));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(Self {
            title: file.title,
            confirmation: file.confirmation,
            address: file.address,
            unset_link: file.unset_link,
            rules: file
                .rule
                .into_iter()
                .map(Spanned::into_inner)
                .map(|mut rule| {
                    rule.phrases = rule.phrases.iter().map(|phrase| normal(phrase)).collect();
                    rule
                })
                .collect(),
        })
    }

    /// Sorts and answers an enquiry by the first rule that fits.
    #[must_use]
    pub fn sort(
        &self,
        asked: Asked,
        links: &Links,
        id: EnquiryId,
        submitter: String,
        now: DateTime<Utc>,
    ) -> Option<Enquiry> {
        let text = normal(&format!("{}\n{}", asked.subject_line, asked.body));
        let fits = |rule: &&Rule| rule.phrases.is_empty() || rule.phrases.iter().any(|phrase| text.contains(phrase));
        // `parse` made sure that the last rule takes what is left.
        let rule = self.rules.iter().find(fits)?;
        let link = |link: &Option<String>| link.clone().unwrap_or_else(|| self.unset_link.clone());
        let answer = rule
            .answer
            .replace("{sender_address}", &self.address)
            .replace("{ipr_link}", &link(&links.ipr))
            .replace("{customer_service_link}", &link(&links.customer_service));
        let finding = Finding::technical(rule.code.clone(), rule.effect, rule.sentence.clone())
            .citing(rule.sections.iter().map(|section| self.cite(section)));
        Some(Enquiry {
            id,
            sender: asked.sender,
            subject_line: asked.subject_line,
            body: asked.body,
            subject: rule.subject,
            state: rule.state,
            rule: rule.key.clone(),
            answer,
            findings: vec![finding],
            submitter,
            create_time: now,
        })
    }

    fn cite(&self, section: &str) -> Citation {
        Citation {
            document: self.title.clone(),
            revision: None,
            section: section.to_owned(),
            confirmation: self.confirmation,
            source: Some(format!("{}, {section}", self.title)),
        }
    }
}

/// What was asked, by whom.
#[derive(Clone, PartialEq, Eq)]
pub struct Asked {
    /// Who asks.
    pub sender: String,
    /// Subject line.
    pub subject_line: String,
    /// The text.
    pub body: String,
}

opaque!(Asked);

/// The words of a text in lower case, with one space between them and one at each end, so that a phrase is found only as
/// whole words.
fn normal(text: &str) -> String {
    let mut words = String::from(" ");
    for word in text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()) {
        words.extend(word.chars().flat_map(char::to_lowercase));
        words.push(' ');
    }
    words
}
