//! The people of the whole archive, in any text of it: full names word by word, addresses, numbers.
//!
//! A lone name is looked for only in the records of its person: in another ticket it may be somebody
//! else's. Two words of one person's name side by side are that name wherever they stand.
#![allow(clippy::indexing_slicing)] // Bits and gaps come from lengths of the same buffers.

use super::siphash::Key;
use super::table::{PARTICLES, Person, Token, Weight};
use super::words::{self, Word};

/// Bytes between two words of a name at most, particles (`de la`, `van der`) included.
const GAP: usize = 18;

/// Everybody, as sorted hashes.
#[derive(Default)]
pub(super) struct Everywhere {
    /// Two words of a name in an order in which they are written.
    pairs: Vec<u64>,
    emails: Vec<u64>,
    phones: Vec<u64>,
    /// Bits of every word of a name of two words or more, by its quick mix.
    sieve: Vec<u64>,
}

/// A full name met in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Met {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether every word begins with a capital.
    pub(super) capital: bool,
}

/// The word before.
#[derive(Clone, Copy)]
struct Before {
    hash: u64,
    start: usize,
    end: usize,
    capital: bool,
}

fn pair(first: u64, second: u64) -> u64 {
    (first.rotate_left(23) ^ second).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

impl Everywhere {
    pub(super) fn of(people: &[Person]) -> Everywhere {
        let mut all = Everywhere::default();
        let words: usize = people.iter().map(|person| person.tokens.len()).sum();
        all.sieve = vec![0; (words * 16).next_power_of_two().max(64) / 64];
        for person in people {
            all.emails.extend(person.emails.iter());
            all.phones.extend(person.phones.iter());
            let name: Vec<&Token> =
                person.tokens.iter().filter(|token| token.weight != Weight::Particle).collect();
            let Some((first, rest)) = name.split_first() else { continue };
            // Of two everyday words (`Will May`) nobody can be told.
            let telling = |a: &Token, b: &Token| a.weight == Weight::Name || b.weight == Weight::Name;
            for other in rest.iter().filter(|other| telling(first, other)) {
                all.pairs.extend([pair(first.hash, other.hash), pair(other.hash, first.hash)]);
            }
            for two in rest.windows(2).filter(|two| telling(two[0], two[1])) {
                all.pairs.push(pair(two[0].hash, two[1].hash));
            }
            if !rest.is_empty() {
                for token in name {
                    all.mark(token.sieve);
                }
            }
        }
        for list in [&mut all.pairs, &mut all.emails, &mut all.phones] {
            list.sort_unstable();
            list.dedup();
        }
        all
    }

    fn bits(&self) -> u64 {
        self.sieve.len() as u64 * 64
    }

    fn mark(&mut self, sieve: u64) {
        let bit = sieve % self.bits();
        self.sieve[(bit / 64) as usize] |= 1 << (bit % 64);
    }

    fn may_be(&self, sieve: u64) -> bool {
        let bit = sieve % self.bits();
        self.sieve[(bit / 64) as usize] >> (bit % 64) & 1 == 1
    }

    /// Whether no name is known.
    pub(super) fn has_no_names(&self) -> bool {
        self.pairs.is_empty()
    }

    pub(super) fn knows_email(&self, hash: u64) -> bool {
        self.emails.binary_search(&hash).is_ok()
    }

    pub(super) fn knows_phone(&self, hash: u64) -> bool {
        self.phones.binary_search(&hash).is_ok()
    }

    /// Gives every full name in a text.
    pub(super) fn names(&self, key: Key, text: &str, give: &mut dyn FnMut(Met)) {
        let mut before: Option<Before> = None;
        let mut open: Option<Met> = None;
        words::each(text, |word| {
            if !self.may_be(key.sieve(word.folded())) {
                return;
            }
            let here = Before {
                hash: key.hash(word.folded()),
                start: word.start,
                end: word.end,
                capital: word.capital,
            };
            let joined = before.filter(|last| self.follows(text, last, word, here.hash));
            match (joined, &mut open) {
                (Some(last), Some(name)) if name.end == last.end => {
                    name.end = here.end;
                    name.capital &= here.capital;
                }
                (Some(last), _) => {
                    if let Some(done) = open.take() {
                        give(done);
                    }
                    open =
                        Some(Met { start: last.start, end: here.end, capital: last.capital && here.capital });
                }
                (None, _) => {}
            }
            before = Some(here);
        });
        if let Some(done) = open {
            give(done);
        }
    }

    fn follows(&self, text: &str, last: &Before, word: &Word, hash: u64) -> bool {
        word.start - last.end <= GAP
            && self.pairs.binary_search(&pair(last.hash, hash)).is_ok()
            && joins(&text[last.end..word.start])
    }
}

/// Whether what stands between two words can stand inside a name: spaces, a comma, a dash, initials and
/// particles, and no end of a line or a sentence.
fn joins(gap: &str) -> bool {
    let signs = |c: char| matches!(c, ' ' | '\u{a0}' | ',' | '-' | '\'' | '’' | '.');
    gap.split(signs).filter(|part| !part.is_empty()).all(|part| {
        let initial = part.chars().count() == 1 && part.chars().all(char::is_alphabetic);
        initial || PARTICLES.iter().any(|particle| part.eq_ignore_ascii_case(particle))
    })
}

#[cfg(test)]
mod tests {
    use super::super::PeopleTable;

    fn met(text: &str) -> Vec<(String, bool)> {
        let mut table = PeopleTable::new([5; 16]);
        for name in
            ["Ana de la Cruz Peña", "Søren Kjær", "Will May", "Madonna", "Jean-Paul Martin", "Support Team"]
        {
            table.add(Some(name), &[], &[]);
        }
        table.seal();
        let mut out = Vec::new();
        table.everywhere.names(table.key, text, &mut |name| {
            out.push((text[name.start..name.end].to_owned(), name.capital));
        });
        out
    }

    #[test]
    fn full_names_are_met_in_every_order_and_case() {
        for (text, wanted) in [
            ("ayer llamó Ana de la Cruz Peña por esto", "Ana de la Cruz Peña"),
            ("de: Cruz Peña, Ana.", "Cruz Peña, Ana"),
            ("Ana Peña pregunta", "Ana Peña"),
            ("ANA CRUZ", "ANA CRUZ"),
            ("an Soren Kjaer weiter", "Soren Kjaer"),
            ("M. Jean-Paul Martin", "Jean-Paul Martin"),
            ("Martin, Jean", "Martin, Jean"),
        ] {
            assert_eq!(met(text), [(wanted.to_owned(), true)], "{text}");
        }
        assert_eq!(met("mail de soren kjær hoy"), [("soren kjær".to_owned(), false)]);
    }

    #[test]
    fn what_is_no_full_name_is_left() {
        for text in [
            "Ana vino sola",
            "Peña Ana Kjær Cruz".split_at(10).1,
            "I think he Will May leave",
            "Madonna Madonna",
            "Ana\nPeña",
            "Ana pidió que la Cruz",
            "Support Team",
            "Ana. La cosa es que Peña",
        ] {
            assert_eq!(met(text), [], "{text}");
        }
    }
}
