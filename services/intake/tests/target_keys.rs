//! By what verification knows a target again: never by what it is called.

use rogatory_intake::domain::target_key::TargetKey;

use crate::sample::{self, SECRET};

fn key(secret: &[u8]) -> TargetKey {
    TargetKey::new(secret).unwrap()
}

#[test]
fn a_target_has_the_same_digest_however_it_is_written_and_whoever_asks() {
    let key_of_all = key(&[7; 32]);
    let mut first = sample::particulars();
    first.targets[0].emails = vec!["Ann@Example.org".to_owned()];
    first.targets[0].phones = vec!["+1 (202) 555-0100".to_owned()];
    let mut second = sample::emergency();
    second.requester.agency_name = Some("Another".to_owned());
    second.targets[0] = sample::target("another-key");
    second.targets[0].names.clear();
    second.targets[0].emails = vec!["ann@example.org".to_owned()];
    second.targets[0].phones = vec!["0012025550100".to_owned()];
    let digests = key_of_all.digests(&first);
    assert_eq!(digests.len(), 3);
    assert_eq!(digests, key_of_all.digests(&second));
    assert!(digests.iter().all(|digest| digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit())));
    assert!(!format!("{digests:?} {key_of_all:?}").to_lowercase().contains("zyx"));
    // With another key, or on another platform, it is another target.
    assert!(digests.iter().all(|digest| !key(&[8; 32]).digests(&first).contains(digest)));
    second.platform = Some("other.example".to_owned());
    assert_ne!(digests[0], key_of_all.digests(&second)[0]);
}

#[test]
fn kinds_of_identifiers_are_not_mixed_up_and_there_is_an_end_to_them() {
    let key = key(&[7; 32]);
    let mut particulars = sample::particulars();
    particulars.targets[0].platform_ids = vec!["12025550100".to_owned()];
    particulars.targets[0].phones = vec!["12025550100".to_owned(), "no digits".to_owned(), "12025550100".to_owned()];
    assert_eq!(key.digests(&particulars).len(), 2);
    particulars.targets = (0..20).map(|index| sample::target(&format!("t{index}"))).collect();
    for (index, target) in particulars.targets.iter_mut().enumerate() {
        target.platform_ids = (0..100).map(|id| format!("{SECRET}-{index}-{id}")).collect();
    }
    assert_eq!(key.digests(&particulars).len(), 1_000);
}

#[test]
fn a_secret_that_is_too_short_is_none() {
    assert!(TargetKey::new(&[7; 31]).is_none());
    assert!(TargetKey::new(b"").is_none());
}
