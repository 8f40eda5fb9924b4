//! The columns of a table and the paths of their cells.

use std::collections::HashSet;

use super::cells::Cell;
use crate::records::{Block, PathId, PathStore};

/// The text of a cell; doubled quotes are one.
pub(super) fn decoded(text: &str, cell: &Cell, quote: u8) -> String {
    let raw = text.get(cell.start..cell.end).unwrap_or("");
    if !cell.escaped {
        return raw.to_owned();
    }
    let one = char::from(quote);
    raw.replace(&format!("{one}{one}"), &one.to_string())
}

/// How the cells of each column are addressed, and their paths in the block being filled.
pub(super) struct Columns {
    tokens: Vec<String>,
    paths: Vec<PathId>,
    known: Vec<u32>,
}

impl Columns {
    /// Addresses for columns by their names: the name, `name[2]` for the second of that name, and `#3`
    /// for the third column where it has none. Addresses are different from each other.
    pub(super) fn new(names: &[String]) -> Self {
        let mut taken: HashSet<String> = HashSet::new();
        let mut tokens: Vec<String> = Vec::with_capacity(names.len());
        let mut met: std::collections::HashMap<&str, usize> = std::collections::HashMap::new();
        let own: HashSet<&str> = names.iter().map(String::as_str).collect();
        for (at, name) in names.iter().enumerate() {
            if name.is_empty() {
                let mut token = format!("#{}", at + 1);
                while own.contains(token.as_str()) {
                    token.insert(0, '#');
                }
                tokens.push(token);
                continue;
            }
            let count = met.entry(name.as_str()).or_insert(0);
            let token = loop {
                *count += 1;
                let token = if *count == 1 { name.clone() } else { format!("{name}[{count}]") };
                if *count == 1 || (!own.contains(token.as_str()) && !taken.contains(&token)) {
                    break token;
                }
            };
            taken.insert(token.clone());
            tokens.push(token);
        }
        Self { tokens, paths: Vec::new(), known: Vec::new() }
    }

    /// How many columns the header names.
    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }

    /// The path of a column's cells; `epoch` tells one block from the next. Columns the header does not
    /// name are `#` and their number, from 1.
    pub(super) fn path(&mut self, block: &mut Block, epoch: u32, column: usize) -> PathId {
        if let (Some(known), Some(path)) = (self.known.get(column), self.paths.get(column))
            && *known == epoch
        {
            return *path;
        }
        let name = match self.tokens.get(column) {
            Some(token) => block.paths.name(token),
            None => block.paths.name(&format!("#{}", column + 1)),
        };
        let path = block.paths.child(PathStore::ROOT, name);
        if column >= self.known.len() {
            // No block has number 0.
            self.known.resize(column + 1, 0);
            self.paths.resize(column + 1, PathStore::ROOT);
        }
        if let (Some(known), Some(slot)) = (self.known.get_mut(column), self.paths.get_mut(column)) {
            (*known, *slot) = (epoch, path);
        }
        path
    }
}

/// Whether the first row is surely names of columns: then those that are plain words are not scanned,
/// as keys of JSON are not. Where an address or a number stands among them the table may have no header
/// and the row may be somebody's data.
pub(super) fn are_names(names: &[String]) -> bool {
    names.iter().all(|name| {
        let digits = name.bytes().filter(u8::is_ascii_digit).count();
        !name.contains('@') && digits * 2 <= name.len()
    })
}

/// Whether a name is a plain word that can be no datum by its shape.
pub(super) fn is_plain(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(names: &[&str], count: usize) -> Vec<String> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut columns = Columns::new(&names);
        let mut block = Block::default();
        let paths: Vec<PathId> = (0..count).map(|at| columns.path(&mut block, 1, at)).collect();
        paths.into_iter().map(|path| block.paths.render(path).expose().to_owned()).collect()
    }

    #[test]
    fn repeated_and_missing_names_have_addresses_of_their_own() {
        assert_eq!(rendered(&["a", "b", "a", "", "a"], 7), ["/a", "/b", "/a[2]", "/#4", "/a[3]", "/#6", "/#7"]);
        assert_eq!(rendered(&["a", "a[2]", "a"], 3), ["/a", "/a[2]", "/a[3]"]);
        assert_eq!(rendered(&["a", "a", "a[2]"], 3), ["/a", "/a[3]", "/a[2]"]);
        assert_eq!(rendered(&["a/b~c"], 1), ["/a~1b~0c"]);
    }

    #[test]
    fn a_path_is_stored_once_a_block() {
        let mut columns = Columns::new(&["a".to_owned()]);
        let mut block = Block::default();
        let first = columns.path(&mut block, 1, 0);
        assert_eq!(columns.path(&mut block, 1, 0), first);
        block.clear();
        let other = columns.path(&mut block, 2, 0);
        assert_eq!(block.paths.render(other).expose(), "/a");
    }

    #[test]
    fn rows_of_data_are_no_names() {
        let names = |list: &[&str]| are_names(&list.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>());
        assert!(names(&["id", "Name", "address_2", ""]));
        assert!(!names(&["1", "Ana"]));
        assert!(!names(&["Ana", "ana@example.com"]));
    }
}
