//! What a scan of a document does not read, since it says nothing to people: how things look, formulas, names of
//! styles. A value that was removed elsewhere may stand there all the same.

use quick_xml::events::Event;

use super::back::Unread;
use super::is_xml;
use super::package::Package;
use super::traced::Traced;
use super::xml::{attributes, each_event, take_text};
use crate::formats::{Piece, Reading};

/// Elements that hold formulas (ECMA-376 part 1, 18.2.5, 18.3.1.40, 18.3.1.10 and 21.2.2).
const FORMULAS: [&str; 5] = ["f", "formula", "formula1", "formula2", "definedName"];

/// Gives the texts one by one: each attribute, each comment, and all text of parts that are no members.
pub(super) fn look(
    piece: &Piece<'_>,
    reading: &Reading<'_>,
    is_scaffold: fn(&str) -> bool,
    look: &mut dyn FnMut(&str),
) {
    let mut unread = Unread::default();
    let Some(mut package) = Package::open(piece, reading.limits, "malformed-document", &mut unread) else {
        return;
    };
    package.each_label(look);
    for name in package.names() {
        match is_xml(&name) {
            true => {
                let text = package.text(&name).unwrap_or_default();
                part(&text, is_scaffold(&name), look);
            }
            false if is_scaffold(&name) => {
                let bytes = package.bytes(&name).unwrap_or_default();
                look(&String::from_utf8_lossy(&bytes));
                look(&encoding_rs::UTF_16LE.decode_without_bom_handling(&bytes).0);
            }
            false => {}
        }
    }
}

fn part(xml: &str, scaffold: bool, look: &mut dyn FnMut(&str)) {
    let mut text = Traced::new(false);
    let mut formula = false;
    each_event(xml, |event| match &event {
        Event::Start(tag) | Event::Empty(tag) => {
            let said = attributes(xml, tag);
            // Shorter values are looked for in their own record alone.
            said.iter().filter(|one| one.written.len() >= 6).for_each(|one| look(&one.value(false).text));
            formula = matches!(event, Event::Start(_)) && FORMULAS.contains(&tag.local_name().as_ref());
            text = Traced::new(false);
        }
        Event::End(_) => {
            if scaffold || formula {
                look(&text.text);
            }
            (text, formula) = (Traced::new(false), false);
        }
        Event::Comment(comment) => look(comment),
        Event::PI(instruction) => look(instruction),
        other => {
            if scaffold || formula {
                take_text(xml, other, &mut text);
            }
        }
    });
}
