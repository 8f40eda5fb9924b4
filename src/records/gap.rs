//! What could not be read, and why. A gap is a result, not an error message.

use super::origin::ItemNumber;
use super::passwords::Tried;
use super::tools::Tool;

/// Why bytes were not read, in five classes that decide how a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GapClass {
    /// No reader, or the reader met something it does not know.
    Unread,
    /// Content is encrypted.
    Encrypted,
    /// A bound was reached; the gap names the flag that lifts it.
    Limit,
    /// The bytes could not be had or are damaged.
    Fault,
    /// Nothing a text reader could ever find there: executables, fonts; and what is encrypted and was read all the
    /// same. Counted; does not make a run incomplete.
    ByNature,
}

impl GapClass {
    /// Every class, in the order of reports.
    pub const ALL: [GapClass; 5] = [Self::Unread, Self::Encrypted, Self::Limit, Self::Fault, Self::ByNature];

    /// Stable name in every output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unread => "unread",
            Self::Encrypted => "encrypted",
            Self::Limit => "limit",
            Self::Fault => "fault",
            Self::ByNature => "by-nature",
        }
    }
}

/// Code of what is encrypted by a cipher that is broken: nothing is protected.
pub const WEAKLY_ENCRYPTED: &str = "weakly-encrypted";

/// Code of what is encrypted and was opened with a listed password: it was read, and cannot be written again.
pub const OPENED: &str = "opened-with-password";
/// The same of what is encrypted by a cipher that is broken.
pub const OPENED_WEAKLY: &str = "opened-weakly-encrypted";

/// Code of what a program of the system read: it cannot be written again.
pub const READ_WITH_TOOL: &str = "read-with-tool";

/// Whether a code is that of something that was read, and is told for what was needed for that.
pub fn was_read(code: &str) -> bool {
    [OPENED, OPENED_WEAKLY, READ_WITH_TOOL].contains(&code)
}

/// Words by which readers name ciphers that are broken: RC4 (RFC 7465), RC2 and DES in every form (NIST SP 800-131A),
/// the XOR of old office programs, the stream cipher of PKZIP 2.
const BROKEN: [&str; 6] = ["RC4", "RC2", "DES", "XOR", "IDEA", "PKZIP"];

/// One thing that was not read.
///
/// `code` is stable (`record-too-large`), `message` is for people and never holds a value, a path or
/// a name: those are in the item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Which class it belongs to.
    pub class: GapClass,
    /// Stable kebab-case code.
    pub code: &'static str,
    /// What happened and what to do.
    pub message: String,
    /// The item; filled in by the pipeline where the reader leaves it out.
    pub item: Option<ItemNumber>,
    /// First byte of what was not read, where it is only part of the item.
    pub offset: Option<u64>,
    /// How many bytes were not read, where known.
    pub bytes: Option<u64>,
    /// The flag that lifts the bound, for [`GapClass::Limit`].
    pub lift: Option<&'static str>,
}

impl Gap {
    /// A gap about the whole item.
    pub fn new(class: GapClass, code: &'static str, message: impl Into<String>) -> Self {
        Self { class, code, message: message.into(), item: None, offset: None, bytes: None, lift: None }
    }

    /// Something is encrypted that no password opens here; `how` says it in the words of its format, names of
    /// ciphers in their usual form.
    pub fn encrypted(what: &str, how: &str) -> Self {
        let advice = "open it with its password or key and scan what is saved without one";
        Self::locked(what, how, advice, "")
    }

    /// Something is encrypted with a password, and none of those tried opens it.
    pub fn closed(what: &str, how: &str, tried: Tried) -> Self {
        let advice =
            "list its password in the file of --passwords, or open it and scan what is saved without one";
        let tries = match (tried.tried, tried.of) {
            (_, 0) => String::new(),
            (1, 1) => ", and the listed password does not open it".to_owned(),
            (all, of) if all == of => format!(", and none of the {of} listed passwords opens it"),
            (some, of) => format!(
                ", and {some} of the {of} listed passwords were tried, since its keys take long to make: list the right one first"
            ),
        };
        Self::locked(what, how, advice, &tries)
    }

    fn locked(what: &str, how: &str, advice: &str, tries: &str) -> Self {
        let weak = is_weak(how);
        let code = if weak { WEAKLY_ENCRYPTED } else { "encrypted-content" };
        let anew = if weak { ", and encrypt it anew: this cipher protects nothing" } else { "" };
        Self::new(GapClass::Encrypted, code, format!("{what} is encrypted {how}{tries}: {advice}{anew}"))
    }

    /// Something is encrypted, and was read with a listed password.
    pub fn opened(what: &str, how: &str) -> Self {
        let code = if is_weak(how) { OPENED_WEAKLY } else { OPENED };
        let message = format!(
            "{what} is encrypted {how}; it was opened with a listed password and read. What is encrypted is not written again: redaction withholds it"
        );
        Self::new(GapClass::ByNature, code, message)
    }

    /// Something was read by a program of the system; `beside` is what to know of that.
    pub fn with_tool(what: &str, tool: &Tool, beside: &str) -> Self {
        let message = format!(
            "{what} was read with {}; {beside}. It is not written again: redaction withholds it",
            tool.name
        );
        Self::new(GapClass::ByNature, READ_WITH_TOOL, message)
    }

    /// Says where in the item, and how much.
    pub fn at(mut self, offset: u64, bytes: Option<u64>) -> Self {
        self.offset = Some(offset);
        self.bytes = bytes;
        self
    }

    /// Names the flag that lifts the bound.
    pub fn lifted_by(mut self, flag: &'static str) -> Self {
        self.lift = Some(flag);
        self
    }
}

/// Whether the words of a format name a cipher that is broken.
fn is_weak(how: &str) -> bool {
    BROKEN.iter().any(|word| how.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_thing_says_how_many_passwords_were_tried() {
        let told = |tried, of| Gap::closed("the archive", "with AES-256", Tried { tried, of }).message;
        assert!(!told(0, 0).contains("listed passwords"), "{}", told(0, 0));
        assert!(told(3, 3).contains("none of the 3 listed passwords"), "{}", told(3, 3));
        assert!(told(2, 3).contains("2 of the 3 listed passwords were tried"), "{}", told(2, 3));
        assert_eq!(Gap::opened("x", "with RC4").code, OPENED_WEAKLY);
    }
}
