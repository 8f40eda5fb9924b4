//! Readers in a child process: the same result as inside, and a gap for every way a child can go wrong.
//!
//! The binary of this test is its own child: it has a `main` of its own that knows the hidden command.

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

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use olvido::formats::child::{
    Bounds, COMMAND, OutOfProcess, TOOL_COMMAND, ToolFailure, become_tool, piped, serve,
};
use olvido::formats::mapping::Mappings;
use olvido::formats::{Carry, Format, Member, Piece, Purpose, Reading, Vote, Yield};
use olvido::formats::{HtmlFormat, MailFormat};
use olvido::records::{
    Block, Encoding, Gap, GapClass, Limits, NewField, OffsetMap, Ordinal, PathStore, Position, Record,
    RecordKind, Role,
};

/// A reader that goes wrong in the way its name says, after it gave one field.
struct Wrong(&'static str);

const WRONG: [Wrong; 9] = [
    Wrong("aborts"),
    Wrong("panics"),
    Wrong("hangs"),
    Wrong("spins"),
    Wrong("hoards"),
    Wrong("babbles"),
    Wrong("lies"),
    Wrong("floods"),
    Wrong("writes"),
];

impl Format for Wrong {
    fn name(&self) -> &'static str {
        self.0
    }

    fn probe(&self, _head: &[u8], _name: &str) -> Vote {
        Vote::No
    }

    fn read(&self, piece: &Piece<'_>, _reading: &Reading<'_>, out: &mut dyn Yield) {
        push(out, "before", piece.base, None);
        out.hand_on();
        match self.0 {
            "aborts" => std::process::abort(),
            "panics" => panic!("juan@example.com"),
            "hangs" => loop {
                std::thread::sleep(Duration::from_secs(1));
            },
            "spins" => {
                let mut at = 0u64;
                loop {
                    at = std::hint::black_box(at.wrapping_add(1));
                }
            }
            "hoards" => {
                let mut hoard = Vec::new();
                loop {
                    hoard.push(vec![1u8; 16 << 20]);
                    std::hint::black_box(&hoard);
                }
            }
            "babbles" => {
                std::io::stdout().write_all(b"thread 'main' panicked at juan@example.com").unwrap();
                std::io::stdout().flush().unwrap();
            }
            // A place outside the item.
            "lies" => push(out, "behind", piece.base + 1_000_000, None),
            "floods" => loop {
                push(out, &"x".repeat(1 << 20), 0, Some(piece.base));
                out.hand_on();
            },
            _ => {
                let file = std::env::temp_dir().join("olvido-child-test");
                let written = std::fs::File::create(&file).and_then(|mut file| file.write_all(b"x"));
                let text = if written.is_ok() { "wrote" } else { "before" };
                let _ = std::fs::remove_dir(&file);
                push(out, text, piece.base, None);
            }
        }
    }
}

/// One field: verbatim at `raw`, or under a layer that maps all of it to the first byte at `layer`.
fn push(out: &mut dyn Yield, text: &str, raw: u64, layer: Option<u64>) {
    let block = out.block();
    let at = block.push_record(Record::new(Arc::from("wrong"), RecordKind::Text, Ordinal { top: 0, sub: 0 }));
    let field = match layer {
        None => NewField::verbatim(at, PathStore::ROOT, Role::Body, raw),
        Some(base) => {
            let mut map = OffsetMap::new();
            for _ in 0..text.len() / 128 {
                map.push(0, 1, 0, 128);
            }
            let layers = block.layers.single(Encoding::Verbatim, base, 1, &map);
            NewField::layered(at, PathStore::ROOT, Role::Body, layers)
        }
    };
    block.push_field(text, field);
}

#[derive(Default)]
struct Collected {
    block: Block,
    blocks: Vec<Block>,
    members: Vec<(u32, String, Vec<u8>)>,
    gaps: Vec<Gap>,
}

impl Yield for Collected {
    fn block(&mut self) -> &mut Block {
        &mut self.block
    }

    fn boundary(&mut self) {
        if self.block.is_full() {
            self.hand_on();
        }
    }

    fn hand_on(&mut self) {
        // A flood is counted, not kept.
        if self.blocks.len() < 10 {
            self.blocks.push(std::mem::take(&mut self.block));
        }
        self.block.clear();
    }

    fn member(&mut self, member: Member) {
        self.members.push((member.ordinal, member.name, member.bytes.to_vec()));
    }

    fn gap(&mut self, gap: Gap) {
        self.gaps.push(gap);
    }
}

/// A field with everything there is to say of it, the raw bytes of each character included.
type Shown = (String, String, Role, u64, Vec<Vec<std::ops::Range<u64>>>);

impl Collected {
    fn shown(&self) -> Vec<Shown> {
        let fields =
            self.blocks.iter().flat_map(|block| block.fields().iter().map(move |field| (block, field)));
        fields
            .map(|(block, field)| {
                let text = block.field_text(field);
                let raw = text
                    .char_indices()
                    .map(|(at, c)| {
                        let span = at as u64..(at + c.len_utf8()) as u64;
                        block.layers.to_raw(field.layers, field.raw, span)
                    })
                    .collect();
                let path = block.paths.render(field.path).expose().to_owned();
                (path, text.to_owned(), field.role, field.offset, raw)
            })
            .collect()
    }
}

fn read(format: &dyn Format, bytes: &[u8]) -> Collected {
    let mut out = Collected::default();
    let limits = Limits::default();
    let piece = Piece {
        bytes,
        base: 500,
        position: Position::START,
        first_ordinal: 7,
        first: true,
        last: true,
        window: None,
        carry: Arc::new(Carry::default()),
        name: "x",
        media_type: None,
    };
    format.read(
        &piece,
        &Reading { mappings: &Mappings::default(), limits: &limits, purpose: Purpose::Scan },
        &mut out,
    );
    out.hand_on();
    out
}

fn the_child_reads_what_is_read_inside() {
    static HTML: OutOfProcess = OutOfProcess::new(&HtmlFormat);
    static MAIL: OutOfProcess = OutOfProcess::new(&MailFormat);
    let page =
        "<p>IBAN <b>ES91</b>2100&eacute;<a href='mailto:a%40example.com'>x</a><p hidden>y".repeat(20_000);
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/formats/mail");
    let mail = std::fs::read(folder.join("everything.eml")).unwrap();
    let cut = std::fs::read(folder.join("truncated.eml")).unwrap();
    let cases: [(&dyn Format, &dyn Format, &[u8]); 3] =
        [(&HtmlFormat, &HTML, page.as_bytes()), (&MailFormat, &MAIL, &mail), (&MailFormat, &MAIL, &cut)];
    for (inside, child, bytes) in cases {
        let (wanted, found) = (read(inside, bytes), read(child, bytes));
        assert!(!wanted.shown().is_empty());
        assert!(wanted.shown() == found.shown(), "fields of {} differ", inside.name());
        assert_eq!(wanted.members, found.members);
        assert_eq!(wanted.gaps, found.gaps);
        let records = |of: &Collected| -> Vec<_> {
            let all = of.blocks.iter().flat_map(|block| &block.records);
            all.map(|r| (r.reference.ordinal, r.extent, r.continues, r.facts.iter().count())).collect()
        };
        assert_eq!(records(&wanted), records(&found));
        let raw = |of: &Collected| of.blocks.iter().map(|block| block.raw_bytes).sum::<u64>();
        assert_eq!(raw(&wanted), raw(&found));
    }
}

fn every_way_to_go_wrong_is_a_gap() {
    // Each case meets its own bound well before any other, on a busy machine too.
    let patient = Bounds {
        memory: 1 << 30,
        cpu_seconds: 60,
        wall: Duration::from_secs(120),
        frame: 4 << 20,
        total: 32 << 20,
    };
    for (wrong, class, code) in [
        (0, GapClass::Fault, "reader-crashed"),
        (1, GapClass::Fault, "reader-crashed"),
        (2, GapClass::Limit, "reader-timeout"),
        (3, GapClass::Limit, "reader-timeout"),
        (4, GapClass::Fault, "reader-crashed"),
        (5, GapClass::Fault, "reader-malformed"),
        (6, GapClass::Fault, "reader-malformed"),
        (7, GapClass::Limit, "reader-oversized"),
    ] {
        let bounds = match WRONG[wrong].0 {
            "hangs" => Bounds { wall: Duration::from_secs(2), ..patient },
            "spins" => Bounds { cpu_seconds: 1, ..patient },
            "hoards" => Bounds { memory: 256 << 20, ..patient },
            _ => patient,
        };
        let child = OutOfProcess::bounded(&WRONG[wrong], bounds);
        let found = read(&child, b"hello you");
        let told: Vec<(GapClass, &str)> = found.gaps.iter().map(|gap| (gap.class, gap.code)).collect();
        assert_eq!(told, [(class, code)], "{}", WRONG[wrong].0);
        assert_eq!((found.gaps[0].offset, found.gaps[0].bytes), (Some(500), Some(9)));
        assert!(!found.gaps[0].message.contains('@'));
        assert_eq!(found.shown()[0].1, "before", "what came before stays: {}", WRONG[wrong].0);
    }
}

fn the_child_can_write_no_file() {
    let child = OutOfProcess::new(&WRONG[8]);
    let found = read(&child, b"hello you");
    assert!(found.shown().iter().all(|(_, text, ..)| text == "before"), "a file was written");
}

fn a_frame_too_long_ends_the_child() {
    let bounds = Bounds { frame: 100, ..Bounds::DEFAULT };
    let child = OutOfProcess::bounded(&HtmlFormat, bounds);
    let found = read(&child, "<p>x</p>".repeat(1000).as_bytes());
    assert_eq!(found.gaps.iter().map(|gap| gap.code).collect::<Vec<_>>(), ["reader-oversized"]);
}

fn an_unknown_format_is_a_crash_and_no_hang() {
    struct Unknown;
    impl Format for Unknown {
        fn name(&self) -> &'static str {
            "unknown"
        }
        fn probe(&self, _head: &[u8], _name: &str) -> Vote {
            Vote::No
        }
        fn read(&self, _piece: &Piece<'_>, _reading: &Reading<'_>, _out: &mut dyn Yield) {}
    }
    static UNKNOWN: Unknown = Unknown;
    let found = read(&OutOfProcess::new(&UNKNOWN), &vec![b'x'; 10 << 20]);
    assert_eq!(found.gaps.iter().map(|gap| gap.code).collect::<Vec<_>>(), ["reader-crashed"]);
}

/// Programs that go wrong, as scripts: what they write, and how they fail.
#[cfg(unix)]
fn every_way_a_program_goes_wrong_is_told() {
    let home = tempfile::tempdir().unwrap();
    let patient = Bounds { wall: Duration::from_secs(60), cpu_seconds: 60, ..Bounds::DEFAULT };
    let run = |script: &str, bounds: &Bounds| {
        let path = script_of(home.path(), script);
        piped(&path, &["--an-argument", "second"], b"what it reads", bounds, 1000)
    };
    let quick = Bounds { wall: Duration::from_secs(2), ..patient };
    let spent = Bounds { cpu_seconds: 1, ..patient };
    let written = home.path().join("written");
    let to_file = format!("cat >/dev/null; echo x >{} || exit 7", written.display());
    for (script, bounds, wanted, failure) in [
        ("cat", &patient, "what it reads", None),
        ("echo $1 $2", &patient, "--an-argument second\n", None),
        ("echo juan@example.com >&2; exit 0", &patient, "", None),
        ("echo before; exit 1", &patient, "before\n", Some(ToolFailure::Failed)),
        ("kill -9 $$", &patient, "", Some(ToolFailure::Failed)),
        // What it started is ended with it.
        ("sleep 1000 & sleep 1000", &quick, "", Some(ToolFailure::TimedOut)),
        ("exec >&-; sleep 1000", &quick, "", Some(ToolFailure::TimedOut)),
        ("while :; do :; done", &spent, "", Some(ToolFailure::TimedOut)),
        (to_file.as_str(), &patient, "", Some(ToolFailure::Failed)),
    ] {
        let (out, failed) = run(script, bounds);
        assert_eq!((String::from_utf8_lossy(&out).as_ref(), failed), (wanted, failure), "{script}");
    }
    assert!(std::fs::read(&written).map_or(true, |bytes| bytes.is_empty()), "a file was written");
    let (out, failed) = run("yes x", &patient);
    assert_eq!((out.len(), failed), (1000, Some(ToolFailure::TooMuch)));
    let (out, _) = run("/usr/bin/env", &patient);
    let names: Vec<String> = String::from_utf8_lossy(&out)
        .lines()
        .filter_map(|line| Some(line.split_once('=')?.0.to_owned()))
        .filter(|name| !["PWD", "SHLVL", "_", "OLDPWD"].contains(&name.as_str()))
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
    let nowhere = piped(&home.path().join("nowhere"), &[], b"", &patient, 1000);
    assert_eq!(nowhere, (Vec::new(), Some(ToolFailure::Failed)));
    let relative = piped(std::path::Path::new("cat"), &[], b"x", &patient, 1000);
    assert_eq!(relative, (Vec::new(), Some(ToolFailure::Failed)), "a program is named by its whole path");
}

#[cfg(unix)]
fn script_of(home: &std::path::Path, script: &str) -> std::path::PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let path = home.join("program");
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[cfg(not(unix))]
fn every_way_a_program_goes_wrong_is_told() {
    println!("NOT RUN: no program is started where the system has no limits");
}

fn child(arguments: &[String]) -> ExitCode {
    // The child starts with nothing of ours in its environment.
    if std::env::vars_os().next().is_some() {
        return ExitCode::from(9);
    }
    let Some((format, rest)) = arguments.split_first() else { return ExitCode::from(2) };
    let Some(bounds) = Bounds::from_arguments(rest) else { return ExitCode::from(2) };
    let mut formats: Vec<&dyn Format> = vec![&HtmlFormat, &MailFormat];
    formats.extend(WRONG.iter().map(|wrong| wrong as &dyn Format));
    let (mut input, mut output) = (std::io::stdin().lock(), std::io::stdout());
    match serve(format, &bounds, &mut input, &mut output, &formats) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(3),
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some((command, rest)) = arguments.split_first()
        && command == COMMAND
    {
        return child(rest);
    }
    if let [command, memory, cpu_seconds, program, rest @ ..] = arguments.as_slice()
        && command == TOOL_COMMAND
    {
        let bounds = Bounds::from_arguments(&[memory.clone(), cpu_seconds.clone()]).unwrap();
        let rest: Vec<std::ffi::OsString> = rest.iter().map(Into::into).collect();
        become_tool(&bounds, std::path::Path::new(program), &rest);
        return ExitCode::from(2);
    }
    let tests: [(&str, fn()); 6] = [
        ("the_child_reads_what_is_read_inside", the_child_reads_what_is_read_inside),
        ("every_way_to_go_wrong_is_a_gap", every_way_to_go_wrong_is_a_gap),
        ("the_child_can_write_no_file", the_child_can_write_no_file),
        ("a_frame_too_long_ends_the_child", a_frame_too_long_ends_the_child),
        ("an_unknown_format_is_a_crash_and_no_hang", an_unknown_format_is_a_crash_and_no_hang),
        ("every_way_a_program_goes_wrong_is_told", every_way_a_program_goes_wrong_is_told),
    ];
    if arguments.iter().any(|argument| argument == "--list") {
        tests.iter().for_each(|(name, _)| println!("{name}: test"));
        return ExitCode::SUCCESS;
    }
    let wanted = arguments.iter().find(|argument| !argument.starts_with('-'));
    for (name, test) in
        tests.iter().filter(|(name, _)| wanted.is_none_or(|wanted| name.contains(wanted.as_str())))
    {
        test();
        println!("test {name} ... ok");
    }
    ExitCode::SUCCESS
}
