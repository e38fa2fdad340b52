//! Configuration: `viva.toml`, then `VIVA_SECTION__KEY` variables, then flags. Unknown keys are errors.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use viva_media::seal::Cipher;

/// Everything that can be configured.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    pub http: Http,
    pub ingest: Ingest,
    pub data: Data,
    pub seal: Seal,
    pub models: Models,
    pub analysis: Analysis,
    pub webhooks: Webhooks,
    pub mail: Mail,
    pub gateway: Gateway,
    pub language_model: LanguageModel,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Http {
    pub listen: SocketAddr,
    /// How candidates and HR reach this server, as in `https://interviews.example.org`.
    pub public_url: Option<String>,
    /// PEM files. Phones give a page the camera only over https.
    pub tls_certificate: Option<PathBuf>,
    pub tls_key: Option<PathBuf>,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            public_url: None,
            tls_certificate: None,
            tls_key: None,
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ingest {
    /// The one UDP port of all publishers.
    pub udp: SocketAddr,
    /// ICE over TCP, for networks that block UDP.
    pub tcp: Option<SocketAddr>,
    /// Addresses put into answers; empty: those of this machine.
    pub advertised: Vec<IpAddr>,
    pub start_bitrate_kbps: u32,
    pub max_bitrate_kbps: u32,
    /// Candidates with a media connection at a time. Others go on over HTTP meanwhile, or wait.
    pub max_publishers: usize,
    /// Share of incoming packets to drop, for tests of the recording.
    #[serde(skip)]
    pub loss: f64,
}

impl Default for Ingest {
    fn default() -> Self {
        Self {
            udp: SocketAddr::from(([0, 0, 0, 0], 7000)),
            tcp: Some(SocketAddr::from(([0, 0, 0, 0], 7000))),
            advertised: Vec::new(),
            start_bitrate_kbps: 1500,
            max_bitrate_kbps: 2500,
            max_publishers: 1000,
            loss: 0.0,
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Data {
    /// Database, recordings and keys.
    pub dir: PathBuf,
    /// Below this much free room no new take starts. Running takes go on.
    pub least_free_mb: u64,
}

impl Default for Data {
    fn default() -> Self {
        Self { dir: PathBuf::from("viva-data"), least_free_mb: 512 }
    }
}

/// How recordings are sealed at rest.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Seal {
    /// Of new interviews; old ones keep theirs.
    pub cipher: SealCipher,
    /// Made at the first start; default: `master.key` in the data folder. The variable `VIVA_MASTER_KEY` goes before it.
    pub master_key_file: Option<PathBuf>,
    /// A program and its arguments that print the master key, instead of a file.
    pub master_key_command: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum SealCipher {
    #[default]
    #[serde(rename = "aes-256-gcm")]
    Aes256Gcm,
    /// SM4-GCM, where Chinese commercial cryptography is required.
    #[serde(rename = "gm")]
    Gm,
}

impl From<SealCipher> for Cipher {
    fn from(cipher: SealCipher) -> Self {
        match cipher {
            SealCipher::Aes256Gcm => Self::Aes256Gcm,
            SealCipher::Gm => Self::Sm4Gcm,
        }
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Models {
    /// Where model files lie; default: `models` in the data folder.
    pub dir: Option<PathBuf>,
    /// The ONNX Runtime library.
    pub onnxruntime: Option<PathBuf>,
    /// Threads for analysis; default: the number of cores.
    pub threads: Option<usize>,
    /// Score by transcripts of the demonstration model. Never for real candidates.
    pub score_demonstration: bool,
}

/// Where answers are measured.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Analysis {
    /// In the server's own process; else only in those of `viva worker`.
    pub here: bool,
}

impl Default for Analysis {
    fn default() -> Self {
        Self { here: true }
    }
}

/// Mail to candidates; none is sent without `smtp`.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mail {
    /// As in `smtps://USER:PASSWORD@mail.example.org`, or `smtp://…:587?tls=required`. Best given by `VIVA_MAIL__SMTP`.
    pub smtp: Option<String>,
    /// As in `Lantern Software <interviews@example.org>`.
    pub from: Option<String>,
    /// Where candidates' answers go.
    pub reply_to: Option<String>,
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL carries a password.
        f.debug_struct("Mail")
            .field("smtp", &self.smtp.is_some())
            .field("from", &self.from)
            .finish_non_exhaustive()
    }
}

/// A gateway for short messages to candidates; none is sent without `url`.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Gateway {
    /// Gets a POST of `{id, to, occasion, locale, text}` for each message.
    pub url: Option<String>,
    /// Sent as a Bearer token.
    pub token: Option<String>,
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway").field("url", &self.url.is_some()).finish_non_exhaustive()
    }
}

/// A language model in the house, behind an endpoint with OpenAI's chat completions; none is asked without `url`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LanguageModel {
    /// As in `http://127.0.0.1:11434/v1`: on this machine or in a private network.
    pub url: Option<String>,
    /// As the endpoint calls it. Reports name it.
    pub model: String,
    /// Sent as a Bearer token. Best given by `VIVA_LANGUAGE_MODEL__API_KEY`.
    pub api_key: Option<String>,
    /// Seconds until an answer that has not come is given up.
    pub timeout_seconds: u64,
    /// Other networks that it may be in, as in `203.0.113.0/24`; only over https.
    pub allow: Vec<ipnet::IpNet>,
}

impl Default for LanguageModel {
    fn default() -> Self {
        Self { url: None, model: String::new(), api_key: None, timeout_seconds: 60, allow: Vec::new() }
    }
}

impl fmt::Debug for LanguageModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The key is a secret, and the URL may hold one.
        f.debug_struct("LanguageModel")
            .field("url", &self.url.is_some())
            .field("model", &self.model)
            .field("timeout_seconds", &self.timeout_seconds)
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Webhooks {
    /// Networks that deliveries may go to although they are private, as in `10.0.0.0/8`.
    pub allow: Vec<ipnet::IpNet>,
}

impl Config {
    /// Whether candidates can be written to.
    pub fn sends_messages(&self) -> bool {
        self.mail.smtp.is_some() || self.gateway.url.is_some()
    }

    /// Where the files of prompts lie.
    pub fn prompts(&self) -> PathBuf {
        self.data.dir.join("prompts")
    }

    /// Reads `file` (default: `viva.toml` where it exists) and the environment.
    pub fn load(file: Option<&Path>) -> Result<Self> {
        let mut builder = config::Config::builder();
        builder = match file {
            Some(path) => builder.add_source(config::File::from(path).required(true)),
            None => builder.add_source(config::File::new("viva", config::FileFormat::Toml).required(false)),
        };
        // Only VIVA_SECTION__KEY is configuration; VIVA_LOG and the like are not.
        let variables =
            std::env::vars().filter(|(name, _)| name.starts_with("VIVA_") && name.contains("__")).collect();
        let environment = config::Environment::with_prefix("VIVA")
            .prefix_separator("_")
            .separator("__")
            .try_parsing(true)
            .list_separator(",")
            .with_list_parse_key("webhooks.allow")
            .with_list_parse_key("language_model.allow")
            .with_list_parse_key("ingest.advertised")
            .with_list_parse_key("seal.master_key_command")
            .source(Some(variables));
        let config: Self = builder
            .add_source(environment)
            .build()?
            .try_deserialize()
            .context("the configuration is wrong")?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<()> {
        if self.http.tls_certificate.is_some() != self.http.tls_key.is_some() {
            bail!("http.tls_certificate and http.tls_key belong together: set both or none");
        }
        if self.ingest.start_bitrate_kbps > self.ingest.max_bitrate_kbps {
            bail!(
                "ingest.start_bitrate_kbps ({}) is above ingest.max_bitrate_kbps ({})",
                self.ingest.start_bitrate_kbps,
                self.ingest.max_bitrate_kbps
            );
        }
        Ok(())
    }

    pub fn models_dir(&self) -> PathBuf {
        self.models.dir.clone().unwrap_or_else(|| self.data.dir.join("models"))
    }

    pub fn master_key_file(&self) -> PathBuf {
        self.seal.master_key_file.clone().unwrap_or_else(|| self.data.dir.join("master.key"))
    }

    /// One folder for each interview.
    pub fn recordings(&self) -> PathBuf {
        self.data.dir.join("recordings")
    }

    pub fn database(&self) -> PathBuf {
        self.data.dir.join("viva.sqlite")
    }

    /// How links begin, without a slash at the end.
    pub fn public_url(&self) -> String {
        if let Some(url) = &self.http.public_url {
            url.trim_end_matches('/').to_owned()
        } else {
            let scheme = if self.http.tls_certificate.is_some() { "https" } else { "http" };
            format!("{scheme}://{}", self.http.listen)
        }
    }
}
