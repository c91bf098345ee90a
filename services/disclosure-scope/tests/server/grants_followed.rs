use std::time::Duration;

use rogatory_chassis::Role;
use rogatory_proto::rogatory::disclosure::v1::grant_service_client::GrantServiceClient;
use rogatory_testkit::{Signed, TestServer};
use tokio::time::{Instant, sleep, timeout};
use tonic::Code;

use super::{
    grants::{ask, granted, revoke},
    world::{PLATFORM, World},
};

super::on_both_engines!(a_revocation_is_followed_by_the_other_replica_within_two_seconds);

fn platform(server: &TestServer) -> GrantServiceClient<Signed> {
    GrantServiceClient::new(server.person("warehouse", &[Role::DataPlatform]))
}

async fn a_revocation_is_followed_by_the_other_replica_within_two_seconds(world: &World) {
    let (before, after) = (granted(world).await, granted(world).await);
    let replica = world.replica().await;
    // Issued before the replica started and after: it knows the one and has to look for the other.
    for grant in [before, after, granted(world).await] {
        let mut there = platform(&replica);
        let mut here = world.grants_as(&PLATFORM);
        assert!(there.check_disclosure(ask(&grant)).await.unwrap().into_inner().permitted);
        revoke(world, &grant).await.unwrap();
        let told = here.check_disclosure(ask(&grant)).await.unwrap().into_inner();
        assert_eq!(
            (told.permitted, told.findings[0].code.as_str()),
            (false, "GRANT_REVOKED"),
            "at once where it was made"
        );
        let followed = async {
            while there.check_disclosure(ask(&grant)).await.unwrap().into_inner().permitted {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(Duration::from_secs(2), followed).await.expect("followed within two seconds");
        let told = there.check_disclosure(ask(&grant)).await.unwrap().into_inner();
        assert_eq!(told.findings[0].code, "GRANT_REVOKED");
    }
}

/// What the database can no longer confirm is not permitted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_database_nothing_leaves() {
    let world = World::on_postgres().await;
    let grant = granted(&world).await;
    let mut platform = world.grants_as(&PLATFORM);
    assert!(platform.check_disclosure(ask(&grant)).await.unwrap().into_inner().permitted);
    world.database().go_away().await;
    // For as long as the copy in memory may be relied on the answer is yes; then there is none.
    let begin = Instant::now();
    let status = loop {
        match platform.check_disclosure(ask(&grant)).await {
            Err(status) => break status,
            Ok(_) => assert!(begin.elapsed() < Duration::from_secs(60), "it goes on without its database"),
        }
        sleep(Duration::from_millis(50)).await;
    };
    let failed = [Code::Unavailable, Code::DeadlineExceeded, Code::Internal];
    assert!(failed.contains(&status.code()), "{status:?}");
    for _ in 0..3 {
        assert!(platform.check_disclosure(ask(&grant)).await.is_err(), "and it stays away");
    }
    world.database().come_back().await;
    let back = async {
        while platform.check_disclosure(ask(&grant)).await.is_err() {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(Duration::from_secs(60), back).await.expect("it comes back with its database");
}
