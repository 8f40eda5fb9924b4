//! Text in bytes no table leads to any more: what was deleted and not written over.

/// Letters a run needs to be taken for text: shorter ones are chance.
const LETTERS: usize = 8;

/// Runs of text in 8-bit letters and in UTF-16, a line each, in the order in which they stand.
pub(in crate::formats) fn readable(bytes: &[u8]) -> String {
    let mut runs = Vec::new();
    let narrow = bytes.iter().map(|byte| (1, char::from(*byte)));
    collect(narrow, 0, &mut runs);
    for start in [0, 1] {
        let units = bytes.get(start..).unwrap_or_default().chunks_exact(2).map(|pair| match pair {
            [low, high] => {
                let unit = u32::from(u16::from_le_bytes([*low, *high]));
                (2, char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER))
            }
            _ => (2, '\0'),
        });
        collect(units, start, &mut runs);
    }
    runs.sort_by_key(|(at, _)| *at);
    let lines: Vec<String> = runs.into_iter().map(|(_, text)| text).collect();
    lines.join("\n")
}

/// Runs of letters of Latin, Greek and Cyrillic, digits and signs.
fn collect(letters: impl Iterator<Item = (usize, char)>, start: usize, runs: &mut Vec<(usize, String)>) {
    let (mut at, mut begin, mut run) = (start, start, String::new());
    for (size, letter) in letters.chain([(1, '\0')]) {
        let is_text = matches!(letter, ' '..='~' | '\u{c0}'..='\u{fe}' | '\u{100}'..='\u{24f}' | '\u{370}'..='\u{52f}' | '€');
        if is_text {
            if run.is_empty() {
                begin = at;
            }
            run.push(letter);
        } else if !run.is_empty() {
            let text = run.trim();
            // A run of one letter is padding, and one of signs a table.
            let mut kinds: Vec<char> = text.chars().take(64).collect();
            kinds.sort_unstable();
            kinds.dedup();
            let (count, words) = (text.chars().count(), text.chars().filter(|c| c.is_alphanumeric()).count());
            if count >= LETTERS && kinds.len() > 3 && words * 3 > count * 2 {
                runs.push((begin, text.to_owned()));
            }
            run.clear();
        }
        at += size;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_both_kinds_are_found_and_noise_is_not() {
        let wide: Vec<u8> = "señora@example.org".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let bytes =
            [&[0, 1, 2][..], b"ana@example.org", &[0, 3], &wide, &[0xFF; 40], b"\0short", &[0; 9]].concat();
        assert_eq!(readable(&bytes), "ana@example.org\nseñora@example.org");
        assert_eq!(readable(&[b' '; 300]), "");
    }
}
