//! The reports CI servers read: JUnit, Markdown, GitHub annotations, GitLab code quality.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)]
#![allow(dead_code, reason = "the lines are shared with tests/sarif.rs")]

mod lines;

use std::collections::{BTreeMap, BTreeSet};

use lines::{detection, finding, gap, hostile, report, report_with, run, summary};
use olvido::findings::{GateLine, Line, RunLine, Severity, Verdict};
use olvido::reports::{Options, Spool};
use serde_json::Value;

fn spool(lines: Vec<Line<'_>>) -> Spool {
    let mut spool = Spool::new();
    lines.iter().for_each(|line| spool.push(line).unwrap());
    spool
}

fn gated(fail_on: Option<Severity>, open: bool) -> Line<'static> {
    let Line::Run(head) = run() else { panic!() };
    let gate = Some(GateLine { fail_on, open, only_new: false });
    Line::Run(Box::new(RunLine { gate, ..*head }))
}

fn failed(rule: &'static str, severity: Severity, id: &str) -> Line<'static> {
    let mut line = finding(rule, Verdict::Fail, "tickets.json", id.into());
    line.severity = severity;
    Line::Finding(Box::new(line))
}

fn open(rule: &'static str, id: &str) -> Line<'static> {
    let mut line = finding(rule, Verdict::Open, "tickets.json", id.into());
    line.missing = vec!["retention_clock_at".into()];
    Line::Finding(Box::new(line))
}

/// An element with its attributes, children and text: enough of XML to hold a report against a schema.
#[derive(Debug, Default)]
struct Element {
    name: String,
    attributes: BTreeMap<String, String>,
    children: Vec<Element>,
    text: String,
}

/// Reads well-formed XML without comments, sections and entities of its own; anything else panics.
fn parse(text: &str) -> Element {
    let body = text.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n").expect("a declaration");
    assert!(
        body.chars().all(|c| matches!(c, '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)),
        "a character XML 1.0 does not have"
    );
    let mut stack = vec![Element::default()];
    let mut rest = body;
    while let Some(at) = rest.find('<') {
        stack.last_mut().unwrap().text.push_str(&unescaped(&rest[..at]));
        let end = at + rest[at..].find('>').expect("a tag ends");
        let tag = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            let closed = stack.pop().unwrap();
            assert_eq!(closed.name, name);
            stack.last_mut().unwrap().children.push(closed);
            continue;
        }
        let (tag, empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let (name, mut attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        let mut element = Element { name: name.to_owned(), ..Element::default() };
        while let Some((key, after)) = attributes.trim_start().split_once("=\"") {
            let (value, after) = after.split_once('"').expect("a value ends");
            assert!(!value.contains('<'));
            assert!(element.attributes.insert(key.to_owned(), unescaped(value)).is_none(), "{key} twice");
            attributes = after;
        }
        assert!(attributes.trim().is_empty(), "{attributes}");
        match empty {
            true => stack.last_mut().unwrap().children.push(element),
            false => stack.push(element),
        }
    }
    assert_eq!(stack.len(), 1, "every element ends");
    assert!(rest.trim().is_empty());
    stack.pop().unwrap().children.pop().unwrap()
}

fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let (name, after) = after.split_once(';').expect("an entity ends");
        out.push(match name {
            "lt" => '<',
            "gt" => '>',
            "amp" => '&',
            "quot" => '"',
            "#39" => '\'',
            other => panic!("&{other};"),
        });
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Apache Ant's JUnit.xsd and Jenkins's junit-10.xsd, as far as both ask for something.
fn keeps_the_schema(root: &Element) {
    assert_eq!(root.name, "testsuites");
    assert!(root.attributes.is_empty(), "Ant's schema allows none there");
    for suite in &root.children {
        assert_eq!(suite.name, "testsuite");
        let names: BTreeSet<&str> = suite.attributes.keys().map(String::as_str).collect();
        let wanted = [
            "errors",
            "failures",
            "hostname",
            "id",
            "name",
            "package",
            "skipped",
            "tests",
            "time",
            "timestamp",
        ];
        assert_eq!(names, BTreeSet::from(wanted));
        let stamp = &suite.attributes["timestamp"];
        let shape: String = stamp.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect();
        assert_eq!(shape, "9999-99-99T99:99:99");
        let order: Vec<&str> = suite.children.iter().map(|child| child.name.as_str()).collect();
        let cases: Vec<&Element> = suite.children.iter().filter(|child| child.name == "testcase").collect();
        assert_eq!(order[0], "properties");
        assert_eq!(order[order.len() - 2..], ["system-out", "system-err"]);
        assert_eq!(cases.len(), order.len() - 3);
        let mut outcomes: BTreeMap<&str, usize> = BTreeMap::new();
        for case in &cases {
            let names: Vec<&str> = case.attributes.keys().map(String::as_str).collect();
            assert_eq!(names, ["classname", "name", "time"]);
            assert!(case.children.len() <= 1);
            for child in &case.children {
                *outcomes.entry(&child.name).or_default() += 1;
                let names: Vec<&str> = child.attributes.keys().map(String::as_str).collect();
                match child.name.as_str() {
                    "skipped" => assert_eq!(names, ["message"]),
                    "failure" | "error" => assert_eq!(names, ["message", "type"]),
                    other => panic!("<{other}> in a test case"),
                }
            }
        }
        let count = |name: &str| outcomes.get(name).copied().unwrap_or(0).to_string();
        assert_eq!(suite.attributes["tests"], cases.len().to_string());
        assert_eq!(suite.attributes["failures"], count("failure"));
        assert_eq!(suite.attributes["errors"], count("error"));
        assert_eq!(suite.attributes["skipped"], count("skipped"));
    }
}

fn outcome<'e>(root: &'e Element, name: &str) -> Option<(&'e str, &'e Element)> {
    let cases = root.children.iter().flat_map(|suite| &suite.children);
    let case = cases.filter(|case| case.name == "testcase").find(|case| case.attributes["name"] == name)?;
    Some(case.children.first().map_or(("passed", case), |child| (child.name.as_str(), child)))
}

#[test]
fn junit_keeps_its_schema_whatever_the_names() {
    keeps_the_schema(&parse(&report("junit", &hostile())));
    keeps_the_schema(&parse(&report("junit", &spool(vec![]))));
}

#[test]
fn junit_fails_what_the_gate_fails_and_nothing_else() {
    let text = |fail_on, open_fails| {
        report(
            "junit",
            &spool(vec![
                gated(fail_on, open_fails),
                failed("secrets/credential-in-ticket", Severity::Error, "1"),
                failed("retention/ticket-expired", Severity::Warning, "2"),
                open("training/agent-untrained", "3"),
                Line::Gap(Box::new(gap("a.png", "no-reader", "unread"))),
                Line::Gap(Box::new(gap("a.exe", "executable", "by-nature"))),
                Line::Summary(Box::new(summary())),
            ]),
        )
    };
    let of = |text: &str, name: &str| outcome(&parse(text), name).map(|(what, _)| what.to_owned());
    let error_gate = text(Some(Severity::Error), false);
    assert_eq!(of(&error_gate, "credential-in-ticket").as_deref(), Some("failure"));
    assert_eq!(of(&error_gate, "ticket-expired").as_deref(), Some("skipped"));
    assert_eq!(of(&error_gate, "agent-untrained").as_deref(), Some("skipped"));
    assert_eq!(of(&error_gate, "unread no-reader").as_deref(), Some("error"), "a gap is never a pass");
    assert_eq!(of(&error_gate, "by-nature executable").as_deref(), Some("skipped"));
    let all = text(Some(Severity::Note), true);
    assert_eq!(of(&all, "ticket-expired").as_deref(), Some("failure"));
    assert_eq!(of(&all, "agent-untrained").as_deref(), Some("error"));
    let never = text(None, false);
    assert_eq!(of(&never, "credential-in-ticket").as_deref(), Some("skipped"));
    let parsed = parse(&all);
    let (_, failure) = outcome(&parsed, "ticket-expired").unwrap();
    assert!(failure.text.contains("tickets.json:3 (zendesk ticket 2)"), "{}", failure.text);
}

#[test]
fn junit_never_calls_an_unfinished_run_done() {
    let root = parse(&report("junit", &spool(vec![run()])));
    assert_eq!(outcome(&root, "the run ended").unwrap().0, "error");
}

#[test]
fn markdown_tells_the_same_and_fits_a_step_summary() {
    let text = report("markdown", &hostile());
    for wanted in
        ["**Status 1:**", "### Rules that failed", "### Not answered", "### Not read", "email-address"]
    {
        assert!(text.contains(&wanted.replace('-', "\\-")) || text.contains(wanted), "{wanted}\n{text}");
    }
    assert!(text.len() < 1 << 20);
    for line in text.lines().filter(|line| line.starts_with('|')) {
        // An unescaped bar would make a cell of its own.
        let bars = line.replace("\\|", "").matches('|').count();
        assert!([5, 6, 7].contains(&bars) || bars == 4, "{line}");
    }
    for bad in ["<script", "](1)", "@", "://host"] {
        assert!(!text.contains(bad), "{bad}\n{text}");
    }
}

/// Commands of a GitHub log: level, properties, message, decoded as the runner does.
fn commands(text: &str) -> Vec<(String, BTreeMap<String, String>, String)> {
    let decoded = |text: &str, signs: &[(&str, &str)]| {
        signs.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
    };
    let mut out = Vec::new();
    for line in text.lines() {
        let Some(command) = line.strip_prefix("::") else {
            assert!(!line.contains("::") && !line.contains("##["), "{line}");
            continue;
        };
        let (head, message) = command.split_once("::").unwrap();
        let (level, properties) = head.split_once(' ').unwrap();
        let signs = [("%3A", ":"), ("%2C", ","), ("%0A", "\n"), ("%0D", "\r"), ("%25", "%")];
        let properties = properties
            .split(',')
            .map(|property| property.split_once('=').unwrap())
            .map(|(name, value)| (name.to_owned(), decoded(value, &signs)))
            .collect();
        assert!(!message.contains("::"), "{message}");
        out.push((level.to_owned(), properties, decoded(message, &signs[2..])));
    }
    out
}

#[test]
fn github_shows_ten_a_level_and_counts_the_rest() {
    let mut lines = vec![run()];
    for id in 0..25 {
        lines.push(failed("secrets/credential-in-ticket", Severity::Error, &id.to_string()));
    }
    for id in 0..10 {
        lines.push(failed("retention/ticket-expired", Severity::Warning, &id.to_string()));
    }
    lines.push(Line::Detection(Box::new(detection("tickets.json", "1", 4))));
    lines.push(Line::Summary(Box::new(summary())));
    let text = report("github", &spool(lines));
    let commands = commands(&text);
    let of = |level: &str| commands.iter().filter(|(l, ..)| l == level).collect::<Vec<_>>();
    assert_eq!((of("error").len(), of("warning").len(), of("notice").len()), (10, 10, 1));
    assert!(of("error")[9].2.contains("16 more"), "{}", of("error")[9].2);
    assert!(
        of("warning").iter().all(|(_, _, message)| !message.contains("more")),
        "ten are no more than ten"
    );
    let (_, properties, message) = of("notice")[0];
    assert_eq!(properties["file"], "tickets.json");
    assert_eq!((&*properties["line"], &*properties["col"], &*properties["endColumn"]), ("2", "23", "43"));
    assert!(message.contains("•••••@•••••.es"), "{message}");
    assert!(text.lines().last().unwrap().contains("25 errors, 10 warnings, 1 notices, status 1"), "{text}");
}

#[test]
fn github_obeys_no_hostile_name() {
    for line in report("github", &hostile()).lines() {
        let levels = ["::error ", "::warning ", "::notice "];
        assert!(levels.iter().any(|level| line.starts_with(level)) || !line.contains("::"), "{line}");
        assert!(line.matches("::").count() <= 2 && !line.contains("##["), "{line}");
    }
    let commands = commands(&report("github", &hostile()));
    assert_eq!(commands.len(), 30);
    let known = ["title", "file", "line", "endLine", "col", "endColumn"];
    assert!(
        commands.iter().all(|(_, properties, _)| properties.keys().all(|key| known.contains(&key.as_str())))
    );
}

/// What GitLab asks of a code quality report.
fn issues(text: &str) -> Vec<Value> {
    let issues: Vec<Value> = serde_json::from_str(text).unwrap();
    let mut fingerprints = BTreeSet::new();
    for issue in &issues {
        let keys: BTreeSet<&str> = issue.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(
            keys,
            BTreeSet::from(["check_name", "description", "fingerprint", "location", "severity"])
        );
        for key in ["check_name", "description", "fingerprint"] {
            assert!(!issue[key].as_str().unwrap().trim().is_empty(), "{issue}");
        }
        let severity = issue["severity"].as_str().unwrap();
        assert!(["info", "minor", "major", "critical", "blocker"].contains(&severity), "{severity}");
        let path = issue["location"]["path"].as_str().unwrap();
        assert!(!path.is_empty() && !path.starts_with('/') && !path.starts_with("./"), "{path}");
        assert!(issue["location"]["lines"]["begin"].as_u64().unwrap() >= 1);
        let key = (issue["check_name"].to_string(), issue["fingerprint"].to_string());
        assert!(fingerprints.insert(key), "two issues would be one: {issue}");
    }
    issues
}

#[test]
fn gitlab_keeps_its_shape_whatever_the_names() {
    let all = issues(&report("gitlab", &hostile()));
    assert!(all.len() > 50);
    assert!(issues(&report("gitlab", &spool(vec![]))).is_empty());
    let text = report("gitlab", &hostile());
    assert!(!text.contains('\u{1b}') && !text.contains("\u{202e}"));
}

#[test]
fn gitlab_rates_by_severity_and_verdict() {
    let all = issues(&report(
        "gitlab",
        &spool(vec![
            gated(Some(Severity::Error), true),
            failed("secrets/credential-in-ticket", Severity::Error, "1"),
            failed("retention/ticket-expired", Severity::Warning, "2"),
            open("training/agent-untrained", "3"),
            Line::Detection(Box::new(detection("tickets.json", "1", 4))),
            Line::Gap(Box::new(gap("a.png", "no-reader", "unread"))),
        ]),
    ));
    let of = |check: &str| all.iter().find(|issue| issue["check_name"] == check).unwrap();
    for (check, severity, line) in [
        ("secrets/credential-in-ticket", "critical", 3),
        ("retention/ticket-expired", "major", 3),
        ("training/agent-untrained", "critical", 3),
        ("personal-data/contact", "info", 2),
        ("coverage/no-reader", "major", 1),
    ] {
        assert_eq!((of(check)["severity"].as_str().unwrap(), check), (severity, check));
        assert_eq!(of(check)["location"]["lines"]["begin"], line, "{check}");
    }
}

#[test]
fn gitlab_is_rolled_up_and_says_so() {
    let mut lines = vec![run()];
    for id in 0..40 {
        lines.push(failed("retention/ticket-expired", Severity::Warning, &id.to_string()));
    }
    let options = Options { results: 10, ..Options::default() };
    let all = issues(&report_with("gitlab", &spool(lines), &options));
    assert_eq!(all.len(), 2);
    assert!(all[0]["description"].as_str().unwrap().contains("40 findings"));
    assert_eq!(all[1]["check_name"], "report/rolled-up");
}
