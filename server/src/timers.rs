//! The server's clock at work: wakes each interview whose deadline has come, also when no browser is there.

use std::{sync::Arc, time::Duration};

use viva_core::interview::Event;
use viva_store::Error;

use crate::{
    app::App,
    clock,
    interviews::{Cause, SERVER},
};

/// Deadlines are looked for at least this often, in case another node wrote one.
const LONGEST_SLEEP: Duration = Duration::from_secs(5);
const BATCH: u32 = 100;

/// Runs until the server stops.
pub async fn run(app: Arc<App>) {
    while !app.stopping.is_cancelled() {
        let wait = match tick(&app).await {
            Ok(wait) => wait,
            Err(error) => {
                tracing::error!(%error, "timers cannot read the store; trying again");
                Duration::from_secs(1)
            }
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = app.deadlines_changed.notified() => {}
            () = app.stopping.cancelled() => {}
        }
    }
}

/// Lets what is due happen; returns how long nothing else will be.
async fn tick(app: &Arc<App>) -> Result<Duration, Error> {
    for id in app.store.due_interviews(clock::now(), BATCH).await? {
        let cause = Cause { actor: SERVER, action: "deadline" };
        if let Err(error) = app.apply(id, cause, Event::Tick).await {
            tracing::error!(interview = %id, %error, "a deadline could not take effect");
        }
    }
    let next = app.store.next_deadline().await?;
    let now = clock::now();
    let until = next.map_or(LONGEST_SLEEP, |at| Duration::from_millis(at.since(now)));
    // A deadline that cannot take effect yet must not turn this into a busy loop.
    Ok(until.clamp(Duration::from_millis(5), LONGEST_SLEEP))
}
