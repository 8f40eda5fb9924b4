//! Programs of the system: what they read is found with its origin, what goes wrong with them is told, and nothing
//! is run that was not asked for.

#![cfg(unix)]
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

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use support::{Run, folder, olvido, private, project, put};

/// Fixtures that bsdtar opens, with the letters of the address in each.
const CONTAINERS: [(&str, usize); 7] = [
    ("letter.rar", 21),
    ("letter.cab", 21),
    ("letter.lzh", 21),
    ("letter.cpio", 22),
    ("letter.a", 20),
    ("letter.xar", 21),
    ("letter.iso.gz", 21),
];

fn fixture(name: &str) -> Vec<u8> {
    fs::read(project("fixtures/external").join(name)).unwrap()
}

/// Runs the program with the tools of these folders alone.
fn run_with(home: &Path, path: &[&Path], args: &[&str]) -> Run {
    let path: OsString = std::env::join_paths(path).unwrap();
    let output = olvido(home).env_remove("OLVIDO_NO_EXTERNAL").env("PATH", path).args(args).output().unwrap();
    Run {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn scan(home: &Path, path: &[&Path], more: &[&str]) -> Run {
    let args = ["scan", "in", "--format", "jsonl", "--fail-on", "never"];
    run_with(home, path, &[args.as_slice(), more].concat())
}

/// The folder of a program on this machine; where it is not, the test says that it was not run.
fn installed(name: &str) -> Option<PathBuf> {
    let folders: Vec<PathBuf> =
        std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect();
    let found = folders.into_iter().find(|folder| folder.join(name).is_file());
    if found.is_none() {
        // Written past the harness, which shows nothing of tests that pass.
        let _ = writeln!(std::io::stderr(), "NOT RUN: {name} is not installed: what it reads was not tested");
    }
    found
}

/// A folder with a program that answers as the real one and then does what the script says.
fn fake(home: &Path, name: &str, script: &str) -> PathBuf {
    let body = format!(
        "#!/bin/sh\ncase \"$1\" in\n--version) echo '{name} 9.9.9'; exit;;\n--list-langs) echo 'List (2):'; echo eng; echo osd; exit;;\nesac\n{script}\n"
    );
    let path = put(home, &format!("bin/{name}"), body);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    home.join("bin")
}

fn addresses(got: &Run) -> Vec<(String, Vec<String>, usize)> {
    let mails = got.of_type("detection").into_iter().filter(|line| line["category"] == "email-address");
    mails
        .map(|line| {
            let inner = line["inner"].as_array().into_iter().flatten();
            let inner = inner.map(|name| name.as_str().unwrap().to_owned()).collect();
            let len = line["end"].as_u64().unwrap() - line["start"].as_u64().unwrap();
            (line["path"].as_str().unwrap().to_owned(), inner, len as usize)
        })
        .collect()
}

#[test]
fn containers_without_a_reader_are_opened_by_bsdtar() {
    let Some(bin) = installed("bsdtar") else { return };
    let home = folder();
    for (at, (name, _)) in CONTAINERS.iter().enumerate() {
        put(home.path(), &format!("in/{at}"), fixture(name));
    }
    private(home.path());
    let got = scan(home.path(), &[&bin], &["--threads", "2"]);
    let found = addresses(&got);
    for (at, (name, len)) in CONTAINERS.iter().enumerate() {
        let wanted = |(path, inner, long): &(String, Vec<String>, usize)| {
            path.ends_with(&format!("/{at}"))
                && inner.last().is_some_and(|last| last.ends_with("note.txt"))
                && long == len
        };
        assert!(found.iter().any(wanted), "{name}: {found:?} {:?}", got.gap_codes());
    }
    assert_eq!(got.gap_codes().iter().filter(|code| *code == "read-with-tool").count(), CONTAINERS.len());
    assert_eq!(got.status, 0, "{:?}", got.gap_codes());
    let tools = got.lines()[0]["tools"].to_string();
    assert!(tools.contains("bsdtar "), "{tools}");
    for format in ["human", "sarif"] {
        let shown = run_with(home.path(), &[&bin], &["scan", "in", "--format", format]);
        assert!(shown.stdout.contains("bsdtar "), "{format}");
    }
}

#[test]
fn what_a_picture_shows_is_recognised_by_tesseract() {
    let Some(bin) = installed("tesseract") else { return };
    let home = folder();
    put(home.path(), "in/a", fixture("said.png"));
    private(home.path());
    let got = scan(home.path(), &[&bin], &[]);
    let found = addresses(&got);
    assert!(found.iter().any(|(_, inner, _)| inner == &["recognised text"]), "{}", got.stdout);
    assert_eq!((got.gap_codes(), got.status), (vec!["read-with-tool".to_owned()], 0));
    let tools = got.lines()[0]["tools"].to_string();
    assert!(tools.contains("tesseract ") && tools.contains("eng"), "{tools}");
}

#[test]
fn a_fake_recogniser_is_believed_only_as_far_as_it_goes() {
    for (script, code, found) in [
        ("cat >/dev/null; echo 'write to ana@example.org'", "read-with-tool", true),
        ("cat >/dev/null; echo juan@example.org >&2", "read-with-tool", false),
        ("cat >/dev/null; echo juan@example.org; exit 1", "image-not-read", false),
        ("printf '\\377\\376 juan@example.org'", "image-not-read", false),
        ("yes juan@example.org", "image-not-read", false),
        ("kill -9 $$", "image-not-read", false),
    ] {
        let home = folder();
        let bin = fake(home.path(), "tesseract", script);
        put(home.path(), "in/a.png", fixture("said.png"));
        private(&home.path().join("in"));
        let got = scan(home.path(), &[&bin], &[]);
        assert_eq!(got.gap_codes(), [code], "{script}");
        assert_eq!(got.status, if code == "image-not-read" { 3 } else { 0 }, "{script}");
        assert_eq!(!addresses(&got).is_empty(), found, "{script}: {}", got.stdout);
        assert!(!got.stdout.contains("juan") && !got.stderr.contains("juan"), "{script}");
    }
}

#[test]
fn a_fake_unpacker_is_believed_only_as_far_as_it_goes() {
    let home = folder();
    let mut archive = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_ustar();
    header.set_size(15);
    header.set_mode(0o600);
    header.as_ustar_mut().unwrap().name[..14].copy_from_slice(b"../../note.txt");
    header.set_cksum();
    archive.append(&header, &b"ana@example.org"[..]).unwrap();
    let made = put(home.path(), "made.tar", archive.into_inner().unwrap());
    let gives = format!("cat >/dev/null; cat {}", made.display());
    let (half, fails) = (format!("head -c 700 {}", made.display()), format!("{gives}; exit 1"));
    for (script, codes, found) in [
        (gives.as_str(), vec!["read-with-tool"], true),
        (half.as_str(), vec!["read-with-tool", "damaged-container"], true),
        (fails.as_str(), vec!["tool-failed"], true),
        ("cat >/dev/null; echo juan@example.org", vec!["read-with-tool", "damaged-container"], false),
        ("echo juan@example.org >&2; exit 3", vec!["tool-failed"], false),
        ("yes juan@example.org", vec!["damaged-container", "tool-failed"], false),
    ] {
        let bin = fake(home.path(), "bsdtar", script);
        put(home.path(), "in/a", fixture("letter.rar"));
        private(&home.path().join("in"));
        let got = scan(home.path(), &[&bin], &[]);
        let (mut told, mut wanted) = (got.gap_codes(), codes);
        told.sort();
        wanted.sort_unstable();
        assert_eq!(told, wanted, "{script}");
        assert_eq!(!addresses(&got).is_empty(), found, "{script}: {}", got.stdout);
        assert!(!got.stdout.contains("juan") && !got.stderr.contains("juan"), "{script}");
    }
    assert!(!home.path().join("../note.txt").exists());
}

#[test]
fn what_does_not_say_what_it_is_is_not_used() {
    for (name, version) in
        [("tesseract", "echo hello"), ("tesseract", "exit 1"), ("bsdtar", "echo 'bsdtar $(x)'")]
    {
        let home = folder();
        let path =
            put(home.path(), &format!("bin/{name}"), format!("#!/bin/sh\ncat >/dev/null\n{version}\n"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        put(home.path(), "in/a.png", fixture("said.png"));
        put(home.path(), "in/a.rar", fixture("letter.rar"));
        let got = scan(home.path(), &[&home.path().join("bin")], &[]);
        assert_eq!(got.lines()[0]["tools"].as_array().unwrap().len(), 0, "{name}");
        assert_eq!(got.gap_codes(), ["image-not-read", "no-reader"]);
        let messages: Vec<String> =
            got.of_type("gap").iter().map(|gap| gap["message"].as_str().unwrap().to_owned()).collect();
        assert!(messages[0].contains("apt install tesseract-ocr"), "{messages:?}");
        assert!(messages[1].contains("apt install libarchive-tools"), "{messages:?}");
    }
}

#[test]
fn nothing_is_run_that_was_not_asked_for() {
    let home = folder();
    let mark = home.path().join("was-run");
    // The limits let no program write a file, so the mark is a folder.
    for name in ["tesseract", "bsdtar"] {
        let script = format!("#!/bin/sh\nmkdir {}\n", mark.display());
        for place in ["bin", ".", "in"] {
            let path = put(home.path(), &format!("{place}/{name}"), &script);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
    }
    put(home.path(), "in/a.png", fixture("said.png"));
    put(home.path(), "in/a.rar", fixture("letter.rar"));
    let bin = home.path().join("bin");
    for (path, args) in [
        (bin.as_path(), ["scan", "in", "--no-external"].as_slice()),
        (&bin, &["gate", "in"]),
        (&bin, &["redact", "in", "--out", "out"]),
        (&bin, &["survey", "in", "-o", "people"]),
        // Never from the working folder, nor from what is read.
        (Path::new("."), &["scan", "in"]),
        (Path::new("in"), &["scan", "in"]),
        (Path::new(""), &["scan", "in"]),
    ] {
        let got = run_with(home.path(), &[path], args);
        assert!(!mark.exists(), "{args:?} ran a program {}", got.stderr);
    }
    let asked = run_with(home.path(), &[&bin], &["gate", "in", "--external"]);
    assert!(mark.exists(), "without this the test would say nothing: {}", asked.stderr);
}

#[test]
fn what_a_program_read_is_withheld_from_redaction() {
    let home = folder();
    let bin = fake(home.path(), "tesseract", "cat >/dev/null; echo nothing");
    put(home.path(), "in/a.png", fixture("said.png"));
    let done = run_with(home.path(), &[&bin], &["redact", "in", "--out", "out", "--external"]);
    assert_eq!(done.status, 3, "{}{}", done.stdout, done.stderr);
    assert!(
        !home.path().join("out/a.png").exists() && done.stdout.contains("read-with-tool"),
        "{}",
        done.stdout
    );
}
