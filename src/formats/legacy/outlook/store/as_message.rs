//! A message of a store as the `.msg` file that Outlook would save it as ([MS-OXMSG]).

use super::super::super::bytes::{run, u32_at};
use super::super::super::compound_writer::{Node as Stream, write};
use super::nodes::{Node, Nodes, kind};
use super::tables::{Heap, Property, number};

const SUBJECT: u16 = 0x0037;
const DATA: u16 = 0x3701;
/// Types of nodes below a message.
const ATTACHMENT: u8 = 0x05;
const RECIPIENTS: u8 = 0x12;
/// Bytes before the properties of a file's own message, of a nested one, and of recipients and attachments.
const OWN: usize = 32;
const NESTED: usize = 24;
const PART: usize = 8;
/// Messages inside messages.
const DEPTH: u32 = 8;
/// Recipients and attachments of one message, with those inside.
const PARTS: u32 = 20_000;

/// The file of a message; none where nothing of it can be read.
pub(super) fn written(node: &Node, nodes: &mut Nodes<'_>) -> Option<Vec<u8>> {
    let mut file = File { streams: vec![stream("Root Entry", None)], parts: 0, nodes };
    file.message(0, node, (OWN, DEPTH))?;
    Some(write(&file.streams))
}

fn stream(name: &str, bytes: Option<Vec<u8>>) -> Stream {
    Stream { name: name.to_owned(), class: [0; 16], bytes, children: Vec::new() }
}

struct File<'f, 's> {
    streams: Vec<Stream>,
    parts: u32,
    nodes: &'f mut Nodes<'s>,
}

impl File<'_, '_> {
    fn add(&mut self, parent: usize, name: &str, bytes: Option<Vec<u8>>) -> usize {
        let at = self.streams.len();
        self.streams.push(stream(name, bytes));
        if let Some(parent) = self.streams.get_mut(parent) {
            parent.children.push(at);
        }
        at
    }

    /// Whether one more part may be read; too many are damage.
    fn part(&mut self) -> bool {
        self.parts += 1;
        self.nodes.damaged |= self.parts > PARTS;
        self.parts <= PARTS
    }

    /// Properties, recipients and attachments of a message at a place of the file.
    fn message(&mut self, at: usize, node: &Node, (head, depth): (usize, u32)) -> Option<()> {
        let heap = Heap::of(node, self.nodes)?;
        let all = heap.properties(self.nodes)?;
        self.properties(at, head, all);
        let mut recipients = 0;
        let mut attachments = 0;
        for below in heap.below.values() {
            match kind(below.id) {
                RECIPIENTS => {
                    let rows = Heap::of(below, self.nodes).and_then(|table| table.rows(self.nodes));
                    self.nodes.damaged |= rows.is_none();
                    for row in rows.unwrap_or_default() {
                        if !self.part() {
                            break;
                        }
                        let to = self.add(at, &format!("__recip_version1.0_#{recipients:08X}"), None);
                        self.properties(to, PART, row);
                        recipients += 1;
                    }
                }
                ATTACHMENT if self.part() => {
                    let whole = self.attachment(at, attachments, (below, &heap), depth);
                    self.nodes.damaged |= whole.is_none();
                    attachments += 1;
                }
                _ => {}
            }
        }
        Some(())
    }

    fn attachment(
        &mut self,
        parent: usize,
        number: u32,
        (node, message): (&Node, &Heap),
        depth: u32,
    ) -> Option<()> {
        let heap = Heap::of(node, self.nodes)?;
        let mut all = heap.properties(self.nodes)?;
        let at = self.add(parent, &format!("__attach_version1.0_#{number:08X}"), None);
        let object = all.iter().position(|one| one.id == DATA && one.kind == 0x000D);
        let object = object.map(|place| all.swap_remove(place));
        self.properties(at, PART, all);
        let Some(object) = object else { return Some(()) };
        // The node of what is embedded, and its size (2.3.3.5).
        let id = u32_at(&object.bytes, 0)?;
        let inner = *heap.below.get(&id).or_else(|| message.below.get(&id))?;
        if kind(id) == 0x04 {
            let depth = depth.checked_sub(1)?;
            let to = self.add(at, "__substg1.0_3701000D", None);
            return self.message(to, &inner, (NESTED, depth));
        }
        let bytes = self.nodes.data(inner.data)?.concat();
        self.add(at, "__substg1.0_37010102", Some(bytes));
        Some(())
    }

    /// Texts and bytes as streams of their own, what is short in the list.
    fn properties(&mut self, at: usize, head: usize, all: Vec<Property>) {
        let mut list = vec![0; head];
        for one in all {
            match one.kind {
                0x0002..=0x000B | 0x0014 | 0x0040 => {
                    list.extend(one.kind.to_le_bytes());
                    list.extend(one.id.to_le_bytes());
                    list.extend(6_u32.to_le_bytes());
                    list.extend(number(&one).unwrap_or(0).to_le_bytes());
                }
                0x001E | 0x001F | 0x0102 => {
                    let name = format!("__substg1.0_{:04X}{:04X}", one.id, one.kind);
                    self.add(at, &name, Some(bare(one)));
                }
                0x101E | 0x101F | 0x1102 => {
                    let texts = several(&one.bytes);
                    self.nodes.damaged |= texts.is_none();
                    for (number, bytes) in texts.unwrap_or_default().into_iter().enumerate() {
                        let name = format!("__substg1.0_{:04X}{:04X}-{number:08X}", one.id, one.kind);
                        self.add(at, &name, Some(bytes.to_vec()));
                    }
                }
                _ => {}
            }
        }
        self.add(at, "__properties_version1.0", Some(list));
    }
}

/// The bytes of a text. A subject says before itself how long its prefix (`Re: `) is, behind a sign that no subject
/// begins with (2.5.3.1.1.1).
fn bare(one: Property) -> Vec<u8> {
    let behind = match (one.id, one.kind, one.bytes.as_slice()) {
        (SUBJECT, 0x001F, [1, 0, _, _, rest @ ..]) | (SUBJECT, 0x001E, [1, _, rest @ ..]) => rest.len(),
        _ => one.bytes.len(),
    };
    let mut bytes = one.bytes;
    bytes.drain(..bytes.len() - behind);
    bytes
}

/// The values of a property that has several (2.3.3.4.2): their number, where each begins, then all.
fn several(bytes: &[u8]) -> Option<Vec<&[u8]>> {
    if bytes.is_empty() {
        return Some(Vec::new());
    }
    let count = u32_at(bytes, 0)? as usize;
    let starts = run(bytes, 4, count.checked_mul(4)?)?;
    let mut places: Vec<usize> =
        starts.chunks_exact(4).filter_map(|at| Some(u32_at(at, 0)? as usize)).collect();
    places.push(bytes.len());
    places.windows(2).map(|two| bytes.get(*two.first()?..*two.last()?)).collect()
}
