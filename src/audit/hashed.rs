//! Maps and sets whose keys are hashes already: hashing them again would only cost time.
//!
//! The keys are keyed hashes of ids, or hashes of values, so their bits are as good as any hasher's.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

/// A map by hashes.
pub(crate) type ByHash<K, V> = HashMap<K, V, BuildHasherDefault<Hashed>>;
/// A set of hashes.
pub(crate) type Hashes<K> = HashSet<K, BuildHasherDefault<Hashed>>;

/// Takes the key's own bits; several parts are folded together.
#[derive(Default)]
pub(crate) struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u8(&mut self, part: u8) {
        self.write_u64(u64::from(part));
    }

    fn write_u64(&mut self, part: u64) {
        self.0 = self.0.rotate_left(23) ^ part;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_key_count_in_their_order() {
        let of = |a: u64, b: u64| {
            let mut hasher = Hashed::default();
            hasher.write_u64(a);
            hasher.write_u64(b);
            hasher.finish()
        };
        assert_ne!(of(1, 2), of(2, 1));
        let set: Hashes<(u8, u64)> = [(1, 5), (2, 5), (1, 5)].into_iter().collect();
        assert_eq!(set.len(), 2);
    }
}
