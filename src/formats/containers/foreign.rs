//! Containers that have no reader here, by their marks, and are opened by bsdtar (libarchive) where it may be used: it
//! makes a pax archive of them over pipes, and that is read as any other. There is no way back.

use std::io::Cursor;

use super::tar::Tar;
use super::{Container, Holding};
use crate::formats::child::{Bounds, ToolFailure, piped};
use crate::formats::{Format, Piece, Reading, Vote, Yield};
use crate::records::{Gap, GapClass};

/// The format `foreign`.
pub(in crate::formats) struct Foreign;

/// What the marks of a container say it is.
fn kind(head: &[u8]) -> Option<&'static str> {
    let has = |at: usize, mark: &[u8]| head.get(at..at + mark.len()) == Some(mark);
    let digits = |range: std::ops::Range<usize>, radix: u32| {
        head.get(range).is_some_and(|digits| digits.iter().all(|byte| char::from(*byte).is_digit(radix)))
    };
    let found = match () {
        () if has(0, b"Rar!\x1A\x07") => "RAR archive",
        () if has(0, b"MSCF\0\0\0\0") => "cabinet archive",
        () if has(0, b"xar!\0\x1C") => "xar archive",
        // ISO 9660, 6.2.1 and 8.1: sixteen sectors that belong to nobody, then a volume descriptor.
        () if has(0x8001, b"CD001") => "ISO 9660 image",
        () if has(0, b"!<arch>\n") && (has(66, b"`\n") || head.len() == 8) => "ar archive",
        () if (has(0, b"070701") || has(0, b"070702")) && digits(0..110, 16) => "cpio archive",
        () if has(0, b"070707") && digits(0..76, 8) => "cpio archive",
        () if (has(0, b"\xC7\x71") || has(0, b"\x71\xC7")) && head.len() >= 26 => "cpio archive",
        () if has(2, b"-lh") && has(6, b"-") && head.get(20).is_some_and(|level| *level <= 3) => {
            "LHA archive"
        }
        () => return None,
    };
    Some(found)
}

impl Format for Foreign {
    fn name(&self) -> &'static str {
        "foreign"
    }

    fn probe(&self, head: &[u8], _name: &str) -> Vote {
        if kind(head).is_some() { Vote::Strong } else { Vote::No }
    }

    fn is_packed(&self) -> bool {
        true
    }

    fn read(&self, piece: &Piece<'_>, reading: &Reading<'_>, out: &mut dyn Yield) {
        if piece.bytes.is_empty() {
            return;
        }
        out.block().raw_bytes += piece.bytes.len() as u64;
        let limits = reading.limits;
        let what = kind(piece.bytes).unwrap_or("container");
        if limits.depth == 0 {
            let what = "containers lie inside each other deeper than is read";
            return out.gap(Gap::new(GapClass::Limit, "too-deep", what).lifted_by("--max-depth"));
        }
        let Some(tool) = &limits.tools.unpacker else {
            let advice = limits.tools.advice("bsdtar", "libarchive-tools");
            let what = format!("{what}: it was not opened; {advice}, or unpack it and scan the folder");
            return out.gap(Gap::new(GapClass::Unread, "no-reader", what));
        };
        let most = limits.expands(piece.bytes.len() as u64);
        // It is held whole, beside the container.
        let all = most.min(limits.record_bytes.saturating_mul(2));
        let arguments = ["-cf", "-", "--format=pax", "@-"];
        // Headers and blocks of the archive it makes are none of the members' bytes.
        let taken = all.saturating_add(all / 8).saturating_add(1 << 20);
        let (made, failure) = piped(&tool.path, &arguments, piece.bytes, &Bounds::DEFAULT, taken);
        match failure {
            None => out.gap(Gap::with_tool(&format!("the {what}"), tool, "what it says is taken as it is")),
            Some(failure) => out.gap(failed(what, failure)),
        }
        if made.is_empty() {
            return;
        }
        let mut holding = Holding { reading, most, left: all, members: 0, out };
        Tar.walk(&mut Cursor::new(made), piece.name, &limits.passwords, &mut holding);
    }
}

fn failed(what: &str, failure: ToolFailure) -> Gap {
    let class = match failure {
        ToolFailure::NotStarted | ToolFailure::Failed => GapClass::Fault,
        ToolFailure::TimedOut | ToolFailure::TooMuch => GapClass::Limit,
    };
    let told = failure.told();
    let what = format!(
        "{what}: bsdtar, which opens it, {told}; it may be damaged or encrypted. What came out was read: unpack it and scan the folder"
    );
    Gap::new(class, "tool-failed", what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_told_from_texts() {
        let mut iso = vec![0; 0x9000];
        iso[0x8001..0x8006].copy_from_slice(b"CD001");
        assert_eq!(kind(&iso), Some("ISO 9660 image"));
        assert_eq!(kind(b"Rar!\x1A\x07\x01\0"), Some("RAR archive"));
        for text in [
            &b"070707 is a number of ours, ask for 070701"[..],
            b"!<arch>\nis the mark of ar, and this text is none of its archives, whatever it says of it",
            b"a -lh5- is the method of LHA",
            b"Rar! said the lion",
            b"",
        ] {
            assert_eq!(kind(text), None, "{}", String::from_utf8_lossy(text));
        }
    }
}
