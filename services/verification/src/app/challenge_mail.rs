//! Mailing challenges: a worker takes up what is on the list, derives the code, and hands the mail to the transport. A mail
//! that is not known to be gone is sent again, with the same code, until the code expires.

use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use lettre::{
    AsyncFileTransport, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
};
use rogatory_chassis::{Clock, Failure};
use tokio_util::sync::CancellationToken;

use super::{CodeKey, Verifying};
use crate::{
    domain::{challenge::ChallengeState, verification::State},
    store::{self, mails::Mail},
};

/// How often the list is looked at when nobody tells of work.
const POLL: Duration = Duration::from_secs(1);
/// After how long a mail is sent again that is not known to be gone; longer than a transport may take.
const AGAIN: i64 = 60;
/// Mails that are taken up at once.
const AT_ONCE: u64 = 20;

/// By what mails go out.
#[derive(Clone)]
pub enum Transport {
    /// Into a directory, one `.eml` file each: for development.
    File(AsyncFileTransport<Tokio1Executor>),
    /// To a mail server.
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
}

impl Transport {
    /// Into a directory.
    #[must_use]
    pub fn into_directory(directory: PathBuf) -> Self {
        Self::File(AsyncFileTransport::new(directory))
    }

    async fn send(&self, mail: Message) -> Result<(), String> {
        match self {
            Self::File(transport) => transport.send(mail).await.map(|_| ()).map_err(|error| error.to_string()),
            Self::Smtp(transport) => transport.send(mail).await.map(|_| ()).map_err(|error| {
                // The text of a mail server may name the mailbox.
                if error.is_permanent() { "refused by the mail server" } else { "the mail server cannot be reached" }
                    .to_owned()
            }),
        }
    }
}

/// Mails challenges.
#[derive(Clone)]
pub struct Mailer {
    app: Verifying,
    codes: CodeKey,
    transport: Transport,
    sender: Mailbox,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailer").finish_non_exhaustive()
    }
}

impl Mailer {
    /// With a transport, and the address that mails are from.
    #[must_use]
    pub fn new(app: Verifying, codes: CodeKey, transport: Transport, sender: Mailbox, clock: Arc<dyn Clock>) -> Self {
        Self { app, codes, transport, sender, clock }
    }

    /// Works until `stop`.
    pub async fn run(&self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let told = self.app.work.notified();
            if let Err(failure) = self.send_due().await {
                tracing::warn!(cause = failure.for_operator(), "challenges could not be mailed");
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = told => {}
                () = tokio::time::sleep(POLL) => {}
            }
        }
    }

    async fn send_due(&self) -> Result<(), Failure> {
        let due = store::mails::due(self.app.store.read(), self.clock.now(), AT_ONCE).await?;
        for mail in due {
            let again = self.clock.now() + TimeDelta::seconds(AGAIN);
            let taken = self.app.store.transaction("a mail", async |tx| store::mails::take(tx, &mail, again).await);
            if taken.await? {
                self.send(&mail).await?;
            }
        }
        Ok(())
    }

    async fn send(&self, mail: &Mail) -> Result<(), Failure> {
        let found = store::verifications::get(self.app.store.read(), mail.verification).await?;
        let place = usize::try_from(mail.place).unwrap_or(usize::MAX);
        let challenge = found.as_ref().filter(|found| found.value.state == State::Open);
        let challenge = challenge.and_then(|found| found.value.challenges.get(place));
        let waiting = challenge
            .filter(|challenge| challenge.state == ChallengeState::Waiting && self.clock.now() < challenge.expire_time);
        if let Some(waiting) = waiting {
            let code = self.codes.code(mail.verification, place, waiting.send_time);
            let sent = match self.written(&waiting.mailbox, &code, waiting.expire_time) {
                Ok(written) => self.transport.send(written).await,
                Err(error) => Err(error.to_string()),
            };
            if let Err(error) = sent {
                tracing::warn!(verification = %mail.verification, attempt = mail.attempts + 1, error, "a challenge was not mailed");
                return Ok(());
            }
        }
        self.app.store.transaction("a mail", async |tx| store::mails::remove(tx, mail).await).await?;
        Ok(())
    }

    /// The mail. It says nothing of the request: whoever reads the mailbox need not be the officer.
    fn written(&self, mailbox: &str, code: &str, expires: DateTime<Utc>) -> Result<Message, lettre::error::Error> {
        let text = format!(
            "An officer of your agency sent us a request for user information. To confirm that it comes from your agency, please \
             give this code to our colleague who asks for it by telephone or by reply to this mailbox:\r\n\r\n{code}\r\n\r\n\
             It can be used once, until {}. If your agency sent no request, tell us: somebody uses its name.\r\n",
            expires.format("%Y-%m-%d %H:%M UTC"),
        );
        let to = mailbox.parse().map_err(|_| lettre::error::Error::MissingTo)?;
        Message::builder()
            .from(self.sender.clone())
            .to(Mailbox::new(None, to))
            .subject("A code to confirm a request for user information")
            .header(ContentType::TEXT_PLAIN)
            .body(text)
    }
}
