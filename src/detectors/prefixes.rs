//! Sieve for literals: which positions may begin one, by the first four bytes (the Teddy algorithm of
//! Hyperscan, "nibble" variant with eight buckets).
#![allow(clippy::indexing_slicing)] // Indices are nibbles (< 16), positions (< 4) and buckets (< 8).

/// How many bytes the sieve looks at.
pub(super) const DEPTH: usize = 4;

/// For each of four positions, which buckets allow a low and a high nibble.
#[derive(Clone, Debug)]
pub(super) struct Prefixes {
    pub(super) low: [[u8; 16]; DEPTH],
    pub(super) high: [[u8; 16]; DEPTH],
    /// Whether there is any literal.
    pub(super) any: bool,
}

impl Prefixes {
    /// The sieve of these literals, in any ASCII case. Literals with equal beginnings share a bucket,
    /// so that eight buckets cut as sharply as they can.
    pub(super) fn new(literals: &[String]) -> Prefixes {
        let mut out = Prefixes { low: [[0; 16]; DEPTH], high: [[0; 16]; DEPTH], any: !literals.is_empty() };
        let mut sorted: Vec<String> = literals.iter().map(|literal| literal.to_ascii_lowercase()).collect();
        sorted.sort();
        // Shorter literals are their own beginning.
        let head = |text: &String| text.bytes().take(DEPTH).collect::<Vec<u8>>();
        sorted.dedup_by(|later, first| head(later) == head(first));
        let count = sorted.len().max(1);
        for (at, literal) in sorted.iter().enumerate() {
            let bucket = 1_u8 << (at * 8 / count);
            for position in 0..DEPTH {
                match literal.as_bytes().get(position) {
                    Some(byte) => {
                        out.allow(position, byte.to_ascii_lowercase(), bucket);
                        out.allow(position, byte.to_ascii_uppercase(), bucket);
                    }
                    None => (0..=255).for_each(|byte| out.allow(position, byte, bucket)),
                }
            }
        }
        out
    }

    fn allow(&mut self, position: usize, byte: u8, bucket: u8) {
        self.low[position][usize::from(byte & 15)] |= bucket;
        self.high[position][usize::from(byte >> 4)] |= bucket;
    }

    /// Whether the bytes may begin a literal; what lies beyond the text is 0.
    pub(super) fn may_begin(&self, bytes: [u8; DEPTH]) -> bool {
        let mut buckets = 0xFF;
        for (position, byte) in bytes.iter().enumerate() {
            buckets &=
                self.low[position][usize::from(byte & 15)] & self.high[position][usize::from(byte >> 4)];
        }
        buckets != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_literal_is_sieved_out() {
        let literals: Vec<String> =
            ["pwd", "contrase", "mot de passe", "-----BEGIN", "hasło", "$1$", "$6$", "2fa", "://"]
                .map(String::from)
                .to_vec();
        let prefixes = Prefixes::new(&literals);
        for literal in &literals {
            for cased in [literal.clone(), literal.to_ascii_uppercase()] {
                let mut bytes = [b'!'; DEPTH];
                for (to, from) in bytes.iter_mut().zip(cased.bytes()) {
                    *to = from;
                }
                assert!(prefixes.may_begin(bytes), "{cased}");
            }
        }
        assert!(!prefixes.may_begin(*b"hola"));
        assert!(!Prefixes::new(&[]).may_begin(*b"pass"));
    }
}
