//! The commands of the operator, run as the binary.

use std::{path::Path, process::Command, time::Duration};

use rogatory_proto::rogatory::intake::v1::{
    GetRequestRequest,
    condition::{Status, Type},
};

use crate::{
    suite::{Alone, Kind},
    wire::{file, unsigned},
};

fn run(config: &Path, arguments: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_rogatory-intake"))
        .args(arguments)
        .arg("--config")
        .arg(config)
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_finds_what_is_parked_and_takes_it_up_again() {
    let mut config = tempfile::NamedTempFile::new().unwrap();
    let alone = Alone::start_with(Kind::Sqlite, |settings| {
        settings.docket.step_timeout_ms = 500;
        settings.docket.attempts = 1;
        let text = toml::to_string(&settings).unwrap();
        std::io::Write::write_all(&mut config, text.as_bytes()).unwrap();
    })
    .await;
    // The server of the test got its keys apart from the settings; the commands want a whole file.
    let keys = alone.keys.development();
    let (tls, identity) = (keys.tls("intake"), keys.identity());
    let text = format!(
        "\n[server.tls]\ncert_file = {:?}\nkey_file = {:?}\nclient_ca_file = {:?}\n\n[server.identity]\nissuer = {:?}\n\
         audience = {:?}\njwks_file = {:?}\n",
        tls.cert_file,
        tls.key_file,
        tls.client_ca_file.unwrap(),
        identity.issuer,
        identity.audience,
        identity.jwks_file.unwrap()
    );
    std::io::Write::write_all(&mut config, text.as_bytes()).unwrap();
    let config = config.path();

    let (good, said) = run(config, &["docket", "list"]);
    assert!(good && said.trim() == "nothing is to be done", "{said}");
    let portal = alone.portal();
    let name = file(&portal, unsigned()).await.name;
    let mut line = String::new();
    for _ in 0..100 {
        let (good, said) = run(config, &["docket", "list", "--parked"]);
        assert!(good, "{said}");
        if let Some(found) = said.lines().find(|line| line.starts_with("stp_")) {
            line = found.to_owned();
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let words: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(words[2..5], ["plan_route", "1", "parked"], "{line}");
    assert!(name.ends_with(words[1]));
    assert!(["DEADLINE:", "DEPENDENCY_DOWN:"].contains(&words[5]), "{line}");

    let (good, said) = run(config, &["docket", "retry", words[0]]);
    assert!(good && said.contains("is due again"), "{said}");
    let read = GetRequestRequest { name };
    let read = portal.requests().get_request(read).await.unwrap().into_inner();
    assert!(read.timeline.iter().any(|entry| entry.kind == "request.resumed" && entry.actor == "system:operator"));
    assert!(
        read.conditions.iter().any(|found| found.r#type() == Type::Progressing && found.status() != Status::Unknown)
    );
    for wrong in ["stp_1", &rogatory_names::StepId::new().to_string()] {
        let (good, said) = run(config, &["docket", "retry", wrong]);
        assert!(!good && !said.is_empty(), "{said}");
    }
    let (good, said) = run(config, &["check-config"]);
    assert!(good, "{said}");
    let (good, said) = run(config, &["check-config", "--set", "docket.lease_ms=1"]);
    assert!(!good && said.contains("docket.lease_ms"), "{said}");
    let (good, said) = run(config, &["check-config", "--set", "server.listen=0.0.0.0:50051"]);
    assert!(!good && said.contains("target_key_file: server.listen is 0.0.0.0:50051, off loopback"), "{said}");
    let secret = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&secret, "  too short for a key \n").unwrap();
    let set = format!("target_key_file={}", secret.path().display());
    let (good, said) = run(config, &["check-config", "--set", &set]);
    assert!(!good && said.contains("has less than 32 bytes") && !said.contains("too short"), "{said}");
    std::fs::write(&secret, "a secret of this test, and long enough\n").unwrap();
    let (good, said) = run(config, &["check-config", "--set", &set, "--set", "server.listen=0.0.0.0:50051"]);
    assert!(good && !said.contains("a secret"), "{said}");
}
