//! One spelling for each word, in rule files, in stored decisions and in text.

use proptest::prelude::*;
use rogatory_rulebook::{
    AuthorityKind, Citation, Confirmation, DataClass, Digest, Effect, Finding, InstrumentKind, MatterType, State,
};

macro_rules! round_trip {
    ($($type:ident)+) => {
        $(for word in $type::ALL {
            assert_eq!(word.to_string().parse::<$type>().unwrap(), *word);
            assert_eq!(serde_json::to_string(word).unwrap(), format!("\"{word}\""));
            assert_eq!(serde_json::from_str::<$type>(&format!("\"{word}\"")).unwrap(), *word);
        }
        assert!("".parse::<$type>().is_err());)+
    };
}

#[test]
fn words_read_back() {
    round_trip!(AuthorityKind InstrumentKind MatterType DataClass Confirmation Effect State);
    assert_eq!(
        "sea".parse::<MatterType>().unwrap_err().to_string(),
        "not a known matter type; known are criminal, civil_commercial, administrative"
    );
}

#[test]
fn only_a_technical_finding_has_no_citation() {
    let citation = Citation {
        document: "AliExpress Law Enforcement Guide".to_owned(),
        revision: None,
        section: "§2".to_owned(),
        confirmation: Confirmation::Confirmed,
        source: None,
    };
    let finding = Finding::new("CONTACT_BY_RESIDENCE", Effect::Permits, "The users reside there.", citation.clone())
        .citing([citation]);
    assert_eq!(finding.citations().len(), 2);
    assert!(!finding.is_technical());
    let json = serde_json::to_string(&finding).unwrap();
    assert_eq!(serde_json::from_str::<Finding>(&json).unwrap(), finding);
    assert!(Finding::technical("PEER_DOWN", Effect::Holds, "Billing does not answer.").is_technical());
}

proptest! {
    #[test]
    fn a_digest_reads_back(bytes in any::<[u8; 32]>()) {
        let digest = Digest::from_bytes(bytes);
        prop_assert_eq!(digest.to_string().parse::<Digest>().unwrap(), digest);
        prop_assert!(digest.to_string().to_uppercase().parse::<Digest>().is_err());
    }
}

#[test]
fn a_digest_is_sha_256() {
    assert_eq!(
        Digest::of("abc").to_string(),
        "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
}
