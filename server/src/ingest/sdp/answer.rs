//! Completes the media engine's answer: candidates of the shared sockets, bitrate hints, rejected sections.

use std::fmt::Write as _;
use std::net::SocketAddr;

use super::offer::{Offer, Rejected};
use crate::ingest::session::Transport;

/// Host candidates are preferred to all others (RFC 8445 §5.1.2.2), UDP to TCP (RFC 6544 §4.2).
const UDP_PREFERENCE: u32 = 126;
const TCP_PREFERENCE: u32 = 90;

/// A candidate to put in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ingest) struct CandidateAddress {
    pub address: SocketAddr,
    pub transport: Transport,
}

pub(in crate::ingest) struct AnswerOptions<'a> {
    /// In order of preference within a transport.
    pub candidates: &'a [CandidateAddress],
    /// Chromium's first estimate; without it, video starts at 320×180 for seconds.
    pub start_bitrate_kbps: u32,
    pub max_bitrate_kbps: u32,
}

/// The engine's answer is not what was set up.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the engine's answer {0}")]
pub(in crate::ingest) struct AnswerError(&'static str);

/// The answer to send, from the one that the engine made for [`Offer::reduced`].
pub(in crate::ingest) fn answer(
    engine: &str,
    offer: &Offer,
    options: &AnswerOptions<'_>,
) -> Result<String, AnswerError> {
    let lines: Vec<&str> = engine.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let mut parts = lines.chunk_by(|_, next| !next.starts_with("m="));
    let session = parts.next().unwrap_or_default();
    if !session.contains(&"a=ice-lite") {
        return Err(AnswerError("is not ICE-lite"));
    }
    let mut taken =
        parts.map(|lines| complete(lines, offer, options)).collect::<Result<Vec<_>, _>>()?.into_iter();
    let wanted = usize::from(offer.audio.is_some()) + usize::from(offer.video.is_some());
    if taken.len() != wanted {
        return Err(AnswerError("has another number of sections"));
    }
    let mut out: String = session.iter().flat_map(|line| [line, "\r\n"]).collect();
    if let Some(first) = taken.as_mut_slice().first_mut() {
        first.push_str(&candidate_lines(options.candidates));
    }
    for index in 0..wanted + offer.rejected.len() {
        match offer.rejected.iter().find(|rejected| rejected.index == index) {
            Some(rejected) => out.push_str(&rejection(rejected)),
            None => out.extend(taken.next()),
        }
    }
    Ok(out)
}

/// One taken section, checked, without the engine's candidates and with the hints.
fn complete(lines: &[&str], offer: &Offer, options: &AnswerOptions<'_>) -> Result<String, AnswerError> {
    if !lines.contains(&"a=setup:passive") {
        return Err(AnswerError("is not passive"));
    }
    if !lines.contains(&"a=recvonly") {
        return Err(AnswerError("is not recvonly"));
    }
    if lines[0].split(' ').nth(1) == Some("0") {
        return Err(AnswerError("turns a section down"));
    }
    let video = offer.video.as_ref().filter(|_| lines[0].starts_with("m=video "));
    let mut out = String::new();
    for line in lines {
        if line.starts_with("a=candidate:") || *line == "a=end-of-candidates" {
            continue;
        }
        out.push_str(line);
        out.push_str("\r\n");
        if let Some(video) =
            video.filter(|video| line.starts_with(&format!("a=rtpmap:{} ", video.payload_type)))
        {
            // Writing to a String cannot fail.
            let _ = write!(
                out,
                "a=fmtp:{} x-google-start-bitrate={};x-google-max-bitrate={}\r\n",
                video.payload_type, options.start_bitrate_kbps, options.max_bitrate_kbps
            );
        }
    }
    Ok(out)
}

/// All candidates at once: there is no trickle.
fn candidate_lines(candidates: &[CandidateAddress]) -> String {
    let mut out = String::new();
    for (index, candidate) in candidates.iter().enumerate() {
        let local_preference = 65_535 - index.min(65_535) as u32;
        let (ip, port) = (candidate.address.ip(), candidate.address.port());
        let (name, kind, suffix) = match candidate.transport {
            Transport::Udp => ("udp", UDP_PREFERENCE, ""),
            Transport::Tcp => ("tcp", TCP_PREFERENCE, " tcptype passive"),
        };
        // RFC 8445 §5.1.2.1, component 1 (RTP and RTCP on one).
        let priority = (kind << 24) | (local_preference << 8) | 255;
        let foundation = index + 1;
        let _ = write!(out, "a=candidate:{foundation} 1 {name} {priority} {ip} {port} typ host{suffix}\r\n");
    }
    out.push_str("a=end-of-candidates\r\n");
    out
}

/// A section turned down by port 0 (RFC 3264 §6). Firefox wants the `c=` line also here.
fn rejection(rejected: &Rejected) -> String {
    let Rejected { kind, protocol, formats, .. } = rejected;
    let mid = rejected.mid.as_ref().map(|mid| format!("a=mid:{mid}\r\n")).unwrap_or_default();
    format!("m={kind} 0 {protocol} {formats}\r\nc=IN IP4 0.0.0.0\r\n{mid}a=inactive\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn engine_answer(kinds: &[&str]) -> String {
        let mut sdp = "v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=ice-lite\r\na=group:BUNDLE 0 1\r\n"
            .to_owned();
        for kind in kinds {
            let codec = if *kind == "audio" { "111 opus/48000/2" } else { "96 VP8/90000" };
            sdp.push_str(&format!(
                "m={kind} 9 UDP/TLS/RTP/SAVPF {}\r\na=setup:passive\r\na=rtpmap:{codec}\r\na=recvonly\r\n\
                 a=candidate:1 1 udp 1 127.0.0.1 4444 typ host\r\na=end-of-candidates\r\n",
                &codec[..3]
            ));
        }
        sdp
    }

    fn options(candidates: &[CandidateAddress]) -> AnswerOptions<'_> {
        AnswerOptions { candidates, start_bitrate_kbps: 1_500, max_bitrate_kbps: 2_500 }
    }

    fn offer() -> Offer {
        Offer::parse(super::super::offer::tests::CHROMIUM).unwrap()
    }

    #[test]
    fn puts_the_shared_addresses_in_place_of_the_engines() {
        let candidates = [
            CandidateAddress { address: "192.0.2.7:7000".parse().unwrap(), transport: Transport::Udp },
            CandidateAddress { address: "[2001:db8::7]:7000".parse().unwrap(), transport: Transport::Tcp },
        ];
        let sdp = answer(&engine_answer(&["audio", "video"]), &offer(), &options(&candidates)).unwrap();
        assert!(!sdp.contains("4444"));
        assert!(sdp.contains("a=candidate:1 1 udp 2130706431 192.0.2.7 7000 typ host\r\n"), "{sdp}");
        assert!(sdp.contains(" 2001:db8::7 7000 typ host tcptype passive\r\n"), "{sdp}");
        assert_eq!(sdp.matches("a=end-of-candidates").count(), 1);
        assert!(sdp.contains("a=rtpmap:96 VP8/90000\r\na=fmtp:96 x-google-start-bitrate=1500;"), "{sdp}");
    }

    #[test]
    fn answers_every_section_in_its_place() {
        let mut offer = offer();
        offer.rejected.push(Rejected {
            index: 1,
            kind: "application".into(),
            protocol: "UDP/DTLS/SCTP".into(),
            formats: "webrtc-datachannel".into(),
            mid: Some("2".into()),
        });
        let sdp = answer(&engine_answer(&["audio", "video"]), &offer, &options(&[])).unwrap();
        let sections: Vec<&str> = sdp.lines().filter(|line| line.starts_with("m=")).collect();
        assert_eq!(sections[1], "m=application 0 UDP/DTLS/SCTP webrtc-datachannel");
        assert!(sections[0].starts_with("m=audio 9") && sections[2].starts_with("m=video 9"), "{sections:?}");
    }

    #[test]
    fn an_engine_that_went_astray_is_noticed() {
        let good = engine_answer(&["audio", "video"]);
        for (from, to) in [
            ("a=ice-lite\r\n", ""),
            ("a=setup:passive", "a=setup:active"),
            ("a=recvonly", "a=sendrecv"),
            ("m=video 9", "m=video 0"),
        ] {
            assert!(answer(&good.replace(from, to), &offer(), &options(&[])).is_err(), "{from}");
        }
        assert!(answer(&engine_answer(&["audio"]), &offer(), &options(&[])).is_err());
    }
}
