//! The docket: nothing is lost, nothing runs twice at once, and what cannot be done waits for a person.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use chrono::{TimeDelta, Utc};
use rogatory_chassis::{Clock, FakeClock};
use rogatory_intake::app::{App, docket::Docket};
use rogatory_names::StepId;
use rogatory_proto::rogatory::intake::v1::{
    GetRequestRequest, LegalRequest, WithdrawRequestRequest,
    condition::{Status, Type},
    legal_request::State,
};

use crate::{
    on_both_engines,
    suite::{Alone, Kind, Office},
    wire::{file, fresh_id, unsigned},
};

on_both_engines! {
    a_crash_between_taking_up_and_completing_loses_nothing,
    a_step_whose_lease_ran_out_is_done_once,
    many_workers_do_each_step_once,
    a_step_that_cannot_be_done_is_tried_again_then_parked_and_a_person_takes_it_up,
}

/// A clock a little ahead of the server's, so that what was just filed is due.
fn clock() -> Arc<FakeClock> {
    FakeClock::at(Utc::now() + TimeDelta::seconds(1))
}

async fn read(office: &Office, name: &str) -> LegalRequest {
    office.requests().get_request(GetRequestRequest { name: name.to_owned() }).await.unwrap().into_inner()
}

/// A request with two steps that need no peer: a plan that is no longer wanted, and a letter.
async fn withdrawn(office: &Office) -> String {
    let filed = file(office, unsigned()).await;
    let withdraw = WithdrawRequestRequest {
        name: filed.name,
        etag: filed.etag,
        reason: "no longer needed".to_owned(),
        request_id: fresh_id(),
    };
    office.requests().withdraw_request(withdraw).await.unwrap().into_inner().name
}

async fn left(app: &App) -> usize {
    app.list_docket(false, 1_000).await.unwrap().len()
}

async fn work_all(docket: &Docket) -> Vec<StepId> {
    let mut done = Vec::new();
    loop {
        let taken = docket.take_up(3).await.unwrap();
        if taken.is_empty() {
            return done;
        }
        for held in taken {
            done.push(held.step.id);
            docket.work(held).await;
        }
    }
}

async fn a_crash_between_taking_up_and_completing_loses_nothing(kind: Kind) {
    let alone = Alone::start(kind).await;
    let portal = alone.portal();
    let name = withdrawn(&portal).await;
    let clock = clock();
    let (app, dying) = alone.docket(clock.clone(), 5).await;
    let taken = dying.take_up(10).await.unwrap();
    assert_eq!(taken.len(), 2);
    drop((taken, dying));

    let (_, other) = alone.docket(clock.clone(), 5).await;
    assert!(other.take_up(10).await.unwrap().is_empty(), "the lease still runs");
    clock.advance(Duration::from_secs(61));
    assert_eq!(work_all(&other).await.len(), 2);
    assert_eq!(left(&app).await, 0);
    let request = read(&portal, &name).await;
    assert_eq!(request.letters.len(), 1);
    assert_eq!(request.letters[0].template, "outcome");
}

async fn a_step_whose_lease_ran_out_is_done_once(kind: Kind) {
    let alone = Alone::start(kind).await;
    let portal = alone.portal();
    let name = withdrawn(&portal).await;
    let clock = clock();
    let (app, slow) = alone.docket(clock.clone(), 5).await;
    let (_, quick) = alone.docket(clock.clone(), 5).await;
    let late = slow.take_up(10).await.unwrap();
    clock.advance(Duration::from_secs(61));
    let again = quick.take_up(10).await.unwrap();
    assert_eq!(again.len(), 2);
    assert!(again.iter().all(|held| held.step.attempts == 2));
    // The slow one comes back before and after the quick one is done: its lease is gone either way.
    let mut late = late.into_iter();
    slow.work(late.next().unwrap()).await;
    assert_eq!((left(&app).await, read(&portal, &name).await.letters.len()), (2, 0));
    for held in again {
        quick.work(held).await;
    }
    for held in late {
        slow.work(held).await;
    }
    let request = read(&portal, &name).await;
    assert_eq!((left(&app).await, request.letters.len()), (0, 1));
    let letters = request.timeline.iter().filter(|entry| entry.kind == "request.letter_written").count();
    assert_eq!(letters, 1);
}

async fn many_workers_do_each_step_once(kind: Kind) {
    let alone = Alone::start(kind).await;
    let portal = alone.portal();
    let mut names = Vec::new();
    for _ in 0..12 {
        names.push(withdrawn(&portal).await);
    }
    let clock = clock();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (_, docket) = alone.docket(clock.clone(), 5).await;
        tasks.spawn(async move { work_all(&docket).await });
    }
    let done: Vec<StepId> = tasks.join_all().await.into_iter().flatten().collect();
    let distinct: BTreeSet<StepId> = done.iter().copied().collect();
    assert_eq!((done.len(), distinct.len()), (24, 24), "no step was in two hands");
    for name in names {
        assert_eq!(read(&portal, &name).await.letters.len(), 1);
    }
}

async fn a_step_that_cannot_be_done_is_tried_again_then_parked_and_a_person_takes_it_up(kind: Kind) {
    let alone = Alone::start(kind).await;
    let portal = alone.portal();
    let name = file(&portal, unsigned()).await.name;
    let clock = clock();
    // Nobody answers for routing.
    let (app, docket) = alone.docket(clock.clone(), 3).await;
    let mut waits = Vec::new();
    for attempt in 1..=3 {
        let taken = docket.take_up(10).await.unwrap();
        assert_eq!((taken.len(), taken[0].step.attempts), (1, attempt));
        docket.work(taken.into_iter().next().unwrap()).await;
        let listed = app.list_docket(false, 10).await.unwrap().remove(0);
        assert!(listed.failure.is_some_and(|failure| failure.contains("DEADLINE") || failure.contains("DEPENDENCY")));
        if let Some(due) = listed.due_time {
            assert!(docket.take_up(10).await.unwrap().is_empty(), "it waits");
            waits.push(due - clock.now());
            clock.set(due);
        }
    }
    assert_eq!(waits.len(), 2);
    assert!(waits[1] > waits[0], "{waits:?}");

    let request = read(&portal, &name).await;
    assert_eq!(request.state(), State::Received, "it stays where it was");
    let progressing = |request: &LegalRequest| {
        request.conditions.iter().find(|condition| condition.r#type() == Type::Progressing).unwrap().status()
    };
    assert_eq!(progressing(&request), Status::False);
    clock.advance(Duration::from_secs(100_000));
    assert!(docket.take_up(10).await.unwrap().is_empty(), "a parked step waits for a person");
    let parked = app.list_docket(true, 10).await.unwrap().remove(0);
    let step = parked.step.id;
    assert!(app.retry_step(StepId::new(), clock.now()).await.is_err());
    app.retry_step(step, clock.now()).await.unwrap();
    assert!(app.retry_step(step, clock.now()).await.is_err(), "it is not parked any more");
    assert_eq!(progressing(&read(&portal, &name).await), Status::True);
    let again = docket.take_up(10).await.unwrap().remove(0);
    assert_eq!((again.step.id, again.step.attempts), (step, 1), "it is the same step, with all its tries before it");
    let kinds: Vec<String> = alone.events().await.into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds, ["request.submitted", "request.parked", "request.resumed"]);
}
