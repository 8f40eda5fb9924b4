//! The walk: every file below what the user named, in one order, each met exactly once.

use std::fs::{self, FileType, Metadata};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::records::{Gap, GapClass, ItemNumber, Origin};

use super::item::{FileFacts, Handle, Item};

/// Something the walk met.
pub enum Met {
    /// An item to read.
    Item(Item),
    /// Something that is not read, and why: a link, a device, a folder without permission.
    Gap(Item, Gap),
    /// A folder; rules about trees read it.
    Folder(Item),
}

/// What the user named: files, folders, or `-` for standard input.
#[derive(Clone)]
pub struct Roots {
    paths: Vec<PathBuf>,
    /// Sources that are told apart, as paths that begin with one of the roots.
    sources: Arc<[(PathBuf, u16)]>,
    /// Whether access-control lists are read.
    lists: bool,
}

impl Roots {
    /// From the arguments, in the order they were given.
    pub fn new(paths: Vec<PathBuf>) -> Self {
        Self { paths, sources: Arc::from(Vec::new()), lists: true }
    }

    /// Tells apart what lies in sources of the project: each a path that begins with one of the roots, and its
    /// number.
    pub fn with_sources(self, sources: Vec<(PathBuf, u16)>) -> Self {
        Self { sources: Arc::from(sources), ..self }
    }

    /// For who does not ask who may read a file: what access-control lists grant stays unknown.
    pub fn without_lists(self) -> Self {
        Self { lists: false, ..self }
    }

    /// What the user named.
    pub fn paths(&self) -> &[PathBuf] {
        &self.paths
    }

    /// Whether standard input is among them: it can be read only once.
    pub fn has_stdin(&self) -> bool {
        self.paths.iter().any(|path| path.as_os_str() == "-")
    }

    /// The first root that does not exist, for a usage error before anything is read.
    pub fn missing(&self) -> Option<&Path> {
        self.paths
            .iter()
            .find(|path| path.as_os_str() != "-" && fs::symlink_metadata(path).is_err())
            .map(PathBuf::as_path)
    }

    /// Walks everything, folders sorted by the bytes of their names. Items are numbered from 1 in the
    /// order they are met, so the numbers depend on the inputs alone.
    pub fn walk(&self) -> Walk {
        let (roots, sources) = (self.paths.clone().into_iter(), Arc::clone(&self.sources));
        Walk { roots, sources, lists: self.lists, inside: None, next: 1 }
    }
}

/// The walk in progress.
pub struct Walk {
    roots: std::vec::IntoIter<PathBuf>,
    sources: Arc<[(PathBuf, u16)]>,
    lists: bool,
    inside: Option<(PathBuf, String, walkdir::IntoIter)>,
    next: u32,
}

impl Iterator for Walk {
    type Item = Met;

    fn next(&mut self) -> Option<Met> {
        loop {
            if let Some((root, shown, entries)) = &mut self.inside {
                match entries.next() {
                    Some(entry) => {
                        let number = ItemNumber::top(self.next);
                        self.next = self.next.saturating_add(1);
                        return Some(met((root, shown, &self.sources, self.lists), number, entry));
                    }
                    None => self.inside = None,
                }
            }
            let root = self.roots.next()?;
            if root.as_os_str() == "-" {
                let number = ItemNumber::top(self.next);
                self.next = self.next.saturating_add(1);
                return Some(Met::Item(item(number, Origin::outermost("-"), Handle::Stdin, None)));
            }
            // What the user names is followed where it is a link; what the walk meets is not.
            let walk =
                walkdir::WalkDir::new(&root).follow_links(false).follow_root_links(true).sort_by_file_name();
            let shown = shown_root(&root);
            self.inside = Some((root, shown, walk.into_iter()));
        }
    }
}

/// How a root stands in outputs: as given when it is a plain relative path, else by its last name,
/// since absolute paths name accounts and machines.
fn shown_root(root: &Path) -> String {
    let plain = root.components().all(|c| matches!(c, Component::Normal(_) | Component::CurDir));
    let names: Vec<String> = root
        .components()
        .filter_map(|c| match c {
            Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
            _ => None,
        })
        .collect();
    if plain { names.join("/") } else { names.last().cloned().unwrap_or_default() }
}

fn shown_path(root: &Path, shown: &str, path: &Path) -> String {
    let below = path.strip_prefix(root).ok();
    let mut out = shown.to_owned();
    // The walk puts one slash between names, where that is what parts them.
    let names = below.and_then(Path::to_str).filter(|names| cfg!(unix) && !names.is_empty());
    if let Some(names) = names {
        if !out.is_empty() {
            out.push('/');
        }
        out.push_str(names);
        return out;
    }
    for component in below.unwrap_or(path).components() {
        if let Component::Normal(name) = component {
            if !out.is_empty() {
                out.push('/');
            }
            out.push_str(&name.to_string_lossy());
        }
    }
    if out.is_empty() { ".".to_owned() } else { out }
}

/// The innermost source a path lies in.
fn source_of(path: &Path, sources: &[(PathBuf, u16)]) -> Option<u16> {
    let mut best: Option<(usize, u16)> = None;
    for (above, source) in sources.iter().filter(|(above, _)| path.starts_with(above)) {
        let depth = above.components().count();
        if best.is_none_or(|(known, _)| known < depth) {
            best = Some((depth, *source));
        }
    }
    best.map(|(_, source)| source)
}

/// A root, how it is shown, the sources, and whether access-control lists are read.
type Around<'a> = (&'a Path, &'a str, &'a [(PathBuf, u16)], bool);

fn met(
    (root, shown, sources, lists): Around<'_>,
    number: ItemNumber,
    entry: walkdir::Result<walkdir::DirEntry>,
) -> Met {
    let named =
        |path: &Path| Origin::outermost(shown_path(root, shown, path)).in_source(source_of(path, sources));
    let entry = match entry {
        Ok(entry) => entry,
        Err(error) => {
            let path = error.path().map_or_else(|| root.to_path_buf(), Path::to_path_buf);
            let gap = match error.io_error() {
                Some(cause) => io_gap(cause),
                None => Gap::new(
                    GapClass::Unread,
                    "link-loop",
                    "a link leads back to a folder above it; it was not followed",
                ),
            };
            return Met::Gap(item(number, named(&path), Handle::File(path), None), gap);
        }
    };
    let path = entry.path().to_path_buf();
    let origin = named(&path);
    let facts = entry.metadata().map(|metadata| file_facts(&path, &metadata, lists));
    let item = item(number, origin, Handle::File(path), facts.as_ref().ok().copied());
    let kind = entry.file_type();
    if kind.is_dir() {
        return Met::Folder(item);
    }
    match (facts, not_read(kind)) {
        (_, Some(gap)) => Met::Gap(item, gap),
        (Ok(_), None) => Met::Item(item),
        (Err(error), None) => {
            let gap = error.io_error().map_or_else(
                || Gap::new(GapClass::Fault, "not-readable", "the file could not be examined"),
                io_gap,
            );
            Met::Gap(item, gap)
        }
    }
}

fn item(number: ItemNumber, origin: Origin, handle: Handle, file: Option<FileFacts>) -> Item {
    Item {
        number,
        origin: Arc::new(origin),
        handle,
        file,
        media_type: None,
        told_name: None,
        attached: Default::default(),
    }
}

fn not_read(kind: FileType) -> Option<Gap> {
    if kind.is_file() {
        return None;
    }
    if kind.is_symlink() {
        return Some(Gap::new(
            GapClass::Unread,
            "link-not-followed",
            "a symbolic link is not followed; name its target on the command line to read it",
        ));
    }
    Some(Gap::new(
        GapClass::Unread,
        "not-a-regular-file",
        "a pipe, socket or device is not read, since it may never end",
    ))
}

/// The gap for an error of the operating system, by its kind and never by its text.
pub fn io_gap(error: &io::Error) -> Gap {
    let (code, message) = match error.kind() {
        io::ErrorKind::PermissionDenied => {
            ("permission-denied", "no permission to read; run as an account that may read it")
        }
        io::ErrorKind::NotFound => ("vanished", "it was there when the walk met it and is gone"),
        _ => ("not-readable", "the system could not read it; check the disk and try again"),
    };
    Gap::new(GapClass::Fault, code, message)
}

/// What the system says of a file or folder.
fn file_facts(path: &Path, metadata: &Metadata, lists: bool) -> FileFacts {
    #[cfg(unix)]
    let mode = Some(std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o7777);
    #[cfg(not(unix))]
    let mode = None;
    // A folder's list says who may see names in it, not who may read its files.
    let grants = match metadata.is_file() {
        true => lists.then(|| super::access::grants(path)).flatten(),
        false => Some(0),
    };
    FileFacts { size: metadata.len(), mode, grants }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(walk: Walk) -> Vec<String> {
        walk.filter_map(|met| match met {
            Met::Item(item) => Some(item.origin.path.expose().to_owned()),
            Met::Gap(item, gap) => Some(format!("{} !{}", item.origin.path.expose(), gap.code)),
            Met::Folder(_) => None,
        })
        .collect()
    }

    #[test]
    fn files_come_sorted_and_links_are_told() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("b")).unwrap();
        for name in ["z.txt", "a.txt", "b/c.txt"] {
            fs::File::create(dir.path().join(name)).unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(dir.path(), dir.path().join("b/loop")).unwrap();
        let root = shown_root(dir.path());
        let met = names(Roots::new(vec![dir.path().to_path_buf()]).walk());
        let wanted: Vec<String> = ["a.txt", "b/c.txt", "b/loop !link-not-followed", "z.txt"]
            .iter()
            .map(|name| format!("{root}/{name}"))
            .collect();
        assert_eq!(met, wanted);
    }

    #[test]
    fn relative_roots_are_shown_as_given_and_absolute_ones_by_name() {
        assert_eq!(shown_root(Path::new("./a/b")), "a/b");
        assert_eq!(shown_root(Path::new("../a/b")), "b");
        assert_eq!(shown_root(Path::new("/home/someone/export")), "export");
        assert_eq!(shown_path(Path::new("."), &shown_root(Path::new(".")), Path::new("./x/y")), "x/y");
    }

    #[test]
    fn what_lies_in_a_source_says_so_members_too() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("es")).unwrap();
        fs::create_dir(dir.path().join("es2")).unwrap();
        for name in ["a", "es/b", "es2/c"] {
            fs::File::create(dir.path().join(name)).unwrap();
        }
        let roots = Roots::new(vec![dir.path().to_path_buf()]);
        let sources = vec![(dir.path().to_path_buf(), 0), (dir.path().join("es"), 1)];
        let met: Vec<Option<u16>> = roots
            .with_sources(sources)
            .walk()
            .filter_map(|met| match met {
                Met::Item(item) => Some(item.origin.member("inside").source),
                _ => None,
            })
            .collect();
        assert_eq!(met, [Some(0), Some(1), Some(0)]);
    }

    #[test]
    fn numbers_do_not_depend_on_what_is_read() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a", "b"] {
            fs::File::create(dir.path().join(name)).unwrap();
        }
        let numbers: Vec<String> = Roots::new(vec![dir.path().to_path_buf()])
            .walk()
            .map(|met| match met {
                Met::Item(item) | Met::Gap(item, _) | Met::Folder(item) => item.number.to_string(),
            })
            .collect();
        assert_eq!(numbers, ["1", "2", "3"]);
    }
}
