//! What stands for a value or finding in every output: the same for the same thing, and nothing
//! that can be guessed back without the key.

use crate::vault::{Key, Purpose, Sha256, Subkey};

/// How many bytes of the digest are written: 128 bits, 32 hexadecimal digits.
const BYTES: usize = 16;

/// Which record or item something stands in, for fingerprints.
///
/// Where no key is at hand, all three must be *as shown*, with detections masked: an unkeyed digest
/// of an id that is somebody's address could be guessed. With a key the raw forms are better, since
/// they keep two masked ids apart.
#[derive(Clone, Copy)]
pub struct RecordKey<'a> {
    /// The helpdesk or format.
    pub system: &'a str,
    /// The kind of record; `file` for findings about an item, `run` for those about the run.
    pub kind: &'a str,
    /// The source's own id; where it has none, the path of the item, its inner names and the ordinal
    /// (for a masked path its walk number too).
    pub id: &'a str,
}

/// One datum of one field.
#[derive(Clone, Copy)]
pub struct DatumKey<'a> {
    /// Its category.
    pub category: &'a str,
    /// Its record.
    pub record: RecordKey<'a>,
    /// Path of its field.
    pub field: &'a str,
    /// The value in the normal form of its category. Used with a key only.
    pub value: &'a str,
    /// Which of the detections of this field it is, from 0. Used without a key only.
    pub ordinal: u64,
}

/// Makes the fingerprints of a run: `k1:<key id>:<32 hex>` with a key, `p1:<32 hex>` without.
///
/// Neither holds confidence, wording, line numbers, paths of this machine or the time, so a finding
/// keeps its fingerprint from export to export. `p1` is positional: it says nothing of the value,
/// and runs cannot be compared by it.
#[derive(Clone, Default)]
pub struct Fingerprints {
    key: Option<(String, Subkey)>,
}

impl Fingerprints {
    /// Under the project's key.
    pub fn keyed(key: &Key) -> Self {
        Self { key: Some((key.id().to_owned(), key.subkey(Purpose::Fingerprint))) }
    }

    /// Without a key.
    pub fn positional() -> Self {
        Self::default()
    }

    /// The public name of the key; none without one.
    pub fn key_id(&self) -> Option<&str> {
        self.key.as_ref().map(|(id, _)| id.as_str())
    }

    /// The fingerprint of a detection.
    pub fn datum(&self, datum: &DatumKey<'_>) -> String {
        let record = datum.record;
        let ordinal = datum.ordinal.to_be_bytes();
        let last = if self.key.is_some() { datum.value.as_bytes() } else { &ordinal };
        self.of(&[
            b"datum",
            datum.category.as_bytes(),
            record.system.as_bytes(),
            record.kind.as_bytes(),
            record.id.as_bytes(),
            datum.field.as_bytes(),
            last,
        ])
    }

    /// The fingerprint of a finding of a rule about a record, an item or the run.
    pub fn finding(&self, rule: &str, record: &RecordKey<'_>) -> String {
        self.of(&[
            b"finding",
            rule.as_bytes(),
            record.system.as_bytes(),
            record.kind.as_bytes(),
            record.id.as_bytes(),
        ])
    }

    fn of(&self, parts: &[&[u8]]) -> String {
        match &self.key {
            Some((id, subkey)) => format!("k1:{id}:{}", subkey.mac(parts).short_hex(BYTES)),
            None => format!("p1:{}", digest(parts)),
        }
    }
}

/// The fingerprint of a group of findings a report rolled up: `g1:<32 hex>` over words that stand in
/// the report beside it anyway (rule, verdict, path as shown), so it needs no key.
pub fn group_fingerprint(parts: &[&str]) -> String {
    let parts: Vec<&[u8]> =
        std::iter::once("group").chain(parts.iter().copied()).map(str::as_bytes).collect();
    format!("g1:{}", digest(&parts))
}

fn digest(parts: &[&[u8]]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update_part(part);
    }
    hasher.finish().short_hex(BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: &str) -> Key {
        Key::parse(byte.repeat(32).as_bytes()).ok().unwrap()
    }

    fn datum<'a>(value: &'a str, field: &'a str, id: &'a str, ordinal: u64) -> DatumKey<'a> {
        DatumKey {
            category: "iban",
            record: RecordKey { system: "zendesk", kind: "ticket", id },
            field,
            value,
            ordinal,
        }
    }

    #[test]
    fn a_keyed_fingerprint_names_its_key_and_follows_the_value() {
        let keyed = Fingerprints::keyed(&key("0b"));
        let one = keyed.datum(&datum("ES91", "/body", "7", 0));
        assert!(one.starts_with(&format!("k1:{}:", key("0b").id())));
        assert_eq!(one.rsplit(':').next().unwrap().len(), 32);
        assert_eq!(one, keyed.datum(&datum("ES91", "/body", "7", 3)), "ordinals do not matter");
        assert_ne!(one, keyed.datum(&datum("ES92", "/body", "7", 0)));
        assert_ne!(one, keyed.datum(&datum("ES91", "/body", "8", 0)));
        assert_ne!(one, keyed.datum(&datum("ES91", "/note", "7", 0)));
        assert_ne!(one, Fingerprints::keyed(&key("0c")).datum(&datum("ES91", "/body", "7", 0)));
    }

    #[test]
    fn without_a_key_the_value_leaves_no_trace() {
        let plain = Fingerprints::positional();
        let one = plain.datum(&datum("ES91", "/body", "7", 0));
        assert!(one.starts_with("p1:") && one.len() == 3 + 32);
        assert_eq!(one, plain.datum(&datum("FR76", "/body", "7", 0)));
        assert_ne!(one, plain.datum(&datum("ES91", "/body", "7", 1)));
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        let plain = Fingerprints::positional();
        let record = |kind, id| RecordKey { system: "s", kind, id };
        assert_ne!(plain.finding("r", &record("ab", "c")), plain.finding("r", &record("a", "bc")));
        assert_ne!(group_fingerprint(&["a", "bc"]), group_fingerprint(&["ab", "c"]));
    }

    #[test]
    fn a_datum_and_a_finding_never_share_one() {
        let plain = Fingerprints::positional();
        let record = RecordKey { system: "s", kind: "k", id: "i" };
        let datum = DatumKey { category: "r", record, field: "", value: "", ordinal: 0 };
        assert_ne!(plain.finding("r", &record), plain.datum(&datum));
    }
}
