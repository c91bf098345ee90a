//! The lines that the READMEs print, run by a real bash with a real grpcurl against a real `rogatory up`.
//!
//! A README is a session: its `sh` blocks run one after the other in one shell, in the folder that the README is in.
//! `rogatory`, `rogatory-disclosure` and `grpcurl` are on the PATH, and the ports are those that the suite has got. What a reader has to fill in
//! (`$GRANT`, `$ETAG`, …) is filled in with names that nothing has, so NOT_FOUND is a good answer to them.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    io::{BufRead as _, BufReader},
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
};

use rogatory_tests::suite::binary;
use tempfile::TempDir;

/// The port of each service as the READMEs write it.
const PORTS: [(&str, u16); 5] =
    [("intake", 50051), ("routing", 50052), ("verification", 50053), ("disclosure", 50054), ("billing", 50055)];

/// Kinds of resources that a reader fills in: variable, collection, prefix.
const NAMES: [(&str, &str, &str); 12] = [
    ("REQUEST", "requests", "req"),
    ("DOCUMENT", "documents", "doc"),
    ("ENQUIRY", "enquiries", "enq"),
    ("PLAN", "plans", "pln"),
    ("AGENCY", "agencies", "agy"),
    ("VERIFICATION", "verifications", "ver"),
    ("COMPROMISE", "compromises", "cmp"),
    ("DECISION", "decisions", "dec"),
    ("GRANT", "grants", "grt"),
    ("PRODUCTION", "productions", "prd"),
    ("QUOTE", "quotes", "quo"),
    ("INVOICE", "invoices", "inv"),
];

/// What a service answers to a made-up name or a stale etag.
const GOOD: [&str; 3] = ["NotFound", "FailedPrecondition", "Aborted"];

/// The all-in-one, up, with its data folder.
struct Up {
    child: Child,
    folder: TempDir,
    ports: BTreeMap<&'static str, u16>,
    /// Kept open, so that it never writes to nobody.
    _lines: BufReader<ChildStdout>,
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Up {
    fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let mut command = Command::new(binary("rogatory"));
        command.args(["up", "--free-ports", "--data"]).arg(folder.path().join("rogatory-data"));
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut ports = BTreeMap::new();
        let mut line = String::new();
        while ports.len() < PORTS.len() {
            line.clear();
            assert!(lines.read_line(&mut line).unwrap() > 0, "it tells all ports before it says nothing more");
            for (name, _) in PORTS {
                let address = line.trim().strip_prefix(name).map(str::trim);
                if let Some(port) =
                    address.and_then(|address| address.rsplit_once(':')).and_then(|(_, port)| port.parse().ok())
                {
                    ports.insert(name, port);
                }
            }
        }
        let up = Self { child, folder, ports, _lines: lines };
        fs::create_dir(up.folder.path().join("bin")).unwrap();
        fs::create_dir(up.folder.path().join("calls")).unwrap();
        for name in ["rogatory", "rogatory-disclosure"] {
            symlink(binary(name), up.folder.path().join("bin").join(name)).unwrap();
        }
        let wrapper = up.folder.path().join("bin/grpcurl");
        fs::write(&wrapper, WRAPPER).unwrap();
        fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)).unwrap();
        up
    }

    /// A text with the ports that the suite has got.
    fn with_ports(&self, text: &str) -> String {
        PORTS.iter().fold(text.to_owned(), |text, (name, port)| {
            text.replace(&format!("localhost:{port}"), &format!("localhost:{}", self.ports[name]))
        })
    }

    /// Runs a script in the folder of a README and gives the calls that grpcurl made.
    fn run(&self, readme: &Path, script: &str) -> Vec<Call> {
        // A place like the README's own, with the data folder in it, so that relative paths are right.
        let place = self.folder.path().join("place");
        let calls = self.folder.path().join("calls");
        for folder in [&place, &calls] {
            let _ = fs::remove_dir_all(folder);
            fs::create_dir(folder).unwrap();
        }
        for entry in fs::read_dir(readme.parent().unwrap()).unwrap().flatten() {
            symlink(entry.path(), place.join(entry.file_name())).unwrap();
        }
        let data = self.folder.path().join("rogatory-data");
        let _ = fs::remove_file(place.join("rogatory-data"));
        symlink(&data, place.join("rogatory-data")).unwrap();
        // What an operator of disclosure writes beside the policy.
        let statement = root().join("tests/cases/operator/storage.toml");
        let _ = symlink(statement, place.join("storage.toml"));

        let path = format!("{}:{}", self.folder.path().join("bin").display(), std::env::var("PATH").unwrap());
        let mut bash = Command::new("bash");
        bash.arg("-c").arg(self.with_ports(script)).current_dir(&place).stdin(Stdio::null());
        bash.env("PATH", path).env("CALLS", &calls).env("DATA", &data).env("ETAG", rogatory_store::etag(1));
        bash.env("CODE", "7KQ2-MX4P");
        for (variable, collection, prefix) in NAMES {
            bash.env(variable, format!("{collection}/{prefix}_01930000000070008000000000000001"));
        }
        let revisions =
            ["guides", "rules", "policies", "schedules"].into_iter().find(|folder| place.join(folder).exists());
        if let Some(folder) = revisions {
            let collection = match folder {
                "guides" => "guideRevisions",
                "rules" => "verificationRuleRevisions",
                "policies" => "policyRevisions",
                _ => "scheduleRevisions",
            };
            bash.env("REVISION", format!("{collection}/rev_01930000000070008000000000000001"));
            bash.env("BASE", format!("{collection}/rev_01930000000070008000000000000002"));
        }
        let output = bash.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let broken = ["command not found", "No such file", "syntax error", "unexpected"];
        let stumbled =
            said.lines().find(|line| line.starts_with("bash: ") && broken.iter().any(|word| line.contains(word)));
        assert_eq!(stumbled, None, "{}: the shell stumbled", readme.display());
        let mut found: Vec<PathBuf> = fs::read_dir(&calls).unwrap().flatten().map(|entry| entry.path()).collect();
        found.sort();
        found
            .iter()
            .filter(|path| path.extension().is_some_and(|ending| ending == "code"))
            .map(|path| Call::read(path))
            .collect()
    }
}

/// Runs the real grpcurl and notes what was called and what came of it.
const WRAPPER: &str = r#"#!/usr/bin/env bash
note="$CALLS/$(date +%s%N)-$$"
printf '%s\n' "$@" | sed 's/^authorization: .*/authorization: …/' >"$note.arguments"
"$ROGATORY_GRPCURL" -max-time 20 "$@" > >(tee "$note.answer") 2> >(tee "$note.error" >&2)
code=$?
wait
echo "$code" >"$note.code"
exit "$code"
"#;

/// One run of grpcurl.
#[derive(Debug)]
struct Call {
    arguments: String,
    code: i32,
    answer: String,
    error: String,
}

impl Call {
    fn read(code: &Path) -> Self {
        let part = |ending: &str| fs::read_to_string(code.with_extension(ending)).unwrap_or_default();
        Self {
            arguments: part("arguments").replace('\n', " "),
            code: part("code").trim().parse().unwrap(),
            answer: part("answer"),
            error: part("error"),
        }
    }

    fn good(&self) -> bool {
        self.code == 0 || GOOD.iter().any(|code| self.error.contains(&format!("Code: {code}\n")))
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The READMEs that print calls.
fn readmes() -> Vec<PathBuf> {
    let services = fs::read_dir(root().join("services")).unwrap().flatten().map(|entry| entry.path().join("README.md"));
    let mut found: Vec<PathBuf> = services.filter(|path| path.exists()).collect();
    found.push(root().join("README.md"));
    found.sort();
    found
}

/// The `sh` blocks of a README that call something, and the lines outside of any that look like calls too.
fn blocks(text: &str) -> (String, Vec<String>) {
    let (mut script, mut outside) = (String::new(), Vec::new());
    let mut block: Option<String> = None;
    for line in text.lines() {
        match &mut block {
            Some(inside) if line.trim() == "```" => {
                if calls_in(inside) > 0 || inside.contains("grpcurl") {
                    script.push_str(inside);
                }
                block = None;
            }
            Some(inside) => {
                let _ = writeln!(inside, "{line}");
            }
            None if line.trim() == "```sh" => block = Some(String::new()),
            None if calls_in(line) > 0 => outside.push(line.to_owned()),
            None => {}
        }
    }
    (script, outside)
}

/// How many calls a text makes: each names the port of one service.
fn calls_in(text: &str) -> usize {
    text.matches("localhost:5005").count()
}

/// The real grpcurl; says that it is missing otherwise.
fn grpcurl() -> Option<String> {
    let found = std::env::var("ROGATORY_GRPCURL").ok().filter(|path| !path.is_empty());
    if found.is_none() {
        println!("SKIPPED: there is no grpcurl (ROGATORY_GRPCURL), so the lines of the READMEs were not run");
    }
    found
}

#[test]
fn every_line_of_the_readmes_works() {
    if grpcurl().is_none() {
        return;
    }
    let up = Up::start();
    let mut told = String::new();
    let mut made = 0;
    for readme in readmes() {
        let (script, outside) = blocks(&fs::read_to_string(&readme).unwrap());
        let name = readme.strip_prefix(root()).unwrap().display();
        assert!(outside.is_empty(), "{name}: a call outside of an sh block is not tried: {outside:#?}");
        let calls = up.run(&readme, &script);
        made += calls.len();
        if calls.len() != calls_in(&script) {
            let _ = writeln!(told, "{name}: {} calls stand there and {} were made", calls_in(&script), calls.len());
        }
        assert!(calls.len() >= 2, "{name}: shows how to call the service");
        for call in calls.iter().filter(|call| !call.good()) {
            let _ = writeln!(told, "{name}: {}\n    {}", call.arguments, call.error.replace('\n', "\n    "));
        }
    }
    assert!(told.is_empty(), "{made} calls were made; these lines are wrong:\n{told}");
}

#[test]
fn describe_reads_like_a_manual() {
    if grpcurl().is_none() {
        return;
    }
    let up = Up::start();
    let script = r#"
as() { grpcurl -cacert rogatory-data/dev/ca.pem -H "authorization: Bearer $(rogatory token --role "$1")" "${@:2}"; }
as analyst localhost:50051 list
as analyst localhost:50051 describe rogatory.intake.v1.RequestService.SubmitRequest
as analyst localhost:50051 describe rogatory.intake.v1.Target
"#;
    let calls = up.run(&root().join("README.md"), script);
    let [list, method, message] = calls.as_slice() else { panic!("three calls: {calls:?}") };
    assert!(calls.iter().all(|call| call.code == 0), "{calls:?}");
    for service in ["rogatory.intake.v1.RequestService", "rogatory.events.v1.EventService", "grpc.health.v1.Health"] {
        assert!(list.answer.contains(service), "{}", list.answer);
    }
    for text in ["Files a draft, or a whole request at once.", "rogatory.access.v1.access", "ROLE_SUBMITTER", "mutates"]
    {
        assert!(method.answer.contains(text), "no {text} in {}", method.answer);
    }
    for text in ["the guide's fourth item", "Known aliases.", "debug_redact"] {
        assert!(message.answer.contains(text), "no {text} in {}", message.answer);
    }
}

#[test]
fn a_refusal_reads_like_one() {
    if grpcurl().is_none() {
        return;
    }
    let up = Up::start();
    let script = r#"
as() { grpcurl -cacert rogatory-data/dev/ca.pem -H "authorization: Bearer $(rogatory token --role "$1")" "${@:2}"; }
as analyst -d '{"request": {"platform": "aliexpress.com"}}' localhost:50051 rogatory.intake.v1.RequestService/CheckRequest
"#;
    let calls = up.run(&root().join("README.md"), script);
    let [call] = calls.as_slice() else { panic!("one call: {calls:?}") };
    assert!(call.error.contains("Code: InvalidArgument"), "{}", call.error);
    // In words, and not as bytes: the messages of the details are in the descriptors that the service serves.
    for text in ["FIELDS_INVALID", "request.targets", "request.requester.country"] {
        assert!(call.error.contains(text), "no {text} in {}", call.error);
    }
}
