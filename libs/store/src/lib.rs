//! Where a service keeps what it knows: SQLite on one machine, PostgreSQL for more, the same code on both.
//!
//! [`Store::mutate`] is the one way to change anything. In one transaction it does the change, writes the events and
//! the audit entry that tell of it, and takes the caller's idempotency key, so that nothing is done twice and nothing
//! is done without a trace. [`Store::read`] is for queries. Around them stand what every service needs in the same
//! way: migrations, the event [`feed`], the [`audit`] ledger, the [`revisions`] of rule files, page tokens and etags.

pub mod audit;
mod change;
mod connect;
mod error;
mod etag;
pub mod feed;
mod idempotency;
mod migrations;
mod mutate;
mod opaque;
mod page;
pub mod revisions;
mod settings;
mod transaction;

pub use change::{Change, Changed, Mutated, NewEvent};
pub use connect::{Engine, Store};
pub use error::{Retryable, StoreError, TokenMismatch};
pub use etag::{MalformedEtag, etag, parse_etag};
pub use migrations::{migrate, pending};
pub use page::{FilterDigest, NegativePageSize, PageToken, page_size};
/// A running transaction. Every query of a service takes `&impl sea_orm::ConnectionTrait`, so that it runs in one of
/// these as well as on [`Store::read`].
pub use sea_orm::DatabaseTransaction as Tx;
pub use settings::{StoreSettings, StoreSettingsError};
