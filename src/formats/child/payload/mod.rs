//! Requests, members and gaps as payloads of frames; blocks in [`mod@block`].

mod block;
mod layer;
mod record;

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use zeroize::Zeroizing;

use super::wire::{Malformed, Reader, Writer};
use crate::formats::encoding::charset;
use crate::formats::{Carry, Member, Piece, Purpose};
use crate::records::{ByteBudget, Gap, GapClass, Limits, Passwords, Position};

pub(super) use block::{block, decode_block};

const PURPOSES: [Purpose; 2] = [Purpose::Scan, Purpose::Survey];

/// What the child is to read. Mappings do not go with it: readers that need them run inside.
pub(super) struct Request {
    pub(super) bytes: Vec<u8>,
    base: u64,
    position: Position,
    first_ordinal: u64,
    first: bool,
    last: bool,
    window: Option<Range<usize>>,
    charset: Option<&'static str>,
    name: String,
    media_type: Option<String>,
    pub(super) limits: Limits,
    pub(super) purpose: Purpose,
}

impl Request {
    /// The piece as the reader sees it.
    pub(super) fn piece(&self) -> Piece<'_> {
        Piece {
            bytes: &self.bytes,
            base: self.base,
            position: self.position,
            first_ordinal: self.first_ordinal,
            first: self.first,
            last: self.last,
            window: self.window.clone(),
            carry: Arc::new(Carry { charset: self.charset, ..Carry::default() }),
            name: &self.name,
            media_type: self.media_type.as_deref(),
        }
    }

    pub(super) fn decode(payload: &[u8]) -> Result<Request, Malformed> {
        let mut r = Reader::new(payload);
        let request = Request {
            base: r.u64()?,
            position: Position { line: r.u64()?, column: r.u64()?, column_utf16: r.u64()? },
            first_ordinal: r.u64()?,
            first: r.bool()?,
            last: r.bool()?,
            window: r.option(|r| Ok(r.u64()? as usize..r.u64()? as usize))?,
            charset: r.option(|r| charset::known_label(r.text()?).ok_or(Malformed))?,
            name: r.text()?.to_owned(),
            media_type: r.option(|r| r.text().map(String::from))?,
            limits: Limits {
                depth: r.u32()?,
                members: r.u64()?,
                expanded: ByteBudget::new(r.u64()?),
                ratio: r.u32()?,
                record_bytes: r.u64()?,
                nesting: r.u32()?,
                passwords: Arc::new(passwords(&mut r)?),
                // What runs in a child starts no programs.
                tools: Arc::default(),
            },
            purpose: r.choice(&PURPOSES)?,
            bytes: r.slice()?.to_vec(),
        };
        r.end()?;
        Ok(request)
    }
}

fn passwords(r: &mut Reader<'_>) -> Result<Passwords, Malformed> {
    let words = (0..r.count(4)?).map(|_| r.text().map(|word| Zeroizing::new(word.to_owned())));
    words.collect::<Result<_, _>>().map(Passwords::new)
}

/// The payload of a request. It holds the passwords, so it is wiped when it was sent.
pub(super) fn request(piece: &Piece<'_>, limits: &Limits, purpose: Purpose) -> Zeroizing<Vec<u8>> {
    // Grown as it fills, it would leave copies of them behind.
    let words = limits.passwords.iter().map(|word| word.len() + 4).sum::<usize>();
    let mut w = Writer { bytes: Vec::with_capacity(piece.bytes.len() + piece.name.len() + words + 512) };
    w.u64(piece.base);
    for part in [piece.position.line, piece.position.column, piece.position.column_utf16, piece.first_ordinal]
    {
        w.u64(part);
    }
    w.bool(piece.first);
    w.bool(piece.last);
    w.option(piece.window.as_ref(), |w, window| {
        w.u64(window.start as u64);
        w.u64(window.end as u64);
    });
    w.option(piece.carry.charset, |w, label| w.text(label));
    w.text(piece.name);
    w.option(piece.media_type, |w, media_type| w.text(media_type));
    w.u32(limits.depth);
    w.u64(limits.members);
    w.u64(limits.expanded.left());
    w.u32(limits.ratio);
    w.u64(limits.record_bytes);
    w.u32(limits.nesting);
    w.len(limits.passwords.len());
    limits.passwords.iter().for_each(|word| w.text(word));
    w.choice(&purpose, &PURPOSES);
    w.slice(piece.bytes);
    Zeroizing::new(w.bytes)
}

/// The payload of a member.
pub(super) fn member(member: &Member) -> Vec<u8> {
    let mut w = Writer::default();
    w.u32(member.ordinal);
    w.text(&member.name);
    w.option(member.media_type.as_deref(), |w, media_type| w.text(media_type));
    w.slice(&member.bytes);
    w.bytes
}

pub(super) fn decode_member(payload: &[u8]) -> Result<Member, Malformed> {
    let mut r = Reader::new(payload);
    let member = Member {
        ordinal: r.u32()?,
        name: r.text()?.to_owned(),
        media_type: r.option(|r| r.text().map(String::from))?,
        bytes: Arc::from(r.slice()?),
        // Readers whose members stand in values need mappings, and run inside.
        written: Default::default(),
    };
    r.end()?;
    Ok(member)
}

/// The payload of a gap; the item is known outside.
pub(super) fn gap(gap: &Gap) -> Vec<u8> {
    let mut w = Writer::default();
    w.choice(&gap.class, &GapClass::ALL);
    w.text(gap.code);
    w.text(&gap.message);
    w.option(gap.offset, Writer::u64);
    w.option(gap.bytes, Writer::u64);
    w.option(gap.lift, |w, flag| w.text(flag));
    w.bytes
}

pub(super) fn decode_gap(payload: &[u8]) -> Result<Gap, Malformed> {
    let mut r = Reader::new(payload);
    let class = r.choice(&GapClass::ALL)?;
    let code = interned(r.text()?).ok_or(Malformed)?;
    let mut gap = Gap::new(class, code, r.text()?);
    gap.offset = r.option(Reader::u64)?;
    gap.bytes = r.option(Reader::u64)?;
    gap.lift = r.option(|r| interned(r.text()?).ok_or(Malformed))?;
    r.end()?;
    Ok(gap)
}

/// A code or flag for good. Readers have few; a child that sends many is not believed.
fn interned(code: &str) -> Option<&'static str> {
    const MOST: usize = 256;
    static CODES: OnceLock<Mutex<BTreeSet<&'static str>>> = OnceLock::new();
    let plain = code.len() <= 48
        && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if !plain || code.is_empty() {
        return None;
    }
    let mut codes = CODES.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = codes.get(code) {
        return Some(known);
    }
    if codes.len() >= MOST {
        return None;
    }
    let code: &'static str = Box::leak(code.to_owned().into_boxed_str());
    codes.insert(code);
    Some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_go_with_the_request() {
        let words = ["geheim", "ñandú"].map(|word| Zeroizing::new(word.to_owned())).to_vec();
        let limits = Limits { passwords: Arc::new(Passwords::new(words)), ..Limits::default() };
        let piece = crate::formats::collect::piece(b"x");
        let sent = request(&piece, &limits, Purpose::Scan);
        let got = Request::decode(&sent).unwrap().limits.passwords;
        assert_eq!(got.iter().collect::<Vec<_>>(), ["geheim", "ñandú"]);
        // Behind the limits stand purpose, length and the piece's one byte.
        let few = sent.len() - 6 - "ñandú".len() - 4;
        assert!(Request::decode(sent.get(..few).unwrap()).is_err());
    }

    #[test]
    fn gaps_and_members_there_and_back() {
        let told = Gap::new(GapClass::Limit, "too-deep", "x").at(3, Some(4)).lifted_by("--max-depth");
        assert_eq!(decode_gap(&gap(&told)), Ok(told));
        let payload = member(&Member {
            ordinal: 2,
            name: "a".into(),
            bytes: Arc::from(&b"xy"[..]),
            media_type: None,
            written: Default::default(),
        });
        assert_eq!(decode_member(&payload).unwrap().bytes[..], b"xy"[..]);
        let odd = Gap::new(GapClass::Limit, "Juan Pérez", "x");
        assert_eq!(decode_gap(&gap(&odd)), Err(Malformed));
    }
}
