//! Tiers decide which networks run at all.

use viva_core::{
    consent::{Consent, Purpose, allowed_face_tier},
    position::Position,
    profile::{FaceTier, Profile},
    time::Timestamp,
};

use crate::material::{self, ALL, Installed, frame, look, or_skip};

#[test]
fn tier_1_runs_the_detector_and_nothing_else() {
    for installed in ALL {
        let mut stage = or_skip!(material::stage(installed));
        let picture = or_skip!(material::picture("happy"));
        let mut session = stage.start(FaceTier::Quality, 5.0).expect("a session");
        for index in 0..5 {
            session.frame(frame(&picture, index * 200)).expect("a frame");
        }
        let runs = session.runs();
        let (detector, others) = runs.split_first().expect("networks are loaded");
        assert!(detector.1 >= 5, "{installed:?}: {runs:?}");
        assert!(others.is_empty(), "no other network has a session: {installed:?}: {runs:?}");
        let result = session.finish(1000);
        assert_eq!(result.cues.in_frame_share, 1.0);
        assert_eq!((result.cues.smile, result.cues.camera_facing, result.cues.blinks), (None, None, None));
        assert_eq!((result.cues.head_pose, result.cues.expressions), (None, None));
        assert_eq!((result.smile, result.camera_facing), (vec![None; 2], vec![None; 2]));
        assert_eq!(result.models.len(), 1, "{:?}", result.models);
    }
}

#[test]
fn tier_2_does_not_run_the_expression_network() {
    let mut stage = or_skip!(material::stage(Installed::Everything));
    let picture = or_skip!(material::picture("happy"));
    let mut session = stage.start(FaceTier::Cues, 5.0).expect("a session");
    session.frame(frame(&picture, 0)).expect("a frame");
    let ran: Vec<bool> = session.runs().iter().map(|&(_, runs)| runs > 0).collect();
    assert_eq!(ran, [true; 5], "and the expression network has no session");
    let result = session.finish(200);
    assert_eq!(result.cues.expressions, None);
    assert_eq!(result.models.len(), 5);
}

#[test]
fn runs_are_those_of_one_answer() {
    let mut stage = or_skip!(material::stage(Installed::Fresh));
    let picture = or_skip!(material::picture("happy"));
    look(&mut stage, FaceTier::Expression, &picture);
    let next = stage.start(FaceTier::Quality, 5.0).expect("a session");
    assert!(next.runs().iter().all(|&(_, runs)| runs == 0));
    assert!(next.finish(0).models.is_empty(), "no frame, no model took part");
}

/// A position that asks for everything, whatever its profile; the position check would refuse most of them.
fn greedy(profile: Profile) -> Position {
    serde_json::from_value(serde_json::json!({
        "id": "p", "title": "P", "profile": profile, "languages": ["en"], "face": { "tier": "expression" },
        "dimensions": [{ "name": "all", "weight": 100 }],
        "questions": [{ "id": "q", "text": "Q?", "answer_seconds": 30 }]
    }))
    .expect("a position")
}

fn consents(granted: &[Purpose]) -> Vec<Consent> {
    let consent = |purpose: &Purpose| Consent {
        purpose: *purpose,
        granted: true,
        text_version: "1".into(),
        language: None,
        text_sha256: None,
        at: Timestamp(0),
    };
    granted.iter().map(consent).collect()
}

#[test]
fn no_profile_ever_loads_what_it_forbids() {
    let everything = [Purpose::Recording, Purpose::Analysis, Purpose::FaceCues, Purpose::Expression];
    for profile in Profile::ALL {
        // Sessions are made once and kept, so every profile gets a stage of its own.
        let mut stage = or_skip!(material::stage(Installed::Everything));
        let picture = or_skip!(material::picture("happy"));
        assert_eq!(stage.loaded().len(), 1, "{profile}: the detector alone");
        let position = greedy(profile);
        let tier = allowed_face_tier(&position, &consents(&everything));
        look(&mut stage, tier, &picture);
        let sessions = match profile {
            Profile::Cn => 6,
            Profile::Us | Profile::UsNyc | Profile::UsCa | Profile::UsCo => 5,
            Profile::Eu | Profile::Uk | Profile::UsIl | Profile::Strict => 1,
        };
        assert_eq!(stage.loaded().len(), sessions, "{profile}: {:?}", stage.loaded());
        let refused = greedy(profile).problems();
        let is_refused = refused.iter().any(|problem| problem.field == "face.tier");
        assert_eq!(is_refused, profile != Profile::Cn, "{profile}: {refused:?}");
    }
}

#[test]
fn without_its_own_consent_no_network_is_loaded() {
    for (granted, sessions) in [
        (&[Purpose::Recording, Purpose::Analysis][..], 1),
        (&[Purpose::Recording, Purpose::Analysis, Purpose::Expression], 1),
        (&[Purpose::Recording, Purpose::Analysis, Purpose::FaceCues], 5),
    ] {
        let mut stage = or_skip!(material::stage(Installed::Everything));
        let picture = or_skip!(material::picture("happy"));
        look(&mut stage, allowed_face_tier(&greedy(Profile::Cn), &consents(granted)), &picture);
        assert_eq!(stage.loaded().len(), sessions, "{granted:?}: {:?}", stage.loaded());
    }
}
