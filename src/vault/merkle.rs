//! Merkle trees of RFC 9162 §2.1: leaves hashed behind 0x00, nodes behind 0x01.

use super::digest::{Digest, Sha256};

/// The hash of an inner node.
fn node(left: &Digest, right: &Digest) -> Digest {
    let mut hash = Sha256::new();
    hash.update(&[1]);
    hash.update(&left.0);
    hash.update(&right.0);
    hash.finish()
}

/// A salted commitment to an entry: SHA-256 of 0x00, the salt and the entry. Without the salt nobody can
/// try entries against it, so an erased entry leaves nothing behind.
pub fn leaf(salt: &[u8; 32], entry: &[u8]) -> Digest {
    let mut hash = Sha256::new();
    hash.update(&[0]);
    hash.update(salt);
    hash.update(entry);
    hash.finish()
}

/// A tree that grows: the roots of all whole subtrees, so that appending and proving cost the logarithm of
/// its size.
#[derive(Default)]
pub struct Tree {
    /// `levels[k][i]` is the root over the leaves `i·2^k .. (i+1)·2^k`.
    levels: Vec<Vec<Digest>>,
}

impl Tree {
    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.levels.first().map_or(0, |leaves| leaves.len() as u64)
    }

    /// Adds a leaf.
    pub fn push(&mut self, leaf: Digest) {
        let mut add = leaf;
        for level in 0.. {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            let Some(row) = self.levels.get_mut(level) else { return };
            row.push(add);
            match row.as_slice() {
                [.., left, right] if row.len().is_multiple_of(2) => add = node(left, right),
                _ => return,
            }
        }
    }

    /// The root over all leaves; that of an empty tree is the hash of nothing.
    pub fn root(&self) -> Digest {
        self.range(0, self.size())
    }

    /// The leaf at a position.
    pub fn leaf(&self, index: u64) -> Option<Digest> {
        self.levels.first()?.get(usize::try_from(index).ok()?).copied()
    }

    /// The root over `len` leaves from `start`, which is a multiple of the largest power of two below `len`.
    fn range(&self, start: u64, len: u64) -> Digest {
        if len == 0 {
            return Digest::of(b"");
        }
        if len.is_power_of_two() {
            let level = len.ilog2() as usize;
            let at = usize::try_from(start >> len.ilog2()).unwrap_or(usize::MAX);
            return self.levels.get(level).and_then(|row| row.get(at)).copied().unwrap_or(Digest([0; 32]));
        }
        let split = 1 << (len - 1).ilog2();
        node(&self.range(start, split), &self.range(start + split, len - split))
    }

    /// The hashes that lead from a leaf to the root, RFC 9162 §2.1.3.1.
    pub fn proof(&self, index: u64) -> Option<Vec<Digest>> {
        let (mut start, mut len) = (0, self.size());
        if index >= len {
            return None;
        }
        let mut path = Vec::new();
        while len > 1 {
            let split = 1u64 << (len - 1).ilog2();
            if index - start < split {
                path.push(self.range(start + split, len - split));
                len = split;
            } else {
                path.push(self.range(start, split));
                start += split;
                len -= split;
            }
        }
        path.reverse();
        Some(path)
    }
}

/// Whether a leaf stands at `index` in the tree of `size` leaves with this root, RFC 9162 §2.1.3.2.
pub fn is_included(leaf: &Digest, index: u64, size: u64, path: &[Digest], root: &Digest) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last, mut hash) = (index, size - 1, *leaf);
    for step in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            hash = node(step, &hash);
            if at & 1 == 0 {
                while at != 0 && at & 1 == 0 {
                    at >>= 1;
                    last >>= 1;
                }
            }
        } else {
            hash = node(&hash, step);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(count: u64) -> Vec<Digest> {
        (0..count).map(|at| leaf(&[3; 32], &at.to_be_bytes())).collect()
    }

    fn tree(leaves: &[Digest]) -> Tree {
        let mut tree = Tree::default();
        leaves.iter().for_each(|leaf| tree.push(*leaf));
        tree
    }

    /// The definition in RFC 9162 §2.1.1, word for word.
    fn by_definition(leaves: &[Digest]) -> Digest {
        match leaves {
            [] => Digest::of(b""),
            [one] => *one,
            more => {
                let mut split = 1;
                while split * 2 < more.len() {
                    split *= 2;
                }
                node(&by_definition(&more[..split]), &by_definition(&more[split..]))
            }
        }
    }

    #[test]
    fn roots_are_those_of_the_definition() {
        for size in 0..70 {
            let leaves = leaves(size);
            assert_eq!(tree(&leaves).root().to_string(), by_definition(&leaves).to_string(), "{size}");
        }
    }

    #[test]
    fn every_leaf_is_proved_and_nothing_else() {
        for size in 1..40 {
            let leaves = leaves(size);
            let tree = tree(&leaves);
            let root = tree.root();
            for index in 0..size {
                let path = tree.proof(index).unwrap();
                let leaf = leaves[index as usize];
                assert!(is_included(&leaf, index, size, &path, &root), "{index} of {size}");
                assert!(!is_included(&node(&leaf, &leaf), index, size, &path, &root));
                for other in (0..size).filter(|other| *other != index) {
                    assert!(!is_included(&leaf, other, size, &path, &root), "{index} as {other} of {size}");
                }
                if let Some((_, short)) = path.split_last() {
                    assert!(!is_included(&leaf, index, size, short, &root));
                }
                assert!(!is_included(&leaf, index, size, &[&path[..], &[root]].concat(), &root));
            }
            assert!(tree.proof(size).is_none());
        }
    }
}
