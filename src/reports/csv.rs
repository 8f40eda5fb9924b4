//! One table of everything, for spreadsheets: RFC 4180, and no cell a spreadsheet would run.

use std::borrow::Cow;
use std::io::{self, Write};

use super::words;
use super::{Emitter, Needs, Spool};
use crate::findings::{
    DetectionLine, FindingLine, GapLine, Line, RecordLine, SuppressionLine, Target, escape,
};

/// `csv`: a row for each detection, finding and gap.
pub(super) struct Csv;

/// The columns, in order. New ones are added at the end only: people's filters count on them.
const COLUMNS: [&str; 39] = [
    "type",
    "rule",
    "verdict",
    "severity",
    "category",
    "confidence",
    "value_class",
    "item",
    "path",
    "inner",
    "system",
    "kind",
    "record",
    "field",
    "line",
    "column",
    "start",
    "end",
    "masked",
    "count",
    "message",
    "refs",
    "remedy",
    "clock",
    "clock_at",
    "missing",
    "gap_class",
    "gap_code",
    "offset",
    "bytes",
    "lift",
    "accepted",
    "policy",
    "detector",
    "also",
    "evidence",
    "fingerprint",
    "baseline",
    "suppressed",
];

impl Emitter for Csv {
    fn needs(&self) -> Needs {
        Needs::ALL
    }

    fn emit(&self, spool: &Spool, out: &mut dyn Write) -> io::Result<()> {
        let mut row = Row::default();
        for column in COLUMNS {
            row.set(column, column);
        }
        row.write(out)?;
        spool.each(Needs::ALL, &mut |line| {
            match &line {
                Line::Detection(line) => detection(&mut row, line),
                Line::Finding(line) => finding(&mut row, line),
                Line::Gap(line) => gap(&mut row, line),
                Line::Run(_) | Line::Summary(_) => return Ok(()),
            }
            row.write(out)
        })
    }
}

fn detection(row: &mut Row, line: &DetectionLine<'_>) {
    row.set("type", "detection");
    row.set("rule", line.rule.as_deref().unwrap_or(""));
    row.set("category", &line.category);
    row.set("confidence", &format!("{:.3}", line.confidence));
    row.set("value_class", &line.value_class);
    row.place(&line.item, &line.path, &line.inner);
    row.record(&line.record);
    row.set("field", &line.field);
    row.number("line", Some(line.line));
    row.number("column", Some(line.column));
    row.number("start", Some(line.start));
    row.number("end", Some(line.end));
    row.set("masked", &line.masked);
    row.number("count", Some(1));
    row.set("detector", &line.detector);
    row.set("also", &line.also.join(" "));
    row.set("evidence", &words::evidence(&line.evidence).join(" "));
    row.set("fingerprint", &line.fingerprint);
    row.suppressed(line.suppressed.as_ref());
    row.set("baseline", line.baseline.map_or("", words::standing_id));
}

fn finding(row: &mut Row, line: &FindingLine<'_>) {
    row.set("type", "finding");
    row.set("rule", &line.rule);
    row.set("verdict", words::verdict_id(line.verdict));
    row.set("severity", words::severity_id(line.severity));
    let path = line.path.as_deref().unwrap_or("");
    row.place(line.item.as_deref().unwrap_or(""), path, &line.inner);
    if let Some(record) = &line.record {
        row.record(record);
    }
    row.number("line", line.line);
    row.number("count", Some(line.count));
    row.set("message", &line.message);
    row.set("refs", &line.refs.join(" "));
    row.set("remedy", &line.remedy);
    if let Some(clock) = &line.clock {
        row.set("clock", &clock.name);
        row.set("clock_at", &clock.at);
    }
    row.set("missing", &line.missing.join(" "));
    row.set("policy", &line.policy);
    row.set("fingerprint", &line.fingerprint);
    row.suppressed(line.suppressed.as_ref());
    row.set("baseline", line.baseline.map_or("", words::standing_id));
}

fn gap(row: &mut Row, line: &GapLine<'_>) {
    row.set("type", "gap");
    row.place(&line.item, &line.path, &line.inner);
    row.set("message", &line.message);
    row.set("gap_class", &line.class);
    row.set("gap_code", &line.code);
    row.number("offset", line.offset);
    row.number("bytes", line.bytes);
    row.set("lift", line.lift.as_deref().unwrap_or(""));
    row.set("accepted", line.accepted.as_deref().unwrap_or(""));
}

/// The cells of one row, emptied by writing it.
struct Row {
    cells: Vec<String>,
}

impl Default for Row {
    fn default() -> Self {
        Self { cells: vec![String::new(); COLUMNS.len()] }
    }
}

impl Row {
    fn set(&mut self, column: &str, text: &str) {
        let Some(at) = COLUMNS.iter().position(|name| *name == column) else { return };
        if let Some(cell) = self.cells.get_mut(at) {
            cell.push_str(&escape(Target::Csv, text));
        }
    }

    fn number(&mut self, column: &str, number: Option<u64>) {
        if let Some(number) = number {
            self.set(column, &number.to_string());
        }
    }

    fn place(&mut self, item: &str, path: &str, inner: &[Cow<'_, str>]) {
        self.set("item", item);
        self.set("path", path);
        self.set("inner", &inner.join("!"));
    }

    fn suppressed(&mut self, excuse: Option<&SuppressionLine<'_>>) {
        if let Some(SuppressionLine { kind, id, .. }) = excuse {
            self.set("suppressed", &format!("{kind} {id}"));
        }
    }

    fn record(&mut self, record: &RecordLine<'_>) {
        self.set("system", &record.system);
        self.set("kind", &record.kind);
        self.set("record", &record.id);
    }

    fn write(&mut self, out: &mut dyn Write) -> io::Result<()> {
        for (at, cell) in self.cells.iter_mut().enumerate() {
            if at > 0 {
                out.write_all(b",")?;
            }
            // Line ends were escaped before; quotes and separators are what is left to quote.
            if cell.contains(['"', ',', ';', '\'']) || cell.starts_with(' ') || cell.ends_with(' ') {
                write!(out, "\"{}\"", cell.replace('"', "\"\""))?;
            } else {
                out.write_all(cell.as_bytes())?;
            }
            cell.clear();
        }
        out.write_all(b"\r\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_named_in_the_code_exists() {
        // `set` drops what it does not know: this is where that would show.
        let source = include_str!("csv.rs");
        let body = source.split("#[cfg(test)]").next().unwrap();
        for call in ["row.set(\"", "row.number(\"", "self.set(\""] {
            for part in body.split(call).skip(1) {
                let name = part.split('"').next().unwrap();
                assert!(COLUMNS.contains(&name), "{name}");
            }
        }
    }

    #[test]
    fn cells_are_quoted_and_never_run() {
        let mut row = Row::default();
        row.set("path", "=HYPERLINK(\"http://x.invalid\",\"a\")");
        row.set("message", "a;b");
        let mut out = Vec::new();
        row.write(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains(",\"'=HYPERLINK(\"\"http://x.invalid\"\",\"\"a\"\")\","), "{text}");
        assert!(text.contains(",\"a;b\","));
        assert_eq!(text.matches("\r\n").count(), 1);
    }
}
