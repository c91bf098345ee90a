//! What came with a request, examined once: its message and its signed copies. All of it is work of the processor or of the
//! network, done before any transaction and beside that of other requests.

use std::{fmt, sync::Arc};

use chrono::{DateTime, Utc};
use rogatory_chassis::Failure;
use rogatory_rulebook::Digest;
use tokio::{sync::Semaphore, task::spawn_blocking};

use super::message_check::{Envelope, MessageChecker};
use crate::{
    domain::{
        domain_match::domain_of,
        evidence::{CopyFinding, MessageFinding, Observation},
        facts::Facts,
        message_verdict::MessageVerdict,
        signature::{CopyVerdict, Examined, Integrity, Limits, Trust, TrustAnchors, examine, text_fingerprint},
    },
    store::past::Seen,
};

/// Papers that are examined at once. Each may take some hundred MiB when it is hostile, and a thread.
const AT_ONCE: usize = 4;

/// A message as it was received. Sensitive.
#[derive(Clone)]
pub struct Message {
    /// The raw message.
    pub raw: Vec<u8>,
    /// Who handed it over, where that is known.
    pub envelope: Option<Envelope>,
}

/// A signed copy as it was received. Sensitive.
#[derive(Clone)]
pub struct Copy {
    /// Its digest.
    pub digest: Digest,
    /// The file, where it was handed over.
    pub content: Option<Vec<u8>>,
    /// A detached signature of the file.
    pub detached: Option<Vec<u8>>,
}

/// What examines mail and papers. Cheap to clone.
#[derive(Clone)]
pub struct Examiner {
    messages: MessageChecker,
    anchors: Arc<TrustAnchors>,
    room: Arc<Semaphore>,
}

impl fmt::Debug for Examiner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Examiner").finish_non_exhaustive()
    }
}

/// What a message amounts to.
#[derive(Debug, Clone)]
pub(super) struct MessageExamined {
    pub(super) finding: MessageFinding,
    pub(super) note: Option<String>,
    /// Its attachments.
    pub(super) seen: Vec<Seen>,
}

/// What a copy amounts to.
#[derive(Debug, Clone)]
pub(super) struct CopyExamined {
    pub(super) finding: CopyFinding,
    pub(super) note: Option<String>,
    pub(super) seen: Seen,
    /// The certificates of which nobody but the registry may know, each with a signature that holds for the whole copy.
    pub(super) untrusted_signers: Vec<Digest>,
}

impl CopyExamined {
    /// What was observed of it.
    pub(super) fn noted(&self) -> Option<(Observation, String)> {
        Some((self.finding.observation(), self.note.clone()?))
    }
}

impl Examiner {
    /// With a checker of messages and the certificates that are trusted.
    #[must_use]
    pub fn new(messages: MessageChecker, anchors: TrustAnchors) -> Self {
        Self { messages, anchors: Arc::new(anchors), room: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Examines the message.
    ///
    /// # Errors
    /// [`Failure::Invalid`] for a message that is not read to its end.
    pub(super) async fn message(&self, facts: &Facts, message: Option<Message>) -> Result<MessageExamined, Failure> {
        let Some(Message { raw, envelope }) = message else {
            return Ok(MessageExamined { finding: MessageFinding::NotGiven, note: None, seen: Vec::new() });
        };
        let checked = self.messages.check(raw, envelope).await;
        let checked = checked.map_err(|refused| {
            Failure::field("message.raw", format!("is not a message that is examined: {} ({refused})", refused.code()))
        })?;
        let stated = facts.officer.email.as_deref().and_then(domain_of);
        let assessment = checked.facts.assess(stated.as_deref());
        let finding = match assessment.verdict {
            MessageVerdict::Authentic => MessageFinding::Authentic,
            MessageVerdict::Contradicted => MessageFinding::Contradicted,
            MessageVerdict::Unproven => MessageFinding::Unproven,
        };
        let seen = &checked.facts.authenticity;
        let grounds: Vec<_> = assessment.grounds.iter().map(|ground| ground.code()).collect();
        let note = format!(
            "SPF {}, DKIM {}, DMARC {}, ARC {}: {}",
            seen.spf.result.code(),
            seen.dkim.result.code(),
            seen.dmarc.result.code(),
            seen.arc.result.code(),
            grounds.join(", "),
        );
        let attachments = checked.attached.into_iter().map(|attached| {
            let digest = attached.facts.digest;
            self.within(move || Seen { digest, text: text_of(&attached.bytes) })
        });
        let seen = futures::future::try_join_all(attachments).await?;
        Ok(MessageExamined { finding, note: Some(note), seen })
    }

    /// Examines the signed copies, each by itself.
    ///
    /// # Errors
    /// None that a caller causes.
    pub(super) async fn copies(&self, copies: Vec<Copy>, at: DateTime<Utc>) -> Result<Vec<CopyExamined>, Failure> {
        let examined = copies.into_iter().map(|copy| {
            let anchors = Arc::clone(&self.anchors);
            self.within(move || examined(&copy, &anchors, at))
        });
        futures::future::try_join_all(examined).await
    }

    /// Does work of the processor beside the calls. A panic of a parser, of which none is known, costs this call and no more.
    async fn within<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
        let room = Arc::clone(&self.room).acquire_owned().await.map_err(Failure::internal)?;
        let done = spawn_blocking(move || {
            let done = work();
            drop(room);
            done
        });
        done.await.map_err(Failure::internal)
    }
}

fn text_of(bytes: &[u8]) -> Option<Digest> {
    text_fingerprint(bytes, &Limits::default()).ok().flatten().map(|print| print.exact)
}

fn examined(copy: &Copy, anchors: &TrustAnchors, at: DateTime<Utc>) -> CopyExamined {
    let Some(content) = &copy.content else {
        let seen = Seen { digest: copy.digest, text: None };
        return CopyExamined { finding: CopyFinding::NotExamined, note: None, seen, untrusted_signers: Vec::new() };
    };
    let found = examine(content, copy.detached.as_deref(), anchors, &Limits::default(), at);
    let finding = match found.verdict {
        CopyVerdict::SignedTrusted => CopyFinding::SignedTrusted,
        CopyVerdict::SignedUntrusted => CopyFinding::SignedUntrusted,
        CopyVerdict::SignatureBroken => CopyFinding::SignatureBroken,
        CopyVerdict::UnsignedScan => CopyFinding::UnsignedScan,
        CopyVerdict::Unreadable(_) => CopyFinding::Unreadable,
    };
    let told: Vec<String> = match found.verdict {
        CopyVerdict::Unreadable(why) => vec![why.sentence().to_owned()],
        _ => found.signatures.iter().map(ToString::to_string).collect(),
    };
    CopyExamined {
        finding,
        note: (!told.is_empty()).then(|| told.join("; ")),
        seen: Seen { digest: copy.digest, text: text_of(content) },
        untrusted_signers: untrusted_signers(&found),
    }
}

fn untrusted_signers(found: &Examined) -> Vec<Digest> {
    let holds = found.signatures.iter().filter(|one| {
        one.covers_whole_document() && one.integrity == Integrity::Intact && one.trust == Some(Trust::UntrustedIssuer)
    });
    holds.filter_map(|one| one.signer.as_ref()).map(|signer| signer.fingerprint).collect()
}
