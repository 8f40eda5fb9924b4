//! Rows that read from words: names, addresses, dates of birth, special categories and ages, each only
//! beside a cue.
//!
//! The words are data ([`super::lexicon`]); a [`Grammar`] says how a datum is read from a word. Both
//! engines run the grammars alike. They differ in how the words are found: the fast one looks at the word
//! starts the classifier marked, through sieves; the naive one looks up every beginning of every word.
//!
//! The span of a special category is the term itself, without the person it is said of: "mi hijo tiene
//! `asma`". With the term gone the sentence says nothing special of anybody.

mod addresses;
mod ages;
mod births;
mod dates;
mod houses;
mod name_cues;
mod names;
mod reading;
mod terms;
mod towns;

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::catalogue::Catalogue;
use super::confidence::Odds;
use super::fold::{fold, fold_char};
use super::lexicon::{Entry, Hit, Kind, Meaning, Vocabulary};
use super::openings::Openings;
use super::positions::Positions;
use super::signal::{HEARD, HeardSignal};
use super::start::Start;
use crate::records::{
    Block, Category, CheckOutcome, Confidence, Detection, DetectorIndex, Evidence, Field, Role, ValueClass,
    Weights,
};

/// How a datum is read from a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grammar {
    /// Names after titles, greetings, closings, introductions, labels, and at quoted mails.
    Names,
    /// Postal addresses.
    Addresses,
    /// Dates of birth.
    Births,
    /// Terms that are personal data where they are said of a person.
    Terms,
    /// Ages of children.
    Ages,
}

impl Grammar {
    /// Every grammar under its stable name in row files.
    pub const NAMES: [(&'static str, Grammar); 5] = [
        ("names", Self::Names),
        ("addresses", Self::Addresses),
        ("births", Self::Births),
        ("terms", Self::Terms),
        ("ages", Self::Ages),
    ];

    /// The grammar of this name.
    pub fn named(name: &str) -> Option<Grammar> {
        Self::NAMES.into_iter().find(|(of, _)| *of == name).map(|(_, grammar)| grammar)
    }
}

/// Longest field whose own name is context, in bytes.
const NAMED: usize = 96;

/// What a row gives where it read something.
#[derive(Clone, Copy)]
enum Gives {
    Datum(Category, DetectorIndex),
    Signal(u16),
}

/// A row that reads words.
struct Rule {
    gives: Gives,
    base: f64,
    grammar: Grammar,
    /// Words looked up whole, folded: what they are and their month's number.
    singles: HashMap<u64, Single, BuildHasherDefault<Taken>>,
    /// Endings of compounds that are streets, folded, with their weight.
    endings: Vec<(String, i32)>,
    #[cfg(test)]
    id: String,
}

#[derive(Clone, Copy, Default)]
struct Single {
    kinds: u64,
    month: u8,
}

/// All rows that read words.
pub(super) struct Phrases {
    rules: Vec<Rule>,
    begins: Vocabulary,
    near: Vocabulary,
}

/// A word in its field, from which a grammar reads.
struct Site<'a> {
    /// The field's text.
    text: &'a str,
    /// The word's first byte in it.
    start: usize,
    /// One past its last byte.
    end: usize,
    meaning: &'a Meaning,
}

/// What a grammar read: a span of the field and evidence in bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Read {
    start: usize,
    end: usize,
    bits: i32,
}

/// Where words and numbers begin, as the classifier marked them.
pub(super) struct Starts<'a> {
    /// Word starts at which a word of a lexicon may begin.
    pub(super) terms: &'a mut Positions,
    /// Digits that begin something.
    pub(super) numbers: &'a [u32],
}

/// Memory kept between blocks.
#[derive(Default)]
pub(super) struct Heard {
    hits: Vec<Hit>,
    people: Vec<(u32, u32)>,
    numbers: Vec<u32>,
    signals: Vec<HeardSignal>,
}

impl Heard {
    /// The signals heard in the block, sorted by field.
    pub(super) fn signals(&self) -> &[HeardSignal] {
        &self.signals
    }

    /// The same to keep.
    pub(super) fn take_signals(&mut self) -> Vec<HeardSignal> {
        std::mem::take(&mut self.signals)
    }
}

/// What was found so far.
struct Found<'f> {
    claims: &'f mut Vec<Detection>,
    signals: &'f mut Vec<HeardSignal>,
}

impl Phrases {
    /// The rows of a catalogue that read words, with the words of their lexicons. `plain` prepares the search
    /// of the naive engine.
    pub(super) fn new(catalogue: &Catalogue, plain: bool) -> Phrases {
        let lexicon = catalogue.lexicon();
        let mut rules = Vec::new();
        let mut begins: Vec<(u16, &Entry)> = Vec::new();
        let mut near: Vec<(u16, &Entry)> = Vec::new();
        let mut add = |rule: Rule, lexicons: &[String]| {
            let Ok(at) = u16::try_from(rules.len()) else { return };
            let mut rule = rule;
            for entry in lexicon.iter().filter(|entry| lexicons.contains(&entry.lexicon)) {
                rule.learn(entry);
                // A word of one letter begins everywhere: it is only looked up where a word is read.
                let long = entry.word.chars().nth(1).is_some();
                if entry.kind.begins() && long {
                    begins.push((at, entry));
                }
                if entry.kind.is_near() && long && !looked_up(entry.kind) {
                    near.push((at, entry));
                }
            }
            rules.push(rule);
        };
        for (detector, index) in catalogue.detectors().iter().zip(0_u16..) {
            let Some(grammar) = detector.grammar.filter(|_| detector.starts.contains(&Start::Phrase)) else {
                continue;
            };
            let gives = Gives::Datum(detector.category, DetectorIndex(index));
            add(Rule::new(gives, detector.base, grammar, &detector.id), &detector.lexicons);
        }
        for (signal, index) in catalogue.signals().iter().zip(0_u16..) {
            let rule = Rule::new(Gives::Signal(index), signal.base, Grammar::Terms, &signal.id);
            add(rule, &signal.lexicons);
        }
        let (begins, near) = (Vocabulary::new(&begins, plain), Vocabulary::new(&near, false));
        Phrases { rules, begins, near }
    }

    /// How the words begin.
    pub(super) fn openings(&self) -> &Openings {
        self.begins.openings()
    }

    /// Adds claims. `starts` is none for the naive engine, which finds them itself.
    pub(super) fn find(
        &self,
        block: &Block,
        starts: Option<Starts<'_>>,
        heard: &mut Heard,
        claims: &mut Vec<Detection>,
    ) {
        let text = block.text().expose();
        heard.hits.clear();
        heard.numbers.clear();
        heard.signals.clear();
        if self.rules.is_empty() {
            return;
        }
        match starts {
            Some(starts) => {
                self.begins.at_starts(text.as_bytes(), starts.terms, |hit| heard.hits.push(hit));
                let numbers = starts.numbers.iter().copied();
                heard.numbers.extend(numbers.filter(|at| houses::may_be(text.as_bytes(), *at as usize)));
            }
            None => {
                self.begins.plainly(text, |hit| heard.hits.push(hit));
                let numbers = 0..u32::try_from(text.len()).unwrap_or(u32::MAX);
                heard.numbers.extend(numbers.filter(|at| houses::may_be(text.as_bytes(), *at as usize)));
            }
        }
        let mut found = Found { claims, signals: &mut heard.signals };
        self.read_words(block, &heard.hits, false, &[], &mut found);
        self.read_numbers(block, &heard.numbers, claims);
        self.read_fields(block, claims);
        self.read_mailboxes(block, claims);
        heard.people.clear();
        let names = claims.iter().filter(|claim| {
            claim.category == Category::PERSON_NAME && claim.confidence >= Confidence::JUDGED
        });
        heard.people.extend(names.map(|claim| (claim.start, claim.end)));
        heard.people.sort_unstable();
        let mut found = Found { claims, signals: &mut heard.signals };
        self.read_words(block, &heard.hits, true, &heard.people, &mut found);
        heard.signals.sort_unstable();
        heard.signals.dedup();
    }

    /// Reads from every word found: first all that need nothing else, then (`terms`) those that look for
    /// people named near.
    fn read_words(
        &self,
        block: &Block,
        hits: &[Hit],
        terms: bool,
        people: &[(u32, u32)],
        found: &mut Found<'_>,
    ) {
        let mut last = 0;
        for hit in hits {
            let Some(rule) = self.rules.get(usize::from(hit.rule)) else { continue };
            if (rule.grammar == Grammar::Terms) != terms {
                continue;
            }
            let meaning = self.begins.meaning(hit);
            let Some((at, field)) = field_at(block, hit.start, &mut last) else { continue };
            if !is_prose(field.role) || hit.end > field.end as usize {
                continue;
            }
            let base = field.start as usize;
            let text = block.field_text(field);
            let site = Site { text, start: hit.start - base, end: hit.end - base, meaning };
            let mut give = |read: Read| match rule.gives {
                Gives::Datum(..) => self.claim(meaning.rule, field, at, read, found.claims),
                Gives::Signal(signal) => {
                    let owned = field.owned.0 as usize <= base + read.start;
                    if owned && Odds::of_rate(rule.base).step(read.bits).confidence() >= HEARD {
                        found.signals.push(HeardSignal { field: at, signal });
                    }
                }
            };
            match rule.grammar {
                Grammar::Names => self.name(&site, &mut give),
                Grammar::Addresses => {
                    let named = self.named(block, field, meaning.rule, Kind::AddressCue);
                    self.address(&site, named, &mut give);
                }
                Grammar::Births => self.birth(&site, &mut give),
                Grammar::Ages => self.age(&site, &mut give),
                Grammar::Terms => {
                    let from = people.partition_point(|(start, _)| *start < field.start);
                    let upto = people.partition_point(|(start, _)| *start < field.end);
                    let near = people.get(from..upto).unwrap_or(&[]);
                    self.term(&site, base, near, &mut give);
                }
            }
        }
    }

    /// Reads compounds that are streets, from the house numbers behind them.
    fn read_numbers(&self, block: &Block, numbers: &[u32], claims: &mut Vec<Detection>) {
        for (rule, number) in self.rules.iter().zip(0_u16..).filter(|(rule, _)| !rule.endings.is_empty()) {
            let mut last = 0;
            for at in numbers {
                let Some((index, field)) = field_at(block, *at as usize, &mut last) else { continue };
                if !is_prose(field.role) {
                    continue;
                }
                let text = block.field_text(field);
                let here = *at as usize - field.start as usize;
                let Some(read) = self.compound(number, rule, text, here) else { continue };
                let named = self.named(block, field, number, Kind::AddressCue);
                let read = Read { bits: read.bits + named.unwrap_or(0).min(3), ..read };
                self.claim(number, field, index, read, claims);
            }
        }
    }

    /// Reads short fields whose own name says what they are.
    fn read_fields(&self, block: &Block, claims: &mut Vec<Detection>) {
        for (field, at) in block.fields().iter().zip(0_u32..) {
            if field.offset > 0 || field.end - field.start > NAMED as u32 || field.role == Role::PersonName {
                continue;
            }
            let text = block.field_text(field);
            let start = text.len() - text.trim_start().len();
            let whole = (start, text.trim_end().len());
            if whole.0 >= whole.1 {
                continue;
            }
            for (rule, number) in self.rules.iter().zip(0_u16..) {
                let (kind, read) = match rule.grammar {
                    Grammar::Births => (Kind::BirthCue, self.birth_field(number, text, whole)),
                    Grammar::Names => (Kind::Column, self.name_field(number, text, whole)),
                    _ => continue,
                };
                let Some(read) = read else { continue };
                if let Some(weight) = self.named(block, field, number, kind) {
                    self.claim(number, field, at, Read { bits: read.bits + weight, ..read }, claims);
                }
            }
        }
    }

    /// The weight of a word of this kind in a short field's own name.
    fn named(&self, block: &Block, field: &Field, rule: u16, kind: Kind) -> Option<i32> {
        if field.end - field.start > NAMED as u32 {
            return None;
        }
        let path = block.paths.render(field.path);
        let name = path.expose().rsplit('/').next().unwrap_or("");
        let mut spaced = String::with_capacity(name.len() + 4);
        let mut lower = false;
        for c in name.chars() {
            // `birthDate`, `birth_date` and `birth-date` are `birth date`.
            if c.is_uppercase() && lower {
                spaced.push(' ');
            }
            lower = c.is_lowercase();
            spaced.push(if c.is_alphanumeric() || matches!(c, '.' | '/') { c } else { ' ' });
        }
        let mut best: Option<i32> = None;
        self.near_words(rule, &spaced, (0, spaced.len()), |of, _, _, weight| {
            if of == kind {
                best = best.max(Some(weight));
            }
        });
        best
    }

    /// Gives every word of a rule near by: its kind, span and weight.
    fn near_words(
        &self,
        rule: u16,
        text: &str,
        (from, to): (usize, usize),
        mut give: impl FnMut(Kind, usize, usize, i32),
    ) {
        self.near.within(text.as_bytes(), from, to, |hit| {
            if hit.rule == rule {
                let meaning = self.near.meaning(&hit);
                give(meaning.kind, hit.start, hit.end, meaning.weight);
            }
        });
    }

    /// Whether a word, as written, is of one of these kinds for a rule.
    fn is(&self, rule: u16, word: &str, kinds: u64) -> bool {
        self.single(rule, word).kinds & kinds != 0
    }

    fn month_of(&self, rule: u16, word: &str) -> Option<u8> {
        Some(self.single(rule, word).month).filter(|month| *month > 0)
    }

    fn single(&self, rule: u16, word: &str) -> Single {
        let Some(rule) = self.rules.get(usize::from(rule)) else { return Single::default() };
        rule.singles.get(&key(word)).copied().unwrap_or_default()
    }

    fn claim(&self, rule: u16, field: &Field, at: u32, read: Read, claims: &mut Vec<Detection>) {
        let Some(rule) = self.rules.get(usize::from(rule)) else { return };
        let Gives::Datum(category, detector) = rule.gives else { return };
        let (Ok(start), Ok(end)) = (u32::try_from(read.start), u32::try_from(read.end)) else { return };
        let (start, end) = (field.start + start, field.start + end);
        let confidence = Odds::of_rate(rule.base).step(read.bits).confidence();
        let owned = field.owned.0 <= start && start < field.owned.1;
        if !owned || start >= end || end > field.end || confidence < Confidence::WRITTEN {
            return;
        }
        claims.push(Detection {
            category,
            detector,
            field: at,
            start,
            end,
            confidence,
            value_class: ValueClass::Real,
            evidence: Evidence {
                check: CheckOutcome::None,
                cue: true,
                shielded: false,
                known_person: false,
                weights: Weights::default(),
            },
            also: Vec::new(),
            covers: (start, end),
        });
    }
}

impl Rule {
    fn new(gives: Gives, base: f64, grammar: Grammar, id: &str) -> Rule {
        #[cfg(not(test))]
        let _ = id;
        Rule {
            gives,
            base,
            grammar,
            singles: HashMap::default(),
            endings: Vec::new(),
            #[cfg(test)]
            id: id.to_owned(),
        }
    }

    fn learn(&mut self, entry: &Entry) {
        if entry.kind == Kind::StreetEnd {
            self.endings.push((fold(&entry.word), entry.weight));
        }
        if looked_up(entry.kind) && !entry.word.contains(' ') {
            let single = self.singles.entry(key(&entry.word)).or_default();
            single.kinds |= entry.kind.bit();
            single.month = single.month.max(entry.month);
        }
    }
}

/// Kinds of words that are looked up where a word is read, and not searched for.
fn looked_up(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Title
            | Kind::Nobody
            | Kind::Particle
            | Kind::Given
            | Kind::Company
            | Kind::StreetEnd
            | Kind::Unit
            | Kind::Unnumbered
            | Kind::NumberSign
            | Kind::Country
            | Kind::Month
    )
}

/// A word as it is looked up: folded, with one kind of apostrophe and dash, without its full stop. As a
/// hash (FNV-1a), since words are looked up far more often than met.
fn key(word: &str) -> u64 {
    let mut hash = 0xCBF2_9CE4_8422_2325_u64;
    let mut take = |c: char| {
        let mut bytes = [0; 4];
        for byte in c.encode_utf8(&mut bytes).bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
        }
    };
    for c in word.strip_suffix('.').unwrap_or(word).chars() {
        match c {
            '’' => take('\''),
            '‑' => take('-'),
            _ if c.is_ascii() => take(c.to_ascii_lowercase()),
            _ => fold_char(c, &mut take),
        }
    }
    hash
}

/// Takes a [`key`] as the hash it is. Its high bits, by which tables sort, are its best.
#[derive(Default)]
struct Taken(u64);

impl Hasher for Taken {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Whether the role is one of text, in which words say something.
fn is_prose(role: Role) -> bool {
    !matches!(
        role,
        Role::Identifier
            | Role::TimeStamp
            | Role::Measure
            | Role::RecordId
            | Role::Url
            | Role::PersonName
            | Role::PhoneNumber
            | Role::EmailAddress
            | Role::Credential
    )
}

/// The field that holds the byte; starts mostly ascend, so the last answer and the next are tried first.
fn field_at<'a>(block: &'a Block, byte: usize, last: &mut usize) -> Option<(u32, &'a Field)> {
    let byte = u32::try_from(byte).ok()?;
    let holds =
        |at: usize| block.fields().get(at).is_some_and(|field| field.start <= byte && byte < field.end);
    if !holds(*last) {
        *last = if holds(*last + 1) { *last + 1 } else { block.field_at(byte)? };
    }
    Some((u32::try_from(*last).ok()?, block.fields().get(*last)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The embedded rows.
    pub(super) fn phrases() -> Phrases {
        let catalogue = Catalogue::embedded().map_err(|problems| problems[0].to_string()).unwrap();
        Phrases::new(&catalogue, false)
    }

    impl Phrases {
        /// The rule of this row.
        pub(super) fn rule_named(&self, id: &str) -> u16 {
            self.rules.iter().position(|rule| rule.id == id).unwrap() as u16
        }
    }

    #[test]
    fn words_are_looked_up_folded() {
        assert_eq!(key("Sr."), key("sr"));
        assert_eq!(key("D’"), key("d'"));
        assert_eq!(key("MÄRZ"), key("marz"));
    }

    #[test]
    fn grammars_have_names() {
        for (name, grammar) in Grammar::NAMES {
            assert_eq!(Grammar::named(name), Some(grammar));
        }
        assert_eq!(Grammar::named("verse"), None);
    }
}
