//! Files of attachments that lie apart from the records that name them: what those say of them, and which
//! of them are not in the archive.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::hashed::{ByHash, Hashes};
use super::survey::RecordHash;
use crate::detectors::HashKey;
use crate::formats::mapping::{Described, Mappings};
use crate::records::{RecordKind, Stamp, Text};
use crate::sources::{Attached, Item};

/// Attachments remembered at most; of those beyond, files have no name but their own, and nobody is told
/// that they are missing.
const BOUND: usize = 250_000;
/// Ids of missing files that are told of one helpdesk.
const TOLD: usize = 100;

/// An attachment as its record names it.
struct Named {
    system: Arc<str>,
    id: Text,
    name: Text,
    media_type: Option<Text>,
    at: Option<Stamp>,
    here: bool,
}

/// What one work of the survey tells of attachments.
#[derive(Default)]
pub(crate) struct AttachmentRows {
    named: Vec<(Option<RecordHash>, Named)>,
    /// Ids files lie under.
    files: Vec<RecordHash>,
    /// Hashes of the names of all files.
    names: Vec<u64>,
}

impl AttachmentRows {
    /// Takes what a record says.
    pub(crate) fn describe(&mut self, key: HashKey, told: Described) {
        let id = Text::new(told.id);
        let hash = (!id.is_empty()).then(|| RecordHash::of(key, &told.system, RecordKind::Attachment, &id));
        let named = Named {
            system: told.system,
            id,
            name: Text::new(told.name),
            media_type: told.media_type.map(Text::new),
            at: told.at,
            here: told.here,
        };
        self.named.push((hash, named));
    }

    /// Takes a file of the walk.
    pub(crate) fn file(&mut self, key: HashKey, mappings: &Mappings, item: &Item) {
        let path = path_of(item);
        for (system, id) in mappings.files_of(path) {
            self.files.push(RecordHash::of(key, system, RecordKind::Attachment, &Text::new(id)));
        }
        let name = path.rsplit('/').next().unwrap_or(path);
        self.names.push(key.hash(name.to_lowercase().as_bytes()));
    }
}

/// Attachments while the survey goes on.
#[derive(Default)]
pub(crate) struct AttachmentsBuilder {
    named: ByHash<RecordHash, Named>,
    /// Those without an id and without bytes.
    nameless: Vec<Named>,
    files: Hashes<RecordHash>,
    names: Hashes<u64>,
}

impl AttachmentsBuilder {
    /// Takes rows, in the order of the walk.
    pub(crate) fn add(&mut self, rows: AttachmentRows) {
        self.files.extend(rows.files);
        self.names.extend(rows.names);
        for (hash, row) in rows.named {
            let full = self.named.len() + self.nameless.len() >= BOUND;
            match hash {
                Some(hash) => match self.named.get_mut(&hash) {
                    Some(known) => known.take(row),
                    None if full => {}
                    None => drop(self.named.insert(hash, row)),
                },
                None if row.here || full => {}
                None => self.nameless.push(row),
            }
        }
    }

    /// What is known when everything was surveyed.
    pub(crate) fn build(self, key: HashKey) -> Attachments {
        let mut absent: BTreeMap<String, Absent> = BTreeMap::new();
        let mut named = ByHash::default();
        let mut sorted: Vec<(RecordHash, Named)> = self.named.into_iter().collect();
        sorted.sort_by(|(_, a), (_, b)| (&a.system, &a.id).cmp(&(&b.system, &b.id)));
        let by_name =
            |row: &Named| self.names.contains(&key.hash(row.name.expose().to_lowercase().as_bytes()));
        for (hash, row) in sorted {
            if self.files.contains(&hash) {
                named.insert(hash, (row.name, row.media_type, row.at));
            } else if !row.here && !by_name(&row) {
                absent.entry(row.system.to_string()).or_default().add(Some(row.id));
            }
        }
        for row in self.nameless.iter().filter(|row| !by_name(row)) {
            absent.entry(row.system.to_string()).or_default().add(None);
        }
        Attachments { key: Some(key), named, absent }
    }
}

impl Named {
    /// Takes what another record says of the same attachment.
    fn take(&mut self, other: Named) {
        self.here |= other.here;
        if self.name.is_empty() {
            self.name = other.name;
        }
        self.media_type = self.media_type.take().or(other.media_type);
        self.at = self.at.or(other.at);
    }
}

/// Files one helpdesk's records name that are not in the archive.
#[derive(Default)]
pub(crate) struct Absent {
    /// How many.
    pub(crate) count: u64,
    /// Ids of the first of them.
    pub(crate) ids: Vec<Text>,
}

impl Absent {
    fn add(&mut self, id: Option<Text>) {
        self.count += 1;
        if self.ids.len() < TOLD {
            self.ids.extend(id);
        }
    }
}

/// What a survey learned of attachments' files.
#[derive(Default)]
pub struct Attachments {
    key: Option<HashKey>,
    /// Name, media type and day of files that lie under an id.
    named: ByHash<RecordHash, (Text, Option<Text>, Option<Stamp>)>,
    absent: BTreeMap<String, Absent>,
}

impl Attachments {
    /// Gives a file the name and media type its record has.
    fn describe(&self, mappings: &Mappings, item: &mut Item) {
        let Some(key) = self.key.filter(|_| !self.named.is_empty()) else { return };
        let known = mappings.files_of(path_of(item)).find_map(|(system, id)| {
            self.named.get(&RecordHash::of(key, system, RecordKind::Attachment, &Text::new(id)))
        });
        let Some((name, media_type, at)) = known else { return };
        item.attached = Attached::At(*at);
        let declared = media_type.as_ref().map(|text| essence(text.expose()));
        item.media_type = declared.or_else(|| item.media_type.take());
        item.told_name = (!name.is_empty()).then(|| name.clone());
    }

    /// Files that records name and the archive lacks, by helpdesk.
    pub(super) fn absent(&self) -> &BTreeMap<String, Absent> {
        &self.absent
    }
}

/// The path of a file in the walk, or in the container it lies in.
fn path_of(item: &Item) -> &str {
    item.origin.inner.last().unwrap_or(&item.origin.path).expose()
}

/// Gives files that are called by an id the names their records have.
#[derive(Clone, Copy)]
pub(crate) struct Namer<'a> {
    pub(super) mappings: &'a Mappings,
    /// None before the survey has ended.
    pub(super) attachments: Option<&'a Attachments>,
}

impl Namer<'_> {
    /// Names a file of the walk or a member.
    pub(super) fn name(&self, item: &mut Item) {
        if let Some(attachments) = self.attachments {
            attachments.describe(self.mappings, item);
        }
    }
}

/// A media type in lower case and without parameters.
fn essence(declared: &str) -> String {
    declared.split(';').next().unwrap_or("").trim().to_ascii_lowercase()
}
