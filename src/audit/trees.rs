//! Rules about files: one finding for a tree of files that everyone on the machine can read.

use crate::policies::Observed;
use crate::records::{FactId, FactValue, Facts, Supplier};
use crate::sources::Item;

/// What the walk says of one file or folder, in the order of the walk.
pub(crate) struct FileRow {
    pub(crate) number: String,
    pub(crate) path: String,
    pub(crate) folder: bool,
    pub(crate) mode: Option<u32>,
    /// Whether it is a later piece of the file before.
    pub(crate) again: bool,
    /// The strongest detection of each category and class in it.
    pub(crate) observed: Vec<Observed>,
}

impl FileRow {
    pub(crate) fn of(item: &Item, folder: bool) -> Option<FileRow> {
        let facts = item.file?;
        Some(FileRow {
            number: item.number.to_string(),
            path: item.origin.path.expose().to_owned(),
            folder,
            mode: facts.mode,
            again: false,
            observed: Vec::new(),
        })
    }
}

/// A tree: the topmost folder everyone may list, or the folder of files everyone may read.
#[derive(Clone, Default)]
pub(crate) struct Tree {
    pub(crate) number: String,
    pub(crate) path: String,
    pub(crate) mode: Option<u32>,
    /// Files in it that everyone can read.
    pub(crate) readable: u64,
    /// Files in it that everyone can change.
    pub(crate) writable: u64,
    /// Files in it whose mode is not known.
    pub(crate) unknown: u64,
    /// Files in it.
    pub(crate) files: u64,
    /// The strongest detection of each category and class in the files that everyone can read or change,
    /// or whose mode is not known.
    exposed: Vec<Observed>,
    /// The same in its other files.
    private: Vec<Observed>,
}

impl Tree {
    /// What the tree is judged by: what lies open, and where nothing does what it holds.
    pub(crate) fn observed(&self) -> &[Observed] {
        if self.readable + self.writable + self.unknown > 0 { &self.exposed } else { &self.private }
    }

    /// The facts a rule on files reads.
    pub(crate) fn facts(&self) -> Facts {
        let mut facts = Facts::default();
        if self.unknown == 0 || self.readable > 0 {
            set(&mut facts, "world_readable", self.readable > 0);
        }
        if self.unknown == 0 || self.writable > 0 {
            set(&mut facts, "world_writable", self.writable > 0);
        }
        facts
    }
}

fn set(facts: &mut Facts, name: &str, value: bool) {
    if let Some(id) = FactId::named(name) {
        facts.set(id, FactValue::Bool(value), Supplier::File);
    }
}

/// Gathers files into trees while the walk goes on. Memory grows with the number of trees.
#[derive(Default)]
pub(crate) struct Trees {
    folders: Vec<Tree>,
    done: Vec<Tree>,
}

const READ: u32 = 0o004;
const WRITE: u32 = 0o002;

impl Trees {
    /// Takes the next file or folder of the walk.
    pub(crate) fn add(&mut self, row: FileRow) {
        while self.folders.last().is_some_and(|folder| !is_below(&row.path, &folder.path)) {
            self.close();
        }
        if row.folder {
            self.folders.push(Tree { number: row.number, path: row.path, mode: row.mode, ..Tree::default() });
            return;
        }
        let bits = row.mode.unwrap_or(0);
        let exposed = row.mode.is_none_or(|mode| mode & (READ | WRITE) != 0);
        let alone = Tree { number: row.number, path: row.path, mode: row.mode, ..Tree::default() };
        let tree = match self.tree_of_file() {
            Some(at) => self.folders.get_mut(at),
            // A file the user named: a later piece of it goes where the first one went.
            None if row.again => self.done.last_mut(),
            None => {
                self.done.push(alone);
                self.done.last_mut()
            }
        };
        if let Some(tree) = tree {
            let new = u64::from(!row.again);
            tree.files += new;
            tree.unknown += new * u64::from(row.mode.is_none());
            tree.readable += new * u64::from(bits & READ != 0);
            tree.writable += new * u64::from(bits & WRITE != 0);
            observe(if exposed { &mut tree.exposed } else { &mut tree.private }, row.observed);
        }
    }

    /// The topmost open folder that everyone may list, else the innermost one.
    fn tree_of_file(&self) -> Option<usize> {
        let listed = self.folders.iter().position(|folder| folder.mode.is_some_and(|mode| mode & READ != 0));
        listed.or(self.folders.len().checked_sub(1))
    }

    fn close(&mut self) {
        if let Some(folder) = self.folders.pop()
            && folder.files > 0
        {
            self.done.push(folder);
        }
    }

    /// All trees with files in them, by path.
    pub(crate) fn finish(mut self) -> Vec<Tree> {
        while !self.folders.is_empty() {
            self.close();
        }
        self.done.sort_by(|a, b| a.path.cmp(&b.path));
        self.done
    }
}

/// Keeps the strongest detection of each category and class.
fn observe(strongest: &mut Vec<Observed>, seen: Vec<Observed>) {
    for one in seen {
        let same =
            |known: &&mut Observed| (known.category, known.value_class) == (one.category, one.value_class);
        match strongest.iter_mut().find(same) {
            Some(known) => known.confidence = known.confidence.max(one.confidence),
            None => strongest.push(one),
        }
    }
}

fn is_below(path: &str, folder: &str) -> bool {
    folder == "." || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::{Category, Confidence, ValueClass};

    fn trees(rows: &[(&str, u32)]) -> Vec<(String, u64, u64)> {
        let mut trees = Trees::default();
        for (path, mode) in rows {
            let (path, folder) = path.strip_suffix('/').map_or((*path, false), |p| (p, true));
            let (number, path) = (String::new(), path.to_owned());
            trees.add(FileRow {
                number,
                path,
                folder,
                mode: Some(*mode),
                again: false,
                observed: Vec::new(),
            });
        }
        trees.finish().into_iter().map(|tree| (tree.path, tree.readable, tree.files)).collect()
    }

    #[test]
    fn a_readable_root_is_one_tree() {
        let rows = [("a/", 0o755), ("a/x", 0o644), ("a/b/", 0o755), ("a/b/y", 0o644), ("a/z", 0o600)];
        assert_eq!(trees(&rows), [("a".to_owned(), 2, 3)]);
    }

    #[test]
    fn readable_folders_below_a_private_root_are_trees_of_their_own() {
        let rows = [
            ("a/", 0o700),
            ("a/2018/", 0o700),
            ("a/2018/x", 0o600),
            ("a/2019/", 0o755),
            ("a/2019/k/", 0o755),
            ("a/2019/k/y", 0o644),
            ("a/2019/z", 0o644),
        ];
        assert_eq!(trees(&rows), [("a/2018".to_owned(), 0, 1), ("a/2019".to_owned(), 2, 2)]);
    }

    #[test]
    fn a_private_tree_is_judged_by_what_it_holds_and_an_open_one_by_what_lies_open() {
        let held = |modes: &[u32]| {
            let mut trees = Trees::default();
            for (at, mode) in modes.iter().enumerate() {
                let one = Observed {
                    category: Category::EMAIL_ADDRESS,
                    confidence: Confidence::new(0.1 * (at + 1) as f64),
                    value_class: ValueClass::Real,
                };
                let (number, path) = (String::new(), format!("a/{at}"));
                if at == 0 {
                    let (number, path) = (String::new(), "a".to_owned());
                    let mode = Some(0o700);
                    trees.add(FileRow {
                        number,
                        path,
                        folder: true,
                        mode,
                        again: false,
                        observed: Vec::new(),
                    });
                }
                let mode = Some(*mode);
                trees.add(FileRow { number, path, folder: false, mode, again: false, observed: vec![one] });
            }
            let tree = trees.finish().remove(0);
            tree.observed().iter().map(|one| one.confidence.thousandths()).collect::<Vec<u16>>()
        };
        assert_eq!(held(&[0o600, 0o600]), [200]);
        assert_eq!(held(&[0o644, 0o600]), [100]);
    }

    #[test]
    fn an_unknown_mode_is_missing_evidence() {
        let tree = Tree { unknown: 1, files: 2, ..Tree::default() };
        assert!(tree.facts().get(FactId::named("world_readable").unwrap()).is_none());
    }
}
