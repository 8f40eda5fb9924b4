//! The JSON Lines every report is made from: one object a line, `type` first.

mod detection;
mod finding;
mod run;
mod summary;

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Target, escape};

pub use detection::{DetectionLine, EvidenceLine, WeightsLine};
pub use finding::{ClockLine, FindingLine, Severity, Verdict};
pub use run::{DetectorCard, GateLine, RuleCard, RunLine};
pub use summary::{
    BaselineCounts, CategoryCount, GapCount, MissingPiece, RuleCount, SummaryLine, SystemCount,
};

/// One line.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Line<'a> {
    /// What ran, first line.
    Run(Box<RunLine>),
    /// One personal datum.
    #[serde(borrow)]
    Detection(Box<DetectionLine<'a>>),
    /// One verdict that is not a pass.
    #[serde(borrow)]
    Finding(Box<FindingLine<'a>>),
    /// Something that was not read.
    #[serde(borrow)]
    Gap(Box<GapLine<'a>>),
    /// What it comes to, last line.
    Summary(Box<SummaryLine>),
}

/// How something stands to a baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// The baseline does not hold it.
    New,
    /// The baseline holds it.
    Same,
}

/// Which record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RecordLine<'a> {
    /// Helpdesk or format.
    #[serde(borrow)]
    pub system: Cow<'a, str>,
    /// Kind of record.
    #[serde(borrow)]
    pub kind: Cow<'a, str>,
    /// The source's id, masked where it holds a datum; `#ordinal` where it has none.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
}

/// A hold, waiver or dismissal that excuses a line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SuppressionLine<'a> {
    /// `hold`, `waiver` or `dismissal`.
    #[serde(borrow)]
    pub kind: Cow<'a, str>,
    /// Its id.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// Why, as the file says.
    #[serde(borrow)]
    pub reason: Cow<'a, str>,
    /// The day it ends; none for a dismissal without one.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Cow<'a, str>>,
}

/// Something that was not read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GapLine<'a> {
    /// `unread`, `encrypted`, `limit`, `fault`, `by-nature`.
    #[serde(borrow)]
    pub class: Cow<'a, str>,
    /// Stable code.
    #[serde(borrow)]
    pub code: Cow<'a, str>,
    /// Walk number.
    #[serde(borrow)]
    pub item: Cow<'a, str>,
    /// Outermost file, masked where it holds a datum.
    #[serde(borrow)]
    pub path: Cow<'a, str>,
    /// Inner names.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub inner: Vec<Cow<'a, str>>,
    /// What happened and what to do.
    #[serde(borrow)]
    pub message: Cow<'a, str>,
    /// First byte, where it is part of the item.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub offset: Option<u64>,
    /// How many bytes, where known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub bytes: Option<u64>,
    /// The flag that lifts the bound.
    #[serde(borrow, skip_serializing_if = "Option::is_none", default)]
    pub lift: Option<Cow<'a, str>>,
    /// Accepted by olvido.yaml: who and until when.
    #[serde(borrow, skip_serializing_if = "Option::is_none", default)]
    pub accepted: Option<Cow<'a, str>>,
}

impl<'a> Line<'a> {
    /// Reads a line. `type` must stand first for the fast way; anywhere else works too.
    ///
    /// Errors never quote the line.
    pub fn read(line: &'a str) -> Result<Line<'a>, LineError> {
        let parsed = match LineKind::of(line) {
            // The direct way: a tagged enum would copy every line into a tree first.
            Some(LineKind::Detection) => serde_json::from_str(line).map(Line::Detection),
            Some(LineKind::Finding) => serde_json::from_str(line).map(Line::Finding),
            Some(LineKind::Gap) => serde_json::from_str(line).map(Line::Gap),
            Some(LineKind::Run) => serde_json::from_str(line).map(Line::Run),
            Some(LineKind::Summary) => serde_json::from_str(line).map(Line::Summary),
            None => serde_json::from_str(line),
        };
        parsed.map_err(|error| LineError { column: error.column() })
    }

    /// Which kind of line it is.
    pub fn kind(&self) -> LineKind {
        match self {
            Line::Run(_) => LineKind::Run,
            Line::Detection(_) => LineKind::Detection,
            Line::Finding(_) => LineKind::Finding,
            Line::Gap(_) => LineKind::Gap,
            Line::Summary(_) => LineKind::Summary,
        }
    }

    /// Appends the line with its line end, safe to print into any log (see
    /// [`Target::Json`]).
    ///
    /// # Errors
    ///
    /// None that these types can cause; the result is the serializer's own.
    pub fn write(&self, out: &mut String) -> serde_json::Result<()> {
        let mut text = Vec::with_capacity(USUAL);
        serde_json::to_writer(&mut text, self)?;
        let text = String::from_utf8(text)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        out.push_str(&escape(Target::Json, &text));
        out.push('\n');
        Ok(())
    }
}

/// Bytes of a usual line: growing to them step by step costs as much as writing them.
const USUAL: usize = 1 << 10;

/// What kind of line one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LineKind {
    /// `run`
    Run,
    /// `detection`
    Detection,
    /// `finding`
    Finding,
    /// `gap`
    Gap,
    /// `summary`
    Summary,
}

impl LineKind {
    /// The kind of a line whose `type` stands first and is written as this program writes it.
    pub fn of(line: &str) -> Option<LineKind> {
        let (kind, _) = line.strip_prefix(r#"{"type":""#)?.split_once('"')?;
        match kind {
            "run" => Some(Self::Run),
            "detection" => Some(Self::Detection),
            "finding" => Some(Self::Finding),
            "gap" => Some(Self::Gap),
            "summary" => Some(Self::Summary),
            _ => None,
        }
    }
}

/// A line that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineError {
    /// Column in bytes where reading stopped, from 1; 0 where the parser does not know.
    pub column: usize,
}

impl std::fmt::Display for LineError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "not a line of olvido/lines/v1 (column {})", self.column)
    }
}

impl std::error::Error for LineError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_reads_back_whichever_way_it_is_written() {
        let line = Line::Detection(Box::new(DetectionLine {
            category: "iban".into(),
            path: "a \u{202e}::error::.json".into(),
            confidence: 0.93,
            utf16: [3, 9],
            ..DetectionLine::default()
        }));
        let mut text = String::new();
        line.write(&mut text).unwrap();
        assert!(text.ends_with('\n') && !text.contains("::error") && !text.contains('\u{202e}'));
        assert_eq!(LineKind::of(&text), Some(LineKind::Detection));
        let again = Line::read(text.trim_end()).unwrap();
        assert_eq!(serde_json::to_value(&again).unwrap(), serde_json::to_value(&line).unwrap());
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        // serde_json's own map sorts the keys: `type` is no longer first.
        let shuffled = value.to_string();
        assert_eq!(LineKind::of(&shuffled), None);
        assert_eq!(Line::read(&shuffled).unwrap().kind(), LineKind::Detection);
    }

    #[test]
    fn errors_quote_nothing() {
        let error = Line::read(r#"{"type":"gap","class":"juan@acme-olvido.es","x"#).unwrap_err();
        assert!(!error.to_string().contains("juan"));
    }
}
