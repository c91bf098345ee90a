//! Whole messages, and broken ones, each with what must come of it.

use rogatory_verification::{
    app::message_check::{CheckedMessage, Envelope, MessageSettings},
    domain::message::{Mechanism, MessageRefusal},
};

use super::mail::{BODY, FOREIGN, Kit, OWN, envelope, message, sample};

/// A message, who delivered it, and what must come of it: `told`.
struct Case {
    name: &'static str,
    raw: Vec<u8>,
    envelope: Option<Envelope>,
    want: &'static str,
}

/// What came of a message, in one line: the verdict with its grounds, then each mechanism with its cause.
fn told(read: &Result<CheckedMessage, MessageRefusal>, stated: &str) -> String {
    let facts = match read {
        Ok(read) => &read.facts,
        Err(refusal) => return format!("REFUSED {}", refusal.code()),
    };
    let found = facts.assess(Some(stated));
    let grounds: Vec<&str> = found.grounds.iter().map(|ground| ground.code()).collect();
    let said = |name: &str, mechanism: &Mechanism| {
        let cause = mechanism.cause.map_or(String::new(), |cause| format!(" {}", cause.code()));
        format!("; {name} {}{cause}", mechanism.result.code())
    };
    let seen = &facts.authenticity;
    [("spf", &seen.spf), ("dkim", &seen.dkim), ("dmarc", &seen.dmarc), ("arc", &seen.arc)]
        .into_iter()
        .fold(format!("{} {}", found.verdict.code(), grounds.join("+")), |line, (name, mechanism)| {
            line + &said(name, mechanism)
        })
}

async fn run(kit: &Kit, stated: &str, cases: Vec<Case>) {
    let mut faults = Vec::new();
    for Case { name, raw, envelope, want } in cases {
        let found = told(&kit.checker.check(raw, envelope).await, stated);
        if found != want {
            faults.push(format!("{name}\n   want {want}\n  found {found}"));
        }
    }
    assert!(faults.is_empty(), "{} cases:\n{}", faults.len(), faults.join("\n"));
}

fn own() -> Option<Envelope> {
    envelope(OWN, "officer@police.example")
}

/// Somebody who may not send for the police.
fn stranger() -> Option<Envelope> {
    envelope(FOREIGN, "officer@police.example")
}

fn case(name: &'static str, raw: impl Into<Vec<u8>>, envelope: Option<Envelope>, want: &'static str) -> Case {
    Case { name, raw: raw.into(), envelope, want }
}

const ALL_PASS: &str = "AUTHENTIC DMARC_PASS+DKIM_PASS; spf PASS; dkim PASS; dmarc PASS; arc NONE";

#[tokio::test]
async fn whole_messages() {
    let kit = Kit::new().await;
    let rsa = |text: &str| kit.sign(text, "police.example", "rsa");
    let ed = |text: &str| kit.sign(text, "police.example", "ed");
    let of = |domain: &str| message(&format!("officer@{domain}"), "Request 17", BODY);
    let simple = kit.sign_with(&sample(), "police.example", "rsa", |signer| {
        use mail_auth::dkim::Canonicalization::Simple;
        signer.header_canonicalization(Simple).body_canonicalization(Simple)
    });
    let agent = |agent: &'static str| {
        kit.sign_with(&sample(), "police.example", "rsa", |signer| signer.agent_user_identifier(agent))
    };
    let cases = vec![
        case("rsa", rsa(&sample()), own(), ALL_PASS),
        case("ed25519", ed(&sample()), own(), ALL_PASS),
        case("rsa and ed25519", rsa(&ed(&sample())), own(), ALL_PASS),
        case("simple canonicalization", simple, own(), ALL_PASS),
        case("agent within the domain", agent("x@mx.police.example"), own(), ALL_PASS),
        case(
            "valid for a day",
            kit.sign_with(&sample(), "police.example", "rsa", |signer| signer.expiration(86_400)),
            own(),
            ALL_PASS,
        ),
        case("lines end with LF alone", rsa(&sample()).replace("\r\n", "\n"), own(), ALL_PASS),
        case("spaces folded on the way", rsa(&sample()).replace("Request 17", "Request\r\n  17"), own(), ALL_PASS),
        case(
            "Chinese name and subject",
            rsa(&message(
                "=?UTF-8?B?6K2m5a+f?= <officer@police.example>",
                "=?GB18030?B?tPLN6sv5?= =?utf-8?Q?=E8=AF=B7=E6=B1=82?=",
                "请提供记录。\r\n",
            )),
            own(),
            ALL_PASS,
        ),
        case(
            "Russian name and subject",
            rsa(&message(
                "=?koi8-r?B?8M/MycPJ0Q==?= <officer@police.example>",
                "=?windows-1251?Q?=C7=E0=EF=F0=EE=F1?=",
                "Просим предоставить записи.\r\n",
            )),
            own(),
            ALL_PASS,
        ),
        case("8-bit header", rsa(&message("Полиция <officer@police.example>", "Запрос", BODY)), own(), ALL_PASS),
        case("a group of one", rsa(&message("Officers: officer@police.example;", "Request", BODY)), own(), ALL_PASS),
        case(
            "two officers of one domain",
            rsa(&message("one@police.example, two@police.example", "Request", BODY)),
            own(),
            ALL_PASS,
        ),
        case(
            "own address in the name",
            rsa(&message("\"officer@police.example\" <officer@police.example>", "Request", BODY)),
            own(),
            ALL_PASS,
        ),
        case("NUL in the body", rsa(&sample().replace("account", "acc\0unt")), own(), ALL_PASS),
        case(
            "no envelope",
            rsa(&sample()),
            None,
            "AUTHENTIC DMARC_PASS+DKIM_PASS; spf NOT_CHECKED NO_ENVELOPE; dkim PASS; dmarc PASS; arc NONE",
        ),
        case("signed by a host of the domain", kit.sign(&sample(), "mx.police.example", "rsa"), own(), ALL_PASS),
        case(
            "no signature, own client",
            sample(),
            own(),
            "AUTHENTIC DMARC_PASS; spf PASS; dkim NONE; dmarc PASS; arc NONE",
        ),
        case("null path, by the name of the client", rsa(&sample()), envelope(OWN, ""), ALL_PASS),
        // A signature says nothing of who delivers: this cannot be told from a message that was forwarded.
        case(
            "delivered again by somebody else",
            rsa(&sample()),
            envelope(FOREIGN, "bounce@elsewhere.example"),
            "AUTHENTIC DMARC_PASS+DKIM_PASS; spf PASS; dkim PASS; dmarc PASS; arc NONE",
        ),
        case(
            "forwarded",
            rsa(&sample()),
            stranger(),
            "AUTHENTIC DMARC_PASS+DKIM_PASS; spf FAIL; dkim PASS; dmarc PASS; arc NONE",
        ),
        case(
            "broken signature of a mailing list beside a whole one",
            kit.sign(&rsa(&sample()), "elsewhere.example", "rsa").replace("s=rsa; d=elsewhere", "s=ed; d=elsewhere"),
            own(),
            ALL_PASS,
        ),
    ];
    run(&kit, "police.example", cases).await;
    run(
        &kit,
        "plain.example",
        vec![
            case(
                "no DMARC, signed",
                kit.sign(&of("plain.example"), "plain.example", "ed"),
                None,
                "AUTHENTIC DKIM_PASS; spf NOT_CHECKED NO_ENVELOPE; dkim PASS; dmarc NONE; arc NONE",
            ),
            case(
                "no DMARC, signed by a host of the domain",
                kit.sign(&of("plain.example"), "mx.plain.example", "ed"),
                None,
                "AUTHENTIC DKIM_PASS; spf NOT_CHECKED NO_ENVELOPE; dkim PASS; dmarc NONE; arc NONE",
            ),
        ],
    )
    .await;
    run(
        &kit,
        "exchange.example",
        vec![case(
            "SPF by the exchange",
            of("exchange.example"),
            envelope(OWN, "officer@exchange.example"),
            "UNPROVEN NOTHING_SPEAKS_FOR_IT; spf PASS; dkim NONE; dmarc NONE; arc NONE",
        )],
    )
    .await;
    let cyrillic =
        kit.sign(&message("Полиция <officer@полиция.example>", "Запрос", BODY), "xn--h1aahle9bwd.example", "rsa");
    run(
        &kit,
        "ПОЛИЦИЯ.example",
        vec![case("a domain in Cyrillic", cyrillic, envelope(OWN, "officer@xn--h1aahle9bwd.example"), ALL_PASS)],
    )
    .await;
}

#[tokio::test]
async fn broken_signatures() {
    let kit = Kit::new().await;
    let whole = kit.sign(&sample(), "police.example", "rsa");
    let at = |selector: &str| whole.replace("s=rsa;", &format!("s={selector};"));
    let fields = [("From", "officer@police.example"), ("Subject", "Request")];
    let forge = |tags: &str| kit.forge(&fields, BODY, &format!("v=1; d=police.example; s=rsa; {tags}"));
    let b = whole.find(" b=").or_else(|| whole.find("b=")).unwrap();
    let cut = |length: usize| {
        // The signature ends where the header does.
        let end = whole.find("\r\nFrom:").unwrap();
        format!("{}{}", &whole[..end - length], &whole[end..])
    };
    assert!(b > 0);
    let long = kit.sign_with(&sample(), "police.example", "rsa", |signer| signer.body_length(true));
    let cases = vec![
        case(
            "body changed",
            whole.replace("the account", "all accounts"),
            own(),
            "CONTRADICTED SIGNATURE_BROKEN; spf PASS; dkim FAIL BODY_CHANGED; dmarc PASS; arc NONE",
        ),
        case(
            "body changed, delivered by a stranger",
            whole.replace("the account", "all accounts"),
            stranger(),
            "CONTRADICTED DMARC_FAIL+SIGNATURE_BROKEN; spf FAIL; dkim FAIL BODY_CHANGED; \
             dmarc FAIL NOT_ALIGNED; arc NONE",
        ),
        case(
            "body added to",
            format!("{whole}And all others.\r\n"),
            own(),
            "CONTRADICTED SIGNATURE_BROKEN; spf PASS; dkim FAIL BODY_CHANGED; dmarc PASS; arc NONE",
        ),
        case(
            "body gone",
            whole.replace(BODY, ""),
            own(),
            "CONTRADICTED SIGNATURE_BROKEN; spf PASS; dkim FAIL BODY_CHANGED; dmarc PASS; arc NONE",
        ),
        case(
            "body broken, without an envelope",
            whole.replace("the account", "all accounts"),
            None,
            "CONTRADICTED SIGNATURE_BROKEN; spf NOT_CHECKED NO_ENVELOPE; dkim FAIL BODY_CHANGED; \
             dmarc NOT_CHECKED NO_ENVELOPE; arc NONE",
        ),
        case(
            "subject changed",
            whole.replace("Request 17", "Request 18"),
            own(),
            "CONTRADICTED SIGNATURE_BROKEN; spf PASS; dkim FAIL SIGNATURE_INVALID; dmarc PASS; arc NONE",
        ),
        case(
            "author changed",
            whole.replace("officer@police", "chief@police"),
            own(),
            "CONTRADICTED SIGNATURE_BROKEN; spf PASS; dkim FAIL SIGNATURE_INVALID; dmarc PASS; arc NONE",
        ),
        case(
            "recipient changed",
            whole.replace("requests@platform", "requests@other"),
            own(),
            "CONTRADICTED SIGNATURE_BROKEN; spf PASS; dkim FAIL SIGNATURE_INVALID; dmarc PASS; arc NONE",
        ),
        case(
            "second subject before the signed one",
            whole.replace("Subject: Request 17", "Subject: Request 18\r\nSubject: Request 17"),
            own(),
            "AUTHENTIC DMARC_PASS+DKIM_PASS; spf PASS; dkim PASS; dmarc PASS; arc NONE",
        ),
        case(
            "signature cut short",
            cut(40),
            stranger(),
            "CONTRADICTED DMARC_FAIL+SIGNATURE_BROKEN; spf FAIL; dkim FAIL SIGNATURE_INVALID; \
             dmarc FAIL NOT_ALIGNED; arc NONE",
        ),
        case(
            "signature of base64 junk",
            whole.replace("; b=", "; b=!!!!").replace(";\r\n\tb=", ";\r\n\tb=!!!!").replace(" b=", " b=!!!!"),
            stranger(),
            "CONTRADICTED DMARC_FAIL; spf FAIL; dkim PERM_ERROR MALFORMED; dmarc FAIL NOT_ALIGNED; arc NONE",
        ),
        case(
            "signature of nothing but its name",
            format!("DKIM-Signature: v=1\r\n{}", sample()),
            stranger(),
            "CONTRADICTED DMARC_FAIL; spf FAIL; dkim PERM_ERROR MALFORMED; dmarc FAIL NOT_ALIGNED; arc NONE",
        ),
        case(
            "wrong body hash",
            whole.replace("bh=", "bh=AAAA"),
            stranger(),
            "CONTRADICTED DMARC_FAIL+SIGNATURE_BROKEN; spf FAIL; dkim FAIL BODY_CHANGED; \
             dmarc FAIL NOT_ALIGNED; arc NONE",
        ),
        case(
            "other selector, no key there",
            at("none"),
            stranger(),
            "CONTRADICTED DMARC_FAIL; spf FAIL; dkim PERM_ERROR KEY_MISSING; dmarc FAIL NOT_ALIGNED; arc NONE",
        ),
        case(
            "other selector, a key of another kind",
            at("ed"),
            None,
            "UNPROVEN NOTHING_SPEAKS_FOR_IT; spf NOT_CHECKED NO_ENVELOPE; dkim PERM_ERROR KEY_UNFIT; \
             dmarc NOT_CHECKED NO_ENVELOPE; arc NONE",
        ),
        case(
            "signed with another key than the one published",
            kit.sign(&sample(), "police.example", "ed").replace("s=ed;", "s=wrong;"),
            None,
            "CONTRADICTED SIGNATURE_BROKEN; spf NOT_CHECKED NO_ENVELOPE; dkim FAIL SIGNATURE_INVALID; \
             dmarc NOT_CHECKED NO_ENVELOPE; arc NONE",
        ),
        case(
            "key revoked",
            at("revoked"),
            stranger(),
            "CONTRADICTED DMARC_FAIL; spf FAIL; dkim PERM_ERROR KEY_REVOKED; dmarc FAIL NOT_ALIGNED; arc NONE",
        ),
        case(
            "key of base64 junk",
            at("junk"),
            stranger(),
            "CONTRADICTED DMARC_FAIL; spf FAIL; dkim PERM_ERROR KEY_UNFIT; dmarc FAIL NOT_ALIGNED; arc NONE",
        ),
        case(
            "key of bytes that are none",
            at("bytes"),
            None,
            "UNPROVEN NOTHING_SPEAKS_FOR_IT; spf NOT_CHECKED NO_ENVELOPE; dkim PERM_ERROR KEY_UNFIT; \
             dmarc NOT_CHECKED NO_ENVELOPE; arc NONE",
        ),
        case(
            "key of an unknown kind",
            at("kind"),
            own(),
            "AUTHENTIC DMARC_PASS; spf PASS; dkim PERM_ERROR KEY_UNFIT; dmarc PASS; arc NONE",
        ),
        case(
            "record that is no key",
            at("text"),
            own(),
            "AUTHENTIC DMARC_PASS; spf PASS; dkim PERM_ERROR KEY_UNFIT; dmarc PASS; arc NONE",
        ),
        case(
            "key in testing",
            kit.sign(&sample(), "police.example", "trial"),
            stranger(),
            "CONTRADICTED DMARC_FAIL; spf FAIL; dkim NEUTRAL KEY_IN_TESTING; dmarc FAIL NOT_ALIGNED; arc NONE",
        ),
        case(
            "server of the key fails",
            at("broken"),
            stranger(),
            "UNPROVEN DNS_UNAVAILABLE; spf FAIL; dkim TEMP_ERROR DNS_FAILED; dmarc TEMP_ERROR DNS_FAILED; arc NONE",
        ),
        case(
            "selector that is no name",
            at("..."),
            None,
            "UNPROVEN NOTHING_SPEAKS_FOR_IT; spf NOT_CHECKED NO_ENVELOPE; dkim PERM_ERROR MALFORMED; \
             dmarc NOT_CHECKED NO_ENVELOPE; arc NONE",
        ),
        case("forged by hand, whole", forge("a=rsa-sha256; h=from:subject"), own(), ALL_PASS),
        case(
            "expired",
            forge("a=rsa-sha256; t=1700000000; x=1700003600; h=from:subject"),
            stranger(),
            "CONTRADICTED DMARC_FAIL; spf FAIL; dkim NEUTRAL SIGNATURE_EXPIRED; dmarc FAIL NOT_ALIGNED; arc NONE",
        ),
        case(
            "expires before it was made",
            forge("a=rsa-sha256; t=1700000000; x=1600000000; h=from:subject"),
            None,
            "UNPROVEN NOTHING_SPEAKS_FOR_IT; spf NOT_CHECKED NO_ENVELOPE; dkim NEUTRAL SIGNATURE_EXPIRED; \
             dmarc NOT_CHECKED NO_ENVELOPE; arc NONE",
        ),
        case(
            "author not signed",
            forge("a=rsa-sha256; h=subject"),
            stranger(),
            "CONTRADICTED DMARC_FAIL; spf FAIL; dkim PERM_ERROR FROM_NOT_SIGNED; dmarc FAIL NOT_ALIGNED; arc NONE",
        ),
        case(
            "agent outside the domain",
            forge("a=rsa-sha256; i=x@elsewhere.example; h=from:subject"),
            stranger(),
            "CONTRADICTED DMARC_FAIL; spf FAIL; dkim PERM_ERROR AGENT_OUTSIDE_DOMAIN; dmarc FAIL NOT_ALIGNED; arc NONE",
        ),
        case(
            "agent below a domain that wants it exact",
            kit.sign_with(&sample(), "police.example", "exact", |signer| {
                signer.agent_user_identifier("x@mx.police.example")
            }),
            stranger(),
            "CONTRADICTED DMARC_FAIL; spf FAIL; dkim PERM_ERROR AGENT_OUTSIDE_DOMAIN; dmarc FAIL NOT_ALIGNED; arc NONE",
        ),
        case(
            "unknown version",
            whole.replace("v=1;", "v=2;"),
            stranger(),
            "CONTRADICTED DMARC_FAIL; spf FAIL; dkim NEUTRAL UNSUPPORTED; dmarc FAIL NOT_ALIGNED; arc NONE",
        ),
        case(
            "unknown algorithm",
            whole.replace("a=rsa-sha256", "a=rsa-md5"),
            stranger(),
            "CONTRADICTED DMARC_FAIL; spf FAIL; dkim NEUTRAL UNSUPPORTED; dmarc FAIL NOT_ALIGNED; arc NONE",
        ),
        case(
            "SHA-1",
            include_bytes!("signed/rsa-sha1.eml").as_slice(),
            stranger(),
            "CONTRADICTED DMARC_FAIL; spf FAIL; dkim NEUTRAL WEAK_ALGORITHM; dmarc FAIL NOT_ALIGNED; arc NONE",
        ),
        case(
            "a part of the body signed, more added",
            format!("{long}And all others.\r\n"),
            stranger(),
            "CONTRADICTED DMARC_FAIL; spf FAIL; dkim NEUTRAL PART_OF_BODY_SIGNED; dmarc FAIL NOT_ALIGNED; arc NONE",
        ),
        case(
            "a part of the body signed, nothing added",
            long,
            own(),
            "AUTHENTIC DMARC_PASS; spf PASS; dkim NEUTRAL PART_OF_BODY_SIGNED; dmarc PASS; arc NONE",
        ),
    ];
    run(&kit, "police.example", cases).await;
}

#[tokio::test]
async fn forged_authors() {
    let kit = Kit::new().await;
    let whole = kit.sign(&sample(), "police.example", "rsa");
    let forger = || envelope(FOREIGN, "x@elsewhere.example");
    // Whole in every way, but from elsewhere.
    let elsewhere = |from: &str| kit.sign(&message(from, "Request 17", BODY), "elsewhere.example", "rsa");
    let cases = vec![
        case(
            "second author before the signed one",
            format!("From: chief@police.example\r\n{whole}"),
            own(),
            "CONTRADICTED SEVERAL_FROM_HEADERS; spf PASS; dkim PASS; dmarc NOT_CHECKED NO_SINGLE_AUTHOR; arc NONE",
        ),
        case(
            "second author behind the signed one",
            whole.replace("\r\nTo:", "\r\nfrom: x@elsewhere.example\r\nTo:"),
            own(),
            "CONTRADICTED SEVERAL_FROM_HEADERS+SEVERAL_AUTHOR_DOMAINS; spf PASS; dkim FAIL SIGNATURE_INVALID; \
             dmarc NOT_CHECKED NO_SINGLE_AUTHOR; arc NONE",
        ),
        case(
            "second author whose field some programs do not know",
            whole.replace("\r\nTo:", "\r\nFrom : x@elsewhere.example\r\nTo:"),
            own(),
            "REFUSED HEADER_MALFORMED",
        ),
        // However the address is written, the domain is asked that it means.
        case(
            "a dot behind the domain",
            message("officer@police.example.", "Request", BODY),
            forger(),
            "CONTRADICTED DMARC_FAIL; spf PASS; dkim NONE; dmarc FAIL NOT_ALIGNED; arc NONE",
        ),
        case(
            "the domain in full-width letters",
            message("officer@ｐｏｌｉｃｅ．example", "Request", BODY),
            forger(),
            "CONTRADICTED DMARC_FAIL; spf PASS; dkim NONE; dmarc FAIL NOT_ALIGNED; arc NONE",
        ),
        case(
            "two authors of two domains",
            elsewhere("officer@police.example, x@elsewhere.example"),
            forger(),
            "CONTRADICTED SEVERAL_AUTHOR_DOMAINS; spf PASS; dkim PASS; dmarc NOT_CHECKED NO_SINGLE_AUTHOR; arc NONE",
        ),
        case(
            "a group of two domains",
            elsewhere("Officers: officer@police.example, x@elsewhere.example;"),
            forger(),
            "CONTRADICTED SEVERAL_AUTHOR_DOMAINS; spf PASS; dkim PASS; dmarc NOT_CHECKED NO_SINGLE_AUTHOR; arc NONE",
        ),
        case(
            "the officer's address as the name",
            elsewhere("\"officer@police.example\" <x@elsewhere.example>"),
            forger(),
            "CONTRADICTED NAME_SHOWS_OTHER_DOMAIN+STATED_DOMAIN_DIFFERS; spf PASS; dkim PASS; dmarc PASS; arc NONE",
        ),
        case(
            "the officer's address as the name, encoded",
            elsewhere("=?utf-8?B?b2ZmaWNlckBwb2xpY2UuZXhhbXBsZQ==?= <x@elsewhere.example>"),
            forger(),
            "CONTRADICTED NAME_SHOWS_OTHER_DOMAIN+STATED_DOMAIN_DIFFERS; spf PASS; dkim PASS; dmarc PASS; arc NONE",
        ),
        case(
            "the officer's address as the name, full-width",
            elsewhere("\"officer＠police．example\" <x@elsewhere.example>"),
            forger(),
            "CONTRADICTED NAME_SHOWS_OTHER_DOMAIN+STATED_DOMAIN_DIFFERS; spf PASS; dkim PASS; dmarc PASS; arc NONE",
        ),
        case(
            "the officer's name, another domain",
            elsewhere("Officer Sample <officer@elsewhere.example>"),
            forger(),
            "CONTRADICTED STATED_DOMAIN_DIFFERS; spf PASS; dkim PASS; dmarc PASS; arc NONE",
        ),
        case(
            "the police as author, signed by the forger",
            kit.sign(&sample(), "elsewhere.example", "rsa"),
            forger(),
            "CONTRADICTED DMARC_FAIL; spf PASS; dkim PASS; dmarc FAIL NOT_ALIGNED; arc NONE",
        ),
        case(
            "the police as author, no signature",
            sample(),
            forger(),
            "CONTRADICTED DMARC_FAIL; spf PASS; dkim NONE; dmarc FAIL NOT_ALIGNED; arc NONE",
        ),
        case(
            "the police as author and as sender",
            sample(),
            stranger(),
            "CONTRADICTED DMARC_FAIL; spf FAIL; dkim NONE; dmarc FAIL NOT_ALIGNED; arc NONE",
        ),
        case(
            "a domain below that of the police",
            message("officer@sub.police.example", "Request", BODY),
            forger(),
            "CONTRADICTED DMARC_FAIL; spf PASS; dkim NONE; dmarc FAIL NOT_ALIGNED; arc NONE",
        ),
        case(
            "no author",
            sample().replace("From:", "Sender:"),
            own(),
            "UNPROVEN NO_AUTHOR; spf PASS; dkim NONE; dmarc NOT_CHECKED NO_SINGLE_AUTHOR; arc NONE",
        ),
        case(
            "an author without a domain",
            message("officer", "Request", BODY),
            own(),
            "UNPROVEN NO_AUTHOR; spf PASS; dkim NONE; dmarc NOT_CHECKED NO_SINGLE_AUTHOR; arc NONE",
        ),
        case(
            "an author at an address of a host",
            message("officer@[192.0.2.10]", "Request", BODY),
            own(),
            "UNPROVEN NO_AUTHOR; spf PASS; dkim NONE; dmarc NOT_CHECKED NO_SINGLE_AUTHOR; arc NONE",
        ),
    ];
    run(&kit, "police.example", cases).await;
}

#[tokio::test]
async fn what_domains_publish() {
    let kit = Kit::new().await;
    let of = |domain: &str| message(&format!("officer@{domain}"), "Request 17", BODY);
    let sent = |client, domain: &str| envelope(client, &format!("officer@{domain}"));
    let signed = |author: &str, domain: &str| kit.sign(&of(author), domain, "rsa");
    for (stated, cases) in [
        (
            "strict.example",
            vec![
                case(
                    "exact where exact is wanted",
                    signed("strict.example", "strict.example"),
                    sent(OWN, "strict.example"),
                    ALL_PASS,
                ),
                case(
                    "a host of the domain where exact is wanted",
                    signed("strict.example", "mx.strict.example"),
                    sent(FOREIGN, "strict.example"),
                    "CONTRADICTED DMARC_FAIL; spf FAIL; dkim PASS; dmarc FAIL NOT_ALIGNED; arc NONE",
                ),
            ],
        ),
        (
            "watch.example",
            vec![
                case(
                    "fails where the domain only watches",
                    of("watch.example"),
                    sent(FOREIGN, "watch.example"),
                    "UNPROVEN NOTHING_SPEAKS_FOR_IT; spf FAIL; dkim NONE; dmarc FAIL NOT_ALIGNED; arc NONE",
                ),
                case(
                    "passes where the domain only watches",
                    signed("watch.example", "watch.example"),
                    sent(OWN, "watch.example"),
                    ALL_PASS,
                ),
            ],
        ),
        (
            "plain.example",
            vec![
                case(
                    "SPF softly fails, nothing else",
                    of("plain.example"),
                    sent(FOREIGN, "plain.example"),
                    "UNPROVEN NOTHING_SPEAKS_FOR_IT; spf SOFT_FAIL; dkim NONE; dmarc NONE; arc NONE",
                ),
                case(
                    "SPF passes, nothing else",
                    of("plain.example"),
                    sent(OWN, "plain.example"),
                    "UNPROVEN NOTHING_SPEAKS_FOR_IT; spf PASS; dkim NONE; dmarc NONE; arc NONE",
                ),
            ],
        ),
        (
            "failing.example",
            vec![
                case(
                    "the record of DMARC cannot be had, exact signature",
                    signed("failing.example", "failing.example"),
                    sent(OWN, "failing.example"),
                    "AUTHENTIC DKIM_PASS; spf PASS; dkim PASS; dmarc TEMP_ERROR DNS_FAILED; arc NONE",
                ),
                case(
                    "the record of DMARC cannot be had, signature of a host",
                    signed("failing.example", "mx.failing.example"),
                    sent(OWN, "failing.example"),
                    "UNPROVEN DNS_UNAVAILABLE; spf PASS; dkim PASS; dmarc TEMP_ERROR DNS_FAILED; arc NONE",
                ),
            ],
        ),
        (
            "unreachable.example",
            vec![case(
                "the record of SPF cannot be had",
                of("unreachable.example"),
                sent(OWN, "unreachable.example"),
                "UNPROVEN DNS_UNAVAILABLE; spf TEMP_ERROR DNS_FAILED; dkim NONE; dmarc NONE; arc NONE",
            )],
        ),
        (
            "garbled.example",
            vec![case(
                "a record of DMARC that is none",
                signed("garbled.example", "garbled.example"),
                None,
                "AUTHENTIC DKIM_PASS; spf NOT_CHECKED NO_ENVELOPE; dkim PASS; dmarc PERM_ERROR MALFORMED; arc NONE",
            )],
        ),
        (
            "many.example",
            vec![
                case(
                    "SPF with too many questions",
                    of("many.example"),
                    sent(OWN, "many.example"),
                    "UNPROVEN NOTHING_SPEAKS_FOR_IT; spf PERM_ERROR MALFORMED; dkim NONE; dmarc NONE; arc NONE",
                ),
                case(
                    "SPF in a circle",
                    of("many.example"),
                    sent(OWN, "circle.example"),
                    "UNPROVEN NOTHING_SPEAKS_FOR_IT; spf PERM_ERROR MALFORMED; dkim NONE; dmarc NONE; arc NONE",
                ),
                case(
                    "SPF that cannot be read",
                    of("many.example"),
                    sent(OWN, "unreadable.example"),
                    "UNPROVEN NOTHING_SPEAKS_FOR_IT; spf PERM_ERROR MALFORMED; dkim NONE; dmarc NONE; arc NONE",
                ),
                case(
                    "no SPF",
                    of("many.example"),
                    sent(OWN, "nobody.example"),
                    "UNPROVEN NOTHING_SPEAKS_FOR_IT; spf NONE; dkim NONE; dmarc NONE; arc NONE",
                ),
            ],
        ),
        (
            "city-of-one.gov.uk",
            vec![
                case(
                    "signed by a neighbour below the same public suffix",
                    signed("city-of-one.gov.uk", "city-of-two.gov.uk"),
                    sent(FOREIGN, "city-of-two.gov.uk"),
                    "CONTRADICTED DMARC_FAIL; spf NONE; dkim PASS; dmarc FAIL NOT_ALIGNED; arc NONE",
                ),
                case(
                    "signed by itself below a public suffix",
                    signed("city-of-one.gov.uk", "city-of-one.gov.uk"),
                    sent(FOREIGN, "city-of-one.gov.uk"),
                    "AUTHENTIC DMARC_PASS+DKIM_PASS; spf NONE; dkim PASS; dmarc PASS; arc NONE",
                ),
            ],
        ),
    ] {
        run(&kit, stated, cases).await;
    }
}

#[tokio::test]
async fn chains_of_seals() {
    let kit = Kit::new().await;
    let forwarder = || envelope(FOREIGN, "x@elsewhere.example");
    let sealed = kit.seal(&kit.sign(&sample(), "police.example", "rsa"), "elsewhere.example").await;
    let seal = sealed.find("ARC-Seal:").unwrap();
    let rest = &sealed[seal..];
    let after = rest
        .match_indices("\r\n")
        .find(|(at, _)| !rest[at + 2..].starts_with([' ', '\t']))
        .map(|(at, _)| seal + at + 2)
        .unwrap();
    let unsealed = format!("{}{}", &sealed[..seal], &sealed[after..]);
    let cases = vec![
        case(
            "whole",
            sealed.clone(),
            forwarder(),
            "AUTHENTIC DMARC_PASS+DKIM_PASS; spf PASS; dkim PASS; dmarc PASS; arc PASS",
        ),
        case(
            "body changed behind the seal",
            sealed.replace("the account", "all accounts"),
            forwarder(),
            "CONTRADICTED DMARC_FAIL+SIGNATURE_BROKEN; spf PASS; dkim FAIL BODY_CHANGED; dmarc FAIL NOT_ALIGNED; \
             arc FAIL BODY_CHANGED",
        ),
        case(
            "header changed behind the seal",
            sealed.replace("Request 17", "Request 18"),
            forwarder(),
            "CONTRADICTED DMARC_FAIL+SIGNATURE_BROKEN; spf PASS; dkim FAIL SIGNATURE_INVALID; dmarc FAIL NOT_ALIGNED; \
             arc FAIL SIGNATURE_INVALID",
        ),
        case(
            "seal gone",
            unsealed,
            forwarder(),
            "AUTHENTIC DMARC_PASS+DKIM_PASS; spf PASS; dkim PASS; dmarc PASS; arc FAIL CHAIN_BROKEN",
        ),
        case(
            "seal of another number",
            sealed.replace("cv=none", "cv=pass"),
            forwarder(),
            "AUTHENTIC DMARC_PASS+DKIM_PASS; spf PASS; dkim PASS; dmarc PASS; arc FAIL CHAIN_BROKEN",
        ),
        case(
            "seal without its key",
            sealed.replace("d=elsewhere.example", "d=nobody.example"),
            forwarder(),
            "AUTHENTIC DMARC_PASS+DKIM_PASS; spf PASS; dkim PASS; dmarc PASS; arc PERM_ERROR KEY_MISSING",
        ),
        // A seal tells who forwarded, and makes nobody the author.
        case(
            "sealed by the forger",
            kit.seal(&sample(), "elsewhere.example").await,
            forwarder(),
            "CONTRADICTED DMARC_FAIL; spf PASS; dkim NONE; dmarc FAIL NOT_ALIGNED; arc PASS",
        ),
    ];
    run(&kit, "police.example", cases).await;
}

#[tokio::test]
async fn servers_that_never_answer() {
    let kit = Kit::with(MessageSettings { dns_deadline_ms: 300, ..MessageSettings::default() }).await;
    let whole = kit.sign(&sample(), "police.example", "rsa");
    let started = std::time::Instant::now();
    let silent = |text: &str| kit.sign_with(text, "dark.example", "silent", |signer| signer.reporting(true));
    let cases = vec![
        case(
            "silent for the key",
            whole.replace("s=rsa;", "s=silent;"),
            stranger(),
            "UNPROVEN DNS_UNAVAILABLE; spf FAIL; dkim TEMP_ERROR DNS_DEADLINE; dmarc TEMP_ERROR DNS_DEADLINE; arc NONE",
        ),
        case(
            "silent for the key, own client",
            whole.replace("s=rsa;", "s=silent;"),
            own(),
            "AUTHENTIC DMARC_PASS; spf PASS; dkim TEMP_ERROR DNS_DEADLINE; dmarc PASS; arc NONE",
        ),
        // The forger's own domain never answers: that neither hides that the author's disowns the message …
        case(
            "a signature of a silent domain beside none",
            silent(&sample()),
            envelope(FOREIGN, "x@dark.example"),
            "CONTRADICTED DMARC_FAIL; spf TEMP_ERROR DNS_DEADLINE; dkim TEMP_ERROR DNS_DEADLINE; \
             dmarc FAIL NOT_ALIGNED; arc NONE",
        ),
        // … nor keeps a whole signature from being seen.
        case(
            "a signature of a silent domain beside a whole one",
            silent(&whole),
            own(),
            "AUTHENTIC DMARC_PASS+DKIM_PASS; spf PASS; dkim PASS; dmarc PASS; arc NONE",
        ),
        case(
            "a seal of a silent domain",
            kit.seal(&sample(), "dark.example").await.replace("s=rsa;", "s=silent;"),
            stranger(),
            "CONTRADICTED DMARC_FAIL; spf FAIL; dkim NONE; dmarc FAIL NOT_ALIGNED; arc TEMP_ERROR DNS_DEADLINE",
        ),
        case(
            "silent for all",
            silent(&message("officer@dark.example", "Request", BODY)),
            envelope(OWN, "officer@dark.example"),
            "CONTRADICTED STATED_DOMAIN_DIFFERS; spf TEMP_ERROR DNS_DEADLINE; dkim TEMP_ERROR DNS_DEADLINE; \
             dmarc TEMP_ERROR DNS_DEADLINE; arc NONE",
        ),
    ];
    run(&kit, "police.example", cases).await;
    assert!(started.elapsed() < std::time::Duration::from_secs(3), "{:?}", started.elapsed());
}
