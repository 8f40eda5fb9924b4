//! Keyed references: they name a record or a person to whoever has the key, and to nobody else.

use std::fmt;

/// What a reference names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReferenceKind {
    /// A ticket, by its id: `r1:`.
    Record,
    /// A person, by one of their identifiers: `s1:`.
    Subject,
}

/// A keyed reference, `r1:<32 hex>` or `s1:<32 hex>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// What it names.
    pub kind: ReferenceKind,
    mac: u128,
}

impl Reference {
    /// From the first sixteen bytes of a keyed digest.
    pub fn new(kind: ReferenceKind, mac: [u8; 16]) -> Self {
        Self { kind, mac: u128::from_be_bytes(mac) }
    }

    /// Reads `r1:` or `s1:` with 32 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, hex) = match text.split_once(':')? {
            ("r1", hex) => (ReferenceKind::Record, hex),
            ("s1", hex) => (ReferenceKind::Subject, hex),
            _ => return None,
        };
        let digits = hex.len() == 32 && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        let mac = u128::from_str_radix(hex, 16).ok().filter(|_| digits)?;
        Some(Self { kind, mac })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            ReferenceKind::Record => "r1",
            ReferenceKind::Subject => "s1",
        };
        write!(f, "{kind}:{:032x}", self.mac)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_reads_back_and_nothing_else_is_one() {
        for kind in [ReferenceKind::Record, ReferenceKind::Subject] {
            let reference = Reference::new(kind, [0x0f; 16]);
            assert_eq!(Reference::parse(&reference.to_string()), Some(reference));
        }
        for text in
            ["", "r1:", "r1:zz", "k1:00000000000000000000000000000000", "r1:+0000000000000000000000000000000"]
        {
            assert_eq!(Reference::parse(text), None, "{text}");
        }
    }
}
