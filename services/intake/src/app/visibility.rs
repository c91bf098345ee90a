//! Who may see and say what: a submitter sees what it filed and speaks for an agency; everybody else whom the schema lets
//! in sees all.

use rogatory_chassis::{Caller, Role};

/// Whether the caller sees only what it filed itself. Whoever holds another role beside `submitter` sees by that one.
pub(super) fn is_confined(caller: &Caller) -> bool {
    const OTHERS: [Role; 8] = [
        Role::Analyst,
        Role::Verifier,
        Role::Counsel,
        Role::Approver,
        Role::Biller,
        Role::Publisher,
        Role::Auditor,
        Role::Operator,
    ];
    matches!(caller, Caller::Person { .. }) && !OTHERS.into_iter().any(|role| caller.has(role))
}

/// Whether the caller may see what `owner` brought in.
pub(super) fn may_see(caller: &Caller, owner: &str) -> bool {
    !is_confined(caller) || caller.actor() == owner
}

/// Whether the caller may say what the platform's own records tell of a user.
pub(super) fn speaks_for_platform(caller: &Caller) -> bool {
    [Role::Analyst, Role::Counsel, Role::Operator, Role::DataPlatform].into_iter().any(|role| caller.has(role))
}

/// The owner to whose things a list is cut down; none for a caller who sees all.
pub(super) fn only_of(caller: &Caller) -> Option<String> {
    is_confined(caller).then(|| caller.actor())
}
