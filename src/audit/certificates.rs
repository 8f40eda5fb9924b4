//! Certificates of erasure that lie among what is read: whether they hold, and until when they are pending.
//!
//! The key is the one a certificate names: a change after the signature is seen, a forgery as a whole is not.
//! Whose key it is says `olvido verify --key`.

use serde_json::Value;

use crate::records::{FactId, FactValue, Facts, Stamp, Supplier};
use crate::vault::certificate::{SCHEMA, own_key, read_certificate};

/// Larger files are no certificate.
const LARGEST: usize = 16 << 20;

/// Supplies what a certificate says of itself, where the bytes are one.
pub(super) fn supply(bytes: &[u8], facts: &mut Facts) {
    if bytes.len() > LARGEST || memchr::memmem::find(bytes, SCHEMA.as_bytes()).is_none() {
        return;
    }
    let Ok(certificate) = serde_json::from_slice::<Value>(bytes) else { return };
    if certificate.get("schema").and_then(Value::as_str) != Some(SCHEMA) {
        return;
    }
    let holds = own_key(&certificate)
        .and_then(|key| read_certificate(bytes, &key).ok())
        .is_some_and(|(_, wrong)| wrong.is_empty());
    set(facts, "certificate_holds", FactValue::Bool(holds));
    let copies = certificate.get("not_reached").and_then(Value::as_array).into_iter().flatten();
    let until: Vec<&str> = copies.filter_map(|copy| copy.get("until")?.as_str()).collect();
    let read: Option<Vec<Stamp>> = until.iter().map(|until| Stamp::parse(until)).collect();
    match read.map(|stamps| stamps.into_iter().max()) {
        Some(Some(last)) => set(facts, "pending_until", FactValue::Stamp(last)),
        Some(None) => {}
        None => set(facts, "pending_until", FactValue::Word("unreadable".into())),
    }
}

fn set(facts: &mut Facts, name: &str, value: FactValue) {
    if let Some(fact) = FactId::named(name) {
        facts.set(fact, value, Supplier::File);
    }
}
