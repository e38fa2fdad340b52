//! Watches, for operators, whether what comes out of the analysis has moved: looks again after reports were made, warns
//! once for each measure that moves, and counts them for `/metrics`.

use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use anyhow::Result;
use serde_json::json;
use viva_core::statistics;

use crate::{app::App, http};

/// Reports come one by one: so long they may gather.
const PAUSE: Duration = Duration::from_mins(10);

/// Runs until the server stops.
pub async fn watch(app: Arc<App>) {
    let mut told = BTreeSet::new();
    while !app.stopping.is_cancelled() {
        if let Err(error) = look(&app, &mut told).await {
            tracing::error!(error = format!("{error:#}"), "drift could not be looked for");
        }
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            () = app.stopping.cancelled() => return,
        }
        tokio::select! {
            () = app.reported.notified() => {}
            () = app.stopping.cancelled() => return,
        }
    }
}

async fn look(app: &App, told: &mut BTreeSet<String>) -> Result<()> {
    let mut alarms = BTreeSet::new();
    for (id, position) in app.store.positions().await? {
        let found = statistics::drift(&http::cases(app, id).await?.0);
        for comparison in &found.comparisons {
            for measure in comparison.measures.iter().filter(|measure| measure.alarm) {
                let (name, by) = (json!(measure.name), json!(comparison.by));
                let key = format!("{} {name} {by} {}", position.id, comparison.after);
                if !told.contains(&key) {
                    tracing::warn!(
                        position = position.id,
                        measure = name.as_str(),
                        by = by.as_str(),
                        before = measure.before.median,
                        after = measure.after.median,
                        effect = measure.effect,
                        p = measure.p,
                        models = comparison.after,
                        "results have moved; see the position's statistics, and find out why"
                    );
                }
                alarms.insert(key);
            }
        }
    }
    app.drift_alarms.store(alarms.len() as u64, Ordering::Relaxed);
    *told = alarms;
    Ok(())
}
