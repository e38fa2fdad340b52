//! Where everything in the file goes.

use super::ebml::{self, Element, id};
use super::{Block, TrackNumber};

/// Track number, relative time, flags.
pub(super) const BLOCK_FIELDS_LEN: u64 = 4;
/// A cluster spans less than this, so that a seek never reads more, and block times fit their 16 bits.
const LONGEST_CLUSTER_MS: u32 = 5000;

/// A run of blocks that share a base time.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cluster {
    /// How many.
    pub blocks: usize,
    pub time_ms: u32,
    body_len: u64,
    starts_with_video_key: bool,
}

impl Cluster {
    /// The cluster's own header and its time; the blocks follow.
    pub(super) fn header(&self) -> Vec<u8> {
        let mut bytes = ebml::header(id::CLUSTER, self.body_len);
        bytes.extend(timestamp(self.time_ms).into_bytes());
        bytes
    }

    fn len(&self) -> u64 {
        ebml::header_len(id::CLUSTER, self.body_len) + self.body_len
    }
}

/// Splits the blocks: a new cluster at every video key frame, and where the last one has become too long.
pub(super) fn clusters<S>(blocks: impl Iterator<Item = Block<S>>) -> Vec<Cluster> {
    let mut clusters: Vec<Cluster> = Vec::new();
    for block in blocks {
        let video_key = block.key && block.track == TrackNumber::Video;
        let block_len = ebml_block_len(&block);
        match clusters.last_mut() {
            Some(cluster)
                if !video_key && block.time_ms.saturating_sub(cluster.time_ms) < LONGEST_CLUSTER_MS =>
            {
                cluster.blocks += 1;
                cluster.body_len += block_len;
            }
            _ => clusters.push(Cluster {
                blocks: 1,
                time_ms: block.time_ms,
                body_len: timestamp(block.time_ms).into_bytes().len() as u64 + block_len,
                starts_with_video_key: video_key,
            }),
        }
    }
    clusters
}

/// The parts of the file that speak of positions.
pub(super) struct Plan {
    pub segment_len: u64,
    pub seek_head: Vec<u8>,
    pub cues: Vec<u8>,
}

/// Lays out: seek head, info, tracks, cues, clusters.
pub(super) fn plan(clusters: &[Cluster], cues_by_video: bool, info_len: usize, tracks_len: usize) -> Plan {
    let seek_head_len = seek_head(0, 0, 0).len() as u64;
    let tracks_at = seek_head_len + info_len as u64;
    let cues_at = tracks_at + tracks_len as u64;
    // Positions have a fixed width, so the cues are as long with zeros as with the true values.
    let cues_len = cues(clusters, cues_by_video, 0).len() as u64;
    let clusters_at = cues_at + cues_len;
    Plan {
        segment_len: clusters_at + clusters.iter().map(Cluster::len).sum::<u64>(),
        seek_head: seek_head(seek_head_len, tracks_at, cues_at),
        cues: cues(clusters, cues_by_video, clusters_at),
    }
}

fn seek_head(info_at: u64, tracks_at: u64, cues_at: u64) -> Vec<u8> {
    let entry = |target: u32, position| {
        Element::master(
            id::SEEK,
            &[
                Element::binary(id::SEEK_ID, &target.to_be_bytes()),
                Element::uint(id::SEEK_POSITION, position),
            ],
        )
    };
    let entries = [entry(id::INFO, info_at), entry(id::TRACKS, tracks_at), entry(id::CUES, cues_at)];
    Element::master(id::SEEK_HEAD, &entries).into_bytes()
}

/// One cue for each cluster that a player can start from.
fn cues(clusters: &[Cluster], by_video: bool, mut position: u64) -> Vec<u8> {
    let track = if by_video { TrackNumber::Video } else { TrackNumber::Audio };
    let mut points = Vec::new();
    for cluster in clusters {
        if cluster.starts_with_video_key || !by_video {
            let target = Element::master(
                id::CUE_TRACK_POSITIONS,
                &[
                    Element::uint(id::CUE_TRACK, track as u64),
                    Element::uint(id::CUE_CLUSTER_POSITION, position),
                ],
            );
            let time = Element::uint(id::CUE_TIME, cluster.time_ms.into());
            points.push(Element::master(id::CUE_POINT, &[time, target]));
        }
        position += cluster.len();
    }
    Element::master(id::CUES, &points).into_bytes()
}

fn timestamp(time_ms: u32) -> Element {
    Element::uint(id::TIMESTAMP, time_ms.into())
}

fn ebml_block_len<S>(block: &Block<S>) -> u64 {
    let body_len = BLOCK_FIELDS_LEN + u64::from(block.payload_bytes);
    ebml::header_len(id::SIMPLE_BLOCK, body_len) + body_len
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(track: TrackNumber, time_ms: u32, key: bool) -> Block<()> {
        Block { track, time_ms, key, payload_bytes: 10, source: () }
    }

    #[test]
    fn clusters_start_at_video_key_frames_and_stay_short() {
        let blocks = [
            block(TrackNumber::Audio, 0, true),
            block(TrackNumber::Video, 7, true),
            block(TrackNumber::Video, 40, false),
            block(TrackNumber::Audio, 5006, true),
            block(TrackNumber::Audio, 5007, true),
            block(TrackNumber::Video, 5100, true),
        ];
        let clusters = clusters(blocks.into_iter());
        let starts: Vec<_> = clusters.iter().map(|cluster| (cluster.time_ms, cluster.blocks)).collect();
        assert_eq!(starts, [(0, 1), (7, 3), (5007, 1), (5100, 1)]);
    }

    #[test]
    fn an_audio_file_has_a_cue_for_every_cluster() {
        let blocks = (0..20).map(|n| block(TrackNumber::Audio, n * 1000, true));
        let clusters = clusters(blocks);
        let point_len = cues(&clusters[..1], false, 0).len() - cues(&[], false, 0).len();
        assert_eq!(clusters.len(), 4);
        assert!(cues(&clusters, false, 0).len() > 4 * point_len - 1);
        assert!(cues(&clusters, true, 0).len() < point_len);
    }
}
