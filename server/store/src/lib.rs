//! Where Viva keeps its state. Traits that the server works with, and the databases that keep them.
//!
//! **Invariant.** A change of an interview, its audit row, its outgoing events and the jobs it causes are one
//! transaction: either all of them happened or none.

mod error;
mod model;
mod sqlite;

pub use error::Error;
pub use model::*;
pub use sqlite::SqliteStore;

use async_trait::async_trait;
use viva_core::{
    error::Refused,
    id::{DeliveryId, EndpointId, EventId, InterviewId, JobId, PositionId},
    interview::Interview,
    position::Position,
    time::Timestamp,
};

pub type Result<T> = std::result::Result<T, Error>;

/// Computes the change of an interview from what is stored.
pub type Decide<'a> = dyn FnMut(&Interview) -> std::result::Result<Change, Refused> + Send + 'a;

#[async_trait]
pub trait Positions {
    /// Stores `position`, replacing the one with the same `position.id`; returns its id (the old one, if replaced).
    async fn put_position(&self, id: PositionId, position: &Position, now: Timestamp) -> Result<PositionId>;
    async fn position(&self, id: PositionId) -> Result<Option<Position>>;
    async fn position_by_external_id(&self, external_id: &str) -> Result<Option<(PositionId, Position)>>;
    async fn positions(&self) -> Result<Vec<(PositionId, Position)>>;
    /// Whether a position, or an interview that is not erased, names the file in a prompt. Reads all of them.
    async fn is_played(&self, file: &str) -> Result<bool>;
}

#[async_trait]
pub trait Interviews {
    async fn insert_interview(&self, token_hash: &[u8; 32], change: Change) -> Result<()>;
    async fn interview(&self, id: InterviewId) -> Result<Option<Interview>>;
    async fn interview_by_token(&self, token_hash: &[u8; 32]) -> Result<Option<Interview>>;
    /// Newest first.
    async fn interviews(&self, before: Option<Timestamp>, limit: u32) -> Result<Vec<Interview>>;
    /// Those of one position, newest first.
    async fn interviews_of_position(&self, position: PositionId, limit: u32) -> Result<Vec<Interview>>;
    /// Those whose candidates ask for a conversation with a person, newest first.
    async fn human_requests(&self, before: Option<Timestamp>, limit: u32) -> Result<Vec<Interview>>;
    /// Reads, decides and writes in one transaction; a refusal changes nothing. When `decide` returns the
    /// interview unchanged (same sequence), nothing is written.
    async fn change_interview(&self, id: InterviewId, decide: &mut Decide<'_>) -> Result<Interview>;
    /// Interviews whose deadline is at or before `now`.
    async fn due_interviews(&self, now: Timestamp, limit: u32) -> Result<Vec<InterviewId>>;
    async fn next_deadline(&self) -> Result<Option<Timestamp>>;
    /// Interviews with an open take or a connection: what a restart must repair.
    async fn live_interviews(&self) -> Result<Vec<InterviewId>>;
    /// Deletes all that is left of an interview, its audit and its certificate too, and notes that one was.
    async fn forget_interview(&self, id: InterviewId, now: Timestamp) -> Result<()>;
}

/// The kind of a result that holds an answer while it is being written.
pub const WRITING: &str = "writing";
/// The kind of a result that holds the candidate's link, for later messages.
pub const LINK: &str = "link";
/// The kind of a result that holds what the candidate says about themselves.
pub const IDENTITY: &str = "identity";

#[async_trait]
pub trait Results {
    async fn put_result(&self, key: &ResultKey, document: &serde_json::Value, now: Timestamp) -> Result<()>;
    async fn result(&self, key: &ResultKey) -> Result<Option<serde_json::Value>>;
    async fn delete_result(&self, key: &ResultKey) -> Result<()>;
    /// The results alone; what the candidate writes or says about themselves is none, and their link is none.
    async fn delete_measures(&self, interview: InterviewId) -> Result<()>;
    /// The results, and the events that told of them; the news of the deletion itself stays.
    async fn delete_results(&self, interview: InterviewId) -> Result<()>;
}

/// What candidates said of themselves for statistics of fairness: apart from the interviews, and read by nothing else.
#[async_trait]
pub trait Demographics {
    async fn put_demographics(
        &self,
        interview: InterviewId,
        document: &serde_json::Value,
        now: Timestamp,
    ) -> Result<()>;
    async fn demographics(&self, interview: InterviewId) -> Result<Option<serde_json::Value>>;
    async fn delete_demographics(&self, interview: InterviewId) -> Result<()>;
}

/// The keys that interviews are sealed with, and what is left of an erased one.
#[async_trait]
pub trait DataKeys {
    async fn data_key(&self, interview: InterviewId) -> Result<Option<WrappedKey>>;
    /// `false` when the interview has (or had) a key already; then nothing changes.
    async fn put_data_key(&self, interview: InterviewId, wrapped: &[u8], now: Timestamp) -> Result<bool>;
    /// Keys that are not destroyed, in order of interview, those behind `after` only.
    async fn data_keys(&self, after: Option<InterviewId>, limit: u32) -> Result<Vec<(InterviewId, Vec<u8>)>>;
    /// `false` when the key is not `old` any more; then nothing changes.
    async fn rewrap_data_key(&self, interview: InterviewId, old: &[u8], new: &[u8]) -> Result<bool>;
    /// For good: the interview never gets another key. Doing it again changes nothing.
    async fn destroy_data_key(&self, interview: InterviewId, now: Timestamp) -> Result<()>;
    /// The first certificate of an interview stays.
    async fn put_deletion_certificate(
        &self,
        interview: InterviewId,
        certificate: &serde_json::Value,
        now: Timestamp,
    ) -> Result<()>;
    async fn deletion_certificate(&self, interview: InterviewId) -> Result<Option<serde_json::Value>>;
}

#[async_trait]
pub trait Jobs {
    /// Stores a job unless one with its key waits already; one that runs is run once more when it ends.
    async fn enqueue(&self, job: NewJob, now: Timestamp) -> Result<()>;
    /// Takes the oldest ready job of one of `kinds`, counting the attempt, for `lease_ms`.
    async fn claim(&self, kinds: &[&str], lease_ms: u64, now: Timestamp) -> Result<Option<Job>>;
    /// Extends the lease; `false` when it was lost.
    async fn heartbeat(&self, job: &Job, lease_ms: u64, now: Timestamp) -> Result<bool>;
    /// Done, or ready again where it was asked for meanwhile; `false` when the lease was lost.
    async fn complete(&self, job: &Job, now: Timestamp) -> Result<bool>;
    /// Ready again at `retry_at`, or dead when `None` or when the attempts are used up.
    async fn fail(&self, job: &Job, error: &str, retry_at: Option<Timestamp>, now: Timestamp)
    -> Result<bool>;
    /// Gives back jobs whose lease ran out; returns how many.
    async fn reap(&self, now: Timestamp) -> Result<u64>;
    /// When the next ready job of these kinds is due.
    async fn next_job_at(&self, kinds: &[&str]) -> Result<Option<Timestamp>>;
    async fn jobs_in_state(&self, state: &str, limit: u32) -> Result<Vec<JobView>>;
    async fn requeue(&self, id: JobId, now: Timestamp) -> Result<bool>;
}

/// Deliveries that one call may repeat.
pub const LARGEST_REPLAY: u32 = 10_000;

#[async_trait]
pub trait Webhooks {
    async fn put_endpoint(&self, endpoint: &Endpoint) -> Result<()>;
    async fn endpoint(&self, id: EndpointId) -> Result<Option<Endpoint>>;
    async fn endpoints(&self) -> Result<Vec<Endpoint>>;
    async fn delete_endpoint(&self, id: EndpointId) -> Result<bool>;
    /// Stores the event and a delivery (with its job) for each enabled endpoint that wants it, or only for `only`.
    async fn publish(&self, event: NewEvent, only: Option<EndpointId>, now: Timestamp) -> Result<()>;
    async fn delivery(&self, id: DeliveryId) -> Result<Option<Delivery>>;
    async fn deliveries(&self, status: Option<DeliveryStatus>, limit: u32) -> Result<Vec<Delivery>>;
    async fn event(&self, id: EventId) -> Result<Option<NewEvent>>;
    async fn record_attempt(&self, id: DeliveryId, attempt: &Attempt) -> Result<()>;
    /// A further delivery of the same event to the same endpoint, now.
    async fn replay(&self, id: DeliveryId, now: Timestamp) -> Result<bool>;
    /// The same for every event that was to be delivered in `[from, until)`, once per event and endpoint, oldest first;
    /// returns how many. At most [`LARGEST_REPLAY`].
    async fn replay_range(
        &self,
        from: Timestamp,
        until: Timestamp,
        only: Option<EndpointId>,
        now: Timestamp,
    ) -> Result<u64>;
}

#[async_trait]
pub trait Access {
    async fn put_api_key(&self, hash: &[u8; 32], name: &str, now: Timestamp) -> Result<()>;
    /// The key's name, when it exists.
    async fn api_key(&self, hash: &[u8; 32]) -> Result<Option<String>>;
    /// The response once given for `key`; [`Error::Refused`] when the request differs.
    async fn idempotent(&self, key: &str, request_hash: &[u8; 32]) -> Result<Option<String>>;
    async fn remember(
        &self,
        key: &str,
        request_hash: &[u8; 32],
        response: &str,
        now: Timestamp,
    ) -> Result<()>;
    /// Cheap check that the database answers.
    async fn ping(&self) -> Result<()>;
}

/// All of it, as the server holds it.
pub trait Store:
    Positions + Interviews + Results + Demographics + DataKeys + Jobs + Webhooks + Access + Send + Sync
{
}
impl<T> Store for T where
    T: Positions + Interviews + Results + Demographics + DataKeys + Jobs + Webhooks + Access + Send + Sync
{
}
