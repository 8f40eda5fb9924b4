//! "Did you mean": the nearest of the names that would have been right.

/// The candidate nearest to a misspelt word, if one is near enough to be meant.
pub(super) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let bound = (word.chars().count() / 3).max(1) + 1;
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= bound)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Advice for a misspelt word: the nearest candidate, or all of them.
pub(super) fn instead<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    match nearest(word, candidates.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if candidates.is_empty() => String::from("there is none to choose from"),
        None => format!("write one of: {}", candidates.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_mended_and_a_stranger_is_not() {
        let names = ["status", "solved_at", "closed_at"];
        assert_eq!(nearest("statsu", names), Some("status"));
        assert_eq!(nearest("sloved_at", names), Some("solved_at"));
        assert_eq!(nearest("postcode", names), None);
        assert_eq!(instead("xyz", names), "write one of: status, solved_at, closed_at");
    }
}
