//! A record: what a reader yields.

use std::fmt;
use std::sync::Arc;

use super::facts::Facts;
use super::text::Text;

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordKind {
    /// A request of a person and its history.
    Ticket,
    /// One message in a ticket.
    Comment,
    /// A file that goes with a ticket, comment or article.
    Attachment,
    /// A page of the knowledge base.
    Article,
    /// A user, agent or customer.
    Person,
    /// A company or group of customers.
    Organisation,
    /// A conversation in real time.
    Chat,
    /// A telephone call.
    Call,
    /// An answer to a satisfaction survey.
    Survey,
    /// A setting of the helpdesk.
    Setting,
    /// An entry of the audit log.
    AuditEntry,
    /// A role and its rights, as the organisation describes it.
    Role,
    /// Somebody who left, as the personnel office says.
    Leaver,
    /// A company that processes data on the organisation's behalf.
    Processor,
    /// An application or webhook that data go to.
    Integration,
    /// A backup, or the repository that holds several.
    Backup,
    /// An encryption key of the inventory: what is known about it, never the key.
    Key,
    /// What is asked of passwords.
    PasswordPolicy,
    /// An entry of the register of breaches.
    Breach,
    /// A course somebody completed.
    Training,
    /// An entry of the record of processing activities.
    Processing,
    /// A request of a data subject, as the rights register has it.
    RightsRequest,
    /// An erasure that was carried out or is under way.
    Erasure,
    /// A policy, notice or procedure the organisation has written.
    PolicyDocument,
    /// A device or program of the inventory.
    Asset,
    /// An action or result of an audit or review.
    AuditReport,
    /// A ready-made answer, or the text of an automation.
    Macro,
    /// A field of a form people fill in.
    FormField,
    /// A log as a whole: its first and last entry.
    Log,
    /// What an export is for, and what it may hold.
    ExportManifest,
    /// A reason why data must not be deleted for now.
    Hold,
    /// A hold, waiver or dismissal of the project, with what it came to in the run.
    Exception,
    /// A text without records.
    Text,
    /// A record no mapping knows.
    Other,
    /// The file itself: what `scope: item` rules read.
    File,
    /// One detection: what inventory rules read.
    Detection,
    /// The run as a whole.
    Run,
}

impl RecordKind {
    /// Every kind, each at the position its discriminant says.
    pub const ALL: [RecordKind; 37] = [
        Self::Ticket,
        Self::Comment,
        Self::Attachment,
        Self::Article,
        Self::Person,
        Self::Organisation,
        Self::Chat,
        Self::Call,
        Self::Survey,
        Self::Setting,
        Self::AuditEntry,
        Self::Role,
        Self::Leaver,
        Self::Processor,
        Self::Integration,
        Self::Backup,
        Self::Key,
        Self::PasswordPolicy,
        Self::Breach,
        Self::Training,
        Self::Processing,
        Self::RightsRequest,
        Self::Erasure,
        Self::PolicyDocument,
        Self::Asset,
        Self::AuditReport,
        Self::Macro,
        Self::FormField,
        Self::Log,
        Self::ExportManifest,
        Self::Hold,
        Self::Exception,
        Self::Text,
        Self::Other,
        Self::File,
        Self::Detection,
        Self::Run,
    ];

    /// Stable kebab-case name in outputs, mappings and rules.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ticket => "ticket",
            Self::Comment => "comment",
            Self::Attachment => "attachment",
            Self::Article => "article",
            Self::Person => "person",
            Self::Organisation => "organisation",
            Self::Chat => "chat",
            Self::Call => "call",
            Self::Survey => "survey",
            Self::Setting => "setting",
            Self::AuditEntry => "audit-entry",
            Self::Role => "role",
            Self::Leaver => "leaver",
            Self::Processor => "processor",
            Self::Integration => "integration",
            Self::Backup => "backup",
            Self::Key => "key",
            Self::PasswordPolicy => "password-policy",
            Self::Breach => "breach",
            Self::Training => "training",
            Self::Processing => "processing",
            Self::RightsRequest => "rights-request",
            Self::Erasure => "erasure",
            Self::PolicyDocument => "policy-document",
            Self::Asset => "asset",
            Self::AuditReport => "audit-report",
            Self::Macro => "macro",
            Self::FormField => "form-field",
            Self::Log => "log",
            Self::ExportManifest => "export-manifest",
            Self::Hold => "hold",
            Self::Exception => "exception",
            Self::Text => "text",
            Self::Other => "other",
            Self::File => "file",
            Self::Detection => "detection",
            Self::Run => "run",
        }
    }

    /// Whether it stands in a register the organisation keeps about its own conduct, not in what a
    /// helpdesk holds.
    pub fn is_evidence(self) -> bool {
        matches!(
            self,
            Self::Role
                | Self::Leaver
                | Self::Processor
                | Self::Integration
                | Self::Backup
                | Self::Key
                | Self::PasswordPolicy
                | Self::Breach
                | Self::Training
                | Self::Processing
                | Self::RightsRequest
                | Self::Erasure
                | Self::PolicyDocument
                | Self::Asset
                | Self::AuditReport
                | Self::Macro
                | Self::FormField
                | Self::Log
                | Self::ExportManifest
                | Self::Hold
        )
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<RecordKind> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Which record: unique in a run together with the item's number, even where the source gives no id.
#[derive(Clone, PartialEq, Eq)]
pub struct RecordRef {
    /// The helpdesk, by the name of its mapping (`zendesk`), or the format (`json`, `csv`, `mail`).
    pub system: Arc<str>,
    /// What it is.
    pub kind: RecordKind,
    /// The source's own id, if it has one. Ids may hold personal data.
    pub id: Option<Text>,
    /// Position in the item; counted the same at any thread count.
    pub ordinal: Ordinal,
}

impl RecordRef {
    /// The id for outputs that hold no personal data in ids, `#ordinal` where the source has none.
    pub fn id_or_ordinal(&self) -> Text {
        match &self.id {
            Some(id) => id.clone(),
            None => Text::new(self.ordinal.to_string()),
        }
    }
}

/// Position of a record in its item: which line, element, row or message (from 0), and which of the
/// records made from that one (0 is the record that the whole of it is).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ordinal {
    /// Which top-level element of the item.
    pub top: u64,
    /// Which record of that element.
    pub sub: u32,
}

impl fmt::Display for Ordinal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.sub {
            0 => write!(f, "#{}", self.top),
            sub => write!(f, "#{}.{sub}", self.top),
        }
    }
}

/// Where a record stands in its item, and what goes with it when it is removed.
///
/// `start..end` is the record itself with the terminator it owns (the line end of NDJSON and CSV).
/// `lead..start` is the separator before it (a comma and white space in a JSON array); it is empty
/// for the first of its siblings. [`Extent::removals`] turns a set of records into byte ranges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// First byte of the separator before the record.
    pub lead: u64,
    /// First byte of the record.
    pub start: u64,
    /// One past the last byte of the record.
    pub end: u64,
    /// Which siblings it stands among: records of one array share a number that is theirs alone in
    /// the item.
    pub siblings: u64,
}

impl Extent {
    /// The byte ranges that remove the marked records and leave the rest well formed.
    ///
    /// `extents` are all records that share one `siblings` number, in order, with whether each is
    /// to go. A removed record takes the separator before it; where all before it go too, it takes
    /// the separator after it instead.
    pub fn removals(extents: &[(Extent, bool)]) -> Vec<std::ops::Range<u64>> {
        let mut ranges: Vec<std::ops::Range<u64>> = Vec::new();
        let mut kept_before = false;
        for (at, (extent, removed)) in extents.iter().enumerate() {
            if !removed {
                kept_before = true;
                continue;
            }
            let range = if kept_before {
                extent.lead..extent.end
            } else {
                let next = extents.get(at + 1).map_or(extent.end, |(next, _)| next.start);
                extent.start..next
            };
            match ranges.last_mut() {
                Some(last) if last.end >= range.start => last.end = last.end.max(range.end),
                _ => ranges.push(range),
            }
        }
        ranges
    }
}

/// What one record has to do with another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    /// The ticket a comment, attachment or survey belongs to.
    Ticket,
    /// The comment an attachment belongs to.
    Comment,
    /// The article an attachment belongs to.
    Article,
    /// Who asked: the data subject of a ticket.
    Requester,
    /// Who wrote it.
    Author,
    /// Who works on it.
    Assignee,
    /// Anyone else named by reference: copied in, following, submitting.
    Involved,
    /// The organisation a person or ticket belongs to.
    Organisation,
    /// The same person under another id.
    Same,
    /// The message it answers: `In-Reply-To` and `References` of mail.
    Answers,
    /// What it is about by the words of its subject, where nothing better joins mail.
    Topic,
}

/// A typed reference to another record, by the source's own id.
#[derive(Clone, PartialEq, Eq)]
pub struct Link {
    /// What it has to do with it.
    pub relation: Relation,
    /// What is linked.
    pub kind: RecordKind,
    /// The other record's id.
    pub id: Text,
}

/// A record as its reader yields it.
#[derive(Clone)]
pub struct Record {
    /// Which record.
    pub reference: RecordRef,
    /// Where it stands in its item; none for records that are not one run of bytes.
    pub extent: Option<Extent>,
    /// The record around it in the same block (the ticket of a comment).
    pub parent: Option<u32>,
    /// References to other records.
    pub links: Vec<Link>,
    /// What rules may read about it.
    pub facts: Facts,
    /// Whether fields of this record continue in the next block.
    pub continues: bool,
}

impl Record {
    /// A record with nothing known but what it is.
    pub fn new(system: Arc<str>, kind: RecordKind, ordinal: Ordinal) -> Self {
        Self {
            reference: RecordRef { system, kind, id: None, ordinal },
            extent: None,
            parent: None,
            links: Vec::new(),
            facts: Facts::default(),
            continues: false,
        }
    }

    /// Makes it another record with nothing known but what it is; the memory stays.
    pub fn reset(&mut self, system: Arc<str>, kind: RecordKind, ordinal: Ordinal) {
        self.reference = RecordRef { system, kind, id: None, ordinal };
        self.extent = None;
        self.parent = None;
        self.links.clear();
        self.facts.clear();
        self.continues = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `[a,b,c]` with one byte each.
    fn array(removed: [bool; 3]) -> String {
        let text = "[a,b,c]";
        let extents: Vec<(Extent, bool)> = removed
            .into_iter()
            .enumerate()
            .map(|(at, gone)| {
                let start = 1 + 2 * at as u64;
                let lead = if at == 0 { start } else { start - 1 };
                (Extent { lead, start, end: start + 1, siblings: 0 }, gone)
            })
            .collect();
        let mut left = String::new();
        let mut from = 0;
        for range in Extent::removals(&extents) {
            left.push_str(&text[from..range.start as usize]);
            from = range.end as usize;
        }
        left.push_str(&text[from..]);
        left
    }

    #[test]
    fn every_set_of_removed_elements_leaves_a_list() {
        let wanted = ["[a,b,c]", "[b,c]", "[a,c]", "[c]", "[a,b]", "[b]", "[a]", "[]"];
        for (mask, want) in wanted.iter().enumerate() {
            let removed = [mask & 1 != 0, mask & 2 != 0, mask & 4 != 0];
            assert_eq!(&array(removed), want, "{removed:?}");
        }
    }

    #[test]
    fn kinds_are_found_by_name() {
        for kind in RecordKind::ALL {
            assert_eq!(RecordKind::named(kind.name()), Some(kind));
        }
    }
}
