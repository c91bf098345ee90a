//! No `{:?}` of a message shows a sensitive field: every message of the schema that has one is filled with sentinels and
//! printed. A new one fails until it stands in the table.

use std::collections::BTreeSet;

use prost::Message;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};
use rogatory_proto::rogatory as wire;
use rogatory_tests::schema::pool;

const SENTINEL: &str = "sentinel-7f3a";

/// Decodes a message as its type and prints it.
type Print = fn(&[u8]) -> String;

fn print<M: Message + Default + std::fmt::Debug>(bytes: &[u8]) -> String {
    let message = M::decode(bytes).expect("a message of its own type");
    format!("{message:?}\n{message:#?}")
}

/// Full names in the schema with the types that prost made of them.
macro_rules! typed {
    ($($name:literal => $message:ty,)*) => {
        &[$((concat!("rogatory.", $name), print::<$message> as Print),)*]
    };
}

const TYPED: &[(&str, Print)] = typed! {
    "disclosure.v1.Grant" => wire::disclosure::v1::Grant,
    "disclosure.v1.RevokeGrantRequest" => wire::disclosure::v1::RevokeGrantRequest,
    "disclosure.v1.ProducedFile" => wire::disclosure::v1::ProducedFile,
    "disclosure.v1.Approval" => wire::disclosure::v1::Approval,
    "disclosure.v1.ApproveDecisionRequest" => wire::disclosure::v1::ApproveDecisionRequest,
    "disclosure.v1.RejectDecisionRequest" => wire::disclosure::v1::RejectDecisionRequest,
    "intake.v1.Document" => wire::intake::v1::Document,
    "intake.v1.UploadDocumentRequest" => wire::intake::v1::UploadDocumentRequest,
    "intake.v1.DownloadDocumentResponse" => wire::intake::v1::DownloadDocumentResponse,
    "intake.v1.Enquiry" => wire::intake::v1::Enquiry,
    "intake.v1.LegalRequest" => wire::intake::v1::LegalRequest,
    "intake.v1.Target" => wire::intake::v1::Target,
    "intake.v1.DataItem" => wire::intake::v1::DataItem,
    "intake.v1.Emergency" => wire::intake::v1::Emergency,
    "intake.v1.Letter" => wire::intake::v1::Letter,
    "intake.v1.WithdrawRequestRequest" => wire::intake::v1::WithdrawRequestRequest,
    "intake.v1.CloseRequestRequest" => wire::intake::v1::CloseRequestRequest,
    "routing.v1.ResidenceRecord" => wire::routing::v1::ResidenceRecord,
    "routing.v1.ResolvedRecord" => wire::routing::v1::ResolvedRecord,
    "verification.v1.PublishedMailbox" => wire::verification::v1::PublishedMailbox,
    "verification.v1.ReportCompromiseRequest" => wire::verification::v1::ReportCompromiseRequest,
    "verification.v1.Compromise" => wire::verification::v1::Compromise,
    "verification.v1.Reliance" => wire::verification::v1::Reliance,
    "verification.v1.SignedCopy" => wire::verification::v1::SignedCopy,
    "verification.v1.ReceivedMessage" => wire::verification::v1::ReceivedMessage,
    "verification.v1.AnswerChallengeRequest" => wire::verification::v1::AnswerChallengeRequest,
    "verification.v1.ApproveVerificationRequest" => wire::verification::v1::ApproveVerificationRequest,
    "verification.v1.RecordRelianceRequest" => wire::verification::v1::RecordRelianceRequest,
    "verification.v1.Officer" => wire::verification::v1::Officer,
    "verification.v1.Evidence" => wire::verification::v1::Evidence,
};

fn sensitive(field: &FieldDescriptor) -> bool {
    field.options().get_field_by_name("debug_redact").is_some_and(|value| *value == Value::Bool(true))
}

/// Every field set: sensitive text is a sentinel, and so is all text below a sensitive message.
fn filled(descriptor: &MessageDescriptor, depth: usize, inherited: bool) -> DynamicMessage {
    let mut message = DynamicMessage::new(descriptor.clone());
    for field in descriptor.fields().filter(|field| !field.is_map()) {
        // Of a oneof the sensitive branch is set, last.
        let oneof = field.containing_oneof().filter(|oneof| !oneof.is_synthetic());
        if oneof.is_some_and(|oneof| oneof.fields().any(|other| sensitive(&other)) && !sensitive(&field)) {
            continue;
        }
        let Some(value) = value(&field, depth, inherited || sensitive(&field)) else { continue };
        message.set_field(&field, if field.is_list() { Value::List(vec![value]) } else { value });
    }
    message
}

fn value(field: &FieldDescriptor, depth: usize, secret: bool) -> Option<Value> {
    let text = || if secret { SENTINEL.to_owned() } else { format!("shown-{}", field.name()) };
    Some(match field.kind() {
        Kind::String => Value::String(text()),
        Kind::Bytes => Value::Bytes(text().into_bytes().into()),
        Kind::Message(message) if depth < 6 && message.full_name().starts_with("rogatory.") => {
            Value::Message(filled(&message, depth + 1, secret))
        }
        // Numbers, enums and times hold no sentinel; a sensitive one is looked for by the name of its field.
        _ => return None,
    })
}

#[test]
fn no_debug_output_shows_a_sensitive_field() {
    for (name, print) in TYPED {
        let descriptor = pool().get_message_by_name(name).unwrap_or_else(|| panic!("the schema has no {name}"));
        let printed = print(&filled(&descriptor, 0, false).encode_to_vec());
        assert!(!printed.contains(SENTINEL), "{name} shows a sensitive field: {printed}");
        // Bytes would be printed as numbers.
        let bytes: Vec<String> = SENTINEL.bytes().map(|byte| byte.to_string()).collect();
        assert!(!printed.contains(&bytes.join(", ")), "{name} shows sensitive bytes: {printed}");
        for field in descriptor.fields().filter(sensitive) {
            let rust = field
                .containing_oneof()
                .filter(|oneof| !oneof.is_synthetic())
                .map_or_else(|| field.name().to_owned(), |oneof| oneof.name().to_owned());
            assert!(
                printed.contains(&format!("{rust}: [redacted]")),
                "{name}.{} does not say that it is redacted: {printed}",
                field.name()
            );
        }
        for field in descriptor.fields().filter(|field| !sensitive(field) && field.kind() == Kind::String) {
            if field.containing_oneof().is_none() {
                assert!(
                    printed.contains(&format!("shown-{}", field.name())),
                    "{name}.{} is not shown: {printed}",
                    field.name()
                );
            }
        }
    }
}

#[test]
fn the_table_has_every_message_with_a_sensitive_field() {
    let pool = pool();
    let expected: BTreeSet<String> = pool
        .all_messages()
        .filter(|message| message.fields().any(|field| sensitive(&field)))
        .map(|message| message.full_name().to_owned())
        .collect();
    let table: BTreeSet<String> = TYPED.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(table, expected, "messages with a `debug_redact` field");
}
