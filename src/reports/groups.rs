//! Findings and detections put together into what becomes one result each.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use super::rollup::Level;
use super::words;
use crate::findings::{
    BULLET, DetectionLine, FindingLine, RecordLine, Severity, Standing, SuppressionLine, Verdict,
    group_fingerprint,
};

/// Of each group, this many places are told apart; the count tells how many there are.
pub(super) const SPOTS: usize = 10;

/// A region of a file, 1-based, in UTF-16 columns, the end one past the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// Line.
    pub(super) line: u64,
    /// Column.
    pub(super) column: u64,
    /// Line of the end.
    pub(super) end_line: u64,
    /// Column of the end.
    pub(super) end_column: u64,
}

impl Span {
    /// The beginning of a line: of records only the line is known, and of members of containers not
    /// even that in the file they lie in.
    pub(super) fn line(line: u64) -> Span {
        let line = line.max(1);
        Span { line, column: 1, end_line: line, end_column: 2 }
    }

    /// Of a detection. Lines from elsewhere may be wrong: no region is inside out.
    pub(super) fn of(line: &DetectionLine<'_>) -> Span {
        let [column, end_column] = line.utf16;
        let (start, column) = (line.line.max(1), column.max(1));
        let end_line = line.end_line.max(start);
        let floor = if end_line == start { column } else { 1 };
        Span { line: start, column, end_line, end_column: end_column.max(floor) }
    }
}

/// One place of a group.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    /// Outermost file; none for the run as a whole.
    pub(super) path: Option<String>,
    /// Inner names.
    pub(super) inner: Vec<String>,
    /// `system`, `kind`, `id` of the record.
    pub(super) record: Option<[String; 3]>,
    /// Where in the innermost item.
    pub(super) span: Option<Span>,
    /// What stands there, for people.
    pub(super) note: String,
}

/// What becomes one result.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// Id of the rule.
    pub(super) rule: String,
    /// The verdict.
    pub(super) verdict: Verdict,
    /// The highest severity in it.
    pub(super) severity: Severity,
    /// How coarse it is.
    pub(super) level: Level,
    /// The file or folder it stands for; none for the run as a whole.
    pub(super) place: Option<String>,
    /// How many lines it was made from.
    pub(super) lines: u64,
    /// How many data, records or files it stands for.
    pub(super) count: u64,
    /// For the inventory: data by category.
    pub(super) categories: BTreeMap<String, u64>,
    /// The message of the first finding.
    pub(super) message: String,
    /// The first places.
    pub(super) spots: Vec<Spot>,
    /// Facts that were missing.
    pub(super) missing: Vec<String>,
    /// What excuses all of it.
    pub(super) suppressed: Option<SuppressionLine<'static>>,
    /// What tells it apart from run to run.
    pub(super) fingerprint: String,
    /// How it stands to the baseline: new where anything in it is.
    pub(super) standing: Option<Standing>,
}

impl Group {
    /// What a reader of a list sees; its first words say what it is about.
    pub(super) fn text(&self, title: &str) -> String {
        let mut text = if !self.categories.is_empty() {
            let counts: Vec<String> = self
                .categories
                .iter()
                .map(|(category, count)| format!("{category} {}", words::number(*count)))
                .collect();
            format!("{title}: {}", counts.join(", "))
        } else if self.lines > 1 {
            format!("{title}: {} findings. First: {}", words::number(self.lines), self.message)
        } else if self.message.trim().is_empty() {
            title.to_owned()
        } else {
            self.message.clone()
        };
        match self.verdict {
            Verdict::Open if self.missing.is_empty() => {
                text.push_str(" (cannot be shown: evidence is missing)");
            }
            Verdict::Open => {
                text.push_str(&format!(" (cannot be shown, missing: {})", self.missing.join(", ")));
            }
            Verdict::Review => text.push_str(" (a person must answer)"),
            _ => {}
        }
        text
    }

    /// `zendesk ticket 4001`.
    pub(super) fn record_name(record: &RecordLine<'_>) -> String {
        format!("{} {} {}", record.system, record.kind, record.id)
    }
}

/// The group a finding belongs to.
pub(super) fn finding_key(line: &FindingLine<'_>, level: Level) -> String {
    let path = line.path.as_deref().unwrap_or("");
    let verdict = words::verdict_id(line.verdict);
    let mut parts = vec![line.rule.as_ref(), verdict];
    let place = level.place(path);
    parts.push(&place);
    // What is excused is no part of what is not, and each exception speaks for itself.
    if let Some(excuse) = &line.suppressed {
        parts.extend(["\u{3}", &excuse.kind, &excuse.id]);
    }
    if level == Level::Record {
        parts.push(line.item.as_deref().unwrap_or(""));
        parts.extend(line.inner.iter().map(Cow::as_ref));
        if let Some(record) = &line.record {
            parts.extend(["\u{1}", &record.system, &record.kind, &record.id]);
        }
    }
    parts.join("\u{0}")
}

/// The group a detection belongs to: never finer than its file.
pub(super) fn detection_key(rule: &str, line: &DetectionLine<'_>, level: Level) -> String {
    let level = level.max(Level::File);
    // Two files may be masked alike; the walk number of the outermost one keeps them apart.
    let walk = if level == Level::File { line.item.split('.').next().unwrap_or("") } else { "" };
    let excuse = line.suppressed.as_ref().map_or("", |excuse| excuse.id.as_ref());
    ["\u{2}", rule, &level.place(&line.path), walk, excuse].join("\u{0}")
}

/// Groups in the order in which they first appear.
pub(super) struct Groups {
    level: Level,
    at: HashMap<String, usize>,
    list: Vec<Group>,
}

impl Groups {
    /// None yet.
    pub(super) fn new(level: Level) -> Self {
        Self { level, at: HashMap::new(), list: Vec::new() }
    }

    /// The groups, worst first, otherwise in the order of the lines. Fingerprints that would fall
    /// together are numbered, because GitHub makes one alert of them.
    pub(super) fn finish(mut self) -> Vec<Group> {
        self.list.sort_by_key(|group| {
            let failed = group.verdict == Verdict::Fail;
            (!failed, group.verdict != Verdict::Open, std::cmp::Reverse(group.severity))
        });
        let mut seen: HashMap<(String, String), u64> = HashMap::new();
        for group in &mut self.list {
            let times = seen.entry((group.rule.clone(), group.fingerprint.clone())).or_default();
            *times += 1;
            group.fingerprint.push_str(&format!(":{times}"));
        }
        self.list
    }

    fn group(&mut self, key: String, fresh: impl FnOnce() -> Group) -> Option<&mut Group> {
        let next = self.list.len();
        let at = *self.at.entry(key).or_insert(next);
        if at == next {
            self.list.push(fresh());
        }
        self.list.get_mut(at)
    }

    /// Puts in a finding.
    pub(super) fn finding(&mut self, line: &FindingLine<'_>) {
        let level = self.level;
        let place = line.path.as_deref().map(|path| level.place(path));
        let fresh = || Group {
            rule: line.rule.clone().into_owned(),
            verdict: line.verdict,
            severity: line.severity,
            level,
            fingerprint: match level {
                Level::Record => line.fingerprint.clone().into_owned(),
                _ => rolled(level, &line.rule, line.verdict, place.as_deref(), ""),
            },
            place,
            lines: 0,
            count: 0,
            categories: BTreeMap::new(),
            message: line.message.clone().into_owned(),
            spots: Vec::new(),
            missing: line.missing.iter().map(|fact| fact.clone().into_owned()).collect(),
            suppressed: line.suppressed.as_ref().map(excuse),
            standing: line.baseline,
        };
        let Some(group) = self.group(finding_key(line, level), fresh) else { return };
        group.lines += 1;
        // `New` comes before `Same`.
        group.standing = group.standing.min(line.baseline);
        group.count += line.count.max(1);
        group.severity = group.severity.max(line.severity);
        if group.spots.len() < SPOTS {
            group.spots.push(Spot {
                path: line.path.as_deref().map(str::to_owned),
                inner: owned(&line.inner),
                record: line.record.as_ref().map(record),
                span: line.line.map(Span::line),
                note: line.message.clone().into_owned(),
            });
        }
    }

    /// Puts in a detection that counts under an inventory rule.
    pub(super) fn detection(&mut self, rule: &str, severity: Severity, line: &DetectionLine<'_>) {
        let level = self.level.max(Level::File);
        let fresh = || {
            let place = level.place(&line.path);
            // Walk numbers change from export to export: only a masked path, which alone says too
            // little, is told apart by one.
            let masked = level == Level::File && place.contains(BULLET);
            let walk = if masked { line.item.split('.').next().unwrap_or("") } else { "" };
            Group {
                rule: rule.to_owned(),
                verdict: Verdict::Fail,
                severity,
                level,
                fingerprint: rolled(level, rule, Verdict::Fail, Some(&place), walk),
                place: Some(place),
                lines: 0,
                count: 0,
                categories: BTreeMap::new(),
                message: String::new(),
                spots: Vec::new(),
                missing: Vec::new(),
                suppressed: line.suppressed.as_ref().map(excuse),
                standing: line.baseline,
            }
        };
        let Some(group) = self.group(detection_key(rule, line, level), fresh) else { return };
        group.lines += 1;
        // `New` comes before `Same`.
        group.standing = group.standing.min(line.baseline);
        group.count += 1;
        match group.categories.get_mut(line.category.as_ref()) {
            Some(count) => *count += 1,
            None => {
                group.categories.insert(line.category.clone().into_owned(), 1);
            }
        }
        if group.spots.len() < SPOTS {
            let field = if line.field.is_empty() { String::new() } else { format!(" in {}", line.field) };
            group.spots.push(Spot {
                path: Some(line.path.clone().into_owned()),
                inner: owned(&line.inner),
                record: Some(record(&line.record)),
                span: Some(Span::of(line)),
                note: format!("{} {}{field}", line.category, line.masked),
            });
        }
    }
}

fn rolled(level: Level, rule: &str, verdict: Verdict, place: Option<&str>, walk: &str) -> String {
    group_fingerprint(&[level.name(), rule, words::verdict_id(verdict), place.unwrap_or("\u{0}"), walk])
}

fn owned(names: &[Cow<'_, str>]) -> Vec<String> {
    names.iter().map(|name| name.clone().into_owned()).collect()
}

fn excuse(line: &SuppressionLine<'_>) -> SuppressionLine<'static> {
    let own = |part: &str| Cow::Owned(part.to_owned());
    let until = line.until.as_deref().map(own);
    SuppressionLine { kind: own(&line.kind), id: own(&line.id), reason: own(&line.reason), until }
}

fn record(line: &RecordLine<'_>) -> [String; 3] {
    [&line.system, &line.kind, &line.id].map(|part| part.clone().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detection(utf16: [u64; 2], line: u64, end_line: u64) -> DetectionLine<'static> {
        DetectionLine { utf16, line, end_line, ..DetectionLine::default() }
    }

    #[test]
    fn no_region_is_inside_out() {
        let span = Span::of(&detection([9, 3], 5, 2));
        assert_eq!(span, Span { line: 5, column: 9, end_line: 5, end_column: 9 });
        assert_eq!(
            Span::of(&detection([0, 0], 0, 0)),
            Span { line: 1, column: 1, end_line: 1, end_column: 1 }
        );
        assert_eq!(Span::of(&detection([9, 3], 5, 6)).end_column, 3);
    }

    #[test]
    fn masked_files_are_kept_apart() {
        let mut groups = Groups::new(Level::Record);
        for item in ["1.2", "1", "2"] {
            let line =
                DetectionLine {
                    path: "•••••.json".into(), item: item.into(), ..DetectionLine::default()
                };
            groups.detection("personal-data/contact", Severity::Note, &line);
        }
        let list = groups.finish();
        assert_eq!(list.iter().map(|group| group.count).collect::<Vec<_>>(), [2, 1]);
        assert_ne!(list[0].fingerprint, list[1].fingerprint);
    }

    #[test]
    fn fingerprints_that_fall_together_are_numbered() {
        let mut groups = Groups::new(Level::Record);
        for id in ["1", "2", "3"] {
            groups.finding(&FindingLine {
                rule: "a/b".into(),
                verdict: Verdict::Fail,
                severity: Severity::Error,
                item: Some("1".into()),
                record: Some(RecordLine { id: id.into(), ..RecordLine::default() }),
                path: None,
                inner: vec![],
                line: None,
                message: "m".into(),
                refs: vec![],
                remedy: "".into(),
                count: 1,
                clock: None,
                missing: vec![],
                suppressed: None,
                policy: "".into(),
                fingerprint: "p1:same".into(),
                baseline: None,
            });
        }
        let list = groups.finish();
        let hashes: Vec<&str> = list.iter().map(|group| group.fingerprint.as_str()).collect();
        assert_eq!(hashes, ["p1:same:1", "p1:same:2", "p1:same:3"]);
    }
}
