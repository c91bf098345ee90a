//! The signatures of a PDF (ISO 32000-2 §12.8).

use super::{
    super::{
        cms::Examiner,
        found::{Coverage, Form, Integrity, SignatureFound},
        limits::Unreadable,
    },
    objects::{Candidate, Pdf},
    value::{Dict, Value, is_space},
};

/// The two stretches of the file that a signature covers, and what lies between them.
struct Covered<'a> {
    parts: [&'a [u8]; 2],
    contents: Vec<u8>,
    coverage: Coverage,
}

/// Every signature of the document, those of its earlier states included, in the order in which they stand.
pub(in super::super) fn signatures(
    pdf: &Pdf<'_>,
    examiner: &mut Examiner<'_>,
) -> Result<Vec<SignatureFound>, Unreadable> {
    let mut found = Vec::new();
    for candidate in &pdf.candidates {
        let Some(dict) = signature_of(pdf, candidate) else { continue };
        match examined(pdf, dict, candidate, examiner)? {
            Ok(more) => found.extend(more),
            Err(why) => found.push(malformed(why)),
        }
        if found.len() > examiner.budget.limits.signatures {
            return Err(Unreadable::TooManySignatures);
        }
    }
    Ok(found)
}

fn malformed(why: &str) -> SignatureFound {
    SignatureFound::of(Form::Pdf, Coverage::Unknown, Integrity::Malformed(why.to_owned()))
}

/// The dictionary to look at: the candidate itself, or, when it is a field, a value that is no signature. A field whose
/// value is one is passed over, since that value is a candidate itself.
fn signature_of<'a>(pdf: &'a Pdf<'_>, candidate: &'a Candidate) -> Option<&'a Dict> {
    let is_signature = |dict: &Dict| {
        dict.contains_key(&b"ByteRange"[..]) || dict.contains_key(&b"Contents"[..]) && !dict.contains_key(&b"FT"[..])
    };
    let field = candidate.dict.get(&b"FT"[..]).and_then(Value::as_name) == Some(b"Sig");
    if !field || is_signature(&candidate.dict) {
        return Some(&candidate.dict);
    }
    match pdf.get(&candidate.dict, b"V") {
        Some(Value::Dict(value)) if is_signature(value) => None,
        // What became of it is no matter when an update took its place; a signature that it had is found without it.
        _ if !pdf.stands(candidate) => None,
        _ => Some(&candidate.dict),
    }
}

fn examined(
    pdf: &Pdf<'_>,
    dict: &Dict,
    candidate: &Candidate,
    examiner: &mut Examiner<'_>,
) -> Result<Result<Vec<SignatureFound>, &'static str>, Unreadable> {
    let covered = match covered(pdf, dict, candidate, examiner.budget.limits.cms_bytes) {
        Ok(covered) => covered,
        Err(Refusal::Malformed(why)) => return Ok(Err(why)),
        Err(Refusal::TooLarge) => return Err(Unreadable::TooLarge),
    };
    let other = |form: Form, what: &str| {
        vec![SignatureFound::of(form, covered.coverage, Integrity::UnsupportedAlgorithm(what.to_owned()))]
    };
    Ok(Ok(match dict.get(&b"SubFilter"[..]).and_then(Value::as_name) {
        Some(b"adbe.pkcs7.detached" | b"ETSI.CAdES.detached") => {
            examiner.in_pdf(&covered.contents, &covered.parts, covered.coverage)?
        }
        Some(b"ETSI.RFC3161") => other(Form::PdfTimeStamp, "a time stamp tells when, never who"),
        Some(b"adbe.pkcs7.sha1") => other(Form::PdfOther, "adbe.pkcs7.sha1"),
        Some(b"adbe.x509.rsa_sha1") => other(Form::PdfOther, "adbe.x509.rsa_sha1"),
        _ => other(Form::PdfOther, "a SubFilter that is not known"),
    }))
}

enum Refusal {
    Malformed(&'static str),
    TooLarge,
}

impl From<&'static str> for Refusal {
    fn from(why: &'static str) -> Self {
        Self::Malformed(why)
    }
}

/// What the signature covers. Everything from the first byte on has to be covered, but for the text in which the
/// signature itself stands; and that text has to be the one in this dictionary, and nothing else.
fn covered<'a>(pdf: &Pdf<'a>, dict: &Dict, candidate: &Candidate, most: usize) -> Result<Covered<'a>, Refusal> {
    let range = dict.get(&b"ByteRange"[..]).ok_or("it says not what it covers (ByteRange)")?;
    let contents = dict.get(&b"Contents"[..]).ok_or("it is empty (Contents)")?;
    let contents = contents.as_text().ok_or("it is empty (Contents)")?;
    let within = candidate.within.as_ref().ok_or("it is packed in a stream")?;
    let numbers: Option<Vec<usize>> = range.as_array().and_then(|range| range.iter().map(Value::as_size).collect());
    let Some(&[start, before, resume, after]) = numbers.as_deref() else {
        return Err("its ByteRange is not four numbers".into());
    };
    let end =
        resume.checked_add(after).filter(|end| *end <= pdf.bytes.len()).ok_or("its ByteRange leads out of the file")?;
    if start != 0 {
        return Err("its ByteRange does not begin with the file".into());
    }
    let gap = pdf.bytes.get(before..resume).ok_or("its ByteRange goes backwards")?;
    if before < within.start || resume > within.end {
        return Err("its ByteRange leaves out something else than the signature".into());
    }
    let (head, tail) = (&pdf.bytes[..before], &pdf.bytes[resume..end]);
    let key = head.trim_ascii_end();
    let Some(digits) = gap.strip_prefix(b"<").and_then(|gap| gap.strip_suffix(b">")) else {
        return Err("its ByteRange leaves out something else than the signature".into());
    };
    if !key.ends_with(b"/Contents") || !digits.iter().all(|byte| byte.is_ascii_hexdigit() || is_space(*byte)) {
        return Err("its ByteRange leaves out something else than the signature".into());
    }
    if contents.len() > most {
        return Err(Refusal::TooLarge);
    }
    if digits.iter().filter(|byte| byte.is_ascii_hexdigit()).count().div_ceil(2) != contents.len() {
        return Err("its ByteRange leaves out something else than the signature".into());
    }
    let rest = &pdf.bytes[end..];
    // Files that were mailed grow a line end; nothing can be hidden in one.
    let coverage = if rest.iter().all(|byte| is_space(*byte)) {
        Coverage::Whole
    } else {
        let marks = memchr::memmem::find_iter(rest, b"%%EOF").count().max(1);
        Coverage::Earlier {
            updates: u32::try_from(marks).unwrap_or(u32::MAX),
            bytes: u64::try_from(rest.len()).unwrap_or(u64::MAX),
        }
    };
    Ok(Covered { parts: [head, tail], contents: contents.to_vec(), coverage })
}
