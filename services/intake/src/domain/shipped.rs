//! The rules that intake is built with: the state graph, the required items, the letters and the enquiry rules.

use std::collections::BTreeMap;

use rogatory_rulebook::Fault;

use super::{
    enquiry::EnquiryRules,
    letter::{LetterKind, Letters},
    lifecycle::Graph,
    requirements::Requirements,
};

/// Every rule of intake, checked.
#[derive(Debug, Clone)]
pub struct Rules {
    /// The state graph.
    pub graph: Graph,
    /// The required items of each platform.
    pub requirements: BTreeMap<String, Requirements>,
    /// The letters.
    pub letters: Letters,
    /// How enquiries are sorted.
    pub enquiries: EnquiryRules,
}

impl Rules {
    /// Reads the files that the program was built with.
    ///
    /// # Errors
    /// Every fault of every file, each with the name of the file before its path.
    pub fn shipped() -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let graph = keep(&mut faults, "lifecycle/graph.toml", Graph::parse(include_str!("../../lifecycle/graph.toml")));
        let aliexpress = Requirements::parse(include_str!("../../requirements/aliexpress.toml"));
        let aliexpress = keep(&mut faults, "requirements/aliexpress.toml", aliexpress);
        let templates = [
            (LetterKind::Acknowledgement, include_str!("../../letters/acknowledgement.toml")),
            (LetterKind::Deficiency, include_str!("../../letters/deficiency.toml")),
            (LetterKind::Misdirected, include_str!("../../letters/misdirected.toml")),
            (LetterKind::OutOfScope, include_str!("../../letters/out_of_scope.toml")),
            (LetterKind::Held, include_str!("../../letters/held.toml")),
            (LetterKind::Rejected, include_str!("../../letters/rejected.toml")),
            (LetterKind::Outcome, include_str!("../../letters/outcome.toml")),
        ];
        let letters = Letters::parse(&templates, include_str!("../../letters/closing.toml"));
        let letters = keep(&mut faults, "letters", letters);
        let enquiries = EnquiryRules::parse(include_str!("../../enquiries/rules.toml"));
        let enquiries = keep(&mut faults, "enquiries/rules.toml", enquiries);
        match (graph, aliexpress, letters, enquiries) {
            (Some(graph), Some(aliexpress), Some(letters), Some(enquiries)) => {
                let requirements = BTreeMap::from([(aliexpress.platform().to_owned(), aliexpress)]);
                Ok(Self { graph, requirements, letters, enquiries })
            }
            _ => Err(faults),
        }
    }

    /// The required items of a platform; none when the platform is not one of intake's.
    #[must_use]
    pub fn requirements(&self, platform: &str) -> Option<&Requirements> {
        self.requirements.get(platform)
    }
}

fn keep<T>(faults: &mut Vec<Fault>, file: &str, read: Result<T, Vec<Fault>>) -> Option<T> {
    match read {
        Ok(value) => Some(value),
        Err(found) => {
            faults.extend(found.into_iter().map(|fault| Fault { path: format!("{file}: {}", fault.path), ..fault }));
            None
        }
    }
}
