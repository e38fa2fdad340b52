//! The profiles as data: one table, read by the position check, the worker, the report and `/api/v1/profiles`.
//! Engineering defaults made from the laws that each row names; not legal advice.

use serde::Serialize;

use super::{FaceTier, Profile};
use crate::{demographics::Characteristic, retention::DataClass};

/// What a regime asks for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Rules {
    pub profile: Profile,
    /// The most that a camera picture may be used for.
    pub highest_face_tier: FaceTier,
    /// Each of these is asked for by itself where the position uses it, and none is ticked beforehand.
    pub separate_consents: &'static [&'static str],
    /// The position must name its impact assessment when it uses the face beyond capture quality.
    pub impact_assessment: bool,
    /// Candidates may be asked for the number of their mainland identity card.
    pub mainland_id: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<NoticeRule>,
    /// What the candidate is told before the interview.
    pub told: &'static [&'static str],
    pub review: Review,
    pub retention: &'static [Retention],
    /// What candidates may be asked about themselves, voluntarily, for statistics of fairness.
    pub demographics: &'static [Characteristic],
    /// A request for deletion is carried out within so many days; Viva does it at once.
    pub deletion_days: u32,
    /// An adverse decision is explained within so many days, where the law has a term.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation_days: Option<u32>,
    pub sources: &'static [Source],
}

/// A notice that must have been up before software may score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct NoticeRule {
    /// Monday to Friday; public holidays are the customer's to add.
    pub business_days: u32,
    /// The independent bias audit must not be older than so many days.
    pub audit_days: u32,
}

/// Who must look before something is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Review {
    /// A person reviews every interview, not only the doubtful ones.
    pub always: bool,
    /// Who that is.
    pub by: &'static str,
}

/// How long a class of data is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Retention {
    pub class: DataClass,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least_days: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most_days: Option<u32>,
}

/// A law, and what of it became a rule here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Source {
    pub law: &'static str,
    pub rule: &'static str,
}

const RECORDING: &str = "recording";
const ANALYSIS: &str = "analysis";
const FACE_CUES: &str = "face_cues";
const EXPRESSION: &str = "expression";

const NO_FACE: &[&str] = &[RECORDING, ANALYSIS];
const WITH_CUES: &[&str] = &[RECORDING, ANALYSIS, FACE_CUES];
const SOFTWARE: &str = "that software measures the answers, what it measures, and how the points come about";
const OTHER_WAY: &str = "that review by people alone can be chosen without a disadvantage";

const YEAR: u32 = 365;
/// For how many days each class is kept: `answers` are recordings, transcripts and cues, for which the law has a most only;
/// `reports` and the record of the decision may have a least, too.
const fn retention(answers: Option<u32>, reports: (Option<u32>, Option<u32>), record: u32) -> [Retention; 7] {
    [
        Retention { class: DataClass::Recordings, at_least_days: None, at_most_days: answers },
        Retention { class: DataClass::Transcripts, at_least_days: None, at_most_days: answers },
        Retention { class: DataClass::Cues, at_least_days: None, at_most_days: answers },
        Retention { class: DataClass::Reports, at_least_days: reports.0, at_most_days: reports.1 },
        // For statistics of the last year, as a bias audit wants them.
        Retention { class: DataClass::Demographics, at_least_days: None, at_most_days: Some(YEAR) },
        Retention { class: DataClass::Biometrics, at_least_days: None, at_most_days: Some(0) },
        Retention { class: DataClass::DecisionRecord, at_least_days: Some(record), at_most_days: None },
    ]
}

/// Race and ethnicity are a special category there (GDPR Art. 9), or asked by nobody.
const SEX_AND_AGE: &[Characteristic] = &[Characteristic::Sex, Characteristic::AgeGroup];
const EEO: &[Characteristic] =
    &[Characteristic::Sex, Characteristic::RaceEthnicity, Characteristic::AgeGroup];

const EVERY_INTERVIEW: Review =
    Review { always: true, by: "a person with the authority to decide otherwise" };
const DOUBTFUL_ONES: Review =
    Review { always: false, by: "a person, wherever software could not assess or the candidate asks" };

/// Title VII and the Uniform Guidelines, which every profile of the United States shares.
const UNIFORM_GUIDELINES: Source = Source {
    law: "Uniform Guidelines on Employee Selection Procedures, 29 CFR 1607.4",
    rule: "selection rates by group, told apart below four fifths",
};

/// What the United States' own laws ask for; a state's profile says what it has otherwise.
const UNITED_STATES: Rules = Rules {
    profile: Profile::Us,
    highest_face_tier: FaceTier::Cues,
    separate_consents: WITH_CUES,
    impact_assessment: true,
    mainland_id: false,
    notice: None,
    told: &[SOFTWARE, OTHER_WAY],
    review: DOUBTFUL_ONES,
    retention: &retention(Some(4 * YEAR), (None, Some(4 * YEAR)), YEAR),
    demographics: EEO,
    deletion_days: 30,
    explanation_days: None,
    sources: &[
        UNIFORM_GUIDELINES,
        Source { law: "29 CFR 1602.14", rule: "records of a selection are kept for a year" },
        Source {
            law: "ADA, 42 USC 12112",
            rule: "accommodations; low recognition confidence never lowers a score",
        },
    ],
};

/// One row per profile, in the order of [`Profile::ALL`].
pub(super) const RULES: [Rules; 9] = [
    Rules {
        profile: Profile::Cn,
        highest_face_tier: FaceTier::Expression,
        separate_consents: &[RECORDING, ANALYSIS, FACE_CUES, EXPRESSION],
        impact_assessment: true,
        mainland_id: true,
        notice: None,
        told: &[SOFTWARE, OTHER_WAY, "the weight of the software's part in the selection"],
        review: EVERY_INTERVIEW,
        retention: &retention(Some(YEAR), (None, Some(YEAR)), 3 * YEAR),
        demographics: SEX_AND_AGE,
        deletion_days: 15,
        explanation_days: None,
        sources: &[
            Source {
                law: "PIPL Art. 24",
                rule: "explanation, and the right to refuse a purely automated decision",
            },
            Source {
                law: "PIPL Art. 6, 28",
                rule: "an identity card's number only where the position needs it; masked, sealed, and gone with the rest",
            },
            Source { law: "PIPL Art. 28, 29", rule: "a separate consent for what the face shows" },
            Source { law: "PIPL Art. 55, 56", rule: "an impact assessment, kept for three years" },
            Source {
                law: "人脸识别技术应用安全管理办法 (2025)",
                rule: "nothing of a face leaves the machine or is stored; shortest retention",
            },
        ],
    },
    Rules {
        profile: Profile::Eu,
        highest_face_tier: FaceTier::Quality,
        separate_consents: NO_FACE,
        impact_assessment: true,
        mainland_id: false,
        notice: None,
        told: &[SOFTWARE, OTHER_WAY],
        review: EVERY_INTERVIEW,
        retention: &retention(Some(YEAR), (None, Some(YEAR)), 183),
        demographics: SEX_AND_AGE,
        deletion_days: 30,
        explanation_days: Some(30),
        sources: &[
            Source {
                law: "AI Act (EU) 2024/1689 Art. 5(1)(f)",
                rule: "no inference of emotions; consent does not cure it",
            },
            Source {
                law: "AI Act Art. 14, 26, Annex III 4(a)",
                rule: "human oversight; logs for six months",
            },
            Source { law: "AI Act Art. 86", rule: "an explanation of the software's part in a decision" },
            Source { law: "GDPR Art. 22", rule: "no solely automated decision" },
            Source { law: "GDPR Art. 5(1)(e), 17", rule: "bounded retention; deletion on request" },
        ],
    },
    Rules {
        profile: Profile::Uk,
        highest_face_tier: FaceTier::Quality,
        separate_consents: NO_FACE,
        impact_assessment: true,
        mainland_id: false,
        notice: None,
        told: &[SOFTWARE, OTHER_WAY],
        review: EVERY_INTERVIEW,
        retention: &retention(Some(YEAR), (None, Some(YEAR)), 183),
        demographics: SEX_AND_AGE,
        deletion_days: 30,
        explanation_days: Some(30),
        sources: &[
            Source { law: "UK GDPR Art. 22A–22D", rule: "meaningful human involvement in every decision" },
            Source { law: "UK GDPR Art. 5, 17", rule: "bounded retention; deletion on request" },
            Source {
                law: "ICO, AI in recruitment (2024, 2026)",
                rule: "no inference of emotions or traits from a face",
            },
        ],
    },
    UNITED_STATES,
    Rules {
        profile: Profile::UsIl,
        highest_face_tier: FaceTier::Quality,
        separate_consents: NO_FACE,
        told: &[SOFTWARE, OTHER_WAY, "which characteristics the software looks at"],
        retention: &retention(Some(3 * YEAR), (None, Some(3 * YEAR)), YEAR),
        sources: &[
            Source {
                law: "820 ILCS 42 (AI Video Interview Act)",
                rule: "notice and consent first; deletion within 30 days",
            },
            Source {
                law: "740 ILCS 14 (BIPA)",
                rule: "no face geometry or voiceprint; gone after three years at the latest",
            },
            Source { law: "Illinois HB 3773 (2026)", rule: "notice; no proxies such as an address" },
            UNIFORM_GUIDELINES,
        ],
        ..UNITED_STATES
    },
    Rules {
        profile: Profile::UsNyc,
        notice: Some(NoticeRule { business_days: 10, audit_days: YEAR }),
        told: &[SOFTWARE, OTHER_WAY, "where the summary of the bias audit is published"],
        sources: &[
            Source {
                law: "NYC Local Law 144, Admin. Code 20-871",
                rule: "notice ten business days before; bias audit of the last year",
            },
            Source { law: "6 RCNY 5-301", rule: "impact ratios of scoring rates" },
            UNIFORM_GUIDELINES,
        ],
        ..UNITED_STATES
    },
    Rules {
        profile: Profile::UsCa,
        retention: &retention(Some(4 * YEAR), (Some(4 * YEAR), None), 4 * YEAR),
        deletion_days: 45,
        sources: &[
            Source {
                law: "2 CCR 11013(c), FEHA rules on automated decisions (2025)",
                rule: "criteria and results are kept for four years",
            },
            Source { law: "CCPA, 11 CCR 7220–7222", rule: "notice before use, opting out, access" },
            UNIFORM_GUIDELINES,
        ],
        ..UNITED_STATES
    },
    Rules {
        profile: Profile::UsCo,
        review: EVERY_INTERVIEW,
        retention: &retention(Some(4 * YEAR), (None, Some(4 * YEAR)), 3 * YEAR),
        deletion_days: 45,
        explanation_days: Some(30),
        sources: &[
            Source {
                law: "Colorado SB 26-189 (2027)",
                rule: "notice; adverse decision explained in 30 days; correction; human review",
            },
            UNIFORM_GUIDELINES,
        ],
        ..UNITED_STATES
    },
    Rules {
        profile: Profile::Strict,
        highest_face_tier: FaceTier::Quality,
        separate_consents: NO_FACE,
        impact_assessment: true,
        mainland_id: false,
        notice: None,
        told: &[SOFTWARE, OTHER_WAY],
        review: EVERY_INTERVIEW,
        retention: &retention(Some(YEAR), (None, Some(YEAR)), YEAR),
        demographics: &[],
        deletion_days: 15,
        explanation_days: Some(30),
        sources: &[Source { law: "the strictest of the above", rule: "for a place whose law is not known" }],
    },
];
