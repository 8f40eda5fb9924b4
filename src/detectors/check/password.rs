//! Passwords written out: the value after a phrase such as "mi contraseña es".
//!
//! The match is the word; the check reads on to the first sign or verb, and the datum is what follows. Sentences about passwords
//! ("the password is wrong") are told from values by the form of the word after the phrase.

use super::code::is_code;
use super::{Found, Probe};

/// Longest password taken, in bytes.
const LONGEST: usize = 128;

/// Words after "password is" or "password:" that are no password, in eight languages: what is said of one,
/// and what the next word of a sentence or a label may be.
#[rustfmt::skip]
const WORDS: &[&str] = &[
    // en
    "incorrect", "wrong", "invalid", "expired", "required", "correct", "valid", "needed", "missing", "reset",
    "changed", "not", "the", "a", "an", "no", "none", "null", "nil", "true", "false", "empty", "undefined",
    "still", "being", "too", "very", "now", "please", "see", "below", "above", "attached", "same", "your", "my",
    "our", "here", "sent", "redacted", "removed", "hidden", "unknown", "working", "secure", "weak", "strong",
    "policy", "protected", "must", "should", "will", "optional", "string", "forgotten", "locked", "compromised",
    "case-sensitive", "mandatory", "stored", "hashed", "encrypted", "blank", "default", "enter", "type", "click",
    "use", "follow", "confirm", "confirmation", "repeat", "retype", "forgot", "update", "change", "create", "new",
    "old", "current", "unchanged", "rejected", "accepted", "blocked", "disabled", "enabled", "set", "saved",
    "username", "email", "e-mail", "user", "login", "password", "placeholder", "example", "masked", "[hidden]",
    "available", "also", "always", "never", "just", "only", "that", "this", "what", "when", "where", "why", "how",
    "which", "in", "on", "at", "to", "for", "with", "and", "or", "it", "is", "was", "different", "text", "secret",
    // es
    "incorrecta", "incorrecto", "errónea", "válida", "inválida", "necesaria", "obligatoria", "requerida",
    "caducada", "segura", "correcta", "la", "el", "una", "un", "muy", "que", "para", "demasiado", "personal",
    "débil", "fuerte", "nueva", "obligatorio", "haga", "haz", "pulse", "aquí", "siga", "introduzca", "introduce",
    "escriba", "olvidada", "bloqueada", "cambiada", "restablecer", "restablecida", "desconocida", "distinta",
    "diferente", "enviada", "usuario", "correo", "confirmar", "repetir", "ninguna", "mala", "buena", "su", "tu",
    "mi", "vacía", "invalida", "erronea", "debil",
    // fr
    "erroné", "erronée", "oublié", "expiré", "invalide", "requis", "obligatoire", "faible", "le", "trop", "pas",
    "toujours", "bien", "sécurisé", "incorrecte", "cliquez", "ici", "saisissez", "entrez", "modifié",
    "réinitialisé", "réinitialiser", "votre", "mon", "valide", "refusé", "bloqué", "vide", "inconnu", "identique",
    "différent", "confirmer", "utilisateur", "identifiant", "perdu", "nécessaire", "fort",
    // de
    "falsch", "abgelaufen", "ungültig", "richtig", "erforderlich", "nicht", "zu", "das", "der", "die", "ein",
    "noch", "sicher", "unbekannt", "vergessen", "klicken", "hier", "eingeben", "geändert", "zurückgesetzt",
    "zurücksetzen", "ihr", "mein", "gesperrt", "leer", "schwach", "stark", "bestätigen", "wiederholen", "benutzer",
    "benutzername", "korrekt", "pflicht", "notwendig", "gültig", "neu", "inkorrekt",
    // nl
    "onjuist", "verlopen", "vereist", "niet", "verkeerd", "klik", "hier", "gewijzigd", "vergeten", "ongeldig",
    "uw", "mijn", "juist", "zwak", "sterk", "verplicht", "gebruiker", "gebruikersnaam", "fout", "onbekend", "leeg",
    // it
    "sbagliata", "errata", "scaduta", "obbligatoria", "non", "molto", "clicca", "qui", "inserisci", "modificata",
    "reimpostata", "dimenticata", "corretta", "valida", "non valida", "debole", "sicura", "bloccata", "richiesta",
    "utente", "conferma", "ripeti", "errato", "tua", "mia", "scorretta", "necessaria", "vuota",
    // pt
    "errada", "expirada", "obrigatória", "não", "muito", "clique", "aqui", "alterada", "esquecida", "redefinida",
    "inválida", "correta", "fraca", "forte", "bloqueada", "incorreta", "utilizador", "usuário", "confirmar",
    "minha", "sua", "necessária", "vazia",
    // pl
    "nieprawidłowe", "błędne", "wygasło", "wymagane", "jest", "kliknij", "tutaj", "zmienione", "zapomniane",
    "nie", "niepoprawne", "poprawne", "słabe", "silne", "moje", "twoje", "puste", "nieznane", "użytkownik",
    "złe", "zostało", "nowe", "stare",
];

/// Words between the password's word and a sign which say that what follows is no password: `password
/// changed: 3 May`.
#[rustfmt::skip]
const STATES: &[&str] = &[
    "change", "changed", "changes", "expired", "expires", "expiry", "expiration", "reset", "updated", "update",
    "last", "created", "policy", "age", "length", "attempts", "history", "strength", "manager", "hint", "minimum",
    "maximum", "min", "max", "error", "failed", "issue", "problem", "link", "url", "field", "rules", "type",
    "format", "incorrect", "invalid", "wrong", "required", "forgotten", "forgot", "cambiada", "cambio", "caduca",
    "caducidad", "error", "enlace", "olvidada", "incorrecta", "modifié", "oublié", "expire", "lien", "incorrect",
    "geändert", "abgelaufen", "vergessen", "falsch", "zurücksetzen", "fehler", "gewijzigd", "vergeten", "onjuist",
    "modificata", "dimenticata", "scaduta", "errata", "alterada", "expira", "esqueci", "zmienione", "wygasa",
    "primaria", "principal", "foreign", "primary", "through", "rate", "criteria", "test", "tests", "filter",
    "protected", "protection", "generator", "hash", "hashing", "encryption", "encoder", "service", "handler",
];

/// Words that announce that the value follows behind a colon: `la contraseña es la siguiente:`.
#[rustfmt::skip]
const FOLLOWS: &[&str] = &[
    "la", "el", "siguiente", "esta", "ésta", "as", "follows", "the", "following", "this", "wie", "folgt",
    "folgendes", "le", "suivant", "suivante", "celui-ci", "seguente", "questa", "als", "volgt", "volgende", "het",
    "a", "seguinte", "esta", "następujące", "takie",
];

/// Verbs that join a password to its word, folded to lower case.
const VERBS: &[&str] = &[
    "es", "era", "será", "sera", "est", "était", "ist", "lautet", "lautete", "lauten", "war", "is", "was",
    "é", "è", "to", "jest", "brzmi", "luidt", "sigue", "son", "sind", "are", "wäre", "sarà", "wordt", "será",
    "foi", "hiess",
];
/// Verbs that are also prepositions: they count only right behind the word.
const WEAK: [&str; 2] = ["to", "a"];
/// How many words may stand between the word and its sign or verb: `contraseña de la cuenta de Ana es`.
const WORDS_BETWEEN: usize = 6;
/// How far the sign or verb may be, in bytes.
const REACH: usize = 80;

pub(super) fn password(probe: &Probe<'_>) -> Option<Found> {
    let word = probe.matched();
    // Short words that mean other things as well stand right before their sign.
    let short = word.len() < 5 || word.eq_ignore_ascii_case(b"clave") || word.eq_ignore_ascii_case(b"claves");
    let mark = probe.byte(probe.end) == Some(b'>') && probe.before() == Some(b'<');
    let option = probe.byte(probe.end) == Some(b' ')
        && probe.field.get(..probe.start).is_some_and(|before| before.ends_with(b" --") || before == b"--");
    let keyword = probe.field.get(..probe.start).is_some_and(|before| {
        // `palabras clave: …`, `mots clés`.
        before.to_ascii_lowercase().ends_with(b"palabras ")
            || before.to_ascii_lowercase().ends_with(b"palabra ")
    });
    if keyword {
        return None;
    }
    let (value, assigned) = if mark || option {
        (probe.end + 1, true)
    } else {
        joint(probe.field, probe.end, if short { 0 } else { WORDS_BETWEEN })?
    };
    // `libc::passwd::pw_name` is a name of a program; `pass to …` and `they pass:` go on a sentence.
    let path = probe.field.get(probe.end..).is_some_and(|rest| rest.starts_with(b"::"));
    let verb = word.eq_ignore_ascii_case(b"pass") && !assigned;
    let (start, end, quoted) = span(probe.field, value).filter(|_| !(path || verb))?;
    let below = short && probe.field.get(value..start).is_some_and(|gap| gap.contains(&b'\n'));
    let value = std::str::from_utf8(probe.field.get(start..end)?).ok().filter(|_| !below)?;
    // `log_passwd: __u32`, `pass = AtomicBool::new(false)`: code, unless it is quoted.
    let after = probe.field.get(end..).unwrap_or(&[]);
    if !quoted && (value.starts_with("__") || value.contains("::") || is_code(value.as_bytes(), after)) {
        return None;
    }
    let bits = shape(value, assigned, quoted, after)?;
    Some(Found { start, end, glued: true, ..Found::formed(probe) }.step(bits))
}

/// A field whose own name is a password's: all of it, unless it says something about one.
pub(super) fn field(probe: &Probe<'_>) -> Option<Found> {
    let value = std::str::from_utf8(probe.matched()).ok()?;
    let dated = date(value);
    if value.len() > LONGEST || value.split_whitespace().count() > 4 || dated {
        return None;
    }
    let bits = shape(value, true, true, &[])?;
    // A value in a field of its own stands as if in quotes.
    Some(Found::formed(probe).step(bits - 3))
}

/// Whether the value begins as a calendar date or a time does.
fn date(value: &str) -> bool {
    let shape: Vec<u8> = value.bytes().take(10).map(|b| if b.is_ascii_digit() { b'9' } else { b }).collect();
    matches!(shape.as_slice(), b"9999-99-99" | b"99/99/9999" | b"99.99.9999" | b"99-99-9999" | b"9999/99/99")
        || shape.starts_with(b"99:99") && value.len() <= 8
}

/// Where the value begins, behind the first sign or verb after the word, and whether it was a sign.
pub(super) fn joint(field: &[u8], from: usize, between: usize) -> Option<(usize, bool)> {
    let rest = field.get(from..field.len().min(from + REACH))?;
    let mut words = 0;
    let mut at = 0;
    while let Some(byte) = rest.get(at).copied() {
        match byte {
            b':' | b'=' => return Some((after_sign(field, from + at), true)),
            b'-' if rest.get(at + 1) == Some(&b'>') => return Some((from + at + 2, true)),
            b' ' | b'(' | b')' | b'"' | b'\'' | b'`' | b'*' | b'_' | b'-' | b'\t' | 0xA0 | 0xAF | b'['
            | b']' => at += 1,
            _ if byte.is_ascii_alphabetic() || byte >= 0x80 => {
                let len =
                    rest.get(at..)?.iter().take_while(|b| b.is_ascii_alphabetic() || **b >= 0x80).count();
                // A no-break space is no letter of the word before it.
                let word = String::from_utf8_lossy(rest.get(at..at + len)?).to_lowercase();
                let word = word.split(['\u{A0}', '\u{202F}']).find(|part| !part.is_empty()).unwrap_or("");
                if VERBS.contains(&word) && (words == 0 || !WEAK.contains(&word)) {
                    return Some(after_verb(field, from + at + len));
                }
                words += 1;
                if words > between || STATES.contains(&word) {
                    return None;
                }
                at += len;
            }
            _ => return None,
        }
    }
    None
}

/// Behind `:`, `=`, `:=`, `=>`, `==`.
fn after_sign(field: &[u8], at: usize) -> usize {
    let more = field.get(at + 1).is_some_and(|byte| matches!(byte, b'=' | b'>'));
    at + if more { 2 } else { 1 }
}

/// Behind a verb, or behind the colon that follows it, directly or after `the following`.
fn after_verb(field: &[u8], at: usize) -> (usize, bool) {
    let mut next = at;
    for _ in 0..4 {
        let rest = field.get(next..).unwrap_or(&[]);
        let blank = rest.iter().take_while(|byte| **byte == b' ').count();
        let rest = rest.get(blank..).unwrap_or(&[]);
        if rest.first() == Some(&b':') {
            return (next + blank + 1, true);
        }
        let len = rest.iter().take_while(|b| b.is_ascii_alphabetic() || **b >= 0x80 || **b == b'-').count();
        let word = String::from_utf8_lossy(rest.get(..len).unwrap_or(&[])).to_lowercase();
        if !FOLLOWS.contains(&word.as_str()) {
            break;
        }
        next += blank + len;
    }
    (at, false)
}

/// The value's span and whether it stands in quotes.
fn span(field: &[u8], start: usize) -> Option<(usize, usize, bool)> {
    let rest = text(field.get(start..field.len().min(start + LONGEST + 16))?)?;
    let blank = rest.len() - rest.trim_start_matches(|c: char| c.is_whitespace() || c == '*').len();
    if blank > 8 {
        return None;
    }
    let start = start + blank;
    let (from, close) = match rest.get(blank..)?.chars().next()? {
        quote @ ('"' | '\'' | '`') => (start + 1, u8::try_from(quote).ok()),
        quote @ ('«' | '“' | '„' | '‘' | '‚') => (start + quote.len_utf8(), None),
        _ => (start, None),
    };
    let rest = field.get(from..field.len().min(from + LONGEST))?;
    if let Some(quote) = close
        && let Some(len) = rest.iter().position(|byte| *byte == quote || *byte == b'\n')
        && rest.get(len) == Some(&quote)
        && len > 0
    {
        return Some((from, from + len, true));
    }
    let len = rest.iter().position(|byte| byte.is_ascii_whitespace() || *byte == b'<').unwrap_or(rest.len());
    let token = cut_at_next_key(text(rest.get(..len)?)?);
    let kept = match token.as_bytes() {
        // `[Verano2024]`, `(Verano2024)`: the brackets are the writer's.
        [b'[', .., b']'] | [b'(', .., b')'] if token.bytes().any(|b| b.is_ascii_digit()) => {
            return Some((from + 1, from + token.len() - 1, true));
        }
        _ => token
            .trim_end_matches(['.', ',', ';', ':', ')', '"', '\'', '`', '»', '”', '“', ']', '\u{A0}', '}']),
    };
    Some((from, from + phrase(rest, kept), false))
}

/// The value's length: its first word, or the words of a line that end in a number (`perro azul 77`).
fn phrase(rest: &[u8], first: &str) -> usize {
    let line = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len());
    let Some(line) = rest.get(..line.min(48)).and_then(text).map(str::trim_end) else { return first.len() };
    let words: Vec<&str> = line.split(' ').collect();
    let plain = first.chars().all(char::is_alphabetic) && !WORDS.contains(&first.to_lowercase().as_str());
    let last = words.last().copied().unwrap_or("");
    let numbered = !last.is_empty() && last.bytes().all(|b| b.is_ascii_digit() || b == b'!');
    let spelled = words.iter().rev().skip(1).all(|word| word.chars().all(char::is_alphabetic));
    let unsaid = !words.iter().any(|word| WORDS.contains(&word.to_lowercase().as_str()));
    if plain && numbered && spelled && unsaid && (2..=5).contains(&words.len()) {
        line.len()
    } else {
        first.len()
    }
}

/// The value before the next key of a query (`&user=`) or of a connection string (`;Database=`).
fn cut_at_next_key(token: &str) -> &str {
    let named = |rest: &str| {
        let len =
            rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b' ')).count();
        rest.as_bytes().get(len) == Some(&b'=') && len > 0 || len == 0 && rest.is_empty()
    };
    let cut = token.char_indices().find(|(at, c)| {
        matches!(c, '&' | ';') && token.get(at + 1..).is_some_and(named) || matches!(c, '"' | '|')
    });
    match cut {
        Some((at, _)) if at > 0 => token.get(..at).unwrap_or(token),
        _ => token,
    }
}

/// The text up to a last character the bound may have cut.
fn text(bytes: &[u8]) -> Option<&str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) => std::str::from_utf8(bytes.get(..error.valid_up_to())?).ok(),
    }
}

/// How much the value looks like a password, in bits; none where it cannot be one.
fn shape(value: &str, assigned: bool, quoted: bool, after: &[u8]) -> Option<i32> {
    let count = value.chars().count();
    let masked =
        value.chars().all(|c| matches!(c, '*' | '•' | '●' | '.' | '-' | '_' | 'x' | 'X' | '█' | '▇' | '…'));
    let name = value.trim_start_matches(['[', '<', '{', '$', '%']);
    let placeholder = name.len() < value.len()
        && name
            .trim_end_matches([']', '>', '}', '%'])
            .chars()
            .all(|c| c.is_alphabetic() || matches!(c, '_' | '-' | '.' | ' ' | '('));
    if count < 4 || masked || placeholder || filled_in(value) || date(value) {
        return None;
    }
    let lower = value.to_lowercase();
    let bare = lower.trim_end_matches(['.', '!', '?', ',']);
    if WORDS.contains(&bare) || lower.starts_with("http://") || lower.starts_with("https://") {
        return None;
    }
    let digit = value.chars().any(|c| c.is_ascii_digit());
    let sign = value.chars().any(|c| !c.is_alphanumeric());
    let upper = value.chars().skip(1).any(char::is_uppercase);
    let mixed = upper && value.chars().any(char::is_lowercase);
    // What stands after a value is the end of a line or sentence; a sentence goes on with a word.
    let goes_on = after.first() == Some(&b' ') && after.get(1).is_some_and(u8::is_ascii_lowercase);
    let form = match (digit, sign, mixed) {
        (true, _, _) | (_, true, true) => 3,
        (false, true, false) => 0,
        (false, false, true) => 2,
        (false, false, false) => {
            match (assigned, goes_on) {
                // Alone on its line behind a sign.
                (true, false) if after.first().is_none_or(|byte| matches!(byte, b'\n' | b'\r')) => 0,
                (true, false) => -1,
                // One plain word behind a verb is a sentence: nothing can be said of it.
                (false, _) if !quoted => return None,
                _ => -3,
            }
        }
    };
    let place = if assigned { 0 } else { -1 } + if quoted { 3 } else { 0 };
    let sentence = if goes_on && !quoted && form < 3 { -3 } else { 0 };
    Some(form + place + sentence)
}

/// Whether the value only names what is to be filled in: `%s`, `$PASSWORD`, `your_password`, `changeme`.
fn filled_in(value: &str) -> bool {
    let lower = value.to_lowercase();
    let named =
        ["your", "changeme", "change_me", "{{", "${", "example", "placeholder", "tu_", "votre_", "ihr_"];
    let variable = value.strip_prefix(['$', '%', '@', '#', ':']).is_some_and(|name| {
        name.len() > 1 && name.bytes().all(|b| b.is_ascii_uppercase() || matches!(b, b'_' | b'%' | b'#'))
            || matches!(name, "s" | "d" | "@" | "v")
    });
    // `getenv("X")`, `req.body.password`, `os.environ[…]`.
    let code = value.contains("()")
        || value.contains("env") && value.contains(['(', '[', '.'])
        || value.split('.').count() > 1
            && value.split('.').all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_alphabetic()));
    named.iter().any(|name| lower.contains(name))
        || variable
        || code
        || lower == "%s"
        || lower == "%(password)s"
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The datum and its bits after a password word that ends at `|`.
    fn after(text: &str) -> Option<(String, i32)> {
        let end = text.find('|')?;
        let plain = text.replacen('|', "", 1);
        let found = password(&Probe { field: plain.as_bytes(), start: start_of(text), end })?;
        Some((plain[found.start..found.end].to_owned(), found.bits))
    }

    /// Where the word before `|` begins.
    fn start_of(text: &str) -> usize {
        let end = text.find('|').unwrap();
        text[..end].rfind([' ', '<', '-', '"']).map_or(0, |at| at + 1)
    }

    #[test]
    fn the_value_is_the_datum() {
        let pairs = [
            ("contraseña| es Verano2024!, gracias", "Verano2024!"),
            ("contraseña| de mi cuenta es: Verano2024!", "Verano2024!"),
            ("mot de passe| : Soleil75", "Soleil75"),
            ("mot de passe|\u{A0}: Soleil75", "Soleil75"),
            ("Passwort| lautet \"blau und 7 gelb\".", "blau und 7 gelb"),
            ("password|=hunter2", "hunter2"),
            ("password|\": \"hunter2\"", "hunter2"),
            ("password|: «Secreto9»", "Secreto9"),
            ("password| (wifi): Casa-2024", "Casa-2024"),
            ("password|:\n  Casa-2024\nok", "Casa-2024"),
            ("contraseña| es la siguiente: Verano2024!", "Verano2024!"),
            ("Passwort| lautet wie folgt: Blau77gelb", "Blau77gelb"),
            ("password|: [Casa2024]", "Casa2024"),
            ("<password|>Casa2024</password>", "Casa2024"),
            ("mysql --password| Casa2024", "Casa2024"),
            ("?password|=Casa2024&user=ana", "Casa2024"),
            ("Password|=Ca;sa2024;Database=x", "Ca;sa2024"),
            ("contraseña|: perro azul 77", "perro azul 77"),
        ];
        for (text, wanted) in pairs {
            let (value, bits) = after(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(value, wanted, "{text}");
            assert!(bits >= 1, "{text}: {bits}");
        }
    }

    #[test]
    fn sentences_and_masks_are_none() {
        for text in [
            "password| is incorrect",
            "password|: ********",
            "password|: [REDACTED]",
            "password|: <your_password>",
            "password|: ${PASSWORD}",
            "contraseña| es muy débil",
            "password|: https://x.example/reset",
            "password| is abc",
            "password|. The key: Casa2024",
            "password| one two three four five six seven: Casa2024",
            "password| changed: 2024-05-01",
            "password|: 2024-05-01",
            "palabras clave|: datos2024",
            "will always pass|:\n\n```rust2",
            "you pass| to `.prop_recursive2(..)`",
            "libc::passwd|::pw_gecos2",
            "pass| me the file: report2024",
            "password|: %s",
            "password|: $DB_PASSWORD",
            "password|: {{ password }}",
            "password|: your_password_1",
            "password|: process.env.PASSWORD",
            "Passwort| ist abgelaufen",
            "contraseña| es incorrecta.",
            "password|: reset here",
        ] {
            assert!(after(text).is_none(), "{text}");
        }
        assert!(after("password| is shared between teams").is_none());
    }
}
