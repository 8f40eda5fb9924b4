//! The subset of regular expressions a row may use.
//!
//! ASCII classes and literals (non-ASCII literals as their UTF-8 bytes), alternation, groups, bounded
//! repeats. Not: look-around (anchors, word boundaries), laziness, unbounded repeats, the empty match,
//! the field separator U+001F. Both engines take the longest match that ends at a boundary, so the
//! order of alternatives says nothing.

use regex_syntax::hir::{Class, Hir, HirKind};

use crate::records::Block;

/// Longest match a row may have, in bytes: what one field shows of the next block is larger.
pub(super) const LONGEST: usize = 512;

/// Parses a pattern over bytes and refuses what is outside the subset, with a reason.
pub(super) fn parse(pattern: &str) -> Result<Hir, String> {
    let hir = regex_syntax::ParserBuilder::new()
        .unicode(false)
        .utf8(false)
        .nest_limit(64)
        .build()
        .parse(pattern)
        .map_err(|error| match error {
            regex_syntax::Error::Parse(error) => error.kind().to_string(),
            regex_syntax::Error::Translate(error) => error.kind().to_string(),
            _ => "cannot be read".to_owned(),
        })?;
    let properties = hir.properties();
    if !properties.look_set().is_empty() {
        return Err("look-around (`^`, `$`, `\\b`) is not allowed: boundaries are the engine's".to_owned());
    }
    match properties.minimum_len() {
        None | Some(0) => return Err("it matches the empty text".to_owned()),
        Some(_) => {}
    }
    match properties.maximum_len() {
        None => return Err("it is unbounded: write `{0,40}` instead of `*` or `+`".to_owned()),
        Some(long) if long > LONGEST => {
            return Err(format!("it can match {long} bytes; {LONGEST} are the most"));
        }
        Some(_) => {}
    }
    let mut work = vec![&hir];
    while let Some(part) = work.pop() {
        match part.kind() {
            HirKind::Repetition(repeat) if !repeat.greedy => {
                return Err("lazy repeats (`??`, `*?`) say nothing where the longest match counts".to_owned());
            }
            HirKind::Repetition(repeat) => work.push(&repeat.sub),
            HirKind::Capture(capture) => work.push(&capture.sub),
            HirKind::Concat(parts) | HirKind::Alternation(parts) => work.extend(parts),
            HirKind::Literal(literal) if literal.0.contains(&Block::SEPARATOR) => return Err(separator()),
            HirKind::Class(class) if holds_separator(class) => return Err(separator()),
            HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) | HirKind::Empty => {}
        }
    }
    Ok(hir)
}

fn separator() -> String {
    "it matches U+001F, which parts fields".to_owned()
}

fn holds_separator(class: &Class) -> bool {
    let at = Block::SEPARATOR;
    match class {
        Class::Bytes(bytes) => bytes.ranges().iter().any(|range| range.start() <= at && at <= range.end()),
        Class::Unicode(chars) => {
            let at = char::from(at);
            chars.ranges().iter().any(|range| range.start() <= at && at <= range.end())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subset_is_let_through() {
        for pattern in ["[0-9]{8}[ -]?[A-Za-z]", "(?:a|bc){1,3}", "(?i:contrase)(?:ñ|n)a", r"\xC2\xA0x"] {
            assert!(parse(pattern).is_ok(), "{pattern}");
        }
    }

    #[test]
    fn the_rest_is_refused_with_its_reason() {
        let wrong = [
            (r"\b[0-9]", "look-around"),
            ("^a", "look-around"),
            ("a*", "empty"),
            ("[0-9]+", "unbounded"),
            ("[0-9]{1,600}", "600"),
            ("a{1,3}?b", "lazy"),
            (r"[\x00-\x7F]", "U+001F"),
            ("a[^b]", "U+001F"),
            ("(a", "unclosed"),
        ];
        for (pattern, reason) in wrong {
            let said = parse(pattern).unwrap_err();
            assert!(said.contains(reason), "{pattern}: {said}");
        }
    }
}
