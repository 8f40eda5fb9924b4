//! Properties and tables on nodes ([MS-PST] 2.3): a heap of small runs, in it a tree, in that what an object says.

use std::collections::BTreeMap;

use super::super::super::bytes::{run, u8_at, u16_at, u32_at, u64_at};
use super::nodes::{LEAST, Node, Nodes};

/// Levels of a tree in a heap.
const LEVELS: u8 = 8;
/// Records of a tree: as many as keys of two bytes tell apart. A tree that leads back to itself would have more.
const RECORDS: usize = 1 << 16;

/// A property: its id, its type, its bytes. Numbers stand in the first of eight.
pub(super) struct Property {
    pub(super) id: u16,
    pub(super) kind: u16,
    pub(super) bytes: Vec<u8>,
}

/// A heap on a node, and the nodes below that, where long values are.
pub(super) struct Heap {
    blocks: Vec<Vec<u8>>,
    pub(super) below: BTreeMap<u32, Node>,
}

impl Heap {
    pub(super) fn of(node: &Node, nodes: &mut Nodes<'_>) -> Option<Self> {
        let below = nodes.below(node.below)?;
        let blocks = nodes.data(node.data)?;
        let heap = Self { blocks, below };
        let is_heap = u8_at(heap.blocks.first()?, 2)? == 0xEC;
        nodes.damaged |= !is_heap;
        is_heap.then_some(heap)
    }

    fn root(&self) -> Option<u32> {
        u32_at(self.blocks.first()?, 4)
    }

    /// A run of the heap (2.3.1.1, 2.3.1.5): the block it is in, and its number there.
    fn get(&self, id: u32) -> Option<&[u8]> {
        let block = self.blocks.get((id >> 16) as usize)?;
        let number = (id as usize >> 5 & 0x7FF).checked_sub(1)?;
        let map = usize::from(u16_at(block, 0)?);
        if number >= usize::from(u16_at(block, map)?) {
            return None;
        }
        let place = |at: usize| u16_at(block, map + 4 + 2 * at).map(usize::from);
        block.get(place(number)?..place(number + 1)?)
    }

    /// The records of a tree (2.3.2), each with its key in front.
    fn records(&self, head: u32, key: u8, size: u8) -> Option<Vec<&[u8]>> {
        let head = self.get(head)?;
        let (known, levels) = ((u8_at(head, 0)?, u8_at(head, 1)?, u8_at(head, 2)?), u8_at(head, 3)?);
        if known != (0xB5, key, size) || levels > LEVELS {
            return None;
        }
        let (key, size) = (usize::from(key), usize::from(size));
        let mut level = vec![u32_at(head, 4)?];
        level.retain(|id| *id != 0);
        for _ in 0..levels {
            let mut next = Vec::new();
            for id in level {
                let rows = self.get(id)?.chunks_exact(key + 4);
                next.extend(rows.filter_map(|row| u32_at(row, key)));
                if next.len() > RECORDS {
                    return None;
                }
            }
            level = next;
        }
        let mut out = Vec::new();
        for id in level {
            out.extend(self.get(id)?.chunks_exact(key + size));
            if out.len() > RECORDS {
                return None;
            }
        }
        Some(out)
    }

    /// The bytes a value stands for that has no room in its record: a run of the heap or a node below.
    fn value(&self, id: u32, nodes: &mut Nodes<'_>) -> Option<Vec<u8>> {
        match id {
            0 => Some(Vec::new()),
            // Many properties may say the same run.
            id if id & 0x1F == 0 => {
                let run = self.get(id)?;
                nodes.spend(run.len())?;
                Some(run.to_vec())
            }
            id => nodes.data(self.below.get(&id)?.data).map(|blocks| blocks.concat()),
        }
    }

    /// All properties of an object (2.3.3), and whether some are damaged.
    pub(super) fn properties(&self, nodes: &mut Nodes<'_>) -> Option<Vec<Property>> {
        let mut out = Vec::new();
        for record in self.records(self.root()?, 2, 6)? {
            let (id, kind, short) = (u16_at(record, 0)?, u16_at(record, 2)?, u32_at(record, 4)?);
            if nodes.spend(LEAST).is_none() {
                break;
            }
            let bytes = match kind {
                0x0002 | 0x0003 | 0x0004 | 0x000A | 0x000B => Some(u64::from(short).to_le_bytes().to_vec()),
                _ => self.value(short, nodes),
            };
            match bytes {
                Some(bytes) => out.push(Property { id, kind, bytes }),
                None => nodes.damaged = true,
            }
        }
        Some(out)
    }

    /// The rows of a table (2.3.4).
    pub(super) fn rows(&self, nodes: &mut Nodes<'_>) -> Option<Vec<Vec<Property>>> {
        let head = self.get(self.root()?)?;
        let (bits, size) = (usize::from(u16_at(head, 6)?), usize::from(u16_at(head, 8)?));
        let columns = usize::from(u8_at(head, 1)?);
        if u8_at(head, 0)? != 0x7C || size == 0 {
            return None;
        }
        let rows = match u32_at(head, 14)? {
            0 => Vec::new(),
            id if id & 0x1F == 0 => vec![self.get(id)?.to_vec()],
            id => nodes.data(self.below.get(&id)?.data)?,
        };
        let mut out = Vec::new();
        // No row lies in two blocks.
        for row in rows.iter().flat_map(|block| block.chunks_exact(size)) {
            if nodes.spend(LEAST).is_none() {
                break;
            }
            let cells = (0..columns).filter_map(|at| run(head, 22 + 8 * at, 8));
            let cells = cells.filter(|column| is_there(row, bits, column)).filter_map(|column| {
                let cell = self.cell(row, column, nodes);
                nodes.damaged |= cell.is_none();
                cell
            });
            out.push(cells.collect());
        }
        Some(out)
    }

    fn cell(&self, row: &[u8], column: &[u8], nodes: &mut Nodes<'_>) -> Option<Property> {
        let (kind, id) = (u16_at(column, 0)?, u16_at(column, 2)?);
        nodes.spend(LEAST)?;
        let short = run(row, usize::from(u16_at(column, 4)?), usize::from(u8_at(column, 6)?))?;
        let bytes = match (kind, short.len()) {
            (0x0002..=0x000B | 0x0014 | 0x0040, len) if len <= 8 && kind != 0x000D => {
                let mut number = [0; 8];
                number.get_mut(..len)?.copy_from_slice(short);
                number.to_vec()
            }
            (_, 4) => self.value(u32_at(short, 0)?, nodes)?,
            _ => return None,
        };
        Some(Property { id, kind, bytes })
    }
}

/// Whether a row has a cell of a column, by its bit (2.3.4.4.1).
fn is_there(row: &[u8], bits: usize, column: &[u8]) -> bool {
    let bit = u8_at(column, 7).unwrap_or(u8::MAX);
    u8_at(row, bits + usize::from(bit / 8)).is_some_and(|byte| byte & (0x80 >> (bit % 8)) != 0)
}

/// The number of a property, where it is one.
pub(super) fn number(property: &Property) -> Option<u64> {
    u64_at(&property.bytes, 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    const LEFT: usize = 4 << 20;

    /// A heap of one block: its head, then runs; their ids are 0x20, 0x40 and so on.
    fn heap(root: u32, runs: &[Vec<u8>]) -> Heap {
        let mut block = vec![0, 0, 0xEC, 0xBC];
        block.extend(root.to_le_bytes());
        block.extend([0; 4]);
        let mut places = vec![block.len() as u16];
        for run in runs {
            block.extend(run);
            places.push(block.len() as u16);
        }
        let map = (block.len() as u16).to_le_bytes();
        block[..2].copy_from_slice(&map);
        block.extend((runs.len() as u16).to_le_bytes());
        block.extend([0; 2]);
        places.iter().for_each(|place| block.extend(place.to_le_bytes()));
        Heap { blocks: vec![block], below: BTreeMap::new() }
    }

    fn with_nodes<T>(work: impl FnOnce(&mut Nodes<'_>) -> T) -> (T, usize) {
        let mut source = Cursor::new(vec![0; 580]);
        let mut nodes = Nodes::new(&mut source, &[0; 580], true).unwrap();
        nodes.left = LEFT;
        let done = work(&mut nodes);
        (done, nodes.left)
    }

    #[test]
    fn a_tree_that_leads_back_to_itself_ends() {
        let row = [0, 0, 0x40, 0, 0, 0];
        let tree = heap(0x20, &[vec![0xB5, 2, 6, 8, 0x40, 0, 0, 0], row.repeat(500)]);
        let (found, left) = with_nodes(|nodes| tree.properties(nodes).is_none());
        assert!(found && left == LEFT);
    }

    #[test]
    fn properties_that_say_one_run_again_and_again_are_bounded() {
        let record = |id: u16| {
            let mut record = id.to_le_bytes().to_vec();
            record.extend([0x02, 0x01, 0x60, 0, 0, 0]);
            record
        };
        let records: Vec<u8> = (0..200).flat_map(record).collect();
        let tree = heap(0x20, &[vec![0xB5, 2, 6, 0, 0x40, 0, 0, 0], records, vec![7; 60_000]]);
        let (properties, left) = with_nodes(|nodes| tree.properties(nodes).unwrap());
        let all: usize = properties.iter().map(|one| one.bytes.len()).sum();
        assert!(all <= LEFT && all > LEFT / 2 && left == 0, "{all} {left}");
    }

    #[test]
    fn rows_of_one_byte_are_bounded() {
        let mut head = vec![0x7C, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0];
        head.extend([0x03, 0, 1, 0, 0, 0, 0, 0]);
        let table = heap(0x20, &[head, vec![0xFF; 60_000]]);
        let (rows, left) = with_nodes(|nodes| table.rows(nodes).unwrap());
        assert!(rows.len() <= LEFT / LEAST && rows.len() > 1_000 && left == 0, "{} {left}", rows.len());
    }
}
