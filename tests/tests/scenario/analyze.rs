//! `viva analyze`: the whole analysis of a file, as its user runs it.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use viva_tests::{repository, run, shared, viva};

fn analyze(models: bool, file: &Path) -> Result<Output> {
    Ok(viva(models).arg("analyze").arg(file).args(["--json", "--all-cues"]).output()?)
}

fn found(models: bool, file: &Path) -> Result<Value> {
    let output = analyze(models, file)?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn complaint(file: &Path) -> Result<String> {
    let output = analyze(false, file)?;
    ensure!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    Ok(String::from_utf8(output.stderr)?)
}

#[test]
fn a_smile_is_found_from_its_beginning_to_the_end() -> Result<()> {
    let Some(shared) = shared() else { return Ok(()) };
    let found = found(true, &shared.join("media/single_face.mp4"))?;
    let face = &found["cues"]["face"];
    assert_eq!((&face["in_frame_share"], &face["faces_max"]), (&1.0.into(), &1.into()), "{face}");
    let spans = face["smile"]["spans"].as_array().context("no spans")?;
    let [span] = &spans[..] else { panic!("{spans:?}") };
    let (start, end) = (span["start_ms"].as_u64().context("no start")?, span["end_ms"].as_u64());
    assert!((500..=1100).contains(&start), "{start}");
    let end = end.context("no end")?;
    let duration = found["duration_ms"].as_u64().context("no duration")?;
    assert!(end + 200 >= duration, "the smile ends at {end} of {duration} ms");
    assert!(
        found["transcript"]["text"].is_string(),
        "the sound is MPEG audio layer II: {}",
        found["transcript"]
    );
    Ok(())
}

#[test]
fn without_a_face_nothing_is_claimed() -> Result<()> {
    let Some(shared) = shared() else { return Ok(()) };
    let found = found(true, &shared.join("media/no_face.mp4"))?;
    let face = &found["cues"]["face"];
    assert_eq!((&face["in_frame_share"], &face["faces_max"]), (&0.0.into(), &0.into()), "{face}");
    for cue in ["smile", "camera_facing", "head_pose", "blinks", "expressions"] {
        assert!(face[cue].is_null(), "{cue}: {face}");
    }
    Ok(())
}

/// Four seconds of a speaker in the picture, four of nobody, four of two people; then the other one has the word.
#[test]
fn who_is_there_and_who_speaks_is_told_with_its_times() -> Result<()> {
    let Some(shared) = shared() else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    let at = |name: &str| folder.path().join(name);
    let say = |voice: &str, words: &str, name: &str| -> Result<()> {
        run(Command::new("flite").args(["-voice", voice, "-t", words, "-o"]).arg(at(name)))?;
        Ok(())
    };
    say("rms", "Last year we opened three new markets, and I wrote the plan for all of them.", "one.wav")?;
    say("slt", "Tell them that it was two million.", "two.wav")?;
    let pictures = "[0]scale=320:240,setsar=1,fps=10,trim=duration=4[a];color=gray:s=320x240:r=10:d=4,setsar=1[n];\
                    [0]scale=160:120[l];[1]scale=160:120[r];[l][r]hstack,pad=320:240:0:60:gray,setsar=1,fps=10,trim=duration=4[b];\
                    [a][n][b]concat=n=3[v];\
                    [2]aresample=16000,apad=whole_dur=6[s];[3]aresample=16000,apad=whole_dur=6[t];[s][t]concat=n=2:v=0:a=1[w]";
    let mut ffmpeg = Command::new("ffmpeg");
    for name in ["neutral", "sad"] {
        ffmpeg
            .args(["-v", "error", "-loop", "1", "-t", "4", "-i"])
            .arg(shared.join(format!("media/fa_{name}.jpg")));
    }
    ffmpeg.arg("-i").arg(at("one.wav")).arg("-i").arg(at("two.wav"));
    ffmpeg.args(["-filter_complex", pictures, "-map", "[v]", "-map", "[w]", "-c:v", "libvpx", "-b:v", "2M"]);
    run(ffmpeg.args(["-c:a", "libopus"]).arg(at("answer.webm")))?;

    let found = found(true, &at("answer.webm"))?;
    let face = &found["cues"]["face"];
    let near = |span: &Value, start: i64, end: i64| {
        let off = |name: &str, wanted: i64| (span[name].as_i64().unwrap_or_default() - wanted).abs();
        off("start_ms", start) <= 300 && off("end_ms", end) <= 300
    };
    ensure!(near(&face["absent"][0], 4000, 8000) && face["absent"][1].is_null(), "{face}");
    ensure!(near(&face["others"][0], 8000, 12_000) && face["others"][1].is_null(), "{face}");
    let voices = &found["cues"]["speech"]["other_voices"];
    let (start, end) = (voices[0]["start_ms"].as_u64(), voices[0]["end_ms"].as_u64());
    ensure!(start.is_some_and(|start| start >= 5700) && end.is_some_and(|end| end <= 10_500), "{voices}");
    Ok(())
}

#[test]
fn speech_is_found_with_its_pauses() -> Result<()> {
    let Some(shared) = shared() else { return Ok(()) };
    let found = found(true, &shared.join("media/jfk.wav"))?;
    let speech = &found["cues"]["speech"];
    let first = speech["first_word_ms"].as_u64().context("no first word")?;
    assert!((200..=450).contains(&first), "{first}");
    // "fellow Americans … ask not … do for you …": read off the waveform.
    let pauses = speech["pauses"].as_array().context("no pauses")?;
    let at = |pause: &Value, name: &str| pause[name].as_i64().unwrap_or_default();
    let paused: i64 = pauses.iter().map(|pause| at(pause, "end_ms") - at(pause, "start_ms")).sum();
    let speech_ms = speech["speech_ms"].as_i64().context("no speech")?;
    let last = i64::try_from(first)? + speech_ms + paused;
    assert!((10_300..=10_900).contains(&last), "{last}");
    for (from, to) in [(2_200, 3_300), (4_400, 5_400), (7_600, 8_200)] {
        let near = |pause: &Value| {
            (at(pause, "start_ms") - from).abs() < 250 && (at(pause, "end_ms") - to).abs() < 250
        };
        assert!(pauses.iter().any(near), "{from}–{to}: {pauses:?}");
    }
    // A model that was trained on synthetic voices alone must not believe itself here.
    if found["note"].is_string() {
        let confidence = found["transcript"]["mean_confidence"].as_f64().context("no confidence")?;
        assert!(confidence < 0.4, "{confidence}");
    }
    Ok(())
}

#[test]
fn the_demonstration_model_scores_nobody() -> Result<()> {
    let Some(shared) = shared() else { return Ok(()) };
    let position = repository().join("server/demo/position.yaml");
    let scores = |may: bool| -> Result<Vec<Value>> {
        let output = viva(true)
            .env("VIVA_MODELS__SCORE_DEMONSTRATION", may.to_string())
            .args(["analyze", "--json", "--language", "en", "--position"])
            .args([&position, &shared.join("media/jfk.wav")])
            .output()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let found: Value = serde_json::from_slice(&output.stdout)?;
        Ok(found["scores"].as_array().context("no scores")?.clone())
    };
    let reason = |score: &Value| score["not_assessed"].as_str().unwrap_or_default().to_owned();
    let named = |scores: &[Value], why: &str| scores.iter().filter(|s| reason(s).contains(why)).count();
    let (refused, allowed) = (scores(false)?, scores(true)?);
    assert!(named(&refused, "demonstration model") > 0, "{refused:?}");
    // Even where it may, a transcript that the model itself does not believe is no evidence.
    assert_eq!(named(&allowed, "confidence"), named(&refused, "demonstration model"), "{allowed:?}");
    Ok(())
}

#[test]
fn missing_models_are_reasons_and_not_errors() -> Result<()> {
    let Some(shared) = shared() else { return Ok(()) };
    let found = found(false, &shared.join("media/single_face.mp4"))?;
    for stage in ["speech", "face", "language"] {
        let reason = found["cues"][stage]["not_assessed"].as_str().context("no reason")?;
        assert!(reason.contains("viva models fetch"), "{reason}");
    }
    Ok(())
}

#[test]
fn damaged_files_get_a_clear_word() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = |name: &str, bytes: &[u8]| -> Result<_> {
        let path = folder.path().join(name);
        fs::write(&path, bytes)?;
        Ok(path)
    };
    assert!(complaint(&folder.path().join("none.webm"))?.contains("no such file"));
    assert!(complaint(&file("words.webm", b"these are words")?)?.contains("not a media file"));
    assert!(complaint(&file("empty.mp4", b"")?)?.contains("empty.mp4"));

    let Some(shared) = shared() else { return Ok(()) };
    let video = fs::read(shared.join("media/single_face.mp4"))?;
    assert!(complaint(&file("cut.mp4", &video[..video.len() / 4])?)?.contains("cut off"));
    let sound = fs::read(shared.join("media/jfk.wav"))?;
    let found = found(true, &file("cut.wav", &sound[..sound.len() / 2])?)?;
    let duration = found["duration_ms"].as_u64().context("no duration")?;
    assert!((5_400..5_600).contains(&duration), "{duration}");
    assert!(found["warnings"][0].as_str().is_some_and(|warning| warning.contains("cut off")), "{found}");
    Ok(())
}
