//! Rule files as text: where in them something is wrong.

use serde_saphyr::{Location, Spanned};

use crate::problem::{Problem, SourcePosition, yaml_position};

/// A file's name and text, for positions.
#[derive(Clone)]
pub(super) struct Document {
    pub file: String,
    pub text: String,
}

impl Document {
    pub(crate) fn position(&self, location: &Location) -> SourcePosition {
        yaml_position(&self.file, &self.text, location)
    }

    /// A problem at a location.
    pub(crate) fn problem(
        &self,
        code: &'static str,
        location: &Location,
        what: impl Into<String>,
        advice: impl Into<String>,
    ) -> Problem {
        Problem::new(code, what, advice).at(self.position(location))
    }

    /// Position of a character of a scalar. `offset` counts the scalar's characters as they were
    /// decoded; where it cannot be found again (escapes by number), the scalar's beginning.
    ///
    /// Folding and indentation only change white space: the other characters are met in order.
    pub(crate) fn inside(&self, scalar: &Spanned<String>, offset: usize) -> SourcePosition {
        let start = self.position(&scalar.referenced);
        let Some(raw) = self.from(start.line, start.column) else { return start };
        match aligned(raw, &scalar.value, offset) {
            Some((lines, column)) => {
                let line = start.line + lines;
                let column = if lines == 0 { start.column + column } else { column + 1 };
                let text = usize::try_from(line - 1).ok().and_then(|at| self.text.lines().nth(at));
                SourcePosition { file: start.file, line, column, text: text.unwrap_or("").to_owned() }
            }
            None => start,
        }
    }

    /// The text from a line and column on.
    fn from(&self, line: u64, column: u64) -> Option<&str> {
        let mut rest = self.text.as_str();
        for _ in 1..line {
            rest = rest.split_once('\n')?.1;
        }
        let skipped = usize::try_from(column - 1).ok()?;
        let at = rest.char_indices().nth(skipped).map_or(rest.len(), |(at, _)| at);
        rest.get(at..)
    }
}

/// Lines and columns from the beginning of `raw`, where the scalar starts, to its decoded character
/// number `offset`.
fn aligned(raw: &str, decoded: &str, offset: usize) -> Option<(u64, u64)> {
    let mut chars = raw.chars().peekable();
    let (mut line, mut column) = (0, 0);
    let opener = chars.peek().copied();
    if matches!(opener, Some('>' | '|')) {
        // The indicator of a block scalar ends with its line.
        chars.by_ref().find(|c| *c == '\n')?;
        (line, column) = (1, 0);
    } else if matches!(opener, Some('\'' | '"')) {
        chars.next();
        column = 1;
    }
    let mut wanted = decoded.chars().enumerate().filter(|(_, c)| !c.is_whitespace());
    let (mut number, mut next) = wanted.next()?;
    let mut skipped_quote = false;
    for raw in chars {
        if raw == next && (opener != Some('\'') || raw != '\'' || skipped_quote) {
            skipped_quote = false;
            if number >= offset {
                return Some((line, column));
            }
            match wanted.next() {
                Some(following) => (number, next) = following,
                // The place is behind the last character.
                None => return Some((line, column + 1)),
            }
        } else if raw == '\'' && opener == Some('\'') {
            skipped_quote = true;
        } else if !raw.is_whitespace() && raw != '\\' {
            return None;
        }
        (line, column) = if raw == '\n' { (line + 1, 0) } else { (line, column + 1) };
    }
    None
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::problem::read_yaml;

    #[derive(Deserialize)]
    struct Row {
        when: Spanned<String>,
    }

    /// Where the word `here` of the scalar stands, as (line, column).
    fn place(text: &str) -> (u64, u64) {
        let row: Row = read_yaml("row", "row.yaml", text).unwrap();
        let offset = row.when.value.find("here").map(|at| row.when.value[..at].chars().count()).unwrap();
        let document = Document { file: "row.yaml".into(), text: text.into() };
        let at = document.inside(&row.when, offset);
        assert!(
            at.text.chars().skip(at.column as usize - 1).collect::<String>().starts_with("here"),
            "{at:?}"
        );
        (at.line, at.column)
    }

    #[test]
    fn a_place_in_a_scalar_is_found_in_the_file() {
        assert_eq!(place("when: a == here\n"), (1, 12));
        assert_eq!(place("when: 'a == ''b'' && here'\n"), (1, 22));
        assert_eq!(place("when: \"a == \\\"b\\\" && here\"\n"), (1, 22));
        assert_eq!(place("when: >-\n  ñ.a == 'x'\n    && here\n  && b\n"), (3, 8));
        assert_eq!(place("when: |\n  a ==\n  here\n"), (3, 3));
        assert_eq!(place("when: a\n  && here\n"), (2, 6));
    }
}
