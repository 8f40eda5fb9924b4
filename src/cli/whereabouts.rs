//! `olvido where`: the real path of an item, for whoever has the archive.

use std::path::PathBuf;

use crate::problem::Problem;
use crate::records::ItemNumber;
use crate::sources::{Handle, Met};

use super::exit::Exit;
use super::output::print;
use super::{Failure, setup};

/// Prints the path of an item by its number in a report.
pub(super) fn whereabouts(item: &str, paths: Vec<PathBuf>) -> Result<Exit, Failure> {
    let number = ItemNumber::parse(item).ok_or_else(|| {
        Problem::new(
            "where-no-number",
            "this is no number of an item",
            "write it as the report shows it, such as 12 or 12.3",
        )
    })?;
    let roots = setup::roots(paths)?;
    let found = roots.walk().find_map(|met| match met {
        Met::Item(item) | Met::Gap(item, _) | Met::Folder(item) => {
            (item.number.walk() == number.walk()).then_some(item)
        }
    });
    let Some(found) = found else {
        return Err(Problem::new(
            "where-not-found",
            format!("the walk has no item {number}"),
            "name the same paths as in the scan; if files came or went since, the numbers have moved: scan again",
        )
        .into());
    };
    let path = match &found.handle {
        Handle::File(path) => path.display().to_string(),
        _ => found.origin.path.expose().to_owned(),
    };
    let inside = if number.depth() > 1 { format!("  (member {number})") } else { String::new() };
    print(&format!("{path}{inside}\n"))?;
    Ok(Exit::Clean)
}
