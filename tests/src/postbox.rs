//! A mail server of our own (RFC 5321, as far as one mail needs it), and what it was given.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};

/// One mail as it arrived.
#[derive(Clone, Debug)]
pub struct Mail {
    pub to: String,
    /// Header and body, quoted-printable or base64 as they came.
    pub text: String,
}

#[derive(Default)]
struct Held {
    mails: Vec<Mail>,
    /// How many more to put off, as a busy server does.
    put_off: usize,
    attempts: usize,
}

/// A running mail server on loopback.
pub struct Postbox {
    pub address: SocketAddr,
    held: Arc<Mutex<Held>>,
}

const ARRIVES_WITHIN: Duration = Duration::from_secs(30);

impl Postbox {
    /// Puts off the first `put_off` mails with 451; one to `nobody@…` is refused for good with 550.
    pub async fn start(put_off: usize) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let held = Arc::new(Mutex::new(Held { put_off, ..Held::default() }));
        let shared = Arc::clone(&held);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Ok(Self { address, held })
    }

    /// How many mails somebody tried to hand over.
    pub fn attempts(&self) -> usize {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).attempts
    }

    /// All mails so far.
    pub fn mails(&self) -> Vec<Mail> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).mails.clone()
    }

    /// Waits until there are `count` mails.
    pub async fn reach(&self, count: usize) -> Result<Vec<Mail>> {
        let from = Instant::now();
        while from.elapsed() < ARRIVES_WITHIN {
            let mails = self.mails();
            if mails.len() >= count {
                return Ok(mails);
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        bail!("{} of {count} mails arrived", self.mails().len())
    }
}

async fn serve(stream: TcpStream, held: Arc<Mutex<Held>>) -> Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 postbox\r\n").await?;
    let mut to = String::new();
    while let Some(line) = lines.next_line().await? {
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let answer = match verb.as_str() {
            "EHLO" | "HELO" => "250 postbox",
            "RCPT" => {
                line.trim_start_matches("RCPT TO:").trim_matches(['<', '>', ' ']).clone_into(&mut to);
                take(&held, &to)
            }
            "DATA" => {
                write.write_all(b"354 go on\r\n").await?;
                let mut text = String::new();
                while let Some(line) = lines.next_line().await?.filter(|line| line != ".") {
                    text.push_str(&line);
                    text.push('\n');
                }
                let mail = Mail { to: to.clone(), text };
                held.lock().unwrap_or_else(PoisonError::into_inner).mails.push(mail);
                "250 kept"
            }
            "QUIT" => "221 bye",
            _ => "250 good",
        };
        write.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
    Ok(())
}

fn take(held: &Mutex<Held>, to: &str) -> &'static str {
    let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
    held.attempts += 1;
    if to.starts_with("nobody@") {
        return "550 no such mailbox";
    }
    if held.put_off > 0 {
        held.put_off -= 1;
        return "451 busy, try again";
    }
    "250 good"
}
