//! 7z archives (7zFormat.txt of 7-Zip 25). Read in a process of its own, on one thread: the LZMA2 decoder reads
//! far ahead on several, and a PPMd model takes all its memory at once.

use std::io::Read;
use std::ops::ControlFlow;

use sevenz_rust2::{Archive, ArchiveEntry, Block, BlockDecoder, Error, Password};

use super::{Contained, Container, Head, Source, Visitor, damaged};
use crate::formats::rewrite::Rewrite;
use crate::records::{Gap, GapClass, Passwords, Trial, Tries};

/// The format `7z`.
pub(in crate::formats) static SEVEN_Z: Contained<SevenZ> = Contained(SevenZ);

/// Marks of methods.
const AES: &[u8] = &[0x06, 0xF1, 0x07, 0x01];
const PPMD: &[u8] = &[0x03, 0x04, 0x01];
/// Most memory a model of PPMd may ask for; 7-Zip's strongest preset takes 192 MiB.
const MODEL: u64 = 512 << 20;
/// Bytes of a member behind its bound that are unpacked to come to the next one.
const PASSED: u64 = 64 << 20;

/// 7z archives.
pub(in crate::formats) struct SevenZ;

impl Container for SevenZ {
    fn name(&self) -> &'static str {
        "7z"
    }

    fn claims(&self, head: &[u8]) -> bool {
        head.starts_with(b"7z\xBC\xAF\x27\x1C")
    }

    fn seeks(&self) -> bool {
        true
    }

    fn walk(&self, source: &mut dyn Source, _name: &str, passwords: &Passwords, visitor: &mut dyn Visitor) {
        let mut source = source;
        let mut tries = Tries::new(passwords);
        let archive = match Archive::read(&mut source, &Password::empty()) {
            Ok(archive) => archive,
            Err(Error::PasswordRequired) => match unlisted(&mut source, &mut tries) {
                Ok(archive) => {
                    visitor.gap(Gap::opened(WHOLE, HIDDEN));
                    archive
                }
                Err(gap) => return visitor.gap(gap),
            },
            Err(_) => {
                return visitor.gap(damaged("the list of members of the 7z archive is damaged or not there"));
            }
        };
        let mut walk = Walk { archive: &archive, tries, visitor };
        for block in 0..archive.blocks.len() {
            if walk.block(block, &mut source).is_break() {
                return;
            }
        }
        walk.empty();
    }
}

/// Nothing is written into 7z archives.
impl Rewrite for SevenZ {}

/// An archive whose list of members is encrypted, with the password that opens it; what its own length says of
/// rounds stands behind a list that cannot be read, so those 7-Zip takes are counted.
fn unlisted(source: &mut &mut dyn Source, tries: &mut Tries<'_>) -> Result<Archive, Gap> {
    let mut opened = None;
    let trial = tries.find(ROUNDS, |password| {
        opened = Archive::read(source, &Password::new(password)).ok();
        opened.is_some()
    });
    match (trial, opened) {
        (Trial::Closed(tried), _) => Err(Gap::closed(WHOLE, HIDDEN, tried)),
        (_, Some(archive)) => Ok(archive),
        (_, None) => Err(damaged("the list of members of the 7z archive is damaged or not there")),
    }
}

const WHOLE: &str = "the 7z archive";
const HIDDEN: &str = "with AES-256, its list of members too";
/// Rounds of SHA-256 that 7-Zip takes to make a key.
const ROUNDS: u64 = 1 << 19;
/// Bytes of a member that a password is tried on: nothing but its content checks one.
const TRIED: u64 = 16 << 20;

struct Walk<'w> {
    archive: &'w Archive,
    tries: Tries<'w>,
    visitor: &'w mut dyn Visitor,
}

impl Walk<'_> {
    /// The members that are packed together in a block.
    fn block(&mut self, number: usize, source: &mut &mut dyn Source) -> ControlFlow<()> {
        let archive = self.archive;
        let Some(block) = archive.blocks.get(number) else { return ControlFlow::Continue(()) };
        if let Some(gap) = greedy(block) {
            return self.unread(number, &gap);
        }
        let password = match locked(block) {
            None => Password::empty(),
            Some((how, rounds)) => {
                match self.tries.find(rounds, |password| opens(archive, number, password, source)) {
                    Trial::Closed(tried) => return self.unread(number, &Gap::closed(MEMBER, &how, tried)),
                    Trial::Opened(password) => {
                        self.visitor.gap(Gap::opened(MEMBER, &how));
                        Password::new(password)
                    }
                }
            }
        };
        let map = &archive.stream_map;
        let mut at = map.block_first_file_index.get(number).copied().unwrap_or(0);
        let (mut flow, mut given, mut stopped) = (ControlFlow::Continue(()), 0_usize, false);
        // A decoder that failed is not asked again: it may never end.
        let mut failed = false;
        let mut each = |entry: &ArchiveEntry, content: &mut dyn Read| {
            let (index, here) = (at, map.file_block_index.get(at).copied().flatten() == Some(number));
            at += 1;
            // What is empty belongs to no block and comes last.
            if !here {
                return Ok(true);
            }
            given += 1;
            let mut counted = Counted { inner: content, read: 0, failed: false };
            flow = self.one(index, entry, &mut counted);
            stopped = entry.size.saturating_sub(counted.read) > PASSED;
            failed = counted.failed;
            Ok(flow.is_continue() && !stopped && !failed)
        };
        let read = BlockDecoder::new(1, number, archive, &password, source).for_each_entries(&mut each);
        if flow.is_break() {
            return flow;
        }
        let rest = members(archive, number).count() > given;
        match read {
            Err(
                Error::UnsupportedCompressionMethod(_) | Error::Unsupported(_) | Error::ExternalUnsupported,
            ) => {
                let what = "a member of the 7z archive is compressed in a way that is not read; unpack it and scan the folder";
                return self.unread(number, &Gap::new(GapClass::Unread, "unknown-compression", what));
            }
            Err(_) if given == 0 => {
                return self.unread(number, &damaged("a member of the 7z archive cannot be unpacked"));
            }
            Err(_) => {
                self.visitor
                    .gap(damaged("members of the 7z archive that are packed with others cannot be unpacked"));
            }
            Ok(_) if failed && rest => {
                self.visitor.gap(damaged(
                    "members of the 7z archive that are packed behind a damaged one were not read",
                ));
            }
            Ok(_) if stopped && rest => {
                let what = "members of the 7z archive stand behind one that may be a bomb, and were not read; unpack it and scan the folder";
                self.visitor.gap(Gap::new(GapClass::Limit, "expanded-ratio", what).lifted_by("--max-ratio"));
            }
            Ok(_) => {}
        }
        ControlFlow::Continue(())
    }

    fn one(&mut self, index: usize, entry: &ArchiveEntry, content: &mut dyn Read) -> ControlFlow<()> {
        let head = head(index, entry);
        if is_link(entry) {
            let what = "a link in an archive is not followed; what it leads to is read where it is";
            return self.visitor.unread(head, Gap::new(GapClass::Unread, "link-not-followed", what));
        }
        self.visitor.member(head, content)
    }

    /// Tells the same of every member of a block.
    fn unread(&mut self, number: usize, gap: &Gap) -> ControlFlow<()> {
        for (index, entry) in members(self.archive, number) {
            self.visitor.unread(head(index, entry), gap.clone())?;
        }
        ControlFlow::Continue(())
    }

    /// Files and folders without bytes: their names are there to be read.
    fn empty(&mut self) {
        let blocks = &self.archive.stream_map.file_block_index;
        for (index, (entry, _)) in
            self.archive.files.iter().zip(blocks).enumerate().filter(|(_, (_, block))| block.is_none())
        {
            if self.visitor.member(head(index, entry), &mut std::io::empty()).is_break() {
                return;
            }
        }
    }
}

/// The members of a block.
fn members(archive: &Archive, number: usize) -> impl Iterator<Item = (usize, &ArchiveEntry)> {
    let blocks = &archive.stream_map.file_block_index;
    let all = archive.files.iter().zip(blocks).enumerate();
    all.filter(move |(_, (_, block))| **block == Some(number)).map(|(index, (entry, _))| (index, entry))
}

const MEMBER: &str = "a member of the 7z archive";

/// How a block is encrypted, if it is, and the rounds its key takes.
fn locked(block: &Block) -> Option<(String, u64)> {
    let mut coders = block.ordered_coder_iter().map(|(_, coder)| coder);
    let coder = coders.find(|coder| coder.encoder_method_id() == AES)?;
    let power = coder.properties().first().map_or(0, |byte| byte & 0x3F);
    let how = format!("with AES-256, its key made of a password by 2^{power} rounds of SHA-256");
    // All ones: the password is the key.
    Some((how, if power == 0x3F { 1 } else { 1 << power }))
}

/// Whether the first member of a block comes out whole with a password.
fn opens(archive: &Archive, number: usize, password: &str, source: &mut &mut dyn Source) -> bool {
    let password = Password::new(password);
    let mut whole = false;
    let mut first = |_: &ArchiveEntry, content: &mut dyn Read| {
        whole = std::io::copy(&mut content.take(TRIED), &mut std::io::sink()).is_ok();
        Ok(false)
    };
    let read = BlockDecoder::new(1, number, archive, &password, source).for_each_entries(&mut first);
    read.is_ok() && whole
}

/// Why a block is not unpacked, if it is not.
fn greedy(block: &Block) -> Option<Gap> {
    let mut coders = block.ordered_coder_iter().map(|(_, coder)| coder);
    let model = coders.find(|coder| coder.encoder_method_id() == PPMD)?;
    let size = model
        .properties()
        .get(1..5)
        .map_or(0, |four| four.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)));
    (size > MODEL).then(|| {
        let what =
            "a member of the 7z archive asks for more memory than is given; unpack it and scan the folder";
        Gap::new(GapClass::Limit, "container-too-large", what)
    })
}

fn head(index: usize, entry: &ArchiveEntry) -> Head {
    let ordinal = u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1);
    Head { ordinal, name: entry.name.clone() }
}

/// Whether the attributes, whose upper half is the mode of POSIX where bit 15 says so, are a link's.
fn is_link(entry: &ArchiveEntry) -> bool {
    const EXTENSION: u32 = 0x8000;
    const REPARSE_POINT: u32 = 0x400;
    let attributes = entry.windows_attributes;
    let mode = attributes >> 16;
    entry.has_windows_attributes
        && (attributes & EXTENSION != 0 && mode & 0o170_000 == 0o120_000 || attributes & REPARSE_POINT != 0)
}

/// Counts what is read.
struct Counted<'c> {
    inner: &'c mut dyn Read,
    read: u64,
    failed: bool,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let got = self.inner.read(buffer);
        self.failed |= got.as_ref().is_err_and(|error| error.kind() != std::io::ErrorKind::Interrupted);
        self.read += got.as_ref().map_or(0, |got| *got as u64);
        got
    }
}
