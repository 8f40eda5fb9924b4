//! The loaded detectors: rows read, checked and proved.

use std::collections::BTreeMap;

use serde_saphyr::Spanned;

use super::check::{self, CHECKS, Check};
use super::lazy::stray;
use super::lexicon::{self, Entry, LEXICON_SCHEMA};
use super::pattern;
use super::phrases::Grammar;
use super::row::{Accept, Head, ROW_SCHEMA, Reject, Row, SHIELD_SCHEMA, Shields};
use super::signal::{self, SIGNAL_SCHEMA, Signal};
use super::start::{Start, condition};
use crate::problem::{Problem, read_yaml, yaml_position};
use crate::records::{Category, DetectorIndex};

/// What a mask may show of a value, beside its shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mask {
    /// The shape and the last two characters.
    Tail,
    /// The shape alone: which characters are letters, digits, signs.
    Shape,
    /// Nothing but that something stands there.
    Hidden,
}

/// Which surroundings keep a row's matches unlikely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShieldedBy {
    /// None: the form of the value is enough.
    Nothing,
    /// Shield words before it (order number, version).
    Words,
    /// Shield words, technical surroundings, and fields that are identifiers or measures.
    All,
}

/// Words that make a datum likelier when they stand near.
#[derive(Clone, Debug)]
pub struct Cue {
    /// ISO 639-1 codes of the words' languages.
    pub languages: Vec<String>,
    /// Whole words or phrases, in lower case.
    pub words: Vec<String>,
    /// Evidence in bits of log-odds, 1 to 10.
    pub weight: i32,
}

/// One detector.
pub struct Detector {
    /// Stable id, kebab-case.
    pub id: String,
    /// One line for people.
    pub title: String,
    /// What it finds; its card has the term of the Data Privacy Vocabulary.
    pub category: Category,
    /// ISO 3166 codes in lower case of the countries it belongs to; empty for all.
    pub countries: Vec<String>,
    /// ISO 639-1 codes of the languages it knows words of; empty where it needs none.
    pub languages: Vec<String>,
    /// Where its matches may begin.
    pub starts: Vec<Start>,
    /// Literals its matches begin with, for [`Start::Literal`].
    pub literals: Vec<String>,
    /// The regular expression; none for rows that find known people or words.
    pub pattern: Option<String>,
    /// The check function.
    pub check: Option<&'static Check>,
    /// How it is read from words, for [`Start::Phrase`].
    pub grammar: Option<Grammar>,
    /// The lexicons whose words it reads.
    pub lexicons: Vec<String>,
    /// Share of its checked matches without a cue that are the datum, 0 to 1.
    pub base: f64,
    /// What keeps it unlikely.
    pub shielded_by: ShieldedBy,
    /// What makes it likelier.
    pub cues: Vec<Cue>,
    /// How it is masked.
    pub mask: Mask,
    /// The specification it is written from.
    pub source: String,
    /// Texts in which it must be found.
    pub accept: Vec<Accept>,
    /// Texts in which it must not.
    pub reject: Vec<Reject>,
    /// The file it stands in, as the caller named it.
    pub file: String,
    /// The line of its id, from 1.
    pub line: u64,
}

/// Every detector and signal, in the order of their ids, and the shield words.
pub struct Catalogue {
    detectors: Vec<Detector>,
    signals: Vec<Signal>,
    shields: Vec<String>,
    lexicon: Vec<Entry>,
    denied: Vec<(Category, String)>,
}

impl Catalogue {
    /// Reads rows and shield words, each given with its file name.
    ///
    /// # Errors
    /// Every problem of every file: what is not readable, unknown categories, checks and start classes,
    /// patterns outside the subset, patterns that can begin outside their start class, ids that stand
    /// twice, numbers out of range, too few examples.
    pub fn load(files: &[(&str, &str)]) -> Result<Catalogue, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut detectors: Vec<Detector> = Vec::new();
        let mut signals: Vec<Signal> = Vec::new();
        let mut shields = Vec::new();
        let mut lexicon: Vec<Entry> = Vec::new();
        for (file, text) in files {
            match read(file, text) {
                Ok(Part::Detector(detector)) => detectors.push(*detector),
                Ok(Part::Signal(signal)) => signals.push(*signal),
                Ok(Part::Shields(words)) => shields.extend(words),
                Ok(Part::Lexicon(words)) => lexicon.extend(words),
                Err(found) => problems.extend(found),
            }
        }
        detectors.sort_by(|a, b| (&a.id, &a.file).cmp(&(&b.id, &b.file)));
        for (first, second) in detectors.iter().zip(detectors.iter().skip(1)) {
            if first.id == second.id {
                let advice = format!("the id stands in {} as well: rename one", first.file);
                problems.push(second.problem(
                    "detector-duplicate",
                    "two detectors have this id",
                    advice,
                    files,
                ));
            }
        }
        for detector in &detectors {
            let unknown = |id: &&String| !lexicon.iter().any(|entry| entry.lexicon == **id);
            if let Some(id) = detector.lexicons.iter().find(unknown) {
                let what = format!("there is no lexicon `{id}`");
                let advice = "lexicons stand in lexicons/, beside detectors/".to_owned();
                problems.push(detector.problem("detector-lexicon", &what, advice, files));
            }
        }
        signals.sort_by(|a, b| a.id.cmp(&b.id));
        for signal in &signals {
            let known = |id: &String| lexicon.iter().any(|entry| entry.lexicon == *id);
            if signal.lexicons.is_empty() || !signal.lexicons.iter().all(known) {
                let what = format!("{} ({}): a lexicon it names is not there", signal.id, signal.file);
                let advice = "lexicons stand in lexicons/, beside detectors/";
                problems.push(Problem::new("signal-lexicon", what, advice));
            }
        }
        if problems.is_empty() {
            Ok(Catalogue { detectors, signals, shields, lexicon, denied: Vec::new() })
        } else {
            Err(problems)
        }
    }

    /// The rows olvido is built with.
    ///
    /// # Errors
    /// As [`Catalogue::load`]; a test keeps the embedded rows right.
    pub fn embedded() -> Result<Catalogue, Vec<Problem>> {
        let files: Vec<(&str, &str)> = super::EMBEDDED.iter().chain(lexicon::LEXICONS).copied().collect();
        Catalogue::load(&files)
    }

    /// The detectors, sorted by id; a [`DetectorIndex`] is a position in them.
    pub fn detectors(&self) -> &[Detector] {
        &self.detectors
    }

    /// The detector at this position.
    pub fn get(&self, index: DetectorIndex) -> Option<&Detector> {
        self.detectors.get(usize::from(index.0))
    }

    /// The signals, sorted by id.
    pub fn signals(&self) -> &[Signal] {
        &self.signals
    }

    /// Words that say a reference or version follows.
    pub fn shields(&self) -> &[String] {
        &self.shields
    }

    /// Has values found wherever they stand whole, as data of these categories.
    pub fn deny(&mut self, values: impl IntoIterator<Item = (Category, String)>) {
        self.denied.extend(values);
    }

    /// Values that are always found.
    pub(super) fn denied(&self) -> &[(Category, String)] {
        &self.denied
    }

    /// The words of all lexicons.
    pub(super) fn lexicon(&self) -> &[Entry] {
        &self.lexicon
    }

    /// Runs every row's own examples through the whole matcher, in both engines, and looks for check
    /// functions no row uses.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = super::examples::check_examples(self);
        for check in CHECKS {
            if !self.detectors.iter().any(|detector| detector.check.is_some_and(|c| c.name == check.name)) {
                problems.push(Problem::new(
                    "detector-check-unused",
                    format!("no detector uses the check `{}`", check.name),
                    "add the row it was written for, or take the check out",
                ));
            }
        }
        problems
    }
}

impl Detector {
    /// A problem of this row, at its id.
    fn problem(&self, code: &'static str, what: &str, advice: String, files: &[(&str, &str)]) -> Problem {
        let text = files.iter().find(|(file, _)| *file == self.file).map_or("", |(_, text)| text);
        let at = usize::try_from(self.line.saturating_sub(1)).unwrap_or(0);
        Problem::new(code, what, advice).at(crate::problem::SourcePosition {
            file: self.file.clone(),
            line: self.line,
            column: 1,
            text: text.lines().nth(at).unwrap_or("").to_owned(),
        })
    }
}

enum Part {
    Detector(Box<Detector>),
    Signal(Box<Signal>),
    Shields(Vec<String>),
    Lexicon(Vec<Entry>),
}

/// Collects the problems of one file.
struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn is_embedded(&self) -> bool {
        !cfg!(test) && super::EMBEDDED.iter().any(|(file, text)| *file == self.file && *text == self.text)
    }

    fn refuse<T>(&mut self, code: &'static str, at: &Spanned<T>, what: String, advice: &str) {
        let position = yaml_position(self.file, self.text, &at.referenced);
        self.problems.push(Problem::new(code, what, advice).at(position));
    }
}

fn read(file: &str, text: &str) -> Result<Part, Vec<Problem>> {
    let head: Head = read_yaml("detector-yaml", file, text).map_err(|problem| vec![problem])?;
    let mut reader = Reader { file, text, problems: Vec::new() };
    match head.schema.value.as_str() {
        ROW_SCHEMA => {
            let row: Row = read_yaml("detector-yaml", file, text).map_err(|problem| vec![problem])?;
            let detector = reader.detector(row);
            if reader.problems.is_empty() {
                Ok(Part::Detector(Box::new(detector)))
            } else {
                Err(reader.problems)
            }
        }
        SHIELD_SCHEMA => {
            let shields: Shields = read_yaml("detector-yaml", file, text).map_err(|problem| vec![problem])?;
            Ok(Part::Shields(shields.words.into_iter().flat_map(|words| words.words).collect()))
        }
        SIGNAL_SCHEMA => signal::read(file, text).map(|signal| Part::Signal(Box::new(signal))),
        LEXICON_SCHEMA => lexicon::read(file, text).map(Part::Lexicon),
        other => {
            let what = format!("`{other}` is no format of this folder");
            reader.refuse("detector-schema", &head.schema, what, "write `schema: olvido/detector/v1`");
            Err(reader.problems)
        }
    }
}

impl Reader<'_> {
    fn detector(&mut self, row: Row) -> Detector {
        let starts = self.starts(&row);
        let check = row.check.as_ref().and_then(|name| {
            let found = check::named(&name.value);
            if found.is_none() {
                let names: Vec<&str> = CHECKS.iter().map(|check| check.name).collect();
                let what = format!("there is no check `{}`", name.value);
                self.refuse("detector-check", name, what, &format!("one of: {}", names.join(", ")));
            }
            found
        });
        self.pattern(&row, &starts);
        let grammar = self.grammar(&row, &starts);
        self.numbers(&row);
        if row.accept.len() < 2 || row.reject.len() < 2 {
            let what = "a row has at least two texts to accept and two to reject".to_owned();
            self.refuse("detector-examples", &row.id, what, "add examples, one of them a near miss");
        }
        let mask = match row.mask.value.as_str() {
            "tail" => Mask::Tail,
            "shape" => Mask::Shape,
            "hidden" => Mask::Hidden,
            other => {
                let what = format!("there is no mask `{other}`");
                self.refuse("detector-mask", &row.mask, what, "write tail, shape or hidden");
                Mask::Hidden
            }
        };
        let shielded_by = match row.shields.value.as_str() {
            "none" => ShieldedBy::Nothing,
            "words" => ShieldedBy::Words,
            "all" => ShieldedBy::All,
            other => {
                let what = format!("`{other}` is no set of shields");
                self.refuse("detector-shields", &row.shields, what, "write none, words or all");
                ShieldedBy::All
            }
        };
        let category = Category::named(&row.category.value).unwrap_or_else(|| {
            let what = format!("`{}` is no category", row.category.value);
            self.refuse("detector-category", &row.category, what, "`olvido catalogue list` names them");
            Category::SECRET
        });
        Detector {
            line: row.id.referenced.line().max(1),
            id: row.id.value,
            title: row.title,
            category,
            countries: row.countries,
            languages: row.languages,
            starts,
            literals: row.literals.into_iter().map(|literal| literal.value).collect(),
            pattern: row.pattern.map(|pattern| pattern.value),
            check,
            grammar,
            lexicons: row.lexicons.into_iter().map(|lexicon| lexicon.value).collect(),
            base: row.base.value,
            shielded_by,
            cues: row
                .cues
                .into_iter()
                .map(|cue| Cue { languages: cue.languages, words: cue.words, weight: cue.weight.value })
                .collect(),
            mask,
            source: row.source,
            accept: row.accept,
            reject: row.reject,
            file: self.file.to_owned(),
        }
    }

    fn starts(&mut self, row: &Row) -> Vec<Start> {
        let mut starts = Vec::new();
        for name in &row.start {
            match Start::named(&name.value) {
                Some(start) => starts.push(start),
                None => {
                    let names: Vec<&str> = Start::ALL.iter().map(|start| start.name()).collect();
                    let what = format!("there is no start class `{}`", name.value);
                    self.refuse("detector-start", name, what, &format!("one of: {}", names.join(", ")));
                }
            }
        }
        let alone = starts
            .iter()
            .any(|start| start.is_without_pattern() || matches!(start, Start::At | Start::Literal));
        if starts.is_empty() && row.start.is_empty() || alone && starts.len() > 1 {
            let what = "`at`, `literal` and the classes without a pattern stand alone, and a row has one class at least";
            self.refuse("detector-start", &row.id, what.to_owned(), "name the classes its matches begin in");
        }
        if starts.iter().any(|s| matches!(s, Start::Literal | Start::NamedField)) == row.literals.is_empty() {
            let what = "`start: [literal]` or `[named-field]` and `literals:` go together".to_owned();
            self.refuse("detector-start", &row.id, what, "list what its matches begin with");
        }
        for literal in row.literals.iter().filter(|literal| literal.value.len() < 3) {
            let what = "a literal of less than three bytes begins everywhere".to_owned();
            self.refuse("detector-start", literal, what, "write a longer beginning");
        }
        starts
    }

    fn grammar(&mut self, row: &Row, starts: &[Start]) -> Option<Grammar> {
        let words = starts.contains(&Start::Phrase);
        if words != row.grammar.is_some() || words == row.lexicons.is_empty() {
            let what = "`start: [phrase]`, `grammar:` and `lexicons:` go together".to_owned();
            self.refuse("detector-grammar", &row.id, what, "say how its data are read, and whose words");
        }
        let name = row.grammar.as_ref()?;
        let found = Grammar::named(&name.value);
        if found.is_none() {
            let names: Vec<&str> = Grammar::NAMES.iter().map(|(name, _)| *name).collect();
            let what = format!("there is no grammar `{}`", name.value);
            self.refuse("detector-grammar", name, what, &format!("one of: {}", names.join(", ")));
        }
        found
    }

    fn pattern(&mut self, row: &Row, starts: &[Start]) {
        let without = starts.iter().any(|start| start.is_without_pattern());
        let Some(pattern) = &row.pattern else {
            if !without {
                let what = "the row has no pattern".to_owned();
                self.refuse(
                    "detector-pattern",
                    &row.id,
                    what,
                    "only rows of known people and of words have none",
                );
            }
            return;
        };
        if without {
            let what = "known people and words are found without a pattern".to_owned();
            self.refuse("detector-pattern", pattern, what, "take the pattern out");
            return;
        }
        if let Err(reason) = pattern::parse(&pattern.value) {
            let what = format!("the pattern is outside the subset: {reason}");
            self.refuse("detector-pattern", pattern, what, "see the head of src/detectors/pattern.rs");
            return;
        }
        let literals: Vec<String> = row.literals.iter().map(|literal| literal.value.clone()).collect();
        let wanted = condition(starts, &literals);
        if wanted.is_empty() {
            return;
        }
        // The proof takes a while; for the rows in the binary a test has made it.
        if self.is_embedded() {
            return;
        }
        match stray(&pattern.value, &wanted) {
            Ok(None) => {}
            Ok(Some(shown)) => {
                let what = format!("it can begin outside its start class, for example with `{shown}`");
                self.refuse("detector-start", pattern, what, "narrow the pattern or add the class");
            }
            Err(reason) => {
                let what = format!("no automaton can be built of it: {reason}");
                self.refuse("detector-pattern", pattern, what, "write smaller repeats");
            }
        }
    }

    fn numbers(&mut self, row: &Row) {
        if !(0.001..=0.999).contains(&row.base.value) {
            let what = format!("{} is no base rate", row.base.value);
            self.refuse("detector-base", &row.base, what, "write a number from 0.001 to 0.999");
        }
        for cue in row.cues.iter().filter(|cue| !(1..=10).contains(&cue.weight.value)) {
            let what = format!("{} is no weight", cue.weight.value);
            self.refuse("detector-cue", &cue.weight, what, "write 1 to 10 bits");
        }
    }
}

/// How often each category is detected by the rows, for listings.
impl Catalogue {
    /// Detectors by category, categories by name.
    pub fn by_category(&self) -> BTreeMap<&'static str, Vec<&Detector>> {
        let mut out: BTreeMap<&'static str, Vec<&Detector>> = BTreeMap::new();
        for detector in &self.detectors {
            out.entry(detector.category.name()).or_default().push(detector);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "schema: olvido/detector/v1\nid: x\ntitle: X\ncategory: es-dni\nstart: [digit]\n\
        pattern: '[0-9]{8}'\nbase: 0.5\nshields: all\nmask: tail\nsource: none\n\
        accept: [{text: '12345678'}, {text: '12345679'}]\nreject: [{text: a}, {text: b}]\n";

    fn refused(from: &str, to: &str) -> (String, u64) {
        let text = GOOD.replace(from, to);
        assert_ne!(text, GOOD, "{from}");
        let problems = Catalogue::load(&[("x.yaml", &text)]).err().unwrap();
        let at = problems[0].at.clone().unwrap();
        (format!("{}: {}", problems[0].code, problems[0].what), at.line)
    }

    #[test]
    fn a_good_row_is_loaded() {
        assert_eq!(Catalogue::load(&[("x.yaml", GOOD)]).ok().unwrap().detectors().len(), 1);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (from, to, code, line) in [
            ("category: es-dni", "category: es-dno", "detector-category", 4),
            ("start: [digit]", "start: [digits]", "detector-start", 5),
            ("start: [digit]", "start: [plus]", "detector-start", 6),
            ("'[0-9]{8}'", "'[0-9]+'", "detector-pattern", 6),
            ("'[0-9]{8}'", "'[0-9a]{8}'", "detector-start", 6),
            ("base: 0.5", "base: 1.5", "detector-base", 7),
            ("base: 0.5", "base: 0.5\ncheck: es-dna", "detector-check", 8),
            ("mask: tail", "mask: all", "detector-mask", 9),
            ("shields: all", "shields: some", "detector-shields", 8),
            ("olvido/detector/v1", "olvido/detector/v9", "detector-schema", 1),
            ("title: X", "titel: X", "detector-yaml", 3),
            (", {text: b}", "", "detector-examples", 2),
        ] {
            let (what, at) = refused(from, to);
            assert!(what.starts_with(code), "{from} -> {to}: {what}");
            assert_eq!(at, line, "{from} -> {to}");
        }
    }

    #[test]
    fn an_id_stands_once() {
        let problems = Catalogue::load(&[("a.yaml", GOOD), ("b.yaml", GOOD)]).err().unwrap();
        assert_eq!(problems[0].code, "detector-duplicate");
        assert_eq!(problems[0].at.as_ref().unwrap().file, "b.yaml");
    }
}
