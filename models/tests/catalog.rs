//! The catalog, the store, and importing publishers' packages.

#[path = "support/models.rs"]
mod support;

use std::fs;
use std::io::Write;
use std::path::Path;

use viva_models::catalog::{Catalog, Conversion, Machine, Purpose};
use viva_models::import::{ImportReport, import};
use viva_models::progress::ignore;
use viva_models::store::{ModelStore, State};

const SMALL: Machine = Machine { cores: 2, memory_mib: 4096 };
const LARGE: Machine = Machine { cores: 16, memory_mib: 65536 };

/// SHA-256 of "abc" (FIPS 180-2, appendix B.1).
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn catalog(sources: &str) -> Catalog {
    Catalog::parse(&entry(sources)).expect("a catalog")
}

fn entry(sources: &str) -> String {
    format!(
        r#"
        [[model]]
        name = "letters"
        version = "1"
        purpose = "vad"
        file = "letters.onnx"
        license = "MIT"
        card = "nowhere"
        input = "none"
        rank = 1
        min_cores = 1
        min_memory_mib = 1
        {sources}"#
    )
}

fn loose() -> Catalog {
    catalog(&format!(
        "[[model.source]]\n[[model.source.part]]\nfile = \"abc.bin\"\nsha256 = \"{ABC}\"\nsize = 3"
    ))
}

fn imported(catalog: Catalog, files: &[(&str, &[u8])]) -> (tempfile::TempDir, ModelStore, ImportReport) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let from = folder.path().join("from");
    for (name, bytes) in files {
        let path = from.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }
    let mut store = ModelStore::with_catalog(&folder.path().join("to"), catalog).expect("a store");
    let report = import(&mut store, &from, &ignore).expect("an import");
    (folder, store, report)
}

fn zipped(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    archive.start_file(name, zip::write::SimpleFileOptions::default()).expect("a member");
    archive.write_all(bytes).expect("its bytes");
    archive.finish().expect("an archive").into_inner()
}

fn tarred(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut archive =
        tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_cksum();
    archive.append_data(&mut header, name, bytes).expect("a member");
    archive.into_inner().expect("an archive").finish().expect("a stream")
}

#[test]
fn the_embedded_catalog_is_whole() {
    let catalog = Catalog::embedded();
    for purpose in [
        Purpose::Speech,
        Purpose::Vad,
        Purpose::FaceDetector,
        Purpose::FaceLandmarks,
        Purpose::FaceBlendshapes,
        Purpose::HeadPose,
        Purpose::Gaze,
        Purpose::FaceExpression,
        Purpose::SentenceEmbedding,
    ] {
        assert!(!catalog.of(purpose).is_empty(), "no model for {purpose}");
    }
    assert_eq!(catalog.get("mediapipe-face-blendshapes").expect("blendshapes").labels.len(), 52);
    assert_eq!(catalog.get("faceapi-face-expression").expect("expression").labels.len(), 7);
    let builtin: Vec<_> = catalog.entries().iter().filter(|entry| entry.builtin).map(|e| &e.name).collect();
    assert_eq!(builtin, ["viva-speech-demonstration"]);
}

#[test]
fn a_machine_is_recommended_what_it_can_run() {
    let speech = |machine| {
        let models = Catalog::embedded().recommended(machine);
        models.into_iter().find(|entry| entry.purpose == Purpose::Speech).expect("a model").name.clone()
    };
    assert_eq!(speech(SMALL), "whisper-small-q8_0");
    assert_eq!(speech(LARGE), "whisper-large-v3-turbo-q8_0");
}

#[test]
fn careless_catalogs_are_refused() {
    let part = |lines: &str| format!("[[model.source]]\n[[model.source.part]]\n{lines}");
    for (sources, reason) in [
        (part("file = \"a\""), "no sha256"),
        (part("file = \"../a\"\nsha256 = \"00\"\nsize = 1"), "plain file name"),
        (part("file = \"a\"\nsha256 = \"00\"\nsize = 1"), "64 lower-case"),
        (part(&format!("file = \"a\"\nsha256 = \"{ABC}\"")), "only one of"),
        (part(&format!("file = \"a\"\nsha256 = \"{ABC}\"\nsize = 3\nmirror = 1")), "unknown field"),
        (
            format!(
                "[[model.source]]\nconvert = \"faceapi\"\n[[model.source.part]]\nfile = \"a\"\nsha256 = \"{ABC}\"\nsize = 3"
            ),
            "number of parts",
        ),
    ] {
        let error = Catalog::parse(&entry(&sources)).expect_err(reason).to_string();
        assert!(error.contains(reason), "{error} should say {reason}");
    }
    let embedding = entry(&part(&format!("file = \"a\"\nsha256 = \"{ABC}\"\nsize = 3")))
        .replace("\"vad\"", "\"sentence-embedding\"");
    let scale = |unrelated: f32| {
        let table =
            format!("[model.embedding]\nscale = {{ en = {{ unrelated = {unrelated:?}, related = 0.5 }} }}\n");
        Catalog::parse(&embedding.replace("[[model.source]]", &format!("{table}[[model.source]]")))
    };
    assert!(scale(0.4).is_ok());
    for (catalog, reason) in [(scale(0.5), "unrelated below"), (Catalog::parse(&embedding), "only they")] {
        let error = catalog.expect_err(reason).to_string();
        assert!(error.contains(reason), "{error} should say {reason}");
    }
    let good = entry(&part(&format!("file = \"a\"\nsha256 = \"{ABC}\"\nsize = 3")));
    let twice = Catalog::parse(&format!("{good}\n{good}")).expect_err("twice").to_string();
    assert!(twice.contains("taken"), "{twice}");
}

#[test]
fn loose_files_and_archives_are_recognised_by_their_hash() {
    let (zip, tgz) = (zipped("deep/down/other.bin", b"abc"), tarred("package/other.bin", b"abc"));
    for (name, bytes) in [("odd-name", b"abc".as_slice()), ("x.whl", &zip), ("folder/y.tgz", &tgz)] {
        let (_folder, store, report) = imported(loose(), &[(name, bytes), ("note.txt", b"hello")]);
        assert_eq!(report.installed.len(), 1, "{name}: {report:?}");
        assert_eq!(report.refused, [], "{name}");
        let installed = store.installed("letters").expect("installed");
        assert_eq!(installed.sha256, ABC);
        assert_eq!(fs::read(&installed.path).expect("readable"), b"abc");
        assert_eq!(store.verify(&ignore)[0].fault, None);
    }
}

#[test]
fn a_familiar_name_with_other_bytes_is_refused_aloud() {
    let (_folder, store, report) =
        imported(loose(), &[("abc.bin", b"abd"), ("z.zip", &zipped("abc.bin", b"xyz"))]);
    assert_eq!(report.installed, []);
    assert_eq!(report.refused.len(), 2, "{report:?}");
    for refusal in &report.refused {
        assert!(refusal.reason.contains(ABC) && refusal.path.ends_with("abc.bin"), "{refusal:?}");
    }
    assert_eq!(store.list()[0].state, State::Missing);
}

#[test]
fn a_graph_and_its_tokenizer_become_one_file() {
    let hash = |bytes: &[u8]| hex::encode(<sha2::Sha256 as sha2::Digest>::digest(bytes));
    let (graph, tokenizer) = (b"graph".as_slice(), br#"{"version":"1.0"}"#.as_slice());
    let part = |file: &str, bytes: &[u8]| {
        format!(
            "[[model.source.part]]\nfile = \"{file}\"\nsha256 = \"{}\"\nsize = {}\n",
            hash(bytes),
            bytes.len()
        )
    };
    let source = "[[model.source]]\nconvert = \"tokenizer\"\n";
    let pinned =
        catalog(&format!("{source}{}{}", part("model.onnx", graph), part("tokenizer.json", tokenizer)));
    let (_folder, store, report) =
        imported(pinned, &[("x.whl", &zipped("deep/model.onnx", graph)), ("y/tokenizer.json", tokenizer)]);
    assert_eq!(report.installed.len(), 1, "{report:?}");
    let bytes = fs::read(store.path("letters").expect("installed")).expect("readable");
    // ModelProto.metadata_props (14), an entry of key (1) and value (2).
    let written = [&b"graph\x72\x23\x0a\x0eviva.tokenizer\x12\x11"[..], tokenizer].concat();
    assert_eq!(bytes, written);
    assert_eq!(store.verify(&ignore)[0].fault, None);
}

#[test]
fn a_second_import_changes_nothing() {
    let (folder, mut store, first) = imported(loose(), &[("abc.bin", b"abc")]);
    assert_eq!(first.installed.len(), 1);
    let second = import(&mut store, &folder.path().join("from"), &ignore).expect("an import");
    assert_eq!((second.installed.len(), second.unchanged.as_slice()), (0, ["letters".to_owned()].as_slice()));
    // Another process reads the same record.
    let reopened = ModelStore::with_catalog(store.folder(), loose()).expect("a store");
    assert_eq!(reopened.installed("letters"), store.installed("letters"));
}

#[test]
fn damage_is_found() {
    let (_folder, store, _) = imported(loose(), &[("abc.bin", b"abc")]);
    let path = store.path("letters").expect("installed");
    fs::write(&path, b"abd").expect("writable");
    let fault = store.verify(&ignore)[0].fault.clone().expect("a fault");
    assert!(fault.contains(ABC), "{fault}");
    fs::write(&path, b"ab").expect("writable");
    assert!(matches!(store.list()[0].state, State::Unusable(_)));
    assert_eq!(store.path("letters"), None);

    let record = store.folder().join("installed.toml");
    fs::write(&record, "[[model]]\nname = 3").expect("writable");
    let error = ModelStore::with_catalog(store.folder(), loose()).expect_err("a damaged record").to_string();
    assert!(error.contains("installed.toml"), "{error}");
}

#[test]
fn a_file_put_there_by_hand_counts_when_the_catalog_pins_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("letters.onnx"), b"abc").expect("writable");
    let store = ModelStore::with_catalog(folder.path(), loose()).expect("a store");
    assert_eq!(store.installed("letters").expect("installed").sha256, ABC);
    fs::write(folder.path().join("letters.onnx"), b"xyz").expect("writable");
    assert!(store.verify(&ignore)[0].fault.is_some());
}

#[test]
fn archives_that_lie_are_survived() {
    // A bomb: far more than a member may have, in a few bytes.
    let bomb = zipped("abc.bin", &vec![0; 80 << 20]);
    assert!(bomb.len() < 1 << 20);
    let whole = zipped("abc.bin", b"abc");
    let mut files = vec![("bomb.zip".to_owned(), bomb), ("empty.whl".to_owned(), Vec::new())];
    for length in (0..whole.len()).step_by(7) {
        files.push((format!("short{length}.zip"), whole[..length].to_vec()));
        files.push((format!("short{length}.tgz"), tarred("abc.bin", b"abc")[..length.min(60)].to_vec()));
    }
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x40;
        files.push((format!("flip{at}.zip"), damaged));
    }
    let files: Vec<(&str, &[u8])> =
        files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    let (_folder, store, report) = imported(loose(), &files);
    assert!(report.refused.iter().any(|refusal| refusal.path.ends_with("bomb.zip")), "the bomb is reported");
    if let Some(installed) = store.installed("letters") {
        assert_eq!(fs::read(installed.path).expect("readable"), b"abc", "only the very bytes are installed");
    }
}

#[test]
fn the_best_model_for_a_machine_is_chosen() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = || ModelStore::open(folder.path()).expect("a store");
    assert_eq!(store().best(Purpose::Speech, SMALL), None);
    let place = |name: &str| {
        let entry = Catalog::embedded().get(name).expect("a model");
        let size = entry.sources[0].parts[0].size.unwrap_or(4);
        let file = fs::File::create(folder.path().join(&entry.file)).expect("a file");
        // Sparse: takes no room.
        file.set_len(size).expect("a size");
    };
    let best = |machine| store().best(Purpose::Speech, machine).expect("a model").name;
    place("viva-speech-demonstration");
    assert_eq!(best(SMALL), "viva-speech-demonstration");
    place("whisper-large-v3-turbo-q5_0");
    assert_eq!(
        (best(SMALL).as_str(), best(LARGE).as_str()),
        ("viva-speech-demonstration", "whisper-large-v3-turbo-q5_0")
    );
    place("whisper-small-q8_0");
    assert_eq!(
        (best(SMALL).as_str(), best(LARGE).as_str()),
        ("whisper-small-q8_0", "whisper-large-v3-turbo-q5_0")
    );
}

fn names(report: &ImportReport) -> Vec<&str> {
    report.installed.iter().map(|installed| installed.name.as_str()).collect()
}

#[test]
fn packages_give_a_working_face_stage() {
    let (Some(packages), Some(runtime)) = (support::built("packages"), support::runtime()) else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut store = ModelStore::open(folder.path()).expect("a store");
    let report = import(&mut store, &packages, &ignore).expect("an import");
    let expected =
        ["silero-vad", "mediapipe-face-detector", "mediapipe-face-landmarks-468", "faceapi-face-expression"];
    let mut found = names(&report);
    // Set-up goes on without the model of sentences where it cannot be had.
    found.retain(|name| *name != "all-minilm-l6-v2-int8");
    assert_eq!(found, expected, "refused: {:?}", report.refused);
    for name in expected {
        runtime.session(&store.path(name).expect("installed")).expect("it loads");
    }
    assert!(store.verify(&ignore).iter().all(|verification| verification.fault.is_none()));
}

#[test]
fn publishers_files_give_every_face_model() {
    let (Some(models), Some(runtime)) = (support::shared("models"), support::runtime()) else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut store = ModelStore::open(folder.path()).expect("a store");
    let report = import(&mut store, &models, &ignore).expect("an import");
    assert_eq!(report.refused, []);
    for purpose in [
        Purpose::Vad,
        Purpose::FaceDetector,
        Purpose::FaceLandmarks,
        Purpose::FaceBlendshapes,
        Purpose::HeadPose,
        Purpose::Gaze,
        Purpose::FaceExpression,
    ] {
        let installed = store.best(purpose, SMALL).unwrap_or_else(|| panic!("no model for {purpose}"));
        runtime.session(&installed.path).expect("it loads");
    }
    assert_eq!(
        store.best(Purpose::FaceLandmarks, SMALL).expect("landmarks").name,
        "mediapipe-face-landmarks-478"
    );
    let converted = |entry: &&viva_models::catalog::Entry| entry.sources[0].convert != Conversion::None;
    assert_eq!(store.catalog().entries().iter().filter(converted).count(), 8);
}

#[test]
fn the_store_survives_a_folder_that_is_not_there() {
    let store = ModelStore::open(Path::new("/nonexistent/models")).expect("an empty store");
    assert!(store.list().iter().all(|status| status.state == State::Missing));
    assert_eq!(store.verify(&ignore), []);
}
