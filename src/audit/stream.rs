//! A gate on a stream: what was judged goes on, and nothing behind the first thing that may not.

use std::io;
use std::sync::Mutex;

use crate::problem::Problem;
use crate::records::Gap;

use super::opening::Containers;
use super::pieces::{OwnedPiece, PieceBytes, Work, produce, read_whole, whole};
use super::refusal::{Refusal, Refused};
use super::scan::{Bench, Part};
use super::{Audit, Context, Gate, Manifest, Outcome, Results, Roots, Sink, give, pipeline, take};

/// What a gate on a stream came to.
pub struct Streamed {
    /// As of a scan of what was read.
    pub outcome: Outcome,
    /// Why it ended early: the rule, category or gap, and in which byte of the input.
    pub refused: Option<(String, u64)>,
    /// Bytes that passed.
    pub passed: u64,
}

/// Makes of a piece what is judged and passed on, or says why it cannot.
pub(crate) type Edit<'e> = dyn Fn(OwnedPiece) -> Result<OwnedPiece, Gap> + Sync + 'e;

/// A piece that was judged.
struct Judged {
    part: Part,
    bytes: PieceBytes,
    /// How many of its bytes may pass.
    passes: usize,
    refused: Option<Refused>,
    /// Whether its records can be passed on one by one.
    by_record: bool,
    last: bool,
}

/// Ends a stream early.
enum Stop {
    Refused,
    Write(io::Error),
}

impl Audit<'_> {
    /// Reads the one item below `roots`, and gives `pass` the bytes of every record that may pass, in order,
    /// up to the first that may not. What is no line, row or message of its own passes as a whole or not at
    /// all, and is held until then: at most as much as one record may have.
    #[expect(clippy::too_many_arguments, reason = "the parts of a run")]
    pub(crate) fn stream(
        &self,
        roots: &Roots,
        context: &Context,
        manifest: &Manifest,
        gate: &Gate<'_>,
        detections_wanted: bool,
        edit: &Edit<'_>,
        pass: &mut dyn FnMut(&[u8]) -> io::Result<()>,
        sink: &mut Sink<'_>,
    ) -> Result<io::Result<Streamed>, Problem> {
        let refusal = Refusal { status: gate.status, manifest };
        let scanner = self.scanner(context, detections_wanted, Some(refusal));
        let benches: Mutex<Vec<Bench<'_>>> = Mutex::default();
        let mut results = Results::default();
        let mut holding = Holding { held: Vec::new(), most: self.limits.record_bytes, passed: 0 };
        let mut refused = None;
        self.control.begin_pass();
        let done = pipeline::run(
            self.threads,
            |dispatch| {
                produce(
                    roots,
                    Containers::Whole,
                    &self.limits,
                    self.control,
                    self.config,
                    self.namer(),
                    dispatch,
                )
            },
            |work: Work| {
                let mut bench = take(&benches).unwrap_or_else(|| Bench::new(&scanner));
                let mut judged = Vec::new();
                for piece in pieces(work) {
                    let piece = match piece {
                        Ok(piece) => edit(piece).map_err(|gap| gap.code),
                        Err(gap) => Err(gap.code),
                    };
                    judged.push(match piece {
                        Ok(piece) => {
                            let (part, piece) = scanner.judge_piece(piece, Part::default(), &mut bench);
                            judge(part, piece)
                        }
                        Err(code) => unread(code),
                    });
                }
                give(&benches, bench);
                judged
            },
            |judged: Vec<Judged>| {
                for one in judged {
                    if !one.part.lines.is_empty() {
                        sink(&one.part.lines).map_err(Stop::Write)?;
                    }
                    let stop = holding.take(&one, pass).map_err(Stop::Write)?.or(one.refused);
                    results.add(one.part);
                    if let Some(stop) = stop {
                        refused = Some(stop);
                        return Err(Stop::Refused);
                    }
                }
                Ok(())
            },
        )?;
        if let Err(Stop::Write(error)) = done {
            return Ok(Err(error));
        }
        if let Some(stop) = &refused {
            results.refuse(stop);
        }
        let outcome = self.conclude(results, context, None, gate, sink);
        let passed = holding.passed;
        Ok(outcome.map(|outcome| Streamed { outcome, refused: refused.map(|r| (r.why, r.at)), passed }))
    }
}

/// The pieces of a work, in order.
fn pieces(work: Work) -> Vec<Result<OwnedPiece, Gap>> {
    match work {
        Work::Piece(piece) => vec![Ok(*piece)],
        Work::Items(items) => items
            .into_iter()
            .map(|item| read_whole(&item).map(|(bytes, gap)| whole(item, bytes, gap.into_iter().collect())))
            .collect(),
        Work::Gap(_, gap) => vec![Err(gap)],
        Work::Folder(_) | Work::Excluded => Vec::new(),
    }
}

fn judge(part: Part, piece: OwnedPiece) -> Judged {
    let passes = match &part.refused {
        None => piece.bytes.len(),
        Some(refused) => {
            let inside = usize::try_from(refused.at.saturating_sub(piece.base)).unwrap_or(0);
            inside.min(piece.bytes.len())
        }
    };
    Judged {
        passes,
        refused: part.refused.clone(),
        by_record: piece.format.passes_by_record(),
        last: piece.last,
        bytes: piece.bytes,
        part,
    }
}

/// What could not be read, or not be edited exactly.
fn unread(code: &'static str) -> Judged {
    Judged {
        part: Part::default(),
        bytes: Vec::new().into(),
        passes: 0,
        refused: Some(Refused { at: 0, why: code.to_owned(), unread: true }),
        by_record: true,
        last: true,
    }
}

/// Bytes that wait for the verdict on what comes behind them.
struct Holding {
    held: Vec<u8>,
    most: u64,
    passed: u64,
}

impl Holding {
    /// Passes on what may pass; says where too much would have to be held.
    fn take(
        &mut self,
        one: &Judged,
        pass: &mut dyn FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<Option<Refused>> {
        let may = one.bytes.get(..one.passes).unwrap_or(&[]);
        if one.by_record {
            self.passed += may.len() as u64;
            return if may.is_empty() { Ok(()) } else { pass(may) }.map(|()| None);
        }
        if one.refused.is_some() {
            return Ok(None);
        }
        if (self.held.len() + may.len()) as u64 > self.most {
            let (at, why) = (self.held.len() as u64, "stream-needs-lines".to_owned());
            return Ok(Some(Refused { at, why, unread: true }));
        }
        self.held.extend_from_slice(may);
        if one.last {
            pass(&self.held)?;
            self.passed += self.held.len() as u64;
            self.held.clear();
        }
        Ok(None)
    }
}
