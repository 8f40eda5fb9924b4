//! What was not read, and what the report did, as notifications (SARIF 2.1.0 §3.58).

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use serde_json::json;
use serde_sarif::sarif::{Notification, PropertyBag, ReportingDescriptor, ReportingDescriptorReference};

use super::artifacts::member_name;
use super::{descriptors, results};
use crate::findings::GapLine;
use crate::reports::rollup::Level;
use crate::reports::uris;
use crate::reports::words;

/// The level a gap has: what is accepted or has nothing to read is told, not warned of.
fn level(class: &str, accepted: bool) -> &'static str {
    match class {
        _ if accepted => "note",
        "by-nature" => "note",
        _ => "warning",
    }
}

/// The notice a gap belongs to.
pub(super) fn gap_key(line: &GapLine<'_>, level: Level) -> String {
    let accepted = if line.accepted.is_some() { "1" } else { "0" };
    let place = level.place(&line.path);
    let mut parts = vec![line.class.as_ref(), line.code.as_ref(), accepted, &place];
    let offset = line.offset.map(|offset| offset.to_string()).unwrap_or_default();
    if level == Level::Record {
        parts.push(&line.item);
        parts.push(&offset);
        parts.extend(line.inner.iter().map(Cow::as_ref));
    }
    parts.join("\u{0}")
}

struct Notice {
    descriptor: String,
    level: &'static str,
    message: String,
    place: Option<String>,
    inner: Vec<String>,
    lift: Option<String>,
    accepted: Option<String>,
    count: u64,
}

/// All notices of a run.
pub(super) struct Notices {
    level: Level,
    at: HashMap<String, usize>,
    list: Vec<Notice>,
    about: BTreeMap<String, (String, &'static str)>,
}

impl Notices {
    /// None yet.
    pub(super) fn new(level: Level) -> Self {
        Self { level, at: HashMap::new(), list: Vec::new(), about: BTreeMap::new() }
    }

    /// Puts in a gap.
    pub(super) fn gap(&mut self, line: &GapLine<'_>) {
        let next = self.list.len();
        let at = *self.at.entry(gap_key(line, self.level)).or_insert(next);
        if at == next {
            let descriptor = format!("gap/{}", line.code);
            let about = format!("Not read ({}): {}", line.class, line.message);
            self.about.entry(descriptor.clone()).or_insert((about, level(&line.class, false)));
            let inner = if self.level == Level::Record { line.inner.as_slice() } else { &[] };
            self.list.push(Notice {
                descriptor,
                level: level(&line.class, line.accepted.is_some()),
                message: line.message.clone().into_owned(),
                place: Some(self.level.place(&line.path)),
                inner: inner.iter().map(|name| name.clone().into_owned()).collect(),
                lift: line.lift.as_deref().map(str::to_owned),
                accepted: line.accepted.as_deref().map(str::to_owned),
                count: 0,
            });
        }
        if let Some(notice) = self.list.get_mut(at) {
            notice.count += 1;
        }
    }

    /// Says something about the run or the report itself.
    pub(super) fn say(&mut self, id: &str, level: &'static str, about: &str, message: String) {
        self.about.insert(id.to_owned(), (about.to_owned(), level));
        self.list.push(Notice {
            descriptor: id.to_owned(),
            level,
            message,
            place: None,
            inner: Vec::new(),
            lift: None,
            accepted: None,
            count: 1,
        });
    }

    /// The descriptors in the order of their ids, and the notifications.
    pub(super) fn finish(self) -> (Vec<ReportingDescriptor>, Vec<Notification>) {
        let ids: Vec<&String> = self.about.keys().collect();
        let folder = matches!(self.level, Level::Folder(_));
        let notifications = self
            .list
            .iter()
            .map(|notice| notification(notice, ids.binary_search(&&notice.descriptor).ok(), folder))
            .collect();
        let descriptors = self
            .about
            .iter()
            .map(|(id, (about, level))| descriptors::notification(id, about, level))
            .collect();
        (descriptors, notifications)
    }
}

fn notification(notice: &Notice, index: Option<usize>, folder: bool) -> Notification {
    let mut text = notice.message.clone();
    if notice.count > 1 {
        text.push_str(&format!(" ({} times)", words::number(notice.count)));
    }
    if let Some(lift) = &notice.lift {
        text.push_str(&format!(" Lifted by {lift}."));
    }
    if let Some(accepted) = &notice.accepted {
        text.push_str(&format!(" Accepted: {accepted}."));
    }
    let mut out = Notification::builder().message(results::message(&text)).build();
    out.level = Some(notice.level.into());
    out.descriptor = Some(ReportingDescriptorReference {
        id: Some(notice.descriptor.clone()),
        index: index.and_then(|index| i64::try_from(index).ok()),
        ..ReportingDescriptorReference::default()
    });
    if let Some(place) = &notice.place {
        let uri = if folder { uris::folder(place) } else { uris::file(place) };
        let member = (!notice.inner.is_empty()).then(|| member_name(place, &notice.inner));
        out.locations = Some(vec![results::whole(uri, member)]);
    }
    if notice.count > 1 {
        let mut bag = PropertyBag::default();
        bag.additional_properties.insert(String::from("count"), json!(notice.count));
        out.properties = Some(bag);
    }
    out
}
