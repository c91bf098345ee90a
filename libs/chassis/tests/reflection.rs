//! Reflection: the schema as a caller can read it, with comments and options.

use prost::Message as _;
use prost_reflect::DescriptorPool;
use prost_types::FileDescriptorProto;
use rogatory_chassis::Role;
use rogatory_testkit::Signed;
use tokio::process::Command;
use tonic::Status;
use tonic_reflection::pb::{
    v1::{
        ExtensionRequest, ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
        server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
    },
    v1alpha,
};

use crate::{sample::Running, wire::reason};

async fn reflect(channel: Signed, request: MessageRequest) -> Result<MessageResponse, Status> {
    let request = ServerReflectionRequest { host: String::new(), message_request: Some(request) };
    let asked = futures::stream::iter([request.clone()]);
    let mut answers = ServerReflectionClient::new(channel).server_reflection_info(asked).await?.into_inner();
    let answer = answers.message().await?.expect("an answer");
    assert_eq!(answer.original_request, Some(request));
    assert_eq!(answers.message().await?, None);
    Ok(answer.message_response.expect("an answer"))
}

fn caller(running: &Running) -> Signed {
    running.server.person("ann", &[Role::Auditor])
}

const MOUNTED: [&str; 5] = [
    "grpc.health.v1.Health",
    "rogatory.events.v1.EventService",
    "rogatory.intake.v1.DocumentService",
    "rogatory.intake.v1.EnquiryService",
    "rogatory.routing.v1.RoutingService",
];

#[tokio::test]
async fn both_versions_list_what_is_mounted() {
    let running = Running::start().await;
    let MessageResponse::ListServicesResponse(list) =
        reflect(caller(&running), MessageRequest::ListServices(String::new())).await.unwrap()
    else {
        panic!("not a list")
    };
    let mut names: Vec<String> = list.service.into_iter().map(|service| service.name).collect();
    names.sort();
    assert_eq!(names, MOUNTED);

    let request = v1alpha::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(v1alpha::server_reflection_request::MessageRequest::ListServices(String::new())),
    };
    let mut old = v1alpha::server_reflection_client::ServerReflectionClient::new(caller(&running));
    let mut answers = old.server_reflection_info(futures::stream::iter([request])).await.unwrap().into_inner();
    let answer = answers.message().await.unwrap().unwrap().message_response.unwrap();
    let v1alpha::server_reflection_response::MessageResponse::ListServicesResponse(list) = answer else {
        panic!("not a list")
    };
    assert_eq!(list.service.len(), MOUNTED.len());
    running.server.stop().await;
}

/// The files of an answer, as a pool of their own.
fn pool(answer: MessageResponse) -> DescriptorPool {
    let MessageResponse::FileDescriptorResponse(files) = answer else { panic!("not files: {answer:?}") };
    let mut files = files.file_descriptor_proto;
    let mut pool = DescriptorPool::new();
    // Imports first: a file goes in once what it needs is there.
    while !files.is_empty() {
        let before = files.len();
        files.retain(|file| {
            let needs = FileDescriptorProto::decode(file.as_slice()).unwrap().dependency;
            let ready = needs.iter().all(|name| pool.get_file_by_name(name).is_some());
            if ready {
                pool.decode_file_descriptor_proto(file.as_slice()).unwrap();
            }
            !ready
        });
        assert!(files.len() < before, "an import is missing");
    }
    pool
}

#[tokio::test]
async fn a_symbol_brings_its_file_with_comments_and_the_access_option() {
    let running = Running::start().await;
    for symbol in [
        "rogatory.routing.v1.RoutingService",
        "rogatory.routing.v1.RoutingService.PlanRoute",
        "rogatory.routing.v1.RoutePlan",
        "rogatory.routing.v1.RoutePlan.verdict",
        "rogatory.routing.v1.RoutePlan.Verdict",
        "rogatory.routing.v1.RoutePlan.VERDICT_HELD",
    ] {
        let answer = reflect(caller(&running), MessageRequest::FileContainingSymbol(symbol.to_owned())).await.unwrap();
        let pool = pool(answer);
        let service = pool.get_service_by_name("rogatory.routing.v1.RoutingService").expect(symbol);
        let plan = service.methods().find(|method| method.name() == "PlanRoute").unwrap();

        let access = pool.get_extension_by_name("rogatory.access.v1.access").expect("the option's own declaration");
        let options = plan.options();
        assert!(options.has_extension(&access), "{symbol}");
        let shown = options.get_extension(&access).to_string();
        assert!(shown.contains("PEER_INTAKE") && shown.contains("ROLE_COUNSEL"), "{shown}");

        let file = service.parent_file();
        let locations = &file.file_descriptor_proto().source_code_info.as_ref().expect("comments").location;
        let comment = locations.iter().find(|location| location.path == plan.path()).expect("the method's place");
        assert!(comment.leading_comments().contains("Plans the route of one request"), "{symbol}");
    }
    running.server.stop().await;
}

#[tokio::test]
async fn files_and_extensions_are_found_and_what_is_not_there_is_told() {
    let running = Running::start().await;
    let file = MessageRequest::FileByFilename("rogatory/access/v1/access.proto".to_owned());
    assert!(
        pool(reflect(caller(&running), file).await.unwrap()).get_message_by_name("rogatory.access.v1.Access").is_some()
    );
    let method_options = "google.protobuf.MethodOptions".to_owned();
    let numbers = MessageRequest::AllExtensionNumbersOfType(method_options.clone());
    let MessageResponse::AllExtensionNumbersResponse(numbers) = reflect(caller(&running), numbers).await.unwrap()
    else {
        panic!("not numbers")
    };
    assert!(numbers.extension_number.contains(&50_100));
    let extension = |number| {
        let containing_type = method_options.clone();
        MessageRequest::FileContainingExtension(ExtensionRequest { containing_type, extension_number: number })
    };
    assert!(
        pool(reflect(caller(&running), extension(50_100)).await.unwrap())
            .get_extension_by_name("rogatory.access.v1.access")
            .is_some()
    );
    for missing in [
        extension(50_101),
        extension(-1),
        MessageRequest::FileByFilename("no.proto".to_owned()),
        MessageRequest::FileContainingSymbol(String::new()),
        MessageRequest::FileContainingSymbol("rogatory.routing.v1.NoSuch".to_owned()),
        MessageRequest::FileContainingSymbol("rogatory.routing.v1.RoutePlan.no_such_field".to_owned()),
        MessageRequest::FileContainingSymbol("rogatory.routing.v1.RoutingService.NoSuchMethod".to_owned()),
        MessageRequest::AllExtensionNumbersOfType("no.Such".to_owned()),
    ] {
        match reflect(caller(&running), missing.clone()).await.unwrap() {
            MessageResponse::ErrorResponse(error) => assert_eq!(error.error_code, tonic::Code::NotFound as i32),
            other => panic!("{missing:?} was found: {other:?}"),
        }
    }
    running.server.stop().await;
}

#[tokio::test]
async fn reflection_needs_a_credential_and_can_be_switched_off() {
    let running = Running::start().await;
    let list = || MessageRequest::ListServices(String::new());
    assert_eq!(reason(&reflect(running.server.nobody(), list()).await.unwrap_err()), "CREDENTIAL_INVALID");
    running.server.stop().await;
    let running = Running::start_with(|settings| settings.reflection = false).await;
    assert_eq!(reason(&reflect(caller(&running), list()).await.unwrap_err()), "NO_SUCH_METHOD");
    running.server.stop().await;
}

/// With a real grpcurl, where `ROGATORY_GRPCURL` says where it is.
#[tokio::test]
async fn grpcurl_describes_a_method_with_its_comment_and_its_callers() {
    let Some(grpcurl) = std::env::var_os("ROGATORY_GRPCURL") else {
        eprintln!("skipped: ROGATORY_GRPCURL does not name a grpcurl");
        return;
    };
    let running = Running::start().await;
    let token = running.keys.token("ann", &[Role::Auditor]);
    let output = Command::new(grpcurl)
        .arg("-cacert")
        .arg(running.keys.development().ca_file())
        .args(["-H", &format!("authorization: Bearer {token}")])
        .arg(format!("localhost:{}", running.server.address().port()))
        .args(["describe", "rogatory.routing.v1.RoutingService"])
        .output()
        .await
        .unwrap();
    let (said, failed) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{failed}");
    for part in ["// Plans the route of one request", "option (.rogatory.access.v1.access)", "PEER_INTAKE"] {
        assert!(said.contains(part), "{said}");
    }
    running.server.stop().await;
}
