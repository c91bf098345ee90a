//! Who signed: keys, algorithms, chains.

use rcgen::{BasicConstraints, CustomExtension, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose};

use super::{
    Case,
    authority::{Authority, CLERK, Hash, Key, ROOT, Signer, authority, person, root_only, trusting},
    check,
    workshop::{Recipe, signed_pdf},
};

const TRUSTED: &[super::Expected] = &[("INTACT", "TRUSTED", true)];

#[test]
fn every_kind_of_key_is_examined() {
    let sign = |key: Key| Recipe::of(&ROOT.signer(key));
    let with = |key: Key, change: fn(&mut Recipe)| {
        let mut recipe = sign(key);
        change(&mut recipe);
        signed_pdf(&recipe)
    };
    check(
        &root_only(),
        [
            Case::new("RSA-2048, SHA-256", with(Key::rsa2048(), |_| ()), "SIGNED_TRUSTED", TRUSTED),
            Case::new("RSA-2048, SHA-512", with(Key::rsa2048(), |r| r.hash = Hash::Sha512), "SIGNED_TRUSTED", TRUSTED),
            Case::new("RSA-2048, PSS", with(Key::rsa2048(), |r| r.pss = true), "SIGNED_TRUSTED", TRUSTED),
            Case::new("P-256, SHA-256", with(Key::p256(), |_| ()), "SIGNED_TRUSTED", TRUSTED),
            Case::new("P-256, SHA-384", with(Key::p256(), |r| r.hash = Hash::Sha384), "SIGNED_TRUSTED", TRUSTED),
            Case::new("P-384, SHA-384", with(Key::p384(), |_| ()), "SIGNED_TRUSTED", TRUSTED),
            Case::new("P-384, SHA-256", with(Key::p384(), |r| r.hash = Hash::Sha256), "SIGNED_TRUSTED", TRUSTED),
            Case::new("Ed25519", with(Key::ed25519(), |r| r.hash = Hash::Sha512), "SIGNED_TRUSTED", TRUSTED),
            Case::new(
                "by key identifier",
                with(Key::p256(), |r| r.by_key_identifier = true),
                "SIGNED_TRUSTED",
                TRUSTED,
            ),
            Case::new(
                "the name of the key for an algorithm",
                with(Key::p256(), |r| r.signature_oid = Some("1.2.840.10045.2.1")),
                "SIGNED_TRUSTED",
                TRUSTED,
            ),
        ],
    );
}

#[test]
fn what_proves_nothing_is_not_trusted() {
    let weak = &[("INTACT", "WEAK_ALGORITHM", true)];
    let unsupported = &[("UNSUPPORTED_ALGORITHM", "-", true)];
    let with = |key: Key, change: fn(&mut Recipe)| {
        let mut recipe = Recipe::of(&ROOT.signer(key));
        change(&mut recipe);
        signed_pdf(&recipe)
    };
    check(
        &root_only(),
        [
            Case::new("SHA-1, RSA", with(Key::rsa2048(), |r| r.hash = Hash::Sha1), "SIGNED_UNTRUSTED", weak),
            Case::new("SHA-1, P-256", with(Key::p256(), |r| r.hash = Hash::Sha1), "SIGNED_UNTRUSTED", weak),
            Case::new("RSA-1024", with(Key::rsa1024(), |_| ()), "SIGNED_UNTRUSTED", weak),
            Case::new(
                "MD5",
                with(Key::rsa2048(), |r| r.digest_oid = Some("1.2.840.113549.2.5")),
                "SIGNED_UNTRUSTED",
                unsupported,
            ),
            Case::new(
                "MD5 with RSA",
                with(Key::rsa2048(), |r| r.signature_oid = Some("1.2.840.113549.1.1.4")),
                "SIGNED_UNTRUSTED",
                unsupported,
            ),
            Case::new(
                "DSA",
                with(Key::p256(), |r| r.signature_oid = Some("2.16.840.1.101.3.4.3.2")),
                "SIGNED_UNTRUSTED",
                unsupported,
            ),
            Case::new(
                "RSA named for a key of a curve",
                with(Key::p256(), |r| r.signature_oid = Some("1.2.840.113549.1.1.11")),
                "SIGNED_UNTRUSTED",
                unsupported,
            ),
            Case::new(
                "two digests",
                with(Key::p256(), |r| r.signature_oid = Some("1.2.840.10045.4.3.4")),
                "SIGNATURE_BROKEN",
                &[("MALFORMED", "-", true)],
            ),
        ],
    );
}

#[test]
fn chains_lead_to_an_anchor_or_are_told_why_not() {
    let middle = ROOT.below(&authority("Court Authority"));
    let bottom = middle.below(&authority("District Authority"));
    let by = |authority: &Authority, chain: &[&Authority]| {
        let mut recipe = Recipe::of(&authority.signer(Key::p256()));
        recipe.chain = chain.iter().map(|authority| authority.cert.clone()).collect();
        signed_pdf(&recipe)
    };
    let below = |params: rcgen::CertificateParams| {
        let authority = ROOT.below(&params);
        by(&authority, &[&authority])
    };
    let p384_root = Authority::root(&authority("Throwaway Root 384"), &rcgen::PKCS_ECDSA_P384_SHA384);
    let ed_root = Authority::root(&authority("Throwaway Root Ed"), &rcgen::PKCS_ED25519);
    let impostor = Authority::root(&authority("Throwaway Root"), &rcgen::PKCS_ECDSA_P256_SHA256);
    let mut narrow = authority("Narrow Authority");
    narrow.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let narrow = ROOT.below(&narrow);
    let under_narrow = narrow.below(&authority("Too Low"));
    let mut expired = authority("Expired Authority");
    expired.not_after = rcgen::date_time_ymd(2025, 1, 1);
    let mut coming = authority("Coming Authority");
    coming.not_before = rcgen::date_time_ymd(2027, 1, 1);
    let mut no_issuer = authority("No Issuer");
    no_issuer.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    let mut unknown = authority("Unknown Condition");
    let mut condition = CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99999, 1], vec![0x05, 0x00]);
    condition.set_criticality(true);
    unknown.custom_extensions = vec![condition];
    let untrusted = &[("INTACT", "UNTRUSTED_ISSUER", true)];
    let not_for = &[("INTACT", "NOT_FOR_SIGNING", true)];
    check(
        &trusting(&[&ROOT.cert, &p384_root.cert, &ed_root.cert]),
        [
            Case::new("one between", by(&middle, &[&middle]), "SIGNED_TRUSTED", TRUSTED),
            Case::new("two between", by(&bottom, &[&bottom, &middle]), "SIGNED_TRUSTED", TRUSTED),
            Case::new("the root comes along", by(&middle, &[&ROOT, &middle]), "SIGNED_TRUSTED", TRUSTED),
            Case::new("one is missing", by(&bottom, &[&bottom]), "SIGNED_UNTRUSTED", untrusted),
            Case::new("a root of P-384", by(&p384_root, &[]), "SIGNED_TRUSTED", TRUSTED),
            Case::new("a root of Ed25519", by(&ed_root, &[]), "SIGNED_TRUSTED", TRUSTED),
            Case::new("another authority of the same name", by(&impostor, &[&impostor]), "SIGNED_UNTRUSTED", untrusted),
            Case::new("longer than allowed", by(&under_narrow, &[&under_narrow, &narrow]), "SIGNED_UNTRUSTED", not_for),
            Case::new("as long as allowed", by(&narrow, &[&narrow]), "SIGNED_TRUSTED", TRUSTED),
            Case::new("authority expired", below(expired), "SIGNED_UNTRUSTED", &[("INTACT", "EXPIRED", true)]),
            Case::new("authority not yet", below(coming), "SIGNED_UNTRUSTED", &[("INTACT", "NOT_YET_VALID", true)]),
            Case::new("authority may not issue", below(no_issuer), "SIGNED_UNTRUSTED", not_for),
            Case::new(
                "a condition unknown here",
                below(unknown),
                "SIGNED_UNTRUSTED",
                &[("INTACT", "NOT_UNDERSTOOD", true)],
            ),
            Case::new(
                "a person issues",
                {
                    let clerk = ROOT.below(&person("A clerk who issues"));
                    by(&clerk, &[&clerk])
                },
                "SIGNED_UNTRUSTED",
                not_for,
            ),
        ],
    );
    check(&super::TrustAnchors::default(), [Case::new("no anchors", by(&ROOT, &[]), "SIGNED_UNTRUSTED", untrusted)]);
}

#[test]
fn the_certificate_of_the_signer_has_to_be_for_this() {
    let by = |change: fn(&mut rcgen::CertificateParams)| {
        let mut params = person("Clerk Example");
        change(&mut params);
        let key = Key::p256();
        let cert = ROOT.certify(&params, &key);
        signed_pdf(&Recipe::of(&Signer { key, cert }))
    };
    let not_for = &[("INTACT", "NOT_FOR_SIGNING", true)];
    check(
        &root_only(),
        [
            Case::new(
                "expired",
                by(|params| params.not_after = rcgen::date_time_ymd(2026, 2, 28)),
                "SIGNED_UNTRUSTED",
                &[("INTACT", "EXPIRED", true)],
            ),
            Case::new(
                "not yet valid",
                by(|params| params.not_before = rcgen::date_time_ymd(2026, 3, 2)),
                "SIGNED_UNTRUSTED",
                &[("INTACT", "NOT_YET_VALID", true)],
            ),
            Case::new(
                "only for keys",
                by(|params| params.key_usages = vec![KeyUsagePurpose::KeyEncipherment]),
                "SIGNED_UNTRUSTED",
                not_for,
            ),
            Case::new(
                "an authority without key usage",
                by(|params| {
                    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
                    params.key_usages.clear();
                }),
                "SIGNED_UNTRUSTED",
                not_for,
            ),
            Case::new(
                "an authority for certificates",
                by(|params| {
                    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
                    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
                }),
                "SIGNED_UNTRUSTED",
                not_for,
            ),
            Case::new("no key usage at all", by(|params| params.key_usages.clear()), "SIGNED_TRUSTED", TRUSTED),
            Case::new(
                "for web servers",
                by(|params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth]),
                "SIGNED_UNTRUSTED",
                not_for,
            ),
            Case::new(
                "for mail",
                by(|params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::EmailProtection]),
                "SIGNED_TRUSTED",
                TRUSTED,
            ),
        ],
    );
    // A certificate may stand among the anchors itself; its time still counts.
    check(
        &trusting(&[&CLERK.cert]),
        [
            Case::new("pinned", signed_pdf(&Recipe::of(&CLERK)), "SIGNED_TRUSTED", TRUSTED),
            Case::new(
                "another of the same authority",
                signed_pdf(&Recipe::of(&ROOT.signer(Key::p256()))),
                "SIGNED_UNTRUSTED",
                &[("INTACT", "UNTRUSTED_ISSUER", true)],
            ),
        ],
    );
}

#[test]
fn who_signed_is_told_and_not_shown_to_logs() {
    let signed = signed_pdf(&Recipe::of(&CLERK));
    let found = super::examine(&signed, None, &root_only(), &super::Limits::default(), super::now());
    let signer = found.signatures[0].signer.as_ref().unwrap();
    assert_eq!(signer.subject.reveal(), "CN=Clerk Example");
    assert_eq!(signer.issuer.reveal(), "CN=Throwaway Root");
    assert_eq!(signer.fingerprint, rogatory_rulebook::Digest::of(&CLERK.cert));
    assert_eq!(found.signatures[0].claimed_time.unwrap().to_rfc3339(), "2026-01-01T00:00:00+00:00");
    let shown = format!("{found:?} {}", super::told(&found));
    assert!(!shown.contains("Clerk") && !shown.contains(signer.serial.reveal()), "{shown}");
    assert!(shown.contains("revocation was not checked"), "{shown}");
    let stored = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<super::Examined>(&stored).unwrap(), found);
}
