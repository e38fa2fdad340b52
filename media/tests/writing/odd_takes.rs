//! Takes that recorders are known to fail at: very short and very long ones, huge frames, packets that come again or hold
//! nothing, tracks that are replaced.

use viva_media::finalise::Finalised;
use viva_media::journal::Track;

use super::demux::File;
use super::sender::{Item, Plan, Sent, record, rtp, take, vp8_descriptor};

const SECOND: i64 = 1_000_000;

/// Both tracks' times are true to the same offset.
fn assert_in_sync(file: &File) {
    let (audio, video) = (file.errors_ms(Track::Audio), file.errors_ms(Track::Video));
    let (least, most) = (audio.0.min(video.0), audio.1.max(video.1));
    assert!(most - least <= 40.0 && least >= 0.0 && most < 100.0, "audio {audio:?} ms, video {video:?} ms");
}

fn counts(finalised: &Finalised) -> (u64, u64, u64, u64) {
    let (video, audio) = (finalised.video.as_ref().unwrap(), finalised.audio.as_ref().unwrap());
    (video.frames, audio.packets, video.lost_packets, audio.lost_packets)
}

fn both(length_us: i64) -> Vec<Sent> {
    [Plan::audio(0, length_us).send(), Plan::video(0, length_us).send()].concat()
}

#[test]
fn takes_too_short_for_any_report() {
    for length_us in [150_000, 400_000, 1_000_000, 2_400_000] {
        let plans = [Plan::audio(0, length_us), Plan::video(0, length_us)];
        let media = plans.map(|plan| Plan { reports: None, ..plan }.send());
        let (finalised, file) = record(&take(length_us, media.concat()));
        assert_in_sync(&file);
        assert_eq!(finalised.duration_ms, (length_us / 1000) as u64);
        let (frames, packets, ..) = counts(&finalised);
        assert!(
            frames as i64 >= length_us / 33_334 - 2 && packets as i64 >= length_us / 20_000 - 3,
            "{frames} {packets}"
        );
    }
}

#[test]
fn a_take_of_two_hours() {
    let length_us = 7200 * SECOND;
    let audio = Plan { capture_ppm: 80.0, ..Plan::audio(0, length_us) };
    let video = Plan { capture_ppm: -40.0, packets_per_frame: 1, ..Plan::video(0, length_us) };
    let (finalised, file) = record(&take(length_us, [audio.send(), video.send()].concat()));
    assert_in_sync(&file);
    assert_eq!((finalised.duration_ms, file.duration_ms as u64), (7_200_000, 7_200_000));
    let (frames, packets, lost_video, lost_audio) = counts(&finalised);
    assert!(frames > 215_990 && packets > 359_990, "{frames} {packets}");
    assert_eq!((lost_video, lost_audio), (0, 0));
    assert!(file.cues.iter().all(|&(_, good)| good));
}

#[test]
fn packets_that_come_again_much_later_change_nothing() {
    let plain = record(&take(30 * SECOND, both(30 * SECOND))).0;
    for late_us in [SECOND, 5 * SECOND, 10 * SECOND] {
        let mut media = both(30 * SECOND);
        let again: Vec<Sent> = media.iter().filter(|sent| sent.sequence().is_some()).cloned().collect();
        media.extend(again.into_iter().map(|sent| Sent { arrival_us: sent.arrival_us + late_us, ..sent }));
        let (finalised, file) = record(&take(30 * SECOND, media));
        assert_in_sync(&file);
        assert_eq!(finalised.sha256, plain.sha256, "{late_us}");
    }
}

#[test]
fn packets_without_a_payload_are_no_media() {
    let plain = counts(&record(&take(10 * SECOND, both(10 * SECOND))).0);
    let mut media = both(10 * SECOND);
    // After every third packet one that is a bare header, as Chromium sends them, with a number of its own.
    let mut empty = Vec::new();
    for sent in &mut media {
        let Item::Rtp { track, sequence, packet } = &mut sent.item else { continue };
        let moved = *sequence + *sequence / 3;
        packet[2..4].copy_from_slice(&(moved as u16).to_be_bytes());
        if *sequence % 3 == 2 {
            let timestamp = u32::from_be_bytes(*packet[4..].first_chunk().unwrap());
            let ssrc = u32::from_be_bytes(*packet[8..].first_chunk().unwrap());
            let bare = rtp(false, (moved + 1) as u16, timestamp, ssrc, &[]);
            let item = Item::Rtp { track: *track, sequence: moved + 1, packet: bare };
            empty.push(Sent { arrival_us: sent.arrival_us + 10, item });
        }
    }
    media.extend(empty);
    let (finalised, file) = record(&take(10 * SECOND, media));
    assert_in_sync(&file);
    assert_eq!(counts(&finalised), plain);
}

#[test]
fn a_key_frame_of_365_kilobytes() {
    const BYTES: usize = 365_000;
    let video = Plan { packets_per_frame: 1, ..Plan::video(0, 4 * SECOND) };
    let mut media = video.send();
    // The first frame becomes so large, in packets of 1,150 bytes; the others count on.
    let Item::Rtp { packet: first, .. } = &media[0].item else { panic!() };
    let (head, arrival_us) = (first[16..].to_vec(), media[0].arrival_us);
    let coded = [&head[..], &vec![0xa5; BYTES - head.len()]].concat();
    let parts: Vec<&[u8]> = coded.chunks(1150).collect();
    let more = parts.len() as i64 - 1;
    for sent in &mut media {
        if let Item::Rtp { sequence, packet, .. } = &mut sent.item {
            *sequence += more;
            packet[2..4].copy_from_slice(&(*sequence as u16).to_be_bytes());
        }
    }
    media.remove(0);
    for (number, part) in (0..).zip(&parts) {
        let payload = [&vp8_descriptor(number == 0, Some(0))[..], part].concat();
        let packet = rtp(number == more, (500 + number) as u16, video.timestamp(0), video.ssrc, &payload);
        let item = Item::Rtp { track: Track::Video, sequence: 500 + number, packet };
        media.push(Sent { arrival_us: arrival_us + number * 900, item });
    }
    let (finalised, file) = record(&take(4 * SECOND, media));
    let summary = finalised.video.unwrap();
    assert_eq!((summary.frames, summary.lost_packets, summary.gaps.len()), (119, 0, 0));
    let first = file.of(Track::Video).next().unwrap();
    assert!(first.key && first.payload == coded);
}

#[test]
fn a_track_that_is_replaced_on_the_same_connection() {
    // Another microphone and another camera, each with a stream of its own and a moment without any.
    let second = |plan: Plan| Plan { ssrc: plan.ssrc + 1, first_sequence: 7, first_timestamp: 99, ..plan };
    let media = [
        Plan::audio(0, 10 * SECOND).send(),
        second(Plan::audio(10_400_000, 20 * SECOND)).send(),
        Plan::video(0, 8 * SECOND).send(),
        second(Plan { size: (640, 480), ..Plan::video(9 * SECOND, 20 * SECOND) }).send(),
    ];
    let (finalised, file) = record(&take(20 * SECOND, media.concat()));
    assert_in_sync(&file);
    let (video, audio) = (finalised.video.unwrap(), finalised.audio.unwrap());
    assert_eq!((video.width, video.height), (1280, 720));
    for (gaps, length_ms) in [(video.gaps, 1000), (audio.gaps, 400)] {
        assert_eq!(gaps.len(), 1);
        assert!((gaps[0].1 - gaps[0].0).abs_diff(length_ms) <= 60, "{gaps:?}");
    }
}
