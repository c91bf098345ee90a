//! Where quotes, work and invoices are kept.

mod invoice;
pub mod migrations;
mod quote;
mod work;

use rogatory_store::StoreError;
use serde::{Serialize, de::DeserializeOwned};

pub use self::{
    invoice::{InvoiceFilter, get_invoice, insert_invoice, list_invoices, next_place},
    quote::{get_quote, hold_for_work, insert_quote, quote_of, replace_quote},
    work::{insert_work, mark_billed, recorded, unbilled},
};

/// The form in which a domain value is stored beside the columns that are queried.
fn body(value: &impl Serialize) -> Result<serde_json::Value, StoreError> {
    serde_json::to_value(value).map_err(|_| StoreError::Other("a value has no JSON form".to_owned()))
}

/// The inverse of [`body`]. `name` is the resource name, for the operator.
fn read_body<T: DeserializeOwned>(body: serde_json::Value, name: impl FnOnce() -> String) -> Result<T, StoreError> {
    serde_json::from_value(body).map_err(|_| StoreError::Corrupt(name()))
}
