//! Measures an answer while the candidate goes on with the next question.

use std::sync::{Arc, atomic::AtomicBool};

use anyhow::{Context, Result};
use serde_json::json;
use viva_core::{
    cue::{Assessed, Cues, Timelines, Transcript},
    id::TakeId,
    interview::{Interview, State, SubmittedAnswer},
    position::Question,
    profile::{FaceTier, analysis_permitted},
    report::AiMode,
};
use viva_media::read::Input;
use viva_store::{Job, ResultKey};

use super::{
    Outcome, TIMELINES,
    basis::{read, terms},
    early, field, follow_up, interview_id, judge,
};
use crate::{
    analysis::{Analyser, Analysis, Request, Sources, ahead::Known},
    app::App,
    clock,
    recording::Place,
};

/// Receiving media and answering pages go first, whatever the networks ask for.
const NICENESS: i32 = 10;

/// The kind of result that holds an [`Analysis`].
pub const ANALYSIS: &str = "analysis";

pub async fn run(app: &Arc<App>, job: &Job) -> Result<Outcome> {
    let (id, question_id): (_, String) = (interview_id(job)?, field(job, "question")?);
    let Some(interview) = app.store.interview(id).await? else { return Ok(Outcome::Done) };
    if matches!(interview.state, State::Withdrawn | State::Erased) || interview.ai_mode == AiMode::HumanOnly {
        return Ok(Outcome::Done);
    }
    let early: Option<TakeId> = field(job, "take")?;
    let Some((question, answer)) = to_measure(&interview, &question_id, early)? else {
        return Ok(Outcome::Done);
    };
    let key = |kind| ResultKey { interview: id, question: question_id.clone(), kind };
    let recording = recording_of(&interview, &answer);
    let permitted = analysis_permitted(&interview, clock::now());
    let measured_early = match permitted {
        Ok(tier) if early.is_none() => early::take(app, id, &question_id, recording.as_deref(), tier).await?,
        _ => None,
    };
    let mut analysis = match (measured_early, &permitted, &answer) {
        (Some(analysis), ..) => analysis,
        (_, Err(withheld), _) => unmeasured(&interview, &question, &answer, withheld),
        (.., SubmittedAnswer::Text(text)) => of_text(&interview, &question, text),
        (.., SubmittedAnswer::Choice(_)) => {
            unmeasured(&interview, &question, &answer, "a choice needs no analysis")
        }
        (_, Ok(tier), SubmittedAnswer::Take(take)) => {
            let place = app.recording_place(id, *take).await?;
            let measured = measure(app, &interview, &question, (*take, place), *tier).await;
            match measured {
                Ok(analysis) => analysis,
                // The last try: the report must come, and say what is missing.
                Err(error) if job.attempts >= job.max_attempts && early.is_none() => {
                    tracing::error!(interview = %id, error = format!("{error:#}"), "an answer could not be analysed");
                    nothing("the analysis failed; a person must look at this answer")
                }
                Err(error) => return Err(error),
            }
        }
    };
    analysis.recording = recording;
    // The candidate may have taken a consent back while this was measured.
    let present = app.store.interview(id).await?;
    match &present {
        Some(now) if now.ai_mode == AiMode::HumanOnly => return Ok(Outcome::Done),
        Some(now) if analysis_permitted(now, clock::now()).ok() < permitted.as_ref().ok().copied() => {
            return Ok(Outcome::Later(clock::now()));
        }
        Some(now) if permitted.is_ok() && early.is_none() => {
            // Somebody waits for it: before everything else.
            follow_up::ask(app, now, &question, &answer, &analysis).await?;
        }
        _ => {}
    }
    if let Some(take) = early {
        let is_awaited = present.is_some_and(|now| awaits(&now, &question_id, take));
        if let Ok(tier) = permitted
            && is_awaited
            && app.result(&key(ANALYSIS)).await?.is_none()
        {
            early::keep(app, id, &question_id, tier, analysis).await?;
        }
        return Ok(Outcome::Done);
    }
    let now = clock::now();
    let timelines = std::mem::take(&mut analysis.timelines);
    if timelines != Timelines::default() {
        app.put_result(&key(TIMELINES), &json!(timelines)).await?;
    }
    app.put_result(&key(ANALYSIS), &json!(analysis)).await?;
    if permitted.is_ok() {
        judge::ask(app, &interview, &question).await?;
    }
    let mut ready = crate::interviews::event(&interview, "transcript.ready", now);
    ready.data["question_id"] = json!(question_id);
    app.store.publish(ready, None, now).await?;
    app.jobs_changed.notify_waiters();
    Ok(Outcome::Done)
}

/// What is to be measured: the answer that was handed in, or before that a take; nothing where that take is out of date.
fn to_measure(
    interview: &Interview,
    question_id: &str,
    early: Option<TakeId>,
) -> Result<Option<(Question, SubmittedAnswer)>> {
    let Some(question) = interview.position.question(question_id) else { return Ok(None) };
    let submitted = interview.answer(question_id).and_then(|answer| answer.submitted.clone());
    let answer = match early {
        None => submitted.context("no answer")?,
        Some(take) => {
            let newest = interview.newest_recording(question_id).map(|(newest, _)| newest);
            if submitted.is_some() || newest != Some(take) {
                return Ok(None);
            }
            SubmittedAnswer::Take(take)
        }
    };
    Ok(Some((question.clone(), answer)))
}

/// Whether `take` may still be the answer, or is, as far as it was not measured as such meanwhile.
fn awaits(interview: &Interview, question_id: &str, take: TakeId) -> bool {
    let submitted = interview.answer(question_id).and_then(|answer| answer.submitted.as_ref());
    let newest = interview.newest_recording(question_id).map(|(newest, _)| newest);
    submitted.map_or(newest == Some(take), |answer| *answer == SubmittedAnswer::Take(take))
}

fn recording_of(interview: &Interview, answer: &SubmittedAnswer) -> Option<String> {
    let SubmittedAnswer::Take(take) = answer else { return None };
    interview.take(*take)?.1.recording.as_ref().map(|recording| recording.sha256.clone())
}

async fn measure(
    app: &Arc<App>,
    interview: &Interview,
    question: &Question,
    (take, place): (TakeId, Place),
    tier: FaceTier,
) -> Result<Analysis> {
    let known = app.live.find(interview.id).and_then(|session| session.ahead.take(take));
    let (app, question, interview) = (Arc::clone(app), question.clone(), interview.clone());
    in_background(move || {
        measure_recording(&app.analyser, &interview, &question, &place, tier, known.as_ref())
    })
    .await?
}

/// Runs `work` on a thread of its own, behind whatever else runs here: a niceness stays with its thread, and the threads of
/// the networks inherit it.
pub async fn in_background<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let (tell, told) = tokio::sync::oneshot::channel();
    std::thread::Builder::new().name("Analysis".into()).spawn(move || {
        if let Err(error) = rustix::process::nice(NICENESS) {
            tracing::debug!(%error, "analysis runs at the priority of everything else");
        }
        // Nobody waits any more when the server stops.
        let _ = tell.send(work());
    })?;
    told.await.context("the analysis panicked")
}

/// Measures a recording as an answer to `question`. Blocks.
pub fn measure_recording(
    analyser: &Analyser,
    interview: &Interview,
    question: &Question,
    place: &Place,
    tier: FaceTier,
    known: Option<&Known>,
) -> Result<Analysis> {
    let terms = terms(question);
    let request = Request {
        language: Some(interview.answer_language(question)),
        question: question.text.in_language(&interview.locale),
        terms: &terms,
        tier,
        observe: interview.position.observations,
    };
    let open = || Ok(Box::new(place.open()?) as Box<dyn Input>);
    analyser.analyse(&open, &request, known, &AtomicBool::new(false), &mut |_| {})
}

/// A written answer is its own transcript, without times.
fn of_text(interview: &Interview, question: &Question, text: &str) -> Analysis {
    let transcript = in_writing(interview, text);
    let language = read(interview, question, &transcript);
    Analysis {
        transcript: Assessed::Present(transcript),
        cues: Cues {
            speech: Assessed::not("a written answer"),
            face: Assessed::not("a written answer"),
            language: Assessed::Present(language),
        },
        ..nothing("")
    }
}

fn in_writing(interview: &Interview, text: &str) -> Transcript {
    let segment = viva_core::cue::Segment { text: text.to_owned(), confidence: 1.0, ..Default::default() };
    Transcript {
        text: text.to_owned(),
        language: interview.locale.clone(),
        mean_confidence: 1.0,
        segments: vec![segment],
    }
}

/// What a person needs to see of an answer that no software measures: its words, where it was not spoken.
pub fn unmeasured(
    interview: &Interview,
    question: &Question,
    answer: &SubmittedAnswer,
    reason: &str,
) -> Analysis {
    let chosen = |ids: &[String]| {
        let options = question.options.iter().filter(|option| ids.contains(&option.id));
        let texts: Vec<_> = options.map(|option| option.text.in_language(&interview.locale)).collect();
        texts.join("; ")
    };
    let text = match answer {
        SubmittedAnswer::Take(_) => return nothing(reason),
        SubmittedAnswer::Text(text) => text.clone(),
        SubmittedAnswer::Choice(ids) => chosen(ids),
    };
    Analysis { transcript: Assessed::Present(in_writing(interview, &text)), ..nothing(reason) }
}

/// An analysis in which no stage ran.
pub fn nothing(reason: &str) -> Analysis {
    Analysis {
        recording: None,
        duration_ms: 0,
        transcript: Assessed::not(reason),
        cues: Cues {
            speech: Assessed::not(reason),
            face: Assessed::not(reason),
            language: Assessed::not(reason),
        },
        timelines: Timelines::default(),
        warnings: Vec::new(),
        models: Vec::new(),
        sources: Sources::default(),
    }
}
