//! Every bad input is a gap with its path and reason; the rest goes on; the status is 3.

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

use std::path::Path;

use support::{Run, folder, olvido, private, put, run, run_with_stdin};

const GOOD: &str = "Escríbame a ana.pardo@acme-olvido.es, gracias.\n";

fn scan(home: &Path, what: &str) -> Run {
    private(&home.join(what));
    run(home, &["scan", what, "--format", "jsonl", "--as-of", "2026-11-22"])
}

fn paths(run: &Run, kind: &str) -> Vec<String> {
    run.of_type(kind).iter().map(|line| line["path"].as_str().unwrap().to_owned()).collect()
}

/// The address in the good file is found whatever lies beside it.
fn assert_rest_went_on(run: &Run) {
    let found = run
        .of_type("detection")
        .into_iter()
        .any(|d| d["category"] == "email-address" && d["path"] == "in/z-good.txt");
    assert!(found, "the good file was not scanned\n{}\n{}", run.stdout, run.stderr);
}

fn case(name: &str, bytes: &[u8], code: &str) -> Run {
    let home = folder();
    put(home.path(), &format!("in/{name}"), bytes);
    put(home.path(), "in/z-good.txt", GOOD);
    let run = scan(home.path(), "in");
    assert!(run.gap_codes().contains(&code.to_owned()), "{name}: {:?}\n{}", run.gap_codes(), run.stderr);
    let at = run.of_type("gap").into_iter().find(|gap| gap["code"] == code).unwrap();
    assert_eq!(at["path"], format!("in/{name}"));
    assert!(!at["message"].as_str().unwrap().is_empty());
    assert_eq!(run.status, 3, "{}", run.stderr);
    assert_rest_went_on(&run);
    run
}

#[test]
fn truncated_json_is_a_gap_and_its_text_is_still_scanned() {
    let run = case(
        "cut.json",
        br#"{"tickets":[{"id":1,"subject":"IBAN ES9121000418450200051332","descr"#,
        "malformed-json",
    );
    assert!(run.of_type("detection").iter().any(|d| d["category"] == "iban"));
}

#[test]
fn a_broken_line_of_ndjson_costs_only_that_line() {
    let text = "{\"id\":1,\"body\":\"a@acme-olvido.es\"}\n{\"id\":2,\"body\":\"b@acme-olvido.es\n{\"id\":3,\"body\":\"c@acme-olvido.es\"}\n";
    let run = case("x.ndjson", text.as_bytes(), "malformed-json");
    let found = run
        .of_type("detection")
        .iter()
        .filter(|d| d["path"] == "in/x.ndjson" && d["category"] == "email-address")
        .count();
    assert_eq!(found, 3);
}

#[test]
fn invalid_utf8_is_read_and_told() {
    let mut bytes = b"telefono \xff\xfe\xfa y luis@acme-olvido.es ".to_vec();
    bytes.extend_from_slice("\u{20ac} \u{1f600} ñ ü é ".repeat(30).as_bytes());
    bytes.extend_from_slice(b"\xc3");
    let run = case("bad.txt", &bytes, "invalid-bytes");
    assert!(run.of_type("detection").iter().any(|d| d["path"] == "in/bad.txt"));
}

#[test]
fn nul_bytes_in_text_are_read_and_told() {
    let run = case(
        "nul.txt",
        b"uno\0dos luis@acme-olvido.es tres y cuatro y cinco y seis y siete",
        "invalid-bytes",
    );
    assert!(run.of_type("detection").iter().any(|d| d["path"] == "in/nul.txt"));
}

#[test]
fn deep_json_is_scanned_as_text_and_told() {
    let deep = format!("{}\"eva@acme-olvido.es\"{}", "[".repeat(5000), "]".repeat(5000));
    let run = case("deep.json", deep.as_bytes(), "too-deep");
    assert!(run.of_type("detection").iter().any(|d| d["path"] == "in/deep.json"));
}

#[test]
fn an_image_is_a_gap_and_not_silence() {
    case("scan.png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01", "image-not-read");
}

#[test]
fn an_executable_is_by_nature_and_leaves_the_run_complete() {
    let home = folder();
    put(home.path(), "in/tool", b"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00>\x00");
    put(home.path(), "in/z-good.txt", GOOD);
    let run = scan(home.path(), "in");
    assert_eq!(run.of_type("gap")[0]["class"], "by-nature");
    assert_eq!(run.status, 0, "{}", run.stderr);
}

#[cfg(unix)]
#[test]
fn links_pipes_and_loops_are_told() {
    let home = folder();
    put(home.path(), "in/z-good.txt", GOOD);
    std::os::unix::fs::symlink(home.path().join("in"), home.path().join("in/loop")).unwrap();
    let fifo = home.path().join("in/fifo");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let run = run(home.path(), &["scan", "in", "--format", "jsonl"]);
    assert_eq!(run.gap_codes(), ["not-a-regular-file", "link-not-followed"]);
    assert_eq!(paths(&run, "gap"), ["in/fifo", "in/loop"]);
    assert_rest_went_on(&run);
}

#[cfg(unix)]
#[test]
fn a_file_without_permission_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let home = folder();
    put(home.path(), "in/z-good.txt", GOOD);
    let locked = put(home.path(), "in/locked.txt", GOOD);
    private(&home.path().join("in"));
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::File::open(&locked).is_ok() {
        println!("SKIPPED: this account may read everything (root), so a permission error cannot be made");
        return;
    }
    let run = run(home.path(), &["scan", "in", "--format", "jsonl"]);
    assert_eq!(run.gap_codes(), ["permission-denied"]);
    assert_eq!(run.status, 3);
    assert_rest_went_on(&run);
}

#[test]
fn one_very_long_line_is_scanned_to_its_end_in_bounded_memory() {
    let home = folder();
    let mut line = "palabra ".repeat(700_000);
    line.push_str("fin@acme-olvido.es ");
    line.push_str(&"otra ".repeat(600_000));
    let at = line.find("fin@").unwrap() as u64;
    put(home.path(), "in/long.txt", &line);
    let run = scan(home.path(), "in");
    let found = run.of_type("detection");
    assert_eq!(found.len(), 1, "{}", run.stdout);
    assert_eq!((found[0]["line"].as_u64(), found[0]["column"].as_u64()), (Some(1), Some(at + 1)));
    assert_eq!(found[0]["start"].as_u64(), Some(at));
    assert_eq!(run.status, 0);
}

#[test]
fn a_json_string_longer_than_a_block_is_scanned_whole() {
    let home = folder();
    let text = format!("{}fin@acme-olvido.es{}", "palabra ".repeat(100_000), " otra".repeat(80_000));
    put(home.path(), "in/long.json", format!("{{\"id\":1,\"body\":\"{text}\"}}"));
    let run = scan(home.path(), "in");
    let found = run.of_type("detection");
    assert_eq!(found.len(), 1, "{}", run.stdout);
    assert_eq!(found[0]["start"].as_u64(), Some(800_000));
    assert_eq!(found[0]["field"], "/body");
}

#[test]
fn text_in_other_charsets_is_read() {
    let home = folder();
    let (cp1252, _, _) = encoding_rs::WINDOWS_1252.encode("Mañana y años después: jose@acme-olvido.es, ¿sí?");
    put(home.path(), "in/a.txt", cp1252);
    let utf16: Vec<u8> =
        "\u{feff}Señor: eva@acme-olvido.es".encode_utf16().flat_map(u16::to_le_bytes).collect();
    put(home.path(), "in/b.txt", utf16);
    let bare: Vec<u8> =
        "Correo de prueba: leo@acme-olvido.es y adiós".encode_utf16().flat_map(u16::to_be_bytes).collect();
    put(home.path(), "in/c.txt", bare);
    let run = scan(home.path(), "in");
    assert_eq!(paths(&run, "detection"), ["in/a.txt", "in/b.txt", "in/c.txt"], "{}", run.stdout);
    assert_eq!(run.status, 0);
}

#[test]
fn an_empty_folder_and_empty_files_are_complete() {
    let home = folder();
    put(home.path(), "in/empty.json", "");
    put(home.path(), "in/empty.csv", "");
    let run = scan(home.path(), "in");
    assert_eq!((run.status, run.gap_codes().len()), (0, 0), "{}", run.stdout);
}

#[test]
fn standard_input_is_read_as_what_it_is() {
    let home = folder();
    let run = run_with_stdin(
        home.path(),
        &["scan", "-", "--format", "jsonl"],
        b"{\"id\":7,\"body\":\"ana@acme-olvido.es\"}\n{\"id\":8}\n",
    );
    let found = run.of_type("detection");
    assert_eq!(found.len(), 1);
    assert_eq!((found[0]["field"].as_str(), found[0]["path"].as_str()), (Some("/body"), Some("-")));
}

#[test]
fn wrong_arguments_stop_before_anything_is_read() {
    let home = folder();
    put(home.path(), "in/a.txt", GOOD);
    let cases: &[(&[&str], &str)] = &[
        (&["scan", "nowhere"], "path-not-found"),
        (&["scan", "in", "--format", "pdf"], "format-unknown"),
        (&["scan", "in", "-o", "sarif"], "output-form"),
        (&["scan", "in", "-o", "sarif=none/x"], "output-no-place"),
        (&["scan", "in", "--as-of", "soon"], "as-of-no-date"),
        (&["scan", "in", "--pack", "no-such"], "pack"),
        (&["scan", "in", "--key", "none"], "key-unreadable"),
        (&["scan", "in", "--config", "none"], "config-unreadable"),
        (&["scan", "in", "--policies", "none"], "policies-no-folder"),
        (&["scan", "in", "--threads", "0"], "threads-none"),
        (&["scan"], "no-paths"),
        (&["scna"], "unrecognized"),
    ];
    for (args, code) in cases {
        let run = run(home.path(), args);
        assert_eq!(run.status, 2, "{args:?}");
        assert!(run.stderr.contains(code), "{args:?}\n{}", run.stderr);
        assert!(run.stdout.is_empty(), "{args:?}");
    }
}

#[test]
fn a_wrong_policy_is_told_with_its_line_before_anything_is_read() {
    let home = folder();
    put(home.path(), "in/a.txt", GOOD);
    put(home.path(), "own/rules/x.yaml", "schema: olvido/policy/v1\nrules:\n  - id: x/y\n    wen: true\n");
    let run = run(home.path(), &["scan", "in", "--policies", "own"]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("own/rules/x.yaml:4:"), "{}", run.stderr);
    assert!(run.stderr.lines().any(|line| line.trim_end().ends_with('^')), "{}", run.stderr);
    assert!(run.stdout.is_empty());
}

#[test]
fn a_configuration_leaves_out_and_accepts_as_it_says() {
    let home = folder();
    put(home.path(), "in/skip.log", GOOD);
    put(home.path(), "in/scan.png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR");
    put(home.path(), "in/z-good.txt", GOOD);
    put(
        home.path(),
        "olvido.yaml",
        "schema: olvido/config/v1\nignore: ['**/*.log']\naccept_gaps:\n  - {path: '**/*.png', reason: photos of screens, who: dpo, until: 2027-01-01}\n",
    );
    let run = scan(home.path(), "in");
    assert_eq!(run.status, 0, "{}", run.stdout);
    assert_eq!(run.summary()["excluded"], 1);
    assert_eq!(run.of_type("gap")[0]["accepted"], "dpo until 2027-01-01");
    private(&home.path().join("in"));
    let later = support::run(home.path(), &["scan", "in", "--format", "jsonl", "--as-of", "2027-01-01"]);
    assert_eq!(later.status, 3);
}

#[cfg(unix)]
#[test]
fn a_pipe_into_head_is_no_fault() {
    let home = folder();
    for number in 0..3000 {
        put(home.path(), &format!("in/{number}.txt"), GOOD);
    }
    let mut child = olvido(home.path())
        .args(["scan", "in", "--format", "jsonl"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(!stderr.contains("panicked") && !stderr.contains("fault"), "{stderr}");
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_with_130_and_a_report_that_says_so() {
    let home = folder();
    for number in 0..200 {
        put(home.path(), &format!("in/{number:03}.txt"), GOOD.repeat(4000));
    }
    // How long a busy machine takes to begin is not known: an interrupt that comes too early or too late
    // ends otherwise, and the next try waits for another time.
    let tries = [400, 800, 1600, 2400, 3600, 5400, 200].map(|wait| interrupted_after(home.path(), wait));
    let (_, last) =
        tries.into_iter().flatten().find(|(code, _)| *code == Some(130)).expect("no try met the scan");
    let summary: serde_json::Value = serde_json::from_str(&last).unwrap();
    assert_eq!(
        (&summary["interrupted"], &summary["complete"], &summary["status"]),
        (&true.into(), &false.into(), &130.into())
    );
    assert!(summary["items"].as_u64().unwrap() < 200);
}

/// Exit status and last line of a scan that is interrupted after so many milliseconds.
#[cfg(unix)]
fn interrupted_after(home: &Path, wait: u64) -> Option<(Option<i32>, String)> {
    let child = olvido(home)
        .args(["scan", "in", "--format", "jsonl", "--threads", "1"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .ok()?;
    std::thread::sleep(std::time::Duration::from_millis(wait));
    // The scan may have ended: then there is nobody to interrupt.
    let _ = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    let output = child.wait_with_output().ok()?;
    let last = String::from_utf8(output.stdout).ok()?.lines().last()?.to_owned();
    Some((output.status.code(), last))
}

#[test]
fn every_bound_on_members_is_a_gap_that_names_its_flag() {
    let home = folder();
    let mail = "From: a@acme-olvido.es\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nhola\n--b\nContent-Disposition: attachment; filename=n.txt\n\nluis@acme-olvido.es\n--b--\n";
    put(home.path(), "m.eml", mail);
    private(home.path());
    let free = run(home.path(), &["scan", "m.eml", "--format", "jsonl"]);
    assert!(free.gap_codes().is_empty() && free.status == 0, "{}", free.stdout);
    for (flag, code) in [
        ("--max-ratio", "expanded-ratio"),
        ("--max-depth", "too-deep"),
        ("--max-members", "too-many-members"),
        ("--max-expanded", "too-much-expanded"),
    ] {
        let run = run(home.path(), &["scan", "m.eml", "--format", "jsonl", flag, "0"]);
        assert_eq!((run.gap_codes(), run.status), (vec![code.to_owned()], 3), "{flag}");
        assert_eq!(run.of_type("gap")[0]["lift"], flag);
    }
}
