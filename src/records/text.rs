//! The one type that holds raw personal data.

/// Decoded text that may hold personal data.
///
/// It has no `Debug`, no `Display` and no `Serialize`, so that no log line, panic message or
/// report can print it by accident. Whoever needs the characters asks for them with [`Text::expose`],
/// which is easy to find in a review.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(String);

impl Text {
    /// Wraps text that may hold personal data.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The characters themselves, for scanning, hashing, masking and editing.
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
