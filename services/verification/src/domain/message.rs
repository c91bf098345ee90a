//! What the mail message with which a request came shows of its sender.
//!
//! What is read off the message stands here; what it amounts to, in `message_verdict`.

use chrono::{DateTime, Utc};
use rogatory_rulebook::Digest;
use serde::{Deserialize, Serialize};

use super::domain_match::registrable;

/// Defines an enum of codes: how each is stored and told is the same word.
macro_rules! codes {
    ($(#[$outer:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $code:literal,)+ }) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $code)] $variant,)+
        }

        impl $name {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its stable code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }
        }
    };
}
pub(super) use codes;

codes! {
    /// How a mechanism came out, in the words of RFC 8601 §2.7.
    AuthResult {
        /// It holds.
        Pass = "PASS",
        /// It was tried and does not hold.
        Fail = "FAIL",
        /// SPF: the domain says that the client is probably not its own (RFC 7208 §2.6.5).
        SoftFail = "SOFT_FAIL",
        /// It says nothing either way: it could not be tried, or what it claims does not count.
        Neutral = "NEUTRAL",
        /// There is nothing to try: no signature, no record.
        None = "NONE",
        /// The Domain Name System did not answer; another time it may.
        TempError = "TEMP_ERROR",
        /// What the message or the domain publishes cannot be used.
        PermError = "PERM_ERROR",
        /// The facts that it needs were not given.
        NotChecked = "NOT_CHECKED",
    }
}

codes! {
    /// Why a mechanism did not pass.
    AuthCause {
        /// The key is not published (RFC 6376 §6.1.2).
        KeyMissing = "KEY_MISSING",
        /// The key was withdrawn: its record has an empty `p=`.
        KeyRevoked = "KEY_REVOKED",
        /// The record of the key cannot be read, is of an unknown kind, or holds less than 1024 bits (RFC 8301 §3.2).
        KeyUnfit = "KEY_UNFIT",
        /// The domain only tries out its signatures (`t=y`), and asks not to be taken at its word.
        KeyInTesting = "KEY_IN_TESTING",
        /// The body is not the one that was signed.
        BodyChanged = "BODY_CHANGED",
        /// The signature does not fit the headers and the key.
        SignatureInvalid = "SIGNATURE_INVALID",
        /// The signature was valid until a moment that has passed (`x=`).
        SignatureExpired = "SIGNATURE_EXPIRED",
        /// The signature covers a part of the body only (`l=`), so that anybody may add to it (RFC 6376 §8.2).
        PartOfBodySigned = "PART_OF_BODY_SIGNED",
        /// The signature does not cover the From header (RFC 6376 §5.4).
        FromNotSigned = "FROM_NOT_SIGNED",
        /// The signature uses SHA-1 (RFC 8301 §3.1).
        WeakAlgorithm = "WEAK_ALGORITHM",
        /// An unknown version, algorithm or canonicalization.
        Unsupported = "UNSUPPORTED",
        /// The agent of the signature (`i=`) is not within its domain (`d=`).
        AgentOutsideDomain = "AGENT_OUTSIDE_DOMAIN",
        /// The header of the signature, or the record, cannot be read.
        Malformed = "MALFORMED",
        /// The chain of seals is incomplete or out of order.
        ChainBroken = "CHAIN_BROKEN",
        /// No mechanism that passed speaks for the domain of the author.
        NotAligned = "NOT_ALIGNED",
        /// A server of the Domain Name System failed.
        DnsFailed = "DNS_FAILED",
        /// The time for all questions to the Domain Name System together was over.
        DnsDeadline = "DNS_DEADLINE",
        /// Who delivered the message was not given.
        NoEnvelope = "NO_ENVELOPE",
        /// The message does not have exactly one author's domain.
        NoSingleAuthor = "NO_SINGLE_AUTHOR",
    }
}

codes! {
    /// How the domain that a mechanism speaks for relates to that of the author.
    Alignment {
        /// It is the same.
        Exact = "EXACT",
        /// Both lie below the same registered domain.
        Organisational = "ORGANISATIONAL",
        /// It is somebody else's.
        Foreign = "FOREIGN",
    }
}

impl Alignment {
    /// How `domain` relates to the author's; both in the form of [`ascii_domain`]. By the Public Suffix List.
    #[must_use]
    pub fn of(domain: &str, author: &str) -> Self {
        match (registrable(domain), registrable(author)) {
            _ if domain == author => Self::Exact,
            (Some(one), Some(other)) if one == other => Self::Organisational,
            _ => Self::Foreign,
        }
    }

    /// Whether it speaks for the author's organisation.
    #[must_use]
    pub const fn is_aligned(self) -> bool {
        matches!(self, Self::Exact | Self::Organisational)
    }
}

/// How one mechanism came out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mechanism {
    /// How it came out.
    pub result: AuthResult,
    /// Why it did not pass, where that is known.
    pub cause: Option<AuthCause>,
    /// The domain that it speaks for, in ASCII. None when nothing names one.
    pub domain: Option<String>,
    /// How that domain relates to the author's.
    pub alignment: Alignment,
}

impl Mechanism {
    /// One that speaks for nobody.
    #[must_use]
    pub const fn of_nobody(result: AuthResult, cause: Option<AuthCause>) -> Self {
        Self { result, cause, domain: None, alignment: Alignment::Foreign }
    }

    /// One that speaks for a domain.
    #[must_use]
    pub fn of_domain(result: AuthResult, cause: Option<AuthCause>, domain: &str, author: Option<&str>) -> Self {
        let domain = ascii_domain(domain);
        let alignment = match (&domain, author) {
            (Some(domain), Some(author)) => Alignment::of(domain, author),
            _ => Alignment::Foreign,
        };
        Self { result, cause, domain, alignment }
    }

    /// Whether it passed for the author's organisation.
    #[must_use]
    pub fn passes_aligned(&self) -> bool {
        self.result == AuthResult::Pass && self.alignment.is_aligned()
    }
}

codes! {
    /// What a domain asks receivers to do with messages that fail DMARC (RFC 7489 §6.3, `p=` and `sp=`).
    DmarcPolicy {
        /// Nothing: it only watches.
        None = "NONE",
        /// To be suspicious.
        Quarantine = "QUARANTINE",
        /// To refuse them.
        Reject = "REJECT",
    }
}

/// What the four mechanisms say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authenticity {
    /// May the client send for the domain of MAIL FROM (of HELO, when MAIL FROM is empty)? RFC 7208.
    pub spf: Mechanism,
    /// The signature that says most about the author (RFC 6376): one that passes for it, else one that is broken.
    pub dkim: Mechanism,
    /// Do SPF or DKIM pass for the author's domain, as that domain asks (RFC 7489, RFC 9989)?
    pub dmarc: Mechanism,
    /// The policy of the author's domain, when it has a record.
    pub dmarc_policy: Option<DmarcPolicy>,
    /// Is the chain of forwarders' seals unbroken (RFC 8617)? Tells who forwarded, never who wrote.
    pub arc: Mechanism,
}

codes! {
    /// What the content of an attachment begins like. Never by its name or stated type.
    Media {
        /// A PDF document.
        Pdf = "PDF",
        /// A CMS or PKCS#7 structure with signed data, DER or PEM.
        Pkcs7 = "PKCS7",
        /// Anything else.
        Other = "OTHER",
    }
}

impl Media {
    /// How far into a file its header may stand and still be taken for a PDF by the readers in use.
    const PDF_WITHIN: usize = 1024;
    /// 1.2.840.113549.1.7.2, signedData (RFC 5652 §5.1), in DER.
    const SIGNED_DATA: [u8; 11] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];

    /// What these bytes begin like.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let head = bytes.get(..Self::PDF_WITHIN).unwrap_or(bytes);
        if head.windows(5).any(|five| five == b"%PDF-") {
            return Self::Pdf;
        }
        let text = head.trim_ascii_start();
        let armoured = [&b"-----BEGIN PKCS7-----"[..], b"-----BEGIN CMS-----"];
        if armoured.iter().any(|armour| text.starts_with(armour)) || Self::is_signed_data(head) {
            return Self::Pkcs7;
        }
        Self::Other
    }

    /// `SEQUENCE { OBJECT IDENTIFIER signedData …`, with a length in any of the forms of BER.
    fn is_signed_data(head: &[u8]) -> bool {
        let Some((&[0x30, length], rest)) = head.split_first_chunk::<2>() else { return false };
        let more = if length > 0x80 { usize::from(length & 0x7f) } else { 0 };
        rest.get(more..).is_some_and(|content| content.starts_with(&Self::SIGNED_DATA))
    }
}

/// What is known of an attachment. Its name is not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// SHA-256 of the decoded content.
    pub digest: Digest,
    /// What it begins like.
    pub media: Media,
    /// Bytes of the decoded content.
    pub size: u64,
    /// Whether its transfer encoding was broken; the digest is then that of the bytes as they came.
    pub damaged: bool,
}

/// What was read off a message. No address, no subject, no name, no text of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageFacts {
    /// SHA-256 of the whole message as it came.
    pub digest: Digest,
    /// Bytes of the whole message.
    pub size: u64,
    /// How many From headers it has. RFC 5322 §3.6 wants one.
    pub from_headers: u32,
    /// How many different domains the addresses in them have.
    pub from_domains: u32,
    /// The author's domain, in ASCII: the one domain of the From addresses.
    pub from_domain: Option<String>,
    /// The registered domain above it, by the Public Suffix List.
    pub from_organisation: Option<String>,
    /// Whether the name that is shown of an author has an address of another organisation in it:
    /// `"officer@police.example" <somebody@elsewhere.example>`.
    pub name_shows_other_domain: bool,
    /// The domain of MAIL FROM, in ASCII.
    pub envelope_domain: Option<String>,
    /// How many MIME entities it has, itself among them.
    pub parts: u32,
    /// How deep the deepest of them lies; 1 for a message without parts.
    pub depth: u32,
    /// When the signature that `authenticity.dkim` tells of was made, by its own word (`t=`).
    pub signed_at: Option<DateTime<Utc>>,
    /// What the four mechanisms say.
    pub authenticity: Authenticity,
    /// The attachments, in their order.
    pub attachments: Vec<Attachment>,
}

/// Why a message was not read. Names what is wrong with it and nothing of what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum MessageRefusal {
    /// It has no bytes.
    #[error("the message is empty")]
    #[serde(rename = "EMPTY")]
    Empty,
    /// It has more bytes than the settings allow.
    #[error("the message is larger than the limit")]
    #[serde(rename = "TOO_LARGE")]
    TooLarge,
    /// A line of its header is neither a field nor the rest of one, or holds a character that no header may have.
    #[error("the header of the message is not one of RFC 5322")]
    #[serde(rename = "HEADER_MALFORMED")]
    HeaderMalformed,
    /// It, or a part of it, has more header fields than the settings allow.
    #[error("the message has more header fields than the limit")]
    #[serde(rename = "TOO_MANY_HEADERS")]
    TooManyHeaders,
    /// Its header, or a field of it, is longer than the limit.
    #[error("the header of the message is longer than the limit")]
    #[serde(rename = "HEADER_TOO_LARGE")]
    HeaderTooLarge,
    /// It has more signatures or seals than the limit.
    #[error("the message has more signatures than the limit")]
    #[serde(rename = "TOO_MANY_SIGNATURES")]
    TooManySignatures,
    /// It has more parts than the settings allow.
    #[error("the message has more parts than the limit")]
    #[serde(rename = "TOO_MANY_PARTS")]
    TooManyParts,
    /// Its parts lie deeper in one another than the settings allow.
    #[error("the parts of the message are nested deeper than the limit")]
    #[serde(rename = "TOO_DEEP")]
    TooDeep,
    /// A fact of its delivery is not what SMTP allows there.
    #[error("the envelope of the message is not one of RFC 5321")]
    #[serde(rename = "ENVELOPE_MALFORMED")]
    EnvelopeMalformed,
    /// It broke the parser.
    #[error("the message cannot be read")]
    #[serde(rename = "UNREADABLE")]
    Unreadable,
}

impl MessageRefusal {
    /// Its stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "EMPTY",
            Self::TooLarge => "TOO_LARGE",
            Self::HeaderMalformed => "HEADER_MALFORMED",
            Self::TooManyHeaders => "TOO_MANY_HEADERS",
            Self::HeaderTooLarge => "HEADER_TOO_LARGE",
            Self::TooManySignatures => "TOO_MANY_SIGNATURES",
            Self::TooManyParts => "TOO_MANY_PARTS",
            Self::TooDeep => "TOO_DEEP",
            Self::EnvelopeMalformed => "ENVELOPE_MALFORMED",
            Self::Unreadable => "UNREADABLE",
        }
    }
}

/// A mail domain in the form in which domains are compared: ASCII (IDNA A-labels), lower case, without a final dot.
/// None when it is not a domain name with at least two labels, for example an address literal.
#[must_use]
pub fn ascii_domain(domain: &str) -> Option<String> {
    // Longer than any name can be, also before it is made ASCII: not worth the work.
    if domain.len() > 1024 {
        return None;
    }
    let ascii = idna::domain_to_ascii(domain.strip_suffix('.').unwrap_or(domain)).ok()?;
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let all_digits = ascii.rsplit('.').next()?.bytes().all(|byte| byte.is_ascii_digit());
    (ascii.len() <= 253 && ascii.contains('.') && !all_digits && ascii.split('.').all(label)).then_some(ascii)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_are_compared_in_ascii() {
        for (given, want) in [
            ("FBI.gov", Some("fbi.gov")),
            ("fbi.gov.", Some("fbi.gov")),
            ("полиция.example", Some("xn--h1aahle9bwd.example")),
            ("警察.example", Some("xn--ldtx91i.example")),
            ("xn--ldtx91i.EXAMPLE", Some("xn--ldtx91i.example")),
            ("[192.0.2.1]", None),
            ("192.0.2.1", None),
            ("localhost", None),
            ("", None),
            (".", None),
            ("a..b", None),
            ("-a.example", None),
            ("a_b.example", None),
            ("a b.example", None),
            ("fbi.gov\u{0}", None),
        ] {
            assert_eq!(ascii_domain(given).as_deref(), want, "{given:?}");
        }
        assert_eq!(ascii_domain(&"a".repeat(2000)), None);
        assert_eq!(ascii_domain(&format!("{}.example", "a".repeat(64))), None);
    }

    #[test]
    fn alignment_is_by_registered_domain() {
        for (domain, author, want) in [
            ("fbi.gov", "fbi.gov", Alignment::Exact),
            ("mail.fbi.gov", "fbi.gov", Alignment::Organisational),
            ("fbi.gov", "la.fbi.gov", Alignment::Organisational),
            ("ice.gov", "fbi.gov", Alignment::Foreign),
            // A public suffix speaks for nobody below it.
            ("gov.uk", "met.gov.uk", Alignment::Foreign),
            ("one.gov.uk", "other.gov.uk", Alignment::Foreign),
            ("notfbi.gov", "fbi.gov", Alignment::Foreign),
        ] {
            assert_eq!(Alignment::of(domain, author), want, "{domain} {author}");
        }
    }

    #[test]
    fn media_by_magic_bytes() {
        let der = [&[0x30, 0x82, 0x01, 0x00][..], &Media::SIGNED_DATA, b"rest"].concat();
        let indefinite = [&[0x30, 0x80][..], &Media::SIGNED_DATA].concat();
        let short = [&[0x30, 0x20][..], &Media::SIGNED_DATA].concat();
        let late = [&[b' '; 2000][..], b"%PDF-1.7"].concat();
        for (bytes, want) in [
            (&b"%PDF-1.7\n"[..], Media::Pdf),
            (b"\n\n junk %PDF-1.4", Media::Pdf),
            (&late, Media::Other),
            (&der, Media::Pkcs7),
            (&indefinite, Media::Pkcs7),
            (&short, Media::Pkcs7),
            (b"\r\n-----BEGIN PKCS7-----\n", Media::Pkcs7),
            (b"-----BEGIN CERTIFICATE-----\n", Media::Other),
            (&[0x30, 0xff], Media::Other),
            (&[0x30], Media::Other),
            (b"", Media::Other),
            (b"PK\x03\x04", Media::Other),
        ] {
            assert_eq!(Media::of(bytes), want, "{bytes:02x?}");
        }
    }

    #[test]
    fn a_refusal_is_stored_by_its_code() {
        for refusal in [MessageRefusal::TooLarge, MessageRefusal::HeaderMalformed, MessageRefusal::Unreadable] {
            assert_eq!(serde_json::to_value(refusal).ok(), Some(refusal.code().into()));
        }
    }
}
