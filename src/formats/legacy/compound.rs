//! Compound files ([MS-CFB]): storages and streams in one file, read as far as they are whole.
//!
//! Every sector belongs to one chain only: the first that claims it. So chains have no loops, and all streams
//! together are never larger than the file. What is damaged is told, and the rest is there to be read.

use std::cell::Cell;

use super::bytes::{at_most, len_at, run, u8_at, u16_at, u32_at, utf16};

/// The first bytes.
pub(super) const MAGIC: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
/// Sectors from here on are no sectors but marks.
const LAST_SECTOR: u32 = 0xFFFF_FFFA;
const NO_ENTRY: u32 = 0xFFFF_FFFF;
const ENTRY: usize = 128;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Storage,
    Stream,
    Root,
}

struct Entry {
    name: String,
    kind: Kind,
    class: [u8; 16],
    left: u32,
    right: u32,
    child: u32,
    start: u32,
    size: usize,
    children: Vec<usize>,
}

/// A compound file.
pub(super) struct Compound<'a> {
    bytes: &'a [u8],
    sector: usize,
    fat: Vec<u32>,
    mini_fat: Vec<u32>,
    mini_stream: Vec<u8>,
    mini_below: usize,
    entries: Vec<Option<Entry>>,
    /// Sectors and mini sectors of each stream, by its entry.
    chains: Vec<Vec<u32>>,
    damaged: Cell<bool>,
    /// Bytes of sectors no stream or table has.
    unused: Vec<u8>,
}

/// Number of the root storage.
pub(super) const ROOT: usize = 0;

impl<'a> Compound<'a> {
    /// Reads the tables and the directory; none where there is not even a root.
    pub(super) fn open(bytes: &'a [u8]) -> Option<Self> {
        if !bytes.starts_with(MAGIC) {
            return None;
        }
        let sector = match u16_at(bytes, 0x1E)? {
            12 => 4096,
            // All but version 4 have sectors of 512 bytes.
            _ => 512,
        };
        let mini_below = len_at(bytes, 0x38)?.min(1 << 16);
        let mut file = Self {
            bytes,
            sector,
            fat: Vec::new(),
            mini_fat: Vec::new(),
            mini_stream: Vec::new(),
            mini_below,
            entries: Vec::new(),
            chains: Vec::new(),
            damaged: Cell::new(false),
            unused: Vec::new(),
        };
        let mut claimed = vec![false; bytes.len() / sector + 1];
        file.fat = file.allocation(&mut claimed)?;
        let directory = file.sectors(u32_at(bytes, 0x30)?, usize::MAX, &mut claimed);
        let directory = file.joined(&directory, usize::MAX);
        file.entries = directory.chunks_exact(ENTRY).map(|raw| entry(raw, sector == 512)).collect();
        let mini_fat = file.sectors(u32_at(bytes, 0x3C)?, usize::MAX, &mut claimed);
        file.mini_fat = numbers(&file.joined(&mini_fat, usize::MAX));
        let root = file.entries.first()?.as_ref().filter(|root| root.kind == Kind::Root)?;
        let (start, size) = (root.start, root.size);
        if size > 0 {
            let chain = file.sectors(start, size.div_ceil(sector), &mut claimed);
            file.mini_stream = file.joined(&chain, size);
        }
        file.hang_together();
        file.claim_streams(&mut claimed);
        let free = claimed.iter().zip(0..).filter(|(taken, _)| !**taken);
        file.unused = free.flat_map(|(_, number)| file.sector_bytes(number)).copied().collect();
        Some(file)
    }

    /// What stands in sectors that belong to nothing any more.
    pub(super) fn unused(&self) -> &[u8] {
        &self.unused
    }

    /// Whether something met so far was not whole.
    pub(super) fn is_damaged(&self) -> bool {
        self.damaged.get()
    }

    fn sector_bytes(&self, number: u32) -> &'a [u8] {
        let at =
            usize::try_from(number).ok().and_then(|number| number.checked_add(1)?.checked_mul(self.sector));
        at.map(|at| at_most(self.bytes, at, self.sector)).unwrap_or_default()
    }

    /// The file allocation table, whose sectors the header and a chain of further sectors list.
    fn allocation(&self, claimed: &mut [bool]) -> Option<Vec<u32>> {
        let mut listed = numbers(run(self.bytes, 0x4C, 109 * 4)?);
        let (mut next, per) = (u32_at(self.bytes, 0x44)?, self.sector / 4);
        while next < LAST_SECTOR && self.claim(next, claimed) {
            let mut more = numbers(self.sector_bytes(next));
            next = if more.len() == per { more.pop().unwrap_or(NO_ENTRY) } else { NO_ENTRY };
            listed.extend(more);
        }
        let mut fat = Vec::new();
        for number in listed.into_iter().filter(|number| *number < LAST_SECTOR) {
            if !self.claim(number, claimed) {
                break;
            }
            fat.extend(numbers(self.sector_bytes(number)));
        }
        Some(fat)
    }

    /// Takes a sector; `false`, and damage, where it is not there or another chain has it.
    fn claim(&self, number: u32, claimed: &mut [bool]) -> bool {
        let free = usize::try_from(number).ok().and_then(|at| claimed.get_mut(at)).filter(|taken| !**taken);
        match free {
            Some(taken) => *taken = true,
            None => {
                self.damaged.set(true);
                return false;
            }
        }
        if self.sector_bytes(number).is_empty() {
            self.damaged.set(true);
            return false;
        }
        true
    }

    /// The chain of sectors that begins with `start`, at most so many.
    fn sectors(&self, start: u32, most: usize, claimed: &mut [bool]) -> Vec<u32> {
        let (mut chain, mut next) = (Vec::new(), start);
        while next < LAST_SECTOR && chain.len() < most && self.claim(next, claimed) {
            chain.push(next);
            next = usize::try_from(next).ok().and_then(|at| self.fat.get(at)).copied().unwrap_or(NO_ENTRY);
        }
        chain
    }

    /// The same for mini sectors.
    fn mini_sectors(&self, start: u32, most: usize, claimed: &mut [bool]) -> Vec<u32> {
        let (mut chain, mut next) = (Vec::new(), start);
        while next < LAST_SECTOR && chain.len() < most {
            let at = usize::try_from(next).unwrap_or(usize::MAX);
            match claimed.get_mut(at).filter(|taken| !**taken) {
                Some(taken) => *taken = true,
                None => {
                    self.damaged.set(true);
                    break;
                }
            }
            chain.push(next);
            next = self.mini_fat.get(at).copied().unwrap_or(NO_ENTRY);
        }
        chain
    }

    fn joined(&self, chain: &[u32], size: usize) -> Vec<u8> {
        let mut out = Vec::new();
        for number in chain {
            out.extend_from_slice(self.sector_bytes(*number));
        }
        out.truncate(size);
        out
    }

    /// Finds the children of every storage; an entry is met once, so trees have no loops.
    fn hang_together(&mut self) {
        let mut met = vec![false; self.entries.len()];
        let mut storages = vec![ROOT];
        if let Some(root) = met.first_mut() {
            *root = true;
        }
        while let Some(storage) = storages.pop() {
            let Some(Some(entry)) = self.entries.get(storage) else { continue };
            let (mut open, mut children) = (vec![entry.child], Vec::new());
            while let Some(next) = open.pop() {
                if next == NO_ENTRY {
                    continue;
                }
                let at = usize::try_from(next).unwrap_or(usize::MAX);
                let (Some(Some(child)), Some(false)) = (self.entries.get(at), met.get(at)) else {
                    self.damaged.set(true);
                    continue;
                };
                if let Some(met) = met.get_mut(at) {
                    *met = true;
                }
                open.extend([child.right, child.left]);
                if child.kind == Kind::Storage {
                    storages.push(at);
                }
                children.push(at);
            }
            children.sort_unstable();
            if let Some(Some(entry)) = self.entries.get_mut(storage) {
                entry.children = children;
            }
        }
        // What hangs nowhere is still there: it is shown below the root.
        let lost = (0..met.len()).filter(|at| met.get(*at) == Some(&false));
        let lost: Vec<usize> = lost.filter(|at| matches!(self.entries.get(*at), Some(Some(_)))).collect();
        if !lost.is_empty() {
            self.damaged.set(true);
            if let Some(Some(root)) = self.entries.first_mut() {
                root.children.extend(lost);
            }
        }
    }

    fn claim_streams(&mut self, claimed: &mut [bool]) {
        let mut mini_claimed = vec![false; self.mini_stream.len().div_ceil(64)];
        let mut chains = Vec::with_capacity(self.entries.len());
        for entry in &self.entries {
            chains.push(match entry {
                Some(entry) if entry.kind == Kind::Stream && entry.size > 0 => {
                    if entry.size < self.mini_below {
                        self.mini_sectors(entry.start, entry.size.div_ceil(64), &mut mini_claimed)
                    } else {
                        self.sectors(entry.start, entry.size.div_ceil(self.sector), claimed)
                    }
                }
                _ => Vec::new(),
            });
        }
        self.chains = chains;
    }

    fn entry(&self, at: usize) -> Option<&Entry> {
        self.entries.get(at)?.as_ref()
    }

    /// What an entry is called.
    pub(super) fn name(&self, at: usize) -> &str {
        self.entry(at).map_or("", |entry| entry.name.as_str())
    }

    /// The class of a storage: which program made it.
    pub(super) fn class(&self, at: usize) -> [u8; 16] {
        self.entry(at).map_or([0; 16], |entry| entry.class)
    }

    /// Whether an entry is a stream.
    pub(super) fn is_stream(&self, at: usize) -> bool {
        self.entry(at).is_some_and(|entry| entry.kind == Kind::Stream)
    }

    /// What a storage holds, in the order in which it was written.
    pub(super) fn children(&self, storage: usize) -> &[usize] {
        self.entry(storage).map_or(&[], |entry| entry.children.as_slice())
    }

    /// A child by its name, whatever its case.
    pub(super) fn child(&self, storage: usize, name: &str) -> Option<usize> {
        let found = self.children(storage).iter();
        found.copied().find(|child| self.name(*child).eq_ignore_ascii_case(name))
    }

    /// The bytes of a stream, as many as are there.
    pub(super) fn stream(&self, at: usize) -> Vec<u8> {
        let Some(entry) = self.entry(at).filter(|entry| entry.kind == Kind::Stream) else {
            return Vec::new();
        };
        let chain = self.chains.get(at).map_or(&[][..], Vec::as_slice);
        let mut out = Vec::new();
        if entry.size < self.mini_below {
            for number in chain {
                let at = usize::try_from(*number).unwrap_or(usize::MAX).saturating_mul(64);
                out.extend_from_slice(at_most(&self.mini_stream, at, 64));
            }
            out.truncate(entry.size);
        } else {
            out = self.joined(chain, entry.size);
        }
        if out.len() < entry.size {
            self.damaged.set(true);
        }
        out
    }

    /// The bytes of a child stream.
    pub(super) fn child_stream(&self, storage: usize, name: &str) -> Option<Vec<u8>> {
        self.child(storage, name).filter(|child| self.is_stream(*child)).map(|child| self.stream(child))
    }
}

fn numbers(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks_exact(4).filter_map(|raw| u32_at(raw, 0)).collect()
}

fn entry(raw: &[u8], small: bool) -> Option<Entry> {
    let kind = match u8_at(raw, 0x42)? {
        1 => Kind::Storage,
        2 => Kind::Stream,
        5 => Kind::Root,
        _ => return None,
    };
    let name_len = usize::from(u16_at(raw, 0x40)?).clamp(2, 64) - 2;
    let low = len_at(raw, 0x78)?;
    let high = if small { 0 } else { len_at(raw, 0x7C)? };
    Some(Entry {
        name: utf16(run(raw, 0, name_len)?),
        kind,
        class: run(raw, 0x50, 16)?.try_into().ok()?,
        left: u32_at(raw, 0x44)?,
        right: u32_at(raw, 0x48)?,
        child: u32_at(raw, 0x4C)?,
        start: u32_at(raw, 0x74)?,
        size: low.saturating_add(high.saturating_mul(1 << 32)),
        children: Vec::new(),
    })
}
