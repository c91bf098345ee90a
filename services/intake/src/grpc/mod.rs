//! Thin handlers: convert, call the app, convert.

mod convert;
mod document_service;
mod enquiry_service;
mod request_service;
mod unbroken;

pub use self::{
    document_service::DocumentHandler, enquiry_service::EnquiryHandler, request_service::RequestHandler,
    unbroken::Unbroken,
};
