//! What turned out after the data had left.

use rogatory_proto::rogatory::disclosure::v1::grant;

use super::{
    super::{page::Tone, words::day},
    writer::Writer,
};
use crate::play::{Burned, Report};

pub(super) fn burned(writer: &mut Writer<'_>, report: &Report) {
    let Some(Burned { compromise, productions }) = &report.burned else { return };
    let from = compromise.window.as_ref().and_then(|window| window.start_time.as_ref()).map(day).unwrap_or_default();
    let until = compromise.window.as_ref().and_then(|window| window.end_time.as_ref()).map(day);
    let until = until.map(|until| format!(" until {until}")).unwrap_or_default();
    writer.line(Tone::Bad, format!("✗ {} was in the hands of others from {from}{until}", compromise.mail_domain));
    writer.line(Tone::Plain, compromise.reason.clone());
    writer.line(Tone::Open, format!("! {} of its verifications reopened", compromise.verifications_reopened));
    if report.grant.as_ref().is_some_and(|grant| grant.state() == grant::State::Revoked) {
        writer.line(Tone::Good, "✓ the grant is revoked: nothing more leaves");
    }
    for left in productions {
        let users = left.platform_ids.join(", ");
        writer.line(Tone::Bad, format!("! {} had left; users concerned: {users}", left.production));
    }
}
