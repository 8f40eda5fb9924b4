//! The proof: the output is read again through all layers, and what would still have to go is told.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Mutex;

use super::choice::{Known, Left, choose};
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
    /// Data left in names.
    pub(super) names: u64,
    /// Gaps of the output, by code: what lies in them was not searched.
    pub(super) gaps: BTreeMap<&'static str, u64>,
    /// What stays on purpose.
    pub(super) stays: Left,
}

impl Proof {
    pub(super) fn is_clean(&self) -> bool {
        self.items.is_empty() && self.names == 0
    }

    fn add(&mut self, other: Proof) {
        self.items.extend(other.items);
        self.names += other.names;
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
            Work::Folder(item) => self.name(sight, &item, places, desk, &mut proof),
            Work::Gap(item, gap) => {
                *proof.gaps.entry(gap.code).or_default() += 1;
                self.name(sight, &item, places, desk, &mut proof);
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
        let beside = sight.read(piece, limits, desk, &mut |block, detections| {
            let scope = |top: u64| self.key.scope(path, top);
            let known = Known { sets: self.sets, scope: &scope };
            for one in choose(block, detections, Some(known), &mut proof.stays) {
                let role = block.fields().get(one.field as usize).map(|field| field.role);
                match role {
                    // What lies in the name of the output folder itself is the user's to choose.
                    Some(Role::ItemPath) if top && one.range.end <= prefix => {}
                    Some(Role::ItemPath) if top => proof.names += 1,
                    _ => *proof.left.entry(one.category).or_default() += 1,
                }
            }
        });
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

    fn name(&self, sight: Sight<'_>, item: &Item, places: &Places, desk: &mut Desk, proof: &mut Proof) {
        let path = places.below(item).to_string_lossy().into_owned();
        let prefix = item.origin.path.len().saturating_sub(path.len());
        sight.name(item, desk, &mut |block, detections| {
            let scope = |top: u64| self.key.scope(&path, top);
            let known = Known { sets: self.sets, scope: &scope };
            let chosen = choose(block, detections, Some(known), &mut proof.stays);
            proof.names += chosen.iter().filter(|one| one.range.end > prefix).count() as u64;
        });
    }
}
