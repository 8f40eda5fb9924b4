//! The error type users see: what happened, where, and what to do.

mod yaml;

use std::fmt;

pub use yaml::{read_yaml, yaml_position};

/// A place in a file the user wrote (policy, mapping, configuration). Never a place in scanned data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourcePosition {
    /// The file as the user named it, or its name among the embedded ones.
    pub file: String,
    /// Line, from 1.
    pub line: u64,
    /// Column in characters, from 1.
    pub column: u64,
    /// The line itself, for the caret.
    pub text: String,
}

/// Why nothing was done, or why a remedy stopped.
///
/// A problem ends a command with status 2 (or 4 for remedies). What goes wrong with one item is a
/// gap instead. No field ever holds a value of scanned data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Stable kebab-case code.
    pub code: &'static str,
    /// What happened.
    pub what: String,
    /// Where, in a file the user wrote.
    pub at: Option<SourcePosition>,
    /// What to do about it.
    pub advice: String,
}

impl Problem {
    /// A problem that has no place in a file.
    pub fn new(code: &'static str, what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { code, what: what.into(), at: None, advice: advice.into() }
    }

    /// Says where.
    pub fn at(mut self, at: SourcePosition) -> Self {
        self.at = Some(at);
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "error[{}]: {}", self.code, self.what)?;
        if let Some(at) = &self.at {
            writeln!(f, "  --> {}:{}:{}", at.file, at.line, at.column)?;
            let gutter = at.line.to_string().len();
            let caret = usize::try_from(at.column.saturating_sub(1)).unwrap_or(0);
            writeln!(f, "{:gutter$} |", "")?;
            writeln!(f, "{} | {}", at.line, at.text)?;
            writeln!(f, "{:gutter$} | {:caret$}^", "", "")?;
        }
        write!(f, "  help: {}", self.advice)
    }
}

impl std::error::Error for Problem {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_under_the_column() {
        let problem =
            Problem::new("policy-unknown-key", "no key `wen` here", "write `when`").at(SourcePosition {
                file: "policies/rules/x.yaml".into(),
                line: 12,
                column: 3,
                text: "  wen: true".into(),
            });
        let lines: Vec<String> = problem.to_string().lines().map(String::from).collect();
        assert_eq!(lines[1], "  --> policies/rules/x.yaml:12:3");
        assert_eq!(lines[3], "12 |   wen: true");
        assert_eq!(lines[4], "   |   ^");
    }
}
