//! Where an export lays the files of its attachments: patterns of paths with the id in them.

/// A path from some folder on, by its parts.
pub(super) struct Location(Vec<Part>);

/// One part of a pattern.
enum Part {
    /// A folder or file of this name, whatever its case.
    Named(String),
    /// Any one name.
    Any,
    /// Any number of names.
    Deep,
    /// The id.
    Id,
}

impl Location {
    /// Reads `attachments/**/{id}`: `*` is one name, `**` any number of them. None where the id does not stand
    /// in it exactly once, or it does not begin with a name.
    pub(super) fn parse(pattern: &str) -> Option<Location> {
        let parts: Vec<Part> = pattern
            .split('/')
            .map(|part| match part {
                "{id}" => Part::Id,
                "*" => Part::Any,
                "**" => Part::Deep,
                name => Part::Named(name.to_lowercase()),
            })
            .collect();
        let ids = parts.iter().filter(|part| matches!(part, Part::Id)).count();
        let named = matches!(parts.first(), Some(Part::Named(name)) if !name.is_empty());
        (ids == 1 && named).then_some(Location(parts))
    }

    /// The id in a path, given by its names, that ends as the pattern says.
    pub(super) fn id<'p>(&self, names: &[&'p str]) -> Option<&'p str> {
        (0..names.len()).find_map(|from| fits(&self.0, names.get(from..)?)).flatten()
    }
}

/// Whether names are as the parts say, and the one that is the id.
fn fits<'p>(parts: &[Part], names: &[&'p str]) -> Option<Option<&'p str>> {
    let Some((part, rest)) = parts.split_first() else { return names.is_empty().then_some(None) };
    if let Part::Deep = part {
        return (0..=names.len()).find_map(|skipped| fits(rest, names.get(skipped..)?));
    }
    let (name, behind) = names.split_first()?;
    match part {
        Part::Named(wanted) if !is_named(name, wanted) => None,
        Part::Id => fits(rest, behind).map(|_| Some(*name)),
        Part::Named(_) | Part::Any | Part::Deep => fits(rest, behind),
    }
}

/// Whether a name is the one that is wanted in lower case.
fn is_named(name: &str, wanted: &str) -> bool {
    if name.is_ascii() { name.eq_ignore_ascii_case(wanted) } else { name.to_lowercase() == wanted }
}

/// The names a path is made of.
pub(super) fn names(path: &str) -> Vec<&str> {
    path.split('/').filter(|name| !name.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id<'p>(pattern: &str, path: &'p str) -> Option<&'p str> {
        Location::parse(pattern).unwrap().id(&names(path))
    }

    #[test]
    fn ids_stand_where_the_pattern_says() {
        let jira = "attachments/**/{id}";
        assert_eq!(id(jira, "x/data/attachments/SUP/10000/SUP-1/10300"), Some("10300"));
        assert_eq!(id(jira, "attachments/10300"), Some("10300"));
        assert_eq!(id(jira, "files/10300"), None);
        assert_eq!(id("attachments/*/{id}/*", "a/attachments/10100/555/1"), Some("555"));
        assert_eq!(id("attachments/*/{id}/*", "a/attachments/555/1"), None);
        assert_eq!(id("ContentVersion/{id}", "e/contentversion/068A"), Some("068A"));
        assert_eq!(id("ContentVersion/{id}", "e/ContentVersion/068A/x"), None);
    }

    #[test]
    fn a_pattern_has_one_id_behind_a_name() {
        for pattern in ["{id}", "*/{id}", "attachments/*", "a/{id}/{id}", "/{id}", ""] {
            assert!(Location::parse(pattern).is_none(), "{pattern}");
        }
    }
}
