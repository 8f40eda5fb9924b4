//! What rules may read about a record, and who says so.

use std::collections::HashMap;
use std::sync::LazyLock;

use compact_str::CompactString;

use super::fact_table::FACTS;
use super::record::RecordKind;
use super::stamp::Stamp;
use super::text::Text;

/// Who supplied a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Supplier {
    /// A field of the record itself.
    Export,
    /// Other records of the archive, joined by the survey.
    Join,
    /// The file the record lies in.
    File,
    /// A person's signed statement.
    Attestation,
}

/// Type of a fact, as CEL sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FactType {
    /// `bool`
    Bool,
    /// `int`
    Int,
    /// `string`: one of a vendor's words, never a person's.
    Word,
    /// `timestamp`
    Stamp,
    /// `list(string)` of words.
    Words,
    /// Text that may hold personal data: rules may ask for it, messages may not show it.
    Text,
    /// `list` of detections: category, confidence, value_class.
    Detections,
}

/// A value of a fact.
#[derive(Clone, PartialEq, Eq)]
pub enum FactValue {
    /// A truth value.
    Bool(bool),
    /// A number.
    Int(i64),
    /// A vendor's word such as a status.
    Word(CompactString),
    /// A point in time.
    Stamp(Stamp),
    /// Several words.
    Words(Vec<String>),
    /// Text that may hold personal data.
    Text(Text),
}

impl FactValue {
    /// Its type.
    pub fn fact_type(&self) -> FactType {
        match self {
            Self::Bool(_) => FactType::Bool,
            Self::Int(_) => FactType::Int,
            Self::Word(_) => FactType::Word,
            Self::Stamp(_) => FactType::Stamp,
            Self::Words(_) => FactType::Words,
            Self::Text(_) => FactType::Text,
        }
    }
}

/// A fact rules may name.
#[derive(Debug)]
pub struct FactCard {
    /// Name after `rec.`.
    pub name: &'static str,
    /// Its type.
    pub fact_type: FactType,
    /// Kinds of record that can have it.
    pub kinds: &'static [RecordKind],
    /// The same, a bit for each: records are asked by the million.
    pub(super) kind_bits: u64,
    /// What it means.
    pub meaning: &'static str,
}

impl FactCard {
    /// Whether a kind of record can have it.
    pub fn is_of(&self, kind: RecordKind) -> bool {
        self.kind_bits & (1 << kind as u32) != 0
    }
}

/// Position of a fact in [`FactId::all`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FactId(u8);

impl FactId {
    /// The fact of this name.
    pub fn named(name: &str) -> Option<FactId> {
        static BY_NAME: LazyLock<HashMap<&str, FactId>> =
            LazyLock::new(|| FactId::all().map(|fact| (fact.card().name, fact)).collect());
        BY_NAME.get(name).copied()
    }

    /// Every fact.
    pub fn all() -> impl Iterator<Item = FactId> {
        (0..FACTS.len()).filter_map(|at| u8::try_from(at).ok().map(FactId))
    }

    /// Its position among all facts, in one byte.
    pub fn index(self) -> u8 {
        self.0
    }

    /// Everything known of the fact.
    pub fn card(self) -> &'static FactCard {
        FACTS.get(usize::from(self.0)).unwrap_or(&FACTS[0])
    }
}

/// A set of facts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FactSet([u64; 4]);

impl FactSet {
    /// Puts a fact in.
    pub fn insert(&mut self, id: FactId) {
        if let Some(word) = self.0.get_mut(usize::from(id.0 >> 6)) {
            *word |= 1 << (id.0 & 63);
        }
    }

    /// Whether a fact is in it.
    pub fn contains(&self, id: FactId) -> bool {
        self.0.get(usize::from(id.0 >> 6)).is_some_and(|word| word & (1 << (id.0 & 63)) != 0)
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// How many facts it holds.
    pub fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// What both hold.
    pub fn and(self, other: FactSet) -> FactSet {
        self.zip(other, |a, b| a & b)
    }

    /// What either holds.
    pub fn or(self, other: FactSet) -> FactSet {
        self.zip(other, |a, b| a | b)
    }

    /// What this one holds and the other does not.
    pub fn without(self, other: FactSet) -> FactSet {
        self.zip(other, |a, b| a & !b)
    }

    /// Its facts, in the order of [`FactId::all`].
    pub fn iter(self) -> impl Iterator<Item = FactId> {
        (0..=u8::MAX).map(FactId).filter(move |id| self.contains(*id))
    }

    fn zip(self, other: FactSet, of: impl Fn(u64, u64) -> u64) -> FactSet {
        let ([a, b, c, d], [e, f, g, h]) = (self.0, other.0);
        FactSet([of(a, e), of(b, f), of(c, g), of(d, h)])
    }
}

impl FromIterator<FactId> for FactSet {
    fn from_iter<I: IntoIterator<Item = FactId>>(ids: I) -> Self {
        let mut set = Self::default();
        ids.into_iter().for_each(|id| set.insert(id));
        set
    }
}

/// The facts of one record. Few enough that a list beats a map.
#[derive(Clone, Default)]
pub struct Facts(Vec<(FactId, FactValue, Supplier)>);

impl Facts {
    /// Sets a fact, in place of an earlier value.
    pub fn set(&mut self, id: FactId, value: FactValue, supplier: Supplier) {
        match self.0.iter_mut().find(|(known, ..)| *known == id) {
            Some(slot) => *slot = (id, value, supplier),
            None => self.0.push((id, value, supplier)),
        }
    }

    /// The value of a fact, if it is known.
    #[inline]
    pub fn get(&self, id: FactId) -> Option<&FactValue> {
        self.0.iter().find(|(known, ..)| *known == id).map(|(_, value, _)| value)
    }

    /// Who supplied a fact.
    pub fn supplier(&self, id: FactId) -> Option<Supplier> {
        self.0.iter().find(|(known, ..)| *known == id).map(|(.., supplier)| *supplier)
    }

    /// All known facts in the order they were set.
    pub fn iter(&self) -> impl Iterator<Item = (FactId, &FactValue, Supplier)> {
        self.0.iter().map(|(id, value, supplier)| (*id, value, *supplier))
    }

    /// Forgets all facts and keeps the memory.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in() {
        let all: Vec<FactId> = FactId::all().collect();
        let even: FactSet = all.iter().copied().step_by(2).collect();
        let third: FactSet = all.iter().copied().step_by(3).collect();
        for (at, id) in all.iter().enumerate() {
            assert_eq!(even.contains(*id), at % 2 == 0);
            assert_eq!(even.and(third).contains(*id), at % 6 == 0);
            assert_eq!(even.or(third).contains(*id), at % 2 == 0 || at % 3 == 0);
            assert_eq!(even.without(third).contains(*id), at % 2 == 0 && at % 3 != 0);
        }
        assert_eq!(even.iter().collect::<Vec<_>>(), all.iter().copied().step_by(2).collect::<Vec<_>>());
        assert_eq!(
            (even.len(), FactSet::default().is_empty(), even.is_empty()),
            (all.len().div_ceil(2), true, false)
        );
    }

    #[test]
    fn names_are_unique_and_found_again() {
        for id in FactId::all() {
            assert_eq!(FactId::named(id.card().name), Some(id));
        }
    }

    #[test]
    fn a_fact_is_of_the_kinds_its_card_names() {
        for card in FactId::all().map(FactId::card) {
            for kind in RecordKind::ALL {
                assert_eq!(card.is_of(kind), card.kinds.contains(&kind), "{} {}", card.name, kind.name());
            }
        }
    }

    #[test]
    fn a_later_value_takes_the_place_of_an_earlier_one() {
        let status = FactId::named("status").unwrap();
        let mut facts = Facts::default();
        facts.set(status, FactValue::Word("open".into()), Supplier::Export);
        facts.set(status, FactValue::Word("closed".into()), Supplier::Join);
        assert_eq!(facts.iter().count(), 1);
        assert_eq!(facts.supplier(status), Some(Supplier::Join));
    }
}
