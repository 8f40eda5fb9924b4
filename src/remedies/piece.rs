//! One piece of an item: what goes is chosen, the piece is written anew, members from the inside out.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::anticipation::{Planned, Preview};
use super::choice::{Chosen, Known, Left, choose};
use super::digests::Digests;
use super::names::mask;
use super::notice;
use super::operators::{Language, Operator, Operators, Surroundings};
use super::values::{Added, ValueKey, ValueSets};
use crate::audit::{Desk, Item, OwnedPiece, Sight};
use crate::formats::Piece;
use crate::formats::rewrite::{Changes, Edit, Fate, Planner, Refused, Splice};
use crate::records::{Block, Category, Gap, Limits, RecordKind, Role, Text};
use crate::vault::Sha256;

/// Why an item or member is withheld.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Withheld {
    /// The code of the gap or refusal.
    pub(super) code: &'static str,
    /// What happened, without any value.
    pub(super) message: String,
}

impl From<Gap> for Withheld {
    fn from(gap: Gap) -> Self {
        Self { code: gap.code, message: gap.message }
    }
}

impl From<Refused> for Withheld {
    fn from(refused: Refused) -> Self {
        Self { code: refused.code, message: refused.message }
    }
}

/// What was done to an item, added up over its pieces and members.
#[derive(Default)]
pub(super) struct Account {
    /// How often each operator was used on each category.
    pub(super) edits: BTreeMap<(Category, Operator), u64>,
    /// What stays.
    pub(super) left: Left,
    /// Members that were withheld, by code.
    pub(super) members: BTreeMap<&'static str, u64>,
    /// Previews and signatures that went with what they show or sign.
    pub(super) stale: u64,
    /// Gaps that `--allow-gaps` let through, by code.
    pub(super) allowed: BTreeMap<&'static str, u64>,
    /// For the proof.
    pub(super) added: Added,
    /// Data in the path of the item, in the text of the path as it was walked.
    pub(super) name: Vec<(Range<usize>, Category)>,
    /// Data in names of members that no edit of their container takes away.
    pub(super) member_names: u64,
    /// Over every edit, in order.
    pub(super) digest: Sha256,
}

/// New bytes of a piece, and what of the old ones they replace.
struct New {
    bytes: Vec<u8>,
    splices: Vec<Splice>,
}

/// What changes inside a piece: bytes and names of members, by their number.
#[derive(Default)]
struct Inside {
    members: Vec<(u32, Arc<[u8]>)>,
    fates: Vec<(u32, Fate)>,
    names: Vec<(u32, Text)>,
}

impl Inside {
    fn is_empty(&self) -> bool {
        self.members.is_empty() && self.names.is_empty()
    }

    fn put(&mut self, ordinal: u32, bytes: Vec<u8>, fate: Fate) {
        self.members.push((ordinal, Arc::from(bytes)));
        self.fates.push((ordinal, fate));
    }
}

/// How often the text around edits is looked at before they are made.
const ROUNDS: u32 = 3;

/// An edit with what is needed to choose another replacement.
struct Pending {
    edit: Edit,
    /// Position of the field in its block, and where in the text of the field there.
    at: u32,
    local: Range<usize>,
    value: Text,
    category: Category,
    certain: bool,
    around: Surroundings,
    scope: u64,
}

/// Redacts pieces; shared by all workers.
pub(super) struct Redactor<'a> {
    pub(super) sight: Sight<'a>,
    pub(super) operators: &'a Operators,
    /// Codes of gaps that do not withhold.
    pub(super) allow: &'a BTreeSet<String>,
    pub(super) limits: &'a Limits,
    pub(super) key: ValueKey,
    /// From the second round on.
    pub(super) sets: Option<&'a ValueSets>,
    pub(super) digests: &'a Digests,
}

impl Redactor<'_> {
    /// The new bytes of a piece; none where they are the old ones. `path` tells the item apart.
    pub(super) fn piece(
        &self,
        piece: &OwnedPiece,
        path: &str,
        desk: &mut Desk,
        account: &mut Account,
    ) -> Result<Option<Vec<u8>>, Withheld> {
        let new = self.bounded(piece, path, self.limits, desk, account, &mut Vec::new())?;
        Ok(new.map(|new| new.bytes))
    }

    /// As [`Self::piece`], of a member too, the data in whose name come out in `name`.
    fn bounded(
        &self,
        piece: &OwnedPiece,
        path: &str,
        limits: &Limits,
        desk: &mut Desk,
        account: &mut Account,
        name: &mut Vec<(Range<usize>, Category)>,
    ) -> Result<Option<New>, Withheld> {
        let mut pending = Vec::new();
        let mut keys = KeyLabels::default();
        let mut preview = Preview::default();
        let beside = self.sight.read(piece, limits, desk, &mut |block, detections| {
            let scope = |top: u64| self.key.scope(path, top);
            let known = self.sets.map(|sets| Known { sets, scope: &scope });
            let mut chosen = choose(block, detections, known, &mut account.left);
            let first = pending.len();
            for round in 0..ROUNDS {
                for one in &chosen {
                    self.note(block, one, &scope, piece, &mut keys, &mut pending, account, name);
                }
                if chosen.is_empty() || round + 1 == ROUNDS {
                    break;
                }
                let edits = pending.get_mut(first..).unwrap_or_default();
                edits.sort_by_key(|one: &Pending| (one.at, one.local.start));
                let planned: Vec<Planned<'_>> = edits
                    .iter()
                    .map(|one| Planned {
                        field: one.at,
                        range: one.local.clone(),
                        replacement: one.edit.replacement.expose(),
                    })
                    .collect();
                chosen = preview.beside(self.sight, block, &planned);
            }
        });
        for gap in beside.gaps {
            if !self.allow.contains(gap.code) {
                return Err(gap.into());
            }
            *account.allowed.entry(gap.code).or_default() += 1;
        }
        if piece.window.is_some() {
            let message = "one record is too large to be edited exactly; cut it and try again".to_owned();
            return Err(Withheld { code: "record-too-large", message });
        }
        let back = piece.format.rewrite();
        let mut inside = Inside::default();
        let mut stale = 0;
        for (before, member) in (0u64..).zip(beside.members) {
            let (ordinal, old) = (member.ordinal, Arc::clone(&member.bytes));
            let below = format!("{path}!{ordinal}");
            let (known, mut named) = (member.name.clone(), Vec::new());
            let new = match self.sight.open(piece, before, member, limits) {
                Ok((inner, limits)) => self.bounded(&inner, &below, &limits, desk, account, &mut named),
                Err(gap) => Err(gap.into()),
            };
            if back.is_some_and(|back| back.goes_stale(&known)) {
                stale += 1;
                if !matches!(new, Ok(None)) || !named.is_empty() {
                    account.digest.update_part(b"stale");
                    inside.put(ordinal, Vec::new(), Fate::Stale);
                }
                continue;
            }
            let takes_names =
                piece.format.container().is_some() || back.is_some_and(|back| back.names_members());
            if !takes_names {
                account.member_names += named.len() as u64;
            } else if let Some(name) =
                mask(&known, 0, &named, self.operators, &mut |own| account.added.own(self.key, own))
            {
                account.digest.update_part(name.as_bytes());
                inside.names.push((ordinal, Text::new(name)));
            }
            match new {
                Ok(None) => {}
                Ok(Some(New { bytes, splices })) => {
                    // Containers put the new bytes in their place as they are.
                    let splices = if piece.format.container().is_none() { splices } else { Vec::new() };
                    inside.put(ordinal, bytes, Fate::Edited(splices));
                }
                Err(withheld) => {
                    let notice = notice::text(&withheld, Some(&self.digests.content(&old)), &mut |own| {
                        account.added.own(self.key, own);
                    });
                    *account.members.entry(withheld.code).or_default() += 1;
                    account.digest.update_part(withheld.code.as_bytes());
                    inside.put(ordinal, notice.into_bytes(), Fate::Withheld);
                }
            }
        }
        if pending.is_empty() && inside.is_empty() {
            self.look_beside(piece, &piece.bytes, limits)?;
            return Ok(None);
        }
        let new = match self.written(piece, limits, &pending, &inside) {
            Err(refused) if refused.code == "unencodable" => {
                // The text's charset lacks a letter of a label: words in ASCII will do.
                for one in &mut pending {
                    one.around.ascii = true;
                    let value = self.operators.replace(one.category, one.value.expose(), one.around);
                    one.edit.replacement = Text::new(value);
                }
                self.written(piece, limits, &pending, &inside)?
            }
            other => other?,
        };
        self.look_beside(piece, &new.bytes, limits)?;
        account.stale += stale;
        pending.iter().for_each(|one| self.count(one, account));
        Ok(Some(new))
    }

    /// From the second round on: what stands where no edit can be made is looked through, in the bytes of a piece
    /// as they will be, for values that were removed elsewhere.
    fn look_beside(&self, piece: &OwnedPiece, bytes: &[u8], limits: &Limits) -> Result<(), Withheld> {
        let Some(sets) = self.sets else { return Ok(()) };
        let mut left = false;
        let limits = limits.unspent();
        let (new, reading) = (Piece { bytes, ..piece.as_piece() }, self.sight.reading(&limits));
        sets.look_beside(piece.format, &new, &reading, &mut |_| left = true);
        match left {
            false => Ok(()),
            true => Err(Withheld {
                code: "value-beside-text",
                message: "a value that goes stands where nothing can be edited: a formula, a style, a name. Save the file as text, or anew without it".to_owned(),
            }),
        }
    }

    /// The data in the name of an item that is not read.
    pub(super) fn name(&self, item: &Item, desk: &mut Desk, account: &mut Account) {
        self.sight.name(item, desk, &mut |block, detections| {
            for one in choose(block, detections, None, &mut account.left) {
                account.name.push((one.range.clone(), one.category));
            }
        });
    }

    #[expect(clippy::too_many_arguments, reason = "a place and the lists it goes to")]
    fn note(
        &self,
        block: &Block,
        one: &Chosen,
        scope: &dyn Fn(u64) -> u64,
        piece: &OwnedPiece,
        keys: &mut KeyLabels,
        pending: &mut Vec<Pending>,
        account: &mut Account,
        name: &mut Vec<(Range<usize>, Category)>,
    ) {
        let Some(field) = block.fields().get(one.field as usize) else { return };
        let Some(record) = block.records.get(field.record as usize) else { return };
        if field.role == Role::ItemPath && record.reference.kind == RecordKind::File {
            match piece.item.number.depth() {
                1 => account.name.push((one.range.clone(), one.category)),
                _ => name.push((one.range.clone(), one.category)),
            }
            return;
        }
        let text = block.field_text(field);
        let Some(value) = text.get(one.range.clone()) else { return };
        let named = field.role == Role::Key;
        let in_mail = ["mail", "mbox"].contains(&piece.format.name());
        let message_id = in_mail && field.role == Role::Identifier;
        let around = Surroundings { language: Language::of(text), ascii: false, named, message_id };
        let mut replacement = self.operators.replace(one.category, value, around);
        if named {
            replacement = keys.distinct(record.reference.ordinal.top, replacement, value);
        }
        let local = one.range.start as u64..one.range.end as u64;
        let raw = block.layers.to_raw(field.layers, field.raw, local.clone());
        pending.push(Pending {
            edit: Edit {
                record: record.reference.ordinal,
                field: block.paths.render(field.path),
                range: field.offset + local.start..field.offset + local.end,
                replacement: Text::new(replacement),
                raw: raw.first().map(|range| range.start),
            },
            at: one.field,
            local: one.range.clone(),
            value: Text::new(value),
            category: one.category,
            certain: one.is_certain(),
            around,
            scope: scope(record.reference.ordinal.top),
        });
    }

    /// The piece with all changes made, or none.
    fn written(
        &self,
        piece: &OwnedPiece,
        limits: &Limits,
        pending: &[Pending],
        inside: &Inside,
    ) -> Result<New, Withheld> {
        // What comes out of containers counted when it was scanned.
        let limits = limits.unspent();
        let changes = Changes {
            edits: pending.iter().map(|one| one.edit.clone()).collect(),
            removals: Vec::new(),
            members: inside.members.clone(),
            names: inside.names.clone(),
            fates: inside.fates.clone(),
        };
        let planned = catch_unwind(AssertUnwindSafe(|| {
            let mut planner = Planner::new(changes);
            planner.piece(piece.format, &piece.as_piece(), &self.sight.reading(&limits))?;
            planner.finish()
        }));
        let plan = planned.map_err(|_| Withheld {
            code: "writer-panicked",
            message: "the writer failed on this item. Please report the kind of file".to_owned(),
        })??;
        let bytes = spliced(&piece.bytes, piece.base, plan.splices()).ok_or_else(|| Withheld {
            code: "layers-differ",
            message: "a change lies outside of what was read; scan again".to_owned(),
        })?;
        Ok(New { bytes, splices: plan.splices().to_vec() })
    }

    fn count(&self, one: &Pending, account: &mut Account) {
        let operator = self.operators.of(one.category);
        *account.edits.entry((one.category, operator)).or_default() += 1;
        let replacement = one.edit.replacement.expose();
        let pseudonym = operator == Operator::Pseudonym;
        if one.certain {
            let value = (one.value.expose(), one.category);
            account.added.add(self.key, value, (replacement, pseudonym), one.scope);
        } else {
            account.added.own(self.key, replacement);
        }
        let digest = &mut account.digest;
        digest.update_part(one.edit.record.to_string().as_bytes());
        digest.update_part(one.edit.field.expose().as_bytes());
        digest.update_part(&one.edit.range.start.to_be_bytes());
        digest.update_part(&one.edit.range.end.to_be_bytes());
        digest.update_part(one.category.name().as_bytes());
        digest.update_part(replacement.as_bytes());
    }
}

/// Keys of one object must stay different: equal labels are numbered.
#[derive(Default)]
struct KeyLabels(BTreeMap<(u64, String), Vec<String>>);

impl KeyLabels {
    fn distinct(&mut self, record: u64, label: String, value: &str) -> String {
        let values = self.0.entry((record, label.clone())).or_default();
        let at = values.iter().position(|known| known == value).unwrap_or_else(|| {
            values.push(value.to_owned());
            values.len() - 1
        });
        match at {
            0 => label,
            at => format!("{label} {}", at + 1),
        }
    }
}

/// The bytes of a piece that begins at `base` of its item, with ranges of the item replaced.
fn spliced(bytes: &[u8], base: u64, splices: &[Splice]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut from = 0;
    for splice in splices {
        let inside = |at: u64| at.checked_sub(base).and_then(|at| usize::try_from(at).ok());
        let (start, end) = (inside(splice.range.start)?, inside(splice.range.end)?);
        out.extend_from_slice(bytes.get(from..start)?);
        out.extend_from_slice(&splice.bytes);
        from = end;
    }
    out.extend_from_slice(bytes.get(from..)?);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stay_different() {
        let mut keys = KeyLabels::default();
        let mut of = |record, value| keys.distinct(record, "[IBAN]".to_owned(), value);
        assert_eq!(
            [of(1, "a"), of(1, "b"), of(1, "a"), of(2, "b")],
            ["[IBAN]", "[IBAN] 2", "[IBAN]", "[IBAN]"]
        );
    }

    #[test]
    fn a_later_piece_is_spliced_by_its_own_bytes() {
        let splice = |range, bytes: &str| Splice { range, bytes: bytes.as_bytes().to_vec() };
        let splices = [splice(101..103, "X"), splice(105..106, "")];
        assert_eq!(spliced(b"abcdefgh", 100, &splices).as_deref(), Some(b"aXdegh".as_slice()));
        assert_eq!(spliced(b"abc", 100, &[splice(99..101, "")]), None);
        assert_eq!(spliced(b"abc", 100, &[splice(101..109, "")]), None);
    }
}
