//! The built pages and their assets.

use std::sync::Arc;

use axum::{
    Router,
    extract::Path,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use viva_web::{Asset, Page};

use super::error::Problem;
use crate::app::App;

pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(|| async { Redirect::temporary("/docs") }))
        .route("/i/{token}", get(|headers: HeaderMap| async move { page(Page::Candidate, &headers) }))
        .route("/r/{interview}", get(|headers: HeaderMap| async move { page(Page::Report, &headers) }))
        .route("/p/{position}", get(|headers: HeaderMap| async move { page(Page::Position, &headers) }))
        .route("/assets/{*path}", get(asset))
}

pub fn page(page: Page, headers: &HeaderMap) -> Response {
    serve(&viva_web::page(page), headers)
}

async fn asset(Path(path): Path<String>, headers: HeaderMap) -> Response {
    match viva_web::asset(&format!("assets/{path}")) {
        Some(asset) => serve(&asset, &headers),
        None => Problem::not_found("no such asset").into_response(),
    }
}

fn serve(asset: &Asset, headers: &HeaderMap) -> Response {
    let caching = if asset.immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
    let matches =
        headers.get(header::IF_NONE_MATCH).is_some_and(|given| given.as_bytes() == asset.etag.as_bytes());
    let mut response = if matches {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, asset.content_type.to_string())], asset.bytes.to_vec()).into_response()
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    if let Ok(etag) = HeaderValue::from_str(asset.etag) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    response
}
