//! Reads the message with which a request came, and asks the Domain Name System who stands behind it.
//!
//! The message is hostile until shown otherwise. Everything that it can make large is counted before it is worked on,
//! the work for each thing counted is bounded, nothing is decompressed, and all questions to the Domain Name System
//! together have one deadline: so every message ends in facts or in a refusal with a name, within a time that the
//! limits determine. The work happens on a thread of its own, so that no other call waits for it.

mod authenticity;
mod dns;
mod header;
mod parts;
mod settings;

use std::{fmt, net::IpAddr, ops::Range, sync::Arc};

use mail_auth::{AuthenticatedMessage, MessageAuthenticator};
use rogatory_rulebook::Digest;
use tokio::{runtime::Handle, sync::Semaphore, task::spawn_blocking, time::Duration};

pub use dns::NoResolver;
pub use settings::MessageSettings;

use self::{
    authenticity::{Question, authenticate},
    header::Header,
    parts::Parts,
};
use crate::domain::{
    domain_match::registrable,
    message::{Attachment, MessageFacts, MessageRefusal, ascii_domain},
};

/// Who delivered a message, as the SMTP server that took it saw it. The addresses are sensitive.
#[derive(Clone, PartialEq, Eq)]
pub struct Envelope {
    client: IpAddr,
    helo: String,
    mail_from: String,
}

impl Envelope {
    /// `helo` is the name that the client gave, `mail_from` the reverse path without its angle brackets: empty for the
    /// null path of a notification.
    ///
    /// # Errors
    /// When a text is longer than RFC 5321 §4.5.3.1 allows, or holds a space or a control character.
    pub fn new(client: IpAddr, helo: &str, mail_from: &str) -> Result<Self, MessageRefusal> {
        let fits = |text: &str, longest: usize| {
            text.len() <= longest && !text.chars().any(|letter| letter.is_control() || letter.is_whitespace())
        };
        // 64 octets before the @, 255 behind it.
        if !fits(helo, 255) || !fits(mail_from, 320) || (!mail_from.is_empty() && !mail_from.contains('@')) {
            return Err(MessageRefusal::EnvelopeMalformed);
        }
        Ok(Self { client, helo: helo.to_owned(), mail_from: mail_from.to_owned() })
    }

    /// The domain of MAIL FROM, in ASCII.
    fn domain(&self) -> Option<String> {
        self.mail_from.rsplit_once('@').and_then(|(_, domain)| ascii_domain(domain))
    }
}

impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope").finish_non_exhaustive()
    }
}

/// An attachment with its content. The content is sensitive.
#[derive(Clone, PartialEq, Eq)]
pub struct Attached {
    /// What is known of it.
    pub facts: Attachment,
    /// Its decoded content.
    pub bytes: Vec<u8>,
    /// Of the signature of a `multipart/signed` (RFC 1847): where in the message the entity stands that it signs, with
    /// its header, byte for byte.
    pub signs: Option<Range<usize>>,
}

impl fmt::Debug for Attached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attached").field("facts", &self.facts).field("signs", &self.signs).finish_non_exhaustive()
    }
}

/// A message that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedMessage {
    /// What was found out.
    pub facts: MessageFacts,
    /// The attachments, in their order: those of `facts.attachments`.
    pub attached: Vec<Attached>,
}

/// Checks messages. Cheap to clone; the clones share the resolver, its cache, and the room for messages.
#[derive(Clone)]
pub struct MessageChecker {
    dns: MessageAuthenticator,
    settings: Arc<MessageSettings>,
    /// A permit for each KiB of message that is worked on.
    room: Arc<Semaphore>,
}

impl fmt::Debug for MessageChecker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageChecker").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl MessageChecker {
    /// With these settings. Within a tokio runtime.
    ///
    /// # Errors
    /// When the system's resolver is wanted and not configured.
    pub fn new(settings: MessageSettings) -> Result<Self, NoResolver> {
        let dns = dns::resolver(&settings)?;
        let room = Arc::new(Semaphore::new(settings.room()));
        Ok(Self { dns, settings: Arc::new(settings), room })
    }

    /// Reads a message, as it came, and checks it. Without an envelope SPF is not checked, and DMARC can pass but not
    /// fail.
    ///
    /// Large messages wait for one another when together they would take more memory than the settings allow.
    ///
    /// # Errors
    /// A refusal that names what is wrong with the message, before anything of it is believed.
    pub async fn check(
        &self,
        raw: impl AsRef<[u8]> + Send + 'static,
        envelope: Option<Envelope>,
    ) -> Result<CheckedMessage, MessageRefusal> {
        let size = raw.as_ref().len();
        if size == 0 {
            return Err(MessageRefusal::Empty);
        }
        if size > self.settings.max_bytes {
            return Err(MessageRefusal::TooLarge);
        }
        let permits = self.settings.permits(size);
        let room = Arc::clone(&self.room).acquire_many_owned(permits).await;
        let room = room.map_err(|_| MessageRefusal::Unreadable)?;
        let (this, runtime) = (self.clone(), Handle::current());
        // The parsers do not panic that we know of; should one, it costs this message and no more.
        let read = spawn_blocking(move || {
            let read = runtime.block_on(this.read(raw.as_ref(), envelope.as_ref()));
            drop(room);
            read
        });
        read.await.unwrap_or(Err(MessageRefusal::Unreadable))
    }

    async fn read(&self, raw: &[u8], envelope: Option<&Envelope>) -> Result<CheckedMessage, MessageRefusal> {
        let header = Header::of_message(raw, &self.settings)?;
        let author = header.author();
        let parts = Parts::of_message(raw, &header, &self.settings)?;
        // Strict: a signature of a part of the body (`l=`) does not count.
        let mut message =
            AuthenticatedMessage::parse_with_opts(raw, None, true).ok_or(MessageRefusal::HeaderMalformed)?;
        // DMARC looks at the author that is told here, however the library would have read the address.
        message.from = author.domain.iter().map(|domain| format!("author@{domain}")).collect();
        let patience = Duration::from_millis(self.settings.dns_deadline_ms);
        let question = Question::new(&message, author.domain.as_deref(), envelope, patience);
        let (authenticity, signed_at) = authenticate(&self.dns, question).await;
        let facts = MessageFacts {
            digest: Digest::of(raw),
            size: raw.len() as u64,
            from_headers: author.headers,
            from_domains: author.domains,
            from_organisation: author.domain.as_deref().and_then(registrable).map(str::to_owned),
            from_domain: author.domain,
            name_shows_other_domain: author.name_shows_other_domain,
            envelope_domain: envelope.and_then(Envelope::domain),
            parts: parts.count,
            depth: parts.depth,
            signed_at,
            authenticity,
            attachments: parts.attached.iter().map(|attached| attached.facts.clone()).collect(),
        };
        Ok(CheckedMessage { facts, attached: parts.attached })
    }
}
