//! Purges of every kind of export: what expired goes, parsers that are not ours read the rest, and it comes back.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a test fails loudly"
)]

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use olvido::vault::{Secret, Signer};
use serde_json::{Value, json};
use support::{copy_tree, folder, private, project, put, run};

const OLD: &str = "2016-01-01T00:00:00Z";
const NEW: &str = "2026-01-01T00:00:00Z";
const KINDS: [&str; 6] = ["ticket", "comment", "chat", "call", "survey", "person"];

/// A project in which every kind of record has a period, and nobody waits.
fn around(home: &Path, keep: &str) {
    let kinds: String = KINDS
        .iter()
        .map(|kind| format!("  - {{id: k-{kind}, on: {kind}, keep: {keep}, source: decision}}\n"))
        .collect();
    let head = "schema: olvido/retention/v1\napproved_by: DPO\napproved_on: 2026-01-01\nkinds:\n";
    put(home, "retention.yaml", format!("{head}{kinds}"));
    put(home, "olvido.yaml", "schema: olvido/config/v1\nschedule: retention.yaml\njurisdictions: [fr]\n");
    let mut rows = String::new();
    for (name, byte) in [("legal", 1u8), ("dpo", 2)] {
        let public = Signer::new(&Secret::new(&[byte; 32])).ok().unwrap().public().to_hex();
        put(home, name, format!("{byte:02x}").repeat(32));
        rows.push_str(&format!("  - {{name: {name}, key: '{public}'}}\n"));
    }
    let waits = "cooling_off_days: 0\nmax_share_percent: 100\n";
    put(home, "approvers.yaml", format!("schema: olvido/approvers/v1\n{waits}approvers:\n{rows}"));
    private(home);
    assert_eq!(run(home, &["key", "create"]).status, 0);
}

fn tree(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    walkdir::WalkDir::new(dir)
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            (entry.path().strip_prefix(dir).unwrap().to_path_buf(), std::fs::read(entry.path()).unwrap())
        })
        .collect()
}

fn plan(home: &Path, name: &str) -> Value {
    let made = run(home, &["purge", "plan", "archive", "--by", "ana", "-o", name, "-q", "--allow-unread"]);
    assert_eq!(made.status, 0, "{}{}", made.stdout, made.stderr);
    serde_json::from_slice(&std::fs::read(home.join(name)).unwrap()).unwrap()
}

/// Whether one text is another with runs of bytes left out, in as many steps as it takes.
fn is_left_of(after: &[u8], before: &[u8]) -> bool {
    let mut left = before.iter();
    after.iter().all(|byte| left.any(|other| other == byte))
}

/// What is left of an archive after everything that expired has gone, and the plan. A second plan finds nothing,
/// and what went comes back byte for byte.
fn purged(home: &Path) -> (BTreeMap<PathBuf, Vec<u8>>, Value) {
    let archive = home.join("archive");
    let before = tree(&archive);
    let made = plan(home, "plan.json");
    for name in ["legal", "dpo"] {
        assert_eq!(run(home, &["purge", "approve", "plan.json", "--sign", name]).status, 0);
    }
    let planned = made["records"].as_array().unwrap().len();
    let done = run(home, &["purge", "apply", "plan.json", "-q", "--allow-unread"]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    assert!(done.stdout.contains(&format!("{planned} of {planned} records removed")), "{}", done.stdout);
    let after = tree(&archive);
    assert!(after.iter().all(|(path, bytes)| is_left_of(bytes, &before[path])), "more than removals");
    assert_eq!(plan(home, "again.json")["records"], json!([]));
    if planned > 0 {
        let back = run(home, &["purge", "restore", "plan.json"]);
        assert_eq!(back.status, 0, "{}", back.stderr);
    }
    assert!(tree(&archive) == before, "restored is not byte for byte");
    (after, made)
}

/// Runs a check of Python's own parsers over what is left, which lies in a folder.
fn python(left: &BTreeMap<PathBuf, Vec<u8>>, script: &str) -> Value {
    let place = folder();
    for (path, bytes) in left {
        put(place.path(), path.to_str().unwrap(), bytes);
    }
    let made = Command::new("python3").args(["-c", script]).arg(place.path()).output().expect("python3");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    serde_json::from_slice(&made.stdout).unwrap()
}

/// Reads every file by its ending; one that cannot be read fails.
const READ_ALL: &str = r#"
import csv, io, json, os, sys
import xml.etree.ElementTree as tree
read = {}
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        path = os.path.join(folder, name)
        data = open(path, 'rb').read()
        end = name.rsplit('.', 1)[-1]
        try:
            if end == 'json':
                try:
                    json.loads(data)
                except ValueError:
                    [json.loads(line) for line in data.splitlines() if line.strip()]
            elif end in ('ndjson', 'jsonl'):
                [json.loads(line) for line in data.splitlines() if line.strip()]
            elif end == 'xml':
                tree.fromstring(data)
            elif end == 'csv':
                rows = list(csv.reader(io.StringIO(data.decode('utf-8-sig'), newline='')))
                assert len({len(row) for row in rows if row}) <= 1, rows
            read[os.path.relpath(path, sys.argv[1])] = None
        except Exception as error:
            read[os.path.relpath(path, sys.argv[1])] = str(error)
print(json.dumps(read))
"#;

#[test]
fn every_helpdesk_of_the_fixtures_loses_what_expired_and_gets_it_back() {
    let mut planned = BTreeMap::new();
    for entry in std::fs::read_dir(project("fixtures/helpdesks")).unwrap().flatten() {
        let archive = entry.path().join("archive");
        if !archive.is_dir() {
            continue;
        }
        let home = folder();
        copy_tree(&archive, &home.path().join("archive"));
        around(home.path(), "P1D");
        let before = python(&tree(&home.path().join("archive")), READ_ALL);
        let (left, made) = purged(home.path());
        // What no parser could read before it need not read now.
        for (name, error) in python(&left, READ_ALL).as_object().unwrap() {
            assert!(error.is_null() || !before[name].is_null(), "{:?} {name}: {error}", entry.file_name());
        }
        let name = entry.file_name().to_string_lossy().into_owned();
        planned.insert(name, made["records"].as_array().unwrap().len());
    }
    for name in ["jira", "liveagent", "mail", "otobo", "otrs", "salesforce", "servicenow", "zendesk", "znuny"]
    {
        assert!(planned[name] > 5, "{name}: {planned:?}");
    }
}

fn ticket(id: u64) -> Value {
    let closed = if id.is_multiple_of(2) { OLD } else { NEW };
    json!({
        "id": id, "subject": format!("a \"quoted\" ä {id}"), "requester_id": 9, "submitter_id": 9, "status": "closed",
        "created_at": "2015-01-01T00:00:00Z", "updated_at": closed, "closed_at": closed, "tags": [],
        "via": {"channel": "web"}, "url": format!("https://example.zendesk.com/api/v2/tickets/{id}.json"),
    })
}

fn of_one_file(name: &str, text: impl AsRef<[u8]>) -> (String, Value) {
    let home = folder();
    put(home.path(), &format!("archive/{name}"), text);
    around(home.path(), "P3Y");
    let (left, made) = purged(home.path());
    let bytes = left.get(Path::new(name)).cloned().unwrap_or_default();
    (String::from_utf8(bytes).unwrap(), made)
}

#[test]
fn json_keeps_its_line_ends_and_its_shape() {
    let tickets: Vec<Value> = (1..=6).map(ticket).collect();
    let ids = |all: &Value| all.as_array().unwrap().iter().map(|one| one["id"].clone()).collect::<Vec<_>>();
    let (left, _) = of_one_file("tickets.json", serde_json::to_string_pretty(&tickets).unwrap());
    assert_eq!(ids(&serde_json::from_str(&left).unwrap()), [1, 3, 5]);
    let page = json!({"tickets": tickets, "next_page": null, "count": 6});
    let (left, _) = of_one_file("tickets.json", serde_json::to_string_pretty(&page).unwrap());
    let left: Value = serde_json::from_str(&left).unwrap();
    assert_eq!((ids(&left["tickets"]), &left["count"]), (vec![json!(1), json!(3), json!(5)], &json!(6)));
    let lines: Vec<String> = tickets.iter().map(Value::to_string).collect();
    for (between, end) in [("\r\n", "\r\n"), ("\n", ""), ("\n\n", "\n")] {
        let (left, _) = of_one_file("tickets.ndjson", lines.join(between) + end);
        let kept: Vec<&str> = left.split('\n').map(str::trim_end).filter(|line| !line.is_empty()).collect();
        assert_eq!(kept, [&lines[0], &lines[2], &lines[4]], "{between:?}");
        assert_eq!(left.matches('\r').count() > 0, between == "\r\n");
    }
}

/// Two mails of each year, whose texts have what a reader of mailboxes takes for a border.
#[test]
fn mailboxes_keep_their_quoted_borders_and_folders_their_files() {
    let mail = |id: u32, year: u32| {
        format!(
            "Message-ID: <m{id}@example.org>\nFrom: Ana Example <ana@example.org>\nTo: help@example.com\n\
             Subject: printer {id}\nDate: Fri, 01 Jan {year} 10:00:00 +0000\nMIME-Version: 1.0\n\
             Content-Type: text/plain; charset=utf-8\n\nIt is broken.\n>From the start it was\nFrom-like: no\n\n>>From\n"
        )
    };
    let mails: Vec<String> = (1..=4).map(|id| mail(id, if id % 2 == 0 { 2016 } else { 2026 })).collect();
    for ends in ["\n", "\r\n"] {
        let boxed: String = mails
            .iter()
            .map(|mail| format!("From ana@example.org Fri Jan  1 10:00:00 2016\n{mail}\n"))
            .collect();
        let (left, _) = of_one_file("mail.mbox", boxed.replace('\n', ends));
        let read = "import json, mailbox, os, sys\nbox = mailbox.mbox(os.path.join(sys.argv[1], 'mail.mbox'))\n\
                    print(json.dumps([one['message-id'] for one in box]))";
        let left = [(PathBuf::from("mail.mbox"), left.into_bytes())].into();
        assert_eq!(python(&left, read), json!(["<m1@example.org>", "<m3@example.org>"]), "{ends:?}");
    }
    let home = folder();
    for (id, mail) in (1..).zip(&mails) {
        let name = if id < 3 {
            format!("cur/16000000{id}.M1P1.host:2,S")
        } else {
            format!("new/16000000{id}.M1P1.host")
        };
        put(home.path(), &format!("archive/Maildir/{name}"), mail);
        put(home.path(), &format!("archive/eml/{id}.eml"), mail.replace("<m", "<e").replace('\n', "\r\n"));
    }
    around(home.path(), "P3Y");
    let (left, _) = purged(home.path());
    let names: Vec<String> = left.keys().map(|path| path.to_string_lossy().into_owned()).collect();
    let wanted =
        ["eml/1.eml", "eml/3.eml", "Maildir/cur/160000001.M1P1.host:2,S", "Maildir/new/160000003.M1P1.host"];
    let sorted = |mut names: Vec<String>| {
        names.sort();
        names
    };
    assert_eq!(sorted(names), sorted(wanted.map(str::to_owned).to_vec()));
}

/// A page of an export is a file like others; copies go together, or keep each other.
#[test]
fn a_ticket_in_several_files_goes_with_all_its_parts_or_stays_whole() {
    let page = |home: &Path, name: &str, list: &str, rows: &[Value]| {
        put(home, &format!("archive/{name}.json"), json!({list: rows, "next_page": "x"}).to_string());
    };
    let comment = |id: u64| {
        json!({"id": 100 + id, "ticket_id": id, "author_id": 8, "body": "It is so.", "public": true,
        "attachments": [{"id": 77, "file_name": "shared.txt"}], "created_at": "2015-02-01T00:00:00Z"})
    };
    let home = folder();
    let all: Vec<Value> = (1..=6).map(ticket).collect();
    page(home.path(), "tickets_1", "tickets", &all[..3]);
    page(home.path(), "tickets_2", "tickets", &all[3..]);
    // The same once more, and one that says something else.
    let mut reopened = ticket(4);
    reopened["closed_at"] = json!(NEW);
    page(home.path(), "tickets_3", "tickets", &[ticket(2), reopened]);
    page(home.path(), "comments_1", "comments", &(1..=3).map(comment).collect::<Vec<_>>());
    page(home.path(), "comments_2", "comments", &(4..=6).map(comment).collect::<Vec<_>>());
    put(home.path(), "archive/attachments/77/shared.txt", "two comments have it");
    put(home.path(), "archive/attachments/2/own.txt", "of one ticket");
    put(home.path(), "archive/attachments/2/empty.txt", "");
    around(home.path(), "P3Y");
    let (left, made) = purged(home.path());
    let ids = |name: &str, list: &str| -> Vec<u64> {
        let page: Value = serde_json::from_slice(&left[Path::new(&format!("{name}.json"))]).unwrap();
        page[list].as_array().unwrap().iter().map(|one| one["id"].as_u64().unwrap()).collect()
    };
    assert_eq!((ids("tickets_1", "tickets"), ids("tickets_2", "tickets")), (vec![1, 3], vec![4, 5]));
    assert_eq!(ids("tickets_3", "tickets"), [4]);
    assert_eq!(
        (ids("comments_1", "comments"), ids("comments_2", "comments")),
        (vec![101, 103], vec![104, 105])
    );
    assert!(left.contains_key(Path::new("attachments/77/shared.txt")));
    for name in ["own.txt", "empty.txt"] {
        assert!(!left.contains_key(&Path::new("attachments/2").join(name)), "{name}");
    }
    assert_eq!(made["staying"][0]["why"], "copies-differ");
    assert_eq!((&made["unclaimed"], &made["unknown"]), (&json!(1), &json!(0)));
}

#[test]
fn what_cannot_go_by_itself_or_is_unknown_is_counted_and_told() {
    let home = folder();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    for id in 1..=6 {
        std::io::Write::write_all(&mut packed, format!("{}\n", ticket(id)).as_bytes()).unwrap();
    }
    put(home.path(), "archive/tickets.ndjson.gz", packed.finish().unwrap());
    put(home.path(), "archive/sheet.csv", "What,When\r\n\"a,\r\nb\",2016\r\nc,2016\r\n");
    around(home.path(), "P3Y");
    let (left, made) = purged(home.path());
    assert_eq!(left.len(), 2);
    assert_eq!((&made["records"], &made["inside"], &made["unknown"]), (&json!([]), &json!(6), &json!(2)));
    let shown = run(home.path(), &["purge", "show", "plan.json"]).stdout;
    for told in [
        "6 records lie inside others or in containers",
        "2 rows, lines or elements are nothing that a mapping",
    ] {
        assert!(shown.contains(told), "{shown}");
    }
}
