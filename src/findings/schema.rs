//! The JSON Schema of the lines, generated from their types and shipped.

use serde_json::Value;

use super::lines::Line;

/// The schema of one line, draft 2020-12.
pub fn line_schema() -> Value {
    schemars::schema_for!(Line<'static>).to_value()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::{DetectionLine, GapLine, RunLine, SummaryLine};

    fn accepts(line: &Line<'_>) -> bool {
        jsonschema::is_valid(&line_schema(), &serde_json::to_value(line).unwrap())
    }

    #[test]
    fn every_line_keeps_its_schema() {
        assert!(accepts(&Line::Run(Box::default())));
        assert!(accepts(&Line::Run(Box::new(RunLine {
            key: Some("0badcafe".into()),
            ..RunLine::default()
        }))));
        assert!(accepts(&Line::Detection(Box::new(DetectionLine {
            utf16: [1, 2],
            ..DetectionLine::default()
        }))));
        assert!(accepts(&Line::Summary(Box::<SummaryLine>::default())));
        let gap = GapLine {
            class: "unread".into(),
            code: "no-reader".into(),
            item: "1.2".into(),
            path: "a".into(),
            inner: vec!["b".into()],
            message: "m".into(),
            offset: Some(3),
            bytes: None,
            lift: None,
            accepted: None,
        };
        assert!(accepts(&Line::Gap(Box::new(gap))));
    }

    #[test]
    fn a_line_of_another_kind_is_refused() {
        let schema = line_schema();
        assert!(!jsonschema::is_valid(&schema, &serde_json::json!({"type": "opinion"})));
        assert!(!jsonschema::is_valid(&schema, &serde_json::json!({"type": "gap", "class": 1})));
    }
}
