//! SipHash-1-3 (Aumasson and Bernstein, 2012; the reduced rounds of the same authors' recommendation for
//! hash tables): a keyed hash short enough to be run on every word.

/// The key of keyed hashes, in its two halves. What is hashed under it means nothing without it.
#[derive(Clone, Copy)]
pub struct Key {
    low: u64,
    high: u64,
}

impl Key {
    /// The key of these bytes.
    pub fn new(bytes: [u8; 16]) -> Key {
        let whole = u128::from_le_bytes(bytes);
        // Both halves by shifting: the low one drops what does not fit.
        Key { low: (whole & u128::from(u64::MAX)) as u64, high: (whole >> 64) as u64 }
    }

    /// The hash of the bytes with `C` rounds a word and `D` rounds at the end.
    fn rounds<const C: usize, const D: usize>(self, bytes: &[u8]) -> u64 {
        let mut v = [
            self.low ^ 0x736f_6d65_7073_6575,
            self.high ^ 0x646f_7261_6e64_6f6d,
            self.low ^ 0x6c79_6765_6e65_7261,
            self.high ^ 0x7465_6462_7974_6573,
        ];
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            absorb::<C>(&mut v, u64::from_le_bytes(*word));
        }
        let mut tail = [0; 8];
        for (to, byte) in tail.iter_mut().zip(rest) {
            *to = *byte;
        }
        absorb::<C>(&mut v, u64::from_le_bytes(tail) | (bytes.len() as u64) << 56);
        v[2] ^= 0xff;
        for _ in 0..D {
            round(&mut v);
        }
        v[0] ^ v[1] ^ v[2] ^ v[3]
    }

    /// The hash of the bytes, SipHash-1-3.
    pub fn hash(self, bytes: &[u8]) -> u64 {
        self.rounds::<1, 3>(bytes)
    }

    /// A quick keyed mix of a few bytes for a sieve in front of [`Key::hash`]; no protection by itself.
    #[inline]
    pub(super) fn sieve(self, bytes: &[u8]) -> u64 {
        let mut mixed = self.low;
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            mixed = (mixed ^ u64::from_le_bytes(*word)).wrapping_mul(self.high | 1);
            mixed ^= mixed >> 32;
        }
        let last = rest.iter().fold(bytes.len() as u64, |last, byte| last << 8 | u64::from(*byte));
        mixed = (mixed ^ last).wrapping_mul(self.high | 1);
        mixed ^ mixed >> 29
    }
}

fn absorb<const C: usize>(v: &mut [u64; 4], word: u64) {
    v[3] ^= word;
    for _ in 0..C {
        round(v);
    }
    v[0] ^= word;
}

#[inline]
fn round(v: &mut [u64; 4]) {
    let [mut a, mut b, mut c, mut d] = *v;
    a = a.wrapping_add(b);
    b = b.rotate_left(13) ^ a;
    a = a.rotate_left(32);
    c = c.wrapping_add(d);
    d = d.rotate_left(16) ^ c;
    a = a.wrapping_add(d);
    d = d.rotate_left(21) ^ a;
    c = c.wrapping_add(b);
    b = b.rotate_left(17) ^ c;
    c = c.rotate_left(32);
    *v = [a, b, c, d];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn siphash_2_4_of_the_papers_appendix() {
        let key = Key::new(std::array::from_fn(|at| at as u8));
        let message: [u8; 15] = std::array::from_fn(|at| at as u8);
        assert_eq!(key.rounds::<2, 4>(&message), 0xa129_ca61_49be_45e5);
        assert_eq!(key.rounds::<2, 4>(&[]), 0x726f_db47_dd0e_0e31);
    }

    #[test]
    fn another_key_gives_another_hash() {
        let (one, two) = (Key::new([1; 16]), Key::new([2; 16]));
        assert_ne!(one.hash(b"garcia"), two.hash(b"garcia"));
        assert_ne!(one.hash(b"garcia"), one.hash(b"garciaa"));
    }
}
