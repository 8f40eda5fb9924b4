//! The way back for messages: new bytes for members, in the transfer encoding they stand in.

use std::ops::Range;
use std::sync::Arc;

use super::{Told, messages, read_message};
use crate::formats::encoding::{Unencodable, base64, mbox_from, quoted_printable};
use crate::formats::rewrite::{Refused, Rewrite, Splice};
use crate::formats::{Member, Piece, Purpose, Reading, Yield};
use crate::records::{Block, ByteBudget, Gap, Limits};

/// How the bytes of a member stand in the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// As they are.
    Plain,
    /// As they are, with `From ` lines behind `>`.
    Quoted,
    /// In quoted-printable.
    QuotedPrintable,
    /// In base64.
    Base64,
    /// In a form that is not written: uuencode, or quoted-printable whose `From ` lines are quoted.
    Unwritable,
}

/// Where a member stands in the bytes of the piece.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// Its number.
    pub(super) ordinal: u32,
    /// Its encoded bytes, without the line ends behind them.
    pub(super) range: Range<usize>,
    /// How they are encoded.
    pub(super) written: Written,
}

/// The way back of mail and mbox.
pub(super) struct MailBack {
    /// Whether the item is a mailbox.
    pub(super) in_mbox: bool,
}

impl Rewrite for MailBack {
    fn replace_members(
        &self,
        piece: &Piece<'_>,
        reading: &Reading<'_>,
        members: &[(u32, Arc<[u8]>)],
    ) -> Result<Vec<Splice>, Refused> {
        let places = places(piece, reading, self.in_mbox);
        let mut splices = Vec::new();
        for place in &places {
            let Some((_, bytes)) = members.iter().find(|(ordinal, _)| *ordinal == place.ordinal) else {
                continue;
            };
            let old = piece.bytes.get(place.range.clone()).unwrap_or(&[]);
            let new = encode(place.written, old, bytes).map_err(|Unencodable| {
                Refused::new("member-not-writable", "a member stands in the message in a form that is not written; remove the message instead")
            })?;
            if has_delimiter(piece.bytes, place, &new) {
                return Err(Refused::new(
                    "member-not-writable",
                    "a member's new bytes hold a line that ends a part of the message",
                ));
            }
            let base = piece.base;
            splices.push(Splice {
                range: base + place.range.start as u64..base + place.range.end as u64,
                bytes: new,
            });
        }
        Ok(splices)
    }
}

fn encode(written: Written, old: &[u8], new: &[u8]) -> Result<Vec<u8>, Unencodable> {
    let mut out = Vec::new();
    match written {
        Written::Plain => out.extend_from_slice(new),
        Written::Quoted => mbox_from::encode(new, &mut out),
        Written::QuotedPrintable => quoted_printable::encode(new, &mut out),
        Written::Base64 => base64::encode_over(old, new, &mut out),
        Written::Unwritable => return Err(Unencodable),
    }
    Ok(out)
}

/// Whether bytes that stand as they are hold the delimiter line that ends the part, or a line an mbox
/// would take for a new message.
fn has_delimiter(bytes: &[u8], place: &Place, new: &[u8]) -> bool {
    if !matches!(place.written, Written::Plain | Written::Quoted) {
        return false;
    }
    let behind = bytes.get(place.range.end..).unwrap_or(&[]).trim_ascii_start();
    let delimiter = behind.split(|byte| matches!(byte, b'\r' | b'\n')).next().unwrap_or(&[]);
    let delimiter = delimiter.strip_suffix(b"--").filter(|rest| rest.len() > 2).unwrap_or(delimiter);
    delimiter.starts_with(b"--") && new.split(|byte| *byte == b'\n').any(|line| line.starts_with(delimiter))
}

/// Reads the messages of a piece again, for where their members stand. What comes out of them counted
/// when it was scanned, and is not counted again.
fn places(piece: &Piece<'_>, reading: &Reading<'_>, in_mbox: bool) -> Vec<Place> {
    let limits = Limits { expanded: ByteBudget::new(u64::MAX), ..reading.limits.clone() };
    let reading = Reading { mappings: reading.mappings, limits: &limits, purpose: Purpose::Scan };
    let mut places = Vec::new();
    for message in messages(piece, in_mbox) {
        let mut told = Told::default();
        read_message(&message, &reading, &mut Nothing::default(), &mut told);
        places.append(&mut told.places);
    }
    places
}

/// Keeps nothing.
#[derive(Default)]
struct Nothing {
    block: Block,
}

impl Yield for Nothing {
    fn block(&mut self) -> &mut Block {
        &mut self.block
    }

    fn boundary(&mut self) {
        self.block.clear();
    }

    fn hand_on(&mut self) {
        self.block.clear();
    }

    fn member(&mut self, _member: Member) {}

    fn gap(&mut self, _gap: Gap) {}
}
