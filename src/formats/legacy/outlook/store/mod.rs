//! Mail stores of Outlook, `.pst` ([MS-PST]): every message becomes a `.msg` file of its own, named by its folders,
//! which the reader of such files then reads with its bodies and attachments.
//!
//! Every message among the nodes is read, also one that no folder lists any more. A store may have many gigabytes:
//! it is read from where it lies, a page and a block at a time, and one message is held. What deleted messages left
//! in blocks that are free is not read.

mod as_message;
mod cipher;
mod nodes;
mod tables;

use std::collections::BTreeMap;
use std::io::{Read, SeekFrom};

use super::super::bytes::{u8_at, u16_at, utf16};
use super::super::code_page;
use crate::formats::containers::{Container, Head, Source, Visitor, damaged};
use crate::formats::rewrite::Rewrite;
use crate::records::{Gap, GapClass, Passwords};
use nodes::{Node, Nodes, kind};
use tables::Heap;

/// The first bytes.
const MAGIC: &[u8] = b"!BDN";
/// Whose the file is, behind the sum of its head (2.2.2.6): stores, and caches of accounts.
const CLIENTS: [&[u8]; 2] = [b"SM", b"SO"];
/// Bytes of the head of either width.
const HEAD: u64 = 580;
/// Types of nodes: messages, and those that programs keep beside them (rules, views, settings).
const MESSAGE: u8 = 0x04;
const ASSOCIATED: u8 = 0x08;
/// The name of a folder.
const NAME: u16 = 0x3001;
/// Folders in folders.
const DEPTH: usize = 64;
/// Bytes of one message with its attachments, as of one record.
const MOST: usize = 64 << 20;

/// Mail stores.
pub(in crate::formats) struct MailStore;

impl Container for MailStore {
    fn name(&self) -> &'static str {
        "pst"
    }

    fn claims(&self, head: &[u8]) -> bool {
        head.starts_with(MAGIC) && head.get(8..10).is_some_and(|client| CLIENTS.contains(&client))
    }

    fn seeks(&self) -> bool {
        true
    }

    fn walk(&self, source: &mut dyn Source, _name: &str, _passwords: &Passwords, visitor: &mut dyn Visitor) {
        let mut head = Vec::new();
        let read = source.seek(SeekFrom::Start(0)).and_then(|_| source.take(HEAD).read_to_end(&mut head));
        if read.is_err() {
            return visitor.gap(damaged("the mail store cannot be read"));
        }
        let wide = match opened(&head) {
            Ok(wide) => wide,
            Err(gap) => return visitor.gap(gap),
        };
        match Nodes::new(source, &head, wide) {
            Some(nodes) => Walk { nodes, folders: BTreeMap::new(), visitor }.messages(),
            None => visitor.gap(damaged("the mail store ends early")),
        }
    }
}

/// Nothing is written into mail stores.
impl Rewrite for MailStore {}

/// Whether numbers have eight bytes, or why the store is not read (2.2.2.6, `wVer` and `bCryptMethod`).
fn opened(head: &[u8]) -> Result<bool, Gap> {
    const PROTECTED: u8 = 0x10;
    let wide = match u16_at(head, 10) {
        Some(14 | 15) => false,
        Some(23) => true,
        Some(_) => {
            let what = "the mail store is of a version that is not read, as caches of Exchange accounts (.ost) are; export its folders to a .pst file and scan that";
            return Err(Gap::new(GapClass::Unread, "no-reader", what));
        }
        None => return Err(damaged("the mail store ends early")),
    };
    match u8_at(head, if wide { 513 } else { 461 }) {
        Some(0..=2) => Ok(wide),
        Some(PROTECTED) => Err(Gap::encrypted("the mail store", "by Windows Information Protection")),
        _ => Err(Gap::encrypted("the mail store", "in a way that is not known")),
    }
}

struct Walk<'w, 's> {
    nodes: Nodes<'s>,
    /// Names of folders that were asked for, with those around them.
    folders: BTreeMap<u32, String>,
    visitor: &'w mut dyn Visitor,
}

impl Walk<'_, '_> {
    fn messages(&mut self) {
        let all = self.nodes.all(&[MESSAGE, ASSOCIATED]);
        if self.nodes.damaged {
            self.visitor.gap(damaged("pages of the mail store that list its messages are damaged"));
        }
        for (ordinal, node) in (1..).zip(all) {
            self.nodes.damaged = false;
            let folder = self.folder(node.parent);
            if self.nodes.damaged {
                self.visitor
                    .gap(damaged("a folder of the mail store is damaged, and names of folders are missing"));
            }
            let what = if kind(node.id) == MESSAGE { "message" } else { "associated" };
            let head = Head { ordinal, name: format!("{folder}{what}[{ordinal}].msg") };
            self.nodes.damaged = false;
            self.nodes.left = MOST;
            let flow = match as_message::written(&node, &mut self.nodes) {
                Some(bytes) => self.visitor.member(head, &mut bytes.as_slice()),
                None => {
                    let what = damaged("a message of the mail store cannot be read");
                    self.visitor.unread(head, if self.nodes.left == 0 { too_large() } else { what })
                }
            };
            if flow.is_break() {
                return;
            }
            self.told();
        }
    }

    /// Tells what of the message just read is missing.
    fn told(&mut self) {
        if self.nodes.left == 0 {
            self.visitor.gap(too_large());
        } else if self.nodes.damaged {
            self.visitor.gap(damaged("parts of a message in the mail store are damaged or missing"));
        }
    }

    /// The names of the folders that lead to one, each with a solidus behind it.
    fn folder(&mut self, id: u32) -> String {
        if let Some(known) = self.folders.get(&id) {
            return known.clone();
        }
        // Told once for each folder: what is known is not read again.
        let (mut names, mut at) = (Vec::new(), id);
        for _ in 0..DEPTH {
            let Some(node) = self.nodes.node(at).filter(|node| node.id == at) else { break };
            names.extend(self.name(&node));
            // The root is its own parent.
            if node.parent == at || node.parent == 0 {
                break;
            }
            at = node.parent;
        }
        names.reverse();
        let path: String = names.iter().map(|name| format!("{}/", name.replace('/', "_"))).collect();
        self.folders.insert(id, path.clone());
        path
    }

    fn name(&mut self, node: &Node) -> Option<String> {
        self.nodes.left = MOST;
        let all = Heap::of(node, &mut self.nodes)?.properties(&mut self.nodes)?;
        let name = all.iter().find(|one| one.id == NAME)?;
        let name = match name.kind {
            0x001F => utf16(&name.bytes),
            _ => code_page::decode(code_page::WESTERN, &name.bytes),
        };
        Some(name).filter(|name| !name.is_empty())
    }
}

fn too_large() -> Gap {
    let what = "a message of the mail store takes more bytes than are held at once, and was not read to its end; save its attachments and scan them";
    Gap::new(GapClass::Limit, "container-too-large", what)
}

#[cfg(test)]
mod tests;
