//! Values of a tree as fields of a block: what JSON and tables have in common.

use std::borrow::Cow;
use std::sync::Arc;

use super::bodies::{Bodies, Parts, bodies};
use super::emit::{Emitter, Spot};
use super::encoding::{self, json_string, percent};
use super::html::{self, Embedded};
use super::keys::{KeyTable, Keys};
use super::mapping::{Element, FileNode, Met, NodePlan, Packing, Plan, ShapeId, Surroundings, role_by_name};
use super::packed::{self, Coding, Packed, WrittenText};
use super::peeled::{Layered, Unpacked, narrow};
use super::tree::{KeyId, Node, NodeKind, Step, Tree};
use super::{Member, Purpose, Reading};
use crate::records::{
    Block, DayMonth, Encoding, Extent, Gap, GapClass, NameRef, OffsetMap, Ordinal, PathId, PathStore, Role,
};

/// The path a tree's root has in its record.
pub(super) enum Root<'p> {
    /// The root is the record.
    Record,
    /// The root is a member of what stands around it, by reference tokens.
    Under(&'p [String]),
}

/// Which element a tree is.
pub(super) struct Top<'p> {
    pub(super) node: u32,
    pub(super) ordinal: Ordinal,
    pub(super) extent: Option<Extent>,
    /// The key it stands under, which mappings may know it by.
    pub(super) under: Option<KeyId>,
    pub(super) root: Root<'p>,
    /// The root of the document it stands in, for XML.
    pub(super) within: Option<KeyId>,
}

/// One text of a tree that becomes a field: a value, a key, a file's name.
#[derive(Clone, Copy)]
struct Leaf {
    /// The node whose path it has.
    at: u32,
    /// Where it stands in the piece's text.
    span: (usize, usize),
    /// How it is written there.
    kind: NodeKind,
    /// The record it belongs to, among those of its element.
    inner: u32,
    role: Role,
    /// What its path ends with beside the node's.
    suffix: &'static str,
}

impl Leaf {
    /// A node's own value.
    fn of(at: u32, node: &Node, inner: u32, role: Role) -> Leaf {
        let span = (node.start as usize, node.end as usize);
        Leaf { at, span, kind: node.kind, inner, role, suffix: "" }
    }
}

/// What paths are built from.
struct Ground<'a> {
    tree: &'a Tree,
    top: &'a Top<'a>,
    keys: &'a Keys,
    text: &'a str,
}

/// Writes the trees of one piece as records and fields.
pub(super) struct Values<'r, 'o> {
    pub(super) emitter: Emitter<'o>,
    pub(super) keys: Keys,
    reading: &'r Reading<'r>,
    unpacked: &'r Unpacked<'r>,
    system: Arc<str>,
    /// Table cells: separator and quote.
    table: Option<(u8, u8)>,
    /// Whether keys are written by whoever wrote the data, and not names of a schema.
    keys_scanned: bool,
    /// In which order day and month stand in each column of a table.
    pub(super) orders: Vec<Option<DayMonth>>,
    /// Values of the next element that are bytes and no text, by node.
    pub(super) blobs: Vec<FileNode>,
    /// Texts of the next element that are percent-encoded, as forms send them.
    forms: Vec<u32>,
    /// What keys say of the objects they stand in.
    parts: Parts,
    /// Files met in members around records, which are numbered through.
    around: u32,
    plan: Plan,
    /// Sets of keys met so far, and what they are taken for.
    met: Met,
    /// Files in the texts of values, and files in pieces.
    packed: Packed,
    paths: Paths,
    decoded: String,
    map: OffsetMap,
    layers: Vec<Layered>,
    /// Escapes that stand for no character were met.
    pub(super) damaged: bool,
    /// What lay in markup as `data:` addresses and was not read.
    pub(super) embedded: Embedded,
}

/// Paths and names that the block at hand has already.
#[derive(Default)]
struct Paths {
    names: Vec<(u32, NameRef)>,
    containers: Vec<(u32, PathId)>,
    chain: Vec<u32>,
}

impl<'r, 'o> Values<'r, 'o> {
    pub(super) fn new(
        system: &'static str,
        table: Option<(u8, u8)>,
        reading: &'r Reading<'r>,
        unpacked: &'r Unpacked<'r>,
        emitter: Emitter<'o>,
    ) -> Self {
        Self {
            emitter,
            keys: Keys::new(reading.mappings.keys()),
            reading,
            unpacked,
            system: Arc::from(system),
            table,
            keys_scanned: table.is_none(),
            orders: Vec::new(),
            blobs: Vec::new(),
            forms: Vec::new(),
            parts: Parts::default(),
            around: 0,
            plan: Plan::default(),
            met: Met::default(),
            packed: Packed::default(),
            paths: Paths::default(),
            decoded: String::new(),
            map: OffsetMap::new(),
            layers: Vec::new(),
            damaged: false,
            embedded: Embedded::default(),
        }
    }

    /// Keys are names of a schema (elements of XML, columns of a table) and are not scanned.
    pub(super) fn with_schema_keys(mut self) -> Self {
        self.keys_scanned = false;
        self
    }

    /// Where a byte of the piece's text stands in the item.
    pub(super) fn raw(&self, at: usize) -> u64 {
        self.unpacked.raw(at)
    }

    /// The charset layer of a range of the text, as [`Unpacked::outer`] gives it.
    pub(super) fn outer(&self, range: std::ops::Range<usize>) -> Option<(Layered, u64)> {
        self.unpacked.outer(range)
    }

    /// What a mapping takes an object for.
    pub(super) fn recognise(&mut self, tree: &Tree, node: u32, around: Surroundings) -> Option<ShapeId> {
        self.reading.mappings.recognise(&mut self.met, tree, node, &self.unpacked.text, around)
    }

    /// Writes an element: its records, then a field for each value and each key that is no plain word.
    pub(super) fn element(&mut self, tree: &Tree, top: &Top<'_>) {
        let shape = match top.root {
            Root::Record => self.recognise(tree, top.node, (top.under, top.within)),
            Root::Under(_) => None,
        };
        let survey = self.reading.purpose == Purpose::Survey;
        if survey && shape.is_none() {
            return;
        }
        let unpacked = self.unpacked;
        let element = Element {
            tree,
            root: top.node,
            text: &unpacked.text,
            quote: self.table.map_or(b'"', |(_, quote)| quote),
            keys: &self.keys,
            ordinal: top.ordinal,
            extent: top.extent,
            system: &self.system,
            raw: &|at| unpacked.raw(at),
            survey,
            apart: top.within.is_some(),
            orders: &self.orders,
        };
        self.plan.make(self.reading.mappings, shape, &element, self.emitter.out().block());
        self.emitter.begin(self.plan.records.drain(..));
        self.look_for_bodies(tree, top);
        self.fields(tree, top, survey);
        self.emitter.end();
        if survey {
            for described in self.plan.described.drain(..) {
                self.emitter.out().described(described);
            }
        } else {
            self.files(tree, top, 0);
        }
    }

    /// What objects of JSON say of their own texts.
    fn look_for_bodies(&mut self, tree: &Tree, top: &Top<'_>) {
        self.forms.clear();
        if !self.keys_scanned || self.reading.purpose == Purpose::Survey {
            return;
        }
        let Bodies { files, damaged, forms } =
            bodies(tree, top.node, &self.keys, &mut self.parts, &self.unpacked.text);
        // One more than may be numbered tells that there are more; the rest is read as text.
        self.blobs.extend(files.into_iter().take(packed::FILES as usize));
        self.forms = forms;
        for node in damaged.iter().filter_map(|node| tree.nodes.get(*node as usize)) {
            let what = "a text that is said to be base64 holds characters that are none of base64; it was read as it stands";
            let (start, end) = (self.raw(node.start as usize), self.raw(node.end as usize));
            let gap = Gap::new(GapClass::Fault, "base64-damaged", what).at(start, Some(end - start));
            self.emitter.out().gap(gap);
        }
    }

    /// The keys the mappings name.
    pub(super) fn mapped_keys(&self) -> Arc<KeyTable> {
        self.reading.mappings.keys()
    }

    /// Hands on the files that lie in values of the element; so many were numbered before.
    fn files(&mut self, tree: &Tree, top: &Top<'_>, before: u32) -> u32 {
        let text = |node: u32, packing: Packing, unpacked: &Unpacked<'_>, table: (u8, u8)| {
            let node = tree.nodes.get(node as usize)?;
            let range = node.start as usize..node.end as usize;
            let raw = match packing {
                Packing::Bytes | Packing::Blob => unpacked.bytes(range.clone()),
                Packing::Base64 | Packing::Base64Url => None,
            };
            let raw = match raw {
                Some(raw) => raw,
                None => unpacked.text.get(range.clone())?.as_bytes(),
            };
            let (encoding, _) = node.kind.encoding(table);
            let mut bytes = Vec::with_capacity(raw.len());
            encoding::decode(encoding, raw, &mut bytes, &mut OffsetMap::new());
            let range = unpacked.bytes(range).map(|raw| {
                let start = unpacked.raw(node.start as usize);
                start..start + raw.len() as u64
            });
            Some((bytes, WrittenText { range, encoding, len: 0, coding: Coding::Plain }))
        };
        let table = self.table.unwrap_or((b',', b'"'));
        let mut files = std::mem::take(&mut self.plan.files);
        for blob in std::mem::take(&mut self.blobs) {
            let known = files.iter().any(|file| file.node == blob.node);
            files.extend(Some(blob).filter(|blob| !known && !blob.name.is_empty()));
        }
        let count = u32::try_from(files.len()).unwrap_or(u32::MAX);
        for (number, file) in (before.saturating_add(1)..u32::MAX).zip(files) {
            let found = text(file.node, file.packing, self.unpacked, table);
            let Some((bytes, written)) = found.filter(|(bytes, _)| !bytes.is_empty()) else { continue };
            let at = (top.ordinal.top, number);
            let kind = tree.nodes.get(file.node as usize).map_or(NodeKind::Null, |node| node.kind);
            let file = FileNode { packing: packed::resolved(file.packing, kind, &bytes), ..file };
            let told = self.packed.file(&file, (&bytes, written), at, self.reading.limits);
            self.hand_on(told);
        }
        for described in self.plan.described.drain(..).filter(|told| !told.name.is_empty()) {
            self.packed.describe(described);
        }
        if let Some(chunk) = self.plan.chunk.take()
            && let Some((bytes, written)) = text(chunk.node, Packing::Base64, self.unpacked, table)
        {
            let at = self.unpacked.raw(tree.nodes.get(top.node as usize).map_or(0, |n| n.start as usize));
            self.packed.chunk(chunk, (&bytes, written), (top.ordinal.top, at));
        }
        before.saturating_add(count)
    }

    fn hand_on(&mut self, told: Result<Member, Gap>) {
        match told {
            Ok(member) => self.emitter.out().member(member),
            Err(gap) => self.emitter.out().gap(gap),
        }
    }

    /// Ends a piece: files whose pieces lay in several records, and what was not read in markup.
    pub(super) fn finish(&mut self, scan: bool) {
        for told in self.packed.put_together(self.reading.limits) {
            self.hand_on(told);
        }
        if let Some(gap) = self.embedded.gap().filter(|_| scan) {
            self.emitter.out().gap(gap);
        }
    }

    /// Writes the values of a tree as fields of the record begun last, which no mapping knows.
    pub(super) fn members(&mut self, tree: &Tree, top: &Top<'_>) {
        self.plan.forget_values();
        let survey = self.reading.purpose == Purpose::Survey;
        self.look_for_bodies(tree, top);
        self.fields(tree, top, survey);
        if !survey {
            self.around = self.files(tree, top, self.around);
        }
    }

    fn fields(&mut self, tree: &Tree, top: &Top<'_>, survey: bool) {
        self.paths.containers.clear();
        let end = tree.nodes.get(top.node as usize).map_or(0, |node| node.next);
        let nodes = tree.nodes.get(top.node as usize..end as usize).unwrap_or(&[]);
        for (at, node) in (top.node..).zip(nodes) {
            let plan = self.plan.node(at, top.node).copied();
            if survey && !plan.is_some_and(|plan| names_people(plan.role)) {
                continue;
            }
            if self.plan.is_file(at) || self.blobs.binary_search_by_key(&at, |blob| blob.node).is_ok() {
                continue;
            }
            let inner = plan.map_or(0, |plan| plan.record);
            if node.key.0 != node.key.1 && self.keys_scanned && !survey {
                self.key(tree, top, at, node, inner);
            }
            match node.kind {
                kind if kind.is_text() && node.start < node.end => {
                    let role = self.role(node, plan.as_ref());
                    match self.plan.run(at).map(<[u32]>::to_vec) {
                        None => self.value(tree, top, at, node, inner, role),
                        Some(run) if run.first() == Some(&at) => {
                            self.run(tree, top, &run, &Leaf::of(at, node, inner, role));
                        }
                        // It is read with the first of its run.
                        Some(_) => {}
                    }
                }
                _ => {}
            }
        }
    }

    fn role(&self, node: &Node, plan: Option<&NodePlan>) -> Role {
        match (plan, node.step) {
            (Some(plan), _) => plan.role,
            (None, Step::Key(key)) => {
                self.keys.name(key).map_or(Role::Other, |name| role_by_name(name, node.kind))
            }
            (None, _) => Role::Other,
        }
    }

    fn key(&mut self, tree: &Tree, top: &Top<'_>, at: u32, node: &Node, inner: u32) {
        if let Step::Key(id) = node.step
            && self.keys.is_plain(id)
        {
            return;
        }
        let span = (node.key.0 as usize, node.key.1 as usize);
        let raw = self.unpacked.text.get(span.0..span.1).unwrap_or("");
        let kind = NodeKind::String { escaped: raw.contains('\\') };
        self.field(tree, top, &Leaf { at, span, kind, inner, role: Role::Key, suffix: "@key" });
    }

    /// A node's own text as a field of the record begun last, under its path and `suffix`.
    pub(super) fn named(
        &mut self,
        tree: &Tree,
        top: &Top<'_>,
        at: u32,
        node: &Node,
        role: Role,
        suffix: &'static str,
    ) {
        if at == top.node + 1 {
            self.paths.containers.clear();
        }
        self.field(tree, top, &Leaf { suffix, ..Leaf::of(at, node, 0, role) });
    }

    fn value(&mut self, tree: &Tree, top: &Top<'_>, at: u32, node: &Node, inner: u32, role: Role) {
        self.field(tree, top, &Leaf::of(at, node, inner, role));
    }

    /// Writes strings as one field, under the path of the first.
    fn run(&mut self, tree: &Tree, top: &Top<'_>, run: &[u32], first: &Leaf) {
        let nodes = || run.iter().filter_map(|at| tree.nodes.get(*at as usize));
        let begin = first.span.0;
        let end = nodes().map(|node| node.end as usize).max().unwrap_or(begin);
        let (mut text, mut map) = (String::new(), OffsetMap::new());
        for node in nodes() {
            let raw = self.unpacked.text.get(node.start as usize..node.end as usize).unwrap_or("");
            let mut own = OffsetMap::new();
            match node.kind.encoding((b',', b'"')) {
                (encoding, true) => self.damaged |= decode_value(encoding, raw, &mut text, &mut own),
                (_, false) => {
                    text.push_str(raw);
                    own.push_verbatim(0, narrow(raw.len()));
                }
            }
            let shift = narrow(node.start as usize - begin);
            for segment in own.segments() {
                map.push(shift + segment.raw, segment.units, segment.raw_unit, segment.decoded_unit);
            }
        }
        let outer = self.unpacked.outer(begin..end);
        let base = outer.as_ref().map_or(self.unpacked.base + begin as u64, |(_, shift)| *shift);
        let mut layers: Vec<Layered> = outer.into_iter().map(|(layer, _)| layer).collect();
        let raw_len = narrow(end - begin);
        layers.push(Layered { encoding: first.kind.encoding((b',', b'"')).0, base, raw_len, map });
        let ground = Ground { tree, top, keys: &self.keys, text: &self.unpacked.text };
        let paths = &mut self.paths;
        self.emitter.text(first.inner, first.role, &text, &Spot::under(&layers), &mut |block, epoch| {
            paths.of(block, epoch, first.at, &ground)
        });
    }

    /// Writes one field.
    fn field(&mut self, tree: &Tree, top: &Top<'_>, leaf: &Leaf) {
        let Leaf { at, span, kind, inner, role, suffix } = *leaf;
        let raw = self.unpacked.text.get(span.0..span.1).unwrap_or("");
        let (encoding, changes) = kind.encoding(self.table.unwrap_or((b',', b'"')));
        let outer = self.unpacked.outer(span.0..span.1);
        let mut layers = std::mem::take(&mut self.layers);
        layers.clear();
        let base = match &outer {
            Some((_, shift)) => *shift,
            None => self.unpacked.base + span.0 as u64,
        };
        layers.extend(outer.map(|(layer, _)| layer));
        let mut text = Cow::Borrowed(raw);
        let mut map = std::mem::take(&mut self.map);
        map.clear();
        if changes {
            let mut decoded = std::mem::take(&mut self.decoded);
            decoded.clear();
            self.damaged |= decode_value(encoding, raw, &mut decoded, &mut map);
            text = Cow::Owned(decoded);
        } else {
            map.push_verbatim(0, narrow(raw.len()));
        }
        layers.push(Layered { encoding, base, raw_len: narrow(raw.len()), map });
        if suffix.is_empty() && self.forms.binary_search(&at).is_ok() {
            let (mut sent, mut map) = (String::new(), OffsetMap::new());
            percent::decode(&text, &mut sent, &mut map);
            layers.push(Layered { encoding: Encoding::Percent, base: 0, raw_len: narrow(text.len()), map });
            text = Cow::Owned(sent);
        }
        let markup = suffix.is_empty() && self.is_markup(at, top, &text);
        let ground = Ground { tree, top, keys: &self.keys, text: &self.unpacked.text };
        let paths = &mut self.paths;
        let mut path = |block: &mut Block, epoch: u32, suffix: &str| {
            let path = paths.of(block, epoch, at, &ground);
            if suffix.is_empty() { path } else { block.paths.suffix(path, suffix) }
        };
        if markup {
            let (fields, embedded) = html::found_in(&text, 0, role, "!");
            self.embedded = self.embedded.and(embedded);
            let outside = layers.len();
            for found in fields {
                layers.truncate(outside);
                match found.inner.as_slice() {
                    [] => {
                        let len = found.text.len();
                        layers.push(Layered::identity(Encoding::Verbatim, found.raw, len));
                    }
                    own => layers.extend(own.iter().cloned()),
                }
                let mut path = |block: &mut Block, epoch: u32| path(block, epoch, &found.path);
                self.emitter.text(inner, found.role, &found.text, &Spot::under(&layers), &mut path);
            }
            return;
        }
        let spot = Spot::under(&layers);
        self.emitter.text(inner, role, &text, &spot, &mut |block, epoch| path(block, epoch, suffix));
        if let Cow::Owned(text) = text {
            self.decoded = text;
        }
        if let Some(last) = layers.pop() {
            self.map = last.map;
        }
        self.layers = layers;
    }

    /// Whether a value is HTML: because its mapping says so, or because it begins and ends with a tag.
    /// Plain text that mentions a tag stays plain text.
    fn is_markup(&self, at: u32, top: &Top<'_>, text: &str) -> bool {
        if self.plan.node(at, top.node).is_some_and(|plan| plan.html) {
            return true;
        }
        let text = text.trim_ascii();
        text.starts_with('<') && text.ends_with('>') && html::looks_like_html(text)
    }
}

/// Decodes a value whose encoding changes some of its bytes; says whether it was damaged.
fn decode_value(encoding: Encoding, raw: &str, out: &mut String, map: &mut OffsetMap) -> bool {
    if encoding == Encoding::JsonString {
        return json_string::decode_text(raw, out, map) == json_string::Escapes::Damaged;
    }
    let mut bytes = Vec::with_capacity(raw.len());
    encoding::decode(encoding, raw.as_bytes(), &mut bytes, map);
    out.push_str(&String::from_utf8_lossy(&bytes));
    false
}

/// The roles the survey takes.
pub(super) fn names_people(role: Role) -> bool {
    matches!(role, Role::PersonName | Role::EmailAddress | Role::SupportAddress | Role::PhoneNumber)
}

impl Paths {
    /// The path of a node, built from the nearest container whose path the block has.
    fn of(&mut self, block: &mut Block, epoch: u32, at: u32, ground: &Ground<'_>) -> PathId {
        let Ground { tree, top, .. } = *ground;
        let mut chain = std::mem::take(&mut self.chain);
        let mut node = at;
        let mut path = loop {
            if let Some((known, path)) = self.containers.get((node - top.node) as usize)
                && *known == epoch
            {
                break *path;
            }
            if node <= top.node {
                break match &top.root {
                    Root::Record => PathStore::ROOT,
                    Root::Under(tokens) => tokens.iter().fold(PathStore::ROOT, |path, token| {
                        let name = block.paths.name(token);
                        block.paths.child(path, name)
                    }),
                };
            }
            chain.push(node);
            node = tree.nodes.get(node as usize).map_or(top.node, |node| node.parent);
        };
        while let Some(node_at) = chain.pop() {
            let Some(node) = tree.nodes.get(node_at as usize) else { break };
            path = match node.step {
                Step::Index(index) => block.paths.element(path, index),
                Step::Root | Step::Text => path,
                Step::Key(key) => {
                    let name = self.name(block, epoch, key, node, ground);
                    block.paths.child(path, name)
                }
            };
            if matches!(node.kind, NodeKind::Object | NodeKind::Array) {
                let slot = (node_at - top.node) as usize;
                if self.containers.len() <= slot {
                    self.containers.resize(slot + 1, (0, PathStore::ROOT));
                }
                if let Some(entry) = self.containers.get_mut(slot) {
                    *entry = (epoch, path);
                }
            }
        }
        self.chain = chain;
        path
    }

    fn name(
        &mut self,
        block: &mut Block,
        epoch: u32,
        key: KeyId,
        node: &Node,
        ground: &Ground<'_>,
    ) -> NameRef {
        let Ground { keys, text, .. } = *ground;
        if node.nth > 0 {
            let name = keys.name(key).unwrap_or("");
            return block.paths.name(&format!("{name}[{}]", node.nth + 1));
        }
        let attribute = matches!(node.kind, NodeKind::Attribute { .. });
        // Attributes have the second half of the slots: the same key may be an element's name, too.
        let slot = key.0 as usize * 2 + usize::from(attribute);
        if let Some((known, name)) = self.names.get(slot)
            && *known == epoch
        {
            return *name;
        }
        let Some(known) = keys.name(key) else {
            let raw = text.get(node.key.0 as usize..node.key.1 as usize).unwrap_or("");
            let mut name = String::with_capacity(raw.len());
            json_string::decode_text(raw, &mut name, &mut OffsetMap::new());
            return block.paths.name(&name);
        };
        let name = match attribute {
            true => block.paths.name(&format!("@{known}")),
            false => block.paths.name(known),
        };
        if self.names.len() <= slot {
            self.names.resize(slot + 1, (0, name));
        }
        if let Some(entry) = self.names.get_mut(slot) {
            *entry = (epoch, name);
        }
        name
    }
}
