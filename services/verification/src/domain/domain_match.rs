//! Mail domains: whose they are.

/// The domain of a mail address, in lower case, without a final dot.
#[must_use]
pub fn domain_of(address: &str) -> Option<String> {
    let (_, domain) = address.rsplit_once('@')?;
    let domain = domain.trim_end_matches('.').to_lowercase();
    (!domain.is_empty()).then_some(domain)
}

/// A domain and all that lie above it, the longest first: `a.b.c`, `b.c`, `c`.
pub fn with_parents(domain: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(domain), |domain| domain.split_once('.').map(|(_, parent)| parent))
}

/// Whether a domain is `zone` or lies below it.
#[must_use]
pub fn is_within(domain: &str, zone: &str) -> bool {
    with_parents(domain).any(|parent| parent == zone)
}

/// The domain that was registered, by the Public Suffix List: one label more than the suffix under which anybody may
/// register. None for such a suffix itself.
#[must_use]
pub fn registrable(domain: &str) -> Option<&str> {
    psl::domain_str(domain)
}

/// Why a text cannot be recorded as the mail domain of an agency; none when it can.
#[must_use]
pub fn unfit(domain: &str) -> Option<&'static str> {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if domain.len() > 253 || !domain.split('.').all(label) {
        return Some("is not a domain in lower-case ASCII, for example `police.example`");
    }
    if registrable(domain).is_none() {
        // Else everybody below `gov.uk`, or below `com`, would write from the agency's domain.
        return Some("is a public suffix, under which others register their domains");
    }
    None
}

/// The labels of a registered domain that others imitate: the one that its owner chose, and the leading one, which may
/// be an office below it.
pub fn imitated_labels(registered: &str) -> impl Iterator<Item = &str> {
    let leading = registered.split('.').next();
    let own = own_label(registered);
    own.into_iter().chain(leading.filter(move |leading| own != Some(leading)))
}

/// The label that its owner chose: `police` of `mail.police.gov.sg`.
#[must_use]
pub fn own_label(domain: &str) -> Option<&str> {
    registrable(domain)?.split('.').next()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::*;

    #[test]
    fn the_registrable_domain_is_that_of_the_public_suffix_list() {
        assert_eq!(registrable("mail.fbi.gov"), Some("fbi.gov"));
        assert_eq!(registrable("a.b.police.gov.sg"), Some("police.gov.sg"));
        assert_eq!(registrable("tracfin.finances.gouv.fr"), Some("finances.gouv.fr"));
        assert_eq!(registrable("gov.uk"), None);
        assert_eq!(registrable("com"), None);
    }

    #[test]
    fn a_domain_is_within_itself_and_what_lies_above_but_not_within_what_ends_alike() {
        assert!(is_within("fbi.gov", "fbi.gov"));
        assert!(is_within("la.fbi.gov", "fbi.gov"));
        assert!(!is_within("notfbi.gov", "fbi.gov"));
        assert!(!is_within("fbi.gov.example.com", "fbi.gov"));
    }

    #[test]
    fn a_suffix_is_nobodys_mail_domain() {
        for good in ["fbi.gov", "police.gov.sg", "mail.politie.nl"] {
            assert_eq!(unfit(good), None, "{good}");
        }
        for bad in
            ["", "gov", "com", "gov.uk", "FBI.gov", "fbi..gov", "-a.gov", "fbi.gov.", "fbi gov", "fbí.gov", "a@fbi.gov"]
        {
            assert!(unfit(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn the_domain_of_an_address() {
        assert_eq!(domain_of("A.B@LA.FBI.gov.").unwrap(), "la.fbi.gov");
        assert_eq!(domain_of("nobody"), None);
        assert_eq!(domain_of("nobody@"), None);
    }
}
