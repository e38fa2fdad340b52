//! Reads an offer (RFC 8866, RFC 9429).

use std::fmt::Write as _;

/// The header extension for transport-wide congestion control.
pub(in crate::ingest) const TRANSPORT_CC_URI: &str =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

/// Largest offer taken, bytes. Chromium's are about 7 KiB.
const MAX_OFFER: usize = 64 << 10;
const MAX_SECTIONS: usize = 16;
/// Codec names named in a refusal, and their length.
const MAX_NAMED: usize = 16;
const MAX_NAME: usize = 24;

/// Feedback (RFC 4585) worth having, if the sender offers it.
const AUDIO_FEEDBACK: &[&str] = &["nack", "transport-cc"];
const VIDEO_FEEDBACK: &[&str] = &["nack", "nack pli", "ccm fir", "transport-cc"];

/// Why an offer cannot be answered.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum OfferError {
    /// Not an SDP offer, or one that lacks something WebRTC demands.
    #[error("malformed offer: {0}")]
    Malformed(&'static str),
    /// Neither an audio nor a video section.
    #[error("the offer has neither audio nor video")]
    NoAudioOrVideo,
    /// A section has none of the codecs that are recorded.
    #[error("unsupported codecs: the offer has {}; send VP8 video and Opus audio", .offered.join(", "))]
    UnsupportedCodec {
        /// Names of the codecs offered, at most 16.
        offered: Vec<String>,
    },
    /// Larger than 64 KiB.
    #[error("the offer is larger than 64 KiB")]
    TooLarge,
    /// Audio and video are offered, but not to be sent.
    #[error("the offer sends nothing: audio or video must be sendonly or sendrecv")]
    NotSendable,
    /// As many publishers as this server takes are connected.
    #[error("too many publishers")]
    Full,
    /// The media engine failed; the cause is in the log.
    #[error("the media engine cannot answer")]
    Engine,
}

/// A section that is received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::ingest) struct MediaOffer {
    pub mid: String,
    pub payload_type: u8,
    /// RTCP feedback in offered form, such as `nack pli`.
    pub feedback: Vec<&'static str>,
    /// Id of the transport-cc header extension.
    pub transport_cc: Option<u8>,
    /// The first SSRC that is announced.
    pub ssrc: Option<u32>,
}

/// A section that is turned down, kept so that the answer has as many sections as the offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::ingest) struct Rejected {
    /// Position among the sections of the offer.
    pub index: usize,
    pub kind: String,
    pub protocol: String,
    pub formats: String,
    pub mid: Option<String>,
}

/// What matters of a valid offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::ingest) struct Offer {
    pub audio: Option<MediaOffer>,
    pub video: Option<MediaOffer>,
    /// Whether video comes before audio.
    pub video_first: bool,
    pub rejected: Vec<Rejected>,
    ice_ufrag: String,
    ice_password: String,
    /// `sha-256 AA:BB:…`
    fingerprint: String,
}

impl Offer {
    /// Parses and checks an offer. Never panics, whatever the text.
    pub fn parse(text: &str) -> Result<Self, OfferError> {
        if text.len() > MAX_OFFER {
            return Err(OfferError::TooLarge);
        }
        let (session, sections) = split(text)?;
        let audio = pick(&sections, "audio")?;
        let video = pick(&sections, "video")?;
        let picked: Vec<usize> = audio.iter().chain(&video).copied().collect();
        let Some(&first) = picked.iter().min() else {
            let any = sections.iter().any(|s| s.kind == "audio" || s.kind == "video");
            return Err(if any { OfferError::NotSendable } else { OfferError::NoAudioOrVideo });
        };
        let codecs = |index: Option<usize>, name: &str| match index {
            None => Ok(None),
            Some(index) => match sections[index].payload_type(name) {
                Some(payload_type) => Ok(Some((&sections[index], payload_type))),
                None => Err(OfferError::UnsupportedCodec { offered: codec_names(&sections) }),
            },
        };
        let (audio_codec, video_codec) = (codecs(audio, "opus/48000/2")?, codecs(video, "VP8/90000")?);
        let audio_offer = audio_codec.map(|(s, pt)| s.media_offer(pt, AUDIO_FEEDBACK)).transpose()?;
        let video_offer = video_codec.map(|(s, pt)| s.media_offer(pt, VIDEO_FEEDBACK)).transpose()?;
        if let (Some(audio), Some(video)) = (&audio_offer, &video_offer) {
            if !session.bundles(&audio.mid, &video.mid) {
                return Err(OfferError::Malformed("audio and video are not bundled"));
            }
            if audio.mid == video.mid || audio.payload_type == video.payload_type {
                return Err(OfferError::Malformed("audio and video share a mid or a payload type"));
            }
        }
        // Transport values stand in the section, in the session, or in another section of the bundle.
        let transport = |key| {
            let own = sections[first].value(key).or_else(|| session.value(key));
            own.or_else(|| sections.iter().find_map(|section| section.value(key)))
        };
        match transport("setup") {
            Some("actpass" | "active") => {}
            _ => return Err(OfferError::Malformed("a=setup must be actpass or active")),
        }
        let is_ice = |c: char| c.is_ascii_alphanumeric() || c == '+' || c == '/';
        Ok(Self {
            audio: audio_offer,
            video: video_offer,
            video_first: video < audio && video.is_some(),
            rejected: sections
                .iter()
                .enumerate()
                .filter(|(index, _)| !picked.contains(index))
                .map(|(index, section)| section.reject(index))
                .collect(),
            ice_ufrag: transport("ice-ufrag")
                .filter(|v| (4..=256).contains(&v.len()) && v.chars().all(is_ice))
                .ok_or(OfferError::Malformed("no valid a=ice-ufrag"))?
                .to_owned(),
            ice_password: transport("ice-pwd")
                .filter(|v| (22..=256).contains(&v.len()) && v.chars().all(is_ice))
                .ok_or(OfferError::Malformed("no valid a=ice-pwd"))?
                .to_owned(),
            fingerprint: fingerprint(&session, &sections, first)?,
        })
    }

    /// The offer as the media engine gets it: the taken sections only, in their order, written anew.
    pub fn reduced(&self) -> String {
        let mut sections: Vec<(&str, &MediaOffer)> = Vec::new();
        sections.extend(self.audio.as_ref().map(|audio| ("audio", audio)));
        sections.extend(self.video.as_ref().map(|video| ("video", video)));
        if self.video_first {
            sections.reverse();
        }
        let mids: Vec<&str> = sections.iter().map(|(_, media)| media.mid.as_str()).collect();
        let mut sdp = String::from("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n");
        let mut line = |text: std::fmt::Arguments<'_>| {
            // Writing to a String cannot fail.
            let _ = sdp.write_fmt(text);
            sdp.push_str("\r\n");
        };
        line(format_args!("a=group:BUNDLE {}", mids.join(" ")));
        for (kind, media) in sections {
            let pt = media.payload_type;
            line(format_args!("m={kind} 9 UDP/TLS/RTP/SAVPF {pt}"));
            line(format_args!("c=IN IP4 0.0.0.0"));
            line(format_args!("a=ice-ufrag:{}", self.ice_ufrag));
            line(format_args!("a=ice-pwd:{}", self.ice_password));
            line(format_args!("a=fingerprint:{}", self.fingerprint));
            line(format_args!("a=setup:actpass"));
            line(format_args!("a=mid:{}", media.mid));
            if let Some(id) = media.transport_cc {
                line(format_args!("a=extmap:{id} {TRANSPORT_CC_URI}"));
            }
            line(format_args!("a=sendonly"));
            line(format_args!("a=msid:{kind} {kind}"));
            line(format_args!("a=rtcp-mux"));
            if kind == "audio" {
                line(format_args!("a=rtpmap:{pt} opus/48000/2"));
                line(format_args!("a=fmtp:{pt} minptime=10;useinbandfec=1"));
            } else {
                line(format_args!("a=rtpmap:{pt} VP8/90000"));
            }
            for feedback in &media.feedback {
                line(format_args!("a=rtcp-fb:{pt} {feedback}"));
            }
            if let Some(ssrc) = media.ssrc {
                line(format_args!("a=ssrc:{ssrc} cname:{kind}"));
            }
        }
        sdp
    }
}

/// A section, or the session part, which has attributes only.
#[derive(Debug, Default)]
struct Section<'a> {
    kind: &'a str,
    port: &'a str,
    protocol: &'a str,
    formats: Vec<&'a str>,
    attributes: Vec<(&'a str, &'a str)>,
}

/// The session part and the media sections.
fn split(text: &str) -> Result<(Section<'_>, Vec<Section<'_>>), OfferError> {
    let mut lines =
        text.lines().map(|line| line.strip_suffix('\r').unwrap_or(line)).filter(|line| !line.is_empty());
    if lines.next() != Some("v=0") {
        return Err(OfferError::Malformed("does not begin with v=0"));
    }
    let mut session = Section::default();
    let mut sections: Vec<Section<'_>> = Vec::new();
    for line in lines {
        if line.chars().any(char::is_control) {
            return Err(OfferError::Malformed("has control characters"));
        }
        match line.split_once('=') {
            Some(("m", media)) => {
                if sections.len() == MAX_SECTIONS {
                    return Err(OfferError::Malformed("more than 16 media sections"));
                }
                sections.push(Section::begin(media)?);
            }
            Some(("a", attribute)) => {
                let pair = attribute.split_once(':').unwrap_or((attribute, ""));
                sections.last_mut().unwrap_or(&mut session).attributes.push(pair);
            }
            Some((kind, _)) if kind.len() == 1 => {}
            _ => return Err(OfferError::Malformed("a line is not of the form x=…")),
        }
    }
    Ok((session, sections))
}

/// The first section of `kind` that sends and is not switched off.
fn pick(sections: &[Section<'_>], kind: &str) -> Result<Option<usize>, OfferError> {
    for (index, section) in sections.iter().enumerate() {
        if section.kind == kind && section.sends() && !section.is_off() {
            if !section.protocol.contains("RTP/SAVPF") {
                return Err(OfferError::Malformed("media is not UDP/TLS/RTP/SAVPF"));
            }
            return Ok(Some(index));
        }
    }
    Ok(None)
}

impl<'a> Section<'a> {
    /// From the value of an `m=` line: kind, port, protocol, formats.
    fn begin(media: &'a str) -> Result<Self, OfferError> {
        let mut words = media.split_ascii_whitespace();
        let (Some(kind), Some(port), Some(protocol)) = (words.next(), words.next(), words.next()) else {
            return Err(OfferError::Malformed("an m= line is too short"));
        };
        let formats: Vec<&str> = words.collect();
        if formats.is_empty() || ![kind, protocol].into_iter().chain(formats.iter().copied()).all(is_plain) {
            return Err(OfferError::Malformed("an m= line is not valid"));
        }
        Ok(Self { kind, port, protocol, formats, attributes: Vec::new() })
    }

    fn values(&self, key: &str) -> impl Iterator<Item = &'a str> {
        self.attributes.iter().filter(move |(k, _)| *k == key).map(|(_, value)| value.trim())
    }

    fn value(&self, key: &str) -> Option<&'a str> {
        self.values(key).next().filter(|value| !value.is_empty())
    }

    fn has(&self, key: &str) -> bool {
        self.attributes.iter().any(|(k, _)| *k == key)
    }

    /// `sendrecv` is the default (RFC 8866 §6.7).
    fn sends(&self) -> bool {
        !self.has("recvonly") && !self.has("inactive")
    }

    /// Port 0 switches a section off, unless it only says that another section carries it (RFC 8843 §6).
    fn is_off(&self) -> bool {
        self.port == "0" && !self.has("bundle-only")
    }

    fn bundles(&self, one: &str, other: &str) -> bool {
        self.values("group").any(|group| {
            let mut mids = group.split_ascii_whitespace();
            mids.next() == Some("BUNDLE") && {
                let mids: Vec<&str> = mids.collect();
                mids.contains(&one) && mids.contains(&other)
            }
        })
    }

    /// The payload type, below 128 and listed in the `m=` line, that is mapped to `encoding`.
    fn payload_type(&self, encoding: &str) -> Option<u8> {
        self.rtpmaps().find(|(_, name)| name.eq_ignore_ascii_case(encoding)).and_then(|(format, _)| {
            let payload_type: u8 = format.parse().ok()?;
            (payload_type < 128 && self.formats.contains(&format)).then_some(payload_type)
        })
    }

    fn rtpmaps(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.values("rtpmap")
            .filter_map(|map| map.split_once(' '))
            .map(|(format, name)| (format, name.trim()))
    }

    fn media_offer(&self, payload_type: u8, wanted: &[&'static str]) -> Result<MediaOffer, OfferError> {
        let mid = self.value("mid").filter(|mid| is_plain(mid) && mid.len() <= 32);
        if !self.has("rtcp-mux") {
            return Err(OfferError::Malformed("no a=rtcp-mux"));
        }
        Ok(MediaOffer {
            mid: mid.ok_or(OfferError::Malformed("no valid a=mid"))?.to_owned(),
            payload_type,
            feedback: wanted.iter().copied().filter(|feedback| self.offers(payload_type, feedback)).collect(),
            transport_cc: self.transport_cc(),
            ssrc: self.value("ssrc").and_then(|v| v.split_ascii_whitespace().next()?.parse().ok()),
        })
    }

    fn offers(&self, payload_type: u8, feedback: &str) -> bool {
        self.values("rtcp-fb").filter_map(|line| line.split_once(' ')).any(|(format, offered)| {
            (format == "*" || format.parse() == Ok(payload_type)) && offered.trim() == feedback
        })
    }

    /// The id (RFC 8285: 1–14, or up to 255 in two-byte headers) of the transport-cc extension.
    fn transport_cc(&self) -> Option<u8> {
        self.values("extmap").find_map(|line| {
            let mut words = line.split_ascii_whitespace();
            let id = words.next()?.split('/').next()?.parse().ok()?;
            (words.next() == Some(TRANSPORT_CC_URI) && id != 0).then_some(id)
        })
    }

    fn reject(&self, index: usize) -> Rejected {
        Rejected {
            index,
            kind: self.kind.to_owned(),
            protocol: self.protocol.to_owned(),
            formats: self.formats.join(" "),
            mid: self.value("mid").filter(|mid| is_plain(mid)).map(str::to_owned),
        }
    }
}

/// A SHA-2 fingerprint of the DTLS certificate (RFC 8122); the strongest that the engine knows.
fn fingerprint(session: &Section<'_>, sections: &[Section<'_>], first: usize) -> Result<String, OfferError> {
    let own = sections[first].values("fingerprint").chain(session.values("fingerprint"));
    own.chain(sections.iter().flat_map(|section| section.values("fingerprint")))
        .find_map(|line| {
            let (algorithm, digest) = line.split_once(' ')?;
            let digest = digest.trim();
            let bytes = digest.split(':').count();
            let hex = |pair: &str| pair.len() == 2 && pair.bytes().all(|b| b.is_ascii_hexdigit());
            let valid =
                algorithm.eq_ignore_ascii_case("sha-256") && bytes == 32 && digest.split(':').all(hex);
            valid.then(|| format!("sha-256 {digest}"))
        })
        .ok_or(OfferError::Malformed("no valid a=fingerprint with sha-256"))
}

/// The codecs of all audio and video sections, without the helpers that carry no media of their own.
fn codec_names(sections: &[Section<'_>]) -> Vec<String> {
    let helpers = ["rtx", "red", "ulpfec", "flexfec-03", "telephone-event", "CN"];
    let mut names: Vec<String> = Vec::new();
    for (_, encoding) in sections.iter().flat_map(Section::rtpmaps) {
        let name: String = encoding.split('/').next().unwrap_or_default().chars().take(MAX_NAME).collect();
        let known = helpers.iter().any(|helper| helper.eq_ignore_ascii_case(&name));
        if !known && is_plain(&name) && !names.contains(&name) && names.len() < MAX_NAMED {
            names.push(name);
        }
    }
    if names.is_empty() {
        names.push("none".to_owned());
    }
    names
}

/// A word that can be repeated in an answer or an error text without harm.
fn is_plain(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./+{}".contains(&byte))
}

#[cfg(test)]
#[path = "offer_tests.rs"]
pub(super) mod tests;
