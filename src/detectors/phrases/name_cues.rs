//! Where names stand in tickets: behind titles, greetings, closings, introductions and labels, beside the
//! verbs of quoted mails, before an address in angle brackets, in columns named so.

use super::names::Name;
use super::reading::{
    back_blanks, begins_line, char_at, char_before, head, is_blank, part, rest, skip, skip_blanks,
};
use super::{Category, Detection, Grammar, Kind, Phrases, Read, Site, field_at};
use crate::records::Block;

/// A usual given name, and more than one word.
const KNOWN: i32 = 3;
const SEVERAL: i32 = 2;
/// Evidence of `Name <address>`.
const MAILBOX: i32 = 5;

impl Phrases {
    /// Reads the name a cue announces.
    pub(super) fn name(&self, site: &Site<'_>, give: &mut impl FnMut(Read)) {
        let read = match site.meaning.kind {
            Kind::Title => self.titled(site),
            Kind::Greeting => self.greeted(site),
            Kind::Closing => self.signed(site),
            Kind::Introduction => self.introduced(site),
            Kind::Being => self.being(site),
            Kind::Label => self.labelled(site),
            Kind::WroteAfter => self.wrote_after(site),
            Kind::WroteBefore => self.wrote_before(site),
            _ => None,
        };
        if let Some(read) = read {
            give(read);
        }
    }

    fn titled(&self, site: &Site<'_>) -> Option<Read> {
        let (text, rule) = (site.text, site.meaning.rule);
        let after = site.end + usize::from(char_at(text, site.end) == Some('.'));
        if !char_at(text, after).is_some_and(is_blank) || char_before(text, site.start) == Some('-') {
            return None;
        }
        let at = self.behind_titles(rule, text, after);
        let name = self.name_at(rule, text, at, false)?;
        let short = if name.short && !name.known { -3 } else { 0 };
        Some(read(&name, site.meaning.weight + worth(&name) + short))
    }

    fn greeted(&self, site: &Site<'_>) -> Option<Read> {
        let (text, rule) = (site.text, site.meaning.rule);
        let at = skip(text, site.end, 3, |c| is_blank(c) || matches!(c, ',' | ':'));
        if at == site.end {
            return None;
        }
        let at = self.behind_titles(rule, text, at);
        if !self.may_begin(rule, text, at) {
            return None;
        }
        let name = self.words_at(rule, text, at, true)?;
        let follows = follows(text, name.end);
        if name.lower && !(name.known && follows) || self.is_spoilt(rule, text, &name) {
            return None;
        }
        let begins = begins_line(text, site.start)
            || char_before(text, back_blanks(text, site.start))
                .is_some_and(|c| matches!(c, '.' | '!' | '?' | ',' | ':' | '>'));
        let place = if begins { 0 } else { -4 } + if follows { 1 } else { -2 };
        let short = if name.short && !name.known { -3 } else { 0 };
        Some(read(&name, site.meaning.weight + worth(&name) + place + short))
    }

    /// The name behind a closing: on its line, or alone on the next line that is not empty.
    fn signed(&self, site: &Site<'_>) -> Option<Read> {
        let (text, rule) = (site.text, site.meaning.rule);
        let begins = begins_line(text, site.start)
            || char_before(text, back_blanks(text, site.start))
                .is_some_and(|c| matches!(c, '.' | '!' | ',' | ';'));
        if !begins {
            return None;
        }
        let joint = |c: char| is_blank(c) || matches!(c, ',' | '.' | '!' | ':' | ';' | '-' | '–' | '—');
        let after = skip(text, site.end, 8, joint);
        let next =
            skip(text, after, 12, |c| c.is_whitespace() || matches!(c, '>' | '-' | '–' | '—' | '*' | '_'));
        let below = part(text, after, next).contains('\n');
        let at = self.behind_titles(rule, text, if below { next } else { after });
        if !self.may_begin(rule, text, at) {
            return None;
        }
        let name = self.words_at(rule, text, at, true)?;
        let end = skip(text, name.end, 6, |c| is_blank(c) || matches!(c, '.' | ',' | '!' | '*' | '_'));
        let alone = matches!(char_at(text, end), None | Some('\n' | '\r'))
            || rest(text, end).starts_with(['|', '(', '/', '-', '–', '<', '\u{1F}'])
            || text.get(name.end..end).is_some_and(|gap| gap.contains(','));
        if !alone || name.lower && !name.known || self.is_spoilt(rule, text, &name) {
            return None;
        }
        let short = if name.short && !name.known { -3 } else { 0 };
        let place = if below { 1 } else { 0 };
        Some(read(&name, site.meaning.weight + worth(&name) + place + short))
    }

    fn introduced(&self, site: &Site<'_>) -> Option<Read> {
        let (text, rule) = (site.text, site.meaning.rule);
        let at = skip(text, site.end, 4, |c| is_blank(c) || matches!(c, ':' | '"' | '“' | '«' | '\''));
        let name = self.name_at(rule, text, self.behind_titles(rule, text, at), true)?;
        let lower = if name.lower && !name.known { -7 } else { 0 };
        (at > site.end).then(|| read(&name, site.meaning.weight + worth(&name) + lower))
    }

    /// "Soy Marta": what somebody is may be anything, so one word counts only if it is a given name.
    fn being(&self, site: &Site<'_>) -> Option<Read> {
        let (text, rule) = (site.text, site.meaning.rule);
        let at = skip_blanks(text, site.end);
        let name = self.name_at(rule, text, self.behind_titles(rule, text, at), false)?;
        let bits = match (name.known, name.words) {
            (true, _) => worth(&name),
            (false, 1) => return None,
            (false, _) => -1,
        };
        (at > site.end).then(|| read(&name, site.meaning.weight + bits))
    }

    fn labelled(&self, site: &Site<'_>) -> Option<Read> {
        let (text, rule) = (site.text, site.meaning.rule);
        // Short labels are listed with their colon: `De:`.
        let named = head(text, site.end).strip_suffix(':').map_or(site.end, str::len);
        let sign = skip(text, named, 6, |c| is_blank(c) || matches!(c, '*' | '_' | '"' | '\''));
        if !matches!(char_at(text, sign), Some(':' | '=' | '：')) || rest(text, sign).starts_with("::") {
            return None;
        }
        let after = sign + char_at(text, sign)?.len_utf8();
        let at = skip(text, after, 8, |c| is_blank(c) || matches!(c, '*' | '"' | '\'' | '“' | '«'));
        let mut name = self.name_at(rule, text, self.behind_titles(rule, text, at), false)?;
        // `Ruiz, Marta` before an address or the line's end.
        if rest(text, name.end).starts_with(", ")
            && let Some(first) = self.name_at(rule, text, name.end + 2, false)
            && ends_value(text, first.end)
        {
            name = Name { end: first.end, words: name.words + first.words, known: first.known, ..name };
        }
        if !ends_value(text, name.end) {
            return None;
        }
        let blank = skip_blanks(text, name.end);
        let bracket = rest(text, blank).starts_with(['<', '[']);
        // `name: Option<Box<str>>` is no name before an address.
        if bracket && blank == name.end {
            return None;
        }
        let mailbox = bracket;
        let short = if name.short && !name.known { -3 } else { 0 };
        Some(read(&name, site.meaning.weight + worth(&name) + if mailbox { 3 } else { 0 } + short))
    }

    /// `Marta Ruiz <marta@example.com> escribió:`
    fn wrote_after(&self, site: &Site<'_>) -> Option<Read> {
        let (text, rule) = (site.text, site.meaning.rule);
        let mut at = text.get(..site.start)?.trim_end_matches([' ', '\n', '\r', '\u{A0}', '>']).len();
        for (close, open) in [('>', '<'), (')', '('), (']', '[')] {
            if head(text, at).ends_with(close) {
                let bracket: usize = head(text, at)
                    .chars()
                    .rev()
                    .take(120)
                    .take_while(|c| *c != open)
                    .map(char::len_utf8)
                    .sum();
                let from = at.checked_sub(bracket + open.len_utf8())?;
                at = head(text, from).trim_end_matches([' ', '\n', '\r', '"', '\'', '\u{A0}']).len();
            }
        }
        let name = self.name_before(rule, text, at)?;
        let first = char_before(text, back_blanks(text, name.start));
        let free =
            first.is_none_or(|c| matches!(c, ',' | '\n' | ':' | '"' | '>' | ';' | '-') || c.is_ascii_digit());
        let colon = rest(text, site.end).trim_start().starts_with(':');
        let place = if free { 0 } else { -2 } + if colon { 2 } else { -3 };
        Some(read(&name, site.meaning.weight + worth(&name) + place))
    }

    /// `schrieb Marta Ruiz <marta@example.com>:`
    fn wrote_before(&self, site: &Site<'_>) -> Option<Read> {
        let (text, rule) = (site.text, site.meaning.rule);
        let at = skip(text, site.end, 6, |c| c.is_whitespace() || matches!(c, ':' | '"'));
        let name = self.name_at(rule, text, self.behind_titles(rule, text, at), false)?;
        let after = rest(text, skip(text, name.end, 4, |c| c.is_whitespace() || c == '"'));
        let place = if after.starts_with([':', '<', '(', '[']) { 2 } else { -3 };
        Some(read(&name, site.meaning.weight + worth(&name) + place))
    }

    /// A field that holds one name and nothing else; its own name says whether it is one.
    pub(super) fn name_field(&self, rule: u16, text: &str, whole: (usize, usize)) -> Option<Read> {
        let name = self.name_at(rule, text, whole.0, true)?;
        let mut end = name.end;
        if rest(text, end).starts_with(", ") {
            end = self.name_at(rule, text, end + 2, true)?.end;
        }
        (end == whole.1).then(|| Read { start: whole.0, end, bits: worth(&name) })
    }

    /// Names before addresses in angle brackets, which rows of addresses found.
    pub(super) fn read_mailboxes(&self, block: &Block, claims: &mut Vec<Detection>) {
        let Some(rule) = self.rules.iter().position(|rule| rule.grammar == Grammar::Names) else { return };
        let Ok(rule) = u16::try_from(rule) else { return };
        let text = block.text().expose().as_bytes();
        let opened = |at: u32| matches!(text.get((at as usize).wrapping_sub(1)), Some(b'<' | b'[' | b'('));
        let mut found: Vec<(u32, u32)> = claims
            .iter()
            .filter(|claim| claim.category == Category::EMAIL_ADDRESS && opened(claim.start))
            .map(|claim| (claim.start, claim.end))
            .collect();
        found.dedup();
        let mut last = 0;
        for (start, end) in found {
            let Some((at, field)) = field_at(block, start as usize, &mut last) else { continue };
            let text = block.field_text(field);
            let (from, to) = ((start - field.start) as usize, (end - field.start) as usize);
            let local = part(text, from, to).split('@').next().unwrap_or("");
            let role = local.split(['.', '-', '_', '+']).any(|word| self.is(rule, word, Kind::Nobody.bit()));
            let before = head(text, from.saturating_sub(1));
            let name_end = before.trim_end_matches([' ', '"', '\'', '\u{A0}']).len();
            if role || before.len() - name_end > 4 {
                continue;
            }
            let Some(name) = self.name_before(rule, text, name_end) else { continue };
            let alone = if name.words == 1 && !name.known { -4 } else { 0 };
            self.claim(rule, field, at, read(&name, MAILBOX + worth(&name) + alone), claims);
        }
    }
}

fn read(name: &Name, bits: i32) -> Read {
    Read { start: name.start, end: name.end, bits }
}

fn worth(name: &Name) -> i32 {
    (if name.known { KNOWN } else { 0 }) + (if name.words > 1 { SEVERAL } else { 0 })
        - if name.lower { 1 } else { 0 }
}

/// Whether a greeting ends here: a sign, a line's end.
fn follows(text: &str, at: usize) -> bool {
    let at = skip_blanks(text, at);
    char_at(text, at).is_none_or(|c| {
        matches!(c, ',' | '!' | '.' | ':' | ';' | '\n' | '\r' | '\u{1F}' | '-' | '–' | '—' | '?' | ')' | '…')
    })
}

/// Whether a label's value ends here.
fn ends_value(text: &str, at: usize) -> bool {
    let here = skip_blanks(text, at);
    char_at(text, here).is_none_or(|c| {
        matches!(c, '\n' | '\r' | '<' | '[' | '(' | ',' | ';' | '|' | '"' | '\'' | '/' | '.' | '*' | '\u{1F}')
    }) || part(text, at, here).contains('\t')
}
