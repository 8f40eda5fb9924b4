//! `.msg` files ([MS-OXMSG]): a compound file in which each object is a storage.

use super::super::bytes::{run, u16_at, u32_at, u64_at};
use super::super::code_page::WESTERN;
use super::super::compound::{Compound, ROOT};
use super::super::compound_writer;
use super::super::extract::Extract;
use super::message::{Attachment, Content, Message};
use super::property::{Properties, Value, apart, fixed};

const PROPERTIES: &str = "__properties_version1.0";
const RECIPIENT: &str = "__recip_version1.0_#";
const ATTACHMENT: &str = "__attach_version1.0_#";
const SUBSTREAM: &str = "__substg1.0_";
/// The storage of a nested message or object.
const OBJECT: &str = "__substg1.0_3701000D";

/// Whether a compound file is a message.
pub(in super::super) fn is_message(file: &Compound<'_>) -> bool {
    file.child(ROOT, PROPERTIES).is_some()
        || file.children(ROOT).iter().any(|child| file.name(*child).starts_with(SUBSTREAM))
}

/// Reads a message.
pub(in super::super) fn read(file: &Compound<'_>, out: &mut Extract) {
    // A message of its own has 32 bytes before its properties, one that lay in another 24; the latter is a
    // multiple of 16 too, so which it is shows in what follows.
    let mut properties = properties(file, ROOT, 32, WESTERN);
    let pages = [properties.number(0x3FFD), properties.number(0x3FDE)];
    // Code pages of mails may be Unicode, in which 8-bit texts are not written.
    let page = pages.into_iter().flatten().find(|page| *page != super::super::code_page::UTF16);
    properties.page = page.unwrap_or(WESTERN);
    let page = properties.page;
    let mut message = Message { properties, ..Message::default() };
    let mut lost = file.child(ROOT, PROPERTIES).is_none();
    for child in file.children(ROOT) {
        let name = file.name(*child);
        if starts_with(name, RECIPIENT) {
            message.recipients.push(self::properties(file, *child, 8, page));
        } else if starts_with(name, ATTACHMENT) {
            message.attachments.push(attachment(file, *child, page));
        } else if !starts_with(name, "__") {
            lost = true;
        }
    }
    if lost {
        out.damaged("the message holds what no message has, or lacks its list of properties");
    }
    message.give(out);
}

fn starts_with(name: &str, prefix: &str) -> bool {
    name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

fn attachment(file: &Compound<'_>, storage: usize, page: u32) -> Attachment {
    let mut properties = properties(file, storage, 8, page);
    let at = properties.all.iter().position(|(id, value)| *id == 0x3701 && matches!(value, Value::Binary(_)));
    let bytes = at.map(|at| properties.all.swap_remove(at).1);
    let content = match (bytes, file.child(storage, OBJECT)) {
        (Some(Value::Binary(bytes)), _) => Content::File(bytes),
        (_, Some(object)) if file.is_stream(object) => Content::File(file.stream(object)),
        (_, Some(object)) => {
            let message = file.child(object, PROPERTIES).is_some();
            let ending = if message { ".msg" } else { ".ole" };
            Content::Object(compound_writer::storage(file, object), ending)
        }
        _ => Content::Nothing,
    };
    Attachment { properties, content }
}

/// The properties of a storage: texts and bytes have streams of their own, the others stand in one list.
fn properties(file: &Compound<'_>, storage: usize, head: usize, page: u32) -> Properties {
    let mut all = Vec::new();
    for child in file.children(storage).iter().filter(|child| file.is_stream(**child)) {
        let name = file.name(*child);
        if !starts_with(name, SUBSTREAM) {
            continue;
        }
        let tag =
            name.get(SUBSTREAM.len()..SUBSTREAM.len() + 8).and_then(|tag| u32::from_str_radix(tag, 16).ok());
        let Some(tag) = tag else { continue };
        let (id, kind) = ((tag >> 16) as u16, tag as u16);
        // Each text of a list of texts has its own stream, its number behind a hyphen.
        let kind = if name.contains('-') { kind & !0x1000 } else { kind };
        if let Some(value) = apart(kind, &file.stream(*child)) {
            all.push((id, value));
        }
    }
    let list = file.child_stream(storage, PROPERTIES).unwrap_or_default();
    for at in (list_start(&list, head)..list.len()).step_by(16) {
        let Some(entry) = run(&list, at, 16) else { break };
        let (Some(kind), Some(id), Some(number)) = (u16_at(entry, 0), u16_at(entry, 2), u64_at(entry, 8))
        else {
            break;
        };
        if let Some(value) = fixed(kind, number) {
            all.push((id, value));
        }
    }
    Properties { all, page }
}

/// Where the entries of a list begin. A message has 32 bytes before them when it is the file's own and 24 when
/// it was nested; only the former are a multiple of 16.
fn list_start(list: &[u8], head: usize) -> usize {
    match head {
        32 if list.len() % 16 == 8 && u32_at(list, 0) == Some(0) => 24,
        _ => head,
    }
}
