//! The one type that holds raw personal data.

use compact_str::CompactString;

/// Decoded text that may hold personal data.
///
/// It has no `Debug`, no `Display` and no `Serialize`, so that no log line, panic message or
/// report can print it by accident. Whoever needs the characters asks for them with [`Text::expose`],
/// which is easy to find in a review.
/// Short ones, which ids and names are, take no memory of their own.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(CompactString);

impl Text {
    /// Wraps text that may hold personal data.
    pub fn new(text: impl Into<CompactString>) -> Self {
        Self(text.into())
    }

    /// The characters themselves, for scanning, hashing, masking and editing.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Length in bytes of UTF-8.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Decoded texts one after the other, under the same rule as [`Text`].
#[derive(Clone, Default)]
pub struct TextBuffer(String);

impl TextBuffer {
    /// The characters themselves.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The buffer itself, for readers that fill it.
    pub fn expose_mut(&mut self) -> &mut String {
        &mut self.0
    }

    /// Length in bytes of UTF-8.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
