//! Compiles the schema with protox (no `protoc`, no network) into Rust code, a descriptor set that keeps comments and
//! custom options, and a `Debug` for every message that has a sensitive field.

use std::{env, error::Error, fmt::Write as _, fs, path::PathBuf};

use prost_reflect::{DescriptorPool, FieldDescriptor, MessageDescriptor};
use tonic_prost_build::Config;

/// Every file of the schema; directory equals package.
const FILES: &[&str] = &[
    // Nothing imports it; it is served by reflection, so that grpcurl shows the details of a failure in words.
    "google/rpc/error_details.proto",
    "google/rpc/status.proto",
    "rogatory/access/v1/access.proto",
    "rogatory/rulebook/v1/rulebook.proto",
    "rogatory/rulebook/v1/reason.proto",
    "rogatory/rulebook/v1/vocabulary.proto",
    "rogatory/events/v1/event_service.proto",
    "rogatory/routing/v1/routing_service.proto",
    "rogatory/routing/v1/guide_service.proto",
    "rogatory/verification/v1/verification_service.proto",
    "rogatory/verification/v1/agency_service.proto",
    "rogatory/verification/v1/rule_service.proto",
    "rogatory/disclosure/v1/scope_service.proto",
    "rogatory/disclosure/v1/grant_service.proto",
    "rogatory/disclosure/v1/policy_service.proto",
    "rogatory/billing/v1/billing_service.proto",
    "rogatory/billing/v1/schedule_service.proto",
    "rogatory/intake/v1/request_service.proto",
    "rogatory/intake/v1/document_service.proto",
    "rogatory/intake/v1/enquiry_service.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=rogatory");
    println!("cargo:rerun-if-changed=google");
    let out = PathBuf::from(env::var("OUT_DIR")?);

    let mut compiler = protox::Compiler::new(["."])?;
    compiler.include_source_info(true).include_imports(true).open_files(FILES)?;
    // The encoded form keeps custom options; the prost-types form below drops them, and with them the access rules.
    let encoded = compiler.encode_file_descriptor_set();
    let redacted = redacted_messages(&DescriptorPool::decode(encoded.as_slice())?);
    fs::write(out.join("descriptors.bin"), encoded)?;

    let mut config = Config::new();
    // prost matches paths by prefix, so this takes `Debug` from what is nested in a message too: enums get it back here,
    // oneofs in the generated code.
    config.skip_debug(redacted.iter().map(|message| format!(".{}", message.proto_name)));
    for nested in redacted.iter().flat_map(|message| &message.enums) {
        config.enum_attribute(format!(".{nested}"), "#[derive(Debug)]");
    }
    tonic_prost_build::configure()
        .extern_path(".google.rpc", "::tonic_types::pb")
        .compile_fds_with_config(compiler.file_descriptor_set(), config)?;

    fs::write(out.join("redacted_debug.rs"), redacted_debug(&redacted)?)?;
    Ok(())
}

/// A message with at least one field marked `debug_redact`.
struct Redacted {
    proto_name: String,
    rust_path: String,
    /// Rust field name, and whether its value may be printed.
    fields: Vec<(String, bool)>,
    /// Full names of the enums nested in it.
    enums: Vec<String>,
    /// Rust paths of its oneofs.
    oneofs: Vec<String>,
}

fn redacted_messages(pool: &DescriptorPool) -> Vec<Redacted> {
    let sensitive = |field: &FieldDescriptor| {
        field.options().get_field_by_name("debug_redact").is_some_and(|value| value.as_bool() == Some(true))
    };
    let mut found = Vec::new();
    for message in pool.all_messages().filter(|message| message.fields().any(|field| sensitive(&field))) {
        // A oneof is one Rust field; it is printable only when none of its branches is sensitive.
        let mut fields: Vec<(String, bool)> = Vec::new();
        for field in message.fields() {
            let oneof = field.containing_oneof().filter(|oneof| !oneof.is_synthetic());
            let name = oneof.map_or_else(|| field.name().to_owned(), |oneof| oneof.name().to_owned());
            let printable = !sensitive(&field);
            match fields.iter_mut().find(|(known, _)| *known == name) {
                Some((_, all)) => *all &= printable,
                None => fields.push((name, printable)),
            }
        }
        found.push(Redacted {
            proto_name: message.full_name().to_owned(),
            rust_path: rust_path(&message),
            fields,
            enums: message.child_enums().map(|nested| nested.full_name().to_owned()).collect(),
            oneofs: message
                .oneofs()
                .filter(|oneof| !oneof.is_synthetic())
                .map(|oneof| format!("{}::{}", module_of(&message), camel(oneof.name())))
                .collect(),
        });
    }
    found
}

fn rust_path(message: &MessageDescriptor) -> String {
    match message.parent_message() {
        Some(parent) => format!("{}::{}", module_of(&parent), message.name()),
        None => format!("{}::{}", message.package_name().replace('.', "::"), message.name()),
    }
}

/// The module in which prost places what is nested in a message.
fn module_of(message: &MessageDescriptor) -> String {
    let path = rust_path(message);
    let (parent, name) = path.rsplit_once("::").unwrap_or(("", &path));
    format!("{parent}::{}", snake(name))
}

fn snake(name: &str) -> String {
    let mut out = String::new();
    for (index, letter) in name.char_indices() {
        if letter.is_ascii_uppercase() && index > 0 {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

fn camel(name: &str) -> String {
    name.split('_').map(|word| word[..1].to_ascii_uppercase() + &word[1..]).collect()
}

fn redacted_debug(messages: &[Redacted]) -> Result<String, std::fmt::Error> {
    let mut code = String::new();
    for message in messages {
        let short = message.rust_path.rsplit("::").next().unwrap_or_default();
        writeln!(code, "impl ::core::fmt::Debug for crate::{} {{", message.rust_path)?;
        writeln!(code, "    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {{")?;
        writeln!(code, "        f.debug_struct({short:?})")?;
        for (field, printable) in &message.fields {
            let raw = if matches!(field.as_str(), "type" | "match" | "ref" | "use" | "where") { "r#" } else { "" };
            if *printable {
                writeln!(code, "            .field({field:?}, &self.{raw}{field})")?;
            } else {
                writeln!(code, "            .field({field:?}, &crate::Redacted)")?;
            }
        }
        writeln!(code, "            .finish()\n    }}\n}}")?;
        for oneof in &message.oneofs {
            writeln!(code, "impl ::core::fmt::Debug for crate::{oneof} {{")?;
            writeln!(code, "    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {{")?;
            writeln!(code, "        ::core::fmt::Debug::fmt(&crate::Redacted, f)\n    }}\n}}")?;
        }
    }
    Ok(code)
}
