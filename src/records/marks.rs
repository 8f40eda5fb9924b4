//! What remedies leave in the place of a value. It names nobody: an archive whose people are
//! `[person name]` must not have the word "person" looked for in every text.

use super::category::Category;
use super::labels::{Language, label_words};

/// Whether a whole text is a mark of olvido: `[IBAN]`, a mask of bullets, `person-name-4k7d…`, an address
/// of a pseudonym. Other text in brackets is none.
pub fn is_mark(text: &str) -> bool {
    let text = text.trim();
    if let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return is_label(inner);
    }
    if let Some(local) = text.strip_suffix("@example.com") {
        return local.strip_prefix('u').is_some_and(is_token);
    }
    text.contains('•')
        || text
            .rsplit_once('-')
            .is_some_and(|(name, token)| is_token(token) && Category::named(name).is_some())
}

fn is_label(words: &str) -> bool {
    Category::all().any(|category| {
        category.name() == words
            || Language::ALL.into_iter().any(|language| label_words(category, language) == words)
    })
}

/// Sixteen characters, a digit and a letter in turn.
fn is_token(token: &str) -> bool {
    token.len() == 16
        && token.bytes().enumerate().all(|(at, byte)| match at % 2 {
            0 => byte.is_ascii_digit(),
            _ => byte.is_ascii_lowercase(),
        })
}

#[cfg(test)]
mod tests {
    use super::is_mark;

    #[test]
    fn only_what_remedies_write_is_a_mark() {
        for mark in [
            "[IBAN]",
            " [nom de personne] ",
            "[person-name]",
            "••••• •••••",
            "person-name-4k7d2m9q1x3c5v8b",
            "u4k7d2m9q1x3c5v8b@example.com",
        ] {
            assert!(is_mark(mark), "{mark}");
        }
        for name in [
            "Ana Muestra",
            "[Ana] Muestra",
            "[Ana Muestra]",
            "Jean-Paul",
            "jean-4k7d2m9q1x3c5v8b",
            "ana@example.com",
            "name",
            "",
        ] {
            assert!(!is_mark(name), "{name}");
        }
    }
}
