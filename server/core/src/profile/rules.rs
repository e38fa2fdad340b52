//! The profiles as data: one table, read by the position check, the worker, the report and `/api/v1/profiles`.
//! Engineering defaults made from the laws that each row names; not legal advice.

use serde::Serialize;

use super::{FaceTier, Profile};

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

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DataClass {
    /// Recordings, transcripts, cues and scores: sealed under one key, and gone with it after `retention_days`.
    AnswersAndScores,
    /// Landmarks, embeddings, voiceprints: never written at all.
    Biometrics,
    /// Criteria, decision, consents and the audit: stay after the answers have gone, without the candidate's name.
    DecisionRecord,
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
const NO_BIOMETRICS: Retention =
    Retention { class: DataClass::Biometrics, at_least_days: None, at_most_days: Some(0) };

const fn answers(at_least_days: Option<u32>, at_most_days: Option<u32>) -> Retention {
    Retention { class: DataClass::AnswersAndScores, at_least_days, at_most_days }
}

const fn record(at_least_days: Option<u32>) -> Retention {
    Retention { class: DataClass::DecisionRecord, at_least_days, at_most_days: None }
}

const EVERY_INTERVIEW: Review =
    Review { always: true, by: "a person with the authority to decide otherwise" };
const DOUBTFUL_ONES: Review =
    Review { always: false, by: "a person, wherever software could not assess or the candidate asks" };

/// Title VII and the Uniform Guidelines, which every profile of the United States shares.
const UNIFORM_GUIDELINES: Source = Source {
    law: "Uniform Guidelines on Employee Selection Procedures, 29 CFR 1607.4",
    rule: "selection rates by group, told apart below four fifths",
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
        retention: &[answers(None, Some(YEAR)), NO_BIOMETRICS, record(Some(3 * YEAR))],
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
        retention: &[answers(None, Some(YEAR)), NO_BIOMETRICS, record(Some(183))],
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
        retention: &[answers(None, Some(YEAR)), NO_BIOMETRICS, record(Some(183))],
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
    Rules {
        profile: Profile::Us,
        highest_face_tier: FaceTier::Cues,
        separate_consents: WITH_CUES,
        impact_assessment: true,
        mainland_id: false,
        notice: None,
        told: &[SOFTWARE, OTHER_WAY],
        review: DOUBTFUL_ONES,
        retention: &[answers(None, Some(4 * YEAR)), NO_BIOMETRICS, record(Some(YEAR))],
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
    },
    Rules {
        profile: Profile::UsIl,
        highest_face_tier: FaceTier::Quality,
        separate_consents: NO_FACE,
        impact_assessment: true,
        mainland_id: false,
        notice: None,
        told: &[SOFTWARE, OTHER_WAY, "which characteristics the software looks at"],
        review: DOUBTFUL_ONES,
        retention: &[answers(None, Some(3 * YEAR)), NO_BIOMETRICS, record(Some(YEAR))],
        deletion_days: 30,
        explanation_days: None,
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
    },
    Rules {
        profile: Profile::UsNyc,
        highest_face_tier: FaceTier::Cues,
        separate_consents: WITH_CUES,
        impact_assessment: true,
        mainland_id: false,
        notice: Some(NoticeRule { business_days: 10, audit_days: YEAR }),
        told: &[SOFTWARE, OTHER_WAY, "where the summary of the bias audit is published"],
        review: DOUBTFUL_ONES,
        retention: &[answers(None, Some(4 * YEAR)), NO_BIOMETRICS, record(Some(YEAR))],
        deletion_days: 30,
        explanation_days: None,
        sources: &[
            Source {
                law: "NYC Local Law 144, Admin. Code 20-871",
                rule: "notice ten business days before; bias audit of the last year",
            },
            Source { law: "6 RCNY 5-301", rule: "impact ratios of scoring rates" },
            UNIFORM_GUIDELINES,
        ],
    },
    Rules {
        profile: Profile::UsCa,
        highest_face_tier: FaceTier::Cues,
        separate_consents: WITH_CUES,
        impact_assessment: true,
        mainland_id: false,
        notice: None,
        told: &[SOFTWARE, OTHER_WAY],
        review: DOUBTFUL_ONES,
        retention: &[answers(Some(4 * YEAR), None), NO_BIOMETRICS, record(Some(4 * YEAR))],
        deletion_days: 45,
        explanation_days: None,
        sources: &[
            Source {
                law: "2 CCR 11013(c), FEHA rules on automated decisions (2025)",
                rule: "criteria and results are kept for four years",
            },
            Source { law: "CCPA, 11 CCR 7220–7222", rule: "notice before use, opting out, access" },
            UNIFORM_GUIDELINES,
        ],
    },
    Rules {
        profile: Profile::UsCo,
        highest_face_tier: FaceTier::Cues,
        separate_consents: WITH_CUES,
        impact_assessment: true,
        mainland_id: false,
        notice: None,
        told: &[SOFTWARE, OTHER_WAY],
        review: EVERY_INTERVIEW,
        retention: &[answers(None, Some(4 * YEAR)), NO_BIOMETRICS, record(Some(3 * YEAR))],
        deletion_days: 45,
        explanation_days: Some(30),
        sources: &[
            Source {
                law: "Colorado SB 26-189 (2027)",
                rule: "notice; adverse decision explained in 30 days; correction; human review",
            },
            UNIFORM_GUIDELINES,
        ],
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
        retention: &[answers(None, Some(YEAR)), NO_BIOMETRICS, record(Some(YEAR))],
        deletion_days: 15,
        explanation_days: Some(30),
        sources: &[Source { law: "the strictest of the above", rule: "for a place whose law is not known" }],
    },
];
