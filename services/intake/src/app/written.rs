//! What an agency wrote, as it comes over the wire: its documents, and the emergency that it follows, are names still.

use chrono::{DateTime, Utc};
use rogatory_chassis::{Caller, Failure, FieldFaults};
use rogatory_names::{DocumentId, RequestId};
use rogatory_store::{Store, StoreError, Tx};

use super::visibility;
use crate::{
    domain::{
        document::{Attachment, Document},
        follow_up,
        request::Particulars,
    },
    store::{documents, requests},
};

/// What an agency wrote.
#[derive(Debug, Clone)]
pub struct Written {
    /// All but the documents.
    pub particulars: Particulars,
    /// The documents that it names.
    pub documents: Vec<DocumentId>,
}

impl Written {
    /// Refuses what the platform knows of a residence from whoever does not speak for the platform.
    pub(super) fn require_own_words(&self, caller: &Caller) -> Result<(), Failure> {
        let mut faults = FieldFaults::new();
        if !visibility::speaks_for_platform(caller) {
            let targets = self.particulars.targets.iter().enumerate();
            for (index, _) in targets.filter(|(_, target)| !target.residence_evidence.is_empty()) {
                let field = format!("request.targets[{index}].residence_evidence");
                faults.add(
                    field,
                    "is what the platform knows, which an analyst adds; an agency writes `residence_country`",
                );
            }
        }
        faults.done()
    }

    /// Finds what is named, and binds the documents to `request`. Every name that may not be used is a fault.
    pub(super) async fn resolve(&self, tx: &Tx, caller: &Caller, request: RequestId) -> Result<Particulars, Failure> {
        let found = documents::get(tx, &self.documents).await?;
        let emergency = self.emergency(requests_of(tx, self).await?, caller);
        let particulars = self.filled(&found, emergency, caller, Some(request))?;
        let bound = documents::bind(tx, &self.documents, request).await?;
        if bound != self.documents.len() {
            // Another request took one of them between the two statements; when the call is made again it is told which.
            return Err(StoreError::Contention.into());
        }
        Ok(particulars)
    }

    /// Finds what is named and binds nothing: for a check that leaves no trace.
    pub(super) async fn look_up(&self, store: &Store, caller: &Caller) -> Result<Particulars, Failure> {
        let found = documents::get(store.read(), &self.documents).await?;
        let emergency = match self.particulars.follows_up {
            Some(id) => Some(requests::get(store.read(), id).await?),
            None => None,
        };
        let emergency = self.emergency(emergency, caller);
        self.filled(&found, emergency, caller, None)
    }

    /// Whether the emergency that is named may be: none when none is named.
    fn emergency(&self, found: Option<Option<requests::Stored>>, caller: &Caller) -> Option<bool> {
        let may = |stored: requests::Stored| {
            visibility::may_see(caller, &stored.request.submitter) && follow_up::may_be_followed(&stored.request)
        };
        found.map(|found| found.is_some_and(may))
    }

    fn filled(
        &self,
        found: &[Document],
        emergency: Option<bool>,
        caller: &Caller,
        request: Option<RequestId>,
    ) -> Result<Particulars, Failure> {
        let mut faults = FieldFaults::new();
        let mut particulars = self.particulars.clone();
        let actor = caller.actor();
        for (index, id) in self.documents.iter().enumerate() {
            let field = format!("request.documents[{index}]");
            let document = found.iter().find(|document| document.id == *id);
            // A document of somebody else is not told apart from one that is not there, save when this request has it.
            match document.filter(|document| document.uploader == actor || belongs(document, request)) {
                None => faults.add(field, "is not a document that you uploaded"),
                Some(document) if document.request.is_some() && !belongs(document, request) && request.is_some() => {
                    faults.add(field, "belongs to another request");
                }
                Some(document) => particulars.documents.push(Attachment::from(document)),
            }
        }
        if emergency == Some(false) {
            faults.add("request.follows_up", "is not an emergency request that you may follow");
        }
        faults.done()?;
        Ok(particulars)
    }
}

fn belongs(document: &Document, request: Option<RequestId>) -> bool {
    request.is_some() && document.request == request
}

async fn requests_of(tx: &Tx, written: &Written) -> Result<Option<Option<requests::Stored>>, Failure> {
    match written.particulars.follows_up {
        Some(id) => Ok(Some(requests::get(tx, id).await?)),
        None => Ok(None),
    }
}

/// Adds a fault for each essential that is missing.
pub(super) fn require_essentials(particulars: &Particulars) -> Result<(), Failure> {
    let mut faults = FieldFaults::new();
    for (path, description) in particulars.missing_essentials() {
        faults.add(format!("request.{path}"), description);
    }
    faults.done()
}

/// Refuses a request that rests on a paper of a later day than its own: its route is decided as of the day of receipt.
pub(super) fn require_earlier_paper(particulars: &Particulars, receive_time: DateTime<Utc>) -> Result<(), Failure> {
    let mut faults = FieldFaults::new();
    if particulars.rests_on_later_paper(receive_time) {
        let text = "is after the request was received; a request that rests on a later paper is filed anew";
        faults.add("request.instrument.issue_time", text);
    }
    faults.done()
}

/// Adds a fault for everything that does not fit together.
pub(super) fn require_consistency(particulars: &Particulars) -> Result<(), Failure> {
    let mut faults = FieldFaults::new();
    for (path, description) in particulars.inconsistencies() {
        faults.add(format!("request.{path}"), description);
    }
    faults.done()
}
