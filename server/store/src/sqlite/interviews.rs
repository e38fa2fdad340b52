use async_trait::async_trait;
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};
use viva_core::{
    id::{InterviewId, PositionId},
    interview::Interview,
    time::Timestamp,
};

use super::{SqliteStore, from_json, jobs, parse_id, to_json, webhooks};
use crate::{Change, Decide, Error, Interviews, Result};

#[async_trait]
impl Interviews for SqliteStore {
    async fn insert_interview(&self, token_hash: &[u8; 32], change: Change) -> Result<()> {
        let mut transaction = self.begin().await?;
        let interview = &change.interview;
        sqlx::query(
            "insert into interviews (id, position_id, external_id, token_hash, state, document, next_deadline,
                                     sequence, created_at, updated_at)
             values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(interview.id.to_string())
        .bind(interview.position_id.to_string())
        .bind(&interview.external_id)
        .bind(token_hash.as_slice())
        .bind(state_name(interview)?)
        .bind(to_json("interview", interview)?)
        .bind(interview.next_deadline().map(|t| t.0))
        .bind(interview.sequence.cast_signed())
        .bind(interview.created_at.0)
        .bind(change.at.0)
        .execute(&mut *transaction)
        .await?;
        write_consequences(&mut transaction, change).await?;
        transaction.commit().await?;
        Ok(())
    }

    async fn interview(&self, id: InterviewId) -> Result<Option<Interview>> {
        sqlx::query("select document from interviews where id = ?")
            .bind(id.to_string())
            .fetch_optional(&self.reader)
            .await?
            .map(|row| from_json("interview", row.get("document")))
            .transpose()
    }

    async fn interview_by_token(&self, token_hash: &[u8; 32]) -> Result<Option<Interview>> {
        sqlx::query("select document from interviews where token_hash = ?")
            .bind(token_hash.as_slice())
            .fetch_optional(&self.reader)
            .await?
            .map(|row| from_json("interview", row.get("document")))
            .transpose()
    }

    async fn interviews(&self, before: Option<Timestamp>, limit: u32) -> Result<Vec<Interview>> {
        sqlx::query("select document from interviews where created_at < ? order by created_at desc limit ?")
            .bind(before.map_or(i64::MAX, |t| t.0))
            .bind(limit)
            .fetch_all(&self.reader)
            .await?
            .iter()
            .map(interview)
            .collect()
    }

    async fn interviews_of_position(&self, position: PositionId, limit: u32) -> Result<Vec<Interview>> {
        sqlx::query("select document from interviews where position_id = ? order by created_at desc limit ?")
            .bind(position.to_string())
            .bind(limit)
            .fetch_all(&self.reader)
            .await?
            .iter()
            .map(interview)
            .collect()
    }

    async fn human_requests(&self, before: Option<Timestamp>, limit: u32) -> Result<Vec<Interview>> {
        sqlx::query(
            "select document from interviews
             where created_at < ? and json_extract(document, '$.human_requested')
               and state not in ('withdrawn', 'erased', 'decided')
             order by created_at desc limit ?",
        )
        .bind(before.map_or(i64::MAX, |t| t.0))
        .bind(limit)
        .fetch_all(&self.reader)
        .await?
        .iter()
        .map(interview)
        .collect()
    }

    async fn change_interview(&self, id: InterviewId, decide: &mut Decide<'_>) -> Result<Interview> {
        let mut transaction = self.begin().await?;
        let row = sqlx::query("select document from interviews where id = ?")
            .bind(id.to_string())
            .fetch_optional(&mut *transaction)
            .await?
            .ok_or(Error::NotFound { what: "interview" })?;
        let stored: Interview = from_json("interview", row.get("document"))?;
        let change = decide(&stored)?;
        if change.interview == stored && change.events.is_empty() && change.jobs.is_empty() {
            return Ok(stored);
        }
        let interview = &change.interview;
        sqlx::query(
            "update interviews set state = ?, document = ?, next_deadline = ?, sequence = ?, updated_at = ?
             where id = ?",
        )
        .bind(state_name(interview)?)
        .bind(to_json("interview", interview)?)
        .bind(interview.next_deadline().map(|t| t.0))
        .bind(interview.sequence.cast_signed())
        .bind(change.at.0)
        .bind(id.to_string())
        .execute(&mut *transaction)
        .await?;
        let changed = interview.clone();
        write_consequences(&mut transaction, change).await?;
        transaction.commit().await?;
        Ok(changed)
    }

    async fn due_interviews(&self, now: Timestamp, limit: u32) -> Result<Vec<InterviewId>> {
        sqlx::query("select id from interviews where next_deadline <= ? order by next_deadline limit ?")
            .bind(now.0)
            .bind(limit)
            .fetch_all(&self.reader)
            .await?
            .iter()
            .map(|row| parse_id(row.get("id")))
            .collect()
    }

    async fn next_deadline(&self) -> Result<Option<Timestamp>> {
        let row =
            sqlx::query("select min(next_deadline) as at from interviews").fetch_one(&self.reader).await?;
        Ok(row.get::<Option<i64>, _>("at").map(Timestamp))
    }

    async fn live_interviews(&self) -> Result<Vec<InterviewId>> {
        sqlx::query(
            "select id from interviews
             where json_extract(document, '$.connected') or exists (
                 select 1 from json_each(interviews.document, '$.answers') as answer,
                               json_each(answer.value, '$.takes') as take
                 where json_extract(take.value, '$.state') in ('recording', 'interrupted')
                    or (json_extract(take.value, '$.state') in ('recorded', 'chosen')
                        and json_extract(take.value, '$.recording') is null))",
        )
        .fetch_all(&self.reader)
        .await?
        .iter()
        .map(|row| parse_id(row.get("id")))
        .collect()
    }

    async fn forget_interview(&self, id: InterviewId, now: Timestamp) -> Result<()> {
        let mut transaction = self.begin().await?;
        for delete in [
            "delete from results where interview_id = ?",
            "delete from demographics where interview_id = ?",
            "delete from events where interview_id = ?",
            "delete from deletion_certificates where interview_id = ?",
            "delete from audit where interview_id = ?",
            "delete from interviews where id = ?",
        ] {
            sqlx::query(delete).bind(id.to_string()).execute(&mut *transaction).await?;
        }
        // That something was deleted stays, and nothing of what it was.
        sqlx::query("insert into audit (at, actor, action) values (?, 'server', 'record_deleted')")
            .bind(now.0)
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }
}

fn interview(row: &SqliteRow) -> Result<Interview> {
    from_json("interview", row.get("document"))
}

fn state_name(interview: &Interview) -> Result<String> {
    Ok(to_json("interview state", &interview.state)?.trim_matches('"').to_owned())
}

async fn write_consequences(connection: &mut SqliteConnection, change: Change) -> Result<()> {
    sqlx::query("insert into audit (interview_id, at, actor, action, detail) values (?, ?, ?, ?, ?)")
        .bind(change.interview.id.to_string())
        .bind(change.at.0)
        .bind(&change.actor)
        .bind(change.action)
        .bind(state_name(&change.interview)?)
        .execute(&mut *connection)
        .await?;
    for event in change.events {
        webhooks::insert_event(connection, &event, None, change.at).await?;
    }
    for job in change.jobs {
        jobs::insert(connection, job, change.at).await?;
    }
    Ok(())
}
