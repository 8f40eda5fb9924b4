//! Dumps as steps: a row, or a run of anything else.

use std::ops::Range;
use std::sync::Arc;

use super::literals::{comment_end, skip, skip_blank, statement_end, tuple_end};
use super::state::{OpenRows, SqlState};

/// One step through a dump.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// More bytes are needed to tell.
    More,
    /// A row: the tuple with its brackets, or the line without its end.
    Row(Row),
    /// Anything else, up to here.
    Other {
        /// One past its end.
        end: usize,
        /// Whether somebody's text may stand in it: not for white space and signs between rows.
        told: bool,
        /// Whether something was expected here that is not.
        fault: bool,
    },
}

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// Its bytes.
    pub(super) range: Range<usize>,
    /// One past what goes with it: the line end, or the end of the statement.
    pub(super) end: usize,
    /// Whether the statement, or the table of `COPY`, ends behind it.
    pub(super) last: bool,
    /// Whether it does not end.
    pub(super) cut: bool,
}

/// Takes the step at `at`; `base` is where the bytes begin in the item, and `all` says that no more will
/// come.
pub(super) fn step(bytes: &[u8], at: usize, state: &mut SqlState, base: u64, all: bool) -> Step {
    match &state.open {
        Some(open) if open.copy => copied(bytes, at, all),
        Some(_) => tuple(bytes, at, state, all),
        None => between(bytes, at, state, base, all),
    }
}

fn copied(bytes: &[u8], at: usize, all: bool) -> Step {
    let rest = bytes.get(at..).unwrap_or(&[]);
    let found = memchr::memchr(b'\n', rest);
    if found.is_none() && !all {
        return Step::More;
    }
    let line_end = found.map_or(bytes.len(), |len| at + len);
    let end = (line_end + 1).min(bytes.len());
    let line = bytes.get(at..line_end).unwrap_or(&[]);
    let len = line.strip_suffix(b"\r").unwrap_or(line).len();
    Step::Row(Row { range: at..at + len, end, last: line.starts_with(b"\\."), cut: found.is_none() })
}

fn tuple(bytes: &[u8], at: usize, state: &mut SqlState, all: bool) -> Step {
    let mut next = at;
    loop {
        next = skip_blank(bytes, next);
        match bytes.get(next) {
            None if all => return Step::Other { end: bytes.len(), told: false, fault: true },
            None => return Step::More,
            Some(b',') => next += 1,
            Some(b';') => {
                state.open = None;
                return Step::Other { end: next + 1, told: false, fault: false };
            }
            Some(b'(') => break,
            Some(_) => {
                // `ON DUPLICATE KEY …`, or a damaged dump: on to the next statement.
                let words = bytes.get(next..).unwrap_or(&[]);
                let known = words.get(..2).is_some_and(|two| two.eq_ignore_ascii_case(b"ON"))
                    || words.get(..9).is_some_and(|nine| nine.eq_ignore_ascii_case(b"RETURNING"));
                return match statement_end(bytes, next, state.escape) {
                    None if !all => Step::More,
                    end => {
                        state.open = None;
                        Step::Other { end: end.unwrap_or(bytes.len()), told: true, fault: !known }
                    }
                };
            }
        }
    }
    let Some(end) = tuple_end(bytes, next, state.escape) else {
        if !all {
            return Step::More;
        }
        state.open = None;
        return Step::Row(Row { range: next..bytes.len(), end: bytes.len(), last: true, cut: true });
    };
    let behind = skip_blank(bytes, end);
    match bytes.get(behind) {
        None if !all => Step::More,
        Some(b';') => {
            let line = usize::from(bytes.get(behind + 1) == Some(&b'\n'));
            Step::Row(Row { range: next..end, end: behind + 1 + line, last: true, cut: false })
        }
        _ => Step::Row(Row { range: next..end, end, last: false, cut: false }),
    }
}

fn between(bytes: &[u8], at: usize, state: &mut SqlState, base: u64, all: bool) -> Step {
    let start = skip_blank(bytes, at);
    if start >= bytes.len() {
        return if all { Step::Other { end: bytes.len(), told: false, fault: false } } else { Step::More };
    }
    let other = |end: usize| Step::Other { end, told: true, fault: false };
    if let Some(comment) = comment_end(bytes, start) {
        return match comment {
            None if !all => Step::More,
            end => other(end.unwrap_or(bytes.len())),
        };
    }
    // `\connect` and `\restrict` of psql are lines.
    if bytes.get(start) == Some(&b'\\') {
        let line = memchr::memchr(b'\n', bytes.get(start..).unwrap_or(&[]));
        return match line {
            None if !all => Step::More,
            found => other(found.map_or(bytes.len(), |len| start + len + 1)),
        };
    }
    let mut words = Words { bytes, at: start };
    let first = words.word();
    let found = match first.as_str() {
        "insert" | "replace" => inserted(&mut words, state),
        "copy" => copy(&mut words, state),
        "create" => {
            return match statement_end(bytes, start, state.escape) {
                None if !all => Step::More,
                end => {
                    let end = end.unwrap_or(bytes.len());
                    created(bytes.get(start..end).unwrap_or(&[]), state);
                    other(end)
                }
            };
        }
        _ => Found::No,
    };
    match found {
        Found::More if !all => Step::More,
        Found::Rows(mut open, end) => {
            open.start = base + start as u64;
            state.open = Some(open);
            Step::Other { end, told: false, fault: false }
        }
        _ => match statement_end(bytes, start, state.escape) {
            None if !all => Step::More,
            end => other(end.unwrap_or(bytes.len())),
        },
    }
}

/// Whether a statement has rows.
enum Found {
    Rows(OpenRows, usize),
    More,
    No,
}

/// `INSERT [INTO] table [(columns)] VALUES`, up to the first row.
fn inserted(words: &mut Words<'_>, state: &SqlState) -> Found {
    for _ in 0..4 {
        match words.peek().as_str() {
            "into" | "ignore" | "low_priority" | "delayed" | "high_priority" | "or" | "replace" => {
                words.word();
            }
            _ => break,
        }
    }
    let Some(table) = words.name() else { return words.short() };
    let mut columns: Option<Arc<[String]>> = None;
    if words.sign() == Some(b'(') {
        let Some(list) = words.list(state) else { return Found::More };
        columns = Some(list);
    }
    loop {
        match words.word().as_str() {
            "overriding" | "system" | "user" | "value" if words.peek() != "" => {}
            "values" | "value" => break,
            "" => return words.short(),
            _ => return Found::No,
        }
    }
    Found::Rows(open_rows(&table, columns, state, false), words.at)
}

/// `COPY table [(columns)] FROM stdin …;` and its line end.
fn copy(words: &mut Words<'_>, state: &SqlState) -> Found {
    let Some(table) = words.name() else { return words.short() };
    let mut columns: Option<Arc<[String]>> = None;
    if words.sign() == Some(b'(') {
        let Some(list) = words.list(state) else { return Found::More };
        columns = Some(list);
    }
    if words.word() != "from" || words.word() != "stdin" {
        return words.short();
    }
    let rest = words.bytes.get(words.at..).unwrap_or(&[]);
    match memchr::memchr(b'\n', rest) {
        Some(len) => Found::Rows(open_rows(&table, columns, state, true), words.at + len + 1),
        None => Found::More,
    }
}

fn open_rows(table: &str, columns: Option<Arc<[String]>>, state: &SqlState, copy: bool) -> OpenRows {
    let known = || state.tables.get(table).cloned().unwrap_or_default();
    OpenRows { table: table.into(), columns: columns.unwrap_or_else(known), copy, start: 0, before: None }
}

/// Remembers the columns of `CREATE TABLE`.
fn created(statement: &[u8], state: &mut SqlState) {
    let mut words = Words { bytes: statement, at: 0 };
    let mut table = false;
    for _ in 0..8 {
        match words.peek().as_str() {
            "create" | "temporary" | "unlogged" | "global" | "local" | "if" | "not" | "exists" => {
                words.word();
            }
            "table" => {
                table = true;
                words.word();
            }
            _ => break,
        }
    }
    let Some(name) = words.name().filter(|_| table) else { return };
    if words.sign() != Some(b'(') {
        return;
    }
    let Some(columns) = columns_of(statement, words.at, state) else { return };
    Arc::make_mut(&mut state.tables).insert(name, columns.into());
}

/// The names the definitions between brackets begin with, keys and constraints left out.
fn columns_of(statement: &[u8], at: usize, state: &SqlState) -> Option<Vec<String>> {
    const NO_COLUMNS: [&str; 12] = [
        "primary",
        "key",
        "unique",
        "index",
        "constraint",
        "foreign",
        "check",
        "fulltext",
        "spatial",
        "exclude",
        "like",
        "period",
    ];
    let end = tuple_end(statement, at, state.escape)?;
    let mut columns = Vec::new();
    let mut words = Words { bytes: statement.get(..end - 1)?, at: at + 1 };
    while words.sign().is_some() {
        let quoted = matches!(words.sign(), Some(b'`' | b'"' | b'['));
        let Some(name) = words.name() else { break };
        if quoted || !NO_COLUMNS.contains(&name.to_ascii_lowercase().as_str()) {
            columns.push(name);
        }
        words.behind_comma(state);
    }
    Some(columns)
}

/// Words and names of a statement.
struct Words<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Words<'_> {
    /// The next byte that is no white space and in no comment.
    fn sign(&mut self) -> Option<u8> {
        loop {
            self.at = skip_blank(self.bytes, self.at);
            match comment_end(self.bytes, self.at) {
                Some(end) => self.at = end.unwrap_or(self.bytes.len()),
                None => return self.bytes.get(self.at).copied(),
            }
        }
    }

    /// The next word in lower case; empty where there is none.
    fn word(&mut self) -> String {
        self.sign();
        let rest = self.bytes.get(self.at..).unwrap_or(&[]);
        let len =
            rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(**byte, b'_')).count();
        let word = String::from_utf8_lossy(rest.get(..len).unwrap_or(&[])).to_ascii_lowercase();
        self.at += len;
        word
    }

    fn peek(&mut self) -> String {
        let at = self.at;
        let word = self.word();
        self.at = at;
        word
    }

    /// The next name without its schema and quotes.
    fn name(&mut self) -> Option<String> {
        let mut name = self.part()?;
        while self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            name = self.part()?;
        }
        Some(name)
    }

    fn part(&mut self) -> Option<String> {
        let quote = self.sign()?;
        let closing = if quote == b'[' { b']' } else { quote };
        if !matches!(quote, b'`' | b'"' | b'[') {
            let rest = self.bytes.get(self.at..)?;
            let is_name =
                |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(**byte, b'_' | b'$') || **byte >= 0x80;
            let len = rest.iter().take_while(is_name).count();
            let name = String::from_utf8_lossy(rest.get(..len)?).into_owned();
            self.at += len;
            return (len > 0).then_some(name);
        }
        let rest = self.bytes.get(self.at + 1..)?;
        let len = memchr::memchr(closing, rest)?;
        let name = String::from_utf8_lossy(rest.get(..len)?).into_owned();
        self.at += len + 2;
        Some(name)
    }

    /// The names between the brackets that open here.
    fn list(&mut self, state: &SqlState) -> Option<Arc<[String]>> {
        let end = tuple_end(self.bytes, self.at, state.escape)?;
        let mut inside = Words { bytes: self.bytes.get(..end - 1)?, at: self.at + 1 };
        let mut names = Vec::new();
        while inside.sign().is_some() {
            names.push(inside.name().unwrap_or_default());
            inside.behind_comma(state);
        }
        self.at = end;
        Some(names.into())
    }

    /// Goes on behind the next comma that is in no brackets.
    fn behind_comma(&mut self, state: &SqlState) {
        while let Some(byte) = self.bytes.get(self.at) {
            let next = match byte {
                b',' => {
                    self.at += 1;
                    return;
                }
                b'(' => tuple_end(self.bytes, self.at, state.escape),
                _ => skip(self.bytes, self.at, state.escape),
            };
            self.at = next.unwrap_or(self.bytes.len());
        }
    }

    /// What a statement that does not go on as expected is: too short, or none with rows.
    fn short(&mut self) -> Found {
        if self.sign().is_none() { Found::More } else { Found::No }
    }
}

/// Whether the beginning of a file is that of a dump: a statement with rows or a table's creation, at the
/// beginning of a line, with comments and settings alone before it.
pub(super) fn looks_like_dump(head: &[u8]) -> bool {
    let mark = head.strip_prefix(b"\xEF\xBB\xBF").map_or(0, |_| 3);
    let mut state = None;
    let mut at = mark;
    for _ in 0..400 {
        let start = skip_blank(head, at);
        let mut words = Words { bytes: head, at: start };
        let (first, second) = (words.word(), words.word());
        let settings =
            ["set", "use", "drop", "lock", "unlock", "begin", "start", "commit", "alter", "select", "pragma"];
        match (first.as_str(), second.as_str()) {
            ("insert", "into" | "ignore")
            | ("replace", "into")
            | ("create", "table" | "database" | "schema")
            | ("create", "temporary" | "unlogged") => return true,
            ("copy", _) => return memchr::memmem::find(head, b"FROM stdin").is_some(),
            (word, _) if settings.contains(&word) || word.is_empty() || word == "create" => {}
            _ => return false,
        }
        match step(head, at, state.get_or_insert_with(|| SqlState::of(head)), 0, false) {
            Step::Other { end, .. } if end > at => {
                let is_sql = comment_end(head, start).is_some() || head.get(end - 1) == Some(&b';');
                if !is_sql && head.get(start) != Some(&b'\\') {
                    return false;
                }
                at = end;
            }
            _ => return false,
        }
    }
    false
}
