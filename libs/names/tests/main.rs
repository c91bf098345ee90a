//! What every id promises, shown on two kinds (the macro makes all of them the same way).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

use proptest::prelude::*;
use rogatory_names::{GuideRevisionId, PolicyRevisionId, RequestId};
use uuid::Uuid;

/// Any UUID of version 7.
fn v7() -> impl Strategy<Value = Uuid> {
    any::<u128>().prop_map(|bits| {
        let bits = bits & !(0xf << 76) & !(0x3 << 62);
        Uuid::from_u128(bits | (0x7 << 76) | (0x2 << 62))
    })
}

proptest! {
    #[test]
    fn every_id_reads_back_from_each_of_its_spellings(uuid in v7()) {
        let id = RequestId::from_uuid(uuid).unwrap();
        prop_assert_eq!(id.to_string().parse::<RequestId>().unwrap(), id);
        prop_assert_eq!(RequestId::parse_name(&id.name()).unwrap(), id);
        let json = serde_json::to_string(&id).unwrap();
        prop_assert_eq!(serde_json::from_str::<RequestId>(&json).unwrap(), id);
        prop_assert_eq!(id.to_string().len(), "req_".len() + 32);
    }

    #[test]
    fn any_text_is_read_or_refused_and_the_refusal_is_short_and_printable(text in "(?s).{0,200}") {
        for refusal in [text.parse::<RequestId>().err(), RequestId::parse_name(&text).err()].into_iter().flatten() {
            let said = refusal.to_string();
            prop_assert!(said.len() < 200);
            prop_assert!(said.bytes().all(|b| b == b' ' || b.is_ascii_graphic()));
        }
    }
}

#[test]
fn there_is_one_spelling() {
    let id = RequestId::new();
    let digits = id.uuid().simple().to_string();
    for wrong in [
        digits.clone(),
        format!("ver_{digits}"),
        format!("req_{}", digits.to_uppercase()),
        format!("req_{}", id.uuid()),
        format!("req_{digits}0"),
        format!(" req_{digits}"),
        format!("req_{}", Uuid::new_v4().simple()),
        String::new(),
    ] {
        wrong.parse::<RequestId>().expect_err(&wrong);
        RequestId::parse_name(&format!("requests/{wrong}")).expect_err(&wrong);
    }
}

#[test]
fn revisions_of_two_kinds_share_a_prefix_but_not_a_name() {
    let name = GuideRevisionId::new().name();
    assert!(name.starts_with("guideRevisions/rev_"));
    PolicyRevisionId::parse_name(&name).unwrap_err();
}

#[test]
fn later_ids_sort_later() {
    let made: Vec<RequestId> = (0..1000).map(|_| RequestId::new()).collect();
    assert!(made.is_sorted());
}
