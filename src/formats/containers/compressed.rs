//! Streams of one file: gzip (RFC 1952), bzip2, xz, Zstandard (RFC 8878). Several in a row are one file.

use std::io::{self, BufRead, BufReader, Cursor, Read, Write};
use std::ops::ControlFlow;
use std::sync::Arc;

use super::{Contained, Container, Head, Piece, Reading, Source, Visitor};
use crate::formats::rewrite::{Refused, Rewrite, Splice};
use crate::records::{Passwords, Text};

/// Most memory a decoder may ask for its window: what the strongest presets of xz and zstd need, KiB.
const WINDOW_KIB: u32 = 68 << 10;

/// How one compression is read and written.
pub(in crate::formats) struct Compressed {
    name: &'static str,
    magic: &'static [u8],
    /// Endings of names, and what a name without them ends in.
    endings: &'static [(&'static str, &'static str)],
    decode: for<'r> fn(&'r mut dyn Read) -> Opened<'r>,
    pub(super) encode: fn(&[u8]) -> io::Result<Vec<u8>>,
}

/// A stream that was begun.
struct Opened<'r> {
    /// What its head says the file is called, and beside.
    name: Option<Vec<u8>>,
    comment: Option<Vec<u8>>,
    content: Box<dyn Read + 'r>,
}

impl<'r> Opened<'r> {
    fn unnamed(content: impl Read + 'r) -> Self {
        Self { name: None, comment: None, content: Box::new(content) }
    }
}

/// gzip.
pub(in crate::formats) static GZIP: Contained<Compressed> = Contained(Compressed {
    name: "gzip",
    magic: b"\x1F\x8B\x08",
    endings: &[(".tgz", ".tar"), (".gz", ""), (".gzip", "")],
    decode: |source| {
        let content = flate2::read::MultiGzDecoder::new(source);
        let said =
            |of: fn(&flate2::GzHeader) -> Option<&[u8]>| content.header().and_then(of).map(<[u8]>::to_vec);
        let (name, comment) = (said(flate2::GzHeader::filename), said(flate2::GzHeader::comment));
        Opened { name, comment, content: Box::new(content) }
    },
    encode: |bytes| {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        out.write_all(bytes)?;
        out.finish()
    },
});

/// bzip2.
pub(in crate::formats) static BZIP2: Contained<Compressed> = Contained(Compressed {
    name: "bzip2",
    magic: b"BZh",
    endings: &[(".tbz2", ".tar"), (".tbz", ".tar"), (".bz2", "")],
    decode: |source| Opened::unnamed(bzip2::read::MultiBzDecoder::new(source)),
    encode: |bytes| {
        let mut out = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
        out.write_all(bytes)?;
        out.finish()
    },
});

/// xz.
pub(in crate::formats) static XZ: Contained<Compressed> = Contained(Compressed {
    name: "xz",
    magic: b"\xFD7zXZ\0",
    endings: &[(".txz", ".tar"), (".xz", "")],
    decode: |source| Opened::unnamed(lzma_rust2::XzReader::new_mem_limit(source, true, WINDOW_KIB)),
    encode: |bytes| {
        let mut out = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(6))?;
        out.write_all(bytes)?;
        out.finish()
    },
});

/// Zstandard.
pub(in crate::formats) static ZSTD: Contained<Compressed> = Contained(Compressed {
    name: "zstd",
    magic: b"\x28\xB5\x2F\xFD",
    endings: &[(".tzst", ".tar"), (".zst", ""), (".zstd", "")],
    decode: |source| Opened::unnamed(Frames { source: BufReader::new(source), frame: None }),
    encode: |bytes| {
        let level = ruzstd::encoding::CompressionLevel::Fastest;
        Ok(ruzstd::encoding::compress_to_vec(Cursor::new(bytes), level))
    },
});

/// Frames of Zstandard, one after the other; those that may be skipped are.
struct Frames<'r> {
    source: BufReader<&'r mut dyn Read>,
    frame: Option<ruzstd::decoding::FrameDecoder>,
}

impl Frames<'_> {
    /// Begins the next frame; `false` at the end.
    fn begin(&mut self) -> io::Result<bool> {
        use ruzstd::decoding::FrameDecoder;
        use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
        while !self.source.fill_buf()?.is_empty() {
            let mut frame = FrameDecoder::new();
            frame.set_max_window_size(u64::from(WINDOW_KIB) << 10);
            match frame.init(&mut self.source) {
                Ok(()) => {
                    self.frame = Some(frame);
                    return Ok(true);
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    io::copy(&mut self.source.by_ref().take(u64::from(length)), &mut io::sink())?;
                }
                Err(_) => return Err(io::ErrorKind::InvalidData.into()),
            }
        }
        Ok(false)
    }
}

impl Read for Frames<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        use ruzstd::decoding::BlockDecodingStrategy;
        loop {
            if buffer.is_empty() || (self.frame.is_none() && !self.begin()?) {
                return Ok(0);
            }
            let Some(frame) = &mut self.frame else { return Ok(0) };
            while frame.can_collect() == 0 && !frame.is_finished() {
                let one = BlockDecodingStrategy::UptoBlocks(1);
                frame
                    .decode_blocks(&mut self.source, one)
                    .map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
            }
            let got = frame.read(buffer)?;
            if got > 0 {
                return Ok(got);
            }
            let (said, is) = (frame.get_checksum_from_data(), frame.get_calculated_checksum());
            if said.is_some() && said != is {
                return Err(io::ErrorKind::InvalidData.into());
            }
            self.frame = None;
        }
    }
}

impl Compressed {
    /// What the file inside is called: the container's name without what says that it is compressed.
    pub(super) fn inner(&self, name: &str) -> String {
        let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
        let lower = name.to_ascii_lowercase();
        let found =
            self.endings.iter().find(|(ending, _)| lower.ends_with(ending) && lower.len() > ending.len());
        match found.and_then(|(ending, instead)| Some((name.get(..name.len() - ending.len())?, instead))) {
            Some((stem, instead)) => format!("{stem}{instead}"),
            None => "content".to_owned(),
        }
    }
}

impl Container for Compressed {
    fn name(&self) -> &'static str {
        self.name
    }

    fn claims(&self, head: &[u8]) -> bool {
        let sure = match self.name {
            // The mark is letters: a digit and the mark of a block, or of an empty stream, follow.
            "bzip2" => {
                head.get(3).is_some_and(|level| (b'1'..=b'9').contains(level))
                    && head.get(4..10).is_some_and(|mark| {
                        mark == b"\x31\x41\x59\x26\x53\x59" || mark == b"\x17\x72\x45\x38\x50\x90"
                    })
            }
            _ => true,
        };
        sure && head.starts_with(self.magic)
    }

    fn walk(&self, source: &mut dyn Source, name: &str, _passwords: &Passwords, visitor: &mut dyn Visitor) {
        let mut stream: &mut dyn Source = source;
        let mut opened = (self.decode)(&mut stream);
        let said = |bytes: Vec<u8>| encoding_rs::mem::decode_latin1(&bytes).into_owned();
        let name = opened.name.map_or_else(|| self.inner(name), said);
        let flow = visitor.member(Head { ordinal: 1, name }, opened.content.as_mut());
        if let (ControlFlow::Continue(()), Some(comment)) = (flow, opened.comment) {
            let head = Head { ordinal: 2, name: "comment".to_owned() };
            // There is nothing behind it.
            let _ = visitor.member(head, &mut said(comment).as_bytes());
        }
    }
}

impl Rewrite for Compressed {
    /// The whole is compressed anew, and keeps no name or comment of the old one.
    fn replace_all(
        &self,
        piece: &Piece<'_>,
        _reading: &Reading<'_>,
        members: &[(u32, Arc<[u8]>)],
        _names: &[(u32, Text)],
    ) -> Result<Vec<Splice>, Refused> {
        let failed = || Refused::new("member-not-writable", "the file could not be compressed anew");
        let new = members.iter().find(|(ordinal, _)| *ordinal == 1).map(|(_, bytes)| bytes.to_vec());
        let content = new.map_or_else(
            || {
                // It was read within its bounds before.
                let (mut source, mut bytes) = (piece.bytes, Vec::new());
                (self.decode)(&mut source).content.read_to_end(&mut bytes).map(|_| bytes)
            },
            Ok,
        );
        let bytes = content.and_then(|content| (self.encode)(&content)).map_err(|_| failed())?;
        Ok(vec![Splice { range: piece.base..piece.base + piece.bytes.len() as u64, bytes }])
    }
}
