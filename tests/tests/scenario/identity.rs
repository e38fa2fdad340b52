//! What candidates say about themselves: checked, sealed, shown masked, taken along, and gone with the rest.

use std::{io::Read as _, time::Duration};

use anyhow::{Context as _, Result, ensure};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use viva_tests::{Program, Receiver, Settings};
use zip::ZipArchive;

use crate::position;

const POST: Method = Method::POST;
const GET: Method = Method::GET;
const OWN: &str = "/api/v1/candidate/identity";
const NUMBER: &str = "11010519491231002X";
const NAME: &str = "Li Hua Qingming";

fn asking() -> Value {
    let mut position = position::written();
    position["profile"] = json!("cn");
    position["identity"] = json!([
        { "id": "name", "kind": "full_name", "label": "Name" },
        { "id": "number", "kind": "mainland_id", "label": "Identity card number" },
        { "id": "words", "kind": "text", "label": "Anything else?", "required": false }]);
    position
}

#[tokio::test]
async fn what_candidates_say_is_checked_sealed_masked_and_gone_with_the_rest() -> Result<()> {
    let program = Program::start(Settings::default()).await?;
    let receiver = Receiver::start(&[]).await?;
    let hook = json!({ "url": receiver.url });
    let (_, endpoint) = program.api(POST, "/api/v1/webhook-endpoints", Some(hook)).await?;
    receiver.expect(endpoint["secret"].as_str().context("no secret")?);
    let (token, interview) = program.invite(&asking()).await?;
    let said = json!({ "values": { "name": "Li Hua", "number": "１１０１０５１９４９１２３１００２ｘ" } });
    // Nothing is taken before anything was agreed to, and no check is passed before this.
    let early = program.call(POST, OWN, &token, Some(said.clone())).await?;
    assert_eq!((early.0, &early.1["code"]), (StatusCode::CONFLICT, &json!("consent_first")));
    assert_eq!(program.must(GET, OWN, &token, None).await?, json!({ "values": {} }));
    let decisions = ["recording", "analysis"].map(|purpose| json!({ "purpose": purpose, "granted": true }));
    for (path, body) in [
        ("interview/opened", json!({})),
        ("consents", json!({ "text_version": "2026-11", "decisions": decisions })),
    ] {
        program.must(POST, &format!("/api/v1/candidate/{path}"), &token, Some(body)).await?;
    }
    let check = "/api/v1/candidate/checks";
    assert_eq!(program.call(POST, check, &token, Some(json!({}))).await?.1["code"], "identity_first");

    let wrong = json!({ "values": { "number": "110105194912310021", "age": "30" } });
    let (status, problem) = program.call(POST, OWN, &token, Some(wrong)).await?;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(problem["faults"], json!({ "age": "unknown", "name": "missing", "number": "id_checksum" }));
    ensure!(!problem.to_string().contains("1949"), "a problem repeats what was written: {problem}");

    let view = program.must(POST, OWN, &token, Some(said)).await?;
    ensure!(view["identified"] == true && !view.to_string().contains(NUMBER), "{view}");
    let written = program.must(GET, OWN, &token, None).await?;
    assert_eq!(written, json!({ "values": { "name": "Li Hua", "number": NUMBER } }));
    ensure!(!program.lies_open(NUMBER) && !program.lies_open("Li Hua"), "it lies in the clear");

    for (path, body) in [
        ("checks", json!({})),
        ("questions/q1/open", json!({})),
        ("questions/q1/answer", json!({ "text": "I trained my team. We were 8 people." })),
    ] {
        program.must(POST, &format!("/api/v1/candidate/{path}"), &token, Some(body)).await?;
    }
    // It can be put right until everything is sent, and no longer.
    let own = json!({ "values": { "name": NAME, "number": NUMBER } });
    program.must(POST, OWN, &token, Some(own.clone())).await?;
    assert_eq!(program.must(GET, OWN, &token, None).await?, own);
    ensure!(!program.lies_open(NAME), "it lies in the clear");
    program.must(POST, "/api/v1/candidate/submit", &token, Some(json!({}))).await?;
    let late = program.call(POST, OWN, &token, Some(own.clone())).await?;
    assert_eq!((late.0, &late.1["code"]), (StatusCode::CONFLICT, &json!("interview_submitted")));
    let report = program.report(&interview).await?;
    receiver.wait_for("report.ready", Duration::from_secs(30)).await?;
    let hooks: String = receiver.received().iter().map(|event| event.body.to_string()).collect();
    for seen in [report.to_string(), hooks] {
        ensure!(!seen.contains(NUMBER) && !seen.contains(NAME), "{seen}");
    }

    let path = format!("/api/v1/interviews/{interview}/identity");
    let (_, masked) = program.api(GET, &path, None).await?;
    assert_eq!(
        masked["fields"][1],
        json!({ "id": "number", "kind": "mainland_id", "label": "Identity card number", "value": "110*************2X" })
    );
    assert_eq!(
        (&masked["fields"][0]["value"], masked["fields"].as_array().map(Vec::len)),
        (&json!(NAME), Some(2))
    );
    let (_, whole) = program.api(GET, &format!("{path}?whole=true"), None).await?;
    assert_eq!(whole["fields"][1]["value"], NUMBER);
    // Whoever has only the link to the report sees it masked, and nothing of anybody else.
    let link =
        report["result_url"].as_str().and_then(|link| link.split_once("access=")).context("no link")?;
    let client = reqwest::Client::builder().no_proxy().build()?;
    for (path, status) in [(path.clone(), 200), (format!("{path}?whole=true"), 403)] {
        let asked = client.get(program.url(&path)).header("x-viva-access", link.1).send().await?;
        assert_eq!(asked.status().as_u16(), status, "{path}");
        ensure!(!asked.text().await?.contains(NUMBER), "{path}");
    }

    let archive = client.get(program.url("/api/v1/candidate/data")).bearer_auth(&token).send().await?;
    let mut archive = ZipArchive::new(std::io::Cursor::new(archive.bytes().await?.to_vec()))?;
    let mut kept = String::new();
    archive.by_name("identity.json")?.read_to_string(&mut kept)?;
    assert_eq!(serde_json::from_str::<Value>(&kept)?, own["values"]);

    // A consent that is taken back deletes what was measured, not who somebody is.
    let back = json!({ "text_version": "2026-11", "decisions": [
        { "purpose": "recording", "granted": true }, { "purpose": "analysis", "granted": false }] });
    program.must(POST, "/api/v1/candidate/consents", &token, Some(back)).await?;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(program.api(GET, &path, None).await?.1, masked);
    program.must(POST, "/api/v1/candidate/erasure", &token, Some(json!({}))).await?;
    assert_eq!(program.api(GET, &path, None).await?.0, StatusCode::NOT_FOUND);
    assert_eq!(program.must(GET, OWN, &token, None).await?, json!({ "values": {} }));
    Ok(())
}
