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
    /// Whom an access-control list lets read or change it, beside owner and group.
    pub(crate) grants: Option<u32>,
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
            grants: facts.grants,
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
    /// The most users and groups that lists let read or change one of its files; none where it is unknown.
    grants: Option<u32>,
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

    /// Takes a file. `by_list` is whether a list may open it to more than its mode says.
    fn take(&mut self, row: FileRow, by_list: bool) {
        let bits = row.mode.unwrap_or(0);
        let exposed = row.mode.is_none_or(|mode| mode & (READ | WRITE) != 0);
        let new = u64::from(!row.again);
        self.files += new;
        self.unknown += new * u64::from(row.mode.is_none());
        self.readable += new * u64::from(bits & READ != 0);
        self.writable += new * u64::from(bits & WRITE != 0);
        if row.mode.is_none() {
            self.grants = None;
        } else if by_list {
            self.grants = self.grants.zip(row.grants).map(|(most, one)| most.max(one));
        }
        observe(if exposed { &mut self.exposed } else { &mut self.private }, row.observed);
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
        if let (Some(grants), Some(id)) = (self.grants, FactId::named("list_grants")) {
            facts.set(id, FactValue::Int(grants.into()), Supplier::File);
        }
        facts
    }
}

fn set(facts: &mut Facts, name: &str, value: bool) {
    if let Some(id) = FactId::named(name) {
        facts.set(id, FactValue::Bool(value), Supplier::File);
    }
}

/// An open folder: its files that the mode tells all of, and those that a list opens to more.
struct Folder {
    plain: Tree,
    listed: Tree,
}

/// Gathers files into trees while the walk goes on. Memory grows with the number of trees.
#[derive(Default)]
pub(crate) struct Trees {
    folders: Vec<Folder>,
    done: Vec<Tree>,
}

const READ: u32 = 0o004;
const WRITE: u32 = 0o002;

impl Trees {
    /// Takes the next file or folder of the walk.
    pub(crate) fn add(&mut self, row: FileRow) {
        while self.folders.last().is_some_and(|folder| !is_below(&row.path, &folder.plain.path)) {
            self.close();
        }
        let plain = Tree {
            number: row.number.clone(),
            path: row.path.clone(),
            mode: row.mode,
            // Without modes there is no telling what lists add to them.
            grants: row.mode.map(|_| 0),
            ..Tree::default()
        };
        if row.folder {
            let listed = Tree { grants: Some(0), ..plain.clone() };
            return self.folders.push(Folder { plain, listed });
        }
        // Whoever a list names beside everybody is told by everybody.
        let by_list = row.grants != Some(0) && row.mode.is_some_and(|mode| mode & (READ | WRITE) == 0);
        let tree = match self.tree_of_file() {
            Some(at) => self.folders.get_mut(at).map(|folder| match by_list {
                true => &mut folder.listed,
                false => &mut folder.plain,
            }),
            // A file the user named: a later piece of it goes where the first one went.
            None if row.again => self.done.last_mut(),
            None => {
                self.done.push(plain);
                self.done.last_mut()
            }
        };
        if let Some(tree) = tree {
            tree.take(row, by_list);
        }
    }

    /// The topmost open folder that everyone may list, else the innermost one.
    fn tree_of_file(&self) -> Option<usize> {
        let listed =
            self.folders.iter().position(|folder| folder.plain.mode.is_some_and(|mode| mode & READ != 0));
        listed.or(self.folders.len().checked_sub(1))
    }

    fn close(&mut self) {
        if let Some(Folder { plain, listed }) = self.folders.pop() {
            self.done.extend([plain, listed].into_iter().filter(|tree| tree.files > 0));
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
                grants: Some(0),
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
                        grants: Some(0),
                        again: false,
                        observed: Vec::new(),
                    });
                }
                let mode = Some(*mode);
                trees.add(FileRow {
                    number,
                    path,
                    folder: false,
                    mode,
                    grants: Some(0),
                    again: false,
                    observed: vec![one],
                });
            }
            let tree = trees.finish().remove(0);
            tree.observed().iter().map(|one| one.confidence.thousandths()).collect::<Vec<u16>>()
        };
        assert_eq!(held(&[0o600, 0o600]), [200]);
        assert_eq!(held(&[0o644, 0o600]), [100]);
    }

    #[test]
    fn files_that_lists_open_are_a_tree_of_their_own() {
        let file = |path: &str, mode: u32, grants: Option<u32>| FileRow {
            number: String::new(),
            path: path.to_owned(),
            folder: false,
            mode: Some(mode),
            grants,
            again: false,
            observed: Vec::new(),
        };
        let mut trees = Trees::default();
        trees.add(FileRow { folder: true, ..file("a", 0o750, Some(0)) });
        trees.add(file("a/x", 0o600, Some(0)));
        trees.add(file("a/y", 0o640, Some(2)));
        trees.add(file("a/z", 0o644, Some(1)));
        let fact = |tree: &Tree| match tree.facts().get(FactId::named("list_grants").unwrap()) {
            Some(FactValue::Int(grants)) => Some(*grants),
            _ => None,
        };
        let got: Vec<(u64, Option<i64>)> =
            trees.finish().iter().map(|tree| (tree.files, fact(tree))).collect();
        assert_eq!(got, [(2, Some(0)), (1, Some(2))], "whoever everybody is, is told by everybody");
        let mut trees = Trees::default();
        trees.add(FileRow { folder: true, ..file("a", 0o750, Some(0)) });
        trees.add(file("a/x", 0o600, None));
        trees.add(file("a/y", 0o600, Some(3)));
        assert_eq!(
            trees.finish().iter().map(fact).collect::<Vec<_>>(),
            [None],
            "what is unknown is not none"
        );
    }

    #[test]
    fn an_unknown_mode_is_missing_evidence() {
        let tree = Tree { unknown: 1, files: 2, ..Tree::default() };
        assert!(tree.facts().get(FactId::named("world_readable").unwrap()).is_none());
    }
}
