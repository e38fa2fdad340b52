//! Tiers decide which networks run at all.

use viva_core::profile::FaceTier;

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
        assert!(!others.is_empty() && others.iter().all(|&(_, runs)| runs == 0), "{installed:?}: {runs:?}");
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
    assert_eq!(ran, [true, true, true, true, true, false]);
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
