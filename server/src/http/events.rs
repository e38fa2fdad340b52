//! The candidate's WebSocket: every change as a fresh view, and "saved up to" twice a second while recording.
//! The token comes in the first message, because URLs end up in logs.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{
        State,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    response::Response,
    routing::any,
};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{sync::broadcast::error::RecvError, time};
use viva_core::id::InterviewId;

use super::{auth, view::View};
use crate::{app::App, clock, live::Notice};

const FIRST_MESSAGE_WITHIN: Duration = Duration::from_secs(5);
const SAVED_EVERY: Duration = Duration::from_millis(500);
const PING_EVERY: Duration = Duration::from_secs(10);
const LARGEST_MESSAGE: usize = 4096;

pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/api/v1/candidate/events", any(upgrade))
}

async fn upgrade(State(app): State<Arc<App>>, socket: WebSocketUpgrade) -> Response {
    socket.max_message_size(LARGEST_MESSAGE).on_upgrade(move |socket| serve(app, socket))
}

#[derive(Deserialize)]
struct Hello {
    token: String,
}

async fn serve(app: Arc<App>, mut socket: WebSocket) {
    let Some(id) = greet(&app, &mut socket).await else { return };
    let session = app.live.session(id);
    let mut notices = session.listen();
    let page = session.open_page();
    let mut saved_at = time::interval(SAVED_EVERY);
    let mut ping_at = time::interval(PING_EVERY);
    let mut saved = None;
    if !send_view(&app, id, &mut socket).await {
        return;
    }
    loop {
        let sent = tokio::select! {
            () = app.stopping.cancelled() => break,
            message = socket.recv() => match message {
                Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                // The page has nothing more to say; actions are HTTP.
                Some(Ok(_)) => true,
            },
            notice = notices.recv() => match notice {
                Ok(Notice::PageOpened(newer)) if newer > page => {
                    send(&mut socket, &json!({ "type": "replaced" })).await;
                    break;
                }
                Ok(Notice::PageOpened(_)) => true,
                Ok(Notice::Changed) | Err(RecvError::Lagged(_)) => send_view(&app, id, &mut socket).await,
                Err(RecvError::Closed) => break,
            },
            _ = saved_at.tick() => {
                let now = session.media.saved_up_to();
                let news = now.filter(|now| saved != Some(*now));
                saved = now;
                match news {
                    Some((take, ms)) => {
                        send(&mut socket, &json!({ "type": "saved", "take_id": take, "saved_up_to_ms": ms })).await
                    }
                    None => true,
                }
            }
            _ = ping_at.tick() => send(&mut socket, &json!({ "type": "ping", "server_time": clock::now() })).await,
        };
        if !sent {
            break;
        }
    }
    // The page may be gone already.
    let _ = socket.send(Message::Close(None)).await;
}

async fn greet(app: &App, socket: &mut WebSocket) -> Option<InterviewId> {
    let first = time::timeout(FIRST_MESSAGE_WITHIN, socket.recv()).await.ok()??.ok()?;
    let hello: Hello = serde_json::from_str(first.to_text().ok()?).ok()?;
    auth::interview_of(app, &hello.token).await.ok().map(|interview| interview.id)
}

async fn send_view(app: &Arc<App>, id: InterviewId, socket: &mut WebSocket) -> bool {
    match app.store.interview(id).await {
        Ok(Some(interview)) => {
            send(socket, &json!({ "type": "view", "view": View::of(app, &interview) })).await
        }
        _ => false,
    }
}

/// Whether the page still listens.
async fn send(socket: &mut WebSocket, message: &Value) -> bool {
    socket.send(Message::text(message.to_string())).await.is_ok()
}
