//! The lexicons olvido is built with, by path; a test compares the list with the folder.

/// Path and text of the files of `policies/lexicons` with these names.
macro_rules! embedded {
    ($($name:literal)*) => {
        &[$((
            concat!("policies/lexicons/", $name, ".yaml"),
            include_str!(concat!("../../../policies/lexicons/", $name, ".yaml")),
        )),*]
    };
}

/// Path and text of every lexicon in `policies/lexicons`, sorted by name.
#[rustfmt::skip]
pub const LEXICONS: &[(&str, &str)] = embedded![
    "addresses"
    "ages"
    "biometric"
    "births"
    "criminal-offence"
    "data-rights"
    "ethnic-origin"
    "genetic"
    "given-names"
    "health"
    "incidents"
    "months"
    "names"
    "nobody"
    "people"
    "political-opinion"
    "religion-belief"
    "sex-life"
    "technical"
    "trade-union"
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_the_folder() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/policies/lexicons");
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|e| format!("policies/lexicons/{}", e.unwrap().file_name().into_string().unwrap()))
            .collect();
        names.sort();
        assert_eq!(names, LEXICONS.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    }
}
