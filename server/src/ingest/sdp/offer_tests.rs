use super::*;

/// Shortened from Chromium's: RTX, RED, H.264, simulcast-capable extensions.
pub(in crate::ingest) const CHROMIUM: &str = "v=0\r
o=- 4611731400430051336 2 IN IP4 127.0.0.1\r
s=-\r
t=0 0\r
a=group:BUNDLE 0 1\r
a=extmap-allow-mixed\r
a=msid-semantic: WMS s\r
m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126\r
c=IN IP4 0.0.0.0\r
a=rtcp:9 IN IP4 0.0.0.0\r
a=candidate:1 1 udp 2122260223 192.0.2.2 46154 typ host generation 0\r
a=ice-ufrag:1a2B\r
a=ice-pwd:ABCDefgh0123456789+/ABCD\r
a=ice-options:trickle\r
a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r
a=setup:actpass\r
a=mid:0\r
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r
a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r
a=sendonly\r
a=msid:s a\r
a=rtcp-mux\r
a=rtcp-rsize\r
a=rtpmap:111 opus/48000/2\r
a=rtcp-fb:111 transport-cc\r
a=rtcp-fb:111 nack\r
a=fmtp:111 minptime=10;useinbandfec=1\r
a=rtpmap:63 red/48000/2\r
a=rtpmap:13 CN/8000\r
a=ssrc:1001 cname:x\r
m=video 9 UDP/TLS/RTP/SAVPF 96 97 102\r
c=IN IP4 0.0.0.0\r
a=ice-ufrag:1a2B\r
a=ice-pwd:ABCDefgh0123456789+/ABCD\r
a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r
a=setup:actpass\r
a=mid:1\r
a=extmap:13 urn:3gpp:video-orientation\r
a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r
a=sendonly\r
a=msid:s v\r
a=rtcp-mux\r
a=rtpmap:96 VP8/90000\r
a=rtcp-fb:96 goog-remb\r
a=rtcp-fb:96 transport-cc\r
a=rtcp-fb:96 ccm fir\r
a=rtcp-fb:96 nack\r
a=rtcp-fb:96 nack pli\r
a=rtpmap:97 rtx/90000\r
a=fmtp:97 apt=96\r
a=rtpmap:102 H264/90000\r
a=ssrc-group:FID 2001 2002\r
a=ssrc:2001 cname:x\r
a=ssrc:2002 cname:x\r
";

fn parse_with(from: &str, to: &str) -> Result<Offer, OfferError> {
    assert!(CHROMIUM.contains(from), "{from}");
    Offer::parse(&CHROMIUM.replace(from, to))
}

#[test]
fn takes_what_matters_from_chromium() {
    let offer = Offer::parse(CHROMIUM).unwrap();
    let (audio, video) = (offer.audio.clone().unwrap(), offer.video.clone().unwrap());
    assert_eq!((audio.payload_type, audio.ssrc, audio.transport_cc), (111, Some(1001), Some(3)));
    assert_eq!((video.payload_type, video.ssrc, video.transport_cc), (96, Some(2001), Some(3)));
    assert_eq!(audio.feedback, ["nack", "transport-cc"]);
    assert_eq!(video.feedback, VIDEO_FEEDBACK);
    assert!(offer.rejected.is_empty());
}

#[test]
fn the_reduced_offer_has_nothing_else() {
    let reduced = Offer::parse(CHROMIUM).unwrap().reduced();
    for gone in
        ["candidate", "rtx", "red", "H264", "orientation", "2002", "audio-level", "goog-remb", "trickle"]
    {
        assert!(!reduced.contains(gone), "{gone} in {reduced}");
    }
    assert_eq!(
        Offer::parse(&reduced).unwrap(),
        Offer::parse(CHROMIUM).unwrap(),
        "a second pass changes nothing"
    );
}

#[test]
fn keeps_the_order_of_sections() {
    let (head, audio) = CHROMIUM.split_once("m=audio").unwrap();
    let (audio, video) = audio.split_once("m=video").unwrap();
    let reduced = Offer::parse(&format!("{head}m=video{video}m=audio{audio}")).unwrap().reduced();
    assert!(reduced.find("m=video").unwrap() < reduced.find("m=audio").unwrap());
}

#[test]
fn a_bundled_section_may_have_port_zero() {
    let offer = parse_with("m=video 9", "m=video 0").unwrap();
    assert!(offer.video.is_none() && offer.rejected.len() == 1, "port 0 alone is off");
    let bundled =
        CHROMIUM.replace("m=video 9", "m=video 0").replace("a=mid:1\r\n", "a=mid:1\r\na=bundle-only\r\n");
    assert!(Offer::parse(&bundled).unwrap().video.is_some());
}

#[test]
fn data_channels_and_second_cameras_are_turned_down() {
    let (_, video) = CHROMIUM.split_once("m=video").unwrap();
    let more = format!(
        "{CHROMIUM}m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:2\r\nm=video{}",
        video.replace("a=mid:1", "a=mid:3")
    );
    let offer = Offer::parse(&more).unwrap();
    let rejected: Vec<_> =
        offer.rejected.iter().map(|r| (r.index, r.kind.as_str(), r.mid.as_deref())).collect();
    assert_eq!(rejected, [(2, "application", Some("2")), (3, "video", Some("3"))]);
}

#[test]
fn transport_values_may_stand_in_the_session() {
    let session = "a=ice-ufrag:1a2B\r\na=ice-pwd:ABCDefgh0123456789+/ABCD\r\na=setup:active\r\n";
    let bare: String = CHROMIUM
        .lines()
        .filter(|line| !["a=ice-ufrag", "a=ice-pwd", "a=setup"].iter().any(|gone| line.starts_with(gone)))
        .flat_map(|line| [line, "\r\n"])
        .collect();
    assert!(Offer::parse(&bare).is_err());
    assert!(Offer::parse(&bare.replace("a=extmap-allow-mixed\r\n", session)).is_ok());
}

#[test]
fn h264_alone_is_refused_by_name() {
    let error = parse_with("a=rtpmap:96 VP8/90000\r\n", "").unwrap_err();
    assert_eq!(error, OfferError::UnsupportedCodec { offered: vec!["opus".into(), "H264".into()] });
    assert_eq!(
        error.to_string(),
        "unsupported codecs: the offer has opus, H264; send VP8 video and Opus audio"
    );
}

#[test]
fn codec_names_in_a_refusal_are_bounded_and_harmless() {
    let mut maps: String = (0..100).map(|n| format!("a=rtpmap:{n} codec{n}/90000\r\n")).collect();
    maps.push_str(&format!("a=rtpmap:1 {}/90000\r\na=rtpmap:2 <script>/90000\r\n", "x".repeat(1_000)));
    let Err(OfferError::UnsupportedCodec { offered }) = parse_with("a=rtpmap:96 VP8/90000\r\n", &maps) else {
        panic!("accepted");
    };
    assert_eq!(offered.len(), MAX_NAMED);
    assert!(offered.iter().all(|name| name.len() <= MAX_NAME && is_plain(name)));
}

#[test]
fn what_is_wrong_is_named() {
    let malformed = |what| Err(OfferError::Malformed(what));
    let cases = [
        ("v=0", "v=1", malformed("does not begin with v=0")),
        ("s=-", "nonsense", malformed("a line is not of the form x=…")),
        ("a=mid:0", "a=mid:\u{7}", malformed("has control characters")),
        (
            "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126",
            "m=audio 9",
            malformed("an m= line is too short"),
        ),
        ("SAVPF 111", "SAVPF <111>", malformed("an m= line is not valid")),
        ("m=audio 9 UDP/TLS/RTP/SAVPF", "m=audio 9 RTP/AVP", malformed("media is not UDP/TLS/RTP/SAVPF")),
        ("a=group:BUNDLE 0 1", "a=group:BUNDLE 0", malformed("audio and video are not bundled")),
        ("a=mid:0\r\n", "", malformed("no valid a=mid")),
        ("a=mid:0", "a=mid:a b", malformed("no valid a=mid")),
        ("a=ice-ufrag:1a2B", "a=ice-ufrag:1a", malformed("no valid a=ice-ufrag")),
        ("a=ice-pwd:ABCD", "a=ice-pwd:short\r\na=x:", malformed("no valid a=ice-pwd")),
        (
            "a=fingerprint:sha-256 00",
            "a=fingerprint:sha-1 00",
            malformed("no valid a=fingerprint with sha-256"),
        ),
        (
            "a=fingerprint:sha-256 00",
            "a=fingerprint:sha-256 0",
            malformed("no valid a=fingerprint with sha-256"),
        ),
        ("a=setup:actpass", "a=setup:passive", malformed("a=setup must be actpass or active")),
        ("a=rtcp-mux\r\n", "", malformed("no a=rtcp-mux")),
        ("a=sendonly", "a=recvonly", Err(OfferError::NotSendable)),
        ("a=sendonly", "a=inactive", Err(OfferError::NotSendable)),
        ("a=rtpmap:96 VP8", "a=rtpmap:111 VP8", Err(OfferError::UnsupportedCodec { offered: vec![] })),
    ];
    for (from, to, expected) in cases {
        let got = parse_with(from, to);
        match (&got, &expected) {
            (Err(OfferError::UnsupportedCodec { .. }), Err(OfferError::UnsupportedCodec { .. })) => {}
            _ => assert_eq!(got, expected, "{from} → {to}"),
        }
    }
    assert_eq!(Offer::parse(""), malformed("does not begin with v=0"));
    assert_eq!(Offer::parse("v=0\r\ns=-\r\n"), Err(OfferError::NoAudioOrVideo));
    assert_eq!(Offer::parse(&"a".repeat(MAX_OFFER + 1)), Err(OfferError::TooLarge));
    let many = format!("v=0\r\n{}", "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n".repeat(MAX_SECTIONS + 1));
    assert_eq!(Offer::parse(&many), malformed("more than 16 media sections"));
}

#[test]
fn any_cut_and_any_damaged_byte_is_survived() {
    for end in 0..CHROMIUM.len() {
        let _ = Offer::parse(&CHROMIUM[..end]);
    }
    for at in 0..CHROMIUM.len() {
        for replacement in ["\0", ":", " ", "=", "\n", "999999999999", "é"] {
            let damaged = format!("{}{replacement}{}", &CHROMIUM[..at], &CHROMIUM[at + 1..]);
            if let Ok(offer) = Offer::parse(&damaged) {
                assert!(Offer::parse(&offer.reduced()).is_ok(), "{damaged}");
            }
        }
    }
}
