//! Dumps in, records and fields out; and back.

use super::Sql;
use crate::formats::collect::{piece, read, read_cut};
use crate::formats::mapping::Mappings;
use crate::formats::rewrite::{Changes, Edit, rewrite};
use crate::formats::{Purpose, Reading, probe};
use crate::records::{Limits, Ordinal, Text};

const MYSQL: &str = "-- MySQL dump 10.13  Host: db1\n/*!40101 SET NAMES utf8mb4 */;\nDROP TABLE IF EXISTS `ticket`;\nCREATE TABLE `ticket` (\n  `id` bigint NOT NULL,\n  `title` varchar(255) DEFAULT 'a, (b',\n  `body` text,\n  PRIMARY KEY (`id`),\n  KEY `k` (`title`)\n) ENGINE=InnoDB;\nINSERT INTO `ticket` VALUES (1,'it\\'s; ''ok'')','línea\\ndos'),(2,NULL,'x'),\n(3,_binary 'abc',0x686F6C61);\nINSERT INTO `other` (`a`, `b c`) VALUES (1.5,TRUE);\nUNLOCK TABLES;\n";

const POSTGRES: &str = "--\n-- PostgreSQL database dump\n--\nSET standard_conforming_strings = on;\nCREATE TABLE public.ticket (\n    id bigint NOT NULL,\n    title character varying(255) DEFAULT 'x'::character varying,\n    CONSTRAINT c CHECK ((id > 0))\n);\nCOPY public.ticket (id, title, blob) FROM stdin;\n1\tuno\\tdos\\\\\t\\N\n2\t\\\\x686f6c61\tñ\n\\.\n\nINSERT INTO public.ticket VALUES (3, 'C:\\new ''x''');\nINSERT INTO ticket (id, title) VALUES (4, E'it\\'s'), (5, '\\x686f6c61'::bytea);\nCREATE FUNCTION f() RETURNS void AS $$ BEGIN; 'x END; $$ LANGUAGE sql;\nINSERT INTO ticket (id) VALUES (6);\n";

fn rows(text: &str) -> Vec<(String, String, String)> {
    let got = read(&Sql, text.as_bytes());
    assert!(got.gaps.is_empty(), "{:?}", got.codes());
    for field in &got.fields {
        assert_eq!(field.raw.is_empty(), field.text.is_empty());
    }
    let all = got.texts();
    all.iter()
        .filter(|(record, ..)| *record != "#0")
        .map(|(r, p, t)| ((*r).to_owned(), (*p).to_owned(), (*t).to_owned()))
        .collect()
}

fn own(list: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
    list.iter().map(|(r, p, t)| ((*r).to_owned(), (*p).to_owned(), (*t).to_owned())).collect()
}

#[test]
fn rows_of_mysql() {
    assert_eq!(
        rows(MYSQL),
        own(&[
            ("#1", "/id", "1"),
            ("#1", "/title", "it's; 'ok')"),
            ("#1", "/body", "línea\ndos"),
            ("#2", "/id", "2"),
            ("#2", "/body", "x"),
            ("#3", "/id", "3"),
            ("#3", "/title", "abc"),
            ("#3", "/body", "hola"),
            ("#4", "/a", "1.5"),
        ])
    );
    let got = read(&Sql, MYSQL.as_bytes());
    assert!(got.texts().iter().any(|(_, path, text)| *path == "comment" && text.contains("Host: db1")));
}

#[test]
fn rows_of_postgresql() {
    assert_eq!(
        rows(POSTGRES),
        own(&[
            ("#1", "/id", "1"),
            ("#1", "/title", "uno\tdos\\"),
            ("#2", "/id", "2"),
            ("#2", "/title", "hola"),
            ("#2", "/blob", "ñ"),
            ("#3", "/id", "3"),
            ("#3", "/title", "C:\\new 'x'"),
            ("#4", "/id", "4"),
            ("#4", "/title", "it's"),
            ("#5", "/id", "5"),
            ("#5", "/title", "hola"),
            ("#6", "/id", "6"),
        ])
    );
}

#[test]
fn pieces_give_what_the_whole_gives() {
    for text in [MYSQL, POSTGRES] {
        let whole = read(&Sql, text.as_bytes());
        for wanted in [1, 20, 100, 1 << 20] {
            let (cut, pieces) = read_cut(&Sql, text.as_bytes(), &Mappings::default(), wanted);
            assert!(cut.gaps.is_empty(), "{wanted} {:?}", cut.codes());
            assert_eq!(cut.fields, whole.fields, "{wanted}");
            assert!(wanted > 100 || pieces > 1);
        }
    }
}

#[test]
fn damaged_dumps_are_told_and_read() {
    for (text, want) in [
        ("INSERT INTO t (a) VALUES ('uno'),('do", vec!["uno", "do"]),
        (
            "INSERT INTO t (a) VALUES ('uno') , x ('dos');\nINSERT INTO t (a) VALUES ('tres');\n",
            vec!["uno", "tres"],
        ),
        ("INSERT INTO t (a) VALUES ('uno'),", vec!["uno"]),
    ] {
        let got = read(&Sql, text.as_bytes());
        let texts: Vec<&str> = got.texts().iter().filter(|(r, ..)| *r != "#0").map(|(.., t)| *t).collect();
        assert_eq!(texts, want, "{text}");
        assert_eq!(got.codes(), ["malformed-sql"], "{text}");
    }
    // More values than columns, no columns known.
    let got =
        read(&Sql, b"CREATE TABLE t (a int);\nINSERT INTO t VALUES (1,'x');INSERT INTO u VALUES ('y');");
    let paths: Vec<&str> = got.texts().iter().filter(|(r, ..)| *r != "#0").map(|(_, p, _)| *p).collect();
    assert_eq!(paths, ["/a", "/#2", "/#1"]);
    for text in [
        "",
        ";",
        "INSERT",
        "INSERT INTO",
        "COPY t FROM stdin",
        "COPY t (a) FROM stdin;\n1",
        "CREATE TABLE t (",
        "(1)",
        "'",
        "INSERT INTO t VALUES (",
    ] {
        let got = read(&Sql, text.as_bytes());
        let (cut, _) = read_cut(&Sql, text.as_bytes(), &Mappings::default(), 1);
        assert_eq!(cut.texts(), got.texts(), "{text}");
    }
}

#[test]
fn bytes_that_are_no_text_are_members_and_no_damage() {
    let mut text = b"-- MySQL dump\nINSERT INTO `f` (`id`,`content`) VALUES (1,_binary '".to_vec();
    text.extend((0..200u8).map(|at| at | 0x80).filter(|byte| *byte != b'\''));
    text.extend_from_slice(b"'),(2,0x");
    text.extend((0..100u8).flat_map(|at| format!("{:02X}", at | 0x80).into_bytes()));
    text.extend_from_slice(b");\n");
    let got = read(&Sql, &text);
    assert!(got.gaps.is_empty(), "{:?}", got.codes());
    assert_eq!(
        got.texts().iter().filter(|(r, ..)| *r != "#0").map(|(_, p, _)| *p).collect::<Vec<_>>(),
        ["/id", "/id"]
    );
    assert_eq!(
        got.members.iter().map(|m| (m.name.as_str(), m.bytes.len())).collect::<Vec<_>>(),
        [("content", 200), ("content", 100)]
    );
}

fn changed(text: &str, changes: Changes) -> String {
    let (mappings, limits) = (Mappings::default(), Limits::default());
    let reading = Reading { mappings: &mappings, limits: &limits, purpose: Purpose::Scan };
    String::from_utf8(rewrite(&Sql, &piece(text.as_bytes()), &reading, changes).unwrap()).unwrap()
}

fn edited(text: &str, record: u64, path: &str, what: &str, with: &str) -> String {
    let got = read(&Sql, text.as_bytes());
    let at = got.text(&format!("#{record}"), path).find(what).unwrap() as u64;
    let range = at..at + what.len() as u64;
    let (field, replacement) = (Text::new(path), Text::new(with));
    let record = Ordinal { top: record, sub: 0 };
    changed(
        text,
        Changes { edits: vec![Edit { record, field, range, replacement, raw: None }], ..Changes::default() },
    )
}

#[test]
fn edits_are_written_as_their_literals() {
    for (text, record, path, what, with, want) in [
        (MYSQL, 1, "/title", "it's; 'ok')", "[l'ami\n\\]", "(1,'[l''ami\\n\\\\]',"),
        (MYSQL, 3, "/body", "hola", "[x]", "0x5B785D)"),
        (MYSQL, 1, "/id", "1", "[n]", "('[n]','it"),
        (POSTGRES, 1, "/title", "dos\\", "[a\tb]", "uno\\t[a\\tb]\t\\N"),
        (POSTGRES, 3, "/title", "new", "n'\\", "'C:\\n''\\ ''x'''"),
    ] {
        let out = edited(text, record, path, what, with);
        assert!(out.contains(want), "{out}");
        let again = read(&Sql, out.as_bytes());
        assert!(again.text(&format!("#{record}"), path).contains(with), "{out}");
    }
}

#[test]
fn rows_go_and_leave_statements_behind() {
    let gone = |removals: &[u64]| {
        let removals = removals.iter().map(|top| Ordinal { top: *top, sub: 0 }).collect();
        changed(MYSQL, Changes { removals, ..Changes::default() })
    };
    assert!(gone(&[1, 3]).contains("VALUES (2,NULL,'x');\nINSERT INTO `other`"));
    assert!(gone(&[2]).contains("dos'),\n(3,"));
    assert!(gone(&[1, 2, 3]).contains("ENGINE=InnoDB;\nSELECT 1;\nINSERT INTO `other`"));
    assert!(gone(&[4]).ends_with("SELECT 1;\nUNLOCK TABLES;\n"));
    let out = changed(POSTGRES, Changes { removals: vec![Ordinal { top: 2, sub: 0 }], ..Changes::default() });
    assert!(out.contains("\\N\n\\.\n"));
}

#[test]
fn dumps_are_told_from_text() {
    assert_eq!(probe(MYSQL.as_bytes(), "backup", None).name(), "sql");
    assert_eq!(probe(POSTGRES.as_bytes(), "backup", None).name(), "sql");
    assert_eq!(
        probe(b"PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE t(a);\n", "x", None).name(),
        "sql"
    );
    assert_eq!(probe(b"Please insert into the form, then copy it.\n", "x.txt", None).name(), "text");
    assert_eq!(probe(b"-- \nAna\n", "x.txt", None).name(), "text");
    assert_eq!(probe(b"id,name\n1,Ana\n2,Luis\n", "x.csv", None).name(), "csv");
}

#[test]
fn blobs_are_written_back_in_their_form() {
    let mut text = b"-- MySQL dump\nINSERT INTO `f` (`id`,`content`) VALUES (1,_binary '".to_vec();
    text.extend((0..100u8).map(|at| at | 0x80));
    text.extend_from_slice(b"'),(2,0x");
    text.extend((0..100u8).flat_map(|at| format!("{:02X}", at | 0x80).into_bytes()));
    text.extend_from_slice(b");\n");
    let got = read(&Sql, &text);
    let new: std::sync::Arc<[u8]> = b"it's\nnew".as_slice().into();
    let members = got.members.iter().map(|member| (member.ordinal, new.clone())).collect();
    let (mappings, limits) = (Mappings::default(), Limits::default());
    let reading = Reading { mappings: &mappings, limits: &limits, purpose: Purpose::Scan };
    let changes = Changes { members, ..Changes::default() };
    let out = rewrite(&Sql, &piece(&text), &reading, changes).unwrap();
    let out = String::from_utf8(out).unwrap();
    assert!(out.ends_with("VALUES (1,_binary 'it''s\\nnew'),(2,0x697427730A6E6577);\n"), "{out}");
}
