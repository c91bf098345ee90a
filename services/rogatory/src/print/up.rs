//! What runs after `rogatory up`, and the lines to try.

use std::{net::SocketAddr, path::Path, time::Duration};

use super::page::{Page, Tone, cell, rest};

/// What is told of a suite that has started.
#[derive(Debug, Clone, Copy)]
pub struct UpPage<'a> {
    /// The services with their addresses, intake first and routing second.
    pub services: &'a [(&'static str, SocketAddr); 5],
    /// What a client trusts.
    pub ca_file: &'a Path,
    /// The data directory, where `rogatory token` has to be told of it.
    pub data: Option<&'a Path>,
    /// How this program was called, so that the lines work where it is not on the path.
    pub program: &'a str,
    /// How long the start took.
    pub elapsed: Duration,
}

/// Writes what runs, and a few calls that can be copied as they are.
pub fn up(page: &mut Page, shown: &UpPage<'_>) {
    let UpPage { services, ca_file, data, program, elapsed } = shown;
    page.row(0, &[rest(Tone::Strong, format!("Rogatory is up, after {} ms", elapsed.as_millis()))]);
    page.blank();
    for (name, address) in *services {
        page.row(2, &[cell(14, Tone::Good, *name), rest(Tone::Plain, address.to_string())]);
    }
    page.blank();
    page.row(0, &[rest(Tone::Strong, "To try, in another terminal (grpcurl: github.com/fullstorydev/grpcurl):")]);
    page.blank();
    let data = data.map(|data| format!(" --data {}", data.display())).unwrap_or_default();
    let token = |role: &str| format!("$({program} token --role {role}{data})");
    let [(_, intake), (_, routing), ..] = services;
    page.verbatim(&format!("ca={}", ca_file.display()));
    page.verbatim(&format!("token=\"{}\"", token("analyst")));
    page.blank();
    page.row(2, &[rest(Tone::Faint, "# whom to serve for a user in Kazakhstan, and why")]);
    page.verbatim("grpcurl -cacert \"$ca\" -H \"authorization: Bearer $token\" \\");
    page.verbatim("  -d '{\"platform\": \"aliexpress.com\", \"residence_country\": \"KZ\"}' \\");
    page.verbatim(&format!("  localhost:{} rogatory.routing.v1.RoutingService/ResolveContact", routing.port()));
    page.blank();
    page.row(2, &[rest(Tone::Faint, "# what is missing of a request before it is filed")]);
    page.verbatim("grpcurl -cacert \"$ca\" -H \"authorization: Bearer $token\" \\");
    page.verbatim("  -d '{\"request\": {\"platform\": \"aliexpress.com\", \"matter_type\": \"MATTER_TYPE_CRIMINAL\",");
    page.verbatim("       \"requester\": {\"agency_name\": \"Harbour Police\", \"country\": \"CA\",");
    page.verbatim("                     \"authority_kind\": \"AUTHORITY_KIND_POLICE\"},");
    page.verbatim("       \"instrument\": {\"kind\": \"INSTRUMENT_KIND_COURT_ORDER\"},");
    page.verbatim("       \"targets\": [{\"target_id\": \"buyer\", \"residence_country\": \"CA\"}]}}' \\");
    page.verbatim(&format!("  localhost:{} rogatory.intake.v1.RequestService/CheckRequest", intake.port()));
    page.blank();
    page.row(2, &[rest(Tone::Faint, "# the manual: every RPC with who may call it")]);
    page.verbatim("grpcurl -cacert \"$ca\" -H \"authorization: Bearer $token\" \\");
    page.verbatim(&format!("  localhost:{} describe rogatory.intake.v1.RequestService", intake.port()));
    page.blank();
    page.row(
        0,
        &[rest(Tone::Faint, "The keys are for this machine only. Ctrl-C stops the services; calls in hand finish.")],
    );
}
