//! Nodes and blocks of a store ([MS-PST] 2.2): two trees of pages, one of nodes and one of blocks, and the blocks,
//! which are read when they are asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::io::SeekFrom;

use super::super::super::bytes::{run, u8_at, u16_at, u32_at, u64_at};
use super::cipher;
use crate::formats::containers::Source;

const PAGE: usize = 512;
/// Levels of a tree; each page has fifteen entries or more.
const LEVELS: u8 = 10;
/// What the smallest block, row or property counts for.
pub(super) const LEAST: usize = 256;
/// Bytes of one block (2.2.2.8.3.1).
const BLOCK: usize = 8192;

/// A node: where its data and its own nodes are, and what it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) id: u32,
    pub(super) data: u64,
    pub(super) below: u64,
    pub(super) parent: u32,
}

/// A store: where its trees begin.
pub(super) struct Nodes<'s> {
    source: &'s mut dyn Source,
    /// Whether numbers have eight bytes, as since Outlook 2003.
    wide: bool,
    cipher: u8,
    nodes: u64,
    blocks: u64,
    len: u64,
    /// Bytes that may still be read of the message at hand.
    pub(super) left: usize,
    /// Whether a page or block was not what its place, sum or length says.
    pub(super) damaged: bool,
}

impl<'s> Nodes<'s> {
    /// By the head of the store (2.2.2.6).
    pub(super) fn new(source: &'s mut dyn Source, head: &[u8], wide: bool) -> Option<Self> {
        let len = source.seek(SeekFrom::End(0)).ok()?;
        let (cipher, nodes, blocks) = match wide {
            true => (u8_at(head, 513)?, u64_at(head, 224)?, u64_at(head, 240)?),
            false => (u8_at(head, 461)?, u32_at(head, 188)?.into(), u32_at(head, 196)?.into()),
        };
        Some(Self { source, wide, cipher, nodes, blocks, len, left: 0, damaged: false })
    }

    fn read(&mut self, at: u64, len: usize) -> Option<Vec<u8>> {
        if at.checked_add(len as u64)? > self.len {
            self.damaged = true;
            return None;
        }
        let mut bytes = vec![0; len];
        let read = self.source.seek(SeekFrom::Start(at)).and_then(|_| self.source.read_exact(&mut bytes));
        self.damaged |= read.is_err();
        read.ok().map(|()| bytes)
    }

    /// A number of a key, id or place: at so many numbers from the beginning.
    fn number(&self, bytes: &[u8], at: usize) -> Option<u64> {
        if self.wide { u64_at(bytes, at * 8) } else { u32_at(bytes, at * 4).map(u64::from) }
    }

    /// The page at a place: its level and its entries (2.2.2.7.7.1).
    fn page(&mut self, at: u64) -> Option<(u8, Vec<Vec<u8>>)> {
        // Pages lie side by side (2.2.2.7): those that overlap would hold more nodes than the file has bytes.
        if !at.is_multiple_of(PAGE as u64) {
            self.damaged = true;
            return None;
        }
        let page = self.read(at, PAGE)?;
        let end = if self.wide { 488 } else { 496 };
        let (count, size, level) = (u8_at(&page, end)?, u8_at(&page, end + 2)?, u8_at(&page, end + 3)?);
        let least = if self.wide { 24 } else { 12 };
        let whole = usize::from(count) * usize::from(size) <= end && size >= least;
        let (summed, sum) = if self.wide { (496, 500) } else { (500, 508) };
        let sum = u32_at(&page, sum);
        self.damaged |= !whole || sum != Some(cipher::remainder(page.get(..summed)?));
        let entries = page.get(..end)?.chunks_exact(usize::from(size.max(1))).take(usize::from(count));
        whole.then(|| (level, entries.map(<[u8]>::to_vec).collect()))
    }

    /// The entry of a key in the tree that begins at a place.
    fn find(&mut self, root: u64, key: u64) -> Option<Vec<u8>> {
        let (mut at, mut above) = (root, LEVELS);
        loop {
            let (level, entries) = self.page(at)?;
            if level >= above {
                self.damaged = true;
                return None;
            }
            above = level;
            let keyed = entries.into_iter().filter_map(|entry| Some((self.number(&entry, 0)?, entry)));
            let (known, entry) = keyed.take_while(|(known, _)| *known <= key).last()?;
            if level == 0 {
                return Some(entry).filter(|_| known == key);
            }
            at = self.number(&entry, 2)?;
        }
    }

    fn node_of(&self, entry: &[u8]) -> Option<Node> {
        let parent = u32_at(entry, if self.wide { 24 } else { 12 })?;
        let id = self.number(entry, 0)? as u32;
        Some(Node { id, data: self.number(entry, 1)?, below: self.number(entry, 2)?, parent })
    }

    pub(super) fn node(&mut self, id: u32) -> Option<Node> {
        let entry = self.find(self.nodes, id.into())?;
        self.node_of(&entry)
    }

    /// Every node of some types, in the order of their ids.
    pub(super) fn all(&mut self, types: &[u8]) -> Vec<Node> {
        let (mut open, mut seen, mut out) = (vec![(self.nodes, LEVELS)], BTreeSet::new(), Vec::new());
        while let Some((at, above)) = open.pop() {
            let page = self.page(at).filter(|(level, _)| *level < above);
            let Some((level, entries)) = page.filter(|_| seen.insert(at)) else {
                self.damaged = true;
                continue;
            };
            if level > 0 {
                // Taken from the end.
                open.extend(entries.iter().rev().filter_map(|entry| Some((self.number(entry, 2)?, level))));
                continue;
            }
            let found = entries.iter().filter_map(|entry| self.node_of(entry));
            out.extend(found.filter(|node| types.contains(&kind(node.id))));
        }
        out
    }

    /// Takes bytes of what is left for the message at hand; none, and nothing left, where that is too little.
    pub(super) fn spend(&mut self, bytes: usize) -> Option<()> {
        let left = self.left.checked_sub(bytes);
        self.left = left.unwrap_or(0);
        left.map(|_| ())
    }

    /// The bytes of one block, decoded.
    fn block(&mut self, id: u64) -> Option<Vec<u8>> {
        // The lowest bit is the writer's own.
        let Some(entry) = self.find(self.blocks, id & !1) else {
            self.damaged = true;
            return None;
        };
        let at = self.number(&entry, 1)?;
        let len = usize::from(u16_at(&entry, if self.wide { 16 } else { 8 })?);
        if len > BLOCK {
            self.damaged = true;
            return None;
        }
        // A block without bytes costs its reading as well.
        self.spend(len.max(LEAST))?;
        let trailer = if self.wide { 16 } else { 12 };
        let size = (len + trailer).next_multiple_of(64);
        let mut bytes = self.read(at, size)?;
        let sum = u32_at(&bytes, size - trailer + if self.wide { 4 } else { 8 });
        bytes.truncate(len);
        self.damaged |= sum != Some(cipher::remainder(&bytes));
        if !is_internal(id) {
            match self.cipher {
                1 => cipher::permuted(&mut bytes),
                2 => cipher::cyclic(&mut bytes, id),
                _ => {}
            }
        }
        Some(bytes)
    }

    /// The blocks of data, one after the other: one, or those that lists of blocks name (2.2.2.8.3.2).
    pub(super) fn data(&mut self, id: u64) -> Option<Vec<Vec<u8>>> {
        let (mut open, mut out) = (vec![(id, 3_u8)], Vec::new());
        while let Some((id, above)) = open.pop() {
            if id == 0 {
                continue;
            }
            let bytes = self.block(id)?;
            if !is_internal(id) {
                out.push(bytes);
                continue;
            }
            let (kind, level) = (u8_at(&bytes, 0)?, u8_at(&bytes, 1)?);
            if kind != 1 || level == 0 || level >= above {
                self.damaged = true;
                return None;
            }
            let rest = bytes.get(8..).unwrap_or_default();
            let ids = (0..usize::from(u16_at(&bytes, 2)?)).map(|at| self.number(rest, at));
            let ids: Option<Vec<u64>> = ids.collect();
            open.extend(ids?.into_iter().rev().map(|id| (id, level)));
        }
        Some(out)
    }

    /// The nodes below a node (2.2.2.8.3.3).
    pub(super) fn below(&mut self, id: u64) -> Option<BTreeMap<u32, Node>> {
        let (mut open, mut out) = (vec![(id, 3_u8)], BTreeMap::new());
        while let Some((id, above)) = open.pop() {
            if id == 0 {
                continue;
            }
            let bytes = self.block(id)?;
            let (kind, level) = (u8_at(&bytes, 0)?, u8_at(&bytes, 1)?);
            if kind != 2 || level >= above {
                self.damaged = true;
                return None;
            }
            let (begin, numbers) = (if self.wide { 8 } else { 4 }, if level == 0 { 3 } else { 2 });
            let size = numbers * if self.wide { 8 } else { 4 };
            for number in 0..usize::from(u16_at(&bytes, 2)?) {
                let entry = run(&bytes, begin + number * size, size)?;
                let (key, value) = (self.number(entry, 0)? as u32, self.number(entry, 1)?);
                if level == 0 {
                    let below = self.number(entry, 2)?;
                    out.insert(key, Node { id: key, data: value, below, parent: 0 });
                } else {
                    open.push((value, level));
                }
            }
        }
        Some(out)
    }
}

/// The type of a node, by the lower five bits of its id (2.2.2.1).
pub(super) fn kind(id: u32) -> u8 {
    (id & 0x1F) as u8
}

/// Whether a block is a list of blocks or nodes (2.2.2.2).
fn is_internal(id: u64) -> bool {
    id & 2 != 0
}
