//! An archive into the vault, and the proof that every byte of it is there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;

use serde_json::{Value, json};

use super::identity::{Identifier, Register, rows_of};
use super::marks::Marks;
use super::parts::{Cutter, Parts};
use super::verified::verified;
use super::writer::{Writer, below};
use crate::audit::{Audit, Context, Desk, Item, OwnedPiece, Roots, Work, path_of, read_whole, whole};
use crate::problem::Problem;
use crate::vault::Vault;

/// What is to be sealed.
pub struct Sealer<'a> {
    /// Reads and finds.
    pub audit: &'a Audit<'a>,
    /// What the survey learned.
    pub context: &'a Context,
    /// The folder or file.
    pub root: &'a Path,
    /// Whether what the walk cannot read is left out instead of stopping.
    pub allow_gaps: bool,
    /// Makes what holds and purge plans will know the records by.
    pub marks: &'a Marks,
    /// Identity of the detectors: count and digest.
    pub detectors: Value,
}

/// What was sealed.
pub struct Sealed {
    /// The archive's id.
    pub archive: [u8; 16],
    /// The ledger's entry.
    pub entry: u64,
    /// Counts, for people and the ledger: never a name.
    pub counts: BTreeMap<&'static str, u64>,
    /// What could not be read inside and is sealed whole, by code.
    pub gaps: BTreeMap<&'static str, u64>,
    /// What is not in the sealed archive, by code.
    pub missing: BTreeMap<&'static str, u64>,
}

/// What a worker gives the writer.
enum Portion {
    Folder(Item, BTreeSet<Identifier>),
    Piece(Box<(OwnedPiece, Parts)>),
    Unread(&'static str),
}

impl Sealer<'_> {
    /// Seals and verifies.
    ///
    /// # Errors
    /// A [`Problem`]: nothing was sealed then, and the original is as it was.
    pub fn seal(&self, vault: &mut Vault<'_>) -> Result<Sealed, Problem> {
        let sight = self.audit.sight(self.context);
        let roots = Roots::new(vec![self.root.to_path_buf()]);
        let mut register = Register::default();
        let limits = &self.audit.limits;
        let surveyed: Result<(), Problem> = self.audit.each(
            &roots,
            true,
            |work| rows_of(work, &sight, limits),
            |rows| {
                register.take(rows);
                Ok(())
            },
        )?;
        surveyed?;
        let index = vault.index()?;
        // Where the original lies is for the certificate, and sealed: a path may name somebody.
        let source = std::path::absolute(self.root).ok().and_then(|path| path.to_str().map(str::to_owned));
        let sealing = vault.begin_seal(json!({"format": "olvido/sealed/v1", "source": source}))?;
        let mut writer = Writer::new(sealing, register, index, self.marks);
        let cutter = Cutter { sight, limits, marks: self.marks, audit: self.audit };
        let desks: Mutex<Vec<Desk>> = Mutex::default();
        self.audit.each(
            &roots,
            true,
            |work| {
                let mut desk = desks.lock().ok().and_then(|mut desks| desks.pop()).unwrap_or_default();
                let portions = portions(work, &cutter, &mut desk);
                if let Ok(mut desks) = desks.lock() {
                    desks.push(desk);
                }
                portions
            },
            |portions| portions.into_iter().try_for_each(|portion| self.take(portion, &mut writer)),
        )??;
        if self.audit.control.is_interrupted() {
            return Err(Problem::new(
                "interrupted",
                "sealing was interrupted",
                "the next vault command undoes it",
            ));
        }
        self.finish(writer)
    }

    fn take(&self, portion: Portion, writer: &mut Writer<'_, '_, '_>) -> Result<(), Problem> {
        match portion {
            Portion::Unread(code) => {
                *writer.missing.entry(code).or_default() += 1;
                match self.allow_gaps {
                    true => Ok(()),
                    false => Err(Problem::new(
                        "seal-unread",
                        format!("something in the archive cannot be read ({code}) and would be missing"),
                        "scan it to see where; with --allow-gaps the rest is sealed without it",
                    )),
                }
            }
            Portion::Folder(item, named) => {
                let path = below(self.root, &item)?;
                if path_of(&item) == Some(self.root) {
                    return Ok(());
                }
                let mode = item.file.and_then(|facts| facts.mode);
                let number = item.number.walk();
                writer.folder(number, &path, mode, named)
            }
            Portion::Piece(piece) => {
                let (piece, parts) = *piece;
                if let Some(gap) = piece.gaps.iter().find(|gap| gap.code != "record-too-large") {
                    let what = format!("a file of the archive could not be read to its end ({})", gap.code);
                    return Err(Problem::new(
                        "seal-unread",
                        what,
                        "seal again when nothing writes to the archive",
                    ));
                }
                writer.piece(&piece, parts, self.root)
            }
        }
    }

    /// Everything is read again, from the sealed archive and from the source, and compared.
    fn finish(&self, writer: Writer<'_, '_, '_>) -> Result<Sealed, Problem> {
        let Writer { sealing, counts, gaps, missing, sources, item, register, .. } = writer;
        let archive = sealing.archive();
        let about = json!({
            "counts": counts, "detectors": self.detectors, "gaps": gaps, "missing": missing,
            "minima": self.audit.policies.rules.schedule().is_some(), "references": self.marks.key_id(),
            "systems": register.systems(),
        });
        let entry = sealing.finish(about, &mut |opening| verified(opening, &sources, item))?;
        Ok(Sealed { archive, entry, counts, gaps, missing })
    }
}

fn portions(work: Work, cutter: &Cutter<'_>, desk: &mut Desk) -> Vec<Portion> {
    let piece = |piece: OwnedPiece, desk: &mut Desk| {
        let parts = cutter.parts(&piece, desk);
        Portion::Piece(Box::new((piece, parts)))
    };
    match work {
        // What a scan leaves out as configured is sealed: the walk is told to leave out nothing.
        Work::Excluded => vec![Portion::Unread("excluded")],
        Work::Gap(_, gap) => vec![Portion::Unread(gap.code)],
        Work::Folder(item) => {
            let named = cutter.named(&item, desk);
            vec![Portion::Folder(*item, named)]
        }
        Work::Piece(owned) => vec![piece(*owned, desk)],
        Work::Items(items) => items
            .into_iter()
            .map(|item| match read_whole(&item) {
                Ok((bytes, gap)) => piece(whole(item, bytes, gap.into_iter().collect()), desk),
                Err(gap) => Portion::Unread(gap.code),
            })
            .collect(),
    }
}
