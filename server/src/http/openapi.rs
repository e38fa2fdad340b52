//! The OpenAPI document: made from the handlers, so that it cannot drift from them.

use utoipa::{OpenApi as _, openapi::OpenApi};

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

/// The whole document.
pub fn document() -> OpenApi {
    super::api().into_openapi()
}
