//! How what is sealed is found again: keyed pseudonyms of records, people and marks.

use super::identity::Identifier;
use crate::vault::Subkey;

/// Of a record, by its name in the archive.
pub(super) fn record_pseudonym(index: &Subkey, name: &str) -> [u8; 32] {
    index.mac(&[b"record", name.as_bytes()]).0
}

/// Of a person, by one identifier.
pub(super) fn person_pseudonym(index: &Subkey, identifier: &Identifier) -> [u8; 32] {
    index.mac(&[b"person", identifier.kind.as_bytes(), identifier.value.expose().as_bytes()]).0
}

/// Of what holds and purge plans know a record or a person by.
pub(super) fn mark_pseudonym(index: &Subkey, mark: &str) -> [u8; 32] {
    index.mac(&[b"mark", mark.as_bytes()]).0
}
