//! Mail over SMTP (RFC 5321).

use std::time::Duration;

use anyhow::{Context, Result};
use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
};

use super::{NotifyError, Words};
use crate::config;

const TIMEOUT: Duration = Duration::from_secs(20);

/// Sends mails in the name of the configured sender.
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    reply_to: Option<Mailbox>,
}

impl Mailer {
    /// `None` where no mail server is configured.
    pub fn new(mail: &config::Mail) -> Result<Option<Self>> {
        let Some(url) = &mail.smtp else { return Ok(None) };
        let from = mail.from.as_deref().context("mail.from: is missing; write the sender's address")?;
        let mailbox = |name: &'static str, address: &str| {
            address.parse::<Mailbox>().with_context(|| format!("{name}: is no mail address"))
        };
        // The URL carries the password: it stays out of the error.
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map_err(|_| {
            anyhow::anyhow!("mail.smtp: write smtps://USER:PASSWORD@HOST, or smtp:// with ?tls=required")
        })?;
        Ok(Some(Self {
            transport: builder.timeout(Some(TIMEOUT)).build(),
            from: mailbox("mail.from", from)?,
            reply_to: mail.reply_to.as_deref().map(|to| mailbox("mail.reply_to", to)).transpose()?,
        }))
    }

    /// Sends one mail. `id` names it: a repeat after a lost response is recognised as the same.
    pub async fn send(&self, to: &str, words: Words, id: &str) -> Result<(), NotifyError> {
        let to: Address = to.parse().map_err(|_| NotifyError::Address)?;
        let host = self.from.email.domain();
        let mut message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .message_id(Some(format!("<{id}@{host}>")))
            .subject(words.subject)
            .header(ContentType::TEXT_PLAIN);
        if let Some(reply_to) = &self.reply_to {
            message = message.reply_to(reply_to.clone());
        }
        let message = message.body(words.body).map_err(|_| NotifyError::Address)?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            // What the server says may name the receiver.
            Err(error) => Err(match error.status().map(u16::from) {
                Some(status) if error.is_permanent() => NotifyError::Refused(status),
                Some(status) => NotifyError::NotTaken(status),
                None => NotifyError::Unreachable,
            }),
        }
    }
}
