//! A message to one candidate on one channel, as a job: tried again until it goes out or can no longer matter.

use std::sync::Arc;

use anyhow::Result;
use serde_json::json;
use viva_core::{id::InterviewId, interview::Interview, time::Timestamp};
use viva_store::{Job, LINK, NewJob, ResultKey, Store};

use super::{Channel, Occasion, Words, gateway};
use crate::{
    app::App,
    interviews,
    keys::Keys,
    results,
    worker::{self, Outcome},
};

fn link_key(interview: InterviewId) -> ResultKey {
    ResultKey { interview, question: String::new(), kind: LINK }
}

/// The messages of an occasion: one for each way in which the candidate can be reached.
pub fn jobs(occasion: Occasion, interview: &Interview, now: Timestamp) -> Vec<NewJob> {
    let candidate = &interview.candidate;
    let ways = [(Channel::Mail, &candidate.email), (Channel::Gateway, &candidate.phone)];
    let named = ways.into_iter().filter(|(_, address)| address.is_some());
    named
        .map(|(channel, _)| {
            let payload = json!({ "occasion": occasion, "channel": channel });
            interviews::job(interview, worker::MESSAGE, payload, now)
        })
        .collect()
}

impl App {
    /// Sends the invitation where a way to do so is configured.
    pub async fn send_invitation(&self, interview: &Interview, link: &str, now: Timestamp) -> Result<()> {
        if self.config.sends_messages() {
            invite(&*self.store, &self.keys, interview, link, now).await?;
        }
        Ok(())
    }
}

/// Queues the invitation on each way in which the candidate can be reached, and returns how many those are. Its link is
/// kept for the reminder, sealed: the token itself lies nowhere in the clear.
pub async fn invite(
    store: &dyn Store,
    keys: &Keys,
    interview: &Interview,
    link: &str,
    now: Timestamp,
) -> Result<usize> {
    let jobs = jobs(Occasion::Invitation, interview, now);
    let ways = jobs.len();
    if ways > 0 {
        results::put(store, keys, &link_key(interview.id), &json!({ "link": link })).await?;
    }
    for job in jobs {
        store.enqueue(job, now).await?;
    }
    Ok(ways)
}

pub async fn run(app: &Arc<App>, client: &reqwest::Client, job: &Job) -> Result<Outcome> {
    let id = worker::interview_id(job)?;
    let (occasion, channel): (Occasion, Channel) =
        (worker::field(job, "occasion")?, worker::field(job, "channel")?);
    let Some(interview) = app.store.interview(id).await? else { return Ok(Outcome::Done) };
    if !app.config.sends_messages() || !still_matters(occasion, &interview) {
        return Ok(Outcome::Done);
    }
    let stored = app.result(&link_key(id)).await?;
    // Nobody was invited by a message: the page is found by the link that HR gave.
    let Some(link) = stored.as_ref().and_then(|stored| stored["link"].as_str()) else {
        return Ok(Outcome::Done);
    };
    let words = Words::new(occasion, &interview, link);
    let name = job.id.to_string();
    let candidate = &interview.candidate;
    let sent = match (channel, &candidate.email, &candidate.phone, &app.mailer) {
        (Channel::Mail, Some(to), _, Some(mailer)) => mailer.send(to, words, &name).await,
        (Channel::Gateway, _, Some(to), _) => {
            let said = (occasion, interview.locale.as_str(), words.short.as_str());
            gateway::send(client, &app.config, to, said, &name).await
        }
        _ => Ok(()),
    };
    match sent {
        Ok(()) => Ok(Outcome::Done),
        Err(error) if error.is_final() => {
            let (occasion, channel) = (json!(occasion), json!(channel));
            tracing::warn!(interview = %id, %occasion, %channel, %error, "a message to a candidate cannot be sent");
            Ok(Outcome::Done)
        }
        Err(error) => Err(error.into()),
    }
}

fn still_matters(occasion: Occasion, interview: &Interview) -> bool {
    match occasion {
        Occasion::Invitation | Occasion::Reminder => interview.state.is_open(),
        Occasion::Receipt => interview.submitted_at.is_some(),
        Occasion::Result => interview.position.share_report && interview.decision.is_some(),
    }
}
