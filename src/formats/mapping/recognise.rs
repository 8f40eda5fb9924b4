//! Which shape an object is, by its keys and by where it stands.
//!
//! Objects of one kind and rows of one table have the same keys, so which recognisers their keys and
//! surroundings fit is found once and remembered; only values are looked at in each.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Mappings, ShapeId};
use crate::formats::tree::{KeyId, NodeKind, Step, Tree};

/// Sets of keys remembered at most: an export has tens of them, a file of loose objects any number.
const REMEMBERED: usize = 1024;

/// One way to know a shape.
pub(super) struct Recogniser {
    pub(super) shape: ShapeId,
    pub(super) under: Option<KeyId>,
    pub(super) within: Option<KeyId>,
    pub(super) values: Vec<(KeyId, Vec<String>)>,
    pub(super) all: Vec<KeyId>,
    pub(super) some: Vec<KeyId>,
    pub(super) at_least: usize,
    pub(super) none: Vec<KeyId>,
}

impl Recogniser {
    /// How much it asks for.
    fn asked(&self) -> usize {
        self.all.len()
            + self.at_least
            // A value says more than any number of names, and so does the document it stands in.
            + 8 * (self.values.len() + usize::from(self.within.is_some()))
            + usize::from(self.under.is_some())
    }

    /// Whether keys and surroundings are what it asks for.
    fn fits(&self, has: &dyn Fn(KeyId) -> bool, (under, within): Surroundings) -> bool {
        self.under.is_none_or(|key| under == Some(key))
            && self.within.is_none_or(|key| within == Some(key))
            && self.all.iter().all(|key| has(*key))
            && self.values.iter().all(|(key, _)| has(*key))
            && self.some.iter().filter(|key| has(**key)).count() >= self.at_least
            && !self.none.iter().any(|key| has(*key))
    }

    /// Whether the values it names are as they are written in the object.
    fn values_fit(&self, tree: &Tree, node: u32, text: &str) -> bool {
        self.values.iter().all(|(key, words)| {
            let value = tree.member(node, *key).and_then(|at| tree.nodes.get(at as usize));
            let written = value.and_then(|value| text.get(value.start as usize..value.end as usize));
            written.is_some_and(|written| words.iter().any(|word| word == written))
        })
    }
}

/// The key an object stands under, and the root of the document it stands in.
pub(in crate::formats) type Surroundings = (Option<KeyId>, Option<KeyId>);

/// All ways to know shapes, and the keys they speak of.
#[derive(Default)]
pub(super) struct Recognisers {
    pub(super) rows: Vec<Recogniser>,
    /// Position among the keys any row speaks of, by key; `u16::MAX` for others.
    places: Vec<u16>,
    words: usize,
}

impl Recognisers {
    pub(super) fn new(rows: Vec<Recogniser>) -> Recognisers {
        let mut out = Recognisers { rows: Vec::new(), places: Vec::new(), words: 0 };
        let mut next = 0u16;
        for row in &rows {
            let of_values = row.values.iter().map(|(key, _)| key);
            for key in row.all.iter().chain(&row.some).chain(&row.none).chain(of_values) {
                let slot = key.0 as usize;
                if out.places.len() <= slot {
                    out.places.resize(slot + 1, u16::MAX);
                }
                if let Some(place) = out.places.get_mut(slot).filter(|place| **place == u16::MAX) {
                    *place = next;
                    next += 1;
                }
            }
        }
        out.words = usize::from(next).div_ceil(64);
        out.rows = rows;
        out
    }

    fn place(&self, key: KeyId) -> Option<(usize, u64)> {
        let place = self.places.get(key.0 as usize).copied().filter(|place| *place != u16::MAX)?;
        Some((usize::from(place) / 64, 1 << (place % 64)))
    }

    /// Which of the keys rows speak of an object has.
    fn keys_of(&self, tree: &Tree, node: u32, keys: &mut Vec<u64>) {
        keys.clear();
        keys.resize(self.words, 0);
        for (_, child) in tree.children(node) {
            if let Step::Key(key) = child.step
                && let Some((word, bit)) = self.place(key)
                && let Some(word) = keys.get_mut(word)
            {
                *word |= bit;
            }
        }
    }

    /// The rows whose keys and surroundings fit, the one that asks for most first; of equals the last.
    fn fitting(&self, keys: &[u64], around: Surroundings) -> Fitting {
        let has = |key: KeyId| {
            let place = self.place(key);
            place.is_some_and(|(word, bit)| keys.get(word).is_some_and(|word| word & bit != 0))
        };
        let mut fitting: Vec<(usize, u16)> = (0u16..)
            .zip(&self.rows)
            .filter(|(_, row)| row.fits(&has, around))
            .map(|(at, row)| (row.asked(), at))
            .collect();
        fitting.sort_unstable_by(|a, b| b.cmp(a));
        fitting.into_iter().map(|(_, at)| at).collect()
    }
}

/// Rows that fit a set of keys, the one that asks for most first.
type Fitting = Arc<[u16]>;

/// A set of keys, a bit for each that any row speaks of.
type KeySet = Box<[u64]>;

/// Sets of keys met, and the rows they fit.
#[derive(Default)]
pub(in crate::formats) struct Met {
    /// The keys of the object at hand.
    keys: Vec<u64>,
    fitting: HashMap<Surroundings, HashMap<KeySet, Fitting>>,
    count: usize,
    /// The set met last, which is mostly met again.
    last: Option<(Surroundings, KeySet, Fitting)>,
}

impl Met {
    fn fitting(&mut self, all: &Recognisers, around: Surroundings) -> Fitting {
        let known = self.last.as_ref().filter(|(place, keys, _)| *place == around && **keys == *self.keys);
        if let Some((.., fitting)) = known {
            return Arc::clone(fitting);
        }
        let met = self.fitting.get(&around).and_then(|sets| sets.get(self.keys.as_slice()));
        let fitting = match met {
            Some(known) => Arc::clone(known),
            None => {
                let fitting = all.fitting(&self.keys, around);
                if self.count < REMEMBERED {
                    self.count += 1;
                    let sets = self.fitting.entry(around).or_default();
                    sets.insert(self.keys.clone().into(), Arc::clone(&fitting));
                }
                fitting
            }
        };
        self.last = Some((around, self.keys.clone().into(), Arc::clone(&fitting)));
        fitting
    }
}

impl Mappings {
    /// The shape of an object by its keys and by what it stands under and in; the one that asks for most
    /// where several fit.
    pub(in crate::formats) fn recognise(
        &self,
        met: &mut Met,
        tree: &Tree,
        node: u32,
        text: &str,
        around: Surroundings,
    ) -> Option<ShapeId> {
        let all = &self.recognisers;
        if all.rows.is_empty() || tree.nodes.get(node as usize)?.kind != NodeKind::Object {
            return None;
        }
        all.keys_of(tree, node, &mut met.keys);
        let fitting = met.fitting(all, around);
        let mut rows = fitting.iter().filter_map(|at| all.rows.get(usize::from(*at)));
        rows.find(|row| row.values_fit(tree, node, text)).map(|row| row.shape)
    }
}
