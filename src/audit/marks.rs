//! What remedies leave in the place of a value. It names nobody: an archive whose people are `[name]`
//! must not have the word "name" looked for in every text.

/// Whether a whole text is a mark of olvido: `[IBAN]`, a mask of bullets, `person-name-4k7d…`.
pub(crate) fn is_mark(text: &str) -> bool {
    let text = text.trim();
    let bracketed = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    bracketed.is_some_and(|inner| !inner.contains(['[', ']']))
        || text.contains('•')
        || text.rsplit_once('-').is_some_and(|(label, token)| is_label(label) && is_token(token))
}

fn is_label(label: &str) -> bool {
    !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

/// Sixteen characters, a digit and a letter in turn.
pub(crate) fn is_token(token: &str) -> bool {
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
        for mark in ["[IBAN]", " [nom de la personne] ", "••••• •••••", "person-name-4k7d2m9q1x3c5v8b"]
        {
            assert!(is_mark(mark), "{mark}");
        }
        for name in ["Ana Muestra", "[Ana] Muestra", "Jean-Paul", "jean-4k7d2m9q1x3c5v8", "name", ""] {
            assert!(!is_mark(name), "{name}");
        }
    }
}
