//! Whose credentials are believed.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rogatory_chassis::{
    Role,
    development::{AUDIENCE, ISSUER},
    identity::Identity,
    settings::IdentitySettings,
};
use rogatory_proto::rogatory::routing::v1::routing_service_client::RoutingServiceClient;
use rogatory_testkit::{Signed, TestKeys, TestServer};
use serde_json::{Value, json};
use tonic::{Code, Status};

use crate::{
    sample::{Running, ask},
    wire::{facts, reason},
};

/// A token of `keys`' issuer with these claims changed; `Value::Null` takes one away.
fn token(keys: &TestKeys, key_id: &str, changes: &[(&str, Value)]) -> String {
    let header = Header { kid: Some(key_id.to_owned()), ..Header::new(Algorithm::ES256) };
    let key = std::fs::read(keys.folder().join("issuer.key")).unwrap();
    jsonwebtoken::encode(&header, &claims(changes), &EncodingKey::from_ec_pem(&key).unwrap()).unwrap()
}

fn claims(changes: &[(&str, Value)]) -> BTreeMap<String, Value> {
    let now = chrono::Utc::now().timestamp();
    let claims =
        json!({"iss": ISSUER, "aud": AUDIENCE, "sub": "ann", "roles": ["analyst"], "iat": now, "exp": now + 600});
    let mut claims: BTreeMap<String, Value> = serde_json::from_value(claims).unwrap();
    for (name, value) in changes {
        match value {
            Value::Null => claims.remove(*name),
            value => claims.insert((*name).to_owned(), value.clone()),
        };
    }
    claims
}

fn unsigned() -> String {
    use base64::Engine as _;
    let part = |value: Value| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", part(json!({"alg": "none", "typ": "JWT"})), part(json!(claims(&[]))))
}

/// Signed with what everybody can read: the issuer's public key as the secret of a symmetric algorithm.
fn signed_with_the_public_key(keys: &TestKeys) -> String {
    let public = std::fs::read(keys.folder().join("jwks.json")).unwrap();
    let header = Header { kid: Some("development-1".to_owned()), ..Header::new(Algorithm::HS256) };
    jsonwebtoken::encode(&header, &claims(&[]), &EncodingKey::from_secret(&public)).unwrap()
}

async fn refusal(channel: Signed) -> Status {
    let status = RoutingServiceClient::new(channel).resolve_contact(ask("answer")).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unauthenticated, "CREDENTIAL_INVALID"));
    status
}

#[tokio::test]
async fn a_caller_without_a_good_credential_is_refused_with_the_cause() {
    let running = Running::start().await;
    let (server, keys): (&TestServer, &TestKeys) = (&running.server, &running.keys);
    let own = |changes: &[(&str, Value)]| token(keys, "development-1", changes);
    let now = chrono::Utc::now().timestamp();
    assert_eq!(facts(&refusal(server.nobody()).await)["cause"], "missing");
    for (cause, token) in [
        ("expired", keys.expired_token("ann", &[Role::Analyst])),
        ("signature", TestKeys::new().token("ann", &[Role::Analyst])),
        ("issuer", own(&[("iss", json!("https://elsewhere.example"))])),
        ("audience", own(&[("aud", json!("another-suite"))])),
        ("not-yet-valid", own(&[("nbf", json!(now + 600))])),
        ("claims", own(&[("exp", Value::Null)])),
        ("claims", own(&[("iss", Value::Null)])),
        ("claims", own(&[("aud", Value::Null)])),
        ("claims", own(&[("sub", Value::Null)])),
        ("subject", own(&[("sub", json!(""))])),
        ("subject", own(&[("sub", json!("ann\nroot"))])),
        ("subject", own(&[("sub", json!("a".repeat(300)))])),
        ("key-unknown", token(keys, "another-key", &[])),
        ("algorithm", unsigned()),
        ("algorithm", signed_with_the_public_key(keys)),
        ("malformed", "garbage".to_owned()),
        ("malformed", "a.b.c".to_owned()),
        ("malformed", String::new()),
        ("malformed", own(&[("note", json!("x".repeat(9_000)))])),
    ] {
        let told = refusal(server.bearer(token.clone())).await;
        assert_eq!(facts(&told)["cause"], cause, "{token}");
        assert!(token.len() < 8 || !format!("{told:?}").contains(&token), "an error repeats the token");
        assert_eq!(refusal(server.bearer(token)).await.message(), told.message(), "the second time as the first");
    }
    assert!(running.sample.calls().is_empty());
    running.server.stop().await;
}

#[tokio::test]
async fn a_scheme_that_is_not_bearer_is_refused_even_from_a_peer() {
    let running = Running::start().await;
    let status = crate::wire::raw(
        running.server.peer("intake"),
        "/rogatory.routing.v1.RoutingService/ResolveContact",
        &[("authorization", "Basic YW5uOmFubg==")],
        crate::wire::frame('\0', ""),
    )
    .await;
    assert_eq!(facts(&status)["cause"], "scheme");
    running.server.stop().await;
}

#[tokio::test]
async fn roles_of_other_systems_mean_nothing() {
    let running = Running::start().await;
    let roles = json!(["superuser", "ROLE_ANALYST", "unspecified"]);
    let channel = running.server.bearer(token(&running.keys, "development-1", &[("roles", roles)]));
    let status = RoutingServiceClient::new(channel).resolve_contact(ask("answer")).await.unwrap_err();
    assert_eq!(reason(&status), "CALLER_NOT_LISTED");
    running.server.stop().await;
}

/// Replaces the key set that the server reads by that of `other`.
fn replace_key_set(of: &TestKeys, other: &TestKeys) {
    let new = of.folder().join("new.json");
    std::fs::copy(other.folder().join("jwks.json"), &new).unwrap();
    std::fs::rename(new, of.folder().join("jwks.json")).unwrap();
}

#[tokio::test]
async fn a_token_whose_key_was_withdrawn_is_forgotten() {
    let running = Running::start().await;
    let other = TestKeys::new();
    let mut old = RoutingServiceClient::new(running.server.bearer(running.keys.token("ann", &[Role::Analyst])));
    let mut new = RoutingServiceClient::new(running.server.bearer(other.token("ann", &[Role::Analyst])));
    old.resolve_contact(ask("answer")).await.unwrap();
    old.resolve_contact(ask("answer")).await.unwrap();
    new.resolve_contact(ask("answer")).await.unwrap_err();

    replace_key_set(&running.keys, &other);
    // A token with a key that is not known makes the set be read again, at once.
    refusal(running.server.bearer(token(&other, "another-key", &[]))).await;
    let status = old.resolve_contact(ask("answer")).await.unwrap_err();
    assert_eq!(facts(&status)["cause"], "signature");
    new.resolve_contact(ask("answer")).await.unwrap();
    running.server.stop().await;
}

#[tokio::test]
async fn a_key_set_that_cannot_be_read_leaves_the_one_that_is_known() {
    let running = Running::start().await;
    std::fs::write(running.keys.folder().join("jwks.json"), r#"{"keys": []}"#).unwrap();
    refusal(running.server.bearer(token(&running.keys, "another-key", &[]))).await;
    running.routing().resolve_contact(ask("answer")).await.unwrap();
    running.server.stop().await;
}

async fn load(file: &Path) -> Result<Arc<Identity>, String> {
    let settings = IdentitySettings {
        issuer: ISSUER.to_owned(),
        audience: AUDIENCE.to_owned(),
        jwks_file: Some(file.to_owned()),
        jwks_url: None,
        ca_file: None,
    };
    Identity::load(&settings).await.map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_key_set_of_many_kinds_is_read_for_the_keys_that_are_accepted() {
    let keys = TestKeys::new();
    let text = std::fs::read_to_string(keys.folder().join("jwks.json")).unwrap();
    let mut set: Value = serde_json::from_str(&text).unwrap();
    // An RSA key, as most issuers have; a secret, which is no public key; and a kind from the future.
    let modulus = "w7Zdfmece8iaB0kiTY8pCtiBtzbptJmP28nSWwtdjRu0f2GFpajvWE4VhfJAjEsOcwYzay7XGN0b-X84BfC8hmCTOj2b2eHT7Nsk\
                   BUy6IT3w3Qj8Vb5tTL4RXWvXo3yYbNfp2rDqJFzRYEZKXxjJTH8dxZqF4zFPcXQ2kZ1n0BM";
    let more = [
        json!({"kty": "RSA", "kid": "rsa-1", "alg": "RS256", "use": "sig", "n": modulus, "e": "AQAB"}),
        json!({"kty": "oct", "kid": "secret", "k": "c2VjcmV0"}),
        json!({"kty": "LATTICE", "kid": "future"}),
    ];
    set["keys"].as_array_mut().unwrap().extend(more);
    let file = keys.folder().join("many.json");
    std::fs::write(&file, set.to_string()).unwrap();
    let identity = load(&file).await.unwrap();
    let known = format!("{identity:?}");
    assert!(known.contains("rsa-1") && !known.contains("secret") && !known.contains("future"), "{known}");
    let token = keys.token("ann", &[Role::Analyst]);
    let caller = identity.verify(token.as_bytes()).await.unwrap();
    assert_eq!(identity.remembered(token.as_bytes()), Some(caller));

    // Read again, it is the same set: what was verified stays remembered.
    identity.verify(self::token(&keys, "another-key", &[]).as_bytes()).await.unwrap_err();
    assert!(identity.remembered(token.as_bytes()).is_some());
}

#[tokio::test]
async fn a_key_set_without_a_usable_key_is_refused_at_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jwks.json");
    assert!(load(&file).await.unwrap_err().contains("jwks.json"));
    for (text, what) in [
        ("not json", "not a JWKS document"),
        (r#"{"keys": []}"#, "no key of a kind that is accepted"),
        (r#"{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}"#, "no key of a kind that is accepted"),
    ] {
        std::fs::write(&file, text).unwrap();
        let told = load(&file).await.unwrap_err();
        assert!(told.contains(what), "{told}");
    }
}

#[tokio::test]
async fn a_server_without_an_issuer_knows_peers_only() {
    let keys = Arc::new(TestKeys::new());
    let database = rogatory_testkit::TestDatabase::sqlite();
    let running = Running::start_on(database, keys, |settings| settings.identity = None).await;
    let token = running.keys.token("ann", &[Role::Analyst]);
    assert_eq!(facts(&refusal(running.server.bearer(token)).await)["cause"], "no-issuer");
    RoutingServiceClient::new(running.server.peer("intake")).resolve_contact(ask("answer")).await.unwrap();
    running.server.stop().await;
}
