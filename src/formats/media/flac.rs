//! FLAC: blocks of metadata before the frames (RFC 9639, 8).

use super::super::images::metadata::{Metadata, decoded};
use super::super::images::numbers::{len_be, run, u16_be, u64_be};
use super::{id3, length, vorbis};
use crate::records::Role;

/// First bytes.
pub(super) const MAGIC: &[u8] = b"fLaC";
const STREAM: u8 = 0;
const PADDING: u8 = 1;
const SEEKS: u8 = 3;
const COMMENTS: u8 = 4;
const PICTURE: u8 = 6;

/// A block: its type, where its content begins, the content.
struct Block<'b> {
    kind: u8,
    at: usize,
    content: &'b [u8],
}

/// The blocks behind the mark at `at`, and where the frames begin; none where they end early.
fn blocks(bytes: &[u8], at: usize) -> (Vec<Block<'_>>, Option<usize>) {
    let (mut found, mut at) = (Vec::new(), at + MAGIC.len());
    loop {
        let one = len_be(bytes, at).and_then(|head| {
            let kind = *bytes.get(at)?;
            Some((kind, run(bytes, at + 4, head & 0xFF_FFFF)?))
        });
        let Some((kind, content)) = one else { return (found, None) };
        found.push(Block { kind: kind & 0x7F, at: at + 4, content });
        at += 4 + content.len();
        if kind & 0x80 != 0 {
            return (found, Some(at));
        }
    }
}

/// Reads what stands before the frames.
pub(super) fn read(bytes: &[u8], out: &mut Metadata) {
    read_at(bytes, 0, out);
}

/// The same where the mark stands behind other tags.
pub(super) fn read_at(bytes: &[u8], at: usize, out: &mut Metadata) {
    let (blocks, frames) = blocks(bytes, at);
    if frames.is_none() {
        out.damaged("the FLAC file ends early");
    }
    for block in blocks {
        self::block(block.kind, block.content, block.at, out);
    }
    let old = bytes.len().saturating_sub(128);
    if run(bytes, old, 3) == Some(b"TAG") {
        out.readable("id3v1", bytes.get(old + 3..).unwrap_or_default(), old);
    }
}

/// Reads one block, which Ogg may hold as well.
pub(super) fn block(kind: u8, content: &[u8], raw: usize, out: &mut Metadata) {
    match kind {
        STREAM => {
            // 20 bits of rate, 3 of channels, 5 of depth, 36 of samples.
            let Some(packed) = u64_be(content, 10) else { return };
            let (rate, samples) = (packed >> 44, packed & 0xF_FFFF_FFFF);
            if rate > 0 && samples > 0 {
                length(samples as f64 / rate as f64, raw, out);
            }
        }
        COMMENTS => vorbis::comments(content, raw, out),
        PICTURE => {
            if picture(content, raw, out).is_none() {
                out.damaged("a picture in the recording ends early");
            }
        }
        PADDING | SEEKS => {}
        kind => out.readable(&format!("flac/block{kind}"), content, raw),
    }
}

/// A picture with its description (RFC 9639, 8.8).
pub(super) fn picture(content: &[u8], raw: usize, out: &mut Metadata) -> Option<()> {
    let media_type = len_be(content, 4)?;
    let at = 8_usize.checked_add(media_type)?;
    let described = run(content, at.checked_add(4)?, len_be(content, at)?)?;
    out.text("picture/description", Role::Other, &decoded(described), raw);
    let at = at + 4 + described.len() + 16;
    out.file("cover", run(content, at.checked_add(4)?, len_be(content, at)?)?);
    Some(())
}

/// The sound with what is needed to play it: tags in front and behind, comments and pictures go.
pub(super) fn bare(bytes: &[u8]) -> Option<Vec<u8>> {
    let (blocks, frames) = blocks(bytes, 0);
    let frames = bytes.get(frames?..)?;
    let needed: Vec<&Block<'_>> =
        blocks.iter().filter(|block| matches!(block.kind, STREAM | SEEKS)).collect();
    let mut out = MAGIC.to_vec();
    for (at, block) in needed.iter().enumerate() {
        let last = if at + 1 == needed.len() { 0x80 } else { 0 };
        let len = u32::try_from(block.content.len()).ok()?.to_be_bytes();
        out.push(block.kind | last);
        out.extend_from_slice(len.get(1..)?);
        out.extend_from_slice(block.content);
    }
    let behind = frames.len().checked_sub(128).filter(|at| run(frames, *at, 3) == Some(b"TAG"));
    let sound = frames.get(..behind.unwrap_or(frames.len()))?;
    // Frames begin with fourteen ones (RFC 9639, 9.1).
    let begins = sound.is_empty() || u16_be(sound, 0)? >> 2 == 0x3FFE;
    out.extend_from_slice(sound);
    (begins && id3::len(sound).is_none() && !needed.is_empty()).then_some(out)
}
