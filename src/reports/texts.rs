//! Every phrase people read in `human`, in one place, so that a language is one more table.

/// The phrases of one language. `{…}` stands for what is put in.
pub(super) struct Texts {
    pub(super) as_of: &'static str,
    pub(super) packs: &'static str,
    pub(super) no_packs: &'static str,
    pub(super) countries: &'static str,
    pub(super) no_country: &'static str,
    pub(super) no_network: &'static str,
    pub(super) read: &'static str,
    pub(super) read_items: &'static str,
    pub(super) last_act: &'static str,
    pub(super) excluded: &'static str,
    pub(super) not_read: &'static str,
    pub(super) not_read_items: &'static str,
    pub(super) not_read_nothing: &'static str,
    pub(super) by_nature: &'static str,
    pub(super) read_all_the_same: &'static str,
    pub(super) accepted: &'static str,
    pub(super) lifted_by: &'static str,
    pub(super) taken_as_yours: &'static str,
    pub(super) personal_data: &'static str,
    pub(super) people: &'static str,
    pub(super) no_data: &'static str,
    pub(super) columns: [&'static str; 4],
    pub(super) own: &'static str,
    pub(super) worst_first: &'static str,
    pub(super) rules: &'static str,
    pub(super) failed: &'static str,
    pub(super) noted: &'static str,
    pub(super) passed: &'static str,
    pub(super) open: &'static str,
    pub(super) review: &'static str,
    pub(super) unmet: &'static str,
    pub(super) more_rules: &'static str,
    pub(super) missing: &'static str,
    pub(super) proposed: &'static str,
    /// Of a rule's fails, how many a hold or waiver excuses.
    pub(super) excused: &'static str,
    pub(super) oldest: &'static str,
    pub(super) no_evidence: &'static str,
    pub(super) baseline: &'static str,
    pub(super) next: &'static str,
    pub(super) next_explain: &'static str,
    pub(super) next_where: &'static str,
    pub(super) next_table: &'static str,
    pub(super) nothing_written: &'static str,
    pub(super) no_key: &'static str,
    pub(super) cut_off: &'static str,
    pub(super) interrupted: &'static str,
    pub(super) status: &'static str,
}

/// English.
pub(super) static ENGLISH: Texts = Texts {
    as_of: "as of {day}",
    packs: "pack {packs}",
    no_packs: "no pack of rules",
    countries: "countries {countries}",
    no_country: "no country declared",
    no_network: "no network used",
    read: "READ",
    read_items: "{read} of {items} items · {bytes}",
    last_act: "last act {day}",
    excluded: "{n} items left out by ignore patterns: nothing below speaks for them",
    not_read: "NOT READ",
    not_read_items: "{n} items, in whole or in part ({share}): nothing below speaks for them",
    not_read_nothing: "nothing: every item was read",
    by_nature: "{n} with nothing to read by nature ({codes})",
    read_all_the_same: "{n} read with a listed password or a program of the system ({codes})",
    accepted: "{n} of them accepted in olvido.yaml",
    lifted_by: "lifted by {flag}",
    taken_as_yours: "Taken as yours (counted apart; change in olvido.yaml):",
    personal_data: "PERSONAL DATA",
    people: "at least {n} people",
    no_data: "none found with a probability of 0.5 or more in what was read",
    columns: ["records", "distinct", "in attachments", "possible"],
    own: "{n} data of your own organisation are not in this table.",
    worst_first: "WORST FIRST",
    rules: "{n} rules: ",
    failed: "{n} failed",
    noted: "{n} noted",
    passed: "{n} passed",
    open: "{n} cannot be shown",
    review: "{n} a person must answer",
    unmet: "{n} met nothing to judge",
    more_rules: "… {n} more rules (all of them: -o csv=FILE)",
    missing: "missing: {facts}",
    excused: "{n} of them excused by a hold or waiver",
    proposed: "PROPOSED bound, adopted by nobody yet",
    oldest: "oldest {day}",
    no_evidence: "Rules that met no evidence, or no record they speak of ({n}):",
    baseline: "Against the baseline: {new} new, {same} the same, {gone} gone.",
    next: "NEXT",
    next_explain: "olvido explain {rule}  what it asks and why, and what to do",
    next_where: "olvido where {item}  the real path of an item that is masked here",
    next_table: "olvido scan … -o csv=report.csv  every finding, datum and gap as a table",
    nothing_written: "Nothing in the archive was changed; nothing left this machine.",
    no_key: "No key: fingerprints are positional, and runs cannot be compared.",
    cut_off: "INCOMPLETE: the lines of this run end early. Nothing here speaks for the rest.",
    interrupted: "INCOMPLETE: the run was interrupted. Nothing here speaks for what was not reached.",
    status: "status {n}: {words}",
};

impl Texts {
    /// What an exit status says.
    pub(super) fn status_words(&self, status: u8) -> &'static str {
        match status {
            0 => "complete, and nothing at or above the gate",
            1 => "findings at or above the gate",
            2 => "usage, configuration or policy error",
            3 => "incomplete: not everything was read, nothing at or above the gate in the rest",
            4 => "a remedy refused or stopped",
            130 => "interrupted",
            _ => "unknown",
        }
    }

    /// What a kind of gap is called.
    pub(super) fn gap_class(&self, class: &str) -> &'static str {
        match class {
            "unread" => "no reader",
            "encrypted" => "encrypted",
            "limit" => "over a limit",
            "fault" => "damaged or not to be had",
            "by-nature" => "nothing to read by nature",
            _ => "other",
        }
    }

    /// So many records of a kind.
    pub(super) fn records(&self, count: u64, kind: &str) -> String {
        let (one, many) = self.kind(kind);
        format!("{} {}", super::words::number(count), if count == 1 { one } else { many })
    }

    /// One and many records of a kind.
    pub(super) fn kind(&self, kind: &str) -> (&'static str, &'static str) {
        match kind {
            "ticket" => ("ticket", "tickets"),
            "comment" => ("comment", "comments"),
            "attachment" => ("attachment", "attachments"),
            "article" => ("article", "articles"),
            "person" => ("person record", "person records"),
            "organisation" => ("organisation", "organisations"),
            "chat" => ("chat", "chats"),
            "call" => ("call", "calls"),
            "survey" => ("survey", "surveys"),
            "setting" => ("setting", "settings"),
            "audit-entry" => ("audit entry", "audit entries"),
            "attachment-file" => ("file of an attachment", "files of attachments"),
            "text" => ("text", "texts"),
            "file" => ("file or folder", "files or folders"),
            "item" => ("item", "items"),
            "detection" => ("datum", "data"),
            "run" => ("finding on the run", "findings on the run"),
            _ => ("other record", "other records"),
        }
    }
}

/// Puts values into a phrase; each `{name}` once.
pub(super) fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(template.len() + 32);
    let mut rest = template;
    // What is put in is never looked at again: a value that holds braces stays as it is.
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, tail)) = after.split_once('}') else { break };
        let value = values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value);
        out.push_str(value);
        rest = tail;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_put_in_once() {
        assert_eq!(fill("{a} of {b}", &[("a", "{b}"), ("b", "2")]), "{b} of 2");
        assert_eq!(fill("none", &[]), "none");
    }

    #[test]
    fn one_is_one() {
        assert_eq!(ENGLISH.records(1, "ticket"), "1 ticket");
        assert_eq!(ENGLISH.records(1200, "audit-entry"), "1,200 audit entries");
    }
}
