//! A message of Outlook, whichever file it came in: as parts that other readers know.
//!
//! Its head and plain text become a message in the form of RFC 5322, so that senders and recipients are read as
//! such; bodies in HTML and RTF, attachments and nested messages are files; every other text among the
//! properties is a line of `properties.txt`.

use super::super::code_page;
use super::super::extract::Extract;
use super::compressed_rtf;
use super::property::{Properties, Value};
use super::time;

/// What an attachment holds.
pub(super) enum Content {
    /// A file by value.
    File(Vec<u8>),
    /// A nested message or object, as a file of its own, and how such files end.
    Object(Vec<u8>, &'static str),
    /// Nothing: it lies elsewhere, or could not be read.
    Nothing,
}

/// An attachment.
pub(super) struct Attachment {
    pub(super) properties: Properties,
    pub(super) content: Content,
}

/// A message.
#[derive(Default)]
pub(super) struct Message {
    pub(super) properties: Properties,
    pub(super) recipients: Vec<Properties>,
    pub(super) attachments: Vec<Attachment>,
    /// What the old attributes of TNEF say, which have no properties: subject, sender, text.
    pub(super) beside: Vec<String>,
}

const BODY: u16 = 0x1000;
const RTF: u16 = 0x1009;
const HTML: u16 = 0x1013;
const SUBJECT: u16 = 0x0037;
const HEADERS: u16 = 0x007D;
const CLASS: u16 = 0x001A;

/// Properties of a message that its head shows.
const SHOWN: [u16; 13] =
    [SUBJECT, BODY, HTML, CLASS, HEADERS, 0x0E04, 0x0E03, 0x0E02, 0x1035, 0x1042, 0x1039, 0x0E1D, 0x003D];

impl Message {
    /// Adds all of it.
    pub(super) fn give(mut self, out: &mut Extract) {
        let head = self.head();
        out.text("message.eml", &format!("{head}\n{}", lines(&self.properties.text(BODY))));
        if let Some(part) = out.parts.last_mut().filter(|part| part.name == "message.eml") {
            part.media_type = "message/rfc822".to_owned();
        }
        out.text("headers.txt", &lines(&self.properties.text(HEADERS)));
        self.html(out);
        self.rtf(out);
        let more = self.more(&head);
        out.text("properties.txt", &more);
        let class = self.properties.text(CLASS).to_ascii_lowercase();
        for (number, attachment) in std::mem::take(&mut self.attachments).into_iter().enumerate() {
            attach(attachment, number + 1, out);
        }
        if class.ends_with("smime") {
            out.encrypted = Some("as S/MIME, its content in one attachment".to_owned());
        } else if out.parts.iter().any(|part| part.media_type == "application/x-microsoft-rpmsg-message") {
            out.encrypted = Some("by rights management, its content in message.rpmsg".to_owned());
        }
    }

    /// The head in the form of RFC 5322 with letters of RFC 6532.
    fn head(&self) -> String {
        let of = &self.properties;
        let mut out = String::new();
        let mut line = |name: &str, value: String| {
            if !value.is_empty() {
                out.push_str(&format!("{name}: {}\n", one_line(&value)));
            }
        };
        let from = mailbox(&of.first(&[0x0042, 0x0C1A]), &of.first(&[0x5D02, 0x0065, 0x5D01, 0x0C1F]));
        let sender = mailbox(&of.text(0x0C1A), &of.first(&[0x5D01, 0x0C1F]));
        line("Sender", if sender == from { String::new() } else { sender });
        line("From", from);
        for (name, kind, shown) in [("To", 1, 0x0E04), ("Cc", 2, 0x0E03), ("Bcc", 3, 0x0E02)] {
            let listed: Vec<String> =
                self.recipients.iter().filter(|to| to.number(0x0C15) == Some(kind)).map(recipient).collect();
            let shown = of.text(shown);
            line(name, if listed.is_empty() { shown.replace(';', ",") } else { listed.join(", ") });
        }
        let others = self.recipients.iter().filter(|to| !matches!(to.number(0x0C15), Some(1..=3)));
        line("Resent-To", others.map(recipient).collect::<Vec<_>>().join(", "));
        line("Subject", of.text(SUBJECT));
        let date = of.time(0x0039).or_else(|| of.time(0x0E06)).and_then(time::rfc5322);
        line("Date", date.unwrap_or_default());
        line("Message-ID", of.text(0x1035));
        line("In-Reply-To", of.text(0x1042));
        line("References", of.text(0x1039));
        out.push_str(
            "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n",
        );
        out
    }

    fn html(&self, out: &mut Extract) {
        match self.properties.value(HTML) {
            Some(Value::Binary(bytes)) => {
                let page = self.properties.number(0x3FDE).unwrap_or(code_page::UTF8);
                let charset = code_page::encoding(page).map_or("utf-8", |encoding| encoding.name());
                out.file("body.html", bytes.clone(), &format!("text/html; charset={charset}"));
            }
            Some(value) => {
                let text = self.properties.shown(value).unwrap_or_default();
                out.file("body.html", text.into_bytes(), "text/html; charset=utf-8");
            }
            None => {}
        }
    }

    fn rtf(&self, out: &mut Extract) {
        let Some(bytes) = self.properties.binary(RTF).filter(|bytes| !bytes.is_empty()) else { return };
        match compressed_rtf::expand(bytes) {
            Some((rtf, whole)) => {
                out.file("body.rtf", rtf, "application/rtf");
                if !whole {
                    out.damaged("the message's body in RTF is damaged");
                }
            }
            None => out.damaged("the message's body in RTF cannot be unpacked"),
        }
    }

    /// Every text of the properties that the head does not show.
    fn more(&self, head: &str) -> String {
        let mut out = String::new();
        let push = |label: &str, text: &str, out: &mut String| {
            if !head.contains(one_line(text).as_str()) {
                push(label, text, out);
            }
        };
        for (id, value) in self.properties.all.iter().filter(|(id, _)| !SHOWN.contains(id)) {
            if let Some(text) = self.properties.shown(value) {
                push(label(*id), &text, &mut out);
            }
        }
        for to in &self.recipients {
            for (_, value) in to.all.iter().filter(|(id, _)| ![0x3001, 0x39FE].contains(id)) {
                push("", &to.shown(value).unwrap_or_default(), &mut out);
            }
        }
        for text in &self.beside {
            push("", text, &mut out);
        }
        out
    }
}

fn push(label: &str, text: &str, out: &mut String) {
    let text = text.trim();
    if !text.is_empty() {
        if !label.is_empty() {
            out.push_str(label);
            out.push_str(": ");
        }
        out.push_str(&lines(text));
        out.push('\n');
    }
}

/// What the properties of contacts are ([MS-OXOCNTC]).
fn label(id: u16) -> &'static str {
    match id {
        0x3A08 | 0x3A09 | 0x3A1A | 0x3A1B | 0x3A1F | 0x3A2F | 0x3A57 => "Phone",
        0x3A1C => "Mobile phone",
        0x3A23..=0x3A25 => "Fax",
        0x3A15 | 0x3A29 | 0x3A2A | 0x3A5D | 0x3A63 => "Address",
        0x3A06 => "First name",
        0x3A11 => "Surname",
        0x3A05 | 0x3A44 | 0x3A45 => "Name",
        0x0C1A | 0x0042 | 0x0040 | 0x0044 => "Name",
        _ => "",
    }
}

/// One attachment, with what its properties say besides its name.
fn attach(attachment: Attachment, number: usize, out: &mut Extract) {
    let of = attachment.properties;
    let name = of.first(&[0x3707, 0x3704, 0x3001]);
    let name = if name.is_empty() { format!("attachment[{number}]") } else { name };
    let mut said = String::new();
    for (_, value) in of.all.iter().filter(|(id, _)| ![0x3707, 0x370E, 0x3703].contains(id)) {
        let text = of.shown(value).unwrap_or_default();
        if text != name {
            push("", &text, &mut said);
        }
    }
    out.text(&format!("attachment[{number}]-properties.txt"), &said);
    match attachment.content {
        Content::File(bytes) => out.file(&name, bytes, &of.text(0x370E)),
        Content::Object(bytes, ending) => {
            let named = name.to_ascii_lowercase().ends_with(ending);
            out.file(&if named { name } else { format!("{name}{ending}") }, bytes, "");
        }
        Content::Nothing if matches!(of.number(0x3705), Some(2..=4 | 7)) => {
            out.not_read("an attachment lies elsewhere: the message only says where");
        }
        Content::Nothing => out.damaged("an attachment of the message has no content"),
    }
}

fn recipient(of: &Properties) -> String {
    mailbox(&of.first(&[0x3001, 0x5FF6]), &of.first(&[0x39FE, 0x3003]))
}

/// A mailbox of RFC 5322. An address inside the sender's own mail system is a name there, and no mailbox.
fn mailbox(name: &str, address: &str) -> String {
    let name = name.trim().trim_matches('\'');
    let name = if name.eq_ignore_ascii_case(address) { "" } else { name };
    match (name.is_empty(), address.contains('@')) {
        (true, true) => address.to_owned(),
        (false, true) => format!("\"{}\" <{address}>", name.replace(['"', '\\'], " ")),
        _ => name.replace([',', ';'], " "),
    }
}

fn one_line(text: &str) -> String {
    text.replace(['\r', '\n'], " ").trim().to_owned()
}

/// Line ends of Windows as one byte.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}
