//! What candidates are written: by mail through a real mail server, and by a gateway for short messages.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use axum::{Json, Router, routing::post};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use viva_tests::{Mail, Postbox, Program, Settings, viva};

use crate::{position, wishes::write};

const POST: Method = Method::POST;

fn settings(postbox: &Postbox) -> Settings {
    let variables = [
        ("VIVA_MAIL__SMTP", format!("smtp://{}", postbox.address)),
        ("VIVA_MAIL__FROM", "Lantern Software <interviews@example.org>".to_owned()),
    ];
    Settings { variables: variables.into(), ..Settings::default() }
}

/// The body of a mail as a person reads it.
fn read(mail: &Mail) -> Result<String> {
    let (head, body) = mail.text.split_once("\n\n").context("no body")?;
    if head.to_lowercase().contains("content-transfer-encoding: base64") {
        let bytes: String = body.split_whitespace().collect();
        return Ok(String::from_utf8(STANDARD.decode(bytes)?)?);
    }
    let soft = body.replace("=\n", "");
    let mut bytes = Vec::new();
    let mut rest = soft.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = tail.get(..2).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        let coded = head.to_lowercase().contains("quoted-printable") && *first == b'=';
        if let Some(code) = code.filter(|_| coded) {
            bytes.push(code);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    Ok(String::from_utf8(bytes)?)
}

async fn invite(
    program: &Program,
    position: &Value,
    candidate: Value,
    locale: &str,
) -> Result<(String, String)> {
    let key = program.api_key()?;
    program.must(POST, "/api/v1/positions", &key, Some(position.clone())).await?;
    let body = json!({ "position_external_id": position["id"], "candidate": candidate, "locale": locale });
    let invited = program.must(POST, "/api/v1/interviews", &key, Some(body)).await?;
    let token = invited["link"].as_str().and_then(|link| link.rsplit('/').next()).context("no link")?;
    Ok((token.to_owned(), invited["interview_id"].as_str().context("no id")?.to_owned()))
}

#[tokio::test]
async fn a_candidate_is_invited_thanked_and_told_of_the_decision_by_mail() -> Result<()> {
    // The first attempt is put off, as busy mail servers do.
    let postbox = Postbox::start(1).await?;
    let program = Program::start(settings(&postbox)).await?;
    let mut position = position::written();
    position["languages"] = json!(["en", "zh"]);
    position["share_report"] = json!(true);
    let candidate = json!({ "name": "李华", "email": "li@example.org" });
    let (token, interview) = invite(&program, &position, candidate, "zh").await?;
    let invitation = read(&postbox.reach(1).await?[0])?;
    ensure!(invitation.contains("李华，您好") && invitation.contains("北京时间"), "{invitation}");
    ensure!(invitation.contains(&program.url(&format!("/i/{token}"))), "{invitation}");
    ensure!(postbox.attempts() >= 2, "not tried again");

    // The link lies nowhere in the clear, and who decides gets nothing of it either.
    ensure!(!program.lies_open(&token), "the token lies in the clear");
    write(&program, &token, true, None).await?;
    let receipt = read(&postbox.reach(2).await?[1])?;
    ensure!(receipt.contains(&interview) && receipt.contains("已完整收到"), "{receipt}");
    program.report(&interview).await?;
    let decision = json!({ "outcome": "advance", "by": "mei@example.org", "reason": "Good examples." });
    let (status, _) =
        program.api(POST, &format!("/api/v1/interviews/{interview}/decision"), Some(decision)).await?;
    ensure!(status.is_success(), "{status}");
    let mails = postbox.reach(3).await?;
    let result = read(&mails[2])?;
    ensure!(result.contains("已由人查看并作出决定"), "{result}");
    ensure!(
        !result.contains("advance") && !result.contains("mei@"),
        "a person tells of the outcome: {result}"
    );
    ensure!(mails.iter().all(|mail| mail.to == "li@example.org"));
    Ok(())
}

#[tokio::test]
async fn a_link_that_ends_soon_is_remembered_and_a_wrong_address_stops_nothing() -> Result<()> {
    let postbox = Postbox::start(0).await?;
    let mut program = Program::start(settings(&postbox)).await?;
    let position = position::written();
    let nobody = json!({ "email": "nobody@example.org" });
    let (token, _) = invite(&program, &position, nobody, "en").await?;
    let candidate = json!({ "email": "ana@example.org" });
    let key = program.api_key()?;
    let now = u64::try_from(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_millis())?;
    // The reminder is due a day before the end: in two seconds.
    let expires_at = now + 24 * 60 * 60 * 1000 + 2_000;
    let body =
        json!({ "position_external_id": position["id"], "candidate": candidate, "expires_at": expires_at });
    program.must(POST, "/api/v1/interviews", &key, Some(body)).await?;
    let mails = postbox.reach(2).await?;
    ensure!(mails[0].text.contains("Subject: Your interview: Test"), "{}", mails[0].text);
    ensure!(mails[1].text.contains("Subject: Your interview ends soon: Test"), "{}", mails[1].text);
    ensure!(mails.iter().all(|mail| mail.to == "ana@example.org"), "{mails:?}");
    // Refused for good: tried once, and the interview goes on.
    let tried = postbox.attempts();
    program.terminate()?;
    program.restart().await?;
    write(&program, &token, true, None).await?;
    // Only the receipt, refused like the invitation.
    while postbox.attempts() == tried {
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    assert_eq!((postbox.attempts(), postbox.mails().len()), (tried + 1, 2));

    for (field, value, code) in [
        ("email", "not an address", "email_invalid"),
        ("email", "a@b.c\r\nBcc: d@e.f", "email_invalid"),
        ("phone", "call me", "phone_invalid"),
    ] {
        let body = json!({ "position_external_id": position["id"], "candidate": { field: value } });
        let (status, problem) = program.api(POST, "/api/v1/interviews", Some(body)).await?;
        assert_eq!((status, &problem["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(code)));
    }
    Ok(())
}

/// The same as over the API: the command line's invitation goes out by mail, and its link is kept sealed.
#[tokio::test]
async fn who_is_invited_on_the_command_line_gets_a_mail_too() -> Result<()> {
    let postbox = Postbox::start(0).await?;
    let program = Program::start(settings(&postbox)).await?;
    let key = program.api_key()?;
    program.must(POST, "/api/v1/positions", &key, Some(position::written())).await?;
    let mut command = viva(false);
    command
        .args(["invite", "--position", "written-position", "--name", "Ana", "--email", "ana@example.org"])
        .current_dir(program.folder())
        .env("VIVA_DATA__DIR", program.data())
        .env("VIVA_HTTP__PUBLIC_URL", program.url(""))
        .envs(settings(&postbox).variables);
    let output = tokio::task::spawn_blocking(move || command.output()).await??;
    let (link, told) = (String::from_utf8(output.stdout)?, String::from_utf8(output.stderr)?);
    ensure!(output.status.success() && told.contains("1 message(s) queued"), "{told}");
    let invitation = read(&postbox.reach(1).await?[0])?;
    ensure!(invitation.contains("Hello Ana") && invitation.contains(link.trim()), "{invitation}");
    let token = link.trim().rsplit('/').next().context("no token")?.to_owned();
    ensure!(!program.lies_open(&token), "the token lies in the clear");
    write(&program, &token, true, None).await?;
    ensure!(read(&postbox.reach(2).await?[1])?.contains("Your reference"), "no receipt");
    Ok(())
}

#[tokio::test]
async fn short_messages_go_through_the_gateway() -> Result<()> {
    let (tell, mut told) = mpsc::unbounded_channel::<(String, Value)>();
    let router = Router::new().route(
        "/sms",
        post(move |headers: http::HeaderMap, Json(body): Json<Value>| async move {
            let token =
                headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
            tell.send((token.to_owned(), body)).map_or(StatusCode::GONE, |()| StatusCode::NO_CONTENT)
        }),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let variables = [
        ("VIVA_GATEWAY__URL", format!("http://{}/sms", listener.local_addr()?)),
        ("VIVA_GATEWAY__TOKEN", "gateway-secret".to_owned()),
    ];
    tokio::spawn(async move { axum::serve(listener, router).await });
    let program = Program::start(Settings { variables: variables.into(), ..Settings::default() }).await?;
    let candidate = json!({ "phone": "+8613800138000" });
    let (token, _) = invite(&program, &position::written(), candidate, "en").await?;
    let (authorization, message) = told.recv().await.context("no message")?;
    assert_eq!(authorization, "Bearer gateway-secret");
    assert_eq!((&message["to"], &message["occasion"]), (&json!("+8613800138000"), &json!("invitation")));
    ensure!(message["text"].as_str().is_some_and(|text| text.contains(&token)), "{message}");
    Ok(())
}
