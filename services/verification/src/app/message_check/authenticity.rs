//! The four mechanisms, over the library, in the words of the domain.

use chrono::{DateTime, Utc};
use futures::future::join_all;
use mail_auth::{
    ArcOutput, AuthenticatedMessage, DkimOutput, DkimResult, DmarcOutput, DmarcResult, DnsError, Error,
    MessageAuthenticator, Parameters, ResolverCache as _, SpfOutput, SpfResult, Txt,
    arc::ArcError,
    common::{
        crypto::{Algorithm, CryptoError},
        verify::VerifySignature as _,
    },
    dkim::{DkimError, Signature},
    dmarc::{Dmarc, Policy, verify::DmarcParameters},
    spf::verify::SpfParameters,
};
use tokio::time::{Duration, Instant, timeout_at};

use super::{Envelope, dns::Answers};
use crate::domain::message::{Alignment, AuthCause, AuthResult, Authenticity, DmarcPolicy, Mechanism};

/// The least bits of a key that a verifier may take (RFC 8301 §3.2).
const LEAST_KEY_BITS: usize = 1024;
/// The flag `t=y` of a key's record, as the library keeps it.
const TESTING: u64 = 0x10;
/// The `%{r}` of an SPF explanation, which nobody reads here.
const RECEIVER: &str = "unknown";

/// What is asked about a message.
#[derive(Clone, Copy)]
pub(super) struct Question<'x> {
    message: &'x AuthenticatedMessage<'x>,
    /// The author's domain, when there is exactly one.
    author: Option<&'x str>,
    envelope: Option<&'x Envelope>,
    /// When SPF, DKIM and ARC must be answered.
    until: Instant,
    /// When DMARC must be answered, which needs them. A forger who names a domain of his own that never answers must
    /// not use up the time in which the author's domain would disown the message.
    end: Instant,
}

impl<'x> Question<'x> {
    pub(super) fn new(
        message: &'x AuthenticatedMessage<'x>,
        author: Option<&'x str>,
        envelope: Option<&'x Envelope>,
        patience: Duration,
    ) -> Self {
        let now = Instant::now();
        Self { message, author, envelope, until: now + patience * 3 / 4, end: now + patience }
    }
}

/// Asks all four, and tells when the signature that DKIM tells of was made.
pub(super) async fn authenticate(
    dns: &MessageAuthenticator,
    question: Question<'_>,
) -> (Authenticity, Option<DateTime<Utc>>) {
    let Question { message, author, until, .. } = question;
    let answers = Answers::default();
    let singly = singly(message);
    let of_message = |message| Parameters::new(message).with_txt_cache(&answers);
    let (spf, dkim, arc, ()) = tokio::join!(
        check_spf(dns, question, &answers),
        join_all(singly.iter().map(|message| timeout_at(until, dns.verify_dkim(of_message(message))))),
        timeout_at(until, dns.verify_arc(of_message(message))),
        foresee_dmarc(dns, question, &answers),
    );
    let arc = arc.map_or_else(|_| late(), |output| arc_mechanism(&output, author));
    let outputs: Vec<(DkimOutput<'_>, bool)> =
        dkim.into_iter().zip(&singly).flat_map(|(output, message)| outputs(output.ok(), message)).collect();
    let signatures: Vec<Signed<'_>> =
        outputs.iter().map(|(output, late)| Signed::of(output, *late, author, &answers)).collect();
    let (dkim, signed_at) = most_telling(&signatures, message);
    let (spf, sender) = match spf {
        Some((output, late)) => (spf_mechanism(&output, late, author), output),
        None => (Mechanism::of_nobody(AuthResult::NotChecked, Some(AuthCause::NoEnvelope)), SpfOutput::default()),
    };
    // Only what speaks for the author's organisation goes into DMARC. The library finds organisations by the records of
    // the domains themselves (RFC 9989 §4.10), so that a record at a public suffix could make one of all that lie below
    // it.
    let aligned: Vec<DkimOutput<'_>> =
        signatures.iter().filter(|signed| signed.counts()).map(|signed| signed.output.clone()).collect();
    let sender = if spf.alignment.is_aligned() { sender } else { SpfOutput::default() };
    let waiting = [&spf, &dkim].iter().any(|mechanism| mechanism.cause == Some(AuthCause::DnsDeadline));
    let (dmarc, dmarc_policy) = check_dmarc(dns, question, &answers, &aligned, &sender, waiting).await;
    (Authenticity { spf, dkim, dmarc, dmarc_policy, arc }, signed_at)
}

fn late() -> Mechanism {
    Mechanism::of_nobody(AuthResult::TempError, Some(AuthCause::DnsDeadline))
}

// SPF

/// What came of it, and whether the time was over before.
async fn check_spf(dns: &MessageAuthenticator, question: Question<'_>, answers: &Answers) -> Option<(SpfOutput, bool)> {
    let envelope = question.envelope?;
    let parameters = if envelope.mail_from.is_empty() {
        SpfParameters::verify_ehlo(envelope.client, &envelope.helo, RECEIVER)
    } else {
        SpfParameters::verify_mail_from(envelope.client, &envelope.helo, RECEIVER, &envelope.mail_from)
    };
    let domain = envelope.mail_from.rsplit_once('@').map_or(envelope.helo.as_str(), |(_, domain)| domain);
    let asked = dns.verify_spf(Parameters::new(parameters).with_txt_cache(answers));
    Some(match timeout_at(question.until, asked).await {
        Ok(output) => (output, false),
        Err(_) => (SpfOutput::new(domain.to_owned()).with_result(SpfResult::TempError), true),
    })
}

fn spf_mechanism(output: &SpfOutput, late: bool, author: Option<&str>) -> Mechanism {
    let (result, cause) = match output.result() {
        SpfResult::Pass => (AuthResult::Pass, None),
        SpfResult::Fail => (AuthResult::Fail, None),
        SpfResult::SoftFail => (AuthResult::SoftFail, None),
        SpfResult::Neutral => (AuthResult::Neutral, None),
        SpfResult::None => (AuthResult::None, None),
        SpfResult::TempError if late => (AuthResult::TempError, Some(AuthCause::DnsDeadline)),
        SpfResult::TempError => (AuthResult::TempError, Some(AuthCause::DnsFailed)),
        SpfResult::PermError => (AuthResult::PermError, Some(AuthCause::Malformed)),
    };
    Mechanism::of_domain(result, cause, output.domain(), author)
}

// DKIM

/// The message once for each of its signatures, and once for those that cannot be read: so that each is checked for
/// itself, and one whose key never comes keeps no other from being checked.
fn singly<'x>(message: &AuthenticatedMessage<'x>) -> Vec<AuthenticatedMessage<'x>> {
    let with = |signatures, errors| AuthenticatedMessage { dkim_headers: signatures, errors, ..message.clone() };
    let mut singly: Vec<AuthenticatedMessage<'x>> =
        message.dkim_headers.iter().map(|signature| with(vec![signature.clone()], Vec::new())).collect();
    if !message.errors.is_empty() {
        singly.push(with(Vec::new(), message.errors.clone()));
    }
    singly
}

/// What came of the signatures of a message, and whether the time was over before the keys were there.
fn outputs<'x>(
    output: Option<Vec<DkimOutput<'x>>>,
    message: &'x AuthenticatedMessage<'x>,
) -> Vec<(DkimOutput<'x>, bool)> {
    let late = || DkimOutput::temp_err(Error::Dns(DnsError::Resolver(String::new())));
    match output {
        Some(outputs) => outputs.into_iter().map(|output| (output, false)).collect(),
        None => message.dkim_headers.iter().map(|header| (late().with_signature(&header.header), true)).collect(),
    }
}

/// A signature and what it is worth.
struct Signed<'x> {
    output: &'x DkimOutput<'x>,
    mechanism: Mechanism,
    signed_at: Option<DateTime<Utc>>,
}

impl<'x> Signed<'x> {
    fn of(output: &'x DkimOutput<'x>, late: bool, author: Option<&str>, answers: &Answers) -> Self {
        let (mut result, mut cause) = match late {
            true => (AuthResult::TempError, Some(AuthCause::DnsDeadline)),
            false => outcome(output.result()),
        };
        let Some(signature) = output.signature() else {
            return Self { output, mechanism: Mechanism::of_nobody(result, cause), signed_at: None };
        };
        if matches!(result, AuthResult::Pass | AuthResult::Fail)
            && let Some((instead, why)) = discounted(signature, result, answers)
        {
            (result, cause) = (instead, Some(why));
        }
        let signed_at = i64::try_from(signature.t).ok().filter(|at| *at > 0);
        Self {
            output,
            mechanism: Mechanism::of_domain(result, cause, &signature.d, author),
            signed_at: signed_at.and_then(|at| DateTime::from_timestamp(at, 0)),
        }
    }

    /// Whether DMARC is to hear of it.
    fn counts(&self) -> bool {
        matches!(self.mechanism.result, AuthResult::Pass | AuthResult::TempError)
            && self.mechanism.alignment.is_aligned()
    }

    /// How much it says of the author; the most first.
    fn rank(&self) -> (bool, u8, bool) {
        let result = match self.mechanism.result {
            AuthResult::Pass => 0,
            AuthResult::Fail => 1,
            AuthResult::TempError => 2,
            _ => 3,
        };
        (!self.mechanism.alignment.is_aligned(), result, self.mechanism.alignment != Alignment::Exact)
    }
}

fn outcome(result: &DkimResult) -> (AuthResult, Option<AuthCause>) {
    match result {
        DkimResult::Pass => (AuthResult::Pass, None),
        DkimResult::None => (AuthResult::None, None),
        DkimResult::TempError(_) => (AuthResult::TempError, Some(AuthCause::DnsFailed)),
        DkimResult::Neutral(error) | DkimResult::Fail(error) | DkimResult::PermError(error) => failing(error),
    }
}

fn failing(error: &Error) -> (AuthResult, Option<AuthCause>) {
    use AuthResult::{Fail, Neutral, PermError, TempError};
    let (result, cause) = match error {
        Error::Dkim(DkimError::FailedBodyHashMatch) | Error::Arc(ArcError::FailedBodyHashMatch) => {
            (Fail, AuthCause::BodyChanged)
        }
        Error::Crypto(CryptoError::IncompatibleAlgorithms) => (PermError, AuthCause::KeyUnfit),
        Error::Crypto(_) => (Fail, AuthCause::SignatureInvalid),
        Error::Dkim(DkimError::SignatureExpired) | Error::Arc(ArcError::SignatureExpired) => {
            (Neutral, AuthCause::SignatureExpired)
        }
        Error::Dkim(DkimError::SignatureLength) | Error::Arc(ArcError::SignatureLength) => {
            (Neutral, AuthCause::PartOfBodySigned)
        }
        Error::Dkim(DkimError::FailedAuidMatch) => (PermError, AuthCause::AgentOutsideDomain),
        Error::Dkim(DkimError::RevokedPublicKey) => (PermError, AuthCause::KeyRevoked),
        Error::Dkim(DkimError::UnsupportedKeyType) | Error::Dns(DnsError::InvalidRecordType) => {
            (PermError, AuthCause::KeyUnfit)
        }
        Error::Dkim(
            DkimError::UnsupportedVersion | DkimError::UnsupportedAlgorithm | DkimError::UnsupportedCanonicalization,
        ) => (Neutral, AuthCause::Unsupported),
        Error::Dns(DnsError::RecordNotFound(_)) => (PermError, AuthCause::KeyMissing),
        Error::Dns(DnsError::Resolver(_)) => (TempError, AuthCause::DnsFailed),
        Error::Arc(_) => (Fail, AuthCause::ChainBroken),
        Error::ParseError
        | Error::MissingParameters
        | Error::NoHeadersFound
        | Error::Base64
        | Error::NotAligned
        | Error::Io(_)
        | Error::Dkim2(_) => (PermError, AuthCause::Malformed),
    };
    (result, Some(cause))
}

/// Why a signature that the library took up is not taken at its word, and what it is instead.
fn discounted(signature: &Signature, result: AuthResult, answers: &Answers) -> Option<(AuthResult, AuthCause)> {
    if !signature.h.iter().any(|name| name.eq_ignore_ascii_case("from")) {
        return Some((AuthResult::PermError, AuthCause::FromNotSigned));
    }
    if signature.a == Algorithm::RsaSha1 {
        return Some((AuthResult::Neutral, AuthCause::WeakAlgorithm));
    }
    let Some(Txt::DomainKey(key)) = answers.get::<str>(&signature.domain_key().to_lowercase()) else { return None };
    if key.has_flag(TESTING) {
        return Some((AuthResult::Neutral, AuthCause::KeyInTesting));
    }
    // The library takes any bytes for a key, and finds out only that no signature fits it.
    let unfit = result == AuthResult::Fail && key.p.public_key_bits() < LEAST_KEY_BITS;
    unfit.then_some((AuthResult::PermError, AuthCause::KeyUnfit))
}

fn most_telling(signatures: &[Signed<'_>], message: &AuthenticatedMessage<'_>) -> (Mechanism, Option<DateTime<Utc>>) {
    match signatures.iter().min_by_key(|signed| signed.rank()) {
        Some(signed) => (signed.mechanism.clone(), signed.signed_at),
        // The library says nothing of a signature that it cannot parse.
        None if message.has_dkim_errors => {
            (Mechanism::of_nobody(AuthResult::PermError, Some(AuthCause::Malformed)), None)
        }
        None => (Mechanism::of_nobody(AuthResult::None, None), None),
    }
}

// ARC

fn arc_mechanism(output: &ArcOutput<'_>, author: Option<&str>) -> Mechanism {
    let (mut result, mut cause) = match output.result() {
        // Here neutral is what the library says of headers that it cannot read, and of a body that was changed.
        DkimResult::Neutral(Error::Arc(ArcError::SignatureExpired | ArcError::SignatureLength)) | DkimResult::Pass => {
            outcome(output.result())
        }
        DkimResult::Neutral(error) => match failing(error) {
            (AuthResult::PermError | AuthResult::Neutral, cause) => (AuthResult::Fail, cause),
            other => other,
        },
        other => outcome(other),
    };
    let weak = |set: &mail_auth::arc::Set<'_>| {
        set.seal.header.a == Algorithm::RsaSha1 || set.signature.header.a == Algorithm::RsaSha1
    };
    if result == AuthResult::Pass && output.sets().iter().any(weak) {
        (result, cause) = (AuthResult::Neutral, Some(AuthCause::WeakAlgorithm));
    }
    match output.sets().last() {
        Some(set) => Mechanism::of_domain(result, cause, &set.seal.header.d, author),
        None => Mechanism::of_nobody(result, cause),
    }
}

// DMARC

/// Asks for the record of the author's domain while the others are asked, so that it is there when it is wanted.
async fn foresee_dmarc(dns: &MessageAuthenticator, question: Question<'_>, answers: &Answers) {
    if let Some(author) = question.author {
        let asked = dns.txt_lookup::<Dmarc>(format!("_dmarc.{author}."), Some(answers));
        // What does not come now is asked again, and said then.
        let _foreseen = timeout_at(question.until, asked).await;
    }
}

async fn check_dmarc(
    dns: &MessageAuthenticator,
    question: Question<'_>,
    answers: &Answers,
    signatures: &[DkimOutput<'_>],
    sender: &SpfOutput,
    waiting: bool,
) -> (Mechanism, Option<DmarcPolicy>) {
    let Some(author) = question.author else {
        return (Mechanism::of_nobody(AuthResult::NotChecked, Some(AuthCause::NoSingleAuthor)), None);
    };
    let said = |result, cause| Mechanism::of_domain(result, cause, author, Some(author));
    let parameters = DmarcParameters::new(question.message, signatures, sender.domain(), sender);
    let asked = dns.verify_dmarc(Parameters::new(parameters).with_txt_cache(answers));
    let Ok(output) = timeout_at(question.end, asked).await else {
        return (said(AuthResult::TempError, Some(AuthCause::DnsDeadline)), None);
    };
    let policy = output.dmarc_record().map(|_| match output.policy() {
        Policy::Reject => DmarcPolicy::Reject,
        Policy::Quarantine => DmarcPolicy::Quarantine,
        Policy::None | Policy::Unspecified => DmarcPolicy::None,
    });
    let (result, cause) = dmarc_outcome(&output, question.envelope.is_some(), waiting);
    (said(result, cause), policy)
}

fn dmarc_outcome(output: &DmarcOutput, delivered: bool, waiting: bool) -> (AuthResult, Option<AuthCause>) {
    match output.result() {
        DmarcResult::Pass => (AuthResult::Pass, None),
        DmarcResult::None => (AuthResult::None, None),
        DmarcResult::TempError(_) if waiting => (AuthResult::TempError, Some(AuthCause::DnsDeadline)),
        DmarcResult::TempError(_) => (AuthResult::TempError, Some(AuthCause::DnsFailed)),
        DmarcResult::PermError(_) => (AuthResult::PermError, Some(AuthCause::Malformed)),
        // SPF might have passed, had it been known who delivered the message.
        DmarcResult::Fail(_) if !delivered => (AuthResult::NotChecked, Some(AuthCause::NoEnvelope)),
        DmarcResult::Fail(_) => (AuthResult::Fail, Some(AuthCause::NotAligned)),
    }
}
