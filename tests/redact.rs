//! What was planted is nowhere in what `redact` and `pseudonymise` write, and everything else is as it was.

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
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use support::{Run, copy_tree, folder, private, project, put, run};

/// Every file below a folder, by its path there.
fn files(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut out = Vec::new();
    for entry in walkdir::WalkDir::new(dir).sort_by_file_name() {
        let entry = entry.unwrap();
        if entry.file_type().is_file() {
            let name = entry.path().strip_prefix(dir).unwrap().to_str().unwrap().replace('\\', "/");
            out.push((name, fs::read(entry.path()).unwrap()));
        }
    }
    out
}

fn base64(bytes: &[u8]) -> String {
    const SIGNS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for group in bytes.chunks(3) {
        let all = group.iter().fold(0u32, |all, byte| all << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for at in 0..=group.len() {
            out.push(char::from(SIGNS[(all >> (18 - 6 * at) & 63) as usize]));
        }
    }
    out
}

/// A value in the forms in which it could stand in raw bytes.
fn forms(value: &str) -> Vec<Vec<u8>> {
    let mut forms: Vec<Vec<u8>> = vec![value.as_bytes().to_vec()];
    // The whole groups of base64 at each of the three offsets.
    for skip in 0..3 {
        let from = value.len().min(skip);
        let whole = (value.len() - from) / 3 * 3;
        forms.push(base64(&value.as_bytes()[from..from + whole]).into_bytes());
    }
    let escaped = |each: &dyn Fn(&[u8]) -> String| -> Vec<u8> {
        let mut buffer = [0; 4];
        value
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() {
                    c.to_string()
                } else {
                    each(c.encode_utf8(&mut buffer).as_bytes())
                }
            })
            .collect::<String>()
            .into_bytes()
    };
    let hex = |sign: &'static str| {
        move |bytes: &[u8]| bytes.iter().map(|b| format!("{sign}{b:02X}")).collect::<String>()
    };
    forms.push(escaped(&hex("=")));
    forms.push(escaped(&hex("%")));
    forms.push(
        value
            .chars()
            .map(|c| if c.is_ascii() { c.to_string() } else { format!("&#{};", c as u32) })
            .collect::<String>()
            .into_bytes(),
    );
    forms.push(value.replace('@', "&#64;").into_bytes());
    forms.push(
        value
            .chars()
            .map(|c| if c.is_ascii() { c.to_string() } else { format!("\\u{:04x}", c as u32) })
            .collect::<String>()
            .into_bytes(),
    );
    for big in [false, true] {
        forms.push(
            value.encode_utf16().flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect(),
        );
    }
    forms.push(encoding_rs::WINDOWS_1252.encode(value).0.into_owned());
    forms.retain(|form| form.len() >= 6);
    forms
}

fn holds(bytes: &[u8], form: &[u8]) -> bool {
    bytes.windows(form.len()).any(|window| window == form)
}

/// The wanted texts of the archive that must be found.
fn planted() -> Vec<(String, String)> {
    let want: Value =
        serde_json::from_str(&fs::read_to_string(project("fixtures/helpdesks/zendesk/want.json")).unwrap())
            .unwrap();
    let mut texts: BTreeSet<(String, String)> = BTreeSet::new();
    for row in want["detections"].as_array().unwrap() {
        if row["confidence"] == "judged" {
            texts.insert((
                row["category"].as_str().unwrap().to_owned(),
                row["text"].as_str().unwrap().to_owned(),
            ));
        }
    }
    texts.into_iter().collect()
}

fn archive(home: &Path) -> PathBuf {
    let to = home.join("archive");
    copy_tree(&project("fixtures/helpdesks/zendesk/archive"), &to);
    private(&to);
    to
}

/// Detections of a scan that redaction should have left nothing of.
fn left(scan: &Run) -> Vec<String> {
    scan.of_type("detection")
        .into_iter()
        .filter(|d| d["confidence"].as_f64().unwrap() >= 0.1)
        .filter(|d| !["reserved", "documentation"].contains(&d["value_class"].as_str().unwrap()))
        .map(|d| {
            format!(
                "{} {} {} {} {}..{} {} {}",
                d["category"],
                d["path"],
                d["record"],
                d["field"],
                d["start"],
                d["end"],
                d["confidence"],
                d["masked"]
            )
        })
        .collect()
}

fn manifest(dir: &Path) -> Value {
    serde_json::from_slice(&fs::read(dir.join("olvido-manifest.json")).unwrap()).unwrap()
}

#[test]
fn the_archive_comes_out_without_its_data() {
    let home = folder();
    archive(home.path());
    let redacted = run(home.path(), &["redact", "archive", "--out", "clean"]);
    assert_eq!(redacted.status, 0, "{}{}", redacted.stdout, redacted.stderr);
    let out = files(&home.path().join("clean"));
    let names = |files: &[(String, Vec<u8>)]| -> Vec<String> {
        files.iter().map(|(name, _)| name.clone()).filter(|name| name != "olvido-manifest.json").collect()
    };
    assert_eq!(names(&out), names(&files(&home.path().join("archive"))));
    let input = files(&home.path().join("archive"));
    let (mut searched, mut seen) = (0, 0);
    for (category, value) in planted() {
        for form in forms(&value) {
            searched += 1;
            seen += usize::from(input.iter().any(|(_, bytes)| holds(bytes, &form)));
            for (name, bytes) in &out {
                assert!(!holds(bytes, &form), "{name} holds a {category}");
            }
        }
    }
    assert!(searched > 500 && seen > 100, "the forms are not those of the input: {seen} of {searched}");
    let scan = run(home.path(), &["scan", "clean", "--format", "jsonl"]);
    assert!(left(&scan).is_empty(), "{:#?}", left(&scan));
    let manifest = manifest(&home.path().join("clean"));
    assert_eq!(manifest["result"], "redacted");
    assert!(manifest["counts"]["iban"]["label"].as_u64().unwrap() >= 20);
    assert!(manifest["proof"]["values_looked_for"].as_u64().unwrap() > 50);
}

/// Numbers and structure of a JSON document without its strings.
fn skeleton(value: &Value) -> Value {
    match value {
        Value::String(_) => Value::String(String::new()),
        Value::Array(list) => list.iter().map(skeleton).collect(),
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), skeleton(value))).collect(),
        other => other.clone(),
    }
}

#[test]
fn outside_the_edits_nothing_changes() {
    let home = folder();
    archive(home.path());
    assert_eq!(run(home.path(), &["redact", "archive", "--out", "clean"]).status, 0);
    let read = |dir: &str, name: &str| fs::read_to_string(home.path().join(dir).join(name)).unwrap();
    let (before, after) = (read("archive", "tickets.json"), read("clean", "tickets.json"));
    assert_eq!(before.lines().count(), after.lines().count());
    let mut same = 0;
    for (before, after) in before.lines().zip(after.lines()) {
        let [before, after]: [Value; 2] = [before, after].map(|line| serde_json::from_str(line).unwrap());
        assert_eq!(skeleton(&before), skeleton(&after));
        for key in ["id", "created_at", "status", "requester_id", "updated_at"] {
            assert_eq!(before[key], after[key], "{key}");
            same += usize::from(!before[key].is_null());
        }
    }
    assert!(same > 50);
    // Everything between two edits stands as it did.
    let kept = "\"status\":\"closed\"";
    assert_eq!(before.matches(kept).count(), after.matches(kept).count());
}

#[test]
fn pseudonyms_join_across_files_and_not_across_domains_or_keys() {
    let home = folder();
    put(
        home.path(),
        "in/a.json",
        r#"[{"email":"marta.prueba@tienda-inventada.es","note":"IBAN ES9121000418450200051332"}]"#,
    );
    put(
        home.path(),
        "in/b.csv",
        "id,email\n1,Marta.Prueba@tienda-inventada.es\n2,otra@tienda-inventada.es\n",
    );
    for key in ["one.hex", "two.hex"] {
        assert_eq!(run(home.path(), &["key", "create", key]).status, 0);
    }
    let make = |out: &str, key: &str, domain: &str| {
        let run = run(home.path(), &["pseudonymise", "in", "--key", key, "--domain", domain, "--out", out]);
        assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
        let text = |name: &str| fs::read_to_string(home.path().join(out).join(name)).unwrap();
        let json: Value = serde_json::from_str(&text("a.json")).unwrap();
        let rows: Vec<String> = text("b.csv").lines().skip(1).map(|row| row[2..].to_owned()).collect();
        (json[0]["email"].as_str().unwrap().to_owned(), rows, json[0]["note"].as_str().unwrap().to_owned())
    };
    let (email, rows, note) = make("p1", "one.hex", "support");
    assert!(email.ends_with("@example.com"), "{email}");
    assert!(note.starts_with("IBAN iban-"), "{note}");
    assert_eq!(rows[0], email);
    assert_ne!(rows[1], email);
    assert_eq!(make("p2", "one.hex", "support"), (email.clone(), rows, note));
    assert_ne!(make("p3", "one.hex", "sales").0, email);
    assert_ne!(make("p4", "two.hex", "support").0, email);
    let manifest = manifest(&home.path().join("p1"));
    assert_eq!(
        (&manifest["result"], &manifest["domain"]),
        (&"pseudonymised-keyed".into(), &"support".into())
    );
    let key = fs::read_to_string(home.path().join("one.hex")).unwrap();
    for (_, bytes) in files(&home.path().join("p1")) {
        assert!(!holds(&bytes, key.trim().as_bytes()), "the key lies in the output");
    }
    assert_eq!(run(home.path(), &["pseudonymise", "in", "--out", "p5"]).status, 2, "without a key");
}

#[test]
fn a_pseudonymised_archive_scans_clean() {
    let home = folder();
    archive(home.path());
    assert_eq!(run(home.path(), &["key", "create", "k.hex"]).status, 0);
    let done = run(home.path(), &["pseudonymise", "archive", "--key", "k.hex", "--out", "clean"]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    let scan = run(home.path(), &["scan", "clean", "--format", "jsonl", "--key", "k.hex"]);
    assert!(left(&scan).is_empty(), "{:#?}", left(&scan));
}

#[test]
fn a_plan_holds_no_value_and_binds_what_is_applied() {
    let home = folder();
    put(home.path(), "in/ana.ruiz@tienda-inventada.es/a.txt", "mi IBAN es ES9121000418450200051332\n");
    put(home.path(), "in/b.txt", "nada que ver\n");
    let plan = run(home.path(), &["redact", "in", "--plan", "plan.json"]);
    assert_eq!(plan.status, 0, "{}", plan.stderr);
    assert!(!home.path().join("clean").exists());
    let text = fs::read_to_string(home.path().join("plan.json")).unwrap();
    assert!(!text.contains("ana.ruiz") && !text.contains("0418450200"), "{text}");
    let read: Value = serde_json::from_str(&text).unwrap();
    let first = &read["items"][0];
    assert_eq!((&first["outcome"], &first["renamed"]), (&"edited".into(), &true.into()));
    assert_eq!(first["counts"]["iban"]["label"], 1);

    let apply = run(home.path(), &["redact", "in", "--apply", "plan.json", "--out", "clean"]);
    assert_eq!(apply.status, 0, "{}{}", apply.stdout, apply.stderr);
    let out = files(&home.path().join("clean"));
    assert!(
        out.iter().all(|(name, _)| !name.contains("ana.ruiz")),
        "{:?}",
        out.iter().map(|f| &f.0).collect::<Vec<_>>()
    );
    assert!(out.iter().any(|(_, bytes)| bytes == b"mi IBAN es [IBAN]\n"));

    // Another operator, and then another source, are not what was planned.
    let args = ["redact", "in", "--apply", "plan.json", "--out", "other", "--operator", "iban=mask"];
    assert_eq!(run(home.path(), &args).status, 2);
    put(home.path(), "in/b.txt", "ahora DE89370400440532013000\n");
    let changed = run(home.path(), &["redact", "in", "--apply", "plan.json", "--out", "other"]);
    assert_eq!(changed.status, 4, "{}", changed.stderr);
    assert!(changed.stderr.contains("plan-differs"), "{}", changed.stderr);
    assert!(!home.path().join("other").exists() && home.path().join("other.partial").exists());
}

#[test]
fn what_cannot_be_read_is_withheld_unless_it_is_allowed() {
    let home = folder();
    copy_tree(&project("fixtures/broken/archive"), &home.path().join("in"));
    put(home.path(), "in/scan.rar", b"Rar!\x1A\x07\x01\0 contents.ana@tienda-inventada.es");
    let run1 = run(home.path(), &["redact", "in", "--out", "clean"]);
    assert_eq!(run1.status, 3, "{}{}", run1.stdout, run1.stderr);
    let clean = home.path().join("clean");
    assert!(!clean.join("scan.rar").exists());
    let notice = fs::read_to_string(clean.join("scan.rar.withheld.txt")).unwrap();
    assert!(notice.contains("no-reader") && !notice.contains("tienda"), "{notice}");
    for (name, bytes) in files(&clean) {
        assert!(!holds(&bytes, b"olvido.es"), "{name}");
    }
    assert_eq!(manifest(&clean)["withheld_by_code"]["no-reader"], 1);
    let run2 = run(home.path(), &["redact", "in", "--out", "clean2", "--allow-gaps", "no-reader"]);
    assert_eq!(run2.status, 3, "{}", run2.stderr);
    assert!(home.path().join("clean2/scan.rar").exists());
    assert_eq!(manifest(&home.path().join("clean2"))["proof"]["not_searched"]["no-reader"], 1);
}

const MAIL: &str = concat!(
    "From: =?utf-8?Q?Luc=C3=ADa_Ficticia?= <lucia.ficticia@tienda-inventada.es>\r\n",
    "To: soporte@tienda-inventada.es\r\nSubject: =?utf-8?B?RE5JIDEyMzQ1Njc4Wg==?=\r\nMIME-Version: 1.0\r\n",
    "Content-Type: multipart/mixed; boundary=\"b1\"\r\n\r\nno MIME here\r\n--b1\r\n",
    "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n",
    "Hola, soy Luc=EDa Ficticia y mi IBAN es ES91 2100 0418 4502 =\r\n0005 1332, gracias.\r\n--b1\r\n",
    "Content-Type: application/json; name=\"lucia.ficticia@tienda-inventada.es.json\"\r\n",
    "Content-Disposition: attachment; filename=\"lucia.ficticia@tienda-inventada.es.json\"\r\nContent-Transfer-Encoding: base64\r\n\r\n",
    "eyJpZCI6MSwiZSI6Imx1Y2lhLmZpY3RpY2lhQHRpZW5kYS1pbnZlbnRhZGEuZXMifQ==\r\n--b1\r\n",
    "Content-Type: message/rfc822\r\n\r\nFrom: otra.persona@tienda-inventada.es\r\nTo: x@example.org\r\nSubject: hola\r\n\r\n",
    "call +34 655 123 987\r\n--b1\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n",
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ\r\n--b1--\r\n"
);

const MAIL_ORACLE: &str = r#"
import email, email.policy, json, sys
message = email.message_from_binary_file(sys.stdin.buffer, policy=email.policy.default)
out = {"subject": message["Subject"], "parts": []}
for part in message.walk():
    if part.is_multipart():
        continue
    out["parts"].append([part.get_content_type(), part.get_payload(decode=True).decode("utf-8", "replace"), part.defects != []])
print(json.dumps(out))
"#;

#[test]
fn mail_keeps_its_parts_and_loses_its_data() {
    let home = folder();
    put(home.path(), "in/m.eml", MAIL);
    put(
        home.path(),
        "in/two.mbox",
        format!(
            "From a@example.org Tue Mar  5 10:22:33 2024\n{MAIL}\nFrom b@example.org Tue Mar  5 10:22:33 2024\n{MAIL}"
        ),
    );
    let done = run(home.path(), &["redact", "in", "--out", "clean", "--lang", "en"]);
    // The picture is withheld, inside each mail.
    assert_eq!(done.status, 3, "{}{}", done.stdout, done.stderr);
    let clean = home.path().join("clean");
    for (name, bytes) in files(&clean) {
        for value in [
            "lucia.ficticia@tienda-inventada.es",
            "Lucía Ficticia",
            "ES91 2100 0418 4502 0005 1332",
            "12345678Z",
            "+34 655 123 987",
            "otra.persona@tienda-inventada.es",
        ] {
            for form in forms(value) {
                assert!(!holds(&bytes, &form), "{name} holds {value}");
            }
        }
    }
    let scan = run(home.path(), &["scan", "clean", "--format", "jsonl"]);
    assert!(left(&scan).is_empty(), "{:#?}", left(&scan));
    assert_eq!(manifest(&clean)["withheld_by_code"]["malformed-image"], 3);
    let Some(read) = python(MAIL_ORACLE, &fs::read(clean.join("m.eml")).unwrap()) else { return };
    assert_eq!(read["subject"], "DNI [DNI]");
    let parts = read["parts"].as_array().unwrap();
    let kinds: Vec<&str> = parts.iter().map(|part| part[0].as_str().unwrap()).collect();
    assert_eq!(kinds, ["text/plain", "application/json", "text/plain", "image/png"]);
    assert!(parts.iter().all(|part| part[2] == false), "{read}");
    assert!(parts[0][1].as_str().unwrap().contains("mi IBAN es [IBAN], gracias."), "{read}");
    assert_eq!(parts[1][1], "{\"id\":1,\"e\":\"[e-mail address]\"}");
}

/// A mail with one part in a transfer encoding.
fn mail(encoding: &str, body: &str) -> String {
    format!(
        "From: A <a@example.org>\r\nTo: b@example.org\r\nSubject: x\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{body}\r\n"
    )
}

/// Quoted-printable with a soft line end every 30 signs, wherever that falls.
fn quoted(text: &str) -> String {
    let mut out = String::new();
    let mut width = 0;
    for byte in text.bytes() {
        let sign = match byte {
            b' '..=b'<' | b'>'..=b'~' => char::from(byte).to_string(),
            _ => format!("={byte:02X}"),
        };
        if width + sign.len() > 30 {
            out.push_str("=\r\n");
            width = 0;
        }
        width += sign.len();
        out.push_str(&sign);
    }
    out
}

/// Base64 with its padding.
fn padded(text: &str) -> String {
    let mut out = base64(text.as_bytes());
    while !out.len().is_multiple_of(4) {
        out.push('=');
    }
    out
}

#[test]
fn planted_values_stand_nowhere_in_any_encoding_of_any_format() {
    let values = [
        "lucia.ficticia@tienda-inventada.es",
        "ES9121000418450200051332",
        "+34 655 123 987",
        "12345678Z",
        "iñaki.muñoz@correo-inventado.es",
    ];
    let text = format!(
        "escriba a {}, mi IBAN es {}, tel. {}, DNI {}, o a {}; gracias",
        values[0], values[1], values[2], values[3], values[4]
    );
    let home = folder();
    let dir = home.path();
    let escaped: String = text
        .chars()
        .map(|c| if c.is_ascii_alphabetic() { format!("\\u{:04x}", c as u32) } else { c.to_string() })
        .collect();
    let entities: String = text.chars().map(|c| format!("&#{};", c as u32)).collect();
    let percent: String = values[0].bytes().map(|byte| format!("%{byte:02X}")).collect();
    let wide = |big: bool| -> Vec<u8> {
        let units = format!("\u{feff}{text}\n");
        units.encode_utf16().flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect()
    };
    put(dir, "in/plain.txt", &text);
    put(dir, "in/latin.txt", encoding_rs::WINDOWS_1252.encode(&format!("señor, año, {text}\r\n")).0);
    put(dir, "in/little.txt", wide(false));
    put(dir, "in/big.txt", wide(true));
    put(dir, "in/doc.json", format!("{{\"id\":1,\"body\":\"{text}\",\"again\":\"{escaped}\"}}"));
    put(dir, "in/lines.ndjson", format!("{{\"a\":\"{text}\"}}\n{{\"b\":\"{escaped}\"}}\n"));
    put(dir, "in/rows.csv", format!("id,body\r\n1,\"{text}\"\r\n2,\"say \"\"{}\"\" now\"\r\n", values[0]));
    put(dir, "in/page.html", format!("<p>{text}</p><p>{entities}</p><a href=\"mailto:{percent}\">x</a>"));
    put(dir, "in/note.md", format!("# Note\n\n- {text}\n"));
    put(dir, "in/quoted.eml", mail("quoted-printable", &quoted(&text)));
    put(dir, "in/base.eml", mail("base64", &padded(&text)));
    let parts = [mail("quoted-printable", &quoted(&text)), mail("base64", &padded(&text))];
    let mbox: String = parts
        .iter()
        .map(|part| format!("From a@example.org Tue Mar  5 10:22:33 2024\r\n{part}\r\n"))
        .collect();
    put(dir, "in/two.mbox", mbox);
    for command in [&["redact"][..], &["redact", "--operator", "email-address=remove"]] {
        let out = format!("clean{}", command.len());
        let mut args = command.to_vec();
        args.extend(["in", "--out", &out, "--lang", "es"]);
        let done = run(dir, &args);
        assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
        let mut read = 0;
        for (name, bytes) in files(&dir.join(&out)) {
            read += 1;
            // Soft line ends of quoted-printable part a value without hiding it.
            let mut joined = bytes.clone();
            for soft in [&b"=\r\n"[..], b"=\n"] {
                while let Some(at) = joined.windows(soft.len()).position(|window| window == soft) {
                    joined.drain(at..at + soft.len());
                }
            }
            for value in values {
                for form in forms(value) {
                    assert!(!holds(&bytes, &form) && !holds(&joined, &form), "{name} holds {value}");
                }
            }
        }
        assert_eq!(read, 13);
    }
    // What was there is found where nothing was done, so the search can fail.
    let found = files(&dir.join("in"))
        .iter()
        .filter(|(_, bytes)| forms(values[0]).iter().any(|form| holds(bytes, form)))
        .count();
    assert!(found >= 9, "{found}");
}

/// What Python says of some bytes; none where there is no Python.
fn python(script: &str, stdin: &[u8]) -> Option<Value> {
    let child =
        Command::new("python3").args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        println!("SKIPPED: there is no python3 to ask");
        return None;
    };
    child.stdin.take().unwrap().write_all(stdin).unwrap();
    let output = child.wait_with_output().unwrap();
    Some(serde_json::from_slice(&output.stdout).expect("Python's own parser reads it"))
}

const TREE_ORACLE: &str = r#"
import csv, email, email.policy, io, json, os, sys
root = sys.stdin.read()
bad, read = [], 0
for folder, _, names in os.walk(root):
    for name in names:
        path = os.path.join(folder, name)
        data = open(path, "rb").read()
        try:
            if name == "tickets.json" or name.endswith(".ndjson"):
                [json.loads(line) for line in data.decode("utf-8").split("\n") if line.strip()]
            elif name.endswith(".json"):
                json.loads(data.decode("utf-8-sig"))
            elif name.endswith(".csv"):
                text = data.decode("utf-8-sig", "strict") if b"\xef\xbb\xbf" in data[:3] or not any(b > 127 for b in data) else data.decode("cp1252")
                comma = ";" if text.split("\n")[0].count(";") > text.split("\n")[0].count(",") else ","
                rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=comma, strict=True))
                assert len({len(row) for row in rows if row}) == 1, "ragged"
            elif name.endswith(".eml"):
                message = email.message_from_bytes(data, policy=email.policy.default)
                assert not [part for part in message.walk() if part.defects], "defects"
            else:
                continue
            read += 1
        except Exception as error:
            bad.append([name, repr(error)])
print(json.dumps({"bad": bad, "read": read}))
"#;

#[test]
fn parsers_that_are_not_ours_open_the_result() {
    let home = folder();
    archive(home.path());
    assert_eq!(run(home.path(), &["redact", "archive", "--out", "clean"]).status, 0);
    let clean = home.path().join("clean");
    let Some(read) = python(TREE_ORACLE, clean.to_str().unwrap().as_bytes()) else { return };
    assert_eq!(read["bad"].as_array().unwrap().len(), 0, "{read}");
    assert!(read["read"].as_u64().unwrap() >= 8, "{read}");
}

#[test]
fn every_operator_writes_what_it_says() {
    let home = folder();
    put(
        home.path(),
        "in/a.txt",
        "Please note the IBAN ES9121000418450200051332 and the mail marta@tienda-inventada.es, the phone +34 655 123 987, the card 4556737586899855 and the server 83.45.12.9.\n",
    );
    let args = [
        "redact",
        "in",
        "--out",
        "clean",
        "--operator",
        "iban=mask",
        "--operator",
        "phone-number=remove",
        "--operator",
        "ip-address=generalise",
    ];
    let done = run(home.path(), &args);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    let text = fs::read_to_string(home.path().join("clean/a.txt")).unwrap();
    assert_eq!(
        text,
        "Please note the IBAN ••••••••••••••••••••••32 and the mail [e-mail address], the phone , the card [payment card] and the server 83.45.12.x/24.\n"
    );
    let labels = run(home.path(), &["redact", "in", "--out", "german", "--lang", "de"]);
    assert_eq!(labels.status, 0);
    let text = fs::read_to_string(home.path().join("german/a.txt")).unwrap();
    assert!(text.contains("[E-Mail-Adresse]") && text.contains("[Zahlungskarte]"), "{text}");
}

#[test]
fn what_was_removed_once_is_removed_everywhere() {
    let home = folder();
    // Only the first file says what the number is; in the second it is a bare number.
    put(home.path(), "in/a.txt", "mi IBAN: ES91 2100 0418 4502 0005 1332\n");
    put(
        home.path(),
        "in/b.txt",
        "refES91 / 9121000418450200051332 / ES91-2100-0418-4502-0005-1332x ES91_2100_0418_4502_0005_1332\n",
    );
    put(home.path(), "in/c.json", r#"{"a":"es91/2100/0418/4502/0005/1332"}"#);
    let done = run(home.path(), &["redact", "in", "--out", "clean"]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    let b = fs::read_to_string(home.path().join("clean/b.txt")).unwrap();
    assert!(b.ends_with("[IBAN]\n"), "{b}");
    let c = fs::read_to_string(home.path().join("clean/c.json")).unwrap();
    assert_eq!(c, r#"{"a":"[IBAN]"}"#);
    assert!(manifest(&home.path().join("clean"))["proof"]["removed_later"].as_u64().unwrap() >= 1);
}

#[test]
fn names_of_files_lose_what_was_removed_from_texts() {
    let home = folder();
    let user = r#"{"users":[{"id":9,"role":"end-user","email":"marta@tienda-inventada.es","name":"Marta Inventada","two_factor_auth_enabled":false,"ticket_restriction":null,"active":true,"suspended":false}]}"#;
    put(home.path(), "in/users.json", user);
    put(home.path(), "in/Marta Inventada/contrato marta inventada.txt", "nada\n");
    put(home.path(), "in/Marta Inventada/otro.txt", "nada\n");
    let done = run(home.path(), &["redact", "in", "--out", "clean", "--lang", "es"]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    for entry in walkdir::WalkDir::new(home.path().join("clean")) {
        let name = entry.unwrap().file_name().to_str().unwrap().to_lowercase();
        assert!(!name.contains("inventada"), "{name}");
    }
    let out = files(&home.path().join("clean"));
    assert_eq!(out.len(), 4, "{:?}", out.iter().map(|f| &f.0).collect::<Vec<_>>());
}

#[test]
fn every_fixture_scans_clean_after_redaction() {
    let home = folder();
    for part in ["formats/mail", "formats/html", "broken/archive"] {
        copy_tree(&project("fixtures").join(part), &home.path().join("in").join(part));
    }
    let done = run(home.path(), &["redact", "in", "--out", "clean"]);
    assert_eq!(done.status, 3, "{}{}", done.stdout, done.stderr);
    let scan = run(home.path(), &["scan", "clean", "--format", "jsonl"]);
    assert!(left(&scan).is_empty(), "{:#?}", left(&scan));
    let out = files(&home.path().join("clean"));
    let edited = |name: &str| out.iter().any(|(path, _)| path.ends_with(name));
    for name in ["everything.eml", "three.mbox", "undeclared.eml", "headerless.eml", "article.html"] {
        assert!(edited(name) || edited(&format!("{name}.withheld.txt")), "{name} is gone");
    }
    println!("{}", done.stdout);
}

#[test]
fn every_export_scans_clean_after_redaction_and_holds_no_value_it_had() {
    let mut exports: Vec<(String, PathBuf)> = Vec::new();
    for group in ["helpdesks", "audits"] {
        for entry in fs::read_dir(project("fixtures").join(group)).unwrap() {
            let path = entry.unwrap().path().join("archive");
            if path.is_dir() {
                exports
                    .push((path.parent().unwrap().file_name().unwrap().to_str().unwrap().to_owned(), path));
            }
        }
    }
    assert!(exports.len() >= 13, "{exports:?}");
    let home = folder();
    for (name, archive) in exports {
        copy_tree(&archive, &home.path().join(&name));
        let clean = format!("{name}-clean");
        let done = run(home.path(), &["redact", &name, "--out", &clean, "--lang", "es"]);
        // A PDF lies in one of them, which is withheld.
        assert_eq!(
            done.status,
            if name == "violations" { 3 } else { 0 },
            "{name}: {}{}",
            done.stdout,
            done.stderr
        );
        let scan = run(home.path(), &["scan", &clean, "--format", "jsonl"]);
        // OTRS makes the ids of calendar entries look like addresses: they stay, and the manifest says so.
        let told = told_to_stay(&home.path().join(&clean));
        let ids = if ["otobo", "znuny"].contains(&name.as_str()) { 1 } else { 0 };
        assert_eq!(told.get("email-address").copied().unwrap_or(0), ids, "{name}: {told:?}");
        let id_left = |line: &String| line.contains("/unique_id\"") && line.contains("email-address");
        let (stay, wrong): (Vec<String>, Vec<String>) = left(&scan).into_iter().partition(id_left);
        assert!(wrong.is_empty(), "{name}: {wrong:#?}");
        assert_eq!(stay.len() as u64, ids, "{name}: {stay:?}");
        // Values with check digits, as they stand in the archive, stand nowhere in what comes out.
        let plain = files(&home.path().join(&name));
        let values: BTreeSet<String> = plain.iter().flat_map(|(_, bytes)| ibans(bytes)).collect();
        assert!(
            // Of these two audits nothing is to be found, and nobody's data is in them.
            !values.is_empty() || ["clean", "nothing-kept"].contains(&name.as_str()),
            "{name} has an IBAN"
        );
        for (path, bytes) in files(&home.path().join(&clean)) {
            for value in &values {
                assert!(!forms(value).iter().any(|form| holds(&bytes, form)), "{name}/{path}");
            }
        }
    }
}

/// What the manifest says was seen and stays, by category.
fn told_to_stay(dir: &Path) -> std::collections::BTreeMap<String, u64> {
    let manifest = manifest(dir);
    let left = manifest["left"].as_object().into_iter().flatten();
    left.map(|(category, reasons)| {
        let count = reasons.as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
        (category.clone(), count)
    })
    .collect()
}

/// Spanish account numbers that stand in some bytes as they are.
fn ibans(bytes: &[u8]) -> Vec<String> {
    let is_iban = |window: &&[u8]| window.starts_with(b"ES") && window[2..].iter().all(u8::is_ascii_digit);
    bytes.windows(24).filter(is_iban).map(|window| String::from_utf8(window.to_vec()).unwrap()).collect()
}

#[test]
fn keys_charsets_and_split_values_are_edited_exactly() {
    let home = folder();
    put(home.path(), "in/keys.json", r#"{"uno@tienda-inventada.es":1,"dos@tienda-inventada.es":2}"#);
    let latin = encoding_rs::WINDOWS_1252
        .encode("señora, correo: íñigo, ana.ruiz@tienda-inventada.es; ¡adiós!\r\n")
        .0
        .into_owned();
    put(home.path(), "in/latin.txt", &latin);
    let wide: Vec<u8> =
        "\u{feff}correo: ana.ruiz@tienda-inventada.es\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    put(home.path(), "in/wide.txt", wide);
    put(
        home.path(),
        "in/page.html",
        "<p>IBAN <b>ES91</b>21000418450200051332</p><a href=\"mailto:ana.ruiz%40tienda-inventada.es\">x</a>",
    );
    put(
        home.path(),
        "in/numbers.json",
        "{\"phone\": 34655123987, \"iban\" : \"ES91\\u003210\\u00300418450200051332\"}",
    );
    let done = run(home.path(), &["redact", "in", "--out", "clean", "--lang", "es"]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    let read = |name: &str| fs::read(home.path().join("clean").join(name)).unwrap();
    let keys: Value = serde_json::from_slice(&read("keys.json")).unwrap();
    assert_eq!(keys.as_object().unwrap().len(), 2, "{keys}");
    let want = encoding_rs::WINDOWS_1252
        .encode("señora, correo: íñigo, [correo electrónico]; ¡adiós!\r\n")
        .0
        .into_owned();
    assert_eq!(read("latin.txt"), want);
    let wide: Vec<u8> =
        "\u{feff}correo: [correo electrónico]\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(read("wide.txt"), wide);
    let page = String::from_utf8(read("page.html")).unwrap();
    assert!(page.starts_with("<p>IBAN <b>[IBAN]</b></p><a href=\"") && !page.contains("ana.ruiz"), "{page}");
    let numbers: Value = serde_json::from_slice(&read("numbers.json")).unwrap();
    assert_eq!(numbers["iban"], "[IBAN]");
}

#[test]
fn large_files_go_through_in_pieces() {
    let home = folder();
    let line = |n: usize| {
        format!(
            "{{\"id\":{n},\"note\":\"writes from user{n}@tienda-inventada.es about {}\"}}\n",
            "x".repeat(300)
        )
    };
    let rows: String = (0..16_000).map(line).collect();
    assert!(rows.len() > 4 << 20);
    put(home.path(), "in/big.ndjson", &rows);
    let done = run(home.path(), &["redact", "in", "--out", "clean", "--lang", "en", "--threads", "2"]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    let text = fs::read_to_string(home.path().join("clean/big.ndjson")).unwrap();
    let want: String = (0..16_000)
        .map(|n| line(n).replace(&format!("user{n}@tienda-inventada.es"), "[e-mail address]"))
        .collect();
    assert!(text == want);
    // One thread gives the same bytes.
    assert_eq!(
        run(home.path(), &["redact", "in", "--out", "again", "--lang", "en", "--threads", "1"]).status,
        0
    );
    assert!(fs::read(home.path().join("again/big.ndjson")).unwrap() == text.as_bytes());
}

#[test]
fn places_that_cannot_be_written_are_refused_before_anything_is_done() {
    let home = folder();
    put(home.path(), "in/a.txt", "ana@tienda-inventada.es\n");
    put(home.path(), "there/x", "");
    put(home.path(), "old.partial/x", "");
    for args in [
        vec!["redact", "in"],
        vec!["redact", "in", "--out", "there"],
        vec!["redact", "in", "--out", "old"],
        vec!["redact", "in", "--out", "in/clean"],
        vec!["redact", "in", "--out", "no/where"],
        vec!["redact", "-", "--out", "clean"],
        vec!["redact", "in", "--out", "clean", "--operator", "shoe-size=mask"],
        vec!["redact", "in", "--out", "clean", "--operator", "iban=eat"],
        vec!["redact", "in", "--out", "clean", "--operator", "secret=pseudonym"],
        vec!["redact", "in", "--out", "clean", "--lang", "xx"],
        vec!["redact", "in", "--out", "clean", "--apply", "in/a.txt"],
    ] {
        let run = run(home.path(), &args);
        assert_eq!(run.status, 2, "{args:?} {}", run.stderr);
        assert!(!run.stderr.contains("ana@"), "{args:?}");
    }
    assert_eq!(files(&home.path().join("in")).len(), 1);
    assert!(!home.path().join("clean").exists() && !home.path().join("clean.partial").exists());
}

#[test]
fn a_value_that_is_listed_goes_wherever_it_stands() {
    let home = folder();
    let text = "el expediente de kruse-okafor, KRUSE-OKAFOR y no kruse-okaforina\n";
    put(home.path(), "in/a.txt", text);
    assert_eq!(run(home.path(), &["redact", "in", "--out", "plain"]).status, 0);
    assert_eq!(fs::read_to_string(home.path().join("plain/a.txt")).unwrap(), text, "no detector sees it");
    let listed = "deny:\n  - {category: person-name, exact: Kruse-Okafor, reason: r}\n";
    put(home.path(), "olvido.yaml", format!("schema: olvido/config/v1\n{listed}"));
    let done = run(home.path(), &["redact", "in", "--out", "clean"]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    let clean = fs::read_to_string(home.path().join("clean/a.txt")).unwrap();
    assert!(
        !clean.to_lowercase().contains("okafor,") && clean.ends_with(" y no kruse-okaforina\n"),
        "{clean}"
    );
    assert_eq!(clean.matches('[').count(), 2, "{clean}");
    let scanned = run(home.path(), &["scan", "in", "--format", "jsonl"]);
    let found = scanned.of_type("detection");
    assert_eq!(found.len(), 2, "{}", scanned.stdout);
    assert!(found.iter().all(|line| line["category"] == "person-name"), "{}", scanned.stdout);
    assert!(!format!("{}{}", scanned.stdout, scanned.stderr).to_lowercase().contains("okafor"));
}

#[test]
fn ignored_files_are_not_copied_and_empty_ones_are() {
    let home = folder();
    put(home.path(), "olvido.yaml", "schema: olvido/config/v1\nignore: ['**/*.log']\n");
    put(home.path(), "in/x.log", "ana@tienda-inventada.es\n");
    put(home.path(), "in/empty.txt", "");
    put(home.path(), "in/olvido-manifest.json", "{}");
    assert_eq!(run(home.path(), &["redact", "in", "--out", "clean"]).status, 0);
    let names: Vec<String> = files(&home.path().join("clean")).into_iter().map(|file| file.0).collect();
    assert_eq!(names, ["empty.txt", "item 3 olvido-manifest.json", "olvido-manifest.json"]);
    assert_eq!(manifest(&home.path().join("clean"))["excluded"], 1);
}

#[cfg(unix)]
#[test]
fn in_place_keeps_originals_modes_and_what_it_did_not_touch() {
    use std::os::unix::fs::PermissionsExt;
    let home = folder();
    let text = "mi IBAN es ES9121000418450200051332\n";
    let edited = put(home.path(), "in/a.txt", text);
    fs::set_permissions(&edited, fs::Permissions::from_mode(0o640)).unwrap();
    put(home.path(), "in/b.txt", "nada que ver\n");
    put(home.path(), "in/ana.ruiz@tienda-inventada.es/c.txt", "nada\n");
    put(home.path(), "in/scan.pdf", "%PDF-1.7");
    put(home.path(), "olvido.yaml", "schema: olvido/config/v1\nignore: ['**/*.log']\n");
    put(home.path(), "in/x.log", "ignored\n");
    assert_eq!(run(home.path(), &["redact", "in", "--in-place"]).status, 2);
    let refused = run(home.path(), &["redact", "in", "--in-place", "--no-backup"]);
    assert_eq!(refused.status, 2, "{}", refused.stderr);
    assert_eq!(fs::read_to_string(&edited).unwrap(), text);

    let done = run(home.path(), &["redact", "in", "--in-place", "--keep-original", "old"]);
    assert_eq!(done.status, 3, "{}{}", done.stdout, done.stderr);
    let names =
        |dir: &str| -> Vec<String> { files(&home.path().join(dir)).into_iter().map(|f| f.0).collect() };
    assert_eq!(
        names("in"),
        [
            "[e-mail address]/c.txt",
            "a.txt",
            "b.txt",
            "olvido-manifest.json",
            "scan.pdf.withheld.txt",
            "x.log"
        ]
    );
    assert_eq!(names("old"), ["a.txt", "ana.ruiz@tienda-inventada.es/c.txt", "scan.pdf"]);
    assert_eq!(fs::read_to_string(&edited).unwrap(), "mi IBAN es [IBAN]\n");
    assert_eq!(fs::metadata(&edited).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(fs::read_to_string(home.path().join("old/a.txt")).unwrap(), text);
    let beside: Vec<String> =
        fs::read_dir(home.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    assert!(
        beside.iter().all(|name| !name.contains("olvido-stage") && !name.contains("journal")),
        "{beside:?}"
    );
    assert_eq!(run(home.path(), &["redact", "in", "--in-place", "--resume"]).status, 2, "nothing to resume");
}

#[cfg(unix)]
#[test]
fn a_stopped_in_place_run_is_resumed() {
    let home = folder();
    let root = fs::canonicalize(home.path()).unwrap();
    put(home.path(), "in/a.txt", "old a\n");
    put(home.path(), "old/b.txt", "old b\n");
    put(home.path(), "in.olvido-stage/a.txt", "new a\n");
    put(home.path(), "in.olvido-stage/b.txt", "new b\n");
    let path = |name: &str| root.join(name).to_str().unwrap().to_owned();
    let journal = serde_json::json!({
        "root": path("in"), "stage": path("in.olvido-stage"), "keep": path("old"),
        "moves": [{"old": "a.txt", "new": "a.txt"}, {"old": "b.txt", "new": "b.txt"}, {"old": "c.txt", "new": "c.txt"}],
    });
    put(home.path(), "in.olvido-journal", journal.to_string());
    assert_eq!(run(home.path(), &["redact", "in", "--in-place", "--no-backup"]).status, 2, "unfinished");
    let resumed = run(home.path(), &["redact", "in", "--in-place", "--resume"]);
    assert_eq!(resumed.status, 0, "{}", resumed.stderr);
    let all = files(home.path());
    let text = |name: &str| all.iter().find(|f| f.0 == name).map(|f| String::from_utf8(f.1.clone()).unwrap());
    for (name, want) in
        [("in/a.txt", "new a\n"), ("in/b.txt", "new b\n"), ("old/a.txt", "old a\n"), ("old/b.txt", "old b\n")]
    {
        assert_eq!(text(name).as_deref(), Some(want), "{name}");
    }
    assert_eq!(all.len(), 4);
}

#[cfg(unix)]
#[test]
fn a_key_among_the_data_and_links_are_withheld() {
    let home = folder();
    assert_eq!(run(home.path(), &["key", "create", "in/secret.key"]).status, 0);
    std::os::unix::fs::symlink("secret.key", home.path().join("in/link")).unwrap();
    let done = run(home.path(), &["pseudonymise", "in", "--key", "in/secret.key", "--out", "clean"]);
    assert_eq!(done.status, 3, "{}{}", done.stdout, done.stderr);
    let key = fs::read_to_string(home.path().join("in/secret.key")).unwrap();
    let out = files(&home.path().join("clean"));
    assert_eq!(out.len(), 3);
    for (name, bytes) in out {
        assert!(!holds(&bytes, key.trim().as_bytes()), "{name}");
    }
}
