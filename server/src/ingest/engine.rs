//! Sets up webrtc's peer connection the way a recorder wants it.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rtc::ice::mdns::MulticastDnsMode;
use rtc::interceptor::{ReceiverReportBuilder, Registry, Slot, TwccReceiverBuilder};
use rtc::peer_connection::configuration::media_engine::{MIME_TYPE_OPUS, MIME_TYPE_VP8, MediaEngine};
use rtc::peer_connection::configuration::setting_engine::SettingEngine;
use rtc::peer_connection::transport::RTCDtlsRole;
use rtc::rtp_transceiver::rtp_sender::{
    RTCPFeedback, RTCRtpCodec, RTCRtpCodecParameters, RTCRtpHeaderExtensionCapability, RtpCodecKind,
};
use webrtc::error::Error;
use webrtc::peer_connection::{
    PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCConfigurationBuilder,
    RTCSessionDescription, SettingEngineBuilder, SrtpProtectionProfile,
};
use webrtc::runtime::Runtime;

use super::sdp::{MediaOffer, Offer, TRANSPORT_CC_URI};
use super::tap::Tap;

/// Inward of everything.
const TAP_SLOT: Slot = Slot::Custom(20_000);
/// The default of 64 would refuse repairs that come late.
const REPLAY_WINDOW: usize = 1_024;

/// The local ICE credentials of one peer (RFC 8445 §5.3).
pub(super) struct Credentials {
    pub ufrag: String,
    pub password: String,
}

impl Credentials {
    /// 72 random bits to find a peer by, 192 to prove it.
    pub fn random() -> Result<Self, getrandom::Error> {
        Ok(Self { ufrag: random_ice_chars(12)?, password: random_ice_chars(32)? })
    }
}

/// `length` characters of the 64 that ICE allows, so that each carries six unbiased bits.
fn random_ice_chars(length: usize) -> Result<String, getrandom::Error> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = vec![0; length];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.into_iter().map(|byte| char::from(ALPHABET[usize::from(byte % 64)])).collect())
}

/// Which address families the shared sockets serve.
#[derive(Clone, Copy, Debug)]
pub(super) struct Families {
    pub v4: bool,
    pub v6: bool,
}

impl Families {
    /// One loopback address per family: the names of a peer's virtual sockets.
    fn virtual_addresses(self) -> Vec<SocketAddr> {
        let v4 = self.v4.then(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let v6 = self.v6.then(|| SocketAddr::from((Ipv6Addr::LOCALHOST, 0)));
        v4.into_iter().chain(v6).collect()
    }
}

pub(super) struct Connect<'a> {
    pub offer: &'a Offer,
    pub credentials: Credentials,
    pub tap: Tap,
    pub runtime: Arc<dyn Runtime>,
    pub events: Arc<dyn PeerConnectionEventHandler>,
    pub families: Families,
    pub tcp: bool,
}

/// Creates the connection and lets it answer. The answer has no usable candidates yet.
pub(super) async fn connect(parts: Connect<'_>) -> Result<(Arc<dyn PeerConnection>, String), Error> {
    let addresses = parts.families.virtual_addresses();
    let tcp_addresses = if parts.tcp { addresses.clone() } else { Vec::new() };
    let connection: Arc<dyn PeerConnection> = Arc::new(
        Box::pin(
            PeerConnectionBuilder::new()
                .with_configuration(RTCConfigurationBuilder::new().build())
                .with_media_engine(media_engine(parts.offer)?)
                .with_setting_engine(setting_engine(parts.credentials))
                .with_interceptor_registry(interceptors(parts.tap))
                .with_runtime(parts.runtime)
                .with_handler(parts.events)
                .with_udp_addrs(addresses)
                .with_tcp_addrs(tcp_addresses)
                .build(),
        )
        .await?,
    );
    match negotiate(connection.as_ref(), parts.offer).await {
        Ok(answer) => Ok((connection, answer)),
        Err(error) => {
            let _ = connection.close().await;
            Err(error)
        }
    }
}

async fn negotiate(connection: &dyn PeerConnection, offer: &Offer) -> Result<String, Error> {
    connection.set_remote_description(RTCSessionDescription::offer(offer.reduced())?).await?;
    let answer = connection.create_answer(None).await?;
    let sdp = answer.sdp.clone();
    connection.set_local_description(answer).await?;
    Ok(sdp)
}

fn media_engine(offer: &Offer) -> Result<MediaEngine, Error> {
    let mut engine = MediaEngine::default();
    if let Some(audio) = &offer.audio {
        register(&mut engine, audio, RtpCodecKind::Audio)?;
    }
    if let Some(video) = &offer.video {
        register(&mut engine, video, RtpCodecKind::Video)?;
    }
    Ok(engine)
}

/// Registers the one codec of a kind, with the feedback that the offer has and nothing else: no RTX (webrtc 0.21
/// asks for packets again and again that RTX has repaired long ago), no simulcast, no video orientation.
fn register(engine: &mut MediaEngine, media: &MediaOffer, kind: RtpCodecKind) -> Result<(), Error> {
    let (mime_type, clock_rate, channels, fmtp) = match kind {
        RtpCodecKind::Audio => (MIME_TYPE_OPUS, 48_000, 2, "minptime=10;useinbandfec=1"),
        _ => (MIME_TYPE_VP8, 90_000, 0, ""),
    };
    let rtcp_feedback = media.feedback.iter().map(|feedback| {
        let (kind, parameter) = feedback.split_once(' ').unwrap_or((feedback, ""));
        RTCPFeedback { typ: kind.to_owned(), parameter: parameter.to_owned() }
    });
    let codec = RTCRtpCodecParameters {
        rtp_codec: RTCRtpCodec {
            mime_type: mime_type.to_owned(),
            clock_rate,
            channels,
            sdp_fmtp_line: fmtp.to_owned(),
            rtcp_feedback: rtcp_feedback.collect(),
        },
        payload_type: media.payload_type,
    };
    engine.register_codec(codec, kind)?;
    if media.transport_cc.is_some() {
        let extension = RTCRtpHeaderExtensionCapability { uri: TRANSPORT_CC_URI.to_owned() };
        engine.register_header_extension(extension, kind, None)?;
    }
    Ok(())
}

fn interceptors(tap: Tap) -> Registry {
    Registry::new()
        .with(Slot::TwccReceiver, TwccReceiverBuilder::new().build())
        .with(Slot::ReceiverReport, ReceiverReportBuilder::new().build())
        .with(TAP_SLOT, tap)
}

fn setting_engine(credentials: Credentials) -> SettingEngine {
    SettingEngineBuilder::new()
        .with_lite(true)
        .with_ice_credentials(credentials.ufrag, credentials.password)
        // The browser opens the handshake: a third of the time to connect.
        .with_answering_dtls_role(RTCDtlsRole::Server)
        // By preference; webrtc 0.21 goes by the peer's instead, and Chromium's has AES-CM before AES-GCM.
        .with_srtp_protection_profiles(vec![
            SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm,
            SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80,
        ])
        .with_srtp_replay_protection_window(REPLAY_WINDOW)
        // The engine goes by STUN alone and would end a connection whose media flows: `lifecycle` decides on failure.
        .with_ice_timeouts(None, Some(Duration::ZERO), None)
        // The virtual sockets are named by loopback addresses.
        .with_include_loopback_candidate(true)
        // The default opens a multicast socket per peer.
        .with_multicast_dns_mode(MulticastDnsMode::Disabled)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_long_and_new_each_time() {
        let (one, two) = (Credentials::random().unwrap(), Credentials::random().unwrap());
        assert!(one.ufrag.len() >= 8 && one.password.len() >= 24);
        assert!(one.ufrag != two.ufrag && one.password != two.password);
        assert!(one.password.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'/'));
    }
}
