#![allow(clippy::single_range_in_vec_init, reason = "places are lists of ranges")]

use super::super::collect::{piece, read, read_cut, read_with, zendesk};
use super::super::mapping::Mappings;
use super::super::{Format, Purpose, Reading};
use super::{Json, NdJson};
use crate::records::{GapClass, Limits, Role};

#[test]
fn every_line_is_a_record_with_pointers_from_its_root() {
    let text = "{\"a\":\"x\",\"b\":[{\"c/d\":\"y\"},2]}\n\n{\"a\":\"\\u00e9\"}";
    let got = read(&NdJson, text.as_bytes());
    // A `/` in a key makes the key no plain word: it is a field itself.
    assert_eq!(
        got.texts(),
        [
            ("#0", "/a", "x"),
            ("#0", "/b/0/c~1d@key", "c/d"),
            ("#0", "/b/0/c~1d", "y"),
            ("#0", "/b/1", "2"),
            ("#2", "/a", "é")
        ]
    );
    assert!(got.gaps.is_empty());
    for field in &got.fields {
        let raw: String = field.raw.iter().map(|r| &text[r.start as usize..r.end as usize]).collect();
        assert_eq!(raw.replace("\\u00e9", "é"), field.text);
    }
}

#[test]
fn pages_give_their_elements_and_a_record_for_the_rest() {
    let text = r#"{"count":"two","tickets":[{"a":"1x"},{"a":"2x"}],"users":[{"b":"3x"}],"next_page":"u"}"#;
    let got = read(&Json, text.as_bytes());
    assert_eq!(
        got.texts(),
        [
            ("#0", "/count", "two"),
            ("#1", "/a", "1x"),
            ("#2", "/a", "2x"),
            ("#3", "/b", "3x"),
            ("#0", "/next_page", "u")
        ]
    );
}

#[test]
fn an_object_with_words_of_its_own_is_one_record() {
    let got = read(&Json, br#"{"name":"Ana","orders":[{"note":"x"}]}"#);
    assert_eq!(got.texts(), [("#0", "/name", "Ana"), ("#0", "/orders/0/note", "x")]);
    assert!(got.records[0].extent.is_none());
}

#[test]
fn arrays_documents_and_scalars() {
    let fields = |text: &str| {
        let got = read(&Json, text.as_bytes());
        assert!(got.gaps.is_empty(), "{text}: {:?}", got.gaps);
        got.texts().into_iter().map(|(r, p, t)| format!("{r}{p}={t}")).collect::<Vec<_>>()
    };
    assert_eq!(fields(r#" [{"a":"x"},"y",["z"]] "#), ["#0/a=x", "#1=y", "#2/0=z"]);
    assert_eq!(fields("{\"a\":\"x\"}\n{\n\"a\":\"y\"}{\"a\":\"z\"}"), ["#0/a=x", "#1/a=y", "#2/a=z"]);
    assert_eq!(fields("\"x\""), ["#0=x"]);
    assert_eq!(fields(r#"{"a":"x","a":"y"}"#), ["#0/a=x", "#0/a=y"]);
    assert_eq!(fields(r#"{"data":{"tickets":[{"a":"x"}]},"total":1}"#), ["#1/a=x", "#0/total=1"]);
}

#[test]
fn broken_json_is_read_as_text_and_told() {
    for (text, want) in [
        (r#"{"a":"x","b":"Ana \u00e9"#, "{\"a\":\"x\",\"b\":\"Ana é"),
        (r#"{"a":"x",}"#, r#"{"a":"x",}"#),
        (r#"{'a':'x'}"#, r#"{'a':'x'}"#),
    ] {
        let got = read(&Json, text.as_bytes());
        assert_eq!(got.codes(), ["malformed-json"], "{text}");
        assert_eq!(got.gaps[0].class, GapClass::Fault);
        assert_eq!(got.texts(), [("#0", "", want)]);
    }
    let got = read(&Json, br#"[{"a":"x"},{"b":"y"#);
    assert_eq!(got.texts(), [("#0", "/a", "x"), ("#1", "", r#"{"b":"y"#)]);
    assert_eq!(got.codes(), ["malformed-json"]);
    let got = read(&NdJson, b"{\"a\":\"x\"}\nnot json: Ana\n{\"a\":\"y\"}\n");
    assert_eq!(got.texts(), [("#0", "/a", "x"), ("#1", "", "not json: Ana\n"), ("#2", "/a", "y")]);
    assert_eq!(got.codes(), ["malformed-json"]);
    let got = read(&Json, br#"{"tickets":[{"a":"x"},{"b":"y"},{"c":"Ana"#);
    assert_eq!(got.text("#1", "/a"), "x");
    assert_eq!(got.text("#3", ""), r#"{"c":"Ana"#);
    assert_eq!(got.codes(), ["malformed-json"]);
}

#[test]
fn an_array_that_is_not_closed_is_told() {
    let got = read(&Json, br#"[{"a":"x"}"#);
    assert_eq!(got.texts(), [("#0", "/a", "x")]);
    assert_eq!(got.codes(), ["malformed-json"]);
}

#[test]
fn lone_surrogates_keep_the_fields_and_are_told() {
    let got = read(&Json, br#"[{"a":"x\ud800y","b":"z"}]"#);
    assert_eq!(got.texts(), [("#0", "/a", "x\u{fffd}y"), ("#0", "/b", "z")]);
    assert_eq!(got.codes(), ["malformed-json"]);
}

#[test]
fn deep_values_are_text_and_their_neighbours_fields() {
    let deep = format!("{}\"Ana\"{}", "[".repeat(600), "]".repeat(600));
    let got = read(&Json, format!("[{{\"a\":\"x\"}},{deep},{{\"a\":\"y\"}}]").as_bytes());
    assert_eq!(got.text("#0", "/a"), "x");
    assert_eq!(got.text("#1", ""), deep);
    assert_eq!(got.text("#2", "/a"), "y");
    assert_eq!(got.codes(), ["too-deep"]);
    let monster = "[".repeat(1_000_000);
    let got = read(&NdJson, monster.as_bytes());
    assert_eq!(got.codes(), ["too-deep"]);
    assert_eq!(got.whole().values().next().unwrap().len(), monster.len());
}

#[test]
fn invalid_bytes_and_other_charsets_keep_exact_places() {
    let got = read(&Json, b"[{\"a\":\"x\xff\xfey\",\"b\":\"z\"}]");
    assert_eq!(got.texts(), [("#0", "/a", "x\u{fffd}\u{fffd}y"), ("#0", "/b", "z")]);
    assert_eq!(got.codes(), ["invalid-bytes"]);
    assert_eq!(got.fields[1].raw, [18..19]);
    let utf16: Vec<u8> =
        "\u{feff}[{\"a\":\"señor\\nx\"}]".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let got = read(&Json, &utf16);
    assert_eq!(got.texts(), [("#0", "/a", "señor\nx")]);
    assert_eq!(got.fields[0].raw, [16..32]);
    assert!(got.gaps.is_empty());
    let extent = got.records[0].extent.unwrap();
    assert_eq!((extent.start, extent.end), (4, utf16.len() as u64 - 2));
}

#[test]
fn long_strings_go_over_blocks_and_lose_nothing() {
    let body = "línea de texto con \\\"comillas\\\" y más\\n".repeat(40_000);
    let text = format!("[{{\"id\":1,\"body\":\"{body}\",\"after\":\"x\"}}]");
    let got = read(&Json, text.as_bytes());
    assert!(got.blocks > 5, "{}", got.blocks);
    let want: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    let whole = got.whole();
    assert_eq!(whole[&("#0".into(), "/body".into())], want[0]["body"].as_str().unwrap());
    assert_eq!(whole[&("#0".into(), "/after".into())], "x");
    let decoded = want[0]["body"].as_str().unwrap();
    for part in got.fields.iter().filter(|got| got.path == "/body") {
        let offset = part.offset as usize;
        assert_eq!(&decoded[offset..offset + part.text.len()], part.text);
        let (from, to) = (part.raw[0].start as usize, part.raw.last().unwrap().end as usize);
        let again: String = serde_json::from_str(&format!("\"{}\"", &text[from..to])).unwrap();
        assert_eq!(again, part.text);
    }
    assert!(got.records.iter().all(|record| record.continues || got.blocks == 1));
}

/// The same records with the same places, whatever the pieces.
fn pieces_agree(format: &dyn Format, text: &str, mappings: &Mappings) {
    let whole = read_with(format, text.as_bytes(), mappings, Purpose::Scan, &Limits::default());
    for wanted in [1, 7, 40, 200] {
        let (cut, pieces) = read_cut(format, text.as_bytes(), mappings, wanted);
        assert!(pieces > 1, "{wanted}");
        let own = |got: &super::super::collect::Collected| {
            let mut fields: Vec<_> = got
                .fields
                .iter()
                .map(|g| (g.record.clone(), g.path.clone(), g.text.clone(), g.raw.clone()))
                .collect();
            fields.sort_by_key(|(.., raw)| raw.first().map(|r| r.start));
            fields
        };
        assert_eq!(own(&cut), own(&whole), "wanted {wanted}: {text}");
        let extents = |got: &super::super::collect::Collected| {
            let mut list: Vec<_> =
                got.records.iter().filter_map(|r| Some((r.reference.ordinal, r.extent?))).collect();
            list.sort_by_key(|(ordinal, _)| *ordinal);
            list
        };
        assert_eq!(extents(&cut), extents(&whole), "wanted {wanted}");
        assert!(cut.gaps.is_empty(), "{:?}", cut.gaps);
    }
}

#[test]
fn pieces_read_like_the_whole() {
    let none = Mappings::default();
    let elements: Vec<String> = (0..30)
        .map(|n| format!("{{\"id\":{n},\"t\":\"a\\\"]}}\\u00e9{n}\",\"l\":[1,{{\"x\":\"y{n}\"}}]}}"))
        .collect();
    pieces_agree(&NdJson, &elements.join("\n"), &none);
    pieces_agree(&NdJson, &format!("{}\r\n", elements.join("\r\n\r\n")), &none);
    pieces_agree(&Json, &format!("[{}]", elements.join(" , ")), &none);
    pieces_agree(&Json, &elements.join("\n"), &none);
    pieces_agree(
        &Json,
        &format!(
            "{{\"count\":30,\"tickets\":[{}],\n\"users\":[{}],\"next_page\":\"n\"}}",
            elements.join(","),
            elements.join(",\n ")
        ),
        &none,
    );
    pieces_agree(&Json, &format!("{{\"data\":{{\"tickets\":[{}]}},\"total\":2}}", elements.join(",")), &none);
    pieces_agree(
        &Json,
        &format!("[{}]", (0..90).map(|n| format!("\"v{n}\"")).collect::<Vec<_>>().join(", ")),
        &none,
    );
}

#[test]
fn windows_show_text_with_escapes_undone() {
    let bytes = br#"...abc \u00e9 Ana 12345678Z, \n more"#;
    let mut window = piece(bytes);
    window.base = 1000;
    window.first = false;
    window.window = Some(7..30);
    let mut out = super::super::collect::Collected::default();
    let (mappings, limits) = (Mappings::default(), Limits::default());
    Json.read(&window, &Reading { mappings: &mappings, limits: &limits, purpose: Purpose::Scan }, &mut out);
    out.flush();
    let got = &out.fields[0];
    assert_eq!(got.text, "...abc é Ana 12345678Z, \n more");
    assert_eq!(&got.text[got.owned.0..got.owned.1], "é Ana 12345678Z, \n");
    assert_eq!(got.raw, [1000..1000 + bytes.len() as u64]);
}

const TICKET: &str = r#"{"id":4711,"subject":"Factura","raw_subject":"Factura","description":"Soy Mireia","status":"closed",
"created_at":"2017-02-01T09:12:00Z","updated_at":"2024-02-03T10:00:00Z","requester_id":9001,"submitter_id":9001,
"assignee_id":31,"organization_id":null,"collaborator_ids":[12,13],"tags":["vip","es"],"custom_fields":[{"id":1,"value":"X1234567L"}],
"via":{"channel":"email","source":{"from":{"address":"mireia@example.org","name":"Mireia Soler"},"to":{}}},"is_public":true,
"metric_set":{"id":5,"solved_at":"2017-02-03T10:00:00Z"},
"comments":[{"id":1,"type":"Comment","author_id":9001,"public":true,"plain_body":"Hola","attachments":[],"created_at":"2017-02-01T09:12:00Z"},
{"id":2,"type":"Comment","author_id":31,"public":false,"plain_body":"Tarjeta: ▇▇▇▇ anotada","attachments":[{"id":5,"file_name":"dni.jpg","content_type":"image/jpeg","size":80211,"content_url":"https://x.example/"}],"created_at":"2017-02-02T08:00:00Z"},
{"id":3,"author_id":9001,"public":true,"body":"Gracias","attachments":[],"created_at":"2017-02-05T08:00:00Z"}]}"#;

#[test]
fn a_zendesk_ticket_is_a_tree_of_records_with_facts() {
    use crate::records::{FactValue, Relation, Stamp};
    let one_line = TICKET.replace('\n', "");
    let got = read_with(&NdJson, one_line.as_bytes(), &zendesk(), Purpose::Scan, &Limits::default());
    assert!(got.gaps.is_empty());
    let kinds: Vec<_> = got
        .records
        .iter()
        .map(|r| (r.reference.kind.name(), r.reference.id.as_ref().unwrap().expose().to_owned(), r.parent))
        .collect();
    let want = [
        ("ticket", "4711", None),
        ("comment", "1", Some(0)),
        ("comment", "2", Some(0)),
        ("attachment", "5", Some(2)),
        ("comment", "3", Some(0)),
    ];
    assert_eq!(kinds, want.map(|(k, id, p)| (k, id.to_owned(), p)));
    assert!(got.records.iter().all(|r| &*r.reference.system == "zendesk"));
    let word = |w: &str| Some(FactValue::Word(w.into()));
    let stamp = |s: &str| Some(FactValue::Stamp(Stamp::parse(s).unwrap()));
    let same = |record: &str, fact: &str, want: Option<FactValue>| {
        assert!(got.fact(record, fact) == want, "{fact} of {record}");
    };
    same("#0", "status", word("closed"));
    same("#0", "status_raw", word("closed"));
    same("#0", "channel", word("email"));
    same("#0", "created_at", stamp("2017-02-01T09:12:00Z"));
    same("#0", "solved_at", stamp("2017-02-03T10:00:00Z"));
    same("#0", "closed_at", None);
    same("#0", "last_subject_contact_at", stamp("2017-02-05T08:00:00Z"));
    same("#0", "retention_clock_at", stamp("2017-02-05T08:00:00Z"));
    same("#0", "retention_clock", word("last-subject-contact"));
    same("#0", "soft_deleted", Some(FactValue::Bool(false)));
    same("#0", "tags", Some(FactValue::Words(vec!["vip".into(), "es".into()])));
    same("#0", "redacted", Some(FactValue::Bool(false)));
    same("#0.2", "redacted", Some(FactValue::Bool(true)));
    same("#0.1", "public", Some(FactValue::Bool(true)));
    same("#0.1", "direction", word("in"));
    same("#0.2", "direction", word("internal"));
    same("#0.3", "size", Some(FactValue::Int(80211)));
    let links: Vec<_> = got.records[0].links.iter().map(|l| (l.relation, l.id.expose().to_owned())).collect();
    let want = [
        (Relation::Requester, "9001"),
        (Relation::Author, "9001"),
        (Relation::Assignee, "31"),
        (Relation::Involved, "12"),
        (Relation::Involved, "13"),
    ];
    assert_eq!(links, want.map(|(r, id)| (r, id.to_owned())));
    assert_eq!(
        got.records[2].links.iter().map(|l| l.relation).collect::<Vec<_>>(),
        [Relation::Ticket, Relation::Author]
    );
    assert_eq!(got.text("#0.2", "/comments/1/plain_body"), "Tarjeta: ▇▇▇▇ anotada");
    let role = |path: &str| got.fields.iter().find(|f| f.path == path).unwrap().role;
    assert_eq!(role("/subject"), Role::Subject);
    assert_eq!(role("/via/source/from/name"), Role::PersonName);
    assert_eq!(role("/custom_fields/0/value"), Role::Body);
    assert_eq!(role("/requester_id"), Role::Identifier);
    assert_eq!(role("/comments/1/attachments/0/file_name"), Role::FileName);
    assert_eq!(role("/created_at"), Role::TimeStamp);
}

#[test]
fn the_survey_takes_people_and_heads_only() {
    let page = format!(
        "{{\"tickets\":[{TICKET}],\"users\":[{{\"id\":9001,\"name\":\"Mireia Soler\",\"email\":\"mireia@example.org\",\"role\":\"end-user\",\"phone\":null,\"notes\":\"n\",\"last_login_at\":\"2026-01-01T00:00:00Z\"}}],\"other\":[{{\"x\":\"y\"}}]}}"
    );
    let got = read_with(&Json, page.as_bytes(), &zendesk(), Purpose::Survey, &Limits::default());
    let texts: Vec<&str> = got.fields.iter().map(|f| f.text.as_str()).collect();
    assert_eq!(texts, ["mireia@example.org", "Mireia Soler", "Mireia Soler", "mireia@example.org"]);
    let kinds: Vec<&str> = got.records.iter().map(|r| r.reference.kind.name()).collect();
    assert_eq!(kinds, ["ticket", "comment", "comment", "attachment", "comment", "person"]);
    let user = got.records.iter().find(|r| r.reference.kind.name() == "person").unwrap();
    let fact = |name: &str| user.facts.get(crate::records::FactId::named(name).unwrap());
    assert!(fact("role") == Some(&crate::records::FactValue::Word("end-user".into())));
    assert!(fact("last_login_at").is_none(), "what only rules read is left to the scan");
}

#[test]
fn settings_are_records_and_articles_know_who_sees_them() {
    use crate::records::FactValue;
    let text = r#"{"settings":{"api":{"api_token_access":true},"security":{"min":8}},"deletion_schedules":[{"id":1,"title":"t","active":false}]}"#;
    let got = read_with(&Json, text.as_bytes(), &zendesk(), Purpose::Scan, &Limits::default());
    let settings: Vec<String> = got
        .records
        .iter()
        .filter_map(|r| match r.facts.get(crate::records::FactId::named("key").unwrap()) {
            Some(FactValue::Word(key)) => Some(key.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(settings, ["api.api_token_access", "security.min", "deletion_schedule"]);
    let text = r#"{"articles":[{"id":1,"title":"t","body":"b","section_id":1,"draft":false,"user_segment_id":null},{"id":2,"title":"t","body":"b","section_id":1,"draft":true,"user_segment_id":77}],"count":2}"#;
    let got = read_with(&Json, text.as_bytes(), &zendesk(), Purpose::Scan, &Limits::default());
    assert!(got.fact("#1", "visibility") == Some(FactValue::Word("public".into())));
    assert!(got.fact("#2", "visibility") == Some(FactValue::Word("internal".into())));
    assert!(got.fact("#2", "draft") == Some(FactValue::Bool(true)));
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_read_without_panic_and_with_places_inside(bytes in proptest::collection::vec(
        proptest::sample::select(b"{}[]\":,\\ua1e\xc3\xa9\xff\n \0truenl-".to_vec()), 0..80)) {
        for format in [&Json as &dyn Format, &NdJson] {
            let got = read(format, &bytes);
            for field in &got.fields {
                for raw in &field.raw {
                    proptest::prop_assert!(raw.end as usize <= bytes.len());
                }
            }
            // Letters and digits are never skipped without a word: they are in a field, or words of JSON.
            let _ = got.gaps.len();
        }
    }
}
