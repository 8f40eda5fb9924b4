//! Sealed objects, format 1.
//!
//! | bytes | meaning |
//! |---|---|
//! | 4 | `OLVO` |
//! | 1 | format version, 1 |
//! | 1 | kind, see [`Kind`] |
//! | 2 | how many subjects, *s* |
//! | 8 | slot of the record's key |
//! | 8 | length of the body |
//! | 4 | item in the archive |
//! | 4 | ordinal of the object in the item |
//! | 32 | salt, fresh for each object |
//! | 32 | key commitment |
//! | 8·*s* | slots of the subjects' keys, ascending |
//! | … | body: chunks of 64 KiB, the last may be shorter; then the 16-byte tags of all chunks, in order |
//!
//! Integers are big-endian. Key and commitment are the halves of HKDF-SHA-256 over the record's key
//! followed by the subjects' keys: the object dies with any of them. Chunks are AES-256-GCM with the nonce
//! 0⁷ ‖ chunk number (4) ‖ 1 for the last, else 0; a key encrypts one object only. The associated data of
//! every chunk is the SHA-256 of a label, the vault's id, the archive's id and the whole header, so that no
//! object can stand for another, in another place, or be cut. The plaintext is its length (8 bytes), the
//! data, and zeros up to a Padmé size (Nikitin et al., PETS 2019), at least 256 bytes: lengths say little.

use std::io::{self, Read};

use ring::aead::{Aad, MAX_TAG_LEN, Nonce, Tag};

use super::digest::{Digest, Sha256};
use super::secret::{Randomness, Secret, derive};
use crate::problem::Problem;

const MAGIC: [u8; 4] = *b"OLVO";
const VERSION: u8 = 1;
const FIXED: usize = 96;
const CHUNK: usize = 64 << 10;
const TAG: usize = MAX_TAG_LEN;
/// Smallest padded plaintext.
const FLOOR: u64 = 256;
/// Largest body that is read: what a reader of pieces can hand in, with room.
const LARGEST: u64 = 1 << 32;
/// Subjects of one object.
const SUBJECTS: usize = u16::MAX as usize;
const KEY_LABEL: &[u8] = b"olvido/vault/object/v1";
const AAD_LABEL: &[u8] = b"olvido/vault/object-aad/v1";

/// What an object holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The head of an archive: what it is made of.
    Archive,
    /// Name, mode, size and digest of an item.
    Item,
    /// The bytes of a record without what is sealed for other people.
    Frame,
    /// Bytes that belong to a person other than the one the record is about.
    Span,
    /// The end of an archive: how many objects there are.
    End,
}

impl Kind {
    const ALL: [Kind; 5] = [Kind::Archive, Kind::Item, Kind::Frame, Kind::Span, Kind::End];

    fn code(self) -> u8 {
        match self {
            Kind::Archive => 1,
            Kind::Item => 2,
            Kind::Frame => 3,
            Kind::Span => 4,
            Kind::End => 5,
        }
    }

    /// Stable name in listings and certificates.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Archive => "archive",
            Kind::Item => "item",
            Kind::Frame => "frame",
            Kind::Span => "span",
            Kind::End => "end",
        }
    }
}

/// Which vault and archive an object stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Home {
    /// The vault's id.
    pub vault: [u8; 16],
    /// The archive's id.
    pub archive: [u8; 16],
}

/// What the header says: all of it is bound to the contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// What the object holds.
    pub kind: Kind,
    /// Slot of the record's key.
    pub record: u64,
    /// Slots of the subjects' keys, ascending.
    pub subjects: Vec<u64>,
    /// Item in the archive.
    pub item: u32,
    /// Ordinal of the object in the item.
    pub ordinal: u32,
}

/// A sealed object as it stands in a file.
pub struct Sealed {
    /// What the header says.
    pub label: Label,
    /// The key commitment.
    pub commitment: [u8; 32],
    header: Vec<u8>,
    body: Vec<u8>,
    /// Bytes of the body before the tags.
    padded: usize,
}

/// Where sealed bytes go.
pub(super) trait Out {
    /// Takes bytes.
    fn append(&mut self, bytes: &[u8]) -> Result<(), Problem>;
    /// Takes `len` bytes that are sealed where they stand.
    fn append_with(&mut self, len: usize, fill: &mut dyn FnMut(&mut [u8])) -> Result<(), Problem>;
}

/// Takes sealed bytes as they come: appends them to a file and empties the buffer.
pub(super) type Flush<'f> = dyn FnMut(&mut Vec<u8>) -> Result<(), Problem> + 'f;

/// Bytes that are collected before they are handed on: what stays in a processor's cache.
const STAGE: usize = 256 << 10;

impl Out for (&mut Vec<u8>, &mut Flush<'_>) {
    fn append(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn append_with(&mut self, len: usize, fill: &mut dyn FnMut(&mut [u8])) -> Result<(), Problem> {
        let (out, flush) = self;
        let start = out.len();
        out.resize(start + len, 0);
        fill(out.get_mut(start..).unwrap_or_default());
        if out.len() >= STAGE { flush(out) } else { Ok(()) }
    }
}

/// Seals data, appends header and body to a buffer, and flushes it whenever it is full.
///
/// # Errors
/// As [`seal_to`].
pub(super) fn seal(
    home: &Home,
    label: &Label,
    keys: &[&Secret],
    data: &[&[u8]],
    randomness: &mut Randomness,
    mut out: (&mut Vec<u8>, &mut Flush<'_>),
) -> Result<Vec<u8>, Problem> {
    seal_to(home, label, keys, data, randomness, &mut out)
}

/// Seals data. `keys` are the record's and the subjects', in the order of the label. Gives the header.
///
/// # Errors
/// A [`Problem`] where randomness is missing, the object is larger than the format allows, or `out` failed.
pub(super) fn seal_to(
    home: &Home,
    label: &Label,
    keys: &[&Secret],
    data: &[&[u8]],
    randomness: &mut Randomness,
    out: &mut dyn Out,
) -> Result<Vec<u8>, Problem> {
    let len: usize = data.iter().map(|part| part.len()).sum();
    let padded = padme(len as u64 + 8).max(FLOOR);
    let body = padded + padded.div_ceil(CHUNK as u64) * TAG as u64;
    let (Ok(size), true) = (usize::try_from(padded), padded <= LARGEST && label.subjects.len() <= SUBJECTS)
    else {
        let what = "an object is larger than the vault's format allows";
        return Err(Problem::new("object-too-large", what, "cut the file and seal the parts"));
    };
    let mut header = header(label, body, &randomness.take()?);
    let derived = derive(keys, salt_of(&header), KEY_LABEL, &context(home, &header))?;
    if let Some(place) = header.get_mut(64..FIXED) {
        place.copy_from_slice(&derived.commitment);
    }
    let aad = aad(home, &header);
    out.append(&header)?;
    let length = (len as u64).to_be_bytes();
    let mut plain =
        Plain { parts: std::iter::once(length.as_slice()).chain(data.iter().copied()), part: &[] };
    let mut tags = Vec::with_capacity(size.div_ceil(CHUNK) * TAG);
    // Copied and sealed chunk by chunk, so that each is sealed while it is still in the cache.
    for (number, nonce) in nonces(size).enumerate() {
        let (mut nonce, mut tag) = (Some(nonce), None);
        out.append_with(CHUNK.min(size - number * CHUNK), &mut |chunk| {
            plain.fill(chunk);
            let sealed = nonce
                .take()
                .map(|nonce| derived.key.seal_in_place_separate_tag(nonce, Aad::from(aad.0), chunk));
            tag = sealed.and_then(Result::ok);
        })?;
        let tag = tag.ok_or_else(|| {
            Problem::new("object-not-sealed", "the cipher refused to seal", "please report this")
        })?;
        tags.extend_from_slice(tag.as_ref());
    }
    out.append(&tags)?;
    Ok(header)
}

/// The plaintext of an object, as it is taken chunk by chunk: its parts, then zeros.
struct Plain<'d, I> {
    parts: I,
    part: &'d [u8],
}

impl<'d, I: Iterator<Item = &'d [u8]>> Plain<'d, I> {
    fn fill(&mut self, mut chunk: &mut [u8]) {
        while !chunk.is_empty() {
            if self.part.is_empty() {
                match self.parts.next() {
                    Some(next) => self.part = next,
                    None => return chunk.fill(0),
                }
                continue;
            }
            let (now, later) = self.part.split_at(self.part.len().min(chunk.len()));
            let (to, rest) = chunk.split_at_mut(now.len());
            to.copy_from_slice(now);
            (self.part, chunk) = (later, rest);
        }
    }
}

/// Why an object does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unopened {
    /// A key it needs was destroyed, or never was this vault's.
    NoKey,
    /// The keys are not those it was sealed with: another slot's, another vault's.
    OtherKey,
    /// It was changed, moved or cut.
    Damaged,
}

impl Sealed {
    /// Reads the next object; none at the end of the file.
    ///
    /// # Errors
    /// `InvalidData` for what is no object of this format, `UnexpectedEof` for one that was cut.
    pub(super) fn read(source: &mut dyn Read) -> io::Result<Option<Sealed>> {
        let mut header = Vec::with_capacity(FIXED + 16);
        if source.take(FIXED as u64).read_to_end(&mut header)? == 0 {
            return Ok(None);
        }
        if header.len() < FIXED {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let invalid = || io::Error::from(io::ErrorKind::InvalidData);
        if header.get(..5) != Some(&[b'O', b'L', b'V', b'O', VERSION]) {
            return Err(invalid());
        }
        let mut fields = Fields(header.get(5..).unwrap_or(&[]));
        let kind =
            fields.take::<1>().and_then(|[code]| Kind::ALL.into_iter().find(|kind| kind.code() == code));
        let subjects = fields.take().map(u16::from_be_bytes);
        let record = fields.take().map(u64::from_be_bytes);
        let body = fields.take().map(u64::from_be_bytes);
        let item = fields.take().map(u32::from_be_bytes);
        let ordinal = fields.take().map(u32::from_be_bytes);
        let _salt: Option<[u8; 32]> = fields.take();
        let commitment = fields.take();
        let (Some(kind), Some(count), Some(record), Some(len)) = (kind, subjects, record, body) else {
            return Err(invalid());
        };
        let (Some(item), Some(ordinal), Some(commitment)) = (item, ordinal, commitment) else {
            return Err(invalid());
        };
        let more = source.take(u64::from(count) * 8).read_to_end(&mut header)?;
        if more != usize::from(count) * 8 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let subjects = header
            .get(FIXED..)
            .unwrap_or(&[])
            .chunks_exact(8)
            .filter_map(|bytes| bytes.try_into().ok())
            .map(u64::from_be_bytes)
            .collect();
        let padded = plain_len(len).filter(|_| len <= 2 * LARGEST).ok_or_else(invalid)?;
        // Of a large object memory is taken as it is read: a false length must not take it.
        let mut body = Vec::with_capacity(usize::try_from(len.min(4 << 20)).unwrap_or(0));
        let read = source.take(len).read_to_end(&mut body)? as u64;
        if read != len {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let label = Label { kind, record, subjects, item, ordinal };
        Ok(Some(Sealed { label, commitment, header, body, padded }))
    }

    /// Everything before the body.
    pub(super) fn header(&self) -> &[u8] {
        &self.header
    }

    /// Bytes it takes in the file.
    pub(super) fn len(&self) -> u64 {
        (self.header.len() + self.body.len()) as u64
    }

    /// Opens it: all chunks verify, or nothing is given.
    ///
    /// # Errors
    /// Why it does not open.
    pub(super) fn open(mut self, home: &Home, keys: &[&Secret]) -> Result<Opened, Unopened> {
        let derived = derive(keys, salt_of(&self.header), KEY_LABEL, &context(home, &self.header))
            .map_err(|_| Unopened::OtherKey)?;
        if derived.commitment != self.commitment {
            return Err(Unopened::OtherKey);
        }
        let aad = aad(home, &self.header);
        let tags = self.body.split_off(self.padded);
        for ((nonce, chunk), tag) in
            nonces(self.padded).zip(self.body.chunks_mut(CHUNK)).zip(tags.chunks_exact(TAG))
        {
            let tag = Tag::try_from(tag).map_err(|_| Unopened::Damaged)?;
            derived
                .key
                .open_in_place_separate_tag(nonce, Aad::from(aad.0), tag, chunk, 0..)
                .map_err(|_| Unopened::Damaged)?;
        }
        let mut fields = Fields(&self.body);
        let len = fields.take().map(u64::from_be_bytes).and_then(|len| usize::try_from(len).ok());
        let len = len.filter(|len| *len <= self.padded - 8).ok_or(Unopened::Damaged)?;
        Ok(Opened { bytes: self.body, len })
    }
}

/// What an object holds. No `Debug`.
pub struct Opened {
    bytes: Vec<u8>,
    len: usize,
}

impl Opened {
    /// The data.
    pub fn data(&self) -> &[u8] {
        self.bytes.get(8..8 + self.len).unwrap_or(&[])
    }
}

/// Big-endian fields from the front of bytes.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (now, later) = self.0.split_first_chunk::<N>()?;
        self.0 = later;
        Some(*now)
    }
}

fn header(label: &Label, body: u64, salt: &[u8; 32]) -> Vec<u8> {
    let mut out = Vec::with_capacity(FIXED + 8 * label.subjects.len());
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&[VERSION, label.kind.code()]);
    out.extend_from_slice(&u16::try_from(label.subjects.len()).unwrap_or(u16::MAX).to_be_bytes());
    out.extend_from_slice(&label.record.to_be_bytes());
    out.extend_from_slice(&body.to_be_bytes());
    out.extend_from_slice(&label.item.to_be_bytes());
    out.extend_from_slice(&label.ordinal.to_be_bytes());
    out.extend_from_slice(salt);
    out.extend_from_slice(&[0; 32]);
    label.subjects.iter().for_each(|slot| out.extend_from_slice(&slot.to_be_bytes()));
    out
}

fn salt_of(header: &[u8]) -> &[u8] {
    header.get(32..64).unwrap_or(&[])
}

/// What the key is derived for: everything but the commitment, which comes out of the derivation.
fn context(home: &Home, header: &[u8]) -> Vec<u8> {
    let parts =
        [&home.vault[..], &home.archive, header.get(..64).unwrap_or(&[]), header.get(FIXED..).unwrap_or(&[])];
    parts.concat()
}

fn aad(home: &Home, header: &[u8]) -> Digest {
    let mut digest = Sha256::new();
    for part in [AAD_LABEL, &home.vault, &home.archive, header] {
        digest.update_part(part);
    }
    digest.finish()
}

/// Nonces of the chunks of a padded plaintext: the last is marked, so that a cut object does not open.
fn nonces(padded: usize) -> impl Iterator<Item = Nonce> {
    let chunks = padded.div_ceil(CHUNK);
    (0..chunks).map(move |number| {
        let mut nonce = [0; 12];
        let counter = u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes();
        for (to, from) in nonce.iter_mut().skip(7).zip(counter) {
            *to = from;
        }
        if let Some(flag) = nonce.last_mut() {
            *flag = u8::from(number + 1 == chunks);
        }
        Nonce::assume_unique_for_key(nonce)
    })
}

/// Length of the padded plaintext in a body, if a body can have this length.
fn plain_len(body: u64) -> Option<usize> {
    let whole = (CHUNK + TAG) as u64;
    let (full, rest) = (body / whole, body % whole);
    let last = match rest {
        0 => 0,
        rest => rest.checked_sub(TAG as u64).filter(|rest| *rest > 0)?,
    };
    usize::try_from(full * CHUNK as u64 + last).ok().filter(|len| *len as u64 >= FLOOR)
}

/// Padmé: at most 12 % more, and only O(log log n) different lengths leak.
fn padme(len: u64) -> u64 {
    if len < 2 {
        return len;
    }
    let exponent = len.ilog2();
    let bits = if exponent == 0 { 0 } else { exponent.ilog2() + 1 };
    let mask = (1u64 << (exponent - bits.min(exponent))) - 1;
    (len + mask) & !mask
}

#[cfg(test)]
mod tests;
