//! Lines of made-up runs, hostile where a scanned archive could make them so.

use std::borrow::Cow;

use olvido::findings::{
    CategoryCount, ClockLine, DetectionLine, DetectorCard, EvidenceLine, FindingLine, GapCount, GapLine,
    Line, MissingPiece, RecordLine, RuleCard, RuleCount, RunLine, Severity, SummaryLine, SystemCount,
    Verdict,
};
use olvido::reports::{Options, Spool, emitter};

/// Names a file can have: URI syntax, controls, other scripts, direction marks, CI commands, formulas.
pub(crate) const HOSTILE: [&str; 16] = [
    "a b/c d.json",
    "ñandú/日本語/😀.json",
    "100%/50%25.json",
    "a#b?c=d&e.json",
    "x!y!z.zip",
    "bell\u{7}\u{1b}[31m\u{9b}x.json",
    "line\nend\r\n::error::x.json",
    "\u{202e}txt.exe\u{2066}",
    "C:\\Users\\x\\y.json",
    "https://host.invalid/a",
    "//host/share",
    "/absolute/home/file",
    "../up/./here",
    "=cmd|' /C calc'!A0",
    "{0}[link](1)##[error]",
    "",
];

pub(crate) fn cards() -> Vec<RuleCard> {
    let card = |id: &str, severity, scope: &str, refs: &[&str], dpv: &[&str]| RuleCard {
        id: id.into(),
        title: format!("Title of {id}"),
        help: "What it asks, **and why**.\n\nMore of it.".into(),
        remedy: "Do this.".into(),
        severity: Some(severity),
        refs: refs.iter().map(|r| (*r).into()).collect(),
        dpv: dpv.iter().map(|d| (*d).into()).collect(),
        scope: scope.into(),
        policy: "policies/rules/x.yaml:1".into(),
        proposed: id.starts_with("retention"),
    };
    // Not sorted, and one twice: a report sorts and keeps one.
    vec![
        card(
            "secrets/credential-in-ticket",
            Severity::Error,
            "record",
            &["GDPR:32(1)(b)"],
            &["pd:SecretText"],
        ),
        card(
            "retention/ticket-expired",
            Severity::Warning,
            "record",
            &["GDPR:5(1)(e)", "ES-LOPDGDD:32", "X-LAW:7"],
            &["dpv:StorageDuration"],
        ),
        card(
            "personal-data/contact",
            Severity::Note,
            "detection",
            &["GDPR:4(1)"],
            &["pd:EmailAddress", "pd:TelephoneNumber"],
        ),
        card(
            "access-control/file-world-readable",
            Severity::Error,
            "item",
            &["GDPR:32(1)(b)"],
            &["eu-gdpr:ConfidentialityBreach"],
        ),
        card("training/agent-untrained", Severity::Warning, "record", &[], &[]),
        card("training/agent-untrained", Severity::Warning, "record", &[], &[]),
    ]
}

pub(crate) fn run() -> Line<'static> {
    Line::Run(Box::new(RunLine {
        tool: "olvido".into(),
        version: "0.1.0".into(),
        schema: "olvido/lines/v1".into(),
        as_of: "2026-11-22".into(),
        packs: vec!["gdpr-core".into()],
        jurisdictions: vec!["es".into()],
        key: None,
        settings: "0".repeat(64),
        rules: cards(),
        detectors: vec![DetectorCard {
            id: "email".into(),
            category: "email-address".into(),
            dpv: "pd:EmailAddress".into(),
        }],
        tools: vec![],
        ledger: None,
        gate: None,
    }))
}

pub(crate) fn summary() -> SummaryLine {
    SummaryLine {
        items: 1_234,
        read: 1_200,
        bytes: 18_400_000,
        excluded: 3,
        not_read: 34,
        people_at_least: 4_321,
        systems: vec![SystemCount {
            system: "zendesk".into(),
            items: 7,
            kinds: vec![("comment".into(), 86), ("ticket".into(), 40)],
            last_act: Some("2026-10-30T09:00:00Z".into()),
        }],
        categories: vec![CategoryCount {
            category: "email-address".into(),
            records: 81_204,
            data: 90_000,
            distinct: 26_411,
            distinct_bounded: true,
            in_attachments: 3_902,
            possible: 118,
            own: 5,
        }],
        rules: vec![
            RuleCount { rule: "personal-data/contact".into(), fail: 90_000, ..RuleCount::default() },
            RuleCount {
                rule: "retention/ticket-expired".into(),
                fail: 2,
                open: 1,
                pass: 9,
                ..RuleCount::default()
            },
        ],
        gaps: vec![GapCount { class: "unread".into(), code: "no-reader".into(), count: 34, accepted: 1 }],
        own: vec!["acme-olvido.es".into()],
        missing: vec![
            MissingPiece {
                system: "zendesk".into(),
                piece: "attachment-file".into(),
                answers: "what stands in them".into(),
                count: 7,
                ids: vec!["11".into(), "12".into()],
            },
            MissingPiece {
                system: "zendesk".into(),
                piece: "setting".into(),
                answers: "how long passwords are".into(),
                ..MissingPiece::default()
            },
        ],
        complete: false,
        baseline: None,
        interrupted: false,
        status: 1,
    }
}

pub(crate) fn record<'a>(kind: &'a str, id: impl Into<Cow<'a, str>>) -> RecordLine<'a> {
    RecordLine { system: "zendesk".into(), kind: kind.into(), id: id.into() }
}

pub(crate) fn finding<'a>(rule: &'a str, verdict: Verdict, path: &'a str, id: String) -> FindingLine<'a> {
    FindingLine {
        rule: rule.into(),
        verdict,
        severity: Severity::Warning,
        item: Some("1".into()),
        fingerprint: format!("p1:{rule}-{id}").into(),
        record: Some(record("ticket", id)),
        path: Some(path.into()),
        inner: vec![],
        line: Some(3),
        message: "Ticket kept past its time".into(),
        refs: vec!["GDPR:5(1)(e)".into()],
        remedy: "purge".into(),
        count: 1,
        clock: Some(ClockLine { name: "closed".into(), at: "2016-03-10T12:00:00Z".into() }),
        missing: vec![],
        suppressed: None,
        policy: "policies/rules/retention.yaml:4".into(),
        baseline: None,
    }
}

pub(crate) fn detection<'a>(path: &'a str, item: &'a str, start: u64) -> DetectionLine<'a> {
    DetectionLine {
        category: "email-address".into(),
        detector: "email".into(),
        rule: Some("personal-data/contact".into()),
        confidence: 0.97,
        value_class: "real".into(),
        also: vec![],
        item: item.into(),
        path: path.into(),
        inner: vec![],
        record: record("comment", "40010"),
        field: "/comments/0/body".into(),
        start,
        end: start + 20,
        line: 2,
        column: 27,
        end_line: 2,
        utf16: [23, 43],
        masked: "•••••@•••••.es".into(),
        fingerprint: "p1:0".into(),
        evidence: EvidenceLine { cue: true, ..EvidenceLine::default() },
        suppressed: None,
        baseline: None,
    }
}

pub(crate) fn gap<'a>(path: &'a str, code: &'a str, class: &'a str) -> GapLine<'a> {
    GapLine {
        class: class.into(),
        code: code.into(),
        item: "9".into(),
        path: path.into(),
        inner: vec![],
        message: "No reader for pictures; install one.".into(),
        offset: None,
        bytes: Some(10),
        lift: None,
        accepted: None,
    }
}

/// A run over files with every hostile name, members, every verdict and gap class.
pub(crate) fn hostile() -> Spool {
    let mut spool = Spool::new();
    spool.push(&run()).unwrap();
    for (at, path) in HOSTILE.iter().enumerate() {
        let item = (at + 1).to_string();
        for start in 0..12 {
            spool.push(&Line::Detection(Box::new(detection(path, &item, start * 30)))).unwrap();
        }
        let mut inside = detection(path, &item, 5);
        inside.inner = vec!["mail !%#.eml".into(), "part[2]".into()];
        spool.push(&Line::Detection(Box::new(inside.clone()))).unwrap();
        inside.rule = None;
        spool.push(&Line::Detection(Box::new(inside))).unwrap();
        for verdict in [Verdict::Fail, Verdict::Open, Verdict::Review] {
            let mut line = finding("retention/ticket-expired", verdict, path, format!("{path} {verdict:?}"));
            if verdict == Verdict::Open {
                line.missing = vec!["retention_clock_at".into()];
            }
            line.message = format!("About {path}").into();
            spool.push(&Line::Finding(Box::new(line.clone()))).unwrap();
            line.inner = vec!["inner/ñ.eml".into()];
            line.rule = "secrets/credential-in-ticket".into();
            line.severity = Severity::Error;
            spool.push(&Line::Finding(Box::new(line))).unwrap();
        }
        for class in ["unread", "encrypted", "limit", "fault", "by-nature"] {
            let mut line = gap(path, "no-reader", class);
            line.inner = vec!["x y".into()];
            line.accepted = (class == "fault").then(|| "dpo until 2027".into());
            line.lift = (class == "limit").then(|| "--max-depth".into());
            spool.push(&Line::Gap(Box::new(line))).unwrap();
        }
    }
    let mut tree =
        finding("access-control/file-world-readable", Verdict::Fail, "attachments/2019", String::new());
    tree.record = None;
    tree.line = None;
    tree.count = 3;
    spool.push(&Line::Finding(Box::new(tree.clone()))).unwrap();
    tree.path = None;
    tree.item = None;
    tree.rule = "not/among-the-cards".into();
    spool.push(&Line::Finding(Box::new(tree))).unwrap();
    spool.push(&Line::Summary(Box::new(summary()))).unwrap();
    spool
}

pub(crate) fn report(format: &str, spool: &Spool) -> String {
    report_with(format, spool, &Options::default())
}

pub(crate) fn report_with(format: &str, spool: &Spool, options: &Options) -> String {
    let mut out = Vec::new();
    emitter(format, options).unwrap().emit(spool, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}
