use async_trait::async_trait;
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};
use viva_core::{id::JobId, time::Timestamp};

use super::{SqliteStore, from_json, parse_id, to_json};
use crate::{Job, JobView, Jobs, NewJob, Result};

/// Stores a job unless a live one has the same key. One that runs already has read what it works on, and will run again.
pub(super) async fn insert(connection: &mut SqliteConnection, job: NewJob, now: Timestamp) -> Result<()> {
    sqlx::query(
        "insert into jobs (id, kind, payload, dedupe_key, interview_id, state, max_attempts, run_at, created_at)
         values (?, ?, ?, ?, ?, 'ready', ?, ?, ?)
         on conflict (dedupe_key) where dedupe_key is not null and state in ('ready', 'running')
         do update set asked_again = 1 where state = 'running'",
    )
    .bind(job.id.to_string())
    .bind(job.kind)
    .bind(to_json("job", &job.payload)?)
    .bind(job.dedupe_key)
    .bind(job.interview_id.map(|id| id.to_string()))
    .bind(job.max_attempts)
    .bind(job.run_at.0)
    .bind(now.0)
    .execute(connection)
    .await?;
    Ok(())
}

#[async_trait]
impl Jobs for SqliteStore {
    async fn enqueue(&self, job: NewJob, now: Timestamp) -> Result<()> {
        let mut connection = self.writer.acquire().await?;
        insert(&mut connection, job, now).await
    }

    async fn claim(&self, kinds: &[&str], lease_ms: u64, now: Timestamp) -> Result<Option<Job>> {
        let mut transaction = self.begin().await?;
        // The kinds travel as one JSON array, so that the statement is the same for any number of them.
        let row = sqlx::query(
            "update jobs set state = 'running', attempts = attempts + 1, lease_token = hex(randomblob(16)),
                             lease_until = ?1, asked_again = 0
             where id = (select id from jobs where state = 'ready' and run_at <= ?2
                           and kind in (select value from json_each(?3))
                         order by run_at, id limit 1)
             returning id, kind, payload, attempts, max_attempts, lease_token",
        )
        .bind((now + lease_ms).0)
        .bind(now.0)
        .bind(to_json("kinds", &kinds)?)
        .fetch_optional(&mut *transaction)
        .await?;
        transaction.commit().await?;
        row.map(|row| {
            Ok(Job {
                id: parse_id(row.get("id"))?,
                kind: row.get("kind"),
                payload: from_json("job", row.get("payload"))?,
                attempts: row.get("attempts"),
                max_attempts: row.get("max_attempts"),
                lease_token: row.get("lease_token"),
            })
        })
        .transpose()
    }

    async fn heartbeat(&self, job: &Job, lease_ms: u64, now: Timestamp) -> Result<bool> {
        let done = sqlx::query(
            "update jobs set lease_until = ? where id = ? and lease_token = ? and state = 'running'",
        )
        .bind((now + lease_ms).0)
        .bind(job.id.to_string())
        .bind(&job.lease_token)
        .execute(&self.writer)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    async fn complete(&self, job: &Job, now: Timestamp) -> Result<bool> {
        let done = sqlx::query(
            "update jobs set state = iif(asked_again, 'ready', 'done'), finished_at = iif(asked_again, null, ?1),
                             run_at = iif(asked_again, ?1, run_at), attempts = iif(asked_again, 0, attempts),
                             lease_token = null, lease_until = null
             where id = ?2 and lease_token = ?3 and state = 'running'",
        )
        .bind(now.0)
        .bind(job.id.to_string())
        .bind(&job.lease_token)
        .execute(&self.writer)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    async fn fail(
        &self,
        job: &Job,
        error: &str,
        retry_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<bool> {
        let again = retry_at.filter(|_| job.attempts < job.max_attempts);
        let done = sqlx::query(
            "update jobs set state = iif(?1 is null and not asked_again, 'dead', 'ready'),
                             run_at = coalesce(?1, iif(asked_again, ?2, run_at)),
                             finished_at = iif(?1 is null and not asked_again, ?2, null),
                             attempts = iif(?1 is null and asked_again, 0, attempts), last_error = ?3,
                             lease_token = null, lease_until = null
             where id = ?4 and lease_token = ?5 and state = 'running'",
        )
        .bind(again.map(|t| t.0))
        .bind(now.0)
        .bind(error)
        .bind(job.id.to_string())
        .bind(&job.lease_token)
        .execute(&self.writer)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    async fn reap(&self, now: Timestamp) -> Result<u64> {
        let done = sqlx::query(
            "update jobs set state = case when attempts >= max_attempts then 'dead' else 'ready' end,
                             last_error = coalesce(last_error, 'the worker went away'), lease_token = null,
                             lease_until = null
             where state = 'running' and lease_until < ?",
        )
        .bind(now.0)
        .execute(&self.writer)
        .await?;
        Ok(done.rows_affected())
    }

    async fn next_job_at(&self, kinds: &[&str]) -> Result<Option<Timestamp>> {
        let row = sqlx::query(
            "select min(run_at) as at from jobs where state = 'ready' and kind in (select value from json_each(?))",
        )
        .bind(to_json("kinds", &kinds)?)
        .fetch_one(&self.reader)
        .await?;
        Ok(row.get::<Option<i64>, _>("at").map(Timestamp))
    }

    async fn jobs_in_state(&self, state: &str, limit: u32) -> Result<Vec<JobView>> {
        sqlx::query("select id, kind, state, attempts, run_at, last_error from jobs where state = ? order by run_at limit ?")
            .bind(state)
            .bind(limit)
            .fetch_all(&self.reader)
            .await?
            .iter()
            .map(view)
            .collect()
    }

    async fn requeue(&self, id: JobId, now: Timestamp) -> Result<bool> {
        let done = sqlx::query(
            "update jobs set state = 'ready', attempts = 0, run_at = ?, finished_at = null
             where id = ? and state = 'dead'",
        )
        .bind(now.0)
        .bind(id.to_string())
        .execute(&self.writer)
        .await?;
        Ok(done.rows_affected() == 1)
    }
}

fn view(row: &SqliteRow) -> Result<JobView> {
    Ok(JobView {
        id: parse_id(row.get("id"))?,
        kind: row.get("kind"),
        state: row.get("state"),
        attempts: row.get("attempts"),
        run_at: Timestamp(row.get("run_at")),
        last_error: row.get("last_error"),
    })
}
