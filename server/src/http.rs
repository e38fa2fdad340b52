//! The HTTP surface: routes, limits and headers. Each file under `http/` is one area.

pub mod auth;
mod candidate;
mod chunks;
mod comparison;
mod corrections;
mod csv;
mod demo_inbox;
mod demographics;
pub mod error;
mod events;
mod identity;
mod interviews;
mod media;
mod observations;
mod openapi;
mod ops;
mod own_data;
mod own_result;
mod pages;
mod positions;
mod prompts;
mod report;
mod statistics;
mod text;
mod unread;
mod view;
mod webhooks;
mod whip;
mod writing;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    http::{HeaderName, HeaderValue, Response, header},
    middleware,
    routing::get,
};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
    set_header::SetResponseHeaderLayer,
    trace::TraceLayer,
};
use utoipa_axum::router::OpenApiRouter;

pub use demo_inbox::Inbox;
pub use observations::{AWAY, COMMENTS};
pub use openapi::document as openapi_document;
pub use statistics::cases;
pub use webhooks::EndpointRequest;

use crate::app::App;

/// Larger bodies are refused; what is left of them is read and dropped.
const LARGEST_BODY: usize = 1 << 20;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Only our own scripts, styles and media; `blob:` for the candidate's own picture and recordings.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; media-src 'self' blob:; img-src 'self' data: blob:; \
     connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// Everything the server answers to. `inbox` adds the demo's webhook inbox.
pub fn router(app: Arc<App>, inbox: Option<Arc<Inbox>>) -> Router {
    let (api, openapi) = api().split_for_parts();
    let openapi = Arc::new(openapi);
    let mut router = Router::new()
        .merge(api)
        .merge(whip::routes())
        .merge(events::routes())
        .merge(pages::routes())
        .merge(openapi::page())
        .merge(ops::routes())
        .route("/api/openapi.json", get(move || async move { axum::Json(Arc::unwrap_or_clone(openapi)) }))
        .with_state(app);
    if let Some(inbox) = inbox {
        router = router.merge(demo_inbox::routes(inbox));
    }
    router
        .fallback(|| async { error::Problem::not_found("no such page") })
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(middleware::from_fn(unread::read_on))
        .layer(CompressionLayer::new())
        .layer(SetResponseHeaderLayer::if_not_present(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(CONTENT_SECURITY_POLICY),
        ))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::REFERRER_POLICY,
            // Links carry tokens: no other site may learn them.
            HeaderValue::from_static("no-referrer"),
        ))
        .layer(CatchPanicLayer::custom(|_| error::Problem::internal().into_response_now()))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(|request: &Request| {
                    let id =
                        request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default();
                    // The route, never the path or query: both may carry a token.
                    let route =
                        request.extensions().get::<axum::extract::MatchedPath>().map_or("", |p| p.as_str());
                    tracing::info_span!("http", method = %request.method(), route, request_id = id)
                })
                .on_response(|response: &Response<_>, latency: Duration, _: &tracing::Span| {
                    tracing::debug!(
                        status = response.status().as_u16(),
                        latency_ms = latency.as_millis() as u64,
                        "answered"
                    );
                })
                .on_failure(()),
        )
        .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
}

fn api() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::with_openapi(openapi::base())
        .merge(candidate::routes())
        .merge(chunks::routes())
        .merge(comparison::routes())
        .merge(corrections::routes())
        .merge(demographics::routes())
        .merge(identity::routes())
        .merge(interviews::routes())
        .merge(own_data::routes())
        .merge(observations::routes())
        .merge(own_result::routes())
        .merge(positions::routes())
        .merge(prompts::routes())
        .merge(report::routes())
        .merge(statistics::routes())
        .merge(media::routes())
        .merge(webhooks::routes())
        .merge(writing::routes())
}
