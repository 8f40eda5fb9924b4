//! Objects that say how their text is encoded, as the bodies of requests and answers do in recordings of web
//! traffic (HTTP Archive 1.2, §2.5, §2.8: `{"mimeType": …, "encoding": "base64", "text": …}`), and files in the
//! interfaces of code hosts and clouds: what stands there in base64 is a file, what a form sent is percent-encoded.
//!
//! Mails of the Gmail API say nothing of their encoding, which is the base64 of RFC 4648 §5: their bodies are known
//! by the size beside them, which is that of the decoded bytes, whole mails (`raw`) by the estimate of theirs.

use super::encoding::base64;
use super::keys::Keys;
use super::mapping::{FileNode, Packing};
use super::tree::{NodeKind, Step, Tree};
use crate::records::OffsetMap;

/// What a key says of the object it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Nothing,
    Encoding,
    IsBase64,
    MediaType,
    Name,
    Content,
    /// A content that may say its size beside it.
    Data,
    /// The size of the data, decoded.
    Size,
    /// A whole mail, where its size is estimated beside it.
    Raw,
    SizeEstimate,
    /// What is base64 wherever it stands: attachments of Microsoft Graph.
    Bytes,
}

impl Part {
    /// By the key's name; case, `_` and `-` aside.
    fn of(name: &str) -> Part {
        if name.len() > 32 {
            return Part::Nothing;
        }
        let plain: String =
            name.chars().filter(|c| !matches!(c, '_' | '-')).map(|c| c.to_ascii_lowercase()).collect();
        match plain.as_str() {
            "encoding" | "contentencoding" | "transferencoding" | "contenttransferencoding" => Part::Encoding,
            "isbase64encoded" => Part::IsBase64,
            "mimetype" | "contenttype" | "mediatype" => Part::MediaType,
            "filename" | "name" => Part::Name,
            "text" | "content" | "body" => Part::Content,
            "data" => Part::Data,
            "size" => Part::Size,
            "raw" => Part::Raw,
            "sizeestimate" => Part::SizeEstimate,
            "contentbytes" => Part::Bytes,
            _ => Part::Nothing,
        }
    }
}

/// What keys met before say, by their numbers.
#[derive(Default)]
pub(super) struct Parts(Vec<Option<Part>>);

impl Parts {
    fn of(&mut self, step: Step, keys: &Keys) -> Part {
        let Step::Key(key) = step else { return Part::Nothing };
        let at = key.0 as usize;
        if let Some(Some(part)) = self.0.get(at) {
            return *part;
        }
        // A key beyond the bound of those remembered has no name.
        let Some(part) = keys.name(key).map(Part::of) else { return Part::Nothing };
        if self.0.len() <= at {
            self.0.resize(at + 1, None);
        }
        if let Some(slot) = self.0.get_mut(at) {
            *slot = Some(part);
        }
        part
    }
}

/// What the objects of an element say of their texts.
#[derive(Default)]
pub(super) struct Bodies {
    /// Texts that are files in base64, by node.
    pub(super) files: Vec<FileNode>,
    /// Texts that should be and are not.
    pub(super) damaged: Vec<u32>,
    /// Texts that a form sent, by node.
    pub(super) forms: Vec<u32>,
}

/// What one object says.
#[derive(Default)]
struct Said {
    base64: bool,
    /// Whether what is base64 is in the alphabet of RFC 4648 §5.
    url: bool,
    media_type: Option<String>,
    name: Option<String>,
    contents: Vec<u32>,
    /// Texts that are base64 whatever else is said.
    bytes: Vec<u32>,
    data: Option<u32>,
    size: Option<usize>,
    raw: Option<u32>,
    estimated: bool,
}

/// Looks at every object of an element that says how its text is encoded or what it is. `text` is the piece's.
pub(super) fn bodies(tree: &Tree, root: u32, keys: &Keys, parts: &mut Parts, text: &str) -> Bodies {
    let mut out = Bodies::default();
    let end = tree.nodes.get(root as usize).map_or(root, |node| node.next);
    let nodes = tree.nodes.get(root as usize..end as usize).unwrap_or(&[]);
    let says = |part| {
        matches!(
            part,
            Part::Encoding | Part::IsBase64 | Part::MediaType | Part::Bytes | Part::Size | Part::SizeEstimate
        )
    };
    let mut objects: Vec<u32> =
        nodes.iter().filter(|node| says(parts.of(node.step, keys))).map(|node| node.parent).collect();
    // Each once, however often it says something.
    objects.sort_unstable();
    objects.dedup();
    for at in objects {
        object(tree, at, keys, parts, text, &mut out);
    }
    out.files.sort_by_key(|file| file.node);
    out.forms.sort_unstable();
    out
}

/// What an object says.
fn said(tree: &Tree, at: u32, keys: &Keys, parts: &mut Parts, text: &str) -> Said {
    let mut said = Said::default();
    for (member, node) in tree.children(at) {
        let value = || text.get(node.start as usize..node.end as usize).filter(|value| value.len() <= 256);
        match (parts.of(node.step, keys), node.kind) {
            (Part::IsBase64, NodeKind::Bool(true)) => said.base64 = true,
            (Part::Content, NodeKind::String { .. }) => said.contents.push(member),
            (Part::Data, NodeKind::String { .. }) => {
                said.contents.push(member);
                said.data = Some(member);
            }
            (Part::Size, NodeKind::Number) => said.size = value().and_then(|value| value.parse().ok()),
            (Part::Raw, NodeKind::String { .. }) => said.raw = Some(member),
            (Part::SizeEstimate, NodeKind::Number) => said.estimated = true,
            (Part::Bytes, NodeKind::String { .. }) => said.bytes.push(member),
            (Part::Encoding, NodeKind::String { .. }) => {
                let value = value().unwrap_or("").trim();
                said.url |= ["base64url", "base64-url"].iter().any(|name| value.eq_ignore_ascii_case(name));
                said.base64 |= said.url || value.eq_ignore_ascii_case("base64");
            }
            (Part::MediaType, NodeKind::String { .. }) => {
                // The only escape in a media type is that of its solidus.
                let said_type = value().map(|value| value.replace('\\', ""));
                said.media_type = said_type.filter(|value| value.contains('/')).or(said.media_type);
            }
            (Part::Name, NodeKind::String { escaped: false }) => {
                let name = value().filter(|name| !name.is_empty());
                said.name = said.name.or_else(|| name.map(str::to_owned));
            }
            _ => {}
        }
    }
    said
}

fn object(tree: &Tree, at: u32, keys: &Keys, parts: &mut Parts, text: &str, out: &mut Bodies) {
    let mut said = said(tree, at, keys, parts, text);
    let form = || {
        let media_type = said.media_type.as_deref().unwrap_or("").trim_start().to_ascii_lowercase();
        media_type.starts_with("application/x-www-form-urlencoded")
    };
    if !said.base64 && form() {
        out.forms.append(&mut said.contents);
    }
    if !said.base64 {
        mail(tree, at, (keys, parts), &said, text, out);
    }
    encoded(tree, said, keys, text, out);
}

/// Bytes of data without a media type around them whose size may be taken for what it is: shorter texts have so
/// many letters by chance.
const SURE: usize = 24;

/// Bodies, attachments and whole mails of the Gmail API. The part around a body says its type and name.
fn mail(tree: &Tree, at: u32, (keys, parts): (&Keys, &mut Parts), said: &Said, text: &str, out: &mut Bodies) {
    let of = |node: u32| {
        let known = tree.nodes.get(node as usize)?;
        decoded(text.get(known.start as usize..known.end as usize)?, true)
    };
    let mut push = |node, name: Option<String>, media_type| {
        let name = name.unwrap_or_else(|| pointer(tree, node, keys));
        out.files.push(FileNode { node, packing: Packing::Base64Url, name, media_type });
    };
    if let Some(node) = said.raw.filter(|node| said.estimated && of(*node).is_some_and(|len| len > 0)) {
        push(node, None, Some("message/rfc822".to_owned()));
    }
    let (Some(node), Some(size)) = (said.data, said.size.filter(|size| *size > 0)) else { return };
    let around = tree.nodes.get(at as usize).map(|node| node.parent).filter(|parent| *parent != at);
    let around = around.map(|parent| self::said(tree, parent, keys, parts, text)).unwrap_or_default();
    if (around.media_type.is_some() || size >= SURE) && of(node) == Some(size) {
        push(node, around.name, around.media_type);
    }
}

/// The texts of an object that are said to be base64: files, as far as they are.
fn encoded(tree: &Tree, said: Said, keys: &Keys, text: &str, out: &mut Bodies) {
    let contents = if said.base64 { said.contents } else { Vec::new() };
    for node in said.bytes.into_iter().chain(contents) {
        let Some(known) = tree.nodes.get(node as usize) else { continue };
        let raw = text.get(known.start as usize..known.end as usize).unwrap_or("");
        if raw.is_empty() {
            continue;
        }
        // Some say base64 and mean its other alphabet.
        let url = said.url || raw.contains(['-', '_']);
        if decoded(raw, url).is_none() {
            out.damaged.push(node);
            continue;
        }
        let packing = if url { Packing::Base64Url } else { Packing::Base64 };
        let name = said.name.clone().unwrap_or_else(|| pointer(tree, node, keys));
        out.files.push(FileNode { node, packing, name, media_type: said.media_type.clone() });
    }
}

/// How many bytes a string of JSON is in base64, if it is: every escape in it is one of a line end or a solidus.
fn decoded(raw: &str, url: bool) -> Option<usize> {
    let mut bare = String::with_capacity(raw.len());
    let mut signs = raw.chars();
    while let Some(sign) = signs.next() {
        match sign {
            '\\' => match signs.next() {
                Some('/') => bare.push('/'),
                Some('n' | 'r' | 't') => {}
                _ => return None,
            },
            sign => bare.push(sign),
        }
    }
    let (mut out, mut map) = (Vec::new(), OffsetMap::new());
    let oddities = match url {
        true => base64::decode_url(bare.as_bytes(), &mut out, &mut map),
        false => base64::decode(bare.as_bytes(), &mut out, &mut map),
    };
    (oddities.foreign == 0).then_some(out.len())
}

/// Where a text stands in its record, which is the name of a file that has none.
fn pointer(tree: &Tree, node: u32, keys: &Keys) -> String {
    let mut steps = Vec::new();
    let mut at = node;
    while let Some(known) = tree.nodes.get(at as usize).filter(|known| known.step != Step::Root) {
        match known.step {
            Step::Key(key) => steps.push(keys.name(key).unwrap_or("").to_owned()),
            Step::Index(index) => steps.push(index.to_string()),
            Step::Root | Step::Text => {}
        }
        if known.parent == at {
            break;
        }
        at = known.parent;
    }
    steps.reverse();
    steps.join("/")
}
