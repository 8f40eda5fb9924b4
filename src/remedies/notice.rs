//! What stands in the place of something that is withheld.

use super::piece::Withheld;

/// Behind the name of a withheld item.
pub(super) const SUFFIX: &str = ".withheld.txt";

/// The notice. `own` is told what in it could look like a datum.
pub(super) fn text(withheld: &Withheld, digest: Option<&str>, own: &mut dyn FnMut(&str)) -> String {
    let mut out = format!(
        "olvido withheld what stood here: it could not be searched or edited exactly.\nreason: {} ({})\n",
        withheld.code, withheld.message
    );
    if let Some(digest) = digest {
        own(digest);
        out.push_str("keyed digest of what stood here: ");
        out.push_str(digest);
        out.push('\n');
    }
    out
}
