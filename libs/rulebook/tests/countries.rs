//! Countries: one spelling where they are stored, every usual one where a caller writes them.

use proptest::prelude::*;
use rogatory_rulebook::Country;

fn alpha2(text: &str) -> Option<&'static str> {
    Country::read(text).ok().map(Country::alpha2)
}

/// What a place may be written as, the alpha-2 code first. `Congo` alone may be either of two, and is not taken.
fn forms(country: Country) -> Vec<String> {
    let mut forms = vec![country.alpha2().to_owned(), country.alpha3().to_owned()];
    if let Some(number) = country.numeric() {
        forms.extend([number.to_string(), format!("{number:02}"), format!("{number:03}")]);
    }
    if country.english_name() != "Congo" {
        forms.push(country.english_name().to_owned());
    }
    forms
}

#[test]
fn they_are_the_249_of_iso_3166_1_and_kosovo_in_one_spelling() {
    assert_eq!(Country::all().count(), 250);
    assert_eq!(Country::all().filter(|country| country.numeric().is_some()).count(), 249);
    assert!(Country::all().is_sorted_by(|a, b| a < b && a.alpha2() < b.alpha2()));
    for (code, alpha3, numeric, name) in [
        ("HK", "HKG", Some(344), "Hong Kong"),
        ("MO", "MAC", Some(446), "Macao"),
        ("TW", "TWN", Some(158), "Taiwan (Province of China)"),
        ("AF", "AFG", Some(4), "Afghanistan"),
        ("XK", "XKX", None, "Kosovo"),
    ] {
        let country: Country = code.parse().unwrap();
        assert_eq!((country.to_string().as_str(), country.alpha3()), (code, alpha3));
        assert_eq!((country.numeric(), country.english_name()), (numeric, name));
        assert_eq!(serde_json::to_string(&country).unwrap(), format!("\"{code}\""));
        assert_eq!(serde_json::from_str::<Country>(&format!("\"{code}\"")).unwrap(), country);
    }
    // EU is not assigned to a country; UK is reserved; the others are other spellings of ones that are.
    for wrong in ["XX", "EU", "UK", "hk", "HKG", "344", " HK", "", "Hong Kong"] {
        assert!(wrong.parse::<Country>().is_err(), "{wrong}");
    }
}

#[test]
fn a_country_is_read_from_each_of_its_forms() {
    for country in Country::all() {
        for form in forms(country) {
            assert_eq!(Country::read(&form), Ok(country), "{form}");
        }
    }
}

#[test]
fn usual_names_are_read() {
    let cases = [
        ("IR", &["Iran", "islamic republic of iran", "Iran, Islamic Republic of"][..]),
        ("BO", &["Bolivia"]),
        ("CC", &["Cocos Islands", "Cocos (Keeling) Islands"]),
        ("NL", &["the Netherlands", "Netherlands", "THE  NETHERLANDS"]),
        ("BQ", &["Bonaire"]),
        ("GB", &["UK", "uk", "United Kingdom", "Great Britain"]),
        ("US", &["USA", "U.S.", "United States", "the United States of America"]),
        ("KR", &["South Korea", "Republic of Korea", "Korea (Republic of)"]),
        ("KP", &["North Korea"]),
        ("CG", &["Congo-Brazzaville", "the Republic of the Congo", "COG", "178"]),
        ("CD", &["DRC", "Congo (Democratic Republic of the)"]),
        ("HK", &["Hong Kong SAR", "344", "\u{a0}hkg\t"]),
        ("MO", &["Macau", "Macao SAR", "Macau SAR"]),
        ("CN", &["Mainland China", "China", "156"]),
        ("TW", &["Taiwan"]),
        ("TR", &["Turkey", "Türkiye", "TÜRKIYE", "TÜRKİYE"]),
        ("CI", &["Ivory Coast", "CÔTE D'IVOIRE"]),
        ("AX", &["åland islands"]),
        ("AF", &["4", "04", "004"]),
        ("XK", &["kosovo", "xkx"]),
    ];
    for (code, forms) in cases {
        for form in forms {
            assert_eq!(alpha2(form), Some(code), "{form}");
        }
    }
}

#[test]
fn what_may_be_two_places_or_is_none_is_not_read() {
    for wrong in [
        "Korea",
        "Congo",
        "the Congo",
        "Virgin Islands",
        "America",
        "EU",
        "Europe",
        "England",
        "",
        " ",
        "the",
        "the ",
        "H",
        "HKX",
        "000",
        "0",
        "0344",
        "999",
        "-4",
        "+4",
        "４",
        "Hong Kong, Kowloon",
        "H K",
    ] {
        assert_eq!(alpha2(wrong), None, "{wrong}");
    }
    assert_eq!(alpha2(&"Hong Kong ".repeat(100_000)), None);
}

proptest! {
    #[test]
    fn letter_case_and_spaces_do_not_matter(index in 0..250_usize, upper in any::<u64>(), before in " {0,3}", after in "[ \t]{0,3}") {
        let country = Country::all().nth(index).unwrap();
        for form in forms(country) {
            let mixed: String = form.chars().enumerate().map(|(at, letter)| match upper >> (at % 64) & 1 {
                0 => letter.to_lowercase().to_string(),
                _ => letter.to_uppercase().to_string(),
            }).collect();
            prop_assert_eq!(Country::read(&format!("{before}{mixed}{after}")), Ok(country));
        }
    }

    #[test]
    fn any_text_is_answered(text in ".{0,60}", short in "[A-Za-z0-9]{1,3}") {
        for text in [&text, &short] {
            let read = Country::read(text);
            if let Ok(strict) = text.parse::<Country>() {
                prop_assert_eq!(read, Ok(strict));
            }
        }
    }
}

#[test]
fn a_country_stands_in_a_sentence_with_its_article() {
    let told: Vec<String> = ["US", "KZ", "NL", "RU", "MD", "KY", "HK", "XK"]
        .into_iter()
        .map(|code| code.parse::<Country>().unwrap().in_sentence())
        .collect();
    assert_eq!(
        told,
        [
            "the United States of America",
            "Kazakhstan",
            "the Netherlands (Kingdom of the)",
            "the Russian Federation",
            "Moldova (Republic of)",
            "the Cayman Islands",
            "Hong Kong",
            "Kosovo"
        ]
    );
}
