//! Everything that is kept about one candidate, as one ZIP archive that is written while it is sent: neither memory nor
//! disk holds it, and sealed recordings are opened piece by piece.

use std::{
    io::{self, BufReader, Write},
    time::Duration,
};

use anyhow::Result;
use axum::body::Bytes;
use serde_json::{Value, json};
use tokio::{runtime::Handle, sync::mpsc, time};
use viva_core::{
    cue::Assessed,
    interview::{Interview, SubmittedAnswer},
    retention::DataClass,
    take::Take,
    writing::Writing,
};
use viva_media::seal::MAX_RECORD;
use viva_store::ResultKey;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use crate::{analysis::Analysis, app::App, consent_copy, recording::Place, worker};

/// Pieces of the archive that wait for a slow reader.
const PIECES_AHEAD: usize = 4;
/// A reader that takes nothing for so long has left.
const PATIENCE: Duration = Duration::from_mins(1);

/// What goes into the archive: small things as they are, recordings by their places.
pub struct OwnData {
    documents: Vec<(String, Vec<u8>)>,
    recordings: Vec<(String, Place)>,
}

impl OwnData {
    /// Gathers what is kept about the candidate of `interview`. What the position keeps from candidates stays out.
    pub async fn gather(app: &App, interview: &Interview) -> Result<Self> {
        let mut documents = vec![
            ("README.txt".to_owned(), read_me(&interview.locale).into()),
            ("interview.json".to_owned(), pretty(&record(interview))?),
            ("consents.txt".to_owned(), consent_copy::of(interview).into_bytes()),
        ];
        let identity = app.identity(interview.id).await?;
        if !identity.is_empty() {
            documents.push(("identity.json".to_owned(), pretty(&json!(identity))?));
        }
        let mut recordings = Vec::new();
        for answer in &interview.answers {
            let (question, kind) = (answer.question_id.clone(), worker::ANALYSIS);
            let found = app.result(&ResultKey { interview: interview.id, question, kind }).await?;
            let analysis: Option<Analysis> = found.map(serde_json::from_value).transpose()?;
            let spoken = matches!(answer.submitted, Some(SubmittedAnswer::Take(_)));
            if let Some(Assessed::Present(transcript)) = analysis.map(|found| found.transcript)
                && spoken
            {
                documents
                    .push((format!("transcripts/{}.json", answer.question_id), pretty(&json!(transcript))?));
            }
            let writing = app.writing(interview.id, &answer.question_id).await?;
            if writing != Writing::default() {
                documents.push((format!("writing/{}.json", answer.question_id), pretty(&json!(writing))?));
            }
            let is_kept = !interview.is_deleted(DataClass::Recordings);
            for take in answer.takes.iter().filter(|take| is_kept && take.recording.is_some()) {
                let place = app.recording_place(interview.id, take.id).await?;
                recordings.push((recording_name(&answer.question_id, take), place));
            }
        }
        let report = worker::stored(app, interview.id).await?;
        let noticed = report.iter().flat_map(|report| &report.integrity_flags);
        let noticed: Vec<_> = noticed.filter(|flag| flag.question_id.is_some()).collect();
        if !noticed.is_empty() {
            documents.push(("noticed.json".to_owned(), pretty(&json!(noticed))?));
        }
        let said = app.demographics(interview.id).await?;
        if !said.is_empty() {
            documents.push(("demographics.json".to_owned(), pretty(&json!(said))?));
        }
        if interview.position.share_report
            && let Some(report) = report
        {
            documents.push(("report.json".to_owned(), pretty(&json!(report))?));
        }
        Ok(Self { documents, recordings })
    }

    /// The archive, piece by piece. `until_sent` is dropped when it is over, however it ends.
    pub fn stream<T: Send + 'static>(self, until_sent: T) -> mpsc::Receiver<io::Result<Bytes>> {
        let (pieces, receiver) = mpsc::channel(PIECES_AHEAD);
        let runtime = Handle::current();
        tokio::task::spawn_blocking(move || {
            let written = self.write(Pieces { pieces: pieces.clone(), runtime: runtime.clone() });
            if let Err(error) = written
                && error.kind() != io::ErrorKind::BrokenPipe
            {
                tracing::error!(%error, "a candidate's own data could not be read to the end");
                // The reader must not take what came so far for the whole.
                let _ = runtime.block_on(time::timeout(PATIENCE, pieces.send(Err(error))));
            }
            drop(until_sent);
        });
        receiver
    }

    fn write(self, to: impl Write) -> io::Result<()> {
        let mut archive = ZipWriter::new_stream(to);
        let text = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        for (name, bytes) in self.documents {
            archive.start_file(name, text)?;
            archive.write_all(&bytes)?;
        }
        // They are compressed already.
        let media =
            SimpleFileOptions::default().compression_method(CompressionMethod::Stored).large_file(true);
        for (name, place) in self.recordings {
            let mut file = BufReader::with_capacity(MAX_RECORD, place.open()?);
            archive.start_file(name, media)?;
            io::copy(&mut file, &mut archive)?;
        }
        archive.finish()?.into_inner().flush()
    }
}

/// Writes into the channel; fails as a closed pipe does when nobody reads any more.
struct Pieces {
    pieces: mpsc::Sender<io::Result<Bytes>>,
    runtime: Handle,
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sending = self.pieces.send(Ok(Bytes::copy_from_slice(bytes)));
        match self.runtime.block_on(time::timeout(PATIENCE, sending)) {
            Ok(Ok(())) => Ok(bytes.len()),
            Ok(Err(_)) | Err(_) => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The interview without the employer's own secrets: how it scores, and who there did what.
fn record(interview: &Interview) -> Value {
    let mut record = json!(interview);
    let position = &interview.position;
    let text = |text: &viva_core::position::Text| text.in_language(&interview.locale).to_owned();
    record["position"] = json!({
        "id": position.id,
        "title": text(&position.title),
        "organisation": position.organisation.as_ref().map(text),
        "profile": position.profile,
        "retention_days": position.retention_days,
        "questions": position.questions.iter().map(|question| json!({
            "id": question.id, "kind": question.kind, "text": text(&question.text),
        })).collect::<Vec<_>>(),
    });
    record["decision"] = match &interview.decision {
        Some(decision) if position.share_report => {
            json!({ "outcome": decision.outcome, "at": decision.at, "reason": decision.reason })
        }
        _ => Value::Null,
    };
    record
}

fn recording_name(question: &str, take: &Take) -> String {
    format!("recordings/{question}-take-{}.webm", take.number)
}

fn pretty(value: &Value) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec_pretty(value)
}

fn read_me(locale: &str) -> &'static str {
    match locale {
        "zh" => {
            "这里是本系统保存的、与您有关的全部内容。\n\n\
             interview.json  面试记录：您的回答、草稿、设置和时间（时间为 UTC 毫秒）\n\
             identity.json   您填写的个人信息\n\
             consents.txt    您看到的同意书全文和您的每一次决定\n\
             transcripts/    您的回答的文字稿\n\
             writing/        您书写回答的过程\n\
             recordings/     您的录像，包括没有提交的（WebM，浏览器可以播放）\n\
             demographics.json  您自愿填写的个人情况（仅用于公平性统计）\n\
             report.json     分析报告，仅当用人单位允许查看时\n"
        }
        _ => {
            "This is everything that is stored about you here.\n\n\
             interview.json  the interview: your answers, notes, settings and times (milliseconds, UTC)\n\
             identity.json   what you said about yourself when you were asked\n\
             consents.txt    the texts that you were shown, and each of your decisions\n\
             transcripts/    your answers, written down\n\
             writing/        how you wrote your written answers\n\
             recordings/     your recordings, also those you did not send (WebM; any browser plays them)\n\
             demographics.json  what you said about yourself for statistics of fairness, if you did\n\
             report.json     the report, where the employer lets candidates see it\n"
        }
    }
}
