//! Starts from which walks may match, in the order of the text, whichever automaton they are for: what is known of
//! a place is kept while it is looked at for all.
#![allow(clippy::indexing_slicing)] // Runs are counted beside their heads.

use super::lazy::Resumed;

/// A candidate start from which a group of rows may match.
#[derive(Clone, Copy, Debug)]
pub(super) struct Promising {
    /// Where a match begins.
    pub(super) start: u32,
    /// Where the walk begins: the same, but for addresses, which begin before their at sign.
    pub(super) at: u32,
    /// For which group.
    pub(super) group: u32,
    /// How it goes on.
    pub(super) resumed: Resumed,
}

/// Starts in runs, in each of which they ascend. What was written in a run before is room for the next block.
#[derive(Default)]
pub(super) struct Runs {
    runs: Vec<Vec<Promising>>,
    used: usize,
}

impl Runs {
    pub(super) fn clear(&mut self) {
        self.used = 0;
    }

    /// A new run.
    pub(super) fn run(&mut self) -> &mut Vec<Promising> {
        if self.used == self.runs.len() {
            self.runs.push(Vec::new());
        }
        self.used += 1;
        let run = &mut self.runs[self.used - 1];
        run.clear();
        run
    }

    /// Gives all starts, the first of the text first. There are few runs, of which the one with the next start is
    /// found by looking at each.
    pub(super) fn each(&self, mut give: impl FnMut(&Promising)) {
        let mut rest: Vec<&[Promising]> =
            self.runs.iter().take(self.used).map(Vec::as_slice).filter(|run| !run.is_empty()).collect();
        let mut heads: Vec<u32> = rest.iter().map(|run| run[0].start).collect();
        while let Some((next, _)) = heads.iter().enumerate().min_by_key(|(_, start)| **start) {
            let Some((first, others)) = rest[next].split_first() else { return };
            give(first);
            rest[next] = others;
            match others.first() {
                Some(one) => heads[next] = one.start,
                None => {
                    rest.remove(next);
                    heads.remove(next);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_starts_come_in_the_order_of_the_text() {
        let mut runs = Runs::default();
        let one = |start| Promising { start, at: start, group: 0, resumed: Resumed::NOT };
        for round in 0..3 {
            runs.clear();
            runs.run().extend([1, 4, 4, 9].map(one));
            runs.run();
            runs.run().extend([2, 4, 30].map(one));
            if round < 2 {
                runs.run().extend([0].map(one));
            }
            let mut given = Vec::new();
            runs.each(|one| given.push(one.start));
            let wanted: &[u32] = if round < 2 { &[0, 1, 2, 4, 4, 4, 9, 30] } else { &[1, 2, 4, 4, 4, 9, 30] };
            assert_eq!(given, wanted);
        }
    }
}
