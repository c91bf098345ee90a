//! Where a reader of the feed stands.

use crate::{Engine, TokenMismatch, opaque};

/// The first byte of a cursor, which changes when its form does.
const VERSION: u8 = 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) xid: i64,
    pub(super) seq: i64,
}

impl Cursor {
    /// Before every event.
    const START: Self = Self { xid: -1, seq: -1 };

    pub(super) fn encode(self, engine: Engine, identity: [u8; 8]) -> String {
        let mut bytes = prefix(engine, identity).to_vec();
        bytes.extend(self.xid.to_be_bytes());
        bytes.extend(self.seq.to_be_bytes());
        opaque::seal(&bytes)
    }

    pub(super) fn decode(cursor: &str, engine: Engine, identity: [u8; 8]) -> Result<Self, TokenMismatch> {
        if cursor.is_empty() {
            return Ok(Self::START);
        }
        let bytes = opaque::open(cursor)?;
        let position = bytes.strip_prefix(&prefix(engine, identity)).ok_or(TokenMismatch)?;
        let (xid, seq) = position.split_first_chunk::<8>().ok_or(TokenMismatch)?;
        let seq: [u8; 8] = seq.try_into().map_err(|_| TokenMismatch)?;
        Ok(Self { xid: i64::from_be_bytes(*xid), seq: i64::from_be_bytes(seq) })
    }
}

/// Version, engine and database: positions mean nothing in another one.
fn prefix(engine: Engine, identity: [u8; 8]) -> [u8; 10] {
    let engine = match engine {
        Engine::Sqlite => b's',
        Engine::Postgres => b'p',
    };
    let mut prefix = [0; 10];
    prefix[0] = VERSION;
    prefix[1] = engine;
    prefix[2..].copy_from_slice(&identity);
    prefix
}
