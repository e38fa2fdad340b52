//! Takes every packet out of the media engine at the moment it is decrypted.
//!
//! The engine's own delivery is a bounded queue per track that drops on overflow what NACK believes received,
//! so nothing may go that way: the tap is the last interceptor inward and lets nothing past itself.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use rtc::interceptor::{AttributedPacket, Interceptor, Packet, StreamInfo, TaggedPacket};
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::rtcp::sender_report::SenderReport;
use rtc::rtcp::transport_feedbacks::transport_layer_nack::{
    TransportLayerNack, nack_pairs_from_sequence_numbers,
};
use rtc::sansio::Protocol;
use rtc::shared::TransportContext;
use rtc::shared::error::Error;
use rtc::shared::marshal::{Marshal, MarshalSize};

use super::clock::ArrivalClock;
use super::key_frames::KeyFrames;
use super::round_trip::RoundTrip;
use super::sdp::{MediaOffer, Offer};
use super::sequence::SequenceTracker;
use super::session::Session;
use super::sink::Track;

#[derive(Debug)]
struct Stream {
    payload_type: Option<u8>,
    /// Whether the sender agreed to repeat packets.
    repeats: bool,
    ssrc: Option<u32>,
    sequence: SequenceTracker,
}

impl Stream {
    fn new(offer: Option<&MediaOffer>) -> Self {
        Self {
            payload_type: offer.map(|offer| offer.payload_type),
            repeats: offer.is_some_and(|offer| offer.feedback.contains(&"nack")),
            ssrc: None,
            sequence: SequenceTracker::default(),
        }
    }

    /// Starts anew when the sender does.
    fn meet(&mut self, ssrc: u32) {
        if self.ssrc.replace(ssrc) != Some(ssrc) {
            self.sequence = SequenceTracker::default();
        }
    }
}

pub(super) struct Tap {
    session: Arc<Session>,
    clock: ArrivalClock,
    audio: Stream,
    video: Stream,
    round_trip: RoundTrip,
    /// Reused for every packet.
    scratch: Vec<u8>,
    key_frames: KeyFrames,
    outgoing: VecDeque<TaggedPacket>,
}

impl Tap {
    pub fn new(session: Arc<Session>, clock: ArrivalClock, offer: &Offer) -> Self {
        Self {
            session,
            clock,
            audio: Stream::new(offer.audio.as_ref()),
            video: Stream::new(offer.video.as_ref()),
            round_trip: RoundTrip::default(),
            scratch: Vec::new(),
            key_frames: KeyFrames::default(),
            outgoing: VecDeque::new(),
        }
    }

    fn take_rtp(&mut self, mut packet: rtc::rtp::Packet, now: Instant) {
        let payload_type = Some(packet.header.payload_type);
        let track = if payload_type == self.video.payload_type {
            Track::Video
        } else if payload_type == self.audio.payload_type {
            Track::Audio
        } else {
            return;
        };
        // The engine has cut the padding off; what is passed on must not claim to have any.
        packet.header.padding = false;
        self.scratch.resize(packet.marshal_size(), 0);
        let Ok(length) = packet.marshal_to(&mut self.scratch) else { return };
        let bytes = &self.scratch[..length];

        let arrival_us = self.clock.unix_us(now);
        self.session.sink.rtp(track, arrival_us, bytes);
        self.session.count(track, length, arrival_us);
        self.follow(track, packet.header.ssrc, packet.header.sequence_number, now);
    }

    fn follow(&mut self, track: Track, ssrc: u32, number: u16, now: Instant) {
        let stream = match track {
            Track::Audio => &mut self.audio,
            Track::Video => &mut self.video,
        };
        stream.meet(ssrc);
        if let Some(took) = stream.sequence.arrived(number, now) {
            self.round_trip.answered(took);
        }
        let lost = stream.sequence.give_up(now);
        self.session.count_loss(track, stream.sequence.repaired(), stream.sequence.lost());
        if lost && track == Track::Video {
            self.key_frames.lost();
        }
    }

    /// Asks for what is missing with a generic NACK (RFC 4585 §6.2.1). Not left to the engine, which asks at a fixed
    /// interval: too often where a repeat takes longer than that.
    fn request_repeats(&mut self, now: Instant) {
        for stream in [&mut self.audio, &mut self.video] {
            let Some(media_ssrc) = stream.ssrc.filter(|_| stream.repeats) else { continue };
            let (numbers, again) = stream.sequence.ask(now, self.round_trip.wait());
            if numbers.is_empty() {
                continue;
            }
            if again {
                self.round_trip.unanswered();
            }
            let nacks = nack_pairs_from_sequence_numbers(&numbers);
            self.outgoing.push_back(rtcp(now, TransportLayerNack { sender_ssrc: 0, media_ssrc, nacks }));
        }
    }

    fn take_sender_report(&self, report: &SenderReport, now: Instant) {
        let track = match Some(report.ssrc) {
            ssrc if ssrc == self.audio.ssrc => Track::Audio,
            ssrc if ssrc == self.video.ssrc => Track::Video,
            _ => return,
        };
        let arrival_us = self.clock.unix_us(now);
        self.session.sink.sender_report(track, arrival_us, report.ssrc, report.ntp_time, report.rtp_time);
    }

    /// Asks for a key frame when one is due: by schedule, after loss, or on request.
    fn request_key_frame(&mut self, now: Instant) {
        let Some(media_ssrc) = self.video.ssrc else { return };
        if !self.key_frames.is_due(now, self.session.key_frame_wanted()) {
            return;
        }
        self.session.key_frame_requested();
        self.outgoing.push_back(rtcp(now, PictureLossIndication { sender_ssrc: 0, media_ssrc }));
    }
}

fn rtcp(now: Instant, packet: impl rtc::rtcp::Packet + 'static) -> TaggedPacket {
    TaggedPacket {
        now,
        transport: TransportContext::default(),
        message: AttributedPacket::new(Packet::Rtcp(vec![Box::new(packet)])),
    }
}

impl Protocol<TaggedPacket, TaggedPacket, ()> for Tap {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = Error;
    type Time = Instant;

    fn handle_read(&mut self, incoming: TaggedPacket) -> Result<(), Error> {
        let now = incoming.now;
        match incoming.message.packet {
            Packet::Rtp(packet) => self.take_rtp(packet, now),
            Packet::Rtcp(packets) => {
                for report in packets.iter().filter_map(|packet| packet.as_any().downcast_ref()) {
                    self.take_sender_report(report, now);
                }
            }
            _ => {}
        }
        // Checked here and not by a timer: without packets there is no sender to ask.
        self.request_repeats(now);
        self.request_key_frame(now);
        Ok(())
    }

    fn poll_read(&mut self) -> Option<TaggedPacket> {
        None
    }

    fn handle_write(&mut self, outgoing: TaggedPacket) -> Result<(), Error> {
        self.outgoing.push_back(outgoing);
        Ok(())
    }

    fn poll_write(&mut self) -> Option<TaggedPacket> {
        self.outgoing.pop_front()
    }
}

impl Interceptor for Tap {
    fn bind_local_stream(&mut self, _: &StreamInfo) {}
    fn unbind_local_stream(&mut self, _: &StreamInfo) {}
    fn bind_remote_stream(&mut self, _: &StreamInfo) {}
    fn unbind_remote_stream(&mut self, _: &StreamInfo) {}
}
