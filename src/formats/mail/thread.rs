//! What joins a message to others: whom it answers, from whom to whom it goes, what its subject names.

use super::Message;
use super::address::addresses;
use super::header::Headers;
use crate::formats::encoding::encoded_word;
use crate::records::{Link, OffsetMap, RecordKind, Relation, Text};

/// Recipients of one message that are linked, at most.
const RECIPIENTS: usize = 16;
/// Messages before it in its thread that are linked, at most: the first and the last of `References`.
const BEFORE: usize = 16;
/// What mailers in many languages put before the subject of a reply. RFC 5256 §2.1 knows `Re` alone.
const REPLY: [&str; 13] =
    ["re", "aw", "antw", "sv", "vs", "odp", "rif", "res", "ref", "r", "回复", "答复", "отв"];
/// What they put before that of a message passed on, which begins a thread of its own.
const FORWARD: [&str; 9] = ["fw", "fwd", "wg", "rv", "tr", "enc", "i", "pd", "doorst"];

/// The links of a message.
pub(super) fn links(message: &Message<'_>, headers: &Headers) -> Vec<Link> {
    let body = |name: &str| {
        let raw = headers.first(message.bytes, name)?;
        Some(String::from_utf8_lossy(&raw).into_owned())
    };
    let mut links = Vec::new();
    let mut link = |relation, kind, id: String| links.push(Link { relation, kind, id: Text::new(id) });
    let people = |name: &str| body(name).map(|list| mailboxes(&list)).unwrap_or_default();
    for author in people("From").into_iter().take(1) {
        link(Relation::Author, RecordKind::Person, author);
    }
    for recipient in ["To", "Cc", "Bcc"].into_iter().flat_map(people).take(RECIPIENTS) {
        link(Relation::Involved, RecordKind::Person, recipient);
    }
    let mut before = body("References").map(|list| message_ids(&list)).unwrap_or_default();
    before.extend(body("In-Reply-To").into_iter().flat_map(|list| message_ids(&list)));
    let cut = before.len().saturating_sub(BEFORE);
    for (at, id) in before.into_iter().enumerate() {
        if at == 0 || at > cut {
            link(Relation::Answers, RecordKind::Comment, id);
        }
    }
    if let Some(raw) = body("Subject") {
        let mut subject = String::new();
        encoded_word::decode(&raw, &mut subject, &mut OffsetMap::new());
        if let Some(token) = token(&subject) {
            link(Relation::Ticket, RecordKind::Ticket, token);
        }
        if let Some(topic) = topic(&subject) {
            link(Relation::Topic, RecordKind::Ticket, topic);
        }
    }
    links
}

/// The addresses of a list, in lower case.
fn mailboxes(list: &str) -> Vec<String> {
    let found = addresses(list).addresses;
    found.into_iter().filter_map(|range| list.get(range)).map(str::to_lowercase).collect()
}

/// The ids between angle brackets.
fn message_ids(list: &str) -> Vec<String> {
    let ids = list.split('<').skip(1).filter_map(|rest| rest.split('>').next());
    ids.map(|id| id.trim().to_owned())
        .filter(|id| !id.is_empty() && !id.contains(char::is_whitespace))
        .collect()
}

/// The number of a ticket that helpdesks put into subjects: `[Ticket#2019031210000017]`, `[#4711]`,
/// `[example.org #17]`, `[SUP-12]`, Jira's `(SUP-12)`, ServiceNow's `INC0010023`.
fn token(subject: &str) -> Option<String> {
    let lower = subject.to_lowercase();
    if let Some((_, rest)) = lower.split_once("ticket#").or_else(|| lower.split_once("ticket #")) {
        return number(rest);
    }
    for inside in brackets(subject, '[', ']') {
        if let Some((_, rest)) = inside.rsplit_once('#') {
            if let Some(number) = number(&rest.to_lowercase()) {
                return Some(number);
            }
        } else if is_issue_key(inside) {
            return Some(inside.to_lowercase());
        }
    }
    if lower.contains("jira") {
        let mut keys = brackets(subject, '(', ')').filter(|inside| is_issue_key(inside));
        if let Some(key) = keys.next() {
            return Some(key.to_lowercase());
        }
    }
    let task = |word: &&str| {
        let digits = word.trim_start_matches(|c: char| c.is_ascii_uppercase());
        let kind = word.len() - digits.len();
        (2..=6).contains(&kind) && digits.len() >= 7 && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    subject.split(|c: char| !c.is_ascii_alphanumeric()).find(task).map(str::to_lowercase)
}

/// A number behind `#`, `: ` before it left out: two characters at least, digits among them.
fn number(rest: &str) -> Option<String> {
    let rest = rest.trim_start_matches([':', ' ']);
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(rest.len());
    let number = rest.get(..end)?;
    (number.len() > 1 && number.bytes().any(|byte| byte.is_ascii_digit())).then(|| number.to_owned())
}

fn brackets(text: &str, open: char, close: char) -> impl Iterator<Item = &str> {
    text.split(open).skip(1).filter_map(move |rest| rest.split_once(close)).map(|(inside, _)| inside.trim())
}

/// `SUP-12`: capitals, a hyphen, digits.
fn is_issue_key(word: &str) -> bool {
    word.split_once('-').is_some_and(|(project, number)| {
        (2..=10).contains(&project.len())
            && project.starts_with(|c: char| c.is_ascii_uppercase())
            && project.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
            && (1..=7).contains(&number.len())
            && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// The subject without what mailers put before it, in lower case; behind `re: ` where it was a reply's. None
/// where nothing is left.
fn topic(subject: &str) -> Option<String> {
    let mut rest = subject.trim();
    let mut reply = false;
    while let Some((before, behind)) = rest.split_once(':') {
        // `Re[2]`, `RE(3)`.
        let word = before.split(['[', '(']).next().unwrap_or("").trim().to_lowercase();
        match word.as_str() {
            word if REPLY.contains(&word) => reply = true,
            word if FORWARD.contains(&word) => {}
            _ => break,
        }
        rest = behind.trim_start();
    }
    let words: Vec<String> = rest.split_whitespace().map(str::to_lowercase).collect();
    let base = words.join(" ");
    let prefix = if reply { "re: " } else { "" };
    (!base.is_empty()).then(|| format!("{prefix}{base}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_helpdesks_are_found() {
        for (subject, want) in [
            ("[Ticket#2019031210000017] Rechnung", Some("2019031210000017")),
            ("AW: Ticket#: 2019031210000017 Rechnung", Some("2019031210000017")),
            ("Re: [#4711] Factura", Some("4711")),
            ("[example.org #17] Help", Some("17")),
            ("RE: [SUP-12] Access", Some("sup-12")),
            ("[JIRA] (SUP-12) Access", Some("sup-12")),
            ("Incident INC0010023 -- opened", Some("inc0010023")),
            ("Notice (COVID-19)", None),
            ("We are #1", None),
            ("[support] printer", None),
            ("Factura 2019", None),
        ] {
            assert_eq!(token(subject).as_deref(), want, "{subject}");
        }
    }

    #[test]
    fn topics_are_subjects_without_what_mailers_add() {
        for (subject, want) in [
            ("Factura  duplicada", Some("factura duplicada")),
            ("Re: RE[2]: AW: Factura duplicada", Some("re: factura duplicada")),
            ("WG: Rechnung", Some("rechnung")),
            ("Odp: Umowa", Some("re: umowa")),
            ("Error: no paper", Some("error: no paper")),
            ("Re:", None),
            ("", None),
        ] {
            assert_eq!(topic(subject).as_deref(), want, "{subject}");
        }
    }

    #[test]
    fn ids_stand_in_angle_brackets() {
        assert_eq!(
            message_ids("<a@example.org>\n <b@example.org> (note)"),
            ["a@example.org", "b@example.org"]
        );
        assert!(message_ids("your message of Monday").is_empty());
    }
}
