//! Files in `data:` addresses (RFC 2397), as drawings hold pictures: each becomes a member.

use std::ops::Range;

use super::encoding::{base64, charset};
use super::packed::{Written, member};
use super::peeled::Unpacked;
use super::{Piece, Purpose, Reading, Yield};
use crate::records::{Encoding, OffsetMap};

/// Numbers of such files among the files of a piece's first record: those of mappings come before.
const FIRST: u32 = 128;
/// Bytes between `data:` and the content at most: a media type and its parameters.
const HEAD: usize = 256;
/// Bytes of base64 that are worth a look: a dot of one pixel has fewer than these.
const LEAST: usize = 64;

/// Hands out the files that stand in base64 in `data:` addresses of a piece whose charset is known.
pub(super) fn members(piece: &Piece<'_>, reading: &Reading<'_>, out: &mut dyn Yield) {
    if reading.purpose == Purpose::Survey {
        return;
    }
    match piece.carry.charset.filter(|label| charset::code_unit(label) > 1) {
        // Each letter is a byte, and bytes beyond ASCII are none of an address.
        None => {
            let place = |range: Range<usize>| piece.base + range.start as u64..piece.base + range.end as u64;
            found(piece.bytes, (piece, Encoding::Verbatim), &place, reading, out);
        }
        Some(label) => {
            let unpacked = Unpacked::of(piece);
            let place = |range: Range<usize>| unpacked.raw(range.start)..unpacked.raw(range.end);
            found(unpacked.text.as_bytes(), (piece, Encoding::Charset(label)), &place, reading, out);
        }
    }
}

/// The files in a text; `place` says where a range of it stands in the item.
fn found(
    text: &[u8],
    (piece, encoding): (&Piece<'_>, Encoding),
    place: &dyn Fn(Range<usize>) -> Range<u64>,
    reading: &Reading<'_>,
    out: &mut dyn Yield,
) {
    for (number, (media_type, range)) in (FIRST..).zip(addresses(text)) {
        let (mut bytes, mut map) = (Vec::new(), OffsetMap::new());
        base64::decode(text.get(range.clone()).unwrap_or_default(), &mut bytes, &mut map);
        let written = Written::base64(Some(place(range)), encoding, bytes.len());
        let named = ("embedded".to_owned(), Some(media_type).filter(|media_type| !media_type.is_empty()));
        match member((piece.first_ordinal, number), named, bytes, written, reading.limits) {
            Ok(member) => out.member(member),
            Err(gap) => return out.gap(gap),
        }
    }
}

/// Media types and where the base64 of each address stands.
fn addresses(bytes: &[u8]) -> impl Iterator<Item = (String, Range<usize>)> {
    memchr::memmem::find_iter(bytes, b"data:").filter_map(move |at| {
        let head = bytes.get(at + 5..bytes.len().min(at + 5 + HEAD))?;
        let comma = memchr::memchr(b',', head)?;
        let said = std::str::from_utf8(head.get(..comma)?).ok()?;
        let media_type = said.strip_suffix(";base64")?;
        if said.contains(['"', '\'', '<', '>', ' ', '\n']) {
            return None;
        }
        let start = at + 5 + comma + 1;
        let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=\r\n\t ".contains(byte);
        let len = bytes.get(start..)?.iter().take_while(|byte| is_base64(byte)).count();
        let len = bytes.get(start..start + len)?.trim_ascii_end().len();
        let media_type = media_type.split(';').next().unwrap_or_default().to_ascii_lowercase();
        (len >= LEAST).then_some((media_type, start..start + len))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_with_their_types() {
        let content = "QUJD".repeat(20);
        let text = format!(
            "<a href=\"data:image/png;base64,{content}\"/> data: all, that is;base64,{content} <b x='data:;base64,{content}='/> data:image/gif;base64,R0lGODlhAQABAAAAACw="
        );
        let found: Vec<(String, usize)> =
            addresses(text.as_bytes()).map(|(media_type, range)| (media_type, range.len())).collect();
        assert_eq!(found, [("image/png".to_owned(), 80), (String::new(), 81)]);
    }
}
