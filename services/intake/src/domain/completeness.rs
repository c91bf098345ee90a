//! Is everything there that the guide requires? Every deficiency is told at once, each with its cure.

use rogatory_rulebook::{Citation, InstrumentKind};
use serde::{Deserialize, Serialize};

use super::{
    document::DocumentKind,
    request::{Particulars, Target},
    requirements::{Requirements, Test},
};

/// Something required that is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deficiency {
    /// Stable code: `SIGNED_COPY_MISSING`.
    pub code: String,
    /// Key of the required item: `signed-copy`.
    pub item: String,
    /// Path of the field that cures it.
    pub field: String,
    /// What is missing.
    pub sentence: String,
    /// How to cure it.
    pub cure: String,
    /// Where it is required.
    pub citations: Vec<Citation>,
}

/// Every deficiency of what an agency wrote, in the order of the guide.
#[must_use]
pub fn deficiencies(particulars: &Particulars, requirements: &Requirements) -> Vec<Deficiency> {
    let mut found = Vec::new();
    for item in requirements.of(particulars.emergency.is_some()) {
        for check in &item.check {
            for field in unmet(particulars, check.test, &check.field) {
                found.push(Deficiency {
                    code: check.code.clone(),
                    item: item.key.clone(),
                    field,
                    sentence: check.sentence.clone(),
                    cure: check.cure.clone(),
                    citations: vec![requirements.cite(&item.section, &item.heading)],
                });
            }
        }
    }
    found
}

/// The paths of the fields in which a test is not met; none when it is.
fn unmet(particulars: &Particulars, test: Test, field: &str) -> Vec<String> {
    let officer = &particulars.requester.officer;
    let emergency = particulars.emergency.as_ref();
    let attached = |kind| particulars.documents.iter().any(|document| document.kind == kind);
    let met = match test {
        Test::TargetIdentified => {
            return each(field, particulars.targets.iter().map(Target::is_identified));
        }
        Test::Timeframe => {
            return each(field, particulars.items.iter().map(|item| item.window.is_some()));
        }
        Test::BindingInstrument => match particulars.instrument.kind {
            // Essential, and asked for as such; saying it twice would not help.
            None => true,
            Some(kind) => !matches!(kind, InstrumentKind::Informal | InstrumentKind::EmergencyForm),
        },
        Test::ProcessNamed => {
            particulars.instrument.kind != Some(InstrumentKind::OtherProcess) || particulars.instrument.title.is_some()
        }
        Test::SignedCopy => attached(DocumentKind::SignedRequest),
        Test::OfficerName => officer.display_name.is_some(),
        Test::OfficerEmail => officer.email.is_some(),
        Test::OfficerPhone => officer.phone.is_some(),
        Test::OfficerAddress => officer.postal_address.is_some(),
        Test::Credentials => {
            attached(DocumentKind::Credential)
                || (officer.credential_kind.is_some()
                    && officer.credential_number.is_some()
                    && officer.credential_issuer.is_some())
        }
        Test::ItemsDescribed => !particulars.items.is_empty(),
        Test::NatureStated => particulars.nature_of_investigation.is_some(),
        Test::GroundsRecited => particulars.legal_grounds.is_some(),
        Test::ThreatStated => emergency.is_some_and(|form| form.threat.is_some()),
        Test::UrgencyStated => emergency.is_some_and(|form| form.urgency.is_some()),
        Test::FormCompleted => emergency.is_some_and(|form| form.form_completed),
        Test::FollowUpPromised => emergency.is_some_and(|form| form.follow_up_promised),
    };
    if met { Vec::new() } else { vec![field.to_owned()] }
}

/// `targets` becomes `targets[3]`, `items.window` becomes `items[3].window`.
fn each(field: &str, met: impl Iterator<Item = bool>) -> Vec<String> {
    let (list, rest) = field.split_once('.').map_or((field, String::new()), |(list, rest)| (list, format!(".{rest}")));
    met.enumerate().filter(|(_, met)| !met).map(|(index, _)| format!("{list}[{index}]{rest}")).collect()
}
