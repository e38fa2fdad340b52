//! From the numbers of all frames to the cues of an answer. Pure: the same numbers give the same cues.

use viva_core::{
    cue::{Blinks, CameraFacing, CaptureQuality, Expression, Face, HeadPose, Smile, Unreadable},
    profile::FaceTier,
    time::Span,
};

use super::{
    expression::LABELS,
    gates,
    observation::{Eyes, Observation, Signals},
    reading, series,
};

/// Step of the curves, in milliseconds.
pub const CURVE_STEP_MS: u64 = 500;

/// A smile begins at the first and ends below the second of these.
const SMILE: (f32, f32) = (0.5, 0.35);
const SMILE_WINDOW_MS: u64 = 400;
const LEAST_SMILE_MS: u64 = 300;
/// By so much the threshold is moved to tell how sure a share is: the error of the score over faces with known smiles.
const SMILE_DOUBT: f32 = 0.1;

/// Degrees off the camera: facing begins within the first and ends beyond the second.
const FACING: (f32, f32) = (15.0, 18.0);
const FACING_WINDOW_MS: u64 = 500;
const LEAST_FACING_MS: u64 = 300;
/// Degrees; the error of head poses from landmarks.
const FACING_DOUBT: f32 = 5.0;
const LEAST_AWAY_MS: u64 = 1000;
/// Two frames at the usual pace.
const LEAST_FACES_MS: u64 = 400;

const BLINK: (f32, f32) = (0.5, 0.35);
/// Without blendshapes: share by which the lids are nearer than in the seconds around.
const CLOSING: (f32, f32) = (0.3, 0.2);
const OPEN_WINDOW_MS: u64 = 3000;
/// Eyes closed for longer are no blink.
const LONGEST_BLINK_MS: u64 = 800;

const EXPRESSION_WINDOW_MS: u64 = 1000;
/// Below this, no class is claimed.
const LEAST_CONFIDENCE: f32 = 0.5;
const LEAST_EXPRESSION_MS: u64 = 400;

pub(super) struct Summary {
    pub cues: Face,
    pub smile: Vec<Option<f32>>,
    pub camera_facing: Vec<Option<f32>>,
}

pub(super) fn summarise(
    frames: &[Observation],
    tier: FaceTier,
    interval_ms: u64,
    duration_ms: u64,
) -> Summary {
    let at: Vec<u64> = frames.iter().map(|frame| frame.at_ms).collect();
    let duration_ms = duration_ms.max(at.last().copied().unwrap_or(0));
    let reach = series::reach(&at, interval_ms, duration_ms);
    let unreadable: Vec<_> = frames
        .iter()
        .map(|frame| gates::unreadable(frame, frame.signals.is_some() || tier < FaceTier::Cues))
        .collect();
    let answer = Answer { frames, at, reach, duration_ms, unreadable };
    let mut cues = Face {
        sampled_fps: if duration_ms > 0 { frames.len() as f32 * 1000.0 / duration_ms as f32 } else { 0.0 },
        in_frame_share: share(answer.faces().filter(|&faces| faces > 0).count(), frames.len()),
        faces_max: answer.faces_max(),
        absent: answer.while_faces(|faces| faces == 0),
        others: answer.while_faces(|faces| faces > 1),
        quality: answer.quality(),
        ..Face::default()
    };
    let (mut smile, mut camera_facing) = (answer.no_curve(), answer.no_curve());
    if tier >= FaceTier::Cues {
        cues.not_assessed = gates::stretches(&answer.reach, &answer.unreadable);
        cues.reading = reading::reading(&answer.at, &answer.signal(|signals| signals.gaze_sideways));
        (cues.smile, smile) = answer.smile();
        let facing = answer.camera_facing();
        (cues.camera_facing, camera_facing, cues.looking_away) = (facing.cue, facing.curve, facing.away);
        cues.blinks = answer.blinks();
        cues.head_pose = answer.head_pose();
    }
    if tier >= FaceTier::Expression {
        cues.expressions = answer.expressions();
    }
    Summary { cues, smile, camera_facing }
}

struct Facing {
    cue: Option<CameraFacing>,
    curve: Vec<Option<f32>>,
    /// Known to look elsewhere.
    away: Vec<Span>,
}

struct Answer<'a> {
    frames: &'a [Observation],
    at: Vec<u64>,
    reach: Vec<Span>,
    duration_ms: u64,
    /// Why nothing may be read of a frame.
    unreadable: Vec<Option<Unreadable>>,
}

impl Answer<'_> {
    fn faces(&self) -> impl Iterator<Item = u32> {
        self.frames.iter().map(|frame| frame.faces)
    }

    /// The most faces in two frames running, so that one odd frame makes no second person.
    fn faces_max(&self) -> u32 {
        match self.frames {
            [only] => only.faces,
            frames => frames.windows(2).map(|pair| pair[0].faces.min(pair[1].faces)).max().unwrap_or(0),
        }
    }

    /// Over the frames with a face, or over all where there is none.
    fn quality(&self) -> CaptureQuality {
        let anyone = self.faces().any(|faces| faces > 0);
        let counted = || self.frames.iter().filter(move |frame| frame.faces > 0 || !anyone);
        let median = |mut values: Vec<f32>| series::percentile(&mut values, 0.5);
        let heights: Vec<f32> = self.frames.iter().filter_map(|frame| frame.height_share).collect();
        CaptureQuality {
            face_height_share: (!heights.is_empty()).then(|| median(heights)),
            light: median(counted().map(|frame| frame.quality.light).collect()),
            sharpness: median(counted().map(|frame| frame.quality.sharpness).collect()),
        }
    }

    fn signal<T>(&self, pick: impl Fn(&Signals) -> Option<T>) -> Vec<Option<T>> {
        let readable = self.frames.iter().zip(&self.unreadable);
        readable
            .map(|(frame, unreadable)| match unreadable {
                Some(_) => None,
                None => frame.signals.as_ref().and_then(&pick),
            })
            .collect()
    }

    /// Stretches in which the number of faces is as wanted, for more than a frame: one may be a slip of the detector.
    fn while_faces(&self, wanted: impl Fn(u32) -> bool) -> Vec<Span> {
        let states: Vec<bool> = self.faces().map(wanted).collect();
        series::spans(&self.reach, &states, LEAST_FACES_MS)
    }

    fn no_curve(&self) -> Vec<Option<f32>> {
        vec![None; self.duration_ms.div_ceil(CURVE_STEP_MS) as usize]
    }

    fn curve(&self, values: &[Option<f32>]) -> Vec<Option<f32>> {
        series::curve(&self.at, values, CURVE_STEP_MS, self.duration_ms)
    }

    /// Share of the time in which `values` are known.
    fn share_of_known<T>(&self, spans: &[Span], values: &[Option<T>]) -> f32 {
        let known: u64 = self
            .reach
            .iter()
            .zip(values)
            .filter(|(_, value)| value.is_some())
            .map(|(span, _)| span.duration_ms())
            .sum();
        share(spans.iter().map(|span| span.duration_ms() as usize).sum(), known as usize)
    }

    fn smile(&self) -> (Option<Smile>, Vec<Option<f32>>) {
        let values = self.signal(|signals| signals.smile);
        if values.iter().all(Option::is_none) {
            return (None, self.no_curve());
        }
        let values = series::median_around(&self.at, &values, SMILE_WINDOW_MS);
        let spans_at = |shift: f32| {
            let smiling = series::switch(&values, SMILE.0 + shift, SMILE.1 + shift);
            series::spans(&self.reach, &smiling, LEAST_SMILE_MS)
        };
        let share_at = |shift: f32| self.share_of_known(&spans_at(shift), &values);
        let spans = spans_at(0.0);
        let smile = Smile {
            count: spans.len() as u32,
            share: self.share_of_known(&spans, &values),
            share_range: Some([share_at(SMILE_DOUBT), share_at(-SMILE_DOUBT)]),
            spans,
        };
        (Some(smile), self.curve(&values))
    }

    fn camera_facing(&self) -> Facing {
        let angles = self.signal(|signals| signals.off_camera);
        if angles.iter().all(Option::is_none) {
            return Facing { cue: None, curve: self.no_curve(), away: Vec::new() };
        }
        let towards: Vec<Option<f32>> = series::mean_around(&self.at, &angles, FACING_WINDOW_MS)
            .into_iter()
            .map(|angle| angle.map(|angle| -angle))
            .collect();
        let facing_at = |shift: f32| series::switch(&towards, -FACING.0 - shift, -FACING.1 - shift);
        let spans_of = |facing: &[bool]| series::spans(&self.reach, facing, LEAST_FACING_MS);
        let share_at = |shift: f32| self.share_of_known(&spans_of(&facing_at(shift)), &angles);
        let facing = facing_at(0.0);
        let spans = spans_of(&facing);
        let away: Vec<bool> =
            facing.iter().zip(&angles).map(|(&facing, angle)| angle.is_some() && !facing).collect();
        let states: Vec<Option<f32>> = facing
            .iter()
            .zip(&angles)
            .map(|(&facing, angle)| angle.map(|_| f32::from(u8::from(facing))))
            .collect();
        let cue = CameraFacing {
            share: self.share_of_known(&spans, &angles),
            share_range: Some([share_at(-FACING_DOUBT), share_at(FACING_DOUBT)]),
            spans,
        };
        Facing {
            cue: Some(cue),
            curve: self.curve(&states).into_iter().map(|part| part.map(f32::round)).collect(),
            away: series::spans(&self.reach, &away, LEAST_AWAY_MS),
        }
    }

    /// Closures between two looks at open eyes. A blink lasts a tenth of a second to four: at 5 frames per second
    /// many fall between the frames and are not counted.
    fn blinks(&self) -> Option<Blinks> {
        let eyes = self.signal(|signals| signals.eyes);
        if eyes.iter().all(Option::is_none) {
            return None;
        }
        let openness: Vec<Option<f32>> = eyes
            .iter()
            .map(|eyes| match eyes {
                Some(Eyes::Openness(openness)) => Some(*openness),
                _ => None,
            })
            .collect();
        let usual = series::median_around(&self.at, &openness, OPEN_WINDOW_MS);
        let mut closed = false;
        let states: Vec<Option<bool>> = eyes
            .iter()
            .zip(usual)
            .map(|(eyes, usual)| {
                let (value, (on, off)) = match ((*eyes)?, usual) {
                    (Eyes::Blink(blink), _) => (blink, BLINK),
                    (Eyes::Openness(openness), Some(usual)) if usual > 0.0 => {
                        (1.0 - openness / usual, CLOSING)
                    }
                    (Eyes::Openness(_), _) => return None,
                };
                closed = value >= if closed { off } else { on };
                Some(closed)
            })
            .collect();
        Some(Blinks { count: self.closures(&states) })
    }

    fn closures(&self, closed: &[Option<bool>]) -> u32 {
        let mut count = 0;
        let mut since = None;
        let mut before = None;
        for (state, reach) in closed.iter().zip(&self.reach) {
            match (before, state) {
                (Some(false), Some(true)) => since = Some(reach.start_ms),
                (Some(true), Some(false)) => {
                    let took = since.take().map(|since: u64| reach.start_ms.saturating_sub(since));
                    count += u32::from(took.is_some_and(|took| took <= LONGEST_BLINK_MS));
                }
                (_, None) => since = None,
                _ => {}
            }
            before = *state;
        }
        count
    }

    fn head_pose(&self) -> Option<HeadPose> {
        let angles: Vec<_> = self.signal(|signals| signals.head).into_iter().flatten().collect();
        (!angles.is_empty()).then(|| HeadPose {
            yaw: series::spread(angles.iter().map(|angles| angles.yaw).collect()),
            pitch: series::spread(angles.iter().map(|angles| angles.pitch).collect()),
            roll: series::spread(angles.iter().map(|angles| angles.roll).collect()),
        })
    }

    /// Stretches of one class, each with the mean of its smoothed probability. Where no class reaches
    /// one half, nothing is claimed.
    fn expressions(&self) -> Option<Vec<Expression>> {
        let frames = self.signal(|signals| signals.expression);
        if frames.iter().all(Option::is_none) {
            return None;
        }
        let smooth: Vec<Vec<Option<f32>>> = (0..LABELS.len())
            .map(|class| {
                let values: Vec<_> = frames.iter().map(|frame| frame.map(|frame| frame[class])).collect();
                series::mean_around(&self.at, &values, EXPRESSION_WINDOW_MS)
            })
            .collect();
        let likeliest: Vec<Option<usize>> = (0..frames.len())
            .map(|frame| {
                let probability = |class: &usize| smooth[*class][frame];
                let best = (0..LABELS.len()).max_by(|one, other| {
                    probability(one).unwrap_or(0.0).total_cmp(&probability(other).unwrap_or(0.0))
                })?;
                probability(&best).filter(|&confidence| confidence >= LEAST_CONFIDENCE).map(|_| best)
            })
            .collect();
        let mut expressions = Vec::new();
        for (class, label) in LABELS.iter().enumerate() {
            let states: Vec<bool> = likeliest.iter().map(|&best| best == Some(class)).collect();
            for span in series::spans(&self.reach, &states, LEAST_EXPRESSION_MS) {
                let within: Vec<f32> = self
                    .at
                    .iter()
                    .zip(&smooth[class])
                    .filter(|&(&at, _)| span.start_ms <= at && at < span.end_ms)
                    .filter_map(|(_, value)| *value)
                    .collect();
                expressions.push(Expression {
                    start_ms: span.start_ms,
                    end_ms: span.end_ms,
                    label: (*label).to_owned(),
                    confidence: within.iter().sum::<f32>() / within.len().max(1) as f32,
                });
            }
        }
        expressions.sort_by_key(|expression| expression.start_ms);
        Some(expressions)
    }
}

fn share(part: usize, whole: usize) -> f32 {
    if whole > 0 { part as f32 / whole as f32 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::quality::Quality;

    /// A frame every 200 ms, each looking so many degrees past the camera.
    fn looking(degrees: &[Option<f32>]) -> Face {
        let frame = |(index, off_camera): (usize, &Option<f32>)| Observation {
            at_ms: index as u64 * 200,
            faces: 1,
            quality: Quality { light: 120.0, sharpness: 90.0 },
            height_pixels: Some(200.0),
            height_share: Some(0.4),
            signals: Some(Signals { off_camera: *off_camera, ..Signals::default() }),
        };
        let frames: Vec<_> = degrees.iter().enumerate().map(frame).collect();
        summarise(&frames, FaceTier::Cues, 200, frames.len() as u64 * 200).cues
    }

    #[test]
    fn looking_away_is_a_stretch_and_not_a_glance() {
        let mut degrees = vec![Some(4.0); 50];
        degrees[10..20].fill(Some(40.0));
        degrees[30..33].fill(Some(40.0));
        // Where nothing is known nobody looks away.
        degrees[40..].fill(None);
        let found = looking(&degrees);
        let [away] = found.looking_away[..] else { panic!("{:?}", found.looking_away) };
        assert!(away.start_ms.abs_diff(2000) <= 300 && away.end_ms.abs_diff(4000) <= 300, "{away:?}");
        let facing = found.camera_facing.unwrap();
        assert!((facing.share - 27.0 / 40.0).abs() < 0.06, "{facing:?}");
    }

    #[test]
    fn a_share_near_its_threshold_is_unsure() {
        let sure = looking(&[Some(4.0); 20]).camera_facing.unwrap();
        assert_eq!((sure.share, sure.share_range), (1.0, Some([1.0, 1.0])));
        let unsure = looking(&[Some(14.0); 20]).camera_facing.unwrap();
        assert_eq!((unsure.share, unsure.share_range), (1.0, Some([0.0, 1.0])));
    }
}
