//! Which document a compound file is, by the streams it holds, and its parts.

use super::bytes::{u16_at, utf16};
use super::compound::{Compound, ROOT};
use super::compound_writer;
use super::extract::Extract;
use super::outlook::msg;
use super::{decryption, excel, macros, package, properties, residue, slides, word};

/// Reads a compound file.
pub(super) fn read(bytes: &[u8], out: &mut Extract) {
    let Some(file) = Compound::open(bytes) else {
        return out.damaged("the file has no readable directory");
    };
    let has = |name: &str| file.child(ROOT, name).is_some();
    if has("EncryptedPackage") {
        out.encrypted = Some(package_encryption(&file));
        let stream = |name| file.child_stream(ROOT, name).unwrap_or_default();
        decryption::open(&stream("EncryptionInfo"), &stream("EncryptedPackage"), out);
    } else if msg::is_message(&file) {
        msg::read(&file, out);
    } else {
        document(&file, out);
        if out.encrypted.is_none() {
            properties::read(&file, out);
            macros::beside(&file, out);
        }
    }
    out.text("unused-sectors.txt", &residue::readable(file.unused()));
    if file.is_damaged() {
        out.damaged("sectors of the file are missing or belong to two streams");
    }
}

/// Reads what the file's main stream says it is; whatever else it may hold is given as it is.
fn document(file: &Compound<'_>, out: &mut Extract) {
    if word::is_document(file) {
        word::read(file, out);
    } else if excel::is_workbook(file) {
        excel::read(file, out);
    } else if slides::is_presentation(file) {
        slides::read(file, out);
    } else {
        others(file, ROOT, "", out);
    }
}

/// Streams that say what program made an object and how it is shown, and nothing of people.
const ABOUT: [&str; 8] = [
    "\u{1}CompObj",
    "\u{1}Ole",
    "\u{3}ObjInfo",
    "\u{3}PRINT",
    "\u{3}LINKINFO",
    "\u{3}OCXNAME",
    "\u{2}OlePres000",
    "\u{3}EPRINT",
];

/// Adds what nobody has read: objects in storages as files of their own, other streams as they are.
pub(super) fn others(file: &Compound<'_>, storage: usize, names: &str, out: &mut Extract) {
    let project = macros::is_project(file, storage);
    if project {
        macros::read(file, storage, names, out);
    }
    for child in file.children(storage) {
        let name = file.name(*child);
        if project && file.is_stream(*child) {
            continue;
        }
        let shown = format!("{names}{}", name.trim_start_matches(|c: char| c.is_control()));
        if !file.is_stream(*child) {
            out.file(&format!("{shown}.ole"), compound_writer::storage(file, *child), "");
        } else if name == "\u{1}Ole10Native" {
            package::native(&file.stream(*child), &shown, out);
        } else if !name.starts_with('\u{5}') && !ABOUT.contains(&name) {
            let bytes = file.stream(*child);
            if !bytes.is_empty() {
                out.file(&shown, bytes, "");
            }
        }
    }
}

/// How a package of Office Open XML is encrypted ([MS-OFFCRYPTO] 2.3.4).
fn package_encryption(file: &Compound<'_>) -> String {
    if file.child(ROOT, "\u{6}DataSpaces").is_some_and(|spaces| mentions(file, spaces, "DRMEncrypted")) {
        return "by rights management (IRM)".to_owned();
    }
    let info = file.child_stream(ROOT, "EncryptionInfo").unwrap_or_default();
    match (u16_at(&info, 0), u16_at(&info, 2)) {
        (Some(4), Some(4)) => {
            let xml = String::from_utf8_lossy(info.get(8..).unwrap_or_default()).into_owned();
            let of = |key: &str| attribute(&xml, key).unwrap_or("unknown").to_owned();
            format!(
                "with a password: agile encryption, {} of {} bits, {}",
                of("cipherAlgorithm"),
                of("keyBits"),
                of("hashAlgorithm")
            )
        }
        (Some(2..=4), Some(2)) => {
            let bits = super::bytes::u32_at(&info, 12 + 16).unwrap_or(0);
            format!("with a password: standard encryption, AES of {bits} bits, SHA-1")
        }
        (Some(3 | 4), Some(3)) => "with a password: extensible encryption".to_owned(),
        _ => "in a way that is not known".to_owned(),
    }
}

/// The value of the first attribute of that name; letters and digits only, since it goes into a message.
fn attribute<'x>(xml: &'x str, key: &str) -> Option<&'x str> {
    let (_, rest) = xml.split_once(&format!("{key}=\""))?;
    let value = rest.split('"').next()?;
    let plain = value.len() <= 16 && value.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    plain.then_some(value)
}

/// Whether a storage, at any depth, has an entry of that name or names it.
fn mentions(file: &Compound<'_>, storage: usize, word: &str) -> bool {
    let mut open = vec![storage];
    while let Some(at) = open.pop() {
        open.extend(file.children(at));
        let said =
            file.name(at).contains(word) || file.is_stream(at) && utf16(&file.stream(at)).contains(word);
        if said {
            return true;
        }
    }
    false
}
