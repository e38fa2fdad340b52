//! `viva doctor`: what works on this machine, what does not, and the mend.

mod holdings;

use std::{process::ExitCode, sync::Arc};

use anyhow::Result;
use viva_store::SqliteStore;

use crate::{analysis::Analyser, config::Config, language_model::LanguageModel};

pub async fn run(config: Config) -> Result<ExitCode> {
    let mut good = true;
    let mut line = |ok: bool, what: &str, detail: &str| {
        good &= ok;
        println!("{} {what}: {detail}", if ok { "ok  " } else { "MEND" });
    };
    match crate::analysis::runtime_library(&config) {
        Ok(path) => line(true, "onnxruntime", &path),
        Err(error) => line(false, "onnxruntime", &error),
    }
    for ability in Analyser::load(&config)?.abilities() {
        line(ability.ready, ability.stage, &ability.detail);
    }
    match LanguageModel::new(&config.language_model) {
        Ok(None) => line(true, "language model", "none is asked"),
        Ok(Some(model)) => match model.is_there().await {
            Ok(()) => line(true, "language model", &format!("{} answers", model.name())),
            Err(error) => line(false, "language model", &error.to_string()),
        },
        Err(error) => line(false, "language model", &format!("{error:#}")),
    }
    if config.database().exists() {
        match SqliteStore::open(&config.database()).await {
            Ok(store) => {
                line(true, "database", &config.database().display().to_string());
                keep(&config, store, &mut line).await;
            }
            Err(error) => line(false, "database", &error.to_string()),
        }
    } else {
        line(true, "database", "is made at the first start");
    }
    if config.data.dir.exists() {
        let stat = rustix::fs::statvfs(&config.data.dir)?;
        let free_mb = stat.f_bavail.saturating_mul(stat.f_frsize) >> 20;
        let enough = free_mb >= config.data.least_free_mb;
        line(
            enough,
            "disk",
            &format!(
                "{free_mb} MB free in {}; new takes need {}",
                config.data.dir.display(),
                config.data.least_free_mb
            ),
        );
    }
    let secure = config.http.tls_certificate.is_some()
        || config.http.listen.ip().is_loopback()
        || config.public_url().starts_with("https");
    line(
        secure,
        "https",
        if secure {
            "candidates' browsers will give the camera"
        } else {
            "browsers give no camera over plain http; set http.tls_certificate and http.tls_key, or put a proxy with https before it and set http.public_url"
        },
    );
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The master key, and whatever is sealed with it.
async fn keep(config: &Config, store: SqliteStore, line: &mut impl FnMut(bool, &str, &str)) {
    match holdings::check(config, &Arc::new(store)).await {
        Ok(found) => {
            line(true, "master key", "opens what is sealed here");
            let all = format!("{} whole, {} MB", found.good, found.bytes >> 20);
            line(true, "recordings", &all);
            for problem in found.problems {
                line(false, "recordings", &problem);
            }
        }
        Err(error) => line(false, "master key", &format!("{error:#}")),
    }
}
