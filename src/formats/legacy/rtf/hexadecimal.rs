//! Bytes written as hexadecimal digits, over any number of lines.

/// Bytes that were read, and half of the next.
#[derive(Default)]
pub(super) struct Hexadecimal {
    bytes: Vec<u8>,
    half: Option<u8>,
}

impl Hexadecimal {
    /// Takes in digits; all else is passed over.
    pub(super) fn digits(&mut self, text: &[u8]) {
        for digit in text.iter().filter_map(|byte| char::from(*byte).to_digit(16)) {
            let digit = digit as u8;
            match self.half.take() {
                Some(high) => self.bytes.push(high << 4 | digit),
                None => self.half = Some(digit),
            }
        }
    }

    /// Takes in bytes as they are.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.half = None;
        self.bytes.extend_from_slice(bytes);
    }

    /// Everything so far.
    pub(super) fn take(&mut self) -> Vec<u8> {
        self.half = None;
        std::mem::take(&mut self.bytes)
    }
}
