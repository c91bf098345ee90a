//! Words of the field that more than one service uses; twins of `rogatory/rulebook/v1/vocabulary.proto`.

use crate::words::words;

words! {
    /// What kind of public authority asks.
    AuthorityKind, "authority kind" {
        /// A court or a judge.
        Court = "court",
        /// A public prosecutor.
        Prosecutor = "prosecutor",
        /// A police force or another investigating agency.
        Police = "police",
        /// A customs or tax authority.
        CustomsTax = "customs_tax",
        /// A regulator with powers of investigation.
        Regulator = "regulator",
        /// An intelligence service.
        Intelligence = "intelligence",
        /// A public body that enforces no law.
        OtherPublic = "other_public",
        /// Not a public body: a company, a private person, a law firm.
        Private = "private",
    }
}

words! {
    /// The paper on which a request rests.
    InstrumentKind, "instrument kind" {
        /// A subpoena.
        Subpoena = "subpoena",
        /// A search warrant.
        SearchWarrant = "search_warrant",
        /// A court order.
        CourtOrder = "court_order",
        /// A writ.
        Writ = "writ",
        /// Other similar legal process, named in the instrument's title.
        OtherProcess = "other_process",
        /// A European Production Order, Regulation (EU) 2023/1543.
        EuProductionOrder = "eu_production_order",
        /// A European Preservation Order, Regulation (EU) 2023/1543.
        EuPreservationOrder = "eu_preservation_order",
        /// A letter of request or letters rogatory sent by a central authority.
        LetterOfRequest = "letter_of_request",
        /// No instrument yet: an emergency, with the formal Request to follow.
        EmergencyForm = "emergency_form",
        /// A letter or e-mail without legal force.
        Informal = "informal",
        /// An overseas production order of a court of the United Kingdom, Crime (Overseas Production Orders) Act 2019.
        UkOverseasProductionOrder = "uk_overseas_production_order",
    }
}

words! {
    /// What kind of proceedings the request serves. It decides which channels are open.
    MatterType, "matter type" {
        /// A criminal matter.
        Criminal = "criminal",
        /// A civil or commercial matter.
        CivilCommercial = "civil_commercial",
        /// An administrative matter.
        Administrative = "administrative",
    }
}

words! {
    /// The class of a data element. It decides the level of process.
    DataClass, "data class" {
        /// Who the user is: name, contact data, means of payment.
        Subscriber = "subscriber",
        /// Asked for the sole purpose of identifying the user, Regulation (EU) 2023/1543 Art. 3(10).
        Identification = "identification",
        /// Traffic and transactional records: logins, orders, tracking.
        Transactional = "transactional",
        /// Content of communications between users.
        Content = "content",
    }
}
