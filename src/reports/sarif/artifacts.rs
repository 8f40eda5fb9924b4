//! The files results point at, and what lies inside them (SARIF 2.1.0 §3.24).

use std::collections::HashMap;

use serde_sarif::sarif::{Artifact, ArtifactLocation, LogicalLocation, Message};

use crate::reports::uris;

/// `run.artifacts`, each once, containers before their members.
#[derive(Default)]
pub(super) struct Artifacts {
    at: HashMap<String, i64>,
    list: Vec<Artifact>,
}

impl Artifacts {
    /// The index of an outermost file.
    pub(super) fn file(&mut self, path: &str) -> i64 {
        self.add(path.to_owned(), || Artifact {
            location: Some(location(uris::file(path))),
            ..Artifact::default()
        })
    }

    /// The index of a member; its containers are added before it.
    pub(super) fn member(&mut self, path: &str, inner: &[String]) -> i64 {
        let mut parent = self.file(path);
        let mut key = path.to_owned();
        for name in inner {
            key.push('\u{0}');
            key.push_str(name);
            let (above, uri) = (parent, format!("/{}", uris::file(name)));
            parent = self.add(key.clone(), || Artifact {
                parent_index: Some(above),
                location: Some(ArtifactLocation {
                    uri: Some(uri),
                    description: Some(Message { text: Some(shown(name)), ..Message::default() }),
                    ..ArtifactLocation::default()
                }),
                ..Artifact::default()
            });
        }
        parent
    }

    fn add(&mut self, key: String, fresh: impl FnOnce() -> Artifact) -> i64 {
        let next = i64::try_from(self.list.len()).unwrap_or(i64::MAX);
        let at = *self.at.entry(key).or_insert(next);
        if at == next {
            self.list.push(fresh());
        }
        at
    }

    /// All of them.
    pub(super) fn finish(self) -> Vec<Artifact> {
        self.list
    }
}

/// A location relative to the scanned folder.
pub(super) fn location(uri: String) -> ArtifactLocation {
    ArtifactLocation {
        uri: Some(uri),
        uri_base_id: Some(uris::BASE.to_owned()),
        ..ArtifactLocation::default()
    }
}

/// A member as a logical location: `outer.zip!mail.eml!part[2]`.
pub(super) fn member_name(path: &str, inner: &[String]) -> LogicalLocation {
    let mut full = path.to_owned();
    for name in inner {
        full.push('!');
        full.push_str(name);
    }
    LogicalLocation {
        name: inner.last().cloned(),
        fully_qualified_name: Some(full),
        kind: Some(String::from("member")),
        ..LogicalLocation::default()
    }
}

/// A record as a logical location: `zendesk/ticket/4417`.
pub(super) fn record_name(record: &[String; 3]) -> LogicalLocation {
    let [system, kind, id] = record;
    LogicalLocation {
        name: Some(id.clone()),
        fully_qualified_name: Some(format!("{system}/{kind}/{id}")),
        kind: Some(kind.clone()),
        ..LogicalLocation::default()
    }
}

fn shown(name: &str) -> String {
    crate::findings::escape(crate::findings::Target::SarifMessage, name).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_hang_on_their_containers() {
        let mut artifacts = Artifacts::default();
        let inner = ["mail.eml".to_owned(), "part[2]".to_owned()];
        assert_eq!(artifacts.member("a b.zip", &inner), 2);
        assert_eq!(artifacts.member("a b.zip", &inner), 2);
        assert_eq!(artifacts.file("a b.zip"), 0);
        let list = artifacts.finish();
        assert_eq!(list.iter().map(|a| a.parent_index).collect::<Vec<_>>(), [None, Some(0), Some(1)]);
        let uris: Vec<_> = list.iter().map(|a| a.location.clone().unwrap().uri.unwrap()).collect();
        assert_eq!(uris, ["a%20b.zip", "/mail.eml", "/part%5B2%5D"]);
    }
}
