//! Random sequences of calls against a model: which are refused, and what is left when they are done.

use rogatory_proto::rogatory::intake::v1::{
    CloseRequestRequest, CreateRequestRequest, GetRequestRequest, LegalRequest, SubmitRequestRequest,
    UpdateRequestRequest, WithdrawRequestRequest,
    legal_request::{Outcome, State},
    submit_request_request::Subject,
};
use tonic::{Code, Response, Status};

use crate::{
    on_both_engines,
    random_lives::Dice,
    suite::{Alone, Kind},
    wire::{fresh_id, submit, unsigned},
};

on_both_engines! { random_calls_do_what_the_model_says }

/// What the model knows of one request.
struct Known {
    name: String,
    state: State,
    etag: String,
    /// How many changes it went through: each leaves one entry of the timeline.
    changes: usize,
}

/// What the model expects of a call on a request in `state` whose etag is right or not.
fn expected(state: State, etag_is_right: bool, allowed: &[State]) -> Code {
    match (etag_is_right, allowed.contains(&state)) {
        (false, _) => Code::Aborted,
        (true, false) => Code::FailedPrecondition,
        (true, true) => Code::Ok,
    }
}

fn code(answer: &Result<Response<LegalRequest>, Status>) -> Code {
    answer.as_ref().map_or_else(Status::code, |_| Code::Ok)
}

async fn random_calls_do_what_the_model_says(kind: Kind) {
    const OPEN: &[State] = &[State::Draft, State::Received];
    let alone = Alone::start(kind).await;
    let (portal, analyst) = (alone.portal(), alone.analyst());
    let mut dice = Dice(20_261_124);
    let mut known: Vec<Known> = Vec::new();
    let mut events = 0;
    for step in 0..250 {
        let at = if known.is_empty() { 0 } else { dice.roll(known.len()) };
        let (name, state, current) =
            known.get(at).map_or_else(Default::default, |found| (found.name.clone(), found.state, found.etag.clone()));
        let etag_is_right = dice.roll(4) > 0;
        let etag = if etag_is_right || current.is_empty() {
            current
        } else {
            rogatory_store::etag(rogatory_store::parse_etag(&current).unwrap() + 3)
        };
        let (answer, wanted, again) = match if known.is_empty() { 0 } else { dice.roll(6) } {
            0 => {
                let call = CreateRequestRequest { request: Some(unsigned()), request_id: fresh_id() };
                let answer = portal.requests().create_request(call.clone()).await;
                (answer, Code::Ok, portal.requests().create_request(call).await)
            }
            1 => {
                let call = submit(unsigned());
                let answer = portal.requests().submit_request(call.clone()).await;
                (answer, Code::Ok, portal.requests().submit_request(call).await)
            }
            2 => {
                let call = SubmitRequestRequest {
                    subject: Some(Subject::Name(name.clone())),
                    etag,
                    request_id: fresh_id(),
                    validate_only: false,
                };
                let answer = portal.requests().submit_request(call.clone()).await;
                let wanted = expected(state, etag_is_right, &[State::Draft]);
                (answer, wanted, portal.requests().submit_request(call).await)
            }
            3 => {
                let call = UpdateRequestRequest {
                    request: Some(LegalRequest { name: name.clone(), etag, ..unsigned() }),
                    update_mask: Some(prost_types::FieldMask { paths: vec!["items".to_owned()] }),
                    request_id: fresh_id(),
                };
                let answer = analyst.requests().update_request(call.clone()).await;
                let wanted = expected(state, etag_is_right, &[State::Draft]);
                (answer, wanted, analyst.requests().update_request(call).await)
            }
            4 => {
                let call = WithdrawRequestRequest {
                    name: name.clone(),
                    etag,
                    reason: "over".to_owned(),
                    request_id: fresh_id(),
                };
                let answer = portal.requests().withdraw_request(call.clone()).await;
                let wanted = expected(state, etag_is_right, OPEN);
                (answer, wanted, portal.requests().withdraw_request(call).await)
            }
            _ => {
                let call = CloseRequestRequest {
                    name: name.clone(),
                    etag,
                    outcome: Outcome::Redirected.into(),
                    reason: "over".to_owned(),
                    request_id: fresh_id(),
                };
                let answer = analyst.requests().close_request(call.clone()).await;
                let wanted = expected(state, etag_is_right, &[State::Received]);
                (answer, wanted, analyst.requests().close_request(call).await)
            }
        };
        assert_eq!(code(&answer), wanted, "step {step}: {name} in {state:?}: {answer:?}");
        // The same call again: the first answer, or refused once more.
        assert_eq!(code(&again), wanted, "step {step}");
        let Ok(answer) = answer else { continue };
        let answer = answer.into_inner();
        assert_eq!(again.unwrap().into_inner(), answer, "step {step}");
        events += 1;
        match known.iter_mut().find(|found| found.name == answer.name) {
            Some(found) => {
                assert_ne!(found.etag, answer.etag);
                *found = Known {
                    name: answer.name.clone(),
                    state: answer.state(),
                    etag: answer.etag.clone(),
                    changes: found.changes + 1,
                };
                assert_eq!(answer.timeline.len(), found.changes);
            }
            None => {
                let (state, etag) = (answer.state(), answer.etag);
                known.push(Known { name: answer.name, state, etag, changes: 1 });
            }
        }
    }
    for found in &known {
        let read = GetRequestRequest { name: found.name.clone() };
        let read = analyst.requests().get_request(read).await.unwrap().into_inner();
        assert_eq!((read.state(), &read.etag, read.timeline.len()), (found.state, &found.etag, found.changes));
    }
    assert_eq!(alone.events().await.len(), events, "one event for each change, and none for what was refused");
    let entries = rogatory_store::audit::list(alone.store().await.read(), 0, 10_000).await.unwrap();
    assert_eq!(entries.len(), events);
    assert!(known.len() > 30 && known.iter().any(|found| found.state == State::Closed));
}
