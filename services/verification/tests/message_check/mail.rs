//! Messages made and signed in the test.

use std::net::{IpAddr, Ipv4Addr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use mail_auth::{
    ArcOutput, AuthenticatedMessage, AuthenticationResults,
    arc::ArcSealer,
    common::{
        crypto::{DkimKey, Ed25519Key, RsaKey, Sha256, SigningKey as _},
        headers::HeaderWriter as _,
    },
    dkim::{Canonicalization, DkimSigner, Done},
};
use rogatory_rulebook::Digest;
use rogatory_verification::app::message_check::{Envelope, MessageChecker, MessageSettings};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject as _};

use super::dns::{NameServer, Zone};

/// The client that may send for the domains of the test.
pub(crate) const OWN: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 10));
/// Somebody else.
pub(crate) const FOREIGN: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 7));

const RSA_PEM: &str = include_str!("signed/throwaway-rsa.pem");

/// The body that the sample messages have.
pub(crate) const BODY: &str = "Dear colleagues,\r\n\r\nwe ask for the records of the account.\r\n";

/// The keys, and the name server with all that the domains publish.
pub(crate) struct Kit {
    pub(crate) server: NameServer,
    pub(crate) checker: MessageChecker,
    ed25519: Vec<u8>,
}

pub(crate) fn rsa() -> RsaKey<Sha256> {
    let der = PrivatePkcs8KeyDer::from_pem_slice(RSA_PEM.as_bytes()).unwrap();
    RsaKey::from_key_der(PrivateKeyDer::Pkcs8(der)).unwrap()
}

impl Kit {
    pub(crate) async fn new() -> Self {
        Self::with(MessageSettings::default()).await
    }

    pub(crate) async fn with(settings: MessageSettings) -> Self {
        let ed25519 = Ed25519Key::generate_pkcs8().unwrap();
        let server = NameServer::start(zone(&ed25519)).await;
        let settings = MessageSettings { name_servers: vec![server.address], ..settings };
        let mut faults = Vec::new();
        settings.check("message", &mut faults);
        assert_eq!(faults, Vec::<String>::new());
        Self { checker: MessageChecker::new(settings).unwrap(), server, ed25519 }
    }

    pub(crate) fn ed25519(&self) -> Ed25519Key {
        Ed25519Key::from_pkcs8_der(&self.ed25519).unwrap()
    }

    /// Signs with the library, with the key of the selector, which is `rsa` or `ed`.
    pub(crate) fn sign(&self, message: &str, domain: &str, selector: &str) -> String {
        self.sign_with(message, domain, selector, |signer| signer)
    }

    pub(crate) fn sign_with(
        &self,
        message: &str,
        domain: &str,
        selector: &str,
        adjust: impl FnOnce(DkimSigner<DkimKey, Done>) -> DkimSigner<DkimKey, Done>,
    ) -> String {
        let key = if selector == "ed" { DkimKey::Ed25519(self.ed25519()) } else { DkimKey::Rsa(rsa()) };
        let signer = DkimSigner::from_key(key)
            .domain(domain)
            .selector(selector)
            .headers(["From", "To", "Subject"])
            .header_canonicalization(Canonicalization::Relaxed)
            .body_canonicalization(Canonicalization::Relaxed);
        let signature = adjust(signer).sign(message.as_bytes()).unwrap();
        format!("{}{message}", signature.to_header())
    }

    /// Signs a message by hand, with tags of any kind: those that no signer makes.
    pub(crate) fn forge(&self, fields: &[(&str, &str)], body: &str, tags: &str) -> String {
        let bh = STANDARD.encode(Digest::of(body).as_bytes());
        let tags = format!("{tags}; c=relaxed/relaxed; bh={bh}; b=");
        let signed: Vec<&str> = tags.split("; ").find_map(|tag| tag.strip_prefix("h=")).unwrap().split(':').collect();
        let mut data: String = fields
            .iter()
            .filter(|(name, _)| signed.contains(&name.to_lowercase().as_str()))
            .map(|(name, value)| format!("{}:{value}\r\n", name.to_lowercase()))
            .collect();
        data.push_str(&format!("dkim-signature:{tags}"));
        let signature = STANDARD.encode(rsa().sign(data.as_bytes()).unwrap());
        let header: String = fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        format!("DKIM-Signature: {tags}{signature}\r\n{header}\r\n{body}")
    }

    /// Seals a message as a forwarder does.
    pub(crate) async fn seal(&self, message: &str, domain: &str) -> String {
        let parsed = AuthenticatedMessage::parse(message.as_bytes()).unwrap();
        let results = AuthenticationResults::new(domain);
        let sealer = ArcSealer::from_key(rsa()).domain(domain).selector("rsa").headers(["From", "To", "Subject"]);
        let set = sealer.seal(&parsed, &results, &ArcOutput::default()).unwrap();
        format!("{}{message}", set.to_header())
    }
}

/// A plain message.
pub(crate) fn message(from: &str, subject: &str, body: &str) -> String {
    format!(
        "From: {from}\r\nTo: Requests <requests@platform.example>\r\nSubject: {subject}\r\n\
         Date: Tue, 24 Nov 2026 09:00:00 +0000\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\n{body}"
    )
}

/// The sample message of the sample officer.
pub(crate) fn sample() -> String {
    message("Officer Sample <officer@police.example>", "Request 17", BODY)
}

/// A message with attachments.
pub(crate) fn with_parts(parts: &[&str]) -> String {
    let body: String = parts.iter().map(|part| format!("--b1\r\n{part}\r\n")).collect();
    format!(
        "From: Officer Sample <officer@police.example>\r\nTo: Requests <requests@platform.example>\r\n\
         Subject: Request 17\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"b1\"\r\n\r\n\
         This is a message with parts.\r\n{body}--b1--\r\n"
    )
}

pub(crate) fn envelope(client: IpAddr, mail_from: &str) -> Option<Envelope> {
    Some(Envelope::new(client, "mx.police.example", mail_from).unwrap())
}

/// All that the domains of the test publish.
fn zone(ed25519: &[u8]) -> Zone {
    let rsa = STANDARD.encode(rsa().public_key());
    let ed = STANDARD.encode(Ed25519Key::from_pkcs8_der(ed25519).unwrap().public_key());
    let other = Ed25519Key::from_pkcs8_der(&Ed25519Key::generate_pkcs8().unwrap()).unwrap();
    let other = STANDARD.encode(other.public_key());
    let (rsa, ed) = (format!("v=DKIM1; k=rsa; p={rsa}"), format!("v=DKIM1; k=ed25519; p={ed}"));
    let own = "v=spf1 ip4:192.0.2.10 -all";
    let mut zone = Zone::default()
        .txt("police.example", own)
        .txt("mx.police.example", own)
        .txt("_dmarc.police.example", "v=DMARC1; p=reject")
        .txt("revoked._domainkey.police.example", "v=DKIM1; k=rsa; p=")
        .txt("junk._domainkey.police.example", "v=DKIM1; k=rsa; p=!!! this is no key !!!")
        .txt("bytes._domainkey.police.example", "v=DKIM1; k=rsa; p=AAECAwQFBgcICQ==")
        .txt("kind._domainkey.police.example", "v=DKIM1; k=dsa; p=AAECAwQFBgcICQ==")
        .txt("text._domainkey.police.example", "this is not a key at all")
        .txt("wrong._domainkey.police.example", &format!("v=DKIM1; k=ed25519; p={other}"))
        .txt("trial._domainkey.police.example", &format!("t=y; {rsa}").replace("t=y; v=DKIM1;", "v=DKIM1; t=y;"))
        .txt("exact._domainkey.police.example", &rsa.replace("v=DKIM1;", "v=DKIM1; t=s;"))
        .broken("broken._domainkey.police.example")
        .silent("silent._domainkey.police.example")
        // A domain that wants exact alignment.
        .txt("strict.example", own)
        .txt("_dmarc.strict.example", "v=DMARC1; p=reject; adkim=s; aspf=s")
        // One that only watches.
        .txt("watch.example", own)
        .txt("_dmarc.watch.example", "v=DMARC1; p=none")
        // One without DMARC.
        .txt("plain.example", "v=spf1 ip4:192.0.2.10 ~all")
        // Those of forgers and forwarders.
        .txt("elsewhere.example", "v=spf1 ip4:198.51.100.7 -all")
        .txt("_dmarc.elsewhere.example", "v=DMARC1; p=reject")
        // One whose servers fail.
        .txt("failing.example", own)
        .broken("_dmarc.failing.example")
        .broken("unreachable.example")
        .silent("dark.example")
        .silent("silent._domainkey.dark.example")
        .silent("_report._domainkey.dark.example")
        .silent("_dmarc.dark.example")
        // One whose record of DMARC is none.
        .txt("_dmarc.garbled.example", "v=DMARC1; p=banana")
        // Too many questions for SPF (RFC 7208 §4.6.4), a circle, and a record that cannot be read.
        .txt(
            "many.example",
            &(0..11).fold("v=spf1".to_owned(), |text, index| format!("{text} include:i{index}.example")),
        )
        .txt("circle.example", "v=spf1 include:circle.example -all")
        .txt("unreadable.example", "v=spf1 ip4:nonsense -all")
        .txt("exchange.example", "v=spf1 mx -all")
        .mx("exchange.example", "mx.exchange.example")
        .a("mx.exchange.example", Ipv4Addr::new(192, 0, 2, 10))
        // A public suffix with a record: it makes no organisation of those below it.
        .txt("_dmarc.gov.uk", "v=DMARC1; p=reject")
        .txt("xn--h1aahle9bwd.example", own)
        .txt("_dmarc.xn--h1aahle9bwd.example", "v=DMARC1; p=reject");
    for index in 0..11 {
        zone = zone.txt(&format!("i{index}.example"), "v=spf1 ip4:203.0.113.1 -all");
    }
    for domain in [
        "police.example",
        "mx.police.example",
        "strict.example",
        "mx.strict.example",
        "watch.example",
        "plain.example",
        "mx.plain.example",
        "elsewhere.example",
        "failing.example",
        "mx.failing.example",
        "garbled.example",
        "xn--h1aahle9bwd.example",
        "city-of-one.gov.uk",
        "city-of-two.gov.uk",
    ] {
        zone = zone.txt(&format!("rsa._domainkey.{domain}"), &rsa).txt(&format!("ed._domainkey.{domain}"), &ed);
    }
    zone
}
