//! The OpenAPI document: made from the handlers, so that it cannot drift from them.

use axum::{
    Router,
    http::{HeaderValue, header},
};
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::{OpenApi as _, openapi::OpenApi};
use utoipa_swagger_ui::{Config, SwaggerUi};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(title = "Viva", description = "Self-hosted recorded video interviews. Errors are application/problem+json (RFC 9457)."),
    tags(
        (name = "candidate", description = "The candidate's side: Bearer token of the link /i/{token}"),
        (name = "positions"), (name = "interviews"), (name = "results"), (name = "webhooks")
    )
)]
struct Base;

pub fn base() -> OpenApi {
    Base::openapi()
}

/// The document as a page, at `/docs`.
pub fn page<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let ui = SwaggerUi::new("/docs").config(Config::new(["/api/openapi.json"]));
    // Swagger UI sets styles on its elements; its scripts are files like all others.
    let policy = HeaderValue::from_static(
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'",
    );
    Router::from(ui).layer(SetResponseHeaderLayer::overriding(header::CONTENT_SECURITY_POLICY, policy))
}

/// The whole document.
pub fn document() -> OpenApi {
    super::api().into_openapi()
}
