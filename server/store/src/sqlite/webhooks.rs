use async_trait::async_trait;
use serde_json::json;
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};
use viva_core::{
    id::{DeliveryId, EndpointId, EventId},
    retry,
    time::Timestamp,
};

use super::{SqliteStore, from_json, jobs, parse_id, to_json};
use crate::{
    Attempt, DELIVER, Delivery, DeliveryStatus, Endpoint, Error, LARGEST_REPLAY, NewEvent, NewJob, Result,
    Webhooks,
};

/// Stores an event and a delivery, with its job, for every endpoint that wants it.
pub(super) async fn insert_event(
    connection: &mut SqliteConnection,
    event: &NewEvent,
    only: Option<EndpointId>,
    now: Timestamp,
) -> Result<()> {
    sqlx::query("insert into events (id, type, interview_id, body, created_at) values (?, ?, ?, ?, ?)")
        .bind(event.id.to_string())
        .bind(&event.kind)
        .bind(event.interview_id.map(|id| id.to_string()))
        .bind(to_json("event", event)?)
        .bind(now.0)
        .execute(&mut *connection)
        .await?;
    let endpoints =
        sqlx::query("select id, events from endpoints where enabled").fetch_all(&mut *connection).await?;
    for row in &endpoints {
        let id: EndpointId = parse_id(row.get("id"))?;
        let wanted: Vec<String> = from_json("endpoint events", row.get("events"))?;
        let chosen = only.map_or(wanted.is_empty() || wanted.contains(&event.kind), |only| only == id);
        if chosen {
            insert_delivery(connection, event.id, id, now).await?;
        }
    }
    Ok(())
}

async fn insert_delivery(
    connection: &mut SqliteConnection,
    event: EventId,
    endpoint: EndpointId,
    now: Timestamp,
) -> Result<()> {
    let row = sqlx::query(
        "insert into deliveries (id, event_id, endpoint_id, status, next_attempt_at, created_at)
         values (lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2)
                 || '-8' || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))), ?, ?, 'pending', ?, ?)
         returning id",
    )
    .bind(event.to_string())
    .bind(endpoint.to_string())
    .bind(now.0)
    .bind(now.0)
    .fetch_one(&mut *connection)
    .await?;
    let id: DeliveryId = parse_id(row.get("id"))?;
    let job = NewJob {
        id: id.0.into(),
        kind: DELIVER,
        payload: json!({ "delivery": id }),
        dedupe_key: Some(format!("{DELIVER}:{id}")),
        interview_id: None,
        max_attempts: retry::DELIVERY_DELAYS_S.len() as u32,
        run_at: now,
    };
    jobs::insert(connection, job, now).await
}

#[async_trait]
impl Webhooks for SqliteStore {
    async fn put_endpoint(&self, endpoint: &Endpoint) -> Result<()> {
        sqlx::query(
            "insert into endpoints (id, url, description, events, secrets, thin, enabled, disabled_reason, created_at)
             values (?, ?, ?, ?, ?, ?, ?, ?, ?)
             on conflict (id) do update set url = excluded.url, description = excluded.description,
                 events = excluded.events, secrets = excluded.secrets, thin = excluded.thin,
                 enabled = excluded.enabled, disabled_reason = excluded.disabled_reason",
        )
        .bind(endpoint.id.to_string())
        .bind(&endpoint.url)
        .bind(&endpoint.description)
        .bind(to_json("endpoint events", &endpoint.events)?)
        .bind(to_json("endpoint secrets", &endpoint.secrets)?)
        .bind(endpoint.thin)
        .bind(endpoint.enabled)
        .bind(&endpoint.disabled_reason)
        .bind(endpoint.created_at.0)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    async fn endpoint(&self, id: EndpointId) -> Result<Option<Endpoint>> {
        sqlx::query("select * from endpoints where id = ?")
            .bind(id.to_string())
            .fetch_optional(&self.reader)
            .await?
            .map(|row| endpoint(&row))
            .transpose()
    }

    async fn endpoints(&self) -> Result<Vec<Endpoint>> {
        sqlx::query("select * from endpoints order by created_at limit 1000")
            .fetch_all(&self.reader)
            .await?
            .iter()
            .map(endpoint)
            .collect()
    }

    async fn delete_endpoint(&self, id: EndpointId) -> Result<bool> {
        let done = sqlx::query("delete from endpoints where id = ?")
            .bind(id.to_string())
            .execute(&self.writer)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    async fn publish(&self, event: NewEvent, only: Option<EndpointId>, now: Timestamp) -> Result<()> {
        let mut transaction = self.begin().await?;
        insert_event(&mut transaction, &event, only, now).await?;
        transaction.commit().await?;
        Ok(())
    }

    async fn delivery(&self, id: DeliveryId) -> Result<Option<Delivery>> {
        sqlx::query(
            "select d.*, e.type, e.interview_id from deliveries d join events e on e.id = d.event_id where d.id = ?",
        )
        .bind(id.to_string())
        .fetch_optional(&self.reader)
        .await?
        .map(|row| delivery(&row))
        .transpose()
    }

    async fn deliveries(&self, status: Option<DeliveryStatus>, limit: u32) -> Result<Vec<Delivery>> {
        sqlx::query(
            "select d.*, e.type, e.interview_id from deliveries d join events e on e.id = d.event_id
             where ?1 is null or d.status = ?1 order by d.created_at desc, d.rowid desc limit ?2",
        )
        .bind(status.map(DeliveryStatus::name))
        .bind(limit)
        .fetch_all(&self.reader)
        .await?
        .iter()
        .map(delivery)
        .collect()
    }

    async fn event(&self, id: EventId) -> Result<Option<NewEvent>> {
        sqlx::query("select body from events where id = ?")
            .bind(id.to_string())
            .fetch_optional(&self.reader)
            .await?
            .map(|row| from_json("event", row.get("body")))
            .transpose()
    }

    async fn record_attempt(&self, id: DeliveryId, attempt: &Attempt) -> Result<()> {
        let delivered = (attempt.outcome == DeliveryStatus::Delivered).then_some(attempt.at.0);
        sqlx::query(
            "update deliveries set status = ?, attempts = attempts + 1, next_attempt_at = ?, last_status = ?,
                                   last_error = ?, delivered_at = ? where id = ?",
        )
        .bind(attempt.outcome.name())
        .bind(attempt.next_attempt_at.map(|t| t.0))
        .bind(attempt.status)
        .bind(&attempt.error)
        .bind(delivered)
        .bind(id.to_string())
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    async fn replay(&self, id: DeliveryId, now: Timestamp) -> Result<bool> {
        let Some(old) = self.delivery(id).await? else { return Ok(false) };
        let mut transaction = self.begin().await?;
        insert_delivery(&mut transaction, old.event_id, old.endpoint_id, now).await?;
        transaction.commit().await?;
        Ok(true)
    }

    async fn replay_range(
        &self,
        from: Timestamp,
        until: Timestamp,
        only: Option<EndpointId>,
        now: Timestamp,
    ) -> Result<u64> {
        let mut transaction = self.begin().await?;
        let wanted = sqlx::query(
            "select event_id, endpoint_id from deliveries
             where created_at >= ?1 and created_at < ?2 and (?3 is null or endpoint_id = ?3)
             group by event_id, endpoint_id order by min(rowid) limit ?4",
        )
        .bind(from.0)
        .bind(until.0)
        .bind(only.map(|id| id.to_string()))
        .bind(LARGEST_REPLAY)
        .fetch_all(&mut *transaction)
        .await?;
        for row in &wanted {
            let (event, endpoint) = (parse_id(row.get("event_id"))?, parse_id(row.get("endpoint_id"))?);
            insert_delivery(&mut transaction, event, endpoint, now).await?;
        }
        transaction.commit().await?;
        Ok(wanted.len() as u64)
    }
}

fn endpoint(row: &SqliteRow) -> Result<Endpoint> {
    Ok(Endpoint {
        id: parse_id(row.get("id"))?,
        url: row.get("url"),
        description: row.get("description"),
        events: from_json("endpoint events", row.get("events"))?,
        secrets: from_json("endpoint secrets", row.get("secrets"))?,
        thin: row.get("thin"),
        enabled: row.get("enabled"),
        disabled_reason: row.get("disabled_reason"),
        created_at: Timestamp(row.get("created_at")),
    })
}

fn delivery(row: &SqliteRow) -> Result<Delivery> {
    let interview: Option<&str> = row.get("interview_id");
    Ok(Delivery {
        id: parse_id(row.get("id"))?,
        event_id: parse_id(row.get("event_id"))?,
        kind: row.get("type"),
        interview_id: interview.map(parse_id).transpose()?,
        endpoint_id: parse_id(row.get("endpoint_id"))?,
        status: DeliveryStatus::parse(row.get("status")),
        attempts: row.get("attempts"),
        next_attempt_at: row.get::<Option<i64>, _>("next_attempt_at").map(Timestamp),
        last_status: row
            .get::<Option<i64>, _>("last_status")
            .map(u16::try_from)
            .transpose()
            .map_err(|e| Error::Database(sqlx::Error::Decode(e.into())))?,
        last_error: row.get("last_error"),
        created_at: Timestamp(row.get("created_at")),
        delivered_at: row.get::<Option<i64>, _>("delivered_at").map(Timestamp),
    })
}
