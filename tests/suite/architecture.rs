//! Walks the tree and fails when a room takes what is not its own (ARCHITECTURE.md, invariants).

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

const SERVICES: &[&str] = &["intake", "jurisdiction-routing", "verification", "disclosure-scope", "billing"];

/// What a room of a service may not name, and why.
const FORBIDDEN: &[(&str, &[&str], &str)] = &[
    (
        "src/domain",
        &[
            "tonic",
            "prost",
            "rogatory_proto",
            "rogatory_store",
            "rogatory_chassis",
            "sea_orm",
            "tokio",
            "Utc::now",
            "SystemTime",
            "Instant::now",
            "std::fs",
            "std::net",
            "std::env",
            "crate::app",
            "crate::grpc",
            "crate::store",
        ],
        "domain/ is pure: no transport, no storage, no clock, no runtime, no other room",
    ),
    (
        "src/app",
        &["tonic::", "prost::", "sea_orm", "crate::grpc", "Utc::now", "SystemTime"],
        "app/ decides and stores through store/: it knows neither the wire nor the rows, and time comes from the clock",
    ),
    ("src/grpc", &["sea_orm", "crate::store"], "grpc/ converts and calls app/: it never reaches the rows"),
    (
        "src/store",
        &["tonic", "rogatory_proto", "crate::grpc", "crate::app"],
        "store/ knows rows and domain, nothing else",
    ),
];

/// The rooms that every service has.
const ROOMS: &[&str] =
    &["src/main.rs", "src/lib.rs", "src/domain", "src/app", "src/grpc", "src/store", "tests", "README.md"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() && !path.ends_with("target") {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Whether a file below `room` is unit tests and nothing else; those may name anything.
fn is_tests(path: &Path, room: &Path) -> bool {
    let own_file = path.file_stem().is_some_and(|name| name.to_string_lossy().ends_with("_tests"));
    own_file || path.strip_prefix(room).is_ok_and(|below| below.components().any(|part| part.as_os_str() == "tests"))
}

/// The code of a file without comments and without its unit tests, which may name anything.
fn code(path: &Path) -> Vec<(usize, String)> {
    let text = fs::read_to_string(path).unwrap();
    text.lines()
        .enumerate()
        .take_while(|(_, line)| line.trim() != "#[cfg(test)]")
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .map(|(index, line)| (index + 1, line.to_owned()))
        .collect()
}

fn whole_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        let inside = |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
        !inside(before) && (word.ends_with(':') || !inside(after))
    })
}

#[test]
fn every_service_has_the_same_rooms() {
    let missing: Vec<String> = SERVICES
        .iter()
        .flat_map(|service| ROOMS.iter().map(move |room| format!("services/{service}/{room}")))
        .filter(|path| !root().join(path).exists())
        .collect();
    assert!(missing.is_empty(), "missing rooms: {missing:#?}");
}

#[test]
fn no_room_takes_what_is_not_its_own() {
    let mut faults = Vec::new();
    for service in SERVICES {
        for (room, words, why) in FORBIDDEN {
            let folder = root().join("services").join(service).join(room);
            for path in rust_files(&folder).into_iter().filter(|path| !is_tests(path, &folder)) {
                // Intake is the only service that calls its peers, and it does so in one place.
                let calls_peers = path.components().any(|part| part.as_os_str() == "peers");
                for (line, text) in code(&path) {
                    for word in words.iter().filter(|word| whole_word(&text, word)) {
                        if !(calls_peers && *room == "src/app" && *word != "sea_orm") {
                            faults.push(format!("{}:{line}: `{word}`: {why}", path.display()));
                        }
                    }
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn only_convert_knows_wire_and_domain_both() {
    let mut faults = Vec::new();
    for service in SERVICES {
        for path in rust_files(&root().join("services").join(service).join("src/grpc")) {
            let converts = path.components().any(|part| part.as_os_str().to_string_lossy().starts_with("convert"));
            if !converts && code(&path).iter().any(|(_, line)| line.contains("crate::domain")) {
                faults.push(path.display().to_string());
            }
        }
    }
    assert!(faults.is_empty(), "handlers that know the domain: {faults:#?}");
}

#[test]
fn only_intake_calls_a_peer_and_no_service_depends_on_another() {
    for service in SERVICES {
        let manifest: toml::Table =
            fs::read_to_string(root().join("services").join(service).join("Cargo.toml")).unwrap().parse().unwrap();
        let dependencies = manifest["dependencies"].as_table().unwrap();
        for other in ["intake", "routing", "verification", "disclosure", "billing"] {
            let name = format!("rogatory-{other}");
            assert!(!dependencies.contains_key(&name), "services/{service} depends on {name}");
        }
        if *service != "intake" {
            for path in rust_files(&root().join("services").join(service).join("src")) {
                let client = code(&path).into_iter().find(|(_, line)| line.contains("_client::"));
                assert!(client.is_none(), "{} calls a peer: {client:?}", path.display());
            }
        }
    }
}

#[test]
fn no_room_is_a_lumber_room() {
    let mut faults = Vec::new();
    for path in rust_files(&root()) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if ["common", "utils", "util", "helpers", "helper", "misc"].contains(&name.as_str()) {
            faults.push(path.display().to_string());
        }
    }
    assert!(faults.is_empty(), "files without a subject: {faults:#?}");
}

#[test]
fn no_unfinished_work_and_no_paths_of_a_machine() {
    let mut faults = Vec::new();
    for path in rust_files(&root()) {
        if path.ends_with("suite/architecture.rs") {
            continue;
        }
        for (index, line) in fs::read_to_string(&path).unwrap().lines().enumerate() {
            for word in
                ["todo!(", "unimplemented!(", "Status::unimplemented", "TODO", "FIXME", "#[ignore]", "/work/", "/root/"]
            {
                if line.contains(word) {
                    faults.push(format!("{}:{}: {word}", path.display(), index + 1));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_float_touches_money() {
    for path in rust_files(&root().join("services/billing/src")) {
        for (line, text) in code(&path) {
            assert!(
                !whole_word(&text, "f64") && !whole_word(&text, "f32"),
                "{}:{line}: a float in billing",
                path.display()
            );
        }
    }
}

#[test]
fn every_crate_uses_the_shared_lints_and_versions() {
    let mut manifests = vec![root().join("proto/Cargo.toml"), root().join("tests/Cargo.toml")];
    for parent in ["libs", "services"] {
        manifests
            .extend(fs::read_dir(root().join(parent)).unwrap().flatten().map(|entry| entry.path().join("Cargo.toml")));
    }
    let mut faults: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in manifests {
        let manifest: toml::Table = fs::read_to_string(&path).unwrap().parse().unwrap();
        let mut said = Vec::new();
        if manifest.get("lints").and_then(|lints| lints.get("workspace")).and_then(toml::Value::as_bool) != Some(true) {
            said.push("does not use the workspace's lints".to_owned());
        }
        for table in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for (name, value) in manifest.get(table).and_then(toml::Value::as_table).into_iter().flatten() {
                if value.get("workspace").and_then(toml::Value::as_bool) != Some(true) {
                    said.push(format!("{name} has a version of its own"));
                }
            }
        }
        if !said.is_empty() {
            faults.insert(path.display().to_string(), said);
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}
