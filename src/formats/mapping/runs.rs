//! Texts that several values make together.

use std::collections::BTreeMap;

use super::walk::Walk;
use crate::formats::tree::{KeyId, NodeKind};

/// Texts that are one text together.
#[derive(Default)]
pub(super) struct Runs {
    /// Their nodes, in order.
    pub(super) all: Vec<Vec<u32>>,
    /// The run of each of them.
    pub(super) of: BTreeMap<u32, usize>,
}

impl Runs {
    pub(super) fn clear(&mut self) {
        self.all.clear();
        self.of.clear();
    }

    fn push(&mut self, run: Vec<u32>) {
        self.of.extend(run.iter().map(|at| (*at, self.all.len())));
        self.all.push(run);
    }
}

impl Walk<'_, '_> {
    /// Neighbours in an array that have a text under `key` are one text: marks cut it, not who wrote it.
    pub(super) fn run_together(&mut self, array: u32, key: KeyId) {
        let tree = self.element.tree;
        let text = |at: u32| {
            let at = tree.member(at, key)?;
            let node = tree.nodes.get(at as usize)?;
            (matches!(node.kind, NodeKind::String { .. }) && node.start < node.end).then_some(at)
        };
        let mut run = Vec::new();
        for found in tree.children(array).map(|(at, _)| text(at)).chain([None]) {
            match found {
                Some(at) => run.push(at),
                None if run.len() > 1 => self.runs.push(std::mem::take(&mut run)),
                None => run.clear(),
            }
        }
    }
}
