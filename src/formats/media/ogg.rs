//! Ogg: pages of packets (RFC 3533, 6), of which the second of each stream holds its comments.

use std::collections::BTreeMap;

use super::super::images::metadata::Metadata;
use super::super::images::numbers::{len_le, run, u32_le};
use super::{flac, length, vorbis};

/// First bytes of a page.
pub(super) const MAGIC: &[u8] = b"OggS";
/// Streams of one file, and packets of a stream, at most: only headers are looked at.
const STREAMS: usize = 64;
const PACKETS: usize = 64;

/// One stream.
#[derive(Default)]
struct Stream {
    /// Packets that have ended so far.
    ended: usize,
    /// The packet at hand, and where it begins in the file.
    packet: Vec<u8>,
    raw: usize,
    codec: Codec,
    /// Samples of a second, and the last position.
    rate: u32,
    granule: u64,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Codec {
    #[default]
    Unknown,
    Vorbis,
    Opus,
    Theora,
    Speex,
    Flac,
}

/// Reads the headers of every stream, and how long the longest is.
pub(super) fn read(bytes: &[u8], out: &mut Metadata) {
    let mut streams: BTreeMap<u32, Stream> = BTreeMap::new();
    let mut at = 0;
    while at < bytes.len() {
        match page(bytes, at, &mut streams, out) {
            Some(end) => at = end,
            None => {
                out.damaged("the Ogg file ends early, or something stands between its pages");
                let rest = bytes.get(at + 1..).unwrap_or_default();
                match memchr::memmem::find(rest, MAGIC) {
                    Some(next) => {
                        out.readable("rest", rest.get(..next).unwrap_or_default(), at);
                        at += 1 + next;
                    }
                    None => {
                        out.readable("rest", rest, at);
                        break;
                    }
                }
            }
        }
    }
    let longest = streams
        .values()
        .filter(|stream| stream.rate > 0 && stream.granule < u64::MAX)
        .map(|stream| stream.granule as f64 / f64::from(stream.rate))
        .fold(0.0, f64::max);
    if longest > 0.0 {
        length(longest, 0, out);
    }
}

/// Reads a page; gives where it ends.
fn page(bytes: &[u8], at: usize, streams: &mut BTreeMap<u32, Stream>, out: &mut Metadata) -> Option<usize> {
    run(bytes, at, 4).filter(|mark| *mark == MAGIC)?;
    let count = usize::from(*bytes.get(at + 26)?);
    let table = run(bytes, at + 27, count)?;
    let granule = u64::from(u32_le(bytes, at + 6)?) | u64::from(u32_le(bytes, at + 10)?) << 32;
    let serial = u32_le(bytes, at + 14)?;
    let mut from = at + 27 + count;
    let end = from + table.iter().map(|len| usize::from(*len)).sum::<usize>();
    run(bytes, from, end - from)?;
    if streams.len() >= STREAMS && !streams.contains_key(&serial) {
        return Some(end);
    }
    let stream = streams.entry(serial).or_default();
    if granule != u64::MAX {
        stream.granule = stream.granule.max(granule);
    }
    for len in table.iter().map(|len| usize::from(*len)) {
        if stream.ended < PACKETS {
            if stream.packet.is_empty() {
                stream.raw = from;
            }
            if out.left() > stream.packet.len() + len {
                stream.packet.extend_from_slice(run(bytes, from, len)?);
            } else {
                out.full = true;
            }
        }
        from += len;
        // A segment of 255 bytes goes on in the next.
        if len < 255 && stream.ended < PACKETS {
            let packet = std::mem::take(&mut stream.packet);
            header(stream, &packet, out);
            stream.ended += 1;
        }
    }
    Some(end)
}

/// Reads a packet, as long as it is a header.
fn header(stream: &mut Stream, packet: &[u8], out: &mut Metadata) {
    let raw = stream.raw;
    let rate = |at| u32_le(packet, at).unwrap_or(0);
    if stream.ended == 0 {
        (stream.codec, stream.rate) = match packet {
            [1, b'v', b'o', b'r', b'b', b'i', b's', ..] => (Codec::Vorbis, rate(12)),
            [b'O', b'p', b'u', b's', b'H', b'e', b'a', b'd', ..] => (Codec::Opus, 48_000),
            [0x80, b't', b'h', b'e', b'o', b'r', b'a', ..] => (Codec::Theora, 0),
            [b'S', b'p', b'e', b'e', b'x', ..] => (Codec::Speex, rate(36)),
            [0x7F, b'F', b'L', b'A', b'C', ..] => (Codec::Flac, 0),
            _ => (Codec::Unknown, 0),
        };
        if stream.codec == Codec::Flac {
            // The mark, its version, a count, the mark of FLAC itself, then its first block (RFC 9639, 10.1).
            flac::block(0, packet.get(17..).unwrap_or_default(), raw, out);
        }
        return;
    }
    match (stream.codec, packet) {
        (Codec::Vorbis, [3, b'v', b'o', b'r', b'b', b'i', b's', rest @ ..])
        | (Codec::Theora, [0x81, b't', b'h', b'e', b'o', b'r', b'a', rest @ ..]) => {
            vorbis::comments(framed(rest), raw + 7, out);
        }
        (Codec::Opus, [b'O', b'p', b'u', b's', b'T', b'a', b'g', b's', rest @ ..]) => {
            vorbis::comments(rest, raw + 8, out);
        }
        (Codec::Speex, list) if stream.ended == 1 => vorbis::comments(list, raw, out),
        // Sound begins with a byte of ones.
        (Codec::Flac, [kind, _, _, _, rest @ ..]) if *kind != 0xFF => {
            flac::block(kind & 0x7F, rest, raw + 4, out);
        }
        _ => {}
    }
}

/// A list without the bit that ends it.
fn framed(list: &[u8]) -> &[u8] {
    let mut at = len_le(list, 0).and_then(|vendor| vendor.checked_add(4));
    let count = at.and_then(|at| len_le(list, at)).unwrap_or(0);
    at = at.and_then(|at| at.checked_add(4));
    for _ in 0..count {
        at = at.and_then(|at| at.checked_add(4)?.checked_add(len_le(list, at)?));
        if at.is_none_or(|at| at > list.len()) {
            return list;
        }
    }
    at.and_then(|at| list.get(..at)).unwrap_or(list)
}
