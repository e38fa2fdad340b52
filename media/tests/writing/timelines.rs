//! Every packet in its place in time, whatever the sender's clocks and the network do.

use viva_media::journal::{Event, StopReason, Track};

use super::demux::File;
use super::sender::{Item, Plan, Sent, Stall, record, rtp, take};

const SECOND: i64 = 1_000_000;
/// Where a viewer begins to see that lips and sound differ.
const LIP_SYNC_MS: f64 = 40.0;

/// Both tracks' times are true to the same offset: sound and picture keep together, and nothing drifts.
fn assert_in_sync(file: &File) {
    let (audio, video) = (file.errors_ms(Track::Audio), file.errors_ms(Track::Video));
    let (least, most) = (audio.0.min(video.0), audio.1.max(video.1));
    assert!(most - least <= LIP_SYNC_MS, "audio {audio:?} ms, video {video:?} ms");
    assert!(least >= 0.0 && most < 100.0, "on the server's clock: {least} to {most} ms");
}

fn both(stop_us: i64, audio: &Plan, video: &Plan) -> (viva_media::finalise::Finalised, File) {
    record(&take(stop_us, [audio.send(), video.send()].concat()))
}

#[test]
fn a_plain_take_has_everything() {
    let (finalised, file) =
        both(20 * SECOND, &Plan::audio(0, 20 * SECOND), &Plan::video(200_000, 20 * SECOND));
    assert_in_sync(&file);
    assert_eq!((finalised.duration_ms, file.duration_ms as u64), (20_000, 20_000));
    assert!(finalised.stopped_cleanly);
    assert_eq!(finalised.dropped_bytes, 0);
    let (video, audio) = (finalised.video.unwrap(), finalised.audio.unwrap());
    assert_eq!((video.width, video.height, file.picture), (1280, 720, Some((1280, 720))));
    assert_eq!((video.frames, video.key_frames), (594, 5));
    assert_eq!((video.lost_packets, audio.lost_packets), (0, 0));
    assert_eq!((audio.gaps, video.gaps), (vec![], vec![]));
    assert!((998..=1000).contains(&audio.packets), "{}", audio.packets);
    assert!((200..300).contains(&video.first_frame_ms), "{}", video.first_frame_ms);
    assert_eq!(file.channels, Some(1));
    assert_eq!(&file.codec_private[..8], b"OpusHead");
}

#[test]
fn the_file_can_be_sought() {
    let (_, file) = both(60 * SECOND, &Plan::audio(0, 60 * SECOND), &Plan::video(200_000, 60 * SECOND));
    let keys: Vec<_> =
        file.of(Track::Video).filter(|block| block.key).map(|block| block.time_ms as u64).collect();
    assert_eq!(file.cues, keys.into_iter().map(|time_ms| (time_ms, true)).collect::<Vec<_>>());
    assert_eq!(file.clusters.iter().map(|cluster| cluster.blocks).sum::<usize>(), file.blocks.len());
    let times: Vec<_> = file.clusters.iter().map(|cluster| cluster.time_ms).collect();
    assert!(times.windows(2).all(|pair| pair[1] > pair[0] && pair[1] - pair[0] <= 5020));
    assert!(file.blocks.is_sorted_by_key(|block| block.time_ms));
}

#[test]
fn sound_alone_and_picture_alone() {
    let (finalised, file) = record(&take(12 * SECOND, Plan::audio(0, 12 * SECOND).send()));
    assert!(finalised.video.is_none() && file.picture.is_none());
    assert_eq!(file.cues.len(), 3);
    assert!(file.cues.iter().all(|&(_, good)| good));
    let (finalised, file) = record(&take(12 * SECOND, Plan::video(0, 12 * SECOND).send()));
    assert!(finalised.audio.is_none() && file.channels.is_none());
    assert!(file.of(Track::Video).next().unwrap().key);
}

#[test]
fn media_outside_the_take_is_cut() {
    let (audio, video) = (Plan::audio(-3 * SECOND, 15 * SECOND), Plan::video(-3 * SECOND, 15 * SECOND));
    let (finalised, file) = both(10 * SECOND, &audio, &video);
    assert_eq!(finalised.duration_ms, 10_000);
    assert!(file.blocks.iter().all(|block| (0..10_000).contains(&block.time_ms)));
    let first = file.of(Track::Video).next().unwrap();
    assert!(first.key && first.time_ms > 0, "what refers to frames before the start is cut, too");
    assert_in_sync(&file);
}

#[test]
fn a_take_without_a_stop_ends_with_its_last_packet() {
    let mut records = take(20 * SECOND, Plan::audio(0, 7 * SECOND).send());
    records.pop();
    let (finalised, _) = record(&records);
    assert!(!finalised.stopped_cleanly);
    assert!((7000..7060).contains(&finalised.duration_ms), "{}", finalised.duration_ms);
}

#[test]
fn counters_wrap() {
    let audio =
        Plan { first_sequence: 65_500, first_timestamp: u32::MAX - 48_000, ..Plan::audio(0, 10 * SECOND) };
    let video =
        Plan { first_sequence: 65_000, first_timestamp: u32::MAX - 90_000, ..Plan::video(0, 10 * SECOND) };
    let (finalised, file) = both(10 * SECOND, &audio, &video);
    assert_in_sync(&file);
    let (video, audio) = (finalised.video.unwrap(), finalised.audio.unwrap());
    assert_eq!((video.lost_packets, audio.lost_packets, video.frames), (0, 0, 300));
}

#[test]
fn reordered_and_repeated_packets_change_nothing() {
    let (audio, video) = (Plan::audio(0, 10 * SECOND), Plan::video(0, 10 * SECOND));
    let (plain, _) = both(10 * SECOND, &audio, &video);
    let mut media = [audio.send(), video.send()].concat();
    for (number, sent) in media.clone().into_iter().enumerate() {
        if sent.sequence().is_some() && number % 7 == 0 {
            let late = sent.arrival_us + 150_000;
            media.push(Sent { arrival_us: late, ..sent });
        }
        if number % 11 == 0 {
            media[number].arrival_us += 90_000;
        }
    }
    let (shuffled, file) = record(&take(10 * SECOND, media));
    assert_in_sync(&file);
    let counts = |finalised: viva_media::finalise::Finalised| {
        let (video, audio) = (finalised.video.unwrap(), finalised.audio.unwrap());
        (video.frames, audio.packets, video.lost_packets, audio.lost_packets)
    };
    assert_eq!(counts(shuffled), counts(plain));
}

#[test]
fn loss_drops_frames_until_the_next_key_frame_and_is_reported() {
    let video = Plan::video(0, 12 * SECOND);
    let mut media = video.send();
    // The middle packet of frame 30.
    media.retain(|sent| sent.sequence() != Some(500 + 30 * 3 + 1));
    let (finalised, file) = record(&take(12 * SECOND, media));
    let summary = finalised.video.unwrap();
    assert_eq!(summary.lost_packets, 1);
    assert_eq!(summary.frames, 359 - 90, "frames 30 to 119 cannot be decoded");
    assert_eq!(summary.gaps.len(), 1);
    let (start, end) = summary.gaps[0];
    assert!((29 * 33..30 * 34 + 90).contains(&start) && (4000..4100).contains(&end), "{start} {end}");
    let frames: Vec<_> = file.of(Track::Video).collect();
    assert!(frames[30].key);
}

#[test]
fn lost_padding_costs_no_frame() {
    let video = Plan { packets_per_frame: 1, ..Plan::video(0, 8 * SECOND) };
    let mut media = video.send();
    // After frame 50 the sender probed with padding, which was lost: later packets count on by three.
    for sent in &mut media {
        if let Item::Rtp { sequence, packet, .. } = &mut sent.item
            && *sequence > 550
        {
            let shifted = *sequence as u16 + 3;
            packet[2..4].copy_from_slice(&shifted.to_be_bytes());
        }
    }
    let (finalised, _) = record(&take(8 * SECOND, media));
    let summary = finalised.video.unwrap();
    assert_eq!((summary.frames, summary.lost_packets), (239, 3));
    assert!(summary.gaps.is_empty());
}

#[test]
fn padding_that_arrives_is_no_media() {
    let mut media = Plan { packets_per_frame: 1, ..Plan::video(0, 3 * SECOND) }.send();
    let last = 500 + 91;
    for number in 0..5_i64 {
        let mut packet = rtp(false, (last + number) as u16, 5, 0x71d0, &[0, 0, 0, 4]);
        packet[0] |= 0x20;
        let item = Item::Rtp { track: Track::Video, sequence: last + number, packet };
        media.push(Sent { arrival_us: media[90].arrival_us + number, item });
    }
    let (finalised, _) = record(&take(3 * SECOND, media));
    let summary = finalised.video.unwrap();
    assert_eq!((summary.frames, summary.lost_packets), (89, 0));
}

#[test]
fn silence_that_is_not_sent_stays_a_gap() {
    let mut media = Plan::audio(0, 20 * SECOND).send();
    // Discontinuous transmission: no packets, the sequence goes on without a gap, media time goes on.
    let quiet = 1000 + 400..1000 + 650;
    media.retain(|sent| sent.sequence().is_none_or(|sequence| !quiet.contains(&sequence)));
    for sent in &mut media {
        if let Item::Rtp { sequence, packet, .. } = &mut sent.item
            && *sequence >= quiet.end
        {
            packet[2..4].copy_from_slice(&((*sequence - 250) as u16).to_be_bytes());
        }
    }
    let (finalised, file) = record(&take(20 * SECOND, media));
    let (least, most) = file.errors_ms(Track::Audio);
    assert!(most - least <= 10.0, "{least} {most}");
    let summary = finalised.audio.unwrap();
    assert_eq!(summary.lost_packets, 0);
    assert_eq!(summary.gaps.len(), 1);
    let (start, end) = summary.gaps[0];
    assert!((4900..5100).contains(&(end - start)), "{start} {end}");
}

#[test]
fn a_stalled_capture_is_a_gap_where_reports_tell_of_it_and_where_they_do_not() {
    let stall = |reported| Stall { at_us: 12 * SECOND, for_us: 18 * SECOND, reported };
    let cases = [
        (stall(true), Some((2_500_000, 2 * SECOND))),
        (stall(false), Some((2_500_000, 2 * SECOND))),
        (stall(true), Some((2_500_000, 28 * SECOND))),
        (stall(false), None),
    ];
    for (stall, reports) in cases {
        let audio = Plan { reports, stalls: vec![stall], ..Plan::audio(0, 45 * SECOND) };
        let (finalised, file) = both(45 * SECOND, &audio, &Plan::video(0, 45 * SECOND));
        assert_in_sync(&file);
        let gaps = finalised.audio.unwrap().gaps;
        assert_eq!(gaps.len(), 1, "{stall:?} {reports:?}");
        assert!((17_950..18_050).contains(&(gaps[0].1 - gaps[0].0)), "{stall:?} {gaps:?}");
    }
}

#[test]
fn a_capture_that_keeps_losing_moments_keeps_its_place() {
    // A starved phone: every second or so some 40 to 400 ms of sound are never captured, and reports are few.
    let stalls = |longest_us: i64| {
        let stall = |n: i64| {
            let for_us = 40_000 + (n * 7919 % 97) * longest_us / 97;
            Stall { at_us: 700_000 + n * SECOND + (n * 104_729 % 89) * 3_000, for_us, reported: true }
        };
        (0..58).map(stall).collect::<Vec<_>>()
    };
    for (longest_us, ppm) in [(30_000, 0.0), (160_000, 0.0), (360_000, 0.0), (160_000, 300.0)] {
        let audio = Plan {
            reports: Some((2_500_000, 4_300_000)),
            stalls: stalls(longest_us),
            wall_ppm: ppm,
            ..Plan::audio(0, 60 * SECOND)
        };
        let video = Plan { wall_ppm: ppm, ..Plan::video(0, 60 * SECOND) };
        let (_, file) = both(60 * SECOND, &audio, &video);
        assert_in_sync(&file);
    }
}

#[test]
fn clocks_500_ppm_off_do_not_drift() {
    for (audio_ppm, video_ppm, wall_ppm) in [(500.0, -500.0, 0.0), (-500.0, 0.0, 500.0), (0.0, 500.0, -500.0)]
    {
        let minutes = 10 * 60 * SECOND;
        let audio = Plan { capture_ppm: audio_ppm, wall_ppm, ..Plan::audio(0, minutes) };
        let video =
            Plan { capture_ppm: video_ppm, wall_ppm, packets_per_frame: 1, ..Plan::video(0, minutes) };
        let (_, file) = both(minutes, &audio, &video);
        assert_in_sync(&file);
    }
}

#[test]
fn missing_reports_are_made_good_by_arrivals() {
    let none = None;
    let one = Some((2 * SECOND, 100 * SECOND));
    let two = Some((2 * SECOND, 5 * SECOND));
    for (audio_reports, video_reports) in
        [(none, none), (none, two), (two, none), (one, two), (one, none), (one, one)]
    {
        for length in [4 * SECOND, 60 * SECOND] {
            let audio = Plan { reports: audio_reports, capture_ppm: 200.0, ..Plan::audio(0, length) };
            let video = Plan { reports: video_reports, ..Plan::video(0, length) };
            let (_, file) = both(length, &audio, &video);
            assert_in_sync(&file);
        }
    }
}

#[test]
fn reports_see_through_unequal_delays() {
    // A slow encoder: the picture is on its way for 150 ms longer than the sound.
    let video = Plan { delay_us: 180_000, ..Plan::video(0, 20 * SECOND) };
    let (_, file) = both(20 * SECOND, &Plan::audio(0, 20 * SECOND), &video);
    assert_in_sync(&file);
}

#[test]
fn a_short_take_uses_the_reports_from_before_it() {
    let audio = Plan::audio(-10 * SECOND, 2 * SECOND);
    let video = Plan { delay_us: 180_000, key_every: 15, ..Plan::video(-10 * SECOND, 2 * SECOND) };
    let mut media = [audio.send(), video.send()].concat();
    media.retain(|sent| sent.arrival_us >= super::sender::START_US || sent.sequence().is_none());
    let (_, file) = record(&take(2 * SECOND, media));
    assert_in_sync(&file);
}

#[test]
fn wrong_reports_are_ignored() {
    for error_us in [-3600 * SECOND, -300_000, 60_000, 5 * SECOND] {
        let audio = Plan { reports: Some((500_000, SECOND)), ..Plan::audio(0, 20 * SECOND) };
        for at_us in [100_000, 10_100_000, 19_900_000] {
            let mut media = [audio.send(), Plan::video(0, 20 * SECOND).send()].concat();
            media.push(audio.wrong_report(at_us, error_us));
            let (_, file) = record(&take(20 * SECOND, media));
            assert_in_sync(&file);
        }
    }
}

#[test]
fn a_single_absurd_report_is_not_believed() {
    let audio = Plan { reports: None, ..Plan::audio(0, 3 * SECOND) };
    let mut media = [audio.send(), Plan::video(0, 3 * SECOND).send()].concat();
    media.push(audio.wrong_report(2 * SECOND, 7 * SECOND));
    let (_, file) = record(&take(3 * SECOND, media));
    assert_in_sync(&file);
}

#[test]
fn an_odd_timestamp_harms_nothing_else() {
    let mut media = [Plan::audio(0, 10 * SECOND).send(), Plan::video(0, 10 * SECOND).send()].concat();
    for sent in &mut media {
        if let Item::Rtp { track, sequence, packet } = &mut sent.item {
            let odd = match track {
                Track::Audio => *sequence == 1200,
                Track::Video => (500 + 180 * 3..500 + 181 * 3).contains(sequence),
            };
            packet[4] ^= if odd { 0x10 } else { 0 };
        }
    }
    let (finalised, file) = record(&take(10 * SECOND, media));
    assert_in_sync(&file);
    assert!(finalised.audio.unwrap().packets > 490);
    assert!(finalised.video.unwrap().frames >= 180);
}

#[test]
fn a_clogged_network_is_no_stall() {
    let mut media = [Plan::audio(0, 40 * SECOND).send(), Plan::video(0, 40 * SECOND).send()].concat();
    let start = media[0].arrival_us;
    for sent in &mut media {
        // A queue grows for three seconds from 10 s, holds at 400 ms and drains; one second is held back at 30 s.
        let at = sent.arrival_us - start - 10 * SECOND;
        sent.arrival_us +=
            (at * 400_000 / (3 * SECOND)).clamp(0, 400_000).min((12 * SECOND - at).max(0) / 10);
        if (30 * SECOND..31 * SECOND).contains(&(sent.arrival_us - start)) {
            sent.arrival_us = start + 31 * SECOND;
        }
    }
    let (finalised, file) = record(&take(40 * SECOND, media));
    assert_in_sync(&file);
    assert!(finalised.audio.unwrap().gaps.is_empty());
}

#[test]
fn a_turned_phone_changes_the_size() {
    let upright = Plan { size: (720, 1280), ..Plan::video(0, 4 * SECOND) };
    let wide = Plan {
        size: (1920, 1080),
        first_sequence: 500 + 121 * 3,
        first_timestamp: upright.first_timestamp + 4 * 90_000,
        ..Plan::video(4 * SECOND, 8 * SECOND)
    };
    let media = [upright.send(), wide.send()].concat();
    let (finalised, file) = record(&take(8 * SECOND, media));
    let summary = finalised.video.unwrap();
    assert_eq!((summary.width, summary.height, file.picture), (1920, 1080, Some((1920, 1080))));
    assert_eq!((summary.frames, summary.lost_packets), (240, 0));
}

#[test]
fn a_reconnect_leaves_a_gap_and_keeps_time() {
    let second = |plan: Plan| Plan { ssrc: plan.ssrc + 1, first_sequence: 7, first_timestamp: 99, ..plan };
    let media = [
        Plan::audio(0, 10 * SECOND).send(),
        Plan::video(0, 10 * SECOND).send(),
        second(Plan::audio(13 * SECOND, 25 * SECOND)).send(),
        second(Plan::video(13 * SECOND, 25 * SECOND)).send(),
        vec![
            Sent::event(12 * SECOND, Event::Disconnected { epoch: 1 }),
            Sent::event(12_900_000, Event::Connected { epoch: 2 }),
        ],
    ];
    let (finalised, file) = record(&take(25 * SECOND, media.concat()));
    assert_in_sync(&file);
    for gaps in [finalised.audio.unwrap().gaps, finalised.video.unwrap().gaps] {
        assert_eq!(gaps.len(), 1);
        assert!((2900..3100).contains(&(gaps[0].1 - gaps[0].0)), "{gaps:?}");
    }
}

#[test]
fn a_reconnect_may_reuse_its_ssrc_and_overlap_the_old_connection() {
    let old = [Plan::audio(0, 10 * SECOND).send(), Plan::video(0, 10 * SECOND).send()].concat();
    let restarted = |plan: Plan| Plan { first_sequence: 40_000, first_timestamp: 3_000_000_000, ..plan };
    let new = [
        restarted(Plan::audio(9 * SECOND, 20 * SECOND)).send(),
        restarted(Plan::video(9 * SECOND, 20 * SECOND)).send(),
    ]
    .concat();
    let mut media = old;
    // The old connection falls silent when the new one opens, but for its last packets on the way.
    media.retain(|sent| sent.arrival_us <= super::sender::START_US + 9_100_000);
    media.extend(new);
    media.push(Sent::event(9 * SECOND, Event::Connected { epoch: 2 }));
    let (finalised, file) = record(&take(20 * SECOND, media));
    assert_in_sync(&file);
    assert!(finalised.audio.unwrap().gaps.is_empty());
    assert!(finalised.video.unwrap().gaps.is_empty());
    assert!(file.blocks.is_sorted_by_key(|block| block.time_ms));
}

#[test]
fn the_last_stop_and_the_first_start_count() {
    let mut records = take(5 * SECOND, Plan::audio(0, 5 * SECOND).send());
    records.push(Sent::event(6 * SECOND, Event::Resumed));
    records.push(Sent::event(7 * SECOND, Event::TakeStopped(StopReason::Fault)));
    assert_eq!(record(&records).0.duration_ms, 7000);
}
