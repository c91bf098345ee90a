//! A one-time code to the registry's own mailbox.

use futures::future::join_all;
use prost::Message as _;
use rogatory_chassis::Role;
use rogatory_names::VerificationId;
use rogatory_proto::rogatory::verification::v1::{
    Agency, AnswerChallengeRequest, SendChallengeRequest, Verification,
    evidence::{Kind, Result as Outcome},
    verification::{Level, State},
};
use tonic::Code;

use crate::{
    harness::{Suite, code_in, id, on_both_engines},
    samples::{
        DOMAIN, MAILBOX, NUMBER, agency, ask, call_back, codes, emergency, everything, mailbox, observed, reason,
        violations,
    },
};

on_both_engines! {
    a_code_confirms_the_officer, a_code_counts_once, it_expires, wrong_codes_spend_it, a_new_code_replaces_the_old,
    only_so_many_are_sent, a_repeated_call_sends_one, only_to_a_mailbox_held_before,
    the_senders_own_domain_proves_nothing, it_is_nowhere_but_in_the_mail, what_is_concluded_takes_none,
    a_code_of_one_is_none_of_another, an_agency_with_a_code_is_no_emergency_proof, only_a_verifier_sends,
    of_many_answers_at_once_one_counts, none_to_an_agency_in_other_hands,
    a_mail_that_failed_is_sent_again,
}

async fn opened(suite: &Suite) -> Verification {
    suite.known_agency().await;
    suite.open(ask(suite)).await.unwrap()
}

/// Sends a code and reads it from the mail.
async fn code(suite: &Suite, name: &str) -> String {
    suite.send_challenge(name).await.unwrap();
    suite.next_code().await
}

/// A code of the same form that is not this one.
fn another(code: &str) -> String {
    let first = code.chars().next().unwrap();
    let other = if first.is_ascii_digit() { if first == '9' { '8' } else { '9' } } else { 'Z' };
    let other = if other == first { 'Y' } else { other };
    format!("{other}{}", &code[1..])
}

async fn a_code_confirms_the_officer(suite: &Suite) {
    let opened = opened(suite).await;
    let sent = suite.send_challenge(&opened.name).await.unwrap();
    assert_eq!((sent.state(), sent.evidence.len()), (State::Open, opened.evidence.len()), "sending proves nothing");
    assert_ne!(sent.etag, opened.etag);
    let mail = suite.next_mail().await;
    assert!(mail.contains(MAILBOX), "{mail}");
    assert!(!mail.contains("Secretson"), "a mail goes over the net: {mail}");
    let answered = suite.answer(&opened.name, &code_in(&mail)).await.unwrap();
    let piece = answered.evidence.last().unwrap();
    assert_eq!((piece.kind(), piece.result()), (Kind::Challenge, Outcome::Positive));
    assert_eq!((piece.observation.as_str(), piece.recorder.as_str()), ("CHALLENGE_ANSWERED", "person:vera"));
    assert!(answered.needs.is_empty());
    let concluded = suite.conclude(&opened.name).await.unwrap();
    assert_eq!((concluded.state(), concluded.level()), (State::Verified, Level::Basic));
    let kinds: Vec<String> = suite
        .events(&["verification.challenge_sent", "verification.challenge_answered"])
        .await
        .into_iter()
        .map(|event| event.kind)
        .collect();
    assert_eq!(kinds, ["verification.challenge_sent", "verification.challenge_answered"]);
}

async fn a_code_counts_once(suite: &Suite) {
    let opened = opened(suite).await;
    let code = code(suite, &opened.name).await;
    let ask = AnswerChallengeRequest { name: opened.name.clone(), code: code.clone(), request_id: id() };
    let mut verifier = suite.verifications(Role::Verifier);
    let first = verifier.answer_challenge(ask.clone()).await.unwrap().into_inner();
    assert_eq!(verifier.answer_challenge(ask.clone()).await.unwrap().into_inner(), first, "a repeated call");
    let other = AnswerChallengeRequest { code: another(&code), ..ask };
    assert_eq!(reason(&verifier.answer_challenge(other).await.unwrap_err()), "REQUEST_ID_REUSED");
    let status = suite.answer(&opened.name, &code).await.unwrap_err();
    assert_eq!(violations(&status), ["NO_CHALLENGE"], "a replayed code");
    assert_eq!(suite.get(&opened.name).await.unwrap(), first);
}

async fn it_expires(suite: &Suite) {
    let opened = opened(suite).await;
    let code = code(suite, &opened.name).await;
    suite.advance(3600);
    let status = suite.answer(&opened.name, &code).await.unwrap_err();
    assert_eq!(violations(&status), ["CHALLENGE_EXPIRED"]);
    let fresh = self::code(suite, &opened.name).await;
    assert_ne!(fresh, code);
    suite.advance(3599);
    assert!(observed(&suite.answer(&opened.name, &fresh).await.unwrap()).contains("CHALLENGE_ANSWERED"));
}

async fn wrong_codes_spend_it(suite: &Suite) {
    let opened = opened(suite).await;
    let code = code(suite, &opened.name).await;
    for wrong in 1..=3 {
        let told = suite.answer(&opened.name, &another(&code)).await.unwrap();
        let last = told.evidence.last().unwrap();
        assert_eq!(last.observation, if wrong < 3 { "CHALLENGE_WRONG" } else { "CHALLENGE_FAILED" });
        assert_eq!(told.required_level(), if wrong < 3 { Level::Basic } else { Level::Enhanced });
        assert!(codes(&told.needs).len() == 1, "{:?}", codes(&told.needs));
    }
    let status = suite.answer(&opened.name, &code).await.unwrap_err();
    assert_eq!(violations(&status), ["NO_CHALLENGE"], "the right one comes too late");
    // A call-back still helps.
    suite.record(&opened.name, call_back(suite, NUMBER, Outcome::Positive)).await.unwrap();
    assert_eq!(suite.conclude(&opened.name).await.unwrap().level(), Level::Enhanced);
}

async fn a_new_code_replaces_the_old(suite: &Suite) {
    let opened = opened(suite).await;
    let first = code(suite, &opened.name).await;
    let second = code(suite, &opened.name).await;
    assert_ne!(first, second);
    let told = suite.answer(&opened.name, &first).await.unwrap();
    assert_eq!(told.evidence.last().unwrap().observation, "CHALLENGE_WRONG");
    let told = suite.answer(&opened.name, &second).await.unwrap();
    assert_eq!(told.evidence.last().unwrap().observation, "CHALLENGE_ANSWERED");
}

async fn only_so_many_are_sent(suite: &Suite) {
    let opened = opened(suite).await;
    for _ in 0..3 {
        code(suite, &opened.name).await;
    }
    let status = suite.send_challenge(&opened.name).await.unwrap_err();
    assert_eq!(violations(&status), ["TOO_MANY_CHALLENGES"], "{status:?}");
    assert_eq!(suite.events(&["verification.challenge_sent"]).await.len(), 3);
    // Waiting does not help; it is a limit for the verification.
    suite.days(1);
    assert_eq!(violations(&suite.send_challenge(&opened.name).await.unwrap_err()), ["TOO_MANY_CHALLENGES"]);
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let codes: std::collections::BTreeSet<String> = suite.mails().iter().map(|(_, mail)| code_in(mail)).collect();
    assert_eq!(codes.len(), 3);
}

async fn a_repeated_call_sends_one(suite: &Suite) {
    let opened = opened(suite).await;
    let ask = SendChallengeRequest { name: opened.name.clone(), request_id: id() };
    let mut verifier = suite.verifications(Role::Verifier);
    let first = verifier.send_challenge(ask.clone()).await.unwrap().into_inner();
    let code = suite.next_code().await;
    assert_eq!(verifier.send_challenge(ask).await.unwrap().into_inner(), first);
    assert_eq!(suite.events(&["verification.challenge_sent"]).await.len(), 1);
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert!(suite.mails().iter().all(|(_, mail)| code_in(mail) == code), "always the same code");
    assert!(observed(&suite.answer(&opened.name, &code).await.unwrap()).contains("CHALLENGE_ANSWERED"));
}

async fn only_to_a_mailbox_held_before(suite: &Suite) {
    let known = suite.create(Agency { mailboxes: vec![], ..agency() }).await;
    suite.advance(60);
    let opened = suite.open(ask(suite)).await.unwrap();
    let status = suite.send_challenge(&opened.name).await.unwrap_err();
    assert_eq!(violations(&status), ["MAILBOX_NOT_HELD_BEFORE"]);
    // The registry gets one after the request, by whoever was asked to help.
    suite.advance(60);
    let known = suite.update(Agency { mailboxes: vec![mailbox("late@cityhall.example")], ..known }).await.unwrap();
    let status = suite.send_challenge(&opened.name).await.unwrap_err();
    assert_eq!(violations(&status), ["MAILBOX_NOT_HELD_BEFORE"]);
    assert!(!everything(&status).contains("late@"), "the address is repeated");
    assert_eq!(suite.get(&opened.name).await.unwrap(), opened, "nothing was half-written");
    assert!(suite.mails().is_empty());

    // For a request that comes now it is one; but never the sender's own.
    suite.advance(60);
    let own = Agency { mailboxes: vec![mailbox(&format!("Q.Secretson+desk@{DOMAIN}"))], ..known };
    suite.update(own).await.unwrap();
    suite.advance(60);
    let next = suite.open(ask(suite)).await.unwrap();
    let status = suite.send_challenge(&next.name).await.unwrap_err();
    assert_eq!(violations(&status), ["MAILBOX_NOT_HELD_BEFORE"]);
    // An agency that is not recognised has none.
    let mut nobody = ask(suite);
    nobody.agency_name = "Bureau of Nothing".to_owned();
    let nobody = suite.open(nobody).await.unwrap();
    assert_eq!(violations(&suite.send_challenge(&nobody.name).await.unwrap_err()), ["MAILBOX_NOT_HELD_BEFORE"]);
}

async fn the_senders_own_domain_proves_nothing(suite: &Suite) {
    suite.create(Agency { mailboxes: vec![mailbox("desk@sampleton.example")], ..agency() }).await;
    suite.advance(60);
    let opened = suite.open(ask(suite)).await.unwrap();
    let code = code(suite, &opened.name).await;
    let told = suite.answer(&opened.name, &code).await.unwrap();
    assert_eq!(told.evidence.last().unwrap().observation, "CHALLENGE_SAME_DOMAIN");
    assert_eq!(violations(&suite.conclude(&opened.name).await.unwrap_err()), ["OFFICER_CONFIRMED"]);
}

async fn an_agency_with_a_code_is_no_emergency_proof(suite: &Suite) {
    suite.known_agency().await;
    let opened = suite.open(emergency(suite)).await.unwrap();
    let code = code(suite, &opened.name).await;
    suite.answer(&opened.name, &code).await.unwrap();
    let status = suite.conclude(&opened.name).await.unwrap_err();
    assert_eq!(violations(&status), ["CALL_BACK_COMPLETED", "TWO_APPROVALS"]);
}

async fn it_is_nowhere_but_in_the_mail(suite: &Suite) {
    crate::logs::listen();
    let opened = opened(suite).await;
    let sent = suite.send_challenge(&opened.name).await.unwrap();
    let code = suite.next_code().await;
    let wrong = another(&code);
    let mut said = vec![format!("{sent:?}"), String::from_utf8_lossy(&sent.encode_to_vec()).into_owned()];
    for given in [wrong.as_str(), &code] {
        let answered = suite.answer(&opened.name, given).await.unwrap();
        said.push(String::from_utf8_lossy(&answered.encode_to_vec()).into_owned());
    }
    said.push(everything(&suite.answer(&opened.name, &code).await.unwrap_err()));
    let asked = AnswerChallengeRequest { name: opened.name.clone(), code: code.clone(), request_id: id() };
    said.push(format!("{asked:?}"));
    let got = suite.get(&opened.name).await.unwrap();
    said.push(String::from_utf8_lossy(&got.encode_to_vec()).into_owned());
    said.push(format!("{:?} {:?}", suite.events(&[]).await, suite.audit().await));
    said.push(crate::logs::so_far());
    if let Some(folder) = suite.database_folder() {
        for file in std::fs::read_dir(folder).unwrap() {
            said.push(String::from_utf8_lossy(&std::fs::read(file.unwrap().path()).unwrap()).into_owned());
        }
    }
    for said in said {
        for secret in [&code, &wrong, &code.replace('-', ""), &wrong.replace('-', "")] {
            let place = said.find(secret.as_str());
            assert!(place.is_none(), "{secret} in …{}…", &said[place.unwrap_or(0).saturating_sub(200)..]);
        }
    }
    let said = format!("{:?} {:?} {}", suite.events(&[]).await, suite.audit().await, crate::logs::so_far());
    assert!(!said.contains(MAILBOX), "the mailbox");
}

async fn what_is_concluded_takes_none(suite: &Suite) {
    let opened = opened(suite).await;
    let code = code(suite, &opened.name).await;
    suite.record(&opened.name, call_back(suite, NUMBER, Outcome::Positive)).await.unwrap();
    let concluded = suite.conclude(&opened.name).await.unwrap();
    for status in
        [suite.answer(&opened.name, &code).await.unwrap_err(), suite.send_challenge(&opened.name).await.unwrap_err()]
    {
        assert_eq!((status.code(), reason(&status)), (Code::FailedPrecondition, "STATE_FORBIDS".to_owned()));
        assert_eq!(crate::samples::fact(&status, "state"), "VERIFIED");
    }
    assert_eq!(suite.get(&opened.name).await.unwrap(), concluded);
    let nothing = VerificationId::new().name();
    assert_eq!(suite.answer(&nothing, &code).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(suite.send_challenge(&nothing).await.unwrap_err().code(), Code::NotFound);
}

async fn a_code_of_one_is_none_of_another(suite: &Suite) {
    let first = opened(suite).await;
    let second = suite.open(ask(suite)).await.unwrap();
    let code = code(suite, &first.name).await;
    let status = suite.answer(&second.name, &code).await.unwrap_err();
    assert_eq!(violations(&status), ["NO_CHALLENGE"]);
    let own = self::code(suite, &second.name).await;
    let told = suite.answer(&second.name, &code).await.unwrap();
    assert_eq!(told.evidence.last().unwrap().observation, "CHALLENGE_WRONG");
    assert!(observed(&suite.answer(&second.name, &own).await.unwrap()).contains("CHALLENGE_ANSWERED"));
    assert!(observed(&suite.answer(&first.name, &code).await.unwrap()).contains("CHALLENGE_ANSWERED"));
}

async fn of_many_answers_at_once_one_counts(suite: &Suite) {
    let opened = opened(suite).await;
    let code = code(suite, &opened.name).await;
    let answers = join_all((0..6).map(|_| suite.answer(&opened.name, &code))).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
    let after = suite.get(&opened.name).await.unwrap();
    let counted: Vec<_> = after.evidence.iter().filter(|piece| piece.kind() == Kind::Challenge).collect();
    assert_eq!(counted.len(), 1);
    // And of many that are sent at once no more than the rules allow.
    let sent = join_all((0..6).map(|_| suite.send_challenge(&opened.name))).await;
    assert_eq!(sent.iter().filter(|sent| sent.is_ok()).count(), 2);
}

/// The mail server is away, and the service is started again meanwhile: the same code goes out when it is back.
async fn a_mail_that_failed_is_sent_again(suite: &Suite) {
    let opened = opened(suite).await;
    let folder = suite.settings.challenge.directory.clone().unwrap();
    std::fs::remove_dir(&folder).unwrap();
    std::fs::write(&folder, "no directory").unwrap();
    suite.send_challenge(&opened.name).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    suite.halt().await;
    std::fs::remove_file(&folder).unwrap();
    std::fs::create_dir(&folder).unwrap();
    suite.resume().await;
    suite.advance(61);
    let code = suite.next_code().await;
    assert!(observed(&suite.answer(&opened.name, &code).await.unwrap()).contains("CHALLENGE_ANSWERED"));
    // What was given back is not mailed again.
    suite.advance(120);
    tokio::time::sleep(std::time::Duration::from_millis(1300)).await;
    assert_eq!(suite.mails().len(), 1);
}

async fn none_to_an_agency_in_other_hands(suite: &Suite) {
    let known = suite.known_agency().await;
    suite.days(40);
    let opened = suite.open(ask(suite)).await.unwrap();
    let since = suite.now() - chrono::TimeDelta::hours(1);
    let burned = crate::samples::window(since, None);
    let subject = rogatory_proto::rogatory::verification::v1::report_compromise_request::Subject::Agency(known.name);
    crate::compromise::reported(suite, subject, burned).await;
    let status = suite.send_challenge(&opened.name).await.unwrap_err();
    assert_eq!(violations(&status), ["MAILBOX_NOT_HELD_BEFORE"]);
    assert!(suite.mails().is_empty());
}

async fn only_a_verifier_sends(suite: &Suite) {
    let opened = opened(suite).await;
    for role in [Role::Analyst, Role::Counsel, Role::Approver, Role::Auditor, Role::Operator, Role::Publisher] {
        let mut client = suite.verifications(role);
        let ask = SendChallengeRequest { name: opened.name.clone(), request_id: id() };
        let answer = AnswerChallengeRequest { name: opened.name.clone(), code: "X".to_owned(), request_id: id() };
        assert_eq!(client.send_challenge(ask).await.unwrap_err().code(), Code::PermissionDenied);
        assert_eq!(client.answer_challenge(answer).await.unwrap_err().code(), Code::PermissionDenied);
    }
    let ask = SendChallengeRequest { name: opened.name, request_id: id() };
    assert_eq!(suite.intake().send_challenge(ask).await.unwrap_err().code(), Code::PermissionDenied);
    assert!(suite.mails().is_empty());
}
