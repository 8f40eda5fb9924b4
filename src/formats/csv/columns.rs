//! The columns of a table and the addresses of their cells.

use std::collections::{HashMap, HashSet};

use super::cells::Cell;

/// The text of a cell; doubled quotes are one.
pub(super) fn decoded(text: &str, cell: &Cell, quote: u8) -> String {
    let raw = text.get(cell.start..cell.end).unwrap_or("");
    if !cell.escaped {
        return raw.to_owned();
    }
    let one = char::from(quote);
    raw.replace(&format!("{one}{one}"), &one.to_string())
}

/// Addresses for columns by their names, which are the keys of their cells: the name, `name[2]` for the
/// second of that name, and `#3` for the third column where it has none. All are different.
pub(super) fn addresses(names: &[String]) -> Vec<String> {
    let own: HashSet<&str> = names.iter().map(String::as_str).collect();
    let mut met: HashMap<&str, usize> = HashMap::new();
    let mut addresses: Vec<String> = Vec::with_capacity(names.len());
    for (at, name) in names.iter().enumerate() {
        if name.is_empty() {
            addresses.push(unnamed(at, &own));
            continue;
        }
        let count = met.entry(name.as_str()).or_insert(0);
        *count += 1;
        let mut address = if *count == 1 { name.clone() } else { format!("{name}[{count}]") };
        while *count > 1 && own.contains(address.as_str()) {
            *count += 1;
            address = format!("{name}[{count}]");
        }
        addresses.push(address);
    }
    addresses
}

fn unnamed(column: usize, own: &HashSet<&str>) -> String {
    let mut address = beyond(column);
    while own.contains(address.as_str()) {
        address.insert(0, '#');
    }
    address
}

/// The address of a column the header does not name, counted from 0 here and from 1 in the address.
pub(super) fn beyond(column: usize) -> String {
    format!("#{}", column + 1)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn of(names: &[&str]) -> Vec<String> {
        addresses(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn repeated_and_missing_names_have_addresses_of_their_own() {
        assert_eq!(of(&["a", "b", "a", "", "a"]), ["a", "b", "a[2]", "#4", "a[3]"]);
        assert_eq!(of(&["a", "a[2]", "a"]), ["a", "a[2]", "a[3]"]);
        assert_eq!(of(&["a", "a", "a[2]"]), ["a", "a[3]", "a[2]"]);
        assert_eq!(of(&["#2", ""]), ["#2", "##2"]);
    }

    #[test]
    fn rows_of_data_are_no_names() {
        let names = |list: &[&str]| are_names(&list.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>());
        assert!(names(&["id", "Name", "address_2", ""]));
        assert!(!names(&["1", "Ana"]));
        assert!(!names(&["Ana", "ana@example.com"]));
    }
}
