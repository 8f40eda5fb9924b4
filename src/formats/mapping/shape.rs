//! Compiled objects of exports: their keys, and what each key tells.

use super::clock::surveyed;
use super::words::Words;
use crate::formats::tree::KeyId;
use crate::formats::values::names_people;
use crate::records::{FactId, FactValue, RecordKind, Relation, Role};

/// Position of a shape among all shapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::formats) struct ShapeId(pub(super) u16);

/// A compiled object of an export.
pub(super) struct Shape {
    pub(super) name: String,
    pub(super) system: usize,
    pub(super) kind: Option<RecordKind>,
    pub(super) id: Option<KeyId>,
    pub(super) leaves: bool,
    pub(super) chunk: Option<ChunkKeys>,
    pub(super) set: Vec<(FactId, FactValue)>,
    pub(super) entries: Vec<Entry>,
    /// Position in `entries` plus one by key; keys beyond its end have none.
    pub(super) index: Vec<u16>,
}

impl Shape {
    pub(super) fn entry(&self, key: KeyId) -> Option<&Entry> {
        let at = self.index.get(key.0 as usize)?.checked_sub(1)?;
        self.entries.get(usize::from(at))
    }

    pub(super) fn insert(&mut self, key: KeyId, entry: Entry) {
        let slot = key.0 as usize;
        if self.index.len() <= slot {
            self.index.resize(slot + 1, 0);
        }
        self.entries.push(entry);
        if let Some(at) = self.index.get_mut(slot) {
            *at = u16::try_from(self.entries.len()).unwrap_or(0);
        }
    }
}

/// Keys of a piece of a file.
#[derive(Clone, Copy)]
pub(super) struct ChunkKeys {
    pub(super) of: KeyId,
    pub(super) position: KeyId,
    pub(super) data: KeyId,
}

/// How a file stands in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::formats) enum Packing {
    /// In base64.
    Base64,
    /// In the base64 of RFC 4648 §5, which has `-` and `_`.
    Base64Url,
    /// As it is.
    Bytes,
    /// As it is in dumps of databases that have a type for bytes and base64 in those of others.
    Blob,
}

/// What a number that is a point in time counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Epoch {
    Seconds,
    Milliseconds,
}

/// A compiled key.
pub(super) struct Entry {
    pub(super) role: Option<Role>,
    pub(super) html: bool,
    pub(super) file: Option<Packing>,
    pub(super) runs: Option<KeyId>,
    pub(super) inner: Option<ShapeId>,
    pub(super) facts: Vec<FactRule>,
    pub(super) links: Vec<LinkRule>,
    /// Where it tells nothing but words of lists: bytes of the longest.
    pub(super) longest_word: Option<usize>,
    /// Whether a survey reads it.
    pub(super) surveyed: bool,
}

/// What an entry leads to: how a file is packed in it, what its runs stand under, the shape of its object.
pub(super) type Inside = (Option<Packing>, Option<KeyId>, Option<ShapeId>);

impl Entry {
    pub(super) fn new(
        role: Option<Role>,
        html: bool,
        (file, runs, inner): Inside,
        facts: Vec<FactRule>,
        links: Vec<LinkRule>,
    ) -> Entry {
        let longest = |rule: &FactRule| match &rule.words {
            Some(words) if rule.forms.is_empty() && !words.has_other() => Some(words.longest()),
            _ => None,
        };
        let longest_word = match links.is_empty() {
            true => facts.iter().map(longest).try_fold(0, |most, longest| Some(longest?.max(most))),
            false => None,
        };
        let joined = surveyed();
        let surveyed = role.is_some_and(|role| names_people(role) || role == Role::FileName)
            || file.is_some()
            || inner.is_some()
            || !links.is_empty()
            || facts.iter().any(|rule| joined.contains(rule.fact));
        Entry { role, html, file, runs, inner, facts, links, longest_word, surveyed }
    }
}

pub(super) struct FactRule {
    pub(super) fact: FactId,
    /// Several keys can set it: one that says yes is not taken back by another that does not.
    pub(super) mark: bool,
    pub(super) words: Option<Words>,
    pub(super) forms: Vec<(regex::Regex, String)>,
    pub(super) epoch: Option<Epoch>,
    pub(super) weak: bool,
    /// A text is a list of words.
    pub(super) list: bool,
}

pub(super) struct LinkRule {
    pub(super) relation: Relation,
    pub(super) to: RecordKind,
}
