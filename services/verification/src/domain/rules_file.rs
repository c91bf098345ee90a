//! Reading the rules from their file, and every fault in it with the place where it stands.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use chrono::{DateTime, Utc};
use rogatory_rulebook::{AuthorityKind, Citation, Country, Digest, Fault, InstrumentKind, Source, Spanned};
use serde::Deserialize;

use super::{
    evidence::{Kind, Observation, Outcome},
    rules::{Competence, Level, LevelRule, Lookalike, Need, Observed, Passage, Required, VerificationRules, Zone},
};

type Text = Spanned<String>;

/// No conclusion is relied on for longer than a year without being looked at again.
const LONGEST_VALID_DAYS: u16 = 366;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    document: Text,
    title: Text,
    effective_time: Text,
    citation: BTreeMap<String, Citation>,
    outside: OutsideEntry,
    weight: BTreeMap<Kind, Spanned<u8>>,
    required: RequiredEntry,
    level: Vec<Spanned<LevelEntry>>,
    need: Vec<Spanned<NeedEntry>>,
    competence: Vec<Spanned<CompetenceEntry>>,
    observation: Vec<Spanned<PassageEntry>>,
    conclusion: Vec<Spanned<PassageEntry>>,
    sender: SenderEntry,
    zones: Vec<ZonesEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OutsideEntry {
    countries: BTreeSet<Country>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequiredEntry {
    otherwise: Level,
    emergency: Level,
    #[serde(default)]
    instrument: BTreeMap<InstrumentKind, Level>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LevelEntry {
    level: Level,
    valid_days: Spanned<u16>,
    needs: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NeedEntry {
    code: Text,
    any_of: BTreeSet<Kind>,
    sentence: Text,
    cites: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CompetenceEntry {
    authority: AuthorityKind,
    issues: BTreeSet<InstrumentKind>,
    presents: BTreeSet<InstrumentKind>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PassageEntry {
    code: Text,
    #[serde(default)]
    denies: bool,
    sentence: Text,
    cites: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SenderEntry {
    free_mail: Vec<Text>,
    lookalike: Lookalike,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ZonesEntry {
    #[serde(rename = "source")]
    _source: String,
    #[serde(rename = "as_of")]
    _as_of: String,
    #[serde(rename = "confirmation")]
    _confirmation: rogatory_rulebook::Confirmation,
    suffixes: Vec<Spanned<Zone>>,
}

/// Reads and checks the rules.
pub(super) fn read(text: &str) -> Result<VerificationRules, Vec<Fault>> {
    let source = Source::new(text);
    let file: File = source.read()?;
    let mut check = Check { source, citations: &file.citation, faults: Vec::new() };
    let rules = check.rules(&file, Digest::of(text));
    match rules {
        Some(rules) if check.faults.is_empty() => Ok(rules),
        _ => Err(check.faults),
    }
}

/// Collects faults while the file is turned into rules. A method answers `None` only when it has told a fault.
struct Check<'a> {
    source: Source<'a>,
    citations: &'a BTreeMap<String, Citation>,
    faults: Vec<Fault>,
}

impl Check<'_> {
    fn fault(&mut self, span: Range<usize>, path: impl Into<String>, description: impl Into<String>) {
        self.faults.push(self.source.fault(span, path, description));
    }

    fn missing(&mut self, path: &str, description: impl Into<String>) {
        self.faults.push(Fault::of_file(path, description));
    }

    fn rules(&mut self, file: &File, digest: Digest) -> Option<VerificationRules> {
        let document = self.filled(&file.document, "document");
        let title = self.filled(&file.title, "title");
        let effective_time = self.time(&file.effective_time, "effective_time");
        let weights = self.weights(&file.weight);
        let required = self.required(&file.required);
        let needs = self.needs(&file.need);
        let levels = self.levels(&file.level, &needs);
        let competence = self.competence(&file.competence);
        let observations = self.observations(&file.observation);
        let [verified, denied, expired] = self.conclusions(&file.conclusion);
        let free_mail = self.free_mail(&file.sender.free_mail);
        let zones = self.zones(&file.zones);
        Some(VerificationRules {
            document: document?,
            title: title?,
            digest,
            effective_time: effective_time?,
            outside: file.outside.countries.clone(),
            weights,
            required,
            levels,
            competence,
            observations,
            verified: verified?,
            denied: denied?,
            expired: expired?,
            free_mail,
            lookalike: file.sender.lookalike,
            zones,
        })
    }

    fn filled(&mut self, text: &Text, path: &str) -> Option<String> {
        if text.get_ref().trim().is_empty() {
            self.fault(text.span(), path, "is empty");
            return None;
        }
        Some(text.get_ref().trim().to_owned())
    }

    fn time(&mut self, text: &Text, path: &str) -> Option<DateTime<Utc>> {
        let time = DateTime::parse_from_rfc3339(text.get_ref()).ok();
        if time.is_none() {
            self.fault(text.span(), path, "is not an RFC 3339 time, for example `2026-01-01T00:00:00Z`");
        }
        time.map(|time| time.with_timezone(&Utc))
    }

    fn weights(&mut self, entries: &BTreeMap<Kind, Spanned<u8>>) -> BTreeMap<Kind, u8> {
        for kind in Kind::ALL.iter().filter(|kind| !entries.contains_key(kind)) {
            self.missing("weight", format!("says nothing of {}", kind.code()));
        }
        for (kind, weight) in entries.iter().filter(|(_, weight)| *weight.get_ref() > 100) {
            self.fault(weight.span(), "weight", format!("that of {} is above 100", kind.code()));
        }
        entries.iter().map(|(kind, weight)| (*kind, *weight.get_ref())).collect()
    }

    fn required(&mut self, entry: &RequiredEntry) -> Required {
        let levels = entry.instrument.values().chain([&entry.otherwise, &entry.emergency]);
        if levels.into_iter().any(|level| *level == Level::Unverified) {
            self.missing("required", "lets a request pass unverified; the least is `basic`");
        }
        Required { otherwise: entry.otherwise, emergency: entry.emergency, instrument: entry.instrument.clone() }
    }

    fn passage(&mut self, path: &str, code: &Text, sentence: &Text, cites: &[Text]) -> Option<Passage> {
        let sentence = self.filled(sentence, &format!("{path}.sentence"));
        let mut found = Vec::new();
        for key in cites {
            match self.citations.get(key.get_ref()) {
                Some(citation) => found.push(citation.clone()),
                None => {
                    self.fault(
                        key.span(),
                        format!("{path}.cites"),
                        format!("there is no citation `{}`", key.get_ref()),
                    );
                }
            }
        }
        let mut found = found.into_iter();
        let Some(cites) = found.next() else {
            self.fault(code.span(), format!("{path}.cites"), "names no citation: nothing is said without one");
            return None;
        };
        Some(Passage { code: code.get_ref().clone(), sentence: sentence?, cites, cites_too: found.collect() })
    }

    fn needs(&mut self, entries: &[Spanned<NeedEntry>]) -> BTreeMap<String, Need> {
        let mut needs = BTreeMap::new();
        for (index, entry) in entries.iter().enumerate() {
            let (path, span, entry) = (format!("need[{index}]"), entry.span(), entry.get_ref());
            if entry.any_of.is_empty() {
                self.fault(span.clone(), format!("{path}.any_of"), "names no kind of evidence");
            }
            let Some(passage) = self.passage(&path, &entry.code, &entry.sentence, &entry.cites) else { continue };
            let need = Need { any_of: entry.any_of.clone(), passage };
            if needs.insert(entry.code.get_ref().clone(), need).is_some() {
                self.fault(span, format!("{path}.code"), "stands twice");
            }
        }
        needs
    }

    fn levels(&mut self, entries: &[Spanned<LevelEntry>], needs: &BTreeMap<String, Need>) -> Vec<LevelRule> {
        let mut levels: Vec<LevelRule> = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            let (path, span, entry) = (format!("level[{index}]"), entry.span(), entry.get_ref());
            if entry.level == Level::Unverified || levels.iter().any(|known| known.level == entry.level) {
                self.fault(span, format!("{path}.level"), "stands twice, or is `unverified`, which needs nothing");
                continue;
            }
            let valid_days = *entry.valid_days.get_ref();
            if !(1..=LONGEST_VALID_DAYS).contains(&valid_days) {
                let longest = format!("must be from 1 to {LONGEST_VALID_DAYS}");
                self.fault(entry.valid_days.span(), format!("{path}.valid_days"), longest);
            }
            let mut found = Vec::new();
            for code in &entry.needs {
                match needs.get(code.get_ref()) {
                    Some(need) => found.push(need.clone()),
                    None => self.fault(
                        code.span(),
                        format!("{path}.needs"),
                        format!("there is no need `{}`", code.get_ref()),
                    ),
                }
            }
            self.floor(span, &path, entry.level, &found);
            levels.push(LevelRule { level: entry.level, valid_days, needs: found });
        }
        levels.sort_by_key(|rule| rule.level);
        match levels.as_slice() {
            [basic, enhanced] => self.no_way_around(basic, enhanced),
            _ => self.missing("level", "must be there twice: `basic` and `enhanced`"),
        }
        levels
    }

    /// What no rule file may do away with.
    fn floor(&mut self, span: Range<usize>, path: &str, level: Level, needs: &[Need]) {
        let path = format!("{path}.needs");
        if !needs.iter().any(|need| need.any_of.iter().all(|kind| kind.is_of_people())) {
            let said = "could be met by what the service finds by itself; no answer may rest on a mail domain, a \
                        registry entry or a copy alone";
            self.fault(span.clone(), path.clone(), said);
        }
        if !needs.iter().any(|need| need.any_of.iter().all(|kind| *kind == Kind::Registry)) {
            self.fault(span.clone(), path.clone(), "could be met by an agency that the registry does not accredit");
        }
        let call_back = |need: &Need| need.any_of.iter().all(|kind| *kind == Kind::CallBack);
        if level == Level::Enhanced && !needs.iter().any(call_back) {
            self.fault(span, path, "could be met without a call-back, which is what ENHANCED means");
        }
    }

    fn no_way_around(&mut self, basic: &LevelRule, enhanced: &LevelRule) {
        let implied = |need: &Need| enhanced.needs.iter().any(|other| other.any_of.is_subset(&need.any_of));
        if !basic.needs.iter().all(implied) {
            self.missing("level", "`enhanced` does not need all that `basic` needs");
        }
    }

    fn competence(&mut self, entries: &[Spanned<CompetenceEntry>]) -> BTreeMap<AuthorityKind, Competence> {
        let mut rows = BTreeMap::new();
        for (index, entry) in entries.iter().enumerate() {
            let (path, span, entry) = (format!("competence[{index}]"), entry.span(), entry.get_ref());
            for instrument in entry.issues.intersection(&entry.presents) {
                let both = format!("{instrument} is both issued and presented; keep one");
                self.fault(span.clone(), format!("{path}.presents"), both);
            }
            let row = Competence { issues: entry.issues.clone(), presents: entry.presents.clone() };
            if rows.insert(entry.authority, row).is_some() {
                self.fault(span, format!("{path}.authority"), "stands twice");
            }
        }
        rows
    }

    fn observations(&mut self, entries: &[Spanned<PassageEntry>]) -> BTreeMap<Observation, Observed> {
        let mut rows = BTreeMap::new();
        for (index, entry) in entries.iter().enumerate() {
            let (path, span, entry) = (format!("observation[{index}]"), entry.span(), entry.get_ref());
            let code = entry.code.get_ref();
            let Some(observation) = Observation::ALL.iter().find(|known| known.code() == code) else {
                self.fault(entry.code.span(), format!("{path}.code"), format!("the program never observes `{code}`"));
                continue;
            };
            if entry.denies && observation.outcome() != Outcome::Negative {
                self.fault(span.clone(), format!("{path}.denies"), "it does not speak against the requester");
            }
            let Some(passage) = self.passage(&path, &entry.code, &entry.sentence, &entry.cites) else { continue };
            if rows.insert(*observation, Observed { denies: entry.denies, passage }).is_some() {
                self.fault(span, format!("{path}.code"), "stands twice");
            }
        }
        for observation in Observation::ALL.iter().filter(|known| !rows.contains_key(known)) {
            self.missing("observation", format!("says nothing of {}", observation.code()));
        }
        rows
    }

    fn conclusions(&mut self, entries: &[Spanned<PassageEntry>]) -> [Option<Passage>; 3] {
        ["REQUESTER_VERIFIED", "REQUESTER_DENIED", "VERIFICATION_EXPIRED"].map(|code| {
            let found = entries.iter().enumerate().find(|(_, entry)| entry.get_ref().code.get_ref() == code);
            let Some((index, entry)) = found else {
                self.missing("conclusion", format!("says nothing of {code}"));
                return None;
            };
            let entry = entry.get_ref();
            self.passage(&format!("conclusion[{index}]"), &entry.code, &entry.sentence, &entry.cites)
        })
    }

    fn free_mail(&mut self, entries: &[Text]) -> BTreeSet<String> {
        for (index, domain) in entries.iter().enumerate() {
            if let Some(unfit) = super::domain_match::unfit(domain.get_ref()) {
                self.fault(domain.span(), format!("sender.free_mail[{index}]"), unfit);
            }
        }
        entries.iter().map(|domain| domain.get_ref().clone()).collect()
    }

    fn zones(&mut self, entries: &[ZonesEntry]) -> Vec<Zone> {
        let mut zones: Vec<Zone> = Vec::new();
        for zone in entries.iter().flat_map(|entry| &entry.suffixes) {
            let suffix = &zone.get_ref().suffix;
            if suffix.is_empty() || *suffix != suffix.to_ascii_lowercase() {
                self.fault(zone.span(), "zones.suffixes", "is not a domain in lower case");
            }
            if zones.iter().any(|known| known.suffix == *suffix) {
                self.fault(zone.span(), "zones.suffixes", format!("`{suffix}` stands twice"));
            }
            zones.push(zone.get_ref().clone());
        }
        zones
    }
}
