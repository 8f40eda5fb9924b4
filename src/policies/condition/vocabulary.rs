//! Words that facts in normal form can have: the records' tables say so, and nothing else occurs.

use std::sync::LazyLock;

use crate::records::{Category, ValueClass};

static CATEGORIES: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| Category::all().map(Category::name).collect());
static VALUE_CLASSES: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| ValueClass::ALL.iter().map(|class| class.name()).collect());

/// Normal forms of a ticket's, article's or chat's status. `unknown` is missing evidence and cannot be
/// compared with.
const STATUS: [&str; 10] =
    ["new", "open", "pending", "hold", "solved", "closed", "deleted", "spam", "merged", "archived"];

/// The words a fact can have; none where vendors' own words may occur.
pub(in crate::policies) fn vocabulary(fact: &str) -> Option<&'static [&'static str]> {
    match fact {
        "status" => Some(&STATUS),
        "retention_clock" => Some(&["last-subject-contact", "closed", "solved"]),
        "visibility" => Some(&["public", "internal"]),
        "direction" => Some(&["in", "out", "internal"]),
        "category" => Some(&CATEGORIES),
        "value_class" => Some(&VALUE_CLASSES),
        _ => None,
    }
}
