//! The text that the pages of a PDF show (ISO 32000-2 §9.4).

use std::{
    collections::{BTreeSet, HashMap},
    rc::Rc,
};

use super::{
    super::{
        fingerprint::Letters,
        limits::{Budget, Unreadable},
    },
    font::Font,
    objects::Pdf,
    value::{Dict, Lexer, Value, is_space, readable},
};

/// The most operands of one operator; those of text have one to six.
const MOST_OPERANDS: usize = 64;

/// Collects the letters of all pages, in their order. Of an encrypted document there are none.
pub(in super::super) fn text(pdf: &Pdf<'_>, budget: &mut Budget, letters: &mut Letters) -> Result<(), Unreadable> {
    let Some(Value::Dict(catalogue)) =
        pdf.catalogue.and_then(|number| pdf.objects.get(&number)).map(|object| &object.value)
    else {
        return Ok(());
    };
    if pdf.encrypted {
        return Ok(());
    }
    let mut reader = Reader { pdf, budget, letters, fonts: HashMap::new(), seen: BTreeSet::new() };
    let depth = reader.budget.limits.page_depth;
    match catalogue.get(&b"Pages"[..]) {
        Some(pages) => reader.pages(pages, None, depth),
        None => Ok(()),
    }
}

struct Reader<'a, 'b> {
    pdf: &'a Pdf<'a>,
    budget: &'b mut Budget,
    letters: &'b mut Letters,
    fonts: HashMap<u32, Rc<Font>>,
    /// The nodes of the tree that were visited: each has one place in it.
    seen: BTreeSet<u32>,
}

impl<'a> Reader<'a, '_> {
    fn pages(&mut self, node: &'a Value, inherited: Option<&'a Dict>, depth: usize) -> Result<(), Unreadable> {
        if self.letters.is_full() {
            return Ok(());
        }
        if let Value::Reference(number) = node
            && !self.seen.insert(*number)
        {
            return Ok(());
        }
        let depth = depth.checked_sub(1).ok_or(Unreadable::TooDeep)?;
        let Value::Dict(dict) = self.pdf.value(node) else { return Ok(()) };
        let resources = self.pdf.get(dict, b"Resources").and_then(Value::as_dict).or(inherited);
        if let Some(Value::Array(kids)) = self.pdf.get(dict, b"Kids") {
            return kids.iter().try_for_each(|kid| self.pages(kid, resources, depth));
        }
        let mut content = Vec::new();
        for number in streams(self.pdf, dict.get(&b"Contents"[..])) {
            content.extend(self.pdf.stream(number, self.budget)?.unwrap_or_default());
            content.push(b'\n');
        }
        self.instructions(&content, resources, depth)
    }

    /// The instructions of a page, or of a form that a page shows.
    fn instructions(&mut self, content: &[u8], resources: Option<&'a Dict>, depth: usize) -> Result<(), Unreadable> {
        let mut lexer = Lexer::new(content, 0);
        let mut operands = Vec::new();
        let held = self.budget.values();
        let mut font = Rc::new(Font::default());
        loop {
            if self.letters.is_full() {
                return Ok(());
            }
            let Some(value) = readable(lexer.value(self.budget))? else {
                // Over a byte that belongs to nothing, as readers do; at the end there is none.
                lexer.at += 1;
                if lexer.at >= content.len() {
                    return Ok(());
                }
                self.budget.work(1)?;
                continue;
            };
            let Value::Word(operator) = value else {
                if operands.len() < MOST_OPERANDS {
                    operands.push(value);
                }
                continue;
            };
            match (&*operator, &*operands) {
                (b"Tf", [Value::Name(name), ..]) => font = self.font(name, resources)?,
                (b"Tj" | b"'" | b"\"", [.., Value::Text(text)]) => self.letters.push(&font.letters(text)),
                (b"TJ", [Value::Array(pieces)]) => {
                    for text in pieces.iter().filter_map(Value::as_text) {
                        self.letters.push(&font.letters(text));
                    }
                }
                (b"Do", [Value::Name(name)]) => self.form(name, resources, depth)?,
                (b"ID", _) => skip_image(&mut lexer, content, self.budget)?,
                _ => {}
            }
            operands.clear();
            self.budget.let_go(held);
        }
    }

    fn named(&self, kind: &[u8], name: &[u8], resources: Option<&'a Dict>) -> Option<&'a Value> {
        self.pdf.get(resources?, kind)?.as_dict()?.get(name)
    }

    fn font(&mut self, name: &[u8], resources: Option<&'a Dict>) -> Result<Rc<Font>, Unreadable> {
        let value = self.named(b"Font", name, resources);
        let known = if let Some(Value::Reference(number)) = value { Some(*number) } else { None };
        if let Some(font) = known.and_then(|number| self.fonts.get(&number)) {
            return Ok(Rc::clone(font));
        }
        let Some(Value::Dict(dict)) = value.map(|value| self.pdf.value(value)) else { return Ok(Rc::default()) };
        let font = Rc::new(Font::read(self.pdf, dict, self.budget)?);
        if let Some(number) = known {
            self.fonts.insert(number, Rc::clone(&font));
        }
        Ok(font)
    }

    fn form(&mut self, name: &[u8], resources: Option<&'a Dict>, depth: usize) -> Result<(), Unreadable> {
        let Some(Value::Reference(number)) = self.named(b"XObject", name, resources) else { return Ok(()) };
        let Some(Value::Dict(dict)) = self.pdf.objects.get(number).map(|object| &object.value) else { return Ok(()) };
        if self.pdf.get(dict, b"Subtype").and_then(Value::as_name) != Some(b"Form") {
            return Ok(());
        }
        let depth = depth.checked_sub(1).ok_or(Unreadable::TooDeep)?;
        let content = self.pdf.stream(*number, self.budget)?.unwrap_or_default();
        let own = self.pdf.get(dict, b"Resources").and_then(Value::as_dict).or(resources);
        self.instructions(&content, own, depth)
    }
}

/// The streams that make up the content of a page.
fn streams(pdf: &Pdf<'_>, contents: Option<&Value>) -> Vec<u32> {
    let numbers = |values: &[Value]| {
        values
            .iter()
            .filter_map(|value| if let Value::Reference(number) = value { Some(*number) } else { None })
            .collect()
    };
    match contents {
        Some(Value::Reference(number)) => match pdf.objects.get(number).map(|object| &object.value) {
            Some(Value::Array(values)) => numbers(values),
            _ => vec![*number],
        },
        Some(Value::Array(values)) => numbers(values),
        _ => Vec::new(),
    }
}

/// Over the bytes of a picture that stands among the instructions (ISO 32000-2 §8.9.7).
fn skip_image(lexer: &mut Lexer<'_>, content: &[u8], budget: &mut Budget) -> Result<(), Unreadable> {
    let rest = content.get(lexer.at..).unwrap_or_default();
    let ends = |four: &[u8]| {
        let [before, letters @ .., after] = four else { return false };
        letters == b"EI" && is_space(*before) && is_space(*after)
    };
    let end = rest.windows(4).position(ends);
    let length = end.map_or(rest.len(), |end| end + 3);
    budget.work(length)?;
    lexer.at += length;
    Ok(())
}
