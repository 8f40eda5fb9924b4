//! YAML files of the user as typed values, with problems that point at the line.

use serde::de::DeserializeOwned;
use serde_saphyr::Location;

use super::{Problem, SourcePosition};

/// Reads a YAML file into a type with `deny_unknown_fields`. `code` names the kind of file in the
/// problem (`policy-yaml`), `file` is how the user knows it.
///
/// `yes` and `no` are words, not truth values: `country: no` is Norway. Anchors are allowed within a
/// small budget; a key that stands twice is an error.
pub fn read_yaml<T: DeserializeOwned>(code: &'static str, file: &str, text: &str) -> Result<T, Problem> {
    let options = serde_saphyr::options! {
        strict_booleans: true,
        with_snippet: false,
        budget: serde_saphyr::budget! {
            max_nodes: 200_000,
            max_depth: 64,
        },
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let what = error.without_snippet().to_string();
        let what = what.lines().next().unwrap_or("not readable").to_owned();
        let problem =
            Problem::new(code, what, "mend the file; `olvido catalogue check` tells whether it is right");
        match error.location() {
            Some(location) => problem.at(yaml_position(file, text, &location)),
            None => problem,
        }
    })
}

/// A YAML location as a position with the line's text.
pub fn yaml_position(file: &str, text: &str, location: &Location) -> SourcePosition {
    let line = location.line().max(1);
    let at = usize::try_from(line - 1).unwrap_or(0);
    SourcePosition {
        file: file.to_owned(),
        line,
        column: location.column().max(1),
        text: text.lines().nth(at).unwrap_or("").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    struct Row {
        country: String,
    }

    #[test]
    fn norway_stays_a_country() {
        let row: Row = read_yaml("row-yaml", "row.yaml", "country: no\n").unwrap();
        assert_eq!(row.country, "no");
    }

    #[test]
    fn an_unknown_key_is_told_with_its_line() {
        let problem = read_yaml::<Row>("row-yaml", "row.yaml", "country: es\ncolour: red\n").unwrap_err();
        let at = problem.at.unwrap();
        assert_eq!((at.line, at.column), (2, 1));
        assert_eq!(at.text, "colour: red");
    }

    #[test]
    fn a_key_that_stands_twice_is_refused() {
        assert!(read_yaml::<Row>("row-yaml", "row.yaml", "country: es\ncountry: fr\n").is_err());
    }
}
