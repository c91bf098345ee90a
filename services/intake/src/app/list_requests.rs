//! A page of requests.

use rogatory_chassis::{CallContext, Failure};
use rogatory_rulebook::Country;
use rogatory_store::FilterDigest;

use super::{App, Page, Paging, Record, visibility};
use crate::{
    domain::state::State,
    store::requests::{self, Filter},
};

/// Which requests to list.
#[derive(Debug, Clone)]
pub struct ListRequests {
    /// Only those in this state.
    pub state: Option<State>,
    /// Only those of agencies of this country.
    pub country: Option<Country>,
    /// Which page.
    pub paging: Paging,
}

impl App {
    /// Requests, newest first, without timelines and letters.
    ///
    /// # Errors
    /// [`Failure::TokenMismatch`]; the store's.
    pub async fn list_requests(&self, context: &CallContext, call: &ListRequests) -> Result<Page<Record>, Failure> {
        let submitter = visibility::only_of(&context.caller);
        let state = call.state.map_or("", State::as_str);
        let country = call.country.map_or("", Country::alpha2);
        let digest = FilterDigest::of(context.method, &[submitter.as_deref().unwrap_or_default(), state, country]);
        let filter = Filter {
            submitter,
            state: call.state,
            country: call.country.map(|country| country.alpha2().to_owned()),
            before: call.paging.after(digest)?,
        };
        let rows = requests::list(self.store.read(), &filter, call.paging.size + 1).await?;
        let page = call.paging.page(rows, digest, |stored| stored.request.id.to_string());
        Ok(Page { rows: page.rows.into_iter().map(Record::bare).collect(), next_page_token: page.next_page_token })
    }
}
