//! Photoshop's image resources ("8BIM"), in which IPTC data stand among others.

use super::metadata::{Metadata, decoded};
use super::numbers::{len_be, run, u16_be};
use super::{exif, iptc, xmp};
use crate::records::Role;

/// Reads the resources, which begin at `base` of the file.
pub(super) fn read(bytes: &[u8], base: usize, out: &mut Metadata) {
    let mut at = 0;
    while let Some(mark) = run(bytes, at, 4) {
        if ![&b"8BIM"[..], b"8B64", b"MeSa", b"PHUT", b"AgHg", b"DCSR"].contains(&mark) {
            break;
        }
        let (Some(id), Some(named)) = (u16_be(bytes, at + 4), bytes.get(at + 6)) else { break };
        let name = run(bytes, at + 7, usize::from(*named)).unwrap_or_default();
        out.text("photoshop/name", Role::Other, &decoded(name), base + at + 7);
        // A name and its length take an even number of bytes, and so does what follows.
        let start = at + 6 + (1 + usize::from(*named)).next_multiple_of(2);
        let Some(len) = len_be(bytes, start) else { break };
        let Some(content) = run(bytes, start + 4, len) else {
            return out.damaged("a resource of the picture ends early");
        };
        one(id, content, base + start + 4, out);
        at = (start + 4).saturating_add(len.next_multiple_of(2));
    }
}

fn one(id: u16, content: &[u8], raw: usize, out: &mut Metadata) {
    match id {
        0x0404 => iptc::read(content, raw, out),
        0x0422 | 0x0423 => {
            exif::read(content, raw, out);
        }
        0x0424 => xmp::read(content, raw, out),
        0x040B => out.text("photoshop/url", Role::Url, &decoded(content), raw),
        0x03F0 => {
            out.text("photoshop/caption", Role::Body, &decoded(content.get(1..).unwrap_or_default()), raw)
        }
        // Thumbnails, digests, profiles, curves.
        0x0409 | 0x040C | 0x040F | 0x0425 | 0x03E8..=0x0403 | 0x0405..=0x0408 => {}
        _ => out.readable(&format!("photoshop/{id:#06x}"), content, raw),
    }
}
