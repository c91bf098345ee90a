//! How much of a message is read, and whom to ask.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// Bytes of a permit for memory.
const KIB: usize = 1024;

/// How much of a message is read, and whom to ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MessageSettings {
    /// Bytes of the largest message that is read.
    pub max_bytes: usize,
    /// Bytes of all messages together that are worked on at once. One that is checked takes about four times its size.
    pub max_bytes_at_once: usize,
    /// Header fields of a message, and of each of its parts.
    pub max_headers: usize,
    /// Bytes of the header of a message, and of each of its parts.
    pub max_header_bytes: usize,
    /// MIME entities of a message, itself among them.
    pub max_parts: usize,
    /// How deep its entities may lie in one another; 1 is a message without parts.
    pub max_depth: usize,
    /// Milliseconds for all questions to the Domain Name System about one message together.
    pub dns_deadline_ms: u64,
    /// The name servers to ask, with their ports; none: those of the system.
    pub name_servers: Vec<SocketAddr>,
}

impl Default for MessageSettings {
    fn default() -> Self {
        Self {
            max_bytes: 25 * 1024 * KIB,
            max_bytes_at_once: 256 * 1024 * KIB,
            max_headers: 1_000,
            max_header_bytes: 512 * KIB,
            max_parts: 500,
            max_depth: 10,
            dns_deadline_ms: 2_000,
            name_servers: Vec::new(),
        }
    }
}

impl MessageSettings {
    /// Adds each fault of the settings, with the path of the setting behind `at`.
    pub fn check(&self, at: &str, faults: &mut Vec<String>) {
        // The library counts the bytes of a message in 32 bits, and the parts lie on the stack of a thread.
        for (name, value, least, most) in [
            ("max_bytes", self.max_bytes, KIB, 256 * 1024 * KIB),
            ("max_bytes_at_once", self.max_bytes_at_once, self.max_bytes, usize::from(u16::MAX) * 1024 * KIB),
            ("max_headers", self.max_headers, 10, 10_000),
            ("max_header_bytes", self.max_header_bytes, KIB, 4 * 1024 * KIB),
            ("max_parts", self.max_parts, 1, 10_000),
            ("max_depth", self.max_depth, 1, 100),
        ] {
            if !(least..=most).contains(&value) {
                faults.push(format!("{at}.{name}: must be from {least} to {most}"));
            }
        }
        if !(1..=60_000).contains(&self.dns_deadline_ms) {
            faults.push(format!("{at}.dns_deadline_ms: must be from 1 to 60000"));
        }
    }

    /// Permits for all messages together.
    pub(super) fn room(&self) -> usize {
        self.max_bytes_at_once.div_ceil(KIB).clamp(1, Self::MOST_PERMITS)
    }

    /// Permits for a message of so many bytes, never more than there are.
    pub(super) fn permits(&self, bytes: usize) -> u32 {
        u32::try_from(bytes.div_ceil(KIB).min(self.room())).unwrap_or(u32::MAX)
    }

    /// 64 GiB.
    const MOST_PERMITS: usize = 1 << 26;
}
