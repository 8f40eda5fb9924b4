//! The proof: the output is read again through all layers, and what would still have to go is told.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Mutex;

use super::choice::{Chosen, Known, Left, choose};
use super::values::{ValueKey, ValueSets};
use super::work::Places;
use crate::audit::{Audit, Context, Desk, Item, OwnedPiece, Roots, Sight, Work, read_whole, whole};
use crate::problem::Problem;
use crate::records::{Category, Limits, Role};

/// What the proof found.
#[derive(Default)]
pub(super) struct Proof {
    /// Items with something left, by their path below the output.
    pub(super) items: BTreeSet<PathBuf>,
    /// What is left in them, by category.
    pub(super) left: BTreeMap<Category, u64>,
    /// Names with data left in them.
    pub(super) names: Vec<Named>,
    /// Data left in names of members.
    pub(super) member_names: u64,
    /// Gaps of the output, by code: what lies in them was not searched.
    pub(super) gaps: BTreeMap<&'static str, u64>,
    /// What stays on purpose.
    pub(super) stays: Left,
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
            && self.member_names == 0
            && self.gaps.keys().all(|code| allow.contains(*code))
    }

    fn add(&mut self, other: Proof) {
        self.items.extend(other.items);
        self.names.extend(other.names);
        self.member_names += other.member_names;
        other.left.into_iter().for_each(|(category, count)| *self.left.entry(category).or_default() += count);
        other.gaps.into_iter().for_each(|(code, count)| *self.gaps.entry(code).or_default() += count);
        other.stays.into_iter().for_each(|(what, count)| *self.stays.entry(what).or_default() += count);
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
    /// Reads everything below `root`.
    pub(super) fn prove(&self, root: &std::path::Path) -> Result<Proof, Problem> {
        let places = Places::new(vec![root.to_path_buf()]);
        let desks: Mutex<Vec<Desk>> = Mutex::default();
        let mut proof = Proof::default();
        let sight = self.audit.sight(self.context);
        let done: Result<(), ()> = self.audit.each(
            &Roots::new(vec![root.to_path_buf()]),
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
                *proof.gaps.entry(gap.code).or_default() += 1;
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
                        Err(gap) => *proof.gaps.entry(gap.code).or_default() += 1,
                    }
                }
            }
        }
        proof
    }

    fn top(&self, sight: Sight<'_>, piece: &OwnedPiece, places: &Places, desk: &mut Desk, proof: &mut Proof) {
        let below = places.below(&piece.item);
        let before: u64 = proof.left.values().sum();
        self.piece(sight, piece, &below.to_string_lossy(), self.limits, desk, proof);
        if proof.left.values().sum::<u64>() > before {
            proof.items.insert(below);
        }
    }

    fn piece(
        &self,
        sight: Sight<'_>,
        piece: &OwnedPiece,
        path: &str,
        limits: &Limits,
        desk: &mut Desk,
        proof: &mut Proof,
    ) {
        let top = piece.item.number.depth() == 1;
        let prefix = piece.item.origin.path.len().saturating_sub(path.len());
        let mut data = Vec::new();
        let beside = sight.read(piece, limits, desk, &mut |block, detections| {
            let scope = |top: u64| self.key.scope(path, top);
            let known = Known { sets: self.sets, scope: &scope };
            for one in choose(block, detections, Some(known), &mut proof.stays) {
                let role = block.fields().get(one.field as usize).map(|field| field.role);
                match role {
                    Some(Role::ItemPath) if top => data.extend(below(&one, prefix)),
                    Some(Role::ItemPath) => proof.member_names += 1,
                    _ => *proof.left.entry(one.category).or_default() += 1,
                }
            }
        });
        if !data.is_empty() {
            proof.names.push(Named { below: PathBuf::from(path), folder: false, data });
        }
        for gap in beside.gaps {
            *proof.gaps.entry(gap.code).or_default() += 1;
        }
        for (before, member) in (0u64..).zip(beside.members) {
            let inside = format!("{path}!{}", member.ordinal);
            match sight.open(piece, before, member, limits) {
                Ok((inner, limits)) => self.piece(sight, &inner, &inside, &limits, desk, proof),
                Err(gap) => *proof.gaps.entry(gap.code).or_default() += 1,
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
        sight.name(item, desk, &mut |block, detections| {
            let scope = |top: u64| self.key.scope(&path, top);
            let known = Known { sets: self.sets, scope: &scope };
            let chosen = choose(block, detections, Some(known), &mut proof.stays);
            data.extend(chosen.iter().filter_map(|one| below(one, prefix)));
        });
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
