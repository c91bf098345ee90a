//! The feeds of the peers: each event has its effect once, whoever reads it and however often.

use std::collections::BTreeMap;

use chrono::Utc;
use rogatory_chassis::SystemClock;
use rogatory_intake::{app::peers::feed::Event, domain::docket::Work};
use rogatory_names::{DecisionId, ProductionId, RequestId, VerificationId};

use crate::{
    on_both_engines,
    suite::{Alone, Kind},
    wire::{file, unsigned},
};

on_both_engines! { an_event_has_its_effect_once_and_the_cursor_moves_with_it }

fn event(cursor: &str, kind: &str, subject: String, request: &str) -> Event {
    Event {
        cursor: cursor.to_owned(),
        kind: kind.to_owned(),
        subject,
        request: request.to_owned(),
        actor: "person:verifier".to_owned(),
        correlation_id: "call-1".to_owned(),
        facts: BTreeMap::from([
            ("no_data".to_owned(), "true".to_owned()),
            ("grant".to_owned(), "grants/grt_01890000000070008000000000000000".to_owned()),
        ]),
    }
}

async fn an_event_has_its_effect_once_and_the_cursor_moves_with_it(kind: Kind) {
    let alone = Alone::start(kind).await;
    let name = file(&alone.portal(), unsigned()).await.name;
    let (app, _) = alone.docket(SystemClock::shared(), 1).await;
    let (replica, _) = alone.docket(SystemClock::shared(), 1).await;
    let id = VerificationId::new();
    let concluded = event("c1", "verification.concluded", id.name(), &name);
    let now = Utc::now();

    // Two replicas read the same event at the same time.
    let (one, other) = tokio::join!(
        app.note_event("verification", "", &concluded, now),
        replica.note_event("verification", "", &concluded, now)
    );
    assert_eq!(usize::from(one.unwrap()) + usize::from(other.unwrap()), 1);
    assert!(!app.note_event("verification", "", &concluded, now).await.unwrap(), "it is told again and ignored");
    // Other peers have cursors of their own; an event of no request, of one that is not ours, or of no use only moves on.
    let stranger = event("d1", "production.recorded", ProductionId::new().name(), &RequestId::new().name());
    assert!(app.note_event("disclosure", "", &stranger, now).await.unwrap());
    let useless = event("d2", "policy.published", "policyRevisions/rev_1".to_owned(), "");
    assert!(app.note_event("disclosure", "d1", &useless, now).await.unwrap());
    let odd = event("d3", "production.recorded", "productions/1".to_owned(), &name);
    assert!(app.note_event("disclosure", "d2", &odd, now).await.unwrap());
    let produced = event("d4", "production.recorded", ProductionId::new().name(), &name);
    assert!(!app.note_event("disclosure", "d2", &produced, now).await.unwrap(), "another is ahead");
    assert!(app.note_event("disclosure", "d3", &produced, now).await.unwrap());

    let reopened = event("c2", "verification.reopened", id.name(), &name);
    assert!(app.note_event("verification", "c1", &reopened, now).await.unwrap());

    // Of the decision that intake proposed it knows; of one that takes up from another it hears by the event.
    let decision = DecisionId::new();
    let first = event("d5", "decision.proposed", decision.name(), &name);
    assert!(app.note_event("disclosure", "d4", &first, now).await.unwrap());
    let mut successor = event("d6", "decision.proposed", decision.name(), &name);
    successor.facts.insert("predecessor".to_owned(), DecisionId::new().name());
    assert!(app.note_event("disclosure", "d5", &successor, now).await.unwrap());

    let work: Vec<Work> =
        app.list_docket(false, 10).await.unwrap().into_iter().map(|listed| listed.step.work).collect();
    let actor = "person:verifier".to_owned();
    assert_eq!(work[0], Work::PlanRoute);
    let settle = Work::SettleVerification { verification: id, actor };
    assert_eq!(work[1], settle);
    assert!(matches!(work[2], Work::SettleProduction { no_data: true, .. }));
    assert_eq!(work[3], settle, "reopened or concluded, what is so now is read");
    assert_eq!(work[4], Work::SettleDecision { decision, actor: "person:verifier".to_owned() });
    assert_eq!(work.len(), 5);
}
