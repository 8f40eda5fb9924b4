//! `winmail.dat`: the Transport Neutral Encapsulation Format ([MS-OXTNEF]).

use super::super::bytes::{len_at, run, u8_at, u16_at, u32_at, u64_at, until_nul};
use super::super::code_page::{self, WESTERN};
use super::super::extract::Extract;
use super::message::{Attachment, Content, Message};
use super::property::{Properties, Value, apart, fixed};

/// The first bytes.
pub(in super::super) const MAGIC: &[u8] = b"\x78\x9F\x3E\x22";
/// The interface of a nested message, before its bytes ([MS-OXTNEF] 2.1.3.3.15).
const MESSAGE: &[u8] = b"\x07\x03\x02\0\0\0\0\0\xC0\0\0\0\0\0\0\x46";

/// Reads a file of this format.
pub(in super::super) fn read(bytes: &[u8], out: &mut Extract) {
    let mut reader = Reader { message: Message::default(), page: WESTERN };
    reader.message.properties.page = WESTERN;
    let mut at = 6;
    while at < bytes.len() {
        let Some((id, content, next)) = attribute(bytes, at) else {
            out.damaged("the attachment in Outlook's own format ends early");
            break;
        };
        if sum(content) != u16_at(bytes, next - 2).unwrap_or(0) {
            out.damaged("the attachment in Outlook's own format has a wrong checksum");
        }
        reader.attribute(id, content, out);
        at = next;
    }
    reader.message.give(out);
}

/// One attribute: its number, its bytes, and where the next begins.
fn attribute(bytes: &[u8], at: usize) -> Option<(u32, &[u8], usize)> {
    let (level, id, len) = (u8_at(bytes, at)?, u32_at(bytes, at + 1)?, len_at(bytes, at + 5)?);
    if !(1..=2).contains(&level) {
        return None;
    }
    let content = run(bytes, at + 9, len)?;
    let next = at + 9 + len + 2;
    (next <= bytes.len()).then_some((id, content, next))
}

fn sum(content: &[u8]) -> u16 {
    content.iter().fold(0, |sum: u16, byte| sum.wrapping_add(u16::from(*byte)))
}

struct Reader {
    message: Message,
    page: u32,
}

impl Reader {
    fn attribute(&mut self, id: u32, content: &[u8], out: &mut Extract) {
        match id {
            0x0006_9007 => {
                self.page = u32_at(content, 0).unwrap_or(WESTERN);
                self.message.properties.page = self.page;
            }
            0x0006_9003 => {
                let (properties, whole) = list(content, self.page);
                self.message.properties.all.extend(properties.0);
                for nested in properties.1 {
                    self.message.attachments.push(nested);
                }
                if !whole {
                    out.damaged("a list of properties ends early");
                }
            }
            0x0006_9004 => self.recipients(content, out),
            0x0006_9002 => self.message.attachments.push(Attachment {
                properties: Properties { all: Vec::new(), page: self.page },
                content: Content::Nothing,
            }),
            0x0006_9005 | 0x0006_800F | 0x0001_8010 | 0x0006_9001 => self.attachment(id, content, out),
            // Texts: the subject, the sender, the body, and other addresses of the old attributes.
            0x0001_8004 => self.text(0x0037, content),
            0x0002_800C => self.text(0x1000, content),
            0x0001_8009 => self.text(0x1035, content),
            0x0000_8000 | 0x0000_0001 | 0x0000_0002 => {
                self.message.beside.extend(triple(content, self.page));
            }
            _ if id >> 16 == 1 || id >> 16 == 2 => {
                let text = code_page::decode(self.page, content);
                self.message.beside.push(until_nul(&text).to_owned());
            }
            _ => {}
        }
    }

    /// A text that a property may say too, and better.
    fn text(&mut self, id: u16, content: &[u8]) {
        let text = code_page::decode(self.page, content);
        self.message.properties.all.push((id, Value::Text(until_nul(&text).to_owned())));
    }

    fn recipients(&mut self, content: &[u8], out: &mut Extract) {
        let count = len_at(content, 0).unwrap_or(0);
        let mut at = 4;
        for _ in 0..count {
            let rest = content.get(at..).unwrap_or_default();
            let mut reading = List { bytes: rest, at: 0, page: self.page };
            let Some((all, _)) = reading.properties() else {
                return out.damaged("a list of recipients ends early");
            };
            at += reading.at;
            self.message.recipients.push(Properties { all, page: self.page });
        }
    }

    fn attachment(&mut self, id: u32, content: &[u8], out: &mut Extract) {
        let Some(attachment) = self.message.attachments.last_mut() else {
            return out.damaged("what belongs to an attachment stands before any");
        };
        match id {
            0x0006_800F => attachment.content = Content::File(content.to_vec()),
            0x0001_8010 => {
                let name = code_page::decode(self.page, content);
                attachment.properties.all.push((0x3704, Value::Text(until_nul(&name).to_owned())));
            }
            0x0006_9005 => {
                let ((all, nested), whole) = list(content, self.page);
                attachment.properties.all.extend(all);
                if let Some(nested) = nested.into_iter().next() {
                    attachment.content = nested.content;
                }
                if !whole {
                    out.damaged("a list of properties ends early");
                }
            }
            // A picture of the attachment's icon.
            _ => {}
        }
    }
}

/// A sender or recipient of the old kind: numbers, then a name and an address behind its length.
fn triple(content: &[u8], page: u32) -> Vec<String> {
    let lens = (u16_at(content, 4), u16_at(content, 6));
    let (Some(name), Some(address)) = lens else { return Vec::new() };
    let at = 8 + usize::from(name);
    let parts = [run(content, 8, usize::from(name)), run(content, at, usize::from(address))];
    let shown = |raw: &[u8]| until_nul(&code_page::decode(page, raw)).to_owned();
    parts.into_iter().flatten().map(shown).collect()
}

type Listed = (Vec<(u16, Value)>, Vec<Attachment>);

/// A list of properties as far as it goes, and whether that is to its end.
fn list(content: &[u8], page: u32) -> (Listed, bool) {
    let mut reading = List { bytes: content, at: 0, page };
    let mut out = (Vec::new(), Vec::new());
    let whole = reading.each(&mut out).is_some();
    (out, whole)
}

/// Properties as TNEF writes them: lengths before texts and bytes, all padded to four bytes.
struct List<'a> {
    bytes: &'a [u8],
    at: usize,
    page: u32,
}

impl List<'_> {
    fn properties(&mut self) -> Option<Listed> {
        let mut out = (Vec::new(), Vec::new());
        self.each(&mut out)?;
        Some(out)
    }

    fn number(&mut self) -> Option<u32> {
        let number = u32_at(self.bytes, self.at)?;
        self.at += 4;
        Some(number)
    }

    fn each(&mut self, out: &mut Listed) -> Option<()> {
        for _ in 0..self.number()? {
            let tag = self.number()?;
            let (kind, id) = (tag as u16, (tag >> 16) as u16);
            if id >= 0x8000 {
                self.name()?;
            }
            let many = kind & 0x1000 != 0;
            self.values(kind & !0x1000, id, many, out)?;
        }
        Some(())
    }

    /// The name of a named property is passed over: it says what a value is, not whose.
    fn name(&mut self) -> Option<()> {
        self.at = self.at.checked_add(16)?;
        if self.number()? == 0 {
            self.number()?;
        } else {
            let len = self.number()? as usize;
            self.at = self.at.checked_add(len.checked_next_multiple_of(4)?)?;
        }
        Some(())
    }

    fn values(&mut self, kind: u16, id: u16, many: bool, out: &mut Listed) -> Option<()> {
        let fixed_len = match kind {
            0x0002 | 0x0003 | 0x0004 | 0x000A | 0x000B => Some(4),
            0x0005 | 0x0006 | 0x0007 | 0x0014 | 0x0040 => Some(8),
            0x0048 => Some(16),
            0x000D | 0x001E | 0x001F | 0x0102 => None,
            _ => return None,
        };
        let count = if many || fixed_len.is_none() { self.number()? } else { 1 };
        for _ in 0..count {
            match fixed_len {
                Some(len) => {
                    let number = match len {
                        4 => u64::from(u32_at(self.bytes, self.at)?),
                        _ => u64_at(self.bytes, self.at)?,
                    };
                    run(self.bytes, self.at, len)?;
                    self.at += len;
                    out.0.extend(fixed(kind, number).map(|value| (id, value)));
                }
                None => self.variable(kind, id, out)?,
            }
        }
        Some(())
    }

    fn variable(&mut self, kind: u16, id: u16, out: &mut Listed) -> Option<()> {
        let len = self.number()? as usize;
        let content = run(self.bytes, self.at, len)?;
        self.at = self.at.checked_add(len.checked_next_multiple_of(4)?)?;
        if kind != 0x000D && !(kind == 0x0102 && id == 0x3701) {
            out.0.extend(apart(kind, content).map(|value| (id, value)));
            return Some(());
        }
        let (interface, inner) = content.split_at_checked(16).unwrap_or((&[], content));
        let content = match interface == MESSAGE {
            true => Content::Object(inner.to_vec(), ".winmail.dat"),
            false if inner.starts_with(super::super::compound::MAGIC) => {
                Content::Object(inner.to_vec(), ".ole")
            }
            false => Content::File(content.to_vec()),
        };
        let properties = Properties { all: Vec::new(), page: self.page };
        out.1.push(Attachment { properties, content });
        Some(())
    }
}
