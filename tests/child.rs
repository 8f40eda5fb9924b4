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

use olvido::formats::child::{Bounds, COMMAND, OutOfProcess, serve};
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
    let tests: [(&str, fn()); 5] = [
        ("the_child_reads_what_is_read_inside", the_child_reads_what_is_read_inside),
        ("every_way_to_go_wrong_is_a_gap", every_way_to_go_wrong_is_a_gap),
        ("the_child_can_write_no_file", the_child_can_write_no_file),
        ("a_frame_too_long_ends_the_child", a_frame_too_long_ends_the_child),
        ("an_unknown_format_is_a_crash_and_no_hang", an_unknown_format_is_a_crash_and_no_hang),
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
