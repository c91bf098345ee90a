//! Where the codes arrive that are sent to the mailboxes of agencies: files, as the verification service writes them in
//! development.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    time::Duration,
};

/// How often the folder is looked into, and how long between.
const LOOKS: u32 = 500;
const PAUSE: Duration = Duration::from_millis(20);

/// The letters and digits of a code, of which none is missing once the mail is written.
const SHORTEST: usize = 8;

/// The folder into which the service writes its mail.
#[derive(Debug, Clone)]
pub struct Postbox(PathBuf);

/// No code has come.
#[derive(Debug)]
pub struct NoCode(String);

impl fmt::Display for NoCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NoCode {}

impl Postbox {
    /// The folder that is the `directory` of the service's challenges.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }

    /// The code in the newest mail to `mailbox`, once there is one.
    ///
    /// # Errors
    /// [`NoCode`] when none has come within ten seconds, or the folder cannot be read.
    pub async fn code_for(&self, mailbox: &str) -> Result<String, NoCode> {
        for _ in 0..LOOKS {
            let newest = self.newest_to(mailbox).map_err(|error| NoCode(format!("{}: {error}", self.0.display())))?;
            if let Some(code) = newest.as_deref().and_then(code_in) {
                return Ok(code.to_owned());
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(NoCode(format!("no mail with a code came to the agency's mailbox in {}", self.0.display())))
    }

    /// The text of the newest mail to a mailbox.
    fn newest_to(&self, mailbox: &str) -> io::Result<Option<String>> {
        let entries = match std::fs::read_dir(&self.0) {
            // The service makes it with its first mail.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            entries => entries?,
        };
        let mut newest = None;
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_none_or(|ending| ending != "eml") {
                continue;
            }
            let (Some(time), Some(text)) = (written(&path)?, read(&path)?) else { continue };
            if is_to(&text, mailbox) && newest.as_ref().is_none_or(|(other, _)| time > *other) {
                newest = Some((time, text));
            }
        }
        Ok(newest.map(|(_, text)| text))
    }
}

/// What may be gone since the folder was listed.
fn there<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        found => found.map(Some),
    }
}

fn written(path: &Path) -> io::Result<Option<std::time::SystemTime>> {
    there(std::fs::metadata(path).and_then(|about| about.modified()))
}

fn read(path: &Path) -> io::Result<Option<String>> {
    there(std::fs::read_to_string(path))
}

fn is_to(mail: &str, mailbox: &str) -> bool {
    let header = mail.lines().take_while(|line| !line.trim().is_empty());
    let mut to = header.filter_map(|line| line.split_once(':')).filter(|(name, _)| name.eq_ignore_ascii_case("to"));
    to.any(|(_, value)| value.trim().trim_start_matches('<').trim_end_matches('>').eq_ignore_ascii_case(mailbox))
}

/// The code of a mail: the line of its body that holds letters and digits and nothing else.
fn code_in(mail: &str) -> Option<&str> {
    let body = mail.lines().skip_while(|line| !line.trim().is_empty()).map(str::trim);
    let plain = |line: &&str| line.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    body.filter(plain).find(|line| line.chars().filter(|letter| letter.is_ascii_alphanumeric()).count() >= SHORTEST)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::*;

    const MAIL: &str = "From: desk@platform.example\r\nTo: <duty@police.example>\r\nSubject: A code\r\n\r\n\
        Please give this code back to the person who asks for it:\r\n\r\n7KQ2-MX4P\r\n\r\nIt is good for an hour.\r\n";

    #[test]
    fn the_code_stands_in_a_line_of_its_own() {
        assert_eq!(code_in(MAIL), Some("7KQ2-MX4P"));
        assert_eq!(code_in(&MAIL.replace("7KQ2-MX4P", "It is 7KQ2-MX4P.")), None);
    }

    #[tokio::test]
    async fn a_mail_to_somebody_else_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("1.eml"), MAIL).unwrap();
        let other = MAIL.replace("duty@police", "clerk@court").replace("7KQ2", "9999");
        std::fs::write(folder.path().join("2.eml"), other).unwrap();
        let postbox = Postbox::new(folder.path());
        assert_eq!(postbox.code_for("Duty@police.example").await.unwrap(), "7KQ2-MX4P");
    }
}
