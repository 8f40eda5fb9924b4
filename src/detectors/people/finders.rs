//! Finds known people in the fields of their records, and what fields are by their role.
#![allow(clippy::indexing_slicing)] // Positions come from scans of the same text.

use super::super::catalogue::Detector;
use super::super::confidence::Odds;
use super::super::normalise::normalise;
use super::super::start::Start;
use super::BlockPeople;
use super::siphash::Key;
use super::table::{self, PeopleTable, PersonIndex, Weight, phone_hashes};
use super::words::{self, Word};
use crate::records::{
    Block, Category, CheckOutcome, Confidence, Detection, DetectorIndex, Evidence, Field, Role, ValueClass,
    Weights, is_mark,
};

/// Bits of evidence for a name word alone with a capital, an everyday word so, and each in lower case.
const ALONE: i32 = -4;
const ALONE_EVERYDAY: i32 = -6;
const LOWER_CASE: i32 = -4;
/// Bits of evidence for a full name in a record that is not its person's.
const ELSEWHERE: i32 = -1;
/// Bits of evidence for an address or number the archive knows.
const KNOWN: i32 = 4;
/// Longest gap between two words of a name, in bytes: `, ` and an initial with its point.
const GAP: usize = 6;

/// The rows that have no pattern.
pub(in super::super) struct Finders {
    person: Option<(DetectorIndex, f64)>,
    phone: Option<(DetectorIndex, f64)>,
    /// The row of fields named as secrets.
    credential: Option<(DetectorIndex, f64)>,
    /// Base rate by detector, to raise what another row found.
    bases: Vec<f64>,
}

/// The people of one record, ready to be looked for; kept between blocks for its memory.
#[derive(Default)]
pub(in super::super) struct Lookout {
    /// Hash of a word, the person and what the word weighs; sorted by hash.
    words: Vec<(u64, u32, Weight)>,
    sieve: Vec<u64>,
    emails: Vec<u64>,
    phones: Vec<u64>,
}

/// Words of one person found side by side.
struct Run {
    people: Vec<u32>,
    hashes: Vec<u64>,
    start: usize,
    /// End of the last word that counts.
    end: usize,
    /// End of the last word, particles included.
    reach: usize,
    names: usize,
    everyday: usize,
    capital: bool,
}

/// Words of the sieve, in bits.
const SIEVE: u64 = 4096;

impl Lookout {
    fn prepare(&mut self, people: &BlockPeople<'_>, set: &[PersonIndex]) {
        self.words.clear();
        self.emails.clear();
        self.phones.clear();
        self.sieve.clear();
        self.sieve.resize((SIEVE / 64) as usize, 0);
        for index in set {
            let Some(person) = people.get(*index) else { continue };
            for token in &person.tokens {
                self.words.push((token.hash, index.0, token.weight));
                let bit = token.sieve % SIEVE;
                self.sieve[(bit / 64) as usize] |= 1 << (bit % 64);
            }
            self.emails.extend(person.emails.iter());
            self.phones.extend(person.phones.iter());
        }
        self.words.sort_by_key(|(hash, person, _)| (*hash, *person));
        self.emails.sort_unstable();
        self.phones.sort_unstable();
    }

    /// Entries of a word; empty for almost every word of a text.
    fn entries(&self, key: Key, word: &Word) -> &[(u64, u32, Weight)] {
        let bit = key.sieve(word.folded()) % SIEVE;
        if self.sieve[(bit / 64) as usize] >> (bit % 64) & 1 == 0 {
            return &[];
        }
        let hash = key.hash(word.folded());
        let from = self.words.partition_point(|(other, _, _)| *other < hash);
        let len = self.words[from..].iter().take_while(|(other, _, _)| *other == hash).count();
        &self.words[from..from + len]
    }
}

impl Finders {
    /// The rows among these that have no pattern.
    pub(in super::super) fn new(detectors: &[Detector]) -> Finders {
        let find = |start: Start| {
            let at = detectors.iter().position(|detector| detector.starts.contains(&start))?;
            Some((DetectorIndex(u16::try_from(at).ok()?), detectors[at].base))
        };
        Finders {
            person: find(Start::KnownPerson),
            phone: find(Start::KnownPhone),
            credential: detectors
                .iter()
                .position(|row| row.category == Category::SECRET && row.starts.contains(&Start::NamedField))
                .and_then(|at| Some((DetectorIndex(u16::try_from(at).ok()?), detectors[at].base))),
            bases: detectors.iter().map(|detector| detector.base).collect(),
        }
    }

    /// Adds claims on what the archive knows, and raises claims on addresses and numbers it knows.
    pub(in super::super) fn find(
        &self,
        block: &Block,
        people: &BlockPeople<'_>,
        lookout: &mut Lookout,
        claims: &mut Vec<Detection>,
    ) {
        for (field, at) in block.fields().iter().zip(0_u32..) {
            match field.role {
                Role::PersonName => self.whole_name(block, field, at, claims),
                Role::PhoneNumber => self.whole_phone(block, field, at, claims),
                Role::Credential => self.whole_credential(block, field, at, claims),
                _ => {}
            }
        }
        let Some(table) = people.table() else { return };
        let mut prepared: &[PersonIndex] = &[];
        lookout.prepare(people, prepared);
        let found = claims.len();
        // Claims of rows, to be raised; those of fields by their role come behind them and are known.
        claims.sort_by_key(|claim| (claim.start, claim.end, claim.detector));
        let mut cursor = 0;
        for (field, at) in block.fields().iter().zip(0_u32..) {
            let names =
                !matches!(field.role, Role::Identifier | Role::TimeStamp | Role::Measure | Role::PersonName);
            if names && !table.everywhere.has_no_names() {
                self.names_of_the_archive(block, field, at, table, claims);
            }
            let wanted = people.of(field.record);
            if !std::ptr::eq(wanted, prepared) {
                lookout.prepare(people, wanted);
                prepared = wanted;
            }
            while cursor < found && claims[cursor].start < field.start {
                cursor += 1;
            }
            let upto =
                cursor + claims[cursor..found].iter().take_while(|claim| claim.start < field.end).count();
            self.raise(block, table, lookout, &mut claims[cursor..upto]);
            cursor = upto;
            if !lookout.phones.is_empty() {
                self.phones(block, field, at, table.key, lookout, claims);
            }
            if names {
                self.names(block, field, at, table.key, lookout, claims);
            }
        }
    }

    /// A field that is a name by its role is one, whatever it holds, if it holds letters.
    fn whole_name(&self, block: &Block, field: &Field, at: u32, claims: &mut Vec<Detection>) {
        let Some(row) = self.person else { return };
        let text = block.field_text(field);
        let value = text.trim();
        if value.contains('@') || !value.chars().any(char::is_alphabetic) || field.offset > 0 {
            return;
        }
        if table::names_nobody(value) || is_mark(value) {
            return;
        }
        let start = text.len() - text.trim_start().len();
        push(row, Category::PERSON_NAME, field, at, start, start + value.len(), 0, claims);
    }

    /// A field that is a phone number by its role is one, if it looks like one in any country.
    fn whole_phone(&self, block: &Block, field: &Field, at: u32, claims: &mut Vec<Detection>) {
        let Some(row) = self.phone else { return };
        let text = block.field_text(field);
        let value = text.trim();
        let digits = value.bytes().filter(u8::is_ascii_digit).count();
        let plain = value.bytes().all(|b| b.is_ascii_digit() || b" +-./()".contains(&b));
        if !plain || !(6..=17).contains(&digits) || value.len() > 32 {
            return;
        }
        let start = text.len() - text.trim_start().len();
        push(row, Category::PHONE_NUMBER, field, at, start, start + value.len(), 0, claims);
    }

    /// A field that is a credential by its role is one, unless it says that there is none.
    fn whole_credential(&self, block: &Block, field: &Field, at: u32, claims: &mut Vec<Detection>) {
        let Some(row) = self.credential else { return };
        let text = block.field_text(field);
        let value = text.trim();
        // Short words and placeholders in stars say that there is one, and open nothing.
        let placeholder = value.len() < 6
            || value.bytes().all(|byte| matches!(byte, b'*' | b'x' | b'X' | b'-' | b'.'))
            || value.starts_with("*NO-PASSWORD");
        if placeholder || field.offset > 0 || is_mark(value) {
            return;
        }
        let start = text.len() - text.trim_start().len();
        push(row, Category::SECRET, field, at, start, start + value.len(), 0, claims);
    }

    /// Full names of anybody in the archive.
    fn names_of_the_archive(
        &self,
        block: &Block,
        field: &Field,
        at: u32,
        table: &PeopleTable,
        claims: &mut Vec<Detection>,
    ) {
        let Some(row) = self.person else { return };
        table.everywhere.names(table.key, block.field_text(field), &mut |name| {
            let bits = if name.capital { ELSEWHERE } else { ELSEWHERE + LOWER_CASE };
            push(row, Category::PERSON_NAME, field, at, name.start, name.end, bits, claims);
        });
    }

    fn raise(&self, block: &Block, table: &PeopleTable, lookout: &Lookout, claims: &mut [Detection]) {
        let key = table.key;
        let text = block.text().expose();
        for claim in claims {
            let Some(value) = text.get(claim.start as usize..claim.end as usize) else { continue };
            let known = match claim.category {
                Category::EMAIL_ADDRESS => {
                    let hash = key.hash(normalise(Category::EMAIL_ADDRESS, value).as_bytes());
                    lookout.emails.binary_search(&hash).is_ok() || table.everywhere.knows_email(hash)
                }
                Category::PHONE_NUMBER => phone_hashes(key, value).iter().any(|hash| {
                    lookout.phones.binary_search(hash).is_ok() || table.everywhere.knows_phone(*hash)
                }),
                _ => false,
            };
            if known && !claim.evidence.known_person {
                claim.evidence.known_person = true;
                let base = self.bases.get(usize::from(claim.detector.0)).copied().unwrap_or(0.5);
                let raised = Odds::of_rate(base).step(KNOWN).confidence();
                claim.confidence = claim.confidence.max(raised);
            }
        }
    }

    /// Numbers the archive knows, in whatever form they are written.
    fn phones(
        &self,
        block: &Block,
        field: &Field,
        at: u32,
        key: Key,
        lookout: &Lookout,
        claims: &mut Vec<Detection>,
    ) {
        let Some(row) = self.phone else { return };
        let text = block.field_text(field);
        let bytes = text.as_bytes();
        let mut from = 0;
        while from < bytes.len() {
            let begins = bytes[from].is_ascii_digit() || bytes[from] == b'+';
            if !begins || from > 0 && bytes[from - 1].is_ascii_alphanumeric() {
                from += 1;
                continue;
            }
            // The longest run of groups from here that is a known number.
            let mut best = None;
            for end in group_ends(bytes, from) {
                let known = phone_hashes(key, &text[from..end])
                    .iter()
                    .any(|hash| lookout.phones.binary_search(hash).is_ok());
                if known {
                    best = Some(end);
                }
            }
            match best {
                Some(end) => {
                    push(row, Category::PHONE_NUMBER, field, at, from, end, KNOWN, claims);
                    from = end;
                }
                None => from += 1,
            }
        }
    }

    fn names(
        &self,
        block: &Block,
        field: &Field,
        at: u32,
        key: Key,
        lookout: &Lookout,
        claims: &mut Vec<Detection>,
    ) {
        let Some(row) = self.person else { return };
        if lookout.words.is_empty() {
            return;
        }
        let text = block.field_text(field);
        let mut run: Option<Run> = None;
        words::each(text, |word| {
            let entries = lookout.entries(key, word);
            if entries.is_empty() {
                return;
            }
            if let Some(open) = &mut run
                && open.extend(text, word, entries)
            {
                return;
            }
            if let Some(done) = run.take() {
                settle(row, field, at, &done, claims);
            }
            run = Run::begin(word, entries);
        });
        if let Some(done) = run {
            settle(row, field, at, &done, claims);
        }
    }
}

impl Run {
    fn begin(word: &Word, entries: &[(u64, u32, Weight)]) -> Option<Run> {
        let mut run = Run {
            people: entries.iter().map(|(_, person, _)| *person).collect(),
            hashes: Vec::new(),
            start: word.start,
            end: word.end,
            reach: word.end,
            names: 0,
            everyday: 0,
            capital: true,
        };
        let (_, _, weight) = entries.first()?;
        // A particle joins words of a name and begins none.
        if *weight == Weight::Particle {
            return None;
        }
        run.count(word, entries);
        Some(run)
    }

    fn count(&mut self, word: &Word, entries: &[(u64, u32, Weight)]) {
        self.reach = word.end;
        let Some((hash, _, weight)) = entries.first() else { return };
        self.hashes.push(*hash);
        match weight {
            Weight::Particle => return,
            Weight::Everyday => self.everyday += 1,
            Weight::Name => self.names += 1,
        }
        self.end = word.end;
        self.capital &= word.capital;
    }

    /// Takes the next word in, if it belongs to the same person and stands near enough.
    fn extend(&mut self, text: &str, word: &Word, entries: &[(u64, u32, Weight)]) -> bool {
        let gap = &text.as_bytes()[self.reach..word.start];
        let letters = gap.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
        let near = gap.len() <= GAP
            && letters <= 1
            && gap.iter().all(|b| {
                b.is_ascii_alphabetic() || matches!(b, b' ' | b',' | b'.' | b'-' | b'\'' | b'_') || *b >= 0x80
            });
        let again = entries.first().is_some_and(|(hash, _, _)| self.hashes.contains(hash));
        let shared: Vec<u32> = self
            .people
            .iter()
            .copied()
            .filter(|person| entries.iter().any(|(_, other, _)| other == person))
            .collect();
        if !near || again || shared.is_empty() {
            return false;
        }
        self.people = shared;
        self.count(word, entries);
        true
    }
}

/// Makes a claim of a finished run.
fn settle(row: (DetectorIndex, f64), field: &Field, at: u32, run: &Run, claims: &mut Vec<Detection>) {
    let together = run.names + run.everyday > 1;
    let bits = match (together, run.names) {
        (true, _) => 0,
        (false, 0) => ALONE_EVERYDAY,
        (false, _) => ALONE,
    };
    let case = match (run.capital, together) {
        (true, _) => 0,
        (false, true) => -1,
        (false, false) => LOWER_CASE,
    };
    push(row, Category::PERSON_NAME, field, at, run.start, run.end, bits + case, claims);
}

/// Where the groups of a phone number that begins at `from` end, shortest first, up to 17 digits.
fn group_ends(bytes: &[u8], from: usize) -> impl Iterator<Item = usize> {
    let mut ends = Vec::new();
    let (mut digits, mut gap) = (0, 0);
    for (at, byte) in bytes.iter().enumerate().skip(from) {
        if byte.is_ascii_digit() {
            digits += 1;
            gap = 0;
            let last = bytes.get(at + 1).is_none_or(|next| !next.is_ascii_alphanumeric());
            if digits > 17 {
                break;
            }
            if digits >= 7 && last {
                ends.push(at + 1);
            }
        } else if gap < 3 && (b" -./()".contains(byte) || *byte == b'+' && at == from) {
            gap += 1;
        } else {
            break;
        }
    }
    ends.into_iter()
}

#[expect(clippy::too_many_arguments, reason = "a claim has these parts")]
fn push(
    row: (DetectorIndex, f64),
    category: Category,
    field: &Field,
    at: u32,
    start: usize,
    end: usize,
    bits: i32,
    claims: &mut Vec<Detection>,
) {
    let (Ok(start), Ok(end)) = (u32::try_from(start), u32::try_from(end)) else { return };
    let (start, end) = (field.start + start, field.start + end);
    let confidence = Odds::of_rate(row.1).step(bits).confidence();
    if start < field.owned.0 || start >= field.owned.1 || start >= end || confidence < Confidence::WRITTEN {
        return;
    }
    claims.push(Detection {
        category,
        detector: row.0,
        field: at,
        start,
        end,
        confidence,
        value_class: ValueClass::Real,
        evidence: Evidence {
            check: CheckOutcome::None,
            cue: false,
            shielded: false,
            known_person: true,
            weights: Weights { form: bits, ..Weights::default() },
        },
        also: Vec::new(),
        covers: (start, end),
    });
}
