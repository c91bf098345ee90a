//! Everything that the process logs, at any level.

use std::{
    io::Write,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

static LOGS: LazyLock<Arc<Mutex<Vec<u8>>>> = LazyLock::new(Arc::default);

#[derive(Clone)]
struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOGS.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Listens from now on.
pub(crate) fn listen() {
    // What the transport logs at its finest is bytes on the wire; nobody runs with it and it is not ours.
    let filter = "trace,h2=off,hyper=off,hyper_util=off,rustls=off,tower=off,tonic=off,sqlx=debug,hickory_proto=off,\
                  hickory_resolver=off";
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(|| Log).finish();
    // Another test may listen already.
    let _ = tracing_subscriber::util::SubscriberInitExt::try_init(subscriber);
}

/// What was logged so far.
pub(crate) fn so_far() -> String {
    String::from_utf8_lossy(&LOGS.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
}
