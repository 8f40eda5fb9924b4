//! ZIP archives (APPNOTE 6.3.10), ZIP64 included.

use std::collections::HashSet;
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek, SeekFrom, Write};
use std::ops::ControlFlow;
use std::sync::Arc;

use ::zip::read::{ZipFile, ZipReadOptions, read_zipfile_from_stream};
use ::zip::result::{ZipError, ZipResult};
use ::zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::{Contained, Container, Head, Piece, Reading, Source, Visitor, damaged};
use crate::formats::rewrite::{Refused, Rewrite, Splice};
use crate::records::{Gap, GapClass, Passwords, Text, Trial, Tries};

/// The format `zip`.
pub(in crate::formats) static ZIP: Contained<Zip> = Contained(Zip);

/// ZIP archives.
pub(in crate::formats) struct Zip;

impl Container for Zip {
    fn name(&self) -> &'static str {
        "zip"
    }

    fn claims(&self, head: &[u8]) -> bool {
        head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") && head.len() >= 22
    }

    fn seeks(&self) -> bool {
        true
    }

    fn walk(&self, source: &mut dyn Source, _name: &str, passwords: &Passwords, visitor: &mut dyn Visitor) {
        let Ok(mut archive) = ZipArchive::new(&mut *source) else {
            visitor.gap(damaged("the ZIP archive ends early: its list of members is not there"));
            return forward(source, visitor);
        };
        if archive.has_overlapping_files().unwrap_or(true) {
            let what = "members of the ZIP archive share their bytes, or stand where they cannot: it may be a bomb, and was not opened";
            return visitor.gap(Gap::new(GapClass::Limit, "overlapping-members", what));
        }
        if archive.has_duplicate_names() {
            visitor
                .gap(damaged("several members of the ZIP archive have one name, and only the last was read"));
        }
        if archive.offset() > 0 || archive.validate_header_consistency().is_err() {
            visitor
                .gap(damaged("the ZIP archive holds bytes that its list does not name: they were not read"));
        }
        let (mut comments, mut tries) = (Vec::new(), Tries::new(passwords));
        for at in 0..archive.len() {
            if one(&mut archive, at, &mut comments, &mut tries, visitor).is_break() {
                return;
            }
        }
        comments.push((number(2 * archive.len()), "comment".to_owned(), archive.comment().to_vec()));
        for (ordinal, name, text) in comments {
            let head = Head { ordinal, name };
            if !text.is_empty() && visitor.member(head, &mut text.as_slice()).is_break() {
                return;
            }
        }
        let list = archive.central_directory_start();
        if archive.offset() == 0 && holds_more(archive.into_inner(), list).unwrap_or(true) {
            visitor.gap(damaged("the ZIP archive holds bytes behind its end: they were not read"));
        }
    }
}

/// Whether anything stands behind the record that ends the list of members (APPNOTE 4.3.12 to 4.3.16).
fn holds_more(source: &mut dyn Source, list: u64) -> io::Result<bool> {
    source.seek(SeekFrom::Start(list))?;
    let mut source = BufReader::new(source);
    loop {
        let mut mark = [0; 4];
        source.read_exact(&mut mark)?;
        // How long the rest of a record is stands in it.
        let rest = match &mark {
            b"PK\x01\x02" => {
                let head: [u8; 42] = array(&mut source)?;
                let long = |at: usize| {
                    head.get(at..at + 2)
                        .map_or(0, |two| two.iter().rev().fold(0, |n, byte| n << 8 | u64::from(*byte)))
                };
                long(24) + long(26) + long(28)
            }
            b"PK\x06\x06" => u64::from_le_bytes(array(&mut source)?),
            b"PK\x06\x07" => 16,
            b"PK\x05\x05" => u64::from(u16::from_le_bytes(array(&mut source)?)),
            b"PK\x05\x06" => {
                let _: [u8; 16] = array(&mut source)?;
                let comment = u64::from(u16::from_le_bytes(array(&mut source)?));
                skip(&mut source, comment)?;
                return Ok(!source.fill_buf()?.is_empty());
            }
            _ => return Ok(true),
        };
        skip(&mut source, rest)?;
    }
}

fn array<const N: usize>(source: &mut dyn Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    source.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn skip(source: &mut dyn Read, bytes: u64) -> io::Result<()> {
    match io::copy(&mut source.take(bytes), &mut io::sink())? == bytes {
        true => Ok(()),
        false => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// Members are numbered from 1, then their comments, then the comment of the whole.
fn number(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX).saturating_add(1)
}

/// Hands out one member, and keeps its comment for later.
fn one<R: Read + Seek>(
    archive: &mut ZipArchive<R>,
    at: usize,
    comments: &mut Vec<(u32, String, Vec<u8>)>,
    tries: &mut Tries<'_>,
    visitor: &mut dyn Visitor,
) -> ControlFlow<()> {
    let members = archive.len();
    let (name, comment, locked, link) = match archive.by_index_raw(at) {
        Ok(raw) => (name_of(&raw), raw.comment().to_owned(), locked(&raw), raw.is_symlink()),
        Err(_) => {
            visitor.gap(damaged("a member of the ZIP archive is not where its list says"));
            return ControlFlow::Continue(());
        }
    };
    if !comment.is_empty() {
        comments.push((number(members + at), format!("{name} (comment)"), comment.into_bytes()));
    }
    let head = Head { ordinal: number(at), name };
    let password = match locked.map(|locked| locked.open(archive, at, tries)) {
        None => None,
        Some(Ok((password, gap))) => {
            visitor.gap(gap);
            Some(password)
        }
        Some(Err(gap)) => return visitor.unread(head, gap),
    };
    if link {
        let what = "a link in an archive is not followed; what it leads to is read where it is";
        return visitor.unread(head, Gap::new(GapClass::Unread, "link-not-followed", what));
    }
    match archive.by_index_with_options(at, with(password)) {
        Ok(mut content) => visitor.member(head, &mut content),
        Err(ZipError::UnsupportedArchive(_)) => {
            let what = "a member of the ZIP archive is compressed in a way that is not read; unpack it and scan the folder";
            visitor.unread(head, Gap::new(GapClass::Unread, "unknown-compression", what))
        }
        Err(_) => visitor.unread(head, damaged("a member of the ZIP archive cannot be read")),
    }
}

/// How a member is encrypted.
struct Locked {
    how: String,
    /// Digests a try takes; none where passwords do not open it here.
    rounds: Option<u64>,
}

/// How a member is encrypted, if it is: bit 6 of the flags is the strong encryption of PKWARE, method 99 the AES of
/// WinZip (APPNOTE 4.4.4, 4.4.5), the rest the cipher of PKZIP 2, which is broken with a few known bytes (Biham and
/// Kocher, 1994).
fn locked<R: Read>(file: &ZipFile<'_, R>) -> Option<Locked> {
    const STRONG: u16 = 1 << 6;
    if !file.encrypted() {
        return None;
    }
    let strength = strength(&file.extra_data().unwrap_or_default());
    // Where the extra field is read, the method is that of the compression inside.
    Some(if file.compression() == CompressionMethod::AES || !strength.is_empty() {
        let how = format!("with AES{strength}, as WinZip does");
        // PBKDF2 with a thousand rounds of two digests for each of four blocks of its key.
        Locked { how, rounds: Some(8000) }
    } else if file.flags().as_u16() & STRONG != 0 {
        Locked { how: "by the strong encryption of PKWARE".to_owned(), rounds: None }
    } else {
        Locked { how: "by the stream cipher of PKZIP 2 (ZipCrypto)".to_owned(), rounds: Some(1) }
    })
}

impl Locked {
    /// The password that opens the member at a place, and what is told of that; else the gap.
    fn open<'p, R: Read + Seek>(
        &self,
        archive: &mut ZipArchive<R>,
        at: usize,
        tries: &mut Tries<'p>,
    ) -> Result<(&'p str, Gap), Gap> {
        const WHAT: &str = "a member of the ZIP archive";
        let Some(rounds) = self.rounds else { return Err(Gap::encrypted(WHAT, &self.how)) };
        match tries.find(rounds, |password| opens(archive, at, password)) {
            Trial::Opened(password) => Ok((password, Gap::opened(WHAT, &self.how))),
            Trial::Closed(tried) => Err(Gap::closed(WHAT, &self.how, tried)),
        }
    }
}

/// Bytes of a member that a password is tried on: those that check it are one or two.
const TRIED: u64 = 16 << 20;

/// Whether a password opens a member: one in 256, or in 65,536, seems to and gives noise.
fn opens<R: Read + Seek>(archive: &mut ZipArchive<R>, at: usize, password: &str) -> bool {
    let Ok(content) = archive.by_index_with_options(at, with(Some(password))) else { return false };
    io::copy(&mut content.take(TRIED), &mut io::sink()).is_ok()
}

fn with(password: Option<&str>) -> ZipReadOptions<'_> {
    ZipReadOptions::new().password(password.map(str::as_bytes))
}

/// The length of the key, by the extra field of AE-1 and AE-2: mark, size, version, vendor, strength.
fn strength(mut extra: &[u8]) -> &'static str {
    while let [low, high, size, more, rest @ ..] = extra {
        if (*low, *high) == (0x01, 0x99) {
            return match rest.get(4) {
                Some(1) => "-128",
                Some(2) => "-192",
                Some(3) => "-256",
                _ => "",
            };
        }
        extra = rest.get(usize::from(u16::from_le_bytes([*size, *more]))..).unwrap_or_default();
    }
    ""
}

fn name_of<R: Read>(file: &ZipFile<'_, R>) -> String {
    match file.name() {
        Ok(name) => name.into_owned(),
        Err(_) => String::from_utf8_lossy(file.name_raw()).into_owned(),
    }
}

/// An archive without its list, from the first header on, as far as that goes.
fn forward(source: &mut dyn Source, visitor: &mut dyn Visitor) {
    if source.rewind().is_err() {
        return;
    }
    let mut source = source;
    for ordinal in 1.. {
        let Ok(Some(mut file)) = read_zipfile_from_stream(&mut source) else { return };
        let head = Head { ordinal, name: name_of(&file) };
        if file.encrypted() || visitor.member(head, &mut file).is_break() {
            return;
        }
    }
}

impl Rewrite for Zip {
    /// The archive is put together anew: members that stay are copied as they are compressed.
    fn replace_all(
        &self,
        piece: &Piece<'_>,
        _reading: &Reading<'_>,
        members: &[(u32, Arc<[u8]>)],
        names: &[(u32, Text)],
    ) -> Result<Vec<Splice>, Refused> {
        let bytes = rewritten(piece.bytes, members, names)
            .map_err(|_| Refused::new("member-not-writable", "the ZIP archive could not be written anew"))?;
        Ok(vec![Splice { range: piece.base..piece.base + piece.bytes.len() as u64, bytes }])
    }
}

fn rewritten(bytes: &[u8], members: &[(u32, Arc<[u8]>)], names: &[(u32, Text)]) -> ZipResult<Vec<u8>> {
    let mut archive = ZipArchive::new(Cursor::new(bytes))?;
    let mut out = ZipWriter::new(Cursor::new(Vec::with_capacity(bytes.len())));
    let new = |at: usize| members.iter().find(|(ordinal, _)| *ordinal == number(at)).map(|(_, bytes)| bytes);
    let named = |at: usize| names.iter().find(|(ordinal, _)| *ordinal == number(at)).map(|(_, name)| name);
    let count = archive.len();
    let mut taken = HashSet::new();
    for at in 0..count {
        let file = archive.by_index_raw(at)?;
        // Two names may have become one.
        let renamed = named(at).map(|name| match taken.contains(name.expose()) {
            false => name.expose().to_owned(),
            true => format!("{} {}", number(at), name.expose()),
        });
        taken.insert(renamed.clone().unwrap_or_else(|| name_of(&file)));
        let comment = new(count + at).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        if new(at).is_none() && comment.is_none() {
            match renamed {
                None => out.raw_copy_file(file)?,
                Some(name) => out.raw_copy_file_rename(file, name)?,
            }
            continue;
        }
        let comment = comment.unwrap_or_else(|| file.comment().to_owned());
        let name = renamed.unwrap_or_else(|| name_of(&file));
        // It would come out in clear.
        if file.encrypted() {
            return Err(ZipError::UnsupportedArchive("a member that is encrypted is not written"));
        }
        let written = writable(file.compression());
        let options =
            file.options().compression_method(written).into_full_options().with_file_comment(comment);
        drop(file);
        out.start_file(name, options)?;
        match new(at) {
            Some(bytes) => out.write_all(bytes)?,
            None => {
                std::io::copy(&mut archive.by_index(at)?, &mut out)?;
            }
        }
    }
    let comment = new(2 * count).map_or_else(|| archive.comment().to_vec(), |bytes| bytes.to_vec());
    out.set_raw_comment(comment.into_boxed_slice())?;
    Ok(out.finish()?.into_inner())
}

/// What becomes of an entry of a package.
pub(in crate::formats) enum Entry<'e> {
    /// It is copied as it is compressed.
    Stays,
    /// It goes.
    Goes,
    /// It has other bytes.
    Has(&'e [u8]),
}

/// A package with some entries changed, the others copied in their order as they are compressed. Comments, which
/// packages have none of, are left out.
pub(in crate::formats) fn repacked<'e>(
    bytes: &[u8],
    entry: impl Fn(&str) -> Entry<'e>,
) -> ZipResult<Vec<u8>> {
    let mut archive = ZipArchive::new(Cursor::new(bytes))?;
    let mut out = ZipWriter::new(Cursor::new(Vec::with_capacity(bytes.len())));
    for at in 0..archive.len() {
        let file = archive.by_index_raw(at)?;
        let name = name_of(&file);
        match entry(&name) {
            Entry::Goes => {}
            Entry::Stays => out.raw_copy_file(file)?,
            Entry::Has(new) => {
                let options = file.options().compression_method(writable(file.compression()));
                drop(file);
                out.start_file(name, options)?;
                out.write_all(new)?;
            }
        }
    }
    Ok(out.finish()?.into_inner())
}

/// The method a member is compressed with anew.
fn writable(method: CompressionMethod) -> CompressionMethod {
    match method {
        CompressionMethod::Stored | CompressionMethod::Bzip2 => method,
        _ => CompressionMethod::Deflated,
    }
}
