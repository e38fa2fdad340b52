//! Real VP8 and Opus through the journal: the file holds the encoder's very bytes, and FFmpeg plays it without a word.

use std::path::{Path, PathBuf};
use std::process::Command;

use viva_media::journal::Track;

use super::sender::{Desk, Item, START_US, Sent, journal_bytes, rtp, take, vp8_descriptor};

const SECOND: i64 = 1_000_000;
const FRAME_US: i64 = 40_000;
const PACKET_US: i64 = 20_000;

fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("{program} is needed: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {errors}");
    assert!(errors.is_empty(), "{program} complains: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

pub fn encode(desk: &Desk, name: &str, arguments: &[&str]) -> Vec<u8> {
    let path = desk.path(name);
    let mut all = vec!["-v", "error", "-y"];
    all.extend(arguments);
    all.push(path.to_str().unwrap());
    run("ffmpeg", &all);
    std::fs::read(path).unwrap()
}

/// Frames of a moving test picture.
fn vp8_frames(desk: &Desk, size: &str, seconds: u32) -> Vec<Vec<u8>> {
    let source = format!("testsrc2=size={size}:rate=25:duration={seconds}");
    let settings = ["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "900k", "-g", "50"];
    let ivf = encode(desk, "picture.ivf", &[&["-f", "lavfi", "-i", &source][..], &settings].concat());
    let mut frames = Vec::new();
    let mut rest = &ivf[32..];
    while !rest.is_empty() {
        let len = u32::from_le_bytes(rest[..4].try_into().unwrap()) as usize;
        frames.push(rest[12..12 + len].to_vec());
        rest = &rest[12 + len..];
    }
    frames
}

/// Packets of a tone.
fn opus_packets(desk: &Desk, seconds: u32) -> Vec<Vec<u8>> {
    let source = format!("sine=frequency=440:duration={seconds}");
    let tone = ["-f", "lavfi", "-i", &source, "-c:a", "libopus", "-b:a", "32k"];
    ogg_packets(&encode(desk, "tone.ogg", &tone))
}

/// The packets of a track of Opus.
pub fn ogg_packets(ogg: &[u8]) -> Vec<Vec<u8>> {
    let mut packets = Vec::new();
    let mut packet = Vec::new();
    let mut rest = ogg;
    while !rest.is_empty() {
        assert_eq!(&rest[..4], b"OggS");
        let (lacing, mut body) = rest[27..].split_at(usize::from(rest[26]));
        for &len in lacing {
            let (segment, after) = body.split_at(usize::from(len));
            packet.extend_from_slice(segment);
            body = after;
            if len < 255 {
                packets.push(std::mem::take(&mut packet));
            }
        }
        rest = body;
    }
    // The two header packets of RFC 7845.
    packets.split_off(2)
}

fn send_video(frames: &[Vec<u8>], from_us: i64, first_sequence: i64) -> Vec<Sent> {
    let mut sent = Vec::new();
    let mut sequence = first_sequence;
    for (number, frame) in frames.iter().enumerate() {
        let at_us = from_us + number as i64 * FRAME_US;
        let pieces: Vec<_> = frame.chunks(1100).collect();
        for (position, piece) in pieces.iter().enumerate() {
            let payload = [&vp8_descriptor(position == 0, Some(number as u16))[..], piece].concat();
            let marker = position + 1 == pieces.len();
            let packet = rtp(marker, sequence as u16, (at_us * 9 / 100) as u32, 21, &payload);
            let item = Item::Rtp { track: Track::Video, sequence, packet };
            sent.push(Sent { arrival_us: START_US + at_us + 20_000 + position as i64 * 300, item });
            sequence += 1;
        }
    }
    sent
}

fn send_audio(packets: &[Vec<u8>], from_us: i64) -> Vec<Sent> {
    let send = |(number, payload): (usize, &Vec<u8>)| {
        let (sequence, at_us) = (number as i64, from_us + number as i64 * PACKET_US);
        let packet = rtp(false, sequence as u16, (at_us * 48 / 1000) as u32, 22, payload);
        let item = Item::Rtp { track: Track::Audio, sequence, packet };
        Sent { arrival_us: START_US + at_us + 20_000, item }
    };
    packets.iter().enumerate().map(send).collect()
}

/// FFmpeg decodes everything without a complaint; returns what ffprobe says, `key=value` lines.
fn play(path: &Path) -> String {
    let path = path.to_str().unwrap();
    run("ffmpeg", &["-v", "warning", "-i", path, "-f", "null", "-"]);
    let fields =
        "stream=codec_name,width,height,channels,sample_rate,nb_read_frames:format=duration,format_name";
    run("ffprobe", &["-v", "error", "-count_frames", "-show_entries", fields, "-of", "default", path])
}

fn value(probe: &str, codec: &str, key: &str) -> String {
    let stream = probe.split("[STREAM]").find(|stream| stream.contains(&format!("codec_name={codec}")));
    let line = stream.unwrap().lines().find_map(|line| line.strip_prefix(&format!("{key}=")));
    line.unwrap().to_owned()
}

struct Played {
    desk: Desk,
    probe: String,
    finalised: viva_media::finalise::Finalised,
}

fn finalise_and_play(records: &[Sent]) -> Played {
    let desk = Desk::new();
    let finalised = desk.finalise(&journal_bytes(records)).unwrap();
    let path: PathBuf = desk.plain();
    let probe = play(&path);
    Played { desk, probe, finalised }
}

#[test]
fn a_whole_take_plays_and_holds_the_encoders_bytes() {
    let desk = Desk::new();
    let (frames, packets) = (vp8_frames(&desk, "640x360", 8), opus_packets(&desk, 8));
    let media = [send_video(&frames, 100_000, 65_000), send_audio(&packets, 40_000)].concat();
    let played = finalise_and_play(&take(8_500_000, media));
    assert!(played.probe.contains("duration=8.500000"), "{}", played.probe);
    assert!(played.probe.contains("format_name=matroska,webm"));
    assert_eq!(value(&played.probe, "vp8", "width"), "640");
    assert_eq!(value(&played.probe, "vp8", "height"), "360");
    assert_eq!(value(&played.probe, "vp8", "nb_read_frames"), frames.len().to_string());
    assert_eq!(value(&played.probe, "opus", "sample_rate"), "48000");
    let file = played.desk.file();
    let written: Vec<_> = file.of(Track::Video).map(|block| &block.payload).collect();
    assert_eq!(written, frames.iter().collect::<Vec<_>>());
    let written: Vec<_> = file.of(Track::Audio).map(|block| &block.payload).collect();
    assert_eq!(written, packets.iter().collect::<Vec<_>>());
    assert_eq!(played.finalised.bytes, std::fs::metadata(played.desk.plain()).unwrap().len());
}

#[test]
fn seeking_lands_on_the_right_picture() {
    let desk = Desk::new();
    let frames = vp8_frames(&desk, "320x180", 20);
    let played = finalise_and_play(&take(20 * SECOND, send_video(&frames, 0, 0)));
    let path = played.desk.plain();
    let show = ["-show_entries", "packet=pts_time,flags", "-of", "csv=p=0", path.to_str().unwrap()];
    let from_eleven = run("ffprobe", &[&["-v", "error", "-read_intervals", "11%+#1"][..], &show].concat());
    // Key frames are two seconds apart, and media is placed where it arrived.
    assert!(from_eleven.starts_with("10.02"), "{from_eleven}");
    assert!(from_eleven.contains('K'), "{from_eleven}");
}

#[test]
fn a_take_with_losses_plays() {
    let desk = Desk::new();
    let (frames, packets) = (vp8_frames(&desk, "640x360", 8), opus_packets(&desk, 8));
    let mut media = [send_video(&frames, 0, 0), send_audio(&packets, 0)].concat();
    media.retain(|sent| sent.sequence().is_none_or(|sequence| sequence % 61 != 17));
    let played = finalise_and_play(&take(8 * SECOND, media));
    let summary = played.finalised.video.unwrap();
    assert!(summary.lost_packets > 0 && summary.frames < frames.len() as u64 && summary.key_frames > 0);
    assert_eq!(value(&played.probe, "vp8", "nb_read_frames"), summary.frames.to_string());
}

#[test]
fn a_take_cut_off_by_a_crash_plays() {
    let desk = Desk::new();
    let (frames, packets) = (vp8_frames(&desk, "320x180", 6), opus_packets(&desk, 6));
    let media = [send_video(&frames, 0, 0), send_audio(&packets, 0)].concat();
    let journal = journal_bytes(&take(6 * SECOND, media));
    for percent in [15, 37, 60, 99] {
        let desk = Desk::new();
        let finalised = desk.finalise(&journal[..journal.len() * percent / 100]).unwrap();
        assert!(!finalised.stopped_cleanly);
        let probe = play(&desk.plain());
        let frames = finalised.video.unwrap().frames;
        assert_eq!(value(&probe, "vp8", "nb_read_frames"), frames.to_string());
    }
}

#[test]
fn a_change_of_size_plays() {
    let desk = Desk::new();
    let upright = vp8_frames(&desk, "360x640", 4);
    let wide = vp8_frames(&desk, "640x360", 4);
    let frames = [upright, wide].concat();
    let played = finalise_and_play(&take(8 * SECOND, send_video(&frames, 0, 0)));
    let summary = played.finalised.video.unwrap();
    assert_eq!((summary.frames, summary.width, summary.height), (200, 640, 360));
}

#[test]
fn sound_alone_plays() {
    let desk = Desk::new();
    let packets = opus_packets(&desk, 12);
    let played = finalise_and_play(&take(12 * SECOND, send_audio(&packets, 0)));
    assert!(played.probe.contains("duration=12.000000"), "{}", played.probe);
    assert!(!played.probe.contains("vp8"));
}
