//! Streams, taken out of their filters (ISO 32000-2 §7.4) within the budget.

use std::io::Read;

use flate2::read::ZlibDecoder;

use super::{
    super::limits::{Budget, Unreadable},
    value::{Dict, Value, is_space},
};

/// The most filters on one stream. Real ones have one, or two.
const MOST_FILTERS: usize = 4;

/// What a stream holds; none when it has a filter for pictures, or another that is not known here.
pub(super) fn decode(dict: &Dict, raw: &[u8], budget: &mut Budget) -> Result<Option<Vec<u8>>, Unreadable> {
    let filters: Vec<&[u8]> = match dict.get(&b"Filter"[..]) {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Name(name)) => vec![name],
        Some(Value::Array(names)) if names.len() <= MOST_FILTERS => names.iter().filter_map(Value::as_name).collect(),
        Some(_) => return Ok(None),
    };
    // What a stream holds without a filter is taken from the budget as well: it may be named a thousand times.
    if filters.is_empty() {
        budget.inflated(raw.len())?;
        return Ok(Some(raw.to_vec()));
    }
    let mut content = None;
    for filter in filters {
        let input = content.as_deref().unwrap_or(raw);
        let output = match filter {
            b"FlateDecode" | b"Fl" if !has_predictor(dict) => inflate(input, budget)?,
            b"ASCIIHexDecode" | b"AHx" => hexadecimal(input),
            b"ASCII85Decode" | b"A85" => ascii85(input),
            _ => return Ok(None),
        };
        budget.inflated(output.len())?;
        content = Some(output);
    }
    Ok(content)
}

/// Predictors are for pictures and cross-reference tables; nothing that is read here has one.
fn has_predictor(dict: &Dict) -> bool {
    let plain = |parameters: &Value| match parameters {
        Value::Dict(parameters) => {
            parameters.get(&b"Predictor"[..]).is_none_or(|predictor| predictor.as_size() == Some(1))
        }
        Value::Null => true,
        _ => false,
    };
    match dict.get(&b"DecodeParms"[..]) {
        None => false,
        Some(Value::Array(each)) => !each.iter().all(plain),
        Some(one) => !plain(one),
    }
}

/// What comes out until it ends, breaks off, or exceeds what is left of the budget.
fn inflate(input: &[u8], budget: &Budget) -> Result<Vec<u8>, Unreadable> {
    let most = budget.inflatable();
    let mut output = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    // Where the stream breaks off, what came before it counts; readers show it.
    let _: Result<usize, _> = ZlibDecoder::new(input).take(limit).read_to_end(&mut output);
    if output.len() > most { Err(Unreadable::InflatesTooFar) } else { Ok(output) }
}

fn hexadecimal(input: &[u8]) -> Vec<u8> {
    let digits: Vec<u8> = input
        .iter()
        .take_while(|byte| **byte != b'>')
        .filter_map(|byte| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    digits.chunks(2).map(|pair| pair.first().map_or(0, |high| high << 4) | pair.get(1).copied().unwrap_or(0)).collect()
}

fn ascii85(input: &[u8]) -> Vec<u8> {
    let (mut output, mut group) = (Vec::new(), Vec::with_capacity(5));
    let value =
        |group: &[u8]| group.iter().fold(0_u32, |value, digit| value.wrapping_mul(85).wrapping_add(u32::from(*digit)));
    for byte in input {
        match byte {
            b'~' => break,
            b'z' if group.is_empty() => output.extend([0; 4]),
            b'!'..=b'u' => {
                group.push(byte - b'!');
                if group.len() == 5 {
                    output.extend(value(&group).to_be_bytes());
                    group.clear();
                }
            }
            byte if is_space(*byte) => {}
            _ => return output,
        }
    }
    if group.len() > 1 {
        let count = group.len() - 1;
        group.resize(5, 84);
        output.extend(value(&group).to_be_bytes().into_iter().take(count));
    }
    output
}
