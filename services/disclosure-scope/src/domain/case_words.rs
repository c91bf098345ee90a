//! The sentences of a [`Case`].

use std::str::FromStr as _;

use rogatory_rulebook::{Country, InstrumentKind};

use super::{counterexample::Case, evaluate::paper};

/// Tells a case. What is in order or absent goes without saying, but for what every request has.
pub(super) fn tell(case: &Case) -> String {
    let mut unnamed = Unnamed::default();
    let country = unnamed.name(case.place("country"));
    let storage = case.places("stored_in");
    let stored = if storage.is_empty() {
        String::new()
    } else {
        format!(", a copy of which is stored in {}", unnamed.list(storage.iter()))
    };
    let element = case.element().map_or("an element".to_owned(), |key| format!("the element `{key}`,"));
    let lawless = if case.word("kind") == "other_public" { " that enforces no law" } else { "" };
    let mut sentences = vec![format!(
        "{} {} of {country}{lawless}, with {} issued by {}, in {}, {}, with {}, asks for {element} of class {}{stored}.",
        standing(case.flag("verified"), case.flag("accredited")),
        authority(case.word("kind")),
        instrument(case.word("instrument")),
        issuer(case.word("issued_by")),
        matter(case.word("matter")),
        if case.flag("emergency") { "in an emergency" } else { "no emergency" },
        approvers(case.number("approvers")),
        case.word("class"),
    )];
    let mut say = |applies: bool, sentence: String| {
        if applies {
            sentences.push(sentence);
        }
    };
    say(!case.flag("storage_known"), "The operator has not stated where the element is stored.".to_owned());
    let approved = case.places("approved_by_state");
    say(!approved.is_empty(), format!("The competent authority of {} has approved.", unnamed.list(approved.iter())));
    let handled = case.places("handled_in");
    say(!handled.is_empty(), format!("Staff in {} handles the data.", unnamed.list(handled.iter())));
    say(!case.flag("staff_known"), "The operator has not stated where its staff handles the data.".to_owned());
    for (known, place, known_in, said_unknown) in [
        ("residence_known", "residence", "The user resides in", "Where the user resides is not known, and yet stated:"),
        (
            "contact_known",
            "contact_country",
            "The contact that was served is incorporated in",
            "Where the contact that was served is incorporated is not known, and yet stated:",
        ),
    ] {
        let (known, place) = (case.flag(known), case.place(place));
        if known || !place.is_empty() {
            let words = if known { known_in } else { said_unknown };
            say(true, format!("{words} {}.", unnamed.name(place)));
        }
    }
    match case.word("us_class") {
        "ecs_content" => say(true, "Under US law it is content of an electronic communication service.".to_owned()),
        "ecs_record" => say(true, "Under US law it is a record of an electronic communication service.".to_owned()),
        _ => {}
    }
    match case.number("instrument_age_days") {
        0 => {}
        -1 => say(true, "When the paper was issued is not stated.".to_owned()),
        days => say(true, format!("The paper was {days} days old when it was received.")),
    }
    let (penalty, sentence) = (case.number("max_penalty_months"), case.number("sentence_months"));
    say(penalty != 0, format!("The offence carries at most {penalty} months."));
    say(sentence != 0, format!("A sentence of {sentence} months is executed."));
    let listed = "The offence is listed in Regulation (EU) 2023/1543 Art. 5(4).";
    say(case.flag("listed_offence"), listed.to_owned());
    match case.word("notification") {
        "notified" => say(true, "The enforcing authority was notified and has not answered.".to_owned()),
        "cleared" => say(true, "The enforcing authority was notified and raises no ground.".to_owned()),
        "objected" => say(true, "The enforcing authority was notified and has raised a ground.".to_owned()),
        _ => {}
    }
    let assured = "The agency has assured that the formal Request follows.";
    say(case.flag("formal_request_assured"), assured.to_owned());
    sentences.extend(unnamed.told());
    sentences.join(" ")
}

/// Several names as a sentence has them: `a`, `a and b`, `a, b and c`.
pub(super) fn joined(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Countries that the solver made up: no policy names them.
#[derive(Default)]
struct Unnamed(Vec<String>);

impl Unnamed {
    fn name(&mut self, text: &str) -> String {
        if let Ok(country) = Country::from_str(text) {
            return country.in_sentence();
        }
        let index = self.0.iter().position(|made_up| made_up == text).unwrap_or_else(|| {
            self.0.push(text.to_owned());
            self.0.len() - 1
        });
        format!("country {}", letter(index))
    }

    fn list<'a>(&mut self, texts: impl Iterator<Item = &'a String>) -> String {
        joined(&texts.map(|text| self.name(text)).collect::<Vec<_>>())
    }

    fn told(&self) -> Option<String> {
        let letters: Vec<String> = (0..self.0.len()).map(|index| format!("country {}", letter(index))).collect();
        match letters.as_slice() {
            [] => None,
            [one] => Some(format!("No policy names {one}.")),
            many => Some(format!("No policy names {}, which differ.", joined(many))),
        }
    }
}

fn letter(index: usize) -> String {
    u8::try_from(index)
        .ok()
        .filter(|index| *index < 26)
        .map_or_else(|| (index + 1).to_string(), |index| char::from(b'A' + index).to_string())
}

fn standing(verified: bool, accredited: bool) -> &'static str {
    match (verified, accredited) {
        (true, true) => "A verified, accredited",
        (true, false) => "A verified but not accredited",
        (false, true) => "An accredited but not verified",
        (false, false) => "A neither verified nor accredited",
    }
}

fn authority(kind: &str) -> &str {
    match kind {
        "police" => "police authority",
        "prosecutor" => "public prosecutor",
        "customs_tax" => "customs or tax authority",
        "intelligence" => "intelligence service",
        "other_public" => "public body",
        "private" => "private party",
        other => other,
    }
}

fn issuer(kind: &str) -> String {
    match kind {
        "intelligence" => "an intelligence service".to_owned(),
        other => format!("a {}", authority(other)),
    }
}

fn instrument(kind: &str) -> String {
    InstrumentKind::from_str(kind).map_or_else(|_| kind.to_owned(), |kind| paper(kind).to_owned())
}

fn matter(kind: &str) -> &str {
    match kind {
        "civil_commercial" => "a civil or commercial matter",
        "administrative" => "an administrative matter",
        _ => "a criminal matter",
    }
}

fn approvers(count: i64) -> String {
    match count {
        0 => "no approver".to_owned(),
        1 => "1 approver".to_owned(),
        many => format!("{many} approvers"),
    }
}
