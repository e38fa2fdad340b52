//! Sample entries: which codec, and its set-up bytes.

use super::boxes::{Boxes, Fields, FourCc};
use crate::read::{Codec, TrackKind};

/// What the first sample entry of an `stsd` box states.
pub(super) struct Entry {
    pub(super) kind: TrackKind,
    pub(super) codec: Codec,
    pub(super) setup: Vec<u8>,
}

/// Reads the first entry of an `stsd` box of a track with this handler.
pub(super) fn parse(stsd: &[u8], handler: FourCc) -> Option<Entry> {
    let mut fields = Fields(stsd);
    fields.version_and_flags()?;
    fields.u32()?;
    let (name, body) = Boxes(fields.0).next()?;
    match &handler {
        b"soun" => audio(name, body),
        b"vide" => video(name, body),
        _ => None,
    }
}

fn video(name: FourCc, body: &[u8]) -> Option<Entry> {
    let mut fields = Fields(body);
    fields.skip(24)?;
    let (width, height) = (u32::from(fields.u16()?), u32::from(fields.u16()?));
    fields.skip(50)?;
    let children = fields.0;
    let (codec, setup) = match &name {
        b"avc1" | b"avc3" => (Codec::H264, Boxes(children).find(b"avcC").unwrap_or_default().to_vec()),
        b"vp08" => (Codec::Vp8, Vec::new()),
        b"vp09" => (Codec::Vp9, Vec::new()),
        _ => (other(name), Vec::new()),
    };
    Some(Entry { kind: TrackKind::Video { width, height }, codec, setup })
}

fn audio(name: FourCc, body: &[u8]) -> Option<Entry> {
    let mut fields = Fields(body);
    fields.skip(8)?;
    let version = fields.u16()?;
    fields.skip(6)?;
    let channels = fields.u16()?;
    fields.skip(6)?;
    let sample_rate = fields.u32()? >> 16;
    // QuickTime's longer forms of the entry.
    fields.skip(match version {
        1 => 16,
        2 => 36,
        _ => 0,
    })?;
    let children = fields.0;
    let (codec, setup) = match &name {
        b"mp4a" => mpeg4_audio(children)?,
        b".mp3" => (Codec::MpegAudio, Vec::new()),
        b"Opus" => (Codec::Opus, opus_head(Boxes(children).find(b"dOps")?)?),
        // A full box, then the header of the STREAMINFO block, then its 34 bytes.
        b"fLaC" => (Codec::Flac, Boxes(children).find(b"dfLa")?.get(8..42)?.to_vec()),
        _ => (other(name), Vec::new()),
    };
    Some(Entry { kind: TrackKind::Audio { channels, sample_rate }, codec, setup })
}

fn other(name: FourCc) -> Codec {
    Codec::Other(name.escape_ascii().to_string())
}

/// `dOps` (Opus in ISO BMFF, section 4.3.2) as the `OpusHead` of RFC 7845, whose numbers are little-endian.
fn opus_head(dops: &[u8]) -> Option<Vec<u8>> {
    let mut fields = Fields(dops);
    fields.u8()?;
    let mut head = b"OpusHead\x01".to_vec();
    head.push(fields.u8()?);
    head.extend(fields.u16()?.to_le_bytes());
    head.extend(fields.u32()?.to_le_bytes());
    head.extend(fields.u16()?.to_le_bytes());
    head.extend(fields.0);
    Some(head)
}

/// The codec of an `mp4a` entry, from its elementary stream descriptor (ISO/IEC 14496-1, section 7.2.6).
fn mpeg4_audio(children: &[u8]) -> Option<(Codec, Vec<u8>)> {
    const ES: u8 = 3;
    const DECODER_CONFIG: u8 = 4;
    const DECODER_SPECIFIC_INFO: u8 = 5;
    let esds =
        Boxes(children).find(b"esds").or_else(|| Boxes(Boxes(children).find(b"wave")?).find(b"esds"))?;
    let mut es = Fields(descriptor(Fields(esds.get(4..)?), ES)?);
    es.skip(2)?;
    let flags = es.u8()?;
    if flags & 0x80 != 0 {
        es.skip(2)?;
    }
    if flags & 0x40 != 0 {
        let length = es.u8()?;
        es.skip(usize::from(length))?;
    }
    if flags & 0x20 != 0 {
        es.skip(2)?;
    }
    let mut config = Fields(descriptor(es, DECODER_CONFIG)?);
    let object_type = config.u8()?;
    config.skip(12)?;
    match object_type {
        0x40 | 0x66..=0x68 => Some((Codec::Aac, descriptor(config, DECODER_SPECIFIC_INFO)?.to_vec())),
        0x69 | 0x6B => Some((Codec::MpegAudio, Vec::new())),
        object_type => Some((Codec::Other(format!("mp4a.{object_type:02x}")), Vec::new())),
    }
}

/// The body of a descriptor with this tag, which must come next.
fn descriptor(mut fields: Fields<'_>, tag: u8) -> Option<&[u8]> {
    if fields.u8()? != tag {
        return None;
    }
    let mut length = 0;
    // Seven bits a byte, at most four bytes.
    for _ in 0..4 {
        let byte = fields.u8()?;
        length = length << 7 | usize::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            break;
        }
    }
    fields.bytes(length)
}
