//! Recordings of web traffic (HTTP Archive), and every object of JSON that says its text is base64: what stands
//! there is a file, read by its own reader, found with its way, and written back.

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

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};
use support::{Run, folder, private, project, put, run};

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let word = [three[0], *three.get(1).unwrap_or(&0), *three.get(2).unwrap_or(&0)];
        let bits = u32::from(word[0]) << 16 | u32::from(word[1]) << 8 | u32::from(word[2]);
        for at in 0..4 {
            let sign = ALPHABET[(bits >> (18 - 6 * at) & 63) as usize];
            out.push(if at <= three.len() { char::from(sign) } else { '=' });
        }
    }
    out
}

fn unpacked(text: &str) -> Vec<u8> {
    let value = |c: char| match c {
        'A'..='Z' => c as u32 - 65,
        'a'..='z' => c as u32 - 71,
        '0'..='9' => c as u32 + 4,
        '+' => 62,
        _ => 63,
    };
    let signs: Vec<u32> = text.chars().filter(|c| *c != '=').map(value).collect();
    let mut out = Vec::new();
    for four in signs.chunks(4) {
        let bits = four.iter().enumerate().fold(0, |sum, (at, sign)| sum | sign << (18 - 6 * at));
        out.extend_from_slice(&bits.to_be_bytes()[1..four.len()]);
    }
    out
}

/// A recording of two requests; the file in the second says its encoding behind its text.
fn har() -> String {
    let first = base64(b"{\"contact\": \"har-json@example.org\", \"note\": \"a b\"}");
    let picture = base64(&fs::read(project("fixtures/images/photo.jpg")).unwrap());
    format!(
        r#"{{"log": {{"version": "1.2", "creator": {{"name": "browser", "version": "1"}}, "pages": [], "entries": [
  {{"startedDateTime": "2024-03-05T10:00:00.000Z", "time": 5,
    "request": {{"method": "POST", "url": "https://app.example.org/a", "cookies": [{{"name": "who", "value": "har-cookie@example.org"}}],
      "headers": [{{"name": "X-User", "value": "har-header@example.org"}}], "queryString": [{{"name": "q", "value": "har-query@example.org"}}],
      "postData": {{"mimeType": "application/x-www-form-urlencoded; charset=UTF-8", "text": "a=1&mail=har-form%40example.org&b=2"}}}},
    "response": {{"status": 200, "content": {{"encoding": "base64", "size": 9, "mimeType": "application/json", "text": "{first}"}}}}}},
  {{"startedDateTime": "2024-03-05T10:00:01.000Z", "time": 5,
    "request": {{"method": "POST", "url": "https://app.example.org/b", "postData": {{"mimeType": "application/json", "text": "{{\"to\": \"har-post@example.org\"}}"}}}},
    "response": {{"status": 200, "content": {{"mimeType": "image\/jpeg", "text": "{picture}", "encoding": "BASE64"}}}}}}
]}}}}"#
    )
}

fn scan(home: &std::path::Path, path: &str) -> Run {
    run(home, &["scan", path, "--format", "jsonl", "--lang", "en", "--fail-on", "never"])
}

/// Categories with the names and the field where they were found.
fn found(got: &Run) -> BTreeSet<(String, String)> {
    let place = |line: &Value| {
        let inner = line["inner"].as_array().into_iter().flatten();
        let names: String = inner.map(|name| format!("{}!", name.as_str().unwrap())).collect();
        format!("{names}{}", line["field"].as_str().unwrap())
    };
    got.of_type("detection")
        .iter()
        .map(|line| (line["category"].as_str().unwrap().to_owned(), place(line)))
        .collect()
}

#[test]
fn everything_of_a_request_and_its_answer_is_read() {
    let home = folder();
    put(home.path(), "in/traffic.har", har());
    put(home.path(), "in/traffic", har());
    let got = scan(home.path(), "in/traffic.har");
    let places = found(&got);
    for (category, place) in [
        ("email-address", "/request/cookies/0/value"),
        ("email-address", "/request/headers/0/value"),
        ("email-address", "/request/queryString/0/value"),
        ("email-address", "/request/postData/text"),
        ("email-address", "response/content/text!/contact"),
        ("gps-coordinate", "response/content/text!exif/GPSPosition"),
    ] {
        assert!(places.contains(&(category.to_owned(), place.to_owned())), "{place}: {places:#?}");
    }
    let form = got.of_type("detection").into_iter().find(|line| {
        line["field"] == "/request/postData/text"
            && line["end"].as_u64() == Some("a=1&mail=har-form@example.org".len() as u64)
    });
    assert!(form.is_some(), "the form was read as it was sent");
    assert_eq!(found(&scan(home.path(), "in/traffic")), places, "a name says nothing");
    assert!(got.gap_codes().iter().all(|code| code == "image-not-read"), "{:?}", got.gap_codes());
}

#[test]
fn redaction_writes_bodies_back() {
    let home = folder();
    put(home.path(), "in/traffic.har", har());
    private(home.path());
    let done =
        run(home.path(), &["redact", "in", "--out", "out", "--lang", "en", "--allow-gaps", "image-not-read"]);
    let out = fs::read_to_string(home.path().join("out/traffic.har"))
        .unwrap_or_else(|_| panic!("{}{}", done.stdout, done.stderr));
    let parsed: Value = serde_json::from_str(&out).unwrap();
    for planted in ["har-json", "har-cookie", "har-header", "har-query", "har-form", "har-post"] {
        assert!(!out.contains(planted), "{planted}: {out}");
    }
    let body =
        |at: usize| unpacked(parsed["log"]["entries"][at]["response"]["content"]["text"].as_str().unwrap());
    let first: Value = serde_json::from_slice(&body(0)).unwrap();
    assert_eq!(first["note"], "a b");
    assert!(!first.to_string().contains("har-json"), "{first}");
    let picture = body(1);
    assert!(picture.starts_with(b"\xFF\xD8\xFF"), "it is still a picture");
    assert!(!picture.windows(9).any(|run| run == b"jpeg-host"), "nothing stands beside its pixels");
    let left = scan(home.path(), "out");
    assert!(!found(&left).iter().any(|(category, _)| category != "person-name"), "{:?}", found(&left));
}

#[test]
fn what_is_no_base64_is_read_as_text_and_told() {
    let home = folder();
    let said = json!({"encoding": "base64", "content": "not base64: plain@example.org", "name": "a.txt"});
    put(home.path(), "in/a.json", said.to_string());
    let got = scan(home.path(), "in");
    assert_eq!(got.gap_codes(), ["base64-damaged"]);
    assert_eq!(got.status, 3);
    assert!(found(&got).contains(&("email-address".to_owned(), "/content".to_owned())));
}

#[test]
fn files_of_code_hosts_and_clouds_are_read() {
    let home = folder();
    let mut lines = String::new();
    for said in [
        json!({"name": "notes.md", "content": base64(b"see host@example.org\n"), "encoding": "base64"}),
        json!({"isBase64Encoded": true, "body": base64(b"<p>cloud@example.org</p>"), "headers": {"content-type": "text/html"}}),
        json!({"encoding": "utf-8", "content": "plain-text@example.org"}),
        json!({"isBase64Encoded": false, "body": "plain-body@example.org"}),
        json!({"deep": [{"file": {"data": base64(b"deep@example.org"), "content_encoding": "base64"}}]}),
        json!({"name": "graph.txt", "contentType": "text/plain", "contentBytes": base64(b"graph@example.org")}),
    ] {
        lines.push_str(&format!("{said}\n"));
    }
    put(home.path(), "in/a.ndjson", lines);
    let places: BTreeSet<String> =
        found(&scan(home.path(), "in")).into_iter().map(|(_, place)| place).collect();
    for place in ["notes.md!", "graph.txt!", "body!", "/content", "/body", "deep/0/file/data!"] {
        assert!(places.iter().any(|known| known.starts_with(place)), "{place}: {places:?}");
    }
}

#[test]
fn more_bodies_than_are_read_of_one_record_are_told() {
    let home = folder();
    let list: Vec<Value> = (0..300)
        .map(|at| json!({"encoding": "base64", "text": base64(format!("m{at}@example.org").as_bytes())}))
        .collect();
    put(home.path(), "in/a.ndjson", format!("{}\n", json!({"id": 1, "note": "not a page", "all": list})));
    let got = scan(home.path(), "in");
    assert!(got.gap_codes().contains(&"too-many-members".to_owned()), "{:?}", got.gap_codes());
    assert_eq!(got.status, 3);
}

fn base64url(bytes: &[u8], padded: bool) -> String {
    let text = base64(bytes).replace('+', "-").replace('/', "_");
    if padded { text } else { text.trim_end_matches('=').to_owned() }
}

/// Letters whose base64 has both signs that differ between the alphabets.
const ODD: &str = "¿¾ÿ~~>?";

/// A mail as the Gmail API gives it: nothing says that its bodies are base64, and of which alphabet.
fn gmail(padded: bool) -> Value {
    let plain = format!("Write to gmail-body@example.org {ODD}");
    let html = format!("<p>gmail-html@example.org {ODD}</p>");
    let short = "a@b.example";
    json!({"id": "18c0", "threadId": "18c0", "snippet": "x", "sizeEstimate": 900, "payload": {
        "partId": "", "mimeType": "multipart/mixed", "filename": "",
        "headers": [{"name": "From", "value": "gmail-from@example.org"}],
        "body": {"size": 0},
        "parts": [
            {"partId": "0", "mimeType": "text/plain", "filename": "", "body": {"size": plain.len(), "data": base64url(plain.as_bytes(), padded)}},
            {"partId": "1", "mimeType": "text/html", "filename": "", "body": {"size": html.len(), "data": base64url(html.as_bytes(), padded)}},
            {"partId": "2", "mimeType": "text/csv", "filename": "list.csv", "body": {"size": short.len(), "data": base64url(short.as_bytes(), padded)}}
        ]
    }})
}

#[test]
fn bodies_of_gmail_are_read_and_written_in_their_alphabet() {
    for padded in [true, false] {
        let home = folder();
        put(home.path(), "in/mail.json", gmail(padded).to_string());
        private(home.path());
        let places = found(&scan(home.path(), "in"));
        for place in ["parts/0/body/data!", "parts/1/body/data!", "list.csv!", "/payload/headers/0/value"] {
            assert!(places.iter().any(|(_, known)| known.contains(place)), "{place}: {places:?}");
        }
        let done = run(home.path(), &["redact", "in", "--out", "out", "--lang", "en"]);
        assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
        let out: Value =
            serde_json::from_str(&fs::read_to_string(home.path().join("out/mail.json")).unwrap()).unwrap();
        for at in 0..2 {
            let data = out["payload"]["parts"][at]["body"]["data"].as_str().unwrap();
            assert!(!data.contains(['+', '/']) && data.contains(['-', '_']), "{data}");
            assert!(padded || !data.contains('='), "{data}");
            let text = String::from_utf8(unpacked(&data.replace('-', "+").replace('_', "/"))).unwrap();
            assert!(
                text.contains("[e-mail address]") && text.contains(ODD) && !text.contains("gmail-"),
                "{text}"
            );
        }
        assert!(found(&scan(home.path(), "out")).is_empty());
    }
}

#[test]
fn attachments_and_whole_mails_of_gmail_and_other_names_of_the_alphabet_are_read() {
    let home = folder();
    let mail = format!(
        "From: raw-from@example.org\r\nTo: raw-to@example.org\r\nSubject: x\r\n\r\nraw-body@example.org {ODD}\r\n"
    );
    let bytes = format!("gmail-attachment@example.org {ODD}");
    let mut lines = String::new();
    for said in [
        json!({"id": "1", "threadId": "1", "sizeEstimate": mail.len(), "raw": base64url(mail.as_bytes(), false)}),
        json!({"size": bytes.len(), "data": base64url(bytes.as_bytes(), true)}),
        json!({"encoding": "base64url", "content": base64url(b"named-url@example.org", false)}),
        json!({"encoding": "base64", "content": base64url(format!("said-plain@example.org {ODD}").as_bytes(), true)}),
        // No name is none: what stands there was once passed over with it.
        json!({"name": "", "encoding": "base64", "data": base64(b"no-name@example.org")}),
        // As many letters as it says bytes: a text.
        json!({"size": 20, "data": "plain20x@example.org"}),
        json!({"size": 6, "data": "AnaPrueb", "mail": "beside@example.org"}),
    ] {
        lines.push_str(&format!("{said}\n"));
    }
    put(home.path(), "in/a.ndjson", lines);
    let got = scan(home.path(), "in");
    let places = found(&got);
    let has =
        |of: &str| places.iter().any(|(category, place)| category == "email-address" && place.contains(of));
    for of in ["raw!header:From", "raw!header:To", "raw!part:", "content!", "data!", "/data", "/mail"] {
        assert!(has(of), "{of}: {places:?}");
    }
    let files = got
        .of_type("detection")
        .into_iter()
        .filter(|line| line["inner"].as_array().is_some_and(|names| !names.is_empty()))
        .count();
    assert!(files >= 7, "{files}: {}", got.stdout);
    assert!(got.gap_codes().is_empty(), "{:?}", got.gap_codes());
}
