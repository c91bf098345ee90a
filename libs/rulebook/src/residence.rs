//! Evidence of where a user resides; twin of the message in `rogatory/rulebook/v1/vocabulary.proto`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{Country, words::words};

words! {
    /// What a piece of evidence of a residence is. The guide ranks the kinds.
    ResidenceEvidenceKind, "kind of residence evidence" {
        /// The requesting authority says so.
        Declared = "declared",
        /// The account record of the platform says so.
        AccountRecord = "account_record",
        /// Goods were sent there.
        ShippingAddress = "shipping_address",
        /// Payments were billed there.
        BillingAddress = "billing_address",
        /// An IP address was located there.
        IpDerived = "ip_derived",
    }
}

/// One piece of evidence of where a user resides.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ResidenceEvidence {
    /// What it is.
    pub kind: ResidenceEvidenceKind,
    /// The country that it names.
    pub country: Country,
    /// Where it was read, as a key: `account-service`. Never a value from the record itself.
    pub source: String,
    /// The time of which it tells.
    pub record_time: DateTime<Utc>,
}
