//! Fetching against a server that behaves as badly as networks do.

use std::collections::VecDeque;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use viva_models::catalog::Catalog;
use viva_models::fetch::{FetchError, FetchOptions, FetchReport, Mirror, fetch};
use viva_models::progress::{Progress, Stage, ignore};
use viva_models::store::ModelStore;

const SIZE: usize = 300_000;

/// How the server treats one request.
#[derive(Clone, Copy, Debug)]
enum Behaviour {
    /// As the RFC says, ranges included.
    Good,
    /// Says how much is to come, and closes after this many bytes.
    Cut(usize),
    /// Sends this many bytes, then nothing, and keeps the connection.
    Stall(usize),
    /// Sends everything whatever range was asked for.
    NoRange,
    /// Answers a range request with the whole file labelled as a part from the beginning.
    WrongRange,
    /// Only a status.
    Status(u16),
    /// More bytes than the catalog allows, without saying so beforehand.
    Endless,
}

struct Server {
    address: String,
    /// Each request's path and range.
    requests: Arc<Mutex<Vec<(String, Option<String>)>>>,
}

impl Server {
    /// Serves `body` for every path: the first requests as `script` says, all others well.
    async fn start(body: Vec<u8>, etag: &'static str, script: &[Behaviour]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let script = Arc::new(Mutex::new(script.iter().copied().collect::<VecDeque<_>>()));
        let log = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let behaviour = script.lock().expect("a lock").pop_front().unwrap_or(Behaviour::Good);
                tokio::spawn(answer(stream, body.clone(), etag, behaviour, Arc::clone(&log)));
            }
        });
        Self { address, requests }
    }

    fn ranges(&self) -> Vec<Option<String>> {
        self.requests.lock().expect("a lock").iter().map(|(_, range)| range.clone()).collect()
    }
}

async fn answer(
    mut stream: TcpStream,
    body: Vec<u8>,
    etag: &str,
    behaviour: Behaviour,
    log: Arc<Mutex<Vec<(String, Option<String>)>>>,
) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { return };
        head.push(byte);
    }
    let head = String::from_utf8(head).expect("a request head");
    let header = |name: &str| {
        head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then(|| value.to_owned())
        })
    };
    let path = head.split(' ').nth(1).expect("a path").to_owned();
    let range = header("range");
    log.lock().expect("a lock").push((path, range.clone()));

    // If-Range: another tag means another file, which comes whole.
    let same = header("if-range").is_none_or(|tag| tag == etag);
    let start: usize = range
        .filter(|_| same && !matches!(behaviour, Behaviour::NoRange))
        .and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok())
        .unwrap_or(0);
    let (mut status, mut from) = if start == 0 { (200, 0) } else { (206, start) };
    let total = body.len();
    let mut content_range = format!("Content-Range: bytes {start}-{}/{total}\r\n", total - 1);
    match behaviour {
        Behaviour::Status(code) => {
            let _ = stream
                .write_all(
                    format!("HTTP/1.1 {code} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").as_bytes(),
                )
                .await;
            return;
        }
        Behaviour::WrongRange if start > 0 => {
            (status, from) = (206, 0);
            content_range = format!("Content-Range: bytes 0-{}/{total}\r\n", total - 1);
        }
        Behaviour::Endless => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n").await;
            while stream.write_all(&[0; 8192]).await.is_ok() {}
            return;
        }
        _ => {}
    }
    if status == 200 {
        content_range.clear();
    }
    let rest = &body[from..];
    let head = format!(
        "HTTP/1.1 {status} OK\r\nContent-Length: {}\r\nETag: {etag}\r\n{content_range}Connection: close\r\n\r\n",
        rest.len()
    );
    let count = match behaviour {
        Behaviour::Cut(count) | Behaviour::Stall(count) => count.min(rest.len()),
        _ => rest.len(),
    };
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(&rest[..count]).await;
    let _ = stream.flush().await;
    if matches!(behaviour, Behaviour::Stall(_)) {
        // Until the client gives up and closes.
        let _ = stream.read_u8().await;
    }
}

fn body() -> Vec<u8> {
    (0..SIZE).map(|i| (i * 31 % 251) as u8).collect()
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn model(name: &str, source: &str) -> String {
    format!(
        "[[model]]\nname = \"{name}\"\nversion = \"1\"\npurpose = \"speech\"\nfile = \"{name}.bin\"\nlicense = \"MIT\"\n\
         card = \"x\"\ninput = \"x\"\nrank = 1\nmin_cores = 1\nmin_memory_mib = 1\n[[model.source]]\n[[model.source.part]]\n{source}\n"
    )
}

fn part(url: &str) -> String {
    format!(
        "file = \"speech.bin\"\nsha256 = \"{}\"\nsize = {SIZE}\nurls = [\"{url}/speech.bin\"]",
        sha256(&body())
    )
}

fn store(folder: &Path, catalog: &str) -> ModelStore {
    ModelStore::with_catalog(folder, Catalog::parse(catalog).expect("a catalog")).expect("a store")
}

fn options() -> FetchOptions {
    FetchOptions {
        mirror: None,
        attempts: 3,
        stall: Duration::from_millis(300),
        retry_delay: Duration::from_millis(1),
    }
}

/// Fetches the one model of a catalog that points at `url`.
async fn fetched(folder: &Path, url: &str, options: &FetchOptions) -> (ModelStore, FetchReport) {
    let mut store = store(folder, &model("speech", &part(url)));
    let report = fetch(&mut store, &["speech"], options, &ignore).await.expect("a report");
    (store, report)
}

fn failure(report: &FetchReport) -> &FetchError {
    assert_eq!(report.installed.len(), 0);
    &report.failed.first().expect("a failure").1
}

fn incoming(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder.join(".incoming")).expect("the folder");
    entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}

#[tokio::test]
async fn a_model_is_fetched_verified_and_installed_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(body(), "\"a\"", &[]).await;
    let seen = Mutex::new(Vec::new());
    let note = |progress: Progress<'_>| {
        seen.lock().expect("a lock").push((progress.stage, progress.done, progress.total));
    };
    let mut store = store(folder.path(), &model("speech", &part(&server.address)));
    let report = fetch(&mut store, &["speech"], &options(), &note).await.expect("a report");
    assert_eq!(report.installed.len(), 1, "{report:?}");
    assert_eq!(fs::read(store.path("speech").expect("installed")).expect("readable"), body());
    let last = seen.lock().expect("a lock").iter().rfind(|(stage, ..)| *stage == Stage::Downloading).copied();
    assert_eq!(last, Some((Stage::Downloading, SIZE as u64, Some(SIZE as u64))));
    assert_eq!(incoming(folder.path()), [""; 0], "nothing is left behind");

    let again = fetch(&mut store, &["speech"], &options(), &ignore).await.expect("a report");
    assert_eq!(again.unchanged, ["speech"]);
    assert_eq!(server.ranges().len(), 1, "nothing is fetched twice");
    let unknown = fetch(&mut store, &["speach"], &options(), &ignore).await.expect_err("an unknown name");
    assert!(unknown.to_string().contains("speach"), "{unknown}");
}

#[tokio::test]
async fn cut_and_silent_connections_are_resumed() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = [Behaviour::Cut(100_000), Behaviour::Stall(80_000), Behaviour::Status(503)];
    let server = Server::start(body(), "\"a\"", &script).await;
    let (store, report) = fetched(folder.path(), &server.address, &options()).await;
    assert_eq!(report.installed.len(), 1, "{report:?}");
    assert_eq!(fs::read(store.path("speech").expect("installed")).expect("readable"), body());
    let ranges = server.ranges();
    assert_eq!(ranges[0], None);
    assert_eq!(ranges[1].as_deref(), Some("bytes=100000-"));
    assert_eq!(ranges[2], ranges[3], "an error answer costs nothing that had arrived");
    assert_eq!(ranges[2].as_deref(), Some("bytes=180000-"));
}

#[tokio::test]
async fn a_later_process_resumes() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(body(), "\"a\"", &[Behaviour::Cut(120_000)]).await;
    let once = FetchOptions { attempts: 1, ..options() };
    let (_, report) = fetched(folder.path(), &server.address, &once).await;
    assert!(matches!(failure(&report), FetchError::Connection { .. }), "{report:?}");
    let (store, report) = fetched(folder.path(), &server.address, &once).await;
    assert_eq!(report.installed.len(), 1, "{report:?}");
    assert_eq!(fs::read(store.path("speech").expect("installed")).expect("readable"), body());
    assert_eq!(server.ranges(), [None, Some("bytes=120000-".to_owned())]);
}

#[tokio::test]
async fn a_changed_file_is_fetched_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let other: Vec<u8> = body().into_iter().map(|byte| byte ^ 1).collect();
    let old = Server::start(other, "\"old\"", &[Behaviour::Cut(120_000)]).await;
    let once = FetchOptions { attempts: 1, ..options() };
    fetched(folder.path(), &old.address, &once).await;
    let new = Server::start(body(), "\"new\"", &[]).await;
    let (store, report) = fetched(folder.path(), &new.address, &once).await;
    assert_eq!(report.installed.len(), 1, "{report:?}");
    assert_eq!(fs::read(store.path("speech").expect("installed")).expect("readable"), body());
}

#[tokio::test]
async fn servers_without_ranges_are_coped_with() {
    for behaviour in [Behaviour::NoRange, Behaviour::WrongRange, Behaviour::Status(416)] {
        let folder = tempfile::tempdir().expect("a folder");
        let server = Server::start(body(), "\"a\"", &[Behaviour::Cut(120_000), behaviour]).await;
        let (store, report) = fetched(folder.path(), &server.address, &options()).await;
        assert_eq!(report.installed.len(), 1, "{behaviour:?}: {report:?}");
        assert_eq!(
            fs::read(store.path("speech").expect("installed")).expect("readable"),
            body(),
            "{behaviour:?}"
        );
    }
}

#[tokio::test]
async fn wrong_bytes_are_deleted_and_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let other: Vec<u8> = body().into_iter().map(|byte| byte ^ 1).collect();
    let server = Server::start(other.clone(), "\"a\"", &[]).await;
    let (store, report) = fetched(folder.path(), &server.address, &options()).await;
    let FetchError::Hash { expected, actual, .. } = failure(&report) else { panic!("{report:?}") };
    assert_eq!((expected, actual), (&sha256(&body()), &sha256(&other)));
    assert_eq!(store.path("speech"), None);
    assert!(incoming(folder.path()).iter().all(|name| !name.ends_with(".part")), "the bytes are gone");
}

#[tokio::test]
async fn wrong_sizes_are_not_even_stored() {
    for (bytes, behaviour) in [(body()[1..].to_vec(), Behaviour::Good), (body(), Behaviour::Endless)] {
        let folder = tempfile::tempdir().expect("a folder");
        let server = Server::start(bytes, "\"a\"", &[behaviour]).await;
        let (_, report) = fetched(folder.path(), &server.address, &options()).await;
        let FetchError::Size { expected, actual, .. } = failure(&report) else { panic!("{report:?}") };
        assert_eq!(*expected, SIZE as u64);
        assert_ne!(actual, expected);
    }
}

#[tokio::test]
async fn refusals_and_dead_servers_are_told_apart() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = Server::start(body(), "\"a\"", &[Behaviour::Status(404); 9]).await;
    let (_, report) = fetched(folder.path(), &missing.address, &options()).await;
    assert!(matches!(failure(&report), FetchError::Status { status: 404, .. }), "{report:?}");
    assert_eq!(missing.ranges().len(), 1, "a refusal is final");

    let failing = Server::start(body(), "\"a\"", &[Behaviour::Status(500); 9]).await;
    let (_, report) = fetched(folder.path(), &failing.address, &options()).await;
    assert!(matches!(failure(&report), FetchError::Connection { .. }), "{report:?}");
    assert_eq!(failing.ranges().len(), 3, "as many attempts as allowed");

    let silent = Server::start(body(), "\"a\"", &[Behaviour::Stall(0); 9]).await;
    let (_, report) = fetched(folder.path(), &silent.address, &options()).await;
    assert!(failure(&report).to_string().contains("nothing came"), "{report:?}");

    // A port that nothing listens on.
    let closed = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address");
    let (_, report) = fetched(folder.path(), &format!("http://{closed}"), &options()).await;
    assert!(matches!(failure(&report), FetchError::Connection { .. }), "{report:?}");
}

#[tokio::test]
async fn errors_show_no_credentials() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(body(), "\"a\"", &[Behaviour::Status(403)]).await;
    let url = server.address.replace("http://", "http://someone:verysecret@");
    let mirror = Some(url.parse::<Mirror>().expect("infallible"));
    let (_, report) =
        fetched(folder.path(), "http://unused.invalid", &FetchOptions { mirror, ..options() }).await;
    let text = format!("{} {:?}", failure(&report), failure(&report));
    assert!(!text.contains("verysecret") && text.contains("403"), "{text}");
}

#[tokio::test]
async fn a_mirror_replaces_every_publisher() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(body(), "\"a\"", &[]).await;
    let mirror = Some(format!("{}/models/", server.address).parse::<Mirror>().expect("infallible"));
    let (_, report) =
        fetched(folder.path(), "http://unused.invalid", &FetchOptions { mirror, ..options() }).await;
    assert_eq!(report.installed.len(), 1, "{report:?}");
    assert_eq!(server.requests.lock().expect("a lock")[0].0, "/models/speech.bin");

    let from = tempfile::tempdir().expect("a folder");
    fs::write(from.path().join("speech.bin"), body()).expect("writable");
    let mirror = Some(from.path().to_string_lossy().parse::<Mirror>().expect("infallible"));
    let with = FetchOptions { mirror, ..options() };
    let to = tempfile::tempdir().expect("a folder");
    let (store, report) = fetched(to.path(), "http://unused.invalid", &with).await;
    assert_eq!(report.installed.len(), 1, "{report:?}");
    assert_eq!(fs::read(store.path("speech").expect("installed")).expect("readable"), body());

    fs::write(from.path().join("speech.bin"), vec![0; SIZE]).expect("writable");
    let to = tempfile::tempdir().expect("a folder");
    let (_, report) = fetched(to.path(), "http://unused.invalid", &with).await;
    assert!(matches!(failure(&report), FetchError::Hash { .. }), "{report:?}");
    fs::remove_file(from.path().join("speech.bin")).expect("removable");
    let (_, report) = fetched(to.path(), "http://unused.invalid", &with).await;
    assert!(matches!(failure(&report), FetchError::MirrorFile { .. }), "{report:?}");
}

#[tokio::test]
async fn one_archive_serves_several_models() {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in [("one", b"abc".as_slice()), ("two", b"defg")] {
        archive.start_file(name, zip::write::SimpleFileOptions::default()).expect("a member");
        archive.write_all(bytes).expect("bytes");
    }
    let archive = archive.finish().expect("an archive").into_inner();
    let server = Server::start(archive.clone(), "\"a\"", &[]).await;
    let inside = |file: &str| {
        format!(
            "file = \"{file}\"\narchive = {{ file = \"both.task\", sha256 = \"{}\", size = {}, urls = [\"{}/both.task\"] }}",
            sha256(&archive),
            archive.len(),
            server.address
        )
    };
    let folder = tempfile::tempdir().expect("a folder");
    let catalog =
        [model("one", &inside("one")), model("two", &inside("two")), model("three", &inside("three"))];
    let mut store = store(folder.path(), &catalog.concat());
    let report = fetch(&mut store, &["one", "two", "three"], &options(), &ignore).await.expect("a report");
    assert_eq!(report.installed.len(), 2, "{report:?}");
    assert!(
        matches!(&report.failed[..], [(name, FetchError::Archive { .. })] if name == "three"),
        "{report:?}"
    );
    assert_eq!(server.ranges().len(), 1, "the archive comes once");
    assert_eq!(fs::read(store.path("two").expect("installed")).expect("readable"), b"defg");
}

#[tokio::test]
async fn a_full_disk_is_called_that() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(body(), "\"a\"", &[]).await;
    let incoming = folder.path().join(".incoming");
    fs::create_dir_all(&incoming).expect("a folder");
    // Every write to this device fails as on a full disk.
    let part = incoming.join(format!("{}.part", sha256(&body())));
    std::os::unix::fs::symlink("/dev/full", part).expect("a link");
    let (_, report) = fetched(folder.path(), &server.address, &options()).await;
    assert!(failure(&report).to_string().contains("disk is full"), "{report:?}");
}

#[tokio::test]
async fn what_has_no_address_must_be_imported() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = ModelStore::open(folder.path()).expect("a store");
    let names = ["intel-gaze", "viva-speech-demonstration"];
    let report = fetch(&mut store, &names, &options(), &ignore).await.expect("a report");
    for (name, error) in &report.failed {
        assert!(error.to_string().contains("viva models import"), "{name}: {error}");
    }
    assert_eq!(report.failed.len(), 2);
}
