//! Names of sheets that hold data: the sheet gets the masked name as far as a sheet can have it, and every
//! formula, link and source that says the old name says the new one.

use std::collections::BTreeMap;

use quick_xml::events::Event;

use super::super::back::{Back, named};
use super::super::is_xml;
use super::super::package::Package;
use super::super::traced::Traced;
use super::super::xml::{attributes, each_event, take_text};
use super::{Label, Parts};
use crate::formats::rewrite::{Changes, Refused, Splice};

const WORKBOOK: &str = "xl/workbook.xml";

/// Longest name of a sheet, in UTF-16 units (a limit of Excel).
const LONGEST: usize = 31;

/// Elements that hold references to sheets, and attributes that do.
const ELEMENTS: [&str; 7] = ["f", "formula", "formula1", "formula2", "definedName", "sqref", "oldFormula"];
const ATTRIBUTES: [&str; 3] = ["location", "sheet", "ref"];

/// A name that goes.
struct Renamed {
    /// As it was, and as an edit of the workbook's part has made it.
    old: Vec<String>,
    new: String,
}

/// Renames the sheets whose members have new names.
pub(super) fn rename(
    package: &mut Package<'_, '_>,
    parts: &Parts,
    labels: &[Label],
    changes: &Changes,
    back: &mut Back,
) -> Result<(), Refused> {
    let mut masked: BTreeMap<usize, String> = edited(package, parts, back);
    for (ordinal, name) in &changes.names {
        let label = labels.iter().find(|label| label.ordinal == *ordinal).ok_or_else(named)?;
        let name = name.expose().strip_suffix(label.suffix.as_str()).ok_or_else(named)?;
        masked.entry(label.sheet).or_insert_with(|| name.to_owned());
    }
    if masked.is_empty() {
        return Ok(());
    }
    let mut taken: Vec<String> = Vec::new();
    for (at, sheet) in parts.sheets.iter().enumerate() {
        if !masked.contains_key(&at) {
            taken.push(sheet.name.to_lowercase());
        }
    }
    let mut renamed: BTreeMap<usize, Renamed> = BTreeMap::new();
    for (at, name) in masked {
        let Some(sheet) = parts.sheets.get(at) else { continue };
        let new = apart(&allowed(&name), &mut taken);
        renamed.insert(at, Renamed { old: vec![sheet.name.clone(), name], new });
    }
    for part in package.names().into_iter().filter(|name| name.starts_with("xl/") && is_xml(name)) {
        if let Some(text) = back.text(package, &part) {
            one(&part, &text, &renamed, back)?;
        }
    }
    Ok(())
}

/// Names that an edit of the workbook's own part has changed, by the sheet's position.
fn edited(package: &mut Package<'_, '_>, parts: &Parts, back: &Back) -> BTreeMap<usize, String> {
    let text = back.text(package, WORKBOOK).unwrap_or_default();
    let mut at = 0;
    let mut out = BTreeMap::new();
    each_event(&text, |event| {
        let (Event::Start(tag) | Event::Empty(tag)) = &event else { return };
        if tag.local_name().as_ref() != "sheet" {
            return;
        }
        let name = super::super::xml::attribute(tag, "name").unwrap_or_default();
        if parts.sheets.get(at).is_some_and(|sheet| sheet.name != name) {
            out.insert(at, name);
        }
        at += 1;
    });
    out
}

/// A name as a sheet can have it.
fn allowed(name: &str) -> String {
    let name: String = name
        .chars()
        .map(|c| match c {
            '[' => '(',
            ']' => ')',
            ':' | '*' | '?' | '/' | '\\' => '-',
            c => c,
        })
        .collect();
    let mut units = 0;
    let fits = |c: &char| {
        units += c.len_utf16();
        units <= LONGEST
    };
    name.trim_matches('\'').chars().take_while(fits).collect::<String>()
}

/// A name no other sheet has.
fn apart(name: &str, taken: &mut Vec<String>) -> String {
    let mut new = if name.trim().is_empty() { "Sheet".to_owned() } else { name.to_owned() };
    for number in 2.. {
        if !taken.contains(&new.to_lowercase()) {
            break;
        }
        let short: String = name.chars().take(LONGEST - 5).collect();
        new = format!("{short} {number}");
    }
    taken.push(new.to_lowercase());
    new
}

/// All references of one part.
fn one(part: &str, xml: &str, renamed: &BTreeMap<usize, Renamed>, back: &mut Back) -> Result<(), Refused> {
    let (mut sheet, mut text, mut inside, mut done) = (0, Traced::new(true), false, Ok(()));
    let mut change = |old: &Traced, new: Option<String>| -> Result<(), Refused> {
        let Some(new) = new else { return Ok(()) };
        let splice = Splice { range: 0..old.text.len() as u64, bytes: new.into_bytes() };
        old.take_back(&[splice], back.part(part))
    };
    each_event(xml, |event| {
        let taken = match &event {
            Event::Start(tag) | Event::Empty(tag) => {
                let local = tag.local_name();
                let listed = part == WORKBOOK && local.as_ref() == "sheet";
                let mut all = Ok(());
                for one in attributes(xml, tag) {
                    let value = one.value(true);
                    let new = match one.local() {
                        "name" if listed => renamed.get(&sheet).map(|renamed| renamed.new.clone()),
                        key if ATTRIBUTES.contains(&key) => said(&value.text, key == "sheet", renamed),
                        _ => None,
                    };
                    all = all.and(change(&value, new));
                }
                sheet += usize::from(listed);
                inside = matches!(event, Event::Start(_)) && ELEMENTS.contains(&local.as_ref());
                text = Traced::new(true);
                all
            }
            Event::End(_) if inside => {
                inside = false;
                change(&text, said(&text.text, false, renamed))
            }
            other => {
                if inside {
                    take_text(xml, other, &mut text);
                }
                Ok(())
            }
        };
        done = std::mem::replace(&mut done, Ok(())).and(taken);
    });
    done
}

/// A text with the new names in its references, if it has any; `whole` is a name itself.
fn said(text: &str, whole: bool, renamed: &BTreeMap<usize, Renamed>) -> Option<String> {
    let mut out = text.to_owned();
    for Renamed { old, new } in renamed.values() {
        for old in old.iter().filter(|old| !old.is_empty()) {
            if whole {
                if out == *old {
                    out.clone_from(new);
                }
                continue;
            }
            let quoted = format!("'{}'!", new.replace('\'', "''"));
            out = out.replace(&format!("'{}'!", old.replace('\'', "''")), &quoted);
            out = bare(&out, &format!("{old}!"), &quoted);
        }
    }
    (out != text).then_some(out)
}

/// References without quotes: no letter, digit or quote stands before them.
fn bare(text: &str, old: &str, new: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(found) = rest.find(old) {
        let (before, behind) = rest.split_at(found);
        let last = before.chars().next_back().or(out.chars().next_back());
        let begins = last.is_none_or(|c| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '\'' | ']')));
        out.push_str(before);
        out.push_str(if begins { new } else { old });
        rest = behind.get(old.len()..).unwrap_or("");
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_say_the_new_name_and_other_text_stays() {
        let new = "(person name)".to_owned();
        let old = vec!["Ana O'Muestra".to_owned(), "Ana".to_owned()];
        let renamed = BTreeMap::from([(0, Renamed { old, new })]);
        for (text, wanted) in [
            ("SUM('Ana O''Muestra'!A1:A4)+1", Some("SUM('(person name)'!A1:A4)+1")),
            ("Ana!A1+Diana!A2+Ana!A3", Some("'(person name)'!A1+Diana!A2+'(person name)'!A3")),
            ("Other!A1", None),
        ] {
            assert_eq!(said(text, false, &renamed).as_deref(), wanted, "{text}");
        }
        assert_eq!(said("Ana", true, &renamed).as_deref(), Some("(person name)"));
    }

    #[test]
    fn names_are_such_as_sheets_have_and_no_two_alike() {
        assert_eq!(allowed("[person name]/x: list of everybody there is"), "(person name)-x- list of everyb");
        let mut taken = vec!["(person name)".to_owned()];
        assert_eq!(apart("(Person name)", &mut taken), "(Person name) 2");
        assert_eq!(apart("(person name)", &mut taken), "(person name) 3");
    }
}
