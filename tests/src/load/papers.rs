//! Messages and papers as an agency sends them: each another one, of the size that is asked for, signed by the domain's own
//! key, which the name server here publishes.

use std::{collections::HashMap, fmt::Write as _, net::SocketAddr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use mail_auth::{
    common::{crypto::Ed25519Key, headers::HeaderWriter as _},
    dkim::{Canonicalization, DkimSigner},
    hickory_resolver::proto::{
        op::{Message, OpCode, ResponseCode},
        rr::{RData, Record, rdata::TXT},
    },
};
use tokio::{net::UdpSocket, task::JoinHandle};

/// From where the messages of the domain come.
pub const CLIENT_IP: &str = "192.0.2.10";
/// Bytes of a line of base64 in a message.
const LINE: usize = 76;

/// Numbers that look like chance and are the same in every run.
#[derive(Debug)]
pub struct Dice(pub u64);

impl Dice {
    /// The next number.
    pub fn roll(&mut self) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// A number below `most`.
    pub fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.roll() % (most as u64).max(1)).unwrap_or_default()
    }

    /// A word that can be spoken, of so many syllables.
    pub fn word(&mut self, syllables: usize) -> String {
        (0..syllables)
            .flat_map(|_| ["bcdfghklmnprstvw", "aeiou"].map(|letters| letters.as_bytes()[self.below(letters.len())]))
            .map(char::from)
            .collect()
    }
}

/// A PDF of about so many bytes: a page of text that no other one has, and the scan of a stamp.
#[must_use]
pub fn pdf(number: u64, bytes: usize) -> Vec<u8> {
    let dice = &mut Dice(number);
    let mut text = "BT /F1 10 Tf 60 780 Td 14 TL\n".to_owned();
    for _ in 0..50 {
        let mut word = || {
            let syllables = 2 + dice.below(3);
            dice.word(syllables)
        };
        let words: Vec<String> = (0..9).map(|_| word()).collect();
        let _ = writeln!(text, "({}) Tj T*", words.join(" "));
    }
    text.push_str("ET");
    let scan: Vec<u8> = std::iter::repeat_with(|| dice.roll().to_le_bytes()).flatten().take(bytes).collect();
    let objects: [(&str, Vec<u8>); 6] = [
        ("<< /Type /Catalog /Pages 2 0 R >>", Vec::new()),
        ("<< /Type /Pages /Kids [3 0 R] /Count 1 >>", Vec::new()),
        (
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> \
             /XObject << /Im1 6 0 R >> >> >>",
            Vec::new(),
        ),
        ("<<", text.into_bytes()),
        ("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>", Vec::new()),
        (
            "<< /Type /XObject /Subtype /Image /Width 500 /Height 500 /ColorSpace /DeviceGray /BitsPerComponent 8 /Filter \
             /DCTDecode",
            scan,
        ),
    ];
    let mut file = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut places = Vec::new();
    for (index, (dictionary, stream)) in (1..).zip(objects) {
        places.push(file.len());
        file.extend(format!("{index} 0 obj\n{dictionary}").bytes());
        if !stream.is_empty() {
            file.extend(format!(" /Length {} >>\nstream\n", stream.len()).bytes());
            file.extend(stream);
            file.extend(b"\nendstream");
        }
        file.extend(b"\nendobj\n");
    }
    let table = file.len();
    file.extend(format!("xref\n0 {}\n0000000000 65535 f \n", places.len() + 1).bytes());
    for place in &places {
        file.extend(format!("{place:010} 00000 n \n").bytes());
    }
    file.extend(format!("trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n", places.len() + 1).bytes());
    file
}

/// The desk of an agency that signs what it sends.
#[derive(Debug)]
pub struct Desk {
    domain: String,
    key: Vec<u8>,
}

impl Desk {
    /// The desk of a mail domain, with a key of its own.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn new(domain: &str) -> Self {
        Self { domain: domain.to_owned(), key: Ed25519Key::generate_pkcs8().expect("a key") }
    }

    fn key(&self) -> Ed25519Key {
        Ed25519Key::from_pkcs8_der(&self.key).expect("the key of this desk")
    }

    /// What the domain publishes: from where its mail comes, its key, and that mail without either is to be refused.
    #[must_use]
    pub fn records(&self) -> HashMap<String, String> {
        let (domain, key) = (&self.domain, STANDARD.encode(self.key().public_key()));
        HashMap::from([
            (domain.clone(), format!("v=spf1 ip4:{CLIENT_IP} -all")),
            (format!("_dmarc.{domain}"), "v=DMARC1; p=reject".to_owned()),
            (format!("desk._domainkey.{domain}"), format!("v=DKIM1; k=ed25519; p={key}")),
        ])
    }

    /// A message of the desk with a paper in it, signed.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn message(&self, subject: &str, paper: &[u8]) -> Vec<u8> {
        let encoded = STANDARD.encode(paper);
        let lines: Vec<&str> =
            encoded.as_bytes().chunks(LINE).filter_map(|line| std::str::from_utf8(line).ok()).collect();
        let message = format!(
            "From: Officer Sample <officer@{}>\r\nTo: Requests <requests@platform.example>\r\nSubject: {subject}\r\n\
             Date: Tue, 24 Nov 2026 09:00:00 +0000\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/mixed; boundary=\"part\"\r\n\r\n--part\r\nContent-Type: text/plain; charset=utf-8\r\n\
             \r\nThe order is enclosed.\r\n--part\r\nContent-Type: application/pdf; name=\"order.pdf\"\r\n\
             Content-Disposition: attachment; filename=\"order.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n\
             --part--\r\n",
            self.domain,
            lines.join("\r\n")
        );
        let signer = DkimSigner::from_key(self.key())
            .domain(self.domain.as_str())
            .selector("desk")
            .headers(["From", "To", "Subject", "Date"])
            .header_canonicalization(Canonicalization::Relaxed)
            .body_canonicalization(Canonicalization::Relaxed);
        let signature = signer.sign(message.as_bytes()).expect("a signature");
        format!("{}{message}", signature.to_header()).into_bytes()
    }
}

/// A name server on the loopback that knows a few records of text. It ends when it is dropped.
#[derive(Debug)]
pub struct NameServer {
    /// Where it listens.
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

impl NameServer {
    /// Starts it with these records; names without their final dot.
    ///
    /// # Panics
    /// When there is no port.
    pub async fn start(records: HashMap<String, String>) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
        let address = socket.local_addr().expect("an address");
        let task = tokio::spawn(async move {
            let mut buffer = [0; 4096];
            while let Ok((length, client)) = socket.recv_from(&mut buffer).await {
                let answer = Message::from_vec(&buffer[..length]).ok().and_then(|asked| answer(&records, &asked));
                if let Some(bytes) = answer.and_then(|answer| answer.to_vec().ok()) {
                    let _gone = socket.send_to(&bytes, client).await;
                }
            }
        });
        Self { address, task }
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn answer(records: &HashMap<String, String>, question: &Message) -> Option<Message> {
    let query = question.queries.first()?;
    let asked = query.name().to_lowercase().to_ascii().trim_end_matches('.').to_owned();
    let mut answer = Message::response(question.metadata.id, OpCode::Query);
    answer.metadata.recursion_available = true;
    answer.add_query(query.clone());
    let text = records.get(&asked).map(|text| {
        let pieces: Vec<&[u8]> = text.as_bytes().chunks(255).collect();
        RData::TXT(TXT::from_bytes(pieces))
    });
    if let Some(data) = text.filter(|data| data.record_type() == query.query_type()) {
        answer.add_answer(Record::from_rdata(query.name().clone(), 60, data));
    }
    let below = format!(".{asked}");
    let exists = records.keys().any(|known| *known == asked || known.ends_with(&below));
    answer.metadata.response_code = if exists { ResponseCode::NoError } else { ResponseCode::NXDomain };
    Some(answer)
}
