use async_trait::async_trait;
use serde_json::Value;
use sqlx::Row;
use viva_core::{id::InterviewId, time::Timestamp};

use super::{SqliteStore, from_json, parse_id, to_json};
use crate::{DataKeys, Result, WrappedKey};

#[async_trait]
impl DataKeys for SqliteStore {
    async fn data_key(&self, interview: InterviewId) -> Result<Option<WrappedKey>> {
        let row = sqlx::query("select wrapped from data_keys where interview_id = ?")
            .bind(interview.to_string())
            .fetch_optional(&self.reader)
            .await?;
        Ok(row.map(|row| {
            row.get::<Option<Vec<u8>>, _>("wrapped").map_or(WrappedKey::Destroyed, WrappedKey::Present)
        }))
    }

    async fn put_data_key(&self, interview: InterviewId, wrapped: &[u8], now: Timestamp) -> Result<bool> {
        let done = sqlx::query(
            "insert into data_keys (interview_id, wrapped, created_at) values (?, ?, ?) on conflict do nothing",
        )
        .bind(interview.to_string())
        .bind(wrapped)
        .bind(now.0)
        .execute(&self.writer)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    async fn data_keys(&self, after: Option<InterviewId>, limit: u32) -> Result<Vec<(InterviewId, Vec<u8>)>> {
        sqlx::query(
            "select interview_id, wrapped from data_keys
             where wrapped is not null and interview_id > ? order by interview_id limit ?",
        )
        .bind(after.map(|id| id.to_string()).unwrap_or_default())
        .bind(limit)
        .fetch_all(&self.reader)
        .await?
        .iter()
        .map(|row| Ok((parse_id(row.get("interview_id"))?, row.get("wrapped"))))
        .collect()
    }

    async fn rewrap_data_key(&self, interview: InterviewId, old: &[u8], new: &[u8]) -> Result<bool> {
        let done = sqlx::query("update data_keys set wrapped = ? where interview_id = ? and wrapped = ?")
            .bind(new)
            .bind(interview.to_string())
            .bind(old)
            .execute(&self.writer)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    async fn destroy_data_key(&self, interview: InterviewId, now: Timestamp) -> Result<()> {
        sqlx::query(
            "insert into data_keys (interview_id, created_at, destroyed_at) values (?1, ?2, ?2)
             on conflict (interview_id) do update set wrapped = null, destroyed_at = ?2 where destroyed_at is null",
        )
        .bind(interview.to_string())
        .bind(now.0)
        .execute(&self.writer)
        .await?;
        // The write-ahead log still holds the page as it was.
        sqlx::query("pragma wal_checkpoint(truncate)").execute(&self.writer).await?;
        Ok(())
    }

    async fn put_deletion_certificate(
        &self,
        interview: InterviewId,
        certificate: &Value,
        now: Timestamp,
    ) -> Result<()> {
        sqlx::query(
            "insert into deletion_certificates (interview_id, certificate, created_at) values (?, ?, ?)
             on conflict do nothing",
        )
        .bind(interview.to_string())
        .bind(to_json("certificate", certificate)?)
        .bind(now.0)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    async fn deletion_certificate(&self, interview: InterviewId) -> Result<Option<Value>> {
        sqlx::query("select certificate from deletion_certificates where interview_id = ?")
            .bind(interview.to_string())
            .fetch_optional(&self.reader)
            .await?
            .map(|row| from_json("certificate", row.get("certificate")))
            .transpose()
    }
}
