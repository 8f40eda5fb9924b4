//! A page of plain text: wrapped, escaped, coloured only where asked.

use std::borrow::Cow;

use crate::findings::{Target, escape};

/// What a word looks like (ECMA-48 SGR).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paint {
    /// As the rest.
    Plain,
    /// A heading.
    Bold,
    /// An error.
    Red,
    /// A warning.
    Yellow,
}

impl Paint {
    fn code(self) -> &'static str {
        match self {
            Paint::Plain => "",
            Paint::Bold => "\u{1b}[1m",
            Paint::Red => "\u{1b}[1;31m",
            Paint::Yellow => "\u{1b}[33m",
        }
    }
}

/// The text so far.
pub(super) struct Page {
    width: usize,
    colour: bool,
    text: String,
}

impl Page {
    /// An empty page of this many columns; fewer than 40 are not used, since nothing could be read.
    pub(super) fn new(width: usize, colour: bool) -> Self {
        Self { width: width.max(40), colour, text: String::new() }
    }

    /// Whether so many columns fit on a line.
    pub(super) fn fits(&self, columns: usize) -> bool {
        columns <= self.width
    }

    /// What was written.
    pub(super) fn finish(self) -> String {
        self.text
    }

    /// An entry: the painted head, then text, wrapped with `hang` blanks before each further line.
    /// Everything passes `escape`, so text may come from an archive.
    pub(super) fn put(&mut self, paint: Paint, head: &str, text: &str, hang: usize) {
        let head = escape(Target::Terminal, head);
        let text = escape(Target::Terminal, text);
        let whole: Cow<'_, str> =
            if text.is_empty() { head.clone() } else { Cow::Owned(format!("{head}{text}")) };
        let painted = head.chars().count();
        for (at, line) in wrap(&whole, self.width, hang).into_iter().enumerate() {
            if at == 0 && self.colour && paint != Paint::Plain {
                let split = line.char_indices().nth(painted).map_or(line.len(), |(at, _)| at);
                let (first, rest) = line.split_at(split);
                self.text.push_str(paint.code());
                self.text.push_str(first);
                self.text.push_str("\u{1b}[0m");
                self.text.push_str(rest);
            } else {
                self.text.push_str(&line);
            }
            self.text.push('\n');
        }
    }
}

/// Lines of at most `width` characters, broken at blanks where there is one; blanks inside a line stay,
/// so that columns do.
fn wrap(text: &str, width: usize, hang: usize) -> Vec<String> {
    let hang = hang.min(width / 2);
    let mut lines = Vec::new();
    let mut rest: Vec<char> = text.trim_end().chars().collect();
    let mut indent = 0;
    while indent + rest.len() > width {
        let room = width - indent;
        // A blank within the leading indentation is no place to break at.
        let lead = rest.iter().take_while(|c| **c == ' ').count();
        let cut = rest.iter().take(room + 1).rposition(|c| *c == ' ').filter(|at| *at > lead).unwrap_or(room);
        let tail = rest.split_off(cut.min(rest.len()));
        lines.push(line(indent, &rest));
        rest = tail.into_iter().skip_while(|c| *c == ' ').collect();
        indent = hang;
    }
    if !rest.is_empty() || lines.is_empty() {
        lines.push(line(indent, &rest));
    }
    lines
}

fn line(indent: usize, text: &[char]) -> String {
    let mut out = " ".repeat(indent);
    out.extend(text);
    out.truncate(out.trim_end().len());
    out
}

/// Text padded on the right to so many characters.
pub(super) fn left(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.chars().count())))
}

/// Text padded on the left to so many characters.
pub(super) fn right(text: &str, width: usize) -> String {
    format!("{}{text}", " ".repeat(width.saturating_sub(text.chars().count())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_blanks_and_hang() {
        assert_eq!(wrap("uno dos tres cuatro", 9, 2), ["uno dos", "  tres", "  cuatro"]);
        assert_eq!(wrap("a  b", 9, 2), ["a  b"]);
        assert_eq!(wrap("", 9, 2), [""]);
    }

    #[test]
    fn a_long_word_is_cut_and_nothing_is_lost() {
        let lines = wrap(&"x".repeat(50), 20, 4);
        assert!(lines.iter().all(|line| line.chars().count() <= 20));
        assert_eq!(lines.concat().replace(' ', "").len(), 50);
        let lines = wrap(&format!("{}word", " ".repeat(30)), 20, 4);
        assert!(lines.iter().all(|line| line.chars().count() <= 20));
    }

    #[test]
    fn colour_wraps_the_head_only() {
        let mut page = Page::new(80, true);
        page.put(Paint::Red, "error", "  x", 2);
        assert_eq!(page.finish(), "\u{1b}[1;31merror\u{1b}[0m  x\n");
    }

    #[test]
    fn text_from_the_archive_is_escaped() {
        let mut page = Page::new(80, false);
        page.put(Paint::Plain, "::error::", "\u{1b}[2J\n\u{202e}", 0);
        let text = page.finish();
        assert_eq!(text.matches('\n').count(), 1);
        assert!(!text.contains("::") && !text.contains('\u{1b}') && !text.contains('\u{202e}'));
    }
}
