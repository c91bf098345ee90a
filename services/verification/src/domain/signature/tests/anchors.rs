//! The file of anchors.

use super::{
    super::TrustAnchors,
    authority::{CLERK, Key, ROOT, Signer, pem, person},
};

#[test]
fn a_file_of_anchors_is_read_with_its_labels() {
    let text = format!("# Federal Court, recorded 2026-03-01\n{}\n\n{}", pem(&ROOT.cert), pem(&CLERK.cert));
    let anchors = TrustAnchors::read_pem(&text).unwrap();
    let told: Vec<_> = anchors.all().iter().map(|anchor| (anchor.label(), anchor.line())).collect();
    assert_eq!(told, [("Federal Court, recorded 2026-03-01", 2), ("CN=Clerk Example", 7)]);
    assert_eq!(anchors.all()[0].fingerprint(), rogatory_rulebook::Digest::of(&ROOT.cert));
    assert!(TrustAnchors::read_pem("# nobody is trusted\n").unwrap().all().is_empty());
}

#[test]
fn every_fault_is_told_with_its_place() {
    let weak = Key::rsa1024();
    let weak = Signer { cert: ROOT.certify(&person("Weak"), &weak), key: weak };
    let text = format!(
        "{root}{root}{weak}-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n\
         -----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n\
         -----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n\
         -----BEGIN CERTIFICATE-----\nAAAA\n",
        root = pem(&ROOT.cert),
        weak = pem(&weak.cert),
    );
    let faults = TrustAnchors::read_pem(&text).unwrap_err();
    let told: Vec<_> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "4:1: certificate[1]: is the certificate of line 1 once more",
            "7:1: certificate[2]: has a key that proves nothing: RSA of 1024 bits",
            "10:1: certificate[3]: is not Base64",
            "13:1: certificate[4]: is not an X.509 certificate in DER",
            "16:1: certificate[5]: a private key has no place among the anchors; take it out, and replace it",
            "18:1: certificate[5]: a private key has no place among the anchors; take it out, and replace it",
            "19:1: certificate[5]: has no `-----END CERTIFICATE-----`",
        ]
    );
}
