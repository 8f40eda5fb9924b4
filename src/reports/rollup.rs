//! How coarse a report has to be so that it stays within what GitHub keeps.

use std::collections::HashSet;

use super::uris;

/// How findings are put together into results, finest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Level {
    /// One for each record or file and rule.
    Record,
    /// One for each file and rule.
    File,
    /// One for each folder, at most this many levels deep, and rule.
    Folder(usize),
}

impl Level {
    /// Every level, finest first. The last one cannot be too fine: it has one result a rule and verdict.
    pub(super) const ALL: [Level; 6] =
        [Level::Record, Level::File, Level::Folder(8), Level::Folder(3), Level::Folder(1), Level::Folder(0)];

    /// Its name in properties and in fingerprints.
    pub(super) fn name(self) -> &'static str {
        match self {
            Level::Record => "record",
            Level::File => "file",
            Level::Folder(0) => "archive",
            Level::Folder(_) => "folder",
        }
    }

    /// The next coarser one.
    pub(super) fn coarser(self) -> Option<Level> {
        let at = Self::ALL.into_iter().position(|level| level == self)?;
        Self::ALL.get(at + 1).copied()
    }

    /// What a path comes to at this level.
    pub(super) fn place(self, path: &str) -> String {
        match self {
            Level::Record | Level::File => path.to_owned(),
            Level::Folder(depth) => uris::parent(path, depth),
        }
    }
}

/// Counts how many groups each level would have, in memory bounded by the limit.
pub(super) struct Census {
    limit: usize,
    seen: Vec<(Level, Option<HashSet<String>>)>,
}

impl Census {
    /// For a report of at most `limit` groups.
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, seen: Level::ALL.into_iter().map(|level| (level, Some(HashSet::new()))).collect() }
    }

    /// Counts one finding, whose group at each level is named by `key`.
    pub(super) fn note(&mut self, key: impl Fn(Level) -> String) {
        for (level, slot) in &mut self.seen {
            let Some(groups) = slot else { continue };
            groups.insert(key(*level));
            if groups.len() > self.limit {
                *slot = None;
            }
        }
    }

    /// The finest level within the limit; the coarsest where none is.
    pub(super) fn level(&self) -> Level {
        let fitting = self.seen.iter().find(|(_, groups)| groups.is_some());
        fitting.map_or(Level::Folder(0), |(level, _)| *level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_get_coarser_to_the_end() {
        let mut level = Level::Record;
        let mut seen = vec![level];
        while let Some(next) = level.coarser() {
            seen.push(next);
            level = next;
            assert!(seen.len() <= 6);
        }
        assert_eq!(seen, Level::ALL);
    }

    #[test]
    fn the_finest_level_that_fits_is_taken() {
        let level = |files: usize, folders: usize, limit: usize| {
            let mut census = Census::new(limit);
            for file in 0..files {
                let path = format!("top/{}/{file}.json", file % folders);
                for record in 0..3 {
                    census.note(|level| match level {
                        Level::Record => format!("{path} {record}"),
                        _ => level.place(&path),
                    });
                }
            }
            census.level()
        };
        assert_eq!(level(10, 2, 30), Level::Record);
        assert_eq!(level(10, 2, 29), Level::File);
        assert_eq!(level(10, 2, 9), Level::Folder(8));
        assert_eq!(level(10, 2, 1), Level::Folder(1));
    }
}
