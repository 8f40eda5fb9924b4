//! A gate on a stream: every piece is edited, proved and judged before a byte of it goes on.
//!
//! What is proved is the piece, up to a megabyte of records: a value that was removed in an earlier piece and
//! that nothing else tells is not looked for in a later one. Whoever needs that has a file and `--out`.

use std::collections::BTreeSet;
use std::io;
use std::sync::Mutex;

use super::choice::{Known, Left, choose};
use super::digests::Digests;
use super::operators::Operators;
use super::piece::{Account, Redactor};
use super::values::{ValueKey, ValueSets};
use crate::audit::{Audit, Context, Desk, Gate, Manifest, OwnedPiece, Roots, Sight, Streamed};
use crate::problem::Problem;
use crate::records::{Gap, GapClass};
use crate::vault::Key;

/// How often a piece is read and mended before the stream ends.
const READINGS: u32 = 4;

/// How values are taken out of a stream.
pub struct Editing<'a> {
    /// What takes the place of values.
    pub operators: &'a Operators,
    /// Codes of gaps that do not end the stream.
    pub allow: BTreeSet<String>,
    /// The project's key.
    pub key: Option<&'a Key>,
}

/// A gate between two pipes.
pub struct StreamGate<'a> {
    /// Reads, finds and judges.
    pub audit: &'a Audit<'a>,
    /// What is known of the people in it.
    pub context: &'a Context,
    /// What the export is for.
    pub manifest: &'a Manifest,
    /// What gives status 1.
    pub gate: Gate<'a>,
    /// How values are taken out first; none where records pass as they are.
    pub editing: Option<Editing<'a>>,
}

impl StreamGate<'_> {
    /// Gives `pass` the bytes of every record that may pass, in order, and stops at the first that may not.
    /// `lines` takes the JSON Lines of what was read.
    ///
    /// # Errors
    /// A [`Problem`] where the run could not begin, else what `pass` and `lines` met.
    pub fn run(
        &self,
        roots: &Roots,
        detections_wanted: bool,
        pass: &mut dyn FnMut(&[u8]) -> io::Result<()>,
        lines: &mut dyn FnMut(&str) -> io::Result<()>,
    ) -> Result<io::Result<Streamed>, Problem> {
        let (audit, gate) = (self.audit, &self.gate);
        let Some(editing) = &self.editing else {
            let as_it_is = Ok;
            return audit.stream(
                roots,
                self.context,
                self.manifest,
                gate,
                detections_wanted,
                &as_it_is,
                pass,
                lines,
            );
        };
        let digests = Digests::new(editing.key)?;
        let editor = Editor {
            redactor: Redactor {
                sight: audit.sight(self.context),
                operators: editing.operators,
                allow: &editing.allow,
                limits: &audit.limits,
                key: ValueKey::new(digests.hash_key()),
                sets: None,
                digests: &digests,
            },
            desks: Mutex::default(),
        };
        let edit = |piece: OwnedPiece| editor.edited(piece);
        audit.stream(roots, self.context, self.manifest, gate, detections_wanted, &edit, pass, lines)
    }
}

/// Edits pieces on every thread.
struct Editor<'a> {
    redactor: Redactor<'a>,
    desks: Mutex<Vec<Desk>>,
}

impl Editor<'_> {
    fn edited(&self, piece: OwnedPiece) -> Result<OwnedPiece, Gap> {
        let mut desk = self.desks.lock().ok().and_then(|mut desks| desks.pop()).unwrap_or_default();
        let edited = self.until_clean(piece, &mut desk);
        if let Ok(mut desks) = self.desks.lock() {
            desks.push(desk);
        }
        edited
    }

    /// Edits a piece until a reading finds nothing left.
    fn until_clean(&self, piece: OwnedPiece, desk: &mut Desk) -> Result<OwnedPiece, Gap> {
        let mut sets = ValueSets::new(self.redactor.key);
        let mut piece = self.once(&self.redactor, piece, &mut sets, desk)?;
        for _ in 0..READINGS {
            if self.is_clean(&piece, &sets, desk)? {
                return Ok(piece);
            }
            let known = sets.clone();
            piece = self.once(&Redactor { sets: Some(&known), ..self.redactor }, piece, &mut sets, desk)?;
        }
        Err(Gap::new(
            GapClass::Limit,
            "proof-failed",
            "personal data is left after editing; see a scan of it",
        ))
    }

    fn once(
        &self,
        redactor: &Redactor<'_>,
        piece: OwnedPiece,
        sets: &mut ValueSets,
        desk: &mut Desk,
    ) -> Result<OwnedPiece, Gap> {
        let mut account = Account::default();
        let new = redactor.piece(&piece, "-", desk, &mut account).map_err(unread)?;
        if let Some(code) = account.members.keys().next() {
            let what = "something inside cannot be edited exactly; on a stream nothing is withheld";
            return Err(Gap::new(GapClass::Unread, code, what));
        }
        sets.take(std::mem::take(&mut account.added));
        Ok(match new {
            Some(bytes) => OwnedPiece { bytes: bytes.into(), window: None, ..piece },
            None => piece,
        })
    }

    fn is_clean(&self, piece: &OwnedPiece, sets: &ValueSets, desk: &mut Desk) -> Result<bool, Gap> {
        let mut left = 0;
        self.look(&self.redactor.sight, piece, "-", sets, desk, &mut left)?;
        Ok(left == 0)
    }

    fn look(
        &self,
        sight: &Sight<'_>,
        piece: &OwnedPiece,
        path: &str,
        sets: &ValueSets,
        desk: &mut Desk,
        left: &mut usize,
    ) -> Result<(), Gap> {
        let beside = sight.read(piece, self.redactor.limits, desk, &mut |block, detections| {
            let scope = |top: u64| self.redactor.key.scope(path, top);
            let known = Known { sets, scope: &scope };
            *left += choose(block, detections, Some(known), &mut Left::new()).len();
        });
        if let Some(gap) = beside.gaps.into_iter().find(|gap| !self.redactor.allow.contains(gap.code)) {
            return Err(gap);
        }
        for (before, member) in (0u64..).zip(beside.members) {
            let inside = format!("{path}!{}", member.ordinal);
            let (inner, _) = sight.open(piece, before, member, self.redactor.limits)?;
            self.look(sight, &inner, &inside, sets, desk, left)?;
        }
        Ok(())
    }
}

fn unread(withheld: super::piece::Withheld) -> Gap {
    Gap::new(GapClass::Unread, withheld.code, withheld.message)
}
