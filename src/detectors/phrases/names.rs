//! What looks like a name: capitalised words, particles, initials.

use super::reading::{char_at, char_before, is_blank, part, rest, skip, skip_blanks, word_at, word_before};
use super::{Kind, Phrases};

/// Most words of a name, particles left aside.
const WORDS: usize = 5;
/// Beginnings of names with a capital inside.
const INNER: [&str; 12] = ["Mc", "Mac", "De", "Di", "Du", "La", "Le", "Van", "Von", "Fitz", "Dell", "Ver"];

/// Words that look like a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) start: usize,
    pub(super) end: usize,
    /// How many words, particles left aside.
    pub(super) words: usize,
    /// Whether its first word is a usual given name.
    pub(super) known: bool,
    /// Whether it is written in lower case.
    pub(super) lower: bool,
    /// Whether it is one short word in capitals, as abbreviations are.
    pub(super) short: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Capital,
    Lower,
    Other,
}

fn shape(word: &str) -> Shape {
    let mut letters = word.chars();
    let Some(first) = letters.next() else { return Shape::Other };
    if !first.is_uppercase() {
        let plain = word.chars().all(|c| c.is_lowercase() || !c.is_alphabetic());
        return if plain { Shape::Lower } else { Shape::Other };
    }
    if word.chars().all(|c| !c.is_lowercase()) {
        return Shape::Capital;
    }
    // A capital inside belongs behind an apostrophe, a dash, or a beginning such as `Mc`.
    let mut before = first;
    for (at, c) in word.char_indices().skip(1) {
        let joined = !before.is_alphabetic();
        if c.is_uppercase() && !joined && !INNER.contains(&part(word, 0, at)) {
            return Shape::Other;
        }
        before = c;
    }
    Shape::Capital
}

/// The word without an English genitive.
fn unpossessed(word: &str) -> &str {
    word.strip_suffix("'s").or_else(|| word.strip_suffix("’s")).unwrap_or(word)
}

impl Phrases {
    /// Behind titles and blanks, so that `Sr. D.` and `Herr Dr.` are both left before the name.
    pub(super) fn behind_titles(&self, rule: u16, text: &str, at: usize) -> usize {
        let mut at = skip_blanks(text, at);
        while let Some(word) = word_at(text, at) {
            if !self.is(rule, part(text, word.start, word.end), Kind::Title.bit()) {
                break;
            }
            let dotted = char_at(text, word.end) == Some('.');
            let next = word.end + usize::from(dotted);
            if !char_at(text, next).is_some_and(is_blank) {
                break;
            }
            at = skip_blanks(text, next);
        }
        at
    }

    /// The name that begins at a position; `lower` allows names without capitals.
    pub(super) fn name_at(&self, rule: u16, text: &str, at: usize, lower: bool) -> Option<Name> {
        self.words_at(rule, text, at, lower).filter(|name| !self.is_spoilt(rule, text, name))
    }

    /// The same, whatever stands around it: it may still be [spoilt](Phrases::is_spoilt).
    pub(super) fn words_at(&self, rule: u16, text: &str, at: usize, lower: bool) -> Option<Name> {
        let mut name = Name { start: at, end: at, words: 0, known: false, lower: false, short: false };
        let mut here = at;
        let mut particles = 0;
        while name.words < WORDS {
            let Some(word) = word_at(text, here) else { break };
            let raw = part(text, word.start, word.end);
            let plain = unpossessed(raw);
            let possessive = plain.len() < raw.len();
            let end = word.start + plain.len();
            let initial = plain.chars().count() == 1 && char_at(text, end) == Some('.');
            let capital = shape(plain) == Shape::Capital;
            if initial && capital {
                name.words += 1;
                name.end = end + 1;
                here = skip(text, end + 1, 2, is_blank);
                continue;
            }
            // A particle joins words whatever else it is: `von der` although `der` begins no name.
            let nobody = self.is(rule, plain, Kind::Nobody.bit() | Kind::Title.bit());
            let joins = name.words > 0 || !nobody && (capital || !lower);
            if self.is(rule, plain, Kind::Particle.bit()) && particles < 3 && joins {
                particles += 1;
                here = end;
            } else if nobody {
                break;
            } else {
                let fits = capital && !name.lower
                    || lower && shape(plain) == Shape::Lower && self.may_be_lower(&name);
                if !fits || plain.chars().count() < 2 {
                    break;
                }
                name.short =
                    name.words == 0 && plain.chars().count() <= 4 && plain.chars().all(char::is_uppercase);
                if name.words == 0 {
                    name.known = self.is_given(rule, plain);
                    name.lower = !capital;
                }
                particles = 0;
                name.words += 1;
                name.end = end;
                here = end;
            }
            let gap = skip(text, here, 2, is_blank);
            if gap == here && char_before(text, here).is_some_and(char::is_alphabetic) || possessive {
                break;
            }
            here = gap;
        }
        name.short &= name.words == 1;
        (name.words > 0).then_some(name)
    }

    /// In lower case a name is at most three words, and only a given name begins one that is found alone.
    /// Whether the word at a position begins with a capital or is a given name: no other begins a name that anybody
    /// makes use of, where names without capitals are allowed and must be known.
    pub(super) fn may_begin(&self, rule: u16, text: &str, at: usize) -> bool {
        let Some(word) = word_at(text, at) else { return false };
        let raw = part(text, word.start, word.end);
        raw.starts_with(char::is_uppercase) || self.is_given(rule, unpossessed(raw))
    }

    fn may_be_lower(&self, name: &Name) -> bool {
        name.words == 0 || name.lower && name.words < 3
    }

    fn is_given(&self, rule: u16, word: &str) -> bool {
        let bit = Kind::Given.bit();
        self.is(rule, word, bit)
            || word.split(['-', '‑']).next().is_some_and(|first| self.is(rule, first, bit))
    }

    /// Whether what stands around the words says that they are no name: a company's form, a path, a
    /// phrase of the stop list.
    pub(super) fn is_spoilt(&self, rule: u16, text: &str, name: &Name) -> bool {
        let mut after = rest(text, name.end).chars();
        let (next, second) = (after.next(), after.next());
        let glued = match next {
            Some('.' | ':' | '-' | '/') => {
                second.is_some_and(|c| c.is_alphanumeric() || matches!(c, ':' | '/' | '\\'))
            }
            Some('_' | '@' | '\\' | '=' | '#' | '(' | '[' | '{' | '$' | '%') => {
                // `Name (Team)` has a blank; `name(` is a call.
                true
            }
            Some(c) => c.is_alphanumeric(),
            None => false,
        };
        if glued {
            return true;
        }
        let company = |from: usize| {
            let at = skip(text, from, 2, |c| is_blank(c) || c == ',');
            let end = skip(text, at, 10, |c| c.is_alphabetic() || matches!(c, '.' | '/' | '&'));
            self.is(rule, part(text, at, end), Kind::Company.bit())
                || word_at(text, at)
                    .is_some_and(|word| self.is(rule, part(text, word.start, word.end), Kind::Company.bit()))
        };
        let mut at = name.start;
        let mut inside = false;
        while let Some(word) = word_at(text, at).filter(|word| word.end <= name.end) {
            inside |= self.is(rule, part(text, word.start, word.end), Kind::Company.bit());
            at = skip(text, word.end, 3, |c| is_blank(c) || c == '.');
        }
        if inside || company(name.end) {
            return true;
        }
        let around = (back_chars(text, name.start, 24), skip(text, name.end, 24, |c| c != '\n'));
        let mut stopped = false;
        self.near_words(rule, text, around, |kind, start, end, _| {
            stopped |= kind == Kind::Stop && start < name.end && name.start < end;
        });
        stopped
    }

    /// The name that ends at a position.
    pub(super) fn name_before(&self, rule: u16, text: &str, at: usize) -> Option<Name> {
        let mut starts = Vec::new();
        let mut here = at;
        for _ in 0..WORDS + 2 {
            // An initial has its full stop.
            let end = if char_before(text, here) == Some('.') { here - 1 } else { here };
            let Some(word) = word_before(text, end) else { break };
            starts.push(word.start);
            here = super::reading::back_blanks(text, word.start);
            if here == word.start {
                break;
            }
        }
        starts
            .into_iter()
            .rev()
            .find_map(|start| self.name_at(rule, text, start, false).filter(|name| name.end == at))
    }
}

/// `count` characters back.
fn back_chars(text: &str, at: usize, count: usize) -> usize {
    at - super::reading::head(text, at).chars().rev().take(count).map(char::len_utf8).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::super::tests::phrases;
    use super::*;

    #[test]
    fn names_of_every_form_are_read_whole() {
        let phrases = phrases();
        let rule = phrases.rule_named("person-name");
        for (text, wanted) in [
            ("Marta Ruiz, hola", "Marta Ruiz"),
            ("María del Carmen Ruiz de la Torre y", "María del Carmen Ruiz de la Torre"),
            ("Jan van der Berg heeft", "Jan van der Berg"),
            ("Seán O'Brien's phone", "Seán O'Brien"),
            ("Jean-Luc D’Amico", "Jean-Luc D’Amico"),
            ("J. R. McDonald wrote", "J. R. McDonald"),
            ("GARCÍA LÓPEZ ANA", "GARCÍA LÓPEZ ANA"),
            ("Łukasz Żółć.", "Łukasz Żółć"),
            ("Heike Müller-Lüdenscheid\n", "Heike Müller-Lüdenscheid"),
            ("Marta Gracias", "Marta"),
            ("De la Cruz Ana", "De la Cruz Ana"),
        ] {
            let name = phrases.name_at(rule, text, 0, false).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(part(text, name.start, name.end), wanted, "{text}");
        }
        let lower = phrases.name_at(rule, "marta ruiz y tengo", 0, true).unwrap();
        assert_eq!((lower.end, lower.known, lower.lower), (10, true, true));
        let text = "El 3 de mayo, Marta Ruiz";
        assert_eq!(phrases.name_before(rule, text, text.len()).map(|name| name.start), Some(14));
    }

    #[test]
    fn what_is_no_name_is_none() {
        let phrases = phrases();
        let rule = phrases.rule_named("person-name");
        for text in [
            "equipo",
            "Equipo de soporte",
            "Team",
            "JavaScript",
            "System.out",
            "Marta::new",
            "Main_Window",
            "Muster GmbH",
            "Acme, S.L.",
            "x",
            "9",
            "",
            "customer",
            "user@example.com",
            "Support Team",
        ] {
            assert!(phrases.name_at(rule, text, 0, false).is_none(), "{text}");
        }
    }
}
