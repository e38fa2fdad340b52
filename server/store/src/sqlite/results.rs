use async_trait::async_trait;
use serde_json::Value;
use sqlx::Row;
use viva_core::{id::InterviewId, time::Timestamp};

use super::{SqliteStore, from_json, to_json};
use crate::{IDENTITY, LINK, Result, ResultKey, Results, WRITING};

#[async_trait]
impl Results for SqliteStore {
    async fn put_result(&self, key: &ResultKey, document: &Value, now: Timestamp) -> Result<()> {
        sqlx::query(
            "insert into results (interview_id, question_id, kind, document, created_at) values (?, ?, ?, ?, ?)
             on conflict (interview_id, question_id, kind)
             do update set document = excluded.document, created_at = excluded.created_at",
        )
        .bind(key.interview.to_string())
        .bind(&key.question)
        .bind(key.kind)
        .bind(to_json("result", document)?)
        .bind(now.0)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    async fn result(&self, key: &ResultKey) -> Result<Option<Value>> {
        sqlx::query("select document from results where interview_id = ? and question_id = ? and kind = ?")
            .bind(key.interview.to_string())
            .bind(&key.question)
            .bind(key.kind)
            .fetch_optional(&self.reader)
            .await?
            .map(|row| from_json("result", row.get("document")))
            .transpose()
    }

    async fn delete_result(&self, key: &ResultKey) -> Result<()> {
        sqlx::query("delete from results where interview_id = ? and question_id = ? and kind = ?")
            .bind(key.interview.to_string())
            .bind(&key.question)
            .bind(key.kind)
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    async fn delete_measures(&self, interview: InterviewId) -> Result<()> {
        sqlx::query("delete from results where interview_id = ? and kind not in (?, ?, ?)")
            .bind(interview.to_string())
            .bind(WRITING)
            .bind(LINK)
            .bind(IDENTITY)
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    async fn delete_results(&self, interview: InterviewId) -> Result<()> {
        let mut transaction = self.begin().await?;
        for delete in [
            "delete from results where interview_id = ?",
            "delete from events where interview_id = ? and type <> 'data.deleted'",
        ] {
            sqlx::query(delete).bind(interview.to_string()).execute(&mut *transaction).await?;
        }
        Ok(transaction.commit().await?)
    }
}
