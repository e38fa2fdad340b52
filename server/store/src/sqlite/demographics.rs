use async_trait::async_trait;
use serde_json::Value;
use sqlx::Row;
use viva_core::{id::InterviewId, time::Timestamp};

use super::{SqliteStore, from_json, to_json};
use crate::{Demographics, Result};

#[async_trait]
impl Demographics for SqliteStore {
    async fn put_demographics(&self, interview: InterviewId, document: &Value, now: Timestamp) -> Result<()> {
        sqlx::query(
            "insert into demographics (interview_id, document, created_at) values (?, ?, ?)
             on conflict (interview_id) do update set document = excluded.document, created_at = excluded.created_at",
        )
        .bind(interview.to_string())
        .bind(to_json("demographics", document)?)
        .bind(now.0)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    async fn demographics(&self, interview: InterviewId) -> Result<Option<Value>> {
        sqlx::query("select document from demographics where interview_id = ?")
            .bind(interview.to_string())
            .fetch_optional(&self.reader)
            .await?
            .map(|row| from_json("demographics", row.get("document")))
            .transpose()
    }

    async fn delete_demographics(&self, interview: InterviewId) -> Result<()> {
        sqlx::query("delete from demographics where interview_id = ?")
            .bind(interview.to_string())
            .execute(&self.writer)
            .await?;
        Ok(())
    }
}
