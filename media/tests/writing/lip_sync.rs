//! Lips and sound over ten minutes, when no two clocks keep step and the network is a bad one.

use viva_media::journal::Track;

use super::demux::File;
use super::sender::{Item, Plan, Random, START_US, Sent, record, take};

const SECOND: i64 = 1_000_000;
const LENGTH_US: i64 = 600 * SECOND;
/// Where a viewer begins to see that lips and sound differ.
const LIP_SYNC_MS: f64 = 40.0;
/// A fraction of NTP's seconds.
const NTP_MS: i64 = (1 << 32) / 1000;

/// What a home network and a browser do to one track: delays with a long tail, moments in which nothing comes through,
/// and reports that are a little wrong, or lost.
fn worsen(sent: &mut Vec<Sent>, report_error_ms: i64, random: &mut Random) {
    sent.retain(|sent| !matches!(sent.item, Item::Report { .. }) || random.below(5) > 0);
    for sent in sent {
        let is_slow = random.below(50) == 0;
        sent.arrival_us += random.below(if is_slow { 180_000 } else { 15_000 });
        // Every 47 seconds, for 0.4.
        let into_us = (sent.arrival_us - START_US) % (47 * SECOND);
        if into_us < 400_000 {
            sent.arrival_us += 400_000 - into_us;
        }
        if let Item::Report { report, .. } = &mut sent.item {
            let error = (random.below(2 * report_error_ms * 1000) - report_error_ms * 1000) * NTP_MS / 1000;
            report.ntp = report.ntp.wrapping_add_signed(error);
        }
    }
}

/// By how much sound and picture of one moment lie apart, at worst, in milliseconds: for each frame against the packet of
/// sound that is nearest to it.
fn worst_offset_ms(file: &File) -> f64 {
    let error_ms = |time_ms: i64, truth_us: i64| time_ms as f64 - truth_us as f64 / 1000.0;
    let sound: Vec<_> = file.of(Track::Audio).map(|block| (block.time_ms, block.truth_us())).collect();
    let offset = |time_ms: i64, truth_us: i64| {
        let next = sound.partition_point(|&(at_ms, _)| at_ms < time_ms).min(sound.len() - 1);
        let nearest = [next.saturating_sub(1), next].map(|at| sound[at]);
        let (at_ms, at_truth_us) =
            nearest.into_iter().min_by_key(|(at_ms, _)| at_ms.abs_diff(time_ms)).unwrap();
        (error_ms(time_ms, truth_us) - error_ms(at_ms, at_truth_us)).abs()
    };
    file.of(Track::Video).map(|block| offset(block.time_ms, block.truth_us())).fold(0.0, f64::max)
}

#[test]
fn ten_minutes_on_clocks_a_thousand_ppm_apart_stay_in_sync() {
    for (audio_ppm, video_ppm, wall_ppm) in [(500.0, -500.0, 0.0), (-500.0, 500.0, 300.0)] {
        let audio = Plan {
            capture_ppm: audio_ppm,
            wall_ppm,
            delay_us: 60_000,
            reports: Some((2_500_000, 5_000_000)),
            ..Plan::audio(0, LENGTH_US)
        };
        let video = Plan {
            capture_ppm: video_ppm,
            wall_ppm,
            delay_us: 110_000,
            reports: Some((700_000, 1_000_000)),
            packets_per_frame: 1,
            ..Plan::video(0, LENGTH_US)
        };
        let (mut sound, mut picture, mut random) = (audio.send(), video.send(), Random::new(1));
        worsen(&mut sound, 3, &mut random);
        worsen(&mut picture, 8, &mut random);
        let (finalised, file) = record(&take(LENGTH_US, [sound, picture].concat()));
        let worst_ms = worst_offset_ms(&file);
        eprintln!(
            "sound {audio_ppm} ppm, picture {video_ppm} ppm, wall clock {wall_ppm} ppm: {worst_ms:.1} ms at worst"
        );
        assert!(worst_ms <= LIP_SYNC_MS, "{worst_ms} ms");
        let (video, audio) = (finalised.video.unwrap(), finalised.audio.unwrap());
        assert!(video.frames > 17_990 && audio.packets > 29_980, "{video:?} {audio:?}");
        assert_eq!((video.gaps.len(), audio.gaps.len()), (0, 0), "{video:?} {audio:?}");
    }
}
