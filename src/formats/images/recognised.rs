//! The text a picture shows, as tesseract recognises it where it may be used.

use super::metadata::Metadata;
use crate::formats::Yield;
use crate::formats::child::{Bounds, ToolFailure, piped};
use crate::records::{Gap, GapClass, Limits};

/// Text of one picture that is taken.
const MOST: u64 = 4 << 20;

/// Takes the text of a picture, or tells that its pixels were not read.
pub(super) fn take(shown: &str, bytes: &[u8], limits: &Limits, metadata: &mut Metadata, out: &mut dyn Yield) {
    let Some(tool) = &limits.tools.recogniser else {
        let advice = limits.tools.advice("tesseract", "tesseract-ocr");
        return out.gap(unread(shown, &format!("; {advice}, or recognise its text and scan that")));
    };
    let arguments = ["stdin", "stdout", "-l", &tool.languages];
    match piped(&tool.path, &arguments, bytes, &Bounds::DEFAULT, MOST) {
        (text, None) if std::str::from_utf8(&text).is_ok() => {
            let what = "recognition errs: what it did not see may be there";
            out.gap(Gap::with_tool(&format!("what the {shown} shows"), tool, what));
            metadata.recognised = String::from_utf8(text).unwrap_or_default();
        }
        (_, failure) => {
            let told = failure.map_or("gave what is no text", ToolFailure::told);
            out.gap(unread(shown, &format!(": tesseract {told}")));
        }
    }
}

fn unread(shown: &str, why: &str) -> Gap {
    let what = format!("{shown}: what it shows was not read, what stands beside its pixels was{why}");
    Gap::new(GapClass::Unread, "image-not-read", what)
}
