//! What the service does, one file per use case: load, decide with the domain, store, in one transaction. What needs a
//! peer is left to the docket.

mod change;
mod changes;
mod check_request;
mod close_request;
mod create_request;
pub mod docket;
mod download_document;
pub mod feeds;
mod get_document;
mod get_enquiry;
mod get_request;
mod list_documents;
mod list_enquiries;
mod list_requests;
pub mod peers;
mod record;
mod signed_copies;
pub mod steps;
mod submit_enquiry;
mod submit_request;
mod update_request;
mod upload_document;
mod visibility;
mod watch_request;
mod withdraw_request;
mod written;

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use rogatory_chassis::Failure;
use rogatory_store::{FilterDigest, PageToken, Store};
use tokio_util::sync::CancellationToken;

pub use self::{
    changes::Changes,
    close_request::CloseRequest,
    create_request::CreateRequest,
    list_enquiries::ListEnquiries,
    list_requests::ListRequests,
    record::Record,
    signed_copies::SignedCopy,
    submit_enquiry::SubmitEnquiry,
    submit_request::{Subject, SubmitRequest},
    update_request::{Field, UpdateRequest},
    upload_document::UploadDocument,
    withdraw_request::WithdrawRequest,
    written::Written,
};
use crate::domain::{enquiry::Links, life::Moment, requirements::Requirements, shipped::Rules};

/// The use cases of the service. Cheap to clone.
#[derive(Debug, Clone)]
pub struct App {
    /// Where it keeps what it knows.
    pub(crate) store: Store,
    /// By what it decides.
    pub(crate) rules: Arc<Rules>,
    /// Where answers to enquiries send people.
    pub(crate) links: Arc<Links>,
    /// Tells those who watch, and the docket, of what was committed.
    pub(crate) changes: Changes,
    /// How often a watcher looks when nobody tells it anything.
    pub(crate) watch_poll: Duration,
    /// Ends the streams of those who watch.
    watching: CancellationToken,
}

impl App {
    /// Over a database, by these rules.
    #[must_use]
    pub fn new(store: Store, rules: Rules, links: Links, watch_poll: Duration) -> Self {
        Self {
            store,
            rules: Arc::new(rules),
            links: Arc::new(links),
            changes: Changes::default(),
            watch_poll,
            watching: CancellationToken::new(),
        }
    }

    /// Ends the streams of those who watch: the server is about to stop.
    pub fn stop_watching(&self) {
        self.watching.cancel();
    }

    /// The moment of a call.
    fn moment<'a>(&'a self, actor: &'a str, now: DateTime<Utc>) -> Moment<'a> {
        Moment { graph: &self.rules.graph, actor, now }
    }

    /// The required items of a platform.
    fn requirements(&self, platform: &str) -> Result<&Requirements, Failure> {
        self.rules.requirements(platform).ok_or_else(|| Failure::NoRevisionInForce { document: platform.to_owned() })
    }
}

/// Which page of a list is asked for.
#[derive(Debug, Clone)]
pub struct Paging {
    /// At most so many.
    pub size: u64,
    /// Token of the page before's answer; empty for the first.
    pub token: String,
}

/// A page of a list.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Token of the next page; empty on the last.
    pub next_page_token: String,
}

impl Paging {
    /// The key after which the page starts; none on the first page.
    fn after<T: std::str::FromStr>(&self, filter: FilterDigest) -> Result<Option<T>, Failure> {
        let mismatch = || Failure::TokenMismatch { field: "page_token".to_owned() };
        let token = PageToken::decode(&self.token, filter).map_err(|_| mismatch())?;
        token.map(|token| token.after.parse().map_err(|_| mismatch())).transpose()
    }

    /// Makes a page of rows that were read with one more than it holds, so that the last page is known to be the last.
    fn page<T>(&self, mut rows: Vec<T>, filter: FilterDigest, key: impl Fn(&T) -> String) -> Page<T> {
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let more = rows.len() > size;
        rows.truncate(size);
        let last = rows.last().filter(|_| more);
        let next_page_token = last.map(|row| PageToken::after(key(row)).encode(filter)).unwrap_or_default();
        Page { rows, next_page_token }
    }
}
