//! The shape of a value: all that any output shows of it.

use crate::records::{Category, Protection, Text};

/// What stands for a character nobody may see.
pub const BULLET: char = '•';

/// How many letters and digits a value needs before its last two may be shown.
const SHORT: usize = 8;

/// A mask is never longer than this many characters; a longer one ends in `…`.
const LONGEST: usize = 64;

/// The shape of a value, for every output.
///
/// Separators stay (blanks, `@`, dots, dashes), letters and digits become bullets. At most the last
/// two letters or digits are shown, and only where the category allows it
/// ([`masked_tail`](crate::records::CategoryCard::masked_tail)), the value has at least eight of them
/// and both are ASCII. Of names, secrets and Article 9 and 10 terms not even the length is kept; of an
/// e-mail address only a two-letter country domain (`•••••@•••••.es`).
pub fn mask(category: Category, value: &Text) -> String {
    mask_str(category, value.expose())
}

/// [`mask`] for a slice of a [`Text`].
pub fn mask_str(category: Category, value: &str) -> String {
    if category == Category::EMAIL_ADDRESS {
        return email(value);
    }
    if category == Category::PERSON_NAME {
        return words(value);
    }
    if category == Category::SECRET {
        return bullets(9);
    }
    let card = category.card();
    if matches!(card.protection, Protection::Article9 | Protection::Article10) {
        return bullets(5);
    }
    if card.masked_tail {
        return shape(value);
    }
    groups(value)
}

fn bullets(count: usize) -> String {
    std::iter::repeat_n(BULLET, count).collect()
}

/// Five bullets a word, four words at most.
fn words(value: &str) -> String {
    let count = value.split_whitespace().count().clamp(1, 4);
    vec![bullets(5); count].join(" ")
}

fn email(value: &str) -> String {
    let Some((_, domain)) = value.rsplit_once('@') else { return bullets(5) };
    let country = domain.rsplit_once('.').map(|(_, last)| last).filter(|last| {
        last.len() == 2 && last.bytes().all(|b| b.is_ascii_alphabetic()) && value.chars().count() >= SHORT
    });
    format!("•••••@•••••.{}", country.unwrap_or("•••"))
}

/// One bullet for each letter or digit, the last two shown where the value is long enough.
fn shape(value: &str) -> String {
    let signs: Vec<char> = value.chars().filter(|c| c.is_alphanumeric()).collect();
    let tail_is_plain = signs.iter().rev().take(2).all(char::is_ascii_alphanumeric);
    let shown = if signs.len() >= SHORT && tail_is_plain { 2 } else { 0 };
    let hidden = signs.len() - shown;
    let mut seen = 0;
    let mut out: Vec<char> = Vec::with_capacity(value.len().min(2 * LONGEST));
    for c in value.chars() {
        if c.is_alphanumeric() {
            out.push(if seen < hidden { BULLET } else { c });
            seen += 1;
        } else {
            out.push(separator(c));
        }
    }
    bounded(out)
}

/// Three bullets for each run of letters and digits, whatever its length.
fn groups(value: &str) -> String {
    let mut out = Vec::new();
    let mut inside = false;
    for c in value.chars().take(4 * LONGEST) {
        let sign = c.is_alphanumeric();
        if sign && !inside {
            out.extend([BULLET; 3]);
        }
        if !sign {
            out.push(separator(c));
        }
        inside = sign;
    }
    bounded(out)
}

/// A separator as it is; whatever else stands between letters (marks, controls, symbols) is hidden.
fn separator(c: char) -> char {
    match c {
        ' ' | '@' | '.' | '-' | '/' | ':' | '+' | '(' | ')' | '_' | ',' => c,
        c if c.is_whitespace() => ' ',
        _ => BULLET,
    }
}

fn bounded(signs: Vec<char>) -> String {
    if signs.is_empty() {
        return bullets(5);
    }
    if signs.len() <= LONGEST {
        return signs.into_iter().collect();
    }
    // The tail goes with the cut: a mask that long is no number people know by its end.
    signs.into_iter().take(LONGEST - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(category: &str, value: &str) -> String {
        mask(Category::named(category).unwrap(), &Text::new(value))
    }

    #[test]
    fn shapes_show_the_last_two_at_most() {
        assert_eq!(masked("payment-card", "4111 1111 1111 1167"), "•••• •••• •••• ••67");
        assert_eq!(masked("iban", "ES9121000418450200051332"), "••••••••••••••••••••••32");
        assert_eq!(masked("phone-number", "+34 600 123 456"), "+•• ••• ••• •56");
        assert_eq!(masked("es-dni", "12345678Z"), "•••••••8Z");
        assert_eq!(masked("mac-address", "00:00:5e:00:53:af"), "••:••:••:••:••:af");
    }

    #[test]
    fn short_values_show_nothing() {
        assert_eq!(masked("phone-number", "+34 112"), "+•• •••");
        assert_eq!(masked("vehicle-plate", "1234 BC"), "•••• ••");
    }

    #[test]
    fn addresses_show_a_country_domain_and_no_more() {
        assert_eq!(masked("email-address", "mireia.soler@acme-olvido.es"), "•••••@•••••.es");
        assert_eq!(masked("email-address", "m@correo.example.com"), "•••••@•••••.•••");
        assert_eq!(masked("email-address", "a@b.es"), "•••••@•••••.•••");
        assert_eq!(masked("email-address", "kaputt"), "•••••");
    }

    #[test]
    fn names_secrets_and_special_terms_lose_their_length() {
        assert_eq!(masked("person-name", "Ana"), "•••••");
        assert_eq!(masked("person-name", "Wolfgang Amadeus Hinterhuber"), "••••• ••••• •••••");
        assert_eq!(masked("secret", "x"), masked("secret", "correct horse battery staple"));
        assert_eq!(masked("health", "diabetes"), "•••••");
        assert_eq!(masked("criminal-offence", "robo"), "•••••");
    }

    #[test]
    fn addresses_of_machines_hide_the_length_of_each_group() {
        assert_eq!(masked("ip-address", "192.0.2.1"), "•••.•••.•••.•••");
        assert_eq!(masked("ip-address", "2001:db8::1"), "•••:•••::•••");
    }

    #[test]
    fn no_letter_or_digit_beyond_the_tail_survives() {
        let value = "Zürich\u{202e}\u{7}8001\u{0301}日本語=x|y<z>\"9\"";
        for category in Category::all() {
            let masked = mask(category, &Text::new(value));
            let shown = masked.chars().filter(|c| c.is_alphanumeric()).count();
            assert!(shown <= 2, "{category}: {masked}");
            assert!(!masked.chars().any(char::is_control), "{category}");
            assert!(!masked.contains('\u{202e}'), "{category}");
        }
    }

    #[test]
    fn masks_are_bounded() {
        let long = "7".repeat(100_000);
        for category in Category::all() {
            assert!(mask(category, &Text::new(long.as_str())).chars().count() <= LONGEST, "{category}");
        }
        assert!(!masked("phone-number", &long).contains('7'));
    }
}
