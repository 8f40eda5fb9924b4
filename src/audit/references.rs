//! Keyed references to records and people, for holds and lists of the erased: the same for the same thing
//! under one key, whatever archive it stands in.

use crate::policies::exceptions::{Reference, ReferenceKind};
use crate::records::{Category, RecordKind};
use crate::vault::{Key, Purpose, Subkey};

use crate::detectors::normalise;

/// Makes references under the project's key.
#[derive(Clone)]
pub struct References(Subkey);

impl References {
    /// Under a key.
    pub fn new(key: &Key) -> Self {
        Self(key.subkey(Purpose::Subject))
    }

    /// A record by the source's own id. The helpdesk is left out: lists of tickets do not say which.
    pub fn record(&self, kind: RecordKind, id: &str) -> Reference {
        self.of(ReferenceKind::Record, kind.name(), id.trim())
    }

    /// A person by one identifier, in whatever form it is written.
    pub fn subject(&self, category: Category, value: &str) -> Reference {
        self.normal_subject(category, &normalise(category, value))
    }

    /// A person by one identifier in the normal form of its category.
    pub(crate) fn normal_subject(&self, category: Category, normal: &str) -> Reference {
        self.of(ReferenceKind::Subject, category.name(), normal)
    }

    fn of(&self, kind: ReferenceKind, name: &str, value: &str) -> Reference {
        let digest = self.0.mac(&[b"reference", name.as_bytes(), value.as_bytes()]);
        let mut mac = [0; 16];
        for (to, from) in mac.iter_mut().zip(digest.0) {
            *to = from;
        }
        Reference::new(kind, mac)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_has_one_reference_however_it_is_written() {
        let key = |byte: &str| Key::parse(byte.repeat(32).as_bytes()).ok().unwrap();
        let ours = References::new(&key("0b"));
        let mail = |of: &References, text: &str| of.subject(Category::EMAIL_ADDRESS, text);
        assert_eq!(mail(&ours, "Ana@Example.org"), mail(&ours, "ana@example.org"));
        assert_ne!(mail(&ours, "ana@example.org"), mail(&References::new(&key("0c")), "ana@example.org"));
        assert_ne!(ours.record(RecordKind::Ticket, "1"), ours.record(RecordKind::Article, "1"));
        assert_eq!(ours.record(RecordKind::Ticket, " 1 "), ours.record(RecordKind::Ticket, "1"));
    }
}
