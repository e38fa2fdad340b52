//! What the hiring team sees of a position as a whole: its candidates side by side, and its statistics.

use anyhow::{Context as _, Result, ensure};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use viva_tests::{Program, Settings};

use crate::{position, wishes::write};

/// A request with the access of a signed link.
async fn by_link(program: &Program, path: &str, access: &str) -> Result<(StatusCode, Value)> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let response = client.get(program.url(path)).header("x-viva-access", access).send().await?;
    let status = response.status();
    let text = response.text().await?;
    Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
}

/// Makes the position's link; gives its id and access.
async fn link(program: &Program, position: &str) -> Result<(String, String)> {
    let path = format!("/api/v1/positions/{position}/link");
    let made = program.must(Method::POST, &path, &program.api_key()?, None).await?;
    let url = made["url"].as_str().context("no link")?;
    let (page, access) = url.split_once("?access=").context("no access")?;
    let id = page.rsplit('/').next().context("no id")?;
    Ok((id.to_owned(), access.to_owned()))
}

async fn finished(program: &Program, position: &Value, channel: &str) -> Result<(String, String)> {
    let key = program.api_key()?;
    program.must(Method::POST, "/api/v1/positions", &key, Some(position.clone())).await?;
    let body = json!({ "position_external_id": position["id"], "channel": channel, "candidate": { "ref": channel } });
    let invited = program.must(Method::POST, "/api/v1/interviews", &key, Some(body)).await?;
    let token =
        invited["link"].as_str().and_then(|link| link.rsplit('/').next()).context("no token")?.to_owned();
    let wish = json!({ "time_factor": 2.0 });
    write(program, &token, true, Some(&wish)).await?;
    let id = invited["interview_id"].as_str().context("no id")?.to_owned();
    program.report(&id).await?;
    Ok((token, id))
}

#[tokio::test]
async fn candidates_are_compared_within_their_position_and_no_other() -> Result<()> {
    let program = Program::start(Settings::default()).await?;
    let mut position = position::written();
    position["contact"] = json!("jobs@example.org");
    let title = json!({ "en": "Speaks of the team", "zh": "提到团队" });
    position["questions"][0]["criteria"][0]["title"] = title.clone();
    let mut ids = Vec::new();
    for channel in ["referral", "site", "site", "site"] {
        let (token, id) = finished(&program, &position, channel).await?;
        assert_eq!(program.view(&token).await?["contact"], "jobs@example.org");
        ids.push(id);
    }
    assert_eq!(program.report(&ids[0]).await?["titles"]["criteria"]["q1"]["team"], title);
    // What a criterion is called changes nothing of what it scores.
    position["questions"][0]["criteria"][0]["title"] = json!("Team");
    program.must(Method::POST, "/api/v1/positions", &program.api_key()?, Some(position.clone())).await?;
    let mut other = position.clone();
    other["id"] = json!("another-position");
    let (_, stranger) = finished(&program, &other, "site").await?;

    let (id, access) = link(&program, "written-position").await?;
    let path = format!("/api/v1/positions/{id}/comparison");
    let (status, found) = by_link(&program, &path, &access).await?;
    assert_eq!(status, 200, "{found}");
    assert_eq!(found["criteria"], json!(["team", "people"]));
    assert_eq!(found["titles"]["criteria"]["q1"]["team"], "Team");
    let candidates = found["candidates"].as_array().context("no candidates")?;
    assert_eq!(candidates.len(), 4, "the other position's candidate is not among them: {found}");
    let shown: Vec<&Value> = candidates.iter().filter(|one| one.get("answer").is_some()).collect();
    assert_eq!(shown.len(), 3, "the newest three");
    for candidate in &shown {
        let scores = candidate["answer"]["scores"].as_array().context("no scores")?;
        let order: Vec<_> = scores.iter().filter_map(|score| score["criterion"].as_str()).collect();
        assert_eq!(order, ["team", "people"]);
        assert_eq!(candidate["other_rubric"], false);
        assert_eq!((&candidate["points"], &candidate["max_points"]), (&json!(20.0), &json!(20.0)));
        assert!(candidate["report_url"].as_str().is_some_and(|url| url.contains("?access=")));
    }
    assert!(!found.to_string().contains("accommodation") && !found.to_string().contains("time_factor"));

    // Chosen ones, and nobody from elsewhere.
    let wanted = |ids: &[&String]| {
        let joined: Vec<&str> = ids.iter().map(|id| id.as_str()).collect();
        format!("{path}?question=q1&interviews={}", joined.join(","))
    };
    let (_, found) = by_link(&program, &wanted(&[&ids[0]]), &access).await?;
    let shown =
        found["candidates"].as_array().into_iter().flatten().filter(|one| one.get("answer").is_some());
    assert_eq!(shown.map(|one| &one["interview_id"]).collect::<Vec<_>>(), [&json!(ids[0])]);
    assert_eq!(by_link(&program, &wanted(&[&ids[0], &stranger]), &access).await?.0, 404);
    assert_eq!(by_link(&program, &format!("{path}?interviews=nonsense"), &access).await?.0, 422);
    assert_eq!(by_link(&program, &format!("{path}?question=q9"), &access).await?.0, 404);

    // The link opens its own position's pages, and nothing else.
    let (other_id, other_access) = link(&program, "another-position").await?;
    assert_eq!(by_link(&program, &path, &other_access).await?.0, 403);
    assert_eq!(by_link(&program, &format!("/api/v1/positions/{other_id}/comparison"), &access).await?.0, 403);
    assert_eq!(by_link(&program, &path, "").await?.0, 403);
    assert_eq!(by_link(&program, &format!("/api/v1/interviews/{}/report", ids[0]), &access).await?.0, 403);
    assert_eq!(by_link(&program, "/api/v1/positions", &access).await?.0, 401);

    let (status, statistics) =
        by_link(&program, &format!("/api/v1/statistics/positions/{id}"), &access).await?;
    assert_eq!((status.as_u16(), &statistics["funnel"]["submitted"]), (200, &json!(4)), "{statistics}");
    let channels = statistics["channels"].as_array().context("no channels")?;
    let told: Vec<_> =
        channels.iter().map(|each| (each["channel"].as_str(), each["invited"].as_u64())).collect();
    assert_eq!(told, [(Some("referral"), Some(1)), (Some("site"), Some(3))]);
    assert_eq!(statistics["drift"]["comparisons"], json!([]), "too few to compare");
    Ok(())
}

#[tokio::test]
async fn what_candidates_say_of_themselves_reaches_statistics_alone() -> Result<()> {
    let program = Program::start(Settings::default()).await?;
    let mut position = position::written();
    position["profile"] = json!("us");
    position["demographics"] = json!(["sex", "age_group"]);
    let mut all = Vec::new();
    for number in 0..12 {
        let (token, id) = finished(&program, &position, "site").await?;
        let sex = if number < 10 { "female" } else { "male" };
        let body = json!({ "given": { "sex": sex } });
        let said = program.must(Method::PUT, "/api/v1/candidate/demographics", &token, Some(body)).await?;
        assert_eq!(said["given"]["sex"], sex);
        all.push((token, id));
    }
    let (token, id) = &all[0];
    let body = json!({ "given": { "race_ethnicity": "white" } });
    let (status, problem) =
        program.call(Method::PUT, "/api/v1/candidate/demographics", token, Some(body)).await?;
    assert_eq!((status.as_u16(), &problem["code"]), (422, &json!("demographics_not_asked")), "{problem}");

    // Nobody who decides sees it.
    for path in [
        format!("/api/v1/interviews/{id}"),
        format!("/api/v1/interviews/{id}/report"),
        "/api/v1/interviews".into(),
    ] {
        let (_, seen) = program.api(Method::GET, &path, None).await?;
        assert!(!seen.to_string().contains("female"), "{path}: {seen}");
    }
    for entry in std::fs::read_dir(program.data())? {
        let path = entry?.path();
        if path.is_file() {
            let bytes = std::fs::read(&path)?;
            // The position names the characteristic, nobody's answer to it.
            ensure!(!bytes.windows(8).any(|window| window == b"\"female\""), "{} tells", path.display());
        }
    }

    let impact = |by: &'static str| {
        let program = &program;
        async move {
            program
                .api(
                    Method::GET,
                    &format!("/api/v1/statistics/positions/written-position/impact?by={by}"),
                    None,
                )
                .await
        }
    };
    let (_, found) = impact("sex").await?;
    let groups: Vec<_> = found["scoring"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|each| (each["group"].as_str(), each["count"].as_u64(), each["rate"].is_null()))
        .collect();
    assert_eq!(groups, [(Some("female"), Some(10), false), (Some("male"), Some(2), true)], "{found}");
    assert_eq!(impact("sex,age_group").await?.1["scoring"], json!([]), "nobody said both");
    assert_eq!(impact("shoe_size").await?.0, 422);
    let (_, csv) = impact("sex&format=csv").await?;
    assert!(csv.as_str().is_some_and(|text| text.contains("scoring,male,2,,,false")), "{csv}");

    // Taken back, and gone with the interview.
    program.must(Method::PUT, "/api/v1/candidate/demographics", token, Some(json!({ "given": {} }))).await?;
    program.must(Method::POST, "/api/v1/candidate/erasure", &all[1].0, None).await?;
    for _ in 0..50 {
        if impact("sex").await?.1["scoring"][0]["count"] == 8 {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    anyhow::bail!("still there: {}", impact("sex").await?.1)
}
