//! What the store keeps beside the domain's own types.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use viva_core::{
    id::{DeliveryId, EndpointId, EventId, InterviewId, JobId},
    interview::Interview,
    time::Timestamp,
};

/// A decided change of an interview and everything that must be stored with it.
#[derive(Clone, Debug)]
pub struct Change {
    pub interview: Interview,
    pub at: Timestamp,
    /// `candidate`, `server`, or an API key's name.
    pub actor: String,
    /// What happened, in snake_case.
    pub action: &'static str,
    pub events: Vec<NewEvent>,
    pub jobs: Vec<NewJob>,
}

/// One event for the customer's endpoints.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NewEvent {
    pub id: EventId,
    #[serde(rename = "type")]
    pub kind: String,
    pub interview_id: Option<InterviewId>,
    pub at: Timestamp,
    /// The `data` of the webhook.
    pub data: Value,
}

#[derive(Clone, Debug)]
pub struct NewJob {
    pub id: JobId,
    pub kind: &'static str,
    pub payload: Value,
    pub dedupe_key: Option<String>,
    pub interview_id: Option<InterviewId>,
    pub max_attempts: u32,
    pub run_at: Timestamp,
}

/// A claimed job: this worker's until the lease ends.
#[derive(Clone, Debug)]
pub struct Job {
    pub id: JobId,
    pub kind: String,
    pub payload: Value,
    /// This one included.
    pub attempts: u32,
    pub max_attempts: u32,
    pub lease_token: String,
}

/// A job as operators see it.
#[derive(Clone, Debug, Serialize)]
pub struct JobView {
    pub id: JobId,
    pub kind: String,
    pub state: String,
    pub attempts: u32,
    pub run_at: Timestamp,
    pub last_error: Option<String>,
}

/// Where a result belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultKey {
    pub interview: InterviewId,
    /// Empty for the whole interview.
    pub question: String,
    pub kind: &'static str,
}

/// What the store knows of an interview's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WrappedKey {
    /// Wrapped by a master key.
    Present(Vec<u8>),
    /// The interview was erased.
    Destroyed,
}

#[derive(Clone, Debug)]
pub struct Endpoint {
    pub id: EndpointId,
    pub url: String,
    pub description: String,
    /// Empty means all.
    pub events: Vec<String>,
    /// Newest first.
    pub secrets: Vec<Secret>,
    /// Ids only in the body.
    pub thin: bool,
    pub enabled: bool,
    pub disabled_reason: Option<String>,
    pub created_at: Timestamp,
}

/// A signing secret; while it rotates the old one signs beside the new one until `ends_at`.
#[derive(Clone, Serialize, Deserialize)]
pub struct Secret {
    /// Standard Webhooks form, `whsec_` and base64.
    pub value: String,
    pub ends_at: Option<Timestamp>,
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secret").field("ends_at", &self.ends_at).finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStatus {
    Pending,
    Delivered,
    Failed,
}

impl DeliveryStatus {
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }

    pub(crate) fn parse(name: &str) -> Self {
        match name {
            "delivered" => Self::Delivered,
            "failed" => Self::Failed,
            _ => Self::Pending,
        }
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct Delivery {
    pub id: DeliveryId,
    pub event_id: EventId,
    #[serde(rename = "type")]
    pub kind: String,
    pub interview_id: Option<InterviewId>,
    pub endpoint_id: EndpointId,
    pub status: DeliveryStatus,
    pub attempts: u32,
    pub next_attempt_at: Option<Timestamp>,
    /// HTTP status of the last attempt.
    pub last_status: Option<u16>,
    pub last_error: Option<String>,
    pub created_at: Timestamp,
    pub delivered_at: Option<Timestamp>,
}

/// What came of one attempt.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub at: Timestamp,
    pub status: Option<u16>,
    pub error: Option<String>,
    pub outcome: DeliveryStatus,
    pub next_attempt_at: Option<Timestamp>,
}

/// The job kind that carries a delivery.
pub const DELIVER: &str = "deliver";
