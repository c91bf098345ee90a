//! From the certificate of a signer to a trust anchor (RFC 5280 §6).

use chrono::{DateTime, Utc};

use super::{
    anchors::{Anchor, TrustAnchors},
    certificate::Cert,
    found::Trust,
    limits::{Budget, Unreadable},
};

/// The most certificates between a signer and an anchor.
const LONGEST: usize = 8;

/// Whether a chain leads from `signer` over certificates of `pool` to an anchor, and holds at this time.
///
/// Of several chains one that holds decides; when none does, what stands against the first that was found.
pub(super) fn trust(
    signer: &Cert,
    pool: &[Cert],
    anchors: &TrustAnchors,
    at: DateTime<Utc>,
    budget: &mut Budget,
) -> Result<Trust, Unreadable> {
    let mut search = Search { pool, anchors, at, budget, against: None };
    let path = &mut vec![signer];
    Ok(match search.extend(path)? {
        Some(anchor) => Trust::Trusted { anchor: anchor.label().to_owned() },
        None => search.against.unwrap_or(Trust::UntrustedIssuer),
    })
}

struct Search<'a, 'b> {
    pool: &'a [Cert],
    anchors: &'a TrustAnchors,
    at: DateTime<Utc>,
    budget: &'b mut Budget,
    /// What stands against the first chain that was found.
    against: Option<Trust>,
}

impl<'a> Search<'a, '_> {
    /// The anchor of a chain that holds and begins with `path`.
    fn extend(&mut self, path: &mut Vec<&'a Cert>) -> Result<Option<&'a Anchor>, Unreadable> {
        let Some(last) = path.last().copied() else { return Ok(None) };
        for anchor in self.anchors.all() {
            let is_last = anchor.fingerprint() == last.fingerprint;
            if !is_last && !self.issued(last, &anchor.cert)? {
                continue;
            }
            match self.fault(path, (!is_last).then_some(&anchor.cert)) {
                None => return Ok(Some(anchor)),
                Some(fault) => drop(self.against.get_or_insert(fault)),
            }
        }
        if path.len() > LONGEST {
            return Ok(None);
        }
        for next in self.pool {
            if path.iter().any(|other| other.fingerprint == next.fingerprint) || !self.issued(last, next)? {
                continue;
            }
            path.push(next);
            let found = self.extend(path)?;
            path.pop();
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// Whether `issuer` issued `cert`: by its name and by its key. Anybody can take a name.
    fn issued(&mut self, cert: &Cert, issuer: &Cert) -> Result<bool, Unreadable> {
        if cert.issuer != issuer.subject {
            return Ok(false);
        }
        self.budget.key_check()?;
        Ok(cert.is_signed_by(issuer))
    }

    /// What stands against a chain whose signatures hold: `path` from the signer upwards, and the anchor above it.
    fn fault(&self, path: &[&Cert], anchor: Option<&Cert>) -> Option<Trust> {
        let (signer, issuers) = path.split_first()?;
        let issuers = || issuers.iter().copied().chain(anchor);
        let all = || std::iter::once(*signer).chain(issuers());
        let below = |level: usize| issuers().take(level).filter(|issuer| !issuer.is_self_issued()).count();
        // The signature on an anchor is that of nobody whom the chain needs. A signer who is an anchor is trusted as it
        // is.
        let last = path.len() + usize::from(anchor.is_some()) - 1;
        all()
            .find_map(|cert| cert.untimely(self.at))
            .or_else(|| signer.unfit_to_sign())
            .or_else(|| issuers().enumerate().find_map(|(level, issuer)| issuer.unfit_to_issue(below(level))))
            .or_else(|| all().enumerate().find_map(|(level, cert)| cert.weakness(level < last)))
            .or_else(|| all().find_map(Cert::not_understood))
    }
}
