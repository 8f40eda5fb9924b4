//! `olvido/waivers/v1`: findings that are known and excused, and detections that are none.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_saphyr::Spanned;

use super::super::document::Document;
use super::super::period::Period;
use super::super::suggest;
use super::entry::{Entry, EntryKind};
use super::in_force;
use crate::problem::{Problem, read_yaml};
use crate::records::Stamp;

/// Version of the shape of the file.
const SCHEMA: &str = "olvido/waivers/v1";
/// The longest a waiver may last.
const LONGEST: &str = "P1Y";

/// Waivers and dismissals.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::policies) struct WaiversFile {
    /// `olvido/waivers/v1`
    #[schemars(with = "String")]
    schema: Spanned<String>,
    /// Findings that are excused until a day.
    #[serde(default)]
    #[schemars(with = "Vec<WaiverRow>")]
    waivers: Vec<Spanned<WaiverRow>>,
    /// Detections that are no personal data.
    #[serde(default)]
    #[schemars(with = "Vec<DismissalRow>")]
    dismissals: Vec<Spanned<DismissalRow>>,
}

/// A finding that is excused until a day.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::policies) struct WaiverRow {
    /// Its name: letters, digits, hyphens.
    #[schemars(with = "String")]
    id: Spanned<String>,
    /// The rule, by its whole id.
    #[schemars(with = "String")]
    rule: Spanned<String>,
    /// Findings, by the fingerprints reports show.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    fingerprints: Vec<Spanned<String>>,
    /// Files, by patterns such as `attachments/manuals/**`.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    paths: Vec<Spanned<String>>,
    /// Why, in words that name nobody.
    #[schemars(with = "String")]
    reason: Spanned<String>,
    /// Who asked for it.
    #[schemars(with = "String")]
    requested_by: Spanned<String>,
    /// Who approved it: somebody else.
    #[schemars(with = "String")]
    approved_by: Spanned<String>,
    /// The day it begins.
    #[schemars(with = "String")]
    placed_on: Spanned<String>,
    /// The day it ends: at most a year later.
    #[schemars(with = "String")]
    expires: Spanned<String>,
}

/// A detection that is no personal data.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::policies) struct DismissalRow {
    /// Its name: letters, digits, hyphens.
    #[schemars(with = "String")]
    id: Spanned<String>,
    /// Detections, by the fingerprints reports show.
    #[schemars(with = "Vec<String>")]
    fingerprints: Vec<Spanned<String>>,
    /// What it is instead, in words that name nobody.
    #[schemars(with = "String")]
    reason: Spanned<String>,
    /// Who says so.
    #[schemars(with = "String")]
    by: Spanned<String>,
    /// The day it was said.
    #[schemars(with = "String")]
    on: Spanned<String>,
    /// The day it lapses.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    expires: Option<Spanned<String>>,
}

/// One waiver or dismissal.
struct Excepted {
    kind: EntryKind,
    id: String,
    /// Of a waiver.
    rule: String,
    paths: Vec<globset::GlobMatcher>,
    reason: String,
    from: Stamp,
    until: Option<Stamp>,
    broad: bool,
    line: u64,
}

/// What is asked: a finding of a rule, or a detection.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The rule of the finding.
    pub rule: &'a str,
    /// Its fingerprint.
    pub fingerprint: &'a str,
    /// The path of the outermost file, as walked.
    pub path: &'a str,
}

/// Why something is excused.
#[derive(Clone, Copy)]
pub struct Excuse<'w> {
    /// Position among all exceptions of this file.
    pub at: usize,
    /// What it is.
    pub kind: EntryKind,
    /// Its id.
    pub id: &'w str,
    /// Why.
    pub reason: &'w str,
    /// The day it ends; none for a dismissal without one.
    pub until: Option<Stamp>,
}

/// All waivers and dismissals of a project.
#[derive(Default)]
pub struct Waivers {
    file: String,
    rows: Vec<Excepted>,
    by_fingerprint: BTreeMap<String, Vec<usize>>,
    keys: Vec<(String, Problem)>,
}

impl Waivers {
    /// Reads a file of waivers. `rules` are the ids there are. Each problem names file and line.
    pub fn read(file: &str, text: &str, rules: &[&str]) -> Result<Waivers, Vec<Problem>> {
        let document = Document { file: file.to_owned(), text: text.to_owned() };
        let raw: WaiversFile = read_yaml("waivers-yaml", file, text).map_err(|problem| vec![problem])?;
        let mut reader = Reader { document: &document, rules, problems: Vec::new() };
        if raw.schema.value != SCHEMA {
            let advice = format!("write `schema: {SCHEMA}`");
            reader.refuse(&raw.schema, "waivers-schema", "this schema is not read here", advice);
        }
        let mut waivers = Waivers { file: file.to_owned(), ..Waivers::default() };
        for row in &raw.waivers {
            let excepted = reader.waiver(&row.value, row.referenced.line());
            waivers.push(excepted, &row.value.fingerprints, &row.value.id, &mut reader);
        }
        for row in &raw.dismissals {
            let excepted = reader.dismissal(&row.value, row.referenced.line());
            waivers.push(excepted, &row.value.fingerprints, &row.value.id, &mut reader);
        }
        if reader.problems.is_empty() { Ok(waivers) } else { Err(reader.problems) }
    }

    fn push(
        &mut self,
        excepted: Option<Excepted>,
        fingerprints: &[Spanned<String>],
        id: &Spanned<String>,
        reader: &mut Reader<'_, '_>,
    ) {
        let Some(excepted) = excepted else { return };
        if self.rows.iter().any(|known| known.id == excepted.id) {
            reader.refuse(id, "waivers-duplicate", "this exception stands twice", "give it another id");
        }
        let at = self.rows.len();
        self.rows.push(excepted);
        for text in fingerprints {
            if let Some(key) = text.value.strip_prefix("k1:").and_then(|rest| rest.split(':').next()) {
                let what = "this fingerprint was made under another key, and would excuse nothing";
                let advice =
                    "name the key it was made with (--key), or take the fingerprint from a new report";
                let problem = reader.document.problem("waivers-other-key", &text.referenced, what, advice);
                self.keys.push((key.to_owned(), problem));
            }
            self.by_fingerprint.entry(text.value.clone()).or_default().push(at);
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether there are dismissals: then detections are asked about.
    pub fn dismisses(&self) -> bool {
        self.rows.iter().any(|row| row.kind == EntryKind::Dismissal)
    }

    /// The waiver in force that excuses a finding, the first of the file.
    pub fn waiver(&self, asked: &Asked<'_>, now: i64) -> Option<Excuse<'_>> {
        let named = self.by_fingerprint.get(asked.fingerprint).map_or(&[][..], Vec::as_slice);
        let on_path = |row: &Excepted| row.paths.iter().any(|pattern| pattern.is_match(asked.path));
        self.excuse(EntryKind::Waiver, now, |at, row| {
            row.rule == asked.rule && (named.contains(&at) || on_path(row))
        })
    }

    /// The dismissal in force that says a detection is none.
    pub fn dismissal(&self, fingerprint: &str, now: i64) -> Option<Excuse<'_>> {
        let named = self.by_fingerprint.get(fingerprint)?;
        self.excuse(EntryKind::Dismissal, now, |at, _| named.contains(&at))
    }

    fn excuse(
        &self,
        kind: EntryKind,
        now: i64,
        fits: impl Fn(usize, &Excepted) -> bool,
    ) -> Option<Excuse<'_>> {
        let rows = self.rows.iter().enumerate();
        let mut fitting =
            rows.filter(|(at, row)| row.kind == kind && in_force(row.from, row.until, now) && fits(*at, row));
        fitting.next().map(|(at, row)| Excuse {
            at,
            kind,
            id: &row.id,
            reason: &row.reason,
            until: row.until,
        })
    }

    /// The waivers and dismissals as exceptions.
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.rows.iter().map(|row| Entry {
            kind: row.kind,
            id: &row.id,
            file: &self.file,
            line: row.line,
            from: row.from,
            until: row.until,
            review: None,
            broad: row.broad,
            matched: 0,
        })
    }

    pub(super) fn check_key(&self, key: Option<&str>) -> Result<(), Problem> {
        match self.keys.iter().find(|(made_with, _)| key != Some(made_with)) {
            Some((_, problem)) => Err(problem.clone()),
            None => Ok(()),
        }
    }
}

/// Letters, digits and hyphens: nothing that could name a person stands in reports.
pub(super) fn is_id(text: &str) -> bool {
    let byte = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    !text.is_empty() && text.len() <= 40 && text.bytes().all(byte) && text.bytes().any(|b| b.is_ascii_digit())
}

struct Reader<'d, 'r> {
    document: &'d Document,
    rules: &'d [&'r str],
    problems: Vec<Problem>,
}

impl Reader<'_, '_> {
    fn refuse(
        &mut self,
        at: &Spanned<String>,
        code: &'static str,
        what: impl Into<String>,
        advice: impl Into<String>,
    ) {
        self.problems.push(self.document.problem(code, &at.referenced, what, advice));
    }

    fn waiver(&mut self, row: &WaiverRow, line: u64) -> Option<Excepted> {
        let before = self.problems.len();
        self.head(&row.id, &[&row.reason, &row.requested_by, &row.approved_by]);
        if !self.rules.contains(&row.rule.value.as_str()) {
            let (what, advice) = match row.rule.value.contains('*') {
                true => ("a waiver excuses one rule", String::from("write one waiver for each rule")),
                false => {
                    ("there is no such rule", suggest::instead(&row.rule.value, self.rules.iter().copied()))
                }
            };
            self.refuse(&row.rule, "waivers-rule", what, advice);
        }
        let person = |text: &Spanned<String>| text.value.trim().to_lowercase();
        if person(&row.requested_by) == person(&row.approved_by) {
            let what = "the one who asks for a waiver does not approve it";
            self.refuse(&row.approved_by, "waivers-one-person", what, "let somebody else approve it");
        }
        let (from, until) = (self.day(&row.placed_on), self.day(&row.expires));
        if let (Some(from), Some(until)) = (from, until) {
            let longest = Period::parse(LONGEST).and_then(|period| period.end(from.seconds));
            if until.seconds <= from.seconds {
                self.refuse(
                    &row.expires,
                    "waivers-order",
                    "the waiver ends before it begins",
                    "name a later day",
                );
            } else if longest.is_some_and(|longest| until.seconds > longest) {
                let advice = "name a day at most a year after `placed_on`, and renew it then";
                self.refuse(&row.expires, "waivers-too-long", "a waiver lasts at most a year", advice);
            }
        }
        self.fingerprints(&row.fingerprints);
        if row.fingerprints.is_empty() && row.paths.is_empty() {
            let advice = "name fingerprints or paths";
            self.refuse(&row.id, "waivers-no-scope", "the waiver says not what it excuses", advice);
        }
        let mut paths = Vec::new();
        for pattern in &row.paths {
            match globset::Glob::new(&pattern.value) {
                Ok(glob) => paths.push(glob.compile_matcher()),
                Err(error) => {
                    let what = format!("this is no pattern: {}", error.kind());
                    self.refuse(pattern, "waivers-pattern", what, "write a pattern such as manuals/**/*.pdf");
                }
            }
        }
        let broad = row.paths.iter().any(|pattern| is_broad(&pattern.value));
        if self.problems.len() > before {
            return None;
        }
        Some(Excepted {
            kind: EntryKind::Waiver,
            id: row.id.value.clone(),
            rule: row.rule.value.clone(),
            paths,
            reason: row.reason.value.trim().to_owned(),
            from: from?,
            until: Some(until?),
            broad,
            line,
        })
    }

    fn dismissal(&mut self, row: &DismissalRow, line: u64) -> Option<Excepted> {
        let before = self.problems.len();
        self.head(&row.id, &[&row.reason, &row.by]);
        let from = self.day(&row.on);
        let until = row.expires.as_ref().and_then(|day| self.day(day));
        self.fingerprints(&row.fingerprints);
        if row.fingerprints.is_empty() {
            let advice = "name the fingerprints of the detections";
            self.refuse(&row.id, "waivers-no-scope", "the dismissal says not what it dismisses", advice);
        }
        if self.problems.len() > before {
            return None;
        }
        Some(Excepted {
            kind: EntryKind::Dismissal,
            id: row.id.value.clone(),
            rule: String::new(),
            paths: Vec::new(),
            reason: row.reason.value.trim().to_owned(),
            from: from?,
            until,
            broad: false,
            line,
        })
    }

    fn head(&mut self, id: &Spanned<String>, said: &[&Spanned<String>]) {
        if !is_id(&id.value) {
            let advice = "write letters, digits and hyphens, with a number, such as W-12";
            self.refuse(id, "waivers-id", "this is no name of an exception", advice);
        }
        for text in said.iter().filter(|text| text.value.trim().is_empty()) {
            let what = "an exception needs a reason and the people who answer for it";
            self.refuse(text, "waivers-empty", what, "write them out");
        }
    }

    fn fingerprints(&mut self, list: &[Spanned<String>]) {
        for text in list {
            let hex = |digits: &str, len: usize| {
                digits.len() == len && digits.bytes().all(|b| b.is_ascii_hexdigit())
            };
            let good = match text.value.split(':').collect::<Vec<&str>>().as_slice() {
                ["k1", key, digits] => hex(key, 8) && hex(digits, 32),
                ["p1", digits] => hex(digits, 32),
                _ => false,
            };
            if !good {
                let advice = "copy it from a report: k1:<key id>:<32 digits>";
                self.refuse(text, "waivers-fingerprint", "this is no fingerprint", advice);
            }
        }
    }

    fn day(&mut self, text: &Spanned<String>) -> Option<Stamp> {
        let day = Stamp::parse(&text.value);
        if day.is_none() {
            self.refuse(text, "waivers-date", "this is no date", "write a day such as 2027-03-31");
        }
        day
    }
}

/// Whether a pattern takes nearly every path: it names no folder and no name of a file.
fn is_broad(pattern: &str) -> bool {
    let named = |part: &&str| part.chars().any(char::is_alphanumeric);
    let parts: Vec<&str> = pattern.split('/').collect();
    let last = parts.last().copied().unwrap_or("");
    // `**/*.pdf` names an ending only.
    let names_file = last.split('.').next().is_some_and(|stem| named(&stem));
    let folders = parts.len().saturating_sub(1);
    !names_file && !parts.iter().take(folders).any(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "schema: olvido/waivers/v1\nwaivers:\n  - id: W-1\n    rule: a/b\n    fingerprints: ['k1:1a2b3c4d:0123456789abcdef0123456789abcdef']\n    paths: ['manuals/**']\n    reason: the author agreed\n    requested_by: Author\n    approved_by: DPO\n    placed_on: 2026-01-01\n    expires: 2027-01-01\ndismissals:\n  - id: D-1\n    fingerprints: ['k1:1a2b3c4d:ffffffffffffffffffffffffffffffff']\n    reason: a product code\n    by: DPO\n    on: 2026-01-01\n";

    fn read(text: &str) -> Result<Waivers, Vec<Problem>> {
        Waivers::read("waivers.yaml", text, &["a/b", "a/c"])
    }

    #[test]
    fn a_waiver_excuses_its_rule_where_it_says_and_until_its_day() {
        let waivers = read(GOOD).ok().unwrap();
        let at = |day: &str| Stamp::parse(day).unwrap().seconds;
        let known = "k1:1a2b3c4d:0123456789abcdef0123456789abcdef";
        let excused = |rule, fingerprint, path, day: &str| {
            waivers.waiver(&Asked { rule, fingerprint, path }, at(day)).is_some()
        };
        assert!(excused("a/b", known, "x", "2026-06-01"));
        assert!(excused("a/b", "other", "manuals/a.pdf", "2026-06-01"));
        assert!(!excused("a/c", known, "manuals/a.pdf", "2026-06-01"));
        assert!(!excused("a/b", "other", "x", "2026-06-01"));
        assert!(!excused("a/b", known, "x", "2027-01-01") && !excused("a/b", known, "x", "2025-12-31"));
        let dismissed = "k1:1a2b3c4d:ffffffffffffffffffffffffffffffff";
        assert!(waivers.dismissal(dismissed, at("2030-01-01")).is_some());
        assert!(waivers.dismissal(known, at("2026-06-01")).is_none());
        assert!(waivers.check_key(Some("1a2b3c4d")).is_ok());
        assert_eq!(waivers.check_key(Some("00000000")).unwrap_err().at.unwrap().line, 5);
    }

    #[test]
    fn mistakes_name_their_line() {
        for (from, to, code, line) in [
            ("waivers/v1", "waivers/v7", "waivers-schema", 1),
            ("rule: a/b", "rule: a/*", "waivers-rule", 4),
            ("rule: a/b", "rule: a/d", "waivers-rule", 4),
            ("approved_by: DPO", "approved_by: ' author '", "waivers-one-person", 9),
            ("expires: 2027-01-01", "expires: 2027-01-02", "waivers-too-long", 11),
            ("expires: 2027-01-01", "expires: 2025-01-02", "waivers-order", 11),
            ("expires: 2027-01-01", "expires: some day", "waivers-date", 11),
            ("    expires: 2027-01-01\n", "", "waivers-yaml", 10),
            ("reason: the author agreed", "reason: ''", "waivers-empty", 7),
            ("'manuals/**'", "'manuals/['", "waivers-pattern", 6),
            ("k1:1a2b3c4d:0123456789abcdef0123456789abcdef", "k1:x:y", "waivers-fingerprint", 5),
            ("id: D-1", "id: W-1", "waivers-duplicate", 13),
            ("id: W-1", "id: Ana", "waivers-id", 3),
        ] {
            let problem = read(&GOOD.replacen(from, to, 1)).err().unwrap_or_else(|| panic!("{to}")).remove(0);
            assert_eq!((problem.code, problem.at.map(|at| at.line)), (code, Some(line)), "{to}");
        }
        let nothing = GOOD.replace(
            "    fingerprints: ['k1:1a2b3c4d:0123456789abcdef0123456789abcdef']\n    paths: ['manuals/**']\n",
            "",
        );
        assert_eq!(read(&nothing).err().unwrap()[0].code, "waivers-no-scope");
    }

    #[test]
    fn patterns_that_take_nearly_everything_are_broad() {
        for broad in ["**", "*", "**/*", "**/*.pdf", "*.csv"] {
            assert!(is_broad(broad), "{broad}");
        }
        for narrow in ["manuals/**", "a/b.pdf", "readme*", "**/notes/*"] {
            assert!(!is_broad(narrow), "{narrow}");
        }
    }
}
