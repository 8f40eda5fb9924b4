//! Compound files made anew ([MS-CFB]): a storage inside another file becomes a file of its own, which the
//! reader of such files then reads like any other.

use super::compound::Compound;

const SECTOR: usize = 512;
const MINI: usize = 64;
const MINI_BELOW: usize = 4096;
const END: u32 = 0xFFFF_FFFE;
const FREE: u32 = 0xFFFF_FFFF;
const TABLE: u32 = 0xFFFF_FFFD;
const TABLES_OF_TABLE: u32 = 0xFFFF_FFFC;

/// An entry of the directory to be written; the first is the root.
pub(super) struct Node {
    pub(super) name: String,
    pub(super) class: [u8; 16],
    /// The bytes of a stream; none for a storage.
    pub(super) bytes: Option<Vec<u8>>,
    /// Places of its children in the list.
    pub(super) children: Vec<usize>,
}

/// A storage of a compound file, with all below it, as a file of its own.
pub(super) fn storage(file: &Compound<'_>, storage: usize) -> Vec<u8> {
    let mut nodes = vec![Node {
        name: "Root Entry".to_owned(),
        class: file.class(storage),
        bytes: None,
        children: Vec::new(),
    }];
    let mut open = vec![(storage, 0)];
    while let Some((from, to)) = open.pop() {
        for child in file.children(from) {
            let bytes = file.is_stream(*child).then(|| file.stream(*child));
            let at = nodes.len();
            if bytes.is_none() {
                open.push((*child, at));
            }
            let name = file.name(*child).to_owned();
            nodes.push(Node { name, class: file.class(*child), bytes, children: Vec::new() });
            if let Some(parent) = nodes.get_mut(to) {
                parent.children.push(at);
            }
        }
    }
    write(&nodes)
}

fn narrow(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(FREE)
}

#[derive(Default)]
struct Sectors {
    bytes: Vec<u8>,
    fat: Vec<u32>,
}

impl Sectors {
    /// Adds a run of bytes, and tells its first sector.
    fn add(&mut self, bytes: &[u8]) -> u32 {
        if bytes.is_empty() {
            return END;
        }
        let first = self.fat.len();
        let count = bytes.len().div_ceil(SECTOR);
        self.fat.extend((1..count).map(|next| narrow(first + next)));
        self.fat.push(END);
        self.bytes.extend_from_slice(bytes);
        self.bytes.resize((first + count) * SECTOR, 0);
        narrow(first)
    }
}

/// The file the nodes make.
pub(super) fn write(nodes: &[Node]) -> Vec<u8> {
    let (mut sectors, mut mini, mut mini_fat) = (Sectors::default(), Vec::new(), Vec::new());
    let mut starts = vec![(END, 0); nodes.len()];
    for (node, start) in nodes.iter().zip(&mut starts).skip(1) {
        let Some(bytes) = &node.bytes else {
            *start = (0, 0);
            continue;
        };
        *start = (END, bytes.len());
        if bytes.len() >= MINI_BELOW {
            start.0 = sectors.add(bytes);
        } else if !bytes.is_empty() {
            let first = mini.len() / MINI;
            start.0 = narrow(first);
            let count = bytes.len().div_ceil(MINI);
            mini_fat.extend((1..count).map(|next| narrow(first + next)));
            mini_fat.push(END);
            mini.extend_from_slice(bytes);
            mini.resize((first + count) * MINI, 0);
        }
    }
    if let Some(root) = starts.first_mut() {
        *root = (sectors.add(&mini), mini.len());
    }
    let mini_table: Vec<u8> = mini_fat.iter().flat_map(|number| number.to_le_bytes()).collect();
    let mini_sectors = mini_table.len().div_ceil(SECTOR);
    let mut padded = mini_table;
    padded.resize(mini_sectors * SECTOR, 0xFF);
    let mini_start = sectors.add(&padded);
    let directory = sectors.add(&directory(nodes, &starts));
    finish(sectors, directory, (mini_start, mini_sectors))
}

/// The allocation table, its list, and the header before all.
fn finish(sectors: Sectors, directory: u32, (mini_start, mini_sectors): (u32, usize)) -> Vec<u8> {
    let Sectors { bytes: content, mut fat } = sectors;
    // The table holds itself and its list, so they grow until they fit.
    let (mut tables, mut lists) = (0, 0);
    loop {
        let need = (fat.len() + tables + lists).div_ceil(SECTOR / 4);
        let need_lists = need.saturating_sub(109).div_ceil(SECTOR / 4 - 1);
        if (need, need_lists) == (tables, lists) {
            break;
        }
        (tables, lists) = (need, need_lists);
    }
    let first_table = fat.len();
    fat.extend(std::iter::repeat_n(TABLE, tables));
    let first_list = fat.len();
    fat.extend(std::iter::repeat_n(TABLES_OF_TABLE, lists));
    fat.resize(tables * (SECTOR / 4), FREE);
    let mut listed: Vec<u32> = (first_table..first_table + tables).map(narrow).collect();
    listed.resize(listed.len().max(109), FREE);
    let mut out = super::compound::MAGIC.to_vec();
    out.resize(24, 0);
    for short in [0x3E_u16, 3, 0xFFFE, 9, 6, 0, 0, 0] {
        out.extend_from_slice(&short.to_le_bytes());
    }
    let list_start = if lists == 0 { END } else { narrow(first_list) };
    let mini_start = if mini_sectors == 0 { END } else { mini_start };
    let words = [
        0,
        narrow(tables),
        directory,
        0,
        narrow(MINI_BELOW),
        mini_start,
        narrow(mini_sectors),
        list_start,
        narrow(lists),
    ];
    for word in words.iter().chain(listed.iter().take(109)) {
        out.extend_from_slice(&word.to_le_bytes());
    }
    out.extend_from_slice(&content);
    out.extend(fat.iter().flat_map(|number| number.to_le_bytes()));
    let rest = listed.get(109..).unwrap_or_default();
    for (at, list) in rest.chunks(SECTOR / 4 - 1).enumerate() {
        let mut list = list.to_vec();
        list.resize(SECTOR / 4 - 1, FREE);
        list.push(if at + 1 < lists { narrow(first_list + at + 1) } else { END });
        out.extend(list.iter().flat_map(|number| number.to_le_bytes()));
    }
    out
}

fn directory(nodes: &[Node], starts: &[(u32, usize)]) -> Vec<u8> {
    let mut links = vec![[FREE; 3]; nodes.len()];
    for (at, node) in nodes.iter().enumerate() {
        let mut order = node.children.clone();
        // Shorter names come first, then by upper-case letters ([MS-CFB] 2.6.4).
        order.sort_by_key(|child| {
            let name = nodes.get(*child).map_or("", |node| node.name.as_str()).to_uppercase();
            (name.encode_utf16().count(), name)
        });
        let top = balance(&order, &mut links);
        if let Some([.., child]) = links.get_mut(at) {
            *child = top;
        }
    }
    let mut out = Vec::with_capacity(nodes.len() * 128);
    for (at, ((node, link), (start, size))) in nodes.iter().zip(&links).zip(starts).enumerate() {
        let mut name: Vec<u16> = node.name.encode_utf16().take(31).collect();
        name.push(0);
        let len = u16::try_from(name.len() * 2).unwrap_or(64);
        let begin = out.len();
        out.extend(name.iter().flat_map(|unit| unit.to_le_bytes()));
        out.resize(begin + 64, 0);
        out.extend_from_slice(&len.to_le_bytes());
        let kind = if at == 0 {
            5
        } else if node.bytes.is_some() {
            2
        } else {
            1
        };
        // All nodes are black: nobody checks the colours of a tree that is only read.
        out.extend_from_slice(&[kind, 1]);
        out.extend(link.iter().flat_map(|number| number.to_le_bytes()));
        out.extend_from_slice(&node.class);
        out.resize(begin + 116, 0);
        out.extend_from_slice(&start.to_le_bytes());
        out.extend_from_slice(&(*size as u64).to_le_bytes());
    }
    let whole = out.len().div_ceil(SECTOR) * SECTOR;
    while out.len() < whole {
        out.extend_from_slice(&[0; 68]);
        out.extend_from_slice(&[0xFF; 12]);
        out.extend_from_slice(&[0; 48]);
    }
    out
}

/// Hangs sorted siblings into a tree, and tells its top.
fn balance(order: &[usize], links: &mut [[u32; 3]]) -> u32 {
    let mut open = vec![(order, None::<(usize, usize)>)];
    let mut top = FREE;
    while let Some((part, from)) = open.pop() {
        let middle = part.len() / 2;
        let Some(at) = part.get(middle).copied() else { continue };
        match from {
            None => top = narrow(at),
            Some((parent, side)) => {
                if let Some(slot) = links.get_mut(parent).and_then(|link| link.get_mut(side)) {
                    *slot = narrow(at);
                }
            }
        }
        open.push((part.get(..middle).unwrap_or_default(), Some((at, 0))));
        open.push((part.get(middle + 1..).unwrap_or_default(), Some((at, 1))));
    }
    top
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::compound::ROOT;
    use super::*;

    /// A file of streams, with `/` between storages and names.
    pub(in super::super) fn file(streams: &[(&str, &[u8])]) -> Vec<u8> {
        let node =
            |name: &str, bytes| Node { name: name.to_owned(), class: [0; 16], bytes, children: Vec::new() };
        let mut nodes = vec![node("Root Entry", None)];
        for (path, bytes) in streams {
            let mut at = 0;
            let names: Vec<&str> = path.split('/').collect();
            for (depth, name) in names.iter().enumerate() {
                let known = nodes[at].children.iter().copied().find(|child| nodes[*child].name == *name);
                at = known.unwrap_or_else(|| {
                    let leaf = depth + 1 == names.len();
                    nodes.push(node(name, leaf.then(|| bytes.to_vec())));
                    let new = nodes.len() - 1;
                    nodes[at].children.push(new);
                    new
                });
            }
        }
        write(&nodes)
    }

    #[test]
    fn what_is_written_is_read() {
        let big = vec![7_u8; 5 << 20];
        let many: Vec<String> = (0..300).map(|n| format!("many/stream {n}")).collect();
        let mut streams: Vec<(&str, &[u8])> = vec![("big", &big), ("empty", b""), ("a/b/c", b"deep")];
        streams.extend(many.iter().map(|name| (name.as_str(), name.as_bytes())));
        let bytes = file(&streams);
        let read = Compound::open(&bytes).unwrap();
        assert!(!read.is_damaged());
        assert_eq!(read.child_stream(ROOT, "BIG").unwrap(), big);
        assert_eq!(read.child_stream(ROOT, "empty").unwrap(), b"");
        let folder = read.child(ROOT, "many").unwrap();
        assert_eq!(read.children(folder).len(), 300);
        assert_eq!(read.child_stream(folder, "stream 299").unwrap(), b"many/stream 299");
        let inner = storage(&read, read.child(ROOT, "a").unwrap());
        let inner = Compound::open(&inner).unwrap();
        let b = inner.child(ROOT, "b").unwrap();
        assert_eq!(inner.child_stream(b, "c").unwrap(), b"deep");
        assert!(!read.is_damaged() && !inner.is_damaged());
    }

    #[test]
    fn loops_and_cuts_are_damage_and_end() {
        let bytes = file(&[("one", &[1; 9000]), ("two", &[2; 700]), ("s/three", &[3; 70])]);
        let whole = Compound::open(&bytes).unwrap();
        for len in 0..bytes.len() {
            if let Some(read) = Compound::open(&bytes[..len]) {
                let same = (0..5).all(|at| read.stream(at) == whole.stream(at));
                // Behind its last number the allocation table is only padding.
                assert!(read.is_damaged() || same, "{len}");
            }
        }
        // Every number in the file points to the beginning.
        for at in (0x1C..bytes.len()).step_by(4) {
            let mut changed = bytes.clone();
            changed.splice(at..at + 4, [0; 4]);
            if let Some(read) = Compound::open(&changed) {
                let total: usize = (0..8).map(|at| read.stream(at).len()).sum();
                assert!(total <= bytes.len() * 2, "{at}");
            }
        }
    }
}
