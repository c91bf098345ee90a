use std::time::Duration;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use proptest::prelude::*;
use rogatory_disclosure::domain::{
    grant::{Grant, Permission},
    production::{Production, manifest_digest},
    token::{KeySet, LONGEST, Refusal, SignedGrant, SignedManifest, Signer, Token},
};
use rogatory_names::{GrantId, ProductionId, RequestId};
use rogatory_rulebook::Digest;
use serde_json::{Value, json};

use super::{day, grant::grant};

/// A private key of Ed25519 as PEM, made of a seed: as `openssl genpkey -algorithm ed25519` writes it.
pub(crate) fn ed25519(seed: [u8; 32]) -> String {
    let head = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    pem(&[&head[..], &seed].concat())
}

/// A private key of P-256 as PEM.
fn p256(secret: [u8; 32]) -> String {
    let algorithm = [
        0x30, 0x41, 2, 1, 0, 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d,
        3, 1, 7,
    ];
    let head = [4, 0x27, 0x30, 0x25, 2, 1, 1, 4, 0x20];
    pem(&[&algorithm[..], &head, &secret].concat())
}

fn pem(der: &[u8]) -> String {
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der))
}

fn signer(pem: &str) -> Signer {
    Signer::new(pem.as_bytes(), KeySet::default()).unwrap()
}

/// One signer of each kind, with its PEM.
fn signers() -> [(Signer, String); 2] {
    [ed25519([7; 32]), p256([7; 32])].map(|pem| (signer(&pem), pem))
}

fn parts(token: &str) -> [&str; 3] {
    token.split('.').collect::<Vec<_>>().try_into().unwrap()
}

fn decoded(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn encoded(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

/// The token with another header or other claims under the same signature.
fn altered(token: &str, header: impl FnOnce(&mut Value), claims: impl FnOnce(&mut Value)) -> String {
    let [first, second, signature] = parts(token);
    let (mut head, mut body) = (decoded(first), decoded(second));
    header(&mut head);
    claims(&mut body);
    format!("{}.{}.{signature}", encoded(&head), encoded(&body))
}

fn same(_: &mut Value) {}

/// A token of whatever is in it, signed by the key in `pem`.
fn signed(pem: &str, header: &Header, claims: &Value) -> String {
    let key = match header.alg {
        Algorithm::ES256 => EncodingKey::from_ec_pem(pem.as_bytes()),
        _ => EncodingKey::from_ed_pem(pem.as_bytes()),
    };
    jsonwebtoken::encode(header, claims, &key.unwrap()).unwrap()
}

fn check(keys: &KeySet, token: &str) -> Result<SignedGrant, Refusal> {
    keys.grant(token, day(11, 2))
}

fn production(grant: &Grant) -> Production {
    Production {
        id: ProductionId::new(),
        grant: grant.id,
        request: grant.request,
        files: Vec::new(),
        manifest_digest: manifest_digest(&[]),
        recorder: "person:warehouse".to_owned(),
        create_time: day(11, 2),
        signature: Token::default(),
    }
}

#[test]
fn a_token_says_what_the_grant_says() {
    for (signer, _) in signers() {
        let grant = grant();
        let token = signer.sign_grant(&grant).unwrap();
        assert_eq!(check(signer.key_set(), token.as_str()).unwrap().grant(), &grant);
        // And so does the set as it is published.
        let published = KeySet::read(&signer.key_set().to_json()).unwrap();
        assert_eq!(check(&published, token.as_str()).unwrap().grant(), &grant);
        let [_, claims, _] = parts(token.as_str());
        let claims = decoded(claims);
        assert_eq!(claims["jti"], grant.id.name());
        assert_eq!(claims["sub"], grant.request.name());
        assert_eq!(claims["permissions"][0]["window"]["end"], "2026-02-01T00:00:00Z");
        assert_eq!(claims["permissions"][2]["storage"], json!(["SG", "DE"]));
    }
}

#[test]
fn a_key_is_known_by_its_thumbprint() {
    // RFC 8037, A.1 to A.3.
    let seed = URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
    let signer = signer(&ed25519(seed.try_into().unwrap()));
    let set: Value = serde_json::from_str(&signer.key_set().to_json()).unwrap();
    assert_eq!(
        set,
        json!({"keys": [{
            "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA",
            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
            "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
        }]})
    );
}

#[test]
fn a_token_is_believed_from_its_issue_until_it_expires() {
    let [(signer, _), _] = signers();
    let token = signer.sign_grant(&grant()).unwrap();
    let micro = Duration::from_micros(1);
    let leeway = Duration::from_secs(5);
    let at = |now| signer.key_set().grant(token.as_str(), now).map(|_| ());
    assert_eq!(at(day(11, 1) - leeway), Ok(()));
    assert_eq!(at(day(11, 1) - leeway - micro), Err(Refusal::NotYetValid));
    assert_eq!(at(day(12, 1) - micro), Ok(()));
    assert_eq!(at(day(12, 1)), Err(Refusal::Expired));
    // Believed in time and used too late.
    let believed = check(signer.key_set(), token.as_str()).unwrap();
    let record = super::grant::record("target-1", "account-identity", None, "SG");
    assert!(believed.check(&record, day(12, 1) - micro).permitted);
    assert_eq!(believed.check(&record, day(12, 1)).finding.code(), "GRANT_EXPIRED");
    // A part of a second is cut off, never added.
    let odd = Grant { expire_time: day(11, 20) + Duration::from_millis(900), ..grant() };
    let token = signer.sign_grant(&odd).unwrap();
    assert_eq!(signer.key_set().grant(token.as_str(), day(11, 20)), Err(Refusal::Expired));
}

#[test]
fn what_was_not_signed_as_it_stands_is_refused() {
    for (signer, pem) in signers() {
        let keys = signer.key_set();
        let token = signer.sign_grant(&grant()).unwrap();
        let token = token.as_str();
        let claim = |name: &'static str, value: Value| altered(token, same, move |claims| claims[name] = value);
        let permission = |name: &'static str, value: Value| {
            altered(token, same, move |claims| claims["permissions"][0][name] = value)
        };
        let other = signer_of_other_key(&pem).sign_grant(&grant()).unwrap();
        let kid = decoded(parts(token)[0])["kid"].clone();
        let cases = [
            ("later expiry", Refusal::Signature, claim("exp", json!(4_000_000_000_i64))),
            ("another request", Refusal::Signature, claim("sub", json!(RequestId::new().name()))),
            ("another grant", Refusal::Signature, claim("jti", json!(GrantId::new().name()))),
            ("another purpose", Refusal::Signature, claim("purpose", json!("Anything."))),
            ("another user", Refusal::Signature, permission("target", json!("target-2"))),
            ("another element", Refusal::Signature, permission("element", json!("messages"))),
            ("another country", Refusal::Signature, permission("storage", json!(["CN"]))),
            ("no window", Refusal::Signature, permission("window", Value::Null)),
            ("another key", Refusal::UnknownKey, other.as_str().to_owned()),
            (
                "another key under this key's name",
                Refusal::Signature,
                altered(other.as_str(), |header| header["kid"] = kid.clone(), same),
            ),
            ("no key named", Refusal::UnknownKey, altered(token, |header| header["kid"] = Value::Null, same)),
            ("another kind", Refusal::Kind, altered(token, |header| header["typ"] = json!("JWT"), same)),
            ("something critical", Refusal::Malformed, altered(token, |header| header["crit"] = json!(["b64"]), same)),
            ("not signed", Refusal::Algorithm, altered(token, |header| header["alg"] = json!("none"), same)),
            (
                "not signed, and without a signature",
                Refusal::Algorithm,
                format!("{}.{}.", encoded(&json!({"alg": "none", "kid": kid.clone()})), parts(token)[1]),
            ),
            ("nothing", Refusal::Malformed, String::new()),
            ("two dots", Refusal::Malformed, "..".to_owned()),
            ("a fourth part", Refusal::Malformed, format!("{token}.{}", parts(token)[2])),
            ("a part before", Refusal::Malformed, format!("e30.{token}")),
            ("padding", Refusal::Malformed, format!("{token}==")),
            ("too long", Refusal::TooLong, format!("{token}{}", "A".repeat(LONGEST))),
        ];
        for (what, refusal, token) in cases {
            assert_eq!(check(keys, &token), Err(refusal), "{what}");
        }
        let signature = parts(signer.sign_grant(&grant()).unwrap().as_str())[2].to_owned();
        let [header, claims, _] = parts(token);
        assert_eq!(check(keys, &format!("{header}.{claims}.{signature}")), Err(Refusal::Signature), "of another grant");
        for length in 0..token.len() {
            assert!(check(keys, &token[..length]).is_err(), "cut to {length}");
        }
    }
}

fn signer_of_other_key(pem: &str) -> Signer {
    signer(&if pem == ed25519([7; 32]) { ed25519([8; 32]) } else { p256([8; 32]) })
}

/// Whoever knows a public key must not be able to sign with it.
#[test]
fn the_algorithm_is_that_of_the_key() {
    for (signer, _) in signers() {
        let keys = signer.key_set();
        let token = signer.sign_grant(&grant()).unwrap();
        let [header, claims, _] = parts(token.as_str());
        let (header, claims) = (decoded(header), decoded(claims));
        let kid = header["kid"].as_str().unwrap().to_owned();
        let set = keys.to_json();
        let jwk = serde_json::from_str::<Value>(&set).unwrap()["keys"][0].clone();
        let x = jwk["x"].as_str().unwrap();
        let raw = URL_SAFE_NO_PAD.decode(x).unwrap();
        let secrets = [set.as_bytes(), jwk.to_string().as_bytes(), x.as_bytes(), &raw].map(EncodingKey::from_secret);
        for secret in secrets {
            for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
                let header = Header {
                    kid: Some(kid.clone()),
                    typ: Some("rogatory-grant+jwt".to_owned()),
                    ..Header::new(algorithm)
                };
                let forged = jsonwebtoken::encode(&header, &claims, &secret).unwrap();
                assert_eq!(check(keys, &forged), Err(Refusal::Algorithm));
            }
        }
        let other = if header["alg"] == "EdDSA" { "ES256" } else { "EdDSA" };
        for algorithm in [other, "RS256", "PS256", "ES384", "eddsa", "NONE", ""] {
            let forged = altered(token.as_str(), |header| header["alg"] = json!(algorithm), same);
            assert_eq!(check(keys, &forged), Err(Refusal::Algorithm), "{algorithm}");
        }
    }
    // A key that the token brings along is nobody's.
    let [(signer, _), _] = signers();
    let forger = ed25519([9; 32]);
    let set: Value = serde_json::from_str(&self::signer(&forger).key_set().to_json()).unwrap();
    let claims = decoded(parts(signer.sign_grant(&grant()).unwrap().as_str())[1]);
    let header = |kid: &Value| Header {
        kid: kid.as_str().map(str::to_owned),
        typ: Some("rogatory-grant+jwt".to_owned()),
        jwk: serde_json::from_value(set["keys"][0].clone()).unwrap(),
        ..Header::new(Algorithm::EdDSA)
    };
    let own = signed(&forger, &header(&set["keys"][0]["kid"]), &claims);
    assert_eq!(check(signer.key_set(), &own), Err(Refusal::UnknownKey));
    let kid: Value = signer.key_set().ids().next().into();
    assert_eq!(check(signer.key_set(), &signed(&forger, &header(&kid), &claims)), Err(Refusal::Signature));
}

/// The key may sign other things, for others.
#[test]
fn what_the_key_signed_is_refused_where_it_does_not_say_what_a_grant_says() {
    for (signer, pem) in signers() {
        let token = signer.sign_grant(&grant()).unwrap();
        let [header, claims, _] = parts(token.as_str());
        let header: Header = serde_json::from_value(decoded(header)).unwrap();
        let claims = decoded(claims);
        assert!(check(signer.key_set(), &signed(&pem, &header, &claims)).is_ok());
        let with = |change: fn(&mut Value)| {
            let mut claims = claims.clone();
            change(&mut claims);
            check(signer.key_set(), &signed(&pem, &header, &claims))
        };
        assert_eq!(with(|claims| claims["iss"] = json!("another")), Err(Refusal::Issuer));
        assert_eq!(with(|claims| claims["only_on_paper"] = json!(true)), Err(Refusal::Claims));
        assert_eq!(with(|claims| claims["permissions"][0]["most"] = json!(5)), Err(Refusal::Claims));
        assert_eq!(with(|claims| claims["permissions"][0]["storage"] = json!(["EU"])), Err(Refusal::Claims));
        assert_eq!(with(|claims| claims["jti"] = json!("grants/1")), Err(Refusal::Claims));
        assert_eq!(with(|claims| claims["exp"] = json!("4000000000")), Err(Refusal::Claims));
        assert_eq!(with(|claims| claims["exp"] = json!(i64::MAX)), Err(Refusal::Claims));
        for name in ["iss", "jti", "sub", "decision", "purpose", "iat", "nbf", "exp", "permissions"] {
            let mut claims = claims.clone();
            claims.as_object_mut().unwrap().remove(name);
            let refused = check(signer.key_set(), &signed(&pem, &header, &claims));
            assert_eq!(refused, Err(Refusal::Claims), "{name}");
        }
    }
}

#[test]
fn a_manifest_is_signed_and_is_no_grant() {
    for (signer, _) in signers() {
        let keys = signer.key_set();
        let grant = grant();
        let production = production(&grant);
        let signature = signer.sign_manifest(&production).unwrap();
        assert_eq!(
            keys.manifest(signature.as_str()),
            Ok(SignedManifest {
                production: production.id,
                grant: grant.id,
                request: grant.request,
                manifest_digest: production.manifest_digest,
                files: 0,
                create_time: day(11, 2),
            })
        );
        assert_eq!(check(keys, signature.as_str()), Err(Refusal::Kind));
        assert_eq!(keys.manifest(signer.sign_grant(&grant).unwrap().as_str()), Err(Refusal::Kind));
        let digest = Digest::of("another").to_string();
        let forged = altered(signature.as_str(), same, |claims| claims["manifest_digest"] = json!(digest));
        assert_eq!(keys.manifest(&forged), Err(Refusal::Signature));
    }
}

#[test]
fn a_retired_key_still_checks_what_it_signed() {
    let [(old, _), (_, new)] = signers();
    let token = old.sign_grant(&grant()).unwrap();
    let changed = Signer::new(new.as_bytes(), old.key_set().clone()).unwrap();
    let ids: Vec<&str> = changed.key_set().ids().collect();
    assert_eq!((ids.len(), ids[1]), (2, old.key_set().ids().next().unwrap()));
    assert!(check(changed.key_set(), token.as_str()).is_ok());
    let newer = changed.sign_grant(&grant()).unwrap();
    assert_eq!(decoded(parts(newer.as_str())[0])["kid"], ids[0]);
    assert_eq!(check(old.key_set(), newer.as_str()), Err(Refusal::UnknownKey));
    // The key that signs may stand among the retired ones too.
    let again = Signer::new(new.as_bytes(), changed.key_set().clone()).unwrap();
    assert_eq!(again.key_set().to_json(), changed.key_set().to_json());
}

#[test]
fn every_key_that_cannot_be_used_is_named() {
    let good: Value = serde_json::from_str(&signer(&ed25519([7; 32])).key_set().to_json()).unwrap();
    let key = &good["keys"][0];
    let with = |change: fn(&mut Value)| {
        let mut key = key.clone();
        change(&mut key);
        key
    };
    let set = json!({"keys": [
        key,
        with(|key| key["d"] = json!("c2VjcmV0")),
        with(|key| key["kid"] = json!("mine")),
        with(|key| key["x"] = json!("AQAB")),
        // The neutral element: it would take a signature of anybody.
        with(|key| { key["x"] = json!("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"); key["kid"] = Value::Null; }),
        {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
        {"kty": "oct", "k": "AQAB"},
        {"kty": "EC", "crv": "Ed25519", "x": key["x"], "y": key["x"]},
        {"kty": "EC", "crv": "P-256", "x": key["x"], "y": key["x"]},
        {"kty": "EC", "crv": "P-384", "x": key["x"], "y": key["x"]},
        "a key",
        key,
    ]});
    let faults = KeySet::read(&set.to_string()).unwrap_err().faults;
    let places: Vec<&str> = faults.iter().map(|fault| fault.split(' ').next().unwrap()).collect();
    assert_eq!(places, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map(|place| format!("keys[{place}]")), "{faults:#?}");
    assert!(!faults.concat().contains("c2VjcmV0"));
    for text in ["", "{}", "[]", "{\"keys\": 1}"] {
        assert_eq!(KeySet::read(text).unwrap_err().faults, ["it is not a JWK Set in JSON"]);
    }
}

#[test]
fn what_is_no_private_key_does_not_sign() {
    let public = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";
    let cut = ed25519([7; 32]).replace("MC4C", "MC4");
    for text in ["", "secret", public, &cut, &pem(&[0x30, 0]), &p256([0; 32]), &p256([0xff; 32])] {
        assert!(Signer::new(text.as_bytes(), KeySet::default()).is_err(), "{text}");
    }
}

#[test]
fn a_grant_whose_token_nobody_would_read_is_not_signed() {
    let [(signer, _), _] = signers();
    let permission = Permission { target_id: "x".repeat(1000), ..grant().permissions[2].clone() };
    let sign = |count| signer.sign_grant(&Grant { permissions: vec![permission.clone(); count], ..grant() });
    assert!(check(signer.key_set(), sign(500).unwrap().as_str()).is_ok());
    assert!(sign(1000).is_err());
}

#[test]
fn nothing_that_must_be_kept_is_printed() {
    for (signer, pem) in signers() {
        let mut grant = grant();
        grant.token = signer.sign_grant(&grant).unwrap();
        let printed = format!("{signer:?} {grant:?} {:?}", signer.key_set());
        assert!(!printed.contains(parts(grant.token.as_str())[2]) && !printed.contains(parts(grant.token.as_str())[1]));
        assert!(!printed.contains(&pem[40..60]));
    }
}

proptest! {
    #[test]
    fn a_token_with_one_other_letter_is_refused(place in any::<prop::sample::Index>(), letter in 0x20_u8..0x7f, first: bool) {
        let [one, other] = signers();
        let signer = if first { one.0 } else { other.0 };
        let token = signer.sign_grant(&grant()).unwrap().as_str().to_owned();
        let place = place.index(token.len());
        let mut changed = token.clone().into_bytes();
        changed[place] = letter;
        let changed = String::from_utf8(changed).unwrap();
        prop_assert_eq!(check(signer.key_set(), &changed).is_ok(), changed == token);
        let more = format!("{}{}{}", &token[..place], char::from(letter), &token[place..]);
        prop_assert!(check(signer.key_set(), &more).is_err());
        let less = format!("{}{}", &token[..place], &token[place + 1..]);
        prop_assert!(check(signer.key_set(), &less).is_err());
    }

    #[test]
    fn a_token_with_one_other_bit_in_a_part_is_refused(part in 0_usize..3, place in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let [(signer, _), _] = signers();
        let token = signer.sign_grant(&grant()).unwrap().as_str().to_owned();
        let mut parts = parts(&token).map(str::to_owned);
        let mut bytes = URL_SAFE_NO_PAD.decode(&parts[part]).unwrap();
        let place = place.index(bytes.len());
        bytes[place] ^= 1_u8 << bit;
        parts[part] = URL_SAFE_NO_PAD.encode(bytes);
        prop_assert!(check(signer.key_set(), &parts.join(".")).is_err());
    }

    #[test]
    fn no_text_makes_the_check_fail_otherwise(text in "\\PC{0,200}", parts in prop::collection::vec("[A-Za-z0-9_-]{0,60}", 0..5)) {
        let [(signer, _), _] = signers();
        prop_assert!(check(signer.key_set(), &text).is_err());
        prop_assert!(check(signer.key_set(), &parts.join(".")).is_err());
        let _ = KeySet::read(&text);
    }
}
