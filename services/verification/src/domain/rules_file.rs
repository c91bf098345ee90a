//! Reading the rules from their file, and every fault in it with the place where it stands.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use rogatory_rulebook::{AuthorityKind, Citation, Country, Fault, InstrumentKind, Source, Spanned};

use super::{
    evidence::{Kind, Observation, Outcome},
    rules::{
        Competence, Emergency, Level, LevelRule, Need, NeedMet, Observed, Passage, Required, VerificationRules, Zone,
    },
    rules_entries::{
        CompetenceEntry, EmergencyEntry, File, InstrumentEntry, LevelEntry, NeedEntry, PassageEntry, RequiredEntry,
        Text, ZonesEntry,
    },
};

/// No conclusion is relied on for longer than a year without being looked at again.
const LONGEST_VALID_DAYS: u16 = 366;

/// A formal Request that may come after more than a year does not follow promptly.
const LONGEST_DEBT_DAYS: u16 = 366;
/// The people who approve an emergency, at the least.
const FEWEST_APPROVALS: u8 = 2;

/// Reads and checks the rules.
pub(super) fn read(text: &str) -> Result<VerificationRules, Vec<Fault>> {
    let source = Source::new(text);
    let file: File = source.read()?;
    let mut check = Check { source, citations: &file.citation, faults: Vec::new() };
    let rules = check.rules(&file);
    match rules {
        Some(rules) if check.faults.is_empty() => Ok(rules),
        _ => Err(check.faults),
    }
}

/// Collects faults while the file is turned into rules. A method answers `None` only when it has told a fault.
pub(super) struct Check<'a> {
    source: Source<'a>,
    citations: &'a BTreeMap<String, Citation>,
    faults: Vec<Fault>,
}

impl Check<'_> {
    pub(super) fn fault(&mut self, span: Range<usize>, path: impl Into<String>, description: impl Into<String>) {
        self.faults.push(self.source.fault(span, path, description));
    }

    fn missing(&mut self, path: &str, description: impl Into<String>) {
        self.faults.push(Fault::of_file(path, description));
    }

    fn rules(&mut self, file: &File) -> Option<VerificationRules> {
        let document = self.filled(&file.document, "document");
        let title = self.filled(&file.title, "title");
        let weights = self.weights(&file.weight);
        let required = self.required(&file.required);
        let needs = self.needs(&file.need);
        let emergency = self.emergency(&file.emergency, &needs);
        let levels = self.levels(&file.level, &needs);
        let competence = self.competence(&file.competence);
        let instrument_countries = self.instrument_countries(&file.instrument);
        let challenge = self.challenge(&file.challenge);
        let signals = self.signals(&file.signals);
        let observations = self.observations(&file.observation);
        let [verified, denied, expired, owed] = self.conclusions(&file.conclusion);
        let free_mail = self.free_mail(&file.sender.free_mail);
        let zones = self.zones(&file.zones);
        Some(VerificationRules {
            document: document?,
            title: title?,
            outside: file.outside.countries.clone(),
            weights,
            required,
            emergency,
            levels,
            competence,
            instrument_countries,
            signals,
            challenge,
            observations,
            verified: verified?,
            denied: denied?,
            expired: expired?,
            owed: owed?,
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
        if entry.emergency < Level::Enhanced {
            self.missing("required.emergency", "is below `enhanced`, which is what a call-back is called");
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
            let met = match (entry.approvals, entry.any_of.is_empty()) {
                (None, false) => NeedMet::ByEvidence(entry.any_of.clone()),
                (Some(people), true) if people > 0 => NeedMet::ByApprovals(people),
                _ => {
                    let said = "is met by one of `any_of` or by a number of `approvals`: state one of the two";
                    self.fault(span.clone(), path.clone(), said);
                    continue;
                }
            };
            let Some(passage) = self.passage(&path, &entry.code, &entry.sentence, &entry.cites) else { continue };
            let need = Need { met, passage };
            if needs.insert(entry.code.get_ref().clone(), need).is_some() {
                self.fault(span, format!("{path}.code"), "stands twice");
            }
        }
        needs
    }

    fn named_needs(&mut self, codes: &[Text], path: &str, needs: &BTreeMap<String, Need>) -> Vec<Need> {
        let mut found = Vec::new();
        for code in codes {
            match needs.get(code.get_ref()) {
                Some(need) => found.push(need.clone()),
                None => self.fault(code.span(), path, format!("there is no need `{}`", code.get_ref())),
            }
        }
        found
    }

    /// What an emergency needs. No rule file may do away with the call-back and the two people.
    fn emergency(&mut self, entry: &Spanned<EmergencyEntry>, needs: &BTreeMap<String, Need>) -> Emergency {
        let (span, entry, path) = (entry.span(), entry.get_ref(), "emergency.needs");
        let needs = self.named_needs(&entry.needs, path, needs);
        if !needs.iter().any(|need| need.only(|kind| kind == Kind::CallBack)) {
            self.fault(span.clone(), path, "lets an emergency pass without a call-back");
        }
        if !needs.iter().any(|need| matches!(need.met, NeedMet::ByApprovals(people) if people >= FEWEST_APPROVALS)) {
            self.fault(span, path, format!("lets an emergency pass without {FEWEST_APPROVALS} approvals"));
        }
        let days = &entry.formal_request_days;
        let formal_request_days = self.between(days, "emergency.formal_request_days", 1, LONGEST_DEBT_DAYS);
        Emergency { needs, formal_request_days }
    }

    fn levels(&mut self, entries: &[Spanned<LevelEntry>], needs: &BTreeMap<String, Need>) -> Vec<LevelRule> {
        let mut levels: Vec<LevelRule> = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            let (path, span, entry) = (format!("level[{index}]"), entry.span(), entry.get_ref());
            if entry.level == Level::Unverified || levels.iter().any(|known| known.level == entry.level) {
                self.fault(span, format!("{path}.level"), "stands twice, or is `unverified`, which needs nothing");
                continue;
            }
            let valid_days = self.between(&entry.valid_days, &format!("{path}.valid_days"), 1, LONGEST_VALID_DAYS);
            let found = self.named_needs(&entry.needs, &format!("{path}.needs"), needs);
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
        if !needs.iter().any(|need| need.only(Kind::takes_people)) {
            let said = "could be met by what the service finds by itself; no answer may rest on a mail domain, a \
                        registry entry or a copy alone";
            self.fault(span.clone(), path.clone(), said);
        }
        if !needs.iter().any(|need| need.only(|kind| kind == Kind::Registry)) {
            self.fault(span.clone(), path.clone(), "could be met by an agency that the registry does not accredit");
        }
        if level == Level::Enhanced && !needs.iter().any(|need| need.only(|kind| kind == Kind::CallBack)) {
            self.fault(span, path, "could be met without a call-back, which is what ENHANCED means");
        }
    }

    fn no_way_around(&mut self, basic: &LevelRule, enhanced: &LevelRule) {
        let implied = |need: &Need| enhanced.needs.iter().any(|other| need.is_implied_by(other));
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

    fn instrument_countries(
        &mut self,
        entries: &[Spanned<InstrumentEntry>],
    ) -> BTreeMap<InstrumentKind, BTreeSet<Country>> {
        let mut rows = BTreeMap::new();
        for (index, entry) in entries.iter().enumerate() {
            for instrument in &entry.get_ref().instruments {
                if rows.insert(*instrument, entry.get_ref().countries.clone()).is_some() {
                    self.fault(entry.span(), format!("instrument[{index}]"), format!("{instrument} stands twice"));
                }
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
            let raises = entry.raises.unwrap_or(Level::Unverified);
            if raises > Level::Unverified && observation.outcome() == Outcome::Positive {
                self.fault(span.clone(), format!("{path}.raises"), "it speaks for the requester");
            }
            let Some(passage) = self.passage(&path, &entry.code, &entry.sentence, &entry.cites) else { continue };
            if rows.insert(*observation, Observed { denies: entry.denies, raises, passage }).is_some() {
                self.fault(span, format!("{path}.code"), "stands twice");
            }
        }
        for observation in Observation::ALL.iter().filter(|known| !rows.contains_key(known)) {
            self.missing("observation", format!("says nothing of {}", observation.code()));
        }
        rows
    }

    fn conclusions(&mut self, entries: &[Spanned<PassageEntry>]) -> [Option<Passage>; 4] {
        ["REQUESTER_VERIFIED", "REQUESTER_DENIED", "VERIFICATION_EXPIRED", "FORMAL_REQUEST_OWED"].map(|code| {
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
