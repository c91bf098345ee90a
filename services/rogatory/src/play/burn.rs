//! It turns out that the agency, or its mail domain, was in the hands of others.

use std::time::{Duration, Instant};

use rogatory_proto::{
    google::r#type::Interval,
    rogatory::{
        disclosure::v1::{GetGrantRequest, Grant, grant},
        verification::v1::{
            Compromise, GetCompromiseRequest, ListCompromisedProductionsRequest, Reliance, ReportCompromiseRequest,
            compromise, report_compromise_request::Subject,
        },
    },
};

use super::{
    act::{Broken, Doing, fresh_id},
    people::{People, Person},
};
use crate::cases::Burning;

/// How long the sweep, and what intake does after it, may take.
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(20);

/// Counsel reports it and waits for the sweep.
pub(super) async fn report(people: &People, burning: &Burning) -> Result<Compromise, Broken> {
    let offices = people.of(&Person::counsel())?;
    let call = ReportCompromiseRequest {
        subject: Some(Subject::MailDomain(burning.mail_domain.clone())),
        window: Some(Interval { start_time: Some(burning.from), end_time: burning.until }),
        reason: burning.reason.clone(),
        request_id: fresh_id(),
    };
    let mut compromise: Compromise =
        offices.agencies().report_compromise(call).await.doing("reporting the compromise")?;
    let begin = Instant::now();
    while compromise.state() != compromise::State::Done {
        if begin.elapsed() > PATIENCE {
            return Err(Broken(format!("the sweep of {} does not end", compromise.name)));
        }
        tokio::time::sleep(PAUSE).await;
        let read = GetCompromiseRequest { name: compromise.name };
        compromise = offices.agencies().get_compromise(read).await.doing("reading how far the sweep is")?;
    }
    Ok(compromise)
}

/// What had left, once `production` is among it, or as it is when that does not come: intake tells of a production a
/// moment after it was recorded, and the list has it whether that was before the sweep or after.
pub(super) async fn left(people: &People, name: &str, production: Option<&str>) -> Result<Vec<Reliance>, Broken> {
    let offices = people.of(&Person::counsel())?;
    let begin = Instant::now();
    loop {
        let list = ListCompromisedProductionsRequest {
            name: name.to_owned(),
            page_size: 1_000,
            ..ListCompromisedProductionsRequest::default()
        };
        let page = offices.agencies().list_compromised_productions(list).await.doing("listing what had left")?;
        let known = production.is_none_or(|name| page.productions.iter().any(|left| left.production == name));
        if known || begin.elapsed() > PATIENCE {
            return Ok(page.productions);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The grant once it is revoked, or as it is when that does not come.
pub(super) async fn grant(people: &People, name: &str) -> Result<Grant, Broken> {
    let auditor = people.of(&Person::auditor())?;
    let begin = Instant::now();
    loop {
        let read = GetGrantRequest { name: name.to_owned() };
        let found = auditor.grants().get_grant(read).await.doing("reading the grant")?;
        if found.state() == grant::State::Revoked || begin.elapsed() > PATIENCE {
            return Ok(found);
        }
        tokio::time::sleep(PAUSE).await;
    }
}
