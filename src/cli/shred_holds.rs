//! The holds of a shred: those of the project, `olvido/holds/v1`, and lists of people and records. They are read
//! anew each time they are asked for.

use std::fs;
use std::path::{Path, PathBuf};

use crate::policies::exceptions::{Exceptions, Holds};
use crate::problem::Problem;
use crate::remedies::sealing::{Held, Wanted, read_wanted, tag_mark};

use super::clock;

/// What a file of holds says, whichever of the two forms it has.
pub(super) fn read_holds(files: &[PathBuf]) -> Result<Held, Problem> {
    let mut held = Held::default();
    for file in files {
        let text = fs::read_to_string(file).map_err(|error| {
            let what = format!("the holds could not be read: {}", error.kind());
            Problem::new("holds-unreadable", what, "a hold that cannot be evaluated stops all deletion")
        })?;
        match is_yaml(&text) {
            true => project(file, &text, &mut held)?,
            false => held.holds.extend(read_wanted(&text)?.into_iter().map(|wanted| vec![wanted])),
        }
    }
    Ok(held)
}

fn is_yaml(text: &str) -> bool {
    let said = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    text.lines().find(said).is_some_and(|line| line.starts_with("schema:") || line.starts_with("---"))
}

/// Adds the holds of a project's file that are in force.
fn project(file: &Path, text: &str, held: &mut Held) -> Result<(), Problem> {
    let holds = Holds::read(&file.display().to_string(), text).map_err(|problems| {
        problems.into_iter().next().unwrap_or_else(|| {
            Problem::new("holds-unreadable", "the holds could not be read", "look at the file")
        })
    })?;
    let now = clock::now().seconds;
    let mut referenced = false;
    for hold in (0..holds.len()).filter_map(|at| holds.get(at)).filter(|hold| hold.holds(now)) {
        if hold.scope.everything {
            held.everything += 1;
            continue;
        }
        referenced |= !hold.scope.references.is_empty();
        let references = hold.scope.references.iter().map(|reference| reference.to_string());
        let tags = hold.scope.tags.iter().map(|tag| tag_mark(tag));
        held.holds.push(references.chain(tags).map(Wanted::Mark).collect());
    }
    if referenced {
        if held.fits.is_some() {
            let what = "two files of holds have keyed references";
            return Err(Problem::new("holds-two", what, "keep the project's holds in one file"));
        }
        let exceptions = Exceptions { holds, ..Exceptions::default() };
        held.fits = Some(Box::new(move |key| exceptions.check_key(key).is_ok()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_and_a_file_of_the_project_are_told_apart() {
        assert!(is_yaml("# holds\n\nschema: olvido/holds/v1\n") && is_yaml("---\nschema: x\n"));
        assert!(!is_yaml("# H-1\nrecord: ticket zendesk 801\n") && !is_yaml(""));
    }
}
