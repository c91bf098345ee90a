//! What the solver shows of the policies, and what is said when it shows nothing.

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

use rogatory_disclosure::{
    Equivalence, ProofSettings, Prover,
    domain::{
        invariant::{self, NO_POLICY_FAILS, Verdict},
        policy::Policy,
    },
    shipped_policy,
};
use rogatory_rulebook::Rules as _;

use crate::domain::OWN_PACK;

/// The policies that uphold an invariant. Without them it is broken.
const UPHELD: [(&str, &[&str]); 10] = [
    ("nothing-to-the-unverified", &["requester-not-verified"]),
    ("nothing-to-the-unaccredited", &["requester-not-accredited"]),
    ("nothing-to-who-enforces-no-law", &["requester-enforces-no-law"]),
    (
        "nothing-stored-in-the-prc-without-approval",
        &["prc-stored-data", "prc-stored-personal-information", "prc-stored-data-hk-mo"],
    ),
    ("nothing-handled-in-the-prc-without-approval", &["prc-staff-criminal"]),
    ("nothing-whose-storage-is-not-stated", &["storage-country-not-stated"]),
    ("nothing-in-a-criminal-matter-while-staff-is-not-stated", &["staff-country-not-stated"]),
    ("nothing-unapproved", &["one-person-approves"]),
    ("no-content-with-fewer-than-two-approvers", &["content-needs-two-people"]),
    ("no-emergency-with-fewer-than-two-approvers", &["emergency-needs-two-people"]),
];
fn policy(text: &str) -> Policy {
    Policy::parse(text).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

fn prover(settings: &ProofSettings) -> Prover {
    Prover::new(settings).unwrap()
}

/// A solver of the folder `solvers`, for a second.
fn odd(name: &str) -> Prover {
    let solver = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/prove/solvers").join(name);
    let solver = solver.display().to_string();
    prover(&ProofSettings { solver, timeout_seconds: 1, ..ProofSettings::default() })
}

async fn verdicts(prover: &Prover, policies: &cedar_policy::PolicySet) -> BTreeMap<String, Verdict> {
    let proofs = prover.prove(policies, Duration::MAX).await;
    proofs.into_iter().map(|proof| (proof.invariant, proof.verdict)).collect()
}

async fn broken(policies: &cedar_policy::PolicySet) -> BTreeMap<String, String> {
    let verdicts = verdicts(&prover(&ProofSettings::default()), policies).await;
    let broken = verdicts.into_iter().filter_map(|(key, verdict)| match verdict {
        Verdict::Proven => None,
        Verdict::Broken(words) => Some((key, words)),
        Verdict::Unknown(why) => panic!("{key}: {why}"),
    });
    broken.collect()
}

#[tokio::test]
async fn every_invariant_of_the_shipped_policy_is_proven() {
    let proofs = prover(&ProofSettings::default()).prove(policy(shipped_policy()).packs().all(), Duration::MAX).await;
    assert_eq!(proofs.len(), invariant::shipped().len() + 1, "and that no policy fails");
    for proof in proofs {
        assert_eq!(proof.verdict, Verdict::Proven, "{}: {}", proof.invariant, proof.sentence);
    }
}

#[tokio::test]
async fn a_policy_that_upholds_an_invariant_is_missed() {
    let shipped = policy(shipped_policy());
    for (invariant, upheld_by) in UPHELD {
        let mut less = shipped.packs().all().clone();
        for id in upheld_by {
            less.remove_static(cedar_policy::PolicyId::new(id)).unwrap();
        }
        let broken = broken(&less).await;
        let words = broken.get(invariant).unwrap_or_else(|| panic!("{invariant} holds without {upheld_by:?}"));
        // The example is one that the policies bear out, so it names what permits it.
        let (_, by) = words.split_once("It would leave, by ").unwrap();
        let by: Vec<&str> = by.trim_end_matches('.').split(", ").map(|id| id.trim_matches('`')).collect();
        assert!(by.iter().all(|id| shipped.packs().rule(id).is_some()), "{words}");
    }
    let invariants = invariant::shipped().iter().map(|invariant| invariant.key.as_str());
    let told: Vec<&str> = invariants.filter(|key| !UPHELD.iter().any(|(upheld, _)| upheld == key)).collect();
    assert_eq!(told, ["no-content-under-a-subpoena"], "upheld by nothing that permits it; the next test widens it");
}

#[tokio::test]
async fn a_pack_that_widens_is_caught() {
    let widened = policy(&format!("{}{OWN_PACK}", shipped_policy()));
    let broken = broken(widened.packs().all()).await;
    assert_eq!(broken.keys().collect::<Vec<_>>(), ["no-content-under-a-subpoena"], "no other: forbid beats permit");
    assert_eq!(
        broken["no-content-under-a-subpoena"],
        "A verified, accredited police authority of country A, with a subpoena issued by a court, in a criminal matter, \
         no emergency, with 2 approvers, asks for an element of class content. No policy names country A. It would \
         leave, by `own-content`."
    );
}

#[tokio::test]
async fn a_policy_that_can_fail_is_caught() {
    let overflows = OWN_PACK.replace("resource.class == DataClass::\"content\"", "context.max_penalty_months * 2 > 72");
    let overflowing = policy(&format!("{}{overflows}", shipped_policy()));
    let broken = broken(overflowing.packs().all()).await;
    assert!(broken[NO_POLICY_FAILS].ends_with("The policy `own-content` fails."), "{broken:#?}");
}

#[tokio::test]
async fn an_operators_invariants_are_proven_beside_the_shipped_ones() {
    let folder = tempfile::tempdir().unwrap();
    let invariants_file = folder.path().join("own.cedar");
    let settings = ProofSettings { invariants_file: invariants_file.clone(), ..ProofSettings::default() };
    let write = |text: &str| fs::write(&invariants_file, text).unwrap();
    let faults = || {
        let mut faults = Vec::new();
        settings.check(&mut faults);
        faults
    };
    assert!(faults()[0].contains("No such file"), "{:?}", faults());

    write(
        "@id(\"nothing-to-the-us\")\n@reason(\"Nothing goes to the US.\")\n\
           forbid (principal, action, resource)\nwhen { principal.country == \"US\" };\n\
           @id(\"may-fail\")\n@reason(\"It adds up.\")\n\
           forbid (principal, action, resource)\nwhen { context.approvers + 1 > 1000 };",
    );
    assert_eq!(faults(), Vec::<String>::new());
    let verdicts = verdicts(&prover(&settings), policy(shipped_policy()).packs().all()).await;
    assert_eq!(verdicts.len(), invariant::shipped().len() + 3);
    let Verdict::Broken(words) = &verdicts["nothing-to-the-us"] else { panic!("{verdicts:#?}") };
    assert!(words.contains("of the United States of America"), "{words}");
    assert_eq!(verdicts["may-fail"], Verdict::Unknown("the invariant itself can fail at run time".to_owned()));
    assert_eq!(verdicts["nothing-unapproved"], Verdict::Proven);

    for (text, fault) in [
        ("forbid (", "own.cedar:1:9: "),
        ("forbid (principal, action, resource);", "needs @id"),
        ("@id(\"a\")\nforbid (principal, action, resource);", "own.cedar:1:1: a: needs @reason"),
        ("@id(\"a\") @reason(\"b\")\npermit (principal, action, resource);", "is a permit"),
        ("@id(\"a\") @reason(\"b\")\nforbid (principal, action, resource) when { principal.rank > 1 };", "rank"),
        (
            "@id(\"a\") @reason(\"b\")\nforbid (principal, action, resource) when { principal.country == \"usa\" };",
            "`usa` is not a country",
        ),
        ("@id(\"a\") @reason(\"b\")\nforbid (principal == ?principal, action, resource);", "template"),
        ("@id(\"nothing-unapproved\") @reason(\"b\")\nforbid (principal, action, resource);", "of its own"),
    ] {
        write(text);
        assert!(faults().iter().any(|found| found.contains(fault)), "{text}: {:?}", faults());
    }
}

async fn compared(before: &str, after: &str) -> Equivalence {
    let (before, after) = (policy(before), policy(after));
    prover(&ProofSettings::default()).compare(before.packs().all(), after.packs().all(), Duration::MAX).await
}

#[tokio::test]
async fn policies_that_say_the_same_in_other_words_are_equivalent() {
    let shipped = shipped_policy();
    let reworded = shipped
        .replace("forbid (principal, action, resource)", "forbid(principal,\n action, resource) // never")
        .replace("context.approvers < 2", "!(context.approvers >= 2)");
    assert_ne!(shipped, reworded);
    assert_eq!(compared(shipped, &reworded).await, Equivalence::Equivalent);
}

#[tokio::test]
async fn a_threshold_that_changes_is_shown_by_an_example() {
    let shipped = shipped_policy();
    let changed = shipped.replace("context.max_penalty_months < 36", "context.max_penalty_months < 48");
    assert_ne!(shipped, changed);
    let Equivalence::Different(words) = compared(shipped, &changed).await else { panic!("the threshold decides") };
    for part in [
        "European Production Order",
        "The offence carries at most 36 months.",
        "The revision before lets it leave, by ",
        "the revision after withholds it, by ",
    ] {
        assert!(words.contains(part), "`{part}` is missing in: {words}");
    }
}

/// The running solvers that were started from this file.
fn running(name: &str) -> usize {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let lines = processes.filter_map(|process| fs::read(process.path().join("cmdline")).ok());
    lines.filter(|line| String::from_utf8_lossy(line).contains(&format!("tests/prove/solvers/{name}"))).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_answer_nothing_is_proven_and_nothing_hangs() {
    let shipped = policy(shipped_policy());
    let all = shipped.packs().all();
    let settings = |solver: &str| ProofSettings { solver: solver.to_owned(), ..ProofSettings::default() };
    let provers = [
        (prover(&settings("")), "no solver: the settings name none"),
        (prover(&settings("/nowhere/cvc5")), "no solver: there is no program /nowhere/cvc5"),
        (prover(&settings("/")), "no solver: /: "),
        (prover(&settings("/bin/true")), "the solver failed: "),
        (odd("babbles"), "the solver failed: "),
        (odd("gives-up"), "the solver cannot decide it"),
        (odd("hangs"), "the solver gave no answer within 1.0 seconds"),
    ];
    let begin = Instant::now();
    for (prover, expected) in provers {
        for (key, verdict) in verdicts(&prover, all).await {
            // That a policy which does no sums cannot fail is known without a solver that answers.
            let Verdict::Unknown(why) = &verdict else {
                assert_eq!(
                    (key.as_str(), &verdict, expected),
                    (NO_POLICY_FAILS, &Verdict::Proven, "the solver cannot decide it")
                );
                continue;
            };
            assert!(why.starts_with(expected), "{key}: {why}, not {expected}");
        }
        let less = policy(&shipped_policy().replace("context.approvers < 2", "context.approvers < 3"));
        let Equivalence::Unknown(why) = prover.compare(all, less.packs().all(), Duration::MAX).await else {
            panic!("compared without a solver")
        };
        assert!(why.starts_with(expected), "{why}");
    }
    assert!(begin.elapsed() < Duration::from_secs(30), "{:?}", begin.elapsed());
    // The one that would never end was killed.
    for _ in 0..50 {
        if running("hangs") == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{} solvers still run", running("hangs"));
}

#[tokio::test]
async fn an_example_that_the_policies_do_not_bear_out_is_none() {
    let shipped = policy(shipped_policy());
    for (key, verdict) in verdicts(&odd("invents"), shipped.packs().all()).await {
        match verdict {
            Verdict::Proven => assert_eq!(key, NO_POLICY_FAILS),
            Verdict::Broken(words) => panic!("{key}: {words}"),
            Verdict::Unknown(why) => assert!(why.contains("bear out") || why.contains("failed"), "{why}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn proofs_that_are_asked_for_at_once_are_made_one_after_the_other() {
    let prover = prover(&ProofSettings::default());
    let proofs = (0..4).map(|_| {
        let prover = prover.clone();
        tokio::spawn(async move { prover.prove(policy(shipped_policy()).packs().all(), Duration::MAX).await })
    });
    for proof in proofs.collect::<Vec<_>>() {
        assert!(proof.await.unwrap().iter().all(|proof| proof.verdict == Verdict::Proven));
    }
    // A call that has hardly any time left is told so.
    let late = prover.prove(policy(shipped_policy()).packs().all(), Duration::ZERO).await;
    assert!(late.iter().all(|proof| matches!(&proof.verdict, Verdict::Unknown(why) if why.contains("no answer"))));
}

/// Runs the program: its exit code, and what it wrote on both outputs.
fn program(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_rogatory-disclosure")).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_command_proves_files_and_folders() {
    let (code, out, _) = program(&["prove"]);
    let shipped =
        format!("the policy that ships: aliexpress.com, {} policies\n", policy(shipped_policy()).packs().rules().len());
    assert!(code == 0 && out.starts_with(&shipped), "{out}");
    for key in invariant::shipped().iter().map(|invariant| invariant.key.as_str()).chain([NO_POLICY_FAILS]) {
        assert!(out.lines().any(|line| line.starts_with(&format!("  proven   {key}: "))), "{key} is missing in {out}");
    }

    let folder = tempfile::tempdir().unwrap();
    let shipped = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("policies/aliexpress");
    for entry in fs::read_dir(&shipped).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
    }
    let path = folder.path().display().to_string();
    let shipped = shipped.display().to_string();
    let (code, text, _) = program(&["assemble", &shipped]);
    assert_eq!((code, policy(&text).packs().rules().len()), (0, policy(shipped_policy()).packs().rules().len()));

    let own = OWN_PACK.lines().skip_while(|line| !line.starts_with('@')).take_while(|line| *line != "'''");
    fs::write(folder.path().join("own.cedar"), own.collect::<Vec<_>>().join("\n")).unwrap();
    let (code, out, _) = program(&["prove", &shipped, &path]);
    assert_eq!(code, 1, "one of two is broken");
    assert!(out.contains("  BROKEN   no-content-under-a-subpoena: The content"), "{out}");
    assert!(
        out.contains("\n           A verified, accredited police authority of country A, with a subpoena"),
        "{out}"
    );

    fs::write(folder.path().join("own.cedar"), "permit(").unwrap();
    let (code, _, faults) = program(&["prove", &path]);
    assert!(code == 2 && faults.contains("pack[own]"), "{faults}");
    let (code, _, faults) = program(&["prove", "/nowhere.toml"]);
    assert!(code == 2 && faults.starts_with("/nowhere.toml: "), "{faults}");
    let (code, out, _) = program(&["prove", "--set", "proof.solver="]);
    assert!(code == 2 && out.contains("  unknown  nothing-unapproved: ") && out.contains("no solver"), "{out}");
    let (code, _, faults) = program(&["assemble", "/nowhere"]);
    assert!(code == 1 && faults.starts_with("/nowhere: "), "{faults}");
}
