//! A name server on the loopback with the records of the test.

use std::{
    collections::{HashMap, HashSet},
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use mail_auth::hickory_resolver::proto::{
    op::{Message, OpCode, ResponseCode},
    rr::{
        Name, RData, Record, RecordType,
        rdata::{A, MX, TXT},
    },
};
use tokio::{net::UdpSocket, task::JoinHandle};

/// What the name server knows. Names without their final dot.
#[derive(Debug, Default, Clone)]
pub(crate) struct Zone {
    records: HashMap<String, Vec<RData>>,
    /// Names that it answers with SERVFAIL.
    broken: HashSet<String>,
    /// Names that it never answers.
    silent: HashSet<String>,
}

fn name(text: &str) -> Name {
    Name::from_utf8(format!("{text}.")).unwrap()
}

impl Zone {
    pub(crate) fn txt(mut self, at: &str, text: &str) -> Self {
        let pieces: Vec<&[u8]> = text.as_bytes().chunks(255).collect();
        self.records.entry(at.to_owned()).or_default().push(RData::TXT(TXT::from_bytes(pieces)));
        self
    }

    pub(crate) fn a(mut self, at: &str, address: Ipv4Addr) -> Self {
        self.records.entry(at.to_owned()).or_default().push(RData::A(A(address)));
        self
    }

    pub(crate) fn mx(mut self, at: &str, exchange: &str) -> Self {
        self.records.entry(at.to_owned()).or_default().push(RData::MX(MX::new(10, name(exchange))));
        self
    }

    pub(crate) fn broken(mut self, at: &str) -> Self {
        self.broken.insert(at.to_owned());
        self
    }

    pub(crate) fn silent(mut self, at: &str) -> Self {
        self.silent.insert(at.to_owned());
        self
    }

    /// The answer to a question; none when it stays silent.
    fn answer(&self, question: &Message) -> Option<Message> {
        let query = question.queries.first()?;
        let asked = query.name().to_lowercase().to_ascii().trim_end_matches('.').to_owned();
        if self.silent.contains(&asked) {
            return None;
        }
        let mut answer = Message::response(question.metadata.id, OpCode::Query);
        answer.metadata.recursion_available = true;
        answer.add_query(query.clone());
        if self.broken.contains(&asked) {
            answer.metadata.response_code = ResponseCode::ServFail;
            return Some(answer);
        }
        let below = format!(".{asked}");
        let exists = self.records.keys().any(|known| *known == asked || known.ends_with(&below));
        let kind = |data: &&RData| query.query_type() == RecordType::ANY || data.record_type() == query.query_type();
        for data in self.records.get(&asked).into_iter().flatten().filter(kind) {
            answer.add_answer(Record::from_rdata(query.name().clone(), 60, data.clone()));
        }
        answer.metadata.response_code = if exists { ResponseCode::NoError } else { ResponseCode::NXDomain };
        Some(answer)
    }
}

/// A running name server. It ends when it is dropped.
#[derive(Debug)]
pub(crate) struct NameServer {
    pub(crate) address: SocketAddr,
    asked: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl NameServer {
    pub(crate) async fn start(zone: Zone) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let (address, asked) = (socket.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&asked);
        let task = tokio::spawn(async move {
            let mut buffer = [0; 4096];
            while let Ok((length, client)) = socket.recv_from(&mut buffer).await {
                count.fetch_add(1, Ordering::Relaxed);
                let Ok(question) = Message::from_vec(&buffer[..length]) else { continue };
                if let Some(answer) = zone.answer(&question) {
                    let _gone = socket.send_to(&answer.to_vec().unwrap(), client).await;
                }
            }
        });
        Self { address, asked, task }
    }

    /// How many questions came.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}
