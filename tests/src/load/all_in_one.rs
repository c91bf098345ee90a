//! Start-up time and resting memory of `rogatory up`.

use std::{
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rogatory_testkit::TestKeys;

use super::{process::resident_bytes, table::mebibytes};
use crate::suite;

/// A child process that ends with the harness.
struct Up(Child);

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts it twice: the first start makes keys and databases, the second finds them.
///
/// # Panics
/// When it does not start.
pub fn measure() {
    let folder = TestKeys::new();
    let data = folder.folder().join("data");
    let base = free_base();
    for what in ["first", "second"] {
        let mut command = Command::new(suite::binary("rogatory"));
        command.args(["up", "--port-base", &base.to_string(), "--data"]).arg(&data);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let begun = Instant::now();
        let up = Up(command.spawn().expect("the program starts"));
        while (0..5).any(|offset| TcpStream::connect(("127.0.0.1", base + offset)).is_err()) {
            assert!(begun.elapsed() < Duration::from_secs(60), "the all-in-one does not start");
            std::thread::sleep(Duration::from_millis(5));
        }
        let started = begun.elapsed();
        std::thread::sleep(Duration::from_secs(5));
        println!(
            "\nrogatory up, {what} start: all five ports after {} ms, {} resident after 5 s at rest",
            started.as_millis(),
            mebibytes(resident_bytes(up.0.id()))
        );
    }
}

/// The first of ports that are free now, below the range of outgoing connections; the admin ports are 1,000 above.
fn free_base() -> u16 {
    let free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    let all_free = |base: &u16| (*base..*base + 5).chain(*base + 1_000..*base + 1_005).all(free);
    (10_000..30_000).step_by(20).find(all_free).expect("free ports")
}
