use async_trait::async_trait;
use sqlx::Row;
use viva_core::{error::Refused, time::Timestamp};

use super::SqliteStore;
use crate::{Access, Result};

#[async_trait]
impl Access for SqliteStore {
    async fn put_api_key(&self, hash: &[u8; 32], name: &str, now: Timestamp) -> Result<()> {
        sqlx::query("insert into api_keys (hash, name, created_at) values (?, ?, ?) on conflict do nothing")
            .bind(hash.as_slice())
            .bind(name)
            .bind(now.0)
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    async fn api_key(&self, hash: &[u8; 32]) -> Result<Option<String>> {
        let row = sqlx::query("select name from api_keys where hash = ?")
            .bind(hash.as_slice())
            .fetch_optional(&self.reader)
            .await?;
        Ok(row.map(|row| row.get("name")))
    }

    async fn idempotent(&self, key: &str, request_hash: &[u8; 32]) -> Result<Option<String>> {
        let row = sqlx::query("select request_hash, response from idempotency where key = ?")
            .bind(key)
            .fetch_optional(&self.reader)
            .await?;
        let Some(row) = row else { return Ok(None) };
        if row.get::<&[u8], _>("request_hash") != request_hash {
            return Err(Refused::conflict(
                "idempotency_key_reused",
                "Idempotency-Key: was used with another body; take a new key",
            )
            .into());
        }
        Ok(Some(row.get("response")))
    }

    async fn remember(
        &self,
        key: &str,
        request_hash: &[u8; 32],
        response: &str,
        now: Timestamp,
    ) -> Result<()> {
        sqlx::query(
            "insert into idempotency (key, request_hash, response, created_at) values (?, ?, ?, ?)
             on conflict do nothing",
        )
        .bind(key)
        .bind(request_hash.as_slice())
        .bind(response)
        .bind(now.0)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    async fn ping(&self) -> Result<()> {
        sqlx::query("select 1").execute(&self.reader).await?;
        Ok(())
    }
}
