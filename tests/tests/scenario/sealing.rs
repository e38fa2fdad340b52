//! Sealed at rest: nothing to read without the master key, nothing to change unnoticed, and erased for good.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Output,
    time::Duration,
};

use anyhow::{Context as _, Result};
use reqwest::Method;
use serde_json::Value;
use viva_tests::{Candidate, Program, Settings, viva};

use crate::position;

const ANSWER_SECONDS: u32 = 5;

/// Every file below a folder.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}

/// A whole interview with one recorded answer; gives its id and the take's.
async fn interview(program: &Program) -> Result<(String, String)> {
    let (token, interview) = program.invite(&position::one_question(ANSWER_SECONDS, 1)).await?;
    let page = Candidate::until(program, &token, "answered", &["--until", "answered"]).await?;
    let view = program.view(&token).await?;
    let take = view["questions"][0]["takes"][0]["id"].as_str().context("no take")?.to_owned();
    program.must(Method::POST, "/api/v1/candidate/submit", &token, None).await?;
    drop(page);
    let report = format!("/api/v1/interviews/{interview}/report");
    eventually(program, &report, 200).await?;
    Ok((interview, take))
}

async fn eventually(program: &Program, path: &str, wanted: u16) -> Result<Value> {
    for _ in 0..200 {
        let (status, body) = program.api(Method::GET, path, None).await?;
        if status == wanted {
            return Ok(body);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    anyhow::bail!("{path} never answered {wanted}")
}

/// The media as the server gives it; an error when the seal is broken.
async fn download(program: &Program, interview: &str, take: &str, range: Option<&str>) -> Result<Vec<u8>> {
    let url = program.url(&format!("/api/v1/interviews/{interview}/takes/{take}/media"));
    let mut request = reqwest::Client::builder().no_proxy().build()?.get(url).bearer_auth(program.api_key()?);
    if let Some(range) = range {
        request = request.header("range", range);
    }
    let response = request.send().await?.error_for_status()?;
    anyhow::ensure!(response.status() == if range.is_some() { 206 } else { 200 });
    Ok(response.bytes().await?.to_vec())
}

fn put_key(path: &Path, content: &[u8]) -> Result<()> {
    fs::write(path, content)?;
    Ok(fs::set_permissions(path, fs::Permissions::from_mode(0o600))?)
}

fn with_data(program: &Program, arguments: &[&str]) -> Result<Output> {
    let mut command = viva(false);
    command.env("VIVA_DATA__DIR", program.data()).env("VIVA_HTTP__LISTEN", "127.0.0.1:0");
    command.env("VIVA_INGEST__UDP", "127.0.0.1:0").env("VIVA_INGEST__TCP", "127.0.0.1:0");
    Ok(command.args(arguments).output()?)
}

#[tokio::test]
async fn a_recording_is_sealed_and_opens_with_its_key_only() -> Result<()> {
    for cipher in ["aes-256-gcm", "gm"] {
        let mut program = Program::start(Settings { cipher: Some(cipher), ..Settings::default() }).await?;
        let (interview, take) = interview(&program).await?;

        // Any part is the same part of the whole.
        let whole = download(&program, &interview, &take, None).await?;
        assert!(whole.len() > 200_000, "{} bytes", whole.len());
        for (from, to) in [(0, 0), (65_535, 65_536), (100_000, 200_000), (whole.len() - 10, whole.len() - 1)]
        {
            let part = download(&program, &interview, &take, Some(&format!("bytes={from}-{to}"))).await?;
            assert_eq!(part, whole[from..=to], "{from}-{to}");
        }

        // Neither the sound nor the picture nor what was found in them is anywhere in the data folder.
        let recorded = &whole[whole.len() / 2..][..40];
        let secrets: [&[u8]; 6] =
            [b"VIVAJRNL", b"V_VP8", b"OpusHead", b"not_assessed", b"mean_confidence", recorded];
        for file in files(&program.data())? {
            let bytes = fs::read(&file)?;
            for secret in secrets {
                let found = bytes.windows(secret.len()).any(|window| window == secret);
                assert!(!found, "{} holds {:?}", file.display(), String::from_utf8_lossy(secret));
            }
        }

        let doctor = || {
            with_data(&program, &["doctor"]).map(|said| String::from_utf8_lossy(&said.stdout).into_owned())
        };
        let said = doctor()?;
        assert!(said.contains("ok   recordings: 1 whole") && !said.contains("MEND recordings"), "{said}");

        // A changed bit spoils the record that it is in, and no other.
        let sealed = program.sealed(&interview, &take);
        let good = fs::read(&sealed)?;
        let mut changed = good.clone();
        changed[100_000] ^= 1;
        fs::write(&sealed, &changed)?;
        assert!(download(&program, &interview, &take, None).await.is_err());
        assert!(download(&program, &interview, &take, Some("bytes=99000-99100")).await.is_err());
        assert_eq!(download(&program, &interview, &take, Some("bytes=0-999")).await?, whole[..1000]);
        let said = doctor()?;
        assert!(said.contains("MEND recordings") && said.contains("does not open as a whole"), "{said}");
        fs::write(&sealed, &good[..good.len() - 1])?;
        assert!(download(&program, &interview, &take, Some("bytes=0-999")).await.is_err(), "cut off");
        fs::copy(sealed.with_extension("journal"), &sealed)?;
        assert!(download(&program, &interview, &take, None).await.is_err(), "exchanged");
        fs::write(&sealed, &good)?;

        // A new master key while the server runs; the old one opens nothing any more.
        let key = program.data().join("master.key");
        let old = fs::read(&key)?;
        let rotated = with_data(&program, &["keys", "rotate"])?;
        assert!(rotated.status.success(), "{}", String::from_utf8_lossy(&rotated.stderr));
        let new = fs::read(&key)?;
        assert!(old != new && new.len() == old.len());
        program.terminate()?;
        program.restart().await?;
        assert_eq!(download(&program, &interview, &take, None).await?, whole);
        program.terminate()?;
        for (content, complaint) in
            [(Some(&old[..]), "not the one"), (Some(b"not a key\n"), "32 bytes"), (None, "no master key")]
        {
            fs::remove_file(&key)?;
            if let Some(content) = content {
                put_key(&key, content)?;
            }
            let refused = with_data(&program, &["serve"])?;
            let said = String::from_utf8_lossy(&refused.stderr).into_owned();
            assert!(!refused.status.success() && said.contains(complaint), "{complaint}: {said}");
        }
        put_key(&key, &new)?;
        program.restart().await?;
        assert_eq!(download(&program, &interview, &take, None).await?, whole);

        // Erased: the key first, then the files, and a certificate stays.
        let copy = fs::read(&sealed)?;
        program.api(Method::DELETE, &format!("/api/v1/interviews/{interview}"), None).await?;
        let certificate =
            eventually(&program, &format!("/api/v1/interviews/{interview}/deletion-certificate"), 200)
                .await?;
        let names: Vec<_> = certificate["files"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|file| file["name"].as_str())
            .collect();
        assert!(names.contains(&format!("{take}.webm").as_str()), "{certificate}");
        assert_eq!(certificate["data_key"], "destroyed");
        assert!(!sealed.parent().context("no folder")?.exists());
        assert!(program.journal(&interview, &take).await.is_err());
        fs::create_dir_all(sealed.parent().context("no folder")?)?;
        fs::write(&sealed, copy)?;
        assert!(
            download(&program, &interview, &take, None).await.is_err(),
            "a copy of the file opens for nobody"
        );
    }
    Ok(())
}
