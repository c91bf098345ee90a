//! Reports of a compromise, and what was produced in reliance on what they concern.

use chrono::{DateTime, Utc};
use rogatory_chassis::{CallKey, Failure, FieldFaults, convert::timestamp};
use rogatory_names::{AgencyId, CompromiseId, ProductionId, RequestId, VerificationId};
use rogatory_proto::{google::r#type::Interval, rogatory::verification::v1 as wire};

use super::{LONGEST_LINE, LONGEST_NOTE, all, size};
use crate::{
    app::{CompromiseReport, CompromiseView},
    domain::{
        compromise::{PlatformIds, Reliance, Subject},
        domain_match::unfit,
        known::Window,
    },
};

/// As many users as one production may concern.
const MOST_USERS: usize = 10_000;

/// Reads a `ReportCompromiseRequest`.
pub(in crate::grpc) fn report_compromise(
    message: &wire::ReportCompromiseRequest,
    now: DateTime<Utc>,
) -> Result<(CompromiseReport, CallKey), Failure> {
    use wire::report_compromise_request::Subject as W;
    let mut faults = FieldFaults::new();
    let subject = match &message.subject {
        None => {
            faults.add("subject", "is required: `agency` or `mail_domain`");
            None
        }
        Some(W::Agency(agency)) => faults.name("agency", agency, AgencyId::parse_name).map(Subject::Agency),
        Some(W::MailDomain(domain)) => match unfit(domain) {
            Some(unfit) => {
                faults.add("mail_domain", unfit);
                None
            }
            None => Some(Subject::Domain(domain.clone())),
        },
    };
    let window = match &message.window {
        None => {
            faults.add("window", "is required");
            None
        }
        Some(window) => {
            let from = faults.past_time("window.start_time", window.start_time.as_ref(), now);
            let until = faults.optional_time("window.end_time", window.end_time.as_ref());
            let window = Window { from, until };
            if window.is_empty() {
                faults.add("window", "ends before it starts");
            }
            Some(window)
        }
    };
    let reason = faults.prose("reason", &message.reason, LONGEST_NOTE);
    let key = CallKey::read(&mut faults, &message.request_id, message);
    all(faults, || Some((CompromiseReport { subject: subject?, window: window?, reason: reason? }, key?)))
}

/// Reads the name of a report.
pub(in crate::grpc) fn name(name: &str) -> Result<CompromiseId, Failure> {
    let mut faults = FieldFaults::new();
    let id = faults.name("name", name, CompromiseId::parse_name);
    all(faults, || id)
}

/// Reads a `ListCompromisedProductionsRequest` but for its token.
pub(in crate::grpc) fn list_productions(
    message: &wire::ListCompromisedProductionsRequest,
) -> Result<(CompromiseId, u64), Failure> {
    let mut faults = FieldFaults::new();
    let id = faults.name("name", &message.name, CompromiseId::parse_name);
    let size = size(&mut faults, message.page_size);
    all(faults, || Some((id?, size?)))
}

/// Which verification was relied on, for which request, by which production.
type Of = (VerificationId, RequestId, ProductionId);

/// Reads a `RecordRelianceRequest`.
pub(in crate::grpc) fn record_reliance(
    message: &wire::RecordRelianceRequest,
) -> Result<(Of, PlatformIds, CallKey), Failure> {
    let mut faults = FieldFaults::new();
    let verification = faults.name("verification", &message.verification, VerificationId::parse_name);
    let request = faults.name("request", &message.request, RequestId::parse_name);
    let production = faults.name("production", &message.production, ProductionId::parse_name);
    if faults.optional_list("platform_ids", &message.platform_ids, MOST_USERS) {
        for (index, id) in message.platform_ids.iter().enumerate() {
            faults.text(&format!("platform_ids[{index}]"), id, LONGEST_LINE);
        }
    }
    let key = CallKey::read(&mut faults, &message.request_id, message);
    all(faults, || Some(((verification?, request?, production?), PlatformIds(message.platform_ids.clone()), key?)))
}

/// A report for the wire.
pub(in crate::grpc) fn compromise(view: &CompromiseView) -> wire::Compromise {
    use wire::compromise::State as W;
    let report = &view.report;
    let mail_domain = match &report.subject {
        Subject::Agency(_) => String::new(),
        Subject::Domain(domain) => domain.clone(),
    };
    wire::Compromise {
        name: report.id.name(),
        agency: report.agency.name(),
        mail_domain,
        window: Some(open_interval(report.window)),
        reason: report.reason.clone(),
        state: if report.finish_time.is_some() { W::Done } else { W::Running }.into(),
        verifications_reopened: i64::try_from(report.reopened).unwrap_or(i64::MAX),
        productions: i64::try_from(view.productions).unwrap_or(i64::MAX),
        reporter: report.reporter.clone(),
        create_time: Some(timestamp(report.create_time)),
        finish_time: report.finish_time.map(timestamp),
    }
}

/// A window for the wire; an end that is not known is left out.
pub(super) fn open_interval(window: Window) -> Interval {
    Interval { start_time: window.from.map(timestamp), end_time: window.until.map(timestamp) }
}

/// A production that was made in reliance on a verification, for the wire.
pub(in crate::grpc) fn reliance(reliance: &Reliance) -> wire::Reliance {
    wire::Reliance {
        verification: reliance.verification.name(),
        request: reliance.request.name(),
        production: reliance.production.name(),
        platform_ids: reliance.platform_ids.0.clone(),
        record_time: Some(timestamp(reliance.record_time)),
    }
}
