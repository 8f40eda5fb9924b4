//! Records in are records judged and gaps, in every format that maps: nothing that stands in an export goes
//! missing without a word, and nothing is judged twice.

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

use std::collections::BTreeMap;

use support::{Run, folder, private, put, run};

/// Formats, whose records are no helpdesk's.
const FORMATS: [&str; 8] = ["xml", "json", "sql", "csv", "text", "html", "markdown", "file"];
/// Records of each export here.
const RECORDS: usize = 60;
/// The one that is damaged.
const HIT: usize = 41;

fn scan(files: &[(&str, Vec<u8>)]) -> Run {
    let home = folder();
    for (name, bytes) in files {
        put(home.path(), &format!("archive/{name}"), bytes);
    }
    private(&home.path().join("archive"));
    run(home.path(), &["scan", "archive", "--format", "jsonl", "--as-of", "2026-11-22"])
}

/// Records of helpdesks by system and kind.
fn judged(run: &Run) -> BTreeMap<String, u64> {
    let mut out = BTreeMap::new();
    for system in run.summary()["systems"].as_array().unwrap() {
        let name = system["system"].as_str().unwrap();
        for kind in system["kinds"].as_array().unwrap().iter().filter(|_| !FORMATS.contains(&name)) {
            *out.entry(format!("{name} {}", kind[0].as_str().unwrap())).or_default() +=
                kind[1].as_u64().unwrap();
        }
    }
    out
}

/// An export: its file, what stands before and behind its records, between them, and the records.
struct Export {
    file: &'static str,
    kind: &'static str,
    head: &'static str,
    record: fn(usize) -> String,
    between: &'static str,
    tail: &'static str,
}

const EXPORTS: [Export; 7] = [
    Export {
        file: "tickets.ndjson",
        kind: "zendesk ticket",
        head: "",
        record: zendesk,
        between: "\n",
        tail: "\n",
    },
    Export {
        file: "tickets.json",
        kind: "zendesk ticket",
        head: "{\"tickets\":[",
        record: zendesk,
        between: ",\n",
        tail: "],\"next_page\":null,\"count\":60}",
    },
    Export {
        file: "Case.csv",
        kind: "salesforce ticket",
        head: "\"Id\",\"CaseNumber\",\"Subject\",\"Status\",\"SystemModstamp\"\n",
        record: |n| format!("\"500{n}\",\"{n}\",\"Baja, {n}\",\"Closed\",\"2016-01-01 10:00:00\""),
        between: "\n",
        tail: "\n",
    },
    Export {
        file: "entities.xml",
        kind: "jira ticket",
        head: "<?xml version=\"1.0\"?>\n<entity-engine-xml>\n",
        record: |n| {
            format!(
                "<Issue id=\"{n}\" key=\"A-{n}\" project=\"1\" reporter=\"ana\" status=\"6\" summary=\"Baja\" created=\"2013-01-01 10:00:00.0\"><description>hola {n}</description></Issue>"
            )
        },
        between: "\n",
        tail: "\n</entity-engine-xml>\n",
    },
    Export {
        file: "backup.sql",
        kind: "otrs ticket",
        head: "-- MySQL dump\nCREATE TABLE `ticket` (\n  `id` int,\n  `tn` text,\n  `title` text,\n  `queue_id` int,\n  `ticket_state_id` int,\n  `create_time` text\n);\nINSERT INTO `ticket` VALUES ",
        record: |n| format!("({n},'20{n}','Baja ({n}); ''x''',1,2,'2016-01-01 10:00:00')"),
        between: ",\n",
        tail: ";\nUNLOCK TABLES;\n",
    },
    Export {
        file: "dump.psql",
        kind: "otrs ticket",
        head: "--\n-- PostgreSQL database dump\n--\nCOPY public.ticket (id, tn, title, queue_id, ticket_state_id, create_time) FROM stdin;\n",
        record: |n| format!("{n}\t20{n}\tBaja {n}\t1\t2\t2016-01-01 10:00:00"),
        between: "\n",
        tail: "\n\\.\n",
    },
    Export {
        file: "soporte.mbox",
        kind: "mail ticket",
        head: "",
        record: |n| {
            format!(
                "From x Thu Jan  1 10:00:00 2015\nFrom: a{n}@example.com\nTo: soporte@example.org\nSubject: Baja {n}\nDate: Thu, 1 Jan 2015 10:00:00 +0000\nMessage-ID: <{n}@example.com>\n\nhola {n}\n"
            )
        },
        between: "\n",
        tail: "\n",
    },
];

fn zendesk(number: usize) -> String {
    format!(
        "{{\"id\":{number},\"subject\":\"Baja {number}\",\"requester_id\":5,\"submitter_id\":5,\"via\":{{}},\"status\":\"open\"}}"
    )
}

impl Export {
    fn with(&self, damage: impl Fn(usize, String) -> String) -> Vec<u8> {
        let records: Vec<String> = (0..RECORDS).map(|n| damage(n, (self.record)(n + 1))).collect();
        format!("{}{}{}", self.head, records.join(self.between), self.tail).into_bytes()
    }

    /// How many records of its kind were judged, and the gaps.
    fn judge(&self, bytes: Vec<u8>) -> (u64, Vec<String>) {
        let run = scan(&[(self.file, bytes)]);
        (judged(&run).get(self.kind).copied().unwrap_or(0), run.gap_codes())
    }
}

#[test]
fn whole_exports_are_judged_to_the_last_record() {
    for export in EXPORTS {
        let told = export.judge(export.with(|_, record| record));
        assert_eq!(told, (RECORDS as u64, Vec::new()), "{}", export.file);
    }
}

/// One record is damaged: (what becomes of it, records judged, gaps), by file.
#[test]
fn a_damaged_record_is_judged_or_a_gap() {
    let all = RECORDS as u64;
    /// A format, how it is damaged, how many records are judged all the same, and the gaps.
    type Damage = (&'static str, fn(String) -> String, u64, &'static [&'static str]);
    let damage: [Damage; 7] = [
        ("tickets.ndjson", |record| record[..record.len() / 2].to_owned(), all - 1, &["malformed-json"]),
        // Where a value is none the rest of the document is read as text: it is all in the gap at that place.
        ("tickets.json", |record| record.replace(":5,", ":5x,"), HIT as u64, &["malformed-json"]),
        // What a short row has is read; that it is short is told.
        ("Case.csv", |record| record[..record.len() / 2].to_owned() + "\"", all, &["ragged-row"]),
        (
            "entities.xml",
            |record| record.replace("</description>", "</descripcion>"),
            all,
            &["malformed-xml"],
        ),
        // Quotes that do not end where they should leave no row behind them sure: all of it is in the gap.
        ("backup.sql", |record| record.replace("',1,2", ",1,2"), HIT as u64, &["malformed-sql"]),
        ("dump.psql", |record| record[..record.len() / 2].to_owned(), all, &[]),
        ("soporte.mbox", |record| record.replace("Date: Thu, 1 Jan", "Date: Tuh 91 Jna"), all, &[]),
    ];
    for (export, (file, break_it, wanted, gaps)) in EXPORTS.iter().zip(damage) {
        assert_eq!(export.file, file);
        let bytes = export.with(|n, record| if n == HIT { break_it(record) } else { record });
        let (judged, told) = export.judge(bytes);
        assert_eq!(judged, wanted, "{file}");
        assert_eq!(told, gaps, "{file}");
    }
}

/// An export cut off in the middle of a record: all before it are judged, it is judged with what it has or is
/// in the gap, and nothing is made up.
#[test]
fn an_export_that_is_cut_off_is_judged_up_to_there() {
    for export in EXPORTS {
        let whole = String::from_utf8(export.with(|_, record| record)).unwrap();
        let last = (export.record)(HIT + 1);
        let end = whole.find(&last).unwrap() + last.len() * 3 / 4;
        let (judged, told) = export.judge(whole.as_bytes()[..end].to_vec());
        let records = HIT as u64 + 1;
        assert!(
            judged == records || (judged == records - 1 && !told.is_empty()),
            "{}: {judged}",
            export.file
        );
        // A table, a mailbox and lines of `COPY` may end anywhere; all others say that they were cut.
        let silent = ["soporte.mbox"].contains(&export.file);
        assert!(silent || !told.is_empty(), "{}", export.file);
    }
}

#[test]
fn pieces_of_a_large_export_judge_every_record_once() {
    for export in EXPORTS {
        let filler = "lorem ipsum ".repeat(6000);
        let with = |n: usize, record: String| match export.file {
            "tickets.ndjson" | "tickets.json" => record.replace("\"Baja", &format!("\"{filler}{n}")),
            "soporte.mbox" => record.replace("hola", &filler.replace("ipsum ", "ipsum\n")),
            _ => record.replace("Baja", &filler).replace("hola", &filler),
        };
        let bytes = export.with(with);
        assert!(bytes.len() > 4 << 20, "{}", export.file);
        assert_eq!(export.judge(bytes), (RECORDS as u64, Vec::new()), "{}", export.file);
    }
}

#[test]
fn exports_in_one_folder_and_ids_that_point_nowhere_add_up() {
    let files: Vec<(&str, Vec<u8>)> =
        EXPORTS.iter().map(|export| (export.file, export.with(|_, record| record))).collect();
    let run = scan(&files);
    assert!(run.gap_codes().is_empty());
    let mut wanted: BTreeMap<String, u64> = BTreeMap::new();
    for export in EXPORTS {
        // Among tickets of helpdesks a message nobody answers stays a message.
        let kind = if export.kind == "mail ticket" { "mail comment" } else { export.kind };
        *wanted.entry(kind.to_owned()).or_default() += RECORDS as u64;
    }
    assert_eq!(judged(&run), wanted);
}

/// Pieces of a file of ServiceNow: the middle one is missing, double, without a position or in no order.
#[test]
fn pieces_of_a_file_are_a_member_or_a_gap() {
    let piece = |position: &str, data: &str| {
        format!(
            "<sys_attachment_doc action=\"INSERT_OR_UPDATE\"><data>{data}</data><length>9</length><position>{position}</position><sys_attachment>a1</sys_attachment><sys_id>d{position}{data}</sys_id></sys_attachment_doc>"
        )
    };
    let (one, two, three) = ("TWkgRE5J", "IGVzIDEy", "MzQ1Njc4Wg==");
    let attachment = "<sys_attachment action=\"INSERT_OR_UPDATE\"><content_type>text/plain</content_type><file_name>nota.txt</file_name><sys_id>a1</sys_id><table_name>incident</table_name><table_sys_id>i1</table_sys_id></sys_attachment>";
    let cases: [(&str, Vec<String>, bool); 5] = [
        ("whole", vec![piece("0", one), piece("1", two), piece("2", three)], true),
        ("in another order", vec![piece("2", three), piece("0", one), piece("1", two)], true),
        ("missing", vec![piece("0", one), piece("2", three)], false),
        (
            "double and different",
            vec![piece("0", one), piece("1", two), piece("1", one), piece("2", three)],
            false,
        ),
        ("no position", vec![piece("0", one), piece("", two), piece("2", three)], false),
    ];
    for (name, pieces, whole) in cases {
        let xml = format!(
            "<?xml version=\"1.0\"?><unload unload_date=\"2026-01-01 00:00:00\">{attachment}{}</unload>",
            pieces.concat()
        );
        let run = scan(&[("unload.xml", xml.into_bytes())]);
        let found = run.of_type("detection").into_iter().filter(|line| {
            line["category"] == "es-dni"
                && line["inner"].as_array().is_some_and(|inner| inner[0] == "nota.txt")
        });
        let found = found.count();
        let gaps = run.gap_codes();
        match whole {
            true => assert_eq!((found, gaps), (1, Vec::new()), "{name}"),
            false => assert_eq!((found, gaps), (0, vec!["attachment-incomplete".to_owned()]), "{name}"),
        }
    }
}
