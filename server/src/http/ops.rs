//! For operators: alive, ready, metrics, schema.

use std::{
    fmt::Write as _,
    sync::{Arc, atomic::Ordering},
};

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::json;

use crate::{
    app::App,
    clock,
    room::{Look, Step},
};

const REPORT_SCHEMA: &str = include_str!("../../schemas/report-1.0.json");
const POSITION_SCHEMA: &str = include_str!("../../schemas/position-1.0.json");

pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/healthz", get(|| async { "alive\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .route("/schemas/report-1.0.json", get(|| async { schema(REPORT_SCHEMA) }))
        .route("/schemas/position-1.0.json", get(|| async { schema(POSITION_SCHEMA) }))
}

fn schema(text: &'static str) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/schema+json")], text)
}

/// Whether this server can do its work; analysis that cannot run does not make it unready, capture comes first.
async fn ready(State(app): State<Arc<App>>) -> Response {
    let store = app.store.ping().await.is_ok();
    let Look { free, step } = app.room.look(clock::now());
    let room = step != Step::Full;
    let recording = app.recorder.health().fault.is_none();
    let good = store && room && recording;
    let body = json!({ "ready": good, "store": store, "disk_room": room, "disk_step": step, "free_bytes": free, "recording": recording,
                       "analysis": app.analyser.abilities() });
    (if good { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, Json(body)).into_response()
}

async fn metrics(State(app): State<Arc<App>>) -> Response {
    let health = app.recorder.health();
    let sockets = app.ingest.socket_stats();
    let mut text = String::new();
    let mut gauge = |name: &str, help: &str, value: f64| {
        // Writing to a String cannot fail.
        let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}\n");
    };
    gauge("viva_publishers", "WebRTC publishers connected or connecting", app.ingest.live_peers() as f64);
    gauge(
        "viva_publishers_waiting",
        "Candidates in the queue for a place of the ingest",
        app.admission().waiting() as f64,
    );
    gauge("viva_open_takes", "Takes being recorded", health.open_takes as f64);
    gauge("viva_recorder_buffered_bytes", "Recorded bytes not yet durable", health.buffered_bytes as f64);
    gauge(
        "viva_recorder_overflowed_records",
        "Records lost because the buffer was full",
        health.overflowed_records as f64,
    );
    gauge("viva_recorder_failed_operations", "Failed writes and syncs", health.failed_operations as f64);
    gauge("viva_ingest_datagrams", "Datagrams received", sockets.received as f64);
    let (windows, pictures) = (app.analyser.windows(), app.analyser.pictures());
    for (name, help, count) in [
        ("viva_windows_ahead", "Stretches of speech heard while the answer was recorded", &windows.ahead),
        ("viva_windows_recalled", "Of measured answers, those that were not heard again", &windows.recalled),
        ("viva_windows_afterwards", "Of the same answers, the others", &windows.afterwards),
        ("viva_pictures_ahead", "Sampled pictures looked at while the answer was recorded", &pictures.ahead),
        ("viva_pictures_recalled", "Of measured answers, those not looked at again", &pictures.recalled),
        ("viva_pictures_afterwards", "Of the same answers, the others", &pictures.afterwards),
    ] {
        gauge(name, help, count.load(Ordering::Relaxed) as f64);
    }
    let alarms = app.drift_alarms.load(Ordering::Relaxed);
    gauge("viva_drift_alarms", "Measures of positions that have moved; see their statistics", alarms as f64);
    let Look { free, step } = app.room.look(clock::now());
    gauge("viva_disk_free_bytes", "Room in the data folder", free as f64);
    gauge("viva_disk_step", "Room on the disk: 0 ample, 1 low, 2 narrow, 3 full", f64::from(step as u8));
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}
