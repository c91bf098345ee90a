//! Thin handlers: convert, call app, convert.

mod convert;
mod grant_service;
mod policy_service;
mod scope_service;

pub(crate) use grant_service::GrantHandler;
pub(crate) use policy_service::PolicyDesk;
pub(crate) use scope_service::ScopeHandler;
