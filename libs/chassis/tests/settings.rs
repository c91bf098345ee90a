//! Settings: where they come from and where they are wrong.

use std::path::{Path, PathBuf};

use rogatory_chassis::{
    ServerSettings, Settings,
    loader::{self, Layers},
    settings,
};
use rogatory_store::StoreSettings;
use rogatory_testkit::TestKeys;
use serde::{Deserialize, Serialize};

/// The settings of the sample.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SampleSettings {
    pub(crate) server: ServerSettings,
    pub(crate) store: StoreSettings,
    pub(crate) greeting: String,
    pub(crate) count: u32,
}

impl Default for SampleSettings {
    fn default() -> Self {
        let mut server = ServerSettings::on_port(0);
        server.admin_listen.set_port(0);
        let store = StoreSettings::for_url("sqlite://sample.sqlite");
        Self { server, store, greeting: "default".to_owned(), count: 1 }
    }
}

impl Settings for SampleSettings {
    fn server(&self) -> &ServerSettings {
        &self.server
    }

    fn check(&self, faults: &mut Vec<String>) {
        if self.count == 0 {
            faults.push("count is 0".to_owned());
        }
    }
}

fn load(file: Option<&Path>, environment: &[(&str, &str)], flags: &[&str]) -> Result<SampleSettings, Vec<String>> {
    let layers = Layers {
        file: file.map(Path::to_owned),
        environment: environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
    };
    loader::load("sample", &layers)
}

fn file(folder: &tempfile::TempDir, text: &str) -> PathBuf {
    let path = folder.path().join("settings.toml");
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn a_later_layer_wins() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "greeting = 'file'\ncount = 2\n[server.limits]\nmax_in_flight = 7\n");
    let loaded = load(None, &[], &[]).unwrap();
    assert_eq!(loaded, SampleSettings::default());
    let loaded = load(Some(&path), &[], &[]).unwrap();
    assert_eq!((loaded.greeting.as_str(), loaded.count, loaded.server.limits.max_in_flight), ("file", 2, 7));
    // What the file does not name stays as it was, beside it.
    assert_eq!(loaded.server.limits.max_streams, ServerSettings::default().limits.max_streams);
    let environment = [
        ("ROGATORY_SAMPLE__GREETING", "environment"),
        ("ROGATORY_SAMPLE__SERVER__LIMITS__MAX_IN_FLIGHT", "8"),
        ("ROGATORY_SAMPLE__SERVER__LAME_DUCK", "3s"),
        ("ROGATORY_OTHER__GREETING", "another service"),
        ("PATH", "/bin"),
    ];
    let loaded = load(Some(&path), &environment, &[]).unwrap();
    assert_eq!((loaded.greeting.as_str(), loaded.count, loaded.server.limits.max_in_flight), ("environment", 2, 8));
    assert_eq!(loaded.server.lame_duck.as_secs(), 3);
    let loaded = load(Some(&path), &environment, &["greeting=flag", "server.limits.max_in_flight=9"]).unwrap();
    assert_eq!((loaded.greeting.as_str(), loaded.count, loaded.server.limits.max_in_flight), ("flag", 2, 9));
}

#[test]
fn text_that_looks_like_something_else_is_still_text() {
    for text in ["7", "true", "2026-01-01", "a = b", "[x]", "\"quoted", ""] {
        let loaded = load(None, &[("ROGATORY_SAMPLE__GREETING", text)], &[]).unwrap();
        assert_eq!(loaded.greeting, text);
    }
}

#[test]
fn an_unknown_key_is_named_with_its_layer() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "greeting = 'file'\n\n[server]\nlistem = '127.0.0.1:1'\n");
    let told = load(Some(&path), &[], &[]).unwrap_err();
    assert!(told[0].contains("settings.toml:4") && told[0].contains("listem"), "{told:?}");
    // All layers at once.
    let told = load(
        Some(&path),
        &[("ROGATORY_SAMPLE__SERVER__LISTEM", "127.0.0.1:1"), ("ROGATORY_SAMPLE__COUNT__X", "1")],
        &["server.limits.max_flight=7", "greeting"],
    )
    .unwrap_err();
    assert_eq!(told.len(), 5, "{told:?}");
    for (fault, parts) in told.iter().zip([
        ["settings.toml", "listem"],
        ["ROGATORY_SAMPLE__COUNT__X", "count.x"],
        ["ROGATORY_SAMPLE__SERVER__LISTEM", "listem"],
        ["--set server.limits.max_flight", "max_flight"],
        ["--set greeting", "key=value"],
    ]) {
        assert!(parts.iter().all(|part| fault.contains(part)), "{fault}: {parts:?}");
    }
}

#[test]
fn a_value_of_the_wrong_type_is_named_with_its_layer() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "count = 'many'\n");
    let told = load(
        Some(&path),
        &[("ROGATORY_SAMPLE__COUNT", "many"), ("ROGATORY_SAMPLE__SERVER__LISTEN", "here")],
        &["server.lame_duck=5", "server.telemetry.log_format=xml", "count=-1"],
    )
    .unwrap_err();
    assert_eq!(told.len(), 6, "{told:?}");
    for (fault, layer) in told.iter().zip([
        "settings.toml:1",
        "ROGATORY_SAMPLE__COUNT",
        "ROGATORY_SAMPLE__SERVER__LISTEN",
        "--set server.lame_duck",
        "--set server.telemetry.log_format",
        "--set count",
    ]) {
        assert!(fault.contains(layer), "{fault}");
    }
    assert!(told[3].contains("250ms"), "a duration tells how to write it: {told:?}");
    let told = load(Some(Path::new("/nowhere/settings.toml")), &[], &[]).unwrap_err();
    assert!(told[0].contains("/nowhere/settings.toml"), "{told:?}");
}

#[test]
fn a_group_that_is_begun_in_a_variable_is_finished_in_another_or_named() {
    let tls = [
        ("ROGATORY_SAMPLE__SERVER__TLS__CERT_FILE", "/keys/cert.pem"),
        ("ROGATORY_SAMPLE__SERVER__TLS__KEY_FILE", "/keys/key.pem"),
    ];
    let loaded = load(None, &tls, &[]).unwrap();
    assert_eq!(loaded.server.tls.unwrap().key_file, Path::new("/keys/key.pem"));
    let told = load(None, &tls[..1], &[]).unwrap_err();
    assert!(told[0].contains("key_file") && told[0].contains("server.tls"), "{told:?}");
}

#[test]
fn whoever_listens_off_loopback_without_keys_is_told_everything_that_is_missing() {
    let mut open = SampleSettings { count: 0, ..SampleSettings::default() };
    open.server.listen = "0.0.0.0:50050".parse().unwrap();
    let told = settings::faults(&open);
    for part in ["server.tls", "server.identity", "count is 0"] {
        assert!(told.iter().any(|fault| fault.contains(part)), "{part}: {told:?}");
    }
    let keys = TestKeys::new();
    open.server.tls = Some(keys.development().tls("routing"));
    open.server.tls.as_mut().unwrap().client_ca_file = None;
    let told = settings::faults(&open);
    assert!(told.iter().any(|fault| fault.contains("client_ca_file")), "{told:?}");
    open.server.tls = Some(keys.development().tls("routing"));
    open.server.identity = Some(keys.development().identity());
    open.count = 1;
    assert_eq!(settings::faults(&open), Vec::<String>::new());
}

#[test]
fn settings_that_cannot_work_are_named_one_by_one() {
    let keys = TestKeys::new();
    let faults = |change: &dyn Fn(&mut ServerSettings)| {
        let mut settings = SampleSettings::default();
        settings.server.tls = Some(keys.development().tls("routing"));
        settings.server.identity = Some(keys.development().identity());
        change(&mut settings.server);
        settings::faults(&settings)
    };
    assert_eq!(faults(&|_| {}), Vec::<String>::new());
    type Change<'a> = (&'a str, &'a dyn Fn(&mut ServerSettings));
    let changes: [Change<'_>; 12] = [
        ("nobody could call", &|server| (server.tls, server.identity) = (None, None)),
        ("cert_file", &|server| server.tls.as_mut().unwrap().cert_file = "/nowhere".into()),
        ("jwks_file", &|server| server.identity.as_mut().unwrap().jwks_file = Some("/nowhere".into())),
        ("neither jwks_file nor jwks_url", &|server| server.identity.as_mut().unwrap().jwks_file = None),
        ("both", &|server| server.identity.as_mut().unwrap().jwks_url = Some("https://issuer.example".to_owned())),
        ("not https", &|server| {
            let identity = server.identity.as_mut().unwrap();
            (identity.jwks_file, identity.jwks_url) = (None, Some("http://issuer.example/keys".to_owned()));
        }),
        ("issuer is empty", &|server| server.identity.as_mut().unwrap().issuer.clear()),
        ("same as", &|server| {
            server.listen.set_port(7);
            server.admin_listen = server.listen;
        }),
        ("sample_ratio", &|server| server.telemetry.sample_ratio = 1.5),
        ("log_filter", &|server| server.telemetry.log_filter = "info,=".to_owned()),
        ("max_in_flight", &|server| server.limits.max_in_flight = 0),
        ("default_deadline", &|server| server.limits.max_deadline = std::time::Duration::from_secs(1)),
    ];
    for (part, change) in changes {
        let told = faults(change);
        assert!(told.len() == 1 && told[0].contains(part), "{part}: {told:?}");
    }
}
