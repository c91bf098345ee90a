use proptest::prelude::*;
use rogatory_rulebook::Digest;

use super::{
    message::{AuthResult, Authenticity, DmarcPolicy, Mechanism, MessageFacts},
    message_verdict::{Assessment, Ground, MessageVerdict},
};

const AUTHOR: &str = "police.example";

fn said(result: AuthResult, domain: &str) -> Mechanism {
    Mechanism::of_domain(result, None, domain, Some(AUTHOR))
}

fn facts(dkim: Mechanism, dmarc: AuthResult, policy: Option<DmarcPolicy>) -> MessageFacts {
    MessageFacts {
        digest: Digest::of("message"),
        size: 7,
        from_headers: 1,
        from_domains: 1,
        from_domain: Some(AUTHOR.to_owned()),
        from_organisation: Some(AUTHOR.to_owned()),
        name_shows_other_domain: false,
        envelope_domain: None,
        parts: 1,
        depth: 1,
        signed_at: None,
        authenticity: Authenticity {
            spf: Mechanism::of_nobody(AuthResult::NotChecked, None),
            dkim,
            dmarc: said(dmarc, AUTHOR),
            dmarc_policy: policy,
            arc: Mechanism::of_nobody(AuthResult::None, None),
        },
        attachments: Vec::new(),
    }
}

#[test]
fn the_table_of_verdicts() {
    use AuthResult as R;
    use DmarcPolicy as P;
    use Ground as G;
    use MessageVerdict as V;
    let none = || Mechanism::of_nobody(R::None, None);
    for (dkim, dmarc, policy, verdict, grounds) in [
        (said(R::Pass, AUTHOR), R::Pass, Some(P::Reject), V::Authentic, vec![G::DmarcPass, G::DkimPass]),
        (none(), R::Pass, Some(P::None), V::Authentic, vec![G::DmarcPass]),
        (said(R::Pass, AUTHOR), R::None, None, V::Authentic, vec![G::DkimPass]),
        (said(R::Pass, "mx.police.example"), R::None, None, V::Authentic, vec![G::DkimPass]),
        // Unknown whether relaxed alignment is enough.
        (said(R::Pass, AUTHOR), R::TempError, None, V::Authentic, vec![G::DkimPass]),
        (said(R::Pass, "mx.police.example"), R::TempError, None, V::Unproven, vec![G::DnsUnavailable]),
        (said(R::Pass, "mailer.example"), R::None, None, V::Unproven, vec![G::NothingSpeaksForIt]),
        (said(R::Pass, "mailer.example"), R::Fail, Some(P::Reject), V::Contradicted, vec![G::DmarcFail]),
        (said(R::Pass, "mx.police.example"), R::Fail, Some(P::Quarantine), V::Contradicted, vec![G::DmarcFail]),
        // The domain only watches; but it does not pass either.
        (said(R::Pass, "mx.police.example"), R::Fail, Some(P::None), V::Unproven, vec![G::NothingSpeaksForIt]),
        (none(), R::Fail, Some(P::None), V::Unproven, vec![G::NothingSpeaksForIt]),
        (none(), R::NotChecked, Some(P::Reject), V::Unproven, vec![G::NothingSpeaksForIt]),
        (said(R::Fail, AUTHOR), R::None, None, V::Contradicted, vec![G::SignatureBroken]),
        (said(R::Fail, AUTHOR), R::Pass, Some(P::Reject), V::Contradicted, vec![G::SignatureBroken]),
        (said(R::Fail, "list.example"), R::None, None, V::Unproven, vec![G::NothingSpeaksForIt]),
        (said(R::TempError, AUTHOR), R::None, None, V::Unproven, vec![G::DnsUnavailable]),
        (said(R::PermError, AUTHOR), R::PermError, None, V::Unproven, vec![G::NothingSpeaksForIt]),
    ] {
        let found = facts(dkim.clone(), dmarc, policy).assess(Some("police.example"));
        assert_eq!(found, Assessment { verdict, grounds }, "{dkim:?} {dmarc:?} {policy:?}");
    }
}

#[test]
fn the_stated_domain_is_compared_by_organisation() {
    let good = facts(said(AuthResult::Pass, AUTHOR), AuthResult::Pass, None);
    for (stated, verdict) in [
        (None, MessageVerdict::Authentic),
        (Some("police.example"), MessageVerdict::Authentic),
        (Some("POLICE.example."), MessageVerdict::Authentic),
        (Some("la.police.example"), MessageVerdict::Authentic),
        (Some("po1ice.example"), MessageVerdict::Contradicted),
        (Some("nothing at all"), MessageVerdict::Authentic),
    ] {
        assert_eq!(good.assess(stated).verdict, verdict, "{stated:?}");
    }
}

fn results() -> impl Strategy<Value = AuthResult> {
    prop::sample::select(AuthResult::ALL)
}

proptest! {
    /// Whatever else is seen, a contradiction stays one, and what the mechanisms do not say is never found authentic.
    #[test]
    fn a_ground_against_is_never_outweighed(
        dkim in results(), dmarc in results(), spf in results(),
        policy in prop::option::of(prop::sample::select(DmarcPolicy::ALL)),
        foreign in any::<bool>(), several in any::<bool>(), shown in any::<bool>(),
    ) {
        let mut seen = facts(said(dkim, if foreign { "elsewhere.example" } else { AUTHOR }), dmarc, policy);
        seen.authenticity.spf = said(spf, AUTHOR);
        let before = seen.assess(None);
        prop_assert!(!before.grounds.is_empty());
        if before.verdict == MessageVerdict::Authentic {
            prop_assert!(dmarc == AuthResult::Pass || (dkim == AuthResult::Pass && !foreign));
        }
        seen.from_headers += u32::from(several);
        seen.name_shows_other_domain = shown;
        let after = seen.assess(None);
        if several || shown || before.verdict == MessageVerdict::Contradicted {
            prop_assert_eq!(after.verdict, MessageVerdict::Contradicted);
        } else {
            prop_assert_eq!(after, before);
        }
    }
}
