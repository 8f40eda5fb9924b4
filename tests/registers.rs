//! Registers an organisation keeps: the same answers from CSV, JSON, YAML and a workbook, and no answer `pass`
//! from a register whose headers or dates cannot be read.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a test fails loudly"
)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use serde_json::{Map, Value, json};
use support::{Run, folder, private, project, put, run};

/// A register: its name, its headers and its rows.
#[derive(Clone)]
struct Table {
    name: String,
    headers: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// Cells of a line; a quoted one may hold commas.
fn cells(line: &str) -> Vec<String> {
    let (mut out, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    for letter in line.chars() {
        match letter {
            '"' => quoted = !quoted,
            ',' if !quoted => out.push(std::mem::take(&mut cell)),
            other => cell.push(other),
        }
    }
    out.push(cell);
    out
}

/// The registers of an audit; its tickets are none.
fn registers(case: &str) -> Vec<Table> {
    let mut tables = Vec::new();
    for entry in std::fs::read_dir(project("fixtures/audits").join(case).join("archive")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.extension().is_none_or(|ending| ending != "csv")
            || ["tickets", "contacts"].contains(&name.as_str())
        {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let mut lines = text.lines().map(cells);
        let headers = lines.next().unwrap();
        tables.push(Table { name, headers, rows: lines.collect() });
    }
    tables.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(tables.len() >= 25, "{}", tables.len());
    tables
}

impl Table {
    fn csv(&self) -> String {
        let quote = |cell: &String| format!("\"{cell}\"");
        let rows = std::iter::once(&self.headers).chain(&self.rows);
        rows.map(|row| row.iter().map(quote).collect::<Vec<_>>().join(",") + "\n").collect()
    }

    fn entries(&self) -> Value {
        let entry = |row: &Vec<String>| {
            let pairs = self.headers.iter().zip(row).map(|(header, cell)| (header.clone(), json!(cell)));
            Value::Object(pairs.collect::<Map<String, Value>>())
        };
        self.rows.iter().map(entry).collect()
    }

    fn yaml(&self) -> String {
        let mut out = format!("{}:\n", self.name);
        for row in &self.rows {
            for (at, (header, cell)) in self.headers.iter().zip(row).enumerate() {
                let lead = if at == 0 { "- " } else { "  " };
                out.push_str(&format!("  {lead}{header}: {}\n", json!(cell)));
            }
        }
        out
    }

    fn workbook(&self) -> Vec<u8> {
        let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
        let mut sheet = String::from("<worksheet><sheetData>");
        for (at, row) in std::iter::once(&self.headers).chain(&self.rows).enumerate() {
            sheet.push_str(&format!("<row r=\"{}\">", at + 1));
            for (column, cell) in row.iter().enumerate() {
                let name = char::from(b'A' + u8::try_from(column).unwrap());
                sheet.push_str(&format!(
                    "<c r=\"{name}{}\" t=\"inlineStr\"><is><t>{}</t></is></c>",
                    at + 1,
                    escaped(cell)
                ));
            }
            sheet.push_str("</row>");
        }
        sheet.push_str("</sheetData></worksheet>");
        let book =
            format!("<workbook><sheets><sheet name=\"{}\" sheetId=\"1\"/></sheets></workbook>", self.name);
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, text) in [("xl/workbook.xml", &book), ("xl/worksheets/sheet1.xml", &sheet)] {
            zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }
}

type Counts = BTreeMap<String, [u64; 4]>;

/// Verdicts of the rules on evidence: fail, open, review, pass. Lines of the inventory only count data.
fn counts(run: &Run) -> Counts {
    let head = run.of_type("run").remove(0);
    let cards = head["rules"].as_array().unwrap().iter().filter(|card| card["scope"] == "detection");
    let inventory: BTreeSet<&str> = cards.map(|card| card["id"].as_str().unwrap()).collect();
    let summary = run.summary();
    let rows = summary["rules"].as_array().unwrap().iter();
    rows.filter(|row| !inventory.contains(row["rule"].as_str().unwrap()))
        .map(|row| {
            let counts = ["fail", "open", "review", "pass"].map(|key| row[key].as_u64().unwrap());
            (row["rule"].as_str().unwrap().to_owned(), counts)
        })
        .collect()
}

/// How many addresses are the organisation's own: staff are known by a register in any format.
fn own(run: &Run) -> u64 {
    let summary = run.summary();
    let rows = summary["categories"].as_array().unwrap().iter();
    rows.filter(|row| row["category"] == "email-address").map(|row| row["own"].as_u64().unwrap()).sum()
}

/// How many records of each kind of evidence were read.
fn kinds(run: &Run) -> BTreeMap<String, u64> {
    let summary = run.summary();
    let evidence =
        summary["systems"].as_array().unwrap().iter().find(|system| system["system"] == "evidence").cloned();
    let kinds = evidence.map_or_else(Vec::new, |system| system["kinds"].as_array().unwrap().clone());
    kinds.iter().map(|kind| (kind[0].as_str().unwrap().to_owned(), kind[1].as_u64().unwrap())).collect()
}

fn scan(files: &[(String, Vec<u8>)]) -> Run {
    let home = folder();
    for (name, bytes) in files {
        put(home.path(), &format!("archive/{name}"), bytes);
    }
    private(home.path());
    let packs = ["gdpr-core", "export-gate", "es-lopdgdd", "uk-gdpr"];
    let mut args = vec!["scan", "archive", "--as-of", "2026-11-22", "--format", "jsonl"];
    args.extend(packs.iter().flat_map(|pack| ["--pack", *pack]));
    run(home.path(), &args)
}

fn as_csv(tables: &[Table]) -> Vec<(String, Vec<u8>)> {
    tables.iter().map(|table| (format!("{}.csv", table.name), table.csv().into_bytes())).collect()
}

#[test]
fn every_register_says_the_same_in_every_format() {
    for case in ["clean", "violations"] {
        let tables = registers(case);
        let csv = scan(&as_csv(&tables));
        let (wanted, read) = (counts(&csv), kinds(&csv));
        assert!(read.len() >= 25, "{read:?}");
        assert!(case == "clean" || own(&csv) >= 17, "{case}: {}", own(&csv));
        let json: Vec<(String, Vec<u8>)> = tables
            .iter()
            .map(|table| (format!("{}.json", table.name), table.entries().to_string().into_bytes()))
            .collect();
        let yaml: Vec<(String, Vec<u8>)> =
            tables.iter().map(|table| (format!("{}.yaml", table.name), table.yaml().into_bytes())).collect();
        let books: Vec<(String, Vec<u8>)> =
            tables.iter().map(|table| (format!("{}.xlsx", table.name), table.workbook())).collect();
        for (format, files) in [("json", json), ("yaml", yaml), ("xlsx", books)] {
            let run = scan(&files);
            assert_eq!(kinds(&run), read, "{case} as {format}: {}", run.stderr);
            assert_eq!(own(&run), own(&csv), "{case} as {format}");
            let got = counts(&run);
            // What is told of texts counts records of a format of its own (sheets, files).
            let on_evidence = |rule: &str| wanted[rule] != got[rule] && !on_texts(rule);
            let wrong: Vec<String> = wanted
                .keys()
                .filter(|rule| on_evidence(rule))
                .map(|rule| format!("{rule}: {:?} as CSV, {:?}", wanted[rule], got[rule]))
                .collect();
            assert!(wrong.is_empty(), "{case} as {format}: {wrong:#?}");
        }
    }
}

/// Tickets beside the registers: some rules hold one against the other.
fn beside(case: &str, mut files: Vec<(String, Vec<u8>)>) -> Vec<(String, Vec<u8>)> {
    let tickets = project("fixtures/audits").join(case).join("archive/tickets.csv");
    files.push(("tickets.csv".to_owned(), std::fs::read(tickets).unwrap()));
    files
}

/// Rules that also speak of the texts around records.
fn on_texts(rule: &str) -> bool {
    let families = [
        "access-control/file-listed",
        "access-control/file-world-readable",
        "attachments/",
        // An entry in YAML has no texts of its own: they are the file's.
        "breach/incident-in-text",
        "children/",
        "criminal/",
        "knowledge-base/personal-data",
        "knowledge-base/secret",
        "minimisation/",
        "personal-data/",
        "rights/request-in-text",
        "secrets/",
        "special-category/",
    ];
    families.iter().any(|family| rule.starts_with(family) && rule != "minimisation/log-identifiers")
}

/// Columns whose dates no rule reads, each with its reason.
const UNREAD: [(&str, &str, &str); 2] = [
    ("chats", "happened_at", "the clock of a chat is its last contact"),
    ("holds", "placed_on", "a hold is judged by when somebody must look at it again"),
];

#[test]
fn a_date_nobody_can_read_is_never_a_pass() {
    let tables = registers("clean");
    let csv = |tables: &[Table]| scan(&beside("clean", as_csv(tables)));
    let before = counts(&csv(&tables));
    let (mut broken, mut unread) = (0, Vec::new());
    for (at, table) in tables.iter().enumerate() {
        for (column, header) in table.headers.iter().enumerate() {
            let is_date =
                |cell: &str| cell.len() >= 10 && cell.as_bytes()[4] == b'-' && cell.starts_with("20");
            if !table.rows.iter().any(|row| is_date(&row[column])) {
                continue;
            }
            let mut changed = tables.clone();
            for row in &mut changed[at].rows {
                if is_date(&row[column]) {
                    row[column] = "some day".into();
                }
            }
            let after = counts(&csv(&changed));
            let mut doubted = false;
            for (rule, [_, open, _, pass]) in &after {
                assert!(*pass <= before[rule][3], "{}/{header}: {rule} passes", table.name);
                doubted |= *pass < before[rule][3] || *open > before[rule][1];
            }
            if !doubted {
                unread.push((table.name.clone(), header.clone()));
            }
            broken += 1;
        }
    }
    assert!(broken >= 25, "{broken}");
    let excused = UNREAD.map(|(name, column, _)| (name.to_owned(), column.to_owned()));
    assert_eq!(unread, excused, "dates that make no rule doubt");
}

#[test]
fn a_register_under_other_headers_is_none() {
    let tables = registers("clean");
    let before = scan(&as_csv(&tables));
    let (passed, read) = (counts(&before), kinds(&before));
    for (at, table) in tables.iter().enumerate() {
        let mut changed = tables.clone();
        for header in &mut changed[at].headers {
            header.push_str(" (new)");
        }
        let run = scan(&as_csv(&changed));
        let records = |kinds: &BTreeMap<String, u64>| kinds.values().sum::<u64>();
        assert!(records(&kinds(&run)) < records(&read), "{} is still known", table.name);
        for (rule, [.., pass]) in &counts(&run) {
            // Nobody can be undeclared in a register that is not there: those rules are not asked at all.
            assert!(*pass <= passed[rule][3] || on_texts(rule), "{}: {rule} passes", table.name);
        }
    }
}

fn one(name: &str, text: &str) -> Run {
    scan(&[(name.to_owned(), text.as_bytes().to_vec())])
}

#[test]
fn backup_programs_and_survey_services_are_read_as_they_write() {
    let restic = one(
        "restic.json",
        r#"[{"time":"2026-11-21T22:00:00.123456789+01:00","tree":"a1","paths":["/srv"],"hostname":"h","username":"b","id":"4f1a","short_id":"4f1a"}]"#,
    );
    assert_eq!(kinds(&restic), BTreeMap::from([("backup".to_owned(), 1)]));
    let counted = counts(&restic);
    assert_eq!(
        (counted["backups/not-encrypted"], counted["backups/not-recent"]),
        ([0, 0, 0, 1], [0, 0, 0, 1])
    );
    assert_eq!(counted["backups/no-offsite"], [0; 4], "restic does not say where");
    let borg = |mode: &str| {
        one(
            "borg.json",
            &format!(
                r#"{{"archives": [{{"archive": "d1", "barchive": "d1", "id": "9c", "name": "d1", "start": "2026-05-01T21:00:00.000000", "time": "2026-05-01T21:00:00.000000"}}], "encryption": {{"mode": "{mode}"}}, "repository": {{"id": "77", "last_modified": "2026-05-01T21:00:05.000000", "location": "Madrid"}}}}"#
            ),
        )
    };
    for (mode, wanted) in [("none", [1, 0, 0, 0]), ("authenticated", [1, 0, 0, 0]), ("repokey", [0, 0, 0, 1])]
    {
        let run = borg(mode);
        assert_eq!(kinds(&run)["backup"], 2, "the repository and its archive");
        assert_eq!(counts(&run)["backups/not-encrypted"], wanted, "{mode}");
        assert_eq!(counts(&run)["backups/kept-too-long"], [1, 0, 0, 0]);
        assert_eq!(counts(&run)["backups/not-recent"], [1, 0, 0, 0]);
    }
    let answers = |name: &str, text: &str| {
        let run = one(name, text);
        assert_eq!(kinds(&run), BTreeMap::from([("survey".to_owned(), 1)]), "{name}: {}", run.stderr);
        counts(&run)["retention/survey-expired"]
    };
    let monkey =
        "Respondent ID,Collector ID,Start Date,End Date,IP Address,Email Address,First Name,Last Name\n";
    let of = |end: &str, mail: &str| answers("monkey.csv", &format!("{monkey}1,2,{end},{end},,{mail},,\n"));
    assert_eq!(of("2024-01-10", "ada.prueba@correo.es"), [1, 0, 0, 0]);
    assert_eq!(of("2026-10-10", "ada.prueba@correo.es"), [0, 0, 0, 1]);
    assert_eq!(of("03/04/2024", "ada.prueba@correo.es"), [0, 1, 0, 0], "March or April: nobody knows");
    let forms = |at: &str| {
        answers("forms.csv", &format!("Timestamp,Email Address,How?\n{at},ada.prueba@correo.es,Fine\n"))
    };
    assert_eq!(forms("2024-01-10 10:00:00"), [1, 0, 0, 0]);
    assert_eq!(forms("03/04/2024 10:00:00"), [0, 1, 0, 0]);
}

#[test]
fn a_learning_platform_and_front_matter_answer_for_themselves() {
    let users = "user_id,role,email,active,two_factor_enabled,created_at\n1,agent,ada@desk.example,true,true,2026-02-01\n";
    let trained = |completion: &str| {
        let files = [("users.csv", users), ("completion.csv", completion)];
        let files = files.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()));
        let counted = counts(&scan(&files));
        (counted["training/agent-untrained"], counted["training/overdue"])
    };
    let (yes, no, open) = ([0, 0, 0, 1], [1, 0, 0, 0], [0, 1, 0, 0]);
    let moodle = "ID number,Name,Email address,Course complete\n";
    assert_eq!(trained(&format!("{moodle}1,Ada,ada@desk.example,2026-01-10\n")), (yes, yes));
    assert_eq!(trained(&format!("{moodle}1,Ada,ada@desk.example,2024-01-10\n")), (yes, no));
    assert_eq!(trained(&format!("{moodle}1,Ada,ada@desk.example,soon\n")), (yes, open));
    assert_eq!(trained(&format!("{moodle}1,Bea,bea@desk.example,2026-01-10\n")).0, no);
    let policy = |front: &str| {
        let run = one("policy.md", &format!("---\n{front}---\n# Policy\n\nText.\n"));
        let counted = counts(&run);
        (counted["accountability/policy-stale"], counted["accountability/policy-missing"])
    };
    let fresh = "document: Policy\nkind: data-protection-policy\napproved_on: 2026-03-01\nreview_due: 2027-03-01\nowner: Officer\n";
    assert_eq!(policy(fresh), (yes, yes));
    assert_eq!(policy(&fresh.replace("2026-03-01", "2020-03-01")).0, no);
    assert_eq!(policy(&fresh.replace("2026-03-01", "last spring")).0, open);
    assert_eq!(policy(&fresh.replace("owner: Officer", "owner:")).0, no, "an owner that is not filled in");
}

#[test]
fn a_user_without_a_role_is_open_and_an_answer_without_a_signer_stops_the_run() {
    let counted = counts(&one(
        "users.csv",
        "user_id,role,two_factor_enabled,shared,active,last_login_at\n1,,true,false,true,2026-11-20\n",
    ));
    for rule in [
        "authentication/two-factor-missing",
        "access-control/shared-account",
        "access-control/dormant-account",
    ] {
        assert_eq!(counted[rule], [0, 1, 0, 0], "{rule}");
    }
    let home = folder();
    put(home.path(), "archive/note.txt", "Nothing.");
    let whole = "schema: olvido/attestations/v1\nattestations:\n  - rule: access-control/mobile-managed\n    answer: yes\n    by: A. Person\n    role: officer\n    on: 2026-06-01\n    valid_until: 2027-06-01\n";
    let hold = "schema: olvido/holds/v1\nholds:\n  - id: HOLD-1\n    reason: a claim\n    ground: legal-claims\n    placed_by: legal\n    placed_on: 2026-06-01\n    until: 2027-06-01\n    scope: {tags: [claim]}\n";
    let cases = [
        ("attestations", whole, "    by: A. Person\n", "attestations.yaml:"),
        ("attestations", whole, "    role: officer\n", "attestations.yaml:"),
        ("attestations", whole, "    valid_until: 2027-06-01\n", "attestations.yaml:"),
        ("holds", hold, "    until: 2027-06-01\n", "holds.yaml:"),
        ("holds", hold, "    placed_by: legal\n", "holds.yaml:"),
        ("holds", hold, "    scope: {tags: [claim]}\n", "holds.yaml:"),
    ];
    for (name, text, without, told) in cases {
        let flag = format!("--{name}");
        let file = format!("{name}.yaml");
        let args = ["scan", "archive", &flag, &file, "--pack", "seed-checklist", "--as-of", "2026-11-22"];
        put(home.path(), &file, text);
        assert_ne!(run(home.path(), &args).status, 2, "{name} as it should be");
        put(home.path(), &file, text.replace(without, ""));
        let refused = run(home.path(), &args);
        assert!(refused.status == 2 && refused.stdout.is_empty(), "{without}: {}", refused.stderr);
        assert!(refused.stderr.contains(told), "{without}: {}", refused.stderr);
    }
    // A hold that covers nothing is told.
    put(home.path(), "holds.yaml", hold);
    let args = ["scan", "archive", "--holds", "holds.yaml", "--as-of", "2026-11-22", "--format", "jsonl"];
    let unused = run(home.path(), &args);
    let told = unused.of_type("finding");
    assert!(
        told.iter().any(|line| line["rule"] == "exceptions/unused" && line["verdict"] == "fail"),
        "{told:?}"
    );
}

#[test]
fn every_register_keeps_the_schema_its_editor_reads() {
    let home = folder();
    let names = run(home.path(), &["catalogue", "schema"]).stdout;
    let schemas: Vec<Value> = names
        .lines()
        .filter(|name| name.starts_with("register/"))
        .map(|name| serde_json::from_str(&run(home.path(), &["catalogue", "schema", name]).stdout).unwrap())
        .collect();
    for table in registers("clean") {
        let lists = |schema: &Value| {
            let known = &schema["anyOf"][0]["items"]["properties"];
            table.headers.iter().all(|header| known.get(header).is_some())
        };
        let entries = table.entries();
        let mut fitting = schemas.iter().filter(|schema| lists(schema));
        assert!(
            fitting.any(|schema| jsonschema::validator_for(schema).unwrap().is_valid(&entries)),
            "{} keeps no schema",
            table.name
        );
    }
}

#[test]
fn what_an_entry_in_yaml_says_in_words_is_never_a_pass() {
    let tables = registers("violations");
    let articles = tables.iter().find(|table| table.name == "articles").unwrap();
    let rules = ["knowledge-base/secret", "knowledge-base/personal-data-internal"];
    let csv = counts(&one("articles.csv", &articles.csv()));
    assert!(rules.iter().all(|rule| csv[*rule][0] > 0));
    // The words are scanned as the text of the file, and no article passes by them.
    let run = one("articles.yaml", &articles.yaml());
    let yaml = counts(&run);
    for rule in rules {
        assert_eq!((yaml[rule][0], yaml[rule][3]), (0, 0), "{rule}");
        assert!(yaml[rule][1] > 0, "{rule}");
    }
    assert!(run.of_type("detection").iter().any(|line| line["category"] == "secret"));
}
