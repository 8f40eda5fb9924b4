//! Properties of MAPI objects ([MS-OXCDATA] 2.11, [MS-OXPROPS]), however they are stored.

use super::super::bytes::{until_nul, utf16};
use super::super::code_page;

/// A value that may be told.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// A text in bytes of the message's code page.
    Bytes8(Vec<u8>),
    /// A text.
    Text(String),
    /// Bytes.
    Binary(Vec<u8>),
    /// Hundreds of nanoseconds since 1601.
    Time(u64),
    /// A number or truth value.
    Number(u32),
}

/// The properties of a message, recipient or attachment.
#[derive(Debug, Clone, Default)]
pub(super) struct Properties {
    pub(super) all: Vec<(u16, Value)>,
    /// Code page of 8-bit texts.
    pub(super) page: u32,
}

impl Properties {
    pub(super) fn value(&self, id: u16) -> Option<&Value> {
        self.all.iter().find(|(known, _)| *known == id).map(|(_, value)| value)
    }

    pub(super) fn number(&self, id: u16) -> Option<u32> {
        match self.value(id)? {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub(super) fn time(&self, id: u16) -> Option<u64> {
        match self.value(id)? {
            Value::Time(time) => Some(*time),
            _ => None,
        }
    }

    pub(super) fn binary(&self, id: u16) -> Option<&[u8]> {
        match self.value(id)? {
            Value::Binary(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The text of a property, empty where there is none.
    pub(super) fn text(&self, id: u16) -> String {
        self.value(id).and_then(|value| self.shown(value)).unwrap_or_default()
    }

    /// The first of some properties that holds text.
    pub(super) fn first(&self, ids: &[u16]) -> String {
        ids.iter().map(|id| self.text(*id)).find(|text| !text.is_empty()).unwrap_or_default()
    }

    /// A value as text, if it is one.
    pub(super) fn shown(&self, value: &Value) -> Option<String> {
        match value {
            Value::Text(text) => Some(until_nul(text).to_owned()),
            Value::Bytes8(bytes) => Some(until_nul(&code_page::decode(self.page, bytes)).to_owned()),
            _ => None,
        }
    }
}

/// A value of a type whose bytes stand apart; none for types without text or files.
pub(super) fn apart(kind: u16, bytes: &[u8]) -> Option<Value> {
    Some(match kind {
        0x001E => Value::Bytes8(bytes.to_vec()),
        0x001F => Value::Text(utf16(bytes)),
        0x0102 => Value::Binary(bytes.to_vec()),
        _ => return None,
    })
}

/// A value of a type that stands in eight bytes or fewer.
pub(super) fn fixed(kind: u16, number: u64) -> Option<Value> {
    Some(match kind {
        0x0040 => Value::Time(number),
        0x0002 | 0x0003 | 0x000B => Value::Number(number as u32),
        _ => return None,
    })
}
