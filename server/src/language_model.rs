//! A language model in the house, asked over the chat completions of OpenAI's HTTP interface, which llama.cpp, vLLM,
//! Ollama and others speak. Off unless configured.
//!
//! What is asked leaves only to this machine or a private network, never through a proxy or a redirect. The answer must be
//! JSON of the shape that was asked for; whoever asks still judges what it says. Neither questions nor answers are logged.

use std::{error::Error as _, net::IpAddr, sync::Arc, time::Duration};

use anyhow::{Context, Result, bail};
use ipnet::IpNet;
use reqwest::{Client, Response, StatusCode, Url, redirect};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use thiserror::Error;
use tokio::{sync::Semaphore, time};

use crate::{
    config,
    network::{GuardedResolver, canonical, is_local, literal},
};

/// Bytes of instructions and material together: an answer of half an hour is some 30 kB.
pub const MAX_PROMPT_BYTES: usize = 128 * 1024;
const MAX_ANSWER_BYTES: usize = 256 * 1024;
/// Of the model's answer, in its own tokens.
const MAX_ANSWER_TOKENS: u32 = 1024;
const TIMEOUT_SECONDS: std::ops::RangeInclusive<u64> = 1..=600;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Questions on their way at the same time; the others wait, within their own timeout.
const AT_ONCE: usize = 2;

/// Something to ask. Instructions are Viva's own; material is what they are about, and may be hostile.
#[derive(Clone, Debug)]
pub struct Prompt<'a> {
    /// Names the shape of the answer: letters, digits, `_`.
    pub name: &'a str,
    pub instructions: &'a str,
    pub material: &'a str,
    /// JSON Schema of the answer: an object that names every property as required and permits no other.
    pub schema: Value,
}

/// Why there is no answer. Says nothing of what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LanguageModelError {
    #[error("more than {MAX_PROMPT_BYTES} bytes to ask about")]
    TooLong,
    #[error("the language model did not answer in time")]
    TimedOut,
    #[error("the language model cannot be reached")]
    Unreachable,
    #[error(
        "language_model.url: the name leads out of the house; allow its network in language_model.allow and use https"
    )]
    OutOfTheHouse,
    #[error("the language model refused the question (status {0})")]
    Refused(u16),
    #[error(
        "the language model answered with more than {MAX_ANSWER_BYTES} bytes, or more than {MAX_ANSWER_TOKENS} tokens"
    )]
    AnswerTooLong,
    #[error("the language model's answer is not the JSON that was asked for")]
    AnswerMalformed,
}

impl LanguageModelError {
    /// The same question may be answered later.
    pub fn may_pass(self) -> bool {
        match self {
            Self::TimedOut | Self::Unreachable => true,
            Self::Refused(status) => status >= 500 || status == 408 || status == 429,
            Self::TooLong | Self::OutOfTheHouse | Self::AnswerTooLong | Self::AnswerMalformed => false,
        }
    }
}

/// The endpoint, and the model behind it.
pub struct LanguageModel {
    client: Client,
    completions: Url,
    model: String,
    api_key: Option<String>,
    timeout: Duration,
    turns: Semaphore,
}

impl LanguageModel {
    /// `None` where no endpoint is configured.
    ///
    /// # Errors
    /// When the configuration is wrong, or the address lies out of the house and is not allowed.
    pub fn new(config: &config::LanguageModel) -> Result<Option<Self>> {
        let Some(url) = &config.url else { return Ok(None) };
        if config.model.trim().is_empty() {
            bail!("language_model.model: is missing; write the model's name as the endpoint calls it");
        }
        if !TIMEOUT_SECONDS.contains(&config.timeout_seconds) {
            bail!("language_model.timeout_seconds: is {}; write 1 to 600", config.timeout_seconds);
        }
        let completions = completions(url)?;
        // Beyond the house nothing goes in the clear.
        let allow = if completions.scheme() == "https" { config.allow.clone() } else { Vec::new() };
        if literal(&completions).is_some_and(|address| !permitted(address, &allow)) {
            bail!("language_model.url: {}", LanguageModelError::OutOfTheHouse);
        }
        let timeout = Duration::from_secs(config.timeout_seconds);
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .timeout(timeout)
            .connect_timeout(CONNECT_TIMEOUT)
            .user_agent(concat!("viva/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Arc::new(GuardedResolver::new(
                move |address| permitted(address, &allow),
                || LanguageModelError::OutOfTheHouse.into(),
            )))
            .build()
            .context("cannot make the HTTP client")?;
        Ok(Some(Self {
            client,
            completions,
            model: config.model.clone(),
            api_key: config.api_key.clone(),
            timeout,
            turns: Semaphore::new(AT_ONCE),
        }))
    }

    /// The model's name, for reports.
    pub fn name(&self) -> &str {
        &self.model
    }

    /// The model's answer, at temperature 0.
    ///
    /// # Errors
    /// When there is none in time, or none of the shape that was asked for.
    pub async fn ask<T: DeserializeOwned>(&self, prompt: &Prompt<'_>) -> Result<T, LanguageModelError> {
        if prompt.instructions.len() + prompt.material.len() > MAX_PROMPT_BYTES {
            return Err(LanguageModelError::TooLong);
        }
        time::timeout(self.timeout, self.ask_in_turn(prompt))
            .await
            .unwrap_or(Err(LanguageModelError::TimedOut))
    }

    /// Whether the model answers at all.
    ///
    /// # Errors
    /// Why it does not.
    pub async fn is_there(&self) -> Result<(), LanguageModelError> {
        let schema = json!({ "type": "object", "properties": { "word": { "type": "string" } }, "required": ["word"],
            "additionalProperties": false });
        let instructions =
            "Answer with a JSON object whose property `word` repeats the word that you are given.";
        let prompt = Prompt { name: "word", instructions, material: "viva", schema };
        self.ask::<Value>(&prompt).await.map(drop)
    }

    async fn ask_in_turn<T: DeserializeOwned>(&self, prompt: &Prompt<'_>) -> Result<T, LanguageModelError> {
        let _turn = self.turns.acquire().await.map_err(|_| LanguageModelError::Unreachable)?;
        let mut request = self.client.post(self.completions.clone()).json(&json!({
            "model": self.model,
            "messages": [
                { "role": "system", "content": prompt.instructions },
                { "role": "user", "content": prompt.material },
            ],
            "temperature": 0,
            "seed": 0,
            "max_tokens": MAX_ANSWER_TOKENS,
            "stream": false,
            "response_format": {
                "type": "json_schema",
                "json_schema": { "name": prompt.name, "strict": true, "schema": prompt.schema },
            },
        }));
        if let Some(key) = &self.api_key {
            request = request.bearer_auth(key);
        }
        let response = request.send().await.map_err(|error| failed(&error))?;
        // A redirect would lead somewhere that nobody configured.
        if response.status() != StatusCode::OK {
            return Err(LanguageModelError::Refused(response.status().as_u16()));
        }
        answer(&read(response).await?)
    }
}

/// `…/chat/completions` under the configured URL, which may hold no secret.
fn completions(url: &str) -> Result<Url> {
    let shape = "language_model.url: write http:// or https:// and the place under which chat/completions lies, as in \
                 http://127.0.0.1:11434/v1";
    let mut parsed = Url::parse(url).ok().context(shape)?;
    let odd = parsed.query().is_some() || parsed.fragment().is_some();
    let named = !parsed.username().is_empty() || parsed.password().is_some();
    if odd || named || !matches!(parsed.scheme(), "http" | "https") {
        bail!("{shape}; a key belongs in language_model.api_key");
    }
    if let Ok(mut path) = parsed.path_segments_mut() {
        path.pop_if_empty().extend(["chat", "completions"]);
    }
    Ok(parsed)
}

fn permitted(address: IpAddr, allow: &[IpNet]) -> bool {
    let address = canonical(address);
    is_local(address) || allow.iter().any(|net| net.contains(&address))
}

fn failed(error: &reqwest::Error) -> LanguageModelError {
    if error.is_timeout() {
        return LanguageModelError::TimedOut;
    }
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(refused) = inner.downcast_ref::<LanguageModelError>() {
            return *refused;
        }
        cause = inner.source();
    }
    LanguageModelError::Unreachable
}

async fn read(mut response: Response) -> Result<Vec<u8>, LanguageModelError> {
    let mut bytes = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|error| failed(&error))? {
        if bytes.len() + piece.len() > MAX_ANSWER_BYTES {
            return Err(LanguageModelError::AnswerTooLong);
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

#[derive(Deserialize)]
struct Completion {
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    content: Option<String>,
}

/// What the model said, out of what the endpoint wrapped around it.
fn answer<T: DeserializeOwned>(body: &[u8]) -> Result<T, LanguageModelError> {
    let malformed = LanguageModelError::AnswerMalformed;
    let completion: Completion = serde_json::from_slice(body).map_err(|_| malformed)?;
    let choice = completion.choices.into_iter().next().ok_or(malformed)?;
    if choice.finish_reason.as_deref() == Some("length") {
        return Err(LanguageModelError::AnswerTooLong);
    }
    serde_json::from_str(choice.message.content.as_deref().ok_or(malformed)?.trim()).map_err(|_| malformed)
}

#[cfg(test)]
mod tests;
