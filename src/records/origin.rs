//! Where an item comes from, and its number in the walk.

use std::fmt;
use std::sync::Arc;

use super::text::Text;

/// Number of an item in the walk: `12` for the twelfth item, `12.3` for its third member, and so on.
///
/// The numbers of one run depend on the inputs alone, never on threads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemNumber(Vec<u32>);

impl ItemNumber {
    /// The item the walk met as number `walk`, from 1.
    pub fn top(walk: u32) -> Self {
        Self(vec![walk])
    }

    /// Member `ordinal` (from 1) of this item.
    pub fn member(&self, ordinal: u32) -> Self {
        let mut steps = self.0.clone();
        steps.push(ordinal);
        Self(steps)
    }

    /// The walk number of the outermost item.
    pub fn walk(&self) -> u32 {
        self.0.first().copied().unwrap_or(0)
    }

    /// How deep the item lies: 1 for what the walk met.
    pub fn depth(&self) -> usize {
        self.0.len()
    }

    /// Reads a number as it is printed.
    pub fn parse(text: &str) -> Option<Self> {
        let steps: Option<Vec<u32>> = text.split('.').map(|step| step.parse().ok()).collect();
        steps.filter(|steps| !steps.is_empty()).map(Self)
    }
}

impl fmt::Display for ItemNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(".")?;
            }
            write!(f, "{step}")?;
        }
        Ok(())
    }
}

/// The chain of names that leads to an item, outermost first. Names may hold personal data, so they
/// are [`Text`] and are masked before any output.
#[derive(Clone, PartialEq, Eq)]
pub struct Origin {
    /// The file as walked, relative to what the user named, with `/` separators; bytes that are not
    /// UTF-8 stand as U+FFFD. `-` is standard input.
    pub path: Text,
    /// Names inside, outermost container first (`mail.eml`, `part[2]`, `dni.docx`).
    pub inner: Arc<[Text]>,
    /// Which of the project's sources it lies in, where those are told apart.
    pub source: Option<u16>,
}

impl Origin {
    /// An item the walk met.
    pub fn outermost(path: impl Into<String>) -> Self {
        Self { path: Text::new(path.into()), inner: Arc::from(Vec::new()), source: None }
    }

    /// The same as lying in a source of the project.
    pub fn in_source(self, source: Option<u16>) -> Self {
        Self { source, ..self }
    }

    /// A member of this item.
    pub fn member(&self, name: impl Into<String>) -> Self {
        let mut inner: Vec<Text> = self.inner.to_vec();
        inner.push(Text::new(name.into()));
        Self { path: self.path.clone(), inner: Arc::from(inner), source: self.source }
    }

    /// The innermost name, which readers use as a hint of the format.
    pub fn name(&self) -> &Text {
        self.inner.last().unwrap_or(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_print_and_read_back() {
        let number = ItemNumber::top(12).member(3).member(1);
        assert_eq!(number.to_string(), "12.3.1");
        assert_eq!(ItemNumber::parse("12.3.1"), Some(number));
        assert_eq!(ItemNumber::parse("12.x"), None);
        assert!(ItemNumber::top(2) < ItemNumber::top(2).member(1));
        assert!(ItemNumber::top(2).member(9) < ItemNumber::top(3));
    }
}
