//! Names of the output: as they were, with data masked.

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsString;
use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use super::operators::{Operators, Surroundings};
use crate::records::Category;

/// Where an item goes, as its names are and as they may be written.
#[derive(Clone)]
pub(super) struct Place {
    plain: Vec<OsString>,
    masked: Vec<Option<String>>,
}

impl Place {
    /// `below` is the path below the root, `shown` the whole path as it was scanned, which ends with it;
    /// `data` lies in `shown`. A file name must not be empty and must not hold separators.
    pub(super) fn new(
        below: &Path,
        shown: &str,
        data: &[(Range<usize>, Category)],
        operators: &Operators,
        own: &mut dyn FnMut(&str),
    ) -> Self {
        let plain: Vec<OsString> = below
            .components()
            .filter_map(|component| match component {
                Component::Normal(name) => Some(name.to_os_string()),
                _ => None,
            })
            .collect();
        let length = |name: &OsString| name.to_string_lossy().len();
        let whole = plain.iter().map(length).sum::<usize>() + plain.len().saturating_sub(1);
        let mut start = shown.len().saturating_sub(whole);
        let mut masked = Vec::with_capacity(plain.len());
        for name in &plain {
            let text = name.to_string_lossy();
            masked.push(mask(&text, start, data, operators, own));
            start += text.len() + 1;
        }
        Self { plain, masked }
    }

    /// The path as it was.
    pub(super) fn plain_path(&self) -> PathBuf {
        self.plain.iter().collect()
    }

    /// Whether any name of it changes.
    pub(super) fn changes(&self) -> bool {
        self.masked.iter().any(Option::is_some)
    }
}

/// One name that begins at `start` of the scanned path; none where nothing in it goes.
pub(super) fn mask(
    name: &str,
    start: usize,
    data: &[(Range<usize>, Category)],
    operators: &Operators,
    own: &mut dyn FnMut(&str),
) -> Option<String> {
    let mut out = String::new();
    let mut from = 0;
    for (range, category) in data {
        let end = range.end.min(start + name.len()).saturating_sub(start);
        let begin = range.start.saturating_sub(start).max(from);
        let Some(value) = name.get(begin..end).filter(|value| !value.is_empty()) else { continue };
        let around = Surroundings { language: None, ascii: false, named: true, message_id: false };
        let replacement = operators.replace(*category, value, around);
        own(&replacement);
        out.push_str(name.get(from..begin).unwrap_or(""));
        out.push_str(&replacement);
        from = end;
    }
    if from == 0 {
        return None;
    }
    out.push_str(name.get(from..).unwrap_or(""));
    Some(out)
}

/// Gives each item a name of its own below the output.
#[derive(Default)]
pub(super) struct Names {
    taken: HashSet<PathBuf>,
    /// Folders whose names had to go when they were met.
    folders: BTreeMap<Vec<OsString>, String>,
}

impl Names {
    /// Keeps a name for olvido's own file.
    pub(super) fn reserve(&mut self, name: &str) {
        self.taken.insert(PathBuf::from(name));
    }

    /// The folder's path; its files go there.
    pub(super) fn folder(&mut self, place: &Place) -> PathBuf {
        if let Some(Some(masked)) = place.masked.last() {
            self.folders.insert(place.plain.clone(), masked.clone());
        }
        self.path(place)
    }

    /// The item's path; `suffix` stands behind it for a notice. `number` parts two items whose names
    /// became one.
    pub(super) fn item(&mut self, place: &Place, suffix: &str, number: u32) -> PathBuf {
        let mut path = self.path(place).into_os_string();
        path.push(suffix);
        let path = PathBuf::from(path);
        if self.taken.insert(path.clone()) {
            return path;
        }
        let mut name = OsString::from(format!("item {number} "));
        name.push(path.file_name().unwrap_or_default());
        let path = path.with_file_name(name);
        self.taken.insert(path.clone());
        path
    }

    fn path(&self, place: &Place) -> PathBuf {
        let mut out = PathBuf::new();
        for (at, (plain, masked)) in place.plain.iter().zip(&place.masked).enumerate() {
            let known = place.plain.get(..=at).and_then(|names| self.folders.get(names));
            match known.or(masked.as_ref()) {
                Some(masked) => out.push(masked),
                None => out.push(plain),
            }
        }
        out
    }
}

#[cfg(test)]
#[allow(clippy::single_range_in_vec_init, reason = "a list of one range is what is meant")]
mod tests {
    use super::*;

    fn place(below: &str, shown: &str, data: &[Range<usize>]) -> Place {
        let operators = Operators::labels(None);
        let data: Vec<_> = data.iter().map(|range| (range.clone(), Category::EMAIL_ADDRESS)).collect();
        Place::new(Path::new(below), shown, &data, &operators, &mut |_| {})
    }

    #[test]
    fn only_the_data_in_a_name_goes() {
        let mut names = Names::default();
        let plain = place("b/c.txt", "a/b/c.txt", &[]);
        assert!(!plain.changes());
        assert_eq!(names.item(&plain, "", 1), Path::new("b/c.txt"));
        let shown = "a/b/x ana@x.org.txt";
        let masked = place("b/x ana@x.org.txt", shown, &[6..15, 0..0]);
        assert_eq!(names.item(&masked, "", 2), Path::new("b/x [e-mail address].txt"));
        let across = place("ana/b", "ana/b", &[1..5]);
        assert_eq!(names.item(&across, "", 3), Path::new("a[e-mail address]/[e-mail address]"));
    }

    #[test]
    fn files_stay_apart_and_lie_where_their_folder_does() {
        let mut names = Names::default();
        names.reserve("m.json");
        assert_eq!(names.item(&place("m.json", "a/m.json", &[]), "", 4), Path::new("item 4 m.json"));
        let folder = names.folder(&place("ana@x.org", "a/ana@x.org", &[2..11]));
        assert_eq!(folder, Path::new("[e-mail address]"));
        let file = place("ana@x.org/f", "a/ana@x.org/f", &[]);
        assert_eq!(names.item(&file, "", 5), Path::new("[e-mail address]/f"));
        assert_eq!(names.item(&file, "", 6), Path::new("[e-mail address]/item 6 f"));
    }
}
