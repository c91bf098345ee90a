//! `check-guide FILE`: what is wrong with a guide, before it is drafted.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    process::ExitCode,
    str,
};

use clap::{Arg, ArgMatches, Command, value_parser};
use rogatory_rulebook::{Confirmation, Country, Fault, Rules as _, Source};

use crate::domain::guide::{Guide, Treatment};

/// Name of the command.
pub(crate) const NAME: &str = "check-guide";
/// The largest file that is read; the service takes no larger one.
const LARGEST: u64 = 1024 * 1024;

/// The command, for the command line.
pub(crate) fn command() -> Command {
    let file = Arg::new("file").value_name("FILE").required(true).value_parser(value_parser!(PathBuf));
    Command::new(NAME)
        .about("Print every fault of a guide with line and column; exit with 1 when there is one")
        .arg(file.help("The guide, TOML; - reads the standard input"))
}

/// Runs the command.
pub(crate) fn run(arguments: &ArgMatches) -> ExitCode {
    let Some(file) = arguments.get_one::<PathBuf>("file") else { return ExitCode::FAILURE };
    let bytes = match read(file) {
        Ok(bytes) => bytes,
        Err(error) => {
            eprintln!("{}: {error}", file.display());
            return ExitCode::FAILURE;
        }
    };
    match check(&bytes) {
        Ok(guide) => {
            println!("{}: {} is good, {}", file.display(), guide.document(), guide.digest());
            print!("{}", summary(&guide));
            ExitCode::SUCCESS
        }
        Err(faults) => {
            for fault in faults {
                // The form that editors follow to the place; a fault of no one place has none.
                let gap = if fault.line == 0 { " " } else { "" };
                println!("{}:{gap}{fault}", file.display());
            }
            ExitCode::FAILURE
        }
    }
}

/// Reads one byte more than is allowed at most, so that what is too large shows.
fn read(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if file == Path::new("-") {
        io::stdin().take(LARGEST + 1).read_to_end(&mut bytes)?;
    } else {
        File::open(file)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

fn check(bytes: &[u8]) -> Result<Guide, Vec<Fault>> {
    if u64::try_from(bytes.len()).is_ok_and(|length| length > LARGEST) {
        return Err(vec![Fault::of_file("", format!("is larger than {LARGEST} bytes, which is the most for a guide"))]);
    }
    match str::from_utf8(bytes) {
        Ok(text) => Guide::parse(text),
        Err(error) => {
            let good = error.valid_up_to();
            let before = String::from_utf8_lossy(bytes.get(..good).unwrap_or_default());
            let byte = bytes.get(good).copied().unwrap_or_default();
            let description = format!("the byte {byte:#04x} is not UTF-8; save the file as UTF-8");
            Err(vec![Source::new(&before).fault(good..good, "", description)])
        }
    }
}

/// What the guide says, for a lawyer who reads it over, and what is still to be confirmed.
fn summary(guide: &Guide) -> String {
    let mut served: BTreeMap<Option<&str>, Vec<Country>> = BTreeMap::new();
    for country in Country::all() {
        let contact = guide.resolve(country).and_then(|answer| answer.contact.as_ref());
        served.entry(contact.map(|contact| contact.key.as_str())).or_default().push(country);
    }
    let residences = |key: Option<&str>| {
        const MOST: usize = 12;
        let places = served.get(&key).map_or(&[] as &[Country], Vec::as_slice);
        let codes = places.iter().map(|place| place.alpha2()).collect::<Vec<_>>().join(" ");
        match places.len() {
            0 => "no residence".to_owned(),
            1 => format!("1 residence: {codes}"),
            many if many <= MOST => format!("{many} residences: {codes}"),
            many => format!("{many} residences"),
        }
    };
    let mut text = format!("{}\n", guide.title());
    for contact in guide.contacts() {
        let _ = writeln!(text, "  {}: {}", contact.legal_name, residences(Some(&contact.key)));
    }
    if served.contains_key(&None) {
        let _ = writeln!(text, "  held until counsel decides: {}", residences(None));
    }
    let open = unconfirmed(guide);
    if !open.is_empty() {
        text.push_str("To be confirmed:\n");
    }
    for item in open {
        let _ = writeln!(text, "  {item}");
    }
    text
}

fn unconfirmed(guide: &Guide) -> Vec<String> {
    let mut open = Vec::new();
    for contact in guide.contacts().iter().filter(|contact| contact.incorporation.is_none()) {
        open.push(format!("where {} is incorporated", contact.legal_name));
    }
    if guide.residence().confirmation != Confirmation::Confirmed {
        open.push("how evidence of a residence ranks".to_owned());
    }
    for territory in guide.territories().iter().filter(|territory| territory.confirmation != Confirmation::Confirmed) {
        let places = territory.places.iter().map(|place| place.alpha2()).collect::<Vec<_>>().join(" ");
        let read_as = match (territory.treated, territory.of) {
            (Treatment::Own, _) => "residences of their own".to_owned(),
            (Treatment::State, Some(state)) => format!("part of {}", state.in_sentence()),
            (Treatment::State, None) => "part of their State".to_owned(),
            (Treatment::Hold, _) => "held until counsel decides".to_owned(),
        };
        open.push(format!("that these places are {read_as}: {places}"));
    }
    for row in guide.instrument_rows() {
        if row.contact.is_none() {
            open.push(format!("who is the {} of row {}: nobody is named, its papers are held", row.role, row.key));
        }
        for citation in row.citations.iter().filter(|citation| citation.confirmation != Confirmation::Confirmed) {
            open.push(format!("{}, {}, on which row {} rests", citation.document, citation.section, row.key));
        }
    }
    open
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail loudly")]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_guide_is_told_in_words() {
        let guide = check(crate::SHIPPED_GUIDE.as_bytes()).unwrap();
        let text = summary(&guide);
        for line in [
            "AliExpress Law Enforcement Guide",
            "  Alibaba.com Hong Kong Limited: 2 residences: HK MO",
            "  AliExpress E-Commerce One Pte. Ltd.: 1 residence: US",
            "  where Hangzhou Alibaba Advertising Co., Ltd. is incorporated",
            "  how evidence of a residence ranks",
            "  that these places are residences of their own: TW XK EH PS",
            "  who is the eu-addressee of row eu-orders: nobody is named, its papers are held",
        ] {
            assert!(text.lines().any(|found| found == line), "`{line}` is missing in\n{text}");
        }
    }

    #[test]
    fn what_is_no_text_is_told_with_its_place() {
        let bytes = b"title = \"\xC3\xA9\"\nsource = \"caf\xE9\"\n";
        let faults = check(bytes).unwrap_err();
        assert_eq!((faults[0].line, faults[0].column), (2, 14));
        assert!(faults[0].description.contains("0xe9"), "{}", faults[0]);
        let large = vec![b'#'; usize::try_from(LARGEST).unwrap() + 1];
        assert!(check(&large).unwrap_err()[0].description.contains("1048576 bytes"));
    }

    #[test]
    fn a_syntax_error_is_told_with_its_place() {
        let faults = check(b"document = \"a\"\ntitle = \n").unwrap_err();
        assert_eq!((faults.len(), faults[0].line), (1, 2));
    }
}
