//! The record that files left.

use chrono::{DateTime, Utc};
use rogatory_names::{GrantId, ProductionId, RequestId};
use rogatory_rulebook::{Country, Digest};
use serde::{Deserialize, Serialize};

use super::{
    grant::{Grant, Permission},
    token::Token,
};

/// A file that left.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProducedFile {
    /// Name without a path.
    pub file_name: String,
    /// Size in bytes.
    pub size_bytes: i64,
    /// Digest of its bytes.
    pub digest: Digest,
    /// Number of records in it.
    pub record_count: i64,
    /// Key of the target in the request.
    pub target_id: String,
    /// Key of the element.
    pub element: String,
    /// Time of its earliest record.
    pub first_record_time: Option<DateTime<Utc>>,
    /// Time of its latest record.
    pub last_record_time: Option<DateTime<Utc>>,
    /// Where its records were stored.
    pub storage: Country,
}

// A file's name may name a person; it stays out of whatever is printed.
impl std::fmt::Debug for ProducedFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProducedFile").field("digest", &self.digest).finish_non_exhaustive()
    }
}

/// The record that files left under a grant, or that there was nothing to produce.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Production {
    /// Its id.
    pub id: ProductionId,
    /// The grant.
    pub grant: GrantId,
    /// The request.
    pub request: RequestId,
    /// The files; empty when there was nothing to produce.
    pub files: Vec<ProducedFile>,
    /// Names the manifest beyond doubt.
    pub manifest_digest: Digest,
    /// Who recorded it.
    pub recorder: String,
    /// When it was recorded.
    pub create_time: DateTime<Utc>,
    /// Signed by the service over what names it; empty until it is signed.
    pub signature: Token,
}

impl Production {
    /// Whether the search found nothing to produce.
    #[must_use]
    pub fn no_data(&self) -> bool {
        self.files.is_empty()
    }
}

/// Why a file is not covered: the field that is wrong, none where it is the file as a whole, and what is wrong with it.
pub type Uncovered = (Option<&'static str>, &'static str);

/// Why a grant does not cover a file; nothing when it does. One permission must cover all of a file. Of several for the
/// element and target the one that comes nearest gives the reasons.
#[must_use]
pub fn uncovered(grant: &Grant, file: &ProducedFile) -> Vec<Uncovered> {
    let nearest = grant
        .permissions_for(&file.target_id, &file.element)
        .map(|permission| misses(permission, file))
        .min_by_key(Vec::len);
    nearest.unwrap_or_else(|| vec![(None, "the grant has no permission for this element of this target")])
}

fn misses(permission: &Permission, file: &ProducedFile) -> Vec<Uncovered> {
    let mut misses = Vec::new();
    if let Some(window) = permission.window {
        let ends = [("first_record_time", file.first_record_time), ("last_record_time", file.last_record_time)];
        for (field, time) in ends {
            match time {
                // A file without records has no first and no last.
                None if file.record_count == 0 => {}
                None => misses.push((Some(field), "is required: the permission has a window")),
                Some(time) if !window.contains(time) => {
                    misses.push((Some(field), "lies outside the window of the permission"));
                }
                Some(_) => {}
            }
        }
    }
    if !permission.storage.contains(&file.storage) {
        misses.push((Some("storage_country"), "is not one that the decision covered"));
    }
    misses
}

/// SHA-256 over the lines `digest size element target file_name`, sorted, each ended by a line feed. The name stands last
/// and the names of files have no control characters, so a line can be read in one way only as long as targets have no
/// spaces; where they do the digest is still that of one text.
#[must_use]
pub fn manifest_digest(files: &[ProducedFile]) -> Digest {
    let mut lines: Vec<String> = files
        .iter()
        .map(|file| {
            let ProducedFile { file_name, size_bytes, digest, element, target_id, .. } = file;
            format!("{digest} {size_bytes} {element} {target_id} {file_name}\n")
        })
        .collect();
    lines.sort_unstable();
    Digest::of(lines.concat())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::*;

    fn file(name: &str, size: i64) -> ProducedFile {
        ProducedFile {
            file_name: name.to_owned(),
            size_bytes: size,
            digest: Digest::of(name),
            record_count: 1,
            target_id: "target-1".to_owned(),
            element: "orders".to_owned(),
            first_record_time: None,
            last_record_time: None,
            storage: "SG".parse().unwrap(),
        }
    }

    #[test]
    fn the_manifest_does_not_depend_on_the_order_of_files() {
        let (a, b) = (file("a.csv", 10), file("b.csv", 20));
        let digest = manifest_digest(&[a.clone(), b.clone()]);
        assert_eq!(digest, manifest_digest(&[b.clone(), a.clone()]));
        assert_ne!(digest, manifest_digest(std::slice::from_ref(&a)));
        let line =
            |one: &ProducedFile| format!("{} {} orders target-1 {}\n", one.digest, one.size_bytes, one.file_name);
        let mut lines = [line(&a), line(&b)];
        lines.sort();
        assert_eq!(digest, Digest::of(lines.concat()));
        assert_eq!(manifest_digest(&[]), Digest::of(""));
    }
}
