//! What a reader takes out of a document: its texts and files, and what it could not read.

use std::sync::Arc;

use crate::records::{Passwords, Tried};

/// One text or file of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// What it is called inside; may hold personal data.
    pub(super) name: String,
    /// Its bytes.
    pub(super) bytes: Vec<u8>,
    /// Its media type; empty where it must be found out from the bytes.
    pub(super) media_type: String,
}

/// Texts and files of a document, within a bound on their bytes together.
#[derive(Debug)]
pub(super) struct Extract {
    /// In the order in which they stand in the document.
    pub(super) parts: Vec<Part>,
    /// What is damaged, each told once.
    pub(super) damage: Vec<&'static str>,
    /// What has no reader, each told once.
    pub(super) unread: Vec<&'static str>,
    /// How it is encrypted, if it is.
    pub(super) encrypted: Option<String>,
    /// What is tried on it then.
    pub(super) passwords: Arc<Passwords>,
    /// How far they were tried in vain, where they are what opens it.
    pub(super) tried: Option<Tried>,
    /// Whether one opened it.
    pub(super) is_opened: bool,
    /// Bytes that may still come out of it.
    left: usize,
    /// Whether something was left out since there was no room.
    pub(super) full: bool,
}

impl Extract {
    /// Room for so many bytes.
    pub(super) fn within(most: usize) -> Self {
        Self {
            parts: Vec::new(),
            damage: Vec::new(),
            unread: Vec::new(),
            encrypted: None,
            passwords: Arc::default(),
            tried: None,
            is_opened: false,
            left: most,
            full: false,
        }
    }

    /// How many bytes may still come.
    pub(super) fn left(&self) -> usize {
        self.left
    }

    /// Adds a text, unless nothing is written in it.
    pub(super) fn text(&mut self, name: &str, text: &str) {
        if !text.trim_matches(|c: char| c.is_whitespace() || c == '\0').is_empty() {
            self.file(name, text.as_bytes().to_vec(), "text/plain; charset=utf-8");
        }
    }

    /// Adds a file.
    pub(super) fn file(&mut self, name: &str, bytes: Vec<u8>, media_type: &str) {
        let Some(left) = self.left.checked_sub(bytes.len()) else {
            self.full = true;
            return;
        };
        self.left = left;
        self.parts.push(Part { name: name.to_owned(), bytes, media_type: media_type.to_owned() });
    }

    /// Tells that something is damaged.
    pub(super) fn damaged(&mut self, what: &'static str) {
        if !self.damage.contains(&what) {
            self.damage.push(what);
        }
    }

    /// Tells that something has no reader.
    pub(super) fn not_read(&mut self, what: &'static str) {
        if !self.unread.contains(&what) {
            self.unread.push(what);
        }
    }
}

#[cfg(test)]
impl Extract {
    /// The text of a part.
    pub(super) fn part(&self, name: &str) -> &str {
        let found = self.parts.iter().find(|part| part.name == name);
        let names: Vec<&str> = self.parts.iter().map(|part| part.name.as_str()).collect();
        let found = found.unwrap_or_else(|| panic!("no {name} in {names:?}"));
        std::str::from_utf8(&found.bytes).unwrap()
    }

    /// Whether a part of that name is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.parts.iter().any(|part| part.name == name)
    }
}
