//! Lists of values in `olvido.yaml`: the organisation's own, values known to be nobody's, and values that
//! must always be found.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::detectors::normalise;
use crate::problem::{Problem, SourcePosition};
use crate::records::Category;

/// One entry as it is written.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EntryRow {
    #[schemars(with = "Option<String>")]
    category: Option<Spanned<String>>,
    #[schemars(with = "Option<String>")]
    exact: Option<Spanned<String>>,
    #[schemars(with = "Option<String>")]
    suffix: Option<Spanned<String>>,
    #[schemars(with = "String")]
    reason: Spanned<String>,
}

/// What `own:` says.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OwnRow {
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    domains: Vec<Spanned<String>>,
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    addresses: Vec<Spanned<String>>,
}

/// What a list says of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listed {
    /// Known, and no personal datum of a customer: found, counted apart, never judged.
    Allowed,
    /// Always a real datum, whatever its looks.
    Denied,
}

enum Match {
    Exact(String),
    Suffix(String),
}

struct Entry {
    category: Option<Category>,
    value: Match,
    listed: Listed,
}

/// The lists; what must be found goes before what is allowed.
#[derive(Default)]
pub(crate) struct Lists {
    entries: Vec<Entry>,
}

impl Lists {
    /// Reads the lists.
    ///
    /// # Errors
    /// Entries without a value, with two, of no known category, or without a reason.
    pub(super) fn read(
        own: OwnRow,
        allow: Vec<EntryRow>,
        deny: Vec<EntryRow>,
        place: &dyn Fn(&serde_saphyr::Location) -> SourcePosition,
    ) -> Result<Lists, Problem> {
        let mut entries = Vec::new();
        for row in deny {
            entries.push(row.check(Listed::Denied, place)?);
        }
        for row in allow {
            entries.push(row.check(Listed::Allowed, place)?);
        }
        let mut ours = |value: Match| {
            entries.push(Entry { category: Some(Category::EMAIL_ADDRESS), value, listed: Listed::Allowed });
        };
        for domain in own.domains {
            let domain = domain.value.trim().trim_start_matches('@').to_lowercase();
            ours(Match::Suffix(format!("@{domain}")));
            ours(Match::Suffix(format!(".{domain}")));
        }
        for address in own.addresses {
            ours(Match::Exact(address.value.trim().to_owned()));
        }
        Ok(Lists { entries })
    }

    /// The whole values that must be found, with what they are; those of no stated category are only raised where
    /// a detector sees them.
    pub(crate) fn denied(&self) -> impl Iterator<Item = (Category, String)> {
        self.entries.iter().filter(|entry| entry.listed == Listed::Denied).filter_map(|entry| {
            let Match::Exact(value) = &entry.value else { return None };
            Some((entry.category?, value.clone()))
        })
    }

    /// What the lists say of a value of a category; `normal` is its normal form.
    pub(crate) fn of(&self, category: Category, value: &str, normal: &str) -> Option<Listed> {
        let says = |entry: &&Entry| {
            entry.category.is_none_or(|of| of == category)
                && match &entry.value {
                    Match::Exact(exact) => normalise(category, exact) == normal,
                    Match::Suffix(suffix) => {
                        let from = value.len().checked_sub(suffix.len());
                        from.and_then(|from| value.get(from..))
                            .is_some_and(|end| end.eq_ignore_ascii_case(suffix))
                    }
                }
        };
        self.entries.iter().find(says).map(|entry| entry.listed)
    }
}

impl EntryRow {
    fn check(
        self,
        listed: Listed,
        place: &dyn Fn(&serde_saphyr::Location) -> SourcePosition,
    ) -> Result<Entry, Problem> {
        let at = place(&self.reason.referenced);
        let refuse = |what: &str, advice: &str, at| Problem::new("config-list", what, advice).at(at);
        if self.reason.value.trim().is_empty() {
            return Err(refuse("an entry of a list needs a reason", "say why the value is listed", at));
        }
        let category = match self.category {
            None => None,
            Some(name) => {
                let at = place(&name.referenced);
                let known = Category::named(&name.value);
                let advice = "see `olvido catalogue list` for the categories";
                Some(known.ok_or_else(|| refuse("no category has this name", advice, at))?)
            }
        };
        let given = |value: Spanned<String>| Some(value.value.trim().to_owned()).filter(|v| !v.is_empty());
        let value = match (self.exact.and_then(given), self.suffix.and_then(given)) {
            (Some(exact), None) => Match::Exact(exact),
            (None, Some(suffix)) => Match::Suffix(suffix),
            _ => {
                let advice = "write either `exact:` or `suffix:` with a value";
                return Err(refuse("an entry of a list has one value", advice, at));
            }
        };
        Ok(Entry { category, value, listed })
    }
}

#[cfg(test)]
mod tests {
    use super::super::config::Config;
    use super::*;

    fn lists(text: &str) -> Result<Config, Problem> {
        Config::read("olvido.yaml", &format!("schema: olvido/config/v1\n{text}"))
    }

    #[test]
    fn entries_match_whole_values_and_ends() {
        let config = lists(
            "own: {domains: [tienda.example], addresses: [hola@example.org]}\n\
             allow:\n  - {exact: '12.345.678-Z', reason: sample}\n  - {category: email-address, suffix: '@x.example', reason: r}\n\
             deny:\n  - {suffix: 'vip@x.example', reason: r}\n",
        )
        .ok()
        .unwrap();
        let of = |category: &str, value: &str| {
            let category = Category::named(category).unwrap();
            config.lists.of(category, value, &normalise(category, value))
        };
        assert_eq!(of("es-dni", "12345678z"), Some(Listed::Allowed));
        assert_eq!(of("es-dni", "12345679z"), None);
        assert_eq!(of("email-address", "a@X.example"), Some(Listed::Allowed));
        assert_eq!(of("email-address", "VIP@x.example"), Some(Listed::Denied));
        assert_eq!(of("email-address", "a@tienda.example"), Some(Listed::Allowed));
        assert_eq!(of("email-address", "a@mail.tienda.example"), Some(Listed::Allowed));
        assert_eq!(of("email-address", "a@otratienda.example"), None);
        assert_eq!(of("email-address", "Hola@example.org"), Some(Listed::Allowed));
        assert_eq!(of("phone-number", "a@x.example"), None);
    }

    #[test]
    fn what_is_wrong_with_a_list_is_told_with_its_line() {
        let cases = [
            ("allow:\n  - {exact: a, suffix: b, reason: r}\n", 3),
            ("allow:\n  - {reason: r}\n", 3),
            ("deny:\n  - {exact: a, reason: ' '}\n", 3),
            ("deny:\n  - {category: es-cif, exact: a, reason: r}\n", 3),
        ];
        for (text, line) in cases {
            let problem = lists(text).err().unwrap();
            assert_eq!((problem.code, problem.at.map(|at| at.line)), ("config-list", Some(line)), "{text}");
        }
    }
}
