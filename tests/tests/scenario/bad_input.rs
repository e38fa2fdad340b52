//! Whatever is sent wrongly gets a clear answer, and nothing recorded is lost.

use anyhow::{Context as _, Result};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use viva_tests::{Program, Settings};

use crate::position;

async fn whip(
    program: &Program,
    token: &str,
    content_type: &str,
    body: Vec<u8>,
) -> Result<(StatusCode, String, Value)> {
    let response = reqwest::Client::new()
        .post(program.url("/whip"))
        .bearer_auth(token)
        .header("content-type", content_type)
        .body(body)
        .send()
        .await?;
    let (status, kind) = (response.status(), response.headers().get("content-type").cloned());
    let kind = kind.and_then(|k| k.to_str().ok().map(str::to_owned)).unwrap_or_default();
    Ok((status, kind, serde_json::from_str(&response.text().await?).unwrap_or_default()))
}

pub async fn consented(program: &Program) -> Result<String> {
    let (token, _) = program.invite(&position::one_question(30, 1)).await?;
    let decisions: Vec<Value> = ["recording", "analysis", "face_cues", "expression"]
        .iter()
        .map(|purpose| json!({ "purpose": purpose, "granted": true }))
        .collect();
    let body = json!({ "text_version": "2026-11", "decisions": decisions });
    program.must(Method::POST, "/api/v1/candidate/consents", &token, Some(body)).await?;
    Ok(token)
}

const H264_ONLY: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
    m=video 9 UDP/TLS/RTP/SAVPF 102\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=sendonly\r\na=rtcp-mux\r\na=ice-ufrag:abcd\r\n\
    a=ice-pwd:0123456789012345678901\r\na=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n\
    a=setup:actpass\r\na=rtpmap:102 H264/90000\r\n";

#[tokio::test]
async fn offers_are_refused_clearly() -> Result<()> {
    let program = Program::start(Settings::default()).await?;
    let token = consented(&program).await?;
    let cases: [(&str, &str, Vec<u8>, u16, &str); 6] = [
        ("unknown", "application/sdp", b"v=0".to_vec(), 401, "token_unknown"),
        (&token, "application/json", b"{}".to_vec(), 415, "not_sdp"),
        (&token, "application/sdp", b"hello".to_vec(), 422, "offer_malformed"),
        (&token, "application/sdp", vec![0xff, 0xfe], 422, "offer_malformed"),
        (&token, "application/sdp", vec![b'a'; 200 << 10], 413, "offer_too_large"),
        (&token, "application/sdp", H264_ONLY.into(), 422, "codec_unsupported"),
    ];
    for (token, content_type, body, status, code) in cases {
        let (got, kind, problem) = whip(&program, token, content_type, body).await?;
        assert_eq!((got.as_u16(), problem["code"].as_str()), (status, Some(code)), "{problem}");
        assert_eq!(kind, "application/problem+json");
    }
    let (_, _, problem) = whip(&program, &token, "application/sdp", H264_ONLY.into()).await?;
    assert!(problem["detail"].as_str().context("no detail")?.contains("H264"), "{problem}");
    Ok(())
}

#[tokio::test]
async fn requests_are_refused_clearly() -> Result<()> {
    let program = Program::start(Settings::default()).await?;
    let (token, id) = program.invite(&position::one_question(30, 1)).await?;
    let key = program.api_key()?;
    let cases = [
        (Method::GET, "/api/v1/candidate/interview".to_owned(), "wrong", None, 401, "token_unknown"),
        (Method::GET, "/api/v1/interviews".to_owned(), "wrong", None, 401, "api_key_unknown"),
        (Method::GET, "/api/v1/interviews/not-an-id".to_owned(), &key, None, 404, "not_found"),
        (Method::GET, format!("/api/v1/interviews/{id}/report"), &key, None, 404, "not_found"),
        (Method::POST, "/api/v1/candidate/questions/q1/open".to_owned(), &token, None, 409, "check_first"),
        (Method::POST, "/api/v1/candidate/questions/nope/open".to_owned(), &token, None, 409, "check_first"),
        (
            Method::POST,
            "/api/v1/candidate/consents".to_owned(),
            &token,
            Some(json!({ "x": 1 })),
            422,
            "body_invalid",
        ),
        (
            Method::POST,
            "/api/v1/candidate/consents".to_owned(),
            &token,
            Some(json!({ "text_version": "1", "decisions": [] })),
            422,
            "consent_missing",
        ),
        (
            Method::POST,
            "/api/v1/candidate/interview/locale".to_owned(),
            &token,
            Some(json!({ "locale": "fr" })),
            422,
            "locale_unknown",
        ),
        (
            Method::POST,
            "/api/v1/candidate/survey".to_owned(),
            &token,
            Some(json!("x".repeat(2 << 20))),
            413,
            "body_invalid",
        ),
        (
            Method::POST,
            "/api/v1/webhook-endpoints".to_owned(),
            &key,
            Some(json!({ "url": "http://10.0.0.1/" })),
            422,
            "url_refused",
        ),
        (
            Method::POST,
            "/api/v1/interviews".to_owned(),
            &key,
            Some(json!({ "position_external_id": "none" })),
            404,
            "position_unknown",
        ),
        (Method::POST, "/api/v1/positions".to_owned(), &key, Some(json!({ "id": "x" })), 422, "body_invalid"),
        (Method::GET, "/nothing".to_owned(), &key, None, 404, "not_found"),
    ];
    for (method, path, token, body, status, code) in cases {
        let (got, problem) = program.call(method.clone(), &path, token, body).await?;
        assert_eq!(
            (got.as_u16(), problem["code"].as_str()),
            (status, Some(code)),
            "{method} {path}: {problem}"
        );
        assert!(problem["detail"].as_str().is_some_and(|d| !d.is_empty()), "{problem}");
    }
    Ok(())
}

#[tokio::test]
async fn a_full_disk_refuses_new_takes_kindly_and_reports_not_ready() -> Result<()> {
    let program =
        Program::start(Settings { least_free_mb: Some(u32::MAX.into()), ..Settings::default() }).await?;
    let token = consented(&program).await?;
    program.must(Method::POST, "/api/v1/candidate/checks", &token, Some(json!({ "camera": true }))).await?;
    // Before any clock runs.
    let (status, problem) =
        program.call(Method::POST, "/api/v1/candidate/questions/q1/open", &token, None).await?;
    assert_eq!((status.as_u16(), problem["code"].as_str()), (507, Some("no_room")), "{problem}");
    let (status, ready) = program.call(Method::GET, "/readyz", &token, None).await?;
    assert_eq!((status.as_u16(), ready["disk_room"].as_bool()), (503, Some(false)), "{ready}");
    Ok(())
}

#[tokio::test]
async fn a_disk_that_fills_up_is_used_in_steps() -> Result<()> {
    let free_mb = free_mb()?;
    // Kept for takes that run; more than twice as much is free, more than once as much, less.
    for (least_free_mb, step, kbps, status) in [
        (free_mb / 3, "low", 2500, 200),
        (free_mb * 2 / 3, "narrow", 600, 200),
        (free_mb * 3 / 2, "full", 600, 507),
    ] {
        let program =
            Program::start(Settings { least_free_mb: Some(least_free_mb), ..Settings::default() }).await?;
        let token = consented(&program).await?;
        program
            .must(Method::POST, "/api/v1/candidate/checks", &token, Some(json!({ "camera": true })))
            .await?;
        let ready = program.call(Method::GET, "/readyz", &token, None).await?.1;
        assert_eq!(ready["disk_step"], step, "{ready}");
        let view = program.view(&token).await?;
        assert_eq!(view["ingest"]["max_bitrate_kbps"], kbps, "{step}");
        let opened = program.call(Method::POST, "/api/v1/candidate/questions/q1/open", &token, None).await?;
        assert_eq!(opened.0.as_u16(), status, "{step}");
    }
    Ok(())
}

/// Of the file system that the programs under test keep their data on.
fn free_mb() -> Result<u64> {
    let output = std::process::Command::new("df")
        .args(["--output=avail", "-BM"])
        .arg(std::env::temp_dir())
        .output()?;
    let text = String::from_utf8(output.stdout)?;
    let line = text.lines().nth(1).context("no line")?;
    Ok(line.trim().trim_end_matches('M').parse()?)
}

#[tokio::test]
async fn an_expired_link_says_so() -> Result<()> {
    let program = Program::start(Settings::default()).await?;
    let key = program.api_key()?;
    program.must(Method::POST, "/api/v1/positions", &key, Some(position::one_question(30, 1))).await?;
    let soon = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_millis() + 400;
    let body = json!({ "position_external_id": "test-position", "expires_at": u64::try_from(soon)? });
    let invited = program.must(Method::POST, "/api/v1/interviews", &key, Some(body)).await?;
    let token = invited["link"].as_str().and_then(|l| l.rsplit('/').next()).context("no link")?.to_owned();
    program.wait_for(&token, "expired", |view| view["state"] == "expired").await?;
    let (status, problem) =
        program.call(Method::POST, "/api/v1/candidate/interview/opened", &token, None).await?;
    assert_eq!((status.as_u16(), problem["code"].as_str()), (410, Some("interview_expired")), "{problem}");
    Ok(())
}

/// A second tab takes over, and the first one is told.
#[tokio::test]
async fn a_second_tab_replaces_the_first() -> Result<()> {
    use futures::{SinkExt as _, StreamExt as _};
    use tokio_tungstenite::tungstenite::Message;
    let program = Program::start(Settings::default()).await?;
    let (token, _) = program.invite(&position::one_question(30, 1)).await?;
    let url = program.url("/api/v1/candidate/events").replace("http", "ws");
    let hello = Message::text(json!({ "token": token }).to_string());
    let (mut first, _) = tokio_tungstenite::connect_async(&url).await?;
    first.send(hello.clone()).await?;
    let view: Value = serde_json::from_str(first.next().await.context("closed")??.to_text()?)?;
    assert_eq!(view["type"], "view");
    let (mut second, _) = tokio_tungstenite::connect_async(&url).await?;
    second.send(hello).await?;
    loop {
        let message = first.next().await.context("closed without a word")??;
        let said: Value = serde_json::from_str(message.to_text()?).unwrap_or_default();
        if said["type"] == "replaced" {
            return Ok(());
        }
    }
}

#[tokio::test]
async fn an_unreachable_webhook_is_logged_and_tried_again() -> Result<()> {
    let program = Program::start(Settings::default()).await?;
    let nobody = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let wanted = json!({ "url": format!("http://{nobody}/hook?key=abcdef") });
    let (_, endpoint) = program.api(Method::POST, "/api/v1/webhook-endpoints", Some(wanted)).await?;
    let id = endpoint["id"].as_str().context("no id")?;
    let (status, _) =
        program.api(Method::POST, &format!("/api/v1/webhook-endpoints/{id}/test"), None).await?;
    assert_eq!(status, StatusCode::ACCEPTED);
    for _ in 0..100 {
        let (_, log) = program.api(Method::GET, "/api/v1/deliveries", None).await?;
        let delivery = &log["deliveries"][0];
        if delivery["attempts"].as_u64().unwrap_or_default() > 0 && delivery["last_error"].is_string() {
            let error = delivery["last_error"].as_str().context("no error")?;
            assert!(error.contains("cannot connect"), "{delivery}");
            assert!(!error.contains("abcdef"), "the address may hold a secret: {delivery}");
            assert_eq!(delivery["status"], "pending", "{delivery}");
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    anyhow::bail!("no attempt was logged")
}

#[tokio::test]
async fn the_interface_is_documented_where_it_is_served() -> Result<()> {
    let program = Program::start(Settings::default()).await?;
    let (status, document) = program.call(Method::GET, "/api/openapi.json", "", None).await?;
    assert_eq!((status, &document["info"]["title"]), (StatusCode::OK, &json!("Viva")));
    let (status, page) = program.call(Method::GET, "/docs/", "", None).await?;
    assert_eq!(status, StatusCode::OK);
    assert!(page.as_str().is_some_and(|page| page.contains("swagger-ui")), "{page}");
    Ok(())
}
