use std::process::{Command, Output};

use rogatory_disclosure::{KeySettings, domain::token::KeySet};
use rogatory_proto::rogatory::disclosure::v1::GetKeySetRequest;

use super::{
    grants::{granted, revoke},
    world::{PLATFORM, World},
};
use crate::domain::token::ed25519;

super::on_both_engines!(a_grant_is_checked_without_a_call);

fn check(folder: &std::path::Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rogatory-disclosure"));
    command.current_dir(folder).args(["check-grant", "--jwks", "jwks.json", "--token", "token"]).args(more);
    command.output().unwrap()
}

async fn a_grant_is_checked_without_a_call(world: &World) {
    let grant = granted(world).await;
    assert!(grant.purpose.contains(&grant.request) && grant.purpose.contains("aliexpress.com"), "{}", grant.purpose);
    let set = world.grants_as(&PLATFORM).get_key_set(GetKeySetRequest {}).await.unwrap().into_inner();
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("jwks.json", &set.jwks);
    write("token", &format!("{}\n", grant.token));

    let logins =
        ["--target", "target-1", "--element", "login-records", "--storage", "SG", "--at", "2026-11-02T00:00:00Z"];
    let at = |time: &str| check(folder.path(), &[&logins[..], &["--time", time]].concat());
    let said = |output: &Output| String::from_utf8(output.stdout.clone()).unwrap();
    for (time, code, word) in [
        ("2026-01-01T00:00:00Z", 0, "GRANTED: "),
        ("2026-01-01T08:00:00+08:00", 0, "GRANTED: "),
        ("2026-02-28T23:59:59Z", 0, "GRANTED: "),
        ("2025-12-31T23:59:59Z", 1, "OUTSIDE_WINDOW: "),
        ("2026-03-01T00:00:00Z", 1, "OUTSIDE_WINDOW: "),
    ] {
        let output = at(time);
        assert_eq!(output.status.code(), Some(code), "{time}: {output:?}");
        assert!(said(&output).starts_with(word) && said(&output).contains(&grant.name), "{time}: {}", said(&output));
    }
    let another_user = ["--target", "target-2", "--element", "login-records", "--storage", "SG"];
    assert_eq!(check(folder.path(), &[&another_user[..], &logins[6..]].concat()).status.code(), Some(1));
    let late = [&logins[..6], &["--at", "2026-12-02T00:00:00Z"]].concat();
    assert_eq!(said(&check(folder.path(), &late)), "TOKEN_EXPIRED: the token has expired\n");

    // It cannot know of a revocation, which is why there is a call as well.
    revoke(world, &grant).await.unwrap();
    assert_eq!(at("2026-01-01T00:00:00Z").status.code(), Some(0));

    write("other.pem", &ed25519([6; 32]));
    let other = KeySettings { signing_key_file: folder.path().join("other.pem"), ..KeySettings::default() };
    write("jwks.json", &other.signer().unwrap().key_set().to_json());
    let output = at("2026-01-01T00:00:00Z");
    assert_eq!((output.status.code(), said(&output).starts_with("TOKEN_KEY_UNKNOWN: ")), (Some(1), true));
    write("jwks.json", "{}");
    let output = at("2026-01-01T00:00:00Z");
    assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(2), true));
    assert_eq!(at("yesterday").status.code(), Some(64));
}

#[test]
fn every_fault_of_the_keys_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let faults = |keys: &KeySettings| {
        let mut faults = Vec::new();
        keys.check(&mut faults);
        faults
    };
    let none = KeySettings::default();
    assert!(faults(&none)[0].starts_with("keys.signing_key_file: name a file"), "{:?}", faults(&none));
    let good = KeySettings { signing_key_file: write("signing.pem", &ed25519([1; 32])), retired_keys_file: None };
    assert!(faults(&good).is_empty());
    let set = good.signer().unwrap().key_set().to_json();
    let retired = KeySettings { retired_keys_file: Some(write("retired.json", &set)), ..good.clone() };
    assert_eq!(retired.signer().unwrap().key_set().to_json(), set);
    KeySet::read(&set).unwrap();
    let both = KeySettings {
        signing_key_file: write("secret.pem", "my secret"),
        retired_keys_file: Some(write("retired.json", "{\"keys\": [1, 2]}")),
    };
    let said = faults(&both);
    assert_eq!(said.len(), 3, "{said:?}");
    assert!(said[0].contains("secret.pem: it is not a private key") && !said[0].contains("my secret"), "{said:?}");
    assert!(said[1].contains("retired.json: keys[0]") && said[2].contains("retired.json: keys[1]"), "{said:?}");
    let away = KeySettings { signing_key_file: "/nowhere/a.pem".into(), retired_keys_file: Some("/nowhere/b".into()) };
    assert_eq!(faults(&away).len(), 2);
}
