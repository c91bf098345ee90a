//! What a request must bring, as a file: the guide's required items, how each is tested, and how it is cured.

use rogatory_rulebook::{Citation, Confirmation, Fault, Source, Spanned};
use serde::Deserialize;

/// When an item is required.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// Of every request.
    Always,
    /// Of an ordinary one; in an emergency it may follow with the formal Request.
    Ordinary,
    /// In an emergency only.
    Emergency,
}

/// The questions that the service can ask of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// Is the paper one with legal force?
    BindingInstrument,
    /// Is other process named?
    ProcessNamed,
    /// Is there a signed copy?
    SignedCopy,
    /// Is the officer named?
    OfficerName,
    /// Is there an e-mail address?
    OfficerEmail,
    /// Is there a telephone number?
    OfficerPhone,
    /// Is there a physical address?
    OfficerAddress,
    /// Are there credentials?
    Credentials,
    /// Can each target be identified?
    TargetIdentified,
    /// Is anything asked for?
    ItemsDescribed,
    /// Has each item a timeframe?
    Timeframe,
    /// Is the nature of the investigation stated?
    NatureStated,
    /// Are the legal grounds recited?
    GroundsRecited,
    /// Is the threat stated?
    ThreatStated,
    /// Is the urgency stated?
    UrgencyStated,
    /// Was the form completed?
    FormCompleted,
    /// Is the formal Request promised?
    FollowUpPromised,
}

/// The required items of one platform.
#[derive(Debug, Clone)]
pub struct Requirements {
    platform: String,
    title: String,
    confirmation: Confirmation,
    items: Vec<Item>,
    follow_up: FollowUp,
}

/// One required item.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Its key: `signed-copy`.
    pub key: String,
    /// Where the guide requires it.
    pub section: String,
    /// Heading of that place.
    pub heading: String,
    /// When it is required.
    pub when: When,
    /// How it is tested.
    pub check: Vec<Check>,
}

/// One test of a required item.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// What is asked of the request.
    pub test: Test,
    /// Stable code of the deficiency.
    pub code: String,
    /// Path of the field that cures it; for a test of each element of a list, with the list as its first part.
    pub field: String,
    /// What is missing.
    pub sentence: String,
    /// How to cure it.
    pub cure: String,
}

/// What is owed after an emergency.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FollowUp {
    /// Stable code of the obligation.
    pub code: String,
    /// Where the guide says so.
    pub section: String,
    /// Heading of that place.
    pub heading: String,
    /// What is owed.
    pub sentence: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    document: String,
    title: String,
    confirmation: Confirmation,
    item: Vec<Spanned<Item>>,
    follow_up: FollowUp,
}

impl Requirements {
    /// Reads the file.
    ///
    /// # Errors
    /// Every fault with its line: a key or code that stands twice, an item without a check, a text that is empty, and
    /// a file that does not ask for all seven items.
    pub fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        const SEVEN: [&str; 7] = [
            "signed-copy",
            "contact-details",
            "credentials",
            "target-identification",
            "description-timeframe",
            "nature-of-investigation",
            "legal-grounds",
        ];
        let source = Source::new(text);
        let file: File = source.read()?;
        let mut faults = Vec::new();
        let mut codes: Vec<&str> = Vec::new();
        for (index, item) in file.item.iter().enumerate() {
            let path = format!("item[{index}]");
            let Item { key, section, check, .. } = item.get_ref();
            if file.item.iter().take(index).any(|other| other.get_ref().key == *key) {
                faults.push(source.fault(item.span(), format!("{path}.key"), "stands twice"));
            }
            if check.is_empty() || section.is_empty() {
                faults.push(source.fault(item.span(), &path, "needs a section and at least one check"));
            }
            for (at, check) in check.iter().enumerate() {
                let path = format!("{path}.check[{at}]");
                if codes.contains(&check.code.as_str()) {
                    faults.push(source.fault(item.span(), format!("{path}.code"), "stands twice"));
                }
                if [&check.code, &check.field, &check.sentence, &check.cure].iter().any(|text| text.trim().is_empty()) {
                    faults.push(source.fault(item.span(), &path, "code, field, sentence and cure must not be empty"));
                }
                codes.push(&check.code);
            }
        }
        for key in SEVEN {
            if !file.item.iter().any(|item| item.get_ref().key == key) {
                faults.push(Fault::of_file("item", format!("`{key}`, one of the seven required items, is missing")));
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(Self {
            platform: file.document,
            title: file.title,
            confirmation: file.confirmation,
            items: file.item.into_iter().map(Spanned::into_inner).collect(),
            follow_up: file.follow_up,
        })
    }

    /// The platform that they are for.
    #[must_use]
    pub fn platform(&self) -> &str {
        &self.platform
    }

    /// Title of the guide that requires them.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// What is owed after an emergency.
    #[must_use]
    pub const fn follow_up(&self) -> &FollowUp {
        &self.follow_up
    }

    /// The items that are required of a request.
    pub fn of(&self, emergency: bool) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(move |item| match item.when {
            When::Always => true,
            When::Ordinary => !emergency,
            When::Emergency => emergency,
        })
    }

    /// Cites a place of the guide. Intake does not hold the guide, so the citation names no revision.
    #[must_use]
    pub fn cite(&self, section: &str, heading: &str) -> Citation {
        Citation {
            document: self.title.clone(),
            revision: None,
            section: section.to_owned(),
            confirmation: self.confirmation,
            source: Some(format!("{}, {heading}", self.title)),
        }
    }
}
