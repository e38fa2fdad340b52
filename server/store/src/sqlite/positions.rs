use async_trait::async_trait;
use sqlx::Row;
use viva_core::{id::PositionId, position::Position, time::Timestamp};

use super::{SqliteStore, from_json, parse_id, to_json};
use crate::{Positions, Result};

#[async_trait]
impl Positions for SqliteStore {
    async fn put_position(&self, id: PositionId, position: &Position, now: Timestamp) -> Result<PositionId> {
        let row = sqlx::query(
            "insert into positions (id, external_id, document, created_at, updated_at) values (?, ?, ?, ?, ?)
             on conflict (external_id) do update set document = excluded.document, updated_at = excluded.updated_at
             returning id",
        )
        .bind(id.to_string())
        .bind(&position.id)
        .bind(to_json("position", position)?)
        .bind(now.0)
        .bind(now.0)
        .fetch_one(&self.writer)
        .await?;
        parse_id(row.get::<&str, _>("id"))
    }

    async fn position(&self, id: PositionId) -> Result<Option<Position>> {
        sqlx::query("select document from positions where id = ?")
            .bind(id.to_string())
            .fetch_optional(&self.reader)
            .await?
            .map(|row| from_json("position", row.get("document")))
            .transpose()
    }

    async fn position_by_external_id(&self, external_id: &str) -> Result<Option<(PositionId, Position)>> {
        sqlx::query("select id, document from positions where external_id = ?")
            .bind(external_id)
            .fetch_optional(&self.reader)
            .await?
            .map(|row| Ok((parse_id(row.get("id"))?, from_json("position", row.get("document"))?)))
            .transpose()
    }

    async fn positions(&self) -> Result<Vec<(PositionId, Position)>> {
        sqlx::query("select id, document from positions order by created_at desc limit 1000")
            .fetch_all(&self.reader)
            .await?
            .iter()
            .map(|row| Ok((parse_id(row.get("id"))?, from_json("position", row.get("document"))?)))
            .collect()
    }

    async fn is_played(&self, file: &str) -> Result<bool> {
        // A document that has the name elsewhere keeps the file longer, which does no harm.
        let found = sqlx::query(
            "select exists (select 1 from positions where instr(document, ?1) > 0)
                 or exists (select 1 from interviews where state <> 'erased' and instr(document, ?1) > 0) as played",
        )
        .bind(file)
        .fetch_one(&self.reader)
        .await?;
        Ok(found.get("played"))
    }
}
