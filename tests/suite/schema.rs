//! What the schema promises of every element, read from the descriptors, so that a new one fails until it keeps it.

use prost_reflect::{
    DescriptorPool, Value,
    prost_types::{DescriptorProto, EnumDescriptorProto, FileDescriptorProto},
};
use rogatory_tests::schema::{Method, methods, pool};

fn ours(pool: &DescriptorPool) -> Vec<FileDescriptorProto> {
    pool.file_descriptor_protos().filter(|file| file.package().starts_with("rogatory.")).cloned().collect()
}

/// Paths of the elements of a file that have no comment, in words.
fn uncommented(file: &FileDescriptorProto) -> Vec<String> {
    let commented: Vec<&[i32]> = file
        .source_code_info
        .iter()
        .flat_map(|info| &info.location)
        .filter(|location| !location.leading_comments().trim().is_empty())
        .map(|location| location.path.as_slice())
        .collect();
    let mut missing = Vec::new();
    let mut check = |path: &[i32], name: String| {
        if !commented.contains(&path) {
            missing.push(format!("{}: {name}", file.name()));
        }
    };
    for (index, message) in (0_i32..).zip(&file.message_type) {
        message_paths(message, &[4, index], message.name(), &mut check);
    }
    for (index, enumeration) in (0_i32..).zip(&file.enum_type) {
        enum_paths(enumeration, &[5, index], enumeration.name(), &mut check);
    }
    for (index, service) in (0_i32..).zip(&file.service) {
        check(&[6, index], service.name().to_owned());
        for (method_index, method) in (0_i32..).zip(&service.method) {
            check(&[6, index, 2, method_index], format!("{}.{}", service.name(), method.name()));
        }
    }
    missing
}

fn message_paths(message: &DescriptorProto, path: &[i32], name: &str, check: &mut impl FnMut(&[i32], String)) {
    if message.options.as_ref().is_some_and(|options| options.map_entry()) {
        return;
    }
    check(path, name.to_owned());
    for (index, field) in (0_i32..).zip(&message.field) {
        check(&[path, &[2, index]].concat(), format!("{name}.{}", field.name()));
    }
    // The compiler makes a oneof of its own for each `optional` field.
    let made =
        |index: i32| message.field.iter().any(|field| field.proto3_optional() && field.oneof_index == Some(index));
    for (index, oneof) in (0_i32..).zip(&message.oneof_decl).filter(|(index, _)| !made(*index)) {
        check(&[path, &[8, index]].concat(), format!("{name}.{}", oneof.name()));
    }
    for (index, nested) in (0_i32..).zip(&message.nested_type) {
        message_paths(nested, &[path, &[3, index]].concat(), &format!("{name}.{}", nested.name()), check);
    }
    for (index, nested) in (0_i32..).zip(&message.enum_type) {
        enum_paths(nested, &[path, &[4, index]].concat(), &format!("{name}.{}", nested.name()), check);
    }
}

fn enum_paths(enumeration: &EnumDescriptorProto, path: &[i32], name: &str, check: &mut impl FnMut(&[i32], String)) {
    check(path, name.to_owned());
    for (index, value) in (0_i32..).zip(&enumeration.value) {
        check(&[path, &[2, index]].concat(), format!("{name}.{}", value.name()));
    }
}

#[test]
fn every_element_has_a_comment() {
    let missing: Vec<String> = ours(&pool()).iter().flat_map(uncommented).collect();
    assert!(missing.is_empty(), "elements without a comment:\n{}", missing.join("\n"));
}

#[test]
fn every_rpc_has_an_access_option_that_lets_someone_in() {
    for Method { path, roles, peers, .. } in methods() {
        assert!(!roles.is_empty() || !peers.is_empty(), "{path} has no access option, or one that nobody can meet");
    }
}

#[test]
fn every_mutation_takes_a_request_id_and_no_reader_does() {
    for method in methods() {
        let mut request = method.descriptor.input();
        // An upload carries it in its first part.
        if let Some(metadata) =
            request.get_field_by_name("metadata").filter(|_| method.descriptor.is_client_streaming())
        {
            request = metadata.kind().as_message().unwrap().clone();
        }
        let has = request.get_field_by_name("request_id").is_some();
        assert_eq!(has, method.mutates, "{}: `request_id` and `mutates` go together", method.path);
    }
}

#[test]
fn zero_values_are_unspecified_and_values_carry_the_prefix_of_their_type() {
    for enumeration in pool().all_enums().filter(|found| found.full_name().starts_with("rogatory.")) {
        let mut prefix = String::new();
        for (index, letter) in enumeration.name().char_indices() {
            if index > 0 && letter.is_ascii_uppercase() {
                prefix.push('_');
            }
            prefix.push(letter.to_ascii_uppercase());
        }
        for value in enumeration.values() {
            assert!(value.name().starts_with(&format!("{prefix}_")), "{} in {}", value.name(), enumeration.full_name());
            let unspecified = value.name().ends_with("UNSPECIFIED");
            assert_eq!(value.number() == 0, unspecified, "{} in {}", value.name(), enumeration.full_name());
        }
    }
}

#[test]
fn fields_that_name_a_person_or_a_reason_are_marked_sensitive() {
    // Words that mean personal data wherever they stand in a field's name on the request side.
    let telling = [
        "email",
        "phone",
        "postal",
        "street",
        "alias",
        "note",
        "threat",
        "sender",
        "body",
        "credential_number",
        "file_name",
    ];
    let neutral = ["rogatory.verification.v1.Agency.phones", "rogatory.verification.v1.PublishedPhone.number"];
    for message in pool().all_messages().filter(|found| found.full_name().starts_with("rogatory.")) {
        for field in message.fields() {
            let marked =
                field.options().get_field_by_name("debug_redact").is_some_and(|value| *value == Value::Bool(true));
            let tells = telling.iter().any(|word| {
                field.name().split('_').any(|part| part == *word || part == format!("{word}s")) || field.name() == *word
            });
            assert!(
                marked || !tells || neutral.contains(&field.full_name()),
                "{} is not marked `debug_redact`",
                field.full_name()
            );
        }
    }
}
