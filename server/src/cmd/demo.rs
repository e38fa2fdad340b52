//! `viva demo`: one whole interview on real input, in a throw-away folder. A real browser answers, by a camera
//! that shows a public-domain portrait and a microphone that speaks synthesised answers; the report comes to a
//! webhook inbox that verifies its signature.

use std::{
    fs,
    net::{IpAddr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{ExitCode, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Command,
};
use viva_core::{id::InterviewId, interview::Candidate};
use viva_store::ResultKey;

use super::{
    position,
    serve::{Server, stop_signal},
};
use crate::{
    app::App,
    clock,
    config::Config,
    http::{EndpointRequest, Inbox},
    invitations::InviteRequest,
    secret,
    worker::REPORT,
};

#[derive(Args)]
#[allow(clippy::struct_excessive_bools)]
pub struct Arguments {
    /// End after the report was delivered and verified; exit status 0 only then
    #[arg(long)]
    once: bool,
    /// Serve the local network over https with a certificate made now, and show a QR code: answer with a phone
    #[arg(long)]
    lan: bool,
    /// Do not start a browser; answer yourself
    #[arg(long)]
    by_hand: bool,
    /// Language of the interview: en or zh
    #[arg(long, default_value = "en")]
    locale: String,
    /// Where set-up put the demo's camera, voices, models and ONNX Runtime
    #[arg(long, default_value = "build", value_name = "FOLDER")]
    build: PathBuf,
    /// The script that plays the candidate
    #[arg(long, default_value = "web/ui/demo/candidate.mjs", value_name = "FILE")]
    candidate: PathBuf,
    /// Keep screenshots of every page that the candidate sees
    #[arg(long, value_name = "FOLDER")]
    screenshots: Option<PathBuf>,
    /// Port to listen on [default: 8080, or any free one]
    #[arg(long)]
    port: Option<u16>,
    /// Leave the data folder behind and print it
    #[arg(long)]
    keep: bool,
    /// Share of incoming media packets to drop, 0 to 0.5
    #[arg(long, default_value_t = 0.0, value_name = "SHARE")]
    loss: f64,
}

const POSITION: &str = include_str!("../../demo/position.yaml");
const USUAL_PORT: u16 = 8080;
const REPORT_WITHIN: Duration = Duration::from_mins(5);

pub async fn run(arguments: Arguments) -> Result<ExitCode> {
    let data = tempdir()?;
    let result = interview(&arguments, &data).await;
    if arguments.keep {
        eprintln!("the data folder is {}", data.display());
    } else {
        // Throw-away: what cannot be removed now goes with the machine's temporary files.
        let _ = fs::remove_dir_all(&data);
    }
    result
}

async fn interview(arguments: &Arguments, data: &Path) -> Result<ExitCode> {
    ensure!((0.0..=0.5).contains(&arguments.loss), "--loss: is {}; write 0 to 0.5", arguments.loss);
    let config = config(arguments, data)?;
    let inbox = Arc::new(Inbox::default());
    let server = Server::start(config, Some(Arc::clone(&inbox))).await?;
    let app = Arc::clone(&server.app);
    step(&format!("server      {}", app.public_url));
    for ability in app.analyser.abilities() {
        step(&format!("{:11} {}", ability.stage, ability.detail));
    }

    let position = position::parse(POSITION)?;
    app.store.put_position(clock::id(), &position, clock::now()).await?;
    step(&format!(
        "position    {} ({} questions, profile {})",
        position.id,
        position.questions.len(),
        position.profile
    ));
    // The inbox is reached by loopback also when candidates come over the network.
    let hook = format!(
        "{}://127.0.0.1:{}/demo/hook",
        if arguments.lan { "https" } else { "http" },
        server.address.port()
    );
    if !arguments.lan {
        let endpoint = app
            .add_endpoint(EndpointRequest {
                url: hook,
                description: "the demo's inbox".into(),
                events: Vec::new(),
                thin: false,
            })
            .await
            .map_err(|problem| anyhow::anyhow!(problem.detail))?;
        inbox.expect(&endpoint.secrets[0].value);
    }
    let invited = app
        .invite(
            InviteRequest {
                position_external_id: Some(position.id.clone()),
                candidate: Candidate {
                    reference: Some("demo-1".into()),
                    name: Some("Alex Chen".into()),
                    ..Candidate::default()
                },
                locale: Some(arguments.locale.clone()),
                ..InviteRequest::default()
            },
            "demo",
        )
        .await
        .map_err(|problem| anyhow::anyhow!(problem.detail))?;
    step(&format!("candidate   {}", invited.link));
    if arguments.lan {
        eprintln!("{}", qr(&invited.link)?);
    }

    let mut verified = false;
    if !arguments.lan && !arguments.by_hand {
        answer(arguments, &invited.link).await?;
        verified = report(&inbox).await?;
        step(&format!("report      {}", app.report_link(invited.interview_id, clock::now())));
        step(&format!("inbox       {}/demo/inbox", app.public_url));
    }
    if !arguments.once {
        step("serving until Ctrl-C");
        tokio::select! {
            stopped = stop_signal() => stopped?,
            () = report_link(&app, invited.interview_id), if arguments.lan || arguments.by_hand => {
                stop_signal().await?;
            }
        }
    }
    server.stop().await;
    Ok(if verified || !arguments.once { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn config(arguments: &Arguments, data: &Path) -> Result<Config> {
    let mut config = Config::default();
    data.clone_into(&mut config.data.dir);
    config.data.least_free_mb = 64;
    config.models.dir = Some(arguments.build.join("models"));
    config.models.score_demonstration = true;
    config.ingest.loss = arguments.loss;
    let host: IpAddr = if arguments.lan { [0, 0, 0, 0].into() } else { [127, 0, 0, 1].into() };
    let port =
        arguments.port.unwrap_or_else(|| if is_free((host, USUAL_PORT).into()) { USUAL_PORT } else { 0 });
    config.http.listen = (host, port).into();
    config.ingest.udp = (host, 0).into();
    config.ingest.tcp = Some((host, 0).into());
    config.webhooks.allow = vec!["127.0.0.0/8".parse()?];
    if arguments.lan {
        let address = lan_address()?;
        let (certificate, key) = self_signed(data, address)?;
        config.http.tls_certificate = Some(certificate);
        config.http.tls_key = Some(key);
        ensure!(port != 0, "port {USUAL_PORT} is taken; name another with --port");
        config.http.public_url = Some(format!("https://{address}:{port}"));
    }
    Ok(config)
}

fn is_free(address: SocketAddr) -> bool {
    TcpListener::bind(address).is_ok()
}

fn tempdir() -> Result<PathBuf> {
    let dir = std::env::temp_dir().join(format!("viva-demo-{}", &secret::token()?[..8]));
    fs::create_dir(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
    Ok(dir)
}

/// The address by which other machines reach this one. Nothing is sent: connecting a UDP socket only asks the
/// routing table.
fn lan_address() -> Result<IpAddr> {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0")?;
    socket.connect("192.0.2.1:9").context("this machine has no network")?;
    Ok(socket.local_addr()?.ip())
}

fn self_signed(data: &Path, address: IpAddr) -> Result<(PathBuf, PathBuf)> {
    let made = rcgen::generate_simple_self_signed(vec![address.to_string(), "localhost".into()])?;
    let (certificate, key) = (data.join("demo.crt"), data.join("demo.key"));
    fs::write(&certificate, made.cert.pem())?;
    fs::write(&key, made.signing_key.serialize_pem())?;
    Ok((certificate, key))
}

fn qr(link: &str) -> Result<String> {
    let code = qrcode::QrCode::new(link)?;
    Ok(code.render::<qrcode::render::unicode::Dense1x2>().build())
}

/// Lets the browser answer, printing what it does.
async fn answer(arguments: &Arguments, link: &str) -> Result<()> {
    let media = arguments.build.join("media");
    let (camera, voice, speech) = (
        media.join("camera.y4m"),
        media.join(format!("answers_{}.wav", arguments.locale)),
        media.join(format!("answers_{}.json", arguments.locale)),
    );
    for needed in [&camera, &voice, &speech, &arguments.candidate] {
        ensure!(needed.is_file(), "{} is missing; run scripts/setup", needed.display());
    }
    let mut command = Command::new("node");
    command.arg(&arguments.candidate).args(["--url", link, "--locale", &arguments.locale]);
    command.arg("--video").arg(camera).arg("--audio").arg(voice).arg("--speech").arg(speech);
    if let Some(dir) = &arguments.screenshots {
        command.arg("--screenshots").arg(dir);
    }
    let mut browser = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("cannot start node; run scripts/setup")?;
    let output = browser.stdout.take().context("node has no output")?;
    let mut lines = BufReader::new(output).lines();
    while let Some(line) = lines.next_line().await? {
        step(&format!("browser     {}", told(&line)));
    }
    let status = browser.wait().await?;
    if !status.success() {
        bail!("the candidate's browser failed ({status})");
    }
    Ok(())
}

/// A line of the script in words: `answered, question: …, duration_ms: 27300`.
fn told(line: &str) -> String {
    let Ok(Value::Object(said)) = serde_json::from_str(line) else { return line.to_owned() };
    let name = said.get("step").and_then(Value::as_str).unwrap_or_default().to_owned();
    let details = said.iter().filter(|(key, _)| !["step", "at_s"].contains(&key.as_str()));
    details.fold(name, |words, (key, value)| format!("{words}, {key}: {value}"))
}

/// Prints the link to the report once a person has answered and it is made.
async fn report_link(app: &App, interview: InterviewId) {
    let key = ResultKey { interview, question: String::new(), kind: REPORT };
    while !matches!(app.result(&key).await, Ok(Some(_))) {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    step(&format!("report      {}", app.report_link(interview, clock::now())));
}

/// Waits for the report in the inbox.
async fn report(inbox: &Inbox) -> Result<bool> {
    let from = Instant::now();
    while from.elapsed() < REPORT_WITHIN {
        let arrived = inbox.received().into_iter().find(|received| received.kind == "report.ready");
        if let Some(arrived) = arrived {
            let data = &arrived.body["data"];
            step(&format!(
                "webhook     report.ready {} s after submitting, signature {}",
                from.elapsed().as_secs(),
                if arrived.verified { "verified" } else { "WRONG" }
            ));
            step(&format!(
                "score       {}, queue {}",
                data["overall"]["score"]
                    .as_f64()
                    .map_or_else(|| "not assessed".to_owned(), |score| format!("{score} of 100")),
                data["overall"]["queue"]
            ));
            for answer in data["answers"].as_array().into_iter().flatten() {
                let text =
                    answer["transcript"]["text"].as_str().or(answer["transcript"]["not_assessed"].as_str());
                step(&format!(
                    "answer      {}: {}",
                    answer["question_id"].as_str().unwrap_or_default(),
                    text.unwrap_or_default()
                ));
            }
            return Ok(arrived.verified);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    bail!("no report came within {} s", REPORT_WITHIN.as_secs())
}

fn step(words: &str) {
    println!("{words}");
}
