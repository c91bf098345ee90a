//! Health, on either port.

use std::sync::Arc;

use rogatory_chassis::Role;
use rogatory_proto::rogatory::routing::v1::routing_service_client::RoutingServiceClient;
use rogatory_testkit::{TestDatabase, TestKeys};
use tonic::{Code, transport::Channel};
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};

use crate::{
    sample::{Running, ask},
    wire::reason,
};

fn admin(running: &Running) -> HealthClient<Channel> {
    HealthClient::new(running.server.admin_channel())
}

fn of(service: &str) -> HealthCheckRequest {
    HealthCheckRequest { service: service.to_owned() }
}

#[tokio::test]
async fn health_follows_the_database_there_and_back() {
    let database = TestDatabase::postgres().await;
    let running = Running::start_on(database, Arc::new(TestKeys::new()), |_| {}).await;
    let mut health = admin(&running);
    let mut all = health.watch(of("")).await.unwrap().into_inner();
    let mut routing = health.watch(of("rogatory.routing.v1.RoutingService")).await.unwrap().into_inner();
    assert_eq!(all.message().await.unwrap().unwrap().status(), ServingStatus::Serving);
    assert_eq!(routing.message().await.unwrap().unwrap().status(), ServingStatus::Serving);
    running.database.go_away().await;
    assert_eq!(all.message().await.unwrap().unwrap().status(), ServingStatus::NotServing);
    assert_eq!(routing.message().await.unwrap().unwrap().status(), ServingStatus::NotServing);
    running.database.come_back().await;
    assert_eq!(all.message().await.unwrap().unwrap().status(), ServingStatus::Serving);
    assert_eq!(routing.message().await.unwrap().unwrap().status(), ServingStatus::Serving);
    drop((all, routing));
    running.server.stop().await;
}

#[tokio::test]
async fn a_store_that_is_closed_is_not_serving() {
    let running = Running::start().await;
    let mut watch = admin(&running).watch(of("")).await.unwrap().into_inner();
    assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::Serving);
    running.store.close().await.unwrap();
    assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::NotServing);
    drop(watch);
    running.server.stop().await;
}

#[tokio::test]
async fn the_admin_port_answers_health_without_a_credential_and_nothing_else() {
    let running = Running::start().await;
    let mut health = admin(&running);
    for service in ["", "rogatory.routing.v1.RoutingService", "rogatory.events.v1.EventService"] {
        let said = health.check(of(service)).await.unwrap().into_inner();
        assert_eq!(said.status(), ServingStatus::Serving, "{service}");
    }
    assert_eq!(health.check(of("rogatory.billing.v1.BillingService")).await.unwrap_err().code(), Code::NotFound);
    let channel = running.server.admin_channel();
    let status = RoutingServiceClient::new(channel.clone()).resolve_contact(ask("answer")).await.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
    let mut reflection =
        tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient::new(channel.clone());
    let asked = futures::stream::pending();
    assert_eq!(reflection.server_reflection_info(asked).await.unwrap_err().code(), Code::Unimplemented);
    assert!(running.sample.calls().is_empty());
    running.server.stop().await;
}

#[tokio::test]
async fn the_main_port_answers_health_to_callers() {
    let running = Running::start().await;
    let status = HealthClient::new(running.server.nobody()).check(of("")).await.unwrap_err();
    assert_eq!(reason(&status), "CREDENTIAL_INVALID");
    let mut health = HealthClient::new(running.server.person("bob", &[Role::Biller]));
    assert_eq!(health.check(of("")).await.unwrap().into_inner().status(), ServingStatus::Serving);
    assert_eq!(reason(&health.check(of("nothing")).await.unwrap_err()), "NOT_FOUND");
    running.server.stop().await;
}
