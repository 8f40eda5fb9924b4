//! Keys of objects and columns as small numbers.

use std::collections::HashMap;
use std::sync::Arc;

use super::tree::KeyId;

/// Keys met beyond this many are not remembered; nothing but speed is lost.
const REMEMBERED: usize = 1 << 16;

/// The keys mappings name, shared by all readers of a run.
#[derive(Clone, Default)]
pub(super) struct KeyTable {
    names: Vec<Box<str>>,
    ids: HashMap<Box<str>, KeyId>,
}

impl KeyTable {
    /// The number of a name, a new one where it is new.
    pub(super) fn intern(&mut self, name: &str) -> KeyId {
        if let Some(id) = self.ids.get(name) {
            return *id;
        }
        let id = KeyId(u32::try_from(self.names.len()).unwrap_or(u32::MAX));
        self.names.push(name.into());
        self.ids.insert(name.into(), id);
        id
    }

    /// The number of a name.
    pub(super) fn get(&self, name: &str) -> Option<KeyId> {
        self.ids.get(name).copied()
    }

    /// How many names there are.
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }
}

/// The keys of one run of records: those of the mappings, then those met.
///
/// Records of one kind have their keys in the same order, so the key that followed last time is tried
/// before the table.
pub(super) struct Keys {
    shared: Arc<KeyTable>,
    met: HashMap<Box<str>, KeyId>,
    names: Vec<Box<str>>,
    follows: Vec<u32>,
    last: u32,
    /// Whether each key is a plain word; none where nobody asked yet.
    plain: Vec<Option<bool>>,
}

/// The key of keys beyond the bound.
const FORGOTTEN: KeyId = KeyId(u32::MAX);

impl Keys {
    pub(super) fn new(shared: Arc<KeyTable>) -> Self {
        Self {
            shared,
            met: HashMap::new(),
            names: Vec::new(),
            follows: Vec::new(),
            last: u32::MAX,
            plain: Vec::new(),
        }
    }

    /// The name of a key; none for keys beyond the bound, whose name stands only in the bytes.
    pub(super) fn name(&self, id: KeyId) -> Option<&str> {
        let at = id.0 as usize;
        let name = match at.checked_sub(self.shared.len()) {
            Some(met) => self.names.get(met),
            None => self.shared.names.get(at),
        };
        name.map(AsRef::as_ref)
    }

    /// Whether a key is a plain word of a schema, which nobody needs to scan.
    pub(super) fn is_plain(&mut self, id: KeyId) -> bool {
        let slot = id.0 as usize;
        if let Some(Some(plain)) = self.plain.get(slot) {
            return *plain;
        }
        let Some(plain) = self.name(id).map(is_plain) else { return false };
        if self.plain.len() <= slot {
            self.plain.resize(slot + 1, None);
        }
        if let Some(known) = self.plain.get_mut(slot) {
            *known = Some(plain);
        }
        plain
    }

    /// The key that followed the last one when that was met before, if it stands at the beginning of `text` up
    /// to a quote: its number and length.
    pub(super) fn follows(&mut self, text: &[u8]) -> Option<(KeyId, usize)> {
        let guess = KeyId(*self.follows.get(self.last as usize).filter(|guess| **guess != u32::MAX)?);
        let name = self.name(guess)?.as_bytes();
        let len = name.len();
        if !text.starts_with(name) || text.get(len) != Some(&b'"') {
            return None;
        }
        self.last = guess.0;
        Some((guess, len))
    }

    /// The number of a decoded key.
    pub(super) fn id(&mut self, name: &str) -> KeyId {
        let guess = self.follows.get(self.last as usize).copied().unwrap_or(u32::MAX);
        if guess != u32::MAX && self.name(KeyId(guess)) == Some(name) {
            self.last = guess;
            return KeyId(guess);
        }
        let id = self.look_up(name);
        let last = self.last as usize;
        // What has a quote or an escape in it would not be known by its bytes.
        let plain = || memchr::memchr2(b'"', b'\\', name.as_bytes()).is_none();
        if id != FORGOTTEN && last <= REMEMBERED && plain() {
            if self.follows.len() <= last {
                self.follows.resize(last + 1, u32::MAX);
            }
            if let Some(slot) = self.follows.get_mut(last) {
                *slot = id.0;
            }
        }
        self.last = id.0;
        id
    }

    fn look_up(&mut self, name: &str) -> KeyId {
        if let Some(id) = self.shared.get(name).or_else(|| self.met.get(name).copied()) {
            return id;
        }
        if self.names.len() >= REMEMBERED {
            return FORGOTTEN;
        }
        let id = KeyId(u32::try_from(self.shared.len() + self.names.len()).unwrap_or(u32::MAX));
        self.names.push(name.into());
        self.met.insert(name.into(), id);
        id
    }
}

/// Whether a key is a plain word of a schema, which nobody needs to scan.
pub(super) fn is_plain(key: &str) -> bool {
    (1..=64).contains(&key.len())
        && key.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_keep_their_numbers() {
        let mut table = KeyTable::default();
        let subject = table.intern("subject");
        let mut keys = Keys::new(Arc::new(table));
        for _ in 0..3 {
            assert_eq!(keys.id("subject"), subject);
            let id = keys.id("custom");
            assert_eq!(keys.name(id), Some("custom"));
            let body = keys.id("body");
            assert_ne!(body, id);
        }
    }

    #[test]
    fn only_words_are_plain() {
        assert!(is_plain("requester_id"));
        for key in ["", "ana@example.org", "12345678Z", "a b", "año"] {
            assert!(!is_plain(key), "{key}");
        }
    }
}
