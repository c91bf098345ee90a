//! Who may not call is not let in: every RPC of the schema, over five real processes, by everyone who is not on its list.

use rogatory_chassis::{Role, caller::role_claim};
use rogatory_tests::{
    schema::methods,
    suite::{Area, Engine, Suite},
    wire::reason,
};
use tonic::Code;

#[tokio::test(flavor = "multi_thread")]
async fn an_unlisted_caller_is_refused_by_every_rpc() {
    let suite = Suite::start(Engine::Sqlite).await;
    let all: Vec<String> = (1..32).filter_map(|number| Role::try_from(number).ok()).map(role_claim).collect();
    for method in methods() {
        // The event feed is served by every service under the same rules.
        let areas = Area::of_path(&method.path).map_or(Area::ALL.to_vec(), |area| vec![area]);
        let unlisted: Vec<&str> = all.iter().filter(|role| !method.roles.contains(role)).map(String::as_str).collect();
        for area in areas {
            let refused = suite.client_of("mallory", &unlisted).to(area).knock(&method).await.expect_err(&method.path);
            assert_eq!(
                (refused.code(), reason(&refused).as_str()),
                (Code::PermissionDenied, "CALLER_NOT_LISTED"),
                "{}",
                method.path
            );

            let nobody = suite.bearer(None).to(area).knock(&method).await.expect_err(&method.path);
            assert_eq!(
                (nobody.code(), reason(&nobody).as_str()),
                (Code::Unauthenticated, "CREDENTIAL_INVALID"),
                "{}",
                method.path
            );

            // Another service's certificate is a peer of nobody.
            let peer = suite.peer("billing", area).knock(&method).await.expect_err(&method.path);
            assert!(matches!(peer.code(), Code::PermissionDenied | Code::Unauthenticated), "{}: {peer:?}", method.path);
            if !method.peers.iter().any(|peer| peer == "intake") {
                let intake = suite.peer("intake", area).knock(&method).await.expect_err(&method.path);
                assert_eq!(intake.code(), Code::PermissionDenied, "{}: {intake:?}", method.path);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_token_says_what_is_wrong_with_it() {
    let suite = Suite::start(Engine::Sqlite).await;
    let method = methods().into_iter().find(|method| method.path.ends_with("/ResolveContact")).expect("the RPC");
    let stranger = rogatory_testkit::TestKeys::new();
    let tokens = [
        ("expired", suite.keys().expired_token("ann", &[Role::Analyst])),
        ("another issuer", stranger.token("ann", &[Role::Analyst])),
        ("no token", "not-a-token".to_owned()),
        ("empty", String::new()),
    ];
    for (what, token) in tokens {
        let refused = suite.bearer(Some(token)).to(Area::Routing).knock(&method).await.expect_err(what);
        assert_eq!(
            (refused.code(), reason(&refused).as_str()),
            (Code::Unauthenticated, "CREDENTIAL_INVALID"),
            "{what}: {refused:?}"
        );
    }
}
