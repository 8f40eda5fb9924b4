//! The YAML shape of a lexicon, `schema: olvido/lexicon/v1`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_saphyr::Spanned;

use super::kind::Kind;
use crate::problem::{Problem, read_yaml, yaml_position};

/// Version of the format.
pub(in super::super) const LEXICON_SCHEMA: &str = "olvido/lexicon/v1";

/// Longest word, in bytes.
const LONGEST: usize = 56;

/// A lexicon as it is written.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct LexiconFile {
    #[expect(dead_code, reason = "read before, to know what the file is")]
    schema: String,
    #[schemars(with = "String")]
    id: Spanned<String>,
    words: Vec<List>,
}

/// Words of some languages that say the same.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct List {
    #[schemars(with = "String")]
    kind: Spanned<String>,
    #[expect(dead_code, reason = "for whoever reads the file")]
    languages: Vec<String>,
    #[schemars(with = "Vec<String>")]
    words: Vec<Spanned<String>>,
    /// Evidence in bits of log-odds.
    #[serde(default)]
    weight: i32,
    /// Whether case and marks must be as written.
    #[serde(default)]
    exact: bool,
    /// The month's number, for months.
    #[serde(default)]
    month: u8,
}

/// One word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Entry {
    /// The lexicon it belongs to.
    pub(in super::super) lexicon: String,
    /// What it says.
    pub(in super::super) kind: Kind,
    /// As written, without the star of a stem.
    pub(in super::super) word: String,
    /// Whether any ending of at most [`super::vocabulary::ENDING`] bytes may follow.
    pub(in super::super) stem: bool,
    /// Whether case and marks must be as written.
    pub(in super::super) exact: bool,
    /// Evidence in bits of log-odds.
    pub(in super::super) weight: i32,
    /// The month's number, for months.
    pub(in super::super) month: u8,
}

/// Reads a lexicon.
///
/// # Errors
/// What is not readable, unknown kinds, words that begin with no letter, stems of less than four bytes,
/// weights out of range.
pub(in super::super) fn read(name: &str, text: &str) -> Result<Vec<Entry>, Vec<Problem>> {
    let file: LexiconFile = read_yaml("lexicon-yaml", name, text).map_err(|problem| vec![problem])?;
    let mut problems = Vec::new();
    let mut out = Vec::new();
    for list in file.words {
        let Some(kind) = Kind::named(&list.kind.value) else {
            let what = format!("there is no kind of words `{}`", list.kind.value);
            let advice = format!("one of: {}", Kind::names().join(", "));
            let at = yaml_position(name, text, &list.kind.referenced);
            problems.push(Problem::new("lexicon-kind", what, advice).at(at));
            continue;
        };
        if !(-12..=12).contains(&list.weight) || list.month > 12 || (list.month > 0) != (kind == Kind::Month)
        {
            let at = yaml_position(name, text, &list.kind.referenced);
            let advice = "write -12 to 12 bits, and the number of a month for months only";
            problems.push(Problem::new("lexicon-weight", "a weight or month is out of range", advice).at(at));
        }
        for word in list.words {
            let (plain, stem) = match word.value.strip_suffix('*') {
                Some(plain) => (plain, true),
                None => (word.value.as_str(), false),
            };
            let letter = plain.chars().next().is_some_and(char::is_alphabetic);
            if !letter || plain.len() > LONGEST || stem && plain.len() < 4 {
                let at = yaml_position(name, text, &word.referenced);
                let what = format!("`{}` is no word to look for", word.value);
                let advice = "begin with a letter; write 56 bytes at most, and four letters of a stem (`word*`) at least";
                problems.push(Problem::new("lexicon-word", what, advice).at(at));
            }
            out.push(Entry {
                lexicon: file.id.value.clone(),
                kind,
                word: plain.to_owned(),
                stem,
                exact: list.exact,
                weight: list.weight,
                month: list.month,
            });
        }
    }
    if problems.is_empty() { Ok(out) } else { Err(problems) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "schema: olvido/lexicon/v1\nid: x\nwords:\n  - {kind: term, languages: [es], \
        words: [asma, diabétic*], weight: 2}\n  - {kind: month, languages: [es], month: 3, words: [marzo]}\n";

    #[test]
    fn words_and_stems_are_read() {
        let entries = read("x.yaml", GOOD).ok().unwrap();
        let shown: Vec<_> = entries.iter().map(|e| (e.word.as_str(), e.stem, e.weight, e.month)).collect();
        assert_eq!(shown, [("asma", false, 2, 0), ("diabétic", true, 2, 0), ("marzo", false, 0, 3)]);
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (from, to, code) in [
            ("kind: term", "kind: terms", "lexicon-kind"),
            ("asma", "'3D'", "lexicon-word"),
            ("diabétic*", "di*", "lexicon-word"),
            ("weight: 2", "weight: 20", "lexicon-weight"),
            ("month: 3", "month: 13", "lexicon-weight"),
            ("month: 3, ", "", "lexicon-weight"),
            ("id: x", "name: x", "lexicon-yaml"),
        ] {
            let text = GOOD.replace(from, to);
            assert_ne!(text, GOOD, "{from}");
            assert_eq!(read("x.yaml", &text).err().unwrap()[0].code, code, "{from}");
        }
    }
}
