//! `viva serve`.

use std::{
    fs,
    io::Write as _,
    net::{SocketAddr, TcpListener},
    os::unix::fs::OpenOptionsExt as _,
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result};
use axum_server::{Handle, tls_rustls::RustlsConfig};
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::task::TaskTracker;

use crate::{
    ahead::{self, Sense},
    app::App,
    clock,
    config::Config,
    drift,
    http::{self, Inbox},
    live, prompts, recovery, room, secret, timers, worker,
};

#[derive(Args)]
pub struct Arguments {
    /// Address to listen on [default: http.listen]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
}

/// How long open requests may take to end.
const GRACE: Duration = Duration::from_secs(5);

pub async fn run(mut config: Config, arguments: Arguments) -> Result<ExitCode> {
    if let Some(listen) = arguments.listen {
        config.http.listen = listen;
    }
    let server = Server::start(config, None).await?;
    eprintln!("viva: listening on {}", server.app.public_url);
    stop_signal().await?;
    eprintln!("viva: stopping; every running take is written down");
    server.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// Ends at the first SIGTERM or Ctrl-C; a second one ends the process at once.
pub async fn stop_signal() -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        std::process::exit(1);
    });
    Ok(())
}

/// A running server.
pub struct Server {
    pub app: Arc<App>,
    pub address: SocketAddr,
    handle: Handle<SocketAddr>,
    tasks: TaskTracker,
}

impl Server {
    /// Opens everything, repairs what a crash left behind, and starts to serve.
    pub async fn start(mut config: Config, inbox: Option<Arc<Inbox>>) -> Result<Self> {
        let listener = TcpListener::bind(config.http.listen)
            .with_context(|| format!("http.listen: cannot listen on {}", config.http.listen))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        config.http.listen = address;
        let tls = match (&config.http.tls_certificate, &config.http.tls_key) {
            (Some(certificate), Some(key)) => Some(
                RustlsConfig::from_pem_file(certificate, key)
                    .await
                    .context("http.tls_certificate, http.tls_key: cannot be used")?,
            ),
            _ => None,
        };
        let app = App::start(config).await?;
        refuse_bad_positions(&app).await?;
        ensure_api_key(&app).await?;
        recovery::run(&app).await?;
        let tasks = TaskTracker::new();
        tasks.spawn(timers::run(Arc::clone(&app)));
        tasks.spawn(room::watch(Arc::clone(&app)));
        tasks.spawn(drift::watch(Arc::clone(&app)));
        tasks.spawn(prompts::sweep::watch(Arc::clone(&app)));
        tasks.spawn(live::sweep(Arc::clone(&app)));
        if app.config.analysis.here {
            for sense in [Sense::Sound, Sense::Picture] {
                tasks.spawn(ahead::run(Arc::clone(&app), sense));
            }
        }
        worker::start(&app, &tasks)?;
        let handle = Handle::new();
        let service = http::router(Arc::clone(&app), inbox).into_make_service();
        let serving = handle.clone();
        tasks.spawn(async move {
            let served = match tls {
                Some(tls) => axum_server::from_tcp_rustls(listener, tls)
                    .map(|s| s.handle(serving).serve(service))
                    .map(|f| Box::pin(f) as Serving),
                None => axum_server::from_tcp(listener)
                    .map(|s| s.handle(serving).serve(service))
                    .map(|f| Box::pin(f) as Serving),
            };
            let ended = match served {
                Ok(serving) => serving.await,
                Err(error) => Err(error),
            };
            if let Err(error) = ended {
                tracing::error!(%error, "the HTTP server ended");
            }
        });
        tasks.close();
        Ok(Self { app, address, handle, tasks })
    }

    /// Ends requests, connections and workers, and makes every open take durable: it goes on after a restart.
    pub async fn stop(self) {
        self.app.stopping.cancel();
        self.handle.graceful_shutdown(Some(GRACE));
        recovery::suspend(&self.app).await;
        self.app.ingest.shutdown().await;
        if tokio::time::timeout(GRACE * 2, self.tasks.wait()).await.is_err() {
            tracing::warn!("some work did not end in time; it is done again after the next start");
        }
    }
}

/// What a profile forbids must not run, however it came into the database: by an older version, or by hand.
async fn refuse_bad_positions(app: &App) -> Result<()> {
    let mut mistakes = Vec::new();
    for (_, position) in app.store.positions().await? {
        let problems = position.problems();
        mistakes.extend(problems.iter().map(|problem| format!("  {}: {problem}", position.id)));
    }
    if !mistakes.is_empty() {
        anyhow::bail!("stored positions cannot be used; mend and import them:\n{}", mistakes.join("\n"));
    }
    Ok(())
}

/// The first start makes an API key, readable by the owner of the data folder alone.
async fn ensure_api_key(app: &App) -> Result<()> {
    let path = app.config.data.dir.join("api.key");
    if path.exists() {
        return Ok(());
    }
    let key = secret::token()?;
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    writeln!(file, "{key}")?;
    file.sync_all()?;
    app.store.put_api_key(&secret::hash(&key), "first", clock::now()).await?;
    eprintln!("viva: the API key for your HR system is in {}", path.display());
    Ok(())
}

type Serving = std::pin::Pin<Box<dyn Future<Output = std::io::Result<()>> + Send>>;
