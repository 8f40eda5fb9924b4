//! What stands beside the pixels of a picture: texts by their places, and what they are to people.

use crate::records::Role;

/// Texts of one picture at most: beyond, it is made to be slow.
const TEXTS: usize = 20_000;
/// Metadata in metadata: EXIF data may hold Photoshop's resources, and those EXIF data.
const DEPTH: u32 = 4;

/// One text.
pub(in crate::formats) struct Entry {
    /// Where it stands: `exif/Artist`.
    pub(in crate::formats) path: String,
    pub(in crate::formats) role: Role,
    pub(in crate::formats) text: String,
    /// First byte in the file of what it stands in.
    pub(in crate::formats) raw: usize,
}

/// Everything that was found beside the pixels.
#[derive(Default)]
pub(in crate::formats) struct Metadata {
    pub(in crate::formats) entries: Vec<Entry>,
    /// Files inside: what stands behind the end.
    pub(in crate::formats) files: Vec<(String, Vec<u8>)>,
    /// The text of the pixels.
    pub(in crate::formats) recognised: String,
    /// Width and height.
    pub(in crate::formats) size: Option<(u32, u32)>,
    /// It says where it was taken.
    pub(in crate::formats) has_position: bool,
    /// It names one camera, lens or flash among all of its kind.
    pub(in crate::formats) has_serial: bool,
    /// It names who made or owns it.
    pub(in crate::formats) has_author: bool,
    /// What is damaged, each told once.
    pub(in crate::formats) damage: Vec<&'static str>,
    /// Something was left out since there was too much.
    pub(in crate::formats) full: bool,
    left: usize,
    /// How many packages of metadata lie in each other here.
    depth: u32,
}

impl Metadata {
    /// Room for so many bytes of text.
    pub(in crate::formats) fn within(most: usize) -> Self {
        Self { left: most, ..Self::default() }
    }

    /// How many bytes may still come.
    pub(in crate::formats) fn left(&self) -> usize {
        self.left
    }

    /// Takes room; `false` where there is none.
    pub(in crate::formats) fn take(&mut self, bytes: usize) -> bool {
        match self.left.checked_sub(bytes) {
            Some(left) if self.entries.len() < TEXTS => {
                self.left = left;
                true
            }
            _ => {
                self.full = true;
                false
            }
        }
    }

    /// Reads metadata that may lie in others, unless they lie too deep.
    pub(in crate::formats) fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.depth >= DEPTH {
            self.damaged("metadata lie too deep in each other");
            return None;
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    /// Adds a text, unless nothing is written in it.
    pub(in crate::formats) fn text(&mut self, path: impl Into<String>, role: Role, text: &str, raw: usize) {
        let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
        let path = path.into();
        if text.is_empty() || !self.take(text.len() + path.len()) {
            return;
        }
        self.has_author |= role == Role::PersonName;
        self.entries.push(Entry { path, role, text: text.to_owned(), raw });
    }

    /// Adds a position, degrees north and east.
    pub(in crate::formats) fn position(&mut self, path: &str, latitude: f64, longitude: f64, raw: usize) {
        let valid = latitude.abs() <= 90.0 && longitude.abs() <= 180.0;
        if valid {
            self.has_position = true;
            let text = format!("latitude {latitude:.6}, longitude {longitude:.6}");
            self.text(path, Role::Other, &text, raw);
        }
    }

    /// Adds the serial number of a device.
    pub(in crate::formats) fn serial(&mut self, path: impl Into<String>, text: &str, raw: usize) {
        self.has_serial |= text.chars().any(|c| c.is_alphanumeric() && c != '0');
        self.text(path, Role::Identifier, text, raw);
    }

    /// Adds a file.
    pub(in crate::formats) fn file(&mut self, name: &str, bytes: &[u8]) {
        if bytes.iter().any(|byte| *byte != 0) && self.take(bytes.len()) {
            self.files.push((name.to_owned(), bytes.to_vec()));
        }
    }

    /// Adds whatever can be read in bytes of an unknown form.
    pub(in crate::formats) fn readable(&mut self, path: &str, bytes: &[u8], raw: usize) {
        let text = crate::formats::legacy::readable(bytes);
        self.text(path, Role::Other, &text, raw);
    }

    /// Tells that something is damaged.
    pub(in crate::formats) fn damaged(&mut self, what: &'static str) {
        if !self.damage.contains(&what) {
            self.damage.push(what);
        }
    }
}

/// Bytes that are UTF-8 or, where they are not, Western European: most programs write the one into fields of
/// the other.
pub(in crate::formats) fn decoded(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(),
    }
}
