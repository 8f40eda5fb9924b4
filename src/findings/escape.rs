//! The one way text from an archive reaches any output.
//!
//! File names, record ids and messages are hostile: they may hold terminal controls (ECMA-48),
//! marks that turn the reading direction (UAX #9, "Trojan Source"), formulas a spreadsheet runs,
//! and commands a CI runner reads from the log of a job.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::LazyLock;

use memchr::memmem::Finder;

/// Where the text is going.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A line of a terminal or a log: no control, no invisible mark, no CI command.
    Terminal,
    /// A cell of a CSV table, before quoting: as a terminal, and no formula.
    Csv,
    /// Inline Markdown: as a terminal, and no markup or HTML.
    Markdown,
    /// Text and attribute values of XML 1.0: as a terminal, and no markup.
    Xml,
    /// The message of a GitHub workflow command: as a terminal, and no sign the runner decodes.
    GithubMessage,
    /// A property of a GitHub workflow command: the same, and no separator.
    GithubProperty,
    /// Plain text of a SARIF message (SARIF 2.1.0 §3.11.5 and §3.11.6): no placeholder, no link.
    SarifMessage,
    /// JSON that is already written: what is dangerous in a log becomes `\uXXXX`, so the text
    /// a reader gets is the same.
    Json,
}

/// Makes text safe for its target. Text that is safe already is not copied.
pub fn escape(target: Target, text: &str) -> Cow<'_, str> {
    match target {
        Target::Terminal => visible(text),
        Target::Csv => cell(visible(text)),
        Target::Markdown => marked(visible(text)),
        Target::Xml => xml(visible(text)),
        Target::GithubMessage => encoded(visible(text), "%"),
        Target::GithubProperty => encoded(visible(text), "%:,"),
        Target::SarifMessage => sarif(visible(text)),
        Target::Json => json(text),
    }
}

/// Whether a character is unseen or changes what is seen around it: controls (C0, C1), line and
/// paragraph separators, direction marks, zero-width marks, variation selectors beyond emoji, tags,
/// and the code points for private use or none at all.
fn unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// `::` begins a command of GitHub Actions, `##[` and `##vso[` of GitHub and Azure, `##teamcity[` of
/// TeamCity; the second sign of each pair is written out.
fn pair(previous: Option<char>, c: char) -> bool {
    matches!((previous, c), (Some(':'), ':') | (Some('#'), '#'))
}

fn is_visible(text: &str) -> bool {
    let mut previous = None;
    text.chars().all(|c| {
        let safe = !unseen(c) && !pair(previous, c);
        previous = Some(c);
        safe
    })
}

fn visible(text: &str) -> Cow<'_, str> {
    if is_visible(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut previous = None;
    for c in text.chars() {
        if unseen(c) || pair(previous, c) {
            // Writing to a String cannot fail.
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        } else {
            out.push(c);
        }
        previous = Some(c);
    }
    Cow::Owned(out)
}

/// A leading apostrophe keeps spreadsheets from running a cell as a formula (OWASP, "CSV
/// Injection"); full-width signs count too, since some programs fold them.
fn cell(text: Cow<'_, str>) -> Cow<'_, str> {
    let first = text.trim_start().chars().next();
    match first {
        Some('=' | '+' | '-' | '@' | '|' | '%' | '＝' | '＋' | '－' | '＠') => {
            Cow::Owned(format!("'{text}"))
        }
        _ => text,
    }
}

/// What Markdown would make something of, a link that begins with `://` or `www.` and a mention included.
fn marked(text: Cow<'_, str>) -> Cow<'_, str> {
    const SIGNS: &str = "\\`*_{}[]()#+-!|~";
    const LINKS: &str = "<>&@";
    let linked = |text: &str| text.contains("://") || text.contains("www.");
    if !text.contains(|c| SIGNS.contains(c) || LINKS.contains(c)) && !linked(&text) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 16);
    for (at, c) in text.char_indices() {
        let rest = text.get(at..).unwrap_or("");
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '@' => out.push_str("&#64;"),
            ':' if rest.starts_with("://") => out.push_str("&#58;"),
            '.' if text.get(..at).is_some_and(|before| before.ends_with("www")) => out.push_str("&#46;"),
            c if SIGNS.contains(c) => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// XML 1.0 §2.2 has no controls, which are gone already, and neither U+FFFE nor U+FFFF.
fn xml(text: Cow<'_, str>) -> Cow<'_, str> {
    if !text.contains(['<', '>', '&', '"', '\'', '\u{fffe}', '\u{ffff}']) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// The runner decodes `%25`, `%0D` and `%0A` of a message, and `%3A` and `%2C` of a property too.
fn encoded<'a>(text: Cow<'a, str>, signs: &str) -> Cow<'a, str> {
    if !text.contains(|c| signs.contains(c)) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            c if signs.contains(c) => {
                // Writing to a String cannot fail.
                let _ = write!(out, "%{:02X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

fn sarif(text: Cow<'_, str>) -> Cow<'_, str> {
    if !text.contains(['{', '}', '[', ']', '\\']) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '{' => out.push_str("{{"),
            '}' => out.push_str("}}"),
            '[' | ']' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// The signs escaped here stand only inside strings of a JSON text, so writing them as `\uXXXX`
/// changes no value (RFC 8259 §7). An unescaped line end parts tokens and stays.
fn json(text: &str) -> Cow<'_, str> {
    let structural = |c: char| matches!(c, '\n' | '\r' | '\t');
    if is_safe_json(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 32);
    let mut previous = None;
    for c in text.chars() {
        if !structural(c) && (unseen(c) || pair(previous, c)) {
            let mut units = [0u16; 2];
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
        previous = Some(c);
    }
    Cow::Owned(out)
}

/// Whether [`json`] has nothing to do. Lines are mostly plain ASCII, so characters are looked at only where
/// a byte is not.
fn is_safe_json(text: &str) -> bool {
    let plain = |byte: &u8| matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t');
    static PAIRS: LazyLock<[Finder<'static>; 2]> = LazyLock::new(|| ["::", "##"].map(Finder::new));
    let bytes = text.as_bytes();
    if PAIRS.iter().any(|pair| pair.find(bytes).is_some()) {
        return false;
    }
    let mut at = 0;
    while let Some(rest) = bytes.get(at..) {
        // So many at a time without a branch between, which the compiler makes few comparisons.
        const RUN: usize = 64;
        let runs =
            rest.chunks_exact(RUN).take_while(|run| run.iter().fold(true, |all, byte| all & plain(byte)));
        let from = at + RUN * runs.count();
        let Some(tail) = bytes.get(from..) else { break };
        let Some(odd) = tail.iter().position(|byte| !plain(byte)) else { break };
        match text.get(from + odd..).and_then(|text| text.chars().next()) {
            Some(c) if !unseen(c) => at = from + odd + c.len_utf8(),
            _ => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clean_text_is_not_copied() {
        for target in [Target::Terminal, Target::Csv, Target::Markdown, Target::SarifMessage, Target::Json] {
            assert!(matches!(escape(target, "año 2024 • café, 100 €"), Cow::Borrowed(_)), "{target:?}");
        }
    }

    #[test]
    fn a_terminal_gets_no_control_and_no_turn() {
        let text = "a\u{1b}[31m\u{9b}2J\r\nb\u{202e}cba\u{2066}\u{200b}\t";
        let safe = escape(Target::Terminal, text);
        assert_eq!(safe, "a\\u{1b}[31m\\u{9b}2J\\u{d}\\u{a}b\\u{202e}cba\\u{2066}\\u{200b}\\u{9}");
        assert!(is_visible(&safe));
    }

    #[test]
    fn ci_commands_are_broken_wherever_they_stand() {
        for text in
            ["::error::x", "a ::set-output", "##[error]x", "##vso[task.x]", "##teamcity[y", ":::", "###["]
        {
            for target in [
                Target::Terminal,
                Target::Csv,
                Target::Markdown,
                Target::SarifMessage,
                Target::Xml,
                Target::GithubMessage,
                Target::GithubProperty,
            ] {
                let safe = escape(target, text);
                assert!(!safe.contains("::") && !safe.contains("##"), "{target:?} {safe}");
            }
        }
    }

    #[test]
    fn cells_run_no_formula() {
        for text in ["=1+1", "+34 •••", "-2", "@SUM(A1)", "  =1", "＝1", "|x", "%y"] {
            assert!(escape(Target::Csv, text).starts_with('\''), "{text}");
        }
        assert_eq!(escape(Target::Csv, "\t=1"), "\\u{9}=1");
        assert_eq!(escape(Target::Csv, "\r=1"), "\\u{d}=1");
        assert_eq!(escape(Target::Csv, "a=1"), "a=1");
    }

    #[test]
    fn markdown_shows_what_was_written() {
        assert_eq!(escape(Target::Markdown, "[x](y) <b> a_b"), "\\[x\\]\\(y\\) &lt;b&gt; a\\_b");
        assert_eq!(escape(Target::Markdown, "a|b"), "a\\|b");
    }

    #[test]
    fn markdown_links_and_mentions_nothing() {
        let safe = escape(Target::Markdown, "@all https://host.invalid www.host.invalid <img src=x>");
        assert!(
            !safe.contains('@') && !safe.contains("://") && !safe.contains("www.") && !safe.contains('<')
        );
    }

    #[test]
    fn xml_holds_no_markup_and_no_sign_it_may_not_hold() {
        let safe = escape(Target::Xml, "a<b>\"'&\u{1}\u{ffff}]]>");
        assert_eq!(safe, "a&lt;b&gt;&quot;&#39;&amp;\\u{1}\u{fffd}]]&gt;");
    }

    #[test]
    fn a_workflow_command_ends_where_olvido_ends_it() {
        assert_eq!(escape(Target::GithubMessage, "50%\n::stop, a:b"), "50%25\\u{a}:\\u{3a}stop, a:b");
        assert_eq!(escape(Target::GithubProperty, "a:b,c%0A"), "a%3Ab%2Cc%250A");
    }

    #[test]
    fn sarif_messages_hold_no_link_and_no_placeholder() {
        assert_eq!(escape(Target::SarifMessage, "{0} [a](1) \\"), "{{0}} \\[a\\](1) \\\\");
    }

    #[test]
    fn json_reads_back_as_it_was() {
        let value = "::error:: ##[x] \u{202e} \u{e0041} \u{85} \u{7} \"q\" é😀 :::: \u{feff}";
        let written = serde_json::to_string(&value).unwrap();
        let safe = escape(Target::Json, &written);
        assert!(!safe.contains("::") && !safe.contains("##") && !safe.contains('\u{202e}'));
        assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), value);
        assert_eq!(escape(Target::Json, "{\n\t\"a\": 1\r\n}"), "{\n\t\"a\": 1\r\n}");
    }
}
