//! Words near a number: cues of rows, and shields.
//!
//! A list of words looked at from the word starts before and shortly after a survivor, asked only when a row needs it,
//! and once for all rows that survive at the same start.
#![allow(clippy::indexing_slicing)] // Word numbers are positions in `meanings`, made together.

use super::openings::Openings;
use super::positions::Positions;
use super::wordlist::WordList;

/// How many bytes before a start are looked at.
pub(super) const BEFORE: usize = 64;
/// How many bytes after an end are looked at.
const AFTER: usize = 24;

/// What one word says.
#[derive(Clone, Debug, Default)]
struct Meaning {
    /// Rows it is a cue of, with its weight in bits.
    rows: Vec<(u16, i32)>,
    /// Whether it says that a reference or order number follows.
    shield: bool,
}

/// The words.
pub(super) struct Context {
    words: WordList,
    meanings: Vec<Meaning>,
}

/// Where the words of a block begin that may be cues, in ascending order. None where nobody looked.
#[derive(Clone, Copy, Default)]
pub(super) struct CueStarts<'a>(pub(super) Option<&'a [u32]>);

/// The words around one span, for all rows that ask.
#[derive(Default)]
pub(super) struct Around {
    /// Where the field at hand begins in its block.
    base: usize,
    /// The last of the block's starts that was looked for.
    cursor: usize,
    /// Before which byte of the block was looked.
    start: Option<usize>,
    /// After which byte of the block was looked.
    end: Option<usize>,
    /// Words before, with where they end; and words of the field's own name, at its beginning.
    before: Vec<(u32, usize)>,
    /// Words after.
    after: Vec<u32>,
    /// Whether a digit stands between the last shield word and the span.
    last_digit: usize,
}

/// What the words say to one row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// Weight of the cue, 0 for none.
    pub(super) cue: i32,
    /// Whether a shield word stands between the cue and the span, or alone.
    pub(super) shield: bool,
}

impl Context {
    /// The list of all cues and shield words. A word with letters outside ASCII is also looked for
    /// in capitals and without its marks, as people write it.
    pub(super) fn new(cues: &[(u16, String, i32)], shields: &[String]) -> Context {
        let mut table: std::collections::BTreeMap<String, Meaning> = std::collections::BTreeMap::new();
        for (row, word, weight) in cues {
            for form in forms(word) {
                table.entry(form).or_default().rows.push((*row, *weight));
            }
        }
        for word in shields {
            for form in forms(word) {
                table.entry(form).or_default().shield = true;
            }
        }
        let (words, meanings): (Vec<String>, Vec<Meaning>) = table.into_iter().unzip();
        Context { words: WordList::new(&words, |_| false), meanings }
    }

    /// How the words begin.
    pub(super) fn openings(&self) -> &Openings {
        self.words.openings()
    }

    /// Leaves out positions at which no word may begin, of those whose openings are known.
    pub(super) fn sift(&self, text: &[u8], likely: &mut Positions) {
        self.words.sift(text, likely);
    }

    /// Gives every word that stands whole between two bytes of a field, with its span.
    fn each_of(
        &self,
        text: &[u8],
        (from, to): (usize, usize),
        starts: &CueStarts<'_>,
        around: (usize, &mut usize),
        mut give: impl FnMut(u32, usize, usize),
    ) {
        let starts = match starts.0 {
            Some(starts) if !self.words.has_signs => starts,
            _ => return self.words.within(text, (from, to), give),
        };
        let (base, cursor) = around;
        let begins = (base + from) as u32;
        // Spans mostly ascend, so that the last place is near.
        while starts.get(*cursor).is_some_and(|at| *at < begins) {
            *cursor += 1;
        }
        while *cursor > 0 && starts.get(*cursor - 1).is_none_or(|at| *at >= begins) {
            *cursor -= 1;
        }
        let here = starts[*cursor..].iter().map(|at| *at as usize - base);
        for at in here.take_while(|at| *at < to) {
            self.words.whole_at(text, at, to, &mut give);
        }
    }

    /// What the words around a span of a field say to a row; `name` is the field's own name. Words before
    /// are read once for all rows at a start, words after only where no cue stands before.
    pub(super) fn said(
        &self,
        field: &[u8],
        (start, end): (usize, usize),
        name: &[u8],
        row: u16,
        starts: &CueStarts<'_>,
        around: &mut Around,
    ) -> Said {
        let (from, to) = (around.base + start, around.base + end);
        if around.start != Some(from) {
            around.start = Some(from);
            around.end = None;
            self.look_before(field, start, name, starts, around);
        }
        let (mut cue, mut cue_end, shield_end) = self.before(row, around);
        if cue == 0 {
            if around.end != Some(to) {
                around.end = Some(to);
                self.look_after(field, end, starts, around);
            }
            let weight = around.after.iter().filter_map(|word| self.weight(*word, row)).max();
            cue = weight.map_or(0, |weight| weight / 2 + 1);
            cue_end = usize::MAX;
        }
        let shield = shield_end.is_some_and(|end| cue == 0 || end > cue_end);
        Said { cue, shield }
    }

    fn weight(&self, word: u32, row: u16) -> Option<i32> {
        let rows = &self.meanings[word as usize].rows;
        rows.iter().find(|(of, _)| *of == row).map(|(_, weight)| *weight)
    }

    /// Weight and end of the nearest cue before, and the end of the nearest shield word with no digit
    /// between it and the span.
    fn before(&self, row: u16, around: &Around) -> (i32, usize, Option<usize>) {
        let (mut cue, mut cue_end, mut shield_end) = (0, 0, None);
        for (word, end) in &around.before {
            match self.weight(*word, row) {
                Some(weight) if *end > cue_end || cue == 0 => (cue, cue_end) = (weight, *end),
                Some(weight) if *end == cue_end => cue = cue.max(weight),
                Some(_) => {}
                None if self.meanings[*word as usize].shield && *end >= around.last_digit => {
                    shield_end = shield_end.max(Some(*end));
                }
                None => {}
            }
        }
        (cue, cue_end, shield_end)
    }

    fn look_before(
        &self,
        field: &[u8],
        start: usize,
        name: &[u8],
        starts: &CueStarts<'_>,
        around: &mut Around,
    ) {
        around.before.clear();
        let Around { before, base, cursor, .. } = around;
        self.words.within(name, (0, name.len()), |word, _, _| before.push((word, 0)));
        let from = start.saturating_sub(BEFORE);
        self.each_of(field, (from, start), starts, (*base, cursor), |word, _, end| before.push((word, end)));
        // Only a shield word asks for it.
        let shielding = |(word, _): &(u32, usize)| self.meanings[*word as usize].shield;
        around.last_digit = match around.before.iter().any(shielding) {
            true => field[from..start].iter().rposition(u8::is_ascii_digit).map_or(0, |at| from + at + 1),
            false => 0,
        };
    }

    fn look_after(&self, field: &[u8], end: usize, starts: &CueStarts<'_>, around: &mut Around) {
        around.after.clear();
        let until = field.len().min(end + AFTER);
        let Around { after, base, cursor, .. } = around;
        self.each_of(field, (end, until), starts, (*base, cursor), |word, a, b| {
            // A cue before another number is that number's; so is one in the next line.
            let others = field[b..field.len().min(b + 8)].iter().any(u8::is_ascii_digit);
            let parted =
                field[end..a].iter().any(|byte| matches!(byte, b'\n' | b';' | b'.') || byte.is_ascii_digit());
            if !others && !parted {
                after.push(word);
            }
        });
    }
}

impl Around {
    /// Forgets the span.
    pub(super) fn clear(&mut self) {
        self.start = None;
        self.end = None;
        self.cursor = 0;
    }

    /// Says where the field of the next spans begins in its block.
    pub(super) fn at(&mut self, base: usize) {
        self.base = base;
    }
}

/// The forms a word is looked for in: as it stands, in capitals, with a capital at its beginning or at that
/// of each word, all of these also without marks. ASCII case is the list's to leave aside, so that only
/// words with other letters have more than one.
fn forms(word: &str) -> Vec<String> {
    let lower = word.to_lowercase();
    if lower.is_ascii() {
        return vec![lower];
    }
    let plain = super::fold::fold(&lower);
    let mut out = Vec::new();
    for form in [lower, plain] {
        out.push(form.to_uppercase());
        out.push(capitalised(&form, false));
        out.push(capitalised(&form, true));
        out.push(form);
    }
    out.iter_mut().for_each(|form| form.make_ascii_lowercase());
    out.sort();
    out.dedup();
    out
}

/// The text with a capital at its beginning, or at that of each word.
fn capitalised(text: &str, each: bool) -> String {
    let mut begins = true;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if begins {
            out.extend(c.to_uppercase())
        } else {
            out.push(c)
        }
        begins = each && !c.is_alphanumeric();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::boundary::is_word;
    use super::*;

    fn said(text: &str, row: u16) -> Said {
        let cues =
            [(0, "dni".to_owned(), 5), (0, "número de identidad".to_owned(), 4), (1, "bsn".to_owned(), 7)];
        let context = Context::new(&cues, &["pedido".to_owned(), "n.º de orden".to_owned()]);
        let start = text.find('|').unwrap();
        let plain = text.replacen('|', "", 2);
        let end = text.rfind('|').unwrap() - 1;
        let mut around = Around::default();
        let said = context.said(plain.as_bytes(), (start, end), b"", row, &CueStarts(None), &mut around);
        let starts: Vec<u32> = (0..plain.len())
            .filter(|at| is_word(plain.as_bytes()[*at]) || plain.as_bytes()[*at] >= 0xC0)
            .filter(|at| *at == 0 || !is_word(plain.as_bytes()[*at - 1]))
            .map(|at| at as u32)
            .collect();
        around.clear();
        let again =
            context.said(plain.as_bytes(), (start, end), b"", row, &CueStarts(Some(&starts)), &mut around);
        assert_eq!(said, again, "{text}");
        said
    }

    #[test]
    fn whole_words_before_are_cues_of_their_row() {
        assert_eq!(said("mi DNI es |1|", 0).cue, 5);
        assert_eq!(said("mi DNI es |1|", 1).cue, 0);
        assert_eq!(said("midni es |1|", 0).cue, 0);
        assert_eq!(said("NÚMERO DE IDENTIDAD: |1|", 0).cue, 4);
        assert_eq!(said("numero de identidad: |1|", 0).cue, 4);
    }

    #[test]
    fn words_of_other_alphabets_are_found_in_any_usual_case() {
        for word in ["Единен граждански номер", "единен граждански номер", "ЕДИНЕН ГРАЖДАНСКИ НОМЕР"]
        {
            assert!(forms("единен граждански номер").contains(&word.to_owned()), "{word}");
        }
        let greek = forms("αριθμός μητρώου");
        for word in ["Αριθμός Μητρώου", "Αριθμός μητρώου", "ΑΡΙΘΜΟΣ ΜΗΤΡΩΟΥ", "αριθμός μητρώου"]
        {
            assert!(greek.contains(&word.to_owned()), "{word}");
        }
        assert_eq!(forms("číslo"), ["cislo", "ČÍslo", "Číslo", "číslo"], "ASCII case is the list's");
        assert_eq!(forms("NIF"), ["nif"]);
    }

    #[test]
    fn the_nearer_of_cue_and_shield_counts() {
        assert_eq!(said("pedido con DNI |1|", 0), Said { cue: 5, shield: false });
        assert_eq!(said("DNI y pedido |1|", 0), Said { cue: 5, shield: true });
        assert_eq!(said("pedido 77 de |1|", 0), Said { cue: 0, shield: false });
        assert_eq!(said("pedido |1|", 1), Said { cue: 0, shield: true });
    }

    #[test]
    fn a_cue_after_counts_where_no_other_number_follows() {
        assert_eq!(said("|1| (DNI)", 0).cue, 3);
        assert_eq!(said("|1|, DNI 22", 0).cue, 0);
    }
}
