//! The proof: the output is read again through all layers, and what would still have to go is told.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::choice::{Chosen, Known, Left, choose};
use super::values::{ValueKey, ValueSets};
use super::work::Places;
use crate::audit::{Audit, Context, Desk, Item, OwnedPiece, Roots, Sight, Work, read_whole, whole};
use crate::problem::Problem;
use crate::records::{Category, Limits, Role};

/// What stands beside the data of one item.
#[derive(Default)]
struct Beside {
    member_names: u64,
    gaps: BTreeMap<&'static str, u64>,
    stays: Left,
}

impl Beside {
    fn is_empty(&self) -> bool {
        self.member_names == 0 && self.gaps.is_empty() && self.stays.is_empty()
    }

    fn gap(&mut self, code: &'static str) {
        *self.gaps.entry(code).or_default() += 1;
    }

    fn add(&mut self, other: &Beside) {
        self.member_names += other.member_names;
        for (code, count) in &other.gaps {
            *self.gaps.entry(code).or_default() += count;
        }
        for (what, count) in &other.stays {
            *self.stays.entry(*what).or_default() += count;
        }
    }
}

/// What the proof found.
#[derive(Default)]
pub(super) struct Proof {
    /// Items with something left, by their path below the output.
    pub(super) items: BTreeSet<PathBuf>,
    /// What is left in them, by category.
    pub(super) left: BTreeMap<Category, u64>,
    /// Names with data left in them.
    pub(super) names: Vec<Named>,
    /// By item, where there is anything.
    beside: BTreeMap<PathBuf, Beside>,
}

/// A file or folder of the output whose name still holds data.
pub(super) struct Named {
    /// Its path below the output.
    pub(super) below: PathBuf,
    /// Whether it is a folder.
    pub(super) folder: bool,
    /// Where in its path, in bytes.
    pub(super) data: Vec<(Range<usize>, Category)>,
}

impl Proof {
    /// Whether nothing is left, and all was read but for gaps that are allowed.
    pub(super) fn is_clean(&self, allow: &BTreeSet<String>) -> bool {
        self.items.is_empty()
            && self.names.is_empty()
            && self.member_names() == 0
            && self.gaps().keys().all(|code| allow.contains(*code))
    }

    /// Data left in names of members.
    pub(super) fn member_names(&self) -> u64 {
        self.beside.values().map(|beside| beside.member_names).sum()
    }

    /// Gaps of the output, by code: what lies in them was not searched.
    pub(super) fn gaps(&self) -> BTreeMap<&'static str, u64> {
        self.total().gaps
    }

    /// What stays on purpose.
    pub(super) fn stays(&self) -> Left {
        self.total().stays
    }

    fn total(&self) -> Beside {
        let mut total = Beside::default();
        self.beside.values().for_each(|beside| total.add(beside));
        total
    }

    /// What an earlier reading said of the items that were not read again.
    pub(super) fn with_the_rest_of(mut self, mut earlier: Proof) -> Proof {
        earlier.beside.retain(|below, _| !earlier.items.contains(below));
        self.beside.append(&mut earlier.beside);
        self
    }

    fn note(&mut self, below: PathBuf, beside: Beside) {
        if !beside.is_empty() {
            self.beside.entry(below).or_default().add(&beside);
        }
    }

    fn add(&mut self, other: Proof) {
        self.items.extend(other.items);
        self.names.extend(other.names);
        other.left.into_iter().for_each(|(category, count)| *self.left.entry(category).or_default() += count);
        other.beside.into_iter().for_each(|(below, beside)| self.note(below, beside));
    }
}

/// Reads an output.
pub(super) struct Prover<'a> {
    pub(super) audit: &'a Audit<'a>,
    pub(super) context: &'a Context,
    pub(super) sets: &'a ValueSets,
    pub(super) key: ValueKey,
    pub(super) limits: &'a Limits,
}

impl Prover<'_> {
    /// Reads everything below `root`, or only the items at these paths below it.
    pub(super) fn prove(&self, root: &Path, only: Option<&BTreeSet<PathBuf>>) -> Result<Proof, Problem> {
        let places = Places::new(vec![root.to_path_buf()]);
        let desks: Mutex<Vec<Desk>> = Mutex::default();
        let mut proof = Proof::default();
        let sight = self.audit.sight(self.context);
        let paths = match only {
            Some(only) => only.iter().map(|below| root.join(below)).collect(),
            None => vec![root.to_path_buf()],
        };
        let done: Result<(), ()> = self.audit.each(
            &Roots::new(paths),
            true,
            |work| {
                let mut desk = desks.lock().ok().and_then(|mut desks| desks.pop()).unwrap_or_default();
                let part = self.work(sight, work, &places, &mut desk);
                if let Ok(mut desks) = desks.lock() {
                    desks.push(desk);
                }
                part
            },
            |part| {
                proof.add(part);
                Ok(())
            },
        )?;
        debug_assert!(done.is_ok());
        Ok(proof)
    }

    fn work(&self, sight: Sight<'_>, work: Work, places: &Places, desk: &mut Desk) -> Proof {
        let mut proof = Proof::default();
        match work {
            Work::Excluded => {}
            Work::Folder(item) => self.name(sight, &item, true, places, desk, &mut proof),
            Work::Gap(item, gap) => {
                self.gap(&item, gap.code, places, &mut proof);
                self.name(sight, &item, false, places, desk, &mut proof);
            }
            Work::Piece(piece) => self.top(sight, &piece, places, desk, &mut proof),
            Work::Items(items) => {
                for item in items {
                    match read_whole(&item) {
                        Ok((bytes, gap)) => {
                            let piece = whole(item, bytes, gap.into_iter().collect());
                            self.top(sight, &piece, places, desk, &mut proof);
                        }
                        Err(gap) => self.gap(&item, gap.code, places, &mut proof),
                    }
                }
            }
        }
        proof
    }

    fn gap(&self, item: &Item, code: &'static str, places: &Places, proof: &mut Proof) {
        let mut beside = Beside::default();
        beside.gap(code);
        proof.note(places.below(item), beside);
    }

    fn top(&self, sight: Sight<'_>, piece: &OwnedPiece, places: &Places, desk: &mut Desk, proof: &mut Proof) {
        let below = places.below(&piece.item);
        let before: u64 = proof.left.values().sum();
        let mut beside = Beside::default();
        self.piece(sight, piece, &below.to_string_lossy(), self.limits, desk, (proof, &mut beside));
        if proof.left.values().sum::<u64>() > before || beside.member_names > 0 {
            proof.items.insert(below.clone());
        }
        proof.note(below, beside);
    }

    fn piece(
        &self,
        sight: Sight<'_>,
        piece: &OwnedPiece,
        path: &str,
        limits: &Limits,
        desk: &mut Desk,
        (proof, noted): (&mut Proof, &mut Beside),
    ) {
        let top = piece.item.number.depth() == 1;
        let prefix = piece.item.origin.path.len().saturating_sub(path.len());
        let mut data = Vec::new();
        let beside = sight.read(piece, limits, desk, &mut |block, detections| {
            let scope = |top: u64| self.key.scope(path, top);
            let known = Known { sets: self.sets, scope: &scope };
            for one in choose(block, detections, Some(known), &mut noted.stays) {
                let role = block.fields().get(one.field as usize).map(|field| field.role);
                match role {
                    Some(Role::ItemPath) if top => data.extend(below(&one, prefix)),
                    Some(Role::ItemPath) => noted.member_names += 1,
                    _ => *proof.left.entry(one.category).or_default() += 1,
                }
            }
        });
        if !data.is_empty() {
            proof.names.push(Named { below: PathBuf::from(path), folder: false, data });
        }
        for gap in beside.gaps {
            noted.gap(gap.code);
        }
        let reading = limits.unspent();
        let reading = sight.reading(&reading);
        self.sets.look_beside(piece.format, &piece.as_piece(), &reading, &mut |category| {
            *proof.left.entry(category).or_default() += 1;
        });
        for (before, member) in (0u64..).zip(beside.members) {
            let inside = format!("{path}!{}", member.ordinal);
            match sight.open(piece, before, member, limits) {
                Ok((inner, limits)) => {
                    self.piece(sight, &inner, &inside, &limits, desk, (&mut *proof, &mut *noted));
                }
                Err(gap) => noted.gap(gap.code),
            }
        }
    }

    fn name(
        &self,
        sight: Sight<'_>,
        item: &Item,
        folder: bool,
        places: &Places,
        desk: &mut Desk,
        proof: &mut Proof,
    ) {
        let path = places.below(item).to_string_lossy().into_owned();
        let prefix = item.origin.path.len().saturating_sub(path.len());
        let mut data = Vec::new();
        let mut noted = Beside::default();
        sight.name(item, desk, &mut |block, detections| {
            let scope = |top: u64| self.key.scope(&path, top);
            let known = Known { sets: self.sets, scope: &scope };
            let chosen = choose(block, detections, Some(known), &mut noted.stays);
            data.extend(chosen.iter().filter_map(|one| below(one, prefix)));
        });
        proof.note(PathBuf::from(&path), noted);
        if !data.is_empty() {
            proof.names.push(Named { below: PathBuf::from(path), folder, data });
        }
    }
}

/// The part of a name's data below the output: the name of its own folder is the user's to choose.
fn below(one: &Chosen, prefix: usize) -> Option<(Range<usize>, Category)> {
    let end = one.range.end.checked_sub(prefix).filter(|end| *end > 0)?;
    Some((one.range.start.saturating_sub(prefix)..end, one.category))
}
