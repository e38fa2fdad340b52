//! Pictures are at their true time, in every codec.

use std::path::Path;

use viva_media::frames::{self, Frame};
use viva_media::read::{self, Error, Limits};
use viva_media::thumbnail;

use super::make::{self, CONTAINERS, FLASH_MS};

fn sample(path: &Path, fps: f32) -> Vec<Frame> {
    frames::sample(path, fps, &Limits::default())
        .and_then(Iterator::collect)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn brightness(rgb: &[u8]) -> u64 {
    rgb.iter().map(|byte| u64::from(*byte)).sum::<u64>() / rgb.len() as u64
}

#[test]
fn the_flash_is_found_where_it_is_in_every_codec() {
    for (name, codecs) in CONTAINERS {
        let Some(made) = make::beep_and_flash(name, codecs) else { return };
        // Every picture: as many as were made, each at its time.
        let all = sample(&made.path, 100.0);
        assert_eq!(all.len(), 75, "{name}");
        for (index, frame) in all.iter().enumerate() {
            let expected = index as u64 * 40;
            // ffmpeg moves all of a WebM by the 7 ms that Opus needs before its start.
            assert!(frame.at_ms.abs_diff(expected) <= 8, "{name}: picture {index} at {} ms", frame.at_ms);
            assert_eq!((frame.width, frame.height), (320, 240));
            let flash = expected == FLASH_MS;
            assert_eq!(brightness(&frame.rgb) > 128, flash, "{name}: {} ms", frame.at_ms);
        }
        // Sampled: one each fifth of a second.
        let times: Vec<_> = sample(&made.path, 5.0).iter().map(|frame| frame.at_ms).collect();
        assert_eq!(times.len(), 15, "{name}: {times:?}");
        assert!(
            times.iter().enumerate().all(|(k, at)| at.abs_diff(k as u64 * 200) <= 8),
            "{name}: {times:?}"
        );

        let info = read::probe(&made.path, &Limits::default()).unwrap().video.unwrap();
        assert_eq!((info.width, info.height), (320, 240), "{name}");
    }
}

#[test]
fn a_thumbnail_shows_the_moment_that_was_asked_for() {
    for (name, codecs) in CONTAINERS {
        let Some(made) = make::beep_and_flash(name, codecs) else { return };
        let mean = |at_ms| {
            let jpeg = thumbnail(&made.path, at_ms, 160, &Limits::default()).unwrap();
            let picture = image::load_from_memory(&jpeg).unwrap().to_rgb8();
            assert_eq!(picture.dimensions(), (160, 120));
            brightness(picture.as_raw())
        };
        assert!(mean(0) < 30, "{name}");
        assert!(mean(FLASH_MS) > 200, "{name}");
        assert!(mean(FLASH_MS + 40) < 30, "{name}");
        assert!(mean(1_000_000) < 30, "{name}: the last picture");
    }
}

#[test]
fn a_frozen_video_gives_no_pictures_while_it_stands_still() {
    let video = format!("{},select=not(between(t\\,0.9\\,2.3))", make::FLASH);
    for (name, codec) in [("frozen.webm", "libvpx"), ("frozen.mp4", "libx264")] {
        let arguments = ["-f", "lavfi", "-i", &video, "-c:v", codec, "-vsync", "vfr", "-pix_fmt", "yuv420p"];
        let Some(made) = make::media(name, &arguments) else { return };
        let times: Vec<_> = sample(&made.path, 5.0).iter().map(|frame| frame.at_ms).collect();
        assert_eq!(times.iter().filter(|at| (900..2300).contains(*at)).count(), 0, "{name}: {times:?}");
        assert!(times.iter().any(|at| (2300..2400).contains(at)), "{name}: {times:?}");
    }
}

#[test]
fn the_size_may_change_in_the_middle() {
    let part = |name: &str, size: &str| {
        let input = format!("testsrc=s={size}:r=25:d=1");
        make::media(name, &["-f", "lavfi", "-i", &input, "-c:v", "libvpx", "-pix_fmt", "yuv420p"])
    };
    let Some(first) = part("a.webm", "320x240") else { return };
    let Some(second) = part("b.webm", "1280x720") else { return };
    let list = first.beside("list.txt");
    let lines = format!("file '{}'\nfile '{}'\n", first.path.display(), second.path.display());
    std::fs::write(&list, lines).unwrap();
    let joined = first.beside("joined.webm");
    make::run(&["-f", "concat", "-safe", "0", "-i", list.to_str().unwrap(), "-c", "copy"], &joined);
    let frames = sample(&joined, 5.0);
    assert_eq!((frames[0].width, frames[0].height), (320, 240));
    let last = frames.last().unwrap();
    assert_eq!((last.width, last.height), (640, 360), "reduced to the widest that is wanted");
    let full = Limits { max_frame_width: 4096, ..Limits::default() };
    let last = frames::sample(&joined, 5.0, &full).unwrap().last().unwrap().unwrap();
    assert_eq!((last.width, last.height), (1280, 720));
}

/// Which quarter of a picture is the brightest: top left, top right, bottom left, bottom right.
fn brightest(width: u32, rgb: &[u8]) -> usize {
    let (width, height) = (width as usize, rgb.len() / 3 / width as usize);
    let mut sums = [0_u64; 4];
    for (index, pixel) in rgb.chunks_exact(3).enumerate() {
        let (x, y) = (index % width, index / width);
        sums[2 * usize::from(y >= height / 2) + usize::from(x >= width / 2)] += u64::from(pixel[0]);
    }
    (0..4).max_by_key(|quarter| sums[*quarter]).unwrap()
}

#[test]
fn what_a_phone_held_upright_recorded_is_upright() {
    let corner = "color=c=black:s=320x240:r=25:d=1,drawbox=c=white:t=fill:w=160:h=120";
    let arguments = ["-f", "lavfi", "-i", corner, "-pix_fmt", "yuv420p", "-c:v", "libx264"];
    let Some(made) = make::media("lying.mp4", &arguments) else { return };
    for degrees in ["0", "90", "180", "270"] {
        let turned = made.beside(&format!("{degrees}.mp4"));
        let rotate = format!("rotate={degrees}");
        let lying = made.path.to_str().unwrap();
        make::run(&["-i", lying, "-c", "copy", "-metadata:s:v", &rotate], &turned);
        // ffmpeg turns what it reads, too.
        let judged = made.beside("judged.png");
        make::run(&["-i", turned.to_str().unwrap(), "-frames:v", "1"], &judged);
        let judged = image::open(&judged).unwrap().to_rgb8();
        let ours = &sample(&turned, 5.0)[0];
        assert_eq!((ours.width, ours.height), judged.dimensions(), "{degrees}");
        assert_eq!(brightest(ours.width, &ours.rgb), brightest(judged.width(), judged.as_raw()), "{degrees}");
        let info = read::probe(&turned, &Limits::default()).unwrap().video.unwrap();
        assert_eq!((info.width, info.height), judged.dimensions(), "{degrees}");
    }
}

#[test]
fn bounds_hold() {
    for (name, codec) in [("large.webm", "libvpx"), ("large9.webm", "libvpx-vp9"), ("large.mp4", "libx264")] {
        let arguments =
            ["-f", "lavfi", "-i", "testsrc=s=640x480:r=25:d=1", "-pix_fmt", "yuv420p", "-c:v", codec];
        let Some(made) = make::media(name, &arguments) else { return };
        let last = |limits: &Limits| frames::sample(&made.path, 5.0, limits).unwrap().last().unwrap();
        let small = Limits { max_pixels: 640 * 479, ..Limits::default() };
        assert!(matches!(last(&small), Err(Error::PictureTooLarge { .. })), "{name}");
        let few = Limits { max_coded_frames: 10, ..Limits::default() };
        assert!(matches!(last(&few), Err(Error::TooManyFrames { limit: 10 })), "{name}");
        let short = Limits { max_duration_ms: 500, ..Limits::default() };
        assert!(matches!(last(&short), Err(Error::TooLong { limit_ms: 500 })), "{name}");
    }
}

#[test]
fn a_codec_that_cannot_be_decoded_is_named() {
    let arguments = ["-f", "lavfi", "-i", make::FLASH, "-c:v", "mpeg4"];
    let Some(made) = make::media("mpeg4.mp4", &arguments) else { return };
    let error = frames::sample(&made.path, 5.0, &Limits::default()).err().unwrap();
    assert!(matches!(&error, Error::UnsupportedCodec(name) if name == "mp4v"), "{error}");
    let Some(made) = make::beep("sound.mp4", &["-c:a", "aac"]) else { return };
    assert!(matches!(frames::sample(&made.path, 5.0, &Limits::default()), Err(Error::NoVideoTrack)));
}
