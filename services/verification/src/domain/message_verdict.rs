//! What the facts of a message amount to.
//!
//! Evidence of **low weight**. A mailbox of a real police force that was bought or broken into sends messages that pass
//! every check, and so does a message of long ago that is delivered again with its signature (its digest and the time
//! of its signature let that be noticed). *Authentic* therefore says that the domain sent the message, never that the
//! officer did, and no level rests on it alone. *Contradicted* says that the message disowns itself: somebody wrote in
//! the name of a domain that says it did not, or shows one author and has another. *Unproven* says nothing, and is what
//! most honest messages are whose domain publishes nothing.

use serde::{Deserialize, Serialize};

use super::message::{Alignment, AuthResult, DmarcPolicy, MessageFacts, ascii_domain, codes};

codes! {
    /// What a message amounts to.
    MessageVerdict {
        /// The author's domain sent it.
        Authentic = "AUTHENTIC",
        /// It speaks against itself.
        Contradicted = "CONTRADICTED",
        /// It shows nothing either way.
        Unproven = "UNPROVEN",
    }
}

codes! {
    /// What a verdict rests on.
    Ground {
        /// DMARC passes for the author's domain.
        DmarcPass = "DMARC_PASS",
        /// A DKIM signature of the author's organisation passes.
        DkimPass = "DKIM_PASS",
        /// There is more than one From header: which one is shown depends on the reader's program.
        SeveralFromHeaders = "SEVERAL_FROM_HEADERS",
        /// The authors have addresses in different domains, of which DMARC checks none.
        SeveralAuthorDomains = "SEVERAL_AUTHOR_DOMAINS",
        /// The name that is shown has an address of another organisation in it.
        NameShowsOtherDomain = "NAME_SHOWS_OTHER_DOMAIN",
        /// The author's organisation is not that of the address that the officer states.
        StatedDomainDiffers = "STATED_DOMAIN_DIFFERS",
        /// The message fails DMARC, and the author's domain asks to suspect or to refuse such messages.
        DmarcFail = "DMARC_FAIL",
        /// A signature of the author's organisation is broken: the message is not the one that was signed.
        SignatureBroken = "SIGNATURE_BROKEN",
        /// There is no author's address with a domain.
        NoAuthor = "NO_AUTHOR",
        /// The Domain Name System did not answer in time, or failed.
        DnsUnavailable = "DNS_UNAVAILABLE",
        /// Nothing that the author's domain publishes speaks for the message or against it.
        NothingSpeaksForIt = "NOTHING_SPEAKS_FOR_IT",
    }
}

/// A verdict, and all that it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    /// What the message amounts to.
    pub verdict: MessageVerdict,
    /// What speaks for the verdict; at least one.
    pub grounds: Vec<Ground>,
}

impl MessageFacts {
    /// What the message amounts to. `stated` is the domain of the address that the officer gave with the request, if
    /// any.
    ///
    /// One ground against it outweighs all that speaks for it.
    #[must_use]
    pub fn assess(&self, stated: Option<&str>) -> Assessment {
        let against = self.against(stated);
        if !against.is_empty() {
            return Assessment { verdict: MessageVerdict::Contradicted, grounds: against };
        }
        let speaking_for = self.speaking_for();
        if !speaking_for.is_empty() {
            return Assessment { verdict: MessageVerdict::Authentic, grounds: speaking_for };
        }
        let seen = &self.authenticity;
        let unanswered = |mechanisms: &[AuthResult]| mechanisms.contains(&AuthResult::TempError);
        let ground = if self.from_domain.is_none() {
            Ground::NoAuthor
        } else if unanswered(&[seen.spf.result, seen.dkim.result, seen.dmarc.result]) {
            Ground::DnsUnavailable
        } else {
            Ground::NothingSpeaksForIt
        };
        Assessment { verdict: MessageVerdict::Unproven, grounds: vec![ground] }
    }

    fn against(&self, stated: Option<&str>) -> Vec<Ground> {
        let seen = &self.authenticity;
        // A domain that only watches (p=none) does not say that what fails is not its own.
        let disowned = seen.dmarc.result == AuthResult::Fail
            && matches!(seen.dmarc_policy, Some(DmarcPolicy::Quarantine | DmarcPolicy::Reject));
        // The broken signature of a forwarder or a mailing list says nothing of the author.
        let broken = seen.dkim.result == AuthResult::Fail && seen.dkim.alignment.is_aligned();
        [
            (self.from_headers > 1, Ground::SeveralFromHeaders),
            (self.from_domains > 1, Ground::SeveralAuthorDomains),
            (self.name_shows_other_domain, Ground::NameShowsOtherDomain),
            (stated.is_some_and(|stated| self.is_of_another(stated)), Ground::StatedDomainDiffers),
            (disowned, Ground::DmarcFail),
            (broken, Ground::SignatureBroken),
        ]
        .into_iter()
        .filter_map(|(holds, ground)| holds.then_some(ground))
        .collect()
    }

    fn speaking_for(&self) -> Vec<Ground> {
        let seen = &self.authenticity;
        // While it is unknown whether the domain wants exact alignment, only that counts.
        let enough = |alignment| match seen.dmarc.result {
            AuthResult::TempError => alignment == Alignment::Exact,
            _ => alignment != Alignment::Foreign,
        };
        let signed = seen.dkim.passes_aligned() && enough(seen.dkim.alignment) && seen.dmarc.result != AuthResult::Fail;
        [(seen.dmarc.passes_aligned(), Ground::DmarcPass), (signed, Ground::DkimPass)]
            .into_iter()
            .filter_map(|(holds, ground)| (holds && self.from_domain.is_some()).then_some(ground))
            .collect()
    }

    /// Whether the author is not of the organisation that the officer states.
    fn is_of_another(&self, stated: &str) -> bool {
        match (&self.from_domain, ascii_domain(stated)) {
            (Some(author), Some(stated)) => !Alignment::of(author, &stated).is_aligned(),
            // Without an author there is nothing to compare; a stated domain that is none is the request's own fault.
            _ => false,
        }
    }
}
