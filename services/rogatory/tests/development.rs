//! The development keys and the tokens that they sign.

use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt as _, path::Path, process::Command};

use rogatory::suite::{self, Ports, Suite};
use rogatory_chassis::{Caller, Role, identity::Identity};
use tempfile::TempDir;

fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect()
}

#[test]
fn keys_are_made_once_and_never_written_over() {
    let data = TempDir::new().unwrap();
    suite::development_keys(data.path()).unwrap();
    let dev = data.path().join("dev");
    let first = files(&dev);
    suite::development_keys(data.path()).unwrap();
    assert_eq!(files(&dev), first);
    for name in
        ["ca.pem", "jwks.json", "intake.pem", "routing.pem", "verification.pem", "disclosure.pem", "billing.pem"]
    {
        assert!(first.contains_key(name), "{name} is missing");
    }
}

#[test]
fn private_keys_are_for_their_owner_only() {
    let data = TempDir::new().unwrap();
    suite::development_keys(data.path()).unwrap();
    let mut keys = 0;
    for (name, content) in files(&data.path().join("dev")) {
        if String::from_utf8_lossy(&content).contains("PRIVATE KEY") {
            let mode = fs::metadata(data.path().join("dev").join(&name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
            keys += 1;
        }
    }
    // The authority, five services, the issuer.
    assert_eq!(keys, 7);
}

#[tokio::test]
async fn grants_are_signed_with_a_key_that_is_made_once_and_is_for_its_owner_only() {
    let data = TempDir::new().unwrap();
    let file = data.path().join("disclosure").join("signing.pem");
    let mut made = Vec::new();
    for _ in 0..2 {
        let suite = Suite::start(data.path(), Ports::Free).await.unwrap();
        made.push(fs::read_to_string(&file).unwrap());
        suite.stop().await;
    }
    assert!(made[0].starts_with("-----BEGIN PRIVATE KEY-----"));
    assert_eq!(made[0], made[1]);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn a_token_says_who_and_what() {
    let data = TempDir::new().unwrap();
    let keys = suite::development_keys(data.path()).unwrap();
    let printed = Command::new(env!("CARGO_BIN_EXE_rogatory"))
        .args(["token", "--role", "analyst", "--role", "data-platform", "--subject", "mo", "--ttl", "5m", "--data"])
        .arg(data.path())
        .output()
        .unwrap();
    assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    let token = String::from_utf8(printed.stdout).unwrap();
    assert_eq!(token.lines().count(), 1, "a token and nothing else");

    let identity = Identity::load(&keys.identity()).await.unwrap();
    let caller = identity.verify(token.trim().as_bytes()).await.unwrap();
    let Caller::Person { subject, roles } = &caller else { panic!("{caller:?}") };
    assert_eq!(subject.as_ref(), "mo");
    assert_eq!(roles.iter().collect::<Vec<_>>(), [Role::Analyst, Role::DataPlatform]);
}

#[test]
fn a_role_that_nobody_has_is_refused() {
    let refused = Command::new(env!("CARGO_BIN_EXE_rogatory")).args(["token", "--role", "root"]).output().unwrap();
    assert!(!refused.status.success());
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("submitter") && said.contains("operator"), "{said}");
}
