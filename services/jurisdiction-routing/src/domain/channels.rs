//! Which ways of service are open between an authority and a contact, and which are closed.
//!
//! Only what the data says for certain opens or closes a way. Everything else needs confirmation: a row that was not
//! confirmed, a bond that is not recorded, a contact whose incorporation nobody has confirmed.

use std::borrow::Cow;

use chrono::NaiveDate;
use rogatory_rulebook::{AuthorityKind, Citation, Confirmation, Country, MatterType};

use super::{
    channel::{CentralAuthority, Channel, ChannelKind, Side, Standing},
    guide::{Contact, Guide, InstrumentRow},
    treaties::{Bond, InForce, Treaties},
};

/// The facts that decide on channels, for the request as a whole.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The guide in force.
    pub guide: &'a Guide,
    /// The treaty data.
    pub treaties: &'a Treaties,
    /// Country of the requesting authority.
    pub authority: Country,
    /// Kind of the requesting authority.
    pub authority_kind: AuthorityKind,
    /// The kind of proceedings.
    pub matter: MatterType,
    /// The day whose state of the treaties is asked.
    pub on: NaiveDate,
    /// The day of the paper; that of the treaties where it has none.
    pub issued_on: NaiveDate,
}

/// The State that a channel addresses.
#[derive(Debug, Clone, Copy)]
struct Addressed {
    place: Country,
    /// Whether an operator has confirmed that the contact is incorporated there.
    confirmed: bool,
}

/// A judgement before it becomes a channel.
struct Judged {
    standing: Standing,
    code: &'static str,
    sentence: String,
    citations: Vec<Citation>,
}

impl Judged {
    fn new(standing: Standing, code: &'static str, sentence: impl Into<String>) -> Self {
        Self { standing, code, sentence: sentence.into(), citations: Vec::new() }
    }

    fn citing<'a>(mut self, citations: impl IntoIterator<Item = &'a Citation>) -> Self {
        self.citations.extend(citations.into_iter().cloned());
        self
    }
}

impl Case<'_> {
    /// The channels to a contact that was chosen by residence.
    #[must_use]
    pub fn by_residence(&self, contact: &Contact) -> Vec<Channel> {
        let addressed = self.addressed(contact);
        let named = self.guide.service().channels.keys().copied();
        let mut channels: Vec<Channel> = named.map(|kind| self.weigh(kind, contact, addressed)).collect();
        channels.extend(self.no_eu_order());
        channels.push(self.domestic(contact, addressed));
        channels
    }

    /// The channels of an order that goes to one addressee by its kind: that one, and no other.
    #[must_use]
    pub fn by_instrument(&self, row: &InstrumentRow) -> Vec<Channel> {
        let closed = |kind: &ChannelKind| {
            let sentence = format!("This order is addressed to the {} and not sent by {kind}.", row.role);
            let judged = Judged::new(Standing::Refused, "ORDER_HAS_ADDRESSEE", sentence).citing(&row.citations);
            self.channel(*kind, None, judged)
        };
        let mut channels: Vec<Channel> = self.guide.service().channels.keys().map(closed).collect();
        channels.extend(if row.is_european() { Some(self.eu_order(row)) } else { self.no_eu_order() });
        channels.push(closed(&ChannelKind::DomesticProcess));
        channels
    }

    /// Whether the authority's State could issue orders under the EU regulation on the day of the paper. A reason why not,
    /// otherwise.
    pub(super) fn eu_issuer(&self) -> Result<&Citation, (String, Option<&Citation>)> {
        let name = self.authority.in_sentence();
        match self.treaties.eu_state(self.authority) {
            Some(state) => match state.applies_from {
                Some(from) if from <= self.issued_on => Ok(&state.citation),
                Some(from) => {
                    Err((format!("The Regulation applies in {name} from {from} only."), Some(&state.citation)))
                }
                None => Err((format!("{name} does not take part in the Regulation."), Some(&state.citation))),
            },
            None => Err((format!("{name} is not recorded as a State bound by the Regulation."), None)),
        }
    }

    fn eu_order(&self, row: &InstrumentRow) -> Channel {
        let judged = match self.eu_issuer() {
            Err((why, citation)) => Judged::new(Standing::Refused, "ISSUER_NOT_BOUND", why).citing(citation),
            Ok(citation) => match &row.contact {
                Some(contact) => {
                    let sentence = format!("The order is served on {}, which is the {}.", contact.legal_name, row.role);
                    Judged::new(Standing::Permitted, "ADDRESSEE_NAMED", sentence).citing([citation])
                }
                None => {
                    let sentence = format!("No entity is named as the {}; an operator must name one.", row.role);
                    Judged::new(Standing::NeedsConfirmation, "ADDRESSEE_MISSING", sentence).citing([citation])
                }
            },
        };
        self.channel(ChannelKind::EuEevidence, None, judged.citing(&row.citations))
    }

    /// The addressee of European orders is closed for every other paper.
    fn no_eu_order(&self) -> Option<Channel> {
        let row = self.guide.instrument_rows().iter().find(|row| row.is_european())?;
        let sentence = "Only a European Production or Preservation Order is served on this addressee.";
        let judged = Judged::new(Standing::Refused, "NOT_A_EUROPEAN_ORDER", sentence).citing(&row.citations);
        Some(self.channel(ChannelKind::EuEevidence, None, judged))
    }

    fn addressed(&self, contact: &Contact) -> Addressed {
        match contact.incorporation {
            Some(place) => Addressed { place, confirmed: true },
            // The guide names the channels that its own country recognizes, where nothing better is known.
            None => Addressed {
                place: contact.name_suggests.unwrap_or(self.guide.service().recognized_by),
                confirmed: false,
            },
        }
    }

    fn weigh(&self, kind: ChannelKind, contact: &Contact, addressed: Addressed) -> Channel {
        let service = self.guide.service();
        let place = if kind == ChannelKind::Diplomatic { service.recognized_by } else { addressed.place };
        let judged = match self.closed_by_matter(kind) {
            Some(judged) => judged,
            None if kind == ChannelKind::Diplomatic => self.diplomatic(contact, addressed),
            None => {
                let judged = self.same_state(place).unwrap_or_else(|| match kind {
                    ChannelKind::HagueService => self.both_parties(kind, place),
                    ChannelKind::HagueEvidence => self.hague_evidence(place),
                    _ => self.mlat(place),
                });
                addressed.sure(judged, contact)
            }
        };
        self.channel(kind, Some(place), judged)
    }

    /// The process of an authority binds a contact that is incorporated in the same country, and no other.
    fn domestic(&self, contact: &Contact, addressed: Addressed) -> Channel {
        let place = addressed.place;
        let judged = if self.authority == place {
            let sentence = format!(
                "The authority and the contact are both of {}: its process binds the contact without a channel between \
                 States.",
                place.in_sentence()
            );
            Judged::new(Standing::Permitted, "SAME_COUNTRY", sentence)
        } else if let Some(judged) = self.same_state(place) {
            judged
        } else {
            let sentence = format!(
                "The contact is incorporated in {}: process of {} does not bind it by itself.",
                place.in_sentence(),
                self.authority.in_sentence()
            );
            Judged::new(Standing::Refused, "AUTHORITY_OF_ANOTHER_STATE", sentence)
        };
        self.channel(ChannelKind::DomesticProcess, Some(place), addressed.sure(judged, contact))
    }

    /// A judged channel, with the authorities on the way to `place` and what binds whoever uses it, unless it is closed.
    fn channel(&self, kind: ChannelKind, place: Option<Country>, judged: Judged) -> Channel {
        let Judged { standing, code, sentence, citations } = judged;
        let (mut central_authorities, mut conditions) = (Vec::new(), Vec::new());
        if standing != Standing::Refused {
            conditions = self.treaties.conditions(place, kind, self.matter);
            let between_states = !matches!(kind, ChannelKind::EuEevidence | ChannelKind::DomesticProcess);
            if let Some(place) = place.filter(|_| between_states) {
                let of = |side, country| {
                    let known = self.treaties.central_authority(country, kind);
                    let (name, citation) = known.map(|known| (known.name.clone(), known.citation.clone())).unzip();
                    CentralAuthority { side, country, name, citation }
                };
                central_authorities = vec![of(Side::Requesting, self.authority), of(Side::Requested, place)];
            }
        }
        let citations = [vec![self.guide.cite(&self.guide.service().section)], citations].concat();
        Channel { kind, standing, code: Cow::Borrowed(code), sentence, central_authorities, citations, conditions }
    }

    /// A Hague convention is for civil or commercial matters, whomever it is between.
    fn closed_by_matter(&self, kind: ChannelKind) -> Option<Judged> {
        let convention = self.treaties.convention(kind)?;
        match self.matter {
            MatterType::CivilCommercial => None,
            MatterType::Criminal => {
                let sentence = format!(
                    "The guide names the {kind} among its channels, but it covers civil or commercial matters only, \
                     and this matter is criminal."
                );
                Some(Judged::new(Standing::Refused, "CIVIL_OR_COMMERCIAL_ONLY", sentence).citing([&convention.scope]))
            }
            MatterType::Administrative => {
                let sentence = format!(
                    "The {kind} covers civil or commercial matters only; that this administrative matter is one has yet \
                     to be confirmed."
                );
                let judged = Judged::new(Standing::NeedsConfirmation, "ADMINISTRATIVE_MATTER", sentence);
                Some(judged.citing([&convention.scope]))
            }
        }
    }

    /// Between an authority and a contact of one State no channel between States is needed, or none applies.
    fn same_state(&self, place: Country) -> Option<Judged> {
        let (authority, other) = (self.authority.in_sentence(), place.in_sentence());
        if self.authority == place {
            let sentence = format!(
                "The authority and the contact are both of {other}: its domestic process is served, and no channel between \
                 States."
            );
            return Some(Judged::new(Standing::Refused, "DOMESTIC_PROCESS", sentence));
        }
        (self.treaties.state_of(self.authority) == self.treaties.state_of(place)).then(|| {
            let sentence = format!(
                "{authority} and {other} are of one State; what applies between them in place of treaties between \
                 States has yet to be confirmed."
            );
            Judged::new(Standing::NeedsConfirmation, "ONE_STATE", sentence)
        })
    }

    fn hague_evidence(&self, place: Country) -> Judged {
        let kind = ChannelKind::HagueEvidence;
        let judged = self.both_parties(kind, place);
        let accession = self.treaties.convention(kind).and_then(|convention| convention.accession.as_ref());
        if judged.standing == Standing::Refused {
            return judged;
        }
        let (authority, other) = (self.authority.in_sentence(), place.in_sentence());
        match self
            .treaties
            .acceptance(place, self.authority)
            .or_else(|| self.treaties.acceptance(self.authority, place))
        {
            None if judged.code == "PARTY_NOT_RECORDED" => judged,
            None => {
                let sentence = format!(
                    "An accession takes effect only with States that accepted it; it is not recorded that the {kind} is \
                     in force between {authority} and {other}."
                );
                let judged_by = judged.citations;
                Judged::new(Standing::NeedsConfirmation, "ACCEPTANCE_NOT_RECORDED", sentence)
                    .citing(&judged_by)
                    .citing(accession)
            }
            // What is recorded between the two says more than that each of them is a party.
            Some(bond) => {
                let bond = self.bond(kind, bond, &format!("between {authority} and {other}"));
                let open = bond.standing == Standing::Permitted;
                let sure = |citation: &&Citation| !open || citation.confirmation == Confirmation::Confirmed;
                let bond = bond.citing(judged.citations.iter().filter(sure));
                if open { self.judicial(kind, bond) } else { bond }
            }
        }
    }

    /// Whether the authority is one that a convention lets ask; where that is not plain, counsel must confirm it.
    fn judicial(&self, kind: ChannelKind, judged: Judged) -> Judged {
        let article = self.treaties.convention(kind).and_then(|convention| convention.judicial.as_ref());
        match article {
            Some(article) if self.authority_kind != AuthorityKind::Court => {
                let sentence = format!(
                    "{} The {kind} is for judicial authorities: that this authority is one has yet to be confirmed.",
                    judged.sentence
                );
                Judged { standing: Standing::NeedsConfirmation, code: "JUDICIAL_AUTHORITY_ONLY", sentence, ..judged }
                    .citing([article])
            }
            _ => judged,
        }
    }

    fn both_parties(&self, kind: ChannelKind, place: Country) -> Judged {
        let mut citations = Vec::new();
        for country in [self.authority, place] {
            let name = country.in_sentence();
            let Some(bond) = self.treaties.party(kind, country) else {
                let sentence = format!("{name} is not recorded as a party to the {kind}.");
                let convention = self.treaties.convention(kind).map(|convention| &convention.scope);
                return Judged::new(Standing::NeedsConfirmation, "PARTY_NOT_RECORDED", sentence).citing(convention);
            };
            let judged = self.bond(kind, bond, &format!("for {name}"));
            if judged.standing != Standing::Permitted {
                return judged;
            }
            citations.push(&bond.citation);
        }
        let sentence = format!(
            "The {kind} is in force for {} and for {}, and the matter is civil or commercial.",
            self.authority.in_sentence(),
            place.in_sentence()
        );
        Judged::new(Standing::Permitted, "BOTH_PARTIES", sentence).citing(citations)
    }

    fn mlat(&self, place: Country) -> Judged {
        let (authority, other) = (self.authority.in_sentence(), place.in_sentence());
        let Some(bond) =
            self.treaties.mlat(place, self.authority).or_else(|| self.treaties.mlat(self.authority, place))
        else {
            let sentence = format!(
                "No treaty on legal assistance between {authority} and {other} is recorded; the record is not complete."
            );
            return Judged::new(Standing::NeedsConfirmation, "NO_TREATY_RECORDED", sentence);
        };
        let covered = match self.matter {
            MatterType::Criminal => true,
            MatterType::CivilCommercial => bond.covers_civil,
            MatterType::Administrative => false,
        };
        if !covered {
            let sentence = format!("The treaty between {authority} and {other} does not cover a matter of this kind.");
            return Judged::new(Standing::Refused, "MATTER_NOT_COVERED", sentence).citing([&bond.citation]);
        }
        self.bond(ChannelKind::Mlat, bond, &format!("between {authority} and {other}"))
    }

    fn diplomatic(&self, contact: &Contact, addressed: Addressed) -> Judged {
        let home = self.guide.service().recognized_by;
        if let Some(judged) = self.same_state(home) {
            return judged;
        }
        let (authority, other) = (self.authority.in_sentence(), home.in_sentence());
        if addressed.confirmed && self.treaties.state_of(addressed.place) != home {
            let sentence = format!(
                "The guide names diplomatic channels with {other}, but {} is incorporated in {}: whose channel \
                 reaches it has yet to be confirmed.",
                contact.legal_name,
                addressed.place.in_sentence()
            );
            return Judged::new(Standing::NeedsConfirmation, "CONTACT_OF_ANOTHER_STATE", sentence);
        }
        let treaty = self.mlat(home);
        if treaty.standing == Standing::Permitted {
            let sentence = format!(
                "A treaty on legal assistance between {authority} and {other} is in force and goes first; that the \
                 diplomatic channel may be used beside it has yet to be confirmed."
            );
            return Judged::new(Standing::NeedsConfirmation, "TREATY_GOES_FIRST", sentence).citing(&treaty.citations);
        }
        let sentence = format!(
            "The guide recognizes diplomatic channels between {authority} and {other}, which are the way where no treaty \
             is certain."
        );
        Judged::new(Standing::Permitted, "DIPLOMATIC_CHANNEL", sentence)
    }

    /// What one recorded bond says on the day.
    fn bond(&self, kind: ChannelKind, bond: &Bond, between: &str) -> Judged {
        let what = if kind == ChannelKind::Mlat { "treaty on legal assistance".to_owned() } else { kind.to_string() };
        let needs = |code, why: &str| {
            let sentence = format!("It is not certain that the {what} is in force {between}: {why}.");
            Judged::new(Standing::NeedsConfirmation, code, sentence)
        };
        let refused = |code, why: &str| {
            Judged::new(Standing::Refused, code, format!("The {what} is not in force {between}: {why}."))
        };
        let suspended = bond.suspended_from.is_none_or(|from| from <= self.on);
        let judged = match (bond.in_force, bond.confirmation, bond.since) {
            (_, Confirmation::Unconfirmed, _) => needs("UNCONFIRMED", "the record rests on no source that was read"),
            (InForce::No, ..) => {
                needs("NOT_IN_FORCE_WHEN_READ", "it was signed but not in force when the source was written")
            }
            (InForce::Suspended, ..) if suspended => {
                refused("SUSPENDED", "one side suspended it, and no resumption is recorded")
            }
            (InForce::Unknown | InForce::Suspended, ..) => {
                needs("ENTRY_INTO_FORCE_UNKNOWN", "its entry into force was not read, or it may be suspended")
            }
            (InForce::Yes, _, Some(since)) if since > self.on => {
                refused("NOT_YET_IN_FORCE", &format!("it enters into force on {since}"))
            }
            (InForce::Yes, Confirmation::DateUnconfirmed, _) => {
                needs("DATE_UNCONFIRMED", "that it is bound was read, since when was not")
            }
            (InForce::Yes, Confirmation::Confirmed, _) => {
                Judged::new(Standing::Permitted, "IN_FORCE", format!("The {what} is in force {between}."))
            }
        };
        judged.citing([&bond.citation])
    }
}

impl Addressed {
    /// A judgement on a place that the contact is not confirmed to be of opens and closes nothing.
    fn sure(self, judged: Judged, contact: &Contact) -> Judged {
        if self.confirmed || judged.standing == Standing::NeedsConfirmation {
            return judged;
        }
        let sentence = format!(
            "{} Where {} is incorporated is not confirmed, nor that this is the State to address.",
            judged.sentence, contact.legal_name
        );
        Judged { standing: Standing::NeedsConfirmation, code: "INCORPORATION_UNCONFIRMED", sentence, ..judged }
    }
}
