//! Parts that show or sum up what others hold: previews, which show the first page as it was, and signatures,
//! which hold for the bytes as they were. They go with the first change, and what names them goes too.

use std::collections::BTreeSet;
use std::ops::Range;

use quick_xml::events::Event;

use super::xml::{attribute, each_event, tag_place};

/// Whether a part is one (ECMA-376 part 2, 12 and 13; ODF 1.3 part 2, 3.7, 3.16 and 5).
pub(super) fn is_stale(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let last = name.rsplit('/').next().unwrap_or(&name);
    last.starts_with("thumbnail.")
        || ["thumbnails/", "_xmlsignatures/", "objectreplacements/"].iter().any(|at| name.starts_with(at))
        || name.starts_with("meta-inf/") && name.contains("signatures")
}

/// Whether a part names others.
pub(super) fn names_others(part: &str) -> bool {
    part.ends_with(".rels") || ["[Content_Types].xml", "META-INF/manifest.xml"].contains(&part)
}

/// The elements of such a part that name parts which go.
pub(super) fn naming(part: &str, xml: &str, gone: &BTreeSet<String>) -> Vec<Range<u64>> {
    let (mut found, mut depth, mut open) = (Vec::new(), 0u64, None::<(usize, u64)>);
    each_event(xml, |event| match &event {
        Event::Empty(tag) | Event::Start(tag) => {
            let names = match tag.local_name().as_ref() {
                "Relationship" => attribute(tag, "Target").map(|target| resolved(part, &target)),
                "Override" => attribute(tag, "PartName").map(|name| name.trim_start_matches('/').to_owned()),
                "file-entry" => attribute(tag, "full-path"),
                _ => None,
            };
            let place = tag_place(xml, tag);
            let goes = names.is_some_and(|name| gone.contains(&name) || name == "Thumbnails/");
            match &event {
                Event::Empty(_) if goes && open.is_none() => found.push(place.start as u64..place.end as u64),
                Event::Start(_) => {
                    depth += 1;
                    if goes && open.is_none() {
                        open = Some((place.start, depth));
                    }
                }
                _ => {}
            }
        }
        Event::End(tag) => {
            if let Some((start, _)) = open.filter(|(_, at)| *at == depth) {
                found.push(start as u64..tag_place(xml, tag).end as u64);
                open = None;
            }
            depth = depth.saturating_sub(1);
        }
        _ => {}
    });
    found
}

/// The part a relationship leads to: its target counts from the folder of the part that has it (ECMA-376 part 2,
/// 6.5.3).
fn resolved(relationships: &str, target: &str) -> String {
    if let Some(whole) = target.strip_prefix('/') {
        return whole.to_owned();
    }
    let folder = relationships.rfind("_rels/").and_then(|at| relationships.get(..at)).unwrap_or("");
    let mut steps: Vec<&str> = folder.split('/').filter(|step| !step.is_empty()).collect();
    for step in target.split('/') {
        match step {
            "." | "" => {}
            ".." => drop(steps.pop()),
            step => steps.push(step),
        }
    }
    steps.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn previews_and_signatures_are_told_by_their_names() {
        for name in [
            "docProps/thumbnail.jpeg",
            "Thumbnails/thumbnail.png",
            "_xmlsignatures/sig1.xml",
            "_xmlsignatures/_rels/origin.sigs.rels",
            "META-INF/documentsignatures.xml",
            "ObjectReplacements/Object 1",
        ] {
            assert!(is_stale(name), "{name}");
        }
        for name in
            ["word/media/image1.png", "META-INF/manifest.xml", "word/thumbnails.xml", "docProps/app.xml"]
        {
            assert!(!is_stale(name), "{name}");
        }
    }

    #[test]
    fn what_names_them_is_found_and_nothing_else() {
        let gone: BTreeSet<String> =
            ["docProps/thumbnail.jpeg", "_xmlsignatures/origin.sigs"].map(String::from).into();
        let kept = |part: &str, xml: &str| {
            let gone = naming(part, xml, &gone);
            let plan = crate::formats::rewrite::Plan::new(Vec::new(), gone).unwrap();
            String::from_utf8(plan.apply_to(xml.as_bytes())).unwrap()
        };
        let xml = "<R><Relationship Id='1' Target='word/document.xml'/><Relationship Id='2' Target='docProps/thumbnail.jpeg'/><Relationship Id='3' Target='/_xmlsignatures/origin.sigs'></Relationship></R>";
        assert_eq!(kept("_rels/.rels", xml), "<R><Relationship Id='1' Target='word/document.xml'/></R>");
        let xml = "<R><Relationship Target='../docProps/thumbnail.jpeg'/><Relationship Target='docProps/thumbnail.jpeg'/></R>";
        let left = "<R><Relationship Target='docProps/thumbnail.jpeg'/></R>";
        assert_eq!(kept("word/_rels/document.xml.rels", xml), left);
        let xml = "<T><Default Extension='jpeg'/><Override PartName='/_xmlsignatures/origin.sigs' ContentType='x'/></T>";
        assert_eq!(kept("[Content_Types].xml", xml), "<T><Default Extension='jpeg'/></T>");
    }
}
