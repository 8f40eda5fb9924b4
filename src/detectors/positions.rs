//! Ascending positions in a block's text, taken up from bitmaps and lists without a branch for each: which bits
//! are set is as good as random, so that a processor guesses every other branch wrong.
#![allow(clippy::indexing_slicing)] // Room for what is written is made before, as stated beside it.

/// Bits of a bitmap.
const BITS: usize = 64;

/// Positions in a block's text.
#[derive(Clone, Debug, Default)]
pub(super) struct Positions {
    /// The positions, and behind them what was written in passing.
    at: Vec<u32>,
    len: usize,
}

impl Positions {
    #[cfg(test)]
    pub(super) fn of(at: &[u32]) -> Positions {
        Positions { at: at.to_vec(), len: at.len() }
    }

    pub(super) fn clear(&mut self) {
        self.len = 0;
    }

    pub(super) fn as_slice(&self) -> &[u32] {
        &self.at[..self.len]
    }

    /// Makes room for so many more.
    #[inline(always)]
    fn room(&mut self, more: usize) {
        if self.at.len() < self.len + more {
            self.grow(more);
        }
    }

    #[cold]
    fn grow(&mut self, more: usize) {
        self.at.resize((self.len + more).next_power_of_two(), 0);
    }

    /// Takes up the positions of all bits, counted from `from`. `AT_ONCE` are written whether or not there are so
    /// many; where none is usual, that is 0.
    #[inline(always)]
    pub(super) fn push<const AT_ONCE: usize>(&mut self, from: usize, mut bits: u64) {
        if AT_ONCE == 0 && bits == 0 {
            return;
        }
        self.room(BITS);
        let count = bits.count_ones() as usize;
        let slots = &mut self.at[self.len..self.len + BITS];
        let mut write = |slot: &mut u32| {
            *slot = (from as u32).wrapping_add(bits.trailing_zeros());
            bits &= bits.wrapping_sub(1);
        };
        slots[..AT_ONCE].iter_mut().for_each(&mut write);
        if count > AT_ONCE {
            slots[AT_ONCE..count].iter_mut().for_each(&mut write);
        }
        self.len += count;
    }

    /// Shares positions out among lists: bit `n` of what is told of one says that list `n` takes it up.
    #[inline(always)]
    pub(super) fn sift(positions: &[u32], out: [&mut Positions; 3], mut lists: impl FnMut(usize) -> u8) {
        let [a, b, c] = out.map(|list| {
            list.room(positions.len());
            list
        });
        let mut len = [a.len, b.len, c.len];
        let (in_a, in_b, in_c) = (&mut a.at[..], &mut b.at[..], &mut c.at[..]);
        for at in positions {
            let lists = lists(*at as usize);
            // Each list takes up at most as many as were looked at.
            (in_a[len[0]], in_b[len[1]], in_c[len[2]]) = (*at, *at, *at);
            len[0] += usize::from(lists & 1);
            len[1] += usize::from(lists >> 1 & 1);
            len[2] += usize::from(lists >> 2 & 1);
        }
        [a.len, b.len, c.len] = len;
    }

    /// Room for so many more, at least.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    pub(super) fn free(&mut self, more: usize) -> &mut [u32] {
        self.room(more);
        &mut self.at[self.len..]
    }

    /// Takes up so many of what was written into the room, which is not exceeded.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    pub(super) fn take_up(&mut self, count: usize) {
        self.len = (self.len + count).min(self.at.len());
    }

    /// Leaves out those that a condition does not allow, of those not looked at yet. Of those that were, the first
    /// `kept` stay.
    #[inline(always)]
    pub(super) fn retain(&mut self, (looked, kept): (usize, usize), mut allowed: impl FnMut(usize) -> bool) {
        let mut kept = kept;
        for at in looked..self.len {
            let position = self.at[at];
            self.at[kept] = position;
            kept += usize::from(allowed(position as usize));
        }
        self.len = kept;
    }

    /// The positions, to be written over.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn as_mut_slice(&mut self) -> &mut [u32] {
        &mut self.at[..self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::seeded::Seeded;
    use super::*;

    #[test]
    fn every_bit_is_a_position() {
        let mut seeded = Seeded::new(3);
        let mut positions = Positions::default();
        let mut wanted = Vec::new();
        for round in 0..2_000_usize {
            let bits = match round % 4 {
                0 => 0,
                1 => u64::MAX,
                2 => seeded.bits(),
                _ => seeded.bits() & seeded.bits() & seeded.bits(),
            };
            wanted.extend((0..64).filter(|bit| bits >> bit & 1 == 1).map(|bit| (round * 64 + bit) as u32));
            match round % 3 {
                0 => positions.push::<0>(round * 64, bits),
                1 => positions.push::<4>(round * 64, bits),
                _ => positions.push::<16>(round * 64, bits),
            }
        }
        assert_eq!(positions.as_slice(), wanted);
        let (mut even, mut third, mut all) =
            (Positions::default(), Positions::default(), Positions::default());
        even.push::<0>(0, 0b10);
        Positions::sift(positions.as_slice(), [&mut even, &mut third, &mut all], |at| {
            u8::from(at % 2 == 0) | u8::from(at % 3 == 0) << 1 | 4
        });
        assert_eq!(all.as_slice(), wanted);
        assert_eq!(third.as_slice().len(), wanted.iter().filter(|at| **at % 3 == 0).count());
        even.retain((0, 0), |at| at == 1 || at % 3 == 0);
        wanted.retain(|at| at % 6 == 0);
        assert_eq!(even.as_slice()[0], 1);
        assert_eq!(even.as_slice()[1..], wanted);
        even.clear();
        assert!(even.as_slice().is_empty());
    }
}
