//! The real `viva` program as a child process, in a folder of its own.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader},
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, bail};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use viva_media::{
    journal::JournalReader,
    seal::{LogReader, MasterKey},
};
use viva_store::{DataKeys as _, SqliteStore, WrappedKey};

use crate::{
    conditions::Conditions,
    network::Network,
    tools::{build_folder, repository},
    wire::Wire,
};

/// How the program is started.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// With the models that scripts/setup made; else with none.
    pub models: bool,
    pub least_free_mb: Option<u64>,
    /// `seal.cipher`; else the default.
    pub cipher: Option<&'static str>,
    /// Media goes through a [`Network`] that remembers it.
    pub network: bool,
    /// ICE over TCP goes past that network; through its own where `wires` says so.
    pub tcp: bool,
    /// What goes over TCP goes through networks, too.
    pub wires: bool,
    /// What these networks are like.
    pub conditions: Conditions,
    /// Media comes to this machine's own address: Firefox connects to no loopback address.
    pub own_address: bool,
    /// More configuration, as variables of the environment.
    pub variables: Vec<(&'static str, String)>,
}

/// A running server.
pub struct Program {
    folder: TempDir,
    settings: Settings,
    child: Child,
    places: Places,
    network: Option<Network>,
    wires: Vec<Wire>,
    client: reqwest::Client,
}

/// Where the server is, and where candidates are told that it is.
#[derive(Clone, Copy)]
struct Places {
    http: SocketAddr,
    public: SocketAddr,
    udp: SocketAddr,
    tcp: SocketAddr,
    /// What candidates are told to send media to.
    host: IpAddr,
}

const START_WITHIN: Duration = Duration::from_mins(1);
const REPORT_WITHIN: Duration = Duration::from_mins(1);

impl Program {
    /// Starts a server on free ports of loopback.
    pub async fn start(settings: Settings) -> Result<Self> {
        // A second start in one process keeps the first provider.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir()?;
        let host = if settings.own_address { own_address()? } else { Ipv4Addr::LOCALHOST.into() };
        let (public, front) = (free_tcp()?, free_udp(host)?);
        // Candidates are told the first address of loopback; where a network lies between, the server is at the second.
        let behind = |front: SocketAddr| SocketAddr::from((Ipv4Addr::new(127, 0, 0, 2), front.port()));
        let udp = if settings.network { behind(front) } else { front };
        let tcp = if settings.tcp && !settings.wires { front } else { udp };
        let http = if settings.wires { behind(public) } else { public };
        let places = Places { http, public, udp, tcp, host };
        let network =
            settings.network.then(|| Network::start(front, udp, settings.conditions)).transpose()?;
        let mut wires = Vec::new();
        if settings.wires {
            wires.push(Wire::start(public, http, settings.conditions)?);
        }
        if settings.wires && settings.tcp {
            wires.push(Wire::start(front, tcp, settings.conditions)?);
        }
        let child = spawn(folder.path(), places, &settings)?;
        let client = reqwest::Client::builder().no_proxy().build()?;
        let program = Self { folder, settings, child, places, network, wires, client };
        program.wait_until_alive().await?;
        Ok(program)
    }

    /// Kills the process as a power failure of the process would, without any warning.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks it to stop, and waits until it has.
    pub fn terminate(&mut self) -> Result<i32> {
        let status = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        anyhow::ensure!(status.success(), "kill failed");
        let exit = self.child.wait()?;
        exit.code().context("ended by a signal")
    }

    /// Starts it again in the same folder, on the same ports.
    pub async fn restart(&mut self) -> Result<()> {
        self.child = spawn(self.folder.path(), self.places, &self.settings)?;
        self.wait_until_alive().await
    }

    async fn wait_until_alive(&self) -> Result<()> {
        let from = Instant::now();
        while from.elapsed() < START_WITHIN {
            let alive = self.client.get(self.url("/healthz")).send().await;
            if alive.is_ok_and(|response| response.status().is_success()) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        bail!("the server did not come up")
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.places.http)
    }

    /// A candidate's link, through the network where there is one.
    pub fn link(&self, token: &str) -> String {
        format!("http://{}/i/{token}", self.places.public)
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The API key that the first start made.
    pub fn api_key(&self) -> Result<String> {
        Ok(fs::read_to_string(self.folder.path().join("data/api.key"))?.trim().to_owned())
    }

    /// A request by the HR side.
    pub async fn api(&self, method: Method, path: &str, body: Option<Value>) -> Result<(StatusCode, Value)> {
        self.call(method, path, &self.api_key()?, body).await
    }

    /// A request with any Bearer token.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        token: &str,
        body: Option<Value>,
    ) -> Result<(StatusCode, Value)> {
        let mut request = self.client.request(method, self.url(path)).bearer_auth(token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await?;
        let status = response.status();
        let text = response.text().await?;
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }

    /// Puts a piece of the browser's own recording; `headers` go with it.
    pub async fn put_chunk(
        &self,
        token: &str,
        take: &str,
        headers: &[(&'static str, String)],
        bytes: Vec<u8>,
    ) -> Result<(StatusCode, Value)> {
        let url = self.url(&format!("/api/v1/candidate/takes/{take}/chunks/0"));
        let mut request = self.client.put(url).bearer_auth(token).body(bytes);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let response = request.send().await?;
        let status = response.status();
        Ok((status, serde_json::from_str(&response.text().await?).unwrap_or_default()))
    }

    /// A request that must work.
    pub async fn must(&self, method: Method, path: &str, token: &str, body: Option<Value>) -> Result<Value> {
        let (status, value) = self.call(method.clone(), path, token, body).await?;
        anyhow::ensure!(status.is_success(), "{method} {path}: {status} {value}");
        Ok(value)
    }

    /// Stores a position and invites a candidate; gives the link's token and the interview's id.
    pub async fn invite(&self, position: &Value) -> Result<(String, String)> {
        let key = self.api_key()?;
        self.must(Method::POST, "/api/v1/positions", &key, Some(position.clone())).await?;
        let body = json!({ "position_external_id": position["id"], "candidate": { "ref": "test-1" } });
        let invited = self.must(Method::POST, "/api/v1/interviews", &key, Some(body)).await?;
        let link = invited["link"].as_str().context("no link")?;
        let token = link.rsplit('/').next().context("no token")?;
        Ok((token.to_owned(), invited["interview_id"].as_str().context("no id")?.to_owned()))
    }

    /// The candidate's view.
    pub async fn view(&self, token: &str) -> Result<Value> {
        self.must(Method::GET, "/api/v1/candidate/interview", token, None).await
    }

    /// Waits until the candidate's view is as wanted.
    pub async fn wait_for(&self, token: &str, what: &str, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
        let from = Instant::now();
        let mut view = Value::Null;
        while from.elapsed() < START_WITHIN {
            if let Ok(now) = self.view(token).await {
                if wanted(&now) {
                    return Ok(now);
                }
                view = now;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("never came: {what}; the view is {view}")
    }

    /// What lies between candidate and server, when it was asked for.
    pub fn network(&self) -> Option<&Network> {
        self.network.as_ref()
    }

    /// Nothing passes between candidate and server, or everything again.
    pub fn cut(&self, cut: bool) {
        for wire in &self.wires {
            wire.cut(cut);
        }
        if let Some(network) = &self.network {
            network.cut(cut);
        }
    }

    /// The candidate comes from another address from now on, and every connection of before is gone.
    pub fn move_candidate(&self) {
        for wire in &self.wires {
            wire.reset();
        }
        if let Some(network) = &self.network {
            network.change_address();
        }
    }

    /// The report of a submitted interview, once it is there.
    pub async fn report(&self, interview: &str) -> Result<Value> {
        let (path, from) = (format!("/api/v1/interviews/{interview}/report"), Instant::now());
        loop {
            let (status, report) = self.api(Method::GET, &path, None).await?;
            if status.is_success() {
                return Ok(report);
            }
            anyhow::ensure!(from.elapsed() < REPORT_WITHIN, "no report: {status} {report}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Opens a take's journal as somebody can who has the whole data folder, the master key included.
    pub async fn journal(&self, interview: &str, take: &str) -> Result<JournalReader<LogReader<File>>> {
        let store = SqliteStore::open(&self.data().join("viva.sqlite")).await?;
        let wrapped = store.data_key(interview.parse()?).await?;
        store.close().await;
        let Some(WrappedKey::Present(wrapped)) = wrapped else { bail!("no data key") };
        let text = fs::read_to_string(self.data().join("master.key"))?;
        let master = STANDARD.decode(text.trim())?.try_into().map_err(|_| anyhow!("no master key"))?;
        let key = MasterKey::from_bytes(master).unwrap(&wrapped, &format!("interview:{interview}"))?;
        let path = self.sealed(interview, take).with_extension("journal");
        Ok(JournalReader::open(&path, &key.file(&format!("journal:{interview}:{take}")))?)
    }

    /// Downloads a take's recording, for other programs to look at.
    pub async fn recording(&self, interview: &str, take: &str) -> Result<PathBuf> {
        let url = self.url(&format!("/api/v1/interviews/{interview}/takes/{take}/media"));
        let response = self.client.get(url).bearer_auth(self.api_key()?).send().await?.error_for_status()?;
        let path = self.folder.path().join(format!("{take}.webm"));
        fs::write(&path, response.bytes().await?)?;
        Ok(path)
    }

    /// Where a take's recording lies, sealed.
    pub fn sealed(&self, interview: &str, take: &str) -> PathBuf {
        self.data().join(format!("recordings/{interview}/{take}.webm"))
    }

    /// Whether these words lie in the database in the clear.
    pub fn lies_open(&self, words: &str) -> bool {
        let files = ["viva.sqlite", "viva.sqlite-wal"].map(|file| self.data().join(file));
        let bytes = files.map(|file| fs::read(file).unwrap_or_default());
        bytes.iter().any(|bytes| bytes.windows(words.len()).any(|found| found == words.as_bytes()))
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Already ended is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A verb of the program that is no server, with the models that scripts/setup made, or with none.
pub fn viva(models: bool) -> Command {
    let mut command = Command::new(binary());
    let folder = if models { "models" } else { "no-models" };
    command
        .env("VIVA_MODELS__DIR", build_folder().join(folder))
        .env("VIVA_MODELS__ONNXRUNTIME", build_folder().join("onnxruntime/libonnxruntime.so"));
    command
}

/// The program under test; built by scripts/test.
fn binary() -> PathBuf {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository().join("target"), PathBuf::from);
    target.join("debug/viva")
}

fn spawn(folder: &Path, places: Places, settings: &Settings) -> Result<Child> {
    let models = if settings.models { build_folder().join("models") } else { folder.join("no-models") };
    let mut child = Command::new(binary())
        .arg("serve")
        .current_dir(folder)
        .env("VIVA_HTTP__LISTEN", places.http.to_string())
        .env("VIVA_HTTP__PUBLIC_URL", format!("http://{}", places.public))
        .env("VIVA_INGEST__UDP", places.udp.to_string())
        .env("VIVA_INGEST__TCP", places.tcp.to_string())
        .env("VIVA_INGEST__ADVERTISED", places.host.to_string())
        .env("VIVA_DATA__DIR", folder.join("data"))
        .env("VIVA_DATA__LEAST_FREE_MB", settings.least_free_mb.unwrap_or(64).to_string())
        .env("VIVA_MODELS__DIR", models)
        .env("VIVA_MODELS__ONNXRUNTIME", build_folder().join("onnxruntime/libonnxruntime.so"))
        .env("VIVA_MODELS__SCORE_DEMONSTRATION", "true")
        .env("VIVA_WEBHOOKS__ALLOW", "127.0.0.0/8")
        .envs(settings.variables.clone())
        .envs(settings.cipher.map(|cipher| ("VIVA_SEAL__CIPHER", cipher)))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}; run `cargo build -p viva`", binary().display()))?;
    // The log goes where the test runner shows it on failure, and no secret may be in it.
    if let Some(log) = child.stderr.take() {
        thread::spawn(move || {
            for line in BufReader::new(log).lines().map_while(Result::ok) {
                eprintln!("server: {line}");
            }
        });
    }
    Ok(child)
}

fn free_tcp() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

fn free_udp(host: IpAddr) -> Result<SocketAddr> {
    Ok(UdpSocket::bind((host, 0))?.local_addr()?)
}

/// The address that this machine would send from; nothing is sent to find out.
fn own_address() -> Result<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).context("this machine has no address but loopback")?;
    Ok(socket.local_addr()?.ip())
}
