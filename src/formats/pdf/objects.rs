//! Objects of a document (ISO 32000-1, 7.3), references followed.

use std::cell::Cell;

use lopdf::{Dictionary, Document, Object, Stream};

/// A document while it is read: what its streams may come to together is bounded.
pub(super) struct Objects<'d> {
    pub(super) document: &'d Document,
    /// Bytes that may still come out of streams.
    left: Cell<usize>,
    /// Whether a stream was over the bound, and whether one could not be decoded.
    pub(super) over: Cell<bool>,
    pub(super) damaged: Cell<bool>,
}

impl<'d> Objects<'d> {
    pub(super) fn new(document: &'d Document, most: u64) -> Self {
        let left = Cell::new(usize::try_from(most).unwrap_or(usize::MAX));
        Self { document, left, over: Cell::new(false), damaged: Cell::new(false) }
    }

    /// What an object is behind its references.
    pub(super) fn behind(&self, object: &'d Object) -> Option<&'d Object> {
        self.document.dereference(object).ok().map(|(_, object)| object)
    }

    /// A member of a dictionary.
    pub(super) fn get(&self, dictionary: &'d Dictionary, key: &str) -> Option<&'d Object> {
        self.behind(dictionary.get(key.as_bytes()).ok()?)
    }

    /// A member that is a dictionary, or a stream with one.
    pub(super) fn dictionary(&self, dictionary: &'d Dictionary, key: &str) -> Option<&'d Dictionary> {
        dictionary_of(self.get(dictionary, key)?)
    }

    /// A member that is a name.
    pub(super) fn name(&self, dictionary: &'d Dictionary, key: &str) -> Option<&'d [u8]> {
        self.get(dictionary, key)?.as_name().ok()
    }

    /// The bytes of a stream behind its filters.
    pub(super) fn bytes(&self, stream: &'d Stream) -> Option<Vec<u8>> {
        match stream.get_plain_content_with_limit(self.left.get()) {
            Ok(bytes) => {
                self.left.set(self.left.get().saturating_sub(bytes.len()));
                Some(bytes)
            }
            Err(lopdf::Error::Decompress(lopdf::DecompressError::MemoryLimitExceeded { .. })) => {
                self.over.set(true);
                None
            }
            Err(_) => {
                self.damaged.set(true);
                None
            }
        }
    }
}

/// A dictionary, or that of a stream.
pub(super) fn dictionary_of(object: &Object) -> Option<&Dictionary> {
    match object {
        Object::Dictionary(dictionary) => Some(dictionary),
        Object::Stream(stream) => Some(&stream.dict),
        _ => None,
    }
}

/// A number of either kind.
pub(super) fn number(object: &Object) -> Option<f64> {
    match object {
        #[expect(clippy::cast_precision_loss, reason = "coordinates and widths are small")]
        Object::Integer(whole) => Some(*whole as f64),
        Object::Real(real) => Some(f64::from(*real)),
        _ => None,
    }
}
