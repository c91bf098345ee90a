//! Who may call what.

use std::sync::Arc;

use prost_reflect::DescriptorPool;
use prost_types::{FileDescriptorProto, MethodDescriptorProto, ServiceDescriptorProto};
use rogatory_chassis::{
    Caller, Peer, Role,
    access::{AccessError, Methods, descriptors},
};
use rogatory_proto::rogatory::{
    intake::v1::{GetEnquiryRequest, enquiry_service_client::EnquiryServiceClient},
    routing::v1::{PlanRouteRequest, routing_service_client::RoutingServiceClient},
};
use rogatory_testkit::TestKeys;
use tonic::{
    Code,
    transport::{Certificate, ClientTlsConfig, Endpoint, Identity},
};

use crate::{
    sample::{Running, ask},
    wire::{facts, frame, raw, reason},
};

#[tokio::test]
async fn a_role_that_is_not_listed_is_refused_before_the_message_is_looked_at() {
    let running = Running::start().await;
    let mut auditor = RoutingServiceClient::new(running.server.person("eve", &[Role::Auditor, Role::Operator]));
    let status = auditor.plan_route(PlanRouteRequest::default()).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::PermissionDenied, "CALLER_NOT_LISTED"));
    assert_eq!(facts(&status)["method"], "/rogatory.routing.v1.RoutingService/PlanRoute");
    // Nor is it decoded.
    let status = raw(
        running.server.person("eve", &[Role::Auditor]),
        "/rogatory.routing.v1.RoutingService/PlanRoute",
        &[],
        frame('\0', "\u{a}\u{7f}"),
    )
    .await;
    assert_eq!(reason(&status), "CALLER_NOT_LISTED");
    let status = running.routing().plan_route(PlanRouteRequest::default()).await.unwrap_err();
    assert_eq!(reason(&status), "FIELDS_INVALID");
    let callers: Vec<Caller> = running.sample.calls().into_iter().map(|seen| seen.caller).collect();
    assert!(matches!(callers.as_slice(), [Caller::Person { subject, .. }] if &**subject == "ann"), "{callers:?}");
    running.server.stop().await;
}

#[tokio::test]
async fn a_peer_is_accepted_where_it_is_listed_and_nowhere_else() {
    let running = Running::start().await;
    let plan = PlanRouteRequest { request: "requests/req_1".to_owned(), ..Default::default() };
    RoutingServiceClient::new(running.server.peer("intake")).plan_route(plan.clone()).await.unwrap();
    assert_eq!(running.sample.calls()[0].caller, Caller::Peer(Peer::Intake));

    let mut enquiries = EnquiryServiceClient::new(running.server.peer("intake"));
    let status = enquiries.get_enquiry(GetEnquiryRequest::default()).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::PermissionDenied, "CALLER_NOT_LISTED"));

    // A certificate of the authority whose name is no peer's is nobody's.
    let status = RoutingServiceClient::new(running.server.peer("billing")).plan_route(plan).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unauthenticated, "CREDENTIAL_INVALID"));
    running.server.stop().await;
}

#[tokio::test]
async fn a_certificate_of_another_authority_ends_the_handshake() {
    let running = Running::start().await;
    let other = Arc::new(TestKeys::new());
    let own = other.development().tls("intake");
    let read = |path| std::fs::read(path).unwrap();
    let tls = ClientTlsConfig::new()
        .domain_name("localhost")
        .ca_certificate(Certificate::from_pem(read(running.keys.development().ca_file())))
        .identity(Identity::from_pem(read(own.cert_file), read(own.key_file)));
    let endpoint = Endpoint::from_shared(running.server.endpoint()).unwrap().tls_config(tls).unwrap();
    let status = RoutingServiceClient::new(endpoint.connect_lazy()).resolve_contact(ask("answer")).await.unwrap_err();
    assert!(matches!(status.code(), Code::Unavailable | Code::Unknown), "{status:?}");
    assert!(running.sample.calls().is_empty());
    running.server.stop().await;
}

#[tokio::test]
async fn a_path_that_does_not_exist_is_told_to_callers_only() {
    let running = Running::start().await;
    for path in ["/rogatory.routing.v1.RoutingService/NoSuch", "/rogatory.billing.v1.BillingService/GetInvoice", "/x"] {
        let status = raw(running.server.person("ann", &[Role::Analyst]), path, &[], frame('\0', "")).await;
        assert_eq!((status.code(), reason(&status).as_str()), (Code::Unimplemented, "NO_SUCH_METHOD"), "{path}");
        let status = raw(running.server.nobody(), path, &[], frame('\0', "")).await;
        assert_eq!(reason(&status), "CREDENTIAL_INVALID", "{path}");
    }
    running.server.stop().await;
}

/// The suite's schema with one more service, of one method.
fn schema_with(options: &[u8]) -> DescriptorPool {
    let mut pool = descriptors().unwrap();
    let message = ".rogatory.routing.v1.ResolveContactRequest".to_owned();
    let method = MethodDescriptorProto {
        name: Some("Open".to_owned()),
        input_type: Some(message.clone()),
        output_type: Some(message),
        ..Default::default()
    };
    let file = FileDescriptorProto {
        name: Some("door.proto".to_owned()),
        package: Some("door".to_owned()),
        dependency: vec![
            "rogatory/routing/v1/routing_service.proto".to_owned(),
            "rogatory/access/v1/access.proto".to_owned(),
        ],
        service: vec![ServiceDescriptorProto {
            name: Some("Door".to_owned()),
            method: vec![method],
            ..Default::default()
        }],
        syntax: Some("proto3".to_owned()),
        ..Default::default()
    };
    // prost-types drops extensions, so the option is put into the encoded file: the method is its last field but one.
    let mut encoded = prost::Message::encode_to_vec(&file);
    if !options.is_empty() {
        encoded = with_options(&file, options);
    }
    pool.decode_file_descriptor_proto(encoded.as_slice()).unwrap();
    pool
}

/// `file`, whose one method has these encoded options.
fn with_options(file: &FileDescriptorProto, options: &[u8]) -> Vec<u8> {
    use prost::{Message as _, encoding};
    let mut bare = file.clone();
    let service = bare.service.pop().unwrap();
    let mut method = service.method[0].encode_to_vec();
    encoding::bytes::encode(4, &options.to_vec(), &mut method);
    let mut encoded_service = Vec::new();
    encoding::string::encode(1, &service.name.unwrap(), &mut encoded_service);
    encoding::bytes::encode(2, &method, &mut encoded_service);
    let mut encoded = bare.encode_to_vec();
    encoding::bytes::encode(6, &encoded_service, &mut encoded);
    encoded
}

/// `option (rogatory.access.v1.access) = …`, encoded.
fn access(access: &rogatory_proto::rogatory::access::v1::Access) -> Vec<u8> {
    let mut options = Vec::new();
    prost::encoding::message::encode(50_100, access, &mut options);
    options
}

#[test]
fn a_schema_that_does_not_say_who_may_call_is_not_served() {
    use rogatory_proto::rogatory::access::v1::Access;
    let read = |pool: &DescriptorPool, service: &'static str| Methods::read(pool, [service]).map(|_| ()).unwrap_err();
    let path = "/door.Door/Open".to_owned();
    assert_eq!(read(&schema_with(&[]), "door.Door"), AccessError::NoOption(path.clone()));
    let nobody = access(&Access { mutates: true, ..Default::default() });
    assert_eq!(read(&schema_with(&nobody), "door.Door"), AccessError::Nobody(path.clone()));
    let unspecified = access(&Access { roles: vec![0], ..Default::default() });
    assert_eq!(read(&schema_with(&unspecified), "door.Door"), AccessError::UnknownCaller(path.clone()));
    let unknown = access(&Access { roles: vec![Role::Analyst.into(), 99], ..Default::default() });
    assert_eq!(read(&schema_with(&unknown), "door.Door"), AccessError::UnknownCaller(path));
    assert_eq!(read(&schema_with(&[]), "door.Gate"), AccessError::UnknownService("door.Gate".to_owned()));

    let auditors = access(&Access { roles: vec![Role::Auditor.into()], mutates: true, ..Default::default() });
    let methods = Methods::read(&schema_with(&auditors), ["door.Door"]).unwrap();
    let method = methods.get("/door.Door/Open").unwrap();
    assert!(method.mutates);
    let person = |role| Caller::Person { subject: "ann".into(), roles: [role].into_iter().collect() };
    assert!(method.access.admits(&person(Role::Auditor)));
    for refused in [person(Role::Operator), Caller::Peer(Peer::Intake), Caller::System("docket")] {
        assert!(!method.access.admits(&refused), "{refused:?}");
    }
}
